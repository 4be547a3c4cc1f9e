"""Every statement that the generated questions make, in all four dialects, before the auditor (tests/lib/audit.py): no server is needed, and SQLite only for the
cursors of second pages. How many they were is printed (pytest -rP shows it).

With MULTIDB_FULL=1 more than 50,000 different statements, a tenth of them otherwise. In every fourth world replicas with layouts are read. Promises as well that the auditor would notice: of a part of them, a
conjunct of a row filter is made TRUE, or a cell's CASE is replaced by its bare column, one at a time, and it must refuse what is left.
"""
import collections
import copy
import os
import pathlib
import sys
import tempfile

import pytest
from sqlglot import exp

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "lib"), str(pathlib.Path(__file__).resolve().parent)]

import audit  # noqa: E402
import database  # noqa: E402
import entitled  # noqa: E402
import place  # noqa: E402
from cli import Run, call_json, dumps  # noqa: E402
from generate import FEATURES, World  # noqa: E402
from questions import Questions  # noqa: E402
from replicas import replicate  # noqa: E402

FULL = bool(os.environ.get("MULTIDB_FULL"))
BATCHES, WORLDS = (20, 400) if FULL else (4, 40)
QUESTIONS = 30
FIRST = 20000  # worlds that no other test asks
WEAKENED = {False: 20, True: 2}  # one statement in so many, of those without and with CASE


def questions_of(world):
    """Generated questions, and those for the page behind the first."""
    source, out = Questions(world, 0), []
    with place.sqlite(world) as (path, env), Run(path, env) as run:
        for _ in range(QUESTIONS):
            definition, context = source.next()
            out.append((definition, context))
            cursor = "page" in definition and run.ask(definition, context).get("meta", {}).get("page", {}).get("endCursor")
            if cursor:
                out.append(({**definition, "page": {**definition["page"], "after": cursor}}, context))
    return out


def configured(world, target):
    """For a dialect; where there are replicas, in other layouts for each."""
    if world.seed // BATCHES % 4:
        return database.nowhere(world.config, target)
    world = replicate(copy.deepcopy(world), database.DIALECTS[target])
    world.config["policy"]["preferReplica"] = True
    return database.nowhere(world.config, target)


def answers(config, questions):
    """(context, answer) with the statements. `run` would execute a count: explain tells its statement without."""
    with tempfile.TemporaryDirectory(prefix="mdb-audit-") as folder:
        path = database.write(config, pathlib.Path(folder) / "multidb.json")
        with Run(path) as run:
            for definition, context in questions:
                if definition.get("executeMode") == "count":
                    yield context, call_json("explain", path, definition, context)[1]
                else:
                    yield context, run.ask({**definition, "executeMode": "sql-only"}, context)


def weakened(auditor, tree, params, context):
    """(kind of a weakness, the tree made so meanwhile): one conjunct of the roles made TRUE, or one cell bare."""
    judged = audit.Judged(auditor, tree, params, context)
    for node, by, kind in list(weaknesses(judged)):
        node.replace(by)
        yield kind, judged.tree
        by.replace(node)


def weaknesses(judged):
    """(node, what takes its place, kind); none where a row can't be (WHERE FALSE): there it tells nothing"""
    if any(entitled.implies(p.given, ("const", False)) for p in judged.places.values()):
        return
    tree, held = judged.tree, [c for p in judged.places.values() for c in p.given]
    for node in tree.walk():
        if isinstance(node, exp.Case) and isinstance(inner := node.args["ifs"][0].args["true"], exp.Column) and inner.table in judged.places:
            place = judged.places[inner.table]
            is_key = place.source.names[inner.name] in place.source.table["primaryKey"]
            if not (is_key and audit.may_end_in_keys(tree)) and entitled.atoms(judged.formula(node.args["ifs"][0].this, place)) <= place.entitled.comparisons:
                yield node, inner.copy(), "cell"
        for place in judged.places.values():
            if any(node is c for c in place.nodes) and held.count(formula := judged.formula(node, place)) == 1:
                if entitled.atoms(formula) and entitled.atoms(formula) <= place.entitled.comparisons:
                    yield node, exp.true(), "row"


def refuses(auditor, tree, params, context, columns):
    try:
        audit.Judged(auditor, tree, params, context, columns).all()
    except AssertionError:
        return True
    return False


class Tally:
    """What has been audited, what was found unguarded, and which of the weakened statements were refused."""

    def __init__(self):
        self.seen, self.unguarded, self.count, self.kinds = set(), [], collections.Counter(), collections.Counter()

    def judge(self, auditor, context, answer):
        columns = audit.outputs(answer)
        for dialect, sql, params in audit.statements(answer):
            key = id(auditor), dialect, sql, dumps(params), dumps(context)
            if key in self.seen:
                continue
            self.seen.add(key)
            self.count[dialect] += 1
            try:
                self.count["tables"] += auditor.statement(dialect, sql, params, context, columns)
            except AssertionError as e:
                self.unguarded.append(str(e))
                continue
            if len(self.seen) % WEAKENED["CASE" in sql] == 0:
                tree = audit.parse(dialect, sql)
                for kind, weak in weakened(auditor, tree, params, context):
                    self.kinds[kind, refuses(auditor, weak, params, context, columns)] += 1


@pytest.mark.parametrize("batch", range(BATCHES))
def test_statements_of_questions_are_guarded(batch):
    tally, auditors = Tally(), []
    worlds = range(FIRST + batch, FIRST + WORLDS, BATCHES)
    print(f"worlds {worlds}, {QUESTIONS} questions each")
    for seed in worlds:
        world = World(seed, FEATURES - {"errors"})
        world.config["server"] = {"cursorKeys": ["a key that all of them have"]}
        questions = questions_of(world)
        for target in database.DIALECTS:
            config = configured(world, target)
            auditors.append(audit.Auditor(config))
            for context, answer in answers(config, questions):
                tally.judge(auditors[-1], context, answer)
    print(len(tally.seen), "statements,", len(tally.unguarded), "unguarded:", dict(tally.count), dict(tally.kinds))
    assert not tally.unguarded, "\n\n".join(tally.unguarded[:5])
    for dialect in database.DIALECTS:
        assert tally.count[dialect] > 0.7 * len(worlds) * QUESTIONS, dict(tally.count)
    for kind in ("row", "cell"):
        # a user's own filter may say what the role's does
        assert tally.kinds[kind, True] > 3 and tally.kinds[kind, False] <= 0.05 * tally.kinds[kind, True] + 2, dict(tally.kinds)
