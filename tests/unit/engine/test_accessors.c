/* multidb.h, reading results and errors: nothing grows by being read, and every call is allowed in
 * every state of the handle. golden_accessors.c compares what is read with the JSON of the same. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "one_query.h"

#include <malloc.h>
#include <stdlib.h>

#define ADMIN "{\"role\":\"admin\"}"
enum { MILLION_READS = 1000000 };

static int prepare_as_admin(multidb_mode mode, const char *definition)
{
	return multidb_query_prepare(query, mode, definition, strlen(definition), ADMIN, strlen(ADMIN));
}

static const char *name_of_first_column(multidb_query *q)
{
	return multidb_result_column_name(q, 0);
}

static const char *message_of_error(multidb_query *q)
{
	return multidb_error_message(multidb_query_error(q));
}

static const char *json_of_error(multidb_query *q)
{
	return multidb_error_json(multidb_query_error(q));
}

static const char *suggestion_of_problem(multidb_query *q)
{
	return multidb_error_problem_detail(multidb_query_error(q), 0, "suggestion");
}

static const char *sql_of_plan(multidb_query *q)
{
	return multidb_result_sql(q);
}

static const char *target_of_plan(multidb_query *q)
{
	return multidb_result_target(q);
}

static const char *name_of_first_table(multidb_query *q)
{
	return multidb_result_table_physical_name(q, 0);
}

static void assert_reading_takes_no_memory(const char *(*read)(multidb_query *q))
{
	const char *first = read(query);
	assert_non_null(first);
	assert_true(*first);
	size_t before = mallinfo2().uordblks;
	for (int i = 0; i < MILLION_READS; i++)
		assert_ptr_equal(read(query), first);
	assert_int_equal(mallinfo2().uordblks, before);
}

static void reading_a_result_takes_no_memory(void **state)
{
	(void)state;
	assert_int_equal(prepare_as_admin(MULTIDB_PLAN, "{\"from\":\"orders\"}"), 0);
	assert_reading_takes_no_memory(name_of_first_column);
	assert_reading_takes_no_memory(sql_of_plan);
	assert_reading_takes_no_memory(target_of_plan);
	assert_reading_takes_no_memory(name_of_first_table);
	assert_reading_takes_no_memory(multidb_result_json);
	assert_reading_takes_no_memory(multidb_result_parameters_json);
}

static void reading_an_error_takes_no_memory(void **state)
{
	(void)state;
	assert_int_equal(prepare_as_admin(MULTIDB_PLAN, "{\"from\":\"order\"}"), -1);
	assert_reading_takes_no_memory(message_of_error);
	assert_reading_takes_no_memory(json_of_error);
	assert_reading_takes_no_memory(suggestion_of_problem);
}

/* The log is rendered at each call: fewer calls show the same. */
static void reading_the_debug_log_takes_no_memory(void **state)
{
	(void)state;
	assert_int_equal(prepare_as_admin(MULTIDB_PLAN, "{\"from\":\"orders\"}"), 0);
	assert_non_null(strstr(multidb_result_debug_text(query), "[planning]"));
	size_t before = mallinfo2().uordblks;
	for (int i = 0; i < MILLION_READS / 20; i++)
		multidb_result_debug_text(query);
	assert_int_equal(mallinfo2().uordblks, before);
}

static void assert_nothing_is_known(multidb_query *q)
{
	assert_int_equal(multidb_result_kind(q), MULTIDB_KIND_NONE);
	assert_int_equal(multidb_result_execute_mode(q), MULTIDB_MODE_EXECUTE);
	assert_string_equal(multidb_result_sql(q), "");
	assert_string_equal(multidb_result_strategy(q), "");
	assert_string_equal(multidb_result_target(q), "");
	assert_string_equal(multidb_result_dialect(q), "");
	assert_string_equal(multidb_result_freshness(q), "");
	assert_string_equal(multidb_result_parameters_json(q), "");
	assert_int_equal(multidb_result_plan_hash(q), 0);
	assert_int_equal(multidb_result_empty(q), 0);
	assert_int_equal(multidb_result_column_count(q), 0);
	assert_null(multidb_result_column_name(q, 0));
	assert_int_equal(multidb_result_parameter_count(q), 0);
	assert_null(multidb_result_parameter_value(q, 0, 0).text);
	assert_int_equal(multidb_result_table_count(q), 0);
	assert_null(multidb_result_table_id(q, 0));
	assert_int_equal(multidb_result_row_filter_count(q), 0);
	assert_null(multidb_result_row_filter_role(q, 0, 0));
	assert_int_equal(multidb_result_rows(q), 0);
	assert_int_equal(multidb_result_count(q), 0);
	assert_int_equal(multidb_result_cell_rule_count(q), 0);
	assert_null(multidb_result_cell_rule_mask(q, 0));
	assert_int_equal(multidb_result_page_first(q), 0);
	assert_int_equal(multidb_result_has_next_page(q), 0);
	assert_null(multidb_result_next_cursor(q));
	assert_int_equal(multidb_result_planning_us(q), 0);
	assert_int_equal(multidb_result_generation_us(q), 0);
	assert_int_equal(multidb_result_execution_us(q), 0);
	assert_null(multidb_result_json(q));
}

static void knows_nothing_before_the_first_prepare(void **state)
{
	(void)state;
	assert_nothing_is_known(query);
	assert_int_equal(multidb_result_alternative_count(query), 0);
	assert_null(multidb_result_alternative_strategy(query, 0));
	assert_int_equal(multidb_result_candidate_count(query, 0), 0);
	assert_string_equal(multidb_result_debug_text(query), "");
	assert_null(multidb_query_error(query));
}

static void reads_a_missing_handle_as_one_never_prepared(void **state)
{
	(void)state;
	assert_nothing_is_known(NULL);
	assert_int_equal(multidb_result_alternative_count(NULL), 0);
	assert_null(multidb_result_alternative_sql(NULL, 0));
	assert_null(multidb_result_candidate_code(NULL, 0, 0));
	assert_null(multidb_result_debug_text(NULL));
}

static void knows_nothing_after_a_failure(void **state)
{
	(void)state;
	assert_int_equal(prepare_as_admin(MULTIDB_RUN, "{\"from\":\"orders\"}"), 0);
	assert_int_equal(prepare_as_admin(MULTIDB_RUN, "{\"from\":\"nothing\"}"), -1);
	assert_nothing_is_known(query);
	assert_int_equal(multidb_result_alternative_count(query), 0);
}

static void knows_the_refusals_after_an_error_of_planning(void **state)
{
	(void)state;
	assert_int_equal(prepare_as_admin(MULTIDB_RUN, "{\"from\":\"events\",\"joins\":[{\"table\":\"orders\"}],"
		"\"freshness\":\"realtime\",\"avoid\":[\"trino\"]}"), -1);
	assert_nothing_is_known(query);
	assert_int_equal(multidb_result_alternative_count(query), 4);
	assert_string_equal(multidb_result_alternative_strategy(query, 2), "materialized");
	assert_string_equal(multidb_result_alternative_code(query, 2), "FRESHNESS_UNMET");
	assert_string_equal(multidb_result_candidate_verdict(query, 2, 0), "refused");
	assert_string_equal(multidb_error_detail(multidb_query_error(query), "requiredFreshness"), "realtime");
	assert_null(multidb_error_detail(multidb_query_error(query), NULL));
	assert_int_equal(multidb_error_table_count(multidb_query_error(query)), 2);
}

static void tells_kind_and_mode(void **state)
{
	(void)state;
	static const struct {
		multidb_mode mode;
		const char *definition;
		multidb_kind kind;
		multidb_execute_mode execute_mode;
	} cases[] = {
		{ MULTIDB_RUN, "{\"from\":\"orders\"}", MULTIDB_KIND_DATA, MULTIDB_MODE_EXECUTE },
		{ MULTIDB_RUN, "{\"from\":\"orders\",\"executeMode\":\"sql-only\"}", MULTIDB_KIND_SQL,
		  MULTIDB_MODE_SQL_ONLY },
		{ MULTIDB_RUN, "{\"from\":\"orders\",\"executeMode\":\"count\"}", MULTIDB_KIND_COUNT,
		  MULTIDB_MODE_COUNT },
		{ MULTIDB_COUNT, "{\"from\":\"orders\"}", MULTIDB_KIND_COUNT, MULTIDB_MODE_COUNT },
		{ MULTIDB_VALIDATE, "{\"from\":\"orders\"}", MULTIDB_KIND_VALID, MULTIDB_MODE_EXECUTE },
		{ MULTIDB_PLAN, "{\"from\":\"orders\",\"executeMode\":\"count\"}", MULTIDB_KIND_SQL,
		  MULTIDB_MODE_COUNT },
		{ MULTIDB_EXPLAIN, "{\"from\":\"orders\"}", MULTIDB_KIND_EXPLAIN, MULTIDB_MODE_EXECUTE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(prepare_as_admin(cases[i].mode, cases[i].definition), 0);
		assert_int_equal(multidb_result_kind(query), cases[i].kind);
		assert_int_equal(multidb_result_execute_mode(query), cases[i].execute_mode);
	}
}

static void tells_times_and_numbers_of_an_answer(void **state)
{
	(void)state;
	const multidb_cell *cells;
	int64_t rows = 0;
	assert_int_equal(prepare_as_admin(MULTIDB_RUN, "{\"from\":\"orders\"}"), 0);
	assert_true(multidb_result_planning_us(query) >= 0);
	assert_int_equal(multidb_query_start(query, MULTIDB_NDJSON), 0);
	while (multidb_query_next_row(query, &cells) > 0) {
		rows++;
		assert_int_equal(multidb_result_execution_us(query), 0);
	}
	assert_int_equal(multidb_result_rows(query), rows);
	assert_true(multidb_result_execution_us(query) > 0);
	assert_int_equal(multidb_result_count(query), 0);

	assert_int_equal(prepare_as_admin(MULTIDB_COUNT, "{\"from\":\"orders\"}"), 0);
	assert_int_equal(multidb_query_start(query, MULTIDB_NDJSON), 0);
	assert_int_equal(multidb_query_next_row(query, &cells), 0);
	assert_int_equal(multidb_result_count(query), rows);
}

static void tells_the_page_of_the_definition(void **state)
{
	(void)state;
	assert_int_equal(prepare_as_admin(MULTIDB_PLAN, "{\"from\":\"orders\",\"page\":{\"first\":7}}"), 0);
	assert_int_equal(multidb_result_page_first(query), 7);
	assert_int_equal(prepare_as_admin(MULTIDB_PLAN, "{\"from\":\"orders\",\"limit\":7}"), 0);
	assert_int_equal(multidb_result_page_first(query), 0);
}

static void reads_a_missing_error_as_out_of_memory(void **state)
{
	(void)state;
	assert_int_equal(multidb_error_code(NULL), MULTIDB_OUT_OF_MEMORY);
	assert_string_equal(multidb_error_message(NULL), "out of memory");
	assert_string_equal(multidb_error_hint(NULL), "");
	assert_string_equal(multidb_error_cause(NULL), "");
	assert_string_equal(multidb_error_from_table(NULL), "");
	assert_int_equal(multidb_error_timeout_ms(NULL), 0);
	assert_null(multidb_error_detail(NULL, "hint"));
	assert_int_equal(multidb_error_detail_count(NULL), 0);
	assert_int_equal(multidb_error_problem_count(NULL), 0);
	assert_null(multidb_error_problem_message(NULL, 0));
	assert_int_equal(multidb_error_table_count(NULL), 0);
	assert_null(multidb_error_database(NULL, 0));
}

static void names_codes(void **state)
{
	(void)state;
	assert_string_equal(multidb_code_name(MULTIDB_UNKNOWN_TABLE), "UNKNOWN_TABLE");
	assert_int_equal(multidb_code_status(MULTIDB_UNKNOWN_TABLE), 400);
	assert_string_equal(multidb_code_title(MULTIDB_UNKNOWN_TABLE), "no such table");
	assert_string_equal(multidb_code_name((enum multidb_code)9999), "");
	assert_int_equal(multidb_code_status((enum multidb_code)9999), 500);
	assert_string_equal(multidb_code_title((enum multidb_code)-1), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reading_a_result_takes_no_memory, make_query, free_query),
		cmocka_unit_test_setup_teardown(reading_an_error_takes_no_memory, make_query, free_query),
		cmocka_unit_test_setup_teardown(reading_the_debug_log_takes_no_memory, make_query, free_query),
		cmocka_unit_test_setup_teardown(knows_nothing_before_the_first_prepare, make_query, free_query),
		cmocka_unit_test(reads_a_missing_handle_as_one_never_prepared),
		cmocka_unit_test_setup_teardown(knows_nothing_after_a_failure, make_query, free_query),
		cmocka_unit_test_setup_teardown(knows_the_refusals_after_an_error_of_planning, make_query, free_query),
		cmocka_unit_test_setup_teardown(tells_kind_and_mode, make_query, free_query),
		cmocka_unit_test_setup_teardown(tells_times_and_numbers_of_an_answer, make_query, free_query),
		cmocka_unit_test_setup_teardown(tells_the_page_of_the_definition, make_query, free_query),
		cmocka_unit_test(reads_a_missing_error_as_out_of_memory),
		cmocka_unit_test(names_codes),
	};
	return cmocka_run_group_tests(tests, open_sample_engine, close_sample_engine);
}
