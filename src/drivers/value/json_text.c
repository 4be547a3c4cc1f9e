/* JSON documents that a database holds as text: checked and compacted, without building a tree.
 * Accepts RFC 8259 in UTF-8 up to DEPTH levels; refuses everything else, so that a document can be
 * copied into an answer as it is. Promises: no whitespace outside strings in the result (a row of
 * NDJSON stays one line); numbers and strings keep their text. */
#include "drivers/value/json_text.h"

enum { DEPTH = 4096 };

/* Bytes of the character at p, 0 when it is not well-formed UTF-8 (no surrogates, nothing overlong,
 * at most U+10FFFF). */
static size_t utf8_char(const unsigned char *p, size_t left)
{
	if (p[0] < 0x80)
		return 1;
	size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
	bool beyond = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
	return overlong || beyond ? 0 : n;
}

bool md_utf8_valid(struct md_str s)
{
	const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n;
	while (p < end) {
		if (end - p >= 8 && (md_load8((const char *)p) & 0x8080808080808080u) == 0) {
			p += 8;
			continue;
		}
		size_t n = utf8_char(p, (size_t)(end - p));
		if (n == 0)
			return false;
		p += n;
	}
	return true;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Behind the escape that starts at p ('\'), NULL when it is none. */
static const char *skip_escape(const char *p, const char *end)
{
	if (end - p < 2)
		return NULL;
	if (p[1] != 'u')
		return strchr("\"\\/bfnrt", p[1]) && p[1] ? p + 2 : NULL;
	if (end - p < 6 || !is_hex(p[2]) || !is_hex(p[3]) || !is_hex(p[4]) || !is_hex(p[5]))
		return NULL;
	return p + 6;
}

/* Behind the string whose opening quote is at p, NULL when it is none. UTF-8 is checked once for
 * the whole document. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end;) {
		if (*p == '"')
			return p + 1;
		if ((unsigned char)*p < 0x20)
			return NULL;
		p = *p == '\\' ? skip_escape(p, end) : p + 1;
		if (!p)
			return NULL;
	}
	return NULL;
}

static const char *skip_digits(const char *p, const char *end)
{
	const char *from = p;
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p > from ? p : NULL;
}

static const char *skip_number(const char *p, const char *end)
{
	if (*p == '-')
		p++;
	const char *whole = p;
	p = skip_digits(p, end);
	if (!p || (*whole == '0' && p - whole > 1))
		return NULL;
	if (p < end && *p == '.')
		p = skip_digits(p + 1, end);
	if (p && p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		p = skip_digits(p, end);
	}
	return p;
}

static const char *skip_word(const char *p, const char *end, const char *w, size_t n)
{
	return (size_t)(end - p) >= n && memcmp(p, w, n) == 0 ? p + n : NULL;
}

bool md_json_token(const char **p, const char *end, struct md_str *out)
{
	const char *from = *p, *to = NULL;
	if (from == end)
		return false;
	switch (*from) {
	case '"': to = skip_string(from, end); break;
	case 't': to = skip_word(from, end, "true", 4); break;
	case 'f': to = skip_word(from, end, "false", 5); break;
	case 'n': to = skip_word(from, end, "null", 4); break;
	default:
		if (*from == '-' || (*from >= '0' && *from <= '9'))
			to = skip_number(from, end);
	}
	if (!to)
		return false;
	*out = (struct md_str){ from, (size_t)(to - from) };
	*p = to;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* What may come next. */
enum want { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COMMA_OR_END };

struct walk {
	struct md_buf *b;
	const char *p, *end;
	uint64_t objects[DEPTH / 64]; /* bit per open container: is it an object? */
	unsigned depth;
	enum want want;
};

static bool in_object(const struct walk *w)
{
	unsigned d = w->depth - 1;
	return w->objects[d / 64] >> (d % 64) & 1;
}

static bool open_container(struct walk *w, bool object)
{
	if ((w->want != VALUE && w->want != VALUE_OR_END) || w->depth == DEPTH)
		return false;
	unsigned d = w->depth++;
	w->objects[d / 64] = (w->objects[d / 64] & ~(1ull << (d % 64))) | (uint64_t)object << (d % 64);
	w->want = object ? KEY_OR_END : VALUE_OR_END;
	return true;
}

static bool close_container(struct walk *w, bool object)
{
	enum want empty = object ? KEY_OR_END : VALUE_OR_END;
	if (w->depth == 0 || in_object(w) != object || (w->want != COMMA_OR_END && w->want != empty))
		return false;
	w->depth--;
	w->want = COMMA_OR_END;
	return true;
}

static bool take_comma(struct walk *w)
{
	if (w->depth == 0 || w->want != COMMA_OR_END)
		return false;
	w->want = in_object(w) ? KEY : VALUE;
	return true;
}

static bool take_punctuation(struct walk *w)
{
	char c = *w->p++;
	md_buf_char(w->b, c);
	switch (c) {
	case '{': return open_container(w, true);
	case '[': return open_container(w, false);
	case '}': return close_container(w, true);
	case ']': return close_container(w, false);
	default: return take_comma(w);
	}
}

static void skip_space(struct walk *w)
{
	while (w->p < w->end && is_space(*w->p))
		w->p++;
}

/* A scalar, or a key with its colon. */
static bool take_token(struct walk *w)
{
	struct md_str t;
	bool key = w->want == KEY || w->want == KEY_OR_END;
	if (w->want == COMMA_OR_END || (key && *w->p != '"') || !md_json_token(&w->p, w->end, &t))
		return false;
	md_buf_str(w->b, t);
	w->want = key ? VALUE : COMMA_OR_END;
	if (!key)
		return true;
	skip_space(w);
	if (w->p == w->end || *w->p != ':')
		return false;
	w->p++;
	md_buf_char(w->b, ':');
	return true;
}

bool md_json_compact(struct md_buf *b, struct md_str in, struct md_str *out)
{
	struct walk w; /* objects[] is written before it is read */
	w.b = b;
	w.p = in.p;
	w.end = in.p + in.n;
	w.depth = 0;
	w.want = VALUE;
	size_t from = b->n;
	if (!md_utf8_valid(in) || !md_buf_room(b, in.n))
		return false;
	for (skip_space(&w); w.p < w.end; skip_space(&w))
		if (!(memchr("{}[],", *w.p, 5) ? take_punctuation(&w) : take_token(&w)))
			return false;
	*out = (struct md_str){ b->p + from, b->n - from };
	return w.want == COMMA_OR_END && w.depth == 0 && !b->failed;
}
