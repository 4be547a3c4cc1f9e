/* multidb.h, lifetimes: closing an engine while handles are alive and while other threads use them;
 * cancelling before, during and after an answer. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"

#include "base/err.h"
#include "base/sys.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { LIFETIME_THREADS = 4, AT_ONCE_MS = 500 };

/* Hundreds of thousands of rows: seven times the orders of an order's tenant. */
#define AGAIN(as) ",{\"table\":\"orders\",\"as\":\"" as "\",\"parent\":\"tenants\",\"columns\":[]}"
#define SLOW \
	"{\"from\":\"orders\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"tenants\",\"columns\":[]}" AGAIN("a") \
	AGAIN("b") AGAIN("c") AGAIN("d") AGAIN("e") AGAIN("f") AGAIN("g") "]}"
/* One statement that takes minutes: the limits of the sample allow fewer joins. */
#define FIFTEEN_JOINS \
	"\"joins\":[{\"table\":\"tenants\",\"columns\":[]}" AGAIN("a") AGAIN("b") AGAIN("c") AGAIN("d") \
	AGAIN("e") AGAIN("f") AGAIN("g") AGAIN("h") AGAIN("i") AGAIN("j") AGAIN("k") AGAIN("l") AGAIN("m") \
	AGAIN("n") "]"
#define ENDLESS "{\"from\":\"orders\",\"executeMode\":\"count\"," FIFTEEN_JOINS "}"
#define MANY_JOINS "{\"joins\":20}"
#define ORDERS "{\"from\":\"orders\",\"columns\":[\"id\"]}"
#define ADMIN "{\"role\":\"admin\"}"

static multidb_engine *engine;

static int group_setup(void **state)
{
	(void)state;
	return !sample_make();
}

static int group_teardown(void **state)
{
	(void)state;
	sample_remove();
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return !(engine = sample_open());
}

static int prepare(multidb_query *q, const char *definition)
{
	return multidb_query_prepare(q, MULTIDB_RUN, definition, strlen(definition), ADMIN, strlen(ADMIN));
}

static multidb_query *started_query(const char *definition)
{
	multidb_query *q = multidb_query_new(engine);
	assert_non_null(q);
	assert_int_equal(prepare(q, definition), 0);
	assert_int_equal(multidb_query_start(q, MULTIDB_NDJSON), 0);
	return q;
}

static int read_chunk(multidb_query *q)
{
	const char *bytes;
	size_t n;
	return multidb_query_next(q, &bytes, &n);
}

static void assert_code(const multidb_query *q, enum multidb_code code)
{
	const multidb_error *e = multidb_query_error(q);
	if (multidb_error_code(e) != code)
		fail_msg("expected %s, got %s", md_code_name((enum md_code)code), multidb_error_json(e));
}

static void nap_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

/* ---- closing ---- */

static void answers_shutting_down_after_the_engine_was_closed(void **state)
{
	(void)state;
	multidb_query *fresh = multidb_query_new(engine), *prepared = multidb_query_new(engine);
	multidb_query *running = started_query(SLOW), *by_row = started_query(ORDERS), *ended = started_query(ORDERS);
	const multidb_cell *cells;
	assert_int_equal(prepare(prepared, ORDERS), 0);
	assert_int_equal(read_chunk(running), 1);
	while (read_chunk(ended) > 0)
		;
	multidb_engine_close(engine);

	assert_int_equal(prepare(fresh, ORDERS), -1);
	assert_code(fresh, MULTIDB_SHUTTING_DOWN);
	assert_int_equal(multidb_error_status(multidb_query_error(fresh)), 503);
	assert_int_equal(multidb_query_start(prepared, MULTIDB_JSON), -1);
	assert_code(prepared, MULTIDB_SHUTTING_DOWN);
	assert_int_equal(read_chunk(running), -1);
	assert_code(running, MULTIDB_SHUTTING_DOWN);
	assert_int_equal(multidb_query_next_row(by_row, &cells), -1);
	assert_code(by_row, MULTIDB_SHUTTING_DOWN);
	/* what was read is there until the handle is prepared again */
	assert_int_equal(read_chunk(ended), 0);
	assert_int_equal(multidb_result_rows(ended), 12);
	assert_non_null(strstr(multidb_result_sql(ended), "SELECT"));
	assert_string_equal(multidb_result_column_name(ended, 0), "id");
	assert_int_equal(prepare(ended, ORDERS), -1);
	assert_code(ended, MULTIDB_SHUTTING_DOWN);
	assert_string_equal(multidb_result_sql(ended), "");
	assert_non_null(strstr(multidb_error_json(multidb_query_error(ended)), "multidb_engine_close"));

	multidb_query *const all[] = { running, fresh, ended, by_row, prepared };
	for (size_t i = 0; i < 5; i++)
		multidb_query_free(all[i]);
}

static void closes_before_any_answer(void **state)
{
	(void)state;
	multidb_query *q = multidb_query_new(engine);
	multidb_engine_close(engine);
	assert_int_equal(multidb_query_start(q, MULTIDB_JSON), -1);
	assert_code(q, MULTIDB_MISUSE);
	multidb_query_free(q);
	multidb_query_free(NULL);
}

struct chunk_reader {
	multidb_query *q;
	atomic_int chunks;
	const atomic_bool *may_go_on; /* behind the first chunk */
};

static void *read_all(void *arg)
{
	struct chunk_reader *r = arg;
	int rc;
	while ((rc = read_chunk(r->q)) > 0)
		for (r->chunks++; !*r->may_go_on;)
			nap_ms(1);
	return (void *)(intptr_t)rc;
}

static void cancels_running_statements_when_the_engine_closes(void **state)
{
	(void)state;
	atomic_bool may_go_on = false;
	struct chunk_reader readers[LIFETIME_THREADS] = { { NULL, 0, NULL } };
	pthread_t threads[LIFETIME_THREADS];
	for (int i = 0; i < LIFETIME_THREADS; i++) {
		readers[i].q = started_query(SLOW);
		readers[i].may_go_on = &may_go_on;
		assert_int_equal(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
	}
	for (int i = 0; i < LIFETIME_THREADS; i++)
		while (!readers[i].chunks)
			nap_ms(1);
	int64_t begun = md_monotonic_ms();
	may_go_on = true;
	multidb_engine_close(engine);
	assert_true(md_monotonic_ms() - begun < AT_ONCE_MS);
	for (int i = 0; i < LIFETIME_THREADS; i++) {
		void *rc;
		pthread_join(threads[i], &rc);
		assert_int_equal((intptr_t)rc, -1);
		assert_code(readers[i].q, MULTIDB_SHUTTING_DOWN);
		multidb_query_free(readers[i].q);
	}
}

static void *start_on_thread(void *q)
{
	return (void *)(intptr_t)multidb_query_start(q, MULTIDB_JSON);
}

/* Within one call, which would take minutes. */
static void cancels_a_statement_that_gives_no_row(void **state)
{
	(void)state;
	multidb_engine_close(engine);
	engine = sample_open_with("limits", MANY_JOINS);
	multidb_query *q = multidb_query_new(engine);
	pthread_t thread;
	void *rc;
	assert_int_equal(prepare(q, ENDLESS), 0);
	assert_int_equal(pthread_create(&thread, NULL, start_on_thread, q), 0);
	nap_ms(50);
	int64_t begun = md_monotonic_ms();
	multidb_engine_close(engine);
	assert_true(md_monotonic_ms() - begun < AT_ONCE_MS);
	pthread_join(thread, &rc);
	assert_true(md_monotonic_ms() - begun < 5000);
	assert_int_equal((intptr_t)rc, -1);
	assert_code(q, MULTIDB_SHUTTING_DOWN);
	multidb_query_free(q);
}

/* Waiting for a connection ends, too. */
static void closes_while_a_query_waits_for_a_connection(void **state)
{
	(void)state;
	multidb_engine_close(engine);
	engine = sample_open_with("databases",
		"[{\"id\":\"pg-main\",\"engine\":\"sqlite\",\"connection\":{\"url\":\"sqlite:data/pg-main.db\","
		"\"pool\":{\"max\":1,\"acquireTimeoutMs\":60000}}},{\"id\":\"pg-tenant\",\"engine\":\"sqlite\"},"
		"{\"id\":\"ch-analytics\",\"engine\":\"sqlite\"},{\"id\":\"iceberg-archive\",\"engine\":\"sqlite\"}]");
	multidb_query *holder = started_query(SLOW), *waiting = multidb_query_new(engine);
	pthread_t thread;
	void *rc;
	assert_int_equal(prepare(waiting, ORDERS), 0);
	assert_int_equal(pthread_create(&thread, NULL, start_on_thread, waiting), 0);
	nap_ms(50);
	int64_t begun = md_monotonic_ms();
	multidb_engine_close(engine);
	pthread_join(thread, &rc);
	assert_true(md_monotonic_ms() - begun < 5000);
	assert_int_equal((intptr_t)rc, -1);
	assert_code(waiting, MULTIDB_SHUTTING_DOWN);
	multidb_query_free(holder);
	multidb_query_free(waiting);
}

/* Asks until the engine is closed. NULL: every answer was whole, and the last error was the right
 * one. */
static void *ask_until_closed(void *arg)
{
	multidb_query *q = arg;
	const char *wrong = NULL;
	for (bool closed = false; !closed && !wrong;) {
		char *a = sample_ask(q, MULTIDB_RUN, MULTIDB_NDJSON, "{\"from\":\"users\",\"columns\":[\"id\"],"
			"\"byIds\":[2,1]}", ADMIN);
		closed = *a == '!';
		if (closed && multidb_error_code(multidb_query_error(q)) != MULTIDB_SHUTTING_DOWN)
			wrong = "another error";
		if (!closed && strcmp(a, "{\"id\":2}\n{\"id\":1}\n") != 0)
			wrong = "another answer";
		free(a);
	}
	multidb_query_free(q);
	return (void *)(uintptr_t)wrong;
}

static void closes_while_threads_ask(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		pthread_t threads[LIFETIME_THREADS];
		for (int i = 0; i < LIFETIME_THREADS; i++)
			pthread_create(&threads[i], NULL, ask_until_closed, multidb_query_new(engine));
		nap_ms(round);
		multidb_engine_close(engine);
		for (int i = 0; i < LIFETIME_THREADS; i++) {
			void *wrong;
			pthread_join(threads[i], &wrong);
			if (wrong)
				fail_msg("%s", (const char *)wrong);
		}
		engine = sample_open();
	}
	multidb_engine_close(engine);
}

/* A handle keeps the engine's memory: calls that run while it is closed end well. */
static void *reload_until_closed(void *arg)
{
	char *config = arg;
	multidb_error *error = NULL;
	while (multidb_engine_reload_text(engine, config, strlen(config), &error) == 0)
		multidb_text_free(multidb_engine_health(engine, 100));
	const char *wrong = multidb_error_code(error) == MULTIDB_SHUTTING_DOWN ? NULL : "another error";
	multidb_error_free(error);
	return (void *)(uintptr_t)wrong;
}

static void closes_while_a_thread_reloads(void **state)
{
	(void)state;
	multidb_query *q = multidb_query_new(engine);
	char *config = sample_config(NULL, NULL);
	pthread_t thread;
	void *wrong;
	assert_int_equal(pthread_create(&thread, NULL, reload_until_closed, config), 0);
	nap_ms(20);
	multidb_engine_close(engine);
	pthread_join(thread, &wrong);
	assert_null(wrong);
	assert_int_equal(prepare(q, ORDERS), -1);
	assert_code(q, MULTIDB_SHUTTING_DOWN);
	multidb_query_free(q);
	free(config);
}

/* ---- cancelling ---- */

static void does_nothing_when_cancelled_after_the_end(void **state)
{
	(void)state;
	multidb_query *q = started_query(ORDERS);
	while (read_chunk(q) > 0)
		;
	multidb_query_cancel(q);
	assert_int_equal(read_chunk(q), 0);
	assert_null(multidb_query_error(q));
	assert_int_equal(multidb_result_rows(q), 12);
	char *a = sample_ask(q, MULTIDB_COUNT, MULTIDB_JSON, "{\"from\":\"orders\"}", ADMIN);
	assert_string_equal(a, "{\"count\":12}\n"); /* nor to the next query */
	free(a);
	multidb_query_cancel(q);
	multidb_query_free(q);
	multidb_engine_close(engine);
}

static atomic_bool enough;

static void *cancel_on(void *q)
{
	while (!enough)
		multidb_query_cancel(q);
	return NULL;
}

/* Cancelled while it is being prepared, a query runs to its end or is cancelled. */
static void cancels_against_prepare(void **state)
{
	(void)state;
	multidb_query *q = multidb_query_new(engine);
	pthread_t thread;
	enough = false;
	assert_int_equal(pthread_create(&thread, NULL, cancel_on, q), 0);
	for (int i = 0; i < 300; i++) {
		char *a = sample_ask(q, MULTIDB_COUNT, MULTIDB_JSON, "{\"from\":\"orders\"}", ADMIN);
		if (*a == '!')
			assert_code(q, MULTIDB_CANCELLED);
		else
			assert_string_equal(a, "{\"count\":12}\n");
		free(a);
	}
	enough = true;
	pthread_join(thread, NULL);
	char *a = sample_ask(q, MULTIDB_COUNT, MULTIDB_JSON, "{\"from\":\"orders\"}", ADMIN);
	assert_string_equal(a, "{\"count\":12}\n");
	free(a);
	multidb_query_free(q);
	multidb_engine_close(engine);
}

static void *cancel_once(void *q)
{
	multidb_query_cancel(q);
	return NULL;
}

/* The one rule of a cancel against free: it has returned before. */
static void frees_what_another_thread_has_cancelled(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		multidb_query *q = started_query(SLOW);
		pthread_t thread;
		assert_int_equal(pthread_create(&thread, NULL, cancel_once, q), 0);
		if (i % 2)
			read_chunk(q);
		pthread_join(thread, NULL);
		multidb_query_free(q);
	}
	multidb_engine_close(engine);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers_shutting_down_after_the_engine_was_closed), T(closes_before_any_answer),
		T(cancels_running_statements_when_the_engine_closes), T(closes_while_threads_ask),
		T(cancels_a_statement_that_gives_no_row), T(closes_while_a_query_waits_for_a_connection),
		T(closes_while_a_thread_reloads), T(does_nothing_when_cancelled_after_the_end),
		T(cancels_against_prepare), T(frees_what_another_thread_has_cancelled),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
