"""Tables with a history of inserts, updates, deletes, moves between tenants and re-inserts, and what writers of change data capture make of it.

    History(seed)            .config: two related tables and their roles; .rows: what is left in the end, as the reference evaluator takes it; .changes of each table
    WRITERS[name]            .layout, and the rows that a writer leaves in a replica: .columns(table), .rows(table, changes)

A change is (transaction, position, is_deleted, row): positions rise with the changes of a database, changes of one transaction share its number. A delete has the
row's last values.
"""
import random

TENANTS = ["a", "b", "c"]


def _column(api, of, nullable=False):
    return {"apiName": api, "physicalName": "".join("_" + c.lower() if c.isupper() else c for c in api), "type": of, "nullable": nullable}


def _table(name, key, columns, relations=()):
    return {"id": name, "apiName": name, "database": "pg", "physicalName": name, "primaryKey": key, "columns": columns, "relations": list(relations)}


PARCELS = _table("parcels", ["id"], [_column("id", "int"), _column("tenant", "string"), _column("total", "decimal"), _column("weight", "int"), _column("note", "string", True)])
STOPS = _table("stops", ["parcelId", "line"], [_column("parcelId", "int"), _column("line", "int"), _column("tenant", "string"), _column("quantity", "int"),
                                             _column("place", "string", True)],
               [{"column": "parcelId", "references": {"table": "parcels", "column": "id"}, "type": "many-to-one", "name": "parcel"}])


def _grant(table, operator, key, **more):
    return {"tableId": table, "allowedColumns": "*", **more, "filters": [{"column": "tenant", "operator": operator, "valueFrom": "context", "contextKey": key}]}


ROLES = [{"id": "admin", "tables": "*"}, {"id": "tenant", "tables": [_grant("parcels", "=", "tenant"), _grant("stops", "=", "tenant")]},
         {"id": "several", "tables": [_grant("parcels", "in", "tenants"), _grant("stops", "in", "tenants")]},
         {"id": "part", "tables": [_grant("parcels", "!=", "tenant", allowedColumns=["id", "tenant", "weight"]), _grant("stops", "=", "tenant")]}]
CONTEXTS = [{"role": "admin"}, *({"role": "tenant", "contextValues": {"tenant": t}} for t in TENANTS), {"role": "several", "contextValues": {"tenants": ["a", "c"]}},
            {"role": "part", "contextValues": {"tenant": "b"}}, {"roles": {"user": ["tenant", "part"]}, "contextValues": {"tenant": "a"}}]


class History:
    def __init__(self, seed, steps=110):
        self.random = random.Random(seed)
        self.config = {"databases": [{"id": "pg", "engine": "postgres"}], "tables": [PARCELS, STOPS], "roles": ROLES, "externalSyncs": []}
        self.changes = {"parcels": [], "stops": []}
        self.current = {"parcels": {}, "stops": {}}
        self.transaction = self.position = 0
        for _ in range(steps):
            if self.random.random() < 0.6:
                self.transaction += 1
            self.step(self.random.choice(["parcels", "parcels", "stops"]))
        self.rows = {name: {"columns": [c["apiName"] for c in table["columns"]], "rows": [list(row.values()) for row in self.current[name].values()]}
                     for name, table in (("parcels", PARCELS), ("stops", STOPS))}

    def new_row(self, table, key):
        r = self.random
        text = r.choice([None, "x", "y", ""])
        if table == "parcels":
            return {"id": key[0], "tenant": r.choice(TENANTS), "total": f"{r.randint(1, 20)}.{r.randint(10, 99)}".rstrip("0"), "weight": r.randint(0, 5), "note": text}
        return {"parcelId": key[0], "line": key[1], "tenant": r.choice(TENANTS), "quantity": r.randint(1, 4), "place": text}

    def step(self, table):
        r, current = self.random, self.current[table]
        key = (r.randint(1, 24),) if table == "parcels" else (r.randint(1, 12), r.randint(1, 3))
        if key in current and r.random() < 0.35:
            self.note(table, True, current.pop(key))  # the same key may come again
        else:
            current[key] = self.new_row(table, key)
            self.note(table, False, current[key])

    def note(self, table, is_deleted, row):
        self.position += self.random.randint(1, 3)
        self.changes[table].append((self.transaction, self.position, is_deleted, dict(row)))


class Writer:
    """What is left in a replica. versions: (column, type, value of a change); engine: of ClickHouse; ordered: its rows must arrive in the order of the changes."""

    def __init__(self, layout, versions, mark=None, engine="MergeTree", sort=(), ordered=False, defaults=False, moves=False, ties=False, plain=False, view=False):
        self.layout, self.versions, self.mark, self.engine, self.sort = layout, versions, mark, engine, sort
        self.ordered, self.defaults, self.moves, self.ties, self.plain, self.view = ordered, defaults, moves, ties, plain, view

    def declared(self, table):
        """externalSyncs[].layout; the sort key of a table whose layout has one."""
        if not self.sort or not self.moves:
            return self.layout
        return {**self.layout, "sortKey": [*self.sort, *table["primaryKey"]]}

    def columns(self):
        """(name, type of ClickHouse) besides the table's own"""
        return [(name, of) for name, of, _ in self.versions] + ([self.mark[:2]] if self.mark else [])

    def changes(self, table, changes):
        if self.plain:  # the last row of each key; deletes stay, marked
            return list({tuple(row[k] for k in table["primaryKey"]): (t, p, d, row) for t, p, d, row in changes}.values())
        out, before = [], {}
        for t, p, deleted, row in changes:
            key = tuple(row[k] for k in table["primaryKey"])
            old = before.get(key)
            if self.moves and old and old["tenant"] != row["tenant"]:
                out.append((t, p, True, old))  # of the version that the moved row has
            if deleted and self.ties:
                p = max([q for _, q, _, r in out if tuple(r[k] for k in table["primaryKey"]) == key], default=p)
            out.append((t, p, deleted, row))
            before[key] = None if deleted else row
        return out

    def rows(self, table, changes):
        """As lists: the table's columns, then columns()."""
        out = []
        for t, p, deleted, row in self.changes(table, changes):
            values = ["" if v is None and self.defaults else v for v in row.values()]
            out.append(values + [value(t, p) for *_, value in self.versions] + ([self.mark[2](deleted)] if self.mark else []))
        return out


def _position(t, p):
    return p


def _replacing(name, arguments, mark, **more):
    return Writer(name, [(arguments.split(",")[0], "UInt64", _position)], mark, f"ReplacingMergeTree({arguments})", **more)


WRITERS = {
    "peerdb": _replacing("peerdb", "_peerdb_version", ("_peerdb_is_deleted", "UInt8", int), defaults=True),
    "altinity": _replacing("altinity", "_version, is_deleted", ("is_deleted", "UInt8", int)),
    "altinity-sign": _replacing("altinity-sign", "_version", ("_sign", "Int8", lambda deleted: -1 if deleted else 1)),
    "airbyte": Writer("airbyte", [("_airbyte_extracted_at", "UInt64", lambda t, p: t)], ("_ab_cdc_deleted_at", "Nullable(String)", lambda d: "2024-01-01" if d else None),
                      "ReplacingMergeTree(_airbyte_extracted_at)", ordered=True),
    "moved": _replacing({"rows": "replacing", "version": "ver", "deleted": {"column": "gone", "is": True}, "keyMoves": "deleted"}, "ver", ("gone", "Bool", bool),
                        sort=("tenant",), moves=True),
    "moved-latest": _replacing({"rows": "replacing", "version": "ver", "deleted": {"column": "gone", "isNot": 0}, "read": "latest"}, "ver", ("gone", "UInt8", int), sort=("tenant",)),
    "moved-by-sort-key": _replacing({"rows": "replacing", "version": "ver", "deleted": {"column": "gone", "is": 1}, "keyMoves": "deleted", "read": "latest"}, "ver",
                                    ("gone", "UInt8", int), sort=("tenant",), moves=True),
    "append": Writer({"rows": "append", "version": ["ts", "lsn"], "deleted": {"column": "op", "is": "d"}},
                     [("ts", "Nullable(UInt64)", lambda t, p: t or None), ("lsn", "UInt64", _position)], ("op", "LowCardinality(String)", lambda d: "d" if d else "u")),
    "ties": Writer({"rows": "append", "version": "ver", "deleted": {"column": "gone", "is": 1}}, [("ver", "UInt64", _position)], ("gone", "Nullable(UInt8)", lambda d: 1 if d else None),
                   ties=True),
    "plain": Writer({"deleted": {"column": "state", "isNot": "live"}}, [], ("state", "String", lambda d: "dead" if d else "live"), plain=True),
    "view": _replacing({"rows": "replacing", "read": "asIs"}, "_version, is_deleted", ("is_deleted", "UInt8", int), view=True),
}
