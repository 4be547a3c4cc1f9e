"""THIRD-PARTY.md lists each library that meson.build links, and holds the licence of the one whose source is compiled in."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTICES = (ROOT / "THIRD-PARTY.md").read_text()


def linked():
    return re.findall(r"\bdependency\('([^']+)'", (ROOT / "meson.build").read_text())


def listed():
    return re.findall(r"^\| [^|]+ \| `([^`]+)` \|", NOTICES, re.M)


def words(text):
    return " ".join(text.split())


def test_each_linked_library_is_listed():
    assert "libpq" in linked() and sorted(linked()) == sorted(listed())


def test_each_library_has_a_licence():
    rows = re.findall(r"^\| [^|]+ \| `[^`]+` \|(.*)\|$", NOTICES, re.M)
    assert rows and all(len(cells) == 3 and all(cell.strip() for cell in cells) for cells in (row.split("|") for row in rows))


def test_the_licence_of_compiled_source_is_complete():
    """yyjson is MIT like multidb: the same text from the grant to the end."""
    licence = (ROOT / "LICENSE").read_text()
    assert words(licence[licence.index("Permission is"):]) in words(NOTICES)


def test_the_copied_source_is_the_one_of_the_notice():
    header = ROOT / "subprojects/yyjson/src/yyjson.h"
    if header.exists():  # a system that has the library uses its own
        assert words(re.search(r"Copyright.*?SOFTWARE\.\n", header.read_text(), re.S)[0]) in words(NOTICES)
