/* cache/breaker.h: counts, and exactly one probe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cache/breaker.h"

static struct md_breaker b;

static int setup(void **state)
{
	(void)state;
	return md_breaker_init(&b, 3, 100);
}

static int teardown(void **state)
{
	(void)state;
	md_breaker_destroy(&b);
	return 0;
}

static void fail_at(int64_t now, int times)
{
	for (int i = 0; i < times; i++) {
		enum md_admission how = md_breaker_ask(&b, now);
		assert_int_not_equal(how, MD_TURNED_AWAY);
		md_breaker_tell(&b, how, false, now);
	}
}

static void opens_after_failures_in_a_row(void **state)
{
	(void)state;
	fail_at(0, 2);
	md_breaker_tell(&b, md_breaker_ask(&b, 0), true, 0); /* in a row no more */
	fail_at(0, 2);
	assert_int_equal(md_breaker_ask(&b, 0), MD_ADMITTED);
	md_breaker_tell(&b, MD_ADMITTED, false, 0);
	assert_int_equal(md_breaker_ask(&b, 0), MD_TURNED_AWAY);
	assert_int_equal(md_breaker_ask(&b, 99), MD_TURNED_AWAY);
}

static void exactly_one_probes(void **state)
{
	(void)state;
	fail_at(0, 3);
	assert_int_equal(md_breaker_ask(&b, 100), MD_PROBE);
	for (int64_t now = 100; now < 10000; now += 100)
		assert_int_equal(md_breaker_ask(&b, now), MD_TURNED_AWAY); /* however long the probe takes */
	md_breaker_tell(&b, MD_PROBE, true, 10000);
	assert_int_equal(md_breaker_ask(&b, 10000), MD_ADMITTED);
	fail_at(10000, 2); /* and counts from the start */
	assert_int_equal(md_breaker_ask(&b, 10000), MD_ADMITTED);
}

static void failed_probes_wait_longer_each_time(void **state)
{
	(void)state;
	int64_t now = 0, wait = 100;
	fail_at(0, 3);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(md_breaker_ask(&b, now + wait - 1), MD_TURNED_AWAY);
		now += wait;
		assert_int_equal(md_breaker_ask(&b, now), MD_PROBE);
		md_breaker_tell(&b, MD_PROBE, false, now);
		wait = wait * 2 < 3000 ? wait * 2 : 3000;
	}
	now += wait;
	assert_int_equal(md_breaker_ask(&b, now), MD_PROBE);
	md_breaker_tell(&b, MD_PROBE, true, now);
	fail_at(now, 3);
	assert_int_equal(md_breaker_ask(&b, now + 100), MD_PROBE); /* the first wait again */
}

/* Calls that were let through before it opened and end afterwards. */
static void latecomers_decide_nothing(void **state)
{
	(void)state;
	fail_at(0, 3);
	md_breaker_tell(&b, MD_ADMITTED, true, 50);
	assert_int_equal(md_breaker_ask(&b, 50), MD_TURNED_AWAY);
	md_breaker_tell(&b, MD_ADMITTED, false, 50);
	assert_int_equal(md_breaker_ask(&b, 100), MD_PROBE);
	md_breaker_tell(&b, MD_ADMITTED, true, 100);
	assert_int_equal(md_breaker_ask(&b, 100), MD_TURNED_AWAY); /* the probe is still out */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(opens_after_failures_in_a_row), T(exactly_one_probes), T(failed_probes_wait_longer_each_time), T(latecomers_decide_nothing) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
