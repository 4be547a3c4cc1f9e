"""Every example of the pages below prints what the page shows; tools/run-examples writes the outputs and describes the form of the pages."""
import functools
import importlib.machinery
import importlib.util

import pytest

from cli import ROOT

PAGES = ["README.md", "docs/query.md", "docs/access.md", "docs/planning.md"]


def load():
    loader = importlib.machinery.SourceFileLoader("run_examples", str(ROOT / "tools/run-examples"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_examples", loader))
    loader.exec_module(module)
    return module


RUN = load()


EXAMPLES = [pytest.param(page, example, id=f"{page}-{example.question.first}") for page in PAGES for example in RUN.examples((ROOT / page).read_text())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return RUN.Folder(tmp_path_factory.mktemp("examples"))


@pytest.mark.parametrize("page, example", EXAMPLES)
def test_prints_what_the_page_shows(page, example, folder):
    for block, real in folder.outputs(example):
        assert not real.startswith(RUN.UNPLANNED), f"{page}:{block.first + 1}"
        assert block.text == real, f"{page}:{block.first + 1} under '{example.heading}': run tools/run-examples {page} and read what is new"


PAGE = """# A page
```json
{"from": "products", "columns": ["name"], "filters": [{"column": "id", "operator": "=", "value": 1}]}
```
```sql
```
```text
```
"""


def test_outputs_are_written_and_then_the_same(folder):
    page = RUN.renewed(PAGE, RUN.differences(folder, PAGE))
    assert "Blue pen" in page and "\nWHERE (t0.\"id\" = ?1 AND typeof(t0.\"id\") <> 'text')\nORDER BY +t0.\"id\"\n-- ?1 = 1\n" in page
    assert RUN.differences(folder, page) == []


@pytest.mark.parametrize("old, new", [("Blue pen", "Red pen"), ("c0\nFROM", "c1\nFROM"), ("(1 row)", "(2 rows)"), ("-- ?1 = 1", "-- ?1 = 2"), ("Blue pen\n", "Blue pen\n\n")])
def test_a_changed_output_is_found(old, new, folder):
    page = RUN.renewed(PAGE, RUN.differences(folder, PAGE))
    assert old in page and len(RUN.differences(folder, page.replace(old, new))) == 1


def test_a_new_cursor_is_put_into_the_next_question(folder):
    question = '```json\n{"from": "users", "columns": ["id"], "page": {"first": 1%s}}\n```\n```text\n```\n'
    page, count = RUN.rewritten(folder, question % "" + question % ', "after": "OLD"' + question % ', "after": "OLD"')
    shown = RUN.CURSOR.findall(page)
    assert len(shown) == 5 and shown[0] == shown[1] and shown[2] == shown[3] and len(set(shown)) == 3, page


def test_options_are_those_of_the_first_command():
    example = RUN.examples(PAGE.replace("```sql", "```console\n$ multidb query --role a --context k=v question.json\n```\n```sql"))[0]
    assert example.options == ["--role", "a", "--context", "k=v"]
    assert RUN.examples(PAGE)[0].options == ["--role", "admin"]


def test_a_file_and_commands_of_several_lines(folder):
    page = "```json file names.json\n{\"from\": \"products\", \"columns\": [\"name\"], \"limit\": 1}\n```\n```console\n$ multidb count \\\n    --role admin names.json\n```\n"
    assert RUN.renewed(page, RUN.differences(folder, page)) == page.replace("names.json\n```\n", "names.json\n8\n```\n")


CHANGED = """```json configuration
{"roles": [{"id": "no-access", "tables": "*"}, {"id": "new", "tables": []}], "tables": [{"id": "users", "columns": [{"apiName": "id", "physicalName": "user_id"}]}]}
```
```json
{"from": "users"}
```
```sql
```
```json configuration
{"externalSyncs": [], "caches": null, "tables": [{"id": "users", "columns": [{"apiName": "id", "physicalName": "id"}]}]}
```
```json
{"from": "users"}
```
```sql
```
"""


def test_changes_of_the_configuration_add_up(folder):
    first, second = RUN.examples(CHANGED)
    for example, expected in ((first, 't0."user_id" AS c0'), (second, 't0."id" AS c0')):
        [(_, sql)] = folder.outputs(example)
        assert expected in sql
    config = functools.reduce(RUN.changed, second.changes, folder.sample)
    roles = {role["id"]: role["tables"] for role in config["roles"]}
    assert roles["no-access"] == "*" and roles["new"] == [] and roles["admin"] == "*" and len(roles) == len(folder.sample["roles"]) + 1
    assert config["externalSyncs"] == [] and "caches" not in config and "caches" in folder.sample
    assert [t["apiName"] for t in config["tables"]] == [t["apiName"] for t in folder.sample["tables"]]
    [example] = RUN.examples(PAGE)
    assert "Blue pen" in dict((b.kind, real) for b, real in folder.outputs(example))["text"]


@pytest.mark.parametrize("text, wrong", [("```json\n{}\n```", "a question without an output"), ("```sql\n```", "an output without a question"), ("```json fragment\n{\n```", "Expecting"), ("```jsn\n{}\n```", "unknown kind")])
def test_a_page_that_cannot_be_run_is_refused(text, wrong):
    with pytest.raises(ValueError, match=wrong):
        RUN.examples(text)


def test_long_lines_are_folded_between_conditions():
    sql = "SELECT " + ", ".join(f't0."a_column_{i}" AS c{i}' for i in range(6)) + " FROM t WHERE (a = 1 OR b IN (SELECT x FROM y WHERE z)) AND c LIMIT 3"
    lines = RUN.wrapped(sql).split("\n")
    assert " ".join(line.strip() for line in lines) == sql
    assert max(len(line) for line in lines) <= RUN.WIDTH
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == ["SELECT", "FROM", "WHERE", "LIMIT"]
