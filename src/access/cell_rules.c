/* Cell rules. Within a scope a cell is clear where a role that sees the row grants the column
 * unmasked, else masked where a role grants it masked, else NULL; with two scopes the stricter
 * result is used. A cell is therefore shown where every scope has a role that grants the column,
 * and clear where every scope has a role that grants it unmasked. Both predicates leave out what
 * their rows imply: `shown` is applied to rows that the caller sees, `clear` to rows that show the
 * cell. */
#include "access/private.h"

/* The union of the rows of those roles of a scope that grant the column; with unmasked_only, of
 * those that grant it unmasked. -1: out of memory. */
static int unite_granting_roles(struct md_ctx *cx, const struct md_table_access *a, uint32_t scope,
                                const struct md_column *c, bool unmasked_only, struct md_row_set *out)
{
	const struct md_scope_grants *s = &a->scopes[scope];
	*out = (struct md_row_set){ .v = md_alloc(cx->arena, s->n * sizeof *out->v) };
	for (uint32_t i = 0; out->v && i < s->n; i++) {
		const struct md_grant *g = s->v[i].grant;
		bool is_masked = g->masked && md_bit(g->masked, c->index);
		if (md_bit(g->columns, c->index) && !(unmasked_only && is_masked))
			md_row_set_add(out, &a->role_rows[scope][i]);
	}
	return out->v ? 0 : -1;
}

/* The union of the rows of all roles of a scope. -1: out of memory. */
static int unite_all_roles(struct md_ctx *cx, const struct md_table_access *a, uint32_t scope, struct md_row_set *out)
{
	*out = (struct md_row_set){ .v = md_alloc(cx->arena, a->scopes[scope].n * sizeof *out->v) };
	for (uint32_t i = 0; out->v && i < a->scopes[scope].n; i++)
		md_row_set_add(out, &a->role_rows[scope][i]);
	return out->v ? 0 : -1;
}

/* The sets of all scopes ANDed, without what the given rows imply. NULL: out of memory. */
static const struct md_pred *relative_pred(struct md_ctx *cx, const struct md_row_set *sets,
                                           const struct md_row_set *given, uint32_t n)
{
	struct md_row_set left[2];
	uint32_t n_left = 0;
	for (uint32_t s = 0; s < n; s++) {
		if (md_row_set_contains(&sets[s], given, n))
			continue;
		left[n_left] = sets[s];
		if (md_row_set_reduce(cx, &left[n_left++], given, n))
			return NULL;
	}
	return md_row_sets_pred(cx, left, n_left);
}

/* With one role per scope every row has the same grants. */
static bool has_one_role_per_scope(const struct md_table_access *a)
{
	return a->scopes[0].n == 1 && (a->n_scopes == 1 || a->scopes[1].n == 1);
}

/* Does every role grant both columns or neither, and mask both or neither? Such columns have the
 * same rule. */
static bool has_same_grants(const struct md_table_access *a, const struct md_column *x, const struct md_column *y)
{
	for (uint32_t s = 0; s < a->n_scopes; s++)
		for (uint32_t i = 0; i < a->scopes[s].n; i++) {
			const struct md_grant *g = a->scopes[s].v[i].grant;
			if (md_bit(g->columns, x->index) != md_bit(g->columns, y->index))
				return false;
			if (g->masked && md_bit(g->masked, x->index) != md_bit(g->masked, y->index))
				return false;
		}
	return true;
}

static bool copy_known_rule(const struct md_table_access *a, const struct md_cell_rule *known, uint32_t n,
                            struct md_cell_rule *out)
{
	for (uint32_t i = 0; i < n; i++)
		if (has_same_grants(a, known[i].column, out->column)) {
			out->shown = known[i].shown;
			out->clear = known[i].clear;
			return true;
		}
	return false;
}

static int make_rule(struct md_ctx *cx, const struct md_table_access *a, const struct md_row_set *rows,
                     struct md_cell_rule *out)
{
	struct md_row_set shown[2], clear[2];
	out->shown = &md_pred_true;
	out->clear = &md_pred_false;
	if (has_one_role_per_scope(a))
		return 0;

	for (uint32_t s = 0; s < a->n_scopes; s++)
		if (unite_granting_roles(cx, a, s, out->column, false, &shown[s]) ||
		    unite_granting_roles(cx, a, s, out->column, true, &clear[s]))
			return -1;
	out->shown = relative_pred(cx, shown, rows, a->n_scopes);
	out->clear = relative_pred(cx, clear, shown, a->n_scopes);
	return out->shown && out->clear ? 0 : -1;
}

int md_make_cell_rules(struct md_ctx *cx, const struct md_table_access *a, const uint64_t *columns,
                       const struct md_cell_rule **out, uint32_t *n)
{
	const struct md_table *t = a->view.table;
	struct md_row_set rows[2];
	uint32_t most = 0;
	*n = 0;
	for (uint32_t w = 0; w < md_words(t->n_columns); w++)
		most += (uint32_t)__builtin_popcountll(columns[w] & a->view.by_rule[w]);
	struct md_cell_rule *v = md_alloc(cx->arena, most * sizeof *v);
	if (!v)
		return -1;

	for (uint32_t s = 0; !has_one_role_per_scope(a) && s < a->n_scopes; s++)
		if (unite_all_roles(cx, a, s, &rows[s]))
			return -1;

	for (uint32_t i = 0; most && i < t->n_columns; i++) {
		struct md_cell_rule *rule = &v[*n];
		if (!md_bit(columns, i) || !md_bit(a->view.by_rule, i))
			continue;
		rule->column = &t->columns[i];
		if (!copy_known_rule(a, v, (*n)++, rule) && make_rule(cx, a, rows, rule))
			return -1;
	}
	*out = v;
	return 0;
}
