#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/postgres/private.h"
#include "drivers/value/json_text.h"

#include <stdio.h>
#include <stdlib.h>

static struct md_cells k;

static int clear(void **state)
{
	(void)state;
	md_cells_free(&k);
	return 0;
}

/* ---- json_text.c ---- */

static const char *compact(const char *json)
{
	static struct md_buf b;
	struct md_str out;
	b.n = 0;
	if (!md_json_compact(&b, md_str_z(json), &out))
		return NULL;
	md_buf_char(&b, '\0');
	return b.p;
}

static void documents_are_compacted(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ " 1 ", "1" }, { "\"a b\\n\"", "\"a b\\n\"" }, { "[ ]", "[]" }, { "{ }", "{}" },
		{ "[1 , 2]", "[1,2]" }, { "-0.5e+10", "-0.5e+10" },
		{ "{\n\"a\" :\t[ true , false,null ]\r\n, \"b\": {} }", "{\"a\":[true,false,null],\"b\":{}}" },
		{ "\"\\u00e9\\\\\\/\\\"\"", "\"\\u00e9\\\\\\/\\\"\"" }, { "[[[[1]],[]]]", "[[[[1]],[]]]" },
		{ "\"é😀\"", "\"é😀\"" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *got = compact(cases[i][0]);
		if (!got)
			fail_msg("refused: %s", cases[i][0]);
		assert_string_equal(got, cases[i][1]);
	}
}

static void what_is_no_document_is_refused(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"", " ", "tru", "truex", "nul", "01", "-", "1.", ".5", "1e", "+1", "0x1", "NaN", "Infinity", "'a'",
		"\"a", "\"\\x\"", "\"\\u12g4\"",
		"\"\\u12\"", "\"a\nb\"", "\"\\\"", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "]", "}", "{",
		"{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}",
		"{1:2}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{,}", "[}", "{]", "1 2", "[1],[2]", ",", "\"\xff\"",
		"\"\xc0\x80\"", "\"\xed\xa0\x80\"",
		"\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "[1]//x", "\xef\xbb\xbf[1]",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (compact(cases[i]))
			fail_msg("passed: %s as %s", cases[i], compact(cases[i]));
}

static void nesting_is_bounded(void **state)
{
	(void)state;
	enum { DEEP = 4096 };
	char *text = malloc(2 * DEEP + 3);
	for (int extra = 0; extra < 2; extra++) {
		int n = DEEP + extra;
		memset(text, '[', (size_t)n);
		memset(text + n, ']', (size_t)n);
		text[2 * n] = '\0';
		assert_int_equal(compact(text) != NULL, extra == 0);
	}
	free(text);
}

static void utf8(void **state)
{
	(void)state;
	static const char *const good[] = {
		"",         "ascii only, longer than a word", "é", "ﷺ", "\xf4\x8f\xbf\xbf", "\xee\x80\x80", "\xc2\x80",
		"12345678é"
	};
	static const char *const bad[] = { "\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
		                           "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80",
		                           "12345678\xc3", "\xe2\x82",         "\xc3(" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(md_utf8_valid(md_str_z(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(md_utf8_valid(md_str_z(bad[i])));
}

/* ---- arrays of both spellings ---- */

typedef int (*array_fn)(struct md_cells *, enum md_base_type, struct md_str, struct md_cell *);

static void array_is(array_fn f, enum md_base_type t, const char *in, const char *want)
{
	struct md_cell c;
	int rc = f(&k, t, md_str_z(in), &c);
	if ((rc == 0) != (want != NULL))
		fail_msg("%s: %s", in, rc ? "refused" : "passed");
	if (want && !md_str_eqz(c.text, want))
		fail_msg("%s: got %.*s", in, MD_FMT(c.text));
}

static void array_literals(void **state)
{
	(void)state;
	array_is(md_cell_pg_array, MD_STRING, "{}", "[]");
	array_is(md_cell_pg_array, MD_STRING, "{a,\"b c\",NULL,\"NULL\",\"\"}", "[\"a\",\"b c\",null,\"NULL\",\"\"]");
	array_is(md_cell_pg_array, MD_STRING, "{\"q\\\"q\",\"b\\\\b\",\"{x}\",\"a,b\"}", "[\"q\\\"q\",\"b\\\\b\","
		"\"{x}\",\"a,b\"]");
	array_is(md_cell_pg_array, MD_INT, "[-1:1]={1,2,3}", "[1,2,3]");
	array_is(md_cell_pg_array, MD_DATE, "{infinity,2024-01-01}", "[null,\"2024-01-01\"]");
	static const char *const bad[] = { "",      "{",     "}",      "1,2",          "{1,}",     "{1",
		                           "{{1}}", "{1}2}", "{1}{2}", "{\"1}",        "{\"1\"2}", "{\"1\\\"}",
		                           "[0:1]", "{x}",   "{1.5}",  "{2147483648}", "{true}" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		array_is(md_cell_pg_array, MD_INT, bad[i], NULL);
	array_is(md_cell_pg_array, MD_STRING, "{\"\xff\"}", NULL);
}

static void json_arrays(void **state)
{
	(void)state;
	array_is(md_cell_json_array, MD_BIGINT, "[1, \"9223372036854775807\", null]", "[1,9223372036854775807,null]");
	array_is(md_cell_json_array, MD_DECIMAL, "[1.50,\"2.50\"]", "[1.5,2.5]");
	array_is(md_cell_json_array, MD_BOOLEAN, "[true,false]", "[true,false]");
	array_is(md_cell_json_array, MD_BOOLEAN, "[1]", NULL);
	array_is(md_cell_json_array, MD_STRING, "[\"a\\u0000\"]", "[\"a\\u0000\"]");
	array_is(md_cell_json_array, MD_BIGINT, "[9223372036854775808]", NULL);
	array_is(md_cell_json_array, MD_TIMESTAMP, "[\"2024-01-01\"]", "[\"2024-01-01T00:00:00Z\"]");
}

/* ---- lists as parameters ---- */

static void writes_lists(void **state)
{
	(void)state;
	static const struct md_str words[] = { { "a", 1 }, { "b\"\\", 3 }, { "", 0 }, { "NULL", 4 }, { "x,{y}", 5 } };
	static const struct md_str numbers[] = { { "1", 1 }, { "2.5", 3 } };
	struct md_buf b = { 0 };
	struct md_value v = { .type = { MD_STRING, true } };
	v.list.items = words;
	v.list.n = 5;
	md_list_pg(&b, &v);
	assert_true(md_str_eqz(md_buf_view(&b), "{\"a\",\"b\\\"\\\\\",\"\",\"NULL\",\"x,{y}\"}"));
	b.n = 0;
	md_list_json(&b, &v);
	assert_true(md_str_eqz(md_buf_view(&b), "[\"a\",\"b\\\"\\\\\",\"\",\"NULL\",\"x,{y}\"]"));
	v.list.items = numbers;
	v.list.n = 2;
	v.type.base = MD_DECIMAL;
	b.n = 0;
	md_list_json(&b, &v);
	assert_true(md_str_eqz(md_buf_view(&b), "[\"1\",\"2.5\"]"));
	v.type.base = MD_FLOAT;
	b.n = 0;
	md_list_json(&b, &v);
	assert_true(md_str_eqz(md_buf_view(&b), "[1,2.5]"));
	b.n = 0;
	md_list_pg(&b, &v);
	assert_true(md_str_eqz(md_buf_view(&b), "{1,2.5}"));
	md_buf_free(&b);
}

/* ---- rows ---- */

struct moving {
	unsigned calls;
};

/* Every column writes to the scratch, so that it must grow more than once. */
static int write_some(void *conn, uint32_t i, struct md_cell *out)
{
	struct moving *m = conn;
	char bytes[100];
	m->calls++;
	memset(bytes, 'a' + (int)i, sizeof bytes);
	return md_cell_scalar(&k, MD_BYTES, (struct md_str){ bytes, sizeof bytes }, out);
}

static void cells_stay_valid_when_the_scratch_grows(void **state)
{
	(void)state;
	struct moving m = { 0 };
	struct md_stmt_output columns[20] = { 0 };
	struct md_stmt s = { .outputs = columns, .n_outputs = 20 };
	struct md_cell cells[20];
	uint32_t bad;
	for (int row = 0; row < 3; row++) {
		assert_int_equal(md_cells_row(&k, write_some, &m, &s, cells, &bad), 0);
		for (uint32_t i = 0; i < 20; i++) {
			assert_int_equal(cells[i].text.n, 136);
			assert_true(cells[i].text.p >= k.buf.p && cells[i].text.p + 136 <= k.buf.p + k.buf.n);
		}
		assert_memory_equal(cells[0].text.p, "YWFh", 4);
		assert_memory_equal(cells[1].text.p, "YmJi", 4);
	}
	assert_in_range(m.calls, 80, 200); /* only the first row is made more than once */
}

static int third_is_bad(void *conn, uint32_t i, struct md_cell *out)
{
	(void)conn;
	return md_cell_scalar(&k, MD_INT, i == 2 ? MD_STR("x") : MD_STR("1"), out);
}

static void the_bad_column_is_told(void **state)
{
	(void)state;
	struct md_stmt_output columns[4] = { [1] = { .spare = true } };
	struct md_stmt s = { .outputs = columns, .n_outputs = 4 };
	struct md_cell cells[4];
	uint32_t bad;
	assert_int_equal(md_cells_row(&k, third_is_bad, NULL, &s, cells, &bad), -1);
	assert_int_equal(bad, 2);
}

static int gives_its_text(void *conn, uint32_t i, struct md_cell *out)
{
	(void)i;
	*out = (struct md_cell){ md_str_z(conn), MD_CELL_TEXT };
	return 0;
}

/* A database may hold other texts, which the metadata does not allow to be shown. */
static void a_text_that_is_no_label_is_bad(void **state)
{
	static const struct md_str texts[] = { MD_STR("open"), MD_STR("done") };
	struct md_labels labels = { .v = texts, .n = 2 };
	struct md_arena a = { 0 };
	(void)state;
	assert_int_equal(md_map_init(&labels.places, &a, 2), 0);
	for (uint32_t i = 0; i < 2; i++)
		md_map_put(&labels.places, texts[i], i);
	struct md_stmt_output column = { .type = { .base = MD_ENUM }, .labels = &labels };
	struct md_stmt s = { .outputs = &column, .n_outputs = 1 };
	struct md_cell cell;
	uint32_t bad;
	assert_int_equal(md_cells_row(&k, gives_its_text, "done", &s, &cell, &bad), 0);
	assert_int_equal(md_cells_row(&k, gives_its_text, "gone", &s, &cell, &bad), -1);
	assert_int_equal(bad, 0);
	md_arena_free(&a);
}

static void a_spare_column_need_not_fit(void **state)
{
	(void)state;
	struct md_stmt_output columns[4] = { [2] = { .spare = true } };
	struct md_stmt s = { .outputs = columns, .n_outputs = 4 };
	struct md_cell cells[4];
	uint32_t bad;
	assert_int_equal(md_cells_row(&k, third_is_bad, NULL, &s, cells, &bad), 0);
	assert_int_equal(cells[2].form, MD_CELL_UNFIT);
	assert_null(cells[2].text.p);
	assert_int_equal(cells[3].form, MD_CELL_BARE);
}

/* ---- postgres/types.c ---- */

static void which_server_types_are_trusted(void **state)
{
	(void)state;
	static const struct {
		Oid oid;
		enum md_base_type t;
		enum md_pg_how how;
	} cases[] = {
		{ 23, MD_INT, MD_PG_BARE }, { 20, MD_INT, MD_PG_CHECKED }, { 20, MD_BIGINT, MD_PG_BARE },
		{ 1700, MD_BIGINT, MD_PG_CHECKED },
		{ 25, MD_INT, MD_PG_CHECKED }, { 1700, MD_DECIMAL, MD_PG_DECIMAL }, { 701, MD_DECIMAL, MD_PG_CHECKED },
		{ 701, MD_FLOAT, MD_PG_FLOAT },
		{ 1700, MD_FLOAT, MD_PG_CHECKED }, { 16, MD_BOOLEAN, MD_PG_BOOL }, { 25, MD_BOOLEAN, MD_PG_CHECKED },
		{ 2950, MD_UUID, MD_PG_PLAIN },
		{ 25, MD_UUID, MD_PG_CHECKED }, { 25, MD_JSON, MD_PG_CHECKED }, { 17, MD_BYTES, MD_PG_BYTES },
		{ 25, MD_BYTES, MD_PG_NEVER },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(md_pg_how(cases[i].oid, (struct md_type){ (uint8_t)cases[i].t, false }, false),
		                 cases[i].how);
	assert_int_equal(md_pg_how(25, (struct md_type){ MD_STRING, false }, false), MD_PG_TEXT);
	assert_int_equal(md_pg_how(25, (struct md_type){ MD_STRING, false }, true), MD_PG_CHECKED);
	assert_int_equal(md_pg_how(1007, (struct md_type){ MD_INT, true }, false), MD_PG_ARRAY);
}

static void texts_of_the_server(void **state)
{
	(void)state;
	static const struct {
		enum md_pg_how how;
		enum md_base_type t;
		const char *in, *want; /* NULL: refused; "null": not finite */
	} cases[] = {
		{ MD_PG_FLOAT, MD_FLOAT, "0.1", "0.1" }, { MD_PG_FLOAT, MD_FLOAT, "-0", "0" },
		{ MD_PG_FLOAT, MD_FLOAT, "1e+15", "1000000000000000" },
		{ MD_PG_FLOAT, MD_FLOAT, "-5", "-5" }, { MD_PG_FLOAT, MD_FLOAT, "1e-05", "0.00001" },
		{ MD_PG_FLOAT, MD_FLOAT, "-Infinity", "null" },
		{ MD_PG_DECIMAL, MD_DECIMAL, "-0.500", "-0.5" }, { MD_PG_DECIMAL, MD_DECIMAL, "NaN", "null" },
		{ MD_PG_CHECKED, MD_DECIMAL, "1.5e+20", "150000000000000000000" },
		{ MD_PG_CHECKED, MD_DECIMAL, "1.50E-10", "0.00000000015" },
		{ MD_PG_DATE, MD_DATE, "-infinity", "null" }, { MD_PG_DATE, MD_DATE, "0044-03-15 BC", NULL },
		{ MD_PG_TIMESTAMP, MD_TIMESTAMP, "2024-01-01 00:00:00.123456+00", "2024-01-01T00:00:00.123456Z" },
		{ MD_PG_TIMESTAMP, MD_TIMESTAMP, "2024-01-01 00:00:00", "2024-01-01T00:00:00Z" },
		{ MD_PG_TIMESTAMP, MD_TIMESTAMP, "2024-01-01 00:00:00+05:30", "2023-12-31T18:30:00Z" },
		{ MD_PG_TIMESTAMP, MD_TIMESTAMP, "0044-03-15 00:00:00+00 BC", NULL },
		{ MD_PG_TIMESTAMP, MD_TIMESTAMP, "10000-01-01 00:00:00+00", NULL },
		{ MD_PG_TIMESTAMP, MD_TIMESTAMP, "infinity", "null" },
		{ MD_PG_BYTES, MD_BYTES, "\\x", "" }, { MD_PG_BYTES, MD_BYTES, "\\x0001ff", "AAH/" },
		{ MD_PG_BYTES, MD_BYTES, "\\x0", NULL },
		{ MD_PG_BYTES, MD_BYTES, "\\xzz", NULL }, { MD_PG_BYTES, MD_BYTES, "abc\\000", NULL },
		{ MD_PG_BOOL, MD_BOOLEAN, "f", "false" },
		{ MD_PG_NEVER, MD_BYTES, "x", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct md_cell c;
		int rc = md_pg_cell(&k, cases[i].how, (struct md_type){ (uint8_t)cases[i].t, false },
		                    md_str_z(cases[i].in), &c);
		if ((rc == 0) != (cases[i].want != NULL))
			fail_msg("%s: %s", cases[i].in, rc ? "refused" : "passed");
		if (rc == 0 && strcmp(cases[i].want, "null") == 0)
			assert_int_equal(c.form, MD_CELL_NOT_FINITE);
		else if (rc == 0 && !md_str_eqz(c.text, cases[i].want))
			fail_msg("%s: got %.*s", cases[i].in, MD_FMT(c.text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_are_compacted),
		cmocka_unit_test(what_is_no_document_is_refused),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(utf8),
		cmocka_unit_test_teardown(array_literals, clear),
		cmocka_unit_test_teardown(json_arrays, clear),
		cmocka_unit_test(writes_lists),
		cmocka_unit_test_teardown(cells_stay_valid_when_the_scratch_grows, clear),
		cmocka_unit_test_teardown(the_bad_column_is_told, clear),
		cmocka_unit_test_teardown(a_text_that_is_no_label_is_bad, clear),
		cmocka_unit_test_teardown(a_spare_column_need_not_fit, clear),
		cmocka_unit_test(which_server_types_are_trusted),
		cmocka_unit_test_teardown(texts_of_the_server, clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
