/* query/parse_exists.c: the tree of exists nodes, what is wrong with them by shape, and how deep
 * they may stand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "query/query.h"

static struct md_arena arena;
static struct md_error error;
static struct md_snapshot meta;
static struct md_ctx cx;
static const struct md_query *query;

static int setup(void **state)
{
	(void)state;
	meta = (struct md_snapshot){ .limits = { .json_depth = 32,
		                                 .filter_nodes = 20,
		                                 .joins = 8,
		                                 .in_list = 10000,
		                                 .ids = 10000,
		                                 .columns = 256,
		                                 .wildcards = 8,
		                                 .exists_depth = 3 } };
	cx = (struct md_ctx){ .arena = &arena, .err = &error, .meta = &meta };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static void parse_text(const char *filters)
{
	const struct md_json *json;
	struct md_json_error e;
	md_arena_reset(&arena);
	memset(&error, 0, sizeof error);
	struct md_str text = md_str_fmt(&arena, "{\"from\":\"o\",\"filters\":[%s]}", filters);
	assert_int_equal(md_json_parse(&arena, text, &json, &e), 0);
	assert_int_equal(md_query_parse(&cx, json, &query), 0);
}

static const char *tree_of(const char *filters)
{
	struct md_buf b = { .arena = &arena };
	parse_text(filters);
	assert_int_equal(error.problems.n, 0);
	md_query_dump(&b, query, NULL, NULL);
	md_buf_char(&b, 0);
	return b.p + sizeof "from o\n" - 1;
}

static const char *problems_of(const char *filters)
{
	struct md_buf b = { .arena = &arena };
	parse_text(filters);
	for (uint32_t i = 0; i < error.problems.n; i++)
		md_buf_fmt(&b, "%s%s %.*s", i ? "\n" : "", md_code_name(error.problems.v[i].code),
		           MD_FMT(error.problems.v[i].pointer));
	md_buf_char(&b, 0);
	return b.p;
}

#define TREE(text, want) assert_string_equal(tree_of(text), (want))
#define WRONG(text, want) assert_string_equal(problems_of(text), (want))
#define X "{\"column\":\"x\",\"operator\":\"isNull\"}"

static void parses_every_form_of_exists(void **state)
{
	(void)state;
	TREE("{\"table\":\"c\"}", "filter exists c\n");
	TREE("{\"table\":\"c\",\"exists\":true,\"filters\":[]}", "filter exists c\n");
	TREE("{\"exists\":false,\"filters\":[" X "," X "],\"reverse\":true,\"via\":\"v\",\"parent\":\"p\","
	                                               "\"table\":\"c\"}",
	     "filter no c parent p via v reverse(x isNull; x isNull)\n");
	assert_int_equal(query->n_exists, 1);
	TREE("{\"table\":\"c\",\"exists\":false,\"count\":{\"operator\":\">=\",\"value\":3}}", "filter count c >= 3\n");
	TREE("{\"table\":\"c\",\"count\":{\"value\":0,\"operator\":\"=\"}},{\"table\":\"c\","
	     "\"count\":{\"operator\":\"!=\",\"value\":9223372036854775807}},"
	     "{\"table\":\"c\",\"count\":{\"operator\":\"<\",\"value\":2.0}},{\"table\":\"c\","
	     "\"count\":{\"operator\":\">\",\"value\":1}},"
	     "{\"table\":\"c\",\"count\":{\"operator\":\"<=\",\"value\":1}}",
	     "filter count c = 0\nfilter count c != 9223372036854775807\nfilter count c < 2\nfilter count c > "
	     "1\nfilter count c <= 1\n");
	TREE("{\"logic\":\"or\",\"not\":true,\"conditions\":[{\"table\":\"a\",\"filters\":[{\"logic\":\"and\","
	     "\"conditions\":[{\"table\":\"b\",\"filters\":[" X "]}," X "]}]}," X "]}",
	     "filter not or(exists a(and(exists b(x isNull); x isNull)); x isNull)\n");
	assert_int_equal(query->n_exists, 2);
	TREE(X ",{\"table\":\"t\",\"column\":\"x\",\"operator\":\"isNull\"}", "filter x isNull\nfilter t.x isNull\n");
	assert_int_equal(query->n_exists, 0);
}

static void refuses_wrong_shapes(void **state)
{
	(void)state;
	WRONG("{\"exists\":true}", "INVALID_FILTER /filters/0");
	WRONG("{\"table\":7}", "INVALID_FILTER /filters/0/table");
	WRONG("{\"table\":\"c\",\"exists\":1,\"via\":2,\"reverse\":3,\"parent\":4,\"filters\":5,\"count\":6}",
	      "INVALID_EXISTS /filters/0/exists\nINVALID_EXISTS /filters/0/via\nINVALID_EXISTS "
	      "/filters/0/reverse\nINVALID_EXISTS /filters/0/parent\n"
	      "INVALID_FILTER /filters/0/filters\nINVALID_EXISTS /filters/0/count");
	assert_int_equal(error.problems.v[0].filter_index, 0);
	assert_true(query->filters.v[0].broken);
	WRONG("{\"table\":\"c\",\"exist\":true}", "UNKNOWN_KEY /filters/0/exist");
	WRONG("{\"table\":\"c\",\"exists\":true,\"exists\":true}", "UNKNOWN_KEY /filters/0/exists");
	WRONG("{\"table\":\"c\",\"not\":true}", "UNKNOWN_KEY /filters/0/not");
	WRONG("{\"table\":\"c\",\"filters\":[{}]}", "INVALID_FILTER /filters/0/filters/0");
	WRONG(X ",{\"table\":\"c\",\"filters\":[{\"table\":\"d\",\"via\":1}]}", "INVALID_EXISTS "
		"/filters/1/filters/0/via");
	assert_int_equal(error.problems.v[0].filter_index, 1);
}

static void refuses_wrong_counts(void **state)
{
	(void)state;
	WRONG("{\"table\":\"c\",\"count\":{}}", "INVALID_FILTER /filters/0/count\nINVALID_EXISTS /filters/0/count");
	WRONG("{\"table\":\"c\",\"count\":{\"operator\":\"=\"}}", "INVALID_EXISTS /filters/0/count");
	WRONG("{\"table\":\"c\",\"count\":{\"value\":1}}", "INVALID_FILTER /filters/0/count");
	WRONG("{\"table\":\"c\",\"count\":{\"operator\":\"in\",\"value\":1}}", "INVALID_FILTER "
		"/filters/0/count/operator");
	assert_true(md_str_eqz(error.problems.v[0].details.operator, "in"));
	assert_true(md_str_eqz(error.problems.v[0].details.expected, "=, !=, >, <, >= or <="));
	WRONG("{\"table\":\"c\",\"count\":{\"operator\":5,\"value\":1}}", "INVALID_FILTER /filters/0/count/operator");
	static const char *const values[] = { "-1", "1.5", "\"1\"", "null", "true", "[1]", "9223372036854775808" };
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		char text[100] = "{\"table\":\"c\",\"count\":{\"operator\":\"=\",\"value\":";
		strcat(strcat(text, values[i]), "}}");
		WRONG(text, "INVALID_EXISTS /filters/0/count/value");
	}
	WRONG("{\"table\":\"c\",\"count\":{\"operator\":\"=\",\"vlue\":1}}", "UNKNOWN_KEY /filters/0/count/vlue");
	assert_true(md_str_eqz(error.problems.v[0].details.suggestion, "value"));
	WRONG("{\"table\":\"c\",\"count\":{\"operator\":\"=\",\"value\":1,\"value\":1}}", "UNKNOWN_KEY "
		"/filters/0/count/value");
}

#define IN(inner) "{\"table\":\"c\",\"filters\":[" inner "]}"
#define AND(inner) "{\"logic\":\"and\",\"conditions\":[" inner "]}"

static void limits_the_depth_of_exists(void **state)
{
	(void)state;
	WRONG(IN(IN(IN(X))), "");
	WRONG(IN(AND(IN(AND(IN(AND(X)))))), "");
	WRONG(IN(IN(IN(IN(X)))), "LIMIT_EXCEEDED /filters/0/filters/0/filters/0/filters/0");
	assert_true(md_str_eqz(error.problems.v[0].details.expected, "at most 3"));
	assert_true(md_str_eqz(error.problems.v[0].details.actual, "4"));
	/* told once, at the first node that is too deep; what is below is not read */
	WRONG(IN(IN(IN(IN(IN("{\"table\":1}"))))) "," IN(IN(IN(IN(X)))), "LIMIT_EXCEEDED "
		"/filters/0/filters/0/filters/0/filters/0");
	/* not nested: side by side */
	WRONG(IN(IN(IN(X) "," IN(X)) "," IN(X)) "," IN(X), "");
	meta.limits.exists_depth = 1;
	WRONG(IN(X) "," IN("{\"table\":\"d\"}"), "LIMIT_EXCEEDED /filters/1/filters/0");
}

static void counts_inner_filters_as_nodes(void **state)
{
	(void)state;
	meta.limits.filter_nodes = 4;
	WRONG(IN(X "," X "," X), "");
	WRONG(IN(X "," X "," X "," X), "LIMIT_EXCEEDED /filters/0/filters/3");
	meta.limits.json_depth = 6; /* definition 1, filters 2, node 3, filters 4, node 5 */
	WRONG(IN(IN("")), "");
	meta.limits.json_depth = 5;
	WRONG(IN("{\"table\":\"c\",\"filters\":[" X "]}"), "LIMIT_EXCEEDED /filters/0/filters/0/filters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parses_every_form_of_exists, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_wrong_shapes, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_wrong_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_the_depth_of_exists, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_inner_filters_as_nodes, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
