/* Running a prepared query: its rows, encoded or as cells, piece by piece. Execution follows the
 * stages of pipeline.c. Promises: a failure is recorded here, with the place where it happened; a
 * piece takes bounded memory. */
#include "engine/run.h"

#include "base/sys.h"
#include "engine/lifetime.h"
#include "engine/outcome.h"
#include "engine/page.h"
#include "engine/result.h"
#include "engine/unfit_value.h"

/* Counts a query that was executed, once. */
static void count_run(multidb_query *q, enum md_code code)
{
	if (!q->is_running)
		return;
	const struct md_answer *a = md_query_answer(q);
	q->is_running = false;
	md_count_query(&q->engine->statistics,
	               &(struct md_ended_query){ .plan = q->request.planned.plan,
	                                         .strategy = md_outcome_strategy_id(&q->request, a), .answer = a,
	                                         .code = code, .database = q->exec.database,
	                                         .us = md_now_us() - q->begun_us });
}

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

/* Replaces what the record holds: whatever failed, failed for this reason. */
static int report_ended(multidb_query *q, enum md_code code, const char *reason)
{
	struct md_request *r = &q->request;
	r->err = (struct md_error){ .from_table = r->err.from_table };
	q->error.json = NULL;
	q->progress = MD_BROKEN;
	count_run(q, code);
	return md_fail(&r->cx, code, "%s", reason);
}

static int report_shutting_down(multidb_query *q)
{
	return report_ended(q, MD_SHUTTING_DOWN, md_engine_closed);
}

/* Completes the record of a failure while running; the one place that says where it happened. */
static void describe_broken_run(multidb_query *q)
{
	struct md_request *r = &q->request;
	if (r->err.code == MD_OK)
		md_fail(&r->cx, MD_INTERNAL, "a query failed without saying why");
	if (md_running_cancelled(&q->running) && r->err.code == MD_QUERY_FAILED) {
		r->err.code = MD_CANCELLED;
		r->err.details.hint = MD_NOSTR;
	}
	md_explain_unfit_value(r);
	if (md_error_has_problems(&r->err))
		return;
	if (!r->err.details.database.p)
		r->err.details.database = q->exec.database;
	r->err.details.dialect = r->stmt.dialect;
	/* a remote caller is not shown the message; of a value the details name the column */
	if (r->err.code == MD_TYPE_MISMATCH && !r->err.details.column.p)
		md_log_add(q->engine->log, MULTIDB_LOG_ERROR, "%.*s", MD_FMT(r->err.message));
	if (r->err.code == MD_QUERY_TIMEOUT)
		explain_timeout(r);
}

static int report_broken_run(multidb_query *q)
{
	bool known = q->request.err.code == MD_OUT_OF_MEMORY;
	q->progress = MD_BROKEN;
	if (!known && md_engine_is_closed(q->engine))
		return report_shutting_down(q);
	if (!known)
		describe_broken_run(q);
	count_run(q, q->request.err.code);
	return -1;
}

int md_run_out_of_memory(multidb_query *q)
{
	md_out_of_memory(&q->request.cx);
	return report_broken_run(q);
}

static int open_rows(multidb_query *q)
{
	struct md_request *r = &q->request;
	const struct md_plan *p = r->planned.plan;
	r->cx.deadline_ms = md_monotonic_ms() + deadline_of(r);
	r->cx.cancelled = &q->running.cancelled;
	q->exec = (struct md_exec){ .plan = p, .bound = r->bound, .values = r->values, .stmt = &r->stmt,
		                    .shape = &r->shape, .context = r->context, .make_miss_stmt = md_write_misses,
		                    .database = p->target ? p->target->id : MD_STR("trino") };
	if (p->strategy == MD_CACHE)
		q->exec.store = md_runtime_store(q->rt, p->cached->cache);
	struct md_reach reach;
	if (md_runtime_pool(q->rt, p, &reach))
		return md_out_of_memory(&r->cx);
	q->exec.pool = reach.pool;
	q->exec.checks = reach.checks;
	if (md_running_cancelled(&q->running))
		return md_fail(&r->cx, MD_CANCELLED, "the query was cancelled before it started on '%.*s'",
		               MD_FMT(q->exec.database));
	md_trace_time(r->cx.trace, md_now_us() / 1000);
	return md_rows_open(&r->cx, &q->exec, &q->running, &q->rows);
}

int md_run_start(multidb_query *q, multidb_format format)
{
	if (md_engine_is_closed(q->engine))
		return report_shutting_down(q);
	q->format = format;
	q->out.n = 0;
	q->out.failed = false;
	q->begun_us = md_now_us();
	q->is_running = q->request.bound->mode != MD_SQL_ONLY;
	if (q->is_running && open_rows(q))
		return report_broken_run(q);
	q->progress = MD_STARTED_ROWS;
	return 0;
}

/* A query that is discarded before its end counts as cancelled. */
void md_run_end(multidb_query *q)
{
	count_run(q, MD_CANCELLED);
	md_rows_close(q->rows);
	q->rows = NULL;
}

void md_run_stop(multidb_query *q, const char *reason)
{
	md_run_end(q);
	report_ended(q, MD_CANCELLED, reason);
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
		                .execution_us = q->execution_us, .is_truncated = q->is_truncated };
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

/* A remote caller gets at most limits.rows in one JSON text: this row is not written, and no
 * other is fetched. */
static bool is_row_too_many(const multidb_query *q)
{
	bool is_json_text = q->format == MULTIDB_RESULT || q->format == MULTIDB_JSON;
	return q->request.shown.is_remote && is_json_text &&
	       md_rows_answer(q->rows)->rows > q->request.cx.meta->limits.rows;
}

static int next_row_of_text(multidb_query *q, const struct md_cell **cells)
{
	int rc = next_row(q, cells);
	if (rc <= 0 || !is_row_too_many(q))
		return rc;
	q->is_truncated = true;
	q->execution_us = md_now_us() - q->begun_us;
	md_rows_close(q->rows);
	return 0;
}

/* The rest of a chunk behind its head. 1 while there are rows, 0 when it is the last one, -1 */
static int write_rows(multidb_query *q)
{
	const struct md_cell *cells;
	int rc = 1;
	while (q->out.n < MD_RUN_CHUNK && !q->out.failed && (rc = next_row_of_text(q, &cells)) > 0)
		write_row(q, cells);
	if (rc == 0)
		write_tail(q);
	return rc;
}

/* The end of each piece of an answer: rc is that of its last row. */
static int end_piece(multidb_query *q, int rc)
{
	if (rc < 0)
		return report_broken_run(q);
	if (q->out.failed || q->request.arena.oom)
		return md_run_out_of_memory(q);
	if (rc == 0) {
		q->progress = MD_ENDED;
		count_run(q, MD_OK);
	}
	return rc;
}

int md_run_chunk(multidb_query *q)
{
	if (q->progress == MD_ENDED)
		return 0;
	if (md_engine_is_closed(q->engine))
		return report_shutting_down(q);
	q->out.n = 0;
	if (!q->head_written) {
		if (md_encoder_init(&q->encoder, &q->request.arena, q->request.bound))
			return md_run_out_of_memory(q);
		write_head(q);
	}
	return end_piece(q, write_rows(q)) < 0 ? -1 : q->out.n > 0;
}

/* ---- cell by cell ---- */

int md_run_row(multidb_query *q, const struct md_cell **cells)
{
	if (q->progress == MD_ENDED)
		return 0;
	if (md_engine_is_closed(q->engine))
		return report_shutting_down(q);
	return end_piece(q, next_row(q, cells));
}
