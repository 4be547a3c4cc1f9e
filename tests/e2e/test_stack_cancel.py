"""A caller who leaves, and a deadline that passes, leave nothing running in the database: pg_stat_activity, system.processes, Trino's list of queries."""
import json
import os
import signal
import subprocess
import time

import pytest

import database
from cli import PROGRAM, Run, dumps
from placed import originals_in, placed
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("stack")
ROWS = 2000  # joined with itself by columns of one value: 8,000,000,000 rows in two joins, which ClickHouse counts in a second or two


@pytest.fixture(scope="module")
def world(stack, tmp_path_factory):  # noqa: F811
    """A table whose self join takes minutes everywhere."""
    folder = tmp_path_factory.mktemp("cancel")
    columns = [{"apiName": n, "physicalName": n, "type": "int", "nullable": False} for n in ("id", "one", "two")]
    table = {"id": "slow", "apiName": "slow", "database": "pg", "physicalName": "x.slow", "primaryKey": ["id"], "columns": columns,
             "relations": [{"name": "same", "column": "one", "references": {"table": "slow", "column": "two"}, "type": "many-to-one"}]}
    config = {"databases": [], "tables": [table], "roles": [{"id": "admin", "tables": "*"}]}
    rows = {"slow": {"columns": ["id", "one", "two"], "rows": [[i, 1, 1] for i in range(ROWS)]}}
    with placed(stack, config, rows, folder) as found:
        found.schema = found.config["tables"][0]["physicalName"].partition(".")[0]
        found.paths = {name: database.write(originals_in(found.config, name), folder / f"{name}.json") for name in ("pg", "ch", "ice")}
        yield found


# In count mode no row is sent until the end: the database itself has to be told.
SAME = {"table": "slow", "via": "same", "reverse": False, "type": "inner", "columns": []}
SLOW = {"from": "slow", "executeMode": "count",
        "joins": [{**SAME, "as": "a"}, {**SAME, "as": "b", "parent": "a"}, {**SAME, "as": "c", "parent": "b"}]}


def running_pg(stack, mark):  # noqa: F811
    return int(stack["pg-main"].psql(f"SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid() AND query LIKE '%{mark}%'").strip())


def running_ch(stack, mark):  # noqa: F811
    return int(stack["clickhouse"].query(f"SELECT count() FROM system.processes WHERE query LIKE '%{mark}%' AND query NOT LIKE '%system.processes%'"))


def running_trino(stack, mark):  # noqa: F811
    return sum(1 for _ in stack["trino"].query(f"SELECT query_id FROM system.runtime.queries WHERE state NOT IN ('FINISHED', 'FAILED') AND query LIKE '%{mark}%' AND query NOT LIKE '%system.runtime%'"))


ENGINES = {"postgres": ("pg", {}, running_pg), "clickhouse": ("ch", {}, running_ch), "trino": ("ice", {}, running_trino), "postgres through trino": ("pg", {"prefer": ["trino"]}, running_trino)}


def until(ask, seconds, what):
    end = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < end, what
        time.sleep(0.1)


@pytest.mark.parametrize("engine", ENGINES)
def test_interrupted_program_cancels(engine, world, stack):  # noqa: F811
    name, addition, running = ENGINES[engine]
    words = [PROGRAM, "query", "--json", "--config", str(world.paths[name]), "--role", "admin", dumps({**SLOW, **addition, "timeoutMs": 60000})]
    asking = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **world.env},
                              preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # a test run in the background ignores it, and so would the program
    try:
        until(lambda: running(stack, world.schema) or asking.poll() is not None, 30, "the query never ran")
        assert asking.poll() is None, asking.communicate()
        start = time.monotonic()
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=10)
        assert asking.returncode != 0 and "CANCELLED" in out + err, (asking.returncode, out, err)
        until(lambda: not running(stack, world.schema), 5, "it still runs in the database")
        assert time.monotonic() - start < 10
    finally:
        if asking.poll() is None:
            asking.kill()
            asking.wait()


@pytest.mark.parametrize("engine", ENGINES)
def test_deadline_cancels(engine, world, stack):  # noqa: F811
    name, addition, running = ENGINES[engine]
    with Run(world.paths[name], world.env) as run:
        start = time.monotonic()
        answer = run.ask({**SLOW, **addition, "timeoutMs": 1500}, {"role": "admin"})
        took = time.monotonic() - start
        assert answer.get("code") == "QUERY_TIMEOUT", answer
        assert took < 1.5 + 2, f"{took:.1f} s for a deadline of 1.5 s"
        until(lambda: not running(stack, world.schema), 5, "it still runs in the database")
        quick = run.ask({"from": "slow", "byIds": [1, 2]}, {"role": "admin"})
        assert [row["id"] for row in quick["data"]] == [1, 2]


@pytest.mark.parametrize("engine", ENGINES)
def test_killed_program_leaves_nothing(engine, world, stack, tmp_path):  # noqa: F811
    """Nobody is left to cancel: the database ends it by itself, a second behind the longest deadline at the latest."""
    name, addition, running = ENGINES[engine]
    config = {**json.loads(world.paths[name].read_text()), "limits": {"deadlineMs": 4000}}
    path = database.write(config, tmp_path / "short.json")
    words = [PROGRAM, "query", "--json", "--config", str(path), "--role", "admin", dumps({**SLOW, **addition})]
    asking = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **world.env})
    until(lambda: running(stack, world.schema) or asking.poll() is not None, 30, "the query never ran")
    assert asking.poll() is None
    asking.kill()
    asking.wait()
    until(lambda: not running(stack, world.schema), 20, "it still runs in the database")
