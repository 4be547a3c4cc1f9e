/* The order of the rules. Table references first: everything else hangs on them. Selected
 * columns before other uses: a column's first use is the one that the debug log tells. */
#include "validation/private.h"

/* Everything of the request's own size in one piece of cleared memory: refs and their states
 * stand behind it. */
struct made {
	struct md_bound bound;
	struct md_values values;
	struct md_ref refs[];
};

static void set_shape(struct md_bound *b, const struct md_query *q, bool counts_rows)
{
	b->mode = counts_rows ? MD_COUNT : q->mode;
	b->n_joins = q->n_joins;
	b->n_exists = q->n_exists;
	b->n_groups = q->n_groups;
	b->n_aggs = q->n_aggs;
	b->n_order = q->n_order;
	b->groups_given = q->groups_given;
	b->aggs_given = q->aggs_given;
	b->distinct = q->distinct;
	b->has_limit = q->limit >= 0;
	b->has_offset = q->offset >= 0;
	b->has_page = q->page_given;
	b->has_ids = q->ids_given;
	b->has_freshness = q->freshness_given;
	b->freshness = q->freshness;
	b->prefer_given = q->prefer_given;
	b->prefer = q->prefer;
	b->avoid = q->avoid;
	b->number_strings = q->number_strings;
	b->without_log = q->without_log;
}

static void set_numbers(struct md_values *values, const struct md_query *q)
{
	values->limit = q->limit;
	values->offset = q->offset;
	values->page_first = q->page_first;
	values->page_after = q->page_after;
	values->max_lag_ms = q->freshness_given ? q->max_lag_ms : INT64_MAX;
	values->timeout_ms = q->timeout_ms;
}

/* The arrays that few definitions need. */
static void make_arrays(struct md_check *c)
{
	struct md_arena *a = c->cx->arena;
	const struct md_query *q = c->q;
	if (q->n_groups)
		c->bound->groups = c->groups = md_new_n(a, struct md_bound_group, q->n_groups);
	if (q->n_aggs)
		c->bound->aggs = c->aggs = md_new_n(a, struct md_bound_agg, q->n_aggs);
	if (q->n_order)
		c->bound->order = c->order = md_new_n(a, struct md_bound_order, q->n_order);
	if (q->n_operands)
		c->values->operands = c->operands = md_alloc(a, q->n_operands * sizeof *c->operands);
	if (q->n_exists)
		c->values->counts = c->counts = md_alloc(a, q->n_exists * sizeof *c->counts);
}

static bool begin(struct md_check *c, bool counts_rows)
{
	uint32_t n_refs = 1 + c->q->n_joins + c->q->n_exists;
	struct made *made = md_calloc(c->cx->arena, 1, sizeof *made + n_refs * (sizeof *c->refs + sizeof *c->states));
	if (!made)
		return false;
	c->bound = &made->bound;
	c->values = &made->values;
	c->refs = made->refs;
	c->states = (struct md_ref_state *)(made->refs + n_refs);
	c->bound->refs = c->refs;
	c->bound->n_refs = n_refs;
	set_shape(c->bound, c->q, counts_rows);
	set_numbers(c->values, c->q);
	make_arrays(c);
	return !c->cx->arena->oom;
}

static void check_from(struct md_check *c)
{
	struct md_at at = { .key = MD_STR("from") };
	c->refs[0].as = c->q->from;
	c->refs[0].all_columns = !c->q->columns_given;
	if (c->q->from.p)
		md_check_table(c, 0, c->q->from, &at);
}

int md_validate(struct md_ctx *cx, const struct md_query *q, bool counts_rows, const struct md_bound **bound,
                const struct md_values **values)
{
	struct md_check c = { .cx = cx, .q = q };
	if (!begin(&c, counts_rows))
		return -1;
	check_from(&c);
	if (q->n_joins)
		md_check_joins(&c);
	if (md_query_groups(q))
		md_check_groups(&c);
	else
		md_check_select(&c);
	md_check_join_columns(&c);
	md_check_filters(&c);
	if (q->having.n)
		md_check_having(&c);
	if (q->n_order && md_query_groups(q))
		md_check_group_order(&c);
	else if (q->n_order)
		md_check_order(&c);
	if (q->ids_given) /* otherwise refused whole */
		md_check_ids(&c);
	if (q->page_given)
		md_check_page(&c);
	*bound = c.bound;
	*values = c.values;
	return cx->arena->oom ? -1 : 0;
}
