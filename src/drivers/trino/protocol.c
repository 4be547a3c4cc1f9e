/* The pure parts of Trino's protocol: where a coordinator is, which of its links may be followed,
 * and what one reply says. Accepts http(s)://user[:password]@host[:port], and refuses a password
 * without TLS, which would cross the network in the clear. A reply is a whole JSON object with an
 * id, stats.state and, as they apply, nextUri, columns, data, error; everything else (the page of a
 * proxy, a body cut short, members of another type) is refused. Promises: a link is followed by its
 * path alone, and only where scheme, host and port are those of the configuration, so that a reply
 * cannot send the user's name or password anywhere else; a last page that is not FINISHED is
 * recognised, so that an answer cannot end early. */
#include "drivers/trino/private.h"

/* ---- urls and links ---- */

static bool starts_with(struct md_str s, struct md_str with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

/* Decoded; false when it is not so encoded, or holds what a header can't. Out of memory: p is NULL,
 * and the arena tells. */
static bool decode_user(struct md_arena *a, struct md_str in, struct md_str *out)
{
	struct md_buf b = { .arena = a };
	bool ok = md_http_decode(&b, in) || b.failed;
	*out = b.failed ? MD_NOSTR : md_buf_view(&b);
	for (size_t i = 0; i < out->n; i++)
		ok = ok && (unsigned char)out->p[i] >= 0x20 && out->p[i] != 0x7f;
	return ok;
}

const char *md_trino_url_read(struct md_arena *a, struct md_str url, struct md_trino_url *out)
{
	bool tls = starts_with(url, MD_STR("https://"));
	memset(out, 0, sizeof *out);
	if (!tls && !starts_with(url, MD_STR("http://")))
		return "it is not of the form http(s)://user@host:port";
	size_t scheme = tls ? 8 : 7, end = scheme;
	while (end < url.n && !memchr("/?#", url.p[end], 3))
		end++;
	if (url.n - end > 1 || (url.n - end == 1 && url.p[end] != '/'))
		return "it has a path or a query: expected http(s)://user@host:port";
	const char *user = url.p + scheme, *at = memrchr(user, '@', end - scheme);
	const char *colon = at ? memchr(user, ':', (size_t)(at - user)) : NULL;
	size_t n_user = at ? (size_t)((colon ? colon : at) - user) : 0;
	if (!n_user)
		return "it names no user: expected http(s)://user@host:port";
	out->password = colon && colon + 1 < at;
	if (out->password && !tls)
		return "it has a password without TLS: expected https";
	if (!decode_user(a, (struct md_str){ user, n_user }, &out->user))
		return "its user can't be read: expected special characters as %XX";
	out->bare = md_str_fmt(a, "%.*s%.*s", (int)scheme, url.p, (int)(url.p + end - (at + 1)), at + 1);
	return NULL;
}

static char lower_case(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Moves the link behind its origin. The server may leave out a port that is the scheme's own, and
 * write the host in any case. */
static bool skip_origin(struct md_str origin, struct md_str *link)
{
	size_t colon = origin.n, i = 0;
	while (colon && origin.p[colon - 1] != ':')
		colon--;
	size_t host = colon ? colon - 1 : 0;
	while (i < host && i < link->n && lower_case(link->p[i]) == lower_case(origin.p[i]))
		i++;
	if (!host || i < host)
		return false;
	*link = (struct md_str){ link->p + i, link->n - i };
	struct md_str port = { origin.p + host, origin.n - host }; /* ":443" */
	if (starts_with(*link, port)) {
		*link = (struct md_str){ link->p + port.n, link->n - port.n };
		return true;
	}
	return md_str_eq(port, starts_with(origin, MD_STR("https:")) ? MD_STR(":443") : MD_STR(":80"));
}

struct md_str md_trino_path(struct md_str origin, struct md_str link)
{
	if (link.n > 4096 || !skip_origin(origin, &link) || !starts_with(link, MD_STR("/v1/statement/")))
		return MD_NOSTR;
	for (size_t i = 0; i < link.n; i++)
		if (link.p[i] <= ' ' || link.p[i] >= 0x7f || link.p[i] == '#' || link.p[i] == '\\' ||
		    (link.p[i] == '.' && link.p[i - 1] == '/'))
			return MD_NOSTR;
	return link;
}

/* ---- replies ---- */

/* A member that must have a type where it is there; NULL is the same as absent. */
static bool read_member(const struct md_json *object, const char *key, enum md_json_type t, const struct md_json **out)
{
	*out = md_json_get(object, key);
	if (*out && md_json_type(*out) == MD_JSON_NULL)
		*out = NULL;
	return !*out || md_json_type(*out) == t;
}

static bool text_member(const struct md_json *object, const char *key, struct md_str *out)
{
	const struct md_json *v;
	if (!read_member(object, key, MD_JSON_STRING, &v))
		return false;
	*out = v ? md_json_text(v) : MD_NOSTR;
	return true;
}

const char *md_trino_page_read(struct md_arena *a, struct md_str body, struct md_trino_page *out)
{
	const struct md_json *root, *stats, *error;
	struct md_json_error at;
	struct md_str state;
	memset(out, 0, sizeof *out);
	if (md_json_parse(a, body, &root, &at))
		return "it is not JSON";
	if (md_json_type(root) != MD_JSON_OBJECT)
		return "it is not a JSON object";
	if (!text_member(root, "id", &out->id) || !out->id.n)
		return "it names no query";
	if (!read_member(root, "stats", MD_JSON_OBJECT, &stats) || !stats || !text_member(stats, "state", &state))
		return "it tells no state";
	if (!text_member(root, "nextUri", &out->next))
		return "nextUri is not a string";
	if (!read_member(root, "columns", MD_JSON_ARRAY, &out->columns) ||
	    !read_member(root, "data", MD_JSON_ARRAY, &out->data))
		return "columns or data are not arrays";
	if (!read_member(root, "error", MD_JSON_OBJECT, &error))
		return "error is not an object";
	out->failed = error != NULL;
	if (error &&
	    (!text_member(error, "errorName", &out->error_name) || !text_member(error, "message", &out->error_message)))
		return "error can't be read";
	out->finished = md_str_eq(state, MD_STR("FINISHED"));
	return NULL;
}
