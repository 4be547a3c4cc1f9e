"""Processes by id and start time, so that an id that the system gave to another process is never taken for one of these."""
import os
import signal
import subprocess
import time


def started(pid):
    """When it started, in clock ticks since the machine did; None when there is no such process (or only its zombie)."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def record(pid):
    return {"pid": pid, "started": started(pid)}


def alive(known):
    return bool(known) and known.get("pid") is not None and known.get("started") is not None and started(known["pid"]) == known["started"]


def spawn(args, log, env=None, **kw):
    """A server that outlives us; its output in the file `log`."""
    with open(log, "a") as out:
        child = subprocess.Popen([str(a) for a in args], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                 env={**os.environ, **(env or {})}, **kw)
    return record(child.pid)


def _reap(pid):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def stop(known, signals=((signal.SIGTERM, 15), (signal.SIGKILL, 5))):
    """Ends that process and no other; True when it is gone."""
    for sig, seconds in signals:
        if not alive(known):
            break
        os.kill(known["pid"], sig)
        end = time.monotonic() + seconds
        while alive(known) and time.monotonic() < end:
            _reap(known["pid"])
            time.sleep(0.02)
    return not alive(known)


def children(pid):
    """The processes that it started and that run still."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/stat") as f:
                if entry.isdigit() and int(f.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(record(int(entry)))
        except OSError:
            continue
    return found


def cut(known):
    """As a power cut does: the process and those it started (a PostgreSQL backend that is sending outlives its server) are gone at once."""
    if alive(known):
        os.kill(known["pid"], signal.SIGSTOP)  # starts no more
        for one in [*children(known["pid"]), known]:
            stop(one, ((signal.SIGKILL, 10),))


def reaped(pid, seconds=15):
    """Waits until nothing is left of a dead process: PostgreSQL takes its zombie for another server. False when it stays."""
    end = time.monotonic() + seconds
    while started(pid) is None and os.path.exists(f"/proc/{pid}"):
        _reap(pid)
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def memory(known):
    """(resident, its peak) in MiB of a process; (0, 0) when it is gone."""
    values = {"VmRSS": 0, "VmHWM": 0}
    try:
        with open(f"/proc/{known['pid']}/status") as f:
            for line in f:
                name, _, rest = line.partition(":")
                if name in values:
                    values[name] = int(rest.split()[0]) // 1024
    except OSError:
        pass
    return values["VmRSS"], values["VmHWM"]
