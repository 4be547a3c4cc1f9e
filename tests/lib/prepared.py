"""Definitions as prepared ones: each value becomes a parameter; and other values for them.

    template, values = with_parameters(definition)       {"limit": 5} → {"limit": {"$param": "limit"}}, {"limit": 5}
    filled(template, values)                             the definition again
    changed(values, random)                              other values: of the same shape, of another one, wrong ones
    difference(direct, bound, template)                  None, or what the two answers' JSON texts differ in
"""
import copy
import json
import re

MEMBERS = {"limit", "offset", "timeoutMs"}
RANGES = ("from", "to"), ("text", "maxDistance")
NO_OPERAND = {"isNull", "isNotNull", "is_null", "is_not_null", "arrayIsEmpty", "arrayIsNotEmpty"}


class Writer:
    def __init__(self, random, whole):
        self.random, self.whole, self.values = random, whole, {}

    def parameter(self, hint, value):
        """Equal values may share a name."""
        for name, known in self.values.items():
            if type(known) is type(value) and known == value and self.random.random() < 0.2:
                return {"$param": name}
        name = f"{hint}{len(self.values)}"
        self.values[name] = value
        return {"$param": name}

    def operand(self, value):
        is_container = isinstance(value, (list, dict))
        if not is_container or self.random.random() < self.whole:
            return self.parameter("v", value)
        if isinstance(value, list):
            return [self.parameter("e", e) if self.random.random() < 0.7 and not isinstance(e, (list, dict)) else e for e in value]
        return {k: self.parameter(k, v) if not isinstance(v, (list, dict)) and any(k in names for names in RANGES) else v for k, v in value.items()}

    def filters(self, nodes):
        return [self.node(node) for node in nodes] if isinstance(nodes, list) else nodes

    def node(self, node):
        if not isinstance(node, dict):
            return node
        out = {}
        for key, value in node.items():
            if key == "value" and "$param" not in str(value) and node.get("operator") not in NO_OPERAND:
                out[key] = self.operand(value)
            elif key in ("conditions", "filters"):
                out[key] = self.filters(value)
            elif key == "count" and isinstance(value, dict) and "value" in value:
                out[key] = {**value, "value": self.parameter("n", value["value"])}
            else:
                out[key] = value
        return out

    def ids(self, value):
        if not isinstance(value, list) or self.random.random() < self.whole:
            return self.parameter("ids", value)
        return [{k: self.parameter(k, v) for k, v in key.items()} if isinstance(key, dict) and self.random.random() < 0.5 else self.parameter("id", key) for key in value]

    def definition(self, definition):
        out = {}
        for key, value in definition.items():
            if key in ("filters", "having"):
                out[key] = self.filters(value)
            elif key == "joins" and isinstance(value, list):
                out[key] = [{k: self.filters(v) if k in ("filters", "on") else v for k, v in join.items()} if isinstance(join, dict) else join for join in value]
            elif key in MEMBERS:
                out[key] = self.parameter(key, value)
            elif key == "byIds":
                out[key] = self.ids(value)
            elif key == "page" and isinstance(value, dict):
                out[key] = {k: self.parameter(k, v) if k in ("first", "after") else v for k, v in value.items()}
            elif key == "freshness" and isinstance(value, dict):
                out[key] = {k: self.parameter(k, v) if k == "maxLagMs" else v for k, v in value.items()}
            else:
                out[key] = value
        return out


def with_parameters(definition, random, whole=0.5):
    """whole: how often a list or a range is one parameter."""
    writer = Writer(random, whole)
    return writer.definition(definition), writer.values


def filled(node, values):
    if isinstance(node, dict) and "$param" in node:
        return copy.deepcopy(values[node["$param"]])
    if isinstance(node, dict):
        return {k: filled(v, values) for k, v in node.items()}
    return [filled(e, values) for e in node] if isinstance(node, list) else node


def places(node, path=""):
    """(pointer, name) of every parameter."""
    if isinstance(node, dict) and "$param" in node:
        yield path, node["$param"]
    elif isinstance(node, (dict, list)):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(value, f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}")


# ---- other values ----

TEXTS = ["x", "", "%", "a_b\\", "\uffff", "y" * 50001, "it's"]


def other(value, random):
    """A value like this one, most of the time."""
    if random.random() < 0.04:
        return random.choice([None, 5, "zzz", True, [], {}, [1], -1])
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + random.choice([0, 1, -1, 7])
    if isinstance(value, list):
        draw = random.random()
        if draw < 0.3 and len(value) > 1:
            return value[1:]
        if draw < 0.6 and value:
            return [*value, other(value[0], random)]
        return [other(e, random) for e in value]
    if isinstance(value, dict):
        return {k: other(v, random) for k, v in value.items()}
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return random.choice([value, "1", "-2.5", "0.12345678901234567890123", "12345678901234567890123456789012345678.5"])
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d|[0-9a-f]{8}-", value):
        return random.choice([value, value[:-1] + ("1" if value[-1] != "1" else "2")])
    return random.choice([value, *TEXTS]) if isinstance(value, str) else value


def changed(values, random):
    return {name: other(value, random) for name, value in values.items()}


# ---- comparing ----

def pointed(problem, template):
    """The problem with its pointer as a binding gives it."""
    for place, name in places(template):
        if problem["pointer"] == place or problem["pointer"].startswith(place + "/"):
            below = problem["pointer"][len(place):]
            return {**problem, "pointer": f"/parameters/{name.replace('~', '~0').replace('/', '~1')}{below}"}
    return problem


def difference(direct, bound, template):
    """direct, bound: JSON texts of two results or two errors."""
    if direct == bound:
        return None
    one, two = json.loads(direct), json.loads(bound)
    if "errors" in one:
        one["errors"] = [pointed(problem, template) for problem in one["errors"]]
    return None if one == two else f"asked: {direct[:3000]}\nbound: {bound[:3000]}"
