"""The library as an author of another program finds it: an installed prefix, pkg-config, the example at the head of multidb.h, the programs in
examples/embedding, and what docs/embedding.md promises of processes."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import textwrap

import pytest

from test_products import BUILD, ROOT, install, pkg_config

pytestmark = pytest.mark.xdist_group("products")  # with test_products.py: one build at a time
EXAMPLES = ROOT / "examples/embedding"
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
LARGE = """id=0d000000-0000-4000-8000-000000000008 total=99999999999999.99
id=0d000000-0000-4000-8000-000000000005 total=12999
id=0d000000-0000-4000-8000-000000000002 total=249.95
id=0d000000-0000-4000-8000-000000000010 total=129.99
"""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    return install(BUILD, tmp_path_factory.mktemp("embedding"))


@pytest.fixture(scope="module")
def environment(prefix):
    """What an author's shell has set: where the library and the program are."""
    dest, _ = prefix
    (library,) = [p for p in dest.rglob("libmultidb.so.1") if p.is_symlink() or p.is_file()]
    (program,) = dest.rglob("bin/multidb")
    return {**os.environ, "LD_LIBRARY_PATH": str(library.parent), "PATH": f"{program.parent}:{os.environ['PATH']}", "MULTIDB_LIBRARY": str(library)}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample configuration with its rows."""
    folder = tmp_path_factory.mktemp("sample")
    done = subprocess.run([BUILD / "multidb", "demo", "--dir", folder], text=True, capture_output=True)
    assert (folder / "multidb.json").exists(), done.stdout + done.stderr
    return folder


def compiled(prefix, compiler, source, program, *options):
    dest, pc = prefix
    command = [compiler, *STRICT, *options, str(source), "-o", str(program), *pkg_config(dest, pc, "--cflags", "--libs")]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return program


def output(command, environment, status=0, cwd=None):
    done = subprocess.run([str(word) for word in command], env=environment, text=True, capture_output=True, cwd=cwd, timeout=60)
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout if status == 0 else done.stderr


def head_example():
    head = (ROOT / "include/multidb.h").read_text().split("#ifndef MULTIDB_H")[0]
    lines = [line[3:] for line in head.split("\n") if line.startswith(" *     ") or line == " *"]
    code = textwrap.dedent("\n".join(line for line in lines))
    return code[code.index("#include <multidb.h>"):code.rindex("}") + 1] + "\n"


@pytest.mark.parametrize("compiler, form", [("gcc", "-std=c11"), ("clang", "-std=c11"), ("gcc", "-std=c17")])
def test_the_example_of_the_header_is_a_whole_program(prefix, environment, sample, tmp_path, compiler, form):
    (tmp_path / "example.c").write_text(head_example())
    program = compiled(prefix, compiler, tmp_path / "example.c", tmp_path / "example", form)
    rows = output([program], environment, cwd=sample)
    assert rows.count("\n") == 12 and '"id":"0d000000-0000-4000-8000-000000000001"' in rows
    assert "METADATA_LOAD_FAILED" in subprocess.run([program], env=environment, cwd=tmp_path, text=True, capture_output=True).stdout


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_example_in_c(prefix, environment, sample, tmp_path, compiler):
    program = compiled(prefix, compiler, EXAMPLES / "orders.c", tmp_path / "orders", "-std=c11")
    assert output([program, sample / "multidb.json", "100"], environment) == LARGE
    assert output([program, sample / "multidb.json", "200000000000000"], environment) == ""
    assert "METADATA_LOAD_FAILED" in output([program, tmp_path / "nowhere.json", "100"], environment, status=1)


@pytest.mark.parametrize("compiler, form", [("g++", "c++11"), ("g++", "c++20"), ("clang++", "c++11"), ("clang++", "c++17")])
def test_the_example_in_cpp(prefix, environment, sample, tmp_path, compiler, form):
    program = compiled(prefix, compiler, EXAMPLES / "orders.cpp", tmp_path / "orders", f"-std={form}")
    assert output([program, sample / "multidb.json", "100"], environment) == LARGE
    assert "METADATA_LOAD_FAILED" in output([program, tmp_path / "nowhere.json", "100"], environment, status=1)


def test_the_example_in_python(environment, sample, tmp_path):
    script = [sys.executable, EXAMPLES / "orders.py"]
    assert output([*script, sample / "multidb.json", "100"], environment) == LARGE
    assert "METADATA_LOAD_FAILED" in output([*script, tmp_path / "nowhere.json", "100"], environment, status=1)


def test_the_example_in_shell(environment, sample, tmp_path):
    assert output([EXAMPLES / "orders.sh", sample / "multidb.json", "100"], environment) == LARGE
    assert "METADATA_LOAD_FAILED" in output([EXAMPLES / "orders.sh", tmp_path / "nowhere.json", "100"], environment, status=1)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_example_of_a_loop(prefix, environment, sample, tmp_path, compiler):
    program = compiled(prefix, compiler, EXAMPLES / "loop.c", tmp_path / "loop", "-std=c11", "-D_POSIX_C_SOURCE=200809L")
    text = output([program, sample / "multidb.json", "orders", "users", "nowhere", "events"], environment)
    sizes = {name: int(n) for name, n in re.findall(r"^(\w+): (\d+) bytes$", text, re.M)}
    assert sizes["orders"] > 1000 and sizes["users"] > 100 and sizes["events"] > 100 and sizes["nowhere"] == 0
    assert "nowhere: Validation failed: 1 error" in text


@pytest.mark.parametrize("compiler, form", [("g++", "c++11"), ("clang++", "c++11"), ("g++", "c++20")])
def test_the_cpp_header_stands_alone(prefix, compiler, form):
    dest, _ = prefix
    (header,) = dest.rglob("multidb.hpp")
    done = subprocess.run([compiler, f"-std={form}", "-x", "c++", *STRICT, "-Wconversion", "-fsyntax-only", "-I", header.parent, header],
                          text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


CPP = """
#include <multidb.hpp>
#include <cassert>
#include <cstring>
#include <utility>

int main(int, char **argv)
{
	multidb::engine engine = multidb::engine::open_file(argv[1]);
	multidb::query query(engine), other(engine);
	multidb::engine moved(std::move(engine));
	std::string rows;
	query.prepare(MULTIDB_RUN, R"({"from": "users", "columns": ["id"], "byIds": [2, 1]})", R"({"role": "admin"})");
	query.start(MULTIDB_NDJSON);
	for (multidb::text chunk; query.next(chunk);)
		rows += chunk.str();
	assert(rows == "{\\"id\\":2}\\n{\\"id\\":1}\\n");
	assert(query.columns() == 1 && !std::strcmp(query.column(0), "id"));
	try {
		other.prepare(MULTIDB_RUN, R"({"from": "nowhere"})", R"({"role": "admin"})");
		assert(false);
	} catch (const multidb::error &e) {
		assert(e.code() == MULTIDB_VALIDATION_FAILED && e.status() == 400 && e.json().find("UNKNOWN_TABLE") != std::string::npos);
	}
	try {
		multidb::engine::open_text("{");
		assert(false);
	} catch (const std::exception &e) {
		assert(std::strstr(e.what(), "JSON"));
	}
	try {
		moved.reload_text("{}");
		assert(false);
	} catch (const multidb::error &e) {
		assert(e.code() == MULTIDB_CONFIG_INVALID);
	}
	{ multidb::engine gone(std::move(moved)); }
	try {
		query.prepare(MULTIDB_RUN, "{}"); // the engine is closed, and the handle says so
		assert(false);
	} catch (const multidb::error &e) {
		assert(e.code() == MULTIDB_SHUTTING_DOWN);
	}
	query.cancel();
}
"""


# libp11-kit, which libcurl brings along, makes a locale as it is loaded: with some locales the C library loses memory there.
NOT_OURS = """{
   p11_kit_makes_a_locale
   Memcheck:Leak
   ...
   fun:newlocale
   obj:*/libp11-kit.so*
}
"""


def test_cpp_handles_own_what_they_hold(prefix, environment, sample, tmp_path):
    (tmp_path / "handles.cpp").write_text(CPP)
    program = compiled(prefix, "g++", tmp_path / "handles.cpp", tmp_path / "handles", "-std=c++11", "-g")
    output([program, sample / "multidb.json"], environment)
    if shutil.which("valgrind"):
        (tmp_path / "suppressions").write_text(NOT_OURS)
        output(["valgrind", "--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite", "--error-exitcode=9",
                f"--suppressions={tmp_path}/suppressions", program, sample / "multidb.json"], environment)


def test_the_code_of_the_page_compiles(prefix, tmp_path):
    """docs/embedding.md: its blocks in C, one after another, are one source."""
    blocks = re.findall(r"^```c\n(.*?)^```$", (ROOT / "docs/embedding.md").read_text(), re.M | re.S)
    assert len(blocks) >= 5
    source = tmp_path / "page.c"
    source.write_text("\n".join(blocks))
    dest, pc = prefix
    for compiler in ("gcc", "clang"):
        done = subprocess.run([compiler, "-std=c11", *STRICT, "-Wno-unused-function", "-fsyntax-only", source, *pkg_config(dest, pc, "--cflags")],
                              text=True, capture_output=True)
        assert done.returncode == 0, done.stderr


FORKED = """
import os, sys
sys.path.insert(0, sys.argv[1])
import orders

def ask(engine):
    return [row["id"] for row in engine.rows(orders.DEFINITION, {"least": 100}, {"role": "admin"})]

first = orders.Engine(sys.argv[2]) if sys.argv[3] == "open" else None
before = ask(first) if first else None
children = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        own = orders.Engine(sys.argv[2])
        os._exit(0 if len(ask(own)) == 4 and not own.close() else 1)
    children.append(pid)
assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
assert not first or ask(first) == before
print("ok")
"""


@pytest.mark.parametrize("parent", ["open", "closed"])
def test_processes_open_engines_of_their_own(environment, sample, tmp_path, parent):
    (tmp_path / "forked.py").write_text(FORKED)
    assert output([sys.executable, tmp_path / "forked.py", EXAMPLES, sample / "multidb.json", parent], environment) == "ok\n"
