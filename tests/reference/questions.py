"""Generated questions about a world (generate.py): definitions of the whole language that are valid for a context.

    Questions(world, seed).next() -> (definition, context)

Accepts a world whose features say what may be used. Promises valid definitions (wrong.py makes invalid ones) that have one right
answer: what is not defined (the seventh place of an average, how a json value is grouped) is not asked.
"""
import random
from decimal import Decimal

from access import CLEAR, HIDDEN, MASKED, Access, allows
from generate import TENANT_TYPES, pool_of
from operators import COMPARISONS, PATTERNS, TEXT_TESTS, families, operators_of
from realtypes import asked_of, varied
from references import Ref, Schema, Unrelated, multiplied
from values import NUMBERS, ORDERED
from wrong import Wrong

USES = {"select": None, "count": None, "filter": "filter", "sort": "sort", "group": "group", "aggregate": "aggregate"}
BUCKETS = ["year", "quarter", "month", "week", "day", "hour", "minute"]


class Questions:
    def __init__(self, world, seed):
        self.world, self.random = world, random.Random(f"questions {world.seed} {seed}")
        self.schema = Schema(world.config)
        self.uses = world.config["policy"].get("maskedColumns", [])
        self.access = None
        self.wrong = Wrong(world, self.random)

    def has(self, feature, chance=1.0):
        drawn = self.random.random() < chance
        return drawn and feature in self.world.features

    def next(self):
        while True:
            context = self.random.choice(self.world.contexts)
            self.access = Access(self.world.config, context)
            tables = [t for t in self.world.config["tables"] if self.access.sees(t) and self.access.columns(t)]
            if tables:
                definition = self.definition(self.random.choice(tables))
                if self.has("errors", 0.15):
                    return self.wrong.spoil(definition, context)
                return definition, context

    # ---- what may be used ----

    def usable(self, ref, use):
        """The columns that this caller may use so."""
        out = []
        for c in ref.table["columns"]:
            gate = self.access.gate(ref.table, c["apiName"])
            if gate == CLEAR or gate == MASKED and (USES[use] is None or USES[use] in self.uses):
                out.append(c)
        return out

    def follows(self, one, other, link):
        """May the caller follow the relation?"""
        if self.access.policy.get("relations") != "visible-keys":
            return True
        return all(self.access.gate(one, a) == CLEAR and self.access.gate(other, b) == CLEAR for a, b in link.pairs)

    # ---- the definition ----

    def definition(self, table):
        r, d = self.random, {"from": table["apiName"]}
        refs = [Ref(table["apiName"], table, d)]
        if self.has("by_ids", 0.4) and self.world.config["caches"]:
            return self.of_cache(d, refs)
        if self.has("joins", 0.45):
            self.add_joins(d, refs)
        if self.has("filters", 0.7):
            self.put(d, "filters", self.nodes(refs, refs[0], 3, top=True))
        if self.has("grouping", 0.3):
            self.add_groups(d, refs)
        else:
            self.add_columns(d, refs)
        if self.has("by_ids", 0.2) and "groupBy" not in d and "aggregations" not in d:
            self.add_ids(d, refs)
        self.add_order(d, refs)
        self.add_end(d, refs)
        items = list(d.items())
        r.shuffle(items)
        for key, value in items:  # the order of keys never matters
            d[key] = d.pop(key)
        return d

    def of_cache(self, d, refs):
        """What a cache may answer: rows by their keys and nothing else."""
        columns = [c["apiName"] for c in self.usable(refs[0], "select")]
        self.random.shuffle(columns)
        if columns and self.has("cache", 0.7):
            d["columns"] = columns[:self.random.randint(1, len(columns))]
        self.add_ids(d, refs)
        return d

    @staticmethod
    def put(d, key, value):
        if value:
            d[key] = value

    def add_joins(self, d, refs):
        r, joins = self.random, []
        for i in range(r.choice([1, 1, 2, 3])):
            parent = r.choice(refs)
            table = r.choice(self.world.config["tables"])
            join = {"table": table["apiName"]}
            link = self.link(refs, parent, table, join)
            if link is None or not self.access.sees(table):
                continue
            if any(x.name == join["table"] for x in refs) or r.random() < 0.3:
                join["as"] = f"j{i}"
            if self.has("inner", 0.4):
                join["type"] = "inner"
            elif r.random() < 0.3:
                join["type"] = "left"
            ref = Ref(join.get("as", join["table"]), table, join, link[0], link[1], join.get("type", "left") == "left")
            refs.append(ref)
            joins.append(join)
            if self.has("filters", 0.25):
                self.put(join, "filters", self.nodes(refs, ref, 2))
            if self.has("on", 0.3):
                self.put(join, "on", self.nodes([ref], ref, 2, on=True))
        self.put(d, "joins", joins)

    def link(self, refs, parent, table, node):
        """Fills in via, reverse and parent, as few as are needed or more; (parent, link) or None."""
        r = self.random
        links = self.schema.links(parent.table, table)
        if not links:
            return None
        if parent.table is table:
            node["reverse"] = r.random() < 0.5
        for attempt in range(3):
            if attempt or r.random() < 0.2:
                node["parent"] = parent.name
            if attempt > 1 or r.random() < 0.2:
                node["via"] = r.choice(sorted(r.choice(links).names))
            try:
                found = self.schema.related(refs, table, node)
                if found[0].table is table:
                    node.setdefault("reverse", False)  # another parent than the one that was meant
                return found if self.follows(found[0].table, table, found[1]) else None
            except Unrelated:
                continue
        return None

    # ---- filters ----

    def nodes(self, refs, default, most, depth=2, top=False, on=False):
        out = []
        for _ in range(self.random.randint(0, most)):
            kind = self.random.random()
            node = None
            if kind < 0.25 and depth and self.has("groups"):
                inner = self.nodes(refs, default, 3, depth - 1, top, on)
                node = inner and {"logic": self.random.choice(["and", "or"]), "conditions": inner}
                if node and self.random.random() < 0.4:
                    node["not"] = self.random.random() < 0.9
            elif kind < 0.45 and self.has("exists_on" if on else "exists"):
                node = self.exists(refs, default, 2, top)
            elif kind < 0.6 and self.has("columns_compared"):
                node = self.columns_compared(refs, default)
            else:
                node = self.leaf(refs, default)
            out += [node] if node else []
        return out

    def name_of(self, ref, default):
        return None if ref is default and self.random.random() < 0.8 else ref.name

    def leaf(self, refs, default):
        r = self.random
        ref = r.choice(refs)
        options = [(c, op) for c in self.usable(ref, "filter") for op in self.operators(ref, c)]
        if not options:
            return None
        column = r.choice(options)[0]
        op = r.choice(self.operators(ref, column))
        node = {"column": column["apiName"], "operator": op}
        name = self.name_of(ref, default)
        if name:
            node["table"] = name
        if op not in ("isNull", "isNotNull", "is_null", "is_not_null", "arrayIsEmpty", "arrayIsNotEmpty"):
            node["value"] = self.operand(ref, column, op)
        elif r.random() < 0.1 and op.lower().startswith("is"):
            node["value"] = None
        return node

    def operators(self, ref, column):
        of = column["type"]
        out = operators_of(of)
        if of.endswith("[]") and not self.has("array_tests"):
            out = []
        if not self.has("text"):
            out = [op for op in out if op == "like" or op not in PATTERNS and op not in TEXT_TESTS]
        if not self.has("fold"):
            out = [op for op in out if "ilike" not in op.lower() and not op.startswith(("icont", "istart", "iend", "notIcont"))]
        if not self.has("levenshtein"):
            out = [op for op in out if op != "levenshteinLte"]
        if column["nullable"] or ref.optional or self.access.may_hide(ref.table, column["apiName"]):
            out += ["isNull", "isNotNull", "is_null", "is_not_null"]
        return out

    def value(self, table, column):
        """A JSON value of the column's type: mostly one that occurs."""
        r, data = self.random, self.world.rows[table["id"]]
        at = data["columns"].index(column["apiName"])
        seen = [row[at] for row in data["rows"] if row[at] is not None]
        if seen and r.random() < 0.75:
            return self.respelled(column["type"], r.choice(seen))
        pool = TENANT_TYPES[column["type"]] if column["apiName"] == "tenant" else asked_of(column["type"], r)
        return self.respelled(column["type"], r.choice(pool))

    def respelled(self, of, value):
        """The same value, sometimes written in another valid way."""
        r = self.random
        value = varied(of, value, r)
        if r.random() > 0.15:
            return value
        if of == "uuid":
            return value.upper()
        if of == "bigint":
            return str(value)
        if of == "int":
            return Decimal(f"{value}.0")
        if of == "decimal":
            return Decimal(value)
        if of == "time":
            return value + "0" if "." in value else value + ".000"
        if of == "timestamp":
            return value[:-1] + r.choice(["", "+00:00"]) if not value.endswith("T00:00:00Z") else value[:10]
        return value

    def operand(self, ref, column, op):
        r, of = self.random, column["type"]
        if op in ("in", "notIn"):
            return [self.value(ref.table, column) for _ in range(r.randint(1, 3))]
        if op in ("between", "notBetween"):
            return {"from": self.value(ref.table, column), "to": self.value(ref.table, column)}
        if of.endswith("[]"):
            items = [v for v in r.choice(pool_of(of)[1:]) if v is not None] or [pool_of(of)[1][0]]
            return r.choice(items) if op == "arrayContains" else items
        if op in PATTERNS:
            return self.pattern(self.wild(self.value(ref.table, column)))
        if op in TEXT_TESTS:
            text = self.wild(self.value(ref.table, column))
            i, j = sorted((r.randint(0, len(text)), r.randint(0, len(text))))
            return r.choice([text, text[i:j], text[:i], text[j:]])
        if op == "levenshteinLte":
            return {"text": self.value(ref.table, column)[:200] or "a", "maxDistance": r.randint(0, 3)}
        return self.value(ref.table, column)

    def wild(self, text):
        """Sometimes a wildcard in place of a character: as plain text it stands for itself alone."""
        i = self.random.randrange(len(text) or 1)
        return text[:i] + self.random.choice("%_") + text[i + 1:] if text and self.random.random() < 0.3 else text

    def pattern(self, text):
        r = self.random
        i, j = sorted((r.randint(0, len(text)), r.randint(0, len(text))))
        part = "".join("\\" + c if c in "\\%_" else c for c in text[i:j][:40])
        return r.choice(["%", "", "_", "\\a", "%%"]) + part + r.choice(["%", "", "_%"])

    def columns_compared(self, refs, default):
        r = self.random
        options = []
        for one in refs:
            for a in self.usable(one, "filter"):
                for other in refs:
                    options += [(one, a, other, b, op) for b in self.usable(other, "filter") for op in COMPARISONS
                                if families(a["type"], b["type"], op) and (one, a) != (other, b)]
        if not options:
            return None
        one, a, other, b, op = r.choice(options)
        node = {"column": a["apiName"], "operator": op, "refColumn": b["apiName"]}
        for key, ref in (("table", one), ("refTable", other)):
            name = self.name_of(ref, default)
            if name:
                node[key] = name
        return node

    def exists(self, refs, default, depth, top):
        r = self.random
        around = refs if top else [default]
        parent = r.choice(around) if self.has("exists_joined") else around[0]
        table = r.choice(self.world.config["tables"])
        node = {"table": table["apiName"]}
        link = self.link(around, parent, table, node)
        if link is None or not self.access.sees(table) or ("exists_joined" not in self.world.features and link[0] is not around[0]):
            return None
        if not top:
            node.pop("parent", None)
        inner = Ref(table["apiName"], table, node, *link)
        if r.random() < 0.7:
            filters = []
            for _ in range(r.randint(0, 2)):
                nested = depth and self.has("exists_nested", 0.3)
                filters += [n for n in [self.exists([inner], inner, depth - 1, False) if nested else self.leaf([inner], inner)] if n]
            if len(filters) > 1 and r.random() < 0.4:
                filters = [{"logic": "or", "conditions": filters}]
            self.put(node, "filters", filters)
        if self.has("exists_count", 0.35):
            node["count"] = {"operator": r.choice(sorted(COMPARISONS)), "value": r.randint(0, 3)}
        if r.random() < 0.5:
            node["exists"] = r.random() < 0.5
        return node

    # ---- outputs ----

    def add_columns(self, d, refs):
        r = self.random
        d["distinct"] = self.has("distinct", 0.15)
        for ref in refs:
            columns = self.usable(ref, "group" if d["distinct"] else "select")
            if d["distinct"]:
                columns = [c for c in columns if c["type"] != "json" and not c["type"].endswith("[]")]
            names = [c["apiName"] for c in columns]
            if ref.place is d and not names:
                d["distinct"] = False
                names = self.access.columns(ref.table)
            if d["distinct"] and (ref.place is d or r.random() < 0.8) or ref.place is d and r.random() < 0.7 or ref.place is not d and r.random() < 0.5:
                r.shuffle(names)
                ref.place["columns"] = names[:r.randint(1 if ref.place is d else 0, max(1, min(4, len(names))))]
        if not d["distinct"]:
            del d["distinct"]

    def add_groups(self, d, refs):
        r, entries, taken = self.random, [], set()
        for i in range(r.choice([0, 1, 1, 2])):
            ref = r.choice(refs)
            columns = [c for c in self.usable(ref, "group") if c["type"] != "json" and not c["type"].endswith("[]")]
            if not columns:
                continue
            column = r.choice(columns)
            entry = {"column": column["apiName"]}
            if self.name_of(ref, refs[0]):
                entry["table"] = ref.name
            if column["type"] in ("date", "timestamp") and self.has("buckets", 0.7):
                entry["bucket"] = r.choice(BUCKETS)
                if r.random() < 0.5:
                    entry["as"] = f"b{i}"
            if (entry.get("as", entry["column"]), ref.name) not in taken:
                taken.add((entry.get("as", entry["column"]), ref.name))
                entries.append((entry, ref))
        aggregates = [a for a in (self.aggregate(refs, i) for i in range(r.randint(0 if entries else 1, 3))) if a]
        if not entries and not aggregates:
            aggregates = [{"fn": "count", "column": "*", "alias": "n"}]
        self.put(d, "groupBy", [e for e, _ in entries])
        self.put(d, "aggregations", aggregates)
        if r.random() < 0.4 and all(ref is refs[0] for _, ref in entries) and entries:
            chosen = [e.get("as", e["column"]) for e, _ in entries]
            r.shuffle(chosen)
            d["columns"] = chosen[:r.randint(0 if aggregates else 1, len(chosen))]
        if aggregates and self.has("having", 0.4):
            self.put(d, "having", [n for n in (self.having(d, refs) for _ in range(r.randint(1, 2))) if n])

    def aggregate(self, refs, i):
        r = self.random
        fn = r.choice(["count", "count", "countDistinct", "sum", "avg", "min", "max"])
        alias = r.choice([f"n{i}", f"the {fn} {i}", f'a"{i}', f"é{i}; --"])
        if fn == "count" and r.random() < 0.5:
            return {"fn": fn, "column": "*", "alias": alias}
        ref = r.choice(refs)
        types = {"count": None, "countDistinct": (*ORDERED, "boolean", "uuid"), "sum": NUMBERS, "avg": NUMBERS}.get(fn, ORDERED)
        use = {"count": "count", "countDistinct": "group"}.get(fn, "aggregate")
        columns = [c for c in self.usable(ref, use) if types is None or c["type"] in types]
        if not columns:
            return None
        out = {"fn": fn, "column": r.choice(columns)["apiName"], "alias": alias}
        if self.name_of(ref, refs[0]):
            out["table"] = ref.name
        if fn in ("sum", "avg") and multiplied(refs, ref):
            refs[0].place["allowFanOut"] = True
        return out

    def having(self, d, refs):
        r, a = self.random, self.random.choice(d["aggregations"])
        from grouping import aggregate_type
        of = aggregate_type(refs, a)
        if r.random() < 0.2:
            inner = [n for n in (self.having(d, refs) for _ in range(2)) if n]
            return inner and {"logic": r.choice(["and", "or"]), "conditions": inner, "not": r.random() < 0.4}
        op = r.choice(["=", "!=", ">", "<", ">=", "<=", "in", "notIn", "between", "notBetween"] + ["isNull", "isNotNull"] * (a["fn"] not in ("count", "countDistinct")))
        pool = [0, 1, 2, 3] if of == "int" and a["fn"].startswith("count") else pool_of(of)
        node = {"column": a["alias"], "operator": op}
        if op in ("in", "notIn"):
            node["value"] = [r.choice(pool) for _ in range(r.randint(1, 3))]
        elif op in ("between", "notBetween"):
            node["value"] = {"from": r.choice(pool), "to": r.choice(pool)}
        elif "ull" not in op:
            node["value"] = r.choice(pool)
        return node

    # ---- byIds, order, limit ----

    def add_ids(self, d, refs):
        r, table = self.random, refs[0].table
        key = [c for c in table["columns"] if c["apiName"] in table["primaryKey"]]
        if not key or not {c["apiName"] for c in key} <= {c["apiName"] for c in self.usable(refs[0], "filter")}:
            return
        data = self.world.rows[table["id"]]
        ids = []
        for _ in range(r.randint(1, 4)):
            one = {c["apiName"]: self.value(table, c) for c in key}
            if data["rows"] and r.random() < 0.8:
                row = dict(zip(data["columns"], r.choice(data["rows"])))
                one = {c["apiName"]: self.respelled(c["type"], row[c["apiName"]]) for c in key}
            ids.append(one if len(key) > 1 else one[key[0]["apiName"]])
        d["byIds"] = ids

    def add_order(self, d, refs):
        r, order = self.random, []
        if not self.has("order", 0.5):
            return
        for one in self.orderable(d, refs):
            if r.random() < 0.3:
                one["direction"] = r.choice(["asc", "desc"])
                if one["direction"] == "asc" and len(order) % 2:
                    del one["direction"]  # the default
                if r.random() < 0.3:
                    one["nulls"] = r.choice(["first", "last"])
                order.append(one)
        r.shuffle(order)
        self.put(d, "orderBy", order)

    def orderable(self, d, refs):
        if "groupBy" in d or "aggregations" in d:
            out = [{"column": g.get("as", g["column"]), **({"table": g["table"]} if "table" in g else {})} for g in d.get("groupBy", [])
                   if self.group_sortable(refs, g)]
            return out + [{"column": a["alias"]} for a in d.get("aggregations", [])]
        out = []
        for ref in refs:
            for c in self.usable(ref, "sort"):
                selected = not d.get("distinct") or c["apiName"] in ref.place.get("columns", [])
                if selected and c["type"] != "json" and not c["type"].endswith("[]"):
                    out.append({"column": c["apiName"], **({"table": ref.name} if ref is not refs[0] or r_(self) < 0.1 else {})})
        return out

    def outputs_sortable(self, d, refs):
        """A cursor holds what makes the order total: keys, or in distinct and grouped queries what comes out."""
        if "groupBy" in d:  # groups that are distinguished by cells of single rows, in an order of aggregates, have no pages: INVALID_PAGE
            return all(self.group_sortable(refs, g) and self.alike(next(x for x in refs if x.name == g.get("table", refs[0].name)), g["column"]) for g in d["groupBy"])
        names = [(ref, c) for ref in refs for c in ref.place.get("columns", [])] if d.get("distinct") else []
        return all(c in [x["apiName"] for x in self.usable(ref, "sort")] and not ref.types[c].endswith("[]") for ref, c in names)

    def alike(self, ref, column):
        """Do all roles grant the column alike?"""
        return all(len({allows(g, column) for g in grants}) == 1 for grants in self.access.grants(ref.table))

    def group_sortable(self, refs, g):
        ref = next(x for x in refs if x.name == g.get("table", refs[0].name))
        return g["column"] in [c["apiName"] for c in self.usable(ref, "sort")]

    def add_end(self, d, refs):
        r = self.random
        if self.has("count", 0.12):
            d["executeMode"] = "count"
        elif r.random() < 0.1:
            d["executeMode"] = "execute"
        if self.has("page", 0.15) and "byIds" not in d and d.get("executeMode") != "count" and all(ref.table["primaryKey"] for ref in refs):
            if not d.get("groupBy") and d.get("aggregations") or not self.outputs_sortable(d, refs):
                return
            d["page"] = {"first": r.randint(1, 4)}
        elif self.has("limit", 0.35):
            d["limit"] = r.randint(0, 6)
            if self.has("offset", 0.5):
                d["offset"] = r.randint(0, 3)
        if self.has("numbers", 0.1):
            d["numbers"] = r.choice(["string", "literal"])


def r_(questions):
    return questions.random.random()
