/* Row predicates and filters as conditions on physical columns. Promises: a row predicate is a member of the top AND of its clause, beside what the user
 * asked and never inside it; a pattern means the same on every engine. */
#include "resolve/private.h"

/* Members of an AND: room for all is taken at once. */
struct all {
	const struct md_cond **v;
	uint32_t n;
};

/* ---- row predicates ---- */

static const struct md_cond *pred_compare(struct md_resolving *r, uint32_t ref, const struct md_pred *p)
{
	static const enum md_op ops[] = { [MD_RLS_EQ] = MD_OP_EQ, [MD_RLS_NE] = MD_OP_NE, [MD_RLS_IN] = MD_OP_IN, [MD_RLS_IS_NULL] = MD_OP_IS_NULL,
		                          [MD_RLS_IS_NOT_NULL] = MD_OP_IS_NOT_NULL };
	struct md_pcolumn column = md_physical_raw(r, ref, p->column);
	if (p->op == MD_RLS_IN)
		return md_in_list(r, &column, &p->value);
	struct md_cond *c = md_cond_new(r, MD_COND_OP);
	if (c) {
		c->op = ops[p->op];
		c->left = column;
		c->v[0] = p->value;
	}
	return c;
}

static const struct md_cond *pred_group(struct md_resolving *r, uint32_t ref, const struct md_pred *p)
{
	struct md_cond *c = md_cond_new(r, p->kind == MD_PRED_AND ? MD_COND_AND : MD_COND_OR);
	const struct md_cond **parts = md_alloc(r->arena, p->n * sizeof *parts);
	if (!c || !parts)
		return NULL;
	c->parts = parts;
	c->n = p->n;
	for (uint32_t i = 0; i < p->n; i++)
		if (!(parts[i] = md_pred_cond(r, ref, p->parts[i])))
			return NULL;
	return c;
}

/* Depth is three at most: scopes, roles, filters. TRUE is only at the top, where it is left out. */
const struct md_cond *md_pred_cond(struct md_resolving *r, uint32_t ref, const struct md_pred *p)
{
	if (p->kind == MD_PRED_FALSE || p->kind == MD_PRED_TRUE)
		return md_cond_new(r, MD_COND_FALSE);
	return p->kind == MD_PRED_CMP ? pred_compare(r, ref, p) : pred_group(r, ref, p);
}

static uint32_t pred_members(const struct md_pred *p)
{
	return p->kind == MD_PRED_TRUE ? 0 : p->kind == MD_PRED_AND ? p->n : 1;
}

static bool add(struct all *a, const struct md_cond *c)
{
	if (c)
		a->v[a->n++] = c;
	return c;
}

static bool add_pred(struct md_resolving *r, struct all *a, uint32_t ref, const struct md_pred *p)
{
	if (p->kind == MD_PRED_TRUE)
		return true;
	if (p->kind != MD_PRED_AND)
		return add(a, md_pred_cond(r, ref, p));
	for (uint32_t i = 0; i < p->n; i++)
		if (!add(a, md_pred_cond(r, ref, p->parts[i])))
			return false;
	return true;
}

/* ---- the user's filters ---- */

/* A backslash before an ordinary character means that character; engines disagree (ClickHouse: both, Trino: an error), so it goes. */
static bool plain_pattern(struct md_resolving *r, struct md_str *s)
{
	const char *p = s->n ? memchr(s->p, '\\', s->n) : NULL;
	if (!p)
		return true;
	char *to = md_alloc(r->arena, s->n);
	if (!to)
		return false;
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		bool escape = s->p[i] == '\\' && i + 1 < s->n;
		char next = escape ? s->p[++i] : s->p[i];
		if (escape && (next == '%' || next == '_' || next == '\\'))
			to[n++] = '\\';
		to[n++] = next;
	}
	*s = (struct md_str){ to, n };
	return true;
}

static const struct md_cond *filter_value(struct md_resolving *r, const struct md_filter *f)
{
	struct md_cond *c = md_cond_new(r, MD_COND_OP);
	if (!c)
		return NULL;
	c->op = f->op->id;
	if (f->agg)
		c->left = r->aggs[f->agg - r->query->aggs];
	else
		md_physical(r, f->use.ref, f->use.column, &c->left);
	c->v[0] = f->v[0];
	c->v[1] = f->v[1];
	if (f->op->shape == MD_SHAPE_TEXT)
		return md_text_as_pattern(r, c) ? c : NULL;
	if (c->op == MD_OP_ARRAY_CONTAINS)
		c->op = MD_OP_ARRAY_CONTAINS_ALL;
	return f->op->shape != MD_SHAPE_PATTERN || plain_pattern(r, &c->v[0].text) ? c : NULL;
}

static const struct md_cond *filter_cond(struct md_resolving *r, const struct md_filter *f);

static const struct md_cond *filter_group(struct md_resolving *r, const struct md_filter *f)
{
	struct md_cond *c = md_cond_new(r, f->any ? MD_COND_OR : MD_COND_AND);
	const struct md_cond **parts = md_alloc(r->arena, f->n_parts * sizeof *parts);
	if (!c || !parts)
		return NULL;
	for (uint32_t i = 0; i < f->n_parts; i++)
		if (!(parts[i] = filter_cond(r, f->parts[i])))
			return NULL;
	c->parts = parts;
	c->n = f->n_parts;
	if (f->negated)
		c->kind = f->n_parts == 1 ? MD_COND_NOT : c->kind;
	else if (f->n_parts == 1)
		return parts[0];
	if (!f->negated || f->n_parts == 1)
		return c;
	struct md_cond *not = md_cond_new(r, MD_COND_NOT);
	const struct md_cond **inner = md_alloc(r->arena, sizeof *inner);
	if (!not || !inner)
		return NULL;
	*inner = c;
	not->parts = inner;
	not->n = 1;
	return not;
}

/* As deep as the definition's JSON, which is bounded. */
static const struct md_cond *filter_cond(struct md_resolving *r, const struct md_filter *f)
{
	switch (f->kind) {
	case MD_FILTER_GROUP:
		return filter_group(r, f);
	case MD_FILTER_COLUMNS:
		return md_columns_cond(r, f);
	case MD_FILTER_EXISTS:
		return md_exists_cond(r, f);
	default:
		return filter_value(r, f);
	}
}

static bool add_list(struct md_resolving *r, struct all *a, struct md_filter *const *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!add(a, filter_cond(r, v[i])))
			return false;
	return true;
}

static bool add_filters(struct md_resolving *r, struct all *a, const struct md_filters *f)
{
	return add_list(r, a, f->v, f->n);
}

/* ---- clauses ---- */

static bool all_room(struct md_resolving *r, struct all *a, uint32_t n)
{
	*a = (struct all){ .v = md_alloc(r->arena, n * sizeof *a->v) };
	return a->v;
}

static bool all_of(struct md_resolving *r, const struct all *a, const struct md_cond **out)
{
	*out = a->n ? a->v[0] : NULL;
	if (a->n < 2)
		return true;
	struct md_cond *c = md_cond_new(r, MD_COND_AND);
	if (!c)
		return false;
	c->parts = a->v;
	c->n = a->n;
	*out = c;
	return true;
}

bool md_where(struct md_resolving *r, const struct md_cond **out)
{
	const struct md_query *q = r->query;
	const struct md_pred *rows = md_guarded_rows(md_guarded_at(r->plan->guarded, 0));
	uint32_t n = pred_members(rows) + 1 + q->filters.n;
	struct all a;
	for (uint32_t i = 0; i < q->n_joins; i++)
		n += q->joins[i].filters.n;
	if (!all_room(r, &a, n) || !add_pred(r, &a, 0, rows) || (q->ids_given && !add(&a, md_ids_cond(r))) || !add_filters(r, &a, &q->filters))
		return false;
	for (uint32_t i = 0; i < q->n_joins; i++)
		if (!add_filters(r, &a, &q->joins[i].filters))
			return false;
	return all_of(r, &a, out);
}

bool md_sub_where(struct md_resolving *r, uint32_t ref, struct md_filter *const *v, uint32_t n, const struct md_cond **out)
{
	const struct md_pred *rows = md_guarded_rows(md_guarded_at(r->plan->guarded, ref));
	struct all a;
	*out = NULL;
	if (pred_members(rows) + n == 0)
		return true;
	return all_room(r, &a, pred_members(rows) + n) && add_pred(r, &a, ref, rows) && add_list(r, &a, v, n) && all_of(r, &a, out);
}

bool md_having(struct md_resolving *r, const struct md_cond **out)
{
	const struct md_filters *having = &r->query->having;
	struct all a;
	return all_room(r, &a, having->n) && add_filters(r, &a, having) && all_of(r, &a, out);
}

static bool add_keys(struct md_resolving *r, struct all *a, uint32_t ref)
{
	const struct md_ref *it = &r->query->refs[ref];
	const struct md_relation *rel = it->relation;
	for (uint32_t i = 0; i < rel->n; i++) {
		struct md_cond *c = md_cond_new(r, MD_COND_COLUMNS);
		if (!add(a, c))
			return false;
		c->op = MD_OP_EQ;
		c->left = md_physical_raw(r, it->parent, it->from_side ? rel->to_columns[i] : rel->from_columns[i]);
		c->right = md_physical_raw(r, ref, it->from_side ? rel->from_columns[i] : rel->to_columns[i]);
	}
	return true;
}

bool md_on(struct md_resolving *r, uint32_t ref, const struct md_cond **out)
{
	const struct md_ref *it = &r->query->refs[ref];
	const struct md_pred *rows = md_guarded_rows(md_guarded_at(r->plan->guarded, ref));
	struct all a;
	return all_room(r, &a, it->relation->n + pred_members(rows) + it->join->on.n) && add_keys(r, &a, ref) && add_pred(r, &a, ref, rows) &&
	       add_filters(r, &a, &it->join->on) && all_of(r, &a, out);
}
