/* Cached rows as text: {"$v":1,"table":id,"hash":text,"row":{apiName: value, …}}, role-neutral,
 * values as in results. */
#ifndef MD_EXECUTOR_ENTRY_H
#define MD_EXECUTOR_ENTRY_H

#include "drivers/driver.h"
#include "metadata/metadata.h"

/* Fills *sync with the replica that the row was read from, NULL for the original and where the
 * entry does not say, and cells, one per column of the table, by the column's index; leaves cells
 * of columns that the cache does not hold as they are. Texts are parts of `text` or in the arena.
 * False: the entry cannot be used, *reason says why, and cells are not meaningful; the arena tells
 * when memory ran short. */
bool md_entry_read(struct md_arena *a, const struct md_cached_table *ct, struct md_str text,
                   const struct md_sync **sync, struct md_cell *cells, const char **reason);

/* sync: the replica that the row was read from; NULL: the original. cells: by column index. */
void md_entry_write(struct md_buf *b, const struct md_cached_table *ct, const struct md_sync *sync,
                    const struct md_cell *cells);

/* The cache key of one row: placeholders by canonical text, percent-encoded outside [A-Za-z0-9_.-].
 * value gives a column's text; .p NULL: it is not known, and so is the key. */
struct md_str md_entry_key(struct md_arena *a, const struct md_cached_table *ct,
                           struct md_str (*value)(void *, const struct md_column *), void *arg);

#endif
