"""Rows stream: a million of them take no more memory than a thousand."""
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
