/* query/foreign_words.def: every word is unknown at its place, so that its hint is given, and is
 * written in the form that is looked up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "query/foreign_words.h"
#include "query/query.h"

#include <stdio.h>

static const struct {
	enum md_word_place place;
	const char *word, *hint;
} entries[] = {
#define MD_FOREIGN(place, word, hint) { MD_WORD_IN_##place, word, hint },
#include "query/foreign_words.def"
#undef MD_FOREIGN
};
enum { ENTRIES = sizeof entries / sizeof *entries };

/* A definition with the word at a place; NULL: values that the parser does not judge. */
static const char *const definitions[] = {
	[MD_WORD_IN_DEFINITION] = "{\"from\":\"o\",\"%s\":1}",
	[MD_WORD_IN_FILTER] = "{\"from\":\"o\",\"filters\":[{\"%s\":1}]}",
	[MD_WORD_IN_JOIN] = "{\"from\":\"o\",\"joins\":[{\"table\":\"c\",\"%s\":1}]}",
	[MD_WORD_IN_ORDER] = "{\"from\":\"o\",\"orderBy\":[{\"column\":\"c\",\"%s\":1}]}",
	[MD_WORD_IN_GROUP] = "{\"from\":\"o\",\"groupBy\":[{\"column\":\"c\",\"%s\":1}]}",
	[MD_WORD_IN_AGGREGATION] =
		"{\"from\":\"o\",\"aggregations\":[{\"fn\":\"count\",\"column\":\"*\",\"alias\":\"n\",\"%s\":1}]}",
	[MD_WORD_IN_PAGE] = "{\"from\":\"o\",\"page\":{\"first\":1,\"%s\":1}}",
	[MD_WORD_IN_COUNT] =
		"{\"from\":\"o\",\"filters\":[{\"table\":\"c\",\"count\":{\"operator\":\"=\",\"value\":1,\"%s\":1}}]}",
	[MD_WORD_IN_FUNCTION] =
		"{\"from\":\"o\",\"aggregations\":[{\"fn\":\"%s\",\"column\":\"c\",\"alias\":\"n\"}]}",
	[MD_WORD_IN_DIRECTION] = "{\"from\":\"o\",\"orderBy\":[{\"column\":\"c\",\"direction\":\"%s\"}]}",
	[MD_WORD_IN_COLUMNS] = "{\"from\":\"o\",\"columns\":\"%s\"}",
	[MD_WORD_IN_OPERATOR] = NULL,
};

static struct md_arena arena;
static struct md_error error;
static struct md_snapshot meta = {
	.limits = { .json_depth = 32, .filter_nodes = 256, .joins = 8, .columns = 256, .exists_depth = 4 }
};
static struct md_ctx cx = { .arena = &arena, .err = &error, .meta = &meta };

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static void parse_text(const char *text)
{
	const struct md_json *json;
	struct md_json_error e;
	const struct md_query *q = NULL;
	memset(&error, 0, sizeof error);
	assert_int_equal(md_json_parse(&arena, md_str_z(text), &json, &e), 0);
	assert_int_equal(md_query_parse(&cx, json, &q), 0);
}

static void every_word_gets_its_hint(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ENTRIES; i++) {
		const char *form = definitions[entries[i].place];
		if (!form)
			continue;
		char text[256];
		const char *gap = strstr(form, "%s");
		snprintf(text, sizeof text, "%.*s%s%s", (int)(gap - form), form, entries[i].word, gap + 2);
		parse_text(text);
		assert_int_equal(error.problems.n, 1);
		assert_true(md_str_eqz(error.problems.v[0].details.hint, entries[i].hint));
	}
}

static void no_operator_is_foreign(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ENTRIES; i++)
		if (entries[i].place == MD_WORD_IN_OPERATOR)
			assert_null(md_operator_find(md_str_z(entries[i].word)));
}

static void each_word_stands_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ENTRIES; i++)
		for (unsigned k = 0; k < i; k++)
			if (entries[i].place == entries[k].place)
				assert_string_not_equal(entries[i].word, entries[k].word);
}

static void spellings_of_other_languages(void **state)
{
	(void)state;
	static const char *const same[] = { "gte", "GTE", "$gte", "_gte", "g_t-e" };
	for (unsigned i = 0; i < sizeof same / sizeof *same; i++) {
		struct md_str hint = md_foreign_word_hint(MD_WORD_IN_OPERATOR, md_str_z(same[i]));
		assert_true(md_str_eqz(hint, "write \">=\""));
	}
	assert_null(md_foreign_word_hint(MD_WORD_IN_OPERATOR, MD_STR("no such word")).p);
	assert_null(md_foreign_word_hint(MD_WORD_IN_PAGE, MD_STR("gte")).p);
	assert_null(md_foreign_word_hint(MD_WORD_IN_OPERATOR, MD_NOSTR).p);
	struct md_str longer = MD_STR("a text that is far longer than any word of the table");
	assert_null(md_foreign_word_hint(MD_WORD_IN_OPERATOR, longer).p);
}

static void a_hint_outdoes_a_near_word(void **state)
{
	(void)state;
	struct md_str hint = MD_STR("write \"!=\"");
	assert_null(md_suggestion_beside(hint, MD_STR("=")).p);
	assert_true(md_str_eqz(md_suggestion_beside(hint, MD_STR("!=")), "!="));
	assert_true(md_str_eqz(md_suggestion_beside(MD_NOSTR, MD_STR("=")), "="));
	assert_null(md_suggestion_beside(MD_NOSTR, MD_NOSTR).p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_gets_its_hint),
		cmocka_unit_test(no_operator_is_foreign),
		cmocka_unit_test(each_word_stands_once),
		cmocka_unit_test(spellings_of_other_languages),
		cmocka_unit_test(a_hint_outdoes_a_near_word),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
