/* The contract of a row cache: text keys to text values with a time to live, inside the process (memory) or in Redis. Thread safe.
 * A call is one batch: in Redis one round trip, within a budget of its own (50 ms, connecting included). Whatever goes wrong with a cache costs time,
 * never an answer: a failed get is all misses, a failed put is forgotten, and `trouble` says for the log what it was. */
#ifndef MD_CACHE_CACHE_H
#define MD_CACHE_CACHE_H

#include "base/arena.h"

struct md_store;

/* An in-process LRU bounded by bytes (keys and values). NULL when memory is out. */
struct md_store *md_store_memory(size_t max_bytes);

struct md_redis_options {
	struct md_str url;         /* redis://[user:password@]host[:port][/db]; a secret. Not such a url: every call fails and says so */
	uint32_t max_connections;  /* 0: 8 */
	int64_t budget_ms;         /* of one call; 0: 50 */
	uint32_t breaker_failures; /* in a row, until calls fail at once; 0: 5 */
	int64_t breaker_ms;        /* until the first probe; doubled after each failed one, up to thirty-fold; 0: 1,000 */
};
/* Copies the options. NULL when memory is out. Opens nothing yet. */
struct md_store *md_store_redis(const struct md_redis_options *o);

void md_store_free(struct md_store *s); /* nobody uses it any more. NULL is fine */

/* What a call works with and, when it failed, why. */
struct md_store_call {
	struct md_arena *arena;
	int64_t now_ms;        /* monotonic */
	int64_t deadline_ms;   /* of the request, monotonic; 0: none. The store's own budget holds besides */
	struct md_str trouble; /* out */
};

/* values[i] becomes a copy in the arena, or .p NULL for a miss. 0; -1: it can't answer, all are misses. */
int md_store_get(struct md_store *s, struct md_store_call *c, const struct md_str *keys, size_t n, struct md_str *values);

struct md_pair {
	struct md_str key, value;
};
/* ttl_ms 0: no expiry. 0; -1: not all were kept. */
int md_store_put(struct md_store *s, struct md_store_call *c, const struct md_pair *pairs, size_t n, int64_t ttl_ms);

struct md_store_counts {
	uint64_t round_trips, opened, broken; /* broken: connections thrown away */
	uint64_t failures, turned_away;       /* calls; turned away by the breaker */
	uint32_t open;                        /* connections at the moment */
	uint32_t followers;                   /* callers who have joined a flight of another's at the moment */
};
struct md_store_counts md_store_count(struct md_store *s); /* zeros for memory, but for followers */

/* Single flight: of the callers that miss one key at the same time one fetches the row, the others wait for it. A flight belongs to a
 * store, and a store to one snapshot, so that rows never pass from one configuration to another. */
struct md_flight;

struct md_flight_ask {
	struct md_str key;  /* of the cache */
	uint64_t source;    /* where the row is fetched; only those who would fetch it there share a flight */
	struct md_str who;  /* whose rows the caller may see; empty: all. Decides what an absent row means to others */
	int64_t since_us;   /* monotonic: when the look-up that missed began. A flight that landed later still counts */
};
enum md_landing { MD_FLYING, MD_LANDED_ROW, MD_LANDED_ABSENT, MD_LANDED_FAILED };

/* The flight that fetches it. *lead: it is the caller's to fetch, and to land whatever happens; otherwise to wait for, and to leave.
 * NULL, with *lead set, when memory is out: the caller fetches for himself alone. */
struct md_flight *md_flight_join(struct md_store *s, const struct md_flight_ask *ask, bool *lead);
/* value: of a row; copied. NULL flight is fine. */
void md_flight_land(struct md_store *s, struct md_flight *f, enum md_landing how, struct md_str value);
/* Waits until it has landed, at most until until_ms (monotonic). *value: of the row, valid until leave. */
enum md_landing md_flight_wait(struct md_store *s, struct md_flight *f, int64_t until_ms, struct md_str *value);
int64_t md_flight_landed_us(const struct md_flight *f); /* only after wait said that it has */
bool md_flight_saw_for(const struct md_flight *f, struct md_str who); /* would the leader have seen every row that `who` may see? */
void md_flight_leave(struct md_store *s, struct md_flight *f);

#endif
