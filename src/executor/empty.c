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

static enum md_truth compare_zero(const struct md_filter *f)
{
	switch (f->op->id) {
	case MD_OP_EQ: return truth(zero_to(f->v[0].text) == 0);
	case MD_OP_NE: return truth(zero_to(f->v[0].text) != 0);
	case MD_OP_GT: return truth(zero_to(f->v[0].text) > 0);
	case MD_OP_LT: return truth(zero_to(f->v[0].text) < 0);
	case MD_OP_GE: return truth(zero_to(f->v[0].text) >= 0);
	case MD_OP_LE: return truth(zero_to(f->v[0].text) <= 0);
	case MD_OP_IN: return zero_among(&f->v[0]);
	case MD_OP_NOT_IN: return truth(zero_among(&f->v[0]) == MD_FALSE);
	case MD_OP_BETWEEN: return truth(zero_to(f->v[0].text) >= 0 && zero_to(f->v[1].text) <= 0);
	default: return truth(!(zero_to(f->v[0].text) >= 0 && zero_to(f->v[1].text) <= 0)); /* notBetween */
	}
}

static enum md_truth holds(const struct md_filter *f);

/* AND ends with the first false part, OR with the first true one; otherwise one unknown part makes it unknown. */
static enum md_truth parts(struct md_filter *const *v, uint32_t n, bool any)
{
	enum md_truth ends = any ? MD_TRUE : MD_FALSE, all = any ? MD_FALSE : MD_TRUE;
	for (uint32_t i = 0; i < n; i++) {
		enum md_truth t = holds(v[i]);
		if (t == ends)
			return t;
		if (t == MD_UNKNOWN)
			all = MD_UNKNOWN;
	}
	return all;
}

static enum md_truth holds(const struct md_filter *f)
{
	if (f->kind == MD_FILTER_GROUP) {
		enum md_truth t = parts(f->parts, f->n_parts, f->any);
		return f->negated && t != MD_UNKNOWN ? truth(t == MD_FALSE) : t;
	}
	if (md_agg_counts(f->agg))
		return compare_zero(f);
	return f->op->id == MD_OP_IS_NULL ? MD_TRUE : f->op->id == MD_OP_IS_NOT_NULL ? MD_FALSE : MD_UNKNOWN;
}

static struct md_cell *empty_row(struct md_arena *a, const struct md_query *q)
{
	struct md_cell *row = md_new_n(a, struct md_cell, q->n_outs); /* cleared: NULL */
	for (uint32_t i = 0; row && i < q->n_outs; i++)
		if (md_agg_counts(q->outs[i].agg))
			row[i] = (struct md_cell){ MD_STR("0"), MD_CELL_BARE };
	return row;
}

int md_empty_rows(struct md_ctx *cx, const struct md_query *q, struct md_kept *out)
{
	if (!q->n_aggs || q->n_groups || q->limit == 0 || q->offset > 0 || parts(q->having.v, q->having.n, false) != MD_TRUE)
		return 0;
	const struct md_cell **rows = md_alloc(cx->arena, sizeof *rows);
	if (!rows || !(rows[0] = empty_row(cx->arena, q)))
		return -1;
	*out = (struct md_kept){ rows, 1 };
	return 0;
}
