/* The order of the rules. Table references first: everything else hangs on them. Selected
 * columns before other uses: a column's first use is the one that the debug log tells. */
#include "validation/private.h"

static void set_shape(struct md_bound *b, const struct md_query *q, const struct md_policy *policy, bool counts_rows)
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
	b->number_strings = q->numbers_given ? q->number_strings : policy->number_strings;
	b->without_log = q->without_log;
	b->asks_log = q->debug;
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

static void *take_room(char **at, size_t n)
{
	void *room = *at;
	*at += n;
	return room;
}

/* Everything whose size the definition bounds comes in one piece of memory: first what starts
 * cleared, then the slots. */
static bool begin_check(struct md_check *c, bool counts_rows)
{
	const struct md_query *q = c->q;
	size_t n_refs = 1 + (size_t)q->n_joins + q->n_exists;
	size_t refs = n_refs * sizeof *c->refs, states = n_refs * sizeof *c->states;
	size_t groups = q->n_groups * sizeof *c->groups, aggs = q->n_aggs * sizeof *c->aggs;
	size_t order = q->n_order * sizeof *c->order;
	size_t cleared = sizeof *c->bound + sizeof *c->values + refs + states + groups + aggs + order;
	size_t counts = q->n_exists * sizeof *c->counts, operands = q->n_operands * sizeof *c->operands;
	char *at = md_alloc(c->cx->arena, cleared + counts + operands);
	if (!at)
		return false;

	memset(at, 0, cleared);
	c->bound = take_room(&at, sizeof *c->bound);
	c->values = take_room(&at, sizeof *c->values);
	c->bound->refs = c->refs = take_room(&at, refs);
	c->states = take_room(&at, states);
	c->bound->groups = c->groups = take_room(&at, groups);
	c->bound->aggs = c->aggs = take_room(&at, aggs);
	c->bound->order = c->order = take_room(&at, order);
	c->values->counts = c->counts = take_room(&at, counts);
	c->values->operands = c->operands = take_room(&at, operands);
	c->bound->n_refs = (uint32_t)n_refs;
	set_shape(c->bound, q, &c->cx->meta->policy, counts_rows);
	set_numbers(c->values, q);
	return true;
}

static void check_from(struct md_check *c)
{
	struct md_at at = { .key = MD_STR("from") };
	c->refs[0].as = c->q->from;
	c->refs[0].all_columns = !c->q->columns_given;
	if (c->q->from.p)
		md_check_table(c, 0, c->q->from, &at);
}

static int check_all(struct md_check *c, bool counts_rows)
{
	const struct md_query *q = c->q;
	if (!begin_check(c, counts_rows))
		return md_out_of_memory(c->cx);
	check_from(c);
	if (q->n_joins)
		md_check_joins(c);
	if (md_query_groups(q))
		md_check_groups(c);
	else
		md_check_select(c);
	md_check_join_columns(c);
	md_check_filters(c);
	if (q->having.n)
		md_check_having(c);
	if (q->n_order && md_query_groups(q))
		md_check_group_order(c);
	else if (q->n_order)
		md_check_order(c);
	if (q->ids_given) /* otherwise refused whole */
		md_check_ids(c);
	if (q->page_given)
		md_check_page(c);
	return md_check_memory(c->cx);
}

int md_validate(struct md_ctx *cx, const struct md_query *q, bool counts_rows, const struct md_bound **bound,
                const struct md_values **values)
{
	struct md_check c = { .cx = cx, .q = q };
	int rc = check_all(&c, counts_rows);
	*bound = c.bound;
	*values = c.values;
	return rc;
}

int md_validate_filled(struct md_ctx *cx, const struct md_query *q, bool counts_rows, const struct md_parameters *p,
                       const struct md_filled *filled, const struct md_bound **bound, const struct md_values **values,
                       const struct md_notes **notes)
{
	struct md_notes *n = md_new(cx->arena, struct md_notes);
	struct md_check c = { .cx = cx, .q = q, .notes = n };
	if (!n)
		return md_out_of_memory(cx);
	n->query = q;
	n->parameters = p;
	n->changes = filled->changes;
	int rc = check_all(&c, counts_rows);
	n->bound = *bound = c.bound;
	n->values = *values = c.values;
	n->n_operands = c.n_operands;
	n->n_counts = c.n_counts;
	*notes = n;
	return rc;
}
