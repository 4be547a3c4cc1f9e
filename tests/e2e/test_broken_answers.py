"""Answers that fail when rows have been given out already: the reason arrives, the exit status says that the output is incomplete, and
`run` answers the next line. Also programs that are interrupted."""
import json
import os
import signal
import subprocess

import pytest

import database
from cli import PROGRAM, call, exact

ADMIN = {"role": "admin"}
ROWS, BAD = 6000, 5990  # the last rows but ten; with 400 bytes a row more than `run` holds back
REASON = "column 'number' holds a value that does not fit its type in database 'late'"
MARKED = {"from": "items", "orderBy": [{"column": "id", "direction": "asc"}]}
SHORT = {"from": "items", "columns": ["id"], "limit": 1}
TABLE = {"id": "items", "apiName": "items", "database": "late", "primaryKey": ["id"], "columns": [
    {"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, {"apiName": "number", "physicalName": "number", "type": "int", "nullable": True},
    {"apiName": "text", "physicalName": "text", "type": "string", "nullable": True}]}


def configuration(engine, url, physical):
    return {"databases": [{"id": "late", "engine": engine, "connection": {"url": url}}], "tables": [{**TABLE, "physicalName": physical}],
            "roles": [{"id": "admin", "tables": "*"}]}


def on_sqlite(folder, pg):
    with database.sqlite3.connect(folder / "late.db") as db:
        db.execute("CREATE TABLE items (id integer PRIMARY KEY, number, text text)")
        db.executemany("INSERT INTO items VALUES (?, ?, ?)", [(i, "twelve" if i == BAD else i, "x" * 400) for i in range(ROWS)])
    return configuration("sqlite", "sqlite:late.db", "items")


def on_postgres(folder, pg):
    """A bigint beyond what the configuration declares."""
    pg.psql("DROP TABLE IF EXISTS late_items; CREATE TABLE late_items (id integer PRIMARY KEY, number bigint, text text);"
            f"INSERT INTO late_items SELECT i, CASE WHEN i = {BAD} THEN 1::bigint << 40 ELSE i END, repeat('x', 400) FROM generate_series(0, {ROWS - 1}) i")
    return configuration("postgres", pg.url, "public.late_items")


@pytest.fixture(scope="module", params=[on_sqlite, on_postgres], ids=["sqlite", "postgres"])
def late(request, pg, tmp_path_factory):
    folder = tmp_path_factory.mktemp("late")
    return database.write(request.param(folder, pg), folder / "multidb.json")


@pytest.mark.parametrize("options", [["--format", "table"], ["--format", "json"], ["--format", "ndjson"], ["--format", "csv"], ["--json"]], ids=" ".join)
def test_query_says_why_on_standard_error(late, options):
    done = call("query", "--config", late, "--role", "admin", *options, MARKED)
    assert done.returncode == 1
    assert f"multidb: {REASON}" in done.stderr and "[TYPE_MISMATCH]" in done.stderr and "memory" not in done.stderr, done.stderr
    assert len(done.stdout) > 1 << 20 and done.stdout.endswith("\n") and REASON not in done.stdout


def test_an_error_before_the_first_byte_is_the_one_object(late):
    done = call("query", "--json", "--config", late, "--role", "admin", {**MARKED, "orderBy": [{"column": "id", "direction": "desc"}]})
    assert done.returncode == 1 and exact(done.stdout)["message"].startswith(REASON) and not done.stderr


def test_run_gives_the_error_a_line_of_its_own_and_goes_on(late):
    lines = [json.dumps({"definition": definition, "context": ADMIN}) for definition in (MARKED, SHORT)]
    done = call("run", "--config", late, stdin="\n".join(lines) + "\n")
    broken, error, answer = done.stdout.splitlines()
    with pytest.raises(ValueError):
        exact(broken)
    assert broken.startswith('{"data":[{"id":0,') and len(broken) > 1 << 20
    assert exact(error)["code"] == "TYPE_MISMATCH" and exact(error)["message"].startswith(REASON)
    assert exact(answer)["data"] == [{"id": 0}]
    assert done.returncode == 1 and REASON in done.stderr


def test_run_answers_with_the_error_alone_where_nothing_was_written(late):
    few = {**MARKED, "filters": [{"column": "id", "operator": ">", "value": BAD - 100}]}
    lines = [json.dumps({"definition": definition, "context": ADMIN}) for definition in (few, SHORT)]
    done = call("run", "--config", late, stdin="\n".join(lines) + "\n")
    error, answer = [exact(line) for line in done.stdout.splitlines()]
    assert error["code"] == "TYPE_MISMATCH" and error["message"].startswith(REASON) and answer["data"] == [{"id": 0}]
    assert done.returncode == 0 and not done.stderr


# ---- interrupted ----

@pytest.fixture(scope="module")
def slow(pg, tmp_path_factory):
    pg.psql("CREATE OR REPLACE VIEW public.slow_items AS SELECT 1 AS id, 1 AS number, (SELECT 'x' FROM (SELECT pg_sleep(60)) s) AS text")
    return database.write(configuration("postgres", pg.url, "public.slow_items"), tmp_path_factory.mktemp("slow") / "multidb.json")


def interrupted(words, number, ready, stdin=subprocess.DEVNULL):
    # a test run in the background ignores SIGINT, and so would the program
    child = subprocess.Popen([PROGRAM, *words], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    try:
        ready(child)
        child.send_signal(number)
        return child.wait(20), *child.communicate(timeout=20)
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_a_query_is_the_exit_status(slow, pg, number, status):
    def runs(child):
        while not pg.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%slow_items%' AND state = 'active' AND pid <> pg_backend_pid()").strip() == "1":
            assert child.poll() is None, child.communicate()
    got, out, _ = interrupted(["query", "--json", "--config", str(slow), "--role", "admin", '{"from": "items"}'], number, runs)
    assert got == status and exact(out)["code"] == "CANCELLED"


def test_a_signal_while_run_waits_for_a_line_is_the_exit_status(late):
    def waits(child):
        child.stdin.write(json.dumps({"definition": SHORT, "context": ADMIN}) + "\n")
        child.stdin.flush()
        assert exact(child.stdout.readline())["data"] == [{"id": 0}]
    got, _, _ = interrupted(["run", "--config", str(late)], signal.SIGINT, waits, subprocess.PIPE)
    assert got == 130
