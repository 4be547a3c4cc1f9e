/* Exists nodes: what they hang on, along which relation, whose columns their filters may name, what
 * is used of both tables. */
#include "fixture.h"

#define Q(filters) "{\"from\":\"orders\",\"columns\":[\"id\"],\"filters\":[" filters "]}"
#define EQ(column, value) "{\"column\":\"" column "\",\"operator\":\"=\",\"value\":" value "}"

/* "2:1 items<order; 3:2 orders>customer": reference, parent, table; < it holds the foreign key, >
 * its parent does */
static const char *ways(void)
{
	struct md_buf b = { .arena = &w.arena };
	for (uint32_t i = md_bound_row_refs(w.bound); i < w.bound->n_refs; i++) {
		const struct md_ref *r = &w.bound->refs[i];
		assert_non_null(r->relation);
		assert_int_equal(r->kind, MD_REF_EXISTS);
		assert_false(r->left);
		md_buf_fmt(&b, "%s%u:%u %.*s%c%.*s", b.n ? "; " : "", i, r->parent, MD_FMT(r->as),
		           r->from_side ? '<' : '>', MD_FMT(r->relation->names[0]));
	}
	md_buf_char(&b, 0);
	return b.p;
}

#define WAYS(definition, want) (OK("admin", definition), IS(ways(), want))

static void follows_a_relation_of_from(void **state)
{
	(void)state;
	WAYS(Q("{\"table\":\"items\"}"), "1:0 items<order");
	IS(used(0), "id");
	IS(used(1), "orderId");
	HAS(world_log(&w), "Exists 'items' → orders along relation 'order' (present)");
	WAYS(Q("{\"table\":\"customers\",\"exists\":false,\"filters\":[" EQ("name", "\"x\"") ","
		"{\"table\":\"customers\",\"column\":\"salary\",\"operator\":\">\",\"value\":1}]}"),
	     "1:0 customers>customer");
	IS(used(0), "id customerId");
	IS(used(1), "id name salary");
	assert_int_equal(w.bound->filters.v[0].parts.v[0].use.ref, 1);
	assert_int_equal(w.bound->filters.v[0].parts.v[1].use.ref, 1);
	HAS(world_log(&w), "(absent)");
	HAS(world_log(&w), "Note: filters use only unindexed columns of 'customers': name, salary");
	WAYS(Q("{\"table\":\"addresses\",\"via\":\"shipping\",\"count\":{\"operator\":\">\",\"value\":2}}"),
	     "1:0 addresses>shipping");
	HAS(world_log(&w), "(counted)");
	WAYS("{\"from\":\"customers\",\"filters\":[{\"table\":\"customers\",\"reverse\":false},"
	     "{\"table\":\"customers\",\"reverse\":true}]}", "1:0 customers>boss; 2:0 customers<boss");
	assert_int_equal(w.bound->n_outputs, 4); /* an exists node selects nothing */
}

static void numbers_nested_nodes_in_the_order_of_the_definition(void **state)
{
	(void)state;
	WAYS(Q("{\"logic\":\"or\",\"conditions\":[{\"table\":\"customers\",\"filters\":[{\"table\":\"orders\","
	       "\"filters\":[{\"table\":\"items\"}]},"
	       "{\"table\":\"customers\",\"parent\":\"customers\",\"reverse\":false}]},{\"table\":\"items\"}]},"
	       "{\"table\":\"items\"}"),
	     "1:0 customers>customer; 2:1 orders<customer; 3:2 items<order; 4:1 customers>boss; 5:0 items<order; 6:0 "
	     "items<order");
	/* the definition's own filters first, then each join's filters and on */
	WAYS("{\"from\":\"orders\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"customers\",\"columns\":[],"
	     "\"on\":[{\"table\":\"orders\"}],\"filters\":[{\"table\":\"customers\",\"reverse\":false}]},"
	     "{\"table\":\"items\",\"columns\":[],\"filters\":[{\"table\":\"orders\"}]}],"
	     "\"filters\":[{\"table\":\"items\"}]}",
	     "3:0 items<order; 4:1 customers>boss; 5:1 orders<customer; 6:2 orders>order");
}

static void follows_relations_of_joined_tables(void **state)
{
	(void)state;
#define JOIN(filters, top) \
	"{\"from\":\"orders\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"customers\",\"as\":\"c\",\"columns\":[]," \
	filters "}],\"filters\":[" top "]}"
	WAYS(JOIN("\"type\":\"left\"", "{\"table\":\"customers\"}"), "2:0 customers>customer"); /* from comes first */
	WAYS(JOIN("\"type\":\"left\"", "{\"table\":\"customers\",\"parent\":\"c\",\"reverse\":false}"),
	     "2:1 customers>boss");
	/* only the joined table is related */
	WAYS("{\"from\":\"items\",\"columns\":[\"amount\"],\"joins\":[{\"table\":\"orders\",\"columns\":[]}],"
	     "\"filters\":[{\"table\":\"customers\"}]}",
	     "2:1 customers>customer");
	IS(used(1), "id customerId");
	WAYS(JOIN("\"filters\":[{\"table\":\"customers\",\"reverse\":false},{\"table\":\"items\","
	          "\"parent\":\"orders\"}]", ""), "2:1 customers>boss; 3:0 items<order");
	WAYS(JOIN("\"on\":[{\"table\":\"orders\"},{\"table\":\"items\",\"parent\":\"orders\"}]", ""),
	     "2:1 orders<customer; 3:0 items<order");
	WRONG("admin", JOIN("\"filters\":[{\"table\":\"items\"}]", ""), "INVALID_EXISTS /joins/0/filters/0/table");
	HAS(message(0), "no relation between 'c' and 'items'");
	WRONG("admin", "{\"from\":\"orders\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"customers\",\"columns\":[],"
	               "\"on\":[{\"table\":\"orders\",\"parent\":\"items\"}]},"
	               "{\"table\":\"items\",\"columns\":[]}]}", "INVALID_EXISTS /joins/0/on/0/parent");
}

static void refuses_tables_without_one_relation(void **state)
{
	(void)state;
	WRONG("admin", Q("{\"table\":\"logs\"}"), "INVALID_EXISTS /filters/0/table");
	HAS(message(0), "no relation between 'orders' and 'logs'");
	IS(DETAIL(0, table), "logs");
	assert_int_equal(w.err.problems.v[0].filter_index, 0);
	WRONG("admin", Q("{\"table\":\"addresses\"}"), "INVALID_EXISTS /filters/0");
	HAS(message(0), "exists of 'addresses' is ambiguous");
	IS(DETAIL(0, expected), "orders via billing, orders via shipping");
	WRONG("admin", Q("{\"table\":\"addresses\",\"via\":\"biling\"}"), "INVALID_EXISTS /filters/0/via");
	IS(DETAIL(0, suggestion), "billing");
	WRONG("admin", Q("{\"table\":\"customers\",\"reverse\":true}"), "INVALID_EXISTS /filters/0/table");
	HAS(message(0), "in reverse");
	WRONG("admin", Q("{\"table\":\"items\",\"parent\":\"order\"}"), "INVALID_EXISTS /filters/0/parent");
	IS(DETAIL(0, suggestion), "orders");
	WRONG("admin", Q("{\"table\":\"customers\",\"filters\":[{\"table\":\"items\"},{\"table\":\"items\","
	                 "\"parent\":\"orders\"}]}"),
	      "INVALID_EXISTS /filters/0/filters/0/table\nINVALID_EXISTS /filters/0/filters/1/parent");
	HAS(message(0), "no relation between 'customers' and 'items'");
	HAS(message(1), "not the table of the exists around it");
	IS(DETAIL(1, expected), "customers");
	WRONG("admin", Q("{\"table\":\"orders\",\"parent\":\"orders\"}"), "INVALID_EXISTS /filters/0/parent");
}

static void refuses_names_from_outside_the_node(void **state)
{
	(void)state;
	WRONG("admin", Q("{\"table\":\"items\",\"filters\":[{\"table\":\"orders\",\"column\":\"id\","
	                 "\"operator\":\"isNull\"}]}"), "INVALID_FILTER /filters/0/filters/0/table");
	HAS(message(0), "its filters name its own table only");
	IS(DETAIL(0, expected), "items");
	WRONG("admin", Q("{\"table\":\"items\"},{\"table\":\"items\",\"column\":\"amount\",\"operator\":\"=\","
	                 "\"value\":1}"), "INVALID_FILTER /filters/1/table");
	HAS(message(0), "is not in this query");
	WRONG("admin", "{\"from\":\"orders\",\"columns\":[\"id\"],\"filters\":[{\"table\":\"items\"}],"
	               "\"orderBy\":[{\"table\":\"items\",\"column\":\"line\",\"direction\":\"asc\"}]}",
	      "INVALID_ORDER_BY /orderBy/0/table");
	/* a join may have the table's name, and an exists node that of a join */
	WAYS("{\"from\":\"orders\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"items\",\"columns\":[]}],"
	     "\"filters\":[{\"table\":\"items\"}]}", "2:0 items<order");
}

static void checks_filters_inside_the_node(void **state)
{
	(void)state;
	WRONG("admin", Q("{\"table\":\"items\",\"filters\":[" EQ("amont", "1") "," EQ("line",
		"\"x\"") ",{\"column\":\"line\",\"operator\":\"isNull\"},"
	                 "{\"logic\":\"or\",\"conditions\":[{\"column\":\"amount\",\"operator\":\"like\","
	                 "\"value\":\"x\"}]}]}"),
	      "UNKNOWN_COLUMN /filters/0/filters/0/column\nINVALID_VALUE /filters/0/filters/1/value\nINVALID_FILTER "
	      "/filters/0/filters/2/operator\n"
	      "INVALID_FILTER /filters/0/filters/3/conditions/0/operator");
	IS(DETAIL(0, suggestion), "amount");
	IS(DETAIL(0, table), "items");
	/* a table that is unknown or a node that is broken: its columns are not checked, what is
	 * wrong by itself is */
	WRONG("admin", Q("{\"table\":\"itms\",\"filters\":[" EQ("nothing", "1") ",{\"column\":\"x\","
		"\"operator\":\"near\"},{\"table\":\"orders\"}]}"),
	      "UNKNOWN_TABLE /filters/0/table\nINVALID_FILTER /filters/0/filters/1/operator");
	IS(DETAIL(0, suggestion), "items");
	WRONG("admin", Q("{\"table\":\"items\",\"via\":1,\"filters\":[" EQ("nothing", "1") "]}"), "INVALID_EXISTS "
		"/filters/0/via");
	WRONG("admin", "{\"from\":\"nobody\",\"filters\":[{\"table\":\"items\",\"filters\":[" EQ("nothing", "1") "]}]}",
	      "UNKNOWN_TABLE /from\nUNKNOWN_COLUMN /filters/0/filters/0/column");
}

static void refuses_denied_tables_and_columns(void **state)
{
	(void)state;
	WRONG("clerk", Q("{\"table\":\"secrets\"},{\"table\":\"customers\",\"filters\":[" EQ("salary", "1") "]}"),
	      "ACCESS_DENIED /filters/0/table\nACCESS_DENIED /filters/1/filters/0/column");
	/* keys that it does not see are followed */
	OK("clerk", Q("{\"table\":\"items\",\"filters\":[" EQ("amount", "1") "]}"));
	w.changed.policy.visible_keys = true;
	WRONG("clerk", Q("{\"table\":\"items\"},{\"table\":\"customers\",\"via\":\"customer\"}"), "ACCESS_DENIED "
		"/filters/0\nACCESS_DENIED /filters/1/via");
	OK("admin", Q("{\"table\":\"items\"}"));
	w.changed.policy.uniform_errors = true;
	WRONG("clerk", Q("{\"table\":\"items\"},{\"table\":\"customers\",\"via\":\"customer\"},{\"table\":\"secrets\"},"
	                 "{\"table\":\"addresses\",\"via\":\"billing\",\"filters\":[" EQ("salary", "1") "]}"),
	      "INVALID_EXISTS /filters/0/table\nINVALID_EXISTS /filters/1/table\nUNKNOWN_TABLE "
	      "/filters/2/table\nINVALID_EXISTS /filters/3/table\nUNKNOWN_COLUMN /filters/3/filters/0/column");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(follows_a_relation_of_from, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_nested_nodes_in_the_order_of_the_definition, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_relations_of_joined_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_tables_without_one_relation, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_names_from_outside_the_node, setup, teardown),
		cmocka_unit_test_setup_teardown(checks_filters_inside_the_node, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_denied_tables_and_columns, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
