/* A page: the sort values of its rows as outputs, and the place where the page before ended.
 * Promises: the outputs of the query keep their places; a sort value is an output of its own,
 * hidden, only where no other output gives it. A float is always one of its own, because a visible
 * one may show fewer digits than the order compares, and so is a text that may be shown otherwise
 * than it is compared. */
#include "resolve/private.h"

/* The roles' rules have changed since the cursor was made: other cells distinguish rows now. */
static int order_has_changed(struct md_resolving *r)
{
	struct md_at up = { .key = MD_STR("page") };
	md_report(r->cx, MD_INVALID_PAGE, MD_AT_KEY(&up, MD_STR("after")),
	          MD_DETAILS(.expected = MD_STR("a cursor of this query as it is now")),
	          "page.after no longer matches: the sort order of this query has changed");
	return md_fail_if_problems(r->cx, MD_VALIDATION_FAILED);
}

/* Among groups and distinct rows the key is an aggregate then: the least text of the group. */
static bool has_own_equality(const struct md_resolving *r, const struct md_expr *key)
{
	return key->raw && md_form_has_own_equality(r->facts, md_raw_column(key->raw)->form);
}

/* The expression whose output gives the sort value. */
static const struct md_expr *sort_value(struct md_resolving *r, const struct md_tree *out, const struct md_expr *key)
{
	bool is_grouped = out->is_distinct || out->n_group;
	if (is_grouped || (key->type.base != MD_FLOAT && !has_own_equality(r, key)))
		return key;
	struct md_expr *e = md_alloc(r->arena, sizeof *e);
	if (e)
		*e = (struct md_expr){ .kind = MD_EXPR_SORT_VALUE, .type = key->type, .nullable = key->nullable,
			               .of = key };
	return e;
}

static int select_sort_values(struct md_resolving *r, struct md_tree *out, uint32_t *at)
{
	bool is_grouped = out->is_distinct || out->n_group;
	for (uint32_t i = 0; i < out->n_order; i++) {
		const struct md_expr *key = r->exprs[out->order[i].expr].expr, *value = sort_value(r, out, key);
		if (!value)
			return -1;
		uint32_t expr = value == key ? out->order[i].expr : md_intern(r, value);
		if (r->exprs[expr].output == MD_NONE)
			md_select_expr(r, expr, MD_STR("sort"))->hidden = true;
		at[i] = r->exprs[expr].output;
		out->after_groups |= key->kind == MD_EXPR_AGGREGATE || (is_grouped && has_own_equality(r, key));
	}
	return 0;
}

int md_resolve_page(struct md_resolving *r, struct md_tree *out)
{
	uint32_t *at = md_alloc(r->arena, out->n_order * sizeof *at);
	if (!at || select_sort_values(r, out, at))
		return -1;
	int fits = md_position_fits(r, out);
	if (fits <= 0)
		return fits < 0 ? -1 : order_has_changed(r);
	r->sort_at = at;
	out->after = r->position;
	out->limit = r->values->page_first + 1;
	return 0;
}
