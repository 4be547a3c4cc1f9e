"""Breaks one rule of a valid question, sometimes two.

    Wrong(world, random).spoil(definition, context) -> (definition, context)

Accepts what questions.py makes. Promises JSON types that are right (the wrong ones are golden cases): names, operators, operands, relations, roles and context
values are what is broken. The evaluator decides which error must be returned, if any.
"""
import copy

from generate import POOLS, pool_of
from operators import COMPARISONS, NULL_TESTS


def nodes(filters):
    """All filter nodes, those inside groups and exists too."""
    for f in filters or []:
        yield f
        yield from nodes(f.get("conditions"))
        yield from nodes(f.get("filters"))


class Wrong:
    def __init__(self, world, random):
        self.world, self.random = world, random

    def spoil(self, definition, context):
        d, c = copy.deepcopy(definition), copy.deepcopy(context)
        if self.random.random() < 0.15 and self.another_join(d):
            return d, c
        for _ in range(self.random.choice([1, 1, 1, 2])):
            ways = [self.a_column, self.a_column, self.a_column, self.a_table, self.a_value, self.an_operand, self.an_operand, self.an_operator, self.a_join,
                    self.a_name, self.ids, self.limits, self.roles, self.values, self.repeat, self.groups, self.page_or_distinct, self.an_exists]
            self.random.shuffle(ways)
            next(w for w in ways if w(d, c))
        return d, c

    # Each: True where it found something to spoil.

    def filters(self, d):
        """[(node, default table)]"""
        out = list(nodes(d.get("filters")))
        for join in d.get("joins", []):
            out += [*nodes(join.get("filters")), *nodes(join.get("on"))]
        return out

    def leaves(self, d):
        return [f for f in self.filters(d) if "column" in f]

    def some_column(self, d):
        """Any name, of the table that is asked or another: it may be unknown there, denied, masked or of another type."""
        tables = self.world.config["tables"]
        asked = [t for t in tables if t["apiName"] == d["from"]]
        table = self.random.choice(asked if asked and self.random.random() < 0.5 else tables)
        return self.random.choice(["nope", *(c["apiName"] for c in table["columns"])])

    def a_column(self, d, c):
        parts = [[(f, k) for f in self.leaves(d) for k in ("column", "refColumn") if k in f]]
        parts += [[(o, "column") for o in d.get(part, []) if "column" in o] for part in ("orderBy", "groupBy", "aggregations", "having")]
        parts += [[(p["columns"], i) for p in [d, *d.get("joins", [])] if p.get("columns") for i in range(len(p["columns"]))]]
        parts = [holders for holders in parts if holders]
        if not parts:
            return False
        holder, key = self.random.choice(self.random.choice(parts))
        holder[key] = self.some_column(d)
        return True

    def a_table(self, d, c):
        holders = [d, *d.get("joins", []), *(f for f in self.filters(d) if "column" not in f and "table" in f)]
        holder = self.random.choice(holders)
        holder["from" if holder is d else "table"] = self.random.choice(["nowhere", *(t["apiName"] for t in self.world.config["tables"])])
        return True

    def a_name(self, d, c):
        """A `table` that is not in this query."""
        holders = [*self.leaves(d), *d.get("orderBy", []), *d.get("groupBy", []), *(a for a in d.get("aggregations", []) if a["column"] != "*")]
        if not holders:
            return False
        holder = self.random.choice(holders)
        holder["refTable" if "refColumn" in holder and self.random.random() < 0.5 else "table"] = "nobody"
        return True

    def an_operand(self, d, c):
        leaves = [f for f in self.leaves(d) if "refColumn" not in f]
        if not leaves:
            return False
        leaf, r = self.random.choice(leaves), self.random
        kind = r.random()
        if kind < 0.15:
            leaf.pop("value", None)
        elif isinstance(leaf.get("value"), list) and leaf["value"] and kind < 0.5:
            leaf["value"][r.randrange(len(leaf["value"]))] = self.odd()
        elif isinstance(leaf.get("value"), dict) and leaf["value"] and kind < 0.6:
            leaf["value"][r.choice(sorted(leaf["value"]))] = self.odd()
        else:
            leaf["value"] = self.odd()
        return True

    def odd(self):
        return self.random.choice([None, "no value", "", 2**31, 2**63, -2**63 - 1, 1.5, True, [], [None], {}, {"from": 1}, "2024-02-30", "2024-13-01", "a\0b", "x\\", "%_%_%_%_%",
                                   self.random.choice(POOLS[self.random.choice(sorted(POOLS))])])

    def a_value(self, d, c):
        """A context value."""
        keys = sorted(c.get("contextValues", {}))
        key = self.random.choice([k for k in keys if k.startswith("tenant")] or keys or [None])
        if key is None:
            return False
        kind = self.random.random()
        if kind < 0.4:
            del c["contextValues"][key]
        else:
            c["contextValues"][key] = self.random.choice([None, [None], "no value", [], 5, "5", True, ["x"], [1.5], {"a": 1}])
        return True

    def values(self, d, c):
        if self.random.random() < 0.8:
            return False
        c.pop("contextValues", None)
        return True

    def roles(self, d, c):
        if self.random.random() < 0.7:
            return False
        name = c.get("role", "admin")
        c.update(self.random.choice([{"role": "nobody"}, {"roles": {"user": []}}, {"roles": {"user": ["nobody", name]}}, {"roles": {"robot": [name]}}, {"roles": {}},
                                     {"role": name, "roles": {"user": [name]}}]))
        if "roles" in c and self.random.random() < 0.8:
            c.pop("role", None)
        return True

    def an_operator(self, d, c):
        leaves = self.leaves(d)
        if not leaves:
            return False
        leaf = self.random.choice(leaves)
        leaf["operator"] = self.random.choice(["==", "like", "in", "between", *COMPARISONS, *NULL_TESTS])
        return True

    def a_join(self, d, c):
        if not d.get("joins"):
            return False
        join = self.random.choice(d["joins"])
        kind = self.random.choice(["via", "parent", "as", "taken", "reverse", "undirected", "bare"])
        if kind in ("via", "parent"):
            join[kind] = "nobody"
        elif kind in ("as", "undirected", "bare"):
            for key in {"as": ("as",), "undirected": ("reverse",), "bare": ("via", "parent", "as")}[kind]:
                join.pop(key, None)
        else:
            join["reverse" if kind == "reverse" else "as"] = True if kind == "reverse" else d["from"]
        return True

    def an_exists(self, d, c):
        found = [f for f in self.filters(d) if "column" not in f and "table" in f]
        if not found:
            return False
        node = self.random.choice(found)
        kind = self.random.choice(["via", "parent", "operator", "value", "bare"])
        if kind in ("via", "parent"):
            node[kind] = "nobody"
        elif kind == "bare":
            for key in ("via", "parent", "reverse"):
                node.pop(key, None)
        else:
            node["count"] = {"operator": "=", "value": 1, **({"operator": "like"} if kind == "operator" else {"value": self.random.choice([-1, 1.5, "1", None])})}
        return True

    def another_join(self, d):
        """Along any relation of the table that is asked: to a table that the caller may not see, or by keys that it may not follow. Alone: what else is wrong
        with it is then told or not."""
        ways = [(t["apiName"], r["references"]["table"], r) for t in self.world.config["tables"] for r in t["relations"]]
        ways = [(other if one == d["from"] else one, r) for one, other, r in ways if d["from"] in (one, other)]
        hushed = self.world.config["policy"].get("errors") == "uniform"  # what a relation is that may not be followed is open then
        if not ways or hushed or {"groupBy", "aggregations", "page", "joins"} & d.keys():
            return False
        table, relation = self.random.choice(ways)
        d["joins"] = [{"table": table, "as": "another", "columns": [], **({"via": relation["name"]} if "name" in relation else {})}]
        return True

    def more_ids(self, d, c):
        """byIds by keys that the caller may not see."""
        table = next((t for t in self.world.config["tables"] if t["apiName"] == d["from"]), {})
        key = [c for c in table.get("columns", []) if c["apiName"] in table["primaryKey"]]
        if not key or "groupBy" in d or "aggregations" in d or "page" in d:
            return False
        one = {c["apiName"]: self.random.choice(pool_of(c["type"])) for c in key}
        d["byIds"] = [one if len(key) > 1 else one[key[0]["apiName"]]]
        return True

    def ids(self, d, c):
        if not d.get("byIds"):
            return self.more_ids(d, c)
        if self.random.random() < 0.2:
            d["byIds"] = []
            return True
        i = self.random.randrange(len(d["byIds"]))
        if isinstance(d["byIds"][i], dict) and d["byIds"][i] and self.random.random() < 0.6:
            key = self.random.choice(sorted(d["byIds"][i]))
            d["byIds"][i] = {**d["byIds"][i], self.random.choice([key, "nope"]): self.odd()}
            if self.random.random() < 0.3:
                del d["byIds"][i][key]
        else:
            d["byIds"][i] = self.odd()
        return True

    def limits(self, d, c):
        if "page" in d:
            return False
        d.update(self.random.choice([{"limit": -1}, {"offset": -1}, {"offset": 1}, {"limit": 1.5}]))
        return True

    def repeat(self, d, c):
        lists = [p["columns"] for p in [d, *d.get("joins", [])] if p.get("columns")]
        if not lists:
            return False
        chosen = self.random.choice(lists)
        chosen.append(self.random.choice(chosen))
        return True

    def groups(self, d, c):
        if "aggregations" not in d and "groupBy" not in d:
            return False
        kind = self.random.choice(["fan-out", "alias", "column", "having", "fn", "ids"])
        if kind == "fan-out":
            d.pop("allowFanOut", None)
        elif kind == "column":
            d["columns"] = [*d.get("columns", []), self.some_column(d)]
        elif kind == "having":
            d["having"] = [*d.get("having", []), {"column": "nobody", "operator": "=", "value": 1}]
        elif kind == "ids" and "page" not in d:
            d["byIds"] = [1]
        elif d.get("aggregations"):
            one = self.random.choice(d["aggregations"])
            if kind == "fn":
                one["fn"] = self.random.choice(["sum", "avg", "min", "countDistinct", "median"])
            else:
                d["aggregations"].append(dict(one))
        return True

    def page_or_distinct(self, d, c):
        if "page" in d:
            d.update(self.random.choice([{"limit": 1}, {"page": {"first": 0}}, {"executeMode": "count"}, {"page": {}}, {"byIds": [1]}]))
            return True
        if d.get("distinct") and d.get("columns") and "distinct" in self.world.features:
            d["columns"] = d["columns"][1:] or d["columns"]
            return True
        return False
