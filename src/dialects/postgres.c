/* PostgreSQL. A scalar parameter takes the type of the column that it is compared with, so that
 * indexes are used whatever integer or text type the column has; an array parameter is cast where
 * nothing else says what it holds. Bytes travel as base64. Strings are ordered by code point.
 * levenshtein (extension fuzzystrmatch) raises an error on long texts, which no row may cause: they
 * never get there. */
#include "dialects/dialect.h"

static const struct md_str list_casts[MD_TYPES] = {
	[MD_STRING] = MD_WORD("::text[]"),
	[MD_INT] = MD_WORD("::integer[]"),
	[MD_BIGINT] = MD_WORD("::bigint[]"),
	[MD_FLOAT] = MD_WORD("::double precision[]"),
	[MD_DECIMAL] = MD_WORD("::numeric[]"),
	[MD_BOOLEAN] = MD_WORD("::boolean[]"),
	[MD_UUID] = MD_WORD("::uuid[]"),
	[MD_DATE] = MD_WORD("::date[]"),
	[MD_TIMESTAMP] = MD_WORD("::timestamptz[]"),
};

static void write_param(struct md_buf *b, uint32_t number, const struct md_value *v)
{
	bool bytes = v->type.base == MD_BYTES && !v->type.array;
	if (bytes)
		md_buf_lit(b, "decode(");
	md_buf_char(b, '$');
	md_buf_int(b, number);
	if (bytes)
		md_buf_lit(b, ", 'base64')");
	else if (v->type.array)
		md_buf_str(b, list_casts[v->type.base]);
}

/* ---- forms of columns ---- */

enum { PG_FORM_STRING = MD_FORM_OWN, PG_FORM_JSON, PG_FORMS };

#define COLLATED { .after = MD_WORD(" COLLATE \"C\"") }
#define AS_TEXT { .after = MD_WORD("::text") }

static const struct md_sql_form forms[PG_FORMS] = {
	[PG_FORM_STRING] = { .column = { [MD_PLACE_RANGE] = COLLATED, [MD_PLACE_ORDER] = COLLATED,
	                              [MD_PLACE_GROUP] = COLLATED, [MD_PLACE_LEAST] = COLLATED } },
	/* documents have no equality there */
	[PG_FORM_JSON] = { .column = { [MD_PLACE_GROUP] = AS_TEXT, [MD_PLACE_LEAST] = AS_TEXT } },
};

static const uint8_t form_of[MD_TYPES][MD_FAMILIES] = {
	[MD_STRING] = { [MD_REAL_UNKNOWN] = PG_FORM_STRING },
	[MD_INT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_BIGINT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_FLOAT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_DECIMAL] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_BOOLEAN] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_UUID] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_DATE] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_TIMESTAMP] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_TIME] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_JSON] = { [MD_REAL_UNKNOWN] = PG_FORM_JSON },
	[MD_BYTES] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
};

static const uint8_t form_by_code_point[MD_FAMILIES] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN };

#define EXACT_SUM MD_WORD("sum(" MD_COLUMN ")::numeric")
/* avg() gives 16 digits in all: none behind the point of large numbers. Of floats it fails where a
 * square is too large. */
#define EXACT_AVG MD_WORD("round((sum(" MD_COLUMN ")::numeric + 0.000000000000) / count(" MD_COLUMN "), 10)")
#define BUCKET(unit, cast) MD_WORD("date_trunc('" unit "', " MD_COLUMN ")" cast)

const struct md_dialect md_dialect_postgres = {
	.name = MD_WORD("postgres"),
	.quote = '"',
	.escape = '"',
	.row_comparison = true,
	.no = MD_WORD("false"),
	.yes = MD_WORD("true"),
	.in = { MD_WORD(" = ANY("), MD_WORD(")") },
	.not_in = { MD_WORD(" <> ALL("), MD_WORD(")") },
	.forms = forms,
	.form_of = { [MD_POSTGRES] = form_of },
	.form_by_code_point = form_by_code_point,
	.derived = {
		[MD_STRING] = MD_FORM_PLAIN, [MD_INT] = MD_FORM_PLAIN, [MD_BIGINT] = MD_FORM_PLAIN,
		[MD_FLOAT] = MD_FORM_PLAIN, [MD_DECIMAL] = MD_FORM_PLAIN, [MD_BOOLEAN] = MD_FORM_PLAIN,
		[MD_UUID] = MD_FORM_PLAIN, [MD_DATE] = MD_FORM_PLAIN, [MD_TIMESTAMP] = MD_FORM_PLAIN,
		[MD_TIME] = MD_FORM_PLAIN, [MD_JSON] = PG_FORM_JSON, [MD_BYTES] = MD_FORM_PLAIN,
	},
	.op = {
		[MD_OP_LEVENSHTEIN] = MD_WORD("CASE WHEN char_length(" MD_COLUMN ") > " MD_DISTANCE_CHARS
		                              " THEN false ELSE levenshtein(" MD_COLUMN ", " MD_FIRST
		                              ") <= " MD_SECOND " END"),
		[MD_OP_ARRAY_CONTAINS_ALL] = MD_WORD(MD_COLUMN " @> " MD_FIRST_BARE),
		[MD_OP_ARRAY_CONTAINS_ANY] = MD_WORD(MD_COLUMN " && " MD_FIRST_BARE),
		[MD_OP_ARRAY_IS_EMPTY] = MD_WORD("cardinality(" MD_COLUMN ") = 0"),
		[MD_OP_ARRAY_IS_NOT_EMPTY] = MD_WORD("cardinality(" MD_COLUMN ") <> 0"),
	},
	.whole = { [MD_FLOAT] = MD_WORD(MD_COLUMN "::text::numeric") },
	.one_of_group = { MD_WORD("(array_agg("), MD_WORD("))[1]") },
	.distinct_count = { MD_WORD("count(DISTINCT "), MD_WORD(")") },
	.least = { MD_WORD("min("), MD_WORD(")") },
	.greatest = { MD_WORD("max("), MD_WORD(")") },
	.sum = { EXACT_SUM, EXACT_SUM, MD_WORD("sum(" MD_COLUMN ")") },
	.avg = { EXACT_AVG, EXACT_AVG, MD_WORD("sum(" MD_COLUMN ") / count(" MD_COLUMN ")") },
	.date_bucket = { [MD_YEAR] = BUCKET("year", "::date"), [MD_QUARTER] = BUCKET("quarter", "::date"),
	                [MD_MONTH] = BUCKET("month", "::date"),
		         [MD_WEEK] = BUCKET("week", "::date") },
	.timestamp_bucket = { [MD_YEAR] = BUCKET("year", ""), [MD_QUARTER] = BUCKET("quarter", ""),
	                     [MD_MONTH] = BUCKET("month", ""), [MD_WEEK] = BUCKET("week", ""),
		              [MD_DAY] = BUCKET("day", ""), [MD_HOUR] = BUCKET("hour", ""),
		              [MD_MINUTE] = BUCKET("minute", "") },
	.param = write_param,
};
