/* Groups and aggregates. Promises: outputs in the query's order, aggregates last; every entry of groupBy is grouped by, shown or not; an entry that is read
 * through conditions (a cell) and ordered by is an output, hidden where it is not shown, because engines take two texts with other parameters for two
 * expressions; with an offset the order ends with the keys of the groups, or with all outputs where rows are distinct. */
#include "resolve/private.h"

/* The column that an entry or an aggregate reads, with its way there. NULL when memory is out. */
static struct md_through *through(struct md_resolving *r, const struct md_pcolumn *cell)
{
	struct md_through *t = md_new(r->arena, struct md_through);
	if (!t)
		return NULL;
	t->shown = cell->through ? cell->through->shown : NULL;
	t->of = cell->type;
	return t;
}

/* A date has no time of day: its day, hour and minute start with itself. */
static enum md_bucket bucket(const struct md_group *g)
{
	return g->use.column->type.base == MD_DATE && g->bucket >= MD_DAY ? MD_BUCKET_NONE : g->bucket;
}

/* An entry as it is grouped by, and whether the process shows its value or a mask. */
struct entry {
	struct md_pcolumn column;
	enum md_masking masking;
	struct md_pcolumn state; /* MASKED_BY_ROW: what is clear and what is masked are two groups */
};

static bool make_entry(struct md_resolving *r, const struct md_group *g, struct entry *e)
{
	const struct md_pred *clear;
	md_physical(r, g->use.ref, g->use.column, &e->column);
	e->masking = md_cell_masking(r, g->use.ref, g->use.column, &clear);
	if (e->masking == MD_MASKED_BY_ROW)
		e->state = md_cell_state(r, &e->column, clear);
	if (!bucket(g))
		return true;
	struct md_through *t = through(r, &e->column);
	if (t)
		t->bucket = bucket(g);
	e->column.through = t;
	return t;
}

static struct entry *make_entries(struct md_resolving *r)
{
	const struct md_query *q = r->query;
	struct entry *v = md_alloc(r->arena, q->n_groups * sizeof *v);
	for (uint32_t i = 0; v && i < q->n_groups; i++)
		if (!make_entry(r, &q->groups[i], &v[i]))
			return NULL;
	return v;
}

static int group_by(struct md_resolving *r, const struct entry *e, struct md_tree *out)
{
	uint32_t n = r->query->n_groups;
	struct md_pcolumn *v = md_alloc(r->arena, 2 * (size_t)n * sizeof *v);
	if (!v)
		return -1;
	out->group = v;
	for (uint32_t i = 0; i < n; i++) {
		v[out->n_group++] = e[i].column;
		if (e[i].masking == MD_MASKED_BY_ROW)
			v[out->n_group++] = e[i].state;
	}
	return 0;
}

/* A count is bigint-sized. */
static struct md_type type_of(const struct md_agg *a)
{
	return md_agg_counts(a) ? (struct md_type){ .base = MD_BIGINT } : a->type;
}

static bool make_aggs(struct md_resolving *r)
{
	const struct md_query *q = r->query;
	struct md_pcolumn *v = md_new_n(r->arena, struct md_pcolumn, q->n_aggs);
	for (uint32_t i = 0; v && i < q->n_aggs; i++) {
		const struct md_agg *a = &q->aggs[i];
		if (a->use.column)
			md_physical(r, a->use.ref, a->use.column, &v[i]);
		struct md_through *t = through(r, &v[i]);
		if (!t)
			return false;
		t->fn = a->fn;
		v[i].through = t;
		v[i].type = type_of(a);
		v[i].nullable = !md_agg_counts(a) && (!q->n_groups || v[i].nullable);
	}
	r->aggs = v;
	return v;
}

/* ---- what is selected ---- */

struct outs {
	struct md_pcolumn *select;
	struct md_shape_output *columns;
	uint32_t n;
};

static struct md_shape_output *push(struct outs *o, const struct md_pcolumn *p, struct md_str name)
{
	o->select[o->n] = *p;
	o->columns[o->n] = (struct md_shape_output){ .label = name, .type = p->type, .nullable = p->nullable, .ref = p->table };
	return &o->columns[o->n++];
}

static void push_entry(struct outs *o, const struct entry *e, const struct md_group *g, bool hidden)
{
	struct md_shape_output *c = push(o, &e->column, g->name);
	c->column = g->use.column;
	c->masking = hidden ? MD_UNMASKED : e->masking;
	c->hidden = hidden;
}

/* Does the order ask for the entry, so that it has to be an output if its text holds parameters? */
static bool ordered(const struct md_query *q, const struct md_group *g)
{
	bool found = md_query_total_order(q) && !q->distinct;
	for (uint32_t i = 0; i < q->n_order; i++)
		found |= q->order[i].group == g;
	return found;
}

static bool shown(const struct md_query *q, const struct md_group *g)
{
	for (uint32_t i = 0; i < q->n_outs; i++)
		if (q->outs[i].group == g)
			return true;
	return false;
}

static void add_hidden(const struct md_query *q, const struct entry *e, struct outs *o)
{
	for (uint32_t i = 0; i < q->n_outs; i++)
		if (o->columns[i].masking == MD_MASKED_BY_ROW) {
			o->columns[i].clear_at = o->n;
			push(o, &e[q->outs[i].group - q->groups].state, MD_STR("clear"))->hidden = true;
		}
	for (uint32_t i = 0; i < q->n_groups; i++) {
		const struct md_through *t = e[i].column.through;
		if (t && t->shown && ordered(q, &q->groups[i]) && !shown(q, &q->groups[i]))
			push_entry(o, &e[i], &q->groups[i], true);
	}
}

static int select_outs(struct md_resolving *r, const struct entry *e, struct md_tree *out)
{
	const struct md_query *q = r->query;
	size_t most = 2 * ((size_t)q->n_outs + q->n_groups);
	struct outs o = { md_alloc(r->arena, most * sizeof *o.select), md_alloc(r->arena, most * sizeof *o.columns), 0 };
	if (!o.select || !o.columns)
		return -1;
	for (uint32_t i = 0; i < q->n_outs; i++) {
		const struct md_out *it = &q->outs[i];
		if (it->agg)
			push(&o, &r->aggs[it->agg - q->aggs], it->name);
		else
			push_entry(&o, &e[it->group - q->groups], it->group, false);
		o.columns[i].label = it->name;
	}
	add_hidden(q, e, &o);
	out->select = o.select;
	out->outputs = o.columns;
	out->n_select = o.n;
	return 0;
}

/* ---- order ---- */

static bool in_order(const struct md_query *q, const struct md_group *g, const struct md_agg *a)
{
	for (uint32_t i = 0; i < q->n_order; i++)
		if (g ? q->order[i].group == g : q->order[i].agg == a)
			return true;
	return false;
}

static void add(struct md_tree *out, struct md_porder *v, const struct md_pcolumn *c)
{
	v[out->n_order++] = (struct md_porder){ .column = *c };
}

/* An offset needs a total order: the keys of the groups, or where rows are distinct all outputs. */
static void order_all(const struct md_query *q, const struct entry *e, struct md_porder *v, struct md_tree *out)
{
	for (uint32_t i = 0; !q->distinct && i < q->n_groups; i++)
		if (!in_order(q, &q->groups[i], NULL))
			add(out, v, &e[i].column);
	for (uint32_t i = 0; q->distinct && i < q->n_outs; i++)
		if (!in_order(q, q->outs[i].group, q->outs[i].agg))
			add(out, v, &out->select[i]);
	for (uint32_t i = q->n_outs; i < out->n_select; i++)
		if (out->select[i].through && out->select[i].through->test)
			add(out, v, &out->select[i]);
}

/* One row needs no order. */
static int order_groups(struct md_resolving *r, const struct entry *e, struct md_tree *out)
{
	const struct md_query *q = r->query;
	struct md_porder *v = md_alloc(r->arena, ((size_t)q->n_order + q->n_groups + out->n_select) * sizeof *v);
	if (!v || !q->n_groups)
		return v ? 0 : -1;
	out->order = v;
	for (uint32_t i = 0; i < q->n_order; i++) {
		const struct md_order *o = &q->order[i];
		const struct md_pcolumn *c = o->agg ? &r->aggs[o->agg - q->aggs] : &e[o->group - q->groups].column;
		v[out->n_order++] = (struct md_porder){ .column = *c, .desc = o->desc, .nulls_first = md_order_nulls_first(o) };
	}
	if (md_query_total_order(q))
		order_all(q, e, v, out);
	return 0;
}

int md_aggregate(struct md_resolving *r, struct md_tree *out)
{
	const struct entry *e = make_entries(r);
	if (!e || !make_aggs(r) || group_by(r, e, out) || select_outs(r, e, out) || !md_having(r, &out->having))
		return -1;
	return order_groups(r, e, out);
}
