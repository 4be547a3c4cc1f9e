"""A generated world on real databases.

    with sqlite(world) as (path, env): ...               path: the configuration that has the databases
    with server(stack, "pg", world) as (path, env): ...   PostgreSQL; "ch": ClickHouse; "ice": Iceberg, through Trino
    with replicated(world) as (path, env): ...            a replicated world (replicas.py), whose replicas are on SQLite too
    with replicated(world, "clickhouse", stack) ...       "postgres", "clickhouse", "iceberg"; the originals are on SQLite

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
import replicas  # noqa: E402
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
    path = pathlib.Path(folder) / "multidb.json"
    path.write_text(json.dumps(sqlite_tables(world, folder), ensure_ascii=False))
    return path


def sqlite_tables(world, folder):
    """Fills the files; the configuration."""
    config = copy.deepcopy(world.config)
    described, rows = realtypes.stored(copy.deepcopy(config), world.rows, "sqlite", getattr(world, "real", {}))
    unseen = getattr(world, "unseen", None)
    if unseen:
        described, rows = unseen.describe(described, "sqlite"), unseen.stored(config, rows)
    for one in [*config["databases"], *described["databases"]]:
        file = pathlib.Path(folder) / f"{one['id']}.db"
        one.update(engine="sqlite", connection={"url": f"sqlite:{file}"})
    for one in config["databases"]:
        sql = database.sql_of(described, rows, one["id"]).split("\n")
        for i, table in enumerate(config["tables"]):
            if table["database"] == one["id"]:
                sql += [*sqlite_poison(world, table, i), *sqlite_indexes(table, i), *(unseen.sqlite(table) if unseen else [])]
        with sqlite3.connect(one["connection"]["url"].removeprefix("sqlite:")) as file:
            file.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;" + "\n".join(sql) + "COMMIT;")
        file.close()
    return config


@contextlib.contextmanager
def sqlite(world):
    with tempfile.TemporaryDirectory(prefix="mdb-ref-") as folder:
        yield sqlite_files(world, folder), {}


def drop(servers, target, schema, tables):
    """What the target has of a schema. tables: their names for Trino, which drops no schema that has some."""
    if target in ("pg", "postgres"):
        servers["pg-main"].psql(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    elif target in ("ch", "clickhouse"):
        servers["clickhouse"].query(f"DROP DATABASE IF EXISTS {schema}")
    else:
        for table in tables:
            servers["trino"].query(f"DROP TABLE IF EXISTS {table}")
        servers["trino"].query(f'DROP SCHEMA IF EXISTS iceberg_archive."{schema}"')


@contextlib.contextmanager
def server(servers, target, world):
    """The tables in a schema of a new name on one of the stack's servers, which is dropped again; no poison rows there: servers check what they store."""
    schema = f"r{uuid.uuid4().hex[:12]}"
    config = placed.originals_in(placed.configured(world.config, schema), target)
    if not getattr(world, "real", None):
        database.without_real_types(config)
    described, rows = realtypes.stored(copy.deepcopy(config), world.rows, target, getattr(world, "real", {}), schema)
    pg, ch, trino = (servers[name] for name in ("pg-main", "clickhouse", "trino"))
    statements = unseen_statements(world, described, rows, target) if hasattr(world, "unseen") else database.sample.database_sql(described, rows, target)
    try:
        if target == "pg":
            pg.psql("SELECT pg_advisory_lock(1); CREATE EXTENSION IF NOT EXISTS citext;")
            pg.psql("\n".join([realtypes.PRELUDE[target].replace("{s}", schema), *statements]))
            pg.grant(schema)
        elif target == "ch":
            ch.query(f"CREATE DATABASE {schema}")
        for statement in [] if target == "pg" else statements:
            ch.query(statement) if target == "ch" else trino.query(statement.rstrip(";"))
        with tempfile.TemporaryDirectory(prefix="mdb-ref-") as folder:
            yield database.write(config, pathlib.Path(folder) / "multidb.json"), servers.environment()
    finally:
        drop(servers, target, schema, [f"iceberg_archive.{database.sample.ident(table['physicalName'])}" for table in config["tables"]])


def unseen_statements(world, config, rows, target):
    """What fills a database, and what it holds beside."""
    engine, unseen = {"pg": "postgres", "ch": "clickhouse"}[target], world.unseen
    filled = database.sample.database_sql(unseen.describe(config, engine), unseen.stored(config, rows), target)
    return filled + [line for table in config["tables"] for line in getattr(unseen, engine)(table)]


# ---- replicas ----

CLICKHOUSE_MARKS = {"is_deleted": "UInt8", "_peerdb_is_deleted": "UInt8", "_sign": "Int8"}


class Copy:
    """What one engine needs to hold the replica of a table. name: its physical name; catalog: Trino's."""

    def __init__(self, engine, left, name, catalog=None):
        self.engine, self.left, self.name = engine, left, name
        self.ident = database.sample.ident(f"{catalog}.{name}" if catalog else name, engine)
        self.base = self.ident if left.writer["kind"] != "view" else database.sample.ident(name + "_log", engine)
        self.random = left.random

    def quoted(self, name):
        return database.sample.quoted(name, self.engine)

    def type_of(self, name, column, nullable):
        real = getattr(column["type"], "real", None)
        of = database.sample.column_type(self.engine, column if real is None else {**column, "sqlType": real.sql}, self.name)
        if self.engine == "clickhouse":
            of = CLICKHOUSE_MARKS.get(name, of)
            return f"Nullable({of})" if nullable and not column["type"].endswith("[]") else of
        return of

    def literal(self, column, value, number):
        if replicas.is_poison(value):
            pool = POISON[column["type"]]
            return pool[number % len(pool)]
        real = getattr(column["type"], "real", None)
        if real is not None and value is not None and not real.holds(value):  # in a poison row
            real = None
        is_spelled_once = column.get("apiName") in self.left.writer["sort"]  # all versions of a row have one key
        return database.sample.literal(self.engine, column["type"], realtypes.written(real, value, 0 if is_spelled_once else number))

    def create(self):
        if self.engine == "postgres":
            yield from dict.fromkeys(database.sample.enum_types_sql([c for c in self.left.own], self.name))
        listed = [f"{self.quoted(n)} {self.type_of(n, c, nullable)}" for n, c, nullable in self.left.columns]
        if self.engine == "sqlite":
            yield f"DROP TABLE IF EXISTS {self.base};"
        yield f"CREATE TABLE {self.base} ({', '.join(listed + self.skip_indexes())}){self.engine_clause()};"
        if self.engine == "clickhouse":
            yield f"SYSTEM STOP MERGES {self.base};"

    def skip_indexes(self):
        """Indexes that could leave parts out by what the caller filters."""
        columns = [n for n, c, _ in self.left.columns if c["type"] in replicas.SORTABLE] if self.engine == "clickhouse" else []
        chosen = self.random.sample(columns, min(2, len(columns)))
        return [f"INDEX i{i} {self.quoted(n)} TYPE {self.random.choice(['minmax', 'set(8)'])} GRANULARITY 1" for i, n in enumerate(chosen)]

    def engine_clause(self):
        if self.engine != "clickhouse":
            return ""
        left, writer = self.left, self.left.writer
        names = {c["apiName"]: n for n, c, _ in left.columns if "apiName" in c}
        key = ", ".join(self.quoted(names[k]) for k in writer["sort"] if k in names)
        arguments = []
        if left.layout.members.get("rows") == "replacing":
            arguments = left.version[:1] + ["is_deleted"] * (writer["kind"] in ("altinity", "view"))
            if left.layout.read == "latest" and left.writer["types"][left.version[0]].endswith("?"):
                arguments = []  # ClickHouse takes no version that may be NULL
        engine = f"ReplacingMergeTree({', '.join(map(self.quoted, arguments))})" if left.layout.members.get("rows") == "replacing" else "MergeTree"
        by = names.get(writer["partition"])
        partition = "" if not by else f" PARTITION BY {self.quoted(by)}" if writer["ordered"] else f" PARTITION BY cityHash64(ifNull(toString({self.quoted(by)}), '')) % 3"
        return f" ENGINE = {engine}{partition} ORDER BY ({key}) SETTINGS index_granularity = 4, min_bytes_for_wide_part = 0, allow_nullable_key = 1"

    def inserts(self):
        """In pieces of a few rows, which stay as they are."""
        rows, names = list(self.left.rows), ", ".join(self.quoted(n) for n, _, _ in self.left.columns)
        number = 0
        settings = " SETTINGS optimize_on_insert = 0" if self.engine == "clickhouse" else ""
        while rows:
            size = self.random.randint(1, 6) if self.engine != "iceberg" else len(rows)
            part, rows = rows[:size], rows[size:]
            values = []
            for row in part:
                number += 1
                values.append("(" + ", ".join(self.literal(c, v, number) for (_, c, _), v in zip(self.left.columns, row)) + ")")
            yield f"INSERT INTO {self.base} ({names}){settings} VALUES {', '.join(values)};"

    def view(self):
        if self.left.writer["kind"] == "view":
            columns = ", ".join(self.quoted(n) for n, c, _ in self.left.columns if "apiName" in c)
            yield f"CREATE VIEW {self.ident} AS SELECT {columns} FROM {self.base} FINAL WHERE is_deleted = 0;"

    def statements(self):
        return [*self.create(), *self.inserts(), *self.view()]

    def indexes(self):
        """Of columns that plans may read the rows by."""
        some = [n for n, c, _ in self.left.columns if c["type"] in replicas.SORTABLE]
        return [f"CREATE INDEX {self.quoted(self.name.rpartition('.')[2] + str(i))} ON {self.ident} ({self.quoted(n)});"
                for i, n in enumerate(self.random.sample(some, min(2, len(some))))]


def copies(world, engine, schema="", catalog=None):
    for table in world.config["tables"]:
        left = replicas.left(world, table)
        if left:
            yield Copy(engine, left, f"{schema}{left.sync['targetPhysicalName']}", catalog)


def originals_of(world):
    out = copy.copy(world)
    out.config = {**world.config, "externalSyncs": [], "databases": [d for d in world.config["databases"] if d["id"] != "copy"]}
    return out


@contextlib.contextmanager
def replicated(world, engine="sqlite", servers=None):
    originals = originals_of(world)
    with tempfile.TemporaryDirectory(prefix="mdb-ref-") as folder, contextlib.ExitStack() as open_:
        config = json.loads(sqlite_files(originals, folder).read_text())
        syncs = copy.deepcopy(world.config["externalSyncs"])
        filled = filled_sqlite(world, folder) if engine == "sqlite" else open_.enter_context(filled_server(world, engine, servers))
        one, schema, env = filled  # the entry of the database that the replicas are in
        for sync in syncs:
            sync["targetPhysicalName"] = schema + sync["targetPhysicalName"]
        if any(sync["targetDatabase"] == "copy" for sync in syncs):
            config["databases"].append({"id": "copy", "engine": engine, **one})
        config["externalSyncs"] = syncs
        if engine == "iceberg":
            config["trino"] = {"enabled": True, "engine": "trino", "connection": {"url": {"env": "MULTIDB_TRINO_URL"}}}
        yield database.write(config, pathlib.Path(folder) / "multidb.json"), env


def refill_sqlite(world, folder):
    """Other rows in the same files, under the programs that have them open. The configuration stays, because programs read it again when its file changes."""
    has_replicas = hasattr(world, "changes")
    sqlite_tables(originals_of(world) if has_replicas else world, folder)
    if has_replicas:
        filled_sqlite(world, folder)


def filled_sqlite(world, folder):
    """(what the database's entry has, what names begin with, the environment)"""
    name = f"{folder}/{world.config['externalSyncs'][0]['targetDatabase']}.db"
    with sqlite3.connect(name) as file:
        lines = [line for one in copies(world, "sqlite") for line in [*one.statements(), *one.indexes()]]
        file.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;" + "\n".join(lines) + "COMMIT;")
    file.close()
    return {"connection": {"url": f"sqlite:{name}"}}, "", {}


@contextlib.contextmanager
def filled_server(world, engine, servers):
    schema, catalog = f"r{uuid.uuid4().hex[:12]}", "iceberg_archive" if engine == "iceberg" else None
    tables = list(copies(world, engine, schema + ".", catalog))
    pg, ch = (servers[name] for name in ("pg-main", "clickhouse"))
    variable = {"postgres": "MULTIDB_PG_MAIN_URL", "clickhouse": "MULTIDB_CH_ANALYTICS_URL"}.get(engine)
    connection = {"connection": {"url": {"env": variable}}} if variable else {"trinoCatalog": catalog}
    try:
        if engine == "postgres":
            pg.psql(f'CREATE SCHEMA "{schema}";' + "\n".join(line for one in tables for line in [*one.statements(), *one.indexes()]))
            pg.grant(schema)
        else:
            query = ch.query if engine == "clickhouse" else servers["trino"].query
            query(f"CREATE DATABASE {schema}" if engine == "clickhouse" else f'CREATE SCHEMA {catalog}."{schema}"')
            for line in [line for one in tables for line in one.statements()]:
                query(line.rstrip(";"))
        yield connection, schema + ".", servers.environment()
    finally:
        drop(servers, engine, schema, [one.ident for one in tables])
