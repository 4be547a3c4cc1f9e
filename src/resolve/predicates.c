/* Predicates of the access room on physical columns. Promises: each is translated once a statement,
 * so that two uses of one predicate are one pointer; logic and order of the parts stay as the
 * access room made them. */
#include "resolve/private.h"

struct md_known_predicate {
	uint32_t ref;
	const struct md_pred *from;
	const struct md_predicate *to;
	struct md_known_predicate *next;
};

static const struct md_predicate every_row = { .kind = MD_PREDICATE_TRUE }, no_row = { .kind = MD_PREDICATE_FALSE };

static const struct md_predicate *translate_predicate(struct md_resolving *r, uint32_t ref, const struct md_pred *p);

static const struct md_predicate *translate_comparison(struct md_resolving *r, uint32_t ref, const struct md_pred *p)
{
	static const enum md_op ops[] = { [MD_RLS_EQ] = MD_OP_EQ, [MD_RLS_NE] = MD_OP_NE, [MD_RLS_IN] = MD_OP_IN,
		                          [MD_RLS_IS_NULL] = MD_OP_IS_NULL, [MD_RLS_IS_NOT_NULL] = MD_OP_IS_NOT_NULL };
	struct md_predicate *to = md_alloc(r->arena, sizeof *to);
	const struct md_expr *column = to ? md_raw_of_predicate(r, ref, p->column) : NULL;
	if (!column)
		return NULL;
	/* != on an enum has the list of the labels that it takes */
	*to = (struct md_predicate){ .kind = MD_PREDICATE_COMPARE,
		                     .op = p->value.type.array ? MD_OP_IN : ops[p->op], .column = column,
		                     .operand = &p->value };
	return md_fit_predicate(r, to) ? NULL : to;
}

static const struct md_predicate *translate_group(struct md_resolving *r, uint32_t ref, const struct md_pred *p)
{
	struct md_predicate *to = md_alloc(r->arena, sizeof *to);
	const struct md_predicate **parts = md_alloc(r->arena, p->n * sizeof *parts);
	if (!to || !parts)
		return NULL;

	for (uint32_t i = 0; i < p->n; i++)
		if (!(parts[i] = translate_predicate(r, ref, p->parts[i])))
			return NULL;
	enum md_predicate_kind kind = p->kind == MD_PRED_AND ? MD_PREDICATE_AND : MD_PREDICATE_OR;
	*to = (struct md_predicate){ .kind = kind, .parts = parts, .n = p->n };
	return to;
}

/* At most three deep: scopes, roles, filters. TRUE stands at the top only. */
static const struct md_predicate *translate_predicate(struct md_resolving *r, uint32_t ref, const struct md_pred *p)
{
	switch (p->kind) {
	case MD_PRED_CMP:
		return translate_comparison(r, ref, p);
	case MD_PRED_AND:
	case MD_PRED_OR:
		return translate_group(r, ref, p);
	default:
		return &no_row;
	}
}

const struct md_predicate *md_predicate_of(struct md_resolving *r, uint32_t ref, const struct md_pred *p)
{
	if (p->kind == MD_PRED_TRUE)
		return &every_row;
	for (const struct md_known_predicate *k = r->predicates; k; k = k->next)
		if (k->ref == ref && k->from == p)
			return k->to;

	struct md_known_predicate *k = md_alloc(r->arena, sizeof *k);
	const struct md_predicate *to = k ? translate_predicate(r, ref, p) : NULL;
	if (!to)
		return NULL;
	*k = (struct md_known_predicate){ .ref = ref, .from = p, .to = to, .next = r->predicates };
	r->predicates = k;
	return to;
}
