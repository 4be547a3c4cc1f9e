/* One connection to Redis, and requests in its protocol (RESP). */
#ifndef MD_CACHE_REDIS_CONNECTION_H
#define MD_CACHE_REDIS_CONNECTION_H

#include "base/buf.h"
#include "cache/redis_addresses.h"
#include "cache/redis_url.h"

struct md_redis_connection {
	int fd; /* -1: closed */
	struct redisReader *reader;
};

/* Which replies are expected, and what they contained. */
struct md_redis_replies {
	struct md_arena *arena;
	struct md_str *values; /* NULL: each reply is a status; else: one reply, an array of n strings or nils */
	size_t n;
	struct md_str error_word; /* of the first error reply, "NOAUTH"; .p NULL: none */
	bool is_expected;         /* the current reply has the expected type */
	bool has_unexpected;      /* a reply had another type or size: the connection cannot be used again */
	size_t bytes_read;
};

enum md_exchange_result {
	MD_EXCHANGE_DONE,
	MD_EXCHANGE_STALE, /* the server had closed the connection before the first byte of a reply */
	MD_EXCHANGE_FAILED
};

/* Both give up at deadline_us (monotonic). *trouble says why, in the arena or static. Only after
 * MD_EXCHANGE_DONE the connection may be used again. */
enum md_exchange_result md_redis_connection_open(struct md_redis_connection *c, const struct md_redis_url *u,
                                                 struct md_redis_addresses *addresses, int64_t deadline_us,
                                                 struct md_arena *a, struct md_str *trouble);
/* Sends the request and reads exactly n_replies replies. */
enum md_exchange_result md_redis_connection_exchange(struct md_redis_connection *c, struct md_str request,
                                                     size_t n_replies, struct md_redis_replies *r,
                                                     int64_t deadline_us, struct md_str *trouble);

/* Is the idle connection still open, without bytes that no request asked for? */
bool md_redis_connection_is_usable(const struct md_redis_connection *c);
/* A zeroed connection with fd -1 is fine. */
void md_redis_connection_close(struct md_redis_connection *c);

/* ---- requests ---- */

/* Begins a command of so many arguments, its name included. */
void md_redis_begin_command(struct md_buf *b, size_t n_arguments);
void md_redis_add_argument(struct md_buf *b, struct md_str argument);

#endif
