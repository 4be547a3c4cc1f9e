/* md_float_sum and md_float_avg: the exact sum, rounded once, in whatever order the values come. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "drivers/sqlite/private.h"

#include <math.h>
#include <stdlib.h>

static sqlite3 *db;

static int open_db(void **state)
{
	(void)state;
	return sqlite3_open(":memory:", &db) || md_lite_float_sums(db) ||
	       sqlite3_exec(db, "CREATE TABLE t (v REAL)", NULL, NULL, NULL);
}

static int close_db(void **state)
{
	(void)state;
	return sqlite3_close(db);
}

static void insert_values(const double *v, size_t n)
{
	sqlite3_stmt *stmt;
	sqlite3_exec(db, "DELETE FROM t", NULL, NULL, NULL);
	assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?1)", -1, &stmt, NULL), SQLITE_OK);
	for (size_t i = 0; i < n; i++) {
		sqlite3_bind_double(stmt, 1, v[i]);
		assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
}

/* NaN: the result is NULL. */
static double result_of(const char *sql)
{
	sqlite3_stmt *stmt;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	double v = sqlite3_column_type(stmt, 0) == SQLITE_NULL ? NAN : sqlite3_column_double(stmt, 0);
	sqlite3_finalize(stmt);
	return v;
}

static double sum_of(const double *v, size_t n)
{
	insert_values(v, n);
	return result_of("SELECT md_float_sum(v) FROM t");
}

#define SUM(want, ...)                                                                            \
	do {                                                                                      \
		const double v_[] = { __VA_ARGS__ };                                              \
		double got_ = sum_of(v_, sizeof v_ / sizeof *v_);                                 \
		if (got_ != (want))                                                               \
			fail_msg("%s: %.17g, expected %.17g", #__VA_ARGS__, got_, (double)(want)); \
	} while (0)

static void sums_are_exact_and_rounded_once(void **state)
{
	(void)state;
	SUM(0.6, 0.1, 0.2, 0.3);
	SUM(1.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1);
	SUM(1.0, 1e100, 1.0, -1e100);
	SUM(-1.0, -1e100, -1.0, 1e100);
	SUM(1e308, 1e308, 1e308, -1e308);
	SUM(0.0, 1.5, -1.5);
	SUM(5e-324, 1e-310, 5e-324, -1e-310);
	SUM(-5e-324, 2.2250738585072014e-308, -2.225073858507202e-308);
	SUM(1.7976931348623157e308, 1.7976931348623157e308, 5e-324);
	SUM(0x1p53, 0x1p53, 1.0);                /* a tie, to even */
	SUM(0x1.0000000000001p53, 0x1p53, 1.0, 5e-324); /* a little more than a tie */
	SUM(0x1.0000000000002p53, 0x1.0000000000001p53, 1.0);
	SUM(-0x1.0000000000001p53, -0x1p53, -1.0, -5e-324);
}

static void infinities_add_as_ieee_says(void **state)
{
	(void)state;
	SUM(INFINITY, 1.7976931348623157e308, 1.7976931348623157e308);
	SUM(INFINITY, INFINITY, -1e308);
	SUM(-INFINITY, 1e308, -INFINITY);
	const double both[] = { INFINITY, -INFINITY };
	assert_true(isnan(sum_of(both, 2)));
}

static void what_is_no_float(void **state)
{
	(void)state;
	assert_true(isnan(sum_of(NULL, 0)));
	assert_true(isnan(result_of("SELECT md_float_avg(v) FROM t")));
	assert_true(isnan(result_of("SELECT md_float_sum(column1) FROM (VALUES (NULL))")));
	assert_true(result_of("SELECT md_float_sum(column1) FROM (VALUES (NULL),(2),('0.5'))") == 2.5);
	assert_true(result_of("SELECT md_float_avg(column1) FROM (VALUES (NULL),(2),(3))") == 2.5);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

/* Of any exponent, or all near each other. */
static double random_float(uint64_t *seed, bool is_wide)
{
	double v = (double)(int64_t)next_random(seed);
	int exponent = (int)(next_random(seed) % (is_wide ? 1900 : 20));
	return ldexp(v, exponent - (is_wide ? 1010 : 60));
}

static void shuffle_floats(double *v, size_t n, uint64_t *seed)
{
	for (size_t i = n - 1; i > 0; i--) {
		size_t k = next_random(seed) % (i + 1);
		double other = v[i];
		v[i] = v[k];
		v[k] = other;
	}
}

static void the_order_of_values_changes_nothing(void **state)
{
	(void)state;
	uint64_t seed = 88172645463325252u;
	double v[50];
	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < 50; i++)
			v[i] = random_float(&seed, round % 2);
		double sum = sum_of(v, 50), avg = result_of("SELECT md_float_avg(v) FROM t");
		assert_true(isfinite(sum) && avg == sum / 50);
		for (int i = 0; i < 5; i++) {
			shuffle_floats(v, 50, &seed);
			if (sum_of(v, 50) != sum)
				fail_msg("seed %llu, round %d: another sum", 88172645463325252ull, round);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_exact_and_rounded_once),
		cmocka_unit_test(infinities_add_as_ieee_says),
		cmocka_unit_test(what_is_no_float),
		cmocka_unit_test(the_order_of_values_changes_nothing),
	};
	return cmocka_run_group_tests(tests, open_db, close_db);
}
