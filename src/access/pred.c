/* Row predicates: a role's filters ANDed, the roles of a scope ORed, the scopes ANDed; simplified on the way (rows.c). An unfiltered role makes its scope
 * TRUE; an empty list makes its role FALSE; equal filters are kept once. Order follows roles and filters in the metadata. */
#include "access/private.h"
#include "trace/trace.h"

struct build {
	struct md_ctx *cx;
	struct md_wants *wants;
	const struct md_entry *entry;
	bool oom;
};

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

/* Every filter is looked at, so that all context problems are found. */
static void role_rows(struct build *b, const struct md_given *g, struct md_role_rows *out)
{
	const struct md_pred **v = md_alloc(b->cx->arena, g->grant->n_filters * sizeof *v);
	b->oom |= !v;
	*out = (struct md_role_rows){ .rows = { .v = v } };
	for (uint32_t i = 0; v && i < g->grant->n_filters; i++) {
		const struct md_pred *p = compare(b, g->role, &g->grant->filters[i]);
		out->none |= p->kind == MD_PRED_FALSE;
		if (!out->none && !md_conj_holds(&out->rows, p))
			v[out->rows.n++] = p;
	}
}

static void scope_rows(struct build *b, struct md_entry *e, uint32_t scope, struct md_rows *out)
{
	const struct md_givens *s = &e->scopes[scope];
	struct md_role_rows *roles = md_alloc(b->cx->arena, s->n * sizeof *roles);
	*out = (struct md_rows){ .v = md_alloc(b->cx->arena, s->n * sizeof *out->v) };
	b->oom |= !out->v || !roles;
	for (uint32_t i = 0; !b->oom && i < s->n; i++) {
		role_rows(b, &s->v[i], &roles[i]);
		md_rows_add(out, &roles[i]);
	}
	e->roles[scope] = roles;
}

/* Most requests: one role with one filter or none on the table. */
static const struct md_pred *simple(struct build *b, const struct md_entry *e)
{
	if (e->n_scopes != 1 || e->scopes[0].n != 1 || e->scopes[0].v[0].grant->n_filters > 1)
		return NULL;
	const struct md_given *g = &e->scopes[0].v[0];
	return g->grant->n_filters ? compare(b, g->role, &g->grant->filters[0]) : &md_pred_true;
}

const struct md_pred *md_pred_build(struct md_ctx *cx, struct md_wants *w, struct md_entry *e)
{
	struct build b = { .cx = cx, .wants = w, .entry = e };
	struct md_rows s[2];
	const struct md_pred *one = simple(&b, e);
	if (one)
		return b.oom ? NULL : one;
	for (uint32_t i = 0; i < e->n_scopes; i++)
		scope_rows(&b, e, i, &s[i]);
	return b.oom ? NULL : md_rows_pred(cx, s, e->n_scopes);
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

bool md_pred_fixes(const struct md_pred *p, const struct md_column *c)
{
	if (p->kind == MD_PRED_CMP)
		return p->op == MD_RLS_EQ && p->column == c;
	for (uint32_t i = 0; p->kind == MD_PRED_AND && i < p->n; i++)
		if (p->parts[i]->kind == MD_PRED_CMP && md_pred_fixes(p->parts[i], c))
			return true;
	return false;
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
