/* Accepts a path and a script of SQL statements; promises a complete file or none: it writes beside
 * the path and renames. The only code that opens SQLite for writing, linked into the program for
 * its demo and into nothing else. */
#include "drivers/sqlite/make.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fill_database(const char *path, const char *sql, char *error, size_t n)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (!rc)
		rc = sqlite3_exec(db, "PRAGMA synchronous = off; BEGIN", NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (!rc)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc)
		snprintf(error, n, "can't make '%s': %s", path, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
	sqlite3_close(db);
	return rc ? -1 : 0;
}

int md_sqlite_make(const char *path, const char *sql, char *error, size_t n)
{
	char beside[4096];
	int length = snprintf(beside, sizeof beside, "%s.new%ld", path, (long)getpid());
	if (length < 0 || (size_t)length >= sizeof beside) {
		snprintf(error, n, "can't make '%s': the path is too long", path);
		return -1;
	}
	unlink(beside);
	int failed = fill_database(beside, sql, error, n);
	if (!failed && rename(beside, path)) {
		snprintf(error, n, "can't make '%s': %s", path, strerror(errno));
		failed = -1;
	}
	if (failed)
		unlink(beside);
	return failed;
}
