"""Hostile values and names change no SQL structure: quotes, backslashes, placeholders, comments, control characters, confusables, NUL, a megabyte.

A value goes into every place that takes text: operators, lists, patterns, exists, joins, having, context, byIds. The statement's text must be the one that a
harmless value gets, byte for byte; the parameters must hold the value exactly (Trino: the typed literals that are sent, split by sqlglot's tokens); and on SQLite
the rows that hold the value, and no others, must be found. A name in a question is refused and no SQL is made; a physical name is quoted as its dialect asks,
or refused at load. With MULTIDB_FULL=1 more than 100,000 values and names, some 12,000 otherwise.
"""
import collections
import copy
import json
import os
import pathlib
import random
import re
import sqlite3
import sys

import pglast
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.tokens import TokenType

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import database  # noqa: E402
from audit import parse  # noqa: E402
from cli import Run, call  # noqa: E402
from coordinator import coordinator  # noqa: E402
from hostile import ALL, ALONE, CONFIG, PATTERNS, PLACES, PLAIN, TEXT, as_pattern, column, harmless, hostile, question, rows  # noqa: E402

FULL = bool(os.environ.get("MULTIDB_FULL"))
SHARE = 10 if FULL else 1
def same(got, text, hostile_value, harmless_value):
    """Is `got` to the hostile value what `text` is to the harmless one: the value, or a pattern that means it?"""
    before, found, behind = text.partition(harmless_value)
    if not found:
        return got == text
    if not (got.startswith(before) and got.endswith(behind) and len(got) >= len(before) + len(behind)):
        return False
    middle = got[len(before):len(got) - len(behind)]
    return middle == hostile_value or middle == as_pattern(hostile_value)


def check_params(got, expected, values):
    """Every parameter holds its value. The harmless ones say which."""
    assert len(got) == len(expected)
    number = {h: i for i, h in enumerate(harmless(PLACES))}
    seen = set()
    for mine, model in zip(got, expected):
        pairs = list(zip(mine, model)) if isinstance(model, list) else [(mine, model)]
        assert not isinstance(model, list) or len(mine) == len(model), (mine, model)
        for one, text in pairs:
            found = re.search(r"hmls\d+x", text) if isinstance(text, str) else None
            if found:
                i = number[found.group()]
                seen.add(i)
                value = values[i][:40] or "x" if i == LEVENSHTEIN else values[i]
                assert same(one, text, value, found.group()), (one, value, text)
            else:
                assert one == text, (one, text)
    return seen


def index_of(part):
    """The number of the value that stands in some part of the question."""
    definition, context = question(iter(harmless(PLACES + 9)))
    return int(re.search(r"hmls(\d+)x", json.dumps(part(definition, context))).group(1))


LEVENSHTEIN = index_of(lambda d, c: [n for n in d["filters"][0]["conditions"] if n.get("operator") == "levenshteinLte"])
ALIAS = index_of(lambda d, c: d["aggregations"][0])


@pytest.fixture
def planner(tmp_path):
    """dialect -> a process that answers sql-only"""
    runs = []

    def get(dialect, config=CONFIG):
        runs.append(Run(database.write(database.nowhere(config, dialect), tmp_path / f"{dialect}{len(runs)}.json")))
        return runs[-1]
    yield get
    for run in runs:
        with run:
            pass


def sql_of(run, definition, context=ALL):
    answer = run.ask({**definition, "executeMode": "sql-only"}, context)
    assert "sql" in answer, (definition, context, answer)
    return answer["sql"], answer["params"]


def one_way(dialect, sql):
    """SQLite's own LIKE and md_like, which patterns with some characters need, as one."""
    if dialect != "sqlite":
        return sql
    sql = re.sub(r"NOT md_like\((md_value_string\(t\d+\.\"\w+\"\)), (\?\d+)\)", r"\1 NOT LIKE \2 ESCAPE '\\'", sql)
    return re.sub(r"md_like\(md_value_string\((t\d+\.\"\w+\")\), (\?\d+)\)", r"(\1 LIKE \2 ESCAPE '\\' AND typeof(\1) = 'text')", sql)


@pytest.mark.parametrize("dialect", database.DIALECTS)
def test_binds_hostile_values(dialect, planner):
    rng, run = random.Random(f"values {dialect}"), planner(dialect)
    text, model = sql_of(run, *question(harmless(PLACES)))
    assert "hmls" not in text
    questions = 45 * SHARE
    for _ in range(questions):
        values = [hostile(rng) for _ in range(PLACES)]
        got, params = sql_of(run, *question(values))
        assert one_way(dialect, got) == text, values
        assert check_params(params, model, values) == set(range(PLACES)) - {ALIAS}
    print(f"{dialect}: {questions * PLACES} values in {questions} questions of {PLACES} places")


def test_trino_literals_hold_the_values(tmp_path):
    """What is sent: EXECUTE IMMEDIATE 'text' USING literals, one a parameter, in sqlglot's tokens those of a harmless question."""
    rng, questions = random.Random("literals"), 30 * SHARE
    page = {"columns": [{"name": f"c{i}", "type": "varchar", "typeSignature": {"rawType": "varchar", "arguments": []}} for i in range(2)],
            "data": [["a", "b"]], "stats": {"state": "FINISHED"}}
    config = database.nowhere(CONFIG, "trino")
    with coordinator([page]) as server:
        names = {"string": "varchar", "string[]": "array(varchar)", "int": "integer"}
        server.catalog = sorted({(c["physicalName"], names[c["type"]]) for table in config["tables"] for c in table["columns"]})
        config["trino"]["connection"] = {"url": server.url.replace("//", "//ann@")}
        with Run(database.write(config, tmp_path / "multidb.json")) as run:
            model, _ = sent(run, server, harmless(PLACES))
            for _ in range(questions):
                values = [hostile(rng) for _ in range(PLACES)]
                tokens, answer = sent(run, server, values)
                assert [t.token_type for t in tokens] == [t.token_type for t in model], values
                strings = [t.text for t in tokens if t.token_type == TokenType.STRING]
                assert strings[0] == answer["sql"]
                params = [one for p in answer["params"] for one in (p if isinstance(p, list) else [p])]
                assert strings[1:] == [str(p) for p in params], values
    print(f"{questions * PLACES} values as literals of Trino")


def sent(run, server, values):
    definition, context = question(values)
    server.bodies.clear()
    answer = run.ask(definition, context)
    assert "data" in answer, answer
    (body,) = server.bodies
    verb, text = body.decode()[:18], body.decode()[18:]
    assert verb == "EXECUTE IMMEDIATE "  # behind which sqlglot would read no tokens
    return sqlglot.tokenize(text, dialect="trino"), answer


# ---- rows ----

@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """SQLite with one row a hostile value, its text also a key; (path, {text: id})"""
    rng, folder = random.Random("stored"), tmp_path_factory.mktemp("stored")
    texts = list(dict.fromkeys([*ALONE, *(hostile(rng) for _ in range(2500 * SHARE)), "m" * 500_000 + "'" * 500_000]))
    config = copy.deepcopy(CONFIG)
    config = database.sqlite_files({**config, "limits": {"bodyBytes": 8 << 20}}, rows(texts), folder)
    return database.write(config, folder / "multidb.json"), {t: i for i, t in enumerate(texts)}


def ids(answer):
    assert "data" in answer, answer
    return sorted(row["id"] for row in answer["data"])


def test_finds_rows_by_hostile_values(stored):
    path, number = stored
    texts, tried = list(number), collections.Counter()
    with Run(path) as run:
        for at in range(0, len(texts), 100):
            part = texts[at:at + 100]
            answer = run.ask({"from": "things", "columns": ["id", "text"], "filters": [{"column": "text", "operator": "in", "value": part}]}, ALL)
            assert {row["text"]: row["id"] for row in answer["data"]} == {t: number[t] for t in part}
            answer = run.ask({"from": "keyed", "byIds": part, "columns": ["text"]}, ALL)
            assert [row["text"] for row in answer["data"]] == part
            answer = run.ask({"from": "things", "columns": ["id"]}, {"role": "some", "contextValues": {"tenant": part[0], "regions": part, "not": ""}})
            assert ids(answer) == [number[part[0]]]
            tried["lists"] += 3 * len(part)
        for text in texts[::5]:
            wanted = [number[text]]
            leaves = [{"column": "text", "operator": "=", "value": text}, {"column": "text", "operator": "between", "value": {"from": text, "to": text}},
                      {"column": "tags", "operator": "arrayContains", "value": text}, {"table": "keyed", "filters": [{"column": "text", "operator": "=", "value": text}]}]
            leaves += [{"column": "text", "operator": "like", "value": as_pattern(text)}] if len(text) < 10_000 else []
            assert ids(run.ask({"from": "things", "columns": ["id"], "filters": leaves}, ALL)) == wanted
            none = [{"column": "text", "operator": "!=", "value": text}, {"column": "text", "operator": "=", "value": text}]
            assert ids(run.ask({"from": "things", "columns": ["id"], "filters": none}, ALL)) == []
            tried["alone"] += len(leaves) + 2
            for op, holds in (("contains", str.__contains__), ("startsWith", str.startswith), ("endsWith", str.endswith)):
                if tried[op] < 300:
                    found = ids(run.ask({"from": "things", "columns": ["id"], "filters": [{"column": "text", "operator": op, "value": text}]}, ALL))
                    assert found == sorted(i for t, i in number.items() if holds(t, text)), (op, text)
                    tried[op] += 1
    print(f"{len(texts)} stored, {sum(tried.values())} asked for: {dict(tried)}")


# ---- refused ----

def refused(run, definition, context, codes):
    answer = run.ask(definition, context)
    assert "sql" not in answer and "data" not in answer, (definition, answer)
    found = {e["code"] for e in answer.get("errors", [answer])}
    assert found <= codes, (definition, answer)


def filtered(**leaf):
    return {"from": "things", "filters": [leaf]}


def test_refuses_nul(planner):
    run, rng = planner("sqlite"), random.Random("nul")
    for op in PLAIN + TEXT + PATTERNS:
        value = "\0".join(hostile(rng) for _ in range(2))
        refused(run, filtered(column="text", operator=op, value=value), ALL, {"INVALID_VALUE"})
    for op in ("in", "notIn"):
        refused(run, filtered(column="text", operator=op, value=["a", "\0"]), ALL, {"INVALID_VALUE"})
    refused(run, {"from": "keyed", "byIds": ["a\0b"]}, ALL, {"INVALID_VALUE", "INVALID_BY_IDS"})
    refused(run, {"from": "things"}, {"role": "some", "contextValues": {"tenant": "\0", "regions": ["a"], "not": "b"}}, {"INVALID_CONTEXT", "INVALID_VALUE"})


TYPED = {"int": 1, "bigint": 1, "float": 1, "decimal": 1, "boolean": True, "uuid": 0, "date": 0, "timestamp": 0, "bytes": 0}
NUMBER = re.compile(r"\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*")


def test_refuses_text_that_is_no_value_of_the_type(planner):
    """A text that spells no value of the column's type goes nowhere near SQL."""
    config = copy.deepcopy(CONFIG)
    config["tables"][0]["columns"] += [column(f"{t}Column", t) for t in TYPED]
    run, rng = planner("postgres", config), random.Random("types")
    for _ in range(100 * SHARE):
        for of in TYPED:
            value = hostile(rng)
            if not NUMBER.fullmatch(value) and re.sub(r"\s", "", value) and not re.fullmatch("[A-Za-z0-9+/]+=*", value):
                refused(run, filtered(column=f"{of}Column", operator=rng.choice(["=", "!="]), value=value), ALL, {"INVALID_VALUE"})


def test_refuses_hostile_names_in_questions(planner):
    run, rng = planner("sqlite"), random.Random("names")
    known = {c["apiName"] for t in CONFIG["tables"] for c in t["columns"]} | {"things", "keyed"}
    count = 0
    for _ in range(60 * SHARE):
        name = hostile(rng)
        if name in known or re.fullmatch("[a-z][a-zA-Z0-9]*", name):  # the form of names: nothing is hostile in it
            continue
        join = {"table": "keyed"}
        for definition in (
                {"from": name}, {"from": "things", "columns": [name]}, filtered(column=name, operator="=", value="a"), filtered(column="text", operator=name or "?", value="a"),
                filtered(column="text", table=name, operator="=", value="a"), filtered(column="text", operator="=", refColumn=name), filtered(table=name),
                {"from": "things", "joins": [{**join, "as": name}]}, {"from": "things", "joins": [{"table": name}]}, {"from": "things", "joins": [{**join, "via": name}]},
                {"from": "things", "joins": [{**join, "parent": name}]}, {"from": "things", "orderBy": [{"column": name, "direction": "asc"}]},
                {"from": "things", "orderBy": [{"column": "text", "direction": name}]}, {"from": "things", "groupBy": [{"column": name}]},
                {"from": "things", "aggregations": [{"fn": "max", "column": name, "alias": "n"}]}, {"from": "things", "aggregations": [{"fn": name, "column": "text", "alias": "n"}]},
                {"from": "things", "page": {"first": 1, "after": name}}, {"from": "things", name: 1}, {"from": "things", "executeMode": name}, {"from": "things", "freshness": name}):
            answer = run.ask({"executeMode": "sql-only", **definition}, ALL)
            assert answer.get("code") in ("VALIDATION_FAILED", "INVALID_JSON") and "sql" not in answer, (definition, answer)
            count += 1
        answer = run.ask({"from": "things", "executeMode": "sql-only"}, {"role": name})
        assert answer.get("code") == "VALIDATION_FAILED" and "sql" not in answer, answer
        count += 1
    print(f"{count} hostile names in questions")


# ---- physical names ----

def quoted(dialect, name):
    if dialect == "clickhouse":
        return "`" + name.replace("\\", "\\\\").replace("`", "``") + "`"
    return '"' + name.replace('"', '""') + '"'


RESERVED = ["select", "from", "table", "user", "order", "group", "SELECT", "current_user", "c0", "t0", "rowid", "main", "public", "true"]


def physical_names(rng, count):
    names = {rng.choice(RESERVED) if rng.random() < 0.1 else hostile(rng)[:200] for _ in range(4 * count)} - {""}
    return rng.sample(sorted(names), count)


def named(rng, dialect, tables, columns):
    """A configuration whose tables and columns have hostile names."""
    config, names = {"databases": [{"id": "d"}], "tables": [], "roles": [{"id": "all", "tables": "*"}]}, physical_names(rng, tables * 3)
    for i in range(tables):
        parts = ["main" if dialect == "sqlite" else names.pop(), names.pop()]
        parts = [re.sub(r"[.]", "", p) or "x" for p in parts]
        config["tables"].append({"id": f"t{i}", "apiName": f"table{i}", "database": "d", "physicalName": ".".join(parts), "primaryKey": ["c0x"], "relations": [],
                                 "columns": [{**column(f"c{k}x"), "physicalName": n} for k, n in enumerate(physical_names(rng, columns))]})
    config["databases"][0]["trinoCatalog"] = names.pop()
    return config


@pytest.mark.parametrize("dialect", database.DIALECTS)
def test_quotes_hostile_physical_names(dialect, planner):
    rng, count = random.Random(f"physical {dialect}"), 0
    config = named(rng, dialect, 12 * SHARE, 20)
    run = planner(dialect, config)
    for table in config["tables"]:
        sql, _ = sql_of(run, {"from": table["apiName"], "orderBy": [{"column": "c1x", "direction": "asc"}]})
        columns = [c["physicalName"] for c in table["columns"]]
        parts = ([config["databases"][0]["trinoCatalog"]] if dialect == "trino" else []) + table["physicalName"].split(".")
        around = "toString({})" if dialect == "clickhouse" else "{}"
        shown = [around.format(f"t0.{quoted(dialect, c)}") for c in columns]
        outputs = ", ".join(f"{one} AS c{i}" for i, one in enumerate(shown))
        begin = f"SELECT {outputs} FROM {'.'.join(quoted(dialect, p) for p in parts)} AS t0 ORDER BY {shown[1]}"
        keys = [c["physicalName"] for c in table["columns"] if c["apiName"] in table["primaryKey"] and c["apiName"] != "c1x"]
        end = "".join(f", t0.{quoted(dialect, k)} COLLATE BINARY" for k in keys) if dialect == "sqlite" else ""  # docs/adr/0025
        assert sql.startswith(begin) and sql.endswith(end), sql
        assert set(sql[len(begin):len(sql) - len(end)].split()) <= {"::text", "COLLATE", '"C"', "BINARY", "NULLS", "LAST"}, sql
        tree = parse(dialect, sql)
        assert [c.name for c in tree.find_all(exp.Column)][-1:] and {c.name for c in tree.find_all(exp.Column)} == set(columns)
        (found,) = tree.find_all(exp.Table)
        assert [p.name for p in found.parts] == parts
        if dialect == "postgres":
            (raw,) = pglast.parse_sql(sql)
            assert [t.val.fields[-1].sval for t in raw.stmt.targetList] == [c.encode()[:63].decode(errors="ignore") if len(c.encode()) > 63 else c for c in columns]
        count += len(columns) + len(parts)
    print(f"{dialect}: {count} physical names")


def test_reads_hostile_physical_names(tmp_path):
    """SQLite has tables and columns of these names: each value arrives under its own."""
    rng, count = random.Random("read"), 0
    config = named(rng, "sqlite", 8 * SHARE, 20)
    config["databases"][0].update(engine="sqlite", connection={"url": f"sqlite:{tmp_path}/d.db"})
    seen, tables = set(), []
    for table in config["tables"]:
        lower = [c["physicalName"].lower() for c in table["columns"]]
        if table["physicalName"].lower() not in seen and len(set(lower)) == len(lower) and not table["physicalName"].lower().startswith("main.sqlite_"):
            seen.add(table["physicalName"].lower())
            tables.append(table)
    config["tables"] = tables
    file = sqlite3.connect(tmp_path / "d.db")
    for table in tables:
        columns = [quoted("sqlite", c["physicalName"]) for c in table["columns"]]
        name = quoted("sqlite", table["physicalName"].removeprefix("main."))
        file.execute(f"CREATE TABLE {name} ({', '.join(c + ' TEXT' for c in columns)})")
        file.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", [f"{table['id']} {i}" for i in range(len(columns))])
    file.commit()
    file.close()
    with Run(database.write(config, tmp_path / "multidb.json")) as run:
        for table in tables:
            (row,) = run.ask({"from": table["apiName"]}, ALL)["data"]
            assert row == {c["apiName"]: f"{table['id']} {i}" for i, c in enumerate(table["columns"])}
            count += len(row) + 1
    print(f"{count} names read")


@pytest.mark.parametrize("name", ["", "\0", "a\0b", "a..b", ".a", "a.", ".", "sqlite.main.x.y"])
def test_refuses_physical_table_names_that_no_engine_has(name, tmp_path):
    config = database.nowhere(CONFIG, "sqlite")
    config["tables"][0]["physicalName"] = name
    done = call("validate", "--json", "--config", database.write(config, tmp_path / "multidb.json"))
    assert done.returncode and "INVALID_REFERENCE" in done.stdout, done


@pytest.mark.parametrize("name", ["", "\0", "a\0b"])
def test_refuses_physical_column_names_that_no_engine_has(name, tmp_path):
    config = database.nowhere(CONFIG, "sqlite")
    config["tables"][0]["columns"][1]["physicalName"] = name
    done = call("validate", "--json", "--config", database.write(config, tmp_path / "multidb.json"))
    assert done.returncode and "INVALID_REFERENCE" in done.stdout, done
