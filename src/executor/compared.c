/* See compared.h. This is asked of a column whose type cannot be compared at all, so it may take
 * its time. */
#include "executor/compared.h"

struct compared_column {
	uint32_t ref;
	const struct md_column *column;
	bool ignores_equality;
};

static bool is_same(const struct compared_column *c, struct md_use use)
{
	return use.ref == c->ref && use.column == c->column;
}

/* Does the operator compare the column as it is asked? */
static bool is_counted(const struct compared_column *c, enum md_op op)
{
	switch (op) {
	case MD_OP_IS_NULL:
	case MD_OP_IS_NOT_NULL:
		return false;
	case MD_OP_EQ:
	case MD_OP_NE:
	case MD_OP_IN:
	case MD_OP_NOT_IN:
		return !c->ignores_equality;
	default:
		return true;
	}
}

static bool is_in_filters(const struct compared_column *c, struct md_bound_filters filters);

static bool is_in_filter(const struct compared_column *c, const struct md_bound_filter *f)
{
	switch (f->kind) {
	case MD_FILTER_VALUE:
		return is_same(c, f->use) && is_counted(c, f->op->id);
	case MD_FILTER_COLUMNS:
		return is_same(c, f->use) || is_same(c, f->ref_use);
	default:
		return is_in_filters(c, f->parts);
	}
}

static bool is_in_filters(const struct compared_column *c, struct md_bound_filters filters)
{
	for (uint32_t i = 0; i < filters.n; i++)
		if (is_in_filter(c, &filters.v[i]))
			return true;
	return false;
}

static bool is_in_predicate(const struct compared_column *c, const struct md_pred *p)
{
	if (p->kind == MD_PRED_CMP)
		return p->column == c->column && md_rls_op_takes_value(p->op);
	for (uint32_t i = 0; i < p->n; i++)
		if (is_in_predicate(c, p->parts[i]))
			return true;
	return false;
}

static bool is_in_guard(const struct compared_column *c, const struct md_guarded_table *g)
{
	bool found = is_in_predicate(c, md_guarded_rows(g));
	for (uint32_t i = 0; i < md_guarded_rules(g) && !found; i++) {
		const struct md_cell_rule *rule = md_guarded_rule_at(g, i);
		found = is_in_predicate(c, rule->shown) || is_in_predicate(c, rule->clear);
	}
	return found;
}

/* A key of the relation that joins two references. */
static bool is_in_joins(const struct compared_column *c, const struct md_bound *b)
{
	for (uint32_t i = 1; i < b->n_refs; i++) {
		const struct md_ref *r = &b->refs[i];
		if (i != c->ref && r->parent != c->ref)
			continue;
		for (uint32_t k = 0; k < r->relation->n; k++)
			if (r->relation->from_columns[k] == c->column || r->relation->to_columns[k] == c->column)
				return true;
	}
	return false;
}

/* The primary key: of byIds, and where it makes an order total. */
static bool is_key(const struct compared_column *c, const struct md_bound *b)
{
	const struct md_table *t = b->refs[c->ref].table;
	for (uint32_t k = 0; k < t->n_key; k++)
		if (t->key[k] == c->column)
			return c->ref < md_bound_row_refs(b);
	return false;
}

static bool is_in_rows(const struct compared_column *c, const struct md_bound *b)
{
	for (uint32_t i = 0; i < b->n_order; i++)
		if (!b->order[i].agg && is_same(c, b->order[i].group ? b->order[i].group->use : b->order[i].use))
			return true;
	for (uint32_t i = 0; i < b->n_groups; i++)
		if (is_same(c, b->groups[i].use))
			return true;
	for (uint32_t i = 0; i < b->n_aggs; i++)
		if (b->aggs[i].fn != MD_FN_COUNT && is_same(c, b->aggs[i].use))
			return true;
	for (uint32_t i = 0; i < b->n_outputs && b->distinct; i++)
		if (is_same(c, b->outputs[i].use))
			return true;
	return false;
}

/* Guards and joins compare by = alone. */
static bool is_compared(const struct compared_column *c, const struct md_exec *x)
{
	const struct md_bound *b = x->bound;
	bool found = is_in_filters(c, b->filters) || is_key(c, b) || is_in_rows(c, b);
	if (!c->ignores_equality)
		found = found || is_in_guard(c, md_guarded_at(x->plan->guarded, c->ref)) || is_in_joins(c, b);
	for (uint32_t i = 0; i < b->n_refs && !found; i++)
		found = is_in_filters(c, b->refs[i].filters) || is_in_filters(c, b->refs[i].on);
	return found;
}

bool md_is_compared(const struct md_exec *x, uint32_t ref, const struct md_column *column)
{
	const struct compared_column c = { ref, column, .ignores_equality = false };
	return is_compared(&c, x);
}

bool md_is_ordered(const struct md_exec *x, uint32_t ref, const struct md_column *column)
{
	const struct compared_column c = { ref, column, .ignores_equality = true };
	return is_compared(&c, x);
}
