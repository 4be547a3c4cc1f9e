"""What multidb must answer: a slow, plain interpreter of query definitions over rows in memory. It shares no
code with multidb and was not written from its code.

    Evaluator(config, rows).answer(definition, context) -> Answer or Refusal

Accepts a configuration that loads, rows as {table id: {columns, rows}} with values as tools/make-sample has them, and any definition and context. Refuses
as multidb must: a Refusal has the code and the JSON Pointer of every error. Promises the whole answer: the names and types of columns, the rows in an
order that is right, and which of them may change places or be cut by a limit; nothing here looks at SQL, plans or the C code.

values.py types · operators.py three-valued operators · access.py rows, cells, masks · references.py relations · rows.py joins and filters ·
grouping.py aggregates · ordering.py order · check.py errors · this file: from definition to answer.
"""
import functools

from access import HIDDEN, MASKED, Access, mask
from check import Check
from grouping import aggregate_type, group, least, named
from operators import fold
from ordering import arrange
import realtypes
from references import Schema
from rows import Rows, Seen
from values import read, shown, typed


class Refusal:
    """errors: [(code, JSON Pointer)]"""

    def __init__(self, errors):
        self.errors = errors

    def __repr__(self):
        return f"Refusal({self.errors})"


class Answer:
    """columns: [(name, type)]; rows: lists of values as an answer shows them, in an order that is right; keys: each row's place in the order, equal
    where rows may change places; total: may none?; first, last: the part that offset and limit leave; count: count mode, nothing else then."""

    def __init__(self, columns=(), rows=(), keys=(), total=False, offset=0, limit=None, count=None):
        self.columns, self.rows, self.keys, self.total, self.count = list(columns), list(rows), list(keys), total, count
        self.first = min(offset, len(self.rows))
        self.last = len(self.rows) if limit is None else min(len(self.rows), offset + limit)


class Output:
    """One column of the answer. value(row or group) -> (state, value)"""

    def __init__(self, name, column, of, ref, value):
        self.name, self.column, self.of, self.ref, self.value = name, column, of, ref, value


class Evaluator:
    def __init__(self, config, rows, folding=fold, engine=None, real=None):
        """engine, real: the real types of columns (realtypes.py), where they have some"""
        realtypes.typed(typed(config), engine, real or {})
        self.config, self.schema, self.folding = config, Schema(config), folding
        self.stored = {}
        for table in config["tables"]:
            types = {c["apiName"]: c["type"] for c in table["columns"]}
            data = rows.get(table["id"], {"columns": [], "rows": []})
            self.stored[table["id"]] = [{k: read(types[k], v) for k, v in zip(data["columns"], row)} for row in data["rows"]]
        self._rows = {}

    def rows_for(self, context):
        """Rows as one context sees them; kept, since many questions come with the same context."""
        key = repr(context)
        if key not in self._rows:
            self._rows[key] = Rows(self.schema, Access(self.config, context), self.stored, self.folding)
        return self._rows[key]

    def answer(self, definition, context):
        errors = Check(self.config, self.schema, definition, context).errors()
        if errors:
            return Refusal(errors)
        rows = self.rows_for(context)
        refs = self.schema.refs(definition)
        found = rows.selected(refs, definition)
        if definition.get("executeMode") == "count":
            return Answer(count=len(found))
        outputs = self.grouped_outputs(refs, definition) if grouped(definition) else self.plain_outputs(refs, definition, rows.access)
        if grouped(definition):
            found = group(refs, found, definition)
        if definition.get("distinct"):
            found = distinct(refs, found, outputs)
        found, keys, total = arrange(refs, found, outputs, definition, rows)
        page = definition.get("page")
        data = [[self.cell(o, row, definition) for o in outputs] for row in found]
        return Answer([(o.name, o.of) for o in outputs], data, keys, total, definition.get("offset", 0), None if page else definition.get("limit"))

    # ---- outputs ----

    def plain_outputs(self, refs, definition, access):
        out = []
        for ref in refs:
            for column in ref.place.get("columns", access.columns(ref.table)):
                out.append(Output(column, column, ref.types[column], ref, lambda row, r=ref, c=column: row[r.name].cells[c] if row[r.name] else (0, None)))
        return flat(out)

    def grouped_outputs(self, refs, definition):
        """The groupBy entries that are asked for, then the aggregates."""
        entries = []
        for i, g in enumerate(definition.get("groupBy", [])):
            ref = named(refs, g.get("table"))
            entries.append(Output(g.get("as", g["column"]), g["column"], ref.types[g["column"]], ref, lambda one, i=i: one.keys[i]))
        out = entries if "columns" not in definition else [entry(entries, refs[0], c) for c in definition["columns"]]
        for ref in refs[1:]:
            if "columns" in definition or any("columns" in r.place for r in refs[1:]):
                out = out + [e for e in (entry(entries, ref, c) for c in ref.place.get("columns", [])) if e not in out]
        out = flat(out)
        for a in definition.get("aggregations", []):
            out.append(Output(a["alias"], None, aggregate_type(refs, a), None, lambda one, n=a["alias"]: (0, one.aggregates[n])))
        return out

    def cell(self, output, row, definition):
        state, value = output.value(row)
        if state == HIDDEN:
            value = None
        if state == MASKED and output.column is not None:
            kind = next(c.get("maskingFn", "full") for c in output.ref.table["columns"] if c["apiName"] == output.column)
            value = mask(kind, output.of, value)
            if isinstance(value, str) and output.of == "uuid":
                return value
        return shown(output.of, value, definition.get("numbers", "literal"))


def distinct(refs, rows, outputs):
    """One of all rows that are equal in every output, with the least of the values that are equal."""
    kept = {}
    for row in reversed(rows):
        values = [o.value(row) for o in outputs]
        kept.setdefault(tuple((state, realtypes.same(o.of, value)) for (state, value), o in zip(values, outputs)), []).append(row)
    if not any(realtypes.is_loose(o.of) for o in outputs):
        return [alike[-1] for alike in kept.values()]
    return [least_row(refs, alike, outputs) for alike in kept.values()]


def least_row(refs, rows, outputs):
    out = {ref.name: rows[0][ref.name] and Seen(rows[0][ref.name].raw, dict(rows[0][ref.name].cells)) for ref in refs}
    for o in outputs:
        if out[o.ref.name]:
            out[o.ref.name].cells[o.column] = functools.reduce(least, (o.value(row) for row in rows))
    return out


def grouped(definition):
    return "groupBy" in definition or "aggregations" in definition


def entry(entries, ref, name):
    """The groupBy entry that a column's name means: of the table where it is written, or a bucket's `as`."""
    return next((e for e in entries if e.ref is ref and e.name == name), None) or next(e for e in entries if e.name == name)


def flat(outputs):
    """A name that more than one table selects becomes table.column for every side."""
    tables = {}
    for o in outputs:
        tables.setdefault(o.name, set()).add(o.ref.name)
    return [Output(f"{o.ref.name}.{o.name}" if len(tables[o.name]) > 1 else o.name, o.column, o.of, o.ref, o.value) for o in outputs]
