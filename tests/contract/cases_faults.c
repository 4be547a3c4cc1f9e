/* Deadlines, cancels, and servers that go away. Time limits are generous: the machine may be busy.
 */
#include "suite.h"

#include <pthread.h>
#include <time.h>

enum { SLACK_MS = 3000 };

static int setup(void **state)
{
	*state = malloc(sizeof(struct session));
	session_open(*state);
	return 0;
}

static int teardown(void **state)
{
	session_close(*state);
	free(*state);
	return 0;
}

static void nap_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	nanosleep(&t, NULL);
}

static void still_works(struct session *s)
{
	struct md_stmt_output c = col("one", MD_INT, false);
	session_new_request(s);
	one_row(s, "SELECT 1 AS c0", NULL, 0, &c, 1);
}

static void the_deadline_ends_a_statement(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	session_new_request(s);
	int64_t from = md_monotonic_ms();
	s->cx.deadline_ms = from + 200;
	assert_int_equal(run(s, Q->slow, NULL, 0, &c, 1, 1), -1);
	int64_t took = md_monotonic_ms() - from;
	assert_failed(s, MD_QUERY_TIMEOUT);
	assert_true(took >= 195 && took < SLACK_MS);
	assert_true(s->err.timeout_ms > 0);
	session_renew(s);
	still_works(s);
}

static void a_deadline_in_the_past(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	session_new_request(s);
	s->cx.deadline_ms = md_monotonic_ms() - 1;
	assert_int_equal(run(s, Q->slow, NULL, 0, &c, 1, 1), -1);
	assert_failed(s, MD_QUERY_TIMEOUT);
	session_renew(s);
}

static void the_database_enforces_its_own_bound(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	session_close(s);
	memset(s, 0, sizeof *s);
	session_new_request(s);
	assert_int_equal(
		session_try_target(s, (struct md_target){ .url = md_str_z(Q->up()), .statement_timeout_ms = 200 }), 0);
	assert_int_equal(run(s, Q->slow, NULL, 0, &c, 1, 1), -1);
	assert_failed(s, MD_QUERY_TIMEOUT);
	still_works(s); /* the reply was complete: the connection is good */
	session_renew(s);
}

static void *cancel_soon(void *conn)
{
	nap_ms(150);
	Q->driver->cancel(conn);
	return NULL;
}

static void a_cancel_from_another_thread(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	pthread_t t;
	session_new_request(s);
	int64_t from = md_monotonic_ms();
	pthread_create(&t, NULL, cancel_soon, s->conn);
	struct md_stmt stmt = { .text = md_str_z(Q->slow), .outputs = &c, .n_outputs = 1, .row_bound = 1 };
	int rc = Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS);
	if (rc == MD_STARTED)
		rc = Q->driver->next(s->conn, &s->cx, s->cells);
	assert_int_equal(rc, -1);
	pthread_join(t, NULL);
	assert_failed(s, MD_CANCELLED);
	assert_true(md_monotonic_ms() - from < SLACK_MS);
	assert_false(Q->driver->finish(s->conn)); /* a late cancel must not hit the next statement */
	session_renew(s);
	still_works(s);
}

/* One that came when the connection was known, but nothing ran on it: `cancel` had no effect. */
static void a_cancel_before_the_statement_runs(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	struct md_stmt stmt = { .text = md_str_z(Q->slow), .outputs = &c, .n_outputs = 1, .row_bound = 1 };
	const atomic_bool cancelled = true;
	still_works(s);
	session_new_request(s);
	s->cx.cancelled = &cancelled;
	Q->driver->cancel(s->conn);
	int64_t from = md_monotonic_ms();
	assert_int_equal(Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS), MD_START_FAILED);
	assert_failed(s, MD_CANCELLED);
	assert_true(md_monotonic_ms() - from < SLACK_MS);
	Q->driver->finish(s->conn);
	session_renew(s);
	still_works(s);
}

static void a_cancel_between_rows(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("i", MD_INT, false);
	Q->owner("DROP TABLE IF EXISTS few");
	Q->owner("CREATE TABLE few AS SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3");
	for (int64_t bound = -1; bound <= 3; bound += 4) {
		struct md_stmt stmt = { .text = MD_STR("SELECT t0.i AS c0 FROM few AS t0"),
			                .outputs = &c,
			                .n_outputs = 1,
			                .row_bound = bound };
		session_new_request(s);
		assert_int_equal(Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS), MD_STARTED);
		assert_int_equal(Q->driver->next(s->conn, &s->cx, s->cells), 1);
		Q->driver->cancel(s->conn);
		assert_int_equal(Q->driver->next(s->conn, &s->cx, s->cells), -1);
		assert_failed(s, MD_CANCELLED);
		assert_false(Q->driver->finish(s->conn));
		session_renew(s);
	}
}

static void a_cancel_of_nothing_is_harmless(void **state)
{
	struct session *s = *state;
	Q->driver->cancel(s->conn);
	still_works(s);
	Q->driver->cancel(s->conn);
	still_works(s);
}

static void leads_nowhere(void **state)
{
	(void)state;
	struct session s = { 0 };
	struct md_stmt_output c = col("one", MD_INT, false);
	session_new_request(&s);
	int rc = session_try(&s, Q->missing_path);
	if (rc == 0 && Q->connects_late)
		rc = (int)run(&s, "SELECT 1 AS c0", NULL, 0, &c, 1, 1);
	else
		assert_null(s.conn);
	assert_int_equal(rc, -1);
	assert_failed(&s, MD_CONNECTION_FAILED);
	const char *all = md_str_fmt(&s.arena, "%.*s %.*s", MD_FMT(s.err.message), MD_FMT(s.err.cause)).p;
	assert_non_null(strstr(all, "db-under-test"));
	assert_non_null(strstr(all, Q->missing_names));
	session_close(&s);
}

static void killed_between_statements(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("one", MD_INT, false);
	still_works(s); /* the text is prepared */
	Q->kill_all();
	nap_ms(100);
	struct md_stmt stmt = { .text = MD_STR("SELECT 1 AS c0"), .outputs = &c, .n_outputs = 1, .row_bound = 1 };
	session_new_request(s);
	assert_int_equal(Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS), MD_START_STALE);
	assert_int_equal(s->err.code, MD_OK); /* the caller tries again with the same request */
	assert_false(Q->driver->finish(s->conn));
	assert_false(Q->driver->ping(s->conn, &s->cx));
	session_renew(s);
	still_works(s);
}

static void *kill_soon(void *arg)
{
	(void)arg;
	nap_ms(200);
	Q->kill_all();
	return NULL;
}

static void killed_during_a_statement(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	pthread_t t;
	session_new_request(s);
	pthread_create(&t, NULL, kill_soon, NULL);
	assert_int_equal(run(s, Q->slow, NULL, 0, &c, 1, 1), -1);
	pthread_join(t, NULL);
	if (!Q->silent_until_rows || s->err.code != MD_OK) {
		assert_failed(s, MD_CONNECTION_FAILED);
		assert_true(s->err.cause.n > 0);
	}
	session_renew(s);
	still_works(s);
}

int run_faults(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_deadline_ends_a_statement),
		cmocka_unit_test(a_deadline_in_the_past),
		cmocka_unit_test(the_database_enforces_its_own_bound),
		cmocka_unit_test(a_cancel_from_another_thread),
		cmocka_unit_test(a_cancel_before_the_statement_runs),
		cmocka_unit_test(a_cancel_between_rows),
		cmocka_unit_test(a_cancel_of_nothing_is_harmless),
		cmocka_unit_test(leads_nowhere),
	};
	const struct CMUnitTest of_servers[] = {
		cmocka_unit_test(killed_between_statements),
		cmocka_unit_test(killed_during_a_statement),
	};
	int failed = cmocka_run_group_tests_name("faults", tests, setup, teardown);
	if (Q->kill_all) /* not in the process: there is a server to lose */
		failed += cmocka_run_group_tests_name("lost servers", of_servers, setup, teardown);
	return failed;
}
