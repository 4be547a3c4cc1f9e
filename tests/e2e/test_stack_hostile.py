"""Hostile values and names on the real servers: stored in tables whose columns have hostile names, found again by lists, keys, patterns and one by one, in
PostgreSQL, ClickHouse and Iceberg; and the question that has one in every place answers what SQLite answers. In full numbers: tests/property/test_hostile.py."""
import copy
import random

import pytest

import database
from cli import Run
from hostile import ALL, ALONE, CONFIG, PLACES, as_pattern, hostile, question, rows
from placed import originals_in, placed
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("stack")
NAMES = {"text": 'q"uo"te', "note": "back\\slash", "tags": "ti`ck", "tenant": "it's; --", "region": "$1 ?1 {p1:string}", "key": "sélect from"}


def named():
    """Names in lower case: Trino has no others."""
    config = copy.deepcopy(CONFIG)
    for table in config["tables"]:
        for column in table["columns"]:
            column["physicalName"] = NAMES.get(column["apiName"], column["apiName"])
    return config


def texts():
    rng = random.Random("stack")
    return list(dict.fromkeys([*ALONE, *(hostile(rng) for _ in range(250))]))


@pytest.fixture(scope="module")
def world(stack, tmp_path_factory):  # noqa: F811
    with placed(stack, named(), rows(texts()), tmp_path_factory.mktemp("hostile")) as made:
        yield made


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    with Run(database.write(database.sqlite_files(named(), rows(texts()), folder), folder / "multidb.json")) as run:
        yield run


def found(run, *filters, context=ALL):
    answer = run.ask({"from": "things", "columns": ["id"], "filters": list(filters)}, context)
    assert "data" in answer, answer
    return sorted(row["id"] for row in answer["data"])


@pytest.mark.parametrize("target, alone", [("pg", 250), ("ch", 100), ("ice", 10)])
def test_finds_hostile_values_again(world, embedded, target, alone, tmp_path):
    every, rng = texts(), random.Random(target)
    number = {t: i for i, t in enumerate(every)}
    with Run(database.write(originals_in(world.config, target), tmp_path / "multidb.json"), world.env) as run:
        answer = run.ask({"from": "things", "columns": ["id", "text", "tags"], "filters": [{"column": "text", "operator": "in", "value": every}]}, ALL)
        assert {row["text"]: (row["id"], row["tags"]) for row in answer["data"]} == {t: (i, [t, "other"]) for t, i in number.items()}
        assert [row["text"] for row in run.ask({"from": "keyed", "byIds": every}, ALL)["data"]] == every
        some = {"role": "some", "contextValues": {"tenant": every[30], "regions": every, "not": every[31]}}
        assert found(run, context=some) == [30]
        short = [t for t in every if len(t) < 100][:200]
        assert found(run, {"logic": "or", "conditions": [{"column": "text", "operator": "like", "value": as_pattern(t)} for t in short]}) == [number[t] for t in short]
        for text in rng.sample(every, alone):
            same = {"column": "text", "operator": "=", "value": text}
            assert found(run, same, {"column": "tags", "operator": "arrayContains", "value": text}, {"table": "keyed", "filters": [same]}) == [number[text]], text
        for _ in range(5):
            asked = question([rng.choice(every) for _ in range(PLACES)])
            assert run.ask(*asked)["data"] == embedded.ask(*asked)["data"], asked
