"""Walking through pages: all of them one after the other, and random questions to walk through.

A walk must give what the whole ordered list gives; `whole` is the same question with offset 0, whose order goes on with the same keys."""
import itertools

SCALARS = ["id", "tenant", "name", "small", "big", "ratio", "price", "ready", "ref", "day", "moment", "raw"]
ADMIN = {"role": "admin"}


def pages(ask, definition, first, between=lambda page: None, context=ADMIN):
    """Yields each page's rows. between(i) is called before page i."""
    after = None
    for i in itertools.count():
        between(i)
        page = {"first": first if isinstance(first, int) else first(), **({"after": after} if after else {})}
        answer = ask({**definition, "page": page}, context)
        assert "data" in answer, f"{definition} {page}: {answer}"
        told = answer["meta"]["page"]
        assert told["first"] == page["first"] and len(answer["data"]) <= page["first"], told
        assert ("endCursor" in told) == bool(answer["data"]), told
        assert not told["hasNext"] or len(answer["data"]) == page["first"], told
        yield answer["data"]
        if not told["hasNext"]:
            return
        after = told["endCursor"]


def walk(ask, definition, first, **more):
    return [row for page in pages(ask, definition, first, **more) for row in page]


def whole(ask, definition, context=ADMIN):
    answer = ask({**definition, "limit": 100000, "offset": 0}, context)
    assert "data" in answer, f"{definition}: {answer}"
    return answer["data"]


def some_order(r, names, table=None):
    out = []
    for name in r.sample(names, min(len(names), r.randint(0, 4))):
        o = {"column": name, "direction": r.choice(["asc", "desc"])}
        if r.random() < 0.5:
            o["nulls"] = r.choice(["first", "last"])
        if table:
            o["table"] = table
        out.append(o)
    return out


def plain(r):
    definition = {"from": "things", "columns": r.sample(SCALARS, r.randint(1, 5)), "orderBy": some_order(r, SCALARS)}
    if r.random() < 0.4:
        definition["filters"] = [{"logic": "or", "conditions": [{"column": "small", "operator": ">", "value": 0}, {"column": "small", "operator": "isNull"}]}]
    return definition


def joined(r):
    """Left and inner joins; the joined rows' keys can be NULL."""
    join = {"table": "things", "as": "t", "type": r.choice(["left", "inner"]), "columns": r.sample(["name", "price", "day"], 1)}
    up = {"table": "nodes", "as": "up", "via": "parent", "reverse": False, "type": "left", "columns": ["label"]}
    order = some_order(r, ["id", "label"]) + some_order(r, ["name", "price", "ratio", "ready"], "t") + some_order(r, ["label"], "up")
    r.shuffle(order)
    return {"from": "nodes", "columns": ["id"], "joins": [join, up], "orderBy": order}


def distinct(r):
    columns = r.sample([c for c in SCALARS if c != "id"], r.randint(1, 3))
    return {"from": "things", "columns": columns, "distinct": True, "orderBy": some_order(r, columns)}


def grouped(r):
    entries = [{"column": c} for c in r.sample(["tenant", "name", "small", "ready", "ref", "price", "ratio"], r.randint(1, 2))]
    if r.random() < 0.4:
        entries.append({"column": r.choice(["day", "moment"]), "bucket": r.choice(["year", "quarter", "month"]), "as": "when"})
    fns = [("count", "*", "n"), ("countDistinct", "name", "names"), ("max", "price", "dearest"), ("min", "name", "least"), ("sum", "price", "total"), ("min", "moment", "begun")]
    aggregations = [{"fn": f, "column": c, "alias": a} for f, c, a in r.sample(fns, r.randint(1, 3))]
    definition = {"from": "things", "groupBy": entries, "aggregations": aggregations}
    definition["orderBy"] = some_order(r, [a["alias"] for a in aggregations] + [e.get("as", e["column"]) for e in entries])
    if r.random() < 0.3:
        definition["having"] = [{"column": aggregations[0]["alias"], "operator": "isNotNull"}] if aggregations[0]["fn"] not in ("count", "countDistinct") else \
            [{"column": aggregations[0]["alias"], "operator": ">=", "value": 1}]
    return definition


KINDS = {"plain": plain, "joined": joined, "distinct": distinct, "grouped": grouped}
