/* What decides which rows of a table a caller sees, as text: the row predicate, and the settings
 * that the database's own row security reads. Callers with equal keys see the same rows. */
#ifndef MD_EXECUTOR_VISIBILITY_KEY_H
#define MD_EXECUTOR_VISIBILITY_KEY_H

#include "access/pred.h"

/* The key is empty for a caller that sees every row. -1: out of memory. */
int md_visibility_key(struct md_arena *a, const struct md_pred *rows, struct md_settings context, struct md_str *out);

#endif
