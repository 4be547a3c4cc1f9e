/* The rows behind the place where a page ended, as a condition on the sort keys. Promises: it says of every row what the ORDER BY of the same tree would: the same
 * expressions, NULLs where they stand there; its text depends on which of the values are NULL and on nothing else of them.
 *
 * Keys of one direction that can't be NULL are compared as rows where the engine reads an index that way: (a, b) > ($1, $2). Otherwise key by key, inside each other:
 * a >= $1 AND (a > $2 OR (b < $3 …)), with a bound on the first key that any engine's index serves. */
#include "sqlgen/condition.h"

struct page {
	struct md_sql_text *s;
	const struct md_tree *t;
};

/* Grouped rows are compared by what stands in GROUP BY. */
static bool grouped(const struct page *p, const struct md_pcolumn *c)
{
	return p->t->after_groups && !(c->through && c->through->fn);
}

/* A text with parameters is another one each time it is written, so HAVING may not compare by it; but all rows of a group have one value. */
static void one_of_group(const struct page *p, const struct md_pcolumn *c)
{
	static const struct md_around nothing;
	const struct md_around *apart = sql_around(p->s, c, MD_PLACE_GROUP);
	const struct md_around *w = apart->before.n || apart->after.n ? &nothing : sql_around(p->s, c, MD_PLACE_SORTED);
	sql_word(p->s, &w->before);
	sql_word(p->s, &p->s->dialect->one_of_group.before);
	sql_column(p->s, c, MD_PLACE_GROUP);
	sql_word(p->s, &p->s->dialect->one_of_group.after);
	sql_word(p->s, &w->after);
}

static void key(const struct page *p, const struct md_pcolumn *c, enum md_place place)
{
	if (grouped(p, c) && c->through && (c->through->shown || c->through->test))
		one_of_group(p, c);
	else if (grouped(p, c))
		sql_sorted(p->s, c);
	else
		sql_column(p->s, c, place);
}

/* A function around the key is one around the value too. */
static void value(const struct page *p, uint32_t i, enum md_place place)
{
	const struct md_pcolumn *c = &p->t->order[i].column;
	const struct md_around *words = c->foreign_clickhouse || (c->through && c->through->fn) ? NULL : sql_around(p->s, c, place);
	struct md_value v = { .type = { .base = c->type.base }, .text = p->t->after[i].text };
	bool both = words && words->before.n;
	if (both)
		sql_word(p->s, &words->before);
	sql_param(p->s, &v);
	if (both)
		sql_word(p->s, &words->after);
}

/* Does the order put NaN, which no comparison finds there, behind every value? */
static bool nan_behind(const struct page *p, uint32_t i)
{
	const struct md_porder *o = &p->t->order[i];
	if (o->column.type.base != MD_FLOAT || p->s->dialect->nan == MD_NAN_COMPARES)
		return false;
	return p->s->dialect->nan == MD_NAN_LARGEST ? !o->desc : !(o->column.nullable && o->nulls_first);
}

static void compare(const struct page *p, uint32_t i, enum md_op op)
{
	static const enum md_op opposite[] = { [MD_OP_GT] = MD_OP_LE, [MD_OP_LT] = MD_OP_GE, [MD_OP_GE] = MD_OP_LT, [MD_OP_LE] = MD_OP_GT };
	enum md_place place = op == MD_OP_EQ ? MD_PLACE_EQUAL : MD_PLACE_ORDER;
	bool inside_out = op != MD_OP_EQ && nan_behind(p, i);
	if (inside_out)
		sql_kw(p->s, "NOT (");
	key(p, &p->t->order[i].column, place);
	sql_op(p->s, inside_out ? opposite[op] : op);
	value(p, i, place);
	if (inside_out)
		sql_kw(p->s, ")");
}

static void null_test(const struct page *p, uint32_t i, enum md_op op)
{
	const struct md_pcolumn *c = &p->t->order[i].column;
	if (grouped(p, c) || (c->through && c->through->fn))
		key(p, c, MD_PLACE_BARE);
	else
		sql_null(p->s, c);
	sql_op(p->s, op);
}

/* ---- as rows ---- */

static bool plain(const struct md_sql_text *s, const struct md_pcolumn *c)
{
	return !c->nullable && !c->through && !c->foreign_clickhouse && !sql_around(s, c, MD_PLACE_ORDER)->before.n;
}

static bool as_rows(const struct page *p)
{
	const struct md_tree *t = p->t;
	bool fits = p->s->dialect->row_comparison && t->n_order > 1 && !t->after_groups;
	for (uint32_t i = 0; fits && i < t->n_order; i++)
		fits = t->order[i].desc == t->order[0].desc && plain(p->s, &t->order[i].column) && !t->after[i].null;
	return fits;
}

static void rows(const struct page *p)
{
	sql_kw(p->s, "(");
	for (uint32_t i = 0; i < p->t->n_order; i++) {
		if (i)
			sql_kw(p->s, ", ");
		key(p, &p->t->order[i].column, MD_PLACE_ORDER);
	}
	sql_kw(p->s, ")");
	sql_op(p->s, p->t->order[0].desc ? MD_OP_LT : MD_OP_GT);
	sql_kw(p->s, "(");
	for (uint32_t i = 0; i < p->t->n_order; i++) {
		if (i)
			sql_kw(p->s, ", ");
		value(p, i, MD_PLACE_ORDER);
	}
	sql_kw(p->s, ")");
}

/* ---- key by key ---- */

/* Behind the value of this key, or else level with it and … — left open for the next key. How many parentheses that opened. */
static unsigned level_null(const struct page *p, uint32_t i)
{
	sql_kw(p->s, "(");
	null_test(p, i, p->t->order[i].nulls_first ? MD_OP_IS_NOT_NULL : MD_OP_IS_NULL);
	if (p->t->order[i].nulls_first)
		sql_kw(p->s, " OR ");
	else
		sql_kw(p->s, " AND ");
	return 1;
}

static unsigned level(const struct page *p, uint32_t i)
{
	const struct md_porder *o = &p->t->order[i];
	enum md_op behind = o->desc ? MD_OP_LT : MD_OP_GT;
	sql_kw(p->s, "(");
	if (o->column.nullable && !o->nulls_first) {
		compare(p, i, behind);
		sql_kw(p->s, " OR ");
		null_test(p, i, MD_OP_IS_NULL);
		sql_kw(p->s, " OR (");
		compare(p, i, MD_OP_EQ);
		sql_kw(p->s, " AND ");
		return 2;
	}
	compare(p, i, o->desc ? MD_OP_LE : MD_OP_GE);
	sql_kw(p->s, " AND (");
	compare(p, i, behind);
	sql_kw(p->s, " OR ");
	return 2;
}

static void last(const struct page *p, uint32_t i)
{
	const struct md_porder *o = &p->t->order[i];
	if (p->t->after[i].null && !o->nulls_first) {
		sql_word(p->s, &p->s->dialect->no);
		return;
	}
	if (p->t->after[i].null) {
		null_test(p, i, MD_OP_IS_NOT_NULL);
		return;
	}
	bool nulls = o->column.nullable && !o->nulls_first;
	if (nulls)
		sql_kw(p->s, "(");
	compare(p, i, o->desc ? MD_OP_LT : MD_OP_GT);
	if (!nulls)
		return;
	sql_kw(p->s, " OR ");
	null_test(p, i, MD_OP_IS_NULL);
	sql_kw(p->s, ")");
}

static void key_by_key(const struct page *p)
{
	unsigned open = 0;
	uint32_t n = p->t->n_order;
	for (uint32_t i = 0; i + 1 < n; i++)
		open += p->t->after[i].null ? level_null(p, i) : level(p, i);
	last(p, n - 1);
	while (open--)
		sql_kw(p->s, ")");
}

void sql_page(struct md_sql_text *s, const struct md_tree *t)
{
	struct page p = { s, t };
	if (as_rows(&p))
		rows(&p);
	else
		key_by_key(&p);
}
