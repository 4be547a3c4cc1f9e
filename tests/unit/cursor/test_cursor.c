/* Cursors: bound to what decides rows and order, to the caller, to the order's metadata, and to
 * nothing else; values come back as they went in. */
#include "world.h"

#include "cursor/cursor.h"

#define COLUMNS(id) \
	"[{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"" id \
	"\",\"nullable\":false},{\"apiName\":\"name\",\"physicalName\":\"n\",\"type\":\"string\",\"nullable\":true}]"
#define TABLE(name, id) \
	"{\"id\":\"" name "\",\"apiName\":\"" name "\",\"database\":\"d\",\"physicalName\":\"" name \
	"\",\"primaryKey\":[\"id\"],\"columns\":" COLUMNS(id) "}"
#define CONFIG(id) \
	"{\"databases\":[{\"id\":\"d\",\"engine\":\"sqlite\"}],\"tables\":[" TABLE("things", id) "," \
	TABLE("others", "int") "]," \
	"\"roles\":[{\"id\":\"a\",\"tables\":\"*\"},{\"id\":\"b\",\"tables\":\"*\"}]}"
#define QUERY \
	"{\"from\":\"things\",\"columns\":[\"id\"],\"orderBy\":[{\"column\":\"name\",\"direction\":\"asc\"}]," \
	"\"page\":{\"first\":3}}"
#define ASKER "{\"role\":\"a\",\"contextValues\":{\"x\":1,\"y\":{\"a\":[1,null,true],\"b\":\"t\"}}}"

static struct world w;
static struct md_ring ring;

static void load(const char *config)
{
	world_close(&w);
	world_open(&w, config);
}

/* A query with a page, validated for a caller, and what its cursors are bound to. */
static void query(const char *definition, const char *context, unsigned char *bound)
{
	world_begin(&w);
	world_validate(&w, definition, context);
	assert_int_equal(w.err.problems.n, 0);
	assert_int_equal(md_cursor_bind(&w.cx, w.definition, w.bound, bound), 0);
}

static bool same(const char *definition, const char *context)
{
	unsigned char a[MD_SEAL_BINDING], b[MD_SEAL_BINDING];
	query(QUERY, ASKER, a);
	query(definition, context, b);
	return memcmp(a, b, sizeof a) == 0;
}

static int setup(void **state)
{
	(void)state;
	world_open(&w, CONFIG("int"));
	return md_ring_add(&w.cx, &ring, MD_STR("the secret of these tests"));
}

static int teardown(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

#define ORDER "\"orderBy\":[{\"column\":\"name\",\"direction\":\"asc\"}]"

static void binds_another_spelling_of_a_query_to_the_same_cursor(void **state)
{
	(void)state;
	assert_true(same(QUERY, ASKER));
	assert_true(same("{ \"page\":{\"first\":50},\"orderBy\":[{\"direction\":\"\\u0061sc\",\"column\":\"name\"}],"
	                 "\"columns\":[\"id\"], \"from\":\"things\"}", ASKER));
	assert_true(same("{\"from\":\"things\",\"columns\":[\"id\"]," ORDER ",\"page\":{\"first\":1},"
		"\"freshness\":\"hours\",\"prefer\":[\"trino\"],\"avoid\":[\"cache\"],\"debug\":true,"
	                 "\"numbers\":\"string\",\"timeoutMs\":5,\"executeMode\":\"sql-only\",\"allowFanOut\":true}",
	                 ASKER));
}

static void binds_every_other_query_to_another_cursor(void **state)
{
	(void)state;
	static const char *const others[] = {
		"{\"from\":\"things\",\"columns\":[\"name\"]," ORDER ",\"page\":{\"first\":3}}",
		"{\"from\":\"things\"," ORDER ",\"page\":{\"first\":3}}",
		"{\"from\":\"others\",\"columns\":[\"id\"]," ORDER ",\"page\":{\"first\":3}}",
		"{\"from\":\"things\",\"columns\":[\"id\"],\"page\":{\"first\":3}}",
		"{\"from\":\"things\",\"columns\":[\"id\"],\"orderBy\":[{\"column\":\"name\",\"direction\":\"desc\"}],"
		"\"page\":{\"first\":3}}",
		"{\"from\":\"things\",\"columns\":[\"id\"],\"orderBy\":[{\"column\":\"name\",\"direction\":\"asc\","
		"\"nulls\":\"last\"}],\"page\":{\"first\":3}}",
		"{\"from\":\"things\",\"columns\":[\"id\"],\"orderBy\":[{\"column\":\"name\",\"direction\":\"asc\"},"
		"{\"column\":\"id\",\"direction\":\"asc\"}],\"page\":{\"first\":3}}",
		"{\"from\":\"things\",\"columns\":[\"id\"]," ORDER
		",\"page\":{\"first\":3},\"filters\":[{\"column\":\"id\",\"operator\":\"=\",\"value\":1}]}",
		"{\"from\":\"things\",\"columns\":[\"id\"]," ORDER
		",\"page\":{\"first\":3},\"filters\":[{\"column\":\"id\",\"operator\":\"=\",\"value\":2}]}",
		"{\"from\":\"things\",\"columns\":[\"id\"],\"orderBy\":[],\"distinct\":true,\"page\":{\"first\":3}}",
	};
	unsigned char bounds[sizeof others / sizeof *others + 1][MD_SEAL_BINDING];
	unsigned n = sizeof others / sizeof *others;
	query(QUERY, ASKER, bounds[n]);
	for (unsigned i = 0; i < n; i++)
		query(others[i], ASKER, bounds[i]);
	for (unsigned i = 0; i <= n; i++)
		for (unsigned k = 0; k < i; k++)
			assert_memory_not_equal(bounds[i], bounds[k], MD_SEAL_BINDING);
}

static void binds_every_other_caller_to_another_cursor(void **state)
{
	(void)state;
	assert_true(same(QUERY, "{\"contextValues\":{\"y\":{\"b\":\"t\",\"a\":[1,null,true]},\"x\":1},"
	                        "\"roles\":{\"user\":[\"a\",\"a\"]}}"));
	assert_false(
		same(QUERY, "{\"role\":\"b\",\"contextValues\":{\"x\":1,\"y\":{\"a\":[1,null,true],\"b\":\"t\"}}}"));
	assert_false(same(QUERY, "{\"roles\":{\"service\":[\"a\"]},\"contextValues\":{\"x\":1,\"y\":{\"a\":[1,null,"
	                         "true],\"b\":\"t\"}}}"));
	assert_false(same(QUERY, "{\"roles\":{\"user\":[\"a\"],\"service\":[\"a\"]},\"contextValues\":{\"x\":1,"
	                         "\"y\":{\"a\":[1,null,true],\"b\":\"t\"}}}"));
	assert_false(same(QUERY, "{\"roles\":{\"user\":[\"a\",\"b\"]},\"contextValues\":{\"x\":1,\"y\":{\"a\":[1,null,"
	                         "true],\"b\":\"t\"}}}"));
	assert_false(same(QUERY, "{\"role\":\"a\"}"));
	assert_false(
		same(QUERY, "{\"role\":\"a\",\"contextValues\":{\"x\":2,\"y\":{\"a\":[1,null,true],\"b\":\"t\"}}}"));
	assert_false(same(QUERY, "{\"role\":\"a\",\"contextValues\":{\"x\":\"1\",\"y\":{\"a\":[1,null,true],"
	                         "\"b\":\"t\"}}}"));
	assert_false(
		same(QUERY, "{\"role\":\"a\",\"contextValues\":{\"x\":1,\"y\":{\"a\":[null,1,true],\"b\":\"t\"}}}"));
	assert_false(
		same(QUERY, "{\"role\":\"a\",\"contextValues\":{\"x\":1,\"y\":{\"a\":[1,null,false],\"b\":\"t\"}}}"));
	assert_false(
		same(QUERY, "{\"role\":\"a\",\"contextValues\":{\"x\":1,\"y\":{\"a\":[1,null,true]},\"b\":\"t\"}}"));
}

/* A key of another type is another order, though the question is the same. */
static void binds_a_key_of_another_type_to_another_cursor(void **state)
{
	(void)state;
	unsigned char a[MD_SEAL_BINDING], b[MD_SEAL_BINDING];
	query(QUERY, ASKER, a);
	load(CONFIG("bigint"));
	query(QUERY, ASKER, b);
	load(CONFIG("int"));
	assert_memory_not_equal(a, b, sizeof a);
	query(QUERY, ASKER, b);
	assert_memory_equal(a, b, sizeof a);
}

#define STATES(values) \
	"{\"databases\":[{\"id\":\"d\",\"engine\":\"sqlite\"}],\"tables\":[{\"id\":\"things\",\"apiName\":\"things\"," \
	"\"database\":\"d\",\"physicalName\":\"things\",\"primaryKey\":[\"id\"],\"columns\":[" \
	"{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false}," \
	"{\"apiName\":\"name\",\"physicalName\":\"n\",\"type\":\"enum\",\"values\":" values ",\"nullable\":true}]}]," \
	"\"roles\":[{\"id\":\"a\",\"tables\":\"*\"}]}"

/* The declared order of an enum is the order of its rows. */
static void binds_an_enum_of_another_order_to_another_cursor(void **state)
{
	(void)state;
	unsigned char a[MD_SEAL_BINDING], b[MD_SEAL_BINDING];
	load(STATES("[\"open\",\"done\"]"));
	query(QUERY, ASKER, a);
	query(QUERY, ASKER, b);
	assert_memory_equal(a, b, sizeof a);
	load(STATES("[\"done\",\"open\"]"));
	query(QUERY, ASKER, b);
	assert_memory_not_equal(a, b, sizeof a);
	load(CONFIG("int"));
}

/* ---- values ---- */

static const struct md_sort_value values[] = {
	{ .text = { "", 0 } }, { .null = true }, { .text = { "12.5", 4 } }, { .text = { "\xf0\x9f\x8e\x81 'x'", 8 } }
};
enum { VALUES = sizeof values / sizeof *values };
static const struct md_position position = { values, VALUES };

static struct md_str made(const unsigned char *bound)
{
	struct md_str text;
	assert_int_equal(md_cursor_make(&w.cx, &ring, bound, &position, &text), 0);
	return text;
}

static void returns_the_values_of_the_last_row(void **state)
{
	(void)state;
	unsigned char bound[MD_SEAL_BINDING];
	const struct md_position *opened;
	query(QUERY, ASKER, bound);
	assert_int_equal(md_cursor_open(&w.cx, &ring, bound, made(bound), &opened), 0);
	assert_int_equal(w.err.problems.n, 0);
	assert_int_equal(opened->n, VALUES);
	for (unsigned i = 0; i < VALUES; i++) {
		assert_int_equal(opened->v[i].null, values[i].null);
		assert_true(values[i].null || md_str_eq(opened->v[i].text, values[i].text));
	}
}

static void assert_cursor_refused(const struct md_ring *r, const unsigned char *bound, struct md_str after,
                                  const char *hint)
{
	const struct md_position *opened = &position;
	w.err.problems.n = 0;
	assert_int_equal(md_cursor_open(&w.cx, r, bound, after, &opened), 0);
	assert_null(opened);
	assert_int_equal(w.err.problems.n, 1);
	assert_int_equal(w.err.problems.v[0].code, MD_INVALID_PAGE);
	assert_true(md_str_eqz(w.err.problems.v[0].pointer, "/page/after"));
	struct md_str message = md_str_dup(&w.arena, w.err.problems.v[0].message);
	assert_int_equal(strstr(message.p, "server.cursorKeys") != NULL, hint != NULL);
}

static void refuses_foreign_cursors_and_broken_values(void **state)
{
	(void)state;
	unsigned char bound[MD_SEAL_BINDING], elsewhere[MD_SEAL_BINDING];
	query(QUERY, "{\"role\":\"b\"}", elsewhere);
	struct md_ring lasting = ring;
	lasting.lasting = true;
	query(QUERY, ASKER, bound);
	assert_cursor_refused(&ring, bound, made(elsewhere), "hint");
	assert_cursor_refused(&lasting, bound, made(elsewhere), NULL);
	assert_cursor_refused(NULL, bound, made(bound), "hint");
	assert_cursor_refused(&lasting, bound, MD_STR("nonsense"), NULL);
	/* sealed with our key, but no values: too many, cut, of no kind */
	static const struct md_str plains[] = { { "\377\377\377\377", 4 },
		                                { "\0\0\0\1\1\177\377\377\377x", 10 },
		                                { "\0\0\0\1\2", 5 } };
	for (unsigned i = 0; i < sizeof plains / sizeof *plains; i++) {
		struct md_buf b = { .arena = &w.arena };
		assert_int_equal(md_seal(&w.cx, &ring, bound, plains[i], &b), 0);
		assert_cursor_refused(&lasting, bound, md_buf_view(&b), NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binds_another_spelling_of_a_query_to_the_same_cursor),
		cmocka_unit_test(binds_every_other_query_to_another_cursor),
		cmocka_unit_test(binds_every_other_caller_to_another_cursor),
		cmocka_unit_test(binds_a_key_of_another_type_to_another_cursor),
		cmocka_unit_test(binds_an_enum_of_another_order_to_another_cursor),
		cmocka_unit_test(returns_the_values_of_the_last_row),
		cmocka_unit_test(refuses_foreign_cursors_and_broken_values),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
