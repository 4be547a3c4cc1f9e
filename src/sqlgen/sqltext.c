/* The verbs. Promises: what stands in the text is our words, quoted names, generated aliases and numbers; the parameters are as many and in the order of their
 * places. */
#include "sqlgen/sqltext.h"

enum { PARAMS = 8 };

void sql_begin(struct md_sql_text *s, struct md_arena *a, const struct md_dialect *d, const struct md_ptable *tables, size_t room)
{
	*s = (struct md_sql_text){ .text = { .arena = a }, .dialect = d, .tables = tables, .arena = a, .semi_joins = d->semi_joins };
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

/* ---- names: room is taken once, then written without further checks ---- */

enum { ALIAS = 11 };

static char *put_number(char *to, uint32_t i)
{
	char digits[10];
	int n = 0;
	for (; i; i /= 10)
		digits[n++] = (char)('0' + i % 10);
	while (n)
		*to++ = digits[--n];
	return to;
}

static inline char *put_alias(char *to, char letter, uint32_t i)
{
	to[0] = letter;
	to[1] = (char)('0' + i);
	return i < 10 ? to + 2 : put_number(to + 1, i);
}

static char *put_word(char *to, const struct md_str *w)
{
	if (w->n)
		memcpy(to, w->p, w->n);
	return to + w->n;
}

static size_t column_room(const struct md_pcolumn *c)
{
	return ALIAS + 1 + 2 * c->name.n + 2;
}

static char *put_column(char *to, const struct md_sql_text *s, const struct md_pcolumn *c)
{
	to = put_alias(to, 't', c->table);
	*to++ = '.';
	return md_quote_ident(to, s->dialect, c->name);
}

static void written(struct md_sql_text *s, const char *to)
{
	s->text.n = (size_t)(to - s->text.p);
}

void sql_ident(struct md_sql_text *s, struct md_str name)
{
	if (md_buf_room(&s->text, 2 * name.n + 2))
		written(s, md_quote_ident(s->text.p + s->text.n, s->dialect, name));
}

void sql_table(struct md_sql_text *s, const struct md_ptable *t, uint32_t i)
{
	for (uint32_t k = 0; k < t->n_name; k++) {
		if (k)
			sql_kw(s, ".");
		sql_ident(s, t->name[k]);
	}
	sql_kw(s, " AS ");
	if (md_buf_room(&s->text, ALIAS))
		written(s, put_alias(s->text.p + s->text.n, 't', i));
}

const struct md_around *sql_around(const struct md_sql_text *s, const struct md_pcolumn *c, enum md_place place)
{
	static const struct md_around nothing;
	const struct md_around *foreign = &s->dialect->foreign_clickhouse[c->type.base];
	if (c->foreign_clickhouse && !c->through && foreign->before.n) /* what is read through something is as the engine knows it */
		return foreign;
	bool bare = place == MD_PLACE_BARE || c->type.array || (c->type.base == MD_STRING && !c->collate);
	return bare ? &nothing : &s->dialect->column[place][c->type.base];
}

void sql_column(struct md_sql_text *s, const struct md_pcolumn *c, enum md_place place)
{
	if (c->through && (c->through->fn || c->through->bucket)) {
		sql_aggregate(s, c, place);
		return;
	}
	if (c->through) {
		sql_through(s, c, place);
		return;
	}
	const struct md_around *around = sql_around(s, c, place);
	if (!md_buf_room(&s->text, column_room(c) + around->before.n + around->after.n))
		return;
	char *to = put_word(s->text.p + s->text.n, &around->before);
	written(s, put_word(put_column(to, s, c), &around->after));
}

/* An array that the dialect does not make NULL in a row without a match. */
static bool is_lost(const struct md_sql_text *s, const struct md_pcolumn *c)
{
	return c->type.array && s->dialect->lost_array[0].n && c->table && s->tables[c->table].left;
}

/* A column of the same table that is NULL exactly there. */
static void witness(struct md_sql_text *s, const struct md_pcolumn *c)
{
	sql_column(s, &(struct md_pcolumn){ .table = c->table, .name = s->tables[c->table].joined_by }, MD_PLACE_BARE);
}

bool sql_lost_array(struct md_sql_text *s, const struct md_pcolumn *c)
{
	const struct md_str *words = s->dialect->lost_array;
	if (!is_lost(s, c))
		return false;
	sql_word(s, &words[0]);
	witness(s, c);
	sql_word(s, &words[1]);
	return true;
}

static void lost_array(struct md_sql_text *s, const struct md_pcolumn *c)
{
	s->lost_arrays = sql_lost_array(s, c);
	sql_column(s, c, MD_PLACE_BARE);
	sql_word(s, &s->dialect->lost_array[2]);
}

void sql_null(struct md_sql_text *s, const struct md_pcolumn *c)
{
	bool no_null = c->type.array && s->dialect->lost_array[0].n; /* the array itself can't say it */
	if (no_null && sql_is_cell(c))
		sql_shown(s, c, is_lost(s, c) ? witness : NULL);
	else if (is_lost(s, c))
		witness(s, c);
	else
		sql_column(s, c, MD_PLACE_BARE);
}

void sql_output(struct md_sql_text *s, const struct md_pcolumn *c, uint32_t i, enum md_place place)
{
	if (is_lost(s, c))
		lost_array(s, c);
	else
		sql_column(s, c, place);
	s->lost_arrays |= sql_is_cell(c) && c->type.array; /* NULL beside an array, as in a row that a left join did not find */
	if (!md_buf_room(&s->text, 4 + ALIAS))
		return;
	char *to = s->text.p + s->text.n;
	memcpy(to, " AS ", 4);
	written(s, put_alias(to + 4, 'c', i));
}

void sql_output_name(struct md_sql_text *s, const struct md_pcolumn *c, uint32_t i)
{
	const struct md_around *around = is_lost(s, c) ? &s->dialect->lost_array_sorted : c->type.array ? NULL : &s->dialect->column[MD_PLACE_SORTED][c->type.base];
	if (around)
		sql_word(s, &around->before);
	if (md_buf_room(&s->text, ALIAS))
		written(s, put_alias(s->text.p + s->text.n, 'c', i));
	if (around)
		sql_word(s, &around->after);
}

/* ---- parameters ---- */

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

static void param_as(struct md_sql_text *s, const struct md_value *v, const struct md_value *written)
{
	if (!params_room(s)) {
		s->text.failed = true;
		return;
	}
	s->params[s->n_params++] = *v;
	if (v->type.base == MD_DECIMAL && s->dialect->decimal_digits)
		check_digits(s, v);
	s->dialect->param(&s->text, s->n_params, written);
}

void sql_param(struct md_sql_text *s, const struct md_value *v)
{
	param_as(s, v, v);
}

void sql_param_bare(struct md_sql_text *s, const struct md_value *v)
{
	static const struct md_value text = { .type = { .base = MD_STRING } };
	param_as(s, v, &text);
}
