/* cache/redis_url.h: every accepted form, and what is wrong with the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cache/redis_url.h"

static struct md_arena arena;

static int free_arena(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

/* "user|password|host|port|db", with "-" for none; or "!what is wrong". */
static const char *parse_url(const char *url)
{
	struct md_redis_url u;
	const char *wrong = md_redis_url_parse(&arena, md_str_z(url), &u);
	if (wrong)
		return md_str_fmt(&arena, "!%s", wrong).p;

	const char *user = u.user.p ? u.user.p : "-", *password = u.password.p ? u.password.p : "-";
	return md_str_fmt(&arena, "%s|%s|%s|%s|%u", user, password, u.host.p, u.port.p, u.db).p;
}

static void parses_urls_or_says_what_is_wrong(void **state)
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
		{ "redis://u:p@ss@h:7", "u|p@ss|h|7|0" }, /* the last @ separates */
		{ "redis://[::1]:7/1", "-|-|::1|7|1" },
		{ "redis://[::1]", "-|-|::1|6379|0" },
		{ "redis://u@h", "!invalid url: a user without a password" },
		{ "redis://u:%zz@h", "!invalid url: '%' without two hexadecimal digits" },
		{ "redis://u:%2@h", "!invalid url: '%' without two hexadecimal digits" },
		{ "redis://", "!invalid url: no host" },
		{ "redis://:p@", "!invalid url: no host" },
		{ "redis://:7", "!invalid url: no host" },
		{ "redis://h:", "!invalid url: the port is not a number from 1 to 65535" },
		{ "redis://h:0", "!invalid url: the port is not a number from 1 to 65535" },
		{ "redis://h:65536", "!invalid url: the port is not a number from 1 to 65535" },
		{ "redis://h:x", "!invalid url: the port is not a number from 1 to 65535" },
		{ "redis://[::1", "!invalid url: expected [host] or [host]:port" },
		{ "redis://[::1]7", "!invalid url: expected [host] or [host]:port" },
		{ "redis://h/x", "!invalid url: the database is not a number" },
		{ "redis://h/-1", "!invalid url: the database is not a number" },
		{ "redis://h/1/2", "!invalid url: the database is not a number" },
		{ "rediss://h", "!invalid url: expected redis://host:port" },
		{ "h", "!invalid url: expected redis://host:port" },
		{ "", "!invalid url: expected redis://host:port" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(parse_url(cases[i][0]), cases[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(parses_urls_or_says_what_is_wrong) };
	return cmocka_run_group_tests(tests, NULL, free_arena);
}
