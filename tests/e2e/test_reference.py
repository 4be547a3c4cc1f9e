"""multidb answers as the reference evaluator does (tests/reference): generated metadata, roles, contexts, rows and questions of the whole language.

50,000 questions on SQLite with MULTIDB_FULL=1, a share of them otherwise. A world is a number: `tests/reference/run.py --worlds N N+1` asks about it again,
--keep makes a case of what it finds."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reference"))

import run as reference  # noqa: E402

FULL = bool(os.environ.get("MULTIDB_FULL"))
BATCHES, QUESTIONS = 10, 40
WORLDS = 1250 if FULL else 500


@pytest.mark.parametrize("name,case", reference.cases(), ids=lambda v: v if isinstance(v, str) else "")
def test_kept_case(name, case):
    assert not reference.ask_case(case), f"{name}: {reference.ask_case(case)[0]}"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_sqlite(batch):
    tally, found = reference.Tally(), []
    worlds = range(batch, WORLDS, BATCHES)
    print(f"worlds {worlds}, {QUESTIONS} questions each")
    for seed in worlds:
        found += reference.ask_world(seed, reference.BUILT, QUESTIONS, tally)
        if len(found) > 20:
            break
    assert not found, f"{len(found)} differences in {dict(tally)}:\n" + "\n".join(map(str, [reference.smaller(found[0]), *found[:3]]))
    assert tally["asked"] > 0.9 * len(worlds) * QUESTIONS and tally["rows"] > 0.25 * tally["asked"] and not tally["unsupported"], dict(tally)
