"""The order of an answer.

Accepts joined rows or groups, the outputs and the definition. Promises the rows in an order that is right, the key of each row's place (rows with equal
keys may change places) and whether the order is total. NULL sorts above every value unless `nulls` says otherwise. offset and page add the keys of all
tables in the row, raw even where the caller can't see them (groups: their keys; distinct: all outputs; of both only those that are never masked, unless policy allows
`sort`, and where a key of the groups is left out the aggregates too); a bare limit adds nothing.
"""
import functools

from access import MASKED
from grouping import Fragile, named
from values import Approximate


class Term:
    """One key of the order: value(row) -> the value, None for NULL."""

    def __init__(self, value, descending=False, nulls=None):
        self.value, self.descending = value, descending
        self.nulls_last = (nulls == "last") if nulls else not descending

    def compare(self, a, b):
        a, b = self.value(a), self.value(b)
        if a is None or b is None:
            return 0 if a is b else (1 if a is None else -1) * (1 if self.nulls_last else -1)
        if isinstance(a, Approximate):
            if a.value != b.value and abs(a.value - b.value) <= 2 * max(a.within, b.within):
                raise Fragile("order")
            a, b = a.value, b.value
        return 0 if a == b else (1 if a > b else -1) * (-1 if self.descending else 1)


def arrange(refs, rows, outputs, definition, source):
    """(rows in order, their keys, is the order total?)"""
    if in_order_of_ids(definition):
        wanted = source.ids(refs[0], definition["byIds"])
        places = {id(row): source.place_among(wanted, refs[0], row) for row in rows}
        key = refs[0].table["primaryKey"]
        if len(key) > 1 and any(tuple(row[refs[0].name].cells[k][1] for k in key) not in wanted for row in rows):
            raise Fragile("order")  # of keys of several columns only the very texts have a place
        terms, total = [Term(lambda row: places[id(row)])], True
    else:
        terms = [term(refs, o, definition) for o in definition.get("orderBy", [])]
        added, total = added_terms(refs, outputs, definition, source.access)
        terms += added
    rows = sorted(rows, key=functools.cmp_to_key(lambda a, b: next((c for c in (t.compare(a, b) for t in terms) if c), 0)))
    keys = [tuple(key_value(t.value(row)) for t in terms) for row in rows]
    return rows, keys, total


def key_value(value):
    return value.value if isinstance(value, Approximate) else value


def in_order_of_ids(definition):
    """byIds without anything that orders otherwise: the order of first mention."""
    others = ("orderBy", "distinct", "limit", "offset", "page")
    return "byIds" in definition and not definition.get("joins") and not any(definition.get(k) not in (None, False, []) for k in others)


def term(refs, o, definition):
    """An entry of orderBy: a column, or in a grouped query a grouped column, a bucket's `as` or an aggregate's alias."""
    descending = o.get("direction", "asc") == "desc"
    if "groupBy" not in definition and "aggregations" not in definition:
        ref, column = named(refs, o.get("table")), o["column"]
        return Term(lambda row: row[ref.name] and row[ref.name].cells[column][1], descending, o.get("nulls"))
    if "table" not in o and any(a["alias"] == o["column"] for a in definition.get("aggregations", [])):
        return Term(lambda g: g.aggregates[o["column"]], descending, o.get("nulls"))
    entries = definition["groupBy"]
    ref = named(refs, o.get("table"))
    same = [i for i, g in enumerate(entries) if g.get("as", g["column"]) == o["column"] and named(refs, g.get("table")) is ref]
    same += [i for i, g in enumerate(entries) if g.get("as") == o["column"] and "table" not in o]
    same += [i for i, g in enumerate(entries) if g["column"] == o["column"] and named(refs, g.get("table")) is ref]
    return Term(lambda g, i=same[0]: g.keys[i][1], descending, o.get("nulls"))


def added_terms(refs, outputs, definition, access):
    """(terms, total?) that offset and page add"""
    if not definition.get("offset") and "offset" not in definition and "page" not in definition:
        return [], False
    if definition.get("distinct"):
        kept = [o for o in outputs if o.column is None or may_sort(access, o.ref, o.column)]
        return [Term(lambda row, o=o: o.value(row)[1]) for o in kept], len(kept) == len(outputs)
    if "groupBy" in definition or "aggregations" in definition:
        entries = definition.get("groupBy", [])
        kept = [i for i, g in enumerate(entries) if may_sort(access, named(refs, g.get("table")), g["column"])]
        terms = [Term(lambda g, i=i: g.keys[i][1]) for i in kept]
        if len(kept) < len(entries):
            terms += [Term(lambda g, o=o: o.value(g)[1]) for o in outputs if o.column is None]
        return terms, len(kept) == len(entries)
    terms = [Term(lambda row, n=ref.name, k=k: row[n] and row[n].raw[k]) for ref in refs for k in ref.table["primaryKey"]]
    return terms, all(ref.table["primaryKey"] for ref in refs)


def may_sort(access, ref, column):
    """Never masked, or policy allows to sort by what is."""
    return access.gate(ref.table, column) != MASKED or "sort" in access.policy.get("maskedColumns", [])
