"""Whether a planted bug compiles: the compiler looks at its files, without a build.

    compile_errors(root, {file: text}) -> the compiler's errors as text, "" for none
"""
import functools
import pathlib
import subprocess
import tempfile

LIBRARIES = ["libpq", "libcurl", "hiredis", "sqlite3"]


@functools.cache
def library_options():
    """Most of them lie in the compiler's own folders."""
    done = [subprocess.run(["pkg-config", "--cflags", name], text=True, capture_output=True) for name in LIBRARIES]
    return [option for one in done for option in one.stdout.split()]


def compile_errors(root, texts):
    return "".join(errors_in(root, file, text) for file, text in texts.items())


def errors_in(root, file, text):
    include = [f"-I{root / folder}" for folder in ("src", "include", "subprojects/yyjson/src")]
    with tempfile.TemporaryDirectory(prefix="mdb-mutants-") as folder:
        path = pathlib.Path(folder) / pathlib.Path(file).name
        path.write_text(text)
        words = ["gcc", "-std=c11", "-D_GNU_SOURCE", "-w", "-fsyntax-only", *include, "-iquote", (root / file).parent, *library_options(), path]
        return subprocess.run(words, text=True, capture_output=True).stderr.replace(str(path), file)
