"""Errors in filter nodes: columns, operators, operands, exists (part of check.py).

Accepts nodes of the right JSON types. Promises INVALID_FILTER for what does not fit the column, INVALID_VALUE for an operand, INVALID_EXISTS for a
relation that is not there, and the column gate for every column that is named.
"""
from operators import ARRAY_TESTS, COMPARISONS, NULL_TESTS, PATTERNS, families, operators_of
from references import Ref
from values import Invalid, is_number, read, element

WILDCARDS = 8


def check_filters(check, nodes, pointer, default, refs, top=False):
    for i, f in enumerate(nodes):
        node(check, f, f"{pointer}/{i}", default, refs, top)


def node(check, f, pointer, default, refs, top):
    if "conditions" in f:
        if f.get("logic") not in ("and", "or"):
            check.report("INVALID_FILTER", f"{pointer}/logic" if "logic" in f else pointer)
        if not f["conditions"]:
            check.report("INVALID_FILTER", f"{pointer}/conditions")
        check_filters(check, f["conditions"], f"{pointer}/conditions", default, refs, top)
    elif "column" in f:
        leaf(check, f, pointer, default, refs)
    else:
        exists(check, f, pointer, default, refs, top)


def known(op):
    return op in NULL_TESTS or any(op in operators_of(t) for t in ("string", "int", "int[]"))


def leaf(check, f, pointer, default, refs):
    ref = check.named(f.get("table"), default, f"{pointer}/table", "INVALID_FILTER", refs)
    of = ref and check.column(ref, f["column"], f"{pointer}/column", "filter")
    if "refColumn" in f:
        other = check.named(f.get("refTable"), default, f"{pointer}/refTable", "INVALID_FILTER", refs)
        other_of = other and check.column(other, f["refColumn"], f"{pointer}/refColumn", "filter")
        if not known(f["operator"]) or of and other_of and f["operator"] not in COMPARISONS:
            check.report("INVALID_FILTER", f"{pointer}/operator")
        elif of and other_of and not families(of, other_of, f["operator"]):
            wrong = "operator" if families(of, other_of, "=") else "refColumn" if families(of, of, "=") else "column"
            check.report("INVALID_FILTER", f"{pointer}/{wrong}")
        return
    op = f["operator"]
    if not known(op):
        check.report("INVALID_FILTER", f"{pointer}/operator")
    elif of is None:
        return
    elif op in NULL_TESTS and not (ref.nullables[f["column"]] or ref.optional or check.access.may_hide(ref.table, f["column"])) or op not in NULL_TESTS and op not in operators_of(of):
        check.report("INVALID_FILTER", f"{pointer}/operator")
    else:
        operand(check, op, of, f, pointer)


def operand(check, op, of, f, pointer, code="INVALID_VALUE"):
    """The operand of an operator that fits."""
    if op in NULL_TESTS or op in ("arrayIsEmpty", "arrayIsNotEmpty"):
        if f.get("value") is not None:
            check.report(code, f"{pointer}/value")
        return
    if "value" not in f:
        check.report(code, pointer)
        return
    for problem, where in problems(op, of, f["value"]):
        check.report(code if problem == "INVALID_VALUE" else problem, f"{pointer}/value{where}")


def problems(op, of, value):
    """[(code, where below the value)]"""
    if op in ("in", "notIn", "arrayContainsAll", "arrayContainsAny"):
        of = element(of) if op in ARRAY_TESTS else of
        if not isinstance(value, list) or not value:
            return [("INVALID_VALUE", "")]
        return [("INVALID_VALUE", f"/{i}") for i, v in enumerate(value) if not reads(of, v)]
    if op in ("between", "notBetween"):
        if isinstance(value, dict) and (unknown := set(value) - {"from", "to"}):
            return [("UNKNOWN_KEY", f"/{k}") for k in unknown]
        if not isinstance(value, dict) or set(value) != {"from", "to"}:
            return [("INVALID_VALUE", "")]
        return [("INVALID_VALUE", f"/{k}") for k in ("from", "to") if not reads(of, value[k])]
    if op == "levenshteinLte":
        if isinstance(value, dict) and (unknown := set(value) - {"text", "maxDistance"}):
            return [("UNKNOWN_KEY", f"/{k}") for k in unknown]
        if not isinstance(value, dict) or set(value) != {"text", "maxDistance"}:
            return [("INVALID_VALUE", "")]
        out = [] if reads("string", value["text"]) and value["text"] else [("INVALID_VALUE", "/text")]
        most = value["maxDistance"]
        return out if is_number(most) and most == int(most) and most >= 0 else out + [("INVALID_VALUE", "/maxDistance")]
    if op == "arrayContains":
        return [] if reads(element(of), value) else [("INVALID_VALUE", "")]
    if not reads(of, value):
        return [("INVALID_VALUE", "")]
    return pattern_problems(value) if op in PATTERNS else []


def reads(of, value):
    try:
        return read(of, value) is not None
    except Invalid:
        return False


def pattern_problems(pattern):
    wild = escaped = 0
    for c in pattern:
        wild += not escaped and c in "%_"
        escaped = not escaped and c == "\\"
    if escaped:
        return [("INVALID_VALUE", "")]
    return [("LIMIT_EXCEEDED", "")] if wild > WILDCARDS else []


def exists(check, f, pointer, default, refs, top):
    if count_problems(f):  # counts() has reported it; what the rest was meant to be is unknown
        return
    table = check.table(f["table"], f"{pointer}/table")
    around = refs if top or "parent" in f else [default]
    parent = link = None
    if table and "parent" in f and not any(r.name == f["parent"] for r in around):
        check.report("INVALID_EXISTS", f"{pointer}/parent")
    elif table:
        parent, link = check.relation(around, table, f, "INVALID_EXISTS", pointer)
    inner = Ref(f["table"], table, f, parent, link)
    check_filters(check, f.get("filters", []), f"{pointer}/filters", inner, [inner])


def counts(check, nodes, pointer):
    """What is wrong with the counts of exists nodes, which needs no table."""
    for i, f in enumerate(nodes):
        at = f"{pointer}/{i}"
        counts(check, f.get("conditions", []), f"{at}/conditions")
        if "column" in f:
            continue
        counts(check, f.get("filters", []), f"{at}/filters")
        for code, where in count_problems(f):
            check.report(code, f"{at}/count/{where}")


def count_problems(f):
    """[(code, member)]"""
    if "count" not in f:
        return []
    out = [] if f["count"].get("operator") in COMPARISONS else [("INVALID_FILTER", "operator")]
    value = f["count"].get("value")
    return out if is_number(value) and value == int(value) and value >= 0 else out + [("INVALID_EXISTS", "value")]
