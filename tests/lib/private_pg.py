#!/usr/bin/env python3
"""A private PostgreSQL for tests: its own folder, a free loopback port, gone afterwards. Never touches the system's servers.

In Python (pytest):

    with PrivatePostgres() as pg:
        pg.psql("CREATE TABLE t (a int)")
        pg.url                      # postgresql://postgres:…@127.0.0.1:PORT/postgres
        pg.url_for(database="x")    # the same with another database, user or password

On the command line:

    private_pg.py run -- COMMAND ARGS   COMMAND with MULTIDB_TEST_PG (the url) in its environment; its exit status
    private_pg.py start                 prints one JSON object {url, port, pid, dir} and leaves the server running
    private_pg.py stop DIR              stops that server by its process id and removes DIR

The server runs as the calling user, or as `postgres` when that is root. Passwords are checked (scram) over TCP.
Nothing survives a power cut: fsync is off.
"""
import argparse
import glob
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

PASSWORD = "private-secret"


def find_bin():
    """The folder of initdb and pg_ctl: $PG_BIN, Debian's newest version, or where PATH has them."""
    if os.environ.get("PG_BIN"):
        return os.environ["PG_BIN"]
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if found:
        return os.path.dirname(max(found, key=lambda p: int(re.search(r"postgresql/(\d+)", p).group(1))))
    on_path = shutil.which("initdb")
    if on_path:
        return os.path.dirname(os.path.realpath(on_path))
    raise RuntimeError("no PostgreSQL server found: install postgresql-15 or set PG_BIN")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False
    except PermissionError:
        return True


class PrivatePostgres:
    """settings: postgresql.conf entries, e.g. {"wal_level": "logical"}. initdb_args: e.g. ["--locale=C"]."""

    def __init__(self, settings=None, initdb_args=("--locale=C.UTF-8",)):
        self.bin = find_bin()
        self.settings = dict(settings or {})
        self.initdb_args = list(initdb_args)
        self.dir = self.port = self.pid = None
        self._as = {}
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return self.url_for()

    def url_for(self, database="postgres", user="postgres", password=PASSWORD, port=None):
        return (f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}"
                f"@127.0.0.1:{port or self.port}/{quote(database, safe='')}")

    def start(self):
        self.dir = tempfile.mkdtemp(prefix="multidb-pg-")
        try:
            if self._as:
                os.chown(self.dir, self._as["user"], self._as["group"])
            self._initdb()
            for attempt in range(5):  # another process may take the port first
                self.port = free_port()
                if self._try_start():
                    return self
            raise RuntimeError("PostgreSQL does not start:\n" + self._log())
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """Fast shutdown of this server by its process id, then the folder goes. Harmless when it is not running."""
        if self.dir is None:
            return
        pid = self.pid or self._read_pid()
        for sig, wait in ((signal.SIGINT, 15), (signal.SIGQUIT, 5)):
            if pid is None or not alive(pid):
                break
            os.kill(pid, sig)
            end = time.monotonic() + wait
            while alive(pid) and time.monotonic() < end:
                time.sleep(0.02)
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir = self.pid = None

    def psql(self, sql, database="postgres"):
        """Runs a script as the superuser; raises with the server's text when a statement fails. Returns the output, unaligned."""
        done = self._run([f"{self.bin}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.dir, "-p", str(self.port),
                          "-U", "postgres", "-d", database, "-f", "-"], input=sql)
        return done.stdout

    def _run(self, args, **kw):
        done = subprocess.run(args, text=True, capture_output=True, cwd="/", env=self._env(), **self._as, **kw)
        if done.returncode:
            raise RuntimeError(f"{os.path.basename(args[0])} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
        return done

    @staticmethod
    def _env():
        keep = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        keep["LC_ALL"] = "C.UTF-8"
        return keep

    def _initdb(self):
        secret = os.path.join(self.dir, "password")
        with open(secret, "w") as f:
            f.write(PASSWORD + "\n")
        if self._as:
            os.chown(secret, self._as["user"], self._as["group"])
        os.chmod(secret, 0o600)
        self._run([f"{self.bin}/initdb", "-D", f"{self.dir}/data", "-U", "postgres", "-E", "UTF8", "--no-sync", "--auth-local=trust",
                   "--auth-host=scram-sha-256", f"--pwfile={secret}", *self.initdb_args])
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": self.dir, "fsync": "off",
                    "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "60", "shared_buffers": "32MB",
                    "timezone": "Asia/Tokyo", "datestyle": "German", "intervalstyle": "sql_standard",  # sessions must not rely on defaults
                    **self.settings}
        with open(f"{self.dir}/data/postgresql.conf", "a") as f:
            for name, value in settings.items():
                f.write("%s = '%s'\n" % (name, value.replace("'", "''")))

    def _try_start(self):
        done = subprocess.run([f"{self.bin}/pg_ctl", "-D", f"{self.dir}/data", "-l", f"{self.dir}/log", "-w", "-t", "60", "-s",
                               "-o", f"-p {self.port}", "start"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, cwd="/", env=self._env(), start_new_session=True, **self._as)
        self.pid = self._read_pid() if done.returncode == 0 else None
        return self.pid is not None

    def _read_pid(self):
        try:
            with open(f"{self.dir}/data/postmaster.pid") as f:
                return int(f.readline())
        except (OSError, ValueError):
            return None

    def _log(self):
        try:
            with open(f"{self.dir}/log", errors="replace") as f:
                return f.read()[-2000:]
        except OSError:
            return ""


def run(command):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with PrivatePostgres() as pg:
        done = subprocess.run(command, env={**os.environ, "MULTIDB_TEST_PG": pg.url})
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(dest="what", required=True)
    sub.add_parser("start")
    sub.add_parser("stop").add_argument("dir")
    sub.add_parser("run").add_argument("command", nargs=argparse.REMAINDER)
    args = ap.parse_args()
    if args.what == "run":
        command = args.command[1:] if args.command[:1] == ["--"] else args.command
        return run(command) if command else ap.error("run needs a command")
    pg = PrivatePostgres()
    if args.what == "start":
        pg.start()
        print(json.dumps({"url": pg.url, "port": pg.port, "pid": pg.pid, "dir": pg.dir}))
    else:
        pg.dir = os.path.abspath(args.dir)
        if not os.path.isfile(f"{pg.dir}/data/PG_VERSION"):
            ap.error(f"{args.dir} is not a folder that start made")
        pg.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
