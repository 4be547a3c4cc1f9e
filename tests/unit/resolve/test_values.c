/* A bound definition asked again with the values of another one: the statement is the other's. */
#include "config.h"

#include "validation/bound.h"

#include <stdlib.h>
#include <string.h>

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_open(&w, resolve_config("things", "\"databases\":[{\"id\":\"a\",\"engine\":\"postgres\"}]"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

/* Binds and plans the first definition, then asks with the values of the second. */
static void asks_with_values_of(const char *definition, const char *other)
{
	struct stages s = { 0 };
	char *own = strdup(world_sql(&w, definition, NULL)), *want = strdup(world_sql(&w, other, NULL));
	assert_string_not_equal(own, want);
	world_plan(&w, definition, NULL);
	assert_int_equal(stages_validate(&w.cx, other, WORLD_ADMIN, &s), 0);
	w.values = s.values;
	IS(world_write(&w, NULL), want);
	free(own);
	free(want);
}

#define OP(column, operator, value) "{\"column\":\"" column "\",\"operator\":\"" operator "\",\"value\":" value "}"
#define RELATED(n, note) \
	"{\"table\":\"pairs\",\"count\":{\"operator\":\">\",\"value\":" n "},\"filters\":[" \
	OP("note", "contains", note) "]}"
#define FILTERS(text, from, to, like, list, n, note) \
	"\"filters\":[" OP("text", "=", text) "," OP("number", "between", "{\"from\":" from ",\"to\":" to "}") "," \
	OP("text", "like", like) "," OP("number", "in", list) "," RELATED(n, note) "]"
#define FILTERED(filters, limit, offset) \
	"{\"from\":\"things\",\"columns\":[\"id\"]," filters ",\"limit\":" limit ",\"offset\":" offset "}"

static void asks_with_other_operands_and_limits(void **state)
{
	(void)state;
	asks_with_values_of(FILTERED(FILTERS("\"a\"", "1", "2", "\"x\\\\y%\"", "[1]", "2", "\"n\""), "5", "2"),
	                    FILTERED(FILTERS("\"b\"", "3", "4", "\"z_\"", "[5,6]", "7", "\"%\""), "8", "0"));
}

#define JOINED(text, note) \
	"{\"from\":\"things\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"pairs\",\"columns\":[],\"on\":[" \
	OP("note", "=", note) \
	"],\"filters\":[" OP("note", "!=", text) "]}]}"

static void asks_with_other_operands_of_joins(void **state)
{
	(void)state;
	asks_with_values_of(JOINED("\"a\"", "\"b\""), JOINED("\"c\"", "\"d\""));
}

#define GROUPED(n, from, to) \
	"{\"from\":\"things\",\"groupBy\":[{\"column\":\"number\"}],\"aggregations\":[" \
	"{\"fn\":\"count\",\"column\":\"*\",\"alias\":\"n\"},{\"fn\":\"sum\",\"column\":\"price\",\"alias\":\"s\"}]," \
	"\"having\":[{\"logic\":\"or\",\"not\":true,\"conditions\":[" OP("n", ">", n) "," \
	OP("s", "between", "{\"from\":" from ",\"to\":" to "}") "]}]}"

static void asks_with_other_operands_of_having(void **state)
{
	(void)state;
	asks_with_values_of(GROUPED("1", "2.5", "3"), GROUPED("4", "5", "6.5"));
}

#define PAIR(c, d) "{\"c\":\"" c "\",\"d\":\"" d "\"}"
#define PAIRS(ids) "{\"from\":\"pairs\",\"columns\":[\"c\"],\"byIds\":[" ids "]}"

static void asks_with_other_ids(void **state)
{
	(void)state;
	asks_with_values_of(PAIRS(PAIR("a", "2024-01-01")), PAIRS(PAIR("b", "2024-01-02") "," PAIR("c", "2024-01-03")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_with_other_operands_and_limits),
		cmocka_unit_test(asks_with_other_operands_of_joins),
		cmocka_unit_test(asks_with_other_operands_of_having), cmocka_unit_test(asks_with_other_ids),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
