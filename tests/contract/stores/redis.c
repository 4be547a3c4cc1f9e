/* A real Redis at $MULTIDB_TEST_REDIS (tests/lib/private_redis.py): redis://default:password@host:port/db. Everything in it is deleted. */
#include "suite.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static redisContext *owner;
static char url[200];

static struct md_store *make(void)
{
	/* the machine may be busy: these cases are about contents */
	return md_store_redis(&(struct md_redis_options){ .url = md_str_z(url), .budget_ms = 10000, .max_connections = 3 });
}

static void done(void *reply)
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
	if (sscanf(url, "redis://default:%63[^@]@%63[^:]:%d/%d", password, host, &port, &db) != 4 || !(owner = redisConnect(host, port)) || owner->err)
		exit(1);
	done(redisCommand(owner, "AUTH %s", password));
	done(redisCommand(owner, "SELECT %d", db));
}

static struct md_store *up(void)
{
	connect_owner();
	done(redisCommand(owner, "FLUSHALL"));
	return make();
}

static void pass(int64_t ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static long long number(const char *command)
{
	redisReply *r = redisCommand(owner, command);
	assert_non_null(r);
	assert_int_equal(r->type, REDIS_REPLY_INTEGER);
	long long n = r->integer;
	freeReplyObject(r);
	return n;
}

static void entries_have_the_ttl_in_the_database_asked_for(void **state)
{
	(void)state;
	put("a", MD_STR("1"), 90500);
	put("b", MD_STR("1"), 0);
	assert_in_range(number("PTTL a"), 80000, 90500);
	assert_int_equal(number("PTTL b"), -1);
	done(redisCommand(owner, "SET other db"));
	assert_true(md_str_eqz(got("other"), "db"));
}

/* What others put there. */
static void keys_of_another_type_are_misses(void **state)
{
	(void)state;
	done(redisCommand(owner, "RPUSH list 1 2"));
	assert_null(got("list").p);
	assert_int_equal(put("list", MD_STR("row"), 0), 0); /* and written over */
	assert_true(md_str_eqz(got("list"), "row"));
}

static void a_full_server_still_reads(void **state)
{
	(void)state;
	put("a", MD_STR("1"), 0);
	done(redisCommand(owner, "CONFIG SET maxmemory 1"));
	for (int i = 0; i < 20; i++) {
		assert_int_equal(put("b", MD_STR("1"), 0), -1);
		assert_true(md_str_eqz(got("a"), "1")); /* no breaker opens */
	}
	done(redisCommand(owner, "CONFIG SET maxmemory 0"));
	assert_int_equal(put("b", MD_STR("1"), 0), 0);
}

static void connections_killed_at_rest_are_replaced(void **state)
{
	(void)state;
	put("a", MD_STR("1"), 0);
	for (int i = 0; i < 20; i++) {
		done(redisCommand(owner, "CLIENT KILL TYPE normal SKIPME yes"));
		assert_true(md_str_eqz(got("a"), "1"));
	}
	assert_int_equal(md_store_count(store).failures, 0);
}

/* A server that has stopped answering, and goes on later. */
static void a_stalled_server(void **state)
{
	(void)state;
	struct md_str k = MD_STR("a"), v;
	put("a", MD_STR("1"), 0);
	md_store_free(store);
	store = md_store_redis(&(struct md_redis_options){ .url = md_str_z(url) });
	done(redisCommand(owner, "CLIENT PAUSE 400 ALL"));
	int64_t begun = md_monotonic_ms();
	struct md_store_call c = { .arena = &arena, .now_ms = begun };
	assert_int_equal(md_store_get(store, &c, &k, 1, &v), -1);
	assert_in_range(md_monotonic_ms() - begun, 40, 150); /* the default budget */
	assert_non_null(c.trouble.p);
	pass(500);
	assert_true(md_str_eqz(got("a"), "1"));
}

static void a_wrong_password(void **state)
{
	(void)state;
	struct md_str k = MD_STR("a"), v;
	char wrong[250];
	const char *at = strchr(url + 8, '@');
	snprintf(wrong, sizeof wrong, "redis://default:wrong%s", at);
	struct md_store *s = md_store_redis(&(struct md_redis_options){ .url = md_str_z(wrong), .budget_ms = 10000 });
	struct md_store_call c = { .arena = &arena, .now_ms = md_monotonic_ms() };
	assert_int_equal(md_store_get(s, &c, &k, 1, &v), -1);
	assert_true(md_str_eqz(c.trouble, "it answered WRONGPASS to the login"));
	md_store_free(s);
	snprintf(wrong, sizeof wrong, "redis://%s", at + 1);
	s = md_store_redis(&(struct md_redis_options){ .url = md_str_z(wrong), .budget_ms = 10000 });
	assert_int_equal(md_store_get(s, &c, &k, 1, &v), -1);
	assert_non_null(memmem(c.trouble.p, c.trouble.n, "NOAUTH", 6));
	md_store_free(s);
}

/* Last: the server does not come back. */
static void a_server_that_has_gone(void **state)
{
	(void)state;
	struct md_str k = MD_STR("a"), v;
	put("a", MD_STR("1"), 0);
	freeReplyObject(redisCommand(owner, "SHUTDOWN NOSAVE"));
	struct md_store_call c = { .arena = &arena, .now_ms = md_monotonic_ms() };
	for (int i = 0; i < 20; i++)
		assert_int_equal(md_store_get(store, &c, &k, 1, &v), -1);
	assert_true(md_store_count(store).rejected > 0);
	assert_int_equal(md_store_count(store).open, 0);
	redisFree(owner);
	owner = NULL;
}

static int own(void)
{
	const struct CMUnitTest tests[] = {
		CASE(entries_have_the_ttl_in_the_database_asked_for), CASE(keys_of_another_type_are_misses), CASE(a_full_server_still_reads), CASE(connections_killed_at_rest_are_replaced),
		CASE(a_stalled_server), CASE(a_wrong_password), CASE(a_server_that_has_gone),
	};
	return cmocka_run_group_tests_name("only redis", tests, NULL, NULL);
}

const struct quirks quirks_redis = { .name = "redis", .up = up, .pass = pass, .now_ms = md_monotonic_ms, .own = own };
const struct quirks *const Q = &quirks_redis;
