/* base/value.h: how values of every type are read; base/number.h, date.h, base64.h: canonical
 * texts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/base64.h"
#include "base/date.h"
#include "base/number.h"
#include "base/value.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

static struct md_arena arena;

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

/* The canonical text, or "!" and what was expected. */
static const char *parse_text(enum md_base_type t, const char *text, bool number, bool lenient)
{
	struct md_str out;
	const char *wrong = md_value_parse(&arena, t, md_str_z(text), number, lenient, &out);
	if (wrong)
		return md_str_fmt(&arena, "!%s", wrong).p;
	assert_non_null(out.p);
	return md_str_dup(&arena, out).p;
}

#define NUM(t, text) parse_text((t), (text), true, false)
#define TEXT(t, text) parse_text((t), (text), false, false)
#define LENIENT(t, text) parse_text((t), (text), false, true)
#define REFUSED(s) assert_int_equal((s)[0], '!')
#define IS(s, want) assert_string_equal((s), (want))

static void types_are_read_by_name(void **state)
{
	(void)state;
	struct md_type t;
	for (unsigned i = 0; i < MD_TYPES; i++) {
		assert_true(md_type_parse(md_str_z(md_type_names[i]), &t));
		assert_int_equal(t.base, i);
		assert_false(t.array);
		IS(md_type_name(t), md_type_names[i]);
		struct md_str list = md_str_fmt(&arena, "%s[]", md_type_names[i]);
		assert_int_equal(md_type_parse(list, &t), i <= MD_ENUM);
		if (i <= MD_ENUM)
			IS(md_type_name(t), list.p);
	}
	assert_false(md_type_parse(MD_STR("text"), &t));
	assert_false(md_type_parse(MD_STR("[]"), &t));
	assert_false(md_type_parse(MD_STR("int[][]"), &t));
	assert_false(md_type_parse(MD_NOSTR, &t));
}

static void strings_have_no_nul(void **state)
{
	(void)state;
	struct md_str out;
	IS(TEXT(MD_STRING, "héllo"), "héllo");
	IS(TEXT(MD_STRING, ""), "");
	REFUSED(NUM(MD_STRING, "1"));
	assert_non_null(md_value_parse(&arena, MD_STRING, MD_STR("a\0b"), false, false, &out));
	assert_null(md_value_parse(&arena, MD_STRING, MD_NOSTR, false, false, &out));
	assert_non_null(out.p);
}

static void integers_are_exact_and_in_range(void **state)
{
	(void)state;
	IS(NUM(MD_INT, "0"), "0");
	IS(NUM(MD_INT, "-0"), "0");
	IS(NUM(MD_INT, "1.0"), "1");
	IS(NUM(MD_INT, "12e2"), "1200");
	IS(NUM(MD_INT, "1200e-2"), "12");
	IS(NUM(MD_INT, "2147483647"), "2147483647");
	IS(NUM(MD_INT, "-2147483648"), "-2147483648");
	IS(NUM(MD_INT, "2147483648"), "!an integer from -2147483648 to 2147483647");
	REFUSED(NUM(MD_INT, "-2147483649"));
	REFUSED(NUM(MD_INT, "1.5"));
	REFUSED(NUM(MD_INT, "1e999999999"));
	REFUSED(TEXT(MD_INT, "1"));
	IS(LENIENT(MD_INT, "1"), "1");
	REFUSED(LENIENT(MD_INT, " 1"));
	REFUSED(LENIENT(MD_INT, "+1"));
	REFUSED(LENIENT(MD_INT, "01"));
	REFUSED(LENIENT(MD_INT, "1x"));
	REFUSED(LENIENT(MD_INT, "-"));
	REFUSED(LENIENT(MD_INT, "1."));
	REFUSED(LENIENT(MD_INT, "1e"));
	REFUSED(LENIENT(MD_INT, ""));
	IS(NUM(MD_BIGINT, "9223372036854775807"), "9223372036854775807");
	IS(TEXT(MD_BIGINT, "-9223372036854775808"), "-9223372036854775808");
	REFUSED(TEXT(MD_BIGINT, "9223372036854775808"));
	REFUSED(NUM(MD_BIGINT, "-9223372036854775809"));
	REFUSED(TEXT(MD_BIGINT, "abc"));
}

static void decimals_become_canonical(void **state)
{
	(void)state;
	IS(NUM(MD_DECIMAL, "12.50"), "12.5");
	IS(TEXT(MD_DECIMAL, "0.10"), "0.1");
	IS(NUM(MD_DECIMAL, "-0.0"), "0");
	IS(NUM(MD_DECIMAL, "-0.5"), "-0.5");
	IS(NUM(MD_DECIMAL, "1e3"), "1000");
	IS(NUM(MD_DECIMAL, "1.25E+1"), "12.5");
	IS(NUM(MD_DECIMAL, "1.25e-3"), "0.00125");
	IS(NUM(MD_DECIMAL, "100e-2"), "1");
	IS(NUM(MD_DECIMAL, "0e999999999"), "0");
	IS(NUM(MD_DECIMAL, "123456789012345678901234567890.123456789"), "123456789012345678901234567890.123456789");
	IS(NUM(MD_DECIMAL, "99999999999999999.99"), "99999999999999999.99");
	REFUSED(NUM(MD_DECIMAL, "1e999999999"));
	REFUSED(NUM(MD_DECIMAL, "1e-999999999"));
	REFUSED(NUM(MD_DECIMAL, "1e99999999999999999999999"));
	REFUSED(TEXT(MD_DECIMAL, "NaN"));
	REFUSED(TEXT(MD_DECIMAL, ".5"));
	assert_int_equal(strlen(NUM(MD_DECIMAL, "1e999")), 1000);
	REFUSED(NUM(MD_DECIMAL, "1e1000"));
	assert_int_equal(strlen(NUM(MD_DECIMAL, "1e-1000")), 1002);
	REFUSED(NUM(MD_DECIMAL, "1e-1001"));
}

static void decimals_have_at_most_1000_digits(void **state)
{
	(void)state;
	char text[1200];
	memset(text, '7', sizeof text);
	text[1000] = 0;
	IS(NUM(MD_DECIMAL, text), text);
	text[1000] = '7';
	text[1001] = 0;
	REFUSED(NUM(MD_DECIMAL, text));
}

static void floats_are_finite(void **state)
{
	(void)state;
	IS(NUM(MD_FLOAT, "1.0"), "1");
	IS(NUM(MD_FLOAT, "-0"), "0");
	IS(NUM(MD_FLOAT, "0.10"), "0.1");
	IS(NUM(MD_FLOAT, "1e21"), "1e+21");
	IS(NUM(MD_FLOAT, "1e-400"), "0");
	IS(NUM(MD_FLOAT, "0.1234567890123456789012345678901234567890123456789012345678901234567890"),
	   "0.12345678901234568");
	IS(NUM(MD_FLOAT, "1e400"), "!a finite number");
	REFUSED(TEXT(MD_FLOAT, "1"));
	IS(LENIENT(MD_FLOAT, "1.5"), "1.5");
	REFUSED(LENIENT(MD_FLOAT, "Infinity"));
	REFUSED(LENIENT(MD_FLOAT, "0x10"));
}

/* Every byte at every place, NUL among them. */
static void a_uuid_has_hexadecimal_digits_and_dashes(void **state)
{
	(void)state;
	static const char whole[] = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
	static const char lower[] = "0123456789abcdef", upper[] = "ABCDEF";
	struct md_arena a = { 0 };
	for (size_t i = 0; i < sizeof whole - 1; i++)
		for (int byte = 0; byte < 256; byte++) {
			char text[sizeof whole];
			struct md_str out;
			bool is_dash = whole[i] == '-', is_lower = byte && strchr(lower, byte);
			bool is_upper = byte && strchr(upper, byte);
			bool is_uuid = is_dash ? byte == '-' : is_lower || is_upper;
			memcpy(text, whole, sizeof text);
			text[i] = (char)byte;
			struct md_str given = { text, sizeof text - 1 };
			assert_int_equal(md_value_parse(&a, MD_UUID, given, false, false, &out) == NULL, is_uuid);
			if (is_uuid && is_upper)
				text[i] = (char)(byte - 'A' + 'a');
			if (is_uuid)
				assert_true(md_str_eqz(out, text));
		}
	md_arena_free(&a);
}

static void other_scalars_become_canonical(void **state)
{
	(void)state;
	IS(LENIENT(MD_BOOLEAN, "true"), "true");
	REFUSED(TEXT(MD_BOOLEAN, "true"));
	REFUSED(LENIENT(MD_BOOLEAN, "TRUE"));
	REFUSED(parse_text(MD_BOOLEAN, "1", true, true));
	IS(TEXT(MD_UUID, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
	IS(TEXT(MD_UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
	IS(TEXT(MD_UUID, "a0eebc999c0b4ef8bb6d6bb9bd380a11"), "!a UUID");
	REFUSED(TEXT(MD_UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g"));
	REFUSED(TEXT(MD_UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1-"));
	REFUSED(TEXT(MD_UUID, "a0eebc9999c0b-4ef8-bb6d-6bb9bd380a11"));
	IS(TEXT(MD_BYTES, "aGk="), "aGk=");
	IS(TEXT(MD_BYTES, ""), "");
	REFUSED(TEXT(MD_BYTES, "aGk"));
	REFUSED(TEXT(MD_BYTES, "aG=="));
	REFUSED(TEXT(MD_BYTES, "a==="));
	REFUSED(TEXT(MD_BYTES, "aG k"));
	REFUSED(TEXT(MD_JSON, "{}"));
}

static void dates_exist(void **state)
{
	(void)state;
	IS(TEXT(MD_DATE, "2024-02-29"), "2024-02-29");
	IS(TEXT(MD_DATE, "0001-01-01"), "0001-01-01");
	IS(TEXT(MD_DATE, "9999-12-31"), "9999-12-31");
	REFUSED(TEXT(MD_DATE, "2023-02-29"));
	REFUSED(TEXT(MD_DATE, "1900-02-29"));
	IS(TEXT(MD_DATE, "2000-02-29"), "2000-02-29");
	REFUSED(TEXT(MD_DATE, "0000-01-01"));
	REFUSED(TEXT(MD_DATE, "2024-13-01"));
	REFUSED(TEXT(MD_DATE, "2024-04-31"));
	REFUSED(TEXT(MD_DATE, "2024-00-10"));
	REFUSED(TEXT(MD_DATE, "2024-1-1"));
	REFUSED(TEXT(MD_DATE, "2024-01-01T00:00:00Z"));
	REFUSED(TEXT(MD_DATE, "10000-01-01"));
	REFUSED(NUM(MD_DATE, "20240101"));
}

static void timestamps_are_in_utc(void **state)
{
	(void)state;
	IS(TEXT(MD_TIMESTAMP, "2024-01-02"), "2024-01-02T00:00:00.000000Z");
	IS(TEXT(MD_TIMESTAMP, "2024-01-02T03:04:05"), "2024-01-02T03:04:05.000000Z");
	IS(TEXT(MD_TIMESTAMP, "2024-01-02 03:04:05.1Z"), "2024-01-02T03:04:05.100000Z");
	IS(TEXT(MD_TIMESTAMP, "2024-01-02T03:04:05.123456000Z"), "2024-01-02T03:04:05.123456Z");
	REFUSED(TEXT(MD_TIMESTAMP, "2024-01-02T03:04:05.1234567Z"));
	IS(TEXT(MD_TIMESTAMP, "2024-01-01T00:30:00+02:00"), "2023-12-31T22:30:00.000000Z");
	IS(TEXT(MD_TIMESTAMP, "2024-02-29T23:30:00-0130"), "2024-03-01T01:00:00.000000Z");
	IS(TEXT(MD_TIMESTAMP, "2024-01-02T03:04+05"), "2024-01-01T22:04:00.000000Z");
	REFUSED(TEXT(MD_TIMESTAMP, "0001-01-01T00:00:00+01:00"));
	REFUSED(TEXT(MD_TIMESTAMP, "9999-12-31T23:59:59-01:00"));
	REFUSED(TEXT(MD_TIMESTAMP, "2024-01-02T24:00:00"));
	REFUSED(TEXT(MD_TIMESTAMP, "2024-01-02T23:60:00"));
	REFUSED(TEXT(MD_TIMESTAMP, "2024-01-02T23:59:60Z"));
	REFUSED(TEXT(MD_TIMESTAMP, "2024-01-02T03:04:05."));
	REFUSED(TEXT(MD_TIMESTAMP, "2024-01-02T03:04:05+1"));
	REFUSED(TEXT(MD_TIMESTAMP, "2024-01-02T03:04:05Zx"));
	REFUSED(TEXT(MD_TIMESTAMP, "2024-01-02T"));
	REFUSED(TEXT(MD_TIMESTAMP, "infinity"));
}

static void times_of_day_become_canonical(void **state)
{
	(void)state;
	IS(TEXT(MD_TIME, "00:00:00"), "00:00:00");
	IS(TEXT(MD_TIME, "23:59:59.999999"), "23:59:59.999999");
	IS(TEXT(MD_TIME, "10:30:00.500000"), "10:30:00.5");
	IS(TEXT(MD_TIME, "10:30:00.000"), "10:30:00");
	IS(TEXT(MD_TIME, "10:30:00.12345600"), "10:30:00.123456");
	IS(TEXT(MD_TIME, "10:30"), "!a time of day, HH:MM:SS, with at most six digits of fraction");
	REFUSED(TEXT(MD_TIME, "10:30:00.1234567"));
	REFUSED(TEXT(MD_TIME, "24:00:00"));
	REFUSED(TEXT(MD_TIME, "100:30:00"));
	REFUSED(TEXT(MD_TIME, "-10:30:00"));
	REFUSED(TEXT(MD_TIME, "10:60:00"));
	REFUSED(TEXT(MD_TIME, "10:30:60"));
	REFUSED(TEXT(MD_TIME, "10:30:00."));
	REFUSED(TEXT(MD_TIME, "10:30:00Z"));
	REFUSED(TEXT(MD_TIME, "10:30:00+00"));
	REFUSED(TEXT(MD_TIME, "10:30 00"));
	REFUSED(NUM(MD_TIME, "103000"));
}

static void results_become_canonical(void **state)
{
	(void)state;
	struct md_buf b = { 0 };
	struct md_str out;
	assert_true(md_timestamp_canon(&b, MD_STR("2024-01-01 00:00:00.100+00"), &out));
	assert_true(md_str_eqz(out, "2024-01-01T00:00:00.1Z"));
	assert_true(md_timestamp_canon(&b, MD_STR("2024-01-01T10:00:00.000000Z"), &out));
	assert_true(md_str_eqz(out, "2024-01-01T10:00:00Z"));
	assert_true(md_timestamp_canon(&b, MD_STR("2024-01-01 00:00:00.123456789"), &out));
	assert_true(md_str_eqz(out, "2024-01-01T00:00:00.123456789Z"));
	assert_false(md_timestamp_canon(&b, MD_STR("infinity"), &out));
	assert_false(md_timestamp_canon(&b, MD_STR("yesterday at 9"), &out));
	static const char *const pairs[][2] = { { "12.50", "12.5" }, { "12.00", "12" }, { "-0.00", "0" },
		                                { "0", "0" },        { "100", "100" },  { "-1.10", "-1.1" },
		                                { "-0", "0" },       { "0.000", "0" } };
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		assert_true(md_str_eqz(md_decimal_canon(md_str_z(pairs[i][0])), pairs[i][1]));
	md_buf_free(&b);
}

static void base64_has_one_text_for_each_value(void **state)
{
	(void)state;
	struct md_buf b = { 0 };
	struct md_str text, back;
	static const char *const want[] = { "", "AA==", "AP8=", "AP+A", "AP+AfQ==" };
	for (size_t n = 0; n < 5; n++) {
		struct md_str bytes = { "\0\xff\x80}", n };
		if (n == 4)
			bytes.p = "\0\xff\x80}";
		text = md_base64(&b, bytes);
		assert_true(md_str_eqz(text, want[n]));
		text = md_str_dup(&arena, text);
		assert_true(md_base64_decode(&b, text, &back));
		assert_true(md_str_eq(back, bytes));
	}
	assert_false(md_base64_decode(&b, MD_STR("AB=="), &back)); /* unused bits set: a second text for one byte */
	assert_false(md_base64_decode(&b, MD_STR("A\n=="), &back));
	md_buf_free(&b);
}

static void decimals_compare_exactly(void **state)
{
	(void)state;
	static const char *const order[] = { "-100.5",
		                             "-100",
		                             "-99.9",
		                             "-1",
		                             "-0.5",
		                             "-0.25",
		                             "0",
		                             "0.01",
		                             "0.1",
		                             "0.11",
		                             "0.2",
		                             "1",
		                             "1.5",
		                             "2",
		                             "10",
		                             "10.01",
		                             "99999999999999999999.1",
		                             "99999999999999999999.2" };
	int n = sizeof order / sizeof *order;
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			int c = md_decimal_cmp(md_str_z(order[i]), md_str_z(order[j]));
			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
}

static const char *float_text(double v)
{
	struct md_buf b = { .arena = &arena };
	return md_str_dup(&arena, md_float_text(&b, v)).p;
}

static void floats_are_written_as_in_javascript(void **state)
{
	(void)state;
	IS(float_text(1), "1");
	IS(float_text(-0.0), "0");
	IS(float_text(0.1), "0.1");
	IS(float_text(0.1 + 0.2), "0.30000000000000004");
	IS(float_text(123456789012345680000.0), "123456789012345680000");
	IS(float_text(1e21), "1e+21");
	IS(float_text(-1.5e300), "-1.5e+300");
	IS(float_text(0.000001), "0.000001");
	IS(float_text(0.00000123), "0.00000123");
	IS(float_text(1e-7), "1e-7");
	IS(float_text(1.25e-7), "1.25e-7");
	IS(float_text(5e-324), "5e-324");
	IS(float_text(DBL_MAX), "1.7976931348623157e+308");
	IS(float_text(DBL_MIN), "2.2250738585072014e-308");
	IS(float_text(9007199254740993.0), "9007199254740992");
	IS(float_text(9007199254740994.0), "9007199254740994");
	/* 2^-44: the nearest 16 digits do not read back, the next do */
	IS(float_text(5.684341886080802e-14), "5.684341886080802e-14");
	IS(float_text(0.5), "0.5");
	IS(float_text(100.25), "100.25");
}

static void floats_survive_a_round_trip(void **state)
{
	(void)state;
	uint64_t seed = 42;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		uint64_t bits = seed ^ seed >> 33;
		double v, back;
		memcpy(&v, &bits, sizeof v);
		if (!isfinite(v))
			continue;
		struct md_mark m = md_arena_mark(&arena);
		back = strtod(float_text(v), NULL);
		assert_true(back == v);
		md_arena_release(&arena, m);
	}
}

/* The host may have set a locale whose decimal point is a comma. */
static void floats_do_not_depend_on_the_locale(void **state)
{
	(void)state;
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
		skip();
	IS(NUM(MD_FLOAT, "1.5"), "1.5");
	IS(float_text(0.1), "0.1");
	setlocale(LC_NUMERIC, "C");
}

/* md_number_short accepts only texts that md_number_split finds plain and canonical. */
static void short_numbers_are_recognized(void **state)
{
	static const char *yes[] = { "0", "7", "10", "999999999", "0.5", "12.25", "123456789.123456789" };
	static const char *no[] = { "",   "-1",   "+1",  "00",   "01",           "1000000000", "1.",
		                    ".5", "1.50", "0.0", "01.5", "1.1234567891", "x" };
	bool fraction;
	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		const char *end = yes[i] + strlen(yes[i]);
		struct md_str out;
		assert_ptr_equal(md_number_short(yes[i], end, &fraction), end);
		assert_int_equal(fraction, strchr(yes[i], '.') != NULL);
		assert_int_equal(!md_value_parse(&arena, MD_INT, md_str_z(yes[i]), true, false, &out), !fraction);
		assert_null(md_value_parse(&arena, MD_DECIMAL, md_str_z(yes[i]), true, false, &out));
		assert_true(md_str_eqz(out, yes[i]));
	}
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		assert_null(md_number_short(no[i], no[i] + strlen(no[i]), &fraction));
}

/* A str of no bytes may have no pointer, and arithmetic on a null pointer is undefined. */
static void an_empty_text_without_a_pointer_is_no_value(void **state)
{
	(void)state;
	struct md_number number;
	struct md_moment moment;
	struct md_buf b = { .arena = &arena };
	struct md_str out;
	assert_false(md_number_split(MD_NOSTR, &number));
	assert_false(md_date_read(MD_NOSTR, &moment));
	assert_false(md_timestamp_read(MD_NOSTR, &moment));
	assert_false(md_timestamp_canon(&b, MD_NOSTR, &out));
	assert_true(md_str_eq(md_decimal_canon(MD_NOSTR), MD_STR("0")));
	assert_true(md_base64_decode(&b, MD_NOSTR, &out));
	assert_int_equal(out.n, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_read_by_name),
		cmocka_unit_test(strings_have_no_nul),
		cmocka_unit_test(integers_are_exact_and_in_range),
		cmocka_unit_test(a_uuid_has_hexadecimal_digits_and_dashes),
		cmocka_unit_test(decimals_become_canonical),
		cmocka_unit_test(decimals_have_at_most_1000_digits),
		cmocka_unit_test(floats_are_finite),
		cmocka_unit_test(other_scalars_become_canonical),
		cmocka_unit_test(dates_exist),
		cmocka_unit_test(timestamps_are_in_utc),
		cmocka_unit_test(times_of_day_become_canonical),
		cmocka_unit_test(results_become_canonical),
		cmocka_unit_test(base64_has_one_text_for_each_value),
		cmocka_unit_test(decimals_compare_exactly),
		cmocka_unit_test(floats_are_written_as_in_javascript),
		cmocka_unit_test(floats_survive_a_round_trip),
		cmocka_unit_test(short_numbers_are_recognized),
		cmocka_unit_test(floats_do_not_depend_on_the_locale),
		cmocka_unit_test(an_empty_text_without_a_pointer_is_no_value),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
