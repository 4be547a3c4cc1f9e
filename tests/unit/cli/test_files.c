/* The sample files of the demo: admin/demo.c and drivers/sqlite/make.c, in a scratch folder. */
#include "cli_test.h"

#include "admin/demo.h"
#include "drivers/sqlite/make.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], error[512];

static int make_scratch_folder(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/multidb-test-XXXXXX");
	*error = '\0';
	return mkdtemp(dir) == NULL;
}

static char *in(const char *name)
{
	static char path[2][256];
	static int turn;
	turn ^= 1;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static int read_number(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	int value = -1;
	if (!sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) && !sqlite3_prepare_v2(db, sql, -1, &s, NULL)) {
		if (sqlite3_step(s) == SQLITE_ROW)
			value = sqlite3_column_int(s, 0);
		sqlite3_finalize(s);
	}
	sqlite3_close(db);
	return value;
}

static void makes_the_files_and_removes_them(void **state)
{
	(void)state;
	assert_int_equal(md_demo_make(in("a/b"), error, sizeof error), 0);
	assert_int_equal(read_number(in("a/b/data/pg-main.db"), "SELECT count(*) FROM orders"), 12);
	assert_int_equal(read_number(in("a/b/data/ch-analytics.db"), "SELECT count(*) FROM orders_replica"), 12);
	assert_int_equal(
		read_number(in("a/b/data/pg-main.db"), "SELECT count(*) FROM orders WHERE total_amount = '10.5' AND "
	                                               "created_at = '2024-01-15T09:30:00.000000Z'"),
		1);
	assert_int_equal(access(in("a/b/multidb.json"), R_OK), 0);
	md_demo_remove(in("a/b"));
	assert_int_not_equal(access(in("a/b"), F_OK), 0);
	assert_int_equal(rmdir(in("a")), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void keeps_an_edited_configuration(void **state)
{
	char text[8] = "";
	(void)state;
	FILE *f = fopen(in("multidb.json"), "w");
	fputs("edited", f);
	fclose(f);
	assert_int_equal(md_demo_make(dir, error, sizeof error), 0);
	assert_int_equal(md_demo_make(dir, error, sizeof error), 0);
	f = fopen(in("multidb.json"), "r");
	assert_int_equal(fread(text, 1, sizeof text - 1, f), 6);
	fclose(f);
	assert_string_equal(text, "edited");
	md_demo_remove(dir);
}

static void names_the_path_that_is_in_the_way(void **state)
{
	(void)state;
	fclose(fopen(in("file"), "w"));
	assert_int_equal(md_demo_make(in("file"), error, sizeof error), -1);
	assert_non_null(strstr(error, in("file")));
	unlink(in("file"));
	mkdir(in("multidb.json"), 0777);
	fclose(fopen(in("data"), "w"));
	assert_int_equal(md_demo_make(dir, error, sizeof error), -1);
	assert_non_null(strstr(error, "data/pg-main.db"));
	unlink(in("data"));
	rmdir(in("multidb.json"));
	rmdir(dir);
}

static void keeps_the_old_database_where_the_new_one_fails(void **state)
{
	(void)state;
	char *path = in("x.db");
	assert_int_equal(md_sqlite_make(path, "CREATE TABLE t (a); INSERT INTO t VALUES (7);", error, sizeof error), 0);
	assert_int_equal(
		md_sqlite_make(path, "CREATE TABLE t (a); INSERT INTO nowhere VALUES (8);", error, sizeof error), -1);
	assert_non_null(strstr(error, "nowhere"));
	assert_int_equal(read_number(path, "SELECT a FROM t"), 7);
	assert_int_equal(md_sqlite_make(path, "CREATE TABLE t (a); INSERT INTO t VALUES (9);", error, sizeof error), 0);
	assert_int_equal(read_number(path, "SELECT a FROM t"), 9);
	unlink(path);
	assert_int_equal(rmdir(dir), 0); /* no other file is left */
	assert_int_equal(md_sqlite_make(path, "SELECT 1", error, sizeof error), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(makes_the_files_and_removes_them, make_scratch_folder),
		cmocka_unit_test_setup(keeps_an_edited_configuration, make_scratch_folder),
		cmocka_unit_test_setup(names_the_path_that_is_in_the_way, make_scratch_folder),
		cmocka_unit_test_setup(keeps_the_old_database_where_the_new_one_fails, make_scratch_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
