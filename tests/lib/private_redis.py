#!/usr/bin/env python3
"""A private Redis for tests: its own folder, a free loopback port, a password, nothing saved, gone afterwards.

    private_redis.py run -- COMMAND ARGS   COMMAND with MULTIDB_TEST_REDIS (the url) in its environment; its exit status

In Python: with PrivateRedis() as redis: redis.url, redis.pid. Never touches the system's servers.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PASSWORD = "private-secret"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, password, *commands, database=0):
    """What a server answers to commands, one connection for all: texts without the protocol's first byte where they are bulk strings, lines otherwise."""
    def bulk(word):
        raw = word if isinstance(word, bytes) else str(word).encode()
        return b"$%d\r\n%s\r\n" % (len(raw), raw)

    out = []
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s, s.makefile("rb") as replies:
        for sent in (("AUTH", password), ("SELECT", database), *commands):
            s.sendall(b"*%d\r\n" % len(sent) + b"".join(map(bulk, sent)))
            line = replies.readline().rstrip(b"\r\n")
            if line.startswith(b"$") and line != b"$-1":
                line = replies.read(int(line[1:]) + 2)[:-2]
            if line.startswith(b"-"):
                raise RuntimeError(line.decode())
            out.append(line.decode())
    return out[2:]


class PrivateRedis:
    def __init__(self):
        # Debian's redis-tools has the server under the second name; the package redis-server would bring a service along.
        self.program = shutil.which("redis-server") or shutil.which("redis-check-rdb")
        if not self.program:
            raise RuntimeError("no redis-server found: install redis-tools")
        self.dir = self.process = self.port = None

    @property
    def url(self):
        return self.url_of(3)

    def url_of(self, database):
        return f"redis://default:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def ask(self, database, *commands):
        return ask(self.port, PASSWORD, *commands, database=database)

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="multidb-redis-")
        for attempt in range(5):  # another process may take the port first
            self.port = free_port()
            if self._try_start():
                return self
        self.stop()
        raise RuntimeError("Redis does not start")

    def __exit__(self, *_):
        self.stop()

    def _try_start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--requirepass", PASSWORD, "--dir", self.dir],
            executable=self.program, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                    s.sendall(f"AUTH {PASSWORD}\r\nPING\r\n".encode())
                    got = b""
                    while b"+PONG" not in got:
                        part = s.recv(100)
                        if not part:
                            raise OSError("closed")
                        got += part
                    return True
            except OSError:
                time.sleep(0.02)
        self.stop_process()
        return False

    def stop_process(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def stop(self):
        self.stop_process()
        if self.dir:
            shutil.rmtree(self.dir, ignore_errors=True)


def main():
    args = sys.argv[1:]
    if args[:1] != ["run"] or len(args) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    command = args[2:] if args[1] == "--" else args[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with PrivateRedis() as redis:
        done = subprocess.run(command, env={**os.environ, "MULTIDB_TEST_REDIS": redis.url})
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


if __name__ == "__main__":
    sys.exit(main())
