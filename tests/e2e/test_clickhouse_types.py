"""Columns of ClickHouse's own types: declared type x real type x use, with databaseType and without it. What must come back is computed here from the values as an
answer shows them; a plan may be refused, a database error or other rows fail. TYPES is one table. The cells of
docs/conformance.md are noted in the report (tests/lib/real_cells.py)."""
import functools
import json
import operator
import struct
from decimal import Decimal

import pytest

import cli
import database
from cli import Run
from real_cells import RIGHT, Cells
from real_types import patterns_of
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("stack")
ADMIN = {"role": "admin"}
NUMBERS = ("int", "bigint", "float", "decimal")
ORDERED = (*NUMBERS, "string", "date", "timestamp")
BIG = 2**256 - 1
U1, U2, U3 = "0a000000-0000-4000-8000-00000000000b", "f0000000-0000-4000-8000-00000000000c", "11111111-0000-4000-8000-000000000001"
D = Decimal


def column(name, real, declared, stored, shown=None, other=()):
    """stored: SQL literals, shown: what an answer has for them (None: NULL), other: operands that no row has."""
    return name, real, declared, stored, stored if shown is None else shown, list(other)


def whole(name, real, values, declared="bigint", other=(300, -7, 2**40, 0)):
    nullable = real.startswith("Nullable") or "(Nullable" in real
    return column(name, real, declared, [*map(str, values), *(["NULL"] if nullable else [])], [*values, *([None] if nullable else [])], [v for v in other if v not in values])


def decimals(name, real, values, other=("5.555", "-0.001", "300", "1" + "0" * 40, "-1" + "0" * 40, "0." + "0" * 30 + "1")):
    return column(name, real, "decimal", [f"'{v}'" for v in values], [D(v) for v in values], [D(v) for v in other])


def texts(name, real, values, other=("zzz", "", "B", "10"), shown=None, nulls=False):
    return column(name, real, "string", [*(f"'{v}'" for v in values), *(["NULL"] if nulls else [])], [*(shown or values), *([None] if nulls else [])], other)


def moments(name, real, values, other=("2024-05-01T12:00:00.000001Z", "1999-01-01T00:00:00Z", "2105-01-01T00:00:00.5Z")):
    stored = [f"toDateTime64('{v[:-1].replace('T', ' ')}', 9, 'UTC')" for v in values]
    return column(name, real, "timestamp", stored, [micro(v) for v in values], other)


def micro(v):
    """As an answer shows it: at most six digits of a second, none at its end that is 0."""
    head, _, fraction = v.rstrip("Z").partition(".")
    fraction = fraction[:6].rstrip("0")
    return head + ("." + fraction if fraction else "") + "Z"


TYPES = [
    whole("i8", "Int8", [-128, 1, 44, 127], "int"), whole("i16", "Int16", [-5, 1, 32767], "int"), whole("i32", "Int32", [-2147483648, 1, 2147483647], "int"),
    whole("i64", "Int64", [-2**63, 1, 2**63 - 1]), whole("i128", "Int128", [-5, 1, 2**62]), whole("i256", "Int256", [-5, 1, 2**62]),
    whole("u8", "UInt8", [0, 44, 255], "int"), whole("u16", "UInt16", [0, 44, 65535], "int"), whole("u32", "UInt32", [0, 44, 2**31 - 1], "int"),
    whole("u64", "UInt64", [0, 44, 2**63 - 1]), whole("u128", "UInt128", [0, 44, 2**62]), whole("u256", "UInt256", [0, 44, 2**62]),
    whole("ni", "Nullable(Int32)", [-5, 7]), whole("lci", "LowCardinality(Nullable(UInt16))", [3, 44]), whole("sai", "SimpleAggregateFunction(any, UInt8)", [3, 44]),
    decimals("du8", "UInt8", ["0", "44", "255"]), decimals("di64", "Int64", ["-44", "0", "9223372036854775807"]),
    decimals("du256", "UInt256", ["0", "44", str(BIG)], ("5.5", "-1", "1" + "0" * 75)), decimals("di256", "Int256", [str(-2**255), "44", str(2**255 - 1)], ("5.5", "-1", "1" + "0" * 75)),
    decimals("d9", "Decimal(9, 4)", ["-1.5", "0", "12345.6789"]), decimals("d18", "Decimal(18, 2)", ["-1.5", "5.55", "9999999999999999"]),
    decimals("d38", "Decimal(38, 18)", ["-0.000000000000000001", "150", "0.5"]), decimals("d76", "Decimal(76, 0)", ["1" + "0" * 70, "3", "-7"]),
    decimals("d76f", "Decimal(76, 70)", ["-2.5", "5", "0." + "0" * 60 + "1"]),
    column("f32", "Float32", "float", ["0.1", "0.5", "-2.25", "16777216", "1e20"], [0.1, 0.5, -2.25, 16777216, 1e20], [0.10000000149011612, 0.1000001, 1e300, 0.3, -1e300]),
    column("f64", "Float64", "float", ["0.1", "0.5", "-2.25", "1e300"], [0.1, 0.5, -2.25, 1e300], [0.10000000149011612, 0.3]),
    column("nf32", "Nullable(Float32)", "float", ["0.1", "0.7", "NULL"], [0.1, 0.7, None], [0.30000001]),
    column("fi", "Int32", "float", ["1", "7", "-3"], [1, 7, -3], [0.5]), column("fd", "Decimal(18, 2)", "float", ["1.25", "7", "-3"], [1.25, 7, -3], [0.5]),
    column("b", "Bool", "boolean", ["true", "false"], [True, False]), column("nb", "Nullable(Bool)", "boolean", ["true", "NULL"], [True, None], [False]),
    texts("s", "String", ["a", "ab", "é"]), texts("fs", "FixedString(8)", ["a", "ab", "12345678"], ("123456789", "zz")), texts("nfs", "Nullable(FixedString(4))", ["a", "ab"], nulls=True),
    texts("lc", "LowCardinality(String)", ["a", "ab"]), texts("lcn", "LowCardinality(Nullable(String))", ["a", "ab"], nulls=True), texts("ns", "Nullable(String)", ["a", "ab"], nulls=True),
    texts("e8", "Enum8('todo' = 1, 'a' = 2, 'done' = 3)", ["todo", "a", "done"]), texts("e16", "Enum16('todo' = -1, 'a' = 2000)", ["todo", "a"]),
    texts("ne", "Nullable(Enum8('todo' = 1, 'a' = 2))", ["todo", "a"], nulls=True), texts("su", "UUID", [U1, U2]),
    texts("ip4", "IPv4", ["10.0.0.1", "9.0.0.1"]), texts("ip6", "IPv6", ["::1", "2001:db8::1"]), texts("sd", "Date", ["2024-05-01", "2024-05-02"]),
    column("si", "Int32", "string", ["5", "15"], ["5", "15"], ["7", "x"]), texts("sas", "SimpleAggregateFunction(anyLast, String)", ["a", "ab"]),
    column("u", "UUID", "uuid", [f"'{U1}'", f"'{U2}'"], [U1, U2], [U3]), column("ut", "String", "uuid", [f"'{U1}'", f"'{U2.upper()}'"], [U1, U2], [U3]),
    column("un", "Nullable(UUID)", "uuid", [f"'{U1}'", "NULL"], [U1, None], [U3]), column("uf", "FixedString(36)", "uuid", [f"'{U1}'", f"'{U2}'"], [U1, U2], [U3]),
    column("da", "Date", "date", ["'2024-05-01'", "'1970-01-01'", "'2149-06-06'"], ["2024-05-01", "1970-01-01", "2149-06-06"], ["2200-01-01", "1969-12-31"]),
    column("d32", "Date32", "date", ["'2024-05-01'", "'1900-01-01'", "'2299-12-31'"], ["2024-05-01", "1900-01-01", "2299-12-31"], ["2200-01-01"]),
    moments("dt", "DateTime", ["2024-05-01T12:00:00Z", "1970-01-01T00:00:01Z"]), moments("tk", "DateTime('Asia/Tokyo')", ["2024-05-01T12:00:00Z", "2024-05-01T23:00:00Z"]),
    moments("m0", "DateTime64(0)", ["2024-05-01T12:00:00Z", "1950-05-01T12:00:00Z"]), moments("m3", "DateTime64(3, 'Asia/Tokyo')", ["2024-05-01T12:00:00Z", "2024-05-01T12:00:00.123Z"]),
    moments("m6", "DateTime64(6, 'UTC')", ["2024-05-01T12:00:00.000002Z", "2024-05-01T12:00:00Z"]), moments("m9", "DateTime64(9)", ["2024-05-01T12:00:00.123456Z", "2024-05-01T12:00:00.5Z"]),
    moments("nm", "Nullable(DateTime64(3))", ["2024-05-01T12:00:00Z", "2024-05-01T12:00:00.123Z"]),
]
BY_NAME = {c[0]: c for c in TYPES}
ROWS = max(len(c[3]) for c in TYPES)


def at(values, i):
    return values[i % len(values)]


def rows():
    """id -> {column: value as shown}"""
    return {i + 1: {name: at(shown, i) for name, _, _, _, shown, _ in TYPES} for i in range(ROWS)}


def config(with_type):
    columns = [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]
    for name, real, declared, *_ in TYPES:
        columns.append({"apiName": name, "physicalName": name, "type": declared, "nullable": "Nullable" in real, **({"databaseType": real} if with_type else {})})
    nullable = [{**c, "nullable": True} for c in columns[1:]]  # isNull is a question for such columns alone
    return {"databases": [{"id": "ch", "engine": "clickhouse", "connection": {"url": {"env": "MULTIDB_CH_ANALYTICS_URL"}}}],
            "tables": [{"id": "real", "apiName": "real", "database": "ch", "physicalName": "default.real_types", "primaryKey": ["id"], "relations": [], "columns": columns},
                       {"id": "loose", "apiName": "loose", "database": "ch", "physicalName": "default.real_types_loose", "primaryKey": ["id"], "relations": [], "columns": [columns[0], *nullable]},
                       {"id": "more", "apiName": "more", "database": "ch", "physicalName": "default.real_types_more", "primaryKey": ["id"], "columns": columns,
                        "relations": [{"name": f"by_{c['apiName']}", "column": c["apiName"], "references": {"table": "real", "column": c["apiName"]}, "type": "many-to-one"} for c in columns[1:]]}],
            "roles": [{"id": "admin", "tables": "*"},
                      *({"id": f"{c['apiName']}-{n}", "tables": [{"tableId": "real", "allowedColumns": "*", "filters": [{"column": c["apiName"], "operator": op, "valueFrom": "context", "contextKey": "v"}]}]}
                        for c in columns[1:] for n, op in (("eq", "="), ("ne", "!="), ("in", "in")))]}


@pytest.fixture(scope="module")
def ch(stack):  # noqa: F811
    server = stack.need("clickhouse")["clickhouse"]
    allowed = " SETTINGS allow_suspicious_low_cardinality_types = 1"
    for table in ("real_types", "real_types_more", "real_types_loose"):
        server.query(f"DROP TABLE IF EXISTS default.{table}")
        server.query(f"CREATE TABLE default.{table} (id Int32, " + ", ".join(f"{name} {real}" for name, real, *_ in TYPES) + ") ENGINE = MergeTree ORDER BY id" + allowed)
        for i in range(ROWS):
            server.query(f"INSERT INTO default.{table} SELECT {i + 1}, " + ", ".join(f"CAST({at(stored, i)} AS {real})" for _, real, _, stored, *_ in TYPES) + allowed)
    yield stack
    for table in ("real_types", "real_types_more", "real_types_loose"):
        server.query(f"DROP TABLE IF EXISTS default.{table}")


@pytest.fixture(scope="module", params=[False, True], ids=["unknown", "known"])
def run(request, ch, tmp_path_factory):
    path = database.write(config(request.param), tmp_path_factory.mktemp("types") / "multidb.json")
    with Run(path, ch.environment()) as r:
        r.is_named = request.param
        yield r


@pytest.fixture
def right(run, record_property):
    """right(name, uses): each of these uses of the column was asked, and each answer was right."""
    def note(name, *uses):
        cells = Cells()
        for use in uses:
            cells.add(use, RIGHT)
        cells.note(record_property, "ClickHouse", BY_NAME[name][2], BY_NAME[name][1], run.is_named, None)
    return note


# ---- what must come back ----

def ordering(v):
    """Texts by code point, moments without the Z behind a fraction."""
    return v.removesuffix("Z").encode() if isinstance(v, str) else v


COMPARE = {"=": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


def holds(op, cell, v):
    if op == "in":
        return cell in v
    if op == "notIn":
        return cell not in v
    if op == "between":
        return ordering(v["from"]) <= ordering(cell) <= ordering(v["to"])
    if op == "notBetween":
        return not holds("between", cell, v)
    return COMPARE[op](ordering(cell), ordering(v))


def found(name, op, v):
    return [i for i, row in rows().items() if row[name] is not None and holds(op, row[name], v)]


def canonical(declared, v):
    if v is None or declared in ("string", "boolean", "uuid", "date"):
        return v
    return micro(v) if declared == "timestamp" else D(str(v)) if declared != "float" else float(v)


def operands(name):
    _, _, declared, _, shown, other = BY_NAME[name]
    return sorted({canonical(declared, v) for v in [*shown, *other] if v is not None}, key=ordering)


def declared_digits(v):
    return len(format(v, "f").replace(".", "").replace("-", ""))


def as_operand(name, v):
    declared = BY_NAME[name][2]
    if isinstance(v, list):
        return [as_operand(name, one) for one in v]
    if isinstance(v, dict):
        return {k: as_operand(name, one) for k, one in v.items()}
    if declared == "decimal":
        return format(v, "f")
    if declared in ("int", "bigint"):
        return int(v) if declared == "int" else str(int(v))
    return v


def answer(run, definition, context=ADMIN):
    got = run.ask(definition, context)
    assert "data" in got, f"{json.dumps(definition, default=str)[:400]}: {got}"
    return got["data"]


def ids(run, filters, context=ADMIN):
    return sorted(row["id"] for row in answer(run, {"from": "real", "columns": ["id"], "filters": filters}, context))


def fits_operand(name, v):
    """Decimals of more than 76 digits are refused."""
    if BY_NAME[name][2] == "decimal":
        return declared_digits(v) <= 76
    if BY_NAME[name][2] == "int":
        return -2**31 <= v < 2**31
    return BY_NAME[name][2] != "bigint" or -2**63 <= v < 2**63


# ---- tests ----

@pytest.mark.parametrize("name", BY_NAME)
def test_shows_and_groups_values_alike(run, right, name):
    declared = BY_NAME[name][2]
    want = {i: canonical(declared, row[name]) for i, row in rows().items()}
    assert {row["id"]: canonical(declared, row[name]) for row in answer(run, {"from": "real", "columns": ["id", name]})} == want
    groups = answer(run, {"from": "real", "groupBy": [{"column": name}], "columns": [name], "aggregations": [{"fn": "count", "column": "id", "alias": "n"}]})
    assert sorted(((canonical(declared, g[name]), int(g["n"])) for g in groups), key=str) == sorted(((v, list(want.values()).count(v)) for v in set(want.values())), key=str)
    distinct = answer(run, {"from": "real", "columns": [name], "distinct": True})
    assert sorted((str(canonical(declared, d[name])) for d in distinct)) == sorted(map(str, set(want.values())))
    counted = answer(run, {"from": "real", "columns": [], "aggregations": [{"fn": "countDistinct", "column": name, "alias": "n"}]})
    assert int(counted[0]["n"]) == len({v for v in want.values() if v is not None})
    for op, is_null in (("isNull", True), ("isNotNull", False)):
        got = answer(run, {"from": "loose", "columns": ["id"], "filters": [{"column": name, "operator": op}]})
        assert sorted(row["id"] for row in got) == [i for i, v in want.items() if (v is None) == is_null], name
    right(name, "selected", "groupBy", "distinct", "countDistinct", "isNull", "isNotNull")


@pytest.mark.parametrize("name", BY_NAME)
def test_compares_with_values(run, right, name):
    values = [v for v in operands(name) if fits_operand(name, v)]
    for v in values:
        for op in ("=", "!=", *((">", "<", ">=", "<=") if BY_NAME[name][2] in ORDERED else ())):
            assert ids(run, [{"column": name, "operator": op, "value": as_operand(name, v)}]) == found(name, op, v), (name, op, v)
        negated = [{"logic": "and", "not": True, "conditions": [{"column": name, "operator": "=", "value": as_operand(name, v)}]}]
        assert ids(run, negated) == found(name, "!=", v), (name, "not =", v)
    for some in (values, values[:1], values[1:], values[::2]):
        for op in ("in", "notIn"):
            if some:
                assert ids(run, [{"column": name, "operator": op, "value": as_operand(name, some)}]) == found(name, op, some), (name, op, some)
    for a, b in zip(values, values[1:]):
        if BY_NAME[name][2] in ORDERED:
            for op in ("between", "notBetween"):
                v = {"from": a, "to": b}
                assert ids(run, [{"column": name, "operator": op, "value": as_operand(name, v)}]) == found(name, op, v), (name, op, v)
    right(name, "=", "!=", "in", "notIn", *((">", "<", ">=", "<=", "between", "notBetween") if BY_NAME[name][2] in ORDERED else ()))


@pytest.mark.parametrize("name", BY_NAME)
def test_filters_rows(run, right, name, monkeypatch):
    monkeypatch.setattr(cli, "WATCHERS", [])  # the auditor does not know which values a column cannot hold
    for v in [v for v in operands(name) if fits_operand(name, v)]:
        for n, op, value in (("eq", "=", v), ("ne", "!=", v), ("in", "in", [v])):
            context = {"role": f"{name}-{n}", "contextValues": {"v": as_operand(name, value)}}
            assert ids(run, [], context) == found(name, op, value), (name, op, v)
    right(name, "row filter")


@pytest.mark.parametrize("name", BY_NAME)
def test_orders_and_pages(run, right, name):
    declared = BY_NAME[name][2]
    cells = {i: canonical(declared, row[name]) for i, row in rows().items()}
    for direction in ("asc", "desc"):
        definition = {"from": "real", "columns": ["id"], "orderBy": [{"column": name, "direction": direction}, {"column": "id", "direction": "asc"}]}
        full = [i for i in sorted(cells) if cells[i] is not None]
        want = [i for i, _ in sorted(((i, cells[i]) for i in full), key=functools.cmp_to_key(lambda a, b: order(a, b, direction)))]
        nulls = [i for i in sorted(cells) if cells[i] is None]
        want = want + nulls if direction == "asc" else nulls + want
        assert [row["id"] for row in answer(run, definition)] == want, (name, direction)
        got, after = [], None
        for _ in range(ROWS + 1):
            page = run.ask({**definition, "page": {"first": 1, **({"after": after} if after else {})}}, ADMIN)
            assert "data" in page, (name, page)
            got += [row["id"] for row in page["data"]]
            after = page["meta"]["page"]["endCursor"]
            if not page["meta"]["page"]["hasNext"]:
                break
        assert got == want, (name, direction)
    right(name, "orderBy", "page")


def order(a, b, direction):
    x, y = ordering(a[1]), ordering(b[1])
    if x != y:
        return -1 if (x < y) == (direction == "asc") else 1
    return a[0] - b[0]


@pytest.mark.parametrize("name", [n for n in BY_NAME if BY_NAME[n][2] in ORDERED])
def test_aggregates(run, right, name):
    declared = BY_NAME[name][2]
    cells = [canonical(declared, row[name]) for row in rows().values() if row[name] is not None]
    got = answer(run, {"from": "real", "columns": [], "aggregations": [{"fn": fn, "column": name, "alias": fn} for fn in ("min", "max")]})[0]
    assert canonical(declared, got["min"]) == min(cells, key=ordering) and canonical(declared, got["max"]) == max(cells, key=ordering), (name, got)
    if declared in ("int", "bigint", "decimal") and name not in ("du256", "di256", "d76", "d76f"):
        total = answer(run, {"from": "real", "columns": [], "aggregations": [{"fn": "sum", "column": name, "alias": "n"}]})[0]["n"]
        assert D(str(total)) == sum(cells), name
    if declared in NUMBERS:
        cells = [v for v in cells if declared != "decimal" or abs(v) < 10**60]  # 76 digits: docs/conformance-values.md
        small = [{"column": name, "operator": "in", "value": as_operand(name, sorted(set(cells)))}] if declared == "decimal" else []
        sums = answer(run, {"from": "real", "columns": [], "filters": small, "aggregations": [{"fn": fn, "column": name, "alias": fn} for fn in ("sum", "avg")]})[0]
        total = sum(D(struct.unpack("f", struct.pack("f", v))[0]) if "Float32" in BY_NAME[name][1] else D(v) for v in cells)
        for got, want in ((sums["sum"], total), (sums["avg"], total / len(cells))):
            assert abs(D(str(got)) - want) <= max(abs(want) * D("1e-9"), D("1e-10")), (name, got, want)
    right(name, "min", "max", *(("sum", "avg") if declared in NUMBERS else ()))


@pytest.mark.parametrize("name", BY_NAME)
def test_relates_by_keys(run, right, name):
    declared = BY_NAME[name][2]
    cells = {i: canonical(declared, row[name]) for i, row in rows().items()}
    pairs = sorted((a, b) for a in cells for b in cells if cells[a] is not None and cells[a] == cells[b])
    joined = answer(run, {"from": "more", "columns": ["id"], "joins": [{"table": "real", "via": f"by_{name}", "type": "inner", "columns": ["id"]}]})
    assert sorted(tuple(row.values()) for row in joined) == pairs, name
    related = answer(run, {"from": "more", "columns": ["id"], "filters": [{"table": "real", "via": f"by_{name}", "filters": [{"column": "id", "operator": "<", "value": 3}]}]})
    assert sorted(row["id"] for row in related) == sorted({a for a, b in pairs if b < 3}), name
    right(name, "join", "exists")


@pytest.mark.parametrize("name", [n for n in BY_NAME if BY_NAME[n][2] == "string"])
def test_matches_text(run, right, name):
    cells = {i: row[name] for i, row in rows().items() if row[name] is not None}
    for part in ("a", "o", "0", "zz"):
        assert ids(run, [{"column": name, "operator": "contains", "value": part}]) == [i for i, v in cells.items() if part in v], (name, part)
        assert ids(run, [{"column": name, "operator": "startsWith", "value": part}]) == [i for i, v in cells.items() if v.startswith(part)], (name, part)
        assert ids(run, [{"column": name, "operator": "icontains", "value": part.upper()}]) == [i for i, v in cells.items() if part in v.lower()], (name, part)
    assert ids(run, [{"column": name, "operator": "levenshteinLte", "value": {"text": "a", "maxDistance": 1}}]) == [i for i, v in cells.items() if len(v) <= 2 and (len(v) < 2 or "a" in v)], name
    operators = list(patterns_of(next(iter(cells.values()))))
    for op, value, holds in operators:
        assert ids(run, [{"column": name, "operator": op, "value": value}]) == [i for i, v in cells.items() if holds(v)], (name, op)
    right(name, *(op for op, _, _ in operators))


@pytest.mark.parametrize("name", BY_NAME)
def test_compares_columns_of_one_type(run, right, name):
    is_ordered = BY_NAME[name][2] in ORDERED
    for op in ("=", *((">=", ">") if is_ordered else ())):
        same = ids(run, [{"column": name, "operator": op, "refColumn": name}])
        assert same == [i for i, row in rows().items() if row[name] is not None and op != ">"], (name, op)
    right(name, "= column", *(("> column",) if is_ordered else ()))


def test_compares_large_numbers_with_columns(ch, tmp_path):
    """UInt256, Int256 and fractions, each with each: nothing wraps."""
    server, kinds = ch["clickhouse"], {"u": "UInt256", "i": "Int256", "d": "Decimal(76, 38)", "n": "Int32", "f": "Float32"}
    values = {"u": [0, 5, 2**255, BIG], "i": [-2**255, -1, 0, 2**255 - 1], "d": [D("-0.5"), D("0.5"), D("-1.5"), D("9" * 38 + ".5")], "n": [-1, 0, 5, 7],
              "f": [D("0.5"), D("-0.5"), D(5), D("0.1")]}
    server.query("DROP TABLE IF EXISTS default.real_large")
    server.query("CREATE TABLE default.real_large (id Int32, " + ", ".join(f"{n} {t}" for n, t in kinds.items()) + ") ENGINE = MergeTree ORDER BY id")
    rows = [{n: v[i // 4**k % 4] for k, (n, v) in enumerate(values.items())} for i in range(4**len(values))]
    server.query("INSERT INTO default.real_large VALUES " + ", ".join("(" + ", ".join([str(i), *(f"'{v}'" if n != "f" else str(v) for n, v in r.items())]) + ")" for i, r in enumerate(rows)))
    document = config(False)
    columns = [{"apiName": n, "physicalName": n, "type": t, "nullable": False} for n, t in (("id", "int"), ("u", "decimal"), ("i", "decimal"), ("d", "decimal"), ("n", "int"), ("f", "float"))]
    document["tables"] = [{"id": "large", "apiName": "large", "database": "ch", "physicalName": "default.real_large", "primaryKey": ["id"], "relations": [], "columns": columns}]
    document["roles"] = [{"id": "admin", "tables": "*"}]
    with Run(database.write(document, tmp_path / "large.json"), ch.environment()) as asked:
        for a, b in ((a, b) for a in kinds for b in kinds if a != b and {a, b} != {"n", "f"}):
            for op, holds in COMPARE.items():
                got = answer(asked, {"from": "large", "columns": ["id"], "filters": [{"column": a, "operator": op, "refColumn": b}]})
                assert sorted(row["id"] for row in got) == [i for i, r in enumerate(rows) if holds(r[a], r[b])], (a, op, b)
    server.query("DROP TABLE IF EXISTS default.real_large")


# ---- the primary index ----

KEYS = {"String": ("string", "toString(number)", "11"), "UUID": ("uuid", "toUUID(concat(leftPad(toString(number), 8, '0'), '-0000-4000-8000-000000000001'))", U3),
        "Int64": ("bigint", "number", 99), "UInt64": ("bigint", "number", 99), "DateTime64(3)": ("timestamp", "toDateTime64(number, 3, 'UTC')", "1970-01-01T00:01:39Z"),
        "DateTime": ("timestamp", "toDateTime(number, 'UTC')", "1970-01-01T00:01:39Z"), "Date32": ("date", "toDate32(number)", "1970-04-10"),
        "Decimal(18, 2)": ("decimal", "number / 4", "24.75"), "Float32": ("float", "number / 4", 24.75)}


@pytest.mark.parametrize("with_type", [False, True], ids=["unknown", "known"])
@pytest.mark.parametrize("real", KEYS)
def test_primary_index_serves_comparisons(ch, real, with_type, tmp_path):
    declared, made, value = KEYS[real]
    server = ch["clickhouse"]
    server.query("DROP TABLE IF EXISTS default.real_keys")
    server.query(f"CREATE TABLE default.real_keys (k {real}) ENGINE = MergeTree ORDER BY k SETTINGS index_granularity = 64")
    server.query(f"INSERT INTO default.real_keys SELECT {made} FROM numbers(10000)")
    column = {"apiName": "k", "physicalName": "k", "type": declared, "nullable": False, **({"databaseType": real} if with_type else {})}
    document = config(False)
    document["tables"], document["roles"] = [{"id": "keys", "apiName": "keys", "database": "ch", "physicalName": "default.real_keys", "primaryKey": ["k"], "relations": [], "columns": [column]}], [{"id": "admin", "tables": "*"}]
    filters = [("=", value), ("in", [value])] + ([("<", value)] if declared not in ("uuid", "enum") and not real.startswith("Enum") else [])
    questions = [{"filters": [{"column": "k", "operator": op, "value": v}]} for op, v in filters] + ([{"byIds": [value]}] if declared not in ("float", "enum") else [])
    with Run(database.write(document, tmp_path / "keys.json"), ch.environment()) as asked:
        for question in questions:
            plan = asked.ask({"from": "keys", "columns": ["k"], "executeMode": "sql-only", **question}, ADMIN)
            explained = server.query("EXPLAIN indexes = 1 " + plan["sql"], session_timezone="UTC", **{f"param_p{i + 1}": parameter(declared, p) for i, p in enumerate(plan["params"])})
            read, of = (explained.split("Granules: ")[-1].split("\n")[0]).split("/")
            assert int(read) < int(of) / 4, (real, question, plan["sql"], explained)
    server.query("DROP TABLE IF EXISTS default.real_keys")


@pytest.mark.parametrize("declared, with_type", [("enum", False), ("enum", True), ("string", True)])
def test_primary_index_serves_labels(ch, declared, with_type, tmp_path):
    """Equality and lists; a text column needs the databaseType, because its own type may be any."""
    server, labels = ch["clickhouse"], [f"l{i}" for i in range(100)]
    real = "Enum8(" + ", ".join(f"'{label}' = {i - 50}" for i, label in enumerate(labels)) + ")"
    server.query("DROP TABLE IF EXISTS default.real_labels")
    server.query(f"CREATE TABLE default.real_labels (k {real}) ENGINE = MergeTree ORDER BY k SETTINGS index_granularity = 64")
    server.query("INSERT INTO default.real_labels SELECT concat('l', toString(number % 100)) FROM numbers(10000)")
    column = {"apiName": "k", "physicalName": "k", "type": declared, "nullable": False, **({"databaseType": real} if with_type else {}), **({"values": labels} if declared == "enum" else {})}
    document = config(False)
    document["tables"] = [{"id": "labels", "apiName": "labels", "database": "ch", "physicalName": "default.real_labels", "primaryKey": ["k"], "relations": [], "columns": [column]}]
    document["roles"] = [{"id": "admin", "tables": "*"}]
    with Run(database.write(document, tmp_path / "labels.json"), ch.environment()) as asked:
        for op, value, n in (("=", "l7", 100), ("in", ["l7", "l99"], 200)):
            question = {"from": "labels", "columns": ["k"], "filters": [{"column": "k", "operator": op, "value": value}]}
            assert len(answer(asked, question)) == n
            plan = asked.ask({**question, "executeMode": "sql-only"}, ADMIN)
            explained = server.query("EXPLAIN indexes = 1 " + plan["sql"], **{f"param_p{i + 1}": parameter("string", p) for i, p in enumerate(plan["params"])})
            read, of = (explained.split("Granules: ")[-1].split("\n")[0]).split("/")
            assert int(read) < int(of) / 4, (plan["sql"], explained)
    server.query("DROP TABLE IF EXISTS default.real_labels")


def parameter(declared, value):
    """As the driver writes it."""
    if isinstance(value, list):
        return "[" + ",".join(str(v) if declared in NUMBERS else f"'{parameter(declared, v)}'" for v in value) + "]"
    return value[:-1].replace("T", " ") if declared == "timestamp" else str(value)


# ---- rows that the caller does not see ----

@pytest.mark.parametrize("hidden", ["115792089237316195423570985008687907853269984665640564039457584007913129639935", "5"])
def test_hidden_rows_raise_no_error(ch, hidden, tmp_path):
    """A number that overflows beside a decimal is in a row that only the question's own filter could read."""
    server = ch["clickhouse"]
    server.query("DROP TABLE IF EXISTS default.real_hidden")
    server.query("CREATE TABLE default.real_hidden (id UInt32, tenant String, coins UInt256) ENGINE = MergeTree ORDER BY id SETTINGS min_bytes_for_wide_part = 0")
    server.query("INSERT INTO default.real_hidden SELECT number, concat('red', repeat(toString(cityHash64(number)), 5)), 5 FROM numbers(20000)")
    server.query(f"INSERT INTO default.real_hidden SELECT 999999, 'blue', {hidden}")
    server.query("OPTIMIZE TABLE default.real_hidden FINAL")
    columns = [{"apiName": n, "physicalName": n, "type": t, "nullable": False} for n, t in (("id", "bigint"), ("tenant", "string"), ("coins", "decimal"))]
    document = config(False)
    document["tables"] = [{"id": "vaults", "apiName": "vaults", "database": "ch", "physicalName": "default.real_hidden", "primaryKey": ["id"], "relations": [], "columns": columns}]
    document["roles"] = [{"id": "other", "tables": [{"tableId": "vaults", "allowedColumns": "*", "filters": [{"column": "tenant", "operator": "!=", "valueFrom": "context", "contextKey": "hidden"}]}]}]
    with Run(database.write(document, tmp_path / "hidden.json"), ch.environment()) as asked:
        for op, value, n in (("=", "5", 20000), (">", "4.5", 20000), ("<=", "5", 20000), ("in", ["5", "7.25"], 20000), ("notIn", ["5"], 0), ("between", {"from": "4", "to": "6"}, 20000)):
            got = asked.ask({"from": "vaults", "executeMode": "count", "filters": [{"column": "coins", "operator": op, "value": value}]}, {"role": "other", "contextValues": {"hidden": "blue"}})
            assert got.get("count") == n, (op, got)
    server.query("DROP TABLE IF EXISTS default.real_hidden")
