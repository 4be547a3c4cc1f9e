/* Answers without rows: can no row come, whatever the data?
 *
 * A reference has no rows if its row predicate is FALSE, if it is joined to a reference without
 * rows (whose columns are NULL at best) or if its own `on` can never hold. Joins apply from left to
 * right, so that one inner join without rows leaves nothing of the whole; so does a filter that can
 * never hold. Only exists nodes are ever certain: one over a table without visible rows has no
 * related rows. */
#include "access/private.h"

enum md_certainty { MD_UNCERTAIN, MD_NEVER_HOLDS, MD_ALWAYS_HOLDS };

enum { FEW_REFS = 16 };

struct empty_finder {
	const struct md_guarded *guarded;
	const struct md_bound *bound;
	const struct md_values *values;
	bool *has_no_rows; /* per reference of the row */
};

static enum md_certainty judge_filter(const struct empty_finder *e, const struct md_bound_filter *f);

static bool any_never_holds(const struct empty_finder *e, struct md_bound_filters filters)
{
	for (uint32_t i = 0; i < filters.n; i++)
		if (judge_filter(e, &filters.v[i]) == MD_NEVER_HOLDS)
			return true;
	return false;
}

static enum md_certainty negate_certainty(enum md_certainty c)
{
	if (c == MD_UNCERTAIN)
		return c;
	return c == MD_NEVER_HOLDS ? MD_ALWAYS_HOLDS : MD_NEVER_HOLDS;
}

static enum md_certainty judge_group(const struct empty_finder *e, const struct md_bound_filter *f)
{
	enum md_certainty decides = f->any ? MD_ALWAYS_HOLDS : MD_NEVER_HOLDS, result = negate_certainty(decides);
	for (uint32_t i = 0; i < f->parts.n; i++) {
		enum md_certainty c = judge_filter(e, &f->parts.v[i]);
		if (c == decides)
			return f->negated ? negate_certainty(c) : c;
		if (c == MD_UNCERTAIN)
			result = MD_UNCERTAIN;
	}
	return f->negated ? negate_certainty(result) : result;
}

static bool has_no_related_rows(const struct empty_finder *e, const struct md_bound_filter *f)
{
	const struct md_ref *r = &e->bound->refs[f->ref];
	if (md_guarded_rows(md_guarded_at(e->guarded, f->ref))->kind == MD_PRED_FALSE)
		return true;
	bool is_below_row = r->parent < md_bound_row_refs(e->bound);
	return (is_below_row && e->has_no_rows[r->parent]) || any_never_holds(e, f->parts);
}

/* Recurses as deep as the definition's JSON nests, which is bounded. */
static enum md_certainty judge_filter(const struct empty_finder *e, const struct md_bound_filter *f)
{
	if (f->kind == MD_FILTER_GROUP)
		return judge_group(e, f);
	if (f->kind != MD_FILTER_EXISTS || !has_no_related_rows(e, f))
		return MD_UNCERTAIN;

	bool holds_without_rows = f->absent;
	if (f->counted)
		holds_without_rows = md_count_takes_zero(f->count_op, e->values->counts[f->slot]);
	return holds_without_rows ? MD_ALWAYS_HOLDS : MD_NEVER_HOLDS;
}

/* Sets has_no_rows of reference i. Two steps: exists nodes in the reference's own `on` may relate
 * to it. */
static void judge_ref(const struct empty_finder *e, uint32_t i)
{
	const struct md_ref *r = &e->bound->refs[i];
	bool is_below_empty = r->kind == MD_REF_JOIN && e->has_no_rows[r->parent];
	e->has_no_rows[i] = is_below_empty || md_guarded_rows(md_guarded_at(e->guarded, i))->kind == MD_PRED_FALSE;
	if (e->bound->n_exists)
		e->has_no_rows[i] |= any_never_holds(e, r->on);
}

static bool find_empty_answer(const struct empty_finder *e)
{
	const struct md_bound *b = e->bound;
	uint32_t n = md_bound_row_refs(b);
	bool is_empty = false;
	for (uint32_t i = 0; i < n; i++) {
		judge_ref(e, i);
		is_empty |= e->has_no_rows[i] && !b->refs[i].left;
	}
	if (!b->n_exists)
		return is_empty;

	is_empty |= any_never_holds(e, b->filters);
	for (uint32_t i = 0; i < n; i++)
		is_empty |= any_never_holds(e, b->refs[i].filters);
	return is_empty;
}

int md_find_empty(struct md_ctx *cx, const struct md_guarded *g, const struct md_values *values, bool *is_empty)
{
	const struct md_bound *b = md_guarded_bound(g);
	*is_empty = false;
	if (cx->err->problems.n)
		return 0; /* references and filters may be incomplete */
	if (b->n_refs == 1) {
		*is_empty = md_guarded_rows(md_guarded_at(g, 0))->kind == MD_PRED_FALSE;
		return 0;
	}

	bool few[FEW_REFS];
	uint32_t n = md_bound_row_refs(b);
	struct empty_finder e = { g, b, values, n <= FEW_REFS ? few : md_alloc(cx->arena, n * sizeof *few) };
	if (!e.has_no_rows)
		return -1;
	*is_empty = find_empty_answer(&e);
	return 0;
}
