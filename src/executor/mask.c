/* Accepts cells of any type and length, malformed UTF-8 too. Promises: NULL stays NULL and nothing else does, except under full on a type that has no such
 * text; a mask depends on nothing but what it shows; characters are code points; no memory for a row that is no longer than those before it. */
#include "executor/mask.h"

enum { MOST_ADDED = 16 }; /* bytes that a mask adds to a value, at most */

size_t md_mask_room(const struct md_cell *cell)
{
	return cell->text.n + MOST_ADDED;
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes of the first character. */
static size_t first_length(struct md_str s)
{
	size_t n = s.n ? 1 : 0;
	while (n < s.n && continues(s.p[n]))
		n++;
	return n;
}

/* Where the last character begins. */
static size_t last_start(struct md_str s)
{
	size_t i = s.n ? s.n - 1 : 0;
	while (i && continues(s.p[i]))
		i--;
	return i;
}

static size_t characters(struct md_str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += i == 0 || !continues(s.p[i]);
	return n;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *last_of(struct md_str s, char c)
{
	return s.n ? memrchr(s.p, c, s.n) : NULL;
}

/* j***@***.com; what is behind the last @ is the domain. */
static void email(struct md_buf *b, struct md_str s)
{
	const char *at = last_of(s, '@');
	if (!at || at == s.p) {
		md_buf_lit(b, "***");
		return;
	}
	struct md_str domain = { at + 1, s.n - (size_t)(at + 1 - s.p) };
	const char *dot = last_of(domain, '.');
	md_buf_add(b, s.p, first_length(s));
	md_buf_lit(b, "***@***");
	if (dot)
		md_buf_add(b, dot, domain.n - (size_t)(dot - domain.p));
}

static void phone(struct md_buf *b, struct md_str s)
{
	char first = 0, last[3] = { 0 };
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			continue;
		first = n++ ? first : s.p[i];
		last[0] = last[1], last[1] = last[2], last[2] = s.p[i];
	}
	if (n > 3 && s.p[0] == '+')
		md_buf_char(b, '+');
	if (n > 3)
		md_buf_char(b, first);
	md_buf_lit(b, "***");
	if (n > 3)
		md_buf_add(b, last, 3);
}

static void name(struct md_buf *b, struct md_str s)
{
	size_t n = characters(s), last = last_start(s);
	if (n <= 2) {
		md_buf_lit(b, "***");
		return;
	}
	md_buf_add(b, s.p, first_length(s));
	for (size_t i = 2; i < n; i++)
		md_buf_char(b, '*');
	md_buf_add(b, s.p + last, s.n - last);
}

/* The whole of a text that is no longer than what is shown would be shown: of such a one nothing is. */
static void uuid(struct md_buf *b, struct md_str s)
{
	struct md_str rest = s;
	for (int i = 0; i < 4; i++) {
		size_t n = first_length(rest);
		rest = (struct md_str){ rest.p + n, rest.n - n };
	}
	if (rest.n)
		md_buf_add(b, s.p, s.n - rest.n);
	md_buf_lit(b, "****");
}

/* The year ends before the second part; a sign before it belongs to it. */
static void date(struct md_buf *b, struct md_str s, bool timestamp)
{
	size_t n = s.n > 1;
	while (n < s.n && s.p[n] != '-')
		n++;
	md_buf_add(b, s.p, n);
	md_buf_lit(b, "-01-01");
	if (timestamp)
		md_buf_lit(b, "T00:00:00Z");
}

struct md_cell md_mask_cell(struct md_buf *b, const struct md_column *c, const struct md_cell *cell)
{
	size_t from = b->n;
	struct md_cell out = { .form = md_form_of(c->type) };
	switch (c->mask) {
	case MD_MASK_EMAIL:
		email(b, cell->text);
		break;
	case MD_MASK_PHONE:
		phone(b, cell->text);
		break;
	case MD_MASK_NAME:
		name(b, cell->text);
		break;
	case MD_MASK_UUID:
		uuid(b, cell->text);
		break;
	case MD_MASK_NUMBER:
		md_buf_char(b, '0');
		break;
	case MD_MASK_DATE:
		date(b, cell->text, c->type.base == MD_TIMESTAMP);
		break;
	default:
		if (c->type.array || c->type.base != MD_STRING)
			return (struct md_cell){ .form = MD_CELL_NULL };
		md_buf_lit(b, "***");
	}
	out.text = (struct md_str){ b->p + from, b->n - from };
	return out;
}

/* ---- rows ---- */

int md_masks_init(struct md_masks *m, struct md_arena *a, const struct md_shape *shape, uint32_t n_outputs)
{
	*m = (struct md_masks){ .outputs = shape->outputs, .n = n_outputs, .text = { .arena = a } };
	for (uint32_t i = 0; i < n_outputs && !shape->count; i++)
		if (shape->outputs[i].masking != MD_UNMASKED) {
			m->row = md_alloc(a, n_outputs * sizeof *m->row);
			return m->row ? 0 : -1;
		}
	return 0;
}

static bool is_masked(const struct md_shape_output *c, const struct md_cell *cells, uint32_t i)
{
	if (c->masking == MD_UNMASKED || cells[i].form == MD_CELL_NULL)
		return false;
	return c->masking == MD_MASKED || !md_str_eq(cells[c->clear_at].text, MD_STR("1"));
}

/* Room for the whole row first: texts must not move while it is made. */
static bool text_room(struct md_masks *m, const struct md_cell *cells)
{
	size_t n = 0;
	for (uint32_t i = 0; i < m->n; i++)
		if (is_masked(&m->outputs[i], cells, i))
			n += md_mask_room(&cells[i]);
	m->text.n = 0;
	return md_buf_room(&m->text, n);
}

const struct md_cell *md_masks_apply(struct md_masks *m, const struct md_cell *cells)
{
	if (!m->row)
		return cells;
	if (!text_room(m, cells))
		return NULL;
	for (uint32_t i = 0; i < m->n; i++)
		m->row[i] = is_masked(&m->outputs[i], cells, i) ? md_mask_cell(&m->text, m->outputs[i].column, &cells[i]) : cells[i];
	return m->row;
}
