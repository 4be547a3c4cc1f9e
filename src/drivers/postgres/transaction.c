/* PostgreSQL statements that bring their session with them: for pool mode `transaction` (PgBouncer
 * may put another server session behind the connection after every transaction) and for native row
 * security (the caller differs from statement to statement). The settings, then the query, go out
 * as one pipeline with one sync at its end: one round trip, and one transaction, because what
 * stands between two syncs is one, committed or rolled back by the second whatever happened. BEGIN
 * and COMMIT would add two commands and could leave a failed transaction open, and with it the
 * role, for the next caller. Every setting is local to the transaction. Promises those of wire.c;
 * in pool mode `transaction` statements are unnamed, and the state of the session does not matter.
 */
#include "drivers/postgres/private.h"

struct named_text {
	struct md_prepared *p; /* NULL: unnamed */
	bool fresh;            /* the server does not have it yet */
};

/* How long the server may work on it, 0: as long as it likes. The deadline goes along: a cancel can
 * be lost on its way (it may overtake the statement), and a caller who left must not be worked for.
 */
static int64_t server_bound(const struct md_ctx *cx, const struct md_pg *c)
{
	int64_t left = cx->deadline_ms ? cx->deadline_ms - c->started_ms : 0;
	if (cx->deadline_ms && left < 1)
		left = 1;
	return left && (!c->statement_timeout_ms || left < c->statement_timeout_ms) ? left : c->statement_timeout_ms;
}

/* What opening a session pins (connection.c), and what others may have left in a shared one. $1 is
 * the bound where there is one. The role comes last: it may be allowed little. */
static bool settings_text(struct md_pg *c, uint32_t n, bool bounded)
{
	struct md_buf *b = &c->settings;
	uint32_t shape = 2 * n + bounded, next = 1;
	if (b->n && c->settings_shape == shape)
		return true;
	b->n = 0;
	b->failed = false;
	c->settings_shape = shape;
	md_buf_lit(b, "SELECT pg_catalog.set_config('transaction_read_only','on',true)");
	if (c->transaction)
		md_buf_lit(b, ",pg_catalog.set_config('TimeZone','UTC',true),pg_catalog.set_config('DateStyle','ISO',"
		              "true)"
		           ",pg_catalog.set_config('IntervalStyle','iso_8601',true),"
		           "pg_catalog.set_config('bytea_output','hex',true)"
		           ",pg_catalog.set_config('extra_float_digits','1',true),"
		           "pg_catalog.set_config('lc_monetary','C',true),"
		           "pg_catalog.set_config('client_encoding','UTF8',true)"
		           ",pg_catalog.set_config('row_security','on',true)");
	if (bounded)
		md_buf_fmt(b, ",pg_catalog.set_config('statement_timeout',$%u,true)", next++);
	for (uint32_t i = 0; i < n; i++, next += 2)
		md_buf_fmt(b, ",pg_catalog.set_config($%u,$%u,true)", next, next + 1);
	if (c->role.n)
		md_buf_fmt(b, ",pg_catalog.set_config('role',$%u,true)", next);
	else if (c->transaction)
		md_buf_lit(b, ",pg_catalog.set_config('role','none',true)");
	md_buf_char(b, '\0');
	if (b->failed)
		b->n = 0;
	return !b->failed;
}

static enum md_started name_text(struct md_ctx *cx, struct md_pg *c, struct md_str text, struct named_text *n)
{
	*n = (struct named_text){ .p = NULL };
	if (c->transaction || (n->p = md_prepared_find(&c->prepared, text)))
		return MD_STARTED;
	enum md_started rc = md_pg_name(cx, c, text, &n->p);
	n->fresh = rc == MD_STARTED;
	return rc;
}

/* c->values hold its parameters; libpq copies them at once. `text` is NUL-terminated. */
static bool send_one(struct md_pg *c, const struct named_text *n, const char *text, uint32_t n_params)
{
	if (!n->p)
		return PQsendQueryParams(c->pg, text, (int)n_params, NULL, c->values, NULL, NULL, 0);
	if (n->fresh && !PQsendPrepare(c->pg, n->p->name, n->p->text.p, 0, NULL))
		return false;
	return PQsendQueryPrepared(c->pg, n->p->name, (int)n_params, c->values, NULL, NULL, 0);
}

static enum md_started send_all(struct md_ctx *cx, struct md_pg *c, const struct named_text *settings,
                                const struct named_text *query)
{
	const struct md_stmt *s = c->stmt;
	c->text.n = 0;
	c->text.failed = false;
	if (!query->p) {
		md_buf_str(&c->text, s->text);
		md_buf_char(&c->text, '\0');
	}
	int64_t bound = server_bound(cx, c);
	if (c->text.failed || !md_pg_context(c, bound))
		return (enum md_started)md_out_of_memory(cx);
	if (!send_one(c, settings, c->settings.p, (bound > 0) + 2 * c->context.n + (c->role.n > 0)))
		return md_pg_refused(cx, c, NULL);
	if (!md_pg_params(c, s))
		return (enum md_started)md_out_of_memory(cx);
	return send_one(c, query, c->text.p, s->n_params) && PQpipelineSync(c->pg) ? md_pg_flush(cx, c)
	                                                                           : md_pg_refused(cx, c, NULL);
}

/* One command's reply in front of the rows: *ok, or its error is in c->res. */
static enum md_started read_command(struct md_ctx *cx, struct md_pg *c, bool *ok)
{
	enum md_started rc = md_pg_receive(cx, c);
	ExecStatusType status = PQresultStatus(c->res);
	*ok = rc == MD_STARTED && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
	if (!*ok)
		return rc;
	c->seen = true;
	rc = md_pg_receive(cx, c); /* no more of it */
	*ok = rc == MD_STARTED && !c->res;
	return rc;
}

static enum md_started read_named_command(struct md_ctx *cx, struct md_pg *c, struct named_text *n, bool *ok)
{
	enum md_started rc = n->fresh ? read_command(cx, c, ok) : MD_STARTED;
	if (*ok)
		n->fresh = false;
	return rc;
}

/* The rows' first result, or the error of whatever failed, into c->res. */
static enum md_started send_pipeline(struct md_ctx *cx, struct md_pg *c, struct named_text *settings,
                                     struct named_text *query)
{
	bool ok = true;
	c->complete = false;
	c->pipelined = PQenterPipelineMode(c->pg);
	enum md_started rc = c->pipelined ? send_all(cx, c, settings, query) : md_pg_refused(cx, c, NULL);
	if (rc != MD_STARTED) {
		c->broken = true; /* half a pipeline may have gone out */
		return rc;
	}
	if (rc == MD_STARTED)
		rc = read_named_command(cx, c, settings, &ok);
	if (rc == MD_STARTED && ok)
		rc = read_command(cx, c, &ok);
	if (rc == MD_STARTED && ok)
		rc = read_named_command(cx, c, query, &ok);
	if (rc != MD_STARTED || !ok)
		return rc;
	md_pg_expect_rows(c);
	return md_pg_receive(cx, c);
}

static enum md_started try_transaction(struct md_ctx *cx, struct md_pg *c, struct named_text *settings,
                                       struct named_text *query, bool *reused)
{
	if (!settings_text(c, c->context.n, server_bound(cx, c) > 0))
		return (enum md_started)md_out_of_memory(cx);
	enum md_started rc = name_text(cx, c, (struct md_str){ c->settings.p, c->settings.n - 1 }, settings);
	if (rc == MD_STARTED)
		/* never takes the room of the settings, which are the newest */
		rc = name_text(cx, c, c->stmt->text, query);
	*reused = (settings->p && !settings->fresh) || (query->p && !query->fresh);
	return rc == MD_STARTED ? send_pipeline(cx, c, settings, query) : rc;
}

/* One of the two names no longer fits; both are forgotten, because the server does not say which.
 */
static enum md_started forget_both(struct md_ctx *cx, struct md_pg *c, struct named_text *settings,
                                   struct named_text *query)
{
	c->seen = c->doubts_types = true;
	enum md_started rc = md_pg_drain(cx, c);
	for (int i = 0; i < 2 && rc == MD_STARTED; i++) {
		struct named_text *n = i ? query : settings;
		if (n->p)
			rc = md_pg_forget(cx, c, n->p);
		*n = (struct named_text){ .p = NULL };
	}
	return rc;
}

static void drop_unknown(struct md_pg *c, const struct named_text *n)
{
	if (n->p && n->fresh)
		md_prepared_drop(&c->prepared, n->p);
}

enum md_started md_pg_run_transaction(struct md_ctx *cx, struct md_pg *c)
{
	struct named_text settings = { .p = NULL }, query = { .p = NULL };
	bool reused;
	enum md_started rc = try_transaction(cx, c, &settings, &query, &reused);
	if (rc == MD_STARTED && reused && md_pg_outdated(c->res)) {
		rc = forget_both(cx, c, &settings, &query);
		if (rc == MD_STARTED)
			rc = try_transaction(cx, c, &settings, &query, &reused);
	}
	drop_unknown(c, &settings);
	drop_unknown(c, &query);
	return rc == MD_STARTED ? md_pg_first(cx, c) : rc;
}
