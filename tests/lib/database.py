"""Test databases out of a configuration and rows: SQLite files, and databases of a private PostgreSQL. Uses tools/make-sample."""
import copy
import importlib.machinery
import importlib.util
import json
import sqlite3

from cli import ROOT

_loader = importlib.machinery.SourceFileLoader("make_sample", str(ROOT / "tools/make-sample"))
sample = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_sample", _loader))
_loader.exec_module(sample)


def sql_of(config, rows, database_id):
    """The SQL that fills one database; tables without rows stay empty."""
    rows = {t["id"]: rows.get(t["id"], {"columns": [c["apiName"] for c in t["columns"]], "rows": []}) for t in config["tables"]}
    return "\n".join(sample.database_sql(config, rows, database_id))


def sqlite_files(config, rows, folder):
    """A copy of the configuration whose databases are SQLite files in folder, filled."""
    config = copy.deepcopy(config)
    for named in config["tables"]:
        named["physicalName"] = named["physicalName"].rpartition(".")[2]  # no schemas there
    for database in config["databases"]:
        database["engine"] = "sqlite"
        database["connection"] = {"url": f"sqlite:{folder}/{database['id']}.db"}
        file = sqlite3.connect(f"{folder}/{database['id']}.db")
        file.executescript("BEGIN;" + sql_of(config, rows, database["id"]) + "COMMIT;")
        file.close()
    return config


def postgres_databases(config, rows, pg, prefix):
    """A copy of the configuration with every database on pg (one database each), filled, and the environment that has their urls."""
    config = copy.deepcopy(config)
    env = {}
    for database in config["databases"]:
        name = f"{prefix}_{database['id'].replace('-', '_')}"
        database["engine"] = "postgres"
        variable = "MULTIDB_" + name.upper() + "_URL"
        database["connection"] = {"url": {"env": variable}}
        env[variable] = pg.url_for(database=name)
        pg.psql(f'CREATE DATABASE "{name}"')
        pg.psql(sql_of(config, rows, database["id"]), database=name)
    for sync in config.get("externalSyncs", []):
        sync.pop("layout", None)  # what is filled here holds each row once
    return config, env


def write(config, path):
    path.write_text(json.dumps(config, ensure_ascii=False, indent=1))
    return path


DIALECTS = {"postgres": "postgres", "clickhouse": "clickhouse", "trino": "iceberg", "sqlite": "sqlite"}  # and the engine that a table of it lives in


def without_real_types(config):
    """The configuration itself, whose columns no longer say what SQLite calls their types."""
    for table in config["tables"]:
        for column in table["columns"]:
            column.pop("databaseType", None)
    return config


def nowhere(config, dialect):
    """A copy whose databases have no connection: enough to plan, and for sql-only. Trino joins several."""
    config = copy.deepcopy(config)
    if dialect != "sqlite":
        without_real_types(config)
    for database in config["databases"]:
        database.update(engine=DIALECTS[dialect], trinoCatalog=database.get("trinoCatalog", f"cat_{database['id']}"))
    config["trino"] = {"enabled": True, **({"engine": "embedded"} if dialect == "sqlite" else {})}
    return config
