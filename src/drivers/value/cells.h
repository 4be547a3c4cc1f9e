/* Shared by the drivers: from a database's text of a value to a cell in canonical text
 * (base/value.h), and from lists of parameters to text. Promises: what does not fit the declared
 * type is refused, never passed on, so that nothing but JSON can stand in a BARE cell and nothing
 * that needs escapes in a PLAIN one. Takes nothing from the heap in steady state. */
#ifndef MD_DRIVERS_CELLS_H
#define MD_DRIVERS_CELLS_H

#include "drivers/driver.h"

/* Scratch of one connection: texts of the row at hand that are not views of what the client library
 * holds. */
struct md_cells {
	struct md_buf buf;
	struct md_arena arena;
};

void md_cells_free(struct md_cells *k);
void md_cells_rest(struct md_cells *k); /* the statement is over: keep little memory */

/* Fills a row of s: `one` converts column i, and is called again for all columns when the scratch
 * has moved meanwhile (views would dangle). What it refuses in a spare column becomes
 * MD_CELL_UNFIT. -1: it refused another, *bad, or out of memory. */
typedef int (*md_cell_one)(void *conn, uint32_t i, struct md_cell *cell);
int md_cells_row(struct md_cells *k, md_cell_one one, void *conn, const struct md_stmt *s, struct md_cell *cells,
                 uint32_t *bad);

/* Each returns 0, or -1 when `in` is not a value of the type (or out of memory: see
 * md_cells_failed). */
int md_cell_scalar(struct md_cells *k, enum md_base_type t, struct md_str in, struct md_cell *out);
int md_cell_pg_array(struct md_cells *k, enum md_base_type t, struct md_str in,
                     struct md_cell *out);   /* {1,NULL,"a b"} */
int md_cell_json_array(struct md_cells *k, enum md_base_type t, struct md_str in,
                       struct md_cell *out); /* [1,null,"a b"] */
bool md_cells_failed(const struct md_cells *k);

/* The error of a value that does not fit: TYPE_MISMATCH naming the column, never the value. found:
 * what it is instead, or NULL. OUT_OF_MEMORY where that was the reason. Returns -1. */
int md_cell_unfit(struct md_ctx *cx, struct md_cells *k, struct md_str database, const struct md_stmt_output *column,
                  const char *found);

/* A value of a list as element of a PostgreSQL array literal or of a JSON array. Appends. */
void md_list_pg(struct md_buf *b, const struct md_value *v);
void md_list_json(struct md_buf *b, const struct md_value *v);

#endif
