"""Through a real Trino: the concept's scenarios that need one, every type from PostgreSQL and Iceberg as the direct way gives it, values as
parameters, and bad weather. Rows against the reference evaluator."""
import copy
import json

import pytest

import database
import golden
import things
from cli import Run, call_json
from conftest import EXAMPLE
from expected import Expected
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("stack")
ADMIN = {"role": "admin"}
SCENARIOS = {s["number"]: s for s in json.loads((EXAMPLE / "scenarios.json").read_text())}
TENANT = "a0000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def env(stack):  # noqa: F811
    return stack.need("pg-main", "pg-tenant", "redis", "clickhouse", "trino").environment()


@pytest.fixture(scope="module")
def concept(env):
    with Run(EXAMPLE / "multidb.stack.json", env) as run:
        yield run


@pytest.fixture(scope="module")
def expected(example_rows):
    config = json.loads((EXAMPLE / "multidb.stack.json").read_text())
    return Expected(config, example_rows)


@pytest.mark.parametrize("number", [4, 6, 7, 11])
def test_scenario_has_the_expected_strategy_and_rows(concept, expected, number):
    scenario = SCENARIOS[number]
    answer = concept.ask(scenario["definition"], scenario["context"])
    expect = scenario["expect"]
    assert (answer["strategy"], answer["targetDatabase"], answer["dialect"]) == (expect["strategy"], expect["target"], "trino"), answer
    assert [t["source"] for t in answer["meta"]["tablesUsed"]] == expect["sources"]
    assert len(answer["data"]) == expect["rows"]
    expected.check(scenario["definition"], scenario["context"], answer)


@pytest.mark.parametrize("definition", [
    {"from": "ordersArchive"},
    {"from": "ordersArchive", "filters": [{"column": "archivedAt", "operator": ">=", "value": "2024-02-20T00:00:00.5Z"}]},
    {"from": "ordersArchive", "filters": [{"column": "tenantId", "operator": "=", "value": TENANT}], "orderBy": [{"column": "orderId", "direction": "asc"}], "limit": 2, "offset": 1},
    {"from": "ordersArchive", "executeMode": "count"},
    {"from": "ordersArchive", "filters": [{"column": "status", "operator": "in", "value": ["paid", "it's"]}]},
    {"from": "ordersArchive", "filters": [{"column": "status", "operator": "=", "value": "nothing like this"}]},
], ids=str)
def test_reads_iceberg_directly(concept, expected, definition):
    answer = concept.ask(definition, ADMIN)
    assert (answer["strategy"], answer["targetDatabase"]) == ("direct", "iceberg-archive"), answer
    expected.check(definition, ADMIN, answer)


@pytest.mark.parametrize("definition", [
    {"from": "orders", "joins": [{"table": "invoices", "columns": ["id", "amount"]}]},
    {"from": "orders", "filters": [{"column": "total", "operator": ">", "value": "66.666"}, {"column": "createdAt", "operator": "<", "value": "2024-03-01"}]},
    {"from": "users", "byIds": [5, 1, 3, 1]},
], ids=str)
def test_trino_answers_as_the_direct_way(concept, expected, definition):
    definition = {**definition, "prefer": ["trino"]}
    answer = concept.ask(definition, ADMIN)
    assert answer["dialect"] == "trino", answer
    expected.check(definition, ADMIN, answer)


# ---- every type ----

@pytest.fixture(scope="module")
def every_type(stack, env, tmp_path_factory):  # noqa: F811
    """The table of all types, in a schema of its own beside the sample."""
    config, rows = copy.deepcopy(things.config()), things.rows()
    config["databases"][0].update(trinoCatalog="pg_main", connection={"url": {"env": "MULTIDB_PG_MAIN_URL"}})
    config["trino"] = {"enabled": True, "connection": {"url": {"env": "MULTIDB_TRINO_URL"}},
                       "sessionProperties": {"join_distribution_type": "BROADCAST", "task_concurrency": 2, "spill_enabled": False, "pg_main.join_pushdown_enabled": True}}
    part = stack["pg-main"]
    part.psql('DROP SCHEMA IF EXISTS "shop" CASCADE;' + database.sql_of(config, rows, "main"))
    part.psql('GRANT USAGE ON SCHEMA "shop" TO multidb_reader; GRANT SELECT ON ALL TABLES IN SCHEMA "shop" TO multidb_reader')
    path = database.write(config, tmp_path_factory.mktemp("things") / "multidb.json")
    with Run(path, env) as run:
        run.expected, run.rows = Expected(config, rows), rows
        yield run
    part.psql('DROP SCHEMA IF EXISTS "shop" CASCADE')


def test_shows_every_type_as_the_direct_way(every_type):
    definition = {"from": "things", "orderBy": [{"column": "id", "direction": "asc"}]}
    direct = every_type.ask(definition, ADMIN)
    through = every_type.ask({**definition, "prefer": ["trino"]}, ADMIN)
    assert (direct["dialect"], through["dialect"]) == ("postgres", "trino"), through
    every_type.expected.check(definition, ADMIN, through)
    assert json.dumps(direct["data"], default=str) == json.dumps(through["data"], default=str)


OPERATORS = {"name": ["="], "small": ["=", ">"], "big": ["=", "<="], "price": ["=", ">="], "ready": ["="], "ref": ["="], "day": ["=", "<"], "moment": ["=", ">="],
             "ratio": ["="], "raw": ["="]}


@pytest.mark.parametrize("column", OPERATORS)
def test_finds_rows_by_parameters_of_every_type(every_type, column):
    at = every_type.rows["things"]["columns"].index(column)
    values = sorted({row[at] for row in every_type.rows["things"]["rows"] if row[at] is not None}, key=str)
    if column not in ("ready", "ref"):
        values = [v for i, v in enumerate(values) if i % 3 == 0 or len(values) < 9]
    asked = [[{"column": column, "operator": operator, "value": value}] for operator in OPERATORS[column] for value in values]
    if column not in ("raw",):
        asked.append([{"column": column, "operator": "in", "value": values}])
    for filters in asked:
        definition = {"from": "things", "columns": ["id"], "filters": filters, "orderBy": [{"column": "id", "direction": "asc"}], "prefer": ["trino"]}
        answer = every_type.ask(definition, ADMIN)
        assert answer.get("dialect") == "trino", str((filters, answer))
        every_type.expected.check(definition, ADMIN, answer)


def test_sends_long_lists_as_one_array(every_type):
    definition = {"from": "things", "columns": ["id"], "filters": [{"column": "small", "operator": "in", "value": list(range(-1, 1500))}],
                  "orderBy": [{"column": "id", "direction": "asc"}], "prefer": ["trino"]}
    answer = every_type.ask(definition, ADMIN)
    assert "UNNEST" in answer["sql"]
    every_type.expected.check(definition, ADMIN, answer)


# ---- names with capitals ----

CAPITALS = """DROP SCHEMA IF EXISTS capitals CASCADE; CREATE SCHEMA capitals; CREATE TABLE capitals."{0}" (id int PRIMARY KEY, "otherId" int NOT NULL);
INSERT INTO capitals."{0}" VALUES (1, 7), (2, 8); GRANT USAGE ON SCHEMA capitals TO multidb_reader; GRANT SELECT ON ALL TABLES IN SCHEMA capitals TO multidb_reader"""


def capitals(database_id, name, relations=()):
    columns = [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, {"apiName": "otherId", "physicalName": "otherId", "type": "int", "nullable": False}]
    return {"id": name.lower(), "apiName": name.lower(), "database": database_id, "physicalName": "capitals." + name, "primaryKey": ["id"], "columns": columns,
            "relations": list(relations)}


@pytest.fixture(scope="module")
def booked(stack, env):  # noqa: F811
    """Two tables in two databases, both with capitals in the names of the table and of a column."""
    stack["pg-main"].psql(CAPITALS.format("Booking"))
    stack["pg-tenant"].psql(CAPITALS.format("Guest").replace("(1, 7), (2, 8)", "(7, 1), (9, 3)"))
    relation = {"column": "otherId", "references": {"table": "guest", "column": "id"}, "type": "many-to-one", "name": "guest"}
    databases = [{"id": name, "engine": "postgres", "trinoCatalog": name.replace("-", "_"),
                  "connection": {"url": {"env": f"MULTIDB_{name.upper().replace('-', '_')}_URL"}}} for name in ("pg-main", "pg-tenant")]
    yield {"databases": databases, "tables": [capitals("pg-main", "Booking", [relation]), capitals("pg-tenant", "Guest")], "roles": [{"id": "admin", "tables": "*"}],
           "trino": {"enabled": True, "connection": {"url": {"env": "MULTIDB_TRINO_URL"}}}}
    for name in ("pg-main", "pg-tenant"):
        stack[name].psql("DROP SCHEMA capitals CASCADE")


GUESTS = {"from": "booking", "columns": ["id"], "joins": [{"table": "guest", "type": "inner", "columns": ["otherId"]}]}


def test_tables_with_capitals_are_refused_until_catalogs_find_them(booked, env, tmp_path):
    path = database.write(booked, tmp_path / "c.json")
    status, error = call_json("query", path, GUESTS, ADMIN, env)
    assert status == 1 and error["code"] == "UNSUPPORTED" and "case-insensitive-name-matching=true" in json.dumps(error), error
    path = database.write({**booked, "trino": {**booked["trino"], "caseInsensitiveNames": True}}, tmp_path / "c.json")
    status, answer = call_json("query", path, GUESTS, ADMIN, env)
    assert (status, answer.get("dialect"), answer.get("data")) == (0, "trino", [{"id": 1, "otherId": 1}]), answer


# ---- bad weather ----

def asked(env, tmp_path, lines, definition):
    config = golden.patch(json.loads((EXAMPLE / "multidb.stack.json").read_text()), lines)
    return call_json("query", database.write(config, tmp_path / "c.json"), definition, ADMIN, env)


ARCHIVE = {"from": "ordersArchive", "columns": ["orderId", "status"]}


@pytest.mark.parametrize("lines,code,detail", [
    (['/databases/iceberg-archive/trinoCatalog = "no_such_catalog"'], "QUERY_FAILED", "no_such_catalog"),
    (['/tables/orders-archive/physicalName = "warehouse.no_such_table"'], "QUERY_FAILED", "no_such_table"),
    (['/tables/orders-archive/columns/orderId/physicalName = "no_such_column"'], "TYPE_MISMATCH", "no_such_column"),
    (['/tables/orders-archive/columns/status/type = "int"'], "TYPE_MISMATCH", "is declared int and is of type varchar"),
    (['/trino/connection/url = "http://multidb@127.0.0.1:1"'], "CONNECTION_FAILED", "127.0.0.1"),
    (['/trino/connection/url = "http://127.0.0.1:1"'], "CONNECTION_FAILED", "names no user"),
    (['/trino/connection/url = "http://multidb:hidden@127.0.0.1:1"'], "CONNECTION_FAILED", "without TLS"),
    (['/trino/sessionProperties = {"no_such_property": 1}'], "QUERY_FAILED", "no_such_property"),
    (["/trino/connection remove"], "EXECUTOR_MISSING", "no connection"),
], ids=str)
def test_reports_what_is_wrong_with_trino(env, tmp_path, lines, code, detail):
    status, error = asked(env, tmp_path, lines, ARCHIVE)
    assert status == 1 and error["code"] == code, error
    assert detail in json.dumps(error) and "hidden" not in json.dumps(error)
    assert ("tables and columns" in error["details"].get("hint", "")) == (detail == "no_such_table"), error


def test_other_databases_answer_without_trino(env, tmp_path):
    status, answer = asked(env, tmp_path, ['/trino/connection/url = "http://multidb@127.0.0.1:1"'], {"from": "orders", "columns": ["id"]})
    assert status == 0 and answer["strategy"] == "direct", str(answer)

