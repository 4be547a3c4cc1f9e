/* Can no row come, whatever the data? A reference is dead when its predicate is FALSE, when what it joins to is dead (its columns are then NULL at best) or
 * when its own `on` can never hold. Joins apply from left to right, so that one dead inner join leaves nothing of the whole; neither does a
 * filter that can never hold. Only exists nodes are ever certain: one of a dead table has no related rows. */
#include "access/private.h"

enum certain { UNSURE, NEVER, ALWAYS };

struct deaths {
	const struct md_guarded *guarded;
	const struct md_query *query;
	bool *dead; /* per reference of the row */
};

static enum certain judge(const struct deaths *d, const struct md_filter *f);

static bool some_never(const struct deaths *d, struct md_filter *const *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (judge(d, v[i]) == NEVER)
			return true;
	return false;
}

static enum certain turned(enum certain c)
{
	return c == UNSURE ? UNSURE : c == NEVER ? ALWAYS : NEVER;
}

static enum certain judge_group(const struct deaths *d, const struct md_filter *f)
{
	enum certain decides = f->any ? ALWAYS : NEVER, all = turned(decides);
	for (uint32_t i = 0; i < f->n_parts; i++) {
		enum certain c = judge(d, f->parts[i]);
		if (c == decides)
			return f->negated ? turned(c) : c;
		if (c == UNSURE)
			all = UNSURE;
	}
	return f->negated ? turned(all) : all;
}

static bool no_related(const struct deaths *d, const struct md_filter *f)
{
	const struct md_ref *r = &d->query->refs[f->exists->ref];
	if (md_guarded_rows(md_guarded_at(d->guarded, f->exists->ref))->kind == MD_PRED_FALSE)
		return true;
	return (r->parent < md_query_row_refs(d->query) && d->dead[r->parent]) || some_never(d, f->parts, f->n_parts);
}

/* As deep as the definition's JSON, which is bounded. */
static enum certain judge(const struct deaths *d, const struct md_filter *f)
{
	if (f->kind == MD_FILTER_GROUP)
		return judge_group(d, f);
	if (f->kind != MD_FILTER_EXISTS || !no_related(d, f))
		return UNSURE;
	return (f->exists->counted ? md_count_takes_zero(f->exists->count_op, f->exists->count) : f->exists->absent) ? ALWAYS : NEVER;
}

static bool find(const struct deaths *d)
{
	const struct md_query *q = d->query;
	bool empty = false;
	for (uint32_t i = 0; i < md_query_row_refs(q); i++) {
		const struct md_ref *r = &q->refs[i];
		d->dead[i] = md_guarded_rows(md_guarded_at(d->guarded, i))->kind == MD_PRED_FALSE || (r->join && d->dead[r->parent]);
		d->dead[i] |= q->n_exists && r->join && some_never(d, r->join->on.v, r->join->on.n);
		empty |= d->dead[i] && (!r->join || r->join->inner);
	}
	if (!q->n_exists)
		return empty;
	empty |= some_never(d, q->filters.v, q->filters.n);
	for (uint32_t i = 0; i < q->n_joins; i++)
		empty |= some_never(d, q->joins[i].filters.v, q->joins[i].filters.n);
	return empty;
}

int md_find_empty(struct md_ctx *cx, const struct md_guarded *g, bool *empty)
{
	const struct md_query *q = md_guarded_query(g);
	bool few[16];
	struct deaths d = { g, q, md_query_row_refs(q) <= 16 ? few : md_alloc(cx->arena, md_query_row_refs(q) * sizeof *d.dead) };
	*empty = false;
	if (!d.dead)
		return -1;
	if (md_guarded_count(g) == q->n_refs) /* otherwise problems are reported already */
		*empty = find(&d);
	return 0;
}
