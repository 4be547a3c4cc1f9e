/* What a row of SQLite holds as a value of a declared type: texts of moments compare as moments,
 * and what could not be found is not shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/date.h"
#include "drivers/sqlite/private.h"

static struct md_cells k;

static int free_cells(void **state)
{
	(void)state;
	md_cells_free(&k);
	return 0;
}

static bool is_shown(enum md_base_type t, const char *text)
{
	const struct md_lite_stored v = { .storage = SQLITE_TEXT, .bytes = md_str_z(text) };
	struct md_cell cell;
	return md_lite_convert(&k, (struct md_type){ .base = (uint8_t)t }, &v, &cell) == 0;
}

static void texts_of_moments_compare_as_moments(void **state)
{
	static const char *const in_order[] = { "1969-12-31T23:59:58.5Z", "2024-05-01 10:00:00",
		                                "2024-05-01T10:00:00.0000005Z", "2024-05-01T10:00:00.000001Z",
		                                "2024-05-01T10:00:00.5Z", "2024-05-01 13:00:01+03:00",
		                                "2024-05-02" };
	char before[MD_TIMESTAMP_ROOM] = "", text[MD_TIMESTAMP_ROOM];
	size_t length = md_lite_moment(text, md_str_z(in_order[0]));
	(void)state;
	for (size_t i = 0; i < sizeof in_order / sizeof *in_order; i++) {
		size_t n = md_lite_moment(text, md_str_z(in_order[i]));
		assert_int_equal(n, length);
		text[n] = '\0';
		if (strcmp(before, text) >= 0)
			fail_msg("%s is not before %s", before, text);
		memcpy(before, text, n + 1);
	}
	assert_int_equal(md_lite_moment(text, MD_STR("soon")), 0);
}

/* A filter looks for the spellings in small and in capital letters alone. */
static void a_uuid_in_letters_of_both_cases_is_not_shown(void **state)
{
	(void)state;
	assert_true(is_shown(MD_UUID, "a1111111-2222-4333-8444-55555555555b"));
	assert_true(is_shown(MD_UUID, "A1111111-2222-4333-8444-55555555555B"));
	assert_false(is_shown(MD_UUID, "A1111111-2222-4333-8444-55555555555b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(texts_of_moments_compare_as_moments, free_cells),
		cmocka_unit_test_teardown(a_uuid_in_letters_of_both_cases_is_not_shown, free_cells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
