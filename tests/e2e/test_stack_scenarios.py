"""The concept's twenty scenarios on the real engines, with the configuration that people are given (multidb.stack.json): strategy, target, dialect and rows. A cache
in Redis holds users 1 and 2, the third is only in the database; and what is wholly cached is answered with the database switched off."""
import json
import time

import pytest

import golden
from cli import Run
from conftest import EXAMPLE
from expected import Expected
from placed import need_clickhouse_driver
from stack import own, stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("stack")
SCENARIOS = json.loads((EXAMPLE / "scenarios.json").read_text())
CONFIG = json.loads((EXAMPLE / "multidb.stack.json").read_text())
ROWS = json.loads((EXAMPLE / "rows.json").read_text())
ADMIN = {"role": "admin"}


def parts(scenario):
    """The servers that a scenario needs."""
    expect = scenario["expect"]
    if "error" in expect:
        return []
    if expect["dialect"]["stack"] == "trino":
        return ["pg-main", "pg-tenant", "clickhouse", "trino"]
    return ["clickhouse"] if expect["target"] == "ch-analytics" else ["pg-main", "redis"] if expect["strategy"] == "cache" else ["pg-main"]


def environment(stack):  # noqa: F811
    """Every url that the configuration names: a server that is not needed is one that refuses connections."""
    nowhere = {"MULTIDB_PG_MAIN_URL": "postgresql://127.0.0.1:1/x", "MULTIDB_PG_TENANT_URL": "postgresql://127.0.0.1:1/x", "MULTIDB_REDIS_URL": "redis://127.0.0.1:1/0",
               "MULTIDB_CH_ANALYTICS_URL": "http://127.0.0.1:1/x", "MULTIDB_TRINO_URL": "http://x@127.0.0.1:1"}
    return {**nowhere, **stack.environment()}


def cached(redis, *ids):
    """Exactly these users are in Redis."""
    redis.command("DEL", *(f"users:{row[0]}" for row in ROWS["users"]["rows"]))
    for key, entry in redis.sample().items():
        if int(key.split(":")[1]) in ids:
            redis.command("SET", key, json.dumps(entry) if isinstance(entry, dict) else entry)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s['number']:02}")
def test_scenario_has_the_expected_strategy_and_rows(scenario, stack, tmp_path):  # noqa: F811
    expect = scenario["expect"]
    if parts(scenario):
        stack.need(*parts(scenario))
    if expect.get("target") == "ch-analytics":
        need_clickhouse_driver()
    config = golden.patch(CONFIG, [f"/{k} = {json.dumps(v)}" for k, v in scenario.get("config", {}).items()])
    path = tmp_path / "multidb.json"
    path.write_text(json.dumps(config))
    if expect.get("strategy") == "cache":
        cached(stack["redis"], 1, 2)
    with Run(path, environment(stack)) as run:
        for warm in scenario.get("warm", []) if scenario["number"] != 10 else []:
            assert "data" in run.ask(warm["definition"], warm["context"])
        answer = run.ask(scenario["definition"], scenario["context"])
    if "error" in expect:
        errors = [(e["code"], e.get("pointer")) for e in answer.get("errors", [])]
        assert expect["error"] in [answer["code"], *(code for code, _ in errors)], answer
        assert "pointer" not in expect or (expect["error"], expect["pointer"]) in errors
        return
    assert "data" in answer, answer
    assert (answer["strategy"], answer["targetDatabase"], answer["dialect"]) == (expect["strategy"], expect["target"], expect["dialect"]["stack"]), answer
    assert [t["source"] for t in answer["meta"]["tablesUsed"]] == expect["sources"]
    assert len(answer["data"]) == expect["rows"]
    Expected(config, ROWS).check(scenario["definition"], scenario["context"], answer)


def test_writes_the_missing_row_back(stack, tmp_path):  # noqa: F811
    """Scenario 10 goes on: user 3, asked once from the database, is in Redis afterwards."""
    stack.need("pg-main", "redis")
    path = tmp_path / "multidb.json"
    path.write_text(json.dumps(CONFIG))
    cached(stack["redis"], 1, 2)
    scenario = SCENARIOS[9]
    with Run(path, environment(stack)) as run:
        sources = [[t["source"] for t in run.ask(scenario["definition"], ADMIN)["meta"]["tablesUsed"]] for _ in range(2)]
    assert sources == [["cache", "original"], ["cache"]]
    row = json.loads(stack["redis"].command("GET", "users:3"))
    assert (row["row"]["name"] if "row" in row else row["name"]) == ROWS["users"]["rows"][2][2]
    assert 0 < int(stack["redis"].command("TTL", "users:3").lstrip(":")) <= 300


def test_answers_cached_rows_while_the_database_is_down(tmp_path):
    """Scenario 8 with the database switched off; a row that only the database has is then an error within the deadline, not a row fewer."""
    with own(tmp_path / "servers", "pg-main", "redis") as mine:
        path = tmp_path / "multidb.json"
        path.write_text(json.dumps(CONFIG))
        scenario = SCENARIOS[7]
        expected = Expected(CONFIG, ROWS)
        with Run(path, environment(mine)) as run:
            expected.check(scenario["definition"], ADMIN, run.ask(scenario["definition"], ADMIN))
            mine.kill("pg-main")
            for _ in range(2):
                answer = run.ask(scenario["definition"], ADMIN)
                assert [t["source"] for t in answer["meta"]["tablesUsed"]] == ["cache"]
                expected.check(scenario["definition"], ADMIN, answer)
            start = time.monotonic()
            answer = run.ask({"from": "users", "columns": ["id", "name"], "byIds": [1, 2, 3, 5]}, ADMIN)
            assert answer["code"] in ("CONNECTION_FAILED", "QUERY_FAILED"), answer
            assert time.monotonic() - start < 10
            mine.restart("pg-main")
            again = run.ask({"from": "users", "columns": ["id", "name"], "byIds": [1, 2, 3, 5]}, ADMIN)
            assert "data" in again, again
            expected.check({"from": "users", "columns": ["id", "name"], "byIds": [1, 2, 3, 5]}, ADMIN, again)
