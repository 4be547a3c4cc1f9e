"""One table of every type with the values at its edges, read back from PostgreSQL, ClickHouse, Iceberg and SQLite, directly and through Trino: each value
the same JSON text everywhere. What an engine can't hold or show stands in LIMITS, and in docs/conformance-values.md; the test fails when a limit is no longer one."""
import contextlib
import json

import pytest

import database
from cli import ROOT, Run, exact
from placed import originals_in, placed
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("stack")
LONG = "é🎁ab" * 131072  # 1 MiB of UTF-8
UUID = "F0000000-0000-4000-8000-0000000000AB"
DIGITS = "12345678901234567890.123456789012345678"

# column -> values as rows.json has them; where the answer is spelled otherwise, (value, answer as JSON text)
EDGES = {
    "string": ["", " ", "a", "🎁 東京", "'", '"', "\\", "\\\\n", "it's \"q\" `b` \\ %_ ?1 $1 {p1:String}", "line\nbreak\r\ttab", "\u0001\u001f\u007f", "e\u0301é", "\uffff", LONG],
    "int": [0, -1, 2147483647, -2147483648],
    "bigint": [0, 9007199254740993, 9223372036854775807, -9223372036854775808],
    "float": [(0.0, "0"), (1.0, "1"), 0.1, -1.5, 0.30000000000000004, (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"), (1e21, "1e+21"), (123456789012345680000.0, "123456789012345680000"),
              (1e-7, "1e-7"), (1e-6, "0.000001")],
    "decimal": [("0", "0"), ("1.10", "1.1"), ("-0.01", "-0.01"), (DIGITS, DIGITS), ("-" + DIGITS, "-" + DIGITS), ("99999999999999999999.999999999999999999",) * 2, ("0.000000000000000001",) * 2, ("100", "100")],
    "boolean": [True, False],
    "uuid": [(UUID, f'"{UUID.lower()}"'), "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "date": ["1970-01-01", "1969-12-31", "2024-02-29", "1900-01-01", "2299-12-31", "2149-06-06", "0001-01-01", "1582-10-10", "9999-12-31"],
    "timestamp": ["1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", ("2024-02-29T23:59:59.500000Z", '"2024-02-29T23:59:59.5Z"'), "2024-03-31T01:59:59.000001Z", "2038-01-19T03:14:08Z", "1900-01-01T00:00:00Z",
                  "2261-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"],
    "time": ["00:00:00", "23:59:59.999999", "12:30:00", ("12:30:00.500", '"12:30:00.5"'), "01:02:03.000001"],
    "json": [{"a": [1, None, True, "é\"\\"], "b": {}}, [], "text", 5, True],
    "bytes": ["", "AA==", "AAEC/w==", "/////w=="],
    "strings": [[], [""], ["a", "it's", 'q"q', "\\", "c,d", "{x}", "NULL", "null", "🎁", "line\nbreak"], ["a", None, "b"], [None]],
    "ints": [[], [1, -2147483648, 2147483647], [1, None]],
}
TYPES = {"strings": "string[]", "ints": "int[]"}


def out_of(low, high):
    return lambda value: not low <= value <= high


# (way, column) -> which values can't be there: not stored, or not shown
LIMITS = {
    ("clickhouse", "date"): out_of("1900-01-01", "2299-12-31"),
    ("clickhouse", "timestamp"): out_of("1900-01-01T00:00:00Z", "2299-12-31T23:59:59.999999Z"),
}
REFUSED = {"clickhouse through trino": ("strings", "ints", "bytes", "time")}


def api(name):
    return "v" + name.capitalize()


def table_of(column):
    """Times have a table of their own: Trino cannot read a ClickHouse table that has a column of this type."""
    return "times" if column == "time" else "edges"


def table(name):
    columns = [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]
    columns += [{"apiName": api(column), "physicalName": f"v_{column}", "type": TYPES.get(column, column), "nullable": True} for column in EDGES if table_of(column) == name]
    return {"id": name, "apiName": name, "database": "pg", "physicalName": f"x.{name}", "primaryKey": ["id"], "relations": [], "columns": columns}


def cases():
    """(id, column, value, answer as JSON text)"""
    flat = [(name, value) for name, values in EDGES.items() for value in values]
    return [(i, name, *(v if isinstance(v, tuple) else (v, json.dumps(v, ensure_ascii=False)))) for i, (name, v) in enumerate(flat, 1)]


def rows(engine):
    columns = {table: [column for column in EDGES if table_of(column) == table] for table in ("edges", "times")}
    # SQLite has uuids in the canonical form, which is lower case
    spelled = (lambda value: value.lower() if value is UUID else value) if engine == "sqlite" else lambda value: value
    held = [c for c in cases() if not LIMITS.get((engine, c[1]), lambda v: False)(c[2])]
    def cells(table):
        return [[i, *(spelled(value) if name == column else ([] if engine == "clickhouse" and name in TYPES else None) for name in columns[table])] for i, column, value, _ in held]
    return {table: {"columns": ["id", *map(api, columns[table])], "rows": cells(table)} for table in columns}


def change(target, sql):
    if target == "ch":  # elements may be NULL
        return sql.replace("Array(String)", "Array(Nullable(String))").replace("Array(Int32)", "Array(Nullable(Int32))")
    return sql.replace(f"'{LONG}'", f"replace(array_join(repeat('x', 8192), ''), 'x', '{LONG[:64]}')") if target == "ice" else sql  # a statement for Trino has at most 1,000,000 characters


@pytest.fixture(scope="module")
def ways(stack, tmp_path_factory):  # noqa: F811
    """name -> (the engine that holds the rows, Run, addition to the definition)"""
    folder = tmp_path_factory.mktemp("values")
    config = {"databases": [], "tables": [table("edges"), table("times")], "roles": [{"id": "admin", "tables": "*"}]}
    lite = database.sqlite_files({**config, "databases": [{"id": "pg"}]}, rows("sqlite"), folder)
    with contextlib.ExitStack() as open_:
        world = open_.enter_context(placed(stack, config, rows("postgres"), folder, {"ch": rows("clickhouse"), "ice": rows("iceberg")}, change))

        def run(name, config):
            return open_.enter_context(Run(database.write(config, folder / f"{name}.json"), world.env))
        pg, ch, ice = (run(name, originals_in(world.config, name)) for name in ("pg", "ch", "ice"))
        through = {"prefer": ["trino"]}
        yield {"sqlite": ("sqlite", run("lite", lite), {}, "sqlite"), "postgres": ("postgres", pg, {}, "postgres"), "clickhouse": ("clickhouse", ch, {}, "clickhouse"),
               "iceberg": ("iceberg", ice, {}, "trino"), "postgres through trino": ("postgres", pg, through, "trino"), "clickhouse through trino": ("clickhouse", ch, through, "trino")}


def same(got, want):
    """The same JSON, digit for digit; keys of an object in any order."""
    return json.dumps(got, sort_keys=True, default=str) == json.dumps(want, sort_keys=True, default=str)


def read(ways, way, column):
    """({id: value}, the way's engine); None when the planner refuses"""
    engine, run, addition, dialect = ways[way]
    answer = run.ask({"from": table_of(column), "columns": ["id", api(column)], "orderBy": [{"column": "id", "direction": "asc"}], **addition}, {"role": "admin"})
    assert "data" in answer, f"{way}, {column}: {answer}"
    if answer["dialect"] != dialect:
        return None, engine
    return {row["id"]: row[api(column)] for row in answer["data"]}, engine


WAYS = ["sqlite", "postgres", "clickhouse", "iceberg", "postgres through trino", "clickhouse through trino"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("column", EDGES)
def test_reads_back_every_value(way, column, ways):
    got, engine = read(ways, way, column)
    if column in REFUSED.get(way, ()):
        assert got is None, "it can be read after all"
        return
    assert got is not None
    limit = LIMITS.get((engine, column), lambda v: False)
    for i, of, value, answer in cases():
        if of == column and not limit(value):
            assert i in got and same(got[i], exact(answer)), f"{way}: {column} {str(value)[:80]!r} came back as {str(got.get(i, 'no row'))[:80]!r}, expected {answer[:80]}"
        elif of != column and i in got:
            assert got[i] in ((None, []) if engine == "clickhouse" and column in TYPES else (None,))


# What can be compared: the row comes by its own value.
COMPARED = [c for c in EDGES if c not in ("json", "strings", "ints")]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("column", COMPARED)
def test_finds_rows_by_every_value(way, column, ways):
    engine, run, addition, dialect = ways[way]
    limit = LIMITS.get((engine, column), lambda v: False)
    if column in REFUSED.get(way, ()):
        return
    for i, of, value, _ in cases():
        if of != column or limit(value) or value is LONG or (way, column) == ("clickhouse through trino", "date") and out_of("1970-01-01", "2149-06-06")(value):
            continue
        answer = run.ask({"from": table_of(column), "columns": ["id"], "filters": [{"column": api(column), "operator": "=", "value": value}], **addition}, {"role": "admin"})
        assert "data" in answer and [row["id"] for row in answer["data"]] == [i], f"{way}: {column} = {value!r}: {answer.get('data', answer)}"


def test_page_names_every_limit_of_an_engine():
    text = (ROOT / "docs/conformance-values.md").read_text()
    for word in ("1900-01-01", "2299-12-31", "2149-06-06", "38 digits", "63 bytes", "1,000,000 characters"):
        assert word in text
