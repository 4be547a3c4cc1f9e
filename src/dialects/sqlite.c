/* SQLite. A column's type says little of what its rows hold: every row has a storage class of its
 * own, and dates, moments and uuids are whatever text, number or bytes a program wrote. A
 * comparison therefore goes by the canonical value, which functions of the driver make
 * (md_value_TYPE, drivers/sqlite/values.c), or is guarded against values of other types. In a
 * filter the column itself stands where an index can serve it. Texts are equal under the column's
 * own collation, which is the left side's, and ordered by code point. Decimals are text: a
 * collation compares them exactly. Lists are JSON. LIKE minds case by a setting of the driver's
 * sessions. An array that is no JSON, which json_each raises an error on, has no elements: no row
 * may cause an error. */
#include "dialects/dialect.h"

#include "base/sqlite_names.h"

#define PLAIN(number) "CAST(" number " AS TEXT) COLLATE " MD_SQLITE_DECIMAL
#define WHERE_KNOWN(test) "CASE WHEN " MD_COLUMN " IS NOT NULL THEN " test " END"
#define ELEMENTS "json_each(CASE WHEN json_valid(" MD_COLUMN ") THEN " MD_COLUMN " END)"
#define WANTED "EXISTS (SELECT 1 FROM json_each(" MD_FIRST ") AS v WHERE " MD_ELEMENT "v.value" MD_ELEMENT_END
#define PRESENT " IN (SELECT " MD_ELEMENT "e.value" MD_ELEMENT_END " FROM " ELEMENTS " AS e WHERE e.value IS NOT NULL))"
#define SOME "EXISTS (SELECT 1 FROM " ELEMENTS ")"

#define EXACT_SUM MD_WORD(MD_SQLITE_SUM "(" MD_COLUMN ")")
#define EXACT_AVG MD_WORD(MD_SQLITE_AVG "(" MD_COLUMN ")")

/* Dates and moments are canonical text: what is before a bucket's end is cut off, so that no
 * fraction of a second is ever rounded. */
#define FRACTION ".000000000000Z"
#define MIDNIGHT "T00:00:00" FRACTION
#define CUT(n, end) MD_WORD("(substr(" MD_COLUMN ", 1, " n ") || '" end "')")
#define QUARTER(end) \
	MD_WORD("(substr(" MD_COLUMN ", 1, 5) || printf('%02d', (substr(" MD_COLUMN \
	        ", 6, 2) + 2) / 3 * 3 - 2) || '-01" end "')")
/* The first Monday after six days before is the last one up to the day itself. */
#define WEEK(end) MD_WORD("strftime('%Y-%m-%d" end "', substr(" MD_COLUMN ", 1, 10), '-6 days', 'weekday 1')")

static void write_param(struct md_buf *b, uint32_t number, const struct md_value *v)
{
	(void)v;
	md_buf_numbered(b, '?', number);
}

/* ---- words and templates of forms ---- */

#define VALUE(type) { MD_WORD(MD_SQLITE_VALUE(type) "("), MD_WORD(")") }
/* A function's value has no collation: that of a column on its right would decide. */
#define ANY_TEXT_VALUE { MD_WORD(MD_SQLITE_VALUE("any_text") "("), MD_WORD(") COLLATE BINARY") }
#define SHOWN(type) { MD_WORD(MD_SQLITE_SHOWN(type) "("), MD_WORD(")") }
#define COLLATED(name) { .after = MD_WORD(" COLLATE " name) }
#define DECIMAL_VALUE { MD_WORD(MD_SQLITE_VALUE("decimal") "("), MD_WORD(") COLLATE " MD_SQLITE_DECIMAL) }
#define SHOWN_DECIMAL { MD_WORD(MD_SQLITE_SHOWN("decimal") "("), MD_WORD(") COLLATE " MD_SQLITE_DECIMAL) }

#define OF_TYPE(type) MD_SQLITE_VALUE(type) "(" MD_COLUMN ") IS NOT NULL"
#define IS_TEXT "typeof(" MD_COLUMN ") = 'text'"
#define IS_BLOB "typeof(" MD_COLUMN ") = 'blob'"
#define LIST "(SELECT value FROM json_each(" MD_FIRST "))"
#define FILTER(test, guard) MD_WORD("(" test " AND " guard ")")
#define EXACT(test, guard) MD_WORD("CASE WHEN " guard " THEN " test " END")

/* A row may hold a value of another type, which compares with those of the column's type: the
 * guard leaves it out. `column` is the column as ranges compare it. */
#define RANGES(how, column, guard) \
	[MD_OP_GT] = how(column " > " MD_FIRST, guard), [MD_OP_LT] = how(column " < " MD_FIRST, guard), \
	[MD_OP_GE] = how(column " >= " MD_FIRST, guard), [MD_OP_LE] = how(column " <= " MD_FIRST, guard), \
	[MD_OP_BETWEEN] = how(column " BETWEEN " MD_FIRST " AND " MD_SECOND, guard), \
	[MD_OP_NOT_BETWEEN] = how(column " NOT BETWEEN " MD_FIRST " AND " MD_SECOND, guard)
#define DIFFERENCES(how, guard) \
	[MD_OP_NE] = how(MD_COLUMN " <> " MD_FIRST, guard), \
	[MD_OP_NOT_IN] = how(MD_COLUMN " NOT IN " LIST, guard)
#define EQUALITIES(how, guard) \
	[MD_OP_EQ] = how(MD_COLUMN " = " MD_FIRST, guard), [MD_OP_IN] = how(MD_COLUMN " IN " LIST, guard)

/* Affinity makes a text equal to a number, in a column whose type does not fit the declared one. */
#define IS_NO_TEXT "typeof(" MD_COLUMN ") <> 'text'"
#define GUARDED_FILTER(column, equal, guard) \
	EQUALITIES(FILTER, equal), DIFFERENCES(FILTER, guard), RANGES(FILTER, column, guard)
#define GUARDED(column, guard) EQUALITIES(EXACT, guard), DIFFERENCES(EXACT, guard), RANGES(EXACT, column, guard)
/* LIKE on the column itself can use an index for the beginning of a pattern. */
#define LIKE_FILTER [MD_OP_LIKE] = FILTER(MD_COLUMN " LIKE " MD_FIRST " ESCAPE '\\'", IS_TEXT)

static const struct md_str string_filter[MD_OPS] = { GUARDED_FILTER(MD_COLUMN " COLLATE BINARY", IS_TEXT, IS_TEXT),
	                                             LIKE_FILTER };
static const struct md_str string_exact[MD_OPS] = { GUARDED(MD_COLUMN " COLLATE BINARY", IS_TEXT) };
static const struct md_str text_filter[MD_OPS] = { GUARDED_FILTER(MD_COLUMN, IS_TEXT, IS_TEXT), LIKE_FILTER };
static const struct md_str text_exact[MD_OPS] = { GUARDED(MD_COLUMN, IS_TEXT) };
static const struct md_str int_filter[MD_OPS] = { GUARDED_FILTER(MD_COLUMN, IS_NO_TEXT, OF_TYPE("int")) };
static const struct md_str int_exact[MD_OPS] = { GUARDED(MD_COLUMN, OF_TYPE("int")) };
static const struct md_str bigint_filter[MD_OPS] = { GUARDED_FILTER(MD_COLUMN, IS_NO_TEXT, OF_TYPE("bigint")) };
static const struct md_str bigint_exact[MD_OPS] = { GUARDED(MD_COLUMN, OF_TYPE("bigint")) };
static const struct md_str float_filter[MD_OPS] = { GUARDED_FILTER(MD_COLUMN, IS_NO_TEXT, OF_TYPE("float")) };
static const struct md_str float_exact[MD_OPS] = { GUARDED(MD_COLUMN, OF_TYPE("float")) };
static const struct md_str date_filter[MD_OPS] = { GUARDED_FILTER(MD_COLUMN, OF_TYPE("date"), OF_TYPE("date")) };
static const struct md_str date_exact[MD_OPS] = { GUARDED(MD_COLUMN, OF_TYPE("date")) };
static const struct md_str bytes_filter[MD_OPS] = { GUARDED_FILTER(MD_COLUMN, IS_BLOB, IS_BLOB) };
static const struct md_str bytes_exact[MD_OPS] = { GUARDED(MD_COLUMN, IS_BLOB) };

/* The text of a uuid is in small or in capital letters, never in both (drivers/sqlite/stored.c).
 * The driver binds a list with both. */
static const struct md_str uuid_filter[MD_OPS] = {
	[MD_OP_EQ] = MD_WORD(MD_COLUMN " COLLATE BINARY IN (" MD_FIRST ", upper(" MD_FIRST_AGAIN "))"),
	[MD_OP_IN] = MD_WORD(MD_COLUMN " COLLATE BINARY IN " LIST),
};

static const struct md_str blob_uuid_filter[MD_OPS] = {
	[MD_OP_EQ] = MD_WORD(MD_COLUMN " = " MD_SQLITE_UUID_BYTES "(" MD_FIRST ")"),
	[MD_OP_IN] = MD_WORD(MD_COLUMN " IN (SELECT " MD_SQLITE_UUID_BYTES "(value) FROM json_each(" MD_FIRST "))"),
};

static const struct md_str boolean_filter[MD_OPS] = {
	[MD_OP_EQ] = MD_WORD(MD_COLUMN " IN (" MD_FIRST ", CASE " MD_FIRST_AGAIN
	                     " WHEN 1 THEN 'true' ELSE 'false' END)"),
};

/* Moments whose text is not canonical: the text begins with a date, which an offset from UTC can
 * move by one day. The bounds around that date can use an index. */
#define DAY_BEFORE(param) "strftime('%Y-%m-%d', substr(" param ", 1, 10), '-1 day')"
#define BEHIND(param) "coalesce(strftime('%Y-%m-%d', substr(" param ", 1, 10), '+2 days'), ':')"
#define SECOND_OF(param) "strftime('%s', substr(" param ", 1, 19))"

#define NEAR(from, to, value) \
	[MD_OP_EQ] = MD_WORD("(" MD_COLUMN " BETWEEN " from(MD_FIRST) " AND " to(MD_FIRST_AGAIN) " AND " \
	                     MD_SQLITE_VALUE(value) "(" MD_COLUMN ") = " MD_FIRST_AGAIN ")"), \
	[MD_OP_GT] = MD_WORD("(" MD_COLUMN " >= " from(MD_FIRST) " AND " \
	                     MD_SQLITE_VALUE(value) "(" MD_COLUMN ") > " MD_FIRST_AGAIN ")"), \
	[MD_OP_GE] = MD_WORD("(" MD_COLUMN " >= " from(MD_FIRST) " AND " \
	                     MD_SQLITE_VALUE(value) "(" MD_COLUMN ") >= " MD_FIRST_AGAIN ")"), \
	[MD_OP_LT] = MD_WORD("(" MD_COLUMN " <= " to(MD_FIRST) " AND " \
	                     MD_SQLITE_VALUE(value) "(" MD_COLUMN ") < " MD_FIRST_AGAIN ")"), \
	[MD_OP_LE] = MD_WORD("(" MD_COLUMN " <= " to(MD_FIRST) " AND " \
	                     MD_SQLITE_VALUE(value) "(" MD_COLUMN ") <= " MD_FIRST_AGAIN ")"), \
	[MD_OP_BETWEEN] = MD_WORD("(" MD_COLUMN " BETWEEN " from(MD_FIRST) " AND " to(MD_SECOND) " AND " \
	                          MD_SQLITE_VALUE(value) "(" MD_COLUMN ") BETWEEN " MD_FIRST_AGAIN " AND " \
	                          MD_SECOND_AGAIN ")")
#define SECOND_BEFORE(param) SECOND_OF(param) " - 1"
#define SECOND_BEHIND(param) SECOND_OF(param) " + 1"
#define MILLISECOND_BEFORE(param) "(" SECOND_OF(param) " - 1) * 1000"
#define MILLISECOND_BEHIND(param) "(" SECOND_OF(param) " + 1) * 1000"

static const struct md_str timestamp_filter[MD_OPS] = { NEAR(DAY_BEFORE, BEHIND, "timestamp") };
static const struct md_str moment_date_filter[MD_OPS] = { NEAR(DAY_BEFORE, BEHIND, "moment_date") };
static const struct md_str epoch_s_filter[MD_OPS] = { NEAR(SECOND_BEFORE, SECOND_BEHIND, "epoch_s") };
static const struct md_str epoch_ms_filter[MD_OPS] = { NEAR(MILLISECOND_BEFORE, MILLISECOND_BEHIND, "epoch_ms") };
static const struct md_str epoch_s_date_filter[MD_OPS] = { NEAR(SECOND_BEFORE, SECOND_BEHIND, "epoch_s_date") };
static const struct md_str epoch_ms_date_filter[MD_OPS] = {
	NEAR(MILLISECOND_BEFORE, MILLISECOND_BEHIND, "epoch_ms_date")
};

/* ---- forms of columns ---- */

enum {
	LITE_FORM_STRING = MD_FORM_OWN, /* text under any collation */
	LITE_FORM_TEXT,                 /* text that is compared byte for byte */
	LITE_FORM_NOCASE,
	LITE_FORM_RTRIM,
	LITE_FORM_ANY_TEXT,             /* numbers too, as text */
	LITE_FORM_INT,
	LITE_FORM_BIGINT,
	LITE_FORM_FLOAT,
	LITE_FORM_DECIMAL,
	LITE_FORM_COLLATED_DECIMAL,     /* what is calculated */
	LITE_FORM_BOOLEAN,
	LITE_FORM_UUID,
	LITE_FORM_BLOB_UUID,            /* 16 bytes */
	LITE_FORM_DATE,
	LITE_FORM_MOMENT_DATE,
	LITE_FORM_EPOCH_S_DATE,
	LITE_FORM_EPOCH_MS_DATE,
	LITE_FORM_TIMESTAMP,
	LITE_FORM_EPOCH_S,
	LITE_FORM_EPOCH_MS,
	LITE_FORM_TIME,
	LITE_FORM_ENUM,
	LITE_FORM_JSON,
	LITE_FORM_BYTES,
	LITE_FORMS
};

/* The same value may be stored in several ways: a function makes the canonical one of each. Keys
 * whose values differ are also stored differently. */
#define IN_PLACES(type) [MD_PLACE_EQUAL] = VALUE(type), IN_PLACES_BUT_EQUAL(type)
#define IN_PLACES_BUT_EQUAL(type) \
	[MD_PLACE_LIST] = VALUE(type), [MD_PLACE_RANGE] = VALUE(type), \
	[MD_PLACE_ORDER] = VALUE(type), [MD_PLACE_TIE] = COLLATED("BINARY"), [MD_PLACE_GROUP] = SHOWN(type), \
	[MD_PLACE_LEAST] = VALUE(type), [MD_PLACE_NUMBER] = VALUE(type)
#define BY_VALUE(type) .column = { IN_PLACES(type) }, .takes_bare_values = true
/* The driver cannot read the column without the function. */
#define BY_VALUE_ALONE(type) \
	.column = { IN_PLACES(type), [MD_PLACE_OUTPUT] = SHOWN(type), [MD_PLACE_MATCH] = VALUE(type) }, \
	.takes_bare_values = true
#define ORDERED_BY_CODE_POINT \
	[MD_PLACE_RANGE] = COLLATED("BINARY"), [MD_PLACE_ORDER] = COLLATED("BINARY"), \
	[MD_PLACE_LEAST] = COLLATED("BINARY"), [MD_PLACE_SORTED] = COLLATED("BINARY"), \
	[MD_PLACE_MATCH] = VALUE("string")
#define EQUAL_UNDER(name) \
	[MD_PLACE_EQUAL] = COLLATED(name), [MD_PLACE_LIST] = COLLATED(name), [MD_PLACE_GROUP] = COLLATED(name), \
	ORDERED_BY_CODE_POINT

static const struct md_sql_form forms[LITE_FORMS] = {
	[LITE_FORM_STRING] = { .column = { ORDERED_BY_CODE_POINT }, .has_own_equality = true,
	                       .filter = string_filter, .exact = string_exact },
	[LITE_FORM_TEXT] = { .column = { [MD_PLACE_MATCH] = VALUE("string") },
	                     .filter = text_filter, .exact = text_exact },
	[LITE_FORM_NOCASE] = { .column = { EQUAL_UNDER("NOCASE") }, .has_own_equality = true,
	                       .filter = string_filter, .exact = string_exact },
	[LITE_FORM_RTRIM] = { .column = { EQUAL_UNDER("RTRIM") }, .has_own_equality = true,
	                       .filter = string_filter, .exact = string_exact },
	[LITE_FORM_ANY_TEXT] = { .column = { [MD_PLACE_EQUAL] = ANY_TEXT_VALUE, IN_PLACES_BUT_EQUAL("any_text"),
	                                     [MD_PLACE_OUTPUT] = SHOWN("any_text"),
	                                     [MD_PLACE_MATCH] = VALUE("any_text") },
	                         .takes_bare_values = true },
	[LITE_FORM_INT] = { .column = { [MD_PLACE_RANGE] = VALUE("int") }, .filter = int_filter, .exact = int_exact },
	[LITE_FORM_BIGINT] = { .column = { [MD_PLACE_RANGE] = VALUE("bigint") },
	                       .filter = bigint_filter, .exact = bigint_exact },
	[LITE_FORM_FLOAT] = { .column = { [MD_PLACE_RANGE] = VALUE("float") },
	                      .filter = float_filter, .exact = float_exact },
	[LITE_FORM_DECIMAL] = { .column = { [MD_PLACE_EQUAL] = DECIMAL_VALUE, [MD_PLACE_LIST] = DECIMAL_VALUE,
	                                    [MD_PLACE_RANGE] = DECIMAL_VALUE, [MD_PLACE_ORDER] = DECIMAL_VALUE,
	                                    [MD_PLACE_TIE] = COLLATED("BINARY"),
	                                    [MD_PLACE_GROUP] = SHOWN_DECIMAL, [MD_PLACE_LEAST] = DECIMAL_VALUE,
	                                    [MD_PLACE_SORTED] = COLLATED(MD_SQLITE_DECIMAL),
	                                    [MD_PLACE_NUMBER] = VALUE("decimal"),
	                                    [MD_PLACE_ADDED] = SHOWN("decimal") },
	                        .takes_bare_values = true },
	[LITE_FORM_COLLATED_DECIMAL] = { .column = { [MD_PLACE_EQUAL] = COLLATED(MD_SQLITE_DECIMAL),
	                                             [MD_PLACE_LIST] = COLLATED(MD_SQLITE_DECIMAL),
	                                             [MD_PLACE_RANGE] = COLLATED(MD_SQLITE_DECIMAL),
	                                             [MD_PLACE_ORDER] = COLLATED(MD_SQLITE_DECIMAL),
	                                             [MD_PLACE_GROUP] = COLLATED(MD_SQLITE_DECIMAL),
	                                             [MD_PLACE_LEAST] = COLLATED(MD_SQLITE_DECIMAL),
	                                             [MD_PLACE_SORTED] = COLLATED(MD_SQLITE_DECIMAL) } },
	[LITE_FORM_BOOLEAN] = { BY_VALUE("boolean"), .filter = boolean_filter },
	[LITE_FORM_UUID] = { BY_VALUE("uuid"), .filter = uuid_filter,
	                     .joined = MD_WORD(MD_COLUMN " COLLATE BINARY IN (" MD_FIRST ", upper(" MD_FIRST "))") },
	[LITE_FORM_BLOB_UUID] = { BY_VALUE_ALONE("blob_uuid"), .filter = blob_uuid_filter,
	                          .joined = MD_WORD(MD_COLUMN " = " MD_SQLITE_UUID_BYTES "(" MD_FIRST ")") },
	[LITE_FORM_DATE] = { .column = { [MD_PLACE_RANGE] = VALUE("date") },
	                     .filter = date_filter, .exact = date_exact },
	[LITE_FORM_MOMENT_DATE] = { BY_VALUE_ALONE("moment_date"), .filter = moment_date_filter },
	[LITE_FORM_EPOCH_S_DATE] = { BY_VALUE_ALONE("epoch_s_date"), .filter = epoch_s_date_filter },
	[LITE_FORM_EPOCH_MS_DATE] = { BY_VALUE_ALONE("epoch_ms_date"), .filter = epoch_ms_date_filter },
	[LITE_FORM_TIMESTAMP] = { BY_VALUE("timestamp"), .filter = timestamp_filter },
	[LITE_FORM_EPOCH_S] = { BY_VALUE_ALONE("epoch_s"), .filter = epoch_s_filter },
	[LITE_FORM_EPOCH_MS] = { BY_VALUE_ALONE("epoch_ms"), .filter = epoch_ms_filter },
	[LITE_FORM_TIME] = { BY_VALUE("time") },
	[LITE_FORM_ENUM] = { .column = { [MD_PLACE_TIE] = COLLATED("BINARY") } },
	[LITE_FORM_JSON] = { .column = { [MD_PLACE_GROUP] = SHOWN("json") } },
	[LITE_FORM_BYTES] = { .filter = bytes_filter, .exact = bytes_exact },
};

/* A real type that a row lacks here is not read as the declared type: MD_FORM_NONE. NUMERIC is the
 * affinity of every type name that SQLite does not know, such as DATETIME: any value may stand
 * there. */
static const uint8_t form_of[MD_TYPES][MD_FAMILIES] = {
	[MD_STRING] = { [MD_REAL_UNKNOWN] = LITE_FORM_STRING, [MD_REAL_TEXT] = LITE_FORM_TEXT,
	                [MD_REAL_TEXT_NOCASE] = LITE_FORM_NOCASE, [MD_REAL_TEXT_RTRIM] = LITE_FORM_RTRIM,
	                [MD_REAL_TEXT_ISO] = LITE_FORM_TEXT, [MD_REAL_TEXT_SQLITE] = LITE_FORM_TEXT,
	                [MD_REAL_INT64] = LITE_FORM_ANY_TEXT, [MD_REAL_FLOAT64] = LITE_FORM_ANY_TEXT,
	                [MD_REAL_NUMERIC] = LITE_FORM_ANY_TEXT },
	[MD_INT] = { [MD_REAL_UNKNOWN] = LITE_FORM_INT, [MD_REAL_INT64] = LITE_FORM_INT,
	             [MD_REAL_FLOAT64] = LITE_FORM_INT, [MD_REAL_NUMERIC] = LITE_FORM_INT,
	             [MD_REAL_EPOCH_S] = LITE_FORM_INT },
	[MD_BIGINT] = { [MD_REAL_UNKNOWN] = LITE_FORM_BIGINT, [MD_REAL_INT64] = LITE_FORM_BIGINT,
	                [MD_REAL_FLOAT64] = LITE_FORM_BIGINT, [MD_REAL_NUMERIC] = LITE_FORM_BIGINT,
	                [MD_REAL_EPOCH_S] = LITE_FORM_BIGINT, [MD_REAL_EPOCH_MS] = LITE_FORM_BIGINT },
	[MD_FLOAT] = { [MD_REAL_UNKNOWN] = LITE_FORM_FLOAT, [MD_REAL_INT64] = LITE_FORM_FLOAT,
	               [MD_REAL_FLOAT64] = LITE_FORM_FLOAT, [MD_REAL_NUMERIC] = LITE_FORM_FLOAT },
	[MD_DECIMAL] = { [MD_REAL_UNKNOWN] = LITE_FORM_DECIMAL, [MD_REAL_INT64] = LITE_FORM_DECIMAL,
	                 [MD_REAL_FLOAT64] = LITE_FORM_DECIMAL, [MD_REAL_NUMERIC] = LITE_FORM_DECIMAL,
	                 [MD_REAL_TEXT] = LITE_FORM_DECIMAL },
	[MD_BOOLEAN] = { [MD_REAL_UNKNOWN] = LITE_FORM_BOOLEAN, [MD_REAL_INT64] = LITE_FORM_BOOLEAN,
	                 [MD_REAL_NUMERIC] = LITE_FORM_BOOLEAN, [MD_REAL_TEXT] = LITE_FORM_BOOLEAN },
	[MD_UUID] = { [MD_REAL_UNKNOWN] = LITE_FORM_UUID, [MD_REAL_TEXT] = LITE_FORM_UUID,
	              [MD_REAL_TEXT_NOCASE] = LITE_FORM_UUID, [MD_REAL_NUMERIC] = LITE_FORM_UUID,
	              [MD_REAL_BYTES] = LITE_FORM_BLOB_UUID },
	[MD_DATE] = { [MD_REAL_UNKNOWN] = LITE_FORM_DATE, [MD_REAL_TEXT] = LITE_FORM_DATE,
	              [MD_REAL_NUMERIC] = LITE_FORM_DATE, [MD_REAL_TEXT_ISO] = LITE_FORM_MOMENT_DATE,
	              [MD_REAL_TEXT_SQLITE] = LITE_FORM_MOMENT_DATE, [MD_REAL_EPOCH_S] = LITE_FORM_EPOCH_S_DATE,
	              [MD_REAL_EPOCH_MS] = LITE_FORM_EPOCH_MS_DATE },
	[MD_TIMESTAMP] = { [MD_REAL_UNKNOWN] = LITE_FORM_TIMESTAMP, [MD_REAL_TEXT] = LITE_FORM_TIMESTAMP,
	                   [MD_REAL_NUMERIC] = LITE_FORM_TIMESTAMP, [MD_REAL_TEXT_ISO] = LITE_FORM_TIMESTAMP,
	                   [MD_REAL_TEXT_SQLITE] = LITE_FORM_TIMESTAMP, [MD_REAL_EPOCH_S] = LITE_FORM_EPOCH_S,
	                   [MD_REAL_EPOCH_MS] = LITE_FORM_EPOCH_MS },
	[MD_TIME] = { [MD_REAL_UNKNOWN] = LITE_FORM_TIME, [MD_REAL_TEXT] = LITE_FORM_TIME,
	              [MD_REAL_NUMERIC] = LITE_FORM_TIME },
	[MD_ENUM] = { [MD_REAL_UNKNOWN] = LITE_FORM_ENUM, [MD_REAL_TEXT] = LITE_FORM_ENUM,
	              [MD_REAL_NUMERIC] = LITE_FORM_ENUM },
	[MD_JSON] = { [MD_REAL_UNKNOWN] = LITE_FORM_JSON, [MD_REAL_TEXT] = LITE_FORM_JSON,
	              [MD_REAL_NUMERIC] = LITE_FORM_JSON },
	[MD_BYTES] = { [MD_REAL_UNKNOWN] = LITE_FORM_BYTES, [MD_REAL_BYTES] = LITE_FORM_BYTES,
	               [MD_REAL_NUMERIC] = LITE_FORM_BYTES },
};

const struct md_dialect md_dialect_sqlite = {
	.name = MD_WORD("sqlite"),
	.facts = { .names_schema = true, .unordered_shows_values = true, .tells_id_place = true,
	           .chooses_related = true },
	.quote = '"',
	.escape = '"',
	.row_comparison = true,
	.left_decides = true,
	.no = MD_WORD("0"),
	.yes = MD_WORD("1"),
	.in = { MD_WORD(" IN (SELECT value FROM json_each("), MD_WORD("))") },
	.not_in = { MD_WORD(" NOT IN (SELECT value FROM json_each("), MD_WORD("))") },
	.like_end = MD_WORD(" ESCAPE '\\'"),
	.sorted = MD_WORD("+"),
	/* the column stands left, so that its collation decides */
	.id_place = { MD_WORD("CASE WHEN "), MD_WORD(" COLLATE BINARY IN (SELECT value FROM json_each("),
	              MD_WORD(")) THEN NULL ELSE (SELECT min(j.key) + 1 FROM json_each("), MD_WORD(") AS j WHERE "),
	              MD_WORD(" = j.value) END") },
	.forms = forms,
	.form_of = { [MD_SQLITE] = form_of },
	.derived = {
		[MD_STRING] = MD_FORM_PLAIN, [MD_INT] = MD_FORM_PLAIN, [MD_BIGINT] = MD_FORM_PLAIN,
		[MD_FLOAT] = MD_FORM_PLAIN, [MD_DECIMAL] = LITE_FORM_COLLATED_DECIMAL, [MD_BOOLEAN] = MD_FORM_PLAIN,
		[MD_UUID] = MD_FORM_PLAIN, [MD_DATE] = MD_FORM_PLAIN, [MD_TIMESTAMP] = MD_FORM_PLAIN,
		[MD_TIME] = MD_FORM_PLAIN, [MD_ENUM] = MD_FORM_PLAIN,
		[MD_JSON] = MD_FORM_PLAIN, [MD_BYTES] = MD_FORM_PLAIN,
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
	.element = { [MD_UUID] = VALUE("uuid"), [MD_DATE] = VALUE("date"), [MD_TIMESTAMP] = VALUE("timestamp"),
	             [MD_TIME] = VALUE("time"),
	             [MD_DECIMAL] = { MD_WORD("CAST("), MD_WORD(" AS TEXT) COLLATE " MD_SQLITE_DECIMAL) } },
	.whole = { [MD_INT] = MD_WORD(PLAIN(MD_SQLITE_VALUE("int") "(" MD_COLUMN ")")),
	           [MD_BIGINT] = MD_WORD(PLAIN(MD_SQLITE_VALUE("bigint") "(" MD_COLUMN ")")),
	           [MD_DECIMAL] = MD_WORD(PLAIN(MD_COLUMN)),
	           [MD_FLOAT] = MD_WORD(MD_SQLITE_PLAIN "(" MD_SQLITE_VALUE("float") "(" MD_COLUMN
	                                ")) COLLATE " MD_SQLITE_DECIMAL) },
	.position = MD_WORD("(SELECT v.key + 1 FROM json_each(" MD_FIRST ") AS v WHERE v.value = " MD_COLUMN
	                    " COLLATE BINARY)"),
	.label = MD_WORD("json_extract(" MD_FIRST ", '$[' || (" MD_COLUMN " - 1) || ']')"),
	.first_moment = MD_WORD(MD_SQLITE_VALUE("date") "(" MD_COLUMN ") || '" MIDNIGHT "'"),
	.distinct_count = { MD_WORD("count(DISTINCT "), MD_WORD(")") },
	.least = { MD_WORD("min("), MD_WORD(")") },
	.greatest = { MD_WORD("max("), MD_WORD(")") },
	.sum = { EXACT_SUM, EXACT_SUM, MD_WORD(MD_SQLITE_FLOAT_SUM "(" MD_COLUMN ")") },
	.avg = { EXACT_AVG, EXACT_AVG, MD_WORD(MD_SQLITE_FLOAT_AVG "(" MD_COLUMN ")") },
	.date_bucket = { [MD_YEAR] = CUT("4", "-01-01"), [MD_QUARTER] = QUARTER(""), [MD_MONTH] = CUT("7", "-01"),
	                [MD_WEEK] = WEEK("") },
	.timestamp_bucket = { [MD_YEAR] = CUT("4", "-01-01" MIDNIGHT), [MD_QUARTER] = QUARTER(MIDNIGHT),
	                     [MD_MONTH] = CUT("7", "-01" MIDNIGHT), [MD_WEEK] = WEEK(MIDNIGHT),
		              [MD_DAY] = CUT("10", MIDNIGHT), [MD_HOUR] = CUT("13", ":00:00" FRACTION),
		              [MD_MINUTE] = CUT("16", ":00" FRACTION) },
	.param = write_param,
};
