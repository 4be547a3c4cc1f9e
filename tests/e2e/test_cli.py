"""The command line's own promises: formats, exit statuses, one JSON object, the debug log on stderr."""
import csv
import io
import json

import pytest

from cli import call, exact

ORDERS = {"from": "orders", "columns": ["id", "total", "status", "internalNote"], "orderBy": [{"column": "createdAt", "direction": "asc"}]}
T1 = "a0000000-0000-4000-8000-000000000001"


@pytest.fixture
def world(make):
    return make("concept", "sqlite")


def query(world, *options, definition=ORDERS):
    done = call("query", "--config", world.path, "--role", "admin", *options, definition)
    assert done.returncode == 0, done.stderr
    return done


def test_formats_hold_the_same_rows(world):
    result = exact(query(world, "--json").stdout)
    rows = result["data"]
    assert exact(query(world, "--format", "json").stdout) == rows
    assert [exact(line) for line in query(world, "--format", "ndjson").stdout.splitlines()] == rows
    table = list(csv.reader(io.StringIO(query(world, "--format", "csv").stdout, newline="")))
    assert table[0] == ["id", "total", "status", "internalNote"]
    assert len(table) == len(rows) + 1
    for cells, row in zip(table[1:], rows):
        assert cells[0] == row["id"] and cells[3] == (row["internalNote"] or "")
    text = query(world).stdout
    assert all(row["id"] in text for row in rows) and "internalNote" in text


def test_csv_is_rfc_4180(world):
    text = query(world, "--format", "csv").stdout
    data = call("query", "--config", world.path, "--role", "admin", "--format", "csv", ORDERS, text=False).stdout
    assert data.endswith(b"\r\n") and b'""' in data and text


def test_prints_empty_answers_in_every_format(world):
    none = {"from": "orders", "columns": ["id"], "filters": [{"column": "status", "operator": "=", "value": "no such"}]}
    assert json.loads(query(world, "--format", "json", definition=none).stdout) == []
    assert query(world, "--format", "ndjson", definition=none).stdout == ""
    assert query(world, "--format", "csv", definition=none).stdout.strip() == "id"


def test_result_object_has_data_and_meta(world):
    result = exact(query(world, "--json").stdout)
    assert result["kind"] == "data" and result["strategy"] == "direct" and result["targetDatabase"] == "pg-main" and result["dialect"] == "sqlite"
    assert {"sql", "params", "debugLog", "alternatives", "meta"} <= set(result)
    meta = result["meta"]
    assert {"planningMs", "generationMs", "executionMs"} == set(meta["timing"]) and meta["planHash"]
    assert meta["tablesUsed"] == [{"tableId": "orders", "source": "original", "database": "pg-main", "physicalName": "orders"}]
    assert all({"timestamp", "phase", "message", "details"} == set(e) for e in result["debugLog"])
    phases = [e["phase"] for e in result["debugLog"]]
    order = ["validation", "access-control", "rls", "planning", "name-resolution", "sql-generation", "cache", "execution"]
    assert set(phases) <= set(order) and phases[-1] == "execution"
    assert not [k for k, v in {**result, **meta}.items() if v is None]


def test_plan_has_no_time_and_touches_nothing(world, tmp_path):
    config = json.loads(world.path.read_text())
    for d in config["databases"]:
        d["connection"]["url"] = f"sqlite:{tmp_path}/absent.db"
    path = tmp_path / "c.json"
    path.write_text(json.dumps(config))
    texts = {call("plan", "--json", "--config", path, "--role", "admin", ORDERS).stdout for _ in range(3)}
    assert len(texts) == 1
    plan = exact(texts.pop())
    assert plan["kind"] == "sql" and "timing" not in plan["meta"] and not any("timestamp" in e for e in plan["debugLog"])


def test_plan_and_query_agree(world):
    plan = exact(call("plan", "--json", "--config", world.path, "--role", "admin", ORDERS).stdout)
    result = exact(query(world, "--json").stdout)
    for member in ("sql", "params", "dialect", "strategy", "targetDatabase"):
        assert plan[member] == result[member]
    assert plan["meta"]["planHash"] == result["meta"]["planHash"]


def test_prints_a_count(world):
    done = call("count", "--json", "--config", world.path, "--role", "tenant-user", "--context", f"tenantId={T1}", {"from": "orders"})
    result = exact(done.stdout)
    assert (result["kind"], result["count"]) == ("count", 4) and "data" not in result and result["meta"]["columns"] == []
    assert call("count", "--config", world.path, "--role", "admin", {"from": "orders"}).stdout.strip() == "12"


def test_validate_reports_problems(world):
    done = call("validate", "--json", "--config", world.path)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"valid": True})
    done = call("validate", "--json", "--config", world.path, "--role", "admin", ORDERS)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"valid": True})
    done = call("validate", "--json", "--config", world.path, "--role", "admin", {"from": "order"})
    assert done.returncode == 1 and json.loads(done.stdout)["message"] == "Validation failed: 1 error"


def test_reads_a_query_from_a_file_and_from_standard_input(world, tmp_path):
    path = tmp_path / "q.json"
    path.write_text(json.dumps(ORDERS))
    inline = query(world, "--format", "ndjson").stdout
    assert query(world, "--format", "ndjson", definition=str(path)).stdout == inline
    done = call("query", "--config", world.path, "--role", "admin", "--format", "ndjson", "-", stdin=json.dumps(ORDERS))
    assert done.stdout == inline


def test_reads_the_context_from_options(world):
    both = call("query", "--config", world.path, "--role", "tenant-user", "--role", "region-all", "--context", f"tenantId={T1}",
                "--context", 'regionIds=["us-west"]', "--format", "ndjson", {"from": "orders", "columns": ["id"]})
    assert both.returncode == 0, both.stderr
    one = call("query", "--config", world.path, "--context-json", {"roles": {"user": ["tenant-user", "region-all"]}, "contextValues": {"tenantId": T1, "regionIds": ["us-west"]}},
               "--format", "ndjson", {"from": "orders", "columns": ["id"]})
    assert both.stdout == one.stdout != ""
    service = call("count", "--config", world.path, "--role", "admin", "--service-role", "tenant-user", "--context", f"tenantId={T1}", {"from": "orders"})
    assert service.stdout.strip() == "4"


PREPARED = {"from": "orders", "columns": ["id"], "filters": [{"column": "status", "operator": "in", "value": {"$param": "statuses"}},
                                                          {"column": "regionId", "operator": "=", "value": {"$param": "region"}}], "limit": {"$param": "most"}}


def test_binds_parameters_from_options(world):
    filled = {"from": "orders", "columns": ["id"], "filters": [{"column": "status", "operator": "in", "value": ["paid", "7"]},
                                                             {"column": "regionId", "operator": "=", "value": "us-east"}], "limit": 2}
    for options in [["--param", 'statuses=["paid","7"]', "--param", "region=us-east", "--param", "most=2"],
                    ["--params", {"most": 2, "region": "us-east", "statuses": ["paid", "7"]}]]:
        assert query(world, *options, definition=PREPARED).stdout == query(world, definition=filled).stdout
        for command in ("plan", "explain", "count", "validate"):
            words = [command, "--json", "--config", world.path, "--role", "admin"]
            bound, asked = call(*words, *options, PREPARED), call(*words, filled)
            assert bound.returncode == asked.returncode == 0, bound.stdout
            assert command == "count" or bound.stdout == asked.stdout


def test_reports_parameters_that_are_wrong(world):
    done = call("query", "--config", world.path, "--role", "admin", "--param", "statuses=5", "--param", "regio=x", PREPARED)
    assert done.returncode == 1 and done.stdout == ""
    assert all(text in done.stderr for text in ["/parameters/regio: unknown parameter 'regio', did you mean 'region' [INVALID_PARAMETER]",
                                                "/parameters/most: parameter 'most' is missing [MISSING_PARAMETER]"])
    done = call("query", "--config", world.path, "--role", "admin", PREPARED)
    assert done.returncode == 1 and "/limit: the parameter 'most' has no value" in done.stderr


def test_debug_goes_to_stderr(world):
    done = query(world, "--format", "ndjson", "--debug")
    assert all(line.startswith("{") for line in done.stdout.splitlines())
    assert "[planning]" in done.stderr and "[sql-gen]" in done.stderr and "[execution]" in done.stderr


def test_the_log_tells_why_no_database_is_asked(world, tmp_path):
    done = call("query", "--config", world.path, "--debug", "--role", "regional-manager", "--context", "regionIds=[]", {"from": "orders"})
    assert done.returncode == 0 and "[execution]   The answer is empty whatever the data: no database is asked\n" in done.stderr
    config = {**json.loads(world.path.read_text()), "trino": {"enabled": False}}
    (tmp_path / "c.json").write_text(json.dumps(config))
    done = call("plan", "--config", tmp_path / "c.json", "--debug", "--role", "admin", {"from": "orders", "joins": [{"table": "invoices"}]})
    assert done.returncode == 1 and "[planning]    No strategy reaches all tables: TRINO_DISABLED\n" in done.stderr, done.stderr


def test_debug_false_leaves_the_log_out_of_the_result(world):
    for command in ("plan", "query"):
        def members(more):
            return set(exact(call(command, "--json", "--config", world.path, "--role", "admin", {**ORDERS, **more}).stdout))
        assert members({}) == members({"debug": True}) == members({"debug": False}) | {"debugLog"}
        assert "debugLog" not in members({"debug": False})


def test_environment_names_the_config(world):
    done = call("count", {"from": "orders"}, "--role", "admin", env={"MULTIDB_CONFIG": str(world.path)})
    assert done.stdout.strip() == "12"


COMMANDS = ["validate", "plan", "explain", "query", "count", "run", "schema", "demo", "help", "version"]
TO_COME = ["serve", "introspect", "doctor", "types"]


def test_prints_version_and_help():
    assert call("--version").stdout.strip()
    text = call("--help").stdout
    for command in COMMANDS:
        assert command in text
    for command in ("query", "plan"):
        done = call(command, "--help")
        assert done.returncode == 0 and "--config" in done.stdout


def listed(text):
    return [line.split()[0] for line in text.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()]


def test_help_lists_what_works_and_nothing_else():
    assert listed(call("--help").stdout) == COMMANDS
    for command in TO_COME:
        for words in ([command], [command, "--help"], ["help", command]):
            done = call(*words)
            assert (done.returncode, done.stdout, done.stderr) == (2, "", f"multidb {command}: not built yet\n")


def test_takes_help_and_version_in_every_form():
    assert call("-h").stdout == call("help").stdout == call("--help").stdout
    assert call("version").stdout == call("-V").stdout == call("--version").stdout
    for command in COMMANDS:
        help_text = call(command, "--help")
        assert help_text.returncode == 0 and help_text.stdout.startswith(f"Usage: multidb {command} ")
        assert call(command, "-h").stdout == call("help", command).stdout == help_text.stdout


@pytest.mark.parametrize("words, message", [
    (["qurey"], "multidb: no command 'qurey', did you mean 'query'"), (["help", "plna"], "multidb: no command 'plna', did you mean 'plan'"),
    (["serv"], "multidb: no command 'serv'"), (["--jsno", "query"], "multidb: no option '--jsno', did you mean '--json'"),
    (["query", "--formt=csv", "{}"], "multidb query: no option '--formt', did you mean '--format'"),
    (["query", "-r", "--rol", "--contxt", "a=b", "{}"], "multidb query: no option '--contxt', did you mean '--context'"),
    (["count", "--format", "csv", "{}"], "multidb count: no option '--format'"),
    (["--role", "admin", "query", "{}"], "multidb: option '--role' belongs behind the command that takes it"),
    (["plan", "-z", "{}"], "multidb plan: invalid option -- 'z'"), (["help", "a", "b"], "multidb help: one COMMAND expected, got a second: 'b'"),
    (["plan", "--param", "=x", "{}"], "multidb plan: --param needs key=value, got '=x'"),
    (["plan", "--param", "a=1", "--param", "a=2", "{}"], "multidb plan: --param a is given twice"),
    (["plan", "--param", "a=1", "--params", "{}", "{}"], "multidb plan: --params has all parameters; leave out --param"),
    (["query", ""], "multidb query: QUERY is empty: name a file, - for standard input, or write the JSON"),
    (["plan", " \n"], "multidb plan: QUERY is empty: name a file, - for standard input, or write the JSON")])
def test_usage_errors_say_what_was_meant(words, message):
    done = call(*words)
    assert (done.returncode, done.stdout, done.stderr.splitlines()[0]) == (2, "", message)


def test_an_option_may_be_shortened(world):
    done = call("query", "--config", world.path, "--rol", "admin", "--form", "csv", {"from": "orders", "columns": ["id"], "limit": 1})
    assert done.returncode == 0 and done.stdout.startswith("id\n"), done.stderr


def test_explain_judges_every_strategy(world):
    done = call("explain", "--json", "--config", world.path, "--role", "tenant-user", "--context", f"tenantId={T1}", {"from": "orders"})
    answer = exact(done.stdout)
    assert set(answer) == {"plan", "rowFilters", "alternatives"}
    assert answer["rowFilters"] == [{"table": "orders", "as": "orders", "roles": ["tenant-user"], "predicate": "tenantId = context.tenantId"}]
    assert [a["strategy"] for a in answer["alternatives"]] == ["cache", "direct", "materialized", "trino-cross-db"]
    assert all(a["sql"] for a in answer["alternatives"] if a["verdict"] in ("chosen", "possible"))


def test_demo_leaves_a_working_folder(tmp_path):
    done = call("demo", cwd=tmp_path, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
