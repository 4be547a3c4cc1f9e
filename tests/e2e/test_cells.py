"""Cells and masks on SQLite and PostgreSQL against the reference evaluator; what is under a mask or hidden changes not one byte; errors that tell
nothing."""
import copy
import json
import random
import types

import pytest

import cells
import database
import things
from cli import Run, dumps
from expected import Expected
from things import TENANTS

QUESTIONS, SEEDS = 120, 4
POLICIES = {"none": {}, "filter and sort": {"maskedColumns": ["filter", "sort"]}, "everything": {"maskedColumns": cells.EVERYTHING}}


@pytest.fixture(scope="module")
def worlds(pg, tmp_path_factory):
    """world(engine, policy): made once each"""
    made = {}

    def world(engine, policy):
        if (engine, policy) not in made:
            folder = tmp_path_factory.mktemp("cells")
            config, rows, env = cells.config(POLICIES[policy]), things.rows(), {}
            if engine == "sqlite":
                config = database.sqlite_files(config, rows, folder)
            else:
                config, env = database.postgres_databases(config, rows, pg, f"cells_{policy[:4]}")
            path = database.write(config, folder / "multidb.json")
            made[engine, policy] = types.SimpleNamespace(config=config, expected=Expected(config, rows), run=Run(path, env), path=path, env=env)
        return made[engine, policy]

    yield world
    for one in made.values():
        with one.run:
            pass


def check(world, definition, context, what):
    answer = world.run.ask(definition, context)
    assert "data" in answer or "count" in answer, f"{what}: {definition} {context}: {answer}"
    try:
        world.expected.check(definition, context, answer)
        if "data" in answer:
            meta = [(c["apiName"], c["nullable"], c["masked"]) for c in answer["meta"]["columns"]]
            assert meta == cells.meta(world.expected, definition, context)
    except AssertionError as e:
        raise AssertionError(f"{what}: {e}") from None
    return answer


@pytest.mark.parametrize("policy", ["none", "filter and sort"])
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_answers_random_queries_as_evaluator(seed, engine, policy, worlds):
    world = worlds(engine, policy)
    generator = cells.CellGenerator(world.expected, 7000 + seed, POLICIES[policy].get("maskedColumns", []))
    choices = cells.contexts(40, generator.random)
    cased = 0
    for i in range(QUESTIONS):
        context = generator.context(choices)
        answer = check(world, generator.definition(context), context, f"seed {seed}, question {i}")
        cased += "CASE" in answer["sql"]
    assert cased > QUESTIONS / 15


def context_of(*user, service=None, **values):
    return {"roles": {"user": list(user), **({"service": service} if service else {})}, "contextValues": {**cells.VALUES, **values}}


CHOSEN = {
    "masked everywhere": ({"from": "things"}, context_of("dim")),
    "masked on some rows": ({"from": "things"}, context_of("dim", "several-all")),
    "masked and hidden on some rows": ({"from": "things"}, context_of("half", "sized")),
    "three roles": ({"from": "things"}, context_of("half", "sized", "dated")),
    "two scopes": ({"from": "things"}, context_of("half", "sized", service=["several-all", "keys"])),
    "masked in one scope, clear in the other": ({"from": "things"}, context_of("admin", service=["dim"])),
    "hidden in both": ({"from": "things", "columns": ["id", "name"]}, context_of("half", "keys", service=["several-all", "keys"])),
    "an empty list takes a role away": ({"from": "things"}, context_of("several-all", "keys", tenants=[])),
    "not of a hidden cell is unknown": ({"from": "things", "columns": ["id"], "filters": [
        {"logic": "and", "not": True, "conditions": [{"column": "big", "operator": ">", "value": 0}]}]}, context_of("dated", "keys")),
    "isNull finds hidden cells": ({"from": "things", "columns": ["id", "scores"], "filters": [{"column": "scores", "operator": "isNull"}]}, context_of("half", "keys")),
    "isNotNull leaves them out": ({"from": "things", "columns": ["id", "scores"], "filters": [{"column": "scores", "operator": "isNotNull"}]}, context_of("half", "keys")),
    "ordered by a hidden cell": ({"from": "things", "columns": ["id", "small"], "orderBy": [
        {"column": "small", "direction": "desc"}, {"column": "id", "direction": "asc"}]}, context_of("half", "keys")),
    "decimals compared in a cell": ({"from": "things", "columns": ["id"], "filters": [{"column": "price", "operator": "in", "value": ["1.1", 100, "0"]}]},
                                    context_of("several-all", "keys")),
    "ids of a key that is hidden on some rows": ({"from": "things", "columns": ["id", "big"], "byIds": list(range(60, 0, -1))}, context_of("half", "dated")),
    "composite ids, hidden in part": ({"from": "pairs", "columns": ["code", "day"], "byIds": [{"code": "a", "day": "2024-01-01"}, {"code": "ü", "day": "2023-12-31"}]},
                                      context_of("dim", "dated")),
    "counted": ({"from": "things", "filters": [{"column": "day", "operator": "=", "value": "2024-02-29"}], "executeMode": "count"}, context_of("dated", "keys")),
    "cells of a joined table": ({"from": "pairs", "columns": ["code", "day"], "joins": [{"table": "things", "via": "thing", "columns": ["name", "day", "scores"]}]},
                                context_of("half", "keys")),
    "cells in on": ({"from": "pairs", "columns": ["code", "day"], "joins": [{"table": "things", "via": "other", "columns": ["id"],
                     "on": [{"column": "small", "operator": "isNull"}]}]}, context_of("half", "keys")),
    "a self join along hidden keys": ({"from": "nodes", "columns": ["id"], "joins": [{"table": "nodes", "as": "up", "via": "parent", "reverse": False, "columns": ["label"]}]},
                                      context_of("half", "keys")),
    "masked under other names": ({"from": "nodes", "columns": ["label"], "joins": [{"table": "nodes", "as": "up", "via": "parent", "reverse": False, "columns": ["label"]}]},
                                 context_of("several-all", "half")),
    "numbers as text": ({"from": "things", "columns": ["big", "price"], "numbers": "string"}, context_of("dim")),
}


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@pytest.mark.parametrize("name", CHOSEN)
def test_answers_chosen_query_as_evaluator(name, engine, worlds):
    check(worlds(engine, "none"), *CHOSEN[name], name)


@pytest.mark.parametrize("name", cells.TOGETHER)
def test_postgres_groups_cells_as_sqlite_does(name, worlds):
    """Rows put together: PostgreSQL, which takes a parameter for another expression each time, answers as SQLite does."""
    definition, context = cells.TOGETHER[name]
    answers = [worlds(engine, "everything").run.ask(definition, context) for engine in ("sqlite", "postgres")]
    assert all("data" in a for a in answers), answers
    a, b = (sorted(dumps(row) for row in answer["data"]) for answer in answers)
    assert a == b, answers[1]["sql"]


def test_offset_pages_by_raw_keys(worlds):
    """Keys that offset adds are raw: pages by a cell that is hidden on most rows neither skip nor repeat."""
    for engine in ("sqlite", "postgres"):
        found = []
        for offset in range(0, 60, 7):
            answer = worlds(engine, "none").run.ask({"from": "things", "columns": ["id", "scores"], "orderBy": [{"column": "small", "direction": "asc"}],
                                                     "limit": 7, "offset": offset}, context_of("half", "keys"))
            found += [row["id"] for row in answer["data"]]
        assert sorted(found) == list(range(1, 61))


@pytest.mark.parametrize("order", [[("small", "asc")], [("day", "desc"), ("name", "asc")], [("name", "asc"), ("price", "desc")], [("tenant", "desc")]])
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_pages_by_cells(engine, order, worlds):
    """Walked page by page: every row once, in the order of the whole; masks stay on."""
    world = worlds(engine, "everything")
    for context in (context_of("half", "keys"), context_of("half", "sized", "dated"), context_of("dim", "several-all")):
        definition = {"from": "things", "columns": ["id", *(c for c, _ in order)], "orderBy": [{"column": c, "direction": d} for c, d in order]}
        whole = world.run.ask({**definition, "limit": 100, "offset": 0}, context)["data"]
        found, after = [], {}
        for _ in range(30):
            answer = world.run.ask({**definition, "page": {"first": 7, **after}}, context)
            assert "data" in answer, answer
            found += answer["data"]
            page = answer["meta"]["page"]
            if not page["hasNext"]:
                break
            after = {"after": page["endCursor"]}
        assert [dumps(r) for r in found] == [dumps(r) for r in whole] and len(found) > 15


# ---- caches ----

def test_cache_rows_are_masked(tmp_path):
    """A miss, then a hit of the whole role-neutral row: masked alike, trimmed alike; another role gets its own view of the same entry."""
    config = database.sqlite_files(cells.config(), things.rows(), tmp_path)
    config["caches"] = [{"id": "memory", "engine": "memory", "tables": [{"tableId": "things", "keyPattern": "things:{id}"}]}]
    expected = Expected(config, things.rows())
    with Run(database.write(config, tmp_path / "c.json")) as run:
        for context in (context_of("admin"), context_of("dim"), context_of("admin", service=["dim"]), context_of("half")):
            if expected.masked(expected.tables["things"], "id", context):
                continue
            definition = {"from": "things", "columns": expected.allowed(expected.tables["things"], context), "byIds": [5, 3, 8, 999]}
            answers = [run.ask(definition, context) for _ in range(2)]
            for answer in answers:
                expected.check(definition, context, answer)
            assert dumps(answers[0]["data"]) == dumps(answers[1]["data"])
            assert answers[1]["strategy"] == "cache", context
        refused = run.ask({"from": "things", "columns": ["id", "name"], "byIds": [5]}, context_of("half", "dim"))
        cache = next(a for a in refused["alternatives"] if a["strategy"] == "cache")
        assert refused["strategy"] == "direct" and cache["codes"] == ["FILTER_NOT_EXACT"] and "depends on the row" in cache["detail"]


# ---- non-interference ----

def under_masks(rows, seed):
    """Other rows that 'dim' must not be able to tell from these: every masked value is another with the same mask; NULL stays NULL."""
    r, out = random.Random(seed), copy.deepcopy(rows)
    names = out["things"]["columns"]
    kinds = {"name": lambda v: v if len(v) <= 2 else v[0] + "".join(r.choice("xyzé") for _ in v[2:]) + v[-1],
             "small": lambda v: r.randint(-99, 99), "big": lambda v: r.randint(-10**15, 10**15), "ratio": lambda v: r.random(),
             "price": lambda v: f"{r.randint(-999, 999)}.5", "ref": lambda v: v[:-4] + f"{r.randint(0, 9999):04}",
             "day": lambda v: v[:4] + f"-{r.randint(1, 12):02}-{r.randint(1, 28):02}",
             "moment": lambda v: v[:4] + f"-{r.randint(1, 12):02}-{r.randint(1, 28):02}T{r.randint(0, 23):02}:00:00Z",
             "ready": lambda v: not v, "tags": lambda v: ["other"], "doc": lambda v: {"other": r.random()}}
    for row in out["things"]["rows"]:
        for name, other in kinds.items():
            i = names.index(name)
            row[i] = None if row[i] is None else other(row[i])
    note = out["pairs"]["columns"].index("note")
    for row in out["pairs"]["rows"]:
        row[note] = None if row[note] is None else "hidden " + row[note]
    return out


BLIND = [{"from": "things"}, {"from": "things", "executeMode": "count"}, {"from": "things", "columns": ["name", "price"], "orderBy": [{"column": "id", "direction": "desc"}], "limit": 7},
         {"from": "things", "byIds": [9, 4, 1]}, {"from": "pairs", "joins": [{"table": "things", "via": "thing"}]},
         {"from": "things", "filters": [{"column": "name", "operator": "=", "value": "a"}]}, {"from": "things", "orderBy": [{"column": "price", "direction": "asc"}]},
         {"from": "nodes", "joins": [{"table": "things", "columns": ["name", "moment", "ref"], "type": "inner"}], "orderBy": [{"column": "label", "direction": "asc"}, {"column": "id", "direction": "asc"}]}]


def seen_bytes(answer):
    answer = {k: v for k, v in answer.items() if k in ("data", "count", "kind", "errors", "code", "message", "status", "meta")}
    if "meta" in answer:
        answer["meta"] = {k: v for k, v in answer["meta"].items() if k != "timing"}
    return dumps(answer)


@pytest.mark.parametrize("seed", range(3))
def test_values_under_a_mask_do_not_show(seed, tmp_path):
    answers = []
    for name, rows in (("a", things.rows()), ("b", under_masks(things.rows(), seed))):
        (tmp_path / name).mkdir()
        config = database.sqlite_files(cells.config(), rows, tmp_path / name)
        with Run(database.write(config, tmp_path / name / "c.json")) as run:
            answers.append([seen_bytes(run.ask(d, context_of("dim"))) for d in BLIND])
    for definition, a, b in zip(BLIND, *answers):
        assert a == b, definition
    assert "***" in answers[0][0]


def hidden_changed(rows):
    """What 'half' alone never sees: other tenants' rows, and columns that it is not granted."""
    out = copy.deepcopy(rows)
    names = out["things"]["columns"]
    tenant = names.index("tenant")
    for row in out["things"]["rows"]:
        granted = ["id", "tenant"] if row[tenant] != TENANTS[0] else ["id", "tenant", "name", "small", "day", "tags", "scores"]
        for i, name in enumerate(names):
            if name not in granted and row[i] is not None:
                row[i] = {"string": "other", "int": 1, "bigint": 2, "float": 2.5, "decimal": "77", "boolean": True, "uuid": TENANTS[1], "date": "2000-05-05",
                          "timestamp": "2000-05-05T05:05:05Z", "json": [1], "bytes": "AAAA", "string[]": ["o"], "int[]": [9]}[
                              next(c["type"] for c in next(t for t in things.config()["tables"] if t["id"] == "things")["columns"] if c["apiName"] == name)]
    return out


def test_hidden_cells_do_not_show(tmp_path):
    questions = [{"from": "things"}, {"from": "things", "filters": [{"column": "small", "operator": ">", "value": 0}]},
                 {"from": "things", "filters": [{"logic": "or", "not": True, "conditions": [{"column": "name", "operator": "=", "value": "a"}]}], "executeMode": "count"},
                 {"from": "things", "columns": ["id", "small"], "orderBy": [{"column": "small", "direction": "asc"}, {"column": "id", "direction": "asc"}]},
                 {"from": "things", "columns": ["id"], "filters": [{"column": "scores", "operator": "isNull"}]}]
    answers = []
    for name, rows in (("a", things.rows()), ("b", hidden_changed(things.rows()))):
        (tmp_path / name).mkdir()
        config = database.sqlite_files(cells.config(), rows, tmp_path / name)
        with Run(database.write(config, tmp_path / name / "c.json")) as run:
            answers.append([seen_bytes(run.ask(d, context_of("half", "keys"))) for d in questions])
    assert answers[0] == answers[1]


# ---- errors that tell nothing ----

UNIFORM = {
    "from": lambda t, c: {"from": t},
    "columns": lambda t, c: {"from": "pairs", "columns": [c]},
    "filter": lambda t, c: {"from": "pairs", "columns": ["code"], "filters": [{"column": c, "operator": "=", "value": "x"}]},
    "filter of another type": lambda t, c: {"from": "pairs", "columns": ["code"], "filters": [{"column": c, "operator": "like", "value": 1}]},
    "null test": lambda t, c: {"from": "pairs", "columns": ["code"], "filters": [{"column": c, "operator": "isNull"}]},
    "compared column": lambda t, c: {"from": "pairs", "columns": ["code"], "filters": [{"column": "code", "operator": "=", "refColumn": c}]},
    "order": lambda t, c: {"from": "pairs", "columns": ["code"], "orderBy": [{"column": c, "direction": "asc"}]},
    "join": lambda t, c: {"from": "pairs", "columns": ["code"], "joins": [{"table": t}]},
    "join, its columns": lambda t, c: {"from": "things", "columns": ["id"], "joins": [{"table": "pairs", "via": "thing", "columns": [c]}]},
    "join, its filters": lambda t, c: {"from": "things", "columns": ["id"], "joins": [{"table": "pairs", "via": "thing", "columns": [], "filters": [{"column": c, "operator": "isNull"}]}]},
    "exists": lambda t, c: {"from": "pairs", "columns": ["code"], "filters": [{"table": t, "exists": True}]},
    "exists, its filters": lambda t, c: {"from": "things", "columns": ["id"], "filters": [{"table": "pairs", "via": "thing", "filters": [{"column": c, "operator": "=", "value": 1}]}]},
    "group": lambda t, c: {"from": "pairs", "groupBy": [{"column": c}], "aggregations": [{"fn": "count", "column": "*", "alias": "n"}]},
    "group of a table": lambda t, c: {"from": "pairs", "groupBy": [{"column": "id", "table": t}]},
    "aggregate": lambda t, c: {"from": "pairs", "aggregations": [{"fn": "max", "column": c, "alias": "n"}], "columns": []},
    "count": lambda t, c: {"from": "pairs", "aggregations": [{"fn": "count", "column": c, "alias": "n"}], "columns": []},
    "count mode": lambda t, c: {"from": "pairs", "filters": [{"column": c, "operator": "=", "value": "x"}], "executeMode": "count"},
    "distinct": lambda t, c: {"from": "pairs", "columns": [c], "distinct": True},
    "ids": lambda t, c: {"from": "pairs", "columns": ["code"], "byIds": [{"code": "a", c: "x"}]},
}


@pytest.fixture(scope="module")
def uniform(tmp_path_factory):
    """One document with a table and a column that the role is denied, one where these do not exist; the names are equally long and near a visible one."""
    folder = tmp_path_factory.mktemp("uniform")
    runs = []
    for exists in (True, False):
        config = cells.config({"errors": "uniform", "relations": "visible-keys"})
        config["roles"].append({"id": "narrow", "tables": [cells.grant("things", "*"), cells.grant("pairs", ["code", "day", "thingId", "otherId"])]})
        if not exists:
            config["tables"] = [t for t in config["tables"] if t["apiName"] != "nodes"]
            for t in config["tables"]:
                t["columns"] = [c for c in t["columns"] if not (t["id"] == "pairs" and c["apiName"] == "note")]
            for role in config["roles"]:
                if role["tables"] != "*":
                    role["tables"] = [g for g in role["tables"] if g["tableId"] != "tree-nodes"]
                    for g in role["tables"]:
                        if g["tableId"] == "pairs":
                            g.pop("maskedColumns", None)
        (folder / str(exists)).mkdir()
        runs.append(Run(database.write(database.sqlite_files(config, {}, folder / str(exists)), folder / f"{exists}.json")))
    yield runs
    for run in runs:
        with run:
            pass


@pytest.mark.parametrize("name", UNIFORM)
def test_denied_looks_unknown(name, uniform):
    definition = UNIFORM[name]("nodes", "note")
    texts = [json.dumps(run.ask(definition, {"role": "narrow"}), default=str) for run in uniform]
    assert '"status"' in texts[0], texts[0]
    assert texts[0] == texts[1]


def test_denied_and_unknown_differ_under_descriptive_errors(tmp_path):
    """The same questions with descriptive errors: they do tell."""
    config = cells.config()
    config["roles"].append({"id": "narrow", "tables": [cells.grant("things", "*"), cells.grant("pairs", ["code", "day", "thingId", "otherId"])]})
    with Run(database.write(database.sqlite_files(config, {}, tmp_path), tmp_path / "c.json")) as run:
        for name in ("from", "columns", "filter", "order", "join"):
            assert "ACCESS_DENIED" in dumps(run.ask(UNIFORM[name]("nodes", "note"), {"role": "narrow"})), name
