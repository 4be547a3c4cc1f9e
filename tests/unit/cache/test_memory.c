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

static int done(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static struct md_str get(struct md_store *s, int64_t now, const char *key)
{
	struct md_str k = md_str_z(key), v = { (const char *)&v, 7 };
	struct md_store_call c = { .arena = &arena, .now_ms = now };
	assert_int_equal(md_store_get(s, &c, &k, 1, &v), 0);
	return v;
}

/* ttl in milliseconds */
static void put(struct md_store *s, int64_t now, const char *key, const char *value, int64_t ttl)
{
	struct md_pair pair = { md_str_z(key), md_str_z(value) };
	struct md_store_call c = { .arena = &arena, .now_ms = now };
	int rc = md_store_put(s, &c, &pair, 1, ttl);
	assert_int_equal(rc == 0, c.trouble.p == NULL);
}

static void what_is_put_is_got(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(1 << 20);
	assert_null(get(s, 0, "a").p);
	put(s, 0, "a", "1", 0);
	put(s, 0, "b", "", 0);
	put(s, 0, "", "of the empty key", 0);
	assert_true(md_str_eqz(get(s, 0, "a"), "1"));
	assert_non_null(get(s, 0, "b").p);
	assert_int_equal(get(s, 0, "b").n, 0);
	assert_true(md_str_eqz(get(s, 0, ""), "of the empty key"));
	put(s, 0, "a", "another", 0);
	assert_true(md_str_eqz(get(s, INT64_MAX, "a"), "another")); /* no ttl: never expires */
	md_store_free(s);
	md_store_free(NULL);
}

static void several_at_once_with_misses(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(1 << 20);
	struct md_str keys[3] = { MD_STR("a"), MD_STR("nope"), MD_STR("c") }, values[3];
	put(s, 0, "a", "1", 0);
	put(s, 0, "c", "3", 0);
	struct md_store_call c = { .arena = &arena };
	assert_int_equal(md_store_get(s, &c, keys, 3, values), 0);
	assert_true(md_str_eqz(values[0], "1"));
	assert_null(values[1].p);
	assert_true(md_str_eqz(values[2], "3"));
	md_store_free(s);
	assert_true(md_str_eqz(values[0], "1")); /* a copy */
}

static void entries_expire(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(1 << 20);
	put(s, 1000, "a", "1", 2000);
	assert_non_null(get(s, 2999, "a").p);
	assert_null(get(s, 3000, "a").p);
	assert_null(get(s, 0, "a").p); /* it is gone, not hidden */
	put(s, 1000, "b", "1", INT64_MAX); /* beyond any clock */
	assert_non_null(get(s, INT64_MAX, "b").p);
	md_store_free(s);
}

static void the_bound_holds_and_the_least_recently_used_goes(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(100 * 200);
	char key[32], value[101];
	memset(value, 'v', 100);
	value[100] = 0;
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "%d", i);
		put(s, 0, key, value, 0);
		assert_non_null(get(s, 0, "0").p); /* used all the time */
	}
	int kept = 0;
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "%d", i);
		kept += get(s, 0, key).p != NULL;
	}
	assert_in_range(kept, 80, 180); /* each entry weighs more than its 100 bytes, less than 250 */
	assert_non_null(get(s, 0, "999").p);
	assert_null(get(s, 0, "1").p);
	md_store_free(s);
}

static void what_does_not_fit_is_not_kept(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(300);
	char big[400];
	memset(big, 'v', sizeof big);
	big[399] = 0;
	put(s, 0, "a", "1", 0);
	put(s, 0, "b", big, 0);
	assert_null(get(s, 0, "b").p);
	assert_non_null(get(s, 0, "a").p); /* and throws nothing out */
	put(s, 0, "a", big, 0);
	assert_null(get(s, 0, "a").p);     /* but the old value is no longer true */
	md_store_free(s);
	s = md_store_memory(0);
	put(s, 0, "a", "1", 0);
	assert_null(get(s, 0, "a").p);
	md_store_free(s);
}

static void many_keys(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(64u << 20);
	char key[32];
	for (int i = 0; i < 50000; i++) {
		snprintf(key, sizeof key, "users:%d", i);
		put(s, 0, key, key, 0);
	}
	for (int i = 0; i < 50000; i++) {
		snprintf(key, sizeof key, "users:%d", i);
		assert_true(md_str_eqz(get(s, 0, key), key));
	}
	md_store_free(s);
}

static void *hammer(void *arg)
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

/* A batch in which one value does not fit: the others are kept, and the caller is told. */
static void batches_are_kept_as_far_as_they_fit(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(500);
	static const char big[600];
	struct md_pair pairs[3] = { { MD_STR("a"), MD_STR("1") }, { MD_STR("b"), { big, sizeof big } }, { MD_STR("c"), MD_STR("3") } };
	struct md_store_call c = { .arena = &arena };
	assert_int_equal(md_store_put(s, &c, pairs, 3, 0), -1);
	assert_non_null(c.trouble.p);
	assert_true(md_str_eqz(get(s, 0, "a"), "1"));
	assert_null(get(s, 0, "b").p);
	assert_true(md_str_eqz(get(s, 0, "c"), "3"));
	assert_int_equal(md_store_put(s, &c, pairs, 0, 0), 0); /* of nothing */
	assert_int_equal(md_store_count(s).round_trips, 0);
	md_store_free(s);
}

static void threads_share_it(void **state)
{
	(void)state;
	struct md_store *s = md_store_memory(8000);
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, hammer, s);
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
		cmocka_unit_test(what_is_put_is_got),
		cmocka_unit_test(several_at_once_with_misses),
		cmocka_unit_test(entries_expire),
		cmocka_unit_test(the_bound_holds_and_the_least_recently_used_goes),
		cmocka_unit_test(what_does_not_fit_is_not_kept),
		cmocka_unit_test(many_keys),
		cmocka_unit_test(batches_are_kept_as_far_as_they_fit),
		cmocka_unit_test(threads_share_it),
	};
	return cmocka_run_group_tests(tests, NULL, done);
}
