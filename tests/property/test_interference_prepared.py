"""Non-interference (interference.py) of prepared definitions: each question is bound on a handle that other callers have bound just before, in both databases. What was
planned for them must show nowhere in the answers. 5,000 pairs with MULTIDB_FULL=1, a share of them otherwise."""
import os
import random

import interference
import library
import pytest
from cli import dumps, exact
from generate import FEATURES
from prepared import with_parameters

FULL = bool(os.environ.get("MULTIDB_FULL"))
QUESTIONS = 12
BATCHES = 4
WORLDS = 160 if FULL else 24
PAIRS = 30  # of a world, on average, at least


class PreparedLines:
    """What run.Lines is, through one handle that is bound again and again."""

    def __init__(self, path, env):
        assert not env
        self.engine = library.Engine(path.read_text())
        self.query, self.template = library.Query(self.engine), None
        self.roles = [role["id"] for role in exact(path.read_text())["roles"]]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.query.free()
        self.engine.close()

    def others(self, context, draw):
        """Callers with other roles and the same values, and with the same roles and other values."""
        for _ in range(3):
            yield {**{k: v for k, v in context.items() if k != "role"}, "roles": {"user": draw.sample(self.roles, draw.randint(1, len(self.roles)))}}
        values = context.get("contextValues", {})
        yield {**context, "contextValues": {k: v if draw.random() < 0.5 else [] if isinstance(v, list) else v for k, v in values.items()}}

    def ask_line(self, definition, context):
        draw = random.Random(dumps(definition))
        template, values = with_parameters(definition, draw)
        if template != self.template:
            assert self.query.define(library.RUN, template) is None
            self.template = template
        callers = [context, *self.others(context, draw)]
        draw.shuffle(callers)  # whose plan the others are planned by
        for caller in callers:
            self.query.bind(values, caller)
        return self.query.bind(values, context) or self.query.run()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_callers_cannot_distinguish_twin_databases_by_bindings(batch, monkeypatch):
    monkeypatch.setattr(interference, "Lines", PreparedLines)
    worlds = range(51000 + batch, 51000 + WORLDS, BATCHES)
    tally, found = interference.ask_worlds(worlds, FEATURES, QUESTIONS, threads=False)
    interference.check(tally, found, len(worlds) * PAIRS, free=0.001)
