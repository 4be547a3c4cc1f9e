"""docs/configuration.md: every output is what the program prints, every document that is not shown as wrong is accepted."""
import json
import re

import jsonschema
import pytest

import pages
from cli import ROOT, call

PAGE = (ROOT / "docs/configuration.md").read_text()
WRONG = {"wrong.json": "CONFIG_INVALID", "duplicate.json": "CONFIG_INVALID", "broken.json": "METADATA_LOAD_FAILED"}


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """The blocks of the page in order, each with what the program said of it: the verdict on a document, the output of commands."""
    folder, found = pages.Folder(tmp_path_factory.mktemp("page")), []
    for kind, name, text, real in pages.steps(folder, PAGE):
        verdict = json.loads(call("validate", "--json", "--config", folder.path / name).stdout) if kind == "json" else None
        document = folder.documents[name] if kind == "json" else None
        found.append((kind, name, text, real, verdict, document))
    return found


def test_outputs_are_those_of_the_program(steps):
    stale = [(text, real) for kind, _, text, real, *_ in steps if text != real]
    assert not stale, "run `python tests/lib/pages.py docs/configuration.md` and read what is new"


def test_documents_are_accepted_and_wrong_ones_refused(steps):
    verdicts = [(name, verdict) for kind, name, _, _, verdict, _ in steps if kind == "json"]
    for name, verdict in verdicts:
        assert verdict.get("code") == WRONG.get(name), (name, verdict)
        assert name in WRONG or verdict == {"valid": True}
    assert len(verdicts) >= 12 and WRONG.keys() <= {name for name, _ in verdicts}


def test_documents_are_valid_by_the_schema(steps):
    validator = jsonschema.Draft202012Validator(json.loads(call("schema").stdout))
    for kind, name, _, _, _, document in steps:
        if kind == "json" and name not in WRONG:
            assert [e.message for e in validator.iter_errors(json.loads(document))] == [], name


def test_every_block_is_run():
    """A block of JSON without a name would be passed over."""
    kinds = [(kind, name) for kind, name, _ in pages.BLOCK.findall(PAGE)]
    assert all(kind in ("console", "sh") or name for kind, name in kinds), kinds
    assert PAGE.count("\n```") == 2 * len(kinds)


def test_a_stale_output_is_found(tmp_path):
    page = PAGE.replace("Ada Byron", "Ada Lovelace", 1).split("### Add relations")[0]
    assert [kind for kind, _, text, real in pages.steps(pages.Folder(tmp_path), page) if text != real] == ["console"]


URLS = re.findall(r"^\| `?(\w+)`? \| (`\w+:.*) \|$", PAGE, re.M)


def with_connection(engine, url):
    connection = {"connection": {"url": url}}
    part = {"databases": [{"id": "a", "engine": engine, **connection}]}
    if engine == "redis":
        part = {"databases": [], "caches": [{"id": "a", "engine": engine, "tables": [], **connection}]}
    elif engine == "Trino":
        part = {"databases": [], "trino": {"enabled": True, **connection}}
    return {"tables": [], **part}


def verdict(document, path):
    path.write_text(json.dumps(document))
    return json.loads(call("validate", "--json", "--config", path).stdout)


@pytest.mark.parametrize("engine, cell", URLS)
def test_urls_have_the_form_that_the_page_shows(engine, cell, tmp_path):
    urls = [url for url in re.findall(r"`(\w+:[^`…]+)`", cell)]
    assert urls
    for url in urls:
        assert verdict(with_connection(engine, url), tmp_path / "c.json") == {"valid": True}, url
        assert verdict(with_connection(engine, "mysql://h"), tmp_path / "c.json")["errors"][0]["code"] == "INVALID_CONNECTION"


def test_urls_of_every_engine_are_shown():
    schema = json.loads(call("schema").stdout)
    engines = set(schema["$defs"]["database"]["properties"]["engine"]["enum"]) - {"iceberg"}
    assert {engine for engine, _ in URLS} == engines | {"redis", "Trino"}
