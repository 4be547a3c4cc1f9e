/* ClickHouse. Every parameter says its type: integers wide, since Int32 wraps; decimals with one of
 * few scales, since plain Decimal drops the fraction and an exact scale would make the text depend
 * on the value. A UUID sorts by its second half first, so it is ordered as text. A left join leaves
 * '' and 0 for missing rows unless told otherwise, and empty arrays in any case. ILIKE folds some
 * letters or not, as the pattern has it; hasAll and hasAny take NULL for the type's default;
 * editDistanceUTF8 counts bytes where one text is empty; Decimals of different scales, and Int64
 * beside a Decimal, overflow silently when compared: all these are written otherwise. */
#include "dialects/dialect.h"

#define FOLD(x) "translateUTF8(lowerUTF8(" x "), '" MD_UNLIKE_LOWER "', '" MD_FOLDED "')"
#define SHORT "lengthUTF8(" MD_COLUMN ") <= " MD_DISTANCE_CHARS
#define LONG "lengthUTF8(" MD_COLUMN ") > " MD_DISTANCE_CHARS /* unknown for NULL: then the column itself follows */
/* NULL for NaN */
#define FLOAT "toDecimal256OrNull(toString(sign(" MD_COLUMN ") * least(greatest(abs(" MD_COLUMN "), 1e-37), 1e38)), 37)"
/* A UInt256 can be larger than every Int256. Its bits are those of a number below zero there, so
 * that whether a number is below zero is compared first. */
#define WHOLE(x) MD_WORD("(" x " > -1, toUInt256(toInt256(" x ")))")

/* ---- comparisons with a value ----
 *
 * accurateCastOrNull(text, toTypeName(column)) is the value as the column's own type has it, which
 * the statement need not know: toTypeName is a constant, so the server calculates all of it once,
 * and the column stands alone beside the result, as a primary index needs it. Nothing is compared
 * with a type that holds fewer digits, and nothing that is calculated from a cell can fail. */

#define TEXT "{" MD_NUMBERED ":String}"
/* least: nothing is cast to LowCardinality, which has no NULL around it */
#define ITS_TYPE "toTypeName(least(" MD_COLUMN ", " MD_COLUMN "))"
#define FITTED "accurateCastOrNull(" TEXT ", " ITS_TYPE ")"
#define FOUND "x" MD_NUMBERED
#define ITEMS "splitByChar(',', substring(" TEXT ", 2, length(" TEXT ") - 2))"
#define FITTED_ITEM "accurateCastOrNull(v, " ITS_TYPE ")"
/* false, and unknown for NULL */
#define NEVER MD_COLUMN " < " FOUND " AND " MD_COLUMN " > " FOUND

/* The cast cuts digits that the column's scale does not have, and whole numbers take no fraction:
 * both are the nearest value in the direction of zero. NULL: the value is out of range. */
#define NEAREST \
	"coalesce(" FITTED ", accurateCastOrNull(substringIndex(" TEXT ", '.', 1), " ITS_TYPE ")) AS " FOUND
#define NEGATIVE "startsWith(" TEXT ", '-')"
#define IS_EXACT "toString(" FOUND ") = " TEXT
/* An if inside another one would not be calculated before the rows are read, and a primary index
 * would not serve it: so two of them, one for the column with the nearest value, one without it. */
#define DECIMAL_RANGE(or_equal, out_of_range, is_strict, near) \
	MD_WORD("(if(isNull(" NEAREST "), " MD_COLUMN " = " MD_COLUMN " AND " out_of_range ", " MD_COLUMN or_equal \
	        FOUND ") AND if(isNotNull(" FOUND ") AND " is_strict "(" IS_EXACT " OR " near "), " MD_COLUMN " <> " \
	        FOUND ", 1))")
#define DECIMAL_EQUAL(equal, otherwise) \
	MD_WORD("if(ifNull(toString(" NEAREST "), '') = " TEXT ", " MD_COLUMN equal FOUND ", " MD_COLUMN otherwise \
	        MD_COLUMN ")")
#define FITTED_ITEMS(is_exact) "(arrayMap(v -> if(" is_exact ", " FITTED_ITEM ", NULL), " ITEMS ")"
/* A primary index serves has(), which searches the list again for each row, and not IN of what is
 * calculated. */
#define IN_FITTED(is_exact) \
	MD_WORD("(indexHint(has(" FITTED_ITEMS(is_exact) ") AS " FOUND ", " MD_COLUMN ")) AND " MD_COLUMN \
	        " IN (" FOUND "))")
#define NOT_IN_FITTED(is_exact) MD_WORD(MD_COLUMN " NOT IN " FITTED_ITEMS(is_exact) ")")
#define IS_EXACT_DECIMAL "toString(" FITTED_ITEM ") = v"

static const struct md_str compare_decimals[MD_OPS] = {
	[MD_OP_EQ] = DECIMAL_EQUAL(" = ", " <> "),
	[MD_OP_NE] = DECIMAL_EQUAL(" <> ", " = "),
	[MD_OP_GT] = DECIMAL_RANGE(" >= ", NEGATIVE, "", "NOT " NEGATIVE),
	[MD_OP_GE] = DECIMAL_RANGE(" >= ", NEGATIVE, "NOT ", NEGATIVE),
	[MD_OP_LT] = DECIMAL_RANGE(" <= ", "NOT " NEGATIVE, "", NEGATIVE),
	[MD_OP_LE] = DECIMAL_RANGE(" <= ", "NOT " NEGATIVE, "NOT ", "NOT " NEGATIVE),
	[MD_OP_IN] = IN_FITTED(IS_EXACT_DECIMAL),
	[MD_OP_NOT_IN] = NOT_IN_FITTED(IS_EXACT_DECIMAL),
};

/* A Float32 is the number that its shortest text shows, as everywhere in an answer: its neighbours
 * are further from that number than the cell itself. */
#define SHOWN(x) "toFloat64(toString(" x "))"
#define FLOAT_VALUE "{" MD_NUMBERED ":Float64}"
/* NULL: what is declared float is a whole number or a decimal, and the value out of its range. */
#define FLOAT_RANGE(op, or_equal, is_strict) \
	MD_WORD("(if(isNull(" NEAREST "), toFloat64(" MD_COLUMN ")" op FLOAT_VALUE ", " MD_COLUMN or_equal FOUND \
	        ") AND if(isNotNull(" FOUND ") AND " SHOWN(FOUND) is_strict FLOAT_VALUE ", " MD_COLUMN " <> " FOUND \
	        ", 1))")
#define FLOAT_EQUAL(op, otherwise) \
	MD_WORD("if(" SHOWN(NEAREST) " = " FLOAT_VALUE ", " MD_COLUMN op FOUND ", if(isNull(" FOUND "), toFloat64(" \
	        MD_COLUMN ")" op FLOAT_VALUE ", " otherwise "))")
#define IS_EXACT_FLOAT SHOWN(FITTED_ITEM) " = toFloat64(v)"

static const struct md_str compare_floats[MD_OPS] = {
	[MD_OP_EQ] = FLOAT_EQUAL(" = ", NEVER),
	[MD_OP_NE] = FLOAT_EQUAL(" <> ", "NOT (" NEVER ")"),
	[MD_OP_GT] = FLOAT_RANGE(" > ", " >= ", " <= "),
	[MD_OP_GE] = FLOAT_RANGE(" >= ", " >= ", " < "),
	[MD_OP_LT] = FLOAT_RANGE(" < ", " <= ", " >= "),
	[MD_OP_LE] = FLOAT_RANGE(" <= ", " <= ", " > "),
	[MD_OP_IN] = IN_FITTED(IS_EXACT_FLOAT),
	[MD_OP_NOT_IN] = NOT_IN_FITTED(IS_EXACT_FLOAT),
};

/* A uuid that is kept as text may be written in capital letters. */
#define ONE(type) "({" MD_NUMBERED ":" type "})"
#define MANY(type) "{" MD_NUMBERED ":Array(" type ")}"
#define UUID_COMPARED(in, how) \
	MD_WORD("if(toTypeName(" MD_COLUMN ") LIKE '%UUID%', " MD_COLUMN in how("UUID") \
	        ", lower(toString(" MD_COLUMN "))" in how("String") ")")

static const struct md_str compare_uuids[MD_OPS] = {
	[MD_OP_EQ] = UUID_COMPARED(" IN ", ONE),
	[MD_OP_NE] = UUID_COMPARED(" NOT IN ", ONE),
	[MD_OP_IN] = UUID_COMPARED(" IN ", MANY),
	[MD_OP_NOT_IN] = UUID_COMPARED(" NOT IN ", MANY),
};

/* A text that is no label is an error beside an enum, and not in a list. */
static const struct md_str compare_labels[MD_OPS] = {
	[MD_OP_EQ] = MD_WORD(MD_COLUMN " IN " ONE("String")),
	[MD_OP_NE] = MD_WORD(MD_COLUMN " NOT IN " ONE("String")),
	[MD_OP_IN] = MD_WORD(MD_COLUMN " IN " MANY("String")),
	[MD_OP_NOT_IN] = MD_WORD(MD_COLUMN " NOT IN " MANY("String")),
};

/* A moment that only raw bytes can hold, hundreds of thousands of years away, overflows in
 * toDateTime64, and not in the difference to another one: it then counts as another moment. The
 * index does not understand the difference. */
#define MICROSECONDS(x) "fromUnixTimestamp64Micro(dateDiff('microsecond', toDateTime64(0, 6, 'UTC'), " x "), 'UTC')"
#define CONVERTED(x) "toTimeZone(toDateTime64(" x ", 6), 'UTC')"
#define MOMENT "{" MD_NUMBERED ":DateTime64(6, 'UTC')}"
#define MOMENT_LIST "({" MD_NUMBERED ":Array(DateTime64(6, 'UTC'))})"
#define COMPARED_MOMENT(op, value) \
	MD_WORD("(" MICROSECONDS(MD_COLUMN) op value " AND indexHint(" CONVERTED(MD_COLUMN) op value "))")

static const struct md_str compare_moments[MD_OPS] = {
	[MD_OP_EQ] = COMPARED_MOMENT(" = ", MOMENT),
	[MD_OP_NE] = MD_WORD(MICROSECONDS(MD_COLUMN) " <> " MOMENT),
	[MD_OP_GT] = COMPARED_MOMENT(" > ", MOMENT),
	[MD_OP_GE] = COMPARED_MOMENT(" >= ", MOMENT),
	[MD_OP_LT] = COMPARED_MOMENT(" < ", MOMENT),
	[MD_OP_LE] = COMPARED_MOMENT(" <= ", MOMENT),
	[MD_OP_IN] = COMPARED_MOMENT(" IN ", MOMENT_LIST),
	[MD_OP_NOT_IN] = MD_WORD(MICROSECONDS(MD_COLUMN) " NOT IN " MOMENT_LIST),
};

/* ---- forms of columns ---- */

enum {
	CH_FORM_TEXT = MD_FORM_OWN, /* whatever has a text */
	CH_FORM_LABEL,              /* an enum that is read as text */
	CH_FORM_UUID_OR_TEXT,
	CH_FORM_UUID,
	CH_FORM_UUID_AS_TEXT,
	CH_FORM_FLOAT_OR_SHORT, /* Float64, or Float32 */
	CH_FORM_FLOAT,
	CH_FORM_AS_FLOAT,   /* a number of another type */
	CH_FORM_DECIMAL,
	CH_FORM_CALCULATED_DECIMAL,
	CH_FORM_MOMENT,
	CH_FORM_LARGE_UNSIGNED,
	CH_FORM_CALCULATED_MOMENT,
	CH_FORM_TIME,
	CH_FORM_ENUM,
	CH_FORMS
};

#define AS(before, after) { MD_WORD(before), MD_WORD(after) }
#define TO_STRING AS("toString(", ")")
#define LOWER AS("lower(", ")")
#define LOWER_TEXT AS("lower(toString(", "))")
#define PLUS_ZERO AS("(", " + 0)")
#define FLOAT_PLUS_ZERO AS("(toFloat64(", ") + 0)")
#define TO_FLOAT AS("toFloat64(", ")")
#define SHORT_FLOAT AS("(toFloat64(toString(", ")) + 0)")
/* as index-friendly as the column itself, which toDateTime64 with a zone is not */
#define TO_MOMENT AS("toTimeZone(toDateTime64(", ", 6), 'UTC')")
#define TO_MICROSECONDS \
	AS("fromUnixTimestamp64Micro(dateDiff('microsecond', toDateTime64(0, 6, 'UTC'), ", "), 'UTC')")
#define TO_TIME AS("toTime64(", ", 6)")
#define EVERYWHERE(words) \
	[MD_PLACE_EQUAL] = words, [MD_PLACE_LIST] = words, [MD_PLACE_RANGE] = words, [MD_PLACE_ORDER] = words, \
	[MD_PLACE_KEY] = words, [MD_PLACE_GROUP] = words, [MD_PLACE_LEAST] = words, [MD_PLACE_OUTPUT] = words

/* A semi-join's IN converts its left side to the type of the set: digits and fractions of seconds
 * would be lost, numbers overflow. Text of a decimal is exact, without zeros at its end. */
static const struct md_sql_form forms[CH_FORMS] = {
	[CH_FORM_TEXT] = { .column = { EVERYWHERE(TO_STRING), [MD_PLACE_MATCH] = TO_STRING } },
	[CH_FORM_LABEL] = {
		.column = { EVERYWHERE(TO_STRING), [MD_PLACE_MATCH] = TO_STRING },
		.compare = compare_labels,
	},
	[CH_FORM_UUID_OR_TEXT] = {
		.column = { [MD_PLACE_EQUAL] = LOWER_TEXT, [MD_PLACE_ORDER] = LOWER_TEXT, [MD_PLACE_KEY] = LOWER_TEXT,
		            [MD_PLACE_GROUP] = LOWER_TEXT },
		.compare = compare_uuids,
	},
	[CH_FORM_UUID] = { .column = { [MD_PLACE_ORDER] = TO_STRING, [MD_PLACE_KEY] = TO_STRING,
	                               [MD_PLACE_SORTED] = TO_STRING } },
	[CH_FORM_UUID_AS_TEXT] = {
		.column = { [MD_PLACE_EQUAL] = LOWER_TEXT, [MD_PLACE_LIST] = LOWER_TEXT, [MD_PLACE_ORDER] = LOWER_TEXT,
		            [MD_PLACE_KEY] = LOWER_TEXT, [MD_PLACE_GROUP] = LOWER_TEXT },
		.param = MD_WORD("String"),
		.list = MD_WORD("String"),
	},
	[CH_FORM_FLOAT_OR_SHORT] = {
		.column = { [MD_PLACE_KEY] = SHORT_FLOAT, [MD_PLACE_GROUP] = SHORT_FLOAT,
		            [MD_PLACE_FOUND] = SHORT_FLOAT, [MD_PLACE_NUMBER] = AS("toFloat64(toString(", "))"),
		            [MD_PLACE_ADDED] = TO_FLOAT },
		.compare = compare_floats,
	},
	[CH_FORM_FLOAT] = { .column = { [MD_PLACE_KEY] = FLOAT_PLUS_ZERO, [MD_PLACE_GROUP] = PLUS_ZERO,
	                                [MD_PLACE_LEAST] = PLUS_ZERO } },
	[CH_FORM_AS_FLOAT] = { .column = { EVERYWHERE(TO_FLOAT), [MD_PLACE_NUMBER] = TO_FLOAT } },
	[CH_FORM_DECIMAL] = { .column = { [MD_PLACE_KEY] = TO_STRING }, .compare = compare_decimals },
	[CH_FORM_CALCULATED_DECIMAL] = { .column = { [MD_PLACE_KEY] = TO_STRING } },
	/* no type holds the values of UInt64 and of Int64, which a join needs */
	[CH_FORM_LARGE_UNSIGNED] = { .column = { [MD_PLACE_KEY] = TO_STRING }, .joins_itself = true },
	[CH_FORM_MOMENT] = {
		.column = { [MD_PLACE_EQUAL] = TO_MICROSECONDS, [MD_PLACE_RANGE] = TO_MICROSECONDS,
		            [MD_PLACE_KEY] = TO_MICROSECONDS, [MD_PLACE_ORDER] = TO_MOMENT,
		            [MD_PLACE_GROUP] = TO_MOMENT, [MD_PLACE_LEAST] = TO_MOMENT, [MD_PLACE_OUTPUT] = TO_MOMENT },
		.compare = compare_moments,
		.raises = true,
	},
	[CH_FORM_CALCULATED_MOMENT] = {
		.column = { [MD_PLACE_EQUAL] = TO_MOMENT, [MD_PLACE_LIST] = TO_MOMENT, [MD_PLACE_RANGE] = TO_MOMENT,
		            [MD_PLACE_KEY] = TO_MICROSECONDS, [MD_PLACE_ORDER] = TO_MOMENT,
		            [MD_PLACE_GROUP] = TO_MOMENT, [MD_PLACE_LEAST] = TO_MOMENT, [MD_PLACE_OUTPUT] = TO_MOMENT },
	},
	/* a list of Time64(6) is an error beside Time, and cut beside Time64(3) */
	[CH_FORM_TIME] = { .column = { [MD_PLACE_LIST] = TO_TIME, [MD_PLACE_KEY] = TO_TIME } },
	/* String or an Enum of any size, on each side */
	[CH_FORM_ENUM] = { .column = { [MD_PLACE_KEY] = TO_STRING } },
};

#define INTEGERS_AND_LARGE_UNSIGNED(form, large) \
	[MD_REAL_INT8] = form, [MD_REAL_INT16] = form, [MD_REAL_INT32] = form, [MD_REAL_INT64] = form, \
	[MD_REAL_INT128] = form, [MD_REAL_INT256] = form, [MD_REAL_UINT8] = form, [MD_REAL_UINT16] = form, \
	[MD_REAL_UINT32] = form, [MD_REAL_UINT64] = large, [MD_REAL_UINT128] = large, [MD_REAL_UINT256] = large
#define INTEGERS(form) INTEGERS_AND_LARGE_UNSIGNED(form, form)

static const uint8_t form_of[MD_TYPES][MD_FAMILIES] = {
	[MD_STRING] = { [MD_REAL_UNKNOWN] = CH_FORM_TEXT, [MD_REAL_TEXT] = MD_FORM_PLAIN,
	                INTEGERS(CH_FORM_TEXT), [MD_REAL_NUMERIC] = CH_FORM_TEXT, [MD_REAL_FLOAT32] = CH_FORM_TEXT,
	                [MD_REAL_FLOAT64] = CH_FORM_TEXT, [MD_REAL_BOOL] = CH_FORM_TEXT,
	                [MD_REAL_FIXED_STRING] = CH_FORM_TEXT, [MD_REAL_ENUM] = CH_FORM_LABEL,
	                [MD_REAL_UUID] = CH_FORM_TEXT, [MD_REAL_DATE] = CH_FORM_TEXT, [MD_REAL_DATE16] = CH_FORM_TEXT,
	                [MD_REAL_DATETIME] = CH_FORM_TEXT, [MD_REAL_DATETIME64] = CH_FORM_TEXT,
	                [MD_REAL_TIME] = CH_FORM_TEXT, [MD_REAL_TIME64] = CH_FORM_TEXT,
	                [MD_REAL_IPV4] = CH_FORM_TEXT, [MD_REAL_IPV6] = CH_FORM_TEXT, [MD_REAL_OTHER] = CH_FORM_TEXT },
	[MD_INT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN,
	             INTEGERS_AND_LARGE_UNSIGNED(MD_FORM_PLAIN, CH_FORM_LARGE_UNSIGNED),
	             [MD_REAL_NUMERIC] = CH_FORM_DECIMAL },
	[MD_BIGINT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN,
	                INTEGERS_AND_LARGE_UNSIGNED(MD_FORM_PLAIN, CH_FORM_LARGE_UNSIGNED),
	                [MD_REAL_NUMERIC] = CH_FORM_DECIMAL },
	[MD_FLOAT] = { [MD_REAL_UNKNOWN] = CH_FORM_FLOAT_OR_SHORT, [MD_REAL_FLOAT32] = CH_FORM_FLOAT_OR_SHORT,
	               [MD_REAL_FLOAT64] = CH_FORM_FLOAT, INTEGERS(CH_FORM_AS_FLOAT),
	               [MD_REAL_NUMERIC] = CH_FORM_AS_FLOAT },
	[MD_DECIMAL] = { [MD_REAL_UNKNOWN] = CH_FORM_DECIMAL, [MD_REAL_NUMERIC] = CH_FORM_DECIMAL,
	                 INTEGERS(CH_FORM_DECIMAL) },
	[MD_BOOLEAN] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN, [MD_REAL_BOOL] = MD_FORM_PLAIN },
	[MD_UUID] = { [MD_REAL_UNKNOWN] = CH_FORM_UUID_OR_TEXT, [MD_REAL_UUID] = CH_FORM_UUID,
	              [MD_REAL_TEXT] = CH_FORM_UUID_AS_TEXT, [MD_REAL_FIXED_STRING] = CH_FORM_UUID_AS_TEXT },
	[MD_DATE] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN, [MD_REAL_DATE] = MD_FORM_PLAIN,
	              [MD_REAL_DATE16] = MD_FORM_PLAIN },
	[MD_TIMESTAMP] = { [MD_REAL_UNKNOWN] = CH_FORM_MOMENT, [MD_REAL_DATETIME] = CH_FORM_MOMENT,
	                   [MD_REAL_DATETIME64] = CH_FORM_MOMENT },
	[MD_TIME] = { [MD_REAL_UNKNOWN] = CH_FORM_TIME, [MD_REAL_TIME] = CH_FORM_TIME,
	              [MD_REAL_TIME64] = CH_FORM_TIME },
	[MD_ENUM] = { [MD_REAL_UNKNOWN] = CH_FORM_ENUM, [MD_REAL_ENUM] = CH_FORM_ENUM,
	              [MD_REAL_TEXT] = CH_FORM_ENUM },
	[MD_JSON] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN, [MD_REAL_TEXT] = MD_FORM_PLAIN,
	              [MD_REAL_JSON] = MD_FORM_PLAIN },
	[MD_BYTES] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN, [MD_REAL_TEXT] = MD_FORM_PLAIN,
	               [MD_REAL_FIXED_STRING] = MD_FORM_PLAIN },
};

/* ---- parameters ---- */

static const struct md_str types[MD_TYPES] = {
	[MD_STRING] = MD_WORD("String"),
	[MD_INT] = MD_WORD("Int64"),
	[MD_BIGINT] = MD_WORD("Int64"),
	[MD_FLOAT] = MD_WORD("Float64"),
	[MD_BOOLEAN] = MD_WORD("Bool"),
	[MD_UUID] = MD_WORD("UUID"),
	[MD_DATE] = MD_WORD("Date32"),
	[MD_TIMESTAMP] = MD_WORD("DateTime64(6, 'UTC')"),
	[MD_TIME] = MD_WORD("Time64(6)"),
	[MD_ENUM] = MD_WORD("String"),
	[MD_JSON] = MD_WORD("String"),
	[MD_BYTES] = MD_WORD("String"),
};

enum { DIGITS = 76 };

/* The smallest scale class that holds the value; beyond the classes its own scale. */
static size_t scale_class(struct md_digits d)
{
	static const size_t classes[] = { 10, 20, 40 };
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (d.fraction <= classes[i] && d.whole + classes[i] <= DIGITS)
			return classes[i];
	return d.fraction;
}

/* The form says it, or the declared type. */
static void write_type(struct md_buf *b, const struct md_value *v)
{
	const struct md_sql_form *form = &forms[v->form];
	const struct md_str *own = v->type.array ? &form->list : &form->param;
	if (own->n) {
		md_buf_str(b, *own);
		return;
	}
	if (v->type.base != MD_DECIMAL) {
		md_buf_str(b, types[v->type.base]);
		return;
	}
	md_buf_lit(b, "Decimal(76, ");
	md_buf_int(b, (int64_t)scale_class(md_decimal_digits(v)));
	md_buf_char(b, ')');
}

static void write_param(struct md_buf *b, uint32_t number, const struct md_value *v)
{
	bool bytes = v->type.base == MD_BYTES && !v->type.array;
	if (bytes)
		md_buf_lit(b, "base64Decode(");
	md_buf_lit(b, "{p");
	md_buf_int(b, number);
	md_buf_char(b, ':');
	if (v->type.array)
		md_buf_lit(b, "Array(");
	write_type(b, v);
	md_buf_str(b, v->type.array ? MD_STR(")}") : MD_STR("}"));
	if (bytes)
		md_buf_char(b, ')');
}

static uint32_t class_of_param(const struct md_value *v)
{
	return v->type.base == MD_DECIMAL ? (uint32_t)scale_class(md_decimal_digits(v)) : 0;
}

/* ---- functions ---- */

/* Sums of the column's own type wrap: a product with Decimal256 has 76 digits, whatever the column
 * is and whatever its scale. A division by zero fails even where the result is NULL. */
#define EXACT_SUM "sumOrNull(" MD_COLUMN " * toDecimal256(1, 0))"
#define EXACT_AVG \
	MD_WORD("round(divideDecimal(" EXACT_SUM ", toDecimal256(greatest(count(" MD_COLUMN "), 1), 0), 12), 10)")
/* toStartOf… of a day before 1970 or after 2149 wraps; dateTrunc does not, but rounds a fraction of
 * a second before 1970 up. */
#define DATES(unit) MD_WORD("dateTrunc('" unit "', toDate32(" MD_COLUMN "))")
#define MOMENTS(unit) \
	MD_WORD("toDateTime64(dateTrunc('" unit "', toStartOfSecond(" MICROSECONDS(MD_COLUMN) ")), 6, 'UTC')")

const struct md_dialect md_dialect_clickhouse = {
	.name = MD_WORD("clickhouse"),
	.quote = '`',
	.escape = '\\',
	.no = MD_WORD("0"),
	.yes = MD_WORD("1"),
	.in = { .before = MD_WORD(" IN ") },
	.not_in = { .before = MD_WORD(" NOT IN ") },
	.nan = MD_NAN_BESIDE_NULL,
	.semi_joins = true,
	.compares_as_keys = true,
	.left_join_setting = MD_WORD("join_use_nulls = 1"),
	/* no array is NULL, unless it is one alternative of a Variant */
	.lost_array = { MD_WORD("if(isNull("), MD_WORD("), NULL, "), MD_WORD(")") },
	.lost_array_setting = MD_WORD("use_variant_as_common_type = 1"),
	/* whatever a user's profile says, superseded rows are left out before rows are filtered */
	.replica_settings = MD_WORD("do_not_merge_across_partitions_select_final = 0, "
	                            "use_skip_indexes_if_final_exact_mode = 1, "
	                            "optimize_move_to_prewhere_if_final = 0, "
	                            "defer_partition_pruning_after_final = 1"),
	.final = MD_WORD(" FINAL"),
	.first_by = MD_WORD(" LIMIT 1 BY "),
	.decimal_digits = DIGITS,
	.forms = forms,
	.form_of = { [MD_CLICKHOUSE] = form_of },
	.derived = {
		[MD_STRING] = MD_FORM_PLAIN, [MD_INT] = MD_FORM_PLAIN, [MD_BIGINT] = MD_FORM_PLAIN,
		[MD_FLOAT] = CH_FORM_FLOAT, [MD_DECIMAL] = CH_FORM_CALCULATED_DECIMAL, [MD_BOOLEAN] = MD_FORM_PLAIN,
		[MD_UUID] = CH_FORM_UUID_OR_TEXT, [MD_DATE] = MD_FORM_PLAIN, [MD_TIMESTAMP] = CH_FORM_CALCULATED_MOMENT,
		[MD_TIME] = CH_FORM_TIME, [MD_ENUM] = MD_FORM_PLAIN, [MD_JSON] = MD_FORM_PLAIN,
		[MD_BYTES] = MD_FORM_PLAIN,
	},
	.op = {
		[MD_OP_ILIKE] = MD_WORD(FOLD(MD_COLUMN) " LIKE " FOLD(MD_FIRST)),
		[MD_OP_NOT_ILIKE] = MD_WORD(FOLD(MD_COLUMN) " NOT LIKE " FOLD(MD_FIRST)),
		[MD_OP_LEVENSHTEIN] = MD_WORD("(" SHORT " AND editDistanceUTF8(concat('.', toValidUTF8(if("
		                              LONG ", '', "
		                              MD_COLUMN "))), concat('.', " MD_FIRST ")) <= " MD_SECOND ")"),
		[MD_OP_ARRAY_CONTAINS_ALL] = MD_WORD("arrayAll(v -> has(" MD_ELEMENT MD_COLUMN MD_ELEMENT_END
		                                      ", v), " MD_FIRST ")"),
		[MD_OP_ARRAY_CONTAINS_ANY] = MD_WORD("arrayExists(v -> has(" MD_ELEMENT MD_COLUMN MD_ELEMENT_END
		                                      ", v), " MD_FIRST ")"),
		[MD_OP_ARRAY_IS_EMPTY] = MD_WORD("empty(" MD_COLUMN ")"),
		[MD_OP_ARRAY_IS_NOT_EMPTY] = MD_WORD("notEmpty(" MD_COLUMN ")"),
	},
	/* has finds no text in an array of Nullable(Enum), or raises an error */
	.element = { [MD_ENUM] = AS("arrayMap(e -> toString(e), ", ")") },
	.whole = { [MD_INT] = WHOLE(MD_COLUMN), [MD_BIGINT] = WHOLE(MD_COLUMN), [MD_DECIMAL] = WHOLE(MD_COLUMN),
	           [MD_FLOAT] = WHOLE(FLOAT) },
	.fraction = { [MD_INT] = MD_WORD("toDecimal256(" MD_COLUMN " * 0, 0)"),
	             [MD_BIGINT] = MD_WORD("toDecimal256(" MD_COLUMN " * 0, 0)"),
	              [MD_DECIMAL] = MD_WORD("(" MD_COLUMN " - toDecimal256(toInt256(" MD_COLUMN "), 0))"),
	              [MD_FLOAT] = MD_WORD("(" FLOAT " - toDecimal256(toInt256(" FLOAT "), 0))") },
	.position = MD_WORD("nullIf(indexOf(" MD_FIRST ", toString(" MD_COLUMN ")), 0)"),
	.label = MD_WORD(MD_FIRST "[" MD_COLUMN "]"),
	.first_moment = MD_WORD("toDateTime64(" MD_COLUMN ", 6, 'UTC')"),
	.one_of_group = { MD_WORD("any("), MD_WORD(")") },
	.distinct_count = { MD_WORD("uniqExact("), MD_WORD(")") },
	.least = { MD_WORD("minOrNull("), MD_WORD(")") },
	.greatest = { MD_WORD("maxOrNull("), MD_WORD(")") },
	.sum = { MD_WORD(EXACT_SUM), MD_WORD(EXACT_SUM), MD_WORD("sumOrNull(" MD_COLUMN ")") },
	.avg = { EXACT_AVG, EXACT_AVG, MD_WORD("avgOrNull(" MD_COLUMN ")") },
	.date_bucket = { [MD_YEAR] = DATES("year"), [MD_QUARTER] = DATES("quarter"), [MD_MONTH] = DATES("month"),
	                [MD_WEEK] = DATES("week") },
	.timestamp_bucket = { [MD_YEAR] = MOMENTS("year"), [MD_QUARTER] = MOMENTS("quarter"),
	                     [MD_MONTH] = MOMENTS("month"), [MD_WEEK] = MOMENTS("week"),
		              [MD_DAY] = MOMENTS("day"), [MD_HOUR] = MOMENTS("hour"), [MD_MINUTE] = MOMENTS("minute") },
	.lost_array_sorted = { MD_WORD("toString("), MD_WORD(")") },
	.param = write_param,
	.param_class = class_of_param,
};
