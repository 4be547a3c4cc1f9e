/* Exists nodes as sub-queries: keys pair by pair, the related table's row predicate beside the node's filters, inside the sub-query. Promises: related rows that
 * the caller can't see do not count; a count that only asks for some row or none becomes the plain question, which engines answer with the first row. */
#include "resolve/private.h"

static const struct md_pcolumn *keys(struct md_resolving *r, uint32_t ref, const struct md_column *const *columns, uint32_t n)
{
	struct md_pcolumn *v = md_alloc(r->arena, n * sizeof *v);
	for (uint32_t i = 0; v && i < n; i++)
		v[i] = md_physical_raw(r, ref, columns[i]);
	return v;
}

static bool add_keys(struct md_resolving *r, struct md_sub *s)
{
	const struct md_ref *it = &r->query->refs[s->table];
	const struct md_relation *rel = it->relation;
	s->n_keys = rel->n;
	s->child = keys(r, s->table, it->from_side ? rel->from_columns : rel->to_columns, rel->n);
	s->parent = keys(r, it->parent, it->from_side ? rel->to_columns : rel->from_columns, rel->n);
	return s->child && s->parent;
}

/* > 0, >= 1, != 0: some row; = 0, < 1, <= 0: none. */
static void ask(struct md_sub *s, const struct md_exists *e)
{
	enum md_op op = e->count_op;
	bool some = (e->count == 0 && (op == MD_OP_GT || op == MD_OP_NE)) || (e->count == 1 && op == MD_OP_GE);
	bool none = (e->count == 0 && (op == MD_OP_EQ || op == MD_OP_LE)) || (e->count == 1 && op == MD_OP_LT);
	s->counted = e->counted && !some && !none;
	s->absent = e->counted ? none : e->absent;
	s->count_op = op;
	s->count = e->count;
}

const struct md_cond *md_exists_cond(struct md_resolving *r, const struct md_filter *f)
{
	struct md_cond *c = md_cond_new(r, MD_COND_EXISTS);
	struct md_sub *s = md_alloc(r->arena, sizeof *s);
	if (!c || !s)
		return NULL;
	*s = (struct md_sub){ .table = f->exists->ref };
	ask(s, f->exists);
	c->sub = s;
	return add_keys(r, s) && md_sub_where(r, s->table, f->parts, f->n_parts, &s->where) ? c : NULL;
}
