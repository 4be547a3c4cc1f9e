/* Canonical cells from a database's text, arrays and parameter lists included. See cells.h for what
 * is promised. */
#include "drivers/value/cells.h"

#include "base/base64.h"
#include "base/date.h"
#include "base/number.h"
#include "drivers/value/json_text.h"
#include "json/json.h"
#include "json/write.h"

enum { KEPT_CELLS = 256 * 1024 };

void md_cells_free(struct md_cells *k)
{
	md_buf_free(&k->buf);
	md_arena_free(&k->arena);
}

void md_cells_rest(struct md_cells *k)
{
	if (k->buf.cap > KEPT_CELLS || k->buf.failed)
		md_buf_free(&k->buf);
	k->buf.n = 0;
	if (k->arena.current || k->arena.oom)
		md_arena_reset(&k->arena);
}

bool md_cells_failed(const struct md_cells *k)
{
	return k->buf.failed || k->arena.oom;
}

/* ---- labels of enums ---- */

/* Is an array, as JSON, one of labels alone? */
static bool are_all_labels(struct md_cells *k, const struct md_labels *l, struct md_str array)
{
	struct md_mark mark = md_arena_mark(&k->arena);
	const struct md_json *root, *e;
	struct md_json_error error;
	struct md_json_iter it;
	bool all = md_json_parse(&k->arena, array, &root, &error) == 0;
	if (all)
		md_json_iter(&it, root);
	while (all && (e = md_json_next(&it, NULL)))
		all = md_json_type(e) == MD_JSON_NULL || md_label_place(l, md_json_text(e)) != MD_NONE;
	md_arena_release(&k->arena, mark);
	return all;
}

static bool is_declared(struct md_cells *k, const struct md_stmt_output *column, const struct md_cell *c)
{
	if (c->form == MD_CELL_NULL)
		return true;
	return column->type.array ? are_all_labels(k, column->labels, c->text)
	                          : md_label_place(column->labels, c->text) != MD_NONE;
}

int md_cells_row(struct md_cells *k, md_cell_one one, void *conn, const struct md_stmt *s, struct md_cell *cells,
                 uint32_t *bad)
{
	const char *base;
	struct md_mark mark = md_arena_mark(&k->arena);
	do {
		base = k->buf.p;
		k->buf.n = 0;
		md_arena_release(&k->arena, mark);
		for (*bad = 0; *bad < s->n_outputs; ++*bad) {
			const struct md_stmt_output *column = &s->outputs[*bad];
			if (one(conn, *bad, &cells[*bad]) == 0 &&
			    (!column->labels || is_declared(k, column, &cells[*bad])))
				continue;
			if (!s->outputs[*bad].spare || md_cells_failed(k))
				return -1;
			cells[*bad] = (struct md_cell){ MD_NOSTR, MD_CELL_UNFIT };
		}
	} while (k->buf.p != base);
	*bad = 0;
	return md_cells_failed(k) ? -1 : 0;
}

static bool is_infinite(struct md_str in)
{
	return md_str_eq(in, MD_STR("NaN")) || md_str_eq(in, MD_STR("Infinity")) ||
	       md_str_eq(in, MD_STR("-Infinity")) || md_str_eq(in, MD_STR("infinity")) ||
	       md_str_eq(in, MD_STR("-infinity"));
}

/* Numbers and dates may be spelled NaN or infinity; the others just don't parse. */
static int parse_by_type(struct md_cells *k, enum md_base_type t, struct md_str in, struct md_cell *out)
{
	if (!in.n)
		return -1;
	bool number = t == MD_INT || t == MD_BIGINT || t == MD_DECIMAL || t == MD_FLOAT;
	/* its zeros are not the fraction's */
	bool exponent = in.n && (memchr(in.p, 'e', in.n) || memchr(in.p, 'E', in.n));
	struct md_str plain = t == MD_DECIMAL && !exponent ? md_decimal_canon(in) : in;
	if (md_value_parse(&k->arena, t, plain, number, true, &out->text) == NULL)
		return out->text.p ? 0 : -1;
	if (!is_infinite(in) || (!number && t != MD_DATE))
		return -1;
	out->form = MD_CELL_NOT_FINITE;
	return 0;
}

static int parse_boolean(struct md_str in, struct md_cell *out)
{
	static const struct {
		struct md_str spelled;
		bool is;
	} words[] = { { { "t", 1 }, true }, { { "f", 1 }, false }, { { "1", 1 }, true }, { { "0", 1 }, false },
		      { { "true", 4 }, true }, { { "false", 5 }, false } };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (md_str_eq(in, words[i].spelled)) {
			out->text = words[i].is ? MD_STR("true") : MD_STR("false");
			return 0;
		}
	return -1;
}

int md_cell_scalar(struct md_cells *k, enum md_base_type t, struct md_str in, struct md_cell *out)
{
	out->form = md_form_of((struct md_type){ .base = (uint8_t)t });
	out->text = in;
	switch (t) {
	case MD_STRING:
	case MD_ENUM:
		return md_utf8_valid(in) ? 0 : -1;
	case MD_BOOLEAN:
		return parse_boolean(in, out);
	case MD_TIMESTAMP:
		if (md_timestamp_canon(&k->buf, in, &out->text))
			return 0;
		out->form = MD_CELL_NOT_FINITE;
		return is_infinite(in) ? 0 : -1;
	case MD_JSON:
		return md_json_compact(&k->buf, in, &out->text) ? 0 : -1;
	case MD_BYTES:
		out->text = md_base64(&k->buf, in);
		return out->text.p ? 0 : -1;
	default:
		return parse_by_type(k, t, in, out);
	}
}

/* Appends one element, as JSON, to the array that is being built at the end of the scratch. */
static int append_element(struct md_cells *k, enum md_base_type t, struct md_str in)
{
	struct md_cell c;
	if (t == MD_STRING || t == MD_ENUM) {
		md_json_quote(&k->buf, in);
		return md_utf8_valid(in) ? 0 : -1;
	}
	bool quoted = md_form_of((struct md_type){ .base = (uint8_t)t }) == MD_CELL_PLAIN;
	size_t from = k->buf.n;
	if (quoted)
		md_buf_char(&k->buf, '"');
	size_t before = k->buf.n;
	if (md_cell_scalar(k, t, in, &c))
		return -1;
	if (c.form == MD_CELL_NOT_FINITE) {
		k->buf.n = from;
		md_buf_lit(&k->buf, "null");
		return 0;
	}
	if (k->buf.n == before)
		md_buf_str(&k->buf, c.text);
	if (quoted)
		md_buf_char(&k->buf, '"');
	return 0;
}

static int array_done(struct md_cells *k, size_t from, struct md_cell *out)
{
	md_buf_char(&k->buf, ']');
	if (k->buf.failed)
		return -1; /* there may be no text */
	out->form = MD_CELL_BARE;
	out->text = (struct md_str){ k->buf.p + from, k->buf.n - from };
	return 0;
}

/* A quoted element without its backslashes: a view where it has none, otherwise in the arena. NULL
 * when it is cut short. */
static const char *unquote_element(struct md_cells *k, const char *p, const char *end, struct md_str *out)
{
	const char *from = ++p;
	size_t escapes = 0;
	for (; p < end && *p != '"'; p++)
		if (*p == '\\') {
			escapes++;
			p++;
		}
	if (p >= end)
		return NULL;
	*out = (struct md_str){ from, (size_t)(p - from) };
	if (escapes == 0)
		return p + 1;
	char *to = md_alloc(&k->arena, out->n - escapes + 1);
	if (!to)
		return NULL;
	size_t n = 0;
	for (const char *q = from; q < p; q++)
		to[n++] = *q == '\\' ? *++q : *q;
	*out = (struct md_str){ to, n };
	return p + 1;
}

/* One element of an array literal at p; behind it, or NULL: not an element (a nested array among
 * them). */
static const char *pg_element(struct md_cells *k, enum md_base_type t, const char *p, const char *end)
{
	struct md_str text;
	if (p < end && *p == '"') {
		struct md_mark m = md_arena_mark(&k->arena);
		p = unquote_element(k, p, end, &text);
		if (!p || append_element(k, t, text))
			return NULL;
		md_arena_release(&k->arena, m);
		return p;
	}
	const char *from = p;
	while (p < end && *p != ',' && *p != '}' && *p != '{')
		p++;
	text = (struct md_str){ from, (size_t)(p - from) };
	if (p == end || *p == '{')
		return NULL;
	if (md_str_eq(text, MD_STR("NULL")))
		md_buf_lit(&k->buf, "null");
	else if (append_element(k, t, text))
		return NULL;
	return p;
}

int md_cell_pg_array(struct md_cells *k, enum md_base_type t, struct md_str in, struct md_cell *out)
{
	const char *p = in.p, *end = in.p + in.n;
	size_t from = k->buf.n;
	if (p < end && *p == '[') { /* lower bounds other than 1: [0:2]={…} */
		p = memchr(p, '=', in.n);
		if (!p)
			return -1;
		p++;
	}
	if (end - p < 2 || *p != '{' || end[-1] != '}')
		return -1;
	md_buf_char(&k->buf, '[');
	for (p++; p + 1 < end; p++) {
		p = pg_element(k, t, p, end);
		if (!p || (*p != ',' && p + 1 != end))
			return -1;
		if (*p != ',')
			continue;
		if (p + 2 == end)
			return -1;
		md_buf_char(&k->buf, ',');
	}
	return array_done(k, from, out);
}

/* The element behind a JSON token. A decimal or bigint may be stored as string, to keep its digits
 * from other programs' doubles. */
static int json_element(struct md_cells *k, enum md_base_type t, struct md_str token)
{
	bool string = token.p[0] == '"', number = token.p[0] == '-' || (token.p[0] >= '0' && token.p[0] <= '9');
	bool is_text = t == MD_STRING || t == MD_ENUM;
	if (md_str_eq(token, MD_STR("null")) || (is_text && string)) {
		md_buf_str(&k->buf, token);
		return 0;
	}
	bool wants_number = t == MD_INT || t == MD_BIGINT || t == MD_DECIMAL || t == MD_FLOAT;
	bool fits = t == MD_BOOLEAN ? !string && !number
	            : wants_number  ? number || (string && (t == MD_BIGINT || t == MD_DECIMAL))
	                            : string;
	if (!fits || is_text)
		return -1;
	if (string)
		token = (struct md_str){ token.p + 1, token.n - 2 };
	return append_element(k, t, token);
}

static const char *past_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

int md_cell_json_array(struct md_cells *k, enum md_base_type t, struct md_str in, struct md_cell *out)
{
	const char *end = in.p + in.n, *p = past_space(in.p, end);
	size_t from = k->buf.n;
	if (p == end || *p != '[' || !md_utf8_valid(in))
		return -1;
	md_buf_char(&k->buf, '[');
	p = past_space(p + 1, end);
	if (p < end && *p == ']')
		return past_space(p + 1, end) == end ? array_done(k, from, out) : -1;
	for (;;) {
		struct md_str token;
		if (!md_json_token(&p, end, &token) || json_element(k, t, token))
			return -1;
		p = past_space(p, end);
		if (p == end || (*p != ',' && *p != ']'))
			return -1;
		if (*p++ == ']')
			return past_space(p, end) == end ? array_done(k, from, out) : -1;
		md_buf_char(&k->buf, ',');
		p = past_space(p, end);
	}
}

int md_cell_unfit(struct md_ctx *cx, struct md_cells *k, struct md_str database, const struct md_stmt_output *column,
                  const char *found)
{
	if (md_cells_failed(k))
		return md_out_of_memory(cx);

	const char *got = found ? ", got " : "";
	return md_fail_with(cx, MD_TYPE_MISMATCH, MD_DETAILS(.column = column->label, .database = database), MD_NOSTR,
	                    "column '%.*s' holds a value that does not fit its type in database '%.*s': "
	                    "expected %s%s%s",
	                    MD_FMT(column->label), MD_FMT(database), md_type_name(column->type), got, found ? found :
	                    "");
}

static void pg_quote(struct md_buf *b, struct md_str s)
{
	md_buf_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			md_buf_char(b, '\\');
		md_buf_char(b, s.p[i]);
	}
	md_buf_char(b, '"');
}

static bool needs_quotes(enum md_base_type t)
{
	return t == MD_STRING || t == MD_ENUM || t == MD_TIMESTAMP || t == MD_BYTES;
}

void md_list_pg(struct md_buf *b, const struct md_value *v)
{
	md_buf_char(b, '{');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			md_buf_char(b, ',');
		if (needs_quotes(v->type.base))
			pg_quote(b, v->list.items[i]);
		else
			md_buf_str(b, v->list.items[i]);
	}
	md_buf_char(b, '}');
}

/* Decimals travel as strings: json_each would make doubles of them. */
void md_list_json(struct md_buf *b, const struct md_value *v)
{
	enum md_base_type t = v->type.base;
	bool bare = t == MD_INT || t == MD_BIGINT || t == MD_FLOAT || t == MD_BOOLEAN;
	md_buf_char(b, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			md_buf_char(b, ',');
		if (bare)
			md_buf_str(b, v->list.items[i]);
		else
			md_json_quote(b, v->list.items[i]);
	}
	md_buf_char(b, ']');
}
