/* The Trino driver's statements. Accepts SELECT alone: the protocol has no read-only session, so
 * nothing else is ever sent. Sends it with typed literals, then follows nextUri page by page:
 * memory holds one page, whatever the number of rows. Promises: no call outlasts the deadline; an
 * answer is complete only when a last page says FINISHED; links to another origin are refused; a
 * server that is starting or overloaded is asked again until the deadline, a reply that was cut is
 * not; a query that no caller waits for any longer is ended in the server. */
#include "drivers/trino/private.h"

#include "base/sys.h"
#include "drivers/failure.h"
#include "drivers/value/causes.h"
#include "drivers/value/json_text.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum {
	LARGEST_PAGE = 64 << 20,
	KEPT_PAGE = 256 * 1024,
	CLOCK_EVERY_PAGED_ROWS = 64,
	FIRST_WAIT_MS = 50,
	LAST_WAIT_MS = 1000,
	NAP_MS = 20,
	PATIENCE_MS = 60000,
	END_QUERY_MS = 80,
	END_CANCELLED_MS = 900,
	CAUSE = 2000
};

/* ---- failures ---- */

/* Never half a character. */
static struct md_str shorten(struct md_str s, size_t n)
{
	if (s.n <= n)
		return s;
	while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return (struct md_str){ s.p, n };
}

static bool is_cancelled(struct md_trino_conn *c)
{
	return atomic_load_explicit(&c->state, memory_order_relaxed) >= MD_TRINO_CANCELLING;
}

/* Ends the query in the server, and drops what it still has for us. */
static void end_query(struct md_trino_conn *c, int64_t wait_ms)
{
	if (!c->next.n)
		return;
	while (atomic_load(&c->state) == MD_TRINO_CANCELLING)
		sched_yield();
	md_http_uncancel(c->http);
	struct md_http_request r = { .method = "DELETE",
		                     .target = md_buf_view(&c->next),
		                     .deadline_ms = md_monotonic_ms() + wait_ms };
	enum md_http_got got = md_http_send(c->http, &r);
	if (got == MD_HTTP_STALE)
		got = md_http_send(c->http, &r);
	while (got == MD_HTTP_OK) {
		md_http_consume(c->http, md_http_body(c->http).n);
		got = md_http_more(c->http);
	}
	c->broken |= !md_http_end(c->http);
	c->next.n = 0;
}

static int end_too_late(struct md_ctx *cx, struct md_trino_conn *c)
{
	end_query(c, END_QUERY_MS);
	return md_fail_timed_out(cx, c->id, c->started_ms, MD_NOSTR);
}

static int end_cancelled(struct md_ctx *cx, struct md_trino_conn *c)
{
	end_query(c, END_CANCELLED_MS);
	return md_fail_cancelled(cx, c->id, MD_NOSTR);
}

/* What came is not Trino's protocol. */
static int fail_unreadable(struct md_ctx *cx, struct md_trino_conn *c, const char *why)
{
	if (c->page.oom)
		return md_out_of_memory(cx);
	c->broken = true;
	end_query(c, END_QUERY_MS);
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), MD_NOSTR,
	                    "the reply of '%.*s' can't be read: %s", MD_FMT(c->id), why);
}

static int unfit_reply(struct md_ctx *cx, struct md_trino_conn *c)
{
	end_query(c, END_QUERY_MS);
	return md_stage_failed(cx);
}

static int fail_connection(struct md_ctx *cx, struct md_trino_conn *c)
{
	struct md_str cause = shorten(md_http_why(c->http), CAUSE);
	c->broken = true;
	if (md_http_seen(c->http))
		return md_fail_lost(cx, c->id, cause);
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), cause, "can't connect to '%.*s'",
	                    MD_FMT(c->id));
}

static int fail_request(struct md_ctx *cx, struct md_trino_conn *c, enum md_http_got got)
{
	switch (got) {
	case MD_HTTP_TIMEOUT: return end_too_late(cx, c);
	case MD_HTTP_CANCELLED: return end_cancelled(cx, c);
	case MD_HTTP_NO_MEMORY: return md_out_of_memory(cx);
	default: return fail_connection(cx, c);
	}
}

/* ---- one request ---- */

/* The whole body into c->body; END when it is there. */
static enum md_http_got receive_body(struct md_trino_conn *c, const struct md_http_request *r)
{
	enum md_http_got got = md_http_send(c->http, r);
	c->body.n = 0;
	while (got == MD_HTTP_OK) {
		struct md_str piece = md_http_body(c->http);
		if (c->body.n + piece.n > LARGEST_PAGE)
			break;
		md_buf_str(&c->body, piece);
		if (c->body.failed)
			return MD_HTTP_NO_MEMORY;
		md_http_consume(c->http, piece.n);
		got = md_http_more(c->http);
	}
	return got;
}

/* Waits before asking again, longer each time. 0: ask; -1: the time is up, or the query
 * was cancelled. */
static int wait_for_server(struct md_ctx *cx, struct md_trino_conn *c, struct md_str why)
{
	int64_t now = md_monotonic_ms(), ms = FIRST_WAIT_MS << (c->waits < 5 ? c->waits : 5);
	int64_t until = now + (ms < LAST_WAIT_MS ? ms : LAST_WAIT_MS),
		end = cx->deadline_ms ? cx->deadline_ms : c->started_ms + PATIENCE_MS;
	c->waits++;
	while ((now = md_monotonic_ms()) < until && now < end && !is_cancelled(c)) {
		struct timespec nap = { .tv_nsec = NAP_MS * 1000000 };
		nanosleep(&nap, NULL);
	}
	if (is_cancelled(c))
		return end_cancelled(cx, c);
	if (now < end)
		return 0;
	end_query(c, END_QUERY_MS);
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), shorten(why, CAUSE),
	                    "'%.*s' was not ready in time", MD_FMT(c->id));
}

/* A status other than 200. 1: ask again; -1: an error. */
static int refused_status(struct md_ctx *cx, struct md_trino_conn *c, int status)
{
	struct md_str text = md_utf8_valid(md_buf_view(&c->body)) ? shorten(md_buf_view(&c->body), 300) : MD_NOSTR;
	struct md_str cause = md_str_fmt(cx->arena, "HTTP status %d: %.*s", status, MD_FMT(text));
	if (status == 429 || (status >= 502 && status <= 504))
		return wait_for_server(cx, c, cause) ? -1 : 1;
	end_query(c, END_QUERY_MS);
	if (status == 401 || status == 403)
		return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), shorten(cause, CAUSE),
		                    "'%.*s' refused the user of its url", MD_FMT(c->id));
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), shorten(cause, CAUSE),
	                    "'%.*s' answered with HTTP status %d, expected 200", MD_FMT(c->id), status);
}

/* ---- pages ---- */

static bool keep_text(struct md_buf *to, struct md_str s)
{
	to->n = 0;
	md_buf_str(to, s);
	return !to->failed;
}

/* EXCEEDED_TIME_LIMIT is our own query_max_run_time, or an administrator's. */
static int fail_query(struct md_ctx *cx, struct md_trino_conn *c, const struct md_trino_page *p)
{
	struct md_str cause = md_str_fmt(cx->arena, "%.*s: %.*s", MD_FMT(p->error_name), MD_FMT(p->error_message));
	if (is_cancelled(c))
		return end_cancelled(cx, c);
	if (md_str_eqz(p->error_name, "EXCEEDED_TIME_LIMIT"))
		return md_fail_timed_out(cx, c->id, c->started_ms, shorten(cause, CAUSE));
	if (md_str_eqz(p->error_name, "SERVER_SHUTTING_DOWN"))
		return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), shorten(cause, CAUSE),
		                    "'%.*s' is shutting down", MD_FMT(c->id));
	/* a connector's: a row has a decimal of more than 38 digits */
	if (md_str_eqz(p->error_name, "JDBC_ERROR") && md_str_eqz(p->error_message, "Decimal overflow"))
		return md_fail_with(cx, MD_TYPE_MISMATCH, MD_DETAILS(.database = c->id), shorten(cause, CAUSE),
		                    "'%.*s' cannot read a decimal: expected at most 38 digits", MD_FMT(c->id));
	md_fail_refused(cx, c->id, shorten(cause, CAUSE), md_cause_hint(MD_CAUSE_OF_TRINO, p->error_name));
	cx->err->unfit.parameter = md_trino_unfit_parameter(c->stmt, p->error_name, p->error_message);
	return -1;
}

static bool types_room(struct md_trino_conn *c, uint32_t n)
{
	if (n <= c->types_cap)
		return true;
	struct md_trino_type *bigger = realloc(c->types, n * sizeof *bigger);
	if (!bigger)
		return false;
	c->types = bigger;
	c->types_cap = n;
	return true;
}

/* The column's type as the server says, and whether it can hold what is declared. */
static int look_at_column(struct md_ctx *cx, struct md_trino_conn *c, uint32_t i, const struct md_json *column)
{
	const struct md_stmt_output *want = &c->stmt->outputs[i];
	const struct md_json *type = md_json_type(column) == MD_JSON_OBJECT ? md_json_get(column, "type") : NULL;
	if (!type || md_json_type(type) != MD_JSON_STRING)
		return fail_unreadable(cx, c, "a column has no type");
	c->types[i] = md_trino_type_of(md_json_text(type));
	if (md_trino_type_fits(c->types[i], want->type))
		return 0;
	md_cell_unfit(cx, &c->cells, c->id, want, md_str_dup(cx->arena, md_json_text(type)).p);
	return unfit_reply(cx, c);
}

static int read_column_types(struct md_ctx *cx, struct md_trino_conn *c, const struct md_json *columns)
{
	struct md_json_iter it;
	uint32_t n = c->stmt->n_outputs;
	if (md_json_size(columns) != n) {
		md_fail_columns(cx, c->id, md_json_size(columns), n);
		return unfit_reply(cx, c);
	}
	if (!types_room(c, n))
		return md_out_of_memory(cx);
	md_json_iter(&it, columns);
	for (uint32_t i = 0; i < n; i++)
		if (look_at_column(cx, c, i, md_json_next(&it, NULL)))
			return -1;
	c->typed = true;
	return 0;
}

/* Where the next page is; none: the reply must say that it is complete. */
static int check_link(struct md_ctx *cx, struct md_trino_conn *c, const struct md_trino_page *p)
{
	c->complete = !p->next.n;
	if (c->complete)
		return p->finished ? 0 : fail_unreadable(cx, c, "it ended before the query did");
	struct md_str path = md_trino_path(md_http_origin(c->http), p->next);
	if (!path.n)
		return fail_unreadable(cx, c, "its nextUri leads away from the configured server");
	return keep_text(&c->next, path) ? 0 : md_out_of_memory(cx);
}

/* A coordinator that has just come up may not have found a worker yet, be it itself. */
static bool is_starting(struct md_str error_name)
{
	return md_str_eqz(error_name, "SERVER_STARTING_UP") || md_str_eqz(error_name, "NO_NODES_AVAILABLE");
}

/* 1: the server is still starting and has forgotten the statement; 0: the page is at hand; -1. */
static int take_page(struct md_ctx *cx, struct md_trino_conn *c)
{
	struct md_trino_page p;
	md_arena_reset(&c->page);
	memset(&c->rows, 0, sizeof c->rows);
	const char *why = md_trino_page_read(&c->page, md_buf_view(&c->body), &p);
	if (why)
		return fail_unreadable(cx, c, why);
	if (c->query.n && !md_str_eq(p.id, md_buf_view(&c->query)))
		return fail_unreadable(cx, c, "it is another query's");
	c->next.n = 0; /* this page's link has been used */
	if (p.failed && !c->typed && is_starting(p.error_name)) {
		c->query.n = 0;
		return wait_for_server(cx, c, md_str_dup(cx->arena, p.error_message)) ? -1 : 1;
	}
	if (p.failed)
		return fail_query(cx, c, &p);
	if (!keep_text(&c->query, p.id))
		return md_out_of_memory(cx);
	c->waits = 0;
	if (check_link(cx, c, &p) || (p.columns && !c->typed && read_column_types(cx, c, p.columns)))
		return -1;
	if ((p.data || c->complete) && !c->typed)
		return fail_unreadable(cx, c, "it has no columns");
	if (p.data)
		md_json_iter(&c->rows, p.data);
	return 0;
}

/* Asks until the server has answered with a page; else as take_page. A kept connection may turn out
 * to be dead: pages can be asked for twice, statements only by the caller. */
static int ask_server(struct md_ctx *cx, struct md_trino_conn *c, struct md_http_request *r)
{
	bool post = r->body.n > 0, again = !post;
	for (;;) {
		enum md_http_got got = receive_body(c, r);
		if (got == MD_HTTP_STALE && post)
			return MD_START_STALE;
		if (got == MD_HTTP_STALE && again) {
			again = false;
			continue;
		}
		if (got == MD_HTTP_OK)
			return fail_unreadable(cx, c, "a page is larger than 64 MiB");
		if (got != MD_HTTP_END)
			return fail_request(cx, c, got);
		int status = md_http_status(c->http);
		if (status == 200)
			return take_page(cx, c);
		if (refused_status(cx, c, status) < 0)
			return -1;
	}
}

static int next_page(struct md_ctx *cx, struct md_trino_conn *c)
{
	struct md_http_request r = { .method = "GET", .target = md_buf_view(&c->next), .deadline_ms = cx->deadline_ms };
	return ask_server(cx, c, &r);
}

/* ---- statements ---- */

static void write_quoted(struct md_buf *b, struct md_str s)
{
	md_buf_char(b, '\'');
	for (const char *end = s.p + s.n, *quote; s.p < end; s = (struct md_str){ quote, (size_t)(end - quote) }) {
		quote = memchr(s.p, '\'', s.n);
		quote = quote ? quote + 1 : end;
		md_buf_add(b, s.p, (size_t)(quote - s.p));
		if (quote[-1] == '\'')
			md_buf_char(b, '\'');
	}
	md_buf_char(b, '\'');
}

/* The statement's text, with its parameters as EXECUTE IMMEDIATE '…' USING literals. */
static bool write_body(struct md_buf *b, const struct md_stmt *s)
{
	b->n = 0;
	if (!s->n_params) {
		md_buf_str(b, s->text);
		return !b->failed;
	}
	md_buf_lit(b, "EXECUTE IMMEDIATE ");
	write_quoted(b, s->text);
	for (uint32_t i = 0; i < s->n_params; i++) {
		if (i)
			md_buf_lit(b, ", ");
		else
			md_buf_lit(b, " USING ");
		s->literal(b, &s->params[i]);
	}
	return !b->failed;
}

static bool only_reads(const struct md_stmt *s)
{
	return s->text.n > 7 && memcmp(s->text.p, "SELECT ", 7) == 0 && (s->literal || !s->n_params);
}

/* The server's own bound: what is left until the deadline, or the configuration's if that is less.
 */
static struct md_str server_bound(struct md_ctx *cx, const struct md_trino_conn *c)
{
	int64_t ms = c->statement_timeout_ms, left = cx->deadline_ms ? cx->deadline_ms - c->started_ms : 0;
	if (left > 0 && (!ms || left < ms))
		ms = left;
	return ms ? md_str_fmt(cx->arena, "X-Trino-Session: query_max_run_time=%lldms", (long long)ms) : MD_NOSTR;
}

static void begin_statement(struct md_trino_conn *c, const struct md_stmt *s)
{
	c->stmt = s;
	c->started_ms = md_monotonic_ms();
	c->query.n = c->next.n = 0;
	c->typed = c->complete = false;
	c->handed = c->waits = 0;
	c->row = NULL;
	memset(&c->rows, 0, sizeof c->rows);
	c->row_mark = md_arena_mark(&c->cells.arena);
	md_http_uncancel(c->http);
	atomic_store(&c->state, MD_TRINO_RUNNING);
}

/* The request's body stands in a buffer of its own until the server has taken it: it may be sent
 * again. */
static int send_statement(struct md_ctx *cx, struct md_trino_conn *c)
{
	struct md_buf body = { .arena = cx->arena };
	if (!write_body(&body, c->stmt))
		return md_out_of_memory(cx);
	struct md_http_request r = { .method = "POST",
		                     .target = MD_STR("/v1/statement"),
		                     .body = md_buf_view(&body),
		                     .deadline_ms = cx->deadline_ms,
		                     .header = server_bound(cx, c) };
	return md_check_memory(cx) ? -1 : ask_server(cx, c, &r);
}

enum md_started md_trino_start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context)
{
	(void)context; /* the engine has no row security of its own that could use it */
	struct md_trino_conn *c = conn;
	begin_statement(c, s);
	if (c->broken || md_http_hung_up(c->http)) {
		c->broken = true;
		return MD_START_STALE;
	}
	if (!only_reads(s))
		return (enum md_started)md_fail_with(cx, MD_QUERY_FAILED, MD_DETAILS(.database = c->id), MD_NOSTR,
		                                     "only a SELECT is sent to '%.*s'", MD_FMT(c->id));
	if (cx->deadline_ms && cx->deadline_ms <= c->started_ms)
		return (enum md_started)md_fail_timed_out(cx, c->id, c->started_ms, MD_NOSTR);
	if (md_is_cancelled(cx))
		return (enum md_started)md_fail_cancelled(cx, c->id, MD_NOSTR);
	int rc;
	do {
		rc = send_statement(cx, c);
		while (rc == 0 && !c->typed)
			rc = next_page(cx, c);
	} while (rc == 1);
	c->broken |= rc == MD_START_STALE;
	return (enum md_started)rc;
}

/* ---- rows ---- */

static int read_cell(void *conn, uint32_t i, struct md_cell *out)
{
	struct md_trino_conn *c = conn;
	if (i == 0)
		md_json_iter(&c->values, c->row);
	return md_trino_cell(&c->cells, c->types[i], c->stmt->outputs[i].type, md_json_next(&c->values, NULL), out);
}

static int hand_out(struct md_ctx *cx, struct md_trino_conn *c, struct md_cell *cells)
{
	uint32_t bad, n = c->stmt->n_outputs;
	if (md_json_type(c->row) != MD_JSON_ARRAY || md_json_size(c->row) != n)
		return fail_unreadable(cx, c, "a row has not as many values as there are columns");
	md_arena_release(&c->cells.arena, c->row_mark);
	if (md_cells_row(&c->cells, read_cell, c, c->stmt, cells, &bad) == 0)
		return 1;
	md_cell_unfit(cx, &c->cells, c->id, &c->stmt->outputs[bad], NULL);
	return unfit_reply(cx, c);
}

int md_trino_next(void *conn, struct md_ctx *cx, struct md_cell *cells)
{
	struct md_trino_conn *c = conn;
	for (;;) {
		if (is_cancelled(c))
			return end_cancelled(cx, c);
		if (++c->handed % CLOCK_EVERY_PAGED_ROWS == 0 && cx->deadline_ms &&
		    md_monotonic_ms() >= cx->deadline_ms)
			return end_too_late(cx, c);
		c->row = md_json_next(&c->rows, NULL);
		if (c->row)
			return hand_out(cx, c, cells);
		if (c->complete)
			return 0;
		if (next_page(cx, c))
			return -1;
	}
}

/* False when a cancel came first: the connection may still be told about it. */
static bool stop_running(struct md_trino_conn *c)
{
	for (;;) {
		int running = MD_TRINO_RUNNING;
		if (atomic_compare_exchange_strong(&c->state, &running, MD_TRINO_IDLE) || running == MD_TRINO_IDLE)
			return true;
		if (running == MD_TRINO_CANCELLED) {
			atomic_store(&c->state, MD_TRINO_IDLE);
			return false;
		}
		sched_yield();
	}
}

bool md_trino_finish(void *conn)
{
	struct md_trino_conn *c = conn;
	end_query(c, c->broken ? END_QUERY_MS : END_CANCELLED_MS); /* the caller left: the server need not go on */
	c->broken |= !stop_running(c);
	md_http_end(c->http);
	md_cells_rest(&c->cells);
	md_arena_reset(&c->page);
	if (c->body.cap > KEPT_PAGE || c->body.failed)
		md_buf_free(&c->body);
	return !c->broken;
}

bool md_trino_ping(void *conn, struct md_ctx *cx)
{
	struct md_trino_conn *c = conn;
	struct md_http_request r = { .method = "GET", .target = MD_STR("/v1/info"), .deadline_ms = cx->deadline_ms };
	if (c->broken || md_http_hung_up(c->http))
		return false;
	bool ok = receive_body(c, &r) == MD_HTTP_END && md_http_status(c->http) == 200;
	c->broken |= !md_http_end(c->http);
	return ok;
}
