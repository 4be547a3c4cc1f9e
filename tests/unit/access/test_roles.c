/* From contexts to roles in effect: both forms, everything that is refused, labels and log lines.
 */
#include "config.h"

#include <string.h>

static struct world w;

static int open_world(void **state)
{
	(void)state;
	world_open(&w, access_config);
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static void expect_refusal(const char *context, const char *problem)
{
	world_reset(&w);
	assert_int_equal(world_context(&w, context), -1);
	assert_null(w.cx.access);
	world_problems(&w, problem, NULL);
}

static void test_one_role(void **state)
{
	(void)state;
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"role\":\"tenant\",\"contextValues\":{\"tenantId\":1}}"), 0);
	const struct md_access *a = w.cx.access;
	assert_int_equal(a->n_scopes, 1);
	assert_true(md_str_eqz(a->scopes[0].name, "user"));
	assert_int_equal(a->scopes[0].n, 1);
	assert_true(md_str_eqz(a->scopes[0].roles[0]->id, "tenant"));
	assert_true(md_str_eqz(a->label, "role 'tenant'"));
	assert_non_null(a->values);
	assert_non_null(strstr(world_log(&w), "Scope 'user': roles [tenant]"));
}

static void test_scopes(void **state)
{
	(void)state;
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"roles\":{\"service\":[\"open\"],\"user\":[\"regional\",\"tenant\","
	                                   "\"regional\"]}}"), 0);
	const struct md_access *a = w.cx.access;
	assert_int_equal(a->n_scopes, 2);
	assert_true(md_str_eqz(a->scopes[0].name, "user")); /* whatever the order in the context */
	assert_int_equal(a->scopes[0].n, 2);                 /* a repeat counts once */
	assert_true(md_str_eqz(a->scopes[0].roles[0]->id, "regional"));
	assert_true(md_str_eqz(a->scopes[1].roles[0]->id, "open"));
	assert_true(md_str_eqz(a->label, "roles [regional, tenant, open]"));
	assert_null(a->values);
}

static void test_service_alone(void **state)
{
	(void)state;
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"roles\":{\"service\":[\"open\"]}}"), 0);
	assert_int_equal(w.cx.access->n_scopes, 1);
	assert_true(md_str_eqz(w.cx.access->scopes[0].name, "service"));
}

static void test_refused(void **state)
{
	(void)state;
	expect_refusal(NULL, "ACCESS_DENIED ");
	expect_refusal("{}", "ACCESS_DENIED ");
	expect_refusal("{\"roles\":{}}", "ACCESS_DENIED ");
	expect_refusal("{\"contextValues\":{}}", "ACCESS_DENIED ");
	expect_refusal("{\"roles\":{\"user\":[]}}", "ACCESS_DENIED /roles/user");
	expect_refusal("{\"roles\":{\"user\":[\"admin\"],\"service\":[]}}", "ACCESS_DENIED /roles/service");
	expect_refusal("[]", "INVALID_CONTEXT ");
	expect_refusal("{\"role\":5}", "INVALID_CONTEXT /role");
	expect_refusal("{\"role\":null}", "INVALID_CONTEXT /role");
	expect_refusal("{\"role\":[\"admin\"]}", "INVALID_CONTEXT /role");
	expect_refusal("{\"role\":\"admin\",\"role\":\"tenant\"}", "INVALID_CONTEXT /role");
	expect_refusal("{\"role\":\"admin\",\"roles\":{\"user\":[\"admin\"]}}", "INVALID_CONTEXT /roles");
	expect_refusal("{\"roles\":[\"admin\"]}", "INVALID_CONTEXT /roles");
	expect_refusal("{\"roles\":{\"user\":\"admin\"}}", "INVALID_CONTEXT /roles/user");
	expect_refusal("{\"roles\":{\"user\":[\"admin\",7]}}", "INVALID_CONTEXT /roles/user/1");
	expect_refusal("{\"roles\":{\"group\":[\"admin\"]}}", "INVALID_CONTEXT /roles/group");
	expect_refusal("{\"role\":\"admin\",\"roles\":{}}", "INVALID_CONTEXT /roles");
	expect_refusal("{\"role\":\"nobody\"}", "UNKNOWN_ROLE /role");
	expect_refusal("{\"roles\":{\"user\":[\"admin\",\"nobody\"]}}", "UNKNOWN_ROLE /roles/user/1");
}

/* What roles there are is nobody's to see: a near miss gets no suggestion. */
static void test_no_suggestion_for_roles(void **state)
{
	(void)state;
	expect_refusal("{\"role\":\"admim\"}", "UNKNOWN_ROLE /role");
	assert_int_equal(w.err.problems.v[0].details.suggestion.n, 0);
}

static void test_all_problems(void **state)
{
	(void)state;
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"roles\":{\"user\":[\"x\",1],\"service\":[\"y\"]}}"), -1);
	world_problems(&w, "UNKNOWN_ROLE /roles/user/0", "INVALID_CONTEXT /roles/user/1", "UNKNOWN_ROLE "
		"/roles/service/0", NULL);
}

/* The roles are known, so that checking can go on; the query fails all the same. */
static void test_known_roles_with_problems(void **state)
{
	(void)state;
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"role\":\"admin\",\"contextvalues\":{}}"), 0);
	world_problems(&w, "UNKNOWN_KEY /contextvalues", NULL);
	assert_true(md_str_eqz(w.err.problems.v[0].details.suggestion, "contextValues"));
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"role\":\"tenant\",\"contextValues\":[1]}"), 0);
	world_ref(&w, "items", NULL, 0);
	assert_int_equal(world_guard(&w), 0);
	world_problems(&w, "INVALID_CONTEXT /contextValues", NULL); /* and no second problem for each key */
	assert_string_equal(world_rows(&w, 0), "false");
}

static void test_anonymous(void **state)
{
	(void)state;
	struct world open;
	world_open(&open, "{\"databases\":[{\"id\":\"db\",\"engine\":\"sqlite\"}],\"policy\":{\"anonymous\":\"all\"},"
	                  "\"roles\":[],\"tables\":"
	                  "[{\"id\":\"t\",\"apiName\":\"t\",\"database\":\"db\",\"physicalName\":\"t\","
	                  "\"primaryKey\":[],\"relations\":[],\"columns\":"
	                  "[{\"apiName\":\"a\",\"physicalName\":\"a\",\"type\":\"int\",\"nullable\":true}]}]}");
	assert_int_equal(world_context(&open, NULL), 0);
	assert_int_equal(open.cx.access->n_scopes, 0);
	world_ref(&open, "t", NULL, 0);
	assert_int_equal(world_guard(&open), 0);
	assert_string_equal(world_rows(&open, 0), "true");
	assert_true(open.hand.refs[0].view->granted);
	assert_int_equal(open.hand.refs[0].view->visible[0], 1);
	world_reset(&open);
	/* an empty list is not an absent scope */
	assert_int_equal(world_context(&open, "{\"roles\":{\"user\":[]}}"), -1);
	world_problems(&open, "ACCESS_DENIED /roles/user", NULL);
	world_close(&open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_role), cmocka_unit_test(test_scopes), cmocka_unit_test(test_service_alone),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_no_suggestion_for_roles),
		cmocka_unit_test(test_all_problems),
		cmocka_unit_test(test_known_roles_with_problems), cmocka_unit_test(test_anonymous),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
