/* multidb_query_prepare_request: one object with definition and context is the same as both apart,
 * and everything else is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"

#include <stdlib.h>

static multidb_engine *engine;
static multidb_query *query;

static int group_setup(void **state)
{
	(void)state;
	return !sample_make() || !(engine = sample_open()) || !(query = multidb_query_new(engine));
}

static int group_teardown(void **state)
{
	(void)state;
	multidb_query_free(query);
	multidb_engine_close(engine);
	sample_remove();
	return 0;
}

static int prepare_body(multidb_mode mode, const char *body)
{
	return multidb_query_prepare_request(query, mode, body, strlen(body));
}

static void assert_same_as_apart(const char *definition, const char *context)
{
	struct md_arena a = { 0 };
	struct md_str body = md_str_fmt(&a, " {\"context\":%s , \"definition\": %s}", context, definition);
	for (multidb_mode mode = MULTIDB_VALIDATE; mode <= MULTIDB_EXPLAIN; mode++) {
		int rc = multidb_query_prepare(query, mode, definition, strlen(definition), context, strlen(context));
		const char *text = rc ? multidb_error_json(multidb_query_error(query)) : multidb_result_json(query);
		struct md_str apart = md_str_dup(&a, md_str_z(text));
		assert_int_equal(multidb_query_prepare_request(query, mode, body.p, body.n), rc);
		text = rc ? multidb_error_json(multidb_query_error(query)) : multidb_result_json(query);
		assert_string_equal(text, apart.p);
	}
	md_arena_free(&a);
}

static void is_the_same_as_both_apart(void **state)
{
	(void)state;
	assert_same_as_apart("{\"from\":\"orders\",\"limit\":2}", "{\"role\":\"admin\"}");
	assert_same_as_apart("{\"from\":\"orders\",\"columns\":[\"id\",\"totl\"]}", "{\"role\":\"admin\"}");
	assert_same_as_apart("{\"from\":\"orders\"}", "{\"role\":\"nobody\"}");
	assert_same_as_apart("{\"from\":\"orders\"}", "{\"role\":\"tenant-user\",\"contextValues\":{\"tenantId\":1}}");
	assert_same_as_apart("{\"from\":\"orders\"}", "null");
	assert_same_as_apart("5", "{\"role\":\"admin\"}");
}

static void may_leave_the_context_out(void **state)
{
	(void)state;
	assert_int_equal(prepare_body(MULTIDB_PLAN, "{\"definition\":{\"from\":\"orders\"}}"), -1);
	assert_int_equal(multidb_error_problem_code(multidb_query_error(query), 0), MULTIDB_ACCESS_DENIED);
}

static void refuses_every_other_body(void **state)
{
	(void)state;
	static const struct {
		const char *body;
		enum multidb_code code;
		const char *message;
	} cases[] = {
		{ "", MULTIDB_INVALID_BODY, "the request is empty: expected a JSON object" },
		{ "{", MULTIDB_INVALID_JSON, NULL },
		{ "[]", MULTIDB_INVALID_BODY,
		  "the request is an array: expected an object with definition and context" },
		{ "{}", MULTIDB_INVALID_BODY, "the request has no definition" },
		{ "{\"context\":{}}", MULTIDB_INVALID_BODY, "the request has no definition" },
		{ "{\"definition\":{},\"contxt\":{}}", MULTIDB_INVALID_BODY,
		  "unknown key 'contxt' in the request: expected definition and context" },
		{ "{\"definition\":{},\"definition\":{}}", MULTIDB_INVALID_BODY,
		  "'definition' is given twice in the request" },
		{ "{\"context\":{},\"definition\":{},\"context\":{}}", MULTIDB_INVALID_BODY,
		  "'context' is given twice in the request" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(prepare_body(MULTIDB_RUN, cases[i].body), -1);
		assert_int_equal(multidb_error_code(multidb_query_error(query)), cases[i].code);
		if (cases[i].message)
			assert_string_equal(multidb_error_message(multidb_query_error(query)), cases[i].message);
	}
}

static void refuses_a_body_over_the_limit(void **state)
{
	(void)state;
	size_t n = (1 << 20) + 1;
	char *body = malloc(n);
	assert_non_null(body);
	memset(body, ' ', n);
	assert_int_equal(multidb_query_prepare_request(query, MULTIDB_RUN, body, n), -1);
	assert_int_equal(multidb_error_problem_code(multidb_query_error(query), 0), MULTIDB_LIMIT_EXCEEDED);
	free(body);
}

static void reports_misuse(void **state)
{
	(void)state;
	assert_int_equal(multidb_query_prepare_request(NULL, MULTIDB_RUN, "{}", 2), -1);
	assert_int_equal(multidb_query_prepare_request(query, MULTIDB_RUN, NULL, 0), -1);
	assert_int_equal(multidb_error_code(multidb_query_error(query)), MULTIDB_MISUSE);
	assert_int_equal(multidb_query_prepare_request(query, (multidb_mode)9, "{}", 2), -1);
	assert_int_equal(multidb_error_code(multidb_query_error(query)), MULTIDB_MISUSE);
	assert_non_null(strstr(multidb_error_message(multidb_query_error(query)), "multidb_query_prepare_request"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_same_as_both_apart),
		cmocka_unit_test(may_leave_the_context_out),
		cmocka_unit_test(refuses_every_other_body),
		cmocka_unit_test(refuses_a_body_over_the_limit),
		cmocka_unit_test(reports_misuse),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
