"""The concept's twenty scenarios, run: on SQLite all of them, on PostgreSQL those that need no Trino. Rows against the reference evaluator."""
import json

import pytest

import golden
from cli import Run
from conftest import EXAMPLE
from expected import Expected

SCENARIOS = json.loads((EXAMPLE / "scenarios.json").read_text())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s['number']:02}")
def test_scenario_has_the_expected_strategy_and_rows(scenario, concept, tmp_path):
    expect = scenario["expect"]
    on_sqlite = concept.name == "concept-sqlite"
    config = golden.patch(concept.config, [f"/{k} = {json.dumps(v)}" for k, v in scenario.get("config", {}).items()])
    path = tmp_path / "multidb.json"
    path.write_text(json.dumps(config))
    with Run(path, concept.env) as run:  # a process of its own: the cache starts empty
        for warm in scenario.get("warm", []):
            assert "data" in run.ask(warm["definition"], warm["context"])
        answer = run.ask(scenario["definition"], scenario["context"])
    if "error" in expect:
        codes = [answer["code"]] + [e["code"] for e in answer.get("errors", [])]
        assert expect["error"] in codes, answer
        if "pointer" in expect:
            assert (expect["error"], expect["pointer"]) in [(e["code"], e["pointer"]) for e in answer["errors"]]
        return
    if expect["strategy"] == "trino-cross-db" and not on_sqlite:
        assert answer["code"] in ("TRINO_DISABLED", "FRESHNESS_UNMET"), answer
        return
    assert (answer["strategy"], answer["targetDatabase"]) == (expect["strategy"], expect["target"]), answer
    assert answer["dialect"] == ("sqlite" if on_sqlite else "postgres")
    assert [t["source"] for t in answer["meta"]["tablesUsed"]] == expect["sources"]
    assert len(answer["data"]) == expect["rows"]
    if "columns" in expect:
        assert [c["apiName"] for c in answer["meta"]["columns"]] == expect["columns"]
    Expected(concept.config, concept.rows).check(scenario["definition"], scenario["context"], answer)


def test_cache_hits_are_filtered_for_each_caller(concept):
    """Hits are filtered and trimmed for the caller, independent of the caller that filled the cache."""
    tenant = "a0000000-0000-4000-8000-000000000001"
    ask = {"from": "users", "byIds": [5, 1, 3, 2]}
    with Run(concept.path, concept.env) as run:
        run.ask(ask, {"role": "admin"})
        for role in ("tenant-all", "admin"):
            context = {"role": role, "contextValues": {"tenantId": tenant}}
            answer = run.ask(ask, context)
            concept.expected.check(ask, context, answer)
        assert answer["strategy"] == "cache"


def test_cache_filled_under_a_row_filter_hides_nothing_from_others(concept):
    ask = {"from": "users", "byIds": [1, 2, 3, 4]}
    narrow = {"role": "tenant-all", "contextValues": {"tenantId": "a0000000-0000-4000-8000-000000000002"}}
    with Run(concept.path, concept.env) as run:
        for context in (narrow, {"role": "user-directory"}, narrow, {"role": "admin"}):
            concept.expected.check(ask, context, run.ask(ask, context))
