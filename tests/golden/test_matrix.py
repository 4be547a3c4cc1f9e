"""Every operator on every type in every dialect, and what trips quoting: one SELECT to parsers that are not ours, parameters in order, and the names of
the configuration, hostile ones included, as exactly one identifier each."""
import itertools
import json
import re

import pytest
from sqlglot import exp

import audit
from cli import Run

ENGINES = {"postgres": {"engine": "postgres"}, "clickhouse": {"engine": "clickhouse"}, "trino": {"engine": "iceberg", "trinoCatalog": 'ca"t'},
           "sqlite": {"engine": "sqlite"}}
VALUES = {"string": ["a", "O'Neil \\ % \" `"], "int": [5, -2147483648], "bigint": ["5", "-9223372036854775808"], "float": [0.1, -1e21],
          "decimal": ["12.5", "-0.000000000000000000001"], "boolean": [True, False],
          "uuid": ["11111111-1111-4111-8111-111111111111", "F1111111-1111-4111-8111-111111111111"], "date": ["2024-02-29", "0001-01-01"],
          "timestamp": ["2024-02-29T01:02:03.5Z", "1969-12-31"],
          "time": ["10:30:00.50", "23:59:59.999999"], "enum": ["O'Neil \\ % \" `", "b", "a"], "bytes": ["AAEC/w==", ""]}
HOSTILE = {"quote": 'a"b', "tick": "a`b", "slash": "a\\", "both": '\\"`\\', "comment": '"; DROP TABLE x; --', "alias": "c0", "table": "t0", "dot": "a.b",
           "proto": "__proto__", "word": "select", "param": "$1 ?1 ? {p1:String}", "long": "n" * 70, "same": "c0"}
UNORDERED = ("boolean", "uuid", "bytes")
ARRAYS = [t for t in VALUES if t != "bytes"]
FAMILIES = [["string"], ["int", "bigint", "float", "decimal"], ["date", "timestamp"], ["time"], ["enum"], ["uuid"], ["boolean"]]
TEXTS = ["a%_\\\\", "", "'", "$1 ?1 ? {p1:String}", "x" * 60000]


def config(dialect):
    typed = [{"apiName": f"{t}{kind}", "physicalName": f"col_{t}_{kind.lower()}", "type": t, "nullable": kind == "Null"} for t in VALUES for kind in ("Col", "Null")]
    typed += [{"apiName": f"{t}List", "physicalName": f"col_{t}_list", "type": f"{t}[]", "nullable": True} for t in ARRAYS]
    for column in typed:
        if column["type"] in ("enum", "enum[]"):
            column["values"] = VALUES["enum"]
    hostile = [{"apiName": f"h{name.capitalize()}", "physicalName": physical, "type": "string", "nullable": False} for name, physical in HOSTILE.items()]
    key = [{"apiName": "id", "physicalName": "id", "type": "uuid", "nullable": False}, {"apiName": "upId", "physicalName": "up", "type": "uuid", "nullable": True}]
    own_key = [{"column": "upId", "references": {"table": "things", "column": "id"}, "type": "many-to-one", "name": "up"}]
    return {
        "databases": [{"id": "d", **ENGINES[dialect]}], "trino": {"enabled": dialect == "trino"},
        "tables": [{"id": "things", "apiName": "things", "database": "d", "physicalName": 'th"i`ng\\s', "primaryKey": ["id"], "columns": key + typed + hostile,
                    "relations": own_key},
                   {"id": "pairs", "apiName": "pairs", "database": "d", "physicalName": "pairs", "primaryKey": ["a", "b"], "relations": [],
                    "columns": [{"apiName": "a", "physicalName": "a", "type": "string", "nullable": False},
                                {"apiName": "b", "physicalName": "b", "type": "decimal", "nullable": False}]}],
        "roles": [{"id": "all", "tables": "*"},
                  {"id": "some", "tables": [{"tableId": "things", "allowedColumns": "*", "filters": [
                      {"column": "hQuote", "operator": "in", "valueFrom": "context", "contextKey": "names"},
                      {"column": "uuidNull", "operator": "!=", "valueFrom": "context", "contextKey": "u"}]}]}]}


def things(filters=(), **more):
    return {"from": "things", "columns": ["id"], "filters": list(filters), **more}


def operations():
    for (t, values), kind in itertools.product(VALUES.items(), ("Col", "Null")):
        column = t + kind
        yield from (things([{"column": column, "operator": op, "value": values[0]}]) for op in ("=", "!="))
        if t != "bytes":
            yield from (things([{"column": column, "operator": op, "value": values}]) for op in ("in", "notIn"))
        if t not in UNORDERED:
            yield from (things([{"column": column, "operator": op, "value": values[1]}]) for op in (">", "<", ">=", "<="))
            yield from (things([{"column": column, "operator": op, "value": {"from": values[1], "to": values[0]}}]) for op in ("between", "notBetween"))
        for direction, nulls in itertools.product(("asc", "desc"), ({}, {"nulls": "first"}, {"nulls": "last"})):
            yield things(orderBy=[{"column": column, "direction": direction, **nulls}], limit=3, offset=1)
    for op in ("like", "notLike", "ilike", "notIlike"):
        yield from (things([{"column": "stringCol", "operator": op, "value": p}]) for p in ("a%", "\\%\\_\\\\", "\\a", "'", "x" * 60000))
    for op in ("contains", "icontains", "notContains", "notIcontains", "startsWith", "istartsWith", "endsWith", "iendsWith"):
        yield from (things([{"column": "stringNull", "operator": op, "value": t}]) for t in TEXTS)
    yield from (things([{"column": "stringCol", "operator": "levenshteinLte", "value": {"text": t, "maxDistance": 3}}]) for t in TEXTS[:4] if t)
    for t in ARRAYS:
        column, values = f"{t}List", VALUES[t]
        yield things([{"column": column, "operator": "arrayContains", "value": values[1]}])
        yield from (things([{"column": column, "operator": op, "value": values}]) for op in ("arrayContainsAll", "arrayContainsAny"))
        yield from (things([{"column": column, "operator": op}]) for op in ("arrayIsEmpty", "arrayIsNotEmpty"))
    for family in FAMILIES:
        for a, b in itertools.product(family, repeat=2):
            ops = ("=", "!=", ">", "<", ">=", "<=") if a not in UNORDERED else ("=", "!=")
            yield things([{"column": f"{a}Col", "operator": op, "refColumn": f"{b}Null"} for op in ops])


def shapes():
    null = [{"column": "intNull", "operator": "isNull"}, {"column": "intNull", "operator": "isNotNull"}]
    yield things([*null, {"logic": "or", "not": True, "conditions": [*null, {"logic": "and", "conditions": null}]}])
    yield {"from": "things", "columns": [f"h{name.capitalize()}" for name in HOSTILE], "orderBy": [{"column": "hAlias", "direction": "desc"}]}
    yield {"from": "things"}
    up, top = {"table": "things", "as": "up", "reverse": False, "columns": ["id", "hAlias"]}, {"table": "things", "as": "top", "parent": "up", "reverse": False, "columns": ["intNull"]}
    for first, second in itertools.product(("left", "inner"), repeat=2):
        yield things(joins=[{**up, "type": first, "on": null}, {**top, "type": second, "filters": null}], limit=5, offset=0)
    yield things(byIds=VALUES["uuid"])
    lists = [{"table": "up", "column": "stringList", "operator": op, "value": ["a"]} for op in ("arrayContainsAll", "arrayContainsAny")]
    yield things([{"logic": "or", "conditions": [*lists, {"column": "decimalCol", "operator": "<", "refTable": "up", "refColumn": "floatNull"}]}], joins=[up])
    yield things([{"column": "intCol", "operator": "in", "value": list(range(1001))}], byIds=[f"{i:08x}-1111-4111-8111-111111111111" for i in range(1001)])
    yield {"from": "pairs", "byIds": [{"a": "x", "b": 1.5}]}
    yield {"from": "pairs", "byIds": [{"a": f"x{i}", "b": str(i)} for i in range(250)]}


FNS = {"count": VALUES, "countDistinct": VALUES, "sum": ("int", "bigint", "float", "decimal"), "avg": ("int", "bigint", "float", "decimal"),
       "min": [t for t in VALUES if t not in UNORDERED], "max": [t for t in VALUES if t not in UNORDERED]}
BUCKETS = ("year", "quarter", "month", "week", "day", "hour", "minute")


def groups():
    for t, kind in itertools.product(VALUES, ("Col", "Null")):
        aggregations = [{"fn": fn, "column": t + kind, "alias": f'{fn} "c0"; --'} for fn, types in FNS.items() if t in types]
        names = [a["alias"] for a in aggregations if not a["fn"].startswith("count")]
        yield {"from": "things", "aggregations": aggregations}
        yield {"from": "things", "groupBy": [{"column": t + kind}], "aggregations": aggregations, "limit": 3, "offset": 1, "orderBy": [{"column": n, "direction": "desc"} for n in names],
               "having": [{"column": aggregations[0]["alias"], "operator": ">", "value": 1}, *({"column": n, "operator": "isNotNull"} for n in names)]}
        yield {"from": "things", "columns": [], "groupBy": [{"column": t + kind}], "aggregations": aggregations, "orderBy": [{"column": t + kind, "direction": "desc", "nulls": "first"}]}
        yield {"from": "things", "distinct": True, "columns": [t + kind, "intCol" if t != "int" else "id"], "limit": 3, "offset": 1, "orderBy": [{"column": t + kind, "direction": "desc"}]}
    for t, bucket in itertools.product(("date", "timestamp"), BUCKETS):
        yield {"from": "things", "groupBy": [{"column": f"{t}Col", "bucket": bucket, "as": f"by '{bucket}' \\"}], "limit": 1, "offset": 0}
    hostile = [{"column": f"h{name.capitalize()}"} for name in HOSTILE]
    yield {"from": "things", "groupBy": hostile, "aggregations": [{"fn": "max", "column": h["column"], "alias": name} for h, name in zip(hostile, HOSTILE.values()) if len(name) > 2 and name != "select"][:5]}


def identifiers(tree):
    return {i.name for i in tree.find_all(exp.Identifier)}


@pytest.mark.parametrize("dialect", ENGINES)
def test_statements_of_the_matrix_are_guarded_and_quote_every_name(dialect, tmp_path):
    document = config(dialect)
    path = tmp_path / "multidb.json"
    path.write_text(json.dumps(document))
    known = {c["physicalName"] for t in document["tables"] for c in t["columns"]} | {t["physicalName"] for t in document["tables"]}
    known |= {'ca"t', "default", "main", "C", "md_decimal", "json_each", "value", "key", "u", "v", "e", "json_valid", "join_use_nulls"} | {f"{letter}{i}" for letter in ("c", "t", "xp") for i in range(100)}
    contexts = [{"role": "all"}, {"role": "some", "contextValues": {"names": ["'", '"'], "u": VALUES["uuid"][1]}},
                {"role": "some", "contextValues": {"names": [], "u": VALUES["uuid"][1]}}]
    auditor = audit.Auditor(document)
    with Run(path) as run:
        for definition, context in [(d, contexts[0]) for d in itertools.chain(operations(), groups())] + list(itertools.product(shapes(), contexts)):
            if definition["from"] == "pairs" and context["role"] == "some":
                continue
            mode = definition.get("executeMode")
            if mode == "count":
                continue  # run would ask a database
            answer = run.ask({**definition, "executeMode": "sql-only"}, context)
            assert "sql" in answer, (definition, answer)
            auditor.statement(dialect, answer["sql"], answer["params"], context, answer["meta"]["columns"])
            strange = identifiers(audit.parse(dialect, answer["sql"])) - known
            assert not {s for s in strange if not s.startswith("p")}, (strange, answer["sql"])
