/* The verbs. Promises: what stands in the text is our words, quoted names, generated aliases and numbers; the parameters are as many and in the order of their
 * places. */
#include "sqlgen/sqltext.h"

enum { PARAMS = 8 };

void sql_begin(struct md_sql_text *s, struct md_arena *a, const struct md_dialect *d, size_t room)
{
	*s = (struct md_sql_text){ .text = { .arena = a }, .dialect = d, .arena = a };
	md_buf_room(&s->text, room);
}

int sql_done(struct md_sql_text *s, struct md_ctx *cx)
{
	if (s->text.failed)
		return -1;
	if (s->no_word)
		return md_fail(cx, MD_INTERNAL, "an operator has no text in SQL");
	if (s->too_many_digits)
		return md_fail(cx, MD_UNSUPPORTED, "a decimal of %zu digits can't be compared there: at most %u", s->too_many_digits,
		               (unsigned)s->dialect->decimal_digits);
	return 0;
}

void sql_op(struct md_sql_text *s, enum md_op op)
{
	s->no_word |= !md_op_words[op].n;
	sql_word(s, &md_op_words[op]);
}

void sql_int(struct md_sql_text *s, int64_t v)
{
	md_buf_int(&s->text, v);
}

void sql_alias(struct md_sql_text *s, char letter, uint32_t i)
{
	struct md_buf *b = &s->text;
	if (!md_buf_room(b, 12))
		return;
	b->p[b->n++] = letter;
	if (i < 10)
		b->p[b->n++] = (char)('0' + i);
	else
		md_buf_int(b, i);
}

void sql_column(struct md_sql_text *s, const struct md_pcolumn *c, enum md_place place)
{
	const struct md_around *around = place == MD_PLACE_BARE || (c->type.base == MD_STRING && !c->collate) ? NULL : &s->dialect->column[place][c->type.base];
	if (around)
		sql_word(s, &around->before);
	sql_alias(s, 't', c->table);
	md_buf_char(&s->text, '.');
	sql_ident(s, c->name);
	if (around)
		sql_word(s, &around->after);
}

static bool params_room(struct md_sql_text *s)
{
	if (s->n_params < s->cap)
		return true;
	uint32_t cap = s->cap ? s->cap * 2 : PARAMS;
	struct md_value *more = md_alloc(s->arena, cap * sizeof *more);
	if (!more)
		return false;
	if (s->n_params)
		memcpy(more, s->params, s->n_params * sizeof *more);
	s->params = more;
	s->cap = cap;
	return true;
}

/* Digits that a decimal type must have for the value: zeros right behind the point count. */
static void check_digits(struct md_sql_text *s, const struct md_value *v)
{
	struct md_digits d = md_decimal_digits(v);
	if (d.whole + d.fraction > s->dialect->decimal_digits)
		s->too_many_digits = d.whole + d.fraction;
}

void sql_param(struct md_sql_text *s, const struct md_value *v)
{
	if (!params_room(s)) {
		s->text.failed = true;
		return;
	}
	s->params[s->n_params++] = *v;
	if (v->type.base == MD_DECIMAL && s->dialect->decimal_digits)
		check_digits(s, v);
	s->dialect->param(&s->text, s->n_params, v);
}
