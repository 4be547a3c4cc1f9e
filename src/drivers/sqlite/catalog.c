/* A table or view of a SQLite file. SQLite has no statement for this that the authorizer would
 * allow, so that a statement over all columns is prepared and never run: it names the outputs and
 * their declared types, also those of a view. Collations are those of the tables' definitions. */
#include "drivers/sqlite/private.h"

#include "drivers/catalog.h"

static struct md_str copy_text(struct md_ctx *cx, const char *text)
{
	return md_str_dup(cx->arena, md_str_z(text ? text : ""));
}

/* Only the default collation tells texts of different bytes apart. */
static void read_definition(struct md_lite *c, struct md_ctx *cx, const struct md_str *name,
                            struct md_catalog_table *out, struct md_catalog_column *column)
{
	const char *collation = NULL;
	int not_null = 0;
	column->is_deterministic = true;
	if (sqlite3_table_column_metadata(c->db, name[0].p, name[1].p, column->name.p, NULL, &collation, &not_null,
	                                  NULL, NULL)) {
		out->is_view = true;
		return;
	}
	column->nullable = !not_null;
	column->is_deterministic = !collation || sqlite3_stricmp(collation, "BINARY") == 0;
	if (!column->is_deterministic)
		column->collation = copy_text(cx, collation);
}

static int read_outputs(struct md_lite *c, struct md_ctx *cx, sqlite3_stmt *stmt, const struct md_str *name,
                        struct md_catalog_table *out)
{
	uint32_t n = (uint32_t)sqlite3_column_count(stmt);
	struct md_catalog_column *columns = md_new_n(cx->arena, struct md_catalog_column, n);
	/* with a NUL at their ends */
	const struct md_str table[] = { md_str_dup(cx->arena, name[0]), md_str_dup(cx->arena, name[1]) };
	if (!columns || !table[0].p || !table[1].p)
		return md_out_of_memory(cx);
	*out = (struct md_catalog_table){ .columns = columns, .n_columns = n, .ignores_case = true };
	for (uint32_t i = 0; i < n; i++) {
		columns[i].name = copy_text(cx, sqlite3_column_name(stmt, (int)i));
		columns[i].type = copy_text(cx, sqlite3_column_decltype(stmt, (int)i));
		columns[i].base = columns[i].type;
		columns[i].has_equality = true;
		if (columns[i].name.p)
			read_definition(c, cx, table, out, &columns[i]);
	}
	return md_check_memory(cx);
}

/* What is missing is left to the statement, whose error names it. */
static bool is_missing(const struct md_lite *c, int rc)
{
	return (rc & 0xff) == SQLITE_ERROR && !c->broken;
}

enum md_started md_lite_read_table(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
                                   struct md_catalog_table *out)
{
	struct md_lite *c = conn;
	struct md_buf b = { .arena = cx->arena };
	sqlite3_stmt *stmt = NULL;
	*out = (struct md_catalog_table){ .columns = NULL };
	if (n_name != 2)
		return MD_STARTED;
	md_buf_lit(&b, "SELECT * FROM ");
	md_catalog_identifier(&b, name[0]);
	md_buf_char(&b, '.');
	md_catalog_identifier(&b, name[1]);
	if (b.failed)
		return (enum md_started)md_out_of_memory(cx);
	enum md_started rc = md_lite_begin(c, cx);
	int prepared = rc == MD_STARTED ? sqlite3_prepare_v2(c->db, b.p, (int)b.n, &stmt, NULL) : SQLITE_OK;
	if (rc == MD_STARTED && prepared && !is_missing(c, prepared))
		rc = (enum md_started)md_lite_fail(cx, c, prepared);
	else if (rc == MD_STARTED && stmt && read_outputs(c, cx, stmt, name, out))
		rc = MD_START_FAILED;
	sqlite3_finalize(stmt);
	return md_lite_finish(c) || rc != MD_STARTED ? rc : MD_START_STALE;
}
