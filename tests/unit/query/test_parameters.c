/* query/parameters.h: where parameters may stand, their values, and pointers to them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "query/parameters.h"

#include <stdio.h>
#include <string.h>

static struct md_arena arena;
static struct md_error error;
static struct md_ctx cx;

static int setup(void **state)
{
	(void)state;
	md_arena_reset(&arena);
	memset(&error, 0, sizeof error);
	cx = (struct md_ctx){ .arena = &arena, .err = &error };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static const struct md_json *read_text(const char *text)
{
	const struct md_json *json;
	struct md_json_error e;
	assert_int_equal(md_json_parse(&arena, md_str_z(text), &json, &e), 0);
	return json;
}

/* The pointers and names that are found, "/limit a, /offset b". */
static const char *found_in(const char *text)
{
	struct md_parameters p;
	struct md_buf b = { .arena = &arena };
	assert_int_equal(md_parameters_find(&cx, read_text(text), &p), 0);
	for (uint32_t i = 0; i < p.n_places; i++)
		md_buf_fmt(&b, "%s%.*s %.*s", i ? ", " : "", MD_FMT(p.places[i].pointer),
		           MD_FMT(p.names[p.places[i].parameter]));
	md_buf_char(&b, '\0');
	return b.p;
}

/* "CODE pointer, …" */
static const char *problems(void)
{
	struct md_buf b = { .arena = &arena };
	for (uint32_t i = 0; i < error.problems.n; i++)
		md_buf_fmt(&b, "%s%s %.*s", i ? ", " : "", md_code_name(error.problems.v[i].code),
		           MD_FMT(error.problems.v[i].pointer));
	md_buf_char(&b, '\0');
	return b.p;
}

#define A "{\"$param\":\"a\"}"
#define B "{\"$param\":\"b\"}"

static void finds_places_in_the_order_of_the_text(void **state)
{
	(void)state;
	assert_string_equal(found_in("{\"offset\":" B ",\"limit\":" A ",\"timeoutMs\":" B "}"),
	                    "/offset b, /limit a, /timeoutMs b");
	assert_string_equal(found_in("{\"filters\":[{\"conditions\":[{\"filters\":[{\"value\":[1," A "]}]}]}]}"),
	                    "/filters/0/conditions/0/filters/0/value/1 a");
	assert_string_equal(found_in("{\"from\":\"t\"}"), "");
	assert_string_equal(problems(), "");
}

static void refuses_a_parameter_where_no_value_stands(void **state)
{
	(void)state;
	static const char *const places[][2] = {
		{ A, "" },
		{ "{\"from\":" A "}", "/from" },
		{ "{\"filters\":" A "}", "/filters" },
		{ "{\"filters\":[" A "]}", "/filters/0" },
		{ "{\"filters\":[{\"column\":" A "}]}", "/filters/0/column" },
		{ "{\"filters\":[{\"value\":[[" A "]]}]}", "/filters/0/value/0/0" },
		{ "{\"filters\":[{\"value\":{\"to\":{\"from\":" A "}}}]}", "/filters/0/value/to/from" },
		{ "{\"filters\":[{\"operator\":\"isNotNull\",\"value\":" A "}]}", "/filters/0/value" },
		{ "{\"filters\":[{\"count\":" A "}]}", "/filters/0/count" },
		{ "{\"value\":" A "}", "/value" },
		{ "{\"joins\":[{\"value\":" A "}]}", "/joins/0/value" },
		{ "{\"page\":" A "}", "/page" },
		{ "{\"page\":{\"limit\":" A "}}", "/page/limit" },
		{ "{\"freshness\":" A "}", "/freshness" },
		{ "{\"byIds\":[[[" A "]]]}", "/byIds/0/0/0" },
		{ "{\"limit\":[" A "]}", "/limit/0" },
		{ "{\"limit\":{\"$param\":\"\"}}", "/limit" },
		{ "{\"limit\":{\"$param\":1}}", "/limit" },
		{ "{\"limit\":{\"$param\":" A "}}", "/limit" },
		{ "{\"limit\":{\"$param\":\"a\",\"x\":1}}", "/limit" },
	};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char want[64];
		setup(NULL);
		snprintf(want, sizeof want, "INVALID_VALUE %s", places[i][1]);
		assert_string_equal(found_in(places[i][0]), "");
		assert_string_equal(problems(), want);
	}
}

/* What is nested deeper than any valid definition is not searched, and harmless. */
static void survives_deep_nesting(void **state)
{
	(void)state;
	enum { DEEP = 5000 };
	static char text[2 * DEEP + 64];
	memset(text, '[', DEEP);
	sprintf(text + DEEP, "%s", A);
	memset(text + DEEP + strlen(A), ']', DEEP);
	assert_string_equal(found_in(text), "");
	md_parameters_refuse(&cx, read_text(text));
	assert_string_equal(problems(), "");
}

static void refuses_in_place_of_the_problems_there(void **state)
{
	(void)state;
	struct md_at filters = { .key = MD_STR("limit") }, below = { .up = &filters, .key = MD_STR("$param") };
	struct md_at other = { .key = MD_STR("limits") };
	md_report(&cx, MD_INVALID_LIMIT, &filters, NULL, "at the place");
	md_report(&cx, MD_UNKNOWN_KEY, &below, NULL, "below it");
	md_report(&cx, MD_UNKNOWN_KEY, &other, NULL, "elsewhere");
	md_parameters_refuse(&cx, read_text("{\"limit\":" A "}"));
	assert_string_equal(problems(), "UNKNOWN_KEY /limits, INVALID_VALUE /limit");
}

static void fills_every_place(void **state)
{
	(void)state;
	struct md_parameters p;
	const struct md_json **values, *definition = read_text("{\"filters\":[{\"value\":[" A ",2,"
		B "]}],\"limit\":" A "}");
	struct md_buf b = { .arena = &arena };
	assert_int_equal(md_parameters_find(&cx, definition, &p), 0);
	assert_int_equal(md_parameters_read(&cx, &p, read_text("{\"b\":[1],\"a\":7}"), &values), 0);
	assert_string_equal(problems(), "");
	struct md_filled filled;
	assert_int_equal(md_parameters_fill(&arena, &p, definition, values, &filled), 0);
	md_json_dump(&b, filled.definition);
	assert_true(md_str_eqz(md_buf_view(&b), "{\"filters\":[{\"value\":[7,2,[1]]}],\"limit\":7}"));
}

static void names_missing_and_unknown_parameters(void **state)
{
	(void)state;
	struct md_parameters p;
	const struct md_json **values;
	assert_int_equal(md_parameters_find(&cx, read_text("{\"limit\":{\"$param\":\"least\"},\"offset\":"
		B "}"), &p), 0);
	assert_int_equal(md_parameters_read(&cx, &p, read_text("{\"lest\":1,\"b\":2,\"b\":3}"), &values), 0);
	assert_string_equal(problems(), "INVALID_PARAMETER /parameters/lest, INVALID_PARAMETER /parameters/b, "
	                                "MISSING_PARAMETER /parameters/least");
	assert_true(md_str_eqz(error.problems.v[0].details.suggestion, "least"));
	setup(NULL);
	assert_int_equal(md_parameters_find(&cx, read_text("{\"limit\":" A "}"), &p), 0);
	assert_int_equal(md_parameters_read(&cx, &p, NULL, &values), 0);
	assert_string_equal(problems(), "MISSING_PARAMETER /parameters/a");
}

static void points_at_the_value_of_a_parameter(void **state)
{
	(void)state;
	struct md_parameters p;
	struct md_at filters = { .key = MD_STR("filters") }, first = { .up = &filters, .index = 1 };
	struct md_at value = { .up = &first, .key = MD_STR("value") }, to = { .up = &value, .key = MD_STR("to") };
	struct md_at tenth = { .up = &filters, .index = 10 };
	assert_int_equal(md_parameters_find(&cx, read_text("{\"filters\":[{\"value\":"
		B "},{\"value\":{\"$param\":\"x/y\"}}]}"),
	                                    &p), 0);
	md_report(&cx, MD_INVALID_VALUE, &value, NULL, "the value");
	md_report(&cx, MD_INVALID_VALUE, &to, NULL, "below it");
	md_report(&cx, MD_INVALID_VALUE, &first, NULL, "above it");
	md_report(&cx, MD_INVALID_VALUE, &tenth, NULL, "elsewhere");
	for (int twice = 0; twice < 2; twice++) {
		md_parameters_point(&cx, &p);
		assert_string_equal(problems(), "INVALID_VALUE /parameters/x~1y, INVALID_VALUE /parameters/x~1y/to, "
		                                "INVALID_VALUE /filters/1, INVALID_VALUE /filters/10");
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(finds_places_in_the_order_of_the_text), T(refuses_a_parameter_where_no_value_stands),
		T(survives_deep_nesting), T(refuses_in_place_of_the_problems_there), T(fills_every_place),
		T(names_missing_and_unknown_parameters), T(points_at_the_value_of_a_parameter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
