/* Resolving a host name can take seconds and cannot be cancelled, whereas a cache call has 50 ms. A
 * separate thread therefore resolves names, and each caller waits for it as long as its deadline
 * allows. Numeric addresses need no thread. */
#include "cache/redis_addresses.h"

#include "base/sys.h"
#include "cache/private.h"

#include <netdb.h>
#include <signal.h>
#include <stdlib.h>

enum resolution { UNRESOLVED, RESOLVING, RESOLVED, NOT_FOUND };

struct md_redis_addresses {
	pthread_mutex_t lock;
	pthread_cond_t resolved;
	uint32_t refs; /* the owner, and the thread while it runs */
	enum resolution state;
	bool is_numeric;
	struct md_redis_address addresses[MD_MAX_ADDRESSES];
	uint32_t n, first; /* first: the address to try first */
	char *host, *port;
};

/* 0, or -1: there is no address. */
static int resolve_host(struct md_redis_addresses *r, int flags, struct md_redis_address out[MD_MAX_ADDRESSES],
                        uint32_t *n)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV }, *list = NULL;
	*n = 0;
	if (getaddrinfo(r->host, r->port, &hints, &list))
		return -1;

	for (struct addrinfo *i = list; i && *n < MD_MAX_ADDRESSES; i = i->ai_next) {
		if (i->ai_addrlen > sizeof out->at)
			continue;
		memcpy(&out[*n].at, i->ai_addr, i->ai_addrlen);
		out[(*n)++].n = i->ai_addrlen;
	}
	freeaddrinfo(list);
	return *n ? 0 : -1;
}

/* NULL: out of memory. */
static char *copy_to_heap(struct md_str s)
{
	char *p = malloc(s.n + 1);
	if (p) {
		memcpy(p, s.p, s.n);
		p[s.n] = '\0';
	}
	return p;
}

static void free_addresses(struct md_redis_addresses *r)
{
	free(r->host);
	free(r->port);
	free(r);
}

struct md_redis_addresses *md_redis_addresses_new(struct md_str host, struct md_str port)
{
	struct md_redis_addresses *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->refs = 1;
	r->host = copy_to_heap(host);
	r->port = copy_to_heap(port);
	if (!r->host || !r->port || pthread_mutex_init(&r->lock, NULL)) {
		free_addresses(r);
		return NULL;
	}
	if (!md_monotonic_cond_init(&r->resolved)) {
		pthread_mutex_destroy(&r->lock);
		free_addresses(r);
		return NULL;
	}

	r->is_numeric = resolve_host(r, AI_NUMERICHOST, r->addresses, &r->n) == 0;
	r->state = r->is_numeric ? RESOLVED : UNRESOLVED;
	return r;
}

void md_redis_addresses_free(struct md_redis_addresses *r)
{
	if (!r)
		return;

	pthread_mutex_lock(&r->lock);
	bool is_last = --r->refs == 0;
	pthread_mutex_unlock(&r->lock);
	if (!is_last)
		return;

	pthread_cond_destroy(&r->resolved);
	pthread_mutex_destroy(&r->lock);
	free_addresses(r);
}

static void *resolver_thread(void *arg)
{
	struct md_redis_addresses *r = arg;
	struct md_redis_address found[MD_MAX_ADDRESSES];
	uint32_t n;
	int rc = resolve_host(r, 0, found, &n);

	pthread_mutex_lock(&r->lock);
	r->state = rc ? NOT_FOUND : RESOLVED;
	r->n = n;
	memcpy(r->addresses, found, n * sizeof *found);
	pthread_cond_broadcast(&r->resolved);
	pthread_mutex_unlock(&r->lock);
	md_redis_addresses_free(r);
	return NULL;
}

/* Under the lock. */
static void start_resolver(struct md_redis_addresses *r)
{
	pthread_t t;
	sigset_t all, old;
	r->state = RESOLVING;
	r->refs++;

	/* This thread must not receive signals that the host program handles. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(&t, NULL, resolver_thread, r);
	pthread_sigmask(SIG_SETMASK, &old, NULL);

	if (rc) {
		r->refs--;
		r->state = UNRESOLVED;
		return;
	}
	pthread_detach(t);
}

uint32_t md_redis_addresses_find(struct md_redis_addresses *r, int64_t deadline_us,
                                 struct md_redis_address out[MD_MAX_ADDRESSES])
{
	bool in_time = true;
	pthread_mutex_lock(&r->lock);
	if (r->state == UNRESOLVED || r->state == NOT_FOUND)
		start_resolver(r);
	while (in_time && r->state == RESOLVING)
		in_time = md_monotonic_cond_wait(&r->resolved, &r->lock, deadline_us / 1000);

	uint32_t n = r->state == RESOLVED ? r->n : 0;
	for (uint32_t i = 0; i < n; i++)
		out[i] = r->addresses[(r->first + i) % n];
	pthread_mutex_unlock(&r->lock);
	return n;
}

void md_redis_addresses_failed(struct md_redis_addresses *r)
{
	pthread_mutex_lock(&r->lock);
	r->first++;
	if (r->state == RESOLVED && !r->is_numeric)
		r->state = UNRESOLVED;
	pthread_mutex_unlock(&r->lock);
}
