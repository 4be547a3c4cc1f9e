#ifndef MD_EXECUTOR_CELL_JSON_H
#define MD_EXECUTOR_CELL_JSON_H

#include "drivers/driver.h"
#include "json/write.h"

/* Writes a cell as a JSON value, the same for results and cache entries. numbers_as_text: bigint
 * and decimal in quotes. */
void md_cell_json(struct md_jw *w, struct md_type t, const struct md_cell *c, bool numbers_as_text);

#endif
