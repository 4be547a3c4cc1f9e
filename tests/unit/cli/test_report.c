#include "cli_test.h"

/* Of the library and the program only what report.c names; none of it is reached here. */
const multidb_error *multidb_query_error(const multidb_query *q)
{
	(void)q;
	return NULL;
}

const char *multidb_error_json(const multidb_error *e)
{
	(void)e;
	return NULL;
}

void watch_quiet(void)
{
}

static void reads(const char *error, const char *text)
{
	struct md_arena a = { 0 };
	struct md_buf b = { .arena = &a };
	cli_error_text(&b, parsed(&a, error), "> ");
	assert_string_equal(zero_ended(&b), text);
	md_arena_free(&a);
}

static void validation(void **state)
{
	(void)state;
	reads("{\"code\":\"VALIDATION_FAILED\",\"message\":\"Validation failed: 2 errors\",\"errors\":["
	      "{\"code\":\"UNKNOWN_COLUMN\",\"message\":\"unknown column 'totl'\",\"pointer\":\"/columns/1\",\"details\":{\"suggestion\":\"total\",\"hint\":\"see\"}},"
	      "{\"code\":\"INVALID_VALUE\",\"message\":\"not an integer\",\"pointer\":\"\",\"details\":{\"expected\":\"an integer\",\"actual\":\"'x'\"}},"
	      "{\"code\":\"INVALID_VALUE\",\"message\":\"m\",\"pointer\":\"/a\",\"details\":{\"actual\":\"null\",\"where\":\"table 't'\"}}]}",
	      "Validation failed: 2 errors [VALIDATION_FAILED]\n"
	      ">   /columns/1: unknown column 'totl' [UNKNOWN_COLUMN]\n"
	      ">     did you mean 'total'?\n"
	      ">     hint: see\n"
	      ">   not an integer [INVALID_VALUE]\n"
	      ">     expected an integer, actual 'x'\n"
	      ">   /a (table 't'): m [INVALID_VALUE]\n"
	      ">     actual null\n");
}

static void planning(void **state)
{
	(void)state;
	reads("{\"code\":\"TRINO_DISABLED\",\"message\":\"m\",\"alternatives\":[{\"strategy\":\"direct\",\"code\":\"DIFFERENT_DATABASES\",\"detail\":\"d\"},"
	      "{\"strategy\":\"trino-cross-db\",\"code\":\"TRINO_DISABLED\",\"hint\":\"enable it\"}]}",
	      "m [TRINO_DISABLED]\n"
	      ">   direct: DIFFERENT_DATABASES, d\n"
	      ">   trino-cross-db: TRINO_DISABLED\n"
	      ">     hint: enable it\n");
}

static void execution(void **state)
{
	(void)state;
	reads("{\"code\":\"CONNECTION_FAILED\",\"message\":\"m\",\"cause\":\"refused\\nLINE 1: \\u001b[2J\"}",
	      "m [CONNECTION_FAILED]\n"
	      ">   cause: refused\n"
	      ">     LINE 1: \\u001b[2J\n"
	      ">   hint: check that the database runs and that the url in the configuration is right\n");
}

static void own_problems(void **state)
{
	struct md_arena a = { 0 };
	struct md_buf b = { .arena = &a };
	(void)state;
	cli_problem(&b, MD_INVALID_BODY, MD_STR("can't read \"x\""));
	const struct md_json *p = parsed(&a, zero_ended(&b));
	assert_true(md_str_eqz(json_text(p, "code"), "INVALID_BODY"));
	assert_true(md_str_eqz(json_text(p, "message"), "can't read \"x\""));
	assert_true(md_str_eqz(json_text(p, "status"), "400"));
	assert_true(md_str_eqz(json_text(json_get(p, "details"), "code"), "INVALID_BODY"));
	md_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(validation), cmocka_unit_test(planning), cmocka_unit_test(execution), cmocka_unit_test(own_problems) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
