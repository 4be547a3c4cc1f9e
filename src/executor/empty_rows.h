/* Answers over no rows, which no database is asked for. */
#ifndef MD_EXECUTOR_EMPTY_ROWS_H
#define MD_EXECUTOR_EMPTY_ROWS_H

#include "executor/id_rows.h"

/* Without groups one row of aggregates, unless `having`, limit or offset leave it out; otherwise no
 * row. */
int md_make_empty_rows(struct md_ctx *cx, const struct md_bound *b, const struct md_values *values,
                       struct md_kept_rows *out);

#endif
