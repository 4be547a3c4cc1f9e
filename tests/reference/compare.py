"""Does multidb answer as the evaluator says?

    run.py SEEDS... asks; here is what a difference is. differs(expected, got) -> None or a text that says what differs.

Accepts an Answer or Refusal and a result object read with answer_of(). Promises to take rows in any order only where the order leaves them free.
"""
import json

from evaluator import Refusal
from values import document, number


def answer_of(text):
    """A result with every number as its text."""
    return json.loads(text, parse_int=number, parse_float=number)


def differs(expected, got):
    if isinstance(expected, Refusal):
        return refusal_differs(expected, got)
    if "code" in got:
        return f"refused: {[(e['code'], e.get('path')) for e in got.get('errors', [])] or got['code']} {got.get('cause', '')}"
    if expected.count is not None:
        return None if got.get("count") == number(str(expected.count)) else f"count {got.get('count')}, expected {expected.count}"
    columns = [(c["apiName"], c["type"]) for c in got["meta"]["columns"]]
    if columns != expected.columns:
        return f"columns {columns}\nexpected {expected.columns}"
    return rows_differ(expected, [list(row.items()) for row in got["data"]])


def refusal_differs(expected, got):
    wanted = refusals = sorted(set(expected.errors))
    loose = any(where.startswith(("/aggregations", "/from", "/joins")) for _, where in wanted)  # what an alias means is open then
    if "code" not in got:
        return f"answered, expected the refusal {wanted}"
    found = sorted({(e["code"], e.get("pointer", "")) for e in got.get("errors", [])})
    if loose:
        found, wanted = ([e for e in errors if not e[1].startswith("/having")] for errors in (found, wanted))
    if any(pointer == "/from" for _, pointer in wanted):  # nor what a join may mean beside an unknown table
        found, wanted = ([e for e in errors if e[0] != "INVALID_JOIN"] for errors in (found, wanted))
    if any(pointer.startswith("/groupBy") for _, pointer in wanted):  # whether a wrong entry groups what is selected is not defined
        found, wanted = ([e for e in errors if not e[1].startswith(("/columns", "/orderBy", "/having"))] for errors in (found, wanted))
    if any(pointer.startswith(("/groupBy", "/columns")) for _, pointer in refusals):  # nor what a page's order is made of where that is wrong
        found, wanted = ([e for e in errors if not e[1].startswith("/page")] for errors in (found, wanted))
    return None if found == wanted else f"refused with {found}\nexpected {wanted} ({got['code']})"


def rows_differ(expected, data):
    names = [name for name, _ in expected.columns]
    documents = [i for i, (_, of) in enumerate(expected.columns) if of == "json"]
    got = []
    for row in data:
        if [name for name, _ in row] != names:
            return f"members {[name for name, _ in row]}, expected {names}"
        values = [value for _, value in row]
        for i in documents:
            values[i] = document(values[i])
        got.append(values)
    rows, keys, first, last = expected.rows, expected.keys, expected.first, expected.last
    if len(got) != last - first:
        return f"{len(got)} rows, expected {last - first}:\n{got}\nexpected {rows[first:last]}"
    at = first
    while at < last:  # rows with equal keys may come in any order; the first and the last such group may be cut
        same = [r for r, k in zip(rows, keys) if k == keys[at]] if not expected.total else [rows[at]]
        size = sum(1 for k in keys[at:last] if k == keys[at]) if not expected.total else 1
        left = list(same)
        for row in got[at - first:at - first + size]:
            match = next((i for i, r in enumerate(left) if r == row), None)
            if match is None:
                return f"row {at - first}: {row}\nis not among {left}\nall: {got}\nexpected {rows[first:last]}"
            left.pop(match)
        at += size
    return None
