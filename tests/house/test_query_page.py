"""docs/query.md names every key, word, operator, code and limit that the code knows, and uses every key and operator in an example."""
import importlib.machinery
import importlib.util
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/query.md").read_text()
SOURCES = {path.name: path.read_text() for path in sorted((ROOT / "src/query").glob("parse*.c"))}

# The places of keys (query/foreign_words.h), as the table under "Every key" calls them
PLACES = {"DEFINITION": "the definition", "FILTER": "a condition", "JOIN": "an entry of `joins`", "GROUP": "an entry of `groupBy`",
          "AGGREGATION": "an entry of `aggregations`", "ORDER": "an entry of `orderBy`", "PAGE": "`page`", "COUNT": "`count`", "LAG": "`freshness`",
          "CONTEXT": "the context"}
KEY_HEAD = "| key | type | default | meaning | refused with |"


def parsed_keys():
    """{place: keys} of the tables from which the parser and the context's reader read."""
    found = {"CONTEXT": set(re.findall(r'\{ "(\w+)", \d+ \}', re.search(r"known\[\] = \{(.*?)\};", (ROOT / "src/access/roles.c").read_text()).group(1)))}
    for name, text in SOURCES.items():
        for array, body in re.findall(r"struct md_member (\w+)\[\] = \{(.*?)\};", text, re.S):
            place = re.search(rf"MD_MEMBERS\({array}, MD_WORD_IN_(\w+)\)|\{{ {array}, \w+, MD_WORD_IN_(\w+)", text)
            assert place, f"src/query/{name}: the place of the keys of {array} is not clear"
            found[place.group(1) or place.group(2)] = set(re.findall(r'MD_MEMBER\("(\w+)"', body))
    return found


def sections():
    """{anchor: text up to the next heading}"""
    parts = re.split(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", PAGE, flags=re.M | re.S), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-"): text for head, text in zip(parts[1::2], parts[2::2])}


SECTIONS = sections()
KEYS = parsed_keys()


def linked(section):
    """{first cell of a row: [(name, anchor) …]} of the last table in a section."""
    rows = re.findall(r"^\| (.*?) \| (.*) \|$", SECTIONS[section], re.M)
    return {name: re.findall(r"\[`([^`]+)`\]\(#([\w-]+)\)", cells) for name, cells in rows}


def key_rows(anchor):
    """[[cell …] …] of the tables of keys in a section."""
    rows, inside = [], False
    for line in SECTIONS[anchor].split("\n"):
        inside = line == KEY_HEAD or (inside and line.startswith("|"))
        if inside and line.startswith("| `"):
            rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def questions():
    """The definitions and contexts of the examples."""
    loader = importlib.machinery.SourceFileLoader("run_examples", str(ROOT / "tools/run-examples"))
    tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_examples", loader))
    loader.exec_module(tool)
    return [(json.loads(example.question.text), example.commands) for example in tool.examples(PAGE)]


def used_keys(node, place, found):
    """Adds (place, key) of a node and all nodes in it."""
    inner = {"filters": "FILTER", "conditions": "FILTER", "on": "FILTER", "having": "FILTER", "joins": "JOIN", "groupBy": "GROUP", "aggregations": "AGGREGATION",
             "orderBy": "ORDER", "page": "PAGE", "count": "COUNT", "freshness": "LAG"}
    for key, value in node.items():
        found.add((place, key))
        for child in value if isinstance(value, list) else [value]:
            if key in inner and isinstance(child, dict):
                used_keys(child, inner[key], found)


def used_operators(node):
    if isinstance(node, list):
        return {operator for child in node for operator in used_operators(child)}
    if not isinstance(node, dict):
        return set()
    return {node.get("operator")} | used_operators(list(node.values()))


OPERATORS = re.findall(r'^MD_OPERATOR\(\w+, "(.*?)"', (ROOT / "src/query/operators.def").read_text(), re.M)
USED = set()
for definition, _ in questions():
    used_keys(definition, "DEFINITION", USED)
COMMANDS = " ".join(command for _, commands in questions() for command in commands)


def test_the_parser_has_a_key_in_every_place():
    assert set(KEYS) == set(PLACES) and all(KEYS.values())
    assert {"from", "orderBy", "allowFanOut"} < KEYS["DEFINITION"] and KEYS["LAG"] == {"maxLagMs"}


@pytest.mark.parametrize("place", PLACES)
def test_every_key_is_listed(place):
    listed = [key for key, _ in linked("every-key")[PLACES[place]]]
    assert sorted(listed) == sorted(KEYS[place]), f"the row '{PLACES[place]}' under 'Every key' of docs/query.md and the parser differ"


@pytest.mark.parametrize("place", PLACES)
def test_every_key_has_type_default_meaning_and_refusal(place):
    for key, anchor in linked("every-key")[PLACES[place]]:
        rows = [row for row in key_rows(anchor) if row[0] == f"`{key}`"]
        assert rows, f"no table of keys under #{anchor} has `{key}` of {PLACES[place]}"
        assert all(len(row) == 5 and row[1] and row[3] and re.search(r"`[A-Z_]+`", row[4]) for row in rows), rows


def test_every_key_of_a_table_is_known():
    known = {key for keys in KEYS.values() for key in keys}
    assert [row[0] for anchor in SECTIONS for row in key_rows(anchor) if row[0].strip("`") not in known] == []


@pytest.mark.parametrize("place", [place for place in PLACES if place != "CONTEXT"])
def test_every_key_is_in_an_example(place):
    assert {key for key in KEYS[place] if (place, key) not in USED} == set()


def test_every_key_of_the_context_is_in_an_example():
    assert all(f'"{key}":' in COMMANDS for key in KEYS["CONTEXT"] - {"role"}) and "--role" in COMMANDS and "--service-role" in COMMANDS


def test_every_operator_is_listed_and_in_an_example():
    listed = [(name, anchor) for row in linked("every-operator").values() for name, anchor in row]
    assert sorted(name for name, _ in listed) == sorted(OPERATORS)
    assert all(f"`{name}`" in SECTIONS[anchor] for name, anchor in listed)
    used = {operator for definition, _ in questions() for operator in used_operators(definition)}
    assert set(OPERATORS) - used == set()


def words():
    """The words that a key takes: lists called words[] in the parser, and the names of lags."""
    lists = [body for text in SOURCES.values() for body in re.findall(r"\bwords\[\] = \{(.*?)\};", text, re.S)]
    lists += re.findall(r"md_lag_name\[\w+\] = \{(.*?)\};", (ROOT / "src/metadata/snapshot.c").read_text())
    return {word for body in lists for word in re.findall(r'"([^"]+)"', body)}


def test_every_word_is_named():
    assert {"sql-only", "desc", "inner", "quarter", "realtime"} <= words()
    prose = "".join(SECTIONS.values())
    assert {word for word in words() if f"`{word}`" not in prose} == set()


def test_every_code_is_named():
    codes = re.findall(r"^MD_ERROR\(\d+, (\w+), \d+, (?:VALIDATION|REQUEST|PLANNER|EXECUTION|DEADLINE), ", (ROOT / "src/base/errors.def").read_text(), re.M)
    assert len(codes) > 25
    assert [code for code in codes if f"`{code}`" not in SECTIONS["errors"]] == []


def test_limits_are_those_of_the_code():
    limits = {key: int(eval(value)) for key, value in re.findall(r'LIMIT\("(\w+)", \w+, ([\d< ]+),', (ROOT / "src/metadata/settings.c").read_text())}
    rows = re.findall(r"^\| `(\w+)` \| ([\w ]+?) \|", SECTIONS["limits"], re.M)
    shown = {key: int(re.sub(r"\s", "", value.replace("MiB", ""))) * (2**20 if "MiB" in value else 1) for key, value in rows}
    not_of_a_question = {"batch", "rows", "streamRows"}
    assert shown == {key: value for key, value in limits.items() if key not in not_of_a_question}


def test_the_sample_is_that_of_the_configuration():
    config = json.loads((ROOT / "examples/concept/multidb.json").read_text())
    names = {t["id"]: t["apiName"] for t in config["tables"]}
    expected = []
    for t in config["tables"]:
        columns = ", ".join(f"`{c['apiName']}` {c['type']}{' or NULL' if c['nullable'] else ''}" for c in t["columns"])
        relations = ", ".join(f"`{r['column']}` → `{names[r['references']['table']]}`" + (f", named `{r['name']}`" if "name" in r else "") for r in t["relations"])
        expected.append(f"| `{t['apiName']}` | `{t['database']}` | {columns} | {', '.join(f'`{k}`' for k in t['primaryKey'])} | {relations} |".replace("|  |", "| |"))
    shown = re.findall(r"^\| `\w+` \|.*$", SECTIONS["the-sample"], re.M)
    assert sorted(shown) == sorted(expected)


def test_links_within_the_page_lead_somewhere():
    assert [anchor for anchor in re.findall(r"\]\(#([\w-]+)\)", PAGE) if anchor not in SECTIONS] == []
