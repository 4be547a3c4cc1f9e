/* What of a table is visible: union within a scope, intersection between scopes, columns that depend on the row, the gate. */
#include "world.h"

#include <stdio.h>

static struct world w;

static int open_world(void **state)
{
	(void)state;
	world_open(&w, world_config);
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
	char context[256];
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
#define BY_ROW(v, column) assert_int_equal(gate((v), (column), MD_USE_SELECT), MD_GATE_UNSUPPORTED)

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

/* tenant's rows are all seen by tenantWide, which grants amount: the same on every row that either sees. */
static void test_union_alike(void **state)
{
	(void)state;
	const struct md_view *v = view_of("\"user\":[\"tenant\",\"tenantWide\"]");
	OPEN(v, "amount");
	OPEN(v, "note");
	DENIED(v, "region");
	v = view_of("\"user\":[\"both\",\"tenantWide\"]"); /* fewer filters see more rows */
	OPEN(v, "amount");
	v = view_of("\"user\":[\"tenant\",\"admin\"]");
	OPEN(v, "amount");
	v = view_of("\"user\":[\"tenant\",\"regional\"]");
	OPEN(v, "id"); /* granted by both */
}

/* regional's rows need not be tenant's: note is clear on some rows only. */
static void test_union_by_row(void **state)
{
	(void)state;
	const struct md_view *v = view_of("\"user\":[\"tenant\",\"regional\"]");
	BY_ROW(v, "note");
	BY_ROW(v, "region");
	DENIED(v, "amount");
	assert_int_equal(gate(v, "note", MD_USE_FILTER), MD_GATE_UNSUPPORTED);
	assert_int_equal(gate(v, "note", MD_USE_ORDER), MD_GATE_UNSUPPORTED);
	assert_int_equal(gate(v, "note", MD_USE_IDS), MD_GATE_UNSUPPORTED);
	assert_int_equal(gate(v, "note", MD_USE_RELATION), MD_GATE_OPEN); /* relation keys are read raw */
	v = view_of("\"user\":[\"tenant\",\"open\"]"); /* open sees more rows than tenant and grants less */
	BY_ROW(v, "note");
	OPEN(v, "id");
	v = view_of("\"user\":[\"bothAgain\",\"both\"]"); /* the same rows, in another order of filters */
	OPEN(v, "note");
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
	OPEN(v, "note");
	DENIED(v, "region");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_role), cmocka_unit_test(test_not_granted), cmocka_unit_test(test_union_alike),
		cmocka_unit_test(test_union_by_row), cmocka_unit_test(test_intersection),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
