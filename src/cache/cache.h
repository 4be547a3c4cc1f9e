/* The contract of a row cache: text keys to text values with a time to live, either in this process
 * (memory) or in Redis. Every function is thread safe. A call is one batch; in Redis it is one
 * round trip within a budget of its own (50 ms by default, connecting included). A failing cache
 * costs time but never changes an answer: a failed get reports every key as a miss, a failed put is
 * dropped, and `trouble` names the reason for the log. */
#ifndef MD_CACHE_CACHE_H
#define MD_CACHE_CACHE_H

#include "base/arena.h"

struct md_store;

/* An in-process LRU cache whose keys and values take at most max_bytes. NULL: out of memory. */
struct md_store *md_store_memory(size_t max_bytes);

struct md_redis_options {
	/* redis://[user:password@]host[:port][/db]; a secret. With an invalid url every call fails
	 * and says so */
	struct md_str url;
	uint32_t max_connections;  /* 0: 8 */
	int64_t budget_ms;         /* of one call; 0: 50 */
	uint32_t breaker_failures; /* consecutive failures after which calls are rejected at once; 0: 5 */
	int64_t breaker_ms;        /* until the first probe; doubles after each failed one, up to
	                            * thirty-fold; 0: 1,000 */
};
/* Copies the options and opens no connection yet. NULL: out of memory. */
struct md_store *md_store_redis(const struct md_redis_options *o);

/* No other thread may be using the store any more. NULL is fine. */
void md_store_free(struct md_store *s);

/* The inputs of one call and, if it failed, the reason. */
struct md_store_call {
	struct md_arena *arena;
	int64_t now_ms;        /* monotonic */
	int64_t deadline_ms;   /* of the request, monotonic; 0: none. The store's own budget applies as well */
	struct md_str trouble; /* out */
};

/* values[i] becomes a copy in the arena; .p is NULL for a miss. 0, or -1: the store cannot answer
 * and every key is a miss. */
int md_store_get(struct md_store *s, struct md_store_call *c, const struct md_str *keys, size_t n,
                 struct md_str *values);

struct md_pair {
	struct md_str key, value;
};
/* ttl_ms 0: the pairs never expire. 0, or -1: not all of them were stored. */
int md_store_put(struct md_store *s, struct md_store_call *c, const struct md_pair *pairs, size_t n, int64_t ttl_ms);

struct md_store_counts {
	uint64_t round_trips;
	uint64_t opened, broken;     /* connections opened; connections closed because they could not be reused */
	uint64_t failures, rejected; /* calls that failed; calls that the circuit breaker rejected */
	uint32_t open;               /* connections at the moment */
	uint32_t followers;          /* callers that have joined another caller's fetch at the moment */
};
/* The memory store counts its followers alone. */
struct md_store_counts md_store_count(struct md_store *s);

/* ---- single flight ---- */

/* One fetch of a row that several callers need. Of the callers that miss one key at the same time
 * and may see the same rows, the first one leads: it fetches the row and publishes the outcome. The
 * others follow: they wait for the outcome. Fetches belong to a store and a store belongs to one
 * metadata snapshot, so rows never pass from one configuration to another. */
struct md_shared_fetch;

struct md_fetch_request {
	struct md_str key; /* in the cache */

	/* Callers share a fetch only of the same table, from the same database or replica, and only
	 * if their visibility keys are equal: the outcome is then the same for all of them. */
	uint32_t table;
	uint64_t source;
	struct md_str visibility_key;

	/* Monotonic: when the look-up that missed began. A fetch published later than that may
	 * still be joined. */
	int64_t lookup_began_us;
};

enum md_fetch_outcome { MD_FETCH_RUNNING, MD_FETCH_ROW, MD_FETCH_ABSENT, MD_FETCH_FAILED };

/* Joins the fetch of the key, or starts it. *leads: the caller has to fetch the row and to publish
 * the outcome, whatever happens; otherwise it may wait and has to leave. NULL with *leads set: out
 * of memory, the caller fetches for itself alone. */
struct md_shared_fetch *md_fetch_join(struct md_store *s, const struct md_fetch_request *request, bool *leads);

/* Ends the leader's part. The value of a row is copied. A NULL fetch is fine. */
void md_fetch_publish(struct md_store *s, struct md_shared_fetch *f, enum md_fetch_outcome outcome,
                      struct md_str value);

/* Waits until the outcome is published, at most until until_ms (monotonic). *value: the row, valid
 * until the caller leaves. */
enum md_fetch_outcome md_fetch_wait(struct md_store *s, struct md_shared_fetch *f, int64_t until_ms,
                                    struct md_str *value);

/* When the outcome was published (monotonic). Only after md_fetch_wait has returned an outcome. */
int64_t md_fetch_published_us(const struct md_shared_fetch *f);

/* Ends a follower's part, before or after the outcome is published. */
void md_fetch_leave(struct md_store *s, struct md_shared_fetch *f);

#endif
