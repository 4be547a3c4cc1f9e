"""Random valid queries over a configuration and its rows, from a seed: small domains, so that filters hit and miss."""
import random

OPS = {
    "string": ["=", "!=", ">", "<", ">=", "<=", "in", "notIn", "between", "notBetween", "like"],
    "boolean": ["=", "!=", "in", "notIn"], "uuid": ["=", "!=", "in", "notIn"], "bytes": ["=", "!="], "json": [],
}
ORDERED = ["=", "!=", ">", "<", ">=", "<=", "in", "notIn", "between", "notBetween"]


class Generator:
    def __init__(self, expected, seed):
        self.expected, self.random = expected, random.Random(seed)

    def chance(self, p):
        return self.random.random() < p

    def context(self, choices):
        return self.random.choice(choices)

    def value(self, table, column):
        seen = [r[column] for r in self.expected.stored.get(table["id"], []) if r[column] is not None]
        return self.random.choice(seen) if seen else None

    def usable(self, table, context):
        return [c for c in table["columns"] if c["apiName"] in self.expected.allowed(table, context)]

    def leaf(self, table, context, name):
        r = self.random
        columns = [c for c in self.usable(table, context) if self.value(table, c["apiName"]) is not None]
        if not columns:
            return None
        column = r.choice(columns)
        of, api = column["type"], column["apiName"]
        ops = [] if of.endswith("[]") else list(OPS.get(of, ORDERED))
        if column["nullable"]:
            ops += ["isNull", "isNotNull", "is_null"]
        if not ops:
            return None
        op = r.choice(ops)
        leaf = {"column": api, "operator": op}
        if name:
            leaf["table"] = name
        if op in ("in", "notIn"):
            leaf["value"] = [self.value(table, api) for _ in range(r.randint(1, 3))]
        elif op in ("between", "notBetween"):
            leaf["value"] = {"from": self.value(table, api), "to": self.value(table, api)}
        elif op == "like":
            text = self.value(table, api)
            i, j = sorted((r.randint(0, len(text)), r.randint(0, len(text))))
            part = text[i:j].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            leaf["value"] = r.choice(["%", "", "_"]) + part + r.choice(["%", ""])
        elif "ull" not in op:
            leaf["value"] = self.value(table, api)
        return leaf

    def exists(self, place, context, depth):
        """A node on one place, along a relation that is clear; None where there is none."""
        table, name = place
        options = []
        for other in self.expected.tables.values():
            if self.usable(other, context):
                options += [(other, relation) for relation in self.expected.relations(table, other)]
        if not options:
            return None
        other, relation = self.random.choice(options)
        node = {"table": other["apiName"], "via": relation}
        if name:
            node["parent"] = name
        if other is table:
            node["reverse"] = self.chance(0.5)
        if self.chance(0.4):
            node["count"] = {"operator": self.random.choice(["=", "!=", ">", "<", ">=", "<="]), "value": self.random.choice([0, 0, 1, 1, 2, 3])}
        if self.chance(0.5):
            node["exists"] = self.chance(0.4)
        inner = self.filters([(other, None)], context, 2, depth - 1) if self.chance(0.6) else []
        if inner:
            node["filters"] = inner
        return node

    def filters(self, places, context, most, depth=2):
        """places: [(table, name to write or None)]"""
        out = []
        for _ in range(self.random.randint(0, most)):
            if depth and self.chance(0.25):
                node = self.exists(self.random.choice(places), context, depth)
                out += [node] if node else []
                continue
            if depth and self.chance(0.35):
                inner = self.filters(places, context, 3, depth - 1)
                if inner:
                    group = {"logic": self.random.choice(["and", "or"]), "conditions": inner}
                    if self.chance(0.4):
                        group["not"] = True
                    out.append(group)
                continue
            leaf = self.leaf(*self._place(places, context))
            if leaf:
                out.append(leaf)
        return out

    def _place(self, places, context):
        table, name = self.random.choice(places)
        return table, context, name

    def columns(self, table, context):
        names = [c["apiName"] for c in self.usable(table, context)]
        self.random.shuffle(names)
        return names[:self.random.randint(1, max(1, len(names)))]

    def joins(self, start, context):
        """Joins whose parent and relation are clear; sometimes named, sometimes through via."""
        joins, names = [], [(start, start["apiName"])]
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            options = []
            for table, name in names:
                for other in self.expected.tables.values():
                    if self.usable(other, context):
                        options += [(name, other, relation) for relation in self.expected.relations(table, other)]
            if not options:
                break
            parent, other, relation = self.random.choice(options)
            name = f"j{len(joins)}"
            join = {"table": other["apiName"], "as": name, "parent": parent, "via": relation}
            if other is next(t for t, known in names if known == parent):
                join["reverse"] = self.chance(0.5)
            if self.chance(0.5):
                join["type"] = self.random.choice(["inner", "left"])
            if self.chance(0.7):
                join["columns"] = self.columns(other, context)
            if self.chance(0.3):
                join["filters"] = self.filters([(other, None)], context, 2)
            if self.chance(0.3):
                join["on"] = self.filters([(other, None)], context, 2)
            joins.append({k: v for k, v in join.items() if v != []})
            names.append((other, name))
        return joins, names

    def definition(self, context):
        r = self.random
        tables = [t for t in self.expected.tables.values() if self.usable(t, context)]
        table = r.choice(tables)
        d = {"from": table["apiName"]}
        joins, names = self.joins(table, context)
        if joins:
            d["joins"] = joins
        if self.chance(0.7) or not self.usable(table, context):
            d["columns"] = self.columns(table, context)
        filters = self.filters([(t, None if i == 0 else name) for i, (t, name) in enumerate(names)], context, 3)
        if filters:
            d["filters"] = filters
        key = table["primaryKey"]
        if key and self.chance(0.2) and all(k in self.expected.allowed(table, context) for k in key) and self.expected.stored.get(table["id"]):
            rows = [r.choice(self.expected.stored[table["id"]]) for _ in range(r.randint(1, 4))]
            d["byIds"] = [row[key[0]] if len(key) == 1 else {k: row[k] for k in key} for row in rows]
        order = []
        for t, name in names:
            for c in self.usable(t, context):
                if self.chance(0.15) and not c["type"].endswith("[]") and c["type"] not in ("json", "bytes"):
                    one = {"column": c["apiName"], "direction": r.choice(["asc", "desc"])}
                    if name != table["apiName"]:
                        one["table"] = name
                    if self.chance(0.3):
                        one["nulls"] = r.choice(["first", "last"])
                    order.append(one)
        r.shuffle(order)
        if order:
            d["orderBy"] = order
        if self.chance(0.4):
            d["limit"] = r.randint(0, 8)
            if self.chance(0.5):
                d["offset"] = r.randint(0, 3)
        if self.chance(0.15):
            d["executeMode"] = "count"
        if self.chance(0.2):
            d["freshness"] = r.choice(["realtime", "seconds", "minutes", "hours"])
        if self.chance(0.2):
            d["prefer"] = [r.choice(["replica", "trino", "cache"])]
        return d
