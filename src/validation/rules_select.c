/* Concept rules 2 and 4: which columns come out, and under which names. Omitted columns are all that the caller may see, in metadata
 * order. Rows are flat: a name that more than one table has among its selected columns is written table.column on every side. */
#include "validation/check.h"

static void push(struct md_query *q, uint32_t ref, const struct md_column *col)
{
	q->outs[q->n_outs++] = (struct md_out){ .use = { ref, col }, .name = col->api_name };
}

static void repeated(struct md_check *c, const struct md_ref *r, const struct md_named *named)
{
	md_report(c->cx, MD_INVALID_VALUE, &named->at,
	          MD_DETAILS(.table = r->as, .column = named->name, .expected = MD_STR("each column once"), .actual = named->name),
	          "column '%.*s' is selected twice", MD_FMT(named->name));
}

static void select_named(struct md_check *c, uint32_t ref, struct md_named *names, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct md_place place = { &names[i].at, c->q->distinct ? MD_USE_DISTINCT : MD_USE_SELECT, MD_UNKNOWN_COLUMN };
		bool first;
		names[i].column = md_check_column(c, ref, names[i].name, &place, &first);
		if (!names[i].column)
			continue;
		if (first)
			push(c->q, ref, names[i].column);
		else
			repeated(c, &c->q->refs[ref], &names[i]);
	}
}

static void select_all(struct md_check *c, uint32_t ref)
{
	struct md_ref *r = &c->q->refs[ref];
	struct md_at at = { .key = MD_STR("distinct") };
	struct md_place place = { &at, c->q->distinct ? MD_USE_DISTINCT : MD_USE_SELECT, MD_UNKNOWN_COLUMN };
	for (uint32_t i = 0; i < r->table->n_columns; i++) {
		const struct md_column *col = &r->table->columns[i];
		enum md_gate gate = md_gate_column(r->view, col, place.use);
		if (gate == MD_GATE_OPEN)
			push(c->q, ref, col);
		else if (gate == MD_GATE_MASKED)
			md_report_masked(c, r, col->api_name, &place);
	}
	for (uint32_t w = 0; w < md_words(r->table->n_columns); w++) {
		r->used[w] |= r->view->visible[w];
		if (r->cells)
			r->cells[w] |= r->view->visible[w];
	}
}

static void select_ref(struct md_check *c, uint32_t ref)
{
	const struct md_join *join = ref ? &c->q->joins[ref - 1] : NULL;
	if (!c->q->refs[ref].table)
		return;
	if (join ? join->columns_given : c->q->columns_given)
		select_named(c, ref, join ? join->columns : c->q->columns, join ? join->n_columns : c->q->n_columns);
	else
		select_all(c, ref);
}

/* At most so many outputs. */
static size_t bound(const struct md_query *q)
{
	size_t n = 0;
	for (uint32_t i = 0; i < md_query_row_refs(q); i++) {
		bool given = i ? q->joins[i - 1].columns_given : q->columns_given;
		if (q->refs[i].table)
			n += !given ? q->refs[i].table->n_columns : i ? q->joins[i - 1].n_columns : q->n_columns;
	}
	return n;
}

static struct md_str qualified(struct md_arena *a, struct md_str table, struct md_str column)
{
	char *p = md_alloc(a, table.n + 1 + column.n);
	if (!p)
		return column;
	memcpy(p, table.p, table.n);
	p[table.n] = '.';
	memcpy(p + table.n + 1, column.p, column.n);
	return (struct md_str){ p, table.n + 1 + column.n };
}

struct md_str md_check_qualified(struct md_check *c, uint32_t ref, struct md_str column)
{
	return qualified(c->cx->arena, c->q->refs[ref].as, column);
}

static void qualify(struct md_check *c, struct md_out *o)
{
	const struct md_column *col = o->use.column;
	if (o->name.p == col->api_name.p)
		o->name = qualified(c->cx->arena, c->q->refs[o->use.ref].as, col->api_name);
}

/* Within one table names differ, so that a name met before belongs to another table. */
static void name_outs(struct md_check *c)
{
	struct md_query *q = c->q;
	struct md_map seen = { 0 };
	if (md_map_init(&seen, c->cx->arena, q->n_outs))
		return;
	for (uint32_t i = 0; i < q->n_outs; i++) {
		uint32_t other = md_map_put(&seen, q->outs[i].use.column->api_name, i);
		if (other == MD_NONE)
			continue;
		qualify(c, &q->outs[other]);
		qualify(c, &q->outs[i]);
	}
}

static void nothing_selected(struct md_check *c)
{
	struct md_at at = { .key = MD_STR("from") };
	struct md_str label = c->cx->access->label;
	md_report(c->cx, MD_ACCESS_DENIED, &at,
	          MD_DETAILS(.table = c->q->from, .role = md_check_roles(c), .expected = MD_STR("at least one visible column"),
	                     .actual = c->q->from),
	          "no column of '%.*s' is granted to %.*s", MD_FMT(c->q->from), MD_FMT(label));
}

void md_check_select(struct md_check *c)
{
	struct md_query *q = c->q;
	q->outs = md_alloc(c->cx->arena, bound(q) * sizeof *q->outs);
	if (!q->outs)
		return;
	for (uint32_t i = 0; i < md_query_row_refs(q); i++)
		select_ref(c, i);
	if (q->n_joins)
		name_outs(c);
	if (q->n_outs == 0 && !q->columns_given && q->refs[0].table && q->mode != MD_COUNT && c->cx->err->problems.n == 0)
		nothing_selected(c);
}
