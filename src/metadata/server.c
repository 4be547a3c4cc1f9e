/* server: what of it is built, the keys of cursors. Accepts at most 16 secrets of 16 bytes or more,
 * each a text, {"env": NAME} or {"file": PATH}; those from the environment or a file are read where
 * secrets are asked for. Refuses the rest of `server` (UNSUPPORTED). No message shows a secret. */
#include "metadata/load.h"

#include "base/sys.h"

#include <errno.h>
#include <stdlib.h>

enum { MOST_KEYS = 16, LEAST_BYTES = 16, MOST_BYTES = 4096 };

static const char *const keys[] = { "cursorKeys", "!listen", "!admin",   "!auth",  "!hosts",  "!cors",
	                            "!tls",       "!rateLimit", "!workers", "!queue", "!graceMs" };
enum { CURSOR_KEYS, SERVER_KEYS = sizeof keys / sizeof *keys };
static const char *const secret_keys[] = { "env", "file" };
enum { CURSOR_KEY_ENV, CURSOR_KEY_FILE, CURSOR_KEY_SOURCES };

static const char expected[] = "a text of at least 16 bytes, {\"env\": NAME} or {\"file\": PATH}";

static void refuse(struct load *l, const struct md_at *at, const char *why)
{
	md_report(l->cx, MD_INVALID_TYPE, at, MD_DETAILS(.expected = md_str_z(expected)),
	          "a cursor key %s: expected %s", why, expected);
}

static void accept(struct load *l, const struct md_at *at, struct md_str text, struct md_str *out)
{
	if (text.n < LEAST_BYTES || text.n > MOST_BYTES)
		refuse(l, at, text.n < LEAST_BYTES ? "is too short" : "is too long");
	else
		*out = md_str_dup(l->keep, text);
}

static void from_env(struct load *l, const struct md_at *at, struct md_str name, struct md_str *out)
{
	const char *value = getenv(name.p);
	if (value)
		accept(l, at, md_str_z(value), out);
	else
		refuse(l, at, "is not set in the environment");
}

static void from_file(struct load *l, const struct md_at *at, struct md_str name, struct md_str *out)
{
	bool whole = name.p[0] == '/' || !l->base_dir;
	struct md_str path = whole ? name : md_str_fmt(l->cx->arena, "%s/%.*s", l->base_dir, MD_FMT(name)), text;
	if (!path.p)
		return;
	if (md_read_file(l->cx->arena, path.p, MOST_BYTES, &text)) {
		md_report(l->cx, MD_INVALID_TYPE, at, NULL, "can't read file '%.*s': %s", MD_FMT(path),
		          strerror(errno));
		return;
	}
	while (text.n && memchr(" \t\r\n", text.p[text.n - 1], 4))
		text.n--;
	accept(l, at, text, out);
}

static void named_secret(struct load *l, const struct md_at *at, const struct md_json *v, struct md_str *out)
{
	const struct md_json *m[CURSOR_KEY_SOURCES];
	struct md_str name;
	if (!LOAD_OBJECT(l, MD_INVALID_TYPE, at, v, "a secret", secret_keys, m))
		return;
	if (!m[CURSOR_KEY_ENV] == !m[CURSOR_KEY_FILE]) {
		refuse(l, at, m[CURSOR_KEY_ENV] ? "names two sources" : "names no source");
		return;
	}
	const char *key = secret_keys[m[CURSOR_KEY_ENV] ? CURSOR_KEY_ENV : CURSOR_KEY_FILE];
	if (load_text(l, SPOT(MD_INVALID_TYPE, at, key), m[CURSOR_KEY_ENV] ? m[CURSOR_KEY_ENV] : m[CURSOR_KEY_FILE], true, &name) && l->resolve_secrets)
		(m[CURSOR_KEY_ENV] ? from_env : from_file)(l, MD_AT_KEY(at, md_str_z(key)), name, out);
}

static void one_key(struct load *l, const struct md_at *at, const struct md_json *v, struct md_str *out)
{
	if (md_json_type(v) == MD_JSON_STRING)
		accept(l, at, md_json_text(v), out);
	else if (md_json_type(v) == MD_JSON_OBJECT)
		named_secret(l, at, v, out);
	else
		refuse(l, at, "is of the wrong type");
}

static int cursor_keys(struct load *l, const struct md_at *up, const struct md_json *v)
{
	const struct md_at *at = MD_AT_KEY(up, MD_STR("cursorKeys"));
	struct md_json_iter it;
	size_t n = md_json_size(v);
	if (!load_array(l, SPOT(MD_INVALID_TYPE, up, "cursorKeys"), v, true))
		return 0;
	if (n == 0 || n > MOST_KEYS) {
		md_report(l->cx, MD_INVALID_TYPE, at, NULL, "cursorKeys is not valid: expected 1 to %d keys, got %zu",
		          MOST_KEYS, n);
		return 0;
	}
	struct md_str *list = md_new_n(l->keep, struct md_str, n);
	if (!list)
		return -1;
	md_json_iter(&it, v);
	for (uint32_t i = 0; i < n; i++)
		one_key(l, MD_AT_IDX(at, i), md_json_next(&it, NULL), &list[i]);
	l->s->cursor_keys = list;
	l->s->n_cursor_keys = (uint32_t)n;
	return 0;
}

int load_server(struct load *l, const struct md_json *v)
{
	const struct md_json *m[SERVER_KEYS];
	const struct md_at *at = MD_AT_KEY(NULL, MD_STR("server"));
	if (!v || !LOAD_OBJECT(l, MD_INVALID_TYPE, at, v, "server", keys, m))
		return 0;
	return m[CURSOR_KEYS] ? cursor_keys(l, at, m[CURSOR_KEYS]) : 0;
}
