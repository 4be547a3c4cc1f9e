/* The parts of the Redis store: where it is, and one connection. Internal to the cache room. */
#ifndef MD_CACHE_REDIS_H
#define MD_CACHE_REDIS_H

#include "base/buf.h"

#include <sys/socket.h>

/* ---- redis_url.c: where ---- */

struct md_redis_url {
	struct md_str user, password, host, port; /* NUL-terminated; user and password .p NULL: none */
	uint32_t db;
};

/* redis://[user:password@]host[:port][/db], user and password percent-encoded, an IPv6 host in brackets. NULL, or what is wrong with it (never a
 * part of it: it is a secret). Memory out: see the arena. */
const char *md_redis_url_parse(struct md_arena *a, struct md_str url, struct md_redis_url *out);

/* ---- redis_names.c: the host's addresses ---- */

struct md_names;

struct md_names *md_names_new(struct md_str host, struct md_str port); /* NULL: memory is out */
void md_names_free(struct md_names *n);
enum { MD_ADDRESSES = 4 };
struct md_address {
	struct sockaddr_storage at;
	socklen_t n;
};
/* How many were found, the next to try first; 0: none by deadline_us (monotonic), or the name is unknown. */
uint32_t md_names_find(struct md_names *n, int64_t deadline_us, struct md_address out[MD_ADDRESSES]);
void md_names_failed(struct md_names *n); /* none of them could be reached: ask again next time, begin with another */

/* ---- redis_wire.c: one connection ---- */

struct md_wire {
	int fd;                     /* -1: closed */
	struct redisReader *reader;
};

/* What is expected of the replies, and what came of them. */
struct md_intake {
	struct md_arena *arena;
	struct md_str *values;  /* NULL: each reply is a status; else one reply, an array of n strings or nils */
	size_t n;
	struct md_str refused;  /* the first error reply's code word, "NOAUTH" */
	bool whole;             /* the reply at hand is of a type that was expected */
	bool wrong;             /* a reply of another type or size: the connection can't be trusted */
	size_t bytes;           /* read so far */
};

enum md_wired { MD_WIRED, MD_WIRE_STALE /* closed before a byte of reply came */, MD_WIRE_BROKEN };

/* Each gives up at deadline_us (monotonic); *trouble, in the arena or static, says why. */
enum md_wired md_wire_open(struct md_wire *w, const struct md_redis_url *u, struct md_names *names, int64_t deadline_us, struct md_arena *a, struct md_str *trouble);
/* Sends the request and reads exactly `replies` replies. Only after MD_WIRED the connection may be used again. */
enum md_wired md_wire_exchange(struct md_wire *w, struct md_str request, size_t replies, struct md_intake *in, int64_t deadline_us, struct md_str *trouble);
/* Closed by the server, or bytes came that nobody asked for? */
bool md_wire_fit(const struct md_wire *w);
void md_wire_close(struct md_wire *w); /* also of a zeroed one with fd -1 */

void md_wire_begin(struct md_buf *b, size_t args);         /* a command of so many arguments */
void md_wire_arg(struct md_buf *b, struct md_str arg);

#endif
