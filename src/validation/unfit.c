/* See unfit.h. The lists of a bound query have the order and the number of those in the definition,
 * so that both are walked side by side. The values of the definition are not shown: a prepared
 * definition was parsed with the values of an earlier request. */
#include "validation/unfit.h"

const char md_fitting_value[] = "a value that the column's type in the database can hold";

/* An operand of two members has two slots. */
static const char *member_of(const struct md_operator *op, bool is_second)
{
	if (op->shape == MD_SHAPE_RANGE)
		return is_second ? "to" : "from";
	if (op->shape == MD_SHAPE_DISTANCE)
		return is_second ? "maxDistance" : "text";
	return NULL;
}

static void report_operand(struct md_ctx *cx, enum md_code code, const struct md_filter *f,
                           const struct md_operator *op, bool is_second)
{
	struct md_at value = { .up = &f->at, .key = MD_STR("value") };
	const char *member = member_of(op, is_second);
	struct md_at inner = { .up = &value, .key = md_str_z(member) };
	bool is_list = op->shape == MD_SHAPE_LIST || op->shape == MD_SHAPE_ELEMENTS;
	md_report(cx, code, member ? &inner : &value,
	          MD_DETAILS(.table = f->table, .column = f->column, .operator= f->op_text,
	                     .expected = md_str_z(md_fitting_value)),
	          "invalid value: %s: expected %s",
	          is_list ? "the database refused an element of the list" : "the database refused it",
	          md_fitting_value);
}

/* Reports it where the operator's slots begin at `from`. */
static bool report_if_slot(struct md_ctx *cx, enum md_code code, const struct md_filter *f,
                           const struct md_operator *op, uint32_t from, uint32_t slot)
{
	bool has_two = member_of(op, false) != NULL;
	if (op->shape == MD_SHAPE_NONE || slot < from || slot > from + has_two)
		return false;
	report_operand(cx, code, f, op, slot > from);
	return true;
}

static bool report_in_filters(struct md_ctx *cx, struct md_filters written, struct md_bound_filters bound,
                              uint32_t slot)
{
	bool found = false;
	for (uint32_t i = 0; i < bound.n && i < written.n && !found; i++) {
		const struct md_bound_filter *b = &bound.v[i];
		if (b->kind == MD_FILTER_VALUE)
			found = report_if_slot(cx, MD_INVALID_VALUE, &written.v[i], b->op, b->slot, slot);
		else if (b->kind != MD_FILTER_COLUMNS)
			found = report_in_filters(cx, written.v[i].parts, b->parts, slot);
	}
	return found;
}

static bool report_in_having(struct md_ctx *cx, struct md_filters written, struct md_bound_having_list bound,
                             uint32_t slot)
{
	bool found = false;
	for (uint32_t i = 0; i < bound.n && i < written.n && !found; i++) {
		const struct md_bound_having *b = &bound.v[i];
		if (b->is_group)
			found = report_in_having(cx, written.v[i].parts, b->parts, slot);
		else
			found = report_if_slot(cx, MD_INVALID_HAVING, &written.v[i], b->op, b->slot, slot);
	}
	return found;
}

void md_report_unfit_operand(struct md_ctx *cx, const struct md_query *q, const struct md_bound *b, uint32_t slot)
{
	bool found = report_in_filters(cx, q->filters, b->filters, slot) ||
	             report_in_having(cx, q->having, b->having, slot);
	for (uint32_t i = 0; i < b->n_joins && i < q->n_joins && !found; i++)
		found = report_in_filters(cx, q->joins[i].filters, b->refs[i + 1].filters, slot) ||
		        report_in_filters(cx, q->joins[i].on, b->refs[i + 1].on, slot);
}
