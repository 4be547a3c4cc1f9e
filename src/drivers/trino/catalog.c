/* A table as Trino shows it: names in lower case, and types of its own whatever the source calls
 * them. The protocol binds no parameters, and names are no values: both are written into the text.
 */
#include "drivers/trino/private.h"

#include "drivers/catalog.h"

static void append_quoted(struct md_buf *b, char quote, struct md_str s)
{
	md_buf_char(b, quote);
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];
		if (ch == quote)
			md_buf_char(b, quote);
		md_buf_char(b, ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch);
	}
	md_buf_char(b, quote);
}

/* The columns of enum md_catalog_output. */
static void append_statement(struct md_buf *b, const struct md_str *name)
{
	md_buf_lit(b, "SELECT column_name, data_type, data_type, '', CAST(ARRAY[] AS array(varchar)),"
	              " is_nullable = 'YES', false, true, true, false, '', '', '', '' FROM ");
	append_quoted(b, '"', name[0]);
	md_buf_lit(b, ".information_schema.columns WHERE table_schema = ");
	append_quoted(b, '\'', name[1]);
	md_buf_lit(b, " AND table_name = ");
	append_quoted(b, '\'', name[2]);
}

enum md_started md_trino_read_table(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
                                    struct md_catalog_table *out)
{
	enum { PARTS = 3 };
	struct md_buf b = { .arena = cx->arena };
	*out = (struct md_catalog_table){ .columns = NULL };
	if (n_name != PARTS)
		return MD_STARTED;
	append_statement(&b, name);
	if (b.failed)
		return (enum md_started)md_out_of_memory(cx);
	enum md_started rc = md_catalog_read(cx, &md_driver_trino, conn, md_buf_view(&b), NULL, 0, out);
	out->ignores_case = true;
	return rc;
}
