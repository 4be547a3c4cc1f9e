"""golden_audience.py PROGRAM: what a remote caller can read of every golden case (PROGRAM is golden_audience.c), under four policies.

Physical names are replaced by names that occur nowhere else, so that each that comes out is found. Under "none" no text that the
caller can get holds SQL, a physical name or a parameter; with policy.debug alone the log is there without them; under "all" all is."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "lib"))
import golden  # noqa: E402

NONE = {"debug": "none", "sqlOnly": "none", "logValues": False}
POLICIES = {"none": NONE, "left out": {}, "debug": {**NONE, "debug": "all"}, "all": {"debug": "all", "sqlOnly": "all", "logValues": True}}
VALIDATE = 1  # of the modes, which go from run to count
MARK = "zqphys"


def rename(config):
    """Marks physical names, each of which stays a valid name of its kind."""
    for table in config.get("tables", []):
        names = [(table, "physicalName"), *((column, "physicalName") for column in table.get("columns", []))]
        for at, key in names:
            if isinstance(at.get(key), str) and at[key]:
                path, _, name = at[key].rpartition(".")
                at[key] = f"{path}{'.' if path else ''}{MARK}_{name}"
    for sync in config.get("externalSyncs", []):
        if isinstance(sync.get("targetPhysicalName"), str):
            path, _, name = sync["targetPhysicalName"].rpartition(".")
            sync["targetPhysicalName"] = f"{path}{'.' if path else ''}{MARK}_{name}"
        if isinstance(sync.get("columns"), dict):
            sync["columns"] = {name: f"{MARK}_{physical}" for name, physical in sync["columns"].items()}
    return config


def requests():
    for case in golden.cases():
        for config in case.configs:
            try:
                document = rename(golden.patch(golden.load_config(config), case.patches))
            except (AttributeError, TypeError):  # a configuration that is wrong on purpose: it is refused for all
                continue
            asked = {"config": document, "definition": json.loads(case.definition)}
            if case.context:
                asked["context"] = json.loads(case.context)
            yield f"{case.name}, {config}", asked


def telling(values, asked):
    """The parameters long enough not to occur by chance, and in no name of the configuration."""
    names = json.dumps([asked["config"], asked["definition"].get("columns", [])] if isinstance(asked["definition"], dict) else "")
    return [v for v in values if len(v) > 4 and v not in names]


def problems(name, policy, asked, answer):
    failed = ['"status":' in text.split("\n", 1)[0][:200] for text in answer["remote"]]
    for mode, text in enumerate(answer["remote"]):
        if not failed[mode] and answer["bound"][mode] != text:
            yield f"{name}, mode {mode}: a prepared definition shows something else under policy {policy}"
        statements = [sql for sql in answer["sql"] if sql and (sql in text or json.dumps(sql, ensure_ascii=False)[1:-1] in text)]
        if policy == "all":
            if not failed[mode] and mode != VALIDATE and not (statements and MARK in text):
                yield f"{name}, mode {mode}: neither SQL nor a physical name under policy all"
            continue
        if statements or "SELECT " in text:
            yield f"{name}, mode {mode}: SQL under policy {policy}"
        if MARK in text:
            yield f"{name}, mode {mode}: a physical name under policy {policy}: {text[max(0, text.index(MARK) - 80):][:160]}"
        if not failed[mode]:
            yield from (f"{name}, mode {mode}: parameter {v!r} under policy {policy}" for v in telling(answer["values"], asked) if v in text)
        has_log = "\n[" in text
        if has_log != (policy == "debug"):
            yield f"{name}, mode {mode}: {'a' if has_log else 'no'} debug log under policy {policy}"


def main(program):
    asked, lines = [], []
    for name, request in requests():
        policy = request["config"].get("policy", {})
        if not isinstance(policy, dict):
            continue
        for key, rights in POLICIES.items():
            changed = {**request, "config": {**request["config"], "policy": {**policy, **rights}}}
            asked.append((name, key, changed))
            lines.append(json.dumps(changed, ensure_ascii=False))
    done = subprocess.run([program], input="\n".join(lines), text=True, capture_output=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    found = [f"{program} ended with {done.returncode}: {done.stderr[-2000:]}"] if done.returncode or len(answers) != len(asked) else []
    for (name, key, request), answer in zip(asked, answers):
        found += list(problems(name, key, request, answer)) if answer else []
    judged = sum(answer is not None for answer in answers)
    print("\n".join(found[:40]) or f"{judged} requests of remote callers")
    return bool(found) or judged < 1000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
