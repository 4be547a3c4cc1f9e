"""What one caller may learn of a database: two databases with equal views must not be distinguishable (non-interference).

    view = View(config, context)      view.of(rows, ...) == view.of(other rows, ...)?

Accepts a configuration, a context that is not refused, and rows as {table id: [{column: JSON value}]}. Promises a view that is computed from configuration and
rules of access alone (tests/reference/access.py), never by multidb. It is made of

* the visible rows of each table that the caller sees, in the order in which they are stored, each with what its cells show: the value, nothing where the cell rule hides
  it, the mask's text where it is masked. Where `policy.maskedColumns` lets masked columns be used for more than selecting and counting, the raw value: the owner of
  the configuration has said then that it may be learned;
* who belongs to whom: relations are followed by raw values, so the pairs of visible rows that a relation joins, which are the same for every value of a key that no caller sees
  written, and whether a key that leads to no visible row is NULL, points to a hidden row or to none;
* the order of the primary keys: `offset`, `page` and, on SQLite, what must not tell more make an order total by raw keys, so their order may be learned, not their values.
"""
from access import CLEAR, HIDDEN, MASKED, Access, allows, mask
from references import Schema
from values import read


class View:
    def __init__(self, config, context):
        self.access, self.schema = Access(config, context), Schema(config)
        self.tables = [t for t in config["tables"] if self.access.sees(t)]
        self.types = {t["id"]: {c["apiName"]: c["type"] for c in t["columns"]} for t in config["tables"]}
        self.links = [(one, other, link.pairs) for one, other, link in self.schema.relations if self.follows(one, other, link)]
        self.raw_masked = bool(config["policy"].get("maskedColumns"))

    def sees(self, table):
        return table in self.tables

    def follows(self, one, other, link):
        if not (self.sees(one) and self.sees(other)):
            return False
        keys = [(one, a) for a, _ in link.pairs] + [(other, b) for _, b in link.pairs]
        return self.access.policy.get("relations") != "visible-keys" or all(self.access.gate(t, c) == CLEAR for t, c in keys)

    def typed(self, table, row):
        types = self.types[table["id"]]
        return {k: read(types[k], v) for k, v in row.items()}

    def hides(self, table, row):
        """Not visible to the caller?"""
        return not (self.sees(table) and self.access.row_visible(table, self.typed(table, row)))

    def row(self, table, typed):
        """What a row shows; None: it is hidden."""
        if not self.access.row_visible(table, typed):
            return None
        kinds = {c["apiName"]: c.get("maskingFn", "full") for c in table["columns"]}
        out = []
        for name, (state, value) in self.access.cells(table, typed).items():
            masked = state == MASKED and not self.raw_masked
            out.append((name, state, value is None, mask(kinds[name], self.types[table["id"]][name], value)) if masked else (name, value))
        return out

    def loose(self, table):
        """The columns of which some row may show less than the value."""
        grants = [g for scope in self.access.grants(table) for g in scope]
        return [c for c in table["columns"] if any(allows(g, c["apiName"]) != CLEAR for g in grants)]

    def of(self, rows):
        seen = {}
        for table in self.tables:
            typed = [self.typed(table, row) for row in rows[table["id"]]]
            seen[table["id"]] = [row for row in typed if self.access.row_visible(table, row)]
        shown = {t["id"]: [self.row(t, row) for row in seen[t["id"]]] for t in self.tables}
        pairs = [partners(seen[one["id"]], seen[other["id"]], link) for one, other, link in self.links]
        return shown, pairs, {t["id"]: order(seen[t["id"]], t["primaryKey"]) for t in self.tables}


def partners(ones, others, pairs):
    """Which rows of two tables a relation joins, by place. A NULL key belongs to nothing."""
    return {(i, j) for i, a in enumerate(ones) for j, b in enumerate(others) if all(a[x] is not None and a[x] == b[y] for x, y in pairs)}


def order(rows, key):
    return sorted(range(len(rows)), key=lambda i: tuple(rows[i][k] for k in key)) if key else None
