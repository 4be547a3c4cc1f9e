"""One private PostgreSQL a worker; the example and the table of all types on SQLite files and on PostgreSQL. Every statement that comes back with an answer goes to
the auditor (tests/lib/audit.py) once; with MULTIDB_FULL unset MOST of them in each process."""
import functools
import json
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import audit  # noqa: E402
import cli  # noqa: E402
import database  # noqa: E402
import things  # noqa: E402
from cli import ROOT, Run  # noqa: E402
from expected import Expected  # noqa: E402
from private_pg import PrivatePostgres  # noqa: E402

EXAMPLE = ROOT / "examples/concept"
MOST = None if os.environ.get("MULTIDB_FULL") else 3000
AUDITED = set()


@functools.lru_cache(maxsize=8)
def auditor(text):
    return audit.Auditor(json.loads(text))


def audited(config, context, answer):
    found = audit.statements(answer)
    new = [s for s in found if (s[0], s[1]) not in AUDITED] if len(AUDITED) != MOST else []
    for dialect, sql, params in new:
        AUDITED.add((dialect, sql))
        auditor(pathlib.Path(config).read_text()).statement(dialect, sql, params, context, audit.outputs(answer))


cli.WATCHERS.append(audited)


class World:
    """A configuration file whose databases exist, its environment and what it must answer."""

    def __init__(self, name, config, rows, env, path):
        self.name, self.config, self.rows, self.env = name, config, rows, env
        self.path = database.write(config, path)
        self.expected = Expected(config, rows)
        self.run = Run(self.path, env)


@pytest.fixture(scope="session")
def pg():
    with PrivatePostgres() as server:
        yield server


@pytest.fixture(scope="session")
def example_rows():
    return json.loads((EXAMPLE / "rows.json").read_text())


@pytest.fixture(scope="session")
def make(pg, example_rows, tmp_path_factory):
    """make(name, engine) -> World; each made once."""
    made = {}

    def get(name, engine):
        if (name, engine) not in made:
            folder = tmp_path_factory.mktemp(f"{name}-{engine}")
            if name == "concept":
                # The stack's physical names have schemas, which SQLite has not.
                config = json.loads((EXAMPLE / ("multidb.json" if engine == "sqlite" else "multidb.stack.json")).read_text())
                rows = example_rows
            else:
                config, rows = things.config(), things.rows()
                config["trino"] = {"enabled": True, "engine": "embedded"}
            config["roles"] += things.EXTRA_ROLES[name]
            env = {}
            if engine == "sqlite":
                config = database.sqlite_files(config, rows, folder)
            else:
                config, env = database.postgres_databases(config, rows, pg, name)
                config["trino"] = {"enabled": False}
                for cache in config.get("caches", []):
                    cache["engine"] = "memory"
                    cache.pop("connection", None)
            made[name, engine] = World(f"{name}-{engine}", config, rows, env, folder / "multidb.json")
        return made[name, engine]

    yield get
    for world in made.values():
        with world.run:
            pass


@pytest.fixture(params=["sqlite", "postgres"])
def concept(request, make):
    return make("concept", request.param)


@pytest.fixture(params=["sqlite", "postgres"])
def all_types(request, make):
    return make("things", request.param)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Tests of one group share servers and schemas: they must not be spread over workers, as they silently are where pytest and xdist do not fit together."""
    if getattr(config.option, "loadgroup", False):
        lost = [item.nodeid for item in items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid.rpartition("]")[2]]
        if lost:
            raise pytest.UsageError(f"xdist does not keep groups together with this pytest ({pytest.__version__}): {lost[0]}")
