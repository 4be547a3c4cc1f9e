/* Columns of the physical tree. A raw column is read as the database stores it, and is made for
 * six purposes only, each with a function of its own below. Every other column was named by the
 * caller: it becomes a cell, under the rule that the access room made for it. Promises: a column
 * that the caller named and whose cells follow a rule is never read raw. */
#include "resolve/private.h"

struct md_raw {
	struct md_physical column; /* the first member: md_raw_column relies on that */
};

/* An expression and the column that it reads, in one allocation. */
struct column_expr {
	struct md_expr expr;
	struct md_raw raw;
};

/* Inlining is forced: a call would save and restore more registers than the rest takes. */
__attribute__((always_inline)) static inline struct md_expr *make_column(struct md_resolving *r,
                                                                         enum md_expr_kind kind, uint32_t ref,
                                                                         const struct md_column *c)
{
	const struct md_ref_columns *of = &r->columns[ref];
	const struct md_real_type *real = md_real_type_in(c, of->sync);
	struct column_expr *e = md_alloc(r->arena, sizeof *e);
	if (!e)
		return NULL;
	of->read[c->index / 64] |= (uint64_t)1 << c->index % 64;
	e->raw.column = (struct md_physical){ .name = md_column_name_in(c, of->sync), .real = real, .scan = ref,
		                              .form = md_form_of_column(&of->forms, c->type, real) };
	e->expr = (struct md_expr){ .kind = kind, .type = c->type, .nullable = c->nullable | of->is_left,
		                    .labels = c->labels, .raw = &e->raw };
	return &e->expr;
}

/* ---- raw columns ---- */

const struct md_expr *md_raw_of_predicate(struct md_resolving *r, uint32_t ref, const struct md_column *c)
{
	return make_column(r, MD_EXPR_RAW, ref, c);
}

const struct md_expr *md_raw_relation_key(struct md_resolving *r, uint32_t ref, const struct md_column *c)
{
	return make_column(r, MD_EXPR_RAW, ref, c);
}

const struct md_expr *md_raw_tie_break(struct md_resolving *r, uint32_t ref, const struct md_column *c)
{
	return make_column(r, MD_EXPR_RAW, ref, c);
}

const struct md_expr *md_raw_id_output(struct md_resolving *r, const struct md_column *c)
{
	return make_column(r, MD_EXPR_RAW, 0, c);
}

const struct md_expr *md_raw_cache_output(struct md_resolving *r, const struct md_column *c)
{
	return make_column(r, MD_EXPR_RAW, 0, c);
}

const struct md_expr *md_raw_deleted_mark(struct md_resolving *r, uint32_t ref, const struct md_deleted_mark *mark)
{
	struct column_expr *e = md_alloc(r->arena, sizeof *e);
	if (!e)
		return NULL;
	const struct md_column_forms *forms = &r->columns[ref].forms;
	e->raw.column = (struct md_physical){ .name = mark->column, .real = &md_real_unknown, .scan = ref,
		                              .form = md_form_of_column(forms, mark->value.type,
		                                                        &md_real_unknown) };
	e->expr = (struct md_expr){ .kind = MD_EXPR_RAW, .type = mark->value.type, .nullable = true, .raw = &e->raw };
	return &e->expr;
}

/* ---- cells ---- */

static bool follows_rule(const struct md_resolving *r, struct md_use use)
{
	const uint64_t *by_rule = r->columns[use.ref].by_rule;
	return by_rule && md_bit(by_rule, use.column->index);
}

static const struct md_cell_rule *find_rule(struct md_resolving *r, struct md_use use)
{
	const struct md_cell_rule *rule = md_guarded_rule(md_guarded_at(r->plan->guarded, use.ref), use.column);
	r->lacks_rule |= !rule;
	return rule;
}

static const struct md_expr *apply_rule(struct md_resolving *r, struct md_use use, struct md_expr *e)
{
	const struct md_cell_rule *rule = find_rule(r, use);
	if (!rule || rule->shown->kind == MD_PRED_TRUE)
		return e;
	e->shown = md_predicate_of(r, use.ref, rule->shown);
	e->nullable = true;
	return e->shown ? e : NULL;
}

const struct md_expr *md_cell(struct md_resolving *r, struct md_use use)
{
	struct md_expr *e = make_column(r, MD_EXPR_CELL, use.ref, use.column);
	return e && follows_rule(r, use) ? apply_rule(r, use, e) : e;
}

enum md_masking md_cell_masking(struct md_resolving *r, struct md_use use, const struct md_pred **clear)
{
	if (!follows_rule(r, use))
		return MD_UNMASKED;

	const struct md_cell_rule *rule = find_rule(r, use);
	if (!rule || rule->clear->kind == MD_PRED_FALSE)
		return MD_MASKED;
	*clear = rule->clear;
	return rule->clear->kind == MD_PRED_TRUE ? MD_UNMASKED : MD_MASKED_BY_ROW;
}

const struct md_expr *md_cell_state(struct md_resolving *r, uint32_t ref, const struct md_expr *cell,
                                    const struct md_pred *clear)
{
	const struct md_predicate *holds = md_predicate_of(r, ref, clear);
	struct md_expr *e = holds ? md_alloc(r->arena, sizeof *e) : NULL;
	if (e)
		*e = (struct md_expr){ .kind = MD_EXPR_TEST, .type = { .base = MD_INT }, .shown = holds, .of = cell };
	return e;
}
