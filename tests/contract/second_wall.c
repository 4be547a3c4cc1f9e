/* Defence in depth: the whole engine, built with its own row filters taken out,
 * against PostgreSQL's row security that knows the caller by nativeContext. What this build would
 * leak without the second wall is asked first. With MULTIDB_TEST_PGBOUNCER also in pool mode
 * `transaction` through it, where all callers share one server session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "access/guarded.h"

#include <libpq-fe.h>
#include <multidb.h>

/* ---- the first wall, taken out: linked with --wrap=md_guarded_rows ---- */

static bool taken_out = true;
const struct md_pred *__real_md_guarded_rows(const struct md_guarded_table *t);
const struct md_pred *__wrap_md_guarded_rows(const struct md_guarded_table *t);

const struct md_pred *__wrap_md_guarded_rows(const struct md_guarded_table *t)
{
	static const struct md_pred everything = { .kind = MD_PRED_TRUE };
	return taken_out ? &everything : __real_md_guarded_rows(t);
}

/* ---- a database with policies ---- */

static PGconn *own;

static void as_owner(const char *sql)
{
	PGresult *r = PQexec(own, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(own));
	PQclear(r);
}

static int make(void **state)
{
	(void)state;
	const char *url = getenv("MULTIDB_TEST_PG");
	if (!url)
		fail_msg("MULTIDB_TEST_PG is not set: run me through tests/lib/private_pg.py run -- …");
	own = PQconnectdb(url);
	assert_int_equal(PQstatus(own), CONNECTION_OK);
	as_owner("CREATE ROLE reader LOGIN PASSWORD 's3cr:et@/pass%wo rd'; CREATE ROLE wall_reader; GRANT wall_reader "
	         "TO "
	      "reader");
	as_owner("CREATE TABLE wall (id int PRIMARY KEY, tenant text, part int); CREATE TABLE wall_part (id int "
	         "PRIMARY "
	      "KEY, tenant text, name text)");
	as_owner("INSERT INTO wall SELECT i, substr('abc', 1 + i % 3, 1), i % 30 FROM generate_series(0, 2999) i");
	as_owner("INSERT INTO wall_part SELECT i, substr('abc', 1 + i % 3, 1), 'part ' || i FROM generate_series(0, "
	         "29) i");
	as_owner("ALTER TABLE wall ENABLE ROW LEVEL SECURITY; ALTER TABLE wall FORCE ROW LEVEL SECURITY; GRANT SELECT "
	         "ON "
	      "wall, wall_part TO wall_reader");
	as_owner("ALTER TABLE wall_part ENABLE ROW LEVEL SECURITY; ALTER TABLE wall_part FORCE ROW LEVEL SECURITY");
	as_owner("CREATE FUNCTION wall_sees(t text) RETURNS bool LANGUAGE sql STABLE RETURN t = "
	      "NULLIF(current_setting('wall.tenant', true), '')"
	      " OR t = ANY (NULLIF(current_setting('wall.tenants', true), '')::text[])"
	      " OR 'admin' = ANY (NULLIF(current_setting('wall.roles', true), '')::text[])");
	as_owner("CREATE POLICY own ON wall TO wall_reader USING (wall_sees(tenant)); CREATE POLICY own ON wall_part "
	         "TO "
	      "wall_reader USING (wall_sees(tenant))");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	PQfinish(own);
	return 0;
}

/* ---- asking ---- */

static const char guarded[] = ", \"nativeContext\": {\"role\": \"wall_reader\", \"settings\": {\"wall.tenant\": "
                              "\"tenantId\", \"wall.tenants\": \"tenantIds\","
			      " \"wall.roles\": {\"roles\": \"user\"}}}";

static multidb_engine *open_engine(const char *url, const char *rest)
{
	static const char form[] =
		"{\"databases\": [{\"id\": \"pg\", \"engine\": \"postgres\", \"connection\": {\"url\": \"%s\"%s}}], "
		"\"tables\": ["
		"{\"id\": \"w\", \"apiName\": \"walls\", \"database\": \"pg\", \"physicalName\": \"public.wall\", "
		"\"primaryKey\": [\"id\"], \"columns\": ["
		"{\"apiName\": \"id\", \"physicalName\": \"id\", \"type\": \"int\", \"nullable\": false},"
		"{\"apiName\": \"tenant\", \"physicalName\": \"tenant\", \"type\": \"string\", \"nullable\": false},"
		"{\"apiName\": \"part\", \"physicalName\": \"part\", \"type\": \"int\", \"nullable\": false}],"
		"\"relations\": [{\"column\": \"part\", \"references\": {\"table\": \"p\", \"column\": \"id\"}, "
		"\"type\": \"many-to-one\"}]},"
		"{\"id\": \"p\", \"apiName\": \"parts\", \"database\": \"pg\", \"physicalName\": \"public.wall_part\", "
		"\"primaryKey\": [\"id\"], \"columns\": ["
		"{\"apiName\": \"id\", \"physicalName\": \"id\", \"type\": \"int\", \"nullable\": false},"
		"{\"apiName\": \"tenant\", \"physicalName\": \"tenant\", \"type\": \"string\", \"nullable\": false}]}],"
		"\"caches\": [{\"id\": \"m\", \"engine\": \"memory\", \"tables\": [{\"tableId\": \"p\", "
		"\"keyPattern\": \"p:{id}\", \"ttl\": 60}]}],"
		"\"roles\": [{\"id\": \"admin\", \"tables\": \"*\"}, {\"id\": \"clerk\", \"tables\": \"*\"}, {\"id\": "
		"\"tenant\", \"tables\": ["
		"{\"tableId\": \"w\", \"allowedColumns\": \"*\", \"filters\": [{\"column\": \"tenant\", \"operator\": "
		"\"=\", \"valueFrom\": \"context\", \"contextKey\": \"tenantId\"}]},"
		"{\"tableId\": \"p\", \"allowedColumns\": \"*\", \"filters\": [{\"column\": \"tenant\", \"operator\": "
		"\"=\", \"valueFrom\": \"context\", \"contextKey\": \"tenantId\"}]}]}]}";
	static char text[6000];
	multidb_engine *e;
	multidb_error *err;
	int n = snprintf(text, sizeof text, form, url, rest);
	if (multidb_engine_open_text(text, (size_t)n, NULL, &e, &err))
		fail_msg("%s", multidb_error_json(err));
	return e;
}

/* Every walled engine: on the server itself, and through PgBouncer where there is one. */
static multidb_engine *walled(int which)
{
	static char url[300], rest[600];
	const char *bouncer = getenv("MULTIDB_TEST_PGBOUNCER");
	char server[100];
	if (which > 1 || (which == 1 && !bouncer))
		return NULL;
	snprintf(server, sizeof server, "127.0.0.1:%s", PQport(own));
	snprintf(url, sizeof url, "postgresql://reader:s3cr%%3Aet%%40%%2Fpass%%25wo%%20rd@%s/%s",
	         which ? bouncer : server, PQdb(own));
	snprintf(rest, sizeof rest, "%s%s", guarded, which ? ", \"pool\": {\"mode\": \"transaction\"}" : "");
	return open_engine(url, rest);
}

#define EACH_WALLED(e) \
	multidb_engine *e = walled(0); \
	for (int which_ = 0; e; multidb_engine_close(e), e = walled(++which_))

/* Rows of the answer; each has its tenant among `tenants`. -1 and the code in `code` where it
 * failed. */
static const char *code;

static int64_t ask_as(multidb_engine *e, multidb_mode mode, const char *definition, const char *context,
                   const char *tenants)
{
	multidb_query *q = multidb_query_new(e);
	const multidb_cell *cells;
	int64_t n = -1;
	int rc = multidb_query_prepare(q, mode, definition, strlen(definition), context, strlen(context)) ||
	                         multidb_query_start(q, MULTIDB_RESULT)
	                 ? -1
	                 : 1;
	while (rc > 0 && (rc = multidb_query_next_row(q, &cells)) > 0)
		if (cells[1].n != 1 || !strchr(tenants, cells[1].text[0]))
			fail_msg("%s got a row of tenant '%.*s'", context, (int)cells[1].n, cells[1].text);
	if (rc == 0)
		n = multidb_result_rows(q);
	code = rc ? multidb_error_code_name(multidb_query_error(q)) : "";
	multidb_query_free(q);
	return n;
}

#define WALLS "{\"from\": \"walls\", \"columns\": [\"id\", \"tenant\"]}"
#define JOINED \
	"{\"from\": \"walls\", \"columns\": [\"id\", \"tenant\"], \"joins\": [{\"table\": \"parts\", \"type\": " \
	"\"inner\"}]}"
#define TENANT(t) "{\"role\": \"tenant\", \"contextValues\": {\"tenantId\": \"" t "\"}}"

/* Were it not so, the rest would prove nothing. */
static void the_first_wall_is_out(void **state)
{
	(void)state;
	multidb_engine *e = open_engine(getenv("MULTIDB_TEST_PG"), "");
	assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, TENANT("a"), "abc"), 3000);
	taken_out = false;
	assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, TENANT("a"), "a"), 1000);
	taken_out = true;
	multidb_engine_close(e);
}

static void the_second_holds(void **state)
{
	(void)state;
	EACH_WALLED(e)
		for (int i = 0; i < 20; i++) {
			assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, TENANT("a"), "a"), 1000);
			assert_int_equal(ask_as(e, MULTIDB_RUN, i % 2 ? WALLS : JOINED, TENANT("b"), "b"), 1000);
			assert_int_equal(ask_as(e, MULTIDB_COUNT, WALLS, TENANT("c"), ""), 1000);
			assert_int_equal(ask_as(e, MULTIDB_RUN, "{\"from\": \"walls\", \"columns\": [\"id\", "
				"\"tenant\"], "
				"\"byIds\": [0, 1, 2, 3]}", TENANT("a"), "a"), 2);
		}
}

/* A cache in front: what the misses fetch comes through the wall. */
static void misses_of_a_cache_too(void **state)
{
	(void)state;
	EACH_WALLED(e) {
		static const char ids[] = "{\"from\": \"parts\", \"columns\": [\"id\", \"tenant\"], \"byIds\": [0, 1, "
		                          "2, 3]}";
		assert_int_equal(ask_as(e, MULTIDB_RUN, ids, TENANT("b"), "b"), 1);
		assert_int_equal(ask_as(e, MULTIDB_RUN, "{\"from\": \"parts\", \"columns\": [\"id\", \"tenant\"], "
		                                     "\"byIds\": [0, 2, 3]}", TENANT("a"), "a"), 2);
	}
}

/* Both walls up: the same rows. */
static void both_agree(void **state)
{
	(void)state;
	taken_out = false;
	EACH_WALLED(e) {
		assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, TENANT("a"), "a"), 1000);
		assert_int_equal(ask_as(e, MULTIDB_RUN, JOINED, TENANT("b"), "b"), 1000);
	}
	taken_out = true;
}

static void what_the_context_says(void **state)
{
	(void)state;
	EACH_WALLED(e) {
		/* nothing known: no rows */
		assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, "{\"role\": \"clerk\"}", ""), 0);
		assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, "{\"role\": \"clerk\", \"contextValues\": "
			"{\"tenantId\": "
			"null}}", ""), 0);
		assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, "{\"role\": \"clerk\", \"contextValues\": "
			"{\"tenantId\": "
			"\"\", \"tenantIds\": []}}", ""), 0);
		assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, "{\"role\": \"clerk\", \"contextValues\": "
			"{\"tenantId\": "
			"true, \"tenantIds\": [1, false, \"c\"]}}", "c"), 1000);
		assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, "{\"role\": \"clerk\", \"contextValues\": "
			"{\"tenantIds\": "
			"[\"a\", \"b\"]}}", "ab"), 2000);
		assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, "{\"role\": \"clerk\", \"contextValues\": "
			"{\"tenantIds\": "
			"[\"a,b\", \"}\", \"\\\"\", \"\\\\\"]}}", ""), 0);
		assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, "{\"role\": \"admin\"}", "abc"), 3000);
		assert_int_equal(
			ask_as(e, MULTIDB_RUN, WALLS, "{\"roles\": {\"user\": [\"clerk\", \"admin\"]}}", "abc"), 3000);
  /* another scope */
		assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, "{\"roles\": {\"service\": [\"admin\"]}}", ""), 0);
		assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, TENANT("a' OR 'a'='a"), ""), 0);
	}
}

static void what_no_setting_can_hold(void **state)
{
	(void)state;
	static const char *const contexts[] = {
		"{\"role\": \"clerk\", \"contextValues\": {\"tenantId\": {}}}",
		"{\"role\": \"clerk\", \"contextValues\": {\"tenantId\": \"a\\u0000b\"}}",
		"{\"role\": \"clerk\", \"contextValues\": {\"tenantIds\": [[\"a\"]]}}",
		"{\"role\": \"clerk\", \"contextValues\": {\"tenantIds\": [null]}}",
		"{\"role\": \"clerk\", \"contextValues\": {\"tenantIds\": [\"a\\u0000\"]}}",
		"{\"role\": \"clerk\", \"contextValues\": {\"tenantId\": \"a\", \"tenantId\": \"b\"}}",
	};
	EACH_WALLED(e)
		for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++)
			for (multidb_mode mode = MULTIDB_RUN; mode <= MULTIDB_PLAN; mode += MULTIDB_PLAN) {
				assert_int_equal(ask_as(e, mode, WALLS, contexts[i], ""), -1);
				assert_string_equal(code, "VALIDATION_FAILED");
			}
}

/* As a reader of the debug log sees it. */
static void the_log_tells(void **state)
{
	(void)state;
	multidb_engine *e = walled(0);
	multidb_query *q = multidb_query_new(e);
	static const char context[] = "{\"role\": \"clerk\", \"contextValues\": {\"tenantIds\": [\"a\", \"b\"]}}";
	assert_int_equal(multidb_query_prepare(q, MULTIDB_PLAN, WALLS, strlen(WALLS), context, strlen(context)), 0);
	const char *log = multidb_result_debug_text(q);
	assert_non_null(strstr(log, "pg: setting wall.tenant for its own row security is empty: the context has no "
	                            "such value"));
	assert_non_null(strstr(log, "pg: setting wall.tenants for its own row security (resolved: '{\"a\",\"b\"}')"));
	assert_non_null(strstr(log, "pg: setting wall.roles for its own row security (resolved: '{\"clerk\"}')"));
	multidb_query_free(q);
	multidb_engine_close(e);
}

static void a_superuser_is_refused(void **state)
{
	(void)state;
	multidb_engine *e = open_engine(getenv("MULTIDB_TEST_PG"), guarded);
	assert_int_equal(ask_as(e, MULTIDB_RUN, WALLS, TENANT("a"), ""), -1);
	assert_string_equal(code, "CONNECTION_FAILED");
	multidb_engine_close(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_wall_is_out), cmocka_unit_test(the_second_holds),
		cmocka_unit_test(misses_of_a_cache_too),
		cmocka_unit_test(both_agree), cmocka_unit_test(what_the_context_says),
		cmocka_unit_test(what_no_setting_can_hold),
		cmocka_unit_test(the_log_tells),         cmocka_unit_test(a_superuser_is_refused),
	};
	return cmocka_run_group_tests(tests, make, unmake);
}
