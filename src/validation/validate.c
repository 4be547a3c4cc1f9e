/* The order of the rules. Table references first: everything else hangs on them. Selected columns before other uses: a column's first
 * use is the one that the debug log tells. */
#include "validation/check.h"

static int start(struct md_check *c)
{
	struct md_query *q = c->q;
	q->n_refs = md_query_row_refs(q) + q->n_exists;
	q->refs = md_new_n(c->cx->arena, struct md_ref, q->n_refs);
	c->sides = md_new_n(c->cx->arena, struct md_side, q->n_refs);
	return q->refs && c->sides ? 0 : -1;
}

static void check_from(struct md_check *c)
{
	struct md_at at = { .key = MD_STR("from") };
	c->q->refs[0].as = c->q->from;
	if (c->q->from.p)
		md_check_table(c, &c->q->refs[0], c->q->from, &at);
}

int md_validate(struct md_ctx *cx, struct md_query *q)
{
	struct md_check c = { .cx = cx, .q = q };
	if (start(&c))
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
	return cx->arena->oom ? -1 : 0;
}
