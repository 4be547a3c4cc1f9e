"""Rows stream: a million of them take no more memory than a thousand. A line of `run` that is too long takes none of its length."""
import json
import os
import sqlite3
import subprocess
import sys

import pytest

import database
from cli import PROGRAM

CONFIG = {
    "databases": [{"id": "big", "engine": "sqlite"}], "externalSyncs": [], "caches": [], "roles": [{"id": "admin", "tables": "*"}],
    "limits": {"deadlineMs": 120000},
    "tables": [{"id": "rows", "apiName": "rows", "database": "big", "physicalName": "rows", "primaryKey": ["id"], "relations": [], "columns": [
        {"apiName": "id", "physicalName": "id", "type": "int", "nullable": False},
        {"apiName": "name", "physicalName": "name", "type": "string", "nullable": False},
        {"apiName": "price", "physicalName": "price", "type": "decimal", "nullable": True}]}],
}
ROWS = 1_000_000
# A child that says what its one child used: the resident peak of exactly that process.
METER = ("import resource, subprocess, sys\n"
         "status = subprocess.call(sys.argv[2:], stdout=open(sys.argv[1], 'wb'))\n"
         "print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n")


def measure(config, limit, out, env):
    definition = json.dumps({"from": "rows"} if limit is None else {"from": "rows", "limit": limit})
    done = subprocess.run([sys.executable, "-c", METER, str(out), PROGRAM, "query", "--config", str(config), "--role", "admin",
                           "--format", "ndjson", definition], text=True, capture_output=True, env={**os.environ, **env})
    status, peak = map(int, done.stdout.split())
    assert status == 0, done.stderr
    with open(out, "rb") as f:
        lines, last = 0, b""
        for last in f:
            lines += 1
    return lines, json.loads(last), peak


@pytest.fixture(params=["sqlite", "postgres"])
def big(request, tmp_path):
    config, env = json.loads(json.dumps(CONFIG)), {}
    if request.param == "sqlite":
        file = sqlite3.connect(tmp_path / "big.db")
        file.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price TEXT)")
        with file:
            file.executemany("INSERT INTO rows VALUES (?, ?, ?)", ((i, f"row number {i}", f"{i}.5") for i in range(ROWS)))
        file.close()
        config["databases"][0]["connection"] = {"url": f"sqlite:{tmp_path}/big.db"}
    else:
        pg = request.getfixturevalue("pg")
        pg.psql("DROP TABLE IF EXISTS rows; CREATE TABLE rows (id int PRIMARY KEY, name text NOT NULL, price numeric);"
                f"INSERT INTO rows SELECT i, 'row number ' || i, i + 0.5 FROM generate_series(0, {ROWS - 1}) i")
        config["databases"][0].update(engine="postgres", connection={"url": {"env": "MULTIDB_BIG_URL"}})
        env["MULTIDB_BIG_URL"] = pg.url
    yield database.write(config, tmp_path / "multidb.json"), env
    if request.param == "postgres":
        pg.psql("DROP TABLE rows")


def test_a_million_rows_take_the_memory_of_a_thousand(big, tmp_path):
    config, env = big
    few, _, small = measure(config, 1000, tmp_path / "few", env)
    many, last, large = measure(config, None, tmp_path / "many", env)
    assert (few, many) == (1000, ROWS)
    assert set(last) == {"id", "name", "price"}
    assert large - small <= 4096, f"{small} KiB for a thousand rows, {large} KiB for a million"


def answers_to_a_line_of(megabytes, config, tmp_path):
    """(the answers to this line and to a short one behind it, the peak in KiB)"""
    lines = tmp_path / "lines"
    with open(lines, "w") as f:
        f.write('{"definition":"')
        for _ in range(megabytes):
            f.write("x" * (1 << 20))
        f.write('"}\n{"definition":{"from":"rows","limit":1},"context":{"role":"admin"}}\n')
    with open(lines) as f:
        done = subprocess.run([sys.executable, "-c", METER, str(tmp_path / "out"), PROGRAM, "run", "--config", str(config)],
                              stdin=f, text=True, capture_output=True)
    status, peak = map(int, done.stdout.split())
    assert status == 0, done.stderr
    return [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()], peak


def test_a_line_beyond_the_limit_is_not_read_whole(tmp_path):
    config = json.loads(json.dumps(CONFIG))
    with sqlite3.connect(tmp_path / "big.db") as db:
        db.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price TEXT)")
    config["databases"][0]["connection"] = {"url": f"sqlite:{tmp_path}/big.db"}
    path = database.write(config, tmp_path / "multidb.json")
    (short, _), little = answers_to_a_line_of(2, path, tmp_path)
    (refused, answered), peak = answers_to_a_line_of(200, path, tmp_path)
    assert short["errors"][0]["code"] == refused["errors"][0]["code"] == "LIMIT_EXCEEDED" and answered["data"] == []
    assert peak < little + 4 * 1024, f"{peak} KiB, {little} KiB of a line of 2 MiB"


def test_a_long_line_within_the_limit_is_answered(tmp_path):
    config = json.loads(json.dumps(CONFIG))
    config["limits"]["bodyBytes"] = 16 << 20
    path = database.write(config, tmp_path / "multidb.json")
    (first, second), _ = answers_to_a_line_of(6, path, tmp_path)
    assert first["code"] == "INVALID_BODY" and second["code"] == "EXECUTOR_MISSING"
