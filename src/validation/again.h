/* Other values for a bound query. */
#ifndef MD_VALIDATION_AGAIN_H
#define MD_VALIDATION_AGAIN_H

#include "validation/validate.h"

/* The values of the same bound query for other values of its parameters, by md_parameters.names.
 * *out NULL: the new values cannot be read, or differ from the first ones in what may decide more
 * than a parameter of the statement: a limit, a lag, the number of composite keys, a count near
 * zero. Then only asking from the beginning tells what comes of them, and the problems in the
 * record are to be discarded. -1: out of memory. Pure. */
int md_values_again(struct md_ctx *cx, const struct md_notes *notes, const struct md_json *const *given,
                    const struct md_values **out);

#endif
