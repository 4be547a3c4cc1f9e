/* What the caller may see of one table: columns are united within a scope and intersected between scopes. A column that one role grants and
 * another does not, or one clear and another masked, is alike on all rows only when the rows of the one are seen by a role that does as the other;
 * otherwise its cells depend on the row. Whether one role's rows include another's is decided by their filters alone, never by values, so that it is the
 * same for all callers with the same roles. */
#include "access/private.h"

enum { ZEROS = 16, PAIRS = 1024 /* roles of one scope times roles of the other that are looked at together */ };
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

static bool has_filter(const struct md_grant *g, const struct md_row_filter *f)
{
	for (uint32_t i = 0; g && i < g->n_filters; i++)
		if (same_filter(&g->filters[i], f))
			return true;
	return false;
}

/* Does `wide` see every row that all of `narrow` see (a role of each scope; NULL: none named)? Certain when its filters are some of theirs. */
static bool sees_all_of(const struct md_grant *wide, const struct md_grant *const narrow[2])
{
	for (uint32_t i = 0; i < wide->n_filters; i++)
		if (!has_filter(narrow[0], &wide->filters[i]) && !has_filter(narrow[1], &wide->filters[i]))
			return false;
	return true;
}

/* Bitmaps of one table, `words` long each. */
struct maps {
	uint32_t words;
	uint64_t *visible, *by_row, *masked, *by_rule; /* what comes out */
	uint64_t *shown, *clear;                       /* for one look */
};

static void unite(const struct maps *m, const struct md_grant *g)
{
	for (uint32_t w = 0; w < m->words; w++) {
		m->shown[w] |= g->columns[w];
		m->clear[w] |= g->masked ? g->columns[w] & ~g->masked[w] : g->columns[w];
	}
}

/* A row that the roles of `least` see: every scope shows there at least the columns of the roles that see it too. What they do not show is NULL on some row; what
 * all of `least` show and one scope does not show clear is masked on some row. */
static void look(const struct md_entry *e, const struct md_grant *const least[2], struct maps *m)
{
	for (uint32_t s = 0; s < e->n_scopes; s++) {
		if (!least[s])
			continue;
		memset(m->shown, 0, m->words * sizeof *m->shown);
		memset(m->clear, 0, m->words * sizeof *m->clear);
		for (uint32_t i = 0; i < e->scopes[s].n; i++)
			if (sees_all_of(e->scopes[s].v[i].grant, least))
				unite(m, e->scopes[s].v[i].grant);
		for (uint32_t w = 0; w < m->words; w++) {
			uint64_t all = (least[0] ? least[0]->columns[w] : ~(uint64_t)0) & (least[1] ? least[1]->columns[w] : ~(uint64_t)0);
			m->by_row[w] |= ~m->shown[w];
			m->masked[w] |= all & ~m->clear[w];
		}
	}
}

/* Where there are too many pairs each scope is judged by itself: what then counts as depending on the row may be more, never less. */
static void look_at_all(const struct md_entry *e, struct maps *m)
{
	const struct md_givens *a = &e->scopes[0], *b = &e->scopes[1];
	bool together = e->n_scopes == 2 && (uint64_t)a->n * b->n <= PAIRS;
	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t k = 0; k < (together ? b->n : 1); k++)
			look(e, (const struct md_grant *[2]){ a->v[i].grant, together ? b->v[k].grant : NULL }, m);
	for (uint32_t k = 0; e->n_scopes == 2 && !together && k < b->n; k++)
		look(e, (const struct md_grant *[2]){ NULL, b->v[k].grant }, m);
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

static void find_visible(const struct md_entry *e, struct maps *m)
{
	for (uint32_t s = 0; s < e->n_scopes; s++) {
		memset(m->shown, 0, m->words * sizeof *m->shown);
		for (uint32_t i = 0; i < e->scopes[s].n; i++)
			unite(m, e->scopes[s].v[i].grant);
		for (uint32_t w = 0; w < m->words; w++)
			m->visible[w] = s ? m->visible[w] & m->shown[w] : m->shown[w];
	}
}

static int put_together(struct md_ctx *cx, struct md_entry *e, uint32_t words)
{
	uint64_t *all = md_new_n(cx->arena, uint64_t, 6 * (size_t)words);
	if (!all)
		return -1;
	struct maps m = { .words = words, .visible = all, .by_row = all + words, .masked = all + 2 * words, .by_rule = all + 3 * words,
		          .shown = all + 4 * words, .clear = all + 5 * words };
	find_visible(e, &m);
	look_at_all(e, &m);
	uint64_t some = 0;
	for (uint32_t w = 0; w < words; w++) {
		m.by_row[w] &= m.visible[w];
		m.masked[w] &= m.visible[w];
		some |= m.by_rule[w] = m.by_row[w] | m.masked[w];
	}
	e->view.visible = m.visible;
	e->view.by_row = m.by_row;
	e->view.masked = m.masked;
	e->view.by_rule = some ? m.by_rule : NULL;
	return 0;
}

/* What masked columns may be used for. */
static uint32_t allowed_uses(unsigned policy)
{
#define USE(kind) ((uint32_t)1 << MD_USE_##kind)
	return USE(SELECT) | USE(COUNT) | USE(RELATION) | (policy & MD_MASKED_FILTER ? USE(FILTER) | USE(IDS) : 0) |
	       (policy & MD_MASKED_SORT ? USE(ORDER) : 0) | (policy & MD_MASKED_GROUP ? USE(GROUP) | USE(DISTINCT) : 0) |
	       (policy & MD_MASKED_AGGREGATE ? USE(AGGREGATE) : 0);
#undef USE
}

/* One role: every row is alike. */
static void see_one(struct md_entry *e, const struct md_grant *g)
{
	e->view.visible = g->columns;
	if (g->masked)
		e->view.masked = e->view.by_rule = g->masked;
}

static int see(struct md_ctx *cx, struct md_entry *e)
{
	uint32_t words = md_words(e->view.table->n_columns);
	e->view.by_row = e->view.masked = none(cx, words);
	e->view.masked_uses = allowed_uses(cx->meta->policy.masked_uses);
	if (!e->view.by_row)
		return -1;
	if (e->n_scopes == 0)
		return everything(cx, e, words);
	if (!e->view.granted)
		e->view.visible = e->view.by_row;
	else if (e->n_scopes == 1 && e->scopes[0].n == 1)
		see_one(e, e->scopes[0].v[0].grant);
	else
		return put_together(cx, e, words);
	return 0;
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
	return md_bit(v->masked, c->index) && !(v->masked_uses >> use & 1) ? MD_GATE_MASKED : MD_GATE_OPEN;
}

bool md_view_nullable(const struct md_view *v, const struct md_column *c)
{
	bool no_text = c->mask == MD_MASK_FULL && (c->type.array || c->type.base != MD_STRING);
	return md_bit(v->by_row, c->index) || (no_text && md_bit(v->masked, c->index));
}
