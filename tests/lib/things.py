"""Rows for the table of all types (tests/golden/configs/things.json): NULLs, edges of each type, texts that trip quoting and collation."""
import json
import random

from cli import ROOT

TENANTS = ["10000000-0000-4000-8000-000000000001", "20000000-0000-4000-8000-00000000000a", "30000000-0000-4000-8000-0000000000ff"]
TEXTS = ["", "a", "A", "b", "aa", "Zebra", "apple", "Äpfel", "ä", "z", "100%", "100_", "10\\0", "O'Neil", 'say "x"', "line\nbreak", "tab\there",
         "\u0001", "東京", "🎁", "\uffff", "naïve", "a b", "?1 $1 {p1:String}", "é", "e\u0301", "ß", "ss", "I", "ı", None, None, None]
SMALL = [0, 1, -1, 7, 2147483647, -2147483648, None]
BIG = [0, 1, -1, 9223372036854775807, -9223372036854775808, 9007199254740993, None]
RATIO = [0.0, 1.0, -1.5, 0.1, 1e21, 1e-7, 123456789.125, 5e-324, 1.7976931348623157e308, 0.30000000000000004, None]
PRICE = ["0", "1", "1.10", "1.1", "-0.01", "100", "99999999999999999999.999999999", "0.000000000000000001", "-12345678901234567890.5", "10.0", None]
DAY = ["2024-02-29", "2024-01-01", "1970-01-01", "1969-12-31", "2023-12-31", "0001-01-01", "9999-12-31", None]
MOMENT = ["2024-02-29T23:59:59.999999Z", "2024-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z", "2024-01-01T00:00:00.1Z",
          "2038-01-19T03:14:08Z", None]
DOCS = [{"a": 1, "b": [True, None, "x"]}, [], {}, "text", 5, 1.5, True, {"deep": {"er": ["é", "\"q\"", "\\"]}}, None]
RAW = ["", "AA==", "AAEC/w==", "/////w==", None]
TAGS = [[], ["a"], ["a", "b"], ["it's", 'q"q', "c,d", "{x}", "\\", "", "NULL", "é"], None]
SCORES = [[], [1], [1, 2, 3], [-2147483648, 2147483647]]

EXTRA_ROLES = {
    "concept": [
        {"id": "tenant-all", "tables": [
            {"tableId": t, "allowedColumns": "*", "filters": [{"column": c, "operator": "=", "valueFrom": "context", "contextKey": "tenantId"}]}
            for t, c in (("orders", "tenantId"), ("customers", "tenantId"), ("users", "tenantId"), ("invoices", "tenantId"),
                         ("orders-archive", "tenantId"), ("tenants", "id"))] + [{"tableId": "products", "allowedColumns": "*"}]},
        {"id": "region-all", "tables": [
            {"tableId": t, "allowedColumns": "*", "filters": [{"column": "regionId", "operator": "in", "valueFrom": "context", "contextKey": "regionIds"}]}
            for t in ("orders", "customers", "users", "orders-archive")]},
        {"id": "not-region", "tables": [
            {"tableId": t, "allowedColumns": "*", "filters": [{"column": "regionId", "operator": "!=", "valueFrom": "context", "contextKey": "regionId"}]}
            for t in ("orders", "customers", "users")]},
        {"id": "products-and-regions", "tables": [
            {"tableId": "products", "allowedColumns": "*"},
            {"tableId": "orders", "allowedColumns": "*", "filters": [{"column": "regionId", "operator": "in", "valueFrom": "context", "contextKey": "regionIds"}]}]},
        {"id": "open-notes", "tables": [
            {"tableId": "orders", "allowedColumns": ["id", "total", "customerId", "productId"], "filters": [
                {"column": "internalNote", "operator": "is_null", "valueFrom": "context"}]},
            {"tableId": "customers", "allowedColumns": "*", "filters": [{"column": "creditLimit", "operator": "is_not_null", "valueFrom": "context"}]}]},
    ],
    "things": [],
}


def config():
    return json.loads((ROOT / "tests/golden/configs/things.json").read_text())


def rows():
    r = random.Random(20240229)
    ids = range(1, 61)
    pools = [TEXTS, SMALL, BIG, RATIO, PRICE, [True, False, None], [*TENANTS, None], DAY, MOMENT, DOCS, RAW, TAGS, SCORES]
    # every value of every pool at least once, the combinations by chance
    columns = [[pool[i % len(pool)] if i < len(pool) else r.choice(pool) for i in range(len(ids))] for pool in pools]
    for column in columns:
        r.shuffle(column)
    things = [[i, r.choice(TENANTS), *values] for i, *values in zip(ids, *columns)]
    nodes = [[i, r.choice([None, *range(1, i)]) if i > 1 else None, r.choice([None, *ids, 999]), r.choice(TENANTS), f"node {i % 7}"] for i in range(1, 41)]
    pairs = [[c, d, r.choice([None, *ids]), r.choice([None, *ids, 999]), r.choice(["x", "y", None])]
             for c in ("a", "A", "b'", "ü") for d in ("2024-01-01", "2024-02-29", "2023-12-31")]
    keyless = [[w, r.choice(["p", None]), w, r.choice(["q", None]), r.choice(["d", None]), r.choice(["l", None])] for w in ("one", "two", "two", "Three")]
    names = {t["id"]: [c["apiName"] for c in t["columns"]] for t in config()["tables"]}
    return {"things": {"columns": names["things"], "rows": things}, "tree-nodes": {"columns": names["tree-nodes"], "rows": nodes},
            "pairs": {"columns": names["pairs"], "rows": pairs}, "keyless": {"columns": names["keyless"], "rows": keyless}}
