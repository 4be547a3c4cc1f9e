"""The table of planted bugs (tests/mutants) is sound: every bug fits the code, and a bug that does not is refused with the place to look at."""
import collections
import pathlib
import re
import sys
import types

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/mutants"))

import report  # noqa: E402
from compiler import compile_errors  # noqa: E402
from definitions import Code, Unfit  # noqa: E402
from table import mutants, planted  # noqa: E402

CODE = Code.of_tree(ROOT)

TABLE = "src/a/table.c", """\
#include "a.h"
#define BRACE {

struct pair { int a, b; };
static int parse(int a);

/* parse(a) { comments, "strings" and '{' count for nothing } */
static int parse(int a)
{
	if (a == '{') /* why */
		return sum(a,
		           1, "}");
	return a + 1;
}

const int numbers[] = { 1, 2, 3 };

struct pair *make_pair(struct arena *arena,
                       int a) __attribute__((nonnull));
struct pair *make_pair(struct arena *arena,
                       int a)
{
	return new_pair(arena, a, sum(1, 2));
}
"""
SMALL = Code(dict([TABLE, ("src/b/reader.c", "static int parse(int b)\n{\n\treturn b;\n}\n")]))


def plant(body, code=SMALL):
    [mutant] = mutants(f"# kind\n\nx: breaks\n{body}\n")
    return planted(mutant, code)


def body_of(key, code=SMALL):
    return code.text(code.find(key))


def test_there_are_enough():
    assert len(mutants()) >= 120


def numbers_by_kind(page):
    """{kind: (noticed, of)} as the table of docs/testing.md has them."""
    (table,) = report.TABLE.finditer(page)
    return {kind: (int(noticed), int(of)) for kind, noticed, of in re.findall(r"^\| ([^|]+) \| (\d+) of (\d+) \|", table[0], re.M)}


def test_the_page_has_each_planted_bug_as_noticed():
    """Fix: `tests/mutants/run.py --only NAME` says which test notices a new bug: count it in its row and in the last. `run.py --write` plants all and writes the table."""
    expected = collections.Counter([m.kind for m in mutants()] + ["all"] * len(mutants()))
    assert numbers_by_kind((ROOT / "docs/testing.md").read_text()) == {kind: (n, n) for kind, n in expected.items()}


def test_the_page_is_written_from_results():
    first, *others = mutants()
    results = [types.SimpleNamespace(mutant=m, killer=None if m is first else "evaluator") for m in [first, *others]]
    page = report.page((ROOT / "docs/testing.md").read_text(), results)
    found = numbers_by_kind(page)
    assert found["all"] == (len(others), len(others) + 1) and found[first.kind][0] == found[first.kind][1] - 1
    outside = report.TABLE.sub("", page)
    assert outside == report.TABLE.sub("", (ROOT / "docs/testing.md").read_text())


@pytest.mark.parametrize("mutant", mutants(), ids=lambda m: m.name)
def test_fits_the_code_and_compiles(mutant):
    texts = planted(mutant, CODE)
    assert texts and all(text != CODE.texts[path] for path, text in texts.items())
    assert not compile_errors(ROOT, texts)


def test_finds_what_does_not_compile():
    file = "src/resolve/scans.c"
    assert not compile_errors(ROOT, {file: CODE.texts[file]})
    assert f"{file}:" in compile_errors(ROOT, {file: CODE.texts[file].replace("return", "retrun", 1)})


def test_finds_functions_and_variables_by_name():
    assert body_of("make_pair").startswith("struct pair *make_pair(struct arena *arena,\n")
    assert body_of("make_pair").endswith("sum(1, 2));\n}")
    assert body_of("numbers") == "const int numbers[] = { 1, 2, 3 }"


def test_finds_a_name_of_two_files_by_room_and_by_stem():
    assert body_of("a/parse") == body_of("a/table/parse")
    assert body_of("b/parse") == SMALL.texts["src/b/reader.c"].strip()


@pytest.mark.parametrize("key, reason", [("parse", "defined 2 times (src/a/table.c, src/b/reader.c)"), ("sum", "defined 0 times"), ("b/make_pair", "defined 0 times"),
                                         ("a/tab/parse", "defined 0 times"), ("pair", "defined 0 times")])
def test_refuses_a_name_that_is_not_defined_once(key, reason):
    with pytest.raises(Unfit, match=re.escape(reason)):
        SMALL.find(key)


def test_finds_every_function_of_the_code():
    """Counted another way: `}` alone on a line ends a function, unless it ends a type, which a semicolon follows."""
    found = [d for same_name in CODE.by_name.values() for d in same_name]
    for file, text in CODE.texts.items():
        functions = [d for d in found if d.file == file and text[d.end - 2:d.end + 1] == "\n}\n"]
        assert len(functions) == len(re.findall(r"^}$", text, re.M)), file


@pytest.mark.parametrize("old", ["a + 1", "a+1", "a +\n- 1", "return sum(a, 1, \"}\");", "if (a == '{') return", "return sum(...); return", "sum(..., 1, ...)"])
def test_layout_and_comments_count_for_nothing(old):
    assert list(plant(f"@ a/parse\n- {old}\n+ 5")) == ["src/a/table.c"]


def test_changes_the_tokens_of_one_function_only():
    assert plant("@ a/parse\n- return a + 1;\n+ return a;") == {TABLE[0]: TABLE[1].replace("return a + 1;", "return a;")}


def test_removes_tokens_without_a_new_line():
    assert plant("@ numbers\n- 2,") == {TABLE[0]: TABLE[1].replace("1, 2,", "1, ")}


def test_anything_stays_inside_its_brackets_and_is_written_again():
    texts = plant("@ make_pair\n- new_pair(arena, ...)\n+ old_pair(..., arena)")
    assert "return old_pair(a, sum(1, 2), arena);" in texts[TABLE[0]]
    with pytest.raises(Unfit, match="0 times"):
        plant("@ make_pair\n- sum(...));\n- ...;\n+ 0")


def test_makes_several_changes_in_one_file():
    texts = plant("@ a/parse\n- a + 1\n+ a + 11111\n@ make_pair\n- sum(1, 2)\n+ 3\n@ a/parse\n- 11111\n+ 2")
    assert texts == {TABLE[0]: TABLE[1].replace("a + 1", "a + 2").replace("sum(1, 2)", "3")}


@pytest.mark.parametrize("block, reason", [
    ("x: breaks\n@ a/parse\n- a\n+ b", "stand 4 times in a/parse"),
    ("x: breaks\n@ a/parse\n- a + 2\n+ b", "stand 0 times in a/parse"),
    ("x: breaks\n@ sum\n- a + 2\n+ b", "sum is defined 0 times"),
    ("x: breaks\n@ numbers\n- 2\n+ 2", "changes nothing in numbers"),
    ("x: breaks\n@ numbers\n- 2\n+ 2 /* why */", "changes nothing in numbers"),
    ("x: breaks\n@ numbers\n+ 2", "changes nothing in numbers"),
    ("x: breaks\n@ numbers\n- 2\n+ ...", "has more `...`"),
    ("x: breaks", "changes nothing"), ("x\n@ numbers\n- 1", "does not say what it breaks"), ("x: breaks\n@ numbers\n! 1", "a line of no known form"),
    ("x: breaks\n- 1\n@ numbers", "a line of no known form"), ("x: breaks\n@ numbers\n- 1\n\nx: breaks\n@ numbers\n- 2", "the same name"),
])
def test_refuses(block, reason):
    with pytest.raises(Unfit, match=re.escape(reason)):
        for mutant in mutants(f"# kind\n\n{block}\n"):
            planted(mutant, SMALL)


def test_shows_the_present_text_of_a_function_that_does_not_fit():
    with pytest.raises(Unfit, match="return b;"):
        plant("@ b/parse\n- return a;")


def test_shows_where_the_tokens_of_a_renamed_function_stand():
    with pytest.raises(Unfit, match="its tokens stand in src/a/table.c: make_pair"):
        plant("@ pair_of\n- new_pair(...)")
