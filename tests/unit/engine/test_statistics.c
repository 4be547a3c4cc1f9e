/* multidb.h, statistics: what is counted when, and that counters outlive reloads. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static const char *dir;
static multidb_engine *engine;
static multidb_query *query;

#define ADMIN "{\"role\":\"admin\"}"
#define DIRECT "strategy=\"direct\",dialect=\"sqlite\""
#define TIMES "multidb_query_duration_seconds_"

/* ---- reading, as a writer for Prometheus does ---- */

static char text[65536];

static void append_line(const multidb_statistics *s, size_t i)
{
	size_t n = strlen(text);
	n += (size_t)sprintf(text + n, "%s", multidb_statistics_name(s, i));
	for (size_t k = 0; k < multidb_statistics_label_count(s, i); k++)
		n += (size_t)sprintf(text + n, "%c%s=\"%s\"", k ? ',' : '{', multidb_statistics_label_name(s, i, k),
		                     multidb_statistics_label_value(s, i, k));
	const char *end = multidb_statistics_label_count(s, i) ? "}" : "";
	sprintf(text + n, "%s %.17g\n", end, multidb_statistics_value(s, i));
}

static const char *read_all(void)
{
	multidb_statistics *s = multidb_engine_statistics(engine);
	assert_non_null(s);
	text[0] = '\0';
	for (size_t i = 0; i < multidb_statistics_count(s); i++)
		append_line(s, i);
	multidb_statistics_free(s);
	return text;
}

/* The value of a sample, which is written as a line begins; -1: there is none. */
static double value_of(const char *sample)
{
	char line[256];
	snprintf(line, sizeof line, "\n%s ", sample);
	read_all();
	memmove(text + 1, text, strlen(text) + 1);
	text[0] = '\n';
	const char *at = strstr(text, line);
	return at ? strtod(at + strlen(line), NULL) : -1;
}

#define HAS(sample, value) assert_true(value_of(sample) == (double)(value))
#define LACKS(sample) assert_true(value_of(sample) == -1)

static void ask(multidb_mode mode, const char *definition)
{
	char *a = sample_ask(query, mode, MULTIDB_NDJSON, definition, ADMIN);
	assert_true(a[0] != '!');
	free(a);
}

static void prepare_orders(multidb_query *q, multidb_mode mode)
{
	static const char definition[] = "{\"from\":\"orders\"}";
	assert_int_equal(multidb_query_prepare(q, mode, definition, strlen(definition), ADMIN, strlen(ADMIN)), 0);
}

/* ---- tests ---- */

static void starts_with_what_is_always_there(void **state)
{
	(void)state;
	HAS("multidb_plan_duration_seconds_count", 0);
	HAS("multidb_plan_duration_seconds_sum", 0);
	HAS("multidb_plan_duration_seconds_bucket{le=\"5e-06\"}", 0);
	HAS("multidb_plan_duration_seconds_bucket{le=\"+Inf\"}", 0);
	HAS("multidb_rows_total", 0);
	HAS("multidb_reloads_total{result=\"ok\"}", 0);
	HAS("multidb_reloads_total{result=\"refused\"}", 0);
	HAS("multidb_reloads_total{result=\"failed\"}", 0);
	HAS("multidb_pool_size{database=\"pg-main\"}", 0);
	HAS("multidb_pool_size{database=\"trino\"}", 0);
	HAS("multidb_build_info{version=\"" MULTIDB_VERSION "\"}", 1);
	LACKS(TIMES "count{" DIRECT ",outcome=\"ok\"}");
}

static void describes_each_sample(void **state)
{
	(void)state;
	ask(MULTIDB_RUN, "{\"from\":\"orders\"}");
	multidb_statistics *s = multidb_engine_statistics(engine);
	size_t n = multidb_statistics_count(s);
	for (size_t i = 0; i < n; i++) {
		const char *metric = multidb_statistics_metric(s, i), *name = multidb_statistics_name(s, i);
		bool histogram = multidb_statistics_kind(s, i) == MULTIDB_HISTOGRAM;
		assert_int_equal(strncmp(name, metric, strlen(metric)), 0);
		assert_int_equal(strcmp(name, metric) != 0, histogram);
		assert_true(strlen(multidb_statistics_help(s, i)) > 10);
		if (multidb_statistics_kind(s, i) == MULTIDB_COUNTER)
			assert_string_equal(metric + strlen(metric) - 6, "_total");
	}
	assert_null(multidb_statistics_name(s, n));
	assert_null(multidb_statistics_metric(s, n));
	assert_null(multidb_statistics_help(s, n));
	assert_int_equal(multidb_statistics_label_count(s, n), 0);
	assert_null(multidb_statistics_label_name(s, 0, 9));
	assert_null(multidb_statistics_label_value(s, 0, 9));
	assert_true(multidb_statistics_value(s, n) == 0);
	multidb_statistics_free(s);
	multidb_statistics_free(NULL);
	assert_null(multidb_engine_statistics(NULL));
	assert_int_equal(multidb_statistics_count(NULL), 0);
}

static void counts_plans(void **state)
{
	(void)state;
	ask(MULTIDB_PLAN, "{\"from\":\"orders\"}");
	ask(MULTIDB_EXPLAIN, "{\"from\":\"orders\"}");
	ask(MULTIDB_VALIDATE, "{\"from\":\"orders\"}"); /* plans nothing */
	char *a = sample_ask(query, MULTIDB_PLAN, MULTIDB_JSON, "{\"from\":\"order\"}", ADMIN);
	free(a);
	HAS("multidb_plan_duration_seconds_count", 2);
	HAS("multidb_plan_duration_seconds_bucket{le=\"+Inf\"}", 2);
	assert_true(value_of("multidb_plan_duration_seconds_sum") < 1);
	LACKS(TIMES "count{" DIRECT ",outcome=\"ok\"}");
}

static void counts_queries_by_their_end(void **state)
{
	(void)state;
	const char *bytes;
	size_t n;
	ask(MULTIDB_RUN, "{\"from\":\"orders\"}");
	ask(MULTIDB_COUNT, "{\"from\":\"orders\"}");
	ask(MULTIDB_RUN, "{\"from\":\"orders\",\"executeMode\":\"sql-only\"}"); /* runs nothing */
	HAS(TIMES "count{" DIRECT ",outcome=\"ok\"}", 2);
	HAS(TIMES "bucket{" DIRECT ",outcome=\"ok\",le=\"+Inf\"}", 2);
	assert_true(value_of(TIMES "sum{" DIRECT ",outcome=\"ok\"}") > 0);
	HAS("multidb_rows_total", 12);
	HAS("multidb_pool_size{database=\"pg-main\"}", 1);
	HAS("multidb_pool_in_use{database=\"pg-main\"}", 0);

	/* discarded before its end, after its first row */
	const multidb_cell *cells;
	prepare_orders(query, MULTIDB_RUN);
	assert_int_equal(multidb_query_start(query, MULTIDB_NDJSON), 0);
	HAS("multidb_pool_in_use{database=\"pg-main\"}", 1);
	assert_int_equal(multidb_query_next_row(query, &cells), 1);
	ask(MULTIDB_PLAN, "{\"from\":\"orders\"}");
	HAS(TIMES "count{" DIRECT ",outcome=\"cancelled\"}", 1);
	HAS("multidb_rows_total", 13);

	/* across databases */
	ask(MULTIDB_RUN, "{\"from\":\"orders\",\"columns\":[\"id\"],"
	                 "\"joins\":[{\"table\":\"invoices\",\"columns\":[]}]}");
	HAS(TIMES "count{strategy=\"trino-cross-db\",dialect=\"sqlite\",outcome=\"ok\"}", 1);
	HAS("multidb_pool_size{database=\"trino\"}", 1);

	/* read to its end twice: counted once */
	prepare_orders(query, MULTIDB_COUNT);
	assert_int_equal(multidb_query_start(query, MULTIDB_JSON), 0);
	while (multidb_query_next(query, &bytes, &n) > 0)
		continue;
	assert_int_equal(multidb_query_next(query, &bytes, &n), 0);
	HAS(TIMES "count{" DIRECT ",outcome=\"ok\"}", 3);
}

static void reload_with(const char *member, const char *value)
{
	char *config = sample_config(member, value);
	multidb_error *error;
	if (multidb_engine_reload_text(engine, config, strlen(config), &error))
		fail_msg("%s", multidb_error_json(error));
	free(config);
}

#define PG_MAIN(connection) \
	"[{\"id\":\"pg-main\",\"engine\":\"sqlite\",\"connection\":{" connection "}}," \
	"{\"id\":\"pg-tenant\",\"engine\":\"sqlite\"},{\"id\":\"ch-analytics\",\"engine\":\"sqlite\"}," \
	"{\"id\":\"iceberg-archive\",\"engine\":\"sqlite\"}]"

static void counts_failures(void **state)
{
	(void)state;
	reload_with("databases", PG_MAIN("\"url\":\"sqlite:data/gone.db\""));
	char *a = sample_ask(query, MULTIDB_RUN, MULTIDB_JSON, "{\"from\":\"orders\"}", ADMIN);
	assert_non_null(strstr(a, "CONNECTION_FAILED"));
	free(a);
	HAS(TIMES "count{" DIRECT ",outcome=\"error\"}", 1);
	LACKS(TIMES "count{" DIRECT ",outcome=\"ok\"}");
	LACKS("multidb_pool_timeouts_total{database=\"pg-main\"}");
}

/* One connection, which another query uses. */
static void counts_queries_that_find_no_connection(void **state)
{
	(void)state;
	reload_with("databases", PG_MAIN("\"url\":\"sqlite:data/pg-main.db\","
	                                 "\"pool\":{\"max\":1,\"acquireTimeoutMs\":1}"));
	ask(MULTIDB_RUN, "{\"from\":\"users\",\"byIds\":[1]}"); /* another counter with a name */
	multidb_query *other = multidb_query_new(engine);
	prepare_orders(other, MULTIDB_RUN);
	assert_int_equal(multidb_query_start(other, MULTIDB_NDJSON), 0);
	for (int i = 1; i <= 2; i++) {
		char *a = sample_ask(query, MULTIDB_RUN, MULTIDB_JSON, "{\"from\":\"orders\"}", ADMIN);
		assert_non_null(strstr(a, "POOL_EXHAUSTED"));
		free(a);
		HAS("multidb_pool_timeouts_total{database=\"pg-main\"}", i);
		HAS("multidb_cache_requests_total{cache=\"redis\",result=\"miss\"}", 1);
	}
	multidb_query_free(other);
	HAS(TIMES "count{" DIRECT ",outcome=\"error\"}", 2);
	HAS(TIMES "count{" DIRECT ",outcome=\"cancelled\"}", 1);
}

static void counts_looked_up_rows(void **state)
{
	(void)state;
	ask(MULTIDB_RUN, "{\"from\":\"users\",\"byIds\":[1,2]}");
	HAS("multidb_cache_requests_total{cache=\"redis\",result=\"miss\"}", 2);
	HAS("multidb_cache_requests_total{cache=\"redis\",result=\"hit\"}", 0);
	HAS("multidb_cache_requests_total{cache=\"redis\",result=\"error\"}", 0);
	HAS(TIMES "count{" DIRECT ",outcome=\"ok\"}", 1); /* the database answered */
	ask(MULTIDB_RUN, "{\"from\":\"users\",\"byIds\":[2,3,1]}");
	HAS("multidb_cache_requests_total{cache=\"redis\",result=\"miss\"}", 3);
	HAS("multidb_cache_requests_total{cache=\"redis\",result=\"hit\"}", 2);
	HAS(TIMES "count{strategy=\"cache\",dialect=\"sqlite\",outcome=\"ok\"}", 1);
	HAS("multidb_rows_total", 5);
}

static void keeps_counters_over_reloads(void **state)
{
	(void)state;
	ask(MULTIDB_RUN, "{\"from\":\"users\",\"byIds\":[1,2]}");
	reload_with("policy", "{\"anonymous\":\"deny\"}");
	assert_int_equal(multidb_engine_reload_text(engine, "{}", 2, NULL), -1);
	assert_int_equal(multidb_engine_reload_file(engine, "/nowhere/multidb.json", NULL), -1);
	HAS("multidb_reloads_total{result=\"ok\"}", 1);
	HAS("multidb_reloads_total{result=\"refused\"}", 2);
	HAS("multidb_rows_total", 2);
	HAS("multidb_plan_duration_seconds_count", 1);
	HAS("multidb_cache_requests_total{cache=\"redis\",result=\"miss\"}", 2);
	HAS("multidb_pool_size{database=\"pg-main\"}", 0); /* of the configuration in use */
}

/* ---- threads ---- */

enum { COUNTING = 4, QUESTIONS = 50 };

static void *ask_often(void *arg)
{
	multidb_query *q = multidb_query_new(engine);
	(void)arg;
	for (int i = 0; i < QUESTIONS; i++)
		free(sample_ask(q, MULTIDB_RUN, MULTIDB_NDJSON, "{\"from\":\"users\",\"byIds\":[1]}", ADMIN));
	multidb_query_free(q);
	return NULL;
}

static void loses_no_count_among_threads(void **state)
{
	(void)state;
	pthread_t threads[COUNTING];
	for (int i = 0; i < COUNTING; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
	double before = 0;
	for (int i = 0; i < 20; i++) {
		double now = value_of("multidb_plan_duration_seconds_count");
		assert_true(now >= before);
		before = now;
	}
	for (int i = 0; i < COUNTING; i++)
		pthread_join(threads[i], NULL);
	HAS("multidb_plan_duration_seconds_count", COUNTING * QUESTIONS);
	HAS("multidb_rows_total", COUNTING * QUESTIONS);
	double hits = value_of("multidb_cache_requests_total{cache=\"redis\",result=\"hit\"}");
	HAS("multidb_cache_requests_total{cache=\"redis\",result=\"miss\"}", COUNTING * QUESTIONS - hits);
}

static int group_setup(void **state)
{
	(void)state;
	return !(dir = sample_make());
}

static int group_teardown(void **state)
{
	(void)state;
	sample_remove();
	return 0;
}

static int setup(void **state)
{
	char *config = sample_config(NULL, NULL);
	multidb_options o = { .size = sizeof o, .base_dir = dir };
	(void)state;
	int rc = multidb_engine_open_text(config, strlen(config), &o, &engine, NULL);
	free(config);
	return rc || !(query = multidb_query_new(engine));
}

static int teardown(void **state)
{
	(void)state;
	multidb_query_free(query);
	multidb_engine_close(engine);
	return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(starts_with_what_is_always_there), T(describes_each_sample), T(counts_plans),
		T(counts_queries_by_their_end), T(counts_failures), T(counts_queries_that_find_no_connection),
		T(counts_looked_up_rows), T(keeps_counters_over_reloads), T(loses_no_count_among_threads),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
