"""What each filter operator answers for one cell: true, false, or unknown (None) (docs/operators.md).

Accepts the operator, the column's type, the cell and the operand as JSON. The operand has been checked (check.py). Promises three-valued logic: a
comparison with NULL is unknown; only the null operators answer true or false for NULL. Nothing here can raise for any cell.
"""
import functools
from decimal import Decimal

from realtypes import same
from values import NUMBERS, day_start, element, read

NULL_TESTS = {"isNull": True, "is_null": True, "isNotNull": False, "is_not_null": False}
COMPARISONS = {
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b, ">": lambda a, b: a > b,
    "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b,
}
SCALARS = ("string", "int", "bigint", "float", "decimal", "boolean", "uuid", "date", "timestamp", "time", "enum", "bytes")
RANGED = ("string", *NUMBERS, "date", "timestamp", "time", "enum")
TEXT_TESTS = {  # name -> (test of the text against the operand, ignoring case, negated)
    "contains": (lambda t, v: v in t, False, False), "icontains": (lambda t, v: v in t, True, False),
    "notContains": (lambda t, v: v in t, False, True), "notIcontains": (lambda t, v: v in t, True, True),
    "startsWith": (str.startswith, False, False), "istartsWith": (str.startswith, True, False),
    "endsWith": (str.endswith, False, False), "iendsWith": (str.endswith, True, False),
}
PATTERNS = {"like": (False, False), "notLike": (False, True), "ilike": (True, False), "notIlike": (True, True)}  # ignoring case, negated
ARRAY_TESTS = ("arrayContains", "arrayContainsAll", "arrayContainsAny", "arrayIsEmpty", "arrayIsNotEmpty")


def operators_of(of):
    """All operators for a column of a type, without the null ones."""
    if of.endswith("[]"):
        return list(ARRAY_TESTS)
    if of == "json":
        return []
    out = ["=", "!="] + (["in", "notIn"] if of != "bytes" else [])
    if of in RANGED:
        out += [">", "<", ">=", "<=", "between", "notBetween"]
    if of == "string":
        out += [*PATTERNS, *TEXT_TESTS, "levenshteinLte"]
    return out


def and3(values):
    values = list(values)
    return False if False in values else None if None in values else True


def or3(values):
    values = list(values)
    return True if True in values else None if None in values else False


def not3(value):
    return None if value is None else not value


@functools.lru_cache(10000)
def fold(text):
    """Simple case folding: character by character, never a longer text."""
    return "".join(_fold_one(c) for c in text)


def _fold_one(c):
    folded = c.casefold()
    if len(folded) > 1:
        folded = c.lower()
    return folded if len(folded) == 1 else c


@functools.lru_cache(10000)
def lower(text):
    """What PostgreSQL's ILIKE does instead (docs/dialects.md): letters whose folding is not their lower case letter equal only themselves."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def tokens(pattern):
    """A pattern as (what, character): "many" for %, "one" for _, "is" for a character itself."""
    out, i = [], 0
    while i < len(pattern):
        if pattern[i] == "\\":
            i += 1
            out.append(("is", pattern[i]))
        else:
            out.append({"%": ("many", ""), "_": ("one", "")}.get(pattern[i], ("is", pattern[i])))
        i += 1
    return out


def like(text, parts):
    """Does the whole text match? `reached`: how many characters the parts so far can have used up."""
    reached = {0}
    for what, character in parts:
        if what == "many":
            reached = set(range(min(reached), len(text) + 1)) if reached else reached
        else:
            reached = {i + 1 for i in reached if i < len(text) and (what == "one" or text[i] == character)}
    return len(text) in reached


def levenshtein(a, b):
    """Edits (insert, delete, replace one character) from one text to the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]


def holds(operator, of, cell, operand=None, folding=fold):
    """Does the cell pass? folding: how texts are compared where case is ignored"""
    if operator in NULL_TESTS:
        return (cell is None) == NULL_TESTS[operator]
    if cell is None:
        return None
    if operator in ("=", "!="):
        return COMPARISONS[operator](same(of, cell), same(of, read(of, operand)))
    if operator in COMPARISONS:
        return COMPARISONS[operator](cell, read(of, operand))
    if operator in ("in", "notIn"):
        return (same(of, cell) in [same(of, read(of, v)) for v in operand]) == (operator == "in")
    if operator in ("between", "notBetween"):
        return (read(of, operand["from"]) <= cell <= read(of, operand["to"])) == (operator == "between")
    if operator in ARRAY_TESTS:
        return _array(operator, of, cell, operand)
    return _text(operator, cell, operand, folding)


def _text(operator, cell, operand, folding):
    if operator in PATTERNS:
        ignoring, negated = PATTERNS[operator]
        parts = tokens(operand)
        if ignoring:
            cell, parts = folding(cell), [(what, folding(c)) for what, c in parts]
        return like(cell, parts) != negated
    if operator in TEXT_TESTS:
        test, ignoring, negated = TEXT_TESTS[operator]
        if ignoring:
            cell, operand = folding(cell), folding(operand)
        return test(cell, operand) != negated
    assert operator == "levenshteinLte", operator
    most = operand["maxDistance"]
    return abs(len(cell) - len(operand["text"])) <= most and levenshtein(cell, operand["text"]) <= most


def _array(operator, of, cell, operand):
    if operator in ("arrayIsEmpty", "arrayIsNotEmpty"):
        return (len(cell) == 0) == (operator == "arrayIsEmpty")
    wanted = [same(of, read(element(of), v)) for v in (operand if operator != "arrayContains" else [operand])]
    return (any if operator == "arrayContainsAny" else all)(w in [same(of, v) for v in cell] for w in wanted)


def families(one, other, operator):
    """May two columns of these types be compared?"""
    both = {one, other}
    if operator not in COMPARISONS:
        return False
    if both <= set(NUMBERS) or both <= {"date", "timestamp"} or both in ({"string"}, {"time"}):
        return True
    if both == {"enum"}:
        return one.labels == other.labels
    return operator in ("=", "!=") and both in ({"uuid"}, {"boolean"})


def compare_columns(operator, of, a, other_of, b):
    """One cell against another."""
    if a is None or b is None:
        return None
    return COMPARISONS[operator](*side_by_side(of, a, other_of, b))


def side_by_side(of, a, other_of, b):
    """Two values of types that may differ as values that Python compares. A date meets a timestamp at its first moment, a float another number as the decimal
    that it is shown as."""
    if of == other_of:
        return a, b
    if "timestamp" in (of, other_of):
        return tuple(day_start(v) if t == "date" else v for t, v in ((of, a), (other_of, b)))
    return tuple(Decimal(repr(v)) if t == "float" else v for t, v in ((of, a), (other_of, b)))
