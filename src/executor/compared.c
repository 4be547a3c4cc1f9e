/* See compared.h. This is asked of a column whose type cannot be compared in every way, so it may
 * take its time. */
#include "executor/compared.h"

#include "access/uses.h"

enum { READING = MD_USE_BIT(MD_USED_SHOWN) | MD_USE_BIT(MD_USED_AT_ALL),
       BY_EQUALITY = MD_USE_BIT(MD_USED_COMPARED) | MD_USE_BIT(MD_USED_JOINED) };

struct compared_column {
	uint32_t ref;
	const struct md_column *column;
	uint32_t uses;
};

static void add_use(void *to, uint32_t ref, const struct md_column *column, uint32_t uses)
{
	struct compared_column *c = to;
	if (ref == c->ref && column == c->column)
		c->uses |= uses;
}

/* The primary key makes an order total, wherever one is added. */
static bool is_key(const struct md_exec *x, uint32_t ref, const struct md_column *column)
{
	const struct md_table *t = x->bound->refs[ref].table;
	for (uint32_t k = 0; k < t->n_key; k++)
		if (t->key[k] == column)
			return ref < md_bound_row_refs(x->bound);
	return false;
}

static bool has_other_uses(const struct md_exec *x, uint32_t ref, const struct md_column *column, uint32_t than)
{
	struct compared_column c = { ref, column, 0 };
	md_each_use(x->plan->guarded, add_use, &c);
	return c.uses & ~than || is_key(x, ref, column);
}

bool md_is_compared(const struct md_exec *x, uint32_t ref, const struct md_column *column)
{
	return has_other_uses(x, ref, column, READING);
}

bool md_is_ordered(const struct md_exec *x, uint32_t ref, const struct md_column *column)
{
	return has_other_uses(x, ref, column, READING | BY_EQUALITY);
}
