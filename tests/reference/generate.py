"""Generated worlds: metadata, roles, contexts and rows from a seed (questions.py asks about them).

    world = World(seed, features)     world.config, world.rows, world.contexts, world.poison

Accepts a seed and a set of feature names (FEATURES); a feature that is not in the set never shows. Promises configurations that load, with databases of
no engine yet (place.py gives them one); few rows of few distinct values, NULLs, rows of tenants that no caller asks for; the same world for the same seed.
In a world with `poison` every role filters every table by tenant, and the rows of poison tenants, which no context has, hold what makes operators raise.
"""
import random

from operators import RANGED
from values import EnumType

WORLD_FEATURES = {"union", "scopes", "cells", "masks", "anonymous", "visible_keys", "uniform", "poison", "composite", "keyless", "arrays", "cache",
                  "federated", "self", "json", "null_arrays"}
QUESTION_FEATURES = {"joins", "inner", "on", "filters", "groups", "text", "fold", "levenshtein", "array_tests", "columns_compared", "exists", "exists_count", "exists_nested",
                     "exists_joined", "exists_on", "by_ids", "order", "limit", "offset", "count", "grouping", "buckets", "having", "distinct", "page",
                     "numbers", "errors", "unlimited_masks", "long"}
FEATURES = WORLD_FEATURES | QUESTION_FEATURES

POOLS = {
    "string": ["a", "A", "b", "ab", "aB", "", "ä", "Ä", "a%b", "a_b", "a\\b", "it's", "é", "e\u0301", "zz", "🎁", "\uffff", "j.doe@mail.example.com", "+49 170 1234567"],
    "int": [0, 1, 2, 3, -1, 2147483647, -2147483648],
    "bigint": [0, 1, 2, -3, 9223372036854775807, -9223372036854775808, 9007199254740993],
    "float": [0.0, 1.0, -1.5, 0.5, 0.1, 1e21, 1e-7],
    "decimal": ["0", "1", "1.5", "-0.25", "1.10", "99999999999999999999.999999999", "0.000000000000000001"],
    "boolean": [True, False],
    "uuid": ["10000000-0000-4000-8000-000000000001", "20000000-0000-4000-8000-00000000000a", "a0000000-0000-4000-8000-0000000000ff"],
    "date": ["2024-01-01", "2024-02-29", "2023-12-31", "2024-03-31", "1970-01-01"],
    "timestamp": ["2024-01-01T00:00:00Z", "2024-02-29T23:59:59.999999Z", "2024-02-29T12:30:00Z", "2023-12-31T23:59:59.5Z", "2024-01-07T00:00:00.000001Z"],
    "time": ["00:00:00", "23:59:59.999999", "12:30:00", "12:30:00.5", "12:30:00.25", "09:05:59"],
    "json": [{"a": 1}, [], "text", 1.5, {"b": [True, None]}],
    "bytes": ["", "AA==", "AAEC/w=="],
    "string[]": [[], ["a"], ["a", "b"], ["b", "it's", ""], ["A", None]],
    "int[]": [[], [1], [1, 2, 2], [3, -1]],
}
ENUMS = [["new", "waiting", "done", "archived"], ["b", "a", "B", "ä", "Ä"], ["it's", 'q"q', "\\", "x,y {z}", "NULL"], ["only"]]
MASKS = {"string": ["email", "phone", "name", "full"], "uuid": ["uuid", "full"], "int": ["number"], "bigint": ["number"], "float": ["number"],
         "decimal": ["number"], "date": ["date"], "timestamp": ["date"]}
TENANT_TYPES = {"int": [1, 2, 3], "string": ["x", "X", "y"], "uuid": POOLS["uuid"], "bigint": [1, 2**53 + 1, 2**53]}
POISON_TENANT = {"int": 666, "string": "poison", "uuid": "66600000-0000-4000-8000-000000000666", "bigint": 666}
NAMES = ["users", "orders", "items", "notes", "regions"]
COLUMNS = ["name", "total", "state", "kind", "moment", "size", "flag", "label"]
MASK_USES = ["filter", "sort", "group", "aggregate"]


def enum_types(name="enum"):
    return [EnumType(name, labels) for labels in ENUMS]


def pool_of(of):
    """Values of a type; what stands first in a list of lists is the empty one."""
    if of == "enum[]":
        return [[], of.labels[:1], of.labels[1:] + of.labels[:1]]
    return of.labels if of == "enum" else POOLS[of]


def context_key(of):
    """The context value for row filters on a column: each enum has its own."""
    return f"enum{ENUMS.index(of.labels)}" if isinstance(of, EnumType) else str(of)


class World:
    def __init__(self, seed, features=FEATURES):
        self.seed, self.features, self.random = seed, set(features), random.Random(f"world {seed}")
        self.tenant_type = self.random.choice(sorted(TENANT_TYPES))
        self.poisoned = self.has("poison", 0.3)
        self.config = {"databases": [{"id": "main"}], "tables": [], "caches": [], "externalSyncs": [], "roles": [], "policy": {}}
        names = self.random.sample(NAMES, self.random.randint(2, 5))
        self.keys = {name: self.key_columns() for name in names}
        for name in names:
            self.config["tables"].append(self.table(name, names))
        self.rows = {t["id"]: self.table_rows(t) for t in self.config["tables"]}
        self.poison = {t["id"]: self.poison_rows(t) for t in self.config["tables"]} if self.poisoned else {}
        self.set_policy()
        self.set_roles()
        self.contexts = [self.context() for _ in range(6)]
        if self.has("federated", 0.2):
            self.federate()
        if self.has("cache", 0.3):
            self.config["caches"] = [{"id": "near", "engine": "memory", "tables": [
                {"tableId": t["id"], "keyPattern": t["id"] + "".join(f":{{{k}}}" for k in t["primaryKey"])} for t in self.config["tables"] if t["primaryKey"]]}]
            for column in [c for t in self.config["tables"] for c in t["columns"] if c["type"] == "string"]:
                column["databaseType"] = "text"  # otherwise no cache takes a key or a row filter that is a string

    def has(self, feature, chance=1.0):
        """Draws even where the feature is off, so that switching one off changes little else."""
        drawn = self.random.random() < chance
        return drawn and feature in self.features

    # ---- metadata ----

    def key_columns(self):
        r = self.random
        if self.has("keyless", 0.08):
            return []
        if self.has("composite", 0.2):
            return r.choice([[("code", "string"), ("day", "date")], [("a", "int"), ("b", "bigint")], [("grade", enum_types()[0]), ("at", "time")]])
        # poison rows have keys of their own, of which an enum has too few
        return [("id", r.choice(["int", "int", "uuid", "string", "bigint", "time", *([] if self.poisoned else enum_types()[:2])]))]

    def table(self, name, names):
        r = self.random
        columns = [self.column(k, of, False) for k, of in self.keys[name]]
        columns.append(self.column("tenant", self.tenant_type, r.random() < 0.3))
        types = [t for t in POOLS if ("arrays" in self.features or not t.endswith("[]")) and ("json" in self.features or t != "json")]
        for column in r.sample(COLUMNS, r.randint(2, 5)):
            of = r.choice([*types, "string", "int", "timestamp", *enum_types(), *(enum_types("enum[]")[:2] if "string[]" in types else [])])
            nullable = r.random() < 0.6
            columns.append(self.column(column, of, nullable and ("null_arrays" in self.features or not of.endswith("[]"))))
        relations = []
        others = [n for n in names if self.keys[n]]
        for i in range(r.choice([0, 1, 1, 2])):
            target = r.choice(others) if others else None
            if target is None or target == name and "self" not in self.features:
                continue
            relations.append(self.relation(columns, f"{target}{i}", target))
        r.shuffle(columns)
        return {"id": name if r.random() < 0.5 else f"{name}-table", "apiName": name, "database": "main", "physicalName": f"p_{name}",
                "columns": columns, "primaryKey": [k for k, _ in self.keys[name]], "relations": relations}

    def column(self, name, of, nullable):
        out = {"apiName": name, "physicalName": self.random.choice([name, f"c_{name}", f"{name} of", f'q"{name}', f"{name}.x"]), "type": of, "nullable": nullable}
        if isinstance(of, EnumType):
            out["values"] = of.labels
        if self.has("masks", 0.5):
            kind = self.random.choice([*MASKS.get(of, []), "full", None])
            out.update({"maskingFn": kind} if kind else {})
        return out

    def relation(self, columns, prefix, target):
        """Foreign key columns and the relation; declared from here, many-to-one."""
        mine = []
        for k, of in self.keys[target]:
            mine.append(prefix + k.capitalize())
            columns.append(self.column(mine[-1], of, True))
        theirs = [k for k, _ in self.keys[target]]
        out = {"column": mine if len(mine) > 1 else mine[0], "references": {"table": target, "column": theirs if len(theirs) > 1 else theirs[0]},
               "type": "many-to-one"}
        if self.random.random() < 0.5:
            out["name"] = self.random.choice(["owner", "link", prefix])
        return out

    # ---- rows ----

    def pool(self, of):
        pool = [v for v in pool_of(of) if "null_arrays" in self.features or not isinstance(v, list) or None not in v]
        if of == "string" and "long" in self.features and self.random.random() < 0.2:
            pool.append("long " * 60)
        return pool

    def table_rows(self, table):
        r, keys, made = self.random, set(), []
        columns = [c["apiName"] for c in table["columns"]]
        small = {c["apiName"]: r.sample(pool := self.pool(c["type"]), min(len(pool), 3)) for c in table["columns"]}
        for _ in range(r.randint(0, 8)):
            row = {}
            for c in table["columns"]:
                pool = TENANT_TYPES[c["type"]] if c["apiName"] == "tenant" else self.pool(c["type"]) if c["apiName"] in table["primaryKey"] else small[c["apiName"]]
                row[c["apiName"]] = None if c["nullable"] and r.random() < 0.3 else r.choice(pool)
            key = tuple(row[k] for k in table["primaryKey"])
            if key and (key in keys or ("ä" in key and "Ä" in key)):
                continue
            keys.add(key)
            self.point(table, row)
            made.append([row[c] for c in columns])
        return {"columns": columns, "rows": made}

    def point(self, table, row):
        """Foreign keys: a key of the other table (made from the same pool), NULL, or nothing's."""
        for relation in table["relations"]:
            mine = relation["column"] if isinstance(relation["column"], list) else [relation["column"]]
            target = self.keys[relation["references"]["table"]]
            for column, (_, of) in zip(mine, target):
                row[column] = None if self.random.random() < 0.15 else self.random.choice(pool_of(of)[:4])

    def poison_rows(self, table):
        """Rows of a tenant that no caller has, whose values raise where an operator meets them; their keys and foreign keys are those of others, so that they
        would be joined and found."""
        out = []
        for i in range(self.random.randint(1, 3)):
            row = {c["apiName"]: {"poison": c["type"]} for c in table["columns"]}
            self.point(table, row)
            for k, of in self.keys[table["apiName"]]:
                row[k] = {"int": 100 + i, "bigint": 100 + i, "string": f"k{i}", "date": f"2020-01-0{i + 1}", "uuid": f"9000000{i}-0000-4000-8000-000000000009", "time": f"01:00:0{i}", "enum": None}[of]
                if of == "enum":
                    row[k] = of.labels[i % len(of.labels)]
            row["tenant"] = POISON_TENANT[self.tenant_type]
            out.append(row)
        return out

    # ---- roles and contexts ----

    def set_policy(self):
        r, policy = self.random, self.config["policy"]
        if self.has("unlimited_masks", 0.4):
            policy["maskedColumns"] = r.sample(MASK_USES, r.randint(1, 4))
        if self.has("uniform", 0.2):
            policy["errors"] = "uniform"
        if self.has("visible_keys", 0.15):
            policy["relations"] = "visible-keys"
        if not self.poisoned and self.has("anonymous", 0.1):
            policy["anonymous"] = "all"

    def set_roles(self):
        r = self.random
        if not self.poisoned:
            self.config["roles"].append({"id": "admin", "tables": "*"})
        for i in range(r.randint(2, 4)):
            role = {"id": f"r{i}", "tables": [self.grant(t) for t in self.config["tables"] if r.random() < 0.9]}
            self.config["roles"].append(role)
            # a sibling: the same columns on other rows
            self.config["roles"].append({"id": f"s{i}", "tables": [{**g, "filters": self.row_filters(self.table_of(g))} for g in role["tables"]]})

    def table_of(self, grant):
        return next(t for t in self.config["tables"] if t["id"] == grant["tableId"])

    def grant(self, table):
        r, names = self.random, [c["apiName"] for c in table["columns"]]
        allowed = "*" if r.random() < 0.5 else [n for n in names if r.random() < 0.75] or names[:1]
        out = {"tableId": table["id"], "allowedColumns": allowed, "filters": self.row_filters(table)}
        if self.has("masks", 0.6):
            out["maskedColumns"] = [n for n in (names if allowed == "*" else allowed) if r.random() < 0.3]
        return out

    def row_filters(self, table):
        r, out = self.random, []
        if self.poisoned or r.random() < 0.6:
            op, key = r.choice([("=", "tenant"), ("in", "tenants")])
            out.append({"column": "tenant", "operator": op, "valueFrom": "context", "contextKey": key})
        for c in table["columns"]:
            if r.random() < 0.08 and c["type"] in (*RANGED, "boolean", "uuid") and c["type"] != "float":
                op = r.choice(["=", "!=", "in"] + ["is_null", "is_not_null"] * c["nullable"])
                one = {"column": c["apiName"], "operator": op, "valueFrom": "context"}
                if op not in ("is_null", "is_not_null"):
                    one["contextKey"] = context_key(c["type"]) + ("s" if op == "in" else "")
                out.append(one)
        return out

    def context(self):
        r = self.random
        values = {"tenant": r.choice(TENANT_TYPES[self.tenant_type]), "tenants": [v for v in TENANT_TYPES[self.tenant_type] if r.random() < 0.6]}
        for of in (*(of for of in RANGED if of != "enum"), "boolean", "uuid", *enum_types()):
            key, pool = context_key(of), pool_of(of)
            values[key] = r.choice(pool)
            values[key + "s"] = r.sample(pool, r.randint(0, min(2, len(pool))))
        if self.config["policy"].get("anonymous") and r.random() < 0.3:
            return {"contextValues": values}
        roles = {"user": self.some_roles()}
        if self.has("scopes", 0.3):
            roles = r.choice([{**roles, "service": self.some_roles()}, {"service": roles["user"]}])
        elif len(roles["user"]) == 1:
            return {"role": roles["user"][0], "contextValues": values}
        return {"roles": roles, "contextValues": values}

    def some_roles(self):
        ids = [role["id"] for role in self.config["roles"]]
        if self.has("union", 0.4):
            if self.has("cells", 0.7):
                return self.random.sample(ids, 2)
            number = self.random.choice([i[1:] for i in ids if i[0] == "r"])
            return [f"r{number}", f"s{number}"]
        return [self.random.choice(ids)]

    def federate(self):
        self.config["databases"].append({"id": "other"})
        self.config["trino"] = {"enabled": True, "engine": "embedded"}
        for table in self.config["tables"]:
            table["database"] = self.random.choice(["main", "other"])
