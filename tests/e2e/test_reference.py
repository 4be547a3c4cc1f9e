"""multidb answers as the reference evaluator does (tests/reference): generated metadata, roles, contexts, rows and questions of the whole language.

With MULTIDB_FULL=1 50,000 questions on SQLite, 5,000 each on PostgreSQL and ClickHouse, 500 through Trino; a share of them otherwise. Every fourth world on SQLite
and some of the servers' are answered by replicas, which hold superseded and deleted rows (tests/reference/replicas.py). A world is a number:
`tests/reference/run.py --worlds N N+1` asks about it again on SQLite, --keep makes a case of what it finds, which is asked first from then on."""
import functools
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reference"))

import place  # noqa: E402
import realtypes  # noqa: E402
import run as reference  # noqa: E402
from placed import need_clickhouse_driver  # noqa: E402
from replicas import REFUSALS  # noqa: E402
from stack import stack  # noqa: E402, F401

FULL = bool(os.environ.get("MULTIDB_FULL"))
QUESTIONS = 40
WORLDS = 1250 if FULL else 400
BATCHES = 10

# engine -> (worlds, questions each, in full and otherwise; features that it can't have: docs/conformance-values.md)
SERVERS = {
    "pg": ((125, 40), (8, 40), set()),
    "ch": ((75, 40), (6, 40), {"null_arrays"}),
}
TRINO = ((15, 40), (3, 10))
REPLICAS = {
    "postgres": ((10, 40), (2, 40), set()),
    "clickhouse": ((75, 40), (4, 40), {"null_arrays"}),
    "iceberg": ((5, 40), (1, 20), {"null_arrays"}),
}


def check(tally, found, questions):
    assert not found, f"{len(found)} differences in {dict(tally)}:\n" + "\n".join(map(str, found[:3]))
    assert tally["asked"] > 0.9 * questions and tally["rows"] > min(0.25 * tally["asked"], tally["asked"] - 40) and not tally["unsupported"], dict(tally)


def check_replicas(tally):
    """Most of what replicas are asked is answered by them; otherwise a page says why not (docs/planning.md)."""
    codes = {name for name in tally if name.isupper()}
    assert tally["materialized"] > 2 * tally["direct"] and not codes - REFUSALS, dict(tally)


@pytest.mark.parametrize("name,case", reference.cases() or [("none yet", None)], ids=lambda v: v if isinstance(v, str) else "")
def test_answers_a_kept_case_as_evaluator(name, case):
    assert case is None or not reference.ask_case(case), f"{name}: {reference.ask_case(case)[0]}"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_sqlite_answers_as_evaluator(batch):
    worlds = range(batch, WORLDS, BATCHES)
    tally, found = reference.ask_worlds(reference.ask_either, worlds, reference.BUILT, QUESTIONS)
    if found:
        print(f"made smaller: {reference.smaller(found[0])}")
    check(tally, found, len(worlds) * QUESTIONS)
    check_replicas(tally)


@pytest.mark.xdist_group("questions")
@pytest.mark.parametrize("target", SERVERS)
def test_server_answers_as_evaluator(target, stack):  # noqa: F811
    need_clickhouse_driver()
    stack.need("pg-main", "pg-tenant", "clickhouse", "trino")
    full, share, without = SERVERS[target]
    worlds, questions = full if FULL else share
    features = reference.BUILT - without - {"poison", "federated"}
    tally, found = reference.ask_worlds(reference.ask_world, range(5000, 5000 + worlds), features, questions, place=functools.partial(place.server, stack, target),
                                       engine=target if target in realtypes.CATALOGUE else None)
    check(tally, found, worlds * questions)


@pytest.mark.xdist_group("questions")
def test_trino_answers_as_evaluator(stack):  # noqa: F811
    """Tables of Iceberg, PostgreSQL and ClickHouse; what Trino cannot read or compare as its source does is answered by the source."""
    need_clickhouse_driver()
    stack.need("pg-main", "pg-tenant", "clickhouse", "trino")
    worlds, questions = TRINO[0 if FULL else 1]
    features = reference.BUILT - {"poison", "federated", "null_arrays"}
    tally, found = reference.ask_worlds(reference.ask_trino, range(6000, 6000 + worlds), features, questions, servers=stack)
    check(tally, found, worlds * questions)
    assert tally["trino-cross-db"] > 0.25 * tally["asked"], dict(tally)


@pytest.mark.xdist_group("questions")
@pytest.mark.parametrize("engine", REPLICAS)
def test_replica_answers_as_evaluator(engine, stack):  # noqa: F811
    need_clickhouse_driver()
    stack.need("pg-main", "pg-tenant", "clickhouse", "trino")
    full, share, without = REPLICAS[engine]
    worlds, questions = full if FULL else share
    features = reference.BUILT - without - {"poison"}
    tally, found = reference.ask_worlds(reference.ask_replicas, range(6000, 6000 + worlds), features, questions, engine=engine, servers=stack)
    check(tally, found, worlds * questions)
    check_replicas(tally)
