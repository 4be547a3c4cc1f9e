"""What a query must answer, from the configuration and the rows alone: plain Python written from the specification, slow and simple.

    Oracle(config, rows).answer(definition, context) -> Answer

Rows are dicts of values as compare() understands them. Nothing here looks at SQL or at the C code.
"""
import base64
import datetime
import functools
import json
import re
from decimal import Decimal

BIG = object()  # sorts above every value


def instant(text):
    """A timestamp as microseconds since 1970."""
    if len(text) == 10:
        text += "T00:00:00Z"
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?", text)
    y, mo, d, h, mi, s = (int(g) for g in match.groups()[:6])
    zone = match.group(8) or "Z"
    shift = 0 if zone == "Z" else (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 60 + int(zone[-2:]))
    seconds = (datetime.datetime(y, mo, d, h, mi, s) - datetime.datetime(1970, 1, 1)).total_seconds() - shift * 60
    return int(seconds) * 1_000_000 + int((match.group(7) or "").ljust(6, "0")[:6])


def decimal(text):
    """Every digit, one form for equal numbers (Decimal.normalize rounds to the context's precision)."""
    plain = format(Decimal(text), "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return Decimal("0" if plain == "-0" else plain)


def typed(type_name, value):
    """A JSON value as a Python value that compares as the type does."""
    if value is None:
        return None
    if type_name.endswith("[]"):
        return tuple(typed(type_name[:-2], v) for v in value)
    return {
        "string": str, "int": lambda v: int(Decimal(str(v))), "bigint": lambda v: int(Decimal(str(v))), "float": float,
        "decimal": lambda v: decimal(str(v)), "boolean": bool, "uuid": lambda v: v.lower(), "date": str, "timestamp": instant,
        "json": lambda v: json.dumps(v, sort_keys=True, default=float), "bytes": lambda v: base64.b64decode(v),
    }[type_name](value)


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
    """Unicode's simple case folding: a character stays one character."""
    out = ""
    for c in text:
        folded = c.casefold() if len(c.casefold()) == 1 else c.lower()
        out += folded if len(folded) == 1 else c
    return out


@functools.lru_cache(10000)
def lower(text):
    """What PostgreSQL's ILIKE does instead (docs/dialects.md): letters whose folding is not their lower case letter equal only themselves."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]


COMPARE = {"=": lambda a, b: a == b, "!=": lambda a, b: a != b, ">": lambda a, b: a > b, "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b}
PLACED = {"contains": lambda cell, text: text in cell, "startswith": str.startswith, "endswith": str.endswith}


def text_test(op, cell, value, folding=fold):
    """like and its kin: an i before the name ignores case, not before that negates."""
    name = op.lower()
    negated = name.startswith("not")
    name = name.removeprefix("not")
    if name.startswith("i"):
        name, cell, value = name[1:], folding(cell), folding(value)
    return (like(cell, value) if name == "like" else PLACED[name](cell, value)) != negated


def array_test(op, of, cell, value):
    if value is None:
        return (len(cell) == 0) == (op == "arrayIsEmpty")
    wanted = [typed(of[:-2], v) for v in (value if isinstance(value, list) else [value])]
    return (any if op == "arrayContainsAny" else all)(w in cell for w in wanted)


def as_number(of, value):
    """A float beside another number is the decimal that it is shown as."""
    return Decimal(repr(value)) if of == "float" else Decimal(value)


def column_test(op, of, a, other_of, b):
    if "timestamp" in (of, other_of):
        a, b = (instant(v) if t == "date" else v for t, v in ((of, a), (other_of, b)))
    elif "float" in (of, other_of) and of != other_of:
        a, b = as_number(of, a), as_number(other_of, b)
    return COMPARE[op](a, b)


def like(text, pattern):
    out, i = "", 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\":
            i += 1
            out += re.escape(pattern[i])
        else:
            out += {"%": ".*", "_": "."}.get(c) or re.escape(c)
        i += 1
    return re.fullmatch(out, text, re.S) is not None


class Answer:
    """rows in an order that is right; keys: their sort keys; total: is the order total? columns: [(name, type)]; count: count mode."""

    def __init__(self, columns, rows, keys, total, limit=None, offset=0, count=None):
        self.columns, self.rows, self.keys, self.total, self.limit, self.offset, self.count = columns, rows, keys, total, limit, offset, count


class Ref:
    def __init__(self, name, table, join=None, parent=None, pairs=()):
        self.name, self.table, self.join, self.parent, self.pairs = name, table, join, parent, pairs


class Oracle:
    def __init__(self, config, rows, folding=fold):
        self.config, self.folding = config, folding
        self.tables = {t["apiName"]: t for t in config["tables"]}
        self.by_id = {t["id"]: t for t in config["tables"]}
        self.types = {t["id"]: {c["apiName"]: c["type"] for c in t["columns"]} for t in config["tables"]}
        self.raw = {tid: [dict(zip(d["columns"], row)) for row in d["rows"]] for tid, d in rows.items()}
        self.rows = {tid: [{k: typed(self.types[tid][k], v) for k, v in row.items()} for row in found] for tid, found in self.raw.items()}

    # ---- access ----

    def scopes(self, context):
        given = context.get("roles") or {"user": [context["role"]]}
        by_id = {r["id"]: r for r in self.config["roles"]}
        return [[by_id[name] for name in names] for names in given.values()]

    def grants(self, table, context):
        """per scope, the grants of its roles on the table"""
        return [[g for role in scope for g in ([{"allowedColumns": "*"}] if role["tables"] == "*" else role["tables"])
                 if g.get("tableId", table["id"]) == table["id"]] for scope in self.scopes(context)]

    def allowed(self, table, context):
        names = [c["apiName"] for c in table["columns"]]
        for grants in self.grants(table, context):
            names = [n for n in names if any(g["allowedColumns"] == "*" or n in g["allowedColumns"] for g in grants)]
        return names

    def visible(self, table, row, context):
        values = context.get("contextValues", {})
        return all(any(all(self.passes(table, row, f, values) is True for f in g.get("filters", [])) for g in grants)
                   for grants in self.grants(table, context))

    def passes(self, table, row, f, values):
        cell, of = row[f["column"]], self.types[table["id"]][f["column"]]
        if f["operator"] in ("is_null", "isNull", "is_not_null", "isNotNull"):
            return (cell is None) == (f["operator"] in ("is_null", "isNull"))
        if cell is None:
            return None
        wanted = values[f["contextKey"]]
        if f["operator"] == "in":
            return cell in [typed(of, v) for v in wanted]
        return (cell == typed(of, wanted)) == (f["operator"] == "=")

    # ---- joins ----

    def related(self, one, other):
        """[(names, pairs (column of one, column of other), one has the foreign key)] of the relations between two tables"""
        found = []
        for holder, target, from_one in ((one, other, True), (other, one, False)):
            for r in holder.get("relations", []):
                far = self.tables.get(r["references"]["table"]) or self.by_id.get(r["references"]["table"])
                if far is not target or (one is other and not from_one):
                    continue
                mine = [r["column"]] if isinstance(r["column"], str) else r["column"]
                theirs = [r["references"]["column"]] if isinstance(r["references"]["column"], str) else r["references"]["column"]
                pairs = list(zip(mine, theirs)) if from_one else list(zip(theirs, mine))
                found.append((r.get("name", "_".join(mine)), pairs))
        return found

    def way(self, parents, table, node):
        """(parent, pairs) along which a join or an exists node hangs: the first of parents if that fits, otherwise the other that does"""
        options = []
        for parent in parents:
            for name, pairs in self.related(parent.table, table):
                if node.get("via", name) == name:
                    if parent.table is table and node.get("reverse"):
                        pairs = [(b, a) for a, b in pairs]
                    options.append((parent, pairs))
            if options and parent is parents[0]:
                break
        assert len(options) == 1, f"the oracle was asked an ambiguous join or exists: {node}"
        return options[0]

    def refs(self, definition):
        refs = [Ref(definition["from"], self.tables[definition["from"]])]
        for join in definition.get("joins", []):
            table = self.tables[join["table"]]
            parent, pairs = self.way([r for r in refs if r.name == join["parent"]] if "parent" in join else refs, table, join)
            refs.append(Ref(join.get("as", join["table"]), table, join, parent, pairs))
        return refs

    def product(self, refs, context):
        """the joined rows: one dict a ref name, None for a missing left-joined row"""
        joined = [{refs[0].name: row} for row in self.seen(refs[0].table, context)]
        for ref in refs[1:]:
            candidates = self.seen(ref.table, context)
            out = []
            for row in joined:
                parent = row[ref.parent.name]
                matches = []
                for candidate in candidates if parent is not None else []:
                    full = {**row, ref.name: candidate}
                    if self.related_rows(ref, parent, [candidate]) and self.all_true(refs, ref.join.get("on", []), full, ref.name, ref):
                        matches.append(full)
                if not matches and ref.join.get("type", "left") == "left":
                    matches = [{**row, ref.name: None}]
                out += matches
            joined = out
        return joined

    def related_rows(self, ref, parent, candidates):
        """those whose keys are the parent's: a NULL key is nobody's"""
        types, other = self.types[ref.parent.table["id"]], self.types[ref.table["id"]]
        mixed = {(a, b) for a, b in ref.pairs if {types[a], other[b]} == {"date", "timestamp"}}

        def same(a, b, x, y):
            if (a, b) in mixed and x is not None and y is not None:
                x, y = (instant(v) if isinstance(v, str) else v for v in (x, y))
            return x is not None and x == y
        return [row for row in candidates if all(same(a, b, self.key(parent, a), self.key(row, b)) for a, b in ref.pairs)]

    @staticmethod
    def key(row, column):
        return row[column]

    def seen(self, table, context):
        return [r for r in self.rows.get(table["id"], []) if self.visible(table, r, context)]

    # ---- filters ----

    def all_true(self, refs, filters, row, default, home=None):
        return and3(self.holds(refs, f, row, default, home) for f in filters) is True

    def exists(self, refs, f, row, home):
        """two-valued; home: what it hangs on where no parent is named, None: one of refs"""
        table = self.tables[f["table"]]
        parents = [r for r in refs if r.name == f["parent"]] if "parent" in f else [home] if home else refs
        parent, pairs = self.way(parents, table, f)
        inner = Ref(f["table"], table, None, parent, pairs)
        start = row[parent.name]
        found = self.related_rows(inner, start, self.seen(table, self.context)) if start is not None else []
        n = sum(self.all_true([inner], f.get("filters", []), {inner.name: r}, inner.name, inner) for r in found)
        if "count" in f:
            op, value = f["count"]["operator"], f["count"]["value"]
            return {"=": n == value, "!=": n != value, ">": n > value, "<": n < value, ">=": n >= value, "<=": n <= value}[op]
        return (n > 0) == f.get("exists", True)

    def holds(self, refs, f, row, default, home=None):
        if "conditions" in f:
            parts = [self.holds(refs, c, row, default, home) for c in f["conditions"]]
            value = (and3 if f["logic"] == "and" else or3)(parts)
            return not3(value) if f.get("not") else value
        if "column" not in f:
            return self.exists(refs, f, row, home)
        ref = next(r for r in refs if r.name == f.get("table", default))
        cells = row[ref.name]
        cell, of = cells and cells[f["column"]], self.types[ref.table["id"]][f["column"]]
        op, value = f["operator"], f.get("value")
        if op in ("isNull", "is_null"):
            return cell is None
        if op in ("isNotNull", "is_not_null"):
            return cell is not None
        if cell is None:
            return None
        if "refColumn" in f:
            other = next(r for r in refs if r.name == f.get("refTable", default))
            cells = row[other.name]
            beside = cells and cells[f["refColumn"]]
            return None if beside is None else column_test(op, of, cell, self.types[other.table["id"]][f["refColumn"]], beside)
        if op.startswith("array"):
            return array_test(op, of, cell, value)
        if op == "levenshteinLte":
            return abs(len(cell) - len(value["text"])) <= value["maxDistance"] and edits(cell, value["text"]) <= value["maxDistance"]
        if of == "string" and (op.lower().endswith("like") or op.lower().endswith(("contains", "with"))):
            return text_test(op, cell, value, self.folding)
        if op in ("in", "notIn"):
            return (cell in [typed(of, v) for v in value]) == (op == "in")
        if op in ("between", "notBetween"):
            return (typed(of, value["from"]) <= cell <= typed(of, value["to"])) == (op == "between")
        return COMPARE[op](cell, typed(of, value))

    # ---- the answer ----

    def outputs(self, refs, definition, context):
        chosen = []
        for ref in refs:
            given = (definition if ref.join is None else ref.join).get("columns")
            chosen += [(ref, c) for c in (self.allowed(ref.table, context) if given is None else given)]
        names = [c for _, c in chosen]
        shared = {c for c in names if len({id(r) for r, n in chosen if n == c}) > 1}
        return [(f"{ref.name}.{c}" if c in shared else c, ref, c) for ref, c in chosen]

    def answer(self, definition, context):
        self.context = context
        refs = self.refs(definition)
        rows = self.product(refs, context)
        rows = [r for r in rows if self.all_true(refs, definition.get("filters", []), r, refs[0].name)]
        for ref in refs[1:]:
            rows = [r for r in rows if self.all_true(refs, ref.join.get("filters", []), r, ref.name, ref)]
        key = refs[0].table["primaryKey"]
        wanted = None
        if "byIds" in definition:
            wanted = []
            for one in definition["byIds"]:
                values = tuple(typed(self.types[refs[0].table["id"]][k], one[k] if isinstance(one, dict) else one) for k in key)
                if values not in wanted:
                    wanted.append(values)
            rows = [r for r in rows if tuple(r[refs[0].name][k] for k in key) in wanted]
        if definition.get("executeMode") == "count":
            return Answer([], [], [], True, count=len(rows))
        order = [(next(r for r in refs if r.name == o.get("table", refs[0].name)), o["column"], o.get("direction", "asc"), o.get("nulls"))
                 for o in definition.get("orderBy", [])]
        offset, limit = definition.get("offset"), definition.get("limit")
        if offset is not None:
            order += [(ref, k, "asc", None) for ref in refs for k in ref.table["primaryKey"]]
        total = offset is not None and all(ref.table["primaryKey"] for ref in refs)
        if wanted is not None and not order and limit is None and len(refs) == 1:
            keys = [wanted.index(tuple(r[refs[0].name][k] for k in key)) for r in rows]
            rows = [r for _, r in sorted(zip(keys, rows), key=lambda p: p[0])]
            keys, total = sorted(keys), True
        else:
            compare = functools.cmp_to_key(functools.partial(self.compare_rows, order))
            rows = sorted(rows, key=compare)
            keys = [tuple(self.sort_cell(r, ref, column) for ref, column, _, _ in order) for r in rows]
        outputs = self.outputs(refs, definition, context)
        types = [(name, self.types[ref.table["id"]][c]) for name, ref, c in outputs]
        flat = [{name: r[ref.name] and r[ref.name][c] for name, ref, c in outputs} for r in rows]
        return Answer(types, flat, keys, total, limit, offset or 0)

    @staticmethod
    def sort_cell(row, ref, column):
        return row[ref.name] and row[ref.name][column]

    def compare_rows(self, order, a, b):
        for ref, column, direction, nulls in order:
            x, y = self.sort_cell(a, ref, column), self.sort_cell(b, ref, column)
            if x == y and (x is None) == (y is None):
                continue
            if x is None or y is None:
                last = nulls == "last" if nulls else direction == "asc"
                return (1 if x is None else -1) * (1 if last else -1)
            return (1 if x > y else -1) * (1 if direction == "asc" else -1)
        return 0


def compare(answer, result):
    """Does a result object of multidb agree with the oracle's answer? Raises AssertionError with the difference."""
    if answer.count is not None:
        assert result["kind"] == "count" and result["count"] == answer.count, f"count {result.get('count')}, expected {answer.count}"
        return
    assert [(c["apiName"], c["type"]) for c in result["meta"]["columns"]] == answer.columns
    types = dict(answer.columns)
    got = []
    for row in result["data"]:
        assert list(row) == [name for name, _ in answer.columns], f"members {list(row)}"
        got.append({name: typed(types[name], value) for name, value in row.items()})
    rows = answer.rows
    end = None if answer.limit is None else answer.offset + answer.limit
    if answer.total:
        assert got == rows[answer.offset:end], f"got {got}\nexpected {rows[answer.offset:end]}"
        return
    expected = rows[answer.offset:end]
    assert len(got) == len(expected), f"{len(got)} rows, expected {len(expected)}: {got}\nexpected {expected}"
    # Rows with one sort key may come in any order: compare group by group; the last group may be cut by the limit.
    i = 0
    while i < len(got):
        key = answer.keys[answer.offset + i]
        group = [r for r, k in zip(rows, answer.keys) if k == key]
        size = sum(1 for k in answer.keys[answer.offset:end] if k == key)
        pool = [repr(r) for r in group]
        for r in got[i:i + size]:
            assert repr(r) in pool, f"row {r} is not among {group}"
            pool.remove(repr(r))
        i += size
