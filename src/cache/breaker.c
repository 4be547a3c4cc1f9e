#include "cache/breaker.h"

enum { MAX_WAIT_FACTOR = 30 }; /* the longest wait is so many times the first one */

int md_breaker_init(struct md_breaker *b, uint32_t failure_limit, int64_t first_wait_ms)
{
	*b = (struct md_breaker){ .failure_limit = failure_limit, .first_wait_ms = first_wait_ms };
	return pthread_mutex_init(&b->lock, NULL) ? -1 : 0;
}

void md_breaker_destroy(struct md_breaker *b)
{
	pthread_mutex_destroy(&b->lock);
}

enum md_admission md_breaker_admit(struct md_breaker *b, int64_t now_ms)
{
	enum md_admission admission = MD_CALL_ADMITTED;
	pthread_mutex_lock(&b->lock);
	if (b->is_open && (b->is_probing || now_ms < b->open_until_ms)) {
		admission = MD_CALL_REJECTED;
	} else if (b->is_open) {
		admission = MD_CALL_IS_PROBE;
		b->is_probing = true;
	}
	pthread_mutex_unlock(&b->lock);
	return admission;
}

static void open_breaker(struct md_breaker *b, int64_t wait_ms, int64_t now_ms)
{
	int64_t longest_ms = MAX_WAIT_FACTOR * b->first_wait_ms;
	b->is_open = true;
	b->wait_ms = wait_ms < longest_ms ? wait_ms : longest_ms;
	b->open_until_ms = now_ms + b->wait_ms;
}

void md_breaker_record(struct md_breaker *b, enum md_admission admission, bool succeeded, int64_t now_ms)
{
	pthread_mutex_lock(&b->lock);
	if (admission == MD_CALL_IS_PROBE) {
		b->is_probing = false;
		b->failures = 0;
		b->is_open = false;
		if (!succeeded)
			open_breaker(b, b->wait_ms * 2, now_ms);
	} else if (!b->is_open) {
		b->failures = succeeded ? 0 : b->failures + 1;
		if (b->failures >= b->failure_limit)
			open_breaker(b, b->first_wait_ms, now_ms);
	}
	pthread_mutex_unlock(&b->lock);
}
