/* byIds as a condition. A single key is one list, for one id as for many, so that the text does not depend on how many there are; a composite key is an OR of
 * ANDs. */
#include "resolve/private.h"

enum { CHAIN = 100 }; /* SQLite refuses chains deeper than 1,000 */

static struct md_cond *group_new(struct md_resolving *r, enum md_cond_kind kind, uint32_t n, const struct md_cond ***parts)
{
	struct md_cond *c = md_cond_new(r, kind);
	*parts = md_alloc(r->arena, n * sizeof **parts);
	if (!c || !*parts)
		return NULL;
	c->parts = *parts;
	c->n = n;
	return c;
}

static const struct md_cond *chain(struct md_resolving *r, const struct md_cond *const *parts, uint32_t n)
{
	const struct md_cond **copy;
	if (n == 1)
		return parts[0];
	struct md_cond *c = group_new(r, MD_COND_OR, n, &copy);
	if (c)
		memcpy(copy, parts, n * sizeof *copy);
	return c;
}

/* Limits keep n at 10,000 by default: two levels, three for a million. */
const struct md_cond *md_any_of(struct md_resolving *r, const struct md_cond *const *parts, uint32_t n)
{
	while (n > CHAIN) {
		uint32_t groups = (n + CHAIN - 1) / CHAIN;
		const struct md_cond **upper = md_alloc(r->arena, groups * sizeof *upper);
		if (!upper)
			return NULL;
		for (uint32_t i = 0; i < groups; i++)
			if (!(upper[i] = chain(r, parts + i * CHAIN, i + 1 < groups ? CHAIN : n - i * CHAIN)))
				return NULL;
		parts = upper;
		n = groups;
	}
	return chain(r, parts, n);
}

static struct md_cond *op_new(struct md_resolving *r, const struct md_pcolumn *c, enum md_op op)
{
	struct md_cond *cond = md_cond_new(r, MD_COND_OP);
	if (cond) {
		cond->op = op;
		cond->left = *c;
	}
	return cond;
}

static const struct md_cond *equals(struct md_resolving *r, const struct md_pcolumn *c, struct md_str text)
{
	struct md_cond *cond = op_new(r, c, MD_OP_EQ);
	if (cond)
		cond->v[0] = (struct md_value){ .type = { .base = c->type.base }, .text = text };
	return cond;
}

const struct md_cond *md_in_list(struct md_resolving *r, const struct md_pcolumn *c, const struct md_value *list)
{
	if (c->type.base != MD_BYTES) {
		struct md_cond *cond = op_new(r, c, MD_OP_IN);
		if (cond)
			cond->v[0] = *list;
		return cond;
	}
	const struct md_cond **parts = md_alloc(r->arena, list->list.n * sizeof *parts);
	for (size_t i = 0; parts && i < list->list.n; i++)
		if (!(parts[i] = equals(r, c, list->list.items[i])))
			return NULL;
	return parts ? md_any_of(r, parts, (uint32_t)list->list.n) : NULL;
}

static const struct md_id *id_at(const struct md_resolving *r, uint32_t i)
{
	return &r->query->ids[r->only ? r->only->v[i] : i];
}

static const struct md_cond *single(struct md_resolving *r, const struct md_table *t, uint32_t n)
{
	struct md_pcolumn key;
	md_physical(r, 0, t->key[0], &key);
	struct md_str *items = md_alloc(r->arena, n * sizeof *items);
	if (!items)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		items[i] = id_at(r, i)->keys[0];
	struct md_value list = { .type = { .base = key.type.base, .array = true }, .list = { items, n } };
	return md_in_list(r, &key, &list);
}

static const struct md_cond *one_composite(struct md_resolving *r, const struct md_table *t, const struct md_id *id)
{
	const struct md_cond **parts;
	struct md_cond *c = group_new(r, MD_COND_AND, t->n_key, &parts);
	if (!c)
		return NULL;
	for (uint32_t k = 0; k < t->n_key; k++) {
		struct md_pcolumn key;
		md_physical(r, 0, t->key[k], &key);
		if (!(parts[k] = equals(r, &key, id->keys[k])))
			return NULL;
	}
	return c;
}

const struct md_cond *md_ids_cond(struct md_resolving *r)
{
	const struct md_table *t = r->query->refs[0].table;
	uint32_t n = r->only ? r->only->n : r->query->n_ids;
	if (t->n_key == 1)
		return single(r, t, n);
	const struct md_cond **parts = md_alloc(r->arena, n * sizeof *parts);
	for (uint32_t i = 0; parts && i < n; i++)
		if (!(parts[i] = one_composite(r, t, id_at(r, i))))
			return NULL;
	return parts ? md_any_of(r, parts, n) : NULL;
}
