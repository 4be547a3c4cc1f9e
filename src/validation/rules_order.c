/* orderBy: columns of any table of the query. Refuses arrays and json: no engine orders them
 * alike. */
#include "validation/private.h"

static void report_unknown_ref(struct md_check *c, const struct md_order *o)
{
	struct md_at at = { .up = &o->at, .key = MD_STR("table") };
	md_report(c->cx, MD_INVALID_ORDER_BY, &at,
	          MD_DETAILS(.table = o->table, .column = o->column,
	                     .expected = MD_STR("from, or the name of a join"), .actual = o->table,
	                     .suggestion = md_check_ref_near(c, o->table)),
	          "table '%.*s' is not in this query", MD_FMT(o->table));
}

static void report_unordered(struct md_check *c, const struct md_order *o, const struct md_at *at,
                             const struct md_column *col)
{
	const char *type = md_type_name(col->type);
	md_report(c->cx, MD_INVALID_ORDER_BY, at,
	          MD_DETAILS(.table = o->table, .column = o->column,
	                     .expected = MD_STR("a column that is neither an array nor json"),
	                     .actual = md_str_z(type)),
	          "column '%.*s' (%s) can't be ordered by", MD_FMT(o->column), type);
}

static bool is_selected(const struct md_check *c, uint32_t ref, const struct md_column *col)
{
	for (uint32_t i = 0; i < c->bound->n_outputs; i++)
		if (c->outputs[i].use.ref == ref && c->outputs[i].use.column == col)
			return true;
	return false;
}

static void report_not_selected(struct md_check *c, const struct md_order *o, const struct md_at *at)
{
	md_report(c->cx, MD_INVALID_ORDER_BY, at,
	          MD_DETAILS(.table = o->table, .column = o->column, .expected = MD_STR("a selected column"),
	                     .actual = o->column),
	          "column '%.*s' is not selected: distinct rows have no other order", MD_FMT(o->column));
}

static void bind_order(struct md_check *c, const struct md_order *o, struct md_bound_order *out)
{
	struct md_at at = { .up = &o->at, .key = MD_STR("column") };
	struct md_column_use use = { &at, MD_USE_ORDER, MD_INVALID_ORDER_BY, 0, md_bound_row_refs(c->bound) };
	int64_t ref = o->table.p ? md_check_ref(c, o->table) : 0;
	bool first;
	if (ref < 0)
		report_unknown_ref(c, o);
	if (ref < 0 || !c->refs[ref].table)
		return;
	const struct md_column *col = md_check_column(c, (uint32_t)ref, o->column, &use, &first);
	if (col && (col->type.array || col->type.base == MD_JSON))
		report_unordered(c, o, &at, col);
	else if (col && c->q->distinct && !is_selected(c, (uint32_t)ref, col))
		report_not_selected(c, o, &at);
	out->use = (struct md_use){ (uint32_t)ref, col };
	out->desc = o->desc;
	out->nulls_first = md_order_nulls_first(o);
}

void md_check_order(struct md_check *c)
{
	for (uint32_t i = 0; i < c->q->n_order; i++)
		if (!c->q->order[i].broken)
			bind_order(c, &c->q->order[i], &c->order[i]);
}
