"""The auditor itself must be able to fail: statements with one thing wrong each."""
import json

import pytest

import audit
import golden
import layouts

CONFIG = json.loads(golden.CONFIGS["stack"].read_text())
T = "a0000000-0000-4000-8000-000000000001"
TENANT = {"role": "tenant-user", "contextValues": {"tenantId": T}}
REGION = {"role": "regional-manager", "contextValues": {"regionIds": ["eu", "us"]}}
BOTH = {"roles": {"user": ["tenant-user", "regional-manager"]}, "contextValues": {"tenantId": T, "regionIds": ["eu", "us"]}}
SCOPES = {"roles": {"user": ["tenant-user"], "service": ["regional-manager"]}, "contextValues": BOTH["contextValues"]}
FROM = 'SELECT t0."id" AS c0 FROM "public"."orders" AS t0 '
JOIN = ('SELECT t0."id" AS c0 FROM "public"."customers" AS t0 {} JOIN "public"."orders" AS t1 ON t1."customer_id" = t0."id"{} '
        'WHERE t0."tenant_id" = $1{}')

GOOD = [
    ("postgres", FROM + 'WHERE t0."tenant_id" = $1', [T], TENANT),
    ("postgres", FROM + 'WHERE t0."tenant_id" = $1::uuid AND (t0."id" = $2 OR t0."id" = $3)', [T, 1, 2], TENANT),
    ("postgres", FROM + 'WHERE FALSE', [], TENANT),
    ("postgres", FROM + 'WHERE t0."region_id" = ANY($1::text[])', [["eu", "us"]], REGION),
    ("postgres", FROM + 'WHERE (t0."tenant_id" = $1 OR t0."region_id" = ANY($2))', [T, ["eu", "us"]], BOTH),
    ("postgres", FROM + 'WHERE t0."tenant_id" = $1 AND t0."region_id" = ANY($2)', [T, ["us", "eu"]], SCOPES),
    ("postgres", JOIN.replace("$1", "$2").format("LEFT", ' AND t1."tenant_id" = $1', ""), [T, T], TENANT),
    ("postgres", JOIN.format("INNER", "", ' AND t1."tenant_id" = $2'), [T, T], TENANT),
    ("clickhouse", "SELECT t0.`id` AS c0 FROM `default`.`orders_replica` AS t0 WHERE t0.`region_id` IN {p1:Array(String)}", [["eu", "us"]], REGION),
    ("trino", 'SELECT t0."id" AS c0 FROM "pg_main"."public"."orders" AS t0 WHERE t0."region_id" IN (?, ?)', ["eu", "us"], REGION),
    ("sqlite", 'SELECT t0."id" AS c0 FROM "public"."orders" AS t0 WHERE t0."region_id" IN (SELECT value FROM json_each(?1))', [["eu", "us"]], REGION),
]
BAD = [
    ("postgres", FROM + 'WHERE t0."id" = $1', [T], TENANT),
    ("postgres", FROM + 'WHERE t0."tenant_id" = $1', ["a0000000-0000-4000-8000-000000000002"], TENANT),
    ("postgres", FROM + 'WHERE t0."tenant_id" <> $1', [T], TENANT),
    ("postgres", FROM + 'WHERE NOT t0."tenant_id" = $1', [T], TENANT),
    ("postgres", FROM + 'WHERE t0."tenant_id" = $1 OR t0."id" = $2', [T, 1], TENANT),
    ("postgres", FROM + 'WHERE (t0."tenant_id" = $1 OR t0."region_id" = ANY($2))', [T, ["eu", "us"]], SCOPES),
    ("postgres", FROM + 'WHERE t0."region_id" = ANY($1::text[])', [["eu", "us", "cn"]], REGION),
    ("postgres", JOIN.format("LEFT", "", ' AND t1."tenant_id" = $2'), [T, T], TENANT),
    ("postgres", JOIN.format("INNER", "", ""), [T], TENANT),
    ("postgres", JOIN.format("INNER", ' AND t0."tenant_id" = $2', ""), [T, T], TENANT),
    ("trino", 'SELECT t0."id" AS c0 FROM "pg_main"."public"."orders" AS t0', [], REGION),
    ("sqlite", 'SELECT t0."id" AS c0 FROM "public"."orders" AS t0 WHERE t0."region_id" IN (SELECT value FROM json_each(?1))', [["cn"]], REGION),
]

# The forms of the language: exists nodes, derived tables, groups, cells. Users don't see amount, managers see it masked, the boss of one order sees it clear.
HIDING = {
    "databases": [{"id": "d", "engine": "postgres"}], "policy": {},
    "tables": [
        {"id": "o", "apiName": "orders", "database": "d", "physicalName": "public.orders", "primaryKey": ["id"], "columns": [
            {"apiName": name, "physicalName": name, "type": {"amount": "int", "tags": "string[]"}.get(name, "string"), "nullable": True}
            for name in ("id", "tenant", "amount", "customer", "tags")],
         "relations": [{"column": "customer", "references": {"table": "customers", "column": "id"}, "type": "many-to-one"}]},
        {"id": "c", "apiName": "customers", "database": "d", "physicalName": "public.customers", "primaryKey": ["id"], "relations": [], "columns": [
            {"apiName": name, "physicalName": name, "type": "string", "nullable": True} for name in ("id", "tenant", "secret")]}],
    "roles": [
        {"id": "user", "tables": [{"tableId": t, "allowedColumns": allowed, "filters": [{"column": "tenant", "operator": "=", "valueFrom": "context", "contextKey": "t"}]}
                                  for t, allowed in (("o", ["id", "tenant"]), ("c", ["tenant"]))]},
        {"id": "manager", "tables": [{"tableId": "o", "allowedColumns": "*", "maskedColumns": ["amount"], "filters": [
            {"column": "tenant", "operator": "in", "valueFrom": "context", "contextKey": "ts"}]}]},
        {"id": "boss", "tables": [{"tableId": "o", "allowedColumns": "*", "filters": [{"column": "id", "operator": "=", "valueFrom": "context", "contextKey": "one"}]}]}]}
VALUES = {"t": "x", "ts": ["x", "y"], "one": "7"}
USER = {"role": "user", "contextValues": VALUES}
UNION = {"roles": {"user": ["user", "manager"]}, "contextValues": VALUES}
MASKS = {"roles": {"user": ["manager", "boss"]}, "contextValues": VALUES}
CUSTOMERS = 'SELECT t0."tenant" AS c0 FROM "public"."customers" AS t0 WHERE t0."tenant" = $1'
RELATED = 'FROM "public"."orders" AS t1 WHERE t1."customer" = t0."id"'
ORDERS = 'FROM "public"."orders" AS t0 WHERE (t0."tenant" = {} OR t0."tenant" = ANY({}))'
CH = "SELECT t0.`tenant` AS c0 FROM `public`.`customers` AS t0 WHERE t0.`tenant` = {p1:String} AND "
CELL = 'CASE WHEN t0."tenant" = ANY({}) THEN t0."amount" END'

FORMS = [  # right, what is changed in it, into what makes it wrong, and why; params, context, meta.columns
    ("postgres", CUSTOMERS + f' AND EXISTS (SELECT 1 {RELATED} AND t1."tenant" = $2)', ' AND t1."tenant" = $2', "", "lacks", ["x", "x"], USER, None),
    ("postgres", CUSTOMERS + f' AND NOT EXISTS (SELECT 1 {RELATED} AND t1."tenant" = $2)', 't1."tenant" = $2', 'NOT t1."tenant" = $2', "lacks", ["x", "x"], USER, None),
    ("postgres", CUSTOMERS + f' AND EXISTS (SELECT 1 {RELATED} AND t1."tenant" = $2)', '1."tenant" = $2', '0."tenant" = $2', "lacks", ["x", "x"], USER, None),
    ("postgres", CUSTOMERS + f' AND (SELECT count(*) {RELATED} AND t1."tenant" = $2) > $3', ' AND t1."tenant" = $2', "", "lacks", ["x", "x", 0], USER, None),
    ("postgres", CUSTOMERS + f' AND (SELECT count(*) {RELATED} AND t1."tenant" = $2) = $3', '"tenant" = $2)', '"tenant" = $2 OR t1."id" = $2)', "lacks", ["x", "x", 0], USER, None),
    ("postgres", CUSTOMERS + f' AND EXISTS (SELECT 1 {RELATED} AND t1."tenant" = $2 AND NOT EXISTS (SELECT 1 FROM "public"."customers" AS t2 WHERE t2."id" = '
     't1."customer" AND t2."tenant" = $3))', 't2."tenant"', 't1."tenant"', "lacks", ["x", "x", "x"], USER, None),
    ("postgres", CUSTOMERS + f' AND EXISTS (SELECT 1 {RELATED} AND t1."tenant" = $2)', "AS t1 WHERE t1.", "AS t0 WHERE t0.", "occurs twice", ["x", "x"], USER, None),
    ("postgres", 'SELECT t1."tenant" AS c0 FROM (SELECT t0."tenant" AS "tenant" FROM "public"."customers" AS t0 WHERE t0."tenant" = $1) AS t1 WHERE t1."tenant" = $2',
     'WHERE t0."tenant" = $1', 'WHERE t0."id" = $1', "lacks", ["x", "x"], USER, None),
    ("postgres", 'SELECT t0."id" AS c0 FROM "public"."orders" AS t0 LEFT JOIN "public"."customers" AS t1 ON t1."id" = t0."customer" AND t1."tenant" = $1 WHERE '
     't0."tenant" = $2', "LEFT", "FULL", "neither INNER nor LEFT", ["x", "x"], USER, None),
    ("postgres", 'SELECT t0."id" AS c0 FROM "public"."orders" AS t0 LEFT JOIN "public"."customers" AS t1 ON t1."id" = t0."customer" AND t1."tenant" = $1 WHERE '
     't0."tenant" = $2', 't1."tenant" = $1', '(t1."tenant" = $1 OR t1."tenant" IS NULL)', "lacks", ["x", "x"], USER, None),
    ("clickhouse", CH + "(t0.`id` IN (SELECT t1.`customer` FROM `public`.`orders` AS t1 WHERE t1.`customer` IS NOT NULL AND t1.`tenant` = {p2:String}))",
     "t1.`tenant` = {p2:String}", "t1.`id` = {p2:String}", "lacks", ["x", "x"], USER, None),
    ("clickhouse", CH + "NOT (t0.`id` IN (SELECT t1.`customer` FROM `public`.`orders` AS t1 WHERE t1.`tenant` = {p2:String} GROUP BY t1.`customer` HAVING count(*) > {p3:Int64}))",
     "WHERE t1.`tenant` = {p2:String} GROUP BY t1.`customer` HAVING", "GROUP BY t1.`customer` HAVING max(t1.`tenant`) = {p2:String} AND", "lacks", ["x", "x", 1], USER, None),
    ("trino", 'SELECT t0."tenant" AS c0, count(*) AS c1 FROM "p"."public"."customers" AS t0 WHERE t0."tenant" = ? GROUP BY t0."tenant" HAVING count(*) > ?',
     'WHERE t0."tenant" = ? GROUP BY t0."tenant" HAVING', 'GROUP BY t0."tenant" HAVING t0."tenant" = ? AND', "lacks", ["x", 1], USER, None),
    ("sqlite", 'SELECT DISTINCT t0."tenant" AS c0 FROM "public"."customers" AS t0 WHERE t0."tenant" = ?1', '"tenant" = ?1', '"tenant" = lower(?1)', "lacks", ["x"], USER, None),
    ("sqlite", 'SELECT t0."id" AS c0 FROM "public"."orders" AS t0 WHERE t0."tenant" = ?1', 'SELECT t0."id"', 'SELECT "id"', "of no table", ["x"], USER, None),
    ("postgres", 'SELECT t0."id" AS c0 FROM "public"."orders" AS t0 WHERE t0."tenant" = $1', 'SELECT t0."id"', 'SELECT t0.*', "Star", ["x"], USER, None),
    ("postgres", 'SELECT t0."id" AS c0 FROM "public"."orders" AS t0 WHERE t0."tenant" = $1', "$1", "$1 UNION SELECT 'a'", "Union in", ["x"], USER, None),
    # cells
    ("postgres", f'SELECT t0."id" AS c0, {CELL.format("$1")} AS c1 {ORDERS.format("$2", "$3")}', CELL.format("$1"), 't0."amount"', "stands bare", [["x", "y"], "x", ["x", "y"]], UNION, None),
    ("postgres", f'SELECT t0."id" AS c0, {CELL.format("$1")} AS c1 {ORDERS.format("$2", "$3")}', "THEN", 'THEN 1 ELSE', "stands bare", [["x", "y"], "x", ["x", "y"]], UNION, None),
    ("postgres", f'SELECT t0."id" AS c0, {CELL.format("$1")} AS c1 {ORDERS.format("$2", "$3")}', "= ANY($1) THEN", '<> ALL($1) THEN', "stands bare", [["x", "y"], "x", ["x", "y"]], UNION, None),
    ("postgres", f'SELECT t0."id" AS c0 {ORDERS.format("$1", "$2")} AND CASE WHEN t0."tenant" = ANY($3) THEN t0."amount" > $4 END', 'END', 'WHEN t0."amount" > $4 THEN TRUE END',
     "stands bare", ["x", ["x", "y"], ["x", "y"], 1], UNION, None),
    ("postgres", f'SELECT max({CELL.format("$1")}) AS c0 {ORDERS.format("$2", "$3")}', CELL.format("$1"), 't0."amount"', "stands bare", [["x", "y"], "x", ["x", "y"]], UNION, None),
    ("postgres", f'SELECT t0."id" AS c0 {ORDERS.format("$1", "$2")} ORDER BY {CELL.format("$3")}', CELL.format("$3"), 't0."amount"', "stands bare", ["x", ["x", "y"], ["x", "y"]], UNION, None),
    ("postgres", CUSTOMERS + ' ORDER BY t0."id" LIMIT 3', '"id"', '"secret"', "stands bare", ["x"], USER, None),
    ("postgres", CUSTOMERS + ' ORDER BY t0."id" LIMIT 3', ' LIMIT 3', "", "stands bare", ["x"], USER, None),
    ("postgres", CUSTOMERS + f' AND EXISTS (SELECT 1 {RELATED} AND t1."tenant" = $2)', 't1."customer" = t0."id"', 't1."customer" > t0."id"', "stands bare", ["x", "x"], USER, None),
    ("sqlite", 'SELECT t0."id" AS c0 FROM "public"."orders" AS t0 WHERE t0."tenant" = ?1 AND CASE WHEN 0 THEN t0."customer" END IN (SELECT value FROM json_each(?2))',
     'CASE WHEN 0 THEN t0."customer" END', 't0."customer"', "stands bare", ["x", ["7"]], USER, None),
    ("sqlite", 'SELECT t0."id" AS c0 FROM "public"."orders" AS t0 WHERE t0."tenant" = ?1 AND t0."id" IN (SELECT value FROM json_each(?2)) AND CASE WHEN 0 THEN t0."customer" END IS NOT NULL',
     'CASE WHEN 0 THEN t0."customer" END', 't0."customer"', "stands bare", ["x", ["7"]], USER, None),
    *(("clickhouse", CH + "CASE WHEN 0 THEN t0.`id` END IS " + of + "NULL AND (t0.`id` IS NOT NULL AND t0.`id` IN (SELECT t1.`customer` FROM `public`.`orders` AS t1 WHERE t1.`tenant` = {p2:String}))",
       f"CASE WHEN 0 THEN t0.`id` END IS {of}NULL", bare, "stands bare", ["x", "x"], USER, None) for of, bare in (("", "t0.`id` IS NULL"), ("NOT ", "(t0.`id` IS NOT NULL OR FALSE)"))),
    ("clickhouse", "SELECT t0.`tenant` AS c0 FROM `public`.`customers` AS t0 LEFT JOIN `public`.`orders` AS t1 ON t0.`id` = t1.`customer` AND t1.`tenant` = {p1:String} "
     "WHERE t0.`tenant` = {p2:String} AND t1.`customer` IS NOT NULL SETTINGS join_use_nulls = 1", " SETTINGS join_use_nulls = 1", "", "stands bare", ["x", "x"], USER, None),
    ("clickhouse", "SELECT count(t1.`customer`) AS c0 FROM `public`.`customers` AS t0 LEFT JOIN `public`.`orders` AS t1 ON t0.`id` = t1.`customer` AND t1.`tenant` = {p1:String} "
     "WHERE t0.`tenant` = {p2:String} SETTINGS join_use_nulls = 1", "t0.`id` = t1.`customer`", "t0.`tenant` = t1.`id`", "stands bare", ["x", "x"], USER, None),
    # masks
    ("postgres", 'SELECT t0."amount" AS c0, CASE WHEN t0."id" = $1 THEN 1 ELSE 0 END AS c1 FROM "public"."orders" AS t0 WHERE (t0."tenant" = ANY($2) OR t0."id" = $3)',
     "CASE WHEN t0.", 'CASE WHEN NOT t0.', "says that rows are clear", ["7", ["x", "y"], "7"], MASKS, [{"apiName": "amount", "masked": True}]),
    ("postgres", 'SELECT t0."amount" AS c0, CASE WHEN NOT t0."id" = $1 THEN 1 ELSE 0 END AS c1 FROM "public"."orders" AS t0 WHERE FALSE AND (t0."tenant" = ANY($2) OR '
     't0."id" = $3)', "FALSE", "TRUE", "says that rows are clear", ["7", ["x", "y"], "7"], MASKS, [{"apiName": "amount", "masked": True}]),
]


@pytest.mark.parametrize("dialect, sql, find, replace, why, params, context, columns", FORMS)
def test_reads_every_form_of_statement(dialect, sql, find, replace, why, params, context, columns):
    auditor = audit.Auditor(HIDING)
    assert auditor.statement(dialect, sql, params, context, columns)
    assert find in sql
    with pytest.raises(AssertionError, match=why):
        audit.Judged(auditor, audit.parse(dialect, sql.replace(find, replace)), params, context, columns).all()


def test_finds_masked_outputs_that_do_not_say_so():
    sql = 'SELECT t0."amount" AS c0 FROM "public"."orders" AS t0 WHERE (t0."tenant" = ANY($1) OR t0."id" = $2)'
    with pytest.raises(AssertionError, match="may be masked"):
        audit.Auditor(HIDING).statement("postgres", sql, [["x", "y"], "7"], MASKS, [{"apiName": "amount", "masked": False}])


@pytest.mark.parametrize("dialect, sql, params, context", GOOD)
def test_accepts_guarded_statements(dialect, sql, params, context):
    audit.one_select(dialect, sql)
    audit.params_match(dialect, sql, params)
    assert audit.rows_are_guarded(dialect, sql, params, CONFIG, context)


@pytest.mark.parametrize("dialect, sql, params, context", BAD)
def test_finds_unguarded_statements(dialect, sql, params, context):
    with pytest.raises(AssertionError, match="lacks"):
        audit.rows_are_guarded(dialect, sql, params, CONFIG, context)


@pytest.mark.parametrize("dialect, sql", [("postgres", "SELECT 1; SELECT 2"), ("postgres", "DELETE FROM t"), ("sqlite", "SELECT 1; DROP TABLE t")])
def test_finds_second_statements(dialect, sql):
    with pytest.raises(AssertionError):
        audit.one_select(dialect, sql)


@pytest.mark.parametrize("dialect, sql, params", [
    ("postgres", "SELECT a FROM t WHERE a = $2 AND b = $1", [1, 2]), ("postgres", "SELECT a FROM t WHERE a = $1", [1, 2]),
    ("clickhouse", "SELECT a FROM t WHERE a = {p1:Int64} AND b = {p1:Int64}", [1]), ("trino", "SELECT a FROM t WHERE a = ?", []),
    ("sqlite", "SELECT a FROM t WHERE a = '?1'", [1])])
def test_finds_wrong_parameters(dialect, sql, params):
    with pytest.raises(AssertionError):
        audit.params_match(dialect, sql, params)


REPLICAS = json.loads((golden.CASES / "configs/replicas.json").read_text())
OF_A = {"role": "tenant", "contextValues": {"tenant": "a"}}
HIDES = "(t0.`_deleted` <> {p2:Int64} OR t0.`_deleted` IS NULL)"
SETTINGS = " SETTINGS " + ", ".join(f"{name} = {value}" for name, value in layouts.SETTINGS.items())
FINAL = f"SELECT t0.`id` AS c0 FROM `orders_log` AS t0 FINAL WHERE t0.`tenant_id` = {{p1:String}} AND {HIDES}{SETTINGS}"
NEWEST = 't0."_version" DESC NULLS LAST'
DELETED = ', CASE WHEN (t0."_deleted" <> $1 OR t0."_deleted" IS NULL) THEN 1 ELSE 0 END'
COLUMNS = 'SELECT t0."id", t0."tenant_id", t0."_deleted"'
LATEST = (f'SELECT t0."id" AS c0 FROM ({COLUMNS} FROM ({COLUMNS}, row_number() OVER (PARTITION BY t0."id" ORDER BY {NEWEST}{DELETED}) AS multidb_row_number '
          'FROM "orders_log" AS t0) AS t0 WHERE t0.multidb_row_number = 1) AS t0 WHERE t0."tenant_id" = $2 AND (t0."_deleted" <> $3 OR t0."_deleted" IS NULL)')


@pytest.mark.parametrize("dialect, sql, params, find, replace, why", [
    ("clickhouse", FINAL, ["a", 1], " FINAL", "", "read asIs, not final"),
    ("clickhouse", FINAL, ["a", 1], f" AND {HIDES}", "", "deleted rows"),
    ("clickhouse", FINAL, ["a", 1], f"AND {HIDES}", f"AND (1 = 0 OR {HIDES})", "deleted rows"),
    ("clickhouse", FINAL, ["a", 1], HIDES, HIDES.replace("<>", "="), "deleted rows"),
    ("clickhouse", FINAL, ["a", 1], "defer_partition_pruning_after_final = 1", "defer_partition_pruning_after_final = 0", "settings"),
    ("clickhouse", FINAL, ["a", 1], SETTINGS, "", "settings"),
    ("postgres", LATEST, [1, "a", 1], DELETED, "", "ordered by 1"),
    ("postgres", LATEST, [1, "a", 1], NEWEST, 't0."_version" NULLS LAST', "newest first"),
    ("postgres", LATEST, [1, "a", 1], 'PARTITION BY t0."id"', 'PARTITION BY t0."tenant_id"', "found by"),
    ("postgres", LATEST, [1, "a", 1], '"orders_log" AS t0)', '"orders_log" AS t0 WHERE t0."tenant_id" = $2)', "'where'"),
])
def test_finds_replicas_that_are_not_read_by_their_layout(dialect, sql, params, find, replace, why):
    auditor = audit.Auditor(REPLICAS)
    assert find in sql and auditor.statement(dialect, sql, params, OF_A)
    with pytest.raises(AssertionError, match=why):
        audit.Judged(auditor, audit.parse(dialect, sql.replace(find, replace)), params, OF_A).all()
