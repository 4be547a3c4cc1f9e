/* Cells (spec 3): within a scope a cell is clear where a role that sees the row grants the column unmasked, else masked where one grants it masked, else NULL;
 * between scopes the strictest wins. So a cell shows its value where in every scope some role grants it, and clear where in every scope some role
 * grants it unmasked. Both predicates are left out as far as the rows that they are relative to imply them. */
#include "access/private.h"

/* The roles of a scope that grant the column, with their rows united. */
static int granting(struct md_ctx *cx, const struct md_entry *e, uint32_t scope, const struct md_column *c, bool clear, struct md_rows *out)
{
	const struct md_givens *s = &e->scopes[scope];
	*out = (struct md_rows){ .v = md_alloc(cx->arena, s->n * sizeof *out->v) };
	for (uint32_t i = 0; out->v && i < s->n; i++) {
		const struct md_grant *g = s->v[i].grant;
		if (md_bit(g->columns, c->index) && !(clear && g->masked && md_bit(g->masked, c->index)))
			md_rows_add(out, &e->roles[scope][i]);
	}
	return out->v ? 0 : -1;
}

/* All roles' rows of a scope. */
static int seen(struct md_ctx *cx, const struct md_entry *e, uint32_t scope, struct md_rows *out)
{
	*out = (struct md_rows){ .v = md_alloc(cx->arena, e->scopes[scope].n * sizeof *out->v) };
	for (uint32_t i = 0; out->v && i < e->scopes[scope].n; i++)
		md_rows_add(out, &e->roles[scope][i]);
	return out->v ? 0 : -1;
}

/* `wanted` of every scope ANDed, as far as the given rows do not imply it. NULL when memory is out. */
static const struct md_pred *relative(struct md_ctx *cx, const struct md_rows *wanted, const struct md_rows *given, uint32_t n)
{
	struct md_rows left[2];
	uint32_t k = 0;
	for (uint32_t s = 0; s < n; s++) {
		if (md_rows_hold(&wanted[s], given, n))
			continue;
		left[k] = wanted[s];
		if (md_rows_reduce(cx, &left[k++], given, n))
			return NULL;
	}
	return md_rows_pred(cx, left, k);
}

/* Scopes of one role each: all rows are alike. */
static bool alike(const struct md_entry *e)
{
	return e->scopes[0].n == 1 && (e->n_scopes == 1 || e->scopes[1].n == 1);
}

/* Do all roles grant both columns alike? Then their rules are one. */
static bool granted_alike(const struct md_entry *e, const struct md_column *a, const struct md_column *b)
{
	for (uint32_t s = 0; s < e->n_scopes; s++)
		for (uint32_t i = 0; i < e->scopes[s].n; i++) {
			const struct md_grant *g = e->scopes[s].v[i].grant;
			if (md_bit(g->columns, a->index) != md_bit(g->columns, b->index))
				return false;
			if (g->masked && md_bit(g->masked, a->index) != md_bit(g->masked, b->index))
				return false;
		}
	return true;
}

static bool copy_known(const struct md_entry *e, const struct md_cell_rule *known, uint32_t n, struct md_cell_rule *out)
{
	for (uint32_t i = 0; i < n; i++)
		if (granted_alike(e, known[i].column, out->column)) {
			out->shown = known[i].shown;
			out->clear = known[i].clear;
			return true;
		}
	return false;
}

static int make(struct md_ctx *cx, const struct md_entry *e, const struct md_rows *rows, struct md_cell_rule *out)
{
	struct md_rows shown[2], clear[2];
	out->shown = &md_pred_true;
	out->clear = &md_pred_false;
	if (alike(e))
		return 0;
	for (uint32_t s = 0; s < e->n_scopes; s++)
		if (granting(cx, e, s, out->column, false, &shown[s]) || granting(cx, e, s, out->column, true, &clear[s]))
			return -1;
	out->shown = relative(cx, shown, rows, e->n_scopes);
	out->clear = relative(cx, clear, shown, e->n_scopes);
	return out->shown && out->clear ? 0 : -1;
}

int md_cell_rules(struct md_ctx *cx, const struct md_entry *e, const uint64_t *columns, const struct md_cell_rule **out, uint32_t *n)
{
	const struct md_table *t = e->view.table;
	struct md_rows rows[2];
	uint32_t most = 0;
	*n = 0;
	for (uint32_t w = 0; w < md_words(t->n_columns); w++)
		most += (uint32_t)__builtin_popcountll(columns[w] & e->view.by_rule[w]);
	struct md_cell_rule *v = md_alloc(cx->arena, most * sizeof *v);
	if (!v)
		return -1;
	for (uint32_t s = 0; !alike(e) && s < e->n_scopes; s++)
		if (seen(cx, e, s, &rows[s]))
			return -1;
	for (uint32_t i = 0; most && i < t->n_columns; i++) {
		struct md_cell_rule *rule = &v[*n];
		if (!md_bit(columns, i) || !md_bit(e->view.by_rule, i))
			continue;
		rule->column = &t->columns[i];
		if (!copy_known(e, v, (*n)++, rule) && make(cx, e, rows, rule))
			return -1;
	}
	*out = v;
	return 0;
}
