"""A server that closes its connection in the middle of a request does not end a process that has SIGPIPE as the system gives it: the request
fails, and the process goes on. The program here loads the library as another program would."""
import contextlib
import json
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import threading
import time

import pytest

import certificates
from cli import ROOT

LIBRARY = ROOT / "build/libmultidb.so"
PROGRAM = """
import ctypes, signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
lib = ctypes.CDLL(sys.argv[1])
for name in ("multidb_query_new", "multidb_query_error", "multidb_error_code_name"):
    getattr(lib, name).restype = ctypes.c_void_p
engine, size, P = ctypes.c_void_p(), ctypes.c_size_t, ctypes.c_void_p
error = P()
lib.multidb_error_json.restype = ctypes.c_char_p
if lib.multidb_engine_open_file(sys.argv[2].encode(), None, ctypes.byref(engine), ctypes.byref(error)):
    sys.exit(lib.multidb_error_json(error).decode())
q = P(lib.multidb_query_new(engine))
text, context = open(sys.argv[3], "rb").read(), b'{"role":"admin"}'
for _ in range(3):
    if lib.multidb_query_prepare(q, 0, text, size(len(text)), context, size(len(context))):
        sys.exit(lib.multidb_error_json(P(lib.multidb_query_error(q))).decode())
    chunk, n = ctypes.c_char_p(), size()
    rc = lib.multidb_query_start(q, 2)
    while rc >= 0 and (rc := lib.multidb_query_next(q, ctypes.byref(chunk), ctypes.byref(n))) > 0:
        pass
    print(ctypes.string_at(lib.multidb_error_code_name(P(lib.multidb_query_error(q)))).decode() if rc else "OK", flush=True)
lib.multidb_query_free(q)
lib.multidb_engine_close(engine)
print("alive")
"""
TABLE = {"id": "items", "apiName": "items", "database": "far", "primaryKey": ["id"], "relations": [], "columns": [
    {"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, {"apiName": "name", "physicalName": "name", "type": "string", "nullable": True}]}
LONG = {"from": "items", "columns": ["id"], "filters": [{"column": "name", "operator": "in", "value": [f"{i}" + "x" * 900 for i in range(900)]}]}


def reset(connection):
    """Ends the connection, and resets it while the client still sends: its next write has no receiver (EPIPE)."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.02)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


class Deaf:
    """A server that answers a handshake, reads the beginning of a request and resets the connection."""

    def __init__(self, handshake, context=None):
        self.handshake, self.context, self.resets = handshake, context, 0
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(8)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.listener.accept()[0]
                with contextlib.suppress(OSError):
                    if self.context:
                        connection = self.context.wrap_socket(connection, server_side=True)
                    self.handshake(connection)
                    connection.recv(100)
                    self.resets += 1
                reset(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def message(kind, payload):
    return kind + struct.pack("!i", len(payload) + 4) + payload


def greet_postgres(connection):
    """Until the client may send statements."""
    connection.recv(2000)
    settings = {"server_version": "15.0", "server_encoding": "UTF8", "client_encoding": "UTF8", "standard_conforming_strings": "on",
                "integer_datetimes": "on", "TimeZone": "UTC", "DateStyle": "ISO, MDY", "default_transaction_read_only": "on"}
    texts = b"".join(message(b"S", f"{name}\0{value}\0".encode()) for name, value in settings.items())
    connection.sendall(message(b"R", struct.pack("!i", 0)) + texts + message(b"K", struct.pack("!ii", 1, 1)) + message(b"Z", b"I"))


def greet_silently(connection):
    """A server that waits for the first request."""


def greet_redis(connection):
    """Until the client is logged in."""
    asked = connection.recv(2000)
    connection.sendall(b"+OK\r\n" * asked.count(b"*"))


def ask(folder, database, definition, extra):
    config = {"databases": [{"id": "far", **database}], "tables": [{**TABLE, "physicalName": extra.pop("physicalName", "public.items")}],
              "roles": [{"id": "admin", "tables": "*"}], "limits": {"inList": 2000, "ids": 20000, "bodyBytes": 4000000}, **extra}
    (folder / "multidb.json").write_text(json.dumps(config))
    (folder / "definition.json").write_text(json.dumps(definition))
    (folder / "program.py").write_text(PROGRAM)
    done = subprocess.run([sys.executable, folder / "program.py", LIBRARY, folder / "multidb.json", folder / "definition.json"],
                          text=True, capture_output=True, timeout=60, restore_signals=True)
    assert done.returncode != -signal.SIGPIPE, "SIGPIPE ended the process"
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()


def test_a_write_to_such_a_server_raises_the_signal(tmp_path):
    """What the other tests would see: a plain write ends this process."""
    with Deaf(greet_silently) as server:
        code = (f"import os, signal, socket, time\nsignal.signal(signal.SIGPIPE, signal.SIG_DFL)\ns = socket.create_connection(('127.0.0.1', {server.port}))\n"
                "os.write(s.fileno(), b'x')\ntime.sleep(0.5)\nfor _ in range(3):\n    try: os.write(s.fileno(), b'x' * 1000)\n    except ConnectionResetError: pass\n")
        assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGPIPE


@pytest.mark.parametrize("engine", ["postgres", "clickhouse"])
def test_a_database_that_resets_the_connection(engine, tmp_path):
    with Deaf(greet_postgres if engine == "postgres" else greet_silently) as server:
        url = {"postgres": f"postgresql://u:p@127.0.0.1:{server.port}/d?sslmode=disable&gssencmode=disable",
               "clickhouse": f"http://u:p@127.0.0.1:{server.port}/d"}[engine]
        assert ask(tmp_path, {"engine": engine, "connection": {"url": url}}, LONG,
                   {"physicalName": "public.items" if engine == "postgres" else "items"}) == ["CONNECTION_FAILED"] * 3 + ["alive"]
        assert server.resets >= 3


@pytest.mark.parametrize("engine", ["clickhouse", "trino"])
def test_a_reset_under_tls(engine, tmp_path):
    certificates.make(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with Deaf(greet_silently, context) as server:
        connection = {"url": f"https://u:p@127.0.0.1:{server.port}/d", "tls": {"verify": "none"}}
        if engine == "trino":
            connection["url"] = f"https://u:p@127.0.0.1:{server.port}"
            found = ask(tmp_path, {"engine": "iceberg", "trinoCatalog": "ice"}, LONG, {"physicalName": "lake.items", "trino": {"enabled": True, "connection": connection}})
        else:
            found = ask(tmp_path, {"engine": engine, "connection": connection}, LONG, {"physicalName": "items"})
        assert found == ["CONNECTION_FAILED"] * 3 + ["alive"] and server.resets >= 3


def test_a_cache_that_resets_the_connection(tmp_path):
    """The answer comes from the database then."""
    with sqlite3.connect(tmp_path / "far.db") as db:
        db.execute("CREATE TABLE items (id integer PRIMARY KEY, name text)")
        db.executemany("INSERT INTO items VALUES (?, 'x')", [(i,) for i in range(20000)])
    keys = {"from": "items", "columns": ["id"], "byIds": list(range(20000))}
    with Deaf(greet_redis) as server:
        caches = [{"id": "near", "engine": "redis", "connection": {"url": f"redis://:p@127.0.0.1:{server.port}/0"},
                   "tables": [{"tableId": "items", "keyPattern": "items:{id}", "ttl": 60}]}]
        found = ask(tmp_path, {"engine": "sqlite", "connection": {"url": "sqlite:far.db"}}, keys, {"physicalName": "items", "caches": caches})
        assert found == ["OK"] * 3 + ["alive"] and server.resets >= 1
