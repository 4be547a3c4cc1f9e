/* The JSON object of an error. Internal to the engine. */
#ifndef MD_ENGINE_PROBLEM_H
#define MD_ENGINE_PROBLEM_H

#include "engine/audience.h"
#include "json/write.h"
#include "planner/plan.h"

/* RFC 9457's members, then code, message and what the class of the error adds. `planned` gives the
 * alternatives of an error of planning; NULL: none are known. `shown`: what its reader is shown. */
void md_result_problem(struct md_jw *w, const struct md_error *e, const struct md_planned *planned,
                       const struct md_shown *shown);

#endif
