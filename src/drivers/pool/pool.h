/* A bounded pool of connections to one target. Thread safe. */
#ifndef MD_DRIVERS_POOL_H
#define MD_DRIVERS_POOL_H

#include "drivers/driver.h"

struct md_pool;

struct md_pool_options {
	uint32_t max, min;
	int64_t acquire_timeout_ms, idle_ms, max_lifetime_ms;
};

/* Copies target and options. NULL when out of memory. Opens nothing yet. */
struct md_pool *md_pool_new(const struct md_driver *d, const struct md_target *t, const struct md_pool_options *o);
void md_pool_free(struct md_pool *p); /* closes idle connections; none may be borrowed. NULL is fine */

/* A connection, idle or new (fresh: never an idle one). Waits at most the acquire timeout and until
 * cx->deadline_ms: POOL_EXHAUSTED; or until cx->cancelled: CANCELLED. -1 with the error set. */
int md_pool_take(struct md_ctx *cx, struct md_pool *p, bool fresh, void **conn);
/* Returns it to the pool; where it is not clean, or has expired, it is closed. */
void md_pool_give(struct md_pool *p, void *conn, bool clean);
const struct md_driver *md_pool_driver(const struct md_pool *p);
uint32_t md_pool_max(const struct md_pool *p); /* connections at the same time */

/* No connection that was opened before this call is taken again: what it has prepared was made for
 * tables that have changed. Borrowed ones are closed when they are returned. */
void md_pool_renew(struct md_pool *p);
/* Changes with every md_pool_renew. A connection that is taken later belongs to this or a later
 * one. */
uint32_t md_pool_epoch(struct md_pool *p);

struct md_pool_counts {
	uint32_t open, borrowed, waiting;
	uint64_t opened, timeouts;
};
struct md_pool_counts md_pool_count(struct md_pool *p);

#endif
