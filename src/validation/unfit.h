/* A value that a database refused after it was validated: no value of the column's type there. */
#ifndef MD_VALIDATION_UNFIT_H
#define MD_VALIDATION_UNFIT_H

#include "query/query.h"
#include "validation/bound.h"

/* What is expected in place of a value that the database refused. */
extern const char md_fitting_value[];

/* Reports INVALID_VALUE at the operand that has the slot (md_values.operands), INVALID_HAVING in
 * having; of a list: at the list. Nothing where no operand has it. b was made from q. */
void md_report_unfit_operand(struct md_ctx *cx, const struct md_query *q, const struct md_bound *b, uint32_t slot);

#endif
