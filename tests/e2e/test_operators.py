"""Every operator on every type that has it, with values that hit, miss and lie on the edge; plain and under NOT (three-valued)."""
import pytest

import database
import every
import things
from cli import Run
from expected import Expected, fold, lower

VALUES = {
    "name": ["a", "A", "", "100%", "O'Neil", 'say "x"', "10\\0", "ä", "東京", "line\nbreak", "\uffff", "?1 $1 {p1:String}"],
    "small": [0, 7, 2147483647, -2147483648, 5], "big": ["9223372036854775807", -9223372036854775808, 9007199254740993, "9007199254740992"],
    "ratio": [0, 0.1, 1e21, -1.5, 0.30000000000000004, 1.7976931348623157e308], "price": ["1.10", 1.1, "99999999999999999999.999999999", "0.000000000000000001", "1.1000", 100],
    "ready": [True, False], "ref": [things.TENANTS[0], things.TENANTS[1].upper(), "00000000-0000-0000-0000-000000000000"],
    "day": ["2024-02-29", "0001-01-01", "9999-12-31", "2024-01-02"],
    "moment": ["2024-02-29T23:59:59.999999Z", "2024-03-01T01:59:59.999999+02:00", "2024-01-01", "1969-12-31T23:59:59.5", "2024-01-01T00:00:00.10Z"],
    "raw": ["", "AA==", "AAEC/w=="],
}
ORDERED = {"name", "small", "big", "ratio", "price", "day", "moment"}
COMPARE = ["=", "!="]


def operations():
    for column, values in VALUES.items():
        for op in ["=", "!="] + ([">", "<", ">=", "<="] if column in ORDERED else []):
            yield column, op, values
        if column != "raw":
            yield column, "in", [values, values[:1]]
            yield column, "notIn", [values, values[-1:]]
        if column in ORDERED:
            pairs = [{"from": a, "to": b} for a in values[:4] for b in values[:4]]
            yield column, "between", pairs
            yield column, "notBetween", pairs
        yield column, "isNull", [None]
        yield column, "isNotNull", [None]
    for column in ("doc", "tags"):
        yield column, "is_null", [None]
        yield column, "is_not_null", [None]
    yield "name", "like", ["%", "_", "a%", "%b", "%a%", "A", "\\%", "100\\%", "100\\_", "10\\\\0", "%\n%", "_\\_%", "", "__", "%🎁%", "東%", "%'%", "%\"%"]


@pytest.mark.parametrize("column, op, values", [pytest.param(*o, id=f"{o[0]}-{o[1]}") for o in operations()])
def test_operator_finds_the_rows_of_the_evaluator(column, op, values, all_types):
    for value in values:
        leaf = {"column": column, "operator": op}
        if "ull" not in op:
            leaf["value"] = value
        for node in (leaf, {"logic": "and", "not": True, "conditions": [leaf]}):
            definition = {"from": "things", "columns": ["id", column] if column != "id" else ["id"], "filters": [node]}
            answer = all_types.run.ask(definition, {"role": "admin"})
            assert "data" in answer, f"{node}: {answer}"
            all_types.expected.check(definition, {"role": "admin"}, answer)


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("nulls", [None, "first", "last"])
@pytest.mark.parametrize("column", sorted(ORDERED | {"ready", "ref"}))
def test_orders_every_type_with_nulls_in_their_place(column, nulls, direction, all_types):
    order = {"column": column, "direction": direction, **({"nulls": nulls} if nulls else {})}
    definition = {"from": "things", "columns": ["id", column], "orderBy": [order, {"column": "id", "direction": "asc"}]}
    answer = all_types.run.ask(definition, {"role": "admin"})
    all_types.expected.check(definition, {"role": "admin"}, answer)


def test_values_arrive_canonical(all_types):
    """The bytes of the answer, not what a parser makes of them: no trailing zeros, no exponents, every digit, one spelling."""
    from cli import call
    import json
    text = call("query", "--config", all_types.path, "--role", "admin", "--format", "ndjson", {"from": "things"}, env=all_types.env)
    assert text.returncode == 0, text.stderr
    lines = text.stdout.splitlines()
    rows = [json.loads(line, parse_float=lambda t: ("number", t), parse_int=lambda t: ("number", t)) for line in lines]
    wanted = {
        "price": {"0", "1", "1.1", "-0.01", "100", "99999999999999999999.999999999", "0.000000000000000001", "-12345678901234567890.5", "10"},
        "big": {"0", "1", "-1", "9223372036854775807", "-9223372036854775808", "9007199254740993"},
        "ratio": {"0", "1", "-1.5", "0.1", "1e+21", "1e-7", "123456789.125", "5e-324", "1.7976931348623157e+308", "0.30000000000000004"},
    }
    for column, texts in wanted.items():
        assert {r[column][1] for r in rows if r[column] is not None} == texts
    assert {r["ref"] for r in rows if r["ref"]} == set(things.TENANTS)
    assert {r["moment"] for r in rows if r["moment"]} == {m for m in things.MOMENT if m}
    assert {r["day"] for r in rows if r["day"]} == {d for d in things.DAY if d}
    assert {r["raw"] for r in rows if r["raw"] is not None} == {r for r in things.RAW if r is not None}


def test_reads_names_that_need_quoting(all_types):
    """Two names on one column, __proto__, quotes, dots, more than 63 bytes: each value under its own name."""
    answer = all_types.run.ask({"from": "keyless"}, {"role": "admin"})
    all_types.expected.check({"from": "keyless"}, {"role": "admin"}, answer)
    assert all(row["word"] == row["same"] for row in answer["data"])


# ---- the operators that are more than a comparison, and column against column ----

@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def cells(request, pg, tmp_path_factory):
    """(Run, Expected) of the table of tests/lib/every.py"""
    folder = tmp_path_factory.mktemp(f"every-{request.param}")
    config, env = every.config(), {}
    if request.param == "sqlite":
        config = database.sqlite_files(config, every.rows(), folder)
    else:
        config, env = database.postgres_databases(config, every.rows(), pg, "every")
        pg.psql("CREATE EXTENSION fuzzystrmatch", database="every_pg")
    with Run(database.write(config, folder / "multidb.json"), env) as run:
        yield run, Expected(every.config(), every.rows(), lower if env else fold)


def ask(cells, definition):
    run, expected = cells
    definition = {"from": "cells", "columns": ["id"], **definition}
    answer = run.ask(definition, {"role": "admin"})
    assert "data" in answer, f"{str(definition)[:500]}: {answer}"
    expected.check(definition, {"role": "admin"}, answer)


@pytest.mark.parametrize("nodes", [pytest.param(nodes, id=name) for name, nodes in every.questions()])
def test_special_operator_finds_the_rows_of_the_evaluator(nodes, cells):
    for node in nodes:
        ask(cells, {"filters": [node]})
        ask(cells, {"filters": [{"logic": "and", "not": True, "conditions": [node]}]})


@pytest.mark.parametrize("nodes", [pytest.param(nodes, id=name) for name, nodes in every.time_questions()])
def test_operator_on_times_finds_the_rows_of_the_evaluator(nodes, cells):
    for node in nodes:
        ask(cells, {"from": "times", "filters": [node]})
        ask(cells, {"from": "times", "filters": [{"logic": "and", "not": True, "conditions": [node]}]})


@pytest.mark.parametrize("definition", list(every.joined()))
def test_compares_columns_over_joins(definition, cells):
    ask(cells, definition)
