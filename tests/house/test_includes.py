"""tools/check-includes passes on the tree, and fails on every kind of breach that it is there for."""
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
    "program below the public header": ("src/cli/x.c", '#include "planner/plan.h"\n', "cli may not include"),
    "public header below the engine": ("src/planner/x.c", "#include <multidb.h>\n", "public header"),
    "unknown room": ("src/attic/x.c", "int x;\n", "unknown room attic"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_finds_planted(name, tmp_path):
    path, text, expected = PLANTED[name]
    shutil.copytree(ROOT / "src", tmp_path / "src")
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(text)
    status, output = check(tmp_path)
    assert status == 1 and path in output and expected in output and "mend:" in output, output
