/* sqlgen/exists.c: correlated sub-queries and semi-joins, on trees made by hand. */
#include "tree.h"

#include <stdio.h>

static const struct md_str child_name[] = { { "s", 1 }, { "c", 1 } };
static struct md_ptable tables[4];
static struct md_pcolumn parents[2], children[2];
static struct md_sub sub;
static struct md_cond cond;

/* FROM t AS t0 where something about s.c AS t1, keys n = n. */
static void fresh(void)
{
	tables[0] = (struct md_ptable){ .guard = GUARD, .name = child_name + 1, .n_name = 1 };
	for (int i = 1; i < 4; i++)
		tables[i] = (struct md_ptable){ .guard = GUARD, .name = child_name, .n_name = 2 };
	parents[0] = column(0, "id", MD_INT);
	parents[1] = column(0, "x", MD_STRING);
	children[0] = column(1, "fk", MD_INT);
	children[1] = column(1, "y", MD_STRING);
	sub = (struct md_sub){ .table = 1, .parent = parents, .child = children, .n_keys = 1 };
	cond = (struct md_cond){ .kind = MD_COND_EXISTS, .sub = &sub };
}

static struct md_tree tree(enum md_dialect_id sql, const struct md_cond *c)
{
	struct md_tree t = tree_of(sql);
	t.tables = tables;
	t.n_tables = 4;
	t.where = c;
	return t;
}

static const char *written(enum md_dialect_id sql)
{
	struct md_tree t = tree(sql, &cond);
	const char *text = line(&t), *at = strstr(text, " WHERE ");
	return at ? at + 7 : text;
}

static void plain(void **state)
{
	(void)state;
	fresh();
	IS(written(MD_DIALECT_POSTGRES), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\")");
	IS(written(MD_DIALECT_SQLITE), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\")");
	IS(written(MD_DIALECT_TRINO), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\")");
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1))");
	sub.absent = true;
	IS(written(MD_DIALECT_POSTGRES), "NOT EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\")");
	IS(written(MD_DIALECT_CLICKHOUSE), "NOT (t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1))");
}

static void conditions_inside(void **state)
{
	(void)state;
	fresh();
	struct md_cond a = op(MD_OP_EQ, column(1, "a", MD_INT), scalar(MD_INT, "1"), (struct md_value){ 0 });
	struct md_cond b = op(MD_OP_EQ, column(1, "b", MD_INT), scalar(MD_INT, "2"), (struct md_value){ 0 });
	struct md_cond and = GROUP(MD_COND_AND, &a, &b), or = GROUP(MD_COND_OR, &a, &b);
	sub.where = &and;
	IS(written(MD_DIALECT_POSTGRES), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\" AND t1.\"a\" = $1 AND t1.\"b\" = $2) | 1, 2");
	sub.where = &or;
	IS(written(MD_DIALECT_POSTGRES), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\" AND (t1.\"a\" = $1 OR t1.\"b\" = $2)) | 1, 2");
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1 WHERE (t1.`a` = {p1:Int64} OR t1.`b` = {p2:Int64}))) | 1, 2");
	sub.where = &a;
	children[0].nullable = true;
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1 WHERE t1.`fk` IS NOT NULL AND t1.`a` = {p1:Int64})) | 1");
	IS(written(MD_DIALECT_POSTGRES), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\" AND t1.\"a\" = $1) | 1");
	sub.where = NULL;
	parents[0].nullable = true;
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`id` IS NOT NULL AND t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1 WHERE t1.`fk` IS NOT NULL))");
}

static void composite(void **state)
{
	(void)state;
	fresh();
	sub.n_keys = 2;
	parents[1].nullable = children[1].nullable = true;
	IS(written(MD_DIALECT_POSTGRES), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\" AND t1.\"y\" = t0.\"x\")");
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`x` IS NOT NULL AND (t0.`id`, t0.`x`) IN (SELECT t1.`fk`, t1.`y` FROM `s`.`c` AS t1 WHERE t1.`y` IS NOT NULL))");
	sub.counted = true;
	sub.count_op = MD_OP_GT;
	sub.count = 4;
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`x` IS NOT NULL AND (t0.`id`, t0.`x`) IN (SELECT t1.`fk`, t1.`y` FROM `s`.`c` AS t1 WHERE t1.`y` IS NOT NULL GROUP BY t1.`fk`, t1.`y` "
	                               "HAVING count(*) > {p1:Int64})) | 4");
}

static void counted(void **state)
{
	(void)state;
	static const struct {
		enum md_op op;
		int64_t n;
		const char *correlated, *grouped; /* grouped: NOT where zero counts, then the other comparison */
	} t[] = { { MD_OP_EQ, 0, "= $1 | 0", "NOT <> {p1:Int64} | 0" }, { MD_OP_EQ, 2, "= $1 | 2", " = {p1:Int64} | 2" },
		  { MD_OP_NE, 0, "<> $1 | 0", " <> {p1:Int64} | 0" }, { MD_OP_NE, 2, "<> $1 | 2", "NOT = {p1:Int64} | 2" },
		  { MD_OP_GT, 2, "> $1 | 2", " > {p1:Int64} | 2" }, { MD_OP_LT, 2, "< $1 | 2", "NOT >= {p1:Int64} | 2" },
		  { MD_OP_LT, 0, "< $1 | 0", " < {p1:Int64} | 0" }, { MD_OP_GE, 2, ">= $1 | 2", " >= {p1:Int64} | 2" },
		  { MD_OP_GE, 0, ">= $1 | 0", "NOT < {p1:Int64} | 0" }, { MD_OP_LE, 2, "<= $1 | 2", "NOT > {p1:Int64} | 2" } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char want[200] = "(SELECT count(*) FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\") ";
		fresh();
		sub.counted = true;
		sub.count_op = t[i].op;
		sub.count = t[i].n;
		IS(written(MD_DIALECT_POSTGRES), strcat(want, t[i].correlated));
		const char *compared = strchr(t[i].grouped, ' '), *value = strstr(compared, " |");
		snprintf(want, sizeof want, "%s(t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1 GROUP BY t1.`fk` HAVING count(*)%.*s))%s", t[i].grouped[0] == 'N' ? "NOT " : "",
		         (int)(value - compared), compared, value);
		IS(written(MD_DIALECT_CLICKHOUSE), want);
	}
}

static void nested(void **state)
{
	(void)state;
	struct md_pcolumn inner_parent = column(1, "id", MD_INT), inner_child = column(2, "up", MD_INT);
	struct md_sub inner = { .table = 2, .parent = &inner_parent, .child = &inner_child, .n_keys = 1, .absent = true };
	struct md_cond c = { .kind = MD_COND_EXISTS, .sub = &inner };
	fresh();
	sub.where = &c;
	IS(written(MD_DIALECT_TRINO), "EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\" AND NOT EXISTS (SELECT 1 FROM \"s\".\"c\" AS t2 WHERE t2.\"up\" = t1.\"id\"))");
	IS(written(MD_DIALECT_CLICKHOUSE), "(t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1 WHERE NOT (t1.`id` IN (SELECT t2.`up` FROM `s`.`c` AS t2))))");
}

static void in_groups(void **state)
{
	(void)state;
	struct md_cond a = op(MD_OP_EQ, column(0, "a", MD_INT), scalar(MD_INT, "1"), (struct md_value){ 0 });
	fresh();
	struct md_cond or = GROUP(MD_COND_OR, &cond, &a), not = GROUP(MD_COND_NOT, &cond);
	struct md_tree t = tree(MD_DIALECT_POSTGRES, &or);
	IS(strstr(line(&t), "WHERE"), "WHERE (EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\") OR t0.\"a\" = $1) | 1");
	t = tree(MD_DIALECT_CLICKHOUSE, &not);
	IS(strstr(line(&t), "WHERE"), "WHERE NOT ((t0.`id` IN (SELECT t1.`fk` FROM `s`.`c` AS t1)))");
}

/* Trino correlates in WHERE, not in ON. */
static void in_on(void **state)
{
	(void)state;
	fresh();
	struct md_tree t = tree(MD_DIALECT_TRINO, &cond);
	static struct md_sub joined;
	static struct md_pcolumn parent, child;
	parent = column(3, "id", MD_INT);
	child = column(2, "fk", MD_INT);
	joined = (struct md_sub){ .table = 2, .parent = &parent, .child = &child, .n_keys = 1 };
	struct md_cond keys = { .kind = MD_COND_COLUMNS, .op = MD_OP_EQ, .left = column(0, "id", MD_INT), .right = column(3, "id", MD_INT) };
	struct md_cond on = { .kind = MD_COND_EXISTS, .sub = &joined }, both = GROUP(MD_COND_AND, &keys, &on);
	struct md_ptable from[4];
	memcpy(from, tables, sizeof from);
	from[1] = tables[3];
	from[1].left = true;
	from[1].on = &both;
	/* the joined table is t1 here; the names in the conditions are what is looked at */
	t.tables = from;
	t.n_from = 2;
	IS(strstr(line(&t), "ON"), "ON t0.\"id\" = t3.\"id\" AND (t3.\"id\" IN (SELECT t2.\"fk\" FROM \"s\".\"c\" AS t2)) "
	                           "WHERE EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\")");
	t.dialect = MD_DIALECT_POSTGRES;
	IS(strstr(line(&t), "ON"), "ON t0.\"id\" = t3.\"id\" AND EXISTS (SELECT 1 FROM \"s\".\"c\" AS t2 WHERE t2.\"fk\" = t3.\"id\") "
	                           "WHERE EXISTS (SELECT 1 FROM \"s\".\"c\" AS t1 WHERE t1.\"fk\" = t0.\"id\")");
}

/* ClickHouse converts to the set's type. */
static void common_types(void **state)
{
	(void)state;
	static const struct {
		enum md_base_type parent, child;
		const char *want;
	} t[] = { { MD_DECIMAL, MD_DECIMAL, "(toString(t0.`id`) IN (SELECT toString(t1.`fk`) FROM" }, { MD_INT, MD_DECIMAL, "(toString(t0.`id`) IN (SELECT toString(t1.`fk`) FROM" },
		  { MD_FLOAT, MD_DECIMAL, "(toFloat64(t0.`id`) IN (SELECT toFloat64(t1.`fk`) FROM" }, { MD_BIGINT, MD_FLOAT, "(toFloat64(t0.`id`) IN (SELECT toFloat64(t1.`fk`) FROM" },
		  { MD_DATE, MD_TIMESTAMP, "(toDateTime64(t0.`id`, 6, 'UTC') IN (SELECT toDateTime64(t1.`fk`, 6, 'UTC') FROM" }, { MD_DATE, MD_DATE, "(t0.`id` IN (SELECT t1.`fk` FROM" },
		  { MD_INT, MD_BIGINT, "(t0.`id` IN (SELECT t1.`fk` FROM" }, { MD_UUID, MD_UUID, "(t0.`id` IN (SELECT t1.`fk` FROM" }, { MD_STRING, MD_STRING, "(t0.`id` IN (SELECT t1.`fk` FROM" } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		fresh();
		parents[0] = column(0, "id", t[i].parent);
		children[0] = column(1, "fk", t[i].child);
		assert_memory_equal(written(MD_DIALECT_CLICKHOUSE), t[i].want, strlen(t[i].want));
	}
	fresh();
	parents[0] = column(0, "id", MD_DECIMAL);
	children[0] = column(1, "fk", MD_DECIMAL);
	assert_non_null(strstr(written(MD_DIALECT_SQLITE), "t1.\"fk\" COLLATE md_decimal = t0.\"id\""));
}

static void unguarded(void **state)
{
	(void)state;
	fresh();
	tables[1].guard = NULL;
	assert_non_null(strstr(written(MD_DIALECT_POSTGRES), "INTERNAL: table 1 of the statement did not come through the row-level security phase"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain), cmocka_unit_test(conditions_inside), cmocka_unit_test(composite), cmocka_unit_test(counted), cmocka_unit_test(nested),
		cmocka_unit_test(in_groups), cmocka_unit_test(in_on), cmocka_unit_test(common_types), cmocka_unit_test(unguarded),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	md_arena_free(&arena);
	return failed;
}
