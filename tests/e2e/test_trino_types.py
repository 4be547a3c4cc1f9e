"""Columns of the real types of PostgreSQL, ClickHouse and Iceberg through Trino, with databaseType and without it: the answer is the oracle's, or the strategy is
refused. Nothing else is taken: no other rows, no error of a database. Refused types are listed, so that a type that is read by and by is seen here. The cells of
docs/conformance.md are noted in the report.

A question takes Trino a fraction of a second. So all conditions on a column are one question: each is asked of a block of rows of its own, and all blocks hold the
same rows."""
import os
from decimal import Decimal

import pytest

import cli
import database
from cli import Run
from real_cells import NOT_DETECTED, REFUSALS, RIGHT, Cells, uses_of
from real_types import Column, canonical, fold, itself, like, moment, number, patterns_of
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
LABELS = [Column("tEnum", S, "reals.state", ["todo", "done", "open"])]  # shown; with databaseType its own database compares
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
ICEBERG = [
    Column("iInt", "int", "integer", ["7", "10", "-3"], [7, 10, -3], **N, asked=[8]),
    Column("bBig", "bigint", "bigint", ["7", "5000000000", "-3"], [7, 5000000000, -3], **N),
    Column("bInt", "bigint", "integer", ["7", "10", "-3"], [7, 10, -3], **N, asked=[5000000000]),
    Column("dDec", "decimal", "decimal(12,2)", ["7.5", "10.25", "-3"], [Decimal("7.5"), Decimal("10.25"), -3], **N, asked=[Decimal("7.501"), 10**37]),
    Column("dDec38", "decimal", "decimal(38,10)", ["7.5", str(WIDE), "-3"], [Decimal("7.5"), WIDE, -3], **N, asked=[10**30]),
    Column("fReal", "float", "real", *REALS, **N, asked=[Decimal("0.3"), Decimal("1e300"), Decimal("1e-60")], summed=[0.10000000149011612, 0.25, 7.0]),
    Column("fDouble", "float", "double", *REALS, **N, asked=[Decimal("0.3")], summed=[0.1, 0.25, 7.0]),
    Column("oBool", "boolean", "boolean", ["true", "false"], [True, False]),
    Column("tVarchar", S, "varchar", ["b", "B", "a", "ä"], asked=["c"]),
    Column("uUuid", "uuid", "uuid", [U1, U2]),
    Column("aDate", "date", "date", ["2024-02-01", "2024-10-01", "1999-12-31"]),
    Column("mTs", "timestamp", "timestamp(6)", ["2024-02-01T10:00:00Z", "2024-02-01T10:00:00.5Z"], sort=moment),
    Column("mTz", "timestamp", "timestamp(6) with time zone", ["2024-02-01T10:00:00Z", "2024-02-01T10:00:00.5Z"], sort=moment),
    Column("hTime", "time", "time(6)", ["10:00:00", "09:30:00.5"]),
]
REFUSED_ICEBERG = [Column("xInt", S, "integer", ["7", "10"]), Column("xReal", "decimal", "real", ["0.1", "7"])]
REFUSED = {"pg": REFUSED_POSTGRES, "ch": REFUSED_CLICKHOUSE, "ice": REFUSED_ICEBERG}
ALL = {"pg": POSTGRES + LABELS + REFUSED_POSTGRES, "ch": CLICKHOUSE + REFUSED_CLICKHOUSE, "ice": ICEBERG + REFUSED_ICEBERG}
NAMES = {"pg": "PostgreSQL", "ch": "ClickHouse", "ice": "Iceberg"}
PHYSICAL = {"pg": "reals.pg", "ch": "reals", "ice": "reals.ice"}
BLOCK, BLOCKS = 100, 120
STEP = 1 if os.environ.get("MULTIDB_FULL") else 4
WHY = {"xWide": "decimals of more than 38 digits", "xTimetz": "the connector cannot read it", "xCitext": "not in Trino's catalog", "xInet": "not in Trino's catalog",
       "xInterval": "not in Trino's catalog", "xXml": "not in Trino's catalog", "xMoney": "Trino has a text of it", "xInt": "Trino has a number",
       "xReal": "a real is no decimal", "xZone": "Trino's text of a moment has no zone", "xBig": "Trino has a text of it", "xIp": "Trino has another type",
       "tChar": "Trino shows its padding", "fReal": "a double equals no real", "fF32": "a double equals no real"}


def cell(c, i):
    return None if i % 4 == 3 else canonical(c.declared, c.shown[i % len(c.shown)])


def stored(c, i, engine):
    if i % 4 == 3:
        return "NULL"
    text = c.values[i % len(c.values)]
    if engine == "ice":
        return f"CAST('{text[:-1].replace('T', ' ') + ' UTC' * ('zone' in c.sql) if c.declared == 'timestamp' else text}' AS {c.sql})"
    if engine == "ch" and c.declared == "timestamp":
        return f"toDateTime64('{text[:-1].replace('T', ' ')}', 6, 'UTC')"
    return text if engine == "ch" and text in ("true", "false") else f"'{text}'"


def nullable(real):
    return real.replace("(String)", "(Nullable(String))") if real.startswith("LowCardinality") else f"Nullable({real})"


def ddl(name, columns, engine):
    """The table, and beside it one with many copies of its rows, one to a block."""
    rows = ["(" + ", ".join([str(i), *(stored(c, i, engine) for c in columns)]) + ")" for i in range(ROWS)]
    typed = ", ".join(f'"{c.name}" {nullable(c.sql) if engine == "ch" else c.sql}' for c in columns)
    key = {"pg": "int PRIMARY KEY", "ch": "Int32", "ice": "integer"}[engine]
    tail = " ENGINE = MergeTree ORDER BY id" if engine == "ch" else ""
    blocks = {"pg": f"generate_series(0, {BLOCKS - 1}) AS b (n)", "ch": f"(SELECT toInt32(number) AS n FROM numbers({BLOCKS})) AS b",
              "ice": f"UNNEST(sequence(0, {BLOCKS - 1})) AS b (n)"}[engine]
    copied = ", ".join(f't."{c.name}"' for c in columns)
    return [f"CREATE TABLE {name} (id {key}, {typed}){tail}", f"INSERT INTO {name} VALUES {', '.join(rows)}", f"CREATE TABLE {name}_many (id {key}, {typed}){tail}",
            f"INSERT INTO {name}_many SELECT {'toInt32' if engine == 'ch' else ''}(t.id + {BLOCK} * b.n), {copied} FROM {name} AS t CROSS JOIN {blocks}"]


def table(engine, is_typed, is_many):
    columns = ALL[engine]
    described = [{"apiName": c.name, "physicalName": c.name, "type": c.declared, "nullable": True} for c in columns]
    for c, column in zip(columns, described):
        column.update({"databaseType": nullable(c.sql) if engine == "ch" else c.sql} if is_typed else {})
    name = engine
    relations = [{"name": f"by_{c.name}", "column": c.name, "references": {"table": name, "column": c.name}, "type": "many-to-one"} for c in columns] if is_many else []
    return {"id": name + "Many" * is_many, "apiName": name + "Many" * is_many, "database": engine, "physicalName": PHYSICAL[engine] + "_many" * is_many,
            "primaryKey": ["id"], "relations": relations, "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, *described]}


@pytest.fixture(scope="module")
def run(stack, tmp_path_factory):  # noqa: F811
    """{has the configuration each databaseType?: the program}"""
    stack.need("pg-main", "clickhouse", "trino")
    main, ch, trino = stack["pg-main"], stack["clickhouse"], stack["trino"]
    main.psql(";".join(["DROP SCHEMA IF EXISTS reals CASCADE", "CREATE SCHEMA reals", "CREATE EXTENSION IF NOT EXISTS citext", "CREATE TYPE reals.state AS ENUM ('todo', 'done', 'open')", *ddl("reals.pg", ALL["pg"], "pg"),
                        "GRANT USAGE ON SCHEMA reals TO multidb_reader", "GRANT SELECT ON ALL TABLES IN SCHEMA reals TO multidb_reader"]))
    for statement in ["DROP TABLE IF EXISTS reals", "DROP TABLE IF EXISTS reals_many", *ddl("reals", ALL["ch"], "ch")]:
        ch.query(statement)
    gone = [f"DROP TABLE IF EXISTS iceberg_archive.reals.{name}" for name in ("ice", "ice_many")]
    for statement in ["CREATE SCHEMA IF NOT EXISTS iceberg_archive.reals", *gone, *ddl("iceberg_archive.reals.ice", ALL["ice"], "ice")]:
        trino.query(statement)
    databases = [{"id": "pg", "engine": "postgres", "trinoCatalog": "pg_main", "connection": {"url": {"env": "MULTIDB_PG_MAIN_URL"}}},
                 {"id": "ch", "engine": "clickhouse", "trinoCatalog": "ch_analytics", "connection": {"url": {"env": "MULTIDB_CH_ANALYTICS_URL"}}},
                 {"id": "ice", "engine": "iceberg", "trinoCatalog": "iceberg_archive"}]
    rules = [{"id": f"{engine}-{c.name}", "tables": [{"tableId": engine, "allowedColumns": ["id"], "filters": [
        {"column": c.name, "operator": "in", "valueFrom": "context", "contextKey": "values"}]}]} for engine in ALL for c in ALL[engine]]
    folder, paths = tmp_path_factory.mktemp("reals"), {}
    for is_typed in (True, False):
        tables = [table(engine, is_typed, is_many) for engine in ALL for is_many in (True, False)]
        config = {"databases": databases, "tables": tables, "roles": [{"id": "admin", "tables": "*"}, *rules], "limits": {"filterNodes": 1000},
                  "trino": {"enabled": True, "connection": {"url": {"env": "MULTIDB_TRINO_URL"}}}}
        paths[is_typed] = database.write(config, folder / f"{is_typed}.json")
    with Run(paths[True], stack.environment()) as typed, Run(paths[False], stack.environment()) as plain:
        yield {True: typed, False: plain}
    main.psql("DROP SCHEMA reals CASCADE")
    for name in ("reals", "reals_many"):
        ch.query(f"DROP TABLE {name}")
    for statement in [*gone, "DROP SCHEMA iceberg_archive.reals"]:
        trino.query(statement)


OPERATORS = {"=": lambda a, b: a == b, "!=": lambda a, b: a != b, ">": lambda a, b: a > b, "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b}


class Asking:
    """One column. faults: what was not right."""

    def __init__(self, run, name, column, is_typed=True):
        self.run, self.table, self.c, self.faults, self.cells = run[is_typed], name, column, [], Cells()
        self.filtered = f"{name}-{column.name}"
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

    # ---- every use, in few questions ----

    def asked(self):
        return [canonical(self.c.declared, v) for v in [*dict.fromkeys(self.c.shown), *self.c.asked]]

    def conditions(self):
        """(use, condition, what holds of the values that are in it)"""
        c, key, sort, asked = self.c, self.c.key, self.c.sort, self.asked()
        for op, holds in OPERATORS.items():
            if op in uses_of(c.declared):
                by = key if op in ("=", "!=") else sort
                for v in asked if op == "=" else asked[-2:]:
                    yield op, {"operator": op, "value": v}, lambda x, by=by, v=v, holds=holds: holds(by(x), by(v))
        some = asked[1:]
        yield "in", {"operator": "in", "value": some}, lambda x: key(x) in {key(v) for v in some}
        yield "notIn", {"operator": "notIn", "value": some}, lambda x: key(x) not in {key(v) for v in some}
        yield "= column", {"operator": "=", "refColumn": c.name}, lambda x: True
        if "between" in uses_of(c.declared):
            low, high = asked[0], asked[-1]
            yield "> column", {"operator": ">=", "refColumn": c.name}, lambda x: True
            yield "between", {"operator": "between", "value": {"from": low, "to": high}}, lambda x: sort(low) <= sort(x) <= sort(high)
            yield "notBetween", {"operator": "notBetween", "value": {"from": low, "to": high}}, lambda x: not sort(low) <= sort(x) <= sort(high)
        if c.is_text:
            for op, value, holds in patterns_of(c.shown[0]):
                yield op, {"operator": op, "value": value}, holds

    def blocks(self):
        """(uses, condition, what holds of a value or of None): with its negation, which NULL is not in either."""
        for use, condition, holds in self.conditions():
            condition = {"column": self.c.name, **condition}
            yield use, condition, lambda x, holds=holds: x is not None and holds(x)
            yield use, {"logic": "and", "not": True, "conditions": [condition]}, lambda x, holds=holds: x is not None and not holds(x)
        yield "isNull", {"column": self.c.name, "operator": "isNull"}, lambda x: x is None
        yield "isNotNull", {"column": self.c.name, "operator": "isNotNull"}, lambda x: x is not None

    def outcome(self, question, context=ADMIN):
        """Rows, or what refused them: a code, or PLANNED_OTHERWISE where the plan is not Trino's."""
        answer = self.run.ask({"from": self.table, **question, "prefer": ["trino"]}, context)
        if "data" in answer:
            return answer["data"] if answer["dialect"] == "trino" else "PLANNED_OTHERWISE"
        codes = {problem["code"] for problem in answer.get("errors", [])} or {answer["code"]}
        return sorted(codes)[0] if codes <= REFUSALS else f"FAULT {answer['code']} {answer.get('cause', answer['message'])}"[:300]

    def use(self, uses, question, read, want, about="", context=ADMIN):
        """Is the answer right? Of a refusal the uses are noted with its code."""
        got = self.outcome(question, context)
        fault = isinstance(got, str) and got.startswith("FAULT")
        if fault or (not isinstance(got, str) and read(got) != want):
            self.faults.append(f"{self.table}.{self.c.name} {uses} {about}: {got if fault else read(got)} instead of {want}"[:700])
        for use in uses:
            self.cells.add(use, got if isinstance(got, str) else RIGHT)
        return not isinstance(got, str)

    def in_blocks(self):
        """True: all conditions were one question, and none is refused."""
        blocks = list(self.blocks())
        assert len(blocks) <= BLOCKS
        parts = [{"logic": "and", "conditions": [{"column": "id", "operator": "between", "value": {"from": BLOCK * k, "to": BLOCK * k + BLOCK - 1}}, condition]}
                 for k, (_, condition, _) in enumerate(blocks)]
        got = self.outcome({"from": self.table + "Many", "columns": ["id"], "filters": [{"logic": "or", "conditions": parts}]})
        if isinstance(got, str) and not got.startswith("FAULT"):
            return False
        found = {k: [] for k in range(len(blocks))}
        for row in got if isinstance(got, list) else []:
            found[row["id"] // BLOCK].append(row["id"] % BLOCK)
        for k, (use, condition, holds) in enumerate(blocks):
            want = [i for i, v in enumerate(self.values) if holds(v)]
            if isinstance(got, str) or sorted(found[k]) != want:
                self.faults.append(f"{self.table}.{self.c.name} {condition}: {got if isinstance(got, str) else sorted(found[k])} instead of {want}"[:300])
            self.cells.add(use, RIGHT)
        return True

    def one_by_one(self):
        for use, condition, holds in self.blocks():
            self.use([use], {"columns": ["id"], "filters": [condition]}, lambda rows: sorted(r["id"] for r in rows), [i for i, v in enumerate(self.values) if holds(v)],
                     condition)

    def spelt(self, v):
        return canonical(self.c.declared, v)

    def groups(self):
        name, key, sort = self.c.name, self.c.key, self.c.sort
        members = {}
        for v in self.values:
            members.setdefault(None if v is None else key(v), []).append(v)
        want = sorted(((m[0] if k is None else min(m, key=sort), len(m)) for k, m in members.items()), key=lambda g: (g[0] is None, sort(g[0]) if g[0] is not None else 0))
        order = [{"column": name, "direction": "asc"}]
        self.use(["groupBy"], {"groupBy": [{"column": name}], "aggregations": [{"fn": "count", "column": "*", "alias": "n"}], "orderBy": order},
                 lambda rows: [(self.spelt(r[name]), r["n"]) for r in rows], want)
        self.use(["distinct"], {"columns": [name], "distinct": True, "orderBy": order}, lambda rows: [self.spelt(r[name]) for r in rows], [g[0] for g in want])

    def aggregates(self):
        c, known = self.c, self.known
        exact = dict(zip([self.spelt(v) for v in c.shown], c.summed or [number(v) for v in c.shown])) if c.is_number else {}
        total = sum(exact[v] for v in known) if c.is_number else 0
        close = lambda want: lambda v: abs(float(v) - float(want)) <= 1e-9 * abs(float(want)) or float(v)  # noqa: E731
        wanted = {"countDistinct": (itself, len({c.key(v) for v in known})), "min": (self.spelt, min(known, key=c.sort)), "max": (self.spelt, max(known, key=c.sort)),
                  "sum": (close(total), True), "avg": (close(total / len(known)), True)}
        fns = [fn for fn in wanted if fn in uses_of(c.declared)]
        for some in (fns, *([fn] for fn in fns)):
            took = self.use(some, {"aggregations": [{"fn": fn, "column": c.name, "alias": fn} for fn in some]},
                            lambda rows: {fn: wanted[fn][0](rows[0][fn]) for fn in some}, {fn: wanted[fn][1] for fn in some})
            if took:
                break

    def order(self):
        name, sort = self.c.name, self.c.sort
        rows = sorted(range(ROWS), key=lambda i: (self.values[i] is None, sort(self.values[i]) if self.values[i] is not None else 0, i))
        order = [{"column": name, "direction": "asc"}, {"column": "id", "direction": "asc"}]
        self.use(["selected"], {"columns": ["id", name]}, lambda rows: {r["id"]: self.spelt(r[name]) for r in rows}, dict(enumerate(self.values)))
        self.use(["orderBy"], {"columns": ["id"], "orderBy": order}, lambda rows: [r["id"] for r in rows], rows)
        got, page = [], {"first": ROWS - 4}
        for _ in range(2):
            answer = self.run.ask({"from": self.table, "columns": ["id"], "orderBy": order, "page": page, "prefer": ["trino"]}, ADMIN)
            if "data" not in answer:
                break
            got += [r["id"] for r in answer["data"]]
            page = {"first": ROWS, "after": answer["meta"]["page"]["endCursor"]}
        self.use(["page"], {"columns": ["id"], "orderBy": order, "page": {"first": ROWS - 4}}, lambda _: got, rows)

    def keys(self):
        key = self.c.key
        pairs = [i for i in range(ROWS) for j in range(ROWS) if None not in (self.values[i], self.values[j]) and key(self.values[i]) == key(self.values[j])]
        first = [{"column": "id", "operator": "<", "value": BLOCK}]
        self.use(["join"], {"from": self.table + "Many", "columns": ["id"], "filters": first, "joins": [{"table": self.table, "via": "by_" + self.c.name, "type": "inner",
                                                                                                         "columns": ["id"]}]},
                 lambda rows: sorted(next(iter(r.values())) for r in rows), pairs)
        self.use(["exists"], {"from": self.table + "Many", "columns": ["id"], "filters": [*first, {"table": self.table, "via": "by_" + self.c.name, "filters": []}]},
                 lambda rows: sorted(r["id"] for r in rows), sorted(set(pairs)))

    def every_use(self):
        if not self.in_blocks():
            self.one_by_one()
        self.order()
        self.groups()
        self.aggregates()
        self.keys()
        some = self.asked()[1:]
        self.use(["row filter"], {"columns": ["id"]}, lambda rows: sorted(r["id"] for r in rows),
                 [i for i, v in enumerate(self.values) if v is not None and self.c.key(v) in {self.c.key(x) for x in some}], some,
                 {"role": self.filtered, "contextValues": {"values": some}})


def why(name, column):
    if (name, column.name) == ("pg", "tEnum"):
        return "which of its texts are equal is not known"
    return WHY.get(column.name, "a value that the column does not hold")


def some(params):
    """A share of what is asked of Trino; all with MULTIDB_FULL=1."""
    return params[::STEP]


def columns_of(postgres, clickhouse, iceberg):
    return [pytest.param(name, c, id=f"{name}-{c.name}") for name, columns in (("pg", postgres), ("ch", clickhouse), ("ice", iceberg)) for c in columns]


@pytest.mark.parametrize("name,column", columns_of(POSTGRES, CLICKHOUSE, []))
def test_every_use_is_right(run, name, column):
    """Conditions alone, as connectors push them down."""
    asking = Asking(run, name, column)
    asking.everything()
    assert not asking.faults, "\n".join(asking.faults)


@pytest.mark.parametrize("name,column,is_typed", some([pytest.param(*p.values, is_typed, id=f"{p.id}-{way}") for way, is_typed in (("known", True), ("unknown", False))
                                                      for p in columns_of(ALL["pg"], ALL["ch"], ALL["ice"])]))
def test_every_use_is_right_or_refused(run, name, column, is_typed, record_property, monkeypatch):
    monkeypatch.setattr(cli, "WATCHERS", [])  # the auditor does not know which values a column cannot hold
    asking = Asking(run, name, column, is_typed)
    if (column.name, is_typed) == ("xZone", False):
        for use in uses_of(column.declared):  # no other rows of a kind that anything could see: the text is one of UTC
            asking.cells.add(use, NOT_DETECTED)
    else:
        asking.every_use()
    assert not asking.faults, "\n".join(asking.faults)
    assert set(asking.cells.by_use) == set(uses_of(column.declared))
    asking.cells.note(record_property, f"{NAMES[name]} through Trino", column.declared, column.sql, is_typed, why(name, column))


@pytest.mark.parametrize("name,column", columns_of(REFUSED_POSTGRES, REFUSED_CLICKHOUSE, REFUSED_ICEBERG))
def test_is_refused(run, name, column):
    refused = run[True].ask({"from": name, "columns": [column.name], "prefer": ["trino"]}, ADMIN)
    assert refused.get("dialect") != "trino" and refused.get("code") in (None, "UNSUPPORTED", "TYPE_MISMATCH", "UNREACHABLE_TABLES"), refused


def test_a_real_is_compared_with_its_database_type_alone(run):
    """Trino finds no real by a double, and PostgreSQL itself does."""
    found = {"from": "pg", "columns": ["id"], "filters": [{"column": "fReal", "operator": "=", "value": 0.1}]}
    assert len(run[False].ask(found, ADMIN)["data"]) == 3
    refused = run[False].ask({**found, "prefer": ["trino"]}, ADMIN)
    assert refused.get("code") == "TYPE_MISMATCH", refused
    shown = run[False].ask({"from": "pg", "columns": ["fReal"], "limit": 1, "prefer": ["trino"]}, ADMIN)
    assert (shown["dialect"], shown["data"]) == ("trino", [{"fReal": Decimal("0.1")}]), shown
