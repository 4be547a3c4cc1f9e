"""The tables of the comparison with hand-written SQL: ten tables of a shop with a million rows, the same ones on every engine.

Every value is a formula of its row's number, so that two runs compare the same rows. `scale` divides the numbers of rows."""
import datetime
import uuid

STATUSES = ["open", "paid", "shipped", "cancelled", "refunded"]
COUNTRIES = ["AT", "BR", "DE", "ES", "FR", "GB", "IN", "JP", "KE", "MX", "NL", "PL", "SE", "TR", "US", "ZA"]
EPOCH = datetime.datetime(2022, 1, 1)


def mixed(i, salt):
    """A number of 32 bits that looks random."""
    x = (i * 2654435761 + salt * 40503) & 0xFFFFFFFF
    x ^= x >> 15
    x = (x * 2246822519) & 0xFFFFFFFF
    return x ^ (x >> 13)


def moment(i, salt, days):
    return EPOCH + datetime.timedelta(seconds=mixed(i, salt) % (days * 86400), microseconds=mixed(i, salt + 1) % 1000000)


def cents(i, salt, most):
    n = mixed(i, salt) % most
    return f"{n // 100}.{n % 100:02}"


def day(i, salt, days):
    return (EPOCH + datetime.timedelta(days=mixed(i, salt) % days)).date()


class Column:
    def __init__(self, name, type, value, nullable=False, indexed=False):
        self.name, self.type, self.value, self.nullable, self.indexed = name, type, value, nullable, indexed


class Table:
    def __init__(self, name, rows, key, columns, relations=()):
        self.name, self.n, self.key, self.columns, self.relations = name, rows, key, columns, relations

    def rows(self):
        makers = [c.value for c in self.columns]
        return ([make(i) for make in makers] for i in range(1, self.n + 1))


def tables(scale=1):
    n = {name: max(rows // scale, 50) for name, rows in {
        "customers": 20000, "products": 5000, "orders": 150000, "items": 500000, "payments": 130000, "shipments": 100000,
        "reviews": 60000, "tags": 200, "productTags": 15000}.items()}
    lines = 5  # at most, of one order

    def some(i, salt, of, missing):
        return None if mixed(i, salt + 7) % 100 < missing else 1 + mixed(i, salt) % of
    return [
        Table("tenants", 50, ["id"], [
            Column("id", "int", lambda i: i), Column("name", "string", lambda i: f"Tenant {i}")]),
        Table("customers", n["customers"], ["id"], [
            Column("id", "bigint", lambda i: i),
            Column("tenantId", "int", lambda i: 1 + mixed(i, 1) % 50, indexed=True),
            Column("email", "string", lambda i: f"User{mixed(i, 2) % 100000:05}.{i}@Example{i % 7}.com"),
            Column("country", "string", lambda i: COUNTRIES[mixed(i, 3) % 16]),
            Column("created", "timestamp", lambda i: moment(i, 4, 700)),
            Column("credit", "decimal", lambda i: cents(i, 5, 1000000), nullable=True)], [("tenantId", "tenants", "id")]),
        Table("products", n["products"], ["id"], [
            Column("id", "int", lambda i: i),
            Column("sku", "string", lambda i: f"SKU-{mixed(i, 6):08X}"),
            Column("category", "string", lambda i: f"category {mixed(i, 7) % 40}"),
            Column("price", "decimal", lambda i: cents(i, 8, 50000)),
            Column("active", "boolean", lambda i: mixed(i, 9) % 10 > 0)]),
        Table("orders", n["orders"], ["id"], [
            Column("id", "bigint", lambda i: i),
            Column("customerId", "bigint", lambda i: 1 + mixed(i, 10) % n["customers"], indexed=True),
            Column("status", "string", lambda i: STATUSES[min(mixed(i, 11) % 8, 4)]),
            Column("placed", "timestamp", lambda i: moment(i, 12, 1000)),
            Column("total", "decimal", lambda i: cents(i, 13, 200000)),
            Column("note", "string", lambda i: None if mixed(i, 14) % 3 else f"Note {mixed(i, 15) % 1000}", nullable=True)],
              [("customerId", "customers", "id")]),
        Table("items", n["items"], ["orderId", "line"], [
            Column("orderId", "bigint", lambda i: 1 + (i - 1) // lines), Column("line", "int", lambda i: 1 + (i - 1) % lines),
            Column("productId", "int", lambda i: 1 + mixed(i, 16) % n["products"], indexed=True),
            Column("quantity", "int", lambda i: 1 + mixed(i, 17) % 12),
            Column("price", "decimal", lambda i: cents(i, 18, 50000))],
              [("orderId", "orders", "id"), ("productId", "products", "id")]),
        Table("payments", n["payments"], ["id"], [
            Column("id", "uuid", lambda i: str(uuid.UUID(int=mixed(i, 19) << 96 | mixed(i, 20) << 64 | i))),
            Column("orderId", "bigint", lambda i: some(i, 21, n["orders"], 5), nullable=True, indexed=True),
            Column("method", "string", lambda i: ["card", "transfer", "cash"][mixed(i, 22) % 3]),
            Column("amount", "decimal", lambda i: cents(i, 23, 200000)),
            Column("paidOn", "date", lambda i: day(i, 24, 1000))], [("orderId", "orders", "id")]),
        Table("shipments", n["shipments"], ["id"], [
            Column("id", "bigint", lambda i: i),
            Column("orderId", "bigint", lambda i: 1 + mixed(i, 25) % n["orders"], indexed=True),
            Column("warehouse", "int", lambda i: 1 + mixed(i, 26) % 12),
            Column("weight", "float", lambda i: (mixed(i, 27) % 100000) / 64),
            Column("shipped", "timestamp", lambda i: moment(i, 28, 1000), nullable=True)], [("orderId", "orders", "id")]),
        Table("reviews", n["reviews"], ["id"], [
            Column("id", "bigint", lambda i: i),
            Column("productId", "int", lambda i: 1 + mixed(i, 29) % n["products"], indexed=True),
            Column("customerId", "bigint", lambda i: 1 + mixed(i, 30) % n["customers"], indexed=True),
            Column("stars", "int", lambda i: 1 + mixed(i, 31) % 5),
            Column("text", "string", lambda i: f"{['good', 'Great', 'poor', 'fine'][i % 4]} thing {mixed(i, 32) % 5000}")],
              [("productId", "products", "id"), ("customerId", "customers", "id")]),
        Table("tags", n["tags"], ["id"], [
            Column("id", "int", lambda i: i), Column("label", "string", lambda i: f"tag {i}")]),
        Table("productTags", n["productTags"], ["productId", "tagId"], [
            Column("productId", "int", lambda i: 1 + (i - 1) // 3 % n["products"]),
            Column("tagId", "int", lambda i: 1 + (i * 7 + i // 3) % n["tags"], indexed=True)],
              [("productId", "products", "id"), ("tagId", "tags", "id")]),
    ]


TYPES = {
    "postgres": {"int": "integer", "bigint": "bigint", "string": "text", "decimal": "numeric(12,2)", "boolean": "boolean", "uuid": "uuid",
                 "date": "date", "timestamp": "timestamp without time zone", "float": "double precision"},
    "clickhouse": {"int": "Int32", "bigint": "Int64", "string": "String", "decimal": "Decimal(12, 2)", "boolean": "Bool", "uuid": "UUID",
                   "date": "Date", "timestamp": "DateTime64(6, 'UTC')", "float": "Float64"},
    "sqlite": {"int": "INTEGER", "bigint": "INTEGER", "string": "TEXT", "decimal": "TEXT", "boolean": "INTEGER", "uuid": "TEXT",
               "date": "TEXT", "timestamp": "TEXT", "float": "REAL"},
}


def database_type(engine, column):
    name = TYPES[engine][column.type]
    return f"Nullable({name})" if engine == "clickhouse" and column.nullable else name


def create(engine, table):
    """The statement that makes the table, with its key."""
    lines = [f'"{c.name}" {database_type(engine, c)}' + ("" if c.nullable or engine == "clickhouse" else " NOT NULL") for c in table.columns]
    key = ", ".join(f'"{name}"' for name in table.key)
    if engine == "clickhouse":
        return f'CREATE TABLE "{table.name}" ({", ".join(lines)}) ENGINE = MergeTree ORDER BY ({key})'
    return f'CREATE TABLE "{table.name}" ({", ".join(lines)}, PRIMARY KEY ({key}))'


def indexes(table):
    return [f'CREATE INDEX "{table.name}_{c.name}" ON "{table.name}" ("{c.name}")' for c in table.columns if c.indexed]


def config(engine, url, all_tables, with_indexes):
    return {
        "databases": [{"id": "main", "engine": engine, "connection": {"url": url}}],
        "tables": [{
            "id": t.name, "apiName": t.name, "database": "main", "physicalName": t.name if engine == "sqlite" else f"{schema(engine)}.{t.name}",
            "primaryKey": t.key,
            "columns": [{"apiName": c.name, "physicalName": c.name, "type": c.type, "nullable": c.nullable,
                         "databaseType": database_type(engine, c), "indexed": with_indexes and c.indexed} for c in t.columns],
            "relations": [{"column": a, "references": {"table": b, "column": k}, "type": "many-to-one"} for a, b, k in t.relations],
        } for t in all_tables],
        "roles": [{"id": "admin", "tables": "*"}],
        "limits": {"rows": 10000000, "ids": 20000},
    }


def schema(engine):
    return {"postgres": "public", "clickhouse": "default"}[engine]
