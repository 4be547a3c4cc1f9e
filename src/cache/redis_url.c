#include "cache/redis.h"

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* False: a '%' without two hexadecimal digits. */
static bool percent_decoded(struct md_arena *a, struct md_str s, struct md_str *out)
{
	char *p = md_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; p && i < s.n; i++) {
		if (s.p[i] != '%') {
			p[n++] = s.p[i];
			continue;
		}
		if (i + 2 >= s.n || hex(s.p[i + 1]) < 0 || hex(s.p[i + 2]) < 0)
			return false;
		p[n++] = (char)(hex(s.p[i + 1]) * 16 + hex(s.p[i + 2]));
		i += 2;
	}
	if (p)
		p[n] = '\0';
	*out = (struct md_str){ p, n };
	return true;
}

static bool number(struct md_str s, uint32_t max, uint32_t *out)
{
	uint32_t v = 0;
	if (s.n == 0 || s.n > 9)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(s.p[i] - '0');
	}
	*out = v;
	return v <= max;
}

/* Up to the last c, which is left out of both; false: there is none. */
static bool cut_last(struct md_str s, char c, struct md_str *before, struct md_str *after)
{
	const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;
	if (!at)
		return false;
	*before = (struct md_str){ s.p, (size_t)(at - s.p) };
	*after = (struct md_str){ at + 1, s.n - before->n - 1 };
	return true;
}

static const char *credentials(struct md_arena *a, struct md_str s, struct md_redis_url *out)
{
	const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	if (!colon)
		return "a user without a password in its url";
	struct md_str user = { s.p, (size_t)(colon - s.p) }, password = { colon + 1, s.n - user.n - 1 };
	if ((user.n && !percent_decoded(a, user, &out->user)) || !percent_decoded(a, password, &out->password))
		return "a '%' in its url that encodes nothing";
	return NULL;
}

static const char *host_and_port(struct md_arena *a, struct md_str s, struct md_redis_url *out)
{
	struct md_str host = s, port = MD_STR("6379"), tail = MD_NOSTR;
	uint32_t v;
	if (s.n && s.p[0] == '[') {
		if (!cut_last(s, ']', &host, &tail) || (tail.n && tail.p[0] != ':'))
			return "a host in its url that ends nowhere";
		host = (struct md_str){ host.p + 1, host.n - 1 };
		if (tail.n)
			port = (struct md_str){ tail.p + 1, tail.n - 1 };
	} else if (cut_last(s, ':', &host, &tail)) {
		port = tail;
	}
	if (!host.n)
		return "no host in its url";
	if (!number(port, 65535, &v) || v == 0)
		return "a port in its url that is none";
	out->host = md_str_dup(a, host);
	out->port = md_str_dup(a, port);
	return NULL;
}

const char *md_redis_url_parse(struct md_arena *a, struct md_str url, struct md_redis_url *out)
{
	static const char scheme[] = "redis://";
	struct md_str rest = { url.p, url.n }, who, db;
	*out = (struct md_redis_url){ 0 };
	if (url.n < sizeof scheme - 1 || memcmp(url.p, scheme, sizeof scheme - 1) || memchr(url.p, '\0', url.n))
		return "a url that is not redis://host:port";
	rest.p += sizeof scheme - 1;
	rest.n -= sizeof scheme - 1;
	const char *wrong = cut_last(rest, '@', &who, &rest) ? credentials(a, who, out) : NULL;
	const char *slash = !wrong && rest.n ? memchr(rest.p, '/', rest.n) : NULL;
	if (slash) {
		db = (struct md_str){ slash + 1, rest.n - (size_t)(slash - rest.p) - 1 };
		rest.n = (size_t)(slash - rest.p);
		if (db.n && !number(db, 999999999, &out->db))
			return "a database in its url that is no number";
	}
	return wrong ? wrong : host_and_port(a, rest, out);
}
