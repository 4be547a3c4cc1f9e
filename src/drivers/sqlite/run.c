/* The SQLite driver's statements: prepared once per connection by their full text, stepped row by
 * row. Promises: the progress and busy handlers end every call at the deadline or a cancel; the
 * read transaction ends with the last row, not with finish; a value that does not fit its declared
 * type is an error that names the column. */
#include "drivers/sqlite/private.h"

#include "base/sys.h"
#include "drivers/failure.h"
#include "drivers/value/causes.h"

#include <time.h>

enum { BUSY_MS = 5000, BUSY_NAP_MS = 2 };

static bool is_too_late(const struct md_lite *c)
{
	return c->deadline_ms && md_monotonic_ms() >= c->deadline_ms;
}

static bool is_cancelled(struct md_lite *c)
{
	return atomic_load_explicit(&c->state, memory_order_relaxed) == MD_LITE_CANCELLED;
}

int md_lite_progress(void *conn)
{
	struct md_lite *c = conn;
	return is_cancelled(c) || is_too_late(c);
}

/* A writer holds the file: look again shortly. Non-zero: try again. */
int md_lite_busy(void *conn, int tries)
{
	struct md_lite *c = conn;
	if (is_cancelled(c) || is_too_late(c) || (!c->deadline_ms && tries > BUSY_MS / BUSY_NAP_MS))
		return 0;
	struct timespec nap = { .tv_nsec = BUSY_NAP_MS * 1000000 };
	nanosleep(&nap, NULL);
	return 1;
}

void md_lite_forget_all(struct md_lite *c)
{
	for (uint32_t i = 0; i < MD_PREPARED_MAX; i++)
		sqlite3_finalize(c->prepared.slots[i].handle);
	md_prepared_clear(&c->prepared);
}

/* ---- failures ---- */

static struct md_str sqlite_text(const struct md_lite *c)
{
	return md_str_z(sqlite3_errmsg(c->db));
}

int md_lite_fail(struct md_ctx *cx, struct md_lite *c, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_INTERRUPT:
	case SQLITE_BUSY:
		if (is_cancelled(c))
			return md_fail_cancelled(cx, c->id, md_str_z(sqlite3_errstr(rc)));
		if (is_too_late(c))
			return md_fail_timed_out(cx, c->id, c->started_ms, md_str_z(sqlite3_errstr(rc)));
		break;
	case SQLITE_NOMEM:
		return md_out_of_memory(cx);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		c->broken = true;
		break;
	}
	struct md_str text = sqlite_text(c);
	return md_fail_refused(cx, c->id, text, md_cause_hint(MD_CAUSE_OF_SQLITE, text));
}

/* ---- statements ---- */

static int prepare_text(struct md_ctx *cx, struct md_lite *c, struct md_str text, sqlite3_stmt **out)
{
	struct md_prepared *p = md_prepared_find(&c->prepared, text);
	if (p) {
		*out = p->handle;
		return 0;
	}
	/* what follows WITH or EXPLAIN looks to the authorizer like the body of a view */
	if (text.n < 7 || memcmp(text.p, "SELECT ", 7) != 0)
		return md_fail(cx, MD_QUERY_FAILED, "database '%.*s' runs nothing but SELECT", MD_FMT(c->id));
	int rc = sqlite3_prepare_v3(c->db, text.p, (int)text.n, SQLITE_PREPARE_PERSISTENT, out, NULL);
	if (rc || !*out)
		return md_lite_fail(cx, c, rc ? rc : SQLITE_ERROR);
	p = md_prepared_victim(&c->prepared);
	if (p) {
		sqlite3_finalize(p->handle);
		md_prepared_drop(&c->prepared, p);
	}
	p = md_prepared_add(&c->prepared, text);
	if (!p) {
		sqlite3_finalize(*out);
		return md_lite_fail(cx, c, SQLITE_NOMEM);
	}
	p->handle = *out;
	return 0;
}

static int64_t deadline_of(const struct md_ctx *cx, const struct md_lite *c)
{
	int64_t own = c->statement_ms ? c->started_ms + c->statement_ms : 0;
	return !own || (cx->deadline_ms && cx->deadline_ms < own) ? cx->deadline_ms : own;
}

enum md_started md_lite_begin(struct md_lite *c, struct md_ctx *cx)
{
	c->running = NULL;
	c->done = false;
	c->started_ms = md_monotonic_ms();
	c->deadline_ms = deadline_of(cx, c);
	atomic_store(&c->state, MD_LITE_RUNNING);
	if (md_is_cancelled(cx))
		return (enum md_started)md_fail_cancelled(cx, c->id, MD_NOSTR);
	if (is_too_late(c))
		return (enum md_started)md_fail_timed_out(cx, c->id, c->started_ms, MD_NOSTR);
	return MD_STARTED;
}

enum md_started md_lite_start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context)
{
	(void)context; /* the engine has no row security of its own that could use it */
	struct md_lite *c = conn;
	sqlite3_stmt *stmt;
	if (md_lite_begin(c, cx) != MD_STARTED)
		return MD_START_FAILED;
	c->stmt = s;
	if (prepare_text(cx, c, s->text, &stmt))
		return MD_START_FAILED;
	c->running = stmt;
	if (sqlite3_column_count(stmt) != (int)s->n_outputs)
		return (enum md_started)md_fail_columns(cx, c->id, (size_t)sqlite3_column_count(stmt), s->n_outputs);
	int rc = md_lite_bind(c, stmt, s);
	return rc ? (enum md_started)md_lite_fail(cx, c, rc) : MD_STARTED;
}

int md_lite_next(void *conn, struct md_ctx *cx, struct md_cell *cells)
{
	struct md_lite *c = conn;
	uint32_t bad;
	if (c->done)
		return 0;
	if (is_cancelled(c))
		return md_lite_fail(cx, c, SQLITE_INTERRUPT);
	int rc = sqlite3_step(c->running);
	if (rc == SQLITE_ROW) {
		if (md_cells_row(&c->cells, md_lite_cell, c, c->stmt, cells, &bad))
			return md_cell_unfit(cx, &c->cells, c->id, &c->stmt->outputs[bad],
			                     md_lite_storage(c->running, bad));
		return 1;
	}
	if (rc != SQLITE_DONE)
		return md_lite_fail(cx, c, rc);
	c->done = true;
	sqlite3_reset(c->running);
	return 0;
}

bool md_lite_finish(void *conn)
{
	struct md_lite *c = conn;
	if (c->running) {
		sqlite3_reset(c->running);
		sqlite3_clear_bindings(c->running); /* they are views of the caller's memory */
		c->running = NULL;
	}
	md_cells_rest(&c->cells);
	md_cells_rest(&c->values);
	if (c->params.cap > 256 * 1024)
		md_buf_free(&c->params);
	bool cancelled = atomic_exchange(&c->state, MD_LITE_IDLE) == MD_LITE_CANCELLED;
	return !cancelled && !c->broken; /* a late cancel has no effect here, but the contract is one for all drivers */
}

bool md_lite_ping(void *conn, struct md_ctx *cx)
{
	struct md_lite *c = conn;
	sqlite3_stmt *stmt = NULL;
	c->started_ms = md_monotonic_ms();
	c->deadline_ms = deadline_of(cx, c);
	bool ok = sqlite3_prepare_v2(c->db, "SELECT 1", -1, &stmt, NULL) == SQLITE_OK &&
	          sqlite3_step(stmt) == SQLITE_ROW;
	sqlite3_finalize(stmt);
	return ok && !c->broken;
}
