#include "cache/redis_url.h"

/* -1: not a hexadecimal digit. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* False: a '%' without two hexadecimal digits. */
static bool decode_percent(struct md_arena *a, struct md_str s, struct md_str *out)
{
	char *p = md_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; p && i < s.n; i++) {
		if (s.p[i] != '%') {
			p[n++] = s.p[i];
			continue;
		}
		if (i + 2 >= s.n || hex_digit(s.p[i + 1]) < 0 || hex_digit(s.p[i + 2]) < 0)
			return false;
		p[n++] = (char)(hex_digit(s.p[i + 1]) * 16 + hex_digit(s.p[i + 2]));
		i += 2;
	}
	if (p)
		p[n] = '\0';
	*out = (struct md_str){ p, n };
	return true;
}

/* False: not a number up to max. */
static bool parse_number(struct md_str s, uint32_t max, uint32_t *out)
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

/* Splits s at the last c, which belongs to neither part. False: there is none. */
static bool split_at_last(struct md_str s, char c, struct md_str *before, struct md_str *after)
{
	const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;
	if (!at)
		return false;
	*before = (struct md_str){ s.p, (size_t)(at - s.p) };
	*after = (struct md_str){ at + 1, s.n - before->n - 1 };
	return true;
}

/* ---- the parts; NULL, or what is wrong ---- */

static const char *parse_credentials(struct md_arena *a, struct md_str s, struct md_redis_url *out)
{
	const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	if (!colon)
		return "invalid url: a user without a password";

	struct md_str user = { s.p, (size_t)(colon - s.p) }, password = { colon + 1, s.n - user.n - 1 };
	if ((user.n && !decode_percent(a, user, &out->user)) || !decode_percent(a, password, &out->password))
		return "invalid url: '%' without two hexadecimal digits";
	return NULL;
}

static const char *parse_host_and_port(struct md_arena *a, struct md_str s, struct md_redis_url *out)
{
	struct md_str host = s, port = MD_STR("6379"), tail = MD_NOSTR;
	uint32_t v;
	if (s.n && s.p[0] == '[') {
		if (!split_at_last(s, ']', &host, &tail) || (tail.n && tail.p[0] != ':'))
			return "invalid url: expected [host] or [host]:port";
		host = (struct md_str){ host.p + 1, host.n - 1 };
		if (tail.n)
			port = (struct md_str){ tail.p + 1, tail.n - 1 };
	} else if (split_at_last(s, ':', &host, &tail)) {
		port = tail;
	}

	if (!host.n)
		return "invalid url: no host";
	if (!parse_number(port, 65535, &v) || v == 0)
		return "invalid url: the port is not a number from 1 to 65535";
	out->host = md_str_dup(a, host);
	out->port = md_str_dup(a, port);
	return NULL;
}

const char *md_redis_url_parse(struct md_arena *a, struct md_str url, struct md_redis_url *out)
{
	static const char scheme[] = "redis://";
	struct md_str rest = { url.p, url.n }, credentials, db;
	*out = (struct md_redis_url){ 0 };
	if (url.n < sizeof scheme - 1 || memcmp(url.p, scheme, sizeof scheme - 1) || memchr(url.p, '\0', url.n))
		return "invalid url: expected redis://host:port";
	rest.p += sizeof scheme - 1;
	rest.n -= sizeof scheme - 1;

	if (split_at_last(rest, '@', &credentials, &rest)) {
		const char *problem = parse_credentials(a, credentials, out);
		if (problem)
			return problem;
	}

	const char *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
	if (slash) {
		db = (struct md_str){ slash + 1, rest.n - (size_t)(slash - rest.p) - 1 };
		rest.n = (size_t)(slash - rest.p);
		if (db.n && !parse_number(db, 999999999, &out->db))
			return "invalid url: the database is not a number";
	}
	return parse_host_and_port(a, rest, out);
}
