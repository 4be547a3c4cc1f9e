/* Types by name, and the one function that takes in a value: text of a JSON string or number to
 * canonical text. Refuses what is not exactly a value of the type: ranges, days that do not exist,
 * NUL characters, numbers out of double's range, decimals above 1,000 digits. Promises: nothing but
 * float passes through a double; canonical input is not copied. */
#include "base/value.h"

#include "base/base64.h"
#include "base/date.h"
#include "base/number.h"

const char *const md_type_names[MD_TYPES] = { "string", "int",  "bigint",    "float", "decimal", "boolean",
	                                      "uuid",   "date", "timestamp", "time",  "enum",    "json",  "bytes" };

static const char *const array_names[MD_TYPES] = { "string[]",    "int[]",     "bigint[]", "float[]",
	                                           "decimal[]",   "boolean[]", "uuid[]",   "date[]",
	                                           "timestamp[]", "time[]",    "enum[]",   "json[]",  "bytes[]" };

const char *md_type_name(struct md_type t)
{
	return t.array ? array_names[t.base] : md_type_names[t.base];
}

bool md_type_parse(struct md_str s, struct md_type *out)
{
	bool array = s.n > 2 && memcmp(s.p + s.n - 2, "[]", 2) == 0;
	if (array)
		s.n -= 2;
	for (unsigned t = 0; t < MD_TYPES; t++)
		if (md_str_eqz(s, md_type_names[t])) {
			*out = (struct md_type){ .base = (uint8_t)t, .array = array };
			return !array || t <= MD_ENUM;
		}
	return false;
}

static const char *const expected[MD_TYPES] = {
	[MD_STRING] = "a string without NUL characters",
	[MD_INT] = "an integer from -2147483648 to 2147483647",
	[MD_BIGINT] = "an integer from -9223372036854775808 to 9223372036854775807, as number or string",
	[MD_FLOAT] = "a finite number",
	[MD_DECIMAL] = "a decimal of at most 1000 digits, as number or string",
	[MD_BOOLEAN] = "true or false",
	[MD_UUID] = "a UUID",
	[MD_DATE] = "a date, YYYY-MM-DD",
	[MD_TIMESTAMP] = "a timestamp (ISO 8601, at most six digits of fraction) or a date",
	[MD_TIME] = "a time of day, HH:MM:SS, with at most six digits of fraction",
	[MD_ENUM] = "a value of the enum",
	[MD_JSON] = "nothing: json has no values to compare with",
	[MD_BYTES] = "bytes in base64",
};

/* Does canonical text of an integer lie in the range of `bits` (32 or 64)? */
static bool in_range(struct md_str s, enum md_base_type t)
{
	bool negative = s.p[0] == '-';
	struct md_str digits = { s.p + negative, s.n - negative };
	static const struct md_str most[2][2] = { { { "2147483647", 10 }, { "2147483648", 10 } },
		                                  { { "9223372036854775807", 19 }, { "9223372036854775808", 19 } } };
	struct md_str bound = most[t == MD_BIGINT][negative];
	return digits.n < bound.n || (digits.n == bound.n && md_str_cmp(digits, bound) <= 0);
}

static bool parse_integer(struct md_arena *a, enum md_base_type t, struct md_str text, struct md_str *out)
{
	struct md_number n;
	if (!md_number_split(text, &n) || !md_number_decimal(a, &n, text, out))
		return false;
	return !out->p || (!memchr(out->p, '.', out->n) && in_range(*out, t));
}

static bool parse_decimal(struct md_arena *a, struct md_str text, struct md_str *out)
{
	struct md_number n;
	return md_number_split(text, &n) && md_number_decimal(a, &n, text, out);
}

static bool parse_float(struct md_arena *a, struct md_str text, struct md_str *out)
{
	struct md_number n;
	double v;
	*out = MD_NOSTR;
	if (!md_number_split(text, &n))
		return false;
	if (!md_number_double(a, &n, &v))
		return a->oom;
	char *room = md_alloc(a, 32);
	if (!room)
		return true;
	struct md_buf b = { .p = room, .cap = 32, .arena = a };
	*out = md_float_text(&b, v);
	return true;
}

static bool parse_boolean(struct md_str text, struct md_str *out)
{
	*out = text;
	return md_str_eq(text, MD_STR("true")) || md_str_eq(text, MD_STR("false"));
}

/* The lower-case digit for a hexadecimal one, 0 for anything else. */
static const char hex_digit[256] = {
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7',
	['8'] = '8', ['9'] = '9', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f',
	['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f',
};

static bool is_dash(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

/* Are all eight bytes of the word 0 to 9 or a to f? Of each byte the highest bit counts: adding
 * sets it where the byte reaches a bound. */
static bool are_lower_hex_digits(uint64_t w)
{
	const uint64_t each = 0x0101010101010101u, highest = each * 0x80;
	uint64_t is_digit = (w + each * (0x80 - '0')) & ~(w + each * (0x7f - '9'));
	uint64_t is_letter = (w + each * (0x80 - 'a')) & ~(w + each * (0x7f - 'f'));
	return ((is_digit | is_letter) & ~w & highest) == highest;
}

static uint64_t load_two_fours(const char *p, const char *q)
{
	return (uint64_t)md_load4(p) << 32 | md_load4(q);
}

/* Most are written in lower case already: then nothing is copied. */
static bool lower_uuid(const char *p)
{
	int odd = (p[8] ^ '-') | (p[13] ^ '-') | (p[18] ^ '-') | (p[23] ^ '-');
	return odd == 0 && are_lower_hex_digits(md_load8(p)) && are_lower_hex_digits(load_two_fours(p + 9, p + 14)) &&
	       are_lower_hex_digits(load_two_fours(p + 19, p + 24)) && are_lower_hex_digits(md_load8(p + 28));
}

static bool parse_uuid(struct md_arena *a, struct md_str text, struct md_str *out)
{
	char lower[36];
	if (text.n != sizeof lower)
		return false;
	*out = text;
	if (lower_uuid(text.p))
		return true;
	for (size_t i = 0; i < sizeof lower; i++) {
		lower[i] = is_dash(i) ? (char)(text.p[i] == '-' ? '-' : 0) : hex_digit[(unsigned char)text.p[i]];
		if (!lower[i])
			return false;
	}
	*out = md_str_dup(a, (struct md_str){ lower, sizeof lower });
	return true;
}

static bool parse_date(struct md_str text, struct md_str *out)
{
	struct md_moment m;
	*out = text;
	return md_date_read(text, &m);
}

static bool parse_timestamp(struct md_arena *a, struct md_str text, struct md_str *out)
{
	struct md_moment m;
	if (!md_timestamp_read(text, &m) || m.fraction.n > 6)
		return false;
	char *room = md_alloc(a, MD_TIMESTAMP_ROOM);
	*out = room ? (struct md_str){ room, md_timestamp_write(room, &m, true) } : MD_NOSTR;
	return true;
}

/* What is left of canonical text is a view: only trailing zeros of the fraction are dropped. */
static bool parse_time(struct md_str text, struct md_str *out)
{
	struct md_moment m;
	if (!md_time_read(text, &m) || m.fraction.n > 6)
		return false;
	*out = (struct md_str){ text.p, m.fraction.n ? MD_TIME_SECONDS + 1 + m.fraction.n : MD_TIME_SECONDS };
	return true;
}

static bool parse_bytes(struct md_arena *a, struct md_str text, struct md_str *out)
{
	struct md_mark mark = md_arena_mark(a);
	struct md_buf b = { .arena = a };
	struct md_str bytes;
	bool ok = md_base64_decode(&b, text, &bytes);
	*out = b.failed ? MD_NOSTR : text;
	md_arena_release(a, mark);
	return ok || b.failed;
}

/* May a JSON number (or a JSON string) stand for the type at all? */
static bool right_json(enum md_base_type t, bool is_number, bool lenient)
{
	switch (t) {
	case MD_INT:
	case MD_FLOAT:
		return is_number || lenient;
	case MD_BIGINT:
	case MD_DECIMAL:
		return true;
	case MD_BOOLEAN:
		return !is_number && lenient;
	default:
		return !is_number;
	}
}

static bool parse_canonical(struct md_arena *a, enum md_base_type t, struct md_str text, struct md_str *out)
{
	switch (t) {
	case MD_STRING:
	case MD_ENUM:
		*out = text;
		return text.n == 0 || !memchr(text.p, 0, text.n);
	case MD_INT:
	case MD_BIGINT:
		return parse_integer(a, t, text, out);
	case MD_FLOAT:
		return parse_float(a, text, out);
	case MD_DECIMAL:
		return parse_decimal(a, text, out);
	case MD_BOOLEAN:
		return parse_boolean(text, out);
	case MD_UUID:
		return parse_uuid(a, text, out);
	case MD_DATE:
		return parse_date(text, out);
	case MD_TIMESTAMP:
		return parse_timestamp(a, text, out);
	case MD_TIME:
		return parse_time(text, out);
	case MD_BYTES:
		return parse_bytes(a, text, out);
	default:
		return false;
	}
}

const char *md_value_short(enum md_base_type t, const char *p, const char *end)
{
	bool fraction;
	const char *behind = t == MD_INT || t == MD_BIGINT || t == MD_DECIMAL ? md_number_short(p, end, &fraction)
	                                                                      : NULL;
	return behind && fraction && t != MD_DECIMAL ? NULL : behind;
}

const char *md_value_parse(struct md_arena *a, enum md_base_type t, struct md_str text, bool is_number, bool lenient,
                           struct md_str *out)
{
	if (!text.p)
		text = MD_STR("");
	if (is_number && md_value_short(t, text.p, text.p + text.n) == text.p + text.n) {
		*out = text;
		return NULL;
	}
	if (!right_json(t, is_number, lenient) || !parse_canonical(a, t, text, out))
		return expected[t];
	return NULL;
}
