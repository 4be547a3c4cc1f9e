"""Hostile texts, and a question with one in each place that takes text.

    hostile(random) -> a text: pieces of SQL, of other escapes, control characters, confusables. ALONE: some that stand for themselves
    question(values) -> (definition, context) about CONFIG, with one of PLACES values in each place; harmless(PLACES) are values for comparison
    rows(texts) -> rows of CONFIG's tables: one of each a text
"""
import re

PIECES = ["'", "''", '"', '""', "`", "``", "\\", "\\\\", "\\'", '\\"', "\\`", "?", "?1", "$1", "$$", "{p1:String}", "{p1", ":p1", "@x", "%", "_", "%s", "%%", "--", "-- ", "/*", "*/", "#",
          ";", "; DROP TABLE things; --", "' OR '1'='1", '" OR "1"="1', "') OR 1=1 --", "UNION SELECT", "NULL", "0x00", "\\x27", "\\u0027", "\\0", "E'", "U&'\\0027'", "$tag$", "{}", "[]", "{", "}",
          "(", ")", ",", "=", " ", "  ", "\t", "\n", "\r\n", "\x01", "\x08", "\x0b", "\x1b[31m", "\x7f", "\x85", "\xa0", "\u02bc", "\u2018", "\u2019", "\u201c", "\uff07", "\uff02", "\u02b9", "\u2032",
          "\uff1b", "\uff0d\uff0d", "\u200b", "\u200e", "\u202e", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff", "\ue000", "🎁", "e\u0301", "ı", "ſ", "K", "ß", "a", "Z", "7", "select", "c0", "t0", "EXECUTE IMMEDIATE"]
ALONE = ["", " ", "\\", "'", '"', "`", "null", "true", "0", "-0", "NaN", "[]", "{}", "*", "--", "__proto__", "x" * 10000, "'" * 5000, "\\" * 4999, '"`\'' * 700, "?" * 3000, "%_" * 4]


def hostile(rng):
    if rng.random() < 0.05:
        return rng.choice(ALONE)
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 6)))


def harmless(count):
    return [f"hmls{i}x" for i in range(count)]


def column(name, of="string", nullable=False):
    return {"apiName": name, "physicalName": name, "type": of, "nullable": nullable}


CONFIG = {
    "databases": [{"id": "d"}],
    "tables": [
        {"id": "things", "apiName": "things", "database": "d", "physicalName": "things", "primaryKey": ["id"],
         "columns": [column("id", "int"), column("text"), column("note", nullable=True), column("tags", "string[]", True), column("tenant"), column("region"), column("key")],
         "relations": [{"column": "key", "references": {"table": "keyed", "column": "key"}, "type": "many-to-one"}]},
        {"id": "keyed", "apiName": "keyed", "database": "d", "physicalName": "keyed", "primaryKey": ["key"], "relations": [], "columns": [column("key"), column("text")]}],
    "roles": [{"id": "all", "tables": "*"},
              {"id": "some", "tables": [{"tableId": t, "allowedColumns": "*", "filters": [
                  {"column": c, "operator": op, "valueFrom": "context", "contextKey": key} for c, op, key in filters]} for t, filters in (
                      ("things", [("tenant", "=", "tenant"), ("region", "in", "regions")]), ("keyed", [("text", "!=", "not")]))]}]}
ALL = {"role": "all"}
PLAIN = ["=", "!=", ">", "<", ">=", "<="]
TEXT = ["contains", "icontains", "notContains", "notIcontains", "startsWith", "istartsWith", "endsWith", "iendsWith"]
PATTERNS = ["like", "notLike", "ilike", "notIlike"]


def as_pattern(text):
    """A pattern that this text alone fits."""
    return re.sub(r"[\\%_]", r"\\\g<0>", text)


def question(values):
    """(definition, context) with one value in each place; how many there are is fixed."""
    take = iter(values).__next__
    ops = [{"column": c, "operator": op, "value": take()} for c in ("text", "note") for op in PLAIN]
    ops += [{"column": c, "operator": op, "value": [take(), take(), take()]} for c in ("text", "note") for op in ("in", "notIn")]
    ops += [{"column": "text", "operator": op, "value": {"from": take(), "to": take()}} for op in ("between", "notBetween")]
    ops += [{"column": c, "operator": op, "value": take()} for c in ("text", "note") for op in TEXT]
    ops += [{"column": "text", "operator": op, "value": as_pattern(take())} for op in PATTERNS]
    ops += [{"column": "text", "operator": "levenshteinLte", "value": {"text": take()[:40] or "x", "maxDistance": 2}}]
    ops += [{"column": "tags", "operator": "arrayContains", "value": take()}]
    ops += [{"column": "tags", "operator": op, "value": [take(), take()]} for op in ("arrayContainsAll", "arrayContainsAny")]
    ops += [{"table": "keyed", "filters": [{"column": "text", "operator": "=", "value": take()}]}]
    ops += [{"table": "keyed", "count": {"operator": ">", "value": 1}, "filters": [{"column": "text", "operator": "contains", "value": take()}]}]
    definition = {"from": "things", "filters": [{"logic": "or", "conditions": ops}],
                  "joins": [{"table": "keyed", "as": "k", "on": [{"column": "text", "operator": "=", "value": take()}],
                             "filters": [{"column": "text", "operator": "in", "value": [take(), take()]}]}],
                  "aggregations": [{"fn": "max", "column": "text", "alias": alias_of(take())}, {"fn": "min", "column": "note", "alias": "least"}],
                  "having": [{"column": "least", "operator": ">=", "value": take()}]}
    return definition, {"role": "some", "contextValues": {"tenant": take(), "regions": [take(), take()], "not": take()}}


def alias_of(text):
    """An alias takes any text of 1 to 128 bytes without control characters."""
    kept = "".join(c for c in text if not 0 <= ord(c) < 32 and not 127 <= ord(c) < 160)
    return kept.encode()[:120].decode(errors="ignore") + "a"


def places():
    """How many values question() takes."""
    count = 0

    def numbered():
        nonlocal count
        while True:
            count += 1
            yield "x"
    question(numbered())
    return count


PLACES = places()


def rows(texts):
    return {"things": {"columns": ["id", "text", "note", "tags", "tenant", "region", "key"], "rows": [[i, t, t, [t, "other"], t, t, t] for i, t in enumerate(texts)]},
            "keyed": {"columns": ["key", "text"], "rows": [[t, t] for t in texts]}}
