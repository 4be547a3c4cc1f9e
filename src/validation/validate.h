/* Validation: names to metadata, operators to types, values to canonical text,
 * joins to relations, every column through the gate. The only maker of md_bound and md_values. */
#ifndef MD_VALIDATION_VALIDATE_H
#define MD_VALIDATION_VALIDATE_H

#include "access/access.h"
#include "query/parameters.h"
#include "query/query.h"
#include "validation/bound.h"

/* Resolves every name of q and reads every value. counts_rows: the rows are counted whatever the
 * definition's executeMode is. Reports every problem with code, JSON Pointer to the smallest
 * wrong member, expected, actual, suggestion (only names that the caller may see). Needs
 * cx->access. 0 even with problems: *bound is then complete enough for md_guard, which may find
 * more (md_fail_if_problems decides), and for nothing else. -1: out of memory. Pure. */
int md_validate(struct md_ctx *cx, const struct md_query *q, bool counts_rows, const struct md_bound **bound,
                const struct md_values **values);

/* What md_values_again needs to know of a validated definition. Private to the room. */
struct md_notes;

/* md_validate for a definition whose parameters are filled in. *notes lives as long as the
 * definition and *bound. */
int md_validate_filled(struct md_ctx *cx, const struct md_query *q, bool counts_rows, const struct md_parameters *p,
                       const struct md_filled *filled, const struct md_bound **bound, const struct md_values **values,
                       const struct md_notes **notes);

#endif
