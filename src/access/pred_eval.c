/* Cells and values are canonical text, so equal values have equal bytes on the types that are exact
 * here. A comparison with NULL is unknown. */
#include "access/pred_eval.h"

static enum md_truth truth_of(bool b)
{
	return b ? MD_TRUE : MD_FALSE;
}

static bool list_has(const struct md_value *list, struct md_str cell)
{
	for (size_t i = 0; i < list->list.n; i++)
		if (md_str_eq(list->list.items[i], cell))
			return true;
	return false;
}

static enum md_truth eval_comparison(const struct md_pred *p, struct md_str cell)
{
	if (!md_rls_op_takes_value(p->op))
		return truth_of((cell.p == NULL) == (p->op == MD_RLS_IS_NULL));
	if (!cell.p)
		return MD_UNKNOWN;
	if (p->value.type.array)
		return truth_of(list_has(&p->value, cell));
	return truth_of(md_str_eq(p->value.text, cell) == (p->op == MD_RLS_EQ));
}

/* The first false part decides an AND, the first true part an OR. Otherwise one unknown part makes
 * the whole unknown. */
static enum md_truth eval_parts(const struct md_pred *p, md_cell_of cell, void *row)
{
	enum md_truth decides = p->kind == MD_PRED_AND ? MD_FALSE : MD_TRUE;
	enum md_truth result = p->kind == MD_PRED_AND ? MD_TRUE : MD_FALSE;
	for (uint32_t i = 0; i < p->n; i++) {
		enum md_truth t = md_pred_eval(p->parts[i], cell, row);
		if (t == decides)
			return t;
		if (t == MD_UNKNOWN)
			result = MD_UNKNOWN;
	}
	return result;
}

enum md_truth md_pred_eval(const struct md_pred *p, md_cell_of cell, void *row)
{
	switch (p->kind) {
	case MD_PRED_TRUE:
		return MD_TRUE;
	case MD_PRED_AND:
	case MD_PRED_OR:
		return eval_parts(p, cell, row);
	case MD_PRED_CMP:
		return eval_comparison(p, cell(row, p->column));
	default:
		return MD_FALSE;
	}
}

static bool is_comparison_exact(const struct md_pred *p, const struct md_sync *sync)
{
	const uint32_t exact = 1u << MD_STRING | 1u << MD_INT | 1u << MD_BIGINT | 1u << MD_BOOLEAN | 1u << MD_UUID |
	                       1u << MD_DATE | 1u << MD_ENUM;
	const struct md_column *c = p->column;
	if (c->type.array || !(exact >> c->type.base & 1))
		return false;
	bool is_text = c->type.base == MD_STRING || c->type.base == MD_ENUM;
	if (!is_text || !md_rls_op_takes_value(p->op))
		return true;
	const struct md_real_type *real = md_real_type_in(c, sync);
	return md_real_compares_bytes(real) || real->family == MD_REAL_ENUM;
}

bool md_pred_exact(const struct md_pred *p, const struct md_sync *sync)
{
	if (p->kind == MD_PRED_CMP)
		return is_comparison_exact(p, sync);

	for (uint32_t i = 0; i < p->n; i++)
		if (!md_pred_exact(p->parts[i], sync))
			return false;
	return true;
}
