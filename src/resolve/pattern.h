/* Plain text as a pattern: what stands for contains, startsWith, endsWith and their like. */
#ifndef MD_RESOLVE_PATTERN_H
#define MD_RESOLVE_PATTERN_H

#include "base/value.h"
#include "query/operators.h"

/* The pattern operator that stands for an operator with plain text. */
enum md_op md_pattern_operator(enum md_op op);

/* The pattern of an operand: the text stands for itself. -1: out of memory. */
int md_make_pattern(struct md_arena *a, enum md_op op, const struct md_value *text, struct md_value *out);

#endif
