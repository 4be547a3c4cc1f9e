/* The physical tree to SQL text and bound parameters, in the tree's dialect. */
#ifndef MD_SQLGEN_SQLGEN_H
#define MD_SQLGEN_SQLGEN_H

#include "resolve/tree.h"
#include "sqlgen/stmt.h"

/* Values never reach the text; identifiers are quoted in one place. 0, or -1 with the error
 * reported: memory, INTERNAL for a scan without a row predicate, UNSUPPORTED for a decimal that the
 * dialect cannot compare. The statement lives in the request's arena. Pure. */
int md_write_sql(struct md_ctx *cx, const struct md_tree *t, struct md_stmt *out);

#endif
