#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sys.h"
#include "drivers/fake/fake.h"
#include "drivers/pool/pool.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

struct pool_request {
	struct md_arena arena;
	struct md_error err;
	struct md_ctx cx;
	void *conn;
};

static struct md_fake fake;

static void request(struct pool_request *r)
{
	memset(r, 0, sizeof *r);
	r->cx = (struct md_ctx){ .arena = &r->arena, .err = &r->err };
}

static void nap_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	nanosleep(&t, NULL);
}

static struct md_pool *pool(uint32_t max, int64_t acquire_ms, int64_t idle_ms, int64_t lifetime_ms, uint32_t min)
{
	memset(&fake, 0, sizeof fake);
	char id[] = "pg-main";
	struct md_target t = { .id = md_str_z(id), .url = md_fake_url(&fake) };
	struct md_pool_options o = { .max = max,
		                     .min = min,
		                     .acquire_timeout_ms = acquire_ms,
		                     .idle_ms = idle_ms,
		                     .max_lifetime_ms = lifetime_ms };
	struct md_pool *p = md_pool_new(&md_driver_fake, &t, &o);
	assert_non_null(p);
	memset(id, 'x', sizeof id - 1); /* the target was copied */
	return p;
}

static void *take(struct md_pool *p, bool fresh)
{
	struct pool_request r;
	request(&r);
	int rc = md_pool_take(&r.cx, p, fresh, &r.conn);
	assert_int_equal(rc, 0);
	assert_non_null(r.conn);
	md_arena_free(&r.arena);
	return r.conn;
}

static void clean_connections_are_reused_newest_first(void **state)
{
	(void)state;
	struct md_pool *p = pool(3, 0, 0, 0, 0);
	void *a = take(p, false), *b = take(p, false);
	assert_ptr_not_equal(a, b);
	md_pool_give(p, a, true);
	md_pool_give(p, b, true);
	assert_ptr_equal(take(p, false), b);
	assert_ptr_equal(take(p, false), a);
	assert_int_equal(fake.opens, 2);
	md_pool_give(p, a, true);
	md_pool_give(p, b, true);
	struct md_pool_counts n = md_pool_count(p);
	assert_int_equal(n.open, 2);
	assert_int_equal(n.borrowed, 0);
	assert_int_equal(n.opened, 2);
	md_pool_free(p);
	assert_int_equal(fake.closes, 2);
}

static void an_unclean_connection_is_closed(void **state)
{
	(void)state;
	struct md_pool *p = pool(1, 0, 0, 0, 0);
	md_pool_give(p, take(p, false), false);
	assert_int_equal(fake.closes, 1);
	assert_int_equal(md_pool_count(p).open, 0);
	md_pool_give(p, take(p, false), true);
	assert_int_equal(fake.opens, 2);
	md_pool_free(p);
}

static void fresh_is_never_an_idle_one(void **state)
{
	(void)state;
	struct md_pool *p = pool(1, 0, 0, 0, 0);
	md_pool_give(p, take(p, false), true);
	md_pool_give(p, take(p, true), true);
	assert_int_equal(fake.opens, 2);
	assert_int_equal(fake.closes, 1);
	assert_int_equal(md_pool_count(p).open, 1);
	md_pool_free(p);
}

static void a_full_pool_says_so_in_time(void **state)
{
	(void)state;
	struct md_pool *p = pool(1, 100, 0, 0, 0);
	void *a = take(p, false);
	struct pool_request r;
	request(&r);
	int64_t from = md_monotonic_ms();
	assert_int_equal(md_pool_take(&r.cx, p, false, &r.conn), -1);
	assert_in_range(md_monotonic_ms() - from, 95, 2000);
	assert_int_equal(r.err.code, MD_POOL_EXHAUSTED);
	assert_non_null(strstr(md_str_dup(&r.arena, r.err.message).p, "'pg-main'"));
	assert_int_equal(md_pool_count(p).timeouts, 1);
	md_arena_free(&r.arena);
	request(&r); /* the query's own deadline is nearer */
	from = md_monotonic_ms();
	r.cx.deadline_ms = from + 20;
	assert_int_equal(md_pool_take(&r.cx, p, false, &r.conn), -1);
	assert_in_range(md_monotonic_ms() - from, 15, 90);
	assert_int_equal(r.err.code, MD_POOL_EXHAUSTED);
	md_arena_free(&r.arena);
	md_pool_give(p, a, true);
	assert_ptr_equal(take(p, false), a);
	md_pool_give(p, a, true);
	md_pool_free(p);
}

static void *cancel_waiter(void *cancelled)
{
	nap_ms(30);
	atomic_store((atomic_bool *)cancelled, true);
	return NULL;
}

static void a_cancelled_request_stops_waiting(void **state)
{
	(void)state;
	struct md_pool *p = pool(1, 10000, 0, 0, 0);
	void *a = take(p, false);
	atomic_bool cancelled = false;
	struct pool_request r;
	pthread_t t;
	request(&r);
	r.cx.cancelled = &cancelled;
	int64_t from = md_monotonic_ms();
	pthread_create(&t, NULL, cancel_waiter, &cancelled);
	assert_int_equal(md_pool_take(&r.cx, p, false, &r.conn), -1);
	assert_in_range(md_monotonic_ms() - from, 20, 2000);
	assert_int_equal(r.err.code, MD_CANCELLED);
	assert_non_null(strstr(md_str_dup(&r.arena, r.err.message).p, "'pg-main'"));
	pthread_join(t, NULL);
	assert_int_equal(md_pool_count(p).timeouts, 0);
	assert_int_equal(md_pool_count(p).waiting, 0);
	md_arena_free(&r.arena);
	md_pool_give(p, a, true);
	assert_ptr_equal(take(p, false), a);
	md_pool_give(p, a, true);
	md_pool_free(p);
}

static void a_failed_open_is_reported_and_frees_its_place(void **state)
{
	(void)state;
	struct md_pool *p = pool(1, 0, 0, 0, 0);
	fake.fail_open = 1;
	struct pool_request r;
	request(&r);
	assert_int_equal(md_pool_take(&r.cx, p, false, &r.conn), -1);
	assert_int_equal(r.err.code, MD_CONNECTION_FAILED);
	assert_null(r.conn);
	assert_int_equal(md_pool_count(p).borrowed, 0);
	md_arena_free(&r.arena);
	md_pool_give(p, take(p, false), true);
	md_pool_free(p);
}

static void idle_connections_expire(void **state)
{
	(void)state;
	struct md_pool *p = pool(3, 0, 30, 0, 1);
	void *a = take(p, false), *b = take(p, false), *c = take(p, false);
	md_pool_give(p, a, true);
	md_pool_give(p, b, true);
	nap_ms(50);
	md_pool_give(p, c, true); /* sweeps a and b: three are open, one is kept in any case */
	assert_int_equal(fake.closes, 2);
	assert_int_equal(md_pool_count(p).open, 1);
	nap_ms(50);
	c = take(p, false); /* the one that was left is too old to be lent */
	assert_int_equal(fake.opens, 4);
	assert_int_equal(fake.closes, 3);
	md_pool_give(p, c, true);
	md_pool_free(p);
}

static void old_connections_are_not_kept(void **state)
{
	(void)state;
	struct md_pool *p = pool(1, 0, 0, 30, 1);
	void *a = take(p, false);
	nap_ms(50);
	md_pool_give(p, a, true);
	assert_int_equal(fake.closes, 1);
	md_pool_give(p, take(p, false), true);
	nap_ms(50);
	md_pool_give(p, take(p, false), true);
	assert_int_equal(fake.opens, 3);
	md_pool_free(p);
}

struct waiting_thread {
	struct md_pool *p;
	pthread_t thread;
	int order;
};
static _Atomic int served;

static void *wait_and_give(void *arg)
{
	struct waiting_thread *w = arg;
	void *c = take(w->p, false);
	w->order = ++served;
	nap_ms(5);
	md_pool_give(w->p, c, true);
	return NULL;
}

static void waiters_are_served_in_order(void **state)
{
	(void)state;
	struct md_pool *p = pool(1, 5000, 0, 0, 0);
	void *a = take(p, false);
	struct waiting_thread w[5];
	served = 0;
	for (int i = 0; i < 5; i++) {
		w[i] = (struct waiting_thread){ .p = p };
		pthread_create(&w[i].thread, NULL, wait_and_give, &w[i]);
		while (md_pool_count(p).waiting != (uint32_t)i + 1)
			nap_ms(1);
	}
	md_pool_give(p, a, false); /* the first waiter must open a new one */
	for (int i = 0; i < 5; i++)
		pthread_join(w[i].thread, NULL);
	for (int i = 0; i < 5; i++)
		assert_int_equal(w[i].order, i + 1);
	assert_int_equal(fake.opens, 2);
	md_pool_free(p);
}

/* A waiter whose time is up leaves the others in their order. */
static void *give_up_soon(void *arg)
{
	struct waiting_thread *w = arg;
	struct pool_request r;
	request(&r);
	r.cx.deadline_ms = md_monotonic_ms() + 40;
	w->order = md_pool_take(&r.cx, w->p, false, &r.conn);
	md_arena_free(&r.arena);
	return NULL;
}

static void a_waiter_may_give_up(void **state)
{
	(void)state;
	struct md_pool *p = pool(1, 5000, 0, 0, 0);
	void *a = take(p, false);
	struct waiting_thread w[3] = { { .p = p }, { .p = p }, { .p = p } };
	served = 0;
	for (int i = 0; i < 3; i++) {
		pthread_create(&w[i].thread, NULL, i == 1 ? give_up_soon : wait_and_give, &w[i]);
		while (md_pool_count(p).waiting != (uint32_t)i + 1)
			nap_ms(1);
	}
	pthread_join(w[1].thread, NULL);
	assert_int_equal(w[1].order, -1);
	md_pool_give(p, a, true);
	pthread_join(w[0].thread, NULL);
	pthread_join(w[2].thread, NULL);
	assert_int_equal(w[0].order, 1);
	assert_int_equal(w[2].order, 2);
	md_pool_free(p);
}

enum { THREADS = 8, ROUNDS = 300 };

static void *churn(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		void *c = take(arg, i % 17 == 0);
		if (i % 5 == 0)
			sched_yield();
		md_pool_give(arg, c, i % 11 != 0);
	}
	return NULL;
}

static void many_threads_never_exceed_the_bound(void **state)
{
	(void)state;
	struct md_pool *p = pool(3, 60000, 1, 2, 0);
	pthread_t t[THREADS];
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, churn, p);
	for (int i = 0; i < 200; i++) {
		struct md_pool_counts n = md_pool_count(p);
		assert_true(n.open <= 3 && n.borrowed <= 3);
		nap_ms(1);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(md_pool_count(p).borrowed, 0);
	md_pool_free(p);
	assert_int_equal(fake.opens, fake.closes);
}

static void freeing_nothing_is_fine(void **state)
{
	(void)state;
	md_pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_connections_are_reused_newest_first),
		cmocka_unit_test(an_unclean_connection_is_closed),
		cmocka_unit_test(fresh_is_never_an_idle_one),
		cmocka_unit_test(a_full_pool_says_so_in_time),
		cmocka_unit_test(a_cancelled_request_stops_waiting),
		cmocka_unit_test(a_failed_open_is_reported_and_frees_its_place),
		cmocka_unit_test(idle_connections_expire),
		cmocka_unit_test(old_connections_are_not_kept),
		cmocka_unit_test(waiters_are_served_in_order),
		cmocka_unit_test(a_waiter_may_give_up),
		cmocka_unit_test(many_threads_never_exceed_the_bound),
		cmocka_unit_test(freeing_nothing_is_fine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
