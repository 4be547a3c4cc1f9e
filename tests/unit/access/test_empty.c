/* Answers that are empty because of exists nodes. No row of items is visible, every row of notes is. */
#include "config.h"

#include <string.h>

static struct world w;
static struct md_filter nodes[16], *lists[16];
static struct md_exists exists[16];
static uint32_t n_nodes, n_exists;

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

static void begin(const char *from)
{
	world_reset(&w);
	memset(nodes, 0, sizeof nodes);
	memset(exists, 0, sizeof exists);
	n_nodes = n_exists = 0;
	assert_int_equal(world_context(&w, "{\"roles\":{\"user\":[\"reader\",\"regional\"]},\"contextValues\":{\"regions\":[]}}"), 0);
	world_ref(&w, from, NULL, 0);
}

static struct md_filter *node(enum md_filter_kind kind)
{
	nodes[n_nodes].kind = kind;
	return &nodes[n_nodes++];
}

/* Joins stand before exists nodes. */
static struct md_filter *some(const char *table, uint32_t parent)
{
	struct md_filter *f = node(MD_FILTER_EXISTS);
	f->exists = &exists[n_exists++];
	world_exists(&w, table, f->exists, parent);
	return f;
}

static struct md_filter *none(const char *table)
{
	struct md_filter *f = some(table, 0);
	f->exists->absent = true;
	return f;
}

static struct md_filter *number(const char *table, enum md_op op, int64_t n)
{
	struct md_filter *f = some(table, 0);
	f->exists->counted = true;
	f->exists->absent = true; /* not looked at */
	f->exists->count_op = op;
	f->exists->count = n;
	return f;
}

static struct md_filter *value(void)
{
	return node(MD_FILTER_VALUE);
}

static struct md_filter *group(bool any, bool negated, struct md_filter *a, struct md_filter *b)
{
	struct md_filter *f = node(MD_FILTER_GROUP), **v = &lists[2 * (n_nodes - 1) % 16];
	f->any = any;
	f->negated = negated;
	v[0] = a;
	v[1] = b;
	f->parts = v;
	f->n_parts = 2;
	return f;
}

static bool empty(void)
{
	assert_int_equal(world_guard(&w), 0);
	return md_guarded_empty(w.guarded);
}

/* With one filter of the definition. */
static bool leaves_nothing(struct md_filter *f)
{
	struct md_filter *v[] = { f };
	w.hand.query.filters = (struct md_filters){ v, 1 };
	return empty();
}

#define NOTHING(f) (begin("notes"), assert_true(leaves_nothing(f)))
#define SOMETHING(f) (begin("notes"), assert_false(leaves_nothing(f)))

static void test_single(void **state)
{
	(void)state;
	NOTHING(some("items", 0));
	SOMETHING(some("notes", 0));
	SOMETHING(none("items"));
	SOMETHING(none("notes"));
	SOMETHING(value());
}

static void test_counted(void **state)
{
	(void)state;
	static const struct {
		enum md_op op;
		int64_t n;
		bool zero;
	} t[] = { { MD_OP_EQ, 0, true }, { MD_OP_EQ, 1, false }, { MD_OP_NE, 0, false }, { MD_OP_NE, 1, true }, { MD_OP_GT, 0, false }, { MD_OP_GT, 1, false },
		  { MD_OP_LT, 0, false }, { MD_OP_LT, 1, true }, { MD_OP_GE, 0, true }, { MD_OP_GE, 1, false }, { MD_OP_LE, 0, true }, { MD_OP_LE, 1, true } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		begin("notes");
		assert_int_equal(leaves_nothing(number("items", t[i].op, t[i].n)), !t[i].zero);
		begin("notes");
		assert_false(leaves_nothing(number("notes", t[i].op, t[i].n)));
	}
}

static void test_groups(void **state)
{
	(void)state;
	SOMETHING(group(true, false, some("items", 0), value()));
	NOTHING(group(true, false, some("items", 0), some("items", 0)));
	NOTHING(group(false, false, value(), some("items", 0)));
	SOMETHING(group(false, false, value(), none("items")));
	NOTHING(group(true, true, value(), none("items")));
	SOMETHING(group(false, true, value(), none("items")));
	SOMETHING(group(true, true, some("items", 0), some("items", 0)));
	NOTHING(group(false, true, none("items"), group(true, false, none("items"), value())));
}

static void test_nested(void **state)
{
	(void)state;
	struct md_filter *inner[1];
	begin("notes");
	struct md_filter *outer = some("notes", 0);
	inner[0] = some("items", outer->exists->ref);
	outer->parts = inner;
	outer->n_parts = 1;
	assert_true(leaves_nothing(outer));
	begin("notes");
	outer = none("notes");
	inner[0] = some("items", outer->exists->ref);
	outer->parts = inner;
	outer->n_parts = 1;
	assert_false(leaves_nothing(outer));
	begin("notes");
	outer = some("notes", 0);
	inner[0] = some("items", outer->exists->ref);
	inner[0]->exists->absent = true;
	outer->parts = inner;
	outer->n_parts = 1;
	assert_false(leaves_nothing(outer));
}

static void test_joins(void **state)
{
	(void)state;
	struct md_filter *v[1];
	for (int inner = 0; inner < 2; inner++) { /* `on` that never holds */
		begin("notes");
		world_ref(&w, "notes", inner ? "inner" : "left", 0);
		v[0] = some("items", 1);
		w.hand.joins[1].on = (struct md_filters){ v, 1 };
		assert_int_equal(empty(), inner);
	}
	begin("notes"); /* what hangs on a row that is never found */
	world_ref(&w, "items", "left", 0);
	assert_true(leaves_nothing(some("notes", 1)));
	begin("notes");
	world_ref(&w, "notes", "left", 0);
	v[0] = some("items", 0);
	w.hand.joins[1].on = (struct md_filters){ v, 1 };
	assert_true(leaves_nothing(some("notes", 1)));
	begin("notes"); /* a join's filters stand in WHERE */
	world_ref(&w, "notes", "left", 0);
	v[0] = some("items", 1);
	w.hand.joins[1].filters = (struct md_filters){ v, 1 };
	assert_true(empty());
	begin("notes"); /* hangs on the joined table itself, in its own `on` */
	world_ref(&w, "items", "left", 0);
	v[0] = some("notes", 1);
	w.hand.joins[1].on = (struct md_filters){ v, 1 };
	assert_false(empty());
}

static void test_records(void **state)
{
	(void)state;
	begin("notes");
	w.hand.query.columns_given = false;
	assert_true(leaves_nothing(some("items", 0)));
	assert_non_null(strstr(world_log(&w), "No row of 'items' can match"));
	assert_null(strstr(world_log(&w), "Trimming columns")); /* an exists node selects none */
	assert_int_equal(md_guarded_count(w.guarded), 2);
	assert_string_equal(world_rows(&w, 1), "false");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single), cmocka_unit_test(test_counted), cmocka_unit_test(test_groups), cmocka_unit_test(test_nested), cmocka_unit_test(test_joins),
		cmocka_unit_test(test_records),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
