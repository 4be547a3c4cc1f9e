/* groupBy, aggregations, having, distinct: what is resolved, and every refusal with its place. */
#include "fixture.h"

#define ORDERS(rest) "{\"from\":\"orders\"," rest "}"
#define BY(list) "\"groupBy\":[" list "]"
#define AGGS(list) "\"aggregations\":[" list "]"
#define N "{\"fn\":\"count\",\"column\":\"*\",\"alias\":\"n\"}"
#define STATUS "{\"column\":\"status\"}"

static void lists_groups_then_aggregates_as_outputs(void **state)
{
	(void)state;
	IS(bound_tree("admin", ORDERS(BY("{\"column\":\"createdAt\",\"bucket\":\"month\",\"as\":\"m\"}," STATUS) ","
	                        AGGS(N ",{\"fn\":\"sum\",\"column\":\"total\",\"alias\":\"t\"}"))),
	   "from orders\ngroup month of createdAt as m\ngroup status\naggregation count of * as n\naggregation sum of "
	   "total as t\n"
	   "out m = group t0.createdAt\nout status = group t0.status\nout n = aggregate of t0.*\nout t = aggregate of "
	   "t0.total\n");
	assert_int_equal(w.bound->aggs[0].type.base, MD_INT);
	assert_int_equal(w.bound->aggs[1].type.base, MD_DECIMAL);
	IS(used(0), "total status createdAt");
	OK("admin", ORDERS("\"columns\":[]," BY(STATUS) "," AGGS(N)));
	assert_int_equal(w.bound->n_outputs, 1);
	OK("admin", ORDERS("\"columns\":[\"m\"]," BY(STATUS ",{\"column\":\"createdAt\",\"bucket\":\"year\","
		"\"as\":\"m\"}") ",\"orderBy\":[{\"column\":\"m\",\"direction\":\"asc\"},"
	                   "{\"column\":\"status\",\"direction\":\"desc\"}]"));
	assert_int_equal(w.bound->n_outputs, 1);
	assert_ptr_equal(w.bound->order[0].group, &w.bound->groups[1]);
	assert_ptr_equal(w.bound->order[1].group, &w.bound->groups[0]);
}

static void lists_outputs_of_joined_tables(void **state)
{
	(void)state;
	const char *joined = "{\"from\":\"customers\",\"joins\":[{\"table\":\"customers\",\"as\":\"boss\","
	                     "\"reverse\":false}],"
			     BY("{\"column\":\"name\",\"table\":\"boss\"},{\"column\":\"name\"}") "}";
	OK("admin", joined);
	assert_int_equal(w.bound->n_outputs, 2); /* the join's own columns, left out, add none */
	assert_true(md_str_eqz(w.bound->outputs[0].name, "boss.name"));
	assert_true(md_str_eqz(w.bound->outputs[1].name, "customers.name"));
	OK("admin", "{\"from\":\"customers\",\"columns\":[],\"joins\":[{\"table\":\"customers\",\"as\":\"boss\","
	            "\"reverse\":false,\"columns\":[\"name\"]}],"
	            BY("{\"column\":\"name\",\"table\":\"boss\"},{\"column\":\"name\"}") "," AGGS(N) "}");
	assert_int_equal(w.bound->n_outputs, 2);
	assert_true(md_str_eqz(w.bound->outputs[0].name, "name"));
	assert_int_equal(w.bound->outputs[0].use.ref, 1);
}

static void refuses_columns_that_cannot_be_grouped(void **state)
{
	(void)state;
	WRONG("admin", "{\"from\":\"kinds\"," BY("{\"column\":\"aList\"},{\"column\":\"aJson\"},{\"column\":\"aInt\","
	                                         "\"bucket\":\"day\"},{\"column\":\"aBytes\"},{\"column\":\"aDate\","
	                                         "\"bucket\":\"minute\"}") "}",
	      "INVALID_GROUP_BY /groupBy/0/column\nINVALID_GROUP_BY /groupBy/1/column\nINVALID_GROUP_BY "
	      "/groupBy/2/bucket");
	WRONG("admin", ORDERS(BY("{\"column\":\"statuss\"},{\"column\":\"id\",\"table\":\"customers\"},"
	                         STATUS "," STATUS ",{\"column\":\"total\",\"as\":\"status\"}")),
	      "UNKNOWN_COLUMN /groupBy/0/column\nINVALID_GROUP_BY /groupBy/1/table\nINVALID_GROUP_BY "
	      "/groupBy/3/column\nINVALID_GROUP_BY /groupBy/4/as");
	IS(DETAIL(0, suggestion), "status");
	WRONG("clerk", ORDERS(BY("{\"column\":\"note\"}")), "ACCESS_DENIED /groupBy/0/column");
}

static void refuses_columns_that_are_not_grouped(void **state)
{
	(void)state;
	WRONG("admin", ORDERS("\"columns\":[\"id\",\"status\",\"stat\"]," BY(STATUS) ","
		"\"orderBy\":[{\"column\":\"total\",\"direction\":\"asc\"},{\"column\":\"x\",\"direction\":\"asc\"}]"),
	      "INVALID_GROUP_BY /columns/0\nUNKNOWN_COLUMN /columns/2\nINVALID_GROUP_BY "
	      "/orderBy/0/column\nINVALID_ORDER_BY /orderBy/1/column");
	WRONG("admin", ORDERS("\"columns\":[\"id\"]," AGGS(N)), "INVALID_GROUP_BY /columns/0");
	WRONG("admin", ORDERS("\"columns\":[\"status\",\"status\"]," BY(STATUS)), "INVALID_VALUE /columns/1");
	/* a bucket that has an `as` does not show its column */
	WRONG("admin", ORDERS("\"columns\":[\"createdAt\"]," BY("{\"column\":\"createdAt\",\"bucket\":\"day\","
		"\"as\":\"d\"}")), "INVALID_GROUP_BY /columns/0");
	/* an entry that could not be read might be the one that is meant */
	WRONG("admin", ORDERS("\"columns\":[\"id\"]," BY("{\"colum\":\"id\"}")), "UNKNOWN_KEY /groupBy/0/colum");
	WRONG("admin", ORDERS("\"columns\":[\"id\"],\"groupBy\":7"), "INVALID_GROUP_BY /groupBy");
	WRONG("admin", ORDERS(BY("{\"column\":\"id\",\"table\":\"nobody\",\"as\":\"i\"}") ","
		"\"orderBy\":[{\"column\":\"i\",\"direction\":\"asc\"}]"), "INVALID_GROUP_BY /groupBy/0/table");
}

static const char *one(const char *fn, const char *column)
{
	struct md_buf b = { .arena = &w.arena };
	md_buf_fmt(&b, "{\"from\":\"kinds\",\"aggregations\":[{\"fn\":\"%s\",\"column\":\"%s\",\"alias\":\"x\"}]}", fn,
	           column);
	md_buf_char(&b, 0);
	return problems_of("admin", b.p);
}

/* Each function on each type. */
static void takes_each_function_on_its_types_only(void **state)
{
	static const char *const columns[] = { "aString", "aInt",  "aBigint",    "aFloat", "aDecimal", "aBoolean",
		                               "aUuid",   "aDate", "aTimestamp", "aJson",  "aBytes",   "aList" };
	static const struct {
		const char *fn, *takes; /* + as the columns' order */
	} fns[] = { { "count", "++++++++++++" },         { "countDistinct", "+++++++++-+-" }, { "sum", "-++++-------" },
		    { "avg", "-++++-------" }, { "min", "+++++--++---" }, { "max", "+++++--++---" } };
	(void)state;
	for (size_t f = 0; f < sizeof fns / sizeof *fns; f++)
		for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
			IS(one(fns[f].fn, columns[c]), fns[f].takes[c] == '+' ? "" : "INVALID_AGGREGATION "
				"/aggregations/0/column");
	IS(one("countDistinct", "*"), "INVALID_AGGREGATION /aggregations/0/column");
	IS(one("sum", "aFlot"), "UNKNOWN_COLUMN /aggregations/0/column");
	IS(one("avg", "aFloat"), "");
	assert_int_equal(w.bound->aggs[0].type.base, MD_FLOAT);
	IS(one("max", "aDate"), "");
	assert_int_equal(w.bound->aggs[0].type.base, MD_DATE);
}

static void refuses_repeated_aliases(void **state)
{
	(void)state;
	WRONG("admin", ORDERS(BY(STATUS) "," AGGS(N "," N ",{\"fn\":\"max\",\"column\":\"id\",\"table\":\"customers\","
		"\"alias\":\"status\"}")),
	      "INVALID_AGGREGATION /aggregations/1/alias\nINVALID_AGGREGATION "
	      "/aggregations/2/table\nINVALID_AGGREGATION /aggregations/2/alias");
	OK("admin", ORDERS("\"columns\":[]," BY(STATUS) "," AGGS("{\"fn\":\"max\",\"column\":\"total\","
		"\"alias\":\"status\"}")));
	/* table.column is a name too */
	WRONG("admin", "{\"from\":\"customers\",\"joins\":[{\"table\":\"customers\",\"as\":\"boss\","
	               "\"reverse\":false}]," BY("{\"column\":\"name\",\"table\":\"boss\"},{\"column\":\"name\"}") ","
	               AGGS("{\"fn\":\"count\",\"column\":\"*\",\"alias\":\"boss.name\"},{\"fn\":\"max\","
	                    "\"column\":\"id\",\"alias\":\"name\"}") "}",
	      "INVALID_AGGREGATION /aggregations/0/alias");
}

#define SUM(table, column) AGGS("{\"fn\":\"sum\",\"column\":\"" column "\",\"table\":\"" table "\",\"alias\":\"x\"}")

static void refuses_aggregates_over_repeated_rows(void **state)
{
	static const char items[] = "{\"from\":\"orders\",\"joins\":[{\"table\":\"items\"}],";
	struct md_buf b = { .arena = &w.arena };
	(void)state;
	md_buf_fmt(&b, "%s" SUM("orders", "total") "}", items);
	md_buf_char(&b, 0);
	WRONG("admin", b.p, "INVALID_AGGREGATION /aggregations/0/column");
	HAS(message(0), "fan-out");
	OK("admin", "{\"from\":\"orders\",\"joins\":[{\"table\":\"items\"}]," SUM("items", "amount") "}");
	OK("admin", "{\"from\":\"items\",\"joins\":[{\"table\":\"orders\"}]," SUM("items", "amount") "}");
	WRONG("admin", "{\"from\":\"items\",\"joins\":[{\"table\":\"orders\"}]," SUM("orders", "total") "}",
	      "INVALID_AGGREGATION /aggregations/0/column");
	OK("admin", "{\"from\":\"items\",\"allowFanOut\":true,\"joins\":[{\"table\":\"orders\"}]," SUM("orders",
		"total") "}");
	/* a sibling repeats it, further up or down */
	WRONG("admin", "{\"from\":\"orders\",\"joins\":[{\"table\":\"customers\"},{\"table\":\"orders\","
	               "\"as\":\"others\",\"parent\":\"customers\"}]," SUM("orders", "total") "}",
	      "INVALID_AGGREGATION /aggregations/0/column");
	WRONG("admin", "{\"from\":\"customers\",\"joins\":[{\"table\":\"orders\"},{\"table\":\"items\","
	               "\"parent\":\"orders\"}]," SUM("orders", "total") "}",
	      "INVALID_AGGREGATION /aggregations/0/column");
	OK("admin", "{\"from\":\"customers\",\"joins\":[{\"table\":\"orders\"},{\"table\":\"items\","
	            "\"parent\":\"orders\"}]," SUM("items", "amount") "}");
	/* only what adds minds */
	OK("admin", "{\"from\":\"orders\",\"joins\":[{\"table\":\"items\"}]," AGGS(N ",{\"fn\":\"max\","
		"\"column\":\"total\",\"alias\":\"m\"}") "}");
}

#define HAVING(list) \
	ORDERS(AGGS(N ",{\"fn\":\"sum\",\"column\":\"total\",\"alias\":\"t\"},{\"fn\":\"min\",\"column\":\"status\"," \
	              "\"alias\":\"s\"}") ",\"having\":[" list "]")

static void binds_having_conditions_to_aggregates(void **state)
{
	(void)state;
	OK("admin", HAVING("{\"column\":\"n\",\"operator\":\">\",\"value\":\"9223372036854775807\"},{\"logic\":\"or\","
	                   "\"conditions\":[{\"column\":\"t\",\"operator\":\"isNull\"},"
	                   "{\"column\":\"t\",\"operator\":\"between\",\"value\":{\"from\":1.5,\"to\":\"2\"}},"
	                   "{\"column\":\"s\",\"operator\":\"notIn\",\"value\":[\"a\"]}]}"));
	assert_int_equal(w.bound->having.v[0].agg, 0);
	assert_int_equal(w.values->operands[w.bound->having.v[0].slot].type.base, MD_BIGINT);
	assert_int_equal(w.values->operands[w.bound->having.v[1].parts.v[1].slot + 1].type.base, MD_DECIMAL);
	WRONG("admin", HAVING("{\"column\":\"status\",\"operator\":\"=\",\"value\":\"x\"},{\"column\":\"n\","
	                      "\"operator\":\"isNotNull\"},{\"column\":\"s\",\"operator\":\"contains\","
	                      "\"value\":\"x\"},"
	                      "{\"column\":\"n\",\"operator\":\"=\",\"value\":1.5},{\"column\":\"n\","
	                      "\"table\":\"orders\",\"operator\":\"=\",\"value\":1},"
	                      "{\"column\":\"n\",\"operator\":\"=\",\"refColumn\":\"t\"},{\"table\":\"items\"},"
	                      "{\"column\":\"t\",\"operator\":\"in\",\"value\":[1,null]},{\"column\":\"t\","
	                      "\"operator\":\"=\"}"),
	      "INVALID_HAVING /having/0/column\nINVALID_HAVING /having/1/operator\nINVALID_HAVING "
	      "/having/2/operator\nINVALID_HAVING /having/3/value\n"
	      "INVALID_HAVING /having/4/table\nINVALID_HAVING /having/5\nINVALID_HAVING /having/6\nINVALID_HAVING "
	      "/having/7/value/1\nINVALID_HAVING /having/8");
	IS(DETAIL(0, suggestion), "");
	for (uint32_t i = 0; i < w.err.problems.n; i++)
		assert_int_equal(w.err.problems.v[i].filter_index, -1);
	WRONG("admin", ORDERS("\"having\":[{\"column\":\"n\",\"operator\":\"=\",\"value\":1}]"), "INVALID_HAVING "
		"/having/0/column");
	/* of an aggregate that is wrong itself nothing more is said */
	WRONG("admin", ORDERS(AGGS("{\"fn\":\"sum\",\"column\":\"status\",\"alias\":\"t\"}") ","
		"\"having\":[{\"column\":\"t\",\"operator\":\"=\",\"value\":\"x\"}]"),
	      "INVALID_AGGREGATION /aggregations/0/column");
}

static void refuses_distinct_rows_ordered_by_hidden_outputs(void **state)
{
	(void)state;
	OK("admin", ORDERS("\"distinct\":true,\"columns\":[\"status\"],\"orderBy\":[{\"column\":\"status\","
	                   "\"direction\":\"asc\"}]"));
	WRONG("admin", ORDERS("\"distinct\":true,\"columns\":[\"status\"],\"orderBy\":[{\"column\":\"total\","
	                      "\"direction\":\"asc\"}]"), "INVALID_ORDER_BY /orderBy/0/column");
	WRONG("admin", ORDERS("\"distinct\":true,\"columns\":[]," BY(STATUS) "," AGGS(N) ","
		"\"orderBy\":[{\"column\":\"status\",\"direction\":\"asc\"}]"), "INVALID_ORDER_BY /orderBy/0/column");
	OK("admin", ORDERS("\"distinct\":true,\"columns\":[]," BY(STATUS) "," AGGS(N) ",\"orderBy\":[{\"column\":\"n\","
		"\"direction\":\"asc\"}]"));
}

/* A column that can be masked is selected and counted, nothing else. */
static void refuses_aggregates_of_masked_columns(void **state)
{
	(void)state;
	OK("dim", ORDERS(AGGS("{\"fn\":\"count\",\"column\":\"total\",\"alias\":\"n\"}")));
	WRONG("dim", ORDERS(BY("{\"column\":\"total\"}") "," AGGS("{\"fn\":\"countDistinct\",\"column\":\"total\","
		"\"alias\":\"a\"},{\"fn\":\"sum\",\"column\":\"total\",\"alias\":\"b\"},"
	                    "{\"fn\":\"min\",\"column\":\"total\",\"alias\":\"c\"}")),
	      "ACCESS_DENIED /groupBy/0/column\nACCESS_DENIED /aggregations/0/column\nACCESS_DENIED "
	      "/aggregations/1/column\nACCESS_DENIED /aggregations/2/column");
	WRONG("dim", ORDERS("\"distinct\":true,\"columns\":[\"status\",\"total\"]"), "ACCESS_DENIED /columns/1");
	WRONG("dim", ORDERS("\"distinct\":true"), "ACCESS_DENIED /distinct\nACCESS_DENIED /distinct");
}

static void refuses_ids_with_groups(void **state)
{
	(void)state;
	WRONG("admin", ORDERS("\"byIds\":[1]," AGGS(N)), "INVALID_BY_IDS /byIds\nINVALID_BY_IDS /byIds/0");
	WRONG("admin", "{\"from\":\"order\",\"byIds\":[1]," AGGS(N) "}", "UNKNOWN_TABLE /from");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists_groups_then_aggregates_as_outputs, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_outputs_of_joined_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_columns_that_cannot_be_grouped, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_columns_that_are_not_grouped, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_each_function_on_its_types_only, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_repeated_aliases, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_aggregates_over_repeated_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(binds_having_conditions_to_aggregates, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_distinct_rows_ordered_by_hidden_outputs, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_aggregates_of_masked_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_ids_with_groups, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
