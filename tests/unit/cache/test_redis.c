/* The Redis store against a scripted server: replies cut, stalled, garbled, of the wrong number or
 * type. A call never returns a wrong value, never takes longer than its budget and 100 ms, and
 * never reuses a connection that was not left clean. What a real Redis does:
 * tests/contract/stores. */
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

enum { BUDGET_MS = 30, TOLERANCE_MS = 100 };

static struct md_arena arena;
static struct fake_resp server;
static struct md_store *store;
static char url[64];
static const struct md_str keys[3] = { MD_STR("a"), MD_STR("b"), MD_STR("c") };
static struct md_str values[3];
static struct md_str trouble;

#define GOOD "*3\r\n$5\r\nhello\r\n$-1\r\n$0\r\n\r\n"

static void reply_with(const char *reply)
{
	server.reply = reply;
	server.reply_n = strlen(reply);
}

static int64_t budget_ms = BUDGET_MS;

static void open_store(const char *format, uint32_t failures)
{
	md_store_free(store);
	snprintf(url, sizeof url, format, server.port);
	store = md_store_redis(&(struct md_redis_options){ .url = md_str_z(url), .max_connections = 4,
	                                                   .budget_ms = budget_ms, .breaker_failures = failures,
	                                                   .breaker_ms = 60 });
	assert_non_null(store);
}

/* For a call that must succeed however slow the machine is. */
static void open_patient_store(void)
{
	budget_ms = 60000;
	open_store("redis://127.0.0.1:%d", UINT32_MAX);
}

static int setup(void **state)
{
	(void)state;
	server = (struct fake_resp){ .limit = -1 };
	reply_with(GOOD);
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

/* Asserts that the call ends in time. On a busy machine a call may end late by chance, so it is
 * repeated: one that really hangs is late each time. */
static int call_in_time(struct md_store_call *c, int (*call)(struct md_store_call *))
{
	for (int attempt = 0; attempt < 5; attempt++) {
		int64_t begun = md_monotonic_ms();
		*c = (struct md_store_call){ .arena = &arena, .now_ms = begun };
		int rc = call(c);
		assert_int_equal(rc == 0, c->trouble.p == NULL); /* a failed call says why, and only a failed one */
		trouble = c->trouble;
		if (md_monotonic_ms() - begun <= budget_ms + TOLERANCE_MS)
			return rc;
	}
	fail_msg("late in each of five attempts");
	return -1;
}

static int call_get(struct md_store_call *c)
{
	for (int i = 0; i < 3; i++)
		values[i] = (struct md_str){ "before", 6 };
	return md_store_get(store, c, keys, 3, values);
}

static int call_put(struct md_store_call *c)
{
	static const struct md_pair pairs[2] = { { { "a", 1 }, { "1", 1 } }, { { "b", 1 }, { "2", 1 } } };
	return md_store_put(store, c, pairs, 2, 1000);
}

static int get_values(void)
{
	struct md_store_call c;
	int rc = call_in_time(&c, call_get);
	for (int i = 0; rc && i < 3; i++)
		assert_null(values[i].p); /* no value of an incomplete reply */
	return rc;
}

static int put_values(void)
{
	struct md_store_call c;
	return call_in_time(&c, call_put);
}

static void assert_expected_values(void)
{
	assert_true(md_str_eqz(values[0], "hello"));
	assert_null(values[1].p);
	assert_non_null(values[2].p);
	assert_int_equal(values[2].n, 0);
}

static void sends_a_batch_in_one_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(get_values(), 0);
		assert_expected_values();
	}
	assert_int_equal(server.commands, 5);
	assert_int_equal(server.accepted, 1);
	reply_with("+OK\r\n");
	assert_int_equal(put_values(), 0);
	assert_int_equal(server.commands, 7);
	assert_int_equal(md_store_count(store).round_trips, 6);
}

/* At every byte: the server closes the connection, stops sending, or pauses. */
static void fails_where_a_reply_is_cut_at_any_byte(void **state)
{
	(void)state;
	for (long n = 0; n < (long)strlen(GOOD); n++) {
		server.limit = n;
		server.then = RESP_CLOSE;
		open_store("redis://127.0.0.1:%d", UINT32_MAX);
		assert_int_equal(get_values(), -1);
		server.then = RESP_STALL;
		assert_int_equal(get_values(), -1);
		assert_true(md_str_eqz(trouble, "no reply in time"));
		open_patient_store();
		server.then = RESP_PAUSE;
		assert_int_equal(get_values(), 0);
		assert_expected_values();
		budget_ms = BUDGET_MS;
	}
}

static void never_reuses_a_connection_after_a_cut_reply(void **state)
{
	(void)state;
	for (long n = 0; n < (long)strlen(GOOD); n += 5) {
		open_store("redis://127.0.0.1:%d", UINT32_MAX);
		server.limit = -1;
		assert_int_equal(get_values(), 0);
		server.limit = (long)strlen(GOOD) + n; /* of its second reply */
		server.then = RESP_STALL;
		assert_int_equal(get_values(), -1);
		server.limit = -1;
		assert_int_equal(get_values(), 0); /* on a new connection */
		assert_expected_values();
		assert_int_equal(md_store_count(store).broken, 1);
	}
}

static void fails_where_a_write_is_cut_at_any_byte(void **state)
{
	(void)state;
	reply_with("+OK\r\n");
	for (long n = 0; n < 10; n++) {
		open_store("redis://127.0.0.1:%d", UINT32_MAX);
		server.limit = n;
		server.then = RESP_CLOSE;
		assert_int_equal(put_values(), -1);
		server.then = RESP_STALL;
		assert_int_equal(put_values(), -1);
		open_patient_store();
		server.then = RESP_PAUSE;
		assert_int_equal(put_values(), 0);
		budget_ms = BUDGET_MS;
	}
}

/* Each byte replaced by each of some others: an error, or values that the garbled reply
 * contains. */
static void returns_no_wrong_value_of_a_garbled_reply(void **state)
{
	(void)state;
	static const char others[] = { '\0', '\xff', '*', '$', '-', '+', ':', '9',
		                       '\r', '\n',   '_', '#', ',', '%', '~' };
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
			if (get_values()) {
				errors++;
				continue;
			}
			for (int v = 0; v < 3; v++)
				assert_true(values[v].n <= 5);
		}
	assert_true(errors > 200);
}

static void refuses_replies_of_another_type_or_size(void **state)
{
	(void)state;
	static const char *const bad[] = {
		/* arrays of another size */
		"*2\r\n$1\r\na\r\n$1\r\nb\r\n",
		"*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n",
		"*0\r\n",
		"*-1\r\n",
		/* other types */
		"$-1\r\n",
		"$1\r\na\r\n",
		"+OK\r\n",
		":1\r\n",
		"#t\r\n",
		"_\r\n",
		",1.5\r\n",
		"%1\r\n+a\r\n+b\r\n",
		/* elements of other types */
		"*3\r\n:1\r\n:2\r\n:3\r\n",
		"*3\r\n+a\r\n+b\r\n+c\r\n",
		"*3\r\n$1\r\na\r\n-ERR x\r\n$1\r\nc\r\n",
		"*3\r\n*1\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
		"*3\r\n*0\r\n$1\r\nb\r\n$1\r\nc\r\n",
		"*1\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
		/* impossible sizes */
		"*99999999999\r\n",
		"*3\r\n$99999999999\r\n",
		"*3\r\n$-2\r\n",
		/* not the protocol */
		"HTTP/1.1 400 Bad Request\r\n\r\n",
		"\r\n",
		"$\r\n",
		"*\r\n",
		/* more than one reply */
		GOOD GOOD,
		GOOD "+",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		server.spoils = true;
		reply_with(bad[i]);
		assert_int_equal(get_values(), -1);
		server.spoils = false;
		reply_with(GOOD);
		assert_int_equal(get_values(), 0);
		assert_expected_values();
	}
	server.spoils = true;
	static const char *const not_ok[] = { ":1\r\n", "$2\r\nOK\r\n", "*0\r\n", "$-1\r\n", "+QUEUED\r\n", "+\r\n" };
	for (size_t i = 0; i < sizeof not_ok / sizeof *not_ok; i++) {
		reply_with(not_ok[i]);
		assert_int_equal(put_values(), -1);
	}
}

/* An error reply leaves the connection clean. */
static void fails_and_keeps_the_connection_at_an_error_reply(void **state)
{
	(void)state;
	static const char *const errors[][2] = {
		{ "-NOAUTH Authentication required.\r\n", "the server replied NOAUTH" },
		{ "-LOADING Redis is loading\r\n", "the server replied LOADING" },
		{ "-WRONGTYPE x\r\n", "the server replied WRONGTYPE" },
		{ "-MISCONF x\r\n", "the server replied MISCONF" },
		{ "-secret words\r\n", "the server replied an error" },
		{ "-\r\n", "the server replied an error" },
	};
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		reply_with(errors[i][0]);
		assert_int_equal(get_values(), -1);
		assert_true(md_str_eqz(trouble, errors[i][1]));
		assert_int_equal(put_values(), -1);
		assert_true(md_str_eqz(trouble, errors[i][1]));
	}
	assert_int_equal(server.accepted, 1);
}

/* Bytes on an idle connection that no request asked for. */
static void closes_a_connection_with_unexpected_bytes(void **state)
{
	(void)state;
	server.drip_ms = 0;
	server.afterwards = "+OK\r\n";
	for (int i = 0; i < 10; i++) {
		if (get_values() == 0) /* the bytes arrived after the check */
			assert_expected_values();
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	assert_int_equal(server.accepted, 10);
}

/* The caller does not notice that the server closed the connection. */
static void replaces_idle_connections_that_were_closed(void **state)
{
	(void)state;
	server.close_idle = true;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(get_values(), 0);
		assert_expected_values();
		if (i % 2)
			nanosleep(&(struct timespec){ .tv_nsec = 3000000 }, NULL);
	}
}

/* A timeout that restarts with every byte would never expire here. */
static void keeps_its_budget_when_a_reply_drips(void **state)
{
	(void)state;
	server.drip_ms = 5;
	server.spoils = true;
	assert_int_equal(get_values(), -1);
}

static void keeps_its_budget_when_the_server_does_not_read(void **state)
{
	(void)state;
	server.deaf = true;
	static char big[8 << 20];
	struct md_pair pair = { MD_STR("a"), { big, sizeof big } };
	int64_t begun = md_monotonic_ms();
	struct md_store_call c = { .arena = &arena, .now_ms = begun };
	assert_int_equal(md_store_put(store, &c, &pair, 1, 0), -1);
	assert_true(md_monotonic_ms() - begun <= BUDGET_MS + TOLERANCE_MS);
	assert_int_equal(get_values(), -1);
}

static void fails_where_no_server_is_reachable(void **state)
{
	(void)state;
	static const char *const unreachable[] = {
		"redis://127.0.0.1:1", "redis://10.255.255.1:6379", "redis://no-such-host.invalid",
		"redis://[::1]:1",     "not a url",                 "redis://u@h",
	};
	for (size_t i = 0; i < sizeof unreachable / sizeof *unreachable; i++) {
		open_store(unreachable[i], UINT32_MAX);
		assert_int_equal(get_values(), -1);
		assert_int_equal(put_values(), -1);
		assert_int_equal(md_store_count(store).open, 0);
		assert_null(memmem(trouble.p, trouble.n, "u@h", 3));
	}
}

static void logs_in_once_a_connection(void **state)
{
	(void)state;
	open_store("redis://u:secret@127.0.0.1:%d/7", UINT32_MAX);
	assert_int_equal(get_values(), 0);
	assert_int_equal(get_values(), 0);
	assert_int_equal(server.commands, 4); /* AUTH and SELECT once */
	server.login = "-WRONGPASS invalid secret\r\n";
	open_store("redis://:secret@127.0.0.1:%d", UINT32_MAX);
	assert_int_equal(get_values(), -1);
	assert_true(md_str_eqz(trouble, "login failed: the server replied WRONGPASS"));
	unsigned before = server.commands;
	assert_int_equal(put_values(), -1);
	assert_int_equal(server.commands, before + 1); /* the call itself is not sent after a failed login */
	server.login = ":1\r\n";
	server.spoils = true;
	assert_int_equal(get_values(), -1);
}

/* The deadline is shorter than the budget. Missing it says nothing about Redis, so the breaker
 * ignores it. */
static void keeps_the_deadline_of_the_request(void **state)
{
	(void)state;
	open_store("redis://127.0.0.1:%d", 2);
	server.limit = 0;
	server.then = RESP_STALL;
	for (int i = 0; i < 5; i++) {
		int64_t begun = md_monotonic_ms();
		struct md_store_call c = { .arena = &arena, .now_ms = begun, .deadline_ms = begun + 5 };
		assert_int_equal(md_store_get(store, &c, keys, 3, values), -1);
		assert_true(md_monotonic_ms() - begun < BUDGET_MS);
	}
	assert_int_equal(md_store_count(store).rejected, 0);
}

static void rejects_calls_after_repeated_failures(void **state)
{
	(void)state;
	open_store("redis://127.0.0.1:%d", 3);
	server.limit = 0;
	server.then = RESP_STALL;
	for (int i = 0; i < 3; i++)
		assert_int_equal(get_values(), -1);
	unsigned asked = server.commands;
	int64_t begun = md_monotonic_ms();
	for (int i = 0; i < 1000; i++)
		assert_int_equal(get_values(), -1);
	assert_true(md_monotonic_ms() - begun < 60); /* at once */
	assert_int_equal(server.commands, asked);
	assert_int_equal(md_store_count(store).rejected, 1000);
	assert_true(md_str_eqz(trouble, "not asked for a while after repeated failures"));
	server.limit = -1;
	nanosleep(&(struct timespec){ .tv_nsec = 70000000 }, NULL);
	assert_int_equal(get_values(), 0); /* the probe */
	assert_int_equal(get_values(), 0);
}

static void *get_once(void *failed)
{
	struct md_arena a = { 0 };
	struct md_str v[3];
	int64_t begun = md_monotonic_ms();
	struct md_store_call c = { .arena = &a, .now_ms = begun };
	if (md_store_get(store, &c, keys, 3, v))
		++*(_Atomic int *)failed;
	md_arena_free(&a);
	return md_monotonic_ms() - begun > BUDGET_MS + TOLERANCE_MS ? failed : NULL;
}

/* Makes n calls from n threads. Returns how many failed. */
static int get_from_threads(int n)
{
	pthread_t t[64];
	_Atomic int failed = 0;
	for (int i = 0; i < n; i++)
		assert_int_equal(pthread_create(&t[i], NULL, get_once, &failed), 0);
	for (int i = 0; i < n; i++) {
		void *late;
		pthread_join(t[i], &late);
		assert_null(late);
	}
	return failed;
}

static void lets_one_of_many_callers_probe(void **state)
{
	(void)state;
	open_store("redis://127.0.0.1:%d", 1);
	server.limit = 0;
	server.then = RESP_STALL;
	assert_int_equal(get_values(), -1);
	nanosleep(&(struct timespec){ .tv_nsec = 70000000 }, NULL);
	unsigned asked = server.commands;
	assert_int_equal(get_from_threads(30), 30);
	assert_int_equal(server.commands, asked + 1);
}

static void bounds_its_connections(void **state)
{
	(void)state;
	server.drip_ms = 0;
	assert_int_equal(get_from_threads(60), 0);
	assert_true(server.accepted <= 4);
	server.limit = 0;
	server.then = RESP_STALL;
	open_store("redis://127.0.0.1:%d", UINT32_MAX);
	unsigned before = server.accepted;
	assert_int_equal(get_from_threads(20), 20); /* calls that wait for a connection keep the budget too */
	assert_true(server.accepted - before <= 20);
}

/* For tests that do not measure time: a busy machine must not fail them. */
static int patient_setup(void **state)
{
	budget_ms = 60000;
	return setup(state);
}

static int patient_teardown(void **state)
{
	budget_ms = BUDGET_MS;
	return teardown(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sends_a_batch_in_one_round_trip, patient_setup, patient_teardown),
		T(fails_where_a_reply_is_cut_at_any_byte),
		T(never_reuses_a_connection_after_a_cut_reply),
		T(fails_where_a_write_is_cut_at_any_byte),
		T(returns_no_wrong_value_of_a_garbled_reply),
		T(refuses_replies_of_another_type_or_size),
		T(fails_and_keeps_the_connection_at_an_error_reply),
		T(closes_a_connection_with_unexpected_bytes),
		T(replaces_idle_connections_that_were_closed),
		T(keeps_its_budget_when_a_reply_drips),
		T(keeps_its_budget_when_the_server_does_not_read),
		T(fails_where_no_server_is_reachable),
		T(logs_in_once_a_connection),
		T(keeps_the_deadline_of_the_request),
		T(rejects_calls_after_repeated_failures),
		T(lets_one_of_many_callers_probe),
		T(bounds_its_connections),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
