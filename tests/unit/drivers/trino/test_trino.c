/* The Trino driver against a coordinator that answers by a script: what it sends, how it pages, and
 * replies broken in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sys.h"
#include "dialects/dialect.h"
#include "drivers/driver.h"
#include "drivers/trino/private.h"
#include "fake_trino.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct fake_trino fake;

/* One connection, one request after the other. */
static struct md_arena arena;
static struct md_error err;
static struct md_ctx cx;
static void *conn;
static char rows[4000]; /* "1,a;2,b;" */

#define Q(rest) "{\"id\":\"q1\",\"infoUri\":\"@/ui\"," rest "}"
#define NEXT(n) "\"nextUri\":\"@/v1/statement/executing/q1/slug/" #n "\","
#define COLUMNS "\"columns\":[{\"name\":\"c0\",\"type\":\"integer\"},{\"name\":\"c1\",\"type\":\"varchar(9)\"}],"
#define RUNNING "\"stats\":{\"state\":\"RUNNING\"}"
#define FINISHED "\"stats\":{\"state\":\"FINISHED\"}"
#define FAILED(name, text) \
	"\"stats\":{\"state\":\"FAILED\"},\"error\":{\"message\":\"" text "\",\"errorCode\":1,\"errorName\":\"" name \
	"\",\"errorType\":\"X\"}"

/* Data may be absent on any page, columns repeat, FINISHED is seen while there is a next page. */
static const struct fake_step five[] = {
	{ .body = Q(NEXT(1) "\"stats\":{\"state\":\"QUEUED\"}") },
	{ .body = Q(NEXT(2) COLUMNS RUNNING) },
	{ .body = Q(NEXT(3) COLUMNS "\"data\":[[1,\"a\"],[2,\"b\"]]," RUNNING), .chunked = true },
	{ .body = Q(NEXT(4) COLUMNS FINISHED) },
	{ .body = Q(COLUMNS "\"data\":[[3,null]]," FINISHED) },
};
#define SCRIPT(steps) fake_trino_script(&fake, (steps), (int)(sizeof(steps) / sizeof *(steps)))

static const struct md_stmt_output outs[] = {
	{ .label = { "a", 1 }, .type = { .base = MD_INT }, .nullable = true },
	{ .label = { "b", 1 }, .type = { .base = MD_STRING }, .nullable = true }
};
static const struct md_stmt plain = {
	.text = { "SELECT 1", 8 }, .literal = md_trino_literal, .outputs = outs, .n_outputs = 2, .row_bound = -1
};

static void renew_conn(void)
{
	md_arena_reset(&arena);
	memset(&err, 0, sizeof err);
	cx = (struct md_ctx){ .arena = &arena, .err = &err };
}

static void open_with(const struct md_setting *session, uint32_t n, int64_t bound_ms)
{
	char url[64];
	renew_conn();
	md_driver_trino.close(conn);
	snprintf(url, sizeof url, "http://ann%%20b@127.0.0.1:%d", fake.port);
	struct md_target t = { .id = MD_STR("trino"),
		               .url = md_str_z(url),
		               .session = session,
		               .n_session = n,
		               .statement_timeout_ms = bound_ms };
	assert_int_equal(md_driver_trino.open(&cx, &t, &conn), 0);
}

static int setup(void **state)
{
	(void)state;
	fake_trino_start(&fake);
	open_with(NULL, 0, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	md_driver_trino.close(conn);
	conn = NULL;
	fake_trino_stop(&fake);
	md_arena_free(&arena);
	return 0;
}

static int read_rows(void)
{
	struct md_cell c[2];
	size_t n = 0;
	int rc;
	rows[0] = '\0';
	while ((rc = md_driver_trino.next(conn, &cx, c)) == 1)
		n += (size_t)snprintf(rows + n, sizeof rows - n, "%.*s,%.*s;", MD_FMT(c[0].text), MD_FMT(c[1].text));
	return rc;
}

static bool clean;

/* Runs to the end: 0, -1 or MD_START_STALE. */
static int run_statement(const struct md_stmt *s, int64_t deadline_ms)
{
	renew_conn();
	cx.deadline_ms = deadline_ms ? md_monotonic_ms() + deadline_ms : 0;
	rows[0] = '\0';
	int rc = md_driver_trino.start(conn, &cx, s, MD_NO_SETTINGS);
	if (rc == MD_STARTED)
		rc = read_rows();
	clean = md_driver_trino.finish(conn);
	return rc;
}

static void assert_fails(int64_t deadline_ms, enum md_code code, const char *cause)
{
	int rc = run_statement(&plain, deadline_ms);
	if (rc != -1 || err.code != code)
		fail_msg("%d, %s (%.*s: %.*s), expected %s", rc, md_code_name(err.code), MD_FMT(err.message),
		         MD_FMT(err.cause), md_code_name(code));
	const char *all = md_str_fmt(&arena, "%.*s|%.*s", MD_FMT(err.message), MD_FMT(err.cause)).p;
	if (!strstr(all, cause))
		fail_msg("'%s' is not in: %s", cause, all);
	assert_true(md_str_eqz(err.details.database, "trino"));
}

static void works(void)
{
	SCRIPT(five);
	if (run_statement(&plain, 0))
		fail_msg("%s: %.*s: %.*s", md_code_name(err.code), MD_FMT(err.message), MD_FMT(err.cause));
	assert_string_equal(rows, "1,a;2,b;3,;");
	assert_true(clean);
}

static void has(int request, const char *text)
{
	if (!fake.requests[request] || !strstr(fake.requests[request], text))
		fail_msg("'%s' is not in request %d: %s", text, request, fake.requests[request]);
}

/* ---- what is sent ---- */

static void pages_are_followed(void **state)
{
	(void)state;
	works();
	assert_int_equal(fake.n_requests, 5);
	assert_int_equal(fake.n_deletes, 0);
	has(0, "POST /v1/statement HTTP/1.1\r\n");
	has(0, "\r\n\r\nSELECT 1");
	has(1, "GET /v1/statement/executing/q1/slug/1 HTTP/1.1\r\n");
	has(4, "GET /v1/statement/executing/q1/slug/4 HTTP/1.1\r\n");
	for (int i = 0; i < 5; i++) {
		has(i, "\r\nX-Trino-User: ann b\r\n");
		has(i, "\r\nX-Trino-Client-Capabilities: PARAMETRIC_DATETIME\r\n");
		has(i, "\r\nX-Trino-Source: multidb\r\n");
		has(i, "\r\nX-Trino-Client-Tags: multidb\r\n");
		has(i, "\r\nX-Trino-Time-Zone: UTC\r\n");
		assert_null(strcasestr(fake.requests[i], "authorization"));
	}
	assert_null(strstr(fake.requests[0], "X-Trino-Session"));
	assert_int_equal(fake.n_accepted, 1);
	works();
	assert_int_equal(fake.n_accepted, 1); /* the connection is kept */
}

static void parameters_are_literals(void **state)
{
	(void)state;
	struct md_str ids[] = { MD_STR("1"), MD_STR("-2") };
	struct md_value p[] = {
		{ .type = { .base = MD_STRING }, .text = MD_STR("it's; --") },
		{ .type = { .base = MD_BIGINT }, .text = MD_STR("-5") },
		{ .type = { .base = MD_TIMESTAMP }, .text = MD_STR("2024-01-01T00:00:00.000000Z") },
		{ .type = { .base = MD_INT, .array = true } },
	};
	p[3].list.items = ids;
	p[3].list.n = 2;
	struct md_stmt s = plain;
	s.text = MD_STR("SELECT 'x', '' , ?, ? '");
	s.params = p;
	s.n_params = 4;
	SCRIPT(five);
	assert_int_equal(run_statement(&s, 0), 0);
	has(0, "\r\n\r\nEXECUTE IMMEDIATE 'SELECT ''x'', '''' , ?, ? ''' USING 'it''s; --', BIGINT '-5', "
	       "TIMESTAMP '2024-01-01 00:00:00.000000 UTC', ARRAY[INTEGER '1', INTEGER '-2']");
}

static void only_select_is_sent(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"INSERT INTO t VALUES (1)",        "DROP TABLE t", "select 1", " SELECT 1", "SELECT", "",
		"EXECUTE IMMEDIATE 'DROP TABLE t'"
	};
	SCRIPT(five);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct md_stmt s = plain;
		s.text = md_str_z(bad[i]);
		assert_int_equal(run_statement(&s, 0), -1);
		assert_int_equal(err.code, MD_QUERY_FAILED);
		assert_true(clean);
	}
	assert_int_equal(fake.n_requests, 0);
}

static void session_and_deadline(void **state)
{
	(void)state;
	static const struct md_setting session[] = { { { "join_distribution_type", 22 }, { "BROADCAST", 9 } },
		                                     { { "pg.x", 4 }, { "a,b=ä\r\n", 8 } } };
	open_with(session, 2, 5000);
	works();
	has(0, "\r\nX-Trino-Session: join_distribution_type=BROADCAST,pg.x=a%2Cb%3D%C3%A4%0D%0A\r\n");
	has(0, "\r\nX-Trino-Session: query_max_run_time=5000ms\r\n");
	assert_null(strstr(fake.requests[1], "query_max_run_time"));
	SCRIPT(five);
	assert_int_equal(run_statement(&plain, 900), 0);
	char *left = strstr(fake.requests[0], "query_max_run_time=");
	assert_non_null(left);
	assert_in_range(strtol(left + 19, NULL, 10), 800, 900);
	SCRIPT(five);
	assert_int_equal(run_statement(&plain, 60000), 0);
	has(0, "query_max_run_time=5000ms\r\n");
	open_with(NULL, 0, 0);
}

static void urls_that_cannot_be_used(void **state)
{
	(void)state;
	static const char *const bad[] = { "http://127.0.0.1:1", "http://ann:secret@127.0.0.1:1",
		                           "http://ann@127.0.0.1:port", "http://ann@", "http://ann@h/secret" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct md_target t = { .id = MD_STR("trino"), .url = md_str_z(bad[i]) };
		void *other;
		renew_conn();
		assert_int_equal(md_driver_trino.open(&cx, &t, &other), -1);
		assert_null(other);
		assert_int_equal(err.code, MD_CONNECTION_FAILED);
		assert_null(
			strstr(md_str_fmt(&arena, "%.*s %.*s", MD_FMT(err.message), MD_FMT(err.cause)).p, "secret"));
	}
}

/* ---- errors of the server ---- */

static void errors_come_with_status_200(void **state)
{
	(void)state;
	static const struct fake_step at_once[] = { { .body = Q(FAILED("SYNTAX_ERROR", "line 1:1")) } };
	static const struct fake_step later[] = {
		{ .body = Q(NEXT(1) COLUMNS "\"data\":[[1,\"a\"]]," RUNNING) },
		{ .body = Q("\"data\":[[2,\"b\"]]," FAILED("GENERIC_INTERNAL_ERROR", "boom")) }
	};
	static const struct fake_step late[] = { { .body = Q(FAILED("EXCEEDED_TIME_LIMIT", "too long")) } };
	static const struct fake_step closing[] = { { .body = Q(FAILED("SERVER_SHUTTING_DOWN", "bye")) } };
	SCRIPT(at_once);
	assert_fails(0, MD_QUERY_FAILED, "SYNTAX_ERROR: line 1:1");
	assert_true(clean);
	SCRIPT(later);
	assert_fails(0, MD_QUERY_FAILED, "GENERIC_INTERNAL_ERROR: boom");
	assert_string_equal(rows, "1,a;"); /* and then an error: never a short answer */
	assert_true(clean);
	SCRIPT(late);
	assert_fails(0, MD_QUERY_TIMEOUT, "too long");
	assert_true(err.timeout_ms >= 0);
	SCRIPT(closing);
	assert_fails(0, MD_CONNECTION_FAILED, "bye");
	works();
}

/* The parameter whose text the message quotes; no other message names one. */
static void errors_about_a_literal_name_its_parameter(void **state)
{
	static const struct {
		const char *name, *message;
		uint32_t parameter;
	} cases[] = {
		{ "INVALID_CAST_ARGUMENT", "Cannot cast DECIMAL(31, 0) '1000' to DECIMAL(38, 10)", 2 },
		{ "INVALID_CAST_ARGUMENT", "Cannot cast DECIMAL(31, 0) '1001' to DECIMAL(38, 10)", 0 },
		{ "JDBC_ERROR", "ERROR: invalid input value for enum app.state: \"lost\"", 3 },
		{ "JDBC_ERROR", "Value must be between 0 and 255 in ClickHouse: -1", 1 },
		{ "JDBC_ERROR", "Connection refused: -1", 0 },
		{ "GENERIC_INTERNAL_ERROR", "Cannot cast '1000'", 0 },
	};
	struct md_str labels[] = { MD_STR("open"), MD_STR("lost") };
	const struct md_value params[] = { { .type = { .base = MD_INT }, .text = MD_STR("-1") },
		                           { .type = { .base = MD_DECIMAL }, .text = MD_STR("1000") },
		                           { .type = { MD_STRING, true }, .list = { labels, 2 } } };
	const struct md_stmt s = { .params = params, .n_params = 3 };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (md_trino_unfit_parameter(&s, md_str_z(cases[i].name), md_str_z(cases[i].message)) !=
		    cases[i].parameter)
			fail_msg("%s", cases[i].message);
}

static void statuses(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *cause;
	} cases[] = { { 401, "refused the user" }, { 403, "refused the user" }, { 400, "status 400" },
		      { 404, "status 404" },       { 410, "status 410" },       { 500, "why not" },
		      { 302, "status 302" },       { 204, "status 204" } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct fake_step post[] = { { .status = cases[i].status,
			                            .body = cases[i].status == 204 ? "" : "why not",
			                            .headers = "Location: @/v1/statement/x\r\n" } };
		const struct fake_step get[] = { five[0], five[1], post[0] };
		SCRIPT(post);
		assert_fails(0, MD_CONNECTION_FAILED, cases[i].cause);
		assert_int_equal(fake.n_requests, 1);
		SCRIPT(get);
		assert_fails(0, MD_CONNECTION_FAILED, cases[i].cause);
		assert_int_equal(fake.n_requests, 3); /* redirects are not followed */
		assert_int_equal(fake.n_deletes, 1);
	}
	works();
}

static void a_server_that_is_not_ready_is_asked_again(void **state)
{
	(void)state;
	const struct fake_step busy = { .status = 503, .body = "busy" }, slow = { .status = 429, .body = "slow" },
			       bad = { .status = 502, .body = "x" };
	const struct fake_step starting = { .body = Q(FAILED("SERVER_STARTING_UP", "still initializing")) };
	const struct fake_step alone = { .body = Q(FAILED("NO_NODES_AVAILABLE", "no worker")) };
	const struct fake_step steps[] = { busy,    slow, starting, five[0], alone,   five[0],
		                           five[1], busy, five[2],  bad,     five[3], five[4] };
	SCRIPT(steps);
	assert_int_equal(run_statement(&plain, 20000), 0);
	assert_string_equal(rows, "1,a;2,b;3,;");
	assert_int_equal(fake.n_requests, 12);
	has(3, "POST "); /* the statement again */
	has(5, "POST ");
	has(8, "GET /v1/statement/executing/q1/slug/2 ");
}

static void but_not_beyond_the_deadline(void **state)
{
	(void)state;
	struct fake_step busy[50], starting[50];
	for (int i = 0; i < 50; i++) {
		busy[i] = (struct fake_step){ .status = 503, .body = "busy" };
		starting[i] = (struct fake_step){ .body = Q(FAILED("SERVER_STARTING_UP", "still initializing")) };
	}
	int64_t from = md_monotonic_ms();
	SCRIPT(busy);
	assert_fails(250, MD_CONNECTION_FAILED, "busy");
	SCRIPT(starting);
	assert_fails(250, MD_CONNECTION_FAILED, "still initializing");
	assert_in_range(md_monotonic_ms() - from, 480, 1500);
	assert_in_range(fake.n_requests, 2, 10);
}

/* ---- replies that are none ---- */

static void garbage(void **state)
{
	(void)state;
	static const struct fake_step cases[][2] = {
		{ { .body = "<html>hello</html>" }, { .body = "" } },
		{ { .body = "{}" }, { .body = "" } },
		{ { .body = Q(FINISHED) }, { .body = "" } },                           /* no columns */
		{ { .body = Q("\"data\":[[1,\"a\"]]," FINISHED) }, { .body = "" } },   /* rows without columns */
		{ { .body = Q(COLUMNS RUNNING) }, { .body = "" } },                    /* ends before the query */
		{ { .body = Q(NEXT(1) COLUMNS RUNNING) }, { .body = "{}" } },
		{ { .body = Q(NEXT(1) COLUMNS RUNNING) }, { .body = "" } },
		{ { .body = Q(NEXT(1) COLUMNS RUNNING) }, { .body = Q("\"data\":[[1,\"a\"]]," RUNNING) } },
		/* another query's */
		{ { .body = Q(NEXT(1) COLUMNS RUNNING) }, { .body = "{\"id\":\"q2\"," FINISHED "}" } },
		{ { .body = Q(NEXT(1) COLUMNS RUNNING) }, { .body = Q("\"data\":[[1]]," FINISHED) } },
		{ { .body = Q(NEXT(1) COLUMNS RUNNING) }, { .body = Q("\"data\":[[1,\"a\",2]]," FINISHED) } },
		{ { .body = Q(NEXT(1) COLUMNS RUNNING) }, { .body = Q("\"data\":[{}]," FINISHED) } },
		{ { .body = Q(NEXT(1) "\"columns\":[{\"type\":1},{}]," RUNNING) }, { .body = "" } },
		{ { .body = Q(NEXT(1) "\"columns\":[1,2]," RUNNING) }, { .body = "" } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fake_trino_script(&fake, cases[i], cases[i][1].body[0] ? 2 : 2);
		int rc = run_statement(&plain, 2000);
		if (rc != -1 || err.code != MD_CONNECTION_FAILED)
			fail_msg("%s / %s: %d %s %.*s", cases[i][0].body, cases[i][1].body, rc, md_code_name(err.code),
			         MD_FMT(err.message));
		assert_false(clean);
		open_with(NULL, 0, 0);
	}
}

static void other_columns(void **state)
{
	(void)state;
	static const struct fake_step one[] = { { .body = Q(
							  NEXT(1) "\"columns\":[{\"type\":\"integer\"}]," RUNNING) } };
	static const struct fake_step binary[] = { { .body = Q(NEXT(1) "\"columns\":[{\"type\":\"integer\"},"
		"{\"type\":\"varbinary\"}]," RUNNING) } };
	static const struct fake_step value[] = { { .body = Q(NEXT(1) COLUMNS
		                                              "\"data\":[[1,\"a\"],[\"hidden\",\"b\"]]," RUNNING) } };
	SCRIPT(one);
	assert_fails(0, MD_QUERY_FAILED, "1 columns, expected 2");
	assert_int_equal(fake.n_deletes, 1);
	SCRIPT(binary);
	assert_fails(0, MD_TYPE_MISMATCH, "expected string, got varbinary");
	assert_true(md_str_eqz(err.details.column, "b"));
	SCRIPT(value);
	assert_fails(0, MD_TYPE_MISMATCH, "column 'a'");
	assert_null(strstr(md_str_fmt(&arena, "%.*s", MD_FMT(err.message)).p, "hidden"));
	assert_string_equal(fake.deleted, "/v1/statement/executing/q1/slug/1");
	works();
}

static void links_to_elsewhere_are_not_followed(void **state)
{
	(void)state;
	static const char *const links[] = { "http://127.0.0.2:1/v1/statement/x",
		                             "https://127.0.0.1/v1/statement/x",
		                             "@evil/v1/statement/x",
		                             "@/v1/query/x",
		                             "@:1/v1/statement/x",
		                             "//x/v1/statement/x",
		                             "",
		                             "x" };
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		char body[300];
		snprintf(body, sizeof body, "{\"id\":\"q1\",\"nextUri\":\"%s\"," RUNNING "}", links[i]);
		const struct fake_step s[] = { { .body = body } };
		SCRIPT(s);
		assert_fails(0, MD_CONNECTION_FAILED, *links[i] ? "leads away" : "ended before");
		assert_int_equal(fake.n_requests + fake.n_deletes, 1);
		assert_false(clean);
		open_with(NULL, 0, 0);
	}
}

/* 64 MiB are the most that a page may have. */
static void a_page_without_end(void **state)
{
	(void)state;
	enum { N = (64 << 20) + 100 };
	char *body = malloc(N + 1);
	memset(body, ' ', N);
	body[N] = '\0';
	const struct fake_step s[] = { { .body = body } };
	SCRIPT(s);
	assert_fails(0, MD_CONNECTION_FAILED, "64 MiB");
	assert_false(clean);
	free(body);
	open_with(NULL, 0, 0);
}

/* ---- broken connections ---- */

/* Every reply ends at every byte: an error or another try, never rows too few. The line end behind
 * the last chunk's is all that may be missing. */
static void cut_at_every_byte(void **state)
{
	(void)state;
	for (int step = 0; step < 5; step++) {
		SCRIPT(five);
		size_t n = fake_trino_length(&fake, step);
		for (size_t at = 0; at < n; at++) {
			SCRIPT(five);
			fake.fault = FAULT_CLOSE;
			fake.at_step = step;
			fake.at_byte = at;
			int rc = run_statement(&plain, 5000);
			bool stale = rc == MD_START_STALE && step == 0 && at == 0 && err.code == MD_OK;
			bool retried = rc == 0 && step > 0 && at == 0 && strcmp(rows, "1,a;2,b;3,;") == 0;
			bool failed = rc == -1 && err.code == MD_CONNECTION_FAILED;
			bool whole = rc == 0 && at == n - 1 && five[step].chunked && strcmp(rows, "1,a;2,b;3,;") == 0;
			if (!stale && !retried && !failed && !whole)
				fail_msg("step %d byte %zu: %d %s %.*s, rows %s", step, at, rc, md_code_name(err.code),
				         MD_FMT(err.message), rows);
			assert_int_equal(clean, retried || whole);
			open_with(NULL, 0, 0);
			if (fake.n_accepted > FAKE_CONNS - 8) {
				md_driver_trino.close(conn);
				conn = NULL;
				fake_trino_stop(&fake);
				fake_trino_start(&fake);
				open_with(NULL, 0, 0);
			}
		}
	}
	works();
}

static void stalled_at_many_bytes(void **state)
{
	int runs = 0, deletes = 0;
	(void)state;
	for (int step = 0; step < 5; step++) {
		SCRIPT(five);
		size_t n = fake_trino_length(&fake, step);
		for (size_t at = 0; at < n; at += 47) {
			SCRIPT(five);
			fake.fault = FAULT_STALL;
			fake.at_step = step;
			fake.at_byte = at;
			int64_t from = md_monotonic_ms();
			int rc = run_statement(&plain, 100);
			int64_t took = md_monotonic_ms() - from;
			if (rc != -1 || err.code != MD_QUERY_TIMEOUT || took > 1000)
				fail_msg("step %d byte %zu: %d %s after %lld ms, rows %s", step, at, rc,
				         md_code_name(err.code), (long long)took, rows);
			runs += step > 0;
			deletes += fake.n_deletes;
			open_with(NULL, 0, 0);
		}
	}
	assert_in_range(deletes, runs * 2 / 3, runs); /* a busy machine may be too slow for some of them */
	works();
}

static void byte_by_byte_is_the_same(void **state)
{
	(void)state;
	for (int step = 0; step < 5; step++) {
		SCRIPT(five);
		fake.fault = FAULT_SPLIT;
		fake.at_step = step;
		assert_int_equal(run_statement(&plain, 0), 0);
		assert_string_equal(rows, "1,a;2,b;3,;");
		assert_true(clean);
	}
}

static void dropped_between_statements(void **state)
{
	(void)state;
	works();
	fake_trino_drop(&fake);
	struct timespec nap = { .tv_nsec = 50000000 };
	nanosleep(&nap, NULL);
	SCRIPT(five);
	assert_int_equal(run_statement(&plain, 0), MD_START_STALE);
	assert_int_equal(err.code, MD_OK);
	assert_int_equal(fake.n_requests, 0);
	assert_false(clean);
	assert_false(md_driver_trino.ping(conn, &cx));
	open_with(NULL, 0, 0);
	works();
}

/* A page can be asked for twice: a server may close a connection that lay idle between two of them.
 */
static void dropped_between_pages(void **state)
{
	(void)state;
	struct fake_step steps[] = { five[0], five[1], five[2], five[3], five[4] };
	steps[1].hang_up = steps[2].hang_up = true;
	SCRIPT(steps);
	assert_int_equal(run_statement(&plain, 0), 0);
	assert_string_equal(rows, "1,a;2,b;3,;");
	assert_true(clean);
}

static void nobody_there(void **state)
{
	(void)state;
	struct md_target t = { .id = MD_STR("trino"), .url = MD_STR("http://ann@127.0.0.1:1") };
	void *other;
	renew_conn();
	assert_int_equal(md_driver_trino.open(&cx, &t, &other), 0);
	assert_int_equal(md_driver_trino.start(other, &cx, &plain, MD_NO_SETTINGS), -1);
	assert_int_equal(err.code, MD_CONNECTION_FAILED);
	assert_non_null(strstr(md_str_fmt(&arena, "%.*s", MD_FMT(err.cause)).p, "127.0.0.1"));
	assert_false(md_driver_trino.finish(other));
	md_driver_trino.close(other);
}

/* ---- leaving ---- */

static void *cancel_soon(void *arg)
{
	struct timespec nap = { .tv_nsec = 100000000 };
	nanosleep(&nap, NULL);
	md_driver_trino.cancel(arg);
	return NULL;
}

static void a_cancel_ends_the_query(void **state)
{
	(void)state;
	for (int step = 0; step < 5; step++) {
		pthread_t t;
		SCRIPT(five);
		fake.fault = FAULT_STALL;
		fake.at_step = step;
		pthread_create(&t, NULL, cancel_soon, conn);
		int64_t from = md_monotonic_ms();
		assert_fails(0, MD_CANCELLED, "cancelled");
		assert_in_range(md_monotonic_ms() - from, 90, 1000);
		pthread_join(t, NULL);
		assert_false(clean);
		char path[64] = "";
		if (step)
			snprintf(path, sizeof path, "/v1/statement/executing/q1/slug/%d", step);
		assert_string_equal(fake.deleted, path); /* a query that was never asked for a page is never run */
		open_with(NULL, 0, 0);
	}
}

static void a_cancel_while_waiting_for_a_busy_server(void **state)
{
	(void)state;
	struct fake_step busy[50];
	pthread_t t;
	for (int i = 0; i < 50; i++)
		busy[i] = (struct fake_step){ .status = 503, .body = "busy" };
	SCRIPT(busy);
	pthread_create(&t, NULL, cancel_soon, conn);
	int64_t from = md_monotonic_ms();
	assert_fails(0, MD_CANCELLED, "cancelled");
	assert_in_range(md_monotonic_ms() - from, 90, 1000);
	pthread_join(t, NULL);
	open_with(NULL, 0, 0);
}

static void a_cancel_between_rows(void **state)
{
	(void)state;
	struct md_cell c[2];
	SCRIPT(five);
	renew_conn();
	assert_int_equal(md_driver_trino.start(conn, &cx, &plain, MD_NO_SETTINGS), MD_STARTED);
	assert_int_equal(md_driver_trino.next(conn, &cx, c), 1);
	md_driver_trino.cancel(conn);
	assert_int_equal(md_driver_trino.next(conn, &cx, c), -1);
	assert_int_equal(err.code, MD_CANCELLED);
	assert_int_equal(fake.n_deletes, 1);
	assert_false(md_driver_trino.finish(conn));
	assert_int_equal(fake.n_deletes, 1);
	open_with(NULL, 0, 0);
	md_driver_trino.cancel(conn); /* of nothing */
	works();
}

static void who_leaves_early_ends_the_query(void **state)
{
	(void)state;
	struct md_cell c[2];
	SCRIPT(five);
	renew_conn();
	assert_int_equal(md_driver_trino.start(conn, &cx, &plain, MD_NO_SETTINGS), MD_STARTED);
	assert_int_equal(md_driver_trino.next(conn, &cx, c), 1);
	assert_true(md_driver_trino.finish(conn));
	assert_string_equal(fake.deleted, "/v1/statement/executing/q1/slug/3");
	int before = fake.n_accepted;
	works();
	assert_int_equal(fake.n_accepted, before); /* the connection is none the worse */
}

static void a_deadline_in_the_past_asks_nothing(void **state)
{
	(void)state;
	SCRIPT(five);
	assert_fails(-1, MD_QUERY_TIMEOUT, "longer than it may");
	assert_int_equal(fake.n_requests, 0);
}

static void ping(void **state)
{
	(void)state;
	static const struct fake_step ok[] = { { .body = "{\"starting\":false}" } },
				      bad[] = { { .status = 500, .body = "" } };
	renew_conn();
	SCRIPT(ok);
	assert_true(md_driver_trino.ping(conn, &cx));
	has(0, "GET /v1/info ");
	works();
	SCRIPT(bad);
	assert_false(md_driver_trino.ping(conn, &cx));
	md_driver_trino.close(NULL);
}

/* Each test with a connection of its own: one that failed leaves nothing to the next. */
static int setup_fresh(void **state)
{
	(void)state;
	open_with(NULL, 0, 0);
	return 0;
}

#define FRESH(test) cmocka_unit_test_setup(test, setup_fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(pages_are_followed),
		FRESH(parameters_are_literals),
		FRESH(only_select_is_sent),
		FRESH(session_and_deadline),
		FRESH(urls_that_cannot_be_used),
		FRESH(errors_come_with_status_200),
		FRESH(errors_about_a_literal_name_its_parameter),
		FRESH(statuses),
		FRESH(a_server_that_is_not_ready_is_asked_again),
		FRESH(but_not_beyond_the_deadline),
		FRESH(garbage),
		FRESH(other_columns),
		FRESH(links_to_elsewhere_are_not_followed),
		FRESH(a_page_without_end),
		FRESH(cut_at_every_byte),
		FRESH(stalled_at_many_bytes),
		FRESH(byte_by_byte_is_the_same),
		FRESH(dropped_between_statements),
		FRESH(dropped_between_pages),
		FRESH(nobody_there),
		FRESH(a_cancel_ends_the_query),
		FRESH(a_cancel_while_waiting_for_a_busy_server),
		FRESH(a_cancel_between_rows),
		FRESH(who_leaves_early_ends_the_query),
		FRESH(a_deadline_in_the_past_asks_nothing),
		FRESH(ping),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
