/* Out of memory in each scenario: every allocation fails in turn, first alone and then together
 * with all later ones. Each time there must be no crash, no leak (under ASan) and no hang, and the
 * result must be the whole answer or OUT_OF_MEMORY. A failure without a reason in the error record
 * would show as an INTERNAL error. Linked with oom_arena.c, each allocation of an arena fails too
 * (test torture/arena). SQLite's and the JSON library's allocations fail as well, those of libpq
 * and libcrypto where the build has no sanitizer. With MULTIDB_TEST_PG the scenarios also run on
 * PostgreSQL. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "oom.h"
#include "sample.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADMIN "{\"role\":\"admin\"}"
#define TENANT "{\"role\":\"tenant-user\",\"contextValues\":{\"tenantId\":\"a0000000-0000-4000-8000-000000000001\"}}"
#define REGIONS "{\"role\":\"regional-manager\",\"contextValues\":{\"regionIds\":[\"us-east\",\"eu-west\"]}}"
#define TWO \
	"{\"roles\":{\"user\":[\"regional-manager\",\"admin\"],\"service\":[\"regional-manager\"]}," \
	"\"contextValues\":{\"regionIds\":[\"us-east\"]}}"

/* Cells that depend on the row, masks that do, and both at once. DIM is added to the sample's
 * roles: `dim`, and `x` for long contexts. */
#define CELLS \
	"{\"roles\":{\"user\":[\"tenant-user\",\"regional-manager\"]}," \
	"\"contextValues\":{\"tenantId\":\"a0000000-0000-4000-8000-000000000001\",\"regionIds\":[\"us-east\"]}}"
#define MASKS "{\"roles\":{\"user\":[\"dim\",\"regional-manager\"],\"service\":[\"dim\",\"tenant-user\",\"admin\"]}," \
	"\"contextValues\":{\"tenantId\":\"a0000000-0000-4000-8000-000000000001\",\"regionIds\":[\"us-east\"]}}"
#define DIM \
	"{\"id\":\"dim\",\"tables\":[{\"tableId\":\"orders\",\"allowedColumns\":\"*\",\"maskedColumns\":[\"status\"," \
	"\"total\",\"internalNote\"]}," \
	"{\"tableId\":\"users\",\"allowedColumns\":\"*\",\"maskedColumns\":[\"email\",\"name\"]}]},{\"id\":\"x\"," \
	"\"tables\":\"*\"}"

struct torture_scenario {
	const char *definition, *context;
	multidb_mode mode;
	multidb_format format;
	const char *warm;  /* a definition that is run first, to fill the cache */
	bool cold;         /* with new connections and an empty cache each time */
};

#define RUN MULTIDB_RUN
#define VALIDATE MULTIDB_VALIDATE
#define PLAN MULTIDB_PLAN
#define EXPLAIN MULTIDB_EXPLAIN
#define COUNT MULTIDB_COUNT
#define RESULT MULTIDB_RESULT
#define JSON MULTIDB_JSON
#define NDJSON MULTIDB_NDJSON
#define CSV MULTIDB_CSV

#define CROSS \
	"{\"from\":\"orders\",\"columns\":[\"id\",\"total\"],\"joins\":[{\"table\":\"invoices\",\"type\":\"inner\"," \
	"\"columns\":[\"id\",\"amount\"]}],\"orderBy\":[{\"column\":\"total\",\"direction\":\"asc\"}]}"
#define REPLICA \
	"{\"from\":\"events\",\"columns\":[\"kind\",\"occurredAt\"],\"joins\":[{\"table\":\"orders\"," \
	"\"type\":\"inner\",\"columns\":[\"total\",\"status\"]}],\"orderBy\":[{\"column\":\"occurredAt\"," \
	"\"direction\":\"asc\"}]}"
#define USERS "{\"from\":\"users\",\"columns\":[\"id\",\"name\",\"email\"],\"byIds\":[3,1,2]}"
#define FILTERED \
	"{\"from\":\"orders\",\"columns\":[\"id\",\"total\",\"createdAt\"],\"filters\":[{\"logic\":\"or\"," \
	"\"not\":true,\"conditions\":[" \
	"{\"column\":\"status\",\"operator\":\"in\",\"value\":[\"paid\",\"open\"]},{\"column\":\"total\"," \
	"\"operator\":\"between\",\"value\":{\"from\":\"1.50\",\"to\":1e3}}," \
	"{\"logic\":\"and\",\"conditions\":[{\"column\":\"status\",\"operator\":\"like\",\"value\":\"%a\\\\_%\"}," \
	"{\"column\":\"createdAt\",\"operator\":\">=\",\"value\":\"2024-01-01T00:00:00+01:00\"}]}]}]}"
#define JOINED \
	"{\"from\":\"orders\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"name\",\"table\":\"customers\"," \
	"\"operator\":\"!=\",\"value\":\"x\"}]," \
	"\"joins\":[{\"table\":\"customers\",\"columns\":[\"name\",\"since\"]},{\"table\":\"products\",\"as\":\"p\"," \
	"\"type\":\"inner\",\"filters\":[{\"column\":\"price\",\"operator\":\">\",\"value\":1}]," \
	"\"on\":[{\"column\":\"inStock\",\"operator\":\"=\",\"value\":true}]}],\"orderBy\":[{\"column\":\"id\"," \
	"\"direction\":\"desc\"}],\"limit\":5,\"offset\":1}"
#define MANY_PROBLEMS \
	"{\"from\":\"orders\",\"columns\":[\"id\",\"id\",\"statsu\",\"x\"],\"filters\":[{\"column\":\"total\"," \
	"\"operator\":\"like\",\"value\":\"a\"},{\"column\":\"nope\",\"operator\":\"=\",\"value\":1}," \
	"{\"column\":\"total\",\"operator\":\"=\",\"value\":\"abc\"},{\"column\":\"status\",\"operator\":\"ilikes\"," \
	"\"value\":\"a\"},{},{\"logic\":\"xor\",\"conditions\":[]}]," \
	"\"joins\":[{\"table\":\"nowhere\"},{\"table\":\"metrics\"},{\"table\":\"customers\",\"via\":\"x\"}]," \
	"\"orderBy\":[{\"column\":\"zzz\",\"direction\":\"up\"},{\"column\":\"customers.name\"}," \
	"{\"column\":\"name\"}],\"limit\":-1,\"offest\":1,\"byIds\":[]," \
	"\"freshness\":\"soon\"}"

#define EXISTS \
	"{\"from\":\"customers\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"orders\",\"columns\":[\"total\"]," \
	"\"on\":[{\"table\":\"products\",\"exists\":false}]}]," \
	"\"filters\":[{\"logic\":\"or\",\"conditions\":[{\"table\":\"orders\",\"count\":{\"operator\":\">\"," \
	"\"value\":1},\"filters\":[{\"table\":\"products\",\"filters\":[" \
	"{\"column\":\"inStock\",\"operator\":\"=\",\"value\":true}]}]},{\"table\":\"orders\",\"exists\":false}]}]}"
#define BAD_EXISTS \
	"{\"from\":\"customers\",\"filters\":[{\"table\":\"order\"},{\"table\":\"events\"},{\"table\":\"orders\"," \
	"\"via\":\"x\",\"filters\":[{\"table\":\"events\",\"parent\":\"customers\"}]}," \
	"{\"table\":\"orders\",\"count\":{\"operator\":\"in\",\"value\":-1}},{\"exists\":true}]}"
#define GROUPED(rest) \
	"{\"from\":\"orders\",\"groupBy\":[{\"column\":\"createdAt\",\"bucket\":\"week\",\"as\":\"week\"}," \
	"{\"column\":\"status\"}],\"aggregations\":[" \
	"{\"fn\":\"count\",\"column\":\"*\",\"alias\":\"n\"},{\"fn\":\"sum\",\"column\":\"total\",\"alias\":\"sum\"}," \
	"{\"fn\":\"avg\",\"column\":\"total\",\"alias\":\"avg\"}]," \
	"\"having\":[{\"column\":\"n\",\"operator\":\">\",\"value\":0}],\"orderBy\":[{\"column\":\"sum\"," \
	"\"direction\":\"desc\"}]" rest
#define PAGE(end) \
	"{\"from\":\"orders\",\"columns\":[\"status\"],\"joins\":[{\"table\":\"customers\",\"columns\":[\"name\"]}]," \
	"\"orderBy\":[{\"column\":\"total\",\"direction\":\"desc\"}],\"page\":{\"first\":2" end "}"

static const struct torture_scenario scenarios[] = {
	{ "{\"from\":\"orders\"}", ADMIN, RUN, RESULT, NULL, true },
	{ "{\"from\":\"orders\"}", TENANT, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", TENANT, RUN, JSON, NULL, false },
	{ "{\"from\":\"orders\"}", TENANT, RUN, NDJSON, NULL, false },
	{ "{\"from\":\"orders\"}", TENANT, RUN, CSV, NULL, false },
	{ "{\"from\":\"orders\"}", TENANT, PLAN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", TENANT, EXPLAIN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", TENANT, VALIDATE, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", TENANT, COUNT, RESULT, NULL, true },
	{ "{\"from\":\"orders\"}", TENANT, COUNT, CSV, NULL, false },
	{ "{\"from\":\"orders\"}", REGIONS, RUN, NDJSON, NULL, false },
	{ "{\"from\":\"orders\"}", REGIONS, EXPLAIN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", TWO, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", TWO, EXPLAIN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", "{\"role\":\"regional-manager\",\"contextValues\":{\"regionIds\":[]}}", RUN, RESULT,
	  NULL, false },
	{ "{\"from\":\"orders\",\"executeMode\":\"sql-only\"}", TENANT, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\",\"executeMode\":\"count\"}", TENANT, RUN, JSON, NULL, false },
	{ FILTERED, ADMIN, RUN, RESULT, NULL, true },
	{ FILTERED, REGIONS, RUN, NDJSON, NULL, false },
	{ FILTERED, ADMIN, EXPLAIN, RESULT, NULL, false },
	{ JOINED, ADMIN, RUN, RESULT, NULL, true },
	{ JOINED, ADMIN, RUN, CSV, NULL, false },
	{ JOINED, ADMIN, PLAN, RESULT, NULL, false },
	{ JOINED, ADMIN, EXPLAIN, RESULT, NULL, false },
	{ JOINED, ADMIN, COUNT, RESULT, NULL, false },
	{ JOINED, TENANT, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"customers\"}]}", TENANT, RUN, RESULT, NULL,
	  false },
	{ "{\"from\":\"orders\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"customers\"}]}", TENANT, EXPLAIN, RESULT,
	  NULL, false },
	{ CROSS, ADMIN, RUN, RESULT, NULL, true },
	{ CROSS, ADMIN, RUN, NDJSON, NULL, false },
	{ CROSS, ADMIN, EXPLAIN, RESULT, NULL, false },
	{ CROSS, ADMIN, COUNT, JSON, NULL, false },
	{ REPLICA, ADMIN, RUN, RESULT, NULL, true },
	{ REPLICA, ADMIN, RUN, CSV, NULL, false },
	{ REPLICA, ADMIN, EXPLAIN, RESULT, NULL, false },
	{ "{\"from\":\"events\",\"joins\":[{\"table\":\"orders\"}],\"freshness\":\"realtime\"}", ADMIN, RUN, RESULT,
	  NULL, false },
	{ "{\"from\":\"events\",\"joins\":[{\"table\":\"orders\"}],\"prefer\":[\"trino\"],"
	  "\"freshness\":{\"maxLagMs\":100}}",
	  ADMIN, PLAN, RESULT, NULL, false },
	{ "{\"from\":\"ordersArchive\",\"columns\":[\"status\"],\"joins\":[{\"table\":\"orders\","
	  "\"columns\":[\"status\"]}]}",
	  ADMIN, RUN, JSON, NULL, false },
	{ USERS, ADMIN, RUN, RESULT, NULL, true },
	{ USERS, ADMIN, RUN, NDJSON, USERS, true },
	{ USERS, ADMIN, RUN, RESULT, "{\"from\":\"users\",\"byIds\":[2]}", true },
	{ USERS, "{\"role\":\"user-directory\"}", RUN, RESULT, USERS, false },
	{ "{\"from\":\"users\",\"byIds\":[3,1,2]}", "{\"role\":\"user-directory\"}", RUN, RESULT, USERS, true },
	{ USERS, ADMIN, EXPLAIN, RESULT, NULL, false },
	{ USERS, ADMIN, COUNT, RESULT, NULL, false },
	{ "{\"from\":\"products\",\"byIds\":[2,1,99]}", ADMIN, RUN, RESULT, NULL, true },
	{ "{\"from\":\"orders\",\"columns\":[\"total\"],\"byIds\":[\"0d000000-0000-4000-8000-000000000005\","
	  "\"0d000000-0000-4000-8000-000000000001\"]}",
	  ADMIN, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\",\"byIds\":[\"0d000000-0000-4000-8000-000000000005\","
	  "\"0d000000-0000-4000-8000-000000000001\"]}",
	  TENANT, RUN, NDJSON, NULL, false },
	{ "{\"from\":\"metrics\",\"byIds\":[{\"name\":\"orders_per_day\",\"day\":\"2024-03-01\"},{\"name\":\"x\","
	  "\"day\":\"2024-03-02\"}]}",
	  ADMIN, RUN, JSON, NULL, false },
	{ "{\"from\":\"products\",\"numbers\":\"string\"}", ADMIN, RUN, RESULT, NULL, true },
	{ "{\"from\":\"products\"}", ADMIN, RUN, CSV, NULL, false },
	{ "{\"from\":\"invoices\",\"numbers\":\"string\","
	  "\"filters\":[{\"column\":\"paidAt\",\"operator\":\"isNull\"}]}",
	  ADMIN, RUN, NDJSON, NULL, false },
	{ "{\"from\":\"tenants\",\"columns\":[\"name\"],\"joins\":[{\"table\":\"tenants\",\"as\":\"parent\","
	  "\"via\":\"parent\",\"reverse\":false,\"columns\":[\"name\"]}]}",
	  ADMIN, RUN, RESULT, NULL, false },
	{ "{\"from\":\"events\",\"filters\":[{\"column\":\"kind\",\"operator\":\"notIn\",\"value\":[\"a\",\"b\"]},"
	  "{\"column\":\"durationMs\",\"operator\":\"notBetween\",\"value\":{\"from\":0.5,\"to\":1.5}}]}",
	  ADMIN, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", CELLS, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\",\"columns\":[\"id\",\"internalNote\"],\"filters\":[{\"column\":\"customerId\","
	  "\"operator\":\"isNull\"}],\"orderBy\":[{\"column\":\"regionId\",\"direction\":\"asc\"}]}",
	  CELLS, EXPLAIN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", MASKS, RUN, NDJSON, NULL, false },
	{ "{\"from\":\"orders\"}", MASKS, EXPLAIN, RESULT, NULL, false },
	{ "{\"from\":\"orders\",\"columns\":[\"status\"],\"filters\":[{\"column\":\"total\",\"operator\":\">\","
	  "\"value\":1}]}",
	  MASKS, RUN, RESULT, NULL, false },
	{ USERS, "{\"role\":\"dim\"}", RUN, RESULT, USERS, true },
	{ PAGE("}"), ADMIN, RUN, RESULT, NULL, false },
	{ PAGE("}"), TENANT, RUN, NDJSON, NULL, false },
	{ PAGE("}"), ADMIN, EXPLAIN, RESULT, NULL, false },
	{ EXISTS, ADMIN, RUN, RESULT, NULL, false },
	{ EXISTS, ADMIN, EXPLAIN, RESULT, NULL, false },
	{ "{\"from\":\"customers\",\"filters\":[{\"table\":\"orders\",\"filters\":[{\"column\":\"status\","
	  "\"operator\":\"=\",\"value\":\"paid\"}]}]}",
	  TENANT, RUN, NDJSON, NULL, false },
 /* errors: the same ones, or memory */
	{ BAD_EXISTS, ADMIN, RUN, RESULT, NULL, false },
	{ BAD_EXISTS, TENANT, PLAN, RESULT, NULL, false },
	{ GROUPED("}"), ADMIN, RUN, RESULT, NULL, false },
	{ GROUPED(",\"limit\":5,\"offset\":1}"), TENANT, RUN, NDJSON, NULL, false },
	{ GROUPED("}"), ADMIN, EXPLAIN, RESULT, NULL, false },
	{ "{\"from\":\"orders\",\"distinct\":true,\"columns\":[\"status\",\"total\"],"
	  "\"orderBy\":[{\"column\":\"total\",\"direction\":\"desc\"}],\"limit\":3,\"offset\":1}",
	  ADMIN, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\",\"aggregations\":[{\"fn\":\"count\",\"column\":\"*\",\"alias\":\"n\"}],"
	  "\"having\":[{\"column\":\"n\",\"operator\":\"=\",\"value\":0}]}",
	  "{\"role\":\"regional-manager\",\"contextValues\":{\"regionIds\":[]}}", RUN, RESULT, NULL, false },
 /* errors: the same ones, or memory */
	{ "{\"from\":\"orders\",\"columns\":[\"id\"],\"groupBy\":[{\"column\":\"status\"},{\"column\":\"nope\"}],"
	  "\"aggregations\":[{\"fn\":\"sum\",\"column\":\"status\",\"alias\":\"n\"}],"
	  "\"having\":[{\"column\":\"m\",\"operator\":\"=\",\"value\":0}]}",
	  ADMIN, RUN, RESULT, NULL, false },
	{ PAGE(",\"after\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"), ADMIN, RUN, RESULT,
	  NULL, false },
	{ MANY_PROBLEMS, ADMIN, RUN, RESULT, NULL, false },
	{ MANY_PROBLEMS, TENANT, PLAN, RESULT, NULL, false },
	{ "{\"from\":\"orders\",\"columns\":[\"internalNote\"],\"joins\":[{\"table\":\"products\"}]}", TENANT, RUN,
	  RESULT, NULL, false },
	{ "{\"from\":\"order\"}", ADMIN, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", "{\"role\":\"tenant-user\"}", RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", "{\"role\":\"tenant-user\",\"contextValues\":{\"tenantId\":[1]}}", RUN, RESULT, NULL,
	  false },
	{ "{\"from\":\"orders\"}", "{\"role\":\"nobody\",\"rol\":1}", RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"}", NULL, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\"", ADMIN, RUN, RESULT, NULL, false },
	{ "[1,2]", ADMIN, RUN, RESULT, NULL, false },
	{ "{\"from\":\"orders\",\"joins\":[{\"table\":\"invoices\"}],\"avoid\":[\"trino\"]}", ADMIN, EXPLAIN, RESULT,
	  NULL, false },
	{ "{\"from\":\"orders\",\"distinct\":true,\"groupBy\":[]}", ADMIN, RUN, RESULT, NULL, false },
};
enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

#define PARAM(name) "{\"$param\":\"" name "\"}"
#define PREPARED \
	"{\"from\":\"orders\",\"columns\":[\"id\",\"total\"],\"filters\":[{\"column\":\"status\",\"operator\":\"in\"," \
	"\"value\":[\"open\"," PARAM("s") "]}," \
	"{\"column\":\"status\",\"operator\":\"contains\",\"value\":" PARAM("s") "}," \
	"{\"column\":\"total\",\"operator\":\"between\",\"value\":{\"from\":" PARAM("least") ",\"to\":1e3}}]," \
	"\"limit\":" PARAM("limit") "}"
#define PREPARED_IDS "{\"from\":\"orders\",\"columns\":[\"total\"],\"byIds\":" PARAM("ids") "}"
#define ORDER_IDS "[\"0d000000-0000-4000-8000-000000000005\",\"0d000000-0000-4000-8000-000000000001\"]"

/* Definitions that are bound twice on one handle: what the second binding takes over has to be
 * whole, also from a binding of other roles. */
static const struct torture_binding {
	struct torture_scenario asked;
	const char *parameters;
	const char *first_context; /* NULL: that of the second binding */
} bindings[] = {
	{ { PREPARED, CELLS, RUN, NDJSON, NULL, false }, "{\"s\":\"paid\",\"least\":1,\"limit\":5}", ADMIN },
	{ { PREPARED, TENANT, PLAN, RESULT, NULL, false }, "{\"s\":\"paid\",\"least\":1,\"limit\":5}", CELLS },
	{ { PREPARED, MASKS, PLAN, RESULT, NULL, false }, "{\"s\":\"paid\",\"least\":1,\"limit\":5}", ADMIN },
	{ { PREPARED_IDS, REGIONS, RUN, RESULT, NULL, false }, "{\"ids\":" ORDER_IDS "}", TENANT },
	{ { PREPARED, TENANT, RUN, RESULT, NULL, false }, "{\"s\":\"paid\",\"least\":1,\"limit\":5}", NULL },
	{ { PREPARED, CELLS, RUN, NDJSON, NULL, false }, "{\"s\":\"paid\",\"least\":1,\"limit\":5}", NULL },
	{ { PREPARED, MASKS, PLAN, RESULT, NULL, false }, "{\"s\":\"paid\",\"least\":1,\"limit\":5}", NULL },
	{ { PREPARED, ADMIN, EXPLAIN, RESULT, NULL, false }, "{\"s\":\"paid\",\"least\":1,\"limit\":5}", NULL },
	{ { PREPARED, ADMIN, COUNT, RESULT, NULL, false }, "{\"s\":\"paid\",\"least\":1,\"limit\":5}", NULL },
	{ { PREPARED_IDS, TENANT, RUN, RESULT, NULL, false }, "{\"ids\":" ORDER_IDS "}", NULL },
	{ { "{\"from\":\"users\",\"columns\":[\"name\"],\"byIds\":[" PARAM("id") "]}", ADMIN, RUN, RESULT,
		USERS, false },
	  "{\"id\":2}", NULL },
	{ { PAGE(",\"after\":" PARAM("after")), ADMIN, RUN, RESULT, NULL, false },
	  "{\"after\":\"AAAAAAAAAAAA\"}", NULL },
	{ { "{\"from\":\"orders\",\"page\":{\"first\":" PARAM("first") "}}", TENANT, RUN, RESULT, NULL, false },
	  "{\"first\":2}", NULL },
	{ { PREPARED, TENANT, RUN, RESULT, NULL, false }, "{\"s\":1,\"leas\":1,\"limit\":5}", NULL },
	{ { PREPARED, TENANT, RUN, RESULT, NULL, false }, "{\"s\":1,\"least\":[],\"limit\":" PARAM("x") "}", NULL },
	{ { "{\"from\":" PARAM("a") "}", ADMIN, RUN, RESULT, NULL, false }, NULL, NULL },
};
enum { BINDINGS = sizeof bindings / sizeof *bindings };

static char *config;
static const char *dir;
static uint64_t injections;
static uint64_t largest; /* most allocations in one run */

/* ---- comparing ---- */

/* Times are not compared: digits behind these marks become one 0. */
static void forget_times(char *s)
{
	static const char *const marks[] = { "\"timestamp\":", "Ms\":", "\"ms\":", " rows, " };
	char *to = s;
	while (*s) {
		bool time = false;
		for (size_t i = 0; i < sizeof marks / sizeof *marks && !time; i++)
			if (strncmp(s, marks[i], strlen(marks[i])) == 0) {
				memmove(to, s, strlen(marks[i]));
				to += strlen(marks[i]);
				s += strlen(marks[i]);
				time = true;
			}
		if (time) {
			*to++ = '0';
			s += strspn(s, "0123456789.");
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* Answers are gathered in static memory, which the failing allocator does not affect. */
static char answer[1 << 20];
static size_t answer_n;

static void gather_answer(const char *p, size_t n)
{
	assert_true(answer_n + n < sizeof answer);
	memcpy(answer + answer_n, p, n);
	answer_n += n;
	answer[answer_n] = '\0';
}

static void gather_error(const multidb_error *e)
{
	const char *json = multidb_error_json(e);
	answer_n = 0;
	gather_answer("!", 1);
	gather_answer(json, strlen(json));
	assert_true(strlen(multidb_error_code_name(e)) > 0 && strlen(multidb_error_message(e)) > 0 &&
	            multidb_error_status(e) >= 400);
}

static int prepare_scenario(multidb_query *q, const struct torture_scenario *s, const struct torture_binding *b)
{
	size_t context_n = s->context ? strlen(s->context) : 0, n = b && b->parameters ? strlen(b->parameters) : 0;
	if (!b)
		return multidb_query_prepare(q, s->mode, s->definition, strlen(s->definition), s->context, context_n);
	const char *first = b->first_context ? b->first_context : s->context;
	if (multidb_query_define(q, s->mode, s->definition, strlen(s->definition)) ||
	    multidb_query_bind(q, b->parameters, n, first, first ? strlen(first) : 0))
		return -1;
	return multidb_query_bind(q, b->parameters, n, s->context, context_n);
}

/* Runs a scenario with a handle of its own and makes every call that the handle has. True: there is
 * an answer. */
static bool run_scenario(multidb_engine *e, const struct torture_scenario *s, const struct torture_binding *b)
{
	const char *bytes;
	size_t n;
	answer_n = 0;
	answer[0] = '\0';
	multidb_query *q = multidb_query_new(e);
	if (!q) {
		gather_error(NULL);
		return false;
	}
	int rc = prepare_scenario(q, s, b);
	if (rc == 0 && (s->mode == MULTIDB_RUN || s->mode == MULTIDB_COUNT)) {
		rc = multidb_query_start(q, s->format);
		while (rc == 0 && (rc = multidb_query_next(q, &bytes, &n)) > 0) {
			gather_answer(bytes, n);
			rc = 0;
			if (n == 0)
				break;
		}
	} else if (rc == 0) {
		const char *json = multidb_result_json(q);
		if (json)
			gather_answer(json, strlen(json));
		else
			gather_error(multidb_query_error(q));
	}
	if (rc < 0)
		gather_error(multidb_query_error(q));
	const char *log = multidb_result_debug_text(q);
	if (log && *log)
		assert_int_equal(log[0], '[');
	multidb_result_sql(q);
	multidb_result_strategy(q);
	multidb_result_target(q);
	multidb_query_free(q);
	forget_times(answer);
	return answer[0] != '!';
}

static bool is_code(const char *code)
{
	char text[64];
	snprintf(text, sizeof text, "\"code\":\"%s\"", code);
	return strstr(answer, text) != NULL;
}

/* When the cache has no memory for a row, the answer is complete and the log reports the row. */
static bool differs_by_the_cache_alone(const char *want)
{
	const char *log = strstr(answer, "\"debugLog\"");
	return log && strstr(log, "not written back") && strncmp(answer, want, (size_t)(log - answer)) == 0;
}

/* After a failed allocation there must be the whole answer or the error OUT_OF_MEMORY. When the
 * allocation was one of a database library, the error of that library is accepted too. */
static void check_outcome(const char *want, const char *what, uint64_t n, bool sticky)
{
	if (strcmp(answer, want) == 0 || differs_by_the_cache_alone(want))
		return;
	if (answer[0] == '!' && is_code("OUT_OF_MEMORY"))
		return;
	bool cryptographic = is_code("INTERNAL") && strstr(answer, "the cryptographic library failed");
	if (answer[0] == '!' && !oom_hit_ours() &&
	    (is_code("QUERY_FAILED") || is_code("CONNECTION_FAILED") || cryptographic))
		return;
	fprintf(stderr, "got\n%s\nwanted\n%s\n", answer, want); /* longer than fail_msg shows */
	fail_msg("%s, allocation %llu %s", what, (unsigned long long)n, sticky ? "and all after it" : "alone");
}

/* ---- scenarios ---- */

static multidb_engine *open_text(const char *text)
{
	multidb_options o = { .size = sizeof(multidb_options), .base_dir = dir };
	multidb_engine *e;
	multidb_error *error;
	if (multidb_engine_open_text(text, strlen(text), &o, &e, &error) == 0)
		return e;
	fprintf(stderr, "%s\n", multidb_error_json(error));
	multidb_error_free(error);
	return NULL;
}

/* New connections and an empty cache where the scenario needs them, then the query that fills the
 * cache. */
static void make_ready(multidb_engine *e, const char *text, const struct torture_scenario *s)
{
	if (s->cold)
		assert_int_equal(multidb_engine_reload_text(e, text, strlen(text), NULL), 0);
	if (s->warm) {
		struct torture_scenario w = { s->warm, ADMIN, MULTIDB_RUN, MULTIDB_JSON, NULL, false };
		assert_true(run_scenario(e, &w, NULL));
	}
}

/* The next allocation to fail. A login to PostgreSQL makes some 30,000 allocations (each round of
 * SCRAM in the TLS library): after the first 1,200 only samples fail. */
static uint64_t next_failure(uint64_t n)
{
	return n < 1200 ? n + 1 : n + n / 8;
}

/* Fails every allocation of the scenario in turn, until there is no further allocation. Runs
 * without a failure in between show that the failures damaged nothing. */
static void torture_scenario(multidb_engine *e, const char *text, const struct torture_scenario *s,
                             const struct torture_binding *b)
{
	make_ready(e, text, s);
	run_scenario(e, s, b);
	char *want = strdup(answer);
	for (int sticky = 0; sticky <= 1; sticky++)
		for (uint64_t n = 1;; n = next_failure(n)) {
			make_ready(e, text, s);
			oom_arm(n, sticky);
			run_scenario(e, s, b);
			uint64_t seen = oom_disarm();
			if (!oom_hit()) {
				largest = seen > largest ? seen : largest;
				assert_string_equal(answer, want);
				break;
			}
			injections++;
			check_outcome(want, s->definition, n, sticky);
			if (n % 16 == 0 && !s->cold) {
				make_ready(e, text, s);
				run_scenario(e, s, b);
				assert_string_equal(answer, want);
			}
		}
	free(want);
}

static void queries_answer_or_report_memory(void **state)
{
	(void)state;
	multidb_engine *e = open_text(config);
	assert_non_null(e);
	for (int i = 0; i < SCENARIOS; i++)
		torture_scenario(e, config, &scenarios[i], NULL);
	multidb_engine_close(e);
	printf("%d scenarios on SQLite\n", SCENARIOS);
}

static void bindings_answer_or_report_memory(void **state)
{
	(void)state;
	multidb_engine *e = open_text(config);
	assert_non_null(e);
	for (int i = 0; i < BINDINGS; i++)
		torture_scenario(e, config, &bindings[i].asked, &bindings[i]);
	multidb_engine_close(e);
}

/* A context whose list of roles needs an allocation that is larger than any chunk of an arena. */
static void a_context_of_250000_roles_reports_memory(void **state)
{
	(void)state;
	enum { ROLES = 250000 };
	static char context[ROLES * 4 + 32];
	char *to = context + sprintf(context, "{\"roles\":{\"user\":[");
	for (int i = 0; i < ROLES; i++)
		to += sprintf(to, "%s\"x\"", i ? "," : "");
	strcpy(to, "]}}");
	multidb_engine *e = open_text(config);
	assert_non_null(e);
	torture_scenario(e, config,
	        &(struct torture_scenario){ "{\"from\":\"orders\",\"limit\":1}", context, RUN, RESULT, NULL, false },
	        NULL);
	torture_scenario(e, config,
	        &(struct torture_scenario){ "{\"from\":\"order\"}", context, VALIDATE, RESULT, NULL, false },
	        NULL);
	multidb_engine_close(e);
}

/* The sample with two more roles. */
static char *with_dim(char *sample)
{
	const char *roles = sample ? strstr(sample, "\"roles\"") : NULL, *first = roles ? strchr(roles, '[') : NULL;
	char *text = first ? malloc(strlen(sample) + sizeof DIM + 1) : NULL;
	if (text)
		sprintf(text, "%.*s" DIM ",%s", (int)(first + 1 - sample), sample, first + 1);
	free(sample);
	return text;
}

/* ---- configurations ---- */

static void torture_config(const char *what, const char *text, bool good)
{
	char *want = NULL;
	for (int sticky = 0; sticky <= 1; sticky++)
		for (uint64_t n = 0;; n++) {
			multidb_engine *e;
			multidb_error *error = NULL;
			multidb_options o = { .size = sizeof(multidb_options), .base_dir = dir };
			answer_n = 0;
			answer[0] = '\0';
			oom_arm(n, sticky);
			int rc = multidb_engine_open_text(text, strlen(text), &o, &e, &error);
			if (rc)
				gather_error(error);
			multidb_error_free(error);
			multidb_engine_close(e);
			oom_disarm();
			assert_int_equal(rc == 0, e != NULL);
			if (n == 0) { /* nothing fails */
				assert_int_equal(rc == 0, good);
				free(want);
				want = strdup(answer);
				continue;
			}
			if (!oom_hit()) {
				assert_string_equal(answer, want);
				break;
			}
			injections++;
			check_outcome(want, what, n, sticky);
		}
	free(want);
}

static void configurations_load_or_report_memory(void **state)
{
	(void)state;
	torture_config("the sample", config, true);
	torture_config("no JSON", "{\"databases\":[", false);
	torture_config("many problems",
	               "{\"databases\":[{\"id\":\"a\",\"engine\":\"oracle\"},{\"id\":\"a\"},{\"id\":\"trino\","
	               "\"engine\":\"sqlite\",\"connection\":{\"url\":{\"env\":\"MULTIDB_NO_SUCH_VARIABLE\"},"
	               "\"pol\":{}}}],"
	               "\"tables\":[{\"id\":\"t\",\"apiName\":\"Select\",\"database\":\"x\",\"physicalName\":\"\","
	               "\"columns\":[{\"apiName\":\"a\",\"type\":\"integer\"},{\"apiName\":\"a\","
	               "\"physicalName\":\"b\",\"type\":\"int\",\"nullable\":false}],"
	               "\"primaryKey\":[\"z\"],\"relations\":[{\"column\":\"q\",\"references\":{\"table\":\"nope\","
	               "\"column\":\"id\"},\"type\":\"many\"}]}],"
	               "\"externalSyncs\":[{\"sourceTable\":\"u\"}],\"caches\":[{\"id\":\"c\",\"engine\":\"memcached\","
	               "\"tables\":[{\"tableId\":\"t\",\"keyPattern\":\"t:{nope}\"}]}],"
	               "\"roles\":[{\"id\":\"r\",\"tables\":[{\"tableId\":\"t\",\"allowedColumns\":[\"x\"],"
	               "\"filters\":[{\"column\":\"a\",\"operator\":\"~\"}]}]}],\"polcy\":{}}", false);
}

/* A reload that fails leaves the old configuration in use. */
static void a_failed_reload_keeps_the_configuration(void **state)
{
	(void)state;
	multidb_engine *e = open_text(config);
	char *other = sample_config("trino", "{\"enabled\":false}");
	struct torture_scenario s = { CROSS, ADMIN, MULTIDB_RUN, MULTIDB_JSON, NULL, false };
	for (uint64_t n = 1;; n++) {
		oom_arm(n, n % 2);
		int rc = multidb_engine_reload_text(e, other, strlen(other), NULL);
		oom_disarm();
		if (!oom_hit())
			break;
		injections++;
		if (rc == 0) /* the reload succeeded: go back to the first configuration */
			assert_int_equal(multidb_engine_reload_text(e, config, strlen(config), NULL), 0);
		if (n % 8 == 0)
			assert_true(run_scenario(e, &s, NULL));
	}
	assert_false(run_scenario(e, &s, NULL)); /* the last reload succeeded */
	free(other);
	multidb_engine_close(e);
}

static void a_health_check_survives_failed_allocations(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++)
		for (uint64_t n = 1;; n++) {
			multidb_engine *e = open_text(config);
			oom_arm(n, sticky);
			char *text = multidb_engine_health(e, 1000);
			multidb_text_free(text);
			oom_disarm();
			multidb_engine_close(e);
			if (!oom_hit())
				break;
			injections++;
		}
}

/* ---- PostgreSQL ---- */

#define ITEMS \
	"{\"from\":\"items\",\"columns\":[\"id\",\"name\",\"total\",\"at\",\"tags\",\"doc\",\"raw\",\"ok\"," \
	"\"ratio\"],\"filters\":[{\"column\":\"id\",\"operator\":\"in\",\"value\":[1,2,3]},{\"column\":\"name\"," \
	"\"operator\":\"!=\",\"value\":\"x\"}]}"

static const struct torture_scenario on_postgres[] = {
	{ ITEMS, ADMIN, RUN, RESULT, NULL, true },
	{ ITEMS, ADMIN, RUN, CSV, NULL, false },
	{ ITEMS, ADMIN, COUNT, RESULT, NULL, false },
	{ "{\"from\":\"items\",\"columns\":[\"name\"],\"byIds\":[3,1]}", ADMIN, RUN, RESULT, NULL, false },
	{ "{\"from\":\"items\"}", "{\"role\":\"one\",\"contextValues\":{\"name\":\"ann\"}}", RUN, NDJSON, NULL, false },
	{ "{\"from\":\"missing\"}", ADMIN, RUN, RESULT, NULL, false },
};
enum { ON_POSTGRES = sizeof on_postgres / sizeof *on_postgres };

/* In transaction pooling each statement brings the settings that the row security of the database
 * needs. */
static const struct torture_scenario in_transactions[] = {
	{ "{\"from\":\"items\",\"columns\":[\"id\"]}", "{\"role\":\"admin\",\"contextValues\":{\"name\":\"ann\","
	                                               "\"names\":[\"ann\",1,true]}}", RUN, JSON, NULL, false },
	{ ITEMS, "{\"role\":\"one\",\"contextValues\":{\"name\":\"ann\"}}", RUN, RESULT, NULL, false },
	{ ITEMS, "{\"role\":\"admin\",\"contextValues\":{\"name\":{}}}", RUN, RESULT, NULL, false },
	{ "{\"from\":\"missing\"}", ADMIN, RUN, RESULT, NULL, false },
};
enum { IN_TRANSACTIONS = sizeof in_transactions / sizeof *in_transactions };

/* Creates the tables and returns the url of a login that is subject to row security. */
static const char *create_items(const char *url)
{
	static char reader[200];
	PGconn *c = PQconnectdb(url);
	PGresult *r = PQexec(c, "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'torture') THEN "
	                        "CREATE ROLE torture LOGIN PASSWORD 't'; END IF; END $$;"
	                        "SET client_min_messages = error; DROP SCHEMA IF EXISTS torture CASCADE; CREATE SCHEMA "
	                        "torture; CREATE TABLE torture.items (id int PRIMARY KEY, name text, total numeric, at "
	                        "timestamptz,"
	                        " tags text[], doc json, raw bytea, ok boolean, ratio float8);"
	                        "INSERT INTO torture.items VALUES (1, 'ann', 12.50, '2024-01-01T00:00:00.1Z', '{a,\"b "
	                        "\\\"c\\\"\",NULL}', '{\"a\": [1, 2]}', '\\x0001', true, 0.1),"
	                        "(2, 'bob', NULL, NULL, '{}', NULL, NULL, NULL, 'NaN'), (3, 'eve', -1, '1999-12-31 "
	                        "23:59:59+00', NULL, '[]', '\\x', false, 1e300);"
	                        "GRANT USAGE ON SCHEMA torture TO torture; GRANT SELECT ON torture.items TO torture; "
	                        "ALTER TABLE torture.items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
	                        "CREATE POLICY own ON torture.items TO torture USING (current_setting('torture.user', "
	                        "true) IN (name, ''))");
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail_msg("%s", PQerrorMessage(c));
	snprintf(reader, sizeof reader, "postgresql://torture:t@%s:%s/%s?gssencmode=disable&sslmode=disable", PQhost(c),
	         PQport(c), PQdb(c));
	PQclear(r);
	PQfinish(c);
	return reader;
}

static char *postgres_config(const char *url, const char *rest)
{
	char *text = malloc(4096 + strlen(url) + strlen(rest));
	sprintf(text, "{\"databases\":[{\"id\":\"pg\",\"engine\":\"postgres\",\"connection\":{\"url\":\"%s\"%s}}],"
	              "\"caches\":[],\"externalSyncs\":[],\"tables\":["
	              "{\"id\":\"items\",\"apiName\":\"items\",\"database\":\"pg\",\"physicalName\":\"torture.items\","
	              "\"primaryKey\":[\"id\"],\"relations\":[],\"columns\":["
	              "{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false},"
	              "{\"apiName\":\"name\",\"physicalName\":\"name\",\"type\":\"string\",\"nullable\":true},"
	              "{\"apiName\":\"total\",\"physicalName\":\"total\",\"type\":\"decimal\",\"nullable\":true},"
	              "{\"apiName\":\"at\",\"physicalName\":\"at\",\"type\":\"timestamp\",\"nullable\":true},"
	              "{\"apiName\":\"tags\",\"physicalName\":\"tags\",\"type\":\"string[]\",\"nullable\":true},"
	              "{\"apiName\":\"doc\",\"physicalName\":\"doc\",\"type\":\"json\",\"nullable\":true},"
	              "{\"apiName\":\"raw\",\"physicalName\":\"raw\",\"type\":\"bytes\",\"nullable\":true},"
	              "{\"apiName\":\"ok\",\"physicalName\":\"ok\",\"type\":\"boolean\",\"nullable\":true},"
	              "{\"apiName\":\"ratio\",\"physicalName\":\"ratio\",\"type\":\"float\",\"nullable\":true}]},"
	              "{\"id\":\"missing\",\"apiName\":\"missing\",\"database\":\"pg\","
	              "\"physicalName\":\"torture.missing\",\"primaryKey\":[],\"relations\":[],\"columns\":["
	              "{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false}]}],"
	              "\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"},{\"id\":\"one\","
	              "\"tables\":[{\"tableId\":\"items\",\"allowedColumns\":\"*\",\"filters\":["
	              "{\"column\":\"name\",\"operator\":\"=\",\"valueFrom\":\"context\","
	              "\"contextKey\":\"name\"}]}]}]}",
	              url, rest);
	return text;
}

static void torture_postgres(const char *url, const char *rest, const struct torture_scenario *s, int n)
{
	char *text = postgres_config(url, rest);
	multidb_engine *e = open_text(text);
	assert_non_null(e);
	for (int i = 0; i < n; i++)
		torture_scenario(e, text, &s[i], NULL);
	multidb_engine_close(e);
	free(text);
}

static void postgres_answers_or_reports_memory(void **state)
{
	(void)state;
	char url[512];
	if (!getenv("MULTIDB_TEST_PG")) {
		printf("MULTIDB_TEST_PG is not set: no PostgreSQL to try\n");
		skip();
	}
	/* the Kerberos library behind libpq (MIT 1.20) crashes when an allocation fails, and the
	 * TLS library allocates without end: not ours to test */
	snprintf(url, sizeof url, "%s%cgssencmode=disable&sslmode=disable", getenv("MULTIDB_TEST_PG"),
	         strchr(getenv("MULTIDB_TEST_PG"), '?') ? '&' : '?');
	const char *reader = create_items(url);
	torture_postgres(url, "", on_postgres, ON_POSTGRES);
#define NATIVE \
	",\"nativeContext\":{\"role\":\"torture\",\"settings\":{\"torture.user\":\"name\"," \
	"\"torture.roles\":{\"roles\":\"user\"},\"torture.names\":\"names\"}}"
	torture_postgres(reader, NATIVE, in_transactions, 1);
	torture_postgres(reader, NATIVE ",\"pool\":{\"mode\":\"transaction\"}", in_transactions, IN_TRANSACTIONS);
	printf("%d scenarios on PostgreSQL, libpq's own allocations %s\n", ON_POSTGRES + IN_TRANSACTIONS + 1,
	       OOM_LIBRARIES ? "too" : "not");
}

static int group_setup(void **state)
{
	(void)state;
	oom_take_sqlite();
	dir = sample_make();
	config = with_dim(sample_config(NULL, NULL));
	return !dir || !config;
}

static int group_teardown(void **state)
{
	(void)state;
	sample_remove();
	free(config);
	printf("%llu allocations failed, at most %llu in one run\n", (unsigned long long)injections,
	       (unsigned long long)largest);
	return 0;
}

/* ---- the loop ---- */

/* One outcome; what is there to read is read. */
static multidb_outcome read_outcome(multidb_loop *loop, multidb_query *q, bool by_rows)
{
	struct pollfd fd = { .fd = multidb_loop_fd(loop), .events = POLLIN };
	const multidb_cell *cells;
	multidb_outcome outcome;
	multidb_query *told;
	const char *bytes;
	size_t n;
	assert_int_equal(poll(&fd, 1, 20000), 1);
	assert_int_equal(multidb_loop_next(loop, &told, &outcome), 1);
	assert_ptr_equal(told, q);
	while (outcome == MULTIDB_READY && by_rows && multidb_query_next_row(q, &cells) > 0)
		;
	if (outcome == MULTIDB_READY && !by_rows)
		assert_int_equal(multidb_query_next(q, &bytes, &n), 1);
	return outcome;
}

/* 0: the whole answer; -1: out of memory, as reported. */
static int ask_in_loop(multidb_loop *loop, multidb_query *q, bool by_rows)
{
	static const char definition[] = "{\"from\":\"orders\"}";
	multidb_outcome outcome;
	if (multidb_query_prepare(q, MULTIDB_RUN, definition, strlen(definition), ADMIN, strlen(ADMIN)) ||
	    (by_rows ? multidb_loop_start_rows(loop, q) : multidb_loop_start(loop, q, MULTIDB_NDJSON))) {
		assert_int_equal(multidb_error_code(multidb_query_error(q)), MULTIDB_OUT_OF_MEMORY);
		return -1;
	}
	while ((outcome = read_outcome(loop, q, by_rows)) == MULTIDB_READY)
		;
	assert_int_equal(outcome, MULTIDB_COMPLETE);
	return 0;
}

static int use_loop(multidb_engine *e, bool by_rows)
{
	multidb_error *error;
	multidb_loop *loop;
	if (multidb_loop_new(e, 2, &loop, &error)) {
		assert_int_equal(multidb_error_code(error), MULTIDB_OUT_OF_MEMORY);
		multidb_error_free(error);
		return -1;
	}
	multidb_query *q = multidb_query_new(e);
	int rc = q ? ask_in_loop(loop, q, by_rows) : -1;
	multidb_query_free(q);
	multidb_loop_free(loop);
	return rc;
}

/* The allocations of the calling thread alone fail: what the loop's threads run fails in the
 * scenarios above. */
static void a_loop_answers_or_reports_memory(void **state)
{
	(void)state;
	multidb_engine *e = open_text(config);
	for (int way = 0; way < 4; way++) {
		uint64_t n = 0;
		int rc = -1;
		for (bool hit = true; hit || rc; injections++) {
			oom_arm(++n, way & 1);
			rc = use_loop(e, way & 2);
			hit = oom_hit();
			oom_disarm();
		}
		assert_in_range(n, 4, 200);
	}
	multidb_engine_close(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configurations_load_or_report_memory),
		cmocka_unit_test(a_failed_reload_keeps_the_configuration),
		cmocka_unit_test(a_health_check_survives_failed_allocations),
		cmocka_unit_test(queries_answer_or_report_memory),
		cmocka_unit_test(bindings_answer_or_report_memory),
		cmocka_unit_test(a_loop_answers_or_reports_memory),
		cmocka_unit_test(a_context_of_250000_roles_reports_memory),
		cmocka_unit_test(postgres_answers_or_reports_memory),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
