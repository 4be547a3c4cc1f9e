"""Golden cases: reading, planning, printing. A case is one text file of sections, each begun by a line `-- NAME`:

    -- title        one line: what the case shows
    -- config       names of configurations, one a line (CONFIGS below, or tests/golden/configs/NAME.json; NAME:ENGINE is the
                    same with its first database on that engine), then patches for all of them: `POINTER = JSON` replaces or adds, `POINTER remove` removes. A step of the pointer into an
                    array is an index, `-` (append), or the id or apiName of an element
    -- definition   JSON
    -- parameters   JSON: the definition is bound to these parameters (multidb_query_define, multidb_query_bind); absent: it is asked as it stands
    -- context      JSON; absent: none given
    -- show         optional words: log (the debug log's lines, under the first configuration alone), explain (every strategy judged, with SQL and row filters).
                    The log repeats the rest of a case: one case of a topic shows it, and those that a kind of line is about
    -- expect NAME  what comes out under that configuration, as render() prints it

`pytest tests/golden --update` rewrites the expect sections and fails: what it wrote is a claim until it has been read.
"""
import copy
import json
import pathlib
import re

from cli import ROOT, call_json, dumps

CASES = ROOT / "tests/golden"
CONFIGS = {"sqlite": ROOT / "examples/concept/multidb.json", "stack": ROOT / "examples/concept/multidb.stack.json"}


class Case:
    def __init__(self, path):
        self.path = path
        self.sections = []
        for line in path.read_text().splitlines():
            begin = re.match(r"^-- (\w+)(?: (\S+))?$", line)
            if begin:
                self.sections.append([begin.group(1), begin.group(2), []])
            elif self.sections:
                self.sections[-1][2].append(line)
            elif line.strip():
                raise ValueError(f"{path}: text before the first section")
        lines = [line for line in self.section("config").splitlines() if line.strip()]
        self.configs = [line for line in lines if not line.startswith("/")]
        self.patches = [line for line in lines if line.startswith("/")]
        self.definition = self.section("definition")
        self.parameters = self.section("parameters")
        self.context = self.section("context")
        self.show = self.section("show").split()

    @property
    def name(self):
        return str(self.path.relative_to(CASES).with_suffix(""))

    def section(self, name, argument=None):
        for found, arg, lines in self.sections:
            if found == name and arg == argument:
                return "\n".join(lines).strip()
        return ""

    def shown(self, config):
        """What render() prints under this configuration."""
        return [word for word in self.show if word != "log" or config == self.configs[0]]

    def expected(self, config):
        return self.section("expect", config)

    def update(self, texts):
        keep = [s for s in self.sections if s[0] != "expect"]
        blocks = [f"-- {n}{' ' + a if a else ''}\n" + "\n".join(lines).strip() for n, a, lines in keep]
        blocks += [f"-- expect {config}\n{text}" for config, text in texts.items()]
        self.path.write_text("\n\n".join(blocks) + "\n")


def cases():
    return [Case(p) for p in sorted(CASES.rglob("*.case"))]


def load_config(name):
    name, _, engine = name.partition(":")
    config = json.loads(CONFIGS.get(name, CASES / f"configs/{name}.json").read_text())
    if engine:
        config["databases"][0]["engine"] = engine
        for table in config["tables"] if engine == "sqlite" else []:
            table["physicalName"] = table["physicalName"].rpartition(".")[2]  # no schemas there
    return config


def _index(node, step):
    if isinstance(node, dict):
        return step
    if step == "-":
        return len(node)
    if step.isdigit():
        return int(step)
    return next(i for i, element in enumerate(node) if step in (element.get("id"), element.get("apiName"), element.get("tableId")))


def patch(config, lines):
    config = copy.deepcopy(config)
    for line in lines:
        pointer, _, value = line.partition(" ")
        steps = [s.replace("~1", "/").replace("~0", "~") for s in pointer.split("/")[1:]]
        node = config
        for step in steps[:-1]:
            node = node[_index(node, step)]
        last = _index(node, steps[-1])
        if value == "remove":
            del node[last]
        elif isinstance(node, list) and last == len(node):
            node.append(json.loads(value.removeprefix("= ")))
        else:
            node[last] = json.loads(value.removeprefix("= "))
    return config


def plan(case, config, scratch):
    """(the patched configuration, the answer of `multidb plan` or `explain`)"""
    document = patch(load_config(config), case.patches)
    path = scratch / "multidb.json"
    path.write_text(json.dumps(document))
    command = "explain" if "explain" in case.show else "plan"
    context = json.loads(case.context) if case.context else None
    options = ["--params", case.parameters] if case.parameters else []
    status, answer = call_json(command, path, case.definition, context, options=options)
    assert status == (1 if "status" in answer else 0), f"exit status {status} with {answer}"
    return document, answer


def render(answer, show):
    lines = []
    if "status" in answer:
        lines += _error(answer)
    else:
        lines += _plan(answer.get("plan", answer))
        lines += [f"rows of {f['table']} as {f['as']} for [{', '.join(f['roles'])}]: {f['predicate']}" for f in answer.get("rowFilters", [])]
        lines += [f"cells of {c['as']}.{c['column']} for [{', '.join(c['roles'])}]: shown {c['shown']}, clear {c['clear']}" + (f", mask {c['mask']}" if "mask" in c else "")
                  for c in answer.get("cells", [])]
    lines += [line for a in answer.get("alternatives", []) for line in _alternative(a)]
    log = answer.get("plan", answer).get("debugLog", [])
    if "log" in show:
        lines += ["log"] + [f"    [{e['phase']}] {e['message']}" for e in log]
    return "\n".join(line.rstrip() for line in lines)


def _error(answer):
    yield f"error {answer['code']}, status {answer['status']}: {answer['message']}"
    for e in answer.get("errors", []):
        assert not e["details"].get("expected", "").startswith("expected"), e
        where = f" ({e['details']['where']})" if "where" in e["details"] else ""
        yield f"  {e['code']} at {e['pointer'] or 'the root'}{where}: {e['message']}"
        if e["code"] == "UNKNOWN_KEY" and "expected" in e["details"]:
            yield f"    expected: {e['details']['expected']}"
        if "hint" in e["details"]:
            yield f"    hint: {e['details']['hint']}"
    if "details" in answer:
        yield f"  details {dumps(answer['details'])}"


def _plan(p):
    meta = p["meta"]
    yield f"{p['kind']}: {p['strategy']} on {p['targetDatabase']}, {p['dialect']}" + (", empty" if meta.get("empty") else "")
    for t in meta["tablesUsed"]:
        yield f"table {t['tableId']}: {t['source']} in {t['database']}, {t['physicalName']}"
    for c in meta["columns"]:
        yield f"column {c['apiName']}: {c['type']}{', nullable' if c['nullable'] else ''}, of {c['fromTable']}{', masked' if c['masked'] else ''}"
    yield f"sql {p['sql']}"
    for i, value in enumerate(p["params"], 1):
        yield f"param {i}: {dumps(value)}"


def _alternative(a):
    codes = a.get("codes") or ([a["code"]] if "code" in a else [])
    yield f"{a['strategy']} {a['verdict']}" + (" " + " ".join(codes) if codes else "") + (f": {a['detail']}" if "detail" in a else "")
    if "hint" in a:
        yield f"  hint: {a['hint']}"
    for c in a.get("candidates", []):
        yield f"  candidate {c['database']} {c['verdict']}" + (f" {c['code']}" if "code" in c else "") + (f": {c['detail']}" if "detail" in c else "")
    if "sql" in a:
        yield f"  sql {a['sql']}"
        yield f"  params {dumps(a.get('params', []))}"
