/* The server that a PostgreSQL connection reaches, and the role that it has there. TLS as
 * configured, never less: a server, a socket or a Kerberos layer that would do without is refused.
 * A session whose settings were lost on the way is refused: a pooler in between may drop settings
 * that it does not know, and the session could write or have another time zone. Where the
 * database's own row security guards (nativeContext), a role that it does not bind is refused:
 * superusers, BYPASSRLS, and owners of tables whose row security is not forced. */
#include "drivers/postgres/private.h"

#include <unistd.h>

/* libpq before 16 knows no "system". */
static const char *system_authorities(void)
{
	static const char *const files[] = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
		                             "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" };
	if (PQlibVersion() >= 160000)
		return "system";
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (access(files[i], R_OK) == 0)
			return files[i];
	return NULL;
}

int md_pg_tls(const struct md_tls *t, const char **keys, const char **values)
{
	static const char *const modes[] = {
		[MD_TLS_FULL] = "verify-full", [MD_TLS_CA] = "verify-ca", [MD_TLS_NONE] = "require"
	};
	int n = 0;
	keys[n] = "sslmode";
	values[n++] = modes[t->verify];
	keys[n] = "gssencmode"; /* encrypted by Kerberos, no certificate would be looked at */
	values[n++] = "disable";
	if (t->verify != MD_TLS_NONE) {
		keys[n] = "sslrootcert";
		values[n++] = t->ca.n ? t->ca.p : system_authorities();
		if (!values[n - 1])
			return -1;
	}
	if (t->cert.n) {
		keys[n] = "sslcert";
		values[n++] = t->cert.p;
		keys[n] = "sslkey";
		values[n++] = t->key.p;
	}
	return n;
}

static int refuse_connection(struct md_ctx *cx, const struct md_pg *c, const char *why, struct md_str cause)
{
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), cause, "database '%.*s' can't be "
		"used: %s",
	                    MD_FMT(c->id), why);
}

/* What the server reports of the settings that the session asked for; older servers report fewer.
 */
static bool session_is_ours(PGconn *pg)
{
	static const char *const want[][2] = { { "TimeZone", "UTC" },
		                               { "DateStyle", "ISO" },
		                               { "IntervalStyle", "iso_8601" },
		                               { "client_encoding", "UTF8" },
		                               { "default_transaction_read_only", "on" } };
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const char *got = PQparameterStatus(pg, want[i][0]);
		if (got && strncmp(got, want[i][1], strlen(want[i][1])) != 0)
			return false;
	}
	return true;
}

/* Judged as every statement will run: under the role, in a transaction of its own. */
static const char who_is_not_bound[] =
	"SELECT 'role ''' || r.rolname || CASE WHEN r.rolsuper THEN ''' is a superuser' ELSE ''' has BYPASSRLS' END"
	" FROM pg_catalog.pg_roles AS r WHERE r.rolname IN (session_user, current_user) AND (r.rolsuper OR "
	"r.rolbypassrls)"
	" UNION ALL SELECT 'role ''' || current_user || ''' owns ' || t.oid::pg_catalog.regclass || ', whose row "
	"security is not forced'"
	" FROM pg_catalog.pg_class AS t WHERE t.relrowsecurity AND NOT t.relforcerowsecurity AND "
	"pg_catalog.pg_has_role(t.relowner, 'USAGE')"
	" LIMIT 1";

/* A failure on the way is one of connecting, whatever it was: the database's text stays in the
 * cause. */
static int fail_unknown_binding(struct md_ctx *cx, const struct md_pg *c)
{
	struct md_str cause = cx->err->cause;
	if (cx->err->code == MD_OUT_OF_MEMORY || cx->err->code == MD_CANCELLED)
		return -1;
	memset(cx->err, 0, sizeof *cx->err);
	return refuse_connection(cx, c, "whether its row security binds the role is unknown", cause);
}

static int check_role_is_bound(struct md_ctx *cx, struct md_pg *c)
{
	struct md_stmt_output column = { .label = MD_STR("reason"), .type = { MD_STRING, false } };
	struct md_stmt s = { .text = MD_STR(who_is_not_bound), .outputs = &column, .n_outputs = 1, .row_bound = 1 };
	struct md_cell cell;
	struct md_str reason = MD_NOSTR;
	int rc = md_pg_start(c, cx, &s, MD_NO_SETTINGS) == MD_STARTED ? md_pg_next(c, cx, &cell) : -1;
	if (rc > 0)
		reason = md_str_fmt(cx->arena, "%.*s, so its row security (nativeContext) would not guard anything",
		                    MD_FMT(cell.text));
	bool clean = md_pg_finish(c);
	c->stmt = NULL;
	if (reason.p)
		return refuse_connection(cx, c, reason.p, MD_NOSTR);
	return rc == 0 && clean ? 0 : fail_unknown_binding(cx, c);
}

int md_pg_check(struct md_ctx *cx, struct md_pg *c, const struct md_target *t)
{
	if (t->tls && !PQsslInUse(c->pg))
		return refuse_connection(cx, c, "the connection is not encrypted, expected tls", MD_NOSTR);
	if (!t->transaction && !session_is_ours(c->pg))
		return refuse_connection(cx, c, "the settings of the session were lost on the way: behind a pooler, "
		                                "connection.pool.mode is 'transaction'", MD_NOSTR);
	return t->native ? check_role_is_bound(cx, c) : 0;
}
