"""What is built is what an author of another program needs: exported names, a header that stands alone, an installed prefix that works,
shared and static."""
import json
import os
import pathlib
import re
import shlex
import shutil
import sqlite3
import subprocess

import pytest

pytestmark = pytest.mark.xdist_group("products")  # one build at a time
ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
STATIC = ROOT / "build-static"
PROGRAM = '#include <stdio.h>\n#include <multidb.h>\nint main(void) { multidb_query_free(0); return puts(multidb_version()) < 0; }\n'

ITEMS = {"databases": [{"id": "lite", "engine": "sqlite", "connection": {"url": "sqlite:items.db"}}], "roles": [{"id": "admin", "tables": "*"}],
         "tables": [{"id": "items", "apiName": "items", "database": "lite", "physicalName": "items", "primaryKey": ["id"], "relations": [],
                     "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]}]}


def run(*args, **kw):
    done = subprocess.run([str(a) for a in args], text=True, capture_output=True, **kw)
    assert done.returncode == 0, f"{args}\n{done.stdout}{done.stderr}"
    return done.stdout


def declared():
    text = (ROOT / "include/multidb.h").read_text()
    return set(re.findall(r"^MULTIDB_API [^;]*?\b(multidb_\w+)\(", text, re.M))


def test_exports_are_exactly_the_header():
    """Each name with the version that it appeared in."""
    lines = run("nm", "-D", "--defined-only", BUILD / "libmultidb.so").split("\n")
    exported = {line.split()[-1] for line in lines if " T " in line}
    assert exported == {f"{name}@@MULTIDB_1.0" for name in declared()}


def test_version_has_one_source():
    text = (ROOT / "include/multidb.h").read_text()
    major, minor, patch = re.search(r'^#define MULTIDB_VERSION "(\d+)\.(\d+)\.(\d+)"$', text, re.M).groups()
    for part, value in (("VERSION_MAJOR", major), ("VERSION_MINOR", minor), ("VERSION_PATCH", patch), ("ABI_VERSION", major)):
        assert re.search(rf"^#define MULTIDB_{part} {value}$", text, re.M), part
    assert run(BUILD / "multidb", "--version").split()[-1] == f"{major}.{minor}.{patch}"


@pytest.mark.parametrize("compiler, form", [("gcc", "c11"), ("clang", "c11"), ("gcc", "c2x"), ("g++", "c++11"), ("clang++", "c++17")])
def test_header_stands_alone(compiler, form):
    language = "c++" if "++" in compiler else "c"
    run(compiler, f"-std={form}", "-x", language, "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic", "-fsyntax-only",
        "-I", ROOT / "include", ROOT / "include/multidb.h")


def install(build, dest):
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet", env={**os.environ, "DESTDIR": str(dest)})
    (pc,) = dest.rglob("multidb.pc")
    return dest, pc


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    return install(BUILD, tmp_path_factory.mktemp("dest"))


@pytest.fixture(scope="module")
def static_build():
    """Everything that a bare ninja builds."""
    if not (STATIC / "build.ninja").exists():
        run("meson", "setup", STATIC, "--default-library=static", "--buildtype=plain", cwd=ROOT, env={**os.environ, "CC": "gcc"})
    run("ninja", "-C", STATIC, "--quiet")
    return STATIC


@pytest.fixture(scope="module")
def static_prefix(static_build, tmp_path_factory):
    return install(static_build, tmp_path_factory.mktemp("static"))


def pkg_config(dest, pc, *words):
    env = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent), "PKG_CONFIG_SYSROOT_DIR": str(dest), "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1"}
    return run("pkg-config", *words, "multidb", env=env).split()


def test_installed_prefix_compiles_and_runs(prefix, tmp_path):
    dest, pc = prefix
    source = tmp_path / "program.c"
    source.write_text(PROGRAM)
    run("gcc", source, "-o", tmp_path / "program", *pkg_config(dest, pc, "--cflags", "--libs"))
    (library,) = [p for p in dest.rglob("libmultidb.so") if p.is_symlink() or p.is_file()]
    version = run(tmp_path / "program", env={**os.environ, "LD_LIBRARY_PATH": str(library.parent)}).strip()
    assert [version] == pkg_config(dest, pc, "--modversion")


def test_licence_and_notices_are_installed(prefix):
    """Where Debian looks for the documents of a package."""
    dest, _ = prefix
    for name in ("LICENSE", "THIRD-PARTY.md"):
        (installed,) = dest.rglob(f"share/doc/multidb/{name}")
        assert installed.read_text() == (ROOT / name).read_text()


@pytest.mark.parametrize("words", [["--static", "--cflags", "--libs"], ["--cflags", "--libs"]], ids=" ".join)
def test_static_library_links_into_a_program_that_asks(static_prefix, tmp_path, words):
    dest, pc = static_prefix
    assert not list(dest.rglob("libmultidb.so*"))
    run("gcc", ROOT / "tests/house/asks.c", "-o", tmp_path / "asks", *pkg_config(dest, pc, *words))
    assert "multidb" not in run("readelf", "-d", tmp_path / "asks")
    db = sqlite3.connect(tmp_path / "items.db")
    db.executescript("CREATE TABLE items (id integer PRIMARY KEY); INSERT INTO items VALUES (1), (2);")
    db.close()
    (tmp_path / "multidb.json").write_text(json.dumps(ITEMS))
    assert run(tmp_path / "asks", tmp_path / "multidb.json") == '{"id":1}\n{"id":2}\n'


@pytest.mark.parametrize("kind", ["prefix", "static_prefix"])
def test_installed_program_starts(kind, request):
    """Where it was moved to, too, and with nothing said about where its library is."""
    dest, _ = request.getfixturevalue(kind)
    (program,) = dest.rglob("bin/multidb")
    text = run(program, "--version", env={k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"})
    assert re.search(r"\b\d+\.\d+\.\d+\b", text)


def test_a_bare_ninja_builds_no_tests_and_meson_test_does(static_build):
    targets = json.loads(run("meson", "introspect", "--targets", static_build))
    tests = [t for t in targets if pathlib.Path(t["defined_in"]).is_relative_to(ROOT / "tests")]
    assert len(tests) > 20 and not [t["name"] for t in tests if t["build_by_default"]]
    assert not [p for p in run("ninja", "-C", static_build, "-t", "inputs", "all").split() if p.startswith("tests/")]
    program = static_build / "tests/unit/base/test_base_arena"
    program.unlink(missing_ok=True)
    run("ninja", "-C", static_build, "--quiet")
    assert not program.exists()
    run("meson", "test", "-C", static_build, "base/arena")
    assert program.exists()


def test_product_names_no_folder_of_the_build_machine():
    dynamic = run("readelf", "-d", BUILD / "libmultidb.so")
    assert "libmultidb.so.1" in dynamic and "RUNPATH" not in dynamic and "RPATH" not in dynamic


def test_setup_again_is_quick_and_changes_nothing():
    before = {name: (BUILD / name).stat().st_mtime_ns for name in ("multidb", "libmultidb.so")}
    text = run(ROOT / "setup", "--tests", cwd=ROOT)
    assert "installing" not in text and "downloaded" not in text
    assert before == {name: (BUILD / name).stat().st_mtime_ns for name in before}


def fetch_yyjson(folder, installed):
    """setup's function with a cargo in front that has no toolchain; `installed` is what Debian's package puts there."""
    (folder / "bin").mkdir()
    rustup = folder / "bin/cargo"
    rustup.write_text("#!/bin/sh\necho 'error: rustup could not choose a version of cargo to run' >&2\nexit 1\n")
    rustup.chmod(0o755)
    for tool in ("bash", "sh", "cat", "chmod", "cp", "date", "dirname", "mkdir", "mktemp", "rm"):
        (folder / "bin" / tool).symlink_to(shutil.which(tool))
    script = f"""set --; source '{ROOT}/setup'; cd '{folder}'; debian_cargo='{folder}/cargo'
install_cargo() {{ {f"printf '%s' {shlex.quote(installed)} >cargo; chmod 755 cargo" if installed else "return 1"}; }}
fetch_yyjson"""
    return subprocess.run([folder / "bin/bash", "-c", script], text=True, capture_output=True, env={**os.environ, "PATH": f"{folder}/bin"})


def test_setup_passes_over_a_cargo_without_toolchain(tmp_path):
    done = fetch_yyjson(tmp_path, '''#!/bin/sh
[ "$1" = vendor ] || exit 0
mkdir -p vendor/yyjson-sys/yyjson/src && echo source >vendor/yyjson-sys/yyjson/src/yyjson.c && cp vendor/yyjson-sys/yyjson/src/yyjson.[c] vendor/yyjson-sys/yyjson/src/yyjson.h
''')
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "subprojects/yyjson/src/yyjson.c").read_text() == "source\n"


def test_setup_says_in_one_line_what_to_do_without_a_cargo(tmp_path):
    done = fetch_yyjson(tmp_path, None)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "rustup default stable" in done.stderr, done.stderr


def test_generated_pages_are_current():
    """docs/errors.md and docs/operators.md come from the lists in the code. Fix: run tools/make-docs."""
    done = subprocess.run([ROOT / "tools/make-docs", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
