"""docs/adr/0032 names every function of the validation room that reads the caller's roles: each decides something that may differ for other roles."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/mutants"))

from definitions import Code, tokens  # noqa: E402

READS_ROLES = {"view", "access", "md_access_view", "md_gate_column"}
AGAIN = "src/validation/again.c"  # asks for other roles


def readers(code):
    found = [d for same in code.by_name.values() for d in same if d.file.startswith("src/validation/") and d.file != AGAIN]
    return {d.name for d in found if READS_ROLES & {t.text for t in tokens(code.text(d))}}


def test_the_decision_lists_what_validation_asks_the_roles():
    page = next((ROOT / "docs/adr").glob("0032-*.md")).read_text()
    rows = re.search(r"## What validation asks the roles\n.*?\n\n(\| function .*?)\n\n", page, re.S)[1].split("\n")[2:]
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert listed == readers(Code.of_tree(ROOT))


def test_a_new_reader_is_found():
    assert readers(Code({"src/validation/x.c": "static bool is_shown(const struct md_ref *r)\n{\n\treturn r->view->granted;\n}\n"})) == {"is_shown"}
