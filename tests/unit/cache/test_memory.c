/* The memory store: values, expiry, the bound on its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache/cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static struct md_arena arena;

static int free_arena(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static struct md_str get_value(struct md_store *s, int64_t now, const char *key)
{
	struct md_str k = md_str_z(key), v = { (const char *)&v, 7 };
	struct md_store_call c = { .arena = &arena, .now_ms = now };
	assert_int_equal(md_store_get(s, &c, &k, 1, &v), 0);
	return v;
}

/* ttl in milliseconds */
static void put_value(struct md_store *s, int64_t now, const char *key, const char *value, int64_t ttl)
{
	struct md_pair pair = { md_str_z(key), md_str_z(value) };
	struct md_store_call c = { .arena = &arena, .now_ms = now };
	int rc = md_store_put(s, &c, &pair, 1, ttl);
	assert_int_equal(rc == 0, c.trouble.p == NULL);
}

static void returns_what_was_stored(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(1 << 20);
	assert_null(get_value(s, 0, "a").p);
	put_value(s, 0, "a", "1", 0);
	put_value(s, 0, "b", "", 0);
	put_value(s, 0, "", "of the empty key", 0);
	assert_true(md_str_eqz(get_value(s, 0, "a"), "1"));
	assert_non_null(get_value(s, 0, "b").p);
	assert_int_equal(get_value(s, 0, "b").n, 0);
	assert_true(md_str_eqz(get_value(s, 0, ""), "of the empty key"));
	put_value(s, 0, "a", "another", 0);
	assert_true(md_str_eqz(get_value(s, INT64_MAX, "a"), "another")); /* no ttl: never expires */
	md_store_free(s);
	md_store_free(NULL);
}

static void returns_misses_beside_hits_in_order(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(1 << 20);
	struct md_str keys[3] = { MD_STR("a"), MD_STR("nope"), MD_STR("c") }, values[3];
	put_value(s, 0, "a", "1", 0);
	put_value(s, 0, "c", "3", 0);
	struct md_store_call c = { .arena = &arena };
	assert_int_equal(md_store_get(s, &c, keys, 3, values), 0);
	assert_true(md_str_eqz(values[0], "1"));
	assert_null(values[1].p);
	assert_true(md_str_eqz(values[2], "3"));
	md_store_free(s);
	assert_true(md_str_eqz(values[0], "1")); /* a copy */
}

static void drops_expired_entries(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(1 << 20);
	put_value(s, 1000, "a", "1", 2000);
	assert_non_null(get_value(s, 2999, "a").p);
	assert_null(get_value(s, 3000, "a").p);
	assert_null(get_value(s, 0, "a").p); /* dropped when it was found expired */
	put_value(s, 1000, "b", "1", INT64_MAX); /* later than the clock can show */
	assert_non_null(get_value(s, INT64_MAX, "b").p);
	md_store_free(s);
}

static void drops_the_least_recently_used_at_its_bound(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(100 * 200);
	char key[32], value[101];
	memset(value, 'v', 100);
	value[100] = 0;
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "%d", i);
		put_value(s, 0, key, value, 0);
		assert_non_null(get_value(s, 0, "0").p); /* used again and again */
	}
	int kept = 0;
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "%d", i);
		kept += get_value(s, 0, key).p != NULL;
	}
	assert_in_range(kept, 80, 180); /* an entry takes more than its 100 bytes and less than 250 */
	assert_non_null(get_value(s, 0, "999").p);
	assert_null(get_value(s, 0, "1").p);
	md_store_free(s);
}

static void refuses_values_larger_than_itself(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(300);
	char big[400];
	memset(big, 'v', sizeof big);
	big[399] = 0;
	put_value(s, 0, "a", "1", 0);
	put_value(s, 0, "b", big, 0);
	assert_null(get_value(s, 0, "b").p);
	assert_non_null(get_value(s, 0, "a").p); /* and no other entry is dropped */
	put_value(s, 0, "a", big, 0);
	assert_null(get_value(s, 0, "a").p);     /* but the old value is outdated */
	md_store_free(s);
	s = md_store_memory(0);
	put_value(s, 0, "a", "1", 0);
	assert_null(get_value(s, 0, "a").p);
	md_store_free(s);
}

static void finds_each_of_many_keys(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(64u << 20);
	char key[32];
	for (int i = 0; i < 50000; i++) {
		snprintf(key, sizeof key, "users:%d", i);
		put_value(s, 0, key, key, 0);
	}
	for (int i = 0; i < 50000; i++) {
		snprintf(key, sizeof key, "users:%d", i);
		assert_true(md_str_eqz(get_value(s, 0, key), key));
	}
	md_store_free(s);
}

static void *put_and_get_often(void *arg)
{
	struct md_arena a = { 0 };
	for (int i = 0; i < 5000; i++) {
		char key[32];
		snprintf(key, sizeof key, "k%d", i % 97);
		struct md_str k = md_str_z(key), v;
		struct md_pair pair = { k, k };
		struct md_store_call c = { .arena = &a, .now_ms = i };
		md_store_put(arg, &c, &pair, 1, i % 3);
		md_store_get(arg, &c, &k, 1, &v);
		if (v.p && !md_str_eq(v, k))
			return arg;
		md_arena_reset(&a);
	}
	md_arena_free(&a);
	return NULL;
}

/* One value of the batch does not fit: the others are stored, and the call fails. */
static void stores_the_pairs_of_a_batch_that_fit(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(500);
	static const char big[600];
	struct md_pair pairs[3] = {
		{ MD_STR("a"), MD_STR("1") },
		{ MD_STR("b"), { big, sizeof big } },
		{ MD_STR("c"), MD_STR("3") },
	};
	struct md_store_call c = { .arena = &arena };
	assert_int_equal(md_store_put(s, &c, pairs, 3, 0), -1);
	assert_non_null(c.trouble.p);
	assert_true(md_str_eqz(get_value(s, 0, "a"), "1"));
	assert_null(get_value(s, 0, "b").p);
	assert_true(md_str_eqz(get_value(s, 0, "c"), "3"));
	assert_int_equal(md_store_put(s, &c, pairs, 0, 0), 0); /* an empty batch */
	assert_int_equal(md_store_count(s).round_trips, 0);
	md_store_free(s);
}

static void many_threads_read_only_what_was_stored(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(8000);
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, put_and_get_often, s);
	for (int i = 0; i < 4; i++) {
		void *wrong;
		pthread_join(t[i], &wrong);
		assert_null(wrong);
	}
	md_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_what_was_stored),
		cmocka_unit_test(returns_misses_beside_hits_in_order),
		cmocka_unit_test(drops_expired_entries),
		cmocka_unit_test(drops_the_least_recently_used_at_its_bound),
		cmocka_unit_test(refuses_values_larger_than_itself),
		cmocka_unit_test(finds_each_of_many_keys),
		cmocka_unit_test(stores_the_pairs_of_a_batch_that_fit),
		cmocka_unit_test(many_threads_read_only_what_was_stored),
	};
	return cmocka_run_group_tests(tests, NULL, free_arena);
}
