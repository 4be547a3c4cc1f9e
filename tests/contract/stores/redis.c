/* A real Redis at $MULTIDB_TEST_REDIS (tests/lib/private_redis.py):
 * redis://default:password@host:port/db. The tests delete everything in it. */
#include "suite.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static redisContext *owner;
static char url[200];

/* The budget is long: most cases do not measure time, and a busy machine must not fail them. */
static struct md_store *open_redis_store(const char *store_url)
{
	return md_store_redis(&(struct md_redis_options){ .url = md_str_z(store_url), .budget_ms = 10000,
	                                                  .max_connections = 3 });
}

/* Checks the reply of a command on the tests' own connection. */
static void check_reply(void *reply)
{
	if (!reply || ((redisReply *)reply)->type == REDIS_REPLY_ERROR)
		fail_msg("%s", reply ? ((redisReply *)reply)->str : owner->errstr);
	freeReplyObject(reply);
}

/* The tests' own connection. */
static void connect_owner(void)
{
	char password[64], host[64];
	int port, db;
	const char *env = getenv("MULTIDB_TEST_REDIS");
	if (owner)
		return;
	if (!env) {
		fprintf(stderr, "MULTIDB_TEST_REDIS is not set: run through tests/lib/private_redis.py\n");
		exit(1);
	}
	snprintf(url, sizeof url, "%s", env);
	if (sscanf(url, "redis://default:%63[^@]@%63[^:]:%d/%d", password, host, &port, &db) != 4)
		exit(1);
	owner = redisConnect(host, port);
	if (!owner || owner->err)
		exit(1);
	check_reply(redisCommand(owner, "AUTH %s", password));
	check_reply(redisCommand(owner, "SELECT %d", db));
}

static struct md_store *new_redis_store(void)
{
	connect_owner();
	check_reply(redisCommand(owner, "FLUSHALL"));
	return open_redis_store(url);
}

static void sleep_ms(int64_t ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static long long read_integer(const char *command)
{
	redisReply *r = redisCommand(owner, command);
	assert_non_null(r);
	assert_int_equal(r->type, REDIS_REPLY_INTEGER);
	long long n = r->integer;
	freeReplyObject(r);
	return n;
}

static void stores_the_ttl_in_the_database_of_the_url(void **state)
{
	(void)state;
	put_value("a", MD_STR("1"), 90500);
	put_value("b", MD_STR("1"), 0);
	assert_in_range(read_integer("PTTL a"), 80000, 90500);
	assert_int_equal(read_integer("PTTL b"), -1);
	check_reply(redisCommand(owner, "SET other db"));
	assert_true(md_str_eqz(get_value("other"), "db"));
}

static void treats_keys_of_another_type_as_misses(void **state)
{
	(void)state;
	check_reply(redisCommand(owner, "RPUSH list 1 2"));
	assert_null(get_value("list").p);
	assert_int_equal(put_value("list", MD_STR("row"), 0), 0); /* replaces the list */
	assert_true(md_str_eqz(get_value("list"), "row"));
}

static void reads_from_a_full_server(void **state)
{
	(void)state;
	put_value("a", MD_STR("1"), 0);
	check_reply(redisCommand(owner, "CONFIG SET maxmemory 1"));
	for (int i = 0; i < 20; i++) {
		assert_int_equal(put_value("b", MD_STR("1"), 0), -1);
		assert_true(md_str_eqz(get_value("a"), "1")); /* the breaker stays closed */
	}
	check_reply(redisCommand(owner, "CONFIG SET maxmemory 0"));
	assert_int_equal(put_value("b", MD_STR("1"), 0), 0);
}

static void replaces_idle_connections_that_were_killed(void **state)
{
	(void)state;
	put_value("a", MD_STR("1"), 0);
	for (int i = 0; i < 20; i++) {
		check_reply(redisCommand(owner, "CLIENT KILL TYPE normal SKIPME yes"));
		assert_true(md_str_eqz(get_value("a"), "1"));
	}
	assert_int_equal(md_store_count(store).failures, 0);
}

static void keeps_its_budget_when_the_server_stalls(void **state)
{
	(void)state;
	struct md_str k = MD_STR("a"), v;
	put_value("a", MD_STR("1"), 0);
	md_store_free(store);
	store = md_store_redis(&(struct md_redis_options){ .url = md_str_z(url) });
	check_reply(redisCommand(owner, "CLIENT PAUSE 400 ALL"));
	int64_t begun = md_monotonic_ms();
	struct md_store_call c = { .arena = &arena, .now_ms = begun };
	assert_int_equal(md_store_get(store, &c, &k, 1, &v), -1);
	assert_in_range(md_monotonic_ms() - begun, 40, 150); /* the default budget */
	assert_non_null(c.trouble.p);
	sleep_ms(500);
	assert_true(md_str_eqz(get_value("a"), "1"));
}

static void says_that_the_password_is_wrong(void **state)
{
	(void)state;
	struct md_str k = MD_STR("a"), v;
	char wrong[250];
	const char *at = strchr(url + 8, '@');
	snprintf(wrong, sizeof wrong, "redis://default:wrong%s", at);
	struct md_store *s = open_redis_store(wrong);
	struct md_store_call c = { .arena = &arena, .now_ms = md_monotonic_ms() };
	assert_int_equal(md_store_get(s, &c, &k, 1, &v), -1);
	assert_true(md_str_eqz(c.trouble, "login failed: the server replied WRONGPASS"));
	md_store_free(s);
	snprintf(wrong, sizeof wrong, "redis://%s", at + 1);
	s = open_redis_store(wrong);
	assert_int_equal(md_store_get(s, &c, &k, 1, &v), -1);
	assert_non_null(memmem(c.trouble.p, c.trouble.n, "NOAUTH", 6));
	md_store_free(s);
}

/* The last case: the server does not start again. */
static void rejects_calls_once_the_server_has_stopped(void **state)
{
	(void)state;
	struct md_str k = MD_STR("a"), v;
	put_value("a", MD_STR("1"), 0);
	freeReplyObject(redisCommand(owner, "SHUTDOWN NOSAVE"));
	struct md_store_call c = { .arena = &arena, .now_ms = md_monotonic_ms() };
	for (int i = 0; i < 20; i++)
		assert_int_equal(md_store_get(store, &c, &k, 1, &v), -1);
	assert_true(md_store_count(store).rejected > 0);
	assert_int_equal(md_store_count(store).open, 0);
	redisFree(owner);
	owner = NULL;
}

static int run_redis_cases(void)
{
	const struct CMUnitTest tests[] = {
		CASE(stores_the_ttl_in_the_database_of_the_url),
		CASE(treats_keys_of_another_type_as_misses),
		CASE(reads_from_a_full_server),
		CASE(replaces_idle_connections_that_were_killed),
		CASE(keeps_its_budget_when_the_server_stalls),
		CASE(says_that_the_password_is_wrong),
		CASE(rejects_calls_once_the_server_has_stopped),
	};
	return cmocka_run_group_tests_name("only redis", tests, NULL, NULL);
}

static const struct store_quirks redis = { .name = "redis", .new_store = new_redis_store, .pass_time = sleep_ms,
	                                   .now_ms = md_monotonic_ms, .run_own_cases = run_redis_cases };
const struct store_quirks *const quirks = &redis;
