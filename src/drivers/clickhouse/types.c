/* Values of the ClickHouse driver. A row is one line of JSONCompactEachRow, "[1, "a", null]"; most
 * of its values are canonical text already, so most cells are views of the line. The session's
 * settings (connection.c) fix the forms: numbers bare, moments in ISO 8601 and UTC, NaN and
 * infinities as strings, bytes of strings as they are. Promises: a line that is not a row of as
 * many values is refused; where the server's type guarantees no form, every value is checked. */
#include "drivers/clickhouse/private.h"

#include "base/number.h"
#include "drivers/value/json_text.h"
#include "json/write.h"

/* ---- a line to tokens ---- */

#define EACH(byte) ((uint64_t)(byte) * 0x0101010101010101u)

static inline uint64_t zeros(uint64_t x) /* the top bit of each byte that is 0, and perhaps of some that follow one */
{
	return (x - EACH(1)) & ~x & EACH(0x80);
}

/* The string that starts behind its quote at p; behind it, or NULL. Eight bytes at a time as long
 * as nothing special is among them. */
static const char *read_string(const char *p, const char *end, struct md_ch_token *t)
{
	uint64_t high = 0, control = 0;
	t->p = p;
	t->flags = MD_CH_STRING;
	while (p < end) {
		if (end - p >= 8) {
			uint64_t w = md_load8(p);
			if ((zeros(w ^ EACH('"')) | zeros(w ^ EACH('\\'))) == 0) {
				high |= w & EACH(0x80);
				control |= (w - EACH(0x20)) & ~w & EACH(0x80);
				p += 8;
				continue;
			}
		}
		for (int i = 0; i < 8 && p < end; i++, p++) {
			unsigned char c = (unsigned char)*p;
			if (c == '"') {
				t->n = (uint32_t)(p - t->p);
				t->flags |= (uint8_t)((high ? MD_CH_HIGH : 0) | (control ? MD_CH_CONTROL : 0));
				return p + 1;
			}
			if (c == '\\') {
				t->flags |= MD_CH_ESCAPED;
				p++;
			}
			high |= c & 0x80u;
			control |= c < 0x20;
		}
	}
	return NULL;
}

/* An array, object or tuple: behind its last bracket, or NULL. Only brackets are counted: what is
 * inside is looked at later, where it matters. */
static const char *skip_nested(const char *p, const char *end, struct md_ch_token *t)
{
	struct md_ch_token inner;
	size_t depth = 0;
	t->p = p;
	t->flags = MD_CH_NESTED;
	while (p < end) {
		char c = *p++;
		if (c == '"' && !(p = read_string(p, end, &inner)))
			return NULL;
		if (c == '[' || c == '{')
			depth++;
		if ((c == ']' || c == '}') && --depth == 0) {
			t->n = (uint32_t)(p - t->p);
			return p;
		}
	}
	return NULL;
}

static const char *read_token(const char *p, const char *end, struct md_ch_token *t)
{
	if (p == end)
		return NULL;
	if (*p == '"')
		return read_string(p + 1, end, t);
	if (*p == '[' || *p == '{')
		return skip_nested(p, end, t);
	t->p = p;
	t->flags = 0;
	while (p < end && ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || *p == '-' || *p == '.' || *p == '+'))
		p++;
	t->n = (uint32_t)(p - t->p);
	return t->n ? p : NULL;
}

bool md_ch_split(struct md_str row, struct md_ch_token *tokens, uint32_t n)
{
	if (row.n < 2 || row.p[0] != '[' || row.p[row.n - 1] != ']' || row.n > UINT32_MAX)
		return false;
	const char *p = row.p + 1, *end = row.p + row.n - 1;
	for (uint32_t i = 0; i < n; i++) {
		p = read_token(p, end, &tokens[i]);
		if (!p)
			return false;
		if (i + 1 == n)
			break;
		if (p == end || *p++ != ',')
			return false;
		p += p < end && *p == ' ';
	}
	return p == end;
}

/* ---- strings ---- */

static int hex4(const char *p, const char *end)
{
	int v = 0;
	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
		        : c >= 'a' && c <= 'f' ? c - 'a' + 10
		        : c >= 'A' && c <= 'F' ? c - 'A' + 10
		                               : -1;
		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 63));
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	}
	return to;
}

/* \uXXXX, one or a pair of surrogates; p is behind the u. Behind it, or NULL. Never longer than its
 * escape. */
static const char *put_unicode(const char *p, const char *end, char **to)
{
	int c = hex4(p, end);
	if (c < 0)
		return NULL;
	p += 4;
	if (c < 0xd800 || c > 0xdfff) {
		*to = put_utf8(*to, (uint32_t)c);
		return p;
	}
	if (c > 0xdbff || end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return NULL;
	int low = hex4(p + 2, end);
	if (low < 0xdc00 || low > 0xdfff)
		return NULL;
	*to = put_utf8(*to, 0x10000u + ((uint32_t)(c - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
	return p + 6;
}

bool md_ch_unescape(struct md_arena *a, const struct md_ch_token *in, struct md_str *out)
{
	*out = (struct md_str){ in->p, in->n };
	if (!(in->flags & MD_CH_ESCAPED))
		return true;
	char *start = md_alloc(a, in->n), *to = start;
	if (!start)
		return false;
	for (const char *p = in->p, *end = p + in->n; p && p < end;) {
		const char *run = memchr(p, '\\', (size_t)(end - p));
		size_t plain = (size_t)((run ? run : end) - p);
		memcpy(to, p, plain);
		to += plain;
		if (!run)
			break;
		if (end - run < 2)
			return false;
		static const char from[] = "\"\\/bfnrt", is[] = "\"\\/\b\f\n\r\t";
		const char *which = run[1] ? strchr(from, run[1]) : NULL;
		p = run + 2;
		if (which)
			*to++ = is[which - from];
		else if (run[1] != 'u' || !(p = put_unicode(p, end, &to)))
			return false;
	}
	*out = (struct md_str){ start, (size_t)(to - start) };
	return true;
}

/* ---- the server's types ---- */

static bool starts_with(struct md_str s, const char *with)
{
	size_t n = strlen(with);
	return s.n >= n && memcmp(s.p, with, n) == 0;
}

/* What is inside "Wrapper(…)". */
static struct md_str inner_type(struct md_str s, const char *wrapper)
{
	size_t n = strlen(wrapper);
	return starts_with(s, wrapper) && s.n > n && s.p[s.n - 1] == ')' ? (struct md_str){ s.p + n, s.n - n - 1 }
	                                                            : MD_NOSTR;
}

static struct md_str unwrap_type(struct md_str s)
{
	static const char *const wrappers[] = { "LowCardinality(", "Nullable(", "Variant(",
		                                "SimpleAggregateFunction(any, ", "SimpleAggregateFunction(anyLast, ",
		                                "SimpleAggregateFunction(max, ", "SimpleAggregateFunction(min, ",
		                                "SimpleAggregateFunction(sum, " };
	for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
		struct md_str in = inner_type(s, wrappers[i]);
		if (in.p) {
			s = in;
			i = (size_t)-1;
		}
	}
	return s;
}

static enum md_ch_kind integer_kind(struct md_str s, enum md_base_type t)
{
	static const char *const small[] = { "Int8", "Int16", "Int32", "UInt8", "UInt16" }, *const large[] = {
		"Int64", "UInt32"
	};
	for (size_t i = 0; i < sizeof small / sizeof *small; i++)
		if (md_str_eqz(s, small[i]))
			return MD_CH_INTEGER;
	for (size_t i = 0; i < sizeof large / sizeof *large; i++)
		if (t != MD_INT && md_str_eqz(s, large[i]))
			return MD_CH_INTEGER;
	return MD_CH_CHECKED;
}

static bool is_text(struct md_str s)
{
	return md_str_eqz(s, "String") || starts_with(s, "FixedString(");
}

static enum md_ch_kind kind_of(struct md_str s, enum md_base_type t)
{
	switch (t) {
	case MD_ENUM:
	case MD_STRING: return MD_CH_TEXT;
	case MD_INT:
	case MD_BIGINT: return integer_kind(s, t);
	case MD_DECIMAL: return starts_with(s, "Decimal(") ? MD_CH_DECIMAL : integer_kind(s, t);
	case MD_FLOAT: return starts_with(s, "Float") ? MD_CH_FLOAT : MD_CH_CHECKED;
	case MD_BOOLEAN: return md_str_eqz(s, "Bool") ? MD_CH_WORD : MD_CH_CHECKED;
	case MD_UUID: return md_str_eqz(s, "UUID") ? MD_CH_UUID : MD_CH_CHECKED;
	case MD_DATE: return md_str_eqz(s, "Date") || md_str_eqz(s, "Date32") ? MD_CH_DATE : MD_CH_CHECKED;
	case MD_TIMESTAMP: return starts_with(s, "DateTime") ? MD_CH_MOMENT : MD_CH_CHECKED;
	case MD_TIME: return MD_CH_CHECKED;
	case MD_BYTES: return is_text(s) ? MD_CH_BYTES : MD_CH_NEVER;
	case MD_JSON: return is_text(s) ? MD_CH_CHECKED : MD_CH_JSON;
	default: return MD_CH_NEVER;
	}
}

struct md_ch_how md_ch_how(struct md_str server_type, struct md_type declared)
{
	struct md_str s = unwrap_type(server_type);
	if (!declared.array)
		return (struct md_ch_how){ (uint8_t)kind_of(s, declared.base), false };
	struct md_str of = inner_type(s, "Array(");
	return (struct md_ch_how){ (uint8_t)(of.p ? kind_of(unwrap_type(of), declared.base) : MD_CH_NEVER), true };
}

/* ---- values ---- */

static bool skip_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return n > 0;
}

static bool is_integer(const struct md_ch_token *in)
{
	bool minus = in->n && in->p[0] == '-';
	return !(in->flags & (MD_CH_STRING | MD_CH_NESTED)) && skip_digits(in->p + minus, in->n - minus);
}

static bool is_null(const struct md_ch_token *in)
{
	return in->n == 4 && !(in->flags & MD_CH_STRING) && memcmp(in->p, "null", 4) == 0;
}

/* Whatever it is, its text is parsed as the declared type. */
static int read_checked(struct md_cells *k, enum md_base_type t, const struct md_ch_token *in, struct md_cell *out)
{
	struct md_str text;
	if ((in->flags & MD_CH_NESTED) || !md_ch_unescape(&k->arena, in, &text))
		return -1;
	return md_cell_scalar(k, t, text, out);
}

static int read_text(struct md_cells *k, const struct md_ch_token *in, struct md_cell *out)
{
	out->form = MD_CELL_TEXT;
	if ((in->flags & MD_CH_NESTED) || !md_ch_unescape(&k->arena, in, &out->text))
		return -1;
	return in->flags & (MD_CH_HIGH | MD_CH_ESCAPED) && !md_utf8_valid(out->text) ? -1 : 0;
}

/* The server's shortest digits are JavaScript's too, as long as neither writes an exponent; -0 and
 * large integers are written again. */
static int read_number(struct md_cells *k, const struct md_ch_token *in, struct md_cell *out)
{
	bool minus = in->n && in->p[0] == '-';
	const char *p = in->p + minus, *dot = memchr(p, '.', in->n - minus);
	size_t whole = dot ? (size_t)(dot - p) : in->n - minus, rest = in->n - minus - whole;
	if (in->flags & MD_CH_STRING) {
		out->form = MD_CELL_NOT_FINITE;
		struct md_str word = { p, in->n - minus };
		return md_str_eqz(word, "nan") || md_str_eqz(word, "inf") ? 0 : -1;
	}
	bool plain = whole < 16 && skip_digits(p, whole) &&
	             (!dot || (rest > 1 && skip_digits(dot + 1, rest - 1) && dot[rest - 1] != '0'));
	if (!plain || (minus && p[0] == '0' && !dot))
		return read_checked(k, MD_FLOAT, in, out);
	*out = (struct md_cell){ { in->p, in->n }, MD_CELL_BARE };
	return 0;
}

static int read_decimal(struct md_cells *k, const struct md_ch_token *in, struct md_cell *out)
{
	bool minus = in->n && in->p[0] == '-';
	const char *p = in->p + minus, *dot = memchr(p, '.', in->n - minus);
	size_t whole = dot ? (size_t)(dot - p) : in->n - minus, rest = in->n - minus - whole;
	if (in->flags || !skip_digits(p, whole) || (dot && !skip_digits(dot + 1, rest - 1)))
		return read_checked(k, MD_DECIMAL, in, out);
	*out = (struct md_cell){ md_decimal_canon((struct md_str){ in->p, in->n }), MD_CELL_BARE };
	return 0;
}

/* "2024-01-01T00:00:00.500000Z": the fraction loses its trailing zeros. */
static int read_moment(struct md_cells *k, const struct md_ch_token *in, struct md_cell *out)
{
	size_t n = in->n;
	if (in->flags != MD_CH_STRING || n < 20 || n > 27 || in->p[4] != '-' || in->p[10] != 'T' ||
	    in->p[n - 1] != 'Z' || (n > 20 && in->p[19] != '.'))
		return read_checked(k, MD_TIMESTAMP, in, out);
	out->form = MD_CELL_PLAIN;
	out->text = (struct md_str){ in->p, n };
	if (n == 20 || in->p[n - 2] != '0')
		return 0;
	for (n--; in->p[n - 1] == '0'; n--)
		;
	n -= in->p[n - 1] == '.';
	if (!md_buf_room(&k->buf, n + 1))
		return -1;
	char *to = k->buf.p + k->buf.n;
	memcpy(to, in->p, n);
	to[n] = 'Z';
	k->buf.n += n + 1;
	out->text = (struct md_str){ to, n + 1 };
	return 0;
}

/* Text whose form the server's type guarantees, of a fixed length. */
static int read_plain(struct md_cells *k, enum md_base_type t, size_t n, const struct md_ch_token *in,
                      struct md_cell *out)
{
	if (in->flags != MD_CH_STRING || in->n != n)
		return read_checked(k, t, in, out);
	*out = (struct md_cell){ { in->p, n }, MD_CELL_PLAIN };
	return 0;
}

static int read_word(const struct md_ch_token *in, struct md_cell *out)
{
	struct md_str s = { in->p, in->n };
	*out = (struct md_cell){ s, MD_CELL_BARE };
	return in->flags == 0 && (md_str_eqz(s, "true") || md_str_eqz(s, "false")) ? 0 : -1;
}

/* A value of the server's JSON, Map, Tuple, … type: with its quotes, if it has them. */
static int read_document(struct md_cells *k, const struct md_ch_token *in, struct md_cell *out)
{
	struct md_str s = { in->p, in->n };
	if (in->flags & MD_CH_STRING)
		s = (struct md_str){ in->p - 1, in->n + 2u };
	return md_cell_scalar(k, MD_JSON, s, out);
}

static int read_scalar(struct md_cells *k, enum md_ch_kind how, enum md_base_type t, const struct md_ch_token *in,
                  struct md_cell *out)
{
	switch (how) {
	case MD_CH_TEXT: return read_text(k, in, out);
	case MD_CH_INTEGER:
		if (!is_integer(in))
			return read_checked(k, t, in, out);
		*out = (struct md_cell){ { in->p, in->n }, MD_CELL_BARE };
		return 0;
	case MD_CH_FLOAT: return read_number(k, in, out);
	case MD_CH_DECIMAL: return read_decimal(k, in, out);
	case MD_CH_WORD: return read_word(in, out);
	case MD_CH_UUID: return read_plain(k, MD_UUID, 36, in, out);
	case MD_CH_DATE: return read_plain(k, MD_DATE, 10, in, out);
	case MD_CH_MOMENT: return read_moment(k, in, out);
	case MD_CH_JSON: return read_document(k, in, out);
	case MD_CH_BYTES:
	case MD_CH_CHECKED: return read_checked(k, t, in, out);
	default: return -1;
	}
}

/* Appends one element, as JSON, to the array that is being built at the end of the scratch. */
static int read_element(struct md_cells *k, enum md_ch_kind how, enum md_base_type t, const struct md_ch_token *in)
{
	struct md_cell c;
	size_t from = k->buf.n;
	bool quoted = md_form_of((struct md_type){ .base = (uint8_t)t }) == MD_CELL_PLAIN;
	if (is_null(in)) {
		md_buf_lit(&k->buf, "null");
		return 0;
	}
	if (quoted)
		md_buf_char(&k->buf, '"');
	size_t before = k->buf.n;
	if (read_scalar(k, how, t, in, &c))
		return -1;
	if (c.form == MD_CELL_NOT_FINITE) {
		k->buf.n = from;
		md_buf_lit(&k->buf, "null");
		return 0;
	}
	if (c.form == MD_CELL_TEXT)
		md_json_quote(&k->buf, c.text);
	else if (k->buf.n == before)
		md_buf_str(&k->buf, c.text);
	if (quoted)
		md_buf_char(&k->buf, '"');
	return 0;
}

static int read_array(struct md_cells *k, enum md_ch_kind how, enum md_base_type t, const struct md_ch_token *in,
                 struct md_cell *out)
{
	const char *p = in->p + 1, *end = in->p + in->n - 1;
	size_t from = k->buf.n;
	if (!(in->flags & MD_CH_NESTED) || in->p[0] != '[' || *end != ']' || how == MD_CH_NEVER)
		return -1;
	md_buf_char(&k->buf, '[');
	while (p < end) {
		struct md_ch_token one;
		struct md_mark mark = md_arena_mark(&k->arena);
		p = read_token(p, end, &one);
		if (!p || read_element(k, how, t, &one))
			return -1;
		md_arena_release(&k->arena, mark);
		if (p == end)
			break;
		if (*p++ != ',' || p == end)
			return -1;
		p += *p == ' ';
		md_buf_char(&k->buf, ',');
	}
	md_buf_char(&k->buf, ']');
	*out = (struct md_cell){ { k->buf.p + from, k->buf.n - from }, MD_CELL_BARE };
	return k->buf.failed ? -1 : 0;
}

int md_ch_cell(struct md_cells *k, struct md_ch_how how, struct md_type t, const struct md_ch_token *in,
               struct md_cell *out)
{
	*out = (struct md_cell){ MD_NOSTR, MD_CELL_NULL };
	if (is_null(in))
		return 0;
	return how.array ? read_array(k, how.how, t.base, in, out) : read_scalar(k, how.how, t.base, in, out);
}
