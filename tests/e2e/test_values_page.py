"""docs/values.md: every output is what the program prints, and its tables are those of the code."""
import json
import re
import runpy

import pytest

import pages
from cli import ROOT, call

PAGE = (ROOT / "docs/values.md").read_text()
SCHEMA = json.loads((ROOT / "src/metadata/config.schema.json").read_text())


def rows(head):
    """The cells of the table with this head."""
    body = PAGE.split(head + "\n")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in body.split("\n")[1:]]


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "multidb.json"
    path.write_text(next(text for kind, name, text in pages.BLOCK.findall(PAGE) if name == path.name))
    return path


def test_outputs_are_those_of_the_program(tmp_path):
    stale = [(text, real) for _, _, text, real in pages.steps(pages.Folder(tmp_path), PAGE) if text != real]
    assert not stale, "run `python tests/lib/pages.py docs/values.md` and read what is new"


def test_every_block_is_run():
    kinds = [(kind, name) for kind, name, _ in pages.BLOCK.findall(PAGE)]
    assert all(kind == "console" or name for kind, name in kinds), kinds
    assert PAGE.count("\n```") == 2 * len(kinds)


def test_types_are_those_of_the_configuration():
    types = SCHEMA["$defs"]["column"]["properties"]["type"]["enum"]
    table = rows("| type | holds | written in results as | an operand is |")
    assert [row[0].strip("`") for row in table] == [t for t in types if not t.endswith("[]")] + ["T[]"]
    assert re.findall(r"`(\w+)`", table[-1][1]) == [t.removesuffix("[]") for t in types if t.endswith("[]")]


OWN_ENUMS = {"postgres": ("an enum", '"enum_'), "clickhouse": ("`Enum8`", "Enum8(")}  # a type for each list of values


def test_column_types_are_those_of_the_sample():
    """The tables that all tests fill are made with these types."""
    made = runpy.run_path(str(ROOT / "tools/make-sample"))
    for name, *cells in rows("| type | PostgreSQL | ClickHouse | Iceberg, Trino | SQLite |"):
        name = name.strip("`")
        for engine, cell in zip(("postgres", "clickhouse", "iceberg", "sqlite"), cells):
            if name == "enum" and engine in OWN_ENUMS:
                assert cell.startswith(OWN_ENUMS[engine][0])
                assert made["column_type"](engine, {"type": "enum", "values": ["a"]}, "t").startswith(OWN_ENUMS[engine][1])
                continue
            assert re.match(r"`(.*?)`", cell).group(1) == made["TYPES"][engine].get(name, "TEXT" if engine == "sqlite" else None), (name, engine)


def planned(config, column, value):
    definition = {"from": "samples", "columns": ["id"], "filters": [{"column": column, "operator": "=", "value": value}]}
    return json.loads(call("plan", "--json", "--config", config, "--role", "admin", definition).stdout)


MEANING = {"2024-02-29T23:59:59.5Z": "2024-02-29T23:59:59.500000Z", "2024-03-01T01:59:59.5+02:00": "2024-02-29T23:59:59.500000Z", "2024-02-29T23:59:59.5": "2024-02-29T23:59:59.500000Z",
           "2024-02-29 23:59": "2024-02-29T23:59:00.000000Z", "2024-02-29": "2024-02-29T00:00:00.000000Z"}


def test_timestamps_mean_what_the_page_says(config):
    forms = [row[0].strip("`") for row in rows("| operand | means |")]
    assert forms == list(MEANING)
    for form in [*forms, "2024-03-01T01:59:59.5+0200", "2024-03-01T01:59:59.5+02"]:
        assert planned(config, "moment", form)["params"] == [MEANING.get(form, MEANING["2024-02-29T23:59:59.5Z"])], form


@pytest.mark.parametrize("column, value", [
    ("moment", "2024-02-29T23:59:59.1234567Z"), ("moment", "2024-02-29T24:00:00Z"), ("moment", "2016-12-31T23:59:60Z"), ("moment", "2024-02-30"), ("day", "0000-01-01"),
    ("id", 2147483648), ("id", 1.5), ("id", "1"), ("big", "9223372036854775808"), ("ready", 1), ("ready", "true"), ("ref", "f0000000000040008000000000000000ab"),
    ("raw", "AA"), ("ratio", "1"), ("ratio", "NaN"), ("price", "NaN"), ("price", "1" * 1001), ("label", "a\u0000b")])
def test_what_is_not_a_value_is_refused(config, column, value):
    assert [e["code"] for e in planned(config, column, value)["errors"]] == ["INVALID_VALUE"]


@pytest.mark.parametrize("column, value, parameter", [
    ("id", 1.0, 1), ("id", 1e2, 100), ("big", "9007199254740993", 9007199254740993), ("ref", "F0000000-0000-4000-8000-0000000000AB", "f0000000-0000-4000-8000-0000000000ab"),
    ("ready", True, 1), ("raw", "AAEC/w==", "AAEC/w=="), ("day", "9999-12-31", "9999-12-31")])
def test_what_is_a_value_is_bound(config, column, value, parameter):
    assert planned(config, column, value)["params"] == [parameter]
