"""Sixty definitions of every kind, each beside the SQL that a database engineer writes for it by hand."""
IDS = [1 + i * 37 % 20000 for i in range(3000)]
PAIRS = [(1 + i * 13 % 90000, 1 + i % 5) for i in range(10000)]


def condition(column, operator, value=None, **more):
    return {"column": column, "operator": operator, **({} if value is None else {"value": value}), **more}


def any_of(*conditions, **more):
    return {"logic": "or", "conditions": list(conditions), **more}


def pairs_in(engine, n):
    """(orderId, line) IN a list of n pairs."""
    rows = ", ".join(f"({a}, {b})" for a, b in PAIRS[:n])
    return f'("orderId", "line") IN (VALUES {rows})' if engine != "clickhouse" else f'("orderId", "line") IN ({rows})'


def numbers(ids):
    return ", ".join(str(i) for i in ids)


def month(engine, column):
    return {"postgres": f"date_trunc('month', {column})", "clickhouse": f"toStartOfMonth({column})",
            "sqlite": f"substr({column}, 1, 7) || '-01'"}[engine]


def exact(engine, column):
    """A decimal as a number that compares and adds: SQLite keeps it as text."""
    return f"CAST({column} AS REAL)" if engine == "sqlite" else column


def ignoring_case(engine, column, pattern):
    return f"{column} LIKE '{pattern}'" if engine == "sqlite" else f"{column} ILIKE '{pattern}'"


COUNTED = '(SELECT "customerId" FROM "orders" GROUP BY "customerId" HAVING count(*) {})'


def all_questions(engine):
    """[(name, definition, SQL)]. The rows of both are equal but for their order; numbers of floats and decimals but for rounding."""
    e = engine
    first = '"id"'
    return [
        # by key
        ("one id", {"from": "customers", "byIds": [77]}, 'SELECT * FROM "customers" WHERE "id" = 77'),
        ("100 ids", {"from": "customers", "byIds": IDS[:100]}, f'SELECT * FROM "customers" WHERE "id" IN ({numbers(IDS[:100])})'),
        ("3,000 ids", {"from": "customers", "byIds": IDS}, f'SELECT * FROM "customers" WHERE "id" IN ({numbers(IDS)})'),
        *[(f"{n:,} composite ids", {"from": "items", "byIds": [{"orderId": a, "line": b} for a, b in PAIRS[:n]]},
           f'SELECT * FROM "items" WHERE {pairs_in(e, n)}') for n in (100, 1000, 10000)],
        # filters
        ("equal text", {"from": "orders", "columns": ["id", "total"], "filters": [condition("status", "=", "refunded")]},
         'SELECT "id", "total" FROM "orders" WHERE "status" = \'refunded\''),
        ("equal key column", {"from": "orders", "columns": ["id", "status"], "filters": [condition("customerId", "=", 321)]},
         'SELECT "id", "status" FROM "orders" WHERE "customerId" = 321'),
        ("in a list of texts", {"from": "orders", "executeMode": "count", "filters": [condition("status", "in", ["open", "paid"])]},
         'SELECT count(*) FROM "orders" WHERE "status" IN (\'open\', \'paid\')'),
        ("not in a list", {"from": "orders", "executeMode": "count", "filters": [condition("status", "notIn", ["open", "paid"])]},
         'SELECT count(*) FROM "orders" WHERE "status" NOT IN (\'open\', \'paid\')'),
        ("range of moments", {"from": "orders", "executeMode": "count", "filters": [condition("placed", ">=", "2023-01-01"), condition("placed", "<", "2023-04-01")]},
         'SELECT count(*) FROM "orders" WHERE "placed" >= \'2023-01-01\' AND "placed" < \'2023-04-01\''),
        ("range of decimals", {"from": "orders", "executeMode": "count", "filters": [condition("total", "between", {"from": "100", "to": "200.5"})]},
         f'SELECT count(*) FROM "orders" WHERE {exact(e, chr(34) + "total" + chr(34))} BETWEEN 100 AND 200.5'),
        ("range of floats", {"from": "shipments", "executeMode": "count", "filters": [condition("weight", ">", 1500.25)]},
         'SELECT count(*) FROM "shipments" WHERE "weight" > 1500.25'),
        ("range of integers", {"from": "items", "executeMode": "count", "filters": [condition("quantity", ">=", 11)]},
         'SELECT count(*) FROM "items" WHERE "quantity" >= 11'),
        ("range of the key", {"from": "orders", "columns": ["id", "total"], "filters": [condition("id", "between", {"from": 5000, "to": 9000})]},
         'SELECT "id", "total" FROM "orders" WHERE "id" BETWEEN 5000 AND 9000'),
        ("null", {"from": "orders", "executeMode": "count", "filters": [condition("note", "isNull")]},
         'SELECT count(*) FROM "orders" WHERE "note" IS NULL'),
        ("either of two columns", {"from": "orders", "executeMode": "count", "filters": [any_of(condition("status", "=", "open"), condition("note", "=", "Note 7"))]},
         'SELECT count(*) FROM "orders" WHERE "status" = \'open\' OR "note" = \'Note 7\''),
        ("neither", {"from": "orders", "executeMode": "count", "filters": [any_of(condition("status", "=", "open"), condition("note", "=", "Note 7"), **{"not": True})]},
         'SELECT count(*) FROM "orders" WHERE NOT ("status" = \'open\' OR "note" = \'Note 7\')'),
        ("contains", {"from": "reviews", "executeMode": "count", "filters": [condition("text", "contains", "thing 77")]},
         'SELECT count(*) FROM "reviews" WHERE ' + ("instr(text, 'thing 77') > 0" if e == "sqlite" else "text LIKE '%thing 77%'")),
        ("starts with", {"from": "products", "executeMode": "count", "filters": [condition("sku", "startsWith", "SKU-A")]},
         'SELECT count(*) FROM "products" WHERE ' + ("sku GLOB 'SKU-A*'" if e == "sqlite" else "sku LIKE 'SKU-A%'")),
        ("contains, ignoring case", {"from": "reviews", "executeMode": "count", "filters": [condition("text", "icontains", "GREAT")]},
         f'SELECT count(*) FROM "reviews" WHERE {ignoring_case(e, "text", "%great%")}'),
        ("uuid", {"from": "payments", "executeMode": "count", "filters": [condition("id", "!=", "80000000-0000-4000-8000-000000000000")]},
         'SELECT count(*) FROM "payments" WHERE "id" <> \'80000000-0000-4000-8000-000000000000\''),
        ("dates", {"from": "payments", "executeMode": "count", "filters": [condition("paidOn", "between", {"from": "2023-01-01", "to": "2023-06-30"})]},
         'SELECT count(*) FROM "payments" WHERE "paidOn" BETWEEN \'2023-01-01\' AND \'2023-06-30\''),
        ("a true column", {"from": "products", "executeMode": "count", "filters": [condition("active", "=", True)]},
         'SELECT count(*) FROM "products" WHERE "active"'),
        # order and pages
        ("the latest 20", {"from": "orders", "columns": ["id", "placed"], "orderBy": [{"column": "placed", "direction": "desc"}, {"column": "id"}], "limit": 20},
         'SELECT "id", "placed" FROM "orders" ORDER BY "placed" DESC, "id" LIMIT 20'),
        ("the largest 20", {"from": "orders", "columns": ["id", "total"], "orderBy": [{"column": "total", "direction": "desc"}, {"column": "id"}], "limit": 20},
         f'SELECT "id", "total" FROM "orders" ORDER BY {exact(e, chr(34) + "total" + chr(34))} DESC, "id" LIMIT 20'),
        ("ordered texts", {"from": "customers", "columns": ["id", "email"], "orderBy": [{"column": "email"}, {"column": "id"}], "limit": 50},
         'SELECT "id", "email" FROM "customers" ORDER BY "email"' + (' COLLATE "C"' if e == "postgres" else "") + ', "id" LIMIT 50'),
        ("an offset", {"from": "orders", "columns": ["id"], "orderBy": [{"column": "id"}], "limit": 20, "offset": 100000},
         'SELECT "id" FROM "orders" ORDER BY "id" LIMIT 20 OFFSET 100000'),
        ("a first page", {"from": "orders", "columns": ["id", "status"], "orderBy": [{"column": "id"}], "page": {"first": 50}},
         'SELECT "id", "status" FROM "orders" ORDER BY "id" LIMIT 50'),
        ("any 10 rows", {"from": "orders", "columns": ["status"], "filters": [condition("customerId", "=", 5)], "limit": 1000},
         'SELECT "status" FROM "orders" WHERE "customerId" = 5 LIMIT 1000'),
        # joins
        ("a join", {"from": "orders", "columns": ["id"], "joins": [{"table": "customers", "type": "inner", "columns": ["country"]}], "filters": [condition("status", "=", "cancelled")]},
         'SELECT o."id", c."country" FROM "orders" o JOIN "customers" c ON c."id" = o."customerId" WHERE o."status" = \'cancelled\''),
        ("a left join", {"from": "customers", "columns": ["id"], "joins": [{"table": "reviews", "columns": ["stars"]}], "filters": [condition("country", "=", "JP")]},
         'SELECT c."id", r."stars" FROM "customers" c LEFT JOIN "reviews" r ON r."customerId" = c."id" WHERE c."country" = \'JP\''),
        ("three joins of one order", {"from": "items", "columns": ["line"], "joins": [{"table": "orders", "type": "inner", "columns": ["total"]}, {"table": "products", "type": "inner", "columns": ["sku"]}], "filters": [condition("orderId", "=", 777)]},
         'SELECT i."line", o."total", p."sku" FROM "items" i JOIN "orders" o ON o."id" = i."orderId" JOIN "products" p ON p."id" = i."productId" WHERE i."orderId" = 777'),
        ("a filter on the joined table", {"from": "items", "executeMode": "count", "joins": [{"table": "products", "type": "inner", "filters": [condition("category", "=", "category 3")]}]},
         'SELECT count(*) FROM "items" i JOIN "products" p ON p."id" = i."productId" WHERE p."category" = \'category 3\''),
        # groups
        ("count of groups", {"from": "orders", "groupBy": [{"column": "status"}], "aggregations": [{"fn": "count", "column": "*", "alias": "n"}]},
         'SELECT "status", count(*) FROM "orders" GROUP BY "status"'),
        ("sum of decimals", {"from": "orders", "groupBy": [{"column": "status"}], "aggregations": [{"fn": "sum", "column": "total", "alias": "s"}]},
         f'SELECT "status", sum({exact(e, chr(34) + "total" + chr(34))}) FROM "orders" GROUP BY "status"'),
        ("sum of integers", {"from": "items", "groupBy": [{"column": "line"}], "aggregations": [{"fn": "sum", "column": "quantity", "alias": "s"}]},
         'SELECT "line", sum("quantity") FROM "items" GROUP BY "line"'),
        ("average of integers", {"from": "items", "groupBy": [{"column": "line"}], "aggregations": [{"fn": "avg", "column": "quantity", "alias": "a"}]},
         'SELECT "line", avg("quantity") FROM "items" GROUP BY "line"'),
        ("sum of floats", {"from": "shipments", "groupBy": [{"column": "warehouse"}], "aggregations": [{"fn": "sum", "column": "weight", "alias": "s"}]},
         'SELECT "warehouse", sum("weight") FROM "shipments" GROUP BY "warehouse"'),
        ("least and greatest", {"from": "orders", "groupBy": [{"column": "status"}], "aggregations": [{"fn": "min", "column": "placed", "alias": "a"}, {"fn": "max", "column": "placed", "alias": "b"}]},
         'SELECT "status", min("placed"), max("placed") FROM "orders" GROUP BY "status"'),
        ("months", {"from": "orders", "groupBy": [{"column": "placed", "bucket": "month", "as": "m"}], "aggregations": [{"fn": "count", "column": "*", "alias": "n"}]},
         f'SELECT {month(e, chr(34) + "placed" + chr(34))} AS m, count(*) FROM "orders" GROUP BY m'),
        ("different values", {"from": "orders", "aggregations": [{"fn": "countDistinct", "column": "customerId", "alias": "n"}]},
         'SELECT count(DISTINCT "customerId") FROM "orders"'),
        ("groups of a join", {"from": "orders", "joins": [{"table": "customers", "type": "inner"}], "groupBy": [{"column": "country", "table": "customers"}], "aggregations": [{"fn": "count", "column": "*", "alias": "n"}]},
         'SELECT c."country", count(*) FROM "orders" o JOIN "customers" c ON c."id" = o."customerId" GROUP BY c."country"'),
        ("having", {"from": "orders", "groupBy": [{"column": "customerId"}], "aggregations": [{"fn": "count", "column": "*", "alias": "n"}], "having": [{"column": "n", "operator": ">", "value": 15}]},
         'SELECT "customerId", count(*) FROM "orders" GROUP BY "customerId" HAVING count(*) > 15'),
        ("distinct", {"from": "customers", "columns": ["country", "tenantId"], "distinct": True},
         'SELECT DISTINCT "country", "tenantId" FROM "customers"'),
        # exists
        ("exists", {"from": "customers", "executeMode": "count", "filters": [{"table": "reviews", "filters": [condition("stars", "=", 5)]}]},
         'SELECT count(*) FROM "customers" WHERE "id" IN (SELECT "customerId" FROM "reviews" WHERE "stars" = 5)'),
        ("absent", {"from": "customers", "executeMode": "count", "filters": [{"table": "reviews", "exists": False}]},
         'SELECT count(*) FROM "customers" c WHERE ' + ('NOT EXISTS (SELECT 1 FROM "reviews" r WHERE r."customerId" = c."id")' if e == "postgres" else '"id" NOT IN (SELECT "customerId" FROM "reviews")')),
        ("exists of nullable keys", {"from": "orders", "executeMode": "count", "filters": [{"table": "payments", "filters": [condition("method", "=", "cash")]}]},
         'SELECT count(*) FROM "orders" WHERE "id" IN (SELECT "orderId" FROM "payments" WHERE "method" = \'cash\')'),
        ("counted exists", {"from": "customers", "executeMode": "count", "filters": [{"table": "orders", "count": {"operator": ">=", "value": 10}}]},
         'SELECT count(*) FROM "customers" WHERE "id" IN ' + COUNTED.format(">= 10")),
        ("counted exists with zero", {"from": "customers", "executeMode": "count", "filters": [{"table": "orders", "count": {"operator": "<", "value": 5}}]},
         'SELECT count(*) FROM "customers" c WHERE ' + ('NOT EXISTS (SELECT 1 FROM ' + COUNTED.format(">= 5") + ' g WHERE g."customerId" = c."id")' if e == "postgres" else '"id" NOT IN ' + COUNTED.format(">= 5"))),
        ("counted exists of many parents", {"from": "orders", "executeMode": "count", "filters": [{"table": "items", "count": {"operator": ">", "value": 3}, "filters": [condition("quantity", ">", 3)]}]},
         'SELECT count(*) FROM "orders" WHERE "id" IN (SELECT "orderId" FROM "items" WHERE "quantity" > 3 GROUP BY "orderId" HAVING count(*) > 3)'),
        ("exists under or", {"from": "orders", "executeMode": "count", "filters": [any_of(condition("status", "=", "open"), {"table": "shipments", "filters": [condition("warehouse", "=", 3)]})]},
         'SELECT count(*) FROM "orders" WHERE "status" = \'open\' OR "id" IN (SELECT "orderId" FROM "shipments" WHERE "warehouse" = 3)'),
        ("counted exists under or", {"from": "customers", "executeMode": "count", "filters": [any_of(condition("country", "=", "SE"), {"table": "orders", "count": {"operator": ">", "value": 12}})]},
         'SELECT count(*) FROM "customers" WHERE "country" = \'SE\' OR "id" IN ' + COUNTED.format("> 12")),
        ("nested exists", {"from": "customers", "executeMode": "count", "filters": [{"table": "orders", "filters": [condition("status", "=", "refunded"), {"table": "shipments", "filters": [condition("warehouse", "=", 5)]}]}]},
         'SELECT count(*) FROM "customers" WHERE "id" IN (SELECT "customerId" FROM "orders" WHERE "status" = \'refunded\' AND "id" IN (SELECT "orderId" FROM "shipments" WHERE "warehouse" = 5))'),
        ("exists through a join table", {"from": "products", "executeMode": "count", "filters": [{"table": "productTags", "filters": [{"table": "tags", "filters": [condition("label", "=", "tag 17")]}]}]},
         'SELECT count(*) FROM "products" WHERE "id" IN (SELECT "productId" FROM "productTags" WHERE "tagId" IN (SELECT "id" FROM "tags" WHERE "label" = \'tag 17\'))'),
        ("exists for three ids", {"from": "customers", "columns": ["id"], "byIds": [5, 7, 9], "filters": [{"table": "orders", "filters": [condition("status", "=", "paid")]}]},
         'SELECT "id" FROM "customers" c WHERE "id" IN (5, 7, 9) AND ' + ('EXISTS (SELECT 1 FROM "orders" o WHERE o."customerId" = c."id" AND o."status" = \'paid\')' if e != "clickhouse" else '"id" IN (SELECT "customerId" FROM "orders" WHERE "customerId" IN (5, 7, 9) AND "status" = \'paid\')')),
        ("counted exists for three ids", {"from": "customers", "columns": ["id"], "byIds": [5, 7, 9], "filters": [{"table": "orders", "count": {"operator": ">", "value": 2}}]},
         'SELECT "id" FROM "customers" c WHERE "id" IN (5, 7, 9) AND ' + ('(SELECT count(*) FROM "orders" o WHERE o."customerId" = c."id") > 2' if e != "clickhouse" else '"id" IN (SELECT "customerId" FROM "orders" WHERE "customerId" IN (5, 7, 9) GROUP BY "customerId" HAVING count(*) > 2)')),
        ("20 rows with related ones", {"from": "orders", "columns": ["id"], "filters": [{"table": "shipments", "filters": [condition("warehouse", "=", 3)]}], "orderBy": [{"column": "id"}], "limit": 20},
         f'SELECT {first} FROM "orders" WHERE "id" IN (SELECT "orderId" FROM "shipments" WHERE "warehouse" = 3) ORDER BY "id" LIMIT 20'),
    ]
