/* The query handle: preparing, reading what was planned, running. */
#include "engine/private.h"

#include "base/sys.h"
#include "engine/lifetime.h"
#include "engine/misuse.h"
#include "engine/page.h"
#include "engine/result.h"

#include <stdlib.h>

enum { CHUNK = 64 * 1024 };

multidb_query *multidb_query_new(multidb_engine *e)
{
	multidb_query *q = e ? calloc(1, sizeof *q) : NULL;
	if (!q || md_running_init(&q->running)) {
		free(q);
		return NULL;
	}
	q->engine = e;
	q->error.err = &q->request.err;
	q->error.arena = &q->request.arena;
	q->misuse.err = &q->misuse.own;
	q->misuse.arena = &q->misuse.own_arena;
	q->request.cx = (struct md_ctx){ .arena = &q->request.arena, .err = &q->request.err };
	md_engine_add_query(q);
	return q;
}

static void close_rows(multidb_query *q)
{
	md_rows_close(q->rows);
	q->rows = NULL;
}

void multidb_query_free(multidb_query *q)
{
	if (!q)
		return;
	close_rows(q);
	md_runtime_unref(q->rt);
	md_engine_remove_query(q); /* from here on multidb_engine_close does not cancel it */
	md_running_destroy(&q->running);
	md_arena_free(&q->request.arena);
	md_arena_free(&q->misuse.own_arena);
	md_buf_free(&q->out);
	md_buf_free(&q->text);
	free(q);
}

/* Discards the previous query. */
static void begin_request(multidb_query *q, enum md_ask ask)
{
	close_rows(q);
	md_running_reset(&q->running);
	md_engine_attach(q);
	md_request_begin(&q->request, q->rt ? md_runtime_meta(q->rt) : NULL, ask);
	q->request.find_ring = md_page_ring;
	q->request.finder = q;
	q->error.json = q->json = q->parameters_json = NULL;
	q->error.planned = &q->request.planned;
	q->misuse.own.code = MD_OK;
	q->head_written = q->row_written = false;
	q->reading = MD_UNREAD;
	q->cells = NULL;
	q->execution_us = 0;
}

static enum md_ask ask_of_mode(multidb_mode mode)
{
	static const enum md_ask asks[] = { MD_ASK_RUN, MD_ASK_VALIDATE, MD_ASK_PLAN, MD_ASK_EXPLAIN, MD_ASK_COUNT };
	return asks[(unsigned)mode <= MULTIDB_COUNT ? mode : MULTIDB_RUN];
}

static int check_prepare(multidb_query *q, const char *call, multidb_mode mode)
{
	struct md_ctx *cx = &q->request.cx;
	if (!q->rt)
		return md_fail(cx, MD_SHUTTING_DOWN, "%s", md_engine_closed);
	if ((unsigned)mode > MULTIDB_COUNT)
		return md_fail(cx, MD_MISUSE, "%s was called with an unknown mode: expected MULTIDB_RUN (0) to "
		               "MULTIDB_COUNT (%d), got %d", call, MULTIDB_COUNT, (int)mode);
	return 0;
}

static int plan_request(multidb_query *q, multidb_mode mode, struct md_str definition, struct md_str context)
{
	if (check_prepare(q, "multidb_query_prepare", mode))
		return -1;
	if (!definition.p || (!context.p && context.n))
		return md_fail(&q->request.cx, MD_MISUSE, "multidb_query_prepare was called without a %s: got NULL",
		               definition.p ? "context, whose length is not 0" : "definition");
	return md_request_plan(&q->request, definition, context);
}

static int plan_body(multidb_query *q, multidb_mode mode, struct md_str body)
{
	if (check_prepare(q, "multidb_query_prepare_request", mode))
		return -1;
	if (!body.p)
		return md_fail(&q->request.cx, MD_MISUSE,
		               "multidb_query_prepare_request was called without a request: got NULL");
	return md_request_plan_body(&q->request, body);
}

/* A failure leaves nothing that could be started or read, also where the call itself was wrong: a
 * program that overlooks the failure must not run the query before it. */
static int end_prepare(multidb_query *q, int rc)
{
	q->is_prepared = rc == 0;
	q->progress = rc ? MD_BROKEN : MD_PREPARED;
	if (rc)
		q->request.planned.plan = NULL;
	return rc;
}

int multidb_query_prepare(multidb_query *q, multidb_mode mode, const char *definition, size_t definition_n,
                    const char *context, size_t context_n)
{
	if (!q)
		return -1;
	begin_request(q, ask_of_mode(mode));
	return end_prepare(q, plan_request(q, mode, (struct md_str){ definition, definition_n },
	                                   (struct md_str){ context, context_n }));
}

int multidb_query_prepare_request(multidb_query *q, multidb_mode mode, const char *body, size_t n)
{
	if (!q)
		return -1;
	begin_request(q, ask_of_mode(mode));
	return end_prepare(q, plan_body(q, mode, (struct md_str){ body, n }));
}

const multidb_error *multidb_query_error(const multidb_query *q)
{
	if (!q)
		return md_null_handle_error();
	if (q->request.err.code != MD_OK)
		return &q->error;
	return q->misuse.own.code == MD_OK ? NULL : &q->misuse;
}

/* ---- running ---- */

/* A definition may only lower the deadline. */
static int64_t deadline_of(const struct md_request *r)
{
	int64_t most = r->cx.meta->limits.deadline_ms, asked = r->values->timeout_ms;
	return asked && asked < most ? asked : most;
}

static void explain_timeout(struct md_request *r)
{
	r->err.timeout_ms = deadline_of(r);
	if (r->values->timeout_ms && r->values->timeout_ms == r->err.timeout_ms)
		r->err.details.hint = md_hint_text(MD_HINT_RAISE_TIMEOUT);
}

/* Whatever failed behind the closing of the engine failed for this reason. */
static int report_shutting_down(multidb_query *q)
{
	struct md_request *r = &q->request;
	r->err = (struct md_error){ .from_table = r->err.from_table };
	q->error.json = NULL;
	q->progress = MD_BROKEN;
	return md_fail(&r->cx, MD_SHUTTING_DOWN, "%s", md_engine_closed);
}

/* Completes the record of a failure while running; the one place that says where it happened. */
static int report_broken_run(multidb_query *q)
{
	struct md_request *r = &q->request;
	q->progress = MD_BROKEN;
	if (r->err.code == MD_OUT_OF_MEMORY)
		return -1;
	if (md_engine_is_closed(q->engine))
		return report_shutting_down(q);
	if (r->err.code == MD_OK)
		md_fail(&r->cx, MD_INTERNAL, "a query failed without saying why");
	if (md_running_cancelled(&q->running) && r->err.code == MD_QUERY_FAILED) {
		r->err.code = MD_CANCELLED;
		r->err.details.hint = MD_NOSTR;
	}
	if (!r->err.details.database.p)
		r->err.details.database = q->exec.database;
	r->err.details.dialect = r->stmt.dialect;
	if (r->err.code == MD_QUERY_TIMEOUT)
		explain_timeout(r);
	return -1;
}

static int report_run_out_of_memory(multidb_query *q)
{
	md_out_of_memory(&q->request.cx);
	return report_broken_run(q);
}

static int open_rows(multidb_query *q)
{
	struct md_request *r = &q->request;
	const struct md_plan *p = r->planned.plan;
	r->cx.deadline_ms = md_monotonic_ms() + deadline_of(r);
	q->exec = (struct md_exec){ .plan = p, .bound = r->bound, .values = r->values, .stmt = &r->stmt,
		                    .shape = &r->shape, .context = r->context, .make_miss_stmt = md_write_misses,
		                    .database = p->target ? p->target->id : MD_STR("trino") };
	if (p->strategy == MD_CACHE)
		q->exec.store = md_runtime_store(q->rt, p->cached->cache);
	if (md_runtime_pool(q->rt, p, &q->exec.pool))
		return md_out_of_memory(&r->cx);
	md_trace_time(r->cx.trace, md_now_us() / 1000);
	return md_rows_open(&r->cx, &q->exec, &q->running, &q->rows);
}

int multidb_query_start(multidb_query *q, multidb_format format)
{
	if (!q || md_check_start(q, "multidb_query_start", format))
		return -1;
	if (md_engine_is_closed(q->engine))
		return report_shutting_down(q);
	q->format = format;
	q->out.n = 0;
	q->out.failed = false;
	q->begun_us = md_now_us();
	if (q->request.bound->mode != MD_SQL_ONLY && open_rows(q))
		return report_broken_run(q);
	q->progress = MD_STARTED_ROWS;
	return 0;
}

/* ---- encoded ---- */

static bool is_result_object(const multidb_query *q)
{
	return q->format == MULTIDB_RESULT || q->request.bound->mode == MD_SQL_ONLY;
}

static void write_head(multidb_query *q)
{
	bool rows = q->request.bound->mode == MD_EXECUTE;
	if (is_result_object(q))
		md_buf_str(&q->out, rows ? MD_STR("{\"data\":[") : MD_NOSTR);
	else if (rows && q->format == MULTIDB_JSON)
		md_buf_char(&q->out, '[');
	else if (rows && q->format == MULTIDB_CSV)
		md_encode_csv_header(&q->encoder, &q->out);
	q->head_written = true;
}

static void write_row(multidb_query *q, const struct md_cell *cells)
{
	if (q->format == MULTIDB_CSV) {
		md_encode_csv_row(&q->encoder, &q->out, cells);
		return;
	}
	if (q->format != MULTIDB_NDJSON && q->row_written)
		md_buf_char(&q->out, ',');
	md_encode_object(&q->encoder, &q->out, cells);
	if (q->format == MULTIDB_NDJSON)
		md_buf_char(&q->out, '\n');
	q->row_written = true;
}

static void write_result_tail(multidb_query *q)
{
	static const char *const kinds[] = { [MD_EXECUTE] = "data", [MD_SQL_ONLY] = "sql", [MD_COUNT] = "count" };
	enum md_mode mode = q->request.bound->mode;
	struct md_outcome o = { .kind = kinds[mode], .answer = md_query_answer(q), .volatile_parts = true,
		                .execution_us = q->execution_us };
	struct md_jw w = { .b = &q->out, .comma = mode == MD_EXECUTE };
	if (mode == MD_EXECUTE)
		md_buf_char(&q->out, ']');
	else
		md_buf_char(&q->out, '{');
	md_result_members(&w, &q->request, &o);
	md_buf_char(&q->out, '}');
}

static void write_tail(multidb_query *q)
{
	bool count = q->request.bound->mode == MD_COUNT;
	if (is_result_object(q))
		write_result_tail(q);
	else if (count && q->format == MULTIDB_CSV)
		md_buf_fmt(&q->out, "count\r\n%lld\r\n", (long long)md_query_answer(q)->count);
	else if (count)
		md_buf_fmt(&q->out, "{\"count\":%lld}\n", (long long)md_query_answer(q)->count);
	else if (q->format == MULTIDB_JSON)
		md_buf_char(&q->out, ']');
}

static bool may_give_cursor(const multidb_query *q)
{
	return !q->engine->lasting_cursors || (q->request.ring && q->request.ring->lasting);
}

/* 1 while there are rows, 0 at the end, -1 */
static int next_row(multidb_query *q, const struct md_cell **cells)
{
	int rc = q->rows ? md_rows_next(q->rows, cells) : 0;
	if (rc == 0 && q->rows && may_give_cursor(q))
		rc = md_page_end(&q->request, md_rows_answer(q->rows));
	if (rc == 0)
		q->execution_us = md_now_us() - q->begun_us;
	return rc;
}

int multidb_query_next(multidb_query *q, const char **bytes, size_t *n)
{
	const struct md_cell *cells;
	int rc = 1;
	if (!q || md_check_read(q, MD_READ_CHUNKS, bytes && n))
		return -1;
	if (q->progress == MD_ENDED)
		return 0;
	if (md_engine_is_closed(q->engine))
		return report_shutting_down(q);
	q->out.n = 0;
	if (!q->head_written) {
		if (md_encoder_init(&q->encoder, &q->request.arena, q->request.bound))
			return report_run_out_of_memory(q);
		write_head(q);
	}
	while (q->out.n < CHUNK && !q->out.failed && (rc = next_row(q, &cells)) > 0)
		write_row(q, cells);
	if (rc == 0)
		write_tail(q);
	if (rc < 0)
		return report_broken_run(q);
	if (q->out.failed || q->request.arena.oom)
		return report_run_out_of_memory(q);
	if (rc == 0)
		q->progress = MD_ENDED;
	*bytes = q->out.p;
	*n = q->out.n;
	return q->out.n > 0;
}

/* ---- cell by cell ---- */

int multidb_query_next_row(multidb_query *q, const multidb_cell **out)
{
	const struct md_cell *cells;
	if (!q || md_check_read(q, MD_READ_ROWS, out != NULL))
		return -1;
	if (q->progress == MD_ENDED)
		return 0;
	if (md_engine_is_closed(q->engine))
		return report_shutting_down(q);
	size_t n = multidb_result_column_count(q);
	if (!q->cells && !(q->cells = md_new_n(&q->request.arena, multidb_cell, n + 1)))
		return report_run_out_of_memory(q);
	int rc = next_row(q, &cells);
	if (rc < 0)
		return report_broken_run(q);
	if (q->request.arena.oom)
		return report_run_out_of_memory(q);
	if (rc == 0) {
		q->progress = MD_ENDED;
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		bool null = cells[i].form == MD_CELL_NULL || cells[i].form == MD_CELL_NOT_FINITE;
		struct md_str text = cells[i].text.p ? cells[i].text : MD_STR("");
		q->cells[i] = null ? (multidb_cell){ NULL, 0 } : (multidb_cell){ text.p, text.n };
	}
	*out = q->cells;
	return 1;
}

void multidb_query_cancel(multidb_query *q)
{
	if (q)
		md_running_cancel(&q->running);
}
