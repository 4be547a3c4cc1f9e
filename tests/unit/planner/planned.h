/* What the planner decided, as text in the arena of the world. */
#ifndef PLANNER_PLANNED_H
#define PLANNER_PLANNED_H

#include "world.h"

/* Asks as admin and asserts that the planner refuses with this code. */
void assert_refused(struct world *w, const char *definition, enum md_code code);

const char *planned_strategy(struct world *w);
const char *planned_target(struct world *w);  /* as in the result: a database, a cache or "trino" */
const char *planned_sources(struct world *w); /* "orders=original@pg-main tenants=materialized@pg-main" */
const char *planned_codes(
	struct world *w,
	enum md_strategy s); /* "CODE|A,B": the code and all codes; "" where the strategy was not refused */
const char *planned_candidates(struct world *w); /* of materialized: "pg-main=chosen ch=NO_REPLICA" */
const struct md_alternative *planned_alternative(struct world *w, enum md_strategy s); /* NULL: not judged */
const char *planned_dump(struct world *w); /* everything that must be equal for equal inputs */

#endif
