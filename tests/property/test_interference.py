"""Non-interference (interference.py) on SQLite: 50,000 pairs with MULTIDB_FULL=1, a share of them otherwise; and that the test sees what it is there for. A world is a
number: `tests/property/interference.py --worlds N N+1` asks about it again. The servers: tests/e2e/test_property.py."""
import collections
import contextlib
import os
import random
import re
import sqlite3

import database
import interference
import pytest
import view
from cli import Run
from generate import FEATURES, World
from poison import entries, entry, key
from private_redis import PrivateRedis
from run import Tally
from twin import dicts, twin, with_rows

FULL = bool(os.environ.get("MULTIDB_FULL"))
QUESTIONS = 20
BATCHES = 4
WORLDS = 840 if FULL else 66
PAIRS = 58  # of a world, on average, at least


@pytest.fixture(scope="session")
def redis():
    with PrivateRedis() as server:
        yield server


@pytest.mark.parametrize("batch", range(BATCHES))
def test_callers_cannot_distinguish_twin_databases(batch, redis):
    worlds = range(batch, WORLDS, BATCHES)
    tally, found = interference.ask_worlds(worlds, FEATURES, QUESTIONS, interference.ask_either, redis=redis, every_state=FULL)
    interference.check(tally, found, len(worlds) * PAIRS, free=0.001)
    missing = [what for what in ("from a cache", "from a replica", "refused", "cold", "by threads", *(["warm", "poisoned"] if FULL else [])) if not tally[what]]
    assert not missing and tally["warm"] + tally["poisoned"], (missing, dict(tally))


# ---- is it there for anything? ----

def test_twins_differ():
    """In everything that they may differ in."""
    seen = collections.Counter()
    for seed in range(60):
        world = interference.made(seed, FEATURES, "sqlite" if seed % 4 == 3 else None)
        for context in world.contexts[:2]:
            other = twin(world, context, random.Random(f"twins {seed}"))
            a_view = view.View(world.config, context)
            for table in world.config["tables"]:
                before, after = ([r for r in dicts(w)[table["id"]] if not a_view.hides(table, r)] for w in (world, other))
                seen["unseen tables"] += not a_view.sees(table) and dicts(world)[table["id"]] != dicts(other)[table["id"]]
                seen["hidden rows"] += a_view.sees(table) and len(before) != len(dicts(other)[table["id"]])
                for old, new in zip(before, after):
                    for (name, *shown), (_, value) in zip(a_view.row(table, a_view.typed(table, old)), a_view.typed(table, old).items()):
                        differs = old[name] != new[name]
                        seen["keys"] += differs and name in table["primaryKey"]
                        seen["masked cells"] += differs and len(shown) > 1
                        seen["hidden cells"] += differs and len(shown) == 1 and shown[0] is None and value is not None
            seen["poison"] += other.poison != world.poison
            seen["collations"] += any(other.unseen.collations.values())
            if hasattr(world, "changes"):
                for table in world.config["tables"]:
                    seen["changes"] += gone(world, table) != gone(other, table)
    assert len(seen) == 8 and min(seen.values()) > 5, seen


def gone(world, table):
    """What was deleted, was another tenant's, or was superseded."""
    shown = dicts(world)[table["id"]]
    return [[is_deleted, row] for _, _, is_deleted, row in world.changes[table["id"]] if is_deleted or row not in shown]


def test_twins_differ_in_what_is_not_declared(tmp_path):
    """The same definitions of tables and indexes; other values, collations and places of rows."""
    seen = collections.Counter()
    for seed in range(12):
        world = interference.made(seed, FEATURES - {"federated"})
        other = twin(world, world.contexts[0], random.Random(f"unseen {seed}"))
        for table in world.config["tables"]:
            one, two = (stored(w, table, tmp_path / f"{seed}{i}") for i, w in enumerate((world, with_rows(other, dicts(world)))))
            assert one["indexes"] == two["indexes"] and one["names"] == two["names"]
            seen.update(what for what in ("undeclared", "collations", "order") if one[what] != two[what])
    assert len(seen) == 3 and min(seen.values()) > 5, seen


def stored(world, table, folder):
    """What one table is in the database's file."""
    folder.mkdir(exist_ok=True)
    interference.refill_sqlite(world, folder)
    name, key = table["physicalName"], [c["physicalName"] for c in table["columns"] if c["apiName"] in table["primaryKey"]]
    with contextlib.closing(sqlite3.connect(folder / "main.db")) as file:
        names = [row[1] for row in file.execute("SELECT * FROM pragma_table_info(?)", [name])]
        texts = dict(file.execute("SELECT coalesce(sql, name), type FROM sqlite_schema WHERE tbl_name = ?", [name]))
        columns = ", ".join('"' + k.replace('"', '""') + '"' for k in key) or "rowid"
        return {"names": names, "indexes": [text for text, of in texts.items() if of == "index"],
                "collations": [re.findall(r"unseen\d TEXT COLLATE \w+", text) for text, of in texts.items() if of == "table"],
                "undeclared": file.execute(f'SELECT unseen0 FROM "{name}" ORDER BY {columns}').fetchall(),
                "order": file.execute(f'SELECT {columns} FROM "{name}" ORDER BY rowid').fetchall()}


def a_cell(a_view, table, rows, visible, r):
    """A visible cell gets another value."""
    row = rows.index(r.choice(visible))
    column = r.choice([c for c in rows[row] if c not in table["primaryKey"]])
    rows[row] = {**rows[row], column: r.choice([other[column] for other in rows])}


def a_row_less(a_view, table, rows, visible, r):
    rows.remove(r.choice(visible))


def a_row_shows(a_view, table, rows, visible, r):
    """A hidden row becomes a visible one."""
    hidden = [row for row in rows if a_view.hides(table, row)]
    if hidden:
        row = rows.index(r.choice(hidden))
        rows[row] = {**r.choice(visible), **{k: rows[row][k] for k in table["primaryKey"]}}


@pytest.mark.parametrize("spoil", [a_cell, a_row_less, a_row_shows])
def test_finds_twins_that_differ_in_what_the_caller_may_see(spoil):
    """A twin that is none is found out, by its view and by what is answered."""
    def make(world, context, r):
        other, a_view = twin(world, context, r), view.View(world.config, context)
        rows = dicts(other or world)
        for table in world.config["tables"]:
            visible = [row for row in rows[table["id"]] if not a_view.hides(table, row)]
            if visible:
                spoil(a_view, table, rows[table["id"]], visible, r)
        if other is None or a_view.of(rows) == a_view.of(dicts(world)):
            return None
        made.append(context)
        return with_rows(other, rows)

    made, tally = [], Tally()
    found = [v for seed in range(8) for v in interference.ask_world(seed, FEATURES - {"cache"}, QUESTIONS, tally, make=make)]
    assert len(made) > 5 and len(found) > 5, (len(made), len(found), dict(tally))
    assert {m for v in found for m in v.members} >= {"data"}


def test_reads_the_cache(redis, monkeypatch):
    """A wrong row in the cache that the caller may see is believed: so the wrong ones that the caller may not see were read."""
    def wrong(world, earlier, a_view, r):
        out = {}
        for held in world.config["caches"][0]["tables"]:
            table = next(t for t in world.config["tables"] if t["id"] == held["tableId"])
            for row in dicts(world)[table["id"]]:
                changed = {k: row[k] if k in table["primaryKey"] else r.choice([one[k] for one in dicts(world)[table["id"]]]) for k in row}
                out[key(held["keyPattern"], table, row)] = entry(table, changed)
        return out

    monkeypatch.setattr(interference, "entries", wrong)
    tally, worlds = Tally(), [seed for seed in range(90) if World(seed).config["caches"]]
    found = [v for seed in worlds[:16] for v in interference.ask_world(seed, FEATURES, 0, tally, redis=redis, threads=False)]
    assert len(found) > 5 and tally["from a cache"] > 20, (len(found), dict(tally))


# of the table and of what the row was made from, which entries of other programs do not have
LABEL = re.compile(r'(?<=^\{"\$v":1,)"table":"[^"]+","hash":"[0-9a-f]{16}",')


def test_writes_cache_entries_as_multidb_does(redis):
    """Same key, same text: what poison.py makes is what a cache holds, but for the label."""
    seen = 0
    for seed in range(60):
        world = World(seed, FEATURES - {"masks", "errors", "federated", "poison"})
        if not world.config["caches"]:
            continue
        world = interference.with_redis(world, redis, 4)
        wanted = dict(pair for held in world.config["caches"][0]["tables"] for pair in entries_of(world, held))
        for _ in range(5):  # a write may miss its 50 ms on a busy machine
            with interference.contextlib.ExitStack() as stack:
                interference.warm(interference.Database(world, interference.sqlite, stack), [world], [{"role": "admin"}])
            if all(redis.ask(4, ("EXISTS", name)) == [":1"] for name in wanted):
                break
        for name, text in wanted.items():
            assert [LABEL.sub("", found) for found in redis.ask(4, ("GET", name))] == [text]
        seen += len(wanted)
    assert seen > 50


def entries_of(world, held):
    table = next(t for t in world.config["tables"] if t["id"] == held["tableId"])
    return [(key(held["keyPattern"], table, row), entry(table, row)) for row in dicts(world)[table["id"]]]


# What SQLite may hold in a column of any type, and other databases in theirs: infinities, years that JSON has no text for.
UNFIT = ["'no value'", "9e999", "x'ff'", "NULL", "-1"]


@pytest.mark.parametrize("of", ["int", "float", "timestamp", "string", "decimal", "boolean", "json", "int[]"])
def test_unfit_values_fail_only_for_callers_that_may_see_them(of, tmp_path):
    """A miss reads all columns for the cache; one that the caller may not see must not make the question fail, nor one that may see it be answered."""
    columns = [{"apiName": n, "physicalName": n, "type": t, "nullable": False} for n, t in (("id", "int"), ("name", "string"), ("secret", of))]
    config = {"databases": [{"id": "main", "engine": "sqlite", "connection": {"url": f"sqlite:{tmp_path}/main.db"}}],
              "tables": [{"id": "t", "apiName": "things", "database": "main", "physicalName": "t", "primaryKey": ["id"], "columns": columns, "relations": []}],
              "caches": [{"id": "near", "engine": "memory", "tables": [{"tableId": "t", "keyPattern": "t:{id}"}]}],
              "roles": [{"id": "some", "tables": [{"tableId": "t", "allowedColumns": ["id", "name"]}]}, {"id": "all", "tables": "*"}]}
    with contextlib.closing(sqlite3.connect(tmp_path / "main.db")) as file:
        file.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, secret);" + "".join(f"INSERT INTO t VALUES ({i}, 'n', {v});" for i, v in enumerate(UNFIT)))
    ids, want = list(range(len(UNFIT))), [{"id": i, "name": "n"} for i in range(len(UNFIT))]
    with Run(database.write(config, tmp_path / "multidb.json")) as run:
        for _ in range(2):  # the second time some come from the cache
            assert run.ask({"from": "things", "byIds": ids}, {"role": "some"}).get("data") == want
        for i in ids:
            plain, cached = (run.ask({"from": "things", "byIds": [i], **more}, {"role": "all"}) for more in ({"avoid": ["cache"]}, {}))
            assert (plain.get("data"), plain.get("code")) == (cached.get("data"), cached.get("code"))
