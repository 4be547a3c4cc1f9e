#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/sqlite/private.h"

static int ask_authorizer(int action, const char *a, const char *b, const char *within)
{
	return md_lite_authorize(NULL, action, a, b, "main", within);
}

static void reading_tables_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(ask_authorizer(SQLITE_SELECT, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(ask_authorizer(SQLITE_READ, "orders", "total", NULL), SQLITE_OK);
	assert_int_equal(ask_authorizer(SQLITE_READ, "json_each", "value", NULL), SQLITE_OK);
	assert_int_equal(ask_authorizer(SQLITE_FUNCTION, NULL, "count", NULL), SQLITE_OK);
	assert_int_equal(ask_authorizer(SQLITE_FUNCTION, NULL, "LIKE", NULL), SQLITE_OK);
}

static void inner_tables_are_not(void **state)
{
	(void)state;
	static const char *const tables[] = { "sqlite_master",   "SQLITE_SCHEMA", "sqlite_temp_schema",
		                              "sqlite_sequence", "sqlite_stat1",  "pragma_table_info",
		                              "dbstat",          "sqlite_dbpage", "bytecode" };
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		assert_int_equal(ask_authorizer(SQLITE_READ, tables[i], "x", NULL), SQLITE_DENY);
	assert_int_equal(ask_authorizer(SQLITE_READ, "sqlite_master", "x", "a_view"), SQLITE_DENY);
	assert_int_equal(ask_authorizer(SQLITE_READ, NULL, NULL, NULL), SQLITE_DENY);
}

static void functions_are_listed(void **state)
{
	(void)state;
	static const char *const functions[] = { "load_extension", "writefile", "readfile", "randomblob",
		                                 "sqlite_version", "changes",   "countx",   "" };
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		assert_int_equal(ask_authorizer(SQLITE_FUNCTION, NULL, functions[i], NULL), SQLITE_DENY);
	assert_int_equal(ask_authorizer(SQLITE_FUNCTION, NULL, NULL, NULL), SQLITE_DENY);
	assert_int_equal(ask_authorizer(SQLITE_FUNCTION, NULL, "upper", "a_view"), SQLITE_OK);
}

/* Every action code but the four that reading needs. */
static void everything_else_is_denied(void **state)
{
	(void)state;
	for (int action = 0; action <= 40; action++) {
		if (action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
		    action == SQLITE_RECURSIVE)
			continue;
		assert_int_equal(ask_authorizer(action, "orders", "x", NULL), SQLITE_DENY);
		assert_int_equal(ask_authorizer(action, "orders", "x", "a_view"), SQLITE_DENY);
	}
	assert_int_equal(ask_authorizer(SQLITE_RECURSIVE, NULL, NULL, NULL), SQLITE_DENY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_tables_is_allowed),
		cmocka_unit_test(inner_tables_are_not),
		cmocka_unit_test(functions_are_listed),
		cmocka_unit_test(everything_else_is_denied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
