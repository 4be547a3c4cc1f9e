/* cache/cache.h, single flight: who leads, what is shared with whom, who waits how long. */
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

#define ASK(key_, who_) (&(struct md_flight_ask){ .key = MD_STR(key_), .who = MD_STR(who_), .since_us = md_monotonic_us() })

static struct md_flight *lead(const struct md_flight_ask *ask)
{
	bool mine;
	struct md_flight *f = md_flight_join(store, ask, &mine);
	assert_true(mine);
	assert_non_null(f);
	return f;
}

static struct md_flight *follow(const struct md_flight_ask *ask)
{
	bool mine;
	struct md_flight *f = md_flight_join(store, ask, &mine);
	assert_false(mine);
	return f;
}

static void one_leads_the_others_follow(void **state)
{
	(void)state;
	struct md_str v;
	struct md_flight *f = lead(ASK("a", "")), *g = follow(ASK("a", "x")), *h = follow(ASK("a", ""));
	assert_ptr_equal(f, g);
	assert_int_equal(md_flight_wait(store, g, md_monotonic_ms() + 5, &v), MD_FLYING);
	assert_null(v.p);
	md_flight_land(store, f, MD_LANDED_ROW, MD_STR("row"));
	assert_int_equal(md_flight_wait(store, g, 0, &v), MD_LANDED_ROW);
	assert_true(md_str_eqz(v, "row"));
	md_flight_leave(store, g);
	assert_int_equal(md_flight_wait(store, h, 0, &v), MD_LANDED_ROW); /* also after others have left */
	assert_true(md_str_eqz(v, "row"));
	md_flight_leave(store, h);
}

static void keys_and_sources_are_told_apart(void **state)
{
	(void)state;
	struct md_flight_ask other = *ASK("a", "");
	struct md_flight *f = lead(ASK("a", "")), *g = lead(ASK("b", ""));
	other.source = 1;
	struct md_flight *h = lead(&other);
	md_flight_land(store, f, MD_LANDED_FAILED, MD_NOSTR);
	md_flight_land(store, g, MD_LANDED_FAILED, MD_NOSTR);
	md_flight_land(store, h, MD_LANDED_FAILED, MD_NOSTR);
	md_flight_land(store, NULL, MD_LANDED_FAILED, MD_NOSTR);
}

static void failures_are_not_shared_with_later_callers(void **state)
{
	(void)state;
	struct md_str v;
	struct md_flight_ask before = *ASK("a", "");
	struct md_flight *f = lead(ASK("a", "")), *g = follow(ASK("a", ""));
	md_flight_land(store, f, MD_LANDED_FAILED, MD_NOSTR);
	assert_int_equal(md_flight_wait(store, g, 0, &v), MD_LANDED_FAILED);
	md_flight_leave(store, g);
	md_flight_land(store, lead(&before), MD_LANDED_FAILED, MD_NOSTR); /* even one whose look-up had begun by then */
}

/* A look-up that had begun when the flight landed may have missed what was written; a later one can't have. */
static void landed_rows_are_for_those_who_were_looking(void **state)
{
	(void)state;
	struct md_str v;
	struct md_flight *f = lead(ASK("a", ""));
	struct md_flight_ask looking = *ASK("a", "");
	md_flight_land(store, f, MD_LANDED_ROW, MD_STR("row"));
	struct md_flight *g = follow(&looking);
	assert_int_equal(md_flight_wait(store, g, 0, &v), MD_LANDED_ROW);
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	struct md_flight *h = lead(ASK("a", ""));
	assert_true(md_str_eqz(v, "row")); /* still there for who holds it */
	md_flight_leave(store, g);
	struct md_flight *i = follow(&looking); /* flies again */
	assert_int_equal(md_flight_wait(store, i, 0, &v), MD_FLYING);
	md_flight_leave(store, i);
	md_flight_land(store, h, MD_LANDED_ABSENT, MD_NOSTR);
	i = follow(&looking);
	assert_int_equal(md_flight_wait(store, i, 0, &v), MD_LANDED_ABSENT);
	md_flight_leave(store, i);
}

static void they_do_not_stay_for_long(void **state)
{
	(void)state;
	struct md_flight_ask looking = *ASK("a", "");
	md_flight_land(store, lead(&looking), MD_LANDED_ROW, MD_STR("row"));
	nanosleep(&(struct timespec){ .tv_nsec = 250000000 }, NULL);
	md_flight_land(store, lead(&looking), MD_LANDED_ROW, MD_STR("row"));
}

/* Nor many: bounded by bytes. */
static void landed_rows_are_bounded(void **state)
{
	(void)state;
	static char big[1 << 20];
	char key[8] = "key000";
	struct md_flight_ask looking = *ASK("key000", "");
	for (int i = 0; i < 20; i++) {
		key[5] = (char)('a' + i);
		looking.key = md_str_z(key);
		md_flight_land(store, lead(&looking), MD_LANDED_ROW, (struct md_str){ big, sizeof big });
	}
	md_flight_leave(store, follow(&looking));
	key[5] = 'a';
	md_flight_land(store, lead(&looking), MD_LANDED_FAILED, MD_NOSTR); /* the first has gone */
}

static void what_absence_means_depends_on_who_looked(void **state)
{
	(void)state;
	struct md_flight *f = lead(ASK("a", "tenant 1"));
	assert_true(md_flight_saw_for(f, MD_STR("tenant 1")));
	assert_false(md_flight_saw_for(f, MD_STR("tenant 2")));
	assert_false(md_flight_saw_for(f, MD_STR("")));
	md_flight_land(store, f, MD_LANDED_FAILED, MD_NOSTR);
	f = lead(ASK("a", "")); /* sees all */
	assert_true(md_flight_saw_for(f, MD_STR("tenant 2")));
	assert_true(md_flight_saw_for(f, MD_STR("")));
	md_flight_land(store, f, MD_LANDED_FAILED, MD_NOSTR);
}

/* ---- threads ---- */

static atomic_int leaders, rows, gave_up;

static void *ask_once(void *arg)
{
	bool mine;
	struct md_str v;
	struct md_flight *f = md_flight_join(store, arg, &mine);
	if (mine) {
		leaders++;
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
		md_flight_land(store, f, MD_LANDED_ROW, MD_STR("row"));
		return NULL;
	}
	int64_t until = md_monotonic_ms() + (atomic_fetch_add(&rows, 1) % 10 == 0 ? 1 : 10000); /* some are in a hurry */
	if (md_flight_wait(store, f, until, &v) == MD_LANDED_ROW && md_str_eqz(v, "row"))
		;
	else
		gave_up++;
	md_flight_leave(store, f);
	return NULL;
}

static void a_hundred_at_once(void **state)
{
	(void)state;
	pthread_t t[100];
	struct md_flight_ask ask = *ASK("a", "");
	for (int i = 0; i < 100; i++)
		assert_int_equal(pthread_create(&t[i], NULL, ask_once, &ask), 0);
	for (int i = 0; i < 100; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(leaders, 1);
	assert_int_equal(rows, 99);
	assert_in_range(gave_up, 0, 10); /* leaving early harmed no one else */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_leads_the_others_follow), T(keys_and_sources_are_told_apart), T(failures_are_not_shared_with_later_callers),
		T(landed_rows_are_for_those_who_were_looking), T(they_do_not_stay_for_long), T(landed_rows_are_bounded), T(what_absence_means_depends_on_who_looked),
		T(a_hundred_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
