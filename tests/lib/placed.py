"""Tables of a test's own on the stack's servers: the originals in PostgreSQL, a replica of each in ClickHouse and one in Iceberg, so that one question
has several ways to its answer.

    with placed(stack, things.config(), rows, folder) as world:
        world.config, world.path, world.env, world.expected

Each time in a schema of a new name, which is dropped again; nothing else on the servers is touched. Physical names are `SCHEMA.table`.
"""
import contextlib
import copy
import functools
import pathlib
import tempfile
import types
import uuid

import pytest

import database
from cli import call_json
from expected import Expected

ENGINES = {"pg": ("postgres", "pg_main", "MULTIDB_PG_MAIN_URL"), "ch": ("clickhouse", "ch_analytics", "MULTIDB_CH_ANALYTICS_URL"), "ice": ("iceberg", "iceberg_archive", None)}


@functools.lru_cache
def without_driver(engine, url):
    """Can this build not run queries on such a database at all? A server that refuses connections is enough to tell."""
    table = {"id": "t", "apiName": "t", "database": "d", "physicalName": "t", "primaryKey": ["id"], "relations": [],
             "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]}
    config = {"databases": [{"id": "d", "engine": engine, "connection": {"url": url}}], "tables": [table], "roles": [{"id": "admin", "tables": "*"}]}
    with tempfile.TemporaryDirectory() as folder:
        path = database.write(config, pathlib.Path(folder) / "multidb.json")
        return call_json("query", path, {"from": "t"}, {"role": "admin"})[1]["code"] == "EXECUTOR_MISSING"


def need_clickhouse_driver():
    if without_driver("clickhouse", "http://127.0.0.1:1/x"):
        pytest.skip("this build has no ClickHouse driver")


def databases():
    out = []
    for name, (engine, catalog, variable) in ENGINES.items():
        one = {"id": name, "engine": engine, "trinoCatalog": catalog}
        if variable:
            one["connection"] = {"url": {"env": variable}}
        out.append(one)
    return out


def configured(config, schema):
    config = copy.deepcopy(config)
    config["databases"] = databases()
    config["trino"] = {"enabled": True, "engine": "trino", "connection": {"url": {"env": "MULTIDB_TRINO_URL"}}}
    config["externalSyncs"] = []
    for table in config["tables"]:
        name = f"{schema}.{table['physicalName'].rpartition('.')[2]}"
        table.update(database="pg", physicalName=name)
        config["externalSyncs"] += [{"sourceTable": table["id"], "targetDatabase": target, "targetPhysicalName": name, "method": "debezium", "estimatedLag": lag}
                                    for target, lag in (("ch", "seconds"), ("ice", "minutes"))]
    return config


def originals_in(config, target):
    """The same tables, whose originals are the copies in one database; there are no replicas."""
    config = copy.deepcopy(config)
    for table in config["tables"]:
        table["database"] = target
    config["externalSyncs"] = []
    return config


@contextlib.contextmanager
def placed(stack, config, rows, folder, rows_of=None, change=lambda target, sql: sql):
    """rows_of: {"pg" | "ch" | "ice": rows} where an engine can't hold all; change(target, sql): a last word on each statement"""
    need_clickhouse_driver()
    stack.need("pg-main", "pg-tenant", "clickhouse", "trino")
    pg, ch, trino = stack["pg-main"], stack["clickhouse"], stack["trino"]
    schema = f"t{uuid.uuid4().hex[:12]}"
    config = configured(config, schema)
    names = [table["physicalName"] for table in config["tables"]]
    try:
        sql = {target: [change(target, s) for s in database.sample.database_sql(config, (rows_of or {}).get(target, rows), target)] for target in ENGINES}
        pg.psql("\n".join(sql["pg"]))
        pg.grant(schema)
        ch.query(f"CREATE DATABASE {schema}")
        for statement in sql["ch"]:
            ch.query(statement)
        for statement in sql["ice"]:
            trino.query(statement.rstrip(";"))
        yield types.SimpleNamespace(config=config, rows=rows, env=stack.environment(), expected=Expected(config, rows),
                                    path=database.write(config, folder / "placed.json"))
    finally:
        pg.psql(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        ch.query(f"DROP DATABASE IF EXISTS {schema}")
        for name in names:
            trino.query(f'DROP TABLE IF EXISTS iceberg_archive.{database.sample.ident(name)}')
        trino.query(f'DROP SCHEMA IF EXISTS iceberg_archive."{schema}"')
