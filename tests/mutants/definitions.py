"""Finds definitions in C sources by name, and tokens within them, so that a planted bug depends on neither layout nor file.

    Code({file: text}).find("access/add") -> Definition        matches(tokens(text), tokens(pattern)) -> [Match]

A name is NAME, ROOM/NAME or ROOM/STEM/NAME: as much of the path below src/ as makes it unique. A definition is a function or a variable with an initialiser
that begins at column 0; its text goes from its first token to its last bracket. Comments, preprocessor lines and layout count for nothing.
In a pattern, `...` stands for any tokens (also none) inside the same brackets, as few as possible.
"""
import dataclasses
import re

WORD = re.compile(r"""
    (?P<skip> \s+ | //[^\n]* | /\*.*?\*/ | ^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])* )
  | (?P<word> [A-Za-z_]\w* | \.?\d(?:[eEpP][+-]|[\w.])* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
            | \.\.\. | <<= | >>= | -> | \+\+ | -- | << | >> | [-+*/%&|^=!<>]= | && | \|\| | . )""", re.X | re.M | re.S)
OPENING, CLOSING = dict(zip("([{", ")]}")), set(")]}")
ANYTHING = "..."
NO_NAMES = {"__attribute__", "_Alignas", "_Static_assert"}


class Unfit(Exception):
    """The table of planted bugs and the code no longer fit."""


@dataclasses.dataclass
class Token:
    text: str
    start: int
    end: int


@dataclasses.dataclass
class Definition:
    file: str
    name: str
    start: int
    end: int


@dataclasses.dataclass
class Match:
    first: int  # index of a token
    last: int
    wild: list  # per `...`: (first token, token behind the last)


def tokens(text):
    return [Token(m["word"], m.start(), m.end()) for m in WORD.finditer(text) if m["word"]]


def behind_bracket(words, at):
    """The index behind the bracket that closes the one at `at`."""
    open_brackets = []
    for i in range(at, len(words)):
        if words[i].text in OPENING:
            open_brackets.append(OPENING[words[i].text])
        elif words[i].text in CLOSING:
            open_brackets.pop()
            if not open_brackets:
                return i + 1
    return len(words)


def name_of_head(head):
    """What a definition with these tokens before its brace is called; None: a type or a declaration without a body."""
    for i, word in enumerate(head):
        before = head[i - 1].text if i else ""
        if word.text in ("(", "[", "=") and before not in NO_NAMES and before != "(":
            return before or None
    return None


def definitions(file, text):
    words, head, i = tokens(text), [], 0
    while i < len(words):
        word = words[i]
        if word.text == ";":
            head = []
        elif word.text == "{":
            behind = behind_bracket(words, i)
            name = name_of_head(head)
            if name:
                yield Definition(file, name, head[0].start, words[behind - 1].end)
            head, i = [], behind
            continue
        else:
            head.append(word)
        i += 1


class Code:
    """The sources of a tree: {file: text}, paths that begin with src/."""

    def __init__(self, texts):
        self.texts, self.by_name = texts, {}
        for file, text in texts.items():
            for found in definitions(file, text):
                self.by_name.setdefault(found.name, []).append(found)

    @classmethod
    def of_tree(cls, root):
        files = sorted(p for p in (root / "src").rglob("*.[ch]"))
        return cls({p.relative_to(root).as_posix(): p.read_text() for p in files})

    def find(self, key):
        *folders, name = key.split("/")
        below = "/".join(["src", *folders])
        found = [d for d in self.by_name.get(name, []) if f"{d.file.rsplit('.')[0]}/".startswith(f"{below}/")]
        if len(found) != 1:
            where = ", ".join(d.file for d in found) or "nowhere"
            raise Unfit(f"{key} is defined {len(found)} times ({where}), expected once")
        return found[0]

    def text(self, definition):
        return self.texts[definition.file][definition.start:definition.end]


def match_at(words, at, pattern, wild=()):
    """The match of `pattern` that begins at token `at`, each `...` as short as possible; None: there is none."""
    for i, part in enumerate(pattern):
        if part.text == ANYTHING:
            return match_anything(words, at, pattern[i + 1:], wild)
        if at >= len(words) or words[at].text != part.text:
            return None
        at += 1
    return at, list(wild)


def match_anything(words, at, rest, wild):
    end = at
    while True:
        found = match_at(words, end, rest, [*wild, (at, end)])
        if found or end >= len(words) or words[end].text in CLOSING:
            return found
        end = behind_bracket(words, end) if words[end].text in OPENING else end + 1


def matches(words, pattern):
    found = ((at, match_at(words, at, pattern)) for at in range(len(words)))
    return [Match(at, m[0] - 1, m[1]) for at, m in found if m]
