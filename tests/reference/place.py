"""A generated world on real databases.

    with sqlite(world) as (path, env): ...               path: the configuration that has the databases
    with server(stack, "pg", world) as (path, env): ...   PostgreSQL; "ch": ClickHouse; "ice": Iceberg, through Trino

Promises tables that hold the world's rows and, where it has some, its poison rows, in the forms that multidb expects (tools/make-sample).
"""
import contextlib
import copy
import json
import pathlib
import sqlite3
import sys
import tempfile
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import realtypes  # noqa: E402

import database  # noqa: E402
import placed  # noqa: E402
import stack  # noqa: E402, F401  (finds the servers)

POISON = {  # as SQL for SQLite, which stores what it is given: texts that are no value of their type
    "string": ["CAST(x'ff' AS TEXT)", "'" + "x" * 300 + "'", "printf('%.*c', 70000, 'y')"], "int": ["'no number'", "9223372036854775807"],
    "bigint": ["'no number'", "1e300"], "float": ["'no number'", "9e999"], "decimal": ["'abc'", "''", "'1e999999'"], "boolean": ["'maybe'", "7"],
    "uuid": ["'no uuid'"], "date": ["'no date'", "'2024-13-45'"], "timestamp": ["'no time'"], "time": ["'24:00:00'", "'no time'"], "enum": ["'no label'", "''"], "json": ["'{'"], "bytes": ["'text'"],
    "string[]": ["'no array'", "'{'"], "int[]": ["'[1'", "'5'"], "enum[]": ["'[]]'", "'no array'"],
}


def sqlite_poison(world, table, number):
    """INSERTs of one table's poison rows."""
    lines = []
    for i, row in enumerate(world.poison.get(table["id"], [])):
        values = []
        for c in table["columns"]:
            value = row[c["apiName"]]
            if isinstance(value, dict):
                pool = POISON[c["type"]]
                values.append(pool[(i + number + len(values)) % len(pool)])
            else:
                values.append(database.sample.literal("sqlite", c["type"], value))
        names = ", ".join(database.sample.quoted(c["physicalName"]) for c in table["columns"])
        lines.append(f"INSERT INTO {database.sample.ident(table['physicalName'])} ({names}) VALUES ({', '.join(values)});")
    return lines


def sqlite_indexes(table, number):
    """CREATE INDEX of one and of two columns: a plan may then read the rows in the order of any column's values."""
    name, columns = database.sample.ident(table["physicalName"]), [database.sample.quoted(c["physicalName"]) for c in table["columns"]]
    first, *two = (columns[(number + i) % len(columns)] for i in range(1, 4))
    return [f"CREATE INDEX i{number}{i} ON {name} ({', '.join(dict.fromkeys(some))});" for i, some in enumerate(([first], two))]


def sqlite_files(world, folder):
    """Fills the files; the path of the configuration."""
    config = copy.deepcopy(world.config)
    described, rows = realtypes.stored(copy.deepcopy(config), world.rows, "sqlite", getattr(world, "real", {}))
    for one in [*config["databases"], *described["databases"]]:
        file = pathlib.Path(folder) / f"{one['id']}.db"
        one.update(engine="sqlite", connection={"url": f"sqlite:{file}"})
    for one in config["databases"]:
        sql = database.sql_of(described, rows, one["id"]).split("\n")
        for i, table in enumerate(config["tables"]):
            if table["database"] == one["id"]:
                sql += sqlite_poison(world, table, i) + sqlite_indexes(table, i)
        with sqlite3.connect(one["connection"]["url"].removeprefix("sqlite:")) as file:
            file.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;" + "\n".join(sql) + "COMMIT;")
        file.close()
    path = pathlib.Path(folder) / "multidb.json"
    path.write_text(json.dumps(config, ensure_ascii=False))
    return path


@contextlib.contextmanager
def sqlite(world):
    with tempfile.TemporaryDirectory(prefix="mdb-ref-") as folder:
        yield sqlite_files(world, folder), {}


@contextlib.contextmanager
def server(servers, target, world):
    """The tables in a schema of a new name on one of the stack's servers, which is dropped again; no poison rows there: servers check what they store."""
    schema = f"r{uuid.uuid4().hex[:12]}"
    config = database.without_real_types(placed.originals_in(placed.configured(world.config, schema), target))
    pg, ch, trino = (servers[name] for name in ("pg-main", "clickhouse", "trino"))
    statements = database.sample.database_sql(config, world.rows, target)
    try:
        if target == "pg":
            pg.psql("\n".join(statements))
            pg.grant(schema)
        elif target == "ch":
            ch.query(f"CREATE DATABASE {schema}")
        for statement in [] if target == "pg" else statements:
            ch.query(statement) if target == "ch" else trino.query(statement.rstrip(";"))
        with tempfile.TemporaryDirectory(prefix="mdb-ref-") as folder:
            yield database.write(config, pathlib.Path(folder) / "multidb.json"), servers.environment()
    finally:
        if target == "pg":
            pg.psql(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        elif target == "ch":
            ch.query(f"DROP DATABASE IF EXISTS {schema}")
        else:
            for table in config["tables"]:
                trino.query(f"DROP TABLE IF EXISTS iceberg_archive.{database.sample.ident(table['physicalName'])}")
            trino.query(f'DROP SCHEMA IF EXISTS iceberg_archive."{schema}"')
