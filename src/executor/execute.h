/* Runs a plan: connection, statement, rows. Includes contracts (driver, pool, cache), never a
 * concrete driver, and never plans. Rows have the query's output columns, whether they are streamed
 * from a database, put in the order of byIds, or merged from cache and database. Memory is bounded
 * by a constant for streams and by limits.ids rows for the others. */
#ifndef MD_EXECUTOR_EXECUTE_H
#define MD_EXECUTOR_EXECUTE_H

#include "cache/cache.h"
#include "cursor/position.h"
#include "drivers/pool/pool.h"
#include "executor/running.h"
#include "executor/type_checks.h"
#include "planner/plan.h"
#include "resolve/shape.h"
#include "sqlgen/stmt.h"

/* What to run. All of it is borrowed and outlives the rows. */
struct md_exec {
	const struct md_plan *plan;
	const struct md_bound *bound;
	const struct md_values *values;
	const struct md_stmt *stmt;
	const struct md_shape *shape; /* of the statement */
	struct md_settings context;   /* set with every statement: what the database's own row security needs to know */
	struct md_pool *pool;         /* of the plan's target; NULL: it cannot be executed (EXECUTOR_MISSING) */
	struct md_type_checks *checks; /* of the pool; NULL: tables are not checked */
	struct md_str database;       /* its name for messages: a database id or "trino" */
	struct md_store *store;       /* of the plan's cache; NULL: it is not available, every id is a miss */
	/* Makes the statement for some of the ids (cache misses). The engine supplies it, because
	 * the executor does not write SQL. */
	int (*make_miss_stmt)(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values,
	                      const struct md_ids *ids, struct md_stmt *stmt, struct md_miss_shape *shape);
};

struct md_answer {
	bool from_cache;               /* the cache had rows */
	bool from_database;            /* a database was asked */
	uint32_t cache_hits;           /* ids that the cache had a usable row of */
	uint32_t cache_misses;         /* the other ids that the cache was asked for */
	bool cache_failed;             /* it could not answer */
	int64_t rows;                  /* handed out so far */
	int64_t count;                 /* count mode */
	bool more;                     /* the page has ended and there are rows behind it */
	const struct md_position *end; /* where the page ended; NULL: it has no row */
};

struct md_rows; /* one running answer, in the arena */

/* Starts. cx->deadline_ms is set. -1: the error is in cx->err and nothing runs. */
int md_rows_open(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_rows **out);

/* 1: a row, valid until the next call: a cell per bound.outputs, masked where the caller may not
 * see it clear. 0: complete (in count mode at once). -1: the answer is incomplete and the error is
 * set. */
int md_rows_next(struct md_rows *r, const struct md_cell **cells);

/* Ends the answer, complete or not. NULL is fine. */
void md_rows_close(struct md_rows *r);
const struct md_answer *md_rows_answer(const struct md_rows *r);

#endif
