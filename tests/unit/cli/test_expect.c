#include "cli_test.h"

static void differs(const char *expect, const char *answer, const char *differences)
{
	struct md_arena a = { 0 };
	struct md_buf b = { .arena = &a };
	expect_differences(&b, parsed(&a, expect), parsed(&a, answer));
	assert_string_equal(zero_ended(&b), differences);
	md_arena_free(&a);
}

#define ANSWER                                                                                                              \
	"{\"strategy\":\"direct\",\"targetDatabase\":\"pg-main\",\"dialect\":\"sqlite\",\"data\":[{\"id\":1,\"total\":2}]," \
	"\"meta\":{\"tablesUsed\":[{\"source\":\"original\"},{\"source\":\"materialized\"}]}}"
#define ERROR "{\"code\":\"VALIDATION_FAILED\",\"errors\":[{\"code\":\"A\",\"pointer\":\"/x\"},{\"code\":\"B\",\"pointer\":\"/y\"}]}"

static void agreement(void **state)
{
	(void)state;
	differs("{\"strategy\":\"direct\",\"target\":\"pg-main\",\"dialect\":{\"sqlite\":\"sqlite\",\"stack\":\"postgres\"},\"rows\":1,"
		"\"sources\":[\"original\",\"materialized\"],\"columns\":[\"id\",\"total\"]}",
		ANSWER, "");
	differs("{\"error\":\"B\",\"pointer\":\"/y\"}", ERROR, "");
	differs("{\"error\":\"TRINO_DISABLED\"}", "{\"code\":\"TRINO_DISABLED\",\"details\":{}}", "");
}

static void each_member(void **state)
{
	(void)state;
	differs("{\"strategy\":\"cache\"}", ANSWER, "strategy: expected cache, actual direct");
	differs("{\"target\":\"redis\"}", ANSWER, "target: expected redis, actual pg-main");
	differs("{\"dialect\":{\"sqlite\":\"trino\"}}", ANSWER, "dialect: expected trino, actual sqlite");
	differs("{\"rows\":2}", ANSWER, "rows: expected 2, actual 1");
	differs("{\"rows\":0}", "{\"strategy\":\"direct\"}", "rows: expected 0, actual 0");
	differs("{\"sources\":[\"original\"]}", ANSWER, "sources: expected original, actual original, materialized");
	differs("{\"columns\":[\"id\"]}", ANSWER, "columns: expected id, actual id, total");
}

static void errors(void **state)
{
	(void)state;
	differs("{\"error\":\"C\"}", ERROR, "error: expected C, actual VALIDATION_FAILED");
	differs("{\"error\":\"A\",\"pointer\":\"/y\"}", ERROR, "pointer: expected /y, actual /x");
	differs("{\"error\":\"A\"}", ANSWER, "outcome: expected A, actual rows");
	differs("{\"rows\":1}", ERROR, "outcome: expected rows, actual VALIDATION_FAILED");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(agreement), cmocka_unit_test(each_member), cmocka_unit_test(errors) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
