/* A snapshot together with its connections and caches; replaced as a whole by a reload. Thread
 * safe, reference-counted. */
#ifndef MD_ENGINE_RUNTIME_H
#define MD_ENGINE_RUNTIME_H

#include "cache/cache.h"
#include "cursor/seal.h"
#include "drivers/pool/pool.h"
#include "executor/type_checks.h"
#include "planner/plan.h"

struct md_runtime;

/* Takes over the snapshot, also when it fails (NULL: out of memory). Opens no connection. */
struct md_runtime *md_runtime_new(struct md_snapshot *meta, size_t cache_bytes);
struct md_runtime *md_runtime_ref(struct md_runtime *rt);
void md_runtime_unref(struct md_runtime *rt); /* NULL is fine */

const struct md_snapshot *md_runtime_meta(const struct md_runtime *rt);

/* A pool, and what is known of the tables that it reaches. */
struct md_reach {
	struct md_pool *pool;
	struct md_type_checks *checks;
};

/* The pool that a plan's statements run on, made at first use. 0 and out->pool NULL where this
 * build can't execute there (no connection, no driver); -1 when out of memory. */
int md_runtime_pool(struct md_runtime *rt, const struct md_plan *p, struct md_reach *out);
int md_runtime_database_pool(struct md_runtime *rt, const struct md_database *d, struct md_reach *out);

/* Visits the pool of each database with a connection, and Trino's: what it counts, zero where no
 * query has used it. */
void md_runtime_each_pool(struct md_runtime *rt,
                          void (*visit)(void *arg, struct md_str id, const struct md_pool_counts *counts), void *arg);

/* The configured keys of cursors, made at first use; empty where none is configured or was read.
 * NULL: the record says why. */
const struct md_ring *md_runtime_ring(struct md_ctx *cx, struct md_runtime *rt);

/* The store of a cache; NULL where it can't be asked. */
struct md_store *md_runtime_store(struct md_runtime *rt, const struct md_cache *c);

#endif
