"""tools/check-words passes on the tree, and fails on every kind of breach that it is there for."""
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/check-words"
IDENTITY = ["-c", "user.name=multidb", "-c", "user.email=multidb@example.org", "-c", "commit.gpgsign=false"]


def load():
    loader = importlib.machinery.SourceFileLoader("check_words", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_words", loader))
    loader.exec_module(module)
    return module


def git(root, *arguments):
    return subprocess.run(["git", "-C", str(root), *IDENTITY, *arguments], check=True, text=True, capture_output=True).stdout.strip()


def check(root, *options):
    done = subprocess.run([sys.executable, TOOL, "--root", root, *options], text=True, capture_output=True)
    return done.returncode, done.stdout


@pytest.fixture
def tree(tmp_path):
    """A checkout with the word list, one source and one commit."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/words.txt").write_bytes((ROOT / "tools/words.txt").read_bytes())
    write(tmp_path, "src/base/a.c", "int a;\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "base: start")
    return tmp_path


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_tree_is_clean():
    status, text = check(ROOT)
    assert status == 0, text


TAB = "\t"
LONG = "x" * 101
PLANTED = {
    "a line of code": ("src/base/x.c", "int x = " + "1" * 113 + ";\n", "src/base/x.c:1: a line of 122 columns"),
    "a tab is eight columns": ("src/base/x.c", "\n" + TAB + "x(" + "1" * 110 + ");\n", "src/base/x.c:2: a line of 122 columns"),
    "a line of a test": ("tests/unit/base/x.h", "int x = " + "1" * 113 + ";\n", "a line of 122 columns"),
    "a line of a table": ("src/base/x.def", "X(" + "1" * 120 + ")\n", "a line of 123 columns"),
    "a comment": ("src/base/x.c", f"/* {LONG} */\n", "a comment of 107 columns"),
    "a comment's second line": ("src/base/x.c", f"/* x\n * {LONG}\n */\n", "src/base/x.c:2: a comment of 104 columns"),
    "Markdown": ("docs/x.md", f"{LONG}\n", "docs/x.md:1: a line of 101 columns"),
    "Markdown around a link": ("docs/x.md", f"{LONG} [x](http://example.org)\n", "a line of"),
    "a word": ("src/base/x.c", "/* memory " "is out */\n", "hint: write \"out of memory\""),
    "a word with a capital": ("docs/x.md", "Nobody " "waits.\n", "'Nobody'"),
    "a word in a test": ("tests/unit/cache/x.c", "/* a flight" " */\n", "'flight'"),
    "a word in a script": ("check", "# to mend" " it: nothing\n", "check:1: "),
    "a pronoun for the caller": ("src/base/x.c", "/* what he" " asked */\n", "'he'"),
    "a document elsewhere": ("src/base/x.h", "/* (spec" " 3) */\n", "a page of docs/"),
    "a rule of a document elsewhere": ("src/base/x.h", "/* Concept" " rule 5 */\n", "a page of docs/"),
    "a file that is not there": ("src/base/x.c", "/* x\n * as in base/gone.c */\n", "src/base/x.c:2: 'base/gone.c' is not there"),
    "a document that is not there": ("tests/x.py", '"""Says gone.md."""\n', "'gone.md' is not there"),
    "a link that leads nowhere": ("docs/x.md", "[x](gone/x.txt)\n", "the link 'gone/x.txt' leads nowhere"),
    "a strategy's number": ("src/planner/x.c", "/* P1" ", direct */\n", "the strategy's name"),
}
SOUND = {
    "a line of 120": ("src/base/x.c", "int x = " + "1" * 111 + ";\n"),
    "a comment of 100": ("src/base/x.c", "/* " + "x" * 94 + " */\n"),
    "code with a comment behind it": ("src/base/x.c", "int xxxxxxxxxxxxxxxx; /* " + "x" * 80 + " */\n"),
    "characters, not bytes": ("src/base/x.c", "/* " + "ä" * 94 + " */\n"),
    "a table": ("docs/x.md", f"| {LONG} |\n"),
    "code in Markdown": ("docs/x.md", f"    {LONG}\n\n```\n{LONG}\n```\n"),
    "a link": ("docs/x.md", "[" + "x" * 90 + "](http://" + "y" * 90 + ")\n"),
    "a golden case": ("tests/golden/access/x.case", f"{LONG}{LONG}\n"),
    "single flight": ("src/cache/x.c", "/* single flight, requests in flight */\n"),
    "a file that is there": ("src/base/x.c", "/* a.c, base/a.c, src/base/a.c; sqlite3.h is a library's */\n"),
    "a file named in code": ("src/base/x.c", 'const char *x = "gone.c";\n'),
    "a word elsewhere": ("tests/e2e/x.py", "# P0" ", P1\n"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_finds_planted(name, tree):
    path, text, expected = PLANTED[name]
    write(tree, path, text)
    status, output = check(tree)
    assert status == 1 and f"{path}:" in output and expected in output and "hint:" in output, output


@pytest.mark.parametrize("name", SOUND)
def test_leaves_sound_text_alone(name, tree):
    write(tree, *SOUND[name])
    status, output = check(tree, "--since", "HEAD")
    assert status == 0, output


def test_every_word_has_a_replacement():
    rules = load().forbidden(ROOT)
    assert len(rules) > 20 and all(instead for _, instead, _ in rules)


def test_refuses_a_word_without_a_replacement(tree):
    write(tree, "tools/words.txt", "\\bfoo\\b\n")
    done = subprocess.run([sys.executable, TOOL, "--root", tree], text=True, capture_output=True)
    assert done.returncode == 1 and "words.txt:1: expected pattern TAB replacement" in done.stderr


@pytest.mark.parametrize("files, fails", [(2, False), (3, True)])
def test_one_word_names_stand_in_at_most_two_files(files, fails, tree):
    for i in range(files):
        write(tree, f"src/base/x{i}.c", "int x;\n\nstatic const struct md_str *find(int a)\n{\n}\n")
    status, output = check(tree, "--since", "HEAD")
    assert (status == 1) == fails and (f"src/base/x2.c:3: static find() stands in {files} files" in output) == fails, output


@pytest.mark.parametrize("subject, problem", [
    ("base: keep names in a map", None),
    ("base, tests: refuse an empty name", None),
    ("keep names in a map", "not of the form"),
    ("Base: keep names in a map", "is no room"),
    ("attic: keep names in a map", "is no room"),
    ("base: names are kept in a map", None),  # not seen: a noun may be a verb
    ("base: the names are kept in a map", "no imperative"),
    ("base: kept and sorted names", None),
    ("base: renamed the map", "no imperative"),
    ("base: sorting names", "no imperative"),
    ("base: Keep names", "no imperative"),
    ("base: embed the names", None),
    ("base: keep names; sort them", "a semicolon"),
    ("base: " + "k" * 65, None),
    ("base: " + "k" * 66, "72 characters"),
])
def test_subjects(subject, problem):
    found = load().wrong_subject(subject, {"base", "tests"})
    assert found is None if problem is None else problem in found


def commit(root, message):
    write(root, "src/base/a.c", message)
    git(root, "commit", "-q", "-a", "-m", message)


def test_commits_are_checked_from_the_given_one_on(tree):
    commit(tree, "An old subject; without a room")
    since = git(tree, "rev-parse", "HEAD")
    assert check(tree, "--since", since)[0] == 0
    commit(tree, "base: keep a name\n\nIt was lost.")
    assert check(tree, "--since", since)[0] == 0
    commit(tree, "base: keep two names")
    status, output = check(tree, "--since", since)
    assert status == 1 and "no body" in output and "old subject" not in output, output


def test_merges_are_left_out(tree):
    since = git(tree, "rev-parse", "HEAD")
    git(tree, "checkout", "-q", "-b", "other")
    commit(tree, "base: keep a name\n\nIt was lost.")
    git(tree, "checkout", "-q", "main")
    git(tree, "merge", "-q", "--no-ff", "-m", "Merge branch other", "other")
    status, output = check(tree, "--since", since)
    assert status == 0, output


def test_says_when_history_is_too_short(tree):
    status, output = check(tree, "--since", "0123456789abcdef")
    assert status == 0 and "does not reach back" in output, output
