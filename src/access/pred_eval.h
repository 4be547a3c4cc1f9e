/* Evaluates row predicates on rows held in the process (cache hits): exact and three-valued, as in
 * SQL. */
#ifndef MD_ACCESS_PRED_EVAL_H
#define MD_ACCESS_PRED_EVAL_H

#include "access/pred.h"

enum md_truth { MD_FALSE, MD_TRUE, MD_UNKNOWN };

/* The canonical text of a column of the row at hand; .p is NULL for NULL. */
typedef struct md_str (*md_cell_of)(void *row, const struct md_column *c);

enum md_truth md_pred_eval(const struct md_pred *p, md_cell_of cell, void *row);

/* Can the predicate be evaluated exactly here, on rows of the replica (NULL: of the original)? Only
 * the types string, int, bigint, boolean, uuid and date have one text a value. Of strings the
 * databaseType must say that the database compares their bytes, as this process does. */
bool md_pred_exact(const struct md_pred *p, const struct md_sync *sync);

#endif
