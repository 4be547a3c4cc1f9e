/* Compares a scenario's answer with its expectation: strategy, target, where the tables were read,
 * columns, number of rows; or an error's code and pointer. Only what the expectation names is
 * compared. An error where rows were expected always differs, and the reverse. */
#include "cli/expect.h"

static void append_difference(struct md_buf *b, const char *what, struct md_str expected, struct md_str actual)
{
	md_buf_fmt(b, "%s%s: expected %.*s, actual %.*s", b->n ? "; " : "", what, MD_FMT(expected), MD_FMT(actual));
}

static void compare_text(struct md_buf *b, const char *what, const struct md_json *expected, struct md_str actual)
{
	if (expected && !md_str_eq(md_json_text(expected), actual))
		append_difference(b, what, md_json_text(expected), actual.n ? actual : MD_STR("none"));
}

static void append_word(struct md_buf *b, struct md_str word)
{
	if (b->n)
		md_buf_lit(b, ", ");
	md_buf_str(b, word);
}

/* The texts of an array as one line. */
static void append_words(struct md_buf *b, const struct md_json *list)
{
	struct md_json_iter it;
	const struct md_json *v;
	md_json_iter(&it, list);
	while ((v = md_json_next(&it, NULL)))
		append_word(b, md_json_text(v));
}

static void compare_words(struct md_buf *b, const char *what, const struct md_json *expected,
                          const char *(*actual)(const multidb_query *q, size_t i), const multidb_query *q)
{
	struct md_buf want = { .arena = b->arena }, got = { .arena = b->arena };
	const char *word;
	if (!expected)
		return;
	append_words(&want, expected);
	for (size_t i = 0; (word = actual(q, i)); i++)
		append_word(&got, md_str_z(word));
	if (!md_str_eq(md_buf_view(&want), md_buf_view(&got)))
		append_difference(b, what, md_buf_view(&want), md_buf_view(&got));
	b->failed |= want.failed || got.failed;
}

static uint64_t count_rows(const multidb_query *q)
{
	return multidb_result_kind(q) == MULTIDB_KIND_DATA ? (uint64_t)multidb_result_rows(q) : 0;
}

static void compare_rows(struct md_buf *b, const struct md_json *expected, const multidb_query *q)
{
	uint64_t want, got = count_rows(q);
	bool has_rows = multidb_result_kind(q) == MULTIDB_KIND_DATA;
	if (!expected || !md_json_uint(expected, &want) || (has_rows && got == want))
		return;
	md_buf_fmt(b, "%srows: expected %llu, actual %llu", b->n ? "; " : "", (unsigned long long)want,
	           (unsigned long long)got);
}

static void compare_answer(struct md_buf *b, const struct md_json *expect, const multidb_query *q)
{
	compare_text(b, "strategy", json_get(expect, "strategy"), md_str_z(multidb_result_strategy(q)));
	compare_text(b, "target", json_get(expect, "target"), md_str_z(multidb_result_target(q)));
	compare_text(b, "dialect", json_get(json_get(expect, "dialect"), "sqlite"),
	             md_str_z(multidb_result_dialect(q)));
	compare_words(b, "sources", json_get(expect, "sources"), multidb_result_table_source, q);
	compare_rows(b, json_get(expect, "rows"), q);
	if (count_rows(q))
		compare_words(b, "columns", json_get(expect, "columns"), multidb_result_column_name, q);
}

/* The index of the problem with the code; the number of problems: none has it. */
static size_t find_problem(const multidb_error *e, struct md_str code)
{
	size_t n = multidb_error_problem_count(e), i = 0;
	while (i < n && !md_str_eqz(code, multidb_error_problem_code_name(e, i)))
		i++;
	return i;
}

static void compare_error(struct md_buf *b, const struct md_json *expect, const multidb_error *e)
{
	const struct md_json *code = json_get(expect, "error");
	size_t i = find_problem(e, md_json_text(code));
	const char *actual = multidb_error_problem_code_name(e, i);
	compare_text(b, "error", code, md_str_z(actual ? actual : multidb_error_code_name(e)));
	compare_text(b, "pointer", json_get(expect, "pointer"), md_str_z(multidb_error_problem_pointer(e, i)));
}

void expect_differences(struct md_buf *b, const struct md_json *expect, const multidb_query *q,
                        const multidb_error *error)
{
	const struct md_json *code = json_get(expect, "error");
	if (code && error)
		compare_error(b, expect, error);
	else if (!code && !error)
		compare_answer(b, expect, q);
	else
		append_difference(b, "outcome", code ? md_json_text(code) : MD_STR("rows"),
		                  error ? md_str_z(multidb_error_code_name(error)) : MD_STR("rows"));
}
