/* Promises: a connection goes back to its pool clean or not at all; one that was cancelled is thrown away, because a late cancel could hit the
 * next caller's statement (reliability H2); a statement is retried only where not one byte of reply was seen (H5). */
#include "executor/stream.h"

#include "base/sys.h"
#include "trace/trace.h"

int md_running_init(struct md_running *r)
{
	memset(r, 0, sizeof *r);
	return pthread_mutex_init(&r->lock, NULL) ? -1 : 0;
}

void md_running_destroy(struct md_running *r)
{
	pthread_mutex_destroy(&r->lock);
}

void md_running_reset(struct md_running *r)
{
	pthread_mutex_lock(&r->lock);
	r->cancelled = false;
	pthread_mutex_unlock(&r->lock);
}

void md_running_cancel(struct md_running *r)
{
	pthread_mutex_lock(&r->lock);
	r->cancelled = true;
	if (r->conn)
		r->driver->cancel(r->conn);
	pthread_mutex_unlock(&r->lock);
}

bool md_running_cancelled(struct md_running *r)
{
	pthread_mutex_lock(&r->lock);
	bool c = r->cancelled;
	pthread_mutex_unlock(&r->lock);
	return c;
}

/* False when a cancel came first. */
static bool publish(struct md_running *r, const struct md_driver *d, void *conn)
{
	pthread_mutex_lock(&r->lock);
	bool go = !r->cancelled;
	if (go || !conn) {
		r->driver = d;
		r->conn = conn;
	}
	pthread_mutex_unlock(&r->lock);
	return go;
}

static void give_back(struct md_stream *s, bool clean)
{
	bool untouched = publish(s->run, NULL, NULL);
	md_pool_give(s->x->pool, s->conn, clean && untouched);
	s->conn = NULL;
}

static enum md_started attempt(struct md_stream *s, bool fresh)
{
	if (md_pool_take(s->cx, s->x->pool, fresh, &s->conn))
		return MD_START_FAILED;
	const struct md_driver *d = md_pool_driver(s->x->pool);
	if (!publish(s->run, d, s->conn)) {
		give_back(s, true);
		return (enum md_started)md_fail(s->cx, MD_CANCELLED, "the query was cancelled before it started on '%.*s'", MD_FMT(s->x->database));
	}
	enum md_started rc = d->start(s->conn, s->cx, s->stmt, s->x->context);
	if (rc != MD_STARTED)
		give_back(s, d->finish(s->conn) && rc == MD_START_FAILED);
	return rc;
}

int md_stream_open(struct md_stream *s, struct md_ctx *cx, const struct md_exec *x, struct md_running *run, const struct md_stmt *stmt)
{
	*s = (struct md_stream){ .cx = cx, .x = x, .stmt = stmt, .run = run, .started_ms = md_monotonic_ms() };
	if (!x->pool)
		return md_fail(cx, MD_EXECUTOR_MISSING, "database '%.*s' has no connection that this build can execute on", MD_FMT(x->database));
	s->cells = md_new_n(cx->arena, struct md_cell, stmt->n_outputs + 1);
	if (!s->cells)
		return -1;
	md_ev1(cx, MD_EV_EXECUTING, MD_S(x->database));
	enum md_started rc = attempt(s, false);
	if (rc == MD_START_STALE) {
		md_ev1(cx, MD_EV_RETRY, MD_S(x->database));
		rc = attempt(s, true);
	}
	if (rc == MD_START_STALE)
		return md_fail(cx, MD_CONNECTION_FAILED, "database '%.*s' closed the connection before it answered", MD_FMT(x->database));
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
	md_stream_close(s);
	if (rc == 0)
		md_ev3(s->cx, MD_EV_EXECUTED, MD_S(s->x->database), MD_I(s->rows), MD_I(md_monotonic_ms() - s->started_ms));
	return rc;
}

void md_stream_close(struct md_stream *s)
{
	if (s->conn)
		give_back(s, md_pool_driver(s->x->pool)->finish(s->conn));
}
