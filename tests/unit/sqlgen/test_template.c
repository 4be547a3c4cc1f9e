/* sqlgen/template.c: operators that dialects write their own way, column against column. */
#include "tree.h"

#define PG MD_DIALECT_POSTGRES
#define CH MD_DIALECT_CLICKHOUSE
#define TR MD_DIALECT_TRINO
#define LI MD_DIALECT_SQLITE
#define NOTHING scalar(MD_STRING, "")

static void is_where(const struct md_condition *c, const char *pg, const char *ch, const char *tr, const char *li)
{
	IS(where(PG, c), pg);
	IS(where(CH, c), ch);
	IS(where(TR, c), tr);
	IS(where(LI, c), li);
}

static void writes_operators_that_ignore_case(void **state)
{
	(void)state;
	struct md_condition *c = op(MD_OP_ILIKE, column(0, "x", MD_STRING), scalar(MD_STRING, "a%"), NOTHING);
	IS(where(PG, c), "t0.\"x\"::text COLLATE \"default\" ILIKE $1 | a%");
	IS(where(LI, c), "md_ilike(md_value_string(t0.\"x\"), ?1) | a%");
	assert_non_null(strstr(where(CH, c), "translateUTF8(lowerUTF8(toString(t0.`x`)), 'ſµ"));
	assert_non_null(strstr(where(CH, c), ") LIKE translateUTF8(lowerUTF8({p1:String}), 'ſµ"));
	assert_non_null(strstr(where(TR, c), "translate(lower(t0.\"x\"), 'ſµ"));
	assert_non_null(strstr(where(TR, c), ") LIKE translate(lower(?), 'ſµ"));
	assert_non_null(strstr(where(TR, c), "') ESCAPE '\\' | a%"));
	c->op = MD_OP_NOT_ILIKE;
	IS(where(PG, c), "t0.\"x\"::text COLLATE \"default\" NOT ILIKE $1 | a%");
	IS(where(LI, c), "NOT md_ilike(md_value_string(t0.\"x\"), ?1) | a%");
	assert_non_null(strstr(where(CH, c), ") NOT LIKE translateUTF8("));
	assert_non_null(strstr(where(TR, c), ") NOT LIKE translate("));
	c->op = MD_OP_NOT_LIKE;
	is_where(c, "t0.\"x\"::text COLLATE \"default\" NOT LIKE $1 | a%",
	         "toString(t0.`x`) NOT LIKE {p1:String} | a%",
	         "t0.\"x\" NOT LIKE ? ESCAPE '\\' "
		"| a%", "md_value_string(t0.\"x\") NOT LIKE ?1 ESCAPE '\\' | a%");
}

/* SQLite's LIKE takes 50,000 bytes, and not all characters for what they are. */
static void writes_long_patterns_for_sqlite(void **state)
{
	(void)state;
	static char text[50002];
	memset(text, 'a', 50001);
	text[50001] = 0;
	struct md_condition *c = op(MD_OP_LIKE, column(0, "x", MD_STRING), scalar(MD_STRING, text), NOTHING);
	assert_memory_equal(where(LI, c), "md_like(md_value_string(t0.\"x\"), ?1) |", 38);
	assert_non_null(strstr(where(PG, c), "t0.\"x\"::text COLLATE \"default\" LIKE $1 |"));
	c->op = MD_OP_NOT_LIKE;
	assert_memory_equal(where(LI, c), "NOT md_like(md_value_string(t0.\"x\"), ?1) |", 42);
	text[50000] = 0;
	c = op(MD_OP_LIKE, column(0, "x", MD_STRING), scalar(MD_STRING, text), NOTHING);
	assert_memory_equal(where(LI, c), "(t0.\"x\" LIKE ?1 ESCAPE", 21);
	/* U+FFFF, which it takes for U+FFFD */
	c = op(MD_OP_NOT_LIKE, column(0, "x", MD_STRING), scalar(MD_STRING, "a\xef\xbf\xbf%"), NOTHING);
	is_where(c, "t0.\"x\"::text COLLATE \"default\" NOT LIKE $1 | a\xef\xbf\xbf%",
	         "toString(t0.`x`) NOT LIKE {p1:String} | a\xef\xbf\xbf%",
	         "t0.\"x\" NOT LIKE ? ESCAPE '\\' | a\xef\xbf\xbf%",
	         "NOT md_like(md_value_string(t0.\"x\"), ?1) | a\xef\xbf\xbf%");
}

static void writes_edit_distances(void **state)
{
	(void)state;
	struct md_condition *c = op(MD_OP_LEVENSHTEIN, column(0, "x", MD_STRING), scalar(MD_STRING, "abc"),
	                            scalar(MD_INT, "2"));
	is_where(c,
	         "CASE WHEN char_length(t0.\"x\"::text COLLATE \"default\") > 255 THEN false ELSE "
	         "levenshtein(t0.\"x\"::text COLLATE \"default\", $1) <= $2 END | abc, 2",
	         "(lengthUTF8(toString(t0.`x`)) <= 255 AND editDistanceUTF8(concat('.', "
	         "toValidUTF8(if(lengthUTF8(toString(t0.`x`)) > 255, '', toString(t0.`x`)))), concat('.', "
	         "{p1:String})) <= {p2:Int64}) | abc, 2",
	         "CASE WHEN length(t0.\"x\") > 255 THEN false ELSE levenshtein_distance(t0.\"x\", ?) <= ? END | abc, 2",
	         "md_levenshtein(md_value_string(t0.\"x\"), ?1) <= ?2 | abc, 2");
}

static void writes_array_operators(void **state)
{
	(void)state;
	static const char *const v[] = { "a", "b" };
	struct md_expr *left = column(0, "x", MD_STRING);
	struct md_condition *c = op(MD_OP_ARRAY_CONTAINS_ALL, left, list(MD_STRING, v, 2), NOTHING);
	left->type.array = true;
	set_collation_needed(left, true); /* its form is that of an array */
	is_where(c, "t0.\"x\" @> $1 | [a,b]", "arrayAll(v -> has(t0.`x`, v), {p1:Array(String)}) | [a,b]",
	         "cardinality(array_except(?, t0.\"x\")) = 0 | [a,b]",
	         "CASE WHEN t0.\"x\" IS NOT NULL THEN NOT EXISTS (SELECT 1 FROM json_each(?1) AS v WHERE v.value NOT "
	         "IN (SELECT e.value FROM "
	         "json_each(CASE WHEN json_valid(t0.\"x\") THEN t0.\"x\" END) AS e WHERE e.value IS NOT NULL)) END | "
	         "[a,b]");
	c->op = MD_OP_ARRAY_CONTAINS_ANY;
	is_where(c, "t0.\"x\" && $1 | [a,b]", "arrayExists(v -> has(t0.`x`, v), {p1:Array(String)}) | [a,b]",
	         "cardinality(array_intersect(t0.\"x\", ?)) > 0 | [a,b]",
	         "CASE WHEN t0.\"x\" IS NOT NULL THEN EXISTS (SELECT 1 FROM json_each(?1) AS v WHERE v.value IN "
	         "(SELECT e.value FROM "
	         "json_each(CASE WHEN json_valid(t0.\"x\") THEN t0.\"x\" END) AS e WHERE e.value IS NOT NULL)) END | "
	         "[a,b]");
	left->type.base = MD_DECIMAL;
	assert_non_null(strstr(where(LI, c), "CAST(v.value AS TEXT) COLLATE md_decimal IN (SELECT CAST(e.value AS "
	                                     "TEXT) COLLATE md_decimal FROM"));
	c->op = MD_OP_ARRAY_IS_EMPTY;
	is_where(c, "cardinality(t0.\"x\") = 0", "empty(t0.`x`)", "cardinality(t0.\"x\") = 0",
	         "CASE WHEN t0.\"x\" IS NOT NULL THEN NOT EXISTS (SELECT 1 FROM json_each(CASE WHEN "
	         "json_valid(t0.\"x\") THEN t0.\"x\" END)) END");
	c->op = MD_OP_ARRAY_IS_NOT_EMPTY;
	is_where(c, "cardinality(t0.\"x\") <> 0", "notEmpty(t0.`x`)", "cardinality(t0.\"x\") <> 0",
	         "CASE WHEN t0.\"x\" IS NOT NULL THEN EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(t0.\"x\") "
	         "THEN t0.\"x\" END)) END");
}

/* ClickHouse: an array of a row that a left join did not find is unknown, not empty. */
static void treats_arrays_that_a_left_join_lost_as_unknown(void **state)
{
	(void)state;
	struct md_expr *left = column(1, "x", MD_STRING);
	struct md_condition *c = op(MD_OP_ARRAY_IS_EMPTY, left, NOTHING, NOTHING);
	struct md_str name = MD_STR("t");
	struct md_scan scans[] = { scan_named(&name, 1), scan_named(&name, 1) };
	struct md_tree t = tree_of(CH);
	left->type.array = true;
	join_scan(&scans[1], MD_SCAN_LEFT_JOIN, column(0, "a", MD_INT), column(1, "k", MD_INT));
	ask_scan(&scans[0], c);
	t.scans = scans;
	t.n_scans = t.n_from = 2;
	assert_non_null(strstr(line(&t), " WHERE if(isNull(t1.`k`), NULL, empty(t1.`x`)) SETTINGS join_use_nulls = 1"));
	scans[1].form = MD_SCAN_INNER_JOIN;
	assert_non_null(strstr(line(&t), " WHERE empty(t1.`x`)"));
}

static struct md_condition *compared(enum md_op o, enum md_base_type left, enum md_base_type right)
{
	return versus(o, column(0, "a", left), column(0, "b", right));
}

#define MICROSECONDS(column) \
	"fromUnixTimestamp64Micro(dateDiff('microsecond', toDateTime64(0, 6, 'UTC'), t0.`" column "`), 'UTC')"

static void compares_columns_by_value(void **state)
{
	(void)state;
	struct md_condition *c = compared(MD_OP_EQ, MD_STRING, MD_STRING);
	is_where(c, "t0.\"a\"::text COLLATE \"C\" = t0.\"b\"::text COLLATE \"C\"",
	         "toString(t0.`a`) = toString(t0.`b`)", "t0.\"a\" = t0.\"b\"",
	         "t0.\"a\" COLLATE BINARY = t0.\"b\" COLLATE BINARY");
	c = compared(MD_OP_NE, MD_UUID, MD_UUID);
	is_where(c, "t0.\"a\" <> t0.\"b\"", "lower(toString(t0.`a`)) <> lower(toString(t0.`b`))",
	         "t0.\"a\" <> t0.\"b\"", "md_value_uuid(t0.\"a\") <> md_value_uuid(t0.\"b\")");
	c = compared(MD_OP_GT, MD_INT, MD_BIGINT);
	is_where(c, "t0.\"a\" > t0.\"b\"", "t0.`a` > t0.`b`", "t0.\"a\" > t0.\"b\"",
	         "md_value_int(t0.\"a\") > md_value_bigint(t0.\"b\")");
	c = compared(MD_OP_LE, MD_DATE, MD_TIMESTAMP);
	is_where(c, "t0.\"a\" <= t0.\"b\"",
	         MICROSECONDS("a") " <= " MICROSECONDS("b"),
	         "t0.\"a\" <= t0.\"b\"",
	         "md_value_date(t0.\"a\") || 'T00:00:00.000000000000Z' <= md_value_timestamp(t0.\"b\")");
	c = compared(MD_OP_LE, MD_TIMESTAMP, MD_DATE);
	IS(where(CH, c), MICROSECONDS("a") " <= " MICROSECONDS("b"));
	c = compared(MD_OP_LT, MD_DATE, MD_DATE);
	IS(where(CH, c), "t0.`a` < t0.`b`");
	IS(where(LI, c), "md_value_date(t0.\"a\") < md_value_date(t0.\"b\")");
}

static void compares_numbers_of_different_types_exactly(void **state)
{
	(void)state;
	struct md_condition *c = compared(MD_OP_EQ, MD_BIGINT, MD_DECIMAL);
	is_where(c, "t0.\"a\" = t0.\"b\"",
	         "((t0.`a` > -1, toUInt256(toInt256(t0.`a`))) = (t0.`b` > -1, toUInt256(toInt256(t0.`b`))) AND "
	         "toDecimal256(t0.`a` * 0, 0) = (t0.`b` - toDecimal256(toInt256(t0.`b`), 0)))",
	         "(t0.\"a\" = truncate(t0.\"b\") AND CAST(t0.\"a\" * 0 AS decimal(1, 0)) = (t0.\"b\" % DECIMAL '1'))",
	         "CAST(md_value_bigint(t0.\"a\") AS TEXT) COLLATE md_decimal = "
	         "CAST(md_value_decimal(t0.\"b\") AS TEXT) COLLATE md_decimal");
	c = compared(MD_OP_NE, MD_DECIMAL, MD_DECIMAL);
	IS(where(PG, c), "t0.\"a\" <> t0.\"b\"");
	IS(where(TR, c), "(truncate(t0.\"a\") <> truncate(t0.\"b\") OR (t0.\"a\" % DECIMAL '1') <> (t0.\"b\" % DECIMAL "
	                 "'1'))");
	c->op = MD_OP_GE;
	IS(where(TR, c), "(truncate(t0.\"a\") > truncate(t0.\"b\") OR (truncate(t0.\"a\") = truncate(t0.\"b\") AND "
	                 "(t0.\"a\" % DECIMAL '1') >= (t0.\"b\" % DECIMAL '1')))");
	c = compared(MD_OP_LT, MD_FLOAT, MD_DECIMAL);
	IS(where(PG, c), "t0.\"a\"::text::numeric < t0.\"b\"");
	IS(where(LI, c), "md_plain(md_value_float(t0.\"a\")) COLLATE md_decimal < CAST(md_value_decimal(t0.\"b\") AS "
	                 "TEXT) COLLATE md_decimal");
	c = compared(MD_OP_LT, MD_BIGINT, MD_FLOAT);
	IS(where(PG, c), "t0.\"a\" < t0.\"b\"::text::numeric");
	c = compared(MD_OP_LT, MD_INT, MD_FLOAT); /* every int is a double, but PostgreSQL's may be a real */
	is_where(c, "t0.\"a\" < t0.\"b\"::text::numeric", "(toFloat64(t0.`a`) + 0) < (toFloat64(toString(t0.`b`)) + 0)",
	         "t0.\"a\" < t0.\"b\"", "md_value_int(t0.\"a\") < md_value_float(t0.\"b\")");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_operators_that_ignore_case),
		cmocka_unit_test(writes_long_patterns_for_sqlite), cmocka_unit_test(writes_edit_distances),
		cmocka_unit_test(writes_array_operators),
		cmocka_unit_test(treats_arrays_that_a_left_join_lost_as_unknown),
		cmocka_unit_test(compares_columns_by_value),
		cmocka_unit_test(compares_numbers_of_different_types_exactly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
