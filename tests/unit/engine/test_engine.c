/* multidb.h, the engine: opening, its errors, reloading, health. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct md_arena arena;
static multidb_engine *engine;
static const char *dir;

#define AT(json, pointer, want) assert_string_equal(json_at(&arena, (json), (pointer)), (want))

static int group_setup(void **state)
{
	(void)state;
	dir = sample_make();
	return !dir || !(engine = sample_open());
}

static int group_teardown(void **state)
{
	(void)state;
	multidb_engine_close(engine);
	sample_remove();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static multidb_error *refused(const char *text)
{
	multidb_engine *e = engine;
	multidb_error *error = NULL;
	assert_int_equal(multidb_engine_open_text(text, strlen(text), NULL, &e, &error), -1);
	assert_null(e);
	assert_non_null(error);
	return error;
}

static void takes_null_handles(void **state)
{
	(void)state;
	multidb_engine_close(NULL);
	multidb_error_free(NULL);
	multidb_query_free(NULL);
	multidb_text_free(NULL);
	assert_string_equal(multidb_version(), MULTIDB_VERSION);
	assert_string_equal(multidb_error_code_name(NULL), "OUT_OF_MEMORY"); /* no error object could be made */
	assert_string_equal(multidb_error_message(NULL), "out of memory");
	assert_int_equal(multidb_error_status(NULL), 503);
	AT(multidb_error_json(NULL), "/code", "\"OUT_OF_MEMORY\"");
}

static void returns_the_schema_of_configurations(void **state)
{
	(void)state;
	AT(multidb_config_schema(), "/$schema", "\"https://json-schema.org/draft/2020-12/schema\"");
	AT(multidb_config_schema(), "/type", "\"object\"");
}

static void returns_the_schema_of_definitions(void **state)
{
	(void)state;
	AT(multidb_query_schema(), "/$schema", "\"https://json-schema.org/draft/2020-12/schema\"");
	AT(multidb_query_schema(), "/$ref", "\"#/$defs/definition\"");
}

static void reports_a_missing_file(void **state)
{
	(void)state;
	multidb_engine *e;
	multidb_error *error;
	assert_int_equal(multidb_engine_open_file("/nowhere/multidb.json", NULL, &e, &error), -1);
	assert_null(e);
	assert_string_equal(multidb_error_code_name(error), "METADATA_LOAD_FAILED");
	assert_int_equal(multidb_error_status(error), 503);
	assert_non_null(strstr(multidb_error_message(error), "/nowhere/multidb.json"));
	multidb_error_free(error);
	/* the error object may be left out */
	assert_int_equal(multidb_engine_open_file("/nowhere/multidb.json", NULL, &e, NULL), -1);
}

static void reports_text_that_is_no_json(void **state)
{
	(void)state;
	multidb_error *error = refused("{\n \"databases\": [,]}");
	assert_string_equal(multidb_error_code_name(error), "METADATA_LOAD_FAILED");
	assert_non_null(strstr(multidb_error_message(error), "line 2, column 16"));
	multidb_error_free(error);
	multidb_error_free(refused(""));
}

/* All problems at once, each with code and pointer; the object is whole. */
static void reports_all_problems_of_a_configuration(void **state)
{
	(void)state;
	multidb_error *error = refused("{\"databases\":[{\"id\":\"a\",\"engine\":\"oracle\"}],\"tables\":[],"
	                               "\"roles\":[],\"nonsense\":1}");
	const char *json = multidb_error_json(error);
	assert_string_equal(multidb_error_code_name(error), "CONFIG_INVALID");
	assert_int_equal(multidb_error_status(error), 400);
	assert_string_equal(multidb_error_message(error), "Config invalid: 2 errors");
	AT(json, "/type", "\"urn:multidb:error:CONFIG_INVALID\"");
	AT(json, "/status", "400");
	AT(json, "/code", "\"CONFIG_INVALID\"");
	AT(json, "/message", "\"Config invalid: 2 errors\"");
	AT(json, "/detail", "\"Config invalid: 2 errors\"");
	AT(json, "/errors/2", "(none)");
	assert_ptr_equal(json, multidb_error_json(error)); /* rendered once */
	multidb_error_free(error);
	error = refused("{\"nonsense\":1,\"databases\":[],\"tables\":[],\"roles\":[]}");
	assert_non_null(strstr(multidb_error_message(error), "Config invalid: 1 error"));
	AT(multidb_error_json(error), "/errors/0/code", "\"UNKNOWN_KEY\"");
	AT(multidb_error_json(error), "/errors/0/pointer", "\"/nonsense\"");
	multidb_error_free(error);
}

#define PG \
	"{\"databases\":[{\"id\":\"pg\",\"engine\":\"postgres\"," \
	"\"connection\":{\"url\":{\"env\":\"MULTIDB_NO_SUCH_VARIABLE\"}}}]," \
	"\"tables\":[{\"id\":\"t\",\"apiName\":\"t\",\"database\":\"pg\",\"physicalName\":\"t\"," \
	"\"primaryKey\":[\"id\"],\"relations\":[]," \
	"\"columns\":[{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false}]}]," \
	"\"caches\":[],\"externalSyncs\":[],\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"}]}"

/* A secret that is not there is an error, unless only planning is wanted. */
static void reads_secrets_only_to_execute(void **state)
{
	(void)state;
	multidb_engine *e;
	multidb_error *error = refused(PG);
	assert_non_null(strstr(multidb_error_json(error), "MULTIDB_NO_SUCH_VARIABLE"));
	multidb_error_free(error);
	multidb_options offline = { .size = sizeof(multidb_options), .offline = 1 };
	assert_int_equal(multidb_engine_open_text(PG, strlen(PG), &offline, &e, &error), 0);
	assert_null(error);
	multidb_query *q = multidb_query_new(e);
	char *plan = sample_ask(q, MULTIDB_PLAN, MULTIDB_RESULT, "{\"from\":\"t\"}", "{\"role\":\"admin\"}");
	AT(plan, "/dialect", "\"postgres\"");
	free(plan);
	char *run = sample_ask(q, MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"t\"}", "{\"role\":\"admin\"}");
	AT(run + 1, "/code", "\"EXECUTOR_MISSING\"");
	AT(run + 1, "/status", "500");
	AT(run + 1, "/details/database", "\"pg\"");
	AT(run + 1, "/details/dialect", "\"postgres\"");
	free(run);
	multidb_query_free(q);
	multidb_engine_close(e);
}

/* A program of an older header is shorter, one of a newer header longer: what this library does not
 * know must be zero. */
static void reads_options_of_older_and_newer_headers(void **state)
{
	(void)state;
	multidb_engine *e;
	multidb_error *error;
	struct {
		multidb_options known;
		char added[64];
	} o = { .known = { .size = offsetof(multidb_options, lasting_cursors), .offline = 1, .base_dir = "/nowhere" } };
	assert_int_equal(multidb_engine_open_text(PG, strlen(PG), &o.known, &e, &error), 0);
	multidb_engine_close(e);
	o.known.size = sizeof o;
	assert_int_equal(multidb_engine_open_text(PG, strlen(PG), &o.known, &e, &error), 0);
	multidb_engine_close(e);
	o.added[sizeof o.added - 1] = 1;
	assert_int_equal(multidb_engine_open_text(PG, strlen(PG), &o.known, &e, &error), -1);
	assert_null(e);
	assert_int_equal(multidb_error_code(error), MULTIDB_MISUSE);
	multidb_error_free(error);
	const multidb_options without_size = { .offline = 1 };
	assert_int_equal(multidb_engine_open_text(PG, strlen(PG), &without_size, &e, &error), -1);
	assert_string_equal(multidb_error_code_name(error), "MISUSE");
	multidb_error_free(error);
	assert_int_equal(multidb_engine_open_text(PG, strlen(PG), &without_size, &e, NULL), -1);
}

static void takes_paths_relative_to_base_dir(void **state)
{
	(void)state;
	char *config = sample_config(NULL, NULL), base[64];
	multidb_engine *e;
	snprintf(base, sizeof base, "%s", dir);
	multidb_options o = { .size = sizeof(multidb_options), .base_dir = base };
	assert_int_equal(multidb_engine_open_text(config, strlen(config), &o, &e, NULL), 0);
	memset(base, 'x', sizeof base - 1); /* it was copied */
	multidb_query *q = multidb_query_new(e);
	char *count = sample_ask(q, MULTIDB_COUNT, MULTIDB_JSON, "{\"from\":\"orders\"}", "{\"role\":\"admin\"}");
	assert_string_equal(count, "{\"count\":12}\n");
	free(count);
	/* and after a reload too */
	assert_int_equal(multidb_engine_reload_text(e, config, strlen(config), NULL), 0);
	count = sample_ask(q, MULTIDB_COUNT, MULTIDB_JSON, "{\"from\":\"orders\"}", "{\"role\":\"admin\"}");
	assert_string_equal(count, "{\"count\":12}\n");
	free(count);
	multidb_query_free(q);
	multidb_engine_close(e);
	free(config);
}

/* ---- reload ---- */

static void reload(multidb_engine *e, const char *member, const char *value)
{
	char *config = sample_config(member, value);
	multidb_error *error;
	if (multidb_engine_reload_text(e, config, strlen(config), &error))
		fail_msg("%s", multidb_error_json(error));
	free(config);
}

#define CROSS "{\"from\":\"orders\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"invoices\",\"columns\":[]}]}"
#define ADMIN "{\"role\":\"admin\"}"

static multidb_engine *own_engine(void)
{
	char *config = sample_config(NULL, NULL);
	multidb_options o = { .size = sizeof(multidb_options), .base_dir = dir };
	multidb_engine *e;
	assert_int_equal(multidb_engine_open_text(config, strlen(config), &o, &e, NULL), 0);
	free(config);
	return e;
}

static void uses_a_reloaded_configuration_from_the_next_query_on(void **state)
{
	(void)state;
	multidb_engine *e = own_engine();
	multidb_query *q = multidb_query_new(e);
	char *a = sample_ask(q, MULTIDB_PLAN, MULTIDB_RESULT, CROSS, ADMIN);
	AT(a, "/strategy", "\"trino-cross-db\"");
	free(a);
	reload(e, "trino", "{\"enabled\":false}");
	a = sample_ask(q, MULTIDB_PLAN, MULTIDB_RESULT, CROSS, ADMIN);
	AT(a + 1, "/code", "\"TRINO_DISABLED\"");
	free(a);
	multidb_query_free(q);
	multidb_engine_close(e);
}

/* A query in flight keeps its snapshot, connections and caches until it is done with. */
static void keeps_the_snapshot_of_a_running_query(void **state)
{
	(void)state;
	multidb_engine *e = own_engine();
	multidb_query *q = multidb_query_new(e);
	const multidb_cell *cells;
	int rows = 0;
	assert_int_equal(multidb_query_prepare(q, MULTIDB_RUN, "{\"from\":\"orders\"}", 17, ADMIN, strlen(ADMIN)), 0);
	assert_int_equal(multidb_query_start(q, MULTIDB_RESULT), 0);
	assert_int_equal(multidb_query_next_row(q, &cells), 1);
	reload(e, "roles", "[{\"id\":\"nobody\",\"tables\":[]}]");
	assert_string_equal(multidb_result_column_name(q, 1), "tenantId");
	for (rows = 1; multidb_query_next_row(q, &cells) > 0;)
		rows++;
	assert_int_equal(rows, 12);
	assert_string_equal(multidb_result_target(q), "pg-main");
	char *a = sample_ask(q, MULTIDB_PLAN, MULTIDB_RESULT, "{\"from\":\"orders\"}", ADMIN);
	AT(a + 1, "/errors/0/code", "\"UNKNOWN_ROLE\"");
	free(a);
	multidb_query_free(q);
	multidb_engine_close(e);
}

static void keeps_the_configuration_when_a_reload_fails(void **state)
{
	(void)state;
	multidb_engine *e = own_engine();
	multidb_error *error;
	assert_int_equal(multidb_engine_reload_text(e, "{", 1, &error), -1);
	assert_string_equal(multidb_error_code_name(error), "METADATA_LOAD_FAILED");
	multidb_error_free(error);
	assert_int_equal(multidb_engine_reload_text(e, "{}", 2, &error), -1);
	assert_string_equal(multidb_error_code_name(error), "CONFIG_INVALID");
	multidb_error_free(error);
	multidb_query *q = multidb_query_new(e);
	char *a = sample_ask(q, MULTIDB_PLAN, MULTIDB_RESULT, CROSS, ADMIN);
	AT(a, "/strategy", "\"trino-cross-db\"");
	free(a);
	multidb_query_free(q);
	multidb_engine_close(e);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Relative paths then begin in the folder of the new file. */
static void reloads_a_file(void **state)
{
	(void)state;
	char *config = sample_config("trino", "{\"enabled\":false}"), path[128];
	multidb_engine *e = sample_open();
	multidb_query *q = multidb_query_new(e);
	multidb_error *error;
	snprintf(path, sizeof path, "%s/other.json", dir);
	write_file(path, config);
	assert_int_equal(multidb_engine_reload_file(e, path, &error), 0);
	assert_null(error);
	char *a = sample_ask(q, MULTIDB_PLAN, MULTIDB_RESULT, CROSS, ADMIN);
	AT(a + 1, "/code", "\"TRINO_DISABLED\"");
	free(a);
	a = sample_ask(q, MULTIDB_COUNT, MULTIDB_JSON, "{\"from\":\"orders\"}", ADMIN);
	assert_string_equal(a, "{\"count\":12}\n");
	free(a);

	write_file(path, "{\"databases\":[");
	assert_int_equal(multidb_engine_reload_file(e, path, &error), -1);
	assert_int_equal(multidb_error_code(error), MULTIDB_METADATA_LOAD_FAILED);
	assert_non_null(strstr(multidb_error_message(error), "other.json: the configuration is not JSON: line 1"));
	multidb_error_free(error);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(multidb_engine_reload_file(e, path, &error), -1);
	assert_int_equal(multidb_error_code(error), MULTIDB_METADATA_LOAD_FAILED);
	multidb_error_free(error);
	assert_int_equal(multidb_engine_reload_file(e, path, NULL), -1);
	a = sample_ask(q, MULTIDB_PLAN, MULTIDB_RESULT, CROSS, ADMIN);
	AT(a + 1, "/code", "\"TRINO_DISABLED\"");
	free(a);
	multidb_query_free(q);
	multidb_engine_close(e);
	free(config);
}

/* Threads ask while another one reloads: every answer is whole and of one of the two
 * configurations. */
static _Atomic bool enough;

static void *ask_on(void *arg)
{
	multidb_query *q = multidb_query_new(arg);
	intptr_t wrong = 0;
	for (int i = 0; i < 5 || !enough; i++) {
		char *a = sample_ask(q, MULTIDB_RUN, MULTIDB_NDJSON, "{\"from\":\"users\",\"columns\":[\"id\"],"
			"\"byIds\":[2,1]}", ADMIN);
		wrong += strcmp(a, "{\"id\":2}\n{\"id\":1}\n") != 0;
		free(a);
	}
	multidb_query_free(q);
	return (void *)wrong;
}

static void reloads_while_queries_run(void **state)
{
	(void)state;
	multidb_engine *e = own_engine();
	pthread_t threads[3];
	enough = false;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_on, e), 0);
	for (int i = 0; i < 20; i++)
		reload(e, i % 2 ? "policy" : NULL, "{\"anonymous\":\"deny\"}");
	enough = true;
	for (int i = 0; i < 3; i++) {
		void *wrong;
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	multidb_engine_close(e);
}

/* ---- health ---- */

static void reports_healthy_databases(void **state)
{
	(void)state;
	char *health = multidb_engine_health(engine, 1000);
	AT(health, "/healthy", "true");
	AT(health, "/executors/pg-main/healthy", "true");
	AT(health, "/executors/iceberg-archive/healthy", "true");
	AT(health, "/executors/pg-main/error", "(none)");
	assert_string_not_equal(json_at(&arena, health, "/executors/pg-main/latencyMs"), "(none)");
	multidb_text_free(health);
}

static void reports_a_missing_database_as_unhealthy(void **state)
{
	(void)state;
	multidb_engine *e = own_engine();
	reload(e, "databases", "[{\"id\":\"pg-main\",\"engine\":\"sqlite\","
	                       "\"connection\":{\"url\":\"sqlite:data/gone.db\"}},{\"id\":\"pg-tenant\","
	                       "\"engine\":\"sqlite\"},"
	                       "{\"id\":\"ch-analytics\",\"engine\":\"sqlite\","
	                       "\"connection\":{\"url\":\"sqlite:data/ch-analytics.db\"}},"
	                       "{\"id\":\"iceberg-archive\",\"engine\":\"sqlite\"}]");
	char *health = multidb_engine_health(e, 1000);
	AT(health, "/healthy", "false");
	AT(health, "/executors/pg-main/healthy", "false");
	AT(health, "/executors/pg-main/error", "\"CONNECTION_FAILED\"");
	AT(health, "/executors/ch-analytics/healthy", "true");
	AT(health, "/executors/pg-tenant", "(none)"); /* has no connection */
	multidb_text_free(health);
	multidb_query *q = multidb_query_new(e);
	char *a = sample_ask(q, MULTIDB_RUN, MULTIDB_RESULT, "{\"from\":\"orders\"}", ADMIN);
	AT(a + 1, "/code", "\"CONNECTION_FAILED\"");
	AT(a + 1, "/status", "503");
	AT(a + 1, "/details/database", "\"pg-main\"");
	AT(a + 1, "/details/hint",
	   "\"check that the database runs, or that its file can be opened, "
	   "and that the url in the configuration is right\"");
	free(a);
	a = sample_ask(q, MULTIDB_RUN, MULTIDB_NDJSON, "{\"from\":\"metrics\",\"columns\":[\"name\"],\"limit\":0}",
	               ADMIN);
	assert_string_equal(a, "");
	free(a);
	multidb_query_free(q);
	multidb_engine_close(e);
}

#define T(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(takes_null_handles), T(returns_the_schema_of_configurations),
		T(returns_the_schema_of_definitions), T(reports_a_missing_file),
		T(reports_text_that_is_no_json), T(reports_all_problems_of_a_configuration),
		T(reads_secrets_only_to_execute), T(reads_options_of_older_and_newer_headers),
		T(takes_paths_relative_to_base_dir),
		T(uses_a_reloaded_configuration_from_the_next_query_on), T(keeps_the_snapshot_of_a_running_query),
		T(keeps_the_configuration_when_a_reload_fails), T(reloads_a_file),
		T(reloads_while_queries_run),
		T(reports_healthy_databases), T(reports_a_missing_database_as_unhealthy),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
