#!/usr/bin/env python3
"""Counts the single tests in a runner's report: `tally.py meson testlog.json`, `tally.py junit report.xml` or `tally.py mutants rows.txt` prints "PASSED FAILED".

A program under meson that speaks cmocka counts each of its tests; one that speaks something else, or dies on the way, counts as
one. A skipped test is named with its reason on stderr, and is a failed one when CI is set.
"""
import json
import os
import re
import sys
import xml.etree.ElementTree as ET

GOOD = {"OK", "EXPECTEDFAIL"}


def skipped(name, reason):
    print(f"CANNOT RUN: {name}: {reason}", file=sys.stderr)
    return 1 if os.environ.get("CI") else 0


def last_words(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


def meson(path):
    passed = failed = 0
    with open(path) as f:
        for line in f:
            test = json.loads(line)
            text = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
            if test["result"] == "SKIP":
                failed += skipped(test["name"], last_words(text))
                continue
            good = len(re.findall(r"^\[       OK \] ", text, re.M))
            bad = sum(int(n) for n in re.findall(r"^\[  FAILED  \] .*?(\d+) test\(s\), listed below", text, re.M))
            for name in sorted(set(re.findall(r"^\[  SKIPPED \] (\w+)$", text, re.M))):
                failed += skipped(f"{test['name']} {name}", "skipped by the test")
            if test["result"] not in GOOD:
                bad = max(bad, 1)
            elif not good:
                good = 1
            passed, failed = passed + good, failed + bad
    return passed, failed


def junit(path):
    passed = failed = 0
    for case in ET.parse(path).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            failed += skipped(name, case.find("skipped").get("message"))
        else:
            passed += 1
    return passed, failed


def mutants(path):
    """A mutant that was killed is a test that passed."""
    with open(path) as f:
        found = re.search(r"^(\d+) killed, (\d+) survived$", f.read(), re.M)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 1)


if __name__ == "__main__":
    form, report = sys.argv[1:]
    print(*{"meson": meson, "junit": junit, "mutants": mutants}[form](report))
