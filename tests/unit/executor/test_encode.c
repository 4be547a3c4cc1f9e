/* executor/encode.h: rows to JSON and CSV. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "executor/encode.h"

static struct md_arena arena;

static struct md_column columns[] = {
	{ .type = { MD_INT, false } }, { .type = { MD_BIGINT, false } }, { .type = { MD_DECIMAL, false } },
	{ .type = { MD_STRING, false } }, { .type = { MD_UUID, false } },
	{ .type = { MD_FLOAT, false } }, { .type = { MD_BIGINT, true } }, { .type = { MD_DECIMAL, true } },
	{ .type = { MD_STRING, true } }, { .type = { MD_JSON, false } },
};
enum { N = sizeof columns / sizeof *columns };
static struct md_bound_output outs[N];
static struct md_bound bound;

#define BARE(s) { MD_STR(s), MD_CELL_BARE }
static const struct md_cell row[N] = {
	BARE("-5"), BARE("9007199254740993"), BARE("12.5"), { MD_STR("say \"hi\",\n\xe2\x82\xac"), MD_CELL_TEXT },
	{ MD_STR("a0000000-0000-4000-8000-000000000001"), MD_CELL_PLAIN },
	BARE("1e+21"), BARE("[1,null,-2]"), BARE("[]"), BARE("[\"a,b\",null]"), BARE("{\"a\":[1,2]}"),
};

static int setup(void **state)
{
	(void)state;
	static const char *const names[N] = { "int",   "big",  "dec",  "text \"q\"", "uuid",
		                              "float", "bigs", "decs", "texts",      "json" };
	for (int i = 0; i < N; i++)
		outs[i] = (struct md_bound_output){ .use = { 0, &columns[i] }, .name = md_str_z(names[i]) };
	bound = (struct md_bound){ .outputs = outs, .n_outputs = N };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static const char *object(const struct md_cell *cells)
{
	struct md_encoder e;
	struct md_buf b = { .arena = &arena };
	assert_int_equal(md_encoder_init(&e, &arena, &bound), 0);
	md_encode_object(&e, &b, cells);
	md_buf_char(&b, '\0');
	return b.p;
}

static void objects(void **state)
{
	(void)state;
	assert_string_equal(object(row), "{\"int\":-5,\"big\":9007199254740993,\"dec\":12.5,\"text \\\"q\\\"\":\"say "
	                                 "\\\"hi\\\",\\n\xe2\x82\xac\","
	                                 "\"uuid\":\"a0000000-0000-4000-8000-000000000001\",\"float\":1e+21,"
	                                 "\"bigs\":[1,null,-2],\"decs\":[],\"texts\":[\"a,b\",null],\"json\":{\"a\":[1,"
	                                 "2]}}");
}

/* Only bigint and decimal lose digits in a double: only they become strings. */
static void numbers_as_strings(void **state)
{
	(void)state;
	bound.number_strings = true;
	assert_string_equal(object(row), "{\"int\":-5,\"big\":\"9007199254740993\",\"dec\":\"12.5\",\"text "
	                                 "\\\"q\\\"\":\"say \\\"hi\\\",\\n\xe2\x82\xac\","
	                                 "\"uuid\":\"a0000000-0000-4000-8000-000000000001\",\"float\":1e+21,"
	                                 "\"bigs\":[\"1\",null,\"-2\"],\"decs\":[],\"texts\":[\"a,b\",null],"
	                                 "\"json\":{\"a\":[1,2]}}");
}

static void nulls(void **state)
{
	(void)state;
	static const struct md_cell none[N] = { [5] = { MD_STR("NaN"), MD_CELL_NOT_FINITE } };
	bound.n_outputs = 6;
	assert_string_equal(object(none), "{\"int\":null,\"big\":null,\"dec\":null,\"text \\\"q\\\"\":null,"
	                                  "\"uuid\":null,\"float\":null}");
	bound.number_strings = true;
	assert_string_equal(object(none), "{\"int\":null,\"big\":null,\"dec\":null,\"text \\\"q\\\"\":null,"
	                                  "\"uuid\":null,\"float\":null}");
}

static void no_columns(void **state)
{
	(void)state;
	bound.n_outputs = 0;
	assert_string_equal(object(NULL), "{}");
	assert_false(arena.oom);
}

static void csv(void **state)
{
	(void)state;
	struct md_encoder e;
	struct md_buf b = { .arena = &arena };
	static const struct md_cell odd[] = { { MD_NOSTR, MD_CELL_NULL },
		                              { MD_STR(""), MD_CELL_TEXT },
		                              { MD_STR("a\rb"), MD_CELL_TEXT },
		                              { MD_STR("NaN"), MD_CELL_NOT_FINITE } };
	md_encoder_init(&e, &arena, &bound);
	md_encode_csv_header(&e, &b);
	md_encode_csv_row(&e, &b, row);
	bound.n_outputs = 4;
	md_encode_csv_row(&e, &b, odd);
	md_buf_char(&b, '\0');
	assert_string_equal(b.p, "int,big,dec,\"text \"\"q\"\"\",uuid,float,bigs,decs,texts,json\r\n"
	                         "-5,9007199254740993,12.5,\"say \"\"hi\"\",\n\xe2\x82\xac\","
	                         "a0000000-0000-4000-8000-000000000001,1e+21,\"[1,null,-2]\",[],"
	                         "\"[\"\"a,b\"\",null]\",\"{\"\"a\"\":[1,2]}\"\r\n"
	                         ",\"\",\"a\rb\",\r\n"); /* NULL is nothing, an empty text is "" */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(objects, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_as_strings, setup, teardown),
		cmocka_unit_test_setup_teardown(nulls, setup, teardown),
		cmocka_unit_test_setup_teardown(no_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(csv, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
