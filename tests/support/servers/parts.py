"""The servers. Each is a Part: start() runs it, ask() tells whether it answers, load() brings the sample data, stop() ends it.

A part keeps what it must know again in `self.known`, a dict that the state file holds: port, process, folder, the data it has.
"""
import hashlib
import http.client
import json
import os
import pathlib
import pwd
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode

import database
import private_redis
from private_pg import PASSWORD, PrivatePostgres, free_port

from . import fetch, process

EXAMPLE = fetch.ROOT / "examples/concept"
CONFIG = json.loads((EXAMPLE / "multidb.stack.json").read_text())
ROWS = json.loads((EXAMPLE / "rows.json").read_text())
SECRET = "private-secret"
READER = "multidb_reader"


def statements(database_id):
    """The sample data of one database, one SQL statement an entry."""
    return database.sample.database_sql(CONFIG, ROWS, database_id)


def wait_until(ask, seconds, what, known=None):
    """Until ask() is true; raises when time is up or the process is gone."""
    end = time.monotonic() + seconds
    while not ask():
        if known and not process.alive(known):
            raise fetch.Unavailable(f"{what} ended while starting")
        if time.monotonic() > end:
            raise fetch.Unavailable(f"{what} does not answer after {seconds} s")
        time.sleep(0.05)


def post(url, body, headers=None, user=None, timeout=120):
    """(status, text) of a POST; GET without a body."""
    request = urllib.request.Request(url, data=body.encode() if body is not None else None, headers=headers or {})
    if user:
        request.add_header("Authorization", "Basic " + b64encode(f"{user}:{SECRET}".encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode(errors="replace")


class Part:
    name = variable = ""
    needs = ()

    def __init__(self, folder, known, everyone):
        self._folder = pathlib.Path(folder) / self.name
        self.known = known
        self.everyone = everyone  # name -> Part

    @property
    def folder(self):
        return self._folder

    @property
    def port(self):
        if not self.known.get("port"):
            self.known["port"] = free_port()
        return self.known["port"]

    @property
    def log(self):
        return self.folder / "log"

    def running(self):
        return process.alive(self.known.get("process"))

    def up(self):
        """Starts it where it does not run. The port stays the same from start to start unless another process has it."""
        if self.running() and self.ask():
            return
        self.stop()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.prepare()
        for attempt in range(3):
            try:
                self.known["process"] = self.start()
                wait_until(self.ask, self.patience, self.name, self.known["process"])
                return
            except fetch.Unavailable:
                self.stop()
                if attempt == 2:
                    raise
                if self.port_taken():
                    self.known.pop("port")

    def port_taken(self):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", self.port))
            except OSError:
                return True
        return False

    patience = 60

    def prepare(self):
        """What must exist before it starts; raises Unavailable where it can't be had."""

    def start(self):
        raise NotImplementedError

    def ask(self):
        raise NotImplementedError

    def sample(self):
        """What load() brings, as anything that JSON can write: when it changes, it is brought again."""
        raise NotImplementedError

    def load(self):
        raise NotImplementedError

    def load_if_changed(self):
        stamp = hashlib.sha256(json.dumps(self.sample(), default=str).encode()).hexdigest()
        if self.known.get("data") != stamp:
            self.known.pop("data", None)
            self.load()
            self.known["data"] = stamp

    def stop(self):
        if self.known.get("process"):
            process.stop(self.known["process"])
        self.known.pop("process", None)

    def forget(self):
        """After stop(): its data go too."""
        shutil.rmtree(self.folder, ignore_errors=True)


# ---- PostgreSQL ----

class Server(PrivatePostgres):
    """A private PostgreSQL whose folder and port stay."""

    def __init__(self, folder, port):
        super().__init__(settings={"wal_level": "logical", "max_connections": "100", "synchronous_commit": "on"})
        self.dir, self.port = str(folder), port

    def prepare(self):
        if self._as:
            os.chown(self.dir, self._as["user"], self._as["group"])
        if not os.path.exists(f"{self.dir}/data/PG_VERSION"):
            shutil.rmtree(f"{self.dir}/data", ignore_errors=True)
            self._initdb()

    def begin(self):
        before = self._read_pid()
        if before and not process.reaped(before):
            os.unlink(f"{self.dir}/data/postmaster.pid")
        if not self._try_start():
            raise fetch.Unavailable("PostgreSQL does not start: " + self._log()[-300:])
        return process.record(self.pid)


class Postgres(Part):
    database_id = ""

    @property
    def folder(self):
        """PostgreSQL does not run as root, and its own user can't look into root's home: then the folder is a temporary one, made by up()."""
        return self._folder if os.getuid() else pathlib.Path(self.known.get("folder", "/nonexistent"))

    def up(self):
        if not os.getuid() and not self.folder.is_dir():
            port = self.known.get("port")
            self.known.clear()
            self.known.update(folder=tempfile.mkdtemp(prefix=f"multidb-stack-{self.name}-"), **({"port": port} if port else {}))
        super().up()

    @property
    def server(self):
        return Server(self.folder, self.port)

    @property
    def database(self):
        return self.name.replace("-", "_")

    def prepare(self):
        try:
            self.server.prepare()
        except (RuntimeError, KeyError) as e:
            raise fetch.Unavailable(f"PostgreSQL: {e}") from e

    def start(self):
        return self.server.begin()

    def ask(self):
        try:
            return self.server.psql("SELECT 1").strip() == "1"
        except RuntimeError:
            return False

    def psql(self, sql, database=None):
        return self.server.psql(sql, database or self.database)

    def exists(self, what, name):
        return self.server.psql(f"SELECT 1 FROM {what} WHERE {'rolname' if what == 'pg_roles' else 'datname'} = '{name}'").strip() == "1"

    def make(self, name):
        if not self.exists("pg_database", name):
            self.server.psql(f"CREATE DATABASE {name}")

    def sample(self):
        return statements(self.name)

    def load(self):
        if not self.exists("pg_roles", READER):
            self.server.psql(f"CREATE ROLE {READER} LOGIN PASSWORD '{SECRET}'")
        self.make(self.database)
        self.psql("CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;\n" + "\n".join(statements(self.name)))
        for schema in self.psql("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'").split():
            self.grant(schema)

    def grant(self, schema):
        """The reader may read all that is there, and what the superuser makes later in it. One who makes a schema grants that one alone:
        two at once on the same one is an error of the server."""
        self.psql(f'GRANT USAGE ON SCHEMA "{schema}" TO {READER}; GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO {READER};'
                  f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema}" GRANT SELECT ON TABLES TO {READER};')

    def url(self):
        return self.server.url_for(self.database, READER, SECRET)

    def admin_url(self):
        return self.server.url_for(self.database)

    def stop(self):
        server = self.known.get("process")
        if server:
            process.stop(server, ((2, 15), (3, 5), (9, 5)))  # fast shutdown, then immediate
        self.known.pop("process", None)


class PgMain(Postgres):
    name, variable = "pg-main", "MULTIDB_PG_MAIN_URL"


class PgTenant(Postgres):
    """Also holds the database where Trino keeps which Iceberg tables there are."""
    name, variable = "pg-tenant", "MULTIDB_PG_TENANT_URL"
    catalog = "iceberg_catalog"
    TABLES = """
        CREATE TABLE IF NOT EXISTS iceberg_tables (catalog_name varchar(255) NOT NULL, table_namespace varchar(255) NOT NULL,
            table_name varchar(255) NOT NULL, metadata_location varchar(1000), previous_metadata_location varchar(1000),
            iceberg_type varchar(5), PRIMARY KEY (catalog_name, table_namespace, table_name));
        CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (catalog_name varchar(255) NOT NULL, namespace varchar(255) NOT NULL,
            property_key varchar(255) NOT NULL, property_value varchar(1000), PRIMARY KEY (catalog_name, namespace, property_key));"""

    def sample(self):
        return [statements(self.name), self.TABLES]

    def load(self):
        super().load()
        self.make(self.catalog)
        self.psql(self.TABLES, self.catalog)


# ---- Redis ----

class Redis(Part):
    """Users 1 and 2 of the sample are in it, user 3 and all products only in the database."""
    name, variable = "redis", "MULTIDB_REDIS_URL"
    patience = 10

    def prepare(self):
        if not shutil.which("redis-server") and not shutil.which("redis-check-rdb"):
            raise fetch.Unavailable("no redis-server: install redis-tools")

    def start(self):
        self.known.pop("data", None)  # nothing survives a restart
        settings = self.folder / "redis.conf"
        settings.write_text(f"bind 127.0.0.1\nport {self.port}\nsave \"\"\nappendonly no\ndir {self.folder}\nrequirepass {SECRET}\n")
        # Debian's redis-tools has the server under this name; redis-server would bring a service along.
        program = shutil.which("redis-server") or shutil.which("redis-check-rdb")
        return process.spawn(["redis-server", settings], self.log, executable=program)

    def command(self, *words):
        """One command, its reply as the protocol has it (without the type of a bulk string)."""
        return private_redis.ask(self.port, SECRET, words)[0]

    def ask(self):
        try:
            return self.command("PING") == "+PONG"
        except (OSError, RuntimeError, ValueError):
            return False

    def sample(self):
        columns = ROWS["users"]["columns"]
        rows = [dict(zip(columns, row)) for row in ROWS["users"]["rows"]]
        return {f"users:{row['id']}": json.dumps({"$v": 1, "row": row}, ensure_ascii=False, separators=(",", ":"))
                for row in rows if row["id"] in (1, 2)}

    def load(self):
        self.command("FLUSHALL")
        for key, value in self.sample().items():
            self.command("SET", key, value)

    def url(self):
        return f"redis://:{SECRET}@127.0.0.1:{self.port}/0"


# ---- ClickHouse ----

class ClickHouse(Part):
    name, variable = "clickhouse", "MULTIDB_CH_ANALYTICS_URL"

    def up(self):
        fetch.libchdb()
        program = str(fetch.chhttpd())  # its name changes with its source
        if self.known.get("program") != program:
            self.stop()
        self.known["program"] = program
        super().up()

    def start(self):
        return process.spawn([self.known["program"], "--library", fetch.libchdb(), "--path", self.folder / "data", "--port", self.port], self.log,
                             env={"CHHTTPD_PASSWORD": SECRET})

    def query(self, sql, **args):
        status, text = post(f"http://127.0.0.1:{self.port}/?" + urllib.parse.urlencode(args), sql, user="default")
        if status != 200:
            raise RuntimeError(f"ClickHouse: {status} {text}")
        return text

    def ask(self):
        try:
            return self.query("SELECT 1") == "1\n"
        except (OSError, RuntimeError, http.client.HTTPException):
            return False

    def sample(self):
        return statements("ch-analytics")

    def load(self):
        for statement in self.sample():
            self.query(statement)

    def url(self):
        return f"http://default:{SECRET}@127.0.0.1:{self.port}/default"
