"""Questions in parts (partition.py) on SQLite: 10,000 groups with MULTIDB_FULL=1, a share of them otherwise; and that a wrong part is seen. A world is a number:
`tests/property/partition.py --worlds N N+1` asks about it again. The servers: tests/e2e/test_property.py."""
import os

import partition
import pytest
from generate import FEATURES

GROUPS = 20
BATCHES = 4
WORLDS = 560 if os.environ.get("MULTIDB_FULL") else 60


@pytest.mark.parametrize("batch", range(BATCHES))
def test_parts_of_a_question_make_up_the_whole(batch):
    worlds = range(batch, WORLDS, BATCHES)
    tally, found = partition.ask_worlds(worlds, FEATURES, GROUPS)
    partition.check(tally, found, len(worlds) * GROUPS * 0.85)
    assert tally["in Python"] > 0.3 * tally["groups"], dict(tally)


# ---- is it there for anything? ----

@pytest.mark.parametrize("what", ["unknown", "negated"])
def test_finds_a_missing_part(monkeypatch, what):
    """Rows where p is unknown, or false, belong to the whole."""
    empty = {"logic": "and", "conditions": []}
    monkeypatch.setattr(partition, what, lambda p, *_: None if what == "unknown" else p if p != empty else None)
    _, found = partition.ask_worlds(range(20), FEATURES, GROUPS)
    assert len(found) > 10 and any("the parts are not the whole" in text for text in found)


def test_finds_wrong_answers(monkeypatch):
    """A row less, a count of one more, a greatest value that is not."""
    asked = partition.asked

    def spoiled(run, group, definition):
        answer = asked(run, group, definition)
        if definition.get("executeMode") == "count":
            answer["count"] += "n" in how
        elif "aggregations" in definition:
            answer["data"] = [{**answer["data"][0], "all": answer["data"][0]["all"] + ("a" in how)}]
        elif "r" in how and definition.get("filters", [])[-1:] == [group.p]:
            answer["data"] = answer["data"][1:]
        return answer

    monkeypatch.setattr(partition, "asked", spoiled)
    for how, message in (("n", "count "), ("a", "of the parts"), ("r", "the parts are not the whole")):
        _, found = partition.ask_worlds(range(5), FEATURES, GROUPS)
        assert found and message in found[0], (how, found[:1])
