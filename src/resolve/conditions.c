/* What the caller asks, as conditions on expressions: filters, `on`, exists nodes, having, byIds.
 * Promises: every column in them is a cell; plain text in a pattern stands for itself, so that the
 * shape of a statement does not depend on it; an exists count that only asks for some row or none
 * becomes the plain question, which engines answer with the first row. */
#include "resolve/pattern.h"
#include "resolve/private.h"

struct md_condition *md_condition_new(struct md_resolving *r, enum md_condition_kind kind)
{
	struct md_condition *c = md_alloc(r->arena, sizeof *c);
	if (c)
		*c = (struct md_condition){ .kind = kind };
	return c;
}

struct md_condition *md_condition_group(struct md_resolving *r, enum md_condition_kind kind, uint32_t n,
                                        const struct md_condition ***parts)
{
	struct md_condition *c = md_condition_new(r, kind);
	*parts = md_alloc(r->arena, n * sizeof **parts);
	if (!c || !*parts)
		return NULL;
	c->parts = *parts;
	c->n = n;
	return c;
}

/* ---- operators ---- */

/* contains and its like become like. */
static const struct md_condition *match_text(struct md_resolving *r, struct md_condition *c)
{
	struct md_value *pattern = md_alloc(r->arena, sizeof *pattern);
	if (!pattern || md_make_pattern(r->arena, c->op, c->operands, pattern))
		return NULL;
	c->op = md_pattern_operator(c->op);
	c->operands = pattern;
	return c;
}

/* Validation has made a list of labels of every operand but that of `=`. */
static enum md_op enum_operator(const struct md_operator *op)
{
	return op->id == MD_OP_EQ || op->shape == MD_SHAPE_NONE ? op->id : MD_OP_IN;
}

static const struct md_condition *operation_on(struct md_resolving *r, const struct md_expr *left,
                                               const struct md_operator *op, uint32_t slot)
{
	struct md_condition *c = left ? md_condition_new(r, MD_CONDITION_OPERATION) : NULL;
	if (!c)
		return NULL;
	c->op = md_is_scalar_enum(left) ? enum_operator(op) : op->id;
	c->left = left;
	c->operands = op->shape == MD_SHAPE_NONE ? NULL : &r->values->operands[slot];
	if (op->shape == MD_SHAPE_TEXT)
		return match_text(r, c);
	if (op->shape == MD_SHAPE_ELEMENT)
		c->op = MD_OP_ARRAY_CONTAINS_ALL;
	return md_fit_operation(r, c);
}

/* ---- filter nodes ---- */

static const struct md_condition *resolve_node(struct md_resolving *r, const struct md_bound_filter *f);

static inline const struct md_condition *resolve_filter(struct md_resolving *r, const struct md_bound_filter *f)
{
	if (f->kind == MD_FILTER_VALUE)
		return operation_on(r, md_cell(r, f->use), f->op, f->slot);
	return resolve_node(r, f);
}

static int resolve_list(struct md_resolving *r, struct md_bound_filters filters, const struct md_condition **to)
{
	for (uint32_t i = 0; i < filters.n; i++)
		if (!(to[i] = resolve_filter(r, &filters.v[i])))
			return -1;
	return 0;
}

static const struct md_condition *negate_condition(struct md_resolving *r, const struct md_condition *of)
{
	const struct md_condition **inner;
	struct md_condition *c = md_condition_group(r, MD_CONDITION_NOT, 1, &inner);
	if (c)
		*inner = of;
	return c;
}

static const struct md_condition *resolve_group(struct md_resolving *r, const struct md_bound_filter *f)
{
	const struct md_condition **parts, *group;
	if (f->parts.n == 1) {
		group = resolve_filter(r, &f->parts.v[0]);
	} else {
		group = md_condition_group(r, f->any ? MD_CONDITION_OR : MD_CONDITION_AND, f->parts.n, &parts);
		if (group && resolve_list(r, f->parts, parts))
			return NULL;
	}
	return group && f->negated ? negate_condition(r, group) : group;
}

/* Enums are compared by their places: their texts have another order, and an engine may not compare
 * two enums of its own. */
static const struct md_expr *compared_cell(struct md_resolving *r, struct md_use use)
{
	const struct md_expr *cell = md_cell(r, use);
	return cell && md_is_scalar_enum(cell) ? md_position_of(r, cell) : cell;
}

static const struct md_condition *compare_columns(struct md_resolving *r, const struct md_bound_filter *f)
{
	struct md_condition *c = md_condition_new(r, MD_CONDITION_COLUMNS);
	if (!c)
		return NULL;
	c->op = f->op->id;
	c->left = compared_cell(r, f->use);
	c->right = compared_cell(r, f->ref_use);
	return c->left && c->right ? c : NULL;
}

/* > 0, >= 1, != 0: some row; = 0, < 1, <= 0: none. */
static void ask_count(struct md_related *s, enum md_op op, int64_t n)
{
	bool some = (n == 0 && (op == MD_OP_GT || op == MD_OP_NE)) || (n == 1 && op == MD_OP_GE);
	bool none = (n == 0 && (op == MD_OP_EQ || op == MD_OP_LE)) || (n == 1 && op == MD_OP_LT);
	s->is_counted = !some && !none;
	s->is_absent = none;
	s->count_op = op;
	s->count = n;
}

static int ask_scan(struct md_resolving *r, uint32_t ref, struct md_bound_filters filters);

static const struct md_condition *resolve_exists(struct md_resolving *r, const struct md_bound_filter *f)
{
	struct md_condition *c = md_condition_new(r, MD_CONDITION_EXISTS);
	struct md_related *related = md_alloc(r->arena, sizeof *related);
	if (!c || !related)
		return NULL;
	*related = (struct md_related){ .scan = f->ref, .is_absent = f->absent, .slot = f->slot,
		                        .lists_keys = md_lists_keys(r->plan->sources[f->ref].related) };
	if (f->counted)
		ask_count(related, f->count_op, r->values->counts[f->slot]);
	c->related = related;
	return ask_scan(r, f->ref, f->parts) ? NULL : c;
}

/* As deep as the definition's JSON, which limits.jsonDepth bounds. */
static const struct md_condition *resolve_node(struct md_resolving *r, const struct md_bound_filter *f)
{
	if (f->kind == MD_FILTER_GROUP)
		return resolve_group(r, f);
	return f->kind == MD_FILTER_COLUMNS ? compare_columns(r, f) : resolve_exists(r, f);
}

/* ---- lists of nodes ---- */

static int ask_scan(struct md_resolving *r, uint32_t ref, struct md_bound_filters filters)
{
	const struct md_condition **asked = filters.n ? md_alloc(r->arena, filters.n * sizeof *asked) : NULL;
	if (filters.n && (!asked || resolve_list(r, filters, asked)))
		return -1;
	r->scans[ref].asked = asked;
	r->scans[ref].n_asked = filters.n;
	return 0;
}

/* WHERE: the definition's filters, then those of its joins. */
static int ask_from(struct md_resolving *r)
{
	const struct md_bound *b = r->bound;
	uint32_t n = b->filters.n, at = b->filters.n;
	for (uint32_t i = 1; i <= b->n_joins; i++)
		n += b->refs[i].filters.n;
	if (!n)
		return 0; /* the scan was made without conditions */

	const struct md_condition **asked = md_alloc(r->arena, n * sizeof *asked);
	if (!asked || resolve_list(r, b->filters, asked))
		return -1;
	for (uint32_t i = 1; i <= b->n_joins; at += b->refs[i++].filters.n)
		if (resolve_list(r, b->refs[i].filters, asked + at))
			return -1;
	r->scans[0].asked = asked;
	r->scans[0].n_asked = n;
	return 0;
}

int md_resolve_filters(struct md_resolving *r, struct md_tree *out)
{
	const struct md_bound *b = r->bound;
	for (uint32_t i = 1; i <= b->n_joins; i++)
		if (ask_scan(r, i, b->refs[i].on))
			return -1;
	if (b->has_ids && !(out->ids = md_ids_condition(r)))
		return -1;
	return ask_from(r);
}

/* ---- having ---- */

static int resolve_having_list(struct md_resolving *r, struct md_bound_having_list list,
                               const struct md_condition **to);

static const struct md_condition *resolve_having(struct md_resolving *r, const struct md_bound_having *h)
{
	const struct md_condition **parts, *group;
	if (!h->is_group)
		return operation_on(r, r->exprs[r->aggregates[h->agg]].expr, h->op, h->slot);
	group = md_condition_group(r, h->any ? MD_CONDITION_OR : MD_CONDITION_AND, h->parts.n, &parts);
	if (!group || resolve_having_list(r, h->parts, parts))
		return NULL;
	if (h->parts.n == 1)
		group = parts[0];
	return h->negated ? negate_condition(r, group) : group;
}

static int resolve_having_list(struct md_resolving *r, struct md_bound_having_list list, const struct md_condition **to)
{
	for (uint32_t i = 0; i < list.n; i++)
		if (!(to[i] = resolve_having(r, &list.v[i])))
			return -1;
	return 0;
}

int md_resolve_having(struct md_resolving *r, struct md_tree *out)
{
	struct md_bound_having_list having = r->bound->having;
	const struct md_condition **v = having.n ? md_alloc(r->arena, having.n * sizeof *v) : NULL;
	if (having.n && (!v || resolve_having_list(r, having, v)))
		return -1;
	out->having = v;
	out->n_having = having.n;
	return 0;
}
