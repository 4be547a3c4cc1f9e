"""The evaluator itself: small cases whose answers were worked out by hand."""
import copy
import pathlib
import sys
from decimal import Decimal

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from access import HIDDEN, MASKED, Access, mask  # noqa: E402
from compare import rows_differ  # noqa: E402
from evaluator import Evaluator, Refusal  # noqa: E402
from generate import World  # noqa: E402
from grouping import bucket  # noqa: E402
from operators import compare_columns, fold, holds, lower  # noqa: E402
from questions import Questions  # noqa: E402
from rows import is_key  # noqa: E402
from values import Invalid, float_text, read, shown  # noqa: E402


def column(name, of, nullable=False, **more):
    return {"apiName": name, "physicalName": name, "type": of, "nullable": nullable, **more}


def by(column_name, key, op="="):
    return {"column": column_name, "operator": op, "valueFrom": "context", "contextKey": key}


CONFIG = {
    "databases": [{"id": "main", "engine": "sqlite"}],
    "tables": [
        {"id": "o", "apiName": "orders", "database": "main", "physicalName": "o", "primaryKey": ["id"], "columns": [
            column("id", "int"), column("tenant", "int"), column("customerId", "int", True), column("total", "decimal", True, maskingFn="number"),
            column("status", "string"), column("at", "timestamp", True)],
         "relations": [{"column": "customerId", "references": {"table": "customers", "column": "id"}, "type": "many-to-one", "name": "customer"}]},
        {"id": "c", "apiName": "customers", "database": "main", "physicalName": "c", "primaryKey": ["id"], "columns": [
            column("id", "int"), column("tenant", "int"), column("name", "string", True, maskingFn="name"), column("bossId", "int", True)],
         "relations": [{"column": "bossId", "references": {"table": "customers", "column": "id"}, "type": "many-to-one", "name": "boss"}]},
    ],
    "roles": [
        {"id": "admin", "tables": "*"},
        {"id": "tenant", "tables": [{"tableId": t, "allowedColumns": "*", "filters": [by("tenant", "tenant")]} for t in ("o", "c")]},
        {"id": "list", "tables": [{"tableId": t, "allowedColumns": ["id", "status"] if t == "o" else ["id"], "filters": [by("tenant", "tenants", "in")]} for t in ("o", "c")]},
        {"id": "masked", "tables": [{"tableId": "o", "allowedColumns": "*", "maskedColumns": ["total"]}, {"tableId": "c", "allowedColumns": "*", "maskedColumns": ["name"]}]},
        {"id": "ids", "tables": [{"tableId": "o", "allowedColumns": ["id"]}]},
        {"id": "orders-only", "tables": [{"tableId": "o", "allowedColumns": "*"}]},
    ],
}
ROWS = {
    "o": {"columns": ["id", "tenant", "customerId", "total", "status", "at"], "rows": [
        [1, 1, 1, "10.50", "open", "2024-01-01T00:00:00Z"], [2, 1, 1, "4", "paid", "2024-02-29T23:59:59.999999Z"], [3, 1, None, None, "open", None],
        [4, 2, 2, "7", "open", "2023-12-31T23:00:00Z"], [5, 1, 2, "1.25", "Open", "2024-01-07T12:00:00Z"]]},
    "c": {"columns": ["id", "tenant", "name", "bossId"], "rows": [[1, 1, "Ann", None], [2, 2, "Bob", 1], [3, 1, None, 1]]},
}


def ask(definition, role="admin", config=CONFIG, **values):
    context = {"role": role, "contextValues": values} if isinstance(role, str) else {"roles": role, "contextValues": values}
    return Evaluator(config, ROWS).answer(definition, context)


def plain_cell(value):
    return Decimal(value[1]) if isinstance(value, tuple) else value


def data(*args, **more):
    answer = ask(*args, **more)
    assert not isinstance(answer, Refusal), answer
    return [[plain_cell(v) for v in row] for row in answer.rows[answer.first:answer.last]]


def ids(*args, **more):
    return [row[0] for row in data(*args, **more)]


def orders(*filters, **more):
    return {"from": "orders", "columns": ["id"], "orderBy": [{"column": "id", "direction": "asc"}], "filters": list(filters), **more}


def leaf(name, operator, value=None, **more):
    return {"column": name, "operator": operator, **({} if value is None else {"value": value}), **more}


# ---- values and operators ----

@pytest.mark.parametrize("value,text", [(1.0, "1"), (0.1, "0.1"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1e-6, "0.000001"), (1e-7, "1e-7"), (-0.0, "0"),
                                        (1.5e-9, "1.5e-9"), (123456789.125, "123456789.125"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308")])
def test_floats_print_as_javascript_does(value, text):
    assert float_text(value) == text


def test_values_are_shown_canonically():
    assert shown("decimal", read("decimal", "1.500")) == ("#", "1.5") and shown("decimal", read("decimal", "1E+3")) == ("#", "1000")
    assert shown("bigint", 2**63 - 1, "string") == "9223372036854775807"
    assert shown("timestamp", read("timestamp", "2024-03-01T10:00:00.50-03:30")) == "2024-03-01T13:30:00.5Z"
    assert shown("timestamp", read("timestamp", "2024-03-01")) == "2024-03-01T00:00:00Z"
    assert read("int", Decimal("1.0")) == 1 and read("bigint", "5") == 5 and read("uuid", "AAAAAAAA-0000-4000-8000-000000000000")[0] == "a"


@pytest.mark.parametrize("of,value", [("int", 2**31), ("int", 1.5), ("int", "1"), ("int", True), ("bigint", "9223372036854775808"), ("date", "2023-02-29"),
                                      ("timestamp", "2024-01-01T24:00:01Z"), ("string", "a\0"), ("string", 5), ("bytes", "*"), ("boolean", 1), ("uuid", "x")])
def test_refuses_what_is_no_value_of_the_type(of, value):
    with pytest.raises(Invalid):
        read(of, value)


@pytest.mark.parametrize("operator,cell,operand,expected", [
    ("=", None, "a", None), ("!=", None, "a", None), ("isNull", None, None, True), ("is_not_null", None, None, False),
    ("in", "a", ["a", "b"], True), ("notIn", "c", ["a", "b"], True), ("notIn", None, ["a"], None), (">", "a", "Z", True), ("between", "b", {"from": "a", "to": "b"}, True),
    ("notBetween", "b", {"from": "c", "to": "a"}, True), ("like", "a%b", "a\\%_", True), ("like", "axb", "a\\%b", False), ("like", "a\nb", "a_b", True),
    ("like", "ab", "\\ab", True), ("like", "", "%", True), ("like", "A", "a", False), ("ilike", "ÄB", "äb", True), ("notIlike", "ÄB", "ä%", False),
    ("contains", "a%b", "%", True), ("contains", "ab", "%", False), ("contains", "x", "", True), ("contains", None, "", None), ("notContains", "ab", "c", True),
    ("istartsWith", "ÄB", "äb", True), ("iendsWith", "xÄ", "ä", True), ("startsWith", "ab", "b", False),
    ("levenshteinLte", "kitten", {"text": "sitting", "maxDistance": 3}, True), ("levenshteinLte", "kitten", {"text": "sitting", "maxDistance": 2}, False),
    ("levenshteinLte", "x" * 300, {"text": "x", "maxDistance": 2}, False)])
def test_text_operators_find_their_texts(operator, cell, operand, expected):
    assert holds(operator, "string", cell, operand) is expected


def test_array_operators_find_their_arrays():
    cell = read("int[]", [1, 2, 2])
    assert holds("arrayContains", "int[]", cell, 2) and not holds("arrayContains", "int[]", cell, 3)
    assert holds("arrayContainsAll", "int[]", cell, [2, 1]) and not holds("arrayContainsAll", "int[]", cell, [1, 3]) and holds("arrayContainsAny", "int[]", cell, [3, 1])
    assert holds("arrayIsEmpty", "int[]", (), None) and holds("arrayIsNotEmpty", "int[]", cell, None) and holds("arrayIsEmpty", "int[]", None, None) is None


def test_folds_case_character_by_character():
    assert fold("ẞ") == "ß" and fold("ß") == "ß" and fold("Σς") == "σσ" and len(fold("İﬁ")) == 2


def test_equal_decimals_are_equal_and_big_ones_exact():
    assert holds("=", "decimal", read("decimal", "1.10"), "1.1")
    assert not holds("=", "decimal", read("decimal", "99999999999999999999.999999999"), "100000000000000000000")
    assert holds("!=", "bigint", 2**53 + 1, 2**53)


# ---- filters, NULL, groups ----

def test_null_makes_a_comparison_unknown():
    assert ids(orders(leaf("total", ">", 5))) == [1, 4]
    assert ids(orders({"logic": "and", "not": True, "conditions": [leaf("total", ">", 5)]})) == [2, 5]  # unknown stays unknown
    assert ids(orders({"logic": "or", "conditions": [leaf("total", ">", 5), leaf("status", "=", "open")]})) == [1, 3, 4]
    assert ids(orders({"logic": "and", "not": True, "conditions": [leaf("total", ">", 5), leaf("status", "=", "paid")]})) == [1, 2, 3, 4, 5]  # false and unknown is false


def test_compares_columns_of_different_types():
    assert ids(orders({"column": "id", "operator": "=", "refColumn": "customerId"})) == [1]
    assert ids(orders({"column": "total", "operator": ">", "refColumn": "id"})) == [1, 2, 4]


def test_a_float_beside_another_number_is_the_decimal_that_is_shown():
    assert compare_columns("=", "float", 0.1, "decimal", Decimal("0.1")) and not compare_columns("=", "float", 0.1, "decimal", Decimal(0.1))
    assert compare_columns(">", "decimal", Decimal("0.30000000000000001"), "float", 0.3)
    assert compare_columns("=", "float", 0.1, "float", 0.1) and compare_columns("=", "float", 0.1, "decimal", None) is None


def test_a_date_in_a_relation_key_meets_a_timestamp_at_its_first_moment():
    assert is_key("date", "1970-01-02", "timestamp", 86_400_000_000) and not is_key("date", "1970-01-02", "timestamp", 86_400_000_001)
    assert not is_key("date", None, "date", None) and is_key("int", 1, "bigint", 1)


def test_lower_leaves_letters_alone_whose_folding_is_no_lower_case_letter():
    assert fold("ẞ") == fold("ß") and lower("Ä") == "ä" and lower("ς") != lower("σ") and fold("ς") == fold("σ")
    assert holds("icontains", "string", "ΣΊΣ", "ς") and not holds("icontains", "string", "ΣΊΣ", "ς", lower)


# ---- joins and rows ----

def test_left_join_keeps_parents_of_hidden_rows():
    d = orders(joins=[{"table": "customers", "columns": ["name"]}])
    assert data(d) == [[1, "Ann"], [2, "Ann"], [3, None], [4, "Bob"], [5, "Bob"]]
    assert data(d, "tenant", tenant=1) == [[1, "Ann"], [2, "Ann"], [3, None], [5, None]]  # Bob is of tenant 2: as if the row did not exist


def test_filters_drop_parents_and_on_keeps_them():
    join = {"table": "customers", "columns": []}
    assert ids(orders(joins=[{**join, "type": "inner"}]), "tenant", tenant=1) == [1, 2]
    assert ids(orders(joins=[{**join, "filters": [leaf("name", "=", "Ann")]}])) == [1, 2]  # WHERE: the parents go
    assert data({**orders(joins=[{"table": "customers", "columns": ["name"], "on": [leaf("name", "=", "Ann")]}]), "limit": 5}) == \
        [[1, "Ann"], [2, "Ann"], [3, None], [4, None], [5, None]]
    assert ids(orders(leaf("name", "isNull", table="customers"), joins=[join])) == [3]


def test_follows_a_self_relation_in_both_directions():
    d = {"from": "customers", "columns": ["id"], "orderBy": [{"column": "id", "direction": "asc"}]}
    assert data({**d, "joins": [{"table": "customers", "as": "boss", "reverse": False, "columns": ["name"]}]}) == [[1, None], [2, "Ann"], [3, "Ann"]]
    staff = {**d, "joins": [{"table": "customers", "as": "staff", "reverse": True, "columns": ["id"]}], "orderBy": [*d["orderBy"], {"column": "id", "table": "staff", "direction": "desc"}]}
    assert data(staff) == [[1, 3], [1, 2], [2, None], [3, None]]
    assert [c for c, _ in ask(staff).columns] == ["customers.id", "staff.id"]


def test_exists_finds_present_absent_counted_and_nested_rows():
    customers = {"from": "customers", "columns": ["id"], "orderBy": [{"column": "id", "direction": "asc"}]}

    def found(**node):
        return ids({**customers, "filters": [{"table": "orders", **node}]})
    assert found() == [1, 2] and found(exists=False) == [3]
    assert found(filters=[leaf("total", ">", 5)]) == [1, 2] and found(exists=False, filters=[leaf("status", "=", "paid")]) == [2, 3]
    assert found(count={"operator": "=", "value": 2}) == [1, 2] and found(exists=False, count={"operator": "<", "value": 1}) == [3]
    assert ids({**customers, "filters": [{"table": "orders", "count": {"operator": ">=", "value": 1}}]}, "tenant", tenant=1) == [1]
    assert ids(orders({"table": "customers", "filters": [{"table": "customers", "via": "boss", "reverse": False}]})) == [4, 5]
    assert ids(orders({"logic": "and", "not": True, "conditions": [{"table": "customers"}]})) == [3]
    joined = orders({"table": "customers", "parent": "customers", "reverse": True}, joins=[{"table": "customers", "columns": []}])
    assert ids(joined) == [1, 2]  # those whose customer has staff


# ---- order, ids, limits ----

def test_orders_nulls_and_leaves_ties_free():
    d = {"from": "orders", "columns": ["id"]}
    assert ids({**d, "orderBy": [{"column": "total", "direction": "asc"}]}) == [5, 2, 4, 1, 3]
    assert ids({**d, "orderBy": [{"column": "total", "direction": "desc"}]}) == [3, 1, 4, 2, 5]
    assert ids({**d, "orderBy": [{"column": "total", "direction": "desc", "nulls": "last"}]}) == [1, 4, 2, 5, 3]
    assert ids({**d, "orderBy": [{"column": "status", "direction": "asc"}], "limit": 2, "offset": 1}) == [1, 3]  # "Open" before "open"; then the key
    ties = ask({**d, "orderBy": [{"column": "status", "direction": "asc"}]})
    assert not ties.total and ties.keys[1] == ties.keys[2] == ties.keys[3]
    got = [[("id", ("#", n))] for n in "54312"]
    assert [("#", "5")] in ties.rows and rows_differ(ties, [[("id", ("#", n))] for n in "53142"]) is None and rows_differ(ties, got[::-1])


def test_ids_come_in_the_order_asked():
    d = {"from": "orders", "columns": ["id"]}
    assert ids({**d, "byIds": [4, 1, 9, 4, 2]}) == [4, 1, 2] and ids({**d, "byIds": [4, 1]}, "tenant", tenant=1) == [1]
    assert ids({**d, "byIds": [4, 1, 2], "filters": [leaf("status", "=", "open")]}) == [4, 1]
    assert ask({**d, "byIds": [4, 9], "executeMode": "count"}).count == 1


def test_counts_and_pages():
    assert ask({"from": "orders", "executeMode": "count", "limit": 1, "distinct": True, "columns": ["status"]}).count == 5
    answer = ask({"from": "orders", "columns": ["status"], "orderBy": [{"column": "status", "direction": "desc"}], "page": {"first": 2}})
    assert answer.total and [k[1] for k in answer.keys] == [2, 1, 3, 4, 5]  # paid, then open by key, then Open
    assert isinstance(ask({"from": "orders", "page": {"first": 1}, "limit": 1}), Refusal)


# ---- groups ----

def test_groups_aggregates_and_filters_groups():
    d = {"from": "orders", "groupBy": [{"column": "status"}], "aggregations": [
        {"fn": "count", "column": "*", "alias": "n"}, {"fn": "count", "column": "total", "alias": "t"}, {"fn": "sum", "column": "total", "alias": "sum"},
        {"fn": "max", "column": "at", "alias": "last"}], "orderBy": [{"column": "n", "direction": "desc"}, {"column": "status", "direction": "asc"}]}
    assert data(d) == [["open", 3, 2, Decimal("17.5"), "2024-01-01T00:00:00Z"], ["Open", 1, 1, Decimal("1.25"), "2024-01-07T12:00:00Z"],
                       ["paid", 1, 1, 4, "2024-02-29T23:59:59.999999Z"]]
    assert ask(d).columns == [("status", "string"), ("n", "int"), ("t", "int"), ("sum", "decimal"), ("last", "timestamp")]
    assert [row[0] for row in data({**d, "having": [leaf("sum", ">", 3)]})] == ["open", "paid"]
    assert [row[0] for row in data({**d, "having": [{"logic": "or", "not": True, "conditions": [leaf("n", "=", 1)]}]})] == ["open"]


def test_aggregates_without_rows_are_one_row():
    d = {"from": "orders", "filters": [leaf("id", ">", 99)], "aggregations": [{"fn": f, "column": "total", "alias": f} for f in ("count", "countDistinct", "sum", "avg", "min")]}
    assert data(d) == [[0, 0, None, None, None]]
    assert data({**d, "groupBy": [{"column": "status"}]}) == []


def test_averages_within_one_unit_of_the_sixth_place():
    answer = ask({"from": "orders", "filters": [leaf("id", "in", [1, 2, 5])], "aggregations": [{"fn": "avg", "column": "total", "alias": "a"}]})
    assert answer.rows[0][0] == ("#", "5.25") and answer.rows[0][0] == ("#", "5.2500005") and answer.rows[0][0] != ("#", "5.250002")


def test_nulls_are_one_group_and_buckets_start_right():
    assert sorted(data({"from": "orders", "groupBy": [{"column": "customerId"}], "aggregations": [{"fn": "count", "column": "*", "alias": "n"}]}), key=str) == \
        [[1, 2], [2, 2], [None, 1]]
    moment = read("timestamp", "2024-02-29T23:59:59.999999Z")
    starts = {"year": "2024-01-01T00:00:00Z", "quarter": "2024-01-01T00:00:00Z", "month": "2024-02-01T00:00:00Z", "week": "2024-02-26T00:00:00Z",
              "day": "2024-02-29T00:00:00Z", "hour": "2024-02-29T23:00:00Z", "minute": "2024-02-29T23:59:00Z"}
    assert {u: shown("timestamp", bucket("timestamp", moment, u)) for u in starts} == starts
    assert bucket("date", "2024-01-07", "week") == "2024-01-01" and bucket("date", "1969-12-31", "quarter") == "1969-10-01"
    answer = ask({"from": "orders", "groupBy": [{"column": "at", "bucket": "month", "as": "month"}], "columns": ["month"], "orderBy": [{"column": "month", "direction": "asc"}]})
    assert [r[0] for r in answer.rows] == ["2023-12-01T00:00:00Z", "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", None] and answer.columns == [("month", "timestamp")]


def test_fan_out_is_refused_unless_allowed():
    d = {"from": "customers", "joins": [{"table": "orders"}], "aggregations": [{"fn": "sum", "column": "id", "alias": "s"}]}
    assert ask(d).errors == [("INVALID_AGGREGATION", "/aggregations/0/column")]
    assert data({**d, "allowFanOut": True}) == [[9]]  # 1 + 1, 2 + 2, and 3 who has none
    assert data({**d, "aggregations": [{"fn": "sum", "column": "total", "table": "orders", "alias": "s"}]}) == [[Decimal("22.75")]]


def test_distinct_drops_repeated_rows():
    assert sorted(data({"from": "orders", "columns": ["status"], "distinct": True})) == [["Open"], ["open"], ["paid"]]
    refused = ask({"from": "orders", "columns": ["status"], "distinct": True, "orderBy": [{"column": "id", "direction": "asc"}]})
    assert refused.errors == [("INVALID_ORDER_BY", "/orderBy/0/column")]


# ---- access ----

def test_unites_roles_and_intersects_scopes():
    assert ids(orders(), {"user": ["tenant"], "service": ["list"]}, tenant=1, tenants=[2]) == []
    assert ids(orders(), {"user": ["tenant", "list"]}, tenant=1, tenants=[2]) == [1, 2, 3, 4, 5]
    assert ids(orders(), "list", tenants=[]) == []
    assert ask(orders(), {"user": ["admin"], "service": ["no"]}).errors == [("UNKNOWN_ROLE", "/roles/service/0")]
    assert ask(orders(), {"user": []}).errors == [("ACCESS_DENIED", "/roles/user")]


def test_cells_of_roles_that_see_different_rows():
    # "list" grants id and status of tenant 2, "tenant" everything of tenant 1
    d = {**orders(), "columns": ["id", "total"]}
    both = {"user": ["tenant", "list"]}
    assert data(d, both, tenant=1, tenants=[2]) == [[1, Decimal("10.5")], [2, 4], [3, None], [4, None], [5, Decimal("1.25")]]
    assert ids({**orders(), "filters": [leaf("total", ">", 5)]}, both, tenant=1, tenants=[2]) == [1]  # the cell of order 4 is NULL in every use
    assert ids({**orders(), "filters": [leaf("total", "isNull")]}, both, tenant=1, tenants=[2]) == [3, 4]
    assert data({**d, "columns": ["id", "total"], "filters": [leaf("id", "=", 4)]}, both, tenant=2, tenants=[2]) == [[4, 7]]  # both see it: clear
    # relations read raw values: order 4 finds its customer though "list" does not grant customerId
    assert ids(orders({"table": "customers"}), "list", tenants=[2]) == [4]


def test_states_of_cells_are_judged_for_both_scopes_together():
    """A role of one scope may mask a column only on rows that another role of this scope shows unmasked, because the other scope has no other rows."""
    def filtered(column_name, key, **more):
        return {"tableId": "o", "allowedColumns": "*", "filters": [by(column_name, key)], **more}
    masking = filtered("tenant", "tenant", maskedColumns=["total"])
    roles = {"masking": masking, "paid": filtered("status", "paid"), "both": {**masking, "filters": masking["filters"] + [by("status", "paid")], "maskedColumns": []}}
    config = {**CONFIG, "roles": [{"id": name, "tables": [grant]} for name, grant in roles.items()]}
    table = CONFIG["tables"][0]

    def states(**scopes):
        return Access(config, {"roles": scopes}).states(table, "total")
    assert MASKED in states(user=["masking", "paid"]) and HIDDEN not in states(user=["masking", "paid"])
    assert MASKED not in states(user=["masking", "paid"], service=["both"]) and MASKED in states(user=["masking"], service=["both"])


def test_masks_cells_that_a_role_masks():
    d = {**orders(leaf("id", "<", 4)), "columns": ["id", "total"]}
    assert data(d, "masked") == [[1, 0], [2, 0], [3, None]]
    assert data(d, {"user": ["masked", "admin"]}) == [[1, Decimal("10.5")], [2, 4], [3, None]]  # within a scope the clearest
    assert data(d, {"user": ["admin"], "service": ["masked"]}) == [[1, 0], [2, 0], [3, None]]  # between scopes the strictest
    assert data(d, {"user": ["tenant", "masked"]}, tenant=2) == [[1, 0], [2, 0], [3, None]]
    assert ask({**orders(leaf("total", ">", 1))}, "masked").errors == [("ACCESS_DENIED", "/filters/0/column")]
    assert ask({**d, "orderBy": [{"column": "total", "direction": "asc"}]}, "masked").errors == [("ACCESS_DENIED", "/orderBy/0/column")]
    assert data({"from": "orders", "aggregations": [{"fn": "count", "column": "total", "alias": "n"}]}, "masked") == [[4]]
    assert isinstance(ask({"from": "orders", "aggregations": [{"fn": "max", "column": "total", "alias": "n"}]}, "masked"), Refusal)
    free = {**copy.deepcopy(CONFIG), "policy": {"maskedColumns": ["filter"]}}
    assert ids(orders(leaf("total", ">", 5)), "masked", free) == [1, 4]


@pytest.mark.parametrize("kind,of,value,shown_as", [
    ("email", "string", "john@mail.example.com", "j***@***.com"), ("email", "string", "john@localhost", "j***@***"), ("email", "string", "@x.com", "***"), ("email", "string", "nobody", "***"),
    ("phone", "string", "+49 170 1234567", "+4***567"), ("phone", "string", "123", "***"), ("phone", "string", "1234", "1***234"),
    ("name", "string", "Änne", "Ä**e"), ("name", "string", "Al", "***"), ("full", "string", "x", "***"), (None, "string", "", "***"), ("full", "int", 5, None),
    ("uuid", "uuid", "10000000-0000-4000-8000-000000000001", "1000****"), ("number", "decimal", Decimal("1.5"), 0), ("date", "date", "2024-05-06", "2024-01-01"),
    ("date", "timestamp", read("timestamp", "2024-05-06T07:08:09Z"), read("timestamp", "2024-01-01")), ("email", "string", None, None)])
def test_masks_show_what_their_kind_allows(kind, of, value, shown_as):
    assert mask(kind, of, value) == shown_as


def test_reports_denied_columns_as_unknown_under_uniform_errors():
    assert ask({"from": "customers"}, "orders-only").errors == [("ACCESS_DENIED", "/from")]
    assert ask({"from": "orders", "columns": ["id", "total"]}, "ids").errors == [("ACCESS_DENIED", "/columns/1")]
    assert ask(orders({"table": "customers"}), "orders-only").errors == [("ACCESS_DENIED", "/filters/0/table")]
    uniform = {**CONFIG, "policy": {"errors": "uniform"}}
    assert ask({"from": "customers"}, "orders-only", uniform).errors == ask({"from": "nothing"}, "orders-only", uniform).errors == [("UNKNOWN_TABLE", "/from")]
    assert ask({"from": "orders", "columns": ["total"]}, "ids", uniform).errors == ask({"from": "orders", "columns": ["tatol"]}, "ids", uniform).errors


def test_reports_missing_and_invalid_context_values():
    assert ask(orders(), "tenant").errors == [("MISSING_CONTEXT", "/contextValues/tenant")]
    for wrong in (None, [1], "x", True, 1.5):
        assert ask(orders(), "tenant", tenant=wrong).errors == [("INVALID_CONTEXT", "/contextValues/tenant")]
    for wrong in (None, 1, [None], ["x"]):
        assert ask(orders(), "list", tenants=wrong).errors == [("INVALID_CONTEXT", "/contextValues/tenants")]
    assert ids(orders(), "tenant", tenant="2") == [4]


# ---- real types ----

SPELT = {"databases": [{"id": "main"}], "policy": {}, "roles": [{"id": "all", "tables": "*"}, {"id": "b", "tables": [
    {"tableId": "t", "allowedColumns": "*", "filters": [{"column": "s", "operator": "=", "valueFrom": "context", "contextKey": "s"}]}]}],
         "tables": [{"id": "t", "apiName": "t", "database": "main", "physicalName": "t", "primaryKey": ["id"], "relations": [
             {"column": "up", "references": {"table": "t", "column": "s"}, "type": "many-to-one"}],
             "columns": [{"apiName": "id", "physicalName": "id", "type": "int", "nullable": False}, {"apiName": "s", "physicalName": "s", "type": "string", "nullable": True},
                         {"apiName": "up", "physicalName": "up", "type": "string", "nullable": True}, {"apiName": "f", "physicalName": "f", "type": "float", "nullable": True}]}]}


def spelt(definition, name, engine="sqlite", of="s", **values):
    rows = {"t": {"columns": ["id", "s", "up", "f"], "rows": [[1, "b", "B ", 0.1], [2, "B", "b", 0.1], [3, "b ", None, 0.1], [4, "a", "A", 0.1], [5, None, None, None]]}}
    evaluator = Evaluator(copy.deepcopy(SPELT), rows, engine=engine, real={"t": {of: name}})
    answer = evaluator.answer(definition, {"role": "b" if values else "all", "contextValues": values})
    return [[v[1] if isinstance(v, tuple) else v for v in row] for row in answer.rows]


@pytest.mark.parametrize("name,equal", [("TEXT", [2]), ("TEXT COLLATE NOCASE", [1, 2]), ("TEXT COLLATE RTRIM", [2])])
def test_texts_are_equal_as_the_column_compares_them(name, equal):
    for operator, value in (("=", "B"), ("in", ["zz", "B"])):
        assert [int(i) for i, in spelt({"from": "t", "columns": ["id"], "filters": [{"column": "s", "operator": operator, "value": value}]}, name)] == equal
    for operator, value in (("!=", "B"), ("notIn", ["B"])):
        found = [int(i) for i, in spelt({"from": "t", "columns": ["id"], "filters": [{"column": "s", "operator": operator, "value": value}]}, name)]
        assert found == [i for i in (1, 2, 3, 4) if i not in equal]
    assert [int(i) for i, in spelt({"from": "t", "columns": ["id"]}, name, s="B")] == equal


def test_a_group_of_equal_texts_shows_the_least():
    grouped = {"from": "t", "groupBy": [{"column": "s"}], "aggregations": [{"fn": "count", "column": "*", "alias": "n"}]}
    assert sorted(map(str, spelt(grouped, "TEXT COLLATE NOCASE"))) == ["['B', '2']", "['a', '1']", "['b ', '1']", "[None, '1']"]
    assert sorted(map(str, spelt(grouped, "TEXT COLLATE RTRIM"))) == ["['B', '1']", "['a', '1']", "['b', '2']", "[None, '1']"]
    assert sorted(map(str, spelt({"from": "t", "columns": ["s"], "distinct": True}, "TEXT COLLATE RTRIM"))) == ["['B']", "['a']", "['b']", "[None]"]
    assert spelt({"from": "t", "aggregations": [{"fn": "countDistinct", "column": "s", "alias": "n"}]}, "TEXT COLLATE NOCASE") == [["3"]]


def test_order_is_by_code_point_whatever_is_equal():
    assert spelt({"from": "t", "columns": ["s"], "orderBy": [{"column": "s"}]}, "TEXT COLLATE NOCASE") == [["B"], ["a"], ["b"], ["b "], [None]]
    assert spelt({"from": "t", "columns": ["s"], "filters": [{"column": "s", "operator": "<", "value": "a"}]}, "TEXT COLLATE NOCASE") == [["B"]]


@pytest.mark.parametrize("name,pairs", [("TEXT", 1), ("TEXT COLLATE NOCASE", 4), ("TEXT COLLATE RTRIM", 3)])
def test_a_relation_compares_as_the_referenced_column(name, pairs):
    for reverse in (False, True):
        join = {"table": "t", "as": "u", "reverse": reverse, "columns": ["s"], "type": "inner"}
        assert len(spelt({"from": "t", "columns": ["id"], "joins": [join]}, name)) == pairs


# ---- the generator ----

def test_a_seed_is_a_world():
    one, two = World(7), World(7)
    assert (one.config, one.rows, one.contexts) == (two.config, two.rows, two.contexts)
    assert [Questions(one, 1).next() for _ in range(20)] == [Questions(two, 1).next() for _ in range(20)]


def test_valid_questions_are_answered():
    for seed in range(15):
        world = World(seed, World(seed).features - {"errors"})
        evaluator, source = Evaluator(world.config, world.rows), Questions(world, 0)
        for _ in range(10):
            definition, context = source.next()
            assert not isinstance(evaluator.answer(definition, context), Refusal), (definition, evaluator.answer(definition, context))
