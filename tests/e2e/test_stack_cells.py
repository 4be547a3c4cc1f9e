"""Cells and masks on every engine: the roles of tests/lib/cells.py on PostgreSQL, ClickHouse, Iceberg and ClickHouse through Trino, and SQLite, each against the reference evaluator,
all with the same text. 200 questions, 30 of them also through Trino; twice as many with MULTIDB_FULL=1."""
import contextlib
import os

import pytest

import cells
import database
import things
from cli import Run
from expected import Expected
from placed import originals_in, placed
from stack import stack  # noqa: F401
from test_cells import CHOSEN
from test_stack_equal import Ways, clamped, text

pytestmark = pytest.mark.xdist_group("stack")
QUESTIONS, THROUGH_TRINO, SEEDS = (400, 60, 4) if os.environ.get("MULTIDB_FULL") else (200, 30, 4)


@pytest.fixture(scope="module")
def ways(stack, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("cells")
    rows = clamped(things.rows())
    direct = {"avoid": ["cache", "replica"]}
    lite = cells.config({"maskedColumns": cells.EVERYTHING})
    lite["trino"] = {"enabled": True, "engine": "embedded"}
    lite = database.sqlite_files(lite, rows, folder)
    config = cells.config({"maskedColumns": cells.EVERYTHING})
    for table in config["tables"]:
        for column in table["columns"]:
            column["physicalName"] = column["physicalName"][:63].replace("\\", "|")
    with contextlib.ExitStack() as open_:
        world = open_.enter_context(placed(stack, config, rows, folder))
        world.expected = Expected(world.config, rows)

        def run(name, document):
            return open_.enter_context(Run(database.write(document, folder / f"{name}.json"), world.env))
        more = {"embedded": (run("lite", lite), (direct, None)),
                "clickhouse": (run("click", originals_in(world.config, "ch")), (direct, {("direct", "clickhouse")})),
                "in iceberg": (run("ice", originals_in(world.config, "ice")), (direct, {("direct", "trino")})),
                "clickhouse, through trino": (run("ch", originals_in(world.config, "ch")), ({"prefer": ["trino"]}, {("trino-cross-db", "trino")}))}
        yield world, more


@pytest.mark.parametrize("seed", range(SEEDS))
def test_answers_random_queries_as_evaluator(seed, ways):
    world, more = ways
    generator = cells.CellGenerator(world.expected, 9000 + seed, ["filter", "sort"])
    asked = Ways(world, cells.contexts(40, generator.random), more, ("in iceberg", "clickhouse, through trino"))
    with asked.run:
        for i in range(QUESTIONS // SEEDS):
            asked.question(generator, (seed, i), asked.through_trino < THROUGH_TRINO // SEEDS)
    assert asked.answered["direct"] == asked.answered["clickhouse"] == asked.answered["embedded"] == QUESTIONS // SEEDS and asked.answered["in iceberg"], asked.answered


class Given:
    def __init__(self, definition, context):
        self.given = definition, context

    def context(self, _):
        return self.given[1]

    def definition(self, _):
        return self.given[0]

    random = None


@pytest.mark.parametrize("name", CHOSEN)
def test_answers_chosen_query_as_evaluator(name, ways):
    world, more = ways
    asked = Ways(world, [], more, ("in iceberg", "clickhouse, through trino"))
    with asked.run:
        asked.question(Given(*CHOSEN[name]), (name, 1), True)
    assert asked.answered["clickhouse"] and asked.through_trino, asked.answered


@pytest.mark.parametrize("name", cells.TOGETHER)
def test_groups_cells_the_same_way_on_every_engine(name, ways):
    """Rows put together, exists and the other operators: the same text on every engine."""
    world, more = ways
    definition, context = cells.TOGETHER[name]
    texts = {}
    asked = Ways(world, [], more)
    with asked.run:
        for way in asked.answered:
            answer = asked.ask(way, definition, context)
            if answer is not None:
                texts[way] = (text(answer), answer["sql"])
    assert {"direct", "embedded", "clickhouse", "in iceberg"} <= set(texts)
    for way, (found, sql) in texts.items():
        assert found == texts["embedded"][0], f"{way}: {sql}"
