"""The planted bugs of table.txt.

    mutants() -> [Mutant]        planted(mutant, code) -> {file: its text with the bug}

Accepts the form that table.txt opens with. Raises Unfit for lines of another form, for a name that is given twice, and for tokens that do not stand exactly once in
their function.
"""
import dataclasses
import pathlib

from definitions import ANYTHING, Unfit, definitions, matches, tokens

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Change:
    function: str
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
    _, *kinds = ("\n" + (text or (HERE / "table.txt").read_text())).split("\n# ")
    out = [parse_mutant(kind.split("\n")[0], block) for kind in kinds for block in kind.split("\n\n")[1:] if block.strip()]
    names = [m.name for m in out]
    if len(set(names)) != len(names):
        raise Unfit(f"two planted bugs have the same name: {sorted(n for n in set(names) if names.count(n) > 1)}")
    return out


def parse_mutant(kind, block):
    first, *lines = block.strip("\n").split("\n")
    name, _, breaks = first.partition(": ")
    mutant = Mutant(kind, name, breaks, [])
    for line in lines:
        mark, rest = line[:1], line[1:].removeprefix(" ")
        if mark == "@":
            mutant.changes.append(Change(rest.strip()))
        elif mark == "?":
            mutant.unit = rest.strip()
        elif mark in ("-", "+") and mutant.changes:
            append_line(mutant.changes[-1], mark, rest)
        else:
            raise Unfit(f"{name}: a line of no known form: {line!r}")
    check_mutant(mutant)
    return mutant


def append_line(change, mark, line):
    if mark == "-":
        change.old = "\n".join(filter(None, [change.old, line]))
    else:
        change.new = "\n".join(filter(None, [change.new, line]))


def check_mutant(mutant):
    if not mutant.breaks or not mutant.changes:
        raise Unfit(f"{mutant.name} changes nothing, or does not say what it breaks")
    for change in mutant.changes:
        old, new = ([t.text for t in tokens(text)] for text in (change.old, change.new))
        if not old or old == new:
            raise Unfit(f"{mutant.name} changes nothing in {change.function}")
        if new.count(ANYTHING) > old.count(ANYTHING):
            raise Unfit(f"{mutant.name}: a `+` line in {change.function} has more `...` than the `-` line")


def functions_with(code, pattern):
    """Where `pattern` stands exactly once: where a function that was renamed or moved may be found."""
    everything = [d for found in code.by_name.values() for d in found]
    return [f"{d.file}: {d.name}" for d in everything if len(matches(tokens(code.text(d)), pattern)) == 1]


def find_function(mutant, change, code):
    try:
        return code.find(change.function)
    except Unfit as e:
        where = "".join(f"\n    its tokens stand in {place}" for place in functions_with(code, tokens(change.old))[:5])
        raise Unfit(f"{mutant.name}: {e}{where}") from None


def present_text(function, code, changed):
    """The text of the file, with what earlier changes of the same bug did, and where the function stands in it."""
    if function.file not in changed:
        return code.texts[function.file], function
    index = [(d.name, d.start) for d in definitions(function.file, code.texts[function.file])].index((function.name, function.start))
    text = changed[function.file]
    return text, list(definitions(function.file, text))[index]


def replacement(change, body, words, match):
    wild = iter([body[words[a].start:words[b - 1].end] if b > a else "" for a, b in match.wild])
    return "".join(next(wild) if part == ANYTHING else part for part in split_at_anything(change.new))


def split_at_anything(text):
    at = 0
    for word in tokens(text):
        if word.text == ANYTHING:
            yield text[at:word.start]
            yield ANYTHING
            at = word.end
    yield text[at:]


def plant_change(mutant, change, code, changed):
    function = find_function(mutant, change, code)
    text, function = present_text(function, code, changed)
    body = text[function.start:function.end]
    words = tokens(body)
    found = matches(words, tokens(change.old))
    if len(found) != 1:
        raise Unfit(f"{mutant.name}: its tokens stand {len(found)} times in {change.function}, expected once: {change.old}\n"
                    f"    {function.file} has:\n\n{body}\n")
    first, behind = words[found[0].first].start, words[found[0].last].end
    changed[function.file] = text[:function.start] + body[:first] + replacement(change, body, words, found[0]) + body[behind:] + text[function.end:]


def planted(mutant, code):
    changed = {}
    for change in mutant.changes:
        plant_change(mutant, change, code, changed)
    return changed
