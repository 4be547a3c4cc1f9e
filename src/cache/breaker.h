/* A circuit breaker: after some failures in a row calls are turned away at once; after a while exactly one may probe, and its outcome decides.
 * Thread safe. Time is given, so that tests have their own. */
#ifndef MD_CACHE_BREAKER_H
#define MD_CACHE_BREAKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct md_breaker {
	pthread_mutex_t lock;
	uint32_t limit, failures; /* failures in a row */
	int64_t first_ms, wait_ms, open_until_ms;
	bool open, probing;
};

enum md_admission { MD_TURNED_AWAY, MD_ADMITTED, MD_PROBE };

int md_breaker_init(struct md_breaker *b, uint32_t limit, int64_t first_ms);
void md_breaker_destroy(struct md_breaker *b);
enum md_admission md_breaker_ask(struct md_breaker *b, int64_t now_ms);
/* The outcome of a call that was let through (not of one turned away). Calls from before it opened decide nothing any more. */
void md_breaker_tell(struct md_breaker *b, enum md_admission how, bool ok, int64_t now_ms);

#endif
