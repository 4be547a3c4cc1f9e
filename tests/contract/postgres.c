/* PostgreSQL's quirks and its own cases: sessions, secrets, altered tables, replies cut at every
 * byte. With CONTRACT_PGBOUNCER all of it in pool mode `transaction`, through a PgBouncer that
 * pools transactions. */
#include "postgres.h"
#include "proxy.h"
#include "suite.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static PGconn *own;
static char reader_url[256];
static int port; /* of what the driver talks to: the server, or PgBouncer */
/* the password is "s3cr:et@/pass%wo rd" */
static const char encoded[] = "s3cr%3Aet%40%2Fpass%25wo%20rd";

static int find_port(void)
{
	const char *where = BOUNCER ? getenv("MULTIDB_TEST_PGBOUNCER") : NULL;
	if (BOUNCER && !where)
		fail_msg("MULTIDB_TEST_PGBOUNCER is not set: run me through tests/lib/private_pgbouncer.py run -- …");
	return atoi(where ? strchr(where, ':') + 1 : PQport(own));
}

const char *pg_url(const char *user, const char *password, const char *rest)
{
	static char url[2][400];
	static int i;
	i = !i;
	snprintf(url[i], sizeof url[i], "postgresql://%s:%s@127.0.0.1:%d/%s", user, password, port, rest);
	return url[i];
}

const char *pg_reader_url(const char *rest)
{
	return pg_url("reader", encoded, rest);
}

PGconn *pg_raw(const char *url)
{
	PGconn *pg = PQconnectdb(url);
	if (PQstatus(pg) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(pg));
	return pg;
}

const char *pg_owner_password(void)
{
	return PQpass(own);
}

static void as_owner(const char *sql)
{
	PGresult *r = PQexec(own, sql);
	ExecStatusType st = PQresultStatus(r);
	if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(own));
	PQclear(r);
}

void pg_bouncer(const char *command)
{
	PGconn *console = pg_raw(pg_url(PQuser(own), PQpass(own), "pgbouncer"));
	PGresult *r = PQexec(console, command);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", command, PQerrorMessage(console));
	PQclear(r);
	PQfinish(console);
}

static void no_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

static const char *start_database(void)
{
	if (own)
		return reader_url;
	const char *url = getenv("MULTIDB_TEST_PG");
	if (!url)
		fail_msg("MULTIDB_TEST_PG is not set: run me through tests/lib/private_pg.py run -- …");
	own = pg_raw(url);
	port = find_port();
	PQsetNoticeReceiver(own, no_notice, NULL);
	as_owner("SET TimeZone = 'UTC'; SET standard_conforming_strings = on; SET DateStyle = 'ISO'");
	as_owner("CREATE ROLE reader LOGIN PASSWORD 's3cr:et@/pass%wo rd'");
	as_owner("ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO reader");
	snprintf(reader_url, sizeof reader_url, "%s", pg_reader_url(PQdb(own)));
	return reader_url;
}

static void stop_database(void)
{
	PQfinish(own);
}

static const char *param_text(int n, struct md_type t)
{
	static char b[4][64];
	static int i;
	i = (i + 1) % 4;
	if (t.base == MD_BYTES && !t.array)
		snprintf(b[i], sizeof b[i], "decode($%d, 'base64')", n);
	else
		snprintf(b[i], sizeof b[i], t.base == MD_STRING ? "$%d::text" : "$%d", n);
	return b[i];
}

static const char *const types[MD_TYPES] = {
	[MD_STRING] = "text", [MD_INT] = "int4", [MD_BIGINT] = "int8", [MD_FLOAT] = "float8", [MD_DECIMAL] = "numeric",
	[MD_BOOLEAN] = "bool",
	[MD_UUID] = "uuid", [MD_DATE] = "date", [MD_TIMESTAMP] = "timestamptz", [MD_TIME] = "time", [MD_ENUM] = "text",
	[MD_JSON] = "json",
	[MD_BYTES] = "bytea",
};

static const char *in_list(int n, enum md_base_type t)
{
	static char b[64];
	snprintf(b, sizeof b, " = ANY($%d::%s[])", n, types[t]);
	return b;
}

/* PgBouncer hides a server session that died between two transactions: it is made to drop
 * every client, and the server to stop. */
static void kill_all(void)
{
	if (BOUNCER)
		pg_bouncer("KILL postgres");
	as_owner("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'multidb'");
	if (BOUNCER)
		pg_bouncer("RESUME postgres");
}

/* ---- PostgreSQL alone ---- */

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

static void renew_session(struct session *s)
{
	session_close(s);
	session_open(s);
}

static void setting_is(struct session *s, const char *name, const char *want)
{
	struct md_stmt_output c = col("setting", MD_STRING, false);
	struct md_value p = val(MD_STRING, name);
	session_new_request(s);
	one_row(s, "SELECT current_setting($1::text) AS c0", &p, 1, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_TEXT, want);
}

/* The server's own defaults are all different (private_pg.py). */
static void the_session_is_pinned(void **state)
{
	struct session *s = *state;
	static const char *const want[][2] = { { "transaction_read_only", "on" },
		                               { BOUNCER ? "row_security" : "default_transaction_read_only", "on" },
		                               { "TimeZone", "UTC" },
		                               { "DateStyle", "ISO, DMY" },
		                               { "client_encoding", "UTF8" },
		                               { "bytea_output", "hex" },
		                               { "IntervalStyle", "iso_8601" },
		                               { "application_name", "multidb" } };
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		setting_is(s, want[i][0], want[i][1]);
}

static void options_of_the_url_are_kept_but_do_not_win(void **state)
{
	struct session s = { 0 };
	char url[400];
	(void)state;
	snprintf(
		url, sizeof url,
		"%s?options=-c%%20work_mem%%3D7MB%%20-c%%20TimeZone%%3DAsia/Tokyo"
		"%%20-c%%20default_transaction_read_only%%3Doff&application_name=mine",
		reader_url);
	session_new_request(&s);
	assert_int_equal(session_try(&s, url), 0);
	setting_is(&s, "work_mem", "7MB");
	setting_is(&s, "TimeZone", "UTC");
	setting_is(&s, "default_transaction_read_only", "on");
	setting_is(&s, "application_name", "mine");
	session_close(&s);
}

static void tell_nothing(struct session *s, const char *const *never)
{
	const char *all = md_str_fmt(&s->arena, "%.*s|%.*s", MD_FMT(s->err.message), MD_FMT(s->err.cause)).p;
	for (; *never; never++)
		if (strstr(all, *never))
			fail_msg("'%s' stands in: %s", *never, all);
}

static void a_wrong_password_is_not_shown(void **state)
{
	struct session s = { 0 };
	char url[256];
	(void)state;
	snprintf(url, sizeof url, "postgresql://reader:wr0ngword@127.0.0.1:%d/postgres", port);
	session_new_request(&s);
	assert_int_equal(session_try(&s, url), -1);
	assert_failed(&s, MD_CONNECTION_FAILED);
	tell_nothing(&s, (const char *const[]){ "wr0ngword", "postgresql://", NULL });
	assert_non_null(strstr(md_str_fmt(&s.arena, "%.*s", MD_FMT(s.err.cause)).p, BOUNCER ? "SASL authentication "
		"failed" : "password authentication failed"));
	md_arena_free(&s.arena);
}

/* What libpq says of an url that it can't read may quote parts of the password. */
static void urls_that_cannot_be_read_are_not_shown(void **state)
{
	static const char *const urls[] = {
		"postgresql://reader:aa@bbsecret@127.0.0.1:5432/x", "postgresql://reader:aa/bbsecret@127.0.0.1:5432/x",
		"postgresql://reader:aa:bbsecret@127.0.0.1:5432/x", "postgresql://reader:bbsecret%zz@127.0.0.1/x",
		"postgres//reader:bbsecret@h/x",
		"postgresql://reader:bbsecret@127.0.0.1:port/x", "password=bbsecret port=", "reader:bbsecret@host",
		"postgresql://r:aa#bbsecret@h:1/x",
		"postgresql://[::1:bbsecret@h/x", "", "postgresql://reader:bbsecret@127.0.0.1:1/x?nonsense=1",
		"postgresql://reader:bbsecret@127.0.0.1:1/x?sslmode=bbsecret",
	};
	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct session s = { 0 };
		session_new_request(&s);
		s.cx.deadline_ms = md_monotonic_ms() + 3000;
		if (session_try(&s, urls[i]) == 0 && !*urls[i]) {
			session_close(&s);
			continue;
		}
		if (s.err.code != MD_CONNECTION_FAILED)
			fail_msg("%s: %s", urls[i], md_code_name(s.err.code));
		tell_nothing(&s, (const char *const[]){ "bbsecret", "aa", NULL });
		md_arena_free(&s.arena);
	}
}

static int silent_server(int *at)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a) | listen(fd, 4) |
	                         getsockname(fd, (struct sockaddr *)&a, &n),
	                 0);
	*at = ntohs(a.sin_port);
	return fd;
}

static void connecting_ends_at_the_deadline(void **state)
{
	struct session s = { 0 };
	int silent, fd = silent_server(&silent);
	char url[128];
	(void)state;
	snprintf(url, sizeof url, "postgresql://u:p@127.0.0.1:%d/x", silent);
	session_new_request(&s);
	int64_t from = md_monotonic_ms();
	s.cx.deadline_ms = from + 200;
	assert_int_equal(session_try(&s, url), -1);
	assert_failed(&s, MD_CONNECTION_FAILED);
	assert_in_range(md_monotonic_ms() - from, 190, 2000);
	md_arena_free(&s.arena);
	close(fd);
}

static void not_finite_numbers(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c[7] = { col("a", MD_DECIMAL, false),  col("b", MD_FLOAT, false),
		                       col("c", MD_FLOAT, false),    col("d", MD_DECIMAL, false),
		                       col("e", MD_FLOAT, true),     col("f", MD_DATE, false),
		                       col("g", MD_TIMESTAMP, false) };
	session_new_request(s);
	one_row(s, "SELECT 'NaN'::numeric, 'NaN'::float8, '-Infinity'::float8, 'Infinity'::numeric, '{NaN,"
	           "1}'::float8[], 'infinity'::date, "
	           "'-infinity'::timestamptz", NULL, 0, c, 7);
	for (int i = 0; i < 7; i++)
		if (i != 4)
			assert_cell(&s->cells[i], MD_CELL_NOT_FINITE, NULL);
	assert_cell(&s->cells[4], MD_CELL_BARE, "[null,1]");
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
		{ "7::int2", MD_INT, MD_CELL_BARE, "7" },
		{ "7::int8", MD_INT, MD_CELL_BARE, "7" },
		{ "3000000000::int8", MD_INT, MD_CELL_BARE, NULL },
		{ "7.00::numeric", MD_BIGINT, MD_CELL_BARE, "7" },
		{ "7.5::numeric", MD_BIGINT, MD_CELL_BARE, NULL },
		{ "7::int4", MD_DECIMAL, MD_CELL_BARE, "7" },
		{ "7.50::float8", MD_DECIMAL, MD_CELL_BARE, "7.5" },
		{ "7.50::numeric", MD_FLOAT, MD_CELL_BARE, "7.5" },
		{ "0.1::float4", MD_FLOAT, MD_CELL_BARE, "0.1" },
		{ "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::text", MD_UUID, MD_CELL_PLAIN,
		  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
		{ "'2024-01-02'::text", MD_DATE, MD_CELL_PLAIN, "2024-01-02" },
		{ "'2024-13-02'::text", MD_DATE, MD_CELL_PLAIN, NULL },
		{ "'0044-03-15 BC'::date", MD_DATE, MD_CELL_PLAIN, NULL },
		{ "'10000-01-01'::date", MD_DATE, MD_CELL_PLAIN, NULL },
		{ "'10000-01-01'::timestamp", MD_TIMESTAMP, MD_CELL_PLAIN, NULL },
		{ "'0044-03-15 BC'::timestamptz", MD_TIMESTAMP, MD_CELL_PLAIN, NULL },
		{ "'2024-01-02 03:04:05.5'::timestamp", MD_TIMESTAMP, MD_CELL_PLAIN, "2024-01-02T03:04:05.5Z" },
		{ "'2024-01-02'::date", MD_TIMESTAMP, MD_CELL_PLAIN, "2024-01-02T00:00:00Z" },
		{ "'10:30:00.250'::time", MD_TIME, MD_CELL_PLAIN, "10:30:00.25" },
		{ "'10:30:00.25'::time(1)", MD_TIME, MD_CELL_PLAIN, "10:30:00.3" },
		{ "'24:00:00'::time", MD_TIME, MD_CELL_PLAIN, NULL },
		{ "'10:30:00+00'::timetz", MD_TIME, MD_CELL_PLAIN, NULL },
		{ "'10:30:00'::interval", MD_TIME, MD_CELL_PLAIN, NULL },
		{ "'{\"b\": 1, \"a\": [true, null]}'::jsonb", MD_JSON, MD_CELL_BARE, "{\"a\":[true,null],\"b\":1}" },
		{ "'[1, 2]'::text", MD_JSON, MD_CELL_BARE, "[1,2]" },
		{ "'{\"a\":1'::text", MD_JSON, MD_CELL_BARE, NULL },
		{ "1::int4", MD_BOOLEAN, MD_CELL_BARE, "true" },
		{ "'x'::text", MD_BYTES, MD_CELL_PLAIN, NULL },
		{ "'b'::\"char\"", MD_STRING, MD_CELL_TEXT, "b" },
		{ "'1 day'::interval", MD_STRING, MD_CELL_TEXT, "P1D" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char sql[128];
		struct md_stmt_output c = col("x", cases[i].t, false);
		renew_session(s);
		snprintf(sql, sizeof sql, "SELECT %s AS c0", cases[i].sql);
		if (cases[i].text) {
			one_row(s, sql, NULL, 0, &c, 1);
			assert_cell(&s->cells[0], cases[i].form, cases[i].text);
			continue;
		}
		if (run(s, sql, NULL, 0, &c, 1, 1) != -1)
			fail_msg("%s passed as %s", cases[i].sql, md_type_names[cases[i].t]);
		assert_failed(s, MD_TYPE_MISMATCH);
	}
}

static void arrays_with_other_bounds(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("x", MD_INT, true);
	session_new_request(s);
	one_row(s, "SELECT '[0:2]={1,2,3}'::int4[] AS c0", NULL, 0, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_BARE, "[1,2,3]");
}

static void an_altered_table_is_prepared_anew(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("x", MD_STRING, false);
	as_owner("DROP TABLE IF EXISTS alt; CREATE TABLE alt (x varchar(10)); INSERT INTO alt VALUES ('12')");
	for (int i = 0; i < 3; i++) {
		session_new_request(s);
		one_row(s, "SELECT t0.x AS c0 FROM alt AS t0", NULL, 0, &c, 1);
		assert_cell(&s->cells[0], MD_CELL_TEXT, "12");
		as_owner(i ? "ALTER TABLE alt ALTER x TYPE text" : "ALTER TABLE alt ALTER x TYPE int USING x::int");
	}
}

static void statements_deallocated_by_others_are_prepared_anew(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("x", MD_INT, false);
	session_new_request(s);
	one_row(s, "SELECT 5 AS c0", NULL, 0, &c, 1);
	assert_int_equal(run(s, "DEALLOCATE ALL", NULL, 0, NULL, 0, 1), -1); /* it runs, but it is no query */
	session_new_request(s);
	one_row(s, "SELECT 5 AS c0", NULL, 0, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_BARE, "5");
	renew_session(s);
}

static void the_server_keeps_no_more_statements_than_we(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	renew_session(s);
	for (int i = 0; i < 300; i++) {
		char sql[64];
		snprintf(sql, sizeof sql, "SELECT %d::int8 AS c0", i);
		session_new_request(s);
		one_row(s, sql, NULL, 0, &c, 1);
	}
	session_new_request(s);
	one_row(s, "SELECT count(*) AS c0 FROM pg_prepared_statements", NULL, 0, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_BARE, BOUNCER ? "0" : "256");
}

static int64_t active(void)
{
	PGresult *r = PQexec(own, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'multidb' AND state "
	                          "= 'active'");
	int64_t n = atoll(PQgetvalue(r, 0, 0));
	PQclear(r);
	return n;
}

static void who_leaves_stops_the_statement_in_the_server(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	struct md_stmt stmt = { .text = MD_STR("SELECT g + 0 * count(*) OVER () AS c0 FROM generate_series(1::int8, 3) "
	                                       "g, pg_sleep(20)"), .outputs = &c,
		                .n_outputs = 1, .row_bound = -1 };
	session_new_request(s);
	s->cx.deadline_ms = md_monotonic_ms() + 150;
	assert_int_equal(Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS), MD_START_FAILED);
	assert_failed(s, MD_QUERY_TIMEOUT);
	/* there the deadline went along, and the server may have been first */
	assert_true(!Q->driver->finish(s->conn) || BOUNCER);
	for (int i = 0; i < 100 && active(); i++)
		usleep(10000);
	assert_int_equal(active(), 0);
	renew_session(s);
}

static void bytes_that_are_no_utf8(void **state)
{
	struct session s = { 0 };
	struct md_stmt_output c = col("x", MD_STRING, false);
	(void)state;
	as_owner("DROP DATABASE IF EXISTS anybytes");
	as_owner("CREATE DATABASE anybytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
	session_new_request(&s);
	assert_int_equal(session_try(&s, pg_reader_url("anybytes")), 0);
	assert_int_equal(run(&s, "SELECT E'\\xff\\xfe' AS c0", NULL, 0, &c, 1, 1), -1);
	assert_failed(&s, MD_QUERY_FAILED);
	session_new_request(&s);
	one_row(&s, "SELECT 'ünï' AS c0", NULL, 0, &c, 1);
	assert_cell(&s.cells[0], MD_CELL_TEXT, "ünï");
	session_close(&s);
	as_owner("DROP DATABASE anybytes WITH (FORCE)"); /* a pooler is still connected */
}

/* ---- replies cut short ---- */

static struct md_target proxied;

static const struct md_stmt_output *three_columns(void)
{
	static struct md_stmt_output c[3];
	c[0] = col("i", MD_INT, false);
	c[1] = col("s", MD_STRING, false);
	c[2] = col("d", MD_DECIMAL, false);
	return c;
}

/* The rows that came, or -1; *stale and *clean tell the rest. */
static int64_t through_proxy(struct session *s, int64_t bound, long bytes, bool stall, bool *stale, bool *clean)
{
	struct md_stmt stmt = { .text = MD_STR("SELECT g::int4 AS c0, 'row ' || g AS c1, g / 4.0 AS c2 FROM "
	                                       "generate_series(1, 5) g"),
		                .outputs = three_columns(), .n_outputs = 3, .row_bound = bound };
	struct md_cell cells[3];
	int64_t n = 0;
	int rc;
	proxy_limit(bytes, stall);
	if (stall)
		s->cx.deadline_ms = md_monotonic_ms() + 60;
	enum md_started started = Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS);
	*stale = started == MD_START_STALE;
	while (started == MD_STARTED && (rc = Q->driver->next(s->conn, &s->cx, cells)) != 0) {
		if (rc < 0)
			break;
		n++;
	}
	bool complete = started == MD_STARTED && rc == 0;
	*clean = Q->driver->finish(s->conn);
	return complete ? n : -1;
}

static void cut_everywhere(int64_t bound, bool stall, long step)
{
	long total = 1;
	for (long at = 0; at < total; at += step) {
		struct session s = { 0 };
		bool stale, clean;
		session_new_request(&s);
		proxy_limit(-1, false);
		assert_int_equal(session_try_target(&s, proxied), 0);
		if (at == 0) { /* the whole reply first, to know its length */
			assert_int_equal(through_proxy(&s, bound, -1, false, &stale, &clean), 5);
			assert_true(clean);
			total = proxy_passed();
			session_close(&s);
			session_new_request(&s);
			assert_int_equal(session_try_target(&s, proxied), 0);
		}
		int64_t n = through_proxy(&s, bound, at, stall, &stale, &clean);
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

static void cut_in_every_way(long step)
{
	cut_everywhere(5, false, step);
	cut_everywhere(-1, false, 2 * step);
	cut_everywhere(5, true, 17 * step);
	cut_everywhere(-1, true, 17 * step);
}

static void a_reply_cut_at_any_byte_is_an_error(void **state)
{
	(void)state;
	char url[300];
	snprintf(url, sizeof url, "postgresql://reader:%s@127.0.0.1:%d/%s?sslmode=disable&gssencmode=disable", encoded,
	         proxy_start(port), PQdb(own));
	proxied = (struct md_target){ .url = md_str_z(url) };
	cut_in_every_way(BOUNCER ? 3 : 1);
	proxied.native = true; /* a pipeline of settings and query, as it always is through PgBouncer */
	if (!BOUNCER)
		cut_in_every_way(2);
	proxy_stop();
}

static int64_t cancel_ms;

static void *time_cancel(void *conn)
{
	usleep(100000);
	int64_t begun = md_monotonic_ms();
	Q->driver->cancel(conn);
	cancel_ms = md_monotonic_ms() - begun;
	return NULL;
}

/* Neither the statement nor the request to cancel it is answered. */
static void a_cancel_does_not_wait_for_the_server(void **state)
{
	struct session s = { 0 };
	struct md_stmt stmt = { .text = MD_STR("SELECT 1 AS c0, '' AS c1, 1.0 AS c2"), .outputs = three_columns(),
		                .n_outputs = 3, .row_bound = -1 };
	char url[300];
	pthread_t t;
	(void)state;
	snprintf(url, sizeof url, "postgresql://reader:%s@127.0.0.1:%d/%s?sslmode=disable&gssencmode=disable", encoded,
	         proxy_start(port), PQdb(own));
	session_new_request(&s);
	proxy_limit(-1, false);
	assert_int_equal(session_try_target(&s, (struct md_target){ .url = md_str_z(url) }), 0);
	proxy_limit(0, true);
	pthread_create(&t, NULL, time_cancel, s.conn);
	assert_int_equal(Q->driver->start(s.conn, &s.cx, &stmt, MD_NO_SETTINGS), MD_START_FAILED);
	pthread_join(t, NULL);
	assert_failed(&s, MD_CANCELLED);
	assert_true(cancel_ms < 300);
	assert_false(Q->driver->finish(s.conn));
	session_close(&s);
	proxy_stop();
}

static int run_own_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_session_is_pinned),
		cmocka_unit_test(a_wrong_password_is_not_shown),
		cmocka_unit_test(urls_that_cannot_be_read_are_not_shown),
		cmocka_unit_test(connecting_ends_at_the_deadline),
		cmocka_unit_test(not_finite_numbers),
		cmocka_unit_test(other_server_types),
		cmocka_unit_test(arrays_with_other_bounds),
		cmocka_unit_test(an_altered_table_is_prepared_anew),
		cmocka_unit_test(statements_deallocated_by_others_are_prepared_anew),
		cmocka_unit_test(the_server_keeps_no_more_statements_than_we),
		cmocka_unit_test(who_leaves_stops_the_statement_in_the_server),
		cmocka_unit_test(bytes_that_are_no_utf8),
		cmocka_unit_test(a_reply_cut_at_any_byte_is_an_error),
		cmocka_unit_test(a_cancel_does_not_wait_for_the_server),
	};
	const struct CMUnitTest of_sessions[] = { cmocka_unit_test(options_of_the_url_are_kept_but_do_not_win) };
	int failed = cmocka_run_group_tests_name("postgres", tests, setup, teardown);
	return failed + run_native() +
	       (BOUNCER ? 0 : cmocka_run_group_tests_name("sessions of our own", of_sessions, NULL, NULL));
}

const struct quirks quirks_postgres = {
	.name = "postgres",
	.driver = &md_driver_postgres,
	.up = start_database,
	.down = stop_database,
	.owner = as_owner,
	.schema = { "public" },
	.type = { [MD_STRING] = "text",
	          [MD_INT] = "int4",
	          [MD_BIGINT] = "int8",
	          [MD_FLOAT] = "float8",
	          [MD_DECIMAL] = "numeric",
	          [MD_BOOLEAN] = "bool",
	          [MD_UUID] = "uuid",
	          [MD_DATE] = "date",
	          [MD_TIMESTAMP] = "timestamptz",
	          [MD_TIME] = "time",
	          [MD_ENUM] = "text",
	          [MD_JSON] = "json",
	          [MD_BYTES] = "bytea" },
	.array_suffix = "[]",
	.param = param_text,
	.in_list = in_list,
	.slow = "SELECT count(*) AS c0 FROM pg_sleep(20)",
	.missing_path = "postgresql://reader:hidden-word@127.0.0.1:1/postgres",
	.missing_names = "127.0.0.1",
	.kill_all = kill_all,
	.transaction = BOUNCER,
	.own_cases = run_own_cases,
};
