"""A configuration in a table, given to the program by its url: read by every command, watched by `run`, in PostgreSQL and SQLite."""
import json
import os
import re
import signal
import sqlite3
import time

import pytest

from cli import ROOT, Run, call
from private_pg import PASSWORD, PrivatePostgres, alive

PAGE = (ROOT / "docs/sources.md").read_text()
QUESTION = {"from": "things", "columns": ["id"]}
CONTEXT = {"role": "all"}
LINE = json.dumps({"definition": QUESTION, "context": CONTEXT})


def document(folder, name):
    """A configuration whose one column is called id, or id and NAME."""
    columns = [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False},
               {"apiName": name, "physicalName": "id", "type": "int", "nullable": False}]
    return {"databases": [{"id": "lite", "engine": "sqlite", "connection": {"url": f"sqlite:{folder}/data.db"}}],
            "tables": [{"id": "t", "apiName": "things", "database": "lite", "physicalName": "thing", "primaryKey": ["id"], "columns": columns}],
            "roles": [{"id": "all", "tables": "*"}]}


def statement(engine):
    """The statement of the page that makes the table."""
    return re.search(rf"-- {engine}\n(CREATE TABLE .*?;)", PAGE, re.S).group(1)


class Lite:
    def __init__(self, folder):
        self.url = f"sqlite:{folder}/config.db"
        self.connection = sqlite3.connect(f"{folder}/config.db", isolation_level=None)

    def sql(self, text):
        self.connection.executescript(text)

    def close(self):
        self.connection.close()


class Postgres:
    def __init__(self, pg):
        self.pg = pg
        pg.psql("DROP DATABASE IF EXISTS config")
        pg.psql("CREATE DATABASE config")
        self.url = pg.url_for(database="config")

    def sql(self, text):
        self.pg.psql(text, database="config")

    def close(self):
        pass


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store(request, tmp_path):
    data = sqlite3.connect(tmp_path / "data.db", isolation_level=None)
    data.executescript("CREATE TABLE thing (id INTEGER); INSERT INTO thing VALUES (7)")
    data.close()
    made = Lite(tmp_path) if request.param == "SQLite" else Postgres(request.getfixturevalue("pg"))
    made.folder = tmp_path
    made.sql(statement(request.param))
    put(made, "metadata", document(tmp_path, "first"))
    yield made
    made.close()


def put(store, name, value):
    """Inserts the row, or changes it as the page does."""
    text = json.dumps(value).replace("'", "''")
    store.sql(f"INSERT INTO multidb_config VALUES ('{name}', 1, '{text}') ON CONFLICT (name) DO UPDATE "
              "SET document = excluded.document, version = multidb_config.version + 1")


def names_of(answer):
    return [column["apiName"] for column in answer["meta"]["columns"]]


def everything(run):
    answer = run.ask_text(json.dumps({"definition": {"from": "things"}, "context": CONTEXT}))
    return names_of(answer) if "meta" in answer else answer


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.1)
    assert what()


def test_every_command_reads_the_table(store):
    for command in (["validate"], ["plan", "--role", "all", QUESTION], ["explain", "--role", "all", QUESTION], ["query", "--role", "all", QUESTION],
                    ["count", "--role", "all", QUESTION]):
        done = call(*command, "--config", store.url)
        assert (done.returncode, done.stderr) == (0, "")
    done = call("query", "--role", "all", "--format", "csv", QUESTION, env={"MULTIDB_CONFIG": store.url})
    assert (done.returncode, done.stdout) == (0, "id\n7\n")


def test_table_can_be_chosen(store):
    store.sql("ALTER TABLE multidb_config RENAME TO settings")
    table = "main.settings" if store.url.startswith("sqlite") else "public.settings"
    assert call("count", "--config", store.url, "--config-table", table, "--role", "all", QUESTION).stdout == "1\n"
    done = call("count", "--config", store.url, "--role", "all", "--json", QUESTION)
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["code"], answer["status"]) == (1, "METADATA_LOAD_FAILED", 503)
    assert answer["message"].startswith("can't load the configuration from table 'multidb_config': ")
    assert PASSWORD not in done.stdout


def test_roles_in_a_row_of_their_own(store):
    config = document(store.folder, "first")
    put(store, "roles", config.pop("roles"))
    put(store, "metadata", config)
    assert call("count", "--config", store.url, "--role", "all", QUESTION).stdout == "1\n"
    put(store, "roles", [{"id": "another", "tables": "*"}])
    assert "UNKNOWN_ROLE" in call("count", "--config", store.url, "--role", "all", "--json", QUESTION).stdout


def test_run_watches_the_table(store):
    with Run(store.url) as run:
        assert everything(run) == ["id", "first"]
        put(store, "metadata", document(store.folder, "second"))
        wait_for(lambda: everything(run) == ["id", "second"])
        put(store, "metadata", {"databases": []})
        wait_for(lambda: run.ask_text(LINE) and "multidb: error: the configuration was refused, the one in use stays: " in run.stderr())
        assert everything(run) == ["id", "second"]
        assert run.stderr().splitlines()[0] == "multidb: the configuration was reloaded"
        assert len(run.stderr().splitlines()) == 2
        assert run.close() == 0


def test_file_has_no_table(tmp_path):
    done = call("validate", "--config", tmp_path / "multidb.json", "--config-table", "x")
    assert done.returncode == 2
    assert "--config-table needs --config with the url of a database, got a file" in done.stderr


def test_outage_of_the_server(tmp_path):
    """The server stops and comes back: answers go on, each is logged once, and the next change is seen."""
    with PrivatePostgres() as pg:
        store = Postgres(pg)
        store.folder = tmp_path
        data = sqlite3.connect(tmp_path / "data.db", isolation_level=None)
        data.executescript("CREATE TABLE thing (id INTEGER); INSERT INTO thing VALUES (7)")
        data.close()
        store.sql(statement("PostgreSQL"))
        put(store, "metadata", document(tmp_path, "first"))
        with Run(store.url) as run:
            assert everything(run) == ["id", "first"]
            os.kill(pg.pid, signal.SIGINT)
            wait_for(lambda: not alive(pg.pid))
            wait_for(lambda: run.ask_text(LINE) and "does not answer" in run.stderr())
            assert everything(run) == ["id", "first"]
            assert pg._try_start()
            put(store, "metadata", document(tmp_path, "second"))
            wait_for(lambda: everything(run) == ["id", "second"])
            lines = run.stderr().splitlines()
            assert [re.sub("answer: .*", "answer: …", line) for line in lines] == [
                "multidb: warning: the source of the configuration does not answer: …",
                "multidb: the source of the configuration answers again",
                "multidb: the configuration was reloaded"]
            assert PASSWORD not in run.stderr()
