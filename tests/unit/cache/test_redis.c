/* cache/redis.c against a server of the test's own: replies cut, stalled, garbled, of the wrong number or type. Never a wrong value, never longer than
 * the budget and 100 ms, never a connection used again that was not left clean. What a real Redis does: tests/contract/stores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/sys.h"
#include "cache/cache.h"
#include "fake_resp.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BUDGET = 30, PATIENCE = 100 };

static struct md_arena arena;
static struct fake_resp server;
static struct md_store *store;
static char url[64];
static const struct md_str keys[3] = { MD_STR("a"), MD_STR("b"), MD_STR("c") };
static struct md_str values[3];
static struct md_str trouble;

#define GOOD "*3\r\n$5\r\nhello\r\n$-1\r\n$0\r\n\r\n"

static void say(const char *reply)
{
	server.reply = reply;
	server.reply_n = strlen(reply);
}

static int64_t budget = BUDGET;

static void open_store(const char *format, uint32_t failures)
{
	md_store_free(store);
	snprintf(url, sizeof url, format, server.port);
	store = md_store_redis(&(struct md_redis_options){ .url = md_str_z(url), .max_connections = 4, .budget_ms = budget, .breaker_failures = failures, .breaker_ms = 60 });
	assert_non_null(store);
}

static int setup(void **state)
{
	(void)state;
	server = (struct fake_resp){ .limit = -1 };
	say(GOOD);
	fake_resp_start(&server);
	open_store("redis://127.0.0.1:%d", UINT32_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(md_store_count(store).open <= 4, 1);
	md_store_free(store);
	store = NULL;
	fake_resp_stop(&server);
	md_arena_free(&arena);
	assert_int_equal(server.spoilt_reuse, 0);
	return 0;
}

/* In time, whatever happens. The machine may be busy, so that a call that comes late is made again: a hang is late every time. */
static int timed(struct md_store_call *c, int (*call)(struct md_store_call *))
{
	for (int attempt = 0; attempt < 5; attempt++) {
		int64_t begun = md_monotonic_ms();
		*c = (struct md_store_call){ .arena = &arena, .now_ms = begun };
		int rc = call(c);
		assert_int_equal(rc == 0, c->trouble.p == NULL); /* a failure always says why */
		trouble = c->trouble;
		if (md_monotonic_ms() - begun <= budget + PATIENCE)
			return rc;
	}
	fail_msg("late, time and again");
	return -1;
}

static int get_call(struct md_store_call *c)
{
	for (int i = 0; i < 3; i++)
		values[i] = (struct md_str){ "before", 6 };
	return md_store_get(store, c, keys, 3, values);
}

static int put_call(struct md_store_call *c)
{
	static const struct md_pair pairs[2] = { { { "a", 1 }, { "1", 1 } }, { { "b", 1 }, { "2", 1 } } };
	return md_store_put(store, c, pairs, 2, 1000);
}

static int get(void)
{
	struct md_store_call c;
	int rc = timed(&c, get_call);
	for (int i = 0; rc && i < 3; i++)
		assert_null(values[i].p); /* part of an answer is none */
	return rc;
}

static int put(void)
{
	struct md_store_call c;
	return timed(&c, put_call);
}

static void assert_good(void)
{
	assert_true(md_str_eqz(values[0], "hello"));
	assert_null(values[1].p);
	assert_non_null(values[2].p);
	assert_int_equal(values[2].n, 0);
}

static void a_batch_is_one_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(get(), 0);
		assert_good();
	}
	assert_int_equal(server.commands, 5);
	assert_int_equal(server.accepted, 1);
	say("+OK\r\n");
	assert_int_equal(put(), 0);
	assert_int_equal(server.commands, 7);
	assert_int_equal(md_store_count(store).round_trips, 6);
}

/* Every byte: closed there, silent there, interrupted there. */
static void cut_at_every_byte(void **state)
{
	(void)state;
	for (long n = 0; n < (long)strlen(GOOD); n++) {
		server.limit = n;
		server.then = FAKE_CLOSE;
		open_store("redis://127.0.0.1:%d", UINT32_MAX);
		assert_int_equal(get(), -1);
		server.then = FAKE_STALL;
		assert_int_equal(get(), -1);
		assert_true(md_str_eqz(trouble, "it did not answer in time"));
		server.then = FAKE_PAUSE;
		assert_int_equal(get(), 0);
		assert_good();
	}
}

static void a_connection_is_never_used_again_after_that(void **state)
{
	(void)state;
	for (long n = 0; n < (long)strlen(GOOD); n += 5) {
		open_store("redis://127.0.0.1:%d", UINT32_MAX);
		server.limit = -1;
		assert_int_equal(get(), 0);
		server.limit = (long)strlen(GOOD) + n; /* of its second reply */
		server.then = FAKE_STALL;
		assert_int_equal(get(), -1);
		server.limit = -1;
		assert_int_equal(get(), 0); /* on another */
		assert_good();
		assert_int_equal(md_store_count(store).broken, 1);
	}
}

static void writes_cut_at_every_byte(void **state)
{
	(void)state;
	say("+OK\r\n");
	for (long n = 0; n < 10; n++) {
		open_store("redis://127.0.0.1:%d", UINT32_MAX);
		server.limit = n;
		server.then = FAKE_CLOSE;
		assert_int_equal(put(), -1);
		server.then = FAKE_STALL;
		assert_int_equal(put(), -1);
		server.then = FAKE_PAUSE;
		assert_int_equal(put(), 0);
	}
}

/* Each byte replaced by each of some others: an error, or values that the reply really spells. */
static void garbled_at_every_byte(void **state)
{
	(void)state;
	static const char others[] = { '\0', '\xff', '*', '$', '-', '+', ':', '9', '\r', '\n', '_', '#', ',', '%', '~' };
	static char reply[sizeof GOOD]; /* the server may still send it when the test has ended */
	int errors = 0;
	server.spoils = true;
	for (size_t i = 0; i < strlen(GOOD); i++)
		for (size_t j = 0; j < sizeof others; j++) {
			memcpy(reply, GOOD, sizeof reply);
			reply[i] = others[j];
			server.reply = reply;
			server.reply_n = strlen(GOOD);
			open_store("redis://127.0.0.1:%d", UINT32_MAX);
			if (get()) {
				errors++;
				continue;
			}
			for (int v = 0; v < 3; v++)
				assert_true(values[v].n <= 5);
		}
	assert_true(errors > 200);
}

static void replies_of_another_kind(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"*2\r\n$1\r\na\r\n$1\r\nb\r\n", "*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n", "*0\r\n", "*-1\r\n", "$-1\r\n", "$1\r\na\r\n", "+OK\r\n", ":1\r\n",
		"*3\r\n:1\r\n:2\r\n:3\r\n", "*3\r\n+a\r\n+b\r\n+c\r\n", "*3\r\n$1\r\na\r\n-ERR x\r\n$1\r\nc\r\n", "*3\r\n*1\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
		"*3\r\n*0\r\n$1\r\nb\r\n$1\r\nc\r\n", "*1\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", "*99999999999\r\n", "*3\r\n$99999999999\r\n", "*3\r\n$-2\r\n", "#t\r\n", "_\r\n",
		",1.5\r\n", "%1\r\n+a\r\n+b\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "\r\n", "$\r\n", "*\r\n",
		GOOD GOOD, GOOD "+", /* more than was asked for */
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		server.spoils = true;
		say(bad[i]);
		assert_int_equal(get(), -1);
		server.spoils = false;
		say(GOOD);
		assert_int_equal(get(), 0);
		assert_good();
	}
	server.spoils = true;
	static const char *const not_ok[] = { ":1\r\n", "$2\r\nOK\r\n", "*0\r\n", "$-1\r\n", "+QUEUED\r\n", "+\r\n" };
	for (size_t i = 0; i < sizeof not_ok / sizeof *not_ok; i++) {
		say(not_ok[i]);
		assert_int_equal(put(), -1);
	}
}

/* Error replies are clean replies: the call fails, the connection lives. */
static void error_replies(void **state)
{
	(void)state;
	static const char *const errors[][2] = {
		{ "-NOAUTH Authentication required.\r\n", "it answered NOAUTH" }, { "-LOADING Redis is loading\r\n", "it answered LOADING" }, { "-WRONGTYPE x\r\n", "it answered WRONGTYPE" },
		{ "-MISCONF x\r\n", "it answered MISCONF" }, { "-secret words\r\n", "it answered an error" }, { "-\r\n", "it answered an error" },
	};
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		say(errors[i][0]);
		assert_int_equal(get(), -1);
		assert_true(md_str_eqz(trouble, errors[i][1]));
		assert_int_equal(put(), -1);
		assert_true(md_str_eqz(trouble, errors[i][1]));
	}
	assert_int_equal(server.accepted, 1);
}

/* Bytes that nobody asked for, on a connection at rest. */
static void unasked_bytes_spoil_a_connection(void **state)
{
	(void)state;
	server.drip_ms = 0;
	server.afterwards = "+OK\r\n";
	for (int i = 0; i < 10; i++) {
		if (get() == 0) /* they came too late to be seen at once */
			assert_good();
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	assert_int_equal(server.accepted, 10);
}

/* The server closes connections at rest; nobody is to notice. */
static void idle_connections_may_end(void **state)
{
	(void)state;
	server.close_idle = true;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(get(), 0);
		assert_good();
		if (i % 2)
			nanosleep(&(struct timespec){ .tv_nsec = 3000000 }, NULL);
	}
}

/* Never quite silent: a timeout that begins anew with every byte would wait for ever. */
static void dripping_replies_end_with_the_budget(void **state)
{
	(void)state;
	server.drip_ms = 5;
	server.spoils = true;
	assert_int_equal(get(), -1);
}

static void a_server_that_does_not_read(void **state)
{
	(void)state;
	server.deaf = true;
	static char big[8 << 20];
	struct md_pair pair = { MD_STR("a"), { big, sizeof big } };
	int64_t begun = md_monotonic_ms();
	struct md_store_call c = { .arena = &arena, .now_ms = begun };
	assert_int_equal(md_store_put(store, &c, &pair, 1, 0), -1);
	assert_true(md_monotonic_ms() - begun <= BUDGET + PATIENCE);
	assert_int_equal(get(), -1);
}

static void nobody_listens(void **state)
{
	(void)state;
	static const char *const nowhere[] = { "redis://127.0.0.1:1", "redis://10.255.255.1:6379", "redis://no-such-host.invalid", "redis://[::1]:1", "not a url", "redis://u@h" };
	for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
		open_store(nowhere[i], UINT32_MAX);
		assert_int_equal(get(), -1);
		assert_int_equal(put(), -1);
		assert_int_equal(md_store_count(store).open, 0);
		assert_null(memmem(trouble.p, trouble.n, "u@h", 3));
	}
}

static void logins(void **state)
{
	(void)state;
	open_store("redis://u:secret@127.0.0.1:%d/7", UINT32_MAX);
	assert_int_equal(get(), 0);
	assert_int_equal(get(), 0);
	assert_int_equal(server.commands, 4); /* AUTH and SELECT once */
	server.login = "-WRONGPASS invalid secret\r\n";
	open_store("redis://:secret@127.0.0.1:%d", UINT32_MAX);
	assert_int_equal(get(), -1);
	assert_true(md_str_eqz(trouble, "it answered WRONGPASS to the login"));
	unsigned before = server.commands;
	assert_int_equal(put(), -1);
	assert_int_equal(server.commands, before + 1); /* nothing is written where we may not be */
	server.login = ":1\r\n";
	server.spoils = true;
	assert_int_equal(get(), -1);
}

/* A hurried request's deadline counts, and says nothing about Redis. */
static void deadlines(void **state)
{
	(void)state;
	open_store("redis://127.0.0.1:%d", 2);
	server.limit = 0;
	server.then = FAKE_STALL;
	for (int i = 0; i < 5; i++) {
		int64_t begun = md_monotonic_ms();
		struct md_store_call c = { .arena = &arena, .now_ms = begun, .deadline_ms = begun + 5 };
		assert_int_equal(md_store_get(store, &c, keys, 3, values), -1);
		assert_true(md_monotonic_ms() - begun < BUDGET);
	}
	assert_int_equal(md_store_count(store).rejected, 0);
}

static void the_breaker(void **state)
{
	(void)state;
	open_store("redis://127.0.0.1:%d", 3);
	server.limit = 0;
	server.then = FAKE_STALL;
	for (int i = 0; i < 3; i++)
		assert_int_equal(get(), -1);
	unsigned asked = server.commands;
	int64_t begun = md_monotonic_ms();
	for (int i = 0; i < 1000; i++)
		assert_int_equal(get(), -1);
	assert_true(md_monotonic_ms() - begun < 60); /* at once */
	assert_int_equal(server.commands, asked);
	assert_int_equal(md_store_count(store).rejected, 1000);
	assert_true(md_str_eqz(trouble, "it failed again and again: not asked for a while"));
	server.limit = -1;
	nanosleep(&(struct timespec){ .tv_nsec = 70000000 }, NULL);
	assert_int_equal(get(), 0); /* the probe */
	assert_int_equal(get(), 0);
}

static void *one_get(void *failed)
{
	struct md_arena a = { 0 };
	struct md_str v[3];
	int64_t begun = md_monotonic_ms();
	struct md_store_call c = { .arena = &a, .now_ms = begun };
	if (md_store_get(store, &c, keys, 3, v))
		++*(_Atomic int *)failed;
	md_arena_free(&a);
	return md_monotonic_ms() - begun > BUDGET + PATIENCE ? failed : NULL;
}

/* n at once; returns how many failed. */
static int crowd(int n)
{
	pthread_t t[64];
	_Atomic int failed = 0;
	for (int i = 0; i < n; i++)
		assert_int_equal(pthread_create(&t[i], NULL, one_get, &failed), 0);
	for (int i = 0; i < n; i++) {
		void *late;
		pthread_join(t[i], &late);
		assert_null(late);
	}
	return failed;
}

static void half_open_lets_one_through(void **state)
{
	(void)state;
	open_store("redis://127.0.0.1:%d", 1);
	server.limit = 0;
	server.then = FAKE_STALL;
	assert_int_equal(get(), -1);
	nanosleep(&(struct timespec){ .tv_nsec = 70000000 }, NULL);
	unsigned asked = server.commands;
	assert_int_equal(crowd(30), 30);
	assert_int_equal(server.commands, asked + 1);
}

static void the_pool_is_bounded(void **state)
{
	(void)state;
	server.drip_ms = 0;
	assert_int_equal(crowd(60), 0);
	assert_true(server.accepted <= 4);
	server.limit = 0;
	server.then = FAKE_STALL;
	open_store("redis://127.0.0.1:%d", UINT32_MAX);
	unsigned before = server.accepted;
	assert_int_equal(crowd(20), 20); /* those without a connection wait no longer than the others */
	assert_true(server.accepted - before <= 20);
}

/* For what has nothing to do with time: a busy machine may take its own. */
static int patient_setup(void **state)
{
	budget = 60000;
	return setup(state);
}

static int patient_teardown(void **state)
{
	budget = BUDGET;
	return teardown(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_batch_is_one_round_trip, patient_setup, patient_teardown), T(cut_at_every_byte), T(a_connection_is_never_used_again_after_that), T(writes_cut_at_every_byte), T(garbled_at_every_byte),
		T(replies_of_another_kind), T(error_replies), T(unasked_bytes_spoil_a_connection), T(idle_connections_may_end), T(dripping_replies_end_with_the_budget),
		T(a_server_that_does_not_read), T(nobody_listens), T(logins), T(deadlines), T(the_breaker), T(half_open_lets_one_through), T(the_pool_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
