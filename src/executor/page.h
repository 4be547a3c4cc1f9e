/* Where a page ends. */
#ifndef MD_EXECUTOR_PAGE_H
#define MD_EXECUTOR_PAGE_H

#include "drivers/driver.h"
#include "cursor/position.h"
#include "resolve/shape.h"

/* A sort value of the last row, as a part of md_paging.text. */
struct md_paged_value {
	size_t from, n;
	enum md_form form;
};

struct md_paging {
	int64_t first; /* the page has at most so many rows */
	const struct md_shape *shape;
	int64_t rows;
	struct md_buf text; /* of the last row's sort values */
	struct md_paged_value *last;
};

/* -1: out of memory. */
int md_paging_init(struct md_paging *p, struct md_arena *a, int64_t first, const struct md_shape *shape);

/* Has the page `first` rows? */
bool md_paging_full(const struct md_paging *p);

/* Counts one more row, in the outputs of the statement. -1: out of memory. */
int md_paging_row(struct md_paging *p, const struct md_cell *cells);

/* The page has ended; more: there are rows behind it. *end: NULL if the page has no row, or if its
 * last row has a value that no parameter can have and no rows are behind it. -1: out of memory, or
 * QUERY_FAILED for such a value with rows behind it. */
int md_paging_end(struct md_paging *p, struct md_ctx *cx, bool more, const struct md_position **end);

#endif
