/* Expressions of a statement, interned, and its outputs. Promises: two expressions that read the
 * same have one index, unless the caller of md_intern_new knows that there is only one; outputs
 * keep the order in which they were selected. */
#include "resolve/private.h"

/* One piece of memory for all: the largest elements first, so that each array is aligned. */
int md_exprs_init(struct md_resolving *r, uint32_t most_exprs, uint32_t most_outputs)
{
	size_t exprs = most_exprs * sizeof *r->exprs, described = most_outputs * sizeof *r->described;
	size_t shape = most_outputs * sizeof *r->shape, outputs = most_outputs * sizeof *r->outputs;
	char *p = md_alloc(r->arena, exprs + described + shape + outputs);
	if (!p)
		return -1;
	r->exprs = (struct md_interned *)(void *)p;
	r->described = (struct md_stmt_output *)(void *)(p + exprs);
	r->shape = (struct md_shape_output *)(void *)(p + exprs + described);
	r->outputs = (uint32_t *)(void *)(p + exprs + described + shape);
	return 0;
}

static bool is_same_type(const struct md_expr *a, const struct md_expr *b)
{
	return a->type.base == b->type.base && a->type.array == b->type.array && a->nullable == b->nullable;
}

/* Two API columns may be one physical column. They read the same if they are declared alike: the
 * types decide how a dialect writes and compares the column. Whether the caller may see it whole is
 * told by `shown`. */
static bool reads_same_column(const struct md_expr *a, const struct md_expr *b)
{
	const struct md_physical *x = md_raw_column(a->raw), *y = md_raw_column(b->raw);
	return x->scan == y->scan && x->form == y->form && a->shown == b->shown && is_same_type(a, b) &&
	       a->labels == b->labels && md_str_eq(x->name, y->name);
}

static bool reads_same(const struct md_expr *a, const struct md_expr *b)
{
	if (a == b)
		return true;
	if (!a || !b)
		return false;
	if (a->raw && b->raw)
		return reads_same_column(a, b);
	return a->kind == b->kind && a->bucket == b->bucket && a->fn == b->fn && a->shown == b->shown &&
	       reads_same(a->of, b->of);
}

uint32_t md_intern(struct md_resolving *r, const struct md_expr *e)
{
	for (uint32_t i = 0; i < r->n_exprs; i++)
		if (reads_same(r->exprs[i].expr, e))
			return i;
	return md_intern_new(r, e);
}

/* ---- enums ---- */

const struct md_expr *md_position_of(struct md_resolving *r, const struct md_expr *e)
{
	struct md_expr *position = md_alloc(r->arena, sizeof *position);
	if (position) /* a text that is no label has no place */
		*position = (struct md_expr){ .kind = MD_EXPR_POSITION, .type = { .base = MD_INT }, .nullable = true,
			                      .of = e };
	return position;
}

uint32_t md_sort_expr(struct md_resolving *r, uint32_t expr)
{
	const struct md_expr *e = r->exprs[expr].expr;
	if (!md_is_scalar_enum(e))
		return expr;
	const struct md_expr *position = e->kind == MD_EXPR_LABEL ? e->of : md_position_of(r, e);
	return position ? md_intern(r, position) : expr;
}
