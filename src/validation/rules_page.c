/* page: the total order that its cursors tell places in. Refuses a page in count mode, and rows
 * whose order can't be made total: a table of the row (from in any case) without primary key,
 * keys and outputs that have no order. Keys are read raw even where the caller can't see them;
 * distinct rows and groups are ordered by columns that the caller may sort by. */
#include "validation/private.h"

static const struct md_at page_at = { .key = { "page", 4 } };

static void check_mode(struct md_check *c)
{
	if (c->bound->mode != MD_COUNT)
		return;
	md_report(c->cx, MD_INVALID_PAGE, &page_at,
	          MD_DETAILS(.expected = MD_STR("page or count mode"), .actual = MD_STR("count mode")),
	          "page can't be asked with count mode");
}

static bool has_order(struct md_type t)
{
	return !t.array && t.base != MD_JSON;
}

/* The order of rows must not depend on a column that can be masked, unless the caller may sort
 * by it. */
static void check_gate(struct md_check *c, const struct md_use *of)
{
	const struct md_ref *r = &c->refs[of->ref];
	struct md_column_use use = { &page_at, MD_USE_ORDER, MD_INVALID_PAGE, 0, 0 };
	if (c->notes)
		md_note_use(c, *of, MD_USE_ORDER);
	if (md_gate_column(r->view, of->column, MD_USE_ORDER) == MD_GATE_MASKED)
		md_report_masked(c, r, of->column->api_name, &use);
}

static void report_unordered(struct md_check *c, struct md_str table, const struct md_column *col)
{
	const char *type = md_type_name(col->type);
	md_report(c->cx, MD_INVALID_PAGE, &page_at,
	          MD_DETAILS(.table = table, .column = col->api_name,
	                     .expected = MD_STR("a column that is neither an array nor json"),
	                     .actual = md_str_z(type)),
	          "rows of '%.*s' have no total order: column '%.*s' (%s) can't be ordered by", MD_FMT(table),
	          MD_FMT(col->api_name), type);
}

static void report_no_key(struct md_check *c, struct md_str table)
{
	md_report(c->cx, MD_INVALID_PAGE, &page_at,
	          MD_DETAILS(.table = table, .expected = MD_STR("tables with primary keys"), .actual = table),
	          "rows of '%.*s' have no total order: it has no primary key", MD_FMT(table));
}

/* ---- what makes the order total ---- */

static void check_keys(struct md_check *c, uint32_t ref)
{
	const struct md_ref *r = &c->refs[ref];
	for (uint32_t k = 0; k < r->table->n_key; k++) {
		md_mark(c->states[ref].used, r->table->key[k]->index);
		if (!has_order(r->table->key[k]->type))
			report_unordered(c, r->as, r->table->key[k]);
	}
}

static void check_outputs(struct md_check *c)
{
	for (uint32_t i = 0; i < c->bound->n_outputs; i++) {
		const struct md_bound_output *o = &c->outputs[i];
		if (o->agg || !o->use.column)
			continue;
		if (!has_order(o->use.column->type))
			report_unordered(c, c->refs[o->use.ref].as, o->use.column);
		else
			check_gate(c, &o->use);
	}
}

/* Whatever else is wrong in the query: what could not be resolved is passed over. */
void md_check_page(struct md_check *c)
{
	const struct md_query *q = c->q;
	bool by_keys = !q->distinct && !md_query_groups(q);
	uint32_t with_keys = by_keys ? md_bound_row_refs(c->bound) : 1;
	check_mode(c);
	for (uint32_t i = 0; i < with_keys; i++) {
		const struct md_ref *r = &c->refs[i];
		if (r->table && !r->table->n_key)
			report_no_key(c, r->as);
		else if (r->table && by_keys)
			check_keys(c, i);
	}
	if (q->distinct && !md_query_groups(q))
		check_outputs(c);
	for (uint32_t i = 0; i < q->n_groups; i++)
		if (c->groups[i].use.column)
			check_gate(c, &c->groups[i].use);
}
