/* What a statement may do on a SQLite connection: read rows of tables with the functions that the
 * dialect writes, and nothing else. Refuses the schema and statistics tables, pragmas
 * (also as tables), writing, attaching, transactions, other functions. The body of a view belongs
 * to the database's owner: inside one any function is allowed that SQLite trusts a schema with. */
#include "drivers/sqlite/private.h"

#include "base/sqlite_names.h"

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (sqlite3_stricmp(name, *list) == 0)
			return true;
	return false;
}

/* Built-in virtual tables tell of the file's pages, the connection and its statements. */
static bool is_readable(const char *table)
{
	static const char *const inner[] = { "dbstat", "bytecode", "tables_used", "completion", "fsdir", NULL };
	return sqlite3_strnicmp(table, "sqlite_", 7) != 0 && sqlite3_strnicmp(table, "pragma_", 7) != 0 &&
	       !is_one_of(table, inner);
}

static bool begins_with(const char *name, const char *prefix)
{
	return sqlite3_strnicmp(name, prefix, (int)strlen(prefix)) == 0;
}

static bool is_callable(const char *function)
{
	static const char *const ours[] = { "count",        "like",          "json_each",
		                            "json_valid",   "coalesce",      "typeof",
		                            "length",       "min",           "max",
		                            "sum",          "avg",           "substr",
		                            "printf",       "strftime",      MD_SQLITE_PLAIN,
		                            MD_SQLITE_LIKE, MD_SQLITE_ILIKE, MD_SQLITE_DISTANCE,
		                            MD_SQLITE_SUM,  MD_SQLITE_AVG,   MD_SQLITE_FLOAT_SUM,
		                            MD_SQLITE_FLOAT_AVG, "upper",       MD_SQLITE_UUID_BYTES,
		                            "json_extract", "row_number",    NULL };
	return is_one_of(function, ours) || begins_with(function, MD_SQLITE_VALUE_PREFIX) ||
	       begins_with(function, MD_SQLITE_SHOWN_PREFIX);
}

int md_lite_authorize(void *conn, int action, const char *a, const char *b, const char *database, const char *within)
{
	(void)conn;
	(void)database;
	switch (action) {
	case SQLITE_SELECT:
		return SQLITE_OK;
	case SQLITE_READ:
		return a && is_readable(a) ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_FUNCTION:
		return within || (b && is_callable(b)) ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_RECURSIVE:
		return within ? SQLITE_OK : SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}
