/* Trino, and Iceberg through it. It compares nothing with text but text, so parameters travel as
 * typed literals, written here and nowhere else: every value stands inside its quotes, a minus sign
 * too, so that it can neither end a literal nor join an operator before it. Short lists are one
 * parameter an element, which its connectors push down; long ones are one array. Comparing a
 * decimal with one of another scale, or with a bigint, raises an error where a value does not fit
 * the common type, and with a float rounds: whole parts and fractions are compared instead. */
#include "dialects/dialect.h"

#include "base/base64.h"
#include "base/number.h"

#define FOLD(x) "translate(lower(" x "), '" MD_UNLIKE_LOWER "', '" MD_FOLDED "')"
/* A float's shortest digits: a cast to varchar gives others. NaN is in quotes there, which no
 * decimal is. */
#define SHOWN(x) "json_format(CAST(" x " AS json))"
#define ESCAPE " ESCAPE '\\'"

static void write_param(struct md_buf *b, uint32_t number, const struct md_value *v)
{
	(void)number;
	(void)v;
	md_buf_char(b, '?');
}

/* ---- forms of columns, by the engine that a connector reads ---- */

enum { TRINO_DIGITS = 38, TRINO_MOMENT_DIGITS = 3 };

enum { TRINO_FORM_FLOAT = MD_FORM_OWN, TRINO_FORM_REAL, TRINO_FORM_CLICKHOUSE_MOMENT, TRINO_FORM_CHAR,
       TRINO_FORM_FIXED_STRING, TRINO_FORM_LABEL, TRINO_FORM_SHOWN, TRINO_FORMS };

#define AS_DOUBLE { MD_WORD("CAST("), MD_WORD(" AS double)") }
#define PLUS_ZERO { MD_WORD("("), MD_WORD(" + 0e0)") }
#define PLUS_REAL_ZERO { MD_WORD("("), MD_WORD(" + REAL '0')") }
/* the double with the digits that a real shows; NaN is in quotes there */
#define AS_SHOWN { MD_WORD("TRY_CAST(json_format(CAST("), MD_WORD(" AS json)) AS double)") }
#define AS_MOMENT { MD_WORD("CAST("), MD_WORD(" AS timestamp(6) with time zone)") }
#define WITHOUT_SPACES { MD_WORD("rtrim(CAST("), MD_WORD(" AS varchar), ' ')") }
#define WITHOUT_ZEROS { MD_WORD("rtrim("), MD_WORD(", chr(0))") }
#define KEPT_FROM_SOURCE { MD_WORD("concat("), MD_WORD(", '')") }

/* The same words at every place. */
#define EVERYWHERE(words) { \
	[MD_PLACE_EQUAL] = words, [MD_PLACE_LIST] = words, [MD_PLACE_RANGE] = words, [MD_PLACE_ORDER] = words, \
	[MD_PLACE_KEY] = words, [MD_PLACE_GROUP] = words, [MD_PLACE_LEAST] = words, [MD_PLACE_SORTED] = words, \
	[MD_PLACE_OUTPUT] = words, [MD_PLACE_MATCH] = words, [MD_PLACE_NUMBER] = words, [MD_PLACE_BARE] = words }

static const struct md_sql_form forms[TRINO_FORMS] = {
	/* pushed down to ClickHouse, -0 would be another group than 0 */
	[TRINO_FORM_FLOAT] = { .column = { [MD_PLACE_KEY] = AS_DOUBLE, [MD_PLACE_GROUP] = PLUS_ZERO,
	                             [MD_PLACE_LEAST] = PLUS_ZERO } },
	/* a double is equal to no real but those that it writes out, and sums of reals are reals */
	[TRINO_FORM_REAL] = { .column = { [MD_PLACE_KEY] = AS_DOUBLE, [MD_PLACE_GROUP] = PLUS_REAL_ZERO,
	                            [MD_PLACE_LEAST] = PLUS_REAL_ZERO, [MD_PLACE_NUMBER] = AS_SHOWN,
	                            [MD_PLACE_ADDED] = AS_DOUBLE },
	                      .param = MD_WORD("REAL "), .shows_fewer_digits = true },
	/* DateTime64 arrives as text in UTC; a cast in a session whose zone is UTC gives the moment
	 * back, of DateTime too */
	[TRINO_FORM_CLICKHOUSE_MOMENT] = { .column = EVERYWHERE(AS_MOMENT), .takes_bare_values = true },
	/* arrives with its padding; compared for equality without it, as its own database does */
	[TRINO_FORM_CHAR] = { .column = { [MD_PLACE_RANGE] = WITHOUT_SPACES, [MD_PLACE_ORDER] = WITHOUT_SPACES,
	                            [MD_PLACE_GROUP] = WITHOUT_SPACES, [MD_PLACE_LEAST] = WITHOUT_SPACES,
	                            [MD_PLACE_OUTPUT] = WITHOUT_SPACES, [MD_PLACE_MATCH] = WITHOUT_SPACES } },
	/* arrives with its NUL bytes */
	[TRINO_FORM_FIXED_STRING] = { .column = EVERYWHERE(WITHOUT_ZEROS), .takes_bare_values = true },
	/* the source would order its labels by their positions, and has no patterns for them */
	[TRINO_FORM_LABEL] = { .column = { [MD_PLACE_RANGE] = KEPT_FROM_SOURCE, [MD_PLACE_ORDER] = KEPT_FROM_SOURCE,
	                             [MD_PLACE_GROUP] = KEPT_FROM_SOURCE, [MD_PLACE_LEAST] = KEPT_FROM_SOURCE,
	                             [MD_PLACE_MATCH] = KEPT_FROM_SOURCE } },
	/* arrives as a text that does not compare as the source compares the value */
	[TRINO_FORM_SHOWN] = { .refused = MD_USE_BIT(MD_USED_COMPARED) | MD_USE_BIT(MD_USED_RANGED) |
	                                  MD_USE_BIT(MD_USED_ORDERED) | MD_USE_BIT(MD_USED_JOINED) |
	                                  MD_USE_BIT(MD_USED_GROUPED) | MD_USE_BIT(MD_USED_LEAST) |
	                                  MD_USE_BIT(MD_USED_MATCHED) },
};

/* Of the declared types that every source has in the same forms. */
#define FORMS_OF_EVERY_SOURCE \
	[MD_INT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN, [MD_REAL_UINT64] = MD_FORM_PLAIN }, \
	[MD_BIGINT] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN, [MD_REAL_UINT64] = MD_FORM_PLAIN }, \
	[MD_FLOAT] = { [MD_REAL_UNKNOWN] = TRINO_FORM_FLOAT, [MD_REAL_FLOAT32] = TRINO_FORM_REAL }, \
	[MD_DECIMAL] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN }, \
	[MD_BOOLEAN] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN }, \
	[MD_UUID] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN }, \
	[MD_DATE] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN }, \
	[MD_TIME] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN }, \
	[MD_ENUM] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN, [MD_REAL_TEXT] = MD_FORM_PLAIN, \
	            [MD_REAL_ENUM] = MD_FORM_PLAIN, \
	            [MD_REAL_OTHER] = MD_FORM_PLAIN }, \
	[MD_BYTES] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN }

static const uint8_t form_of[MD_TYPES][MD_FAMILIES] = {
	[MD_STRING] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN,
	              [MD_REAL_CHAR] = TRINO_FORM_CHAR, [MD_REAL_OTHER] = TRINO_FORM_LABEL,
	              [MD_REAL_MONEY] = TRINO_FORM_SHOWN, [MD_REAL_UUID] = TRINO_FORM_SHOWN,
	              [MD_REAL_JSON] = TRINO_FORM_SHOWN, [MD_REAL_JSONB] = TRINO_FORM_SHOWN },
	[MD_TIMESTAMP] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	[MD_JSON] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN, [MD_REAL_TEXT] = TRINO_FORM_SHOWN },
	FORMS_OF_EVERY_SOURCE,
};

static const uint8_t form_of_clickhouse[MD_TYPES][MD_FAMILIES] = {
	/* an unknown type may be FixedString or an enum, which Trino's catalog shows as varchar */
	[MD_STRING] = { [MD_REAL_UNKNOWN] = TRINO_FORM_FIXED_STRING, [MD_REAL_TEXT] = MD_FORM_PLAIN,
	              [MD_REAL_ENUM] = TRINO_FORM_LABEL,
	              [MD_REAL_FIXED_STRING] = TRINO_FORM_FIXED_STRING, [MD_REAL_UUID] = TRINO_FORM_SHOWN },
	[MD_TIMESTAMP] = { [MD_REAL_UNKNOWN] = TRINO_FORM_CLICKHOUSE_MOMENT },
	[MD_JSON] = { [MD_REAL_UNKNOWN] = MD_FORM_PLAIN },
	FORMS_OF_EVERY_SOURCE,
};

/* Decimals have 38 digits there, and the text of a moment does not say its zone. A moment without a
 * zone has milliseconds there, and more digits are an error. A column whose elements are of no type
 * of Trino's is left out of the table. */
static bool cannot_read(const struct md_real_type *real)
{
	bool is_utc = real->zone.n == 0 ? real->precision <= TRINO_MOMENT_DIGITS : md_str_eqz(real->zone, "UTC");
	return (real->family == MD_REAL_NUMERIC && real->precision > TRINO_DIGITS) ||
	       (real->family == MD_REAL_CITEXT && real->is_array) ||
	       (real->family == MD_REAL_DATETIME64 && !is_utc);
}

#define UTC " AT TIME ZONE 'UTC'"
#define BUCKET(unit, zone) MD_WORD("date_trunc('" unit "', " MD_COLUMN zone ")")
#define SUM "sum(" MD_COLUMN ")"
#define SUM_OF_WHOLE "sum(CAST(" MD_COLUMN " AS decimal(38, 0)))"

const struct md_dialect md_dialect_trino = {
	.name = MD_WORD("trino"),
	.facts = { .names_schema = true, .unsortable[MD_JSON] = true, .compares_texts_itself = true },
	.quote = '"',
	.escape = '"',
	.offset_first = true,
	.no = MD_WORD("false"),
	.yes = MD_WORD("true"),
	.in = { MD_WORD(" IN (SELECT u.v FROM UNNEST("), MD_WORD(") AS u (v))") },
	.not_in = { MD_WORD(" NOT IN (SELECT u.v FROM UNNEST("), MD_WORD(") AS u (v))") },
	.nan = MD_NAN_LARGEST,
	.list_elements = 1000,
	.semi_joins_in_on = true,
	.like_end = MD_WORD(" ESCAPE '\\'"),
	.decimal_digits = TRINO_DIGITS,
	.cannot_read = cannot_read,
	.op = {
		[MD_OP_ILIKE] = MD_WORD(FOLD(MD_COLUMN) " LIKE " FOLD(MD_FIRST) ESCAPE),
		[MD_OP_NOT_ILIKE] = MD_WORD(FOLD(MD_COLUMN) " NOT LIKE " FOLD(MD_FIRST) ESCAPE),
		[MD_OP_LEVENSHTEIN] = MD_WORD("CASE WHEN length(" MD_COLUMN ") > " MD_DISTANCE_CHARS
		                              " THEN false ELSE levenshtein_distance(" MD_COLUMN ", " MD_FIRST
		                              ") <= " MD_SECOND " END"),
		[MD_OP_ARRAY_CONTAINS_ALL] = MD_WORD("cardinality(array_except(" MD_FIRST ", " MD_COLUMN ")) = 0"),
		[MD_OP_ARRAY_CONTAINS_ANY] = MD_WORD("cardinality(array_intersect(" MD_COLUMN ", " MD_FIRST ")) > 0"),
		[MD_OP_ARRAY_IS_EMPTY] = MD_WORD("cardinality(" MD_COLUMN ") = 0"),
		[MD_OP_ARRAY_IS_NOT_EMPTY] = MD_WORD("cardinality(" MD_COLUMN ") <> 0"),
	},
	.whole = { [MD_DECIMAL] = MD_WORD("truncate(" MD_COLUMN ")"),
	           [MD_FLOAT] = MD_WORD("TRY_CAST(" SHOWN(
	                              "sign(" MD_COLUMN ") * least(truncate(abs(" MD_COLUMN ")), 9.99999999999999e37)")
	                              " AS decimal(38, 0))") },
	.fraction = { [MD_INT] = MD_WORD("CAST(" MD_COLUMN " * 0 AS decimal(1, 0))"),
	             [MD_BIGINT] = MD_WORD("CAST(" MD_COLUMN " * 0 AS decimal(1, 0))"),
	              [MD_DECIMAL] = MD_WORD("(" MD_COLUMN " % DECIMAL '1')"),
	              [MD_FLOAT] = MD_WORD("CASE WHEN abs(" MD_COLUMN ") < 1e0 THEN TRY_CAST("
	                                   SHOWN("sign(" MD_COLUMN ") * greatest(abs(" MD_COLUMN "), 1e-38)")
	                                   " AS decimal(38, 38)) "
	                                   "WHEN abs(" MD_COLUMN ") < 1e16 THEN TRY_CAST(" SHOWN(MD_COLUMN)
	                                   " AS decimal(38, 22)) % DECIMAL '1' "
	                                   "WHEN abs(" MD_COLUMN ") >= 1e16 THEN DECIMAL '0' END") },
	.position = MD_WORD("nullif(array_position(" MD_FIRST ", " MD_COLUMN "), 0)"),
	.label = MD_WORD("element_at(" MD_FIRST ", " MD_COLUMN ")"),
	.one_of_group = { MD_WORD("arbitrary("), MD_WORD(")") },
	.distinct_count = { MD_WORD("count(DISTINCT "), MD_WORD(")") },
	.least = { MD_WORD("min("), MD_WORD(")") },
	.greatest = { MD_WORD("max("), MD_WORD(")") },
	/* more than 38 digits are an error */
	.sum = { MD_WORD(SUM_OF_WHOLE), MD_WORD(SUM), MD_WORD(SUM) },
	.avg = { MD_WORD("CAST(" SUM_OF_WHOLE " AS decimal(38, 10)) / count(" MD_COLUMN ")"),
	        MD_WORD("CAST(" SUM " AS decimal(38, 10)) / count(" MD_COLUMN ")"),
	         MD_WORD("avg(" MD_COLUMN ")") },
	.date_bucket = { [MD_YEAR] = BUCKET("year", ""), [MD_QUARTER] = BUCKET("quarter", ""),
	                [MD_MONTH] = BUCKET("month", ""), [MD_WEEK] = BUCKET("week", "") },
	.timestamp_bucket = { [MD_YEAR] = BUCKET("year", UTC), [MD_QUARTER] = BUCKET("quarter", UTC),
	                     [MD_MONTH] = BUCKET("month", UTC),
		              [MD_WEEK] = BUCKET("week", UTC), [MD_DAY] = BUCKET("day", UTC),
		              [MD_HOUR] = BUCKET("hour", UTC), [MD_MINUTE] = BUCKET("minute", UTC) },
	.forms = forms,
	.form_of = { [MD_POSTGRES] = form_of, [MD_CLICKHOUSE] = form_of_clickhouse, [MD_ICEBERG] = form_of,
	             [MD_SQLITE] = form_of },
	.derived = {
		[MD_STRING] = MD_FORM_PLAIN, [MD_INT] = MD_FORM_PLAIN, [MD_BIGINT] = MD_FORM_PLAIN,
		[MD_FLOAT] = TRINO_FORM_FLOAT, [MD_DECIMAL] = MD_FORM_PLAIN, [MD_BOOLEAN] = MD_FORM_PLAIN,
		[MD_UUID] = MD_FORM_PLAIN, [MD_DATE] = MD_FORM_PLAIN, [MD_TIMESTAMP] = MD_FORM_PLAIN,
		[MD_TIME] = MD_FORM_PLAIN, [MD_ENUM] = MD_FORM_PLAIN,
		[MD_JSON] = MD_FORM_PLAIN, [MD_BYTES] = MD_FORM_PLAIN,
	},
	.param = write_param,
	.literal = md_trino_literal,
};

/* ---- literals ---- */

static void write_quoted(struct md_buf *b, struct md_str s)
{
	md_buf_char(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			md_buf_char(b, '\'');
		md_buf_char(b, s.p[i]);
	}
	md_buf_char(b, '\'');
}

/* "2024-01-01T00:00:00.000000Z" as TIMESTAMP '2024-01-01 00:00:00.000000 UTC' */
static void write_timestamp(struct md_buf *b, struct md_str s)
{
	size_t n = s.n && s.p[s.n - 1] == 'Z' ? s.n - 1 : s.n;
	md_buf_lit(b, "TIMESTAMP '");
	for (size_t i = 0; i < n; i++)
		if (s.p[i] == '\'')
			md_buf_lit(b, "''");
		else
			md_buf_char(b, i == 10 && s.p[i] == 'T' ? ' ' : s.p[i]);
	md_buf_lit(b, " UTC'");
}

static void write_bytes(struct md_buf *b, struct md_str base64)
{
	static const char hex[] = "0123456789ABCDEF";
	struct md_buf scratch = { .arena = b->arena };
	struct md_str raw;
	if (!md_base64_decode(&scratch, base64, &raw))
		raw = MD_NOSTR;
	b->failed |= scratch.failed;
	md_buf_lit(b, "X'");
	for (size_t i = 0; i < raw.n; i++) {
		md_buf_char(b, hex[(unsigned char)raw.p[i] >> 4]);
		md_buf_char(b, hex[(unsigned char)raw.p[i] & 15]);
	}
	md_buf_char(b, '\'');
	md_buf_free(&scratch);
}

/* Is the number, as a real, neither infinite nor zero for its size alone? Its text has an exponent
 * where it is very large or very small. */
static bool has_size_of_real(struct md_str s)
{
	const char *e = s.n ? memchr(s.p, 'e', s.n) : NULL;
	if (!e)
		return true;
	const char *digits = e + 1 + (e[1] == '+' || e[1] == '-'), *end = s.p + s.n;
	int power = 0;
	while (digits < end && power < 1000)
		power = power * 10 + *digits++ - '0';
	size_t sign = s.p[0] == '-';
	struct md_str mantissa = { s.p + sign, (size_t)(e - s.p) - sign };
	if (e[1] == '-')
		return power <= 45;
	return power < 38 || (power == 38 && md_decimal_cmp(mantissa, MD_STR("3.4028235")) <= 0);
}

static void write_scalar(struct md_buf *b, enum md_base_type t, struct md_str s, struct md_str type)
{
	static const struct md_str names[MD_TYPES] = {
		[MD_INT] = MD_WORD("INTEGER "),     [MD_BIGINT] = MD_WORD("BIGINT "), [MD_FLOAT] = MD_WORD("DOUBLE "),
		[MD_DECIMAL] = MD_WORD("DECIMAL "), [MD_UUID] = MD_WORD("UUID "),     [MD_DATE] = MD_WORD("DATE "),
		[MD_TIME] = MD_WORD("TIME "),       [MD_JSON] = MD_WORD("JSON ")
	};
	switch (t) {
	case MD_BOOLEAN:
		md_buf_str(b, md_str_eq(s, MD_STR("true")) ? MD_STR("true") : MD_STR("false"));
		break;
	case MD_TIMESTAMP:
		write_timestamp(b, s);
		break;
	case MD_BYTES:
		write_bytes(b, s);
		break;
	default:
		md_buf_str(b, type.n && has_size_of_real(s) ? type : names[t]);
		write_quoted(b, s);
	}
}

void md_trino_literal(struct md_buf *b, const struct md_value *v)
{
	struct md_str type = forms[v->form].param;
	if (!v->type.array) {
		write_scalar(b, (enum md_base_type)v->type.base, v->text, type);
		return;
	}
	md_buf_lit(b, "ARRAY[");
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			md_buf_lit(b, ", ");
		write_scalar(b, (enum md_base_type)v->type.base, v->list.items[i], type);
	}
	md_buf_char(b, ']');
}
