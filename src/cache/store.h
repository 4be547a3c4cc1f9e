/* What the stores have in common. Internal to the cache room. */
#ifndef MD_CACHE_STORE_H
#define MD_CACHE_STORE_H

#include "cache/cache.h"

#include <pthread.h>

struct md_store_ops {
	int (*get)(struct md_store *s, struct md_store_call *c, const struct md_str *keys, size_t n, struct md_str *values);
	int (*put)(struct md_store *s, struct md_store_call *c, const struct md_pair *pairs, size_t n, int64_t ttl_ms);
	struct md_store_counts (*count)(struct md_store *s); /* NULL: nothing to count */
	void (*free)(struct md_store *s);
};

/* Flights by key; those that landed a moment ago stay for the callers whose look-up was under way then. */
struct md_flights {
	pthread_mutex_t lock;
	pthread_cond_t landed;
	struct md_flight **buckets;
	struct md_flight *oldest, *newest; /* landed */
	size_t bytes;                      /* of the landed */
	uint32_t followers;
};
int md_flights_init(struct md_flights *f);
void md_flights_destroy(struct md_flights *f);

/* First member of every store. */
struct md_store {
	const struct md_store_ops *ops;
	struct md_flights flights;
};

/* A condition on the monotonic clock. */
bool md_cond_init(pthread_cond_t *c);
/* False when until_ms has passed. */
bool md_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until_ms);

#endif
