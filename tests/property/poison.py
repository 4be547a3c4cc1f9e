"""What a row cache may hold without changing any answer.

    entries(world, earlier, view, random) -> {key: text}

Accepts a world, one that looked the same to the caller (twin.py) and the caller's View. Promises, for every key of the tables that a cache holds: rows of hidden
tenants, whole; rows as they were in `earlier`, which differ in what the caller can't see; under a visible row's key a row that the caller may
not see; and what is no entry at all: cut, of another version, of other types, without a column, of another key, no JSON.
"""
import json
from urllib.parse import quote

from twin import dicts
from values import read, shown


def entries(world, earlier, view, random):
    out, now, before = {}, dicts(world), dicts(earlier)
    for cache in world.config["caches"]:
        for held in cache["tables"]:
            table = next(t for t in world.config["tables"] if t["id"] == held["tableId"])
            hidden = [row for row in now[table["id"]] + before[table["id"]] if view.hides(table, row)]
            for row in before[table["id"]] + now[table["id"]]:
                choice = random.random()
                if choice < 0.4:
                    text = entry(table, row)
                elif choice < 0.6 and hidden:
                    text = foreign(table, row, random.choice(hidden), view)
                else:
                    text = broken(table, row, random)
                if text is not None and random.random() < 0.8:
                    out[key(held["keyPattern"], table, row)] = text
    return out


def key(pattern, table, row):
    for name, of in ((c["apiName"], c["type"]) for c in table["columns"]):
        pattern = pattern.replace(f"{{{name}}}", quote(str(row[name] if of == "enum" else read(of, row[name])), safe="").replace("~", "%7E"))
    return pattern


def cell(of, value):
    """JSON text of one value, with every digit."""
    value = shown(of, read(of, value)) if of != "json" else value
    if isinstance(value, tuple):
        return value[1]
    return f"[{','.join(v[1] if isinstance(v, tuple) else json.dumps(v, ensure_ascii=False) for v in value)}]" if of.endswith("[]") and value is not None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def entry(table, row, version="1", cells=None):
    cells = cells or {c["apiName"]: cell(c["type"], row[c["apiName"]]) for c in table["columns"]}
    return f'{{"$v":{version},"row":{{{",".join(f"{json.dumps(k)}:{v}" for k, v in cells.items())}}}}}'


def foreign(table, row, other, view):
    """Another caller's row under this row's key; None where the key alone makes it visible."""
    mixed = {**other, **{k: row[k] for k in table["primaryKey"]}}
    return entry(table, mixed) if view.hides(table, mixed) else None


def broken(table, row, random):
    cells = {c["apiName"]: cell(c["type"], row[c["apiName"]]) for c in table["columns"]}
    whole, name = entry(table, row), random.choice([c["apiName"] for c in table["columns"] if c["type"] != "json"])  # a json cell is whatever JSON it is
    other = {**cells, table["primaryKey"][0]: '"another"'}
    return random.choice([
        whole[:random.randrange(len(whole))], "", "null", "[]", "\x01", "{}", '{"$v":1}', '{"$v":1,"row":null}', whole + whole,
        entry(table, row, version="2"), entry(table, row, version='"1"'), entry(table, row, cells={**cells, name: '{"no":[1]}'}),
        entry(table, row, cells={k: v for k, v in cells.items() if k != name}), entry(table, row, cells=other),
        "{" + whole.partition('"row":{')[2][:-1],  # the bare object, which only a cdc cache may hold
    ])
