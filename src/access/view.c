/* What the caller may see of one table. Columns are united within a scope and intersected between
 * scopes.
 *
 * Where one role grants a column and another does not, or one grants it clear and another masked, a
 * cell depends on its row, unless every row that the weaker role sees is also seen by a role that
 * grants as much as the stronger one. The filters alone decide whether one role's rows include
 * another's, never context values, so the view is the same for all callers with the same roles. */
#include "access/private.h"

/* ZERO_WORDS: tables of up to 1,024 columns share one empty bitmap. MAX_ROLE_PAIRS: two scopes with
 * at most so many pairs of roles are judged together. */
enum { ZERO_WORDS = 16, MAX_ROLE_PAIRS = 1024 };
static const uint64_t zero_words[ZERO_WORDS];

static const uint64_t *empty_bitmap(struct md_ctx *cx, uint32_t words)
{
	return words <= ZERO_WORDS ? zero_words : md_new_n(cx->arena, uint64_t, words);
}

static bool is_same_filter(const struct md_row_filter *a, const struct md_row_filter *b)
{
	bool has_key = md_rls_op_takes_value(a->op);
	return a->column == b->column && a->op == b->op && (!has_key || md_str_eq(a->context_key, b->context_key));
}

/* False for a NULL grant. */
static bool grant_has_filter(const struct md_grant *g, const struct md_row_filter *f)
{
	for (uint32_t i = 0; g && i < g->n_filters; i++)
		if (is_same_filter(&g->filters[i], f))
			return true;
	return false;
}

/* One role of each scope; NULL: no role of that scope is named. The rows that all of these roles
 * see. */
struct role_pair {
	const struct md_grant *of[2];
};

/* Does the grant show every row that all roles of the pair see? It does if each of its filters
 * is a filter of the pair. */
static bool sees_rows_of_pair(const struct md_grant *g, const struct role_pair *pair)
{
	for (uint32_t i = 0; i < g->n_filters; i++)
		if (!grant_has_filter(pair->of[0], &g->filters[i]) && !grant_has_filter(pair->of[1], &g->filters[i]))
			return false;
	return true;
}

/* Bitmaps over one table's columns, each of `words` words. */
struct view_bitmaps {
	uint32_t words;
	uint64_t *visible, *by_row, *masked, *by_rule; /* the results */
	uint64_t *shown, *clear;                       /* scratch: what some roles of a scope show, and unmasked */
};

static void clear_scratch(const struct view_bitmaps *m)
{
	memset(m->shown, 0, m->words * sizeof *m->shown);
	memset(m->clear, 0, m->words * sizeof *m->clear);
}

static void unite_columns(const struct view_bitmaps *m, const struct md_grant *g)
{
	for (uint32_t w = 0; w < m->words; w++) {
		m->shown[w] |= g->columns[w];
		m->clear[w] |= g->masked ? g->columns[w] & ~g->masked[w] : g->columns[w];
	}
}

/* The columns that all roles of the pair grant. */
static uint64_t pair_columns(const struct role_pair *pair, uint32_t word)
{
	uint64_t all = ~(uint64_t)0;
	for (int s = 0; s < 2; s++)
		all &= pair->of[s] ? pair->of[s]->columns[word] : ~(uint64_t)0;
	return all;
}

/* Judges the rows that the pair sees. In each scope such a row shows the columns of all roles that
 * see it as well. A column that they do not show is NULL on some row; one that the pair grants, but
 * that a scope does not show clear, is masked on some row. */
static void judge_pair(const struct md_table_access *a, const struct role_pair *pair, struct view_bitmaps *m)
{
	for (uint32_t s = 0; s < a->n_scopes; s++) {
		if (!pair->of[s])
			continue;

		clear_scratch(m);
		for (uint32_t i = 0; i < a->scopes[s].n; i++)
			if (sees_rows_of_pair(a->scopes[s].v[i].grant, pair))
				unite_columns(m, a->scopes[s].v[i].grant);
		for (uint32_t w = 0; w < m->words; w++) {
			m->by_row[w] |= ~m->shown[w];
			m->masked[w] |= pair_columns(pair, w) & ~m->clear[w];
		}
	}
}

/* With too many pairs each scope is judged by itself: more columns may then count as depending on
 * the row, never fewer. */
static void judge_all_pairs(const struct md_table_access *a, struct view_bitmaps *m)
{
	const struct md_scope_grants *x = &a->scopes[0], *y = &a->scopes[1];
	bool together = a->n_scopes == 2 && (uint64_t)x->n * y->n <= MAX_ROLE_PAIRS;
	for (uint32_t i = 0; i < x->n; i++)
		for (uint32_t k = 0; k < (together ? y->n : 1); k++)
			judge_pair(a, &(struct role_pair){ { x->v[i].grant, together ? y->v[k].grant : NULL } }, m);

	for (uint32_t k = 0; a->n_scopes == 2 && !together && k < y->n; k++)
		judge_pair(a, &(struct role_pair){ { NULL, y->v[k].grant } }, m);
}

static void find_visible_columns(const struct md_table_access *a, struct view_bitmaps *m)
{
	for (uint32_t s = 0; s < a->n_scopes; s++) {
		clear_scratch(m);
		for (uint32_t i = 0; i < a->scopes[s].n; i++)
			unite_columns(m, a->scopes[s].v[i].grant);
		for (uint32_t w = 0; w < m->words; w++)
			m->visible[w] = s ? m->visible[w] & m->shown[w] : m->shown[w];
	}
}

/* ---- the view; -1: out of memory ---- */

static int view_everything(struct md_ctx *cx, struct md_view *v, uint32_t words)
{
	uint64_t *all = md_alloc(cx->arena, words * sizeof *all);
	if (!all)
		return -1;
	memset(all, 0xff, words * sizeof *all);
	if (v->table->n_columns % 64)
		all[words - 1] = ((uint64_t)1 << v->table->n_columns % 64) - 1;
	v->visible = all;
	return 0;
}

static void view_of_one_role(struct md_view *v, const struct md_grant *g)
{
	v->visible = g->columns;
	if (g->masked)
		v->masked = v->by_rule = g->masked;
}

static int view_of_many_roles(struct md_ctx *cx, struct md_table_access *a, uint32_t words)
{
	uint64_t *all = md_new_n(cx->arena, uint64_t, 6 * (size_t)words);
	if (!all)
		return -1;
	struct view_bitmaps m = { .words = words, .visible = all, .by_row = all + words, .masked = all + 2 * words,
		                  .by_rule = all + 3 * words, .shown = all + 4 * words, .clear = all + 5 * words };
	find_visible_columns(a, &m);
	judge_all_pairs(a, &m);

	uint64_t any = 0;
	for (uint32_t w = 0; w < words; w++) {
		m.by_row[w] &= m.visible[w];
		m.masked[w] &= m.visible[w];
		any |= m.by_rule[w] = m.by_row[w] | m.masked[w];
	}
	a->view.visible = m.visible;
	a->view.by_row = m.by_row;
	a->view.masked = m.masked;
	a->view.by_rule = any ? m.by_rule : NULL;
	return 0;
}

/* What masked columns may be used for: bits of enum md_use_kind. */
static uint32_t allowed_masked_uses(unsigned policy)
{
#define USE(kind) ((uint32_t)1 << MD_USE_##kind)
	return USE(SELECT) | USE(COUNT) |
	       (policy & MD_MASKED_FILTER ? USE(FILTER) | USE(IDS) : 0) |
	       (policy & MD_MASKED_SORT ? USE(ORDER) : 0) |
	       (policy & MD_MASKED_GROUP ? USE(GROUP) | USE(DISTINCT) : 0) |
	       (policy & MD_MASKED_AGGREGATE ? USE(AGGREGATE) : 0);
#undef USE
}

static int make_view(struct md_ctx *cx, struct md_table_access *a)
{
	struct md_views *views = cx->access->views;
	struct md_view *v = &a->view;
	uint32_t words = md_words(v->table->n_columns);
	v->by_row = v->masked = empty_bitmap(cx, words);
	if (!views->masked_uses)
		views->masked_uses = allowed_masked_uses(cx->meta->policy.masked_uses);
	v->masked_uses = views->masked_uses;
	if (!v->by_row)
		return -1;

	if (a->n_scopes == 0)
		return view_everything(cx, v, words);
	if (!v->granted)
		v->visible = v->by_row;
	else if (a->n_scopes == 1 && a->scopes[0].n == 1)
		view_of_one_role(v, a->scopes[0].v[0].grant);
	else
		return view_of_many_roles(cx, a, words);
	return 0;
}

/* Keeps v sorted by the roles' places in the metadata. */
static void insert_grant(struct md_role_grant *v, uint32_t n, struct md_role_grant g)
{
	for (; n && v[n - 1].role->index > g.role->index; n--)
		v[n] = v[n - 1];
	v[n] = g;
}

static int gather_grants(struct md_ctx *cx, struct md_table_access *a)
{
	const struct md_access *access = cx->access;
	a->view.granted = true;
	a->n_scopes = access->n_scopes;
	for (uint32_t s = 0; s < access->n_scopes; s++) {
		const struct md_scope *scope = &access->scopes[s];
		struct md_role_grant *v = md_alloc(cx->arena, scope->n * sizeof *v);
		uint32_t n = 0;
		if (!v)
			return -1;
		for (uint32_t i = 0; i < scope->n; i++) {
			const struct md_grant *g = md_grant_find(cx->meta, scope->roles[i], a->view.table);
			if (g)
				insert_grant(v, n++, (struct md_role_grant){ scope->roles[i], g });
		}
		a->scopes[s] = (struct md_scope_grants){ v, n };
		a->view.granted &= n > 0;
	}
	return 0;
}

struct md_table_access *md_get_table_access(struct md_ctx *cx, const struct md_table *t)
{
	struct md_views *known = cx->access->views;
	for (struct md_table_access *a = known->first; a; a = a->next)
		if (a->view.table == t)
			return a;

	struct md_table_access *a = md_new(cx->arena, struct md_table_access);
	if (a)
		a->view.table = t;
	if (!a || gather_grants(cx, a) || make_view(cx, a)) {
		md_out_of_memory(cx);
		return NULL;
	}
	a->next = known->first;
	known->first = a;
	return a;
}

int md_access_take_views(struct md_ctx *cx, const struct md_access *kept)
{
	struct md_views *views = cx->access->views;
	for (const struct md_table_access *a = kept->views->first; a; a = a->next) {
		struct md_table_access *copy = md_alloc(cx->arena, sizeof *copy);
		if (!copy)
			return md_out_of_memory(cx);
		*copy = *a;
		copy->rows = NULL;
		copy->role_rows[0] = copy->role_rows[1] = NULL;
		copy->next = views->first;
		views->first = copy;
	}
	return 0;
}

const struct md_view *md_access_view(struct md_ctx *cx, const struct md_table *t)
{
	struct md_table_access *a = md_get_table_access(cx, t);
	return a ? &a->view : NULL;
}

enum md_gate md_gate_column(const struct md_view *v, const struct md_column *c, enum md_use_kind use)
{
	if (!md_bit(v->visible, c->index))
		return MD_GATE_DENIED;
	return md_bit(v->masked, c->index) && !(v->masked_uses >> use & 1) ? MD_GATE_MASKED : MD_GATE_OPEN;
}

bool md_view_nullable(const struct md_view *v, const struct md_column *c)
{
	bool mask_is_null = c->mask == MD_MASK_FULL && (c->type.array || c->type.base != MD_STRING);
	return md_bit(v->by_row, c->index) || (mask_is_null && md_bit(v->masked, c->index));
}
