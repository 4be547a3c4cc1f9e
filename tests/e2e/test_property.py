"""Non-interference and questions in parts (tests/property) on PostgreSQL and ClickHouse: 5,000 pairs and 1,000 groups each with MULTIDB_FULL=1, a share of them
otherwise; of ClickHouse also replicas with other superseded and deleted rows."""
import functools
import os
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / room) for room in ("property", "reference")]

import interference  # noqa: E402
import partition  # noqa: E402
from generate import FEATURES  # noqa: E402
from place import server  # noqa: E402
from placed import need_clickhouse_driver  # noqa: E402
from stack import stack  # noqa: E402, F401

FULL = bool(os.environ.get("MULTIDB_FULL"))
WORLDS, QUESTIONS, CONTEXTS = (90, 20, 3) if FULL else (3, 30, 2)
REPLICA_WORLDS = 30 if FULL else 1
FREE = 0.25  # of the answers may come in another order: what the caller does not see decides the places of rows
PART_WORLDS, GROUPS = (32, 40) if FULL else (2, 30)

# engine -> features that it can't have: docs/conformance-values.md
SERVERS = {"pg": set(), "ch": {"null_arrays"}}


def placed(stack, target):  # noqa: F811
    """(features, where a world is put)"""
    need_clickhouse_driver()
    stack.need("pg-main", "pg-tenant", "clickhouse", "trino")
    return FEATURES - SERVERS[target] - {"poison", "federated", "cache"}, functools.partial(server, stack, target)


@pytest.mark.xdist_group("questions")
@pytest.mark.parametrize("target", SERVERS)
def test_callers_cannot_distinguish_twin_databases(target, stack):  # noqa: F811
    features, place = placed(stack, target)
    tally, found = interference.ask_worlds(range(7000, 7000 + WORLDS), features, QUESTIONS, place=place, contexts=CONTEXTS)
    interference.check(tally, found, WORLDS * QUESTIONS * CONTEXTS * 0.8, FREE)


@pytest.mark.xdist_group("questions")
def test_callers_cannot_distinguish_what_replicas_hold_of_the_past(stack):  # noqa: F811
    features, _ = placed(stack, "ch")
    tally, found = interference.ask_worlds(range(7500, 7500 + REPLICA_WORLDS), features - {"null_arrays"}, QUESTIONS, ask=interference.ask_replicas, engine="clickhouse",
                                           servers=stack, contexts=CONTEXTS)
    interference.check(tally, found, REPLICA_WORLDS * QUESTIONS * CONTEXTS * 0.8, FREE)
    assert tally["from a replica"] > 0.4 * tally["pairs"], dict(tally)


@pytest.mark.xdist_group("questions")
@pytest.mark.parametrize("target", SERVERS)
def test_parts_of_a_question_make_up_the_whole(target, stack):  # noqa: F811
    features, place = placed(stack, target)
    tally, found = partition.ask_worlds(range(7000, 7000 + PART_WORLDS), features, GROUPS, place=place)
    partition.check(tally, found, PART_WORLDS * GROUPS * 0.6)
