"""Rows and cells of ClickHouse that the caller does not see, with the most hostile values that a type can hold: two tables differ in nothing else, and every question
has one answer on both. An error of the database, other rows, or another refusal shows what is hidden."""
import json
import os

import pytest

import database
from cli import Run
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("stack")
ROWS = 700
FULL = bool(os.environ.get("MULTIDB_FULL"))  # every condition in every place; otherwise each in one
NINES = "9" * 76
LARGEST = 2**256 - 1


def raw(value, real):
    """A moment that no text makes, as an insert of bytes does."""
    return f"reinterpret(toInt64('{value}'), '{real}')"


def largest(real, value):
    return f"to{real}('{value}')"


class Column:
    """values: what visible rows hold, as SQL. hidden: what the others do. asked: operands."""

    def __init__(self, name, declared, real, values, hidden, asked, named=True):
        self.name, self.declared, self.real, self.values, self.hidden, self.asked, self.named = name, declared, real, values, hidden, asked, named

    @property
    def is_number(self):
        return self.declared in ("int", "bigint", "decimal", "float")


WORDS = ["unhex('ff')", "unhex('eda080')", "unhex('00')", "repeat('x', 70000)", "repeat(unhex('c3'), 300)", "''", "'not a number'", "'\\\\'", "'%'"]
COLUMNS = [
    Column("i64", "bigint", "Int64", ["5", "-7"], [str(-2**63), str(2**63 - 1)], ["5", "-7", "9223372036854775807"]),
    Column("u64", "bigint", "UInt64", ["5", "7"], [str(2**64 - 1)], ["5", "9223372036854775807"]),
    Column("i256", "bigint", "Int256", ["5", "7"], [largest("Int256", -2**255), largest("Int256", 2**255 - 1)], ["5", "9223372036854775807"]),
    Column("u256", "decimal", "UInt256", ["5", "7"], [largest("UInt256", LARGEST), largest("UInt256", 2**255)], ["5", "4.5", NINES]),
    Column("di256", "decimal", "Int256", ["5", "-7"], [largest("Int256", -2**255), largest("Int256", 2**255 - 1)], ["5", "-7", NINES]),
    Column("d9", "decimal", "Decimal(9, 9)", ["'0.5'", "'-0.25'"], ["'0.999999999'", "'-0.999999999'"], ["0.5", "0.1", NINES]),
    Column("d76", "decimal", "Decimal(76, 0)", ["'5'", "'-7'"], [f"'{NINES}'", f"'-{NINES}'"], ["5", "0.5", NINES]),
    Column("d76f", "decimal", "Decimal(76, 76)", ["'0.5'", "'-0.25'"], [f"'0.{NINES}'", f"'-0.{NINES}'"], ["0.5", "0.25"]),
    Column("nd", "decimal", "Nullable(Decimal(76, 38))", ["'5.5'", "NULL"], [f"'{NINES[:38]}.{NINES[:38]}'"], ["5.5", "0.25"]),
    Column("f32", "float", "Float32", ["0.1", "-2.5"], ["nan", "inf", "-inf", "3.4028235e38", "1e-45"], [0.1, 0.5, 1e300]),
    Column("f64", "float", "Float64", ["0.1", "-2.5"], ["nan", "inf", "-inf", "1.7976931348623157e308", "5e-324"], [0.1, 0.5, 1e300]),
    Column("lf", "float", "LowCardinality(Nullable(Float32))", ["0.1", "NULL"], ["nan", "-inf"], [0.1, 0.5]),
    Column("ld", "decimal", "LowCardinality(UInt8)", ["1", "7"], ["255"], ["1", "0.5", "300"]),
    Column("b", "boolean", "UInt8", ["1", "0"], ["255"], [True], named=False),
    Column("s", "string", "String", ["'a'", "'bc'"], WORDS, ["a", "", "ab"]),
    Column("fs", "string", "FixedString(8)", ["'a'", "'bc'"], ["unhex('ff')", "unhex('00ff00ff00ff00ff')"], ["a", "longer than eight"]),
    Column("lc", "string", "LowCardinality(Nullable(FixedString(3)))", ["'a'", "NULL"], ["unhex('ff00fe')"], ["a", "abcd"]),
    Column("e", "string", "Enum8('' = -128, 'a' = 0, 'b' = 127)", ["'a'", "'b'"], ["''"], ["a", "none"]),
    Column("en", "enum", "Enum16('z' = -7, 'a' = 500)", ["'a'", "'z'"], ["'z'"], ["a", "z"]),
    Column("es", "enum", "String", ["'a'", "'z'"], WORDS, ["a", "z"]),
    Column("u", "uuid", "String", ["'11111111-0000-4000-8000-000000000001'", "'F0000000-0000-4000-8000-00000000000C'"], WORDS, ["11111111-0000-4000-8000-000000000001"]),
    Column("uf", "uuid", "FixedString(36)", ["'11111111-0000-4000-8000-000000000001'"], ["unhex('ff')", "''"], ["11111111-0000-4000-8000-000000000001"]),
    Column("da", "date", "Date32", ["'2024-05-01'", "'1999-12-31'"], ["'1900-01-01'", "'2299-12-31'"], ["2024-05-01", "1900-01-01"]),
    Column("dt", "timestamp", "DateTime('Asia/Tokyo')", ["'2024-05-01 12:00:00'", "'1999-12-31 12:00:00'"], ["0", "4294967295"], ["2024-05-01T03:00:00Z", "1900-01-01T00:00:00Z"]),
    Column("m0", "timestamp", "DateTime64(0)", ["'2024-05-01 12:00:00'", "'1999-12-31 12:00:00'"], [raw(2**63 - 1, "DateTime64(0)"), raw(-2**63, "DateTime64(0)")],
           ["2024-05-01T12:00:00Z", "2024-05-01T12:00:00.5Z", "2299-01-01T00:00:00Z"]),
    Column("m3", "timestamp", "Nullable(DateTime64(3, 'Asia/Tokyo'))", ["'2024-05-01 12:00:00.5'", "NULL"], [raw(2**63 - 1, "DateTime64(3)"), raw(-2**63, "DateTime64(3)")],
           ["2024-05-01T03:00:00.5Z", "2024-05-01T03:00:00.500001Z"]),
    Column("m9", "timestamp", "DateTime64(9)", ["'2024-05-01 12:00:00.5'"], [raw(2**63 - 1, "DateTime64(9)"), raw(-2**63, "DateTime64(9)")], ["2024-05-01T12:00:00.5Z"]),
    Column("ti", "time", "Time64(3)", ["'10:00:00.5'", "'09:00:00'"], ["'23:59:59.999'", "'999:59:59'"], ["10:00:00.5", "10:00:00.000001"]),
    Column("ip", "string", "IPv6", ["'::1'", "'2001:db8::1'"], ["'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'"], ["::1", "none"]),
    Column("doc", "json", "String", ["'{}'", "'[1]'"], WORDS, []),
]
BY_NAME = {c.name: c for c in COLUMNS}
ORDERED = ("int", "bigint", "float", "decimal", "string", "date", "timestamp", "time", "enum")
OWN = {"roles": {"user": ["own"]}, "contextValues": {"other": "b"}}
CELLS = {"roles": {"user": ["own", "keys"]}, "contextValues": {"other": "b"}}


def table(name, with_type):
    columns = [{"apiName": n, "physicalName": n, "type": t, "nullable": False} for n, t in (("id", "int"), ("same", "int"), ("tenant", "string"))]
    for c in COLUMNS:
        for twin in ("", "2"):
            columns.append({"apiName": c.name + twin, "physicalName": c.name + twin, "type": c.declared, "nullable": "Nullable" in c.real,
                            **({"values": ["a", "z"]} if c.declared == "enum" else {}), **({"databaseType": c.real} if with_type and c.named else {})})
    relations = [{"name": f"by_{c.name}", "column": c.name, "references": {"table": name, "column": c.name + "2"}, "type": "many-to-one"} for c in COLUMNS if c.declared != "json"]
    relations.append({"name": "itself", "column": "same", "references": {"table": name, "column": "id"}, "type": "many-to-one"})
    return {"id": name, "apiName": name, "database": "ch", "physicalName": f"default.hidden_{name}", "primaryKey": ["id"], "columns": columns, "relations": relations}


def config(with_type):
    own = [{"column": "tenant", "operator": "!=", "valueFrom": "context", "contextKey": "other"}]
    return {"databases": [{"id": "ch", "engine": "clickhouse", "connection": {"url": {"env": "MULTIDB_CH_ANALYTICS_URL"}}}],
            "tables": [table(name, with_type) for name in ("tame", "hostile")],
            "roles": [{"id": "own", "tables": [{"tableId": t, "allowedColumns": "*", "filters": own} for t in ("tame", "hostile")]},
                      {"id": "keys", "tables": [{"tableId": t, "allowedColumns": ["id"]} for t in ("tame", "hostile")]}]}


def chosen(values, real, by):
    """One of the values for each row; each is cast alone, since together they may have no common type."""
    cast = [f"CAST({v} AS {real})" for v in values]
    conditions = "".join(f"({by}) % {len(cast)} = {i}, {v}, " for i, v in enumerate(cast[:-1]))
    return f"multiIf({conditions}{cast[-1]})" if conditions else cast[-1]


def fill(server, name, is_hostile):
    """Every hundredth row is another tenant's. The tenant is long, so that a server would rather read other columns first."""
    allowed = " SETTINGS allow_suspicious_low_cardinality_types = 1"
    listed = ", ".join(f"{c.name}{twin} {c.real}" for c in COLUMNS for twin in ("", "2"))
    server.query(f"DROP TABLE IF EXISTS default.hidden_{name}")
    server.query(f"CREATE TABLE default.hidden_{name} (id Int32, same Int32, tenant String, {listed}) ENGINE = MergeTree ORDER BY id{allowed}, index_granularity = 256, min_bytes_for_wide_part = 0")
    for tenant, where, is_hidden in (("concat('red', repeat(toString(cityHash64(number)), 5))", "number % 100 <> 7", False), ("'b'", "number % 100 = 7", True)):
        cells = [chosen(c.hidden if is_hidden and is_hostile else c.values, c.real, f"intDiv(number, {step})") for c in COLUMNS for step in ((100, 200) if is_hidden else (1, 3))]
        server.query(f"INSERT INTO default.hidden_{name} SELECT number, number, {tenant}, {', '.join(cells)} FROM numbers({ROWS}) WHERE {where}{allowed}")
    server.query(f"OPTIMIZE TABLE default.hidden_{name} FINAL")


@pytest.fixture(scope="module")
def ch(stack):  # noqa: F811
    server = stack.need("clickhouse")["clickhouse"]
    for name in ("tame", "hostile"):
        fill(server, name, name == "hostile")
    yield stack
    for name in ("tame", "hostile"):
        server.query(f"DROP TABLE IF EXISTS default.hidden_{name}")


class Asking:
    """One process and one caller."""

    def __init__(self, run, context):
        self.run, self.context = run, context

    def answer(self, definition):
        """What the caller can distinguish. An answer that names the table does so for both."""
        got = self.run.ask(definition, self.context)
        kept = {k: got[k] for k in ("data", "count", "code", "status") if k in got}
        return json.loads(json.dumps(kept, default=str).replace("hostile", "tame")), got

    def __call__(self, question):
        """question: a definition of the table's name. Is it answered?"""
        want, tame = self.answer(question("tame"))
        got, hostile = self.answer(question("hostile"))
        assert "data" in want or "count" in want or want["code"] in ("UNSUPPORTED", "VALIDATION_FAILED"), f"{question('tame')}\n{tame}"
        assert got == want, f"{question('hostile')}\n{tame}\n{hostile}"
        return "code" not in want


@pytest.fixture(scope="module", params=[(False, OWN), (False, CELLS), (True, OWN)], ids=["unknown-rows", "unknown-cells", "known-rows"])
def ask(request, ch, tmp_path_factory):
    """Asks both tables; returns whether they answered."""
    with_type, context = request.param
    path = database.write(config(with_type), tmp_path_factory.mktemp("hidden") / "multidb.json")
    with Run(path, ch.environment()) as run:
        yield Asking(run, context)


# ---- what is asked ----

def conditions(c):
    """Every operator that the column takes, and its negation."""
    out = [{"column": c.name, "operator": op, "value": v} for v in c.asked for op in ("=", "!=", *(("<", ">=") if c.declared in ORDERED else ()))]
    if c.asked:
        out += [{"column": c.name, "operator": op, "value": c.asked} for op in ("in", "notIn")]
        out += [{"column": c.name, "operator": "between", "value": {"from": c.asked[0], "to": c.asked[-1]}}] if c.declared in ORDERED else []
    if c.declared == "string":
        out += [{"column": c.name, "operator": "like", "value": "a%"}, {"column": c.name, "operator": "icontains", "value": "A"},
                {"column": c.name, "operator": "levenshteinLte", "value": {"text": "abc", "maxDistance": 2}}, {"column": c.name, "operator": "levenshteinLte", "value": {"text": "", "maxDistance": 2}}]
    if c.declared in ORDERED:
        out += [{"column": c.name, "operator": op, "refColumn": c.name + "2"} for op in ("=", "<", ">=")]
        others = {o.declared: o.name + "2" for o in COLUMNS if c.is_number and o.is_number and o.declared != c.declared and o.named}.values()
        out += [{"column": c.name, "operator": "<", "refColumn": other} for other in others]
    out.append({"column": c.name, "operator": "isNull"})
    return out + [{"logic": "and", "not": True, "conditions": [one]} for one in (out if FULL else out[::3])]


PLACES = 4


def placed(name, filters):
    """A condition in each place that has one; counted where the rows are many."""
    yield {"from": name, "columns": ["id"], "filters": filters, "executeMode": "count"}
    joined = {"table": name, "via": "itself", "columns": ["id"]}
    yield {"from": name, "columns": ["id"], "joins": [{**joined, "type": "left", "on": filters}], "limit": 20, "orderBy": [{"column": "id", "direction": "asc"}]}
    yield {"from": name, "columns": ["id"], "joins": [{**joined, "type": "inner", "on": filters}], "executeMode": "count"}
    yield {"from": name, "columns": ["id"], "filters": [{"table": name, "via": "itself", "filters": filters}], "executeMode": "count"}


def shown(name, c):
    """What reads the column otherwise: rows, order, pages, groups, aggregates, keys of joins."""
    order = [{"column": c.name, "direction": "desc"}, {"column": "id", "direction": "asc"}]
    yield {"from": name, "columns": ["id", c.name], "orderBy": order[1:], "limit": 30}
    if c.declared != "json":
        yield {"from": name, "columns": ["id", c.name], "orderBy": order, "limit": 30}
        yield {"from": name, "columns": ["id"], "joins": [{"table": name, "via": f"by_{c.name}", "type": "left", "columns": ["id"]}], "executeMode": "count"}
        yield {"from": name, "columns": ["id"], "filters": [{"table": name, "via": f"by_{c.name}", "filters": [{"column": "id", "operator": "<", "value": 500}]}], "executeMode": "count"}
    yield {"from": name, "groupBy": [{"column": c.name}], "columns": [c.name], "aggregations": [{"fn": "count", "column": "id", "alias": "n"}], "orderBy": [{"column": "n", "direction": "asc"}]}
    aggregates = ["countDistinct", *(["min", "max"] if c.declared in ORDERED else []), *(["sum", "avg"] if c.is_number else [])]
    yield {"from": name, "columns": [], "aggregations": [{"fn": fn, "column": c.name, "alias": fn} for fn in aggregates]}
    for bucket in ("year", "quarter", "month", "week", "day", "hour", "minute") if c.declared == "timestamp" else ("year", "month", "week") if c.declared == "date" else ():
        yield {"from": name, "groupBy": [{"column": c.name, "bucket": bucket}], "columns": [], "aggregations": [{"fn": "count", "column": "id", "alias": "n"}]}


@pytest.mark.parametrize("name", [n for n in BY_NAME if BY_NAME[n].asked])
def test_conditions_do_not_show_what_is_hidden(ask, name):
    c, answered = BY_NAME[name], 0
    for n, condition in enumerate(conditions(c)):
        for i in range(PLACES) if FULL else [n % PLACES]:
            answered += ask(lambda table: list(placed(table, [condition]))[i])  # noqa: B023
    assert answered


@pytest.mark.parametrize("name", [n for n in BY_NAME if BY_NAME[n].declared != "json"])
def test_pages_do_not_show_what_is_hidden(ask, name):
    """Each table's own cursors: what stands before and behind the first rows."""
    after = {}

    def page(table):
        order = [{"column": name, "direction": "desc"}, {"column": "id", "direction": "asc"}]
        return {"from": table, "columns": ["id"], "orderBy": order, "page": {"first": 3, **({"after": after[table]} if after else {})}}
    for _ in range(2):
        assert ask(page)
        after.update({table: ask.run.ask(page(table), ask.context)["meta"]["page"]["endCursor"] for table in ("tame", "hostile")})
    assert ask(page)


@pytest.mark.parametrize("name", BY_NAME)
def test_answers_do_not_show_what_is_hidden(ask, name):
    c, answered = BY_NAME[name], 0
    for i, _ in enumerate(shown("tame", c)):
        answered += ask(lambda table: list(shown(table, c))[i])  # noqa: B023
    assert answered
