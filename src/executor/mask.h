/* Masks: what is left of a cell that a caller may not see clear. One function for rows of databases
 * and of caches. */
#ifndef MD_EXECUTOR_MASK_H
#define MD_EXECUTOR_MASK_H

#include "drivers/driver.h"
#include "resolve/shape.h"

/* How the rows of one statement are masked. */
struct md_masks {
	const struct md_shape_output *outputs; /* the first n are outputs of the query */
	uint32_t n;
	struct md_cell *row; /* the masked row, n cells; NULL: no output is masked */
	struct md_buf text;  /* of its masked cells */
};

/* -1: out of memory. */
int md_masks_init(struct md_masks *m, struct md_arena *a, const struct md_shape *shape, uint32_t n_outputs);

/* The row as the caller may see it, valid until the next call; `cells` itself if no output is
 * masked. NULL: out of memory. Allocates only when a row is longer than all rows before it. */
const struct md_cell *md_masks_apply(struct md_masks *m, const struct md_cell *cells);

/* Masks one cell that is not NULL. b has room for md_mask_room bytes. */
struct md_cell md_mask_cell(struct md_buf *b, const struct md_column *c, const struct md_cell *cell);
size_t md_mask_room(const struct md_cell *cell);

#endif
