/* What the caller asks, as conditions on expressions: filters, `on`, exists nodes, having, byIds. Promises: every column in
 * them is a cell; plain text in a pattern stands for itself, so that the shape of a statement does not depend on it; an
 * exists count that only asks for some row or none becomes the plain question, which engines answer with the first row. */
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

/* What stands for an operator with plain text: a pattern with % before the text, behind it, or both. */
struct text_pattern {
	enum md_op op;
	bool before, behind;
};

static struct text_pattern pattern_of(enum md_op op)
{
	switch (op) {
	case MD_OP_CONTAINS: return (struct text_pattern){ MD_OP_LIKE, true, true };
	case MD_OP_ICONTAINS: return (struct text_pattern){ MD_OP_ILIKE, true, true };
	case MD_OP_NOT_CONTAINS: return (struct text_pattern){ MD_OP_NOT_LIKE, true, true };
	case MD_OP_NOT_ICONTAINS: return (struct text_pattern){ MD_OP_NOT_ILIKE, true, true };
	case MD_OP_STARTS_WITH: return (struct text_pattern){ MD_OP_LIKE, false, true };
	case MD_OP_ISTARTS_WITH: return (struct text_pattern){ MD_OP_ILIKE, false, true };
	case MD_OP_ENDS_WITH: return (struct text_pattern){ MD_OP_LIKE, true, false };
	default: return (struct text_pattern){ MD_OP_ILIKE, true, false };
	}
}

static size_t escape_pattern(char *to, struct md_str text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '%' || text.p[i] == '_' || text.p[i] == '\\')
			to[n++] = '\\';
		to[n++] = text.p[i];
	}
	return n;
}

/* contains and its like become like. */
static const struct md_condition *match_text(struct md_resolving *r, struct md_condition *c)
{
	struct text_pattern as = pattern_of(c->op);
	struct md_str text = c->operands[0].text;
	struct md_value *pattern = md_alloc(r->arena, sizeof *pattern);
	char *to = md_alloc(r->arena, 2 * text.n + 2);
	size_t n = 0;
	if (!pattern || !to)
		return NULL;

	if (as.before)
		to[n++] = '%';
	n += escape_pattern(to + n, text);
	if (as.behind)
		to[n++] = '%';
	*pattern = (struct md_value){ .type = c->operands[0].type, .text = { to, n } };
	c->op = as.op;
	c->operands = pattern;
	return c;
}

static const struct md_condition *operation_on(struct md_resolving *r, const struct md_filter *f,
                                               const struct md_expr *left)
{
	struct md_condition *c = left ? md_condition_new(r, MD_CONDITION_OPERATION) : NULL;
	if (!c)
		return NULL;
	c->op = f->op->id;
	c->left = left;
	c->operands = f->v;
	if (f->op->shape == MD_SHAPE_TEXT)
		return match_text(r, c);
	if (c->op == MD_OP_ARRAY_CONTAINS)
		c->op = MD_OP_ARRAY_CONTAINS_ALL;
	return c;
}

/* ---- filter nodes ---- */

static const struct md_condition *resolve_filter(struct md_resolving *r, const struct md_filter *f);

static const struct md_condition *negate_condition(struct md_resolving *r, const struct md_condition *of)
{
	const struct md_condition **inner;
	struct md_condition *c = md_condition_group(r, MD_CONDITION_NOT, 1, &inner);
	if (c)
		*inner = of;
	return c;
}

static const struct md_condition *resolve_group(struct md_resolving *r, const struct md_filter *f)
{
	const struct md_condition **parts, *group;
	if (f->n_parts == 1) {
		group = resolve_filter(r, f->parts[0]);
	} else {
		group = md_condition_group(r, f->any ? MD_CONDITION_OR : MD_CONDITION_AND, f->n_parts, &parts);
		for (uint32_t i = 0; group && i < f->n_parts; i++)
			if (!(parts[i] = resolve_filter(r, f->parts[i])))
				return NULL;
	}
	return group && f->negated ? negate_condition(r, group) : group;
}

static const struct md_condition *compare_columns(struct md_resolving *r, const struct md_filter *f)
{
	struct md_condition *c = md_condition_new(r, MD_CONDITION_COLUMNS);
	if (!c)
		return NULL;
	c->op = f->op->id;
	c->left = md_cell(r, f->use);
	c->right = md_cell(r, f->ref_use);
	return c->left && c->right ? c : NULL;
}

/* > 0, >= 1, != 0: some row; = 0, < 1, <= 0: none. */
static void ask_related(struct md_related *s, const struct md_exists *e)
{
	enum md_op op = e->count_op;
	bool some = (e->count == 0 && (op == MD_OP_GT || op == MD_OP_NE)) || (e->count == 1 && op == MD_OP_GE);
	bool none = (e->count == 0 && (op == MD_OP_EQ || op == MD_OP_LE)) || (e->count == 1 && op == MD_OP_LT);
	s->is_counted = e->counted && !some && !none;
	s->is_absent = e->counted ? none : e->absent;
	s->count_op = op;
	s->count = e->count;
}

static int ask_scan(struct md_resolving *r, uint32_t ref, struct md_filter *const *v, uint32_t n);

static const struct md_condition *resolve_exists(struct md_resolving *r, const struct md_filter *f)
{
	struct md_condition *c = md_condition_new(r, MD_CONDITION_EXISTS);
	struct md_related *related = md_alloc(r->arena, sizeof *related);
	if (!c || !related)
		return NULL;
	related->scan = f->exists->ref;
	ask_related(related, f->exists);
	c->related = related;
	return ask_scan(r, related->scan, f->parts, f->n_parts) ? NULL : c;
}

/* As deep as the definition's JSON, which limits.jsonDepth bounds. */
static const struct md_condition *resolve_filter(struct md_resolving *r, const struct md_filter *f)
{
	switch (f->kind) {
	case MD_FILTER_GROUP:
		return resolve_group(r, f);
	case MD_FILTER_COLUMNS:
		return compare_columns(r, f);
	case MD_FILTER_EXISTS:
		return resolve_exists(r, f);
	default:
		return operation_on(r, f, f->agg ? r->exprs[r->aggregates[f->agg - r->query->aggs]].expr : md_cell(r, f->use));
	}
}

/* ---- lists of nodes ---- */

static int resolve_list(struct md_resolving *r, struct md_filter *const *v, uint32_t n, const struct md_condition **to)
{
	for (uint32_t i = 0; i < n; i++)
		if (!(to[i] = resolve_filter(r, v[i])))
			return -1;
	return 0;
}

static int ask_scan(struct md_resolving *r, uint32_t ref, struct md_filter *const *v, uint32_t n)
{
	const struct md_condition **asked = n ? md_alloc(r->arena, n * sizeof *asked) : NULL;
	if (n && (!asked || resolve_list(r, v, n, asked)))
		return -1;
	r->scans[ref].asked = asked;
	r->scans[ref].n_asked = n;
	return 0;
}

/* WHERE: the definition's filters, then those of its joins. */
static int ask_from(struct md_resolving *r)
{
	const struct md_query *q = r->query;
	uint32_t n = q->filters.n, at = q->filters.n;
	for (uint32_t i = 0; i < q->n_joins; i++)
		n += q->joins[i].filters.n;
	const struct md_condition **asked = n ? md_alloc(r->arena, n * sizeof *asked) : NULL;
	if (n && (!asked || resolve_list(r, q->filters.v, q->filters.n, asked)))
		return -1;

	for (uint32_t i = 0; i < q->n_joins; at += q->joins[i++].filters.n)
		if (resolve_list(r, q->joins[i].filters.v, q->joins[i].filters.n, asked + at))
			return -1;
	r->scans[0].asked = asked;
	r->scans[0].n_asked = n;
	return 0;
}

int md_resolve_filters(struct md_resolving *r, struct md_tree *out)
{
	const struct md_query *q = r->query;
	for (uint32_t i = 0; i < q->n_joins; i++)
		if (ask_scan(r, i + 1, q->joins[i].on.v, q->joins[i].on.n))
			return -1;
	if (q->ids_given && !(out->ids = md_ids_condition(r)))
		return -1;
	return ask_from(r);
}

int md_resolve_having(struct md_resolving *r, struct md_tree *out)
{
	const struct md_filters *having = &r->query->having;
	const struct md_condition **v = having->n ? md_alloc(r->arena, having->n * sizeof *v) : NULL;
	if (having->n && (!v || resolve_list(r, having->v, having->n, v)))
		return -1;
	out->having = v;
	out->n_having = having->n;
	return 0;
}
