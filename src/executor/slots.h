/* Rows of byIds held in the process, by the place of their id. Internal to the executor. */
#ifndef MD_EXECUTOR_SLOTS_H
#define MD_EXECUTOR_SLOTS_H

#include "executor/merge.h"
#include "base/map.h"

enum { MD_KEY_COLUMNS = 16 }; /* of a key that rows are matched by; rows of a longer one come in order of arrival */

struct md_slots {
	const struct md_values *values;
	const struct md_table *table;
	uint32_t n_ids;
	struct md_map ids;                     /* joined key -> index in values.ids; made when the first is looked for */
	bool indexed;
	const struct md_cell **by_id;
	MD_VEC(const struct md_cell *) others; /* rows of no id, in order of arrival */
};

int md_slots_init(struct md_ctx *cx, const struct md_exec *x, struct md_slots *s);
/* Where each key column stands among the columns that a statement reads of the table. INTERNAL when one is not read. */
int md_key_positions(struct md_ctx *cx, const struct md_column *const *columns, uint32_t n, const struct md_table *t,
                     uint32_t **out);
/* Is this row, given by column index, that of the id? */
bool md_slots_is(struct md_ctx *cx, const struct md_slots *s, const struct md_cell *by_column, uint32_t id);
/* The id that a row belongs to; at: the position of each key column in cells. MD_NONE: none. */
uint32_t md_slots_id(struct md_ctx *cx, struct md_slots *s, const struct md_cell *cells, const uint32_t *at);
int md_slots_place(struct md_ctx *cx, struct md_slots *s, uint32_t id, const struct md_cell *row); /* a second row of an id is one of the others */
int md_slots_in_order(struct md_ctx *cx, const struct md_slots *s, struct md_kept *out);
struct md_cell *md_cells_copied(struct md_arena *a, const struct md_cell *cells, uint32_t n); /* NULL: memory is out */

#endif
