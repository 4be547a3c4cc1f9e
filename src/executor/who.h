/* Whose rows a caller may see, as a text to compare: equal texts, equal rows. Internal to the executor. */
#ifndef MD_EXECUTOR_WHO_H
#define MD_EXECUTOR_WHO_H

#include "access/guarded.h"

/* Empty for a caller who sees all rows. -1: memory is out. */
int md_who(struct md_arena *a, const struct md_pred *rows, struct md_str *out);

#endif
