"""Grouped and distinct queries: what they must answer, in plain Python over oracle.py's rows; a table of facts with the values at the edges; random queries.

    Grouped(config, rows).answer(definition, context) -> oracle.Answer; check(answer, result) raises with the difference

An average of exact numbers is compared to five places, sums and averages of floats to nine digits: in the last ones engines may differ.
"""
import datetime
import functools
import math
import random
from decimal import ROUND_HALF_UP, Decimal, localcontext

from oracle import COMPARE, Answer, Oracle, and3, compare, not3, or3, typed

BUCKETS = ["year", "quarter", "month", "week", "day", "hour", "minute"]
EPOCH = datetime.datetime(1970, 1, 1)
NUMBERS = ("int", "bigint", "decimal", "float")


def bucket(of, value, unit):
    if value is None or unit is None:
        return value
    moment = datetime.datetime.fromisoformat(value) if of == "date" else EPOCH + datetime.timedelta(microseconds=value)
    parts = {"year": (moment.year, 1, 1), "quarter": (moment.year, (moment.month - 1) // 3 * 3 + 1, 1), "month": (moment.year, moment.month, 1)}
    start = datetime.datetime(*parts.get(unit, (moment.year, moment.month, moment.day)))
    if unit == "week":
        start -= datetime.timedelta(days=start.weekday())
    if unit in ("hour", "minute"):
        start = start.replace(hour=moment.hour, minute=moment.minute if unit == "minute" else 0)
    return start.date().isoformat() if of == "date" else (start - EPOCH) // datetime.timedelta(microseconds=1)


def nine_digits(value):
    return None if value is None or not math.isfinite(value) else float(f"{value:.8e}")


def five_places(value):
    return None if value is None else typed("decimal", str(round(Decimal(value), 5)))


def shown(value):
    """As compare() reads it from an answer: no negative zero."""
    return value + 0.0 if isinstance(value, float) else value


def aggregate(fn, of, values):
    values = [v for v in values if v is not None]
    if fn == "count":
        return len(values)
    if fn == "countDistinct":
        return len(set(values))
    if not values:
        return None
    if fn in ("min", "max"):
        return (min if fn == "min" else max)(values)
    if of == "float":
        try:
            total = math.fsum(values)
        except OverflowError:
            return None
        return nine_digits(total / len(values) if fn == "avg" else total)
    with localcontext() as c:
        c.prec = 200
        total = sum(map(Decimal, values), Decimal(0))
        if fn == "avg":  # ten places, half away from zero
            total = (total / len(values)).quantize(Decimal("1e-10"), ROUND_HALF_UP)
        return typed("decimal", format(total, "f"))


class Grouped(Oracle):
    def ref(self, refs, name):
        return refs[0] if name is None else next(r for r in refs if r.name == name)

    def of(self, ref, column):
        return self.types[ref.table["id"]][column]

    def type_of(self, refs, a):
        if a["fn"].startswith("count"):
            return "int"
        of = self.of(self.ref(refs, a.get("table")), a["column"])
        return of if a["fn"] in ("min", "max") else "float" if of == "float" else "decimal"

    def values(self, refs, a, rows):
        if a["column"] == "*":
            return len(rows)
        ref = self.ref(refs, a.get("table"))
        cells = [r[ref.name] and r[ref.name][a["column"]] for r in rows]
        return aggregate(a["fn"], self.of(ref, a["column"]), [c or None if c == {} else c for c in cells])

    def having(self, f, group, types):
        if "conditions" in f:
            value = (and3 if f["logic"] == "and" else or3)([self.having(c, group, types) for c in f["conditions"]])
            return not3(value) if f.get("not") else value
        value, op, operand = group["aggregates"][f["column"]], f["operator"], f.get("value")
        of = "bigint" if types[f["column"]] == "int" else types[f["column"]]
        if op in ("isNull", "isNotNull"):
            return (value is None) == (op == "isNull")
        if value is None:
            return None
        if op in ("in", "notIn"):
            return (value in [typed(of, v) for v in operand]) == (op == "in")
        if op in ("between", "notBetween"):
            return (typed(of, operand["from"]) <= value <= typed(of, operand["to"])) == (op == "between")
        return COMPARE[op](value, typed(of, operand))

    def answer(self, definition, context):
        d = definition
        if not ({"groupBy", "aggregations"} & set(d)):
            return self.distinct(d, context) if d.get("distinct") else super().answer(d, context)
        refs, rows = self.rows_of(d, context)
        if d.get("executeMode") == "count":
            return Answer([], [], [], True, count=len(rows))
        entries = [(self.ref(refs, g.get("table")), g) for g in d.get("groupBy", [])]
        groups = {} if entries else {(): []}
        for row in rows:
            key = tuple(bucket(self.of(ref, g["column"]), row[ref.name] and row[ref.name][g["column"]], g.get("bucket")) for ref, g in entries)
            groups.setdefault(key, []).append(row)
        aggs = d.get("aggregations", [])
        types = {a["alias"]: self.type_of(refs, a) for a in aggs}
        made = [{"keys": key, "aggregates": {a["alias"]: self.values(refs, a, members) for a in aggs}} for key, members in groups.items()]
        made = [g for g in made if and3(self.having(f, g, types) for f in d.get("having", [])) is True]
        outs = self.shown(refs, entries, d) + [(a["alias"], types[a["alias"]], lambda g, n=a["alias"]: g["aggregates"][n]) for a in aggs]
        terms = [self.term(refs, entries, d, o) for o in d.get("orderBy", [])]
        if "offset" in d and not d.get("distinct"):
            terms += [(lambda g, i=i: g["keys"][i], "asc", None) for i in range(len(entries))]
        return self.arranged(d, made, outs, terms)

    def rows_of(self, d, context):
        """The joined rows that the filters leave."""
        refs = self.refs(d)
        rows = [r for r in self.product(refs, context) if self.all_true(refs, d.get("filters", []), r, refs[0].name)]
        for ref in refs[1:]:
            rows = [r for r in rows if self.all_true(refs, ref.join.get("filters", []), r, ref.name)]
        return refs, rows

    def distinct(self, d, context):
        refs, rows = self.rows_of(d, context)
        if d.get("executeMode") == "count":
            return Answer([], [], [], True, count=len(rows))

        def cell(ref, column):
            return lambda r: r[ref.name] and r[ref.name][column]
        outs = [(name, self.of(ref, column), cell(ref, column)) for name, ref, column in self.outputs(refs, d, context)]
        terms = [(cell(self.ref(refs, o.get("table")), o["column"]), o.get("direction", "asc"), o.get("nulls")) for o in d.get("orderBy", [])]
        return self.arranged(d, rows, outs, terms)

    def shown(self, refs, entries, d):
        named = [(ref, g.get("as", g["column"]), g, i) for i, (ref, g) in enumerate(entries)]
        chosen = named if "columns" not in d else [next(n for n in named if n[1] == c and (n[0] is refs[0] or "as" in n[2])) for c in d["columns"]]
        for ref in refs[1:]:
            chosen = chosen + [next(n for n in named if n[0] is ref and n[1] == c) for c in ref.join.get("columns", [])]
        out = []
        for ref, name, g, i in chosen:
            shared = "as" not in g and any(n == name and r is not ref and "as" not in h for r, n, h, _ in chosen)
            out.append((f"{ref.name}.{name}" if shared else name, self.of(ref, g["column"]), lambda group, i=i: group["keys"][i]))
        return out

    def term(self, refs, entries, d, o):
        if "table" not in o and any(a["alias"] == o["column"] for a in d.get("aggregations", [])):
            return lambda g: g["aggregates"][o["column"]], o.get("direction", "asc"), o.get("nulls")
        ref = self.ref(refs, o.get("table"))
        i = next(i for i, (r, g) in enumerate(entries) if g.get("as", g["column"]) == o["column"] and (r is ref or "as" in g))
        return lambda g: g["keys"][i], o.get("direction", "asc"), o.get("nulls")

    def arranged(self, d, rows, outs, terms):
        if d.get("distinct"):
            rows = list({tuple(value(r) for _, _, value in outs): r for r in reversed(rows)}.values())
            if "offset" in d:
                terms = terms + [(value, "asc", None) for _, _, value in outs]

        def before(a, b):
            for value, direction, nulls in terms:
                x, y = value(a), value(b)
                if x is None or y is None:
                    if x is y:
                        continue
                    last = nulls == "last" if nulls else direction == "asc"
                    return (1 if x is None else -1) * (1 if last else -1)
                if x != y:
                    return (1 if x > y else -1) * (1 if direction == "asc" else -1)
            return 0
        rows = sorted(rows, key=functools.cmp_to_key(before))
        keys = [tuple(value(r) for value, _, _ in terms) for r in rows]
        flat = [{name: shown(value(r)) for name, _, value in outs} for r in rows]
        return Answer([(name, of) for name, of, _ in outs], flat, keys, "offset" in d, d.get("limit"), d.get("offset", 0))


def check(definition, answer, result):
    """Like oracle.compare, with the last digits of averages and of floats left out."""
    aggs = {a["alias"]: a for a in definition.get("aggregations", [])}
    types = dict(answer.columns)

    def rounded(name, value):
        a = aggs.get(name)
        if value is None or a is None or a["fn"] not in ("sum", "avg"):
            return value
        return nine_digits(float(value)) if types[name] == "float" else five_places(str(value)) if a["fn"] == "avg" else value
    answer.rows = [{k: rounded(k, v) for k, v in row.items()} for row in answer.rows]
    compare(answer, {**result, "data": [{k: rounded(k, v) for k, v in row.items()} for row in result.get("data", [])]})


# ---- facts ----

KINDS = ["a", "A", "ä", "b'", "void", None]
POOLS = {
    "whole": [0, 1, -1, 7, 2147483647, -2147483648, None], "big": [9223372036854775807, -9223372036854775808, 9007199254740993, 1, 0, None],
    "amount": ["0", "1.10", "-0.01", "100", "12345678901234567.123456789012345678", "0.000000000000000001", "0.333333", "-2.5", None],
    "ratio": [0.0, -0.0, 1.0, -1.5, 0.1, 1e15, 1e-7, 123456789.125, None], "word": ["", "a", "A", "Zebra", "é", "é", "\uffff", "🎁", "it's", None],
    "day": ["2024-02-29", "2024-01-01", "2023-12-31", "1970-01-01", "1969-12-31", "1900-01-01", "2299-12-31", None],
    "moment": ["2024-02-29T23:59:59.999999Z", "2024-03-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "1900-01-01T00:00:00.5Z", "2299-12-31T23:59:59.999999Z",
               "2024-01-01T12:34:56.789Z", "1969-12-28T00:00:00Z", None],
    "uid": ["f0000000-0000-4000-8000-0000000000ab", "00000000-0000-0000-0000-000000000001", "0f000000-0000-4000-8000-000000000000", None], "flag": [True, False, None],
}
TYPES = {"whole": "int", "big": "bigint", "amount": "decimal", "ratio": "float", "word": "string", "day": "date", "moment": "timestamp", "uid": "uuid", "flag": "boolean"}


def config():
    fact_columns = [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, {"apiName": "kindCode", "physicalName": "kind code", "type": "string", "nullable": True}]
    fact_columns += [{"apiName": name, "physicalName": f"c_{name}", "type": of, "nullable": True} for name, of in TYPES.items()]
    kind_columns = [{"apiName": "code", "physicalName": "code", "type": "string", "nullable": False}, {"apiName": "word", "physicalName": "c0", "type": "string", "nullable": True},
                    {"apiName": "weight", "physicalName": "weight", "type": "decimal", "nullable": True}, {"apiName": "tags", "physicalName": "tags", "type": "string[]", "nullable": False}]
    relation = {"column": "kindCode", "references": {"table": "kinds", "column": "code"}, "type": "many-to-one", "name": "kind"}
    by_kind = [{"column": "kindCode", "operator": "in", "valueFrom": "context", "contextKey": "kinds"}]
    return {"databases": [{"id": "main"}], "trino": {"enabled": False},
            "tables": [{"id": "facts", "apiName": "facts", "database": "main", "physicalName": "shop.facts", "primaryKey": ["id"], "columns": fact_columns, "relations": [relation]},
                       {"id": "kinds", "apiName": "kinds", "database": "main", "physicalName": "shop.kinds", "primaryKey": ["code"], "columns": kind_columns, "relations": []},
                       {"id": "vast", "apiName": "vast", "database": "main", "physicalName": "shop.vast", "primaryKey": ["id"], "relations": [],
                        "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, {"apiName": "amount", "physicalName": "amount", "type": "decimal", "nullable": False}]}],
            "roles": [{"id": "admin", "tables": "*"},
                      {"id": "some", "tables": [{"tableId": "facts", "allowedColumns": "*", "filters": by_kind}, {"tableId": "kinds", "allowedColumns": "*"}]}]}


def rows():
    r = random.Random(5)
    facts = []
    for i in range(1, 71):
        kind = r.choice(KINDS)
        facts.append([i, kind, *(None if kind == "void" else pool[i % len(pool)] if i <= len(pool) else r.choice(pool) for pool in POOLS.values())])
    kinds = [["a", "x", "1.5", ["t"]], ["A", "x", None, []], ["ä", None, "-3.25", ["t", "u"]], ["b'", "y", "1.50", ["t"]], ["void", None, "0.1", []], ["unused", "z", "7", []]]
    return {"facts": {"columns": ["id", "kindCode", *POOLS], "rows": facts}, "vast": {"columns": ["id", "amount"], "rows": [[i, "60000000000000000000.5"] for i in (1, 2)]}, "kinds": {"columns": ["code", "word", "weight", "tags"], "rows": kinds}}


CONTEXTS = [{"role": "admin"}, {"role": "some", "contextValues": {"kinds": ["a", "ä", "void"]}}, {"role": "some", "contextValues": {"kinds": []}}]


class Queries:
    """Random valid grouped and distinct queries, from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, p):
        return self.random.random() < p

    def query(self):
        r = self.random
        context = r.choice(CONTEXTS)
        d, places = r.choice([({"from": "facts"}, [("facts", TYPES, None)]),
                              ({"from": "facts", "joins": [{"table": "kinds"}]}, [("facts", TYPES, None), ("kinds", {"word": "string", "weight": "decimal"}, "kinds")]),
                              ({"from": "kinds", "joins": [{"table": "facts", "type": r.choice(["left", "inner"])}]},
                               [("kinds", {"word": "string", "weight": "decimal"}, None), ("facts", TYPES, "facts")])])
        d = {**d, "allowFanOut": True}
        if self.chance(0.3):
            table = {} if d["from"] == "facts" else {"table": "facts"}
            d["filters"] = [r.choice([{"column": "flag", "operator": "=", "value": True, **table}, {"column": "big", "operator": ">", "value": 0, **table},
                                      {"column": "id", "operator": "<", "value": r.choice([0, 10]), **table}])]
        if self.chance(0.2):
            self.distinct(d, places)
        else:
            self.grouped(d, places)
        if self.chance(0.3):
            d["limit"] = r.randint(0, 6)
            if self.chance(0.6) and not any("tags" in j.get("columns", []) for j in d.get("joins", [])):  # each engine has its own order of arrays
                d["offset"] = r.randint(0, 3)
        if self.chance(0.05):
            d["executeMode"] = "count"
        return d, context

    def column(self, places):
        table, types, name = self.random.choice(places)
        column = self.random.choice(list(types))
        return column, types[column], {} if name is None else {"table": name}

    def order(self, choices):
        r = self.random
        out = [{**c, "direction": r.choice(["asc", "desc"]), **({"nulls": r.choice(["first", "last"])} if self.chance(0.3) else {})} for c in choices if self.chance(0.4)]
        r.shuffle(out)
        return {"orderBy": out} if out else {}

    def distinct(self, d, places):
        r = self.random
        own = places[0][1]
        d["columns"] = r.sample(list(own), r.randint(1, min(3, len(own))))
        for join in d.get("joins", []):
            join["columns"] = ["word"] if self.chance(0.7) else ["tags"] if join["table"] == "kinds" else ["flag"]
        d["joins"] = [dict(j) for j in d.get("joins", [])]
        d["distinct"] = True
        if not any("tags" in j.get("columns", []) for j in d["joins"]):
            d.update(self.order([{"column": c} for c in d["columns"]]))

    def grouped(self, d, places):
        r, entries, names = self.random, [], set()
        for i in range(r.choice([0, 1, 1, 2, 3])):
            column, of, table = self.column(places)
            g = {"column": column, **table}
            if of in ("date", "timestamp") and self.chance(0.8):
                g.update(bucket=r.choice(BUCKETS), **({"as": f"b {i}"} if self.chance(0.6) else {}))
            key = (g.get("as", column), None if "as" in g else g.get("table"))
            if key not in names:
                names.add(key)
                entries.append(g)
        aggs = [self.aggregation(places, i) for i in range(r.randint(0 if entries else 1, 4))]
        if entries:
            d["groupBy"] = entries
        if aggs:
            d["aggregations"] = aggs
        if entries and self.chance(0.3):
            own = [g.get("as", g["column"]) for g in entries if "table" not in g or "as" in g]
            d["columns"] = r.sample(own, r.randint(0 if aggs else min(1, len(own)), len(own)))
            if not d["columns"] and not aggs:
                del d["columns"]
        if aggs and self.chance(0.4):
            d["having"] = [self.having(a) for a in aggs if self.chance(0.5)]
        # sums and averages of floats are ordered by their last digits
        order = [{"column": a["alias"]} for a in aggs if not (a["fn"] in ("sum", "avg") and a["column"] == "ratio")]
        d.update(self.order([{"column": g.get("as", g["column"]), **({"table": g["table"]} if "table" in g and "as" not in g else {})} for g in entries] + order))

    def aggregation(self, places, i):
        r = self.random
        fn = r.choice(["count", "countDistinct", "sum", "sum", "avg", "min", "max"])
        alias = r.choice([f"n{i}", f'"{i}"; --', f"é {i}", f"c{i}"])
        if fn == "count" and self.chance(0.5):
            return {"fn": fn, "column": "*", "alias": alias}
        while True:
            column, of, table = self.column(places)
            if fn.startswith("count") or of in NUMBERS or (fn in ("min", "max") and of in ("string", "date", "timestamp")):
                return {"fn": fn, "column": column, "alias": alias, **table}

    def having(self, a):
        r = self.random
        of = TYPES.get(a["column"], "decimal" if a["column"] == "weight" else "string")
        if a["fn"].startswith("count"):
            pool = [0, 1, 2, 5, 70]
        elif of in ("string", "date", "timestamp"):
            pool = [v for v in POOLS[a["column"]] if v is not None]
        else:  # averages stay away from what the last digits decide
            pool = [-3, 0.5, 4, 1000001] if of == "float" or a["fn"] == "avg" else [0, 1, -100] if of in ("int", "bigint") and a["fn"] in ("min", "max") else ["0", "-0.015", "18446744073709551614", 3]
        op = r.choice(["=", "!=", ">", "<", ">=", "<=", "in", "notIn", "between", "notBetween"] + ([] if a["fn"].startswith("count") else ["isNull", "isNotNull"]))
        node = {"column": a["alias"], "operator": op}
        if op in ("in", "notIn"):
            node["value"] = [r.choice(pool) for _ in range(2)]
        elif op in ("between", "notBetween"):
            node["value"] = {"from": r.choice(pool), "to": r.choice(pool)}
        elif "ull" not in op:
            node["value"] = r.choice(pool)
        return {"logic": "or", "not": True, "conditions": [node]} if self.chance(0.2) else node
