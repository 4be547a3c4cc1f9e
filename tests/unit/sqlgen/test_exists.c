/* sqlgen/exists.c: correlated sub-queries and semi-joins, on trees made by hand. */
#include "tree.h"

#include <stdio.h>

static const struct md_str child_name[] = { { "s", 1 }, { "c", 1 } };
static struct md_scan scans[4];
static struct md_expr *parents[2], *children[2];
static struct md_key_pair keys[2];
static struct md_related related;
static const struct md_condition *condition;

/* Keys n = n of t1. */
static void pair_keys(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		keys[i] = (struct md_key_pair){ .parent = parents[i], .child = children[i] };
	scans[1].keys = keys;
	scans[1].n_keys = n;
}

/* FROM t AS t0 where something about s.c AS t1. */
static void reset_arena(void)
{
	scans[0] = scan_named(child_name + 1, 1);
	for (int i = 1; i < 4; i++) {
		scans[i] = scan_named(child_name, 2);
		scans[i].form = MD_SCAN_EXISTS;
	}
	parents[0] = column(0, "id", MD_INT);
	parents[1] = column(0, "x", MD_STRING);
	children[0] = column(1, "fk", MD_INT);
	children[1] = column(1, "y", MD_STRING);
	pair_keys(1);
	related = (struct md_related){ .scan = 1 };
	condition = exists(&related);
}

static struct md_tree tree_with(enum md_dialect_id dialect, const struct md_condition *c)
{
	struct md_tree t = tree_of(dialect);
	ask_scan(&scans[0], c);
	t.scans = scans;
	t.n_scans = 4;
	return t;
}

static const char *written(enum md_dialect_id dialect)
{
	struct md_tree t = tree_with(dialect, condition);
	const char *text = line(&t), *at = strstr(text, " WHERE ");
	return at ? at + 7 : text;
}

static void writes_a_plain_exists(void **state)
{
	(void)state;
	reset_arena();
	IS(written(MD_DIALECT_POSTGRES), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\")");
	IS(written(MD_DIALECT_SQLITE), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t0.\"id\" = t1.\"fk\")");
	IS(written(MD_DIALECT_TRINO), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\")");
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1))");
	related.is_absent = true;
	IS(written(MD_DIALECT_POSTGRES), "NOT EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\")");
	IS(written(MD_DIALECT_CLICKHOUSE), "NOT (t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1))");
}

static void puts_conditions_inside_the_sub_query(void **state)
{
	(void)state;
	reset_arena();
	struct md_condition *a = op(MD_OP_EQ, column(1, "a", MD_INT), scalar(MD_INT, "1"), (struct md_value){ 0 });
	struct md_condition *b = op(MD_OP_EQ, column(1, "b", MD_INT), scalar(MD_INT, "2"), (struct md_value){ 0 });
	struct md_condition *and = GROUP(MD_CONDITION_AND, a, b), *or = GROUP(MD_CONDITION_OR, a, b);
	ask_scan(&scans[1], and);
	IS(written(MD_DIALECT_POSTGRES), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\" AND "
	                                 "t1.\"a\" = $1::bigint AND t1.\"b\" = $2::bigint) | 1, 2");
	ask_scan(&scans[1], or);
	IS(written(MD_DIALECT_POSTGRES), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\" AND "
	                                 "(t1.\"a\" = $1::bigint OR t1.\"b\" = $2::bigint)) | 1, 2");
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1 WHERE (t1.`a` = {p1:Int64} "
	                                   "OR t1.`b` = {p2:Int64}))) | 1, 2");
	ask_scan(&scans[1], a);
	children[0]->nullable = true;
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1 WHERE t1.`fk` IS NOT NULL "
	                                   "AND t1.`a` = {p1:Int64})) | 1");
	IS(written(MD_DIALECT_POSTGRES), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\" AND "
	                                 "t1.\"a\" = $1::bigint) | 1");
	ask_scan(&scans[1], NULL);
	parents[0]->nullable = true;
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`id` IS NOT NULL AND t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1 "
	                                   "WHERE t1.`fk` IS NOT NULL))");
}

static void relates_by_all_columns_of_a_composite_key(void **state)
{
	(void)state;
	reset_arena();
	pair_keys(2);
	parents[1]->nullable = children[1]->nullable = true;
	IS(written(MD_DIALECT_POSTGRES), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\" AND "
	                                 "t1.\"y\" = t0.\"x\")");
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`x` IS NOT NULL AND (t0.`id`, toString(t0.`x`)) IN (SELECT t1.`fk`, "
	                                   "toString(t1.`y`) FROM `s`.`c` AS t1 WHERE t1.`y` IS NOT NULL))");
	related.is_counted = true;
	related.count_op = MD_OP_GT;
	related.count = 4;
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`x` IS NOT NULL AND (t0.`id`, toString(t0.`x`)) IN (SELECT t1.`fk`, "
	                                   "toString(t1.`y`) FROM `s`.`c` AS t1 WHERE t1.`y` IS NOT NULL "
	                                   "GROUP BY t1.`fk`, toString(t1.`y`) "
	                               "HAVING count(*) > {p1:Int64})) | 4");
}

static void writes_every_count(void **state)
{
	(void)state;
	static const struct {
		enum md_op op;
		int64_t n;
		const char *correlated, *grouped; /* grouped: NOT where zero counts, then the other comparison */
	} t[] = { { MD_OP_EQ, 0, "= $1 | 0", "NOT <> {p1:Int64} | 0" },
		  { MD_OP_EQ, 2, "= $1 | 2", " = {p1:Int64} | 2" },
		  { MD_OP_NE, 0, "<> $1 | 0", " <> {p1:Int64} | 0" },
		  { MD_OP_NE, 2, "<> $1 | 2", "NOT = {p1:Int64} | 2" },
		  { MD_OP_GT, 2, "> $1 | 2", " > {p1:Int64} | 2" },
		  { MD_OP_LT, 2, "< $1 | 2", "NOT >= {p1:Int64} | 2" },
		  { MD_OP_LT, 0, "< $1 | 0", " < {p1:Int64} | 0" },
		  { MD_OP_GE, 2, ">= $1 | 2", " >= {p1:Int64} | 2" },
		  { MD_OP_GE, 0, ">= $1 | 0", "NOT < {p1:Int64} | 0" },
		  { MD_OP_LE, 2, "<= $1 | 2",
		    "NOT > {p1:Int64} "
		    "| 2" } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char want[200] = "(SELECT count(*) FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\") ";
		reset_arena();
		related.is_counted = true;
		related.count_op = t[i].op;
		related.count = t[i].n;
		IS(written(MD_DIALECT_POSTGRES), strcat(want, t[i].correlated));
		const char *compared = strchr(t[i].grouped, ' '), *value = strstr(compared, " |");
		snprintf(want, sizeof want, "%s(t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1 GROUP BY t1.`fk` HAVING "
		                            "count(*)%.*s))%s", t[i].grouped[0] == 'N' ? "NOT " : "",
		         (int)(value - compared), compared, value);
		IS(written(MD_DIALECT_CLICKHOUSE), want);
	}
}

static void writes_nested_nodes(void **state)
{
	(void)state;
	struct md_related inner = { .scan = 2, .is_absent = true };
	reset_arena();
	join_scan(&scans[2], MD_SCAN_EXISTS, column(1, "id", MD_INT), column(2, "up", MD_INT));
	ask_scan(&scans[1], exists(&inner));
	IS(written(MD_DIALECT_TRINO), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\" AND NOT "
	                              "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t2 WHERE t2.\"up\" = t1.\"id\"))");
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1 WHERE NOT (t1.`id` IN "
	                                   "(SELECT t2.`up` FROM `s`.`c` AS t2))))");
}

static void writes_nodes_inside_groups(void **state)
{
	(void)state;
	struct md_condition *a = op(MD_OP_EQ, column(0, "a", MD_INT), scalar(MD_INT, "1"), (struct md_value){ 0 });
	reset_arena();
	struct md_condition *or = GROUP(MD_CONDITION_OR, condition, a), *not = GROUP(MD_CONDITION_NOT, condition);
	struct md_tree t = tree_with(MD_DIALECT_POSTGRES, or);
	IS(strstr(line(&t), "WHERE"), "WHERE (EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\") OR "
	                              "t0.\"a\" = $1::bigint) | 1");
	t = tree_with(MD_DIALECT_CLICKHOUSE, not);
	IS(strstr(line(&t), "WHERE"), "WHERE NOT ((t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1)))");
}

/* Trino correlates in WHERE, not in ON. */
static void writes_semi_joins_in_on_for_trino(void **state)
{
	(void)state;
	reset_arena();
	struct md_related joined = { .scan = 2 };
	related.scan = 3;
	join_scan(&scans[1], MD_SCAN_LEFT_JOIN, column(0, "id", MD_INT), column(1, "id", MD_INT));
	join_scan(&scans[2], MD_SCAN_EXISTS, column(1, "id", MD_INT), column(2, "fk", MD_INT));
	join_scan(&scans[3], MD_SCAN_EXISTS, column(0, "id", MD_INT), column(3, "fk", MD_INT));
	ask_scan(&scans[1], exists(&joined));
	struct md_tree t = tree_with(MD_DIALECT_TRINO, condition);
	t.n_from = 2;
	IS(strstr(line(&t), "ON"), "ON t0.\"id\" = t1.\"id\" AND (t1.\"id\" IN (SELECT t2.\"fk\" FROM \"s\".\"c\" AS "
	                           "t2)) "
	                           "WHERE EXISTS (SELECT 1 FROM \"s\".\"c\" AS t3 WHERE t3.\"fk\" = t0.\"id\")");
	t.dialect = MD_DIALECT_POSTGRES;
	IS(strstr(line(&t), "ON"), "ON t0.\"id\" = t1.\"id\" AND EXISTS (SELECT 1 FROM \"s\".\"c\" AS t2 WHERE "
	                           "t2.\"fk\" = t1.\"id\") "
	                           "WHERE EXISTS (SELECT 1 FROM \"s\".\"c\" AS t3 WHERE t3.\"fk\" = t0.\"id\")");
}

/* ClickHouse converts to the set's type. */
static void converts_keys_to_a_common_type(void **state)
{
	(void)state;
	static const struct {
		enum md_base_type parent, child;
		const char *want;
	} t[] = { { MD_DECIMAL, MD_DECIMAL, "(toString(t0.`id`) IN (SELECT toString(t1.`fk`) FROM" },
		  { MD_INT, MD_DECIMAL, "(toString(t0.`id`) IN (SELECT toString(t1.`fk`) FROM" },
		  { MD_FLOAT, MD_DECIMAL,
		    "((toFloat64(toString(t0.`id`)) + 0) IN (SELECT (toFloat64(t1.`fk`) + 0) FROM" },
		  { MD_BIGINT, MD_FLOAT,
		    "((toFloat64(t0.`id`) + 0) IN (SELECT (toFloat64(toString(t1.`fk`)) + 0) FROM" },
		  { MD_DATE, MD_TIMESTAMP,
		    "(fromUnixTimestamp64Micro(dateDiff('microsecond', toDateTime64(0, 6, 'UTC'), t0.`id`), 'UTC') IN "
		    "(SELECT fromUnixTimestamp64Micro(dateDiff('microsecond', toDateTime64(0, 6, 'UTC'), t1.`fk`), "
		    "'UTC') FROM" },
		  { MD_DATE, MD_DATE, "(t0.`id` IN (SELECT t1.`fk` FROM" },
		  { MD_INT, MD_BIGINT, "(t0.`id` IN (SELECT t1.`fk` FROM" },
		  { MD_UUID, MD_UUID,
		    "(lower(toString(t0.`id`)) IN (SELECT "
		    "lower(toString(t1.`fk`)) FROM" },
		  { MD_STRING, MD_STRING, "(toString(t0.`id`) IN (SELECT toString(t1.`fk`) FROM" } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		reset_arena();
		parents[0] = column(0, "id", t[i].parent);
		children[0] = column(1, "fk", t[i].child);
		pair_keys(1);
		assert_memory_equal(written(MD_DIALECT_CLICKHOUSE), t[i].want, strlen(t[i].want));
	}
	reset_arena();
	parents[0] = column(0, "id", MD_DECIMAL);
	children[0] = column(1, "fk", MD_DECIMAL);
	pair_keys(1);
	assert_non_null(strstr(written(MD_DIALECT_SQLITE), "md_value_decimal(t0.\"id\") COLLATE md_decimal = "
	                                                  "md_value_decimal(t1.\"fk\") COLLATE md_decimal"));
}

static void refuses_a_scan_without_row_predicate(void **state)
{
	(void)state;
	reset_arena();
	scans[1].rows = NULL;
	assert_non_null(strstr(written(MD_DIALECT_POSTGRES), "INTERNAL: table 1 of the statement did not come through "
		"the row-level security phase"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_plain_exists), cmocka_unit_test(puts_conditions_inside_the_sub_query),
		cmocka_unit_test(relates_by_all_columns_of_a_composite_key), cmocka_unit_test(writes_every_count),
		cmocka_unit_test(writes_nested_nodes), cmocka_unit_test(writes_nodes_inside_groups),
		cmocka_unit_test(writes_semi_joins_in_on_for_trino), cmocka_unit_test(converts_keys_to_a_common_type),
		cmocka_unit_test(refuses_a_scan_without_row_predicate),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	md_arena_free(&arena);
	return failed;
}
