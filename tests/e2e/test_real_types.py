"""Every use of a column of every real type of PostgreSQL, with databaseType and without it: the answer is the oracle's (tests/lib/real_types.py), or a refusal.
Nothing else is taken: no other rows, no error of the database. The cells of docs/conformance.md are noted in the report (tests/lib/real_cells.py)."""
import collections
import json
import re

import pytest

import database
from cli import Run
from real_cells import REFUSALS, RIGHT, Cells, uses_of
from real_types import COLUMNS, LABELS, canonical, patterns_of

PREPARED = """CREATE EXTENSION citext; CREATE EXTENSION fuzzystrmatch; CREATE COLLATION nd (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN d_text AS text; CREATE DOMAIN d_citext AS citext; CREATE DOMAIN d_int AS int CHECK (VALUE > 0);
CREATE TYPE state AS ENUM ('new', 'waiting', 'done', 'archived');"""
ROWS = 49  # every pair of a column and its twin comes up
BY_NAME = {c.name: c for c in COLUMNS}


def at(c, i, is_twin):
    """The number of a column's value in row i, or None for NULL."""
    n = len(c.values) + 1
    k = i // n % n if is_twin else i % n
    return k if k < len(c.values) else None


def cell(c, i, is_twin=False):
    k = at(c, i, is_twin)
    return None if k is None else canonical(c.declared, c.shown[k])


def literal(text):
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def ddl():
    names = [f'"{c.name}{twin}" {c.sql}' for c in COLUMNS for twin in ("", "Other")]
    rows = []
    for i in range(ROWS):
        texts = [None if at(c, i, twin) is None else c.values[at(c, i, twin)] for c in COLUMNS for twin in (False, True)]
        rows.append("(" + ", ".join([str(i), *map(literal, texts)]) + ")")
    copies = "".join(f"CREATE TABLE {t} (LIKE plain INCLUDING ALL); INSERT INTO {t} TABLE plain;\n" for t in ("plain2", "typed", "typed2"))
    return f"{PREPARED}\nCREATE TABLE plain (id int PRIMARY KEY, {', '.join(names)});\nINSERT INTO plain VALUES {', '.join(rows)};\n{copies}"


def described(c, twin, is_named):
    named = {**({"databaseType": c.known} if is_named else {}), **({"values": LABELS} if c.declared == "enum" else {})}
    return {"apiName": c.name + twin, "physicalName": c.name + twin, "type": c.declared, "nullable": True, **named}


def table(name, is_named, others=None):
    columns = [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]
    columns += [described(c, twin, is_named) for c in COLUMNS for twin in ("", "Other")]
    relations = [{"column": c.name, "references": {"table": others, "column": c.name + "Other"}, "type": "many-to-one", "name": "by_" + c.name} for c in COLUMNS] \
        if others else []
    return {"id": name, "apiName": name, "database": "pg", "physicalName": f"public.{name}", "primaryKey": ["id"], "columns": columns, "relations": relations}


def filtered(c, op, name):
    rule = {"column": c.name, "operator": op, "valueFrom": "context", "contextKey": "value"}
    return {"id": f"{name} {op} {c.name}", "tables": [{"tableId": name, "allowedColumns": ["id"], "filters": [rule]}]}


@pytest.fixture(scope="module")
def run(pg, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reals")
    pg.psql("CREATE DATABASE reals")
    pg.psql(ddl(), database="reals")
    tables = [table("plain", False, "plain2"), table("plain2", False), table("typed", True, "typed2"), table("typed2", True)]
    roles = [{"id": "all", "tables": "*"}] + [filtered(c, op, name) for c in COLUMNS for op in ("=", "!=", "in") for name in ("plain", "typed")]
    config = {"databases": [{"id": "pg", "engine": "postgres", "connection": {"url": {"env": "REALS_URL"}}}], "tables": tables, "roles": roles}
    path = database.write(config, folder / "config.json")
    with Run(path, {"REALS_URL": pg.url_for(database="reals")}) as process:
        yield process


def refusal_or_fault(answer):
    problems = {problem["code"] for problem in answer.get("errors", [])} or {answer["code"]}
    return sorted(problems)[0] if problems <= REFUSALS else f"FAULT {json.dumps(answer, default=str)}"


class Asking:
    """One column in one of the tables. faults: what was neither right nor refused."""

    def __init__(self, run, column, name):
        self.run, self.c, self.table, self.faults, self.cells = run, column, name, [], Cells()
        unfit = column.unfit if name == "plain" else ()
        self.stored, self.stored_twins = [cell(column, i) for i in range(ROWS)], [cell(column, i, True) for i in range(ROWS)]
        self.values = [None if at(column, i, False) in unfit else v for i, v in enumerate(self.stored)]
        self.twins = [None if at(column, i, True) in unfit else v for i, v in enumerate(self.stored_twins)]

    def answer(self, question, role="all", values=None):
        answer = self.run.ask({"from": self.table, **question}, {"role": role, "contextValues": values or {}})
        if "data" in answer:
            return answer["data"]
        return refusal_or_fault(answer)

    def note(self, use, got, want, about=""):
        """Keeps a result; a refusal is one wherever it stands."""
        fault = isinstance(got, str) and got.startswith("FAULT")
        if fault or (not isinstance(got, str) and got != want):
            self.faults.append(f"{self.table}.{self.c.name} {use} {about}: {got} instead of {want}"[:600])
        self.cells.add(use, got if isinstance(got, str) else RIGHT)

    def ids(self, use, filters, holds, about=""):
        got = self.answer({"columns": ["id"], "filters": filters})
        if isinstance(got, list):
            got = sorted(row["id"] for row in got)
        self.note(use, got, [i for i in range(ROWS) if holds(i)], about)

    def where(self, op, value, holds):
        """The condition, and its negation: NULL is in neither."""
        condition = {"column": self.c.name, "operator": op, "value": value}
        self.ids(op, [condition], lambda i: self.values[i] is not None and holds(self.values[i]), value)
        self.ids(op, [{"logic": "and", "not": True, "conditions": [condition]}], lambda i: self.values[i] is not None and not holds(self.values[i]), f"not {value}")

    # ---- uses ----

    def equality(self):
        key, asked = self.c.key, [canonical(self.c.declared, v) for v in [*self.c.shown, *self.c.asked]]
        for v in asked:
            self.where("=", v, lambda x: key(x) == key(v))
            self.where("!=", v, lambda x: key(x) != key(v))
        for some in (asked[:1], asked[-2:], asked):
            keys = {key(v) for v in some}
            self.where("in", some, lambda x: key(x) in keys)
            self.where("notIn", some, lambda x: key(x) not in keys)
        for op in ("=", "!=", "in"):
            for v in asked:
                got = self.answer({"columns": ["id"]}, f"{self.table} {op} {self.c.name}", {"value": [v] if op == "in" else v})
                got = sorted(row["id"] for row in got) if isinstance(got, list) else got
                self.note("row filter", got, [i for i in range(ROWS) if self.values[i] is not None and (key(self.values[i]) == key(v)) == (op != "!=")], f"{op} {v}")

    def ranges(self):
        s, asked = self.c.sort, [canonical(self.c.declared, v) for v in [*self.c.shown, *self.c.asked]]
        for v in asked:
            self.where(">", v, lambda x: s(x) > s(v))
            self.where("<", v, lambda x: s(x) < s(v))
            self.where(">=", v, lambda x: s(x) >= s(v))
            self.where("<=", v, lambda x: s(x) <= s(v))
        low, high = asked[0], asked[-1]
        self.where("between", {"from": low, "to": high}, lambda x: s(low) <= s(x) <= s(high))
        self.where("notBetween", {"from": low, "to": high}, lambda x: not s(low) <= s(x) <= s(high))

    def patterns(self):
        for v in self.c.shown[:2]:
            for op, value, holds in patterns_of(v):
                self.where(op, value, holds)

    def nulls(self):
        for op, is_null in (("isNull", True), ("isNotNull", False)):
            self.ids(op, [{"column": self.c.name, "operator": op}], lambda i: (self.stored[i] is None) == is_null)

    def order(self):
        rows = sorted(range(ROWS), key=lambda i: (self.values[i] is None, self.c.sort(self.values[i]) if self.values[i] is not None else 0, i))
        order = [{"column": self.c.name, "direction": "asc"}]
        question = {"columns": ["id", self.c.name], "orderBy": [*order, {"column": "id", "direction": "asc"}]}
        got = self.answer(question)
        if isinstance(got, list):
            got = [(row["id"], canonical(self.c.declared, row[self.c.name])) for row in got]
        self.note("orderBy", got, [(i, self.values[i]) for i in rows])
        self.pages("page", {"columns": ["id"], "orderBy": order}, 7, [{"id": i} for i in rows])

    def pages(self, use, question, size, want):
        got, after = [], None
        for _ in range(len(want) + 2):
            page = {"first": size, **({"after": after} if after else {})}
            answer = self.run.ask({"from": self.table, **question, "page": page}, {"role": "all"})
            if "data" not in answer:
                got = refusal_or_fault(answer)
                break
            got += answer["data"]
            if not answer["meta"]["page"]["hasNext"]:
                break
            after = answer["meta"]["page"]["endCursor"]
        self.note(use, got, want)

    def groups(self):
        members = collections.defaultdict(list)
        for v in self.stored:
            members[None if v is None else self.c.key(v)].append(v)
        spelt = {k: v[0] if k is None else min(v, key=self.c.sort) for k, v in members.items()}
        want = sorted(((spelt[k], len(members[k])) for k in members), key=lambda g: (g[0] is None, self.c.sort(g[0]) if g[0] is not None else 0))
        counted = {"groupBy": [{"column": self.c.name}], "aggregations": [{"fn": "count", "column": "*", "alias": "n"}]}
        got = self.answer({**counted, "orderBy": [{"column": self.c.name, "direction": "asc"}]})
        self.note("groupBy", [(canonical(self.c.declared, r[self.c.name]), r["n"]) for r in got] if isinstance(got, list) else got, want)
        distinct = {"columns": [self.c.name], "distinct": True, "orderBy": [{"column": self.c.name, "direction": "asc"}]}
        got = self.answer(distinct)
        self.note("distinct", [canonical(self.c.declared, r[self.c.name]) for r in got] if isinstance(got, list) else got, [g[0] for g in want])
        got = self.answer({"aggregations": [{"fn": "countDistinct", "column": self.c.name, "alias": "n"}]})
        self.note("countDistinct", got, [{"n": len(members) - (None in members)}])
        if isinstance(self.answer(distinct), list):
            self.pages("page", distinct, 2, self.answer(distinct))
            self.pages("page", {**counted, "orderBy": [{"column": self.c.name, "direction": "asc"}]}, 2,
                       self.answer({**counted, "orderBy": [{"column": self.c.name, "direction": "asc"}]}))

    def aggregates(self):
        known = [v for v in self.values if v is not None]
        if self.c.declared not in ("boolean", "uuid"):
            for fn, pick in (("min", min), ("max", max)):
                got = self.answer({"aggregations": [{"fn": fn, "column": self.c.name, "alias": "m"}]})
                self.note(fn, [canonical(self.c.declared, got[0]["m"])] if isinstance(got, list) else got, [pick(known, key=self.c.sort)])
        if self.c.is_number:
            exact = dict(zip(self.c.shown, self.c.summed)) if self.c.summed else None
            total = sum(exact[v] if exact else v for v in (known if not exact else [next(s for s in self.c.shown if canonical("float", s) == k) for k in known]))
            for fn, want in (("sum", total), ("avg", total / len(known))):
                got = self.answer({"aggregations": [{"fn": fn, "column": self.c.name, "alias": "m"}]})
                if isinstance(got, list):
                    got = abs(float(got[0]["m"]) - float(want)) < 1e-9
                self.note(fn, got, True)

    def columns(self):
        key, s = self.c.sort, self.c.sort
        both = [i for i in range(ROWS) if self.values[i] is not None and self.twins[i] is not None]
        ops = [("=", lambda a, b: key(a) == key(b)), ("!=", lambda a, b: key(a) != key(b))]
        if self.c.declared not in ("boolean", "uuid"):
            ops += [(">", lambda a, b: s(a) > s(b)), ("<=", lambda a, b: s(a) <= s(b))]
        for op, holds in ops:
            condition = {"column": self.c.name, "operator": op, "refColumn": self.c.name + "Other"}
            self.ids("= column" if op in ("=", "!=") else "> column", [condition], lambda i: i in both and holds(self.values[i], self.twins[i]), op)

    def keys(self):
        related = {self.c.key(self.stored_twins[i]) for i in range(20) if self.stored_twins[i] is not None}
        node = {"table": self.table + "2", "via": "by_" + self.c.name, "filters": [{"column": "id", "operator": "<", "value": 20}]}
        self.ids("exists", [node], lambda i: self.stored[i] is not None and self.c.key(self.stored[i]) in related)
        got = self.answer({"columns": ["id"], "joins": [{"table": self.table + "2", "via": "by_" + self.c.name, "type": "inner", "columns": ["id"]}],
                           "filters": [{"table": self.table + "2", "column": "id", "operator": "<", "value": 20}]})
        want = [i for i in range(ROWS) for j in range(20) if self.stored[i] is not None and self.stored_twins[j] is not None and self.c.key(self.stored[i]) == self.c.key(self.stored_twins[j])]
        self.note("join", sorted(next(iter(row.values())) for row in got) if isinstance(got, list) else got, want)

    def shown(self):
        got = self.answer({"columns": ["id", self.c.name]})
        want = {i: self.values[i] for i in range(ROWS)}
        self.note("selected", {row["id"]: canonical(self.c.declared, row[self.c.name]) for row in got} if isinstance(got, list) else got, want)

    def every_use(self):
        self.shown()
        self.nulls()
        self.equality()
        self.groups()
        self.columns()
        self.keys()
        if self.c.declared not in ("boolean", "uuid"):
            self.ranges()
        if self.c.is_text:
            self.patterns()
        self.order()
        self.aggregates()
        assert not self.faults, "\n".join(self.faults[:12])
        assert set(self.cells.by_use) == set(uses_of(self.c.declared))


def asked(columns):
    return [pytest.param(c, name, id=f"{c.name}-{name}") for c in columns for name in ("plain", "typed")]


@pytest.mark.parametrize("column, name", asked(COLUMNS))
def test_every_use_is_right_or_refused(run, column, name, record_property):
    asking = Asking(run, column, name)
    asking.every_use()
    asking.cells.note(record_property, "PostgreSQL", column.declared, column.sql, name == "typed", column.why)


LOOSE = {  # ids as they are asked for, in an order of their own; the rows that they find
    "citext": (["Carol", "nobody", "BOB", "alice", "DAVE"], ["carol", "Bob", "Alice", "dave"]),
    "character(6)": (["c  ", "x", "a", "b "], ["c", "a", "b"]),
    'text COLLATE "nd"': (["CAROL", "bob", "nobody", "Alice"], ["carol", "Bob", "ALICE"]),
    "uuid": (["11111111-2222-4333-8444-55555555555B", "11111111-2222-4333-8444-55555555555A"],
             ["11111111-2222-4333-8444-55555555555b", "11111111-2222-4333-8444-55555555555a"]),
    "text": (["b", "a", "B"], ["b", "a"]),
}


@pytest.fixture(scope="module")
def loose(run, pg, tmp_path_factory):
    """Tables whose keys the database compares without regard to case or padding."""
    tables, sql = [], []
    for i, (real, (_, rows)) in enumerate(LOOSE.items()):
        for name in (f"loose{i}", f"named{i}"):
            sql.append(f"CREATE TABLE {name} (code {real} PRIMARY KEY); INSERT INTO {name} VALUES " + ", ".join(f"({literal(r)})" for r in sorted(rows)) + ";")
            known = {"databaseType": real} if name.startswith("named") and "COLLATE" not in real else {}
            tables.append({"id": name, "apiName": name, "database": "pg", "physicalName": f"public.{name}", "primaryKey": ["code"],
                           "columns": [{"apiName": "code", "physicalName": "code", "type": "string", "nullable": False, **known}]})
    pg.psql("\n".join(sql), database="reals")
    config = {"databases": [{"id": "pg", "engine": "postgres", "connection": {"url": {"env": "REALS_URL"}}}], "tables": tables,
              "roles": [{"id": "all", "tables": "*"}]}
    path = database.write(config, tmp_path_factory.mktemp("loose") / "config.json")
    with Run(path, {"REALS_URL": pg.url_for(database="reals")}) as process:
        yield process


@pytest.mark.parametrize("prefix", ["loose", "named"])
@pytest.mark.parametrize("number, real", [pytest.param(i, real, id=re.sub(r"\W+", "_", real)) for i, real in enumerate(LOOSE)])
def test_rows_stand_where_the_database_finds_their_ids(loose, prefix, number, real):
    ids, rows = LOOSE[real]
    answer = loose.ask({"from": f"{prefix}{number}", "columns": ["code"], "byIds": ids}, {"role": "all"})
    assert [row["code"] for row in answer.get("data", [])] == rows, answer
