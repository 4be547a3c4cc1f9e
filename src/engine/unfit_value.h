/* A value of the request that a database refused while it read the parameters of the statement. */
#ifndef MD_ENGINE_UNFIT_VALUE_H
#define MD_ENGINE_UNFIT_VALUE_H

#include "engine/pipeline.h"

/* Replaces QUERY_FAILED by VALIDATION_FAILED with a problem where the value stands: in the
 * definition, in its parameters or in the context. The cause stays. Nothing changes where the
 * database did not name a parameter, or where the value is not the caller's. */
void md_explain_unfit_value(struct md_request *r);

#endif
