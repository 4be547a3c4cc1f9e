"""Databases that a caller can't tell from a world's own: the same visible part, everything else another.

    twin(world, context, random) -> a world with other rows and poison, and with other things unseen

Accepts a generated world (tests/reference/generate.py) and one of its contexts. Promises rows with an equal View, which is checked, and a valid database: keys occur
once, values are of their type. What changes: hidden rows go, come and are rewritten, among the visible ones, with keys that visible rows point to; tables
that the caller doesn't see get any rows; cells that the caller doesn't see in visible rows, by column or by the cell rule, get any value; masked ones another of
the same mask; keys that no caller can see or follow get others in the same order (world.keys_changed says so: cursors hold them); poison rows come and go.

Beside the rows (tests/reference/unseen.py): the values and collations of columns that are not declared, the collations of columns that the caller doesn't see, and
the order in which rows are stored. Where the world has replicas (tests/reference/replicas.py), all that is superseded, deleted or moved there is other, too.
"""
import copy
import itertools

from access import HIDDEN, allows
from generate import POISON_TENANT, POOLS, TENANT_TYPES
from replicas import retold
from unseen import Unseen
from view import View

# Beyond the pools: long, at the ends of their type, or of a shape that a careless reader would take for something else.
ODD = {"string": ["x" * 5000, "NULL", "';--", "\t\n", "{\"$v\":1}"], "int": [-7, 99], "bigint": [2**62], "float": [-1e300, 1e-300], "decimal": ["-99999999999999999999.5"],
       "date": ["2299-12-31", "1900-01-01"], "timestamp": ["2299-12-31T00:00:00Z"], "json": [{"$v": 1, "row": {}}], "bytes": ["/w=="], "string[]": [["x"] * 50], "int[]": [[-2147483648]]}


def dicts(world):
    """{table id: [{column: value}]}"""
    return {name: [dict(zip(data["columns"], row)) for row in data["rows"]] for name, data in world.rows.items()}


def with_rows(world, rows, **more):
    """The same world with other rows."""
    out = copy.copy(world)
    out.rows = {name: {"columns": data["columns"], "rows": [[row[c] for c in data["columns"]] for row in rows[name]]} for name, data in world.rows.items()}
    out.__dict__.update(more)
    return out


def twin(world, context, random):
    maker = Maker(world, View(world.config, context), random)
    rows, poison = maker.rows(), maker.poison()
    assert maker.view.of(rows) == maker.view.of(dicts(world)), f"world {world.seed}: the twin for {context} shows something else"
    unseen = Unseen(world.seed, random.random(), maker.collations())
    out = with_rows(world, rows, poison=poison, keys_changed=maker.keys_changed, unseen=unseen)
    return retold(out, random) if hasattr(world, "changes") else out


class Maker:
    def __init__(self, world, view, random):
        self.world, self.view, self.random, self.keys_changed = world, view, random, False
        self.source = copy.copy(world)  # makes rows as the world's own were made, from our numbers
        self.source.random = random
        self.before = dicts(world)
        self.visible = {t["id"]: [r for r in self.before[t["id"]] if not view.hides(t, r)] for t in world.config["tables"]}

    def rows(self):
        return {t["id"]: self.table(t) for t in self.world.config["tables"]}

    def table(self, table):
        shown = self.rekeyed(table, [self.changed(table, row) for row in self.visible[table["id"]]])
        out, taken = list(shown), {self.key(table, row) for row in shown}
        for row in self.hidden(table):
            key = self.key(table, row)
            if self.view.hides(table, row) and (not key or key not in taken):
                taken.add(key)
                out.insert(self.random.randint(0, len(out)), row)
        return out

    def key(self, table, row):
        return tuple(map(str, (row[k] for k in table["primaryKey"])))

    # ---- hidden rows ----

    def hidden(self, table):
        """Rows that may be hidden: the old ones as they were and with other values, new ones, and such as would be joined to what is visible."""
        r, before = self.random, [row for row in self.before[table["id"]] if self.view.hides(table, row)]
        made = self.source.table_rows(table)
        new = [dict(zip(made["columns"], row)) for row in made["rows"]]
        for row in new:
            if r.random() < 0.5:
                row["tenant"] = r.choice([*TENANT_TYPES[self.world.tenant_type], POISON_TENANT[self.world.tenant_type]])
        kept = [row for row in before if r.random() < 0.4]
        return kept + [self.rewritten(table, row) for row in before if r.random() < 0.6] + r.sample(new, min(len(new), r.randint(0, 5)))

    def rewritten(self, table, row):
        out = dict(row)
        for c in table["columns"]:
            if c["apiName"] not in table["primaryKey"] and self.random.random() < 0.5:
                out[c["apiName"]] = self.any_value(c)
        return out

    def any_value(self, column):
        r, of = self.random, column["type"]
        if column["nullable"] and r.random() < 0.2:
            return None
        return r.choice(ODD[of]) if of in ODD and r.random() < 0.15 else r.choice(self.source.pool(of))

    # ---- cells of visible rows ----

    def changed(self, table, row):
        """The row with other values wherever that shows nothing; a value that would change which roles see the row is put back."""
        out, shows, links = dict(row), self.view.row(table, self.view.typed(table, row)), self.partners(table, row)
        for c in self.view.loose(table):
            name = c["apiName"]
            if name in table["primaryKey"] or self.random.random() < 0.2:
                continue
            for value in self.proposals(c, out[name]):
                new = {**out, name: value}
                if self.view.row(table, self.view.typed(table, new)) == shows and self.partners(table, new) == links:
                    out = new
                    break
        return out

    def proposals(self, column, value):
        """Some that differ altogether, some that a mask may not tell from the old one."""
        near = list(alike(column["type"], value, self.random)) if value is not None and column["type"] in ("string", "uuid", "date", "timestamp") else []
        out = [self.any_value(column), *near, *(self.any_value(column) for _ in range(2))]
        return [v for v in out if v != value]

    def partners(self, table, row):
        """Which visible rows this one leads to, by its foreign keys."""
        typed = self.view.typed(table, row)
        out = []
        for one, other, pairs in self.view.links:
            if one is table:
                found = [self.view.typed(other, r) for r in self.visible[other["id"]]]
                out.append([i for i, r in enumerate(found) if all(typed[a] is not None and typed[a] == r[b] for a, b in pairs)])
        return out

    # ---- keys that no caller sees ----

    def rekeyed(self, table, rows):
        """The visible rows with other keys in the same order, where no column of the key can be seen or followed."""
        key, followed = table["primaryKey"], {(t["id"], c) for one, other, pairs in self.view.links for a, b in pairs for t, c in ((one, a), (other, b))}
        loose = [c["apiName"] for c in self.view.loose(table)] if self.view.sees(table) else []
        if not rows or not key or any(k not in loose or (table["id"], k) in followed for k in key) or self.random.random() < 0.3:
            return rows
        out = [dict(row) for row in rows]
        for k in key:
            of = self.view.types[table["id"]][k]
            if of not in FRESH:
                return rows  # an enum has no other labels
            old = sorted({self.view.typed(table, row)[k] for row in rows})
            new = dict(zip(old, sorted(self.random.sample(FRESH[of], len(old)))))
            if of == "string":  # no shorter: a cursor tells the length of a long key, in blocks
                new = {was: fresh.ljust(len(was), "x") for was, fresh in new.items()}
            for row, was in zip(out, rows):
                row[k] = new[self.view.typed(table, was)[k]]
        if [self.view.row(table, self.view.typed(table, r)) for r in out] != [self.view.row(table, self.view.typed(table, r)) for r in rows]:
            return rows
        self.keys_changed = True
        return out

    # ---- collations ----

    def collations(self):
        """Of columns that this caller sees on no row, and that decide nothing that the caller sees: {table id: {column: which}}"""
        return {t["id"]: {c: self.random.randrange(3) for c in self.never_seen(t) if self.random.random() < 0.7} for t in self.world.config["tables"]}

    def never_seen(self, table):
        view, grants = self.view, [g for scope in self.view.access.grants(table) for g in scope]
        if view.sees(table) and not grants:
            return  # policy.anonymous: everything
        deciding = {*table["primaryKey"], *(f["column"] for g in grants for f in g.get("filters", []))}
        deciding |= {c for one, other, pairs in view.links for pair in pairs for t, c in zip((one, other), pair) if t is table}
        for c in table["columns"]:
            if c["type"] == "string" and "databaseType" not in c and c["apiName"] not in deciding and all(allows(g, c["apiName"]) == HIDDEN for g in grants):
                yield c["apiName"]

    # ---- poison ----

    def poison(self):
        """Rows of nobody's tenant, which raise; only where the world has some."""
        return {t["id"]: self.random.choice([[], self.world.poison[t["id"]], self.source.poison_rows(t)]) for t in self.world.config["tables"]} if self.world.poison else {}


# Keys that no pool and no poison row has, in the order of their type.
FRESH = {"time": [f"03:{m:02d}:17" for m in range(60)], "int": range(1000, 1100), "bigint": range(1000, 1100), "string": [f"n{i:02d}" for i in range(100)], "date": [f"19{y:02d}-06-15" for y in range(71, 99)],
         "uuid": [f"5{i:07d}-0000-4000-8000-000000000005" for i in range(100)]}


def alike(of, value, random):
    """Values of which some mask makes the same text."""
    word = "".join(random.choices("abcäz1.", k=random.randint(1, 4)))
    if of == "date":
        yield f"{value[:4]}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}"
    elif of == "timestamp":
        yield f"{value[:4]}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}T11:22:33.444Z"
    elif of == "uuid":
        yield value[:4] + "".join(random.choices("0123456789abcdef", k=4)) + value[8:]
    else:
        local, at, domain = value.rpartition("@")
        if local:
            yield f"{local[0]}{word}@{word}" + (f".{domain.rpartition('.')[2]}" if "." in domain else "").replace(" ", "")
        digits = [i for i, c in enumerate(value) if c.isdigit() and c.isascii()]
        if len(digits) > 4:
            yield value[:digits[1]] + "0" * random.randint(0, 9) + value[digits[-3]:]
        if len(value) > 2:
            yield value[0] + "".join(random.choices("abcäz", k=len(value) - 2)) + value[-1]
        yield from itertools.islice((v for v in POOLS["string"] if len(v) <= 2 and v != value), 3)
