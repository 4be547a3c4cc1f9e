/* From JSON text through every stage to the statement, printed as one line: "SQL | value, [list]". */
#ifndef RESOLVE_WORLD_H
#define RESOLVE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan.h"
#include "resolve/tree.h"
#include "sqlgen/sqlgen.h"
#include "trace/trace.h"

struct world {
	struct md_arena arena;
	struct md_error err;
	struct md_snapshot *meta;
	struct md_ctx cx;
	struct md_query *query;
	const struct md_guarded *guarded;
	struct md_planned planned;
	struct md_tree tree;
	struct md_shape shape;
	struct md_stmt stmt;
};

void world_open(struct world *w, const char *config); /* fails the test when it does not load */
void world_close(struct world *w);
/* Plans; fails the test when it does not. context NULL: {"role":"admin"}. */
void world_plan(struct world *w, const char *query, const char *context);
const char *world_write(struct world *w, const struct md_ids *only);
const char *world_sql(struct world *w, const char *query, const char *context); /* both */
const char *world_outs(struct world *w); /* "id:uuid total:decimal? key:int!": ? nullable, ! hidden */

/* The configuration of this room's tests. */
const char *world_config(const char *things, const char *rest); /* things: a physical name; rest: members "databases" and more. Static text */

#define IS(got, want) assert_string_equal((got), (want))

#endif
