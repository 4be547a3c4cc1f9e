"""Exists nodes against the reference evaluator: every kind of question on every kind of key (one column or two, NULLs on either side, types that differ) in every place (filters, under or
and not, a join's filters, `on` of left and inner joins, inside another), on SQLite, PostgreSQL, ClickHouse and Iceberg through Trino; and how PostgreSQL plans them."""
import contextlib
import copy
import itertools
import json
import os
import random
import sqlite3

import pytest

import database
from cli import Run
from expected import Expected
from placed import originals_in, placed
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("questions")

ADMIN = {"role": "admin"}
REFS = ["a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002"]
SOME = {"role": "some", "contextValues": {"shown": ["yes"]}}
NONE = {"role": "some", "contextValues": {"shown": []}}
COLUMNS = [("id", "int", False), ("shown", "string", False), ("n", "int", True), ("text", "string", True), ("ref", "uuid", True), ("price", "decimal", True),
           ("big", "bigint", False), ("ratio", "float", True), ("day", "date", True), ("at", "timestamp", True), ("flag", "boolean", True)]
# name -> columns of the child, columns of the parent. What PostgreSQL, Trino and SQLite can't compare with `=` as it stands is not among them.
RELATIONS = {"one": (["n"], ["id"]), "nullable": (["n"], ["n"]), "two": (["n", "text"], ["n", "text"]), "three": (["flag", "big", "ref"], ["flag", "big", "ref"]),
             "ref": (["ref"], ["ref"]), "price": (["price"], ["price"]), "big": (["n"], ["big"]), "ratio": (["ratio"], ["ratio"]), "day": (["day"], ["day"]),
             "at": (["at"], ["at"])}
MIXED = {"intPrice": (["n"], ["price"]), "bigRatio": (["big"], ["ratio"]), "dayAt": (["day"], ["at"])}  # on ClickHouse, whose semi-joins convert
POOLS = {"shown": ["yes", "yes", "no"], "n": [None, 1, 2, 3, 4], "text": [None, "", "a", "b'", "ü"], "price": [None, "1", "2.5", "2.500000000000000001", "3"], "big": [1, 2, 4294967297],
         "ref": [None, "a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002"], "ratio": [None, 1.0, 2.5, 0.1], "flag": [None, True, False],
         "day": [None, "2024-01-01", "2024-02-29"], "at": [None, "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000001Z", "2024-02-29T12:00:00Z"]}


def config():
    def table(name, relations):
        return {"id": name, "apiName": name, "database": "main", "physicalName": f"shop.{name}", "primaryKey": ["id"], "relations": relations,
                "columns": [{"apiName": c, "physicalName": f"{c}_p", "type": t, "nullable": nullable} for c, t, nullable in COLUMNS]}
    relations = [{"column": mine, "references": {"table": "parents", "column": theirs}, "type": "many-to-one", "name": name}
                 for name, (mine, theirs) in {**RELATIONS, **MIXED}.items()]
    filters = [{"column": "shown", "operator": "in", "valueFrom": "context", "contextKey": "shown"}]
    granted = [{"tableId": "parents", "allowedColumns": "*"}, {"tableId": "children", "allowedColumns": "*", "filters": filters}]
    return {"databases": [{"id": "main", "engine": "sqlite"}], "trino": {"enabled": True, "engine": "embedded"},
            "tables": [table("parents", []), table("children", relations)], "roles": [{"id": "admin", "tables": "*"}, {"id": "some", "tables": granted}]}


def rows(seed=7, n=24):
    r = random.Random(seed)
    names = [c for c, _, _ in COLUMNS]

    def some():
        return {"columns": names, "rows": [[i, *(r.choice(POOLS[c]) for c in names[1:])] for i in range(1, n + 1)]}
    return {"parents": some(), "children": some()}


# ---- questions ----

ASKED = [{}, {"exists": False}] + [{"count": {"operator": op, "value": n}} for op in ("=", "!=", ">", "<", ">=", "<=") for n in (0, 1, 2)]
ID = {"column": "id", "operator": "<=", "value": 8}


def plain(node):
    return {"filters": [node]}


def either(node):
    return {"filters": [{"logic": "or", "conditions": [{"column": "flag", "operator": "=", "value": True}, node]}]}


def negated(node):
    return {"filters": [{"logic": "and", "not": True, "conditions": [node, {"column": "flag", "operator": "=", "value": True}]}]}


def joined(type_, place):
    def in_join(node):
        join = {"table": "children", "via": "nullable", "columns": ["id"], "type": type_}
        node = {**node, "parent": "parents"} if place != "of it" else {**node, "table": "parents"}
        return {"joins": [{**join, "on" if place == "on" else "filters": [node]}]}
    return in_join


def on_itself(type_):
    """in `on`, hanging on the joined table"""
    return lambda node: {"joins": [{"table": "children", "via": "nullable", "columns": ["id"], "type": type_,
                                    "on": [{"logic": "or", "conditions": [{**node, "table": "parents"}, {"column": "flag", "operator": "=", "value": True}]}]}]}


def of_join(node):
    """related to a joined table alone, whose row may be missing"""
    return {"joins": [{"table": "children", "via": "two", "columns": []}], "filters": [{**node, "table": "parents", "parent": "children"}]}


def inside(node):
    return {"filters": [{"table": "children", "via": "nullable", "filters": [{**node, "table": "parents"}, {"column": "shown", "operator": "=", "value": "yes"}]}]}


def deep(node):
    two = {**node, "table": "parents", "filters": [{"table": "children", "via": "one", "exists": False}]}
    return {"filters": [{"table": "children", "via": "big", "count": {"operator": "<", "value": 3}, "filters": [two]}]}


PLACES = {"plain": plain, "or": either, "not": negated, "left filters": joined("left", "filters"), "left filters, of it": joined("left", "of it"), "left on": joined("left", "on"),
          "inner on": joined("inner", "on"), "left on, of it": on_itself("left"), "inner on, of it": on_itself("inner"), "of a join": of_join, "inside": inside, "deep": deep}


def questions(relations):
    """Every kind of question on every key in every place."""
    for relation, asked, place in itertools.product(relations, range(len(ASKED)), PLACES):
        node = {"table": "children", "via": relation, **ASKED[asked]}
        if asked % 3 == 1:
            node["filters"] = [ID]
        yield (relation, place, ASKED[asked]), {"from": "parents", "columns": ["id"], **PLACES[place](node)}


CONTEXTS = [ADMIN, SOME, NONE]
STEP = 1 if os.environ.get("MULTIDB_FULL") else 7  # has no divisor in common with the numbers of places and comparisons: each meets each


def ask(run, expected, relations, step=1, also=None):
    """Every step-th question, with contexts in turn; returns their number."""
    n = 0
    for i, (name, definition) in enumerate(questions(relations)):
        if i % step:
            continue
        context = CONTEXTS[i // step % len(CONTEXTS)]
        answer = run.ask({**definition, **(also or {})}, context)
        assert "data" in answer, f"{name}: {definition} {context}: {answer}"
        expected.check(definition, context, answer)
        n += 1
    return n


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exists")
    with Run(database.write(database.sqlite_files(config(), rows(), folder), folder / "lite.json")) as run:
        yield run


def test_sqlite_finds_the_rows_of_the_evaluator(lite):
    assert ask(lite, Expected(config(), rows()), RELATIONS, STEP) >= len(RELATIONS) * len(ASKED) * len(PLACES) // STEP


@pytest.fixture(scope="module")
def engines(stack, tmp_path_factory):  # noqa: F811
    """{"pg" | "ch" | "ice": Run} over the same rows"""
    folder = tmp_path_factory.mktemp("exists-stack")
    with contextlib.ExitStack() as open_:
        world = open_.enter_context(placed(stack, config(), rows(), folder))
        yield {target: open_.enter_context(Run(database.write(originals_in(world.config, target), folder / f"{target}.json"), world.env)) for target in ("pg", "ch", "ice")}, world


DIRECT = {"avoid": ["cache", "replica", "trino"]}


def test_postgres_finds_the_rows_of_the_evaluator(engines):
    ask(engines[0]["pg"], Expected(config(), rows()), RELATIONS, STEP, DIRECT)


def test_clickhouse_finds_the_rows_of_the_evaluator(engines):
    ask(engines[0]["ch"], Expected(config(), rows()), {**RELATIONS, **MIXED}, STEP, DIRECT)


def test_iceberg_finds_the_rows_of_the_evaluator(engines):
    assert ask(engines[0]["ice"], Expected(config(), rows()), RELATIONS, 7 if STEP == 1 else 41) > 55


def test_finds_the_rows_of_the_evaluator_across_databases(engines, stack, tmp_path):  # noqa: F811
    """Parents in PostgreSQL, children in ClickHouse."""
    run, world = engines
    across = copy.deepcopy(originals_in(world.config, "pg"))
    next(t for t in across["tables"] if t["id"] == "children")["database"] = "ch"
    with Run(database.write(across, tmp_path / "across.json"), world.env) as crossing:
        assert ask(crossing, Expected(config(), rows()), [r for r in RELATIONS if r != "at"], 197) > 10


# ---- texts that are no keys ----

@pytest.mark.parametrize("asked, found", [({}, [1]), ({"exists": False}, [2, 3]), ({"count": {"operator": "<", "value": 2}}, [1, 2, 3]),
                                          ({"count": {"operator": ">", "value": 1}}, [])])
def test_sqlite_relates_no_text_that_is_no_uuid(tmp_path, asked, found):
    """Neither of the two is equal to anything, on both sides; such a related row hides no parent."""
    with contextlib.closing(sqlite3.connect(tmp_path / "main.db")) as file:
        file.executescript(f"""CREATE TABLE parents (n INTEGER, ref TEXT);
            CREATE TABLE children (n INTEGER, ref TEXT);
            INSERT INTO parents VALUES (1, '{REFS[0]}'), (2, '{REFS[1]}'), (3, 'rubbish');
            INSERT INTO children VALUES (1, upper('{REFS[0]}')), (2, 'rubbish'), (3, 'nonsense')""")

    def table(name, relations):
        columns = [{"apiName": c, "physicalName": c, "type": t, "nullable": False} for c, t in (("n", "int"), ("ref", "uuid"))]
        return {"id": name, "apiName": name, "database": "main", "physicalName": name, "primaryKey": ["n"], "columns": columns, "relations": relations}
    relation = {"column": "ref", "references": {"table": "parents", "column": "ref"}, "type": "many-to-one"}
    world = {"databases": [{"id": "main", "engine": "sqlite", "connection": {"url": f"sqlite:{tmp_path}/main.db"}}],
             "tables": [table("parents", []), table("children", [relation])], "roles": [{"id": "admin", "tables": "*"}]}
    with Run(database.write(world, tmp_path / "multidb.json")) as run:
        answer = run.ask({"from": "parents", "columns": ["n"], "filters": [{"table": "children", **asked}], "orderBy": [{"column": "n"}]}, ADMIN)
    assert [row["n"] for row in answer["data"]] == found


# ---- how PostgreSQL plans them ----

def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


@pytest.fixture(scope="module")
def planned(pg, tmp_path_factory):
    """explain(definition) -> the plan of what multidb wrote, over tables with rows enough for indexes to matter."""
    folder = tmp_path_factory.mktemp("exists-explain")
    made, _ = database.postgres_databases(config(), {}, pg, "exists_explain")
    made["databases"][0].pop("connection")
    name = "exists_explain_main"
    fill = "INSERT INTO shop.{0} SELECT i, 'yes', i % 5000, 't', NULL, 1, i, 1, NULL, NULL, true FROM generate_series(1, {1}) i"
    pg.psql(";".join([fill.format("parents", 20000), fill.format("children", 100000), "CREATE INDEX ON shop.children (n_p)", "ANALYZE"]), database=name)
    with Run(database.write(made, folder / "multidb.json")) as run:
        def explain(definition):
            answer = run.ask({**definition, "executeMode": "sql-only"}, ADMIN)
            sql = answer["sql"]
            for i, value in reversed(list(enumerate(answer["params"], 1))):
                sql = sql.replace(f"${i}", f"'{value}'")
            plan = json.loads(pg.psql("EXPLAIN (FORMAT JSON) " + sql, database=name))
            return list(nodes(plan[0]["Plan"]))
        yield explain


def test_postgres_uses_the_index_for_few_parents(planned):
    """A semi-join that finds the related rows of each parent in the index on the foreign key."""
    one = {"column": "id", "operator": "between", "value": {"from": 10, "to": 20}}
    for absent in (False, True):
        plan = planned({"from": "parents", "columns": ["id"], "filters": [one, {"table": "children", "via": "one", "exists": not absent}]})
        assert any(n.get("Join Type") == ("Anti" if absent else "Semi") for n in plan), plan
        assert any("n_p" in n.get("Index Cond", "") for n in plan), plan


def test_postgres_joins_sets_for_many_parents(planned):
    """Never the sub-query once a parent."""
    plan = planned({"from": "parents", "columns": ["id"], "filters": [{"table": "children", "via": "one", "filters": [{"table": "parents", "via": "big", "exists": False}]}]})
    assert not any("SubPlan" in (n.get("Subplan Name") or "") for n in plan), plan


def test_postgres_counts_through_the_index(planned):
    one = {"column": "id", "operator": "=", "value": 10}
    plan = planned({"from": "parents", "columns": ["id"], "filters": [one, {"table": "children", "via": "one", "count": {"operator": ">=", "value": 3}}]})
    assert any("n_p" in n.get("Index Cond", "") for n in plan), plan
