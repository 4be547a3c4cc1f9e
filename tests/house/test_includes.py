"""tools/check-includes passes on the tree, and fails on every kind of breach that it is there for."""
import importlib.machinery
import importlib.util
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/check-includes"


def check(root):
    done = subprocess.run([sys.executable, TOOL, root], text=True, capture_output=True)
    return done.returncode, done.stdout


def test_tree_is_clean():
    status, text = check(ROOT)
    assert status == 0, text


def load():
    loader = importlib.machinery.SourceFileLoader("check_includes", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_includes", loader))
    loader.exec_module(module)
    return module


PLANTED = {
    "upward": ("src/planner/x.c", '#include "sqlgen/sqlgen.h"\n', "planner may not include sqlgen/sqlgen.h"),
    "stage skips the contract": ("src/validation/x.c", '#include "access/guarded.h"\n', "validation may not include access/guarded.h"),
    "driver sees a stage": ("src/drivers/x.c", '#include "planner/plan.h"\n', "drivers may not include planner/plan.h"),
    "executor sees a stage": ("src/executor/x.c", '#include "sqlgen/sqlgen.h"\n', "executor may not include sqlgen/sqlgen.h"),
    "library in a second room": ("src/engine/x.c", "#include <yyjson.h>\n", "only json may"),
    "client library outside drivers": ("src/executor/x.c", "#include <libpq-fe.h>\n", "only drivers may"),
    "sqlite outside drivers": ("src/cli/x.c", "#include <sqlite3.h>\n", "only drivers may"),
    "unknown library": ("src/base/x.c", "#include <jansson.h>\n", "not a known system header"),
    "relative": ("src/query/x.c", '#include "../base/buf.h"\n', "climbs out"),
    "short path": ("src/query/x.c", '#include "query.h"\n', "not a file under src/"),
    "guarded made elsewhere": ("src/planner/x.c", "struct md_guarded {\n\tint x;\n};\n", "completed outside"),
    "guarded table made elsewhere": ("src/access/x.c", "struct md_guarded_table { int x; };\n", "completed outside"),
    "bound query changed after validation": ("src/resolve/x.c", "struct md_bound;\nvoid md_x(struct md_bound *b);\n", "struct md_bound is not const here"),
    "program below the public header": ("src/cli/x.c", '#include "planner/plan.h"\n', "cli may not include"),
    "program that parses JSON": ("src/cli/x.c", '#include "json/json.h"\n', "which only cli/options.c and cli/expect.h may"),
    "public header below the engine": ("src/planner/x.c", "#include <multidb.h>\n", "public header"),
    "unknown room": ("src/attic/x.c", "int x;\n", "unknown room attic"),
    "driver reaches a plan through a statement": ("src/drivers/x.c", '#include "sqlgen/stmt.h"\n', "drivers may not include planner/plan.h and reaches it through sqlgen/stmt.h"),
    "reached through another header": ("src/cursor/x.h", '#include "access/guarded.h"\n', "reaches it through cursor/x.h"),
    "tag of another file": ("src/base/x.c", "struct md_str {\n\tint n;\n};\n", "struct md_str is defined here"),
    "tag of another kind": ("src/base/x.c", "enum md_str { MD_X_ONE };\n", "enum md_str is defined here and struct md_str in"),
    "enumerator of another file": ("src/json/x.c", "enum { MD_OK = 1,\n\tMD_JSON_NULL };\n", "enumerator MD_JSON_NULL is defined here"),
    "tag of the public header": ("src/json/x.c", "struct multidb_x {\n\tint n;\n};\n", "struct multidb_x is defined here"),
    "tag of a test": ("src/json/x.c", "struct planted_in_tests {\n\tint n;\n};\n", "struct planted_in_tests is defined here"),
    "header without a source": ("src/base/x.h", "int md_x(void);\n", "no source of its stem"),
    "declares what another file defines": ("src/base/buf.h", "struct md_arena;\nvoid *md_alloc(struct md_arena *a, size_t n);\n", "md_alloc is declared here"),
    "declares what no file defines": ("src/base/buf.h", "int md_nowhere(int (*call)(void),\n\tint n);\n", "md_nowhere is declared here"),
    "raw column of a caller": ("src/validation/x.c", "void md_x(void)\n{\n\tmd_raw_planted(1);\n}\n", "md_raw_planted is used here"),
}
# What a second file adds, so that the planted one is a breach
BESIDE = {
    "driver reaches a plan through a statement": ("src/sqlgen/stmt.h", '#include "planner/plan.h"\n'),
    "reached through another header": ("src/cursor/x.c", '#include "cursor/x.h"\n'),
    "tag of the public header": ("include/multidb.h", "struct multidb_x {\n\tint n;\n};\n"),
    "tag of a test": ("tests/unit/x.c", "struct planted_in_tests {\n\tint n;\n};\n"),
}
SOUND = {
    "what a function defines is its own": "void md_x(void)\n{\n\tenum { MD_OK = 1, N = 2 };\n\tstruct md_str { int n; };\n}\n",
    "a tag that is used": "struct md_str md_x(struct md_str s)\n{\n\treturn s;\n}\n",
    "a comment": '/* struct md_str {\n * #include "sqlgen/sqlgen.h" */\nint md_x;\n',
}


@pytest.mark.parametrize("name", PLANTED)
def test_finds_planted(name, tmp_path, monkeypatch):
    path, text, expected = PLANTED[name]
    shutil.copytree(ROOT / "src", tmp_path / "src")
    for file, beside in [(path, text)] + ([BESIDE[name]] if name in BESIDE else []):
        (tmp_path / file).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / file).write_text(beside)
    tool = load()
    monkeypatch.setitem(tool.RAW_COLUMN_MAKERS, "md_raw_planted", ["access/rows.c"])
    found = [f"{name} {problem} {hint}" for name, _, _, problem, hint in tool.breaches(tool.Tree(tmp_path)) if hint]
    where = path.removeprefix("src/")
    assert any(line.startswith(f"{where} ") and expected in line or expected in line and name in BESIDE for line in found), found


@pytest.mark.parametrize("name", SOUND)
def test_leaves_sound_code_alone(name, tmp_path):
    (tmp_path / "src/base").mkdir(parents=True)
    (tmp_path / "src/base/str.h").write_text("struct md_str {\n\tint n;\n};\n")
    (tmp_path / "src/base/str.c").write_text("enum { MD_OK = 1 };\n")
    (tmp_path / "src/base/x.c").write_text(SOUND[name])
    status, output = check(tmp_path)
    assert status == 0, output


def test_reports_file_line_and_hint(tmp_path):
    (tmp_path / "src/planner").mkdir(parents=True)
    (tmp_path / "src/planner/x.c").write_text('int x;\n#include "../base/buf.h"\n')
    status, output = check(tmp_path)
    assert status == 1 and "src/planner/x.c:2: " in output and "hint:" in output, output
