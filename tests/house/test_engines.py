"""An engine more is one dialect, one driver, one entry of engines.def and one entry of the contract suite (docs/adding-an-engine.md):
a copy of the tree gets just these four of a toy engine, and must know it everywhere. Fix: let the place that failed expand engines.def."""
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOY = pathlib.Path(__file__).parent / "toy"
COPIED = ["meson.build", "LICENSE", "THIRD-PARTY.md", "include", "src", "subprojects", "tests", "tools", "examples"]
OPTIONS = ["--buildtype=plain", "-Doptimization=0", "-Ddebug=false"]
ENTRY = 'MD_ENGINE(TOY, toy, toy, toy, ITSELF, "main", "toy:", "toy:path", MD_CONNECTION_FILE)\n'

CONFIG = {
    "databases": [{"id": "small", "engine": "toy", "connection": {"url": "toy:items.db"}}], "roles": [{"id": "admin", "tables": "*"}],
    "tables": [{"id": "items", "apiName": "items", "database": "small", "physicalName": "items", "primaryKey": ["id"], "relations": [],
                "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False},
                            {"apiName": "name", "physicalName": "title", "type": "string", "nullable": True}]}]}


def call(*words, cwd, fails=False):
    done = subprocess.run([str(w) for w in words], text=True, capture_output=True, cwd=cwd)
    assert (done.returncode != 0) == fails, f"{words}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout + (done.stderr if fails else "")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree with the toy engine, built."""
    copy = tmp_path_factory.mktemp("toy")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.case"))
        else:
            shutil.copy(ROOT / name, copy / name)
    for path in [p for p in TOY.rglob("*") if p.is_file() and p.parent != TOY]:
        to = copy / path.relative_to(TOY)
        assert not to.exists(), f"{to} is there already"
        to.parent.mkdir(exist_ok=True)
        shutil.copy(path, to)
    with open(copy / "src/metadata/engines.def", "a") as f:
        f.write(ENTRY)
    call("meson", "setup", "build", *OPTIONS, cwd=copy)
    call("ninja", "-C", "build", "multidb", "tests/contract/contract_toy", cwd=copy)
    return copy


@pytest.fixture
def folder(tree, tmp_path):
    database = sqlite3.connect(tmp_path / "items.db")
    database.executescript("CREATE TABLE items (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO items VALUES (1, 'one'), (2, NULL)")
    database.close()
    (tmp_path / "multidb.json").write_text(json.dumps(CONFIG))
    return tmp_path


def ask(tree, folder, *words, fails=False):
    return call(tree / "build/multidb", *words, cwd=folder, fails=fails)


def test_statements_are_written_in_the_new_dialect_and_rows_come_through_the_new_driver(tree, folder):
    query = {"from": "items", "columns": ["id", "name"], "filters": [{"column": "id", "operator": "in", "value": [1, 2, 3]}],
             "orderBy": [{"column": "id", "direction": "asc"}]}
    words = ("--json", "--role", "admin", json.dumps(query))
    plan = json.loads(ask(tree, folder, "plan", *words))
    assert plan["dialect"] == "toy", plan
    assert plan["sql"] == ('SELECT t0."id" AS c0, t0."title" AS c1 FROM "items" AS t0 WHERE t0."id" IN (SELECT value FROM json_each(?1)) '
                           'ORDER BY t0."id"')
    assert json.loads(ask(tree, folder, "query", *words))["data"] == [{"id": 1, "name": "one"}, {"id": 2, "name": None}]


def test_the_loader_checks_the_connections_of_the_new_engine(tree, folder):
    wrong = json.loads(json.dumps(CONFIG))
    wrong["databases"][0]["connection"] = {"url": "sqlite:items.db", "tls": {}, "pool": {"mode": "transaction"}}
    (folder / "multidb.json").write_text(json.dumps(wrong))
    text = ask(tree, folder, "validate", "--config", "multidb.json", fails=True)
    for expected in ("expected toy:path", "tls is for", "pool mode 'transaction' is for"):
        assert expected in text, text


def test_the_schema_of_the_configuration_has_the_new_engine(tree, folder):
    validator = pytest.importorskip("jsonschema").Draft202012Validator(json.loads(ask(tree, folder, "schema")))
    assert validator.is_valid(CONFIG)
    wrong = json.loads(json.dumps(CONFIG))
    wrong["databases"][0]["connection"]["url"] = "sqlite:items.db"
    assert not validator.is_valid(wrong)


def test_the_contract_suite_runs_on_the_new_driver(tree):
    done = subprocess.run([tree / "build/tests/contract/contract_toy"], text=True, capture_output=True, env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert len(re.findall(r"^ok ", done.stdout, re.M)) > 30
