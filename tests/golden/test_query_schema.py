"""The JSON Schema of definitions and contexts against the program: on every golden case, and on mutations of those that are accepted.

What the program accepts the schema accepts. What the program refuses the schema refuses, but for the problems of SEEN_BY_THE_PROGRAM_ALONE.
"""
import copy
import json
import os
import re

import jsonschema
import pytest

import golden
import library
from cli import Run

SCHEMA = json.loads((golden.ROOT / "src/query/query.schema.json").read_text())
FULL = bool(os.environ.get("MULTIDB_FULL"))

# a string, number or boolean; what an operator takes of any type is left to the schema
WRONG_FOR_THE_TYPE = r"invalid value for '.*' \(.*\): expected (?!an object|a non-empty array|no value|a pattern).*, got (\".*\"(, did you mean '.*')?|true|false|-?[0-9].*)"

# Problems that depend on the configuration, the roles or the limits, or that compare two parts of a definition in a way that a schema
# cannot say. The schema may accept what has only these. By code: patterns of messages, the whole of them.
SEEN_BY_THE_PROGRAM_ALONE = {
    # names, roles, limits and context values are those of a configuration
    "UNKNOWN_TABLE": [".*"], "UNKNOWN_COLUMN": [".*"], "UNKNOWN_ROLE": [".*"], "MISSING_CONTEXT": [".*"], "LIMIT_EXCEEDED": [".*"],
    "ACCESS_DENIED": ["(?!the list of roles is empty).*"],
    "INVALID_CONTEXT": ["context value .*"],
    # an operator or value against the type of its column
    "INVALID_FILTER": ["operator '.*' does not fit column .*", "operator '.*' needs a column that can be NULL: .*", "table '.*' (is not in this query|is joined later.*|is not that of the exists.*)",
                       "columns? '.*' .*can't be compared.*"],
    # an entry of groupBy has two names where it has an `as`
    "INVALID_VALUE": [WRONG_FOR_THE_TYPE, "'.*' is selected twice: '.*' and '.*' are one entry of groupBy"],
    "INVALID_BY_IDS": ["table '.*' has no primary key", "'.*' is no key column: .*", r"invalid key: expected .*, got (\".*\"(, did you mean '.*')?|true|false|-?[0-9].*|an object.*)"],
    # relations, and the tables of the query
    "INVALID_JOIN": ["(?!invalid |.* is missing: ).*", "reverse is missing: .*"],
    "INVALID_EXISTS": ["(?!invalid |.* is missing: ).*", "reverse is missing: .*"],
    "INVALID_GROUP_BY": ["(?!invalid |.* is missing: ).*"],
    "INVALID_ORDER_BY": ["(?!invalid |.* is missing: ).*"],
    "INVALID_AGGREGATION": ["(?!invalid |.* is missing: |no columns and no aggregations|.* does not take '\\*').*"],
    "INVALID_HAVING": ["'.*' is no alias of an aggregation", "'.*' counts: it is never NULL", WRONG_FOR_THE_TYPE],
    "INVALID_PAGE": ["rows of .* have no total order: .*", "page.after .*", "cursor .*"],
}


def is_seen_by_the_program_alone(problem):
    return any(re.fullmatch(pattern, problem["message"], re.S) for pattern in SEEN_BY_THE_PROGRAM_ALONE.get(problem["code"], []))


def validator(name):
    return jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})


VALIDATORS = {name: validator(name) for name in ("definition", "preparedDefinition", "context")}


def first_refusal(definition, context):
    """What the schema says first against the two, or None; a context of None is not judged."""
    judged = [("definition", definition)] + ([] if context is None else [("context", context)])
    return next((error for name, value in judged for error in VALIDATORS[name].iter_errors(value)), None)


def problems(answer):
    """What the program says against the two. Refusals to plan and failures to run come after validation."""
    if answer.get("code") in ("INVALID_BODY", "INVALID_JSON"):
        return [answer]
    return answer["errors"] if answer.get("code") == "VALIDATION_FAILED" else []


def disagreement(answer, definition, context):
    """None, or in which direction they disagree and why."""
    against, wrong = first_refusal(definition, context), problems(answer)
    if against and not wrong:
        return f"the program accepts, the schema refuses: {against.json_path}: {against.message[:200]}"
    seen = [p for p in wrong if not is_seen_by_the_program_alone(p)]
    if seen and not against:
        return f"the schema accepts, the program refuses: {seen[0]['code']}: {seen[0]['message']}"
    return None


def without_connections(config):
    config = copy.deepcopy(config)
    for part in [*config["databases"], *config.get("caches", []), config.get("trino", {})]:
        part.pop("connection", None)
    return config


KEYS_OF_NO_CASE = {"from": "things", "timeoutMs": 5, "numbers": "string", "debug": True, "avoid": ["cache"]}


def questions():
    """(configuration, patches) → the (case, definition, context) that are asked under it; cases of wrong configurations have none."""
    found = {("things:postgres", ()): [("keys that no accepted case has", KEYS_OF_NO_CASE, {"role": "admin"})]}
    for case in golden.cases():
        name = case.configs[0]
        if case.parameters or case.expected(name).startswith(("error CONFIG_INVALID", "error METADATA", "error INVALID_JSON")):
            continue
        context = json.loads(case.context) if case.context else None
        found.setdefault((name, tuple(case.patches)), []).append((case.name, json.loads(case.definition), context))
    return found


def asked(tmp_path, key):
    """One program, without connections, under the configuration."""
    path = tmp_path / f"{abs(hash(key))}.json"
    path.write_text(json.dumps(without_connections(golden.patch(golden.load_config(key[0]), key[1]))))
    return Run(path)


def test_schema_is_valid():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_both_agree_on_every_golden_case(tmp_path):
    disagreed, accepted = [], 0
    for key, cases in questions().items():
        with asked(tmp_path, key) as program:
            for name, definition, context in cases:
                answer = program.ask(definition, context)
                accepted += not problems(answer)
                disagreed += [f"{name}: {why}" for why in [disagreement(answer, definition, context)] if why]
    assert not disagreed, "\n".join(disagreed)
    assert accepted > 200


# ---- edges ----

THINGS = {"from": "things", "columns": ["id"]}
MOST, NAME = 2**63 - 1, "a" * 64


def filtered(**node):
    return {**THINGS, "filters": [node]}


def joined(**more):
    return {**THINGS, "joins": [{"table": "nodes", "reverse": False, "via": "thingId", **more}]}


def grouped(**more):
    return {"from": "things", "aggregations": [{"fn": "count", "column": "*", "alias": "n", **more}]}


# (what is accepted, what is refused beside it)
EDGES = [
    ({**THINGS, "limit": MOST}, {**THINGS, "limit": MOST + 1}),
    ({**THINGS, "limit": 1, "offset": MOST}, {**THINGS, "limit": 1, "offset": MOST + 1}),
    ({**THINGS, "timeoutMs": MOST}, {**THINGS, "timeoutMs": MOST + 1}),
    ({**THINGS, "freshness": {"maxLagMs": MOST}}, {**THINGS, "freshness": {"maxLagMs": MOST + 1}}),
    ({**THINGS, "page": {"first": MOST - 1}}, {**THINGS, "page": {"first": MOST}}),
    ({**THINGS, "page": {"first": 1}, "executeMode": "sql-only"}, {**THINGS, "page": {"first": 1}, "executeMode": "count"}),
    (filtered(table="nodes", count={"operator": "=", "value": MOST}), filtered(table="nodes", count={"operator": "=", "value": MOST + 1})),
    (filtered(column="name", operator="levenshteinLte", value={"text": "a", "maxDistance": 254}), filtered(column="name", operator="levenshteinLte", value={"text": "a", "maxDistance": 255})),
    (filtered(column="id", operator="=", refColumn="small"), filtered(column="id", operator="=", refColumn="small", value=1)),
    (filtered(column="id", operator="=", refColumn="small"), filtered(column="id", operator="=", refColumn="small", exists=True)),
    (filtered(column="name", operator=">", value="a"), filtered(column="name", operator=">", value="a\0")),
    (filtered(column="name", operator="contains", value="a"), filtered(column="name", operator="contains", value="\0a")),
    (filtered(column="name", operator="like", value="a\\%"), filtered(column="name", operator="like", value="a\\\0")),
    (filtered(column="name", operator="like", value="\\\\"), filtered(column="name", operator="like", value="\\\\\\")),
    (filtered(column="name", operator="like", value="a\n"), filtered(column="name", operator="like", value="a\n\\")),
    ({**THINGS, "byIds": ["1"]}, {**THINGS, "byIds": ["1\0"]}),
    ({"from": "pairs", "byIds": [{"code": "a", "day": "2024-01-01"}]}, {"from": "pairs", "byIds": [{"code": "a\0", "day": "2024-01-01"}]}),
    ({"from": "pairs", "byIds": [{"code": "a", "day": "2024-01-01"}]}, {"from": "pairs", "byIds": [{"code": ["a"], "day": "2024-01-01"}]}),
    ({"from": "pairs", "byIds": [{"code": "a", "day": "2024-01-01"}]}, {"from": "pairs", "byIds": [{"code": "a", "day": None}]}),
    (joined(**{"as": NAME}), joined(**{"as": NAME + "a"})), (joined(**{"as": "a1B"}), joined(**{"as": "A1b"})), (joined(**{"as": "a"}), joined(**{"as": "a-b"})),
    (joined(**{"as": "a"}), joined(**{"as": "a\n"})), (joined(**{"as": "a"}), joined(**{"as": ""})), (joined(**{"as": "a"}), joined(**{"as": 1})),
    (grouped(alias="a" * 128), grouped(alias="a" * 129)), (grouped(alias=" "), grouped(alias="a\n")), (grouped(alias="\u00a0"), grouped(alias="\u009f")), (grouped(alias="x"), grouped(alias="")),
    ({**grouped(), "having": [{"logic": "and", "conditions": [{"column": "n", "operator": ">", "value": 1}]}]},
     {**grouped(), "having": [{"logic": "and", "conditions": [{"column": "n", "operator": ">", "value": 1}], "column": "n"}]}),
]


@pytest.mark.parametrize("accepted, refused", EDGES)
def test_both_agree_on_edges(accepted, refused, tmp_path):
    with asked(tmp_path, ("things:postgres", ())) as program:
        for definition, verdict in ((accepted, True), (refused, False)):
            answer = problems(program.ask(definition, {"role": "admin"}))
            assert (answer == [], VALIDATORS["definition"].is_valid(definition)) == (verdict, verdict), (definition, answer)


@pytest.mark.parametrize("node, message", [
    ({"column": "id", "value": 1}, "'operator' is a required property"), ({"column": "id", "operator": "=", "vlaue": 1, "value": 1}, "'vlaue' is not one of"),
    ({"column": "id", "operator": "in", "value": []}, "[] should be non-empty"), ({"column": "name", "operator": "like", "value": 5}, "5 is not of type 'string', 'object'"),
    ({"logic": "xor", "conditions": [{"table": "nodes"}]}, "'xor' is not one of ['and', 'or']")])
def test_one_mistake_is_one_error(node, message):
    """An editor shows the errors, so the kind of a node is found before its keys are judged."""
    errors = list(VALIDATORS["preparedDefinition"].iter_errors(filtered(**node)))
    assert len(errors) == 1 and errors[0].message.startswith(message), [e.message for e in errors]


# ---- parameters ----

# where {"$param": "name"} may stand: the path of the place, with * for an index and KEY for a key column
PARAMETERS = re.compile(r"(.*/)?value(/\*)?|(.*/)?value/(from|to|text|maxDistance)|(.*/)?count/value|byIds(/\*(/KEY)?)?|limit|offset|page/(first|after)|timeoutMs|freshness/maxLagMs")
HAS_NO_OPERAND = {"isNull", "isNotNull", "is_null", "is_not_null", "arrayIsEmpty", "arrayIsNotEmpty"}


def takes_parameter(definition, path):
    """A null test has no operand."""
    if path[:1] == ("byIds",) and len(path) == 3:
        path = (*path[:2], "KEY")
    node = definition
    for step in path[:-1]:
        node = node[step]
    if path[-1:] == ("value",) and node["operator"] in HAS_NO_OPERAND:
        return False
    return bool(PARAMETERS.fullmatch("/".join("*" if isinstance(step, int) else step for step in path)))


@pytest.fixture(scope="module")
def handle():
    """A query handle of the library, under a configuration of which no test depends."""
    engine = library.Engine(without_connections(golden.load_config("sqlite")), offline=True)
    query = library.Query(engine)
    yield query
    query.free()
    engine.close()


def test_parameters_stand_where_they_may_and_nowhere_else(tmp_path, handle):
    wrong, places = [], set()
    for key, cases in questions().items():
        with asked(tmp_path, key) as program:
            for name, definition, context in cases:
                if problems(program.ask(definition, context)):
                    continue
                for path, _ in nodes(definition):
                    mutated, may = changed(definition, path, replaced({"$param": "p"})), takes_parameter(definition, path)
                    if VALIDATORS["definition"].is_valid(mutated):
                        wrong.append(f"{name}: {path}: a parameter in a definition without any")
                    if VALIDATORS["preparedDefinition"].is_valid(mutated) != may:
                        wrong.append(f"{name}: {path}: {'refused' if may else 'accepted'}")
                    if (handle.define(library.PLAN, mutated) is None) != may:
                        wrong.append(f"{name}: {path}: {'refused' if may else 'accepted'} by multidb_query_define")
                    places.add((may, path[-1] if path and isinstance(path[-1], str) else "*"))
    assert not wrong, "\n".join(wrong)
    assert {place for may, place in places if may} >= {"value", "*", "from", "to", "text", "maxDistance", "byIds", "limit", "offset", "first", "after", "timeoutMs", "maxLagMs"}


def test_both_agree_on_golden_cases_with_parameters():
    """Problems at /parameters are those of the values: they say nothing about the definition."""
    judged = set()
    for case in golden.cases():
        if case.parameters:
            at_definition = re.findall(r"^  \w+ at (?!/parameters|/role|/contextValues)\S+", case.expected(case.configs[0]), re.M)
            accepted = VALIDATORS["preparedDefinition"].is_valid(json.loads(case.definition))
            assert accepted or at_definition, case.name
            judged.add(accepted)
    assert judged == {True, False}


@pytest.mark.parametrize("parameter", [{"$param": ""}, {"$param": 1}, {"$param": None}, {"$param": "a", "x": 1}, {"$parm": "a"}])
@pytest.mark.parametrize("definition", ['{"from": "t", "limit": 0}', '{"from": "t", "byIds": 0}', '{"from": "t", "filters": [{"column": "c", "operator": "in", "value": [0]}]}'])
def test_malformed_parameter_is_refused(parameter, definition, handle):
    assert VALIDATORS["preparedDefinition"].is_valid(json.loads(definition.replace("0", '{"$param": "a"}')))
    if not ("byIds" in definition and "$parm" in parameter):  # there it names a key column
        assert not VALIDATORS["preparedDefinition"].is_valid(json.loads(definition.replace("0", json.dumps(parameter))))
    if "$param" in parameter:  # another object is a value, which is judged when it is bound
        assert "INVALID_VALUE" in handle.define(library.PLAN, definition.replace("0", json.dumps(parameter)))


# ---- mutations ----

WRONG = [None, True, 7, -1, 1.5, "zzz", "", [], ["zzz"], [None], {}, {"zzz": 1}]


def nodes(value, path=()):
    yield path, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from nodes(member, (*path, key))


def changed(document, path, change):
    """A copy in which `change` was applied to the parent of the node and its key there."""
    root = {"": copy.deepcopy(document)}
    at, key = root, ""
    for step in path:
        at, key = at[key], step
    change(at, key)
    return root[""]


def replaced(value):
    def change(parent, key):
        parent[key] = copy.deepcopy(value)
    return change


def removed(parent, key):
    del parent[key]


def with_unknown_key(parent, key):
    parent[key]["zzz"] = 1


def repeated(parent, key):
    parent[key].append(copy.deepcopy(parent[key][0]))


def mutations(document):
    """(what, the path's keys without indices, the mutated document)"""
    for path, value in nodes(document):
        place = "/".join("*" if isinstance(step, int) else step for step in path)
        changes = [(f"= {json.dumps(w)}", replaced(w)) for w in WRONG]
        if path:
            changes.append(("removed", removed))
        if isinstance(value, dict):
            changes.append(("unknown key", with_unknown_key))
        if isinstance(value, list) and value:
            changes.append(("repeated", repeated))
        for what, change in changes:
            yield what, place, changed(document, path, change)


def kind(definition):
    """Mutations of filters are distinguished by the first of the operators that occur."""
    return sorted({value for path, value in nodes(definition) if path and path[-1] == "operator" and isinstance(value, str)})[:1]


def each_once(per, seen, *sign):
    seen[sign] = seen.get(sign, 0) + 1
    return seen[sign] <= per


def test_both_agree_on_mutations(tmp_path):
    disagreed, tried, seen, per = [], 0, {}, 1000 if FULL else 1
    for key, cases in questions().items():
        with asked(tmp_path, key) as program:
            for name, definition, context in cases:
                if problems(program.ask(definition, context)):
                    continue
                pairs = [(w, p, m, context) for w, p, m in mutations(definition) if each_once(per, seen, w, p, *kind(definition))]
                pairs += [(w, f"context/{p}", definition, m) for w, p, m in mutations(context or {}) if m is not None and each_once(per, seen, w, "context", p)]
                tried += len(pairs)
                for what, place, mutated, asker in pairs:
                    why = disagreement(program.ask(mutated, asker), mutated, asker)
                    if why:
                        disagreed.append(f"{name}: {place} {what}: {why}")
    assert not disagreed, f"{len(disagreed)} of {tried}:\n" + "\n".join(disagreed[:40])
    assert tried > 3000
