/* A table of the PostgreSQL catalog. A name without a schema is looked up as the statement's would
 * be, along the search path. Domains and arrays are followed to the type below them. Where the
 * database's own row security guards (nativeContext), a view is refused that reads a table with row
 * security as a role which that does not bind: views under the view count too. */
#include "drivers/postgres/private.h"

#include "drivers/catalog.h"

enum { LONGEST_IDENTIFIER = 63 };

/* The columns of enum md_catalog_output. System columns are listed too: a configuration may name
 * one. Texts, enums, ranges and composite types have an operator = although none is listed for
 * them, and so has a type that is another one to the server (cidr is inet). */
#define TABLE_COLUMNS(unguarded)                                                                               \
	"WITH RECURSIVE bare(num, id, mod, listed) AS ("                                                       \
	"SELECT a.attnum, a.atttypid, a.atttypmod, false FROM pg_catalog.pg_attribute AS a"                    \
	" WHERE a.attrelid = pg_catalog.to_regclass($1) AND NOT a.attisdropped"                                \
	" UNION ALL SELECT b.num, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END,"            \
	" CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE b.mod END, b.listed OR t.typtype <> 'd'"             \
	" FROM bare AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.id"                                         \
	" WHERE t.typtype = 'd' OR t.typcategory = 'A')"                                                       \
	" SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),"                            \
	" pg_catalog.format_type(b.id, b.mod) || CASE WHEN b.listed THEN '[]' ELSE '' END,"                    \
	" CASE WHEN c.collname <> 'default' THEN c.collname::text END,"                                        \
	" ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = b.id"                \
	" ORDER BY e.enumsortorder),"                                                                          \
	" NOT a.attnotnull, a.attgenerated <> '',"                                                             \
	" t.typtype IN ('e', 'r', 'm', 'c') OR t.typcategory = 'S' OR EXISTS"                                  \
	" (SELECT 1 FROM pg_catalog.pg_operator AS o"                                                          \
	" WHERE o.oprname = '=' AND o.oprleft = o.oprright AND (o.oprleft = b.id OR o.oprleft IN"              \
	" (SELECT k.casttarget FROM pg_catalog.pg_cast AS k WHERE k.castsource = b.id AND k.castmethod = 'b'"  \
	" AND k.castcontext = 'i'))),"                                                                         \
	" COALESCE(c.collisdeterministic, true), r.relkind IN ('v', 'm'), NULL::text, NULL::text, NULL::text," \
	" " unguarded                                                                                          \
	" FROM bare AS b JOIN pg_catalog.pg_class AS r ON r.oid = pg_catalog.to_regclass($1)"                  \
	" JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = b.num"                        \
	" JOIN pg_catalog.pg_type AS t ON t.oid = b.id AND t.typtype <> 'd' AND t.typcategory <> 'A'"          \
	" LEFT JOIN pg_catalog.pg_collation AS c ON c.oid = a.attcollation ORDER BY a.attnum"

/* Why the row security of a table below the view r does not guard its rows; NULL: it does. A view
 * reads as its owner, unless security_invoker is set; the rows of a materialized view were read
 * when it was refreshed. */
#define UNGUARDED                                                                                              \
	"(WITH RECURSIVE reached(id, reader, stored) AS (SELECT r.oid, NULL::oid, false"                       \
	" UNION SELECT d.refobjid, CASE WHEN v.relkind = 'm' OR NOT EXISTS (SELECT 1 FROM"                     \
	" pg_catalog.unnest(v.reloptions) AS o WHERE pg_catalog.split_part(o, '=', 1) = 'security_invoker'"    \
	" AND pg_catalog.split_part(o, '=', 2)::boolean) THEN v.relowner END, x.stored OR v.relkind = 'm'"     \
	" FROM reached AS x JOIN pg_catalog.pg_class AS v ON v.oid = x.id AND v.relkind IN ('v', 'm')"         \
	" JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = v.oid"                                               \
	" JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"          \
	" AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"                   \
	" AND d.refobjid <> v.oid)"                                                                            \
	" SELECT r.oid::pg_catalog.regclass || ' reads ' || u.oid::pg_catalog.regclass || ' as role '''"       \
	" || o.rolname || CASE WHEN x.stored THEN ''', and stores its rows' WHEN o.rolsuper"                   \
	" THEN ''', a superuser' WHEN o.rolbypassrls THEN ''', which has BYPASSRLS'"                           \
	" ELSE ''', which owns that table' END"                                                                \
	" FROM reached AS x JOIN pg_catalog.pg_class AS u ON u.oid = x.id AND u.relrowsecurity"                \
	" JOIN pg_catalog.pg_roles AS o ON o.oid = x.reader"                                                   \
	" WHERE x.stored OR o.rolsuper OR o.rolbypassrls OR"                                                   \
	" (NOT u.relforcerowsecurity AND pg_catalog.pg_has_role(o.oid, u.relowner, 'USAGE')) LIMIT 1)"

static const char table_columns[] = TABLE_COLUMNS("NULL::text");
static const char guarded_table_columns[] = TABLE_COLUMNS(UNGUARDED);

static enum md_started refuse_unguarded(struct md_ctx *cx, const struct md_pg *c, struct md_str reason)
{
	return (enum md_started)md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = c->id), MD_NOSTR,
	                                     "database '%.*s' can't be used: view %.*s, so its row security "
	                                     "(nativeContext) would not guard anything: expected a view with "
	                                     "security_invoker",
	                                     MD_FMT(c->id), MD_FMT(reason));
}

enum md_started md_pg_read_table(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
                                 struct md_catalog_table *out)
{
	struct md_pg *c = conn;
	struct md_buf b = { .arena = cx->arena };
	for (uint32_t i = 0; i < n_name; i++) {
		if (i)
			md_buf_char(&b, '.');
		md_catalog_identifier(&b, name[i]);
	}
	if (b.failed)
		return (enum md_started)md_out_of_memory(cx);
	struct md_value whole = md_catalog_text(md_buf_view(&b));
	struct md_str text = c->native ? MD_STR(guarded_table_columns) : MD_STR(table_columns);
	enum md_started rc = md_catalog_read(cx, &md_driver_postgres, conn, text, &whole, 1, out);
	out->name_bytes = LONGEST_IDENTIFIER;
	return rc == MD_STARTED && out->unguarded.n ? refuse_unguarded(cx, c, out->unguarded) : rc;
}
