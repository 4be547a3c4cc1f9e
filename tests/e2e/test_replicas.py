"""Replicas on PostgreSQL and SQLite that keep every version, or mark deleted rows: a question has the answer of the reference evaluator. test_stack_replicas.py
asks the same of ClickHouse and Iceberg."""
import sqlite3

import pytest

import database
import histories
from cli import Run
from expected import Expected
from random_queries import Generator
from test_stack_replicas import REPLICA, ask, question

QUESTIONS = 60
WRITERS = ["append", "ties", "plain", "moved-by-sort-key"]
TYPES = {"int": "INTEGER", "decimal": {"sqlite": "TEXT", "postgres": "NUMERIC"}, "string": "TEXT"}
EXTRA = {"UInt64": "BIGINT", "Nullable(UInt64)": "BIGINT", "UInt8": "SMALLINT", "Nullable(UInt8)": "SMALLINT"}


def literal(value):
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, str) else str(int(value))


def script(table, writer, history, engine):
    """The replica's rows, in any order."""
    types = [(c["physicalName"], TYPES[c["type"]]) for c in table["columns"]] + [(n, EXTRA.get(of, "TEXT")) for n, of in writer.columns()]
    listed = ", ".join(f"{n} {of[engine] if isinstance(of, dict) else of}" for n, of in types)
    rows = writer.rows(table, history.changes[table["id"]])
    history.random.shuffle(rows)
    yield f"CREATE TABLE {table['id']}_log ({listed});"
    for row in rows:
        yield f"INSERT INTO {table['id']}_log VALUES ({', '.join(map(literal, row))});"


def configured(writer, history, engine, urls):
    config = {**history.config, "databases": [{"id": "pg", "engine": "sqlite", "connection": {"url": urls[0]}}, {"id": "copy", "engine": engine, "connection": {"url": urls[1]}}]}
    config["externalSyncs"] = [{"sourceTable": t["id"], "targetDatabase": "copy", "targetPhysicalName": f"{t['id']}_log", "method": "debezium", "estimatedLag": "seconds",
                                "layout": writer.declared(t)} for t in config["tables"]]
    return config


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@pytest.mark.parametrize("name", WRITERS)
def test_a_replica_answers_as_the_evaluator(name, engine, pg, tmp_path):
    writer, history = histories.WRITERS[name], histories.History(3 + len(name))
    sql = "\n".join(line for table in history.config["tables"] for line in script(table, writer, history, engine))
    copy = f"sqlite:{tmp_path}/copy.db"
    if engine == "postgres":
        base = f"copy_{name.replace('-', '_')}"
        pg.psql(f"DROP DATABASE IF EXISTS {base}")
        pg.psql(f"CREATE DATABASE {base}")
        pg.psql(sql, database=base)
        copy = pg.url_for(database=base)
    else:
        with sqlite3.connect(f"{tmp_path}/copy.db") as file:
            file.executescript(sql)
    config = configured(writer, history, engine, [f"sqlite:{tmp_path}/main.db", copy])
    with sqlite3.connect(f"{tmp_path}/main.db") as file:
        file.executescript(database.sql_of(config, history.rows, "pg"))
    world = type("World", (), {"expected": Expected(config, history.rows)})
    answered = 0
    with Run(database.write(config, tmp_path / "multidb.json")) as run:
        generator = Generator(world.expected, 17)
        for i in range(QUESTIONS):
            context, definition = question(generator, i)
            answered += ask(run, world, definition, context, REPLICA, ("materialized",)) is not None
    assert answered > QUESTIONS / 2
