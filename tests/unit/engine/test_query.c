/* multidb.h, the query handle: preparing, plans, explain, answers in every format, problem objects,
 * reuse. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "one_query.h"

#include <pthread.h>
#include <stdlib.h>

#define AT(json, pointer, want) assert_string_equal(json_at(&arena, (json), (pointer)), (want))
#define GONE(json, pointer) AT(json, pointer, "(none)")
#define ADMIN "{\"role\":\"admin\"}"
#define TENANT "{\"role\":\"tenant-user\",\"contextValues\":{\"tenantId\":\"a0000000-0000-4000-8000-000000000001\"}}"

/* sample_ask with the text in the arena */
static const char *ask_query(multidb_mode mode, multidb_format format, const char *definition, const char *context)
{
	char *text = sample_ask(query, mode, format, definition, context);
	const char *kept = md_str_dup(&arena, md_str_z(text)).p;
	free(text);
	return kept;
}

static const char *keys(const char *json)
{
	const struct md_json *v;
	struct md_json_error e;
	struct md_json_iter it;
	struct md_str key;
	struct md_buf b = { .arena = &arena };
	assert_int_equal(md_json_parse(&arena, md_str_z(json), &v, &e), 0);
	md_json_iter(&it, v);
	while (md_json_next(&it, &key)) {
		md_buf_str(&b, key);
		md_buf_char(&b, ' ');
	}
	md_buf_char(&b, '\0');
	return b.p;
}

/* ---- results ---- */

static void returns_every_member_of_a_result(void **state)
{
	(void)state;
	const char *r = ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"orders\",\"columns\":[\"id\",\"total\"],"
		"\"filters\":[{\"column\":\"status\",\"operator\":\"=\",\"value\":\"paid\"}]}", TENANT);
	assert_string_equal(keys(r),
	                    "data kind sql params dialect targetDatabase strategy debugLog alternatives meta ");
	AT(r, "/kind", "\"data\"");
	AT(r, "/dialect", "\"sqlite\"");
	AT(r, "/targetDatabase", "\"pg-main\"");
	AT(r, "/strategy", "\"direct\"");
	AT(r, "/params", "[\"a0000000-0000-4000-8000-000000000001\",\"paid\"]");
	assert_string_equal(keys(json_at(&arena, r, "/data/0")), "id total ");
	assert_string_equal(keys(json_at(&arena, r, "/meta")), "strategy targetDatabase dialect tablesUsed columns "
		"timing planHash ");
	assert_string_equal(keys(json_at(&arena, r, "/meta/timing")), "planningMs generationMs executionMs ");
	AT(r, "/meta/tablesUsed", "[{\"tableId\":\"orders\",\"source\":\"original\",\"database\":\"pg-main\","
	                          "\"physicalName\":\"orders\"}]");
	AT(r, "/meta/columns/0", "{\"apiName\":\"id\",\"type\":\"uuid\",\"nullable\":false,\"fromTable\":\"orders\","
	                         "\"masked\":false}");
	assert_string_equal(keys(json_at(&arena, r, "/debugLog/0")), "timestamp phase message details ");
	AT(r, "/alternatives/0/strategy", "\"cache\"");
	AT(r, "/alternatives/0/verdict", "\"refused\"");
	AT(r, "/alternatives/0/code", "\"NOT_BY_IDS\"");
	AT(r, "/alternatives/1/verdict", "\"chosen\"");
	GONE(r, "/alternatives/2"); /* judged up to the chosen one */
	GONE(r, "/count");
	GONE(r, "/meta/freshness");
	GONE(r, "/meta/empty");
	GONE(r, "/meta/truncated");
	assert_null(strstr(r, ":null")); /* what does not apply is absent */
}

static void names_the_replicas_used(void **state)
{
	(void)state;
	const char *r = ask_query(MULTIDB_PLAN, MULTIDB_RESULT, "{\"from\":\"events\",\"columns\":[\"kind\"],"
		"\"joins\":[{\"table\":\"orders\",\"columns\":[\"total\"]}]}", ADMIN);
	AT(r, "/strategy", "\"materialized\"");
	AT(r, "/meta/tablesUsed/1", "{\"tableId\":\"orders\",\"source\":\"materialized\",\"database\":\"ch-analytics\","
	                            "\"physicalName\":\"orders_replica\"}");
	AT(r, "/meta/freshness", "\"seconds\"");
	AT(r, "/meta/columns/1/nullable", "true"); /* left joined */
	AT(r, "/meta/columns/1/fromTable", "\"orders\"");
}

static void plans_without_data_and_times(void **state)
{
	(void)state;
	const char *r = ask_query(MULTIDB_PLAN, MULTIDB_RESULT, "{\"from\":\"orders\"}", ADMIN);
	assert_string_equal(keys(r), "kind sql params dialect targetDatabase strategy debugLog alternatives meta ");
	AT(r, "/kind", "\"sql\"");
	GONE(r, "/meta/timing");
	GONE(r, "/debugLog/0/timestamp");
	assert_string_equal(keys(json_at(&arena, r, "/debugLog/0")), "phase message details ");
}

/* The same bytes every time: from the same handle, from another one, with other work in between. */
static void plans_the_same_query_to_the_same_text(void **state)
{
	(void)state;
	static const char definition[] = "{\"from\":\"events\",\"joins\":[{\"table\":\"orders\","
	                                 "\"filters\":[{\"column\":\"total\",\"operator\":\">\","
	                                 "\"value\":\"10.50\"}]}],\"limit\":5,\"freshness\":\"hours\"}";
	for (multidb_mode mode = MULTIDB_PLAN; mode <= MULTIDB_EXPLAIN; mode++) {
		const char *first = ask_query(mode, MULTIDB_RESULT, definition, ADMIN);
		ask_query(MULTIDB_RUN, MULTIDB_CSV, "{\"from\":\"products\"}", ADMIN);
		assert_string_equal(ask_query(mode, MULTIDB_RESULT, definition, ADMIN), first);
		multidb_query *other = multidb_query_new(engine);
		char *text = sample_ask(other, mode, MULTIDB_RESULT, definition, ADMIN);
		assert_string_equal(text, first);
		free(text);
		multidb_query_free(other);
	}
}

static void hashes_plans_by_their_shape(void **state)
{
	(void)state;
	const char *a = json_at(&arena, ask_query(MULTIDB_PLAN, MULTIDB_RESULT, "{\"from\":\"orders\","
		"\"filters\":[{\"column\":\"status\",\"operator\":\"=\",\"value\":\"paid\"}]}", ADMIN),
		"/meta/planHash");
	const char *b = json_at(&arena, ask_query(MULTIDB_PLAN, MULTIDB_RESULT, "{\"from\":\"orders\","
		"\"filters\":[{\"column\":\"status\",\"operator\":\"=\",\"value\":\"open\"}]}", ADMIN),
		"/meta/planHash");
	const char *c = json_at(&arena, ask_query(MULTIDB_PLAN, MULTIDB_RESULT, "{\"from\":\"orders\","
		"\"filters\":[{\"column\":\"status\",\"operator\":\"!=\",\"value\":\"open\"}]}", ADMIN),
		"/meta/planHash");
	assert_int_equal(strlen(a), 18);
	assert_string_equal(a, b); /* values are parameters */
	assert_string_not_equal(a, c);
}

static void explain_judges_everything(void **state)
{
	(void)state;
	const char *r = ask_query(MULTIDB_EXPLAIN, MULTIDB_RESULT, "{\"from\":\"orders\",\"columns\":[\"id\"]}",
	                          TENANT);
	assert_string_equal(keys(r), "plan rowFilters alternatives ");
	AT(r, "/plan/kind", "\"sql\"");
	AT(r, "/rowFilters", "[{\"table\":\"orders\",\"as\":\"orders\",\"roles\":[\"tenant-user\"],"
	                     "\"predicate\":\"tenantId = context.tenantId\"}]");
	AT(r, "/alternatives/0/strategy", "\"cache\"");
	AT(r, "/alternatives/1/strategy", "\"direct\"");
	AT(r, "/alternatives/1/verdict", "\"chosen\"");
	AT(r, "/alternatives/2/strategy", "\"materialized\"");
	AT(r, "/alternatives/2/verdict", "\"possible\"");
	AT(r, "/alternatives/3/strategy", "\"trino-cross-db\"");
	assert_non_null(strstr(json_at(&arena, r, "/alternatives/2/sql"), "orders_replica"));
	AT(r, "/alternatives/2/params", "[\"a0000000-0000-4000-8000-000000000001\"]");
	GONE(r, "/alternatives/0/sql");
	GONE(r, "/alternatives/4");
}

static void counts_rows_in_count_mode(void **state)
{
	(void)state;
	const char *r = ask_query(MULTIDB_COUNT, MULTIDB_RESULT, "{\"from\":\"orders\",\"limit\":1}", ADMIN);
	AT(r, "/kind", "\"count\"");
	AT(r, "/count", "12");
	AT(r, "/meta/columns", "[]");
	GONE(r, "/data");
	assert_int_equal(multidb_result_rows(query), 12);
	assert_int_equal(multidb_result_column_count(query), 0);
	assert_string_equal(
		ask_query(MULTIDB_RUN, MULTIDB_NDJSON, "{\"from\":\"orders\",\"executeMode\":\"count\"}", TENANT),
		"{\"count\":4}\n");
	assert_string_equal(ask_query(MULTIDB_COUNT, MULTIDB_CSV, "{\"from\":\"orders\"}", TENANT), "count\r\n4\r\n");
}

static void asks_no_database_for_sql_only(void **state)
{
	(void)state;
	for (multidb_format f = MULTIDB_RESULT; f <= MULTIDB_CSV; f++) {
		const char *r = ask_query(MULTIDB_RUN, f, "{\"from\":\"orders\",\"executeMode\":\"sql-only\"}", ADMIN);
		AT(r, "/kind", "\"sql\"");
		GONE(r, "/data");
		GONE(r, "/meta/timing/executionMs");
	}
}

static void marks_empty_answers(void **state)
{
	(void)state;
	static const char none[] = "{\"role\":\"regional-manager\",\"contextValues\":{\"regionIds\":[]}}";
	const char *r = ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"orders\"}", none);
	AT(r, "/data", "[]");
	AT(r, "/meta/empty", "true");
	AT(ask_query(MULTIDB_COUNT, MULTIDB_RESULT, "{\"from\":\"orders\"}", none), "/count", "0");
}

static void writes_every_format(void **state)
{
	(void)state;
	static const char definition[] = "{\"from\":\"products\",\"columns\":[\"id\",\"name\"],"
	                                 "\"filters\":[{\"column\":\"id\",\"operator\":\"in\",\"value\":[1,2]}],"
	                                 "\"orderBy\":[{\"column\":\"id\",\"direction\":\"asc\"}]}";
	const char *json = ask_query(MULTIDB_RUN, MULTIDB_JSON, definition, ADMIN);
	const char *one = json_at(&arena, json, "/0"), *two = json_at(&arena, json, "/1");
	GONE(json, "/2");
	assert_string_equal(ask_query(MULTIDB_RUN, MULTIDB_NDJSON, definition, ADMIN),
	                    md_str_fmt(&arena, "%s\n%s\n", one, two).p);
	const char *csv = ask_query(MULTIDB_RUN, MULTIDB_CSV, definition, ADMIN);
	assert_memory_equal(csv, "id,name\r\n1,", 11);
	assert_string_equal(ask_query(MULTIDB_RUN, MULTIDB_JSON, "{\"from\":\"products\",\"limit\":0}", ADMIN), "[]");
	assert_string_equal(ask_query(MULTIDB_RUN, MULTIDB_NDJSON, "{\"from\":\"products\",\"limit\":0}", ADMIN), "");
	assert_string_equal(
		ask_query(MULTIDB_RUN, MULTIDB_CSV, "{\"from\":\"products\",\"columns\":[\"id\"],\"limit\":0}", ADMIN),
		"id\r\n");
}

static void writes_numbers_as_strings_on_request(void **state)
{
	(void)state;
	const char *r = ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"invoices\",\"columns\":[\"id\",\"amount\"],"
		"\"filters\":[{\"column\":\"amount\",\"operator\":\">\",\"value\":1}],\"numbers\":\"string\","
		"\"limit\":1}", ADMIN);
	assert_int_equal(json_at(&arena, r, "/data/0/id")[0], '"');
	assert_int_equal(json_at(&arena, r, "/data/0/amount")[0], '"');
	AT(r, "/params/0", "\"1\"");
}

static void reads_rows_cell_by_cell(void **state)
{
	(void)state;
	static const char definition[] = "{\"from\":\"users\",\"columns\":[\"id\",\"active\",\"lastLoginAt\"],"
	                                 "\"orderBy\":[{\"column\":\"id\",\"direction\":\"asc\"}]}";
	const multidb_cell *cells;
	int rows = 0, nulls = 0, rc;
	assert_int_equal(multidb_query_prepare(query, MULTIDB_RUN, definition, strlen(definition), ADMIN,
	                                       strlen(ADMIN)), 0);
	assert_int_equal(multidb_result_column_count(query), 3);
	assert_string_equal(multidb_result_column_name(query, 1), "active");
	assert_string_equal(multidb_result_column_type(query, 2), "timestamp");
	assert_null(multidb_result_column_name(query, 3));
	assert_null(multidb_result_column_type(query, 3));
	assert_int_equal(multidb_query_start(query, MULTIDB_RESULT), 0);
	while ((rc = multidb_query_next_row(query, &cells)) > 0) {
		rows++;
		nulls += cells[2].text == NULL;
		if (rows == 1) {
			assert_memory_equal(cells[0].text, "1", 1);
			assert_int_equal(cells[1].n, 4);
		}
	}
	assert_int_equal(rc, 0);
	assert_int_equal(multidb_query_next_row(query, &cells), 0); /* and stays so */
	assert_int_equal(multidb_result_rows(query), rows);
	assert_true(rows > 2 && nulls > 0);
}

/* ---- caches ---- */

static void answers_from_the_cache(void **state)
{
	(void)state;
	static const char definition[] = "{\"from\":\"products\",\"columns\":[\"id\",\"name\"],\"byIds\":[3,1]}";
	const char *cold = ask_query(MULTIDB_RUN, MULTIDB_RESULT, definition, ADMIN);
	AT(cold, "/strategy", "\"direct\""); /* nothing came from the cache */
	AT(cold, "/targetDatabase", "\"pg-main\"");
	AT(cold, "/data/0/id", "3");
	const char *warm = ask_query(MULTIDB_RUN, MULTIDB_RESULT, definition, ADMIN);
	AT(warm, "/strategy", "\"cache\"");
	AT(warm, "/targetDatabase", "\"redis\"");
	AT(warm, "/meta/tablesUsed", "[{\"tableId\":\"products\",\"source\":\"cache\",\"database\":\"redis\","
	                             "\"physicalName\":\"products:{id}\"}]");
	assert_string_equal(json_at(&arena, cold, "/data"), json_at(&arena, warm, "/data"));
	assert_string_equal(multidb_result_strategy(query), "cache");
	const char *part = ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"products\",\"columns\":[\"id\"],"
		"\"byIds\":[2,"
		"3]}", ADMIN);
	AT(part, "/strategy", "\"cache\"");
	AT(part, "/data", "[{\"id\":2},{\"id\":3}]");
	AT(part, "/meta/tablesUsed/1/source", "\"original\"");
	AT(ask_query(MULTIDB_PLAN, MULTIDB_RESULT, definition, ADMIN), "/strategy", "\"cache\"");
}

/* ---- problems ---- */

static void reports_validation_problems(void **state)
{
	(void)state;
	const char *p = ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"orders\",\"columns\":[\"id\",\"statsu\"],"
		"\"filters\":[{\"column\":\"status\",\"operator\":\"=\",\"value\":\"x\"},{\"column\":\"total\","
		"\"operator\":\"=\",\"value\":\"abc\"}]}", ADMIN);
	assert_int_equal(*p++, '!');
	assert_string_equal(keys(p), "type title status detail code message fromTable errors ");
	AT(p, "/status", "400");
	AT(p, "/code", "\"VALIDATION_FAILED\"");
	AT(p, "/message", "\"Validation failed: 2 errors\"");
	AT(p, "/fromTable", "\"orders\"");
	AT(p, "/errors/0/code", "\"UNKNOWN_COLUMN\"");
	AT(p, "/errors/0/pointer", "\"/columns/1\"");
	AT(p, "/errors/0/details/suggestion", "\"status\"");
	AT(p, "/errors/0/details/table", "\"orders\"");
	AT(p, "/errors/1/code", "\"INVALID_VALUE\"");
	AT(p, "/errors/1/pointer", "\"/filters/1/value\"");
	AT(p, "/errors/1/details/filterIndex", "1");
	GONE(p, "/details");
	GONE(p, "/alternatives");
	assert_null(multidb_result_json(query));
	assert_int_equal(multidb_error_status(multidb_query_error(query)), 400);
}

static void reports_request_problems(void **state)
{
	(void)state;
	const char *p = ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\n  oops}", ADMIN) + 1;
	AT(p, "/code", "\"INVALID_JSON\"");
	AT(p, "/status", "400");
	assert_non_null(strstr(json_at(&arena, p, "/message"), "line 2, column 3"));
	GONE(p, "/errors");
	p = ask_query(MULTIDB_RUN, MULTIDB_RESULT, "[]", ADMIN) + 1;
	AT(p, "/code", "\"INVALID_BODY\"");
	p = ask_query(MULTIDB_RUN, MULTIDB_RESULT, "", ADMIN) + 1;
	assert_int_equal(multidb_error_status(multidb_query_error(query)), 400);
	p = ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"orders\"}", "{]") + 1;
	AT(p, "/code", "\"INVALID_JSON\"");
	assert_non_null(strstr(json_at(&arena, p, "/message"), "context"));
}

static void reports_planner_problems(void **state)
{
	(void)state;
	const char *p = ask_query(MULTIDB_PLAN, MULTIDB_RESULT, "{\"from\":\"orders\","
		"\"joins\":[{\"table\":\"invoices\"}],"
		"\"avoid\":[\"trino\"]}", ADMIN) + 1;
	AT(p, "/status", "422");
	AT(p, "/code", "\"UNREACHABLE_TABLES\"");
	AT(p, "/fromTable", "\"orders\"");
	AT(p, "/details/code", "\"UNREACHABLE_TABLES\"");
	AT(p, "/alternatives/0/strategy", "\"cache\"");
	AT(p, "/alternatives/1/code", "\"DIFFERENT_DATABASES\"");
	AT(p, "/alternatives/3/code", "\"AVOIDED\"");
	assert_string_equal(multidb_result_sql(query), "");
	assert_string_equal(multidb_result_strategy(query), "");
	assert_string_equal(multidb_result_target(query), "");
	assert_non_null(strstr(multidb_result_debug_text(query), "[planning]"));
}

static void reports_access_problems(void **state)
{
	(void)state;
	AT(ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"orders\"}", NULL) + 1, "/errors/0/code",
	   "\"ACCESS_DENIED\"");
	AT(ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"orders\"}", "{\"role\":\"no-access\"}") + 1,
	   "/errors/0/pointer", "\"/from\"");
	AT(ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"orders\"}", "{\"role\":\"tenant-user\"}") + 1,
	   "/errors/0/code", "\"MISSING_CONTEXT\"");
	AT(ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"orders\"}", "{\"role\":\"who\"}") + 1, "/errors/0/code",
	   "\"UNKNOWN_ROLE\"");
}

static void validates_a_definition(void **state)
{
	(void)state;
	assert_string_equal(ask_query(MULTIDB_VALIDATE, MULTIDB_RESULT, "{\"from\":\"orders\"}", TENANT),
	                    "{\"valid\":true}");
	assert_null(multidb_query_error(query));
	assert_string_equal(multidb_result_sql(query), "");
	assert_int_equal(multidb_query_start(query, MULTIDB_JSON), -1); /* validated only: there is nothing to run */
	assert_int_equal(ask_query(MULTIDB_VALIDATE, MULTIDB_RESULT, "{\"from\":\"order\"}", TENANT)[0], '!');
}

static void refuses_texts_beyond_the_limits(void **state)
{
	(void)state;
	size_t n = 2 << 20;
	char *big = malloc(n + 1);
	memset(big, ' ', n);
	big[n] = '\0';
	const char *p = ask_query(MULTIDB_RUN, MULTIDB_RESULT, big, ADMIN) + 1;
	AT(p, "/errors/0/code", "\"LIMIT_EXCEEDED\"");
	assert_non_null(strstr(json_at(&arena, p, "/errors/0/message"), "1048576"));
	free(big);
}

/* ---- life of a handle ---- */

static void reuses_handles(void **state)
{
	(void)state;
	const char *bytes;
	size_t n;
	assert_null(multidb_query_error(query)); /* fresh */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask_query(MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"nope\"}", ADMIN)[0], '!');
		assert_non_null(multidb_query_error(query));
		assert_string_equal(ask_query(MULTIDB_RUN, MULTIDB_NDJSON, "{\"from\":\"tenants\","
			"\"columns\":[\"tier\"],"
			"\"limit\":1}", ADMIN), "{\"tier\":\"gold\"}\n");
		assert_null(multidb_query_error(query));
		assert_int_equal(multidb_query_next(query, &bytes, &n), 0); /* it was complete, and stays so */
	}
	/* left in the middle of an answer */
	assert_int_equal(multidb_query_prepare(query, MULTIDB_RUN, "{\"from\":\"orders\"}", 17, ADMIN,
	                                       strlen(ADMIN)), 0);
	assert_int_equal(multidb_query_start(query, MULTIDB_JSON), 0);
	assert_string_equal(ask_query(MULTIDB_COUNT, MULTIDB_JSON, "{\"from\":\"orders\"}", ADMIN), "{\"count\":12}\n");
}

static void refuses_to_start_twice(void **state)
{
	(void)state;
	assert_int_equal(multidb_query_prepare(query, MULTIDB_RUN, "{\"from\":\"orders\"}", 17, ADMIN,
	                                       strlen(ADMIN)), 0);
	assert_int_equal(multidb_query_start(query, MULTIDB_JSON), 0);
	assert_int_equal(multidb_query_start(query, MULTIDB_JSON), -1);
	assert_non_null(multidb_query_error(query));
	multidb_query *fresh = multidb_query_new(engine);
	const char *bytes;
	size_t n;
	assert_int_equal(multidb_query_start(fresh, MULTIDB_JSON), -1);
	assert_int_equal(multidb_query_next(fresh, &bytes, &n), -1);
	assert_string_equal(multidb_error_code_name(multidb_query_error(fresh)), "MISUSE");
	assert_non_null(multidb_error_json(multidb_query_error(fresh)));
	multidb_query_free(fresh);
}

/* A handle that was never prepared answers every question. */
static void answers_calls_on_a_fresh_handle(void **state)
{
	(void)state;
	const multidb_cell *cells;
	assert_string_equal(multidb_result_sql(query), "");
	assert_string_equal(multidb_result_strategy(query), "");
	assert_string_equal(multidb_result_target(query), "");
	assert_null(multidb_result_json(query));
	assert_int_equal(multidb_result_column_count(query), 0);
	assert_null(multidb_result_column_name(query, 0));
	assert_int_equal(multidb_query_next_row(query, &cells), -1);
	assert_int_equal(multidb_result_rows(query), 0);
	assert_string_equal(multidb_result_debug_text(query), "");
	multidb_query_cancel(query);
}

static void writes_the_debug_log_as_text(void **state)
{
	(void)state;
	ask_query(MULTIDB_RUN, MULTIDB_NDJSON, "{\"from\":\"orders\"}", TENANT);
	const char *log = multidb_result_debug_text(query);
	assert_non_null(
		strstr(log, "[validation]  Resolving table 'orders' → found in metadata (database: pg-main)\n"));
	assert_non_null(strstr(log, "[rls]         Role 'tenant-user' requires filter: orders.tenantId = "
	                            "context.tenantId\n"));
	assert_non_null(strstr(log, "[planning]    All tables in 'pg-main' → strategy: DIRECT\n"));
	assert_non_null(strstr(log, "[sql-gen]     Dialect: sqlite\n"));
	assert_non_null(strstr(log, "[execution]   pg-main → 4 rows"));
}

/* ---- cancel and deadline ---- */

/* Hundreds of thousands of rows: seven times the orders of an order's tenant. */
#define ORDERS(as) ",{\"table\":\"orders\",\"as\":\"" as "\",\"parent\":\"tenants\",\"columns\":[]}"
#define SLOW \
	"{\"from\":\"orders\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"tenants\",\"columns\":[]}" ORDERS("a") \
	ORDERS("b") ORDERS("c") \
	ORDERS("d") ORDERS("e") ORDERS("f") ORDERS("g") "]"

static void cancels_before_the_start(void **state)
{
	(void)state;
	assert_int_equal(multidb_query_prepare(query, MULTIDB_RUN, "{\"from\":\"orders\"}", 17, ADMIN,
	                                       strlen(ADMIN)), 0);
	multidb_query_cancel(query);
	assert_int_equal(multidb_query_start(query, MULTIDB_JSON), -1);
	assert_string_equal(multidb_error_code_name(multidb_query_error(query)), "CANCELLED");
	AT(multidb_error_json(multidb_query_error(query)), "/details/database", "\"pg-main\"");
}

static void cancels_between_chunks(void **state)
{
	(void)state;
	static const char definition[] = SLOW "}";
	const char *bytes;
	size_t n;
	int rc, chunks = 0;
	assert_int_equal(multidb_query_prepare(query, MULTIDB_RUN, definition, strlen(definition), ADMIN,
	                                       strlen(ADMIN)), 0);
	assert_int_equal(multidb_query_start(query, MULTIDB_NDJSON), 0);
	while ((rc = multidb_query_next(query, &bytes, &n)) > 0)
		if (++chunks == 2)
			multidb_query_cancel(query);
	assert_int_equal(rc, -1);
	assert_string_equal(multidb_error_code_name(multidb_query_error(query)), "CANCELLED");
	assert_int_equal(multidb_query_next(query, &bytes, &n), -1); /* and stays so */
	assert_string_equal(ask_query(MULTIDB_COUNT, MULTIDB_JSON, "{\"from\":\"orders\"}", ADMIN), "{\"count\":12}\n");
}

static void ends_at_the_deadline(void **state)
{
	(void)state;
	const char *p = ask_query(MULTIDB_RUN, MULTIDB_JSON, SLOW ",\"timeoutMs\":1}", ADMIN);
	assert_int_equal(*p, '!');
	AT(p + 1, "/code", "\"QUERY_TIMEOUT\"");
	AT(p + 1, "/status", "504");
	AT(p + 1, "/details/timeoutMs", "1");
	AT(p + 1, "/details/database", "\"pg-main\"");
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_query, free_query)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(returns_every_member_of_a_result), T(names_the_replicas_used), T(plans_without_data_and_times),
		T(plans_the_same_query_to_the_same_text), T(hashes_plans_by_their_shape),
		T(explain_judges_everything), T(counts_rows_in_count_mode), T(asks_no_database_for_sql_only),
		T(marks_empty_answers), T(writes_every_format), T(writes_numbers_as_strings_on_request),
		T(reads_rows_cell_by_cell), T(answers_from_the_cache), T(reports_validation_problems),
		T(reports_request_problems), T(reports_planner_problems), T(reports_access_problems),
		T(validates_a_definition), T(refuses_texts_beyond_the_limits), T(reuses_handles),
		T(refuses_to_start_twice), T(answers_calls_on_a_fresh_handle), T(writes_the_debug_log_as_text),
		T(cancels_before_the_start), T(cancels_between_chunks), T(ends_at_the_deadline),
	};
	return cmocka_run_group_tests(tests, open_sample_engine, close_sample_engine);
}
