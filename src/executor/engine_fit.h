/* Does the engine of a ClickHouse table keep versions as the layout of a replica says? */
#ifndef MD_EXECUTOR_ENGINE_FIT_H
#define MD_EXECUTOR_ENGINE_FIT_H

#include "drivers/driver.h"
#include "planner/plan.h"

/* A replica that a statement in the dialect reads with FINAL. Empty: it fits, or is not read so;
 * otherwise the message of TYPE_MISMATCH. In the arena: .p is NULL when out of memory. */
struct md_str md_engine_misfit(struct md_arena *a, const struct md_source *source, enum md_dialect_id dialect,
                               const struct md_catalog_table *catalog);

#endif
