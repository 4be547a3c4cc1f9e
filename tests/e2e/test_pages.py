"""Keyset pages: walks that equal the whole ordered list, also while rows come and go; cursors that no other caller's query opens; reads that don't grow with the depth."""
import json
import random
import sqlite3

import pytest

import database
import things
import walking
from cli import Run, call, call_json
from walking import ADMIN

ROUNDS = 25


@pytest.mark.parametrize("kind", walking.KINDS)
def test_pages_together_are_the_whole_list(kind, all_types):
    r = random.Random(f"pages {kind}")
    for _ in range(ROUNDS):
        definition = walking.KINDS[kind](r)
        assert walking.walk(all_types.run.ask, definition, lambda: r.randint(1, 9)) == walking.whole(all_types.run.ask, definition), definition


@pytest.mark.parametrize("column", walking.SCALARS)
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_by_every_type(column, direction, all_types):
    for nulls in ("first", "last"):
        definition = {"from": "things", "columns": ["doc", column], "orderBy": [{"column": column, "direction": direction, "nulls": nulls}]}
        assert walking.walk(all_types.run.ask, definition, 7) == walking.whole(all_types.run.ask, definition)


BY_ROW = {"roles": {"user": ["unfiltered", "all-columns-of-tenant"]}, "contextValues": {"tenant": things.TENANTS[0]}}


@pytest.mark.parametrize("keys", [["ready"], ["ref"], ["ratio"], ["name", "raw"], ["day"], ["moment", "small"]], ids=" ".join)
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_by_groups_of_cells_that_depend_on_the_row(keys, direction, all_types):
    entries = [{"column": k, **({"bucket": "month", "as": "month"} if k == "day" else {})} for k in keys]
    definition = {"from": "things", "groupBy": entries, "aggregations": [{"fn": "count", "column": "*", "alias": "n"}, {"fn": "max", "column": "big", "alias": "m"}],
                  "orderBy": [{"column": "n", "direction": direction}, {"column": entries[0].get("as", keys[0]), "direction": "desc"}, {"column": "m", "direction": "asc"}]}
    assert walking.walk(all_types.run.ask, definition, 2, context=BY_ROW) == walking.whole(all_types.run.ask, definition, BY_ROW)
    del definition["orderBy"][0], definition["orderBy"][-1]
    assert walking.walk(all_types.run.ask, definition, 2, context=BY_ROW) == walking.whole(all_types.run.ask, definition, BY_ROW)


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_by_cells_that_depend_on_the_row(direction, all_types):
    for columns in (["ready", "ref"], ["price", "ratio"], ["name", "raw"], ["moment", "id"]):
        for distinct in (False, True):
            definition = {"from": "things", "columns": columns, "distinct": distinct, "orderBy": [{"column": c, "direction": direction} for c in columns]}
            assert walking.walk(all_types.run.ask, definition, 7, context=BY_ROW) == walking.whole(all_types.run.ask, definition, BY_ROW)


# ---- rows come and go ----

TABLE = {"id": "log", "apiName": "log", "database": "lite", "physicalName": "log", "primaryKey": ["id"], "columns": [
    {"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, {"apiName": "rank", "physicalName": "rank", "type": "int", "nullable": True},
    {"apiName": "word", "physicalName": "word", "type": "string", "nullable": True}]}
KEYS = ["a secret of sixteen bytes or more"]


def log(engine, connection):
    return {"databases": [{"id": "lite", "engine": engine, "connection": connection}], "tables": [TABLE], "roles": [{"id": "admin", "tables": "*"}], "server": {"cursorKeys": KEYS}}


@pytest.fixture(params=["sqlite", "postgres"])
def changing(request, tmp_path, pg):
    """(ask, execute): a table of 120 rows that changes while it is read"""
    if request.param == "sqlite":
        db = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
        execute, connection = db.execute, {"url": "sqlite:log.db"}
    else:
        execute, connection = pg.psql, {"url": pg.url}
    execute("DROP TABLE IF EXISTS log")
    execute("CREATE TABLE log (id integer PRIMARY KEY, rank integer, word text)")
    execute("INSERT INTO log VALUES " + ", ".join(f"({i}, {'NULL' if i % 5 == 0 else i * 7 % 4}, {'NULL' if i % 7 == 0 else repr('w%d' % (i % 3))})" for i in range(0, 1200, 10)))
    path = database.write(log(request.param, connection), tmp_path / "multidb.json")
    with Run(path) as run:
        yield run.ask, execute
    execute("DROP TABLE log")


def test_shows_each_row_that_existed_throughout_once(changing):
    ask, execute = changing
    r = random.Random("pages while rows come and go")
    lasting = set(range(0, 1200, 20))
    for n in range(5):
        order = walking.some_order(r, ["rank", "word", "id"])
        fresh = iter(r.sample([i for i in range(-3000, 5000) if i % 10 == n + 1], 500))

        def meddle(page):
            execute(f"INSERT INTO log VALUES ({next(fresh)}, {r.choice(['NULL', '-1', '0', '1', '2', '9'])}, {r.choice(['NULL', repr('w1'), repr('zz')])})")
            execute(f"DELETE FROM log WHERE id = {r.randrange(10, 1200, 20)}")
        ids = [row["id"] for row in walking.walk(ask, {"from": "log", "columns": ["id"], "orderBy": order}, lambda: r.randint(3, 12), between=meddle)]
        assert len(ids) == len(set(ids)), f"{order}: repeated {[i for i in ids if ids.count(i) > 1]}"
        assert lasting <= set(ids), f"{order}: lost {lasting - set(ids)}"


# ---- whose cursor ----

QUERY = {"from": "things", "columns": ["id", "name"], "orderBy": [{"column": "name", "direction": "asc"}], "filters": [{"column": "id", "operator": ">", "value": 0}]}
OTHERS = [{"columns": ["id"]}, {"orderBy": [{"column": "name", "direction": "desc"}]}, {"orderBy": [{"column": "name", "direction": "asc", "nulls": "first"}]}, {"orderBy": []},
          {"filters": [{"column": "id", "operator": ">", "value": 1}]}, {"filters": []}, {"distinct": True}, {"joins": [{"table": "nodes"}]}, {"from": "pairs", "columns": [], "orderBy": []}]
SAME = [{"page": {"first": 50}}, {"freshness": "hours"}, {"numbers": "string"}, {"debug": True}, {"timeoutMs": 9000}, {"avoid": ["trino"]}, {"executeMode": "execute"}]


def cursor(run, context=ADMIN):
    return run.ask({**QUERY, "page": {"first": 3}}, context)["meta"]["page"]["endCursor"]


def behind(run, after, context=ADMIN, **changed):
    definition = {**QUERY, **changed}
    return run.ask({**definition, "page": {"first": 3, **definition.get("page", {}), "after": after}}, context)


def refused(answer):
    assert [(e["code"], e["pointer"]) for e in answer.get("errors", [])] == [("INVALID_PAGE", "/page/after")], answer
    return True


@pytest.mark.parametrize("other", OTHERS, ids=json.dumps)
def test_refuses_the_cursor_of_another_query(other, all_types):
    assert "data" in behind(all_types.run, cursor(all_types.run))
    answer = behind(all_types.run, cursor(all_types.run), **other)
    assert other.get("from") == "pairs" and answer["code"] == "VALIDATION_FAILED" or refused(answer)


@pytest.mark.parametrize("same", SAME, ids=json.dumps)
def test_accepts_the_cursor_in_another_spelling_of_the_query(same, all_types):
    assert "data" in behind(all_types.run, cursor(all_types.run), **same)


def test_refuses_the_cursor_of_another_caller(all_types):
    after = cursor(all_types.run, {"role": "admin", "contextValues": {"a": 1, "b": {"x": [1], "y": None}}})
    for context in ({"role": "admin"}, {"role": "admin", "contextValues": {"a": 2, "b": {"x": [1], "y": None}}}, {"role": "admin", "contextValues": {"a": "1", "b": {"x": [1], "y": None}}},
                    {"roles": {"user": ["admin"], "service": ["admin"]}, "contextValues": {"a": 1, "b": {"x": [1], "y": None}}}):
        assert refused(behind(all_types.run, after, context))
    for context in ({"contextValues": {"b": {"y": None, "x": [1]}, "a": 1}, "roles": {"user": ["admin", "admin"]}},):
        assert "data" in behind(all_types.run, after, context)


def test_refuses_a_changed_cursor(all_types):
    after = cursor(all_types.run)
    for i in range(len(after)):
        assert refused(behind(all_types.run, after[:i] + ("A" if after[i] != "A" else "B") + after[i + 1:]))
    for text in (after[:-1], after[:-4], after[:-64], after + "A", after + after, after + "=", " " + after, "A" * 64, "é", "x" * 100000):
        assert refused(behind(all_types.run, text))


def test_cursor_shows_no_value(all_types):
    """The same length whatever the values; a position has one cursor."""
    found = {}
    for row in range(1, 30):
        told = all_types.run.ask({**QUERY, "page": {"first": row}}, ADMIN)["meta"]["page"]["endCursor"]
        found[row] = told
        assert told == all_types.run.ask({**QUERY, "page": {"first": row}}, ADMIN)["meta"]["page"]["endCursor"]
    assert len(set(found.values())) == len(found) and len({len(c) for c in found.values()}) <= 2


# ---- keys ----

def config_with(tmp_path, server):
    with sqlite3.connect(tmp_path / "log.db") as db:
        db.execute("CREATE TABLE IF NOT EXISTS log (id integer PRIMARY KEY, rank integer, word text)")
        db.executemany("INSERT OR IGNORE INTO log VALUES (?, 1, 'w')", [(i,) for i in range(10)])
    config = log("sqlite", {"url": "sqlite:log.db"})
    config.pop("server")
    return database.write({**config, **({"server": server} if server else {})}, tmp_path / "multidb.json")


def page_of(path, after=None, env=None):
    return call_json("query", path, {"from": "log", "page": {"first": 2, **({"after": after} if after else {})}}, ADMIN, env=env)[1]


def test_opens_cursors_of_every_configured_key(tmp_path):
    """The first seals, all open: from one process to the next, and while a new key takes over."""
    (tmp_path / "key").write_text("the second key of this test\n")
    old, new, file = "the first key of this test", {"env": "MULTIDB_TEST_CURSOR_KEY"}, {"file": "key"}
    env = {"MULTIDB_TEST_CURSOR_KEY": "the third key of this test"}
    after = page_of(config_with(tmp_path, {"cursorKeys": [old]}))["meta"]["page"]["endCursor"]
    for keys in ([old], [new, old], [file, new, old]):
        assert [r["id"] for r in page_of(config_with(tmp_path, {"cursorKeys": keys}), after, env)["data"]] == [2, 3]
    assert refused(page_of(config_with(tmp_path, {"cursorKeys": [file, new]}), after, env))
    of_file = page_of(config_with(tmp_path, {"cursorKeys": [file, old]}))["meta"]["page"]["endCursor"]
    assert refused(page_of(config_with(tmp_path, {"cursorKeys": [old]}), of_file))


def test_refuses_cursors_of_another_process_without_configured_keys(tmp_path):
    path = config_with(tmp_path, None)
    with Run(path) as run:
        after = run.ask({"from": "log", "page": {"first": 2}}, ADMIN)["meta"]["page"]["endCursor"]
        answer = page_of(path, after)
        assert refused(answer) and "server.cursorKeys" in answer["errors"][0]["message"]
        assert [r["id"] for r in walking.walk(run.ask, {"from": "log", "columns": ["id"]}, 3)] == list(range(10))


def test_command_line_says_that_there_is_more(tmp_path):
    path = config_with(tmp_path, {"cursorKeys": KEYS})
    for fmt in ("table", "json", "ndjson", "csv"):
        done = call("query", "--config", path, "--role", "admin", "--format", fmt, {"from": "log", "columns": ["id"], "page": {"first": 4}})
        after = done.stderr.split('"after": "')[1].split('"')[0]
        assert done.returncode == 0 and after not in done.stdout
        done = call("query", "--config", path, "--role", "admin", "--format", fmt, {"from": "log", "columns": ["id"], "page": {"first": 9, "after": after}})
        assert done.returncode == 0 and "after" not in done.stderr


def test_a_call_without_keys_offers_no_cursor(tmp_path):
    """No other process could open it."""
    path = config_with(tmp_path, None)
    assert page_of(path)["meta"]["page"] == {"first": 2, "hasNext": True}
    for fmt in ("table", "json", "ndjson", "csv"):
        done = call("query", "--config", path, "--role", "admin", "--format", fmt, {"from": "log", "columns": ["id"], "page": {"first": 4}})
        assert done.returncode == 0 and done.stderr == "there are more rows; a cursor to them needs server.cursorKeys in the configuration\n"
        done = call("query", "--config", path, "--role", "admin", "--format", fmt, {"from": "log", "columns": ["id"], "page": {"first": 10}})
        assert done.returncode == 0 and not done.stderr


# ---- what a page costs ----

@pytest.fixture(scope="module")
def million(pg, tmp_path_factory):
    pg.psql("DROP TABLE IF EXISTS big; CREATE TABLE big (id integer PRIMARY KEY, at timestamptz NOT NULL, kind text NOT NULL, note text, few integer NOT NULL);"
            "INSERT INTO big SELECT i, timestamptz '2024-01-01' + i / 3 * interval '1 s', 'k' || i % 1000, CASE WHEN i % 10 > 0 THEN 'n' || i % 100000 END, i % 10 FROM generate_series(1, 1000000) i;"
            "CREATE INDEX ON big (at, id); CREATE INDEX ON big (kind COLLATE \"C\", id); CREATE INDEX ON big (note COLLATE \"C\", id); CREATE INDEX ON big (few, at DESC, id); ANALYZE big")
    columns = [("id", "int", False), ("at", "timestamp", False), ("kind", "string", False), ("note", "string", True), ("few", "int", False)]
    table = {"id": "big", "apiName": "big", "database": "pg", "physicalName": "public.big", "primaryKey": ["id"],
             "columns": [{"apiName": n, "physicalName": n, "type": t, "nullable": nullable} for n, t, nullable in columns]}
    config = {"databases": [{"id": "pg", "engine": "postgres", "connection": {"url": pg.url}}], "tables": [table], "roles": [{"id": "admin", "tables": "*"}]}
    path = database.write(config, tmp_path_factory.mktemp("big") / "multidb.json")
    with Run(path) as run:
        yield run, pg
    pg.psql("DROP TABLE big")


def literal(value):
    return "'" + str(value).replace("'", "''") + "'"


def rows_read(pg, answer):
    """The most rows that any node of the plan took in: what it gave and what a filter threw away."""
    sql = answer["sql"]
    for i in range(len(answer["params"]), 0, -1):
        sql = sql.replace(f"${i}", literal(answer["params"][i - 1]))
    plan = json.loads(pg.psql("EXPLAIN (ANALYZE, FORMAT JSON) " + sql).strip())[0]["Plan"]

    def most(node):
        return max([node["Actual Rows"] + node.get("Rows Removed by Filter", 0), *map(most, node.get("Plans", []))])
    return most(plan), plan


ORDERS = {"key": [], "key backwards": [("id", "desc")], "time": [("at", "asc")], "time backwards": [("at", "desc"), ("id", "desc")], "time backwards, key forwards": [("at", "desc")], "text with ties": [("kind", "asc")],
          "text with NULLs before": [("note", "desc"), ("id", "desc")], "NULLs first": [("note", "desc")]}


@pytest.mark.parametrize("order", ORDERS)
def test_a_page_reads_no_more_than_itself(order, million):
    run, pg = million
    definition = {"from": "big", "columns": ["id"], "orderBy": [{"column": c, "direction": d} for c, d in ORDERS[order]]}
    after = run.ask({**definition, "page": {"first": 500000}}, ADMIN)["meta"]["page"]["endCursor"]
    answer = run.ask({**definition, "page": {"first": 100, "after": after}}, ADMIN)
    assert len(answer["data"]) == 100
    read, plan = rows_read(pg, answer)
    assert read <= 250, f"{read} rows read: {answer['sql']}\n{json.dumps(plan, indent=1)}"
