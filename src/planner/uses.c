/* What the query does with the columns of the tables that it needs, whatever reference uses them.
 * It is found only where some table of the query has a databaseType. */
#include "planner/private.h"

#include "access/uses.h"

static void add_use(void *to, uint32_t ref, const struct md_column *c, uint32_t uses)
{
	const struct md_judge *j = to;
	uint32_t i = md_find_need(j, j->bound->refs[ref].table);
	j->uses[i][c->index] |= (uint16_t)uses;
}

static int make_room(struct md_judge *j)
{
	uint16_t **uses = md_alloc(j->cx->arena, j->n_needs * sizeof *uses);
	for (uint32_t i = 0; uses && i < j->n_needs; i++) {
		uses[i] = md_new_n(j->cx->arena, uint16_t, j->needs[i].table->n_columns);
		if (!uses[i])
			return -1;
	}
	j->uses = uses;
	return uses ? 0 : -1;
}

int md_find_uses_of_columns(struct md_judge *j)
{
	if (make_room(j))
		return -1;
	md_each_use(j->guarded, add_use, j);
	return 0;
}
