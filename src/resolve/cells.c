/* Cells in a statement: CASE WHEN the rule's `shown` THEN the column END wherever a caller's use of the column stands, and an output that tells whether the
 * cell is clear where that depends on the row. Promises: a column whose cells follow a rule is never read bare on a caller's behalf. */
#include "resolve/private.h"

/* A condition is made once, however many cells are read through it. */
struct md_known_cell {
	uint32_t ref;
	const struct md_pred *shown;
	const struct md_cond *cond;
	struct md_known_cell *next;
};

static const struct md_cell_rule *rule_of(struct md_resolving *r, uint32_t ref, const struct md_column *c)
{
	const struct md_cell_rule *rule = md_guarded_rule(md_guarded_at(r->plan->guarded, ref), c);
	r->no_rule |= !rule;
	return rule;
}

static const struct md_cond *condition(struct md_resolving *r, uint32_t ref, const struct md_pred *shown)
{
	for (const struct md_known_cell *k = r->cells; k; k = k->next)
		if (k->ref == ref && k->shown == shown)
			return k->cond;
	struct md_known_cell *k = md_alloc(r->arena, sizeof *k);
	if (!k)
		return NULL;
	*k = (struct md_known_cell){ .ref = ref, .shown = shown, .cond = md_pred_cond(r, ref, shown), .next = r->cells };
	r->cells = k;
	return k->cond;
}

/* Where memory is out the column stays bare: the arena knows, and nothing becomes of the statement. */
void md_read_cell(struct md_resolving *r, uint32_t ref, const struct md_column *c, struct md_pcolumn *p)
{
	const struct md_cell_rule *rule = rule_of(r, ref, c);
	if (!rule || rule->shown->kind == MD_PRED_TRUE)
		return;
	struct md_through *t = md_alloc(r->arena, sizeof *t);
	if (t)
		*t = (struct md_through){ .shown = condition(r, ref, rule->shown), .of = c->type };
	p->through = t;
	p->nullable = true;
}

enum md_masking md_cell_masking(struct md_resolving *r, uint32_t ref, const struct md_column *c, const struct md_pred **clear)
{
	const struct md_view *view = r->query->refs[ref].view;
	if (!view->by_rule || !md_bit(view->by_rule, c->index))
		return MD_UNMASKED;
	const struct md_cell_rule *rule = rule_of(r, ref, c);
	if (!rule || rule->clear->kind == MD_PRED_FALSE)
		return MD_MASKED;
	*clear = rule->clear;
	return rule->clear->kind == MD_PRED_TRUE ? MD_UNMASKED : MD_MASKED_BY_ROW;
}

struct md_pcolumn md_cell_test(struct md_resolving *r, uint32_t ref, const struct md_pred *clear)
{
	struct md_through *t = md_alloc(r->arena, sizeof *t);
	struct md_pcolumn test = { .through = t, .table = ref, .type = { .base = MD_INT } };
	if (t)
		*t = (struct md_through){ .of = test.type, .test = md_pred_cond(r, ref, clear) };
	return test;
}

struct md_pcolumn md_cell_state(struct md_resolving *r, const struct md_pcolumn *cell, const struct md_pred *clear)
{
	struct md_cond *either = md_cond_new(r, MD_COND_OR), *null = md_cond_new(r, MD_COND_OP);
	const struct md_cond **parts = md_alloc(r->arena, 2 * sizeof *parts);
	struct md_pcolumn state = md_cell_test(r, cell->table, clear);
	if (!either || !null || !parts || !state.through)
		return state;
	null->op = MD_OP_IS_NULL;
	null->left = *cell;
	parts[0] = state.through->test;
	parts[1] = null;
	either->parts = parts;
	either->n = 2;
	struct md_through *t = md_alloc(r->arena, sizeof *t);
	if (t)
		*t = (struct md_through){ .of = state.type, .test = either };
	state.through = t;
	return state;
}
