/* ClickHouse's quirks and its own cases. The server is ours (tests/support/chhttpd), started and
 * killed here, by its own process id: MULTIDB_TEST_CHHTTPD and MULTIDB_TEST_LIBCHDB say where
 * program and library are (with_chdb.py sets them). */
#include "proxy.h"
#include "suite.h"

#include "drivers/net/http.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char secret[] = "s3cr:et@/pass%wo rd", encoded[] = "s3cr%3Aet%40%2Fpass%25wo%20rd";
static char folder[] = "/tmp/multidb-contract-ch-XXXXXX", url[256], port[16] = "0";
static pid_t server;
static struct md_http *own;

static void nap_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	nanosleep(&t, NULL);
}

static void start_server(void)
{
	int out[2];
	char line[64] = "";
	assert_int_equal(pipe(out), 0);
	server = fork();
	if (server == 0) {
		dup2(out[1], 1);
		close(out[0]);
		setenv("CHHTTPD_PASSWORD", secret, 1);
		execl(getenv("MULTIDB_TEST_CHHTTPD"), "chhttpd", "--library", getenv("MULTIDB_TEST_LIBCHDB"), "--path",
		      folder, "--port", port, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	FILE *f = fdopen(out[0], "r");
	if (!fgets(line, sizeof line, f) || sscanf(line, "listening on 127.0.0.1:%15s", port) != 1)
		fail_msg("the server does not start: %s", line);
	fclose(f);
}

static void stop_server(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

/* As the owner: the suite's SQL, said in ClickHouse's words. */
static void as_owner(const char *sql)
{
	char b[8192];
	const char *as = strncmp(sql, "CREATE TABLE", 12) == 0 ? strstr(sql, " AS ") : NULL;
	const char *engine = " ENGINE = MergeTree ORDER BY tuple()";
	if (strstr(sql, "WITH RECURSIVE"))
		snprintf(b, sizeof b, "INSERT INTO n SELECT number + 1, 'row ' || toString(number + 1) FROM "
		                      "numbers(5000)");
	else if (as)
		snprintf(b, sizeof b, "%.*s%s%s", (int)(as - sql), sql, engine, as);
	else
		snprintf(b, sizeof b, "%s%s", sql, strncmp(sql, "CREATE TABLE", 12) == 0 ? engine : "");
	struct md_http_request r = { .method = "POST",
		                     .target = MD_STR(
					     "/?date_time_input_format=best_effort&lightweight_deletes_sync=2"),
		                     .body = md_str_z(b) };
	enum md_http_got got = md_http_send(own, &r);
	while (got == MD_HTTP_OK)
		got = md_http_more(own);
	if (got != MD_HTTP_END || md_http_status(own) != 200)
		fail_msg("%s: %d %.*s %.*s", b, md_http_status(own), MD_FMT(md_http_body(own)),
		         MD_FMT(md_http_why(own)));
	md_http_end(own);
}

static const char *start_database(void)
{
	bool no_memory;
	if (own)
		return url;
	if (!getenv("MULTIDB_TEST_CHHTTPD") || !getenv("MULTIDB_TEST_LIBCHDB"))
		fail_msg("MULTIDB_TEST_CHHTTPD and MULTIDB_TEST_LIBCHDB are not set: run me through with_chdb.py");
	assert_non_null(mkdtemp(folder));
	start_server();
	snprintf(url, sizeof url, "http://default:%s@127.0.0.1:%s/default", encoded, port);
	own = md_http_new(md_str_z(url), NULL, false, &no_memory);
	assert_non_null(own);
	return url;
}

static void stop_database(void)
{
	char command[64];
	md_http_free(own);
	stop_server();
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	assert_int_equal(system(command), 0);
}

/* The port stays, so that the url does. */
static void kill_all(void)
{
	stop_server();
	start_server();
}

static const char *const inner[MD_TYPES] = {
	[MD_STRING] = "String", [MD_INT] = "Int32", [MD_BIGINT] = "Int64", [MD_FLOAT] = "Float64",
	[MD_DECIMAL] = "Decimal(76, 20)", [MD_BOOLEAN] = "Bool",
	[MD_UUID] = "UUID", [MD_DATE] = "Date32", [MD_TIMESTAMP] = "DateTime64(6, 'UTC')", [MD_TIME] = "Time64(6)",
	[MD_ENUM] = "Enum8('new' = 1, 'it\\'s \"q\"' = 2)",
	[MD_JSON] = "String",
	[MD_BYTES] = "String",
};

/* JSON in quotes to an array literal: its strings get the other quotes, null is a word. */
static void array_table(enum md_base_type t, const char *json)
{
	char sql[1000], list[600], *to = list;
	for (const char *p = strchr(json, '['); *p && *p != '\''; p++)
		if (p[0] == '\\') {
			*to++ = *p++;
			*to++ = *p;
		} else if (*p != '"' || t != MD_DECIMAL) {
			*to++ = *p == '"' ? '\'' : *p;
		}
	*to = '\0';
	bool deep = strncmp(list, "[[", 2) == 0;
	snprintf(sql, sizeof sql, "CREATE TABLE av (a %sArray(Nullable(%s))%s)", deep ? "Array(" : "", inner[t],
	         deep ? ")" : "");
	as_owner(sql);
	snprintf(sql, sizeof sql, "INSERT INTO av VALUES (%s)", list);
	as_owner(sql);
}

static const char *param_text(int n, struct md_type t)
{
	static char b[4][64];
	static int i;
	i = (i + 1) % 4;
	snprintf(b[i], sizeof b[i], t.base == MD_BYTES ? "base64Decode({p%d:%s})" : "{p%d:%s}", n, inner[t.base]);
	return b[i];
}

static const char *in_list(int n, enum md_base_type t)
{
	static char b[64];
	snprintf(b, sizeof b, " IN {p%d:Array(%s)}", n, inner[t]);
	return b;
}

#define N(type) "Nullable(" type ")"

/* ---- ClickHouse alone ---- */

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

static const char *said(struct session *s)
{
	return md_str_fmt(&s->arena, "%.*s|%.*s", MD_FMT(s->err.message), MD_FMT(s->err.cause)).p;
}

static void tell_nothing(struct session *s, const char *const *never)
{
	for (const char *all = said(s); *never; never++)
		if (strstr(all, *never))
			fail_msg("'%s' stands in: %s", *never, all);
}

static void the_session_is_pinned(void **state)
{
	struct session *s = *state;
	static const char *const want[][2] = { { "readonly", "2" },
		                               { "session_timezone", "UTC" },
		                               { "date_time_output_format", "iso" },
		                               { "result_overflow_mode", "throw" },
		                               { "use_query_cache", "false" },
		                               { "http_write_exception_in_output_format", "false" },
		                               { "cancel_http_readonly_queries_on_client_close", "true" } };
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct md_stmt_output c = col("setting", MD_STRING, false);
		char sql[128];
		snprintf(sql, sizeof sql, "SELECT toString(getSetting('%s')) AS c0", want[i][0]);
		session_new_request(s);
		one_row(s, sql, NULL, 0, &c, 1);
		assert_cell(&s->cells[0], MD_CELL_TEXT, want[i][1]);
	}
}

static void a_wrong_password_is_not_shown(void **state)
{
	struct session s = { 0 };
	char wrong[256];
	(void)state;
	snprintf(wrong, sizeof wrong, "http://default:wr0ngword@127.0.0.1:%s/default", port);
	session_new_request(&s);
	assert_int_equal(session_try(&s, wrong), -1);
	assert_failed(&s, MD_CONNECTION_FAILED);
	tell_nothing(&s, (const char *const[]){ "wr0ngword", "default:", NULL });
	assert_non_null(strstr(said(&s), "Authentication failed"));
	md_arena_free(&s.arena);
}

static void urls_that_cannot_be_read_are_not_shown(void **state)
{
	static const char *const urls[] = {
		"http://u:aa@bbsecret@127.0.0.1:8123/x", "http://u:aa/bbsecret@127.0.0.1:8123/x",
		"http://u:11/bbsecret@127.0.0.1:8123/x",
		"http://u:aa:bbsecret@127.0.0.1:8123/x", "http://u:bbsecret%zz@127.0.0.1/x", "ftp://u:bbsecret@h/x",
		"http://u:bbsecret@127.0.0.1:port/x",
		"http://u:aa#bbsecret@h:1/x", "http://u:aa?bbsecret@h:1/x", "http://[::1:bbsecret@h/x", "",
		"http://u:bbsecret@127.0.0.1:1/x?nonsense=1",
		"http://u:bbsecret@127.0.0.1:1/x/y", "u:bbsecret@127.0.0.1", "http://u:bbsecret@127.0.0.1:1/%zz",
	};
	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct session s = { 0 };
		session_new_request(&s);
		s.cx.deadline_ms = md_monotonic_ms() + 3000;
		assert_int_equal(session_try(&s, urls[i]), -1);
		if (s.err.code != MD_CONNECTION_FAILED)
			fail_msg("%s: %s", urls[i], md_code_name(s.err.code));
		tell_nothing(&s, (const char *const[]){ "bbsecret", "aa", NULL });
		md_arena_free(&s.arena);
	}
}

static void a_database_that_is_not_there(void **state)
{
	struct session s = { 0 };
	char gone[256];
	(void)state;
	snprintf(gone, sizeof gone, "http://default:%s@127.0.0.1:%s/no%%20such", encoded, port);
	session_new_request(&s);
	assert_int_equal(session_try(&s, gone), -1);
	assert_failed(&s, MD_CONNECTION_FAILED);
	assert_non_null(strstr(said(&s), "no such"));
	md_arena_free(&s.arena);
}

static void connecting_ends_at_the_deadline(void **state)
{
	struct session s = { 0 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	char silent[128];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a) | listen(fd, 4) |
	                         getsockname(fd, (struct sockaddr *)&a, &n),
	                 0);
	snprintf(silent, sizeof silent, "http://u:p@127.0.0.1:%d/x", ntohs(a.sin_port));
	session_new_request(&s);
	int64_t from = md_monotonic_ms();
	s.cx.deadline_ms = from + 200;
	assert_int_equal(session_try(&s, silent), -1);
	assert_failed(&s, MD_CONNECTION_FAILED);
	assert_in_range(md_monotonic_ms() - from, 190, 2000);
	md_arena_free(&s.arena);
	close(fd);
}

static void not_finite_numbers(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c[5] = { col("a", MD_FLOAT, false), col("b", MD_FLOAT, false), col("c", MD_FLOAT, false),
		                       col("d", MD_FLOAT, true), col("e", MD_FLOAT, false) };
	session_new_request(s);
	one_row(s, "SELECT nan, inf, -inf, [nan, 1, NULL], toFloat32(nan)", NULL, 0, c, 5);
	for (int i = 0; i < 5; i++)
		if (i != 3)
			assert_cell(&s->cells[i], MD_CELL_NOT_FINITE, NULL);
	assert_cell(&s->cells[3], MD_CELL_BARE, "[null,1,null]");
}

/* Other server types than the natural one still give canonical text, or an error. */
static void other_server_types(void **state)
{
	struct session *s = *state;
	static const struct {
		const char *sql;
		enum md_base_type t;
		enum md_form form;
		const char *text; /* NULL: refused */
	} cases[] = {
		{ "toInt8(-7)", MD_INT, MD_CELL_BARE, "-7" },
		{ "toUInt64(7)", MD_INT, MD_CELL_BARE, "7" },
		{ "toInt64(3000000000)", MD_INT, MD_CELL_BARE, NULL },
		{ "toUInt64('18446744073709551615')", MD_BIGINT, MD_CELL_BARE, NULL },
		{ "toUInt64('18446744073709551615')", MD_DECIMAL, MD_CELL_BARE, "18446744073709551615" },
		{ "toInt256('-123456789012345678901234567890123456789012345678901234567890')", MD_DECIMAL, MD_CELL_BARE,
		  "-123456789012345678901234567890123456789012345678901234567890" },
		{ "toDecimal32('7.00', 2)", MD_BIGINT, MD_CELL_BARE, "7" },
		{ "toDecimal32('7.5', 2)", MD_BIGINT, MD_CELL_BARE, NULL },
		{ "toDecimal256('-0.5', 70)", MD_DECIMAL, MD_CELL_BARE, "-0.5" },
		{ "7.5", MD_DECIMAL, MD_CELL_BARE, "7.5" },
		{ "1e25", MD_DECIMAL, MD_CELL_BARE, "10000000000000000000000000" },
		{ "toFloat32(0.1)", MD_FLOAT, MD_CELL_BARE, "0.1" },
		{ "toDecimal32('7.50', 2)", MD_FLOAT, MD_CELL_BARE, "7.5" },
		{ "4611686018427387904.", MD_FLOAT, MD_CELL_BARE, "4611686018427388000" },
		{ "5e-324", MD_FLOAT, MD_CELL_BARE, "5e-324" },
		{ "-0.", MD_FLOAT, MD_CELL_BARE, "0" },
		{ "toUInt8(1)", MD_BOOLEAN, MD_CELL_BARE, "true" },
		{ "2", MD_BOOLEAN, MD_CELL_BARE, NULL },
		{ "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", MD_UUID, MD_CELL_PLAIN,
		  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
		{ "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1\"'", MD_UUID, MD_CELL_PLAIN, NULL },
		{ "toDate('2024-01-02')", MD_DATE, MD_CELL_PLAIN, "2024-01-02" },
		{ "'2024-01-02'", MD_DATE, MD_CELL_PLAIN, "2024-01-02" },
		{ "'2024-13-02'", MD_DATE, MD_CELL_PLAIN, NULL },
		{ "toDateTime('2024-01-02 03:04:05', 'UTC')", MD_TIMESTAMP, MD_CELL_PLAIN, "2024-01-02T03:04:05Z" },
		{ "toDateTime('2024-01-02 03:04:05', 'Asia/Tokyo')", MD_TIMESTAMP, MD_CELL_PLAIN,
		  "2024-01-01T18:04:05Z" },
		{ "toDateTime64('2024-01-02 03:04:05.100200300', 9, 'UTC')", MD_TIMESTAMP, MD_CELL_PLAIN,
		  "2024-01-02T03:04:05.1002003Z" },
		{ "toDateTime64('2024-01-02 03:04:05', 3, 'UTC')", MD_TIMESTAMP, MD_CELL_PLAIN,
		  "2024-01-02T03:04:05Z" },
		{ "toDateTime64('2024-01-02 03:04:50', 1, 'UTC')", MD_TIMESTAMP, MD_CELL_PLAIN,
		  "2024-01-02T03:04:50Z" },
		{ "toDateTime64('2024-01-02 03:04:05', 0, 'UTC')", MD_TIMESTAMP, MD_CELL_PLAIN,
		  "2024-01-02T03:04:05Z" },
		{ "toDate('2024-01-02')", MD_TIMESTAMP, MD_CELL_PLAIN, "2024-01-02T00:00:00Z" },
		{ "'yesterday'", MD_TIMESTAMP, MD_CELL_PLAIN, NULL },
		{ "toTime64('10:30:00.25', 3)", MD_TIME, MD_CELL_PLAIN, "10:30:00.25" },
		{ "toTime('10:30:00')", MD_TIME, MD_CELL_PLAIN, "10:30:00" },
		{ "toTime64('24:00:00', 6)", MD_TIME, MD_CELL_PLAIN, NULL },
		{ "toTime64('-10:30:00', 6)", MD_TIME, MD_CELL_PLAIN, NULL },
		{ "toTime('100:30:00')", MD_TIME, MD_CELL_PLAIN, NULL },
		{ "map('a', [1, NULL])", MD_JSON, MD_CELL_BARE, "{\"a\":[1,null]}" },
		{ "'{\"a\": [1, 2]}'", MD_JSON, MD_CELL_BARE, "{\"a\":[1,2]}" },
		{ "CAST('{\"a\": {\"b\": 1}}' AS JSON)", MD_JSON, MD_CELL_BARE, "{\"a\":{\"b\":1}}" },
		{ "'{\"a\":1'", MD_JSON, MD_CELL_BARE, NULL },
		{ "5", MD_BYTES, MD_CELL_PLAIN, NULL },
		{ "unhex('00FF22')", MD_BYTES, MD_CELL_PLAIN, "AP8i" },
		{ "unhex('E280A8E280A90A')", MD_BYTES, MD_CELL_PLAIN, "4oCo4oCpCg==" },
		{ "CAST('x' AS Enum8('x' = 1))", MD_STRING, MD_CELL_TEXT, "x" },
		{ "toLowCardinality('low')", MD_STRING, MD_CELL_TEXT, "low" },
		{ "toLowCardinality(toNullable('low'))", MD_STRING, MD_CELL_TEXT, "low" },
		{ "toIPv4('1.2.3.4')", MD_STRING, MD_CELL_TEXT, "1.2.3.4" },
		{ "5", MD_STRING, MD_CELL_TEXT, "5" },
		{ "tuple(1, 2)", MD_STRING, MD_CELL_TEXT, NULL },
		{ "[1]", MD_INT, MD_CELL_BARE, NULL },
		{ "unhex('FFFE')", MD_STRING, MD_CELL_TEXT, NULL },
		{ "concat(unhex('FF'), '\\n')", MD_STRING, MD_CELL_TEXT, NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char sql[160];
		struct md_stmt_output c = col("x", cases[i].t, false);
		session_renew(s);
		snprintf(sql, sizeof sql, "SELECT %s AS c0", cases[i].sql);
		if (cases[i].text) {
			one_row(s, sql, NULL, 0, &c, 1);
			if (s->cells[0].form != cases[i].form || !md_str_eqz(s->cells[0].text, cases[i].text))
				fail_msg("%s: %.*s", cases[i].sql, MD_FMT(s->cells[0].text));
			continue;
		}
		if (run(s, sql, NULL, 0, &c, 1, 1) != -1)
			fail_msg("%s passed as %s", cases[i].sql, md_type_names[cases[i].t]);
		assert_failed(s, MD_TYPE_MISMATCH);
		assert_true(md_str_eqz(s->err.details.column, "x"));
	}
}

static void lists_of_any_bytes(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c[2] = { col("n", MD_BOOLEAN, false), col("a", MD_BYTES, true) };
	/* 00ff22, nothing, '\ and line ends */
	struct md_str items[] = { MD_STR("AP8i"), MD_STR(""), MD_STR("J1wKDQk=") };
	struct md_value p = { .type = { MD_BYTES, true }, .list = { items, 3 } };
	session_new_request(s);
	one_row(s, "SELECT unhex('275c0a0d09') IN {p1:Array(String)}, {p1:Array(String)}", &p, 1, c, 2);
	assert_cell(&s->cells[0], MD_CELL_BARE, "true");
	assert_cell(&s->cells[1], MD_CELL_BARE, "[\"AP8i\",\"\",\"J1wKDQk=\"]");
}

static void dates_that_it_would_clamp(void **state)
{
	struct session *s = *state;
	static const char *const dates[] = { "0001-01-01", "1899-12-31", "2300-01-01", "9999-12-31" };
	struct md_stmt_output c = col("d", MD_DATE, false);
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		struct md_value p = val(MD_DATE, dates[i]);
		session_new_request(s);
		assert_int_equal(run(s, "SELECT {p1:Date32}", &p, 1, &c, 1, 1), -1);
		assert_failed(s, MD_QUERY_FAILED);
		assert_non_null(strstr(said(s), "parameter 1"));
		session_renew(s);
	}
}

static int64_t rows_before(struct session *s, const char *sql, const struct md_stmt_output *c)
{
	struct md_stmt stmt = { .text = md_str_z(sql), .outputs = c, .n_outputs = 1, .row_bound = -1 };
	int64_t n = 0;
	session_new_request(s);
	assert_int_equal(Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS), MD_STARTED);
	int rc;
	while ((rc = Q->driver->next(s->conn, &s->cx, s->cells)) == 1)
		n++;
	assert_int_equal(rc, -1);
	Q->driver->finish(s->conn);
	return n;
}

static void an_error_inside_the_reply(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	assert_true(rows_before(s, "SELECT number + throwIf(number = 3000000, 'too far') AS c0 FROM numbers(10000000)",
	                        &c) > 1000);
	assert_failed(s, MD_QUERY_FAILED);
	assert_non_null(strstr(said(s), "too far"));
	assert_null(strstr(said(s), "__exception__"));
	session_renew(s);
	assert_true(rows_before(s, "SELECT toString(number + throwIf(number = 3000000, '\"]\n[\"')) AS c0 FROM "
	                           "numbers(10000000)", &c) > 1000);
	assert_failed(s, MD_QUERY_FAILED);
	session_renew(s);
}

static void compressed_replies(void **state)
{
	struct session s = { 0 };
	char zip[300];
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	(void)state;
	snprintf(zip, sizeof zip, "%s?compress=1", url);
	session_new_request(&s);
	assert_int_equal(session_try(&s, zip), 0);
	assert_int_equal(run(&s, "SELECT number AS c0 FROM numbers(300000)", NULL, 0, &c, 1, -1), 300000);
	session_new_request(&s);
	assert_int_equal(run(&s, "SELECT nope AS c0", NULL, 0, &c, 1, -1), -1);
	assert_failed(&s, MD_QUERY_FAILED);
	assert_non_null(strstr(said(&s), "nope"));
	session_close(&s);
}

static int64_t running(void)
{
	struct session s;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	session_open(&s);
	one_row(&s, "SELECT count() AS c0 FROM system.processes WHERE query LIKE '%sleepEachRow%' AND query NOT LIKE "
	            "'%system.processes%'", NULL, 0, &c, 1);
	int64_t n = s.cells[0].text.p[0] - '0';
	session_close(&s);
	return n;
}

/* By deadline, by cancel, by leaving: nothing goes on. */
static void who_leaves_stops_the_statement_in_the_server(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	struct md_stmt stmt = { .text = MD_STR("SELECT number AS c0 FROM numbers(100000) WHERE sleepEachRow(0.01) = 0 "
	                                       "SETTINGS max_block_size = 1"), .outputs = &c,
		                .n_outputs = 1, .row_bound = -1 };
	for (int how = 0; how < 2; how++) {
		session_new_request(s);
		s->cx.deadline_ms = md_monotonic_ms() + 300;
		assert_int_equal(Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS), MD_START_FAILED);
		assert_failed(s, MD_QUERY_TIMEOUT);
		assert_false(Q->driver->finish(s->conn) && how);
		session_renew(s);
		for (int i = 0; i < 200 && running(); i++)
			nap_ms(10);
		assert_int_equal(running(), 0);
	}
}

/* When the server has it. An assertion that fails in a thread would be no failure but a crash. */
static void *cancel_soon(void *conn)
{
	for (int i = 0; i < 500 && running() != 1; i++)
		nap_ms(10);
	Q->driver->cancel(conn);
	return NULL;
}

static void a_cancel_kills_the_statement(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	pthread_t t;
	session_new_request(s);
	pthread_create(&t, NULL, cancel_soon, s->conn);
	assert_int_equal(run(s, Q->slow, NULL, 0, &c, 1, 1), -1);
	pthread_join(t, NULL);
	assert_failed(s, MD_CANCELLED);
	for (int i = 0; i < 200 && running(); i++)
		nap_ms(10);
	assert_int_equal(running(), 0);
	session_renew(s);
}

/* ---- replies cut short ---- */

static char proxied[256];

/* The rows that came, or -1; *stale and *clean tell the rest. */
static int64_t through_proxy(struct session *s, long bytes, bool stall, bool *stale, bool *clean)
{
	struct md_stmt_output c[3] = { col("i", MD_INT, false), col("s", MD_STRING, false),
		                       col("d", MD_DECIMAL, false) };
	struct md_stmt stmt = { .text = MD_STR("SELECT number AS c0, 'row ' || toString(number) AS c1, number / 4 AS "
	                                       "c2 FROM numbers(5)"), .outputs = c,
		                .n_outputs = 3, .row_bound = 5 };
	struct md_cell cells[3];
	int64_t n = 0;
	int rc = -1;
	proxy_limit(bytes, stall);
	if (stall)
		s->cx.deadline_ms = md_monotonic_ms() + 60;
	enum md_started started = Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS);
	*stale = started == MD_START_STALE;
	while (started == MD_STARTED && (rc = Q->driver->next(s->conn, &s->cx, cells)) > 0)
		n++;
	bool complete = started == MD_STARTED && rc == 0;
	*clean = Q->driver->finish(s->conn);
	return complete ? n : -1;
}

static void cut_everywhere(const char *suffix, bool stall, long step)
{
	long total = 100;
	char with[300];
	snprintf(with, sizeof with, "%s%s", proxied, suffix);
	/* the length varies by some digits of elapsed time; the very end is for the fake server */
	for (long at = 0; at < total - 12; at += step) {
		struct session s = { 0 };
		bool stale, clean;
		session_new_request(&s);
		proxy_limit(-1, false);
		assert_int_equal(session_try(&s, with), 0);
		if (at == 0) { /* the whole reply first, to know its length */
			assert_int_equal(through_proxy(&s, -1, false, &stale, &clean), 5);
			assert_true(clean);
			total = proxy_passed();
			session_close(&s);
			session_new_request(&s);
			assert_int_equal(session_try(&s, with), 0);
		}
		int64_t n = through_proxy(&s, at, stall, &stale, &clean);
		if (n >= 0 || clean)
			fail_msg("cut after %ld of %ld bytes: %lld rows, clean %d", at, total, (long long)n, clean);
		if (stale != (at == 0 && !stall))
			fail_msg("cut after %ld of %ld bytes: stale %d", at, total, stale);
		if (!stale)
			assert_failed(&s, stall ? MD_QUERY_TIMEOUT : MD_CONNECTION_FAILED);
		session_close(&s);
	}
	assert_true(total > 200);
}

static void a_reply_cut_at_any_byte_is_an_error(void **state)
{
	(void)state;
	int at = proxy_start(atoi(port));
	snprintf(proxied, sizeof proxied, "http://default:%s@127.0.0.1:%d/default", encoded, at);
	cut_everywhere("", false, 1);
	cut_everywhere("?compress=1", false, 1);
	cut_everywhere("", true, 37);
	proxy_stop();
}

static int setup_fresh(void **state)
{
	session_renew(*state);
	return 0;
}

static int run_own_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_session_is_pinned, setup_fresh),
		cmocka_unit_test_setup(a_wrong_password_is_not_shown, setup_fresh),
		cmocka_unit_test_setup(urls_that_cannot_be_read_are_not_shown, setup_fresh),
		cmocka_unit_test_setup(a_database_that_is_not_there, setup_fresh),
		cmocka_unit_test_setup(connecting_ends_at_the_deadline, setup_fresh),
		cmocka_unit_test_setup(not_finite_numbers, setup_fresh),
		cmocka_unit_test_setup(other_server_types, setup_fresh),
		cmocka_unit_test_setup(lists_of_any_bytes, setup_fresh),
		cmocka_unit_test_setup(dates_that_it_would_clamp, setup_fresh),
		cmocka_unit_test_setup(an_error_inside_the_reply, setup_fresh),
		cmocka_unit_test_setup(compressed_replies, setup_fresh),
		cmocka_unit_test_setup(who_leaves_stops_the_statement_in_the_server, setup_fresh),
		cmocka_unit_test_setup(a_cancel_kills_the_statement, setup_fresh),
		cmocka_unit_test_setup(a_reply_cut_at_any_byte_is_an_error, setup_fresh),
	};
	return cmocka_run_group_tests_name("clickhouse", tests, setup, teardown);
}

const struct quirks quirks_clickhouse = {
	.name = "clickhouse",
	.driver = &md_driver_clickhouse,
	.up = start_database,
	.down = stop_database,
	.owner = as_owner,
	.type = { [MD_STRING] = N("String"),
	          [MD_INT] = N("Int32"),
	          [MD_BIGINT] = N("Int64"),
	          [MD_FLOAT] = N("Float64"),
	          [MD_DECIMAL] = N("Decimal(76, 20)"),
	          [MD_BOOLEAN] = N("Bool"),
	          [MD_UUID] = N("UUID"),
	          [MD_DATE] = N("Date32"),
	          [MD_TIMESTAMP] = N("DateTime64(6, 'UTC')"),
	          [MD_TIME] = N("Time64(6)"),
	          [MD_ENUM] = N("Enum8('new' = 1, 'it\\'s \"q\"' = 2)"),
	          [MD_JSON] = N("String"),
	          [MD_BYTES] = N("String") },
	.array_table = array_table,
	.backslash_escapes = true,
	.first_date = "1900-01-01",
	.last_date = "2299-12-31",
	.param = param_text,
	.in_list = in_list,
	.slow = "SELECT count(*) AS c0 FROM numbers(400) WHERE sleepEachRow(0.05) = 0 SETTINGS max_block_size = 1, "
		"function_sleep_max_microseconds_per_block = 60000000",
	.missing_path = "http://default:hidden-word@127.0.0.1:1/default",
	.missing_names = "127.0.0.1",
	.kill_all = kill_all,
	.silent_until_rows = true,
	.strings_are_bytes = true,
	.early_end_depends = true,
	.own_cases = run_own_cases,
};
