/* Every allocation fails from the context to the plan, once and from there on: no crash, and no
 * plan without its guard. The arena's slow path and what calls it within its own file are replaced
 * by the linker (--wrap), and the arena is kept empty, so that every allocation is seen. */
#include "planned.h"

#include <stdio.h>
#include <stdlib.h>

static void *blocks[8192];
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
	assert_true(taken < 8192);
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

struct md_str __wrap_md_str_vfmt(struct md_arena *a, const char *fmt, va_list ap)
{
	char text[4096];
	int n = vsnprintf(text, sizeof text, fmt, ap);
	assert_true(n >= 0 && n < (int)sizeof text);
	return __wrap_md_str_dup(a, (struct md_str){ text, (size_t)n });
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
	char *p = md_alloc(a, s.n + 1);
	if (!p)
		return MD_NOSTR;
	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct md_str){ p, s.n };
}

/* True when an allocation failed. */
static bool once(struct world *w, const char *query, const char *context)
{
	w->arena = (struct md_arena){ 0 };
	w->err = (struct md_error){ 0 };
	w->cx = (struct md_ctx){ .arena = &w->arena, .err = &w->err, .meta = &w->changed };
	taken = 0;
	armed = true;
	w->cx.trace = md_trace_new(&w->arena);
	struct stages s = { 0 };
	int rc = stages_plan(&w->cx, query, context, true, &s);
	armed = false;
	bool failed = w->arena.oom;
	if (rc == 0)
		for (uint32_t i = 0; i < md_guarded_count(s.guarded); i++)
			assert_non_null(md_guarded_rows(md_guarded_at(s.guarded, i)));
	assert_true(rc == 0 || w->err.code != MD_OK || w->err.problems.n); /* every failure has its record */
	assert_int_equal(rc == -1 && failed, w->err.code == MD_OUT_OF_MEMORY);
	for (int i = 0; i < taken; i++)
		free(blocks[i]);
	return failed;
}

static void exhaust(const char *query, const char *context)
{
	struct world w;
	world_open(&w, CONCEPT "/multidb.stack.json");
	md_arena_free(&w.arena);
	for (int s = 0; s < 2; s++) {
		sticky = s;
		for (fail_at = 0; once(&w, query, context); fail_at++)
			;
		print_message("%d allocations\n", fail_at);
		assert_true(fail_at > 10);
	}
	w.arena = (struct md_arena){ 0 };
	world_close(&w);
}

#define EVENTS \
	"{\"from\":\"events\",\"joins\":[{\"table\":\"orders\"},{\"table\":\"products\",\"parent\":\"events\"}]," \
	"\"freshness\":\"realtime\"}"
#define VALUES "\"contextValues\":{\"tenantId\":\"a0000000-0000-4000-8000-000000000001\",\"regionIds\":[\"a\",\"b\"]}"

static void test_plan(void **state)
{
	(void)state;
	exhaust("{\"from\":\"orders\",\"columns\":[\"id\"]}", "{\"roles\":{\"user\":[\"tenant-user\","
		"\"regional-manager\"],\"service\":[\"admin\"]}," VALUES "}");
	exhaust(EVENTS, "{\"role\":\"admin\"}");
}

static void test_problems(void **state)
{
	(void)state;
	exhaust("{\"from\":\"orders\"}", "{\"roles\":{\"user\":[\"tenant-user\",\"regional-manager\"]},"
	                                 "\"contextValues\":{\"regionIds\":[null]}}");
	exhaust("{\"from\":\"orders\"}", "{\"roles\":{\"user\":[\"nobody\",5],\"x\":1,\"service\":\"a\"},\"rolez\":1,"
	                                 "\"contextValues\":{\"regionIds\":[null]}}");
	exhaust("{\"from\":\"orders\",\"joins\":[{\"table\":\"invoices\"}],\"avoid\":[\"trino\",\"replica\"]}",
	        "{\"role\":\"admin\"}");
	exhaust("{\"from\":\"users\",\"byIds\":[1],\"freshness\":\"realtime\",\"avoid\":[\"cache\"]}",
	        "{\"role\":\"admin\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_plan), cmocka_unit_test(test_problems) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
