"""How the current rows of a replica must be read, from the configuration alone, and how a parsed statement reads them.

What is demanded of each table reference that names a replica with a layout:

* read final: FINAL behind the table, on ClickHouse; read latest (and what is final elsewhere): a sub-query of bare columns without any condition, which takes of each
  key the row with the newest version, NULLs last, of equal versions a deleted one;
* the rows that are marked as deleted are left out by a conjunct of their own, beside the row filters;
* on ClickHouse the settings without which hidden rows come back, in each statement that reads a replica.
"""
from sqlglot import exp

from lite_values import bare, is_one_value, unguarded

SHORT = {
    "peerdb": {"rows": "replacing", "version": "_peerdb_version", "deleted": {"column": "_peerdb_is_deleted", "is": 1}, "nulls": "defaults"},
    "altinity": {"rows": "replacing", "version": "_version", "deleted": {"column": "is_deleted", "is": 1}},
    "altinity-sign": {"rows": "replacing", "version": "_version", "deleted": {"column": "_sign", "is": -1}},
    "airbyte": {"rows": "replacing", "version": "_airbyte_extracted_at", "deleted": {"column": "_ab_cdc_deleted_at", "notNull": True}},
    "iceberg-append": {"rows": "append", "version": ["__source_ts_ns", "__lsn"], "deleted": {"column": "__deleted", "is": "true"}},
    "iceberg-upsert": {"rows": "plain", "deleted": {"column": "__deleted", "is": "true"}},
}
SETTINGS = {"do_not_merge_across_partitions_select_final": "0", "use_skip_indexes_if_final_exact_mode": "1", "optimize_move_to_prewhere_if_final": "0",
            "defer_partition_pruning_after_final": "1"}
USUAL = {"plain": "asIs", "replacing": "final", "append": "latest"}
ROW_NUMBER = "multidb_row_number"


class Layout:
    """A replica's layout; names: physical names by apiName."""

    def __init__(self, sync, table, names):
        written = sync.get("layout") or {}
        self.members = SHORT[written] if isinstance(written, str) else written
        self.read = self.members.get("read") or USUAL[self.members.get("rows", "plain")]
        version = self.members.get("version") or []
        self.version = [version] if isinstance(version, str) else version
        self.deleted = self.members.get("deleted")
        by_sort_key = self.members.get("keyMoves") == "deleted" and self.members.get("sortKey")
        self.key = [names.get(api) for api in by_sort_key or table["primaryKey"]]

    def reading(self, dialect):
        return "latest" if self.read == "final" and dialect != "clickhouse" else self.read

    def is_mark(self, node, alias, value):
        """Does the condition leave out the rows that are marked as deleted? value: of a parameter's node."""
        while isinstance(node, exp.Paren):
            node = node.this
        mark = self.deleted
        if "notNull" in mark:
            return self._is_null(node, alias)
        if "isNot" in mark:
            return self._compares(node, exp.EQ, alias, value, mark["isNot"])
        return isinstance(node, exp.Or) and self._compares(node.left, exp.NEQ, alias, value, mark["is"]) and self._is_null(node.right, alias)

    def _compares(self, node, kind, alias, value, wanted):
        node = unguarded(node)
        if kind is exp.EQ and is_one_value(node):
            return self._is_column(bare(node.this), alias) and _same(value(node.expressions[0]), wanted)
        return isinstance(node, kind) and self._is_column(bare(node.left), alias) and _same(value(node.right), wanted)

    def _is_column(self, node, alias):
        return isinstance(node, exp.Column) and node.table == alias and node.name == self.deleted["column"]

    def _is_null(self, node, alias):
        return isinstance(node, exp.Is) and not node.args.get("negate") and isinstance(node.expression, exp.Null) and self._is_column(node.this, alias)

    def check_latest(self, key, order, alias, value):
        """The key by which rows are distinguished, and the order in which the first of them is taken."""
        assert [c.name for c in key] == self.key, f"the latest rows of {alias} are found by {[c.name for c in key]}, not by {self.key}"
        wanted = len(self.version) + bool(self.deleted)
        assert len(order) == wanted, f"the latest rows of {alias} are ordered by {len(order)} expressions, not by {wanted}"
        for sorted_by, name in zip(order, self.version):
            is_version = isinstance(sorted_by.this, exp.Column) and sorted_by.this.name == name
            assert is_version and sorted_by.args.get("desc") and not sorted_by.args.get("nulls_first"), f"{sorted_by.sql()} is not {name}, newest first"
        if self.deleted:
            last = order[-1]
            case = last.this
            assert isinstance(case, exp.Case) and not last.args.get("desc") and case.args["default"].name == "0" and len(case.args["ifs"]) == 1, last.sql()
            test = case.args["ifs"][0]
            assert test.args["true"].name == "1" and self.is_mark(test.this, alias, value), f"{last.sql()} does not put deleted rows first"


def _same(given, wanted):
    return type(given) in (type(wanted), str) and str(given).lower() == str(wanted).lower()


def _from(select):
    return (select.args.get("from_") or select.args.get("from")).this


def _only(select, *clauses):
    """Has the sub-query no other clauses?"""
    found = {name for name, value in select.args.items() if value and name not in ("expressions", "from_", "from", "kind")}
    assert found == set(clauses), f"{sorted(found)} in a sub-query of the latest rows: {select.sql()}"


def reading_of(node):
    """(the base table's node, "asIs", "final" or "latest", key, order) of what stands in FROM or JOIN; None: no table of the configuration."""
    if isinstance(node, exp.Final):
        return node.this, "final", [], []
    if not isinstance(node, exp.Subquery) or not isinstance(node.this, exp.Select):
        return (node, "asIs", [], []) if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier) else None
    select, alias = node.this, node.alias
    inner, limit = _from(select), select.args.get("limit")
    if isinstance(inner, exp.Subquery):
        if ROW_NUMBER not in [e.alias for e in inner.this.expressions]:
            return None
        _only(select, "where")
        where = select.args["where"].this
        assert isinstance(where, exp.EQ) and where.left.name == ROW_NUMBER and where.right.name == "1", f"{where.sql()} in a sub-query of the latest rows"
        numbered = inner.this
        _only(numbered)
        *columns, number = numbered.expressions
        window = number.this
        assert number.alias == ROW_NUMBER and isinstance(window, exp.Window) and isinstance(window.this, exp.RowNumber)
        key, order, base = window.args["partition_by"], window.args["order"].expressions, _from(numbered)
    else:
        if not limit or not limit.expressions:
            return None
        _only(select, "order", "limit")
        columns, base = select.expressions, inner
        assert limit.expression.name == "1"
        key, order = limit.expressions, select.args["order"].expressions
    for column in [*select.expressions, *columns]:
        assert isinstance(column, exp.Column) and column.table == alias, f"{column.sql()} in a sub-query of the latest rows"
    assert isinstance(base, exp.Table) and base.alias == alias
    return base, "latest", key, order


def check_settings(tree):
    given = {s.left.name: s.right.name for s in tree.args.get("settings") or []}
    lacking = {name: value for name, value in SETTINGS.items() if given.get(name) != value}
    assert not lacking, f"a replica is read without the settings {lacking}"
