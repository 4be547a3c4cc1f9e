"""Whatever is wrong: a clear error that names what and where, exit 1, one JSON object, and no secret in any output."""
import copy
import json
import os
import pathlib

import pytest

import database
from cli import PROGRAM, ROOT, call, exact
from private_pg import PASSWORD, free_port

OK = {"from": "orders", "columns": ["id"]}
DEEP = '{"logic":"and","conditions":[' * 5000 + '{"column":"id","operator":"=","value":"x"}' + "]}" * 5000


@pytest.fixture
def world(make):
    return make("concept", "sqlite")


CHECK_NAMES = "check that the tables and columns of the configuration exist in the database"


def failed(done, *codes):
    """The error object, after the checks that every failure must pass; also of the plain form on stderr."""
    assert done.returncode == 1, f"status {done.returncode}: {done.stdout!r} {done.stderr!r}"
    error = exact(done.stdout)
    assert {"code", "message", "status", "title", "type"} <= set(error), error
    found = [error["code"]] + [e["code"] for e in error.get("errors", [])]
    assert set(codes) <= set(found), error
    assert PASSWORD not in done.stdout + done.stderr
    return error


def ask(world, definition, context=None, *options):
    context = {"role": "admin"} if context is None else context
    return call("query", "--json", "--config", world.path, "--context-json", context, definition, *options, env=world.env)


def through_file(world, tmp_path, data):
    path = tmp_path / "query.json"
    path.write_bytes(data)
    return ask(world, path)


@pytest.mark.parametrize("text, where", [
    ('{"from": "orders"', "1"), ('{"from": "orders",}', "18"), ("{'from': 'orders'}", "2"), ('{"from": "orders"} x', "20"), ('{\n "from" "orders"}', "2"),
    ("nul", "1"), ('{"limit": 01}', "1"), ('{"limit": NaN}', "11"), ('{"from": "or\nders"}', ""), ('{"from": "\\ud800"}', "")])
def test_refuses_broken_json(world, tmp_path, text, where):
    error = failed(through_file(world, tmp_path, text.encode()), "INVALID_JSON")
    assert where in error["message"]
    assert "line" in error["message"] and "column" in error["message"], error


@pytest.mark.parametrize("definition, context, what", [("x" * 300, None, "definition"), (OK, "x" * 300, "context")])
def test_a_text_beyond_the_limit_is_not_parsed(world, tmp_path, definition, context, what):
    """The texts are no JSON: nothing has read them."""
    config = json.loads(pathlib.Path(world.path).read_text())
    path = pathlib.Path(world.path).with_name("limited.json")
    path.write_text(json.dumps({**config, "limits": {"bodyBytes": 200}}))
    file = tmp_path / "long.json"
    file.write_text(definition if isinstance(definition, str) else json.dumps(definition))
    context = context or json.dumps({"role": "admin"})
    error = failed(call("query", "--json", "--config", str(path), "--context-json", context, str(file), env=world.env), "LIMIT_EXCEEDED")
    assert [e["message"] for e in error["errors"]] == [f"the {what} is too long: at most 200 bytes (limits.bodyBytes), got 300"]


def test_refuses_an_empty_definition(world, tmp_path):
    assert "empty" in failed(through_file(world, tmp_path, b""), "INVALID_BODY")["message"]


@pytest.mark.parametrize("data", [b'{"from": "ord\xff\xfeers"}', b'{"from": "\xc0\x80"}', b'{"from": "\xed\xa0\x80"}', b'\xff\xfe{\x00}\x00'])
def test_refuses_invalid_utf8(world, tmp_path, data):
    failed(through_file(world, tmp_path, data), "INVALID_JSON")


def test_refuses_nul_bytes(world, tmp_path):
    failed(through_file(world, tmp_path, b'{"from": "orders\x00"}'), "INVALID_JSON")
    failed(through_file(world, tmp_path, b'{"from": "orders"}\x00'), "INVALID_JSON")
    failed(through_file(world, tmp_path, b'{"from": "orders", "filters": [{"column": "status", "operator": "=", "value": "a\\u0000b"}]}'), "INVALID_VALUE")


@pytest.mark.parametrize("text", ["[]", "5", "null", '"orders"'])
def test_refuses_json_that_is_no_object(world, tmp_path, text):
    failed(through_file(world, tmp_path, text.encode()), "INVALID_BODY")


def test_refuses_deep_nesting(world, tmp_path):
    error = failed(through_file(world, tmp_path, ('{"from": "orders", "filters": [' + DEEP + "]}").encode()), "LIMIT_EXCEEDED")
    assert "32" in json.dumps(error)
    failed(through_file(world, tmp_path, b"[" * 1_000_000), "INVALID_JSON")
    failed(through_file(world, tmp_path, b"[" * 500_000 + b"]" * 500_000))


def test_refuses_a_definition_beyond_the_limit(world, tmp_path):
    ids = [f"{i:08x}-0000-4000-8000-000000000000" for i in range(270_000)]
    data = json.dumps({"from": "orders", "filters": [{"column": "id", "operator": "in", "value": ids}]}).encode()
    assert len(data) > 10_000_000
    error = failed(through_file(world, tmp_path, data), "LIMIT_EXCEEDED")
    assert "1048576" in json.dumps(error)


def test_reports_missing_files(world, tmp_path):
    error = failed(ask(world, tmp_path / "absent.json"))
    assert "absent.json" in json.dumps(error)
    error = failed(call("query", "--json", "--config", tmp_path / "no-config.json", OK), "METADATA_LOAD_FAILED")
    assert "no-config.json" in error["message"]
    error = failed(call("query", "--json", "--config", tmp_path, OK), "METADATA_LOAD_FAILED")


def test_reports_a_missing_default_config(tmp_path):
    env = {k: v for k, v in os.environ.items() if k != "MULTIDB_CONFIG"}
    done = call("query", "--json", OK, cwd=tmp_path, env=env)
    assert "multidb.json" in failed(done, "METADATA_LOAD_FAILED")["message"]


def test_reports_an_unreadable_query_file(world, tmp_path):
    error = failed(ask(world, tmp_path))  # a folder
    assert str(tmp_path) in json.dumps(error)


def test_reports_a_missing_sqlite_file(world, tmp_path):
    config = copy.deepcopy(world.config)
    config["databases"][0]["connection"]["url"] = f"sqlite:{tmp_path}/absent.db"
    error = failed(call("query", "--json", "--config", database.write(config, tmp_path / "c.json"), "--role", "admin", OK), "CONNECTION_FAILED")
    assert "pg-main" in json.dumps(error) and "absent.db" in json.dumps(error)
    assert not (tmp_path / "absent.db").exists()


def test_reports_a_file_that_is_no_sqlite_database(world, tmp_path):
    (tmp_path / "text.db").write_text("no database at all, " * 100)
    config = copy.deepcopy(world.config)
    config["databases"][0]["connection"]["url"] = f"sqlite:{tmp_path}/text.db"
    failed(call("query", "--json", "--config", database.write(config, tmp_path / "c.json"), "--role", "admin", OK))


def test_never_writes_to_sqlite(world):
    before = {p.name: p.stat().st_mtime_ns for p in world.path.parent.glob("*.db*")}
    assert ask(world, OK).returncode == 0
    assert before == {p.name: p.stat().st_mtime_ns for p in world.path.parent.glob("*.db*")}


def test_reports_a_table_missing_in_the_database(make, tmp_path):
    for engine in ("sqlite", "postgres"):
        world = make("concept", engine)
        config = copy.deepcopy(world.config)
        next(t for t in config["tables"] if t["id"] == "orders")["physicalName"] = "orders_gone"
        done = call("query", "--json", "--config", database.write(config, tmp_path / "c.json"), "--role", "admin", OK, env=world.env)
        error = failed(done, "QUERY_FAILED")
        assert "pg-main" in json.dumps(error) and "orders_gone" in json.dumps(error)
        assert error["details"]["hint"] == CHECK_NAMES


def test_reports_a_column_missing_in_the_database(make, tmp_path):
    """A name that the database does not have never turns into a string."""
    for engine in ("sqlite", "postgres"):
        world = make("concept", engine)
        config = copy.deepcopy(world.config)
        orders = next(t for t in config["tables"] if t["id"] == "orders")
        next(c for c in orders["columns"] if c["apiName"] == "tenantId")["physicalName"] = "tenant_gone"
        done = call("query", "--json", "--config", database.write(config, tmp_path / "c.json"), "--role", "tenant-user", "--context", "tenantId=" + "0" * 8 + "-0000-4000-8000-" + "0" * 12,
                    {"from": "orders", "columns": ["id"]}, env=world.env)
        assert "('tenant_gone' of" in (message := failed(done, "TYPE_MISMATCH")["message"]) and "is missing in the database" in message


def with_url(make, tmp_path, url):
    world = make("concept", "postgres")
    config = copy.deepcopy(world.config)
    config["databases"][0]["connection"] = {"url": {"env": "MULTIDB_TEST_URL"}}
    return database.write(config, tmp_path / "c.json"), {**world.env, "MULTIDB_TEST_URL": url}


def test_reports_a_wrong_password(make, pg, tmp_path):
    path, env = with_url(make, tmp_path, pg.url_for(database="concept_pg_main", password="hunter2-not-it"))
    for form in (["--json"], []):
        done = call("query", *form, "--config", path, "--role", "admin", OK, env=env)
        assert done.returncode == 1
        assert "hunter2-not-it" not in done.stdout + done.stderr and PASSWORD not in done.stdout + done.stderr
        assert "pg-main" in done.stdout + done.stderr
    failed(call("query", "--json", "--config", path, "--role", "admin", OK, env=env), "CONNECTION_FAILED")


def test_reports_a_database_that_is_down(make, pg, tmp_path):
    path, env = with_url(make, tmp_path, pg.url_for(port=free_port()))
    error = failed(call("query", "--json", "--debug", "--config", path, "--role", "admin", OK, env=env), "CONNECTION_FAILED")
    assert "pg-main" in json.dumps(error)


def test_reports_a_database_that_does_not_exist(make, pg, tmp_path):
    path, env = with_url(make, tmp_path, pg.url_for(database="not_there"))
    failed(call("query", "--json", "--config", path, "--role", "admin", OK, env=env), "CONNECTION_FAILED")


@pytest.mark.parametrize("url", ["", "not a url", "postgresql://", "mysql://u:hunter2@h/d", "postgresql://u:hunter2@127.0.0.1:notaport/d"])
def test_reports_bad_urls(make, tmp_path, url):
    path, env = with_url(make, tmp_path, url)
    done = call("query", "--json", "--config", path, "--role", "admin", OK, env=env)
    failed(done)
    assert "hunter2" not in done.stdout + done.stderr


def test_reports_a_missing_environment_variable(make, tmp_path):
    path, env = with_url(make, tmp_path, "x")
    del env["MULTIDB_TEST_URL"]
    error = failed(call("query", "--json", "--config", path, "--role", "admin", OK, env=env))
    assert "MULTIDB_TEST_URL" in json.dumps(error)


def test_reports_a_missing_secret_file(make, tmp_path):
    world = make("concept", "postgres")
    config = copy.deepcopy(world.config)
    config["databases"][0]["connection"] = {"url": {"file": str(tmp_path / "secret-url")}}
    path = database.write(config, tmp_path / "c.json")
    error = failed(call("query", "--json", "--config", path, "--role", "admin", OK, env=world.env))
    assert "secret-url" in json.dumps(error)
    (tmp_path / "secret-url").write_text(world.env["MULTIDB_CONCEPT_PG_MAIN_URL"] + "\n")
    assert call("query", "--json", "--config", path, "--role", "admin", OK, env=world.env).returncode == 0


def test_plans_without_secrets(tmp_path):
    """The example for real servers plans with no environment at all."""
    done = call("plan", "--json", "--config", ROOT / "examples/concept/multidb.stack.json", "--role", "admin", OK)
    assert done.returncode == 0 and exact(done.stdout)["dialect"] == "postgres", done.stdout + done.stderr


@pytest.mark.parametrize("database_id, definition", [("ch-analytics", {"from": "events", "columns": ["id"]}), ("trino", {"from": "ordersArchive", "columns": ["id"]})])
def test_reports_servers_that_cannot_be_reached_without_their_secrets(make, pg, tmp_path, database_id, definition):
    env = {"MULTIDB_PG_MAIN_URL": pg.url, "MULTIDB_PG_TENANT_URL": pg.url, "MULTIDB_CH_ANALYTICS_URL": "http://u:hunter2@127.0.0.1:1/d",
           "MULTIDB_TRINO_URL": "http://u@127.0.0.1:1", "MULTIDB_REDIS_URL": "redis://:hunter2@127.0.0.1:1"}
    done = call("query", "--json", "--config", ROOT / "examples/concept/multidb.stack.json", "--role", "admin", definition, env=env)
    assert failed(done)["code"] in ("EXECUTOR_MISSING", "CONNECTION_FAILED")
    assert "hunter2" not in done.stdout + done.stderr


def test_reports_a_database_without_connection(world, tmp_path):
    config = copy.deepcopy(world.config)
    del config["databases"][0]["connection"]
    error = failed(call("query", "--json", "--config", database.write(config, tmp_path / "c.json"), "--role", "admin", OK), "EXECUTOR_MISSING")
    assert "pg-main" in json.dumps(error)


def test_keeps_the_deadline(make, pg, tmp_path):
    """A view that sleeps: the deadline ends it in the database and here."""
    world = make("concept", "postgres")
    pg.psql('CREATE OR REPLACE VIEW public.slow AS SELECT id, (SELECT true FROM (SELECT pg_sleep(20)) s) AS t FROM public.orders', database="concept_pg_main")
    config = copy.deepcopy(world.config)
    config["tables"].append({"id": "slow", "apiName": "slow", "database": "pg-main", "physicalName": "public.slow", "primaryKey": ["id"], "relations": [],
                             "columns": [{"apiName": "id", "physicalName": "id", "type": "uuid", "nullable": False},
                                         {"apiName": "t", "physicalName": "t", "type": "boolean", "nullable": True}]})
    path = database.write(config, tmp_path / "c.json")
    import time
    start = time.monotonic()
    error = failed(call("query", "--json", "--config", path, "--role", "admin", {"from": "slow", "timeoutMs": 300}, env=world.env), "QUERY_TIMEOUT")
    assert error["details"]["hint"] == "narrow the query, or raise its timeoutMs"
    assert time.monotonic() - start < 5
    left = pg.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%slow%' AND state = 'active' AND pid <> pg_backend_pid()", database="concept_pg_main")
    assert left.strip() == "0"


def test_reports_a_broken_config(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"databases": [\n  {"id": "a" "engine": "sqlite"}]}')
    error = failed(call("query", "--json", "--config", path, OK), "METADATA_LOAD_FAILED")
    assert "line 2" in error["message"] and "column" in error["message"], error
    path.write_text("[]")
    failed(call("validate", "--json", "--config", path))
    path.write_text("")
    failed(call("validate", "--json", "--config", path))


def test_reports_all_config_problems_at_once(world, tmp_path):
    config = copy.deepcopy(world.config)
    config["databases"][0]["engine"] = "oracle"
    config["tables"][0]["database"] = "nope"
    config["roles"][1]["tables"][0]["tableId"] = "nope"
    error = failed(call("validate", "--json", "--config", database.write(config, tmp_path / "c.json")), "CONFIG_INVALID")
    assert {"/databases/0/engine", "/tables/0/database", "/roles/1/tables/0/tableId"} <= {e["pointer"] for e in error["errors"]}
    assert error["message"].startswith("Config invalid: ")


@pytest.mark.parametrize("words", [[], ["nonsense"], ["query"], ["query", "--nonsense", "{}"], ["query", "--format", "xml", "{}"], ["query", "{}", "{}"],
                                   ["query", "--context", "novalue", "{}"], ["query", "--config"]])
def test_reports_wrong_usage(words, world):
    done = call(*words, env={"MULTIDB_CONFIG": str(world.path)})
    assert done.returncode == 2 and done.stderr and not done.stdout, (done.returncode, done.stdout, done.stderr)


def test_errors_name_the_place_on_stderr_too(world):
    done = call("query", "--config", world.path, "--role", "admin", {"from": "orders", "columns": ["totl"]})
    assert done.returncode == 1 and not done.stdout
    assert "totl" in done.stderr and "total" in done.stderr and "/columns/0" in done.stderr


def test_run_answers_every_line(world):
    lines = ["", "nonsense", "{}", '{"definition": 5}', '{"definition": {"from": "nope"}, "context": {"role": "admin"}}', '{"definition": {}, "contxt": {}}',
             json.dumps({"definition": OK, "context": {"role": "admin"}})]
    done = call("run", "--json", "--config", world.path, stdin="\n".join(lines) + "\n")
    answers = [exact(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert len(answers) in (len(lines), len(lines) - 1)  # an empty line may be passed over
    assert all("code" in a for a in answers[:-1]) and len(answers[-1]["data"]) == 12


def test_run_takes_a_long_line(world):
    data = json.dumps({"definition": {"from": "x" * 3_000_000}})
    done = call("run", "--json", "--config", world.path, stdin=data + "\n" + json.dumps({"definition": OK, "context": {"role": "admin"}}) + "\n")
    first, second = [exact(line) for line in done.stdout.splitlines()]
    assert "code" in first and "data" in second


def test_ends_without_a_crash_when_its_output_is_closed(world):
    """A closed pipe ends the program without a crash."""
    import subprocess
    p = subprocess.Popen([PROGRAM, "query", "--config", str(world.path), "--role", "admin", "--format", "ndjson", '{"from": "orders"}'],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    p.stdout.close()
    p.wait(20)
    assert p.returncode in (0, 1), p.returncode


def test_reports_a_full_disk(world):
    if not pathlib.Path("/dev/full").exists():
        pytest.fail("no /dev/full here")
    import subprocess
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "query", "--config", str(world.path), "--role", "admin", "--format", "ndjson", '{"from": "orders"}'],
                              stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stderr
