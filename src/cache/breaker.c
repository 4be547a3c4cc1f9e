#include "cache/breaker.h"

enum { LONGEST = 30 }; /* times the first wait */

int md_breaker_init(struct md_breaker *b, uint32_t limit, int64_t first_ms)
{
	*b = (struct md_breaker){ .limit = limit, .first_ms = first_ms };
	return pthread_mutex_init(&b->lock, NULL) ? -1 : 0;
}

void md_breaker_destroy(struct md_breaker *b)
{
	pthread_mutex_destroy(&b->lock);
}

enum md_admission md_breaker_ask(struct md_breaker *b, int64_t now_ms)
{
	enum md_admission how = MD_ADMITTED;
	pthread_mutex_lock(&b->lock);
	if (b->open && (b->probing || now_ms < b->open_until_ms))
		how = MD_TURNED_AWAY;
	else if (b->open)
		how = MD_PROBE;
	b->probing |= how == MD_PROBE;
	pthread_mutex_unlock(&b->lock);
	return how;
}

static void open_breaker(struct md_breaker *b, int64_t wait_ms, int64_t now_ms)
{
	b->open = true;
	b->wait_ms = wait_ms < LONGEST * b->first_ms ? wait_ms : LONGEST * b->first_ms;
	b->open_until_ms = now_ms + b->wait_ms;
}

void md_breaker_tell(struct md_breaker *b, enum md_admission how, bool ok, int64_t now_ms)
{
	pthread_mutex_lock(&b->lock);
	if (how == MD_PROBE) {
		b->probing = false;
		b->failures = 0;
		b->open = false;
		if (!ok)
			open_breaker(b, b->wait_ms * 2, now_ms);
	} else if (!b->open) {
		b->failures = ok ? 0 : b->failures + 1;
		if (b->failures >= b->limit)
			open_breaker(b, b->first_ms, now_ms);
	}
	pthread_mutex_unlock(&b->lock);
}
