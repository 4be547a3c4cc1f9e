"""The mutants of table.txt.

    mutants() -> [Mutant]        planted(mutant, read) -> {file: its text with the bug}

Accepts the form that table.txt opens with. Refuses (Rotten) lines of no form, names given twice, and an old text that does not stand in its file exactly once.
"""
import dataclasses
import pathlib

HERE = pathlib.Path(__file__).resolve().parent


class Rotten(Exception):
    """The table, or the tree under it, has changed: the mutant has to be written anew."""


@dataclasses.dataclass
class Change:
    file: str
    old: str = ""
    new: str = ""


@dataclasses.dataclass
class Mutant:
    kind: str
    name: str
    breaks: str
    changes: list
    unit: str = None  # a unit test, ROOM/NAME


def mutants(text=None):
    head, *kinds = ("\n" + (text or (HERE / "table.txt").read_text())).split("\n# ")
    out = [one(kind.split("\n")[0], block) for kind in kinds for block in kind.split("\n\n")[1:] if block.strip()]
    names = [m.name for m in out]
    if len(set(names)) != len(names):
        raise Rotten(f"two mutants have one name: {sorted(n for n in set(names) if names.count(n) > 1)}")
    return out


def one(kind, block):
    first, *lines = block.strip("\n").split("\n")
    name, _, breaks = first.partition(": ")
    mutant = Mutant(kind, name, breaks, [])
    for line in lines:
        mark, rest = line[:1], line[1:]
        if mark == "@":
            mutant.changes.append(Change(rest.strip()))
        elif mark == "?":
            mutant.unit = rest.strip()
        elif mark in ("-", "+", " ", "") and mutant.changes:
            add(mutant.changes[-1], mark, rest + "\n")
        else:
            raise Rotten(f"{name}: a line of no form: {line!r}")
    if not breaks or not mutant.changes or any(c.old == c.new or not c.old for c in mutant.changes):
        raise Rotten(f"{name} changes nothing, or does not say what it breaks")
    return mutant


def add(change, mark, line):
    if mark != "+":
        change.old += line
    if mark != "-":
        change.new += line


def places(text, part):
    """Where the lines of `part` stand."""
    lines, wanted = text.splitlines(True), part.splitlines(True)
    return [i for i in range(len(lines)) if lines[i:i + len(wanted)] == wanted]


def planted(mutant, read):
    """`read` gives a file's text."""
    out = {}
    for change in mutant.changes:
        text = out.get(change.file) or read(change.file)
        at = places(text, change.old)
        if len(at) != 1:
            raise Rotten(f"{mutant.name}: its old text stands {len(at)} times in {change.file}, expected once:\n{change.old}")
        lines = text.splitlines(True)
        lines[at[0]:at[0] + len(change.old.splitlines())] = [change.new]
        out[change.file] = "".join(lines)
    return out
