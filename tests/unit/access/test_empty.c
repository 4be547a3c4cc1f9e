/* Answers that are empty because of exists nodes. No row of items is visible, every row of notes
 * is. */
#include "config.h"

#include <string.h>

static struct world w;
static struct md_bound_filter nodes[16], lists[32];
static uint32_t n_nodes, n_counts;

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

static void begin_query(const char *from)
{
	world_reset(&w);
	memset(nodes, 0, sizeof nodes);
	n_nodes = n_counts = 0;
	assert_int_equal(world_context(&w, "{\"roles\":{\"user\":[\"reader\",\"regional\"]},"
	                                   "\"contextValues\":{\"regions\":[]}}"), 0);
	world_ref(&w, from, NULL, 0);
}

static struct md_bound_filter *node(enum md_filter_kind kind)
{
	nodes[n_nodes].kind = kind;
	return &nodes[n_nodes++];
}

/* Joins stand before exists nodes. */
static struct md_bound_filter *some(const char *table, uint32_t parent)
{
	struct md_bound_filter *f = node(MD_FILTER_EXISTS);
	world_exists(&w, table, f, parent);
	return f;
}

static struct md_bound_filter *none(const char *table)
{
	struct md_bound_filter *f = some(table, 0);
	f->absent = true;
	return f;
}

static struct md_bound_filter *count_filter(const char *table, enum md_op op, int64_t n)
{
	struct md_bound_filter *f = some(table, 0);
	f->counted = true;
	f->absent = true; /* not looked at */
	f->count_op = op;
	f->slot = n_counts;
	w.hand.counts[n_counts++] = n;
	return f;
}

static struct md_bound_filter *value_filter(void)
{
	return node(MD_FILTER_VALUE);
}

static struct md_bound_filter *group(bool any, bool negated, struct md_bound_filter *a, struct md_bound_filter *b)
{
	struct md_bound_filter *f = node(MD_FILTER_GROUP), *v = &lists[2 * (n_nodes - 1) % 32];
	f->any = any;
	f->negated = negated;
	v[0] = *a;
	v[1] = *b;
	f->parts = (struct md_bound_filters){ v, 2 };
	return f;
}

static bool empty(void)
{
	assert_int_equal(world_guard(&w), 0);
	return md_guarded_empty(w.guarded);
}

/* With one filter of the definition. */
static bool leaves_nothing(struct md_bound_filter *f)
{
	w.hand.bound.filters = (struct md_bound_filters){ f, 1 };
	return empty();
}

#define NOTHING(f) (begin_query("notes"), assert_true(leaves_nothing(f)))
#define SOMETHING(f) (begin_query("notes"), assert_false(leaves_nothing(f)))

static void test_single(void **state)
{
	(void)state;
	NOTHING(some("items", 0));
	SOMETHING(some("notes", 0));
	SOMETHING(none("items"));
	SOMETHING(none("notes"));
	SOMETHING(value_filter());
}

static void test_counted(void **state)
{
	(void)state;
	static const struct {
		enum md_op op;
		int64_t n;
		bool zero;
	} t[] = { { MD_OP_EQ, 0, true },  { MD_OP_EQ, 1, false }, { MD_OP_NE, 0, false }, { MD_OP_NE, 1, true },
		  { MD_OP_GT, 0, false }, { MD_OP_GT, 1, false }, { MD_OP_LT, 0, false }, { MD_OP_LT, 1, true },
		  { MD_OP_GE, 0, true },  { MD_OP_GE, 1, false }, { MD_OP_LE, 0, true },  { MD_OP_LE, 1, true } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		begin_query("notes");
		assert_int_equal(leaves_nothing(count_filter("items", t[i].op, t[i].n)), !t[i].zero);
		begin_query("notes");
		assert_false(leaves_nothing(count_filter("notes", t[i].op, t[i].n)));
	}
}

static void test_groups(void **state)
{
	(void)state;
	SOMETHING(group(true, false, some("items", 0), value_filter()));
	NOTHING(group(true, false, some("items", 0), some("items", 0)));
	NOTHING(group(false, false, value_filter(), some("items", 0)));
	SOMETHING(group(false, false, value_filter(), none("items")));
	NOTHING(group(true, true, value_filter(), none("items")));
	SOMETHING(group(false, true, value_filter(), none("items")));
	SOMETHING(group(true, true, some("items", 0), some("items", 0)));
	NOTHING(group(false, true, none("items"), group(true, false, none("items"), value_filter())));
}

static void test_nested(void **state)
{
	(void)state;
	struct md_bound_filter *inner;
	begin_query("notes");
	struct md_bound_filter *outer = some("notes", 0);
	inner = some("items", outer->ref);
	outer->parts = (struct md_bound_filters){ inner, 1 };
	assert_true(leaves_nothing(outer));
	begin_query("notes");
	outer = none("notes");
	inner = some("items", outer->ref);
	outer->parts = (struct md_bound_filters){ inner, 1 };
	assert_false(leaves_nothing(outer));
	begin_query("notes");
	outer = some("notes", 0);
	inner = some("items", outer->ref);
	inner->absent = true;
	outer->parts = (struct md_bound_filters){ inner, 1 };
	assert_false(leaves_nothing(outer));
}

static void test_joins(void **state)
{
	(void)state;
	for (int inner = 0; inner < 2; inner++) { /* `on` that never holds */
		begin_query("notes");
		world_ref(&w, "notes", inner ? "inner" : "left", 0);
		w.hand.refs[1].on = (struct md_bound_filters){ some("items", 1), 1 };
		assert_int_equal(empty(), inner);
	}
	begin_query("notes"); /* what hangs on a row that is never found */
	world_ref(&w, "items", "left", 0);
	assert_true(leaves_nothing(some("notes", 1)));
	begin_query("notes");
	world_ref(&w, "notes", "left", 0);
	w.hand.refs[1].on = (struct md_bound_filters){ some("items", 0), 1 };
	assert_true(leaves_nothing(some("notes", 1)));
	begin_query("notes"); /* a join's filters stand in WHERE */
	world_ref(&w, "notes", "left", 0);
	w.hand.refs[1].filters = (struct md_bound_filters){ some("items", 1), 1 };
	assert_true(empty());
	begin_query("notes"); /* hangs on the joined table itself, in its own `on` */
	world_ref(&w, "items", "left", 0);
	w.hand.refs[1].on = (struct md_bound_filters){ some("notes", 1), 1 };
	assert_false(empty());
}

static void test_records(void **state)
{
	(void)state;
	begin_query("notes");
	w.hand.refs[0].all_columns = true;
	assert_true(leaves_nothing(some("items", 0)));
	assert_non_null(strstr(world_log(&w), "No row of 'items' can match"));
	assert_null(strstr(world_log(&w), "Trimming columns")); /* an exists node selects none */
	assert_int_equal(md_guarded_count(w.guarded), 2);
	assert_string_equal(world_rows(&w, 1), "false");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single), cmocka_unit_test(test_counted), cmocka_unit_test(test_groups),
		cmocka_unit_test(test_nested), cmocka_unit_test(test_joins),
		cmocka_unit_test(test_records),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
