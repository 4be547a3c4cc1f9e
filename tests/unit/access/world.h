/* A small world for access tests: a configuration with roles that overlap in every way, and requests against it without the other stages. */
#ifndef ACCESS_WORLD_H
#define ACCESS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access/cell.h"
#include "trace/trace.h"

struct world {
	struct md_arena arena;
	struct md_error err;
	struct md_snapshot *meta;
	struct md_ctx cx;
	struct md_query query;
	struct md_ref refs[8];
	struct md_join joins[8];
	uint64_t used[8];
	const struct md_guarded *guarded;
};

extern const char world_config[];

void world_open(struct world *w, const char *config); /* fails the test when the configuration does not load */
void world_close(struct world *w);
void world_reset(struct world *w);                    /* a new request */
int world_context(struct world *w, const char *json); /* md_access_open; NULL: no context */
void world_ref(struct world *w, const char *table, const char *type, uint32_t parent); /* type NULL: from; inner, left */
int world_guard(struct world *w);
const char *world_rows(struct world *w, uint32_t ref); /* the predicate as text */
const char *world_log(struct world *w);
/* Asserts exactly these problems, "CODE pointer" each, in order; ended by NULL. */
void world_problems(struct world *w, ...);
const struct md_table *world_table(struct world *w, const char *api_name);
const struct md_column *world_column(struct world *w, const char *table, const char *column);

#endif
