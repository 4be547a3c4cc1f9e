"""The auditor itself must be able to fail: statements with one thing wrong each."""
import json

import pytest

import audit
import golden

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


@pytest.mark.parametrize("dialect, sql, params, context", GOOD)
def test_accepts(dialect, sql, params, context):
    audit.one_select(dialect, sql)
    audit.params_match(dialect, sql, params)
    assert audit.rows_are_guarded(dialect, sql, params, CONFIG, context)


@pytest.mark.parametrize("dialect, sql, params, context", BAD)
def test_finds_unguarded(dialect, sql, params, context):
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
