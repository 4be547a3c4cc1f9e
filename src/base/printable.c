#include "base/printable.h"

/* Bytes of a code point that begins with this one; 0: none does. */
static size_t length_by_first(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	if (first < 0xe0)
		return 2;
	return first < 0xf0 ? 3 : 4;
}

size_t md_utf8_decode(const char *p, size_t n, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = (uint8_t)p[0];
	size_t length = length_by_first(first);
	*point = MD_NOT_UTF8;
	if (!length || length > n)
		return 1;
	uint32_t c = length == 1 ? first : first & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (((uint8_t)p[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | ((uint8_t)p[i] & 0x3f);
	}
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 1;
	*point = c;
	return length;
}

/* C0, DEL, C1, and the characters that turn the direction of text or break lines. */
bool md_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

size_t md_append_escaped(struct md_buf *b, uint32_t c)
{
	size_t before = b->n;
	switch (c) {
	case '\n': md_buf_lit(b, "\\n"); break;
	case '\t': md_buf_lit(b, "\\t"); break;
	case '\r': md_buf_lit(b, "\\r"); break;
	default: md_buf_fmt(b, "\\u%04x", (unsigned)c);
	}
	return b->n - before;
}

static bool is_utf8(struct md_str s)
{
	uint32_t c;
	for (size_t i = 0; i < s.n;) {
		i += md_utf8_decode(s.p + i, s.n - i, &c);
		if (c == MD_NOT_UTF8)
			return false;
	}
	return true;
}

struct md_str md_valid_utf8(struct md_arena *a, struct md_str s)
{
	struct md_buf b = { .arena = a };
	uint32_t c;
	if (is_utf8(s))
		return s;
	for (size_t i = 0, n; i < s.n; i += n) {
		n = md_utf8_decode(s.p + i, s.n - i, &c);
		if (c == MD_NOT_UTF8)
			md_buf_lit(&b, "\xef\xbf\xbd");
		else
			md_buf_add(&b, s.p + i, n);
	}
	return md_buf_text(&b);
}

size_t md_plain_length(struct md_str s)
{
	size_t i = 0;
	while (i < s.n && s.p[i] >= ' ' && s.p[i] < 0x7f)
		i++;
	return i;
}

void md_append_printable(struct md_buf *b, struct md_str s)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t c;
		size_t plain = md_plain_length((struct md_str){ s.p + i, s.n - i });
		md_buf_add(b, s.p + i, plain);
		if ((i += plain) == s.n)
			return;

		size_t length = md_utf8_decode(s.p + i, s.n - i, &c);
		if (c == MD_NOT_UTF8)
			md_buf_lit(b, "\xef\xbf\xbd");
		else if (md_is_control(c))
			md_append_escaped(b, c);
		else
			md_buf_add(b, s.p + i, length);
		i += length;
	}
}
