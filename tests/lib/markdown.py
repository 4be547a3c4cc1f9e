"""What the tests read in Markdown: the text outside code, links, and headings with the anchors that GitHub gives them."""
import re

FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2[`~]* *$", re.S | re.M)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)", re.M)
HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)?$", re.M)


def blank(match):
    """As many lines, so that line numbers stay."""
    return "\n" * match[0].count("\n")


def without_fences(text):
    return FENCE.sub(blank, text)


def links(text):
    """[(line, target)], images included."""
    prose = CODE.sub(lambda m: "`" + blank(m) + "`", without_fences(text))
    return [(prose.count("\n", 0, m.start()) + 1, m[1] or m[2]) for m in LINK.finditer(prose)]


def anchor(heading):
    """GitHub's: lower case, without links and punctuation, a hyphen for each space."""
    shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")


def anchors(text):
    """Those of all headings; a repeated one has a number."""
    seen, out = {}, set()
    for match in HEADING.finditer(without_fences(text)):
        name = anchor(match[1])
        count = seen.get(name, 0)
        out.add(f"{name}-{count}" if count else name)
        seen[name] = count + 1
    return out
