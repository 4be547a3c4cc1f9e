"""The JSON Schema of definitions lists the keys, words and operators of the parser, all of them and no others."""
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "src/query/query.schema.json").read_text())
DEFS = SCHEMA["$defs"]


def source(name):
    return (ROOT / "src/query" / name).read_text()


def keys_of(file, table):
    body = re.search(rf"static const struct md_member\s+{table}\[\]\s*=\s*\{{(.*?)\}};", source(file), re.S).group(1)
    return re.findall(r'MD_MEMBER\("(\w+)"', body)


KEYS = {
    "preparedDefinition": ("parse.c", "members"), "join": ("parse_join.c", "members"), "group": ("parse_group.c", "group_members"),
    "aggregation": ("parse_group.c", "agg_members"), "order": ("parse_list.c", "order_members"), "page": ("parse_page.c", "members"),
    "filter": ("parse_filter.c", "members"), "count": ("parse_exists.c", "count_members"),
}


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_those_of_the_parser(name):
    assert sorted(DEFS[name]["properties"]) == sorted(keys_of(*KEYS[name]))


def test_keys_of_freshness_are_those_of_the_parser():
    assert sorted(DEFS["freshness"]["anyOf"][1]["properties"]) == keys_of("parse.c", "lag")


def test_every_table_of_keys_is_compared():
    compared = [*KEYS.values(), ("parse.c", "lag")]
    for path in (ROOT / "src/query").glob("parse*.c"):
        for table in re.findall(r"static const struct md_member\s+(\w+)\[\]", path.read_text()):
            assert (path.name, table) in compared


def filter_kinds():
    """The keys of each kind of filter node, all and required, as parse_filter.c has them."""
    text = source("parse_filter.c")
    names = dict(re.findall(r'\[(NODE_\w+)\] = MD_MEMBER\("(\w+)"', text))
    body = re.search(r"kinds\[\] = \{(.*?)\n\};", text, re.S).group(1)
    found = {}
    for kind, keys, required in re.findall(r"\[MD_FILTER_(\w+)\] = \{ ([^,]*),\s*([^,]*), ", body):
        found[kind] = tuple(sorted(names[bit] for bit in re.findall(r"NODE_\w+", part)) for part in (keys, required))
    return found


def test_kinds_of_filters_are_those_of_the_parser():
    group, columns = DEFS["filter"], DEFS["filter"]["else"]
    exists = columns["else"]
    parts = {"GROUP": group["then"], "COLUMNS": columns["then"], "EXISTS": exists["then"], "VALUE": exists["else"]}
    assert {k: (sorted(p["propertyNames"]["enum"]), sorted(p["required"])) for k, p in parts.items()} == filter_kinds()


def test_having_has_the_keys_that_the_parser_lists():
    names = dict(re.findall(r'\[(NODE_\w+)\] = MD_MEMBER\("(\w+)"', source("parse_filter.c")))
    bits = re.search(r"in_having = \{.*?\};", source("parse_filter.c"), re.S).group(0)
    node = DEFS["having"]["items"]
    assert sorted(node["properties"]) == sorted(names[b] for b in re.findall(r"BIT\((NODE_\w+)\)", bits))
    assert node["then"] == DEFS["filter"]["then"]
    assert sorted(node["else"]["propertyNames"]["enum"]) == ["column", "operator", "value"]


# ---- words ----

def words_of(file, function):
    body = re.search(rf"{function}\(struct md_parse.*?\n}}", source(file), re.S).group(0)
    return re.findall(r'"([^"]+)"', re.search(r"\*const words\[\] = \{(.*?)\};", body, re.S).group(1))


WORDS = {
    "executeMode": ("parse.c", "read_mode", DEFS["preparedDefinition"]["properties"]["executeMode"]),
    "strategies": ("parse.c", "read_wants", DEFS["strategies"]["items"]),
    "numbers": ("parse.c", "read_numbers", DEFS["preparedDefinition"]["properties"]["numbers"]),
    "type": ("parse_join.c", "read_type", DEFS["join"]["properties"]["type"]),
    "direction": ("parse_list.c", "read_direction", DEFS["order"]["properties"]["direction"]),
    "nulls": ("parse_list.c", "read_nulls", DEFS["order"]["properties"]["nulls"]),
    "bucket": ("parse_group.c", "read_bucket", DEFS["group"]["properties"]["bucket"]),
    "fn": ("parse_group.c", "read_fn", DEFS["aggregation"]["properties"]["fn"]),
    "logic": ("parse_filter.c", "read_logic", DEFS["filter"]["properties"]["logic"]),
    "count": ("parse_exists.c", "read_operator", DEFS["comparison"]),
}


@pytest.mark.parametrize("name", WORDS)
def test_words_are_those_of_the_parser(name):
    file, function, part = WORDS[name]
    assert part["enum"] == words_of(file, function)


def test_every_list_of_words_is_compared():
    compared = {(file, function) for file, function, _ in WORDS.values()}
    for path in (ROOT / "src/query").glob("parse*.c"):
        for function in re.findall(r"^static \w+ (\w+)\([^{]*\)\n\{(?:(?!\n\}).)*?\*const words\[\]", path.read_text(), re.M | re.S):
            assert (path.name, function) in compared


def test_words_of_freshness_are_those_of_the_configuration():
    config = json.loads((ROOT / "src/metadata/config.schema.json").read_text())
    assert DEFS["freshness"]["anyOf"][0]["enum"] == config["$defs"]["sync"]["properties"]["estimatedLag"]["enum"]


# ---- operators ----

OPERATORS = re.findall(r'^MD_OPERATOR\(\w+, "(.*?)", .*, (?:true|false), (\w+)\)$', source("operators.def"), re.M)
SPELLINGS = {"isNull": ["is_null"], "isNotNull": ["is_not_null"]}  # operators.c
SHAPES = {"VALUE": ("scalar", "ordered"), "ELEMENT": ("scalar",), "LIST": ("list",), "ELEMENTS": ("list",), "RANGE": ("range",), "PATTERN": ("pattern",),
          "TEXT": ("plainText",), "DISTANCE": ("distance",)}


def spelled(names):
    return [spelling for name in names for spelling in (name, *SPELLINGS.get(name, []))]


def test_operators_are_those_of_the_table():
    assert sorted(DEFS["operator"]["enum"]) == sorted(spelled(name for name, _ in OPERATORS))


def test_other_spellings_are_those_of_the_program():
    assert sorted(re.findall(r'md_str_eq\(name, MD_STR\("(\w+)"\)\)', source("operators.c"))) == sorted(s for more in SPELLINGS.values() for s in more)


def test_each_operator_takes_the_operand_of_its_shape():
    none, *rules = DEFS["operand"]["allOf"]
    assert sorted(none["if"]["properties"]["operator"]["enum"]) == sorted(spelled(name for name, shape in OPERATORS if shape == "NONE"))
    taken = {name: rule["then"]["properties"]["value"]["$ref"].removeprefix("#/$defs/") for rule in rules for name in rule["if"]["properties"]["operator"]["enum"]}
    assert sorted(taken) == sorted(name for name, shape in OPERATORS if shape != "NONE")
    for name, shape in OPERATORS:
        assert shape == "NONE" or taken[name] in SHAPES[shape], name


def test_operators_of_having_are_those_of_validation():
    takes = re.search(r"static bool takes_aggregates\(.*?\n}", (ROOT / "src/validation/rules_having.c").read_text(), re.S).group(0)
    shapes, ids = re.findall(r"MD_SHAPE_(\w+)", takes), re.findall(r"MD_OP_(\w+)", takes)
    assert (shapes, ids) == (["VALUE", "LIST", "RANGE"], ["IS_NULL", "IS_NOT_NULL"])
    taken = [name for name, shape in OPERATORS if shape in shapes or name in ("isNull", "isNotNull")]
    assert sorted(DEFS["having"]["items"]["properties"]["operator"]["enum"]) == sorted(spelled(taken))


def test_comparisons_of_columns_are_those_of_counts():
    assert DEFS["filter"]["else"]["then"]["properties"]["operator"] == {"$ref": "#/$defs/comparison"}
    assert DEFS["count"]["properties"]["operator"] == {"$ref": "#/$defs/comparison"}


# ---- contexts ----

def test_keys_of_contexts_are_those_of_the_access_room():
    text = (ROOT / "src/access/roles.c").read_text()
    assert sorted(DEFS["context"]["properties"]) == sorted(re.findall(r'"(\w+)"', re.search(r"known\[\] = \{(.*?)\};", text).group(1)))
    assert sorted(DEFS["context"]["properties"]["roles"]["properties"]) == sorted(re.findall(r'"(\w+)"', re.search(r"scope_names\[2\] = \{(.*?)\};", text).group(1)))


def test_everything_is_described():
    """An editor shows these texts."""
    for name, part in DEFS.items():
        for key, member in part.get("properties", {}).items():
            if name not in ("withoutParameters", "count", "range", "question"):
                assert "description" in member or "description" in DEFS[member["$ref"].removeprefix("#/$defs/")], f"{name}.{key}"
