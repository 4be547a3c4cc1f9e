"""connection.tls of ClickHouse and Trino: a private https server with a certificate of our own making, that answers like either, and what each configuration
makes of it."""
import contextlib
import http.server
import json
import os
import pathlib
import signal
import ssl
import subprocess
import tempfile
import threading

import pytest

import catalogs
import certificates
from cli import PROGRAM, call_json
from database import write

SECRET = "private-secret"
CLICKHOUSE = '["c0"]\n["Int32"]\n[7]\n'
TRINO = json.dumps({"id": "q1", "columns": [{"name": "c0", "type": "integer"}], "data": [[7]], "stats": {"state": "FINISHED"}})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if catalogs.asks(body):
            return self.send(json.dumps(catalogs.trino_page([])) if self.path.startswith("/v1/") else catalogs.clickhouse_text([]))
        self.server.heard.append(body.decode())
        if self.server.hang and b"SELECT 1 AS c0" not in body and b"KILL" not in body:
            self.server.busy.set()
            self.server.released.wait(20)
        return self.send(TRINO if self.path.startswith("/v1/") else CLICKHOUSE)

    def send(self, answer):
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer.encode())))
        self.end_headers()
        with contextlib.suppress(OSError):  # who was cancelled has left
            self.wfile.write(answer.encode())

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    hang = False

    def __init__(self, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.context, self.heard, self.busy, self.released = context, [], threading.Event(), threading.Event()

    def finish_request(self, request, address):
        with contextlib.suppress(OSError):  # a client that does not like the certificate
            if self.context:
                request = self.context.wrap_socket(request, server_side=True)
            super().finish_request(request, address)
            if self.context:
                request.unwrap()

    def handle_error(self, *_):
        pass

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.shutdown()
        self.server_close()

    def url(self, host="localhost", scheme="https", user=f"ann:{SECRET}"):
        return f"{scheme}://{user}@{host}:{self.server_port}"


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="multidb-tls-") as name:
        certificates.make(pathlib.Path(name))
        yield pathlib.Path(name)


def context(folder, clients=False, newest=ssl.TLSVersion.TLSv1_3):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.maximum_version = newest
    made.load_cert_chain(folder / "server.pem", folder / "server.key")
    if clients:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(folder / "ours.pem")
    return made


@pytest.fixture(scope="module", params=["TLSv1_2", "TLSv1_3"])
def encrypted(folder, request):
    with Server(context(folder, newest=ssl.TLSVersion[request.param])) as server:
        yield server


@pytest.fixture(scope="module", params=["TLSv1_2", "TLSv1_3"])
def guarded(folder, request):
    """Refuses every connection without the client's certificate."""
    with Server(context(folder, clients=True, newest=ssl.TLSVersion[request.param])) as server:
        yield server


@pytest.fixture(scope="module")
def plain():
    with Server() as server:
        yield server


@pytest.fixture(params=["clickhouse", "trino"])
def engine(request):
    return request.param


def configure(folder, engine, url, tls):
    connection = {"url": url}
    if tls is not None:
        connection["tls"] = tls
    config = {"databases": [{"id": "db", "engine": "clickhouse", "connection": connection}], "roles": [{"id": "all", "tables": "*"}],
              "tables": [{"id": "t", "apiName": "things", "database": "db", "physicalName": "thing", "primaryKey": ["id"],
                          "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]}]}
    if engine == "trino":
        config["databases"] = [{"id": "db", "engine": "iceberg", "trinoCatalog": "ice"}]
        config["tables"][0]["physicalName"] = "lake.thing"
        config["trino"] = {"enabled": True, "connection": connection}
    return write(config, folder / "multidb.json")


def ask(folder, engine, url, tls=None):
    return call_json("query", configure(folder, engine, url, tls), {"from": "things"}, {"role": "all"}, env={"HOME": str(folder)})


def answers(result):
    status, answer = result
    assert status == 0, answer
    return answer["data"] == [{"id": 7}]


def is_refused(result, why):
    status, answer = result
    assert status == 1 and answer["code"] == "CONNECTION_FAILED", answer
    assert why in answer["message"] + answer.get("cause", ""), answer
    assert SECRET not in str(answer) and "ann" not in str(answer)


def test_accepts_the_configured_authority(folder, encrypted, engine):
    assert answers(ask(folder, engine, encrypted.url(), {"ca": "ours.pem"}))
    assert answers(ask(folder, engine, encrypted.url(), {"verify": "full", "ca": str(folder / "ours.pem")}))


def test_rejects_another_authority(folder, encrypted, engine):
    before = len(encrypted.heard)
    is_refused(ask(folder, engine, encrypted.url(), {"ca": "others.pem"}), "SSL certificate problem")
    is_refused(ask(folder, engine, encrypted.url(), {"verify": "ca", "ca": "others.pem"}), "SSL certificate problem")
    assert len(encrypted.heard) == before  # nothing was sent, the password least of all


def test_rejects_a_private_authority_that_is_not_configured(folder, encrypted, engine):
    is_refused(ask(folder, engine, encrypted.url(), {}), "SSL certificate problem")
    is_refused(ask(folder, engine, encrypted.url()), "SSL certificate problem")


def test_rejects_a_certificate_for_another_name(folder, encrypted, engine):
    before = len(encrypted.heard)
    is_refused(ask(folder, engine, encrypted.url("127.0.0.1"), {"ca": "ours.pem"}), "target host name '127.0.0.1'")
    assert len(encrypted.heard) == before
    assert answers(ask(folder, engine, encrypted.url("127.0.0.1"), {"verify": "ca", "ca": "ours.pem"}))


def test_accepts_any_certificate_without_verification(folder, encrypted, engine):
    assert answers(ask(folder, engine, encrypted.url("127.0.0.1"), {"verify": "none"}))


@pytest.mark.parametrize("tls", [{}, {"verify": "none"}, {"verify": "ca", "ca": "ours.pem"}])
def test_refuses_a_plain_url(folder, plain, engine, tls):
    url = plain.url(scheme="http", user="ann")
    assert answers(ask(folder, engine, url))
    before = len(plain.heard)
    is_refused(ask(folder, engine, url, tls), "would not be encrypted")
    assert len(plain.heard) == before


@pytest.mark.parametrize("tls", [None, {}, {"verify": "none"}, {"ca": "ours.pem"}])
def test_refuses_a_plain_server(folder, plain, engine, tls):
    before = len(plain.heard)
    is_refused(ask(folder, engine, plain.url(), tls), "wrong version number")
    assert len(plain.heard) == before


def test_presents_a_client_certificate(folder, guarded, engine):
    trusting = {"ca": "ours.pem"}
    assert answers(ask(folder, engine, guarded.url(), {**trusting, "cert": "client.pem", "key": "client.key"}))
    before = len(guarded.heard)
    is_refused(ask(folder, engine, guarded.url(), trusting), "")
    is_refused(ask(folder, engine, guarded.url(), {**trusting, "cert": "client.pem", "key": "others.key"}), "private key")
    is_refused(ask(folder, engine, guarded.url(), {**trusting, "cert": "others.pem", "key": "others.key"}), "")
    assert len(guarded.heard) == before


def test_reads_certificate_files_only_when_a_query_runs(folder, encrypted, engine):
    status, answer = ask(folder, engine, encrypted.url(), {"ca": "nowhere.pem"})
    assert status == 1 and answer["code"] == "CONFIG_INVALID", answer
    where = "/trino" if engine == "trino" else "/databases/0"
    assert answer["errors"][0]["pointer"] == f"{where}/connection/tls/ca" and "No such file" in answer["errors"][0]["message"]


def test_reports_a_file_that_is_no_certificate(folder, encrypted, engine):
    (folder / "text.pem").write_text("hello\n")
    is_refused(ask(folder, engine, encrypted.url(), {"ca": "text.pem"}), "certificate")


def test_cancels_over_tls_too(folder):
    """ClickHouse is told by a connection of its own."""
    with Server(context(folder, clients=True)) as server:
        server.hang = True
        path = configure(folder, "clickhouse", server.url(), {"ca": "ours.pem", "cert": "client.pem", "key": "client.key"})
        child = subprocess.Popen([PROGRAM, "query", "--json", "--config", path, "--role", "all", '{"from":"things"}'], stdout=subprocess.PIPE, text=True,
                                 env={**os.environ, "HOME": str(folder)},
                                 preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # a test run in the background ignores it
        assert server.busy.wait(20)
        child.send_signal(signal.SIGINT)
        answer = json.loads(child.communicate(timeout=20)[0])
        assert answer["code"] == "CANCELLED"
        assert any(text.startswith("KILL QUERY WHERE query_id = 'multidb-") for text in server.heard)
