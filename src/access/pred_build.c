/* Builds row predicates: the filters of a role ANDed, the roles of a scope ORed, the scopes ANDed,
 * and simplified on the way (row_sets.c). A role without filters makes its scope TRUE; an empty
 * list makes its role FALSE; equal filters occur once. Roles and filters keep their order in the
 * metadata. */
#include "access/private.h"
#include "trace/trace.h"

struct pred_builder {
	struct md_ctx *cx;
	struct md_context_values *values;
	const struct md_table_access *access;
	bool oom;
};

static void record_filter(struct pred_builder *b, const struct md_role *r, const struct md_row_filter *f,
                          const struct md_context_value *v)
{
	static const struct md_str ops[] = { [MD_RLS_EQ] = { "=", 1 }, [MD_RLS_NE] = { "!=", 2 },
		                             [MD_RLS_IN] = { "in", 2 } };
	static const enum md_event events[] = {
		[MD_RLS_EQ] = MD_EV_ROW_EQ,
		[MD_RLS_NE] = MD_EV_ROW_NE,
		[MD_RLS_IN] = MD_EV_ROW_IN,
		[MD_RLS_IS_NULL] = MD_EV_ROW_IS_NULL,
		[MD_RLS_IS_NOT_NULL] = MD_EV_ROW_IS_NOT_NULL,
	};
	struct md_str table = b->access->view.table->api_name;
	md_ev4(b->cx, events[f->op], MD_S(r->id), MD_S(table), MD_S(f->column->api_name),
	       MD_S(f->context_key));
	if (v && v->result != MD_CONTEXT_PROBLEM)
		md_ev4(b->cx, MD_EV_ROW_VALUE, MD_S(table), MD_S(f->column->api_name),
		       MD_S(ops[v->value.type.array ? MD_RLS_IN : f->op]),
		       MD_V(&v->value));
}

static const struct md_pred *fail_build(struct pred_builder *b)
{
	b->oom = true;
	return &md_pred_false;
}

/* One filter of one role; md_pred_false where no row can match, or where the context has a problem
 * (the request fails then, and nothing may be seen). */
static const struct md_pred *build_comparison(struct pred_builder *b, const struct md_role *r,
                                              const struct md_row_filter *f)
{
	const struct md_context_value *v = NULL;
	if (md_rls_op_takes_value(f->op)) {
		v = md_find_context_value(b->cx, b->values, r, f);
		if (!v)
			return fail_build(b);
	}
	record_filter(b, r, f, v);
	if (v && v->result != MD_CONTEXT_VALUE)
		return &md_pred_false;

	struct md_pred *p = md_alloc(b->cx->arena, sizeof *p);
	if (!p)
		return fail_build(b);
	*p = (struct md_pred){ .kind = MD_PRED_CMP, .column = f->column, .op = f->op };
	if (v) {
		p->value = v->value;
		p->context_key = f->context_key;
	}
	return p;
}

/* Builds every filter, also behind one that never holds, so that all problems of the context are
 * found. */
static void build_role_rows(struct pred_builder *b, const struct md_role_grant *g, struct md_role_rows *out)
{
	const struct md_pred **v = md_alloc(b->cx->arena, g->grant->n_filters * sizeof *v);
	b->oom |= !v;
	*out = (struct md_role_rows){ .comparisons = { .v = v } };
	for (uint32_t i = 0; v && i < g->grant->n_filters; i++) {
		const struct md_pred *p = build_comparison(b, g->role, &g->grant->filters[i]);
		out->none |= p->kind == MD_PRED_FALSE;
		if (!out->none && !md_conjunction_has(&out->comparisons, p))
			v[out->comparisons.n++] = p;
	}
}

static void build_scope_rows(struct pred_builder *b, struct md_table_access *a, uint32_t scope, struct md_row_set *out)
{
	const struct md_scope_grants *s = &a->scopes[scope];
	struct md_role_rows *roles = md_alloc(b->cx->arena, s->n * sizeof *roles);
	*out = (struct md_row_set){ .v = md_alloc(b->cx->arena, s->n * sizeof *out->v) };
	b->oom |= !out->v || !roles;
	for (uint32_t i = 0; !b->oom && i < s->n; i++) {
		build_role_rows(b, &s->v[i], &roles[i]);
		md_row_set_add(out, &roles[i]);
	}
	a->role_rows[scope] = roles;
}

/* Most requests have one role, with at most one filter on the table. NULL: another case. */
static const struct md_pred *build_for_one_filter(struct pred_builder *b, const struct md_table_access *a)
{
	if (a->n_scopes != 1 || a->scopes[0].n != 1 || a->scopes[0].v[0].grant->n_filters > 1)
		return NULL;
	const struct md_role_grant *g = &a->scopes[0].v[0];
	return g->grant->n_filters ? build_comparison(b, g->role, &g->grant->filters[0]) : &md_pred_true;
}

const struct md_pred *md_pred_build(struct md_ctx *cx, struct md_context_values *values, struct md_table_access *a)
{
	struct pred_builder b = { .cx = cx, .values = values, .access = a };
	struct md_row_set s[2];
	const struct md_pred *p = build_for_one_filter(&b, a);
	if (p)
		return b.oom ? NULL : p;

	for (uint32_t i = 0; i < a->n_scopes; i++)
		build_scope_rows(&b, a, i, &s[i]);
	return b.oom ? NULL : md_row_sets_pred(cx, s, a->n_scopes);
}
