"""What a database holds that no metadata names, in a generated world: columns that are not declared, their indexes and collations, and the order in which rows are stored.

    world.unseen = Unseen(world.seed, seed, collations)      place.py then makes it

Accepts two seeds. Of the first come columns and indexes: they are a table's definition, and the same in two worlds that are compared. Of the second come the values of
these columns, their collations, and the order in which rows are stored, as far as a key puts them into another. collations: {table id: {apiName: collation}} of declared
columns. Promises that the declared columns hold what they held.
"""
import random

import database

COLLATIONS = {"sqlite": ["BINARY", "NOCASE", "RTRIM"], "postgres": ['"C"', '"POSIX"', '"default"']}
MOST = 2  # columns of a table


class Unseen:
    def __init__(self, definition, values, collations=None):
        self.definition, self.values, self.collations = definition, values, collations or {}

    def drawn(self, of, table):
        """The same whenever it is asked again."""
        return random.Random(f"unseen {of} {table['id']}")

    def describe(self, config, engine):
        """The declared columns get their collations. Answers the configuration."""
        for table in config["tables"]:
            for column in table["columns"]:
                collation = self.collations.get(table["id"], {}).get(column["apiName"])
                if collation is not None and engine in COLLATIONS:
                    column["sqlType"] = f"TEXT COLLATE {COLLATIONS[engine][collation % 3]}"
        return config

    def stored(self, config, rows):
        """The rows in the order in which they are stored; without a key the order may show."""
        out = {}
        for table in config["tables"]:
            data = rows[table["id"]]
            out[table["id"]] = {**data, "rows": self.drawn(self.values, table).sample(data["rows"], len(data["rows"]))} if table["primaryKey"] else data
        return out

    def columns(self, table):
        return [f"unseen{i}" for i in range(self.drawn(self.definition, table).randint(1, MOST))]

    def indexed(self, table):
        """Lists of columns: one of an undeclared column before declared ones, which a plan may read in place of the table, and one of any two."""
        r, own, names = self.drawn(f"indexes {self.definition}", table), self.columns(table), [c["physicalName"] for c in table["columns"]]
        yield [own[0], *r.sample(names, r.randint(0, len(names)))]
        yield r.sample([own[-1], r.choice(names)], 2)

    def sqlite(self, table):
        name, r = database.sample.ident(table["physicalName"]), self.drawn(self.values, table)
        for column in self.columns(table):
            yield f"ALTER TABLE {name} ADD COLUMN {column} TEXT COLLATE {r.choice(COLLATIONS['sqlite'])};"
            yield f"UPDATE {name} SET {column} = substr('aAbB c', 1 + abs(rowid % 1000 * {r.randint(1, 99)} + {r.randint(0, 99)}) % 6, 1);"
        for i, columns in enumerate(self.indexed(table)):
            index = database.sample.quoted(f"unseen {table['id']} {i}")
            yield f"CREATE INDEX {index} ON {name} ({', '.join(map(database.sample.quoted, columns))});"

    def postgres(self, table):
        """The table is stored in the order of the first undeclared column."""
        name, r = database.sample.ident(table["physicalName"]), self.drawn(self.values, table)
        for column in self.columns(table):
            yield f"ALTER TABLE {name} ADD COLUMN {column} text COLLATE {r.choice(COLLATIONS['postgres'])};"
            yield f"UPDATE {name} AS t SET {column} = substr(md5(t::text || '{r.random()}'), 1, 2);"
        index = database.sample.quoted(f"unseen {table['id']}")
        yield f"CREATE INDEX {index} ON {name} (unseen0); CLUSTER {name} USING {index};"

    def clickhouse(self, table):
        """So is it here: the sort key is that column."""
        name, r = database.sample.ident(table["physicalName"], "clickhouse"), self.drawn(self.values, table)
        other = database.sample.ident(table["physicalName"] + "_", "clickhouse")
        columns = ", ".join(f"ifNull(toString(cityHash64(*, {r.randint(0, 10**9)}) % 97), '') AS {column}" for column in self.columns(table))
        yield f"CREATE TABLE {other} ENGINE = MergeTree ORDER BY unseen0 AS SELECT *, {columns} FROM {name}"
        yield f"DROP TABLE {name}"
        yield f"RENAME TABLE {other} TO {name}"
