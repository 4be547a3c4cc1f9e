/* cache/breaker.h: when it opens, and that exactly one call is the probe. */
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

static void fail_calls_at(int64_t now, int times)
{
	for (int i = 0; i < times; i++) {
		enum md_admission admission = md_breaker_admit(&b, now);
		assert_int_not_equal(admission, MD_CALL_REJECTED);
		md_breaker_record(&b, admission, false, now);
	}
}

static void opens_after_consecutive_failures(void **state)
{
	(void)state;
	fail_calls_at(0, 2);
	md_breaker_record(&b, md_breaker_admit(&b, 0), true, 0); /* a success between the failures */
	fail_calls_at(0, 2);
	assert_int_equal(md_breaker_admit(&b, 0), MD_CALL_ADMITTED);
	md_breaker_record(&b, MD_CALL_ADMITTED, false, 0);
	assert_int_equal(md_breaker_admit(&b, 0), MD_CALL_REJECTED);
	assert_int_equal(md_breaker_admit(&b, 99), MD_CALL_REJECTED);
}

static void admits_exactly_one_probe(void **state)
{
	(void)state;
	fail_calls_at(0, 3);
	assert_int_equal(md_breaker_admit(&b, 100), MD_CALL_IS_PROBE);
	for (int64_t now = 100; now < 10000; now += 100)
		assert_int_equal(md_breaker_admit(&b, now), MD_CALL_REJECTED); /* however long the probe takes */
	md_breaker_record(&b, MD_CALL_IS_PROBE, true, 10000);
	assert_int_equal(md_breaker_admit(&b, 10000), MD_CALL_ADMITTED);
	fail_calls_at(10000, 2); /* the count starts at zero */
	assert_int_equal(md_breaker_admit(&b, 10000), MD_CALL_ADMITTED);
}

static void doubles_the_wait_after_each_failed_probe(void **state)
{
	(void)state;
	int64_t now = 0, wait = 100;
	fail_calls_at(0, 3);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(md_breaker_admit(&b, now + wait - 1), MD_CALL_REJECTED);
		now += wait;
		assert_int_equal(md_breaker_admit(&b, now), MD_CALL_IS_PROBE);
		md_breaker_record(&b, MD_CALL_IS_PROBE, false, now);
		wait = wait * 2 < 3000 ? wait * 2 : 3000;
	}
	now += wait;
	assert_int_equal(md_breaker_admit(&b, now), MD_CALL_IS_PROBE);
	md_breaker_record(&b, MD_CALL_IS_PROBE, true, now);
	fail_calls_at(now, 3);
	assert_int_equal(md_breaker_admit(&b, now + 100), MD_CALL_IS_PROBE); /* after the first wait again */
}

static void ignores_calls_admitted_before_it_opened(void **state)
{
	(void)state;
	fail_calls_at(0, 3);
	md_breaker_record(&b, MD_CALL_ADMITTED, true, 50);
	assert_int_equal(md_breaker_admit(&b, 50), MD_CALL_REJECTED);
	md_breaker_record(&b, MD_CALL_ADMITTED, false, 50);
	assert_int_equal(md_breaker_admit(&b, 100), MD_CALL_IS_PROBE);
	md_breaker_record(&b, MD_CALL_ADMITTED, true, 100);
	assert_int_equal(md_breaker_admit(&b, 100), MD_CALL_REJECTED); /* the probe is still running */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(opens_after_consecutive_failures),
		T(admits_exactly_one_probe),
		T(doubles_the_wait_after_each_failed_probe),
		T(ignores_calls_admitted_before_it_opened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
