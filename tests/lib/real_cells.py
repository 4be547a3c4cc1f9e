"""What became of a use of a column (an operator, an order, a sum …) by its declared type and its real type: the cells of the second table of docs/conformance.md.
Tests note them in the report of their run, and tools/make-conformance reads them there.

A cell is the set of all outcomes: RIGHT, and the codes of refusals. A use that gave other rows, or an error of a database, has no cell: its test fails."""
import json

PROPERTY = "real type"
RIGHT = "right"
NOT_DETECTED = "not detected"  # a limit: nothing tells such a column from one of another type, and its page says so
REFUSALS = {"UNSUPPORTED", "TYPE_MISMATCH", "INVALID_VALUE", "INVALID_CONTEXT", "COMPARISON_DIFFERS", "UNREACHABLE_TABLES", "PLANNED_OTHERWISE"}
ENGINES = ["PostgreSQL", "ClickHouse", "SQLite", "PostgreSQL through Trino", "ClickHouse through Trino", "Iceberg through Trino"]
ORDERED = (">", "<", ">=", "<=", "between", "notBetween")
TEXT_OPERATORS = ("like", "notLike", "ilike", "notIlike", "contains", "notContains", "icontains", "notIcontains", "startsWith", "istartsWith", "endsWith", "iendsWith",
                  "levenshteinLte")
# every use, in the order in which the page names them
USES = ["selected", "isNull", "isNotNull", "=", "!=", "in", "notIn", "row filter", *ORDERED, *TEXT_OPERATORS, "= column", "> column", "join", "exists",
        "groupBy", "distinct", "countDistinct", "orderBy", "page", "min", "max", "sum", "avg"]
NUMBERS = ("int", "bigint", "float", "decimal")
WITHOUT_ORDER = ("boolean", "uuid")


def uses_of(declared):
    """What is asked of a column of that type."""
    unasked = set()
    if declared != "string":
        unasked |= set(TEXT_OPERATORS)
    if declared in WITHOUT_ORDER:
        unasked |= {*ORDERED, "> column", "min", "max"}
    if declared not in NUMBERS:
        unasked |= {"sum", "avg"}
    return [use for use in USES if use not in unasked]


class Cells:
    """The outcomes of one column."""

    def __init__(self):
        self.by_use = {}

    def add(self, use, outcome):
        assert use in USES, use
        self.by_use.setdefault(use, set()).add(outcome)

    def note(self, record_property, engine, declared, real, is_named, reason):
        """real: as the database spells it. is_named: the configuration has its databaseType. reason: why anything is refused."""
        assert engine in ENGINES, engine
        cells = {use: sorted(outcomes) for use, outcomes in self.by_use.items()}
        record_property(PROPERTY, json.dumps([engine, declared, real, is_named, cells, reason], ensure_ascii=False))
