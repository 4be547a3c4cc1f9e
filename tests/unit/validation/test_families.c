/* Column against column: families of types, operators, tables, the gate. */
#include "fixture.h"

static const char *versus(const char *left, const char *operator, const char *right)
{
	struct md_buf b = { .arena = &w.arena };
	md_buf_fmt(&b, "{\"from\":\"kinds\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"%s\",\"operator\":\"%s\","
	               "\"refColumn\":\"%s\"}]}", left, operator, right);
	md_buf_char(&b, 0);
	return b.p;
}

static const struct {
	const char *column;
	char family; /* 0: none */
} columns[] = { { "aString", 's' },    { "nString", 's' },  { "id", 'n' },       { "aInt", 'n' },  { "aBigint", 'n' },
	        { "aFloat", 'n' },     { "aDecimal", 'n' }, { "aBoolean", 'b' }, { "aUuid", 'u' }, { "aDate", 'd' },
	        { "aTimestamp", 'd' }, { "aJson", 0 },      { "aBytes", 0 },     { "aList", 0 },   { "nList", 0 } };
enum { N_FAMILY_COLUMNS = sizeof columns / sizeof *columns };

static void compares_columns_of_one_family_only(void **state)
{
	(void)state;
	static const char *const ops[] = { "=", "!=", ">", "<", ">=", "<=" };
	for (unsigned a = 0; a < N_FAMILY_COLUMNS; a++)
		for (unsigned b = 0; b < N_FAMILY_COLUMNS; b++)
			for (unsigned o = 0; o < 6; o++) {
				const char *definition = versus(columns[a].column, ops[o], columns[b].column);
				bool only_equal = columns[a].family == 'b' || columns[a].family == 'u';
				if (!columns[a].family)
					WRONG("admin", definition, "INVALID_FILTER /filters/0/column");
				else if (columns[a].family != columns[b].family)
					WRONG("admin", definition, "INVALID_FILTER /filters/0/refColumn");
				else if (only_equal && o > 1)
					WRONG("admin", definition, "INVALID_FILTER /filters/0/operator");
				else
					OK("admin", definition);
			}
}

static void names_the_types_that_can_be_compared(void **state)
{
	(void)state;
	validate_text("admin", versus("aInt", "=", "aString"));
	IS(message(0), "column 'aString' (string) can't be compared with 'aInt' (int): expected int, bigint, float or "
	               "decimal");
	IS(DETAIL(0, column), "aString");
	IS(DETAIL(0, expected), "int, bigint, float or decimal");
	IS(DETAIL(0, actual), "string");
	validate_text("admin", versus("aList", "=", "aList"));
	IS(message(0), "column 'aList' (string[]) can't be compared with a column");
	validate_text("admin", versus("aUuid", "<", "aUuid"));
	IS(message(0), "operator '<' does not compare columns of type uuid: expected = or !=");
	validate_text("admin", versus("aInt", "in", "aInt"));
	IS(message(0), "operator 'in' does not compare columns: expected =, !=, >, <, >= or <=");
	IS(DETAIL(0, operator), "in");
}

static void refuses_operators_that_take_no_column(void **state)
{
	(void)state;
	for (unsigned o = 0; o < MD_OPS; o++) {
		const char *definition = versus("aInt", md_operators[o].name, "aBigint");
		if (md_operators[o].shape == MD_SHAPE_VALUE)
			OK("admin", definition);
		else
			WRONG("admin", definition, "INVALID_FILTER /filters/0/operator");
	}
	WRONG("admin", versus("aInt", "~", "aBigint"), "INVALID_FILTER /filters/0/operator");
	WRONG("admin", versus("nope", "~", "nor"), "UNKNOWN_COLUMN /filters/0/column\nUNKNOWN_COLUMN "
	                                           "/filters/0/refColumn\nINVALID_FILTER /filters/0/operator");
}

#define COMPARE(more) "{\"column\":\"total\",\"operator\":\">\"," more "}"
#define JOINED(filter) \
	"{\"from\":\"orders\",\"filters\":[" filter \
	"],\"joins\":[{\"table\":\"customers\",\"as\":\"c\",\"columns\":[\"name\"]}]}"

static void finds_the_other_column_in_its_table(void **state)
{
	(void)state;
	OK("admin", JOINED(COMPARE("\"refColumn\":\"salary\",\"refTable\":\"c\"")));
	const struct md_bound_filter *f = &w.bound->filters.v[0];
	assert_int_equal(f->use.ref, 0);
	assert_int_equal(f->ref_use.ref, 1);
	IS(used(1), "id name salary");
	WRONG("admin", JOINED(COMPARE("\"refColumn\":\"salary\"")), "UNKNOWN_COLUMN /filters/0/refColumn");
	WRONG("admin", JOINED(COMPARE("\"refColumn\":\"salary\",\"refTable\":\"customers\"")), "INVALID_FILTER "
		"/filters/0/refTable");
	WRONG("admin", JOINED(COMPARE("\"refColumn\":\"x\",\"refTable\":\"cc\",\"table\":\"d\"")), "INVALID_FILTER "
		"/filters/0/table\nINVALID_FILTER /filters/0/refTable");
	IS(DETAIL(1, suggestion), "c");
	/* in a join refTable defaults to the joined table, as table does; on sees no later joins */
	OK("admin", "{\"from\":\"orders\",\"joins\":[{\"table\":\"customers\",\"filters\":[{\"column\":\"id\","
	            "\"operator\":\"<\",\"refColumn\":\"salary\"},"
	            "{\"column\":\"salary\",\"operator\":\"<\",\"refTable\":\"orders\",\"refColumn\":\"total\"}]}]}");
	assert_int_equal(w.bound->refs[1].filters.v[0].ref_use.ref, 1);
	assert_int_equal(w.bound->refs[1].filters.v[1].ref_use.ref, 0);
	WRONG("admin", "{\"from\":\"orders\",\"joins\":[{\"table\":\"customers\",\"on\":[{\"column\":\"id\","
	               "\"operator\":\"=\",\"refTable\":\"items\",\"refColumn\":\"line\"}]},"
	               "{\"table\":\"items\"}]}",
	      "INVALID_FILTER /joins/0/on/0/refTable");
	HAS(message(0), "joined later");
	WRONG("admin", "{\"from\":\"kinds\",\"filters\":[{\"column\":\"aInt\",\"operator\":\"=\",\"refColumn\":\"id\","
	               "\"value\":1}]}", "UNKNOWN_KEY /filters/0/value");
	WRONG("admin", "{\"from\":\"kinds\",\"filters\":[{\"column\":\"aInt\",\"operator\":\"=\","
	               "\"refTable\":\"kinds\"}]}", "INVALID_FILTER /filters/0");
}

static void refuses_denied_columns_on_either_side(void **state)
{
	(void)state;
	WRONG("clerk", "{\"from\":\"orders\",\"filters\":[{\"column\":\"id\",\"operator\":\"=\","
	               "\"refColumn\":\"note\"}]}", "ACCESS_DENIED /filters/0/refColumn");
	WRONG("clerk", "{\"from\":\"orders\",\"filters\":[{\"column\":\"note\",\"operator\":\"=\","
	               "\"refColumn\":\"status\"}]}", "ACCESS_DENIED /filters/0/column");
	OK("clerk", "{\"from\":\"orders\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"status\",\"operator\":\"=\","
	            "\"refColumn\":\"status\"}]}");
	IS(used(0), "id status");
	validate_text("admin", "{\"from\":\"orders\",\"filters\":[{\"column\":\"total\",\"operator\":\">\","
	             "\"refColumn\":\"total\"}]}");
	HAS(world_log(&w), "unindexed columns of 'orders': total");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(compares_columns_of_one_family_only, setup, teardown),
		cmocka_unit_test_setup_teardown(names_the_types_that_can_be_compared, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_operators_that_take_no_column, setup, teardown),
		cmocka_unit_test_setup_teardown(finds_the_other_column_in_its_table, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_denied_columns_on_either_side, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
