"""Generated questions as prepared definitions: binding gives the bytes that asking gives.

Each question's values become parameters. One handle is bound with the question's own values and with others, by callers with other roles and with other
context values, in turns: what a binding takes over from one before must show nowhere. In all four dialects plans are compared, on SQLite answers too.

With MULTIDB_FULL=1 ten times as many worlds."""
import collections
import copy
import os
import pathlib
import random
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "lib"), str(pathlib.Path(__file__).resolve().parent)]

import database  # noqa: E402
import library  # noqa: E402
import place  # noqa: E402
from generate import FEATURES, World  # noqa: E402
from prepared import changed, difference, filled, with_parameters  # noqa: E402
from questions import Questions  # noqa: E402

FULL = bool(os.environ.get("MULTIDB_FULL"))
BATCHES, WORLDS = (20, 600) if FULL else (4, 60)
QUESTIONS, BINDINGS = 12, 14
ROLE_SETS = 14  # more than a handle keeps
FIRST = 30000  # worlds that no other test asks


def callers(world, context, draw):
    """The question's caller, the same roles with other values, and other roles."""
    out = [context, *draw.sample(world.contexts, 3)]
    for _ in range(3):
        one = copy.deepcopy(draw.choice([context, *world.contexts]))
        values = one.get("contextValues", {})
        for key in values:
            if draw.random() < 0.5:
                values[key] = draw.choice([[], [values[key]], None, values[key]]) if not isinstance(values[key], list) else draw.choice([[], values[key][:1], values[key] * 2])
        out.append(one)
    roles = copy.deepcopy(context).get("roles", {})
    if any(isinstance(ids, list) and len(ids) > 1 for ids in roles.values()):
        out.append({**context, "roles": {scope: ids[::-1] for scope, ids in roles.items()}})
    return out


class Pair:
    """One handle that is bound, and one that is asked, each of an engine of its own: their caches are filled alike."""

    def __init__(self, config, mode):
        self.mode, self.engines = mode, [library.Engine(config, offline=mode == library.PLAN) for _ in range(2)]
        self.bound, self.asked = map(library.Query, self.engines)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.bound.free()
        self.asked.free()
        for engine in self.engines:
            engine.close()

    def answer(self, query, refused):
        if refused:
            return refused
        return library.timeless(query.run()) if self.mode == library.RUN else query.plan()

    def compare(self, template, values, context):
        """(what differs or None, was it refused?)"""
        direct = self.answer(self.asked, self.asked.prepare(self.mode, filled(template, values), context))
        bound = self.answer(self.bound, self.bound.bind(values, context))
        found = difference(direct, bound, template)
        if not found and direct == bound and library.timeless(self.asked.log()) != library.timeless(self.bound.log()):
            found = f"asked: {self.asked.log()}\nbound: {self.bound.log()}"
        return found, '"errors"' in direct[:400]


def compare_question(pair, world, definition, context, draw, tally):
    """Binds one prepared definition again and again. Returns the first difference."""
    template, values = with_parameters(definition, draw, draw.choice([0.2, 0.8]))
    assert pair.bound.define(pair.mode, template) is None
    all_callers, sets = callers(world, context, draw), [values, values, *(changed(values, draw) for _ in range(4))]
    for turn in range(BINDINGS):
        caller, given = (context, values) if turn < 2 else (draw.choice(all_callers), draw.choice(sets))
        found, refused = pair.compare(template, given, caller)
        tally["refused" if refused else "answered"] += 1
        if found:
            return f"world {world.seed}, binding {turn}: {template}\n{given}\n{caller}\n{found}"
    return None


def compare_questions(pair, world, questions, tally, found):
    """The number of bindings."""
    draw = random.Random(f"prepared {world.seed}")
    for definition, context in questions:
        found += filter(None, [compare_question(pair, world, definition, context, draw, tally)])
    return BINDINGS * len(questions)


def role_sets(world, context, draw):
    """Callers with more rights and with fewer, each with all values that row filters need."""
    ids = [role["id"] for role in world.config["roles"]]

    def some():
        return draw.sample(ids, draw.choice([1, 1, 1, 2, 3]))

    for _ in range(ROLE_SETS):
        yield {**{k: v for k, v in context.items() if k != "role"}, "roles": {"user": some(), **({"service": some()} if draw.random() < 0.2 else {})}}


def compare_role_sets(pair, world, questions, tally, found):
    """Binds each definition by one set of roles after another, then by all of them in another order. The number of bindings."""
    draw, bindings = random.Random(f"roles {world.seed}"), 0
    for definition, context in questions:
        template, values = with_parameters(definition, draw)
        assert pair.bound.define(pair.mode, template) is None
        callers = list(role_sets(world, context, draw))
        for caller in [*callers, *draw.sample(callers, len(callers))]:
            given = values if draw.random() < 0.8 else changed(values, draw)
            different, refused = pair.compare(template, given, caller)
            tally["refused" if refused else "answered"] += 1
            found += [f"world {world.seed}: {template}\n{given}\n{caller}\n{different}"] if different else []
        bindings += 2 * len(callers)
    return bindings


def questions_of(world):
    source = Questions(world, 0)
    return [source.next() for _ in range(QUESTIONS)]


def check(found, tally, bindings):
    print(dict(tally))
    assert not found, f"{len(found)} differences:\n" + "\n\n".join(found[:2])
    assert tally["answered"] > 0.4 * bindings and tally["refused"] > 0.02 * bindings, dict(tally)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_plans_are_those_of_asking(batch):
    found, tally, bindings = [], collections.Counter(), 0
    for seed in range(FIRST + batch, FIRST + WORLDS, BATCHES):
        world = World(seed, FEATURES)
        world.config["server"] = {"cursorKeys": ["a key that all of them have"]}
        asked = questions_of(world)
        for target in database.DIALECTS:
            with Pair(database.nowhere(world.config, target), library.PLAN) as pair:
                bindings += compare_questions(pair, world, asked, tally, found)
    check(found, tally, bindings)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_answers_are_those_of_asking(batch):
    found, tally, bindings = [], collections.Counter(), 0
    for seed in range(FIRST + batch, FIRST + WORLDS, 2 * BATCHES):
        world = World(seed, FEATURES)
        world.config["server"] = {"cursorKeys": ["a key that both engines have"]}
        with place.sqlite(world) as (path, _), Pair(path.read_text(), library.RUN) as pair:
            bindings += compare_questions(pair, world, questions_of(world), tally, found)
    check(found, tally, bindings)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_plans_of_many_sets_of_roles_are_those_of_asking(batch):
    found, tally, bindings = [], collections.Counter(), 0
    for seed in range(FIRST + batch, FIRST + WORLDS, BATCHES):
        world = World(seed, FEATURES)
        world.config["server"] = {"cursorKeys": ["a key that all of them have"]}
        target = list(database.DIALECTS)[seed // BATCHES % len(database.DIALECTS)]
        with Pair(database.nowhere(world.config, target), library.PLAN) as pair:
            bindings += compare_role_sets(pair, world, questions_of(world), tally, found)
    check(found, tally, bindings)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_answers_of_many_sets_of_roles_are_those_of_asking(batch):
    found, tally, bindings = [], collections.Counter(), 0
    for seed in range(FIRST + batch, FIRST + WORLDS, 2 * BATCHES):
        world = World(seed, FEATURES)
        world.config["server"] = {"cursorKeys": ["a key that both engines have"]}
        with place.sqlite(world) as (path, _), Pair(path.read_text(), library.RUN) as pair:
            bindings += compare_role_sets(pair, world, questions_of(world), tally, found)
    check(found, tally, bindings)
