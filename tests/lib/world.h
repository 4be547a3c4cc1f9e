/* The world of the unit tests: a configuration, and requests that go from JSON text through the
 * stages as far as a test needs. When a stage changes what it takes or makes, the tests change
 * here. */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access/access.h"
#include "planner/plan.h"
#include "query/query.h"
#include "resolve/resolve.h"
#include "sqlgen/sqlgen.h"
#include "trace/trace.h"

#define WORLD_ADMIN "{\"role\":\"admin\"}"
#define IS(got, want) assert_string_equal((got), (want))

/* What the stages made of one definition and one context. */
struct stages {
	const struct md_json *definition;
	const struct md_query *query;
	const struct md_bound *bound;
	const struct md_values *values;
	const struct md_guarded *guarded;
	struct md_planned planned;
};

/* Run the stages from JSON text to the one named, without any assertion: 0, or -1 from the first
 * stage that failed. context NULL: none is given. stages_validate returns 0 when problems were
 * reported, as md_validate does; stages_plan then fails. */
int stages_validate(struct md_ctx *cx, const char *definition, const char *context, struct stages *s);
int stages_plan(struct md_ctx *cx, const char *definition, const char *context, bool judge_all, struct stages *s);

/* What a test binds by hand, to call the access room alone. */
struct world_by_hand {
	struct md_bound bound;
	struct md_ref refs[8];
	uint64_t used[8];
	struct md_values values;
	int64_t counts[8]; /* values.counts */
};

struct world {
	struct md_arena arena;
	struct md_error err;
	struct md_snapshot *meta;   /* as loaded */
	struct md_snapshot changed; /* what requests see: a copy that a test may change */
	struct md_ctx cx;
	const struct md_json *definition;
	const struct md_query *query;
	const struct md_bound *bound;
	const struct md_values *values;
	const struct md_guarded *guarded;
	struct md_planned planned;
	struct md_tree tree;
	struct md_shape shape;
	struct md_miss_shape misses; /* of a statement for some ids */
	struct md_stmt stmt;
	int rc;                     /* of world_ask: 0, or -1 when a stage failed */
	struct world_by_hand hand;
};

/* config: JSON text or the path of a file. Fails the test when it does not load. */
void world_open(struct world *w, const char *config);
void world_close(struct world *w);
void world_begin(struct world *w); /* a new request; what earlier requests made stays */
void world_reset(struct world *w); /* a new request in an empty arena */
const struct md_json *world_json(struct world *w, const char *text); /* fails the test when it is not JSON */

/* ---- from JSON text; context NULL: WORLD_ADMIN ---- */

/* in this request; asserts that the stages work, whatever they report */
void world_validate(struct world *w, const char *definition, const char *context);
/* a new request, up to the plan; w->rc and w->err tell the outcome */
void world_ask(struct world *w, const char *definition, const char *context, bool judge_all);
/* a new request; asserts that it plans */
void world_plan(struct world *w, const char *definition, const char *context);
/* from the plan to the statement, as statement_text prints it; only NULL: every id */
const char *world_write(struct world *w, const struct md_ids *only);
const char *world_sql(struct world *w, const char *definition, const char *context); /* world_plan and world_write */

/* ---- the access room alone ---- */

int world_context(struct world *w, const char *json); /* md_access_open; NULL: no context is given */
void world_ref(struct world *w, const char *table, const char *type,
               uint32_t parent); /* type NULL: from; else "inner" or "left" */
/* the new reference */
uint32_t world_exists(struct world *w, const char *table, struct md_bound_filter *node, uint32_t parent);
int world_guard(struct world *w);

/* ---- what came out, as text in the arena ---- */

const char *world_rows(struct world *w, uint32_t ref); /* the row predicate */
const char *world_log(struct world *w);
const char *statement_text(struct md_arena *a, const struct md_stmt *s); /* "SQL | value, [list]" */
/* Asserts exactly these problems, "CODE pointer" each, in order; NULL ends the list. */
void world_problems(struct world *w, ...);
void print_problems(const struct md_error *err);
const struct md_table *world_table(struct world *w, const char *api_name);
const struct md_column *world_column(struct world *w, const char *table, const char *column);

#endif
