/* cache/redis.h: urls and names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/sys.h"
#include "cache/redis.h"

#include <stdio.h>

static struct md_arena arena;

static int done(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

/* "user|password|host|port|db", "-" where there is none; or "!what is wrong" */
static const char *parsed(const char *url)
{
	struct md_redis_url u;
	const char *wrong = md_redis_url_parse(&arena, md_str_z(url), &u);
	return wrong ? md_str_fmt(&arena, "!%s", wrong).p :
	               md_str_fmt(&arena, "%s|%s|%s|%s|%u", u.user.p ? u.user.p : "-", u.password.p ? u.password.p : "-", u.host.p, u.port.p, u.db).p;
}

static void urls(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "redis://h", "-|-|h|6379|0" },
		{ "redis://h:1", "-|-|h|1|0" },
		{ "redis://h:65535/15", "-|-|h|65535|15" },
		{ "redis://h/", "-|-|h|6379|0" },
		{ "redis://:secret@h:1/2", "-|secret|h|1|2" },
		{ "redis://u:@h", "u||h|6379|0" },
		{ "redis://u%3A1:p%40%2f%25@h", "u:1|p@/%|h|6379|0" },
		{ "redis://u:p@ss@h:7", "u|p@ss|h|7|0" }, /* the last @ counts */
		{ "redis://[::1]:7/1", "-|-|::1|7|1" },
		{ "redis://[::1]", "-|-|::1|6379|0" },
		{ "redis://u@h", "!a user without a password in its url" },
		{ "redis://u:%zz@h", "!a '%' in its url that encodes nothing" },
		{ "redis://u:%2@h", "!a '%' in its url that encodes nothing" },
		{ "redis://", "!no host in its url" },
		{ "redis://:p@", "!no host in its url" },
		{ "redis://:7", "!no host in its url" },
		{ "redis://h:", "!a port in its url that is none" },
		{ "redis://h:0", "!a port in its url that is none" },
		{ "redis://h:65536", "!a port in its url that is none" },
		{ "redis://h:x", "!a port in its url that is none" },
		{ "redis://[::1", "!a host in its url that ends nowhere" },
		{ "redis://[::1]7", "!a host in its url that ends nowhere" },
		{ "redis://h/x", "!a database in its url that is no number" },
		{ "redis://h/-1", "!a database in its url that is no number" },
		{ "redis://h/1/2", "!a database in its url that is no number" },
		{ "rediss://h", "!a url that is not redis://host:port" },
		{ "h", "!a url that is not redis://host:port" },
		{ "", "!a url that is not redis://host:port" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(parsed(cases[i][0]), cases[i][1]);
}

static void numeric_names_are_known_at_once(void **state)
{
	(void)state;
	struct md_address a[MD_ADDRESSES];
	struct md_names *n = md_names_new(MD_STR("127.0.0.1"), MD_STR("7"));
	assert_int_equal(md_names_find(n, 0, a), 1); /* no time at all is needed */
	assert_int_equal(a[0].at.ss_family, AF_INET);
	md_names_failed(n);
	assert_int_equal(md_names_find(n, 0, a), 1);
	md_names_free(n);
	md_names_free(NULL);
}

static void names_are_looked_up(void **state)
{
	(void)state;
	struct md_address a[MD_ADDRESSES];
	struct md_names *n = md_names_new(MD_STR("localhost"), MD_STR("7"));
	assert_true(md_names_find(n, md_monotonic_us() + 5000000, a) >= 1);
	assert_true(md_names_find(n, 0, a) >= 1); /* known by now */
	md_names_failed(n);                       /* asked anew */
	assert_true(md_names_find(n, md_monotonic_us() + 5000000, a) >= 1);
	md_names_free(n);
}

/* Whatever the machine's resolver does with it, nobody waits longer than he may. */
static void unknown_names_cost_no_more_than_the_budget(void **state)
{
	(void)state;
	struct md_address a[MD_ADDRESSES];
	struct md_names *n = md_names_new(MD_STR("no-such-host.invalid"), MD_STR("7"));
	int64_t begun = md_monotonic_us();
	assert_int_equal(md_names_find(n, begun + 50000, a), 0);
	assert_true(md_monotonic_us() - begun < 150000);
	md_names_free(n); /* a thread may still be asking */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(urls), cmocka_unit_test(numeric_names_are_known_at_once), cmocka_unit_test(names_are_looked_up),
		                            cmocka_unit_test(unknown_names_cost_no_more_than_the_budget) };
	return cmocka_run_group_tests(tests, NULL, done);
}
