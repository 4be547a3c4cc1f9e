/* Where a page starts: behind the row with these sort values. The cursor room opens it from
 * page.after, resolving gives each value its key of the order. The executor makes one of the
 * last row of a page. */
#ifndef MD_CURSOR_POSITION_H
#define MD_CURSOR_POSITION_H

#include "base/str.h"

struct md_sort_value {
	bool null;
	struct md_str text; /* canonical, as a parameter */
};

struct md_position {
	const struct md_sort_value *v; /* one per key of the order */
	uint32_t n;
};

#endif
