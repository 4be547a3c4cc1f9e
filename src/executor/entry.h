/* Cached rows as text: {"$v":1,"row":{apiName: value, …}}, role-neutral, values as in results (spec 7). Internal to the executor. */
#ifndef MD_EXECUTOR_ENTRY_H
#define MD_EXECUTOR_ENTRY_H

#include "access/pred_eval.h"
#include "drivers/driver.h"
#include "json/write.h"

/* Fills cells, which has one a column of the table, by its index; those of columns that the cache does not hold are left as they are. Texts are views of
 * `text` or in the arena. False when the entry can't be used: *reason says why, and cells hold nothing of use; when memory is out, the arena tells. */
bool md_entry_read(struct md_arena *a, const struct md_cached_table *ct, struct md_str text, struct md_cell *cells, const char **reason);

/* cells by column index. */
void md_entry_write(struct md_buf *b, const struct md_cached_table *ct, const struct md_cell *cells);

/* The cache key of one row: placeholders by canonical text, percent-encoded outside [A-Za-z0-9_.-]. value .p NULL: not known (no key can be made). */
struct md_str md_entry_key(struct md_arena *a, const struct md_cached_table *ct, struct md_str (*value)(void *, const struct md_column *), void *arg);

/* A cell as JSON, as every encoder writes it. numbers_as_text: bigint and decimal in quotes. */
void md_cell_json(struct md_jw *w, struct md_type t, const struct md_cell *c, bool numbers_as_text);

#endif
