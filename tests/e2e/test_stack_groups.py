"""Grouped and distinct queries on ClickHouse, Iceberg, and PostgreSQL and ClickHouse through Trino: the reference evaluator's answer on each way; and what only they do."""
import contextlib
import os

import database
import grouped
import pytest
from cli import Run
from expected import Expected, Fragile
from placed import originals_in, placed
from stack import stack  # noqa: F401
from test_groups import ADMIN, CHOSEN, N, agg

pytestmark = pytest.mark.xdist_group("questions")
FULL = bool(os.environ.get("MULTIDB_FULL"))
RANDOM = {"postgres": 200, "clickhouse": 500, "iceberg": 60 if FULL else 15, "postgres through trino": 60 if FULL else 15, "clickhouse through trino": 60 if FULL else 15}


@pytest.fixture(scope="module")
def ways(stack, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("groups")
    config, rows = grouped.config(), grouped.rows()
    for table in config["tables"]:
        for column in table["columns"]:
            column["physicalName"] = column["physicalName"].replace(" ", "_")
    expected = Expected(config, rows)
    with contextlib.ExitStack() as open_:
        world = open_.enter_context(placed(stack, config, rows, folder))

        def run(name):
            return open_.enter_context(Run(database.write(originals_in(world.config, name), folder / f"{name}.json"), world.env))
        pg, ch, ice = run("pg"), run("ch"), run("ice")
        through = {"prefer": ["trino"]}
        yield expected, {"postgres": (pg, {}, "postgres"), "clickhouse": (ch, {}, "clickhouse"), "iceberg": (ice, {}, "trino"), "postgres through trino": (pg, through, "trino"),
                       "clickhouse through trino": (ch, through, "trino")}


def ask(ways, way, definition, context):
    expected, by_name = ways
    run, addition, dialect = by_name[way]
    answer = run.ask({**definition, **addition}, context)
    assert "data" in answer or "count" in answer, f"{way}: {definition}: {answer}"
    if answer["dialect"] != dialect:
        return None  # refused there: arrays of ClickHouse
    expected.check(definition, context, answer)
    return answer


@pytest.mark.parametrize("way", RANDOM)
@pytest.mark.parametrize("name", CHOSEN)
def test_answers_chosen_query_as_evaluator(name, way, ways):
    ask(ways, way, CHOSEN[name], ADMIN)


@pytest.mark.parametrize("way", RANDOM)
def test_answers_random_queries_as_evaluator(way, ways):
    queries = grouped.Queries(77)
    answered = 0
    for _ in range(RANDOM[way]):
        try:
            answered += ask(ways, way, *queries.query()) is not None
        except Fragile:  # answered, but the last digits of a sum of floats decide what is right
            answered += 1
    assert answered > RANDOM[way] * 0.8


@pytest.mark.parametrize("fn", ["sum", "avg", "min", "max"])
@pytest.mark.parametrize("way", RANDOM)
def test_walks_pages_of_groups_in_the_order_of_an_aggregate(way, fn, ways):
    """Page by page the groups of the whole list, where the position is compared with an aggregate of decimals."""
    run, addition, dialect = ways[1][way]
    definition = {"from": "facts", "groupBy": [{"column": "kindCode"}], "aggregations": [agg(fn, "amount", "a")],
                  "orderBy": [{"column": "a", "direction": "desc"}], **addition}
    whole = run.ask(definition, ADMIN)["data"]
    seen, page = [], {"first": 1}
    while page and len(seen) <= len(whole):
        answer = run.ask({**definition, "page": page}, ADMIN)
        assert answer["dialect"] == dialect and "data" in answer, answer
        seen += answer["data"]
        cursor = answer["meta"]["page"].get("endCursor")
        page = {"first": 1, "after": cursor} if cursor else None
    assert len(whole) > 2 and [row["a"] for row in seen] == [row["a"] for row in whole]
    assert sorted(map(str, seen)) == sorted(map(str, whole))


@pytest.mark.parametrize("way", RANDOM)
def test_reports_a_sum_with_more_digits_than_trino_has(way, ways):
    """A sum of 39 digits: right on the engines that have them, an error on Trino, and nowhere a number that wrapped."""
    run, addition, dialect = ways[1][way]
    answer = run.ask({"from": "vast", "aggregations": [agg("sum", "amount", "s")], **addition}, ADMIN)
    if dialect == "trino":
        # a connector that adds in its database cannot read the sum
        assert answer["code"] == ("QUERY_FAILED" if way == "iceberg" else "TYPE_MISMATCH")
    else:
        assert str(answer["data"][0]["s"]) == "120000000000000000001"


def test_clickhouse_sums_do_not_wrap(ways):
    d = {"from": "facts", "filters": [{"column": "big", "operator": "=", "value": "9223372036854775807"}], "aggregations": [N, agg("sum", "big", "s"), agg("avg", "big", "a")]}
    row = ask(ways, "clickhouse", d, ADMIN)["data"][0]
    assert row["s"] == row["n"] * 9223372036854775807 and row["a"] == 9223372036854775807
