"""Errors in groupBy, aggregations, having, and what a grouped query may select and order by (part of check.py).

Accepts parts of the right JSON types. Promises INVALID_GROUP_BY for an ungrouped column and what can't be grouped, INVALID_AGGREGATION for what can't be
added up (a fan-out too, unless it is allowed), INVALID_HAVING for everything wrong inside having.
"""
from check_filters import operand
from operators import NULL_TESTS, operators_of
from references import multiplied
from values import NUMBERS, ORDERED

FUNCTIONS = {"count": None, "countDistinct": (*ORDERED, "boolean", "uuid", "bytes"), "sum": NUMBERS, "avg": NUMBERS, "min": ORDERED, "max": ORDERED}
USES = {"count": None, "countDistinct": "group"}
HAVING = ("=", "!=", ">", "<", ">=", "<=", "in", "notIn", "between", "notBetween")


def grouped(definition):
    return "groupBy" in definition or "aggregations" in definition


def check_groups(check):
    d = check.definition
    entries = [group_entry(check, g, f"/groupBy/{i}") for i, g in enumerate(d.get("groupBy", []))]
    types = {}
    for i, a in enumerate(d.get("aggregations", [])):
        pointer = f"/aggregations/{i}"
        if a["alias"] in types or not 1 <= len(a["alias"]) <= 128:
            check.report("INVALID_AGGREGATION", f"{pointer}/alias")
        types[a["alias"]] = aggregate(check, a, pointer)
    names_taken(check, entries)
    selected(check, d, entries)
    for i, f in enumerate(d.get("having", [])):
        having(check, f, f"/having/{i}", types)
    for i, o in enumerate(d.get("orderBy", [])):
        order(check, o, f"/orderBy/{i}", [g for _, g, of in entries if of], types, all(of for _, _, of in entries))


def group_entry(check, g, pointer):
    ref = check.named(g.get("table"), check.refs[0], f"{pointer}/table", "INVALID_GROUP_BY")
    of = ref and check.column(ref, g["column"], f"{pointer}/column", "group")
    if of and (of.endswith("[]") or of == "json"):
        check.report("INVALID_GROUP_BY", f"{pointer}/column")
    elif of and "bucket" in g and of not in ("date", "timestamp"):
        check.report("INVALID_GROUP_BY", f"{pointer}/bucket")
    return ref, g, of


def aggregate(check, a, pointer):
    """The type of the result, None where it has none."""
    if a["fn"] not in FUNCTIONS:
        check.report("INVALID_AGGREGATION", f"{pointer}/fn")
        return None
    if a["column"] == "*":
        if a["fn"] != "count":
            check.report("INVALID_AGGREGATION", f"{pointer}/column")
        return "int"
    ref = check.named(a.get("table"), check.refs[0], f"{pointer}/table", "INVALID_AGGREGATION")
    of = ref and check.column(ref, a["column"], f"{pointer}/column", USES.get(a["fn"], "aggregate"))
    if not of:
        return None
    if FUNCTIONS[a["fn"]] and of not in FUNCTIONS[a["fn"]]:
        check.report("INVALID_AGGREGATION", f"{pointer}/column")
        return None
    if a["fn"] in ("sum", "avg") and not check.definition.get("allowFanOut") and multiplied([r for r in check.refs if r.table], ref):
        check.report("INVALID_AGGREGATION", f"{pointer}/column")
    if a["fn"] in ("min", "max"):
        return of
    return "int" if a["fn"].startswith("count") else "float" if of == "float" else "decimal"


def names_taken(check, entries):
    """Two entries of one table under one name."""
    seen = set()
    for i, (ref, g, _) in enumerate(entries):
        name = (ref and ref.name, g.get("as", g["column"]))
        if ref and name in seen:
            check.report("INVALID_GROUP_BY", f"/groupBy/{i}/{'as' if 'as' in g else 'column'}")
        seen.add(name)


def selected(check, d, entries):
    """Given columns name grouped columns or a bucket's `as`; at least one output must remain. This cannot be judged while an entry is wrong."""
    if d.get("columns") == [] and not d.get("aggregations"):
        check.report("INVALID_AGGREGATION", "/columns")
    for ref in check.refs:
        given = ref.place.get("columns") or []
        for i, name in enumerate(given):
            pointer = f"{ref.pointer}/columns/{i}"
            names = {g.get("as", g["column"]) for r, g, of in entries if r is ref and of} | {g["as"] for _, g, of in entries if "as" in g and of}
            if name in names:
                if name in given[:i]:
                    check.report("INVALID_VALUE", pointer)
            elif check.column(ref, name, pointer) is not None and all(of for _, _, of in entries):
                check.report("INVALID_GROUP_BY", pointer)


def names_of(g):
    """A bucket is not its column: where it has an `as`, that is its only name."""
    return {g.get("as", g["column"])} | (set() if "bucket" in g else {g["column"]})


def having(check, f, pointer, types):
    if "conditions" in f:
        if not f["conditions"]:
            check.report("INVALID_HAVING", f"{pointer}/conditions")
        for i, c in enumerate(f["conditions"]):
            having(check, c, f"{pointer}/conditions/{i}", types)
        return
    if f["column"] not in types:
        check.report("INVALID_HAVING", f"{pointer}/column")
        return
    of, op = types[f["column"]], f["operator"]
    if of is None:
        return
    if op not in NULL_TESTS and (op not in HAVING or op not in operators_of(of)):
        check.report("INVALID_HAVING", f"{pointer}/operator")
        return
    operand(check, op, "bigint" if of == "int" else of, f, pointer, "INVALID_HAVING")


def order(check, o, pointer, entries, types, sure):
    """entries: the groupBy entries that are right; sure: are all?"""
    if "table" not in o and o["column"] in types:
        return
    ref = check.named(o.get("table"), check.refs[0], f"{pointer}/table", "INVALID_ORDER_BY")
    if ref is None or not ref.table or "table" not in o and any(g.get("as") == o["column"] for g in entries):
        return
    names = [g for g in entries if o["column"] in names_of(g) and g.get("table", check.refs[0].name) == ref.name]
    if not names:
        if o["column"] not in ref.types:
            check.report("INVALID_ORDER_BY", f"{pointer}/column")
        elif check.column(ref, o["column"], f"{pointer}/column", "sort", "INVALID_ORDER_BY") is not None and sure:
            check.report("INVALID_GROUP_BY", f"{pointer}/column")
    else:
        check.column(ref, names[0]["column"], f"{pointer}/column", "sort", "INVALID_ORDER_BY")
