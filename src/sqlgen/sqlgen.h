/* The physical tree to SQL text and bound parameters, in the tree's dialect (spec 5). Values never reach the text; identifiers are quoted in one
 * place; a table without a guard is refused (INTERNAL). Pure. */
#ifndef MD_SQLGEN_SQLGEN_H
#define MD_SQLGEN_SQLGEN_H

#include "resolve/tree.h"
#include "sqlgen/stmt.h"

int md_write_sql(struct md_ctx *cx, const struct md_tree *t, struct md_stmt *out);

#endif
