/* The Trino driver's connections: one kept HTTP connection to the coordinator, and the headers of
 * every request. Accepts http(s)://user[:password]@host[:port]. Promises: the user is the
 * configuration's, never a caller's; the password goes over TLS alone and reaches no message; the
 * session is UTC. Connects with the first statement, so that a query costs no request more than the
 * protocol needs. */
#include "drivers/trino/private.h"

#include <stdlib.h>

static void cancel_conn(void *conn)
{
	struct md_trino_conn *c = conn;
	int running = MD_TRINO_RUNNING;
	if (!atomic_compare_exchange_strong(&c->state, &running, MD_TRINO_CANCELLING))
		return;
	md_http_cancel(c->http); /* the thread that waits there tells the server */
	atomic_store(&c->state, MD_TRINO_CANCELLED);
}

static void close_conn(void *conn)
{
	struct md_trino_conn *c = conn;
	if (!c)
		return;
	md_http_free(c->http);
	md_cells_free(&c->cells);
	md_buf_free(&c->body);
	md_buf_free(&c->query);
	md_buf_free(&c->next);
	md_arena_free(&c->page);
	free(c->types);
	free((void *)(uintptr_t)c->id.p);
	free(c);
}

static int bad_url(struct md_ctx *cx, const struct md_trino_conn *c, const char *why)
{
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), MD_NOSTR, "the url of '%.*s' "
		"can't be used: %s",
	                    MD_FMT(c->id), why);
}

/* "X-Trino-Session: a=b,c.d=e", values percent-encoded as the protocol wants them. */
static bool session_header(struct md_ctx *cx, struct md_http *h, const struct md_target *t)
{
	struct md_buf b = { .arena = cx->arena };
	md_buf_lit(&b, "X-Trino-Session: ");
	for (uint32_t i = 0; i < t->n_session; i++) {
		if (i)
			md_buf_char(&b, ',');
		md_buf_str(&b, t->session[i].name);
		md_buf_char(&b, '=');
		md_http_encode(&b, t->session[i].value);
	}
	return !b.failed && (!t->n_session || md_http_header(h, md_buf_view(&b)));
}

static bool set_headers(struct md_ctx *cx, struct md_http *h, const struct md_target *t, struct md_str user)
{
	static const char *const always[] = {
		"X-Trino-Client-Capabilities: PARAMETRIC_DATETIME", /* without it timestamps are cut to milliseconds */
		"X-Trino-Source: multidb", "X-Trino-Client-Tags: multidb", "X-Trino-Time-Zone: UTC",
		"Content-Type: text/plain; charset=utf-8",
	};
	struct md_str line = md_str_fmt(cx->arena, "X-Trino-User: %.*s", MD_FMT(user));
	if (!line.p || !md_http_header(h, line) || !session_header(cx, h, t))
		return false;
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		if (!md_http_header(h, md_str_z(always[i])))
			return false;
	return true;
}

static int begin_connection(struct md_ctx *cx, struct md_trino_conn *c, const struct md_target *t)
{
	struct md_trino_url url;
	bool no_memory;
	const char *why = md_trino_url_read(cx->arena, t->url, &url);
	if (why)
		return bad_url(cx, c, why);
	if (!url.bare.p || !url.user.p)
		return md_out_of_memory(cx);
	if (t->tls && memcmp(url.bare.p, "https:", 6) != 0)
		return bad_url(cx, c, "the connection would not be encrypted, expected https because of tls");
	c->http = md_http_new(url.password ? t->url : url.bare, t->tls, false, &no_memory);
	if (!c->http && !no_memory)
		return bad_url(cx, c, "its host or port can't be read: expected http(s)://user@host:port");
	if (!c->http || !set_headers(cx, c->http, t, url.user))
		return md_out_of_memory(cx);
	return 0;
}

static int open_conn(struct md_ctx *cx, const struct md_target *t, void **conn)
{
	*conn = NULL;
	struct md_trino_conn *c = calloc(1, sizeof *c);
	char *id = c ? strndup(t->id.p ? t->id.p : "", t->id.n) : NULL;
	if (!id) {
		free(c);
		return md_out_of_memory(cx);
	}
	c->id = (struct md_str){ id, t->id.n };
	c->statement_timeout_ms = t->statement_timeout_ms;
	if (begin_connection(cx, c, t)) {
		close_conn(c);
		return -1;
	}
	*conn = c;
	return 0;
}

const struct md_driver md_driver_trino = {
	.name = "trino",
	.open = open_conn,
	.start = md_trino_start,
	.next = md_trino_next,
	.finish = md_trino_finish,
	.cancel = cancel_conn,
	.read_table = md_trino_read_table,
	.ping = md_trino_ping,
	.close = close_conn,
};
