/* What of the caller's context travels to a database's own row security: every setting, each time,
 * empty where the caller has nothing for it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/native.h"

#include "access/access.h"
#include "drivers/value/cells.h"

static struct md_arena arena;
static struct md_error err;

static const struct md_native_setting settings[] = {
	{ .name = { "app.tenant", 10 }, .source = MD_NATIVE_VALUE, .context_key = { "tenant", 6 } },
	{ .name = { "app.names", 9 }, .source = MD_NATIVE_VALUE, .context_key = { "names", 5 } },
	{ .name = { "app.roles", 9 }, .source = MD_NATIVE_USER_ROLES },
	{ .name = { "app.service", 11 }, .source = MD_NATIVE_SERVICE_ROLES }
};
enum { N_SETTINGS = sizeof settings / sizeof *settings };

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	memset(&err, 0, sizeof err);
	return 0;
}

/* For a caller in the user role "clerk" with these values. */
static int set_for(const char *values, struct md_settings *out)
{
	static const struct md_role clerk = { .id = { "clerk", 5 } };
	static const struct md_role *const roles[] = { &clerk };
	static const struct md_native native = { .settings = settings, .n_settings = N_SETTINGS };
	static const struct md_database database = { .id = { "main", 4 }, .connection = { .native = &native } };
	static const struct md_snapshot meta = { .limits = { .in_list = 3 } };
	struct md_access access = { .scopes = { { .name = { "user", 4 }, .roles = roles, .n = 1 } }, .n_scopes = 1 };
	struct md_json_error wrong;
	assert_int_equal(md_json_parse(&arena, md_str_z(values), &access.values, &wrong), 0);
	*out = (struct md_settings){ .n = N_SETTINGS };
	return md_native_context(&(struct md_ctx){ .arena = &arena, .err = &err, .meta = &meta, .access = &access },
	                         &database, out);
}

static void assert_set(const struct md_settings *s, const char *const values[N_SETTINGS])
{
	assert_int_equal(s->n, N_SETTINGS);
	for (uint32_t i = 0; i < N_SETTINGS; i++) {
		assert_true(md_str_eq(s->v[i].name, settings[i].name));
		assert_true(md_str_eqz(s->v[i].value, values[i]));
	}
}

static void sets_every_value_of_the_context(void **state)
{
	struct md_settings s;
	(void)state;
	assert_int_equal(set_for("{\"tenant\": \"it's\", \"names\": [\"a,b\", 7]}", &s), 0);
	assert_set(&s, (const char *const[]){ "it's", "{\"a,b\",\"7\"}", "{\"clerk\"}", "" });
}

static void clears_settings_that_the_context_lacks(void **state)
{
	struct md_settings s;
	(void)state;
	assert_int_equal(set_for("{\"tenant\": null}", &s), 0);
	assert_set(&s, (const char *const[]){ "", "", "{\"clerk\"}", "" });
}

static void refuses_values_that_fit_no_setting(void **state)
{
	static const char *const values[] = { "{\"tenant\": {}}",
		                              "{\"names\": [null]}",
		                              "{\"names\": [[1]]}",
		                              "{\"names\": [1, 2, 3, 4]}",
		                              "{\"tenant\": 1, \"tenant\": 2}",
		                              "{\"tenant\": \"a\\u0000b\"}" };
	struct md_settings s;
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		assert_int_equal(set_for(values[i], &s), -1);
		assert_int_equal(err.code, MD_VALIDATION_FAILED);
		assert_null(strstr(err.problems.v[0].message.p, "app.")); /* a remote caller reads it */
		assert_int_equal(s.n, 0);
		memset(&err, 0, sizeof err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(sets_every_value_of_the_context, teardown),
		cmocka_unit_test_teardown(clears_settings_that_the_context_lacks, teardown),
		cmocka_unit_test_teardown(refuses_values_that_fit_no_setting, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
