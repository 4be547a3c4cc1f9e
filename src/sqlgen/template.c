/* Operators that a dialect writes by a template, and column against column. Promises: what fills a
 * template's holes is written by the verbs of sqltext.h, so that values stay parameters; numbers of
 * different types compare exactly, on every engine alike. */
#include "sqlgen/private.h"

void sql_template_column(struct md_sql_text *s, const struct sql_holes *h)
{
	sql_expr(s, h->e, h->place);
}

static void write_numbered(struct md_sql_text *s, struct sql_holes *h)
{
	if (!h->number)
		h->number = sql_operand_number(s, h->v, h->e);
	sql_alias(s, 'p', h->number);
}

static void write_first(struct md_sql_text *s, struct sql_holes *h)
{
	if (h->other) {
		sql_expr(s, h->other, MD_PLACE_EQUAL);
		return;
	}
	sql_param(s, &h->v[0], MD_FORM_NONE, NULL);
	h->first = s->n_params;
}

static void write_second(struct md_sql_text *s, struct sql_holes *h)
{
	sql_param(s, &h->v[1], MD_FORM_NONE, NULL);
	h->second = s->n_params;
}

static void fill_hole(struct md_sql_text *s, char mark, struct sql_holes *h)
{
	switch (mark) {
	case MD_HOLE_COLUMN: h->write_column(s, h); break;
	case MD_HOLE_FIRST: write_first(s, h); break;
	case MD_HOLE_SECOND: write_second(s, h); break;
	case MD_HOLE_FIRST_AGAIN: sql_param_again(s, h->first); break;
	case MD_HOLE_SECOND_AGAIN: sql_param_again(s, h->second); break;
	case MD_HOLE_FIRST_BARE: sql_param_bare(s, &h->v[0]); break;
	case MD_HOLE_ELEMENT: sql_word(s, &s->dialect->element[h->e->type.base].before); break;
	case MD_HOLE_ELEMENT_END: sql_word(s, &s->dialect->element[h->e->type.base].after); break;
	default: write_numbered(s, h);
	}
}

static const char *find_hole(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p > MD_LAST_HOLE)
		p++;
	return p;
}

void sql_fill(struct md_sql_text *s, const struct md_str *words, struct sql_holes *h)
{
	const char *from = words->p, *end = from + words->n;
	for (;;) {
		const char *hole = find_hole(from, end);
		md_buf_add(&s->text, from, (size_t)(hole - from));
		if (hole == end)
			return;
		fill_hole(s, *hole, h);
		from = hole + 1;
	}
}

void sql_template(struct md_sql_text *s, const struct md_str *words, const struct md_expr *e)
{
	struct sql_holes h = { .e = e, .write_column = sql_template_column, .place = MD_PLACE_NUMBER };
	sql_fill(s, words, &h);
}

void sql_sum_template(struct md_sql_text *s, const struct md_str *words, const struct md_expr *e)
{
	bool has_words = sql_around(s, e, MD_PLACE_ADDED)->before.n > 0;
	struct sql_holes h = { .e = e, .write_column = sql_template_column,
		               .place = has_words ? MD_PLACE_ADDED : MD_PLACE_NUMBER };
	sql_fill(s, words, &h);
}

void sql_template_labels(struct md_sql_text *s, const struct md_str *words, const struct md_expr *e,
                         const struct md_labels *labels)
{
	struct md_value list = { .type = { .base = MD_STRING, .array = true }, .origin = MD_FROM_METADATA,
		                 .list = { labels->v, labels->n } };
	struct sql_holes h = { .e = e, .write_column = sql_template_column, .place = MD_PLACE_MATCH, .v = &list };
	sql_fill(s, words, &h);
}

void sql_template_operation(struct md_sql_text *s, enum md_op op, const struct md_expr *left,
                            const struct md_value *operands)
{
	bool is_lost = left->type.array && sql_open_lost_array(s, left);
	struct sql_holes h = { .e = left, .write_column = sql_template_column, .place = MD_PLACE_MATCH, .v = operands };
	sql_fill(s, &s->dialect->op[op], &h);
	if (is_lost)
		sql_word(s, &s->dialect->lost_array[2]);
}

void sql_column_operation(struct md_sql_text *s, const struct md_str *words, const struct md_expr *left,
                          const struct md_value *operands)
{
	struct sql_holes h = { .e = left, .write_column = sql_template_column, .place = MD_PLACE_BARE, .v = operands };
	sql_fill(s, words, &h);
}

void sql_joined(struct md_sql_text *s, const struct md_str *words, const struct md_expr *key,
                const struct md_expr *other)
{
	struct sql_holes h = { .e = key, .write_column = sql_template_column, .place = MD_PLACE_BARE, .other = other };
	sql_fill(s, words, &h);
}

/* ---- column against column ---- */

/* A side by a template; an empty one stands for the column itself. */
static void write_side(struct md_sql_text *s, const struct md_str *words, const struct md_expr *e)
{
	if (words->n)
		sql_template(s, words, e);
	else
		sql_expr(s, e, MD_PLACE_NUMBER);
}

static void write_parts(struct md_sql_text *s, const struct md_condition *c, const struct md_str *words, enum md_op op)
{
	write_side(s, &words[c->left->type.base], c->left);
	sql_op(s, op);
	write_side(s, &words[c->right->type.base], c->right);
}

/* Do the engines compare these exactly? Every int is a double exactly; bigints and decimals are
 * not. */
static bool compares_types_exactly(enum md_base_type a, enum md_base_type b)
{
	if (a == MD_DECIMAL || b == MD_DECIMAL)
		return false;
	return !((a == MD_BIGINT && b == MD_FLOAT) || (a == MD_FLOAT && b == MD_BIGINT));
}

/* A whole number that is compared with values by templates is a decimal there, which whole numbers
 * of the engine do not meet exactly. */
static bool is_column_exact(const struct md_sql_text *s, const struct md_expr *e)
{
	const struct md_sql_form *form = sql_form(s, e);
	bool is_whole = e->type.base == MD_INT || e->type.base == MD_BIGINT;
	return !form->shows_fewer_digits && !(is_whole && form->compare);
}

static bool compares_exactly(const struct md_sql_text *s, const struct md_condition *c)
{
	return compares_types_exactly(c->left->type.base, c->right->type.base) && is_column_exact(s, c->left) &&
	       is_column_exact(s, c->right);
}

/* Each of the engine's whole numbers compares with each other one exactly. */
static bool are_whole(const struct md_condition *c)
{
	bool is_left = c->left->type.base == MD_INT || c->left->type.base == MD_BIGINT;
	return is_left && (c->right->type.base == MD_INT || c->right->type.base == MD_BIGINT);
}

static enum md_op strict_operator(enum md_op op)
{
	if (op == MD_OP_LE)
		return MD_OP_LT;
	return op == MD_OP_GE ? MD_OP_GT : op;
}

/* By whole parts, then by fractions: both are NULL where the column is. */
static void compare_numbers(struct md_sql_text *s, const struct md_condition *c)
{
	const struct md_dialect *d = s->dialect;
	enum md_op strict = strict_operator(c->op);
	if (!d->fraction[MD_DECIMAL].n) {
		write_parts(s, c, d->whole, c->op);
		return;
	}

	sql_kw(s, "(");
	write_parts(s, c, d->whole, strict);
	if (c->op == MD_OP_NE) {
		sql_kw(s, " OR ");
	} else if (c->op == MD_OP_EQ) {
		sql_kw(s, " AND ");
	} else {
		sql_kw(s, " OR (");
		write_parts(s, c, d->whole, MD_OP_EQ);
		sql_kw(s, " AND ");
	}
	write_parts(s, c, d->fraction, c->op);
	if (strict != MD_OP_NE && strict != MD_OP_EQ)
		sql_kw(s, ")");
	sql_kw(s, ")");
}

static void compare_moments(struct md_sql_text *s, const struct md_condition *c)
{
	static const struct md_str itself;
	const struct md_str *date = &s->dialect->first_moment;
	write_side(s, c->left->type.base == MD_DATE ? date : &itself, c->left);
	sql_op(s, c->op);
	write_side(s, c->right->type.base == MD_DATE ? date : &itself, c->right);
}

void sql_compare_columns(struct md_sql_text *s, const struct md_condition *c)
{
	enum md_base_type a = c->left->type.base, b = c->right->type.base;
	if (!compares_exactly(s, c)) {
		compare_numbers(s, c);
	} else if (s->dialect->compares_as_keys && !are_whole(c)) {
		sql_compare_as_keys(s, c->left, c->op, c->right);
	} else if (sql_may_lack_operator(s, c->left, c->right)) {
		sql_compare_as_texts(s, c->left, c->op, c->right);
	} else if (a != b && (a == MD_DATE || b == MD_DATE)) {
		compare_moments(s, c);
	} else {
		sql_expr(s, c->left, MD_PLACE_RANGE); /* = too: the collations of two columns may differ */
		sql_op(s, c->op);
		sql_expr(s, c->right, MD_PLACE_RANGE);
	}
}
