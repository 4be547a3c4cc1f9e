"""Cells and masks for tests: roles that grant the columns of the table of all types on different rows, unmasked and masked; questions that such roles may ask."""
import copy

import things
from random_queries import Generator
from expected import MASKED

MASKS = {"name": "name", "small": "number", "big": "number", "ratio": "number", "price": "number", "ref": "uuid", "day": "date", "moment": "date", "ready": "full"}


def own(*filters):
    return [{"column": c, "operator": o, "valueFrom": "context", "contextKey": k} if k else {"column": c, "operator": o} for c, o, k in filters]


def grant(table, columns, filters=(), masked=()):
    out = {"tableId": table, "allowedColumns": columns, "filters": own(*filters)}
    return {**out, "maskedColumns": list(masked)} if masked else out


T, D, N = ("tenant", "=", "tenant"), ("day", "!=", "day"), ("small", "is_not_null", None)
ROLES = [{"id": i, "tables": list(grants)} for i, grants in {
    "dim": [grant("things", "*", (), ["name", "small", "big", "ratio", "price", "ref", "day", "moment", "ready", "tags", "doc"]), grant("pairs", "*", (), ["note"]),
            grant("tree-nodes", "*")],
    "half": [grant("things", ["id", "tenant", "name", "small", "price", "day", "tags", "scores"], [T], ["price"]), grant("tree-nodes", ["id", "label"], [("tenant", "=", "tenant")]),
             grant("pairs", "*")],
    "sized": [grant("things", ["id", "name", "ratio", "price", "ref", "moment", "doc", "raw"], [N], ["name", "ref"]), grant("tree-nodes", ["id", "parentId", "label"])],
    "several-all": [grant("things", "*", [("tenant", "in", "tenants")]), grant("tree-nodes", "*", [("tenant", "in", "tenants")], ["label"])],
    "dated": [grant("things", ["big", "day", "scores", "ready"], [D]), grant("pairs", ["code", "day"])],
    "both": [grant("things", ["id", "name", "price", "ready", "moment"], [N, T], ["ready"]), grant("pairs", "*")],
    "keys": [grant("things", ["id"]), grant("tree-nodes", ["id"]), grant("pairs", ["code", "day"])],
}.items()]
VALUES = {"tenant": things.TENANTS[0], "tenants": things.TENANTS[1:], "day": "2024-01-01"}


def config(policy=None):
    """The table of all types with masks and these roles."""
    out = things.config()
    out["roles"] = copy.deepcopy([r for r in out["roles"] if r["id"] == "admin"] + ROLES)
    for column in next(t for t in out["tables"] if t["id"] == "things")["columns"]:
        if column["apiName"] in MASKS:
            column["maskingFn"] = MASKS[column["apiName"]]
    if policy:
        out["policy"] = policy
    return out


def contexts(count, random):
    """Every role alone, then unions and intersections by chance."""
    names = ["admin", *(r["id"] for r in ROLES)]
    out = [{"role": n, "contextValues": VALUES} for n in names]
    for _ in range(count):
        roles = {"user": random.sample(names[1:], random.randint(2, 3))}
        if random.random() < 0.4:
            roles["service"] = random.sample(names, random.randint(1, 2))
        values = VALUES if random.random() < 0.8 else {**VALUES, "tenants": []}
        out.append({"roles": roles, "contextValues": values})
    return out


def meta(expected, definition, context):
    """[(name, nullable, masked)] of the outputs, by the rules for cells"""
    access, refs = expected.access(context), expected.refs(definition)
    outputs = expected.evaluator.plain_outputs(refs, definition, access)
    return [(o.name, is_nullable(access, o), access.gate(o.ref.table, o.column) == MASKED) for o in outputs]


def is_nullable(access, output):
    table = output.ref.table
    column = next(c for c in table["columns"] if c["apiName"] == output.column)
    mask_is_null = access.gate(table, output.column) == MASKED and column.get("maskingFn", "full") == "full" and column["type"] != "string"
    return column["nullable"] or output.ref.optional or access.may_hide(table, output.column) or mask_is_null


class CellGenerator(Generator):
    """Questions that the roles may ask: columns that can be masked are selected; used otherwise only where the policy says so."""

    def __init__(self, expected, seed, uses=()):
        super().__init__(expected, seed)
        self.uses = uses
        self.use = None

    def usable(self, table, context):
        found = super().usable(table, context)
        if self.use is None or self.use in self.uses:
            return found
        return [c for c in found if not self.expected.masked(table, c["apiName"], context)]

    def leaf(self, table, context, name):
        self.use = "filter"
        try:
            found = super().leaf(table, context, name)
        finally:
            self.use = None
        return found

    def definition(self, context):
        while True:
            d = super().definition(context)
            refs = self.expected.refs(d)
            tables = {ref.name: ref.table for ref in refs}
            if "sort" not in self.uses and "orderBy" in d:
                d["orderBy"] = [o for o in d["orderBy"] if not self.expected.masked(tables[o.get("table", d["from"])], o["column"], context)]
                if not d["orderBy"]:
                    del d["orderBy"]
            if "byIds" in d and "filter" not in self.uses and any(self.expected.masked(refs[0].table, k, context) for k in refs[0].table["primaryKey"]):
                del d["byIds"]
            d.pop("prefer", None)
            if self.expected.evaluator.plain_outputs(refs, d, self.expected.access(context)):
                return d


# ---- rows put together: questions whose answers are compared between engines; the reference evaluator (tests/reference) knows them on SQLite ----

def _context(*user, service=None, **values):
    return {"roles": {"user": list(user), **({"service": service} if service else {})}, "contextValues": {**VALUES, **values}}


def _by(column, direction="asc", **more):
    return {"column": column, "direction": direction, **more}


def _aggs(*pairs):
    return [{"fn": fn, "column": c, "alias": f"{fn} {c}"} for fn, c in pairs]


EVERYTHING = ["filter", "sort", "group", "aggregate"]
TOGETHER = {
    "by a cell": ({"from": "things", "groupBy": [{"column": "day"}], "aggregations": _aggs(("count", "*"), ("count", "small"), ("sum", "small"), ("countDistinct", "name")),
                   "orderBy": [_by("day", "desc")]}, _context("half", "keys")),
    "by a string's cell": ({"from": "things", "groupBy": [{"column": "name"}], "aggregations": _aggs(("count", "*"), ("max", "price")), "orderBy": [_by("name", nulls="first")]},
                           _context("several-all", "keys")),
    "ordered by an aggregate of cells": ({"from": "things", "groupBy": [{"column": "ready"}], "aggregations": _aggs(("sum", "price"), ("avg", "small"), ("min", "moment"), ("max", "name")),
                                          "orderBy": [_by("sum price", "desc"), _by("ready")]}, _context("several-all", "keys")),
    "having over cells": ({"from": "things", "groupBy": [{"column": "tenant"}], "aggregations": _aggs(("sum", "small"), ("count", "small")),
                           "having": [{"column": "count small", "operator": ">=", "value": 1}, {"column": "sum small", "operator": "isNotNull"}]}, _context("several-all", "half", "keys")),
    "a bucket of a cell": ({"from": "things", "groupBy": [{"column": "moment", "bucket": "month", "as": "month"}, {"column": "day", "bucket": "year"}],
                            "aggregations": _aggs(("count", "*")), "orderBy": [_by("month"), _by("day", "desc")]}, _context("several-all", "keys")),
    "aggregates without groups": ({"from": "things", "columns": [], "aggregations": _aggs(("count", "*"), ("count", "price"), ("sum", "price"), ("avg", "price"), ("min", "day"), ("countDistinct", "ref"))},
                                  _context("several-all", "keys")),
    "counts of arrays' cells": ({"from": "things", "columns": [], "aggregations": _aggs(("count", "tags"), ("count", "scores"))}, _context("half", "keys")),
    "distinct cells": ({"from": "things", "columns": ["day", "small"], "distinct": True, "orderBy": [_by("small", "desc"), _by("day")]}, _context("half", "keys")),
    "distinct cells of strings and decimals": ({"from": "things", "columns": ["price", "name"], "distinct": True, "orderBy": [_by("name"), _by("price")]}, _context("several-all", "keys")),
    "distinct, paged by offset": ({"from": "things", "columns": ["ready", "small"], "distinct": True, "limit": 5, "offset": 2}, _context("several-all", "keys")),
    "grouped, paged by offset": ({"from": "things", "columns": [], "groupBy": [{"column": "day"}, {"column": "ready"}], "aggregations": _aggs(("count", "*")), "limit": 4, "offset": 3},
                                 _context("several-all", "keys")),
    "masked groups": ({"from": "things", "groupBy": [{"column": "name"}], "aggregations": _aggs(("count", "*"))}, _context("dim")),
    "groups masked on some rows": ({"from": "things", "groupBy": [{"column": "small"}, {"column": "ready"}], "aggregations": _aggs(("count", "*"), ("max", "big"))}, _context("dim", "several-all")),
    "groups masked and hidden on some rows": ({"from": "things", "groupBy": [{"column": "name"}], "aggregations": _aggs(("count", "*"), ("max", "price"))}, _context("half", "sized")),
    "distinct, masked on some rows": ({"from": "things", "columns": ["ready", "name"], "distinct": True}, _context("dim", "several-all")),
    "distinct, masked and hidden on some rows": ({"from": "things", "columns": ["name", "ref"], "distinct": True}, _context("half", "sized")),
    "groups over a join": ({"from": "pairs", "joins": [{"table": "things", "via": "thing", "columns": []}], "groupBy": [{"column": "day", "table": "things"}],
                            "aggregations": [{"fn": "count", "column": "code", "alias": "n"}, {"fn": "countDistinct", "column": "small", "table": "things", "alias": "s"}],
                            "orderBy": [_by("n", "desc"), _by("day", table="things")]}, _context("half", "keys")),
    "exists through cells": ({"from": "things", "columns": ["id"], "filters": [{"table": "pairs", "via": "thing", "filters": [{"column": "note", "operator": "=", "value": "x"}]}]},
                             _context("several-all", "both", service=["admin"])),
    "counted exists through cells": ({"from": "nodes", "columns": ["id"], "filters": [{"table": "nodes", "via": "parent", "reverse": True, "count": {"operator": "<", "value": 2},
                                      "filters": [{"column": "label", "operator": "!=", "value": "node 3"}]}]}, _context("several-all", "keys")),
    "a column compared with a cell": ({"from": "things", "columns": ["id"], "filters": [{"column": "small", "operator": "<", "refColumn": "price"},
                                       {"logic": "or", "not": True, "conditions": [{"column": "big", "operator": "=", "refColumn": "small"}]}]}, _context("several-all", "keys")),
    "array tests on cells": ({"from": "things", "columns": ["id"], "filters": [{"logic": "or", "conditions": [
                              {"column": "tags", "operator": "arrayContains", "value": "a"}, {"logic": "and", "not": True, "conditions": [{"column": "scores", "operator": "arrayIsEmpty"}]}]}]},
                             _context("half", "keys")),
    "text operators on cells": ({"from": "things", "columns": ["id"], "filters": [{"logic": "or", "conditions": [
                                      {"column": "name", "operator": "startsWith", "value": "1"}, {"logic": "and", "not": True, "conditions": [{"column": "name", "operator": "icontains", "value": "z"}]}]}]},
                                     _context("several-all", "keys")),
}
