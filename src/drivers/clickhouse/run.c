/* The ClickHouse driver's statements: one POST each, rows read line by line from the body as it
 * arrives. Promises: no call outlasts the deadline; memory is bounded by one row and the client's
 * read-ahead; the reply is complete only when HTTP says so and its last line ended; an error that
 * the server writes behind rows already sent (with or without the marker of newer versions) is an
 * error, because no row can look like one: rows are lines in brackets, errors are not; "stale" only
 * if not one byte of reply was seen. */
#include "drivers/clickhouse/private.h"

#include "base/sys.h"
#include "drivers/failure.h"
#include "drivers/value/causes.h"

#include <stdlib.h>
#include <sys/random.h>

enum {
	LONGEST_ROW = 64 << 20,
	LONGEST_ERROR = 64 << 10,
	SHOWN_ERROR = 2000,
	CLOCK_EVERY_ROWS = 64,
	KEPT_FORM = 256 * 1024
};

/* The server's error codes that mean more than "refused". */
enum {
	TIMEOUT_EXCEEDED = 159,
	TOO_SLOW = 160,
	UNKNOWN_USER = 192,
	WRONG_PASSWORD = 193,
	REQUIRED_PASSWORD = 194,
	NO_SUCH_COLUMN = 16,
	UNKNOWN_IDENTIFIER = 47,
	ILLEGAL_TYPE = 43,
	TYPES_DIFFER = 53,
	NO_COMMON_TYPE = 386,
	QUERY_WAS_CANCELLED = 394,
	AUTHENTICATION_FAILED = 516
};

/* ---- failures ---- */

static bool is_cancelled(struct md_ch *c)
{
	return atomic_load_explicit(&c->state, memory_order_relaxed) == MD_CH_CANCELLED;
}

/* The request failed. STALE is for start alone: later, some of the reply has been seen. */
static enum md_started fail_request(struct md_ctx *cx, struct md_ch *c, enum md_http_got got)
{
	c->broken = true; /* closing the connection stops the statement: cancel_http_readonly_queries_on_client_close */
	if (got == MD_HTTP_NO_MEMORY)
		return (enum md_started)md_out_of_memory(cx);
	if (got == MD_HTTP_CANCELLED || is_cancelled(c))
		return (enum md_started)md_fail_cancelled(cx, c->id, MD_NOSTR);
	if (got == MD_HTTP_TIMEOUT || (cx->deadline_ms && md_monotonic_ms() >= cx->deadline_ms))
		return (enum md_started)md_fail_timed_out(cx, c->id, c->started_ms, MD_NOSTR);
	if (got == MD_HTTP_STALE)
		return MD_START_STALE;
	return (enum md_started)md_fail_lost(cx, c->id, md_http_why(c->http));
}

/* "… cannot be parsed as Enum8('a' = 1) for query parameter 'p2'": 2. The value stands in front of
 * that, so that the last mention counts. An error of a row says what was executed. 0: neither. */
static uint32_t unfit_parameter_of(struct md_str text)
{
	static const char parsed[] = " cannot be parsed as ", parameter[] = " for query parameter 'p";
	const char *at = NULL, *end = text.p + text.n, *found;
	bool is_parsed = text.n && memmem(text.p, text.n, parsed, sizeof parsed - 1);
	if (!is_parsed || memmem(text.p, text.n, "while executing", 15))
		return 0;
	for (const char *p = text.p; (found = memmem(p, (size_t)(end - p), parameter, sizeof parameter - 1)); p = at)
		at = found + sizeof parameter - 1;
	uint32_t n = 0;
	for (; at && at < end && *at >= '0' && *at <= '9' && n < UINT16_MAX; at++)
		n = n * 10 + (uint32_t)(*at - '0');
	return n;
}

/* Errors that are the first sign that a table was altered. */
static bool is_doubt(int code)
{
	return code == NO_SUCH_COLUMN || code == UNKNOWN_IDENTIFIER || code == ILLEGAL_TYPE || code == TYPES_DIFFER ||
	       code == NO_COMMON_TYPE;
}

static int fail_exception(struct md_ctx *cx, struct md_ch *c, int code, struct md_str text)
{
	struct md_str hint = md_cause_hint(MD_CAUSE_OF_CLICKHOUSE, md_str_fmt(cx->arena, "%d", code));
	switch (code) {
	case TIMEOUT_EXCEEDED:
	case TOO_SLOW:
		return md_fail_timed_out(cx, c->id, c->started_ms, text);
	case QUERY_WAS_CANCELLED:
		return md_fail_cancelled(cx, c->id, text);
	case UNKNOWN_USER:
	case WRONG_PASSWORD:
	case REQUIRED_PASSWORD:
	case AUTHENTICATION_FAILED:
		return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id, .hint = hint), text,
		                    "database '%.*s' does not accept the user or the password", MD_FMT(c->id));
	default:
		cx->err->unfit.parameter = unfit_parameter_of(text);
		c->doubts_types = is_doubt(code);
		return md_fail_refused(cx, c->id, text, hint);
	}
}

/* ---- the server's own words ---- */

static struct md_str trim_end(struct md_str s)
{
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == ' '))
		s.n--;
	return s;
}

/* "Code: 241. DB::Exception: …" in s: its number, and *text from there to its end without the
 * closing marker. 0: there is none. */
static int find_exception(struct md_str s, struct md_str *text)
{
	int code = 0;
	const char *at = s.n ? memmem(s.p, s.n, "Code: ", 6) : NULL;
	if (!at)
		return 0;
	*text = (struct md_str){ at, s.n - (size_t)(at - s.p) };
	const char *close = memmem(at, text->n, "\r\n__exception__", 15);
	if (close) {
		text->n = (size_t)(close - at);
		const char *last = memrchr(at, '\n', text->n); /* "LENGTH TAG" */
		text->n = last ? (size_t)(last - at) : text->n;
	}
	for (const char *p = at + 6; p < s.p + s.n && *p >= '0' && *p <= '9' && code < 100000; p++)
		code = code * 10 + (*p - '0');
	*text = trim_end(*text);
	if (text->n > SHOWN_ERROR)
		/* not in the middle of a character */
		for (text->n = SHOWN_ERROR; text->n && (text->p[text->n] & 0xc0) == 0x80; text->n--)
			;
	return code;
}

/* Gathers what is left of the body, as far as an error may be long. */
static enum md_http_got gather_error(struct md_ch *c)
{
	enum md_http_got got = MD_HTTP_OK;
	while (got == MD_HTTP_OK && md_http_body(c->http).n < LONGEST_ERROR)
		got = md_http_more(c->http);
	return got;
}

/* A line that is no row: the server's error, or not ClickHouse at all. `got`: how far the reply
 * came. */
static int fail_not_a_row(struct md_ctx *cx, struct md_ch *c)
{
	struct md_str text;
	enum md_http_got got = gather_error(c);
	int code = find_exception(md_http_body(c->http), &text);
	c->ended = got == MD_HTTP_END;
	if (got != MD_HTTP_END)
		c->broken = true;
	if (code)
		return fail_exception(cx, c, code, text);
	if (got != MD_HTTP_END && got != MD_HTTP_OK)
		return fail_request(cx, c, got);
	c->broken = true;
	return md_fail_with(cx, MD_QUERY_FAILED, MD_DETAILS(.database = c->id), MD_NOSTR,
	                    "database '%.*s' answered with something that is not a row", MD_FMT(c->id));
}

/* An error instead of rows. */
static int fail_status(struct md_ctx *cx, struct md_ch *c, int status)
{
	struct md_str text;
	enum md_http_got got = gather_error(c);
	int code = find_exception(md_http_body(c->http), &text);
	if (got != MD_HTTP_END)
		c->broken = true;
	if (code)
		return fail_exception(cx, c, code, text);
	if (got != MD_HTTP_END && got != MD_HTTP_OK)
		return fail_request(cx, c, got);
	bool away = status == 401 || status == 403 || (status >= 502 && status <= 504);
	return md_fail_with(cx, away ? MD_CONNECTION_FAILED : MD_QUERY_FAILED, MD_DETAILS(.database = c->id), MD_NOSTR,
	                    "database '%.*s' answered with HTTP status %d, expected 200", MD_FMT(c->id), status);
}

/* ---- lines ---- */

/* The next line of the body without its end. 1, 0 at the end of the reply, -1. */
static int read_line(struct md_ctx *cx, struct md_ch *c, struct md_str *out)
{
	size_t looked = 0;
	md_http_consume(c->http, c->taken);
	c->taken = 0;
	for (;;) {
		struct md_str b = md_http_body(c->http);
		const char *end = b.n > looked ? memchr(b.p + looked, '\n', b.n - looked) : NULL;
		if (end) {
			*out = (struct md_str){ b.p, (size_t)(end - b.p) };
			c->taken = out->n + 1;
			return 1;
		}
		looked = b.n;
		if (b.n > LONGEST_ROW) {
			c->broken = true;
			return md_fail_with(cx, MD_QUERY_FAILED, MD_DETAILS(.database = c->id), MD_NOSTR,
			                    "database '%.*s' answered with a row over %d MiB", MD_FMT(c->id),
			                    LONGEST_ROW >> 20);
		}
		enum md_http_got got = md_http_more(c->http);
		if (got == MD_HTTP_END && looked == 0) {
			c->ended = true;
			return 0;
		}
		if (got == MD_HTTP_END)
			return fail_not_a_row(cx, c);
		if (got != MD_HTTP_OK)
			return (int)fail_request(cx, c, got == MD_HTTP_STALE ? MD_HTTP_LOST : got);
	}
}

static bool columns_room(struct md_ch *c, uint32_t n)
{
	if (n <= c->columns_cap)
		return true;
	struct md_ch_token *tokens = realloc(c->tokens, n * sizeof *tokens);
	c->tokens = tokens ? tokens : c->tokens;
	struct md_ch_how *how = realloc(c->how, n * sizeof *how);
	c->how = how ? how : c->how;
	if (!tokens || !how)
		return false;
	c->columns_cap = n;
	return true;
}

static int fail_wrong_columns(struct md_ctx *cx, struct md_ch *c)
{
	c->broken = true;
	return md_fail_with(cx, MD_QUERY_FAILED, MD_DETAILS(.database = c->id), MD_NOSTR,
	                    "database '%.*s' answered with another number of columns, expected %u", MD_FMT(c->id),
	                    c->stmt->n_outputs);
}

/* The first two lines: names, which the statement knows better, and types. */
static int read_head(struct md_ctx *cx, struct md_ch *c)
{
	const struct md_stmt *s = c->stmt;
	struct md_str line;
	if (!columns_room(c, s->n_outputs))
		return md_out_of_memory(cx);
	for (int i = 0; i < 2; i++) {
		int rc = read_line(cx, c, &line);
		if (rc < 0)
			return -1;
		if (rc == 0) /* a statement without a result, or none of ClickHouse's */
			return fail_wrong_columns(cx, c);
		if (line.n == 0 || line.p[0] != '[') {
			c->taken = 0;
			return fail_not_a_row(cx, c);
		}
		if (!md_ch_split(line, c->tokens, s->n_outputs))
			return fail_wrong_columns(cx, c);
	}
	for (uint32_t i = 0; i < s->n_outputs; i++) {
		struct md_str type;
		struct md_mark mark = md_arena_mark(&c->cells.arena);
		if (!md_ch_unescape(&c->cells.arena, &c->tokens[i], &type))
			return fail_wrong_columns(cx, c);
		c->how[i] = md_ch_how(type, s->outputs[i].type);
		md_arena_release(&c->cells.arena, mark);
	}
	return 0;
}

/* ---- statements ---- */

static void new_query_id(struct md_ch *c)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char b[16] = { 0 };
	char *to = c->query_id + 8;
	memcpy(c->query_id, "multidb-", 8);
	if (getrandom(b, sizeof b, 0) < 0)
		memcpy(b, &c->started_ms, sizeof c->started_ms);
	for (size_t i = 0; i < sizeof b; i++) {
		*to++ = hex[b[i] >> 4];
		*to++ = hex[b[i] & 15];
	}
	*to = '\0';
}

/* Settings of this statement: how long it may run here and there, and how many rows it may give.
 * The server checks rows by blocks and keys are not unique there (a replica may hold versions of a
 * row for a while), so that limit is a brake, not a promise. */
static bool make_target(struct md_ctx *cx, struct md_ch *c, const struct md_stmt *s)
{
	int64_t ms = c->statement_timeout_ms, left = cx->deadline_ms - c->started_ms;
	if (cx->deadline_ms && (ms <= 0 || left < ms))
		ms = left;
	new_query_id(c);
	c->target.n = c->fixed;
	md_buf_lit(&c->target, "&query_id=");
	md_buf_str(&c->target, md_str_z(c->query_id));
	if (ms > 0)
		md_buf_fmt(&c->target, "&max_execution_time=%lld.%03lld", (long long)(ms / 1000),
		           (long long)(ms % 1000));
	if (s->row_bound >= 0 && s->row_bound < INT64_MAX / 32)
		md_buf_fmt(&c->target, "&max_result_rows=%lld", (long long)(16 * s->row_bound + 1024));
	return !c->target.failed;
}

static int unfit_parameter(struct md_ctx *cx, struct md_ch *c, uint32_t number)
{
	cx->err->unfit.parameter = number;
	return md_fail_with(cx, MD_QUERY_FAILED, MD_DETAILS(.database = c->id), MD_NOSTR,
	                    "parameter %u of the query on '%.*s' is a date that ClickHouse does not hold: expected "
	                    "1900-01-01 to 2299-12-31",
	                    number,
	        MD_FMT(c->id));
}

static enum md_started send_statement(struct md_ctx *cx, struct md_ch *c)
{
	struct md_http_request r = { .method = "POST",
		                     .target = md_buf_view(&c->target),
		                     .body = md_buf_view(&c->form),
		                     .deadline_ms = cx->deadline_ms };
	enum md_http_got got = md_http_send(c->http, &r);
	if (got != MD_HTTP_OK)
		return fail_request(cx, c, got);
	int status = md_http_status(c->http);
	if (status != 200)
		return (enum md_started)fail_status(cx, c, status);
	return (enum md_started)read_head(cx, c);
}

enum md_started md_ch_start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context)
{
	(void)context; /* the engine has no row security of its own that could use it */
	struct md_ch *c = conn;
	uint32_t bad;
	c->stmt = s;
	c->taken = 0;
	c->handed = 0;
	c->ended = c->doubts_types = false;
	c->started_ms = md_monotonic_ms();
	if (c->broken || md_http_hung_up(c->http)) {
		c->broken = true;
		return MD_START_STALE;
	}
	if (cx->deadline_ms && c->started_ms >= cx->deadline_ms)
		return (enum md_started)md_fail_timed_out(cx, c->id, c->started_ms, MD_NOSTR);
	if (!md_ch_form(&c->form, c->boundary, s, &bad) || !make_target(cx, c, s))
		return (enum md_started)(bad ? unfit_parameter(cx, c, bad) : md_out_of_memory(cx));
	md_http_uncancel(c->http);
	atomic_store(&c->state, MD_CH_RUNNING);
	if (md_is_cancelled(cx))
		return (enum md_started)md_fail_cancelled(cx, c->id, MD_NOSTR);
	return send_statement(cx, c);
}

static int read_cell(void *conn, uint32_t i, struct md_cell *out)
{
	struct md_ch *c = conn;
	return md_ch_cell(&c->cells, c->how[i], c->stmt->outputs[i].type, &c->tokens[i], out);
}

/* Rows may keep coming without a wait: the deadline must be looked for here. */
static bool is_too_late(const struct md_ctx *cx, struct md_ch *c)
{
	return ++c->handed % CLOCK_EVERY_ROWS == 0 && cx->deadline_ms && md_monotonic_ms() >= cx->deadline_ms;
}

int md_ch_next(void *conn, struct md_ctx *cx, struct md_cell *cells)
{
	struct md_ch *c = conn;
	struct md_str line;
	uint32_t bad;
	if (is_cancelled(c))
		return (int)fail_request(cx, c, MD_HTTP_CANCELLED);
	if (is_too_late(cx, c))
		return (int)fail_request(cx, c, MD_HTTP_TIMEOUT);
	int rc = c->ended ? 0 : read_line(cx, c, &line);
	if (rc <= 0)
		return rc;
	if (!md_ch_split(line, c->tokens, c->stmt->n_outputs)) {
		c->taken = 0;
		return fail_not_a_row(cx, c);
	}
	if (md_cells_row(&c->cells, read_cell, c, c->stmt, cells, &bad))
		return md_cell_unfit(cx, &c->cells, c->id, &c->stmt->outputs[bad], NULL);
	return 1;
}

bool md_ch_finish(void *conn)
{
	struct md_ch *c = conn;
	bool was_cancelled = atomic_exchange(&c->state, MD_CH_IDLE) == MD_CH_CANCELLED;
	/* where it is not, the connection closes, and with it the statement ends */
	bool complete = md_http_end(c->http);
	if (was_cancelled && !complete)
		md_ch_kill(c);
	md_cells_rest(&c->cells);
	if (c->form.cap > KEPT_FORM)
		md_buf_free(&c->form);
	if (was_cancelled || !complete)
		c->broken = true;
	return !c->broken;
}

bool md_ch_selects_one(struct md_ch *c, struct md_ctx *cx, struct md_str text)
{
	static const struct md_stmt_output column = { .label = { "one", 3 }, .type = { MD_INT, false } };
	const struct md_stmt one = { .text = text, .outputs = &column, .n_outputs = 1, .row_bound = 1 };
	struct md_cell cell_of_one;
	bool ok = md_ch_start(c, cx, &one, MD_NO_SETTINGS) == MD_STARTED && md_ch_next(c, cx, &cell_of_one) == 1 &&
	          md_ch_next(c, cx, &cell_of_one) == 0;
	return md_ch_finish(c) && ok;
}

bool md_ch_ping(void *conn, struct md_ctx *cx)
{
	return md_ch_selects_one(conn, cx, MD_STR("SELECT 1 AS c0"));
}
