/* Running a plan: connection, statement, rows. Knows contracts (driver, pool, cache), never a concrete driver, and never plans.
 * Rows come out by the query's output columns whatever their way: streamed from a database, put in the order of byIds, or merged from cache
 * and database. Memory is bounded by a constant for streams and by limits.ids rows for the others. */
#ifndef MD_EXECUTOR_EXECUTE_H
#define MD_EXECUTOR_EXECUTE_H

#include "cache/cache.h"
#include "cursor/position.h"
#include "drivers/pool/pool.h"
#include "planner/plan.h"
#include "resolve/shape.h"
#include "sqlgen/stmt.h"

#include <pthread.h>

/* What to run and with what. Everything is borrowed and outlives the rows. */
struct md_exec {
	const struct md_plan *plan;
	const struct md_bound *bound;
	const struct md_values *values;
	const struct md_stmt *stmt;
	const struct md_shape *shape;  /* of the statement */
	struct md_settings context;    /* goes with every statement that is started: what the database's own row security is to know of the caller */
	struct md_pool *pool;    /* of the plan's target; NULL: it can't be executed (EXECUTOR_MISSING) */
	struct md_str database;  /* its name for messages: a database id or "trino" */
	struct md_store *store;  /* of the plan's cache; NULL: it can't be asked, all ids are misses */
	/* The statement for some of the ids, those that the cache misses; the engine makes it, because the executor does not
	 * write SQL. */
	int (*miss)(struct md_ctx *cx, const struct md_plan *p, const struct md_values *values, const struct md_ids *ids,
	            struct md_stmt *stmt, struct md_miss_shape *shape);
};

/* The connection in use, shared with whoever wants to cancel. Zeroed and md_running_init'ed once, then reused. */
struct md_running {
	pthread_mutex_t lock;
	const struct md_driver *driver;
	void *conn;      /* NULL: nothing is running */
	bool cancelled;
};
int md_running_init(struct md_running *r);
void md_running_destroy(struct md_running *r);
void md_running_reset(struct md_running *r);  /* a cancel so far is forgotten */
void md_running_cancel(struct md_running *r); /* from any thread */
bool md_running_cancelled(struct md_running *r);

struct md_answer {
	bool from_cache, from_database; /* who was asked and gave rows, or was asked in vain */
	int64_t rows;                   /* handed out so far */
	int64_t count;                  /* count mode */
	bool more;                      /* a page that has ended: there are rows behind it */
	const struct md_position *end;  /* and where it ended; NULL: nowhere (no row) */
};

struct md_rows; /* one running answer, in the arena */

/* Starts. cx->deadline_ms is set. -1 with the error in cx->err; nothing is then left running. */
int md_rows_open(struct md_ctx *cx, const struct md_exec *x, struct md_running *run, struct md_rows **out);
/* 1: cells of bound.outputs in order, masked where the caller may not see them clear, valid until the next call; 0: complete (count mode: at once); -1: broke off, the error is set. */
int md_rows_next(struct md_rows *r, const struct md_cell **cells);
/* Ends it, complete or not. NULL is fine. */
void md_rows_close(struct md_rows *r);
const struct md_answer *md_rows_answer(const struct md_rows *r);

#endif
