"""What servers of tests, which answer every statement alike, say to the statement that reads a table's columns from the catalog.

    if asks(body): page = trino_page([("id", "integer")])         text = clickhouse_text([("id", "Int32")])
"""
import json

OUTPUTS = ["text"] * 4 + ["texts"] + ["flag"] * 5 + ["text"] * 4  # enum md_catalog_output
TRINO = {"text": "varchar", "texts": "array(varchar)", "flag": "boolean"}
CLICKHOUSE = {"text": "String", "texts": "Array(String)", "flag": "Bool"}


def asks(body):
    return b"information_schema.columns" in body or b"system.columns" in body


def rows(columns):
    return [[name, kind, kind, "", [], True, False, True, True, False, "", "", "", ""] for name, kind in columns]


def trino_page(columns):
    named = [{"name": f"c{i}", "type": TRINO[kind], "typeSignature": {"rawType": TRINO[kind].partition("(")[0], "arguments": []}} for i, kind in enumerate(OUTPUTS)]
    return {"id": "q1", "columns": named, "data": rows(columns), "stats": {"state": "FINISHED"}}


def clickhouse_text(columns):
    head = [[f"c{i}" for i in range(len(OUTPUTS))], [CLICKHOUSE[kind] for kind in OUTPUTS]]
    return "".join(json.dumps(line) + "\n" for line in head + rows(columns))
