/* Compares a scenario's answer with its expectation: strategy, target, where the tables were read,
 * columns, number of rows; or an error's code and pointer. Only what the expectation names is
 * compared. An error where rows were expected always differs, and the reverse. */
#include "cli/cli.h"

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

static struct md_str word_of(const struct md_json *list, struct md_str key, const struct md_json *v, const char *member)
{
	if (md_json_type(list) == MD_JSON_OBJECT)
		return key;
	return member ? json_text(v, member) : md_json_text(v);
}

/* The texts of an array, or one member of its objects, or an object's keys, as one line. */
static void append_words(struct md_buf *b, const struct md_json *list, const char *member)
{
	struct md_json_iter it;
	struct md_str key;
	const struct md_json *v;
	if (!list)
		return;
	md_json_iter(&it, list);
	while ((v = md_json_next(&it, &key)))
		append_word(b, word_of(list, key, v, member));
}

static void compare_words(struct md_buf *b, const char *what, const struct md_json *expected,
                          const struct md_json *actual, const char *member)
{
	struct md_buf want = { .arena = b->arena }, got = { .arena = b->arena };
	if (!expected)
		return;
	append_words(&want, expected, NULL);
	append_words(&got, actual, member);
	if (!md_str_eq(md_buf_view(&want), md_buf_view(&got)))
		append_difference(b, what, md_buf_view(&want), md_buf_view(&got));
	b->failed |= want.failed || got.failed;
}

static void compare_rows(struct md_buf *b, const struct md_json *expected, const struct md_json *data)
{
	uint64_t want;
	if (!expected || !md_json_uint(expected, &want) || (data && md_json_size(data) == want))
		return;
	size_t got = data ? md_json_size(data) : 0;
	md_buf_fmt(b, "%srows: expected %llu, actual %zu", b->n ? "; " : "", (unsigned long long)want, got);
}

static void compare_answer(struct md_buf *b, const struct md_json *expect, const struct md_json *answer)
{
	const struct md_json *data = json_get(answer, "data");
	struct md_json_iter it;
	compare_text(b, "strategy", json_get(expect, "strategy"), json_text(answer, "strategy"));
	compare_text(b, "target", json_get(expect, "target"), json_text(answer, "targetDatabase"));
	compare_text(b, "dialect", json_get(json_get(expect, "dialect"), "sqlite"), json_text(answer, "dialect"));
	compare_words(b, "sources", json_get(expect, "sources"), json_get(json_get(answer, "meta"), "tablesUsed"),
	              "source");
	compare_rows(b, json_get(expect, "rows"), data);
	if (data && md_json_size(data)) {
		md_json_iter(&it, data);
		compare_words(b, "columns", json_get(expect, "columns"), md_json_next(&it, NULL), NULL);
	}
}

/* The problem with the code, or the error itself. */
static const struct md_json *find_problem(const struct md_json *error, struct md_str code)
{
	const struct md_json *errors = json_get(error, "errors"), *v;
	struct md_json_iter it;
	if (!errors)
		return error;
	md_json_iter(&it, errors);
	while ((v = md_json_next(&it, NULL)))
		if (md_str_eq(json_text(v, "code"), code))
			return v;
	return error;
}

void expect_differences(struct md_buf *b, const struct md_json *expect, const struct md_json *answer)
{
	const struct md_json *code = json_get(expect, "error");
	bool failed = json_text(answer, "code").n != 0;
	if (!code && !failed) {
		compare_answer(b, expect, answer);
		return;
	}
	if (!code || !failed) {
		struct md_str expected = code ? md_json_text(code) : MD_STR("rows");
		struct md_str actual = failed ? json_text(answer, "code") : MD_STR("rows");
		append_difference(b, "outcome", expected, actual);
		return;
	}
	const struct md_json *problem = find_problem(answer, md_json_text(code));
	compare_text(b, "error", code, json_text(problem, "code"));
	compare_text(b, "pointer", json_get(expect, "pointer"), json_text(problem, "pointer"));
}
