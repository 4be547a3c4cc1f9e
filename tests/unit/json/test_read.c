/* json/json.h: what is JSON (RFC 8259) and what is not, the position of an error, numbers as text.
 * The cases follow the families of the JSONTestSuite. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>

static struct md_arena arena;

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static const struct md_json *read(struct md_str text)
{
	const struct md_json *root = NULL;
	struct md_json_error e;
	if (md_json_parse(&arena, text, &root, &e)) {
		fprintf(stderr, "refused: %.*s: %s at %zu\n", MD_FMT(text), e.message, e.byte);
		return NULL;
	}
	return root;
}

static void accepts_what_rfc_8259_allows(void **state)
{
	(void)state;
	static const char *const good[] = {
		"[]", "{}", "null", "true", "false", "0", "-0", "1e5", "1E-2", "-1.25e+10", "\"\"", " \t\r\n[ ] \n",
		"[[]]", "[{}]", "{\"a\":[]}",
		"{\"\":0}", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\x7f\"",
		"[1,2,3]", "{\"a\":1,\"a\":2}", "123456789012345678901234567890", "1e400", "\"\xef\xbf\xbf\"",
		"\"\xe2\x80\xa8\"",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_non_null(read(md_str_z(good[i])));
}

static void refuses_what_is_not_json(void **state)
{
	(void)state;
	static const struct md_str bad[] = {
		MD_STR(""), MD_STR(" "), MD_STR("\xef\xbb\xbf{}") /* byte order mark */, MD_STR("\xff\xfe[\0]\0"),
		MD_STR("[1,]"), MD_STR("{\"a\":1,}"),
		MD_STR("[,1]"), MD_STR("[1,,2]"), MD_STR("[1 2]"), MD_STR("NaN"), MD_STR("-NaN"), MD_STR("Infinity"),
		MD_STR("-Infinity"), MD_STR("nul"),
		MD_STR("True"), MD_STR("01"), MD_STR("-01"), MD_STR("-"), MD_STR("+1"), MD_STR(".5"), MD_STR("1."),
		MD_STR("1e"), MD_STR("1e+"), MD_STR("0x10"),
		MD_STR("1_000"), MD_STR("'a'"), MD_STR("{a:1}"), MD_STR("{\"a\"}"), MD_STR("{\"a\":}"), MD_STR("{1:1}"),
		MD_STR("[1"), MD_STR("{\"a\":1"), MD_STR("\"abc"),
		MD_STR("[]]"), MD_STR("{}{}"), MD_STR("1 2"), MD_STR("[1]//"), MD_STR("/*c*/1"), MD_STR("# c\n1"),
		MD_STR("\"\t\""), MD_STR("\"\n\""), MD_STR("\"\0\""),
		MD_STR("\"\\x41\""), MD_STR("\"\\u12\""), MD_STR("\"\\u123g\""), MD_STR("\"\\"), MD_STR("\"\\\""),
		/* lone surrogates */
		MD_STR("\"\\ud800\""), MD_STR("\"\\udc00\""), MD_STR("\"\\ud800\\u0041\""),
		MD_STR("\"\\ud800\\ud800\""),
		/* not UTF-8 */
		MD_STR("\"\xff\""), MD_STR("\"\xc0\xaf\""), MD_STR("\"\xed\xa0\x80\""), MD_STR("\"\xf4\x90\x80\x80\""),
		MD_STR("\"\xe2\x82\""), MD_STR("\"\x80\""),
		MD_STR("[1]\0"), MD_STR("\0"), MD_STR("[\xc2\xa0]"), MD_STR("\xe2\x81\xa0[]"), MD_STR("[\f]"),
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct md_json *root = NULL;
		struct md_json_error e;
		if (md_json_parse(&arena, bad[i], &root, &e) == 0)
			fail_msg("accepted: %.*s", MD_FMT(bad[i]));
		assert_non_null(e.message);
		assert_true(e.line >= 1 && e.column >= 1 && e.byte <= bad[i].n);
	}
	assert_false(arena.oom);
}

static void every_prefix_is_refused(void **state)
{
	(void)state;
	static const char text[] =
		"{\"a\":[1,-2.5e3,\"x\\u00e4\\n\",true,false,null,{\"b\":{}}],\"c\":\"\xe2\x82\xac\"}";
	assert_non_null(read(MD_STR(text)));
	for (size_t n = 0; n + 1 < sizeof text; n++) {
		char *exact = malloc(n + 1); /* so that a read past the end is reported */
		const struct md_json *root;
		struct md_json_error e;
		memcpy(exact, text, n);
		assert_int_equal(md_json_parse(&arena, (struct md_str){ exact, n }, &root, &e), -1);
		free(exact);
	}
}

#define WRONG_AT(text, line_, column_, byte_)                                                        \
	do {                                                                                         \
		const struct md_json *root_;                                                         \
		struct md_json_error e_;                                                             \
		assert_int_equal(md_json_parse(&arena, MD_STR(text), &root_, &e_), -1);              \
		assert_int_equal(e_.line, line_);                                                    \
		assert_int_equal(e_.column, column_);                                                \
		assert_int_equal(e_.byte, byte_);                                                    \
	} while (0)

static void errors_point_at_the_first_wrong_byte(void **state)
{
	(void)state;
	WRONG_AT("", 1, 1, 0);
	WRONG_AT("x", 1, 1, 0);
	WRONG_AT("[1,x]", 1, 4, 3);
	WRONG_AT("{\n  \"a\": x\n}", 2, 8, 9);
	WRONG_AT("[\n\n\n1 2]", 4, 3, 6);
	WRONG_AT("[]\n]", 2, 1, 3);
	WRONG_AT("[\"\xc3\xa4\",x]", 1, 7, 6); /* columns are bytes */
}

static void numbers_keep_their_text(void **state)
{
	(void)state;
	static const char *const numbers[] = { "0",     "-0",  "1.0",   "9007199254740993",
		                               "-0.10", "1e2", "1E400", "123456789012345678901234567890.12345" };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		const struct md_json *v = read(md_str_z(numbers[i]));
		assert_int_equal(md_json_type(v), MD_JSON_NUMBER);
		assert_true(md_str_eqz(md_json_text(v), numbers[i]));
	}
}

static void strings_are_unescaped(void **state)
{
	(void)state;
	const struct md_json *v = read(MD_STR("\"a\\u0000b\\ud83d\\ude00\\/\""));
	assert_int_equal(md_json_type(v), MD_JSON_STRING);
	assert_true(md_str_eq(md_json_text(v), MD_STR("a\0b\xf0\x9f\x98\x80/")));
	assert_null(md_json_text(read(MD_STR("null"))).p);
	assert_null(md_json_text(read(MD_STR("[1]"))).p);
}

static void only_strings_are_strings(void **state)
{
	(void)state;
	struct md_str s = MD_STR("before");
	assert_false(md_json_string(read(MD_STR("12")), &s));
	assert_false(md_json_string(read(MD_STR("null")), &s));
	assert_false(md_json_string(read(MD_STR("[\"a\"]")), &s));
	assert_true(md_str_eqz(s, "before"));
	assert_true(md_json_string(read(MD_STR("\"a\\u0000\"")), &s));
	assert_true(md_str_eq(s, MD_STR("a\0")));
	assert_true(md_json_string(read(MD_STR("\"\"")), &s));
	assert_true(s.p && s.n == 0);
}

static void values_outlive_the_text(void **state)
{
	(void)state;
	char text[] = "{\"key\":\"value\",\"n\":12}";
	const struct md_json *v = read(md_str_z(text));
	memset(text, 'x', sizeof text);
	assert_true(md_str_eqz(md_json_text(md_json_get(v, "key")), "value"));
	assert_true(md_str_eqz(md_json_text(md_json_get(v, "n")), "12"));
}

static void reads_unsigned_integers(void **state)
{
	(void)state;
	static const struct { const char *text; bool good; uint64_t v; } cases[] = {
		{ "0", true, 0 }, { "42", true, 42 }, { "1.0", true, 1 }, { "7.000", true, 7 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 }, { "99999999999999999999", false, 0 }, { "-1", false, 0 },
		{ "1.5", false, 0 }, { "1.01", false, 0 },
		{ "1e2", false, 0 }, { "\"1\"", false, 0 }, { "null", false, 0 }, { "[1]", false, 0 },
		{ "-0", false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t v = 0;
		assert_int_equal(md_json_uint(read(md_str_z(cases[i].text)), &v), cases[i].good);
		if (cases[i].good)
			assert_true(v == cases[i].v);
	}
}

static void iterates_in_the_order_of_the_text(void **state)
{
	(void)state;
	const struct md_json *v = read(MD_STR("{\"b\":1,\"a\":[true,\"x\",{}],\"b\":2}"));
	struct md_json_iter it;
	struct md_str key;
	struct md_buf keys = { .arena = &arena };
	assert_int_equal(md_json_size(v), 3);
	md_json_iter(&it, v);
	while (md_json_next(&it, &key))
		md_buf_str(&keys, key);
	assert_memory_equal(keys.p, "bab", 3);
	assert_true(md_str_eqz(md_json_text(md_json_get(v, "b")), "1")); /* the first of a repeat */
	assert_null(md_json_get(v, "c"));
	assert_null(md_json_get(md_json_get(v, "a"), "x"));
	md_json_iter(&it, md_json_get(v, "a"));
	assert_true(md_json_is_true(md_json_next(&it, NULL)));
	assert_int_equal(md_json_type(md_json_next(&it, NULL)), MD_JSON_STRING);
	assert_int_equal(md_json_size(md_json_next(&it, NULL)), 0);
	assert_null(md_json_next(&it, NULL));
	assert_null(md_json_next(&it, NULL));
	md_json_iter(&it, md_json_get(v, "b"));
	assert_null(md_json_next(&it, NULL)); /* nothing in scalars */
}

/* 100,000 levels of arrays or objects, closed or not: no crash, and the depth is measured. */
static void survives_100000_levels(void **state)
{
	(void)state;
	enum { N = 100000 };
	char *arrays = malloc(2 * N), *objects = malloc(6 * N + 1);
	struct md_json_error e;
	const struct md_json *v;
	memset(arrays, '[', N);
	memset(arrays + N, ']', N);
	for (size_t i = 0; i < N; i++) {
		assert_non_null(memcpy(objects + 5 * i, "{\"a\":", 5));
		objects[5 * N + 1 + i] = '}';
	}
	objects[5 * N] = '1';
	assert_int_equal(md_json_parse(&arena, (struct md_str){ arrays, N }, &v, &e), -1);
	v = read((struct md_str){ arrays, 2 * N });
	assert_true(md_json_deeper_than(v, 32));
	struct md_buf b = { .arena = &arena };
	md_json_dump(&b, v);
	assert_true(b.n < 2 * N); /* cut, not overrun */
	v = read((struct md_str){ objects, 6 * N + 1 });
	assert_true(md_json_deeper_than(v, 32));
	assert_true(md_json_deeper_than(v, 5000)); /* more than the reader ever measures */
	assert_string_equal(md_json_show(&arena, v).p, "an object with 1 members");
	free(arrays);
	free(objects);
}

static void measures_nesting(void **state)
{
	(void)state;
	assert_false(md_json_deeper_than(read(MD_STR("1")), 0));
	assert_true(md_json_deeper_than(read(MD_STR("[]")), 0));
	assert_false(md_json_deeper_than(read(MD_STR("[]")), 1));
	assert_false(md_json_deeper_than(read(MD_STR("[[],{},[1],{\"a\":2}]")), 2));
	assert_true(md_json_deeper_than(read(MD_STR("[[],{},[1],{\"a\":[]}]")), 2));
	assert_false(md_json_deeper_than(read(MD_STR("[[],{},[1],{\"a\":[]}]")), 3));
}

static void dumps_compact_json(void **state)
{
	(void)state;
	static const char text[] =
		"{\"a\":[1,-2.50,1e5,\"\\u00e4 \\n \\\"\\\\ \\u0001\",true,false,null,[],{}],\"\":{\"b\":[[[]]]}}";
	static const char want[] =
		"{\"a\":[1,-2.50,1e5,\"\xc3\xa4 \\n \\\"\\\\ \\u0001\",true,false,null,[],{}],\"\":{\"b\":[[[]]]}}";
	struct md_buf b = { .arena = &arena };
	md_json_dump(&b, read(MD_STR(text)));
	assert_true(md_str_eqz(md_buf_view(&b), want));
	struct md_buf again = { .arena = &arena };
	md_json_dump(&again, read(md_buf_view(&b)));
	assert_true(md_str_eq(md_buf_view(&b), md_buf_view(&again)));
	b.n = 0;
	md_json_dump(&b, read(MD_STR(" 12 ")));
	assert_true(md_str_eqz(md_buf_view(&b), "12"));
}

static void shows_values_for_messages(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "null", "null" }, { "true", "true" }, { "1.50", "1.50" }, { "\"a\"", "\"a\"" },
		{ "[1,2]", "an array with 2 elements" }, { "{}", "an object with 0 members" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_true(md_str_eqz(md_json_show(&arena, read(md_str_z(cases[i][0]))), cases[i][1]));
	char text[400] = "\"";
	for (int i = 0; i < 120; i++)
		strcat(text, "\xe2\x82\xac"); /* three bytes each: 60 is not in the middle of one, but 59 would be */
	strcat(text, "\"");
	struct md_str s = md_json_show(&arena, read(md_str_z(text)));
	assert_true(s.n <= 80);
	assert_memory_equal(s.p + s.n - 4, "\xe2\x80\xa6\"", 4);
	text[1] = 'x'; /* now it is */
	text[2] = 'y';
	text[3] = 'z';
	text[4] = 'z';
	memmove(text + 5, text + 7, strlen(text + 7) + 1);
	s = md_json_show(&arena, read(md_str_z(text)));
	assert_memory_equal(s.p + s.n - 7, "\xe2\x82\xac\xe2\x80\xa6\"", 7);
}

static void types_have_names(void **state)
{
	(void)state;
	assert_string_equal(md_json_type_name(read(MD_STR("null"))), "null");
	assert_string_equal(md_json_type_name(read(MD_STR("false"))), "a boolean");
	assert_string_equal(md_json_type_name(read(MD_STR("1"))), "a number");
	assert_string_equal(md_json_type_name(read(MD_STR("\"\""))), "a string");
	assert_string_equal(md_json_type_name(read(MD_STR("[]"))), "an array");
	assert_string_equal(md_json_type_name(read(MD_STR("{}"))), "an object");
	assert_false(md_json_is_true(read(MD_STR("false"))));
	assert_false(md_json_is_true(read(MD_STR("1"))));
}

/* The value at a path of member names and indices, e.g. "a.0.b". */
static const struct md_json *value_at(const struct md_json *v, const char *path)
{
	while (*path) {
		size_t n = strcspn(path, ".");
		struct md_json_iter it;
		struct md_str key = MD_NOSTR;
		size_t i = 0;
		const struct md_json *e;
		md_json_iter(&it, v);
		for (; (e = md_json_next(&it, &key)); i++)
			if (key.p ? md_str_eq(key, (struct md_str){ path, n }) : i == (size_t)atoi(path))
				break;
		assert_non_null(v = e);
		path += n + (path[n] == '.');
	}
	return v;
}

static void replaces_values_in_a_copy(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":[1,{\"b\":[2,3]},[]],\"c\":{},\"d\":\"x\"}";
	static const struct {
		const char *paths[3], *by[3], *want;
	} cases[] = {
		{ { 0 }, { 0 }, text },
		{ { "a.1.b.0" }, { "[7,8,9]" }, "{\"a\":[1,{\"b\":[[7,8,9],3]},[]],\"c\":{},\"d\":\"x\"}" },
		{ { "a.1.b" }, { "null" }, "{\"a\":[1,{\"b\":null},[]],\"c\":{},\"d\":\"x\"}" },
		{ { "a.0", "a.1.b.1", "d" }, { "{\"e\":[]}", "\"y\"", "[[1]]" },
		  "{\"a\":[{\"e\":[]},{\"b\":[2,\"y\"]},[]],\"c\":{},\"d\":[[1]]}" },
		{ { "a", "c" }, { "true", "[1,2]" }, "{\"a\":true,\"c\":[1,2],\"d\":\"x\"}" },
		{ { "a.2", "c" }, { "5", "6" }, "{\"a\":[1,{\"b\":[2,3]},5],\"c\":6,\"d\":\"x\"}" },
		{ { "" }, { "[1]" }, "[1]" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct md_json *v = read(md_str_z(text));
		struct md_json_change changes[3];
		size_t n = 0;
		for (; n < 3 && cases[i].paths[n]; n++)
			changes[n] = (struct md_json_change){ .from = value_at(v, cases[i].paths[n]),
				                                     .to = read(md_str_z(cases[i].by[n])) };
		struct md_buf got = { .arena = &arena }, kept = { .arena = &arena };
		md_json_dump(&got, md_json_replace(&arena, v, changes, n));
		md_json_dump(&kept, v);
		assert_true(md_str_eqz(md_buf_view(&got), cases[i].want));
		assert_true(md_str_eqz(md_buf_view(&kept), text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(accepts_what_rfc_8259_allows, teardown),
		cmocka_unit_test_teardown(refuses_what_is_not_json, teardown),
		cmocka_unit_test_teardown(every_prefix_is_refused, teardown),
		cmocka_unit_test_teardown(errors_point_at_the_first_wrong_byte, teardown),
		cmocka_unit_test_teardown(numbers_keep_their_text, teardown),
		cmocka_unit_test_teardown(strings_are_unescaped, teardown),
		cmocka_unit_test_teardown(only_strings_are_strings, teardown),
		cmocka_unit_test_teardown(values_outlive_the_text, teardown),
		cmocka_unit_test_teardown(reads_unsigned_integers, teardown),
		cmocka_unit_test_teardown(iterates_in_the_order_of_the_text, teardown),
		cmocka_unit_test_teardown(survives_100000_levels, teardown),
		cmocka_unit_test_teardown(measures_nesting, teardown),
		cmocka_unit_test_teardown(dumps_compact_json, teardown),
		cmocka_unit_test_teardown(shows_values_for_messages, teardown),
		cmocka_unit_test_teardown(types_have_names, teardown),
		cmocka_unit_test_teardown(replaces_values_in_a_copy, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
