/* base/arena.h, buf.h, vec.h: memory of one request. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/vec.h"

#include <limits.h>
#include <stdlib.h>

static struct md_arena arena;

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static void zero_bytes_are_a_pointer(void **state)
{
	(void)state;
	assert_non_null(md_alloc(&arena, 0)); /* the very first allocation */
	assert_non_null(md_new_n(&arena, int, 0));
	assert_false(arena.oom);
	md_arena_reset(&arena);
	assert_non_null(md_alloc(&arena, 0));
}

static void every_pointer_is_aligned(void **state)
{
	(void)state;
	for (size_t n = 0; n < 200; n++)
		assert_int_equal((uintptr_t)md_alloc(&arena, n) % 16, 0);
}

static void allocations_do_not_overlap(void **state)
{
	(void)state;
	unsigned char *p[300];
	for (size_t i = 0; i < 300; i++) {
		p[i] = md_alloc(&arena, i * 7);
		assert_non_null(memset(p[i], (int)(i & 0xff), i * 7));
	}
	for (size_t i = 0; i < 300; i++)
		for (size_t k = 0; k < i * 7; k++)
			assert_int_equal(p[i][k], i & 0xff);
}

static void calloc_clears(void **state)
{
	(void)state;
	memset(md_alloc(&arena, 4096), 0xff, 4096);
	md_arena_reset(&arena);
	const unsigned char *p = md_calloc(&arena, 64, 64);
	for (size_t i = 0; i < 4096; i++)
		assert_int_equal(p[i], 0);
}

static void impossible_sizes_set_oom_until_reset(void **state)
{
	(void)state;
	assert_null(md_alloc(&arena, SIZE_MAX));
	assert_true(arena.oom);
	assert_non_null(md_alloc(&arena, 8)); /* still usable, still marked */
	assert_true(arena.oom);
	md_arena_reset(&arena);
	assert_false(arena.oom);
	assert_null(md_calloc(&arena, SIZE_MAX / 2, 3));
	assert_true(arena.oom);
	md_arena_reset(&arena);
	assert_null(md_alloc(&arena, SIZE_MAX - 14));
	assert_true(arena.oom);
}

/* After a reset an arena allocates from the chunks that it has. */
static void reset_keeps_chunks(void **state)
{
	(void)state;
	char *first[40];
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 40; i++) {
			char *p = md_alloc(&arena, 3000);
			if (round == 0)
				first[i] = p;
			else
				assert_ptr_equal(p, first[i]);
		}
		md_arena_reset(&arena);
	}
}

/* One huge request must not keep its memory for ever. */
static void reset_frees_huge_chunks(void **state)
{
	(void)state;
	assert_non_null(md_alloc(&arena, 16 << 20));
	md_arena_reset(&arena);
	assert_null(arena.current);
	assert_null(arena.spare);
}

static void release_frees_what_came_after_the_mark(void **state)
{
	(void)state;
	char *kept = md_alloc(&arena, 100);
	memset(kept, 'k', 100);
	struct md_mark m = md_arena_mark(&arena);
	char *scratch = md_alloc(&arena, 100);
	for (int i = 0; i < 100; i++)
		md_alloc(&arena, 5000); /* over several chunks */
	md_arena_release(&arena, m);
	assert_ptr_equal(md_alloc(&arena, 100), scratch);
	for (int i = 0; i < 100; i++)
		assert_int_equal(kept[i], 'k');
}

static void release_to_an_empty_arena(void **state)
{
	(void)state;
	struct md_mark m = md_arena_mark(&arena);
	md_alloc(&arena, 100);
	md_arena_release(&arena, m);
	assert_null(arena.current);
	assert_non_null(md_alloc(&arena, 100));
}

static void text_is_copied_and_ended(void **state)
{
	(void)state;
	struct md_str s = md_str_dup(&arena, (struct md_str){ "a\0bc", 3 });
	assert_int_equal(s.n, 3);
	assert_memory_equal(s.p, "a\0b", 4);
	s = md_str_dup(&arena, MD_NOSTR);
	assert_non_null(s.p);
	assert_int_equal(s.n, 0);
	s = md_str_fmt(&arena, "%d of %s", 3, "four");
	assert_string_equal(s.p, "3 of four");
	assert_int_equal(s.n, 9);
}

static void buf_grows_and_keeps(void **state)
{
	(void)state;
	struct md_buf heap = { 0 }, inside = { .arena = &arena }, *both[] = { &heap, &inside };
	for (int k = 0; k < 2; k++) {
		for (int i = 0; i < 5000; i++)
			md_buf_fmt(both[k], "%d,", i);
		assert_false(both[k]->failed);
		assert_memory_equal(both[k]->p, "0,1,2,", 6);
		assert_memory_equal(both[k]->p + both[k]->n - 5, "4999,", 5);
	}
	assert_int_equal(heap.n, inside.n);
	assert_memory_equal(heap.p, inside.p, heap.n);
	md_buf_free(&heap);
	md_buf_free(&inside);
	assert_null(heap.p);
}

static void buf_failure_is_sticky(void **state)
{
	(void)state;
	struct md_buf b = { 0 };
	md_buf_lit(&b, "kept");
	assert_false(md_buf_grow(&b, SIZE_MAX / 2));
	assert_true(b.failed);
	md_buf_lit(&b, "lost");
	md_buf_char(&b, 'x');
	md_buf_int(&b, 5);
	md_buf_fmt(&b, "%d", 5);
	assert_int_equal(b.n, 4);
	md_buf_free(&b);
}

static void buf_writes_numbers(void **state)
{
	(void)state;
	struct md_buf b = { .arena = &arena };
	const int64_t numbers[] = { 0, -1, 42, INT64_MAX, INT64_MIN };
	for (size_t i = 0; i < 5; i++) {
		md_buf_int(&b, numbers[i]);
		md_buf_char(&b, ' ');
	}
	md_buf_char(&b, '\0');
	assert_string_equal(b.p, "0 -1 42 9223372036854775807 -9223372036854775808 ");
}

static void vec_grows_cleared(void **state)
{
	(void)state;
	MD_VEC(int64_t) v = { 0 };
	memset(md_alloc(&arena, 8192), 0xff, 8192);
	md_arena_reset(&arena);
	for (int64_t i = 0; i < 1000; i++) {
		int64_t *slot = md_push(&arena, &v);
		assert_non_null(slot);
		assert_int_equal(*slot, 0);
		*slot = i;
	}
	assert_int_equal(v.n, 1000);
	for (int64_t i = 0; i < 1000; i++)
		assert_int_equal(v.v[i], i);
}

static void vec_that_can_not_grow_stays(void **state)
{
	(void)state;
	struct wide { char bytes[1 << 16]; };
	MD_VEC(struct wide) v = { .n = UINT32_MAX / 2, .cap = UINT32_MAX / 2 };
	assert_null(md_push(&arena, &v));
	assert_int_equal(v.n, UINT32_MAX / 2);
	assert_true(arena.oom);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(zero_bytes_are_a_pointer, teardown),
		cmocka_unit_test_teardown(every_pointer_is_aligned, teardown),
		cmocka_unit_test_teardown(allocations_do_not_overlap, teardown),
		cmocka_unit_test_teardown(calloc_clears, teardown),
		cmocka_unit_test_teardown(impossible_sizes_set_oom_until_reset, teardown),
		cmocka_unit_test_teardown(reset_keeps_chunks, teardown),
		cmocka_unit_test_teardown(reset_frees_huge_chunks, teardown),
		cmocka_unit_test_teardown(release_frees_what_came_after_the_mark, teardown),
		cmocka_unit_test_teardown(release_to_an_empty_arena, teardown),
		cmocka_unit_test_teardown(text_is_copied_and_ended, teardown),
		cmocka_unit_test_teardown(buf_grows_and_keeps, teardown),
		cmocka_unit_test_teardown(buf_failure_is_sticky, teardown),
		cmocka_unit_test_teardown(buf_writes_numbers, teardown),
		cmocka_unit_test_teardown(vec_grows_cleared, teardown),
		cmocka_unit_test_teardown(vec_that_can_not_grow_stays, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
