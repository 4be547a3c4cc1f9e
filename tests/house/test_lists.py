"""The lists of error codes and of debug-log events hold nothing that the code does not produce, and docs/errors.md nothing that cannot happen."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = "\n".join(p.read_text() for p in (ROOT / "src").rglob("*.[ch]") if ROOT / "src/server" not in p.parents)
ERRORS = (ROOT / "src/base/errors.def").read_text()
CODES = re.findall(r"^MD_ERROR\(\d+, (\w+),", ERRORS, re.M)
SERVER_CODES = re.findall(r"^MD_SERVER_ERROR\(\d+, (\w+),", ERRORS, re.M)
EVENTS = re.findall(r"^MD_EVENT\((\w+),", (ROOT / "src/trace/events.def").read_text(), re.M)
# names that stand there other than to be compared with or translated
PRODUCED = set(re.findall(r"(?<![=!]= )(?<!case )\b(MD_\w+)\b(?!\])", SOURCES))


@pytest.mark.parametrize("code", CODES)
def test_something_raises_the_code(code):
    assert f"MD_{code}" in PRODUCED, f"nothing raises {code}: remove it, or mark it MD_SERVER_ERROR where only the server will"


@pytest.mark.parametrize("code", SERVER_CODES)
def test_nothing_but_the_server_raises_the_code(code):
    assert f"MD_{code}" not in PRODUCED, f"{code} is raised now: make it an MD_ERROR"


@pytest.mark.parametrize("event", EVENTS)
def test_something_records_the_event(event):
    assert f"MD_EV_{event}" in PRODUCED, f"nothing records {event}: record it, or remove it from events.def"


def test_the_page_of_errors_has_the_codes_that_are_raised():
    page = (ROOT / "docs/errors.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", page, re.M) == CODES


def test_the_page_of_planning_has_each_refusal():
    """docs/planning.md: a heading for each code of a strategy, and for each of the planner's errors, with an example and the cure below it."""
    names = re.findall(r'= "([A-Z_]+)"', re.search(r"md_refusal_name\[.*?\};", (ROOT / "src/planner/refusal.c").read_text(), re.S)[0])
    page = (ROOT / "docs/planning.md").read_text()
    sections = re.split(r"^### ", page, flags=re.M)[1:]
    headings = {name for section in sections for name in re.findall(r"[A-Z_]{5,}", section.split("\n")[0])}
    assert headings == set(names) | set(re.findall(r"^MD_ERROR\(\d+, (\w+), \d+, PLANNER,", ERRORS, re.M))
    for section in sections:
        assert "```console\n" in section and re.search(r"^(.*\. )?Cure: ", section, re.M), section.split("\n")[0]


def test_an_unused_name_is_found():
    assert "MD_UNKNOWN_TABLE" in PRODUCED and "MD_NO_SUCH_CODE" not in PRODUCED and "MD_EV_NO_SUCH_EVENT" not in PRODUCED
