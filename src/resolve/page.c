/* A page: its order, which is total, the sort values of its rows as outputs, and where the page before ended. Promises: the outputs of the query keep their places; a sort value is
 * an output of its own only where no other gives it (hidden); floats always are, because the visible ones may show fewer digits than the order knows. */
#include "resolve/private.h"

static bool same_way(const struct md_through *a, const struct md_through *b)
{
	return a == b || (a && b && a->shown == b->shown && a->bucket == b->bucket && a->fn == b->fn && a->test == b->test);
}

static bool same(const struct md_pcolumn *a, const struct md_pcolumn *b)
{
	return same_way(a->through, b->through) && a->table == b->table && md_str_eq(a->name, b->name);
}

static uint32_t output_of(const struct md_tree *t, const struct md_pcolumn *c, bool any)
{
	uint32_t i = any ? 0 : t->sorts_from;
	while (i < t->n_select && !same(&t->select[i], c))
		i++;
	return i;
}

/* The outputs so far, with room for more behind them. */
static bool more_outputs(struct md_resolving *r, struct md_tree *out, uint32_t more, struct md_pcolumn **select, struct md_shape_output **columns)
{
	size_t n = (size_t)out->n_select + more;
	*select = md_alloc(r->arena, n * sizeof **select);
	*columns = md_alloc(r->arena, n * sizeof **columns);
	if (!*select || !*columns)
		return false;
	if (out->n_select) {
		memcpy(*select, out->select, out->n_select * sizeof **select);
		memcpy(*columns, out->outputs, out->n_select * sizeof **columns);
	}
	out->select = *select;
	out->outputs = *columns;
	return true;
}

/* The roles' rules have changed since: where a row's cells are told apart now, they were not. */
static int another_order(struct md_resolving *r)
{
	struct md_at up = { .key = MD_STR("page") };
	md_report(r->cx, MD_INVALID_PAGE, MD_AT_KEY(&up, MD_STR("after")),
	          MD_DETAILS(.expected = MD_STR("a cursor of this query as it is now")), "page.after is of an order that this query had before");
	return md_fail_if_problems(r->cx, MD_VALIDATION_FAILED);
}

static int sort_outputs(struct md_resolving *r, struct md_tree *out, uint32_t *at)
{
	bool together = out->distinct || out->n_group;
	struct md_pcolumn *select;
	struct md_shape_output *columns;
	if (!more_outputs(r, out, out->n_order, &select, &columns))
		return -1;
	out->sorts_from = out->n_select;
	for (uint32_t i = 0; i < out->n_order; i++) {
		const struct md_pcolumn *c = &out->order[i].column;
		out->after_groups |= c->through && c->through->fn;
		at[i] = output_of(out, c, together || c->type.base != MD_FLOAT);
		if (at[i] < out->n_select)
			continue;
		select[out->n_select] = *c;
		columns[out->n_select++] = (struct md_shape_output){ .label = MD_STR("sort"), .type = c->type, .nullable = c->nullable, .hidden = true, .ref = c->table };
	}
	return 0;
}

int md_page(struct md_resolving *r, struct md_tree *out)
{
	const struct md_query *q = r->query;
	uint32_t *at = md_alloc(r->arena, out->n_order * sizeof *at);
	if (!at || sort_outputs(r, out, at))
		return -1;
	if (q->after && q->n_after != out->n_order)
		return another_order(r);
	r->shape->sort_at = at;
	r->shape->n_sort = out->n_order;
	out->after = q->after;
	out->limit = q->page_first + 1;
	return 0;
}
