/* The addresses of a Redis host. */
#ifndef MD_CACHE_REDIS_ADDRESSES_H
#define MD_CACHE_REDIS_ADDRESSES_H

#include "base/str.h"

#include <sys/socket.h>

enum { MD_MAX_ADDRESSES = 4 };

struct md_redis_address {
	struct sockaddr_storage at;
	socklen_t n;
};

struct md_redis_addresses;

struct md_redis_addresses *md_redis_addresses_new(struct md_str host, struct md_str port); /* NULL: out of memory */
void md_redis_addresses_free(struct md_redis_addresses *r);                                /* NULL is fine */

/* Returns how many addresses were found, the one to try first in front. 0: the name is unknown, or
 * was not resolved by deadline_us (monotonic). */
uint32_t md_redis_addresses_find(struct md_redis_addresses *r, int64_t deadline_us,
                                 struct md_redis_address out[MD_MAX_ADDRESSES]);

/* No address accepted a connection: the name is resolved again next time, and another address tried
 * first. */
void md_redis_addresses_failed(struct md_redis_addresses *r);

#endif
