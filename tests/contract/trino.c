/* Trino's quirks. MULTIDB_TEST_TRINO says where a coordinator is that has a catalog iceberg_archive
 * (with_trino.py). The suite's tables stand in a schema of their own there; statements are
 * qualified on their way to the driver, as the SQL writer would have. What a coordinator can do
 * wrong is tested in tests/unit/drivers/trino/test_trino.c, against one that does it on purpose. */
#include "suite.h"

#include "dialects/dialect.h"
#include "drivers/net/http.h"
#include "json/json.h"

#include <pthread.h>
#include <unistd.h>

#define SCHEMA "iceberg_archive.contract"
static struct md_http *own;

/* Names of tables behind the words that introduce them. Functions and names that are qualified
 * already stay. */
static const char *qualified(const char *sql)
{
	static char *b;
	static const char *const words[] = { " FROM ", "INTO ", "TABLE IF EXISTS ", "TABLE ", "UPDATE " };
	free(b);
	char *to = b = malloc(2 * strlen(sql) + 200);
	while (*sql) {
		size_t i = 0, n = 0;
		for (; i < sizeof words / sizeof *words && strncmp(sql, words[i], n = strlen(words[i])) != 0; i++)
			;
		if (i == sizeof words / sizeof *words) {
			*to++ = *sql++;
			continue;
		}
		to += sprintf(to, "%s%s", words[i],
		              strncmp(sql + n, "IF ", 3) == 0 || strncmp(sql + n, "UNNEST", 6) == 0 ? "" : SCHEMA ".");
		sql += n;
	}
	*to = '\0';
	return b;
}

/* ---- the owner: the suite's SQL in Trino's words, through the bare protocol ---- */

static const struct md_json *exchange(struct md_arena *a, const char *method, struct md_str target, const char *body)
{
	struct md_http_request r = { .method = method, .target = target, .body = md_str_z(body) };
	struct md_buf all = { .arena = a };
	const struct md_json *page = NULL;
	struct md_json_error e;
	enum md_http_got got = md_http_send(own, &r);
	while (got == MD_HTTP_OK) {
		md_buf_str(&all, md_http_body(own));
		md_http_consume(own, md_http_body(own).n);
		got = md_http_more(own);
	}
	if (got != MD_HTTP_END || md_http_status(own) != 200 || md_json_parse(a, md_buf_view(&all), &page, &e))
		fail_msg("%s %.*s: %d %.*s", method, MD_FMT(target), md_http_status(own), MD_FMT(md_buf_view(&all)));
	return page;
}

static void execute(const char *sql)
{
	struct md_arena a = { 0 };
	const struct md_json *page = exchange(&a, "POST", MD_STR("/v1/statement"), sql), *next, *error;
	while ((next = md_json_get(page, "nextUri")) && !md_json_get(page, "error"))
		page = exchange(&a, "GET",
		                (struct md_str){ md_json_text(next).p + md_http_origin(own).n,
		                                 md_json_text(next).n - md_http_origin(own).n },
		                NULL);
	if ((error = md_json_get(page, "error")))
		fail_msg("%s: %.*s", sql, MD_FMT(md_json_text(md_json_get(error, "message"))));
	md_arena_free(&a);
}

static void as_owner(const char *sql)
{
	if (strstr(sql, "WITH RECURSIVE"))
		sql = "INSERT INTO n SELECT CAST(i AS integer), 'row ' || CAST(i AS varchar) FROM UNNEST(sequence(1, "
		      "5000)) AS r (i)";
	execute(qualified(sql));
}

static const char *start_database(void)
{
	const char *url = getenv("MULTIDB_TEST_TRINO");
	bool no_memory;
	if (!url)
		fail_msg("MULTIDB_TEST_TRINO is not set: run me through with_trino.py");
	if (own)
		return url;
	own = md_http_new(md_str_z(url), NULL, false, &no_memory);
	assert_true(own && md_http_header(own, MD_STR("X-Trino-User: multidb")) &&
	            md_http_header(own, MD_STR("X-Trino-Client-Capabilities: PARAMETRIC_DATETIME")));
	execute("CREATE SCHEMA IF NOT EXISTS " SCHEMA);
	return url;
}

static void stop_database(void)
{
	static const char *const tables[] = { "v", "av", "w", "n", "few", "shelf" };
	for (size_t i = 0; own && i < sizeof tables / sizeof *tables; i++) {
		char sql[64];
		snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS %s", tables[i]);
		as_owner(sql);
	}
	if (own)
		execute("DROP SCHEMA IF EXISTS " SCHEMA);
	md_http_free(own);
	own = NULL;
}

/* ---- values ---- */

/* The samples' SQLite spelling as a typed literal. */
static const char *literal(enum md_base_type t, const char *pg, const char *lite)
{
	static char b[1200];
	static const char *const names[MD_TYPES] = {
		[MD_INT] = "INTEGER",     [MD_BIGINT] = "BIGINT", [MD_FLOAT] = "DOUBLE",
		[MD_DECIMAL] = "DECIMAL", [MD_UUID] = "UUID",     [MD_DATE] = "DATE",
		[MD_TIME] = "TIME"
	};
	bool bare = lite[0] != '\'';
	if (t == MD_BOOLEAN)
		return pg;
	if (t == MD_TIMESTAMP)
		snprintf(b, sizeof b, "CAST(from_iso8601_timestamp_nanos(%s) AS timestamp(6) with time zone)", lite);
	else if (names[t])
		snprintf(b, sizeof b, bare ? "%s '%s'" : "%s %s", names[t], lite);
	else
		snprintf(b, sizeof b, "%s", lite);
	for (char *p; (p = strstr(b, "char(")) && t == MD_STRING && p[-1] != 'r';) /* SQLite's char is chr here */
		memcpy(p, " chr(", 5);
	return b;
}

static const char *const types[MD_TYPES] = {
	[MD_STRING] = "varchar", [MD_INT] = "integer", [MD_BIGINT] = "bigint", [MD_FLOAT] = "double",
	[MD_DECIMAL] = "decimal(38, 18)", [MD_BOOLEAN] = "boolean",
	[MD_UUID] = "uuid", [MD_DATE] = "date", [MD_TIMESTAMP] = "timestamp(6) with time zone",
	[MD_TIME] = "time(6)", [MD_ENUM] = "varchar",
	[MD_JSON] = "varchar",
	[MD_BYTES] = "varbinary",
};

/* From JSON in an SQL literal: Trino reads JSON itself, except for what it would read through a
 * double. */
static void array_table(enum md_base_type t, const char *json)
{
	char sql[1500];
	bool deep = strstr(json, "[[") != NULL;
	const char *inner = t == MD_TIMESTAMP ? "varchar" : t == MD_UUID ? "varchar" : types[t];
	snprintf(sql, sizeof sql, "CREATE TABLE av (a array(%s%s%s))", deep ? "array(" : "", types[t], deep ? ")" : "");
	as_owner(sql);
	size_t n = (size_t)snprintf(sql, sizeof sql, "INSERT INTO av SELECT ");
	if (t == MD_TIMESTAMP)
		n += (size_t)snprintf(sql + n, sizeof sql - n, "transform(CAST(json_parse(%s) AS array(varchar)), x -> "
			"CAST(from_iso8601_timestamp_nanos(x) AS %s))", json, types[t]);
	else if (t == MD_UUID)
		n += (size_t)snprintf(sql + n, sizeof sql - n, "transform(CAST(json_parse(%s) AS array(varchar)), x -> "
			"CAST(x AS uuid))", json);
	else if (t == MD_DATE || t == MD_TIME)
		n += (size_t)snprintf(sql + n, sizeof sql - n, "transform(CAST(json_parse(%s) AS array(varchar)), x -> "
			"CAST(x AS %s))", json, types[t]);
	else
		n += (size_t)snprintf(sql + n, sizeof sql - n, "CAST(json_parse(%s) AS array(%s%s%s))", json,
		                      deep ? "array(" : "", inner, deep ? ")" : "");
	as_owner(sql);
}

static const char *param_text(int n, struct md_type t)
{
	(void)n;
	(void)t;
	return "?";
}

static const char *in_list(int n, enum md_base_type t)
{
	(void)n;
	(void)t;
	return " IN (SELECT u.v FROM UNNEST(?) AS u (v))";
}

/* ---- the driver, with the schema put in and literals, as statements of the SQL writer have them
 * ---- */

static enum md_started start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context)
{
	struct md_stmt *mine = md_alloc(cx->arena, sizeof *mine);
	*mine = *s;
	mine->text = md_str_dup(cx->arena, md_str_z(qualified(md_str_dup(cx->arena, s->text).p)));
	mine->literal = md_trino_literal;
	return md_driver_trino.start(conn, cx, mine, context);
}

static struct md_driver driver;

__attribute__((constructor)) static void make_driver(void)
{
	driver = md_driver_trino;
	driver.start = start;
}

/* ---- Trino alone ---- */

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

struct expression {
	enum md_base_type type;
	bool array;
	const char *sql;
	enum md_form form;
	const char *text; /* NULL: refused */
};

/* Types and values that no table of the suite has. */
static void values_of_the_engine(void **state)
{
	struct session *s = *state;
	static const struct expression cases[] = {
		{ MD_DECIMAL, false, "DECIMAL '99999999999999999999999999999999999999'", MD_CELL_BARE,
		  "99999999999999999999999999999999999999" },
		{ MD_DECIMAL, false, "DECIMAL '-0.00000000000000000000000000000000000001'", MD_CELL_BARE,
		  "-0.00000000000000000000000000000000000001" },
		{ MD_DECIMAL, false, "DOUBLE '1.5e10'", MD_CELL_BARE, "15000000000" },
		{ MD_FLOAT, false, "nan()", MD_CELL_NOT_FINITE, "" },
		{ MD_FLOAT, false, "infinity()", MD_CELL_NOT_FINITE, "" },
		{ MD_FLOAT, false, "-infinity()", MD_CELL_NOT_FINITE, "" },
		{ MD_FLOAT, false, "REAL '0.1'", MD_CELL_BARE, "0.1" },
		{ MD_FLOAT, true, "ARRAY[nan(), 1e0, NULL]", MD_CELL_BARE, "[null,1,null]" },
		{ MD_INT, false, "TINYINT '-128'", MD_CELL_BARE, "-128" },
		{ MD_INT, false, "SMALLINT '7'", MD_CELL_BARE, "7" },
		{ MD_INT, false, "BIGINT '2147483648'", MD_CELL_BARE, NULL },
		{ MD_INT, false, "NULL", MD_CELL_NULL, "" },
		{ MD_STRING, false, "CAST('ab' AS char(5))", MD_CELL_TEXT, "ab   " },
		{ MD_STRING, false, "U&'\\+01F600'", MD_CELL_TEXT, "\xf0\x9f\x98\x80" },
  /* its own spelling of numbers */
		{ MD_JSON, false, "JSON '{\"a\": [1, 2.50]}'", MD_CELL_BARE, "{\"a\":[1,2.5]}" },
		{ MD_BYTES, false, "X'00FF10'", MD_CELL_PLAIN, "AP8Q" },
		{ MD_TIMESTAMP, false, "TIMESTAMP '2024-01-01 01:00:00.123456 +05:30'", MD_CELL_PLAIN,
		  "2023-12-31T19:30:00.123456Z" },
		{ MD_TIMESTAMP, false, "TIMESTAMP '2024-01-01 01:00:00.123456'", MD_CELL_PLAIN,
		  "2024-01-01T01:00:00.123456Z" },
		{ MD_TIMESTAMP, false, "TIMESTAMP '2024-01-01 01:00:00.123456789012 UTC'", MD_CELL_PLAIN,
		  "2024-01-01T01:00:00.123456789012Z" },
		{ MD_TIMESTAMP, false, "TIMESTAMP '2024-01-01 01:00:00 Europe/Berlin'", MD_CELL_PLAIN, NULL },
		{ MD_TIME, false, "TIME '10:30:00.250'", MD_CELL_PLAIN, "10:30:00.25" },
		{ MD_TIME, false, "TIME '10:30:00.2500000'", MD_CELL_PLAIN, "10:30:00.25" },
		{ MD_TIME, false, "TIME '10:30:00.2500001'", MD_CELL_PLAIN, NULL },
		{ MD_TIME, false, "TIME '10:30:00.25 +02:00'", MD_CELL_PLAIN, NULL },
		{ MD_TIMESTAMP, false, "TIMESTAMP '10000-01-01 00:00:00 UTC'", MD_CELL_PLAIN, NULL },
		{ MD_DATE, false, "DATE '-0044-03-15'", MD_CELL_PLAIN, NULL },
		{ MD_STRING, false, "MAP(ARRAY['a'], ARRAY[1])", MD_CELL_TEXT, NULL },
		{ MD_JSON, false, "ROW(1, 'a')", MD_CELL_BARE, NULL },
		{ MD_INT, true, "ARRAY[ARRAY[1]]", MD_CELL_BARE, NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct expression *e = &cases[i];
		char sql[200];
		struct md_stmt_output c = col("x", e->type, e->array);
		session_new_request(s);
		snprintf(sql, sizeof sql, "SELECT %s AS c0", e->sql);
		if (e->text) {
			one_row(s, sql, NULL, 0, &c, 1);
			assert_cell(&s->cells[0], e->form, *e->text ? e->text : NULL);
			continue;
		}
		if (run(s, sql, NULL, 0, &c, 1, 1) != -1)
			fail_msg("%s passed as %.*s", e->sql, MD_FMT(s->cells[0].text));
		assert_failed(s, MD_TYPE_MISMATCH);
		assert_true(md_str_eqz(s->err.details.column, "x"));
		session_renew(s); /* the rest of the reply may not have come */
	}
}

static void the_session_is_utc(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("zone", MD_STRING, false);
	session_new_request(s);
	one_row(s, "SELECT current_timezone() AS c0", NULL, 0, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_TEXT, "UTC");
	one_row(s, "SELECT current_user AS c0", NULL, 0, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_TEXT, "multidb");
}

/* Pages of a megabyte: more than one, all of it. */
static void many_pages(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c[2] = { col("i", MD_BIGINT, false), col("s", MD_STRING, false) };
	session_new_request(s);
	int64_t n = run(s, "SELECT a.x AS c0, 'some text to fill pages with, a little longer' || CAST(a.x AS varchar) "
	                   "AS c1 FROM UNNEST(sequence(1, 10000)) AS a (x) "
	                   "CROSS JOIN UNNEST(sequence(1, 10)) AS b (x)", NULL, 0, c, 2, -1);
	assert_int_equal(n, 100000);
}

static void wait_for_no_query(struct session *s, const char *like)
{
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	char sql[300];
	snprintf(sql, sizeof sql, "SELECT count(*) AS c0 FROM system.runtime.queries AS t0 WHERE t0.state NOT IN "
	                          "('FINISHED', 'FAILED') AND t0.query LIKE '%s'", like);
	for (int i = 0; i < 50; i++) {
		session_new_request(s);
		struct md_stmt stmt = { .text = md_str_z(sql), .outputs = &c, .n_outputs = 1, .row_bound = 1 };
		assert_int_equal(md_driver_trino.start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS), MD_STARTED);
		assert_int_equal(md_driver_trino.next(s->conn, &s->cx, s->cells), 1);
		bool none = md_str_eqz(s->cells[0].text, "0");
		assert_int_equal(md_driver_trino.next(s->conn, &s->cx, s->cells), 0);
		md_driver_trino.finish(s->conn);
		if (none)
			return;
		usleep(100000);
	}
	fail_msg("a query still runs");
}

static void *cancel_soon(void *conn)
{
	usleep(1000000);
	md_driver_trino.cancel(conn);
	return NULL;
}

/* The deadline, a cancel, and who just leaves: nothing goes on in the server. */
static void nothing_is_left_running(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	struct md_stmt stmt = { .text = md_str_z(Q->slow), .outputs = &c, .n_outputs = 1, .row_bound = 1 };
	session_new_request(s);
	s->cx.deadline_ms = md_monotonic_ms() + 1500;
	assert_int_equal(run(s, Q->slow, NULL, 0, &c, 1, 1), -1);
	assert_failed(s, MD_QUERY_TIMEOUT);
	wait_for_no_query(s, "SELECT count(*) AS c0 FROM UNNEST(%");
	session_new_request(s);
	pthread_t t;
	pthread_create(&t, NULL, cancel_soon, s->conn);
	int rc = Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS);
	if (rc == MD_STARTED)
		rc = Q->driver->next(s->conn, &s->cx, s->cells);
	assert_int_equal(rc, -1);
	pthread_join(t, NULL);
	assert_failed(s, MD_CANCELLED);
	Q->driver->finish(s->conn);
	session_renew(s);
	wait_for_no_query(s, "SELECT count(*) AS c0 FROM UNNEST(%");
	session_new_request(s);
	Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS);
	Q->driver->finish(s->conn);
	wait_for_no_query(s, "SELECT count(*) AS c0 FROM UNNEST(%");
}

static int setup_fresh(void **state)
{
	session_renew(*state);
	return 0;
}

static int run_own_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(values_of_the_engine, setup_fresh),
		cmocka_unit_test_setup(the_session_is_utc, setup_fresh),
		cmocka_unit_test_setup(many_pages, setup_fresh),
		cmocka_unit_test_setup(nothing_is_left_running, setup_fresh),
	};
	return cmocka_run_group_tests_name("trino", tests, setup, teardown);
}

const struct quirks quirks_trino = {
	.name = "trino",
	.driver = &driver,
	.up = start_database,
	.down = stop_database,
	.owner = as_owner,
	.schema = { "iceberg_archive", "contract" },
	.type = { [MD_STRING] = "varchar",
	          [MD_INT] = "integer",
	          [MD_BIGINT] = "bigint",
	          [MD_FLOAT] = "double",
	          [MD_DECIMAL] = "decimal(38, 18)",
	          [MD_BOOLEAN] = "boolean",
	          [MD_UUID] = "uuid",
	          [MD_DATE] = "date",
	          [MD_TIMESTAMP] = "timestamp(6) with time zone",
	          [MD_TIME] = "time(6)",
	          [MD_ENUM] = "varchar",
	          [MD_JSON] = "varchar",
	          [MD_BYTES] = "varbinary" },
	.literal = literal,
	.array_table = array_table,
	.whole_digits = 20,
	.param = param_text,
	.in_list = in_list,
	.slow = "SELECT count(*) AS c0 FROM UNNEST(sequence(1, 10000)) AS a (x) CROSS JOIN UNNEST(sequence(1, 10000)) "
		"AS b (x) "
		"CROSS JOIN UNNEST(sequence(1, 10000)) AS c (x) WHERE a.x + b.x + c.x > 0",
	.missing_path = "http://reader@127.0.0.1:1",
	.missing_names = "127.0.0.1",
	.connects_late = true,
	.early_end_is_clean = true,
	.texts = 3,
	.largest_text = 400000,
	.own_cases = run_own_cases,
};
