/* Where a coordinator is, and which of its links may be followed. Accepts http(s)://user[:password]@host[:port]; refuses a password without
 * TLS, which would cross the wire in the clear. Promises: a link is followed by its path alone, and only where scheme, host and port are
 * those of the configuration: a reply can't send the user's name or password anywhere else. */
#include "drivers/trino/page.h"

#include "drivers/net/http.h"

static bool starts(struct md_str s, struct md_str with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

/* Decoded; false when it is not so encoded, or holds what a header can't. Out of memory: p is NULL, and the arena tells. */
static bool decode(struct md_arena *a, struct md_str in, struct md_str *out)
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
	bool tls = starts(url, MD_STR("https://"));
	memset(out, 0, sizeof *out);
	if (!tls && !starts(url, MD_STR("http://")))
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
	if (!decode(a, (struct md_str){ user, n_user }, &out->user))
		return "its user can't be read: expected special characters as %XX";
	out->bare = md_str_fmt(a, "%.*s%.*s", (int)scheme, url.p, (int)(url.p + end - (at + 1)), at + 1);
	return NULL;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Moves the link behind its origin. The server may leave out a port that is the scheme's own, and write the host in any case. */
static bool skip_origin(struct md_str origin, struct md_str *link)
{
	size_t colon = origin.n, i = 0;
	while (colon && origin.p[colon - 1] != ':')
		colon--;
	size_t host = colon ? colon - 1 : 0;
	while (i < host && i < link->n && lower(link->p[i]) == lower(origin.p[i]))
		i++;
	if (!host || i < host)
		return false;
	*link = (struct md_str){ link->p + i, link->n - i };
	struct md_str port = { origin.p + host, origin.n - host }; /* ":443" */
	if (starts(*link, port)) {
		*link = (struct md_str){ link->p + port.n, link->n - port.n };
		return true;
	}
	return md_str_eq(port, starts(origin, MD_STR("https:")) ? MD_STR(":443") : MD_STR(":80"));
}

struct md_str md_trino_path(struct md_str origin, struct md_str link)
{
	if (link.n > 4096 || !skip_origin(origin, &link) || !starts(link, MD_STR("/v1/statement/")))
		return MD_NOSTR;
	for (size_t i = 0; i < link.n; i++)
		if (link.p[i] <= ' ' || link.p[i] >= 0x7f || link.p[i] == '#' || link.p[i] == '\\' || (link.p[i] == '.' && link.p[i - 1] == '/'))
			return MD_NOSTR;
	return link;
}
