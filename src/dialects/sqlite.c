/* SQLite. Decimals are text: a collation that the driver registers compares them exactly, whatever their digits, and stands after the column, which is
 * the side whose collation counts. Lists are JSON. LIKE minds case by a setting of the driver's sessions. */
#include "dialects/dialect.h"

#include "base/sqlite_names.h"

#define AS_DECIMAL { .after = MD_WORD(" COLLATE " MD_SQLITE_DECIMAL) }

static void param(struct md_buf *b, uint32_t number, const struct md_value *v)
{
	(void)v;
	md_buf_char(b, '?');
	md_buf_int(b, number);
}

const struct md_dialect md_dialect_sqlite = {
	.name = MD_WORD("sqlite"),
	.quote = '"',
	.escape = '"',
	.no = MD_WORD("0"),
	.in = { MD_WORD(" IN (SELECT value FROM json_each("), MD_WORD("))") },
	.not_in = { MD_WORD(" NOT IN (SELECT value FROM json_each("), MD_WORD("))") },
	.like_end = MD_WORD(" ESCAPE '\\'"),
	.column = {
		[MD_PLACE_EQUAL][MD_DECIMAL] = AS_DECIMAL,
		[MD_PLACE_RANGE][MD_DECIMAL] = AS_DECIMAL,
		[MD_PLACE_ORDER][MD_DECIMAL] = AS_DECIMAL,
	},
	.param = param,
};
