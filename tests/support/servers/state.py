"""All the servers of one folder. What runs is written in state.json there, so that the next caller finds it.

Several callers at a time are fine: a lock lets one of them start or stop; a lease says that a command still uses what runs.
"""
import concurrent.futures
import contextlib
import fcntl
import json
import os
import pathlib

from . import fetch, process
from .parts import ClickHouse, PgMain, PgTenant, Redis
from .trino import Trino

PARTS = (PgMain, PgTenant, Redis, ClickHouse, Trino)
NAMES = tuple(part.name for part in PARTS)


def default_folder():
    return pathlib.Path(os.environ.get("MULTIDB_STACK_DIR") or fetch.CACHE / "stack").expanduser()


def closure(names):
    """The parts asked for and what they need, in the order in which they are listed everywhere."""
    needed = set(names)
    for part in PARTS:
        if part.name in needed:
            needed.update(part.needs)
    return [name for name in NAMES if name in needed]


class Stack:
    def __init__(self, folder=None):
        self.folder = pathlib.Path(folder or default_folder()).absolute()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lease = None
        self._read()

    def _read(self):
        try:
            self.state = json.loads((self.folder / "state.json").read_text())
        except (OSError, ValueError):
            self.state = {}
        self.parts = {}
        for part in PARTS:
            known = self.state.setdefault("parts", {}).setdefault(part.name, {})
            self.parts[part.name] = part(self.folder, known, self.parts)

    def _write(self):
        new = self.folder / "state.json.new"
        new.touch(mode=0o600)
        new.write_text(json.dumps(self.state, indent=1) + "\n")
        new.rename(self.folder / "state.json")

    @contextlib.contextmanager
    def _locked(self):
        with open(self.folder / "lock", "w") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            self._read()
            try:
                yield
            finally:
                self._write()

    def __getitem__(self, name):
        return self.parts[name]

    def up(self, names=NAMES, keep=False):
        """Starts what does not run yet. Returns {part: reason} of those that cannot be had. keep: leases don't stop it again."""
        with self._locked():
            self.state["keep"] = keep or self.state.get("keep", False)
            return self._up(closure(names))

    def _up(self, names):
        for part in self.parts.values():
            part.port  # reserved before it is written into settings
        with concurrent.futures.ThreadPoolExecutor() as pool:
            failed = {name: why for name, why in zip(names, pool.map(self._start, names)) if why}
            for name in names:
                failed.update({name: f"needs {need}" for need in self.parts[name].needs if need in failed})
            usable = [name for name in names if name not in failed]
            loaded = pool.map(self._load, usable)
            failed.update({name: why for name, why in zip(usable, loaded) if why})
        if "trino" in names and "trino" not in failed:
            self._settle_trino(failed)
        return failed

    def _start(self, name):
        part = self.parts[name]
        try:
            part.up()
            part.known.pop("reason", None)
            return None
        except fetch.Unavailable as e:
            part.known["reason"] = str(e)
            return str(e)

    def _load(self, name):
        """PostgreSQL first: Trino's tables are registered there. Trino's own come in _settle_trino."""
        if name == "trino":
            return None
        try:
            self.parts[name].load_if_changed()
            return None
        except (RuntimeError, OSError) as e:
            self.parts[name].known["reason"] = f"sample data: {e}"
            return f"sample data: {e}"

    def _settle_trino(self, failed):
        """Its settings hold the others' ports: when one of them had to move, it starts again. Then its tables, and a first use of each catalog."""
        trino = self.parts["trino"]
        try:
            trino.up()
            trino.load_if_changed()
            if trino.known.get("warm") != trino.known["process"]:
                trino.warm()
                trino.known["warm"] = trino.known["process"]
        except (RuntimeError, OSError, fetch.Unavailable) as e:
            trino.known["reason"] = failed["trino"] = f"sample data: {e}"

    def down(self, names=NAMES, purge=False):
        with self._locked():
            self._down(names, purge)

    def _down(self, names, purge=False):
        for name in reversed([n for n in NAMES if n in names]):
            self.parts[name].stop()
            if purge:
                self.parts[name].forget()
                self.parts[name].known.clear()
        if set(names) == set(NAMES):
            self.state["keep"] = False

    def kill(self, name):
        """As a power cut does; up() brings it back on the same port."""
        with self._locked():
            process.cut(self.parts[name].known.get("process"))

    def environment(self, names=NAMES):
        """{variable: url} of what runs."""
        return {part.variable: part.url() for name, part in self.parts.items() if name in names and part.running()}

    def status(self):
        """One dict a part; `state` is up, silent (runs and does not answer), down, or unavailable with its reason."""
        self._read()
        return [self._status(part) for part in self.parts.values()]

    @staticmethod
    def _status(part):
        known, found = part.known, {"name": part.name, "variable": part.variable}
        if part.running():
            resident, peak = process.memory(known["process"])
            found.update(state="up" if part.ask() else "silent", url=part.url(), pid=known["process"]["pid"], port=known["port"],
                         residentMiB=resident, peakMiB=peak)
        else:
            found.update(state="unavailable" if known.get("reason") else "down")
        if known.get("reason"):
            found["reason"] = known["reason"]
        return found

    # ---- leases ----

    def acquire(self, names=NAMES):
        """As up(); until release() nobody's release stops it. Returns {part: reason} of those that cannot be had."""
        if not self._lease:
            self._lease = open(self.folder / "users", "a")
            fcntl.flock(self._lease, fcntl.LOCK_SH)
        return self.up(names)

    def release(self):
        """The last one who leaves stops the servers, unless `tools/stack up` started them for good."""
        if not self._lease:
            return
        try:
            fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with self._locked():
                if not self.state.get("keep"):
                    self._down(NAMES)
        except BlockingIOError:
            pass
        self._lease.close()
        self._lease = None
