"""connection.tls of PostgreSQL: a private server with a certificate of our own making, one without, and what each configuration makes of them."""
import json
import os
import pathlib
import shutil
import tempfile

import pytest

import certificates
from cli import call, call_json
from database import write
from private_pg import PrivatePostgres

TABLE = {"id": "t", "apiName": "things", "database": "pg", "physicalName": "public.thing", "primaryKey": ["id"],
         "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}]}


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="multidb-tls-") as name:
        path = pathlib.Path(name)
        certificates.make(path)
        yield path


def prepare(pg):
    pg.psql("CREATE TABLE thing (id int PRIMARY KEY); INSERT INTO thing VALUES (7); CREATE ROLE holder LOGIN; GRANT SELECT ON thing TO holder")
    return pg


@pytest.fixture(scope="module")
def encrypted(folder):
    """Only encrypted connections, and `holder` only with the client's certificate. The server may read its key, and no other user may."""
    own = pathlib.Path(tempfile.mkdtemp(prefix="multidb-tls-server-"))
    try:
        pg = PrivatePostgres({"ssl": "on", "ssl_cert_file": f"{own}/server.pem", "ssl_key_file": f"{own}/server.key", "ssl_ca_file": f"{own}/ours.pem"})
        for file in ("server.pem", "server.key", "ours.pem"):
            shutil.copy(folder / file, own / file)
        (own / "server.key").chmod(0o600)
        if pg._as:
            for path in (own, *own.iterdir()):
                os.chown(path, pg._as["user"], pg._as["group"])
        with pg:
            pathlib.Path(f"{pg.dir}/data/pg_hba.conf").write_text(
                "local all all trust\nhostssl all holder all cert\nhostssl all all all scram-sha-256\n")
            pg.psql("SELECT pg_reload_conf()")
            yield prepare(pg)
    finally:
        shutil.rmtree(own, ignore_errors=True)


@pytest.fixture(scope="module")
def plain():
    with PrivatePostgres() as pg:
        yield prepare(pg)


def ask(folder, url, tls=None, **more):
    connection = {"url": url, **more}
    if tls is not None:
        connection["tls"] = tls
    config = {"databases": [{"id": "pg", "engine": "postgres", "connection": connection}], "tables": [TABLE], "roles": [{"id": "all", "tables": "*"}]}
    path = write(config, folder / "multidb.json")
    return call_json("query", path, {"from": "things"}, {"role": "all"}, env={"HOME": str(folder)})  # no ~/.postgresql


def by_name(url):
    return url.replace("@127.0.0.1:", "@localhost:")


def answers(result):
    status, answer = result
    return status == 0 and answer["data"] == [{"id": 7}]


def is_refused(result, why):
    status, answer = result
    assert status == 1 and answer["code"] == "CONNECTION_FAILED", answer
    assert why in answer["message"] + answer.get("cause", ""), answer
    assert "private-secret" not in str(answer)


def test_accepts_the_configured_authority(folder, encrypted):
    assert answers(ask(folder, by_name(encrypted.url), {"ca": "ours.pem"}))
    assert answers(ask(folder, by_name(encrypted.url), {"verify": "full", "ca": str(folder / "ours.pem")}))


def test_rejects_another_authority(folder, encrypted):
    is_refused(ask(folder, by_name(encrypted.url), {"ca": "others.pem"}), "certificate verify failed")
    is_refused(ask(folder, by_name(encrypted.url), {"verify": "ca", "ca": "others.pem"}), "certificate verify failed")


def test_rejects_a_private_authority_that_is_not_configured(folder, encrypted):
    status, answer = ask(folder, by_name(encrypted.url), {})
    assert status == 1 and answer["code"] == "CONNECTION_FAILED", answer
    assert "certificate verify failed" in answer.get("cause", "") or "certificate authorities were not found" in answer["message"], answer


def test_rejects_a_certificate_for_another_name(folder, encrypted):
    is_refused(ask(folder, encrypted.url, {"ca": "ours.pem"}), "does not match host name")
    assert answers(ask(folder, encrypted.url, {"verify": "ca", "ca": "ours.pem"}))


def test_accepts_any_certificate_without_verification(folder, encrypted):
    assert answers(ask(folder, encrypted.url, {"verify": "none"}))


@pytest.mark.parametrize("tls", [{"verify": "none"}, {"verify": "ca", "ca": "ours.pem"}, {"ca": "ours.pem"}])
def test_refuses_a_plain_server(folder, plain, tls):
    is_refused(ask(folder, by_name(plain.url), tls), "server does not support SSL")


@pytest.mark.parametrize("parameter", ["sslmode=disable", "sslmode=allow", "sslmode=prefer&gssencmode=prefer"])
def test_url_cannot_weaken_tls(folder, plain, encrypted, parameter):
    is_refused(ask(folder, f"{by_name(plain.url)}?{parameter}", {"ca": "ours.pem"}), "server does not support SSL")
    assert answers(ask(folder, f"{by_name(encrypted.url)}?{parameter}", {"ca": "ours.pem"}))


def test_refuses_tls_on_a_socket(folder, plain):
    url = f"postgresql://postgres@/postgres?host={plain.dir}&port={plain.port}"
    assert answers(ask(folder, url))
    is_refused(ask(folder, url, {"verify": "none"}), "is not encrypted")


def test_url_decides_about_encryption_without_a_tls_section(folder, plain, encrypted):
    assert answers(ask(folder, encrypted.url))  # libpq prefers encryption
    assert answers(ask(folder, plain.url))
    is_refused(ask(folder, f"{encrypted.url}?sslmode=disable"), "no encryption")
    is_refused(ask(folder, f"{plain.url}?sslmode=require"), "server does not support SSL")


def test_presents_a_client_certificate(folder, encrypted):
    url = by_name(encrypted.url_for(user="holder"))
    assert answers(ask(folder, url, {"ca": "ours.pem", "cert": "client.pem", "key": "client.key"}))
    is_refused(ask(folder, url, {"ca": "ours.pem"}), "requires a valid client certificate")
    is_refused(ask(folder, by_name(encrypted.url_for(user="postgres", password="wrong")), {"ca": "ours.pem", "cert": "client.pem", "key": "client.key"}),
               "password authentication failed")


def test_reads_certificate_files_only_when_a_query_runs(folder, encrypted):
    status, answer = ask(folder, by_name(encrypted.url), {"ca": "nowhere.pem"})
    assert status == 1 and answer["code"] == "CONFIG_INVALID", answer
    assert answer["errors"][0]["pointer"] == "/databases/0/connection/tls/ca" and "No such file" in answer["errors"][0]["message"]


def test_keeps_tls_inside_transactions(folder, encrypted):
    assert answers(ask(folder, by_name(encrypted.url), {"ca": "ours.pem"}, pool={"mode": "transaction"}))


def test_the_table_of_a_configuration_is_read_as_its_url_says(folder, encrypted):
    """The connection to a configuration in a table is checked like any other: by the authority and the name that the url asks for."""
    config = {"databases": [{"id": "pg", "engine": "postgres"}], "tables": [TABLE], "roles": []}
    encrypted.psql("CREATE TABLE IF NOT EXISTS multidb_config (name text PRIMARY KEY, version int NOT NULL, document jsonb NOT NULL); "
                   f"INSERT INTO multidb_config VALUES ('metadata', 1, '{json.dumps(config)}') ON CONFLICT DO NOTHING")

    def validate(url, mode, authority):
        return call("validate", "--config", f"{url}?sslmode={mode}&sslrootcert={folder}/{authority}.pem", env={"HOME": str(folder)})
    assert validate(by_name(encrypted.url), "verify-full", "ours").returncode == 0
    assert validate(encrypted.url, "verify-ca", "ours").returncode == 0
    for done in (validate(by_name(encrypted.url), "verify-full", "others"), validate(encrypted.url, "verify-full", "ours"),
                 validate(encrypted.url, "disable", "ours")):
        assert done.returncode == 1
        assert "METADATA_LOAD_FAILED" in done.stderr and "can't connect to database 'configuration'" in done.stderr
