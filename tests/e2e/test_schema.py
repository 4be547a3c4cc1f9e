"""The JSON Schema that `multidb schema` prints, judged by a foreign validator."""
import copy
import json

import jsonschema
import pytest

import golden
from cli import call


@pytest.fixture(scope="module")
def validator():
    done = call("schema")
    assert done.returncode == 0, done.stderr
    schema = json.loads(done.stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", ["sqlite", "stack", "things"])
def test_examples_are_valid(validator, name):
    config = golden.load_config(name)
    assert [e.message for e in validator.iter_errors(config)] == []
    assert [e.message for e in validator.iter_errors({"$schema": "multidb.schema.json", **config})] == []


PLANTED = [
    "/databases remove", "/tabels = []", '/databases/pg-main/engine = "oracle"', "/databases/pg-main/id remove", '/databases/pg-main/enigne = "x"',
    "/tables/orders/physicalName remove", '/tables/orders/columns/total/type = "money"', '/tables/orders/columns/total/type = "json[]"',
    '/tables/orders/columns/total/nullable = "yes"', '/tables/orders/apiName = "Orders"', '/tables/orders/apiName = "a-b"',
    '/tables/orders/relations/0/type = "many-to-many"', '/externalSyncs/0/method = "kafka"', '/externalSyncs/0/estimatedLag = "days"',
    '/caches/redis/engine = "memcached"', '/caches/redis/tables/users/ttl = -1', '/caches/redis/tables/users/fill = "sometimes"',
    '/roles/tenant-user/tables/orders/filters/0/operator = ">"', '/roles/tenant-user/tables/orders/filters/0/valueFrom = "session"',
    '/roles/tenant-user/tables/orders/allowedColumns = "all"', '/trino/enabled = "yes"', '/limits = {"inlist": 5}', '/limits = {"inList": "5"}',
    '/policy = {"anonymous": "some"}', '/policy = {"relations": "none"}',
    '/databases/pg-main/connection = {"url": {"env": "A", "file": "b"}}', '/databases/pg-main/connection = {"url": 5}',
    '/databases/pg-main/connection = {"url": "sqlite:x", "pool": {"max": "8"}}', '/databases/pg-main/connection = {"url": "sqlite:x", "pool": {"mode": "statement"}}',
]


@pytest.mark.parametrize("line", PLANTED)
def test_planted_mistake_is_found(validator, line, tmp_path):
    config = golden.patch(golden.load_config("sqlite"), [line])
    assert list(validator.iter_errors(config)), line
    # and the program agrees with its schema
    path = tmp_path / "c.json"
    path.write_text(json.dumps(config))
    done = call("validate", "--json", "--config", path)
    assert done.returncode == 1 and json.loads(done.stdout)["code"] == "CONFIG_INVALID"


def test_both_agree_on_the_example(validator):
    config = copy.deepcopy(golden.load_config("sqlite"))
    done = call("validate", "--json", "--config", golden.CONFIGS["sqlite"])
    assert done.returncode == 0 and json.loads(done.stdout) == {"valid": True}
    assert validator.is_valid(config)
