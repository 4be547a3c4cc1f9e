"""What a query through Trino costs: no more HTTP requests than with the official client, from one coordinator that answers both alike; and our CPU time."""
import os

import pytest
import trino.dbapi

from cli import Run
from coordinator import coordinator as a_coordinator
from database import write

COLUMNS = [{"name": "c0", "type": "integer", "typeSignature": {"rawType": "integer", "arguments": []}}]
ROWS = 100


def pages(n):
    """What a coordinator says: queued, then n pages of rows among empty ones, then the end."""
    yield {"stats": {"state": "QUEUED"}}
    yield {"stats": {"state": "RUNNING"}}
    for i in range(n):
        yield {"columns": COLUMNS, "data": [[i * ROWS + k] for k in range(ROWS)], "stats": {"state": "RUNNING"}}
        yield {"columns": COLUMNS, "stats": {"state": "RUNNING"}}
    yield {"columns": COLUMNS, "stats": {"state": "FINISHED"}}


@pytest.fixture
def coordinator():
    with a_coordinator() as server:
        yield server


@pytest.fixture
def run(coordinator, tmp_path):
    config = {"databases": [{"id": "lake", "engine": "iceberg", "trinoCatalog": "ice"}], "roles": [{"id": "all", "tables": "*"}],
              "trino": {"enabled": True, "connection": {"url": coordinator.url.replace("//", "//ann@")}},
              "tables": [{"id": "t", "apiName": "things", "database": "lake", "physicalName": "lake.thing", "primaryKey": ["id"],
                          "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]}]}
    with Run(write(config, tmp_path / "multidb.json")) as process:
        yield process


def ours(run, filters=()):
    answer = run.ask({"from": "things", "filters": list(filters)}, {"role": "all"})
    assert "data" in answer, answer
    return [row["id"] for row in answer["data"]]


def theirs(coordinator, sql, parameters=None):
    with trino.dbapi.connect(host="127.0.0.1", port=coordinator.server_port, user="ann") as connection:
        cursor = connection.cursor()
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("n", [0, 1, 5])
def test_sends_no_more_requests_than_the_official_client(coordinator, run, n):
    coordinator.pages = list(pages(n))
    for filters, sql, parameters in ([], "SELECT id FROM thing", None), ([{"column": "id", "operator": ">", "value": -1}], "SELECT id FROM thing WHERE id > ?", (-1,)):
        coordinator.seen.clear()
        rows = ours(run, filters)
        mine, official = list(coordinator.seen), coordinator.seen
        official.clear()
        assert rows == theirs(coordinator, sql, parameters) == list(range(n * ROWS))
        assert len(mine) <= len(official), (mine, official)
        assert len(mine) == len(coordinator.pages)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        user, system = f.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_takes_a_small_share_of_the_cpu(coordinator, run):
    coordinator.pages = list(pages(1))
    ours(run)
    queries = 100
    before = cpu_seconds(run.process.pid)
    for _ in range(queries):
        ours(run)
    assert (cpu_seconds(run.process.pid) - before) / queries <= 0.003
