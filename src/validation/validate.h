/* The concept's seven rules and the spec's codes: names to metadata, operators to types, values to canonical text, joins to
 * relations, every column through the gate. */
#ifndef MD_VALIDATION_VALIDATE_H
#define MD_VALIDATION_VALIDATE_H

#include "access/access.h"
#include "query/query.h"

/* Fills the resolved fields of q (refs, outs, uses, operators, values, ids) and ref.used. Reports every problem with code, JSON
 * Pointer to the smallest wrong member, expected, actual, suggestion (only names that the caller may see). Needs cx->access.
 * 0 even with problems (md_fail_if_problems decides after md_guard); -1 when memory is out. Pure. */
int md_validate(struct md_ctx *cx, struct md_query *q);

#endif
