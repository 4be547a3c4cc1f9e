/* The ClickHouse driver against a server that answers with given bytes: what is sent, and replies
 * broken in every way. What a real server makes of it is in tests/contract. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sys.h"
#include "drivers/clickhouse/private.h"
#include "drivers/value/json_text.h"
#include "fake_http.h"
#include "oom.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PING "[\"c0\"]\n[\"UInt8\"]\n[1]\n"
#define HEAD "[\"c0\",\"c1\"]\n[\"Int32\",\"Nullable(String)\"]\n"
#define BODY HEAD "[1, \"a\"]\n[2, \"b\"]\n[3, null]\n"
#define THREE "1,a;2,b;3,;"
/* BODY as `gzip -9n` writes it */
#define GZIPPED \
	"\037\213\010\000\000\000\000\000\002\003\213\126\112\066\120\322\121\112\066\124\212\345\212\126\362\314" \
	"\053\061\066\002\162\375\112\163\162\022\223\162\122" \
	"\065\202\113\212\062\363\322\065\101\222\206\072\012\112\211\040\206\021\220\221\004\142\030\353\050" \
	"\344\001\025\306\162\001\000\223\063\200\150\105\000\000\000"

static int port;
static char url[96];
static char reply[70 << 20], ping[200];
static size_t reply_n;

/* One connection, one request after the other. */
static struct md_arena arena;
static struct md_error err;
static struct md_ctx cx;
static struct md_ch *conn;
static char rows[4000]; /* "1,a;2,b;" */
static bool clean;

static const struct md_stmt_output outs[] = {
	{ .label = { "a", 1 }, .type = { .base = MD_INT }, .nullable = true },
	{ .label = { "b", 1 }, .type = { .base = MD_STRING }, .nullable = true }
};
static const struct md_stmt plain = {
	.text = { "SELECT a, b FROM t", 18 }, .outputs = outs, .n_outputs = 2, .row_bound = -1
};

static void renew_conn(void)
{
	md_arena_reset(&arena);
	memset(&err, 0, sizeof err);
	cx = (struct md_ctx){ .arena = &arena, .err = &err };
}

static int try_open_writing(const char *suffix, int64_t bound_ms, const char *settings)
{
	snprintf(url, sizeof url, "http://ann%%20b:hidd%%65n@127.0.0.1:%d%s", port, suffix);
	struct md_target t = { .id = MD_STR("ch"), .url = md_str_z(url), .statement_timeout_ms = bound_ms,
		               .written_settings = md_str_z(settings) };
	md_driver_clickhouse.close(conn);
	conn = NULL;
	renew_conn();
	return md_driver_clickhouse.open(&cx, &t, (void **)&conn);
}

static int try_open(const char *suffix, int64_t bound_ms)
{
	return try_open_writing(suffix, bound_ms, "");
}

static void open_with(const char *suffix, int64_t bound_ms)
{
	if (try_open(suffix, bound_ms))
		fail_msg("%.*s: %.*s", MD_FMT(err.message), MD_FMT(err.cause));
}

static void close_group(void)
{
	md_driver_clickhouse.close(conn);
	md_arena_free(&arena);
}

static int setup_fresh(void **state)
{
	(void)state;
	open_with("", 0);
	return 0;
}

/* ---- replies ---- */

enum framing { SIZED, CHUNKED, UNSIZED, FRAMINGS };

/* Puts a reply together; how it ends is for serve(). */
static void frame(int status, enum framing f, const char *headers, const char *body, size_t n)
{
	char *to = reply;
	to += sprintf(to, "HTTP/1.1 %d X\r\n%s", status, headers);
	to += f == SIZED     ? sprintf(to, "Content-Length: %zu\r\n\r\n", n)
	      : f == CHUNKED ? sprintf(to, "Transfer-Encoding: chunked\r\n\r\n")
	                     : sprintf(to, "\r\n");
	size_t half = n / 2;
	for (int part = 0; part < 2; part++) { /* two chunks, cut in the middle of a row */
		size_t length = part ? n - half : half;
		if (f == CHUNKED && length)
			to += sprintf(to, "%zx\r\n", length);
		memcpy(to, body + (part ? half : 0), length);
		to += length;
		if (f == CHUNKED && length)
			to += sprintf(to, "\r\n");
	}
	if (f == CHUNKED)
		to += sprintf(to, "0\r\n\r\n");
	reply_n = (size_t)(to - reply);
}

static void serve_reply(size_t n, enum fake_end end)
{
	fake_http_reply(reply, n, end);
}

static void says(int status, const char *body)
{
	frame(status, SIZED, "", body, strlen(body));
	serve_reply(reply_n, FAKE_KEEP);
}

static int read_rows(void)
{
	struct md_cell c[2];
	size_t n = 0;
	int rc;
	while ((rc = md_driver_clickhouse.next(conn, &cx, c)) == 1)
		if (n < sizeof rows - 100)
			n += (size_t)snprintf(rows + n, sizeof rows - n, "%.*s,%.*s;", MD_FMT(c[0].text),
			                      MD_FMT(c[1].text));
	return rc;
}

/* To the end: 0, -1 or MD_START_STALE. */
static int run_statement(const struct md_stmt *s, int64_t deadline_ms)
{
	renew_conn();
	cx.deadline_ms = deadline_ms ? md_monotonic_ms() + deadline_ms : 0;
	rows[0] = '\0';
	int rc = md_driver_clickhouse.start(conn, &cx, s, MD_NO_SETTINGS);
	if (rc == MD_STARTED)
		rc = read_rows();
	clean = md_driver_clickhouse.finish(conn);
	return rc;
}

static const char *all_said(void)
{
	return md_str_fmt(&arena, "%.*s|%.*s", MD_FMT(err.message), MD_FMT(err.cause)).p;
}

static void failed_with(int rc, enum md_code code, const char *text)
{
	if (rc != -1 || err.code != code)
		fail_msg("%d, %s (%s), expected %s", rc, md_code_name(err.code), all_said(), md_code_name(code));
	if (!strstr(all_said(), text))
		fail_msg("'%s' is not in: %s", text, all_said());
	assert_true(md_str_eqz(err.details.database, "ch"));
	assert_null(strstr(all_said(), "hidd"));
	assert_null(strstr(md_str_fmt(&arena, "%.*s", MD_FMT(err.message)).p, "ann"));
}

static void assert_fails(enum md_code code, const char *text)
{
	failed_with(run_statement(&plain, 0), code, text);
}

static void works(void)
{
	says(200, BODY);
	if (run_statement(&plain, 0))
		fail_msg("%s: %s", md_code_name(err.code), all_said());
	assert_string_equal(rows, THREE);
	assert_true(clean);
}

/* A broken connection refuses every statement and sends nothing. */
static void is_done_for(void)
{
	int before = fake_http_requests();
	assert_false(clean);
	assert_int_equal(run_statement(&plain, 0), MD_START_STALE);
	assert_int_equal(err.code, MD_OK);
	assert_int_equal(fake_http_requests(), before);
	assert_false(clean);
}

/* ---- what is sent ---- */

static void has(const char *text)
{
	char line[8192];
	snprintf(line, sizeof line, "%.*s", (int)(strchr(fake_http_head(), '\r') - fake_http_head()), fake_http_head());
	if (!strstr(line, text))
		fail_msg("'%s' is not in: %s", text, line);
}

static void settings_of_every_statement(void **state)
{
	static const char *const want[] = {
		"POST /?", "default_format=JSONCompactEachRowWithNamesAndTypes&", "&readonly=2&",
		"&cancel_http_readonly_queries_on_client_close=1&",
		"&session_timezone=UTC&", "&http_write_exception_in_output_format=0&", "&use_query_cache=0&",
		"&timeout_overflow_mode=throw&",
		"&result_overflow_mode=throw&", "&read_overflow_mode=throw&", "&group_by_overflow_mode=throw&",
		"&sort_overflow_mode=throw&",
		"&set_overflow_mode=throw&", "&join_overflow_mode=throw&", "&distinct_overflow_mode=throw&",
		"&transfer_overflow_mode=throw&", "&query_id=multidb-",
	};
	static const char *const never[] = { "max_execution_time", "max_result_rows",
		                             "&database=", "enable_http_compression" };
	(void)state;
	works();
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		has(want[i]);
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		assert_null(strstr(fake_http_head(), never[i]));
	assert_non_null(strstr(fake_http_head(), "\r\nAuthorization: Basic YW5uIGI6aGlkZGVu\r\n")); /* ann b:hidden */
	assert_null(strstr(fake_http_head(), "hidden"));
	assert_null(strcasestr(fake_http_head(), "Accept-Encoding"));
}

static void settings_of_the_connection(void **state)
{
	(void)state;
	open_with("/d%20b?compress=1", 0);
	works();
	has("&database=d%20b&enable_http_compression=1&query_id=");
	assert_non_null(strcasestr(fake_http_head(), "\r\nAccept-Encoding: gzip\r\n"));
	open_with("/d?compress=0", 0);
	works();
	assert_null(strcasestr(fake_http_head(), "Accept-Encoding"));
}

static double sent_time(void)
{
	const char *at = strstr(fake_http_head(), "&max_execution_time=");
	assert_non_null(at);
	return strtod(at + 20, NULL);
}

/* The shorter one of the connection's bound and the deadline. */
static void settings_of_a_statement(void **state)
{
	struct md_stmt s = plain;
	(void)state;
	open_with("", 2500);
	works();
	has("&max_execution_time=2.500");
	assert_int_equal(run_statement(&plain, 60000), 0);
	has("&max_execution_time=2.500");
	assert_int_equal(run_statement(&plain, 1200), 0);
	assert_true(sent_time() > 0.7 && sent_time() <= 1.2);
	open_with("", 0);
	assert_int_equal(run_statement(&plain, 1200), 0);
	assert_true(sent_time() > 0.7 && sent_time() <= 1.2);
	s.row_bound = 10;
	assert_int_equal(run_statement(&s, 0), 0);
	has("&max_result_rows=1184");
	s.row_bound = INT64_MAX;
	assert_int_equal(run_statement(&s, 0), 0);
	assert_null(strstr(fake_http_head(), "max_result_rows"));
}

static void each_statement_has_an_id_of_its_own(void **state)
{
	char first[41] = "", second[41] = "";
	(void)state;
	works();
	memcpy(first, strstr(fake_http_head(), "query_id=multidb-") + 9, 40);
	works();
	memcpy(second, strstr(fake_http_head(), "query_id=multidb-") + 9, 40);
	assert_int_equal(strspn(first + 8, "0123456789abcdef"), 32);
	assert_string_not_equal(first, second);
}

/* The form's field of a name, between its headers and the boundary behind it. */
static struct md_str field(const char *name)
{
	static char b[200];
	char boundary[64];
	const char *type = strstr(fake_http_head(), "\r\nContent-Type: multipart/form-data; boundary=");
	assert_non_null(type);
	assert_int_equal(sscanf(type + 46, "%35s", boundary), 1);
	snprintf(b, sizeof b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n", boundary, name);
	const char *at = strstr(fake_http_body(), b);
	if (!at)
		fail_msg("no %s in %s", name, fake_http_body());
	at += strlen(b);
	snprintf(b, sizeof b, "\r\n--%s", boundary);
	const char *end = strstr(at, b);
	assert_non_null(end);
	return (struct md_str){ at, (size_t)(end - at) };
}

static void parameters(void **state)
{
	static const struct {
		uint8_t t;
		const char *text, *scalar, *element;
	} cases[] = {
		{ MD_STRING, "a'b\\c\nd\te\rf\bg\fh--\xc3\xa4\xf0\x9f\x98\x80",
		  "a'b\\\\c\\nd\\te\\rf\\bg\\fh--\xc3\xa4\xf0\x9f\x98\x80",
		  "'a\\'b\\\\c\\nd\\te\\rf\\bg\\fh--\xc3\xa4\xf0\x9f\x98\x80'" },
		{ MD_STRING, "", "", "''" },
		{ MD_STRING, "\r\n--md-x", "\\r\\n--md-x", "'\\r\\n--md-x'" },
		{ MD_INT, "-7", "-7", "-7" },
		{ MD_BIGINT, "9223372036854775807", "9223372036854775807", "9223372036854775807" },
		{ MD_FLOAT, "1e+21", "1e+21", "1e+21" },
		{ MD_DECIMAL, "-0.5", "-0.5", "-0.5" },
		{ MD_BOOLEAN, "true", "true", "true" },
		{ MD_UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
		  "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'" },
		{ MD_DATE, "1900-01-01", "1900-01-01", "'1900-01-01'" },
		{ MD_DATE, "2299-12-31", "2299-12-31", "'2299-12-31'" },
		{ MD_TIMESTAMP, "2024-01-02T03:04:05.000006Z", "2024-01-02 03:04:05.000006",
		  "'2024-01-02 "
		  "03:04:05.000006'" },
		{ MD_JSON, "{\"a\":\"\\n\"}", "{\"a\":\"\\\\n\"}", "'{\"a\":\"\\\\n\"}'" },
  /* ' NUL line end: a scalar is decoded by the statement, a list is not */
		{ MD_BYTES, "JwAK", "JwAK", "'\\'\\0\\n'" },
	};
	struct md_value p[40];
	struct md_str items[40][2];
	uint32_t n = sizeof cases / sizeof *cases;
	struct md_stmt s = plain;
	char name[16], both[200];
	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		items[i][0] = items[i][1] = md_str_z(cases[i].text);
		p[2 * i] = (struct md_value){ .type = { cases[i].t, false }, .text = items[i][0] };
		p[2 * i + 1] = (struct md_value){ .type = { cases[i].t, true }, .list = { items[i], 2 } };
	}
	s.params = p;
	s.n_params = 2 * n;
	says(200, BODY);
	assert_int_equal(run_statement(&s, 0), 0);
	assert_true(md_str_eqz(field("query"), "SELECT a, b FROM t"));
	for (uint32_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "param_p%u", 2 * i + 1);
		if (!md_str_eqz(field(name), cases[i].scalar))
			fail_msg("%s: %.*s, expected %s", cases[i].text, MD_FMT(field(name)), cases[i].scalar);
		snprintf(name, sizeof name, "param_p%u", 2 * i + 2);
		snprintf(both, sizeof both, "[%s,%s]", cases[i].element, cases[i].element);
		if (!md_str_eqz(field(name), both))
			fail_msg("%s: %.*s, expected %s", cases[i].text, MD_FMT(field(name)), both);
	}
	assert_null(strstr(fake_http_head(), "param_p")); /* values stand in no url */
}

static void lists_of_their_own_kind(void **state)
{
	struct md_str zero[] = { MD_STR("0"), MD_STR("1") };
	struct md_value p[] = { { .type = { MD_FLOAT, true }, .list = { zero, 2 } },
		                { .type = { MD_INT, true }, .list = { zero, 0 } } };
	struct md_stmt s = plain;
	(void)state;
	s.params = p;
	s.n_params = 2;
	says(200, BODY);
	assert_int_equal(run_statement(&s, 0), 0);
	assert_true(md_str_eqz(field("param_p1"), "[0,-0,1]")); /* IN compares bits */
	assert_true(md_str_eqz(field("param_p2"), "[]"));
}

/* ---- errors of the server ---- */

#define OLD "Code: 241. DB::Exception: Memory limit exceeded: (MEMORY_LIMIT_EXCEEDED) (version 23.8.1.1)\n"
#define NEW "\r\n__exception__\r\nabcdefghijklmnop\r\n" OLD "95 abcdefghijklmnop\r\n__exception__\r\n"

static void errors_behind_rows(void **state)
{
	static const char *const bodies[] = {
		HEAD "[1, \"a\"]\n" OLD, HEAD "[1, \"a\"]\n" NEW,      /* at a row's end */
		/* within one */
		HEAD "[1, \"a\"]\n[2, \"b" OLD, HEAD "[1, \"a\"]\n[2," OLD, HEAD "[1, \"a\"]\n[2, \"b" NEW,
		HEAD "[1, \"a\"]\n[2" NEW,
	};
	(void)state;
	for (size_t i = 0; i < 2 * sizeof bodies / sizeof *bodies; i++) {
		frame(200, i % 2 ? CHUNKED : SIZED, "X-ClickHouse-Exception-Tag: abcdefghijklmnop\r\n", bodies[i / 2],
		      strlen(bodies[i / 2]));
		serve_reply(reply_n, FAKE_KEEP);
		assert_fails(MD_QUERY_FAILED, "Code: 241. DB::Exception: Memory limit exceeded: "
		                              "(MEMORY_LIMIT_EXCEEDED) (version 23.8.1.1)");
		assert_string_equal(rows, "1,a;");
		assert_null(strstr(all_said(), "__exception__"));
		assert_null(strstr(all_said(), "abcdefghij"));
		assert_true(clean); /* the reply was read to its end */
		works();
	}
}

/* Newer servers end the reply there without its last chunk. */
static void errors_behind_rows_that_break_off(void **state)
{
	static const char *const bodies[] = { HEAD "[1, \"a\"]\n" OLD, HEAD "[1, \"a\"]\n" NEW };
	(void)state;
	for (int i = 0; i < 2; i++) {
		frame(200, CHUNKED, "", bodies[i], strlen(bodies[i]));
		serve_reply(reply_n - 5, FAKE_CLOSE);
		open_with("", 0);
		assert_fails(MD_QUERY_FAILED, "Memory limit exceeded");
		is_done_for();
	}
}

static void errors_instead_of_rows(void **state)
{
	static const struct {
		const char *body, *text;
		enum md_code code;
	} cases[] = {
		{ OLD, "Memory limit", MD_QUERY_FAILED },
		{ NEW, "Memory limit", MD_QUERY_FAILED },
		{ "[\"c0\",\"c1\"]\n" OLD, "Memory limit", MD_QUERY_FAILED },
		{ HEAD OLD, "Memory limit", MD_QUERY_FAILED },
		{ HEAD "Code: 159. DB::Exception: Timeout exceeded: elapsed 1 s. (TIMEOUT_EXCEEDED)\n",
		  "Timeout exceeded", MD_QUERY_TIMEOUT },
		{ HEAD "Code: 160. DB::Exception: too slow (TOO_SLOW)\n", "too slow", MD_QUERY_TIMEOUT },
		{ HEAD "Code: 394. DB::Exception: Query was cancelled. (QUERY_WAS_CANCELLED)\n", "cancelled",
		  MD_CANCELLED },
		{ HEAD "Code: 396. DB::Exception: Limit for result exceeded (TOO_MANY_ROWS_OR_BYTES)",
		  "Limit for result", MD_QUERY_FAILED },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int status = 200; status <= 500; status += 300) {
			says(status, cases[i].body);
			assert_fails(cases[i].code, cases[i].text);
			assert_string_equal(rows, "");
			assert_true(err.timeout_ms > 0 || cases[i].code != MD_QUERY_TIMEOUT);
			assert_true(clean);
		}
	works();
}

static void a_long_error_is_cut_between_characters(void **state)
{
	static char body[200000];
	(void)state;
	size_t n = (size_t)sprintf(body, "%sCode: 47. DB::Exception: ", HEAD);
	while (n < sizeof body - 10)
		n += (size_t)sprintf(body + n, "\xe2\x82\xac");
	says(200, body);
	assert_fails(MD_QUERY_FAILED, "DB::Exception: \xe2\x82\xac");
	assert_in_range(err.cause.n, 1900, 2000);
	assert_true(md_utf8_valid(err.cause));
	assert_false(clean); /* not read to its end */
}

static void statuses(void **state)
{
	static const struct {
		int status;
		const char *body, *text;
		enum md_code code;
	} cases[] = {
		{ 401, "go away", "HTTP status 401", MD_CONNECTION_FAILED },
		{ 403, "", "HTTP status 403", MD_CONNECTION_FAILED },
		{ 404, "Code: 60. DB::Exception: Unknown table (UNKNOWN_TABLE)", "Unknown table", MD_QUERY_FAILED },
		{ 403, "Code: 516. DB::Exception: ann b: Authentication failed (AUTHENTICATION_FAILED)",
		  "does not accept", MD_CONNECTION_FAILED },
		{ 403, "Code: 192. DB::Exception: who (UNKNOWN_USER)", "does not accept", MD_CONNECTION_FAILED },
		{ 403, "Code: 193. DB::Exception: who (WRONG_PASSWORD)", "does not accept", MD_CONNECTION_FAILED },
		{ 403, "Code: 194. DB::Exception: who (REQUIRED_PASSWORD)", "does not accept", MD_CONNECTION_FAILED },
		{ 403, "Code: 497. DB::Exception: Not enough privileges (ACCESS_DENIED)", "privileges",
		  MD_QUERY_FAILED },
		{ 500, "<html>", "HTTP status 500", MD_QUERY_FAILED },
		{ 502, "bad gateway", "HTTP status 502", MD_CONNECTION_FAILED },
		{ 503, "", "HTTP status 503", MD_CONNECTION_FAILED },
		{ 504, "", "HTTP status 504", MD_CONNECTION_FAILED },
		{ 302, BODY, "HTTP status 302", MD_QUERY_FAILED },
		{ 206, BODY, "HTTP status 206", MD_QUERY_FAILED },
		{ 204, "", "HTTP status 204", MD_QUERY_FAILED },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int before = fake_http_requests();
		frame(cases[i].status, SIZED, "Location: /elsewhere\r\n", cases[i].body, strlen(cases[i].body));
		serve_reply(reply_n, FAKE_KEEP);
		assert_fails(cases[i].code, cases[i].text);
		assert_int_equal(fake_http_requests(), before + 1);
		assert_string_equal(rows, "");
	}
	works();
}

/* What servers say when a value is not one of the type that the statement gives its parameter, and
 * when a row is not. */
static void a_refused_parameter_is_known_by_its_number(void **state)
{
	static const struct {
		const char *body;
		uint32_t parameter;
		bool doubts_types;
	} cases[] = {
		{ "Code: 691. DB::Exception: Unknown element 'b' for enum: value b cannot be parsed as Enum8('a' = 1) "
		  "for query parameter 'p2'. (UNKNOWN_ELEMENT_OF_ENUM)", 2, false },
		{ "Code: 457. DB::Exception: Value abc cannot be parsed as UInt8 for query parameter 'p1' because it "
		  "isn't parsed completely: only 0 of 3 bytes was parsed: . (BAD_QUERY_PARAMETER)", 1, false },
		{ "Code: 38. DB::Exception: Cannot parse date: value  for query parameter 'p9 cannot be parsed as Date "
		  "for query parameter 'p3'. (CANNOT_PARSE_DATE)", 3, false },
		{ "Code: 6. DB::Exception: Cannot parse string 'a cannot be parsed as Int32 for query parameter 'p1'' "
		  "as Int32: while executing function toInt32. (CANNOT_PARSE_TEXT)", 0, false },
		{ "Code: 241. DB::Exception: Memory limit exceeded for query parameter 'p1'", 0, false },
		{ "Code: 47. DB::Exception: Unknown expression identifier `x` (UNKNOWN_IDENTIFIER)", 0, true },
		{ "Code: 386. DB::Exception: There is no supertype for types (NO_COMMON_TYPE)", 0, true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		says(500, cases[i].body);
		assert_fails(MD_QUERY_FAILED, "DB::Exception");
		assert_int_equal(err.unfit.parameter, cases[i].parameter);
		assert_int_equal(md_driver_clickhouse.doubts_types(conn), cases[i].doubts_types);
	}
	works();
	assert_false(md_driver_clickhouse.doubts_types(conn));
}

/* ---- replies that are none ---- */

static void garbage(void **state)
{
	static const char *const bodies[] = {
		"<html>hello</html>", "{}", HEAD "{\"row\":1}\n", HEAD "hello\n", HEAD "[1, \"a\"]\nhello",
		HEAD "[1, \"a\"]\n\n[2, \"b\"]\n", HEAD "[1, \"a\"]\n[2, \"b\"]",
		HEAD "[1, \"a\"]\n[2, \"b\"", HEAD "[1, \"a\"", HEAD "[1]\n", HEAD "[1, \"a\", 2]\n",
		HEAD "[1, \"a\"]]\n", HEAD "[]\n", HEAD "[1 \"a\"]\n", HEAD "[1,, \"a\"]\n",
		HEAD "[1, \"a]\n", HEAD "[1, [\"a]\n", HEAD "[1, {\"a\"]\n", HEAD "[1, \"a\\\"]\n",
		HEAD "[\n1, \"a\"]\n", HEAD "[1, a\"]\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		says(200, bodies[i]);
		open_with("", 0);
		assert_fails(MD_QUERY_FAILED, "is not a row");
		is_done_for();
	}
}

static void other_columns(void **state)
{
	static const char *const bodies[] = {
		"",
		"[\"c0\"]\n[\"Int32\"]\n[1]\n",
		"[\"c0\",\"c1\",\"c2\"]\n[\"Int32\",\"String\",\"String\"]\n[1,\"a\",\"b\"]\n",
		"[\"c0\",\"c1\"]\n",
		"[\"c0\",\"c1\"]\n[\"Int32\"]\n",
		"[]\n[]\n",
		"[\"c0\",\"c1\"]\n[\"Int32\",\"\\ud800\"]\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		says(200, bodies[i]);
		open_with("", 0);
		assert_fails(MD_QUERY_FAILED, "another number of columns, expected 2");
		is_done_for();
	}
}

/* The column is named, the value is not shown. */
static void values_that_do_not_fit(void **state)
{
	static const struct {
		const char *row, *column;
	} cases[] = {
		{ "[1, \"private \xff\"]\n", "b" }, { "[1, \"private \xed\xa0\x80\"]\n", "b" },
		{ "[1, \"private \\ud800\"]\n", "b" },
		{ "[1, \"private \\x\"]\n", "b" }, { "[1, \"private \xc3\\n\"]\n", "b" },
		{ "[1, [\"private\"]]\n", "b" },
		{ "[\"private\", \"b\"]\n", "a" }, { "[3000000000, \"b\"]\n", "a" }, { "[1.5, \"b\"]\n", "a" },
		{ "[true, \"b\"]\n", "a" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char body[200];
		/* the type vouches for the range */
		const char *types = i == 7 ? "[\"c0\",\"c1\"]\n[\"Int64\",\"String\"]\n" : HEAD;
		sprintf(body, "%s[1, \"a\"]\n%s[2, \"c\"]\n", types, cases[i].row);
		says(200, body);
		open_with("", 0);
		assert_fails(MD_TYPE_MISMATCH, md_str_fmt(&arena, "column '%s'", cases[i].column).p);
		assert_true(md_str_eqz(err.details.column, cases[i].column));
		assert_null(strstr(all_said(), "private"));
		assert_string_equal(rows, "1,a;");
	}
}

/* 64 MiB are the most that a row may have. */
static void a_row_without_end(void **state)
{
	enum { N = (64 << 20) + 200000 };
	char *body = malloc(N + 1);
	(void)state;
	memset(body, 'x', N);
	memcpy(body, HEAD "[1, \"", sizeof HEAD "[1, \"" - 1);
	frame(200, SIZED, "", body, N);
	free(body);
	serve_reply(reply_n, FAKE_KEEP);
	failed_with(run_statement(&plain, 0), MD_QUERY_FAILED, "64 MiB");
	is_done_for();
}

static void a_reply_without_length(void **state)
{
	(void)state;
	frame(200, UNSIZED, "", BODY, strlen(BODY));
	serve_reply(reply_n, FAKE_CLOSE);
	assert_fails(MD_CONNECTION_FAILED, "expected a length or chunks");
	is_done_for();
}

static void garbled_compression(void **state)
{
	char z[sizeof GZIPPED];
	(void)state;
	for (size_t at = 0; at < sizeof GZIPPED - 1; at++) { /* the header, the deflated data, the sums */
		memcpy(z, GZIPPED, sizeof z);
		z[at] = (char)~z[at];
		open_with("?compress=1", 0);
		frame(200, SIZED, "Content-Encoding: gzip\r\n", z, sizeof GZIPPED - 1);
		serve_reply(reply_n, FAKE_KEEP);
		int rc = run_statement(&plain, 2000);
		if (rc == 0 && strcmp(rows, THREE) != 0)
			fail_msg("byte %zu: %s", at, rows);
		assert_int_equal(clean, rc == 0);
	}
}

/* ---- broken connections ---- */

static const struct {
	const char *suffix, *headers, *body;
	size_t n;
	enum framing framing;
} shapes[] = {
	{ "", "", BODY, sizeof BODY - 1, SIZED },
	{ "", "", BODY, sizeof BODY - 1, CHUNKED },
	{ "?compress=1", "Content-Encoding: gzip\r\n", GZIPPED, sizeof GZIPPED - 1, SIZED },
	{ "?compress=1", "Content-Encoding: gzip\r\n", GZIPPED, sizeof GZIPPED - 1, CHUNKED },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void shape(int i)
{
	open_with(shapes[i].suffix, 0);
	frame(200, shapes[i].framing, shapes[i].headers, shapes[i].body, shapes[i].n);
}

static void whole_in_every_shape(void **state)
{
	(void)state;
	for (int i = 0; i < SHAPES; i++)
		for (int end = FAKE_KEEP; end <= FAKE_DRIP; end += FAKE_DRIP) {
			shape(i);
			serve_reply(reply_n, (enum fake_end)end);
			for (int twice = 0; twice < 2; twice++) {
				assert_int_equal(run_statement(&plain, 0), 0);
				assert_string_equal(rows, THREE);
				assert_true(clean);
			}
		}
}

/* At every byte, closed or reset: an error, never rows too few; stale only before the first. Of the
 * last chunk's line, the last byte may be missing. */
static void cut_at_every_byte(void **state)
{
	(void)state;
	for (int i = 0; i < SHAPES; i++) {
		shape(i);
		for (size_t at = 0, n = reply_n; at < n; at++)
			for (int reset = 0; reset <= (at % 16 == 1); reset++) {
				shape(i);
				serve_reply(at, reset ? FAKE_RESET : FAKE_CLOSE);
				int rc = run_statement(&plain, 5000);
				bool whole = rc == 0 && shapes[i].framing == CHUNKED && at == n - 1 &&
				             strcmp(rows, THREE) == 0;
				bool stale = rc == MD_START_STALE && at == 0 && err.code == MD_OK;
				bool failed = rc == -1 && at > 0 && err.code == MD_CONNECTION_FAILED;
				if (!whole && !stale && !failed)
					fail_msg("shape %d, byte %zu of %zu: %d %s (%s), rows %s", i, at, n, rc,
					         md_code_name(err.code), all_said(), rows);
				if (!whole)
					is_done_for();
			}
	}
}

static void stalled_at_many_bytes(void **state)
{
	(void)state;
	for (int i = 0; i < SHAPES; i++) {
		shape(i);
		for (size_t at = 0, n = reply_n; at < n - 2; at += 29) {
			shape(i);
			serve_reply(at, FAKE_STALL);
			int64_t from = md_monotonic_ms();
			failed_with(run_statement(&plain, 60), MD_QUERY_TIMEOUT, "longer than it may");
			assert_in_range(md_monotonic_ms() - from, 55, 1000);
			assert_true(err.timeout_ms >= 55);
			is_done_for();
		}
	}
}

static void dropped_between_statements(void **state)
{
	(void)state;
	says(200, BODY);
	serve_reply(reply_n, FAKE_CLOSE);
	assert_int_equal(run_statement(&plain, 0), 0);
	assert_string_equal(rows, THREE);
	for (int i = 0; i < 100 && !md_http_hung_up(conn->http); i++)
		usleep(10000);
	clean = false;
	is_done_for();
}

static void who_leaves_early_closes(void **state)
{
	struct md_cell c[2];
	(void)state;
	says(200, BODY);
	serve_reply(reply_n - 5, FAKE_STALL);
	renew_conn();
	assert_int_equal(md_driver_clickhouse.start(conn, &cx, &plain, MD_NO_SETTINGS), MD_STARTED);
	assert_int_equal(md_driver_clickhouse.next(conn, &cx, c), 1);
	clean = md_driver_clickhouse.finish(conn);
	is_done_for();
}

/* Rows may arrive without one wait; the clock is looked at all the same. */
static void the_deadline_holds_between_rows(void **state)
{
	static char body[8000];
	struct md_cell c[2];
	(void)state;
	size_t n = (size_t)sprintf(body, HEAD);
	for (int i = 0; i < 500; i++)
		n += (size_t)sprintf(body + n, "[1, \"a\"]\n");
	says(200, body);
	renew_conn();
	cx.deadline_ms = md_monotonic_ms() + 300;
	assert_int_equal(md_driver_clickhouse.start(conn, &cx, &plain, MD_NO_SETTINGS), MD_STARTED);
	usleep(320000);
	int rc, seen = 0;
	while ((rc = md_driver_clickhouse.next(conn, &cx, c)) == 1)
		seen++;
	assert_in_range(seen, 0, 64);
	failed_with(rc, MD_QUERY_TIMEOUT, "longer than it may");
	clean = md_driver_clickhouse.finish(conn);
	is_done_for();
}

static void a_deadline_in_the_past_asks_nothing(void **state)
{
	int before = fake_http_requests();
	(void)state;
	failed_with(run_statement(&plain, -1), MD_QUERY_TIMEOUT, "longer than it may");
	assert_int_equal(fake_http_requests(), before);
}

static int64_t cancel_took_ms;

static void *cancel_soon(void *arg)
{
	usleep(100000);
	int64_t begun = md_monotonic_ms();
	md_driver_clickhouse.cancel(arg);
	cancel_took_ms = md_monotonic_ms() - begun;
	return NULL;
}

/* KILL QUERY goes by a connection of its own. The server here takes one at a time: it hears of it
 * when the first is closed. */
static void a_cancel_names_the_statement(void **state)
{
	pthread_t t;
	char id[48], want[100];
	(void)state;
	says(200, BODY);
	serve_reply(reply_n - 5, FAKE_STALL);
	pthread_create(&t, NULL, cancel_soon, conn);
	int64_t from = md_monotonic_ms();
	failed_with(run_statement(&plain, 0), MD_CANCELLED, "was cancelled");
	assert_in_range(md_monotonic_ms() - from, 90, 1000);
	strcpy(id, conn->query_id);
	pthread_join(t, NULL);
	assert_true(cancel_took_ms < 100); /* the killing is left to the thread that runs the statement */
	snprintf(want, sizeof want, "KILL QUERY WHERE query_id = '%s' ASYNC", id);
	assert_string_equal(fake_http_body(), want);
	clean = false;
	is_done_for();
	open_with("", 0);
	int before = fake_http_requests();
	md_driver_clickhouse.cancel(conn); /* of nothing */
	assert_int_equal(fake_http_requests(), before);
	works();
}

/* ---- connecting ---- */

static void not_a_clickhouse(void **state)
{
	static const struct {
		int status;
		const char *body, *text;
	} cases[] = {
		{ 200, "<html>welcome</html>", "not a row" },
		{ 200, "", "number of columns" },
		{ 404, "nothing here", "404" },
		{ 403, "Code: 516. DB::Exception: ann b: Authentication failed (AUTHENTICATION_FAILED)",
		  "Authentication failed" },
		{ 500, "Code: 164. DB::Exception: Cannot modify 'readonly' setting in readonly mode. (READONLY)",
		  "readonly mode" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		frame(cases[i].status, SIZED, "", cases[i].body, strlen(cases[i].body));
		fake_http_except("SELECT 1 AS c0", reply, reply_n);
		failed_with(try_open("", 0), MD_CONNECTION_FAILED, cases[i].text);
		assert_null(conn);
	}
	fake_http_except("SELECT 1 AS c0", ping, strlen(ping));
	open_with("", 0);
}

static void refuses_a_user_that_may_not_set_what_statements_write(void **state)
{
	static const char fixed[] = "Code: 452. DB::Exception: Setting a should not be changed. (SETTING_CONSTRAINT_"
				    "VIOLATION)";
	(void)state;
	fake_http_except("SELECT 1 AS c0\r\n", ping, strlen(ping));
	says(500, fixed);
	failed_with(try_open_writing("", 0, "a = 1"), MD_CONNECTION_FAILED, "can't be used for replicas");
	assert_non_null(strstr(all_said(), "should not be changed"));
	assert_null(conn);
	assert_non_null(strstr(fake_http_body(), "SELECT 1 AS c0 SETTINGS a = 1\r\n"));

	fake_http_except("SELECT 1 AS c0", ping, strlen(ping));
	if (try_open_writing("", 0, "a = 1"))
		fail_msg("%s", all_said());
}

static void pings(void **state)
{
	(void)state;
	renew_conn();
	assert_true(md_driver_clickhouse.ping(conn, &cx));
	fake_http_except("SELECT 1 AS c0", "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", 37);
	assert_false(md_driver_clickhouse.ping(conn, &cx));
	fake_http_except("SELECT 1 AS c0", ping, strlen(ping));
	md_driver_clickhouse.close(NULL);
}

/* ---- memory ---- */

/* Connects and runs, with the n-th allocation failing: 0, or what failed. */
static int with_failing(uint64_t n, bool sticky)
{
	struct md_str names[] = { MD_STR("a'b"), MD_STR("c") };
	struct md_value p[] = { { .type = { MD_STRING, true }, .list = { names, 2 } },
		                { .type = { MD_BYTES, true }, .list = { names + 1, 0 } } };
	struct md_stmt s = plain;
	s.params = p;
	s.n_params = 2;
	clean = false;
	md_driver_clickhouse.close(conn);
	conn = NULL;
	md_arena_free(&arena);
	memset(&err, 0, sizeof err);
	rows[0] = '\0';
	struct md_target t = { .id = MD_STR("ch"), .url = md_str_z(url) };
	oom_arm(n, sticky);
	int rc = md_driver_clickhouse.open(&cx, &t, (void **)&conn);
	if (rc == 0) {
		rc = md_driver_clickhouse.start(conn, &cx, &s, MD_NO_SETTINGS);
		if (rc == MD_STARTED)
			rc = read_rows();
		clean = md_driver_clickhouse.finish(conn);
	}
	oom_disarm();
	return rc;
}

/* The whole answer, or an error that says so; where it was a library's allocation, connection or
 * reply may be what failed. */
static void memory_that_runs_out(void **state)
{
	int runs = 0;
	(void)state;
	for (int i = 0; i < 2; i++) {
		shape(i ? 3 : 0);
		serve_reply(reply_n, FAKE_KEEP);
		for (int sticky = 0; sticky < 2; sticky++)
			for (uint64_t n = 1;; n++, runs++) {
				int rc = with_failing(n, sticky);
				if (!oom_hit()) {
					assert_int_equal(rc, 0);
					assert_true(clean);
					assert_string_equal(rows, THREE);
					break;
				}
				bool whole = rc == 0 && strcmp(rows, THREE) == 0;
				bool told = rc == -1 && err.code == MD_OUT_OF_MEMORY;
				bool theirs = !oom_hit_ours() && ((rc == -1 && (err.code == MD_CONNECTION_FAILED ||
				                                                err.code == MD_QUERY_FAILED)) ||
				                                  rc == MD_START_STALE);
				if (!whole && !told && !theirs)
					fail_msg("shape %d, allocation %llu%s: %d %s (%s), rows %s", i,
					         (unsigned long long)n, sticky ? " and all after it" : "", rc,
					         md_code_name(err.code), all_said(), rows);
				if (rc)
					assert_false(clean && err.code != MD_OUT_OF_MEMORY);
			}
	}
	assert_in_range(runs, 40, 100000);
	open_with("", 0);
	works();
}

#define FRESH(test) cmocka_unit_test_setup(test, setup_fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(settings_of_every_statement),
		FRESH(settings_of_the_connection),
		FRESH(settings_of_a_statement),
		FRESH(each_statement_has_an_id_of_its_own),
		FRESH(parameters),
		FRESH(lists_of_their_own_kind),
		FRESH(errors_behind_rows),
		FRESH(errors_behind_rows_that_break_off),
		FRESH(errors_instead_of_rows),
		FRESH(a_long_error_is_cut_between_characters),
		FRESH(statuses),
		FRESH(a_refused_parameter_is_known_by_its_number),
		FRESH(garbage),
		FRESH(other_columns),
		FRESH(values_that_do_not_fit),
		FRESH(a_row_without_end),
		FRESH(a_reply_without_length),
		FRESH(garbled_compression),
		FRESH(whole_in_every_shape),
		FRESH(cut_at_every_byte),
		FRESH(stalled_at_many_bytes),
		FRESH(dropped_between_statements),
		FRESH(who_leaves_early_closes),
		FRESH(the_deadline_holds_between_rows),
		FRESH(a_deadline_in_the_past_asks_nothing),
		FRESH(a_cancel_names_the_statement),
		FRESH(not_a_clickhouse),
		FRESH(refuses_a_user_that_may_not_set_what_statements_write),
		FRESH(pings),
		FRESH(memory_that_runs_out),
	};
	port = fake_http_start();
	snprintf(ping, sizeof ping, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", sizeof PING - 1, PING);
	fake_http_except("SELECT 1 AS c0", ping, strlen(ping));
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	close_group();
	fake_http_stop();
	return failed;
}
