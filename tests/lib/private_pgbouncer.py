#!/usr/bin/env python3
"""A private PgBouncer in transaction pooling, in front of the server in MULTIDB_TEST_PG; gone afterwards.

    private_pg.py run -- private_pgbouncer.py run -- COMMAND ARGS

COMMAND gets MULTIDB_TEST_PGBOUNCER (127.0.0.1:PORT). Any database of the server can be asked for by its name. The admin console is the
database `pgbouncer` with the server's own user. Users and passwords: the server's, and `reader` as tests/contract/postgres.c makes it.
One server connection a user and database: the next client gets the session that another has just left.
"""
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from urllib.parse import unquote, urlsplit

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from private_pg import alive, free_port  # noqa: E402

READER = ("reader", "s3cr:et@/pass%wo rd")


def find():
    cache = os.environ.get("MULTIDB_CACHE_DIR") or os.path.expanduser("~/.cache/multidb")
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), "/usr/sbin", f"{cache}/pgbouncer/usr/sbin"):
        path = os.path.join(folder, "pgbouncer")
        if os.access(path, os.X_OK):
            return path
    raise RuntimeError("no pgbouncer found: ./setup --tests installs it")


def quoted(text):
    return '"%s"' % text.replace('"', '""')


class PrivatePgBouncer:
    """url: the server's, with user and password."""

    def __init__(self, url, settings=None):
        self.url = urlsplit(url)
        self.settings = dict(settings or {})
        self.dir = self.port = self.process = None
        self._as = {}
        if os.getuid() == 0:  # it refuses to run as root
            user = pwd.getpwnam("postgres")
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="multidb-pgbouncer-")
        try:
            program = shutil.copy(find(), self.dir)  # who runs it may not see our home
            for _ in range(5):  # another process may take the port first
                self.port = free_port()
                self._write()
                self.process = subprocess.Popen([program, "-q", f"{self.dir}/ini"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                                stderr=subprocess.DEVNULL, cwd="/", **self._as)
                if self._ready():
                    return self
            raise RuntimeError("pgbouncer does not start:\n" + self._log())
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.process and alive(self.process.pid):
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        if self.dir:
            shutil.rmtree(self.dir, ignore_errors=True)
        self.dir = self.process = None

    def _write(self):
        admin = unquote(self.url.username)
        settings = {"listen_addr": "127.0.0.1", "listen_port": self.port, "unix_socket_dir": "", "auth_type": "scram-sha-256",
                    "auth_file": f"{self.dir}/users", "admin_users": admin, "pool_mode": "transaction", "default_pool_size": 1,
                    "max_client_conn": 200, "logfile": f"{self.dir}/log", "server_login_retry": 1, **self.settings}
        with open(f"{self.dir}/ini", "w") as f:
            f.write(f"[databases]\n* = host={self.url.hostname} port={self.url.port}\n[pgbouncer]\n")
            f.writelines(f"{k} = {v}\n" for k, v in settings.items())
        with open(f"{self.dir}/users", "w") as f:
            f.writelines(f"{quoted(user)} {quoted(password)}\n" for user, password in ((admin, unquote(self.url.password)), READER))
        if self._as:
            for path in (self.dir, f"{self.dir}/ini", f"{self.dir}/users"):
                os.chown(path, self._as["user"], self._as["group"])

    def _ready(self):
        end = time.monotonic() + 10
        while time.monotonic() < end and self.process.poll() is None:
            if "process up" in self._log():
                return True
            time.sleep(0.02)
        return False

    def _log(self):
        try:
            with open(f"{self.dir}/log", errors="replace") as f:
                return f.read()[-2000:]
        except OSError:
            return ""


def main(args):
    if args[:1] != ["run"] or not args[1:]:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with PrivatePgBouncer(os.environ["MULTIDB_TEST_PG"]) as bouncer:
        command = args[2:] if args[1] == "--" else args[1:]
        done = subprocess.run(command, env={**os.environ, "MULTIDB_TEST_PGBOUNCER": f"127.0.0.1:{bouncer.port}"})
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
