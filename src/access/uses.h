/* What a query does with each column of its table references, as far as the column's type in the
 * database can make a difference. */
#ifndef MD_ACCESS_USES_H
#define MD_ACCESS_USES_H

#include "access/guarded.h"

/* uses: bits of enum md_real_use, MD_USED_AT_ALL always among them. */
typedef void md_use_fn(void *to, uint32_t ref, const struct md_column *c, uint32_t uses);

/* Calls `take` for each place of the whole query that uses a column of a reference: a column can
 * come several times. */
void md_each_use(const struct md_guarded *g, md_use_fn *take, void *to);

#endif
