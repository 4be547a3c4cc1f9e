#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/pool/prepared.h"

#include <stdio.h>

static struct md_prepared_set set;

static struct md_prepared *put_text(int i)
{
	char text[32];
	snprintf(text, sizeof text, "SELECT %d", i);
	assert_null(md_prepared_find(&set, md_str_z(text)));
	struct md_prepared *p = md_prepared_victim(&set);
	if (p)
		md_prepared_drop(&set, p);
	p = md_prepared_add(&set, md_str_z(text));
	assert_non_null(p);
	assert_string_equal(p->text.p, text); /* a copy, NUL-terminated */
	return p;
}

static struct md_prepared *get(int i)
{
	char text[32];
	snprintf(text, sizeof text, "SELECT %d", i);
	return md_prepared_find(&set, md_str_z(text));
}

static int clear(void **state)
{
	(void)state;
	md_prepared_clear(&set);
	assert_int_equal(set.used, 0);
	return 0;
}

static void an_empty_set_has_nothing(void **state)
{
	(void)state;
	assert_null(get(1));
	assert_null(md_prepared_victim(&set));
}

static void the_least_recently_used_goes_first(void **state)
{
	(void)state;
	struct md_prepared *first = put_text(0);
	for (int i = 1; i < MD_PREPARED_MAX; i++)
		put_text(i);
	assert_ptr_equal(md_prepared_victim(&set), first);
	assert_ptr_equal(get(0), first); /* used: now it is 1's turn */
	assert_non_null(get(1)); /* now 2's */
	put_text(1000);
	assert_null(get(2));
	assert_non_null(get(0));
	assert_non_null(get(1));
	assert_non_null(get(1000));
}

static void many_texts_through_few_slots(void **state)
{
	(void)state;
	for (int i = 0; i < 5000; i++) {
		put_text(i);
		assert_true(set.used <= MD_PREPARED_MAX);
		if (i >= MD_PREPARED_MAX)
			assert_null(get(i - MD_PREPARED_MAX));
	}
	for (int i = 5000 - MD_PREPARED_MAX; i < 5000; i++)
		assert_non_null(get(i));
}

static void dropping_in_the_middle(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		put_text(i)->handle = &set;
	for (int i = 1; i < 10; i += 2)
		md_prepared_drop(&set, get(i));
	for (int i = 0; i < 10; i++)
		assert_true((get(i) == NULL) == (i % 2 == 1));
	assert_null(put_text(3)->handle); /* a reused slot starts clean */
	assert_int_equal(set.used, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(an_empty_set_has_nothing, clear),
		cmocka_unit_test_teardown(the_least_recently_used_goes_first, clear),
		cmocka_unit_test_teardown(many_texts_through_few_slots, clear),
		cmocka_unit_test_teardown(dropping_in_the_middle, clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
