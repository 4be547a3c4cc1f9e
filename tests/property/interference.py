#!/usr/bin/env python3
"""Non-interference: what a caller may not see changes nothing in the answers. By hand:

    .venv/bin/python tests/property/interference.py [--worlds FROM TO] [--questions N] [--most N]

Each generated world gets twins (twin.py): databases that differ in nothing that one of its contexts may see. The same questions of the whole language, wrong ones
too, are asked in both; the answers must be the same bytes. Where a world has a cache, the twin's is cold, or holds rows of others, rows as they were, and garbage
(poison.py), or what callers with other rights brought into it, or is shared by eight threads of several callers; the world's own fills as its questions go. Prints
violations, each with all that asks it again; exit 1 for any.

What is compared: everything but time. Between two states of a cache `strategy`, the target, `tablesUsed` and the statement may differ with it, so there: `data`, `count`,
errors, and of `meta` the columns, the page and the rest.

A cursor is a sealed position; its nonce is a MAC of what is sealed (docs/adr/0024), not random, so equal positions have equal cursors, which are compared byte by
byte, and walked on from in both databases. Only where the twin has other keys in the same order, which are sealed in it, does a cursor's text
differ: then it tells its length in blocks of padding, which may be one more where a key is longer, and nothing else.
"""
import argparse
import concurrent.futures
import contextlib
import copy
import functools
import itertools
import json
import pathlib
import random
import re
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reference"), str(HERE.parent / "lib")]

from access import Access  # noqa: E402
from cli import dumps  # noqa: E402
from compare import answer_of, differs as wrongly  # noqa: E402
from evaluator import Evaluator, Refusal  # noqa: E402
from generate import FEATURES, World  # noqa: E402
from grouping import Fragile  # noqa: E402
from place import refill_sqlite, replicated, sqlite  # noqa: E402
from poison import entries  # noqa: E402
from private_redis import PrivateRedis  # noqa: E402
from questions import Questions  # noqa: E402
from references import Ref  # noqa: E402
from replicas import replicate  # noqa: E402
from run import Lines, Tally  # noqa: E402
from run import ask_worlds as in_worlds  # noqa: E402
from twin import twin  # noqa: E402
from unseen import Unseen  # noqa: E402
from view import View  # noqa: E402

CONTEXTS, PAGES, THREADS = 3, 4, 8
ORDER_SHOWS = [0.1, 0.2, 0.3, 1e16, -1e16]  # added one by one, their sum tells in which order
BLOCK = 64  # what 48 bytes of a cursor's padding are as text
TIME = re.compile(r'("(?:timestamp|ms|\w+Ms)":)[0-9.e+-]+|\b\d+ms\b')
HASH, CURSOR = re.compile(r'(?<="planHash":)"\w+"'), re.compile(r'"endCursor":"([^"]*)"')
LOCAL = {"debugLog", "alternatives", "sql", "params", "dialect", "targetDatabase", "strategy", "tablesUsed", "planHash", "timing"}


class Violation:
    def __init__(self, world, other, definition, context, answers, members):
        self.world, self.other, self.definition, self.context, self.answers, self.members = world, other, definition, context, answers, members

    def __str__(self):
        case = {"found": f"world {self.world.seed}", "definition": self.definition, "context": self.context, "config": self.world.config, "rows": self.world.rows,
                "other rows": self.other.rows, "poison": self.world.poison, "other poison": self.other.poison, "cache": getattr(self.other, "cached", None)}
        return f"--- world {self.world.seed}: {self.members} differ\n{self.answers[0][:3000]}\n{self.answers[1][:3000]}\n{dumps(case)}\n"


# ---- comparing ----

def members(text):
    """{name: JSON text} of an object's text, byte by byte."""
    scan, at, out = json.JSONDecoder().raw_decode, 1, {}
    while text[at] != "}":
        at += text[at] == ","
        name, at = scan(text, at)
        start = at + 1
        _, at = scan(text, start)
        out[name] = text[start:at]
    return out


def told(text):
    """What an answer tells the caller wherever it came from."""
    out = members(text)
    out.update({f"meta.{k}": v for k, v in members(out.pop("meta", "{}")).items() if k not in LOCAL})
    return {k: v for k, v in out.items() if k not in LOCAL}


def clean(text, schema):
    """Without time and, where each database has a schema of its own, without its name and what is computed from it."""
    text = HASH.sub("0", text.replace(schema, "schema")) if schema else text
    return TIME.sub(lambda m: (m[1] or "") + "0", text)


def differ(one, other, anywhere=False, keys_changed=False):
    """The members that differ. anywhere: the answers may have come from different places."""
    if one == other:
        return []
    if keys_changed:
        lengths = [[len(cursor) for cursor in CURSOR.findall(text)] for text in (one, other)]
        if any(abs(a - b) > BLOCK for a, b in zip(*lengths)):
            return ["meta.page"]
        one, other = (CURSOR.sub('"endCursor":"sealed"', text) for text in (one, other))
    a, b = (told(one), told(other)) if anywhere or keys_changed else (members(one), members(other))
    return sorted(k for k in a.keys() | b.keys() if a.get(k) != b.get(k))


# ---- asking ----

class Database:
    """One of the two: a running multidb over one world's rows."""

    def __init__(self, world, place, stack):
        self.path, env = stack.enter_context(place(world))
        self.run = stack.enter_context(Lines(self.path, env))
        config = json.loads(self.path.read_text())
        names = [sync["targetPhysicalName"] for sync in config["externalSyncs"]] or [config["tables"][0]["physicalName"]]
        self.schema = names[0].rpartition(".")[0]

    def ask(self, definition, context):
        """(the answer as text without what may differ, the cursor to go on from or None)"""
        text = self.run.ask_line(definition, context)
        page = json.loads(text).get("meta", {}).get("page", {}) if "page" in definition else {}
        self.last = text
        return clean(text, self.schema), page.get("hasNext") and page["endCursor"]


def ask_pair(one, other, definition, context, anywhere, keys_changed):
    """None, or (members, answers) of the first page that differs."""
    asked = [definition, definition]
    for _ in range(PAGES):
        (a, next_a), (b, next_b) = one.ask(asked[0], context), other.ask(asked[1], context)
        members = differ(a, b, anywhere, keys_changed)
        if members:
            return members, (a, b)
        if not next_a:
            break
        asked = [{**definition, "page": {**definition["page"], "after": after}} for after in (next_a, next_b)]
    return None


def kinds(one, other):
    """For the tally: how was it answered?"""
    yield "refused" if '"errors":[' in one else "with rows" if '"data":[{' in one else "without"
    if '"meta":{"strategy":"cache"' in one + other:
        yield "from a cache"
    if '"targetDatabase":"copy"' in one + other:
        yield "from a replica"


def questions(world, other, context, count, number):
    """Of the whole language; where there is a cache, of what it answers too. Operands are values of both databases."""
    asker = copy.copy(world)
    asker.contexts = [context]
    source = Questions(asker, f"{number} of a pair")
    for i in range(count):
        asker.rows = source.random.choice((world, other)).rows
        yield source.next()
    source.access = access = Access(world.config, context)
    for table in [t for t in world.config["tables"] if access.sees(t)]:
        for name in [c for c in access.columns(table) if float_column(table, c)]:
            yield {"from": table["apiName"], "aggregations": [{"fn": source.random.choice(["sum", "avg"]), "column": name, "alias": "x"}]}, context
    held = [t["tableId"] for cache in world.config["caches"] for t in cache["tables"]]
    for table in [t for t in world.config["tables"] if t["id"] in held and access.sees(t) and access.columns(t)] * 2:
        definition = {"from": table["apiName"]}
        refs = [Ref(table["apiName"], table, definition)]
        source.add_columns(definition, refs)
        definition.pop("distinct", None)
        source.add_ids(definition, refs)
        if "byIds" in definition:
            yield definition, context


def says_the_same(world, evaluator, definition, context, asked):
    """A question that was spoiled in its context asks for other rights: its answer may differ unless it is refused."""
    try:
        return asked == context or isinstance(evaluator.answer(definition, asked), Refusal)
    except Fragile:
        return False


def sees_something(world, context):
    """Otherwise there is nothing to ask."""
    access = Access(world.config, context)
    return any(access.sees(t) and access.columns(t) for t in world.config["tables"])


def unordered(world, definition):
    """Is there no order even on SQLite: distinct rows, or those of a table without a key? (docs/adr/0025)"""
    names = {definition.get("from"), *(j.get("table") for j in definition.get("joins", []))}
    return definition.get("distinct") or any(t["apiName"] in names and not t["primaryKey"] for t in world.config["tables"])


def left_free(evaluator, definition, context, members, answers):
    """Do two answers differ only where the right answer is not defined: rows that may come in any order, the last digits of a sum of floats? Judged by the evaluator, to
    which both answers must be right. Such an order is the engine's: threads and hash tables of servers make another one each time."""
    if members != ["data"] or "page" in definition:
        return False
    try:
        expected = evaluator.answer(definition, context)
    except Fragile:
        return False
    return not any(wrongly(expected, answer_of(text)) for text in answers)


def put_floats(world, r):
    for table in world.config["tables"]:
        floats = [i for i, name in enumerate(world.rows[table["id"]]["columns"]) if float_column(table, name)]
        for row in world.rows[table["id"]]["rows"]:
            for i in floats:
                row[i] = r.choice(ORDER_SHOWS) if row[i] is not None and r.random() < 0.8 else row[i]


def float_column(table, name):
    return any(c["apiName"] == name and c["type"] == "float" for c in table["columns"])


def made(seed, features, replicas=None):
    world = World(seed, features - {"federated"} if replicas else features)
    world.config["server"] = {"cursorKeys": ["property tests: no secret"]}
    world.unseen = Unseen(seed, f"{seed} itself")
    put_floats(world, random.Random(f"floats {seed}"))
    return replicate(world, replicas, own_marks=False) if replicas else world


def ask_world(seed, features, count, tally, place=sqlite, redis=None, make=twin, contexts=CONTEXTS, replicas=None, every_state=False, threads=True):
    """Yields violations. make(world, context, random) -> another world or None; contexts: so many of those that have twins; redis: a PrivateRedis for the caches of
    some worlds; replicas: the engine of replicas that all questions prefer; every_state: each pair is asked with the cache in each state, not in one of them; threads: and by threads."""
    world, r = made(seed, features, replicas), random.Random(f"interference {seed}")
    if world.config["caches"] and redis and r.random() < 0.5:
        world = with_redis(world, redis, 1)
    way = {"prefer": ["replica"], **({"avoid": ["cache"]} if seed % 2 else {})} if replicas else {}
    evaluator, is_ordered = Evaluator(world.config, world.rows), place is sqlite or replicas == "sqlite"
    with contextlib.ExitStack() as stack:
        one = Database(world, place, stack)
        others = ((context, make(world, context, r)) for context in r.sample(world.contexts, len(world.contexts)) if sees_something(world, context))
        for number, (context, other) in enumerate(itertools.islice(((c, o) for c, o in others if o), contexts)):
            asked = [({**definition, **way}, caller) for definition, caller in questions(world, other, context, count, number)
                     if says_the_same(world, evaluator, definition, context, caller)]
            for again, state in enumerate(states(world, r, every_state)):
                with contextlib.ExitStack() as inner:
                    second = filled(state, world, other, context, r, place, inner, redis)
                    for definition, caller in asked:
                        found = ask_pair(one, second, definition, caller, bool(world.config["caches"]), other.keys_changed)
                        tally["pairs" if not again else "again"] += 1
                        tally.update([*kinds(one.last, second.last), state])
                        tally["keys changed"] += other.keys_changed
                        if found and (not is_ordered or unordered(world, definition)) and left_free(evaluator, definition, caller, *found):
                            tally["in another order"] += 1
                        elif found:
                            yield Violation(world, other, definition, caller, found[1], found[0])
            if threads and world.config["caches"] and (every_state or not number):
                yield from ask_by_threads(world, other, asked, place, redis, tally, evaluator)


# ---- by threads ----

def ask_by_threads(world, other, asked, place, redis, tally, evaluator):
    """The same pairs, the second of each by one of eight threads that share an engine and its cache with other callers. First pages only."""
    import library  # the planted bugs need the program alone
    if redis and world.config["caches"][0]["engine"] == "redis":
        other = with_redis(other, redis, 2)
    with contextlib.ExitStack() as stack:
        engines = []
        for w in (world, other):
            path, env = stack.enter_context(place(w))
            assert not env
            engines.append(library.Engine(path.read_text()))
            stack.callback(engines[-1].close)
        expected = answers(engines[0], [(i, *pair) for i, pair in enumerate(asked)])
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            got = list(pool.map(functools.partial(answers, engines[1]), [in_turn(world, asked, n) for n in range(THREADS)]))
    for thread in got:
        for i, answer in thread.items():
            definition, caller = asked[i]
            tally["by threads"] += 1
            members = differ(expected[i], answer, True, other.keys_changed)
            if members and unordered(world, definition) and left_free(evaluator, definition, caller, members, (expected[i], answer)):
                tally["in another order"] += 1
            elif members:
                yield Violation(world, other, definition, caller, (expected[i], answer), ["by threads", *members])


def in_turn(world, asked, number):
    """What one thread asks, as one other thread does: (place in asked, or None for what another caller asks; definition, context)"""
    r, mine = random.Random(f"thread {world.seed} {number}"), range(number % (THREADS // 2), len(asked), THREADS // 2)
    for i in r.sample(mine, len(mine)):
        if r.random() < 0.5:
            yield None, asked[i][0], r.choice(world.contexts)
        yield i, *asked[i]


def answers(engine, asked):
    """{place: the answer's text without time}"""
    import library
    query, out = library.Query(engine), {}
    for i, definition, context in asked:
        text = query.prepare(library.RUN, definition, context) or query.run()
        if i is not None:
            out[i] = clean(text, "")
    query.free()
    return out


def ask_worlds(seeds, features, count, ask=ask_world, **more):
    """(tally, violations), of which a few are enough"""
    return in_worlds(ask, seeds, features, count, **more)


def ask_replicas(seed, features, count, tally, engine="sqlite", servers=None, **more):
    """The same of replicas of the world's tables. The twin's hold other superseded versions, other deleted rows and rows of other tenants before."""
    place = functools.partial(replicated, engine=engine, servers=servers)
    yield from ask_world(seed, features, count, tally, place=place, replicas=engine, **more)


def ask_either(seed, features, count, tally, **more):
    """On SQLite: every fourth world, and every fourth of those that end in the same digit, is answered by replicas."""
    ask = ask_replicas if (seed + seed // 10) % 4 == 3 else ask_world
    yield from ask(seed, features, count, tally, **more)


def check(tally, found, pairs, free):
    """No violation, and not because nothing was asked. free: the share of answers that may be left_free."""
    assert not found, f"{len(found)} violations in {dict(tally)}:\n" + "\n".join(map(str, found[:2]))
    assert tally["pairs"] >= pairs and tally["with rows"] > 0.2 * tally["pairs"] and tally["in another order"] <= free * tally["pairs"], dict(tally)


# ---- caches ----

def with_redis(world, redis, number):
    out = copy.copy(world)
    out.config = copy.deepcopy(world.config)
    out.config["caches"][0].update(engine="redis", connection={"url": redis.url_of(number)})
    redis.ask(number, ("FLUSHDB",))
    return out


def states(world, r, every):
    """Of the twin's cache: all that there are, or one of them."""
    caches = world.config["caches"]
    out = ["cold"] + ["warm"] * bool(caches) + ["poisoned"] * bool(caches and caches[0]["engine"] == "redis")
    return out if every else [r.choice(out + out[1:])]


def filled(state, world, other, context, r, place, stack, redis):
    """The twin's database, its cache cold, poisoned, or warm from callers of all rights and from rows as they were before."""
    earlier, caches = twin(world, context, r) if state != "cold" else world, world.config["caches"]
    if caches and caches[0]["engine"] == "redis":
        earlier, other = with_redis(earlier, redis, 2), with_redis(other, redis, 2)
    if state == "poisoned":
        other.cached = entries(other, earlier, View(world.config, context), r)
        redis.ask(2, *(("SET", *pair) for pair in other.cached.items()))
    if state != "warm":
        return Database(other, place, stack)
    second = Database(earlier, place, stack)
    warm(second, [earlier, other], world.contexts)
    refill_sqlite(other, second.path.parent)
    return second


def warm(database, worlds, contexts):
    """Each context asks for all the rows that occur in any of the worlds."""
    for table in worlds[0].config["tables"]:
        key = table["primaryKey"]
        rows = [dict(zip(d["columns"], row)) for d in (w.rows[table["id"]] for w in worlds) for row in d["rows"]] if key else []
        ids = [{k: row[k] for k in key} if len(key) > 1 else row[key[0]] for row in rows]
        for context in contexts if ids else []:
            database.run.ask_line({"from": table["apiName"], "byIds": ids}, context)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--worlds", type=int, nargs=2, default=(0, 50))
    p.add_argument("--questions", type=int, default=20)
    p.add_argument("--most", type=int, default=3)
    p.add_argument("--replicas", action="store_true")
    p.add_argument("--states", action="store_true")
    args = p.parse_args()
    start = time.monotonic()
    with PrivateRedis() as redis:
        ask = ask_replicas if args.replicas else ask_world
        tally, found = ask_worlds(range(*args.worlds), FEATURES, args.questions, ask, redis=redis, every_state=args.states)
    print("\n".join(map(str, found[:args.most])))
    print(f"{tally['pairs']} pairs, {len(found)} violations, {time.monotonic() - start:.1f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
