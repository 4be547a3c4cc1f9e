"""Groups, aggregates, buckets and having.

Accepts joined rows (rows.py) and a definition with groupBy or aggregations. Promises one Group a set of rows with equal keys (one even over no rows
where nothing is grouped), NULLs being one key; sums and averages over cells that are not NULL, exact for all numbers but floats.
"""
import datetime
import math
from decimal import Decimal
from fractions import Fraction

from operators import and3, holds, not3, or3
from realtypes import added, same
from values import EXACT, EPOCH, Approximate, tidy

UNSURE = Fraction(2, 1_000_000)  # an average this close to a bound may fall on either side of it


class Group:
    """keys: the cells (state, value) in groupBy order; aggregates: {alias: value}"""

    def __init__(self, keys, rows):
        self.keys, self.rows, self.aggregates = keys, rows, {}


class Fragile(Exception):
    """The question depends on what is not defined: the seventh place of an average, when two json values are distinct."""


def bucket(of, value, unit):
    """The start of the year, quarter, month, week (Monday), day, hour or minute that a date or timestamp lies in; UTC."""
    if value is None or unit is None:
        return value
    moment = datetime.datetime.fromisoformat(value) if of == "date" else EPOCH + datetime.timedelta(microseconds=value)
    start = moment.replace(minute=moment.minute if unit == "minute" else 0, second=0, microsecond=0)
    if unit not in ("minute", "hour"):
        start = start.replace(hour=0)
    if unit == "week":
        start -= datetime.timedelta(days=start.weekday())
    elif unit in ("month", "quarter", "year"):
        month = {"month": start.month, "quarter": (start.month - 1) // 3 * 3 + 1, "year": 1}[unit]
        start = start.replace(month=month, day=1)
    return start.date().isoformat() if of == "date" else (start - EPOCH) // datetime.timedelta(microseconds=1)


def named(refs, name):
    return refs[0] if name is None else next(r for r in refs if r.name == name)


def group(refs, rows, definition):
    """All groups, aggregates computed, having applied."""
    entries = [(named(refs, g.get("table")), g["column"], g.get("bucket")) for g in definition.get("groupBy", [])]
    groups = {} if entries else {(): Group((), [])}
    for row in rows:
        keys = tuple(key_cell(row, *entry) for entry in entries)
        one = groups.setdefault(tuple((state, same(ref.types[column], value)) for (state, value), (ref, column, _) in zip(keys, entries)), Group(keys, []))
        one.rows.append(row)
        one.keys = tuple(map(least, one.keys, keys))
    for one in groups.values():
        for a in definition.get("aggregations", []):
            one.aggregates[a["alias"]] = aggregate(refs, one.rows, a)
    types = {a["alias"]: aggregate_type(refs, a) for a in definition.get("aggregations", [])}
    return [g for g in groups.values() if and3(having(f, g.aggregates, types) for f in definition.get("having", [])) is True]


def least(a, b):
    """Of two cells that are equal to their database, the one that a group shows."""
    return a if a[1] is None or b[1] is None or a[1] <= b[1] else b


def key_cell(row, ref, column, unit):
    seen = row[ref.name]
    if seen is None:
        return (0, None)
    state, value = seen.cells[column]
    return (state if value is not None else 0, bucket(ref.types[column], value, unit))


def aggregate_type(refs, a):
    if a["fn"] in ("count", "countDistinct"):
        return "int"
    of = named(refs, a.get("table")).types[a["column"]]
    if a["fn"] in ("min", "max"):
        return of
    return "float" if of == "float" else "decimal"


def aggregate(refs, rows, a):
    if a["column"] == "*":
        return len(rows)
    ref = named(refs, a.get("table"))
    of = ref.types[a["column"]]
    values = [row[ref.name].cells[a["column"]][1] for row in rows if row[ref.name]]
    values = [v for v in values if v is not None]
    if a["fn"] == "count":
        return len(values)
    if a["fn"] == "countDistinct":
        return len({same(of, v) for v in values})
    if not values:
        return None
    if a["fn"] in ("min", "max"):
        return (min if a["fn"] == "min" else max)(values)
    return float_sum([added(of, v) for v in values], a["fn"]) if of == "float" else exact_sum(values, a["fn"])


def exact_sum(values, fn):
    total = Decimal(0)
    for v in values:
        total = EXACT.add(total, Decimal(v))
    if fn == "sum":
        return tidy(total)
    return Approximate(Fraction(total) / len(values), "0.000001")


def float_sum(values, fn):
    """Floats are added in any order: what may differ is small beside the largest of them."""
    total = math.fsum(values) / (len(values) if fn == "avg" else 1)
    return Approximate(total, 1e-12 * max(map(abs, values)) * len(values))


# ---- having ----

def having(f, aggregates, types):
    if "conditions" in f:
        parts = [having(c, aggregates, types) for c in f["conditions"]]
        value = (and3 if f["logic"] == "and" else or3)(parts)
        return not3(value) if f.get("not") else value
    value, of = aggregates[f["column"]], types[f["column"]]
    if isinstance(value, Approximate):
        for bound in bounds(f.get("value")):
            if abs(Fraction(bound) - value.value) <= max(UNSURE, value.within * 2):
                raise Fragile(f["column"])
        value = value.value
    return holds(f["operator"], "bigint" if of == "int" else of, value, f.get("value"))


def bounds(operand):
    if operand is None:
        return []
    return operand if isinstance(operand, list) else list(operand.values()) if isinstance(operand, dict) else [operand]
