/* Single flight (cache/cache.h): who leads, which outcomes are shared with whom, how long a
 * follower waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/sys.h"
#include "cache/cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static struct md_store *store;

static int setup(void **state)
{
	(void)state;
	return !(store = md_store_memory(1 << 20));
}

static int teardown(void **state)
{
	(void)state;
	md_store_free(store);
	return 0;
}

/* A request whose look-up begins now. */
#define REQUEST(key_, visibility_)                                                              \
	(&(struct md_fetch_request){ .key = MD_STR(key_), .visibility_key = MD_STR(visibility_), \
	                             .lookup_began_us = md_monotonic_us() })

static struct md_shared_fetch *lead_fetch(const struct md_fetch_request *request)
{
	bool leads;
	struct md_shared_fetch *f = md_fetch_join(store, request, &leads);
	assert_true(leads);
	assert_non_null(f);
	return f;
}

static struct md_shared_fetch *follow_fetch(const struct md_fetch_request *request)
{
	bool leads;
	struct md_shared_fetch *f = md_fetch_join(store, request, &leads);
	assert_false(leads);
	return f;
}

static void the_first_caller_leads_and_the_others_follow(void **state)
{
	(void)state;
	struct md_str v;
	struct md_shared_fetch *f = lead_fetch(REQUEST("a", ""));
	struct md_shared_fetch *g = follow_fetch(REQUEST("a", "")), *h = follow_fetch(REQUEST("a", ""));
	assert_ptr_equal(f, g);
	assert_int_equal(md_fetch_wait(store, g, md_monotonic_ms() + 5, &v), MD_FETCH_RUNNING);
	assert_null(v.p);
	md_fetch_publish(store, f, MD_FETCH_ROW, MD_STR("row"));
	assert_int_equal(md_fetch_wait(store, g, 0, &v), MD_FETCH_ROW);
	assert_true(md_str_eqz(v, "row"));
	md_fetch_leave(store, g);
	assert_int_equal(md_fetch_wait(store, h, 0, &v), MD_FETCH_ROW); /* also after others have left */
	assert_true(md_str_eqz(v, "row"));
	md_fetch_leave(store, h);
}

static void fetches_are_shared_per_key_table_source_and_visibility(void **state)
{
	(void)state;
	struct md_fetch_request of_source = *REQUEST("a", ""), of_table = *REQUEST("a", "");
	of_source.source = 1;
	of_table.table = 1;
	struct md_shared_fetch *f[] = {
		lead_fetch(REQUEST("a", "")), lead_fetch(REQUEST("b", "")), lead_fetch(&of_source),
		lead_fetch(&of_table),
		lead_fetch(REQUEST("a", "tenant 1")), lead_fetch(REQUEST("a", "tenant 2")),
	};
	md_fetch_leave(store, follow_fetch(REQUEST("a", "tenant 1")));
	for (size_t i = 0; i < sizeof f / sizeof *f; i++)
		md_fetch_publish(store, f[i], MD_FETCH_FAILED, MD_NOSTR);
	md_fetch_publish(store, NULL, MD_FETCH_FAILED, MD_NOSTR);
}

static void failures_are_not_shared_with_later_callers(void **state)
{
	(void)state;
	struct md_str v;
	struct md_fetch_request before = *REQUEST("a", "");
	struct md_shared_fetch *f = lead_fetch(REQUEST("a", "")), *g = follow_fetch(REQUEST("a", ""));
	md_fetch_publish(store, f, MD_FETCH_FAILED, MD_NOSTR);
	assert_int_equal(md_fetch_wait(store, g, 0, &v), MD_FETCH_FAILED);
	md_fetch_leave(store, g);
	/* Nor with a caller whose look-up had begun before. */
	md_fetch_publish(store, lead_fetch(&before), MD_FETCH_FAILED, MD_NOSTR);
}

/* A look-up that began before the row was published may have missed the row in the cache; a later
 * one cannot. */
static void published_rows_are_for_look_ups_begun_before(void **state)
{
	(void)state;
	struct md_str v;
	struct md_shared_fetch *f = lead_fetch(REQUEST("a", ""));
	struct md_fetch_request looking = *REQUEST("a", "");
	md_fetch_publish(store, f, MD_FETCH_ROW, MD_STR("row"));
	struct md_shared_fetch *g = follow_fetch(&looking);
	assert_int_equal(md_fetch_wait(store, g, 0, &v), MD_FETCH_ROW);
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	struct md_shared_fetch *h = lead_fetch(REQUEST("a", ""));
	assert_true(md_str_eqz(v, "row")); /* a follower keeps the value until it leaves */
	md_fetch_leave(store, g);
	struct md_shared_fetch *i = follow_fetch(&looking); /* of the new fetch, which is running */
	assert_int_equal(md_fetch_wait(store, i, 0, &v), MD_FETCH_RUNNING);
	md_fetch_leave(store, i);
	md_fetch_publish(store, h, MD_FETCH_ABSENT, MD_NOSTR);
	i = follow_fetch(&looking);
	assert_int_equal(md_fetch_wait(store, i, 0, &v), MD_FETCH_ABSENT);
	md_fetch_leave(store, i);
}

static void published_rows_are_forgotten_after_a_moment(void **state)
{
	(void)state;
	struct md_fetch_request looking = *REQUEST("a", "");
	md_fetch_publish(store, lead_fetch(&looking), MD_FETCH_ROW, MD_STR("row"));
	nanosleep(&(struct timespec){ .tv_nsec = 250000000 }, NULL);
	md_fetch_publish(store, lead_fetch(&looking), MD_FETCH_ROW, MD_STR("row"));
}

static void published_rows_are_bounded_by_bytes(void **state)
{
	(void)state;
	static char big[1 << 20];
	char key[8] = "key000";
	struct md_fetch_request looking = *REQUEST("key000", "");
	for (int i = 0; i < 20; i++) {
		key[5] = (char)('a' + i);
		looking.key = md_str_z(key);
		md_fetch_publish(store, lead_fetch(&looking), MD_FETCH_ROW, (struct md_str){ big, sizeof big });
	}
	md_fetch_leave(store, follow_fetch(&looking));
	key[5] = 'a';
	md_fetch_publish(store, lead_fetch(&looking), MD_FETCH_FAILED, MD_NOSTR); /* the first was forgotten */
}

/* ---- threads ---- */

static atomic_int leaders, followers, gave_up;

static void *fetch_once(void *arg)
{
	bool leads;
	struct md_str v;
	struct md_shared_fetch *f = md_fetch_join(store, arg, &leads);
	if (leads) {
		leaders++;
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
		md_fetch_publish(store, f, MD_FETCH_ROW, MD_STR("row"));
		return NULL;
	}

	bool is_impatient = atomic_fetch_add(&followers, 1) % 10 == 0;
	int64_t until = md_monotonic_ms() + (is_impatient ? 1 : 10000);
	if (md_fetch_wait(store, f, until, &v) != MD_FETCH_ROW || !md_str_eqz(v, "row"))
		gave_up++;
	md_fetch_leave(store, f);
	return NULL;
}

static void a_hundred_callers_share_one_fetch(void **state)
{
	(void)state;
	pthread_t t[100];
	struct md_fetch_request request = *REQUEST("a", "");
	for (int i = 0; i < 100; i++)
		assert_int_equal(pthread_create(&t[i], NULL, fetch_once, &request), 0);
	for (int i = 0; i < 100; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(leaders, 1);
	assert_int_equal(followers, 99);
	assert_in_range(gave_up, 0, 10); /* only those that left early */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_caller_leads_and_the_others_follow),
		T(fetches_are_shared_per_key_table_source_and_visibility),
		T(failures_are_not_shared_with_later_callers),
		T(published_rows_are_for_look_ups_begun_before),
		T(published_rows_are_forgotten_after_a_moment),
		T(published_rows_are_bounded_by_bytes),
		T(a_hundred_callers_share_one_fetch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
