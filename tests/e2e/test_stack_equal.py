"""One question, every way to its answer: direct, from a replica in ClickHouse or Iceberg, through Trino, from the cache, and federated in the process on
SQLite. Each way must return the rows of the reference evaluator, and where the order or a limit leaves no choice all ways must give the same text, digit for digit.

2,000 questions in all; 150 of them also through Trino, 1,000 with MULTIDB_FULL=1."""
import contextlib
import copy
import json
import os
import types

import pytest

import database
import things
from cli import Run
from conftest import EXAMPLE
from random_queries import Generator
from expected import Expected
from placed import need_clickhouse_driver, originals_in, placed
from stack import stack  # noqa: F401
from test_answers import CONTEXTS, PLANNER, THINGS

pytestmark = pytest.mark.xdist_group("stack")
QUESTIONS = 2000
THROUGH_TRINO = 1000 if os.environ.get("MULTIDB_FULL") else 150
SEEDS = 10

# name -> what is added to the definition; which strategies then may answer, and with which engine's SQL
WAYS = {
    "direct": ({"avoid": ["replica", "trino", "cache"]}, {("direct", "postgres"), ("direct", "clickhouse"), ("direct", "trino")}),
    "replica": ({"prefer": ["replica"], "avoid": ["trino", "cache"]}, {("materialized", "postgres"), ("materialized", "clickhouse")}),
    "iceberg": ({"prefer": ["replica"], "avoid": ["cache"]}, {("materialized", "trino")}),
    "trino": ({"prefer": ["trino"], "avoid": ["cache"]}, {("trino-cross-db", "trino")}),
    "cache": ({"avoid": ["replica", "trino"]}, {("cache", "postgres")}),
}
TRINO = ("trino", "iceberg")  # each takes a tenth of a second and more


def text(answer):
    """Rows as text, digit for digit, whatever their order and that of keys in documents."""
    if "count" in answer:
        return [str(answer["count"])]
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in answer["data"])


def tables_in(node):
    """The tables of a definition: from, joins and exists nodes, wherever they stand."""
    if isinstance(node, list):
        return [name for part in node for name in tables_in(part)]
    if not isinstance(node, dict):
        return []
    own = [node["from"]] if "from" in node else [node["table"]] if "table" in node and "column" not in node else []
    return own + [name for key, part in node.items() if key in ("filters", "conditions", "joins", "on") for name in tables_in(part)]


class Ways:
    def __init__(self, world, contexts, more=(), slow=()):
        """more: {name: (Run, addition, allowed)} besides the ways of one configuration; slow: those of them that ask Trino"""
        self.slow = slow
        self.world, self.contexts = world, contexts
        self.through_trino = 0
        self.run = Run(world.path, world.env)
        self.more = dict(more)
        self.answered = dict.fromkeys([*WAYS, *self.more], 0)

    def ask(self, name, definition, context):
        run, (addition, allowed) = self.more.get(name) or (self.run, WAYS[name])
        answer = run.ask({**definition, **addition}, context)
        if answer.get("code") in PLANNER:
            return None
        assert "data" in answer or "count" in answer, f"{name}: {answer}"
        return answer if allowed is None or (answer["strategy"], answer["dialect"]) in allowed else None

    def made(self, generator, number):
        """Every fourth question is one that a cache can answer, where there is a cache."""
        context = generator.context(self.contexts)
        definition = {k: v for k, v in generator.definition(context).items() if k not in ("prefer", "freshness")}
        cached = [t for c in self.world.config.get("caches", []) for t in c["tables"]]
        if number[1] % 4 == 0 and cached:
            table = self.world.expected.by_id[generator.random.choice(cached)["tableId"]]
            if self.world.expected.allowed(table, context):
                definition = {"from": table["apiName"], "columns": generator.columns(table, context),
                              "byIds": [row[table["primaryKey"][0]] for row in generator.random.choices(self.world.expected.stored[table["id"]], k=3)] + [987654]}
        return context, definition

    def iceberg_only(self, definition):
        names = tables_in(definition)
        engines = {d["id"]: d["engine"] for d in self.world.config["databases"]}
        return any(engines[self.world.expected.tables[name]["database"]] == "iceberg" for name in names)

    def is_one_answer(self, definition, context):
        """Does neither the order nor a limit leave a choice of rows?"""
        return "limit" not in definition or definition.get("executeMode") == "count" or self.world.expected.is_total(definition, context)

    def question(self, generator, number, trino):
        context, definition = self.made(generator, number)
        texts = {}
        for name in self.answered:
            if not trino and (name in (*TRINO, *self.slow) or (name in WAYS and self.iceberg_only(definition))) or (name == "cache" and "byIds" not in definition):
                continue
            answer = self.ask(name, definition, context)
            if answer is None:
                continue
            try:
                self.world.expected.check(definition, context, answer)
            except AssertionError as e:
                raise AssertionError(f"question {number}, {name}: {e}") from None
            self.answered[name] += 1
            self.through_trino += answer["dialect"] == "trino"
            if self.is_one_answer(definition, context):
                texts[name] = text(answer)
        first = next(iter(texts), None)
        for name in texts:
            assert texts[name] == texts[first], f"question {number}, {first} and {name} differ: {definition}\n{context}"


def ask_all(ways, seeds, questions, through_trino):
    with ways.run:
        for seed in seeds:
            generator = Generator(ways.world.expected, seed)
            for i in range(questions):
                ways.question(generator, (seed, i), ways.through_trino < through_trino)
    assert ways.through_trino >= through_trino, f"only {ways.through_trino} answers came through Trino"
    return ways.answered


@pytest.fixture(scope="module")
def concept_ways(stack, example_rows, tmp_path_factory):  # noqa: F811
    """The concept's own configuration, and its SQLite files federated in the process."""
    need_clickhouse_driver()
    stack.need()
    folder = tmp_path_factory.mktemp("equal")
    config = json.loads((EXAMPLE / "multidb.stack.json").read_text())
    config["roles"] += things.EXTRA_ROLES["concept"]
    lite = json.loads((EXAMPLE / "multidb.json").read_text())
    lite["roles"] += things.EXTRA_ROLES["concept"]
    lite = database.sqlite_files(lite, example_rows, folder)
    world = types.SimpleNamespace(config=config, env=stack.environment(), path=database.write(config, folder / "multidb.json"), expected=Expected(config, example_rows))
    with Run(database.write(lite, folder / "lite.json")) as lite_run:
        yield world, {"embedded": (lite_run, ({"avoid": ["cache", "replica"]}, None))}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_way_answers_concept_queries_as_evaluator(seed, concept_ways):
    world, more = concept_ways
    ways = Ways(world, CONTEXTS, more)
    questions = QUESTIONS // (2 * SEEDS)
    answered = ask_all(ways, [1000 + seed], questions, -(-THROUGH_TRINO // (2 * SEEDS)))
    assert answered["direct"] > questions / 4 and answered["embedded"] == questions and answered["replica"] and answered["trino"] and answered["cache"], answered


def clamped(rows):
    """What all engines hold and can compare (docs/conformance-values.md): dates of 1970 to 2149, no NULL for a whole array."""
    out = copy.deepcopy(rows)
    columns = out["things"]["columns"]
    day, tags = columns.index("day"), columns.index("tags")
    for row in out["things"]["rows"]:
        row[day] = {"0001-01-01": "1970-01-02", "1969-12-31": "1970-01-01", "9999-12-31": "2149-06-06"}.get(row[day], row[day])
        row[tags] = [] if row[tags] is None else row[tags]
    return out


@pytest.fixture(scope="module")
def things_ways(stack, tmp_path_factory):  # noqa: F811
    """The table of all types, in PostgreSQL, with a replica of everything in ClickHouse and in Iceberg, and on SQLite."""
    folder = tmp_path_factory.mktemp("things")
    rows = clamped(things.rows())
    lite = things.config()
    lite["trino"] = {"enabled": True, "engine": "embedded"}
    lite = database.sqlite_files(lite, rows, folder)
    direct = {"avoid": ["cache", "replica"]}
    config = things.config()
    for table in config["tables"]:
        for column in table["columns"]:  # PostgreSQL cuts a name at 63 bytes; Trino's ClickHouse connector does not escape a backslash in one
            column["physicalName"] = column["physicalName"][:63].replace("\\", "|")
    with contextlib.ExitStack() as open_:
        world = open_.enter_context(placed(stack, config, rows, folder))

        def run(name, config):
            return open_.enter_context(Run(database.write(config, folder / f"{name}.json"), world.env))
        yield world, {"embedded": (run("lite", lite), (direct, None)),
                      "in iceberg": (run("ice", originals_in(world.config, "ice")), (direct, {("direct", "trino")})),
                      "clickhouse, through trino": (run("ch", originals_in(world.config, "ch")), ({"prefer": ["trino"]}, {("trino-cross-db", "trino")}))}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_way_answers_all_types_as_evaluator(seed, things_ways):
    world, more = things_ways
    questions = QUESTIONS // (2 * SEEDS)
    answered = ask_all(Ways(world, THINGS, more, ("in iceberg", "clickhouse, through trino")), [2000 + seed], questions, -(-THROUGH_TRINO // (2 * SEEDS)))
    assert answered["direct"] == answered["embedded"] == answered["replica"] == questions and answered["in iceberg"] and answered["trino"], answered
