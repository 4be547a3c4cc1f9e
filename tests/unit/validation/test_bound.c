/* What belongs to a bound definition, and what to its values. */
#include "fixture.h"

#include "validation/validate.h"

#define EQ(column, value) "{\"column\":\"" column "\",\"operator\":\"=\",\"value\":" value "}"
#define BETWEEN(column, from, to) \
	"{\"column\":\"" column "\",\"operator\":\"between\",\"value\":{\"from\":" from ",\"to\":" to "}}"

static bool is_operand(uint32_t slot, const char *text)
{
	return md_str_eqz(w.values->operands[slot].text, text);
}

static void operands_of_a_filter_stand_side_by_side(void **state)
{
	(void)state;
	OK("admin", "{\"from\":\"orders\",\"filters\":[" BETWEEN("total", "1", "2") "," EQ("status", "\"a\"")
	            ",{\"column\":\"note\",\"operator\":\"isNull\"}," EQ("status", "\"b\"") "]}");
	const struct md_bound_filter *f = w.bound->filters.v;
	assert_true(is_operand(f[0].slot, "1") && is_operand(f[0].slot + 1, "2"));
	assert_true(is_operand(f[1].slot, "a"));
	assert_true(is_operand(f[3].slot, "b"));
	assert_int_equal(f[1].slot, f[0].slot + 2);
	assert_int_equal(f[3].slot, f[1].slot + 1);
}

static void slots_are_shared_by_all_filters_of_a_definition(void **state)
{
	(void)state;
	OK("admin", "{\"from\":\"orders\",\"filters\":[" EQ("status", "\"a\"") "],\"joins\":[{\"table\":\"customers\","
	            "\"filters\":[" EQ("name", "\"b\"") "],\"on\":[" EQ("name", "\"c\"") "]}],"
	            "\"aggregations\":[{\"fn\":\"sum\",\"column\":\"total\",\"alias\":\"t\"}],\"having\":["
	            EQ("t", "4") "]}");
	assert_true(is_operand(w.bound->filters.v[0].slot, "a"));
	assert_true(is_operand(w.bound->refs[1].filters.v[0].slot, "b"));
	assert_true(is_operand(w.bound->refs[1].on.v[0].slot, "c"));
	assert_true(is_operand(w.bound->having.v[0].slot, "4"));
	assert_int_equal(w.query->n_operands, 4);
}

#define COUNTED(operator, n) "{\"table\":\"items\",\"count\":{\"operator\":\"" operator "\",\"value\":" n "}}"

static void counts_of_exists_nodes_are_values(void **state)
{
	(void)state;
	OK("admin", "{\"from\":\"orders\",\"filters\":[{\"table\":\"items\"}," COUNTED(">", "7") "," COUNTED("<",
		"9") "]}");
	const struct md_bound_filter *f = w.bound->filters.v;
	assert_false(f[0].counted);
	assert_true(f[1].counted && f[1].count_op == MD_OP_GT);
	assert_int_equal(w.values->counts[f[1].slot], 7);
	assert_int_equal(w.values->counts[f[2].slot], 9);
}

static void numbers_of_the_definition_are_values(void **state)
{
	(void)state;
	OK("admin", "{\"from\":\"orders\",\"limit\":5,\"offset\":0,\"timeoutMs\":9,\"freshness\":{\"maxLagMs\":20}}");
	assert_true(w.bound->has_limit && w.bound->has_offset && w.bound->has_freshness && !w.bound->has_page);
	assert_int_equal(w.values->limit, 5);
	assert_int_equal(w.values->offset, 0);
	assert_int_equal(w.values->timeout_ms, 9);
	assert_int_equal(w.values->max_lag_ms, 20);
	OK("admin", "{\"from\":\"orders\",\"page\":{\"first\":3,\"after\":\"x\"}}");
	assert_true(w.bound->has_page && !w.bound->has_limit && !w.bound->has_offset && !w.bound->has_freshness);
	assert_int_equal(w.values->page_first, 3);
	assert_true(md_str_eqz(w.values->page_after, "x"));
	assert_true(w.values->max_lag_ms == INT64_MAX);
}

static void ids_are_values_without_repeats(void **state)
{
	(void)state;
	OK("admin", "{\"from\":\"items\",\"byIds\":[{\"orderId\":\"a0000000-0000-4000-8000-000000000001\",\"line\":2},"
	            "{\"line\":1,\"orderId\":\"A0000000-0000-4000-8000-000000000001\"},"
	            "{\"line\":2,\"orderId\":\"a0000000-0000-4000-8000-000000000001\"}]}");
	assert_true(w.bound->has_ids);
	assert_int_equal(w.values->n_ids, 2);
	assert_int_equal(w.values->n_key, 2);
	assert_true(md_str_eqz(md_values_id(w.values, 0)[1], "2"));
	assert_true(md_str_eqz(md_values_id(w.values, 1)[1], "1"));
	assert_int_equal(w.query->n_ids, 3);
}

static void count_mode_is_an_argument(void **state)
{
	(void)state;
	const struct md_bound *counted;
	const struct md_values *values;
	OK("admin", "{\"from\":\"orders\"}");
	assert_int_equal(w.bound->mode, MD_EXECUTE);
	assert_int_equal(md_validate(&w.cx, w.query, true, &counted, &values), 0);
	assert_int_equal(counted->mode, MD_COUNT);
	assert_int_equal(w.query->mode, MD_EXECUTE);
	assert_int_equal(w.bound->mode, MD_EXECUTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operands_of_a_filter_stand_side_by_side),
		cmocka_unit_test(slots_are_shared_by_all_filters_of_a_definition),
		cmocka_unit_test(counts_of_exists_nodes_are_values),
		cmocka_unit_test(numbers_of_the_definition_are_values),
		cmocka_unit_test(ids_are_values_without_repeats),
		cmocka_unit_test(count_mode_is_an_argument),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
