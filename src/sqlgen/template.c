/* Operators that a dialect writes by a template, and column against column. Promises: what fills a template's holes is written by the verbs of sqltext.h, so
 * values stay parameters; numbers of different types compare exactly, on every engine alike. */
#include "sqlgen/condition.h"

static void hole(struct md_sql_text *s, char mark, const struct md_pcolumn *c, const struct md_value *v)
{
	switch (mark) {
	case MD_HOLE_COLUMN: sql_column(s, c, MD_PLACE_BARE); break;
	case MD_HOLE_FIRST: sql_param(s, &v[0]); break;
	case MD_HOLE_SECOND: sql_param(s, &v[1]); break;
	case MD_HOLE_FIRST_BARE: sql_param_bare(s, &v[0]); break;
	case MD_HOLE_ELEMENT: sql_word(s, &s->dialect->element[c->type.base].before); break;
	default: sql_word(s, &s->dialect->element[c->type.base].after);
	}
}

static void fill(struct md_sql_text *s, const struct md_str *words, const struct md_pcolumn *c, const struct md_value *v)
{
	size_t from = 0;
	for (size_t i = 0; i <= words->n; i++) {
		bool end = i == words->n;
		if (!end && (unsigned char)words->p[i] > MD_HOLE_ELEMENT_END)
			continue;
		md_buf_add(&s->text, words->p + from, i - from);
		from = i + 1;
		if (!end)
			hole(s, words->p[i], c, v);
	}
}

void sql_template(struct md_sql_text *s, const struct md_str *words, const struct md_pcolumn *c)
{
	fill(s, words, c, NULL);
}

void sql_template_op(struct md_sql_text *s, const struct md_cond *c)
{
	bool lost = c->left.type.array && sql_lost_array(s, &c->left);
	fill(s, &s->dialect->op[c->op], &c->left, c->v);
	if (lost)
		sql_word(s, &s->dialect->lost_array[2]);
}

/* ---- column against column ---- */

/* A side by a template; none: the column itself. */
static void side(struct md_sql_text *s, const struct md_str *words, const struct md_pcolumn *c)
{
	if (words->n)
		fill(s, words, c, NULL);
	else
		sql_column(s, c, MD_PLACE_BARE);
}

static void parts(struct md_sql_text *s, const struct md_cond *c, const struct md_str *words, enum md_op op)
{
	side(s, &words[c->left.type.base], &c->left);
	sql_op(s, op);
	side(s, &words[c->right.type.base], &c->right);
}

/* Do the engines compare these exactly? Every int is a double exactly; bigints and decimals are not. */
static bool exact(enum md_base_type a, enum md_base_type b)
{
	if (a == MD_DECIMAL || b == MD_DECIMAL)
		return false;
	return !((a == MD_BIGINT && b == MD_FLOAT) || (a == MD_FLOAT && b == MD_BIGINT));
}

/* By whole parts, then by fractions: both are NULL where the column is. */
static void numbers(struct md_sql_text *s, const struct md_cond *c)
{
	const struct md_dialect *d = s->dialect;
	enum md_op strict = c->op == MD_OP_LE ? MD_OP_LT : c->op == MD_OP_GE ? MD_OP_GT : c->op;
	if (!d->fraction[MD_DECIMAL].n) {
		parts(s, c, d->whole, c->op);
		return;
	}
	sql_kw(s, "(");
	parts(s, c, d->whole, strict);
	if (c->op == MD_OP_NE) {
		sql_kw(s, " OR ");
	} else if (c->op == MD_OP_EQ) {
		sql_kw(s, " AND ");
	} else {
		sql_kw(s, " OR (");
		parts(s, c, d->whole, MD_OP_EQ);
		sql_kw(s, " AND ");
	}
	parts(s, c, d->fraction, c->op);
	if (strict != MD_OP_NE && strict != MD_OP_EQ)
		sql_kw(s, ")");
	sql_kw(s, ")");
}

static void moments(struct md_sql_text *s, const struct md_cond *c)
{
	static const struct md_str itself;
	const struct md_str *date = &s->dialect->first_moment;
	side(s, c->left.type.base == MD_DATE ? date : &itself, &c->left);
	sql_op(s, c->op);
	side(s, c->right.type.base == MD_DATE ? date : &itself, &c->right);
}

void sql_compare_columns(struct md_sql_text *s, const struct md_cond *c)
{
	enum md_base_type a = c->left.type.base, b = c->right.type.base;
	if (!exact(a, b)) {
		numbers(s, c);
	} else if (a != b && (a == MD_DATE || b == MD_DATE)) {
		moments(s, c);
	} else {
		sql_column(s, &c->left, MD_PLACE_RANGE); /* = too: the collations of two columns may differ */
		sql_op(s, c->op);
		sql_column(s, &c->right, MD_PLACE_BARE);
	}
}
