/* UTF-8 on a terminal: the width of a text, and printing text from a database so that no character
 * of it controls the terminal. */
#include "cli/cli.h"

#include "base/printable.h"

#include <locale.h>
#include <wchar.h>

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

size_t text_print(struct md_buf *b, struct md_str s)
{
	size_t width = md_plain_length(s);
	md_buf_add(b, s.p, width);
	for (size_t i = width; i < s.n;) {
		uint32_t c;
		size_t length = md_utf8_decode(s.p + i, s.n - i, &c);
		if (c == MD_NOT_UTF8) {
			md_buf_lit(b, "\xef\xbf\xbd");
			width++;
		} else if (md_is_control(c)) {
			width += md_append_escaped(b, c);
		} else {
			md_buf_add(b, s.p + i, length);
			width += c < 0x7f ? 1 : (size_t)columns_of(c);
		}
		i += length;
	}
	return width;
}
