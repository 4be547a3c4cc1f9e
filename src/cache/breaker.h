/* A circuit breaker. After some consecutive failures it rejects calls at once; after a wait it
 * admits exactly one call as a probe, whose outcome closes or reopens the breaker. Thread safe. The
 * caller passes the time, so that tests can use their own. */
#ifndef MD_CACHE_BREAKER_H
#define MD_CACHE_BREAKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct md_breaker {
	pthread_mutex_t lock;
	uint32_t failure_limit, failures; /* consecutive failures */
	int64_t first_wait_ms, wait_ms, open_until_ms;
	bool is_open, is_probing;
};

enum md_admission { MD_CALL_REJECTED, MD_CALL_ADMITTED, MD_CALL_IS_PROBE };

int md_breaker_init(struct md_breaker *b, uint32_t failure_limit, int64_t first_wait_ms);
void md_breaker_destroy(struct md_breaker *b);

/* Whether a call may be made now. */
enum md_admission md_breaker_admit(struct md_breaker *b, int64_t now_ms);

/* Records the outcome of a call that was admitted. The outcome of a call that was admitted before
 * the breaker opened changes nothing. */
void md_breaker_record(struct md_breaker *b, enum md_admission admission, bool succeeded, int64_t now_ms);

#endif
