/* A PostgreSQL statement from start to finish. In a session of its own it is prepared once for each
 * connection by its full text; where the server says that a prepared statement no longer fits (a
 * table was altered), it is prepared once more. Promises: a connection with bytes outstanding is
 * never called clean. */
#include "drivers/postgres/private.h"

#include "base/sys.h"
#include "drivers/failure.h"

enum { LIVELY_MS = 1, LEAVE_CANCEL_MS = 50, KEPT_PARAMS = 256 * 1024 };

static enum md_started send_prepared(struct md_ctx *cx, struct md_pg *c, const struct md_prepared *p)
{
	if (!PQsendQueryPrepared(c->pg, p->name, (int)c->stmt->n_params, c->values, NULL, NULL, 0))
		return PQstatus(c->pg) == CONNECTION_BAD ? md_pg_lost(cx, c) : md_pg_refused(cx, c, NULL);
	c->complete = false;
	md_pg_expect_rows(c);
	enum md_started rc = md_pg_flush(cx, c);
	return rc == MD_STARTED ? md_pg_receive(cx, c) : rc;
}

static enum md_started prepare_again(struct md_ctx *cx, struct md_pg *c, struct md_prepared *p)
{
	c->seen = c->doubts_types = true;
	enum md_started rc = md_pg_drain(cx, c);
	if (rc == MD_STARTED)
		rc = md_pg_forget(cx, c, p);
	if (rc == MD_STARTED)
		rc = md_pg_prepare(cx, c, c->stmt->text, &p);
	return rc == MD_STARTED ? send_prepared(cx, c, p) : rc;
}

static enum md_started run_in_session(struct md_ctx *cx, struct md_pg *c)
{
	if (!md_pg_params(c, c->stmt))
		return (enum md_started)md_out_of_memory(cx);
	struct md_prepared *p = md_prepared_find(&c->prepared, c->stmt->text);
	bool reused = p != NULL;
	enum md_started rc = p ? MD_STARTED : md_pg_prepare(cx, c, c->stmt->text, &p);
	if (rc == MD_STARTED)
		rc = send_prepared(cx, c, p);
	if (rc == MD_STARTED && reused && md_pg_outdated(c->res))
		rc = prepare_again(cx, c, p);
	return rc == MD_STARTED ? md_pg_first(cx, c) : rc;
}

enum md_started md_pg_start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context)
{
	struct md_pg *c = conn;
	c->stmt = s;
	c->context = context;
	c->complete = true; /* nothing is outstanding yet */
	c->seen = c->single = c->pipelined = c->doubts_types = false;
	c->handed = 0;
	c->row = c->n_rows = 0;
	int64_t before = c->started_ms;
	c->started_ms = md_monotonic_ms();
	/* one that answered a moment ago is not asked whether it lives: that would be a system call
	 * for every statement of a busy caller */
	if (c->broken || (c->started_ms - before > LIVELY_MS && md_pg_hung_up(c))) {
		c->broken = true;
		return MD_START_STALE;
	}
	atomic_store(&c->state, MD_PG_RUNNING);
	if (md_is_cancelled(cx))
		return (enum md_started)md_fail_cancelled(cx, c->id, MD_NOSTR);
	return c->transaction || c->native ? md_pg_run_transaction(cx, c) : run_in_session(cx, c);
}

bool md_pg_finish(void *conn)
{
	struct md_pg *c = conn;
	bool was_cancelled = atomic_exchange(&c->state, MD_PG_IDLE) == MD_PG_CANCELLED;
	PQclear(c->res);
	c->res = NULL;
	if (!c->complete && !c->broken && !was_cancelled && PQstatus(c->pg) == CONNECTION_OK)
		md_pg_send_cancel(c->pg, LEAVE_CANCEL_MS); /* the caller left: the server need not go on */
	md_cells_rest(&c->cells);
	if (c->params.cap > KEPT_PARAMS)
		md_buf_free(&c->params);
	if (!c->complete || was_cancelled)
		c->broken = true;
	return !c->broken && PQstatus(c->pg) == CONNECTION_OK && PQtransactionStatus(c->pg) == PQTRANS_IDLE;
}

bool md_pg_ping(void *conn, struct md_ctx *cx)
{
	struct md_pg *c = conn;
	c->seen = false;
	c->complete = true;
	c->started_ms = md_monotonic_ms();
	if (c->broken || md_pg_hung_up(c))
		return false;
	bool ok = md_pg_command(cx, c, PQsendQuery(c->pg, "SELECT 1")) == MD_STARTED;
	PQclear(c->res);
	c->res = NULL;
	c->broken |= !ok;
	return ok;
}
