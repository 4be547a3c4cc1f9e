"""The documents hold together: every relative link in the Markdown leads to a file, and to a heading of it where it names one; every part of ./check is described."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))

import markdown  # noqa: E402


def documents():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "*.md"], text=True, capture_output=True, check=True).stdout
    return [name for name in sorted(set(listed.split())) if (ROOT / name).exists()]


def broken_links(root, name):
    """A sentence for each relative link of the document that leads nowhere."""
    text = (root / name).read_text()
    for line, target in markdown.links(text):
        if re.match(r"[a-z][a-z+.-]*:", target):
            continue
        path, _, heading = target.partition("#")
        linked = (root / name).parent / path if path else root / name
        if not linked.exists():
            yield f"{name}:{line}: {target}: no such file"
        elif heading and (linked.suffix != ".md" or heading not in markdown.anchors(linked.read_text())):
            yield f"{name}:{line}: {target}: no such heading"


@pytest.mark.parametrize("name", documents())
def test_links_lead_somewhere(name):
    assert not list(broken_links(ROOT, name))


BROKEN = ["[a](no-such.md)", "[a](b.md#missing)", "[a](#missing)", "![a](no-such.png)", "[a][b]\n\n[b]: no-such.md", "[a\nlong](no-such.md)",
          "`code` [a](no-such.md) `code`", "[a](b.md#Two-words)", "[a](b.md#in-code)", "[a](c.txt#two-words)"]
SOUND = ["[a](b.md)", "[a](b.md#two-words)", "[a](#here)", "[a](https://example.org/missing)", "`[a](no-such.md)`", "```\n[a](no-such.md)\n```",
         "[a](b.md#the-key-by-ids-2)", "[a](b.md#two-words-1)", "[a](folder)"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b.md").write_text("# Two words\n\n## The key `by-ids` (2)\n\n```\n# In code\n```\n\n# Two words\n")
    (tmp_path / "c.txt").write_text("# Two words\n")
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_link_is_found(folder, text):
    (folder / "a.md").write_text(f"# Here\n\n{text}\n")
    assert len(list(broken_links(folder, "a.md"))) == 1


@pytest.mark.parametrize("text", SOUND)
def test_a_sound_link_is_accepted(folder, text):
    (folder / "a.md").write_text(f"# Here\n\n{text}\n")
    assert not list(broken_links(folder, "a.md"))


def reachable(root, start):
    """The documents that a reader finds by following links from one of them."""
    found, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name in found or not name.endswith(".md"):
            continue
        found.add(name)
        targets = [target.partition("#")[0] for _, target in markdown.links((root / name).read_text()) if not re.match(r"[a-z][a-z+.-]*:", target)]
        todo += [os.path.normpath(os.path.join(os.path.dirname(name), target)) for target in targets if target]
    return found


def test_every_document_is_found_from_the_readme():
    assert set(documents()) - reachable(ROOT, "README.md") == set()


def test_every_part_of_check_is_described():
    (parts,) = re.findall(r"parts=\$\{\*:-(.*?)\}", (ROOT / "check").read_text())
    page = (ROOT / "docs/testing.md").read_text()
    assert parts.split() and set(parts.split()) <= set(re.findall(r"^\| `(\w+)`", page, re.M))


def test_the_index_of_decisions_is_complete():
    """docs/adr/README.md has each record with its title, and says why a number is missing."""
    folder, expected = ROOT / "docs/adr", {}
    for path in folder.glob("[0-9]*.md"):
        number, title = re.match(r"# (\d+)\. (.+)\n", path.read_text()).groups()
        assert path.name.startswith(f"{int(number):04}-")
        expected[f"[{number}]({path.name})"] = title
    rows = re.findall(r"^\| (\[?\d+\S*) \| (.+) \|$", (folder / "README.md").read_text(), re.M)
    assert {number: title for number, title in rows if number.startswith("[")} == expected
    assert [int(re.search(r"\d+", number)[0]) for number, _ in rows] == list(range(1, len(rows) + 1))
