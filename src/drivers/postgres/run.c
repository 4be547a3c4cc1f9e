/* The PostgreSQL driver's statements: prepared once per connection by their full text, rows from one result or, where many may come, one
 * result a row. Promises: no call outlasts the deadline; a reply is complete only when the server is ready for the next statement (an error
 * can still follow the last row); a connection with bytes outstanding is never called clean; "stale" only if not one byte of reply was seen.
 * Where the server says that a prepared statement no longer fits (a table was altered), it is prepared once more.
 * The parts that talk serve transaction.c too, which sends several commands at once. */
#include "drivers/postgres/private.h"

#include "base/sys.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { MANY_ROWS = 1000, LOOK_EVERY = 64, LIVELY_MS = 1 };

/* ---- failures ---- */

static int timed_out(struct md_ctx *cx, struct md_pg *c, const char *cause)
{
	int64_t ms = md_monotonic_ms() - c->started_ms;
	md_fail_with(cx, MD_QUERY_TIMEOUT, MD_DETAILS(.database = c->id), md_pg_cause(cx->arena, cause),
	             "the query on '%.*s' took longer than it may: stopped after %lld ms", MD_FMT(c->id), (long long)ms);
	cx->err->timeout_ms = ms;
	return -1;
}

static int cancelled(struct md_ctx *cx, struct md_pg *c, const char *cause)
{
	return md_fail_with(cx, MD_CANCELLED, MD_DETAILS(.database = c->id), md_pg_cause(cx->arena, cause),
	                    "the query on '%.*s' was cancelled", MD_FMT(c->id));
}

static bool asked_to_cancel(struct md_pg *c)
{
	return atomic_load_explicit(&c->state, memory_order_relaxed) == MD_PG_CANCELLED;
}

/* The wait ended without the server: tell it to stop; what it still sends is not for us. */
static int gave_up(struct md_ctx *cx, struct md_pg *c, enum md_pg_got why)
{
	c->broken = true;
	if (why == MD_PG_CANCEL)
		return cancelled(cx, c, NULL);
	md_pg_send_cancel(c->pg, 50);
	return timed_out(cx, c, NULL);
}

/* The connection is gone. Before a byte of reply the caller may try again, so no error is recorded. */
static enum md_started lost(struct md_ctx *cx, struct md_pg *c)
{
	c->broken = true;
	if (!c->seen && !asked_to_cancel(c))
		return MD_START_STALE;
	md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), md_pg_cause(cx->arena, PQerrorMessage(c->pg)),
	             "the connection to database '%.*s' broke off", MD_FMT(c->id));
	return MD_START_FAILED;
}

/* 57014 query_canceled comes from our cancel, the statement timeout or an administrator. */
static int stopped(struct md_ctx *cx, struct md_pg *c, const char *text)
{
	if (asked_to_cancel(c) || strstr(text, "user request"))
		return cancelled(cx, c, text);
	return timed_out(cx, c, text);
}

enum md_started md_pg_refused(struct md_ctx *cx, struct md_pg *c, const PGresult *res)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	const char *text = res ? PQresultErrorMessage(res) : PQerrorMessage(c->pg);
	if (!state && PQstatus(c->pg) == CONNECTION_BAD)
		return lost(cx, c);
	c->seen = true;
	if (state && strcmp(state, "57014") == 0)
		stopped(cx, c, text);
	else if (state && (strncmp(state, "57P", 3) == 0 || strncmp(state, "08", 2) == 0)) {
		c->broken = true;
		md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), md_pg_cause(cx->arena, text),
		             "the connection to database '%.*s' broke off", MD_FMT(c->id));
	} else {
		if (!state && PQresultStatus(res) == PGRES_FATAL_ERROR)
			c->broken = true; /* the library's own error: what is left on the way is not known */
		md_fail_with(cx, MD_QUERY_FAILED, MD_DETAILS(.database = c->id), md_pg_cause(cx->arena, text),
		             "database '%.*s' refused the query", MD_FMT(c->id));
	}
	return MD_START_FAILED;
}

/* ---- talking ---- */

enum md_started md_pg_flush(struct md_ctx *cx, struct md_pg *c)
{
	int rc;
	while ((rc = PQflush(c->pg)) == 1) {
		enum md_pg_got got = md_pg_wait(c, POLLIN | POLLOUT, cx->deadline_ms);
		if (got != MD_PG_READY)
			return (enum md_started)gave_up(cx, c, got);
		if (!PQconsumeInput(c->pg))
			return lost(cx, c);
	}
	return rc == 0 ? MD_STARTED : lost(cx, c);
}

/* The next result into c->res (NULL: none is left). */
enum md_started md_pg_receive(struct md_ctx *cx, struct md_pg *c)
{
	PQclear(c->res);
	c->res = NULL;
	while (PQisBusy(c->pg)) {
		/* memory ran out for the mark at a pipeline's end, and libpq will never give it: what it says meanwhile is all that shows */
		if (c->pipelined && *PQerrorMessage(c->pg)) {
			c->broken = true;
			return (enum md_started)md_out_of_memory(cx);
		}
		enum md_pg_got got = md_pg_wait(c, POLLIN, cx->deadline_ms);
		if (got != MD_PG_READY)
			return (enum md_started)gave_up(cx, c, got);
		if (!PQconsumeInput(c->pg))
			break; /* PQgetResult tells what happened */
	}
	c->res = PQgetResult(c->pg);
	return MD_STARTED;
}

/* Of a pipeline: is its end here, and could we leave it? NULL ends the results of one command, two of them what is there to come. */
static bool pipeline_ended(struct md_pg *c, bool *null_before)
{
	bool twice = !c->res && *null_before;
	*null_before = !c->res;
	if (c->res && PQresultStatus(c->res) == PGRES_PIPELINE_SYNC)
		c->pipelined = PQexitPipelineMode(c->pg) == 0;
	return twice || !c->pipelined;
}

/* Until the server is ready again. An error among the results counts: a reply that ends in one is not complete. */
enum md_started md_pg_drain(struct md_ctx *cx, struct md_pg *c)
{
	enum md_started rc = MD_STARTED;
	bool null_before = false;
	do {
		if (md_pg_receive(cx, c) != MD_STARTED)
			return MD_START_FAILED;
		if (c->res && PQresultStatus(c->res) == PGRES_FATAL_ERROR && rc == MD_STARTED)
			rc = md_pg_refused(cx, c, c->res);
	} while (PQstatus(c->pg) == CONNECTION_OK && (c->pipelined ? !pipeline_ended(c, &null_before) : c->res != NULL));
	c->complete = !c->pipelined && PQtransactionStatus(c->pg) == PQTRANS_IDLE;
	if (rc == MD_STARTED && !c->complete)
		rc = lost(cx, c);
	return rc;
}

/* One command without rows: PREPARE, DEALLOCATE. */
static enum md_started command(struct md_ctx *cx, struct md_pg *c, int sent)
{
	if (!sent)
		return PQstatus(c->pg) == CONNECTION_BAD ? lost(cx, c) : md_pg_refused(cx, c, NULL);
	c->complete = false;
	enum md_started rc = md_pg_flush(cx, c);
	if (rc == MD_STARTED)
		rc = md_pg_drain(cx, c);
	if (rc == MD_STARTED)
		c->seen = true;
	return rc;
}

/* Did the server hang up while the connection lay idle? Looks at the socket without reading; libpq reads where there is something. */
static bool hung_up(struct md_pg *c)
{
	char byte;
	for (int tries = 0; tries < 4; tries++) {
		ssize_t n = recv(PQsocket(c->pg), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return false;
		if (!PQconsumeInput(c->pg) || PQstatus(c->pg) == CONNECTION_BAD)
			return true;
	}
	return false;
}

/* ---- statements ---- */

static enum md_started forget(struct md_ctx *cx, struct md_pg *c, struct md_prepared *p)
{
	char sql[32];
	snprintf(sql, sizeof sql, "DEALLOCATE %s", p->name);
	md_prepared_drop(&c->prepared, p);
	return command(cx, c, PQsendQuery(c->pg, sql));
}

enum md_started md_pg_name(struct md_ctx *cx, struct md_pg *c, struct md_str text, struct md_prepared **out)
{
	struct md_prepared *victim = md_prepared_victim(&c->prepared);
	enum md_started rc = victim ? forget(cx, c, victim) : MD_STARTED;
	if (rc != MD_STARTED)
		return rc;
	struct md_prepared *p = *out = md_prepared_add(&c->prepared, text);
	if (!p)
		return (enum md_started)md_out_of_memory(cx);
	snprintf(p->name, sizeof p->name, "m%u", ++c->names);
	return MD_STARTED;
}

static enum md_started prepare(struct md_ctx *cx, struct md_pg *c, struct md_str text, struct md_prepared **out)
{
	enum md_started rc = md_pg_name(cx, c, text, out);
	if (rc != MD_STARTED)
		return rc;
	rc = command(cx, c, PQsendPrepare(c->pg, (*out)->name, (*out)->text.p, 0, NULL));
	if (rc != MD_STARTED)
		md_prepared_drop(&c->prepared, *out);
	return rc;
}

static bool how_room(struct md_pg *c, uint32_t n)
{
	if (n <= c->how_cap)
		return true;
	uint8_t *bigger = realloc(c->how, n);
	if (!bigger)
		return false;
	c->how = bigger;
	c->how_cap = n;
	return true;
}

/* How each column's values are to be read, judged by the types that the server announces. */
static enum md_started look_at_columns(struct md_ctx *cx, struct md_pg *c)
{
	const struct md_stmt *s = c->stmt;
	if ((uint32_t)PQnfields(c->res) != s->n_outputs) {
		md_fail(cx, MD_QUERY_FAILED, "database '%.*s' answered with %d columns, expected %u", MD_FMT(c->id), PQnfields(c->res), s->n_outputs);
		return MD_START_FAILED;
	}
	if (!how_room(c, s->n_outputs))
		return (enum md_started)md_out_of_memory(cx);
	for (uint32_t i = 0; i < s->n_outputs; i++)
		c->how[i] = (uint8_t)md_pg_how(PQftype(c->res, (int)i), s->outputs[i].type, c->any_bytes);
	return MD_STARTED;
}

/* The first of the reply is in c->res. */
enum md_started md_pg_first(struct md_ctx *cx, struct md_pg *c)
{
	ExecStatusType status = PQresultStatus(c->res);
	if (status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE) {
		enum md_started rc = md_pg_refused(cx, c, c->res);
		if (!c->broken && md_pg_drain(cx, c) != MD_STARTED)
			c->broken = true;
		return rc;
	}
	c->seen = true;
	if (look_at_columns(cx, c) != MD_STARTED)
		return MD_START_FAILED; /* not complete: finish closes the connection */
	c->row = 0;
	c->n_rows = PQntuples(c->res);
	if (status == PGRES_SINGLE_TUPLE)
		return MD_STARTED;
	PGresult *rows = c->res;
	c->res = NULL;
	enum md_started rc = md_pg_drain(cx, c);
	PQclear(c->res);
	c->res = rows;
	return rc;
}

/* 0A000: "cached plan must not change result type"; 26000: somebody deallocated it. Both before any row. */
bool md_pg_outdated(const PGresult *res)
{
	const char *state = PQresultStatus(res) == PGRES_FATAL_ERROR ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	return state && (strcmp(state, "0A000") == 0 || strcmp(state, "26000") == 0);
}

void md_pg_expect_rows(struct md_pg *c)
{
	c->single = c->stmt->row_bound < 0 || c->stmt->row_bound > MANY_ROWS;
	if (c->single)
		PQsetSingleRowMode(c->pg);
}

static enum md_started submit(struct md_ctx *cx, struct md_pg *c, const struct md_prepared *p)
{
	if (!PQsendQueryPrepared(c->pg, p->name, (int)c->stmt->n_params, c->values, NULL, NULL, 0))
		return PQstatus(c->pg) == CONNECTION_BAD ? lost(cx, c) : md_pg_refused(cx, c, NULL);
	c->complete = false;
	md_pg_expect_rows(c);
	enum md_started rc = md_pg_flush(cx, c);
	return rc == MD_STARTED ? md_pg_receive(cx, c) : rc;
}

enum md_started md_pg_forget(struct md_ctx *cx, struct md_pg *c, struct md_prepared *p)
{
	struct md_error before = *cx->err;
	enum md_started rc = forget(cx, c, p);
	if (rc == MD_STARTED || c->broken)
		return rc;
	*cx->err = before; /* somebody else had deallocated it: nothing to forget */
	return MD_STARTED;
}

static enum md_started again(struct md_ctx *cx, struct md_pg *c, struct md_prepared *p)
{
	c->seen = true;
	enum md_started rc = md_pg_drain(cx, c);
	if (rc == MD_STARTED)
		rc = md_pg_forget(cx, c, p);
	if (rc == MD_STARTED)
		rc = prepare(cx, c, c->stmt->text, &p);
	return rc == MD_STARTED ? submit(cx, c, p) : rc;
}

enum md_started md_pg_run(struct md_ctx *cx, struct md_pg *c)
{
	if (!md_pg_params(c, c->stmt))
		return (enum md_started)md_out_of_memory(cx);
	struct md_prepared *p = md_prepared_find(&c->prepared, c->stmt->text);
	bool reused = p != NULL;
	enum md_started rc = p ? MD_STARTED : prepare(cx, c, c->stmt->text, &p);
	if (rc == MD_STARTED)
		rc = submit(cx, c, p);
	if (rc == MD_STARTED && reused && md_pg_outdated(c->res))
		rc = again(cx, c, p);
	return rc == MD_STARTED ? md_pg_first(cx, c) : rc;
}

enum md_started md_pg_start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context)
{
	struct md_pg *c = conn;
	c->stmt = s;
	c->context = context;
	c->complete = true; /* nothing is outstanding yet */
	c->seen = c->single = c->pipelined = false;
	c->handed = 0;
	c->row = c->n_rows = 0;
	int64_t before = c->started_ms;
	c->started_ms = md_monotonic_ms();
	/* one that answered a moment ago is not asked whether it lives: that would be a system call for every statement of a busy caller */
	if (c->broken || (c->started_ms - before > LIVELY_MS && hung_up(c))) {
		c->broken = true;
		return MD_START_STALE;
	}
	atomic_store(&c->state, MD_PG_RUNNING);
	return c->transaction || c->native ? md_pg_run_transaction(cx, c) : md_pg_run(cx, c);
}

/* ---- rows ---- */

static int cell(void *conn, uint32_t i, struct md_cell *out)
{
	struct md_pg *c = conn;
	int column = (int)i;
	if (PQgetisnull(c->res, c->row, column)) {
		*out = (struct md_cell){ MD_NOSTR, MD_CELL_NULL };
		return 0;
	}
	struct md_str text = { PQgetvalue(c->res, c->row, column), (size_t)PQgetlength(c->res, c->row, column) };
	return md_pg_cell(&c->cells, c->how[i], c->stmt->outputs[i].type, text, out);
}

static int hand_out(struct md_ctx *cx, struct md_pg *c, struct md_cell *cells)
{
	uint32_t bad;
	if (md_cells_row(&c->cells, cell, c, c->stmt, cells, &bad))
		return md_cell_unfit(cx, &c->cells, c->id, &c->stmt->outputs[bad], NULL);
	c->row++;
	return 1;
}

/* Rows may keep coming without a wait: the deadline must be looked for here. */
static bool too_late(const struct md_ctx *cx, struct md_pg *c)
{
	return ++c->handed % LOOK_EVERY == 0 && cx->deadline_ms && md_monotonic_ms() >= cx->deadline_ms;
}

static int next_single(struct md_ctx *cx, struct md_pg *c, struct md_cell *cells)
{
	if (too_late(cx, c))
		return gave_up(cx, c, MD_PG_TIMEOUT);
	if (md_pg_receive(cx, c) != MD_STARTED)
		return -1;
	c->row = 0;
	switch (c->res ? PQresultStatus(c->res) : PGRES_FATAL_ERROR) {
	case PGRES_SINGLE_TUPLE:
		c->n_rows = 1;
		return hand_out(cx, c, cells);
	case PGRES_TUPLES_OK:
		c->n_rows = 0;
		return md_pg_drain(cx, c) == MD_STARTED ? 0 : -1;
	default:
		md_pg_refused(cx, c, c->res);
		if (!c->broken && md_pg_drain(cx, c) != MD_STARTED)
			c->broken = true;
		return -1;
	}
}

int md_pg_next(void *conn, struct md_ctx *cx, struct md_cell *cells)
{
	struct md_pg *c = conn;
	if (asked_to_cancel(c))
		return gave_up(cx, c, MD_PG_CANCEL);
	if (c->row < c->n_rows)
		return hand_out(cx, c, cells);
	return c->complete ? 0 : next_single(cx, c, cells);
}

bool md_pg_finish(void *conn)
{
	struct md_pg *c = conn;
	bool was_cancelled = atomic_exchange(&c->state, MD_PG_IDLE) == MD_PG_CANCELLED;
	PQclear(c->res);
	c->res = NULL;
	if (!c->complete && !c->broken && !was_cancelled && PQstatus(c->pg) == CONNECTION_OK)
		md_pg_send_cancel(c->pg, 50); /* the caller left: the server need not go on */
	md_cells_rest(&c->cells);
	if (c->params.cap > 256 * 1024)
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
	if (c->broken || hung_up(c))
		return false;
	bool ok = command(cx, c, PQsendQuery(c->pg, "SELECT 1")) == MD_STARTED;
	PQclear(c->res);
	c->res = NULL;
	c->broken |= !ok;
	return ok;
}
