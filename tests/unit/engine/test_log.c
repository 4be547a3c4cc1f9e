/* The events that wait for the caller's log function: their order, their bound, their form, and one
 * thread at a time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/log.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static atomic_uint waiting;
static char received[128 * 1024];
static int events;
static atomic_bool is_inside, overlapped;
static struct md_log *reentered;

static void receive(void *user, multidb_log_level level, const char *text)
{
	size_t n = strlen(received);
	assert_ptr_equal(user, received);
	if (atomic_exchange(&is_inside, true))
		overlapped = true;
	snprintf(received + n, sizeof received - n, "%d %s\n", (int)level, text);
	events++;
	nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
	is_inside = false;
	if (reentered) {
		md_log_add(reentered, MULTIDB_LOG_INFO, "from inside");
		md_log_deliver(reentered); /* does nothing: the events follow */
		reentered = NULL;
	}
}

static int setup(void **state)
{
	waiting = 0;
	events = 0;
	received[0] = '\0';
	reentered = NULL;
	*state = md_log_new(receive, received, &waiting, 4);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	md_log_free(*state);
	return 0;
}

static void delivers_in_order(void **state)
{
	md_log_add(*state, MULTIDB_LOG_INFO, "one %d", 1);
	assert_int_equal(waiting, 4);
	md_log_add(*state, MULTIDB_LOG_ERROR, "two");
	assert_int_equal(events, 0);
	md_log_deliver(*state);
	assert_string_equal(received, "0 one 1\n2 two\n");
	assert_int_equal(waiting, 0);
	md_log_deliver(*state);
	assert_int_equal(events, 2);
}

static void does_nothing_without_a_log(void **state)
{
	(void)state;
	md_log_add(NULL, MULTIDB_LOG_INFO, "x");
	md_log_deliver(NULL);
	md_log_free(NULL);
}

static void counts_what_it_drops(void **state)
{
	for (int round = 0; round < 3; round++) { /* the ring begins elsewhere each time */
		received[0] = '\0';
		events = 0;
		for (int i = 0; i < 64 + 5 + round; i++)
			md_log_add(*state, MULTIDB_LOG_INFO, "event %d", i);
		md_log_deliver(*state);
		char want[128];
		snprintf(want, sizeof want, "0 event 63\n1 %d events were dropped: more than 64 waited for a call "
		         "of the library\n", 5 + round);
		assert_int_equal(events, 65);
		assert_non_null(strstr(received, want));
		assert_non_null(strstr(received, "0 event 0\n0 event 1\n"));
		md_log_add(*state, MULTIDB_LOG_INFO, "later");
		md_log_deliver(*state);
		assert_int_equal(events, 66);
	}
}

/* One line each, whole characters, whatever is in a name. */
static void writes_whole_lines(void **state)
{
	char text[2000];
	md_log_add(*state, MULTIDB_LOG_INFO, "a\nb\r\tc\x7f""d ä");
	md_log_deliver(*state);
	assert_string_equal(received, "0 a b  c d ä\n");
	for (int shift = 0; shift < 3; shift++) {
		memset(text, 'x', (size_t)shift);
		for (size_t i = (size_t)shift; i < sizeof text - 3; i += 3)
			memcpy(text + i, "\xe2\x82\xac", 4); /* € */
		received[0] = '\0';
		md_log_add(*state, MULTIDB_LOG_INFO, "%s", text);
		md_log_deliver(*state);
		size_t n = strlen(received);
		assert_in_range(n, 1000, 1026);
		assert_string_equal(received + n - 4, "\xe2\x82\xac\n");
	}
}

static void delivers_what_its_receiver_adds(void **state)
{
	reentered = *state;
	md_log_add(*state, MULTIDB_LOG_INFO, "first");
	md_log_deliver(*state);
	assert_string_equal(received, "0 first\n0 from inside\n");
}

static void add_another(void *log, multidb_log_level level, const char *text)
{
	struct md_log **self = log;
	events++;
	md_log_add(*self, level, "%s", text);
	assert_true(events < 1000);
}

static void ends_though_each_event_adds_another(void **state)
{
	(void)state;
	struct md_log *log = NULL;
	log = md_log_new(add_another, &log, &waiting, 4);
	assert_non_null(log);
	md_log_add(log, MULTIDB_LOG_INFO, "again");
	md_log_deliver(log);
	assert_in_range(events, 1, 65);
	assert_int_equal(waiting, 4);
	md_log_free(log);
}

static void *add_and_deliver(void *log)
{
	for (int i = 0; i < 50; i++) {
		md_log_add(log, MULTIDB_LOG_INFO, "x");
		md_log_deliver(log);
	}
	return NULL;
}

static void delivers_on_one_thread_at_a_time(void **state)
{
	pthread_t threads[3];
	overlapped = false;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_and_deliver, *state), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	md_log_deliver(*state);
	assert_false(overlapped);
	int dropped = 0;
	for (const char *at = received; (at = strstr(at, "\n1 ")); at += 3)
		dropped++;
	assert_in_range(events, 65, 150 + dropped);
	assert_int_equal(waiting, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(delivers_in_order), T(does_nothing_without_a_log), T(counts_what_it_drops), T(writes_whole_lines),
		T(delivers_what_its_receiver_adds), T(ends_though_each_event_adds_another),
		T(delivers_on_one_thread_at_a_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
