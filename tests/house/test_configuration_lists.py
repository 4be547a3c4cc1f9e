"""docs/configuration.md names every key, code and reserved word that the code knows. tools/make-docs writes its tables (test_products.py)."""
import json
import pathlib
import re
import runpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/configuration.md").read_text()
MADE = runpy.run_path(str(ROOT / "tools/make-docs"))
SCHEMA = MADE["SCHEMA"]


def objects(part, name):
    """The names of all objects with keys of their own."""
    if part.get("type") == "object" and "properties" in part and name:
        yield name
    for key, member in part.get("properties", {}).items():
        if isinstance(member, dict) and "$ref" not in member:
            yield from objects(member, f"{name}/{key}")


def test_every_object_has_a_table():
    named = [found for name, part in SCHEMA["$defs"].items() for found in objects(part, name)]
    assert sorted(["", *named]) == sorted(MADE["PARTS"])
    assert sorted(re.findall(r"<!-- keys of ([\w/]*): made by tools/make-docs -->", PAGE)) == sorted(MADE["PARTS"])


def test_every_table_stands_under_its_heading():
    for name, heading in MADE["PARTS"].items():
        before = PAGE.split(f"<!-- keys of {name}: ")[0]
        assert re.findall(r"^### (.*)$", before, re.M)[-1] == heading


def test_a_changed_key_is_found():
    limits = MADE["keys_of"]("limits")
    assert limits in PAGE and "| `joins` | integer from 1 to 64 | `8` | Joins of a query. |" in limits


def test_codes_are_those_of_configurations():
    codes = re.findall(r"^\| `([A-Z_]+)` \|", PAGE.split("The codes of problems in a document:")[1], re.M)
    sources = "\n".join(p.read_text() for p in (ROOT / "src/metadata").glob("*.[ch]"))
    raised = set(re.findall(r"\bMD_((?:INVALID|DUPLICATE)_\w+|UNKNOWN_KEY|UNSUPPORTED)\b", sources))
    assert sorted(codes) == sorted(raised)


def test_messages_of_codes_are_those_of_golden_cases():
    """The golden cases are compared with the program."""
    shown = "\n".join(p.read_text() for folder in ("config", "unsupported") for p in (ROOT / "tests/golden" / folder).glob("*.case"))
    table = PAGE.split("The codes of problems in a document:")[1]
    for code, message in re.findall(r"^\| `([A-Z_]+)` \| .* \| `(.*)` \|$", table, re.M):
        assert re.search(rf"^  {code} at .*?: {re.escape(message)}$", shown, re.M), (code, message)


def test_reserved_words_are_those_of_the_schema():
    pattern = SCHEMA["$defs"]["apiName"]["not"]["pattern"]
    words = re.sub(r"\[(.).\]", r"\1", pattern).strip("^()$").split("|")
    listed = re.search(r"These words are\s+reserved, in upper and lower case: (.*?)\.\n", PAGE, re.S).group(1)
    assert re.findall(r"`(\w+)`", listed) == words


def test_every_mask_is_described():
    masks = next(m["enum"] for k, m in SCHEMA["$defs"]["column"]["properties"].items() if k == "maskingFn")
    described = re.findall(r"^\| `(\w+)` \|", PAGE.split("| `maskingFn` | types |")[1].split("\n\n")[0], re.M)
    assert sorted(described) == sorted(masks)


def test_each_key_is_described():
    """An editor shows these texts, and so does the page."""
    assert json.dumps(SCHEMA).count('"description"') > 80
    for name in MADE["PARTS"]:
        MADE["keys_of"](name)  # fails at a key without a description
