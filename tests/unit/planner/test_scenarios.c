/* The concept's twenty scenarios on its test configuration, for SQLite with the embedded federation
 * and for real engines: strategy, target, dialect, sources or error come from
 * examples/concept/scenarios.json. What needs rows (cache hits and misses) is tested by running it
 * elsewhere. */
#include "planned.h"

#include "base/sys.h"
#include "json/json.h"

#include <stdio.h>

static const struct md_json *member(const struct md_json *v, const char *key)
{
	return v ? md_json_get(v, key) : NULL;
}

static bool says(const struct md_json *v, const char *text)
{
	return md_str_eqz(md_json_text(v), text);
}

static const char *text_of(struct md_arena *a, const struct md_json *v)
{
	struct md_buf b = { .arena = a };
	md_json_dump(&b, v);
	md_buf_char(&b, '\0');
	assert_false(b.failed);
	return b.p;
}

static void check_error(struct world *w, const struct md_json *expect)
{
	const struct md_json *pointer = member(expect, "pointer");
	assert_int_equal(w->rc, -1);
	if (!pointer) {
		assert_true(says(member(expect, "error"), md_code_name(w->err.code)));
		return;
	}
	assert_int_equal(w->err.code, MD_VALIDATION_FAILED);
	assert_int_equal(w->err.problems.n, 1);
	assert_true(says(member(expect, "error"), md_code_name(w->err.problems.v[0].code)));
	assert_true(md_str_eq(md_json_text(pointer), w->err.problems.v[0].pointer));
}

static void check_sources(struct world *w, const struct md_json *expect)
{
	struct md_json_iter it;
	uint32_t i = 0;
	md_json_iter(&it, member(expect, "sources"));
	for (const struct md_json *s; (s = md_json_next(&it, NULL)); i++)
		assert_true(says(s, w->planned.plan->sources[i].sync ? "materialized" : "original"));
	assert_int_equal(i, md_guarded_count(w->guarded));
}

static void check(struct world *w, const struct md_json *scenario, const char *variant)
{
	const struct md_json *expect = member(scenario, "expect");
	if (member(expect, "error")) {
		check_error(w, expect);
		return;
	}
	assert_int_equal(w->rc, 0);
	assert_true(says(member(expect, "strategy"), planned_strategy(w)));
	assert_true(says(member(expect, "target"), planned_target(w)));
	assert_true(says(member(member(expect, "dialect"), variant), md_dialect_name[w->planned.plan->dialect]));
	if (w->planned.plan->strategy != MD_CACHE)
		check_sources(w, expect);
}

static void run_scenarios(const char *config, const char *variant)
{
	struct md_arena a = { 0 };
	struct md_str text;
	struct md_json_error e;
	const struct md_json *all, *s;
	struct md_json_iter it;
	struct world w;
	int n = 0;
	assert_int_equal(md_read_file(&a, CONCEPT "/scenarios.json", 1 << 20, &text), 0);
	assert_int_equal(md_json_parse(&a, text, &all, &e), 0);
	world_open(&w, config);
	md_json_iter(&it, all);
	for (; (s = md_json_next(&it, NULL)); n++) {
		const struct md_json *trino = member(member(s, "config"), "trino");
		w.changed = *w.meta;
		if (trino)
			w.changed.trino.enabled = md_json_is_true(member(trino, "enabled"));
		print_message("scenario %.*s\n", MD_FMT(md_json_text(member(s, "number"))));
		world_ask(&w, text_of(&a, member(s, "definition")), text_of(&a, member(s, "context")), false);
		check(&w, s, variant);
	}
	assert_int_equal(n, 20);
	world_close(&w);
	md_arena_free(&a);
}

static void test_sqlite(void **state)
{
	(void)state;
	run_scenarios(CONCEPT "/multidb.json", "sqlite");
}

static void test_stack(void **state)
{
	(void)state;
	run_scenarios(CONCEPT "/multidb.stack.json", "stack");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sqlite), cmocka_unit_test(test_stack) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
