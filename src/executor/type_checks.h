/* The check that a statement fits the tables of its database. Before a table is first used on a
 * pool, the catalog is read on the connection that the statement has: one statement a table and
 * pool, kept for limits.typeCheckMs. Every column that the statement names has to be there and to
 * be of the type that the configuration says. Thread safe; threads that need the same reading wait
 * for one of them. */
#ifndef MD_EXECUTOR_TYPE_CHECKS_H
#define MD_EXECUTOR_TYPE_CHECKS_H

#include "drivers/pool/pool.h"
#include "planner/plan.h"

struct md_exec;
struct md_type_checks; /* what is known of the tables of one pool */

/* The tables are those of the snapshot; the pool outlives the checks. NULL: out of memory. */
struct md_type_checks *md_type_checks_new(const struct md_snapshot *meta, struct md_pool *pool);
void md_type_checks_free(struct md_type_checks *k); /* NULL is fine */

/* Does the statement fit? It is to run on the connection, which is idle. FAILED: TYPE_MISMATCH, or
 * the catalog could not be read; STALE: the connection was dead. */
enum md_started md_check_types(struct md_ctx *cx, const struct md_exec *x, const struct md_stmt *s, void *conn);

/* The tables of the statement may have been altered: they are read again before their next use. */
void md_doubt_types(const struct md_exec *x, const struct md_stmt *s);

#endif
