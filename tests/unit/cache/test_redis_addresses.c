/* cache/redis_addresses.h: numeric addresses, names and deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/sys.h"
#include "cache/redis_addresses.h"

#include <netinet/in.h>

static void numeric_addresses_need_no_time(void **state)
{
	(void)state;
	struct md_redis_address a[MD_MAX_ADDRESSES];
	struct md_redis_addresses *r = md_redis_addresses_new(MD_STR("127.0.0.1"), MD_STR("7"));
	assert_int_equal(md_redis_addresses_find(r, 0, a), 1); /* a deadline in the past */
	assert_int_equal(a[0].at.ss_family, AF_INET);
	md_redis_addresses_failed(r);
	assert_int_equal(md_redis_addresses_find(r, 0, a), 1);
	md_redis_addresses_free(r);
	md_redis_addresses_free(NULL);
}

static void resolves_names(void **state)
{
	(void)state;
	struct md_redis_address a[MD_MAX_ADDRESSES];
	struct md_redis_addresses *r = md_redis_addresses_new(MD_STR("localhost"), MD_STR("7"));
	assert_true(md_redis_addresses_find(r, md_monotonic_us() + 5000000, a) >= 1);
	assert_true(md_redis_addresses_find(r, 0, a) >= 1); /* resolved already */
	md_redis_addresses_failed(r);                       /* resolved again next time */
	assert_true(md_redis_addresses_find(r, md_monotonic_us() + 5000000, a) >= 1);
	md_redis_addresses_free(r);
}

/* However long the system's resolver takes, the caller waits until its deadline only. */
static void unknown_names_keep_the_deadline(void **state)
{
	(void)state;
	struct md_redis_address a[MD_MAX_ADDRESSES];
	struct md_redis_addresses *r = md_redis_addresses_new(MD_STR("no-such-host.invalid"), MD_STR("7"));
	int64_t begun = md_monotonic_us();
	assert_int_equal(md_redis_addresses_find(r, begun + 50000, a), 0);
	assert_true(md_monotonic_us() - begun < 150000);
	md_redis_addresses_free(r); /* the thread may still be running */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numeric_addresses_need_no_time),
		cmocka_unit_test(resolves_names),
		cmocka_unit_test(unknown_names_keep_the_deadline),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
