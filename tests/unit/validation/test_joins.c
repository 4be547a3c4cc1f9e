/* Joins: along which relation, from which parent, in which direction, and what the outputs are
 * called. */
#include "fixture.h"

#define JOINS(list) "{\"from\":\"orders\",\"columns\":[\"id\"],\"joins\":[" list "]}"

static void follows_a_relation_in_both_directions(void **state)
{
	(void)state;
	IS(bound_tree("admin", JOINS("{\"table\":\"customers\",\"columns\":[\"name\"]}")),
	   "from orders\ncolumns id\njoin left customers (t1 to t0 along customer, foreign key to key)\n columns "
	   "name\nout id = t0.id\nout name = t1.name\n");
	assert_true(w.bound->refs[1].left);
	IS(used(0), "id customerId");
	IS(used(1), "id name");
	HAS(world_log(&w), "Join 'customers' → orders along relation 'customer' (left)");
	IS(bound_tree("admin", JOINS("{\"table\":\"items\",\"columns\":[],\"type\":\"inner\"}")),
	   "from orders\ncolumns id\njoin inner items (t1 to t0 along order, key to foreign key)\n columns\nout id = "
	   "t0.id\n");
	assert_false(w.bound->refs[1].left);
	IS(used(1), "orderId");
}

static void prefixes_outputs_of_equal_names(void **state)
{
	(void)state;
	IS(bound_tree("admin", "{\"from\":\"orders\",\"columns\":[\"id\",\"status\"],"
	                       "\"joins\":[{\"table\":\"customers\","
	                 "\"as\":\"c\",\"columns\":[\"id\",\"name\"]},"
	                 "{\"table\":\"items\",\"columns\":[\"amount\"]}]}"),
	   "from orders\ncolumns id status\njoin left customers as c (t1 to t0 along customer, foreign key to key)\n "
	   "columns id name\n"
	   "join left items (t2 to t0 along order, key to foreign key)\n columns amount\n"
	   "out orders.id = t0.id\nout status = t0.status\nout c.id = t1.id\nout name = t1.name\nout amount = "
	   "t2.amount\n");
	validate_text("admin", "{\"from\":\"customers\",\"columns\":[\"name\"],\"joins\":[{\"table\":\"customers\","
	                       "\"as\":\"up\","
	             "\"reverse\":false,\"columns\":[\"name\"]},"
	             "{\"table\":\"customers\",\"as\":\"top\",\"parent\":\"up\",\"reverse\":false,"
	             "\"columns\":[\"name\"]}]}");
	assert_int_equal(w.err.problems.n, 0);
	assert_true(md_str_eqz(w.bound->outputs[0].name, "customers.name"));
	assert_true(md_str_eqz(w.bound->outputs[1].name, "up.name"));
	assert_true(md_str_eqz(w.bound->outputs[2].name, "top.name"));
	assert_int_equal(w.bound->refs[2].parent, 1);
	validate_text("clerk", JOINS("{\"table\":\"customers\"}")); /* omitted: all visible of the joined table */
	assert_int_equal(w.bound->n_outputs, 3);
}

static void follows_a_self_relation_in_the_direction_asked(void **state)
{
	(void)state;
	IS(bound_tree("admin", "{\"from\":\"customers\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"customers\","
	                 "\"as\":\"boss\",\"reverse\":false,\"columns\":[]},"
	                 "{\"table\":\"customers\",\"as\":\"staff\",\"reverse\":true,\"columns\":[],"
	                 "\"parent\":\"customers\"}]}"),
	   "from customers\ncolumns id\njoin left customers as boss (t1 to t0 along boss, foreign key to key)\n "
	   "columns\n"
	   "join left customers as staff parent customers reverse (t2 to t0 along boss, key to foreign key)\n "
	   "columns\nout id = t0.id\n");
	/* both fit as parent of the second: from comes first */
	OK("admin", "{\"from\":\"customers\",\"joins\":[{\"table\":\"customers\",\"as\":\"a\",\"reverse\":false},"
	            "{\"table\":\"customers\",\"as\":\"b\",\"reverse\":true}]}");
	assert_int_equal(w.bound->refs[2].parent, 0);
	WRONG("admin", "{\"from\":\"customers\",\"joins\":[{\"table\":\"customers\"}]}", "INVALID_JOIN /joins/0");
	HAS(message(0), "occurs twice");
	WRONG("admin", "{\"from\":\"customers\",\"joins\":[{\"table\":\"customers\",\"as\":\"customers\"}]}",
	      "INVALID_JOIN /joins/0/as");
	HAS(message(0), "is taken");
}

#define SELF(more) \
	"{\"from\":\"customers\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"customers\",\"as\":\"boss\"," \
	"\"columns\":[]" more "}]}"

static void refuses_a_self_relation_without_reverse(void **state)
{
	(void)state;
	WRONG("admin", SELF(""), "INVALID_JOIN /joins/0");
	IS(message(0), "reverse is missing: 'customers' is related to itself, expected false (from parentId to id: to "
	               "the parent) or true (from id to parentId: to the "
	               "children)");
	IS(DETAIL(0, expected), "false (from parentId to id: to the parent) or true (from id to parentId: to the "
	                        "children)");
	IS(DETAIL(0, actual), "nothing");
	WRONG("admin", SELF(",\"via\":\"boss\""), "INVALID_JOIN /joins/0"); /* via does not replace it */
	OK("admin", SELF(",\"via\":\"boss\",\"reverse\":false"));
	assert_false(w.bound->refs[1].from_side);
	OK("admin", SELF(",\"reverse\":true"));
	assert_true(w.bound->refs[1].from_side);
}

static void refuses_ambiguous_relations(void **state)
{
	(void)state;
	WRONG("admin", JOINS("{\"table\":\"addresses\"}"), "INVALID_JOIN /joins/0");
	IS(DETAIL(0, expected), "orders via billing, orders via shipping");
	HAS(message(0), "orders via billing, orders via shipping");
	OK("admin", JOINS("{\"table\":\"addresses\",\"via\":\"shipping\"}"));
	assert_true(md_str_eqz(w.bound->refs[1].relation->names[0], "shipping"));
	WRONG("admin", JOINS("{\"table\":\"addresses\",\"via\":\"shiping\"}"), "INVALID_JOIN /joins/0/via");
	IS(DETAIL(0, suggestion), "shipping");
	HAS(DETAIL(0, expected), "orders via billing");
	/* regions hang on addresses, which are there twice */
	WRONG("admin", JOINS("{\"table\":\"addresses\",\"via\":\"billing\",\"as\":\"bill\"},{\"table\":\"addresses\","
	                     "\"via\":\"shipping\",\"as\":\"ship\"},{\"table\":\"regions\"}"),
	      "INVALID_JOIN /joins/2");
	IS(DETAIL(0, expected), "bill via region, ship via region");
	OK("admin", JOINS("{\"table\":\"addresses\",\"via\":\"billing\",\"as\":\"bill\"},{\"table\":\"addresses\","
	                  "\"via\":\"shipping\",\"as\":\"ship\"},"
	                  "{\"table\":\"regions\",\"parent\":\"ship\"}"));
	assert_int_equal(w.bound->refs[3].parent, 2);
}

static void finds_the_parent_among_earlier_joins(void **state)
{
	(void)state;
	OK("admin", JOINS("{\"table\":\"addresses\",\"via\":\"billing\"},{\"table\":\"regions\"}"));
	assert_int_equal(w.bound->refs[2].parent, 1);
	WRONG("admin", JOINS("{\"table\":\"regions\"}"), "INVALID_JOIN /joins/0/table");
	HAS(message(0), "no relation between 'orders' and 'regions'");
	WRONG("admin", JOINS("{\"table\":\"customers\"},{\"table\":\"regions\"}"), "INVALID_JOIN /joins/1/table");
	HAS(message(0), "the tables before it");
	/* left to right */
	WRONG("admin", JOINS("{\"table\":\"regions\"},{\"table\":\"addresses\",\"via\":\"billing\"}"),
	      "INVALID_JOIN /joins/0/table");
}

static void refuses_unknown_and_later_parents(void **state)
{
	(void)state;
	WRONG("admin", JOINS("{\"table\":\"customers\",\"parent\":\"order\"}"), "INVALID_JOIN /joins/0/parent");
	IS(DETAIL(0, suggestion), "orders");
	WRONG("admin", JOINS("{\"table\":\"customers\",\"parent\":\"items\"},{\"table\":\"items\"}"),
	      "INVALID_JOIN /joins/0/parent");
	WRONG("admin", JOINS("{\"table\":\"customers\"},{\"table\":\"items\",\"parent\":\"customers\"}"),
	      "INVALID_JOIN /joins/1/parent");
	HAS(message(0), "no relation between 'customers' and 'items'");
	/* it leads from foreign key to key only */
	WRONG("admin", JOINS("{\"table\":\"customers\",\"reverse\":true}"), "INVALID_JOIN /joins/0/table");
	HAS(message(0), "no relation in reverse");
	OK("admin", JOINS("{\"table\":\"items\",\"reverse\":true}"));
}

static void reports_unknown_and_denied_tables(void **state)
{
	(void)state;
	WRONG("clerk", JOINS("{\"table\":\"custmers\",\"columns\":[\"zzz\"]},{\"table\":\"secrets\"}"),
	      "UNKNOWN_TABLE /joins/0/table\nACCESS_DENIED /joins/1/table");
	IS(DETAIL(0, suggestion), "customers");
	/* what hangs on a broken table is not reported again; what does not is */
	WRONG("admin", "{\"from\":\"nope\",\"joins\":[{\"table\":\"customers\",\"columns\":[\"zzz\"]},"
	               "{\"table\":\"items\",\"parent\":\"nope\"}],"
	               "\"orderBy\":[{\"column\":\"x\",\"direction\":\"asc\"}],\"filters\":[{\"table\":\"nope\","
	               "\"column\":\"a\",\"operator\":\"=\",\"value\":1}],\"byIds\":[1]}",
	      "UNKNOWN_TABLE /from\nUNKNOWN_COLUMN /joins/0/columns/0");
	WRONG("admin", JOINS("{\"as\":\"x\"},{\"table\":\"regions\"}"), "INVALID_JOIN /joins/0");
	WRONG("admin", "{\"joins\":[{\"table\":\"customers\"}]}", "INVALID_VALUE ");
}

static void follows_hidden_keys_unless_the_policy_forbids(void **state)
{
	(void)state;
	/* customerId is hidden: relations may be followed all the same */
	OK("clerk", JOINS("{\"table\":\"customers\"}"));
	w.changed.policy.visible_keys = true; /* configurations that say so do not load yet */
	WRONG("clerk", JOINS("{\"table\":\"customers\"}"), "ACCESS_DENIED /joins/0");
	WRONG("clerk", JOINS("{\"table\":\"customers\",\"via\":\"customer\"}"), "ACCESS_DENIED /joins/0/via");
	OK("admin", JOINS("{\"table\":\"customers\"}"));
	w.changed.policy.uniform_errors = true;
	WRONG("clerk", JOINS("{\"table\":\"customers\"}"), "INVALID_JOIN /joins/0/table");
	HAS_NOT(message(0), "customerId");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(follows_a_relation_in_both_directions, setup, teardown),
		cmocka_unit_test_setup_teardown(prefixes_outputs_of_equal_names, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_a_self_relation_in_the_direction_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_self_relation_without_reverse, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_ambiguous_relations, setup, teardown),
		cmocka_unit_test_setup_teardown(finds_the_parent_among_earlier_joins, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_unknown_and_later_parents, setup, teardown),
		cmocka_unit_test_setup_teardown(reports_unknown_and_denied_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_hidden_keys_unless_the_policy_forbids, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
