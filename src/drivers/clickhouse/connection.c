/* The ClickHouse driver's connections: HTTP,
 * http(s)://user:password@host:port/database?compress=1. A session is what every request repeats:
 * read only, UTC, the forms of values. Settings that would make the server answer with a part of
 * the rows (overflow modes, its query cache, errors written as rows) are set the other way,
 * whatever the user's profile says. Promises: opening proves that the server is there, speaks
 * ClickHouse, takes the user and allows the settings, those that statements write too; neither the
 * url nor the password reaches a message. A user whose profile is readonly = 1 may set nothing and
 * is refused with the server's words: it needs readonly = 2. */
#include "drivers/clickhouse/private.h"

#include "base/sys.h"

#include <stdlib.h>
#include <sys/random.h>

enum { CH_CONNECT_MS = 10000 };

static const char session[] =
	"default_format=JSONCompactEachRowWithNamesAndTypes"
	"&readonly=2&cancel_http_readonly_queries_on_client_close=1&session_timezone=UTC"
	/* the forms of values */
	"&date_time_output_format=iso&output_format_json_quote_denormals=1&output_format_json_quote_64bit_integers=0"
	"&output_format_json_quote_decimals=0&output_format_json_quote_64bit_floats=0"
	"&output_format_json_escape_forward_slashes=0&output_format_json_validate_utf8=0"
	/* a value is cast to the type of its column (dialects/clickhouse.c), whichever that is */
	"&allow_suspicious_low_cardinality_types=1"
	/* all rows or an error, now */
	"&http_write_exception_in_output_format=0&wait_end_of_query=0&use_query_cache=0"
	"&timeout_before_checking_execution_speed=0"
	"&timeout_overflow_mode=throw&result_overflow_mode=throw&read_overflow_mode=throw&group_by_overflow_mode=throw"
	"&sort_overflow_mode=throw&set_overflow_mode=throw&join_overflow_mode=throw&distinct_overflow_mode=throw"
	"&transfer_overflow_mode=throw";

static struct md_str copy_text(struct md_str s)
{
	char *p = malloc(s.n + 1);
	if (p) {
		memcpy(p, s.p ? s.p : "", s.n);
		p[s.n] = '\0';
	}
	return (struct md_str){ p, s.n };
}

static void free_text(struct md_str s)
{
	free((void *)(uintptr_t)s.p);
}

static void drop_tls(struct md_tls *t)
{
	if (!t)
		return;
	free_text(t->ca);
	free_text(t->cert);
	free_text(t->key);
	free(t);
}

static struct md_tls *copy_tls(const struct md_tls *t)
{
	struct md_tls *own = malloc(sizeof *own);
	if (!own)
		return NULL;
	*own = (struct md_tls){ t->verify, copy_text(t->ca), copy_text(t->cert), copy_text(t->key) };
	if (own->ca.p && own->cert.p && own->key.p)
		return own;
	drop_tls(own);
	return NULL;
}

static void close_conn(void *conn)
{
	struct md_ch *c = conn;
	if (!c)
		return;
	md_http_free(c->http);
	md_buf_free(&c->target);
	md_buf_free(&c->form);
	md_cells_free(&c->cells);
	free(c->tokens);
	free(c->how);
	free_text(c->id);
	if (c->url.p)
		explicit_bzero((void *)(uintptr_t)c->url.p, c->url.n);
	free_text(c->url);
	drop_tls(c->tls);
	free(c);
}

/* The only thing that may follow the database in the url. */
static bool read_query(struct md_str q, bool *gzip)
{
	*gzip = md_str_eqz(q, "compress=1");
	return *gzip || q.n == 0 || md_str_eqz(q, "compress=0");
}

/* What every request's target begins with. False: the path is no database. */
static bool fixed_target(struct md_ch *c, struct md_str path, bool gzip)
{
	struct md_buf name = { 0 };
	struct md_str database = path.n ? (struct md_str){ path.p + 1, path.n - 1 } : path;
	bool ok = !(database.n && memchr(database.p, '/', database.n)) && md_http_decode(&name, database);
	md_buf_lit(&c->target, "/?");
	md_buf_str(&c->target, md_str_z(session));
	if (name.n) {
		md_buf_lit(&c->target, "&database=");
		md_http_encode(&c->target, md_buf_view(&name));
	}
	if (gzip)
		md_buf_lit(&c->target, "&enable_http_compression=1");
	c->fixed = c->target.n;
	md_buf_free(&name);
	return ok;
}

static bool make_boundary(struct md_ch *c)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char b[16];
	char line[100] = "Content-Type: multipart/form-data; boundary=";
	if (getrandom(b, sizeof b, 0) != sizeof b)
		return false;
	memcpy(c->boundary, "md-", 3);
	for (size_t i = 0; i < sizeof b; i++) {
		c->boundary[3 + 2 * i] = hex[b[i] >> 4];
		c->boundary[4 + 2 * i] = hex[b[i] & 15];
	}
	strcat(line, c->boundary);
	return md_http_header(c->http, md_str_z(line));
}

static int bad_url(struct md_ctx *cx, const struct md_target *t)
{
	bool plain = t->tls && t->url.n > 7 && memcmp(t->url.p, "http://", 7) == 0;
	if (plain)
		return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = t->id), MD_NOSTR,
		                    "database '%.*s' can't be used: the connection would not be encrypted, expected "
		                    "https because of tls",
		                    MD_FMT(t->id));
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = t->id), MD_NOSTR,
	                    "the url of database '%.*s' can't be read: expected "
	                    "http(s)://user:password@host:port/database, "
	                    "with ?compress=1 or nothing behind it and special characters of the password written as "
	                    "%%XX", MD_FMT(t->id));
}

static int fail_to_connect(struct md_ctx *cx, const struct md_ch *c, const struct md_error *why)
{
	struct md_str origin = md_http_origin(c->http);
	const char *hint = why->code == MD_QUERY_TIMEOUT ? ": no answer in time"
	                   : why->code == MD_OK          ? ": closed before it answered"
	                                                 : "";
	if (why->code == MD_OUT_OF_MEMORY)
		return md_out_of_memory(cx);
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id),
	                    why->cause.n ? why->cause : why->message, "can't connect to database '%.*s' at %.*s%s",
	                    MD_FMT(c->id), MD_FMT(origin), hint);
}

/* A user whose profile fixes a setting, or a server that does not know it, is refused here and not
 * by a question. */
static int prove_settings(struct md_ctx *cx, struct md_ch *c, struct md_str settings)
{
	struct md_error why = { 0 };
	struct md_ctx mine = *cx;
	mine.err = &why;
	mine.trace = NULL;
	struct md_str text = md_str_fmt(cx->arena, "SELECT 1 AS c0 SETTINGS %.*s", MD_FMT(settings));
	if (!text.p)
		return md_out_of_memory(cx);
	if (md_ch_selects_one(c, &mine, text))
		return 0;
	if (why.code != MD_QUERY_FAILED)
		return fail_to_connect(cx, c, &why);
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), why.cause,
	                    "database '%.*s' can't be used for replicas: its user may not set, or its version does "
	                    "not know, a setting without which superseded rows could be shown",
	                    MD_FMT(c->id));
}

/* Asks for a row. Without one there is no connection; the cause says why. */
static int prove_connection(struct md_ctx *cx, struct md_ch *c)
{
	struct md_error why = { 0 };
	struct md_ctx mine = *cx;
	int64_t until = md_monotonic_ms() + CH_CONNECT_MS;
	mine.err = &why;
	mine.trace = NULL;
	if (!cx->deadline_ms || until < cx->deadline_ms)
		mine.deadline_ms = until;
	if (md_ch_ping(c, &mine))
		return 0;
	return fail_to_connect(cx, c, &why);
}

static int open_conn(struct md_ctx *cx, const struct md_target *t, void **conn)
{
	bool no_memory = true, gzip = false;
	*conn = NULL;
	const char *q = t->url.n ? memchr(t->url.p, '?', t->url.n) : NULL;
	bool readable = !q || read_query((struct md_str){ q + 1, t->url.n - (size_t)(q + 1 - t->url.p) }, &gzip);
	struct md_ch *c = calloc(1, sizeof *c);
	if (!c)
		return md_out_of_memory(cx);
	c->id = copy_text(t->id);
	c->url = copy_text(t->url);
	c->statement_timeout_ms = t->statement_timeout_ms;
	if (t->tls)
		c->tls = copy_tls(t->tls);
	if (c->id.p && c->url.p && (c->tls || !t->tls))
		c->http = md_http_new(c->url, c->tls, gzip, &no_memory);
	readable = readable && c->http && fixed_target(c, md_http_path(c->http), gzip);
	if (c->http)
		no_memory = c->target.failed || !make_boundary(c);
	int rc = no_memory ? md_out_of_memory(cx) : readable ? prove_connection(cx, c) : bad_url(cx, t);
	if (rc == 0 && t->written_settings.n)
		rc = prove_settings(cx, c, t->written_settings);
	if (rc) {
		close_conn(c);
		return -1;
	}
	*conn = c;
	return 0;
}

/* ---- cancelling ---- */

static void cancel_conn(void *conn)
{
	struct md_ch *c = conn;
	int running = MD_CH_RUNNING;
	if (atomic_compare_exchange_strong(&c->state, &running, MD_CH_CANCELLED))
		md_http_cancel(c->http); /* the thread that runs the statement kills it as it ends */
}

static bool doubts_types(void *conn)
{
	struct md_ch *c = conn;
	return c->doubts_types;
}

const struct md_driver md_driver_clickhouse = {
	.name = "clickhouse",
	.open = open_conn,
	.start = md_ch_start,
	.next = md_ch_next,
	.finish = md_ch_finish,
	.cancel = cancel_conn,
	.read_table = md_ch_read_table,
	.doubts_types = doubts_types,
	.ping = md_ch_ping,
	.close = close_conn,
};
