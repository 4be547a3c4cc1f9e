/* multidb.h, the loop: outcomes by poll, back-pressure, cancelling, freeing and closing while
 * queries run, fairness between databases, misuse; no thread or descriptor is left behind. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"

#include "base/err.h"
#include "base/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LOOP_QUERIES = 300, OUTCOME_MS = 20000, QUIET_MS = 40 };

#define ADMIN "{\"role\":\"admin\"}"
#define ORDERS "{\"from\":\"orders\",\"columns\":[\"id\",\"total\"]}"
#define EVENTS "{\"from\":\"events\",\"columns\":[\"kind\"]}"

/* Rows by the hundred thousand: an order's tenant's orders, time and again. */
#define AGAIN(as) ",{\"table\":\"orders\",\"as\":\"" as "\",\"parent\":\"tenants\",\"columns\":[]}"
#define TENANTS "\"joins\":[{\"table\":\"tenants\",\"columns\":[]}"
#define LONG \
	"{\"from\":\"orders\",\"columns\":[\"id\"]," TENANTS AGAIN("a") AGAIN("b") AGAIN("c") AGAIN("d") AGAIN("e") "]}"
#define SLOW \
	"{\"from\":\"orders\",\"columns\":[\"id\"],\"executeMode\":\"count\"," TENANTS AGAIN("a") AGAIN("b") \
	AGAIN("c") AGAIN("d") AGAIN("e") AGAIN("f") AGAIN("g") "]}"

/* One statement that takes minutes: the limits of the sample allow fewer joins. */
#define ENDLESS \
	"{\"from\":\"orders\",\"executeMode\":\"count\"," TENANTS AGAIN("a") AGAIN("b") AGAIN("c") AGAIN("d") \
	AGAIN("e") AGAIN("f") AGAIN("g") AGAIN("h") AGAIN("i") AGAIN("j") AGAIN("k") AGAIN("l") AGAIN("m") \
	AGAIN("n") "]}"
#define MANY_JOINS "{\"joins\":20}"

static multidb_engine *engine;
static multidb_loop *loop;

static size_t entries_of(const char *folder)
{
	size_t n = 0;
	DIR *d = opendir(folder);
	while (d && readdir(d))
		n++;
	closedir(d);
	return n;
}

/* ---- the program around the loop ---- */

/* What has come of one query. */
struct loop_answer {
	multidb_query *q;
	struct md_buf text;
	int chunks;
	int outcome; /* of enum multidb_outcome; -1: not told yet */
	enum multidb_code code;
};

static void use_loop(unsigned threads)
{
	multidb_error *error;
	assert_int_equal(multidb_loop_new(engine, threads, &loop, &error), 0);
	assert_null(error);
}

static void prepare_orders(multidb_query *q)
{
	assert_int_equal(multidb_query_prepare(q, MULTIDB_RUN, ORDERS, strlen(ORDERS), ADMIN, strlen(ADMIN)), 0);
}

static multidb_query *prepared_query(const char *definition)
{
	multidb_query *q = multidb_query_new(engine);
	assert_non_null(q);
	if (multidb_query_prepare(q, MULTIDB_RUN, definition, strlen(definition), ADMIN, strlen(ADMIN)))
		fail_msg("%s", multidb_error_json(multidb_query_error(q)));
	return q;
}

static void begin_answer(struct loop_answer *a, const char *definition)
{
	*a = (struct loop_answer){ .q = prepared_query(definition), .outcome = -1 };
	multidb_query_set_user(a->q, a);
	assert_int_equal(multidb_loop_start(loop, a->q, MULTIDB_NDJSON), 0);
}

static void end_answer(struct loop_answer *a)
{
	multidb_query_free(a->q);
	md_buf_free(&a->text);
}

static bool is_readable(int timeout_ms)
{
	struct pollfd fd = { .fd = multidb_loop_fd(loop), .events = POLLIN };
	return poll(&fd, 1, timeout_ms) == 1;
}

/* Waits for the next outcome. */
static multidb_query *next_outcome(multidb_outcome *outcome)
{
	multidb_query *q;
	if (!is_readable(OUTCOME_MS))
		fail_msg("no outcome came");
	assert_int_equal(multidb_loop_next(loop, &q, outcome), 1);
	return q;
}

static void take_chunk(struct loop_answer *a)
{
	const char *bytes;
	size_t n;
	assert_int_equal(multidb_query_next(a->q, &bytes, &n), 1);
	assert_true(n > 0);
	md_buf_add(&a->text, bytes, n);
	a->chunks++;
}

/* One outcome, and what a program does with it. */
static struct loop_answer *advance_one(void)
{
	multidb_outcome outcome;
	struct loop_answer *a = multidb_query_user(next_outcome(&outcome));
	assert_int_equal(a->outcome, -1);
	if (outcome == MULTIDB_READY) {
		take_chunk(a);
		return a;
	}
	a->outcome = (int)outcome;
	if (outcome == MULTIDB_FAILED)
		a->code = multidb_error_code(multidb_query_error(a->q));
	return a;
}

static void advance_to_end(struct loop_answer *a)
{
	while (a->outcome < 0)
		advance_one();
}

static void assert_text(const struct loop_answer *a, const char *want)
{
	assert_int_equal(a->outcome, MULTIDB_COMPLETE);
	assert_int_equal(a->text.n, strlen(want));
	assert_memory_equal(a->text.p, want, a->text.n);
}

/* The same answer without a loop. */
static char *answer_alone(const char *definition)
{
	multidb_query *q = multidb_query_new(engine);
	char *text = sample_ask(q, MULTIDB_RUN, MULTIDB_NDJSON, definition, ADMIN);
	multidb_query_free(q);
	return text;
}

static size_t threads_before, descriptors_before;

static int group_setup(void **state)
{
	(void)state;
	engine = sample_make() ? sample_open() : NULL;
	if (!engine || multidb_loop_new(engine, 1, &loop, NULL))
		return 1;
	multidb_loop_free(loop); /* a sanitizer has made its own thread by now */
	multidb_engine_close(engine);
	return 0;
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
	threads_before = entries_of("/proc/self/task");
	descriptors_before = entries_of("/proc/self/fd");
	loop = NULL;
	return !(engine = sample_open());
}

/* A thread that was joined may be listed for a moment. */
static int teardown(void **state)
{
	(void)state;
	multidb_loop_free(loop);
	multidb_engine_close(engine);
	assert_int_equal(entries_of("/proc/self/fd"), descriptors_before);
	for (int i = 0; i < 100 && entries_of("/proc/self/task") > threads_before; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	assert_int_equal(entries_of("/proc/self/task"), threads_before);
	return 0;
}

/* ---- answers ---- */

static void answers_in_chunks(void **state)
{
	(void)state;
	struct loop_answer a;
	char *want = answer_alone(LONG);
	use_loop(2);
	assert_false(is_readable(0));
	begin_answer(&a, LONG);
	advance_to_end(&a);
	assert_text(&a, want);
	assert_null(multidb_query_error(a.q));
	assert_true(a.chunks > 2);
	assert_false(is_readable(0));
	assert_int_equal(multidb_query_next(a.q, &(const char *){ NULL }, &(size_t){ 0 }), 0); /* as without a loop */
	end_answer(&a);
	free(want);
}

static void answers_every_kind_of_result(void **state)
{
	(void)state;
	static const struct {
		const char *definition, *want;
	} cases[] = {
		{ "{\"from\":\"orders\",\"executeMode\":\"count\"}", "{\"count\":12}\n" },
		{ "{\"from\":\"users\",\"columns\":[\"id\"],\"byIds\":[2,1]}", "{\"id\":2}\n{\"id\":1}\n" },
		{ "{\"from\":\"orders\",\"columns\":[\"id\"],\"limit\":0}", "" },
	};
	use_loop(1);
	for (size_t i = 0; i < 3; i++) {
		struct loop_answer a;
		begin_answer(&a, cases[i].definition);
		advance_to_end(&a);
		assert_text(&a, cases[i].want);
		end_answer(&a);
	}
	struct loop_answer a;
	begin_answer(&a, "{\"from\":\"orders\",\"executeMode\":\"sql-only\"}");
	advance_to_end(&a);
	assert_int_equal(a.outcome, MULTIDB_COMPLETE);
	assert_memory_equal(a.text.p, "{\"kind\":\"sql\"", 13);
	end_answer(&a);
}

static void answers_hundreds_of_queries(void **state)
{
	(void)state;
	static struct loop_answer all[LOOP_QUERIES];
	char *want[2] = { answer_alone(ORDERS), answer_alone(LONG) };
	use_loop(4);
	for (int i = 0; i < LOOP_QUERIES; i++)
		begin_answer(&all[i], i % 20 ? ORDERS : LONG);
	for (int i = 0; i < LOOP_QUERIES; i++)
		advance_to_end(&all[i]);
	for (int i = 0; i < LOOP_QUERIES; i++) {
		assert_text(&all[i], want[i % 20 == 0]);
		end_answer(&all[i]);
	}
	free(want[0]);
	free(want[1]);
}

static void uses_a_handle_again(void **state)
{
	(void)state;
	struct loop_answer a;
	char *want = answer_alone(ORDERS);
	use_loop(2);
	begin_answer(&a, ORDERS);
	for (int i = 0; i < 5; i++) {
		advance_to_end(&a);
		assert_text(&a, want);
		a.text.n = 0;
		a.outcome = -1;
		prepare_orders(a.q);
		assert_int_equal(multidb_loop_start(loop, a.q, MULTIDB_NDJSON), 0);
	}
	end_answer(&a);
	free(want);
}

static void reports_a_failure_as_an_outcome(void **state)
{
	(void)state;
	struct loop_answer a;
	use_loop(2);
	begin_answer(&a, "{\"from\":\"orders\",\"columns\":[\"id\"],\"timeoutMs\":1," TENANTS AGAIN("a")
		AGAIN("b") AGAIN("c") AGAIN("d") AGAIN("e") AGAIN("f") "]}");
	advance_to_end(&a);
	assert_int_equal(a.outcome, MULTIDB_FAILED);
	assert_int_equal(a.code, MULTIDB_QUERY_TIMEOUT);
	assert_int_equal(multidb_query_next(a.q, &(const char *){ NULL }, &(size_t){ 0 }), -1);
	end_answer(&a);
}

static void answers_in_rows(void **state)
{
	(void)state;
	multidb_query *q = prepared_query(LONG), *alone = prepared_query(LONG);
	const multidb_cell *cells, *other;
	multidb_outcome outcome;
	int rows = 0, waits = 0;
	use_loop(2);
	assert_int_equal(multidb_query_start(alone, MULTIDB_NDJSON), 0);
	assert_int_equal(multidb_loop_start_rows(loop, q), 0);
	assert_int_equal(multidb_query_next_row(q, &cells), 0);
	for (;;) {
		assert_ptr_equal(next_outcome(&outcome), q);
		if (outcome != MULTIDB_READY)
			break;
		for (waits++; multidb_query_next_row(q, &cells); rows++) {
			assert_int_equal(multidb_query_next_row(alone, &other), 1);
			assert_int_equal(cells[0].n, other[0].n);
			assert_memory_equal(cells[0].text, other[0].text, cells[0].n);
		}
	}
	assert_int_equal(outcome, MULTIDB_COMPLETE);
	assert_int_equal(multidb_query_next_row(alone, &other), 0);
	assert_int_equal(multidb_query_next_row(q, &cells), 0);
	assert_int_equal(multidb_result_rows(q), rows);
	assert_true(rows > 1000 && waits > 2);
	multidb_query_free(q);
	multidb_query_free(alone);
}

static void returns_null_cells(void **state)
{
	(void)state;
	multidb_query *q = prepared_query("{\"from\":\"orders\",\"columns\":[\"id\",\"internalNote\"],"
		"\"orderBy\":[{\"column\":\"id\",\"direction\":\"asc\"}]}"), *alone;
	alone = prepared_query("{\"from\":\"orders\",\"columns\":[\"id\",\"internalNote\"],"
		"\"orderBy\":[{\"column\":\"id\",\"direction\":\"asc\"}]}");
	const multidb_cell *cells, *other;
	multidb_outcome outcome;
	int nulls = 0;
	use_loop(1);
	assert_int_equal(multidb_loop_start_rows(loop, q), 0);
	assert_int_equal(multidb_query_start(alone, MULTIDB_NDJSON), 0);
	assert_ptr_equal(next_outcome(&outcome), q);
	while (multidb_query_next_row(alone, &other) > 0) {
		assert_int_equal(multidb_query_next_row(q, &cells), 1);
		assert_int_equal(cells[1].n, other[1].n);
		assert_int_equal(cells[1].text == NULL, other[1].text == NULL);
		nulls += !cells[1].text;
	}
	assert_int_equal(multidb_query_next_row(q, &cells), 0);
	assert_in_range(nulls, 1, 11);
	multidb_query_free(q);
	multidb_query_free(alone);
}

/* ---- back-pressure ---- */

/* Nothing more comes, and nothing more is read, until the reader takes the chunk. */
static void keeps_one_chunk_ahead_of_the_reader(void **state)
{
	(void)state;
	multidb_query *q = prepared_query(LONG);
	const char *bytes;
	size_t n;
	multidb_outcome outcome;
	use_loop(2);
	assert_int_equal(multidb_loop_start(loop, q, MULTIDB_NDJSON), 0);
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(next_outcome(&outcome), q);
		assert_int_equal(outcome, MULTIDB_READY);
		int64_t rows = multidb_result_rows(q);
		assert_false(is_readable(QUIET_MS));
		assert_int_equal(multidb_result_rows(q), rows);
		assert_int_equal(multidb_query_next(q, &bytes, &n), 1);
		assert_in_range(n, 1, 66 * 1024);
		char *kept = malloc(n);
		memcpy(kept, bytes, n);
		assert_true(is_readable(OUTCOME_MS)); /* the next one is made meanwhile */
		assert_memory_equal(kept, bytes, n);
		free(kept);
	}
	multidb_query_free(q);
}

/* ---- cancelling and freeing ---- */

static void cancels_at_random(void **state)
{
	(void)state;
	static struct loop_answer all[LOOP_QUERIES];
	char *want[2] = { answer_alone(ORDERS), answer_alone(LONG) };
	int cancelled = 0;
	unsigned seed = 7;
	use_loop(4);
	for (int i = 0; i < LOOP_QUERIES; i++)
		begin_answer(&all[i], i % 3 ? ORDERS : LONG);
	for (int i = 0; i < LOOP_QUERIES; i++)
		while (all[i].outcome < 0) {
			multidb_query_cancel(all[(unsigned)rand_r(&seed) % LOOP_QUERIES].q);
			advance_one();
		}
	for (int i = 0; i < LOOP_QUERIES; i++) {
		if (all[i].outcome == MULTIDB_COMPLETE)
			assert_text(&all[i], want[i % 3 == 0]);
		else
			assert_int_equal(all[i].code, MULTIDB_CANCELLED);
		cancelled += all[i].outcome == MULTIDB_FAILED;
		end_answer(&all[i]);
	}
	assert_in_range(cancelled, 1, LOOP_QUERIES);
	free(want[0]);
	free(want[1]);
}

static void does_nothing_when_cancelled_after_the_end(void **state)
{
	(void)state;
	struct loop_answer a;
	use_loop(1);
	begin_answer(&a, ORDERS);
	while (is_readable(OUTCOME_MS) && a.chunks == 0)
		advance_one();
	multidb_query_cancel(a.q); /* its end waits to be told */
	advance_to_end(&a);
	assert_int_equal(a.outcome, MULTIDB_COMPLETE);
	multidb_query_cancel(a.q);
	assert_null(multidb_query_error(a.q));
	end_answer(&a);
}

static void frees_queries_at_every_place(void **state)
{
	(void)state;
	multidb_query *all[40];
	multidb_outcome outcome;
	use_loop(2);
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 40; i++) {
			all[i] = prepared_query(i % 2 ? LONG : ORDERS);
			assert_int_equal(multidb_loop_start(loop, all[i], MULTIDB_NDJSON), 0);
		}
		if (round > 0)
			next_outcome(&outcome); /* its chunk is not taken */
		if (round > 1)
			nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
		for (int i = 0; i < 40; i++)
			multidb_query_free(all[i]);
		multidb_query *q;
		assert_int_equal(multidb_loop_next(loop, &q, &outcome), 0); /* a freed query has no outcome */
		assert_false(is_readable(0));
	}
}

/* The thread is free again for the next query. */
static void frees_what_a_thread_works_on(void **state)
{
	(void)state;
	struct loop_answer next;
	multidb_engine_close(engine);
	engine = sample_open_with("limits", MANY_JOINS);
	use_loop(1);
	multidb_query *q = prepared_query(ENDLESS);
	assert_int_equal(multidb_loop_start(loop, q, MULTIDB_JSON), 0);
	nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
	int64_t begun = md_monotonic_ms();
	multidb_query_free(q);
	assert_true(md_monotonic_ms() - begun < 500);
	begin_answer(&next, ORDERS);
	advance_to_end(&next);
	assert_int_equal(next.outcome, MULTIDB_COMPLETE);
	assert_true(md_monotonic_ms() - begun < 5000);
	end_answer(&next);
}

/* Threads that start, read and free queries of one loop: a query may be started by one of them and
 * read by the other. */
static void *serve_half(void *ended)
{
	multidb_outcome outcome;
	multidb_query *q;
	const char *bytes;
	size_t n;
	for (int i = 0; i < LOOP_QUERIES / 2; i++) {
		q = prepared_query(ORDERS);
		multidb_loop_start(loop, q, MULTIDB_NDJSON);
	}
	while (*(atomic_int *)ended < LOOP_QUERIES)
		if (multidb_loop_next(loop, &q, &outcome) == 0) {
			is_readable(5);
		} else if (outcome == MULTIDB_READY) {
			multidb_query_next(q, &bytes, &n);
		} else {
			multidb_query_free(q);
			++*(atomic_int *)ended;
		}
	return NULL;
}

static void serves_several_threads(void **state)
{
	(void)state;
	atomic_int ended = 0;
	pthread_t other;
	use_loop(3);
	assert_int_equal(pthread_create(&other, NULL, serve_half, &ended), 0);
	serve_half(&ended);
	pthread_join(other, NULL);
	assert_int_equal(ended, LOOP_QUERIES);
}

/* ---- what the program does not see ---- */

static bool has_signals_blocked(const char *task)
{
	char path[300], line[256];
	uint64_t blocked = 0;
	snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		sscanf(line, "SigBlk: %" SCNx64, &blocked);
	if (f)
		fclose(f);
	return blocked >> (SIGTERM - 1) & blocked >> (SIGUSR1 - 1) & blocked >> (SIGPIPE - 1) & 1;
}

static int threads_without_signals(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/task");
	for (struct dirent *entry; (entry = readdir(d));)
		n += has_signals_blocked(entry->d_name);
	closedir(d);
	return n;
}

static void keeps_signals_from_its_threads(void **state)
{
	(void)state;
	int before = threads_without_signals();
	use_loop(3);
	assert_int_equal(threads_without_signals(), before + 3);
}

/* A source and a log that note on which threads they were called. */
struct callers {
	pthread_t program;
	const char *config;
	int calls, strangers;
};

static void note_caller(struct callers *c)
{
	c->calls++;
	c->strangers += !pthread_equal(pthread_self(), c->program);
}

static int load_config(void *user, const char *version, multidb_document *document)
{
	struct callers *c = user;
	static char versions[16];
	(void)version;
	note_caller(c);
	snprintf(versions, sizeof versions, "%d", c->calls); /* another one each time */
	document->text = c->config;
	document->n = strlen(c->config);
	document->version = versions;
	return 1;
}

static void note_event(void *user, multidb_log_level level, const char *text)
{
	(void)level;
	(void)text;
	note_caller(user);
}

static void calls_the_program_on_its_own_thread(void **state)
{
	(void)state;
	char *config = sample_config("databases", "[{\"id\":\"pg-main\",\"engine\":\"sqlite\",\"connection\":"
		"{\"url\":\"sqlite:nowhere.db\"}},{\"id\":\"pg-tenant\",\"engine\":\"sqlite\"},"
		"{\"id\":\"ch-analytics\",\"engine\":\"sqlite\"},{\"id\":\"iceberg-archive\",\"engine\":\"sqlite\"}]");
	struct callers callers = { .program = pthread_self(), .config = config };
	multidb_source source = MULTIDB_SOURCE_INIT;
	multidb_options o = MULTIDB_OPTIONS_INIT;
	source.user = &callers;
	source.load = load_config;
	source.poll_ms = 1;
	o.log = note_event;
	o.log_user = &callers;
	multidb_engine_close(engine);
	assert_int_equal(multidb_engine_open_source(&source, &o, &engine, NULL), 0);
	use_loop(2);
	for (int i = 0; i < 20; i++) {
		struct loop_answer a;
		begin_answer(&a, ORDERS);
		advance_to_end(&a);
		assert_int_equal(a.code, MULTIDB_CONNECTION_FAILED);
		end_answer(&a);
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	assert_true(callers.calls > 10);
	assert_int_equal(callers.strangers, 0);
	multidb_loop_free(loop);
	multidb_engine_close(engine);
	loop = NULL;
	engine = NULL;
	free(config);
}

static void leaves_no_descriptor_to_other_programs(void **state)
{
	(void)state;
	struct loop_answer a;
	bool was_open[256];
	int opened = 0;
	for (int fd = 0; fd < 256; fd++)
		was_open[fd] = fcntl(fd, F_GETFD) >= 0;
	multidb_engine_close(engine);
	engine = sample_open();
	use_loop(1);
	begin_answer(&a, ORDERS);
	advance_to_end(&a);
	for (int fd = 0; fd < 256; fd++)
		if (!was_open[fd] && fcntl(fd, F_GETFD) >= 0) {
			assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
			opened++;
		}
	assert_in_range(opened, 2, 10); /* the loop's, and the connection's */
	end_answer(&a);
}

/* ---- ends ---- */

static void fails_queries_when_the_engine_closes(void **state)
{
	(void)state;
	static struct loop_answer all[60];
	multidb_engine *closed = engine;
	int failed = 0;
	use_loop(3);
	for (int i = 0; i < 60; i++)
		begin_answer(&all[i], i % 4 ? LONG : SLOW);
	struct loop_answer *first = advance_one();
	engine = NULL;
	multidb_engine_close(closed);
	for (int i = 0; i < 60; i++) {
		advance_to_end(&all[i]);
		if (all[i].outcome == MULTIDB_FAILED)
			assert_int_equal(all[i].code, MULTIDB_SHUTTING_DOWN);
		failed += all[i].outcome == MULTIDB_FAILED;
	}
	assert_true(failed > 30);
	(void)first;
	for (int i = 0; i < 60; i++)
		end_answer(&all[i]);
	multidb_query *none;
	multidb_outcome outcome;
	assert_int_equal(multidb_loop_next(loop, &none, &outcome), 0);
}

/* The handles are the caller's again. */
static void ends_while_queries_run(void **state)
{
	(void)state;
	multidb_query *all[30];
	multidb_outcome outcome;
	use_loop(3);
	for (int i = 0; i < 30; i++) {
		all[i] = prepared_query(i % 5 ? LONG : SLOW);
		assert_int_equal(multidb_loop_start(loop, all[i], MULTIDB_JSON), 0);
	}
	next_outcome(&outcome);
	multidb_query_free(all[7]); /* may be a thread's at the moment */
	int64_t begun = md_monotonic_ms();
	multidb_loop_free(loop);
	loop = NULL;
	assert_true(md_monotonic_ms() - begun < 3000);
	for (int i = 0; i < 30; i++) {
		if (i == 7)
			continue;
		const multidb_error *e = multidb_query_error(all[i]);
		assert_int_equal(multidb_error_code(e), MULTIDB_CANCELLED);
		assert_int_equal(multidb_query_next(all[i], &(const char *){ NULL }, &(size_t){ 0 }), -1);
		char *count = sample_ask(all[i], MULTIDB_COUNT, MULTIDB_JSON, "{\"from\":\"orders\"}", ADMIN);
		assert_string_equal(count, "{\"count\":12}\n");
		free(count);
		multidb_query_free(all[i]);
	}
}

static void keeps_what_had_ended_when_the_loop_is_freed(void **state)
{
	(void)state;
	multidb_query *q = prepared_query("{\"from\":\"orders\",\"columns\":[\"id\"],\"limit\":0}");
	use_loop(1);
	assert_int_equal(multidb_loop_start(loop, q, MULTIDB_NDJSON), 0);
	assert_true(is_readable(OUTCOME_MS));
	multidb_loop_free(loop);
	loop = NULL;
	assert_null(multidb_query_error(q));
	assert_int_equal(multidb_query_next(q, &(const char *){ NULL }, &(size_t){ 0 }), 0);
	multidb_query_free(q);
}

/* ---- fairness ---- */

static void answers_beside_a_slow_database(void **state)
{
	(void)state;
	struct loop_answer slow[6], quick[4];
	multidb_engine_close(engine);
	engine = sample_open_with("limits", MANY_JOINS);
	use_loop(2);
	for (int i = 0; i < 6; i++)
		begin_answer(&slow[i], ENDLESS);
	for (int i = 0; i < 4; i++)
		begin_answer(&quick[i], EVENTS);
	for (int i = 0; i < 4; i++)
		advance_to_end(&quick[i]);
	for (int i = 0; i < 6; i++)
		assert_int_equal(slow[i].outcome, -1);
	for (int i = 0; i < 6; i++)
		end_answer(&slow[i]);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(quick[i].outcome, MULTIDB_COMPLETE);
		end_answer(&quick[i]);
	}
}

/* Readers that do not read keep all connections: the others wait without a thread, and are answered
 * as soon as there is one. */
static void waits_for_connections_without_a_thread(void **state)
{
	(void)state;
	enum { HOLDERS = 2 };
	struct loop_answer holders[HOLDERS], waiting[5], other;
	multidb_engine_close(engine);
	engine = sample_open_with("databases",
		"[{\"id\":\"pg-main\",\"engine\":\"sqlite\",\"connection\":{\"url\":\"sqlite:data/pg-main.db\","
		"\"pool\":{\"max\":2,\"acquireTimeoutMs\":50}}},"
		"{\"id\":\"pg-tenant\",\"engine\":\"sqlite\"},"
		"{\"id\":\"ch-analytics\",\"engine\":\"sqlite\","
		"\"connection\":{\"url\":\"sqlite:data/ch-analytics.db\"}},"
		"{\"id\":\"iceberg-archive\",\"engine\":\"sqlite\"}]");
	use_loop(3);
	for (int i = 0; i < HOLDERS; i++) {
		multidb_outcome outcome;
		begin_answer(&holders[i], LONG);
		assert_ptr_equal(next_outcome(&outcome), holders[i].q);
		assert_int_equal(outcome, MULTIDB_READY);
	}
	for (int i = 0; i < 5; i++)
		begin_answer(&waiting[i], ORDERS);
	assert_false(is_readable(200));
	begin_answer(&other, EVENTS);
	advance_to_end(&other);
	assert_int_equal(other.outcome, MULTIDB_COMPLETE);
	multidb_query_cancel(waiting[4].q); /* ends at once */
	advance_to_end(&waiting[4]);
	assert_int_equal(waiting[4].code, MULTIDB_CANCELLED);
	take_chunk(&holders[0]);
	advance_to_end(&holders[0]);
	multidb_query_free(holders[1].q);
	for (int i = 0; i < 4; i++) {
		advance_to_end(&waiting[i]);
		assert_int_equal(waiting[i].outcome, MULTIDB_COMPLETE);
	}
	end_answer(&holders[0]);
	md_buf_free(&holders[1].text);
	end_answer(&other);
	for (int i = 0; i < 5; i++)
		end_answer(&waiting[i]);
}

/* ---- misuse ---- */

static void assert_misuse(const multidb_query *q, const char *text, const char *other)
{
	const multidb_error *e = multidb_query_error(q);
	assert_int_equal(multidb_error_code(e), MULTIDB_MISUSE);
	if (!strstr(multidb_error_message(e), text) || !strstr(multidb_error_message(e), other))
		fail_msg("expected '%s' and '%s', got: %s", text, other, multidb_error_message(e));
}

static void refuses_calls_on_a_query_in_a_loop(void **state)
{
	(void)state;
	struct loop_answer a;
	const char *bytes;
	const multidb_cell *cells;
	size_t n;
	char *want = answer_alone(LONG);
	use_loop(1);
	begin_answer(&a, LONG);
	assert_int_equal(multidb_query_prepare(a.q, MULTIDB_RUN, ORDERS, strlen(ORDERS), NULL, 0), -1);
	assert_misuse(a.q, "multidb_query_prepare", "multidb_loop_start");
	assert_int_equal(multidb_query_prepare_request(a.q, MULTIDB_RUN, "{}", 2), -1);
	assert_misuse(a.q, "multidb_query_prepare_request", "multidb_loop_start");
	assert_int_equal(multidb_query_define(a.q, MULTIDB_RUN, "{}", 2), -1);
	assert_misuse(a.q, "multidb_query_define", "multidb_loop_start");
	assert_int_equal(multidb_query_bind(a.q, NULL, 0, NULL, 0), -1);
	assert_misuse(a.q, "multidb_query_bind", "multidb_loop_start");
	assert_int_equal(multidb_query_start(a.q, MULTIDB_JSON), -1);
	assert_misuse(a.q, "multidb_query_start", "multidb_loop_start");
	assert_int_equal(multidb_loop_start(loop, a.q, MULTIDB_JSON), -1);
	assert_misuse(a.q, "multidb_loop_start was called", "multidb_loop_next");
	assert_int_equal(multidb_loop_start_rows(loop, a.q), -1);
	assert_misuse(a.q, "multidb_loop_start_rows was called", "multidb_loop_next");
	assert_int_equal(multidb_query_next(a.q, &bytes, &n), -1);
	assert_misuse(a.q, "multidb_query_next was called before", "multidb_loop_next");
	assert_int_equal(multidb_query_next_row(a.q, &cells), -1);
	assert_misuse(a.q, "multidb_query_next_row", "multidb_loop_start");
	assert_int_equal(multidb_query_next(a.q, NULL, &n), -1);
	assert_misuse(a.q, "multidb_query_next", "NULL");
	while (a.outcome < 0) /* nothing was lost */
		if (advance_one()->chunks == 1)
			assert_int_equal(multidb_query_next_row(a.q, &cells), -1);
	assert_int_equal(a.outcome, MULTIDB_COMPLETE);
	assert_int_equal(a.text.n, strlen(want));
	end_answer(&a);
	free(want);
}

static void refuses_to_start_what_is_not_prepared(void **state)
{
	(void)state;
	multidb_query *q = multidb_query_new(engine);
	use_loop(1);
	assert_int_equal(multidb_loop_start(loop, q, MULTIDB_JSON), -1);
	assert_misuse(q, "multidb_loop_start was called before", "multidb_query_prepare");
	assert_int_equal(multidb_query_prepare(q, MULTIDB_PLAN, ORDERS, strlen(ORDERS), ADMIN, strlen(ADMIN)), 0);
	assert_int_equal(multidb_loop_start_rows(loop, q), -1);
	assert_misuse(q, "multidb_loop_start_rows was called after", "MULTIDB_PLAN");
	prepare_orders(q);
	assert_int_equal(multidb_loop_start(loop, q, (multidb_format)9), -1);
	assert_misuse(q, "multidb_loop_start", "got 9");
	assert_int_equal(multidb_loop_start(NULL, q, MULTIDB_JSON), -1);
	assert_misuse(q, "multidb_loop_start", "NULL");
	assert_int_equal(multidb_loop_start(loop, NULL, MULTIDB_JSON), -1);
	assert_int_equal(multidb_loop_start_rows(loop, NULL), -1);

	multidb_engine *another = sample_open();
	multidb_query *stranger = multidb_query_new(another);
	prepare_orders(stranger);
	assert_int_equal(multidb_loop_start(loop, stranger, MULTIDB_JSON), -1);
	assert_misuse(stranger, "multidb_loop_start", "multidb_loop_new");
	multidb_query_free(stranger);
	multidb_engine_close(another);
	multidb_query_free(q);
}

static void refuses_wrong_arguments(void **state)
{
	(void)state;
	static const unsigned wrong[] = { 0, 1025, (unsigned)-1 };
	multidb_error *error;
	multidb_query *q;
	multidb_outcome outcome;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(multidb_loop_new(engine, wrong[i], &loop, &error), -1);
		assert_null(loop);
		assert_int_equal(multidb_error_code(error), MULTIDB_MISUSE);
		assert_non_null(strstr(multidb_error_message(error), "multidb_loop_new"));
		multidb_error_free(error);
	}
	assert_int_equal(multidb_loop_new(NULL, 1, &loop, &error), -1);
	assert_int_equal(multidb_error_code(error), MULTIDB_MISUSE);
	multidb_error_free(error);
	assert_int_equal(multidb_loop_new(engine, 1, NULL, NULL), -1);
	use_loop(1);
	assert_int_equal(multidb_loop_next(NULL, &q, &outcome), -1);
	assert_int_equal(multidb_loop_next(loop, NULL, &outcome), -1);
	assert_int_equal(multidb_loop_next(loop, &q, NULL), -1);
	assert_int_equal(multidb_loop_fd(NULL), -1);
	multidb_loop_free(NULL);
}

static void keeps_a_pointer_of_the_program(void **state)
{
	(void)state;
	int mine;
	multidb_query *q = multidb_query_new(engine);
	assert_null(multidb_query_user(q));
	multidb_query_set_user(q, &mine);
	prepare_orders(q);
	assert_ptr_equal(multidb_query_user(q), &mine);
	multidb_query_set_user(NULL, &mine);
	assert_null(multidb_query_user(NULL));
	multidb_query_free(q);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers_in_chunks), T(answers_every_kind_of_result), T(answers_hundreds_of_queries),
		T(uses_a_handle_again), T(reports_a_failure_as_an_outcome), T(answers_in_rows), T(returns_null_cells),
		T(keeps_one_chunk_ahead_of_the_reader), T(cancels_at_random),
		T(does_nothing_when_cancelled_after_the_end), T(frees_queries_at_every_place),
		T(frees_what_a_thread_works_on), T(serves_several_threads), T(keeps_signals_from_its_threads),
		T(calls_the_program_on_its_own_thread),
		T(leaves_no_descriptor_to_other_programs), T(fails_queries_when_the_engine_closes),
		T(ends_while_queries_run),
		T(keeps_what_had_ended_when_the_loop_is_freed), T(answers_beside_a_slow_database),
		T(waits_for_connections_without_a_thread), T(refuses_calls_on_a_query_in_a_loop),
		T(refuses_to_start_what_is_not_prepared), T(refuses_wrong_arguments), T(keeps_a_pointer_of_the_program),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
