/* Name resolution, the fourth phase: a plan's query in physical names, and what becomes of its
 * rows. */
#ifndef MD_RESOLVE_RESOLVE_H
#define MD_RESOLVE_RESOLVE_H

#include "resolve/shape.h"
#include "resolve/tree.h"

/* A plan of md_plan and the values of its query to the tree of its statement and the shape of its
 * rows. `position`: where the page starts; NULL: at the first row. Both results live in the
 * request's arena. 0, or -1 with the error reported. Pure. */
int md_resolve(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values,
               const struct md_position *position, struct md_tree *out, struct md_shape *shape);

/* The same for cache misses of a plan with a cache: the tree reads the rows of `ids` alone, and of
 * each the whole entry, raw and without regard to the caller. */
int md_resolve_misses(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values,
                      const struct md_ids *ids, struct md_tree *out, struct md_miss_shape *shape);

/* The most rows that a statement of the query can return, for so many of its ids; -1: unknown. */
int64_t md_row_bound(const struct md_bound *b, const struct md_values *values, uint32_t n_ids);

#endif
