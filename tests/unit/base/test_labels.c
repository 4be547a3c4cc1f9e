/* The labels of an enum: places, sets of them, texts for messages. */
#include "base/labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct md_arena arena;
static const struct md_str texts[] = { { "new", 3 }, { "waiting", 7 }, { "done", 4 } };

static struct md_labels make_labels(const struct md_str *v, uint32_t n)
{
	struct md_labels l = { .v = v, .n = n };
	assert_int_equal(md_map_init(&l.places, &arena, n), 0);
	for (uint32_t i = 0; i < n; i++)
		md_map_put(&l.places, v[i], i);
	return l;
}

static void places_follow_the_declared_order(void **state)
{
	(void)state;
	struct md_labels l = make_labels(texts, 3);
	assert_int_equal(md_label_place(&l, MD_STR("new")), 0);
	assert_int_equal(md_label_place(&l, MD_STR("done")), 2);
	assert_int_equal(md_label_place(&l, MD_STR("DONE")), MD_NONE);
	assert_int_equal(md_label_place(&l, MD_STR("")), MD_NONE);
}

static void order_counts_when_labels_are_compared(void **state)
{
	(void)state;
	static const struct md_str turned[] = { { "waiting", 7 }, { "new", 3 }, { "done", 4 } };
	struct md_labels a = make_labels(texts, 3), same = make_labels(texts, 3), b = make_labels(turned, 3);
	struct md_labels shorter = make_labels(texts, 2);
	assert_true(md_labels_are_same(&a, &same));
	assert_true(md_labels_are_same(NULL, NULL));
	assert_false(md_labels_are_same(&a, &b));
	assert_false(md_labels_are_same(&a, &shorter));
	assert_false(md_labels_are_same(&a, NULL));
	assert_false(md_labels_are_same(NULL, &a));
}

static void labels_are_left_out_by_place(void **state)
{
	(void)state;
	struct md_labels l = make_labels(texts, 3);
	struct md_str out[3];
	assert_int_equal(md_labels_without(&l, (uint32_t[]){ 1 }, 1, out), 2);
	assert_true(md_str_eq(out[0], texts[0]) && md_str_eq(out[1], texts[2]));
	assert_int_equal(md_labels_without(&l, (uint32_t[]){ 2, 0, 1, 1 }, 4, out), 0);
	assert_int_equal(md_labels_without(&l, NULL, 0, out), 3);
}

static void messages_name_the_first_labels(void **state)
{
	(void)state;
	struct md_labels l = make_labels(texts, 3);
	assert_string_equal(md_labels_expected(&arena, &l), "one of new, waiting, done");
	struct md_str many[22];
	for (int i = 0; i < 22; i++)
		many[i] = md_str_fmt(&arena, "l%d", i);
	struct md_labels long_list = make_labels(many, 22);
	assert_string_equal(md_labels_expected(&arena, &long_list),
	                    "one of l0, l1, l2, l3, l4, l5, l6, l7, l8, l9, l10, l11, l12, l13, l14, l15, l16, l17, "
	                    "l18, l19 and 2 others");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_follow_the_declared_order),
		cmocka_unit_test(order_counts_when_labels_are_compared),
		cmocka_unit_test(labels_are_left_out_by_place),
		cmocka_unit_test(messages_name_the_first_labels),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	md_arena_free(&arena);
	return failed;
}
