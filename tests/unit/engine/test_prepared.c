/* multidb.h, prepared definitions: binding equals asking the filled definition, again and again, as
 * other callers, after a reload. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"

#include <stdio.h>
#include <stdlib.h>

static struct md_arena arena;
static multidb_engine *engine;
static multidb_query *query, *direct;
static const char *folder;

#define ADMIN "{\"role\":\"admin\"}"
#define TENANT_ID(n) "a0000000-0000-4000-8000-00000000000" n
#define TENANT(n) "{\"role\":\"tenant-user\",\"contextValues\":{\"tenantId\":\"" TENANT_ID(n) "\"}}"
#define REGIONS(list) "{\"role\":\"regional-manager\",\"contextValues\":{\"regionIds\":" list "}}"
#define PARAM(name) "{\"$param\":\"" name "\"}"

static int setup(void **state)
{
	(void)state;
	if (!(folder = sample_make()) || !(engine = sample_open()))
		return -1;
	query = multidb_query_new(engine);
	direct = multidb_query_new(engine);
	return !query || !direct;
}

static int teardown(void **state)
{
	(void)state;
	multidb_query_free(query);
	multidb_query_free(direct);
	multidb_engine_close(engine);
	sample_remove();
	md_arena_free(&arena);
	return 0;
}

static int define(multidb_mode mode, const char *definition)
{
	return multidb_query_define(query, mode, definition, strlen(definition));
}

static int bind_query(const char *parameters, const char *context)
{
	return multidb_query_bind(query, parameters, parameters ? strlen(parameters) : 0, context,
	                          context ? strlen(context) : 0);
}

static const char *error_of(multidb_query *q)
{
	return multidb_error_json(multidb_query_error(q));
}

/* The plan of the binding, or its error. */
static const char *bound(const char *parameters, const char *context)
{
	const char *text = bind_query(parameters, context) ? error_of(query) : multidb_result_json(query);
	return md_str_dup(&arena, md_str_z(text)).p;
}

static const char *asked(const char *definition, const char *context)
{
	char *text = sample_ask(direct, MULTIDB_PLAN, MULTIDB_RESULT, definition, context);
	const char *kept = md_str_dup(&arena, md_str_z(text)).p;
	free(text);
	return kept;
}

#define STATUS(value) \
	"{\"from\":\"orders\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"status\",\"operator\":\"=\",\"value\":" \
	value "}]}"

static void binding_equals_asking(void **state)
{
	(void)state;
	assert_int_equal(define(MULTIDB_PLAN, STATUS(PARAM("s"))), 0);
	for (int again = 0; again < 3; again++) {
		assert_string_equal(bound("{\"s\":\"paid\"}", TENANT("1")), asked(STATUS("\"paid\""), TENANT("1")));
		assert_string_equal(bound("{\"s\":\"open\"}", TENANT("2")), asked(STATUS("\"open\""), TENANT("2")));
		assert_string_equal(bound("{\"s\":\"open\"}", ADMIN), asked(STATUS("\"open\""), ADMIN));
		assert_string_equal(bound("{\"s\":\"x\"}", REGIONS("[\"a\"]")), asked(STATUS("\"x\""),
			REGIONS("[\"a\"]")));
		assert_string_equal(bound("{\"s\":\"x\"}", REGIONS("[]")), asked(STATUS("\"x\""), REGIONS("[]")));
		assert_string_equal(bound("{\"s\":\"\"}", REGIONS("[\"b\",\"c\"]")), asked(STATUS("\"\""),
			REGIONS("[\"b\",\"c\"]")));
	}
}

static void refuses_what_asking_refuses(void **state)
{
	(void)state;
	assert_int_equal(define(MULTIDB_PLAN, STATUS(PARAM("s"))), 0);
	for (int again = 0; again < 2; again++) {
		assert_string_equal(bound("{\"s\":\"paid\"}", NULL), asked(STATUS("\"paid\""), NULL) + 1);
		assert_string_equal(bound("{\"s\":\"paid\"}", "{\"role\":\"tenant-user\"}"),
		                    asked(STATUS("\"paid\""), "{\"role\":\"tenant-user\"}") + 1);
		assert_string_equal(bound("{\"s\":\"paid\"}", "{"), asked(STATUS("\"paid\""), "{") + 1);
		assert_string_equal(json_at(&arena, bound("{\"s\":5}", ADMIN), "/errors/0/pointer"),
			"\"/parameters/s\"");
		assert_string_equal(json_at(&arena, bound("{\"s\":5}", ADMIN), "/errors/0/message"),
		                    json_at(&arena, asked(STATUS("5"), ADMIN) + 1, "/errors/0/message"));
		assert_string_equal(json_at(&arena, bound("{\"t\":5}", ADMIN), "/errors/1/code"),
			"\"MISSING_PARAMETER\"");
		assert_string_equal(json_at(&arena, bound("{\"s\":", ADMIN), "/code"), "\"INVALID_JSON\"");
		assert_int_equal(bind_query("{\"s\":\"paid\"}", ADMIN), 0);
	}
}

/* Problems of the context stand behind those of the definition. */
static void lists_problems_in_the_order_of_asking(void **state)
{
	(void)state;
	static const char wrong[] = "{\"from\":\"orders\",\"select\":[],\"limit\":1}";
	static const char context[] = "{\"role\":\"admin\",\"claims\":{}}";
	const char *want = asked(wrong, context) + 1;
	assert_non_null(strstr(want, "/select"));
	assert_non_null(strstr(want, "/claims"));
	assert_int_equal(define(MULTIDB_PLAN, wrong), 0);
	for (int again = 0; again < 2; again++) {
		assert_string_equal(bound(NULL, context), want);
		bound(NULL, ADMIN);
	}
}

static void runs_what_is_bound(void **state)
{
	(void)state;
	const multidb_cell *cells;
	assert_int_equal(define(MULTIDB_RUN, "{\"from\":\"orders\",\"columns\":[\"id\"],\"limit\":" PARAM("n") "}"), 0);
	for (int64_t n = 0; n < 4; n++) {
		char parameters[32];
		snprintf(parameters, sizeof parameters, "{\"n\":%d}", (int)n);
		assert_int_equal(bind_query(parameters, ADMIN), 0);
		assert_int_equal(multidb_query_start(query, MULTIDB_NDJSON), 0);
		while (multidb_query_next_row(query, &cells) > 0)
			continue;
		assert_int_equal(multidb_result_rows(query), n);
	}
}

static void keeps_the_definition_until_another_is_defined(void **state)
{
	(void)state;
	char text[] = STATUS(PARAM("s"));
	assert_int_equal(multidb_query_define(query, MULTIDB_PLAN, text, strlen(text)), 0);
	memset(text, 'x', sizeof text); /* the text is not kept */
	assert_int_equal(bind_query("{\"s\":\"a\"}", ADMIN), 0);
	assert_int_equal(multidb_query_prepare(query, MULTIDB_PLAN, "{\"from\":\"users\"}", 16, ADMIN,
		strlen(ADMIN)), 0);
	assert_non_null(strstr(multidb_result_sql(query), "users"));
	assert_int_equal(bind_query("{\"s\":\"a\"}", ADMIN), 0);
	assert_non_null(strstr(multidb_result_sql(query), "orders"));
	assert_int_equal(define(MULTIDB_PLAN, "{\"from\":\"users\",\"limit\":" PARAM("n") "}"), 0);
	assert_string_equal(multidb_result_sql(query), "");
	assert_null(multidb_result_json(query));
	assert_int_equal(bind_query("{\"n\":1}", ADMIN), 0);
	assert_non_null(strstr(multidb_result_sql(query), "users"));
	assert_int_equal(define(MULTIDB_PLAN, "{\"from\":" PARAM("n") "}"), -1);
	assert_string_equal(json_at(&arena, error_of(query), "/errors/0/pointer"), "\"/from\"");
	assert_int_equal(bind_query("{\"n\":1}", ADMIN), -1);
	assert_string_equal(multidb_error_code_name(multidb_query_error(query)), "MISUSE");
}

static const char *code_after(int failed)
{
	assert_int_equal(failed, -1);
	return multidb_error_code_name(multidb_query_error(query));
}

static void calls_that_the_header_excludes_are_misuse(void **state)
{
	(void)state;
	assert_int_equal(multidb_query_define(NULL, MULTIDB_RUN, "{}", 2), -1);
	assert_int_equal(multidb_query_bind(NULL, NULL, 0, NULL, 0), -1);
	assert_string_equal(code_after(multidb_query_define(query, MULTIDB_RUN, NULL, 0)), "MISUSE");
	assert_string_equal(code_after(multidb_query_define(query, (multidb_mode)5, "{}", 2)), "MISUSE");
	assert_non_null(strstr(error_of(query), "multidb_query_define was called with an unknown mode"));
	assert_string_equal(code_after(bind_query("{}", ADMIN)), "MISUSE"); /* a refused definition is none */
	assert_int_equal(define(MULTIDB_RUN, "{\"from\":\"orders\"}"), 0);
	assert_string_equal(code_after(multidb_query_bind(query, NULL, 1, ADMIN, strlen(ADMIN))), "MISUSE");
	assert_string_equal(code_after(multidb_query_bind(query, NULL, 0, NULL, 1)), "MISUSE");
	assert_int_equal(bind_query(NULL, ADMIN), 0);
	multidb_engine_close(engine);
	engine = NULL;
	assert_string_equal(code_after(bind_query(NULL, ADMIN)), "SHUTTING_DOWN");
	assert_string_equal(code_after(define(MULTIDB_RUN, "{}")), "SHUTTING_DOWN");
}

static void needs_a_definition(void **state)
{
	(void)state;
	assert_int_equal(bind_query(NULL, ADMIN), -1);
	assert_string_equal(multidb_error_code_name(multidb_query_error(query)), "MISUSE");
	assert_int_equal(multidb_query_start(query, MULTIDB_JSON), -1);
	assert_int_equal(define(MULTIDB_RUN, "{\"from\":\"orders\"}"), 0);
	assert_int_equal(multidb_query_start(query, MULTIDB_JSON), -1); /* nothing is bound yet */
	assert_int_equal(bind_query(NULL, ADMIN), 0);
	assert_int_equal(multidb_query_start(query, MULTIDB_JSON), 0);
}

static void refuses_texts_that_are_no_definition(void **state)
{
	(void)state;
	static const char *const texts[][2] = { { "", "INVALID_BODY" }, { "[]", "INVALID_BODY" }, { "{",
		"INVALID_JSON" } };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_int_equal(define(MULTIDB_PLAN, texts[i][0]), -1);
		assert_string_equal(multidb_error_code_name(multidb_query_error(query)), texts[i][1]);
	}
	char *config = sample_config("limits", "{\"bodyBytes\":1024}");
	static char blank[2000];
	assert_int_equal(multidb_engine_reload_text(engine, config, strlen(config), NULL), 0);
	free(config);
	memset(blank, ' ', sizeof blank - 1);
	assert_int_equal(define(MULTIDB_PLAN, blank), -1);
	assert_string_equal(json_at(&arena, error_of(query), "/errors/0/code"), "\"LIMIT_EXCEEDED\"");
	assert_int_equal(define(MULTIDB_PLAN, "{\"from\":\"orders\"}"), 0);
	assert_int_equal(bind_query(blank, ADMIN), -1);
	assert_string_equal(json_at(&arena, error_of(query), "/errors/0/code"), "\"LIMIT_EXCEEDED\"");
}

#define PAGES(after) \
	"{\"from\":\"orders\",\"columns\":[\"total\"]," \
	"\"orderBy\":[{\"column\":\"internalNote\",\"direction\":\"desc\"}],\"page\":{\"first\":1" after "}}"

/* The rows of the page that the handle has prepared, and the cursor behind it (NULL: the last). */
static const char *rows_of_page(multidb_query *q, const char **cursor)
{
	struct md_buf b = { .arena = &arena };
	const char *bytes;
	size_t n;
	if (multidb_query_start(q, MULTIDB_NDJSON))
		fail_msg("%s", error_of(q));
	while (multidb_query_next(q, &bytes, &n) > 0)
		md_buf_add(&b, bytes, n);
	md_buf_char(&b, '\0');
	const char *next = multidb_result_next_cursor(q);
	*cursor = next ? md_str_dup(&arena, md_str_z(next)).p : NULL;
	return b.p;
}

/* The first page is another statement than those behind it, and a cursor may hold NULL. */
static void walks_pages_as_asking_does(void **state)
{
	(void)state;
	const char *after = NULL, *bound_next, *asked_next;
	int pages = 0;
	for (int again = 0; again < 2; again++)
		for (pages = 0, after = NULL; pages == 0 || after; pages++) {
			struct md_str filled = after ? md_str_fmt(&arena, PAGES(",\"after\":\"%s\""), after) :
				MD_STR(PAGES(""));
			struct md_str given = md_str_fmt(&arena, "{\"after\":\"%s\"}", after ? after : "");
			if (pages < 2)
				assert_int_equal(define(MULTIDB_RUN, after ? PAGES(",\"after\":"
					PARAM("after")) : PAGES("")), 0);
			assert_int_equal(bind_query(after ? given.p : NULL, ADMIN), 0);
			assert_int_equal(multidb_query_prepare(direct, MULTIDB_RUN, filled.p, filled.n, ADMIN,
				strlen(ADMIN)), 0);
			assert_string_equal(multidb_result_sql(query), multidb_result_sql(direct));
			assert_string_equal(rows_of_page(query, &bound_next), rows_of_page(direct, &asked_next));
			assert_int_equal(bound_next != NULL, asked_next != NULL);
			if (bound_next)
				assert_string_equal(bound_next, asked_next);
			after = bound_next;
		}
	assert_int_equal(pages, 12);
}

/* More sets of roles than are kept, in turns. */
static void keeps_the_roles_apart(void **state)
{
	(void)state;
	static const char *const contexts[] = {
		ADMIN, TENANT("1"), REGIONS("[\"us-east\"]"), TENANT("2"), REGIONS("[]"),
		"{\"roles\":{\"user\":[\"admin\"]}}", "{\"roles\":{\"service\":[\"admin\"]}}",
		"{\"roles\":{\"user\":[\"admin\",\"tenant-user\"]},\"contextValues\":{\"tenantId\":\""
			TENANT_ID("1") "\"}}",
		"{\"roles\":{\"user\":[\"tenant-user\",\"admin\"]},\"contextValues\":{\"tenantId\":\""
			TENANT_ID("1") "\"}}",
		"{\"roles\":{\"user\":[\"admin\"],\"service\":[\"tenant-user\"]},"
		"\"contextValues\":{\"tenantId\":\"" TENANT_ID("2") "\"}}",
		"{\"roles\":{\"user\":[\"tenant-user\"],\"service\":[\"admin\"]},"
		"\"contextValues\":{\"tenantId\":\"" TENANT_ID("2") "\"}}",
		"{\"roles\":{\"user\":[\"regional-manager\",\"tenant-user\"]},"
		"\"contextValues\":{\"tenantId\":\"" TENANT_ID("2") "\",\"regionIds\":[\"us-east\"]}}",
		"{\"roles\":{\"user\":[\"regional-manager\",\"tenant-user\"]},"
		"\"contextValues\":{\"tenantId\":\"" TENANT_ID("2") "\",\"regionIds\":[]}}",
	};
	enum { CONTEXTS = sizeof contexts / sizeof *contexts };
	assert_int_equal(define(MULTIDB_PLAN, STATUS(PARAM("s"))), 0);
	for (unsigned turn = 0; turn < 10 * CONTEXTS; turn++) {
		const char *context = contexts[(turn * 5 + turn / 7) % CONTEXTS];
		assert_string_equal(bound("{\"s\":\"paid\"}", context), asked(STATUS("\"paid\""), context));
	}
}

/* ---- what values decide about the text ---- */

/* A table on one engine, with what distinguishes texts; a role whose rows depend on the context. */
static multidb_engine *open_things(const char *engine_name, const char *real_type)
{
	struct md_str config = md_str_fmt(&arena,
		"{\"databases\":[{\"id\":\"main\",\"engine\":\"%s\",\"trinoCatalog\":\"c\"}],"
		"\"trino\":{\"enabled\":true},"
		"\"tables\":[{\"id\":\"things\",\"apiName\":\"things\",\"database\":\"main\","
		"\"physicalName\":\"things\",\"primaryKey\":[\"id\"],\"relations\":[],\"columns\":["
		"{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false},"
		"{\"apiName\":\"name\",\"physicalName\":\"name\",\"type\":\"string\",\"nullable\":true},"
		"{\"apiName\":\"price\",\"physicalName\":\"price\",\"type\":\"decimal\",\"nullable\":true},"
		"{\"apiName\":\"fee\",\"physicalName\":\"fee\",\"type\":\"decimal\",\"nullable\":true,"
		"\"databaseType\":\"%s\"},"
		"{\"apiName\":\"tenant\",\"physicalName\":\"tenant\",\"type\":\"decimal\",\"nullable\":true,"
		"\"databaseType\":\"%s\"}]},"
		"{\"id\":\"parts\",\"apiName\":\"parts\",\"database\":\"main\",\"physicalName\":\"parts\","
		"\"primaryKey\":[\"a\",\"b\"],\"relations\":[{\"column\":\"a\",\"references\":{\"table\":\"things\","
		"\"column\":\"id\"},\"type\":\"many-to-one\"}],\"columns\":["
		"{\"apiName\":\"a\",\"physicalName\":\"a\",\"type\":\"int\",\"nullable\":false},"
		"{\"apiName\":\"b\",\"physicalName\":\"b\",\"type\":\"bytes\",\"nullable\":false}]}],"
		"\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"},{\"id\":\"tenant\",\"tables\":[{\"tableId\":\"things\","
		"\"allowedColumns\":\"*\",\"filters\":[{\"column\":\"tenant\",\"operator\":\"in\","
		"\"valueFrom\":\"context\",\"contextKey\":\"tenants\"}]}]}]}", engine_name, real_type, real_type);
	multidb_options o = { .size = sizeof(multidb_options), .offline = 1 };
	multidb_engine *e;
	multidb_error *error;
	if (multidb_engine_open_text(config.p, config.n, &o, &e, &error))
		fail_msg("%s", multidb_error_json(error));
	return e;
}

#define P "{\"$param\":\"p\"}"
#define THINGS(rest) "{\"from\":\"things\",\"columns\":[\"id\"]," rest "}"
#define WHERE(column, operator, value) \
	THINGS("\"filters\":[{\"column\":\"" column "\",\"operator\":\"" operator "\",\"value\":" value "}]")
#define TENANTS(list) "{\"role\":\"tenant\",\"contextValues\":{\"tenants\":" list "}}"
#define LONG "12345678901234567890123456789012345678"

/* One definition with the parameter p, which takes these values in turns. */
static const struct shape {
	const char *definition, *values[5];
} shapes[] = {
	{ THINGS("\"limit\":" P), { "1", "2", "2", "1", "0" } },
	{ THINGS("\"limit\":9,\"offset\":" P), { "1", "2", "2", "1", "0" } },
	{ THINGS("\"page\":{\"first\":" P "}"), { "1", "2", "2", "1", "7" } },
	{ THINGS("\"timeoutMs\":" P), { "1", "2", "0", "1", "\"x\"" } },
	{ WHERE("price", "=", P), { "1.5", "\"2.25\"", "1.12345678901", LONG, "\"" LONG ".5\"" } },
	{ WHERE("price", "in", P), { "[1]", "[2]", "[2,1.12345678901]", "[1," LONG "]", "[]" } },
	/* numeric(4,2) holds some of the values, and they are compared in another way */
	{ WHERE("fee", "=", P), { "1.5", "1.505", "2.25", "100", "\"x\"" } },
	{ WHERE("fee", ">=", P), { "1.5", "1.505", "2.25", "-100", "3" } },
	{ WHERE("fee", "in", P), { "[1.5,2]", "[1.505]", "[1.505,2]", "[3,4]", "[]" } },
	{ WHERE("fee", "between", "{\"from\":" P ",\"to\":50}"), { "1", "1.505", "2", "100", "-100" } },
	{ WHERE("id", "in", P), { "[1]", "[2]", "[1,2]", "[3,4]", "[1,2,3]" } },
	{ WHERE("id", "notIn", "[1," P "]"), { "1", "2", "null", "[3]", "7" } },
	{ WHERE("name", "=", P), { "\"a\"", "\"\xef\xbf\xbf\"", "\"b\"", "5", "\"\"" } },
	{ WHERE("name", "like", P), { "\"a%\"", "\"\xef\xbf\xbf\"", "\"b\"", "\"\\\\\"", "\"c\"" } },
	{ WHERE("name", "contains", P), { "\"a%\"", "\"\xef\xbf\xbf\"", "\"b\"", "\"\\\\\"", "\"\"" } },
	{ THINGS("\"filters\":[{\"table\":\"parts\",\"count\":{\"operator\":\">=\",\"value\":" P "}}]"),
	  { "0", "1", "2", "3", "-1" } },
	{ THINGS("\"filters\":[{\"table\":\"parts\",\"count\":{\"operator\":\"!=\",\"value\":" P "}}]"),
	  { "5", "7", "0", "1", "2" } },
	{ THINGS("\"byIds\":" P), { "[1]", "[1,2]", "[3,4]", "[]", "[1,1]" } },
	{ THINGS("\"byIds\":[1," P "]"), { "1", "2", "\"3\"", "{}", "4" } },
	{ "{\"from\":\"parts\",\"byIds\":" P "}",
	  { "[{\"a\":1,\"b\":\"AA==\"}]", "[{\"a\":2,\"b\":\"AA==\"}]",
	    "[{\"a\":1,\"b\":\"AA==\"},{\"a\":2,\"b\":\"AA==\"}]",
	    "[{\"a\":3,\"b\":\"AA==\"},{\"a\":3,\"b\":\"AA==\"}]", "[{\"a\":1}]" } },
	{ "{\"from\":\"parts\",\"filters\":[{\"column\":\"b\",\"operator\":\"in\",\"value\":" P "}]}",
	  { "[\"AA==\"]", "[\"AQ==\"]", "[\"AA==\",\"AQ==\"]", "[\"AA==\",\"AQ==\",\"Ag==\"]", "[\"x\"]" } },
};

static struct md_str filled_by(const char *definition, const char *value)
{
	const char *at = strstr(definition, P);
	return md_str_fmt(&arena, "%.*s%s%s", (int)(at - definition), definition, value, at + strlen(P));
}

/* The answer of a handle whose call has returned rc. A pointer that leads into `filled` is not
 * compared: the tests of pointers do that. */
static const char *plan_or_problem(multidb_query *q, int rc)
{
	if (rc == 0)
		return md_str_dup(&arena, md_str_z(multidb_result_json(q))).p;
	const char *json = error_of(q);
	return md_str_fmt(&arena, "%s %s %s", multidb_error_code_name(multidb_query_error(q)),
	                  json_at(&arena, json, "/errors/0/code"), json_at(&arena, json, "/errors/0/message")).p;
}

static void check_shape(multidb_query *bound_one, multidb_query *asked_one, const struct shape *s)
{
	static const char *const contexts[] = { ADMIN, TENANTS("[1]"), TENANTS("[2]"), TENANTS("[]"), TENANTS("[1,2]"),
		                                TENANTS("[0.12345678901]"), TENANTS("5") };
	enum { CONTEXTS = sizeof contexts / sizeof *contexts };
	assert_int_equal(multidb_query_define(bound_one, MULTIDB_PLAN, s->definition, strlen(s->definition)), 0);
	for (unsigned turn = 0; turn < 10 * CONTEXTS; turn++) {
		const char *value = s->values[turn / 2 % 5], *context = contexts[turn * 3 / 2 % CONTEXTS];
		struct md_str parameters = md_str_fmt(&arena, "{\"p\":%s}", value);
		struct md_str filled = filled_by(s->definition, value);
		int bound_rc = multidb_query_bind(bound_one, parameters.p, parameters.n, context, strlen(context));
		int asked_rc = multidb_query_prepare(asked_one, MULTIDB_PLAN, filled.p, filled.n, context,
		                                     strlen(context));
		assert_int_equal(bound_rc, asked_rc);
		assert_string_equal(plan_or_problem(bound_one, bound_rc), plan_or_problem(asked_one, asked_rc));
		md_arena_reset(&arena);
	}
}

static void plans_again_where_a_value_decides_more_than_its_parameter(void **state)
{
	(void)state;
	static const char *const engines[][2] = { { "postgres", "numeric(4,2)" }, { "clickhouse", "Decimal(4, 2)" },
		                                  { "iceberg", "decimal(4,2)" }, { "sqlite", "decimal(4,2)" } };
	for (size_t e = 0; e < sizeof engines / sizeof *engines; e++) {
		multidb_engine *things = open_things(engines[e][0], engines[e][1]);
		multidb_query *bound_one = multidb_query_new(things), *asked_one = multidb_query_new(things);
		for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
			check_shape(bound_one, asked_one, &shapes[i]);
		multidb_query_free(bound_one);
		multidb_query_free(asked_one);
		multidb_engine_close(things);
	}
}

/* A lag decides the strategy. */
static void plans_again_for_another_lag(void **state)
{
	(void)state;
#define LAG(ms) "{\"from\":\"events\",\"joins\":[{\"table\":\"orders\"}],\"freshness\":{\"maxLagMs\":" ms "}}"
	assert_int_equal(define(MULTIDB_PLAN, LAG(PARAM("lag"))), 0);
	for (int again = 0; again < 2; again++) {
		assert_string_equal(bound("{\"lag\":3600000}", ADMIN), asked(LAG("3600000"), ADMIN));
		assert_string_equal(bound("{\"lag\":0}", ADMIN), asked(LAG("0"), ADMIN));
	}
	assert_string_not_equal(asked(LAG("3600000"), ADMIN), asked(LAG("0"), ADMIN));
}

/* Rows of a cache are judged in the process, for the caller who asks. */
static void judges_cached_rows_for_each_caller(void **state)
{
	(void)state;
#define CALLER(n) "{\"role\":\"caller\",\"contextValues\":{\"tenantId\":\"" TENANT_ID(n) "\"}}"
#define USERS(ids) "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":" ids "}"
	static const char filled[] = USERS("[1,2,3,4,5,6,7,8]");
	static const char roles[] = "[{\"id\":\"caller\",\"tables\":[{\"tableId\":\"users\",\"allowedColumns\":\"*\","
	                            "\"filters\":[{\"column\":\"tenantId\",\"operator\":\"=\","
	                            "\"valueFrom\":\"context\",\"contextKey\":\"tenantId\"}]}]}]";
	char *config = sample_config("roles", roles);
	/* texts of different lengths, so that no value lies where one of the binding before lay */
	static const char *const contexts[] = { CALLER("1"), "                                        " CALLER("2") };
	multidb_options o = { .size = sizeof(multidb_options), .base_dir = folder };
	multidb_engine *cached;
	int64_t rows = 0;
	assert_int_equal(multidb_engine_open_text(config, strlen(config), &o, &cached, NULL), 0);
	free(config);
	multidb_query_free(query);
	multidb_query_free(direct);
	query = multidb_query_new(cached);
	direct = multidb_query_new(cached);
	assert_int_equal(define(MULTIDB_RUN, USERS(PARAM("ids"))), 0);
	for (int turn = 0; turn < 6; turn++) {
		const char *next, *context = contexts[turn % 2];
		assert_int_equal(bind_query("{\"ids\":[1,2,3,4,5,6,7,8]}", context), 0);
		assert_int_equal(multidb_query_prepare(direct, MULTIDB_RUN, filled, strlen(filled), context,
		                                       strlen(context)), 0);
		assert_string_equal(rows_of_page(query, &next), rows_of_page(direct, &next));
		rows += multidb_result_rows(query);
	}
	assert_true(rows > 0);
	assert_string_equal(multidb_result_strategy(query), "cache");
	multidb_query_free(query);
	multidb_query_free(direct);
	query = direct = NULL;
	multidb_engine_close(cached);
}

/* What a caller is shown is asked each time. */
static void asks_for_the_rights_of_a_remote_caller(void **state)
{
	(void)state;
	static const char sql[] = "{\"from\":\"orders\",\"executeMode\":\"sql-only\",\"limit\":" PARAM("n") "}";
	char *config = sample_config("policy", "{\"anonymous\":\"deny\",\"sqlOnly\":[\"tenant-user\"]}");
	assert_int_equal(multidb_engine_reload_text(engine, config, strlen(config), NULL), 0);
	free(config);
	assert_int_equal(define(MULTIDB_RUN, sql), 0);
	for (int again = 0; again < 3; again++) {
		assert_int_equal(multidb_query_set_audience(query, MULTIDB_LOCAL), 0);
		assert_int_equal(bind_query("{\"n\":1}", ADMIN), 0);
		assert_int_equal(multidb_query_set_audience(query, MULTIDB_REMOTE), 0);
		assert_string_equal(code_after(bind_query("{\"n\":1}", ADMIN)), "FORBIDDEN");
		assert_int_equal(bind_query("{\"n\":1}", TENANT("1")), 0);
	}
	/* a definition that every set of roles may use, after roles that are shown more */
	static const char shown[] = "{\"from\":\"orders\",\"columns\":[\"id\"],\"executeMode\":\"sql-only\"}";
	assert_int_equal(define(MULTIDB_RUN, shown), 0);
	for (int again = 0; again < 3; again++) {
		assert_int_equal(bind_query(NULL, TENANT("1")), 0);
		assert_string_equal(code_after(bind_query(NULL, ADMIN)), "FORBIDDEN");
	}
}

/* The configuration may change between two bindings: what is kept goes with it, also where a later
 * configuration lies at the addresses of an earlier one. */
static void a_reload_counts_for_the_next_binding(void **state)
{
	(void)state;
	static const char *const columns[] = { "id", "total", "regionId" };
	static const char orders[] = "{\"from\":\"orders\",\"filters\":[{\"column\":\"status\",\"operator\":\"=\","
	                             "\"value\":" PARAM("s") "}]}";
	multidb_query_free(direct); /* a handle keeps the configuration that it used last */
	direct = NULL;
	assert_int_equal(define(MULTIDB_PLAN, orders), 0);
	for (int turn = 0; turn < 60; turn++) {
		const char *column = columns[turn % 3];
		struct md_str roles = md_str_fmt(&arena, "[{\"id\":\"one\",\"tables\":[{\"tableId\":\"orders\","
		                                 "\"allowedColumns\":[\"status\",\"%s\"]}]}]", column);
		char *config = sample_config("roles", roles.p);
		assert_int_equal(multidb_engine_reload_text(engine, config, strlen(config), NULL), 0);
		free(config);
		for (int twice = 0; twice < 2; twice++) {
			assert_int_equal(bind_query("{\"s\":\"a\"}", "{\"role\":\"one\"}"), 0);
			assert_int_equal(multidb_result_column_count(query), 2);
			assert_true(strcmp(multidb_result_column_name(query, 0), column) == 0 ||
			            strcmp(multidb_result_column_name(query, 1), column) == 0);
		}
		md_arena_reset(&arena);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(binding_equals_asking), T(refuses_what_asking_refuses),
		T(lists_problems_in_the_order_of_asking), T(runs_what_is_bound),
		T(keeps_the_definition_until_another_is_defined), T(needs_a_definition),
		T(calls_that_the_header_excludes_are_misuse),
		T(refuses_texts_that_are_no_definition), T(a_reload_counts_for_the_next_binding),
		T(walks_pages_as_asking_does), T(keeps_the_roles_apart),
		T(plans_again_where_a_value_decides_more_than_its_parameter), T(plans_again_for_another_lag),
		T(judges_cached_rows_for_each_caller),
		T(asks_for_the_rights_of_a_remote_caller),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
