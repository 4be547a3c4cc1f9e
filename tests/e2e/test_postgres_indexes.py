"""Indexes of PostgreSQL serve the statements on columns of every real type: EXPLAIN of what is planned, with and without databaseType. Sequential scans are
disabled, so that the server takes one only where no index can serve the condition."""
import re

import pytest

import database
from cli import call_json

TABLE = """CREATE EXTENSION citext; CREATE TYPE state AS ENUM ('new', 'waiting', 'done');
CREATE TABLE indexed (id text PRIMARY KEY, small smallint, whole int, amount numeric(12,2), ratio real, label varchar(40), name text, mail citext, code char(6), state state,
  key uuid, moment timestamp, address inet);
INSERT INTO indexed SELECT 'k' || i, i % 30000, i, i / 7.0, i / 10.0, 'l' || i, 'n' || i, 'm' || i, 'c' || i % 9999, (ARRAY['new', 'waiting', 'done']::state[])[i % 3 + 1],
  gen_random_uuid(), '2024-01-01'::timestamp + i * interval '1 minute', '10.0.0.0'::inet + i FROM generate_series(1, 20000) AS i;
""" + "".join(f"CREATE INDEX ON indexed ({c});" for c in "small whole amount ratio mail code state key moment address".split()) + """
CREATE INDEX ON indexed (label); CREATE INDEX ON indexed (name); CREATE INDEX by_label ON indexed (label COLLATE "C"); CREATE INDEX by_name ON indexed (name COLLATE "C");
ANALYZE indexed;"""
TYPES = {"id": ("string", "text"), "small": ("int", "smallint"), "whole": ("int", "integer"), "amount": ("decimal", "numeric(12,2)"), "ratio": ("float", "real"),
         "label": ("string", "varchar(40)"), "name": ("string", "text"), "mail": ("string", "citext"), "code": ("string", "char(6)"), "state": ("string", "state"),
         "key": ("uuid", "uuid"), "moment": ("timestamp", "timestamp"), "address": ("string", "inet")}
UUID = "11111111-2222-4333-8444-555555555555"
VALUES = {"small": [1, 2], "whole": [1, 2], "amount": [1.5, 2], "ratio": [0.1, 0.2], "label": ["l1", "l2"], "name": ["n1", "n2"], "mail": ["M1", "m2"],
          "code": ["c1", "c2"], "state": ["new", "done"], "key": [UUID, UUID[:-1] + "6"], "moment": ["2024-01-01T00:01:00Z", "2024-01-01T00:02:00Z"],
          "address": ["10.0.0.1", "10.0.0.2"]}
RANGED = ["small", "whole", "amount", "ratio", "label", "name", "moment"]


@pytest.fixture(scope="module")
def ask(pg, tmp_path_factory):
    pg.psql("CREATE DATABASE indexes")
    pg.psql(TABLE, database="indexes")
    folder, paths = tmp_path_factory.mktemp("indexes"), {}
    for name in ("plain", "typed"):
        columns = [{"apiName": c, "physicalName": c, "type": t, "nullable": c != "id", **({"databaseType": real} if name == "typed" else {})}
                   for c, (t, real) in TYPES.items()]
        config = {"databases": [{"id": "pg", "engine": "postgres", "connection": {"url": {"env": "INDEXES_URL"}}}],
                  "tables": [{"id": "t", "apiName": "t", "database": "pg", "physicalName": "public.indexed", "primaryKey": ["id"], "columns": columns}],
                  "roles": [{"id": "all", "tables": "*"}]}
        paths[name] = database.write(config, folder / f"{name}.json")

    def explained(name, question):
        status, answer = call_json("plan", paths[name], {"from": "t", **question}, {"role": "all"}, {"INDEXES_URL": pg.url_for(database="indexes")})
        assert status == 0, answer
        params = ["'{" + ",".join(str(v) for v in p) + "}'" if isinstance(p, list) else "'" + str(p).replace("'", "''") + "'" for p in answer["params"]]
        executed = "EXECUTE p" + (f"({', '.join(params)})" if params else "")
        return pg.psql(f"SET enable_seqscan = off; PREPARE p AS {answer['sql']}; EXPLAIN {executed};", database="indexes"), answer["sql"]
    return explained


def is_served(plan, column):
    """Does an index find the rows by the column?"""
    return re.search(rf"Index Cond: .*\b{column}\b", plan) is not None


@pytest.mark.parametrize("table", ["plain", "typed"])
@pytest.mark.parametrize("column", VALUES)
def test_an_index_serves_equality_and_lists(ask, table, column):
    for filters in ([{"column": column, "operator": "=", "value": VALUES[column][0]}], [{"column": column, "operator": "in", "value": VALUES[column]}]):
        plan, sql = ask(table, {"columns": ["id"], "filters": filters})
        assert is_served(plan, column), f"{sql}\n{plan}"


@pytest.mark.parametrize("table", ["plain", "typed"])
def test_an_index_serves_ids(ask, table):
    plan, sql = ask(table, {"columns": ["whole"], "byIds": ["k1", "k2", "none"]})
    assert is_served(plan, "id"), f"{sql}\n{plan}"


@pytest.mark.parametrize("table", ["plain", "typed"])
@pytest.mark.parametrize("column", RANGED)
def test_an_index_serves_ranges_and_order(ask, table, column):
    low, high = VALUES[column]
    for op, value in ((">", high), ("<=", low), ("between", {"from": low, "to": high})):
        plan, sql = ask(table, {"columns": ["id"], "filters": [{"column": column, "operator": op, "value": value}]})
        assert is_served(plan, column), f"{sql}\n{plan}"
    plan, sql = ask(table, {"columns": ["id"], "orderBy": [{"column": column, "direction": "asc"}], "limit": 3})
    assert "Sort" not in plan and "Index" in plan, f"{sql}\n{plan}"


def test_an_index_of_smallint_serves_a_value_that_is_no_smallint(ask):
    plan, sql = ask("plain", {"columns": ["id"], "filters": [{"column": "small", "operator": "in", "value": [40000, 1]}]})
    assert is_served(plan, "small"), f"{sql}\n{plan}"
