/* multidb.h, misuse: each call in the wrong order and each argument out of range fails with
 * MULTIDB_MISUSE, names the calls, and leaves what the handle does as it was. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "one_query.h"

#include <stdlib.h>

#define ORDERS "{\"from\":\"orders\",\"columns\":[\"id\"]}"
#define ADMIN "{\"role\":\"admin\"}"

static int prepare(multidb_mode mode)
{
	return multidb_query_prepare(query, mode, ORDERS, strlen(ORDERS), ADMIN, strlen(ADMIN));
}

static void start_query(void)
{
	assert_int_equal(prepare(MULTIDB_RUN), 0);
	assert_int_equal(multidb_query_start(query, MULTIDB_NDJSON), 0);
}

/* The error is misuse, and its message holds both texts. */
static void assert_misuse(const multidb_error *e, const char *text, const char *other)
{
	assert_non_null(e);
	assert_int_equal(multidb_error_code(e), MULTIDB_MISUSE);
	assert_int_equal(multidb_error_status(e), 500);
	if (!strstr(multidb_error_message(e), text) || !strstr(multidb_error_message(e), other))
		fail_msg("expected '%s' and '%s', got: %s", text, other, multidb_error_message(e));
	assert_string_equal(json_at(&arena, multidb_error_json(e), "/code"), "\"MISUSE\"");
}

#define ASSERT_MISUSE(text, other) assert_misuse(multidb_query_error(query), text, other)

static int read_chunk(void)
{
	const char *bytes;
	size_t n;
	return multidb_query_next(query, &bytes, &n);
}

static int read_row(void)
{
	const multidb_cell *cells;
	return multidb_query_next_row(query, &cells);
}

static void refuses_calls_before_prepare(void **state)
{
	(void)state;
	assert_null(multidb_query_error(query));
	assert_int_equal(multidb_query_start(query, MULTIDB_JSON), -1);
	ASSERT_MISUSE("multidb_query_start was called before", "multidb_query_prepare");
	assert_int_equal(read_chunk(), -1);
	ASSERT_MISUSE("multidb_query_next was called before", "multidb_query_start");
	assert_int_equal(read_row(), -1);
	ASSERT_MISUSE("multidb_query_next_row was called before", "multidb_query_start");
	assert_int_equal(prepare(MULTIDB_RUN), 0);
	assert_null(multidb_query_error(query)); /* a new query, a new record */
}

static void refuses_to_read_before_start(void **state)
{
	(void)state;
	assert_int_equal(prepare(MULTIDB_RUN), 0);
	assert_int_equal(read_chunk(), -1);
	ASSERT_MISUSE("multidb_query_next was called before", "multidb_query_start");
	assert_int_equal(read_row(), -1);
	ASSERT_MISUSE("multidb_query_next_row was called before", "multidb_query_start");
	assert_int_equal(multidb_query_start(query, MULTIDB_NDJSON), 0); /* nothing was lost */
	assert_int_equal(read_chunk(), 1);
}

static void refuses_to_start_twice(void **state)
{
	(void)state;
	start_query();
	assert_int_equal(multidb_query_start(query, MULTIDB_NDJSON), -1);
	ASSERT_MISUSE("multidb_query_start", "multidb_query_prepare");
	assert_int_equal(read_chunk(), 1); /* what runs goes on */
	assert_int_equal(read_chunk(), 0);
	assert_int_equal(multidb_query_start(query, MULTIDB_NDJSON), -1);
	ASSERT_MISUSE("multidb_query_start", "multidb_query_prepare");
}

static void refuses_to_start_what_was_only_checked(void **state)
{
	(void)state;
	static const struct {
		multidb_mode mode;
		const char *name;
	} modes[] = { { MULTIDB_VALIDATE, "multidb_query_prepare with MULTIDB_VALIDATE" },
		      { MULTIDB_PLAN, "multidb_query_prepare with MULTIDB_PLAN" },
		      { MULTIDB_EXPLAIN, "multidb_query_prepare with MULTIDB_EXPLAIN" } };
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(prepare(modes[i].mode), 0);
		assert_int_equal(multidb_query_start(query, MULTIDB_JSON), -1);
		ASSERT_MISUSE("multidb_query_start was called after", modes[i].name);
		assert_non_null(multidb_result_json(query));
	}
}

static void refuses_to_mix_chunks_and_rows(void **state)
{
	(void)state;
	start_query();
	assert_int_equal(read_row(), 1);
	assert_int_equal(read_chunk(), -1);
	ASSERT_MISUSE("multidb_query_next was called", "after multidb_query_next_row");
	assert_int_equal(read_row(), 1);
	start_query();
	assert_int_equal(read_chunk(), 1);
	assert_int_equal(read_row(), -1);
	ASSERT_MISUSE("multidb_query_next_row was called", "after multidb_query_next:");
	assert_int_equal(read_chunk(), 0);
	assert_int_equal(read_row(), -1); /* at the end, too */
	assert_int_equal(read_chunk(), 0);
}

static void refuses_unknown_modes(void **state)
{
	(void)state;
	const int wrong[] = { -1, MULTIDB_COUNT + 1, 1000 };
	for (size_t i = 0; i < 3; i++) {
		start_query();
		assert_int_equal(prepare((multidb_mode)wrong[i]), -1);
		ASSERT_MISUSE("multidb_query_prepare", "expected MULTIDB_RUN (0) to MULTIDB_COUNT (4)");
		/* a program that overlooks the failure must not run the query before it */
		assert_int_equal(multidb_query_start(query, MULTIDB_JSON), -1);
		assert_string_equal(multidb_result_sql(query), "");
	}
}

static void refuses_unknown_formats(void **state)
{
	(void)state;
	assert_int_equal(prepare(MULTIDB_RUN), 0);
	assert_int_equal(multidb_query_start(query, (multidb_format)(MULTIDB_CSV + 1)), -1);
	ASSERT_MISUSE("multidb_query_start", "expected MULTIDB_RESULT (0) to MULTIDB_CSV (3), got 4");
	assert_int_equal(multidb_query_start(query, (multidb_format)-1), -1);
	ASSERT_MISUSE("multidb_query_start", "got -1");
	assert_int_equal(multidb_query_start(query, MULTIDB_CSV), 0);
	assert_int_equal(read_chunk(), 1);
}

static void refuses_missing_texts_and_places(void **state)
{
	(void)state;
	const char *bytes;
	size_t n;
	assert_int_equal(multidb_query_prepare(query, MULTIDB_RUN, NULL, 0, ADMIN, strlen(ADMIN)), -1);
	ASSERT_MISUSE("multidb_query_prepare", "without a definition");
	assert_int_equal(multidb_query_prepare(query, MULTIDB_RUN, ORDERS, strlen(ORDERS), NULL, 5), -1);
	ASSERT_MISUSE("multidb_query_prepare", "without a context");
	start_query();
	assert_int_equal(multidb_query_next(query, NULL, &n), -1);
	ASSERT_MISUSE("multidb_query_next", "NULL");
	assert_int_equal(multidb_query_next(query, &bytes, NULL), -1);
	assert_int_equal(read_row(), 1); /* neither was a choice */
	assert_int_equal(multidb_query_next_row(query, NULL), -1);
	ASSERT_MISUSE("multidb_query_next_row", "NULL");
	assert_int_equal(read_row(), 1);
}

static void refuses_null_handles(void **state)
{
	(void)state;
	const char *bytes;
	const multidb_cell *cells;
	size_t n;
	assert_null(multidb_query_new(NULL));
	assert_int_equal(multidb_query_prepare(NULL, MULTIDB_RUN, ORDERS, strlen(ORDERS), NULL, 0), -1);
	assert_int_equal(multidb_query_start(NULL, MULTIDB_JSON), -1);
	assert_int_equal(multidb_query_next(NULL, &bytes, &n), -1);
	assert_int_equal(multidb_query_next_row(NULL, &cells), -1);
	multidb_query_cancel(NULL);
	assert_misuse(multidb_query_error(NULL), "NULL handle", "multidb_query_new");
	const char *json = multidb_error_json(multidb_query_error(NULL));
	assert_string_equal(json_at(&arena, json, "/details/code"), "\"MISUSE\"");
	assert_string_equal(json_at(&arena, json, "/title"),
	                    "\"the library was called in a way that its header excludes\"");
}

static void assert_engine_misuse(int rc, multidb_error **made, const char *text)
{
	multidb_error *error = *made;
	assert_int_equal(rc, -1);
	assert_misuse(error, text, "NULL");
	multidb_error_free(error);
}

static void refuses_null_texts_and_engines(void **state)
{
	(void)state;
	multidb_engine *e = NULL;
	multidb_error *error;
	assert_engine_misuse(multidb_engine_open_file(NULL, NULL, &e, &error), &error, "multidb_engine_open_file");
	assert_engine_misuse(multidb_engine_open_file("x", NULL, NULL, &error), &error, "multidb_engine_open_file");
	assert_engine_misuse(multidb_engine_open_text(NULL, 0, NULL, &e, &error), &error, "multidb_engine_open_text");
	assert_engine_misuse(multidb_engine_open_text("{}", 2, NULL, NULL, &error), &error, "multidb_engine_open_text");
	assert_engine_misuse(multidb_engine_reload_text(NULL, "{}", 2, &error), &error, "multidb_engine_reload_text");
	assert_engine_misuse(multidb_engine_reload_text(engine, NULL, 0, &error), &error, "multidb_engine_reload_text");
	assert_int_equal(multidb_engine_reload_text(engine, NULL, 0, NULL), -1); /* the error may be left out */
}

/* A failure stays the error of the later calls, which could not work: a program may look once, at
 * the end. */
static void keeps_the_error_of_the_first_failure(void **state)
{
	(void)state;
	assert_int_equal(multidb_query_prepare(query, MULTIDB_RUN, "{", 1, NULL, 0), -1);
	assert_int_equal(multidb_query_start(query, (multidb_format)99), -1);
	assert_int_equal(read_chunk(), -1);
	assert_int_equal(read_row(), -1);
	assert_int_equal(multidb_error_code(multidb_query_error(query)), MULTIDB_INVALID_JSON);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_query, free_query)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(refuses_calls_before_prepare), T(refuses_to_read_before_start), T(refuses_to_start_twice),
		T(refuses_to_start_what_was_only_checked), T(refuses_to_mix_chunks_and_rows),
		T(refuses_unknown_modes), T(refuses_unknown_formats), T(refuses_missing_texts_and_places),
		T(refuses_null_handles), T(refuses_null_texts_and_engines), T(keeps_the_error_of_the_first_failure),
	};
	return cmocka_run_group_tests(tests, open_sample_engine, close_sample_engine);
}
