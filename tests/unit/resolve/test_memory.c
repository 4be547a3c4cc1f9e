/* Every allocation from plan to statement fails, alone and with all that follow: no crash,
 * and no statement without all of its text and parameters. The arena's slow path is replaced by the
 * linker (--wrap) and the arena kept empty, so that every allocation is seen. */
#include "config.h"

#include <stdlib.h>

enum { MOST = 4096 };

static void *blocks[MOST];
static int taken, fail_at;
static bool sticky, armed;

void *__wrap_md_arena_slow(struct md_arena *a, size_t n);
void *__wrap_md_calloc(struct md_arena *a, size_t n, size_t size);
void *__real_md_arena_slow(struct md_arena *a, size_t n);
void *__real_md_calloc(struct md_arena *a, size_t n, size_t size);

void *__wrap_md_arena_slow(struct md_arena *a, size_t n)
{
	if (!armed)
		return __real_md_arena_slow(a, n);
	assert_true(taken < MOST);
	bool fails = sticky ? taken >= fail_at : taken == fail_at;
	void *p = fails ? NULL : malloc(n ? n : 1);
	blocks[taken++] = p;
	a->oom |= fails;
	return p;
}

void *__wrap_md_calloc(struct md_arena *a, size_t n, size_t size)
{
	if (!armed)
		return __real_md_calloc(a, n, size);
	void *p = __wrap_md_arena_slow(a, n * size);
	return p ? memset(p, 0, n * size) : NULL;
}

struct md_str __wrap_md_str_vfmt(struct md_arena *a, const char *fmt, va_list ap);
struct md_str __wrap_md_str_fmt(struct md_arena *a, const char *fmt, ...);
struct md_str __wrap_md_str_dup(struct md_arena *a, struct md_str s);
struct md_str __real_md_str_vfmt(struct md_arena *a, const char *fmt, va_list ap);
struct md_str __real_md_str_dup(struct md_arena *a, struct md_str s);

struct md_str __wrap_md_str_vfmt(struct md_arena *a, const char *fmt, va_list ap)
{
	assert_false(armed); /* nothing is formatted between plan and statement */
	return __real_md_str_vfmt(a, fmt, ap);
}

struct md_str __wrap_md_str_fmt(struct md_arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	struct md_str s = __wrap_md_str_vfmt(a, fmt, ap);
	va_end(ap);
	return s;
}

struct md_str __wrap_md_str_dup(struct md_arena *a, struct md_str s)
{
	assert_false(armed);
	return __real_md_str_dup(a, s);
}

/* True when an allocation failed. */
static bool once(struct world *w, const char *want)
{
	struct md_arena scarce = { 0 };
	struct md_trace *trace = w->cx.trace;
	w->cx.arena = &scarce;
	w->cx.trace = NULL; /* a log that lacks an event is told by its own arena */
	taken = 0;
	armed = true;
	int rc = md_resolve(&w->cx, w->planned.plan, w->values, NULL, &w->tree, &w->shape) ||
	         md_write_sql(&w->cx, &w->tree, &w->stmt);
	armed = false;
	assert_int_equal(rc != 0, scarce.oom);
	assert_int_equal(w->err.code, rc ? MD_OUT_OF_MEMORY : MD_OK);
	w->err = (struct md_error){ 0 };
	if (!rc)
		assert_true(md_str_eqz(w->stmt.text, want));
	for (int i = 0; i < taken; i++)
		free(blocks[i]);
	w->cx.arena = &w->arena;
	w->cx.trace = trace;
	return scarce.oom;
}

static void exhaust(struct world *w, const char *query, const char *context)
{
	world_sql(w, query, context);
	struct md_str want = md_str_dup(&w->arena, w->stmt.text);
	for (int s = 0; s < 2; s++) {
		sticky = s;
		for (fail_at = 0; once(w, want.p); fail_at++)
			;
		assert_true(fail_at > 5);
	}
}

#define OWNER \
	"{\"roles\":{\"user\":[\"owner\",\"other\"]},\"contextValues\":{\"who\":\"me\",\"numbers\":[1,2],\"not\":7}}"

static void fails_when_any_allocation_fails(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, resolve_config("things", "\"databases\":[{\"id\":\"a\",\"engine\":\"sqlite\"}]"));
	exhaust(&w, "{\"from\":\"things\"}", NULL);
	exhaust(&w, "{\"from\":\"things\",\"columns\":[\"id\"],\"filters\":[{\"logic\":\"or\",\"not\":true,"
	            "\"conditions\":[{\"column\":\"text\",\"operator\":\"like\",\"value\":\"\\\\a\"},"
	            "{\"column\":\"number\",\"operator\":\"between\",\"value\":{\"from\":1,\"to\":2}}]}],"
	            "\"joins\":[{\"table\":\"pairs\",\"columns\":[\"c\"]},"
	            "{\"table\":\"things\",\"as\":\"up\",\"parent\":\"things\",\"reverse\":false,"
	            "\"columns\":[\"text\"],\"filters\":[{\"column\":\"price\",\"operator\":\"in\",\"value\":[1,"
	            "2.5]}]}],"
	            "\"orderBy\":[{\"column\":\"text\",\"direction\":\"desc\"}],\"limit\":2,\"offset\":4}", OWNER);
	exhaust(&w, "{\"from\":\"pairs\",\"byIds\":[{\"c\":\"a\",\"d\":\"2024-01-01\"},{\"c\":\"b\","
	            "\"d\":\"2024-01-01\"}]}", OWNER);
	exhaust(&w, "{\"from\":\"blobs\",\"columns\":[\"n\"],\"byIds\":[\"AA==\",\"AAE=\"]}", NULL);
	exhaust(&w, "{\"from\":\"things\",\"executeMode\":\"count\","
	            "\"byIds\":[\"11111111-1111-4111-8111-111111111111\"]}", OWNER);
	exhaust(&w, "{\"from\":\"things\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"pairs\",\"columns\":[],"
	            "\"on\":[{\"table\":\"keyless\",\"exists\":false}]}],"
	            "\"filters\":[{\"table\":\"pairs\",\"parent\":\"things\",\"count\":{\"operator\":\">\","
	            "\"value\":3},\"filters\":[{\"table\":\"things\",\"filters\":["
	            "{\"column\":\"text\",\"operator\":\"=\",\"value\":\"x\"}]}]}]}", NULL);
	world_close(&w);
	world_open(&w, resolve_config("things", "\"databases\":[{\"id\":\"a\",\"engine\":\"clickhouse\"}]"));
	exhaust(&w, "{\"from\":\"things\",\"columns\":[\"id\"],\"filters\":[{\"table\":\"pairs\","
	            "\"count\":{\"operator\":\"<\",\"value\":3},\"filters\":[{\"table\":\"things\"}]}]}", OWNER);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(fails_when_any_allocation_fails) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
