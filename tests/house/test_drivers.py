"""The files of a driver are layers: a function that private.h declares under `---- FILE ----` is called by that file and by those
whose section comes later, or that have none (connection.c). Fix: move the function to a lower layer, or pass what it needs."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVERS = ROOT / "src/drivers"
SECTION = re.compile(r"^/\* ---- (\w+\.c)\b.*?---- \*/$", re.M)


def sections(header):
    """[(file, functions that it gives the others)], the lowest layer first."""
    marks = list(SECTION.finditer(header))
    ends = [m.start() for m in marks[1:]] + [len(header)]
    for mark, end in zip(marks, ends):
        code = re.sub(r"/\*.*?\*/", "", header[mark.end():end], flags=re.S)
        yield mark.group(1), set(re.findall(r"\b(md_\w+)\(", code))


def breaches(header, sources):
    layers = list(sections(header))
    order = [name for name, _ in layers]
    for level, (name, functions) in enumerate(layers):
        for user, code in sources.items():
            if user in order and order.index(user) < level:
                code = re.sub(r"/\*.*?\*/", "", code, flags=re.S)
                yield from (f"{user} calls {f} of {name}, a layer above it" for f in functions if re.search(rf"\b{f}\b", code))


def read(folder):
    return (folder / "private.h").read_text(), {p.name: p.read_text() for p in sorted(folder.glob("*.c"))}


@pytest.mark.parametrize("name", sorted(p.parent.name for p in DRIVERS.glob("*/private.h")))
def test_a_driver_has_layers_without_a_circle(name):
    header, sources = read(DRIVERS / name)
    listed = [f for f, _ in sections(header)]
    assert listed and set(listed) <= set(sources) and len(set(listed)) == len(listed)
    assert not list(breaches(header, sources))


def test_a_circle_is_found():
    header, sources = read(DRIVERS / "postgres")
    sources["wire.c"] += "\nint planted(void)\n{\n\treturn md_pg_next(0, 0, 0);\n}\n"
    assert list(breaches(header, sources)) == ["wire.c calls md_pg_next of rows.c, a layer above it"]
