/* The least that a dialect says: how names and parameters are written, and lists. Accepts
 * comparisons, lists, joins, limits. */
#include "dialects/dialect.h"

static void write_toy_param(struct md_buf *b, uint32_t number, const struct md_value *v)
{
	(void)v;
	md_buf_char(b, '?');
	md_buf_int(b, number);
}

const struct md_dialect md_dialect_toy = {
	.name = MD_WORD("toy"),
	.quote = '"',
	.escape = '"',
	.no = MD_WORD("0"),
	.in = { MD_WORD(" IN (SELECT value FROM json_each("), MD_WORD("))") },
	.not_in = { MD_WORD(" NOT IN (SELECT value FROM json_each("), MD_WORD("))") },
	.like_end = MD_WORD(" ESCAPE '\\'"),
	.param = write_toy_param,
};
