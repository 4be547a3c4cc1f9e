/* A table of ClickHouse's catalog: its columns, and the engine that decides how it is read. A name
 * without a database is of the connection's own, as in a statement. */
#include "drivers/clickhouse/private.h"

#include "drivers/catalog.h"

/* The columns of enum md_catalog_output. An empty {p1} is the connection's database. */
static const char table_columns[] =
	"SELECT c.name, c.type, c.type, '', CAST([], 'Array(String)'), (c.type LIKE '%Nullable(%')::Bool,"
	" (c.default_kind IN ('MATERIALIZED', 'ALIAS'))::Bool, true, true,"
	" (t.engine IN ('View', 'MaterializedView'))::Bool, t.engine, t.engine_full, t.sorting_key, ''"
	" FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table"
	" WHERE c.database = if({p1:String} = '', currentDatabase(), {p1:String}) AND c.table = {p2:String}"
	" AND t.database = if({p1:String} = '', currentDatabase(), {p1:String}) AND t.name = {p2:String}"
	" ORDER BY c.position";

enum md_started md_ch_read_table(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
                                 struct md_catalog_table *out)
{
	struct md_value parts[] = { md_catalog_text(n_name > 1 ? name[n_name - 2] : MD_STR("")),
		                    md_catalog_text(name[n_name - 1]) };
	return md_catalog_read(cx, &md_driver_clickhouse, conn, MD_STR(table_columns), parts, 2, out);
}
