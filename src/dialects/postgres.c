/* PostgreSQL. A parameter takes the type of the column that it is compared with, a list the array
 * of that type, so that a column is never converted where an index could serve it. Whole numbers
 * and decimals have a type of their own: bigint and numeric compare exactly with every type of
 * numbers. Bytes travel as base64. Strings are ordered by code point, whatever the column's type
 * and collation. levenshtein (extension fuzzystrmatch) raises an error on long texts, which no row
 * may cause: they never get there. */
#include "dialects/dialect.h"

/* ---- forms of columns ---- */

enum {
	PG_FORM_TEXT = MD_FORM_OWN, PG_FORM_OWN_EQUALITY, PG_FORM_OWN_EQUALITY_BY_CODE_POINT, PG_FORM_INET,
	PG_FORM_AS_TEXT,
	PG_FORM_WHOLE, PG_FORM_WHOLE_OF_OID, PG_FORM_FLOAT, PG_FORM_FLOAT_OF_WHOLE,
	PG_FORM_DECIMAL, PG_FORM_DECIMAL_OF_MONEY, PG_FORM_DECIMAL_OF_FLOAT,
	PG_FORM_UUID_AS_TEXT, PG_FORM_TIMESTAMP_OF_DATE, PG_FORM_JSON, PG_FORMS
};

#define COLLATED { .after = MD_WORD(" COLLATE \"C\"") }
#define AS_TEXT { .after = MD_WORD("::text") }
#define AS_COLLATED_TEXT { .after = MD_WORD("::text COLLATE \"C\"") }
/* A pattern that ignores case needs the letters of a collation, and LIKE a deterministic one: the
 * database's is both. */
#define AS_MATCHED_TEXT { .after = MD_WORD("::text COLLATE \"default\"") }
/* inet::text ends in /32 and /128, which the type's own output leaves out */
#define AS_ADDRESS { MD_WORD("abbrev("), MD_WORD(")") }
#define AS_COLLATED_ADDRESS { MD_WORD("abbrev("), MD_WORD(") COLLATE \"C\"") }
#define AS_LOWER_TEXT { MD_WORD("lower("), MD_WORD("::text) COLLATE \"C\"") }

/* The same words wherever the column is compared, ordered, calculated with or shown. */
#define EVERYWHERE(words) \
	[MD_PLACE_EQUAL] = words, [MD_PLACE_LIST] = words, [MD_PLACE_RANGE] = words, [MD_PLACE_ORDER] = words, \
	[MD_PLACE_KEY] = words, [MD_PLACE_GROUP] = words, [MD_PLACE_LEAST] = words, [MD_PLACE_OUTPUT] = words, \
	[MD_PLACE_MATCH] = words, [MD_PLACE_NUMBER] = words
#define AS_NUMERIC { .after = MD_WORD("::numeric") }
#define FLOAT_AS_NUMERIC { .after = MD_WORD("::text::numeric") }
#define AS_TIMESTAMP { .after = MD_WORD("::timestamp") }

static const struct md_sql_form forms[PG_FORMS] = {
	[PG_FORM_TEXT] = { .column = { [MD_PLACE_RANGE] = COLLATED, [MD_PLACE_ORDER] = COLLATED,
	                            [MD_PLACE_GROUP] = COLLATED, [MD_PLACE_LEAST] = COLLATED } },
	/* any type with a text form and an equality; also any text type, as long as nothing says
	 * which one */
	[PG_FORM_OWN_EQUALITY] = { .column = { [MD_PLACE_RANGE] = AS_COLLATED_TEXT, [MD_PLACE_ORDER] = AS_COLLATED_TEXT,
	                                    [MD_PLACE_KEY] = AS_TEXT, [MD_PLACE_LEAST] = AS_COLLATED_TEXT,
	                                    [MD_PLACE_MATCH] = AS_MATCHED_TEXT },
	                           .has_own_equality = true },
	/* the same where the database's own order is by code point, as its indexes are */
	[PG_FORM_OWN_EQUALITY_BY_CODE_POINT] = { .column = { [MD_PLACE_RANGE] = AS_TEXT, [MD_PLACE_ORDER] = AS_TEXT,
	                                                  [MD_PLACE_KEY] = AS_TEXT, [MD_PLACE_LEAST] = AS_TEXT,
	                                                  [MD_PLACE_MATCH] = AS_TEXT },
	                                         .has_own_equality = true },
	[PG_FORM_INET] = { .column = { [MD_PLACE_RANGE] = AS_COLLATED_ADDRESS, [MD_PLACE_ORDER] = AS_COLLATED_ADDRESS,
	                            [MD_PLACE_KEY] = AS_ADDRESS, [MD_PLACE_LEAST] = AS_COLLATED_ADDRESS,
	                            [MD_PLACE_MATCH] = AS_ADDRESS },
	                   .has_own_equality = true },
	/* a type without an equality; bare it is a text, which the form of texts collates */
	[PG_FORM_AS_TEXT] = { .column = { EVERYWHERE(AS_COLLATED_TEXT), [MD_PLACE_BARE] = AS_TEXT },
	                      .takes_bare_values = true },
	/* bigint compares with every type of whole numbers and of decimals, and their indexes serve
	 * it */
	[PG_FORM_WHOLE] = { .param = MD_WORD("::bigint"), .list = MD_WORD("::bigint[]") },
	[PG_FORM_WHOLE_OF_OID] = { .column = { [MD_PLACE_NUMBER] = { .after = MD_WORD("::bigint") } },
	                           .param = MD_WORD("::bigint"), .list = MD_WORD("::bigint[]") },
	/* the parameter becomes a real or a double, as the column is */
	[PG_FORM_FLOAT] = { .shows_fewer_digits = true },
	[PG_FORM_FLOAT_OF_WHOLE] = { .param = MD_WORD("::double precision"), .list = MD_WORD("::double precision[]") },
	[PG_FORM_DECIMAL] = { .param = MD_WORD("::numeric"), .list = MD_WORD("::numeric[]") },
	[PG_FORM_DECIMAL_OF_MONEY] = { .column = { EVERYWHERE(AS_NUMERIC), [MD_PLACE_BARE] = AS_NUMERIC },
	                               .param = MD_WORD("::numeric"), .list = MD_WORD("::numeric[]") },
	[PG_FORM_DECIMAL_OF_FLOAT] = { .column = { EVERYWHERE(FLOAT_AS_NUMERIC), [MD_PLACE_BARE] = FLOAT_AS_NUMERIC },
	                               .param = MD_WORD("::numeric"), .list = MD_WORD("::numeric[]") },
	[PG_FORM_UUID_AS_TEXT] = { .column = { EVERYWHERE(AS_LOWER_TEXT), [MD_PLACE_BARE] = AS_LOWER_TEXT },
	                           .takes_bare_values = true },
	[PG_FORM_TIMESTAMP_OF_DATE] = { .column = { EVERYWHERE(AS_TIMESTAMP), [MD_PLACE_BARE] = AS_TIMESTAMP },
	                                .param = MD_WORD("::timestamp"), .list = MD_WORD("::timestamp[]") },
	/* documents have no equality there */
	[PG_FORM_JSON] = { .column = { [MD_PLACE_GROUP] = AS_TEXT, [MD_PLACE_LEAST] = AS_TEXT } },
};

#define OF_TEXTS(form) [MD_REAL_TEXT] = form, [MD_REAL_CHAR] = form, [MD_REAL_CITEXT] = form
#define OF_WHOLES(form) [MD_REAL_INT16] = form, [MD_REAL_INT32] = form, [MD_REAL_INT64] = form
/* A real type without a known name (a domain, say) is treated as one that the metadata does not
 * name. */
#define OF_UNKNOWN(form) [MD_REAL_UNKNOWN] = form, [MD_REAL_OTHER] = form

/* Any type can be read as a string. */
#define FORMS_OF_STRINGS(text, other) { \
	OF_UNKNOWN(other), OF_WHOLES(other), [MD_REAL_UINT32] = other, [MD_REAL_NUMERIC] = other, \
	[MD_REAL_MONEY] = other, \
	[MD_REAL_FLOAT32] = other, [MD_REAL_FLOAT64] = other, [MD_REAL_BOOL] = other, [MD_REAL_TEXT] = text, \
	[MD_REAL_CHAR] = other, [MD_REAL_CITEXT] = other, [MD_REAL_ENUM] = other, [MD_REAL_UUID] = other, \
	[MD_REAL_DATE] = other, [MD_REAL_TIMESTAMP] = other, [MD_REAL_TIMESTAMPTZ] = other, [MD_REAL_TIME] = other, \
	[MD_REAL_TIMETZ] = other, [MD_REAL_INTERVAL] = other, [MD_REAL_JSON] = PG_FORM_AS_TEXT, \
	[MD_REAL_JSONB] = other, [MD_REAL_XML] = PG_FORM_AS_TEXT, [MD_REAL_BYTES] = other, \
	[MD_REAL_INET] = PG_FORM_INET, [MD_REAL_CIDR] = other, [MD_REAL_MACADDR] = other, [MD_REAL_RANGE] = other, \
	[MD_REAL_BIT] = other, [MD_REAL_GEOMETRY] = PG_FORM_AS_TEXT }

static const uint8_t form_of[MD_TYPES][MD_FAMILIES] = {
	[MD_STRING] = FORMS_OF_STRINGS(PG_FORM_TEXT, PG_FORM_OWN_EQUALITY),
	[MD_INT] = { OF_UNKNOWN(PG_FORM_WHOLE), OF_WHOLES(PG_FORM_WHOLE), [MD_REAL_UINT32] = PG_FORM_WHOLE_OF_OID,
	            [MD_REAL_NUMERIC] = PG_FORM_WHOLE },
	[MD_BIGINT] = { OF_UNKNOWN(PG_FORM_WHOLE), OF_WHOLES(PG_FORM_WHOLE), [MD_REAL_UINT32] = PG_FORM_WHOLE_OF_OID,
	               [MD_REAL_NUMERIC] = PG_FORM_WHOLE },
	[MD_FLOAT] = { OF_UNKNOWN(PG_FORM_FLOAT), OF_WHOLES(PG_FORM_FLOAT_OF_WHOLE), [MD_REAL_FLOAT32] = PG_FORM_FLOAT,
	              [MD_REAL_FLOAT64] = MD_FORM_PLAIN, [MD_REAL_NUMERIC] = MD_FORM_PLAIN },
	[MD_DECIMAL] = { OF_UNKNOWN(PG_FORM_DECIMAL), OF_WHOLES(PG_FORM_DECIMAL), [MD_REAL_NUMERIC] = PG_FORM_DECIMAL,
	                [MD_REAL_MONEY] = PG_FORM_DECIMAL_OF_MONEY, [MD_REAL_FLOAT32] = PG_FORM_DECIMAL_OF_FLOAT,
	                [MD_REAL_FLOAT64] = PG_FORM_DECIMAL_OF_FLOAT },
	[MD_BOOLEAN] = { OF_UNKNOWN(MD_FORM_PLAIN), [MD_REAL_BOOL] = MD_FORM_PLAIN },
	[MD_UUID] = { OF_UNKNOWN(MD_FORM_PLAIN), [MD_REAL_UUID] = MD_FORM_PLAIN, OF_TEXTS(PG_FORM_UUID_AS_TEXT) },
	[MD_DATE] = { OF_UNKNOWN(MD_FORM_PLAIN), [MD_REAL_DATE] = MD_FORM_PLAIN },
	[MD_TIMESTAMP] = { OF_UNKNOWN(MD_FORM_PLAIN), [MD_REAL_TIMESTAMP] = MD_FORM_PLAIN,
	                  [MD_REAL_TIMESTAMPTZ] = MD_FORM_PLAIN, [MD_REAL_DATE] = PG_FORM_TIMESTAMP_OF_DATE },
	[MD_TIME] = { OF_UNKNOWN(MD_FORM_PLAIN), [MD_REAL_TIME] = MD_FORM_PLAIN },
	[MD_ENUM] = { OF_UNKNOWN(MD_FORM_PLAIN), [MD_REAL_ENUM] = MD_FORM_PLAIN, [MD_REAL_TEXT] = MD_FORM_PLAIN },
	[MD_JSON] = { OF_UNKNOWN(PG_FORM_JSON), OF_TEXTS(PG_FORM_JSON), [MD_REAL_JSON] = PG_FORM_JSON,
	             [MD_REAL_JSONB] = PG_FORM_JSON },
	[MD_BYTES] = { OF_UNKNOWN(MD_FORM_PLAIN), [MD_REAL_BYTES] = MD_FORM_PLAIN },
};

static const uint8_t form_by_code_point[MD_FAMILIES] =
	FORMS_OF_STRINGS(MD_FORM_PLAIN, PG_FORM_OWN_EQUALITY_BY_CODE_POINT);

static void write_bytes_param(struct md_buf *b, uint32_t number)
{
	md_buf_lit(b, "decode($");
	md_buf_int(b, number);
	md_buf_lit(b, ", 'base64')");
}

static void write_param(struct md_buf *b, uint32_t number, const struct md_value *v)
{
	const struct md_sql_form *form = &forms[v->form];
	if (v->type.base == MD_BYTES && !v->type.array) {
		write_bytes_param(b, number);
		return;
	}
	md_buf_numbered(b, '$', number);
	md_buf_str(b, v->type.array ? form->list : form->param);
}

#define EXACT_SUM MD_WORD("sum(" MD_COLUMN ")::numeric")
/* avg() gives 16 digits in all: none behind the point of large numbers. Of floats it fails where a
 * square is too large. */
#define EXACT_AVG MD_WORD("round((sum(" MD_COLUMN ")::numeric + 0.000000000000) / count(" MD_COLUMN "), 10)")
#define BUCKET(unit, cast) MD_WORD("date_trunc('" unit "', " MD_COLUMN ")" cast)

const struct md_dialect md_dialect_postgres = {
	.name = MD_WORD("postgres"),
	.facts = { .tells_id_place = true, .chooses_related = true, .joins_related = true },
	.quote = '"',
	.escape = '"',
	.row_comparison = true,
	.common_text = MD_WORD("::text"),
	.lists_keys_in_from = true,
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
		[MD_TIME] = MD_FORM_PLAIN, [MD_ENUM] = MD_FORM_PLAIN,
		[MD_JSON] = PG_FORM_JSON, [MD_BYTES] = MD_FORM_PLAIN,
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
	.position = MD_WORD("array_position(" MD_FIRST "::text[], " MD_COLUMN "::text)"),
	.label = MD_WORD("(" MD_FIRST "::text[]) [" MD_COLUMN "]"),
	.one_of_group = { MD_WORD("(array_agg("), MD_WORD("))[1]") },
	.distinct_count = { MD_WORD("count(DISTINCT "), MD_WORD(")") },
	/* array_position is slow for many ids, and a list of texts is hashed. NULLIF makes the base
	 * type of a domain, whose checks the ids may fail. */
	.id_place = { MD_WORD("CASE WHEN "), MD_WORD("::text COLLATE \"C\" = ANY("),
	              MD_WORD("::text[]) THEN NULL ELSE array_position("), MD_WORD(", NULLIF("),
	              MD_WORD(", NULL)) END") },
	.least = { MD_WORD("min("), MD_WORD(")") },
	.greatest = { MD_WORD("max("), MD_WORD(")") },
	.sum = { EXACT_SUM, EXACT_SUM, MD_WORD("sum(" MD_COLUMN "::double precision)") },
	.avg = { EXACT_AVG, EXACT_AVG, MD_WORD("sum(" MD_COLUMN "::double precision) / count(" MD_COLUMN ")") },
	.date_bucket = { [MD_YEAR] = BUCKET("year", "::date"), [MD_QUARTER] = BUCKET("quarter", "::date"),
	                [MD_MONTH] = BUCKET("month", "::date"),
		         [MD_WEEK] = BUCKET("week", "::date") },
	.timestamp_bucket = { [MD_YEAR] = BUCKET("year", ""), [MD_QUARTER] = BUCKET("quarter", ""),
	                     [MD_MONTH] = BUCKET("month", ""), [MD_WEEK] = BUCKET("week", ""),
		              [MD_DAY] = BUCKET("day", ""), [MD_HOUR] = BUCKET("hour", ""),
		              [MD_MINUTE] = BUCKET("minute", "") },
	.param = write_param,
};
