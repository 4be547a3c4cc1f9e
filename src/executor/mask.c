/* Accepts cells of any type and length, malformed UTF-8 included. Promises: NULL stays NULL, and no
 * other cell becomes NULL, except under the mask `full` on a type other than text. A mask depends
 * only on the characters that it shows; characters are code points. A row that is no longer than
 * the rows before it allocates nothing. */
#include "executor/mask.h"

enum { MAX_ADDED_BYTES = 16 }; /* a mask makes a value longer by at most so many bytes */

size_t md_mask_room(const struct md_cell *cell)
{
	return cell->text.n + MAX_ADDED_BYTES;
}

static bool is_continuation_byte(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* How many bytes the first character has. */
static size_t first_char_bytes(struct md_str s)
{
	size_t n = s.n ? 1 : 0;
	while (n < s.n && is_continuation_byte(s.p[n]))
		n++;
	return n;
}

/* Where the last character begins. */
static size_t last_char_start(struct md_str s)
{
	size_t i = s.n ? s.n - 1 : 0;
	while (i && is_continuation_byte(s.p[i]))
		i--;
	return i;
}

static size_t count_chars(struct md_str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += i == 0 || !is_continuation_byte(s.p[i]);
	return n;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *find_last(struct md_str s, char c)
{
	return s.n ? memrchr(s.p, c, s.n) : NULL;
}

/* j***@***.com. The domain stands behind the last @. */
static void mask_email(struct md_buf *b, struct md_str s)
{
	const char *at = find_last(s, '@');
	if (!at || at == s.p) {
		md_buf_lit(b, "***");
		return;
	}

	struct md_str domain = { at + 1, s.n - (size_t)(at + 1 - s.p) };
	const char *dot = find_last(domain, '.');
	md_buf_add(b, s.p, first_char_bytes(s));
	md_buf_lit(b, "***@***");
	if (dot)
		md_buf_add(b, dot, domain.n - (size_t)(dot - domain.p));
}

static void mask_phone(struct md_buf *b, struct md_str s)
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

static void mask_name(struct md_buf *b, struct md_str s)
{
	size_t n = count_chars(s), last = last_char_start(s);
	if (n <= 2) {
		md_buf_lit(b, "***");
		return;
	}

	md_buf_add(b, s.p, first_char_bytes(s));
	for (size_t i = 2; i < n; i++)
		md_buf_char(b, '*');
	md_buf_add(b, s.p + last, s.n - last);
}

/* Shows the first four characters. A text of four characters or fewer would be shown as a whole, so
 * nothing of it is shown. */
static void mask_uuid(struct md_buf *b, struct md_str s)
{
	struct md_str rest = s;
	for (int i = 0; i < 4; i++) {
		size_t n = first_char_bytes(rest);
		rest = (struct md_str){ rest.p + n, rest.n - n };
	}
	if (rest.n)
		md_buf_add(b, s.p, s.n - rest.n);
	md_buf_lit(b, "****");
}

/* Shows the year, which ends at the first '-' behind the first character (a sign may stand in front
 * of it). */
static void mask_date(struct md_buf *b, struct md_str s, bool timestamp)
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
		mask_email(b, cell->text);
		break;
	case MD_MASK_PHONE:
		mask_phone(b, cell->text);
		break;
	case MD_MASK_NAME:
		mask_name(b, cell->text);
		break;
	case MD_MASK_UUID:
		mask_uuid(b, cell->text);
		break;
	case MD_MASK_NUMBER:
		md_buf_char(b, '0');
		break;
	case MD_MASK_DATE:
		mask_date(b, cell->text, c->type.base == MD_TIMESTAMP);
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

/* Reserves the text of the whole row first, because cells point into it and it must not move. */
static bool reserve_text(struct md_masks *m, const struct md_cell *cells)
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
	if (!reserve_text(m, cells))
		return NULL;
	for (uint32_t i = 0; i < m->n; i++) {
		const struct md_shape_output *o = &m->outputs[i];
		m->row[i] = is_masked(o, cells, i) ? md_mask_cell(&m->text, o->column, &cells[i]) : cells[i];
	}
	return m->row;
}
