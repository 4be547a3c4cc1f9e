/* base/map.h and base/str.h: finding names, exact and similar ones. */
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

static void a_zeroed_map_has_no_key(void **state)
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

/* The empty text is a valid key, and bytes after a NUL are part of a key. */
static void empty_and_binary_keys_are_found(void **state)
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

static void ten_thousand_keys_are_found(void **state)
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

static struct md_str find_nearest(const char *given)
{
	static const struct md_str names[] = {
		{ "id", 2 }, { "status", 6 }, { "createdAt", 9 }, { "customerId", 10 }, { "total", 5 }
	};
	return md_str_nearest(md_str_z(given), names, 5);
}

#define NEAR(given, want) assert_true(md_str_eq(find_nearest(given), md_str_z(want)))

static void the_nearest_name_is_suggested(void **state)
{
	(void)state;
	NEAR("statsu", "status");       /* two letters swapped */
	NEAR("stats", "status");        /* one letter missing */
	NEAR("statuss", "status");      /* one letter too many */
	NEAR("STATUS", "status");       /* other case */
	NEAR("creatdAt", "createdAt");
	NEAR("costumerId", "customerId");
	NEAR("ix", "id");
	NEAR("tital", "total");
}

static void distant_names_are_not_suggested(void **state)
{
	(void)state;
	assert_null(find_nearest("warehouse").p);
	assert_null(find_nearest("xy").p);      /* two edits in two letters */
	assert_null(find_nearest("").p);
	assert_null(find_nearest("a234567890123456789012345678901234567890123456789012345678901234567890").p);
	assert_null(md_str_nearest(MD_STR("x"), NULL, 0).p);
}

static void text_is_ordered_by_code_point(void **state)
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
		cmocka_unit_test_teardown(a_zeroed_map_has_no_key, teardown),
		cmocka_unit_test_teardown(first_value_of_a_key_stays, teardown),
		cmocka_unit_test_teardown(empty_and_binary_keys_are_found, teardown),
		cmocka_unit_test_teardown(ten_thousand_keys_are_found, teardown),
		cmocka_unit_test_teardown(too_many_keys_are_out_of_memory, teardown),
		cmocka_unit_test(stable_hash_is_stable),
		cmocka_unit_test(the_nearest_name_is_suggested),
		cmocka_unit_test(distant_names_are_not_suggested),
		cmocka_unit_test(text_is_ordered_by_code_point),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
