/* Rows of byIds: kept in the process, put in the order of first mention, cache hits and database rows merged. Internal to the executor. */
#ifndef MD_EXECUTOR_MERGE_H
#define MD_EXECUTOR_MERGE_H

#include "executor/execute.h"

/* Rows in their final order; each has a cell per bound.outputs. */
struct md_kept {
	const struct md_cell **v;
	uint32_t n;
};

/* merge.c: the plan's own statement, its rows in the order of values.ids. A row whose key is none of the ids (a database that compares keys
 * more loosely than we do) comes last rather than never. */
int md_merge_ids(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept *out);

/* empty.c: the answer over no rows, which no database is asked for: one row of empty aggregates where nothing is grouped by, if `having` and limit let it
 * pass; otherwise none. */
int md_empty_rows(struct md_ctx *cx, const struct md_bound *b, const struct md_values *values, struct md_kept *out);

/* cached.c: strategy cache (spec 7): hits checked and filtered in the process, misses fetched once for all who miss them, and written back. */
int md_merge_cache(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept *out, struct md_answer *answer);

#endif
