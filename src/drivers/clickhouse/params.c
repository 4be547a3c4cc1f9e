/* What the ClickHouse driver sends: a form with the statement and one field a parameter, param_p1,
 * param_p2, … Values stand in the body, not in the url, which proxies log and whose length servers
 * limit. Promises: every value reaches the server as exactly itself: a scalar is escaped like a
 * field of tab separated values, an element of a list like a quoted literal; no value holds a line
 * break, so none can end its field. What ClickHouse's type would silently turn into another value
 * is refused: Date32 knows the years 1900 to 2299 and clamps the others. */
#include "drivers/clickhouse/private.h"

#include "base/base64.h"

static void write_escaped(struct md_buf *b, struct md_str s, char quote)
{
	static const char names[128] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['\\'] = '\\', ['\''] = '\''
	};
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char name = c == 0 ? '0' : c < 128 ? names[c] : 0;
		if (name && (c != '\'' || quote)) {
			md_buf_char(b, '\\');
			md_buf_char(b, name);
		} else {
			md_buf_char(b, (char)c);
		}
	}
}

/* YYYY-MM-DDTHH:MM:SS.ffffffZ to YYYY-MM-DD HH:MM:SS.ffffff */
static void write_moment(struct md_buf *b, struct md_str s)
{
	md_buf_add(b, s.p, 10);
	md_buf_char(b, ' ');
	md_buf_add(b, s.p + 11, s.n - 12);
}

static bool is_representable(enum md_base_type t, struct md_str s)
{
	if (t != MD_DATE)
		return true;
	return s.n == 10 && memcmp(s.p, "1900", 4) >= 0 && memcmp(s.p, "2299", 4) <= 0;
}

static void write_element(struct md_buf *b, enum md_base_type t, struct md_str s)
{
	struct md_buf bytes = { .arena = b->arena };
	bool quoted = t != MD_INT && t != MD_BIGINT && t != MD_FLOAT && t != MD_DECIMAL && t != MD_BOOLEAN;
	if (!quoted) {
		md_buf_str(b, s);
		return;
	}
	md_buf_char(b, '\'');
	if (t == MD_TIMESTAMP) {
		write_moment(b, s);
	} else if (t == MD_BYTES) { /* a scalar is decoded by the statement's own base64Decode, a list by us */
		if (md_base64_decode(&bytes, s, &s))
			write_escaped(b, s, '\'');
		b->failed |= bytes.failed;
		md_buf_free(&bytes);
	} else {
		write_escaped(b, s, '\'');
	}
	md_buf_char(b, '\'');
}

static bool write_list(struct md_buf *b, const struct md_value *v)
{
	md_buf_char(b, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (!is_representable(v->type.base, v->list.items[i]))
			return false;
		if (i)
			md_buf_char(b, ',');
		write_element(b, v->type.base, v->list.items[i]);
		if (v->type.base == MD_FLOAT && md_str_eqz(v->list.items[i], "0"))
			md_buf_lit(b, ",-0"); /* equal to 0, but IN compares bits */
	}
	md_buf_char(b, ']');
	return true;
}

static bool write_value(struct md_buf *b, const struct md_value *v)
{
	if (v->type.array)
		return write_list(b, v);
	if (!is_representable(v->type.base, v->text))
		return false;
	if (v->type.base == MD_TIMESTAMP)
		write_moment(b, v->text);
	else
		write_escaped(b, v->text, 0);
	return true;
}

static void write_field(struct md_buf *b, const char *boundary, const char *name, uint32_t number)
{
	md_buf_lit(b, "--");
	md_buf_str(b, md_str_z(boundary));
	md_buf_lit(b, "\r\nContent-Disposition: form-data; name=\"");
	md_buf_str(b, md_str_z(name));
	if (number)
		md_buf_int(b, number);
	md_buf_lit(b, "\"\r\n\r\n");
}

bool md_ch_form(struct md_buf *b, const char *boundary, const struct md_stmt *s, uint32_t *bad)
{
	b->n = 0;
	b->failed = false;
	*bad = 0;
	write_field(b, boundary, "query", 0);
	md_buf_str(b, s->text);
	for (uint32_t i = 0; i < s->n_params; i++) {
		md_buf_lit(b, "\r\n");
		write_field(b, boundary, "param_p", i + 1);
		if (!write_value(b, &s->params[i])) {
			*bad = i + 1;
			return false;
		}
	}
	md_buf_lit(b, "\r\n--");
	md_buf_str(b, md_str_z(boundary));
	md_buf_lit(b, "--\r\n");
	return !b->failed;
}
