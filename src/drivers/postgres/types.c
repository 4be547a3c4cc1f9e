/* Values of the PostgreSQL driver. Everything travels as text: what the server prints is nearly
 * canonical text, so most cells are views of libpq's own memory. The session's settings
 * (connection.c) fix the forms: ISO dates in UTC, hex bytea, shortest floats. */
#include "drivers/postgres/private.h"

#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>

/* From the server's catalog pg_type.dat: numbers of built-in types never change. */
enum oid {
	BOOL = 16, BYTEA = 17, INT8 = 20, INT2 = 21, INT4 = 23, OID = 26, JSON = 114, FLOAT4 = 700, FLOAT8 = 701,
	BPCHAR = 1042, DATE = 1082, TIMESTAMP = 1114,
	TIMESTAMPTZ = 1184, NUMERIC = 1700, UUID = 2950, JSONB = 3802
};

static enum md_pg_how integer_form(Oid oid, enum md_base_type t)
{
	bool fits = oid == INT4 || oid == INT2 || (t != MD_INT && (oid == INT8 || oid == OID));
	return fits ? MD_PG_BARE : MD_PG_CHECKED;
}

static enum md_pg_how text_form(Oid oid, bool any_bytes)
{
	if (oid == BOOL)
		return MD_PG_BOOL_TEXT;
	if (oid == BPCHAR)
		return MD_PG_PADDED;
	return any_bytes ? MD_PG_CHECKED : MD_PG_TEXT;
}

enum md_pg_how md_pg_how(Oid oid, struct md_type declared, bool any_bytes)
{
	if (declared.array)
		return MD_PG_ARRAY;
	switch (declared.base) {
	case MD_ENUM:
	case MD_STRING: return text_form(oid, any_bytes);
	case MD_INT:
	case MD_BIGINT: return integer_form(oid, declared.base);
	case MD_DECIMAL: return oid == NUMERIC ? MD_PG_DECIMAL : integer_form(oid, MD_DECIMAL);
	case MD_FLOAT: return oid == FLOAT8 || oid == FLOAT4 ? MD_PG_FLOAT : MD_PG_CHECKED;
	case MD_BOOLEAN: return oid == BOOL ? MD_PG_BOOL : MD_PG_CHECKED;
	case MD_UUID: return oid == UUID ? MD_PG_PLAIN : MD_PG_CHECKED;
	case MD_DATE: return oid == DATE ? MD_PG_DATE : MD_PG_CHECKED;
	case MD_TIMESTAMP: return oid == TIMESTAMP || oid == TIMESTAMPTZ ? MD_PG_TIMESTAMP : MD_PG_CHECKED;
	case MD_BYTES: return oid == BYTEA ? MD_PG_BYTES : MD_PG_NEVER;
	default: return MD_PG_CHECKED;
	}
}

/* "1234.500" and "NaN" both pass here: a numeric is digits unless it starts with a letter (or '-'
 * and a letter). */
static int read_decimal(struct md_cells *k, struct md_str in, struct md_cell *out)
{
	if (in.n == 0 || in.p[in.n - 1] > '9')
		return md_cell_scalar(k, MD_DECIMAL, in, out);
	*out = (struct md_cell){ md_decimal_canon(in), MD_CELL_BARE };
	return 0;
}

/* The server's shortest digits are JavaScript's too as long as neither writes an exponent. */
static int read_number(struct md_cells *k, struct md_str in, struct md_cell *out)
{
	for (size_t i = 0; i < in.n; i++)
		if ((in.p[i] < '0' || in.p[i] > '9') && in.p[i] != '.' && (in.p[i] != '-' || in.n == 2))
			return md_cell_scalar(k, MD_FLOAT, in, out);
	*out = (struct md_cell){ in, MD_CELL_BARE };
	return 0;
}

/* Years from 1 to 9999 are ten characters; "infinity", "10000-01-01" and "0044-03-15 BC" are not.
 */
static int read_date(struct md_cells *k, struct md_str in, struct md_cell *out)
{
	if (in.n != 10 || in.p[4] != '-')
		return md_cell_scalar(k, MD_DATE, in, out);
	*out = (struct md_cell){ in, MD_CELL_PLAIN };
	return 0;
}

/* "2024-01-01 00:00:00.5+00" and the same without zone; the fraction comes without trailing zeros.
 */
static int read_timestamp(struct md_cells *k, struct md_str in, struct md_cell *out)
{
	size_t n = in.n > 3 && memcmp(in.p + in.n - 3, "+00", 3) == 0 ? in.n - 3 : in.n;
	if (n < 19 || n > 26 || in.p[4] != '-' || in.p[10] != ' ' || (n > 19 && in.p[19] != '.') || in.p[n - 1] > '9')
		return md_cell_scalar(k, MD_TIMESTAMP, in, out);
	if (!md_buf_room(&k->buf, n + 1))
		return -1;
	char *to = k->buf.p + k->buf.n;
	memcpy(to, in.p, n);
	to[10] = 'T';
	to[n] = 'Z';
	k->buf.n += n + 1;
	*out = (struct md_cell){ { to, n + 1 }, MD_CELL_PLAIN };
	return 0;
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x00ff" to base64, through bytes in the scratch arena. */
static int read_bytes(struct md_cells *k, struct md_str in, struct md_cell *out)
{
	if (in.n < 2 || in.n % 2 || in.p[0] != '\\' || in.p[1] != 'x')
		return -1;
	struct md_mark mark = md_arena_mark(&k->arena);
	size_t n = in.n / 2 - 1;
	char *raw = md_alloc(&k->arena, n);
	if (!raw)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(in.p[2 + 2 * i]), low = hex_value(in.p[3 + 2 * i]);
		if (high < 0 || low < 0)
			return -1;
		raw[i] = (char)(high << 4 | low);
	}
	int rc = md_cell_scalar(k, MD_BYTES, (struct md_str){ raw, n }, out);
	md_arena_release(&k->arena, mark);
	return rc;
}

/* char(n) without its padding, as a cast to text is. */
static struct md_str strip_padding(struct md_str in)
{
	while (in.n && in.p[in.n - 1] == ' ')
		in.n--;
	return in;
}

int md_pg_cell(struct md_cells *k, enum md_pg_how how, struct md_type t, struct md_str in, struct md_cell *out)
{
	switch (how) {
	case MD_PG_TEXT:
		*out = (struct md_cell){ in, MD_CELL_TEXT };
		return 0;
	case MD_PG_PADDED: return md_cell_scalar(k, MD_STRING, strip_padding(in), out);
	case MD_PG_BOOL_TEXT:
		*out = (struct md_cell){ in.p[0] == 't' ? MD_STR("true") : MD_STR("false"), MD_CELL_TEXT };
		return 0;
	case MD_PG_BARE:
		*out = (struct md_cell){ in, MD_CELL_BARE };
		return 0;
	case MD_PG_PLAIN:
		*out = (struct md_cell){ in, MD_CELL_PLAIN };
		return 0;
	case MD_PG_BOOL:
		*out = (struct md_cell){ in.p[0] == 't' ? MD_STR("true") : MD_STR("false"), MD_CELL_BARE };
		return 0;
	case MD_PG_DECIMAL: return read_decimal(k, in, out);
	case MD_PG_FLOAT: return read_number(k, in, out);
	case MD_PG_DATE: return read_date(k, in, out);
	case MD_PG_TIMESTAMP: return read_timestamp(k, in, out);
	case MD_PG_BYTES: return read_bytes(k, in, out);
	case MD_PG_ARRAY: return md_cell_pg_array(k, t.base, in, out);
	case MD_PG_CHECKED: return md_cell_scalar(k, t.base, in, out);
	default: return -1;
	}
}

/* Most bytes that the text of a parameter takes, its NUL included. */
static size_t param_room(const struct md_value *v)
{
	if (!v->type.array)
		return v->text.n + 1;
	size_t n = 3;
	for (size_t i = 0; i < v->list.n; i++)
		n += 2 * v->list.items[i].n + 3;
	return n;
}

static bool values_room(struct md_pg *c, uint32_t n)
{
	if (n <= c->values_cap)
		return true;
	const char **bigger = realloc(c->values, n * sizeof *bigger);
	if (!bigger)
		return false;
	c->values = bigger;
	c->values_cap = n;
	return true;
}

bool md_pg_params(struct md_pg *c, const struct md_stmt *s)
{
	size_t n = 0;
	for (uint32_t i = 0; i < s->n_params; i++)
		n += param_room(&s->params[i]);
	c->params.n = 0;
	c->params.failed = false;
	/* room for all: pointers into the buffer stay good */
	if (!values_room(c, s->n_params) || !md_buf_room(&c->params, n))
		return false;
	for (uint32_t i = 0; i < s->n_params; i++) {
		c->values[i] = c->params.p + c->params.n;
		if (s->params[i].type.array)
			md_list_pg(&c->params, &s->params[i]);
		else
			md_buf_str(&c->params, s->params[i].text);
		md_buf_char(&c->params, '\0');
	}
	return true;
}

static void add_value(struct md_pg *c, uint32_t *n, struct md_str s)
{
	c->values[(*n)++] = c->params.p + c->params.n;
	md_buf_str(&c->params, s);
	md_buf_char(&c->params, '\0');
}

bool md_pg_context(struct md_pg *c, int64_t bound_ms)
{
	enum { DIGITS = 21 };
	char bound[DIGITS];
	size_t room_for = DIGITS + c->role.n + 1;
	uint32_t n = 0;
	for (uint32_t i = 0; i < c->context.n; i++)
		room_for += c->context.v[i].name.n + c->context.v[i].value.n + 2;
	c->params.n = 0;
	c->params.failed = false;
	if (!values_room(c, 2 * c->context.n + 2) || !md_buf_room(&c->params, room_for))
		return false;
	if (bound_ms) {
		int digits = snprintf(bound, sizeof bound, "%lld",
		                      (long long)(bound_ms < INT32_MAX ? bound_ms : INT32_MAX));
		add_value(c, &n, (struct md_str){ bound, (size_t)digits });
	}
	for (uint32_t i = 0; i < c->context.n; i++) {
		add_value(c, &n, c->context.v[i].name);
		add_value(c, &n, c->context.v[i].value);
	}
	if (c->role.n)
		add_value(c, &n, c->role);
	return true;
}
