#include "cli_test.h"

static void assert_context(struct cli *cli, const char *expected)
{
	struct md_str out;
	assert_int_equal(cli_context(cli, &out), 0);
	assert_int_equal(out.n, strlen(expected));
	assert_memory_equal(out.p ? out.p : "", expected, out.n);
	md_arena_free(&cli->arena);
}

static void add_role(struct cli *cli, const char *name)
{
	*(struct md_str *)md_push(&cli->arena, &cli->roles) = md_str_z(name);
}

static void add_service_role(struct cli *cli, const char *name)
{
	*(struct md_str *)md_push(&cli->arena, &cli->service_roles) = md_str_z(name);
}

static void add_value(struct cli *cli, const char *key, const char *text, bool json)
{
	struct cli_value *v = md_push(&cli->arena, &cli->values);
	*v = (struct cli_value){ md_str_z(key), md_str_z(text), json };
}

static void no_option_is_no_context(void **state)
{
	struct cli cli = { 0 };
	(void)state;
	assert_context(&cli, "");
}

static void one_role_is_named_alone(void **state)
{
	struct cli cli = { 0 };
	(void)state;
	add_role(&cli, "a\"b");
	add_value(&cli, "tenantId", "x\\y", false);
	add_value(&cli, "regionIds", "[\"us-east\", 1]", true);
	assert_context(
		&cli,
		"{\"role\":\"a\\\"b\",\"contextValues\":{\"tenantId\":\"x\\\\y\",\"regionIds\":[\"us-east\", 1]}}");
}

static void several_roles_are_one_scope(void **state)
{
	struct cli cli = { 0 };
	(void)state;
	add_role(&cli, "a");
	add_role(&cli, "b");
	assert_context(&cli, "{\"roles\":{\"user\":[\"a\",\"b\"]},\"contextValues\":{}}");
}

static void service_roles_are_a_scope_of_their_own(void **state)
{
	struct cli one = { 0 }, both = { 0 };
	(void)state;
	add_service_role(&one, "s");
	assert_context(&one, "{\"roles\":{\"service\":[\"s\"]},\"contextValues\":{}}");
	add_role(&both, "a");
	add_service_role(&both, "s");
	assert_context(&both, "{\"roles\":{\"user\":[\"a\"],\"service\":[\"s\"]},\"contextValues\":{}}");
}

static void values_alone_have_no_role(void **state)
{
	struct cli cli = { 0 };
	(void)state;
	add_value(&cli, "k", "", false);
	assert_context(&cli, "{\"contextValues\":{\"k\":\"\"}}");
}

static void the_whole_context_is_taken_as_it_is(void **state)
{
	struct cli cli = { .context_json = "{\"role\": 1}" };
	(void)state;
	assert_context(&cli, "{\"role\": 1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_option_is_no_context),
		cmocka_unit_test(one_role_is_named_alone),
		cmocka_unit_test(several_roles_are_one_scope),
		cmocka_unit_test(service_roles_are_a_scope_of_their_own),
		cmocka_unit_test(values_alone_have_no_role),
		cmocka_unit_test(the_whole_context_is_taken_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
