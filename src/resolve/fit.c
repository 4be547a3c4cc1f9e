/* Operands that a column cannot hold: 40000 beside a smallint, 5.555 beside numeric(12,2), a label
 * that an enum lacks. Promises: no parameter has a value that the column's real type does not hold
 * exactly, where the metadata gives that type; a comparison with such an operand keeps its answer,
 * NULL cells included. Then the text depends on values, so that no other binding takes it over
 * (md_tree.depends_on_values). */
#include "resolve/private.h"

/* How one text stands to the type, with `floor` as md_real_fit has it. */
struct fitted {
	enum md_fit fit;
	struct md_str floor;
};

static int fit_text(struct md_resolving *r, const struct md_expr *left, struct md_str text, struct fitted *out)
{
	out->floor = MD_NOSTR;
	out->fit = md_real_fit(r->arena, md_bounding_type(left), (enum md_base_type)left->type.base, text, &out->floor);
	r->depends_on_values |= out->fit != MD_FIT_EXACT;
	return out->fit == MD_FIT_BETWEEN && !out->floor.p ? -1 : 0;
}

/* ---- conditions ---- */

/* Holds, or does not, for every cell that is not NULL; unknown for NULL. */
static const struct md_condition *make_decided(struct md_resolving *r, const struct md_expr *left, bool holds)
{
	struct md_condition *c = md_condition_new(r, MD_CONDITION_DECIDED);
	if (!c)
		return NULL;
	c->left = left;
	c->holds = holds;
	return c;
}

static const struct md_condition *compare_with(struct md_resolving *r, const struct md_condition *like, enum md_op op,
                                               struct md_value v)
{
	struct md_condition *c = md_condition_new(r, MD_CONDITION_OPERATION);
	struct md_value *operand = md_alloc(r->arena, sizeof *operand);
	if (!c || !operand)
		return NULL;
	*operand = v;
	c->op = op;
	c->left = like->left;
	c->operands = operand;
	return c;
}

static bool is_lower_bound(enum md_op op)
{
	return op == MD_OP_GT || op == MD_OP_GE;
}

/* A range whose bound is no value of the type. */
static const struct md_condition *move_bound(struct md_resolving *r, const struct md_condition *c,
                                             const struct fitted *f, enum md_op op, struct md_value v)
{
	if (f->fit == MD_FIT_BELOW || f->fit == MD_FIT_ABOVE)
		return make_decided(r, c->left, is_lower_bound(op) == (f->fit == MD_FIT_BELOW));
	v.text = f->floor;
	return compare_with(r, c, is_lower_bound(op) ? MD_OP_GT : MD_OP_LE, v);
}

static const struct md_condition *fit_comparison(struct md_resolving *r, const struct md_condition *c, enum md_op op,
                                                 const struct md_value *v)
{
	struct fitted f;
	bool is_equality = op == MD_OP_EQ || op == MD_OP_NE;
	if (fit_text(r, c->left, v->text, &f))
		return NULL;
	/* without an order among the type's values, ranges go by their texts */
	if (f.fit == MD_FIT_EXACT || (f.fit == MD_FIT_NEVER && !is_equality))
		return op == c->op ? c : compare_with(r, c, op, *v);
	return is_equality ? make_decided(r, c->left, op == MD_OP_NE) : move_bound(r, c, &f, op, *v);
}

/* BETWEEN as two comparisons, and NOT BETWEEN as NOT of both. */
static const struct md_condition *fit_range(struct md_resolving *r, const struct md_condition *c)
{
	struct fitted low, high;
	const struct md_condition **parts, **inner;
	if (fit_text(r, c->left, c->operands[0].text, &low) || fit_text(r, c->left, c->operands[1].text, &high))
		return NULL;
	if ((low.fit == MD_FIT_EXACT && high.fit == MD_FIT_EXACT) || low.fit == MD_FIT_NEVER ||
	    high.fit == MD_FIT_NEVER)
		return c;

	struct md_condition *both = md_condition_group(r, MD_CONDITION_AND, 2, &parts);
	if (!both || !(parts[0] = fit_comparison(r, c, MD_OP_GE, &c->operands[0])) ||
	    !(parts[1] = fit_comparison(r, c, MD_OP_LE, &c->operands[1])))
		return NULL;
	if (c->op == MD_OP_BETWEEN)
		return both;
	struct md_condition *negated = md_condition_group(r, MD_CONDITION_NOT, 1, &inner);
	if (negated)
		*inner = both;
	return negated;
}

/* The elements that fit, in their order; *n_out is their number. `items` itself where all do. */
static const struct md_str *fitting_items(struct md_resolving *r, const struct md_expr *left,
                                          const struct md_value *list, size_t *n_out)
{
	struct fitted f;
	struct md_str *kept = md_alloc(r->arena, list->list.n * sizeof *kept);
	*n_out = 0;
	for (size_t i = 0; kept && i < list->list.n; i++) {
		if (fit_text(r, left, list->list.items[i], &f))
			return NULL;
		if (f.fit == MD_FIT_EXACT)
			kept[(*n_out)++] = list->list.items[i];
	}
	return kept && *n_out == list->list.n ? list->list.items : kept;
}

/* Takes the elements that do not fit out of the list. 1: some did not; 0: all do; -1: out of
 * memory. */
static int keep_fitting(struct md_resolving *r, const struct md_expr *left, struct md_value *list)
{
	size_t n;
	const struct md_str *items = list->list.n ? fitting_items(r, left, list, &n) : NULL;
	if (!list->list.n || items == list->list.items)
		return 0;
	list->list.items = items;
	list->list.n = items ? n : 0;
	return items ? 1 : -1;
}

static const struct md_condition *fit_list(struct md_resolving *r, const struct md_condition *c)
{
	struct md_value list = c->operands[0];
	int changed = keep_fitting(r, c->left, &list);
	if (changed <= 0)
		return changed < 0 ? NULL : c;
	return list.list.n ? compare_with(r, c, c->op, list) : make_decided(r, c->left, c->op == MD_OP_NOT_IN);
}

const struct md_condition *md_fit_known(struct md_resolving *r, const struct md_condition *c)
{
	if (!md_bounding_type(c->left))
		return c;
	switch (md_operators[c->op].shape) {
	case MD_SHAPE_VALUE:
		return fit_comparison(r, c, c->op, c->operands);
	case MD_SHAPE_LIST:
		return fit_list(r, c);
	case MD_SHAPE_RANGE:
		return fit_range(r, c);
	default:
		return c;
	}
}

/* ---- positions ---- */

int md_position_fits(struct md_resolving *r, const struct md_tree *t)
{
	struct fitted f;
	if (!r->position)
		return 1;
	if (r->position->n != t->n_order)
		return 0;
	for (uint32_t i = 0; i < t->n_order; i++) {
		const struct md_expr *key = r->exprs[t->order[i].expr].expr;
		if (r->position->v[i].null || !md_bounding_type(key))
			continue;
		if (fit_text(r, key, r->position->v[i].text, &f))
			return -1;
		if (f.fit != MD_FIT_EXACT)
			return 0;
	}
	return 1;
}

/* ---- predicates ---- */

static int fit_listed(struct md_resolving *r, struct md_predicate *p)
{
	struct md_value list = *p->operand, *kept;
	int changed = keep_fitting(r, p->column, &list);
	if (changed <= 0)
		return changed;
	if (list.list.n == 0) {
		*p = (struct md_predicate){ .kind = MD_PREDICATE_FALSE };
		return 0;
	}
	if (!(kept = md_alloc(r->arena, sizeof *kept)))
		return -1;
	*kept = list;
	p->operand = kept;
	return 0;
}

int md_fit_known_predicate(struct md_resolving *r, struct md_predicate *p)
{
	struct fitted f;
	if (!md_bounding_type(p->column))
		return 0;
	if (p->op == MD_OP_IN)
		return fit_listed(r, p);
	if (p->op != MD_OP_EQ && p->op != MD_OP_NE)
		return 0;
	if (fit_text(r, p->column, p->operand->text, &f))
		return -1;
	if (f.fit != MD_FIT_EXACT && p->op == MD_OP_EQ)
		*p = (struct md_predicate){ .kind = MD_PREDICATE_FALSE };
	else if (f.fit != MD_FIT_EXACT)
		p->op = MD_OP_IS_NOT_NULL;
	return 0;
}
