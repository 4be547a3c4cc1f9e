"""Every golden case: the plan is what the file says, the SQL parses elsewhere, and no table is read without its row filters."""
import json

import pytest

import audit
import golden

CASES = golden.cases()
EACH = [pytest.param(case, config, id=f"{case.name}-{config}") for case in CASES for config in case.configs]


@pytest.mark.parametrize("case, config", EACH)
def test_plan_is_as_the_case_says(case, config, tmp_path, request):
    document, answer = golden.plan(case, config, tmp_path)
    text = golden.render(answer, case.shown(config))
    if request.config.getoption("--update") and text != case.expected(config):
        fresh = golden.Case(case.path)
        texts = {name: text if name == config else fresh.expected(name) for name in fresh.configs}
        fresh.update(texts)
        pytest.fail(f"rewritten: {case.path}: read it")
    assert text == case.expected(config), f"{case.path}: pytest tests/golden --update -k '{case.name}' rewrites it"
    context = json.loads(case.context) if case.context else {}
    audit.answer_is_guarded(answer, document, context)


def test_every_case_has_a_title_and_a_configuration():
    for case in CASES:
        assert case.section("title"), f"{case.path} has no title"
        assert case.configs, f"{case.path} names no configuration"


def test_plan_is_byte_identical(tmp_path):
    from cli import call
    case = next(c for c in CASES if c.name == "scenarios/14")
    seen = {call("plan", "--json", "--config", golden.CONFIGS["stack"], "--context-json", case.context, case.definition).stdout for _ in range(3)}
    assert len(seen) == 1


def codes_of(expected):
    return {word.strip(":,") for line in expected.splitlines() for word in line.split()}


REFUSALS = """NOT_BY_IDS MODE_NOT_EXECUTE NOT_SINGLE_TABLE HAS_FILTERS HAS_AGGREGATION HAS_ORDER_OR_LIMIT NO_CACHE COLUMN_NOT_CACHED KEY_NOT_FIXED
FILTER_NOT_EXACT FRESHNESS_UNMET NO_FALLBACK AVOIDED DIFFERENT_DATABASES TRINO_DISABLED NO_CATALOG NO_REPLICA LAYOUT_UNKNOWN LAYOUT_UNSUPPORTED KEY_MOVES
COLUMN_NOT_REPLICATED
UNREACHABLE_TABLES COMPARISON_DIFFERS""".split()
VALIDATION = """UNKNOWN_TABLE UNKNOWN_COLUMN UNKNOWN_ROLE ACCESS_DENIED INVALID_FILTER INVALID_VALUE INVALID_JOIN INVALID_EXISTS INVALID_ORDER_BY
INVALID_BY_IDS INVALID_LIMIT INVALID_PAGE INVALID_GROUP_BY INVALID_HAVING INVALID_AGGREGATION MISSING_CONTEXT INVALID_CONTEXT UNKNOWN_KEY LIMIT_EXCEEDED UNSUPPORTED
MISSING_PARAMETER INVALID_PARAMETER""".split()
CONFIG = """INVALID_API_NAME DUPLICATE_API_NAME DUPLICATE_ID INVALID_REFERENCE INVALID_RELATION INVALID_SYNC INVALID_CACHE INVALID_ROLE
INVALID_TYPE INVALID_CONNECTION UNKNOWN_KEY UNSUPPORTED""".split()


@pytest.mark.parametrize("code", REFUSALS + VALIDATION + CONFIG)
def test_every_code_has_a_case(code):
    assert any(code in codes_of(c.expected(config)) for c in CASES for config in c.configs)


def test_scenarios_are_those_of_the_example():
    scenarios = json.loads((golden.ROOT / "examples/concept/scenarios.json").read_text())
    by_name = {c.name: c for c in CASES}
    for s in scenarios:
        case = by_name[f"scenarios/{s['number']:02}"]
        assert json.loads(case.definition) == s["definition"] and json.loads(case.context) == s["context"]
