/* md_sum and md_avg: every digit, whatever the storage; what is no decimal is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "drivers/sqlite/private.h"

#include <stdio.h>
#include <stdlib.h>

static sqlite3 *db;

static int open_db(void **state)
{
	(void)state;
	return sqlite3_open(":memory:", &db) || md_lite_aggregates(db);
}

static int close_db(void **state)
{
	(void)state;
	return sqlite3_close(db);
}

/* One value as text; "error" where the statement fails, "NULL". A static buffer. */
static const char *value_of(const char *sql)
{
	static char text[4096];
	sqlite3_stmt *stmt;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	if (sqlite3_step(stmt) != SQLITE_ROW)
		snprintf(text, sizeof text, "error");
	else if (sqlite3_column_type(stmt, 0) == SQLITE_NULL)
		snprintf(text, sizeof text, "NULL");
	else
		snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return text;
}

#define SUM(values, want) assert_string_equal(value_of("SELECT md_sum(column1) FROM (VALUES " values ")"), (want))
#define AVG(values, want) assert_string_equal(value_of("SELECT md_avg(column1) FROM (VALUES " values ")"), (want))

static void sums(void **state)
{
	(void)state;
	SUM("(1),(2),(-4)", "-1");
	SUM("('0.1'),('0.2')", "0.3");
	SUM("('1.10'),('-1.1')", "0");
	SUM("('-0.5'),('0.25')", "-0.25");
	SUM("('-0')", "0");
	SUM("('007.50'),(NULL),(1)", "8.5");
	SUM("(9223372036854775807),(9223372036854775807),(1)", "18446744073709551615");
	SUM("(-9223372036854775808),(-9223372036854775808)", "-18446744073709551616");
	SUM("('99999999999999999999.999999999999999999'),('0.000000000000000001')", "100000000000000000000");
	SUM("('-99999999999999999999.999999999999999999'),('100000000000000000000')", "0.000000000000000001");
	SUM("('0.0000000000000000000000000000000000000000001'),('1')", "1.0000000000000000000000000000000000000000001");
	SUM("('1000000000'),('-999999999.999999999')", "0.000000001");
	SUM("('-1000000000000000000'),('1'),('0.000000000000000000000000001')",
	    "-999999999999999998.999999999999999999999999999");
}

static void storage(void **state)
{
	(void)state;
	SUM("(0.1),(0.2)", "0.3"); /* what their shortest digits say */
	SUM("(1e21),('0.5')", "1000000000000000000000.5");
	SUM("(1e-7),(0)", "0.0000001");
	SUM("('1e5')", "error");
	SUM("('')", "error");
	SUM("('1.')", "error");
	SUM("('.5')", "error");
	SUM("('+1')", "error");
	SUM("('abc'),(1)", "error");
	SUM("(1),(x'31')", "error");
	SUM("(9e999)", "error");
	SUM("('1-2')", "error");
}

static void nothing(void **state)
{
	(void)state;
	SUM("(NULL),(NULL)", "NULL");
	AVG("(NULL)", "NULL");
	assert_string_equal(value_of("SELECT md_sum(1) WHERE 0"), "NULL");
	assert_string_equal(value_of("SELECT md_avg(1) WHERE 0"), "NULL");
}

/* More than the small sum holds, over and over, and back again. */
static void spills(void **state)
{
	(void)state;
	const char *many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT ";
	char sql[512];
	snprintf(sql, sizeof sql, "%smd_sum(9223372036854775807) FROM n", many);
	assert_string_equal(value_of(sql), "922337203685477580700000");
	snprintf(sql, sizeof sql, "%smd_sum(CASE WHEN i %% 2 THEN 9223372036854775807 ELSE -9223372036854775807 END) "
	                          "FROM n", many);
	assert_string_equal(value_of(sql), "0");
	snprintf(sql, sizeof sql, "%smd_avg(9223372036854775807) FROM n", many);
	assert_string_equal(value_of(sql), "9223372036854775807");
	snprintf(sql, sizeof sql, "%smd_sum('0.0000000000000000000000001') FROM n", many);
	assert_string_equal(value_of(sql), "0.00000000000000000001");
}

static void longest(void **state)
{
	static char sql[8192], nines[1001];
	(void)state;
	memset(nines, '9', 1000);
	snprintf(sql, sizeof sql, "SELECT md_sum(column1) FROM (VALUES ('%s'),(1))", nines);
	const char *got = value_of(sql);
	assert_int_equal(strlen(got), 1001);
	assert_int_equal(got[0], '1');
	assert_int_equal(strspn(got + 1, "0"), 1000);
	snprintf(sql, sizeof sql, "SELECT md_sum(column1) FROM (VALUES ('0.%s'),('-0.%s'))", nines, nines);
	assert_string_equal(value_of(sql), "0");
	snprintf(sql, sizeof sql, "SELECT md_sum(column1) FROM (VALUES ('1%s'))", nines);
	assert_string_equal(value_of(sql), "error"); /* 1,001 digits */
}

static void averages(void **state)
{
	(void)state;
	AVG("(1),(2)", "1.5");
	AVG("(1),(1),(3)", "1.6666666667");
	AVG("(-1),(-1),(-3)", "-1.6666666667");
	AVG("(1),(0),(0)", "0.3333333333");
	AVG("('0.00000000005'),('0.00000000005')", "0.0000000001"); /* half away from zero */
	AVG("('-0.00000000005')", "-0.0000000001");
	AVG("('0.00000000004')", "0");
	AVG("('-0.00000000004')", "0");
	AVG("('9.99999999999')", "10");
	AVG("('999999999.99999999999'),('999999999.99999999999')", "1000000000");
	AVG("(9223372036854775807),(9223372036854775806)", "9223372036854775806.5");
	AVG("('99999999999999999999999999999999999999'),('1')", "50000000000000000000000000000000000000");
}

/* A statement that fails in the middle frees what its groups hold (checked by the sanitizers). */
static void given_up(void **state)
{
	sqlite3_stmt *stmt;
	(void)state;
	assert_string_equal(value_of("SELECT md_sum(v) FROM (SELECT 1 AS g, '0.00000000000000000000001' AS v UNION ALL "
	                          "SELECT 2, '1' UNION ALL SELECT 1, 'x') GROUP BY g"), "error");
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT md_sum(v || '.00000000000000000000001') FROM (SELECT 1 AS v "
	                                        "UNION SELECT 2) GROUP BY v", -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	sqlite3_finalize(stmt);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums), cmocka_unit_test(storage), cmocka_unit_test(nothing), cmocka_unit_test(spills),
		cmocka_unit_test(longest), cmocka_unit_test(averages), cmocka_unit_test(given_up),
	};
	return cmocka_run_group_tests(tests, open_db, close_db);
}
