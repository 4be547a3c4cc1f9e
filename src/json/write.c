/* The writer of JSON: where commas go, and how a byte is escaped inside quotes. */
#include "json/write.h"

static void append_comma(struct md_jw *w)
{
	if (w->comma)
		md_buf_char(w->b, ',');
	w->comma = true;
}

static void open_container(struct md_jw *w, char c)
{
	append_comma(w);
	md_buf_char(w->b, c);
	w->comma = false;
}

static void close_container(struct md_jw *w, char c)
{
	md_buf_char(w->b, c);
	w->comma = true;
}

void md_jw_obj(struct md_jw *w)
{
	open_container(w, '{');
}

void md_jw_obj_end(struct md_jw *w)
{
	close_container(w, '}');
}

void md_jw_arr(struct md_jw *w)
{
	open_container(w, '[');
}

void md_jw_arr_end(struct md_jw *w)
{
	close_container(w, ']');
}

void md_jw_key(struct md_jw *w, struct md_str key)
{
	append_comma(w);
	md_json_quote(w->b, key);
	md_buf_char(w->b, ':');
	w->comma = false;
}

void md_jw_str(struct md_jw *w, struct md_str s)
{
	append_comma(w);
	md_json_quote(w->b, s);
}

void md_jw_int(struct md_jw *w, int64_t v)
{
	append_comma(w);
	md_buf_int(w->b, v);
}

void md_jw_raw(struct md_jw *w, struct md_str json)
{
	append_comma(w);
	md_buf_str(w->b, json);
}

void md_jw_bool(struct md_jw *w, bool v)
{
	md_jw_raw(w, v ? MD_STR("true") : MD_STR("false"));
}

void md_jw_null(struct md_jw *w)
{
	md_jw_raw(w, MD_STR("null"));
}

void md_jw_kstr(struct md_jw *w, const char *key, struct md_str s)
{
	md_jw_key(w, md_str_z(key));
	md_jw_str(w, s);
}

void md_jw_kint(struct md_jw *w, const char *key, int64_t v)
{
	md_jw_key(w, md_str_z(key));
	md_jw_int(w, v);
}

void md_jw_kbool(struct md_jw *w, const char *key, bool v)
{
	md_jw_key(w, md_str_z(key));
	md_jw_bool(w, v);
}

/* How a byte is written inside quotes: 0 as it is, 'u' as \u00xx, else a backslash and this letter.
 */
static const char escape_letter[256] = {
	[0] = 'u', [1] = 'u', [2] = 'u', [3] = 'u', [4] = 'u', [5] = 'u', [6] = 'u', [7] = 'u',
	['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', [11] = 'u', ['\f'] = 'f', ['\r'] = 'r', [14] = 'u', [15] = 'u',
	[16] = 'u', [17] = 'u', [18] = 'u', [19] = 'u', [20] = 'u', [21] = 'u', [22] = 'u', [23] = 'u',
	[24] = 'u', [25] = 'u', [26] = 'u', [27] = 'u', [28] = 'u', [29] = 'u', [30] = 'u', [31] = 'u',
	['"'] = '"', ['\\'] = '\\', [127] = 'u',
};

bool md_json_is_plain(struct md_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (escape_letter[(unsigned char)s.p[i]])
			return false;
	return true;
}

static void append_escaped(struct md_buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char e = escape_letter[c];
	if (e == 'u') {
		char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
		md_buf_add(b, text, sizeof text);
	} else {
		char text[2] = { '\\', e };
		md_buf_add(b, text, sizeof text);
	}
}

void md_json_quote(struct md_buf *b, struct md_str s)
{
	size_t from = 0;
	md_buf_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (!escape_letter[(unsigned char)s.p[i]])
			continue;
		md_buf_add(b, s.p + from, i - from);
		append_escaped(b, (unsigned char)s.p[i]);
		from = i + 1;
	}
	if (from < s.n)
		md_buf_add(b, s.p + from, s.n - from);
	md_buf_char(b, '"');
}
