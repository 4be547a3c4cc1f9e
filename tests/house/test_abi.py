"""tools/abi fails on each change that would break a compiled program, and prints what was added. Tried on copies of the header and of the
engine room alone: its functions are all that the library exports."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASELINE = ROOT / "tests/abi/multidb-1.xml"

ADDED = "MULTIDB_API int multidb_new_call(const multidb_engine *engine);\n\n/* ---- query: "
NEW_CALL = "int multidb_new_call(const multidb_engine *engine)\n{\n\treturn engine != NULL;\n}\n"

# name: edits of a copy, each (file, old text, new text)
BREAKING = {
    "a function is removed": [("src/multidb.map", "\t\tmultidb_result_rows;\n", "")],
    "a parameter has another type": [("include/multidb.h", "unsigned threads", "unsigned long threads"),
                                     ("src/engine/loop.c", "unsigned threads", "unsigned long threads")],
    "an enumerator has another number": [("include/multidb.h", "MULTIDB_FAILED = 2 ", "MULTIDB_FAILED = 3 ")],
    "an enumerator is removed": [("include/multidb.h", "MULTIDB_CSV = 3 ", "MULTIDB_TSV = 3 "),
                                 ("src/engine/misuse.c", "MULTIDB_CSV", "MULTIDB_TSV"), ("src/engine/run.c", "MULTIDB_CSV", "MULTIDB_TSV")],
    "a member of a struct has another type": [("include/multidb.h", "\tsize_t n;\n} multidb_cell;", "\tunsigned n;\n} multidb_cell;")],
    "a member is put between others": [("include/multidb.h", "\tint offline;\n", "\tint offline;\n\tlong more;\n")],
    "a member is removed": [("include/multidb.h", "\tint lasting_cursors;\n", ""),
                            ("src/engine/engine.c", "o.lasting_cursors", "0")],
    "a function returns another type": [("include/multidb.h", "MULTIDB_API int64_t multidb_result_rows(", "MULTIDB_API int multidb_result_rows("),
                                        ("src/engine/accessors.c", "int64_t multidb_result_rows(", "int multidb_result_rows(")],
}
ADDITIONS = {
    "multidb_new_call": [("src/multidb.map", "\t\tmultidb_version;\n", "\t\tmultidb_version;\n\t\tmultidb_new_call;\n"),
                         ("include/multidb.h", "/* ---- query: ", ADDED), ("src/engine/engine.c", "void multidb_text_free(", NEW_CALL + "\nvoid multidb_text_free(")],
    "MULTIDB_TABLES": [("include/multidb.h", "MULTIDB_CSV = 3 ", "MULTIDB_TABLES = 4, MULTIDB_CSV = 3 ")],
}


def compare(folder, edits):
    """What tools/abi says about a copy with these edits."""
    for name in ("include", "src"):
        shutil.copytree(ROOT / name, folder / name)
    for name, old, new in edits:
        text = (folder / name).read_text()
        assert old in text, f"{name} has no {old!r}: write this test's edit again"
        (folder / name).write_text(text.replace(old, new))
    library = folder / "libmultidb.so"
    command = ["gcc", "-shared", "-fPIC", "-g", "-std=c11", "-D_GNU_SOURCE", "-fvisibility=hidden", "-Isrc", "-Iinclude",
               *sorted(str(p) for p in (folder / "src/engine").glob("*.c")), "-Wl,-soname,libmultidb.so.1",
               "-Wl,--version-script=src/multidb.map", "-o", library]
    built = subprocess.run(command, cwd=folder, text=True, capture_output=True)
    assert built.returncode == 0, built.stderr
    return subprocess.run([ROOT / "tools/abi", "--library", library, "--headers", folder / "include"], text=True, capture_output=True)


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_that_breaks_programs_is_found(name, tmp_path):
    done = compare(tmp_path, BREAKING[name])
    assert done.returncode == 1 and "would break" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", ADDITIONS)
def test_an_addition_is_printed(name, tmp_path):
    done = compare(tmp_path, ADDITIONS[name])
    assert done.returncode == 0 and "only additions" in done.stdout and name in done.stdout, done.stdout + done.stderr


def test_no_removal_hides_behind_the_comparison(tmp_path):
    """The copy without an edit is the baseline, or adds to it."""
    done = compare(tmp_path, [])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_baseline_names_no_folder_and_no_private_type():
    text = BASELINE.read_text()
    assert not [word for word in ("filepath=", "comp-dir-path=", "/usr", "/home", "/root", str(ROOT)) if word in text]
    assert "name='md_" not in text and "soname='libmultidb.so.1'" in text
