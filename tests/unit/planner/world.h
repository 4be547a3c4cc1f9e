/* Planner tests go the whole way from JSON text: parse, access, validate, guard, plan. */
#ifndef PLANNER_WORLD_H
#define PLANNER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan.h"
#include "trace/trace.h"

struct world {
	struct md_arena arena;
	struct md_error err;
	struct md_snapshot *meta;   /* as loaded */
	struct md_snapshot changed; /* what the request sees: a copy that a test may change */
	struct md_ctx cx;
	struct md_query *query;
	const struct md_guarded *guarded;
	struct md_planned planned;
	int rc;                     /* of the first stage that failed, 0: planned */
};

void world_open(struct world *w, const char *config);           /* fails the test when it does not load */
void world_open_file(struct world *w, const char *path);
void world_close(struct world *w);
/* Plans; w->rc and w->err say how it went. context NULL: {"role":"admin"}. */
void world_ask(struct world *w, const char *query, const char *context, bool judge_all);
void world_plan(struct world *w, const char *query);             /* as admin; asserts that it plans */
void world_refused(struct world *w, const char *query, enum md_code code); /* as admin; asserts this planner error */

const char *world_strategy(struct world *w);
const char *world_target(struct world *w); /* as in the result: database, cache or "trino" */
const char *world_sources(struct world *w); /* "orders=original@pg-main tenants=materialized@pg-main" */
const char *world_codes(struct world *w, enum md_strategy s); /* "CODE|A,B" : code and all codes, "" where it wasn't refused */
const char *world_candidates(struct world *w);                 /* of materialized: "pg-main=chosen ch=NO_REPLICA" */
const struct md_alternative *world_alternative(struct world *w, enum md_strategy s); /* NULL: not judged */
const char *world_dump(struct world *w); /* everything that must be the same every time */
const char *world_log(struct world *w);

#endif
