/* The caller's description of a table (multidb_table) as a source of documents. */
#ifndef MD_ENGINE_GIVEN_TABLE_H
#define MD_ENGINE_GIVEN_TABLE_H

#include "base/ctx.h"

#include <multidb.h>

/* A source of md_table_source. Relative paths begin in base_dir, or in the working directory
 * (NULL). *poll_ms: how often it is watched; 0: never. NULL: MISUSE, or out of memory. */
void *md_given_table_source(struct md_ctx *cx, const multidb_table *given, const char *base_dir, int64_t *poll_ms);

#endif
