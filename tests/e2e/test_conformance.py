"""Operator x type x engine: every operator on every type that has it (docs/operators.md), the rows that the reference evaluator names; what comes out is noted in the
report, from which tools/make-conformance makes docs/conformance.md, and against which it is held.

A pair that a way cannot answer is refused when planning, which is noted too; an error or other rows fail. Through Trino every tenth pair is asked, all with
MULTIDB_FULL=1. More values and NULLs per operator: test_operators.py, test_stack_operators.py, tests/reference."""
import contextlib
import copy
import os
import re

import pytest

import database
import every
from cli import ROOT, Run
from expected import Expected
from placed import originals_in, placed
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("questions")
STEP = 1 if os.environ.get("MULTIDB_FULL") else 10
ADMIN = {"role": "admin"}
DIALECTS = {"sqlite": "sqlite", "postgres": "postgres", "clickhouse": "clickhouse", "iceberg": "trino", "postgres through trino": "trino", "clickhouse through trino": "trino"}
MORE = {"doc": ("json", ["{}", '{"a": [1, null]}', None, '"text"']), "raw": ("bytes", ["", "AA==", "AAEC/w==", None])}
COLUMNS = {of: name for name, of in reversed([*every.COLUMNS.items(), *every.TIMED.items(), *((name, of) for name, (of, _) in MORE.items())])}  # type -> its first column
TIMES = set(every.TIMED.values())
NODES = 4


def config():
    config = every.config()
    config["tables"][0]["columns"] += [{"apiName": name, "physicalName": f"c_{name}", "type": of, "nullable": True} for name, (of, _) in MORE.items()]
    return config


def rows():
    rows = copy.deepcopy(every.rows(null_arrays=False))
    rows["cells"]["columns"] += MORE
    for i, row in enumerate(rows["cells"]["rows"]):
        row += [pool[i % len(pool)] for _, pool in MORE.values()]
    return rows


def pairs():
    """(operator, type, form of operand) from the page that is made from the operators table of the code."""
    text = (ROOT / "docs/operators.md").read_text()
    for operator, types, operand in re.findall(r"^\| `(\w+|\W+)` \| (.*?) \| (.*?) \|$", text, re.M):
        for of in types.split():
            for one in dict.fromkeys(t for t in (*every.COLUMNS.values(), *every.TIMED.values()) if t.endswith("[]")) if of == "arrays" else [of]:
                yield operator, one, operand


def table_of(of):
    return "times" if of in TIMES else "cells"


def stored(of):
    data = rows()[table_of(of)]
    at = data["columns"].index(COLUMNS[of])
    return sorted({row[at] for row in data["rows"] if row[at] is not None}, key=str)


def operands(of, operand):
    """Some operands in that form, of values that are stored and lie apart."""
    if operand == "none":
        return [None]
    if operand.startswith(("pattern", "plain text")):
        return ["a%", "%b", "100\\%", "_"] if operand.startswith("pattern") else ["a", "%", "É", "10\\"]
    if operand.startswith("`{text"):
        return [{"text": t, "maxDistance": n} for t, n in every.DISTANCES[1:5]]
    if "element" in operand:
        elements = every.ELEMENTS[COLUMNS[of]]
        return elements[:NODES] if operand == "one element" else [elements[:1], elements[:2], elements, elements[1:3]]
    values = [v for v in stored(of) if len(str(v)) < 300]
    values = values[:: max(1, len(values) // NODES)][:NODES]
    forms = {"one value": values, "non-empty": [values[:1], values], "`{from": [{"from": a, "to": b} for a in values[:2] for b in values[1:3]]}
    return next(found for start, found in forms.items() if operand.startswith(start))


def sqlite(folder):
    lite = config()
    lite["databases"] = [{"id": "pg", "engine": "sqlite"}]
    return database.write(database.sqlite_files(lite, rows(), folder), folder / "lite.json")


@pytest.fixture(scope="module")
def ways(stack, tmp_path_factory):  # noqa: F811
    """way -> (Run, addition to the definition)"""
    folder = tmp_path_factory.mktemp("conformance")
    stack.need("pg-main", "clickhouse", "trino")
    stack["pg-main"].psql("CREATE EXTENSION IF NOT EXISTS fuzzystrmatch")
    engines = {"pg": "postgres", "ch": "clickhouse", "ice": "iceberg"}
    with contextlib.ExitStack() as open_:
        world = open_.enter_context(placed(stack, config(), rows(), folder, change=lambda target, sql: every.change(engines[target], sql)))
        runs = {name: open_.enter_context(Run(database.write(originals_in(world.config, name), folder / f"{name}.json"), world.env)) for name in engines}
        runs["lite"] = open_.enter_context(Run(sqlite(folder)))
        through = {"prefer": ["trino"]}
        yield {"sqlite": (runs["lite"], {}), "postgres": (runs["pg"], {}), "clickhouse": (runs["ch"], {}), "iceberg": (runs["ice"], {}),
               "postgres through trino": (runs["pg"], through), "clickhouse through trino": (runs["ch"], through)}


@pytest.fixture(scope="module")
def expected():
    return Expected(config(), rows())


def outcome(way, run, addition, expected, of, node):
    definition = {"from": table_of(of), "columns": ["id"], "filters": [node]}
    answer = run.ask({**definition, **addition}, ADMIN)
    assert "data" in answer, f"{way}: {node}: {answer}"
    if answer["dialect"] != DIALECTS[way]:
        return "not offered"  # Trino can't read the column there: planned otherwise
    expected.check(definition, ADMIN, answer)
    return "same"


def asked():
    for number, (operator, of, operand) in enumerate(pairs()):
        for way, dialect in DIALECTS.items():
            if dialect != "trino" or number % STEP == 0:
                yield pytest.param(operator, of, operand, way, number % 2, id=f"{operator}-{of}-{way}")


@pytest.mark.parametrize("operator, of, operand, way, odd", list(asked()))
def test_operator_finds_the_same_rows_on_every_way(operator, of, operand, way, odd, ways, expected, record_property):
    run, addition = ways[way]
    leaves = [every.value(COLUMNS[of], operator, o) for o in operands(of, operand)]
    nodes = [node for leaf in leaves for node in (leaf, {"logic": "and", "not": True, "conditions": [leaf]})]
    seen = {outcome(way, run, addition, expected, of, node) for node in (nodes[odd:odd + 1] if DIALECTS[way] == "trino" else nodes)}
    assert len(seen) == 1, seen
    record_property("conformance", "|".join((operator, of, way, *seen)))
