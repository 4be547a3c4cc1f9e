#include "cli_test.h"

#include "cli/expect.h"
#include "fake_library.h"

static void assert_differences(const char *expect, const char *answer, const char *differences)
{
	struct md_arena a = { 0 };
	struct md_buf b = { .arena = &a };
	const struct md_json *stated = parse_text(&a, answer);
	expect_differences(&b, parse_text(&a, expect), fake_query(stated),
	                   json_get(stated, "code") ? fake_error(stated) : NULL);
	assert_string_equal(zero_ended(&b), differences);
	md_arena_free(&a);
}

#define ANSWER \
	"{\"strategy\":\"direct\",\"targetDatabase\":\"pg-main\"," \
	"\"dialect\":\"sqlite\",\"data\":[{\"id\":1,\"total\":2}]," \
	"\"meta\":{\"tablesUsed\":[{\"source\":\"original\"},{\"source\":\"materialized\"}]}}"
#define ERROR \
	"{\"code\":\"VALIDATION_FAILED\",\"errors\":[{\"code\":\"A\"," \
	"\"pointer\":\"/x\"},{\"code\":\"B\",\"pointer\":\"/y\"}]}"

static void equal_answers_have_no_differences(void **state)
{
	(void)state;
	assert_differences("{\"strategy\":\"direct\",\"target\":\"pg-main\","
		"\"dialect\":{\"sqlite\":\"sqlite\",\"stack\":\"postgres\"},\"rows\":1,"
		"\"sources\":[\"original\",\"materialized\"],\"columns\":[\"id\",\"total\"]}",
		ANSWER, "");
	assert_differences("{\"error\":\"B\",\"pointer\":\"/y\"}", ERROR, "");
	assert_differences("{\"error\":\"TRINO_DISABLED\"}", "{\"code\":\"TRINO_DISABLED\",\"details\":{}}", "");
}

static void names_each_member_that_differs(void **state)
{
	(void)state;
	assert_differences("{\"strategy\":\"cache\"}", ANSWER, "strategy: expected cache, actual direct");
	assert_differences("{\"target\":\"redis\"}", ANSWER, "target: expected redis, actual pg-main");
	assert_differences("{\"dialect\":{\"sqlite\":\"trino\"}}", ANSWER, "dialect: expected trino, actual sqlite");
	assert_differences("{\"rows\":2}", ANSWER, "rows: expected 2, actual 1");
	assert_differences("{\"rows\":0}", "{\"strategy\":\"direct\"}", "rows: expected 0, actual 0");
	assert_differences("{\"sources\":[\"original\"]}", ANSWER,
	                   "sources: expected original, actual original, materialized");
	assert_differences("{\"columns\":[\"id\"]}", ANSWER, "columns: expected id, actual id, total");
}

static void compares_the_problem_with_the_code(void **state)
{
	(void)state;
	assert_differences("{\"error\":\"C\"}", ERROR, "error: expected C, actual VALIDATION_FAILED");
	assert_differences("{\"error\":\"A\",\"pointer\":\"/y\"}", ERROR, "pointer: expected /y, actual /x");
	assert_differences("{\"error\":\"A\"}", ANSWER, "outcome: expected A, actual rows");
	assert_differences("{\"rows\":1}", ERROR, "outcome: expected rows, actual VALIDATION_FAILED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_answers_have_no_differences),
		cmocka_unit_test(names_each_member_that_differs),
		cmocka_unit_test(compares_the_problem_with_the_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
