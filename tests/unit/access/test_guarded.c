/* Row predicates of one and several roles and scopes, simplified; context values; empty answers;
 * needed columns; evaluation on cells. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#define T1 "a0000000-0000-4000-8000-000000000001"
#define VALUES \
	"\"contextValues\":{\"tenantId\":\"" T1 \
	"\",\"regions\":[\"eu\",\"us\"],\"level\":\"7\",\"live\":true,\"since\":\"2024-01-31\",\"amount\":1.50}"

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

/* The predicate on items for a context in full, or for a list of roles of one scope. */
static const char *rows_of(const char *context)
{
	world_reset(&w);
	assert_int_equal(world_context(&w, context), 0);
	world_ref(&w, "items", NULL, 0);
	assert_int_equal(world_guard(&w), 0);
	return world_rows(&w, 0);
}

static const char *rows_for(const char *user)
{
	char context[512];
	snprintf(context, sizeof context, "{\"roles\":{\"user\":[%s]}," VALUES "}", user);
	const char *text = rows_of(context);
	world_problems(&w, NULL);
	return text;
}

static const char *rows_both(const char *user, const char *service)
{
	char context[512];
	snprintf(context, sizeof context, "{\"roles\":{\"user\":[%s],\"service\":[%s]}," VALUES "}", user, service);
	const char *text = rows_of(context);
	world_problems(&w, NULL);
	return text;
}

static void test_one_role(void **state)
{
	(void)state;
	assert_string_equal(rows_for("\"admin\""), "true");
	assert_string_equal(rows_for("\"open\""), "true");
	assert_string_equal(rows_for("\"tenant\""), "tenantId = context.tenantId");
	assert_string_equal(rows_for("\"regional\""), "region in context.regions");
	assert_string_equal(rows_for("\"both\""), "tenantId = context.tenantId AND region in context.regions");
	/* the repeat once */
	assert_string_equal(rows_for("\"bothAgain\""), "region in context.regions AND tenantId = context.tenantId");
	assert_string_equal(rows_for("\"notTenant\""), "tenantId != context.tenantId");
	assert_string_equal(rows_for("\"nulls\""), "note is null AND region is not null");
	/* not granted: should it ever come so far, nothing is shown */
	assert_string_equal(rows_for("\"reader\""), "false");
}

static void test_union(void **state)
{
	(void)state;
	assert_string_equal(rows_for("\"tenant\",\"admin\""), "true");
	assert_string_equal(rows_for("\"open\",\"tenant\""), "true");
	assert_string_equal(rows_for("\"tenant\",\"tenantWide\""), "tenantId = context.tenantId");
	assert_string_equal(rows_for("\"tenant\",\"regional\""), "tenantId = context.tenantId OR region in "
		"context.regions");
	assert_string_equal(rows_for("\"regional\",\"tenant\""), "tenantId = context.tenantId OR region in "
		"context.regions");
	assert_string_equal(rows_for("\"tenant\",\"nothing\""), "tenantId = context.tenantId");
	assert_string_equal(rows_for("\"notTenant\",\"both\""),
	                    "(tenantId = context.tenantId AND region in context.regions) OR tenantId != "
	                    "context.tenantId");
}

/* What another part holds already disappears, whichever comes first. */
static void test_absorption(void **state)
{
	(void)state;
	assert_string_equal(rows_for("\"tenant\",\"both\""), "tenantId = context.tenantId");
	assert_string_equal(rows_for("\"both\",\"regional\""), "region in context.regions");
	assert_string_equal(rows_for("\"both\",\"bothAgain\""), "tenantId = context.tenantId AND region in "
		"context.regions");
	assert_string_equal(rows_for("\"both\",\"tenant\",\"regional\""), "tenantId = context.tenantId OR region in "
		"context.regions");
}

static void test_intersection(void **state)
{
	(void)state;
	assert_string_equal(rows_both("\"admin\"", "\"open\""), "true");
	assert_string_equal(rows_both("\"tenant\"", "\"open\""), "tenantId = context.tenantId");
	assert_string_equal(rows_both("\"tenant\"", "\"tenantWide\""), "tenantId = context.tenantId");
	assert_string_equal(rows_both("\"tenant\"", "\"regional\""), "tenantId = context.tenantId AND region in "
		"context.regions");
	assert_string_equal(rows_both("\"tenant\"", "\"both\""), "tenantId = context.tenantId AND region in "
		"context.regions");
	assert_string_equal(rows_both("\"tenant\"", "\"tenant\",\"regional\""), "tenantId = context.tenantId");
	assert_string_equal(rows_both("\"notTenant\"", "\"tenant\",\"regional\""),
	                    "tenantId != context.tenantId AND (tenantId = context.tenantId OR region in "
	                    "context.regions)");
	assert_string_equal(rows_both("\"tenant\",\"nulls\"", "\"notTenant\",\"regional\""),
	                    "(tenantId = context.tenantId OR (note is null AND region is not null)) AND (region in "
	                    "context.regions OR tenantId != "
	                    "context.tenantId)");
	assert_string_equal(rows_both("\"admin\"", "\"reader\""), "false");
}

/* An empty list is no rows: the role's part goes, and with the last part everything. */
static void test_empty_list(void **state)
{
	(void)state;
	const char *values = "\"contextValues\":{\"tenantId\":\"" T1 "\",\"regions\":[]}}";
	char context[256];
	snprintf(context, sizeof context, "{\"role\":\"regional\",%s", values);
	assert_string_equal(rows_of(context), "false");
	assert_true(md_guarded_empty(w.guarded));
	assert_non_null(strstr(world_log(&w), "No row of 'items' can match → constant false"));
	snprintf(context, sizeof context, "{\"roles\":{\"user\":[\"regional\",\"tenant\"]},%s", values);
	assert_string_equal(rows_of(context), "tenantId = context.tenantId");
	snprintf(context, sizeof context, "{\"role\":\"both\",%s", values);
	assert_string_equal(rows_of(context), "false");
	snprintf(context, sizeof context, "{\"roles\":{\"user\":[\"admin\"],\"service\":[\"regional\"]},%s", values);
	assert_string_equal(rows_of(context), "false");
	world_problems(&w, NULL);
}

static void problem(const char *role, const char *values, const char *expected)
{
	char context[512];
	snprintf(context, sizeof context, "{\"role\":\"%s\",\"contextValues\":%s}", role, values);
	assert_string_equal(rows_of(context), "false"); /* nothing may be seen with a broken context */
	world_problems(&w, expected, NULL);
	assert_true(md_str_eqz(w.err.problems.v[0].details.role, role));
}

static void test_context_problems(void **state)
{
	(void)state;
	problem("tenant", "{}", "MISSING_CONTEXT /contextValues/tenantId");
	problem("tenant", "{\"tenantid\":\"" T1 "\"}", "MISSING_CONTEXT /contextValues/tenantId");
	problem("tenant", "{\"tenantId\":null}", "INVALID_CONTEXT /contextValues/tenantId");
	problem("tenant", "{\"tenantId\":[\"" T1 "\"]}", "INVALID_CONTEXT /contextValues/tenantId");
	problem("tenant", "{\"tenantId\":{}}", "INVALID_CONTEXT /contextValues/tenantId");
	problem("tenant", "{\"tenantId\":\"\"}", "INVALID_CONTEXT /contextValues/tenantId");
	problem("tenant", "{\"tenantId\":\"7\"}", "INVALID_CONTEXT /contextValues/tenantId");
	problem("tenant", "{\"tenantId\":true}", "INVALID_CONTEXT /contextValues/tenantId");
	problem("tenant", "{\"tenantId\":\"" T1 "\",\"tenantId\":\"" T1 "\"}",
	        "INVALID_CONTEXT /contextValues/tenantId");
	problem("notTenant", "{\"tenantId\":[]}", "INVALID_CONTEXT /contextValues/tenantId"); /* a list for != */
	problem("regional", "{\"regions\":\"eu\"}", "INVALID_CONTEXT /contextValues/regions");
	problem("regional", "{\"regions\":null}", "INVALID_CONTEXT /contextValues/regions");
	problem("regional", "{\"regions\":[\"eu\",null]}", "INVALID_CONTEXT /contextValues/regions");
	problem("regional", "{\"regions\":[\"eu\",5]}", "INVALID_CONTEXT /contextValues/regions");
	problem("regional", "{\"regions\":[\"eu\",[\"us\"]]}", "INVALID_CONTEXT /contextValues/regions");
	problem("regional", "{\"regions\":[\"a\",\"b\",\"c\",\"d\"]}", "LIMIT_EXCEEDED /contextValues/regions");
	problem("regional", "{\"regions\":[\"a\\u0000b\"]}", "INVALID_CONTEXT /contextValues/regions");
}

static void test_at_the_limit(void **state)
{
	(void)state;
	assert_string_equal(rows_of("{\"role\":\"regional\",\"contextValues\":{\"regions\":[\"a\",\"b\",\"c\"]}}"),
	                    "region in context.regions");
	world_problems(&w, NULL);
}

static void test_no_values_at_all(void **state)
{
	(void)state;
	rows_of("{\"role\":\"both\"}");
	world_problems(&w, "MISSING_CONTEXT /contextValues/tenantId", "MISSING_CONTEXT /contextValues/regions", NULL);
}

/* One problem a key, however many filters and references ask for it. */
static void test_one_problem_a_key(void **state)
{
	(void)state;
	rows_of("{\"role\":\"mixed\"}");
	world_problems(&w, "MISSING_CONTEXT /contextValues/k", NULL);
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"role\":\"tenant\"}"), 0);
	world_ref(&w, "items", NULL, 0);
	world_ref(&w, "items", "left", 0);
	assert_int_equal(world_guard(&w), 0);
	world_problems(&w, "MISSING_CONTEXT /contextValues/tenantId", NULL);
}

/* A role whose rows another role shows anyway still has its values checked. */
static void test_checked_though_absorbed(void **state)
{
	(void)state;
	rows_of("{\"roles\":{\"user\":[\"admin\",\"tenant\"]}}");
	world_problems(&w, "MISSING_CONTEXT /contextValues/tenantId", NULL);
	rows_of("{\"roles\":{\"user\":[\"regional\",\"both\"]},\"contextValues\":{\"regions\":[]}}");
	world_problems(&w, "MISSING_CONTEXT /contextValues/tenantId", NULL);
}

/* Values come as text from tokens and command lines. */
static void test_values_are_typed(void **state)
{
	(void)state;
	rows_of("{\"role\":\"levels\","
	        "\"contextValues\":{\"level\":\"12\",\"live\":\"false\",\"since\":\"2024-02-29\"}}");
	world_problems(&w, NULL);
	const struct md_pred *p = md_guarded_rows(md_guarded_at(w.guarded, 0));
	assert_int_equal(p->kind, MD_PRED_AND);
	assert_true(md_str_eqz(p->parts[0]->value.text, "12"));
	assert_int_equal(p->parts[0]->value.type.base, MD_BIGINT);
	assert_true(md_str_eqz(p->parts[1]->value.text, "false"));
	assert_true(md_str_eqz(p->parts[2]->value.text, "2024-02-29"));
	rows_of("{\"role\":\"tenant\",\"contextValues\":{\"tenantId\":\"A0000000-0000-4000-8000-00000000000F\"}}");
	p = md_guarded_rows(md_guarded_at(w.guarded, 0));
	assert_true(md_str_eqz(p->value.text, "a0000000-0000-4000-8000-00000000000f"));
	rows_of("{\"role\":\"levels\",\"contextValues\":{\"level\":true,\"live\":1,\"since\":\"2023-02-29\"}}");
	world_problems(&w, "INVALID_CONTEXT /contextValues/level", "INVALID_CONTEXT /contextValues/live",
	               "INVALID_CONTEXT /contextValues/since", NULL);
}

static void test_log(void **state)
{
	(void)state;
	rows_of("{\"role\":\"both\"," VALUES "}");
	const char *log = world_log(&w);
	assert_non_null(strstr(log, "[rls]         Role 'both' requires filter: items.tenantId = context.tenantId\n"));
	assert_non_null(strstr(log, "Role 'both' requires filter: items.region in context.regions\n"));
	assert_non_null(strstr(log, "Injecting WHERE items.tenantId = ? (resolved: '" T1 "')\n"));
	assert_non_null(strstr(log, "Injecting WHERE items.region in ? (resolved: [eu, us])\n"));
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"role\":\"open\"}"), 0);
	world_ref(&w, "items", NULL, 0);
	w.hand.refs[0].all_columns = true;
	assert_int_equal(world_guard(&w), 0);
	assert_non_null(strstr(world_log(&w), "No row filter on 'items' for role 'open'\n"));
	assert_non_null(strstr(world_log(&w), "Trimming columns to allowed set: [id]\n"));
}

/* Can no row come? joins: "t" + type + parent for each reference after from; d marks a table that
 * is denied to the rows. */
static bool empty(const char *from, const char *const (*joins)[2], const uint32_t *parents, uint32_t n)
{
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"roles\":{\"user\":[\"reader\",\"regional\"]},"
	                                   "\"contextValues\":{\"regions\":[]}}"), 0);
	world_ref(&w, from, NULL, 0);
	for (uint32_t i = 0; i < n; i++)
		world_ref(&w, joins[i][0], joins[i][1], parents[i]);
	assert_int_equal(world_guard(&w), 0);
	return md_guarded_empty(w.guarded);
}

static void test_empty_answers(void **state)
{
	(void)state;
	/* items: FALSE, notes: all rows */
	const char *const dead_left[][2] = { { "items", "left" } }, *const dead_inner[][2] = { { "items", "inner" } };
	const char *const below[][2] = { { "items", "left" }, { "notes", "inner" } }, *const below_left[][2] = {
		{ "items", "left" }, { "notes", "left" }
	};
	const uint32_t chain[] = { 0, 1 }, star[] = { 0, 0 };
	assert_false(empty("notes", NULL, NULL, 0));
	assert_true(empty("items", NULL, NULL, 0));
	assert_false(empty("notes", dead_left, star, 1));
	assert_true(empty("notes", dead_inner, star, 1));
	assert_true(empty("notes", below, chain, 2));       /* joined to columns that are always NULL */
	assert_false(empty("notes", below, star, 2));       /* joined to from */
	assert_false(empty("notes", below_left, chain, 2));
}

static void test_needed(void **state)
{
	(void)state;
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"role\":\"both\"," VALUES "}"), 0);
	world_ref(&w, "items", NULL, 0);
	w.hand.used[0] = 1; /* id */
	assert_int_equal(world_guard(&w), 0);
	uint64_t expected = 1 | 1u << world_column(&w, "items", "tenantId")->index |
	                    1u << world_column(&w, "items", "region")->index;
	assert_int_equal(*md_guarded_needed(md_guarded_at(w.guarded, 0)), expected);
	assert_int_equal(w.hand.used[0], 1); /* what the caller used is not changed by it */
	assert_ptr_equal(md_guarded_ref(md_guarded_at(w.guarded, 0)), &w.hand.refs[0]);
	assert_int_equal(md_guarded_count(w.guarded), 1);
	assert_ptr_equal(md_guarded_bound(w.guarded), &w.hand.bound);
}

/* The same bound query can be guarded again, for a caller with other context values. */
static void test_nothing_is_written_into_the_bound_query(void **state)
{
	(void)state;
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"role\":\"both\"," VALUES "}"), 0);
	world_ref(&w, "items", NULL, 0);
	world_ref(&w, "notes", "left", 0);
	w.hand.used[0] = 1;
	struct world_by_hand before = w.hand;
	assert_int_equal(world_guard(&w), 0);
	assert_memory_equal(&w.hand, &before, sizeof before);
}

/* A definition with problems is not told to have an empty answer: what is wrong in it may matter.
 */
static void test_problems_leave_emptiness_open(void **state)
{
	(void)state;
	world_reset(&w);
	assert_int_equal(world_context(&w, "{\"roles\":{\"user\":[\"reader\",\"regional\"]},"
	                                   "\"contextValues\":{\"regions\":[]}}"), 0);
	world_ref(&w, "items", NULL, 0);
	assert_int_equal(world_guard(&w), 0);
	assert_true(md_guarded_empty(w.guarded));
	md_report(&w.cx, MD_INVALID_VALUE, NULL, NULL, "planted");
	assert_int_equal(world_guard(&w), 0);
	assert_false(md_guarded_empty(w.guarded));
}

/* ---- cells ---- */

static struct md_str cells[8];

static struct md_str cell_of(void *row, const struct md_column *c)
{
	assert_ptr_equal(row, cells);
	return cells[c->index];
}

static enum md_truth eval(const char *tenant, const char *region)
{
	cells[1] = tenant ? md_str_z(tenant) : MD_NOSTR;
	cells[2] = region ? md_str_z(region) : MD_NOSTR;
	return md_pred_eval(md_guarded_rows(md_guarded_at(w.guarded, 0)), cell_of, cells);
}

static void test_eval(void **state)
{
	(void)state;
	rows_for("\"both\"");
	assert_int_equal(eval(T1, "us"), MD_TRUE);
	assert_int_equal(eval(T1, "asia"), MD_FALSE);
	assert_int_equal(eval(T1, NULL), MD_UNKNOWN);
	assert_int_equal(eval("x", NULL), MD_FALSE);
	rows_for("\"tenant\",\"regional\"");
	assert_int_equal(eval(T1, NULL), MD_TRUE);
	assert_int_equal(eval("x", NULL), MD_UNKNOWN);
	assert_int_equal(eval("x", "asia"), MD_FALSE);
	rows_for("\"notTenant\"");
	assert_int_equal(eval("x", NULL), MD_TRUE);
	assert_int_equal(eval(T1, NULL), MD_FALSE);
	assert_int_equal(eval(NULL, NULL), MD_UNKNOWN);
	rows_for("\"nulls\"");
	cells[7] = MD_NOSTR;
	assert_int_equal(eval(NULL, ""), MD_TRUE); /* empty text is not NULL */
	assert_int_equal(eval(NULL, NULL), MD_FALSE);
	rows_for("\"admin\"");
	assert_int_equal(eval(NULL, NULL), MD_TRUE);
	rows_for("\"reader\"");
	assert_int_equal(eval(T1, "us"), MD_FALSE);
}

static void test_exact(void **state)
{
	(void)state;
	rows_for("\"levels\"");
	assert_true(md_pred_exact(md_guarded_rows(md_guarded_at(w.guarded, 0)), NULL));
	rows_for("\"money\"");
	assert_false(md_pred_exact(md_guarded_rows(md_guarded_at(w.guarded, 0)), NULL));
	rows_for("\"money\",\"tenant\"");
	assert_false(md_pred_exact(md_guarded_rows(md_guarded_at(w.guarded, 0)), NULL));
	rows_for("\"regional\""); /* a string whose databaseType is not known */
	assert_false(md_pred_exact(md_guarded_rows(md_guarded_at(w.guarded, 0)), NULL));
	rows_for("\"nulls\"");
	assert_true(md_pred_exact(md_guarded_rows(md_guarded_at(w.guarded, 0)), NULL));
	rows_for("\"admin\"");
	assert_true(md_pred_exact(md_guarded_rows(md_guarded_at(w.guarded, 0)), NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_role), cmocka_unit_test(test_union), cmocka_unit_test(test_absorption),
		cmocka_unit_test(test_intersection),
		cmocka_unit_test(test_empty_list), cmocka_unit_test(test_context_problems),
		cmocka_unit_test(test_at_the_limit),
		cmocka_unit_test(test_no_values_at_all), cmocka_unit_test(test_one_problem_a_key),
		cmocka_unit_test(test_checked_though_absorbed),
		cmocka_unit_test(test_values_are_typed), cmocka_unit_test(test_log),
		cmocka_unit_test(test_empty_answers),
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_nothing_is_written_into_the_bound_query),
		cmocka_unit_test(test_problems_leave_emptiness_open),
		cmocka_unit_test(test_eval), cmocka_unit_test(test_exact),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
