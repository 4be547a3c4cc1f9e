/* base/map.h and base/str.h: looking names up, exactly and nearly. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/map.h"

static struct md_arena arena;

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static void zeroed_map_knows_nothing(void **state)
{
	(void)state;
	struct md_map m = { 0 };
	assert_int_equal(md_map_get(&m, MD_STR("x")), MD_NONE);
	assert_int_equal(md_map_get(&m, MD_NOSTR), MD_NONE);
}

static void first_value_of_a_key_stays(void **state)
{
	(void)state;
	struct md_map m;
	assert_int_equal(md_map_init(&m, &arena, 4), 0);
	assert_int_equal(md_map_put(&m, MD_STR("a"), 1), MD_NONE);
	assert_int_equal(md_map_put(&m, MD_STR("a"), 2), 1);
	assert_int_equal(md_map_get(&m, MD_STR("a")), 1);
	assert_int_equal(m.n, 1);
}

/* The empty text is a key like any other, and bytes behind a NUL count. */
static void odd_keys(void **state)
{
	(void)state;
	struct md_map m;
	md_map_init(&m, &arena, 8);
	assert_int_equal(md_map_get(&m, MD_NOSTR), MD_NONE);
	assert_int_equal(md_map_put(&m, MD_NOSTR, 7), MD_NONE);
	assert_int_equal(md_map_get(&m, MD_STR("")), 7);
	md_map_put(&m, MD_STR("a\0b"), 8);
	assert_int_equal(md_map_get(&m, MD_STR("a\0c")), MD_NONE);
	assert_int_equal(md_map_get(&m, MD_STR("a")), MD_NONE);
	assert_int_equal(md_map_get(&m, MD_STR("a\0b")), 8);
}

static void ten_thousand_keys(void **state)
{
	(void)state;
	enum { N = 10000 };
	struct md_map m;
	assert_int_equal(md_map_init(&m, &arena, N), 0);
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(md_map_put(&m, md_str_fmt(&arena, "table%u", i), i), MD_NONE);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(md_map_get(&m, md_str_fmt(&arena, "table%u", i)), i);
		assert_int_equal(md_map_get(&m, md_str_fmt(&arena, "tablE%u", i)), MD_NONE);
	}
	assert_int_equal(m.n, N);
}

static void too_many_keys_are_out_of_memory(void **state)
{
	(void)state;
	struct md_map m;
	assert_int_equal(md_map_init(&m, &arena, (size_t)1 << 33), -1);
	assert_int_equal(md_map_get(&m, MD_STR("x")), MD_NONE);
}

/* Plan hashes are compared between processes and versions: these are known answers. */
static void stable_hash_is_stable(void **state)
{
	(void)state;
	uint64_t h = md_hash_stable(MD_STR("SELECT 1"), 1);
	assert_true(h == 0xef4f5e311f8522f1u);
	assert_true(h != md_hash_stable(MD_STR("SELECT 1"), 2));
	assert_true(h != md_hash_stable(MD_STR("SELECT 2"), 1));
	assert_true(md_hash_stable(MD_STR("12345678"), 1) != md_hash_stable(MD_STR("12345678\0"), 1));
}

static struct md_str near(const char *given)
{
	static const struct md_str names[] = {
		{ "id", 2 }, { "status", 6 }, { "createdAt", 9 }, { "customerId", 10 }, { "total", 5 }
	};
	return md_str_nearest(md_str_z(given), names, 5);
}

#define NEAR(given, want) assert_true(md_str_eq(near(given), md_str_z(want)))

static void nearest_name(void **state)
{
	(void)state;
	NEAR("statsu", "status");       /* a swap */
	NEAR("stats", "status");        /* a letter left out */
	NEAR("statuss", "status");      /* one too many */
	NEAR("STATUS", "status");       /* case */
	NEAR("creatdAt", "createdAt");
	NEAR("costumerId", "customerId");
	NEAR("ix", "id");
	NEAR("tital", "total");
}

static void nothing_near(void **state)
{
	(void)state;
	assert_null(near("warehouse").p);
	assert_null(near("xy").p);      /* two off in two letters */
	assert_null(near("").p);
	assert_null(near("a234567890123456789012345678901234567890123456789012345678901234567890").p);
	assert_null(md_str_nearest(MD_STR("x"), NULL, 0).p);
}

static void order_by_code_point(void **state)
{
	(void)state;
	assert_true(md_str_cmp(MD_STR("a"), MD_STR("b")) < 0);
	assert_true(md_str_cmp(MD_STR("a"), MD_STR("ab")) < 0);
	assert_true(md_str_cmp(MD_STR("Z"), MD_STR("a")) < 0);
	assert_true(md_str_cmp(MD_STR("\xef\xbf\xbd"), MD_STR("\xf0\x9f\x98\x80")) < 0); /* U+FFFD before U+1F600 */
	assert_int_equal(md_str_cmp(MD_NOSTR, MD_STR("")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(zeroed_map_knows_nothing, teardown),
		cmocka_unit_test_teardown(first_value_of_a_key_stays, teardown),
		cmocka_unit_test_teardown(odd_keys, teardown),
		cmocka_unit_test_teardown(ten_thousand_keys, teardown),
		cmocka_unit_test_teardown(too_many_keys_are_out_of_memory, teardown),
		cmocka_unit_test(stable_hash_is_stable),
		cmocka_unit_test(nearest_name),
		cmocka_unit_test(nothing_near),
		cmocka_unit_test(order_by_code_point),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
