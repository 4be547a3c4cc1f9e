/* multidb_query_set_audience: what a remote caller is shown of answers and errors, and what it may
 * ask for. golden_audience.c reads everything else that a remote caller can read. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"

#include <stdio.h>
#include <stdlib.h>

#define ADMIN "{\"role\":\"admin\"}"
#define TENANT "{\"role\":\"tenant-user\",\"contextValues\":{\"tenantId\":\"a0000000-0000-4000-8000-000000000001\"}}"
#define ORDERS \
	"{\"from\":\"orders\",\"columns\":[\"id\",\"total\"],\"orderBy\":[{\"column\":\"id\",\"direction\":\"asc\"}]}"
#define ORDERS_LOG "{\"from\":\"orders\",\"columns\":[\"id\"],\"debug\":true}"
#define ORDERS_SQL "{\"from\":\"orders\",\"columns\":[\"id\"],\"executeMode\":\"sql-only\"}"
#define FORMATS 4

static struct md_arena arena;
static const char *sample_dir;
static multidb_engine *engine;
static multidb_query *query;

#define AT(json, pointer, want) assert_string_equal(json_at(&arena, (json), (pointer)), (want))
#define GONE(json, pointer) AT(json, pointer, "(none)")

static int group_setup(void **state)
{
	(void)state;
	sample_dir = sample_make();
	return !sample_dir;
}

static int group_teardown(void **state)
{
	(void)state;
	sample_remove();
	return 0;
}

static int close_engine(void **state)
{
	(void)state;
	multidb_query_free(query);
	multidb_engine_close(engine);
	query = NULL;
	engine = NULL;
	md_arena_free(&arena);
	return 0;
}

/* A remote caller's handle under the sample with one member replaced. */
static void open_remote(const char *member, const char *value, const char *base_dir)
{
	const multidb_options options = { .size = sizeof options, .base_dir = base_dir };
	char *config = sample_config(member, value);
	close_engine(NULL);
	assert_int_equal(multidb_engine_open_text(config, strlen(config), &options, &engine, NULL), 0);
	free(config);
	query = multidb_query_new(engine);
	assert_non_null(query);
	assert_int_equal(multidb_query_set_audience(query, MULTIDB_REMOTE), 0);
}

static void open_with_policy(const char *policy)
{
	open_remote("policy", policy, sample_dir);
}

static const char *ask_remotely(multidb_mode mode, multidb_format format, const char *definition, const char *context)
{
	char *text = sample_ask(query, mode, format, definition, context);
	const char *kept = md_str_dup(&arena, md_str_z(text)).p;
	free(text);
	return kept;
}

static void assert_forbidden(multidb_mode mode, const char *definition, const char *context, const char *message)
{
	const char *answer = ask_remotely(mode, MULTIDB_RESULT, definition, context);
	assert_int_equal(answer[0], '!');
	AT(answer + 1, "/code", "\"FORBIDDEN\"");
	AT(answer + 1, "/status", "403");
	assert_string_equal(multidb_error_message(multidb_query_error(query)), message);
}

static void assert_allowed(multidb_mode mode, const char *definition, const char *context)
{
	const char *answer = ask_remotely(mode, MULTIDB_RESULT, definition, context);
	if (answer[0] == '!')
		fail_msg("%s", answer);
}

/* ---- answers ---- */

static void returns_data_and_meta_alone(void **state)
{
	(void)state;
	open_with_policy("{}");
	const char *r = ask_remotely(MULTIDB_RUN, MULTIDB_RESULT, ORDERS, TENANT);
	AT(r, "/kind", "\"data\"");
	AT(r, "/meta/strategy", "\"direct\"");
	AT(r, "/meta/tablesUsed", "[{\"tableId\":\"orders\",\"source\":\"original\",\"database\":\"pg-main\"}]");
	static const char *const absent[] = { "/sql", "/params", "/dialect", "/debugLog", "/alternatives", "/strategy",
		                              "/targetDatabase", "/meta/truncated" };
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		GONE(r, absent[i]);
	assert_true(multidb_result_rows(query) > 0);
	r = ask_remotely(MULTIDB_COUNT, MULTIDB_RESULT, ORDERS, TENANT);
	AT(r, "/kind", "\"count\"");
	GONE(r, "/sql");
}

static void returns_the_same_rows_as_locally(void **state)
{
	(void)state;
	open_with_policy("{}");
	for (multidb_format format = MULTIDB_JSON; format < FORMATS; format++) {
		const char *remote = ask_remotely(MULTIDB_RUN, format, ORDERS, TENANT);
		multidb_query_set_audience(query, MULTIDB_LOCAL);
		assert_string_equal(remote, ask_remotely(MULTIDB_RUN, format, ORDERS, TENANT));
		multidb_query_set_audience(query, MULTIDB_REMOTE);
	}
}

static void returns_the_statement_to_callers_that_have_the_right(void **state)
{
	(void)state;
	open_with_policy("{\"sqlOnly\":[\"tenant-user\"]}");
	const char *r = ask_remotely(MULTIDB_RUN, MULTIDB_RESULT, ORDERS_SQL, TENANT);
	AT(r, "/kind", "\"sql\"");
	AT(r, "/params", "[\"a0000000-0000-4000-8000-000000000001\"]");
	AT(r, "/meta/tablesUsed/0/physicalName", "\"orders\"");
	GONE(r, "/debugLog");
	assert_non_null(strstr(multidb_result_sql(query), "SELECT"));
	assert_int_equal(multidb_result_parameter_count(query), 1);
	assert_string_equal(multidb_result_debug_text(query), "");

	r = ask_remotely(MULTIDB_RUN, MULTIDB_RESULT, ORDERS, TENANT);
	GONE(r, "/sql");
	assert_non_null(strstr(multidb_result_sql(query), "SELECT"));
}

static void returns_the_debug_log_where_it_is_asked_for(void **state)
{
	(void)state;
	open_with_policy("{\"debug\":\"all\"}");
	const char *r = ask_remotely(MULTIDB_RUN, MULTIDB_RESULT, ORDERS_LOG, TENANT);
	assert_non_null(strstr(r, "(resolved: <uuid, length 36>)"));
	assert_null(strstr(r, "SELECT"));
	assert_null(strstr(r, "pg-main → orders"));
	assert_non_null(strstr(multidb_result_debug_text(query), "[execution]"));
	GONE(ask_remotely(MULTIDB_RUN, MULTIDB_RESULT, ORDERS, TENANT), "/debugLog");

	open_with_policy("{\"debug\":\"all\",\"sqlOnly\":\"all\",\"logValues\":true}");
	r = ask_remotely(MULTIDB_RUN, MULTIDB_RESULT, ORDERS_LOG, TENANT);
	assert_non_null(strstr(r, "(resolved: 'a0000000-0000-4000-8000-000000000001')"));
	assert_non_null(strstr(r, "SELECT"));
}

static void explains_by_rights(void **state)
{
	(void)state;
	open_with_policy("{}");
	const char *r = ask_remotely(MULTIDB_EXPLAIN, MULTIDB_RESULT, ORDERS, TENANT);
	AT(r, "/plan/meta/strategy", "\"direct\"");
	AT(r, "/alternatives/1/verdict", "\"chosen\"");
	GONE(r, "/rowFilters");
	GONE(r, "/plan/sql");
	GONE(r, "/alternatives/1/sql");
	GONE(r, "/alternatives/2/candidates");
	assert_int_equal(multidb_result_row_filter_count(query), 0);
	assert_int_equal(multidb_result_candidate_count(query, 2), 0);

	open_with_policy("{\"debug\":\"all\",\"sqlOnly\":\"all\"}");
	r = ask_remotely(MULTIDB_EXPLAIN, MULTIDB_RESULT, ORDERS, TENANT);
	AT(r, "/rowFilters/0/predicate", "\"tenantId = context.tenantId\"");
	assert_non_null(strstr(json_at(&arena, r, "/alternatives/1/sql"), "SELECT"));
	assert_string_equal(multidb_result_row_filter_predicate(query, 0), "tenantId = context.tenantId");
	assert_non_null(strstr(multidb_result_alternative_sql(query, 1), "SELECT"));
}

/* ---- rights ---- */

static void forbids_what_policy_does_not_grant(void **state)
{
	(void)state;
	open_with_policy("{\"debug\":[\"admin\"],\"sqlOnly\":[\"admin\"]}");
	for (multidb_mode mode = MULTIDB_RUN; mode <= MULTIDB_EXPLAIN; mode++) {
		assert_forbidden(mode, ORDERS_SQL, TENANT,
		                 "executeMode 'sql-only' is not allowed for role 'tenant-user' (policy.sqlOnly)");
		assert_forbidden(mode, ORDERS_LOG, TENANT,
		                 "debug is not allowed for role 'tenant-user' (policy.debug)");
	}
	assert_allowed(MULTIDB_COUNT, ORDERS_SQL, TENANT);
	assert_allowed(MULTIDB_RUN, ORDERS_SQL, ADMIN);
	assert_allowed(MULTIDB_RUN, ORDERS_LOG, ADMIN);
	assert_allowed(MULTIDB_RUN, "{\"from\":\"orders\",\"debug\":false}", TENANT);
}

static void grants_a_right_when_each_scope_has_it(void **state)
{
	(void)state;
	open_with_policy("{\"sqlOnly\":[\"admin\",\"user-directory\"],\"anonymous\":\"all\"}");
	assert_allowed(MULTIDB_RUN, ORDERS_SQL, "{\"roles\":{\"user\":[\"no-access\",\"admin\"]}}");
	assert_allowed(MULTIDB_RUN, ORDERS_SQL, "{\"roles\":{\"user\":[\"admin\"],\"service\":[\"admin\"]}}");
	assert_forbidden(MULTIDB_RUN, ORDERS_SQL, "{\"roles\":{\"user\":[\"admin\"],\"service\":[\"no-access\"]}}",
	                 "executeMode 'sql-only' is not allowed for roles [admin, no-access] (policy.sqlOnly)");
	assert_forbidden(MULTIDB_RUN, ORDERS_SQL, "{}",
	                 "executeMode 'sql-only' is not allowed for anonymous (policy.sqlOnly)");
	open_with_policy("{\"sqlOnly\":\"all\",\"anonymous\":\"all\"}");
	assert_allowed(MULTIDB_RUN, ORDERS_SQL, "{}");
}

/* ---- errors ---- */

static void hides_what_a_system_says(void **state)
{
	(void)state;
	open_remote("policy", "{\"debug\":\"all\",\"sqlOnly\":[\"admin\"]}", "/nonexistent/secret-folder");
	const char *r = ask_remotely(MULTIDB_RUN, MULTIDB_RESULT, ORDERS, TENANT);
	AT(r + 1, "/code", "\"CONNECTION_FAILED\"");
	AT(r + 1, "/message", "\"the database can't be reached\"");
	AT(r + 1, "/details/database", "\"pg-main\"");
	GONE(r + 1, "/cause");
	assert_null(strstr(r, "secret-folder"));
	assert_string_equal(multidb_error_cause(multidb_query_error(query)), "");
	assert_string_equal(multidb_error_message(multidb_query_error(query)), "the database can't be reached");

	r = ask_remotely(MULTIDB_RUN, MULTIDB_RESULT, ORDERS, ADMIN);
	assert_non_null(strstr(r, "secret-folder"));
	AT(r + 1, "/cause", "\"unable to open database file\"");
	assert_string_equal(multidb_error_cause(multidb_query_error(query)), "unable to open database file");
}

static char logged[1024];

static void keep_logged(void *user, multidb_log_level level, const char *text)
{
	(void)user;
	if (level == MULTIDB_LOG_ERROR)
		snprintf(logged, sizeof logged, "%s", text);
}

/* The sample, in which the column of the API name internalNote has another name than in the
 * database. */
static void open_with_missing_column(void)
{
	const multidb_options options = { .size = sizeof options, .base_dir = sample_dir, .log = keep_logged };
	char *config = sample_config("policy", "{\"debug\":\"all\",\"sqlOnly\":\"all\"}"), *name;
	close_engine(NULL);
	assert_non_null(name = strstr(config, "internal_note"));
	memcpy(name, "hidden_column", sizeof "hidden_column" - 1);
	assert_int_equal(multidb_engine_open_text(config, strlen(config), &options, &engine, NULL), 0);
	free(config);
	query = multidb_query_new(engine);
	assert_int_equal(multidb_query_set_audience(query, MULTIDB_REMOTE), 0);
}

static void tells_a_type_mismatch_to_the_log_alone(void **state)
{
	(void)state;
	open_with_missing_column();
	const char *notes = "{\"from\":\"orders\",\"columns\":[\"internalNote\"]}";
	const char *r = ask_remotely(MULTIDB_RUN, MULTIDB_RESULT, notes, ADMIN);
	AT(r + 1, "/code", "\"TYPE_MISMATCH\"");
	AT(r + 1, "/message", "\"a column of the database is not of the type that the configuration says\"");
	assert_null(strstr(r, "hidden_column"));
	ask_remotely(MULTIDB_PLAN, MULTIDB_RESULT, ORDERS, ADMIN); /* events wait for a call */
	assert_non_null(strstr(logged, "'internalNote'"));
	assert_non_null(strstr(logged, "hidden_column"));
}

/* The log of a definition that names a column, with the name taken out. */
static const char *log_without(const char *definition, const char *name)
{
	(void)!multidb_query_prepare(query, MULTIDB_RUN, definition, strlen(definition), TENANT, strlen(TENANT));
	char *log = (char *)(uintptr_t)md_str_dup(&arena, md_str_z(multidb_result_debug_text(query))).p;
	for (char *at; (at = strstr(log, name));)
		memset(at, '?', strlen(name));
	return log;
}

static void tells_no_hidden_name_under_uniform_errors(void **state)
{
	(void)state;
	open_with_policy("{\"errors\":\"uniform\",\"debug\":\"all\"}");
	const char *r = ask_remotely(MULTIDB_EXPLAIN, MULTIDB_RESULT, "{\"from\":\"orders\",\"columns\":[\"id\"],"
		"\"joins\":[{\"table\":\"customers\",\"columns\":[\"name\"]}],\"debug\":true}", TENANT);
	assert_non_null(strstr(r, "debugLog"));
	assert_null(strstr(r, "tenantId"));
	assert_null(strstr(r, "customerId"));
	GONE(r, "/rowFilters");
	assert_string_equal(log_without("{\"from\":\"orders\",\"columns\":[\"internalNote\"]}", "internalNote"),
	                    log_without("{\"from\":\"orders\",\"columns\":[\"externalNote\"]}", "externalNote"));
	assert_string_equal(log_without("{\"from\":\"invoices\"}", "invoices"),
	                    log_without("{\"from\":\"invoixes\"}", "invoixes"));
}

static void shows_the_log_before_the_caller_is_known_to_all_alone(void **state)
{
	(void)state;
	const char *bad = "{\"from\":7}";
	open_with_policy("{\"debug\":[\"admin\"]}");
	assert_int_equal(multidb_query_prepare(query, MULTIDB_RUN, bad, strlen(bad), "{}", 2), -1);
	assert_string_equal(multidb_result_debug_text(query), "");
	open_with_policy("{\"debug\":\"all\"}");
	assert_int_equal(multidb_query_prepare(query, MULTIDB_RUN, bad, strlen(bad), "{}", 2), -1);
	assert_non_null(strstr(multidb_result_debug_text(query), "<message, length "));
}

/* ---- limits.rows ---- */

static const char *ask_three(multidb_format format, int limit)
{
	open_remote("limits", "{\"rows\":3}", sample_dir);
	const char *definition = md_str_fmt(&arena, "{\"from\":\"orders\",\"columns\":[\"id\"],\"limit\":%d}", limit).p;
	return ask_remotely(MULTIDB_RUN, format, definition, ADMIN);
}

static void ends_a_json_text_after_the_limit(void **state)
{
	(void)state;
	const char *r = ask_three(MULTIDB_RESULT, 4);
	AT(r, "/meta/truncated", "true");
	GONE(r, "/data/3");
	assert_int_equal(multidb_result_truncated(query), 1);
	assert_int_equal(multidb_result_rows(query), 3);

	r = ask_three(MULTIDB_JSON, 4);
	GONE(r, "/3");
	assert_string_not_equal(json_at(&arena, r, "/2"), "(none)");
	assert_int_equal(multidb_result_truncated(query), 1);
}

static void ends_nothing_at_the_limit(void **state)
{
	(void)state;
	const char *r = ask_three(MULTIDB_RESULT, 3);
	GONE(r, "/meta/truncated");
	assert_string_not_equal(json_at(&arena, r, "/data/2"), "(none)");
	assert_int_equal(multidb_result_truncated(query), 0);
}

static void ends_no_stream_and_no_local_answer(void **state)
{
	(void)state;
	const char *r = ask_three(MULTIDB_NDJSON, 4);
	assert_int_equal(multidb_result_truncated(query), 0);
	assert_int_equal(multidb_result_rows(query), 4);
	multidb_query_set_audience(query, MULTIDB_LOCAL);
	r = ask_remotely(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"orders\",\"columns\":[\"id\"],\"limit\":4}", ADMIN);
	assert_string_not_equal(json_at(&arena, r, "/data/3"), "(none)");
	GONE(r, "/meta/truncated");
}

/* ---- the call ---- */

static void holds_from_the_next_prepare_on(void **state)
{
	(void)state;
	open_with_policy("{}");
	multidb_query_set_audience(query, MULTIDB_LOCAL);
	assert_allowed(MULTIDB_PLAN, ORDERS, TENANT);
	multidb_query_set_audience(query, MULTIDB_REMOTE);
	assert_non_null(strstr(multidb_result_sql(query), "SELECT"));
	assert_allowed(MULTIDB_PLAN, ORDERS, TENANT);
	assert_string_equal(multidb_result_sql(query), "");
	assert_string_equal(multidb_result_parameters_json(query), "");
}

static void reports_an_unknown_audience(void **state)
{
	(void)state;
	open_with_policy("{}");
	assert_int_equal(multidb_query_set_audience(query, (multidb_audience)2), -1);
	assert_int_equal(multidb_error_code(multidb_query_error(query)), MULTIDB_MISUSE);
	assert_int_equal(multidb_query_set_audience(NULL, MULTIDB_REMOTE), -1);
	assert_allowed(MULTIDB_PLAN, ORDERS, TENANT);
	assert_string_equal(multidb_result_sql(query), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(returns_data_and_meta_alone, close_engine),
		cmocka_unit_test_teardown(returns_the_same_rows_as_locally, close_engine),
		cmocka_unit_test_teardown(returns_the_statement_to_callers_that_have_the_right, close_engine),
		cmocka_unit_test_teardown(returns_the_debug_log_where_it_is_asked_for, close_engine),
		cmocka_unit_test_teardown(explains_by_rights, close_engine),
		cmocka_unit_test_teardown(forbids_what_policy_does_not_grant, close_engine),
		cmocka_unit_test_teardown(grants_a_right_when_each_scope_has_it, close_engine),
		cmocka_unit_test_teardown(hides_what_a_system_says, close_engine),
		cmocka_unit_test_teardown(tells_a_type_mismatch_to_the_log_alone, close_engine),
		cmocka_unit_test_teardown(tells_no_hidden_name_under_uniform_errors, close_engine),
		cmocka_unit_test_teardown(shows_the_log_before_the_caller_is_known_to_all_alone, close_engine),
		cmocka_unit_test_teardown(ends_a_json_text_after_the_limit, close_engine),
		cmocka_unit_test_teardown(ends_nothing_at_the_limit, close_engine),
		cmocka_unit_test_teardown(ends_no_stream_and_no_local_answer, close_engine),
		cmocka_unit_test_teardown(holds_from_the_next_prepare_on, close_engine),
		cmocka_unit_test_teardown(reports_an_unknown_audience, close_engine),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
