/* Looking a host name up can take seconds, and nothing stops it; a cache call has 50 ms. So names are looked up by a thread of their own, for which
 * callers wait as long as they may. Numeric addresses need none. */
#include "cache/redis.h"

#include "base/sys.h"
#include "cache/private.h"

#include <netdb.h>
#include <signal.h>
#include <stdlib.h>

enum state { UNKNOWN, ASKING, KNOWN, NOT_FOUND };

struct md_names {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	uint32_t refs;           /* owner and thread */
	enum state state;
	bool numeric;
	struct md_address addresses[MD_ADDRESSES];
	uint32_t n, first;       /* the one to begin with */
	char *host, *port;
};

/* 0, or -1: there is none. */
static int look_up(struct md_names *n, int flags, struct md_address out[MD_ADDRESSES], uint32_t *found)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV }, *list = NULL;
	*found = 0;
	if (getaddrinfo(n->host, n->port, &hints, &list))
		return -1;
	for (struct addrinfo *i = list; i && *found < MD_ADDRESSES; i = i->ai_next) {
		if (i->ai_addrlen > sizeof out->at)
			continue;
		memcpy(&out[*found].at, i->ai_addr, i->ai_addrlen);
		out[(*found)++].n = i->ai_addrlen;
	}
	freeaddrinfo(list);
	return *found ? 0 : -1;
}

static char *copied(struct md_str s)
{
	char *p = malloc(s.n + 1);
	if (p) {
		memcpy(p, s.p, s.n);
		p[s.n] = '\0';
	}
	return p;
}

static void destroy(struct md_names *n)
{
	free(n->host);
	free(n->port);
	free(n);
}

struct md_names *md_names_new(struct md_str host, struct md_str port)
{
	struct md_names *n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	n->refs = 1;
	n->host = copied(host);
	n->port = copied(port);
	if (!n->host || !n->port || pthread_mutex_init(&n->lock, NULL)) {
		destroy(n);
		return NULL;
	}
	if (!md_monotonic_cond_init(&n->answered)) {
		pthread_mutex_destroy(&n->lock);
		destroy(n);
		return NULL;
	}
	n->numeric = look_up(n, AI_NUMERICHOST, n->addresses, &n->n) == 0;
	n->state = n->numeric ? KNOWN : UNKNOWN;
	return n;
}

void md_names_free(struct md_names *n)
{
	if (!n)
		return;
	pthread_mutex_lock(&n->lock);
	bool last = --n->refs == 0;
	pthread_mutex_unlock(&n->lock);
	if (!last)
		return;
	pthread_cond_destroy(&n->answered);
	pthread_mutex_destroy(&n->lock);
	destroy(n);
}

static void *ask(void *arg)
{
	struct md_names *n = arg;
	struct md_address found[MD_ADDRESSES];
	uint32_t count;
	int rc = look_up(n, 0, found, &count);
	pthread_mutex_lock(&n->lock);
	n->state = rc ? NOT_FOUND : KNOWN;
	n->n = count;
	memcpy(n->addresses, found, count * sizeof *found);
	pthread_cond_broadcast(&n->answered);
	pthread_mutex_unlock(&n->lock);
	md_names_free(n);
	return NULL;
}

/* Under the lock. */
static void begin_asking(struct md_names *n)
{
	pthread_t t;
	sigset_t all, old;
	n->state = ASKING;
	n->refs++;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* the host's signals are not for this thread */
	int rc = pthread_create(&t, NULL, ask, n);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc) {
		n->refs--;
		n->state = UNKNOWN;
		return;
	}
	pthread_detach(t);
}

uint32_t md_names_find(struct md_names *n, int64_t deadline_us, struct md_address out[MD_ADDRESSES])
{
	pthread_mutex_lock(&n->lock);
	if (n->state == UNKNOWN || n->state == NOT_FOUND)
		begin_asking(n);
	while (n->state == ASKING && md_monotonic_cond_wait(&n->answered, &n->lock, deadline_us / 1000))
		;
	uint32_t count = n->state == KNOWN ? n->n : 0;
	for (uint32_t i = 0; i < count; i++)
		out[i] = n->addresses[(n->first + i) % count];
	pthread_mutex_unlock(&n->lock);
	return count;
}

void md_names_failed(struct md_names *n)
{
	pthread_mutex_lock(&n->lock);
	n->first++;
	if (n->state == KNOWN && !n->numeric)
		n->state = UNKNOWN;
	pthread_mutex_unlock(&n->lock);
}
