#include "cli_test.h"
#include "fake_library.h"

#define PLAN \
	"{\"strategy\":\"direct\",\"targetDatabase\":\"pg-main\"," \
	"\"dialect\":\"postgres\",\"sql\":\"SELECT 1\",\"params\":[\"a\",[1,2]]," \
	"\"meta\":{\"tablesUsed\":[{\"tableId\":\"orders\"," \
	"\"source\":\"original\",\"database\":\"pg-main\"," \
	"\"physicalName\":\"public.orders\"}]," \
	"\"columns\":[{\"apiName\":\"id\",\"type\":\"uuid\"},{\"apiName\":\"total\",\"type\":\"decimal\"}]}}"

#define EXPLANATION \
	"{\"plan\":" PLAN "," \
	"\"rowFilters\":[{\"table\":\"orders\",\"as\":\"o\",\"roles\":[\"x\",\"y\"]," \
	"\"predicate\":\"tenantId = context.tenantId\"}]," \
	"\"alternatives\":[" \
	"{\"strategy\":\"cache\",\"verdict\":\"refused\",\"code\":\"NOT_BY_IDS\",\"detail\":\"d\",\"hint\":\"h\"}," \
	"{\"strategy\":\"direct\",\"verdict\":\"chosen\",\"sql\":\"SELECT 1\"}," \
	"{\"strategy\":\"materialized\",\"verdict\":\"refused\",\"code\":\"NO_REPLICA\"," \
	"\"candidates\":[{\"database\":\"ch\",\"verdict\":\"refused\",\"code\":\"NO_REPLICA\"}]}]}"

static void shows_a_plan(void **state)
{
	struct md_arena a = { 0 };
	struct md_buf b = { .arena = &a };
	(void)state;
	show_plan(&b, fake_query(parse_text(&a, PLAN)), "  ");
	assert_string_equal(zero_ended(&b), "  strategy  direct → pg-main (postgres)\n"
					    "  tables    orders: original in pg-main (public.orders)\n"
					    "  sql       SELECT 1\n"
					    "  params    [\"a\",[1,2]]\n"
					    "  columns   id uuid, total decimal\n");
	md_arena_free(&a);
}

static void shows_an_explanation(void **state)
{
	struct md_arena a = { 0 };
	struct md_buf b = { .arena = &a };
	(void)state;
	show_explain(&b, fake_query(parse_text(&a, EXPLANATION)));
	const char *text = zero_ended(&b);
	assert_string_equal(strstr(text, "\nrow filters"), "\nrow filters\n"
							   "  o: tenantId = context.tenantId (x, y)\n"
							   "\nstrategies\n"
							   "  cache           refused  NOT_BY_IDS: d\n"
							   "      hint: h\n"
							   "  direct          chosen\n"
							   "      SELECT 1\n"
							   "  materialized    refused  NO_REPLICA\n"
							   "      ch              refused  NO_REPLICA\n");
	md_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_a_plan),
		cmocka_unit_test(shows_an_explanation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
