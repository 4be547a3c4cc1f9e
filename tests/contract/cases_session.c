/* What a connection promises over many statements: reuse, order, read only, many rows, many texts.
 */
#include "suite.h"

static int setup(void **state)
{
	struct session *s = *state = malloc(sizeof *s);
	session_open(s);
	char sql[200];
	Q->owner("DROP TABLE IF EXISTS n");
	snprintf(sql, sizeof sql, "CREATE TABLE n (i %s, s %s)", Q->type[MD_INT], Q->type[MD_STRING]);
	Q->owner(sql);
	Q->owner("INSERT INTO n WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 5000) SELECT "
	         "i, 'row ' || i FROM r");
	return 0;
}

static int teardown(void **state)
{
	session_close(*state);
	free(*state);
	return 0;
}

static struct md_stmt_output two[2];

static const struct md_stmt_output *int_and_text(void)
{
	two[0] = col("i", MD_INT, false);
	two[1] = col("s", MD_STRING, false);
	return two;
}

static void read_in_order(struct session *s, int64_t bound, int count)
{
	struct md_stmt stmt = { .text = MD_STR("SELECT t0.i AS c0, t0.s AS c1 FROM n AS t0 WHERE t0.i <= 5000 ORDER BY "
	                                       "t0.i"),
		                .outputs = int_and_text(), .n_outputs = 2, .row_bound = bound };
	struct md_cell cells[2];
	char want[32];
	session_new_request(s);
	assert_int_equal(Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS), MD_STARTED);
	for (int i = 1; i <= count; i++) {
		assert_int_equal(Q->driver->next(s->conn, &s->cx, cells), 1);
		snprintf(want, sizeof want, "%d", i);
		assert_cell(&cells[0], MD_CELL_BARE, want);
		snprintf(want, sizeof want, "row %d", i);
		assert_cell(&cells[1], MD_CELL_TEXT, want);
	}
}

static void many_rows_stream(void **state)
{
	struct session *s = *state;
	struct md_cell cells[2];
	read_in_order(s, -1, 5000);
	assert_int_equal(Q->driver->next(s->conn, &s->cx, cells), 0);
	assert_true(Q->driver->finish(s->conn));
	read_in_order(s, 1000, 5000);
	assert_int_equal(Q->driver->next(s->conn, &s->cx, cells), 0);
	assert_int_equal(Q->driver->next(s->conn, &s->cx, cells), 0); /* and stays so */
	assert_true(Q->driver->finish(s->conn));
}

static void leaving_early(void **state)
{
	struct session *s = *state;
	read_in_order(s, -1, 3);
	bool clean = Q->driver->finish(s->conn);
	assert_true(clean == Q->early_end_is_clean || Q->early_end_depends);
	session_close(s);
	session_open(s);
	read_in_order(s, 1000, 3); /* small results are all here already */
	clean = Q->driver->finish(s->conn);
	assert_true(clean || Q->early_end_depends);
	session_close(s);
	session_open(s);
	read_in_order(s, -1, 5000);
	assert_true(Q->driver->finish(s->conn) || !Q->early_end_is_clean);
	session_close(s);
	session_open(s);
}

static void no_rows(void **state)
{
	struct session *s = *state;
	for (int64_t bound = -1; bound <= 1; bound += 2) {
		session_new_request(s);
		assert_int_equal(run(s, "SELECT t0.i AS c0, t0.s AS c1 FROM n AS t0 WHERE t0.i < 0", NULL, 0,
		                     int_and_text(), 2, bound),
		                 0);
	}
}

/* More texts than a connection keeps prepared, the first ones again, and each still answers for
 * itself. */
static void more_texts_than_are_kept(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("i", MD_INT, false);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < (Q->texts ? Q->texts : 300); i++) {
			char sql[100], want[16];
			snprintf(sql, sizeof sql, "SELECT t0.i AS c0 FROM n AS t0 WHERE t0.i = %d", i + 1);
			snprintf(want, sizeof want, "%d", i + 1);
			session_new_request(s);
			one_row(s, sql, NULL, 0, &c, 1);
			assert_cell(&s->cells[0], MD_CELL_BARE, want);
		}
}

static void one_text_many_parameters(void **state)
{
	struct session *s = *state;
	char sql[100];
	struct md_value p = val(MD_INT, "1");
	snprintf(sql, sizeof sql, "SELECT t0.i AS c0, t0.s AS c1 FROM n AS t0 WHERE t0.i = %s", Q->param(1, p.type));
	for (int i = 1; i < (Q->texts ? 10 : 100); i++) {
		char text[16], want[32];
		snprintf(text, sizeof text, "%d", i);
		snprintf(want, sizeof want, "row %d", i);
		p = val(MD_INT, text);
		session_new_request(s);
		one_row(s, sql, &p, 1, int_and_text(), 2);
		assert_cell(&s->cells[1], MD_CELL_TEXT, want);
	}
}

static void writing_is_refused(void **state)
{
	struct session *s = *state;
	static const char *const writes[] = { "INSERT INTO n VALUES (0, 'x')", "UPDATE n SET s = 'x'", "DELETE FROM n",
		                              "DROP TABLE n", "CREATE TABLE made (a int)" };
	for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
		session_new_request(s);
		assert_int_equal(run(s, writes[i], NULL, 0, NULL, 0, 1), -1);
		assert_failed(s, MD_QUERY_FAILED);
	}
	session_new_request(s);
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	one_row(s, "SELECT count(*) AS c0 FROM n AS t0 WHERE t0.s LIKE 'row %'", NULL, 0, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_BARE, "5000");
}

static void only_one_statement(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("a", MD_INT, false);
	session_new_request(s);
	int64_t n = run(s, "SELECT 1 AS c0; DELETE FROM n", NULL, 0, &c, 1, 1);
	assert_true(n == -1 || n == 1);
	if (n == -1)
		assert_failed(s, MD_QUERY_FAILED);
	session_new_request(s);
	c = col("n", MD_BIGINT, false);
	one_row(s, "SELECT count(*) AS c0 FROM n AS t0", NULL, 0, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_BARE, "5000");
}

static void a_missing_table_is_named_in_the_cause(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("a", MD_INT, false);
	session_new_request(s);
	assert_int_equal(run(s, "SELECT t0.a AS c0 FROM no_such_table AS t0", NULL, 0, &c, 1, 1), -1);
	assert_failed(s, MD_QUERY_FAILED);
	assert_non_null(strstr(md_str_fmt(&s->arena, "%.*s", MD_FMT(s->err.cause)).p, "no_such_table"));
	assert_non_null(strstr(md_str_fmt(&s->arena, "%.*s", MD_FMT(s->err.message)).p, "db-under-test"));
	session_new_request(s);
	assert_int_equal(run(s, "SELECT t0.nope AS c0 FROM n AS t0", NULL, 0, &c, 1, 1), -1);
	assert_failed(s, MD_QUERY_FAILED);
	session_new_request(s); /* the connection is none the worse */
	one_row(s, "SELECT t0.i AS c0 FROM n AS t0 WHERE t0.i = 7", NULL, 0, &c, 1);
}

/* X6: a column that does not exist is an error, never a string. */
static void an_unknown_quoted_name_is_an_error(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("a", MD_BIGINT, false);
	session_new_request(s);
	assert_int_equal(
		run(s, "SELECT count(*) AS c0 FROM n AS t0 WHERE \"tenant_id\" = 'tenant_id'", NULL, 0, &c, 1, 1), -1);
	assert_failed(s, MD_QUERY_FAILED);
}

static void like_minds_case(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("a", MD_BIGINT, false);
	session_new_request(s);
	one_row(s, "SELECT count(*) AS c0 FROM n AS t0 WHERE t0.s LIKE 'ROW %'", NULL, 0, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_BARE, "0");
}

static void another_number_of_columns_is_an_error(void **state)
{
	struct session *s = *state;
	session_new_request(s);
	assert_int_equal(run(s, "SELECT t0.i AS c0 FROM n AS t0 WHERE t0.i = 1", NULL, 0, int_and_text(), 2, 1), -1);
	assert_failed(s, MD_QUERY_FAILED);
	session_close(s);
	session_open(s);
}

/* Declared int, bigint, … but the column holds text. */
static void a_value_that_does_not_fit_names_its_column(void **state)
{
	struct session *s = *state;
	for (unsigned t = 0; t < MD_TYPES; t++) {
		if (t == MD_STRING || (t == MD_BYTES && Q->strings_are_bytes))
			continue;
		static const struct md_labels no_labels;
		struct md_stmt_output c = col("wrong", (enum md_base_type)t, false);
		c.labels = t == MD_ENUM ? &no_labels : NULL;
		session_close(s);
		session_open(s);
		assert_int_equal(run(s, "SELECT t0.s AS c0 FROM n AS t0 WHERE t0.i = 1", NULL, 0, &c, 1, 1), -1);
		assert_failed(s, MD_TYPE_MISMATCH);
		assert_true(md_str_eqz(s->err.details.column, "wrong"));
		/* never the value */
		assert_null(strstr(md_str_fmt(&s->arena, "%.*s", MD_FMT(s->err.message)).p, "row 1"));
	}
	session_close(s);
	session_open(s);
}

static void ping_answers(void **state)
{
	struct session *s = *state;
	session_new_request(s);
	assert_true(Q->driver->ping(s->conn, &s->cx));
	struct md_stmt_output c = col("a", MD_INT, false);
	one_row(s, "SELECT t0.i AS c0 FROM n AS t0 WHERE t0.i = 3", NULL, 0, &c, 1);
}

static void closing_nothing_is_fine(void **state)
{
	(void)state;
	Q->driver->close(NULL);
}

int run_sessions(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_rows_stream),
		cmocka_unit_test(leaving_early),
		cmocka_unit_test(no_rows),
		cmocka_unit_test(more_texts_than_are_kept),
		cmocka_unit_test(one_text_many_parameters),
		cmocka_unit_test(writing_is_refused),
		cmocka_unit_test(only_one_statement),
		cmocka_unit_test(a_missing_table_is_named_in_the_cause),
		cmocka_unit_test(an_unknown_quoted_name_is_an_error),
		cmocka_unit_test(like_minds_case),
		cmocka_unit_test(another_number_of_columns_is_an_error),
		cmocka_unit_test(a_value_that_does_not_fit_names_its_column),
		cmocka_unit_test(ping_answers),
		cmocka_unit_test(closing_nothing_is_fine),
	};
	return cmocka_run_group_tests_name("sessions", tests, setup, teardown);
}
