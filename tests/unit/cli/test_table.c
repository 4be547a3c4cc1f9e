/* The table goes to standard output: a temporary file stands in its place. */
#include "cli_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static FILE *file;
static int kept;

static int redirect_output(void **state)
{
	(void)state;
	fflush(stdout);
	file = tmpfile();
	kept = dup(1);
	return dup2(fileno(file), 1) < 0;
}

static char *written_text(void)
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

static multidb_cell cell_of(const char *z)
{
	return (multidb_cell){ z, z ? strlen(z) : 0 };
}

static void aligns_columns(void **state)
{
	const char *names[] = { "id", "name", "total" }, *types[] = { "int", "string", "decimal" };
	multidb_cell first[] = { cell_of("1"), cell_of("東京商事"), cell_of("10.5") },
		     second[] = { cell_of("22"), cell_of(NULL), cell_of("-3.75") };
	(void)state;
	struct table *t = table_begin(3, names, types, "  ");
	assert_true(table_row(t, first) && table_row(t, second) && table_end(t));
	assert_string_equal(written_text(), "  id | name     | total\n"
				       "  ---+----------+------\n"
				       "   1 | 東京商事 |  10.5\n"
				       "  22 | NULL     | -3.75\n"
				       "  (2 rows)\n");
}

static void prints_no_rows(void **state)
{
	const char *names[] = { "id" };
	(void)state;
	assert_true(table_end(table_begin(1, names, NULL, "")));
	assert_string_equal(written_text(), "id\n--\n(0 rows)\n");
}

static void escapes_a_line_break(void **state)
{
	const char *names[] = { "note" };
	multidb_cell row[] = { cell_of("a\nb") };
	(void)state;
	struct table *t = table_begin(1, names, NULL, "");
	assert_true(table_row(t, row) && table_end(t));
	assert_string_equal(written_text(), "note\n----\na\\nb\n(1 row)\n");
}

/* Behind the rows that set the widths a wider cell sticks out and loses nothing. */
static void streams_later_rows(void **state)
{
	const char *names[] = { "n", "m" };
	multidb_cell row[] = { cell_of("1"), cell_of("x") }, wide[] = { cell_of("1234567890"), cell_of("y") };
	(void)state;
	struct table *t = table_begin(2, names, NULL, "");
	for (int i = 0; i < 1000; i++)
		assert_true(table_row(t, row));
	assert_true(table_row(t, wide) && table_end(t));
	const char *text = written_text();
	assert_memory_equal(text, "n | m\n--+--\n1 | x\n", 18);
	assert_string_equal(strstr(text, "123"), "1234567890 | y\n(1001 rows)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(aligns_columns, redirect_output),
		cmocka_unit_test_setup(prints_no_rows, redirect_output),
		cmocka_unit_test_setup(escapes_a_line_break, redirect_output),
		cmocka_unit_test_setup(streams_later_rows, redirect_output),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
