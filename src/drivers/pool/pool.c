/* See pool.h. Idle connections are taken last in, first out, so that the surplus of a busy hour
 * stays idle and expires; waiting callers are served first come, first served: a free connection
 * goes to the caller that has waited longest, and new callers queue behind. The lock is never held
 * across I/O. `min` connections are exempt from idle expiry; none is opened before it is needed. */
#include "drivers/pool/pool.h"

#include "base/sys.h"
#include "drivers/failure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum slot_state { SLOT_CLOSED, SLOT_IDLE, SLOT_BORROWED };
#define NO_SLOT UINT32_MAX
enum { CANCEL_SLICE_MS = 50 };

struct slot {
	void *conn;      /* NULL while it is being opened */
	enum slot_state state;
	uint32_t older;  /* idle: the next older idle slot */
	uint32_t epoch;  /* of the pool when the connection was opened */
	int64_t opened_ms, idle_ms;
};

struct waiter {
	pthread_cond_t cond;
	struct waiter *next;
	uint32_t slot;   /* handed over, already marked as borrowed; NO_SLOT until then */
};

struct md_pool {
	const struct md_driver *driver;
	struct md_target target;
	struct md_pool_options options;
	struct md_arena arena; /* the target's copy */
	pthread_mutex_t lock;
	struct waiter *first, *last;
	uint32_t newest;       /* idle slot, NO_SLOT: none */
	uint32_t waiting;
	atomic_uint epoch;     /* written under the lock */
	uint64_t opened, timeouts;
	struct slot slots[];
};

static const struct md_tls *copy_tls(struct md_pool *p, const struct md_tls *t)
{
	struct md_tls *copy = t ? md_alloc(&p->arena, sizeof *copy) : NULL;
	if (copy)
		*copy = (struct md_tls){ t->verify, md_str_dup(&p->arena, t->ca), md_str_dup(&p->arena, t->cert),
			                 md_str_dup(&p->arena, t->key) };
	return copy;
}

static bool copy_target(struct md_pool *p, const struct md_target *t)
{
	struct md_attach *attach = md_new_n(&p->arena, struct md_attach, t->n_attach);
	struct md_setting *session = md_new_n(&p->arena, struct md_setting, t->n_session);
	p->target = (struct md_target){ .id = md_str_dup(&p->arena, t->id),
		                        .url = md_str_dup(&p->arena, t->url),
		                        .attach = attach,
		                        .n_attach = t->n_attach,
		                        .session = session,
		                        .n_session = t->n_session,
		                        .statement_timeout_ms = t->statement_timeout_ms,
		                        .tls = copy_tls(p, t->tls),
		                        .transaction = t->transaction,
		                        .native = t->native,
		                        .role = md_str_dup(&p->arena, t->role),
		                        .written_settings = md_str_dup(&p->arena, t->written_settings) };
	for (uint32_t i = 0; attach && i < t->n_attach; i++)
		attach[i] = (struct md_attach){ md_str_dup(&p->arena, t->attach[i].id),
			                        md_str_dup(&p->arena, t->attach[i].url) };
	for (uint32_t i = 0; session && i < t->n_session; i++)
		session[i] = (struct md_setting){ md_str_dup(&p->arena, t->session[i].name),
			                          md_str_dup(&p->arena, t->session[i].value) };
	return !p->arena.oom;
}

struct md_pool *md_pool_new(const struct md_driver *d, const struct md_target *t, const struct md_pool_options *o)
{
	uint32_t max = o->max ? o->max : 1;
	struct md_pool *p = calloc(1, sizeof *p + max * sizeof *p->slots);
	if (!p)
		return NULL;
	p->driver = d;
	p->options = *o;
	p->options.max = max;
	p->newest = NO_SLOT;
	if (!copy_target(p, t) || pthread_mutex_init(&p->lock, NULL)) {
		md_arena_free(&p->arena);
		free(p);
		return NULL;
	}
	return p;
}

void md_pool_free(struct md_pool *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->options.max; i++)
		p->driver->close(p->slots[i].conn);
	pthread_mutex_destroy(&p->lock);
	if (p->target.url.n)
		explicit_bzero((void *)(uintptr_t)p->target.url.p, p->target.url.n);
	md_arena_free(&p->arena);
	free(p);
}

const struct md_driver *md_pool_driver(const struct md_pool *p)
{
	return p->driver;
}

uint32_t md_pool_max(const struct md_pool *p)
{
	return p->options.max;
}

void md_pool_renew(struct md_pool *p)
{
	pthread_mutex_lock(&p->lock);
	atomic_fetch_add_explicit(&p->epoch, 1, memory_order_release);
	pthread_mutex_unlock(&p->lock);
}

uint32_t md_pool_epoch(struct md_pool *p)
{
	return atomic_load_explicit(&p->epoch, memory_order_acquire);
}

static bool too_old(const struct md_pool *p, const struct slot *s, int64_t now)
{
	if (s->epoch != atomic_load_explicit(&p->epoch, memory_order_relaxed))
		return true;
	return p->options.max_lifetime_ms && now - s->opened_ms >= p->options.max_lifetime_ms;
}

static bool too_idle(const struct md_pool *p, const struct slot *s, int64_t now)
{
	return p->options.idle_ms && now - s->idle_ms >= p->options.idle_ms;
}

/* A slot for a newcomer, marked as borrowed; NO_SLOT: all are in use or others wait already. */
static uint32_t pick(struct md_pool *p)
{
	uint32_t i = p->newest;
	if (p->first)
		return NO_SLOT;
	if (i != NO_SLOT)
		p->newest = p->slots[i].older;
	else
		for (i = 0; i < p->options.max && p->slots[i].state != SLOT_CLOSED; i++)
			;
	if (i == p->options.max)
		return NO_SLOT;
	p->slots[i].state = SLOT_BORROWED;
	return i;
}

static void leave_queue(struct md_pool *p, struct waiter *w)
{
	struct waiter *before = NULL;
	for (struct waiter **link = &p->first; *link; before = *link, link = &before->next)
		if (*link == w) {
			*link = w->next;
			if (p->last == w)
				p->last = before;
			break;
		}
}

static bool is_cancelled(const struct md_ctx *cx)
{
	return cx->cancelled && atomic_load_explicit(cx->cancelled, memory_order_relaxed);
}

/* Under the lock. Waits in slices: a cancel does not know the pool. */
static uint32_t wait_for_slot(const struct md_ctx *cx, struct md_pool *p, int64_t until_ms)
{
	struct waiter w = { .slot = NO_SLOT };
	if (!md_monotonic_cond_init(&w.cond))
		return NO_SLOT;
	if (p->first)
		p->last->next = &w;
	else
		p->first = &w;
	p->last = &w;
	p->waiting++;
	for (int64_t now; w.slot == NO_SLOT && !is_cancelled(cx) && (now = md_monotonic_ms()) < until_ms;) {
		int64_t slice_ms = until_ms - now < CANCEL_SLICE_MS ? until_ms : now + CANCEL_SLICE_MS;
		md_monotonic_cond_wait(&w.cond, &p->lock, slice_ms);
	}
	p->waiting--;
	if (w.slot == NO_SLOT)
		leave_queue(p, &w);
	pthread_cond_destroy(&w.cond);
	return w.slot;
}

/* Under the lock: a slot that its holder no longer needs goes to the first waiter, or rests. */
static void pass_on(struct md_pool *p, uint32_t i, int64_t now)
{
	struct slot *s = &p->slots[i];
	struct waiter *w = p->first;
	if (w) {
		p->first = w->next;
		w->slot = i;
		pthread_cond_signal(&w->cond);
		return;
	}
	s->state = s->conn ? SLOT_IDLE : SLOT_CLOSED;
	if (!s->conn)
		return;
	s->idle_ms = now;
	s->older = p->newest;
	p->newest = i;
}

static int fail_exhausted(struct md_ctx *cx, const struct md_pool *p, int64_t waited_ms)
{
	return md_fail_with(cx, MD_POOL_EXHAUSTED, MD_DETAILS(.database = p->target.id), MD_NOSTR,
	                    "all %u connections to database '%.*s' are in use: none became free within %lld ms",
	                    p->options.max,
	                    MD_FMT(p->target.id), (long long)waited_ms);
}

/* Under the lock, which is released. */
static int fail_waiting(struct md_ctx *cx, struct md_pool *p, int64_t since_ms)
{
	bool cancelled = is_cancelled(cx);
	p->timeouts += !cancelled;
	pthread_mutex_unlock(&p->lock);
	if (cancelled)
		return md_fail_cancelled(cx, p->target.id, MD_NOSTR);
	return fail_exhausted(cx, p, md_monotonic_ms() - since_ms);
}

/* Opens a new connection in a borrowed slot. */
static int open_slot(struct md_ctx *cx, struct md_pool *p, uint32_t i)
{
	struct slot *s = &p->slots[i];
	void *conn = NULL;
	uint32_t epoch = md_pool_epoch(p);
	int rc = p->driver->open(cx, &p->target, &conn);
	int64_t now = md_monotonic_ms();
	pthread_mutex_lock(&p->lock);
	s->conn = rc ? NULL : conn;
	s->opened_ms = now;
	s->epoch = epoch;
	if (rc)
		pass_on(p, i, now);
	else
		p->opened++;
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int md_pool_take(struct md_ctx *cx, struct md_pool *p, bool fresh, void **conn)
{
	int64_t now = md_monotonic_ms(), until = now + p->options.acquire_timeout_ms;
	if (cx->deadline_ms && cx->deadline_ms < until)
		until = cx->deadline_ms;
	*conn = NULL;
	pthread_mutex_lock(&p->lock);
	uint32_t i = pick(p);
	if (i == NO_SLOT) {
		i = wait_for_slot(cx, p, until);
		if (i == NO_SLOT)
			return fail_waiting(cx, p, now);
		now = md_monotonic_ms();
	}
	struct slot *s = &p->slots[i];
	void *old = NULL;
	if (s->conn && (fresh || too_old(p, s, now) || too_idle(p, s, now))) {
		old = s->conn;
		s->conn = NULL;
	}
	bool open = s->conn == NULL;
	pthread_mutex_unlock(&p->lock);
	p->driver->close(old);
	if (open && open_slot(cx, p, i))
		return -1;
	*conn = s->conn;
	return 0;
}

/* Under the lock: takes one connection that has been idle for too long out of the pool; NULL: none.
 * The oldest are deepest. */
static void *take_expired(struct md_pool *p, int64_t now)
{
	uint32_t open = 0, *link = NULL;
	if (!p->options.idle_ms && !p->options.max_lifetime_ms)
		return NULL;
	for (uint32_t i = 0; i < p->options.max; i++)
		open += p->slots[i].state != SLOT_CLOSED;
	for (uint32_t *l = &p->newest; *l != NO_SLOT; l = &p->slots[*l].older) {
		struct slot *s = &p->slots[*l];
		if (too_old(p, s, now) || (open > p->options.min && too_idle(p, s, now)))
			link = l;
	}
	if (!link)
		return NULL;
	struct slot *s = &p->slots[*link];
	void *conn = s->conn;
	*link = s->older;
	s->conn = NULL;
	s->state = SLOT_CLOSED;
	return conn;
}

void md_pool_give(struct md_pool *p, void *conn, bool clean)
{
	int64_t now = md_monotonic_ms();
	void *old = NULL;
	pthread_mutex_lock(&p->lock);
	uint32_t i = 0;
	while (p->slots[i].conn != conn)
		i++;
	if (!clean || too_old(p, &p->slots[i], now)) {
		old = conn;
		p->slots[i].conn = NULL;
	}
	pass_on(p, i, now);
	void *stale = take_expired(p, now);
	pthread_mutex_unlock(&p->lock);
	p->driver->close(old);
	for (; stale; pthread_mutex_unlock(&p->lock)) {
		p->driver->close(stale);
		pthread_mutex_lock(&p->lock);
		stale = take_expired(p, now);
	}
}

struct md_pool_counts md_pool_count(struct md_pool *p)
{
	pthread_mutex_lock(&p->lock);
	struct md_pool_counts c = { .waiting = p->waiting, .opened = p->opened, .timeouts = p->timeouts };
	for (uint32_t i = 0; i < p->options.max; i++) {
		c.open += p->slots[i].conn != NULL;
		c.borrowed += p->slots[i].state == SLOT_BORROWED;
	}
	pthread_mutex_unlock(&p->lock);
	return c;
}
