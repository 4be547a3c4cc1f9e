"""What a context entitles to, as formulas: the rows of a table, and the rows whose cell of a column may be read or shown clear.

Accepts a configuration that loads and a context that is valid for it. From these two alone, never from the C code, it says which predicate each table reference
must stand under: scopes ANDed, roles ORed, a role's filters ANDed. Promises formulas of ("and" | "or" | "not", [formula…]), ("const", bool)
and comparisons ("=" | "!=" | "in" | "null", apiName, value…) whose values are equal when they are the same value of the column's type. Comparisons count as
independent of each other: implies() is never wrongly true.
"""
import pathlib
import re
import sys
from decimal import Decimal

from layouts import Layout

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "reference"))

from access import CLEAR, HIDDEN, allows, grants_of, scopes_of  # noqa: E402
from operators import NULL_TESTS  # noqa: E402
from values import Invalid, spelled, typed  # noqa: E402, F401


class Source:
    """A table as one place holds it: the original, or a replica with its own names."""

    def __init__(self, table, names, layout=None, is_bounded=True):
        """is_bounded: real types bound what their columns hold"""
        self.table, self.layout = table, layout
        self.marks = {layout.deleted["column"]} if layout and layout.deleted else set()
        self.names = {}  # names: physical -> apiName, the first of several on one physical column
        for c in table["columns"]:
            if c["apiName"] in names:
                self.names.setdefault(names[c["apiName"]], c["apiName"])
        self.same = {}  # first apiName -> all that share its physical column
        for api, physical in names.items():
            self.same.setdefault(self.names[physical], []).append(api)
        self.first = {api: self.names[physical] for api, physical in names.items()}
        self.types = {c["apiName"]: c["type"] for c in table["columns"]}
        self.held = {c["apiName"]: held_by(c.get("databaseType", "")) if is_bounded else None for c in table["columns"]}

    def holds(self, api, value):
        """Can the column hold the value? Such that it can't are no row's, and the statement need not compare them."""
        holds = self.held.get(api)
        return holds is None or holds(value)


def held_by(real):
    """Does a real type hold a value? None: it holds all."""
    bounds = whole_numbers(real)
    numeric = re.fullmatch(r"numeric\((\d+),(\d+)\)", real)
    moment = re.fullmatch(r"timestamp\((\d)\).*", real)
    if bounds:
        return lambda v: bounds[0] <= Decimal(str(v)) <= bounds[1] and Decimal(str(v)) % 1 == 0
    if numeric:
        digits, scale = map(int, numeric.groups())
        return lambda v: abs(Decimal(str(v))) < 10**(digits - scale) and Decimal(str(v)).scaleb(scale) % 1 == 0
    if moment:
        return lambda v: len(re.sub(r"0*Z$", "", v.partition(".")[2])) <= int(moment[1])
    return None


def whole_numbers(real):
    """(least, largest) of a real type of whole numbers; None: of another type."""
    name = re.sub(r"^(Nullable|LowCardinality)\((.*)\)$", r"\2", real).lower()
    name = {"smallint": "int16", "integer": "int32", "bigint": "int64", "oid": "uint32"}.get(name, name)
    number = re.fullmatch(r"u?int(\d+)", name)
    bits = int(number[1]) if number else 0
    if not bits:
        return None
    return (0, 2**bits - 1) if name.startswith("u") else (-2**(bits - 1), 2**(bits - 1) - 1)


def name_parts(name):
    return name if isinstance(name, list) else name.split(".")


def replica_name(columns, api, name):
    """externalSyncs[].columns gives a name, an object that may have one, or (a list) none."""
    given = columns[api] if isinstance(columns, dict) else name
    return given.get("physicalName", name) if isinstance(given, dict) else given


def sources(config):
    """[(parts of the physical name, Source)] of all originals and replicas."""
    out, by_id = [], {t["id"]: t for t in typed(config)["tables"]}
    loose = {d["id"] for d in config["databases"] if d.get("engine") == "sqlite"}
    for t in config["tables"]:
        out.append((name_parts(t["physicalName"]), Source(t, {c["apiName"]: c["physicalName"] for c in t["columns"]}, is_bounded=t["database"] not in loose)))
    for s in config.get("externalSyncs", []):
        table = by_id[s["sourceTable"]]
        names = {c["apiName"]: c["physicalName"] for c in table["columns"]}
        if "columns" in s:
            names = {api: replica_name(s["columns"], api, names[api]) for api in s["columns"]}
        out.append((name_parts(s["targetPhysicalName"]), Source(table, names, Layout(s, table, names))))
    return out


class Entitled:
    """One context's rights to one source."""

    def __init__(self, config, context, source):
        roles = {r["id"]: r for r in config["roles"]}
        self.source, self.values = source, (context or {}).get("contextValues") or {}
        self.scopes = [grants_of(config, source.table, [roles[name] for name in names]) for names in scopes_of(context).values()]
        self.rows = self._of(lambda grant: True)
        self.comparisons = atoms(self.rows)

    def _of(self, grants):
        return ("and", [("or", [self._filters(g) for g in scope if grants(g)]) for scope in self.scopes])

    def _filters(self, grant):
        return ("and", [self._filter(f) for f in grant.get("filters", [])])

    def _filter(self, f):
        # A replica that lacks the column can't be asked: no comparison in its statements has this name.
        column, op = self.source.first.get(f["column"], f["column"]), f["operator"]
        if op in NULL_TESTS:
            return ("null", column) if NULL_TESTS[op] else ("not", [("null", column)])
        wanted = self.values[f["contextKey"]]
        of = self.source.types[f["column"]]
        if of == "enum" and op == "!=":  # a text that is no label stays hidden
            op, wanted = "in", [label for label in of.labels if label != wanted]
        if op == "in":
            wanted = [v for v in wanted if self.source.holds(f["column"], v)]
        if op == "in" and not wanted or op == "=" and not self.source.holds(f["column"], wanted):
            return ("const", False)
        if op == "!=" and not self.source.holds(f["column"], wanted):
            return ("not", [("null", column)])
        return (op, column, value_of(self.source.types[f["column"]], wanted))

    def _gives(self, grant, column, state):
        return min(allows(grant, api) for api in self.source.same[column]) <= state

    def read(self, column):
        """Where the cell may be read at all; None: on every row."""
        return self._cells(column, HIDDEN - 1)

    def clear(self, column):
        """Where the cell may be shown as it is; None: on every row."""
        return self._cells(column, CLEAR)

    def _cells(self, column, state):
        if all(self._gives(g, column, state) for scope in self.scopes for g in scope):
            return None
        return self._of(lambda g: self._gives(g, column, state))


def value_of(of, value):
    """A context's value or a parameter as a value of the column's type, to compare with others."""
    return frozenset(spelled(of, v) for v in value) if isinstance(value, list) else spelled(of, value)


# ---- formulas ----

def atoms(formula):
    if formula[0] in ("and", "or", "not"):
        return set().union(*map(atoms, formula[1]))
    return set() if formula[0] == "const" else {formula}


def _truth(formula, values):
    """True, False, or None while it depends on what values does not have."""
    kind, parts = formula[0], formula[1]
    if kind == "const":
        return parts
    if kind == "not":
        inner = _truth(parts[0], values)
        return None if inner is None else not inner
    if kind in ("and", "or"):
        decides, found = kind == "or", [_truth(f, values) for f in parts]
        return decides if decides in found else None if None in found else not decides
    return values.get(formula)


def _possible(formulas, left, values):
    """Is there a way to make all of them true?"""
    states = [_truth(f, values) for f in formulas]
    if False in states:
        return False
    if None not in states:
        return True
    return any(_possible(formulas, left[1:], {**values, left[0]: choice}) for choice in (False, True))


def implies(given, wanted):
    """given: conjuncts. Those that share no comparison with wanted can't help, constants apart."""
    known = atoms(wanted)
    given = [g for g in given if not (own := atoms(g)) or own & known]
    left = sorted(known.union(*map(atoms, given)), key=repr)
    return not _possible([*given, ("not", [wanted])], left, {})
