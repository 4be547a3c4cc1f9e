/* Calls to a store, whatever its implementation. */
#include "cache/private.h"

void md_store_free(struct md_store *s)
{
	if (!s)
		return;
	md_single_flight_destroy(&s->single_flight);
	s->ops->free(s);
}

int md_store_get(struct md_store *s, struct md_store_call *c, const struct md_str *keys, size_t n,
                 struct md_str *values)
{
	c->trouble = MD_NOSTR;
	if (s->ops->get(s, c, keys, n, values) == 0)
		return 0;

	memset(values, 0, n * sizeof *values); /* the values of an incomplete reply are not used */
	return -1;
}

int md_store_put(struct md_store *s, struct md_store_call *c, const struct md_pair *pairs, size_t n, int64_t ttl_ms)
{
	c->trouble = MD_NOSTR;
	return n ? s->ops->put(s, c, pairs, n, ttl_ms) : 0;
}

struct md_store_counts md_store_count(struct md_store *s)
{
	struct md_store_counts c = s->ops->count ? s->ops->count(s) : (struct md_store_counts){ 0 };
	pthread_mutex_lock(&s->single_flight.lock);
	c.followers = s->single_flight.followers;
	pthread_mutex_unlock(&s->single_flight.lock);
	return c;
}
