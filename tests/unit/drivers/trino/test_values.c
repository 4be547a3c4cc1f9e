/* The Trino driver's pure parts: urls and links, pages, types and values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/trino/private.h"

#include <stdio.h>
#include <stdlib.h>

static struct md_arena arena;

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static void is(struct md_str got, const char *want)
{
	if (!md_str_eqz(got, want))
		fail_msg("got '%.*s', expected '%s'", MD_FMT(got), want);
}

/* ---- urls ---- */

static void urls(void **state)
{
	(void)state;
	struct md_trino_url u;
	assert_null(md_trino_url_read(&arena, MD_STR("http://ann@host:8080"), &u));
	is(u.user, "ann");
	is(u.bare, "http://host:8080");
	assert_false(u.password);
	assert_null(md_trino_url_read(&arena, MD_STR("https://a%40b%20c:s3cr%2Fet@[::1]:443/"), &u));
	is(u.user, "a@b c");
	is(u.bare, "https://[::1]:443");
	assert_true(u.password);
	assert_null(md_trino_url_read(&arena, MD_STR("http://ann:@host"), &u));
	assert_false(u.password);
	is(u.bare, "http://host");
}

static void urls_that_are_refused(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
		{ "http://host:8080", "user" }, { "http://@host", "user" }, { "http://:secret@host", "user" },
		{ "trino://ann@host", "form" }, { "", "form" },
		{ "http://", "user" }, { "http://ann@host/catalog", "path" }, { "http://ann@host?x=1", "path" },
		{ "http://ann@host#secret", "path" },
		{ "http://ann:secret@host", "TLS" }, { "http://ann%zz@host", "user" },
		{ "http://ann%0d%0aroot@host", "user" },
		{ "http://ann%00@host", "user" }, { "https://ann:a/secret@host", "path" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct md_trino_url u;
		const char *why = md_trino_url_read(&arena, md_str_z(bad[i][0]), &u);
		if (!why || !strstr(why, bad[i][1]) || strstr(why, "secret"))
			fail_msg("%s: %s", bad[i][0], why ? why : "accepted");
	}
}

static void links_of_the_same_origin(void **state)
{
	(void)state;
	is(md_trino_path(MD_STR("http://host:8080"), MD_STR("http://host:8080/v1/statement/queued/1/a/2?x=1")),
	   "/v1/statement/queued/1/a/2?x=1");
	is(md_trino_path(MD_STR("http://host:8080"), MD_STR("HTTP://HOST:8080/v1/statement/q")), "/v1/statement/q");
	is(md_trino_path(MD_STR("https://host:443"), MD_STR("https://host/v1/statement/q")), "/v1/statement/q");
	is(md_trino_path(MD_STR("http://host:80"), MD_STR("http://host/v1/statement/q")), "/v1/statement/q");
	is(md_trino_path(MD_STR("http://[::1]:80"), MD_STR("http://[::1]/v1/statement/q")), "/v1/statement/q");
}

static void links_to_elsewhere(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"http://other:8080/v1/statement/q", "http://host:8081/v1/statement/q", "http://host/v1/statement/q",
		"https://host:8080/v1/statement/q",
		"http://host:8080@evil/v1/statement/q", "http://host:8080.evil/v1/statement/q",
		"http://host:80801/v1/statement/q", "http://u@host:8080/v1/statement/q",
		"http://host:8080/v1/query/q", "http://host:8080/v1/statement/", "//host:8080/v1/statement/q",
		"/v1/statement/q", "http://host:8080/v1/statement/../x",
		"http://host:8080/v1/statement/./x", "http://host:8080/v1/statement/q\r\nX: y",
		"http://host:8080/v1/statement/q x", "http://host:8080/v1/statement/q#x",
		"http://host:8080\\v1\\statement\\q", "http://host:8080/v1/statement/\xc3\xa4", "", "http://",
		"file:///v1/statement/q", "http://host:8080",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct md_str path = md_trino_path(MD_STR("http://host:8080"), md_str_z(bad[i]));
		if (path.n && strcmp(bad[i], "http://host:8080/v1/statement/"))
			fail_msg("%s is followed as %.*s", bad[i], MD_FMT(path));
	}
	char *far = malloc(5001);
	memset(far, 'a', 5000);
	far[5000] = '\0';
	memcpy(far, "http://host:8080/v1/statement/", 30);
	assert_int_equal(md_trino_path(MD_STR("http://host:8080"), md_str_z(far)).n, 0);
	free(far);
}

/* ---- pages ---- */

static void a_page(void **state)
{
	(void)state;
	struct md_trino_page p;
	assert_null(md_trino_page_read(&arena, MD_STR("{\"id\":\"q1\",\"nextUri\":\"u\",\"columns\":[{}],\"data\":[[1],"
	                                              "[2]],\"stats\":{\"state\":\"RUNNING\"},\"warnings\":[]}"), &p));
	is(p.id, "q1");
	is(p.next, "u");
	assert_int_equal(md_json_size(p.data), 2);
	assert_int_equal(md_json_size(p.columns), 1);
	assert_false(p.finished || p.failed);
	assert_null(md_trino_page_read(&arena, MD_STR("{\"id\":\"q\",\"nextUri\":null,\"data\":null,\"error\":null,"
	                                              "\"stats\":{\"state\":\"FINISHED\"}}"), &p));
	assert_true(p.finished && !p.failed && !p.next.n && !p.data && !p.columns);
	assert_null(md_trino_page_read(&arena, MD_STR("{\"id\":\"q\",\"stats\":{\"state\":\"FAILED\"},\"error\":"
	                                              "{\"message\":\"no\",\"errorName\":\"SYNTAX_ERROR\"}}"), &p));
	assert_true(p.failed);
	is(p.error_name, "SYNTAX_ERROR");
	is(p.error_message, "no");
}

static void what_is_no_page(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "<html>", "[]", "null", "{}", "{\"id\":\"q\"}", "{\"stats\":{\"state\":\"FINISHED\"}}",
		"{\"id\":1,\"stats\":{\"state\":\"FINISHED\"}}",
		"{\"id\":\"\",\"stats\":{\"state\":\"FINISHED\"}}", "{\"id\":\"q\",\"stats\":\"FINISHED\"}",
		"{\"id\":\"q\",\"stats\":{\"state\":1}}",
		"{\"id\":\"q\",\"stats\":{\"state\":\"RUNNING\"},\"nextUri\":1}",
		"{\"id\":\"q\",\"stats\":{\"state\":\"RUNNING\"},\"data\":{}}",
		"{\"id\":\"q\",\"stats\":{\"state\":\"RUNNING\"},\"columns\":\"x\"}",
		"{\"id\":\"q\",\"stats\":{\"state\":\"RUNNING\"},\"error\":\"x\"}",
		"{\"id\":\"q\",\"stats\":{\"state\":\"RUNNING\"},\"error\":{\"message\":1}}",
		"{\"id\":\"q\",\"stats\":{\"state\":\"FINISHED\"}} x",
		"{\"id\":\"q\",\"stats\":{\"state\":\"FINISHED\"}",
		"{\"id\":\"q\xff\",\"stats\":{\"state\":\"FINISHED\"}}",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct md_trino_page p;
		if (!md_trino_page_read(&arena, md_str_z(bad[i]), &p))
			fail_msg("accepted: %s", bad[i]);
	}
}

/* ---- values ---- */

#define T(base_) { .base = base_ }
#define A(base_) { .base = base_, .array = true }

struct trino_sample {
	const char *from;      /* the server's type */
	struct md_type type;   /* declared */
	const char *json;
	enum md_form form;
	const char *text;      /* NULL: refused */
};

static const struct trino_sample samples[] = {
	{ "integer", T(MD_INT), "2147483647", MD_CELL_BARE, "2147483647" },
	{ "tinyint", T(MD_INT), "-1", MD_CELL_BARE, "-1" },
	{ "bigint", T(MD_INT), "2147483648", MD_CELL_BARE, NULL },
	{ "integer", T(MD_INT), "\"1\"", MD_CELL_BARE, NULL },
	{ "integer", T(MD_INT), "1.5", MD_CELL_BARE, NULL },
	{ "integer", T(MD_INT), "true", MD_CELL_BARE, NULL },
	{ "integer", T(MD_INT), "null", MD_CELL_NULL, "" },
	{ "bigint", T(MD_BIGINT), "9223372036854775807", MD_CELL_BARE, "9223372036854775807" },
	{ "bigint", T(MD_BIGINT), "-9223372036854775808", MD_CELL_BARE, "-9223372036854775808" },
	{ "bigint", T(MD_BIGINT), "9223372036854775808", MD_CELL_BARE, NULL },
	{ "bigint", T(MD_BIGINT), "9007199254740993", MD_CELL_BARE, "9007199254740993" },
	{ "decimal(20,0)", T(MD_BIGINT), "\"12\"", MD_CELL_BARE, "12" },
	{ "decimal(38,2)", T(MD_DECIMAL), "\"12.50\"", MD_CELL_BARE, "12.5" },
	{ "decimal(38,0)", T(MD_DECIMAL), "\"99999999999999999999999999999999999999\"", MD_CELL_BARE,
	  "99999999999999999999999999999999999999" },
	{ "decimal(38,2)", T(MD_DECIMAL), "\"-0.00\"", MD_CELL_BARE, "0" },
	{ "decimal(38,2)", T(MD_DECIMAL), "12.5", MD_CELL_BARE, NULL },
	{ "decimal(38,2)", T(MD_DECIMAL), "\"1,2\"", MD_CELL_BARE, NULL },
	{ "decimal(38,2)", T(MD_DECIMAL), "\"NaN\"", MD_CELL_NOT_FINITE, "" },
	{ "integer", T(MD_DECIMAL), "7", MD_CELL_BARE, "7" },
	{ "double", T(MD_DECIMAL), "1.5E10", MD_CELL_BARE, "15000000000" },
	{ "double", T(MD_DECIMAL), "1.0E-7", MD_CELL_BARE, "0.0000001" },
	{ "double", T(MD_FLOAT), "0.1", MD_CELL_BARE, "0.1" },
	{ "double", T(MD_FLOAT), "1.0E21", MD_CELL_BARE, "1e+21" },
	{ "double", T(MD_FLOAT), "1.0", MD_CELL_BARE, "1" },
	{ "double", T(MD_FLOAT), "-0.0", MD_CELL_BARE, "0" },
	{ "double", T(MD_FLOAT), "1.7976931348623157E308", MD_CELL_BARE, "1.7976931348623157e+308" },
	{ "double", T(MD_FLOAT), "\"NaN\"", MD_CELL_NOT_FINITE, "" },
	{ "double", T(MD_FLOAT), "\"-Infinity\"", MD_CELL_NOT_FINITE, "" },
	{ "double", T(MD_FLOAT), "\"1.5\"", MD_CELL_BARE, NULL },
	{ "real", T(MD_FLOAT), "0.1", MD_CELL_BARE, "0.1" },
	{ "boolean", T(MD_BOOLEAN), "true", MD_CELL_BARE, "true" },
	{ "boolean", T(MD_BOOLEAN), "false", MD_CELL_BARE, "false" },
	{ "boolean", T(MD_BOOLEAN), "1", MD_CELL_BARE, NULL },
	{ "tinyint", T(MD_BOOLEAN), "1", MD_CELL_BARE, "true" },
	{ "tinyint", T(MD_BOOLEAN), "2", MD_CELL_BARE, NULL },
	{ "uuid", T(MD_UUID), "\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\"", MD_CELL_PLAIN,
	  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
	{ "uuid", T(MD_UUID), "\"a0eebc99\"", MD_CELL_PLAIN, NULL },
	{ "varchar", T(MD_UUID), "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1\\\"\"", MD_CELL_PLAIN, NULL },
	{ "date", T(MD_DATE), "\"0001-01-01\"", MD_CELL_PLAIN, "0001-01-01" },
	{ "date", T(MD_DATE), "\"+10000-01-01\"", MD_CELL_PLAIN, NULL },
	{ "timestamp(6) with time zone", T(MD_TIMESTAMP), "\"2024-01-01 01:00:00.123456 UTC\"", MD_CELL_PLAIN,
	  "2024-01-01T01:00:00.123456Z" },
	{ "timestamp(3) with time zone", T(MD_TIMESTAMP), "\"2024-01-01 01:00:00.100 +05:30\"", MD_CELL_PLAIN,
	  "2023-12-31T19:30:00.1Z" },
	{ "timestamp(0) with time zone", T(MD_TIMESTAMP), "\"2024-01-01 01:00:00 -08:00\"", MD_CELL_PLAIN,
	  "2024-01-01T09:00:00Z" },
	{ "timestamp(6)", T(MD_TIMESTAMP), "\"9999-12-31 23:59:59.999999\"", MD_CELL_PLAIN,
	  "9999-12-31T23:59:59.999999Z" },
	{ "timestamp(6)", T(MD_TIMESTAMP), "\"0001-01-01 00:00:00.000000\"", MD_CELL_PLAIN, "0001-01-01T00:00:00Z" },
	{ "timestamp(12)", T(MD_TIMESTAMP), "\"2024-01-01 00:00:00.123456789012\"", MD_CELL_PLAIN,
	  "2024-01-01T00:00:00.123456789012Z" },
	{ "timestamp(6) with time zone", T(MD_TIMESTAMP), "\"2024-01-01 01:00:00.000000 Europe/Berlin\"", MD_CELL_PLAIN,
	  NULL },
	{ "timestamp(6) with time zone", T(MD_TIMESTAMP),
	  "\"2024-01-01 01:00:00.000000                               "
	  "UTC\"",
	  MD_CELL_PLAIN, NULL },
	{ "timestamp(6)", T(MD_TIMESTAMP), "\"yesterday\"", MD_CELL_PLAIN, NULL },
	{ "timestamp(6)", T(MD_TIMESTAMP), "1700000000", MD_CELL_PLAIN, NULL },
	{ "date", T(MD_TIMESTAMP), "\"2024-01-01\"", MD_CELL_PLAIN, "2024-01-01T00:00:00Z" },
	{ "varchar(10)", T(MD_STRING), "\"it's \\\"q\\\" \\\\ \\n \\ud83d\\ude00\"", MD_CELL_TEXT,
	  "it's \"q\" \\ \n "
	  "\xf0\x9f\x98\x80" },
	{ "char(5)", T(MD_STRING), "\"ab   \"", MD_CELL_TEXT, "ab   " },
	{ "varchar", T(MD_STRING), "\"\"", MD_CELL_TEXT, "" },
	{ "varchar", T(MD_STRING), "7", MD_CELL_TEXT, NULL },
	{ "varchar", T(MD_STRING), "[\"a\"]", MD_CELL_TEXT, NULL },
	{ "json", T(MD_JSON), "\"{\\\"a\\\": [1, 2]}\"", MD_CELL_BARE, "{\"a\":[1,2]}" },
	{ "json", T(MD_JSON), "\"{\\\"a\\\"\"", MD_CELL_BARE, NULL },
	{ "json", T(MD_JSON), "{\"a\":1}", MD_CELL_BARE, NULL },
	{ "varbinary", T(MD_BYTES), "\"AP8Q\"", MD_CELL_PLAIN, "AP8Q" },
	{ "varbinary", T(MD_BYTES), "\"\"", MD_CELL_PLAIN, "" },
	{ "varbinary", T(MD_BYTES), "\"AP8\"", MD_CELL_PLAIN, NULL },
	{ "varbinary", T(MD_BYTES), "\"AP\\\"Q\"", MD_CELL_PLAIN, NULL },
	{ "array(integer)", A(MD_INT), "[1,null,-2]", MD_CELL_BARE, "[1,null,-2]" },
	{ "array(integer)", A(MD_INT), "[]", MD_CELL_BARE, "[]" },
	{ "array(integer)", A(MD_INT), "null", MD_CELL_NULL, "" },
	{ "array(integer)", A(MD_INT), "[1,\"2\"]", MD_CELL_BARE, NULL },
	{ "array(integer)", A(MD_INT), "[[1]]", MD_CELL_BARE, NULL },
	{ "array(integer)", A(MD_INT), "7", MD_CELL_BARE, NULL },
	{ "array(bigint)", A(MD_BIGINT), "[9223372036854775807]", MD_CELL_BARE, "[9223372036854775807]" },
	{ "array(decimal(10,2))", A(MD_DECIMAL), "[\"12.50\",null]", MD_CELL_BARE, "[12.5,null]" },
	{ "array(double)", A(MD_FLOAT), "[0.5,\"NaN\",1.0E21]", MD_CELL_BARE, "[0.5,null,1e+21]" },
	{ "array(boolean)", A(MD_BOOLEAN), "[true,false,null]", MD_CELL_BARE, "[true,false,null]" },
	{ "array(uuid)", A(MD_UUID), "[\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\"]", MD_CELL_BARE,
	  "[\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"]" },
	{ "array(date)", A(MD_DATE), "[\"2024-02-29\",null]", MD_CELL_BARE, "[\"2024-02-29\",null]" },
	{ "array(timestamp(6) with time zone)", A(MD_TIMESTAMP), "[\"2024-01-01 00:00:00.500000 UTC\",null]",
	  MD_CELL_BARE, "[\"2024-01-01T00:00:00.5Z\",null]" },
	{ "array(varchar)", A(MD_STRING), "[\"\",\"NULL\",null,\"q\\\"q\",\"b\\\\b\",\"n\\nn\"]", MD_CELL_BARE,
	  "[\"\",\"NULL\",null,\"q\\\"q\",\"b\\\\b\",\"n\\nn\"]" },
	{ "json", A(MD_INT), "\"[1, 2]\"", MD_CELL_BARE, "[1,2]" },
	{ "json", A(MD_INT), "\"[1, \\\"x\\\"]\"", MD_CELL_BARE, NULL },
	{ "unknown", T(MD_INT), "null", MD_CELL_NULL, "" },
	{ "unknown", T(MD_INT), "1", MD_CELL_BARE, NULL },
};

static int convert(struct md_cells *k, const struct trino_sample *s, struct md_cell *out)
{
	const struct md_json *v;
	struct md_json_error e;
	struct md_trino_type from = md_trino_type_of(md_str_z(s->from));
	assert_int_equal(md_json_parse(&arena, md_str_z(s->json), &v, &e), 0);
	if (!md_trino_type_fits(from, s->type))
		fail_msg("%s does not fit %s", s->from, md_type_name(s->type));
	return md_trino_cell(k, from, s->type, v, out);
}

static void values(void **state)
{
	(void)state;
	struct md_cells k = { 0 };
	md_buf_room(&k.buf, 4096); /* so that it need not move */
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		const struct trino_sample *s = &samples[i];
		struct md_cell c;
		int rc = convert(&k, s, &c);
		if (rc && s->text)
			fail_msg("%s %s is refused", s->from, s->json);
		if (!rc && !s->text)
			fail_msg("%s %s passes as %.*s", s->from, s->json, MD_FMT(c.text));
		if (rc)
			continue;
		if (c.form != s->form)
			fail_msg("%s %s: form %d, expected %d", s->from, s->json, c.form, s->form);
		if (c.form != MD_CELL_NOT_FINITE)
			is(c.text, s->text);
		md_cells_rest(&k);
	}
	md_cells_free(&k);
}

static void types_that_cannot_hold_it(void **state)
{
	(void)state;
	static const struct {
		const char *from;
		struct md_type type;
	} bad[] = {
		{ "varbinary", T(MD_STRING) }, { "timestamp(3)", T(MD_STRING) }, { "integer", T(MD_STRING) },
		{ "row(a integer)", T(MD_JSON) },
		{ "map(varchar,varchar)", T(MD_STRING) }, { "varchar", T(MD_INT) }, { "varchar", T(MD_DECIMAL) },
		{ "varchar", T(MD_BYTES) }, { "varchar", T(MD_BOOLEAN) },
		{ "double", T(MD_INT) }, { "boolean", T(MD_INT) }, { "time(3)", T(MD_TIMESTAMP) },
		{ "interval day to second", T(MD_STRING) }, { "bigint", T(MD_UUID) },
		{ "array(integer)", T(MD_INT) }, { "integer", A(MD_INT) }, { "array(varchar)", A(MD_INT) },
		{ "array(array(integer))", A(MD_INT) }, { "", T(MD_STRING) },
		{ "array(unknown)", T(MD_INT) }, { "varchars", T(MD_STRING) }, { "datetime", T(MD_DATE) },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (md_trino_type_fits(md_trino_type_of(md_str_z(bad[i].from)), bad[i].type))
			fail_msg("%s fits %s", bad[i].from, md_type_name(bad[i].type));
	assert_true(md_trino_type_fits(md_trino_type_of(MD_STR("array(unknown)")), (struct md_type)A(MD_INT)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls), cmocka_unit_test(urls_that_are_refused),
		cmocka_unit_test(links_of_the_same_origin), cmocka_unit_test(links_to_elsewhere),
		cmocka_unit_test(a_page), cmocka_unit_test(what_is_no_page), cmocka_unit_test(values),
		cmocka_unit_test(types_that_cannot_hold_it),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
