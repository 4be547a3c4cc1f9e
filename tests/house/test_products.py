"""What is built is what an author of another program needs: exported names, a header that stands alone, an installed prefix that works."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
PROGRAM = '#include <stdio.h>\n#include <multidb.h>\nint main(void) { multidb_query_free(0); return puts(multidb_version()) < 0; }\n'


def run(*args, **kw):
    done = subprocess.run([str(a) for a in args], text=True, capture_output=True, **kw)
    assert done.returncode == 0, f"{args}\n{done.stdout}{done.stderr}"
    return done.stdout


def declared():
    text = (ROOT / "include/multidb.h").read_text()
    return set(re.findall(r"^MULTIDB_API [^;]*?\b(multidb_\w+)\(", text, re.M))


def test_exports_are_exactly_the_header():
    lines = run("nm", "-D", "--defined-only", BUILD / "libmultidb.so").split("\n")
    exported = {line.split()[-1] for line in lines if line.strip()}
    assert exported == declared()


@pytest.mark.parametrize("compiler, form", [("gcc", "c11"), ("clang", "c11"), ("gcc", "c2x"), ("g++", "c++11"), ("clang++", "c++17")])
def test_header_stands_alone(compiler, form):
    language = "c++" if "++" in compiler else "c"
    run(compiler, f"-std={form}", "-x", language, "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic", "-fsyntax-only",
        ROOT / "include/multidb.h")


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    dest = tmp_path_factory.mktemp("dest")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", env={**os.environ, "DESTDIR": str(dest)})
    (pc,) = dest.rglob("multidb.pc")
    return dest, pc


def test_installed_prefix_compiles_and_runs(prefix, tmp_path):
    dest, pc = prefix
    source = tmp_path / "program.c"
    source.write_text(PROGRAM)
    env = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent), "PKG_CONFIG_SYSROOT_DIR": str(dest), "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1"}
    flags = run("pkg-config", "--cflags", "--libs", "multidb", env=env).split()
    run("gcc", source, "-o", tmp_path / "program", *flags)
    (library,) = [p for p in dest.rglob("libmultidb.so") if p.is_symlink() or p.is_file()]
    version = run(tmp_path / "program", env={**os.environ, "LD_LIBRARY_PATH": str(library.parent)}).strip()
    assert version == run("pkg-config", "--modversion", "multidb", env=env).strip()


def test_installed_program_runs(prefix):
    dest, _ = prefix
    (program,) = dest.rglob("bin/multidb")
    (library,) = dest.rglob("libmultidb.so")
    text = run(program, "--version", env={**os.environ, "LD_LIBRARY_PATH": str(library.parent)})
    assert re.search(r"\b\d+\.\d+\.\d+\b", text)


def test_product_names_no_folder_of_the_build_machine():
    dynamic = run("readelf", "-d", BUILD / "libmultidb.so")
    assert "libmultidb.so.0" in dynamic and "RUNPATH" not in dynamic and "RPATH" not in dynamic


def test_setup_again_is_quick_and_changes_nothing():
    before = {name: (BUILD / name).stat().st_mtime_ns for name in ("multidb", "libmultidb.so")}
    text = run(ROOT / "setup", "--tests", cwd=ROOT)
    assert "installing" not in text and "downloaded" not in text
    assert before == {name: (BUILD / name).stat().st_mtime_ns for name in before}



def test_generated_pages_are_current():
    """docs/errors.md and docs/operators.md come from the lists in the code. Fix: run tools/make-docs."""
    done = subprocess.run([ROOT / "tools/make-docs", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
