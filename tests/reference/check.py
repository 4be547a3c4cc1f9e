"""Every error of a definition and its context: [(code, JSON Pointer)].

Accepts a definition whose JSON types are right (members of a wrong JSON type and unknown keys are golden cases). Promises all errors at once, each at the
smallest wrong member, a missing member at its parent; a table that is unknown or denied gives one error and its columns are not checked.
Filters: check_filters.py; groups, aggregates, having: check_groups.py.
"""
from access import CLEAR, HIDDEN, Access, role_problems
from check_filters import check_filters, counts
from check_groups import check_groups, grouped
from grouping import Fragile
from references import Ref, Unrelated
from values import Invalid, spelled


class Check:
    def __init__(self, config, schema, definition, context):
        self.config, self.schema, self.definition, self.context = config, schema, definition, context
        self.policy, self.found, self.touched = config.get("policy", {}), [], []
        self.refs = []  # those whose table is unknown or denied have none

    def errors(self):
        d = self.definition
        self.found = list(role_problems(self.config, self.context))
        if self.found:
            self.shapes()
            return self.found
        self.access = Access(self.config, self.context)
        self.tables()
        check_filters(self, d.get("filters", []), "/filters", self.refs[0], self.refs, top=True)
        for ref in self.refs[1:]:
            for part in ("filters", "on"):
                check_filters(self, ref.place.get(part, []), f"{ref.pointer}/{part}", ref, self.seen_by(ref, part))
        if grouped(d):
            check_groups(self)
        else:
            self.columns()
            self.order()
        self.ids()
        self.shapes()
        for code, pointer in self.access.context_problems(self.touched):
            self.report(code, pointer)
        return self.found

    def report(self, code, pointer):
        self.found.append((code, pointer))

    # ---- tables ----

    def tables(self):
        d = self.definition
        self.add(Ref(d["from"], self.table(d["from"], "/from"), d), "")
        for i, join in enumerate(d.get("joins", [])):
            self.join(join, f"/joins/{i}")

    def table(self, name, pointer):
        """The table, or None and one error."""
        table = self.schema.tables.get(name)
        if table is None or not self.access.sees(table):
            denied = table is not None and self.policy.get("errors") != "uniform"
            self.report("ACCESS_DENIED" if denied else "UNKNOWN_TABLE", pointer)
            return None
        if table not in self.touched:
            self.touched.append(table)
        return table

    def add(self, ref, pointer):
        ref.pointer = pointer
        self.refs.append(ref)

    def join(self, join, pointer):
        name, parent, link = join.get("as", join["table"]), None, None
        if any(r.name == name for r in self.refs):
            self.report("INVALID_JOIN", f"{pointer}/as" if "as" in join else pointer)
            self.add(Ref(None, None, join), pointer)  # what it was meant to be is unknown
            return
        table = self.table(join["table"], f"{pointer}/table")
        if table and "parent" in join and not any(r.name == join["parent"] for r in self.refs):
            self.report("INVALID_JOIN", f"{pointer}/parent")
        elif table:
            parent, link = self.relation(self.refs, table, join, "INVALID_JOIN", pointer)
        self.add(Ref(name, table, join, parent, link, join.get("type", "left") == "left"), pointer)

    def relation(self, refs, table, node, code, pointer):
        """(parent, link) of a join or an exists, or (None, None) and an error, unless the parent may be a table that is unknown or denied."""
        lost = any(not r.table for r in refs)
        refs = [r for r in refs if r.table]
        if node.get("parent") and not any(r.name == node["parent"] for r in refs) or not refs:
            return None, None
        try:
            parent, link = self.schema.related(refs, table, node)
        except Unrelated as e:
            without = {k: v for k, v in node.items() if k != "via"}
            if e.number > 1:
                self.report(code, pointer)
            elif lost and "parent" not in node:
                pass
            elif "via" in node and self.fits(refs, table, without):
                self.report(code, f"{pointer}/via")
            else:
                self.report(code, f"{pointer}/{'parent' if 'parent' in node else 'table'}")
            return None, None
        if self.policy.get("relations") == "visible-keys":
            for t, columns in ((parent.table, [a for a, _ in link.pairs]), (table, [b for _, b in link.pairs])):
                if any(self.access.gate(t, c) != CLEAR for c in columns):
                    self.report("ACCESS_DENIED", f"{pointer}/via" if "via" in node else pointer)
                    return None, None
        if parent.table is table and "reverse" not in node:
            self.report(code, pointer)
            return None, None
        return parent, link

    def fits(self, refs, table, node):
        try:
            return bool(self.schema.related(refs, table, node))
        except Unrelated as e:
            return e.number > 1

    def seen_by(self, ref, part):
        """The references that a join's filters (all) or `on` (those so far) may name."""
        return self.refs if part == "filters" else self.refs[:self.refs.index(ref) + 1]

    # ---- columns ----

    def column(self, ref, name, pointer, use=None, unknown="UNKNOWN_COLUMN"):
        """The one gate for every use of a column; its type or None and an error. use: None selects and counts."""
        if not ref.table:
            return None
        if name not in ref.types:
            self.report(unknown, pointer)
            return None
        gate = self.access.gate(ref.table, name)
        if gate == HIDDEN:
            self.report(unknown if self.policy.get("errors") == "uniform" else "ACCESS_DENIED", pointer)
            return None
        if use and not self.is_open(gate, use):
            self.report("ACCESS_DENIED", pointer)
            return None
        return ref.types[name]

    def is_open(self, gate, use):
        return gate == CLEAR or use in self.policy.get("maskedColumns", [])

    def named(self, name, default, pointer, code, refs=None):
        """The reference that `table` means, or None (with an error where no reference has this name)."""
        if name is None:
            return default
        ref = next((r for r in (self.refs if refs is None else refs) if r.name == name), None)
        if ref is None:
            self.report(code, pointer)
        return ref

    def columns(self):
        distinct = bool(self.definition.get("distinct"))
        for ref in (r for r in self.refs if r.table):
            given = ref.place.get("columns")
            if given is None and distinct:
                for _ in set(self.access.columns(ref.table)) - set(self.comparable(ref)):
                    self.report("ACCESS_DENIED", "/distinct")
            for i, name in enumerate(given or []):
                of = self.column(ref, name, f"{ref.pointer}/columns/{i}", "group" if distinct else None)
                if of and name in given[:i]:
                    self.report("INVALID_VALUE", f"{ref.pointer}/columns/{i}")
                elif of == "json" and distinct:
                    raise Fragile
            if given is None and distinct and "json" in [ref.types[c] for c in self.access.columns(ref.table)]:
                raise Fragile
        if self.definition.get("columns") == []:
            self.report("INVALID_AGGREGATION", "/columns")

    def order(self):
        for i, o in enumerate(self.definition.get("orderBy", [])):
            ref = self.named(o.get("table"), self.refs[0], f"/orderBy/{i}/table", "INVALID_ORDER_BY")
            of = ref and self.column(ref, o["column"], f"/orderBy/{i}/column", "sort", "INVALID_ORDER_BY")
            if of is None:
                continue
            selected = o["column"] in ref.place.get("columns", self.access.columns(ref.table))
            if of == "json" or of.endswith("[]") or self.definition.get("distinct") and not selected:
                self.report("INVALID_ORDER_BY", f"/orderBy/{i}/column")

    # ---- byIds, limits, page ----

    def ids(self):
        d, ref = self.definition, self.refs[0]
        if "byIds" not in d:
            return
        if not d["byIds"] or not ref.table:
            return
        key = ref.table["primaryKey"]
        if not key or grouped(d):
            self.report("INVALID_BY_IDS", "/byIds")
        if not key:
            return
        usable = True
        for k in key:
            usable &= self.column(ref, k, "/byIds", "filter", "INVALID_BY_IDS") is not None
            if self.access.gate(ref.table, k) == HIDDEN:
                break  # under uniform errors a hidden key is no key
        if not usable:
            return
        for i, one in enumerate(d["byIds"]):
            self.id(ref, key, one, f"/byIds/{i}")

    def id(self, ref, key, one, pointer):
        if len(key) > 1 and not isinstance(one, dict):
            self.report("INVALID_BY_IDS", pointer)
            return
        values = one if len(key) > 1 else {key[0]: one}
        for k in values:
            if k not in key:
                self.report("INVALID_BY_IDS", f"{pointer}/{k}")
                return
        if set(values) != set(key):
            self.report("INVALID_BY_IDS", pointer)
            return
        for k, value in values.items():
            try:
                if spelled(ref.types[k], value) is None:
                    raise Invalid(k)
            except Invalid:
                self.report("INVALID_BY_IDS", f"{pointer}/{k}" if len(key) > 1 else pointer)

    def shapes(self):
        """What is wrong whatever the tables are."""
        d = self.definition
        counts(self, d.get("filters", []), "/filters")
        for i, join in enumerate(d.get("joins", [])):
            for part in ("filters", "on"):
                counts(self, join.get(part, []), f"/joins/{i}/{part}")
        if d.get("byIds") == []:
            self.report("INVALID_BY_IDS", "/byIds")
        for key in ("limit", "offset"):
            if key in d and (not isinstance(d[key], int) or d[key] < 0):
                self.report("INVALID_LIMIT", f"/{key}")
        if "offset" in d and "limit" not in d:
            self.report("INVALID_LIMIT", "/offset")
        if "page" in d:
            first = d["page"].get("first")
            counted = d.get("executeMode") == "count" and self.refs  # not examined for an unknown caller
            if any(k in d for k in ("limit", "offset", "byIds")) or counted or self.keyless() or self.unordered_outputs():
                self.report("INVALID_PAGE", "/page")
            elif first is None or first < 1:
                self.report("INVALID_PAGE", "/page/first" if first is not None else "/page")

    def comparable(self, ref):
        """The visible columns by which distinct rows may be distinguished."""
        return [c for c in self.access.columns(ref.table) if self.is_open(self.access.gate(ref.table, c), "group")]

    def unordered_outputs(self):
        """Distinct rows are distinguished by all outputs: with an array among them they have no order."""
        return self.definition.get("distinct", False) and any(ref.types.get(c, "").endswith("[]") for ref in self.refs if ref.table
                                                             for c in ref.place.get("columns", self.comparable(ref)))

    def keyless(self):
        """A row of a table without key has no place of its own: such a query has no pages."""
        return any(ref.table and not ref.table["primaryKey"] for ref in self.refs)
