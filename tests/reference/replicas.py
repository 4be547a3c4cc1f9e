"""Replicas of a generated world, as writers of change data capture leave them: superseded versions, deletes, rows that have moved between tenants, rows that came again,
changes that were delivered twice and out of order, and nothing merged yet.

    replicate(world, engine)       gives world.config a database `copy` and a replica of each table there, in a layout at random, and the world
                                   .changes    {table id: [[transaction, position, is deleted, row]]}, which end in the world's rows
                                   .writers    {table id: what the layout alone does not say}
    retold(world, random)          the same layouts and rows, which have come about otherwise
    left(world, table)             (columns, rows) that the writer leaves in the replica; None where the table has none

Accepts a world of generate.py. Promises a layout that loads and says the truth about what is left; a delete holds the key and, for the rest, values of other rows.
What is superseded or gone has values that filters look for, and other tenants. A case that is made smaller keeps its changes: rows_left() says where they end.
"""
import random

import database
import realtypes
from generate import TENANT_TYPES, pool_of
from layouts import Layout
from values import read

REFUSALS = {"LAYOUT_UNSUPPORTED", "KEY_MOVES", "COLUMN_NOT_REPLICATED", "COMPARISON_DIFFERS", "UNSUPPORTED", "NO_REPLICA"}  # of these replicas, and no others
SORTABLE = ("int", "bigint", "string", "uuid", "boolean", "date", "enum")
NAMED = ["peerdb", "altinity", "altinity-sign", "airbyte", "iceberg-append", "iceberg-upsert"]
VERSIONS = {"_peerdb_version": "bigint", "_version": "bigint", "_airbyte_extracted_at": "timestamp", "__source_ts_ns": "bigint", "__lsn": "bigint"}
KINDS = {
    "clickhouse": [*NAMED[:5], *["replacing"] * 6, *["append"] * 3, "marked", "plain", "view"],
    "postgres": ["iceberg-append", "iceberg-upsert", "altinity", *["replacing"] * 2, *["append"] * 3, "marked", "marked", "plain"],
    "iceberg": [*NAMED[4:], "append", "append", "replacing", "marked", "plain"],
}
KINDS["sqlite"] = [*NAMED, *KINDS["clickhouse"][5:-1]]


def replicate(world, engine, own_marks=True):
    """own_marks: may a column of the table mark deleted rows? Then no row may get its value."""
    Replicator(world, engine, own_marks).run()
    return world


def rows_left(tables, changes):
    """Where the changes end: rows as a world has them."""
    out = {}
    for table in tables:
        last = {}
        for n, (_, _, is_deleted, row) in enumerate(changes[table["id"]]):
            key = tuple(repr(row[k]) for k in table["primaryKey"]) or n
            last.pop(key, None)
            if not is_deleted and not is_poison(row):
                last[key] = row
        names = [c["apiName"] for c in table["columns"]]
        out[table["id"]] = {"columns": names, "rows": [[row[n] for n in names] for row in last.values()]}
    return out


def is_poison(value):
    """A row of a poison tenant, or a value that raises where an operator meets it."""
    if isinstance(value, dict) and "tenant" in value:
        return value["tenant"] in (666, "poison") or str(value["tenant"]).startswith("6660")
    return isinstance(value, dict) and "poison" in value


def retold(world, r):
    world.changes = History.of_all(r, world)
    return world


class Replicator:
    def __init__(self, world, engine, own_marks):
        self.world, self.engine, self.own_marks, self.random = world, engine, own_marks, random.Random(f"replicas {world.seed}")
        world.writers = {}

    def run(self):
        config = self.world.config
        others = [t for t in config["tables"] if t["database"] != "main"]
        target = "main" if others and self.random.random() < 0.5 else "copy"  # main: beside the originals of other tables
        if target == "copy":
            config["databases"].append({"id": "copy"})
        for i, table in enumerate(config["tables"] if target == "copy" else others):
            sync = {"sourceTable": table["id"], "targetDatabase": target, "targetPhysicalName": f"r{i}_{table['apiName']}", "method": "debezium", "estimatedLag": "seconds"}
            self.names = sync["columns"] = self.columns(table)
            writer, layout = self.layout(table)
            self.leave_out(sync["columns"], [*writer["sort"], writer.get("marked")])
            if layout is not None:
                sync["layout"] = layout
            config["externalSyncs"].append(sync)
            self.world.writers[table["id"]] = writer
        retold(self.world, self.random)

    # ---- the replica's columns ----

    def columns(self, table):
        """{apiName: name in the replica, or name and type}: sometimes others' names, sometimes not all of them."""
        r, columns = self.random, table["columns"]
        names = [c["physicalName"] for c in columns]
        kind = r.choice(["same", "own", "turned", "turned"])
        if kind == "own":
            names = [f"r {c['apiName']}" for c in columns]
        elif kind == "turned":
            names = names[1:] + names[:1]
        return {c["apiName"]: {"physicalName": name, "databaseType": c["databaseType"]} if "databaseType" in c and self.engine == "sqlite" else name
                for c, name in zip(columns, names)}

    def leave_out(self, columns, needed):
        """A column that the replica does not have."""
        others = [name for name in columns if name not in needed]
        if self.random.random() < 0.05 and others:
            columns.pop(self.random.choice(others))

    # ---- layouts ----

    def layout(self, table):
        """(what the layout does not say, the layout)"""
        r = self.random
        kind = r.choice(KINDS[self.engine])
        if not table["primaryKey"]:
            kind = r.choice(["plain", "marked", "iceberg-upsert"])
        writer = {"kind": kind, "ties": r.random() < 0.4, "twice": r.random() < 0.5, "types": {}, "sort": list(table["primaryKey"])}
        out = kind if kind in NAMED else getattr(self, kind)(table, writer)
        if kind in NAMED:
            members = Layout({"layout": kind}, table, {})
            self.mark(table, writer, members.deleted)
            writer["types"].update({name: VERSIONS[name] for name in members.version})
        if kind in ("altinity", "view"):  # where the engine knows the mark, it is 0 or 1
            writer["live"], writer["types"]["is_deleted"] = [0], "bigint"
        # an engine that is not told which of equal versions is newer takes the last that came
        writer["ordered"] = kind == "airbyte" or writer["ties"] and (kind == "view" or self.is_final(out, table))
        # which of equal versions came last, an engine knows of one partition alone
        writer["partition"] = r.choice([None, *(table["primaryKey"] if writer["ordered"] else [c["apiName"] for c in table["columns"]])])
        return writer, out

    def is_final(self, layout, table):
        return Layout({"layout": layout}, table, {}).reading(self.engine) == "final"

    def own_mark(self, table):
        """(a column of the table's own, a value that none of its rows has) or None"""
        own = [c for c in table["columns"] if c["type"] in ("int", "bigint", "string") and c["apiName"] not in (*table["primaryKey"], "tenant")]
        own = [c for c in own if getattr(getattr(c["type"], "real", None), "usual", True) and not any(c["apiName"] in rel["column"] for rel in table["relations"])]
        if self.world.poison or not self.own_marks or not own or self.random.random() > 0.25:
            return None
        column, data = self.random.choice(own), self.world.rows[table["id"]]
        seen = [row[data["columns"].index(column["apiName"])] for row in data["rows"]]
        unseen = [v for v in pool_of(column["type"]) if v not in seen and v != ""]
        return (column["apiName"], self.random.choice(unseen)) if unseen else None

    def mark(self, table, writer, deleted=None):
        """How deleted rows are marked, and the values of both kinds of rows."""
        r = self.random
        own = self.own_mark(table) if deleted is None else None
        if own:
            writer["marked"], writer["dead"], name = own[0], [own[1]], self.names[own[0]]
            return {"column": name if isinstance(name, str) else name["physicalName"], "is": own[1]}
        if deleted is None:
            name = r.choice(["gone", "is deleted", 'd"el', "tenant_"])
            deleted = {"column": name, **r.choice([{"is": 1}, {"is": True}, {"is": "true"}, {"is": "d"}, {"is": -1}, {"isNot": 0}, {"isNot": "live"}, {"isNot": False}, {"notNull": True}])}
        value = deleted.get("is", deleted.get("isNot", "2024-01-01"))
        of = "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "bigint"
        others = {"boolean": [not value], "bigint": [0, 1, 2], "string": ["false", "u", "", "TRUE", "D", "Live"]}[of]
        others = [v for v in others if v != value]
        nullable = r.random() < 0.5
        if "notNull" in deleted:
            writer["dead"], writer["live"], nullable = ["2024-01-01", "", "NULL"], [None], True
        elif "is" in deleted:
            writer["dead"], writer["live"] = [value], others + [None] * nullable
        else:
            writer["dead"], writer["live"] = others + [None] * nullable, [value]
        writer["types"][deleted["column"]] = of + "?" * nullable
        return deleted

    def versions(self, writer, most):
        """One column that rises with every change, after others that several changes share."""
        r = self.random
        names = r.sample(["ver", "_v of", "lsn", 'v"x'], r.randint(1, most))
        for name in names:
            writer["types"][name] = r.choice(["bigint", "timestamp"]) + "?" * (most > 1 and r.random() < 0.5)
        return names if len(names) > 1 or r.random() < 0.2 else names[0]

    def replacing(self, table, writer):
        r, out = self.random, {"rows": "replacing"}
        final = r.random() < 0.6
        out["version"] = self.versions(writer, 1 if final else 3)
        if not final or r.random() < 0.3:
            out["read"] = "final" if final else "latest"
        if r.random() < 0.85:
            out["deleted"] = self.mark(table, writer)
        self.sort_key(table, writer, out, final)
        if r.random() < 0.06:
            out["nulls"] = "defaults"
        return out

    def sort_key(self, table, writer, out, final):
        """More columns than the key, where rows are no longer found by it alone unless a move writes a delete."""
        r = self.random
        mine = (*table["primaryKey"], writer.get("marked"))  # a mark would move the row that it marks
        beside = [c["apiName"] for c in table["columns"] if c["type"] in SORTABLE and not c["nullable"] and c["apiName"] not in mine]
        beside = r.sample(beside, min(len(beside), r.choice([0, 1, 1, 2])))
        writer["sort"] = r.sample(writer["sort"] + beside, len(writer["sort"] + beside))
        if not beside:
            return
        moves = r.choice(["deleted", "deleted", "never", None] if "deleted" in out else ["never", None])
        if moves:
            out["keyMoves"] = moves
            writer["ties"] = writer["ties"] and moves == "never"
        if final or moves or r.random() < 0.5:
            out["sortKey"] = writer["sort"]

    def append(self, table, writer):
        out = {"rows": "append", "version": self.versions(writer, 3)}
        if self.random.random() < 0.85:
            out["deleted"] = self.mark(table, writer)
        return out

    def plain(self, table, writer):
        return self.random.choice([None, {}, {"rows": "plain", "read": "asIs"}])

    def marked(self, table, writer):
        return {"deleted": self.mark(table, writer)}

    def view(self, table, writer):
        """A view that leaves out what is not current: the recipe of docs/replicas.md."""
        self.mark(table, writer, {"column": "is_deleted", "is": 1})
        writer["types"]["_version"] = "bigint"
        return {"rows": "replacing", "read": "asIs"}


class History:
    """What has happened to the rows of one table."""

    def __init__(self, r, world, sync):
        self.random, self.world, self.table = r, world, next(t for t in world.config["tables"] if t["id"] == sync["sourceTable"])
        self.writer = writer = world.writers[self.table["id"]]
        table, layout = self.table, Layout(sync, self.table, {})
        self.has_deletes = bool(writer.get("dead"))
        self.key = table["primaryKey"]
        moves = layout.members.get("keyMoves")
        self.kept = set(writer["sort"]) if moves == "never" else set(self.key)  # by all versions of one life
        self.kept_by_delete = set(writer["sort"])
        data = world.rows[table["id"]]
        self.rows = [dict(zip(data["columns"], row)) for row in data["rows"]]
        self.target = dict(self.targets())

    @classmethod
    def of_all(cls, r, world):
        """{table id: changes}. What happens to one row keeps its order; otherwise anything may come before anything."""
        syncs = {sync["sourceTable"]: sync for sync in world.config["externalSyncs"]}
        lives = [life for sync in syncs.values() for life in cls(r, world, sync).lives()]
        for name in world.rows.keys() - syncs.keys():
            lives += [(name, [(False, dict(zip(world.rows[name]["columns"], row)))]) for row in world.rows[name]["rows"]]
        lives = [life for life in lives if life[1]]
        out, transaction, position = {t["id"]: [] for t in world.config["tables"]}, 1, 0
        while lives:
            transaction += r.random() < 0.5
            position += r.randint(1, 3)
            table, events = r.choice(lives)
            is_deleted, row = events.pop(0)
            out[table].append([transaction, position, is_deleted, row])
            lives = [life for life in lives if life[1]]
        return out

    def targets(self):
        """(foreign key column, its values in the rows that it refers to)"""
        tables = {t["apiName"]: t["id"] for t in self.world.config["tables"]}
        for relation in self.table["relations"]:
            mine, theirs = ([c] if isinstance(c, str) else c for c in (relation["column"], relation["references"]["column"]))
            data = self.world.rows[tables[relation["references"]["table"]]]
            for column, other in zip(mine, theirs):
                yield column, [row[data["columns"].index(other)] for row in data["rows"]]

    def lives(self):
        """[(table id, [(is deleted, row)])], one list for each key"""
        out = [self.life(row) for row in self.rows] + [[(False, row)] for row in self.world.poison.get(self.table["id"], [])]
        if self.has_deletes:
            out += [self.life(None, key) for key in self.gone_keys()]
        return [(self.table["id"], events) for events in out]

    def gone_keys(self):
        r, types = self.random, {c["apiName"]: c["type"] for c in self.table["columns"]}
        taken = {self.same_key(row, types) for row in self.rows}
        for _ in range(r.randint(0, 6)):
            row = {k: r.choice(held(types[k], pool_of(types[k]))) for k in self.key}
            if not self.key or self.same_key(row, types) not in taken:
                taken.add(self.same_key(row, types))
                yield row

    def same_key(self, row, types):
        return tuple(realtypes.same(types[k], read(types[k], row[k])) for k in self.key)

    def life(self, last, key=None):
        if not self.key:
            return [(last is None, last or self.version({}, set()))]
        r, events = self.random, []
        for _ in range(r.choice([0, 0, 1, 2]) if self.has_deletes and last else r.choice([1, 1, 2]) if not last else 0):
            base = self.version(last or key, self.key)
            events += self.versions(base) + [(True, self.version(base, self.kept_by_delete) if r.random() < 0.6 else base)]
        return events + (self.versions(last) if last else [])

    def versions(self, last):
        """Superseded ones, then the last."""
        return [(False, self.version(last, self.kept)) for _ in range(self.random.choice([0, 1, 1, 2, 3]))] + [(False, last)]

    def version(self, base, kept):
        """The row with some other values, mostly those of other rows, and mostly another tenant."""
        out = {}
        for c in self.table["columns"]:
            name = c["apiName"]
            out[name] = base[name] if name in kept or name in base and self.random.random() < (0.3 if name == "tenant" or name in self.target else 0.5) else self.value(c)
        return out

    def value(self, column):
        r, name, of = self.random, column["apiName"], column["type"]
        if column["nullable"] and r.random() < 0.2:
            return None
        if self.world.poison and name not in self.writer["sort"] and name not in (*self.key, "tenant", *self.target) and r.random() < 0.3:
            return {"poison": str(of)}
        parents = held(of, self.target.get(name, []))
        if parents and r.random() < 0.7:
            return r.choice(parents)  # a child that would be found
        seen = [row[name] for row in self.rows if row[name] is not None]
        if seen and r.random() < 0.6:
            return r.choice(seen)
        if name == "tenant":
            return r.choice(TENANT_TYPES[of])
        if name == self.writer.get("marked"):
            return r.choice([v for v in pool_of(of) if v not in self.writer["dead"]])
        pool = [v for v in held(of, pool_of(of)) if "null_arrays" in self.world.features or not isinstance(v, list) or None not in v]
        return r.choice(pool[:4] if name in self.target else pool)


def held(of, values):
    """The values that the column's real type can hold, and some of its own."""
    real = getattr(of, "real", None)
    return values if real is None else [v for v in values if real.holds(v)] + real.values


# ---- what is left in a replica ----

class Left:
    """columns: [(name, type, whether it may be NULL)]; rows: lists of values; a type that a world has no column for is one of string, boolean, bigint, timestamp"""

    def __init__(self, world, table, sync):
        self.table, self.sync, self.writer = table, sync, world.writers[table["id"]]
        self.changes = world.changes[table["id"]]
        self.layout = Layout(sync, table, {})
        self.random = random.Random(f"left {table['id']} {len(self.changes)}")
        self.names = {api: c if isinstance(c, str) else c["physicalName"] for api, c in sync["columns"].items()}
        self.defaults = self.layout.members.get("nulls") == "defaults"
        self.marks = "live" in self.writer and (self.layout.deleted or {"column": "is_deleted"})["column"]
        self.has_deletes = "dead" in self.writer
        self.version = self.layout.version or ["_version"] * (self.writer["kind"] == "view")
        self.own = [c for c in table["columns"] if c["apiName"] in self.names]
        self.columns = [(self.names[c["apiName"]], c, c["nullable"] and not self.defaults) for c in self.own]
        for name in [*self.version, *([self.marks] if self.marks else [])]:
            of = self.writer["types"][name]
            self.columns.append((name, {"type": of.rstrip("?")}, of.endswith("?")))
        self.rows = self.all_rows()

    def key_of(self, row):
        return tuple(repr(row[k]) for k in self.table["primaryKey"])

    def written(self):
        """(transaction, position, is deleted, row) of each row that is written"""
        if self.layout.members.get("rows", "plain") == "plain":
            last = {self.key_of(change[3]) or n: change for n, change in enumerate(self.changes)}
            return [c for c in last.values() if self.has_deletes or not c[2]]
        out, before = [], {}
        moves = self.layout.members.get("keyMoves") == "deleted"
        for transaction, position, is_deleted, row in self.changes:
            old = before.get(self.key_of(row))
            if moves and old and not is_deleted and any(old[1][k] != row[k] for k in self.writer["sort"]):
                out.append((transaction, position, True, old[1]))  # of the sort key that the row leaves
            if is_deleted and self.writer["ties"] and old:
                transaction, position = old[0]
            out.append((transaction, position, is_deleted, row))
            if self.writer["twice"] and self.random.random() < 0.2:
                out.append(out[-1])
            before[self.key_of(row)] = None if is_deleted else ((transaction, position), row)
        return out

    def all_rows(self):
        r, rows = self.random, []
        for transaction, position, is_deleted, row in self.written():
            if is_deleted and "marked" in self.writer:
                row = {**row, self.writer["marked"]: self.writer["dead"][0]}
            values = [self.default(c) if row[c["apiName"]] is None and self.defaults else row[c["apiName"]] for c in self.own]
            values += self.versions_of(transaction, position)
            values += [r.choice(self.writer["dead" if is_deleted else "live"])] if self.marks else []
            rows.append(values)
        if not self.writer["ordered"]:
            r.shuffle(rows)
        return rows

    @staticmethod
    def default(column):
        return pool_of(column["type"])[0]

    def versions_of(self, transaction, position):
        """Each part rises only where the parts before it are equal; NULL, older than everything, is that of the oldest."""
        if self.writer["kind"] == "airbyte":
            numbers = [transaction]
        elif len(self.version) < 2:
            numbers = [position] * len(self.version)
        else:
            coarse = [transaction // 3, transaction % 3][:len(self.version) - 1] if len(self.version) > 2 else [transaction]
            numbers = [*(n or None for n in coarse), position - 50 * transaction]
        return [self.spelled(name, number) for name, number in zip(self.version, numbers)]

    def spelled(self, name, number):
        of = self.writer["types"][name]
        if number is None:
            number = None if of.endswith("?") else 0
        if number is None or of.startswith("bigint"):
            return number
        number += 30000
        return f"2024-01-01T00:00:{number // 1000:02}.{number % 1000:06}Z"


def left(world, table):
    sync = next((s for s in world.config["externalSyncs"] if s["sourceTable"] == table["id"]), None)
    return sync and Left(world, table, sync)

