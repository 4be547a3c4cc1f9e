"""Servers that die and come back while they are asked. Every answer is whole and right or an error, in time; callers of other servers notice nothing; and
when the server is back, so are the answers. Trino takes a minute to start: it dies behind a proxy here, and for real with MULTIDB_FULL=1."""
import contextlib
import json
import os
import socket
import subprocess
import threading
import time
import urllib.parse

import pytest

import database
from cli import PROGRAM, Run, dumps, exact
from conftest import EXAMPLE
from expected import Expected
from placed import need_clickhouse_driver
from stack import own, stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("faults")
CONFIG = json.loads((EXAMPLE / "multidb.stack.json").read_text())
ROWS = json.loads((EXAMPLE / "rows.json").read_text())
EXPECTED = Expected(CONFIG, ROWS)
ADMIN = {"role": "admin"}
DEADLINE = 3.0
ERRORS = {"CONNECTION_FAILED", "QUERY_FAILED", "QUERY_TIMEOUT"}
NOWHERE = {"MULTIDB_PG_TENANT_URL": "postgresql://127.0.0.1:1/x", "MULTIDB_TRINO_URL": "http://x@127.0.0.1:1"}

QUESTIONS = {
    "pg-main": [{"from": "orders"}, {"from": "customers", "joins": [{"table": "orders", "columns": ["total"]}]}, {"from": "products", "executeMode": "count"}],
    "clickhouse": [{"from": "events"}, {"from": "metrics", "orderBy": [{"column": "value", "direction": "asc"}]}, {"from": "events", "joins": [{"table": "orders", "columns": ["status"]}]}],
    "redis": [{"from": "users", "byIds": [1, 2, 3]}, {"from": "users", "columns": ["name"], "byIds": [5, 1, 77]}],
    "trino": [{"from": "ordersArchive"}, {"from": "orders", "columns": ["id"], "joins": [{"table": "invoices", "columns": ["amount"]}]}],
}


class Asker(threading.Thread):
    """Asks the questions of one server again and again until it has to stop; keeps what was wrong."""

    def __init__(self, path, env, questions):
        super().__init__()
        self.path, self.env, self.questions = path, env, questions
        self.right, self.errors, self.wrong, self.slowest, self.end = 0, [], [], 0.0, threading.Event()

    def run(self):
        with Run(self.path, self.env) as run:
            i = 0
            while not self.end.is_set():
                question = self.questions[i % len(self.questions)]
                i += 1
                start = time.monotonic()
                answer = run.ask({**question, "timeoutMs": int(DEADLINE * 1000)}, ADMIN)
                self.slowest = max(self.slowest, time.monotonic() - start)
                self.judge(question, answer)
                time.sleep(0.01)

    def judge(self, question, answer):
        if answer.get("code"):
            self.errors.append(answer["code"])
            if answer["code"] not in ERRORS:
                self.wrong.append(answer)
            return
        try:
            EXPECTED.check(question, ADMIN, answer)
            self.right += 1
        except AssertionError as e:
            self.wrong.append(e)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        self.join(30)
        assert not self.is_alive(), "a question hangs"


def until(ask, seconds, what):
    end = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def ask_through_deaths(path, env, victim, die, revive, times, others):
    """Asks the victim and the others while the victim dies and comes back."""
    with contextlib.ExitStack() as open_:
        bystanders = [open_.enter_context(Asker(path, env, QUESTIONS[name])) for name in others]
        asker = open_.enter_context(Asker(path, env, QUESTIONS[victim]))
        for _ in range(times):
            until(lambda n=asker.right: asker.right > n + 5, 30, "no right answers while the server runs")
            before = sum(b.right for b in bystanders)
            die()
            time.sleep(0.5)
            if bystanders:
                until(lambda: sum(b.right for b in bystanders) > before, 10, "others are affected")
            revive()
        until(lambda n=asker.right: asker.right > n + 5, 30, "no right answers after the server is back")
    assert not asker.wrong, asker.wrong[0]
    assert asker.slowest < DEADLINE + 1.5, f"{asker.slowest:.1f} s for a deadline of {DEADLINE} s"
    for b in bystanders:
        assert not b.wrong and not b.errors and b.right, (b.wrong, b.errors)
    return asker


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    need_clickhouse_driver()
    with own(tmp_path_factory.mktemp("faults") / "servers", "pg-main", "redis", "clickhouse") as mine:
        yield mine


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return database.write(CONFIG, tmp_path_factory.mktemp("faults") / "multidb.json")


@pytest.mark.parametrize("victim, others", [("pg-main", ["clickhouse"]), ("clickhouse", ["pg-main", "redis"]), ("redis", ["pg-main", "clickhouse"])])
def test_answers_again_after_a_server_died(victim, others, servers, path):
    asker = ask_through_deaths(path, {**servers.environment(), **NOWHERE}, victim, lambda: servers.kill(victim), lambda: servers.restart(victim), 3, others)
    if victim == "redis":
        assert not asker.errors, "the database answers when the cache can't"
    else:
        assert asker.errors, "it never met the dead server"


BIG = 400000


def make_big(servers, victim):
    if victim == "pg-main":
        servers["pg-main"].psql(f"CREATE TABLE IF NOT EXISTS big AS SELECT i::int AS id, repeat('x', 50) AS text FROM generate_series(1, {BIG}) AS i; GRANT SELECT ON big TO PUBLIC")
        return "pg-main", "public.big"
    servers["clickhouse"].query(f"CREATE TABLE IF NOT EXISTS big ENGINE = MergeTree ORDER BY id AS SELECT toInt32(number + 1) AS id, repeat('x', 50) AS text FROM numbers({BIG})")
    return "ch-analytics", "default.big"


@pytest.mark.parametrize("victim", ["pg-main", "clickhouse"])
def test_reports_a_server_that_dies_while_rows_arrive(victim, servers, tmp_path):
    """The rows so far are out when the server dies: the program says so, and what it wrote is not a whole answer."""
    where, name = make_big(servers, victim)
    columns = [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, {"apiName": "text", "physicalName": "text", "type": "string", "nullable": False}]
    config = {**CONFIG, "tables": [*CONFIG["tables"], {"id": "big", "apiName": "big", "database": where, "physicalName": name, "primaryKey": ["id"], "relations": [], "columns": columns}]}
    words = [PROGRAM, "query", "--json", "--config", str(database.write(config, tmp_path / "big.json")), "--role", "admin", dumps({"from": "big", "timeoutMs": 30000})]
    env = {**os.environ, **servers.environment(), **NOWHERE}
    whole = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60)
    assert whole.returncode == 0 and len(exact(whole.stdout)["data"]) == BIG, whole.stderr
    asking = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first = asking.stdout.read(1 << 16)
    servers.kill(victim)
    start = time.monotonic()
    rest, err = asking.communicate(timeout=40)
    took = time.monotonic() - start
    servers.restart(victim)
    assert asking.returncode != 0 and err, (asking.returncode, len(rest), err)
    with pytest.raises(ValueError):
        exact(first + rest)
    assert took < 10


# ---- Trino ----

class Proxy:
    """Between the program and a server; die() cuts all connections at once and refuses new ones until revive()."""

    def __init__(self, port):
        self.target, self.sockets, self.lock = port, [], threading.Lock()
        self.listener = None
        self.port = 0
        self.revive()

    def revive(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(50)
        self.port, self.listener = listener.getsockname()[1], listener
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                here, _ = listener.accept()
                there = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            with self.lock:
                self.sockets += [here, there]
            for a, b in ((here, there), (there, here)):
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    @staticmethod
    def pump(a, b):
        with contextlib.suppress(OSError):
            while data := a.recv(1 << 16):
                b.sendall(data)
        for s in (a, b):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def die(self):
        listener, self.listener = self.listener, None
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with self.lock:
            sockets, self.sockets = self.sockets, []
        for s in sockets:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()


def test_answers_again_after_trino_was_cut_off(stack, path):  # noqa: F811
    need_clickhouse_driver()
    stack.need("pg-main", "pg-tenant", "clickhouse", "redis", "trino")
    env = stack.environment()
    url = urllib.parse.urlsplit(env["MULTIDB_TRINO_URL"])
    proxy = Proxy(url.port)
    env["MULTIDB_TRINO_URL"] = url._replace(netloc=f"{url.username}@127.0.0.1:{proxy.port}").geturl()
    try:
        asker = ask_through_deaths(path, env, "trino", proxy.die, proxy.revive, 2, ["pg-main", "clickhouse"])
        assert asker.errors, "it never met the dead server"
    finally:
        if proxy.listener:
            proxy.die()


if os.environ.get("MULTIDB_FULL"):
    def test_trino_dies_and_comes_back(tmp_path, path):
        with own(tmp_path / "servers") as mine:
            asker = ask_through_deaths(path, mine.environment(), "trino", lambda: mine.kill("trino"), lambda: mine.restart("trino"), 1, ["pg-main", "clickhouse"])
            assert asker.errors
