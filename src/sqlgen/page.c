/* The rows after the position where the previous page ended, as a condition on the sort keys.
 * Promises: the condition holds for exactly the rows that the ORDER BY of the same tree puts after
 * the position: it compares the same expressions and places NULLs and NaN equally. Of the
 * position's values, the SQL text depends only on which of them are NULL.
 *
 * Keys of one direction that cannot be NULL are compared as rows where the engine reads an index
 * that way: (a, b) > ($1, $2). Otherwise key by key, one inside the other: a >= $1 AND (a > $2 OR
 * (b < $3 …)), with a bound on the first key that the index of any engine serves. */
#include "sqlgen/private.h"

struct page_writer {
	struct md_sql_text *s;
	const struct md_tree *t;
};

static const struct md_expr *key_expr(const struct page_writer *p, uint32_t i)
{
	return p->t->exprs[p->t->order[i].expr].expr;
}

static bool is_aggregate(const struct md_expr *e)
{
	return e->kind == MD_EXPR_AGGREGATE;
}

/* Among groups the condition is in HAVING, which compares the expressions of GROUP BY. */
static bool is_group_key(const struct page_writer *p, const struct md_expr *e)
{
	return p->t->after_groups && !is_aggregate(e);
}

/* An expression with parameters is not the one of GROUP BY to the engine, so HAVING may not contain
 * it outside an aggregate. All rows of a group have the same value: the aggregate takes any of
 * them. */
static void write_one_of_group(const struct page_writer *p, const struct md_expr *e)
{
	static const struct md_around nothing;
	const struct md_around *grouped = sql_around(p->s, e, MD_PLACE_GROUP);
	bool sorts_as_grouped = grouped->before.n || grouped->after.n;
	const struct md_around *w = sorts_as_grouped ? &nothing : sql_around(p->s, e, MD_PLACE_SORTED);
	sql_word(p->s, &w->before);
	sql_word(p->s, &p->s->dialect->one_of_group.before);
	sql_expr(p->s, e, MD_PLACE_GROUP);
	sql_word(p->s, &p->s->dialect->one_of_group.after);
	sql_word(p->s, &w->after);
}

static void write_key(const struct page_writer *p, const struct md_expr *e, enum md_place place)
{
	if (is_group_key(p, e) && md_expr_holds_parameters(e) && !sql_shows_least(p->s, e))
		write_one_of_group(p, e);
	else if (is_group_key(p, e))
		sql_sorted(p->s, e);
	else
		sql_expr(p->s, e, place);
}

/* Is a value of the form compared without the words that the column has in an order? */
static bool loses_column_words(const struct md_sql_form *form)
{
	return form->takes_bare_values || form->has_own_equality;
}

/* The words around a value. A function or cast around the key is written around the value too;
 * words that only follow the key, such as COLLATE, are not. */
static const struct md_around *around_value(const struct page_writer *p, const struct md_expr *e)
{
	static const struct md_around nothing;
	const struct md_physical *c = sql_column_of(e);
	if (is_aggregate(e) || (c && loses_column_words(sql_column_form(p->s, c))))
		return &nothing;
	const struct md_around *words = sql_around(p->s, e, MD_PLACE_ORDER);
	return words->before.n ? words : &nothing;
}

static struct md_value position_value(const struct page_writer *p, uint32_t i)
{
	return (struct md_value){ .type = { .base = key_expr(p, i)->type.base },
		                  .origin = MD_FROM_POSITION,
		                  .place = i & MD_LARGEST_PLACE,
		                  .text = p->t->after->v[i].text };
}

static void write_value(const struct page_writer *p, uint32_t i)
{
	const struct md_expr *e = key_expr(p, i);
	const struct md_around *words = around_value(p, e);
	struct md_value v = position_value(p, i);
	sql_word(p->s, &words->before);
	sql_operand(p->s, &v, e);
	sql_word(p->s, &words->after);
}

/* Does the order put NaN after the position's value, while the engine's comparisons with NaN are
 * false? The comparison is then written as NOT of its opposite, so that it holds for NaN. */
static bool has_nan_after(const struct page_writer *p, uint32_t i)
{
	const struct md_sort_key *o = &p->t->order[i];
	const struct md_expr *e = key_expr(p, i);
	if (e->type.base != MD_FLOAT || p->s->dialect->nan == MD_NAN_COMPARES)
		return false;
	return p->s->dialect->nan == MD_NAN_LARGEST ? !o->desc : !(e->nullable && o->nulls_first);
}

/* ---- a key's comparison ---- */

struct key_holes {
	struct sql_holes holes; /* the first member: write_key_column relies on that */
	const struct page_writer *page;
};

static void write_key_column(struct md_sql_text *s, const struct sql_holes *h)
{
	(void)s;
	write_key(((const struct key_holes *)(const void *)h)->page, h->e, h->place);
}

/* Values are compared by a template where their order is compared by one. */
static bool is_compared_by_template(const struct page_writer *p, const struct md_expr *e)
{
	const struct md_str *compare = sql_form(p->s, e)->compare;
	return compare && compare[MD_OP_GT].n;
}

static void compare_by_template(const struct page_writer *p, uint32_t i, enum md_op op)
{
	const struct md_expr *e = key_expr(p, i);
	const struct md_sql_form *form = sql_form(p->s, e);
	struct md_value v = position_value(p, i);
	struct key_holes h = { { .e = e, .write_column = write_key_column, .place = MD_PLACE_BARE, .v = &v }, p };
	sql_fill(p->s, &form->compare[op], &h.holes);
}

static void compare_key(const struct page_writer *p, uint32_t i, enum md_op op)
{
	static const enum md_op opposite[] = { [MD_OP_GT] = MD_OP_LE, [MD_OP_LT] = MD_OP_GE, [MD_OP_GE] = MD_OP_LT,
		                               [MD_OP_LE] = MD_OP_GT };
	bool is_negated = op != MD_OP_EQ && has_nan_after(p, i);
	if (is_negated)
		sql_kw(p->s, "NOT (");
	enum md_op written = is_negated ? opposite[op] : op;
	if (is_compared_by_template(p, key_expr(p, i))) {
		compare_by_template(p, i, written);
	} else {
		write_key(p, key_expr(p, i), MD_PLACE_ORDER);
		sql_op(p->s, written);
		write_value(p, i);
	}
	if (is_negated)
		sql_kw(p->s, ")");
}

static void test_null(const struct page_writer *p, uint32_t i, enum md_op op)
{
	const struct md_expr *e = key_expr(p, i);
	if (is_group_key(p, e) || is_aggregate(e))
		write_key(p, e, MD_PLACE_BARE);
	else
		sql_null(p->s, e);
	sql_op(p->s, op);
}

/* ---- as rows ---- */

static bool is_comparable_in_a_row(const struct page_writer *p, const struct md_expr *e)
{
	if (!sql_is_plain(e) || e->nullable)
		return false;
	const struct md_sql_form *form = sql_form(p->s, e);
	return !form->takes_bare_values && !form->column[MD_PLACE_ORDER].before.n;
}

static bool compares_as_rows(const struct page_writer *p)
{
	const struct md_tree *t = p->t;
	bool is_possible = p->s->dialect->row_comparison && t->n_order > 1 && !p->t->after_groups;
	for (uint32_t i = 0; is_possible && i < t->n_order; i++)
		is_possible = t->order[i].desc == t->order[0].desc && is_comparable_in_a_row(p, key_expr(p, i)) &&
		       !t->after->v[i].null;
	return is_possible;
}

static void compare_rows(const struct page_writer *p)
{
	sql_kw(p->s, "(");
	for (uint32_t i = 0; i < p->t->n_order; i++) {
		if (i)
			sql_kw(p->s, ", ");
		write_key(p, key_expr(p, i), MD_PLACE_ORDER);
	}
	sql_kw(p->s, ")");
	sql_op(p->s, p->t->order[0].desc ? MD_OP_LT : MD_OP_GT);
	sql_kw(p->s, "(");
	for (uint32_t i = 0; i < p->t->n_order; i++) {
		if (i)
			sql_kw(p->s, ", ");
		write_value(p, i);
	}
	sql_kw(p->s, ")");
}

/* ---- key by key ---- */

/* open_null_key and open_key write `after the value of this key, or equal to it and (`; the
 * condition on the next keys follows. Both return the number of parentheses that they opened. */
static unsigned open_null_key(const struct page_writer *p, uint32_t i)
{
	sql_kw(p->s, "(");
	test_null(p, i, p->t->order[i].nulls_first ? MD_OP_IS_NOT_NULL : MD_OP_IS_NULL);
	if (p->t->order[i].nulls_first)
		sql_kw(p->s, " OR ");
	else
		sql_kw(p->s, " AND ");
	return 1;
}

static unsigned open_key(const struct page_writer *p, uint32_t i)
{
	const struct md_sort_key *o = &p->t->order[i];
	enum md_op after_value = o->desc ? MD_OP_LT : MD_OP_GT;
	sql_kw(p->s, "(");
	if (key_expr(p, i)->nullable && !o->nulls_first) {
		compare_key(p, i, after_value);
		sql_kw(p->s, " OR ");
		test_null(p, i, MD_OP_IS_NULL);
		sql_kw(p->s, " OR (");
		compare_key(p, i, MD_OP_EQ);
		sql_kw(p->s, " AND ");
		return 2;
	}
	compare_key(p, i, o->desc ? MD_OP_LE : MD_OP_GE);
	sql_kw(p->s, " AND (");
	compare_key(p, i, after_value);
	sql_kw(p->s, " OR ");
	return 2;
}

static void write_last_null_key(const struct page_writer *p, uint32_t i)
{
	if (p->t->order[i].nulls_first)
		test_null(p, i, MD_OP_IS_NOT_NULL);
	else
		sql_word(p->s, &p->s->dialect->no);
}

static void write_last_key(const struct page_writer *p, uint32_t i)
{
	const struct md_sort_key *o = &p->t->order[i];
	bool has_nulls_after = key_expr(p, i)->nullable && !o->nulls_first;
	if (has_nulls_after)
		sql_kw(p->s, "(");
	compare_key(p, i, o->desc ? MD_OP_LT : MD_OP_GT);
	if (!has_nulls_after)
		return;
	sql_kw(p->s, " OR ");
	test_null(p, i, MD_OP_IS_NULL);
	sql_kw(p->s, ")");
}

static void compare_key_by_key(const struct page_writer *p)
{
	unsigned open = 0;
	uint32_t last = p->t->n_order - 1;
	for (uint32_t i = 0; i < last; i++)
		open += p->t->after->v[i].null ? open_null_key(p, i) : open_key(p, i);
	if (p->t->after->v[last].null)
		write_last_null_key(p, last);
	else
		write_last_key(p, last);
	while (open--)
		sql_kw(p->s, ")");
}

void sql_page(struct md_sql_text *s, const struct md_tree *t)
{
	struct page_writer p = { s, t };
	if (compares_as_rows(&p))
		compare_rows(&p);
	else
		compare_key_by_key(&p);
}
