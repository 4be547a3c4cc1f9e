/* Aggregates over no rows: a count is 0, every other aggregate NULL. `having` is evaluated here,
 * three-valued as in SQL; limits.jsonDepth bounds how deep it nests. */
#include "executor/empty_rows.h"

#include "access/pred_eval.h"

static enum md_truth truth_of_bool(bool b)
{
	return b ? MD_TRUE : MD_FALSE;
}

/* The sign of 0 minus a bigint in canonical text. */
static int compare_zero_to(struct md_str bigint)
{
	if (bigint.p[0] == '-')
		return 1;
	return bigint.p[0] == '0' ? 0 : -1;
}

static bool list_has_zero(const struct md_value *list)
{
	for (size_t i = 0; i < list->list.n; i++)
		if (compare_zero_to(list->list.items[i]) == 0)
			return true;
	return false;
}

static bool zero_is_between(const struct md_value *bounds)
{
	return compare_zero_to(bounds[0].text) >= 0 && compare_zero_to(bounds[1].text) <= 0;
}

static bool zero_passes(enum md_op op, const struct md_value *operands)
{
	switch (op) {
	case MD_OP_EQ: return compare_zero_to(operands[0].text) == 0;
	case MD_OP_NE: return compare_zero_to(operands[0].text) != 0;
	case MD_OP_GT: return compare_zero_to(operands[0].text) > 0;
	case MD_OP_LT: return compare_zero_to(operands[0].text) < 0;
	case MD_OP_GE: return compare_zero_to(operands[0].text) >= 0;
	case MD_OP_LE: return compare_zero_to(operands[0].text) <= 0;
	case MD_OP_IN: return list_has_zero(&operands[0]);
	case MD_OP_NOT_IN: return !list_has_zero(&operands[0]);
	case MD_OP_BETWEEN: return zero_is_between(operands);
	default: return !zero_is_between(operands); /* notBetween */
	}
}

struct having_evaluation {
	const struct md_bound *bound;
	const struct md_values *values;
};

static enum md_truth eval_having(const struct having_evaluation *e, const struct md_bound_having *h);

/* The first false part decides an AND, the first true part an OR. Otherwise one unknown part makes
 * the whole unknown. */
static enum md_truth eval_having_parts(const struct having_evaluation *e, struct md_bound_having_list list, bool any)
{
	enum md_truth decides = truth_of_bool(any), result = truth_of_bool(!any);
	for (uint32_t i = 0; i < list.n; i++) {
		enum md_truth t = eval_having(e, &list.v[i]);
		if (t == decides)
			return t;
		if (t == MD_UNKNOWN)
			result = MD_UNKNOWN;
	}
	return result;
}

/* A condition on an aggregate that is NULL. */
static enum md_truth eval_having_null(enum md_op op)
{
	if (op == MD_OP_IS_NULL)
		return MD_TRUE;
	return op == MD_OP_IS_NOT_NULL ? MD_FALSE : MD_UNKNOWN;
}

static enum md_truth eval_having(const struct having_evaluation *e, const struct md_bound_having *h)
{
	if (h->is_group) {
		enum md_truth t = eval_having_parts(e, h->parts, h->any);
		return h->negated && t != MD_UNKNOWN ? truth_of_bool(t == MD_FALSE) : t;
	}
	if (md_agg_counts(&e->bound->aggs[h->agg]))
		return truth_of_bool(zero_passes(h->op->id, &e->values->operands[h->slot]));
	return eval_having_null(h->op->id);
}

static struct md_cell *new_empty_row(struct md_arena *a, const struct md_bound *b)
{
	struct md_cell *row = md_new_n(a, struct md_cell, b->n_outputs); /* zeroed: NULL */
	for (uint32_t i = 0; row && i < b->n_outputs; i++)
		if (md_agg_counts(b->outputs[i].agg))
			row[i] = (struct md_cell){ MD_STR("0"), MD_CELL_BARE };
	return row;
}

int md_make_empty_rows(struct md_ctx *cx, const struct md_bound *b, const struct md_values *values,
                       struct md_kept_rows *out)
{
	struct having_evaluation e = { b, values };
	if (!b->n_aggs || b->n_groups || values->limit == 0 || values->offset > 0)
		return 0;
	if (eval_having_parts(&e, b->having, false) != MD_TRUE)
		return 0;

	const struct md_cell **rows = md_alloc(cx->arena, sizeof *rows);
	if (!rows || !(rows[0] = new_empty_row(cx->arena, b)))
		return md_out_of_memory(cx);
	*out = (struct md_kept_rows){ rows, 1 };
	return 0;
}
