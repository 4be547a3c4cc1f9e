"""A table with a column of every real type of PostgreSQL, and what questions about it must answer: computed here, without a database.

Each column is declared in the metadata with and without databaseType. A value of the oracle is what a row shows (JSON); `key` says which values are equal, `sort` in
which order they stand."""
import re
import unicodedata
from decimal import Decimal


def itself(v):
    return v


def fold(v):
    return v.lower()


def number(v):
    return Decimal(str(v))


class Column:
    def __init__(self, name, declared, sql, values, shown=None, key=itself, sort=itself, asked=(), known=None, why=None, unfit=(), summed=None):
        """values: texts that the database reads. shown: what a row shows of each. asked: more values to ask for, beside those shown. known: databaseType, when it is
        not `sql`. why: the reason of what is refused. unfit: which of the values are none of the declared type without a databaseType, so that they are in no
        condition. summed: exact values of a float4."""
        self.name, self.declared, self.sql, self.values = name, declared, sql, values
        self.shown = list(shown if shown is not None else values)
        self.key, self.sort, self.asked = key, sort, list(asked)
        self.known, self.why, self.unfit, self.summed = known or sql, why, set(unfit), summed

    @property
    def is_text(self):
        return self.declared == "string"

    @property
    def is_number(self):
        return self.declared in ("int", "bigint", "decimal", "float")


def moment(v):
    return v.rstrip("Z")


LABELS = ["archived", "new", "done", "waiting"]  # `values` of every column declared enum: not in the order of PostgreSQL's type

SPELT = "a label may be spelt in several ways"


def labelled(name, sql, **more):
    return Column(name, "enum", sql, ["new", "waiting", "done"], sort=LABELS.index, **more)


S, NUMBERS = "string", dict(key=number, sort=number)
COLUMNS = [
    Column("tText", S, "text", ["b", "B", "a", "ä", "Zebra", ""], asked=["c"]),
    Column("tVarchar", S, "character varying", ["b", "B", "a", "ä"]),
    Column("tVarcharN", S, "character varying(9)", ["b", "B", "a", "ä"], asked=["far longer than nine"]),
    Column("tChar", S, "character(5)", ["b", "B", "a c", "ä"], key=lambda v: v.rstrip(" "), asked=["b  ", "a c  "]),
    Column("tCitext", S, "citext", ["Bee", "bee", "ant", "Zoo"], key=fold, asked=["BEE", "zoo"]),
    Column("tName", S, "name", ["b", "B", "a"]),
    Column("tNd", S, 'text COLLATE "nd"', ["Bee", "bee", "ant", "Zoo"], key=fold, asked=["BEE"]),
    Column("tIcu", S, 'text COLLATE "en-x-icu"', ["b", "B", "a", "ä", "Z"], known="text"),
    Column("tDomain", S, "d_text", ["b", "B", "a"]),
    Column("tDomainCi", S, "d_citext", ["Bee", "bee", "ant"], key=fold, asked=["BEE"]),
    Column("tEnum", S, "state", ["new", "waiting", "done", "archived"], asked=["lost"], why="a text that is no label"),
    Column("tUuid", S, "uuid", ["11111111-2222-4333-8444-55555555555a", "01111111-2222-4333-8444-55555555555a"], key=fold,
           asked=["11111111-2222-4333-8444-55555555555A"]),
    Column("tInet", S, "inet", ["10.0.0.2", "10.0.0.10", "10.0.0.0/8", "::1"], why="its text differs from what a result shows"),
    Column("tCidr", S, "cidr", ["10.0.0.0/8", "10.1.0.0/16"]),
    Column("tMacaddr", S, "macaddr", ["08:00:2b:01:02:03", "08:00:2b:01:02:04"], key=lambda v: v.replace("-", ":"), asked=["08-00-2b-01-02-03"]),
    Column("tInterval", S, "interval", ["P1D", "PT24H", "PT1H"], key=lambda v: {"P1D": 24, "PT24H": 24, "PT1H": 1}[v]),
    Column("tMoney", S, "money", ["$2.50", "$10.00", "-$1.00"], asked=["$99.00"]),
    Column("tRange", S, "int4range", ["[1,5)", "[2,3)", "empty"]),
    Column("tBit", S, "bit(3)", ["101", "010"]),
    Column("tVarbit", S, "bit varying", ["101", "1", "0"]),
    Column("tBool", S, "boolean", ["true", "false"]),
    Column("tDate", S, "date", ["2024-02-01", "2024-10-01"]),
    Column("tTimetz", S, "time with time zone", ["10:00:00+00", "09:00:00+00"]),
    Column("tJsonb", S, "jsonb", ['{"a": 1}', "[2]"], asked=['{"a":1.0}'], key=lambda v: re.sub(r"\s|\.0", "", v)),
    Column("tBytea", S, "bytea", ["\\x00ff", "\\x01"], why="bytes are declared `bytes`"),
    Column("tXml", S, "xml", ["<a/>", "<b/>"], why="the type has no `=`"),
    Column("tJson", S, "json", ["{}", "[1]"], why="the type has no `=`"),
    Column("tPoint", S, "point", ["(1,2)", "(0,0)"], why="the type has no `=`"),
    Column("tInt", S, "integer", ["7", "10", "-3"], key=int, asked=["07"]),
    Column("iSmallint", "int", "smallint", ["7", "10", "-3"], [7, 10, -3], **NUMBERS, asked=[40000, -40000]),
    Column("iInteger", "int", "integer", ["7", "10", "-3"], [7, 10, -3], **NUMBERS),
    Column("iDomain", "int", "d_int", ["7", "10", "3"], [7, 10, 3], **NUMBERS, asked=[-5]),
    Column("iNumeric", "int", "numeric(5,0)", ["7", "10", "-3"], [7, 10, -3], **NUMBERS, asked=[2147483647]),
    Column("bSmallint", "bigint", "smallint", ["7", "10", "-3"], [7, 10, -3], **NUMBERS, asked=[5000000000]),
    Column("bBigint", "bigint", "bigint", ["7", "5000000000", "-3"], [7, 5000000000, -3], **NUMBERS),
    Column("bOid", "bigint", "oid", ["7", "4000000000"], [7, 4000000000], **NUMBERS, asked=[5000000000, -1], why="a number that is no oid is an error there"),
    Column("dNumeric", "decimal", "numeric", ["7.5", "10.25", "-3"], [Decimal("7.5"), Decimal("10.25"), -3], **NUMBERS, asked=[Decimal("0.001")]),
    Column("dNumericPs", "decimal", "numeric(6,2)", ["7.5", "10.25", "-3"], [Decimal("7.5"), Decimal("10.25"), -3], **NUMBERS,
           asked=[Decimal("7.501"), 123456]),
    Column("dInteger", "decimal", "integer", ["7", "10", "-3"], [7, 10, -3], **NUMBERS, asked=[Decimal("7.5"), 5000000000]),
    Column("dMoney", "decimal", "money", ["2.50", "10", "-1"], [Decimal("2.5"), 10, -1], **NUMBERS, asked=[Decimal("2.505")], why="money is no numeric"),
    Column("dReal", "decimal", "real", ["0.1", "0.25", "7"], [Decimal("0.1"), Decimal("0.25"), 7], **NUMBERS, asked=[Decimal("0.10000000149")],
           why="a real is no numeric"),
    Column("fReal", "float", "real", ["0.1", "0.25", "7"], [Decimal("0.1"), Decimal("0.25"), 7], **NUMBERS,
           summed=[0.10000000149011612, 0.25, 7.0]),
    Column("fDouble", "float", "double precision", ["0.1", "0.25", "7"], [Decimal("0.1"), Decimal("0.25"), 7], **NUMBERS, summed=[0.1, 0.25, 7.0]),
    Column("fNumeric", "float", "numeric(8,3)", ["0.1", "0.25", "7"], [Decimal("0.1"), Decimal("0.25"), 7], **NUMBERS, summed=[0.1, 0.25, 7.0]),
    Column("fInteger", "float", "integer", ["2", "3"], [2, 3], **NUMBERS, asked=[Decimal("2.5")], summed=[2.0, 3.0], why="a number with a fraction"),
    Column("oBool", "boolean", "boolean", ["true", "false"], [True, False]),
    Column("uUuid", "uuid", "uuid", ["11111111-2222-4333-8444-55555555555a", "01111111-2222-4333-8444-55555555555a"]),
    Column("uText", "uuid", "text", ["11111111-2222-4333-8444-55555555555A", "01111111-2222-4333-8444-55555555555a"],
           ["11111111-2222-4333-8444-55555555555a", "01111111-2222-4333-8444-55555555555a"], why="a text compares with case"),
    Column("aDate", "date", "date", ["2024-02-01", "2024-10-01", "1999-12-31"]),
    Column("mTimestamp", "timestamp", "timestamp without time zone", ["2024-02-01T10:00:00Z", "2024-02-01T10:00:00.5Z"], sort=moment),
    Column("mTimestamp3", "timestamp", "timestamp(3) without time zone", ["2024-02-01T10:00:00Z", "2024-02-01T10:00:00.5Z"], asked=["2024-02-01T10:00:00.500001Z"], sort=moment),
    Column("mTimestamptz", "timestamp", "timestamp with time zone", ["2024-02-01T10:00:00Z", "2024-02-01T10:00:00.5Z"], sort=moment),
    Column("mDate", "timestamp", "date", ["2024-02-01", "2024-02-02"], ["2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z"], asked=["2024-02-01T10:00:00Z"],
           why="a date is no moment"),
    Column("hTime", "time", "time without time zone", ["10:00:00", "09:30:00.5"]),
    labelled("eEnum", "state"), labelled("eText", "text"), labelled("eVarchar", "character varying(9)"), labelled("eChar", "character(9)", why=SPELT),
    labelled("eCitext", "citext", why=SPELT),
]


def canonical(declared, v):
    """A value of an answer as the oracle has it."""
    if v is None or isinstance(v, bool):
        return v
    if declared in ("int", "bigint", "decimal", "float"):
        return Decimal(str(v))
    return v


def like(text, pattern):
    parts = [".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern]
    return re.fullmatch("".join(parts), text, re.S) is not None


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        row, last = [i + 1], row
        for j, y in enumerate(b):
            row.append(min(last[j] + (x != y), last[j + 1] + 1, row[j] + 1))
    return row[-1]


def folded(text):
    return unicodedata.normalize("NFC", text).lower()


def patterns_of(v):
    """Conditions on texts: (operator, operand, what holds of the rows' texts)."""
    part, start, end, pattern = v[1:3], v[:2], v[-1:], "_" + v[1:2] + "%"
    yield "like", pattern, lambda x: like(x, pattern)
    yield "notLike", pattern, lambda x: not like(x, pattern)
    yield "ilike", pattern.upper(), lambda x: like(x.lower(), pattern.lower())
    yield "notIlike", pattern.upper(), lambda x: not like(x.lower(), pattern.lower())
    yield "contains", part, lambda x: part in x
    yield "notContains", part, lambda x: part not in x
    yield "icontains", start.upper(), lambda x: start.lower() in x.lower()
    yield "notIcontains", start.upper(), lambda x: start.lower() not in x.lower()
    yield "startsWith", start, lambda x: x.startswith(start)
    yield "istartsWith", start.upper(), lambda x: x.lower().startswith(start.lower())
    yield "endsWith", end, lambda x: x.endswith(end)
    yield "iendsWith", end.upper(), lambda x: x.lower().endswith(end.lower())
    yield "levenshteinLte", {"text": v, "maxDistance": 1}, lambda x: distance(x, v) <= 1
