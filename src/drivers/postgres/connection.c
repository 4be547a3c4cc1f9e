/* The PostgreSQL driver's connections. Accepts libpq connection urls; pins the session: read only,
 * UTC, ISO dates, UTF-8, hex bytea. In pool mode `transaction` nothing is pinned here: PgBouncer
 * refuses startup options, and each statement brings its settings along. Promises: connecting, like
 * everything later, ends at the deadline; neither the url nor the password reaches a message or a
 * cause, not even by way of libpq's own texts about urls it can't read; server notices go nowhere
 * (they may hold data). Host names are looked up by the system's resolver, which knows no deadline.
 */
#include "drivers/postgres/private.h"

#include "base/sys.h"

#include <poll.h>
#include <stdlib.h>

enum { PG_CONNECT_MS = 10000 };

static void cancel_conn(void *conn)
{
	struct md_pg *c = conn;
	int running = MD_PG_RUNNING;
	if (atomic_compare_exchange_strong(&c->state, &running, MD_PG_CANCELLED))
		md_pg_send_cancel(c->pg, 0);
}

/* ---- opening ---- */

static void close_conn(void *conn)
{
	struct md_pg *c = conn;
	if (!c)
		return;
	PQclear(c->res);
	PQfinish(c->pg);
	md_prepared_clear(&c->prepared);
	md_cells_free(&c->cells);
	md_buf_free(&c->params);
	md_buf_free(&c->settings);
	md_buf_free(&c->text);
	free((void *)(uintptr_t)c->role.p);
	free(c->values);
	free(c->how);
	free((void *)(uintptr_t)c->id.p);
	free(c);
}

static int bad_url(struct md_ctx *cx, const struct md_target *t)
{
	return md_fail(cx, MD_CONNECTION_FAILED, "the url of database '%.*s' can't be read: expected "
	                                         "postgresql://user:password@host:port/database with "
	               "special characters of the password written as %%XX", MD_FMT(t->id));
}

/* The session's settings behind those that the url asks for: the last one wins. Empty: none. The
 * url is only looked at here; -1: it can't be read. libpq's texts about it may quote the password
 * and are dropped. */
static int session_options(const char *url, const struct md_target *t, struct md_buf *b)
{
	char *text = NULL;
	PQconninfoOption *all = PQconninfoParse(url, &text);
	PQfreemem(text);
	if (!all)
		return -1;
	/* before what the url asks for, which may turn it on: the estimate of a hashed sub-plan is
	 * too high, so that compiling takes longer than the query (docs/adr/0023) */
	if (!t->transaction)
		md_buf_lit(b, "-c jit=off ");
	bool ok = true;
	for (PQconninfoOption *o = all; o->keyword; o++) {
		if (!o->val)
			continue;
		if (strcmp(o->keyword, "options") == 0 && !t->transaction)
			md_buf_fmt(b, "%s ", o->val);
		/* a password with a bare '@', ':' or '/' ends up in these, and from there in
		 * messages */
		if (strcmp(o->keyword, "host") == 0 && o->val[0] && strchr(o->val + 1, '@'))
			ok = false;
		if (strcmp(o->keyword, "port") == 0 && strspn(o->val, "0123456789,") != strlen(o->val))
			ok = false;
	}
	PQconninfoFree(all);
	if (t->transaction)
		return ok ? 0 : -1; /* what the url asks for goes as the url says it */
	md_buf_lit(b, "-c default_transaction_read_only=on -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 "
	              "-c bytea_output=hex"
		   " -c extra_float_digits=1 -c lc_monetary=C");
	if (t->statement_timeout_ms > 0)
		md_buf_fmt(b, " -c statement_timeout=%lld", (long long)t->statement_timeout_ms);
	md_buf_char(b, '\0');
	return ok ? 0 : -1;
}

static void no_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

/* Whatever libpq had to say: not the password. */
static struct md_str mask_password(struct md_arena *a, const char *text, const char *password)
{
	struct md_str s = md_pg_cause(a, text);
	size_t n = password ? strlen(password) : 0;
	char *at = (char *)(uintptr_t)s.p;
	while (n && s.p && (at = strstr(at, password)))
		memset(at, '*', n);
	return s;
}

static int fail_to_connect(struct md_ctx *cx, const struct md_pg *c)
{
	bool pooler = !c->transaction && strstr(PQerrorMessage(c->pg), "unsupported startup parameter") != NULL;
	const char *hint = pooler ? ": behind a pooler, connection.pool.mode is 'transaction'" : "";
	struct md_str cause = mask_password(cx->arena, PQerrorMessage(c->pg), PQpass(c->pg));
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), cause, "can't connect to database "
		"'%.*s'%s",
	                    MD_FMT(c->id), hint);
}

static int connect_until(struct md_ctx *cx, struct md_pg *c)
{
	int64_t until = md_monotonic_ms() + PG_CONNECT_MS;
	if (cx->deadline_ms && cx->deadline_ms < until)
		until = cx->deadline_ms;
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;
	while (PQstatus(c->pg) != CONNECTION_BAD) {
		if (md_pg_wait(c, want == PGRES_POLLING_READING ? POLLIN : POLLOUT, until) != MD_PG_READY)
			return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), MD_NOSTR,
			                    "can't connect to database '%.*s': no answer in time", MD_FMT(c->id));
		want = PQconnectPoll(c->pg);
		if (want == PGRES_POLLING_OK)
			return 0;
		if (want == PGRES_POLLING_FAILED)
			break;
	}
	return fail_to_connect(cx, c);
}

static int no_authorities(struct md_ctx *cx, const struct md_target *t)
{
	return md_fail(cx, MD_CONNECTION_FAILED, "can't connect to database '%.*s': the system's certificate "
	                                         "authorities were not found, expected tls.ca",
	               MD_FMT(t->id));
}

/* Later keywords win over the url's. */
static int start_connecting(struct md_ctx *cx, const struct md_target *t, struct md_pg *c, const char *url,
                            const char *options)
{
	const char *keys[MD_PG_TLS_KEYS + 5] = { "dbname", "client_encoding", "fallback_application_name" };
	const char *values[MD_PG_TLS_KEYS + 5] = { url, "UTF8", "multidb" };
	int n = 3;
	if (options) {
		keys[n] = "options";
		values[n++] = options;
	}
	if (t->tls && md_pg_tls(t->tls, keys + n, values + n) < 0)
		return no_authorities(cx, t);
	c->pg = PQconnectStartParams(keys, values, 1);
	return c->pg ? 0 : -1;
}

static int begin_connecting(struct md_ctx *cx, const struct md_target *t, struct md_pg *c)
{
	struct md_buf url = { 0 }, options = { 0 };
	md_buf_room(&url, t->url.n + 1); /* at once: growing would leave copies of a secret behind */
	md_buf_str(&url, t->url);
	md_buf_char(&url, '\0');
	int rc = -1;
	if (!url.failed && session_options(url.p, t, &options))
		bad_url(cx, t);
	else if (!url.failed && !options.failed)
		rc = start_connecting(cx, t, c, url.p, options.p);
	if (url.p)
		explicit_bzero(url.p, url.cap);
	md_buf_free(&url);
	md_buf_free(&options);
	return rc;
}

/* A NUL-terminated copy; .p NULL: out of memory. */
static struct md_str copy_text(struct md_str s)
{
	char *p = malloc(s.n + 1);
	if (!p)
		return MD_NOSTR;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct md_str){ p, s.n };
}

static struct md_pg *new_conn(const struct md_target *t)
{
	struct md_pg *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->id = copy_text(t->id);
	c->role = copy_text(t->role);
	c->transaction = t->transaction;
	c->native = t->native;
	c->statement_timeout_ms = t->statement_timeout_ms;
	if (c->id.p && c->role.p)
		return c;
	close_conn(c);
	return NULL;
}

static int open_conn(struct md_ctx *cx, const struct md_target *t, void **conn)
{
	*conn = NULL;
	struct md_pg *c = new_conn(t);
	if (!c)
		return md_out_of_memory(cx);
	int rc = begin_connecting(cx, t, c);
	if (rc && cx->err->code == MD_OK)
		md_out_of_memory(cx);
	if (rc == 0)
		rc = connect_until(cx, c);
	if (rc) {
		close_conn(c);
		return -1;
	}
	PQsetnonblocking(c->pg, 1);
	PQsetNoticeReceiver(c->pg, no_notice, NULL);
	const char *encoding = PQparameterStatus(c->pg, "server_encoding");
	c->any_bytes = !encoding || strcmp(encoding, "SQL_ASCII") == 0;
	if (md_pg_check(cx, c, t)) {
		close_conn(c);
		return -1;
	}
	*conn = c;
	return 0;
}

static bool doubts_types(void *conn)
{
	struct md_pg *c = conn;
	return c->doubts_types;
}

const struct md_driver md_driver_postgres = {
	.name = "postgres",
	.open = open_conn,
	.start = md_pg_start,
	.next = md_pg_next,
	.finish = md_pg_finish,
	.cancel = cancel_conn,
	.read_table = md_pg_read_table,
	.doubts_types = doubts_types,
	.ping = md_pg_ping,
	.close = close_conn,
};
