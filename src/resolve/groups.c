/* Groups and aggregates: outputs, GROUP BY, having and order of a statement whose rows are grouped.
 * Promises: outputs in the query's order, aggregates last; GROUP BY has every entry of groupBy,
 * selected or not. A sort key that is a cell under a rule is always an output, hidden if
 * the query does not select it: each rendering of the expression allocates new parameters, so
 * engines would not match the text in ORDER BY with the text in GROUP BY. With an offset or a page
 * the order ends with the keys of the groups, or with all outputs where rows are distinct. A key
 * that is masked for the caller never decides the order, unless policy allows sorting by it: the
 * unmasked outputs take its place, also where an engine would return groups in the order of their
 * keys (docs/adr/0025-cells-and-masks.md). */
#include "resolve/private.h"

/* An entry of groupBy. */
struct md_group_entry {
	uint32_t expr;           /* index in md_tree.exprs */
	uint32_t state;          /* MASKED_BY_ROW: index of md_cell_state, so that clear and masked values
	                          * are separate groups; else MD_NONE */
	enum md_masking masking;
};

/* ---- entries ---- */

/* A date has no time of day: it starts its own day, hour and minute. */
static enum md_bucket bucket_of(const struct md_bound_group *g)
{
	return g->use.column->type.base == MD_DATE && g->bucket >= MD_DAY ? MD_BUCKET_NONE : g->bucket;
}

static const struct md_expr *put_in_bucket(struct md_resolving *r, const struct md_expr *cell, enum md_bucket bucket)
{
	if (!cell || !bucket)
		return cell;
	struct md_expr *e = md_alloc(r->arena, sizeof *e);
	if (e)
		*e = (struct md_expr){ .kind = MD_EXPR_BUCKET, .bucket = bucket, .type = cell->type,
			               .nullable = cell->nullable, .of = cell };
	return e;
}

static int make_entry(struct md_resolving *r, const struct md_bound_group *g, struct md_group_entry *to)
{
	const struct md_pred *clear;
	const struct md_expr *cell = md_cell(r, g->use), *e = put_in_bucket(r, cell, bucket_of(g));
	if (!e)
		return -1;
	to->expr = md_intern(r, e);
	to->state = MD_NONE;
	to->masking = md_cell_masking(r, g->use, &clear);
	if (to->masking != MD_MASKED_BY_ROW)
		return 0;

	const struct md_expr *state = md_cell_state(r, g->use.ref, cell, clear);
	if (!state)
		return -1;
	to->state = md_intern(r, state);
	return 0;
}

static const struct md_group_entry *make_entries(struct md_resolving *r)
{
	const struct md_bound *b = r->bound;
	struct md_group_entry *v = md_alloc(r->arena, b->n_groups * sizeof *v);
	for (uint32_t i = 0; v && i < b->n_groups; i++)
		if (make_entry(r, &b->groups[i], &v[i]))
			return NULL;
	return v;
}

/* Returns the array of GROUP BY, which has room for every sort key too. */
static uint32_t *group_by_entries(struct md_resolving *r, const struct md_group_entry *e, struct md_tree *out)
{
	uint32_t n = r->bound->n_groups;
	size_t most_sorted = (size_t)r->bound->n_order + n + 2 * ((size_t)r->bound->n_outputs + n);
	uint32_t *v = md_alloc(r->arena, (2 * (size_t)n + most_sorted) * sizeof *v);
	if (!v)
		return NULL;
	out->group = v;
	for (uint32_t i = 0; i < n; i++) {
		v[out->n_group++] = e[i].expr;
		if (e[i].state != MD_NONE)
			v[out->n_group++] = e[i].state;
	}
	return v;
}

/* ---- aggregates ---- */

/* A count is a bigint, whatever the type of the counted column. */
static struct md_type aggregate_type(const struct md_bound_agg *a)
{
	return md_agg_counts(a) ? (struct md_type){ .base = MD_BIGINT } : a->type;
}

/* The least and the greatest label are those at the least and the greatest place. */
static const struct md_expr *make_enum_aggregate(struct md_resolving *r, const struct md_bound_agg *a,
                                                 const struct md_expr *cell)
{
	const struct md_expr *position = md_position_of(r, cell);
	struct md_expr *place = md_alloc(r->arena, sizeof *place), *label = md_alloc(r->arena, sizeof *label);
	if (!position || !place || !label)
		return NULL;
	*place = (struct md_expr){ .kind = MD_EXPR_AGGREGATE, .fn = a->fn, .type = position->type, .nullable = true,
		                   .of = position };
	*label = (struct md_expr){ .kind = MD_EXPR_LABEL, .type = a->type, .nullable = true, .labels = cell->labels,
		                   .of = place };
	return label;
}

static const struct md_expr *make_aggregate(struct md_resolving *r, const struct md_bound_agg *a)
{
	const struct md_expr *of = a->use.column ? md_cell(r, a->use) : NULL;
	if (of && md_is_scalar_enum(of) && a->fn >= MD_FN_MIN)
		return make_enum_aggregate(r, a, of);
	struct md_expr *e = md_alloc(r->arena, sizeof *e);
	if (!e || (a->use.column && !of))
		return NULL;
	bool nullable = !md_agg_counts(a) && (!r->bound->n_groups || of->nullable);
	*e = (struct md_expr){ .kind = MD_EXPR_AGGREGATE, .fn = a->fn, .type = aggregate_type(a), .nullable = nullable,
		               .of = of };
	return e;
}

static int make_aggregates(struct md_resolving *r)
{
	const struct md_bound *b = r->bound;
	uint32_t *v = md_alloc(r->arena, b->n_aggs * sizeof *v);
	if (!v)
		return -1;
	for (uint32_t i = 0; i < b->n_aggs; i++) {
		const struct md_expr *e = make_aggregate(r, &b->aggs[i]);
		if (!e)
			return -1;
		v[i] = md_intern(r, e);
	}
	r->aggregates = v;
	return 0;
}

/* ---- outputs ---- */

static const struct md_group_entry *entry_of(const struct md_resolving *r, const struct md_group_entry *e,
                                             const struct md_bound_group *g)
{
	return &e[g - r->bound->groups];
}

static void select_group_entry(struct md_resolving *r, const struct md_group_entry *e, const struct md_bound_group *g,
                         struct md_str label)
{
	struct md_shape_output *c = md_select_expr(r, e->expr, label);
	c->column = g->use.column;
	c->ref = g->use.ref;
	c->masking = e->masking;
}

static struct md_shape_output *select_hidden(struct md_resolving *r, uint32_t expr, struct md_str label, uint32_t ref)
{
	struct md_shape_output *c = md_select_expr(r, expr, label);
	c->hidden = true;
	c->ref = ref;
	return c;
}

static void select_outputs(struct md_resolving *r, const struct md_group_entry *e)
{
	const struct md_bound *b = r->bound;
	for (uint32_t i = 0; i < b->n_outputs; i++) {
		const struct md_bound_output *it = &b->outputs[i];
		if (it->agg)
			md_select_expr(r, r->aggregates[it->agg - b->aggs], it->name)->ref = it->agg->use.ref;
		else
			select_group_entry(r, entry_of(r, e, it->group), it->group, it->name);
	}
}

static void select_states(struct md_resolving *r, const struct md_group_entry *e)
{
	const struct md_bound *b = r->bound;
	for (uint32_t i = 0; i < b->n_outputs; i++) {
		if (r->shape[i].masking != MD_MASKED_BY_ROW)
			continue;
		r->shape[i].clear_at = r->n_outputs;
		select_hidden(r, entry_of(r, e, b->outputs[i].group)->state, MD_STR("clear"), r->shape[i].ref);
	}
}

/* May the raw value of the entry decide the order of the groups? */
static bool may_sort_by_entry(const struct md_resolving *r, const struct md_group_entry *e,
                              const struct md_bound_group *g)
{
	return entry_of(r, e, g)->masking == MD_UNMASKED || md_may_sort_masked(r, g->use.ref);
}

static bool may_sort_by_all_entries(const struct md_resolving *r, const struct md_group_entry *e)
{
	for (uint32_t i = 0; i < r->bound->n_groups; i++)
		if (!may_sort_by_entry(r, e, &r->bound->groups[i]))
			return false;
	return true;
}

/* Are sort keys added to the requested ones? For a total order, and where the engine would return
 * the groups in the order of keys whose values are masked. */
static bool completes_group_order(const struct md_resolving *r, const struct md_group_entry *e)
{
	return md_bound_total_order(r->bound) || (r->facts->unordered_shows_values && !may_sort_by_all_entries(r, e));
}

/* Is the entry a sort key, requested or added? */
static bool is_sort_key(const struct md_resolving *r, const struct md_group_entry *e, const struct md_bound_group *g)
{
	const struct md_bound *b = r->bound;
	bool found = completes_group_order(r, e) && !b->distinct && may_sort_by_entry(r, e, g);
	for (uint32_t i = 0; i < b->n_order; i++)
		found |= b->order[i].group == g;
	return found;
}

static bool is_selected(const struct md_bound *b, const struct md_bound_group *g)
{
	for (uint32_t i = 0; i < b->n_outputs; i++)
		if (b->outputs[i].group == g)
			return true;
	return false;
}

static void select_hidden_entries(struct md_resolving *r, const struct md_group_entry *e)
{
	const struct md_bound *b = r->bound;
	for (uint32_t i = 0; i < b->n_groups; i++) {
		const struct md_bound_group *g = &b->groups[i];
		if (md_expr_holds_parameters(r->exprs[e[i].expr].expr) && is_sort_key(r, e, g) && !is_selected(b, g))
			select_hidden(r, e[i].expr, g->name, g->use.ref)->column = g->use.column;
	}
}

/* ---- order ---- */

struct md_group_order {
	struct md_sort_key *v;
	uint32_t n;
};

static void append_group_sort_key(struct md_resolving *r, struct md_group_order *to, uint32_t expr)
{
	to->v[to->n++] = (struct md_sort_key){ .expr = md_sort_expr(r, expr) };
}

static bool is_requested_sort_key(const struct md_bound *b, const struct md_bound_group *g,
                                  const struct md_bound_agg *a)
{
	for (uint32_t i = 0; i < b->n_order; i++)
		if (g ? b->order[i].group == g : b->order[i].agg == a)
			return true;
	return false;
}

static void append_group_keys(struct md_resolving *r, const struct md_group_entry *e, struct md_group_order *to)
{
	const struct md_bound *b = r->bound;
	for (uint32_t i = 0; i < b->n_groups; i++)
		if (!is_requested_sort_key(b, &b->groups[i], NULL) && may_sort_by_entry(r, e, &b->groups[i]))
			append_group_sort_key(r, to, e[i].expr);
}

/* aggregates_alone: the keys of the groups are appended already. */
static void append_group_outputs(struct md_resolving *r, const struct md_group_entry *e, bool aggregates_alone,
                                 struct md_group_order *to)
{
	const struct md_bound *b = r->bound;
	for (uint32_t i = 0; i < b->n_outputs; i++) {
		const struct md_bound_output *it = &b->outputs[i];
		bool is_wanted = it->agg || (!aggregates_alone && may_sort_by_entry(r, e, it->group));
		if (is_wanted && !is_requested_sort_key(b, it->group, it->agg))
			append_group_sort_key(r, to, r->outputs[i]);
	}
}

/* Appends the keys of the groups, or all outputs where rows are distinct, and the outputs that
 * separate clear from masked values. Where a key is left out because it is masked, groups that
 * still are equal in the order look alike but for their masks. */
static void complete_group_order(struct md_resolving *r, const struct md_group_entry *e, struct md_group_order *to)
{
	const struct md_bound *b = r->bound;
	if (!b->distinct)
		append_group_keys(r, e, to);
	if (b->distinct || !may_sort_by_all_entries(r, e))
		append_group_outputs(r, e, !b->distinct, to);
	for (uint32_t i = b->n_outputs; i < r->n_outputs; i++)
		if (r->exprs[r->outputs[i]].expr->kind == MD_EXPR_TEST)
			append_group_sort_key(r, to, r->outputs[i]);
}

static void append_requested_group_order(struct md_resolving *r, const struct md_group_entry *e,
                                         struct md_group_order *to)
{
	const struct md_bound *b = r->bound;
	for (uint32_t i = 0; i < b->n_order; i++) {
		const struct md_bound_order *o = &b->order[i];
		append_group_sort_key(r, to, o->agg ? r->aggregates[o->agg - b->aggs] : entry_of(r, e, o->group)->expr);
		to->v[i].desc = o->desc;
		to->v[i].nulls_first = o->nulls_first;
	}
}

/* Does the place of an enum have to be selected, because the order names it as an output? */
static bool is_sorted_as_output(const struct md_resolving *r, uint32_t expr)
{
	const struct md_expr *e = r->exprs[expr].expr;
	bool is_place_of_aggregate = e->kind == MD_EXPR_AGGREGATE && e->of && e->of->kind == MD_EXPR_POSITION;
	return md_is_position(r, expr) || (r->bound->distinct && is_place_of_aggregate);
}

/* The places of enums that the groups are sorted by. The groups stay the same: a label has one
 * place. */
static void group_by_places(struct md_resolving *r, struct md_tree *out, uint32_t *group)
{
	for (uint32_t i = 0; i < out->n_order; i++) {
		uint32_t expr = out->order[i].expr;
		if (!is_sorted_as_output(r, expr) || r->exprs[expr].output != MD_NONE)
			continue;
		select_hidden(r, expr, MD_STR("place"), 0);
		if (md_is_position(r, expr))
			group[out->n_group++] = expr;
	}
}

/* Without groupBy there is a single row, which needs no order. */
static int order_groups(struct md_resolving *r, const struct md_group_entry *e, struct md_tree *out, uint32_t *group)
{
	const struct md_bound *b = r->bound;
	struct md_group_order to = { 0 };
	if (!b->n_groups)
		return 0;
	to.v = md_alloc(r->arena, ((size_t)b->n_order + b->n_groups + r->n_outputs) * sizeof *to.v);
	if (!to.v)
		return -1;
	append_requested_group_order(r, e, &to);
	if (completes_group_order(r, e))
		complete_group_order(r, e, &to);
	out->order = to.v;
	out->n_order = to.n;
	group_by_places(r, out, group);
	return 0;
}

int md_resolve_groups(struct md_resolving *r, struct md_tree *out)
{
	const struct md_group_entry *e = make_entries(r);
	uint32_t *group = e ? group_by_entries(r, e, out) : NULL;
	if (!group || make_aggregates(r) || md_resolve_having(r, out))
		return -1;
	select_outputs(r, e);
	select_states(r, e);
	select_hidden_entries(r, e);
	return order_groups(r, e, out, group);
}
