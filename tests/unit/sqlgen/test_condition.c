/* sqlgen/condition.c: each operator in each dialect, groups and their parentheses, lists. */
#include "tree.h"

#include <stdio.h>

#define NOTHING scalar(MD_STRING, "")
#define PG MD_DIALECT_POSTGRES
#define CH MD_DIALECT_CLICKHOUSE
#define TR MD_DIALECT_TRINO
#define LI MD_DIALECT_SQLITE

static void is_where(const struct md_condition *c, const char *pg, const char *ch, const char *tr, const char *li)
{
	IS(where(PG, c), pg);
	IS(where(CH, c), ch);
	IS(where(TR, c), tr);
	IS(where(LI, c), li);
}

#define FITTED_ITEMS \
	"(arrayMap(v -> if(toFloat64(toString(accurateCastOrNull(v, " ITS_TYPE "))) = toFloat64(v), " \
	"accurateCastOrNull(v, " ITS_TYPE "), NULL), splitByChar(',', " \
	"substring({p1:String}, 2, length({p1:String}) - 2)))"
#define MICROSECONDS(compared) \
	"fromUnixTimestamp64Micro(dateDiff('microsecond', toDateTime64(0, 6, 'UTC'), t0.`x`), 'UTC')" compared \
	" AND indexHint(toTimeZone(toDateTime64(t0.`x`, 6), 'UTC')" compared ")"
#define ITS_TYPE "toTypeName(least(t0.`x`, t0.`x`))"
#define FITTED(n) "accurateCastOrNull({p" n ":String}, " ITS_TYPE ")"
#define NEAREST(n) \
	"coalesce(" FITTED(n) ", accurateCastOrNull(substringIndex({p" n ":String}, '.', 1), " ITS_TYPE ")) AS " \
	"xp" n
#define DECIMAL_EQUAL(equal, other) \
	"if(ifNull(toString(" NEAREST("1") "), '') = {p1:String}, t0.`x` " equal " xp1, t0.`x` " other " t0.`x`)"
/* out, is_strict, near: "" or "NOT " before a test of the value */
#define DECIMAL_RANGE(n, or_equal, out, is_strict, near) \
	"(if(isNull(" NEAREST(n) "), t0.`x` = t0.`x` AND " out "startsWith({p" n ":String}, '-'), t0.`x` " or_equal \
	" xp" n ") AND if(isNotNull(xp" n ") AND " is_strict "(toString(xp" n ") = {p" n ":String} OR " near \
	"startsWith({p" n ":String}, '-')), t0.`x` <> xp" n ", 1))"

/* As the operators of writes_every_comparison. */
static const char *const clickhouse_decimals[] = {
	DECIMAL_EQUAL("=", "<>") " | 1.5",
	DECIMAL_EQUAL("<>", "=") " | 1.5",
	DECIMAL_RANGE("1", ">=", "", "", "NOT ") " | 1.5",
	DECIMAL_RANGE("1", "<=", "NOT ", "", "") " | 1.5",
	DECIMAL_RANGE("1", ">=", "", "NOT ", "") " | 1.5",
	DECIMAL_RANGE("1", "<=", "NOT ", "NOT ", "NOT ") " | 1.5",
};

static void writes_every_comparison(void **state)
{
	(void)state;
	static const struct {
		enum md_op op;
		const char *word;
		bool range;
	} ops[] = { { MD_OP_EQ, "=", false }, { MD_OP_NE, "<>", false }, { MD_OP_GT, ">", true },
		    { MD_OP_LT, "<", true },  { MD_OP_GE, ">=", true },  { MD_OP_LE, "<=", true } };
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		struct md_expr *left = column(0, "x", MD_STRING);
		struct md_condition *c = op(ops[i].op, left, scalar(MD_STRING, "v"), NOTHING);
		char pg[80], ch[80], tr[80], li[80];
		sprintf(pg, "t0.\"x\"%s %s $1 | v", ops[i].range ? "::text COLLATE \"C\"" : "", ops[i].word);
		sprintf(ch, "toString(t0.`x`) %s {p1:String} | v", ops[i].word);
		sprintf(tr, "t0.\"x\" %s ? | v", ops[i].word);
		/* a row may hold a number or bytes */
		sprintf(li, "(t0.\"x\"%s %s ?1 AND typeof(t0.\"x\") = 'text') | v",
		        ops[i].range ? " COLLATE BINARY" : "", ops[i].word);
		is_where(c, pg, ch, tr, li);
		set_collation_needed(left, false);
		sprintf(pg, "t0.\"x\"%s %s $1 | v", ops[i].range ? "::text" : "", ops[i].word);
		IS(where(PG, c), pg);
		c = op(ops[i].op, column(0, "x", MD_DECIMAL), scalar(MD_DECIMAL, "1.5"), NOTHING);
		sprintf(pg, "t0.\"x\" %s $1::numeric | 1.5", ops[i].word);
		sprintf(tr, "t0.\"x\" %s ? | 1.5", ops[i].word);
		sprintf(li, "md_value_decimal(t0.\"x\") COLLATE md_decimal %s ?1 | 1.5", ops[i].word);
		is_where(c, pg, clickhouse_decimals[i], tr, li);
	}
}

static void writes_a_parameter_of_every_type(void **state)
{
	(void)state;
	static const struct {
		enum md_base_type type;
		const char *ch, *pg, *lite;
	} t[] = { { MD_STRING, "toString(t0.`x`) = {p1:String}", "$1",
		    "(t0.\"x\" = ?1 AND typeof(t0.\"x\") = 'text')" },
		  { MD_INT, "t0.`x` = {p1:Int64}", "$1::bigint",
		    "(t0.\"x\" = ?1 AND typeof(t0.\"x\") <> 'text')" },
		  { MD_BIGINT, "t0.`x` = {p1:Int64}", "$1::bigint",
		    "(t0.\"x\" = ?1 AND typeof(t0.\"x\") <> 'text')" },
		  { MD_FLOAT,
		    "if(toFloat64(toString(" NEAREST("1") ")) = {p1:Float64}, t0.`x` = xp1, "
		    "if(isNull(xp1), toFloat64(t0.`x`) = {p1:Float64}, t0.`x` < xp1 AND t0.`x` > xp1))",
		    "$1",
		    "(t0.\"x\" = ?1 AND typeof(t0.\"x\") <> 'text')" },
		  { MD_BOOLEAN, "t0.`x` = {p1:Bool}", "$1",
		    "t0.\"x\" IN (?1, CASE ?1 WHEN 1 THEN 'true' ELSE 'false' END)" },
		  { MD_UUID,
		    "if(toTypeName(t0.`x`) LIKE '%UUID%', t0.`x` IN ({p1:UUID}), lower(toString(t0.`x`)) IN "
		    "({p1:String}))",
		    "$1",
		    "t0.\"x\" COLLATE BINARY IN (?1, upper(?1))" },
		  { MD_DATE, "t0.`x` = {p1:Date32}", "$1",
		    "(t0.\"x\" = ?1 AND md_value_date(t0.\"x\") IS NOT NULL)" },
		  { MD_TIMESTAMP, "(" MICROSECONDS(" = {p1:DateTime64(6, 'UTC')}") ")", "$1",
		    "(t0.\"x\" BETWEEN strftime('%Y-%m-%d', substr(?1, 1, 10), '-1 day') AND "
		    "coalesce(strftime('%Y-%m-%d', substr(?1, 1, 10), '+2 days'), ':') AND "
		    "md_value_timestamp(t0.\"x\") = ?1)" },
		  { MD_BYTES, "t0.`x` = base64Decode({p1:String})", "decode($1, 'base64')",
		    "(t0.\"x\" = ?1 AND typeof(t0.\"x\") = 'blob')" } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct md_condition *c = op(MD_OP_EQ, column(0, "x", t[i].type), scalar(t[i].type, "v"), NOTHING);
		char pg[80], ch[500], lite[300];
		sprintf(pg, "t0.\"x\" = %s | v", t[i].pg);
		sprintf(ch, "%s | v", t[i].ch);
		sprintf(lite, "%s | v", t[i].lite);
		is_where(c, pg, ch, "t0.\"x\" = ? | v", lite);
	}
}

/* IN of a list that ClickHouse has to calculate, or beside a column that it converts; NULL: IN is
 * written as NOT IN is. */
static const char *with_index_hint(enum md_base_type type)
{
	if (type == MD_FLOAT)
		return "(indexHint(has(" FITTED_ITEMS ") AS xp1, t0.`x`)) AND t0.`x` IN (xp1))";
	return type == MD_TIMESTAMP ? "(" MICROSECONDS(" IN ({p1:Array(DateTime64(6, 'UTC'))})") ")" : NULL;
}

static void writes_lists_of_every_type(void **state)
{
	(void)state;
	static const char *const v[] = { "a", "b" };
	static const struct {
		enum md_base_type type;
		const char *pg, *ch;
		const char *lite, *guard; /* the column, and what guards it; NULL: nothing */
	} t[] = { { MD_STRING, "", "toString(t0.`x`) %s {p1:Array(String)}",
		    "t0.\"x\"", "typeof(t0.\"x\") = 'text'" },
		  { MD_INT, "::bigint[]", "t0.`x` %s {p1:Array(Int64)}",
		    "t0.\"x\"", "md_value_int(t0.\"x\") IS NOT NULL" },
		  { MD_BIGINT, "::bigint[]", "t0.`x` %s {p1:Array(Int64)}",
		    "t0.\"x\"", "md_value_bigint(t0.\"x\") IS NOT NULL" },
		  { MD_FLOAT, "", "t0.`x` %s " FITTED_ITEMS ")",
		    "t0.\"x\"", "md_value_float(t0.\"x\") IS NOT NULL" },
		  { MD_BOOLEAN, "", "t0.`x` %s {p1:Array(Bool)}",
		    "md_value_boolean(t0.\"x\")", NULL },
		  { MD_UUID, "",
		    "if(toTypeName(t0.`x`) LIKE '%%UUID%%', t0.`x` %s {p1:Array(UUID)}, lower(toString(t0.`x`)) %s "
		    "{p1:Array(String)})",
		    "t0.\"x\" COLLATE BINARY", NULL },
		  { MD_DATE, "", "t0.`x` %s {p1:Array(Date32)}",
		    "t0.\"x\"", "md_value_date(t0.\"x\") IS NOT NULL" },
		  { MD_TIMESTAMP, "",
		    "fromUnixTimestamp64Micro(dateDiff('microsecond', toDateTime64(0, 6, 'UTC'), t0.`x`), 'UTC') %s "
		    "({p1:Array(DateTime64(6, 'UTC'))})",
		    "md_value_timestamp(t0.\"x\")", NULL } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		for (int not = 0; not < 2; not++) {
			struct md_condition *c = op(not ? MD_OP_NOT_IN : MD_OP_IN, column(0, "x", t[i].type),
			                            list(t[i].type, v, 2), NOTHING);
			const char *word = not ? "NOT IN" : "IN";
			char pg[80], ch[400], tr[80], li[160];
			sprintf(pg, "t0.\"x\" %s($1%s) | [a,b]", not ? "<> ALL" : "= ANY", t[i].pg);
			const char *hinted = not ? NULL : with_index_hint(t[i].type);
			sprintf(ch, hinted ? hinted : t[i].ch, word, word);
			strcat(ch, " | [a,b]");
			sprintf(tr, "t0.\"x\" %s (?, ?) | a, b", word);
			/* a column of uuids is compared itself where an index can serve it */
			const char *left = not && t[i].type == MD_UUID ? "md_value_uuid(t0.\"x\")" : t[i].lite;
			bool is_number = t[i].type == MD_INT || t[i].type == MD_BIGINT || t[i].type == MD_FLOAT;
			const char *guard = is_number && !not ? "typeof(t0.\"x\") <> 'text'" : t[i].guard;
			if (guard)
				sprintf(li, "(%s %s (SELECT value FROM json_each(?1)) AND %s) | [a,b]", left, word,
				        guard);
			else
				sprintf(li, "%s %s (SELECT value FROM json_each(?1)) | [a,b]", left, word);
			is_where(c, pg, ch, tr, li);
		}
}

static void writes_lists_of_decimals(void **state)
{
	(void)state;
	static const char *const v[] = { "1.5", "-0.00000000001" };
	struct md_condition *c = op(MD_OP_NOT_IN, column(0, "x", MD_DECIMAL), list(MD_DECIMAL, v, 2), NOTHING);
	is_where(c, "t0.\"x\" <> ALL($1::numeric[]) | [1.5,-0.00000000001]", "t0.`x` NOT IN (arrayMap(v -> "
	         "if(toString(accurateCastOrNull(v, " ITS_TYPE ")) = v, accurateCastOrNull(v, "
	         ITS_TYPE "), NULL), splitByChar(',', substring({p1:String}, 2, length({p1:String}) - 2)))) | "
	         "[1.5,-0.00000000001]",
	         "t0.\"x\" NOT IN (?, ?) | 1.5, -0.00000000001",
	         "md_value_decimal(t0.\"x\") COLLATE md_decimal NOT IN (SELECT value FROM json_each(?1)) | "
	         "[1.5,-0.00000000001]");
}

/* Trino: 1,000 elements are parameters of their own, one more is one array. Elsewhere one value has
 * the shape of many. */
static void writes_long_lists_as_one_array(void **state)
{
	(void)state;
	static const char *many[1001];
	for (int i = 0; i < 1001; i++)
		many[i] = "7";
	struct md_condition *c = op(MD_OP_IN, column(0, "x", MD_INT), list(MD_INT, many, 1000), NOTHING);
	const char *text = where(TR, c);
	size_t n = 0;
	for (const char *p = text; *p && *p != '|'; p++)
		n += *p == '?';
	assert_int_equal(n, 1000);
	c = op(MD_OP_IN, column(0, "x", MD_INT), list(MD_INT, many, 1001), NOTHING);
	assert_memory_equal(where(TR, c), "t0.\"x\" IN (SELECT u.v FROM UNNEST(?) AS u (v)) | [7,7,", 53);
	c->op = MD_OP_NOT_IN;
	assert_memory_equal(where(TR, c), "t0.\"x\" NOT IN (SELECT u.v FROM UNNEST(?) AS u (v)) | [7,", 55);
	c = op(MD_OP_IN, column(0, "x", MD_INT), list(MD_INT, many, 1), NOTHING);
	is_where(c, "t0.\"x\" = ANY($1::bigint[]) | [7]", "t0.`x` IN {p1:Array(Int64)} | [7]", "t0.\"x\" IN (?) | 7",
	         "(t0.\"x\" IN (SELECT value FROM json_each(?1)) AND typeof(t0.\"x\") <> 'text') | [7]");
}

static void writes_ranges(void **state)
{
	(void)state;
	struct md_condition *c = op(MD_OP_BETWEEN, column(0, "x", MD_STRING), scalar(MD_STRING, "a"),
	                            scalar(MD_STRING, "b"));
	is_where(c, "t0.\"x\"::text COLLATE \"C\" BETWEEN $1 AND $2 | a, b", "toString(t0.`x`) BETWEEN {p1:String} "
	         "AND {p2:String} | a, b", "t0.\"x\" BETWEEN ? AND ? | a, b",
	         "(t0.\"x\" COLLATE BINARY BETWEEN ?1 AND ?2 AND typeof(t0.\"x\") = 'text') | a, b");
	c = op(MD_OP_NOT_BETWEEN, column(0, "x", MD_DECIMAL), scalar(MD_DECIMAL, "1"), scalar(MD_DECIMAL, "2"));
	is_where(c, "t0.\"x\" NOT BETWEEN $1::numeric AND $2::numeric | 1, 2",
	         "(" DECIMAL_RANGE("1", "<=", "NOT ", "", "")
	         " OR " DECIMAL_RANGE("2", ">=", "", "", "NOT ") ") | 1, 2",
	         "t0.\"x\" NOT BETWEEN ? AND ? | 1, 2",
	         "md_value_decimal(t0.\"x\") COLLATE md_decimal NOT BETWEEN ?1 AND ?2 | 1, 2");
}

static void writes_patterns_with_their_escape(void **state)
{
	(void)state;
	struct md_condition *c = op(MD_OP_LIKE, column(0, "x", MD_STRING), scalar(MD_STRING, "a\\%"), NOTHING);
	is_where(c, "t0.\"x\"::text COLLATE \"default\" LIKE $1 | a\\%", "toString(t0.`x`) LIKE {p1:String} | a\\%",
	         "t0.\"x\" LIKE ? ESCAPE '\\' | a\\%",
	         "(t0.\"x\" LIKE ?1 ESCAPE '\\' AND typeof(t0.\"x\") = 'text') | a\\%");
}

static void writes_null_tests(void **state)
{
	(void)state;
	struct md_expr *left = column(3, "x", MD_DECIMAL);
	struct md_condition *c = op(MD_OP_IS_NULL, left, NOTHING, NOTHING);
	is_where(c, "t3.\"x\" IS NULL", "t3.`x` IS NULL", "t3.\"x\" IS NULL", "t3.\"x\" IS NULL");
	c->op = MD_OP_IS_NOT_NULL;
	left->type.array = true;
	is_where(c, "t3.\"x\" IS NOT NULL", "t3.`x` IS NOT NULL", "t3.\"x\" IS NOT NULL", "t3.\"x\" IS NOT NULL");
}

static void writes_columns_beside_each_other(void **state)
{
	(void)state;
#define LITE_DECIMAL(column) "md_value_decimal(" column ") COLLATE md_decimal"
	static const char *const want[MD_DIALECTS] = { [MD_DIALECT_POSTGRES] = "t0.\"a\" = t1.\"b\"",
		                                       [MD_DIALECT_CLICKHOUSE] = "toString(t0.`a`) = toString(t1.`b`)",
		                                       [MD_DIALECT_TRINO] = "t0.\"a\" = t1.\"b\"",
		                                       [MD_DIALECT_SQLITE] = LITE_DECIMAL("t0.\"a\"") " = "
		                                               LITE_DECIMAL("t1.\"b\"") };
	static const struct md_str name[] = { { "t", 1 } };
	for (int d = 0; d < MD_DIALECTS; d++) {
		struct md_scan scans[] = { scan_named(name, 1), scan_named(name, 1) };
		struct md_tree t = tree_of((enum md_dialect_id)d);
		join_scan(&scans[1], MD_SCAN_INNER_JOIN, column(0, "a", MD_DECIMAL), column(1, "b", MD_DECIMAL));
		t.scans = scans;
		t.n_scans = t.n_from = 2;
		IS(strstr(line(&t), " ON ") + 4, want[d]);
	}
}

static void writes_a_predicate_that_no_row_passes(void **state)
{
	(void)state;
	static const struct md_predicate no_row = { .kind = MD_PREDICATE_FALSE };
	static const char *const want[MD_DIALECTS] = { [MD_DIALECT_POSTGRES] = "false", [MD_DIALECT_CLICKHOUSE] = "0",
		                                       [MD_DIALECT_TRINO] = "false", [MD_DIALECT_SQLITE] = "0" };
	static const struct md_str name[] = { { "t", 1 } };
	for (int d = 0; d < MD_DIALECTS; d++) {
		struct md_scan scan = scan_named(name, 1);
		struct md_tree t = tree_of((enum md_dialect_id)d);
		scan.rows = &no_row;
		t.scans = &scan;
		IS(strstr(line(&t), " WHERE ") + 7, want[d]);
	}
}

/* Only the AND at the top goes without parentheses; NOT stays NOT. */
static void puts_every_group_below_the_top_in_parentheses(void **state)
{
	(void)state;
	struct md_condition *a = op(MD_OP_IS_NULL, column(0, "a", MD_INT), NOTHING, NOTHING),
			    *b = op(MD_OP_EQ, column(0, "b", MD_INT), scalar(MD_INT, "1"), NOTHING);
	struct md_condition *or = GROUP(MD_CONDITION_OR, a, b), *and = GROUP(MD_CONDITION_AND, a, b);
	struct md_condition *not_or = GROUP(MD_CONDITION_NOT, or), *not_a = GROUP(MD_CONDITION_NOT, a),
			    *not_not = GROUP(MD_CONDITION_NOT, not_a), *not_and = GROUP(MD_CONDITION_NOT, and);
	IS(where(PG, and), "t0.\"a\" IS NULL AND t0.\"b\" = $1::bigint | 1");
	IS(where(PG, or), "(t0.\"a\" IS NULL OR t0.\"b\" = $1::bigint) | 1");
	IS(where(PG, not_or), "NOT (t0.\"a\" IS NULL OR t0.\"b\" = $1::bigint) | 1");
	IS(where(PG, not_and), "NOT (t0.\"a\" IS NULL AND t0.\"b\" = $1::bigint) | 1");
	IS(where(PG, not_a), "NOT (t0.\"a\" IS NULL)");
	IS(where(PG, not_not), "NOT (NOT (t0.\"a\" IS NULL))");
	struct md_condition *top = GROUP(MD_CONDITION_AND, b, or, and, not_or);
#define B_IS(param) "(t0.\"b\" = " param " AND typeof(t0.\"b\") <> 'text')"
	IS(where(LI, top), B_IS("?1") " AND (t0.\"a\" IS NULL OR " B_IS("?2") ") AND "
	                   "(t0.\"a\" IS NULL AND " B_IS("?3") ") AND NOT (t0.\"a\" IS NULL OR CASE WHEN "
	                   "md_value_int(t0.\"b\") IS NOT NULL THEN "
	                   "t0.\"b\" = ?4 END) | 1, 1, 1, 1");
}

/* Nine parameters and more: the array grows, the numbers go on. */
static void numbers_parameters_in_order(void **state)
{
	(void)state;
	struct md_condition *a = op(MD_OP_BETWEEN, column(0, "a", MD_INT), scalar(MD_INT, "1"), scalar(MD_INT, "2"));
	struct md_condition *top = GROUP(MD_CONDITION_AND, a, a, a, a, a, a);
	IS(strstr(where(PG, top), "$11"), "$11::bigint AND $12::bigint | 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2");
}

static void refuses_an_operator_without_text(void **state)
{
	(void)state;
	struct md_condition *c = op(MD_OP_CONTAINS, column(0, "a", MD_STRING), scalar(MD_STRING, "1"), NOTHING);
	IS(where(PG, c), "INTERNAL: an operator has no text in SQL");
}

/* Values never reach the text: hostile ones give the same text as harmless ones. */
static void keeps_hostile_values_out_of_the_text(void **state)
{
	(void)state;
	static const char *const bad[] = { "'; DROP TABLE t; --", "\"", "`",  "\\", "$1", "?",
		                           "{p1:String}",         "",   "/*", "\n" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		for (int d = 0; d < MD_DIALECTS; d++) {
			struct md_condition *c = op(MD_OP_EQ, column(0, "a", MD_STRING), scalar(MD_STRING, "harmless"),
			                            NOTHING);
			char text[100];
			const char *sql = where((enum md_dialect_id)d, c);
			size_t n = (size_t)(strstr(sql, " | ") - sql);
			memcpy(text, sql, n);
			c = op(MD_OP_EQ, column(0, "a", MD_STRING), scalar(MD_STRING, bad[i]), NOTHING);
			sql = where((enum md_dialect_id)d, c);
			assert_memory_equal(sql, text, n);
			IS(sql + n + 3, bad[i]);
		}
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
		cmocka_unit_test(writes_every_comparison), cmocka_unit_test(writes_a_parameter_of_every_type),
		cmocka_unit_test(writes_lists_of_every_type), cmocka_unit_test(writes_lists_of_decimals),
		cmocka_unit_test(writes_long_lists_as_one_array), cmocka_unit_test(writes_ranges),
		cmocka_unit_test(writes_patterns_with_their_escape), cmocka_unit_test(writes_null_tests),
		cmocka_unit_test(writes_columns_beside_each_other),
		cmocka_unit_test(writes_a_predicate_that_no_row_passes),
		cmocka_unit_test(puts_every_group_below_the_top_in_parentheses),
		cmocka_unit_test(numbers_parameters_in_order), cmocka_unit_test(refuses_an_operator_without_text),
		cmocka_unit_test(keeps_hostile_values_out_of_the_text),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
