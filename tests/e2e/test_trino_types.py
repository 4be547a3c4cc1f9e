"""Columns of the real types of PostgreSQL and ClickHouse through Trino, with databaseType: the answer is the oracle's, or the strategy is refused. Nothing else is
taken: no other rows, no error of a database. Refused types are listed, so that a type that is read by and by is seen here."""
from decimal import Decimal

import pytest

import database
from cli import Run
from real_types import Column, canonical, fold, itself, like, moment, number
from stack import stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("stack")
ADMIN = {"role": "admin"}
ROWS = 12
S, N = "string", dict(key=number, sort=number)
U1, U2 = "11111111-2222-4333-8444-55555555555a", "01111111-2222-4333-8444-55555555555a"
REALS = (["0.1", "0.25", "7"], [Decimal("0.1"), Decimal("0.25"), 7])
WIDE = Decimal("12345678901234567890.5")
POSTGRES = [
    Column("iSmall", "int", "smallint", ["7", "10", "-3"], [7, 10, -3], **N, asked=[40000, -40000]),
    Column("iInt", "int", "integer", ["7", "10", "-3"], [7, 10, -3], **N, asked=[8]),
    Column("bBig", "bigint", "bigint", ["7", "5000000000", "-3"], [7, 5000000000, -3], **N),
    Column("bInt", "bigint", "integer", ["7", "10", "-3"], [7, 10, -3], **N, asked=[5000000000]),
    Column("dDec", "decimal", "numeric(12,2)", ["7.5", "10.25", "-3"], [Decimal("7.5"), Decimal("10.25"), -3], **N, asked=[Decimal("7.501"), 10**37]),
    Column("dDec38", "decimal", "numeric(38,10)", ["7.5", str(WIDE), "-3"], [Decimal("7.5"), WIDE, -3], **N, asked=[10**30]),
    Column("fReal", "float", "real", *REALS, **N, asked=[Decimal("0.3"), Decimal("1e300"), Decimal("1e-60")], summed=[0.10000000149011612, 0.25, 7.0]),
    Column("fDouble", "float", "double precision", *REALS, **N, asked=[Decimal("0.3")], summed=[0.1, 0.25, 7.0]),
    Column("oBool", "boolean", "boolean", ["true", "false"], [True, False]),
    Column("tText", S, "text", ["b", "B", "a", "ä"], asked=["c"]),
    Column("tVarchar", S, "character varying(9)", ["b", "B", "a"], asked=["far longer than nine"]),
    Column("tChar", S, "character(5)", ["b", "B", "a c"], key=lambda v: v.rstrip(" "), asked=["b  ", "c"]),
    Column("uUuid", "uuid", "uuid", [U1, U2]),
    Column("aDate", "date", "date", ["2024-02-01", "2024-10-01", "1999-12-31"]),
    Column("mTs", "timestamp", "timestamp without time zone", ["2024-02-01T10:00:00Z", "2024-02-01T10:00:00.5Z"], sort=moment),
    Column("mTs3", "timestamp", "timestamp(3) without time zone", ["2024-02-01T10:00:00Z", "2024-02-01T10:00:00.5Z"], sort=moment, asked=["2024-02-01T10:00:00.500001Z"]),
    Column("mTz", "timestamp", "timestamp with time zone", ["2024-02-01T10:00:00Z", "2024-02-01T10:00:00.5Z"], sort=moment),
    Column("hTime", "time", "time without time zone", ["10:00:00", "09:30:00.5"]),
]
# read as they are not declared, absent, or an error of a connector
REFUSED_POSTGRES = [
    Column("xWide", "decimal", "numeric(50,10)", ["1" + "0" * 30, "2"]), Column("xTimetz", S, "time with time zone", ["10:00:00+00", "09:00:00+00"]),
    Column("xCitext", S, "citext", ["Bee", "bee"], key=fold), Column("xInet", S, "inet", ["10.0.0.2", "::1"]), Column("xInterval", S, "interval", ["P1D", "PT1H"]),
    Column("xXml", S, "xml", ["<a/>", "<b/>"]), Column("xMoney", "decimal", "money", ["2.5", "3"]), Column("xInt", S, "integer", ["7", "10"]),
    Column("xReal", "decimal", "real", ["0.1", "7"]),
]
CLICKHOUSE = [
    Column("iU8", "int", "UInt8", ["7", "200", "0"], [7, 200, 0], **N, asked=[300, -1]),
    Column("iU16", "int", "UInt16", ["7", "40000"], [7, 40000], **N, asked=[70000]),
    Column("bU32", "bigint", "UInt32", ["7", "4000000000"], [7, 4000000000], **N, asked=[5000000000]),
    Column("bU64", "bigint", "UInt64", ["7", "5000000000"], [7, 5000000000], **N, asked=[-1]),
    Column("iI8", "int", "Int8", ["7", "-3"], [7, -3], **N, asked=[300]),
    Column("fF32", "float", "Float32", *REALS, **N, asked=[Decimal("0.3"), Decimal("1e300")], summed=[0.10000000149011612, 0.25, 7.0]),
    Column("dDec", "decimal", "Decimal(12, 2)", ["7.5", "-3"], [Decimal("7.5"), -3], **N, asked=[Decimal("7.501")]),
    Column("tString", S, "String", ["b", "B", "a", "ä"], asked=["c"]),
    Column("tLow", S, "LowCardinality(String)", ["b", "B", "a"], asked=["c"]),
    Column("tFixed", S, "FixedString(4)", ["ab", "abcd", "b"], asked=["far longer"]),
    Column("tEnum", S, "Enum8('todo' = 1, 'done' = 2, 'open' = 3)", ["todo", "done", "open"], asked=["lost"]),
    Column("mTime", "timestamp", "DateTime('UTC')", ["2024-02-01T10:00:00Z", "2024-03-01T10:00:00Z"], sort=moment, asked=["2024-02-01T10:00:00.5Z"]),
    Column("mZone", "timestamp", "DateTime('Asia/Tokyo')", ["2024-02-01T10:00:00Z", "2024-03-01T10:00:00Z"], sort=moment),
    Column("m64", "timestamp", "DateTime64(3, 'UTC')", ["2024-02-01T10:00:00Z", "2024-02-01T10:00:00.5Z"], sort=moment, asked=["2024-02-01T10:00:00.500001Z"]),
    Column("aDate", "date", "Date", ["2024-02-01", "1999-12-31"], asked=["2200-01-01"]),
    Column("oBool", "boolean", "Bool", ["true", "false"], [True, False]),
    Column("uUuid", "uuid", "UUID", [U1, U2]),
]
REFUSED_CLICKHOUSE = [
    Column("xZone", "timestamp", "DateTime64(6, 'Asia/Tokyo')", ["2024-02-01T10:00:00Z", "2024-03-01T10:00:00Z"]), Column("xBig", "bigint", "Int128", ["7", "8"]),
    Column("xIp", S, "IPv4", ["10.0.0.2", "10.0.0.10"]), Column("xInt", S, "Int32", ["7", "10"]),
]
ALL = {"pg": POSTGRES + REFUSED_POSTGRES, "ch": CLICKHOUSE + REFUSED_CLICKHOUSE}


def cell(c, i):
    return None if i % 4 == 3 else canonical(c.declared, c.shown[i % len(c.shown)])


def stored(c, i, is_clickhouse):
    if i % 4 == 3:
        return "NULL"
    text = c.values[i % len(c.values)]
    if is_clickhouse and c.declared == "timestamp":
        return f"toDateTime64('{text[:-1].replace('T', ' ')}', 6, 'UTC')"
    return text if is_clickhouse and text in ("true", "false") else f"'{text}'"


def nullable(real):
    return real.replace("(String)", "(Nullable(String))") if real.startswith("LowCardinality") else f"Nullable({real})"


def ddl(name, columns, is_clickhouse):
    rows = ["(" + ", ".join([str(i), *(stored(c, i, is_clickhouse) for c in columns)]) + ")" for i in range(ROWS)]
    typed = ", ".join(f'"{c.name}" {nullable(c.sql) if is_clickhouse else c.sql}' for c in columns)
    tail = " ENGINE = MergeTree ORDER BY id" if is_clickhouse else ""
    return [f"CREATE TABLE {name} (id {'Int32' if is_clickhouse else 'int PRIMARY KEY'}, {typed}){tail}", f"INSERT INTO {name} VALUES {', '.join(rows)}"]


def table(name, physical, columns, is_clickhouse, is_typed=True):
    described = [{"apiName": c.name, "physicalName": c.name, "type": c.declared, "nullable": True} for c in columns]
    for c, column in zip(columns, described):
        column.update({"databaseType": nullable(c.sql) if is_clickhouse else c.sql} if is_typed else {})
    return {"id": name, "apiName": name, "database": name.removesuffix("Plain"), "physicalName": physical, "primaryKey": ["id"],
            "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, *described]}


@pytest.fixture(scope="module")
def run(stack, tmp_path_factory):  # noqa: F811
    stack.need("pg-main", "clickhouse", "trino")
    main, ch = stack["pg-main"], stack["clickhouse"]
    main.psql(";".join(["DROP SCHEMA IF EXISTS reals CASCADE", "CREATE SCHEMA reals", "CREATE EXTENSION IF NOT EXISTS citext", *ddl("reals.pg", ALL["pg"], False),
                        "CREATE TABLE reals.plain AS TABLE reals.pg",
                        "GRANT USAGE ON SCHEMA reals TO multidb_reader", "GRANT SELECT ON ALL TABLES IN SCHEMA reals TO multidb_reader"]))
    for statement in ["DROP TABLE IF EXISTS reals", *ddl("reals", ALL["ch"], True)]:
        ch.query(statement)
    databases = [{"id": "pg", "engine": "postgres", "trinoCatalog": "pg_main", "connection": {"url": {"env": "MULTIDB_PG_MAIN_URL"}}},
                 {"id": "ch", "engine": "clickhouse", "trinoCatalog": "ch_analytics", "connection": {"url": {"env": "MULTIDB_CH_ANALYTICS_URL"}}}]
    config = {"databases": databases, "tables": [table("pg", "reals.pg", ALL["pg"], False), table("ch", "reals", ALL["ch"], True),
                                               table("pgPlain", "reals.plain", [c for c in POSTGRES if c.name == "fReal"], False, False)],
              "roles": [{"id": "admin", "tables": "*"}], "trino": {"enabled": True, "connection": {"url": {"env": "MULTIDB_TRINO_URL"}}}}
    with Run(database.write(config, tmp_path_factory.mktemp("reals") / "c.json"), stack.environment()) as process:
        yield process
    main.psql("DROP SCHEMA reals CASCADE")
    ch.query("DROP TABLE reals")


class Asking:
    """One column. faults: what was not right."""

    def __init__(self, run, name, column):
        self.run, self.table, self.c, self.faults = run, name, column, []
        self.values = [cell(column, i) for i in range(ROWS)]
        self.known = [v for v in self.values if v is not None]

    def expect(self, about, question, read, want):
        answer = self.run.ask({"from": self.table, **question, "prefer": ["trino"]}, ADMIN)
        got = read(answer["data"]) if answer.get("dialect") == "trino" and "data" in answer else answer
        if got != want:
            self.faults.append(f"{about}: {str(got)[:500]} instead of {want}")

    def where(self, op, value, holds):
        want = [i for i, v in enumerate(self.values) if v is not None and holds(v)]
        self.expect(f"{op} {value}", {"columns": ["id"], "filters": [{"column": self.c.name, "operator": op, "value": value}]}, lambda rows: sorted(r["id"] for r in rows), want)

    def aggregate(self, fn, want, read=itself):
        self.expect(fn, {"aggregations": [{"fn": fn, "column": self.c.name, "alias": "m"}]}, lambda rows: read(rows[0]["m"]), want)

    def everything(self):
        c, key, sort = self.c, self.c.key, self.c.sort
        asked = [canonical(c.declared, v) for v in [*dict.fromkeys(c.shown), *c.asked]]
        spelt = lambda v: canonical(c.declared, v)  # noqa: E731
        self.expect("shown", {"columns": ["id", c.name]}, lambda rows: {r["id"]: spelt(r[c.name]) for r in rows}, dict(enumerate(self.values)))
        for v in asked:
            self.where("=", v, lambda x: key(x) == key(v))
        self.where("!=", asked[0], lambda x: key(x) != key(asked[0]))
        self.where("in", asked, lambda x: key(x) in {key(v) for v in asked})
        members = {k: [v for v in self.known if key(v) == k] for k in dict.fromkeys(key(v) for v in self.known)}
        self.expect("groupBy", {"groupBy": [{"column": c.name}], "aggregations": [{"fn": "count", "column": "*", "alias": "n"}]},
                    lambda rows: {spelt(r[c.name]): r["n"] for r in rows}, {**{v[0]: len(v) for v in members.values()}, None: ROWS // 4})
        self.aggregate("countDistinct", len(members))
        if c.declared not in ("boolean", "uuid"):
            for v in asked:
                self.where(">", v, lambda x: sort(x) > sort(v))
            self.where("<=", asked[-1], lambda x: sort(x) <= sort(asked[-1]))
            self.aggregate("min", min(self.known, key=sort), spelt)
            self.aggregate("max", max(self.known, key=sort), spelt)
            rows = sorted((i for i in range(ROWS) if self.values[i] is not None), key=lambda i: (sort(self.values[i]), i))[:5]
            order = [{"column": c.name, "direction": "asc"}, {"column": "id", "direction": "asc"}]
            self.expect("orderBy", {"columns": ["id"], "orderBy": order, "limit": 5}, lambda rows: [r["id"] for r in rows], rows)
        if c.is_number:
            exact = dict(zip([spelt(v) for v in c.shown], c.summed or c.shown))
            total = sum(exact[v] for v in self.known)
            self.aggregate("sum", True, lambda v: abs(float(v) - float(total)) <= 1e-9 * abs(float(total)))
        if c.is_text:
            self.where("like", c.shown[0][:1] + "%", lambda x: like(x, c.shown[0][:1] + "%"))
            self.where("endsWith", c.shown[0][-1:], lambda x: x.endswith(c.shown[0][-1:]))


def columns_of(postgres, clickhouse):
    return [pytest.param(name, c, id=f"{name}-{c.name}") for name, columns in (("pg", postgres), ("ch", clickhouse)) for c in columns]


@pytest.mark.parametrize("name,column", columns_of(POSTGRES, CLICKHOUSE))
def test_every_use_is_right(run, name, column):
    asking = Asking(run, name, column)
    asking.everything()
    assert not asking.faults, "\n".join(asking.faults)


@pytest.mark.parametrize("name,column", columns_of(REFUSED_POSTGRES, REFUSED_CLICKHOUSE))
def test_is_refused(run, name, column):
    refused = run.ask({"from": name, "columns": [column.name], "prefer": ["trino"]}, ADMIN)
    assert refused.get("dialect") != "trino" and refused.get("code") in (None, "UNSUPPORTED", "TYPE_MISMATCH"), refused


def test_a_real_is_compared_with_its_database_type_alone(run):
    """Trino finds no real by a double, and PostgreSQL itself does."""
    found = {"from": "pgPlain", "columns": ["id"], "filters": [{"column": "fReal", "operator": "=", "value": 0.1}]}
    assert len(run.ask(found, ADMIN)["data"]) == 3
    refused = run.ask({**found, "prefer": ["trino"]}, ADMIN)
    assert refused.get("code") == "TYPE_MISMATCH", refused
    shown = run.ask({"from": "pgPlain", "columns": ["fReal"], "limit": 1, "prefer": ["trino"]}, ADMIN)
    assert (shown["dialect"], shown["data"]) == ("trino", [{"fReal": Decimal("0.1")}]), shown
