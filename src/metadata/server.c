/* server: what of it is built, the keys of cursors. Accepts at most 16 secrets of 16 bytes or more,
 * each a text, {"env": NAME} or {"file": PATH}; those from the environment or a file are read where
 * secrets are asked for. Refuses the rest of `server` (UNSUPPORTED). No message shows a secret. */
#include "metadata/read.h"

#include "base/sys.h"

#include <errno.h>
#include <stdlib.h>

enum { MOST_CURSOR_KEYS = 16, SHORTEST_CURSOR_KEY = 16, LONGEST_CURSOR_KEY = 4096 };

static const char *const server_keys[] = { "cursorKeys", "!listen", "!admin",   "!auth",  "!hosts",  "!cors",
	                            "!tls",       "!rateLimit", "!workers", "!queue", "!graceMs" };
enum { SERVER_CURSOR_KEYS, SERVER_KEYS = sizeof server_keys / sizeof *server_keys };
static const char *const key_sources[] = { "env", "file" };
enum { KEY_FROM_ENV, KEY_FROM_FILE, KEY_SOURCES };

static const char expected[] = "a text of at least 16 bytes, {\"env\": NAME} or {\"file\": PATH}";

static void report_cursor_key(struct loader *l, const struct md_at *at, const char *why)
{
	md_report(l->cx, MD_INVALID_TYPE, at, MD_DETAILS(.expected = md_str_z(expected)),
	          "a cursor key %s: expected %s", why, expected);
}

static void accept_cursor_key(struct loader *l, const struct md_at *at, struct md_str text, struct md_str *out)
{
	if (text.n < SHORTEST_CURSOR_KEY || text.n > LONGEST_CURSOR_KEY)
		report_cursor_key(l, at, text.n < SHORTEST_CURSOR_KEY ? "is too short" : "is too long");
	else
		*out = md_str_dup(l->keep, text);
}

static void read_key_from_env(struct loader *l, const struct md_at *at, struct md_str name, struct md_str *out)
{
	const char *value = getenv(name.p);
	if (value)
		accept_cursor_key(l, at, md_str_z(value), out);
	else
		report_cursor_key(l, at, "is not set in the environment");
}

static void read_key_from_file(struct loader *l, const struct md_at *at, struct md_str name, struct md_str *out)
{
	bool whole = name.p[0] == '/' || !l->base_dir;
	struct md_str path = whole ? name : md_str_fmt(l->cx->arena, "%s/%.*s", l->base_dir, MD_FMT(name)), text;
	if (!path.p)
		return;
	if (md_read_file(l->cx->arena, path.p, LONGEST_CURSOR_KEY, &text)) {
		md_report(l->cx, MD_INVALID_TYPE, at, NULL, "can't read file '%.*s': %s", MD_FMT(path),
		          strerror(errno));
		return;
	}
	while (text.n && memchr(" \t\r\n", text.p[text.n - 1], 4))
		text.n--;
	accept_cursor_key(l, at, text, out);
}

static void load_cursor_key_source(struct loader *l, const struct md_at *at, const struct md_json *v,
                                   struct md_str *out)
{
	const struct md_json *m[KEY_SOURCES];
	struct md_str name;
	if (!READ_OBJECT(l, MD_INVALID_TYPE, at, v, "a secret", key_sources, m))
		return;
	if (!m[KEY_FROM_ENV] == !m[KEY_FROM_FILE]) {
		report_cursor_key(l, at, m[KEY_FROM_ENV] ? "names two sources" : "names no source");
		return;
	}
	const char *key = key_sources[m[KEY_FROM_ENV] ? KEY_FROM_ENV : KEY_FROM_FILE];
	if (read_text(l, SPOT(MD_INVALID_TYPE, at, key), m[KEY_FROM_ENV] ? m[KEY_FROM_ENV] : m[KEY_FROM_FILE], true,
	              &name) &&
	    l->resolve_secrets)
		(m[KEY_FROM_ENV] ? read_key_from_env : read_key_from_file)(l, MD_AT_KEY(at, md_str_z(key)), name, out);
}

static void load_cursor_key(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_str *out)
{
	if (md_json_type(v) == MD_JSON_STRING)
		accept_cursor_key(l, at, md_json_text(v), out);
	else if (md_json_type(v) == MD_JSON_OBJECT)
		load_cursor_key_source(l, at, v, out);
	else
		report_cursor_key(l, at, "is of the wrong type");
}

static int load_cursor_keys(struct loader *l, const struct md_at *up, const struct md_json *v)
{
	const struct md_at *at = MD_AT_KEY(up, MD_STR("cursorKeys"));
	struct md_json_iter it;
	size_t n = md_json_size(v);
	if (!read_array(l, SPOT(MD_INVALID_TYPE, up, "cursorKeys"), v, true))
		return 0;
	if (n == 0 || n > MOST_CURSOR_KEYS) {
		md_report(l->cx, MD_INVALID_TYPE, at, NULL, "cursorKeys is not valid: expected 1 to %d keys, got %zu",
		          MOST_CURSOR_KEYS, n);
		return 0;
	}
	struct md_str *list = md_new_n(l->keep, struct md_str, n);
	if (!list)
		return -1;
	md_json_iter(&it, v);
	for (uint32_t i = 0; i < n; i++)
		load_cursor_key(l, MD_AT_IDX(at, i), md_json_next(&it, NULL), &list[i]);
	l->s->cursor_keys = list;
	l->s->n_cursor_keys = (uint32_t)n;
	return 0;
}

int load_server(struct loader *l, const struct md_json *v)
{
	const struct md_json *m[SERVER_KEYS];
	const struct md_at *at = MD_AT_KEY(NULL, MD_STR("server"));
	if (!v || !READ_OBJECT(l, MD_INVALID_TYPE, at, v, "server", server_keys, m))
		return 0;
	return m[SERVER_CURSOR_KEYS] ? load_cursor_keys(l, at, m[SERVER_CURSOR_KEYS]) : 0;
}
