#!/usr/bin/env python3
"""Asks multidb on SQLite what the evaluator knows. By hand:

    .venv/bin/python tests/reference/run.py [--worlds FROM TO] [--questions N] [--only FEATURE,...] [--without FEATURE,...] [--replicas] [--keep]

Prints every difference with its world and question, made as small as it goes; --keep writes them to tests/reference/cases, which are asked first from
then on. With --replicas all questions go to replicas on SQLite that change data capture wrote (replicas.py). Exit 1 when something differed. $MULTIDB names another build's program.
"""
import argparse
import collections
import functools
import json
import pathlib
import sys
import time
import types

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import realtypes  # noqa: E402
from cli import Run, dumps, exact  # noqa: E402
from compare import answer_of, differs  # noqa: E402
from evaluator import Evaluator, Refusal  # noqa: E402
from generate import FEATURES, World  # noqa: E402
from grouping import Fragile  # noqa: E402
from place import replicated, server, sqlite  # noqa: E402
from questions import Questions  # noqa: E402
from replicas import replicate, rows_left  # noqa: E402
from shrink import shrink  # noqa: E402

# Features that multidb refuses as UNSUPPORTED so far.
NOT_BUILT = set()
BUILT = FEATURES - NOT_BUILT
MOST_PAGES = 5000


class Lines(Run):
    """`multidb run`, answers with every number as its text."""

    def ask_line(self, definition, context):
        """The answer's very text."""
        line = ""
        try:
            self.process.stdin.write(dumps({"definition": definition, "context": context}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            pass
        assert line, f"run ended (status {self.process.wait(5)}): {self.stderr()[-2000:]}"
        return line.rstrip("\n")

    def ask_raw(self, definition, context):
        return answer_of(self.ask_line(definition, context))


class Difference:
    """One question that multidb answers otherwise than the evaluator."""

    def __init__(self, world, number, definition, context, expected, got, text):
        self.expected = expected
        self.world, self.number, self.definition, self.context, self.got, self.text = world, number, definition, context, got, text

    def kind(self):
        """What shrinking keeps: the first word of what differs, and what multidb refused with."""
        got = {(e["code"], e["pointer"]) for e in self.got.get("errors", [])}
        odd = got ^ set(self.expected.errors) if isinstance(self.expected, Refusal) else got
        return self.text.split()[0], self.got.get("code"), sorted({(code, "".join(c for c in where if not c.isdigit())) for code, where in odd})

    def case(self):
        w = self.world
        changes = {"changes": w.changes, "writers": w.writers} if hasattr(w, "changes") else {"rows": w.rows}
        return {"found": f"world {getattr(w, 'seed', '?')}, question {self.number}", "definition": self.definition, "context": self.context,
                "config": w.config, "poison": w.poison, "engine": getattr(w, "engine", None), "real": getattr(w, "real", {}), **changes}

    def __str__(self):
        return (f"--- world {getattr(self.world, 'seed', '?')}, question {self.number}\n{dumps(self.definition)}\n{dumps(self.context)}\n"
                f"{self.got.get('sql')} {self.got.get('params')}\n{self.text[:3000]}\n")


class Tally(collections.Counter):
    """asked, answered with rows, refused as expected, unsupported, fragile; by replicas, and why not by them"""

    def note(self, expected):
        self["asked"] += 1
        if isinstance(expected, Refusal):
            self["refusals"] += 1
        elif expected.count or expected.rows:
            self["rows"] += 1

    def note_strategy(self, got):
        """Why no replica answered, if none did although it was preferred."""
        self[got.get("strategy", "refused")] += 1
        for code in {entry["details"]["code"] for entry in got.get("debugLog", []) if "database" in (entry.get("details") or {}) and "code" in entry["details"]}:
            self[code] += 1


def ask(world, questions, tally, place=sqlite):
    """Asks (number, definition, context) of one world; yields the differences."""
    evaluator = Evaluator(world.config, world.rows, engine=getattr(world, "engine", None), real=getattr(world, "real", {}))
    with place(world) as (path, env), Lines(path, env) as run:
        for number, definition, context in questions:
            try:
                expected = evaluator.answer(definition, context)
            except Fragile:
                tally["fragile"] += 1
                continue
            got = pages(run, definition, context, strangers(world, definition, context)) if "page" in definition else run.ask_raw(definition, context)
            if got.get("code") == "UNSUPPORTED" or any(e["code"] == "UNSUPPORTED" for e in got.get("errors", [])):
                tally["unsupported"] += 1
                continue
            if not isinstance(expected, Refusal) and realtypes.is_refused_as_unheld(world.config, definition, got):
                tally["unheld"] += 1
                continue
            tally.note(expected)
            if "prefer" in definition:
                tally.note_strategy(got)
            text = differs(expected, got)
            if text:
                yield Difference(world, number, definition, context, expected, got, text)


def pages(run, definition, context, strangers=()):
    """The answer that all pages are together. A cursor is good for no question but its own: strangers are others, (definition, context)."""
    whole = got = run.ask_raw(definition, context)
    for _ in range(MOST_PAGES):
        if "data" not in got:
            return got
        if got is not whole:
            whole["data"] += got["data"]
        if len(got["data"]) > definition["page"]["first"]:
            return {"code": f"a page of {len(got['data'])} rows"}
        if not got["meta"]["page"]["hasNext"]:
            return whole
        if not got["data"]:
            return {"code": "an empty page that says there is more"}
        cursor = got["meta"]["page"]["endCursor"]
        for other, caller in strangers if got is whole else ():
            if "code" not in run.ask_raw(behind(other, cursor), caller):
                return {"code": f"the cursor is good for {dumps(other)} {dumps(caller)}"}
        got = run.ask_raw(behind(definition, cursor), context)
    return {"code": "pages without an end"}


def behind(definition, cursor):
    return {**definition, "page": {**definition["page"], "after": cursor}}


def strangers(world, definition, context):
    """The same question of other callers: in other roles, with other context values; other questions of the same caller."""
    values = context.get("contextValues", {})
    yield from ((definition, c) for c in getattr(world, "contexts", []) if c != context)
    yield definition, {**context, "contextValues": {**values, "of": "nobody"}}
    for part in ("filters", "orderBy"):
        if part in definition:
            yield {key: value for key, value in definition.items() if key != part}, context


def ask_world(seed, features, count, tally, place=sqlite, engine="sqlite"):
    """engine: of the real types that columns get; None: those that make-sample gives them"""
    world = realtypes.give(World(seed, features), engine) if engine else World(seed, features)
    source = Questions(world, 0)
    yield from ask(world, ((i, *source.next()) for i in range(count)), tally, place)


def ask_replicas(seed, features, count, tally, engine="sqlite", servers=None):
    """The same of replicas of the world's tables, every second time without the caches that they fill. On SQLite most have real types."""
    world = World(seed, features if engine == "sqlite" else features - {"federated"})
    replicate(realtypes.give(world, engine) if engine == "sqlite" and seed % 3 else world, engine)
    way = {"prefer": ["replica"], **({"avoid": ["cache"]} if seed % 2 else {})}
    source = Questions(world, 0)
    questions = ((number, {**definition, **way}, context) for number, definition, context in ((i, *source.next()) for i in range(count)))
    yield from ask(world, questions, tally, functools.partial(replicated, engine=engine, servers=servers))


def ask_trino(seed, features, count, tally, servers):
    """Tables of Iceberg, of PostgreSQL and of ClickHouse, one after the other, through Trino where it can read them."""
    target = ("ice", "pg", "ch")[seed % 3]
    world = realtypes.give(World(seed, features), target, names_all=True)
    source = Questions(world, 0)
    questions = ((i, {**definition, "prefer": ["trino"]}, context) for i, (definition, context) in ((i, source.next()) for i in range(count)))
    yield from ask(world, questions, tally, functools.partial(server, servers, target))


def ask_either(seed, features, count, tally):
    """Every fourth world has replicas; so has every fourth of those that end in the same digit."""
    yield from (ask_replicas if (seed + seed // 10) % 4 == 3 else ask_world)(seed, features, count, tally)


def ask_worlds(ask_one, seeds, features, count, **more):
    """(tally, what was found), of which a few are enough; ask_one(seed, features, count, tally, **more) yields what it finds in one world."""
    tally, found = Tally(), []
    print(f"worlds {seeds}, {count} questions each")
    for seed in seeds:
        found += ask_one(seed, features, count, tally, **more)
        if len(found) > 20:
            break
    print(dict(tally))
    return tally, found


def cases():
    """The questions that once were answered wrongly: (name, case)"""
    return [(path.stem, read_case(path.read_text())) for path in sorted((HERE / "cases").glob("*.json"))]


def read_case(text):
    """Every digit of the question's numbers; rows as make-sample takes them."""
    plain = json.loads(text)
    return {**exact(text), **{key: plain[key] for key in ("rows", "changes", "writers") if key in plain}}


def ask_case(case):
    world = types.SimpleNamespace(config=case["config"], poison=case.get("poison", {}), engine=case.get("engine"), real=case.get("real", {}),
                                  **{key: case[key] for key in ("rows", "changes", "writers") if key in case})
    if "changes" in case:
        world.rows = rows_left(case["config"]["tables"], case["changes"])
    return list(ask(world, [(0, case["definition"], case["context"])], Tally(), replicated if "changes" in case else sqlite))


def smaller(difference):
    """A difference of the same kind with as little as shows it."""
    def still(case):
        try:
            return [d.kind() for d in ask_case(case)] == [difference.kind()]
        except Exception:  # what is left is no configuration or question any more
            return False
    return ask_case(shrink(read_case(dumps(difference.case())), still))[0]


def keep(difference):
    world = getattr(difference.world, "seed", "x")
    path = HERE / "cases" / f"world-{world}-{difference.number}.json"
    path.write_text(dumps(difference.case()) + "\n")
    return path


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--questions", type=int, default=40)
    p.add_argument("--worlds", type=int, nargs=2, default=(0, 50))
    p.add_argument("--without", default="")
    p.add_argument("--only", default="")
    p.add_argument("--built", action="store_true")
    p.add_argument("--most", type=int, default=5)
    p.add_argument("--replicas", action="store_true")
    p.add_argument("--keep", action="store_true")
    args = p.parse_args()
    features = (set(args.only.split(",")) if args.only else BUILT if args.built else FEATURES) - set(args.without.split(","))
    tally, wrong, start = Tally(), 0, time.process_time()
    for seed in range(*args.worlds):
        for difference in (ask_replicas if args.replicas else ask_world)(seed, features, args.questions, tally):
            wrong += 1
            if wrong <= args.most:
                print(f"{difference}\nsmaller: {dumps((small := smaller(difference)).case())}\n{small}", flush=True)
                if args.keep:
                    print(keep(difference))
    print(f"{dict(tally)}, {wrong} differences, {time.process_time() - start:.1f} s of CPU here")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
