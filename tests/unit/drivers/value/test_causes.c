/* drivers/value/causes.h: each code of the table has its hint, and a code that is not listed has
 * none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "drivers/value/causes.h"

static void is_hint(enum md_cause_source source, const char *code, enum md_hint hint)
{
	struct md_str got = md_cause_hint(source, md_str_z(code)), want = md_hint_text(hint);
	assert_ptr_equal(got.p, want.p);
	assert_int_equal(got.n, want.n);
}

static void a_missing_table_or_column_says_check_names(void **state)
{
	(void)state;
	is_hint(MD_CAUSE_OF_POSTGRES, "42P01", MD_HINT_CHECK_NAMES);
	is_hint(MD_CAUSE_OF_POSTGRES, "42703", MD_HINT_CHECK_NAMES);
	is_hint(MD_CAUSE_OF_CLICKHOUSE, "60", MD_HINT_CHECK_NAMES);
	is_hint(MD_CAUSE_OF_CLICKHOUSE, "47", MD_HINT_CHECK_NAMES);
	is_hint(MD_CAUSE_OF_TRINO, "TABLE_NOT_FOUND", MD_HINT_CHECK_NAMES);
	is_hint(MD_CAUSE_OF_TRINO, "COLUMN_NOT_FOUND", MD_HINT_CHECK_NAMES);
	is_hint(MD_CAUSE_OF_SQLITE, "no such table: main.orders", MD_HINT_CHECK_NAMES);
	is_hint(MD_CAUSE_OF_SQLITE, "no such column: t0.total", MD_HINT_CHECK_NAMES);
}

static void other_causes_have_their_own_hints(void **state)
{
	(void)state;
	is_hint(MD_CAUSE_OF_POSTGRES, "42501", MD_HINT_CHECK_GRANTS);
	is_hint(MD_CAUSE_OF_POSTGRES, "53200", MD_HINT_NARROW_QUERY);
	is_hint(MD_CAUSE_OF_CLICKHOUSE, "497", MD_HINT_CHECK_GRANTS);
	is_hint(MD_CAUSE_OF_CLICKHOUSE, "241", MD_HINT_NARROW_QUERY);
	is_hint(MD_CAUSE_OF_CLICKHOUSE, "516", MD_HINT_CHECK_LOGIN);
	is_hint(MD_CAUSE_OF_TRINO, "CATALOG_NOT_FOUND", MD_HINT_CHECK_CATALOG);
	is_hint(MD_CAUSE_OF_TRINO, "PERMISSION_DENIED", MD_HINT_CHECK_GRANTS);
}

static void what_is_not_listed_has_no_hint(void **state)
{
	(void)state;
	is_hint(MD_CAUSE_OF_POSTGRES, "22012", MD_HINT_NONE);
	is_hint(MD_CAUSE_OF_POSTGRES, "42P0", MD_HINT_NONE);
	is_hint(MD_CAUSE_OF_POSTGRES, "60", MD_HINT_NONE); /* another database's code */
	is_hint(MD_CAUSE_OF_SQLITE, "no such function: x", MD_HINT_NONE);
	is_hint(MD_CAUSE_OF_SQLITE, "no such", MD_HINT_NONE);
	is_hint(MD_CAUSE_OF_TRINO, "", MD_HINT_NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_table_or_column_says_check_names),
		cmocka_unit_test(other_causes_have_their_own_hints),
		cmocka_unit_test(what_is_not_listed_has_no_hint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
