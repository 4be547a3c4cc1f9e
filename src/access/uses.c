/* The walk of md_each_use: filters, keys of relations, ids, groups, aggregates, order, outputs, row
 * filters and cell rules. A new part of a definition that names columns has its place here, and
 * nowhere else. */
#include "access/uses.h"

struct use_walk {
	const struct md_guarded *guarded;
	const struct md_bound *bound;
	md_use_fn *take;
	void *to;
};

/* Every use is a use at all. */
static void add_use(const struct use_walk *w, uint32_t ref, const struct md_column *c, uint32_t uses)
{
	w->take(w->to, ref, c, uses | MD_USE_BIT(MD_USED_AT_ALL));
}

static void add_columns(const struct use_walk *w, uint32_t ref, const struct md_column *const *columns, uint32_t n,
                        uint32_t uses)
{
	for (uint32_t i = 0; i < n; i++)
		add_use(w, ref, columns[i], uses);
}

/* ---- filters ---- */

/* How an operator uses its column; 0: it asks for NULL alone. */
static uint32_t use_of_operator(const struct md_operator *op)
{
	switch (op->id) {
	case MD_OP_EQ:
	case MD_OP_NE:
	case MD_OP_IN:
	case MD_OP_NOT_IN:
		return MD_USE_BIT(MD_USED_COMPARED);
	case MD_OP_GT:
	case MD_OP_LT:
	case MD_OP_GE:
	case MD_OP_LE:
	case MD_OP_BETWEEN:
	case MD_OP_NOT_BETWEEN:
		return MD_USE_BIT(MD_USED_RANGED);
	case MD_OP_IS_NULL:
	case MD_OP_IS_NOT_NULL:
		return 0;
	default:
		return MD_USE_BIT(MD_USED_MATCHED);
	}
}

static void add_filters(const struct use_walk *w, struct md_bound_filters filters);

/* As deep as the definition's JSON, which limits.jsonDepth bounds. */
static void add_filter(const struct use_walk *w, const struct md_bound_filter *f)
{
	if (f->kind == MD_FILTER_VALUE) {
		add_use(w, f->use.ref, f->use.column, use_of_operator(f->op));
	} else if (f->kind == MD_FILTER_COLUMNS) {
		add_use(w, f->use.ref, f->use.column, MD_USE_BIT(MD_USED_RANGED));
		add_use(w, f->ref_use.ref, f->ref_use.column, MD_USE_BIT(MD_USED_RANGED));
	} else {
		add_filters(w, f->parts);
	}
}

static void add_filters(const struct use_walk *w, struct md_bound_filters filters)
{
	for (uint32_t i = 0; i < filters.n; i++)
		add_filter(w, &filters.v[i]);
}

/* ---- references ---- */

static void add_predicate(const struct use_walk *w, uint32_t ref, const struct md_pred *p)
{
	if (p->kind == MD_PRED_CMP)
		add_use(w, ref, p->column, md_rls_op_takes_value(p->op) ? MD_USE_BIT(MD_USED_COMPARED) : 0);
	for (uint32_t i = 0; i < p->n; i++)
		add_predicate(w, ref, p->parts[i]);
}

/* Row filters, and the rules of the cells that are read. */
static void add_guard(const struct use_walk *w, uint32_t ref)
{
	const struct md_guarded_table *g = md_guarded_at(w->guarded, ref);
	add_predicate(w, ref, md_guarded_rows(g));
	for (uint32_t i = 0; i < md_guarded_rules(g); i++) {
		add_predicate(w, ref, md_guarded_rule_at(g, i)->shown);
		add_predicate(w, ref, md_guarded_rule_at(g, i)->clear);
	}
}

static void add_relation(const struct use_walk *w, uint32_t ref)
{
	const struct md_ref *r = &w->bound->refs[ref];
	if (!r->relation)
		return;
	add_columns(w, ref, md_ref_key(r), r->relation->n, MD_USE_BIT(MD_USED_JOINED));
	add_columns(w, r->parent, md_ref_parent_key(r), r->relation->n, MD_USE_BIT(MD_USED_JOINED));
}

static void add_reference(const struct use_walk *w, uint32_t ref)
{
	const struct md_ref *r = &w->bound->refs[ref];
	add_guard(w, ref);
	add_relation(w, ref);
	add_filters(w, r->filters);
	add_filters(w, r->on);
}

/* ---- outputs ---- */

/* A value in a bucket is calculated: what is done with it is done with another type. */
static void add_group(const struct use_walk *w, const struct md_bound_group *g, uint32_t uses)
{
	add_use(w, g->use.ref, g->use.column, g->bucket ? MD_USE_BIT(MD_USED_CALCULATED) : uses);
}

static void add_aggregate(const struct use_walk *w, const struct md_bound_agg *a)
{
	static const uint32_t uses[] = {
		[MD_FN_NONE] = 0,
		[MD_FN_COUNT] = 0,
		[MD_FN_COUNT_DISTINCT] = MD_USE_BIT(MD_USED_GROUPED),
		[MD_FN_SUM] = MD_USE_BIT(MD_USED_CALCULATED),
		[MD_FN_AVG] = MD_USE_BIT(MD_USED_CALCULATED),
		[MD_FN_MIN] = MD_USE_BIT(MD_USED_LEAST),
		[MD_FN_MAX] = MD_USE_BIT(MD_USED_LEAST),
	};
	if (a->use.column)
		add_use(w, a->use.ref, a->use.column, uses[a->fn]);
}

static void add_outputs(const struct use_walk *w)
{
	const struct md_bound *b = w->bound;
	uint32_t uses = MD_USE_BIT(MD_USED_SHOWN) | (b->distinct ? MD_USE_BIT(MD_USED_GROUPED) : 0);
	for (uint32_t i = 0; i < b->n_outputs; i++) {
		const struct md_bound_output *o = &b->outputs[i];
		if (o->group)
			add_group(w, o->group, uses);
		else if (o->agg)
			add_aggregate(w, o->agg);
		else if (o->use.column)
			add_use(w, o->use.ref, o->use.column, uses);
	}
	for (uint32_t i = 0; i < b->n_groups; i++)
		add_group(w, &b->groups[i], MD_USE_BIT(MD_USED_GROUPED));
	for (uint32_t i = 0; i < b->n_aggs; i++)
		add_aggregate(w, &b->aggs[i]);
}

/* ---- order ---- */

/* A total order ends with the keys of tables or groups, or with the outputs of distinct rows. */
static void add_last_sort_keys(const struct use_walk *w, uint32_t uses)
{
	const struct md_bound *b = w->bound;
	for (uint32_t i = 0; i < b->n_groups; i++)
		add_group(w, &b->groups[i], uses);
	for (uint32_t i = 0; b->distinct && i < b->n_outputs; i++)
		if (!b->outputs[i].group && !b->outputs[i].agg)
			add_use(w, b->outputs[i].use.ref, b->outputs[i].use.column, uses);
	for (uint32_t i = 0; !md_bound_groups(b) && !b->distinct && i < md_bound_row_refs(b); i++)
		add_columns(w, i, b->refs[i].table->key, b->refs[i].table->n_key, uses);
}

/* The sort values of a page's last row are selected. */
static void add_order(const struct use_walk *w)
{
	const struct md_bound *b = w->bound;
	uint32_t uses = MD_USE_BIT(MD_USED_ORDERED) | (b->has_page ? MD_USE_BIT(MD_USED_SHOWN) : 0);
	for (uint32_t i = 0; i < b->n_order; i++)
		if (b->order[i].group)
			add_group(w, b->order[i].group, uses);
		else if (!b->order[i].agg)
			add_use(w, b->order[i].use.ref, b->order[i].use.column, uses);
	if (md_bound_total_order(b))
		add_last_sort_keys(w, uses);
}

static void add_ids(const struct use_walk *w)
{
	const struct md_table *t = w->bound->refs[0].table;
	uint32_t shown = md_bound_keeps_id_order(w->bound) ? MD_USE_BIT(MD_USED_SHOWN) : 0;
	if (w->bound->has_ids)
		add_columns(w, 0, t->key, t->n_key, MD_USE_BIT(MD_USED_COMPARED) | shown);
}

/* ---- all of it ---- */

void md_each_use(const struct md_guarded *g, md_use_fn *take, void *to)
{
	const struct md_bound *b = md_guarded_bound(g);
	const struct use_walk w = { g, b, take, to };
	for (uint32_t i = 0; i < b->n_refs; i++)
		add_reference(&w, i);
	add_filters(&w, b->filters);
	add_ids(&w);
	if (b->mode == MD_COUNT)
		return;
	add_outputs(&w);
	add_order(&w);
}
