/* Operators against types, operands against operators. */
#include "fixture.h"

/* Of the table kinds: which operators each type takes, and an operand of the type. */
static const struct {
	const char *column, *value, *wrong;
	bool equal, ordered, in, text;
} types[] = {
	{ "aString", "\"x\"", "1", true, true, true, true },
	{ "aInt", "5", "\"5\"", true, true, true, false },
	{ "aBigint", "\"9223372036854775807\"", "1.5", true, true, true, false },
	{ "aFloat", "1.5", "\"1.5\"", true, true, true, false },
	{ "aDecimal", "\"12.50\"", "\"x\"", true, true, true, false },
	{ "aBoolean", "true", "\"true\"", true, false, true, false },
	{ "aUuid", "\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\"", "\"a0\"", true, false, true, false },
	{ "aDate", "\"2024-02-29\"", "\"2023-02-29\"", true, true, true, false },
	{ "aTimestamp", "\"2024-01-01T00:00:00+01:00\"", "1704067200", true, true, true, false },
	{ "aJson", "{}", "1", false, false, false, false },
	{ "aBytes", "\"aGk=\"", "\"aGk\"", true, false, false, false },
	{ "aList", "\"x\"", "1", false, false, false, false },
};
enum { N_TYPES = sizeof types / sizeof *types };

static const char *only_filter(const char *column, const char *operator, const char *value)
{
	struct md_buf b = { .arena = &w.arena };
	md_buf_fmt(&b, "{\"from\":\"kinds\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"%s\",\"operator\":\"%s\"",
	           column, operator);
	if (value)
		md_buf_fmt(&b, ",\"value\":%s", value);
	md_buf_lit(&b, "}]}");
	md_buf_char(&b, 0);
	return b.p;
}

static const char *in_shape(enum md_operand_shape shape, const char *value)
{
	switch (shape) {
	case MD_SHAPE_LIST:
	case MD_SHAPE_ELEMENTS:
		return md_str_fmt(&w.arena, "[%s,%s]", value, value).p;
	case MD_SHAPE_RANGE:
		return md_str_fmt(&w.arena, "{\"to\":%s,\"from\":%s}", value, value).p;
	case MD_SHAPE_DISTANCE:
		return md_str_fmt(&w.arena, "{\"text\":%s,\"maxDistance\":2}", value).p;
	case MD_SHAPE_NONE:
		return NULL;
	default:
		return value;
	}
}

static bool takes(unsigned t, const struct md_operator *op)
{
	switch (op->id) {
	case MD_OP_EQ:
	case MD_OP_NE:
		return types[t].equal;
	case MD_OP_GT:
	case MD_OP_LT:
	case MD_OP_GE:
	case MD_OP_LE:
	case MD_OP_BETWEEN:
	case MD_OP_NOT_BETWEEN:
		return types[t].ordered;
	case MD_OP_IN:
	case MD_OP_NOT_IN:
		return types[t].in;
	default:
		return op->arrays ? strcmp(types[t].column, "aList") == 0 : types[t].text;
	}
}

static void takes_each_operator_on_its_types_only(void **state)
{
	(void)state;
	for (unsigned t = 0; t < N_TYPES; t++)
		for (unsigned o = 0; o < MD_OPS; o++) {
			const struct md_operator *op = &md_operators[o];
			if (op->shape == MD_SHAPE_NONE)
				continue;
			const char *definition = only_filter(types[t].column, op->name,
			                                     in_shape(op->shape, types[t].value));
			if (takes(t, op)) {
				OK("admin", definition);
				assert_ptr_equal(w.bound->filters.v[0].op, op);
			} else {
				WRONG("admin", definition, "INVALID_FILTER /filters/0/operator");
				assert_true(DETAIL(0, expected)[0]);
				HAS_NOT(DETAIL(0, expected), "isNull"); /* the column is not nullable */
				IS(DETAIL(0, actual), op->name);
				IS(DETAIL(0, column), types[t].column);
			}
		}
	validate_text("admin", only_filter("aBoolean", ">", "true"));
	IS(DETAIL(0, expected), "=, !=, in, notIn");
	validate_text("admin", only_filter("nJson", "=", "1"));
	IS(DETAIL(0, expected), "isNull, isNotNull");
}

static void takes_operands_of_the_type_only(void **state)
{
	(void)state;
	for (unsigned t = 0; t < N_TYPES; t++) {
		if (!types[t].equal)
			continue;
		WRONG("admin", only_filter(types[t].column, "=", types[t].wrong), "INVALID_VALUE /filters/0/value");
		IS(DETAIL(0, actual), types[t].wrong);
		assert_true(strlen(DETAIL(0, expected)) > 5);
		WRONG("admin", only_filter(types[t].column, "=", "null"), "INVALID_VALUE /filters/0/value");
		HAS(message(0), "isNull finds NULL");
		WRONG("admin", only_filter(types[t].column, "=", "[1]"), "INVALID_VALUE /filters/0/value");
		WRONG("admin", only_filter(types[t].column, "=", NULL), "INVALID_VALUE /filters/0");
		IS(DETAIL(0, actual), "nothing");
	}
}

static const char *filter_value(const char *column, const char *operator, const char *v)
{
	OK("admin", only_filter(column, operator, v));
	assert_false(w.values->operands[w.bound->filters.v[0].slot].type.array);
	return md_str_dup(&w.arena, w.values->operands[w.bound->filters.v[0].slot].text).p;
}

static void makes_values_canonical(void **state)
{
	(void)state;
	IS(filter_value("aInt", "=", "1.0"), "1");
	IS(filter_value("aInt", ">", "-2147483648"), "-2147483648");
	WRONG("admin", only_filter("aInt", "=", "2147483648"), "INVALID_VALUE /filters/0/value");
	IS(filter_value("aBigint", "=", "9007199254740993"), "9007199254740993");
	IS(filter_value("aDecimal", "=", "99999999999999999999.10"), "99999999999999999999.1");
	IS(filter_value("aDecimal", "=", "1e3"), "1000");
	IS(filter_value("aFloat", "=", "1e21"), "1e+21");
	IS(filter_value("aBoolean", "=", "false"), "false");
	IS(filter_value("aUuid", "=", "\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\""),
	   "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
	IS(filter_value("aTimestamp", "<", "\"2024-01-01T00:00:00+01:00\""), "2023-12-31T23:00:00.000000Z");
	IS(filter_value("aString", "=", "\"\""), "");
	WRONG("admin", only_filter("aString", "=", "\"a\\u0000b\""), "INVALID_VALUE /filters/0/value");
}

static void makes_lists_canonical_and_drops_repeats(void **state)
{
	(void)state;
	OK("admin", only_filter("aInt", "in", "[3,1.0,3]"));
	const struct md_value *v = &w.values->operands[w.bound->filters.v[0].slot];
	assert_true(v->type.array);
	assert_int_equal(v->type.base, MD_INT);
	assert_int_equal(v->list.n, 3);
	assert_true(md_str_eqz(v->list.items[1], "1"));
	WRONG("admin", only_filter("aInt", "in", "[]"), "INVALID_VALUE /filters/0/value");
	WRONG("admin", only_filter("aInt", "in", "5"), "INVALID_VALUE /filters/0/value");
	WRONG("admin", only_filter("aInt", "in", NULL), "INVALID_VALUE /filters/0");
	WRONG("admin", only_filter("aInt", "notIn", "[1,null,\"x\"]"), "INVALID_VALUE "
		"/filters/0/value/1\nINVALID_VALUE "
		"/filters/0/value/2");
	IS(DETAIL(0, actual), "null");
}

static const char *numbers(unsigned n)
{
	struct md_buf b = { .arena = &w.arena };
	for (unsigned i = 0; i < n; i++)
		md_buf_fmt(&b, "%c%u", i ? ',' : '[', i);
	md_buf_lit(&b, "]");
	md_buf_char(&b, 0);
	return b.p;
}

static void limits_the_length_of_lists(void **state)
{
	(void)state;
	OK("admin", only_filter("aInt", "in", numbers(10000)));
	WRONG("admin", only_filter("aInt", "in", numbers(10001)), "LIMIT_EXCEEDED /filters/0/value");
	IS(message(0), "limit inList exceeded: at most 10000, got 10001");
}

static void takes_ranges_with_two_ends(void **state)
{
	(void)state;
	OK("admin", only_filter("aDate", "between", "{\"to\":\"2024-12-31\",\"from\":\"2024-01-01\"}"));
	assert_true(md_str_eqz(w.values->operands[w.bound->filters.v[0].slot].text, "2024-01-01"));
	assert_true(md_str_eqz(w.values->operands[w.bound->filters.v[0].slot + 1].text, "2024-12-31"));
	WRONG("admin", only_filter("aDate", "between", "[\"2024-01-01\",\"2024-12-31\"]"), "INVALID_VALUE "
		"/filters/0/value");
	WRONG("admin", only_filter("aDate", "between", "{\"from\":\"2024-01-01\"}"), "INVALID_VALUE /filters/0/value");
	WRONG("admin", only_filter("aInt", "between", "{\"from\":null,\"to\":\"x\"}"), "INVALID_VALUE "
		"/filters/0/value/from\nINVALID_VALUE /filters/0/value/to");
	WRONG("admin", only_filter("aInt", "between", "{\"form\":1,\"to\":2}"), "UNKNOWN_KEY /filters/0/value/form");
	IS(DETAIL(0, suggestion), "from");
	WRONG("admin", only_filter("aInt", "between", "{\"from\":1,\"to\":2,\"to\":3}"), "UNKNOWN_KEY "
		"/filters/0/value/to");
}

static void takes_patterns_with_sound_escapes(void **state)
{
	(void)state;
	IS(filter_value("aString", "like", "\"a%_\""), "a%_");
	IS(filter_value("aString", "like", "\"\\\\a\\\\%\\\\_\\\\\\\\\""), "a\\%\\_\\\\");
	IS(filter_value("aString", "like", "\"\""), "");
	WRONG("admin", only_filter("aString", "like", "\"abc\\\\\""), "INVALID_VALUE /filters/0/value");
	HAS(message(0), "lone backslash");
	WRONG("admin", only_filter("aString", "like", "5"), "INVALID_VALUE /filters/0/value");
	IS(filter_value("aString", "like", "\"%%%%____\\\\%\""), "%%%%____\\%");
	WRONG("admin", only_filter("aString", "like", "\"%%%%%____\""), "LIMIT_EXCEEDED /filters/0/value");
	HAS(message(0), "limit wildcards exceeded: at most 8, got 9");
}

/* Plain text: no wildcards, so no limit on them, and a backslash is one. */
static void takes_plain_text_as_it_is(void **state)
{
	(void)state;
	static const char *const ops[] = { "contains",   "icontains",   "notContains", "notIcontains",
		                           "startsWith", "istartsWith", "endsWith",    "iendsWith" };
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		IS(filter_value("aString", ops[i], "\"%%%%%%%%%%_\\\\\""), "%%%%%%%%%%_\\");
		IS(filter_value("aString", ops[i], "\"\""), "");
		WRONG("admin", only_filter("aString", ops[i], "5"), "INVALID_VALUE /filters/0/value");
		WRONG("admin", only_filter("aString", ops[i], "null"), "INVALID_VALUE /filters/0/value");
		WRONG("admin", only_filter("aString", ops[i], NULL), "INVALID_VALUE /filters/0");
		WRONG("admin", only_filter("aString", ops[i], "\"a\\u0000\""), "INVALID_VALUE /filters/0/value");
	}
}

static const char *within(const char *text, unsigned n, const char *most)
{
	struct md_buf b = { .arena = &w.arena };
	md_buf_lit(&b, "{\"maxDistance\":");
	md_buf_fmt(&b, "%s,\"text\":\"", most);
	for (unsigned i = 0; i < n; i++)
		md_buf_fmt(&b, "%s", text);
	md_buf_lit(&b, "\"}");
	md_buf_char(&b, 0);
	return only_filter("aString", "levenshteinLte", b.p);
}

static void takes_distances_within_bounds(void **state)
{
	(void)state;
	OK("admin", within("kitten", 1, "3"));
	assert_true(md_str_eqz(w.values->operands[w.bound->filters.v[0].slot].text, "kitten"));
	assert_true(md_str_eqz(w.values->operands[w.bound->filters.v[0].slot + 1].text, "3"));
	assert_int_equal(w.values->operands[w.bound->filters.v[0].slot + 1].type.base, MD_INT);
	OK("admin", within("é", 255, "0")); /* characters count, not bytes */
	OK("admin", within("é", 1, "254"));
	OK("admin", within("é", 200, "5.5e1"));
	WRONG("admin", within("é", 255, "1"), "INVALID_VALUE /filters/0/value");
	HAS(DETAIL(0, expected), "at most 255");
	WRONG("admin", within("é", 256, "0"), "INVALID_VALUE /filters/0/value");
	WRONG("admin", within("a", 0, "1"), "INVALID_VALUE /filters/0/value/text");
	HAS(DETAIL(0, expected), "not empty");
	static const char *const wrong[] = { "-1", "1.5", "\"1\"", "null", "255", "1000", "99999999999" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		WRONG("admin", within("a", 1, wrong[i]), "INVALID_VALUE /filters/0/value/maxDistance");
		IS(DETAIL(0, expected), "an integer from 0 to 254");
	}
	WRONG("admin", only_filter("aString", "levenshteinLte", "{\"text\":5,\"maxDistance\":true}"),
	      "INVALID_VALUE /filters/0/value/text\nINVALID_VALUE /filters/0/value/maxDistance");
	WRONG("admin", only_filter("aString", "levenshteinLte", "{\"text\":\"a\"}"), "INVALID_VALUE /filters/0/value");
	HAS(message(0), "an object with text and maxDistance");
	WRONG("admin", only_filter("aString", "levenshteinLte", "{\"text\":\"a\",\"maxDistanc\":1}"), "UNKNOWN_KEY "
		"/filters/0/value/maxDistanc");
	IS(DETAIL(0, suggestion), "maxDistance");
	IS(message(0), "unknown key 'maxDistanc' in a distance");
	WRONG("admin", only_filter("aString", "levenshteinLte", "{\"text\":\"a\",\"text\":\"b\",\"maxDistance\":1}"),
	      "UNKNOWN_KEY /filters/0/value/text");
	WRONG("admin", only_filter("aString", "levenshteinLte", "\"a\""), "INVALID_VALUE /filters/0/value");
	WRONG("admin", only_filter("aString", "levenshteinLte", NULL), "INVALID_VALUE /filters/0");
	HAS(message(0), "{text, maxDistance}");
}

static void takes_elements_of_the_array_type(void **state)
{
	(void)state;
	OK("admin", only_filter("nList", "arrayContains", "1.0"));
	const struct md_value *v = &w.values->operands[w.bound->filters.v[0].slot];
	assert_true(v->type.array);
	assert_int_equal(v->type.base, MD_INT);
	assert_int_equal(v->list.n, 1);
	assert_true(md_str_eqz(v->list.items[0], "1"));
	OK("admin", only_filter("aList", "arrayContainsAny", "[\"a\",\"\",\"a\"]"));
	assert_int_equal(w.values->operands[w.bound->filters.v[0].slot].list.n, 3);
	OK("admin", only_filter("aList", "arrayIsEmpty", NULL)); /* not nullable: that is no matter */
	OK("admin", only_filter("nList", "arrayIsNotEmpty", "null"));
	WRONG("admin", only_filter("aList", "arrayIsEmpty", "[]"), "INVALID_VALUE /filters/0/value");
	WRONG("admin", only_filter("nList", "arrayContains", "null"), "INVALID_VALUE /filters/0/value");
	WRONG("admin", only_filter("nList", "arrayContains", "[1]"), "INVALID_VALUE /filters/0/value");
	WRONG("admin", only_filter("nList", "arrayContains", "2147483648"), "INVALID_VALUE /filters/0/value");
	WRONG("admin", only_filter("nList", "arrayContains", NULL), "INVALID_VALUE /filters/0");
	WRONG("admin", only_filter("nList", "arrayContainsAll", "[]"), "INVALID_VALUE /filters/0/value");
	WRONG("admin", only_filter("nList", "arrayContainsAll", "1"), "INVALID_VALUE /filters/0/value");
	WRONG("admin", only_filter("nList", "arrayContainsAny", "[1,null,\"x\"]"), "INVALID_VALUE "
		"/filters/0/value/1\nINVALID_VALUE /filters/0/value/2");
	WRONG("admin", only_filter("nList", "arrayContainsAll", numbers(10001)), "LIMIT_EXCEEDED /filters/0/value");
}

static void takes_null_tests_without_operand(void **state)
{
	(void)state;
	OK("admin", only_filter("nString", "isNull", NULL));
	OK("admin", only_filter("nString", "is_not_null", "null"));
	OK("admin", only_filter("nJson", "isNotNull", NULL));
	OK("admin", only_filter("nList", "is_null", NULL));
	WRONG("admin", only_filter("nString", "isNull", "true"), "INVALID_VALUE /filters/0/value");
	IS(DETAIL(0, expected), "no value");
	WRONG("admin", only_filter("aString", "isNull", NULL), "INVALID_FILTER /filters/0/operator");
	HAS(message(0), "not nullable");
	OK("admin", "{\"from\":\"orders\",\"joins\":[{\"table\":\"customers\",\"filters\":[{\"column\":\"name\","
	            "\"operator\":\"isNull\"}]}]}");
	WRONG("admin", "{\"from\":\"orders\",\"joins\":[{\"table\":\"customers\",\"type\":\"inner\","
	               "\"filters\":[{\"column\":\"name\",\"operator\":\"isNull\"}]}]}",
	      "INVALID_FILTER /joins/0/filters/0/operator");
}

static void suggests_an_operator_for_an_unknown_one(void **state)
{
	(void)state;
	WRONG("admin", only_filter("aString", "lik", "\"x\""), "INVALID_FILTER /filters/0/operator");
	IS(DETAIL(0, suggestion), "like");
	IS(DETAIL(0, operator), "lik");
	HAS(DETAIL(0, expected), "like");
	WRONG("admin", only_filter("aInt", "contains", "\"x\""), "INVALID_FILTER /filters/0/operator");
	WRONG("admin", only_filter("nope", "~", "1"), "UNKNOWN_COLUMN /filters/0/column\nINVALID_FILTER "
	                                              "/filters/0/operator");
	WRONG("clerk", "{\"from\":\"orders\",\"filters\":[{\"column\":\"note\",\"operator\":\"isNull\"}]}",
	      "ACCESS_DENIED /filters/0/column");
}

static void finds_columns_in_the_table_that_a_filter_names(void **state)
{
	(void)state;
	WRONG("admin", "{\"from\":\"orders\",\"filters\":[{\"table\":\"customer\",\"column\":\"id\",\"operator\":\"=\","
	               "\"value\":1}],\"joins\":[{\"table\":\"customers\"}]}",
	      "INVALID_FILTER /filters/0/table");
	IS(DETAIL(0, suggestion), "customers");
	OK("admin", "{\"from\":\"orders\",\"filters\":[{\"table\":\"c\",\"column\":\"name\",\"operator\":\"=\","
	            "\"value\":\"x\"}],"
	            "\"joins\":[{\"table\":\"customers\",\"as\":\"c\",\"columns\":[],\"filters\":[{\"column\":\"id\","
	            "\"operator\":\"=\",\"value\":1},"
	            "{\"table\":\"orders\",\"column\":\"status\",\"operator\":\"=\",\"value\":\"x\"}]}]}");
	assert_int_equal(w.bound->filters.v[0].use.ref, 1);
	assert_int_equal(w.bound->refs[1].filters.v[0].use.ref, 1);
	assert_int_equal(w.bound->refs[1].filters.v[1].use.ref, 0);
	IS(used(1), "id name");
	/* `on` sees the tables up to its own join */
	WRONG("admin", "{\"from\":\"orders\",\"joins\":[{\"table\":\"customers\",\"on\":[{\"table\":\"items\","
	               "\"column\":\"line\",\"operator\":\"=\",\"value\":1},"
	               "{\"table\":\"orders\",\"column\":\"status\",\"operator\":\"=\",\"value\":\"x\"}]},"
	               "{\"table\":\"items\"}]}",
	      "INVALID_FILTER /joins/0/on/0/table");
	HAS(message(0), "joined later");
}

static void checks_the_parts_of_a_broken_group(void **state)
{
	(void)state;
	WRONG("admin", "{\"from\":\"orders\",\"filters\":[{\"logic\":\"xor\",\"conditions\":[{\"column\":\"nope\","
	               "\"operator\":\"=\",\"value\":1}]}]}",
	      "INVALID_FILTER /filters/0/logic\nUNKNOWN_COLUMN /filters/0/conditions/0/column");
}

static void notes_filters_on_unindexed_columns_only(void **state)
{
	(void)state;
	validate_text("admin", "{\"from\":\"orders\",\"filters\":[{\"column\":\"total\",\"operator\":\">\","
	                       "\"value\":1},"
	             "{\"column\":\"note\",\"operator\":\"isNull\"}]}");
	HAS(world_log(&w), "Note: filters use only unindexed columns of 'orders': ");
	HAS(world_log(&w), "note");
	validate_text("admin", "{\"from\":\"orders\",\"filters\":[{\"column\":\"total\",\"operator\":\">\","
	                       "\"value\":1},"
	             "{\"column\":\"status\",\"operator\":\"=\",\"value\":\"x\"}]}");
	HAS_NOT(world_log(&w), "unindexed");
	validate_text("admin", "{\"from\":\"orders\"}");
	HAS_NOT(world_log(&w), "unindexed");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_each_operator_on_its_types_only, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_operands_of_the_type_only, setup, teardown),
		cmocka_unit_test_setup_teardown(makes_values_canonical, setup, teardown),
		cmocka_unit_test_setup_teardown(makes_lists_canonical_and_drops_repeats, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_the_length_of_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_ranges_with_two_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_patterns_with_sound_escapes, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_null_tests_without_operand, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_plain_text_as_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_distances_within_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_elements_of_the_array_type, setup, teardown),
		cmocka_unit_test_setup_teardown(suggests_an_operator_for_an_unknown_one, setup, teardown),
		cmocka_unit_test_setup_teardown(finds_columns_in_the_table_that_a_filter_names, setup, teardown),
		cmocka_unit_test_setup_teardown(checks_the_parts_of_a_broken_group, setup, teardown),
		cmocka_unit_test_setup_teardown(notes_filters_on_unindexed_columns_only, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
