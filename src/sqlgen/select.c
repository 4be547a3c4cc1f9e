/* A physical tree as one SELECT, clause by clause. Accepts trees of md_resolve alone; refuses a table that did not come through the access room (INTERNAL) and
 * operators that have no text yet. Promises: the text depends on the tree's shape, never on its values. */
#include "sqlgen/sqlgen.h"

#include "sqlgen/condition.h"
#include "trace/trace.h"

/* A float that is read for a cursor is read with all its digits, whatever type it has in the database. */
static enum md_place sort_place(const struct md_tree *t, uint32_t i, enum md_place place)
{
	return place == MD_PLACE_BARE && t->sorts_from && i >= t->sorts_from && t->select[i].type.base == MD_FLOAT ? MD_PLACE_KEY : place;
}

static void select_list(struct md_sql_text *s, const struct md_tree *t)
{
	enum md_place place = t->distinct || t->n_group ? MD_PLACE_GROUP : MD_PLACE_BARE;
	sql_kw(s, "SELECT ");
	if (t->distinct)
		sql_kw(s, "DISTINCT ");
	if (t->count)
		sql_kw(s, "count(*) AS c0");
	for (uint32_t i = 0; i < t->n_select; i++) {
		if (i)
			sql_kw(s, ", ");
		sql_output(s, &t->select[i], i, sort_place(t, i, place));
	}
}

static void from(struct md_sql_text *s, const struct md_tree *t)
{
	sql_kw(s, " FROM ");
	sql_table(s, &t->tables[0], 0);
	for (uint32_t i = 1; i < t->n_from; i++) {
		if (t->tables[i].left)
			sql_kw(s, " LEFT JOIN ");
		else
			sql_kw(s, " INNER JOIN ");
		sql_table(s, &t->tables[i], i);
		sql_kw(s, " ON ");
		s->semi_joins |= s->dialect->semi_joins_in_on;
		sql_condition(s, t->tables[i].on);
		s->semi_joins = s->dialect->semi_joins;
	}
}

static void where(struct md_sql_text *s, const struct md_tree *t)
{
	bool page = t->after && !t->after_groups;
	if (!t->where && !page)
		return;
	sql_kw(s, " WHERE ");
	if (t->where)
		sql_condition(s, t->where);
	if (t->where && page)
		sql_kw(s, " AND ");
	if (page)
		sql_page(s, t);
}

static bool same_way(const struct md_through *a, const struct md_through *b)
{
	return a == b || (a && b && a->shown == b->shown && a->bucket == b->bucket && a->fn == b->fn && a->test == b->test);
}

static bool same(const struct md_pcolumn *a, const struct md_pcolumn *b)
{
	return same_way(a->through, b->through) && a->table == b->table && md_str_eq(a->name, b->name);
}

/* Which output is it? n_select: none. */
static uint32_t output_of(const struct md_tree *t, const struct md_pcolumn *c)
{
	uint32_t i = 0;
	while (i < t->n_select && !same(&t->select[i], c))
		i++;
	return i;
}

/* A text with parameters is another one each time it is written: then the output's number stands for it. */
static void group_by(struct md_sql_text *s, const struct md_tree *t)
{
	for (uint32_t k = 0; k < t->n_group; k++) {
		const struct md_pcolumn *c = &t->group[k];
		bool params = c->through && (c->through->shown || c->through->test);
		uint32_t i = params ? output_of(t, c) : t->n_select;
		if (k)
			sql_kw(s, ", ");
		else
			sql_kw(s, " GROUP BY ");
		if (i < t->n_select)
			sql_int(s, i + 1);
		else
			sql_column(s, c, MD_PLACE_GROUP);
	}
}

static void having(struct md_sql_text *s, const struct md_tree *t)
{
	bool page = t->after && t->after_groups;
	if (!t->having && !page)
		return;
	sql_kw(s, " HAVING ");
	if (t->having)
		sql_condition(s, t->having);
	if (t->having && page)
		sql_kw(s, " AND ");
	if (page)
		sql_page(s, t);
}

/* What rows were put together by is ordered by as they were: by an output's name, or else by what stands in GROUP BY. */
static void order_column(struct md_sql_text *s, const struct md_tree *t, const struct md_pcolumn *c)
{
	uint32_t i = t->n_group || t->distinct ? output_of(t, c) : t->n_select;
	if (i < t->n_select)
		sql_output_name(s, c, i);
	else if (t->n_group)
		sql_sorted(s, c);
	else
		sql_column(s, c, MD_PLACE_ORDER);
}

/* NULLS FIRST and LAST only where there can be NULLs: the plain form is what an index of any engine can serve. */
static void order_by(struct md_sql_text *s, const struct md_tree *t)
{
	for (uint32_t i = 0; i < t->n_order; i++) {
		const struct md_porder *o = &t->order[i];
		if (i)
			sql_kw(s, ", ");
		else
			sql_kw(s, " ORDER BY ");
		order_column(s, t, &o->column);
		if (o->desc)
			sql_kw(s, " DESC");
		if (o->column.nullable && o->nulls_first)
			sql_kw(s, " NULLS FIRST");
		else if (o->column.nullable)
			sql_kw(s, " NULLS LAST");
	}
}

static void limit(struct md_sql_text *s, int64_t n)
{
	if (n < 0)
		return;
	sql_kw(s, " LIMIT ");
	sql_int(s, n);
}

static void offset(struct md_sql_text *s, int64_t n)
{
	if (n < 0)
		return;
	sql_kw(s, " OFFSET ");
	sql_int(s, n);
}

static void limit_offset(struct md_sql_text *s, const struct md_tree *t)
{
	if (!s->dialect->offset_first)
		limit(s, t->limit);
	offset(s, t->offset);
	if (s->dialect->offset_first)
		limit(s, t->limit);
}

static int check_guards(struct md_ctx *cx, const struct md_tree *t)
{
	for (uint32_t i = 0; i < t->n_tables; i++)
		if (!t->tables[i].guard)
			return md_fail(cx, MD_INTERNAL, "table %u of the statement did not come through the row-level security phase", (unsigned)i);
	return 0;
}

static const struct md_stmt_output count_output[] = { { .label = { "count", 5 }, .type = { .base = MD_BIGINT } } };

static const struct md_stmt_output *describe_outputs(const struct md_tree *t, struct md_arena *a)
{
	struct md_stmt_output *v = md_alloc(a, t->n_select * sizeof *v);
	for (uint32_t i = 0; v && i < t->n_select; i++) {
		const struct md_shape_output *o = &t->outputs[i];
		v[i] = (struct md_stmt_output){ .label = o->label, .type = o->type, .nullable = o->nullable, .spare = o->spare };
	}
	return v;
}

static int finish_statement(struct md_stmt *out, const struct md_tree *t, const struct md_sql_text *s)
{
	const struct md_stmt_output *outputs = t->count ? count_output : describe_outputs(t, s->arena);
	if (!outputs)
		return -1;
	*out = (struct md_stmt){ .dialect = s->dialect->name, .text = md_buf_view(&s->text), .params = s->params, .n_params = s->n_params,
		                 .literal = s->dialect->literal, .outputs = outputs, .n_outputs = t->count ? 1 : t->n_select, .row_bound = t->row_bound };
	return 0;
}

int md_write_sql(struct md_ctx *cx, const struct md_tree *t, struct md_stmt *out)
{
	struct md_sql_text s;
	if (check_guards(cx, t))
		return -1;
	sql_begin(&s, cx->arena, md_dialect_of(t->dialect), t->tables, 192 + 32 * (size_t)t->n_select + 160 * (size_t)t->n_tables);
	select_list(&s, t);
	from(&s, t);
	where(&s, t);
	group_by(&s, t);
	having(&s, t);
	order_by(&s, t);
	limit_offset(&s, t);
	if (t->has_left)
		sql_word(&s, &s.dialect->left_join_end);
	if (s.lost_arrays)
		sql_word(&s, t->has_left ? &s.dialect->lost_array_end : &s.dialect->hidden_array_end);
	if (sql_done(&s, cx) || finish_statement(out, t, &s))
		return -1;
	md_ev1(cx, MD_EV_DIALECT, MD_S(s.dialect->name));
	md_ev1(cx, MD_EV_SQL_TEXT, MD_S(out->text));
	return 0;
}
