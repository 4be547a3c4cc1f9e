/* Row predicates: a role's filters ANDed, the roles of a scope ORed, the scopes ANDed; simplified on the way. An unfiltered role makes its scope
 * TRUE; an empty list makes its role FALSE; equal filters are kept once; of two parts of an OR where one implies the other the wider stays, and a
 * scope that another implies is left out. Order follows roles and filters in the metadata. What is equal is decided by column, operator and
 * context key, never by values: the shape of the SQL is the same for all tenants. */
#include "access/private.h"
#include "trace/trace.h"

const struct md_pred md_pred_true = { .kind = MD_PRED_TRUE };
const struct md_pred md_pred_false = { .kind = MD_PRED_FALSE };

/* Comparisons ANDed: the rows of one role. */
struct conj {
	const struct md_pred **v;
	uint32_t n;
};

/* The rows of one scope: TRUE (`all`), FALSE (n = 0), or parts ORed. */
struct rows {
	struct conj *v;
	uint32_t n;
	bool all;
};

struct build {
	struct md_ctx *cx;
	struct md_wants *wants;
	const struct md_entry *entry;
	bool oom;
};

static bool same(const struct md_pred *a, const struct md_pred *b)
{
	return a->column == b->column && a->op == b->op && md_str_eq(a->context_key, b->context_key);
}

static bool holds(const struct conj *c, const struct md_pred *p)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (same(c->v[i], p))
			return true;
	return false;
}

/* Does every row of `narrow` belong to `wide`? Certain when wide's comparisons are some of narrow's. */
static bool implies(const struct conj *narrow, const struct conj *wide)
{
	for (uint32_t i = 0; i < wide->n; i++)
		if (!holds(narrow, wide->v[i]))
			return false;
	return true;
}

static void record(struct build *b, const struct md_role *r, const struct md_row_filter *f, const struct md_wanted *w)
{
	static const char *const ops[] = { "=", "!=", "in", "", "" };
	struct md_str table = b->entry->view.table->api_name;
	enum md_event e = (enum md_event)(MD_EV_ROW_EQ + (int)f->op);
	md_ev4(b->cx, e, MD_S(r->id), MD_S(table), MD_S(f->column->api_name), MD_S(f->context_key));
	if (w && w->found != MD_FOUND_PROBLEM)
		md_ev4(b->cx, MD_EV_ROW_VALUE, MD_S(table), MD_S(f->column->api_name), MD_Z(ops[f->op]), MD_V(&w->value));
}

/* One filter of one role; md_pred_false where no row can match (or the context has a problem: nothing may be seen then). */
static const struct md_pred *compare(struct build *b, const struct md_role *r, const struct md_row_filter *f)
{
	bool keyless = f->op == MD_RLS_IS_NULL || f->op == MD_RLS_IS_NOT_NULL;
	const struct md_wanted *w = keyless ? NULL : md_context_value(b->cx, b->wants, r, f);
	if (!keyless && !w) {
		b->oom = true;
		return &md_pred_false;
	}
	record(b, r, f, w);
	if (w && w->found != MD_FOUND_VALUE)
		return &md_pred_false;
	struct md_pred *p = md_alloc(b->cx->arena, sizeof *p);
	if (!p) {
		b->oom = true;
		return &md_pred_false;
	}
	*p = (struct md_pred){ .kind = MD_PRED_CMP, .column = f->column, .op = f->op };
	if (w) {
		p->value = w->value;
		p->context_key = f->context_key;
	}
	return p;
}

/* The rows of one role; false: none. Every filter is looked at, so that all context problems are found. */
static bool role_rows(struct build *b, const struct md_given *g, struct conj *c)
{
	const struct md_pred **v = md_alloc(b->cx->arena, g->grant->n_filters * sizeof *v);
	bool some = v != NULL;
	b->oom |= !v;
	*c = (struct conj){ .v = v };
	for (uint32_t i = 0; v && i < g->grant->n_filters; i++) {
		const struct md_pred *p = compare(b, g->role, &g->grant->filters[i]);
		some &= p->kind != MD_PRED_FALSE;
		if (some && !holds(c, p))
			v[c->n++] = p;
	}
	return some;
}

/* Adds a part to an OR unless another holds its rows already, and drops those whose rows it holds. */
static void add_part(struct rows *s, struct conj c)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < s->n; i++)
		if (implies(&c, &s->v[i]))
			return;
	for (uint32_t i = 0; i < s->n; i++)
		if (!implies(&s->v[i], &c))
			s->v[kept++] = s->v[i];
	s->v[kept++] = c;
	s->n = kept;
}

static void scope_rows(struct build *b, const struct md_givens *s, struct rows *out)
{
	*out = (struct rows){ .v = md_alloc(b->cx->arena, s->n * sizeof *out->v) };
	b->oom |= !out->v;
	for (uint32_t i = 0; out->v && i < s->n; i++) {
		struct conj c;
		if (s->v[i].grant->n_filters == 0)
			out->all = true;
		else if (role_rows(b, &s->v[i], &c) && !out->all)
			add_part(out, c);
	}
}

/* Does every row that scope a shows belong to scope b? */
static bool scope_implies(const struct rows *a, const struct rows *b)
{
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t k = 0;
		while (k < b->n && !implies(&a->v[i], &b->v[k]))
			k++;
		if (k == b->n)
			return false;
	}
	return true;
}

static const struct md_pred *join_parts(struct build *b, enum md_pred_kind kind, const struct md_pred **v, uint32_t n)
{
	if (n == 1)
		return v[0];
	struct md_pred *p = md_alloc(b->cx->arena, sizeof *p);
	if (!p) {
		b->oom = true;
		return &md_pred_false;
	}
	*p = (struct md_pred){ .kind = kind, .parts = v, .n = n };
	return p;
}

static const struct md_pred *scope_pred(struct build *b, const struct rows *s)
{
	if (s->n == 1)
		return join_parts(b, MD_PRED_AND, s->v[0].v, s->v[0].n);
	const struct md_pred **parts = md_alloc(b->cx->arena, s->n * sizeof *parts);
	b->oom |= !parts;
	for (uint32_t i = 0; parts && i < s->n; i++)
		parts[i] = join_parts(b, MD_PRED_AND, s->v[i].v, s->v[i].n);
	return parts ? join_parts(b, MD_PRED_OR, parts, s->n) : &md_pred_false;
}

/* Two scopes, neither TRUE nor FALSE, neither implied by the other. Comparisons of one-part scopes stand side by side, once each. */
static const struct md_pred *both(struct build *b, const struct rows *s)
{
	uint32_t room = (s[0].n == 1 ? s[0].v[0].n : 1) + (s[1].n == 1 ? s[1].v[0].n : 1);
	struct conj all = { .v = md_alloc(b->cx->arena, room * sizeof *all.v) };
	b->oom |= !all.v;
	for (int i = 0; all.v && i < 2; i++) {
		if (s[i].n > 1) {
			all.v[all.n++] = scope_pred(b, &s[i]);
			continue;
		}
		for (uint32_t k = 0; k < s[i].v[0].n; k++)
			if (s[1 - i].n > 1 || !holds(&all, s[i].v[0].v[k]))
				all.v[all.n++] = s[i].v[0].v[k];
	}
	return all.v ? join_parts(b, MD_PRED_AND, all.v, all.n) : &md_pred_false;
}

static const struct md_pred *combine(struct build *b, const struct rows *s, uint32_t n)
{
	const struct rows *left[2];
	uint32_t k = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!s[i].all && s[i].n == 0)
			return &md_pred_false;
		if (!s[i].all)
			left[k++] = &s[i];
	}
	if (k == 0)
		return &md_pred_true;
	if (k == 1 || scope_implies(left[0], left[1]))
		return scope_pred(b, left[0]);
	if (scope_implies(left[1], left[0]))
		return scope_pred(b, left[1]);
	return both(b, s);
}

/* Most requests: one role with one filter or none on the table. */
static const struct md_pred *simple(struct build *b, const struct md_entry *e)
{
	if (e->n_scopes != 1 || e->scopes[0].n != 1 || e->scopes[0].v[0].grant->n_filters > 1)
		return NULL;
	const struct md_given *g = &e->scopes[0].v[0];
	return g->grant->n_filters ? compare(b, g->role, &g->grant->filters[0]) : &md_pred_true;
}

const struct md_pred *md_pred_build(struct md_ctx *cx, struct md_wants *w, const struct md_entry *e)
{
	struct build b = { .cx = cx, .wants = w, .entry = e };
	struct rows s[2];
	const struct md_pred *one = simple(&b, e);
	if (one)
		return b.oom ? NULL : one;
	for (uint32_t i = 0; i < e->n_scopes; i++)
		scope_rows(&b, &e->scopes[i], &s[i]);
	const struct md_pred *p = combine(&b, s, e->n_scopes);
	return b.oom ? NULL : p;
}

static void compare_text(struct md_buf *b, const struct md_pred *p)
{
	static const char *const ops[] = { " = ", " != ", " in ", " is null", " is not null" };
	md_buf_str(b, p->column->api_name);
	md_buf_str(b, md_str_z(ops[p->op]));
	if (p->op == MD_RLS_IS_NULL || p->op == MD_RLS_IS_NOT_NULL)
		return;
	md_buf_lit(b, "context.");
	md_buf_str(b, p->context_key);
}

/* Depth is three at most: scopes, roles, filters. */
void md_pred_text(struct md_buf *b, const struct md_pred *p)
{
	if (p->kind == MD_PRED_TRUE || p->kind == MD_PRED_FALSE) {
		md_buf_str(b, p->kind == MD_PRED_TRUE ? MD_STR("true") : MD_STR("false"));
		return;
	}
	if (p->kind == MD_PRED_CMP) {
		compare_text(b, p);
		return;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		bool group = p->parts[i]->kind != MD_PRED_CMP;
		if (i)
			md_buf_str(b, p->kind == MD_PRED_AND ? MD_STR(" AND ") : MD_STR(" OR "));
		md_buf_str(b, group ? MD_STR("(") : MD_NOSTR);
		md_pred_text(b, p->parts[i]);
		md_buf_str(b, group ? MD_STR(")") : MD_NOSTR);
	}
}
