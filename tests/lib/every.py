"""Every operator that is more than a comparison with a value, and column against column: one table whose cells lie at the edges of what engines do
differently, and questions about it. `questions()` gives filter nodes; the reference evaluator says what each must find.

Among the rows are some that make an engine's own functions raise errors or return wrong results: texts longer than levenshtein takes, numbers that overflow a common
type, doubles no decimal holds. They are there for every question."""
import itertools
import random

TENANTS = ["10000000-0000-4000-8000-000000000001", "20000000-0000-4000-8000-00000000000a", "30000000-0000-4000-8000-0000000000ff"]
TEXTS = ["", "a", "A", "ab", "aB", "AB", "abc", "100%", "100x", "1_0", "1x0", "10\\0", "\\", "%", "_", "O'Neil", 'say "x"', "line\nbreak", "ä", "Ä", "é", "É", "e\u0301", "東京", "東", "🎁", "🎁🎁",
         "ß", "ẞ", "ss", "SS", "straße", "STRASSE", "I", "i", "ı", "Жук", "жУК", "ΣΊΣΥΦΟ", "σίσυφο", "ǅ", "ǆ", "Ꭰ", "ꭰ", "Ა", "ა", "K", "k", "ΟΔΟΣ", "οδος", "οδοσ", "ſ", "S", "s", "µ", "μ", "Μ", "ϑ", "ϴ", "θ", "\u1fbe", "ι", "ẛ", "Ṡ", "\u1c88", "ꙋ", "\u212a", "kitten", "sitting", "saturday", "sunday",
         "x" * 254, "x" * 255, "x" * 256, "x" * 300, "é" * 255, "abcdefghij" * 7000, "?1 $1 {p1:String}", None, None, None]
NUMBERS = {
    "n": [0, 1, -1, 7, 2147483647, -2147483648, None],
    "big": [0, 1, 7, 9007199254740992, 9007199254740993, -9007199254740993, 9223372036854775807, -9223372036854775808, 4611686018427387904, 10**18, None],
    "ratio": [0.0, -0.0, 1.0, 0.1, 0.3, 0.30000000000000004, 7.0, 9007199254740992.0, 4611686018427387904.0, 9.223372036854775807e18, -9.3e18, 1e18, 1e20, 1e21, 5e-324, -5e-324, 1.7976931348623157e308,
              -1.7976931348623157e308, 1e-18, 123456.789, None],
    "price": ["0", "1", "0.1", "0.3", "7", "7.5", "-0.5", "-1.5", "123456.789", "9007199254740992", "9007199254740993", "9007199254740992.5", "9223372036854775807", "4611686018427388000",
              "4611686018427387904", "0.000000000000000001", "99999999999999999999.999999999", "-99999999999999999999.999999999999999999", "1000000000000000000", None],
}
# decimals of 38 digits, none and 30 of them behind the point: no type of 38 digits holds both
WIDE = ["10000000000000000000000000000000", "9223372036854775807", "9007199254740992", "1", "0", "-7", None]
FINE = ["0.000000000000000000000000000001", "1", "0", "0.5", "-7.000000000000000000000000000001", "0.1", "99999999.5", None]
WIDE_TYPES = {"postgres": "numeric(38, {})", "clickhouse": "Decimal(38, {})", "iceberg": "decimal(38, {})"}
DAYS = ["2024-01-01", "2024-02-29", "1970-01-01", "1970-01-02", "2023-12-31", None]
MOMENTS = ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000001Z", "2023-12-31T23:59:59.999999Z", "2024-02-29T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T12:00:00.5Z", None]
TIMES = ["00:00:00", "23:59:59.999999", "12:30:00", "12:30:00.5", "12:30:00.000001", "09:05:59", None]
CLOCKS = [[], ["00:00:00"], ["12:30:00.5", None], ["12:30:00", "23:59:59.999999"], None]
LISTS = {
    "strings": [[], ["a"], ["a", "b"], ["b", None], [None], ["", "a"], ["it's", 'q"q', "c,d", "{x}", "\\", "NULL", "é", "🎁"], ["1"], ["1.0"], ["A"], None],
    "ints": [[], [0], [1], [1, 2], [2, None], [None], [-2147483648, 2147483647], None],
    "bigs": [[], [0], [9007199254740993], [9007199254740992, None], [9223372036854775807, -9223372036854775808], None],
    "ratios": [[], [0.0], [0.1, 1.5], [1.0, None], [1e21], None],
    "prices": [[], ["0"], ["1.1"], ["1", "2.5"], ["99999999999999999999.999999999", None], ["0.000000000000000001"], None],
    "flags": [[], [True], [False, None], [True, False], None],
    "refs": [[], TENANTS[:1], TENANTS, [TENANTS[2], None], None],
    "days": [[], ["2024-01-01"], ["2024-02-29", None], ["1970-01-02", "2024-01-01"], None],
    "moments": [[], ["2024-01-01T00:00:00Z"], ["2024-01-01T00:00:00.000001Z", None], ["1970-01-01T12:00:00.5Z", "2024-01-01T00:00:00Z"], None],
}
COLUMNS = {"text": "string", "other": "string", "n": "int", "m": "int", "big": "bigint", "large": "bigint", "ratio": "float", "rate": "float", "price": "decimal", "cost": "decimal", "wide": "decimal", "fine": "decimal", "ready": "boolean",
           "open": "boolean", "ref": "uuid", "key": "uuid", "day": "date", "due": "date", "moment": "timestamp", "until": "timestamp", "upId": "int",
           "strings": "string[]", "ints": "int[]", "bigs": "bigint[]", "ratios": "float[]", "prices": "decimal[]", "flags": "boolean[]", "refs": "uuid[]", "days": "date[]", "moments": "timestamp[]"}
# a table of its own: Trino cannot read a ClickHouse table that has a column of this type
TIMED = {"clock": "time", "bell": "time", "clocks": "time[]", "state": "enum", "former": "enum", "states": "enum[]"}
LABELS = ["new", "waiting", "done", "it's", "B", "a"]
STATES = [[], ["new"], ["it's", "B", None], ["done", "waiting"], None]
ROWS = 150


def config():
    columns = [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]
    columns += [{"apiName": name, "physicalName": f"c_{name.lower()}", "type": of, "nullable": True} for name, of in COLUMNS.items()]
    up = {"name": "up", "column": "upId", "references": {"table": "cells", "column": "id"}, "type": "many-to-one"}
    table = {"id": "cells", "apiName": "cells", "database": "pg", "physicalName": "x.cells", "primaryKey": ["id"], "columns": columns, "relations": [up]}
    timed = [columns[0], *({"apiName": name, "physicalName": f"c_{name}", "type": of, "nullable": True} for name, of in TIMED.items())]
    for column in timed[1:]:
        column.update({"values": LABELS} if "enum" in column["type"] else {})
    times = {"id": "times", "apiName": "times", "database": "pg", "physicalName": "x.times", "primaryKey": ["id"], "columns": timed, "relations": []}
    return {"databases": [{"id": "pg", "engine": "postgres"}], "tables": [table, times], "roles": [{"id": "admin", "tables": "*"}]}


def change(engine, sql):
    """The statement that makes the table, with types that config() can't say."""
    plain = {"postgres": ("numeric",), "clickhouse": ("Decimal(38, 18)",), "iceberg": ("decimal(38, 18)",)}[engine][0]
    for name, scale in (("wide", 0), ("fine", 30)):
        for before in ('"c_%s" ', "`c_%s` Nullable("):
            sql = sql.replace(before % name + plain, before % name + WIDE_TYPES[engine].format(scale))
    if engine == "postgres":  # an array of plain numeric arrives at Trino with whole numbers (docs/conformance-values.md)
        sql = sql.replace("numeric[]", "numeric(38, 18)[]")
    if engine == "clickhouse":  # elements may be NULL
        for of in ("String", "Int32", "Int64", "Float64", "Decimal(38, 18)", "Bool", "UUID", "Date32", "DateTime64(6, 'UTC')", "Time64(6)", "Enum8(" + ", ".join(f"'{label}' = {i}" for i, label in enumerate((l.replace("'", "''") for l in LABELS), 1)) + ")"):
            sql = sql.replace(f"Array({of})", f"Array(Nullable({of}))")
    return sql


def rows(null_arrays=True):
    r = random.Random(20260101)
    pools = {"text": TEXTS, "other": TEXTS, "n": NUMBERS["n"], "m": NUMBERS["n"], "big": NUMBERS["big"], "large": NUMBERS["big"], "ratio": NUMBERS["ratio"], "rate": NUMBERS["ratio"],
             "price": NUMBERS["price"], "cost": NUMBERS["price"], "wide": WIDE, "fine": FINE, "ready": [True, False, None], "open": [True, False, None], "ref": [*TENANTS, None], "key": [*TENANTS, None], "day": DAYS, "due": DAYS,
             "moment": MOMENTS, "until": MOMENTS, "upId": [None, 1, 2, 3, 50, 149, 150, 999], **LISTS}
    out = []
    for i in range(ROWS):
        # the first column of two that are compared takes every value of its pool in turn, the second by chance
        row = [i + 1] + [pools[c][i % len(pools[c])] if i < len(pools[c]) and c not in ("other", "m", "large", "rate", "cost", "due", "until") else r.choice(pools[c]) for c in COLUMNS]
        out.append([[] if v is None and of.endswith("[]") and not null_arrays else v for v, of in zip(row, ["int", *COLUMNS.values()])])
    # numbers of different types that are equal, or nearly so
    close = [(0, 0.0, "0"), (1, 1.0, "1"), (7, 7.0, "7.5"), (9007199254740993, 9007199254740992.0, "9007199254740993"), (9007199254740992, 9007199254740992.0, "9007199254740992.5"),
             (9223372036854775807, 9.223372036854775807e18, "9223372036854775807"), (4611686018427387904, 4611686018427387904.0, "4611686018427388000"), (0, 5e-324, "0"), (0, 0.1, "0.1"), (0, 0.3, "0.3"),
             (0, 0.30000000000000004, "0.3"), (1, 1e20, "99999999999999999999.999999999"), (0, -5e-324, "0"), (0, 1e-18, "0.000000000000000001"), (0, 1.7976931348623157e308, "99999999999999999999.999999999"),
             (10**18, 1e18, "1000000000000000000"), (1, 123456.789, "123456.789"), (-9223372036854775808, -9.3e18, "-99999999999999999999.999999999999999999")]
    at = ["id", *COLUMNS].index
    for i, (big, ratio, price) in enumerate(close):
        out[60 + i][at("big")], out[60 + i][at("ratio")], out[60 + i][at("price")] = big, ratio, price
    times = [[i + 1, TIMES[i % len(TIMES)], r.choice(TIMES), r.choice(CLOCKS), [*LABELS, None][i % 7], r.choice([*LABELS, None]), r.choice(STATES)] for i in range(40)]
    times = [[[] if v is None and i in (3, 6) and not null_arrays else v for i, v in enumerate(row)] for row in times]
    return {"cells": {"columns": ["id", *COLUMNS], "rows": out}, "times": {"columns": ["id", *TIMED], "rows": times}}


# ---- questions: (name, filter nodes) ----

PLAIN = ["", "a", "A", "aB", "%", "_", "\\", "10\\", "0%", "'", "\n", "é", "É", "東", "🎁", "ẞ", "ß", "ss", "i", "ı", "жук", "ΣΊΣ", "σίσυφο", "Ǆ", "ꭰ", "ა", "\u212a", "δοΣ", "δος", "Σ", "S", "\u00b5", "θ", "Ι", "ṡ", "Ꙋ", "x" * 255, "abcdefghij" * 6000]
PATTERNS = ["", "%", "_", "__", "a%", "A%", "%b", "%B", "_b", "%A%", "\\%", "100\\%", "1\\_0", "1_0", "10\\\\0", "\\\\", "%\n%", "Äx", "ä", "Ä", "ß", "ẞ", "S%e", "%ζ%", "ж_к", "Σ%Υ%", "🎁", "%🎁", "É", "e_", "\\a", "\u212a%", "%ος", "_δ_ς", "ϑ", "ſ%"]
DISTANCES = [("a", 0), ("a", 1), ("kitten", 3), ("kitten", 2), ("sunday", 3), ("東", 1), ("🎁", 1), ("é", 0), ("x" * 254, 1), ("x" * 250, 5), ("x" * 255, 0), ("a", 254), ("O'Neil", 1), ("abcdefghij", 20)]
ELEMENTS = {"strings": ["a", "", "b", "it's", 'q"q', "c,d", "{x}", "\\", "NULL", "é", "🎁", "1", "1.0", "zz"], "ints": [0, 1, 2, -2147483648, 5], "bigs": ["9007199254740993", 9007199254740992, 0, 9223372036854775807],
            "ratios": [0, 0.1, 1, 1.5, 1e21], "prices": ["0", "1.10", 1, "99999999999999999999.999999999", "0.000000000000000001", "1.2"], "flags": [True, False],
            "refs": [TENANTS[0], TENANTS[1].upper(), "00000000-0000-0000-0000-000000000000"], "days": ["2024-01-01", "1970-01-02", "2024-02-29", "2000-01-01"],
            "moments": ["2024-01-01", "2024-01-01T00:00:00.000001Z", "2024-01-01T01:00:00+01:00", "1970-01-01T12:00:00.5Z"],
            "clocks": ["00:00:00", "12:30:00.50", "12:30:00.000", "23:59:59.999999", "01:02:03"], "states": ["new", "it's", "B", "a"]}
PAIRS = [("n", "m"), ("n", "big"), ("n", "ratio"), ("n", "price"), ("big", "large"), ("big", "n"), ("big", "ratio"), ("ratio", "big"), ("big", "price"), ("price", "big"), ("ratio", "rate"), ("ratio", "price"),
         ("price", "ratio"), ("price", "cost"), ("ratio", "n"), ("wide", "fine"), ("fine", "wide"), ("big", "wide"),
         ("big", "fine"), ("wide", "ratio"), ("ratio", "fine"), ("wide", "price"), ("n", "fine"), ("text", "other"), ("text", "text"), ("day", "due"), ("day", "moment"), ("moment", "day"), ("moment", "until"), ("ready", "open"), ("ref", "key")]
COMPARISONS = ["=", "!=", ">", "<", ">=", "<="]


def value(column, operator, operand=None):
    return {"column": column, "operator": operator, **({} if operand is None else {"value": operand})}


def time_questions():
    """Filter nodes on the table of times."""
    some = [t for t in TIMES if t]
    for op in COMPARISONS:
        yield op, [value("clock", op, t) for t in some] + [{"column": "clock", "operator": op, "refColumn": "bell"}]
    yield "in", [value("clock", op, some[:n]) for op in ("in", "notIn") for n in (1, 3)]
    yield "between", [value("clock", op, {"from": a, "to": b}) for op in ("between", "notBetween") for a, b in itertools.product(some[2:5], repeat=2)]
    elements = ELEMENTS["clocks"]
    yield "arrays", [value("clocks", "arrayContains", e) for e in elements] + [value("clocks", op, elements[:n]) for op in ("arrayContainsAll", "arrayContainsAny") for n in (1, 2, 5)]
    for op in COMPARISONS:
        yield f"enum {op}", [value("state", op, label) for label in LABELS] + [{"column": "state", "operator": op, "refColumn": "former"}]
    yield "enum in", [value("state", op, LABELS[:n]) for op in ("in", "notIn") for n in (1, 3, 6)]
    yield "enum between", [value("state", op, {"from": a, "to": b}) for op in ("between", "notBetween") for a, b in itertools.product(LABELS[1:5], repeat=2)]
    yield "enum arrays", [value("states", "arrayContains", e) for e in LABELS] + [value("states", op, LABELS[:n]) for op in ("arrayContainsAll", "arrayContainsAny") for n in (1, 2, 5)]
    yield "empty", [value("clocks", op) for op in ("arrayIsEmpty", "arrayIsNotEmpty")]


def text_questions():
    for op in ("notLike", "ilike", "notIlike", "like"):
        yield op, [value("text", op, p) for p in PATTERNS]
    for op in ("contains", "icontains", "notContains", "notIcontains", "startsWith", "istartsWith", "endsWith", "iendsWith"):
        yield op, [value("text", op, p) for p in PLAIN]
    yield "levenshteinLte", [value("text", "levenshteinLte", {"text": t, "maxDistance": n}) for t, n in DISTANCES]


def array_questions():
    for column, elements in ELEMENTS.items():
        if column not in COLUMNS:
            continue
        yield f"arrayContains-{column}", [value(column, "arrayContains", e) for e in elements]
        some = [*([e] for e in elements[:3]), *map(list, itertools.combinations(elements[:4], 2)), elements, elements[:1] * 3]
        for op in ("arrayContainsAll", "arrayContainsAny"):
            yield f"{op}-{column}", [value(column, op, list(e)) for e in some]
        yield f"arrayIsEmpty-{column}", [value(column, "arrayIsEmpty"), value(column, "arrayIsNotEmpty")]


def column_questions():
    for a, b in PAIRS:
        ops = COMPARISONS if COLUMNS[a] not in ("boolean", "uuid") else COMPARISONS[:2]
        yield f"{a}-{b}", [{"column": a, "operator": op, "refColumn": b} for op in ops]


def questions():
    yield from text_questions()
    yield from array_questions()
    yield from column_questions()


UP = {"table": "cells", "as": "up", "via": "up", "reverse": False, "columns": ["id"]}


def joined():
    """Definitions whose filters reach over a join: refTable, arrays of a row that is not there."""
    def over(op, a, b):
        return {"column": a, "operator": op, "refTable": "up", "refColumn": b}
    yield {"filters": [over("<", "n", "big")], "joins": [UP]}
    yield {"filters": [{"logic": "or", "not": True, "conditions": [over("=", "price", "ratio"), over(">", "text", "text")]}], "joins": [UP]}
    yield {"joins": [{**UP, "filters": [{"column": "moment", "operator": ">=", "refTable": "cells", "refColumn": "day"}]}]}
    yield {"joins": [{**UP, "on": [{"column": "text", "operator": "!=", "refTable": "cells", "refColumn": "other"}]}]}
    yield {"joins": [{**UP, "on": [{"column": "big", "operator": "<=", "refColumn": "price"}]}]}
    for op, operand in (("arrayContains", "a"), ("arrayContainsAny", ["a", "b"]), ("arrayIsEmpty", None), ("arrayIsNotEmpty", None)):
        leaf = {**value("strings", op, operand), "table": "up"}
        yield {"filters": [leaf], "joins": [UP]}
        yield {"filters": [{"logic": "and", "not": True, "conditions": [leaf]}], "joins": [UP]}
