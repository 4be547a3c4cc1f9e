/* What a driver reads of a table in the catalog: the columns with their types, and the same
 * failures as of a statement. */
#include "suite.h"

#define TABLE "shelf"

/* Trino's tables have no views here, and a table of its own for every type is not needed. */
static const enum md_base_type kinds[] = { MD_STRING, MD_INT, MD_BIGINT, MD_FLOAT, MD_DECIMAL, MD_BOOLEAN,
	                                   MD_DATE, MD_TIMESTAMP, MD_BYTES };
enum { SHELF_COLUMNS = sizeof kinds / sizeof *kinds };

static int setup(void **state)
{
	struct session *s = *state = malloc(sizeof *s);
	char sql[1000];
	session_open(s);
	Q->owner("DROP TABLE IF EXISTS " TABLE);
	int n = snprintf(sql, sizeof sql, "CREATE TABLE " TABLE " (");
	for (int i = 0; i < SHELF_COLUMNS; i++)
		n += snprintf(sql + n, sizeof sql - (size_t)n, "%sc%d %s", i ? ", " : "", i, Q->type[kinds[i]]);
	snprintf(sql + n, sizeof sql - (size_t)n, ")");
	Q->owner(sql);
	return 0;
}

static int teardown(void **state)
{
	Q->owner("DROP TABLE IF EXISTS " TABLE);
	session_close(*state);
	free(*state);
	return 0;
}

static enum md_started read_table(struct session *s, const char *name, struct md_catalog_table *out)
{
	struct md_str parts[3];
	uint32_t n = 0;
	for (; Q->schema[n]; n++)
		parts[n] = md_str_z(Q->schema[n]);
	parts[n++] = md_str_z(name);
	return Q->driver->read_table(s->conn, &s->cx, parts, n, out);
}

static void assert_table(struct session *s)
{
	struct md_catalog_table t;
	char name[16];
	session_new_request(s);
	if (read_table(s, TABLE, &t) != MD_STARTED)
		fail_msg("%.*s: %.*s", MD_FMT(s->err.message), MD_FMT(s->err.cause));
	uint32_t found = 0;
	for (uint32_t i = 0; i < t.n_columns; i++) {
		snprintf(name, sizeof name, "c%u", found);
		if (!md_str_eqz(t.columns[i].name, name)) /* a column of the system */
			continue;
		found++;
		assert_true(t.columns[i].type.n > 0 && t.columns[i].base.n > 0);
		assert_true(t.columns[i].has_equality && t.columns[i].is_deterministic);
		assert_true(t.columns[i].nullable);
	}
	assert_int_equal(found, SHELF_COLUMNS);
	assert_false(t.is_view);
}

static void a_table_has_its_columns(void **state)
{
	assert_table(*state);
}

static void the_type_is_that_of_the_definition(void **state)
{
	struct session *s = *state;
	struct md_catalog_table t;
	session_new_request(s);
	assert_int_equal(read_table(s, TABLE, &t), MD_STARTED);
	for (uint32_t i = 0; i < t.n_columns; i++)
		if (md_str_eqz(t.columns[i].name, "c6")) {
			const char *defined = Q->type[MD_DATE];
			assert_int_equal(t.columns[i].type.n, strlen(defined));
			assert_int_equal(strncasecmp(t.columns[i].type.p, defined, strlen(defined)), 0);
			return;
		}
	fail_msg("there is no column c6");
}

static void a_missing_table_has_no_columns(void **state)
{
	struct session *s = *state;
	struct md_catalog_table t;
	session_new_request(s);
	assert_int_equal(read_table(s, "no_such_table", &t), MD_STARTED);
	assert_int_equal(t.n_columns, 0);
	assert_table(s); /* the connection still works */
}

static void a_name_is_quoted(void **state)
{
	static const char *const names[] = { "no\"such", "no'such", "no\\such", "no;such--" };
	struct session *s = *state;
	struct md_catalog_table t;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		session_new_request(s);
		assert_int_equal(read_table(s, names[i], &t), MD_STARTED);
		assert_int_equal(t.n_columns, 0);
	}
	assert_table(s);
}

static void reading_ends_at_the_deadline(void **state)
{
	struct session *s = *state;
	struct md_catalog_table t;
	session_new_request(s);
	s->cx.deadline_ms = md_monotonic_ms() - 1;
	assert_int_equal(read_table(s, TABLE, &t), MD_START_FAILED);
	assert_failed(s, MD_QUERY_TIMEOUT);
	session_close(s);
	session_open(s);
	assert_table(s);
}

static void a_cancelled_reading_does_not_run(void **state)
{
	struct session *s = *state;
	struct md_catalog_table t;
	atomic_bool cancelled = true;
	session_new_request(s);
	s->cx.cancelled = &cancelled;
	assert_int_equal(read_table(s, TABLE, &t), MD_START_FAILED);
	assert_failed(s, MD_CANCELLED);
	s->cx.cancelled = NULL;
	session_close(s);
	session_open(s);
	assert_table(s);
}

int run_catalogs(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_has_its_columns),
		cmocka_unit_test(the_type_is_that_of_the_definition),
		cmocka_unit_test(a_missing_table_has_no_columns),
		cmocka_unit_test(a_name_is_quoted),
		cmocka_unit_test(reading_ends_at_the_deadline),
		cmocka_unit_test(a_cancelled_reading_does_not_run),
	};
	return cmocka_run_group_tests_name("catalogs", tests, setup, teardown);
}
