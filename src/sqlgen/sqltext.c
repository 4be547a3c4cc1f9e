/* The verbs. Promises: the text holds our words, quoted names, generated aliases and numbers; the
 * parameters are as many as their places and in the same order. */
#include "sqlgen/sqltext.h"

enum { PARAMS = 8 };

void sql_begin(struct md_sql_text *s, struct md_arena *a, const struct md_dialect *d, const struct md_scan *scans,
               size_t room)
{
	*s = (struct md_sql_text){ .text = { .arena = a }, .dialect = d, .scans = scans, .arena = a,
		                 .semi_joins = d->semi_joins };
	md_buf_room(&s->text, room);
}

int sql_done(struct md_sql_text *s, struct md_ctx *cx)
{
	if (!md_buf_text(&s->text).p)
		return md_out_of_memory(cx);
	if (s->lacks_word)
		return md_fail(cx, MD_INTERNAL, "an operator has no text in SQL");
	if (s->too_many_digits)
		return md_fail(cx, MD_UNSUPPORTED, "a decimal of %zu digits can't be compared there: at most %u",
		               s->too_many_digits, (unsigned)s->dialect->decimal_digits);
	return 0;
}

void sql_int(struct md_sql_text *s, int64_t v)
{
	md_buf_int(&s->text, v);
}

/* ---- names: room is taken once, then written without further checks ---- */

enum { ALIAS_ROOM = 1 + MD_MOST_DIGITS };

static inline char *put_alias(char *to, char letter, uint32_t i)
{
	*to = letter;
	return md_put_number(to + 1, i);
}

static char *put_word(char *to, const struct md_str *w)
{
	if (w->n)
		memcpy(to, w->p, w->n);
	return to + w->n;
}

static void set_end(struct md_sql_text *s, const char *end)
{
	s->text.n = (size_t)(end - s->text.p);
}

void sql_named_table(struct md_sql_text *s, const struct md_str *parts, uint32_t n, uint32_t alias)
{
	size_t room = 4 + ALIAS_ROOM;
	for (uint32_t i = 0; i < n; i++)
		room += 2 * parts[i].n + 3;
	if (!md_buf_room(&s->text, room))
		return;

	char *to = s->text.p + s->text.n;
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			*to++ = '.';
		to = md_quote_ident(to, s->dialect, parts[i]);
	}
	memcpy(to, " AS ", 4);
	set_end(s, put_alias(to + 4, 't', alias));
}

void sql_alias(struct md_sql_text *s, char letter, uint32_t i)
{
	md_buf_numbered(&s->text, letter, i);
}

void sql_output_alias(struct md_sql_text *s, uint32_t i)
{
	if (!md_buf_room(&s->text, 4 + ALIAS_ROOM))
		return;
	char *to = s->text.p + s->text.n;
	memcpy(to, " AS ", 4);
	set_end(s, put_alias(to + 4, 'c', i));
}

void sql_column(struct md_sql_text *s, const struct md_physical *c, const struct md_around *around)
{
	size_t room = ALIAS_ROOM + 1 + 2 * c->name.n + 2 + around->before.n + around->after.n;
	if (!md_buf_room(&s->text, room))
		return;
	char *to = put_word(s->text.p + s->text.n, &around->before);
	to = put_alias(to, 't', c->scan);
	*to++ = '.';
	to = md_quote_ident(to, s->dialect, c->name);
	set_end(s, put_word(to, &around->after));
}

/* ---- parameters ---- */

/* Room for s->cap parameters, those behind the n_params ones NULL. */
static const struct md_real_type **grow_held_by(struct md_sql_text *s)
{
	const struct md_real_type **more = md_alloc(s->arena, s->cap * sizeof *more);
	if (!more)
		s->text.failed = true;
	else if (s->held_by)
		memcpy(more, s->held_by, s->n_params * sizeof *more);
	for (uint32_t i = s->held_by ? s->n_params : 0; more && i < s->cap; i++)
		more[i] = NULL;
	return more;
}

static bool grow_params(struct md_sql_text *s)
{
	uint32_t cap = s->cap ? s->cap * 2 : PARAMS;
	struct md_value *more = md_alloc(s->arena, cap * sizeof *more);
	if (!more)
		return false;
	if (s->n_params)
		memcpy(more, s->params, s->n_params * sizeof *more);
	s->params = more;
	s->cap = cap;
	s->held_by = s->held_by ? grow_held_by(s) : NULL;
	return true;
}

/* Digits that a decimal type must have for the value: zeros right behind the point count. */
static void check_digits(struct md_sql_text *s, const struct md_value *v)
{
	struct md_digits d = md_decimal_digits(v);
	if (d.whole + d.fraction > s->dialect->decimal_digits)
		s->too_many_digits = d.whole + d.fraction;
}

/* A template reads the text of each value, so that a list needs no type for all of them. What a
 * position holds was a value of the column. */
static void check_digits_of_text(struct md_sql_text *s, const struct md_value *v)
{
	struct md_value item = *v;
	item.type.array = false;
	if (!v->type.array && v->origin != MD_FROM_POSITION)
		check_digits(s, v);
	for (size_t i = 0; v->type.array && i < v->list.n; i++) {
		item.text = v->list.items[i];
		check_digits(s, &item);
	}
}

static void note_held_by(struct md_sql_text *s, const struct md_real_type *real)
{
	if (!s->held_by)
		s->held_by = grow_held_by(s);
	if (s->held_by)
		s->held_by[s->n_params - 1] = real;
}

static void check_decimal(struct md_sql_text *s, const struct md_value *v, uint8_t form)
{
	if (s->dialect->forms[form].compare)
		check_digits_of_text(s, v);
	else
		check_digits(s, v);
}

/* Returns the parameter's number; 0: out of memory. */
static inline uint32_t add_param(struct md_sql_text *s, const struct md_value *v, uint8_t form,
                                 const struct md_real_type *held_by)
{
	if (s->n_params == s->cap && !grow_params(s)) {
		s->text.failed = true;
		return 0;
	}
	struct md_value *kept = &s->params[s->n_params++];
	*kept = *v;
	kept->form = form;
	if (v->type.base == MD_DECIMAL && s->dialect->decimal_digits)
		check_decimal(s, v, form);
	if (held_by)
		note_held_by(s, held_by);
	return s->n_params;
}

uint32_t sql_param_number(struct md_sql_text *s, const struct md_value *v, uint8_t form,
                          const struct md_real_type *held_by)
{
	return add_param(s, v, form, held_by);
}

void sql_param(struct md_sql_text *s, const struct md_value *v, uint8_t form, const struct md_real_type *held_by)
{
	uint32_t number = add_param(s, v, form, held_by);
	if (number)
		s->dialect->param(&s->text, number, &s->params[number - 1]);
}

void sql_param_again(struct md_sql_text *s, uint32_t number)
{
	if (number && number <= s->n_params)
		s->dialect->param(&s->text, number, &s->params[number - 1]);
}

void sql_param_bare(struct md_sql_text *s, const struct md_value *v)
{
	static const struct md_value text = { .type = { .base = MD_STRING } };
	uint32_t number = sql_param_number(s, v, MD_FORM_NONE, NULL);
	if (number)
		s->dialect->param(&s->text, number, &text);
}
