#!/usr/bin/env python3
"""schema.py SCHEMA EXAMPLE…: the JSON Schema of the configuration, judged by a foreign validator.

It is a valid schema, accepts the examples, and refuses what the loader refuses of a document's shape.
"""
import copy
import json
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("jsonschema is not installed (tests/requirements.txt): the configuration's schema is NOT checked")
    sys.exit(77)

MEMORY_CACHE = {"id": "m", "engine": "memory", "tables": [{"tableId": "t", "keyPattern": "t:{id}", "ttl": 5, "fill": "cdc"}]}
VALID = {
    "$schema": "./multidb.schema.json",
    "databases": [
        {"id": "pg", "engine": "postgres", "trinoCatalog": "pg", "collation": "C",
         "connection": {"url": {"env": "URL"}, "pool": {"max": 4, "mode": "transaction"}, "statementTimeoutMs": 100,
                        "nativeContext": {"role": "app", "settings": {"app.tenant_id": "tenantId", "app.r": {"roles": "service"}}},
                        "tls": {"verify": "ca", "ca": "ca.pem", "cert": "c.pem", "key": "c.key"}}},
        {"id": "lite", "engine": "sqlite", "connection": {"url": "sqlite:a.db"}},
        {"id": "ice", "engine": "iceberg", "trinoCatalog": "ice"},
        {"id": "ch", "engine": "clickhouse", "connection": {"url": "https://h", "tls": {"verify": "none"}}},
    ],
    "tables": [{
        "id": "t", "apiName": "t", "database": "pg", "physicalName": "public.t", "primaryKey": ["id"],
        "columns": [{"apiName": "id", "physicalName": "a.b", "type": "uuid", "nullable": False, "indexed": True, "maskingFn": "uuid"},
                    {"apiName": "minAge", "physicalName": "min", "type": "int[]", "nullable": True}],
        "relations": [{"column": ["id"], "references": {"table": "t", "column": "id"}, "type": "one-to-one", "name": "x"}],
    }],
    "externalSyncs": [{"sourceTable": "t", "targetDatabase": "lite", "targetPhysicalName": "t", "method": "debezium",
                       "estimatedLag": "realtime", "columns": {"id": "x"}},
                      *({"sourceTable": "t", "targetDatabase": "lite", "targetPhysicalName": "t", "method": "debezium", "estimatedLag": "hours", "layout": layout}
                        for layout in ("peerdb", {}, {"read": "asIs", "deleted": {"column": "d", "notNull": True}, "nulls": "defaults"},
                                       {"rows": "replacing", "version": "v", "deleted": {"column": "d", "is": -1}, "sortKey": ["id"], "read": "final", "keyMoves": "never"},
                                       {"rows": "append", "version": ["v", "w"], "deleted": {"column": "d", "isNot": "r"}, "read": "latest", "nulls": "kept"}))],
    "caches": [MEMORY_CACHE],
    "roles": [{"id": "a", "tables": "*"},
              {"id": "b", "tables": [{"tableId": "t", "allowedColumns": ["id"], "maskedColumns": ["id"], "filters": [
                  {"column": "id", "operator": "=", "valueFrom": "context", "contextKey": "k"},
                  {"column": "id", "operator": "is_null"}]}]}],
    "trino": {"enabled": True, "engine": "embedded"},
    "limits": {"joins": 2},
    "server": {"cursorKeys": ["a secret of sixteen bytes", {"env": "KEY"}, {"file": "key"}]},
    "policy": {"anonymous": "all", "errors": "uniform", "maskedColumns": ["filter", "sort"], "relations": "visible-keys", "preferReplica": True, "numbers": "string",
               "debug": "all", "sqlOnly": ["a", "b"], "logValues": True},
}

# (path, value): VALID with the value there is refused
INVALID = [
    *((["server"], server) for server in ({"listen": "h:1"}, {"cursorKeys": []}, {"cursorKeys": ["too short"]}, {"cursorKeys": [{"env": "A", "file": "b"}]}, {"cursorKeys": "a secret of sixteen bytes"})), (["zzz"], 1), (["databases"], {}), (["databases", 0, "engine"], "mysql"), (["databases", 0, "id"], "trino"),
    (["databases", 0, "collation"], "de"), (["databases", 0, "connection", "nativeContext"], {}),
    *((["databases", 0, "connection", "tls"], tls) for tls in ({"cert": "c"}, {"verify": "some"}, {"verify": "ca"}, {"verify": "none", "ca": "c"}, {"x": 1}, [])),
    *((["databases", 0, "connection", "nativeContext"], native) for native in (
        {"settings": {}}, {"role": ""}, {"role": "none"}, {"settings": {"role": "x"}}, {"settings": {"a.b": {}}}, {"settings": {"a.b": {"roles": "x"}}},
        {"settings": {"a.b": 1}}, {"settings": {"a..b": "x"}}, {"settings": {f"a.b{i}": "x" for i in range(33)}}, {"role": "a", "x": 1})),
    *((["databases", 1, "connection", key], value) for key, value in (("tls", {}), ("nativeContext", {"role": "a"}), ("pool", {"mode": "transaction"}))),
    (["trino"], {"enabled": True, "connection": {"url": "https://h", "nativeContext": {"role": "a"}}}),
    (["caches", 0], {**MEMORY_CACHE, "engine": "redis", "connection": {"url": "redis://h", "pool": {"mode": "transaction"}}}),
    (["caches", 0], {**MEMORY_CACHE, "engine": "redis", "connection": {"url": "redis://h", "tls": {}}}),
    (["databases", 0, "connection", "url"], "mysql://h"), (["databases", 1, "connection", "url"], "a.db"),
    (["databases", 0, "connection", "url"], {"env": "A", "file": "b"}), (["databases", 0, "connection", "pool", "mode"], "statement"),
    (["databases", 0, "connection", "pool", "max"], 0), (["databases", 2, "connection"], {"url": "http://h"}),
    (["tables", 0, "apiName"], "T"), (["tables", 0, "apiName"], "Select"), (["tables", 0, "apiName"], "max"), (["tables", 0, "apiName"], "a" * 65),
    (["tables", 0, "physicalName"], "a..b"), (["tables", 0, "columns"], []), (["tables", 0, "columns", 0, "type"], "text"),
    (["tables", 0, "columns", 0, "type"], "json[]"), (["tables", 0, "columns", 0, "maskingFn"], "half"), (["tables", 0, "columns", 0, "maskingFn"], "email"),
    (["tables", 0, "columns", 0, "maskingFn"], "date"), (["tables", 0, "columns", 1, "maskingFn"], "number"), (["tables", 0, "columns", 0, "nullable"], 1),
    (["tables", 0, "relations", 0, "type"], "many"), (["tables", 0, "relations", 0, "column"], []), (["tables", 0, "primaryKey"], ["id", "id"]),
    (["externalSyncs", 0, "method"], "kafka"), (["externalSyncs", 0, "estimatedLag"], "days"), (["externalSyncs", 0, "columns"], []),
    *((["externalSyncs", 0, "layout"], layout) for layout in ("debezium", 1, {"rows": "some"}, {"version": "v"}, {"rows": "append", "version": []}, {"sortKey": ["id"]}, {"keyMoves": "never"},
        {"read": "final"}, {"rows": "replacing", "keyMoves": "maybe"}, {"nulls": 1}, {"deleted": {"column": "d"}}, {"deleted": {"column": "d", "is": 1, "notNull": True}},
        {"deleted": {"column": "d", "is": None}}, {"deleted": {"column": "d", "notNull": False}}, {"deleted": {"is": 1}}, {"x": 1})),
    (["policy", "strictReplicas"], 1),
    (["caches", 0, "engine"], "memcached"), (["caches", 0, "connection"], {"url": "redis://h"}), (["caches", 0, "tables", 0, "keyPattern"], "t"),
    (["caches", 0, "tables", 0, "keyPattern"], "t:{id"), (["caches", 0, "tables", 0, "ttl"], 0), (["caches", 0, "tables", 0, "fill"], "x"),
    (["roles", 0, "tables"], "all"), (["roles", 1, "tables", 0, "maskedColumns"], "*"), (["roles", 1, "tables", 0, "maskedColumns"], ["id", "id"]), (["roles", 1, "tables", 0, "allowedColumns"], "id"),
    (["roles", 1, "tables", 0, "filters", 0, "operator"], ">"), (["roles", 1, "tables", 0, "filters", 1, "operator"], "in"),
    (["trino", "connection"], {"url": "http://h"}), (["trino", "engine"], "presto"), (["trino", "sessionProperties"], {}),
    (["trino"], {"enabled": True, "sessionProperties": []}), (["trino"], {"enabled": True, "sessionProperties": {"a,b": 1}}),
    (["trino"], {"enabled": True, "sessionProperties": {"a": None}}), (["trino"], {"enabled": True, "sessionProperties": {"a": ""}}),
    (["trino"], {"enabled": True, "sessionProperties": {"query_max_run_time": "1h"}}),
    (["limits", "joins"], 0), (["limits", "x"], 1),
    (["policy", "errors"], "vague"), (["policy", "maskedColumns"], ["filters"]), (["policy", "maskedColumns"], ["sort", "sort"]),
    (["policy", "relations"], "keys"), (["policy", "debug"], "admin"), (["policy", "debug"], True), (["policy", "debug"], [1]), (["policy", "sqlOnly"], ["a", "a"]),
    (["policy", "sqlOnly"], [""]), (["policy", "logValues"], "yes"),
    (["policy", "preferReplica"], "yes"), (["policy", "numbers"], "strings"), (["policy", "numbers"], True),
]


def changed(path, value):
    document = copy.deepcopy(VALID)
    at = document
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return document


def main(schema_path, *examples):
    with open(schema_path, encoding="utf-8") as f:
        schema = json.load(f)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    wrong = [f"refused: {e.json_path}: {e.message[:200]}" for e in validator.iter_errors(VALID)]
    for path in examples:
        with open(path, encoding="utf-8") as f:
            wrong += [f"{path}: {e.json_path}: {e.message[:200]}" for e in validator.iter_errors(json.load(f))]
    wrong += [f"accepted: {'/'.join(map(str, p))} = {v!r}" for p, v in INVALID if validator.is_valid(changed(p, v))]
    print("\n".join(wrong) or f"{len(INVALID)} refusals, {1 + len(examples)} documents accepted")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
