/* What of a table is visible: union within a scope, intersection between scopes, columns that
 * depend on the row, the gate. */
#include "config.h"

#include <stdio.h>

static struct world w;

static int open_world(void **state)
{
	(void)state;
	world_open(&w, access_config);
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static const struct md_view *view_of(const char *roles)
{
	char context[4400];
	snprintf(context, sizeof context, "{\"roles\":{%s}}", roles);
	world_reset(&w);
	assert_int_equal(world_context(&w, context), 0);
	const struct md_view *v = md_access_view(&w.cx, world_table(&w, "items"));
	assert_non_null(v);
	assert_ptr_equal(md_access_view(&w.cx, world_table(&w, "items")), v); /* made once a request */
	return v;
}

static enum md_gate gate(const struct md_view *v, const char *column, enum md_use_kind use)
{
	return md_gate_column(v, world_column(&w, "items", column), use);
}

#define OPEN(v, column) assert_int_equal(gate((v), (column), MD_USE_SELECT), MD_GATE_OPEN)
#define DENIED(v, column) assert_int_equal(gate((v), (column), MD_USE_FILTER), MD_GATE_DENIED)
static bool bit_of(const uint64_t *map, const char *column)
{
	return md_bit(map, world_column(&w, "items", column)->index);
}

#define BY_ROW(v, column)                                       \
	do {                                                    \
		OPEN(v, column);                                \
		assert_true(bit_of((v)->by_row, column));       \
		assert_true(bit_of((v)->by_rule, column));      \
		assert_true(md_view_nullable((v), world_column(&w, "items", column))); \
	} while (0)
#define NOT_BY_ROW(v, column)                                  \
	do {                                              \
		OPEN(v, column);                          \
		assert_false(bit_of((v)->by_row, column)); \
	} while (0)

static void test_one_role(void **state)
{
	(void)state;
	const struct md_view *v = view_of("\"user\":[\"tenant\"]");
	assert_true(v->granted);
	OPEN(v, "id");
	OPEN(v, "note");
	DENIED(v, "tenantId"); /* a row filter's column need not be visible */
	DENIED(v, "amount");
	v = view_of("\"user\":[\"admin\"]");
	OPEN(v, "amount");
	assert_int_equal(v->visible[0], 0xff); /* eight columns and no bit beyond */
	v = view_of("\"user\":[\"notTenant\"]");
	OPEN(v, "amount");
}

static void test_not_granted(void **state)
{
	(void)state;
	assert_false(view_of("\"user\":[\"nothing\"]")->granted);
	const struct md_view *v = view_of("\"user\":[\"admin\"],\"service\":[\"reader\"]");
	assert_false(v->granted);
	DENIED(v, "id");
}

/* tenant's rows are all seen by tenantWide, which grants amount: the same on every row that either
 * sees. */
static void test_union_alike(void **state)
{
	(void)state;
	const struct md_view *v = view_of("\"user\":[\"tenant\",\"tenantWide\"]");
	NOT_BY_ROW(v, "amount");
	NOT_BY_ROW(v, "note");
	assert_null(v->by_rule); /* simply the columns */
	DENIED(v, "region");
	v = view_of("\"user\":[\"both\",\"tenantWide\"]"); /* fewer filters see more rows */
	NOT_BY_ROW(v, "amount");
	v = view_of("\"user\":[\"tenant\",\"admin\"]");
	NOT_BY_ROW(v, "amount");
	v = view_of("\"user\":[\"tenant\",\"regional\"]");
	NOT_BY_ROW(v, "id"); /* granted by both */
}

/* regional's rows need not be tenant's: note is clear on some rows only. */
static void test_union_by_row(void **state)
{
	(void)state;
	const struct md_view *v = view_of("\"user\":[\"tenant\",\"regional\"]");
	BY_ROW(v, "note");
	BY_ROW(v, "region");
	DENIED(v, "amount");
	for (int use = MD_USE_SELECT; use <= MD_USE_AGGREGATE; use++)
		/* the cell may be used in any way */
		assert_int_equal(gate(v, "note", (enum md_use_kind)use), MD_GATE_OPEN);
	v = view_of("\"user\":[\"tenant\",\"open\"]"); /* open sees more rows than tenant and grants less */
	BY_ROW(v, "note");
	NOT_BY_ROW(v, "id");
	v = view_of("\"user\":[\"bothAgain\",\"both\"]"); /* the same rows, in another order of filters */
	NOT_BY_ROW(v, "note");
}

static void test_intersection(void **state)
{
	(void)state;
	const struct md_view *v = view_of("\"user\":[\"tenantWide\"],\"service\":[\"tenant\"]");
	OPEN(v, "note");
	DENIED(v, "amount");
	v = view_of("\"user\":[\"tenant\",\"regional\"],\"service\":[\"admin\"]");
	BY_ROW(v, "note");
	v = view_of("\"user\":[\"tenant\",\"regional\"],\"service\":[\"open\"]");
	DENIED(v, "note");
	assert_int_equal(v->by_row[0], 0); /* only what is visible depends on the row */
	v = view_of("\"user\":[\"admin\"],\"service\":[\"tenant\"]");
	NOT_BY_ROW(v, "note");
	DENIED(v, "region");
}

/* The rows of open are tenant's alone as soon as the other scope says so: tenant sees all that is
 * left and grants note on all of it. */
static void test_scopes_together(void **state)
{
	(void)state;
	const struct md_view *v = view_of("\"user\":[\"tenant\",\"open\"],\"service\":[\"tenantWide\"]");
	NOT_BY_ROW(v, "note");
	assert_null(v->by_rule);
	v = view_of("\"user\":[\"tenant\",\"open\"],\"service\":[\"notTenant\"]");
	BY_ROW(v, "note");
}

/* Roles that see the same or fewer rows of a column that others see masked. */
static void test_masked(void **state)
{
	(void)state;
	const struct md_view *v = view_of("\"user\":[\"masked\"]");
	OPEN(v, "note");
	assert_true(bit_of(v->masked, "note") && bit_of(v->by_rule, "note"));
	assert_false(bit_of(v->by_row, "note") || bit_of(v->masked, "id") || bit_of(v->by_rule, "id"));
	v = view_of("\"user\":[\"masked\",\"admin\"]");
	assert_null(v->by_rule); /* admin sees all of it clear */
	v = view_of("\"user\":[\"masked\",\"tenant\"]");
	assert_true(bit_of(v->masked, "note")); /* clear on tenant's rows alone */
	assert_false(bit_of(v->by_row, "note"));
	v = view_of("\"user\":[\"tenant\",\"maskedTenant\"]");
	assert_false(bit_of(v->by_rule, "note")); /* the same rows, clear */
	assert_true(bit_of(v->masked, "amount")); /* which only the other grants */
	v = view_of("\"user\":[\"both\",\"maskedTenant\"]");
	assert_true(bit_of(v->masked, "note"));
	v = view_of("\"user\":[\"admin\"],\"service\":[\"masked\"]");
	assert_true(bit_of(v->masked, "note")); /* the strictest wins */
	assert_false(bit_of(v->by_row, "note"));
	v = view_of("\"user\":[\"masked\",\"open\"],\"service\":[\"admin\"]");
	assert_false(bit_of(v->by_row, "note")); /* masked sees every row */
	v = view_of("\"user\":[\"maskedTenant\",\"open\"]");
	assert_true(bit_of(v->masked, "note") && bit_of(v->by_row, "note"));
	v = view_of("\"user\":[\"maskedTenant\",\"open\"],\"service\":[\"both\"]");
	assert_true(bit_of(v->masked, "note"));
	assert_false(bit_of(v->by_row, "note")); /* both's rows are maskedTenant's */
}

static enum md_gate gate_under(const char *policy, enum md_use_kind use)
{
	static const struct {
		const char *word;
		unsigned bit;
	} words[] = { { "filter", MD_MASKED_FILTER },
		      { "sort", MD_MASKED_SORT },
		      { "group", MD_MASKED_GROUP },
		      { "aggregate", MD_MASKED_AGGREGATE } };
	unsigned allowed = 0;
	for (unsigned i = 0; i < 4; i++)
		if (strstr(policy, words[i].word))
			allowed |= words[i].bit;
	w.changed.policy.masked_uses = allowed;
	enum md_gate g = gate(view_of("\"user\":[\"masked\"]"), "note", use);
	w.changed.policy.masked_uses = 0;
	return g;
}

/* One gate for every use of a column that can be masked: each word of the policy opens its own uses
 * and no other. */
static void test_masked_uses(void **state)
{
	(void)state;
	static const struct {
		enum md_use_kind use;
		const char *word; /* NULL: always */
	} uses[] = { { MD_USE_SELECT, NULL },     { MD_USE_COUNT, NULL },
		     { MD_USE_FILTER, "filter" }, { MD_USE_IDS, "filter" },     { MD_USE_ORDER, "sort" },
		     { MD_USE_GROUP, "group" },   { MD_USE_DISTINCT, "group" }, { MD_USE_AGGREGATE, "aggregate" } };
	static const char *const all[] = { "filter", "sort", "group", "aggregate" };
	for (unsigned i = 0; i < sizeof uses / sizeof *uses; i++) {
		assert_int_equal(gate_under("", uses[i].use), uses[i].word ? MD_GATE_MASKED : MD_GATE_OPEN);
		assert_int_equal(gate_under("filter sort group aggregate", uses[i].use), MD_GATE_OPEN);
		for (unsigned k = 0; k < 4; k++)
			assert_int_equal(gate_under(all[k], uses[i].use),
			                 !uses[i].word || strcmp(uses[i].word, all[k]) == 0 ? MD_GATE_OPEN
			                                                                    : MD_GATE_MASKED);
	}
	assert_int_equal(gate_under("filter sort group aggregate", MD_USE_RELATION), MD_GATE_MASKED); /* no word */
	assert_int_equal(gate(view_of("\"user\":[\"masked\"]"), "amount", MD_USE_COUNT), MD_GATE_DENIED);
}

/* More pairs of roles than are looked at together: each scope by itself, which may find more that
 * depends on the row, never less. */
static void test_many_roles(void **state)
{
	(void)state;
	char roles[2048], context[4200];
	size_t n = 0;
	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(roles + n, sizeof roles - n, "%s\"many%d\"", i ? "," : "", i);
	snprintf(context, sizeof context, "\"user\":[%s,\"tenant\"],\"service\":[%s,\"tenantWide\"]", roles, roles);
	const struct md_view *v = view_of(context);
	NOT_BY_ROW(v, "id");
	BY_ROW(v, "note");
	DENIED(v, "amount");
	DENIED(v, "region");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_role), cmocka_unit_test(test_not_granted), cmocka_unit_test(test_union_alike),
		cmocka_unit_test(test_union_by_row), cmocka_unit_test(test_intersection),
		cmocka_unit_test(test_scopes_together),
		cmocka_unit_test(test_masked), cmocka_unit_test(test_masked_uses), cmocka_unit_test(test_many_roles),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
