"""Tables of PostgreSQL that are not, or no longer, what the configuration says: what is refused, where a value is refused, and what an ALTER TABLE changes for a
process that has asked before."""
import pathlib

import pytest

from cli import Run, call_json
from database import write
from private_pg import PASSWORD, PrivatePostgres

ADMIN = {"role": "admin"}
TABLES = """
CREATE SCHEMA app;
CREATE TYPE app.kind AS ENUM ('x', 'y');
CREATE DOMAIN app.kinds AS app.kind;
CREATE DOMAIN app.positive AS int CHECK (VALUE > 0);
CREATE COLLATION app.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE app.meters (id int PRIMARY KEY, small smallint NOT NULL, kind app.kind NOT NULL, kinds app.kinds, doc xml, place inet, label text,
                         loose text COLLATE app.loose, plus app.positive, long_name text);
INSERT INTO app.meters VALUES (1, 10, 'x', 'x', '<a/>', '10.0.0.1', 'one', 'A', 1), (2, 20, 'y', 'y', '<b/>', '10.0.0.2', 'two', 'b', 2);
GRANT USAGE ON SCHEMA app TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA app TO reader;
"""
TYPES = {"id": "int", "small": "int", "kind": "string", "kinds": "string", "doc": "string", "place": "string", "label": "string", "loose": "string", "plus": "int"}


def column(name, kind, **more):
    return {"apiName": name, "physicalName": name, "type": kind, "nullable": name not in ("id", "small", "kind"), **more}


def configuration(url, changes=None, **limits):
    columns = [column(name, kind, **(changes or {}).get(name, {})) for name, kind in TYPES.items()]
    return {"databases": [{"id": "pg", "engine": "postgres", "connection": {"url": url}}],
            "tables": [{"id": "meters", "apiName": "meters", "database": "pg", "physicalName": "app.meters", "primaryKey": ["id"], "relations": [],
                        "columns": columns}],
            "limits": limits,
            "roles": [{"id": "admin", "tables": "*"},
                      {"id": "of", "tables": [{"tableId": "meters", "allowedColumns": ["id"],
                                               "filters": [{"column": "small", "operator": "=", "valueFrom": "context", "contextKey": "size"}]}]}]}


@pytest.fixture(scope="module")
def server():
    with PrivatePostgres({"log_statement": "all", "logging_collector": "off"}) as pg:
        pg.psql("CREATE ROLE reader LOGIN PASSWORD '%s'" % PASSWORD)
        yield pg


@pytest.fixture
def pg(server):
    server.psql("DROP SCHEMA IF EXISTS app CASCADE")
    server.psql(TABLES)
    return server


def url(pg):
    return pg.url_for(user="reader")


@pytest.fixture
def start(pg, tmp_path):
    """A process with a configuration of its own."""
    running = []

    def started(changes=None, **limits):
        running.append(Run(write(configuration(url(pg), changes, **limits), tmp_path / f"{len(running)}.json")))
        return running[-1].__enter__()
    yield started
    for process in running:
        process.__exit__(None, None, None)


def where(name, operator, value, columns=("id",)):
    return {"from": "meters", "columns": list(columns), "filters": [{"column": name, "operator": operator, "value": value}], "orderBy": [{"column": "id", "direction": "asc"}]}


def ids(answer):
    assert "data" in answer, answer
    return [row["id"] for row in answer["data"]]


def problem(answer):
    assert answer["code"] == "VALIDATION_FAILED", answer
    (only,) = answer["details"]["errors"] if "errors" in answer.get("details", {}) else answer["errors"]
    return only


# ---- columns that do not fit ----

def refused(answer, *words):
    assert answer.get("code") == "TYPE_MISMATCH", answer
    for word in words:
        assert word in answer["message"], answer["message"]


def test_refuses_what_has_no_equality_where_it_is_compared(start):
    run = start()
    assert len(run.ask({"from": "meters", "columns": ["doc"]}, ADMIN)["data"]) == 2
    refused(run.ask(where("doc", "=", "<a/>"), ADMIN), "'doc'", "xml", '"databaseType": "xml"')
    refused(run.ask({"from": "meters", "columns": ["doc"], "distinct": True}, ADMIN), "'doc'")
    refused(run.ask(where("kinds", "=", "x"), ADMIN), "'kinds'", "app.kinds")


@pytest.mark.parametrize("definition", [
    {"from": "meters", "columns": ["small"]},
    where("small", "=", 1),
    {"from": "meters", "columns": ["id"], "orderBy": [{"column": "small", "direction": "asc"}]},
], ids=["selected", "filtered", "ordered"])
def test_refuses_a_missing_column_wherever_it_is_used(pg, start, definition):
    pg.psql("ALTER TABLE app.meters RENAME small TO smaller")
    run = start()
    refused(run.ask(definition, ADMIN), "'small'", "app.meters", "missing")
    assert ids(run.ask(where("id", "=", 1), ADMIN)) == [1]


def test_refuses_a_missing_column_of_a_row_filter(pg, start):
    pg.psql("ALTER TABLE app.meters RENAME small TO smaller")
    refused(start().ask({"from": "meters"}, {"role": "of", "contextValues": {"size": 10}}), "'small'")


def test_refuses_a_type_that_cannot_be_read(pg, start):
    pg.psql("ALTER TABLE app.meters ALTER small TYPE text")
    refused(start().ask({"from": "meters", "columns": ["small"]}, ADMIN), "declared int", "type text")


@pytest.mark.parametrize("name, given, good", [
    ("kind", "app.kind", True), ("kind", "kind", True), ("kind", "text", False), ("label", "text", True), ("label", "varchar(20)", False),
    ("loose", "text", False), ("loose", 'text collate "loose"', True), ("plus", "app.positive", True), ("plus", "integer", True), ("plus", "bigint", False),
    ("small", "smallint", True), ("small", "int2", True), ("small", "integer", False)])
def test_compares_database_type(start, name, given, good):
    answer = start({name: {"databaseType": given}}).ask({"from": "meters", "columns": [name]}, ADMIN)
    if good:
        assert len(answer["data"]) == 2
    else:
        refused(answer, f"'{name}'", given, "expected")


@pytest.mark.parametrize("values, good", [(["x", "y"], True), (["y", "more", "x"], True), (["x"], False)])
def test_compares_the_labels_of_an_enum(start, values, good):
    answer = start({"kind": {"type": "enum", "values": values}}).ask({"from": "meters", "columns": ["kind"]}, ADMIN)
    if good:
        assert len(answer["data"]) == 2
    else:
        refused(answer, "'kind'", "label 'y'", '"values"')


def test_a_long_name_is_cut_as_the_server_does(pg, start):
    name = "n" * 70
    pg.psql(f'ALTER TABLE app.meters RENAME label TO "{name}"')
    run = start({"label": {"physicalName": name}})
    assert [row["label"] for row in run.ask({"from": "meters", "columns": ["label"]}, ADMIN)["data"]] == ["one", "two"]


def test_a_system_column_is_a_column(start):
    run = start({"label": {"physicalName": "ctid"}})
    assert len(run.ask({"from": "meters", "columns": ["label"]}, ADMIN)["data"]) == 2


def test_a_missing_table_is_named_by_the_database(pg, start):
    pg.psql("DROP TABLE app.meters")
    answer = start().ask({"from": "meters", "columns": ["id"]}, ADMIN)
    assert answer["code"] == "QUERY_FAILED" and "app.meters" in answer["cause"]


def test_one_call_reports_it_too(pg, tmp_path):
    pg.psql("ALTER TABLE app.meters DROP small")
    status, answer = call_json("query", write(configuration(url(pg)), tmp_path / "c.json"), {"from": "meters", "columns": ["small"]}, ADMIN)
    assert status == 1 and answer["code"] == "TYPE_MISMATCH" and answer["status"] == 500


# ---- how often ----

def readings(pg):
    """How often the server has run the statement that reads a table's columns."""
    return pathlib.Path(pg.dir, "log").read_text(errors="replace").count("WITH RECURSIVE bare")


def test_reads_a_table_once_a_minute(pg, start):
    run = start()
    before = readings(pg)
    for i in range(30):
        assert ids(run.ask(where("id", "=", 1 + i % 2), ADMIN)) == [1 + i % 2]
    assert readings(pg) - before == 1


def test_reads_a_table_each_time_with_0(pg, start):
    run = start(typeCheckMs=0)
    before = readings(pg)
    for _ in range(10):
        ids(run.ask(where("id", "=", 1), ADMIN))
    assert readings(pg) - before == 10


# ---- values that a column cannot hold ----

def test_a_refused_value_is_reported_where_it_stands(start):
    run = start()
    one = problem(run.ask(where("kind", "=", "lost"), ADMIN))
    assert (one["code"], one["pointer"]) == ("INVALID_VALUE", "/filters/0/value")
    assert "expected a value that the column's type in the database can hold" in one["message"]
    one = problem(run.ask(where("place", "=", "nowhere"), ADMIN))
    assert (one["code"], one["pointer"]) == ("INVALID_VALUE", "/filters/0/value")


def test_a_refused_list_is_reported_at_the_list(start):
    one = problem(start().ask(where("kind", "in", ["x", "lost"]), ADMIN))
    assert (one["code"], one["pointer"]) == ("INVALID_VALUE", "/filters/0/value")


def test_a_refused_value_in_a_group_is_reported_there(start):
    tests = [{"column": "id", "operator": ">", "value": 0}, {"column": "kind", "operator": "=", "value": "lost"}]
    definition = {"from": "meters", "columns": ["id"], "filters": [{"column": "id", "operator": "between", "value": {"from": 1, "to": 2}},
                                                                  {"logic": "and", "conditions": tests}]}
    assert problem(start().ask(definition, ADMIN))["pointer"] == "/filters/1/conditions/1/value"


def test_a_refused_context_value_is_reported_in_the_context(pg, tmp_path):
    config = configuration(url(pg))
    config["roles"][1]["tables"][0]["filters"][0].update(column="kind", contextKey="kind")
    with Run(write(config, tmp_path / "c.json")) as run:
        assert run.ask({"from": "meters"}, {"role": "of", "contextValues": {"kind": "x"}})["data"] == [{"id": 1}]
        one = problem(run.ask({"from": "meters"}, {"role": "of", "contextValues": {"kind": "lost"}}))
        assert (one["code"], one["pointer"]) == ("INVALID_CONTEXT", "/contextValues/kind")
        assert "column" not in one["message"]


def test_an_error_of_a_row_stays_a_failure(pg, start):
    pg.psql("ALTER TABLE app.meters RENAME TO meters_of")
    pg.psql("CREATE VIEW app.meters AS SELECT m.*, (m.label || '1')::int AS wrong FROM app.meters_of AS m; GRANT SELECT ON app.meters TO reader")
    answer = start({"small": {"physicalName": "wrong"}}).ask({"from": "meters", "columns": ["small"]}, ADMIN)
    assert answer["code"] == "QUERY_FAILED"


# ---- after ALTER TABLE ----

def test_an_altered_key_finds_larger_ids(pg, start):
    run = start({"id": {"type": "bigint"}})
    assert ids(run.ask(where("id", "=", 1), ADMIN)) == [1]
    pg.psql("ALTER TABLE app.meters ALTER id TYPE bigint; INSERT INTO app.meters VALUES (5000000000, 1, 'x')")
    assert ids(run.ask(where("id", "=", 5000000000), ADMIN)) == [5000000000]


def test_an_altered_enum_is_compared(pg, start):
    run = start()
    assert ids(run.ask(where("label", "=", "one"), ADMIN)) == [1]
    pg.psql("CREATE TYPE app.label AS ENUM ('one', 'two'); ALTER TABLE app.meters ALTER label TYPE app.label USING label::app.label")
    assert ids(run.ask(where("label", "=", "one"), ADMIN)) == [1]


def test_equality_changes_with_the_next_reading(pg, start):
    run = start(typeCheckMs=1)
    assert ids(run.ask(where("label", "=", "ONE"), ADMIN)) == []
    pg.psql("ALTER TABLE app.meters ALTER label TYPE text COLLATE app.loose")
    for _ in range(3):
        assert ids(run.ask(where("label", "=", "ONE"), ADMIN)) == [1]


def test_a_column_that_was_dropped_is_named(pg, start):
    run = start()
    assert ids(run.ask(where("small", "=", 10), ADMIN)) == [1]
    pg.psql("ALTER TABLE app.meters DROP small")
    refused(run.ask(where("small", "=", 10), ADMIN), "'small'", "missing")


# ---- views, and the database's own row security ----

LETTERS = """
DROP SCHEMA IF EXISTS post CASCADE; CREATE SCHEMA post;
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clerk') THEN CREATE ROLE clerk; CREATE ROLE owner_of_letters; END IF; END $$;
GRANT clerk TO reader; GRANT USAGE ON SCHEMA post TO clerk, reader, owner_of_letters; GRANT CREATE ON SCHEMA post TO owner_of_letters;
CREATE TABLE post.letters (id int PRIMARY KEY, tenant text NOT NULL);
INSERT INTO post.letters VALUES (1, 'red'), (2, 'blue');
ALTER TABLE post.letters ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON post.letters USING (tenant = NULLIF(current_setting('app.tenant', true), ''));
ALTER TABLE post.letters OWNER TO owner_of_letters;
GRANT SELECT ON post.letters TO clerk;
"""


def letters(pg, tmp_path):
    config = {"databases": [{"id": "pg", "engine": "postgres",
                             "connection": {"url": url(pg), "nativeContext": {"role": "clerk", "settings": {"app.tenant": "tenant"}}}}],
              "tables": [{"id": "letters", "apiName": "letters", "database": "pg", "physicalName": "post.v", "primaryKey": ["id"], "relations": [],
                          "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]}],
              "roles": [{"id": "any", "tables": [{"tableId": "letters", "allowedColumns": "*"}]}]}
    with Run(write(config, tmp_path / "letters.json")) as run:
        return run.ask({"from": "letters", "columns": ["id"]}, {"role": "any", "contextValues": {"tenant": "red"}})


VIEW = "CREATE VIEW post.v {} AS SELECT * FROM post.letters; "
UNDER = "CREATE VIEW post.under {} AS SELECT * FROM post.letters; CREATE VIEW post.v {} AS SELECT id FROM post.under; GRANT SELECT ON post.under TO clerk, owner_of_letters; "
INVOKER = "WITH (security_invoker = true)"


@pytest.mark.parametrize("make, reason", [
    (VIEW.format(""), "superuser"),
    (VIEW.format("") + "ALTER VIEW post.v OWNER TO owner_of_letters; ", "owns that table"),
    (UNDER.format("", INVOKER), "superuser"),
    ("CREATE MATERIALIZED VIEW post.v AS SELECT * FROM post.letters; ", "stores its rows"),
], ids=["of a superuser", "of the table's owner", "under another view", "materialized"])
def test_refuses_a_view_that_row_security_does_not_bind(pg, tmp_path, make, reason):
    pg.psql(LETTERS + make + "GRANT SELECT ON post.v TO clerk")
    answer = letters(pg, tmp_path)
    assert answer.get("code") == "CONNECTION_FAILED" and reason in answer["message"] and "nativeContext" in answer["message"], answer


@pytest.mark.parametrize("make", [
    VIEW.format(INVOKER),
    VIEW.format("WITH (security_invoker = on)"),
    UNDER.format(INVOKER, INVOKER),
    "ALTER TABLE post.letters FORCE ROW LEVEL SECURITY; " + VIEW.format("") + "ALTER VIEW post.v OWNER TO owner_of_letters; ",
    "CREATE TABLE post.v AS SELECT * FROM post.letters WHERE id = 1; ",
], ids=["as the caller", "as the caller, on", "both", "of an owner under row security", "a table"])
def test_takes_a_view_that_row_security_binds(pg, tmp_path, make):
    pg.psql(LETTERS + make + "GRANT SELECT ON post.v TO clerk")
    assert letters(pg, tmp_path).get("data") == [{"id": 1}]
