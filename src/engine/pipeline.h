/* The order of the stages, in one place. */
#ifndef MD_ENGINE_PIPELINE_H
#define MD_ENGINE_PIPELINE_H

#include "cursor/position.h"
#include "cursor/seal.h"
#include "engine/audience.h"
#include "planner/plan.h"
#include "query/parameters.h"
#include "resolve/resolve.h"
#include "sqlgen/stmt.h"
#include "trace/trace.h"

enum md_ask { MD_ASK_RUN, MD_ASK_VALIDATE, MD_ASK_PLAN, MD_ASK_EXPLAIN, MD_ASK_COUNT };

struct md_explained;
struct md_kept_plan;

/* One request from text to statement. Zeroed is a valid start; md_request_begin makes it ready for
 * the next use and keeps its memory. */
struct md_request {
	struct md_arena arena;
	struct md_error err;
	struct md_ctx cx;
	enum md_ask ask;
	struct md_shown shown;              /* what the caller is shown of all that follows */
	const struct md_parameters *parameters; /* of a prepared definition; NULL: asked as it stands */
	struct md_kept_plan *keep;          /* what is planned is kept there; NULL: it is not kept */
	const struct md_query *query;
	const struct md_bound *bound;
	const struct md_values *values;
	const struct md_guarded *guarded;
	const struct md_position *position; /* where its page starts; NULL: at the first row */
	struct md_planned planned;
	struct md_stmt stmt;
	struct md_shape shape;              /* of its outputs */
	struct md_settings context;         /* what goes with it to the database's own row security */
	const struct md_explained *explained; /* of MD_ASK_EXPLAIN, once it is planned; otherwise NULL */
	int64_t planning_us, generation_us;
	/* Of a query with a page: finds the keys of cursors, when they are needed. NULL: no cursor
	 * can be opened. Returns NULL with the error reported when it fails. */
	const struct md_ring *(*find_ring)(void *finder);
	void *finder;
	const struct md_ring *ring;
	unsigned char cursor_binding[MD_SEAL_BINDING]; /* what its cursors are sealed for */
	struct md_str end_cursor;           /* once the rows have ended; .p NULL: none */
};

/* is_remote: the caller is shown what policy says, and not everything. */
void md_request_begin(struct md_request *r, const struct md_snapshot *meta, enum md_ask ask, bool is_remote);

/* Definition and context (empty: none) through every stage up to the statement (validate: up to the
 * guard). 0, or -1 with r->err filled. The one path for execute, count, sql-only, explain and
 * validate. Neither text is kept. */
int md_request_plan(struct md_request *r, struct md_str definition, struct md_str context);
/* The same with both in one object: {"definition": …, "context"?: …}. */
int md_request_plan_body(struct md_request *r, struct md_str body);

/* The steps of the two above, for engine/prepared.c. Each returns 0, or -1 with r->err filled. */

/* The time since the epoch in microseconds; events that follow are of this time. */
int64_t md_request_clock(struct md_request *r);
/* Is a text of n bytes within limits.bodyBytes? `what` names it in messages. */
int md_request_check_length(struct md_request *r, const char *what, size_t n);
/* Reads a JSON text that may not be empty. */
int md_request_read(struct md_request *r, const char *what, struct md_str text, const struct md_json **out);
/* The caller's roles, and with them what the caller is shown. *is_known: false where they are
 * not known; problems say why. -1: the definition, which is read, asks for what the caller is
 * not shown. */
int md_request_open_caller(struct md_request *r, const struct md_json *caller, bool *is_known);
/* The second half: what a caller is shown whose roles are known. */
int md_request_show(struct md_request *r);
/* Validation and row-level security. `caller`: the context; NULL: none. */
int md_request_check(struct md_request *r, const struct md_json *definition, const struct md_json *caller);
/* The same for a caller whose roles are known. */
int md_request_check_known(struct md_request *r, const struct md_json *definition);
/* Opens the cursor of a page, if the query has one. */
int md_request_open_page(struct md_request *r, const struct md_json *definition);
/* What goes to the row security of the plan's database. */
int md_request_open_context(struct md_request *r);
/* From planning to the statement; `begun`: when the request began. */
int md_request_finish(struct md_request *r, int64_t begun);
/* The end of a request whose stages returned rc. */
int md_request_end(struct md_request *r, int rc);

/* A plan's statement and the shape of its rows. `position`: where the page starts; NULL: at the
 * first row. */
int md_write_statement(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values,
                       const struct md_position *position, struct md_stmt *stmt, struct md_shape *shape);
/* The statement for some of the ids of a plan with a cache, those that the cache misses. */
int md_write_misses(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values,
                    const struct md_ids *ids, struct md_stmt *stmt, struct md_miss_shape *shape);

#endif
