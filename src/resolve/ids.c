/* byIds as a condition. A key of one column is one list, for one id as for many, so that the text
 * does not depend on how many there are; a composite key is an OR of ANDs. */
#include "resolve/private.h"

enum { CHAIN = 100 }; /* SQLite refuses chains deeper than 1,000 */

static const struct md_condition *chain_conditions(struct md_resolving *r, const struct md_condition *const *parts,
                                                   uint32_t n)
{
	const struct md_condition **copy;
	if (n == 1)
		return parts[0];
	struct md_condition *c = md_condition_group(r, MD_CONDITION_OR, n, &copy);
	if (c)
		memcpy(copy, parts, n * sizeof *copy);
	return c;
}

/* An OR of n ≥ 1 conditions, as groups of groups where they are many: engines bound the depth of a
 * chain. */
static const struct md_condition *any_condition(struct md_resolving *r, const struct md_condition *const *parts,
                                                uint32_t n)
{
	while (n > CHAIN) {
		uint32_t groups = (n + CHAIN - 1) / CHAIN;
		const struct md_condition **upper = md_alloc(r->arena, groups * sizeof *upper);
		if (!upper)
			return NULL;
		for (uint32_t i = 0; i < groups; i++) {
			uint32_t length = i + 1 < groups ? CHAIN : n - i * CHAIN;
			if (!(upper[i] = chain_conditions(r, parts + i * CHAIN, length)))
				return NULL;
		}
		parts = upper;
		n = groups;
	}
	return chain_conditions(r, parts, n);
}

static const struct md_condition *compare_key(struct md_resolving *r, const struct md_expr *key, enum md_op op,
                                              struct md_value operand)
{
	struct md_condition *c = md_condition_new(r, MD_CONDITION_OPERATION);
	struct md_value *kept = md_alloc(r->arena, sizeof *kept);
	if (!c || !kept)
		return NULL;
	*kept = operand;
	c->op = op;
	c->left = key;
	c->operands = kept;
	return md_fit_operation(r, c);
}

static uint32_t id_count(const struct md_resolving *r)
{
	return r->only ? r->only->n : r->values->n_ids;
}

static const struct md_str *id_keys(const struct md_resolving *r, uint32_t i)
{
	return md_values_id(r->values, r->only ? r->only->v[i] : i);
}

/* All ids, whose key is one column. .list.items NULL: out of memory. */
static struct md_value list_ids(struct md_resolving *r, const struct md_expr *key)
{
	uint32_t n = id_count(r);
	struct md_str *items = md_alloc(r->arena, n * sizeof *items);
	for (uint32_t i = 0; items && i < n; i++)
		items[i] = id_keys(r, i)[0];
	return (struct md_value){ .type = { .base = key->type.base, .array = true }, .origin = MD_FROM_IDS,
		                  .list = { items, n } };
}

static const struct md_condition *list_single_keys(struct md_resolving *r, const struct md_expr *key)
{
	struct md_value list = list_ids(r, key);
	return list.list.items ? compare_key(r, key, MD_OP_IN, list) : NULL;
}

const struct md_expr *md_id_place(struct md_resolving *r, const struct md_expr *key)
{
	struct md_expr *e = md_alloc(r->arena, sizeof *e);
	struct md_value *ids = md_alloc(r->arena, sizeof *ids);
	if (!e || !ids)
		return NULL;
	*ids = list_ids(r, key);
	*e = (struct md_expr){ .kind = MD_EXPR_ID_PLACE, .type = { .base = MD_INT }, .nullable = true, .ids = ids,
		               .of = key };
	return ids->list.items ? e : NULL;
}

static const struct md_condition *compare_composite(struct md_resolving *r, const struct md_expr *const *keys,
                                                    uint32_t n, uint32_t id)
{
	const struct md_str *texts = id_keys(r, id);
	const struct md_condition **parts;
	struct md_condition *c = md_condition_group(r, MD_CONDITION_AND, n, &parts);
	for (uint32_t k = 0; c && k < n; k++) {
		struct md_value operand = { .type = { .base = keys[k]->type.base }, .origin = MD_FROM_ID,
			                    .place = (id * n + k) & MD_LARGEST_PLACE, .text = texts[k] };
		if (!(parts[k] = compare_key(r, keys[k], MD_OP_EQ, operand)))
			return NULL;
	}
	return c;
}

static const struct md_expr *const *key_cells(struct md_resolving *r, const struct md_table *t)
{
	const struct md_expr **keys = md_alloc(r->arena, t->n_key * sizeof *keys);
	for (uint32_t k = 0; keys && k < t->n_key; k++)
		if (!(keys[k] = md_cell(r, (struct md_use){ 0, t->key[k] })))
			return NULL;
	return keys;
}

const struct md_condition *md_ids_condition(struct md_resolving *r)
{
	const struct md_table *t = r->bound->refs[0].table;
	const struct md_expr *const *keys = key_cells(r, t);
	uint32_t n = id_count(r);
	if (keys && t->n_key == 1)
		return list_single_keys(r, keys[0]);

	const struct md_condition **parts = keys ? md_alloc(r->arena, n * sizeof *parts) : NULL;
	for (uint32_t i = 0; parts && i < n; i++)
		if (!(parts[i] = compare_composite(r, keys, t->n_key, i)))
			return NULL;
	return parts ? any_condition(r, parts, n) : NULL;
}
