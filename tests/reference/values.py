"""Values by type: JSON in, Python inside, JSON out.

Accepts a type's name and a JSON value as json.loads gives it (numbers as int, float or Decimal). Refuses, with Invalid, what is no value of the type.
Promises that two values of one type compare in Python as in multidb: strings by code point, decimals by every digit, timestamps
as microseconds since 1970, uuids as lower case text, dates as text; and that shown() is what an answer's JSON must hold, digit for digit.

Inside: string str, int and bigint int, float float, decimal Decimal, boolean bool, uuid, date and time str, timestamp int, bytes bytes, json whatever it is,
enum (place, label) as the metadata orders the labels, arrays tuples. NULL is None in every type.
"""
import base64
import binascii
import datetime
import decimal
import re
from decimal import Decimal
from fractions import Fraction

EXACT = decimal.Context(prec=2000)  # enough that no sum in the tests is ever rounded
EPOCH = datetime.datetime(1970, 1, 1)
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([Zz]|[+-]\d\d:?\d\d)?)?")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?")
RANGES = {"int": 2**31, "bigint": 2**63}

NUMBERS = ("int", "bigint", "float", "decimal")
ORDERED = ("string", *NUMBERS, "date", "timestamp", "time", "enum")


class EnumType(str):
    """The name of the type enum, or enum[], that knows the labels of its column."""

    def __new__(cls, name, labels):
        self = super().__new__(cls, name)
        self.labels = labels
        return self

    def __getnewargs__(self):
        return str(self), self.labels

    @property
    def element(self):
        return EnumType("enum", self.labels)


def typed(config):
    """The same configuration, whose enum columns have types that know their labels."""
    for table in config["tables"]:
        for column in table["columns"]:
            if "values" in column:
                column["type"] = EnumType(column["type"], column["values"])
    return config


class Invalid(Exception):
    """The JSON value is no value of the type."""


def is_number(value):
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def read(of, value):
    """The value of type `of` that a JSON value spells; None stays None."""
    if value is None:
        return None
    if of.endswith("[]"):
        if not isinstance(value, list):
            raise Invalid(of)
        return tuple(read(element(of), v) for v in value)
    if of == "enum":
        return _label(of, value)
    return READERS[of](value)


def element(of):
    """The type of an array's elements."""
    return of.element if isinstance(of, EnumType) else of[:-2]


def _label(of, value):
    if not isinstance(value, str) or value not in of.labels:
        raise Invalid("enum")
    return of.labels.index(value), value


def spelled(of, value):
    """The same for values of a context: a string that spells a value of the type is one."""
    if isinstance(value, str) and of in NUMBERS and DECIMAL.fullmatch(value):
        value = Decimal(value)
    if isinstance(value, str) and of == "boolean" and value in ("true", "false"):
        value = value == "true"
    return read(of, value)


def _text(value):
    if not isinstance(value, str) or "\0" in value:
        raise Invalid("string")
    return value


def _whole(of, value):
    if of == "bigint" and isinstance(value, str) and DECIMAL.fullmatch(value):
        value = Decimal(value)
    if not is_number(value) or value != int(value):
        raise Invalid(of)
    if not -RANGES[of] <= value < RANGES[of]:
        raise Invalid(of)
    return int(value)


def _decimal(value):
    if isinstance(value, str) and not DECIMAL.fullmatch(value) or not (isinstance(value, str) or is_number(value)):
        raise Invalid("decimal")
    return tidy(Decimal(repr(value) if isinstance(value, float) else value))


def _float(value):
    if not is_number(value) or float(value) in (float("inf"), float("-inf")):
        raise Invalid("float")
    return float(value)


def _boolean(value):
    if not isinstance(value, bool):
        raise Invalid("boolean")
    return value


def _uuid(value):
    if not isinstance(value, str) or not UUID.fullmatch(value):
        raise Invalid("uuid")
    return value.lower()


def _date(value):
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise Invalid("date")
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        raise Invalid("date") from None
    return value


def _time(value):
    """Without zeros at the end of the fraction: times then compare as texts."""
    if not isinstance(value, str) or not TIME.fullmatch(value):
        raise Invalid("time")
    whole, _, fraction = value.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > 6:
        raise Invalid("time")
    return f"{whole}.{fraction}" if fraction else whole


def _moment(value):
    match = isinstance(value, str) and MOMENT.fullmatch(value)
    if not match:
        raise Invalid("timestamp")
    day, hour, minute, second, fraction, zone = match.groups()
    try:
        whole = datetime.datetime.fromisoformat(_date(day)).replace(hour=int(hour or 0), minute=int(minute or 0), second=int(second or 0))
    except ValueError:
        raise Invalid("timestamp") from None
    shift = 0
    if zone and zone not in "Zz":
        shift = (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 60 + int(zone[-2:]))
    return int((whole - EPOCH) / datetime.timedelta(seconds=1)) * 1_000_000 - shift * 60_000_000 + int((fraction or "").ljust(6, "0"))


def _bytes(value):
    try:
        return base64.b64decode(_text(value), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("bytes") from None


READERS = {
    "string": _text, "int": lambda v: _whole("int", v), "bigint": lambda v: _whole("bigint", v), "float": _float, "decimal": _decimal,
    "boolean": _boolean, "uuid": _uuid, "date": _date, "timestamp": _moment, "time": _time, "json": lambda v: v, "bytes": _bytes,
}


def tidy(value):
    """One form for equal decimals."""
    return Decimal(plain(value))


def plain(value):
    """Every digit of a decimal, without exponent or trailing zeros."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def day_start(day):
    """A date as the timestamp of its first moment: how a date compares with a timestamp."""
    return _moment(day)


def moment_text(micros):
    whole = (EPOCH + datetime.timedelta(microseconds=micros)).isoformat()
    whole, _, fraction = whole.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}{'.' if fraction else ''}{fraction}Z"


def float_text(value):
    """As JavaScript prints it."""
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits, sign = "".join(map(str, digits)), "-" if sign else ""
    n = len(digits) + exponent  # the decimal point stands after n digits
    if 0 < n <= 21:
        return sign + (digits.ljust(n, "0") if len(digits) <= n else f"{digits[:n]}.{digits[n:]}")
    if -6 < n <= 0:
        return f"{sign}0.{'0' * -n}{digits}"
    return f"{sign}{digits[0]}{'.' if len(digits) > 1 else ''}{digits[1:]}e{'+' if n > 0 else '-'}{abs(n - 1)}"


def number(text):
    """A JSON number as read from an answer: its very text."""
    return ("#", text)


def document(value):
    """A json value for comparison: its numbers by value, since only a document's meaning is promised."""
    if isinstance(value, (list, dict)):
        return [document(v) for v in value] if isinstance(value, list) else {k: document(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return ("#", tidy(Decimal(value[1])))
    return ("#", _decimal(value)) if is_number(value) else value


def shown(of, value, numbers="literal"):
    """What an answer shows for a value, as json.loads gives it with number() for numbers."""
    if value is None or isinstance(value, Approximate):
        return value
    if of.endswith("[]"):
        return [shown(element(of), v, numbers) for v in value]
    if of == "enum":
        return value[1]
    if of in ("bigint", "decimal"):
        text = str(value) if of == "bigint" else plain(value)
        return text if numbers == "string" else number(text)
    if of in ("int", "float"):
        return number(str(value) if of == "int" else float_text(value))
    if of == "timestamp":
        return moment_text(value)
    if of == "bytes":
        return base64.b64encode(value).decode()
    return document(value) if of == "json" else value


class Approximate:
    """An average, or a sum of floats, as a Fraction: equal to every answer that is no further away than `within`."""

    def __init__(self, value, within):
        self.value, self.within = Fraction(value), Fraction(within)

    def __eq__(self, other):
        if isinstance(other, tuple):
            other = other[1]
        if isinstance(other, Approximate):
            return abs(other.value - self.value) <= self.within
        try:
            return abs(Fraction(other) - self.value) <= self.within
        except (TypeError, ValueError):
            return False

    __hash__ = None

    def __repr__(self):
        return f"about {float(self.value)!r}"
