/* orderBy: columns of any table of the query. Refuses arrays and json: no engine orders them alike. */
#include "validation/check.h"

static void unknown_ref(struct md_check *c, const struct md_order *o)
{
	struct md_at at = { .up = &o->at, .key = MD_STR("table") };
	md_report(c->cx, MD_INVALID_ORDER_BY, &at,
	          MD_DETAILS(.table = o->table, .column = o->column, .expected = MD_STR("from, or the name of a join"), .actual = o->table,
	                     .suggestion = md_check_ref_near(c, o->table, c->q->n_refs)),
	          "table '%.*s' is not in this query", MD_FMT(o->table));
}

static void no_order(struct md_check *c, const struct md_order *o, const struct md_at *at, const struct md_column *col)
{
	const char *type = md_type_name(col->type);
	md_report(c->cx, MD_INVALID_ORDER_BY, at,
	          MD_DETAILS(.table = o->table, .column = o->column, .expected = MD_STR("a column that is neither an array nor json"),
	                     .actual = md_str_z(type)),
	          "column '%.*s' (%s) can't be ordered by", MD_FMT(o->column), type);
}

static bool selected(const struct md_query *q, uint32_t ref, const struct md_column *col)
{
	for (uint32_t i = 0; i < q->n_outs; i++)
		if (q->outs[i].use.ref == ref && q->outs[i].use.column == col)
			return true;
	return false;
}

static void not_selected(struct md_check *c, const struct md_order *o, const struct md_at *at)
{
	md_report(c->cx, MD_INVALID_ORDER_BY, at,
	          MD_DETAILS(.table = o->table, .column = o->column, .expected = MD_STR("a selected column"), .actual = o->column),
	          "column '%.*s' is not selected: distinct rows have no other order", MD_FMT(o->column));
}

void md_check_order(struct md_check *c)
{
	for (uint32_t i = 0; i < c->q->n_order; i++) {
		struct md_order *o = &c->q->order[i];
		struct md_at at = { .up = &o->at, .key = MD_STR("column") };
		struct md_place place = { &at, MD_USE_ORDER, MD_INVALID_ORDER_BY };
		int64_t ref = o->table.p ? md_check_ref(c, o->table, c->q->n_refs) : 0;
		bool first;
		if (o->broken)
			continue;
		if (ref < 0)
			unknown_ref(c, o);
		if (ref < 0 || !c->q->refs[ref].table)
			continue;
		const struct md_column *col = md_check_column(c, (uint32_t)ref, o->column, &place, &first);
		if (col && (col->type.array || col->type.base == MD_JSON))
			no_order(c, o, &at, col);
		else if (col && c->q->distinct && !selected(c->q, (uint32_t)ref, col))
			not_selected(c, o, &at);
		o->use = (struct md_use){ (uint32_t)ref, col };
	}
}
