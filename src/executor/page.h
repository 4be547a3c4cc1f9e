/* Where a page ends. Internal to the executor. */
#ifndef MD_EXECUTOR_PAGE_H
#define MD_EXECUTOR_PAGE_H

#include "drivers/driver.h"
#include "cursor/position.h"
#include "resolve/shape.h"

struct md_paging {
	int64_t first;            /* at most so many rows */
	const struct md_shape *shape;
	int64_t rows;
	struct md_buf text;       /* of the last row's sort values */
	struct md_paged {
		size_t from, n;
		enum md_form form;
	} *last;
};

int md_paging_init(struct md_paging *p, struct md_arena *a, int64_t first, const struct md_shape *shape); /* -1: memory is out */
bool md_paging_full(const struct md_paging *p); /* were there `first` rows? */
int md_paging_row(struct md_paging *p, const struct md_cell *cells); /* one more, as the statement gave it; -1: memory is out */

/* There are no more rows on the page; more: but behind it. *end: NULL where there was no row, or where (at the very end) the last row
 * has a value that a parameter can't have: behind it QUERY_FAILED, -1. */
int md_paging_end(struct md_paging *p, struct md_ctx *cx, bool more, const struct md_position **end);

#endif
