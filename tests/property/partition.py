#!/usr/bin/env python3
"""A question in parts: TLP and NoREC, which need no evaluator to find what is wrong. By hand:

    .venv/bin/python tests/property/partition.py [--worlds FROM TO] [--groups N] [--most N]

A group is a question and a predicate p over its rows. Of the rows those where p is true, where it is not and where it is unknown (NULL in what p looks at)
must be all the rows, each once; so must counts, sums, least and greatest values. How many rows there are must be what count mode says; and those where p is true
must be those that plain Python keeps of all rows, wherever p looks only at what is shown. Prints what fails; exit 1 for any.
"""
import argparse
import collections
import copy
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reference"), str(HERE.parent / "lib")]

from access import CLEAR, Access  # noqa: E402
from cli import dumps, exact  # noqa: E402
from generate import FEATURES, World  # noqa: E402
from operators import NULL_TESTS  # noqa: E402
from place import sqlite  # noqa: E402
from questions import Questions  # noqa: E402
from references import Ref, multiplied  # noqa: E402
from rows import Rows, Seen  # noqa: E402
from run import Lines, Tally  # noqa: E402
from run import ask_worlds as in_worlds  # noqa: E402
from values import EXACT, NUMBERS, ORDERED, spelled  # noqa: E402
from wrong import nodes  # noqa: E402


class Group:
    """A question of one context, a predicate, and the parts that these make."""

    def __init__(self, source, context, table):
        self.source, self.context, self.definition = source, context, {"from": table["apiName"]}
        self.refs = [Ref(table["apiName"], table, self.definition)]
        if source.has("joins", 0.4):
            source.add_joins(self.definition, self.refs)
        if source.random.random() < 0.4:
            source.put(self.definition, "filters", source.nodes(self.refs, self.refs[0], 1, top=True))
        source.add_columns(self.definition, self.refs)
        self.definition.pop("distinct", None)
        self.p = self.predicate()
        self.asked = []

    def predicate(self):
        """None: nothing of these tables can be filtered by."""
        for _ in range(5):
            found = self.source.nodes(self.refs, self.refs[0], 3, top=True)
            if found:
                return found[0] if len(found) == 1 else {"logic": self.source.random.choice(["and", "or"]), "conditions": found}
        return None

    def ref(self, name):
        return next(r for r in self.refs if r.name == (name or self.refs[0].name))

    # ---- the parts ----

    def parts(self):
        """[definition]: p is true, is not, is unknown."""
        third = unknown(self.p, self.may_be_null)
        return [self.where(p) for p in (self.p, negated(self.p), third) if p]

    def where(self, p, definition=None):
        definition = definition or self.definition
        return {**definition, "filters": [*definition.get("filters", []), p]}

    def may_be_null(self, name, column):
        ref = self.ref(name)
        return ref.nullables[column] or ref.optional or self.source.access.may_hide(ref.table, column)

    # ---- the same rows as numbers ----

    def aggregated(self, definition):
        """One row of counts, sums, least and greatest values over the same rows."""
        out = {k: v for k, v in definition.items() if k != "columns"}
        if "joins" in out:
            out["joins"] = [{k: v for k, v in join.items() if k != "columns"} for join in out["joins"]]
        return {**out, "aggregations": [a for a, _ in self.aggregates()], "allowFanOut": any(multiplied(self.refs, r) for r in self.refs)}

    def aggregates(self):
        """[(aggregation, type)]"""
        out = [({"fn": "count", "column": "*", "alias": "all"}, "int")]
        for ref in self.refs:
            for use, fns in (("count", ("count",)), ("aggregate", ("sum", "min", "max"))):
                for c in self.source.usable(ref, use):
                    for fn in fns:
                        if fn == "count" or (fn == "sum" and c["type"] in NUMBERS and c["type"] != "float") or (fn != "sum" and c["type"] in ORDERED):
                            out.append(({"fn": fn, "column": c["apiName"], "table": ref.name, "alias": f"n{len(out)}"}, {"sum": "decimal", "count": "int"}.get(fn, c["type"])))
        return out[:12]

    # ---- p in Python ----

    def shows_p(self):
        """Can p be decided by what an answer shows?"""
        found = list(nodes([self.p]))
        if any("column" not in f and "conditions" not in f for f in found):
            return False
        return all(self.source.access.gate(ref.table, column) == CLEAR for ref, column in self.looked_at(found))

    def looked_at(self, found):
        for f in found:
            for column, name in (("column", "table"), ("refColumn", "refTable")):
                if column in f:
                    yield self.ref(f.get(name)), f[column]

    def showing(self):
        """The question, all that p looks at among its columns."""
        out = copy.deepcopy(self.definition)
        for ref, column in self.looked_at(list(nodes([self.p]))):
            place = out if ref is self.refs[0] else out["joins"][self.refs.index(ref) - 1]
            if column not in place.setdefault("columns", []):
                place["columns"].append(column)
        return out

    def kept(self, answer):
        """How many rows of the answer has p?"""
        rows, count = Rows(self.source.schema, None, {}), 0
        columns = [(c["fromTable"], c["apiName"].rpartition(".")[2]) for c in answer["meta"]["columns"]]
        types = {(ref.name, column): of for ref in self.refs for column, of in ref.types.items()}
        needed = {(ref.name, column) for ref, column in self.looked_at(list(nodes([self.p])))}
        for row in answer["data"]:
            cells = {ref.name: {} for ref in self.refs}
            for (name, column), value in zip(columns, row.values()):
                if (name, column) in needed:  # others may be masked
                    cells[name][column] = (CLEAR, spelled(types[name, column], value))
            count += rows.holds(self.refs, self.p, {name: Seen(None, c) for name, c in cells.items()}, self.refs[0], top=True) is True
        return count


def negated(p):
    return {"logic": "and", "not": True, "conditions": [p]}


def unknown(p, may_be_null):
    """The node that is true where p is unknown; None: nowhere. may_be_null(table, column)"""
    if "conditions" in p:
        open_ = [unknown(c, may_be_null) for c in p["conditions"]]
        if not any(open_):
            return None
        # An unknown AND: none is false, some are unknown. An unknown OR: none is true, some are unknown.
        rest = [{"logic": "or", "conditions": [c if p["logic"] == "and" else negated(c), *([u] if u else [])]} for c, u in zip(p["conditions"], open_)]
        return {"logic": "and", "conditions": [{"logic": "or", "conditions": [u for u in open_ if u]}, *rest]}
    if "column" not in p or p["operator"] in NULL_TESTS:
        return None
    sides = [(p.get("table"), p["column"])] + ([(p.get("refTable"), p["refColumn"])] if "refColumn" in p else [])
    nulls = [{"column": c, "operator": "isNull", **({"table": t} if t else {})} for t, c in sides if may_be_null(t, c)]
    return {"logic": "or", "conditions": nulls} if nulls else None


# ---- asking ----

class Wrong(Exception):
    pass


def asked(run, group, definition):
    answer = exact(run.ask_line(definition, group.context))
    group.asked.append((definition, answer))
    if "code" in answer:
        raise Wrong(f"refused: {answer['code']} {answer.get('errors')} {answer.get('cause')}")
    return answer


def check_group(run, group):
    """Raises Wrong."""
    parts = group.parts()
    whole, *some = group.asked[0][1], *(asked(run, group, d) for d in parts)
    bag = [collections.Counter(dumps(row) for row in answer["data"]) for answer in (whole, *some)]
    if bag[0] != sum(bag[1:], collections.Counter()):
        raise Wrong("the parts are not the whole")
    for definition, answer in zip((group.definition, *parts), (whole, *some)):
        count = asked(run, group, {**definition, "executeMode": "count"})["count"]
        if count != len(answer["data"]):
            raise Wrong(f"count {count}, {len(answer['data'])} rows")
    if group.shows_p():
        kept = group.kept(asked(run, group, group.showing()))
        if kept != len(some[0]["data"]):
            raise Wrong(f"{len(some[0]['data'])} rows with the predicate, plain Python keeps {kept}")
    check_aggregates(run, group, parts)


def check_aggregates(run, group, parts):
    whole, *some = [asked(run, group, group.aggregated(d))["data"] for d in (group.definition, *parts)]
    for a, of in group.aggregates():
        values = [spelled(of, answer[0][a["alias"]]) for answer in (whole, *some)]
        if composed(a["fn"], values[1:]) != values[0]:
            raise Wrong(f"{a}: {values[0]} of all, {values[1:]} of the parts")


def composed(fn, values):
    known = [v for v in values if v is not None]
    if fn == "count":
        return sum(known)
    if not known:
        return None
    if fn != "sum":
        return min(known) if fn == "min" else max(known)
    total = known[0]
    for v in known[1:]:
        total = EXACT.add(total, v)
    return total


def groups(world, most):
    source = Questions(world, "parts")
    for _ in range(most):
        context = source.random.choice(world.contexts)
        source.access = Access(world.config, context)
        tables = [t for t in world.config["tables"] if source.access.sees(t) and source.access.columns(t)]
        group = Group(source, context, source.random.choice(tables)) if tables else None
        if group and group.p:
            yield group


def ask_world(seed, features, count, tally, place=sqlite):
    """Yields texts that say what is wrong. A question without rows is no group, and not every world has others."""
    world, made = World(seed, features), 0
    world.config["limits"] = {"filterNodes": 4096}  # the third part of a long p is longer
    with place(world) as (path, env), Lines(path, env) as run:
        for group in groups(world, 3 * count):
            if made == count:
                break
            try:
                if not asked(run, group, group.definition)["data"]:
                    tally["without rows"] += 1
                    continue
                made += 1
                check_group(run, group)
            except Wrong as wrong:
                case = {"config": world.config, "rows": world.rows, "poison": world.poison, "context": group.context, "p": group.p}
                told = "\n".join(f"{dumps(d)}\n{dumps(a.get('data', a.get('count', a.get('code'))))}" for d, a in group.asked)
                yield f"--- world {seed}: {wrong}\n{told}\n{dumps(case)}\n"
            tally["groups"] += 1
            tally["questions"] += len(group.asked)
            tally["three parts"] += len(group.parts()) == 3
            tally["in Python"] += group.shows_p()


def ask_worlds(seeds, features, count, **more):
    """(tally, what is wrong), of which a few are enough"""
    return in_worlds(ask_world, seeds, features, count, **more)


def check(tally, found, groups):
    """Nothing wrong, and not because nothing was asked."""
    assert not found, f"{len(found)} wrong in {dict(tally)}:\n" + "\n".join(found[:2])
    assert tally["groups"] >= groups and tally["three parts"] > 0.3 * tally["groups"], dict(tally)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--worlds", type=int, nargs=2, default=(0, 50))
    p.add_argument("--groups", type=int, default=20)
    p.add_argument("--most", type=int, default=3)
    args = p.parse_args()
    start = time.monotonic()
    tally, found = ask_worlds(range(*args.worlds), FEATURES, args.groups)
    print("\n".join(found[:args.most]))
    print(f"{tally['groups']} groups, {len(found)} wrong, {time.monotonic() - start:.1f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
