"""Cells and masks for tests: roles that grant the columns of the table of all types on different rows, clear and masked; an oracle that knows the specification's
rule for cells (section 3) and nothing of SQL or the C code; questions that such roles may ask.

Rows of CellOracle are Seen: cells as the caller sees them, with the raw row beside for relations and added keys."""
import copy
import itertools
import re

import things
from random_queries import Generator
from oracle import Oracle, typed

CLEAR, MASKED, HIDDEN = range(3)  # the strictest wins
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


# ---- masks ----

def mask(kind, of, v):
    """What is shown of a JSON value."""
    if v is None:
        return None
    if kind == "number":
        return 0
    if kind == "date":
        return v[:4] + "-01-01" + ("T00:00:00Z" if of == "timestamp" else "")
    if kind == "uuid":
        return v[:4] + "****"
    if of != "string":
        return None
    if kind == "name":
        return "***" if len(v) <= 2 else v[0] + (len(v) - 2) * "*" + v[-1]
    if kind == "email":
        local, at, domain = v.rpartition("@")
        return "***" if not local else local[0] + "***@***" + ("." + domain.split(".")[-1] if "." in domain else "")
    if kind == "phone":
        digits = re.sub("[^0-9]", "", v)
        return "***" if len(digits) <= 3 else ("+" if v[0] == "+" else "") + digits[0] + "***" + digits[-3:]
    return "***"


class Output(str):
    """A column's name where its cell is shown: masks count there and nowhere else."""


class Seen(dict):
    """cells; .raw: the row itself"""

    def __init__(self, cells, raw, shown):
        super().__init__(cells)
        self.raw, self.shown = raw, shown

    def __getitem__(self, name):
        return self.shown[name] if isinstance(name, Output) else dict.__getitem__(self, name)


class CellOracle(Oracle):
    def __init__(self, config, rows):
        super().__init__(config, rows)
        self._known = {}

    def grade(self, grant, column):
        if grant["allowedColumns"] != "*" and column not in grant["allowedColumns"]:
            return HIDDEN
        return MASKED if column in grant.get("maskedColumns", []) else CLEAR

    def state(self, scopes, column):
        """scopes: per scope, the grants of the roles that see the row"""
        return max(min(self.grade(g, column) for g in grants) for grants in scopes)

    def possible(self, table, context):
        """{column: every state that its cells can have}, whatever is in the database: each filter of the roles may hold or not, whatever the others do"""
        key = (table["id"], str(context.get("roles") or context["role"]))
        if key not in self._known:
            scopes = self.grants(table, context)
            atoms = sorted({self.atom(f) for grants in scopes for g in grants for f in g.get("filters", [])}, key=str)
            found = {c["apiName"]: set() for c in table["columns"]}
            for held in itertools.product([True, False], repeat=len(atoms)):
                true = {a for a, h in zip(atoms, held) if h}
                seeing = [[g for g in grants if all(self.atom(f) in true for f in g.get("filters", []))] for grants in scopes]
                if all(seeing):
                    for name in found:
                        found[name].add(self.state(seeing, name))
            self._known[key] = found
        return self._known[key]

    @staticmethod
    def atom(f):
        return f["column"], f["operator"], None if "null" in f["operator"] else f["contextKey"]

    def seen(self, table, context):
        values = context.get("contextValues", {})
        out = []
        masks = {c["apiName"]: (c.get("maskingFn", "full"), c["type"]) for c in table["columns"]}
        for raw, stored in zip(self.rows.get(table["id"], []), self.raw.get(table["id"], [])):
            scopes = [[g for g in grants if all(self.passes(table, raw, f, values) is True for f in g.get("filters", []))] for grants in self.grants(table, context)]
            if not all(scopes):
                continue
            states = {name: self.state(scopes, name) for name in masks}
            cells = {name: None if states[name] == HIDDEN else raw[name] for name in masks}
            shown = {name: typed(masks[name][1], mask(*masks[name], stored[name])) if states[name] == MASKED else cells[name] for name in masks}
            out.append(Seen(cells, raw, shown))
        return out

    @staticmethod
    def key(row, column):
        return row.raw[column]

    def outputs(self, refs, definition, context):
        return [(name, ref, Output(column)) for name, ref, column in super().outputs(refs, definition, context)]

    def masked(self, table, column, context):
        return MASKED in self.possible(table, context)[column]

    def meta(self, definition, context):
        """[(name, nullable, masked)] of the outputs"""
        refs = self.refs(definition)
        out = []
        for name, ref, column in self.outputs(refs, definition, context):
            c = next(c for c in ref.table["columns"] if c["apiName"] == column)
            states = self.possible(ref.table, context)[column]
            no_text = MASKED in states and c.get("maskingFn", "full") == "full" and c["type"] != "string"
            left = self.nullable_side(ref)
            out.append((name, c["nullable"] or left or HIDDEN in states or no_text, MASKED in states))
        return out

    @staticmethod
    def nullable_side(ref):
        return ref.join is not None and ref.join.get("type", "left") == "left"


class CellGenerator(Generator):
    """Questions that the roles may ask: columns that can be masked are selected; used otherwise only where the policy says so."""

    def __init__(self, oracle, seed, uses=()):
        super().__init__(oracle, seed)
        self.uses = uses
        self.use = None

    def usable(self, table, context):
        found = super().usable(table, context)
        if self.use is None or self.use in self.uses:
            return found
        return [c for c in found if not self.oracle.masked(table, c["apiName"], context)]

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
            refs = self.oracle.refs(d)
            tables = {ref.name: ref.table for ref in refs}
            if "sort" not in self.uses and "orderBy" in d:
                d["orderBy"] = [o for o in d["orderBy"] if not self.oracle.masked(tables[o.get("table", d["from"])], o["column"], context)]
                if not d["orderBy"]:
                    del d["orderBy"]
            if "byIds" in d and "filter" not in self.uses and any(self.oracle.masked(refs[0].table, k, context) for k in refs[0].table["primaryKey"]):
                del d["byIds"]
            d.pop("offset", None)  # what it adds to the order is raw: the base class knows no raw rows
            d.pop("prefer", None)
            if self.oracle.outputs(refs, d, context):
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
