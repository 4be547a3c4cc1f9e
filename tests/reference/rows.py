"""Joined rows and filters over them.

Accepts references (references.py), an Access and the tables' rows. Promises that only visible rows are read, in from, joins and exists;
that a left join keeps a parent whose children are hidden or fail `on`, exactly as one without children; that filters see cells, relations raw values.

A joined row is a dict: name of the reference -> Seen, or None where a left join found nothing.
"""
from operators import COMPARISONS, and3, compare_columns, fold, holds, not3, or3, side_by_side
from realtypes import same
from references import Ref
from values import spelled


class Seen:
    """A visible row: raw values for relations and added keys, cells (state, value) for everything else."""
    __slots__ = ("raw", "cells")

    def __init__(self, raw, cells):
        self.raw, self.cells = raw, cells


def is_key(of, a, other_of, b, referenced=""):
    """Are two values of a relation's columns equal, as the referenced column compares them? NULL equals nothing."""
    if a is None or b is None:
        return False
    a, b = same(referenced, a), same(referenced, b)
    if of != other_of and "timestamp" in (of, other_of):
        a, b = side_by_side(of, a, other_of, b)
    return a == b


class Rows:
    def __init__(self, schema, access, stored, folding=fold):
        """stored: {table id: [{column: value}]} as read() returns values; folding: how operators that ignore case fold texts"""
        self.schema, self.access, self.stored, self.folding, self._seen = schema, access, stored, folding, {}

    def seen(self, table):
        if table["id"] not in self._seen:
            self._seen[table["id"]] = [Seen(row, self.access.cells(table, row)) for row in self.stored.get(table["id"], [])
                                       if self.access.row_visible(table, row)]
        return self._seen[table["id"]]

    def children(self, parent, ref):
        """The visible rows of ref's table that belong to one row of the parent; a NULL key belongs to nothing."""
        pairs = [(ref.parent.types[a], a, ref.types[b], b) for a, b in ref.pairs]
        return [row for row in self.seen(ref.table)
                if all(is_key(of, parent.raw[a], other, row.raw[b], other if ref.outward else of) for of, a, other, b in pairs)]

    def joined(self, refs):
        out = [{refs[0].name: row} for row in self.seen(refs[0].table)]
        for ref in refs[1:]:
            on = ref.place.get("on", [])
            before, out = out, []
            for row in before:
                parent = row[ref.parent.name]
                found = [{**row, ref.name: child} for child in (self.children(parent, ref) if parent else [])]
                found = [r for r in found if self.all_true(refs, on, r, ref)]
                out += found or ([{**row, ref.name: None}] if ref.optional else [])
        return out

    def selected(self, refs, definition):
        """The rows of from, joins and filters; those of byIds too where it is asked."""
        out = [r for r in self.joined(refs) if self.all_true(refs, definition.get("filters", []), r, refs[0], top=True)]
        for ref in refs[1:]:
            out = [r for r in out if self.all_true(refs, ref.place.get("filters", []), r, ref)]
        if "byIds" in definition:
            wanted = self.ids(refs[0], definition["byIds"])
            out = [r for r in out if self.place_among(wanted, refs[0], r) is not None]
        return out

    @staticmethod
    def ids(ref, given):
        """The keys asked for, each once, in order of first mention. As in a context, a string may spell a key."""
        key, out = ref.table["primaryKey"], []
        for one in given:
            values = tuple(spelled(ref.types[k], one[k] if isinstance(one, dict) else one) for k in key)
            if values not in out:
                out.append(values)
        return out

    @staticmethod
    def place_among(ids, ref, row):
        """The place of the row's key, as the caller may use it (cells): that of its very text, otherwise of the first that its column takes for equal."""
        of = [ref.types[k] for k in ref.table["primaryKey"]]
        key = tuple(row[ref.name].cells[k][1] for k in ref.table["primaryKey"])
        places = [i for i, one in enumerate(ids) if all(same(t, a) == same(t, b) for t, a, b in zip(of, one, key))]
        return next((i for i in places if ids[i] == key), places[0] if places else None)

    # ---- filters ----

    def all_true(self, refs, filters, row, default, top=False):
        return and3(self.holds(refs, f, row, default, top) for f in filters) is True

    def holds(self, refs, f, row, default, top=False):
        """One node over one joined row. default: the reference that a column without `table` means; top: in the definition's own filters?"""
        if "conditions" in f:
            parts = [self.holds(refs, c, row, default, top) for c in f["conditions"]]
            value = (and3 if f["logic"] == "and" else or3)(parts)
            return not3(value) if f.get("not") else value
        if "column" not in f:
            return self.exists(refs, f, row, default, top)
        of, cell = self.cell(refs, f["column"], f.get("table"), row, default)
        if "refColumn" in f:
            other_of, other = self.cell(refs, f["refColumn"], f.get("refTable"), row, default)
            return compare_columns(f["operator"], of, cell, other_of, other)
        return holds(f["operator"], of, cell, f.get("value"), self.folding)

    @staticmethod
    def cell(refs, column, name, row, default):
        """(type, value) of a column of the joined row"""
        ref = default if name is None else next(r for r in refs if r.name == name)
        seen = row[ref.name]
        return ref.types[column], seen and seen.cells[column][1]

    def exists(self, refs, f, row, default, top):
        """Two-valued: visible related rows whose own filters are true are there, are not, or are so many."""
        table = self.schema.tables[f["table"]]
        around = refs if top else [default]
        if not top and "parent" in f:
            around = refs
        parent, link = self.schema.related(around, table, f)
        inner = Ref(f["table"], table, f, parent, link)
        start = row[parent.name]
        found = self.children(start, inner) if start else []
        found = [child for child in found if self.all_true([inner], f.get("filters", []), {inner.name: child}, inner)]
        if "count" in f:
            return COMPARISONS[f["count"]["operator"]](len(found), int(f["count"]["value"]))
        return bool(found) == f.get("exists", True)
