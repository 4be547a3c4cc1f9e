"""The table of planted bugs (tests/mutants) is sound: every bug still fits the code, and it says no when one does not."""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/mutants"))

from table import Rotten, mutants, planted  # noqa: E402

READ = {"src/a.c": "int a;\nint b;\nint b;\n"}


def test_there_are_enough():
    assert len(mutants()) >= 40


@pytest.mark.parametrize("mutant", mutants(), ids=lambda m: m.name)
def test_fits(mutant):
    texts = planted(mutant, lambda path: (ROOT / path).read_text())
    assert all(text != (ROOT / path).read_text() for path, text in texts.items())


def test_plants_where_it_stands_once():
    [mutant] = mutants("# kind\n\nx: breaks\n@ src/a.c\n int a;\n-int b;\n+int c;\n")
    assert planted(mutant, READ.get) == {"src/a.c": "int a;\nint c;\nint b;\n"}


@pytest.mark.parametrize("text", ["x: breaks\n@ src/a.c\n-int b;\n+int c;", "x: breaks\n@ src/a.c\n-nt a;\n+int c;", "x: breaks\n@ src/a.c\n-int d;",
                                  "x: breaks\n@ src/a.c\n int a;", "x: breaks", "x\n@ src/a.c\n-int a;", "x: breaks\n@ src/a.c\n!int a;",
                                  "x: breaks\n@ src/a.c\n-int a;\n\nx: breaks\n@ src/a.c\n-int a;"])
def test_refuses(text):
    with pytest.raises(Rotten):
        for mutant in mutants(f"# kind\n\n{text}\n"):
            planted(mutant, READ.get)
