/* SQLite. Decimals are text: a collation that the driver registers compares them exactly, whatever
 * their digits, and stands after the column, which is the side whose collation counts. Lists are
 * JSON. LIKE minds case by a setting of the driver's sessions. An array that is no JSON, which
 * json_each raises an error on, has no elements: no row may cause an error. */
#include "dialects/dialect.h"

#include "base/sqlite_names.h"

#define AS_DECIMAL { .after = MD_WORD(" COLLATE " MD_SQLITE_DECIMAL) }

#define PLAIN "CAST(" MD_COLUMN " AS TEXT) COLLATE " MD_SQLITE_DECIMAL
#define WHERE_KNOWN(test) "CASE WHEN " MD_COLUMN " IS NOT NULL THEN " test " END"
#define ELEMENTS "json_each(CASE WHEN json_valid(" MD_COLUMN ") THEN " MD_COLUMN " END)"
#define WANTED "EXISTS (SELECT 1 FROM json_each(" MD_FIRST ") AS v WHERE " MD_ELEMENT "v.value" MD_ELEMENT_END
#define PRESENT " IN (SELECT " MD_ELEMENT "e.value" MD_ELEMENT_END " FROM " ELEMENTS " AS e WHERE e.value IS NOT NULL))"
#define SOME "EXISTS (SELECT 1 FROM " ELEMENTS ")"

#define EXACT_SUM MD_WORD(MD_SQLITE_SUM "(" MD_COLUMN ")")
#define EXACT_AVG MD_WORD(MD_SQLITE_AVG "(" MD_COLUMN ")")

/* Dates and moments are canonical text: what is before a bucket's end is cut off, so that no
 * fraction of a second is ever rounded. */
#define MIDNIGHT "T00:00:00.000000Z"
#define CUT(n, end) MD_WORD("(substr(" MD_COLUMN ", 1, " n ") || '" end "')")
#define QUARTER(end) \
	MD_WORD("(substr(" MD_COLUMN ", 1, 5) || printf('%02d', (substr(" MD_COLUMN \
	        ", 6, 2) + 2) / 3 * 3 - 2) || '-01" end "')")
/* The first Monday after six days before is the last one up to the day itself. */
#define WEEK(end) MD_WORD("strftime('%Y-%m-%d" end "', substr(" MD_COLUMN ", 1, 10), '-6 days', 'weekday 1')")

static void write_param(struct md_buf *b, uint32_t number, const struct md_value *v)
{
	(void)v;
	md_buf_char(b, '?');
	md_buf_int(b, number);
}

/* ---- forms of columns ---- */

enum { LITE_FORM_DECIMAL = MD_FORM_OWN, LITE_FORMS };

static const struct md_sql_form forms[LITE_FORMS] = {
	[LITE_FORM_DECIMAL] = { .column = { [MD_PLACE_EQUAL] = AS_DECIMAL, [MD_PLACE_LIST] = AS_DECIMAL,
	                               [MD_PLACE_RANGE] = AS_DECIMAL, [MD_PLACE_ORDER] = AS_DECIMAL,
	                               [MD_PLACE_GROUP] = AS_DECIMAL, [MD_PLACE_LEAST] = AS_DECIMAL,
	                               [MD_PLACE_SORTED] = AS_DECIMAL } },
};

static const uint8_t form_of[MD_TYPES][MD_FAMILIES] = {
	[MD_STRING] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_INT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_BIGINT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_FLOAT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_DECIMAL] = { [MD_REAL_UNKNOWN] = LITE_FORM_DECIMAL },
	[MD_BOOLEAN] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_UUID] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_DATE] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_TIMESTAMP] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_TIME] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_JSON] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_BYTES] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
};

const struct md_dialect md_dialect_sqlite = {
	.name = MD_WORD("sqlite"),
	.facts = { .names_schema = true, .unordered_shows_values = true },
	.quote = '"',
	.escape = '"',
	.row_comparison = true,
	.no = MD_WORD("0"),
	.yes = MD_WORD("1"),
	.in = { MD_WORD(" IN (SELECT value FROM json_each("), MD_WORD("))") },
	.not_in = { MD_WORD(" NOT IN (SELECT value FROM json_each("), MD_WORD("))") },
	.like_end = MD_WORD(" ESCAPE '\\'"),
	.forms = forms,
	.form_of = { [MD_SQLITE] = form_of },
	.derived = {
		[MD_STRING] = MD_FORM_PLAIN, [MD_INT] = MD_FORM_PLAIN, [MD_BIGINT] = MD_FORM_PLAIN,
		[MD_FLOAT] = MD_FORM_PLAIN, [MD_DECIMAL] = LITE_FORM_DECIMAL, [MD_BOOLEAN] = MD_FORM_PLAIN,
		[MD_UUID] = MD_FORM_PLAIN, [MD_DATE] = MD_FORM_PLAIN, [MD_TIMESTAMP] = MD_FORM_PLAIN,
		[MD_TIME] = MD_FORM_PLAIN, [MD_JSON] = MD_FORM_PLAIN, [MD_BYTES] = MD_FORM_PLAIN,
	},
	.like_bytes = 50000, /* SQLITE_MAX_LIKE_PATTERN_LENGTH */
	.like_mistakes = MD_WORD("\xef\xbf"), /* U+FFFE and U+FFFF are U+FFFD to SQLite's LIKE */
	.op = {
		[MD_OP_LIKE] = MD_WORD(MD_SQLITE_LIKE "(" MD_COLUMN ", " MD_FIRST ")"),
		[MD_OP_NOT_LIKE] = MD_WORD("NOT " MD_SQLITE_LIKE "(" MD_COLUMN ", " MD_FIRST ")"),
		[MD_OP_ILIKE] = MD_WORD(MD_SQLITE_ILIKE "(" MD_COLUMN ", " MD_FIRST ")"),
		[MD_OP_NOT_ILIKE] = MD_WORD("NOT " MD_SQLITE_ILIKE "(" MD_COLUMN ", " MD_FIRST ")"),
		[MD_OP_LEVENSHTEIN] = MD_WORD(MD_SQLITE_DISTANCE "(" MD_COLUMN ", " MD_FIRST ") <= " MD_SECOND),
		[MD_OP_ARRAY_CONTAINS_ALL] = MD_WORD(WHERE_KNOWN("NOT " WANTED " NOT" PRESENT)),
		[MD_OP_ARRAY_CONTAINS_ANY] = MD_WORD(WHERE_KNOWN(WANTED PRESENT)),
		[MD_OP_ARRAY_IS_EMPTY] = MD_WORD(WHERE_KNOWN("NOT " SOME)),
		[MD_OP_ARRAY_IS_NOT_EMPTY] = MD_WORD(WHERE_KNOWN(SOME)),
	},
	.element = { [MD_DECIMAL] = { MD_WORD("CAST("), MD_WORD(" AS TEXT) COLLATE " MD_SQLITE_DECIMAL) } },
	.whole = { [MD_INT] = MD_WORD(PLAIN), [MD_BIGINT] = MD_WORD(PLAIN), [MD_DECIMAL] = MD_WORD(PLAIN),
	           [MD_FLOAT] = MD_WORD(MD_SQLITE_PLAIN "(" MD_COLUMN ") COLLATE " MD_SQLITE_DECIMAL) },
	.first_moment = MD_WORD(MD_COLUMN " || 'T00:00:00.000000Z'"),
	.distinct_count = { MD_WORD("count(DISTINCT "), MD_WORD(")") },
	.least = { MD_WORD("min("), MD_WORD(")") },
	.greatest = { MD_WORD("max("), MD_WORD(")") },
	.sum = { EXACT_SUM, EXACT_SUM, MD_WORD(MD_SQLITE_FLOAT_SUM "(" MD_COLUMN ")") },
	.avg = { EXACT_AVG, EXACT_AVG, MD_WORD(MD_SQLITE_FLOAT_AVG "(" MD_COLUMN ")") },
	.date_bucket = { [MD_YEAR] = CUT("4", "-01-01"), [MD_QUARTER] = QUARTER(""), [MD_MONTH] = CUT("7", "-01"),
	                [MD_WEEK] = WEEK("") },
	.timestamp_bucket = { [MD_YEAR] = CUT("4", "-01-01" MIDNIGHT), [MD_QUARTER] = QUARTER(MIDNIGHT),
	                     [MD_MONTH] = CUT("7", "-01" MIDNIGHT), [MD_WEEK] = WEEK(MIDNIGHT),
		              [MD_DAY] = CUT("10", MIDNIGHT), [MD_HOUR] = CUT("13", ":00:00.000000Z"),
		              [MD_MINUTE] = CUT("16", ":00.000000Z") },
	.param = write_param,
};
