/* The order of resolving. Accepts a plan of md_plan, of a validated query. Promises: no API name
 * gets into the tree; every table stands there as a scan with its row predicate, every column as
 * its cell, unless one of the six makers of raw columns made it (resolve/private.h). */
#include "resolve/private.h"

#include "trace/trace.h"

/* ---- how many rows can come ---- */

static bool is_fixed(struct md_bound_filters f, const struct md_column *c)
{
	for (uint32_t i = 0; i < f.n; i++) {
		const struct md_bound_filter *it = &f.v[i];
		if (it->kind == MD_FILTER_VALUE && it->op->id == MD_OP_EQ && it->use.ref == 0 && it->use.column == c)
			return true;
	}
	return false;
}

/* A select by key: the filters give every key column one value. */
static bool selects_one_row(const struct md_bound *b)
{
	const struct md_table *t = b->refs[0].table;
	uint32_t k = 0;
	while (k < t->n_key && is_fixed(b->filters, t->key[k]))
		k++;
	return k && k == t->n_key && !b->n_joins;
}

int64_t md_row_bound(const struct md_bound *b, const struct md_values *values, uint32_t n_ids)
{
	if (b->mode == MD_COUNT || (b->aggs_given && !b->groups_given) || selects_one_row(b))
		return 1;
	if (b->has_page)
		return values->page_first + 1;
	if (!b->has_ids || b->n_joins)
		return values->limit;
	return values->limit < 0 || n_ids < values->limit ? (int64_t)n_ids : values->limit;
}

/* ---- log ---- */

static void log_columns(const struct md_resolving *r, uint32_t ref)
{
	const struct md_table *t = r->bound->refs[ref].table;
	const struct md_sync *s = r->plan->sources[ref].sync;
	const uint64_t *needed = md_guarded_needed(md_guarded_at(r->plan->guarded, ref));
	struct md_str place = md_name_in(t, s)->whole;
	for (uint32_t w = 0; w < md_words(t->n_columns); w++)
		for (uint64_t left = needed[w]; left;) {
			uint32_t i = md_take_bit(&left, w);
			const struct md_column *c = &t->columns[i];
			struct md_str name = md_column_name_in(c, s);
			md_ev4(r->cx, MD_EV_NAME, MD_S(t->api_name), MD_S(c->api_name), MD_S(place), MD_S(name));
		}
}

/* ---- the parts ---- */

/* Room for all that the query can select, group by and sort by. */
static int make_room(struct md_resolving *r)
{
	const struct md_bound *b = r->bound;
	uint32_t keys = md_count_keys(b), cached = r->only ? b->refs[0].table->n_columns : 0;
	uint32_t selected = 1 + 2 * (b->n_outputs + b->n_groups) + keys + cached, sorted = b->n_order + keys + selected;
	bool selects_sorted = b->has_page || b->distinct || md_bound_groups(b);
	uint32_t outputs = selected + (selects_sorted ? sorted : 0);
	/* an enum that is sorted by, and the least one, are expressions of expressions */
	return md_exprs_init(r, outputs + 2 * sorted + 3 * b->n_aggs, outputs);
}

static int count_rows(struct md_resolving *r)
{
	static const struct md_expr rows = { .kind = MD_EXPR_AGGREGATE, .fn = MD_FN_COUNT,
		                             .type = { .base = MD_BIGINT } };
	md_select_expr(r, md_intern_new(r, &rows), MD_STR("count"));
	return 0;
}

static int resolve_rows(struct md_resolving *r, struct md_tree *out)
{
	if (md_bound_groups(r->bound))
		return md_resolve_groups(r, out);
	if (r->only ? md_select_entry(r) : md_select_columns(r))
		return -1;
	return md_order_rows(r, out);
}

static int resolve_outputs(struct md_resolving *r, struct md_tree *out)
{
	const struct md_bound *b = r->bound;
	if (b->mode == MD_COUNT)
		return count_rows(r);

	out->limit = r->values->limit;
	out->offset = r->values->offset;
	out->is_distinct = b->distinct;
	return resolve_rows(r, out) || (b->has_page && md_resolve_page(r, out)) ? -1 : 0;
}

static int make_tree(struct md_resolving *r, struct md_tree *out)
{
	*out = (struct md_tree){ .dialect = r->plan->dialect, .limit = -1, .offset = -1 };
	if (make_room(r) || md_make_scans(r, out) || md_resolve_filters(r, out) || resolve_outputs(r, out) ||
	    (r->latest && md_list_latest_columns(r)))
		return -1;
	if (r->lacks_rule)
		return md_fail(r->cx, MD_INTERNAL,
		               "a column whose cells are not simply its values came without a rule for them");

	out->exprs = r->exprs;
	out->n_exprs = r->n_exprs;
	out->outputs = r->outputs;
	out->described = r->described;
	out->n_outputs = r->n_outputs;
	out->depends_on_values = r->depends_on_values;
	out->row_bound = md_row_bound(r->bound, r->values, r->only ? r->only->n : r->values->n_ids);
	for (uint32_t i = 0; i < r->bound->n_refs; i++)
		log_columns(r, i);
	return 0;
}

static struct md_resolving begin_resolving(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values)
{
	return (struct md_resolving){ .cx = cx, .arena = cx->arena, .plan = p, .facts = md_dialect_facts_of(p->dialect),
		                      .bound = md_guarded_bound(p->guarded), .values = values };
}

/* ---- for the caller, for the cache ---- */

int md_resolve(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values,
               const struct md_position *position, struct md_tree *out, struct md_shape *shape)
{
	struct md_resolving r = begin_resolving(cx, p, values);
	r.position = position;
	if (make_tree(&r, out) || md_check_memory(cx))
		return md_stage_failed(cx);
	*shape = (struct md_shape){ .count = r.bound->mode == MD_COUNT, .described = r.described, .outputs = r.shape,
		                    .n_outputs = r.n_outputs, .sort_at = r.sort_at,
		                    .n_sort = r.sort_at ? out->n_order : 0, .id_place = r.id_place };
	return 0;
}

int md_resolve_misses(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values,
                      const struct md_ids *ids, struct md_tree *out, struct md_miss_shape *shape)
{
	struct md_resolving r = begin_resolving(cx, p, values);
	r.only = ids;
	if (make_tree(&r, out) || md_check_memory(cx))
		return md_stage_failed(cx);
	const struct md_column **columns = md_alloc(cx->arena, r.n_outputs * sizeof *columns);
	if (!columns)
		return md_out_of_memory(cx);
	for (uint32_t i = 0; i < r.n_outputs; i++)
		columns[i] = r.shape[i].column;
	*shape = (struct md_miss_shape){ .columns = columns, .n = r.n_outputs };
	return 0;
}
