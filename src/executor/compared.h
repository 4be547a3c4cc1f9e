/* Which columns a statement compares, beside those that it only reads. */
#ifndef MD_EXECUTOR_COMPARED_H
#define MD_EXECUTOR_COMPARED_H

#include "executor/execute.h"

/* Does the statement of the query compare values of the column of a table reference: in a filter, a
 * row predicate, a cell rule, a join, a group, an order, or to find distinct rows? A test for NULL
 * compares nothing. */
bool md_is_compared(const struct md_exec *x, uint32_t ref, const struct md_column *c);

/* The same without equality: = != in notIn of filters, row predicates and relations. */
bool md_is_ordered(const struct md_exec *x, uint32_t ref, const struct md_column *c);

#endif
