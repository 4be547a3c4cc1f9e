/* sqlgen/select.c: every clause, in every dialect where it differs. */
#include "dialects/dialect.h"
#include "tree.h"

static void writes_the_smallest_statement(void **state)
{
	(void)state;
	static const char *const want[MD_DIALECTS] = {
		"SELECT t0.\"id\" AS c0 FROM \"t\" AS t0",
		"SELECT t0.`id` AS c0 FROM `t` AS t0",
		"SELECT t0.\"id\" AS c0 FROM \"t\" AS t0",
		"SELECT t0.\"id\" AS c0 FROM \"t\" AS t0",
	};
	for (int i = 0; i < MD_DIALECTS; i++) {
		struct md_tree t = tree_of((enum md_dialect_id)i);
		IS(line(&t), want[i]);
	}
}

static void numbers_outputs(void **state)
{
	(void)state;
	struct md_tree t = tree_of(MD_DIALECT_POSTGRES);
	const struct md_expr *c[12];
	for (uint32_t i = 0; i < 12; i++)
		c[i] = column(i == 11 ? 10 : 0, i % 2 ? "same" : "c0", MD_STRING);
	select_exprs(&t, c, 12);
	IS(line(&t), "SELECT t0.\"c0\" AS c0, t0.\"same\" AS c1, t0.\"c0\" AS c2, t0.\"same\" AS c3, t0.\"c0\" AS c4, "
	             "t0.\"same\" AS c5, "
	             "t0.\"c0\" AS c6, t0.\"same\" AS c7, t0.\"c0\" AS c8, t0.\"same\" AS c9, t0.\"c0\" AS c10, "
	             "t10.\"same\" AS c11 FROM \"t\" AS t0");
}

static void writes_a_count(void **state)
{
	(void)state;
	struct md_tree t = tree_of(MD_DIALECT_CLICKHOUSE);
	struct md_stmt s;
	struct md_ctx cx = { .arena = &arena, .err = &error };
	static const struct md_expr rows = { .kind = MD_EXPR_AGGREGATE,
		                             .fn = MD_FN_COUNT,
		                             .type = { .base = MD_BIGINT } };
	const struct md_expr *select = &rows;
	select_exprs(&t, &select, 1);
	IS(line(&t), "SELECT count(*) AS c0 FROM `t` AS t0");
	assert_int_equal(md_write_sql(&cx, &t, &s), 0);
	assert_int_equal(s.n_outputs, 1);
	assert_int_equal(s.outputs[0].type.base, MD_BIGINT);
}

/* Where parameters can't be bound, the statement says how to write them. */
static void says_whether_values_are_literals(void **state)
{
	(void)state;
	for (int i = 0; i < MD_DIALECTS; i++) {
		struct md_tree t = tree_of((enum md_dialect_id)i);
		struct md_stmt s;
		struct md_ctx cx = { .arena = &arena, .err = &error };
		assert_int_equal(md_write_sql(&cx, &t, &s), 0);
		assert_true(s.literal == (i == MD_DIALECT_TRINO ? md_trino_literal : NULL));
	}
}

/* Parts of a name are quoted one by one; dots inside a part are its own. */
static void quotes_the_parts_of_a_name_one_by_one(void **state)
{
	(void)state;
	static const struct md_str parts[] = { { "ca\"t", 4 }, { "a.b", 3 }, { "t`\\", 3 } };
	struct md_scan scan = scan_named(parts, 3);
	struct md_tree t = tree_of(MD_DIALECT_TRINO);
	t.scans = &scan;
	IS(line(&t), "SELECT t0.\"id\" AS c0 FROM \"ca\"\"t\".\"a.b\".\"t`\\\" AS t0");
	t.dialect = MD_DIALECT_CLICKHOUSE;
	IS(line(&t), "SELECT t0.`id` AS c0 FROM `ca\"t`.`a.b`.`t``\\\\` AS t0");
}

static void writes_joins(void **state)
{
	(void)state;
	static const struct md_str a[] = { { "a", 1 } };
	struct md_scan scans[] = { scan_named(a, 1), scan_named(a, 1), scan_named(a, 1) };
	struct md_tree t = tree_of(MD_DIALECT_SQLITE);
	join_scan(&scans[1], MD_SCAN_LEFT_JOIN, column(0, "k", MD_UUID), column(1, "id", MD_UUID));
	join_scan(&scans[2], MD_SCAN_INNER_JOIN, column(0, "k", MD_UUID), column(1, "id", MD_UUID));
	scans[1].rows = row_predicate(column(1, "owner", MD_STRING), scalar(MD_STRING, "x"));
	t.scans = scans;
	t.n_scans = t.n_from = 3;
	t.limit = 2;
#define SPELLED_AS(column, other) \
	column " COLLATE BINARY IN (md_value_uuid(" other "), upper(md_value_uuid(" other ")))"
#define SAME_KEY \
	SPELLED_AS("t0.\"k\"", "t1.\"id\"") " AND " SPELLED_AS("t1.\"id\"", "t0.\"k\"") \
	" AND md_value_uuid(t0.\"k\") = md_value_uuid(t1.\"id\")"
	IS(line(&t), "SELECT t0.\"id\" AS c0 FROM \"a\" AS t0 LEFT JOIN \"a\" AS t1 ON " SAME_KEY " AND "
	             "(t1.\"owner\" = ?1 AND typeof(t1.\"owner\") = 'text') "
	             "INNER JOIN \"a\" AS t2 ON " SAME_KEY " LIMIT 2 | x");
	t.dialect = MD_DIALECT_CLICKHOUSE;
	IS(line(&t), "SELECT t0.`id` AS c0 FROM `a` AS t0 LEFT JOIN `a` AS t1 ON lower(toString(t0.`k`)) = "
	             "lower(toString(t1.`id`)) AND toString(t1.`owner`) = {p1:String} "
	             "INNER JOIN `a` AS t2 ON lower(toString(t0.`k`)) = lower(toString(t1.`id`)) LIMIT 2 "
	             "SETTINGS join_use_nulls = 1 | x");
}

/* Only ClickHouse leaves an empty array where a left join found nothing. */
static void restores_arrays_that_a_left_join_lost(void **state)
{
	(void)state;
	static const struct md_str a[] = { { "a", 1 } };
	struct md_scan scans[] = { scan_named(a, 1), scan_named(a, 1) };
	struct md_expr *tags[] = { column(0, "tags", MD_STRING), column(1, "tags", MD_STRING) };
	struct md_tree t = tree_of(MD_DIALECT_CLICKHOUSE);
	tags[0]->type.array = tags[1]->type.array = true;
	join_scan(&scans[1], MD_SCAN_LEFT_JOIN, column(0, "k", MD_UUID), column(1, "id", MD_UUID));
	ask_scan(&scans[0], op(MD_OP_IS_NULL, tags[1], scalar(MD_STRING, ""), scalar(MD_STRING, "")));
	t.scans = scans;
	t.n_scans = t.n_from = 2;
	select_exprs(&t, (const struct md_expr *const *)tags, 2);
	IS(line(&t), "SELECT t0.`tags` AS c0, if(isNull(t1.`id`), NULL, t1.`tags`) AS c1 FROM `a` AS t0 LEFT JOIN `a` "
	             "AS t1 ON lower(toString(t0.`k`)) = lower(toString(t1.`id`)) WHERE t1.`id` IS NULL "
	             "SETTINGS join_use_nulls = 1, use_variant_as_common_type = 1");
	t.dialect = MD_DIALECT_POSTGRES;
	IS(line(&t), "SELECT t0.\"tags\" AS c0, t1.\"tags\" AS c1 FROM \"a\" AS t0 LEFT JOIN \"a\" AS t1 ON t0.\"k\" = "
	             "t1.\"id\" WHERE t1.\"tags\" IS NULL");
	t.dialect = MD_DIALECT_CLICKHOUSE;
	scans[1].form = MD_SCAN_INNER_JOIN;
	IS(line(&t), "SELECT t0.`tags` AS c0, t1.`tags` AS c1 FROM `a` AS t0 INNER JOIN `a` AS t1 ON "
	             "lower(toString(t0.`k`)) = lower(toString(t1.`id`)) WHERE t1.`tags` IS NULL");
}

static void writes_an_order_with_nulls_in_place(void **state)
{
	(void)state;
	struct md_expr *e[] = { column(0, "s", MD_STRING), column(0, "d", MD_DECIMAL), column(0, "u", MD_UUID),
		                column(0, "n", MD_INT) };
	struct md_tree t = tree_of(MD_DIALECT_POSTGRES);
	struct md_sort_key o[] = { { .expr = add_expr(&t, e[0]), .desc = true }, { .expr = add_expr(&t, e[1]) },
		                   { .expr = add_expr(&t, e[2]), .desc = true, .nulls_first = true },
		                   { .expr = add_expr(&t, e[3]), .nulls_first = true } };
	e[2]->nullable = true;
	e[1]->nullable = true;
	t.order = o;
	t.n_order = 4;
	IS(strstr(line(&t), "ORDER"), "ORDER BY t0.\"s\"::text COLLATE \"C\" DESC, t0.\"d\" NULLS LAST, t0.\"u\" DESC "
	                              "NULLS FIRST, t0.\"n\"");
	set_collation_needed(e[0], false); /* the database compares by code point already */
	IS(strstr(line(&t), "ORDER"),
	   "ORDER BY t0.\"s\"::text DESC, t0.\"d\" NULLS LAST, t0.\"u\" DESC NULLS FIRST, t0.\"n\"");
	set_collation_needed(e[0], true);
	t.dialect = MD_DIALECT_TRINO;
	IS(strstr(line(&t), "ORDER"),
	   "ORDER BY t0.\"s\" DESC, t0.\"d\" NULLS LAST, t0.\"u\" DESC NULLS FIRST, t0.\"n\"");
	t.dialect = MD_DIALECT_SQLITE;
	IS(strstr(line(&t), "ORDER"), "ORDER BY t0.\"s\" COLLATE BINARY DESC, md_value_decimal(t0.\"d\") COLLATE "
	                              "md_decimal NULLS LAST, md_value_uuid(t0.\"u\") DESC NULLS FIRST, t0.\"n\"");
	t.dialect = MD_DIALECT_CLICKHOUSE;
	IS(strstr(line(&t), "ORDER"), "ORDER BY toString(t0.`s`) DESC, t0.`d` NULLS LAST, lower(toString(t0.`u`)) DESC "
	                              "NULLS FIRST, t0.`n`");
}

static void writes_limit_and_offset_in_the_order_of_the_dialect(void **state)
{
	(void)state;
	for (int i = 0; i < MD_DIALECTS; i++) {
		struct md_tree t = tree_of((enum md_dialect_id)i);
		bool trino = i == MD_DIALECT_TRINO;
		t.limit = 0;
		IS(strstr(line(&t), "t0 ") + 3, "LIMIT 0");
		t.limit = INT64_MAX;
		t.offset = 0;
		IS(strstr(line(&t), "t0 ") + 3, trino ? "OFFSET 0 LIMIT 9223372036854775807" : "LIMIT "
			"9223372036854775807 OFFSET 0");
	}
}

static void refuses_a_statement_without_row_predicates(void **state)
{
	(void)state;
	static const struct md_str a[] = { { "a", 1 } };
	struct md_scan scans[] = { scan_named(a, 1), scan_named(a, 1) };
	struct md_tree t = tree_of(MD_DIALECT_POSTGRES);
	join_scan(&scans[1], MD_SCAN_INNER_JOIN, column(0, "k", MD_UUID), column(1, "id", MD_UUID));
	scans[1].rows = NULL;
	t.scans = scans;
	t.n_scans = t.n_from = 2;
	IS(line(&t), "INTERNAL: table 1 of the statement did not come through the row-level security phase");
	scans[1].rows = &every_row;
	scans[0].rows = NULL;
	IS(line(&t), "INTERNAL: table 0 of the statement did not come through the row-level security phase");
	scans[0].rows = &every_row;
	scans[1].reading = MD_READING_UNKNOWN;
	IS(line(&t), "INTERNAL: table 1 of the statement does not say how its current rows are found");
}

/* 300 columns and long names: the buffer grows and nothing is lost. */
static void writes_long_statements_whole(void **state)
{
	(void)state;
	static char name[200];
	const struct md_expr *c[300];
	struct md_tree t = tree_of(MD_DIALECT_POSTGRES);
	memset(name, '"', sizeof name - 1);
	for (int i = 0; i < 300; i++)
		c[i] = column(0, name, MD_INT);
	select_exprs(&t, c, 300);
	const char *text = line(&t);
	size_t n = strlen(text), quotes = 0;
	for (size_t i = 0; i < n; i++)
		quotes += text[i] == '"';
	assert_int_equal(quotes, 300 * (2 * 199 + 2) + 2);
	assert_non_null(strstr(text, " AS c299 FROM"));
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_smallest_statement), cmocka_unit_test(numbers_outputs),
		cmocka_unit_test(writes_a_count), cmocka_unit_test(says_whether_values_are_literals),
		cmocka_unit_test(quotes_the_parts_of_a_name_one_by_one), cmocka_unit_test(writes_joins),
		cmocka_unit_test(restores_arrays_that_a_left_join_lost),
		cmocka_unit_test(writes_an_order_with_nulls_in_place),
		cmocka_unit_test(writes_limit_and_offset_in_the_order_of_the_dialect),
		cmocka_unit_test(refuses_a_statement_without_row_predicates),
		cmocka_unit_test(writes_long_statements_whole),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
