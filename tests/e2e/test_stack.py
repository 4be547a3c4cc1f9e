"""What other tests rely on: the private servers answer, hold the sample rows, come back after a kill; and our ClickHouse endpoint behaves
like ClickHouse where a driver can notice."""
import concurrent.futures
import contextlib
import gzip
import http.client
import json
import socket
import time
import urllib.parse
import uuid
from base64 import b64encode

import psycopg
import pytest

from stack import own, stack  # noqa: F401

pytestmark = pytest.mark.xdist_group("stack")
SLOW = "SELECT sum(cityHash64(number)) FROM numbers(100000000000)"
VARIABLES = {"pg-main": "MULTIDB_PG_MAIN_URL", "pg-tenant": "MULTIDB_PG_TENANT_URL", "redis": "MULTIDB_REDIS_URL",
             "clickhouse": "MULTIDB_CH_ANALYTICS_URL", "trino": "MULTIDB_TRINO_URL"}


@pytest.fixture(scope="module")
def ch(stack):  # noqa: F811
    return stack.need("clickhouse")["clickhouse"]


class Reply:
    def __init__(self, reply):
        self.status, self.headers = reply.status, reply.headers
        try:
            self.body, self.whole = reply.read(), True
        except http.client.IncompleteRead as e:
            self.body, self.whole = e.partial, False
        if reply.headers.get("Content-Encoding") == "gzip" and self.whole:
            self.body = gzip.decompress(self.body)

    @property
    def text(self):
        return self.body.decode()


def basic(user, password):
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def ask(ch, sql, method="POST", headers=None, path="/", **args):
    connection = http.client.HTTPConnection("127.0.0.1", ch.port, timeout=60)
    headers = basic("default", "private-secret") if headers is None else headers
    if method == "GET":
        args["query"] = sql
    connection.request(method, path + "?" + urllib.parse.urlencode(args), sql if method == "POST" else None, headers)
    with contextlib.closing(connection):
        return Reply(connection.getresponse())


# ---- the servers ----

def test_sample_rows_are_everywhere(stack, example_rows):  # noqa: F811
    stack.need("pg-main", "pg-tenant", "redis", "clickhouse")
    env = stack.environment()
    assert set(VARIABLES.values()) - {"MULTIDB_TRINO_URL"} <= set(env) <= set(VARIABLES.values())
    for variable, table, of in (("MULTIDB_PG_MAIN_URL", "public.orders", "orders"), ("MULTIDB_PG_MAIN_URL", "replicas.tenants", "tenants"),
                                ("MULTIDB_PG_TENANT_URL", "public.invoices", "invoices")):
        with psycopg.connect(env[variable]) as db:
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == len(example_rows[of]["rows"])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(f"DELETE FROM {table}")
    current = "default.orders_replica FINAL WHERE is_deleted = 0"
    assert int(stack["clickhouse"].query(f"SELECT count() FROM {current}")) == len(example_rows["orders"]["rows"])
    assert json.loads(stack["redis"].sample()["users:1"])["row"]["name"] == example_rows["users"]["rows"][0][2]


def test_four_catalogs_in_one_statement(stack):  # noqa: F811
    stack.need("pg-main", "pg-tenant", "clickhouse", "trino")
    rows = stack["trino"].query("""
        SELECT DISTINCT t.tenant_name, o.order_status, CAST(e.occurred_at AS timestamp(6) with time zone), a.total_amount
        FROM iceberg_archive.warehouse.orders_archive a JOIN pg_main.public.orders o ON a.order_id = o.id
        JOIN pg_tenant.public.tenants t ON t.id = o.tenant_id JOIN ch_analytics.default.events e ON e.order_id = o.id
        WHERE e.event_type = 'order' AND a.order_status = 'paid' ORDER BY 1""")
    assert rows == [["Acme", "paid", "2024-01-15 09:30:00.250000 UTC", "10.500000000000000000"],
                    ["Žižka & synové", "paid", "2024-03-01 09:15:30.100000 UTC", "8.000000000000000000"]]


@pytest.mark.parametrize("name", ["pg-main", "redis", "clickhouse"])
def test_killed_server_comes_back_on_its_port(name, tmp_path):
    with own(tmp_path, name) as mine:
        part = mine[name]
        before = mine.environment()
        assert list(before) == [VARIABLES[name]]
        mine.kill(name)
        assert not mine[name].ask() and not mine.environment()
        mine.restart(name)
        assert mine.environment() == before and mine[name].ask()
        port = part.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


# ---- the ClickHouse endpoint ----

def test_answers_ping_and_refuses_unknown_paths(ch):
    assert ask(ch, "", "GET", {}, "/ping").text == "Ok.\n"
    assert ask(ch, "", "GET", {}, "/nothing").status == 404


@pytest.mark.parametrize("headers, status", [
    ({}, 403), (basic("default", "wrong"), 403), (basic("nobody", "private-secret"), 403), ({"X-ClickHouse-User": "default", "X-ClickHouse-Key": "x"}, 403),
    (basic("default", "private-secret"), 200), ({"X-ClickHouse-User": "default", "X-ClickHouse-Key": "private-secret"}, 200)])
def test_accepts_only_the_configured_user(ch, headers, status):
    reply = ask(ch, "SELECT 1", headers=headers)
    assert reply.status == status and reply.headers.get("X-ClickHouse-Exception-Code") == (None if status == 200 else "516")


def test_binds_parameters_of_every_type(ch):
    values = {"p1": ("Int64", "-9223372036854775808"), "p2": ("Nullable(UUID)", "\\N"), "p3": ("Array(String)", r"['a','it\'s','tab\there','']"),
              "p4": ("String", "a\\tb\\\\c\\nd'e"), "p5": ("Decimal(76, 20)", "99999999999999999999999999999.5"), "p6": ("Date32", "1900-01-01"),
              "p7": ("DateTime64(6, 'UTC')", "2024-02-29 23:59:59.999999"), "p8": ("Float64", "0.1"), "p9": ("Bool", "true"), "p10": ("String", "🎁")}
    sql = "SELECT " + ", ".join(f"{{{name}:{form}}}" for name, (form, _) in values.items())
    args = {f"param_{name}": value for name, (_, value) in values.items()}
    expected = [-9223372036854775808, None, ["a", "it's", "tab\there", ""], "a\tb\\c\nd'e", 99999999999999999999999999999.5, "1900-01-01",
                "2024-02-29 23:59:59.999999", 0.1, True, "🎁"]
    for reply in (ask(ch, sql, default_format="JSONCompactEachRow", output_format_json_quote_64bit_integers=0, **args),
                  ask(ch, sql + " FORMAT JSONCompactEachRow", "GET", default_format="TSV", output_format_json_quote_64bit_integers=0, **args)):
        assert reply.status == 200 and json.loads(reply.text) == expected
        assert reply.headers["X-ClickHouse-Format"] == "JSONCompactEachRow"


def test_takes_parameters_in_a_form(ch):
    parts = {"param_p1": "['" + "','".join("x" * 100 for _ in range(3000)) + "']", "query": "SELECT length({p1:Array(String)})"}
    body = "".join(f'--boundary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts.items()) + "--boundary--\r\n"
    headers = {**basic("default", "private-secret"), "Content-Type": "multipart/form-data; boundary=boundary"}
    assert ask(ch, body, headers=headers).text == "3000\n"


@pytest.mark.parametrize("form, header", [("JSONCompactEachRowWithNamesAndTypes", 2), ("TabSeparatedWithNames", 1), ("CSV", 0)])
@pytest.mark.parametrize("rows", [0, 1, 300000])
def test_header_comes_once_however_long_the_answer(ch, form, header, rows):
    reply = ask(ch, f"SELECT number AS n FROM numbers({rows})", default_format=form)
    lines = reply.text.splitlines()
    assert reply.whole and len(lines) == header + rows
    assert [line.strip("[]") for line in lines[header:]] == [str(n) for n in range(rows)]


def test_binary_header_comes_once(ch):
    reply = ask(ch, "SELECT number AS n FROM numbers(200000)", default_format="RowBinaryWithNamesAndTypes")
    header = b"\x01\x01n\x06UInt64"
    assert reply.body == header + b"".join(n.to_bytes(8, "little") for n in range(200000))


def test_takes_settings_and_refuses_writes(ch):
    assert ask(ch, "SELECT getSetting('max_threads')", max_threads=3).text == "3\n"
    assert ask(ch, "SELECT number FROM numbers(10)", max_result_rows=5).headers["X-ClickHouse-Exception-Code"] == "396"
    assert ask(ch, "CREATE TABLE t (a Int8) ENGINE = Memory", readonly=2).headers["X-ClickHouse-Exception-Code"] == "164"
    assert ask(ch, "CREATE TABLE t (a Int8) ENGINE = Memory", "GET").headers["X-ClickHouse-Exception-Code"] == "164"
    assert ask(ch, "SELECT 1", no_such_setting=1).headers["X-ClickHouse-Exception-Code"] == "115"
    assert ask(ch, "SELECT 1; SELECT 2").headers["X-ClickHouse-Exception-Code"] == "62"


@pytest.mark.parametrize("sql, status, code", [("SELECT nope", 404, "47"), ("SELEC 1", 400, "62"), ("SELECT * FROM nope", 404, "60"), ("", 400, "62"),
                                               ("SELECT throwIf(1)", 500, "395")])
def test_reports_errors_before_the_first_byte(ch, sql, status, code):
    reply = ask(ch, sql)
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (status, code)
    assert reply.text.startswith(f"Code: {code}. DB::Exception: ") and "(version " in reply.text


def test_ends_a_query_at_its_deadline(ch):
    start = time.monotonic()
    reply = ask(ch, SLOW, max_execution_time=1)
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (408, "159") and time.monotonic() - start < 5


@pytest.mark.parametrize("zipped", [False, True])
def test_reports_an_error_inside_the_body(ch, zipped):
    headers = {**basic("default", "private-secret"), **({"Accept-Encoding": "gzip"} if zipped else {})}
    reply = ask(ch, "SELECT number, throwIf(number = 500000) FROM numbers(1000000)", headers=headers, default_format="JSONCompactEachRow",
                max_block_size=1000, enable_http_compression=1)
    assert reply.status == 200 and not reply.whole
    if not zipped:
        tag = reply.headers["X-ClickHouse-Exception-Tag"]
        rows, _, rest = reply.body.partition(b"\r\n__exception__\r\n")
        assert rows.endswith(b"]\n") and rest.startswith(f"{tag}\r\nCode: 395. ".encode()) and rest.endswith(f" {tag}\r\n__exception__\r\n".encode())


def test_compresses_only_on_request(ch):
    headers = {**basic("default", "private-secret"), "Accept-Encoding": "gzip"}
    reply = ask(ch, "SELECT number FROM numbers(100000)", headers=headers, enable_http_compression=1)
    assert reply.headers["Content-Encoding"] == "gzip" and reply.text.count("\n") == 100000
    assert "Content-Encoding" not in ask(ch, "SELECT 1", headers=headers).headers


def test_insert_keeps_every_byte(ch):
    table, text = f"t{uuid.uuid4().hex}", "blank\n\nline, it's; 'q' \\ \t 🎁" + "x" * 1000000
    assert ask(ch, f"CREATE TABLE {table} (id Int32, s String) ENGINE = MergeTree ORDER BY id").status == 200
    assert ask(ch, f"INSERT INTO {table} FORMAT JSONEachRow\n" + json.dumps({"id": 1, "s": text})).status == 200
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    assert ask(ch, f"INSERT INTO {table} VALUES (2, '{quoted}')".encode()).status == 200
    assert ask(ch, f"INSERT INTO {table} SELECT 3, s FROM {table} WHERE id = 1").status == 200
    rows = [json.loads(line) for line in ask(ch, f"SELECT id, s FROM {table} ORDER BY id FORMAT JSONCompactEachRow").text.splitlines()]
    ask(ch, f"DROP TABLE {table}")
    assert rows == [[1, text], [2, text], [3, text]]


def running(ch, query_id):
    return int(ask(ch, f"SELECT count() FROM system.processes WHERE query_id = '{query_id}'").text)


def gone(ch, query_id, seconds=5):
    end = time.monotonic() + seconds
    while running(ch, query_id):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_kills_a_query_by_its_id(ch):
    query_id = str(uuid.uuid4())
    with concurrent.futures.ThreadPoolExecutor() as pool:
        slow = pool.submit(ask, ch, SLOW, query_id=query_id, max_execution_time=30)
        while not running(ch, query_id):
            assert not slow.done()
        assert ask(ch, f"KILL QUERY WHERE query_id = '{query_id}' SYNC").status == 200
        reply = slow.result(timeout=10)
    assert reply.headers["X-ClickHouse-Exception-Code"] == "394" and reply.headers["X-ClickHouse-Query-Id"] == query_id and gone(ch, query_id)


@pytest.mark.parametrize("sql, asked", [(SLOW, True), ("SELECT number FROM numbers(100000000000)", True), ("SELECT number FROM numbers(100000000000)", False)])
def test_client_that_leaves_cancels(ch, sql, asked):
    """A query that has sent nothing yet ends only where the client asked for it; one that is sending always does."""
    query_id = str(uuid.uuid4())
    connection = http.client.HTTPConnection("127.0.0.1", ch.port, timeout=30)
    args = {"query_id": query_id, "max_execution_time": 30, "cancel_http_readonly_queries_on_client_close": int(asked)}
    connection.request("POST", "/?" + urllib.parse.urlencode(args), sql, basic("default", "private-secret"))
    while not running(ch, query_id):
        pass
    connection.sock.close()
    connection.close()
    assert gone(ch, query_id)
