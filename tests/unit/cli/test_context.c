#include "cli_test.h"

static void becomes(struct cli *cli, const char *expected)
{
	struct md_str out;
	assert_int_equal(cli_context(cli, &out), 0);
	assert_int_equal(out.n, strlen(expected));
	assert_memory_equal(out.p ? out.p : "", expected, out.n);
	md_arena_free(&cli->arena);
}

static void role(struct cli *cli, const char *name)
{
	*(struct md_str *)md_push(&cli->arena, &cli->roles) = md_str_z(name);
}

static void service(struct cli *cli, const char *name)
{
	*(struct md_str *)md_push(&cli->arena, &cli->service_roles) = md_str_z(name);
}

static void value(struct cli *cli, const char *key, const char *text, bool json)
{
	*(struct cli_value *)md_push(&cli->arena, &cli->values) = (struct cli_value){ md_str_z(key), md_str_z(text), json };
}

static void nobody_is_no_context(void **state)
{
	struct cli cli = { 0 };
	(void)state;
	becomes(&cli, "");
}

static void one_role(void **state)
{
	struct cli cli = { 0 };
	(void)state;
	role(&cli, "a\"b");
	value(&cli, "tenantId", "x\\y", false);
	value(&cli, "regionIds", "[\"us-east\", 1]", true);
	becomes(&cli, "{\"role\":\"a\\\"b\",\"contextValues\":{\"tenantId\":\"x\\\\y\",\"regionIds\":[\"us-east\", 1]}}");
}

static void several_roles_are_one_scope(void **state)
{
	struct cli cli = { 0 };
	(void)state;
	role(&cli, "a");
	role(&cli, "b");
	becomes(&cli, "{\"roles\":{\"user\":[\"a\",\"b\"]},\"contextValues\":{}}");
}

static void service_roles_are_another(void **state)
{
	struct cli one = { 0 }, both = { 0 };
	(void)state;
	service(&one, "s");
	becomes(&one, "{\"roles\":{\"service\":[\"s\"]},\"contextValues\":{}}");
	role(&both, "a");
	service(&both, "s");
	becomes(&both, "{\"roles\":{\"user\":[\"a\"],\"service\":[\"s\"]},\"contextValues\":{}}");
}

static void values_alone_have_no_role(void **state)
{
	struct cli cli = { 0 };
	(void)state;
	value(&cli, "k", "", false);
	becomes(&cli, "{\"contextValues\":{\"k\":\"\"}}");
}

static void the_whole_context_is_taken_as_it_is(void **state)
{
	struct cli cli = { .context_json = "{\"role\": 1}" };
	(void)state;
	becomes(&cli, "{\"role\": 1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nobody_is_no_context), cmocka_unit_test(one_role), cmocka_unit_test(several_roles_are_one_scope),
		                            cmocka_unit_test(service_roles_are_another), cmocka_unit_test(values_alone_have_no_role),
		                            cmocka_unit_test(the_whole_context_is_taken_as_it_is) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
