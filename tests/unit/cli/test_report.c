#include "cli_test.h"

#include "cli/expect.h"
#include "fake_library.h"

#include <stdio.h>
#include <unistd.h>

/* The function of the program that report.c calls. */
void watch_quiet(void)
{
}

static void assert_text(const char *error, const char *text)
{
	struct md_arena a = { 0 };
	struct md_buf b = { .arena = &a };
	const struct md_json *stated = parse_text(&a, error);
	cli_error_text(&b, fake_error(stated), fake_query(stated), "> ");
	assert_string_equal(zero_ended(&b), text);
	md_arena_free(&a);
}

static void prints_every_problem_of_a_query(void **state)
{
	(void)state;
	assert_text(
		"{\"code\":\"VALIDATION_FAILED\",\"message\":\"Validation failed: 2 errors\",\"errors\":["
		"{\"code\":\"UNKNOWN_COLUMN\",\"message\":\"unknown column 'totl'\",\"pointer\":\"/columns/1\","
		"\"details\":{\"suggestion\":\"total\",\"hint\":\"see\"}},"
		"{\"code\":\"INVALID_VALUE\",\"message\":\"not an integer\",\"pointer\":\"\","
		"\"details\":{\"expected\":\"an integer\",\"actual\":\"'x'\"}},"
		"{\"code\":\"INVALID_VALUE\",\"message\":\"m\",\"pointer\":\"/a\","
		"\"details\":{\"actual\":\"null\",\"where\":\"table 't'\"}}]}",
		"Validation failed: 2 errors [VALIDATION_FAILED]\n"
		">   /columns/1: unknown column 'totl' [UNKNOWN_COLUMN]\n"
		">     did you mean 'total'\n"
		">     hint: see\n"
		">   not an integer [INVALID_VALUE]\n"
		">     expected an integer, actual 'x'\n"
		">   /a (table 't'): m [INVALID_VALUE]\n"
		">     actual null\n");
}

static void prints_why_each_strategy_was_refused(void **state)
{
	(void)state;
	assert_text("{\"code\":\"TRINO_DISABLED\",\"message\":\"m\",\"alternatives\":[{\"strategy\":\"direct\","
	            "\"code\":\"DIFFERENT_DATABASES\",\"detail\":\"d\"},"
	            "{\"strategy\":\"trino-cross-db\",\"code\":\"TRINO_DISABLED\",\"hint\":\"enable it\"}]}",
	            "m [TRINO_DISABLED]\n"
	            ">   direct: DIFFERENT_DATABASES, d\n"
	            ">   trino-cross-db: TRINO_DISABLED\n"
	            ">     hint: enable it\n");
}

static void prints_cause_and_hint_of_a_failure(void **state)
{
	(void)state;
	assert_text("{\"code\":\"CONNECTION_FAILED\",\"message\":\"m\",\"cause\":\"refused\\nLINE 1: \\u001b[2J\","
	            "\"details\":{\"hint\":\"check that the database runs\"}}",
	            "m [CONNECTION_FAILED]\n"
	            ">   cause: refused\n"
	            ">     LINE 1: \\u001b[2J\n"
	            ">   hint: check that the database runs\n");
}

/* On standard error, where no object is asked for. */
static void prints_an_error_of_its_own(void **state)
{
	struct cli cli = { 0 };
	char text[64] = "";
	FILE *file = tmpfile();
	(void)state;
	fflush(stderr);
	int kept = dup(2);
	assert_true(file && dup2(fileno(file), 2) == 2);
	int status = cli_fail(&cli, MD_INVALID_BODY, "can't read '%s'", "\x01");
	fflush(stderr);
	dup2(kept, 2);
	close(kept);
	rewind(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	assert_int_equal(status, CLI_FAILED);
	assert_string_equal(text, "multidb: can't read '\\u0001' [INVALID_BODY]\n");
	md_arena_free(&cli.arena);
}

static void makes_problems_of_its_own(void **state)
{
	struct md_arena a = { 0 };
	struct md_buf b = { .arena = &a };
	(void)state;
	cli_problem(&b, MD_INVALID_BODY, MD_STR("can't read \"x\""));
	const struct md_json *p = parse_text(&a, zero_ended(&b));
	assert_true(md_str_eqz(json_text(p, "code"), "INVALID_BODY"));
	assert_true(md_str_eqz(json_text(p, "message"), "can't read \"x\""));
	assert_true(md_str_eqz(json_text(p, "status"), "400"));
	assert_true(md_str_eqz(json_text(json_get(p, "details"), "code"), "INVALID_BODY"));
	md_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_every_problem_of_a_query),
		cmocka_unit_test(prints_why_each_strategy_was_refused),
		cmocka_unit_test(prints_cause_and_hint_of_a_failure),
		cmocka_unit_test(prints_an_error_of_its_own),
		cmocka_unit_test(makes_problems_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
