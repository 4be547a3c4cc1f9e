"""Replicas as change data capture leaves them: superseded versions, deleted rows, rows that have moved to another tenant, and nothing merged yet. Whatever a writer
leaves, a question has one answer: the one of the original in PostgreSQL, and of the reference evaluator."""
import contextlib
import types
import uuid

import pytest

import database
import histories
from cli import Run
from expected import Expected
from placed import need_clickhouse_driver
from random_queries import Generator
from stack import stack  # noqa: F401
from test_answers import PLANNER
from test_stack_equal import text

pytestmark = pytest.mark.xdist_group("stack")
QUESTIONS = 32
TYPES = {"int": "Int64", "decimal": "Decimal(20, 2)", "string": "String"}
DIRECT = {"avoid": ["replica", "trino", "cache"]}
REPLICA = {"prefer": ["replica"], "avoid": ["trino", "cache"]}
CACHED = {"prefer": ["replica"], "avoid": ["trino"]}


def literal(value):
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def type_of(column, writer):
    return f"Nullable({TYPES[column['type']]})" if column["nullable"] and not writer.defaults else TYPES[column["type"]]


def table_of(table, writer, name, partition):
    """CREATE TABLE of a replica, with indexes that could skip parts by a row filter."""
    columns = [(c["physicalName"], type_of(c, writer)) for c in table["columns"]]
    key = [c["physicalName"] for api in [*writer.sort, *table["primaryKey"]] for c in table["columns"] if c["apiName"] == api]
    listed = ", ".join(f"`{n}` {of}" for n, of in [*columns, *writer.columns()])
    indexes = ", INDEX i1 tenant TYPE minmax GRANULARITY 1, INDEX i2 tenant TYPE set(8) GRANULARITY 1"
    return (f"CREATE TABLE {name} ({listed}{indexes}) ENGINE = {writer.engine} {'PARTITION BY tenant' if partition else ''} ORDER BY ({', '.join(key)}) "
            "SETTINGS index_granularity = 4, min_bytes_for_wide_part = 0")


def parts_of(rows, writer, random):
    """In pieces of a few rows, out of order where the writer's versions say which row is newer."""
    rows = list(rows)
    if not writer.ordered:
        random.shuffle(rows)
    while rows:
        n = random.randint(1, 6)
        yield rows[:n]
        rows = rows[n:]


def fill(ch, table, writer, history, schema, partition):
    name = f"{schema}.{table['physicalName']}"
    log = name + "_log" if writer.view else name
    ch.query(table_of(table, writer, log, partition))
    ch.query(f"SYSTEM STOP MERGES {log}")
    for part in parts_of(writer.rows(table, history.changes[table["id"]]), writer, history.random):
        ch.query(f"INSERT INTO {log} VALUES " + ", ".join("(" + ", ".join(map(literal, row)) + ")" for row in part))
    if writer.view:
        ch.query(f"CREATE VIEW {name} AS SELECT * FROM {log} FINAL WHERE is_deleted = 0")
    return int(ch.query(f"SELECT count() FROM system.parts WHERE active AND database = '{schema}' AND table = '{log.partition('.')[2]}'"))


@contextlib.contextmanager
def replicated(stack, writer, seed, folder, partition):  # noqa: F811
    need_clickhouse_driver()
    stack.need("pg-main", "clickhouse")
    pg, ch, schema = stack["pg-main"], stack["clickhouse"], f"r{uuid.uuid4().hex[:12]}"
    history = histories.History(seed)
    config = {**history.config, "databases": [{"id": "pg", "engine": "postgres", "connection": {"url": {"env": "MULTIDB_PG_MAIN_URL"}}},
                                              {"id": "ch", "engine": "clickhouse", "connection": {"url": {"env": "MULTIDB_CH_ANALYTICS_URL"}}}],
              "caches": [{"id": "memory", "engine": "memory", "tables": [{"tableId": "parcels", "keyPattern": "parcels:{id}"}]}]}
    config["tables"] = [{**t, "physicalName": f"{schema}.{t['id']}"} for t in config["tables"]]
    config["externalSyncs"] = [{"sourceTable": t["id"], "targetDatabase": "ch", "targetPhysicalName": f"{schema}.{t['id']}", "method": "debezium", "estimatedLag": "seconds",
                                "columns": {c["apiName"]: {"databaseType": type_of(c, writer)} for c in t["columns"]}, "layout": writer.declared(t)} for t in config["tables"]]
    for table in config["tables"]:  # the process decides a row filter on a text of a known type alone
        table["columns"] = [{**c, **({"databaseType": "text"} if c["type"] == "string" else {})} for c in table["columns"]]
    try:
        pg.psql(database.sql_of(config, history.rows, "pg"))
        pg.grant(schema)
        ch.query(f"CREATE DATABASE {schema}")
        parts = [fill(ch, {**t, "physicalName": t["id"]}, writer, history, schema, partition) for t in config["tables"]]
        assert min(parts) > 5, f"merged: {parts}"
        yield types.SimpleNamespace(config=config, expected=Expected(config, history.rows), path=database.write(config, folder / "multidb.json"), env=stack.environment(), ch=ch,
                                    schema=schema)
    finally:
        pg.psql(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        ch.query(f"DROP DATABASE IF EXISTS {schema}")


def question(generator, number):
    """Every fourth is one of byIds, half of them of rows that are gone."""
    context = generator.context(histories.CONTEXTS)
    if number % 4:
        return context, {k: v for k, v in generator.definition(context).items() if k not in ("prefer", "freshness")}
    table = generator.expected.by_id["parcels"]
    return context, {"from": "parcels", "columns": generator.columns(table, context), "byIds": generator.random.sample(range(1, 25), 6)}


def ask(run, world, definition, context, way, strategies):
    answer = run.ask({**definition, **way}, context)
    if answer.get("code") in PLANNER or answer.get("strategy") not in strategies:
        assert answer.get("code") in PLANNER or "strategy" in answer, f"{answer}\n{definition}\n{context}"
        return None
    world.expected.check(definition, context, answer)
    return answer


# A plain writer leaves one row a key: there is nothing to merge across partitions. Which of equal versions came last, ClickHouse knows of one partition alone.
WRITTEN = [(name, partition) for name, writer in histories.WRITERS.items() for partition in (False, True) if not (partition and (writer.plain or writer.ordered))]


@pytest.mark.parametrize("name, partition", WRITTEN)
def test_a_replica_answers_as_its_original(name, partition, stack, tmp_path):  # noqa: F811
    """Rows, filters, joins, exists, groups, distinct rows, pages, counts, ids and cache misses."""
    writer = histories.WRITERS[name]
    answered = {"replica": 0, "cache": 0}
    with replicated(stack, writer, 1 + len(name), tmp_path, partition) as world, Run(world.path, world.env) as run:
        generator = Generator(world.expected, 7 + len(name))
        for i in range(QUESTIONS):
            context, definition = question(generator, i)
            original = ask(run, world, definition, context, DIRECT, ("direct",))
            replica = ask(run, world, definition, context, REPLICA, ("materialized",))
            cached = "byIds" in definition and ask(run, world, definition, context, CACHED, ("cache",))
            answered["replica"] += replica is not None
            answered["cache"] += bool(cached)
            if original and replica and ("limit" not in definition or world.expected.is_total(definition, context)):
                assert text(original) == text(replica), f"question {i}: {definition}\n{context}\n{replica.get('sql')}"
    assert answered["replica"] > QUESTIONS / (5 if writer.defaults else 2) and answered["cache"], answered


def test_versions_that_tie_across_partitions_are_refused(stack, tmp_path):  # noqa: F811
    writer = histories.WRITERS["airbyte"]
    with replicated(stack, writer, 4, tmp_path, True) as world, Run(world.path, world.env) as run:
        answer = run.ask({"from": "parcels", "columns": ["id"], **REPLICA}, {"role": "admin"})
        assert answer["code"] == "TYPE_MISMATCH" and "several partitions" in answer["message"], answer


ICEBERG = {"int": "INTEGER", "decimal": "DECIMAL(20, 2)", "string": "VARCHAR", "Nullable(UInt64)": "BIGINT", "UInt64": "BIGINT", "LowCardinality(String)": "VARCHAR"}
THROUGH_TRINO = 10


def iceberg_literal(value, of):
    return "NULL" if value is None else f"DECIMAL '{value}'" if of == "decimal" else literal(value)


def fill_iceberg(trino, table, writer, history, name):
    types = [c["type"] for c in table["columns"]] + [of for _, of in writer.columns()]
    names = [c["physicalName"] for c in table["columns"]] + [n for n, _ in writer.columns()]
    trino.query(f"CREATE TABLE {name} ({', '.join(f'{n} {ICEBERG[of]}' for n, of in zip(names, types))})")
    rows = writer.rows(table, history.changes[table["id"]])
    history.random.shuffle(rows)
    listed = ", ".join("(" + ", ".join(iceberg_literal(v, of) for v, of in zip(row, types)) + ")" for row in rows)
    trino.query(f"INSERT INTO {name} VALUES {listed}")


def test_trino_answers_from_an_append_log_in_iceberg(stack, tmp_path):  # noqa: F811
    """Trino has no FINAL: the latest rows are numbered, of an Iceberg table that keeps every version."""
    need_clickhouse_driver()
    stack.need("pg-main", "pg-tenant", "clickhouse", "trino")
    trino, schema, writer, history = stack["trino"], f"r{uuid.uuid4().hex[:12]}", histories.WRITERS["append"], histories.History(5)
    config = {**history.config, "databases": [{"id": "pg", "engine": "postgres"}, {"id": "ice", "engine": "iceberg", "trinoCatalog": "iceberg_archive"}],
              "trino": {"enabled": True, "engine": "trino", "connection": {"url": {"env": "MULTIDB_TRINO_URL"}}}}
    config["externalSyncs"] = [{"sourceTable": t["id"], "targetDatabase": "ice", "targetPhysicalName": f"{schema}.{t['id']}", "method": "debezium", "estimatedLag": "minutes",
                                "layout": writer.layout} for t in config["tables"]]
    names = [f"iceberg_archive.{schema}.{t['id']}" for t in config["tables"]]
    answered = 0
    try:
        trino.query(f"CREATE SCHEMA iceberg_archive.{schema}")
        for table, name in zip(config["tables"], names):
            fill_iceberg(trino, table, writer, history, name)
        world = types.SimpleNamespace(expected=Expected(config, history.rows))
        with Run(database.write(config, tmp_path / "multidb.json"), stack.environment()) as run:
            generator = Generator(world.expected, 11)
            for i in range(THROUGH_TRINO):
                context, definition = question(generator, i)
                answered += ask(run, world, definition, context, {"prefer": ["replica"]}, ("materialized",)) is not None
    finally:
        for name in names:
            trino.query(f"DROP TABLE IF EXISTS {name}")
        trino.query(f"DROP SCHEMA IF EXISTS iceberg_archive.{schema}")
    assert answered > THROUGH_TRINO / 2
