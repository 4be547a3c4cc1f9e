/* Other values and other roles for a definition that is validated. */
#ifndef MD_VALIDATION_AGAIN_H
#define MD_VALIDATION_AGAIN_H

#include "validation/validate.h"

/* Reads other values for the parameters of a bound query; given: by md_parameters.names. *out NULL:
 * the new values cannot be read, or they differ from the first ones in a way that may change the
 * SQL text: a limit, a lag, the number of composite keys, a count near zero. The caller then asks
 * from the beginning, and discards the problems in the record. -1: out of memory. Pure. */
int md_values_again(struct md_ctx *cx, const struct md_notes *notes, const struct md_json *const *given,
                    const struct md_values **out);

/* The bound query of the first roles, for those in effect: with their views, after each use of a
 * column that validation noted has passed the gate again. *out NULL: the definition has to be
 * validated for these roles, because a use or a table is not allowed, or because validation asked
 * the first roles' views for more than that. Apart from its references *out is the first bound
 * query. Reports nothing and records no event. -1: out of memory. Pure. */
int md_bound_again(struct md_ctx *cx, const struct md_notes *notes, const struct md_bound **out);

#endif
