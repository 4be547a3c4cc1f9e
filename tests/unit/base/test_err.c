/* base/err.h: the one error record, JSON Pointers, the codes' list; base/sys.h: reading files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/ctx.h"
#include "base/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct md_arena arena;
static struct md_error err;
static struct md_ctx cx = { .arena = &arena, .err = &err };

static int setup(void **state)
{
	(void)state;
	memset(&err, 0, sizeof err);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

#define IS(s, want) assert_string_equal(md_str_dup(&arena, (s)).p, (want))

static void pointers_lead_from_the_root(void **state)
{
	(void)state;
	IS(md_at_pointer(&arena, NULL), "");
	const struct md_at *filters = MD_AT_KEY(NULL, MD_STR("filters"));
	IS(md_at_pointer(&arena, filters), "/filters");
	IS(md_at_pointer(&arena, MD_AT_KEY(MD_AT_IDX(filters, 2), MD_STR("operator"))), "/filters/2/operator");
	IS(md_at_pointer(&arena, MD_AT_IDX(NULL, 0)), "/0");
}

static void pointers_escape_tilde_and_slash(void **state)
{
	(void)state;
	IS(md_at_pointer(&arena, MD_AT_KEY(NULL, MD_STR("a/b~c"))), "/a~1b~0c");
	IS(md_at_pointer(&arena, MD_AT_KEY(NULL, MD_STR("~1"))), "/~01");
	IS(md_at_pointer(&arena, MD_AT_KEY(NULL, MD_STR(""))), "/");
}

static void pointers_of_endless_depth_are_cut(void **state)
{
	(void)state;
	struct md_at chain[200];
	for (uint32_t i = 0; i < 200; i++)
		chain[i] = (struct md_at){ .up = i ? &chain[i - 1] : NULL, .index = i };
	struct md_str p = md_at_pointer(&arena, &chain[199]);
	assert_true(p.n > 0 && p.n < 400);
	assert_memory_equal(p.p + p.n - 8, "/198/199", 8);
}

static void problems_are_gathered(void **state)
{
	(void)state;
	md_report(&cx, MD_UNKNOWN_COLUMN, MD_AT_KEY(NULL, MD_STR("columns")), MD_DETAILS(.suggestion = MD_STR("y")),
	          "column '%s' does not exist", "x");
	assert_int_equal(err.code, MD_OK); /* not fatal by itself */
	assert_int_equal(err.problems.n, 1);
	assert_int_equal(err.problems.v[0].code, MD_UNKNOWN_COLUMN);
	IS(err.problems.v[0].message, "column 'x' does not exist");
	IS(err.problems.v[0].pointer, "/columns");
	IS(err.problems.v[0].details.suggestion, "y");
	assert_int_equal(err.problems.v[0].filter_index, -1);
}

/* Only a place inside the definition's own filters has a filter index, however deep it lies. */
static void filter_index_follows_the_pointer(void **state)
{
	(void)state;
	const struct md_at *filters = MD_AT_KEY(NULL, MD_STR("filters")), *third = MD_AT_IDX(filters, 2);
	const struct md_at *nested = MD_AT_IDX(MD_AT_KEY(third, MD_STR("conditions")), 1);
	const struct md_at *join = MD_AT_IDX(MD_AT_KEY(NULL, MD_STR("joins")), 4);
	const struct {
		const struct md_at *at;
		int index;
	} cases[] = {
		{ NULL, -1 },
		{ filters, -1 },
		{ third, 2 },
		{ MD_AT_KEY(nested, MD_STR("value")), 2 },
		{ MD_AT_IDX(MD_AT_KEY(join, MD_STR("filters")), 0), -1 },
		{ MD_AT_IDX(MD_AT_KEY(NULL, MD_STR("having")), 0), -1 },
		{ MD_AT_KEY(filters, MD_STR("0")), -1 },
	};
	for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		md_report(&cx, MD_INVALID_FILTER, cases[i].at, NULL, "a");
		assert_int_equal(err.problems.v[i].filter_index, cases[i].index);
	}
}

/* Every member of md_details is listed once, in the order of its members, and copies of all of them
 * are their own. */
static void details_are_listed_and_copied(void **state)
{
	(void)state;
	char text[] = "x";
	struct md_details d = { 0 };
	assert_null(md_details_dup(&arena, &d).id.p);
	for (unsigned i = 0; i < MD_DETAIL_COUNT; i++) {
		memcpy((char *)&d + i * sizeof(struct md_str), &(struct md_str){ text, 1 }, sizeof(struct md_str));
		assert_ptr_equal(md_detail(&d, i).p, text);
		assert_true(md_detail_name[i] && md_detail_name[i][0]);
	}
	struct md_details copy = md_details_dup(&arena, &d);
	text[0] = 'y';
	for (unsigned i = 0; i < MD_DETAIL_COUNT; i++)
		IS(md_detail(&copy, i), "x");
	assert_string_equal(md_detail_name[0], "table");
}

static void the_message_counts_the_problems(void **state)
{
	(void)state;
	assert_int_equal(md_fail_if_problems(&cx, MD_VALIDATION_FAILED), 0);
	assert_int_equal(err.code, MD_OK);
	md_report(&cx, MD_INVALID_VALUE, NULL, NULL, "a");
	assert_int_equal(md_fail_if_problems(&cx, MD_VALIDATION_FAILED), -1);
	assert_int_equal(err.code, MD_VALIDATION_FAILED);
	IS(err.message, "Validation failed: 1 error");
	memset(&err, 0, sizeof err);
	for (int i = 0; i < 2; i++)
		md_report(&cx, MD_INVALID_VALUE, NULL, NULL, "a");
	md_fail_if_problems(&cx, MD_VALIDATION_FAILED);
	IS(err.message, "Validation failed: 2 errors");
}

static void a_list_of_problems_is_bounded(void **state)
{
	(void)state;
	for (int i = 0; i < MD_MOST_PROBLEMS; i++)
		md_report(&cx, MD_INVALID_VALUE, NULL, NULL, "a");
	md_fail_if_problems(&cx, MD_VALIDATION_FAILED);
	IS(err.message, "Validation failed: 100 errors");

	err.code = MD_OK;
	for (int i = 0; i < 1000; i++)
		md_report(&cx, MD_INVALID_VALUE, NULL, NULL, "b");
	assert_int_equal(err.problems.n, 100);
	assert_int_equal(md_problem_count(&err), 1100);
	md_fail_if_problems(&cx, MD_VALIDATION_FAILED);
	IS(err.message, "Validation failed: 1100 errors, of which the first 100 are listed");
}

static void configuration_problems_have_their_own_message(void **state)
{
	(void)state;
	md_report(&cx, MD_INVALID_ROLE, NULL, NULL, "a");
	assert_int_equal(md_fail_if_problems(&cx, MD_CONFIG_INVALID), -1);
	IS(err.message, "Config invalid: 1 error");
	memset(&err, 0, sizeof err);
	for (int i = 0; i < 300; i++)
		md_report(&cx, MD_INVALID_ROLE, NULL, NULL, "a");
	md_fail_if_problems(&cx, MD_CONFIG_INVALID);
	IS(err.message, "Config invalid: 300 errors, of which the first 100 are listed");
}

static void the_first_failure_stays(void **state)
{
	(void)state;
	assert_int_equal(md_fail(&cx, MD_QUERY_FAILED, "first %d", 1), -1);
	assert_int_equal(md_fail(&cx, MD_INTERNAL, "second"), -1);
	assert_int_equal(err.code, MD_QUERY_FAILED);
	IS(err.message, "first 1");
}

static void a_failure_keeps_texts_of_its_own(void **state)
{
	(void)state;
	char id[] = "main", cause[] = "reset by peer";
	assert_int_equal(md_fail_with(&cx, MD_QUERY_FAILED, MD_DETAILS(.database = md_str_z(id)), md_str_z(cause),
	                              "failed on '%s'", id),
	                 -1);
	memset(id, 'x', 4);
	memset(cause, 'x', 4);
	IS(err.message, "failed on 'main'");
	IS(err.details.database, "main");
	IS(err.cause, "reset by peer");
	assert_int_equal(md_fail_with(&cx, MD_INTERNAL, NULL, MD_STR("other"), "second"), -1);
	assert_int_equal(err.code, MD_QUERY_FAILED);
	IS(err.cause, "reset by peer");
}

/* Every code: a name, a title without capital or full stop, a status that the class allows. */
/* Paths and texts of databases can be any bytes. */
static void a_failure_is_utf8(void **state)
{
	(void)state;
	md_fail_with(&cx, MD_QUERY_FAILED, NULL, MD_STR("\xe2\x82 \xe2\x82\xac"), "can't read '%s'",
	             "/tmp/\xff\xc3\xb8");
	assert_true(md_str_eqz(err.message, "can't read '/tmp/\xef\xbf\xbd\xc3\xb8'"));
	assert_true(md_str_eqz(err.cause, "\xef\xbf\xbd\xef\xbf\xbd \xe2\x82\xac"));
}

static void codes_are_complete(void **state)
{
	(void)state;
	for (int c = MD_OK + 1; c < MD_CODES; c++) {
		const char *title = md_code_title((enum md_code)c);
		int status = md_code_status((enum md_code)c);
		assert_true(strlen(md_code_name((enum md_code)c)) > 3);
		assert_true(title[0] && title[strlen(title) - 1] != '.');
		assert_true(status >= 400 && status < 600);
		if (md_code_class((enum md_code)c) == MD_CLASS_PLANNER)
			assert_int_equal(status, 422);
		if (md_code_class((enum md_code)c) == MD_CLASS_VALIDATION ||
		    md_code_class((enum md_code)c) == MD_CLASS_CONFIG)
			assert_int_equal(status, 400);
	}
	assert_string_equal(md_code_name(MD_OUT_OF_MEMORY), "OUT_OF_MEMORY");
}

/* Hints in lower case, without full stop; QUERY_FAILED has causes with different remedies, so none
 * by itself. */
static void hints_are_complete(void **state)
{
	(void)state;
	assert_null(md_hint_text(MD_HINT_NONE).p);
	for (int h = MD_HINT_NONE + 1; h < MD_HINTS; h++) {
		struct md_str text = md_hint_text((enum md_hint)h);
		assert_true(text.n > 10 && text.p[0] >= 'a' && text.p[0] <= 'z' && text.p[text.n - 1] != '.');
	}
	assert_int_equal(md_code_hint(MD_CONNECTION_FAILED), MD_HINT_CHECK_URL);
	assert_int_equal(md_code_hint(MD_EXECUTOR_MISSING), MD_HINT_ADD_CONNECTION);
	assert_int_equal(md_code_hint(MD_POOL_EXHAUSTED), MD_HINT_RAISE_POOL);
	assert_int_equal(md_code_hint(MD_QUERY_TIMEOUT), MD_HINT_RAISE_DEADLINE);
	assert_int_equal(md_code_hint(MD_QUERY_FAILED), MD_HINT_NONE);
	assert_int_equal(md_code_hint(MD_UNKNOWN_TABLE), MD_HINT_NONE);
}

static void files_are_read_whole(void **state)
{
	(void)state;
	char path[] = "/tmp/multidb-test-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	for (int i = 0; i < 50000; i++)
		fprintf(f, "%d\n", i); /* bigger than the first block */
	long size = ftell(f);
	fclose(f);
	struct md_str text;
	assert_int_equal(md_read_file(&arena, path, 1 << 20, &text), 0);
	assert_int_equal(text.n, size);
	assert_memory_equal(text.p, "0\n1\n2\n", 6);
	assert_string_equal(text.p + text.n - 6, "49999\n");
	assert_int_equal(md_read_file(&arena, path, 100, &text), -1);
	assert_int_equal(errno, EFBIG);
	unlink(path);
	assert_int_equal(md_read_file(&arena, path, 100, &text), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(md_read_file(&arena, "/tmp", 100, &text), -1);
	assert_int_equal(errno, EISDIR);
}

/* A file without a size: st_size would say 0. */
static void files_without_a_size_are_read(void **state)
{
	(void)state;
	struct md_str text;
	assert_int_equal(md_read_file(&arena, "/proc/self/status", 1 << 20, &text), 0);
	assert_true(text.n > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pointers_lead_from_the_root, setup, teardown),
		cmocka_unit_test_setup_teardown(pointers_escape_tilde_and_slash, setup, teardown),
		cmocka_unit_test_setup_teardown(pointers_of_endless_depth_are_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(problems_are_gathered, setup, teardown),
		cmocka_unit_test_setup_teardown(filter_index_follows_the_pointer, setup, teardown),
		cmocka_unit_test_setup_teardown(details_are_listed_and_copied, setup, teardown),
		cmocka_unit_test_setup_teardown(the_message_counts_the_problems, setup, teardown),
		cmocka_unit_test_setup_teardown(a_list_of_problems_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(configuration_problems_have_their_own_message, setup, teardown),
		cmocka_unit_test_setup_teardown(the_first_failure_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failure_keeps_texts_of_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failure_is_utf8, setup, teardown),
		cmocka_unit_test_setup_teardown(codes_are_complete, setup, teardown),
		cmocka_unit_test_setup_teardown(hints_are_complete, setup, teardown),
		cmocka_unit_test_setup_teardown(files_are_read_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(files_without_a_size_are_read, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
