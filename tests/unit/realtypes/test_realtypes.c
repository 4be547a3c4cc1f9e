/* Spellings and what a real type holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "realtypes/realtypes.h"

static struct md_arena arena;

static struct md_real_type parsed(enum md_engine engine, const char *spelling)
{
	struct md_real_type t;
	assert_int_equal(md_real_type_parse(&arena, engine, md_str_z(spelling), &t), 1);
	return t;
}

static void spellings_have_families(void **state)
{
	static const struct {
		enum md_engine engine;
		const char *spelling;
		enum md_family family;
		bool is_array;
		int precision, scale;
	} cases[] = {
		{ MD_POSTGRES, "smallint", MD_REAL_INT16, false, -1, -1 },
		{ MD_POSTGRES, "numeric(12,2)", MD_REAL_NUMERIC, false, 12, 2 },
		{ MD_POSTGRES, "NUMERIC( 12 , 2 )", MD_REAL_NUMERIC, false, 12, 2 },
		{ MD_POSTGRES, "numeric(5)", MD_REAL_NUMERIC, false, 5, 0 },
		{ MD_POSTGRES, "numeric", MD_REAL_NUMERIC, false, -1, -1 },
		{ MD_POSTGRES, "timestamp(3)  without time zone", MD_REAL_TIMESTAMP, false, 3, -1 },
		{ MD_POSTGRES, "timestamp with time zone", MD_REAL_TIMESTAMPTZ, false, 6, -1 },
		{ MD_POSTGRES, "character varying(10)[]", MD_REAL_TEXT, true, 10, -1 },
		{ MD_POSTGRES, "char(7)", MD_REAL_CHAR, false, 7, -1 },
		{ MD_POSTGRES, "citext", MD_REAL_CITEXT, false, -1, -1 },
		{ MD_POSTGRES, "app.task_status", MD_REAL_OTHER, false, -1, -1 },
		{ MD_CLICKHOUSE, "UInt64", MD_REAL_UINT64, false, -1, -1 },
		{ MD_CLICKHOUSE, "LowCardinality(Nullable(String))", MD_REAL_TEXT, false, -1, -1 },
		{ MD_CLICKHOUSE, "Nullable(Decimal(18, 2))", MD_REAL_NUMERIC, false, 18, 2 },
		{ MD_CLICKHOUSE, "Array(Nullable(Int32))", MD_REAL_INT32, true, -1, -1 },
		{ MD_CLICKHOUSE, "DateTime64(6, 'Asia/Tokyo')", MD_REAL_DATETIME64, false, 6, -1 },
		{ MD_CLICKHOUSE, "Enum8('a (1)' = 1, 'it\\'s' = 2)", MD_REAL_ENUM, false, -1, -1 },
		{ MD_ICEBERG, "array(varchar)", MD_REAL_TEXT, true, -1, -1 },
		{ MD_ICEBERG, "timestamp(6) with time zone", MD_REAL_TIMESTAMPTZ, false, 6, -1 },
		{ MD_SQLITE, "VARCHAR(20)", MD_REAL_TEXT, false, -1, -1 },
		{ MD_SQLITE, "VARCHAR(20) COLLATE BINARY", MD_REAL_TEXT, false, -1, -1 },
		{ MD_SQLITE, "VARCHAR(20) COLLATE NOCASE", MD_REAL_TEXT_NOCASE, false, -1, -1 },
		{ MD_SQLITE, "Char(2)  collate rtrim", MD_REAL_TEXT_RTRIM, false, -1, -1 },
		{ MD_SQLITE, "VARCHAR COLLATE german", MD_REAL_OTHER, false, -1, -1 },
		{ MD_SQLITE, "UNSIGNED BIG INT", MD_REAL_INT64, false, -1, -1 },
		{ MD_SQLITE, "DECIMAL(10,5)", MD_REAL_NUMERIC, false, 10, 5 },
		{ MD_SQLITE, "text iso", MD_REAL_TEXT_ISO, false, -1, -1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct md_real_type t = parsed(cases[i].engine, cases[i].spelling);
		assert_int_equal(t.family, cases[i].family);
		assert_int_equal(t.is_array, cases[i].is_array);
		if (cases[i].family == MD_REAL_NUMERIC || cases[i].engine == MD_POSTGRES) {
			assert_int_equal(t.precision, cases[i].precision);
			assert_int_equal(t.scale, cases[i].scale);
		}
		assert_string_equal(t.spelling.p, cases[i].spelling);
	}
}

static void zones_and_labels_are_read(void **state)
{
	(void)state;
	struct md_real_type t = parsed(MD_CLICKHOUSE, "Nullable(DateTime64(3, 'Asia/Tokyo'))");
	assert_true(t.is_nullable);
	assert_true(md_str_eqz(t.zone, "Asia/Tokyo"));
	t = parsed(MD_CLICKHOUSE, "Enum8('to do' = 1, 'it\\'s, done' = 2)");
	assert_int_equal(t.n_labels, 2);
	assert_true(md_str_eqz(t.labels[0], "to do"));
	assert_true(md_str_eqz(t.labels[1], "it's, done"));
}

static void what_is_no_type_is_refused(void **state)
{
	static const char *const bad[] = { "", "  ", "numeric(", "numeric)", "(3)", "a(1)(2)", "Enum8('a" };
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		for (enum md_engine e = 0; e < MD_ENGINES; e++) {
			struct md_real_type t;
			assert_int_equal(md_real_type_parse(&arena, e, md_str_z(bad[i]), &t), 0);
		}
}

static void values_fit_or_are_rounded_down(void **state)
{
	static const struct {
		enum md_engine engine;
		const char *spelling;
		enum md_base_type declared;
		const char *value;
		enum md_fit fit;
		const char *floor;
	} cases[] = {
		{ MD_POSTGRES, "smallint", MD_INT, "32767", MD_FIT_EXACT, NULL },
		{ MD_POSTGRES, "smallint", MD_INT, "32768", MD_FIT_ABOVE, NULL },
		{ MD_POSTGRES, "smallint", MD_INT, "-32769", MD_FIT_BELOW, NULL },
		{ MD_POSTGRES, "smallint", MD_DECIMAL, "1.5", MD_FIT_BETWEEN, "1" },
		{ MD_POSTGRES, "smallint", MD_DECIMAL, "-1.5", MD_FIT_BETWEEN, "-2" },
		{ MD_POSTGRES, "smallint", MD_DECIMAL, "-0.5", MD_FIT_BETWEEN, "-1" },
		{ MD_POSTGRES, "bigint", MD_DECIMAL, "-99.5", MD_FIT_BETWEEN, "-100" },
		{ MD_CLICKHOUSE, "UInt8", MD_INT, "-1", MD_FIT_BELOW, NULL },
		{ MD_CLICKHOUSE, "Decimal(18, 2)", MD_DECIMAL, "5.55", MD_FIT_EXACT, NULL },
		{ MD_CLICKHOUSE, "Decimal(18, 2)", MD_DECIMAL, "5.555", MD_FIT_BETWEEN, "5.55" },
		{ MD_CLICKHOUSE, "Decimal(18, 2)", MD_DECIMAL, "-5.999", MD_FIT_BETWEEN, "-6" },
		{ MD_CLICKHOUSE, "Decimal(18, 2)", MD_DECIMAL, "0.001", MD_FIT_BETWEEN, "0" },
		{ MD_CLICKHOUSE, "Decimal(4, 2)", MD_DECIMAL, "100", MD_FIT_ABOVE, NULL },
		{ MD_CLICKHOUSE, "Decimal(4, 2)", MD_DECIMAL, "-100", MD_FIT_BELOW, NULL },
		{ MD_POSTGRES, "numeric(2,2)", MD_DECIMAL, "0.5", MD_FIT_EXACT, NULL },
		{ MD_POSTGRES, "numeric", MD_DECIMAL, "0.00000000001", MD_FIT_EXACT, NULL },
		{ MD_POSTGRES, "time(3)", MD_TIME, "12:30:00.25", MD_FIT_EXACT, NULL },
		{ MD_POSTGRES, "time(3)", MD_TIME, "23:59:59.999999", MD_FIT_BETWEEN, "23:59:59.999" },
		{ MD_POSTGRES, "time(3)", MD_TIME, "12:30:00.1001", MD_FIT_BETWEEN, "12:30:00.1" },
		{ MD_POSTGRES, "time", MD_TIME, "23:59:59.999999", MD_FIT_EXACT, NULL },
		{ MD_CLICKHOUSE, "Time", MD_TIME, "12:30:00.000001", MD_FIT_BETWEEN, "12:30:00" },
		{ MD_POSTGRES, "real", MD_FLOAT, "0.1", MD_FIT_EXACT, NULL },
		{ MD_POSTGRES, "real", MD_FLOAT, "16777216", MD_FIT_EXACT, NULL },
		{ MD_POSTGRES, "real", MD_FLOAT, "1e-45", MD_FIT_EXACT, NULL },
		{ MD_POSTGRES, "real", MD_FLOAT, "0.10000000149011612", MD_FIT_BETWEEN, "0.1" },
		{ MD_POSTGRES, "real", MD_FLOAT, "0.09999999999", MD_FIT_BETWEEN, "0.099999994" },
		{ MD_POSTGRES, "real", MD_FLOAT, "-0.10000000149011612", MD_FIT_BETWEEN, "-0.10000001" },
		{ MD_CLICKHOUSE, "Float32", MD_FLOAT, "1e+300", MD_FIT_ABOVE, NULL },
		{ MD_CLICKHOUSE, "Float32", MD_FLOAT, "-1e+300", MD_FIT_BELOW, NULL },
		{ MD_CLICKHOUSE, "Float64", MD_FLOAT, "1e+300", MD_FIT_EXACT, NULL },
		{ MD_CLICKHOUSE, "Date", MD_DATE, "2149-06-06", MD_FIT_EXACT, NULL },
		{ MD_CLICKHOUSE, "Date", MD_DATE, "2149-06-07", MD_FIT_ABOVE, NULL },
		{ MD_CLICKHOUSE, "DateTime", MD_TIMESTAMP, "2024-01-01T00:00:00.500000Z", MD_FIT_BETWEEN,
		  "2024-01-01T00:00:00.000000Z" },
		{ MD_CLICKHOUSE, "DateTime64(3)", MD_TIMESTAMP, "2024-01-01T00:00:00.123456Z", MD_FIT_BETWEEN,
		  "2024-01-01T00:00:00.123000Z" },
		{ MD_CLICKHOUSE, "DateTime64(6)", MD_TIMESTAMP, "2024-01-01T00:00:00.123456Z", MD_FIT_EXACT, NULL },
		{ MD_CLICKHOUSE, "Enum8('a' = 1)", MD_STRING, "a", MD_FIT_EXACT, NULL },
		{ MD_CLICKHOUSE, "Enum8('a' = 1)", MD_STRING, "b", MD_FIT_NEVER, NULL },
		{ MD_POSTGRES, "text", MD_STRING, "b", MD_FIT_EXACT, NULL },
		{ MD_SQLITE, "DECIMAL(4,2)", MD_DECIMAL, "12345.678", MD_FIT_EXACT, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct md_real_type t = parsed(cases[i].engine, cases[i].spelling);
		struct md_str floor = MD_NOSTR;
		assert_int_equal(md_real_fit(&arena, &t, cases[i].declared, md_str_z(cases[i].value), &floor),
		                 cases[i].fit);
		if (cases[i].floor)
			assert_true(md_str_eqz(floor, cases[i].floor));
		assert_int_equal(
			md_real_fit(&arena, &md_real_unknown, cases[i].declared, md_str_z(cases[i].value), &floor),
			MD_FIT_EXACT);
	}
}

static void spellings_of_one_type_are_the_same(void **state)
{
	(void)state;
	struct md_real_type a = parsed(MD_POSTGRES, "varchar(10)"), b = parsed(MD_POSTGRES, "character varying(10)");
	assert_true(md_real_type_is_same(&a, &b));
	b = parsed(MD_POSTGRES, "varchar(11)");
	assert_false(md_real_type_is_same(&a, &b));
	a = parsed(MD_POSTGRES, "app.Status");
	b = parsed(MD_POSTGRES, "app.status");
	assert_true(md_real_type_is_same(&a, &b));
	b = parsed(MD_POSTGRES, "app.statuses");
	assert_false(md_real_type_is_same(&a, &b));
	a = parsed(MD_CLICKHOUSE, "Enum8('a' = 1)");
	b = parsed(MD_CLICKHOUSE, "Enum8('b' = 1)");
	assert_false(md_real_type_is_same(&a, &b));
}

static int free_arena(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings_have_families),
		cmocka_unit_test(zones_and_labels_are_read),
		cmocka_unit_test(what_is_no_type_is_refused),
		cmocka_unit_test(values_fit_or_are_rounded_down),
		cmocka_unit_test(spellings_of_one_type_are_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, free_arena);
}
