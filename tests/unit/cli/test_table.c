/* The table goes to standard output: a temporary file stands in its place. */
#include "cli_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static FILE *file;
static int kept;

static int redirect(void **state)
{
	(void)state;
	fflush(stdout);
	file = tmpfile();
	kept = dup(1);
	return dup2(fileno(file), 1) < 0;
}

static char *written(void)
{
	static char text[1 << 20];
	fflush(stdout);
	dup2(kept, 1);
	close(kept);
	rewind(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return text;
}

static multidb_cell cell(const char *z)
{
	return (multidb_cell){ z, z ? strlen(z) : 0 };
}

static void aligned(void **state)
{
	const char *names[] = { "id", "name", "total" }, *types[] = { "int", "string", "decimal" };
	multidb_cell first[] = { cell("1"), cell("東京商事"), cell("10.5") }, second[] = { cell("22"), cell(NULL), cell("-3.75") };
	(void)state;
	struct table *t = table_begin(3, names, types, "  ");
	assert_true(table_row(t, first) && table_row(t, second) && table_end(t));
	assert_string_equal(written(), "  id | name     | total\n"
				       "  ---+----------+------\n"
				       "   1 | 東京商事 |  10.5\n"
				       "  22 | NULL     | -3.75\n"
				       "  (2 rows)\n");
}

static void no_rows(void **state)
{
	const char *names[] = { "id" };
	(void)state;
	assert_true(table_end(table_begin(1, names, NULL, "")));
	assert_string_equal(written(), "id\n--\n(0 rows)\n");
}

static void one_row_of_a_line_break(void **state)
{
	const char *names[] = { "note" };
	multidb_cell row[] = { cell("a\nb") };
	(void)state;
	struct table *t = table_begin(1, names, NULL, "");
	assert_true(table_row(t, row) && table_end(t));
	assert_string_equal(written(), "note\n----\na\\nb\n(1 row)\n");
}

/* Behind the rows that set the widths a wider cell sticks out and loses nothing. */
static void later_rows_stream(void **state)
{
	const char *names[] = { "n", "m" };
	multidb_cell row[] = { cell("1"), cell("x") }, wide[] = { cell("1234567890"), cell("y") };
	(void)state;
	struct table *t = table_begin(2, names, NULL, "");
	for (int i = 0; i < 1000; i++)
		assert_true(table_row(t, row));
	assert_true(table_row(t, wide) && table_end(t));
	const char *text = written();
	assert_memory_equal(text, "n | m\n--+--\n1 | x\n", 18);
	assert_string_equal(strstr(text, "123"), "1234567890 | y\n(1001 rows)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup(aligned, redirect), cmocka_unit_test_setup(no_rows, redirect),
		                            cmocka_unit_test_setup(one_row_of_a_line_break, redirect), cmocka_unit_test_setup(later_rows_stream, redirect) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
