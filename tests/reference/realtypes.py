"""Real types: what the columns of a generated world are in a database, beside the declared type of the metadata.

    give(world, engine)      every column gets a type of that engine at random, most columns a databaseType that names it, rows values that the type can hold
    typed(config, engine, real)      the configuration whose columns have types that know how their database compares them; real: {table id: {column: a Real's name}}

Accepts a world without real types. Promises values that are hard: equal to their database and different as text, at the bounds of a type, and beyond them in what is
asked. The rules are those of docs/values.md: equality is the column's own, order is by code point, a float4 is the number that its shortest text shows.
"""
import random
import struct
import unicodedata
from decimal import Decimal

from values import plain, read

NAMED = 0.75  # of the columns have a databaseType, where it may be left out


class Real:
    """A type of a database for columns of one declared type.

    sql: how a table declares it, {s} stands for its schema; None: as tools/make-sample does. named: databaseType where it is another spelling; "" where nothing
    names it. known: without databaseType the column can't be read. holds(value), of the value's JSON form; values: more of its own, JSON; asked: what it can't hold.
    closed: it has these values alone. same: value -> what is equal for all equal values; written(value) -> the texts that a row may hold, as SQL."""

    def __init__(self, sql, declared, named=None, known=False, holds=None, values=(), asked=(), same=None, written=None, float4=False, usual=False, key=True, closed=False):
        self.sql, self.declared, self.named, self.known = sql, declared, (sql or "") if named is None else named, known
        self.values, self.asked, self.same, self.written, self.float4, self.usual, self.key = list(values), list(asked), same, written, float4, usual, key
        self.closed = closed
        self.holds = holds or ((lambda v: v in self.values) if closed else lambda v: True)
        self.name = f"{sql} as {self.named}" if named is not None else str(sql)


    def is_lost_in_trino(self, labels):
        """Its connectors leave columns of domains out, round what a numeric[] holds, and cannot read the types of some enums (docs/conformance-values.md)."""
        return '"d_' in (self.sql or "") or self.sql == "numeric[]" or self.sql is None and any(set(label) & set("',") for label in labels)


class RealType(str):
    """The name of a declared type that knows the real type of its column."""

    def __new__(cls, name, real):
        self = super().__new__(cls, name)
        self.real = real
        return self

    def __getnewargs__(self):
        return str(self), self.real

    def __deepcopy__(self, memo):
        return self


def same(of, value):
    """The value, or an element of an array, as the database of its column compares it: the same for all values that are equal."""
    real = getattr(of, "real", None)
    return value if real is None or real.same is None or value is None or isinstance(value, tuple) else real.same(value)


def asked_of(of, r=random):
    """Values to ask for: those of the declared type and of the real one, or some that it can't hold."""
    real = getattr(of, "real", None)
    if real is None:
        return pool_of(of)
    if real.asked and r.random() < 0.4:
        return real.asked
    return real.values if real.closed else pool_of(of) + real.values


def is_loose(of):
    """Can values that are shown differently be equal?"""
    return getattr(of, "real", None) is not None and of.real.same is not None


def added(of, value):
    """The number that sums and averages add: exactly what a float4 holds."""
    real = getattr(of, "real", None)
    return struct.unpack("f", struct.pack("f", value))[0] if real is not None and real.float4 else value


# ---- which texts are equal ----

def ascii_lower(text):
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def unpadded(text):
    return text.rstrip(" ")


# ---- values as SQL ----

def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def fits_float(value):
    return Decimal(repr(float(value))) == Decimal(str(value))


def fits_int64(value):
    return Decimal(value) == int(Decimal(value)) and abs(int(Decimal(value))) < 2**63


def canonical(value):
    return database().canonical_decimal(value)


def database():
    from database import sample
    return sample


def moment_of(value):
    """Microseconds since 1970."""
    return read("timestamp", value)


def parts_of(value):
    day, _, time = value.rstrip("Z").partition("T")
    return day, time


def iso_forms(value):
    """As programs write a moment: with zeros at the end of a fraction or without, in another zone."""
    day, time = parts_of(value)
    out = [f"{day}T{time}Z", f"{day}T{time}+00:00"]
    if "." not in time:
        out += [f"{day}T{time}.000Z"]
    return [quoted(v) for v in out]


def sqlite_forms(value):
    day, time = parts_of(value)
    return [quoted(f"{day} {time}")] + ([quoted(f"{day} {time}.000"), quoted(f"{day} {time[:5]}")] if time.endswith("00") and "." not in time else [])


def epoch_forms(per_second):
    def forms(value):
        whole, rest = divmod(moment_of(value) * per_second, 1_000_000)
        return [str(whole)] if rest == 0 else [f"{whole}.{rest:06}".rstrip("0")]
    return forms


def day_forms(per_second):
    return lambda value: [str(moment_of(value) // 1_000_000 * per_second)]


def midnight_forms(value):
    return [quoted(value), quoted(f"{value}T00:00:00Z"), quoted(f"{value} 00:00:00"), quoted(f"{value}T00:00:00.000Z")]


def truth_forms(value):
    return [str(int(value)), quoted("true" if value else "false")]


def decimal_text_forms(value):
    plain = canonical(value)
    return [quoted(plain), quoted(plain + "0" if "." in plain else plain + ".0"), quoted(plain + ".00" if "." not in plain else plain)]


def decimal_forms(value):
    return [canonical(value)] if fits_int64(value) or fits_float(value) and len(canonical(value)) < 16 else [quoted(canonical(value))]


def int_forms(value):
    return [str(value), f"{value}.0" if abs(value) < 2**53 else str(value)]


def whole_text(value):
    return value.lstrip("-").isdigit() and str(int(value)) == value and abs(int(value)) < 2**63


PADDED = ["a ", "a  ", "ab ", " a", " ", "b", "A "]
SPELT = ["AB", "Ab", "B", "É", "ZZ", "zZ"]

SQLITE = {
    "string": [
        Real("TEXT", "string", usual=True), Real("VARCHAR(3)", "string"), Real("", "string"),
        Real("TEXT COLLATE NOCASE", "string", same=ascii_lower, values=SPELT), Real("VARCHAR(9) COLLATE NOCASE", "string", same=ascii_lower, values=SPELT),
        Real("TEXT COLLATE RTRIM", "string", same=unpadded, values=PADDED),
        Real("INTEGER", "string", known=True, holds=whole_text, values=["7", "10", "-3", "0", "9223372036854775807"], asked=["07", "7.0", "a"], written=lambda v: [v], key=False),
        Real("NUMERIC", "string", known=True, holds=lambda v: not v.replace(".", "").lstrip("-").isdigit() or whole_text(v) or v in ("1.5", "-0.25"),
             values=["7", "1.5", "-0.25", "x", "70"], asked=["07", "1.50", "7.0"]),
    ],
    "int": [Real("INTEGER", "int", usual=True), Real("REAL", "int", written=int_forms), Real("NUMERIC(5, 0)", "int", written=lambda v: [str(v), quoted(str(v))]),
            Real("", "int", written=int_forms)],
    "bigint": [Real("INTEGER", "bigint", usual=True), Real("NUMERIC", "bigint"), Real("", "bigint", written=int_forms),
               Real("REAL", "bigint", holds=lambda v: abs(v) < 2**53, written=int_forms)],
    "float": [Real("REAL", "float", usual=True), Real("NUMERIC", "float", written=lambda v: [repr(v), quoted(repr(v))]), Real("INTEGER", "float"), Real("", "float")],
    "decimal": [
        Real("TEXT", "decimal", usual=True, written=decimal_text_forms), Real("DECIMAL(10,2)", "decimal", holds=lambda v: fits_int64(v) or fits_float(v), written=decimal_forms),
        Real("REAL", "decimal", holds=fits_float, written=decimal_forms), Real("INTEGER", "decimal", holds=lambda v: fits_int64(v) or fits_float(v), written=decimal_forms),
        Real("", "decimal", written=lambda v: decimal_text_forms(v) + decimal_forms(v)),
    ],
    "boolean": [Real("INTEGER", "boolean", usual=True), Real("BOOLEAN", "boolean"), Real("TEXT", "boolean", written=lambda v: truth_forms(v)[1:]),
                Real("", "boolean", written=truth_forms)],
    "uuid": [
        Real("TEXT", "uuid", usual=True), Real("TEXT", "uuid", named="text", written=lambda v: [quoted(v.upper())]),
        Real("CHAR(36)", "uuid", written=lambda v: [quoted(v), quoted(v.upper())]), Real("UUID", "uuid", written=lambda v: [quoted(v), quoted(v.upper())]),
        Real("TEXT COLLATE NOCASE", "uuid", written=lambda v: [quoted(v), quoted(v.upper())]),
        Real("BLOB", "uuid", known=True, written=lambda v: [f"x'{v.replace('-', '')}'"]),
    ],
    "date": [
        Real("TEXT", "date", usual=True), Real("DATE", "date"), Real("TEXT", "date", named="text iso", known=True, written=midnight_forms),
        Real("DATETIME", "date", named="text sqlite", known=True, written=midnight_forms), Real("INTEGER", "date", named="epoch s", known=True, written=day_forms(1)),
        Real("INTEGER", "date", named="epoch ms", known=True, written=day_forms(1000)),
    ],
    "timestamp": [
        Real("TEXT", "timestamp", usual=True), Real("TEXT", "timestamp", named="text iso", written=iso_forms), Real("DATETIME", "timestamp", named="text sqlite", written=sqlite_forms),
        Real("TIMESTAMP", "timestamp", written=lambda v: iso_forms(v) + sqlite_forms(v)),
        Real("INTEGER", "timestamp", named="epoch s", known=True, written=epoch_forms(1)), Real("REAL", "timestamp", named="epoch s", known=True, written=epoch_forms(1)),
        Real("INTEGER", "timestamp", named="epoch ms", known=True, written=epoch_forms(1000)),
    ],
    "time": [Real("TEXT", "time", usual=True), Real("TIME", "time"), Real("TEXT", "time", named="text", written=lambda v: [quoted(v), quoted(v + ("0" if "." in v else ".0"))])],
    "enum": [Real("TEXT", "enum", usual=True), Real("VARCHAR(3)", "enum")],
    "json": [Real("TEXT", "json", usual=True)],
    "bytes": [Real("BLOB", "bytes", usual=True), Real("", "bytes")],
    "[]": [Real("TEXT", "[]", usual=True)],
}


def deterministic_apart_from_case(text):
    """und-u-ks-level2: letters in either case, composed or not"""
    return unicodedata.normalize("NFD", text).lower()


def fold_case(text):
    return text.lower()


def dollars(text):
    return Decimal(text.replace("$", "").replace(",", ""))


def within(bits, signed=True):
    return lambda v: (-2**(bits - 1) <= v < 2**(bits - 1)) if signed else 0 <= v < 2**bits


def digits(precision, scale):
    def holds(value):
        whole, _, fraction = plain(Decimal(str(value))).partition(".")
        return len(fraction) <= scale and abs(int(whole)) < 10 ** (precision - scale)
    return holds


def fits_float4(value):
    """Is it the shortest text of a float4?"""
    digits = "".join(map(str, Decimal(str(value)).as_tuple().digits))
    return len(digits.strip("0")) <= 6


def truncated(places):
    return lambda value: len(value.rstrip("Z").partition(".")[2].rstrip("0")) <= places


def closed(sql, values, asked=(), **more):
    return Real(sql, "string", values=values, asked=asked, closed=True, **more)


def array_of(holds):
    return lambda value: all(v is None or holds(v) for v in value)


FLOATS, SMALL, FLOAT4 = [0.1, 0.25, 7.0], [0, 7, -3, 32767, -32768], [0.1, 0.25, 7.0, 0.3, 1e-7, 3e38]
WORDS = ["a", "A", "b", "ab", "aB", "ä", "Ä"]
POSTGRES = {
    "string": [
        Real("text", "string", usual=True), Real("character varying", "string"), Real("character varying(400)", "string"),
        Real("character(40)", "string", holds=lambda v: len(v) <= 40 and not v.endswith(" "), same=unpadded, asked=["a ", "b  ", " "]),
        Real("citext", "string", same=fold_case, values=SPELT), Real('text COLLATE "{s}"."nd"', "string", named="", same=deterministic_apart_from_case, values=SPELT),
        Real('text COLLATE "en-x-icu"', "string", named="text"), Real('"{s}"."d_text"', "string", named="d_text"),
        Real('"{s}"."d_citext"', "string", named="d_citext", same=fold_case, values=SPELT), Real("name", "string", holds=lambda v: len(v.encode()) < 64),
        closed('"{s}"."states"', ["new", "waiting", "done", "archived"], ["lost", "New"], named="states"),
        closed("uuid", ["11111111-2222-4333-8444-55555555555a", "01111111-2222-4333-8444-55555555555a"], ["a", "11111111-2222-4333-8444-55555555555A"], same=fold_case),
        closed("inet", ["10.0.0.2", "10.0.0.10", "10.0.0.0/8", "::1"], ["x", "10.0.0.2/32"], same=lambda v: v.removesuffix("/32"), known=True),
        closed("cidr", ["10.0.0.0/8", "10.1.0.0/16"], ["x"]),
        closed("interval", ["P1D", "PT24H", "PT1H"], ["soon"], same=lambda v: {"P1D": 24, "PT24H": 24, "PT1H": 1}.get(v, v)),
        closed("money", ["$2.50", "$10.00", "-$1.00"], ["$99.00", "2.50"], same=dollars), closed("int4range", ["[1,5)", "[2,3)", "empty"], ["[9,10)"]),
        closed("date", ["2024-02-01", "2024-10-01"], ["2024-13-01", "1999-12-31"]), closed("boolean", ["true", "false"], ["maybe"]),
        closed("integer", ["7", "10", "-3"], ["07", "x"], same=lambda v: int(v) if v.lstrip("-").isdigit() else v),
        closed("time without time zone", ["10:00:00", "09:30:00.5"], ["late"]), closed("bit varying", ["101", "1", "0"], ["2"]),
    ],
    "int": [Real("integer", "int", usual=True), Real("smallint", "int", holds=within(16), values=SMALL, asked=[40000, -40000]), Real("bigint", "int"),
            Real("numeric(12,0)", "int"), Real("numeric", "int"), Real('"{s}"."d_int"', "int", named="d_int", holds=lambda v: v != 3, asked=[3])],
    "bigint": [Real("bigint", "bigint", usual=True), Real("integer", "bigint", holds=within(32), values=[2147483647]), Real("smallint", "bigint", holds=within(16), values=SMALL),
               Real("numeric(20,0)", "bigint"), Real("numeric", "bigint")],
    "float": [Real("double precision", "float", usual=True), Real("real", "float", float4=True, holds=fits_float4, values=FLOAT4, asked=[0.10000000149011612, 1e300, -1e300]),
              Real("numeric(30,8)", "float"), Real("numeric", "float"), Real("integer", "float", known=True, holds=lambda v: v == int(v) and abs(v) < 2**31, values=[7.0, -3.0], asked=[2.5])],
    "decimal": [
        Real("numeric", "decimal", usual=True), Real("numeric(6,2)", "decimal", holds=digits(6, 2), values=["7.5", "10.25"], asked=["7.501", "123456", "-0.001"]),
        Real("numeric(40,20)", "decimal"), Real("integer", "decimal", holds=digits(9, 0), values=["7", "-3"], asked=["7.5", "5000000000"]), Real("bigint", "decimal", holds=digits(18, 0)),
        Real("real", "decimal", known=True, holds=fits_float4, values=["0.1", "0.25"], asked=["0.10000000149"]), Real("double precision", "decimal", known=True, holds=fits_float, values=["0.1"]),
    ],
    "boolean": [Real("boolean", "boolean", usual=True)],
    "uuid": [Real("uuid", "uuid", usual=True), Real("text", "uuid", known=True, written=lambda v: [quoted(v), quoted(v.upper())]),
             Real("character(36)", "uuid", known=True, written=lambda v: [quoted(v), quoted(v.upper())])],
    "date": [Real("date", "date", usual=True)],
    "timestamp": [
        Real("timestamp with time zone", "timestamp", usual=True), Real("timestamp without time zone", "timestamp"),
        Real("timestamp(3) without time zone", "timestamp", holds=truncated(3), values=["2024-02-29T23:59:59.999Z"]),
        Real("timestamp(0) with time zone", "timestamp", holds=truncated(0), values=["2024-02-29T23:59:59Z"]),
    ],
    "time": [Real("time without time zone", "time", usual=True), Real("time(3) without time zone", "time", holds=truncated(3), values=["23:59:59.999"])],
    "enum": [Real(None, "enum", named="", usual=True), Real("text", "enum"), Real("character varying(20)", "enum", named="varchar(20)")],
    "json": [Real("json", "json", usual=True), Real("jsonb", "json")],
    "bytes": [Real("bytea", "bytes", usual=True)],
    "string[]": [Real("text[]", "string[]", usual=True), Real("character varying(40)[]", "string[]"), Real("citext[]", "string[]", same=fold_case)],
    "int[]": [Real("integer[]", "int[]", usual=True), Real("bigint[]", "int[]"), Real("smallint[]", "int[]"), Real("numeric[]", "int[]")],
    "[]": [Real(None, "[]", named="", usual=True)],
}


def in_bytes(most):
    return lambda value: len(value.encode()) <= most


def moment_forms(value):
    return [f"toDateTime64('{value.rstrip('Z').replace('T', ' ')}', 6, 'UTC')"]


def wholes(declared, sizes):
    """Int8, UInt8 and so on: values at their bounds, and values just beyond them to ask for."""
    out, most = [], 31 if declared == "int" else 63
    for bits in sizes:
        for signed in (True, False):
            held = within(bits, signed)
            bounds = [v for v in (-2**(bits - 1), 2**(bits - 1) - 1, 2**bits - 1, 2**bits, -1, 44) if -2**most <= v < 2**most]
            out.append(Real(f"{'' if signed else 'U'}Int{bits}", declared, holds=held, values=[v for v in bounds if held(v)], asked=[v for v in bounds if not held(v)]))
    return out


def decimals(precision, scale, values=(), asked=()):
    return Real(f"Decimal({precision}, {scale})", "decimal", holds=digits(precision, scale), values=values, asked=asked)


EXACT_OUT = ["5.555", "-0.001", "300", "10000000000", "-10000000000", "0.000000000000000000001"]
CLICKHOUSE = {
    "string": [
        Real("String", "string", usual=True), Real("LowCardinality(String)", "string"), Real("FixedString(40)", "string", holds=in_bytes(40), asked=["far longer than forty bytes, which no row has"]),
        Real("LowCardinality(FixedString(40))", "string", holds=in_bytes(40)),
        closed("Enum8('todo' = 1, 'a' = 2, 'done' = 3)", ["todo", "a", "done"], ["lost", "A"]), closed("Enum16('todo' = -1, 'a' = 2000)", ["todo", "a"], ["", "b"]),
        closed("UUID", ["0a000000-0000-4000-8000-00000000000b", "f0000000-0000-4000-8000-00000000000c"], ["zzz"]), closed("IPv4", ["10.0.0.1", "9.0.0.1"], ["x", "10.0.0.2"]),
        closed("IPv6", ["::1", "2001:db8::1"], ["x"]), closed("Date", ["2024-05-01", "2024-05-02"], ["2024-13-01"]), closed("Int32", ["5", "15", "-7"], ["05", "x"]),
        closed("Decimal(9, 2)", ["5.25", "-7"], ["5.250", "x"]), closed("Float64", ["0.5", "-7"], ["0.50"]), closed("Bool", ["true", "false"], ["1"]),
    ],
    "int": [Real("Int32", "int", usual=True), *wholes("int", (8, 16, 32, 64, 128, 256)), Real("Decimal(12, 0)", "int", known=True), Real("Decimal(9, 0)", "int", known=True, holds=digits(9, 0), values=[999999999], asked=[2147483647])],
    "bigint": [Real("Int64", "bigint", usual=True), *wholes("bigint", (8, 16, 32, 64, 128, 256)), Real("Decimal(38, 0)", "bigint", known=True), Real("Decimal(18, 0)", "bigint", known=True, holds=digits(18, 0))],
    "float": [Real("Float64", "float", usual=True), Real("Float32", "float", float4=True, holds=fits_float4, values=FLOAT4, asked=[0.10000000149011612, 0.1000001, 1e300, -1e300]),
              Real("Int32", "float", holds=lambda v: v == int(v) and abs(v) < 2**31, values=[7.0, -3.0], asked=[0.5, -0.5]), Real("Decimal(18, 4)", "float", holds=digits(18, 4), values=[0.25, 7.5], asked=[0.00001])],
    "decimal": [
        Real("Decimal(38, 18)", "decimal", usual=True, holds=digits(38, 18)), decimals(9, 4, ["-1.5", "12345.6789"], EXACT_OUT), decimals(18, 2, ["5.55", "-1.5", "9999999999999999"], EXACT_OUT),
        decimals(76, 20, ["0.00000000000000000001"], EXACT_OUT), Real("Int64", "decimal", holds=digits(18, 0), values=["44"], asked=EXACT_OUT), Real("UInt8", "decimal", holds=lambda v: within(8, False)(Decimal(str(v))) and digits(3, 0)(v), values=["255", "44"], asked=EXACT_OUT),
        Real("UInt256", "decimal", holds=lambda v: digits(70, 0)(v) and Decimal(str(v)) >= 0, values=["44", "1" + "0" * 69], asked=EXACT_OUT),
    ],
    "boolean": [Real("Bool", "boolean", usual=True)],
    "uuid": [Real("UUID", "uuid", usual=True), *(Real(sql, "uuid", written=lambda v: [quoted(v), quoted(v.upper())]) for sql in ("String", "FixedString(36)", "LowCardinality(String)"))],
    "date": [Real("Date32", "date", usual=True), Real("Date", "date", values=["2149-06-06"], asked=["2200-01-01", "1969-12-31"])],
    "timestamp": [
        Real("DateTime64(6, 'UTC')", "timestamp", usual=True), Real("DateTime64(9)", "timestamp", written=moment_forms), Real("DateTime64(6, 'Asia/Tokyo')", "timestamp", written=moment_forms),
        Real("DateTime64(3, 'Asia/Tokyo')", "timestamp", holds=truncated(3), values=["2024-02-29T23:59:59.999Z"], written=moment_forms),
        *(Real(sql, "timestamp", holds=truncated(0), values=["1970-01-01T00:00:01Z"], asked=["1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z"], written=moment_forms) for sql in ("DateTime", "DateTime('Asia/Tokyo')")),
    ],
    "time": [Real("Time64(6)", "time", usual=True), Real("Time64(3)", "time", holds=truncated(3), values=["23:59:59.999"]), Real("Time", "time", holds=truncated(0), values=["23:59:59"]), Real("Time64(9)", "time")],
    "enum": [Real(None, "enum", named="", usual=True), Real("String", "enum"), Real("LowCardinality(String)", "enum")],
    "json": [Real("String", "json", usual=True)],
    "bytes": [Real("String", "bytes", usual=True)],
    "string[]": [Real("Array(String)", "string[]", usual=True), Real("Array(LowCardinality(String))", "string[]")],
    "int[]": [Real("Array(Int32)", "int[]", usual=True), Real("Array(Int64)", "int[]"), Real("Array(Int8)", "int[]")],
    "[]": [Real(None, "[]", named="", usual=True)],
}


def cast(sql, declared, **more):
    """A type of Iceberg: values are cast to it, since Trino converts few literals."""
    return Real(sql, declared, written=lambda v: [f"CAST({trino_literal(declared, v)} AS {sql})"], **more)


def trino_literal(declared, value):
    return f"TIMESTAMP {quoted(value.rstrip('Z').replace('T', ' ') + ' UTC')}" if declared == "timestamp" else quoted(str(value))


ICEBERG = {
    "string": [Real("varchar", "string", usual=True), Real("varchar(400)", "string", named="varchar")],
    "int": [Real("integer", "int", usual=True), cast("bigint", "int")],
    "bigint": [Real("bigint", "bigint", usual=True), cast("integer", "bigint", holds=within(32), values=[2147483647])],
    "float": [Real("double", "float", usual=True), cast("real", "float", known=True, float4=True, holds=fits_float4, values=FLOAT4, asked=[0.10000000149011612, 1e300, -1e300])],
    "decimal": [cast("decimal(38,18)", "decimal", usual=True, holds=digits(38, 18)), cast("decimal(9,4)", "decimal", holds=digits(9, 4), values=["-1.5", "12345.6789"], asked=["5.00001", "123456"])],
    "boolean": [Real("boolean", "boolean", usual=True)],
    "uuid": [Real("uuid", "uuid", usual=True)],
    "date": [Real("date", "date", usual=True)],
    "timestamp": [Real("timestamp(6) with time zone", "timestamp", usual=True), cast("timestamp(6)", "timestamp")],
    "time": [Real("time(6)", "time", usual=True)], "enum": [Real("varchar", "enum", usual=True)], "json": [Real("varchar", "json", usual=True)], "bytes": [Real("varbinary", "bytes", usual=True)],
    "string[]": [Real("array(varchar)", "string[]", usual=True)], "int[]": [Real("array(integer)", "int[]", usual=True)], "enum[]": [Real("array(varchar)", "enum[]", usual=True)],
}
CATALOGUE = {"sqlite": SQLITE, "pg": POSTGRES, "ch": CLICKHOUSE, "ice": ICEBERG}
PRELUDE = {"pg": """CREATE SCHEMA IF NOT EXISTS "{s}"; CREATE COLLATION "{s}"."nd" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN "{s}"."d_text" AS text; CREATE DOMAIN "{s}"."d_citext" AS citext; CREATE DOMAIN "{s}"."d_int" AS int CHECK (VALUE <> 3);
CREATE TYPE "{s}"."states" AS ENUM ('new', 'waiting', 'done', 'archived');"""}


def reals_of(engine, of):
    return CATALOGUE[engine]["[]" if of.endswith("[]") and of not in CATALOGUE[engine] else str(of)]


def real_named(engine, of, name):
    return next(real for real in reals_of(engine, of) if real.name == name)


def typed(config, engine, real):
    """Sets the types of the configuration's columns."""
    for table in config["tables"]:
        for column in table["columns"]:
            name = real.get(table["id"], {}).get(column["apiName"])
            if name is not None and "values" not in column:
                column["type"] = RealType(column["type"], real_named(engine, column["type"], name))
    return config


# ---- giving them to a world ----

class Giving:
    def __init__(self, world, engine, names_all):
        self.world, self.engine, self.names_all, self.random = world, engine, names_all, random.Random(f"real {world.seed} {engine}")
        self.chosen = {}  # (table id, column) -> Real

    def all(self):
        w, out = self.world, {}
        self.filtered = {(g["tableId"], f["column"]) for role in w.config["roles"] if role["tables"] != "*" for g in role["tables"] for f in g["filters"]}
        cached = {t["tableId"] for cache in w.config["caches"] for t in cache["tables"]}
        for table in w.config["tables"]:
            for column in table["columns"]:
                self.chosen[table["id"], column["apiName"]] = self.choose(table, column, table["id"] in cached)
        self.follow_keys()
        for table in w.config["tables"]:
            names = out[table["id"]] = {}
            for column in table["columns"]:
                real = self.chosen[table["id"], column["apiName"]]
                names[column["apiName"]] = real.name
                was_named = column.pop("databaseType", None)
                is_named = self.random.random() < NAMED or real.known or was_named or self.names_all or self.joins_large_numbers(table, column, real)
                if is_named and real.named:
                    column["databaseType"] = real.named
        w.real, w.engine = out, self.engine
        typed(w.config, self.engine, out)
        for table in w.config["tables"]:
            self.fit_rows(table)

    def choose(self, table, column, is_cached):
        """A cache takes strings of types alone that are compared byte for byte."""
        reals = reals_of(self.engine, column["type"])
        is_key = column["apiName"] in table["primaryKey"]
        if is_cached and column["type"] == "string" and column.get("databaseType"):
            return reals[0]
        is_foreign_key = any(column["apiName"] in r["column"] for r in table["relations"])
        open_alone = column["apiName"] == "tenant" or is_key or is_foreign_key or (table["id"], column["apiName"]) in self.filtered
        allowed = [r for r in reals if (r.key or not is_key) and not (open_alone and r.closed) and (column["apiName"] != "tenant" or self.holds_tenants(r, column))]
        if self.names_all:
            allowed = [r for r in allowed if (r.named or r.sql is None) and not r.is_lost_in_trino(column.get("values", []))] or reals[-1:]
        usual = [r for r in allowed if r.usual] or allowed
        loose = [r for r in allowed if r.same] or allowed
        return self.random.choice(self.random.choice([usual, allowed, loose]))

    def joins_large_numbers(self, table, column, real):
        """No type of ClickHouse holds the values of UInt64 and of Int64: keys of both are joined as texts where databaseType says which they are."""
        is_key = column["apiName"] in table["primaryKey"] or any(column["apiName"] in r["column"] for r in table["relations"])
        return self.engine == "ch" and is_key and real.sql in ("UInt64", "UInt128", "UInt256")

    def holds_tenants(self, real, column):
        from generate import POISON_TENANT, TENANT_TYPES
        return all(real.holds(v) for v in [*TENANT_TYPES[column["type"]], POISON_TENANT[column["type"]]])

    def follow_keys(self):
        """Mostly a foreign key has the type of the key."""
        tables = {t["apiName"]: t for t in self.world.config["tables"]}
        for table in self.world.config["tables"]:
            for relation in table["relations"]:
                other = tables[relation["references"]["table"]]
                for mine, theirs in zip(*(v if isinstance(v, list) else [v] for v in (relation["column"], relation["references"]["column"]))):
                    is_text = self.engine == "pg" and self.chosen[other["id"], theirs].declared == "string"
                    if is_text or self.random.random() < 0.5:
                        self.chosen[table["id"], mine] = self.chosen[other["id"], theirs]

    def fit_rows(self, table):
        """Values that the types hold, and some that are equal to others there without being the same. Keys stay different."""
        data, made, keys = self.world.rows[table["id"]], [], set()
        types = {c["apiName"]: c["type"] for c in table["columns"]}
        for row in data["rows"]:
            new = [self.fitted(table, name, value) for name, value in zip(data["columns"], row)]
            cells = dict(zip(data["columns"], new))
            key = tuple(same(types[k], read(types[k], cells[k])) for k in table["primaryKey"])
            if key and (key in keys or None in key):
                continue
            keys.add(key)
            made.append(new)
        data["rows"] = made

    def fitted(self, table, name, value):
        real = self.chosen[table["id"], name]
        column = next(c for c in table["columns"] if c["apiName"] == name)
        if value is None:
            return None
        own = name not in table["primaryKey"] and name != "tenant" and not any(name in r["column"] for r in table["relations"])
        if real.values and own and self.random.random() < 0.4:
            return self.random.choice(real.values)
        if not real.holds(value):
            pool = [v for v in [*real.values, *([] if real.closed else pool_of(column["type"]))] if real.holds(v)]
            value = pool[hash_of(value) % len(pool)]  # a foreign key's value as the key's
        return varied(column["type"], value, self.random)


def is_refused_as_unheld(config, definition, got):
    """Does each error name a value that the type of its column in the database cannot hold? Such a query may be refused (docs/values.md)."""
    errors = got.get("errors", [])
    return bool(errors) and all(e["code"] == "INVALID_VALUE" and is_unheld(config, definition, e.get("pointer", "")) for e in errors)


def is_unheld(config, definition, pointer):
    node, column = definition, None
    for key in pointer.split("/")[1:]:
        node = node[int(key)] if isinstance(node, list) else node.get(key)
        column = node.get("column", column) if isinstance(node, dict) else column
    values = node if isinstance(node, list) else list(node.values()) if isinstance(node, dict) else [node]
    types = [c["type"] for t in config["tables"] for c in t["columns"] if c["apiName"] == column]
    return any(hasattr(of, "real") and not of.real.holds(v) for of in types for v in values)


def pool_of(of):
    from generate import pool_of as pool
    return pool(of)


def hash_of(value):
    return sum(str(value).encode())


def varied(of, value, r):
    """Sometimes a value that is equal to this one."""
    real = getattr(of, "real", None)
    if real is None or real.same is None or not isinstance(value, str) or r.random() > 0.5:
        return value
    others = [v for v in (value.upper(), value.lower(), value + " ", value.rstrip(" "), value.swapcase(), unicodedata.normalize("NFD", value)) if real.holds(v)]
    equal = [v for v in others if real.same(v) == real.same(value)]
    return r.choice(equal) if equal else value


def give(world, engine, names_all=False):
    """names_all: each column has a databaseType, since Trino cannot tell how its source compares it"""
    Giving(world, engine, names_all).all()
    return world


# ---- what a database stores ----

def stored(config, rows, engine, real, schema=""):
    """(configuration, rows) for tools/make-sample: columns that say their types, values that are SQL."""
    filled = {}
    for table in config["tables"]:
        reals = {c["apiName"]: real_named(engine, c["type"], real[table["id"]][c["apiName"]]) for c in table["columns"] if c["apiName"] in real.get(table["id"], {})}
        for column in table["columns"]:
            real_type = reals.get(column["apiName"])
            if real_type and real_type.sql is not None:
                column["sqlType"] = real_type.sql.replace("{s}", schema)
                if engine == "ch" and column["nullable"] and not column["type"].endswith("[]"):
                    column["sqlType"] = nullable(real_type.sql)
        data = rows[table["id"]]
        filled[table["id"]] = {"columns": data["columns"], "rows": [[written(reals.get(name), value, i) for name, value in zip(data["columns"], row)]
                                                                   for i, row in enumerate(data["rows"])]}
    return config, filled


def nullable(sql):
    """Of ClickHouse"""
    inner = sql.removeprefix("LowCardinality(").removesuffix(")")
    return f"LowCardinality(Nullable({inner}))" if sql.startswith("LowCardinality(") else f"Nullable({sql})"


def written(real, value, number):
    if value is None or real is None or real.written is None:
        return value
    forms = real.written(value)
    return database().Sql(forms[(number + hash_of(value)) % len(forms)])
