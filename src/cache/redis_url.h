#ifndef MD_CACHE_REDIS_URL_H
#define MD_CACHE_REDIS_URL_H

#include "base/arena.h"

struct md_redis_url {
	struct md_str user, password; /* NUL-terminated; .p NULL: none */
	struct md_str host, port;     /* NUL-terminated */
	uint32_t db;
};

/* Accepts redis://[user:password@]host[:port][/db] with a percent-encoded user and password, and an
 * IPv6 host in brackets. NULL, or a message that names the problem but no part of the url, which is
 * a secret. The arena tells when memory ran short. */
const char *md_redis_url_parse(struct md_arena *a, struct md_str url, struct md_redis_url *out);

#endif
