"""Pages on ClickHouse and through Trino (Iceberg, and PostgreSQL behind it): walks equal the whole list, a cursor of one engine goes on on another, and rows that were there
all along come once while others are written."""
import contextlib
import random

import pytest

import database
import walking
from cli import Run
from placed import originals_in, placed
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("stack")
TYPES = {"rank": "int", "large": "bigint", "word": "string", "ratio": "float", "price": "decimal", "ready": "boolean", "ref": "uuid", "day": "date", "moment": "timestamp"}
UUIDS = ["10000000-0000-4000-8000-00000000000f", "ffffffff-0000-4000-8000-000000000001", "00000000-ffff-4000-8000-000000000002"]
POOLS = {"rank": [1, 2, -3, None], "large": [9223372036854775807, -9223372036854775808, 9007199254740993, None], "word": ["", "a", "A", "ä", "Z", "東", "it's", None],
         "ratio": [0.1, 0.30000000000000004, -1.5, 1e21, 5e-324, None], "price": ["1.1", "-0.01", "10", "0.000000000000000001", None], "ready": [True, False, None], "ref": [*UUIDS, None],
         "day": ["2024-02-29", "1969-12-31", "2149-06-06", None], "moment": ["2024-02-29T23:59:59.999999Z", "1969-12-31T23:59:59.5Z", "2024-02-29T23:59:59.999998Z", None]}


def config():
    columns = [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}] + [{"apiName": n, "physicalName": f"c_{n}", "type": t, "nullable": True} for n, t in TYPES.items()]
    up = {"name": "up", "column": "rank", "references": {"table": "cells", "column": "id"}, "type": "many-to-one"}
    table = {"id": "cells", "apiName": "cells", "database": "pg", "physicalName": "x.cells", "primaryKey": ["id"], "columns": columns, "relations": [up]}
    return {"databases": [], "tables": [table], "roles": [{"id": "admin", "tables": "*"}], "server": {"cursorKeys": ["a secret of these tests"]}}


def rows():
    r = random.Random(1)
    return {"cells": {"columns": ["id", *TYPES], "rows": [[i, *(r.choice(POOLS[name]) for name in TYPES)] for i in range(1, 71)]}}


@pytest.fixture(scope="module")
def world(stack, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("pages")
    with contextlib.ExitStack() as open_:
        it = open_.enter_context(placed(stack, config(), rows(), folder))
        it.ways = {name: open_.enter_context(Run(database.write(originals_in(it.config, name), folder / f"{name}.json"), it.env)) for name in ("pg", "ch", "ice")}
        it.stack = stack
        yield it


def question(r):
    kind = r.choice(["plain", "plain", "joined", "distinct", "grouped"])
    names = ["id", *TYPES]
    columns = r.sample(names, r.randint(1, 3))
    if kind == "distinct":
        return {"from": "cells", "columns": columns, "distinct": True, "orderBy": walking.some_order(r, columns)}
    if kind == "grouped":
        keys = r.sample(["rank", "word", "ready", "ref", "price", "ratio", "large"], r.randint(1, 2))
        aggregations = [{"fn": "count", "column": "*", "alias": "n"}, {"fn": r.choice(["min", "max"]), "column": r.choice(["word", "price", "moment", "day"]), "alias": "m"}]
        order = walking.some_order(r, [*keys, "n", "m"])
        return {"from": "cells", "groupBy": [{"column": k} for k in keys], "aggregations": aggregations, "orderBy": order}
    definition = {"from": "cells", "columns": columns, "orderBy": walking.some_order(r, names)}
    if kind == "joined":
        definition["joins"] = [{"table": "cells", "as": "up", "via": "up", "reverse": False, "columns": ["word"]}]
        definition["orderBy"] += walking.some_order(r, ["word", "price", "ref"], "up")[:2]
    return definition


@pytest.mark.parametrize("way,rounds", [("ch", 40), ("ice", 8)])
def test_pages_together_are_the_whole_list(way, rounds, world):
    r = random.Random(f"pages of {way}")
    ask = world.ways[way].ask
    for _ in range(rounds):
        definition = question(r)
        assert walking.walk(ask, definition, lambda: r.randint(9, 30)) == walking.whole(ask, definition), definition


def test_pages_by_every_type(world):
    for column in TYPES:
        for way in ("ch", "ice"):
            for direction in ("asc", "desc"):
                definition = {"from": "cells", "columns": ["id", column], "orderBy": [{"column": column, "direction": direction}]}
                assert walking.walk(world.ways[way].ask, definition, 23 if way == "ice" else 7) == walking.whole(world.ways[way].ask, definition)


def test_continues_a_page_on_another_engine(world):
    """Cursors hold values, not places of an engine."""
    r = random.Random("pages everywhere")
    for _ in range(5):
        definition = {"from": "cells", "columns": ["id"], "orderBy": walking.some_order(r, ["rank", "word", "ratio", "price", "moment", "day", "ready", "large"])}
        engines = iter(["pg", "ch", "ice"] * 30)
        assert walking.walk(lambda d, context: world.ways[next(engines)].ask(d, context), definition, 12) == walking.whole(world.ways["pg"].ask, definition)


@pytest.mark.parametrize("way", ["ch", "ice"])
def test_shows_each_row_that_existed_throughout_once(way, world):
    r = random.Random(way)
    table = world.config["tables"][0]["physicalName"]
    lasting, fresh = set(range(1, 71)), iter(r.sample([i for i in range(-500, 1500) if not 1 <= i <= 70], 500))

    def write(page):
        values = f"({next(fresh)}, {r.choice(['NULL', '1', '-3', '7'])}, {r.choice(['NULL', repr('a'), repr('b')])})"
        if way == "ch":
            world.stack["clickhouse"].query(f"INSERT INTO {table} (id, c_rank, c_word) VALUES {values}")
        else:
            world.stack["trino"].query(f"INSERT INTO iceberg_archive.{table} (id, c_rank, c_word) VALUES {values}")
    for _ in range(4 if way == "ch" else 1):
        definition = {"from": "cells", "columns": ["id"], "orderBy": walking.some_order(r, ["rank", "word", "id"])}
        ids = [row["id"] for row in walking.walk(world.ways[way].ask, definition, lambda: r.randint(9, 20), between=write)]
        assert len(ids) == len(set(ids)) and lasting <= set(ids), definition
