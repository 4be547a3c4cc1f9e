"""The operators that are more than a comparison with a value, and column against column, on ClickHouse and Iceberg and through Trino: the rows that the reference
evaluator names, from cells at the edges (tests/lib/every.py). Each engine answers as SQLite and PostgreSQL do in test_operators.py; what differs stands in
LIMITS, and in docs/dialects.md; the test fails when a limit is no longer one.

Through Trino a share of the questions is asked, all with MULTIDB_FULL=1."""
import contextlib
import os

import pytest

import database
import every
from cli import ROOT, Run
from expected import Expected
from placed import originals_in, placed
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("questions")
ENGINES = {"pg": "postgres", "ch": "clickhouse", "ice": "iceberg"}
# way -> every how many-th question is asked; 1: negated too, otherwise one of them
STEPS = {"clickhouse": 1, "iceberg": 8, "postgres through trino": 16, "clickhouse through trino": 16} if not os.environ.get("MULTIDB_FULL") else {}
WAYS = ["clickhouse", "iceberg", "postgres through trino", "clickhouse through trino"]


@pytest.fixture(scope="module")
def ways(stack, tmp_path_factory):  # noqa: F811
    """way -> (Run, addition to the definition, dialect)"""
    folder = tmp_path_factory.mktemp("every")
    stack.need("pg-main", "clickhouse", "trino")
    stack["pg-main"].psql("CREATE EXTENSION IF NOT EXISTS fuzzystrmatch")
    rows = every.rows(null_arrays=False)  # ClickHouse has no NULL for a whole array
    with contextlib.ExitStack() as open_:
        world = open_.enter_context(placed(stack, every.config(), rows, folder, change=lambda target, sql: every.change(ENGINES[target], sql)))

        def run(name):
            return open_.enter_context(Run(database.write(originals_in(world.config, name), folder / f"{name}.json"), world.env))
        pg, ch, ice = run("pg"), run("ch"), run("ice")
        through = {"prefer": ["trino"]}
        yield {"clickhouse": (ch, {}, "clickhouse"), "iceberg": (ice, {}, "trino"), "postgres through trino": (pg, through, "trino"), "clickhouse through trino": (ch, through, "trino"),
               "expected": Expected(every.config(), rows)}


def ask(ways, way, definition):
    run, addition, dialect = ways[way]
    definition = {"from": "cells", "columns": ["id"], **definition}
    answer = run.ask({**definition, **addition}, {"role": "admin"})
    assert "data" in answer and answer["dialect"] == dialect, f"{way}: {str(definition)[:500]}: {answer}"
    ways["expected"].check(definition, {"role": "admin"}, answer)


def is_refused(ways, nodes):
    """Trino does not read ClickHouse's arrays (docs/adr/0019): such a plan is refused, and preferring it changes nothing."""
    run, addition, _ = ways["clickhouse through trino"]
    for node in nodes:
        answer = run.ask({"from": "cells", "columns": ["id"], "filters": [node], **addition, "executeMode": "sql-only"}, {"role": "admin"})
        assert answer["dialect"] == "clickhouse", answer


def negated(node):
    return {"logic": "and", "not": True, "conditions": [node]}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("nodes", [pytest.param(nodes, id=name) for name, nodes in every.questions()])
def test_special_operator_finds_the_rows_of_the_evaluator(nodes, way, ways):
    if way == "clickhouse through trino" and nodes[0]["operator"].startswith("array"):
        return is_refused(ways, nodes)
    step = STEPS.get(way, 1)
    for i, node in enumerate(nodes):
        if i % step == 0:
            ask(ways, way, {"filters": [node]})
        if step == 1 or (step == 8 and i == len(nodes) // 2):
            ask(ways, way, {"filters": [negated(node)]})


@pytest.mark.parametrize("way", WAYS[:3])
@pytest.mark.parametrize("definition", list(every.joined()))
def test_compares_columns_over_joins(definition, way, ways):
    ask(ways, way, definition)
