/* What a query does with each column of the tables that it needs, as far as the column's type in
 * the database can make a difference. Walks the whole query: filters, keys of relations, ids,
 * groups, aggregates, order, outputs, row filters and cell rules. It is made only where some table
 * of the query has a databaseType. */
#include "planner/private.h"

/* Every use is a use at all. */
static void add_use(struct md_judge *j, uint32_t ref, const struct md_column *c, uint32_t uses)
{
	uint32_t i = md_find_need(j, j->bound->refs[ref].table);
	j->uses[i][c->index] |= (uint16_t)(uses | MD_USE_BIT(MD_USED_AT_ALL));
}

static void add_columns(struct md_judge *j, uint32_t ref, const struct md_column *const *columns, uint32_t n,
                        uint32_t uses)
{
	for (uint32_t i = 0; i < n; i++)
		add_use(j, ref, columns[i], uses);
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

static void add_filters(struct md_judge *j, struct md_bound_filters filters);

/* As deep as the definition's JSON, which limits.jsonDepth bounds. */
static void add_filter(struct md_judge *j, const struct md_bound_filter *f)
{
	if (f->kind == MD_FILTER_VALUE) {
		add_use(j, f->use.ref, f->use.column, use_of_operator(f->op));
	} else if (f->kind == MD_FILTER_COLUMNS) {
		add_use(j, f->use.ref, f->use.column, MD_USE_BIT(MD_USED_RANGED));
		add_use(j, f->ref_use.ref, f->ref_use.column, MD_USE_BIT(MD_USED_RANGED));
	} else {
		add_filters(j, f->parts);
	}
}

static void add_filters(struct md_judge *j, struct md_bound_filters filters)
{
	for (uint32_t i = 0; i < filters.n; i++)
		add_filter(j, &filters.v[i]);
}

/* ---- references ---- */

static void add_predicate(struct md_judge *j, uint32_t ref, const struct md_pred *p)
{
	if (p->kind == MD_PRED_CMP)
		add_use(j, ref, p->column, md_rls_op_takes_value(p->op) ? MD_USE_BIT(MD_USED_COMPARED) : 0);
	for (uint32_t i = 0; i < p->n; i++)
		add_predicate(j, ref, p->parts[i]);
}

/* Row filters, and the rules of the cells that are read. */
static void add_guard(struct md_judge *j, uint32_t ref)
{
	const struct md_guarded_table *g = md_guarded_at(j->guarded, ref);
	add_predicate(j, ref, md_guarded_rows(g));
	for (uint32_t i = 0; i < md_guarded_rules(g); i++) {
		add_predicate(j, ref, md_guarded_rule_at(g, i)->shown);
		add_predicate(j, ref, md_guarded_rule_at(g, i)->clear);
	}
}

static void add_relation(struct md_judge *j, uint32_t ref)
{
	const struct md_ref *r = &j->bound->refs[ref];
	const struct md_relation *rel = r->relation;
	if (!rel)
		return;
	uint32_t joined = MD_USE_BIT(MD_USED_JOINED);
	add_columns(j, r->from_side ? ref : r->parent, rel->from_columns, rel->n, joined);
	add_columns(j, r->from_side ? r->parent : ref, rel->to_columns, rel->n, joined);
}

static void add_reference(struct md_judge *j, uint32_t ref)
{
	const struct md_ref *r = &j->bound->refs[ref];
	add_guard(j, ref);
	add_relation(j, ref);
	add_filters(j, r->filters);
	add_filters(j, r->on);
}

/* ---- outputs ---- */

/* A value in a bucket is calculated: what is done with it is done with another type. */
static void add_group(struct md_judge *j, const struct md_bound_group *g, uint32_t uses)
{
	add_use(j, g->use.ref, g->use.column, g->bucket ? MD_USE_BIT(MD_USED_CALCULATED) : uses);
}

static void add_aggregate(struct md_judge *j, const struct md_bound_agg *a)
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
		add_use(j, a->use.ref, a->use.column, uses[a->fn]);
}

static void add_outputs(struct md_judge *j)
{
	const struct md_bound *b = j->bound;
	uint32_t uses = MD_USE_BIT(MD_USED_SHOWN) | (b->distinct ? MD_USE_BIT(MD_USED_GROUPED) : 0);
	for (uint32_t i = 0; i < b->n_outputs; i++) {
		const struct md_bound_output *o = &b->outputs[i];
		if (o->group)
			add_group(j, o->group, uses);
		else if (o->agg)
			add_aggregate(j, o->agg);
		else if (o->use.column)
			add_use(j, o->use.ref, o->use.column, uses);
	}
	for (uint32_t i = 0; i < b->n_groups; i++)
		add_group(j, &b->groups[i], MD_USE_BIT(MD_USED_GROUPED));
	for (uint32_t i = 0; i < b->n_aggs; i++)
		add_aggregate(j, &b->aggs[i]);
}

/* ---- order ---- */

/* A total order ends with the keys of tables or groups, or with the outputs of distinct rows. */
static void add_last_sort_keys(struct md_judge *j, uint32_t uses)
{
	const struct md_bound *b = j->bound;
	for (uint32_t i = 0; i < b->n_groups; i++)
		add_group(j, &b->groups[i], uses);
	for (uint32_t i = 0; b->distinct && i < b->n_outputs; i++)
		if (!b->outputs[i].group && !b->outputs[i].agg)
			add_use(j, b->outputs[i].use.ref, b->outputs[i].use.column, uses);
	for (uint32_t i = 0; !md_bound_groups(b) && !b->distinct && i < md_bound_row_refs(b); i++)
		add_columns(j, i, b->refs[i].table->key, b->refs[i].table->n_key, uses);
}

/* The sort values of a page's last row are selected. */
static void add_order(struct md_judge *j)
{
	const struct md_bound *b = j->bound;
	uint32_t uses = MD_USE_BIT(MD_USED_ORDERED) | (b->has_page ? MD_USE_BIT(MD_USED_SHOWN) : 0);
	for (uint32_t i = 0; i < b->n_order; i++)
		if (b->order[i].group)
			add_group(j, b->order[i].group, uses);
		else if (!b->order[i].agg)
			add_use(j, b->order[i].use.ref, b->order[i].use.column, uses);
	if (md_bound_total_order(b))
		add_last_sort_keys(j, uses);
}

static void add_ids(struct md_judge *j)
{
	const struct md_table *t = j->bound->refs[0].table;
	uint32_t shown = md_bound_keeps_id_order(j->bound) ? MD_USE_BIT(MD_USED_SHOWN) : 0;
	if (j->bound->has_ids)
		add_columns(j, 0, t->key, t->n_key, MD_USE_BIT(MD_USED_COMPARED) | shown);
}

/* ---- all of it ---- */

static int make_room(struct md_judge *j)
{
	uint16_t **uses = md_alloc(j->cx->arena, j->n_needs * sizeof *uses);
	for (uint32_t i = 0; uses && i < j->n_needs; i++) {
		uses[i] = md_new_n(j->cx->arena, uint16_t, j->needs[i].table->n_columns);
		if (!uses[i])
			return -1;
	}
	j->uses = uses;
	return uses ? 0 : -1;
}

int md_find_uses_of_columns(struct md_judge *j)
{
	if (make_room(j))
		return -1;
	for (uint32_t i = 0; i < j->bound->n_refs; i++)
		add_reference(j, i);
	add_filters(j, j->bound->filters);
	add_ids(j);
	if (j->bound->mode == MD_COUNT)
		return 0;
	add_outputs(j);
	add_order(j);
	return 0;
}
