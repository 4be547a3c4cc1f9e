/* The least that a dialect says: how names and parameters are written, and lists. Accepts
 * comparisons, lists, joins, limits. */
#include "dialects/dialect.h"

static void write_toy_param(struct md_buf *b, uint32_t number, const struct md_value *v)
{
	(void)v;
	md_buf_char(b, '?');
	md_buf_int(b, number);
}

static const struct md_sql_form forms[MD_FORM_OWN] = { 0 };

static const uint8_t form_of[MD_TYPES][MD_FAMILIES] = {
	[MD_STRING] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_INT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_BIGINT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_FLOAT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_DECIMAL] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_BOOLEAN] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_UUID] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_DATE] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_TIMESTAMP] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_TIME] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_JSON] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_BYTES] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
};

const struct md_dialect md_dialect_toy = {
	.name = MD_WORD("toy"),
	.quote = '"',
	.escape = '"',
	.no = MD_WORD("0"),
	.in = { MD_WORD(" IN (SELECT value FROM json_each("), MD_WORD("))") },
	.not_in = { MD_WORD(" NOT IN (SELECT value FROM json_each("), MD_WORD("))") },
	.forms = forms,
	.form_of = { [MD_TOY] = form_of },
	.derived = {
		[MD_STRING] = MD_FORM_PLAIN,
		[MD_INT] = MD_FORM_PLAIN,
		[MD_BIGINT] = MD_FORM_PLAIN,
		[MD_FLOAT] = MD_FORM_PLAIN,
		[MD_DECIMAL] = MD_FORM_PLAIN,
		[MD_BOOLEAN] = MD_FORM_PLAIN,
		[MD_UUID] = MD_FORM_PLAIN,
		[MD_DATE] = MD_FORM_PLAIN,
		[MD_TIMESTAMP] = MD_FORM_PLAIN,
		[MD_TIME] = MD_FORM_PLAIN,
		[MD_JSON] = MD_FORM_PLAIN,
		[MD_BYTES] = MD_FORM_PLAIN,
	},
	.like_end = MD_WORD(" ESCAPE '\\'"),
	.param = write_toy_param,
};
