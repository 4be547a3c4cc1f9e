/* connection: where a database, a cache or Trino is, and how its pool behaves. Urls are secrets: no
 * message here shows one or a part of one, only its place and what was expected. Those from the
 * environment or a file are read when (and only when) the caller asks for secrets, and only then
 * the files of tls are looked for. Relative paths are relative to the configuration's folder. What
 * nothing can honour is refused: pool mode `transaction` and nativeContext anywhere but on
 * PostgreSQL, tls on SQLite and Redis. */
#include "metadata/read.h"

#include "base/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const connection_keys[] = { "url", "pool", "statementTimeoutMs", "nativeContext", "tls" };
enum { CONNECTION_URL, CONNECTION_POOL, CONNECTION_TIMEOUT, CONNECTION_NATIVE, CONNECTION_TLS, CONNECTION_KEYS };
static const char *const pool_keys[] = { "max", "min", "acquireTimeoutMs", "idleMs", "maxLifetimeMs", "mode" };
enum { POOL_MAX, POOL_MIN, POOL_ACQUIRE_TIMEOUT, POOL_IDLE, POOL_MAX_LIFETIME, POOL_MODE, POOL_KEYS };
static const char *const url_sources[] = { "env", "file" };
enum { URL_FROM_ENV, URL_FROM_FILE, URL_SOURCES };
static const char *const tls_keys[] = { "verify", "ca", "cert", "key" };
enum { TLS_VERIFY, TLS_CA, TLS_CERT, TLS_KEY, TLS_KEYS };

enum { LARGEST_URL_FILE = 64 * 1024, MOST_CONNECTIONS = 1000 };
static const int64_t a_day_ms = 86400000, a_month_ms = 30 * (int64_t)86400000;

static void report_url(struct loader *l, const struct md_at *at, const char *expected, const char *why)
{
	md_report(l->cx, MD_INVALID_CONNECTION, at, MD_DETAILS(.expected = md_str_z(expected)), "url %s: expected %s",
	          why, expected);
}

/* `path` in the folder of the configuration, unless it says otherwise. */
static struct md_str path_in_folder(const struct loader *l, struct md_arena *a, const char *prefix, struct md_str path)
{
	bool own = path.p[0] == '/' || md_str_eqz(path, ":memory:") || !l->base_dir;
	return own ? md_str_fmt(a, "%s%.*s", prefix, MD_FMT(path))
	           : md_str_fmt(a, "%s%s/%.*s", prefix, l->base_dir, MD_FMT(path));
}

/* Bytes of the start that the url has, of those of its form; 0: of none. */
static size_t url_start(const struct md_connection_form *form, struct md_str url)
{
	for (const char *start = form->starts;;) {
		size_t n = strcspn(start, "|");
		if (url.n > n && memcmp(url.p, start, n) == 0)
			return n;
		if (!start[n])
			return 0;
		start += n + 1;
	}
}

static void accept_url(struct loader *l, const struct md_at *at, struct md_str url,
                       const struct md_connection_form *form, struct md_connection *out)
{
	size_t start = url_start(form, url);
	if (!start || memchr(url.p, '\0', url.n))
		report_url(l, at, form->example, start ? "contains a NUL character" : "is not of the engine's kind");
	else if (form->can & MD_CONNECTION_FILE)
		out->url = path_in_folder(l, l->keep, form->starts, (struct md_str){ url.p + start, url.n - start });
	else
		out->url = md_str_dup(l->keep, url);
}

static void read_url_from_env(struct loader *l, const struct md_at *at, struct md_str name,
                              const struct md_connection_form *form, struct md_connection *out)
{
	const char *value = getenv(name.p);
	if (value && *value)
		accept_url(l, at, md_str_z(value), form, out);
	else
		md_report(l->cx, MD_INVALID_CONNECTION, at, NULL, "environment variable '%.*s' is %s: expected the url "
			"of the connection",
		          MD_FMT(name), value ? "empty" : "not set");
}

static void read_url_from_file(struct loader *l, const struct md_at *at, struct md_str name,
                               const struct md_connection_form *form, struct md_connection *out)
{
	struct md_str path = path_in_folder(l, l->cx->arena, "", name), text;
	if (!path.p)
		return;
	if (md_read_file(l->cx->arena, path.p, LARGEST_URL_FILE, &text)) {
		md_report(l->cx, MD_INVALID_CONNECTION, at, NULL, "can't read file '%.*s': %s", MD_FMT(path),
		          strerror(errno));
		return;
	}
	while (text.n && memchr(" \t\r\n", text.p[text.n - 1], 4))
		text.n--;
	if (text.n)
		accept_url(l, at, text, form, out);
	else
		md_report(l->cx, MD_INVALID_CONNECTION, at, NULL, "file '%.*s' is empty: expected the url of the "
			"connection", MD_FMT(path));
}

static void load_url_source(struct loader *l, const struct md_at *at, const struct md_json *v,
                        const struct md_connection_form *form, struct md_connection *out)
{
	const struct md_json *m[URL_SOURCES];
	struct md_str name;
	if (!READ_OBJECT(l, MD_INVALID_CONNECTION, at, v, "a secret", url_sources, m))
		return;
	if (!m[URL_FROM_ENV] == !m[URL_FROM_FILE]) {
		report_url(l, at, "{\"env\": NAME} or {\"file\": PATH}",
		           m[URL_FROM_ENV] ? "names two sources" : "names no source");
		return;
	}
	const char *key = url_sources[m[URL_FROM_ENV] ? URL_FROM_ENV : URL_FROM_FILE];
	if (!read_text(l, SPOT(MD_INVALID_CONNECTION, at, key), m[URL_FROM_ENV] ? m[URL_FROM_ENV] : m[URL_FROM_FILE],
	               true, &name) ||
	    !l->resolve_secrets)
		return;
	(m[URL_FROM_ENV] ? read_url_from_env : read_url_from_file)(l, MD_AT_KEY(at, md_str_z(key)), name, form, out);
}

static void load_url(struct loader *l, const struct md_at *up, const struct md_json *v,
                     const struct md_connection_form *form, struct md_connection *out)
{
	const struct md_at *at = MD_AT_KEY(up, MD_STR("url"));
	if (!v)
		report_url(l, up, form->example, "is missing");
	else if (md_json_type(v) == MD_JSON_OBJECT)
		load_url_source(l, at, v, form, out);
	else if (md_json_type(v) == MD_JSON_STRING)
		accept_url(l, at, md_json_text(v), form, out);
	else
		report_wrong(l, SPOT(MD_INVALID_CONNECTION, up, "url"), v,
		           "a string, {\"env\": NAME} or {\"file\": PATH}");
}

/* The engines whose connections can do it: "postgres, clickhouse". */
static struct md_str engines_that_can(struct md_arena *a, unsigned ability)
{
	struct md_buf b = { .arena = a };
	for (int e = 0; e < MD_ENGINES; e++) {
		if (!(md_engines[e].connection.can & ability))
			continue;
		if (b.n)
			md_buf_lit(&b, ", ");
		md_buf_str(&b, md_str_z(md_engine_name[e]));
	}
	return md_buf_view(&b);
}

/* Reports a member that needs what connections of this form can't do. */
static void report_unable(struct loader *l, const struct md_at *at, const char *what, unsigned ability)
{
	md_report(l->cx, MD_INVALID_CONNECTION, at, NULL, "%s is for %.*s%s alone", what,
	          MD_FMT(engines_that_can(l->cx->arena, ability)),
	          ability == MD_CONNECTION_TLS ? " and Trino connections" : " databases");
}

/* True when v is there and connections of this form can do it. */
static bool load_able(struct loader *l, const struct md_at *up, const char *key, const struct md_json *v,
	              const struct md_connection_form *form, unsigned ability)
{
	bool able = form->can & ability;
	if (v && !able)
		report_unable(l, MD_AT_KEY(up, md_str_z(key)), key, ability);
	return v && able;
}

static void load_mode(struct loader *l, const struct md_at *at, const struct md_json *v,
                      const struct md_connection_form *form, struct md_connection *out)
{
	static const char *const modes[] = { "session", "transaction" };
	if (v && read_word(l, SPOT(MD_INVALID_CONNECTION, at, "mode"), v, true, modes, 2) == 1)
		out->pool.transaction = true;
	if (out->pool.transaction && !(form->can & MD_CONNECTION_NATIVE))
		report_unable(l, MD_AT_KEY(at, MD_STR("mode")), "pool mode 'transaction'", MD_CONNECTION_NATIVE);
}

static void load_pool(struct loader *l, const struct md_at *up, const struct md_json *v,
                      const struct md_connection_form *form, struct md_connection *out)
{
	const struct md_json *m[POOL_KEYS];
	const struct md_at *at = MD_AT_KEY(up, MD_STR("pool"));
	int64_t max = out->pool.max, min = out->pool.min;
	if (!v || !READ_OBJECT(l, MD_INVALID_CONNECTION, at, v, "a pool", pool_keys, m))
		return;
	read_integer(l, SPOT(MD_INVALID_CONNECTION, at, "max"), m[POOL_MAX], 1, MOST_CONNECTIONS, &max);
	if (read_integer(l, SPOT(MD_INVALID_CONNECTION, at, "min"), m[POOL_MIN], 0, MOST_CONNECTIONS, &min) &&
	    min > max)
		md_report(l->cx, MD_INVALID_CONNECTION, MD_AT_KEY(at, MD_STR("min")), NULL, "min is not valid: "
			"expected at most max, %d, got %d",
		          (int)max, (int)min);
	read_integer(l, SPOT(MD_INVALID_CONNECTION, at, "acquireTimeoutMs"), m[POOL_ACQUIRE_TIMEOUT], 1, a_day_ms,
	         &out->pool.acquire_timeout_ms);
	read_integer(l, SPOT(MD_INVALID_CONNECTION, at, "idleMs"), m[POOL_IDLE], 1, a_month_ms, &out->pool.idle_ms);
	read_integer(l, SPOT(MD_INVALID_CONNECTION, at, "maxLifetimeMs"), m[POOL_MAX_LIFETIME], 1, a_month_ms,
	         &out->pool.max_lifetime_ms);
	load_mode(l, at, m[POOL_MODE], form, out);
	out->pool.max = (uint32_t)max;
	out->pool.min = (uint32_t)min;
}

/* ---- tls ---- */

static void load_path(struct loader *l, const struct md_at *at, const char *key, const struct md_json *v,
                      struct md_str *out)
{
	struct md_str name;
	if (!read_text(l, SPOT(MD_INVALID_CONNECTION, at, key), v, false, &name))
		return;
	*out = path_in_folder(l, l->keep, "", name);
	if (out->p && l->resolve_secrets && access(out->p, R_OK))
		md_report(l->cx, MD_INVALID_CONNECTION, MD_AT_KEY(at, md_str_z(key)), NULL,
		          "can't read file '%.*s': %s", MD_FMT(*out), strerror(errno));
}

static void load_tls(struct loader *l, const struct md_at *up, const struct md_json *v, struct md_connection *out)
{
	static const char *const words[] = { "full", "ca", "none" };
	const struct md_json *m[TLS_KEYS];
	const struct md_at *at = MD_AT_KEY(up, MD_STR("tls"));
	struct md_tls *t = md_alloc(l->keep, sizeof *t);
	if (!t || !READ_OBJECT(l, MD_INVALID_CONNECTION, at, v, "tls", tls_keys, m))
		return;
	*t = (struct md_tls){ .verify = MD_TLS_FULL };
	int verify = m[TLS_VERIFY]
	                     ? read_word(l, SPOT(MD_INVALID_CONNECTION, at, "verify"), m[TLS_VERIFY], true, words, 3)
	                     : MD_TLS_FULL;
	if (verify >= 0)
		t->verify = (enum md_tls_verify)verify;
	load_path(l, at, "ca", m[TLS_CA], &t->ca);
	load_path(l, at, "cert", m[TLS_CERT], &t->cert);
	load_path(l, at, "key", m[TLS_KEY], &t->key);
	if (m[TLS_CA] && t->verify == MD_TLS_NONE)
		md_report(l->cx, MD_INVALID_CONNECTION, MD_AT_KEY(at, MD_STR("ca")), NULL,
		          "ca has no use where verify is 'none': expected 'full' or 'ca'");
	if (!m[TLS_CA] && t->verify == MD_TLS_CA) /* otherwise any certificate of a public authority would do */
		md_report(l->cx, MD_INVALID_CONNECTION, at, NULL,
		          "ca is missing: verify 'ca' trusts every server with a certificate of that authority");
	if (!m[TLS_CERT] != !m[TLS_KEY])
		md_report(l->cx, MD_INVALID_CONNECTION, at, NULL,
		          "a client certificate needs its key: expected cert and key, or neither");
	out->tls = t;
}

void load_connection(struct loader *l, const struct md_at *up, const struct md_json *v,
                     const struct md_connection_form *form, struct md_connection *out)
{
	const struct md_json *m[CONNECTION_KEYS];
	const struct md_at *at = MD_AT_KEY(up, MD_STR("connection"));
	out->pool.max = 8;
	out->pool.acquire_timeout_ms = 2000;
	if (!v || !READ_OBJECT(l, MD_INVALID_CONNECTION, at, v, "a connection", connection_keys, m))
		return;
	out->present = true;
	load_url(l, at, m[CONNECTION_URL], form, out);
	load_pool(l, at, m[CONNECTION_POOL], form, out);
	read_integer(l, SPOT(MD_INVALID_CONNECTION, at, "statementTimeoutMs"), m[CONNECTION_TIMEOUT], 1, a_day_ms,
	         &out->statement_timeout_ms);
	if (load_able(l, at, "nativeContext", m[CONNECTION_NATIVE], form, MD_CONNECTION_NATIVE))
		out->native = load_native(l, at, m[CONNECTION_NATIVE]);
	if (load_able(l, at, "tls", m[CONNECTION_TLS], form, MD_CONNECTION_TLS))
		load_tls(l, at, m[CONNECTION_TLS], out);
}
