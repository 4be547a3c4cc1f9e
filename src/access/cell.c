/* Row predicates on rows held in the process. Cells and values are canonical text, so that equal values have equal bytes on the types that are exact here.
 * Three-valued as in SQL: a comparison with NULL is unknown. */
#include "access/cell.h"

static enum md_truth truth(bool b)
{
	return b ? MD_TRUE : MD_FALSE;
}

static bool among(const struct md_value *list, struct md_str cell)
{
	for (size_t i = 0; i < list->list.n; i++)
		if (md_str_eq(list->list.items[i], cell))
			return true;
	return false;
}

static enum md_truth compare(const struct md_pred *p, struct md_str cell)
{
	if (p->op == MD_RLS_IS_NULL || p->op == MD_RLS_IS_NOT_NULL)
		return truth((cell.p == NULL) == (p->op == MD_RLS_IS_NULL));
	if (!cell.p)
		return MD_UNKNOWN;
	if (p->op == MD_RLS_IN)
		return truth(among(&p->value, cell));
	return truth(md_str_eq(p->value.text, cell) == (p->op == MD_RLS_EQ));
}

/* AND ends with the first false part, OR with the first true one; otherwise one unknown part makes it unknown. */
static enum md_truth parts(const struct md_pred *p, md_cell_of cell, void *row)
{
	enum md_truth ends = p->kind == MD_PRED_AND ? MD_FALSE : MD_TRUE;
	enum md_truth all = p->kind == MD_PRED_AND ? MD_TRUE : MD_FALSE;
	for (uint32_t i = 0; i < p->n; i++) {
		enum md_truth t = md_pred_eval(p->parts[i], cell, row);
		if (t == ends)
			return t;
		if (t == MD_UNKNOWN)
			all = MD_UNKNOWN;
	}
	return all;
}

enum md_truth md_pred_eval(const struct md_pred *p, md_cell_of cell, void *row)
{
	switch (p->kind) {
	case MD_PRED_TRUE:
		return MD_TRUE;
	case MD_PRED_AND:
	case MD_PRED_OR:
		return parts(p, cell, row);
	case MD_PRED_CMP:
		return compare(p, cell(row, p->column));
	default:
		return MD_FALSE;
	}
}

bool md_pred_exact(const struct md_pred *p)
{
	const uint32_t exact = 1u << MD_STRING | 1u << MD_INT | 1u << MD_BIGINT | 1u << MD_BOOLEAN | 1u << MD_UUID | 1u << MD_DATE;
	if (p->kind == MD_PRED_CMP)
		return !p->column->type.array && (exact >> p->column->type.base & 1);
	for (uint32_t i = 0; i < p->n; i++)
		if (!md_pred_exact(p->parts[i]))
			return false;
	return true;
}
