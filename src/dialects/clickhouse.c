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

static void write_type(struct md_buf *b, const struct md_value *v)
{
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

/* ---- forms of columns ---- */

enum { CH_FORM_UUID = MD_FORM_OWN, CH_FORM_FLOAT, CH_FORM_DECIMAL, CH_FORM_MOMENT, CH_FORM_TIME, CH_FORMS };

#define TO_STRING { MD_WORD("toString("), MD_WORD(")") }
#define TO_TIME { MD_WORD("toTime64("), MD_WORD(", 6)") }
#define PLUS_ZERO { MD_WORD("("), MD_WORD(" + 0)") }

/* A semi-join's IN converts its left side to the type of the set: digits and fractions of seconds
 * would be lost, numbers overflow. Text of a decimal is exact, without zeros at its end. */
static const struct md_sql_form forms[CH_FORMS] = {
	[CH_FORM_UUID] = { .column = { [MD_PLACE_ORDER] = TO_STRING, [MD_PLACE_SORTED] = TO_STRING } },
	[CH_FORM_FLOAT] = { .column = { [MD_PLACE_KEY] = { MD_WORD("toFloat64("), MD_WORD(")") },
	                             [MD_PLACE_GROUP] = PLUS_ZERO, [MD_PLACE_LEAST] = PLUS_ZERO } },
	[CH_FORM_DECIMAL] = { .column = { [MD_PLACE_KEY] = TO_STRING } },
	[CH_FORM_MOMENT] = { .column = { [MD_PLACE_KEY] = { MD_WORD("toDateTime64("), MD_WORD(", 6, 'UTC')") } } },
	/* a list of Time64(6) is an error beside Time, and cut beside Time64(3) */
	[CH_FORM_TIME] = { .column = { [MD_PLACE_LIST] = TO_TIME, [MD_PLACE_KEY] = TO_TIME } },
};

static const uint8_t form_of[MD_TYPES][MD_FAMILIES] = {
	[MD_STRING] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_INT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_BIGINT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_FLOAT] = { [MD_REAL_UNKNOWN] = CH_FORM_FLOAT },
	[MD_DECIMAL] = { [MD_REAL_UNKNOWN] = CH_FORM_DECIMAL },
	[MD_BOOLEAN] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_UUID] = { [MD_REAL_UNKNOWN] = CH_FORM_UUID },
	[MD_DATE] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_TIMESTAMP] = { [MD_REAL_UNKNOWN] = CH_FORM_MOMENT },
	[MD_TIME] = { [MD_REAL_UNKNOWN] = CH_FORM_TIME },
	[MD_JSON] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_BYTES] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
};

/* Sums of the column's own type wrap: a product with Decimal256 has 76 digits, whatever the column
 * is and whatever its scale. A division by zero fails even where the result is NULL. */
#define EXACT_SUM "sumOrNull(" MD_COLUMN " * toDecimal256(1, 0))"
#define EXACT_AVG \
	MD_WORD("round(divideDecimal(" EXACT_SUM ", toDecimal256(greatest(count(" MD_COLUMN "), 1), 0), 12), 10)")
/* toStartOf… of a day before 1970 or after 2149 wraps; dateTrunc does not, but rounds a fraction of
 * a second before 1970 up. */
#define DATES(unit) MD_WORD("dateTrunc('" unit "', toDate32(" MD_COLUMN "))")
#define MOMENTS(unit) \
	MD_WORD("toDateTime64(dateTrunc('" unit "', toStartOfSecond(toDateTime64(" MD_COLUMN ", 6, 'UTC'))), 6, 'UTC')")

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
		[MD_FLOAT] = CH_FORM_FLOAT, [MD_DECIMAL] = CH_FORM_DECIMAL, [MD_BOOLEAN] = MD_FORM_PLAIN,
		[MD_UUID] = CH_FORM_UUID, [MD_DATE] = MD_FORM_PLAIN, [MD_TIMESTAMP] = CH_FORM_MOMENT,
		[MD_TIME] = CH_FORM_TIME, [MD_JSON] = MD_FORM_PLAIN, [MD_BYTES] = MD_FORM_PLAIN,
	},
	.op = {
		[MD_OP_ILIKE] = MD_WORD(FOLD(MD_COLUMN) " LIKE " FOLD(MD_FIRST)),
		[MD_OP_NOT_ILIKE] = MD_WORD(FOLD(MD_COLUMN) " NOT LIKE " FOLD(MD_FIRST)),
		[MD_OP_LEVENSHTEIN] = MD_WORD("(" SHORT " AND editDistanceUTF8(concat('.', toValidUTF8(if("
		                              LONG ", '', "
		                              MD_COLUMN "))), concat('.', " MD_FIRST ")) <= " MD_SECOND ")"),
		[MD_OP_ARRAY_CONTAINS_ALL] = MD_WORD("arrayAll(v -> has(" MD_COLUMN ", v), " MD_FIRST ")"),
		[MD_OP_ARRAY_CONTAINS_ANY] = MD_WORD("arrayExists(v -> has(" MD_COLUMN ", v), " MD_FIRST ")"),
		[MD_OP_ARRAY_IS_EMPTY] = MD_WORD("empty(" MD_COLUMN ")"),
		[MD_OP_ARRAY_IS_NOT_EMPTY] = MD_WORD("notEmpty(" MD_COLUMN ")"),
	},
	.whole = { [MD_INT] = MD_WORD("toInt256(" MD_COLUMN ")"), [MD_BIGINT] = MD_WORD("toInt256(" MD_COLUMN ")"),
	          [MD_DECIMAL] = MD_WORD("toInt256(" MD_COLUMN ")"),
	           [MD_FLOAT] = MD_WORD("toInt256(" FLOAT ")") },
	.fraction = { [MD_INT] = MD_WORD("toDecimal256(" MD_COLUMN " * 0, 0)"),
	             [MD_BIGINT] = MD_WORD("toDecimal256(" MD_COLUMN " * 0, 0)"),
	              [MD_DECIMAL] = MD_WORD("(" MD_COLUMN " - toDecimal256(toInt256(" MD_COLUMN "), 0))"),
	              [MD_FLOAT] = MD_WORD("(" FLOAT " - toDecimal256(toInt256(" FLOAT "), 0))") },
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
