"""Trino with a catalog for each database of the sample; Iceberg's tables are files in a folder of the stack, made through Trino itself."""
import concurrent.futures
import hashlib
import http.client
import json
import time

from . import fetch, process
from .parts import PASSWORD, READER, SECRET, Part, post, statements

HEADERS = {"X-Trino-User": "multidb", "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME"}


class Trino(Part):
    name, variable = "trino", "MULTIDB_TRINO_URL"
    needs = ("pg-tenant",)  # which Iceberg tables there are is written there
    patience = 300

    def settings(self):
        """File -> its lines."""
        data = self.folder / "data"
        main, tenant, ch = (self.everyone[name] for name in ("pg-main", "pg-tenant", "clickhouse"))
        return {
            "config.properties": [
                "coordinator=true", "node-scheduler.include-coordinator=true", f"http-server.http.port={self.port}",
                f"discovery.uri=http://127.0.0.1:{self.port}", f"plugin.dir={fetch.trino()}/plugin", f"catalog.config-dir={self.folder}/catalog",
                "query.max-memory=512MB", "query.max-memory-per-node=256MB"],
            "node.properties": ["node.environment=test", "node.id=stack", f"node.data-dir={data}", "node.internal-address=127.0.0.1", "node.bind-ip=127.0.0.1"],
            "log.properties": [f"{logger}=WARN" for logger in ("io.trino", "io.airlift", "Bootstrap", "org.apache.iceberg", "com.clickhouse")],
            "catalog/pg_main.properties": self._postgres(main),
            "catalog/pg_tenant.properties": self._postgres(tenant),
            "catalog/ch_analytics.properties": [
                "connector.name=clickhouse", f"connection-url=jdbc:clickhouse://127.0.0.1:{ch.port}/?compress=0", "connection-user=default",
                f"connection-password={SECRET}", "clickhouse.map-string-as-varchar=true", "case-insensitive-name-matching=true",
                # DateTime64 is left out otherwise: as text it can at least be cast
                "unsupported-type-handling=CONVERT_TO_VARCHAR"],
            "catalog/iceberg_archive.properties": [
                "connector.name=iceberg", "iceberg.catalog.type=jdbc", "iceberg.jdbc-catalog.driver-class=org.postgresql.Driver",
                f"iceberg.jdbc-catalog.connection-url=jdbc:postgresql://127.0.0.1:{tenant.port}/{tenant.catalog}",
                "iceberg.jdbc-catalog.connection-user=postgres", f"iceberg.jdbc-catalog.connection-password={PASSWORD}",
                "iceberg.jdbc-catalog.catalog-name=iceberg_archive", "iceberg.jdbc-catalog.default-warehouse-dir=local:///iceberg",
                "fs.native-local.enabled=true", f"local.location={data}/warehouse"],
        }

    @staticmethod
    def _postgres(part):
        # numeric without a precision is shown only when told how many digits it has
        return ["connector.name=postgresql", f"connection-url=jdbc:postgresql://127.0.0.1:{part.port}/{part.database}", f"connection-user={READER}",
                f"connection-password={SECRET}", "postgresql.array-mapping=AS_ARRAY", "decimal-mapping=ALLOW_OVERFLOW", "decimal-default-scale=18",
                "decimal-rounding-mode=HALF_UP", "case-insensitive-name-matching=true"]

    def up(self):
        """It reads its settings when it starts: other ports of the others mean another start."""
        fetch.java(), fetch.trino()
        stamp = hashlib.sha256(json.dumps(self.settings()).encode()).hexdigest()
        if self.known.get("settings") != stamp:
            self.stop()
        self.known["settings"] = stamp
        super().up()
        self.known["settings"] = hashlib.sha256(json.dumps(self.settings()).encode()).hexdigest()

    def prepare(self):
        (self.folder / "data/warehouse").mkdir(parents=True, exist_ok=True)

    def start(self):
        for name, lines in self.settings().items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(lines) + "\n")
            path.chmod(0o600)
        node = [f"-D{line}" for line in self.settings()["node.properties"]]
        return process.spawn([fetch.java(), "-server", "-Xmx1G", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError",
                              "-Djdk.attach.allowAttachSelf=true", *node, f"-Dconfig={self.folder}/config.properties",
                              f"-Dlog.levels-file={self.folder}/log.properties", "-cp", f"{fetch.trino()}/lib/*", "io.trino.server.TrinoServer"],
                             self.log, cwd=self.folder)

    @staticmethod
    def _page(url, body=None):
        status, text = post(url, body, HEADERS)
        while status == 503:
            time.sleep(0.1)
            status, text = post(url, body, HEADERS)
        if status != 200:
            raise RuntimeError(f"Trino: {status} {text[:300]}")
        page = json.loads(text)
        if "error" in page:
            raise RuntimeError(f"Trino: {page['error']['errorName']}: {page['error']['message']}")
        return page

    def query(self, sql):
        """All rows; raises with Trino's text. Just after its start it may not have found itself yet."""
        for _ in range(60):
            try:
                return self._query(sql)
            except RuntimeError as e:
                if "NO_NODES_AVAILABLE" not in str(e):
                    raise
                time.sleep(0.5)
        raise RuntimeError("Trino: no node in 30 s")

    def _query(self, sql):
        page = self._page(f"http://127.0.0.1:{self.port}/v1/statement", sql)
        rows = page.get("data", [])
        while "nextUri" in page:
            page = self._page(page["nextUri"])
            rows += page.get("data", [])
        return rows

    def ask(self):
        try:
            status, text = post(f"http://127.0.0.1:{self.port}/v1/info", None, timeout=5)
            return status == 200 and not json.loads(text)["starting"] and self.query("SELECT 1") == [[1]]
        except (OSError, RuntimeError, ValueError, http.client.HTTPException):
            return False

    def sample(self):
        return statements("iceberg-archive")

    def load(self):
        for statement in self.sample():
            self.query(statement.rstrip(";"))

    def warm(self):
        """The first use of a catalog takes seconds: they are ours, not the first test's."""
        tables = {"pg-main": "pg_main.public.users", "pg-tenant": "pg_tenant.public.tenants", "clickhouse": "ch_analytics.default.metrics"}
        wanted = [table for name, table in tables.items() if self.everyone[name].running()]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda table: self.query(f"SELECT count(*) FROM {table}"), wanted))

    def url(self):
        return f"http://multidb@127.0.0.1:{self.port}"
