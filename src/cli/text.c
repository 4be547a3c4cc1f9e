/* UTF-8 on a terminal: the width of a text, and printing text from a database so that no character
 * of it controls the terminal. */
#include "cli/cli.h"

#include <locale.h>
#include <wchar.h>

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

size_t text_decode(const char *p, size_t n, uint32_t *point)
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

/* The C library has the widths, but only in a UTF-8 locale; the user's locale may be another. */
static int columns_of(uint32_t c)
{
	static locale_t utf8;
	if (!utf8) {
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
		if (utf8)
			uselocale(utf8);
	}
	int width = utf8 ? wcwidth((wchar_t)c) : 1;
	return width < 0 ? 1 : width;
}

/* C0, DEL, C1, and the characters that turn the direction of text or break lines. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static size_t append_escaped(struct md_buf *b, uint32_t c)
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

static size_t plain_length(struct md_str s)
{
	size_t i = 0;
	while (i < s.n && s.p[i] >= ' ' && s.p[i] < 0x7f)
		i++;
	return i;
}

size_t text_print(struct md_buf *b, struct md_str s)
{
	size_t width = plain_length(s);
	md_buf_add(b, s.p, width);
	for (size_t i = width; i < s.n;) {
		uint32_t c;
		size_t length = text_decode(s.p + i, s.n - i, &c);
		if (c == MD_NOT_UTF8) {
			md_buf_lit(b, "\xef\xbf\xbd");
			width++;
		} else if (is_control(c)) {
			width += append_escaped(b, c);
		} else {
			md_buf_add(b, s.p + i, length);
			width += c < 0x7f ? 1 : (size_t)columns_of(c);
		}
		i += length;
	}
	return width;
}
