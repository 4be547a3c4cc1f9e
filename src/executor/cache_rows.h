/* Strategy cache: hits are checked and filtered in the process, misses are fetched once for all
 * callers that miss them, and written back. */
#ifndef MD_EXECUTOR_CACHE_ROWS_H
#define MD_EXECUTOR_CACHE_ROWS_H

#include "executor/id_rows.h"

int md_fetch_cache_rows(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_kept_rows *out,
                        struct md_answer *answer);

#endif
