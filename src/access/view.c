/* What the caller may see of one table: columns are united within a scope and intersected between scopes. A column that one role grants and
 * another does not is alike on all rows only when every row that the second role sees is seen by a role that grants it; otherwise
 * its cells depend on the row (by_row) and the gate answers MD_GATE_UNSUPPORTED until the per-cell rule is built. Whether one role's rows include another's is
 * decided by their filters alone, never by values, so that it is the same for all callers with the same roles. */
#include "access/private.h"

enum { ZEROS = 16 };
static const uint64_t zeros[ZEROS];

static const uint64_t *none(struct md_ctx *cx, uint32_t words)
{
	return words <= ZEROS ? zeros : md_new_n(cx->arena, uint64_t, words);
}

static bool same_filter(const struct md_row_filter *a, const struct md_row_filter *b)
{
	bool keyless = a->op == MD_RLS_IS_NULL || a->op == MD_RLS_IS_NOT_NULL;
	return a->column == b->column && a->op == b->op && (keyless || md_str_eq(a->context_key, b->context_key));
}

/* Does `wide` see every row that `narrow` sees? Certain when its filters are some of narrow's. */
static bool sees_all_of(const struct md_grant *wide, const struct md_grant *narrow)
{
	for (uint32_t i = 0; i < wide->n_filters; i++) {
		uint32_t k = 0;
		while (k < narrow->n_filters && !same_filter(&wide->filters[i], &narrow->filters[k]))
			k++;
		if (k == narrow->n_filters)
			return false;
	}
	return true;
}

static void unite(uint64_t *into, const struct md_grant *g, uint32_t words)
{
	for (uint32_t w = 0; w < words; w++)
		into[w] |= g->columns[w];
}

/* Every role's rows show at least the columns of the roles that see all of those rows; what the union has beyond them depends on the row. */
static void add_by_row(uint64_t *by_row, const uint64_t *visible, const struct md_givens *s, uint64_t *shown, uint32_t words)
{
	for (uint32_t r = 0; r < s->n; r++) {
		memset(shown, 0, words * sizeof *shown);
		for (uint32_t k = 0; k < s->n; k++)
			if (k == r || sees_all_of(s->v[k].grant, s->v[r].grant))
				unite(shown, s->v[k].grant, words);
		for (uint32_t w = 0; w < words; w++)
			by_row[w] |= visible[w] & ~shown[w];
	}
}

static bool one_role_each(const struct md_entry *e)
{
	for (uint32_t s = 0; s < e->n_scopes; s++)
		if (e->scopes[s].n != 1)
			return false;
	return true;
}

static int everything(struct md_ctx *cx, struct md_entry *e, uint32_t words)
{
	uint64_t *all = md_alloc(cx->arena, words * sizeof *all);
	if (!all)
		return -1;
	memset(all, 0xff, words * sizeof *all);
	if (e->view.table->n_columns % 64)
		all[words - 1] = ((uint64_t)1 << e->view.table->n_columns % 64) - 1;
	e->view.visible = all;
	return 0;
}

static int put_together(struct md_ctx *cx, struct md_entry *e, uint32_t words)
{
	uint64_t *m = md_new_n(cx->arena, uint64_t, 4 * (size_t)words);
	if (!m)
		return -1;
	uint64_t *visible = m, *by_row = m + words, *scope = m + 2 * words, *scratch = m + 3 * words;
	for (uint32_t s = 0; s < e->n_scopes; s++) {
		memset(scope, 0, words * sizeof *scope);
		for (uint32_t i = 0; i < e->scopes[s].n; i++)
			unite(scope, e->scopes[s].v[i].grant, words);
		for (uint32_t w = 0; w < words; w++)
			visible[w] = s ? visible[w] & scope[w] : scope[w];
		if (e->scopes[s].n > 1)
			add_by_row(by_row, scope, &e->scopes[s], scratch, words);
	}
	for (uint32_t w = 0; w < words; w++)
		by_row[w] &= visible[w];
	e->view.visible = visible;
	e->view.by_row = by_row;
	return 0;
}

static int see(struct md_ctx *cx, struct md_entry *e)
{
	uint32_t words = md_words(e->view.table->n_columns);
	e->view.by_row = none(cx, words);
	if (!e->view.by_row)
		return -1;
	if (e->n_scopes == 0)
		return everything(cx, e, words);
	if (!e->view.granted) {
		e->view.visible = e->view.by_row;
		return 0;
	}
	if (e->n_scopes == 1 && one_role_each(e)) {
		e->view.visible = e->scopes[0].v[0].grant->columns;
		return 0;
	}
	return put_together(cx, e, words);
}

/* Keeps `at` sorted by the roles' place in the metadata. */
static void insert(struct md_given *at, uint32_t n, struct md_given g)
{
	for (; n && at[n - 1].role->index > g.role->index; n--)
		at[n] = at[n - 1];
	at[n] = g;
}

static int gather(struct md_ctx *cx, struct md_entry *e)
{
	const struct md_access *a = cx->access;
	e->view.granted = true;
	e->n_scopes = a->n_scopes;
	for (uint32_t s = 0; s < a->n_scopes; s++) {
		struct md_given *v = md_alloc(cx->arena, a->scopes[s].n * sizeof *v);
		if (!v)
			return -1;
		uint32_t n = 0;
		for (uint32_t i = 0; i < a->scopes[s].n; i++) {
			const struct md_role *r = a->scopes[s].roles[i];
			const struct md_grant *g = md_grant_find(cx->meta, r, e->view.table);
			if (g)
				insert(v, n++, (struct md_given){ r, g });
		}
		e->scopes[s] = (struct md_givens){ v, n };
		e->view.granted &= n > 0;
	}
	return 0;
}

struct md_entry *md_access_entry(struct md_ctx *cx, const struct md_table *t)
{
	struct md_views *known = cx->access->views;
	for (struct md_entry *e = known->first; e; e = e->next)
		if (e->view.table == t)
			return e;
	struct md_entry *e = md_new(cx->arena, struct md_entry);
	if (!e)
		return NULL;
	e->view.table = t;
	if (gather(cx, e) || see(cx, e))
		return NULL;
	e->next = known->first;
	known->first = e;
	return e;
}

const struct md_view *md_access_view(struct md_ctx *cx, const struct md_table *t)
{
	struct md_entry *e = md_access_entry(cx, t);
	return e ? &e->view : NULL;
}

enum md_gate md_gate_column(const struct md_view *v, const struct md_column *c, enum md_use_kind use)
{
	if (!md_bit(v->visible, c->index))
		return MD_GATE_DENIED;
	if (use != MD_USE_RELATION && md_bit(v->by_row, c->index))
		return MD_GATE_UNSUPPORTED;
	return MD_GATE_OPEN;
}
