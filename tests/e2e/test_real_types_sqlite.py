"""Every use of a column in every form in which SQLite's rows hold values, with databaseType and without it: the answer is the oracle's (tests/lib/real_types.py), or a
refusal. The questions are those that PostgreSQL's types are asked (test_real_types.py). The cells of
docs/conformance.md are noted in the report."""
import json
import sqlite3
from decimal import Decimal

import pytest

import database
import test_real_types as of_postgres
from cli import Run
from real_types import LABELS, NUMBERS, SPELT, Column, fold, moment

S = "string"
U1, U2 = "a1111111-2222-4333-8444-55555555555a", "01111111-2222-4333-8444-55555555555b"
MOMENTS = ["2024-05-01T10:00:00Z", "2024-05-01T23:00:00.5Z", "2024-05-02T00:00:00Z", "1969-12-31T23:59:58Z"]
ASKED = ["2024-05-01T10:00:00.000001Z", "2024-05-01T00:00:00Z"]
DAYS = ["2024-05-01", "2024-10-01", "1969-12-31"]


def quoted(*texts):
    return ["'" + t.replace("'", "''") + "'" for t in texts]


def blob(uuid):
    return f"x'{uuid.replace('-', '')}'"


def column(name, declared, sql, values, shown=None, **more):
    """values: SQL literals."""
    return Column(name, declared, sql, values, shown if shown is not None else [v[1:-1] for v in values], **more)


WORDS, SPELT = quoted("b", "B", "a", "ä", "Zebra", ""), quoted("Bee", "bee", "ant", "Zoo")
WHOLE, HALVES = [7, 10, -3], [Decimal("0.5"), Decimal("0.25"), 7]
FLOATS = dict(**NUMBERS, summed=[0.5, 0.25, 7.0], asked=[Decimal("2.5"), 2])
COLUMNS = [
    column("sText", S, "TEXT", WORDS, asked=["c"]),
    column("sVarchar", S, "VARCHAR(3)", WORDS, asked=["longer than three"]),
    column("sNone", S, "", WORDS, known="text"),
    column("sNocase", S, "TEXT COLLATE NOCASE", SPELT, key=fold, asked=["BEE", "zoo"]),
    column("sVarNocase", S, "VARCHAR(9) COLLATE NOCASE", SPELT, key=fold, asked=["BEE", "zoo"]),
    column("sRtrim", S, "TEXT COLLATE RTRIM", quoted("b", "b ", "a", "a  c"), key=lambda v: v.rstrip(" "), asked=["b  ", "a"]),
    column("sInteger", S, "INTEGER", ["7", "10", "-3"], ["7", "10", "-3"], asked=["07"], why="a number is no string"),
    column("sNumeric", S, "NUMERIC", ["7", "1.5", "'x'"], ["7", "1.5", "x"], asked=["07", "1.50"], why="a number is no string"),
    column("iInteger", "int", "INTEGER", ["7", "10", "-3"], WHOLE, **NUMBERS, asked=[2147483647]),
    column("iReal", "int", "REAL", ["7", "10", "-3"], WHOLE, **NUMBERS),
    column("iNumeric", "int", "NUMERIC(5, 0)", ["7", "'10'", "-3"], WHOLE, **NUMBERS),
    column("iNone", "int", "", ["7", "10.0", "-3"], WHOLE, **NUMBERS, known="integer"),
    column("bInteger", "bigint", "INTEGER", ["7", "9223372036854775807", "-3"], [7, 9223372036854775807, -3], **NUMBERS),
    column("fReal", "float", "REAL", ["0.5", "0.25", "7"], HALVES, **FLOATS),
    column("fNumeric", "float", "NUMERIC", ["0.5", "'0.25'", "7"], HALVES, **FLOATS),
    column("fInteger", "float", "INTEGER", ["0.5", "0.25", "7"], HALVES, **FLOATS),
    column("fNone", "float", "", ["0.5", "0.25", "7"], HALVES, **FLOATS, known="real"),
    column("dText", "decimal", "TEXT", ["'7.50'", "'12345678901234567890.5'", "'-3'"], [Decimal("7.5"), Decimal("12345678901234567890.5"), -3], **NUMBERS,
           asked=[Decimal("7.501"), 10]),
    column("dNumeric", "decimal", "DECIMAL(10,2)", ["7.5", "10.25", "-3"], [Decimal("7.5"), Decimal("10.25"), -3], **NUMBERS, asked=[Decimal("7.501")]),
    column("dReal", "decimal", "REAL", ["0.1", "0.25", "7"], [Decimal("0.1"), Decimal("0.25"), 7], **NUMBERS, asked=[Decimal("0.10000000000000001")]),
    column("dInteger", "decimal", "INTEGER", ["7", "10", "5.5"], [7, 10, Decimal("5.5")], **NUMBERS, asked=[Decimal("7.5")]),
    column("dNone", "decimal", "", ["7", "'10.250'", "5.5"], [7, Decimal("10.25"), Decimal("5.5")], **NUMBERS, known="numeric"),
    column("oInteger", "boolean", "INTEGER", ["1", "0"], [True, False]),
    column("oBoolean", "boolean", "BOOLEAN", ["1", "0"], [True, False]),
    column("oText", "boolean", "TEXT", quoted("true", "false"), [True, False]),
    column("oMixed", "boolean", "", ["1", "'false'", "'true'", "0"], [True, False, True, False], known="boolean"),
    column("uText", "uuid", "TEXT", quoted(U1, U2)),
    column("uCapital", "uuid", "TEXT", quoted(U1.upper(), U2.upper()), [U1, U2]),
    column("uMixed", "uuid", "CHAR(36)", quoted(U1, U1.upper(), U2), [U1, U1, U2]),
    column("uType", "uuid", "UUID", quoted(U1.upper(), U2), [U1, U2]),
    column("uBlob", "uuid", "BLOB", [blob(U1), blob(U2)], [U1, U2], why="bytes are no text"),
    column("aDate", "date", "DATE", quoted(*DAYS)),
    column("aText", "date", "TEXT", quoted(*DAYS)),
    column("aMoment", "date", "TEXT", quoted("2024-05-01T00:00:00.000Z", "2024-10-01 00:00:00", "1969-12-31"), DAYS, known="text iso", unfit=[0, 1], why="a moment is no date"),
    column("aSeconds", "date", "INTEGER", ["1714521600", "1727740800", "-86400"], DAYS, known="epoch s", why="a number may count seconds or milliseconds"),
    column("aMillis", "date", "INTEGER", ["1714521600000", "1727740800000", "-86400000"], DAYS, known="epoch ms", why="a number may count seconds or milliseconds"),
    column("mCanonical", "timestamp", "TEXT", quoted("2024-05-01T10:00:00.000000Z", "2024-05-01T23:00:00.500000Z", "2024-05-02T00:00:00.000000Z", "1969-12-31T23:59:58.000000Z"), MOMENTS,
           sort=moment, asked=ASKED),
    column("mSqlite", "timestamp", "DATETIME", quoted("2024-05-01 10:00:00", "2024-05-01 23:00:00.5", "2024-05-02 00:00:00", "1969-12-31 23:59:58"), MOMENTS, sort=moment,
           asked=ASKED, known="text sqlite"),
    column("mIso", "timestamp", "TEXT", quoted("2024-05-01T10:00:00.000Z", "2024-05-01T23:00:00.500Z", "2024-05-02", "1969-12-31T23:59:58.000Z"), MOMENTS, sort=moment,
           asked=ASKED, known="text iso"),
    column("mZones", "timestamp", "TIMESTAMP", quoted("2024-05-01T12:00:00+02:00", "2024-05-02 00:00:00.5+01:00", "2024-05-01 23:00-01", "1970-01-01T00:59:58+01:00"), MOMENTS,
           sort=moment, asked=ASKED),
    column("mSeconds", "timestamp", "INTEGER", ["1714557600", "1714604400.5", "1714608000", "-2"], MOMENTS, sort=moment, asked=ASKED, known="epoch s",
           why="a number may count seconds or milliseconds"),
    column("mMillis", "timestamp", "INTEGER", ["1714557600000", "1714604400500", "1714608000000", "-2000"], MOMENTS, sort=moment, asked=ASKED, known="epoch ms",
           why="a number may count seconds or milliseconds"),
    column("hTime", "time", "TEXT", quoted("10:00:00", "09:30:00.5")),
    column("eText", "enum", "TEXT", quoted("new", "waiting", "done"), sort=LABELS.index),
    column("eNocase", "enum", "TEXT COLLATE NOCASE", quoted("new", "waiting", "done"), sort=LABELS.index, why=SPELT),
]


def fill(connection, name):
    names = [f'"{c.name}{twin}" {c.sql}' for c in COLUMNS for twin in ("", "Other")]
    connection.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {', '.join(names)})")
    for i in range(of_postgres.ROWS):
        cells = ["NULL" if of_postgres.at(c, i, twin) is None else c.values[of_postgres.at(c, i, twin)] for c in COLUMNS for twin in (False, True)]
        connection.execute(f"INSERT INTO {name} VALUES ({i}, {', '.join(cells)})")


def described(c, twin, is_named):
    named = {**({"databaseType": c.known} if is_named else {}), **({"values": LABELS} if c.declared == "enum" else {})}
    return {"apiName": c.name + twin, "physicalName": c.name + twin, "type": c.declared, "nullable": True, **named}


def table(name, is_named, others=None):
    columns = [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]
    columns += [described(c, twin, is_named) for c in COLUMNS for twin in ("", "Other")]
    relations = [{"column": c.name, "references": {"table": others, "column": c.name + "Other"}, "type": "many-to-one", "name": "by_" + c.name} for c in COLUMNS] \
        if others else []
    return {"id": name, "apiName": name, "database": "lite", "physicalName": name, "primaryKey": ["id"], "columns": columns, "relations": relations}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forms")
    with sqlite3.connect(folder / "forms.db") as connection:
        for name in ("plain", "plain2", "typed", "typed2"):
            fill(connection, name)
    connection.close()
    tables = [table("plain", False, "plain2"), table("plain2", False), table("typed", True, "typed2"), table("typed2", True)]
    roles = [{"id": "all", "tables": "*"}] + [of_postgres.filtered(c, op, name) for c in COLUMNS for op in ("=", "!=", "in") for name in ("plain", "typed")]
    config = {"databases": [{"id": "lite", "engine": "sqlite", "connection": {"url": f"sqlite:{folder}/forms.db"}}], "tables": tables, "roles": roles}
    with Run(database.write(config, folder / "config.json")) as process:
        yield process


@pytest.mark.parametrize("column, name", of_postgres.asked(COLUMNS))
def test_every_use_is_right_or_refused(run, column, name, record_property):
    asking = of_postgres.Asking(run, column, name)
    asking.every_use()
    asking.cells.note(record_property, "SQLite", column.declared, spelt(column), name == "typed", column.why)


def spelt(c):
    """The declared type, and the databaseType where it says more."""
    return f"{c.sql or 'no type'} ({c.known})" if c.known != c.sql else c.sql


# ---- rows that hold no value of the declared type ----

MIXED = ["'x'", "7", "1.5", "x'0102'", "'2024-05-01'", "'A1111111-2222-4333-8444-55555555555a'", "'true'", "NULL", "''", "'7'", "'n/a'"]
OF_TYPE = {  # type: the rows that hold a value of it, and values to ask for
    "string": ({0: "x", 4: "2024-05-01", 5: "A1111111-2222-4333-8444-55555555555a", 6: "true", 8: "", 9: "7", 10: "n/a"}, ["x", "7", ""]),
    "int": ({1: 7}, [7, 0]),
    "float": ({1: 7, 2: 1.5}, [7, Decimal("1.5")]),
    "decimal": ({1: 7, 2: 1.5, 9: 7}, [7, Decimal("1.5")]),
    "boolean": ({6: True}, [True]),
    "uuid": ({}, [U1]),
    "date": ({4: "2024-05-01"}, ["2024-05-01", "1000-01-01"]),
    "timestamp": ({4: "2024-05-01"}, ["2024-05-01", "1000-01-01T00:00:00Z"]),
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixed")
    with sqlite3.connect(folder / "mixed.db") as connection:
        for t in OF_TYPE:
            connection.execute(f"CREATE TABLE mixed_{t} (id INTEGER PRIMARY KEY, v)")
            for i, value in enumerate(MIXED):
                connection.execute(f"INSERT INTO mixed_{t} VALUES ({i}, {value})")
    connection.close()
    tables = [{"id": t, "apiName": t, "database": "lite", "physicalName": f"mixed_{t}", "primaryKey": ["id"], "relations": [],
               "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, {"apiName": "v", "physicalName": "v", "type": t, "nullable": True}]}
              for t in OF_TYPE]
    config = {"databases": [{"id": "lite", "engine": "sqlite", "connection": {"url": f"sqlite:{folder}/mixed.db"}}], "tables": tables, "roles": [{"id": "all", "tables": "*"}]}
    with Run(database.write(config, folder / "config.json")) as process:
        yield process


def found(process, declared, condition):
    answer = process.ask({"from": declared, "columns": ["id"], "filters": [condition]}, {"role": "all"})
    return sorted(row["id"] for row in answer["data"])


@pytest.mark.parametrize("declared", OF_TYPE)
def test_values_of_other_types_are_in_no_condition(mixed, declared):
    held, asked = OF_TYPE[declared]
    ops = ["=", "!=", "in", "notIn"] + ([] if declared in ("boolean", "uuid") else [">", ">=", "<", "<="])
    for v in asked:
        for op in ops:
            condition = {"column": "v", "operator": op, "value": [v] if op in ("in", "notIn") else v}
            here, there = found(mixed, declared, condition), found(mixed, declared, {"logic": "and", "not": True, "conditions": [condition]})
            assert sorted(here + there) == sorted(held), (op, v, here, there)
            equal = [i for i in held if held[i] == v]
            if op in ("=", "in"):
                assert here == equal, (op, v, here)


@pytest.mark.parametrize("declared", OF_TYPE)
def test_a_value_of_another_type_is_an_error_where_it_is_shown(mixed, declared):
    answer = mixed.ask({"from": declared, "columns": ["v"], "filters": [{"column": "id", "operator": "=", "value": 3}]}, {"role": "all"})
    assert "data" not in answer and answer["details"]["column"] == "v", answer
    for i in OF_TYPE[declared][0]:
        answer = mixed.ask({"from": declared, "columns": ["v"], "filters": [{"column": "id", "operator": "=", "value": i}]}, {"role": "all"})
        assert len(answer["data"]) == 1, answer


# ---- indexes ----

@pytest.mark.parametrize("declared, condition", [
    ("string", {"operator": "=", "value": "x"}), ("string", {"operator": ">", "value": "x"}), ("string", {"operator": "in", "value": ["x", "y"]}),
    ("string", {"operator": "startsWith", "value": "x"}),
    ("int", {"operator": "=", "value": 7}), ("int", {"operator": "between", "value": {"from": 1, "to": 7}}), ("int", {"operator": "in", "value": [7, 8]}),
    ("uuid", {"operator": "=", "value": U1}), ("uuid", {"operator": "in", "value": [U1, U2]}),
    ("date", {"operator": ">=", "value": "2024-05-01"}), ("timestamp", {"operator": "=", "value": "2024-05-01T10:00:00Z"}),
    ("timestamp", {"operator": "between", "value": {"from": "2024-05-01", "to": "2024-05-02"}}), ("boolean", {"operator": "=", "value": True})])
def test_an_index_serves_filters(mixed, declared, condition):
    """The plan of the statement, with functions of the driver's names."""
    answer = mixed.ask({"from": declared, "columns": ["id"], "filters": [{"column": "v", **condition}], "executeMode": "sql-only"}, {"role": "all"})
    connection = sqlite3.connect(":memory:")
    for name in ("int", "bigint", "float", "uuid", "date", "timestamp", "boolean", "string"):
        connection.create_function(f"md_value_{name}", 1, lambda v: v, deterministic=True)
    connection.execute(f"CREATE TABLE mixed_{declared} (id INTEGER PRIMARY KEY, v {'INTEGER' if declared == 'int' else 'TEXT'})")
    connection.execute(f"CREATE INDEX by_v ON mixed_{declared} (v)")
    connection.execute("PRAGMA case_sensitive_like = ON")
    params = [json.dumps(p) if isinstance(p, list) else p for p in answer["params"]]
    plan = " ".join(row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + answer["sql"], params))
    assert "SEARCH" in plan and "by_v" in plan, (plan, answer["sql"])
