/* Row predicates on rows held in the process (cache hits): exact, three-valued. */
#ifndef MD_ACCESS_CELL_H
#define MD_ACCESS_CELL_H

#include "access/guarded.h"

enum md_truth { MD_FALSE, MD_TRUE, MD_UNKNOWN };

/* The canonical text of a column of the row at hand; .p NULL: NULL. */
typedef struct md_str (*md_cell_of)(void *row, const struct md_column *c);

enum md_truth md_pred_eval(const struct md_pred *p, md_cell_of cell, void *row);

/* Can it be evaluated exactly here? Only on string int bigint boolean uuid date (spec 4, P0). */
bool md_pred_exact(const struct md_pred *p);

#endif
