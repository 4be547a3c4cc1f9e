/* Key patterns of caches (metadata/key_patterns.c): in what is accepted, two rows never have one
 * key, whatever their table and their values. */
#include "documents.h"

#define KEYED(id, key)                                                                                              \
	"{\"id\":\"" id "\",\"apiName\":\"" id "\",\"database\":\"pg\",\"physicalName\":\"" id "\",\"columns\":[" \
	COLUMN("int", "int") "," COLUMN("int2", "int") "," COLUMN("text", "string") "," COLUMN("text2", "string") "," \
	COLUMN("uuid", "uuid") "," COLUMN("flag", "boolean") "," COLUMN("number", "decimal") "," \
	COLUMN("ratio", "float") "," COLUMN("day", "date") "," COLUMN("moment", "timestamp") \
	"],\"primaryKey\":[" key "]}"

/* Is a cache with these tables accepted? */
static bool loads(const char *tables, const char *caches)
{
	struct loaded l;
	struct md_snapshot *s = load_sections(&l, &(struct sections){ .tables = tables, .caches = caches });
	for (uint32_t i = 0; i < l.err.problems.n; i++)
		assert_int_equal(l.err.problems.v[i].code, MD_INVALID_CACHE);
	unload(&l);
	return s != NULL;
}

/* Of one table, whose key are the columns. */
static bool accepts(const char *key, const char *pattern)
{
	char tables[2000], caches[500];
	snprintf(tables, sizeof tables, "[" KEYED("t", "%s") "]", key);
	snprintf(caches, sizeof caches,
	         "[{\"id\":\"m\",\"engine\":\"memory\",\"tables\":[{\"tableId\":\"t\",\"keyPattern\":\"%s\"}]}]",
	         pattern);
	return loads(tables, caches);
}

#define TWO_CACHED \
	"{\"tableId\":\"t\",\"keyPattern\":\"%s\"}%s{\"tableId\":\"u\",\"keyPattern\":\"%s\"}"

/* Of two tables; between: what stands between the two in the configuration. */
static bool accepts_two_in(const char *key, const char *x, const char *y, const char *engine, const char *between)
{
	char tables[4000], caches[1000];
	snprintf(tables, sizeof tables, "[" KEYED("t", "%s") "," KEYED("u", "%s") "]", key, key);
	snprintf(caches, sizeof caches, "[{\"id\":\"m\",%s,\"tables\":[" TWO_CACHED "]}]", engine, x, between, y);
	return loads(tables, caches);
}

static bool accepts_two(const char *key, const char *x, const char *y)
{
	return accepts_two_in(key, x, y, "\"engine\":\"memory\"", ",");
}

static void patterns_that_keep_rows_apart_are_accepted(void **state)
{
	(void)state;
	assert_true(accepts("\"int\",\"int2\"", "t:{int}:{int2}"));
	assert_true(accepts("\"int\",\"int2\"", "t{int}-{int2}"));
	assert_true(accepts("\"int\",\"text\"", "{int}.{text}"));
	assert_true(accepts("\"int\",\"text\"", "{int}x{text}"));
	assert_true(accepts("\"text\",\"text2\"", "{text}/{text2}"));
	assert_true(accepts("\"text\",\"text2\"", "{text}a-b/c{text2}end"));
	assert_true(accepts("\"uuid\",\"text\"", "{uuid}{text}"));
	assert_true(accepts("\"flag\",\"day\",\"moment\",\"int\"", "{flag}{day}{moment}{int}"));
	assert_true(accepts("\"number\",\"int\"", "{number}-{int}"));
}

static void patterns_that_let_values_run_together_are_refused(void **state)
{
	(void)state;
	assert_false(accepts("\"int\",\"int2\"", "{int}{int2}"));
	assert_false(accepts("\"int\",\"int2\"", "{int}0{int2}"));
	assert_false(accepts("\"text\",\"text2\"", "{text}-{text2}"));
	assert_false(accepts("\"text\",\"text2\"", "{text}_._{text2}"));
	assert_false(accepts("\"text\",\"text2\"", "{text}and{text2}"));
	assert_false(accepts("\"text\",\"text2\"", "{text}%{text2}"));
	assert_false(accepts("\"text\",\"int\"", "{text}7{int}"));
	assert_false(accepts("\"number\",\"int\"", "{number}.{int}"));
	assert_false(accepts("\"ratio\",\"int\"", "{ratio}-{int}"));
}

static void tables_that_never_share_a_key_are_accepted(void **state)
{
	(void)state;
	assert_true(accepts_two("\"int\"", "t:{int}", "u:{int}"));
	assert_true(accepts_two("\"int\"", "t:{int}", "t:{int}:u"));
	assert_true(accepts_two("\"int\"", "{int}:t", "{int}:u"));
	assert_true(accepts_two("\"int\"", "user{int}", "users{int}"));
	assert_true(accepts_two("\"text\"", "user:{text}", "users:{text}"));
	assert_true(accepts_two("\"int\",\"int2\"", "t:{int}:{int2}", "t:{int}/{int2}"));
	assert_true(accepts_two("\"uuid\"", "{uuid}", "t{uuid}"));
}

static void tables_that_could_share_a_key_are_refused(void **state)
{
	(void)state;
	assert_false(accepts_two("\"int\"", "row:{int}", "row:{int}"));
	assert_false(accepts_two("\"int\"", "row:{int}", "row:1{int}"));
	assert_false(accepts_two("\"int\"", "{int}", "-{int}"));
	assert_false(accepts_two("\"text\"", "user{text}", "users{text}"));
	assert_false(accepts_two("\"text\"", "{text}a", "b{text}"));
	assert_false(accepts_two("\"text\"", "t{text}", "t.old.{text}"));
	assert_false(accepts_two("\"int\",\"text\"", "t:{int}:{text}", "t:{text}:{int}"));
	assert_false(accepts_two("\"uuid\"", "t-{uuid}", "t{uuid}"));
}

#define REDIS(url) "\"engine\":\"redis\",\"connection\":{\"url\":\"redis://" url "\"}"
#define NEXT_CACHE(id, how) "]},{\"id\":\"" id "\"," how ",\"tables\":["

static void caches_at_one_place_count_as_one(void **state)
{
	(void)state;
	static const char key[] = "\"int\"", x[] = "row:{int}";
	assert_false(accepts_two_in(key, x, x, REDIS("h"), NEXT_CACHE("n", REDIS("h"))));
	assert_true(accepts_two_in(key, x, x, REDIS("h"), NEXT_CACHE("n", REDIS("h/1"))));
	assert_true(accepts_two_in(key, x, x, "\"engine\":\"memory\"", NEXT_CACHE("n", "\"engine\":\"memory\"")));
	assert_true(accepts_two_in(key, x, x, REDIS("h"), NEXT_CACHE("n", "\"engine\":\"memory\"")));
}

/* The second of two is named, with the pattern that it collides with. */
static void the_message_names_both_tables(void **state)
{
	(void)state;
	PROBLEMS("INVALID_CACHE /caches/0/tables/1/keyPattern",
	         .tables = "[" KEYED("t", "\"int\"") "," KEYED("u", "\"int\"") "," KEYED("v", "\"int\"") "]",
	         .caches = "[{\"id\":\"m\",\"engine\":\"memory\",\"tables\":[{\"tableId\":\"t\",\"keyPattern\":"
	                   "\"r:{int}\"},{\"tableId\":\"u\",\"keyPattern\":\"r:{int}\"},{\"tableId\":\"v\","
	                   "\"keyPattern\":\"a:{int}\"}]}]");
}

/* ---- every small pattern ---- */

struct value_texts {
	const char *name;
	const char *const *v; /* as they stand in a key */
	int n;
};

static const char *const int_texts[] = { "1", "-1", "11", "-11" };
static const char *const string_texts[] = { "", "1", "-", "11", "-1", "1-1", "a", "a1", "1a" };
static const struct value_texts kinds[] = { { "int", int_texts, 4 }, { "text", string_texts, 9 } };
static const char *const literals[] = { "", "-", "1", "a", ":", "-1", ":1" };
enum { KINDS = 2, LITERALS = 7 };

/* Two values in one key: no two pairs of values have the same key. */
static void check_one(const struct value_texts *p, const struct value_texts *q, const char *literal)
{
	char key[40], pattern[60], keys[100][40];
	int n = 0;
	snprintf(key, sizeof key, "\"%s\",\"%s2\"", p->name, q->name);
	snprintf(pattern, sizeof pattern, "{%s}%s{%s2}", p->name, literal, q->name);
	if (!accepts(key, pattern))
		return;
	for (int i = 0; i < p->n; i++)
		for (int j = 0; j < q->n; j++, n++) {
			snprintf(keys[n], sizeof keys[n], "%s%s%s", p->v[i], literal, q->v[j]);
			for (int k = 0; k < n; k++)
				if (strcmp(keys[n], keys[k]) == 0)
					fail_msg("%s: '%s' is the key of two rows", pattern, keys[n]);
		}
}

/* A value of each of two tables: the tables have no key in common. */
static void check_two(const struct value_texts *kind, const char *const *x, const char *const *y)
{
	char key[40], patterns[2][60], one[40], other[40];
	snprintf(key, sizeof key, "\"%s\"", kind->name);
	snprintf(patterns[0], sizeof patterns[0], "%s{%s}%s", x[0], kind->name, x[1]);
	snprintf(patterns[1], sizeof patterns[1], "%s{%s}%s", y[0], kind->name, y[1]);
	if (!accepts_two(key, patterns[0], patterns[1]))
		return;
	for (int i = 0; i < kind->n; i++)
		for (int j = 0; j < kind->n; j++) {
			snprintf(one, sizeof one, "%s%s%s", x[0], kind->v[i], x[1]);
			snprintf(other, sizeof other, "%s%s%s", y[0], kind->v[j], y[1]);
			if (strcmp(one, other) == 0)
				fail_msg("%s and %s: both can be '%s'", patterns[0], patterns[1], one);
		}
}

static void every_small_pattern_keeps_its_rows_apart(void **state)
{
	(void)state;
	for (int p = 0; p < KINDS; p++)
		for (int q = 0; q < KINDS; q++)
			for (int i = 0; i < LITERALS; i++)
				check_one(&kinds[p], &kinds[q], literals[i]);
}

static void every_two_small_patterns_keep_their_tables_apart(void **state)
{
	(void)state;
	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < LITERALS * LITERALS * LITERALS * LITERALS; i++) {
			const char *x[] = { literals[i % LITERALS], literals[i / LITERALS % LITERALS] };
			const char *y[] = { literals[i / 49 % LITERALS], literals[i / 343] };
			check_two(&kinds[kind], x, y);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_that_keep_rows_apart_are_accepted),
		cmocka_unit_test(patterns_that_let_values_run_together_are_refused),
		cmocka_unit_test(tables_that_never_share_a_key_are_accepted),
		cmocka_unit_test(tables_that_could_share_a_key_are_refused),
		cmocka_unit_test(caches_at_one_place_count_as_one),
		cmocka_unit_test(the_message_names_both_tables),
		cmocka_unit_test(every_small_pattern_keeps_its_rows_apart),
		cmocka_unit_test(every_two_small_patterns_keep_their_tables_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
