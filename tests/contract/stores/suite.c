#include "suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct md_store *store;
struct md_arena arena;

int suite_setup(void **state)
{
	(void)state;
	store = quirks->new_store();
	return store == NULL;
}

int suite_teardown(void **state)
{
	(void)state;
	md_store_free(store);
	md_arena_free(&arena);
	return 0;
}

static struct md_store_call store_call(struct md_arena *a)
{
	return (struct md_store_call){ .arena = a, .now_ms = quirks->now_ms() };
}

int put_value(const char *key, struct md_str value, int64_t ttl_ms)
{
	struct md_pair pair = { md_str_z(key), value };
	struct md_store_call c = store_call(&arena);
	return md_store_put(store, &c, &pair, 1, ttl_ms);
}

struct md_str get_value(const char *key)
{
	struct md_str k = md_str_z(key), v = { (const char *)&v, 7 };
	struct md_store_call c = store_call(&arena);
	if (md_store_get(store, &c, &k, 1, &v))
		fail_msg("%.*s", MD_FMT(c.trouble));
	assert_null(c.trouble.p);
	return v;
}

static void returns_what_was_stored(void **state)
{
	(void)state;
	static const char bytes[] = "\0\r\n$-1\r\n\xff*3\r\n\"\\";
	assert_null(get_value("a").p);
	assert_int_equal(put_value("a", MD_STR("1"), 0), 0);
	assert_int_equal(put_value("b", MD_STR(""), 0), 0);
	assert_int_equal(put_value("c:%20{x}", (struct md_str){ bytes, sizeof bytes }, 0), 0);
	assert_true(md_str_eqz(get_value("a"), "1"));
	assert_non_null(get_value("b").p); /* empty, not missing */
	assert_int_equal(get_value("b").n, 0);
	assert_true(md_str_eq(get_value("c:%20{x}"), (struct md_str){ bytes, sizeof bytes }));
	assert_int_equal(put_value("a", MD_STR("another"), 0), 0);
	assert_true(md_str_eqz(get_value("a"), "another"));
}

static void returns_values_in_the_order_of_the_keys(void **state)
{
	(void)state;
	struct md_str keys[4] = { MD_STR("c"), MD_STR("nope"), MD_STR("a"), MD_STR("c") }, values[4];
	struct md_pair pairs[3] = {
		{ MD_STR("a"), MD_STR("1") },
		{ MD_STR("c"), MD_STR("old") },
		{ MD_STR("c"), MD_STR("3") },
	};
	struct md_store_call c = store_call(&arena);
	assert_int_equal(md_store_put(store, &c, pairs, 3, 0), 0);
	assert_int_equal(md_store_get(store, &c, keys, 4, values), 0);
	assert_true(md_str_eqz(values[0], "3"));
	assert_null(values[1].p);
	assert_true(md_str_eqz(values[2], "1"));
	assert_true(md_str_eqz(values[3], "3"));
	assert_int_equal(put_value("c", MD_STR("new"), 0), 0);
	assert_true(md_str_eqz(values[0], "3")); /* a copy */
}

static void expires_entries(void **state)
{
	(void)state;
	put_value("a", MD_STR("1"), 150);
	put_value("b", MD_STR("1"), 0);
	put_value("c", MD_STR("1"), INT64_C(100) * 365 * 86400 * 1000);
	put_value("d", MD_STR("1"), 50);
	put_value("d", MD_STR("2"), 0); /* the latest ttl applies */
	assert_non_null(get_value("a").p);
	quirks->pass_time(200);
	assert_null(get_value("a").p);
	assert_non_null(get_value("b").p);
	assert_non_null(get_value("c").p);
	assert_true(md_str_eqz(get_value("d"), "2"));
}

static void stores_large_values(void **state)
{
	(void)state;
	size_t n = 1 << 20;
	char *big = malloc(n);
	for (size_t i = 0; i < n; i++)
		big[i] = (char)(i * 7 % 251);
	assert_int_equal(put_value("big", (struct md_str){ big, n }, 0), 0);
	assert_true(md_str_eq(get_value("big"), (struct md_str){ big, n }));
	free(big);
}

/* As many ids as a request may have. */
static void takes_ten_thousand_keys_in_one_batch(void **state)
{
	(void)state;
	enum { N = 10000 };
	struct md_pair *pairs = calloc(N, sizeof *pairs);
	struct md_str *keys = calloc(N, sizeof *keys), *values = calloc(N, sizeof *values);
	for (int i = 0; i < N; i++) {
		keys[i] = md_str_fmt(&arena, "users:%d", i);
		pairs[i] = (struct md_pair){ keys[i], md_str_fmt(&arena, "{\"$v\":1,\"row\":{\"id\":%d}}", i) };
	}
	struct md_store_call c = store_call(&arena);
	if (md_store_put(store, &c, pairs, N, 60000) || md_store_get(store, &c, keys, N, values))
		fail_msg("%.*s", MD_FMT(c.trouble));
	for (int i = 0; i < N; i++)
		assert_true(md_str_eq(values[i], pairs[i].value));
	free(pairs);
	free(keys);
	free(values);
}

static void *put_and_get_often(void *arg)
{
	struct md_arena a = { 0 };
	void *wrong = NULL;
	for (int i = 0; i < 300 && !wrong; i++) {
		struct md_str k = md_str_fmt(&a, "k%d", i % 17), v;
		struct md_pair pair = { k, k };
		struct md_store_call c = store_call(&a);
		bool answered =
			md_store_put(store, &c, &pair, 1, 60000) == 0 && md_store_get(store, &c, &k, 1, &v) == 0;
		if (answered && !md_str_eq(v, k))
			wrong = arg;
		md_arena_reset(&a);
	}
	md_arena_free(&a);
	return wrong;
}

static void many_threads_read_only_what_was_stored(void **state)
{
	pthread_t t[8];
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&t[i], NULL, put_and_get_often, state), 0);
	for (int i = 0; i < 8; i++) {
		void *wrong;
		pthread_join(t[i], &wrong);
		assert_null(wrong);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(returns_what_was_stored),
		CASE(returns_values_in_the_order_of_the_keys),
		CASE(expires_entries),
		CASE(stores_large_values),
		CASE(takes_ten_thousand_keys_in_one_batch),
		CASE(many_threads_read_only_what_was_stored),
	};
	int failed = cmocka_run_group_tests_name(quirks->name, tests, NULL, NULL);
	return failed + (quirks->run_own_cases ? quirks->run_own_cases() : 0);
}
