/* Promises: a connection is returned to its pool only if it is clean. A cancelled connection is
 * closed, because a late cancel could otherwise stop the next caller's statement. A statement is
 * repeated only if no byte of a reply has arrived. */
#include "executor/stream.h"

#include "base/sys.h"
#include "trace/trace.h"

static void return_connection(struct md_stream *s, bool is_clean)
{
	bool was_not_cancelled = md_running_set(s->run, NULL, NULL);
	md_pool_give(s->x->pool, s->conn, is_clean && was_not_cancelled);
	s->conn = NULL;
}

static enum md_started take_connection(struct md_stream *s, bool fresh)
{
	if (md_pool_take(s->cx, s->x->pool, fresh, &s->conn))
		return MD_START_FAILED;
	if (md_running_set(s->run, md_pool_driver(s->x->pool), s->conn))
		return MD_STARTED;
	return_connection(s, true);
	return (enum md_started)md_fail(s->cx, MD_CANCELLED, "the query was cancelled before it started on '%.*s'",
	                                MD_FMT(s->x->database));
}

/* A connection whose database has the tables that the statement was made for. Where the check finds
 * that a table was altered, a connection from before is replaced. */
static enum md_started take_checked_connection(struct md_stream *s, bool fresh)
{
	uint32_t epoch = md_pool_epoch(s->x->pool);
	enum md_started rc = take_connection(s, fresh);
	if (rc != MD_STARTED)
		return rc;
	rc = md_check_types(s->cx, s->x, s->stmt, s->conn);
	if (rc != MD_STARTED) {
		return_connection(s, rc == MD_START_FAILED);
		return rc;
	}
	if (md_pool_epoch(s->x->pool) == epoch)
		return MD_STARTED;
	return_connection(s, true);
	return take_connection(s, true);
}

/* The database doubts the types: the next statement reads the tables again. One that failed does so
 * now, because a column that has changed is the better reason for the failure. */
static void check_types_again(struct md_stream *s, bool has_failed)
{
	const struct md_driver *d = md_pool_driver(s->x->pool);
	if (!d->doubts_types || !d->doubts_types(s->conn))
		return;
	md_doubt_types(s->x, s->stmt);
	if (!has_failed || !d->finish(s->conn))
		return;
	struct md_error before = *s->cx->err;
	*s->cx->err = (struct md_error){ .from_table = before.from_table };
	md_check_types(s->cx, s->x, s->stmt, s->conn);
	if (s->cx->err->code != MD_TYPE_MISMATCH && s->cx->err->code != MD_OUT_OF_MEMORY)
		*s->cx->err = before;
}

/* Says what the refused value is made of: parameters are known here alone. */
static void find_unfit_value(struct md_stream *s)
{
	struct md_error *e = s->cx->err;
	if (e->code != MD_QUERY_FAILED || e->unfit.parameter == 0 || e->unfit.parameter > s->stmt->n_params)
		return;
	const struct md_value *v = &s->stmt->params[e->unfit.parameter - 1];
	e->unfit.origin = v->origin;
	e->unfit.place = v->place;
}

static enum md_started start_statement(struct md_stream *s, bool fresh)
{
	enum md_started rc = take_checked_connection(s, fresh);
	if (rc != MD_STARTED)
		return rc;
	const struct md_driver *d = md_pool_driver(s->x->pool);
	rc = d->start(s->conn, s->cx, s->stmt, s->x->context);
	if (rc != MD_START_STALE)
		check_types_again(s, rc != MD_STARTED);
	if (rc == MD_START_FAILED)
		find_unfit_value(s);
	if (rc != MD_STARTED)
		return_connection(s, d->finish(s->conn) && rc == MD_START_FAILED);
	return rc;
}

int md_stream_open(struct md_stream *s, struct md_ctx *cx, const struct md_exec *x, struct md_running *run,
                   const struct md_stmt *stmt)
{
	*s = (struct md_stream){ .cx = cx, .x = x, .stmt = stmt, .run = run, .started_ms = md_monotonic_ms() };
	if (!x->pool)
		return md_fail(cx, MD_EXECUTOR_MISSING,
		               "database '%.*s' has no connection that this build can execute on", MD_FMT(x->database));
	s->cells = md_new_n(cx->arena, struct md_cell, stmt->n_outputs + 1);
	if (!s->cells)
		return md_out_of_memory(cx);

	md_ev1(cx, MD_EV_EXECUTING, MD_S(x->database));
	enum md_started rc = start_statement(s, false);
	if (rc == MD_START_STALE) {
		md_ev1(cx, MD_EV_RETRY, MD_S(x->database));
		rc = start_statement(s, true);
	}
	if (rc == MD_START_STALE)
		return md_fail(cx, MD_CONNECTION_FAILED, "database '%.*s' closed the connection before it answered",
		               MD_FMT(x->database));
	return rc == MD_STARTED ? 0 : -1;
}

int md_stream_next(struct md_stream *s)
{
	if (!s->conn)
		return 0;

	int rc = md_pool_driver(s->x->pool)->next(s->conn, s->cx, s->cells);
	if (rc > 0) {
		s->rows++;
		return 1;
	}
	if (rc < 0) {
		check_types_again(s, false);
		if (s->rows == 0)
			find_unfit_value(s);
	}
	md_stream_close(s);
	if (rc == 0)
		md_ev3(s->cx, MD_EV_EXECUTED, MD_S(s->x->database), MD_I(s->rows),
		       MD_I(md_monotonic_ms() - s->started_ms));
	return rc;
}

void md_stream_close(struct md_stream *s)
{
	if (s->conn)
		return_connection(s, md_pool_driver(s->x->pool)->finish(s->conn));
}
