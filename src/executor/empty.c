/* Aggregates over no rows: a count is 0, everything else NULL. `having` is decided here, three-valued as in SQL. Its depth is bounded by limits.jsonDepth. */
#include "executor/merge.h"

#include "access/pred_eval.h"

static enum md_truth truth(bool b)
{
	return b ? MD_TRUE : MD_FALSE;
}

/* How 0 compares with a bigint's canonical text. */
static int zero_to(struct md_str bigint)
{
	return bigint.p[0] == '-' ? 1 : bigint.p[0] == '0' ? 0 : -1;
}

static enum md_truth zero_among(const struct md_value *list)
{
	for (size_t i = 0; i < list->list.n; i++)
		if (zero_to(list->list.items[i]) == 0)
			return MD_TRUE;
	return MD_FALSE;
}

/* v: the operands of the operator. */
static enum md_truth compare_zero(enum md_op op, const struct md_value *v)
{
	switch (op) {
	case MD_OP_EQ: return truth(zero_to(v[0].text) == 0);
	case MD_OP_NE: return truth(zero_to(v[0].text) != 0);
	case MD_OP_GT: return truth(zero_to(v[0].text) > 0);
	case MD_OP_LT: return truth(zero_to(v[0].text) < 0);
	case MD_OP_GE: return truth(zero_to(v[0].text) >= 0);
	case MD_OP_LE: return truth(zero_to(v[0].text) <= 0);
	case MD_OP_IN: return zero_among(&v[0]);
	case MD_OP_NOT_IN: return truth(zero_among(&v[0]) == MD_FALSE);
	case MD_OP_BETWEEN: return truth(zero_to(v[0].text) >= 0 && zero_to(v[1].text) <= 0);
	default: return truth(!(zero_to(v[0].text) >= 0 && zero_to(v[1].text) <= 0)); /* notBetween */
	}
}

/* What having asks of the aggregates over no rows. */
struct question {
	const struct md_bound *bound;
	const struct md_values *values;
};

static enum md_truth evaluate_having(const struct question *q, const struct md_bound_having *h);

/* AND ends with the first false part, OR with the first true one; otherwise one unknown part makes it unknown. */
static enum md_truth evaluate_list(const struct question *q, struct md_bound_having_list list, bool any)
{
	enum md_truth ends = truth(any), all = truth(!any);
	for (uint32_t i = 0; i < list.n; i++) {
		enum md_truth t = evaluate_having(q, &list.v[i]);
		if (t == ends)
			return t;
		if (t == MD_UNKNOWN)
			all = MD_UNKNOWN;
	}
	return all;
}

static enum md_truth evaluate_null(enum md_op op)
{
	if (op == MD_OP_IS_NULL)
		return MD_TRUE;
	return op == MD_OP_IS_NOT_NULL ? MD_FALSE : MD_UNKNOWN;
}

static enum md_truth evaluate_having(const struct question *q, const struct md_bound_having *h)
{
	if (h->is_group) {
		enum md_truth t = evaluate_list(q, h->parts, h->any);
		return h->negated && t != MD_UNKNOWN ? truth(t == MD_FALSE) : t;
	}
	if (md_agg_counts(&q->bound->aggs[h->agg]))
		return compare_zero(h->op->id, &q->values->operands[h->slot]);
	return evaluate_null(h->op->id);
}

static struct md_cell *empty_row(struct md_arena *a, const struct md_bound *b)
{
	struct md_cell *row = md_new_n(a, struct md_cell, b->n_outputs); /* cleared: NULL */
	for (uint32_t i = 0; row && i < b->n_outputs; i++)
		if (md_agg_counts(b->outputs[i].agg))
			row[i] = (struct md_cell){ MD_STR("0"), MD_CELL_BARE };
	return row;
}

int md_empty_rows(struct md_ctx *cx, const struct md_bound *b, const struct md_values *values, struct md_kept *out)
{
	struct question q = { b, values };
	if (!b->n_aggs || b->n_groups || values->limit == 0 || values->offset > 0 || evaluate_list(&q, b->having, false) != MD_TRUE)
		return 0;
	const struct md_cell **rows = md_alloc(cx->arena, sizeof *rows);
	if (!rows || !(rows[0] = empty_row(cx->arena, b)))
		return -1;
	*out = (struct md_kept){ rows, 1 };
	return 0;
}
