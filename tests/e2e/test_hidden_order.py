"""On SQLite, rows are read in the order of an index, which can be that of a hidden column: neither sums of floats, nor groups of a masked column, nor the order of rows
tell that order. Each question is asked in databases that differ in the hidden column alone."""
import contextlib
import sqlite3

import pytest

import database
from cli import Run, dumps

COLUMNS = {"id": "int", "tenant": "string", "salary": "int", "rating": "float"}
ROWS = [(1, "t1", 0.1), (2, "t1", 0.2), (3, "t1", 0.3), (4, "t1", 1e16), (5, "t1", -1e16)]
TENANT = {"column": "tenant", "operator": "=", "valueFrom": "context", "contextKey": "tenant"}
CALLER = {"role": "reader", "contextValues": {"tenant": "t1"}}


def config(grant, declared=tuple(COLUMNS), **more):
    columns = [{"apiName": c, "physicalName": c, "type": COLUMNS[c], "nullable": False, **({"maskingFn": "number"} if c == "salary" else {})} for c in declared]
    table = {"id": "emp", "apiName": "emp", "database": "d", "physicalName": "emp", "primaryKey": ["id"], "relations": [], "columns": columns}
    return {"databases": [{"id": "d", "engine": "sqlite", "connection": {"url": "sqlite:emp.db"}}], "tables": [table],
            "roles": [{"id": "reader", "tables": [{"tableId": "emp", "filters": [TENANT], **grant}]}], **more}


def answers(folder, written, definition, index):
    """The data of the answer to one question, for each of three orders of the salaries."""
    out = []
    for i, salaries in enumerate([(100, 200, 300, 400, 500), (500, 400, 300, 200, 100), (300, 100, 500, 200, 400)]):
        place = folder / str(i)
        place.mkdir()
        with sqlite3.connect(place / "emp.db") as db:
            db.execute("CREATE TABLE emp (id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, salary INTEGER NOT NULL, rating REAL NOT NULL)")
            db.executemany("INSERT INTO emp VALUES (?, ?, ?, ?)", [(n, t, s, r) for (n, t, r), s in zip(ROWS, salaries)])
            db.execute(f"CREATE INDEX emp_index ON emp ({index})")
        with Run(database.write(written, place / "multidb.json")) as run:
            answer = run.ask(definition, CALLER)
        assert "data" in answer, answer
        out.append(dumps(answer["data"]))
    return out


@pytest.mark.parametrize("index", ["tenant, salary", "tenant, salary, rating", "salary, tenant, rating"])
@pytest.mark.parametrize("fn", ["sum", "avg"])
def test_sums_of_floats_do_not_depend_on_the_order_of_a_hidden_column(fn, index, tmp_path):
    definition = {"from": "emp", "aggregations": [{"fn": fn, "column": "rating", "alias": "x"}]}
    found = answers(tmp_path, config({"allowedColumns": ["id", "rating"]}), definition, index)
    assert set(found) == {dumps([{"x": 0.6 if fn == "sum" else 0.12}])}


@pytest.mark.parametrize("question", [
    {"groupBy": [{"column": "salary"}, {"column": "id"}], "columns": ["id"]},
    {"groupBy": [{"column": "salary"}, {"column": "id"}], "columns": ["id", "salary"], "limit": 2},
    {"groupBy": [{"column": "salary"}, {"column": "id"}], "columns": ["id"], "limit": 1, "offset": 1},
    {"columns": ["salary", "id"], "distinct": True, "limit": 2, "offset": 1},
    {"columns": ["salary", "id"], "distinct": True},
])
def test_groups_of_a_masked_column_are_not_in_its_order(question, tmp_path):
    written = config({"allowedColumns": ["id", "salary"], "maskedColumns": ["salary"]}, policy={"maskedColumns": ["group"]})
    found = answers(tmp_path, written, {"from": "emp", **question}, "tenant, salary")
    assert len(set(found)) == 1, found


@pytest.mark.parametrize("index", ["salary, tenant, rating", "tenant, salary, id, rating"])
@pytest.mark.parametrize("question", [
    {}, {"limit": 2}, {"columns": ["rating"], "limit": 3}, {"columns": ["rating"], "distinct": True, "limit": 2}, {"orderBy": [{"column": "tenant"}], "limit": 2},
    {"orderBy": [{"column": "tenant"}], "limit": 2, "offset": 1}, {"byIds": [5, 4, 3, 2, 1], "limit": 2},
], ids=dumps)
@pytest.mark.parametrize("key", [["id"], []], ids=["with a key", "without a key"])
def test_rows_do_not_come_in_the_order_of_a_column_that_is_not_declared(key, question, index, tmp_path):
    if "byIds" in question and not key:
        question = {"limit": 1}
    written = config({"allowedColumns": "*"}, declared=("id", "tenant", "rating"))
    written["tables"][0]["primaryKey"] = key
    found = answers(tmp_path, written, {"from": "emp", **question}, index)
    assert len(set(found)) == 1, found


LIMIT, OFFSET = {"limit": 10}, {"limit": 10, "offset": 5}
STORED = [("uuid", "TEXT"), ("uuid", "BLOB"), ("string", "TEXT"), ("timestamp", "TEXT"), ("date", "TEXT"), ("time", "TEXT"), ("decimal", "TEXT"), ("int", "INTEGER"), ("enum", "TEXT")]
# An offset skips the same rows on every engine: it goes by values, which a function makes of the other types.
AS_STORED = [("string", "TEXT"), ("date", "TEXT"), ("int", "INTEGER")]


@pytest.mark.parametrize("more, of, stored", [(LIMIT, *one) for one in STORED] + [(OFFSET, *one) for one in AS_STORED])
def test_the_index_of_the_key_serves_the_order_that_ends_in_it(more, of, stored, tmp_path):
    column = {"apiName": "id", "physicalName": "id", "type": of, "nullable": False, "databaseType": stored, **({"values": ["a", "b"]} if of == "enum" else {})}
    written = config({"allowedColumns": "*"})
    written["tables"][0]["columns"].append({**column, "apiName": "key", "physicalName": "key"})
    written["tables"][0]["primaryKey"] = ["key"]
    with Run(database.write(written, tmp_path / "multidb.json")) as run:
        sql = run.ask({"from": "emp", "columns": ["rating"], "executeMode": "sql-only", **more}, {"role": "reader", "contextValues": {"tenant": "t1"}})["sql"]
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE TABLE emp (id INTEGER, tenant TEXT, salary INTEGER, rating REAL, key {stored} PRIMARY KEY NOT NULL)")
        plan = " ".join(row[3] for row in db.execute("EXPLAIN QUERY PLAN " + sql, ["t1"]))
    assert "USE TEMP B-TREE" not in plan, (plan, sql)
