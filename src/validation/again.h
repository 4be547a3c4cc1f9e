/* Other values for a bound query. */
#ifndef MD_VALIDATION_AGAIN_H
#define MD_VALIDATION_AGAIN_H

#include "validation/validate.h"

/* Reads other values for the parameters of a bound query; given: by md_parameters.names. *out NULL:
 * the new values cannot be read, or they differ from the first ones in a way that may change the
 * SQL text: a limit, a lag, the number of composite keys, a count near zero. The caller then asks
 * from the beginning, and discards the problems in the record. -1: out of memory. Pure. */
int md_values_again(struct md_ctx *cx, const struct md_notes *notes, const struct md_json *const *given,
                    const struct md_values **out);

#endif
