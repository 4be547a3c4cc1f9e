"""Grouped and distinct queries: a table of facts with the values at the edges; random queries."""
import random

BUCKETS = ["year", "quarter", "month", "week", "day", "hour", "minute"]
NUMBERS = ("int", "bigint", "decimal", "float")

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
