/* What the stores of the cache room have in common. */
#ifndef MD_CACHE_PRIVATE_H
#define MD_CACHE_PRIVATE_H

#include "cache/cache.h"

#include <pthread.h>

/* One implementation of a store. `values` need not be complete when `get` fails. */
struct md_store_ops {
	int (*get)(struct md_store *s, struct md_store_call *c, const struct md_str *keys, size_t n,
	           struct md_str *values);
	int (*put)(struct md_store *s, struct md_store_call *c, const struct md_pair *pairs, size_t n, int64_t ttl_ms);
	struct md_store_counts (*count)(struct md_store *s); /* NULL: the store counts nothing */
	void (*free)(struct md_store *s);
};

/* Fetches by key: those that are running, and those published a moment ago, which callers may still
 * join whose look-up had begun by then. */
struct md_single_flight {
	pthread_mutex_t lock;
	pthread_cond_t published;
	struct md_shared_fetch **buckets;
	struct md_shared_fetch *oldest, *newest; /* of the published ones */
	size_t published_bytes;                  /* that the published ones take */
	uint32_t followers;
};

/* The first member of every store. */
struct md_store {
	const struct md_store_ops *ops;
	struct md_single_flight single_flight;
};

/* ---- single_flight.c ---- */

int md_single_flight_init(struct md_single_flight *sf); /* -1: out of memory */
void md_single_flight_destroy(struct md_single_flight *sf);

#endif
