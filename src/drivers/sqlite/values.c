/* Functions that give a stored value as the canonical value of a declared type, whatever the form
 * in which the row keeps it: md_value_TYPE, and NULL for what is no value of the type, so that a
 * condition on it is unknown; md_shown_TYPE, and such a value as it is, so that the result refuses
 * it. Promises: what they compare is what a result shows (stored.c); timestamps have twelve digits
 * of a second, so that texts compare as moments; no value makes them raise an error. */
#include "drivers/sqlite/private.h"

#include "base/date.h"
#include "base/number.h"
#include "base/sqlite_names.h"

/* In what form does the row keep the value? */
enum stored_form {
	AS_STORED,       /* as a column of the type is read (stored.c) */
	ANY_TEXT,        /* numbers too, as text */
	BYTES,           /* the 16 bytes of a uuid */
	MOMENT,          /* a date as the text of a moment at midnight */
	SECONDS,         /* since 1970-01-01 in UTC: a number */
	MILLISECONDS
};

enum { SCRATCH_ROOM = 1024, UUID_BYTES = 16 };

static const char hex_digits[] = "0123456789abcdef";

/* What a registered function knows. */
struct function_of_type {
	struct md_lite *conn;
	enum md_base_type type;
	enum stored_form reading;
	bool keeps_others;
};

size_t md_lite_moment(char *to, struct md_str text)
{
	struct md_moment m;
	if (!md_timestamp_read(text, &m))
		return 0;
	size_t n = md_timestamp_write(to, &m, true) - 1; /* before the Z */
	size_t end = sizeof "2024-01-01T00:00:00." - 1 + MD_LITE_SECOND_DIGITS;
	while (n < end)
		to[n++] = '0';
	to[n++] = 'Z';
	return n;
}

static struct md_lite_stored stored_of(sqlite3_value *v)
{
	struct md_lite_stored s = { .storage = sqlite3_value_type(v) };
	if (s.storage == SQLITE_INTEGER) {
		s.integer = sqlite3_value_int64(v);
	} else if (s.storage == SQLITE_FLOAT) {
		s.real = sqlite3_value_double(v);
	} else if (s.storage != SQLITE_NULL) {
		const void *p = s.storage == SQLITE_TEXT ? sqlite3_value_text(v) : sqlite3_value_blob(v);
		bool is_empty_blob = !p && s.storage == SQLITE_BLOB;
		s.bytes = (struct md_str){ is_empty_blob ? "" : p, (size_t)sqlite3_value_bytes(v) };
	}
	return s;
}

/* ---- numbers as moments ---- */

enum { DAY_SECONDS = 86400, DATE_TEXT = sizeof "2024-01-01" - 1 };

/* Any division that is here has a positive divisor and rounds down. */
static int64_t divide_down(int64_t v, int64_t by)
{
	return v / by - (v % by < 0);
}

/* The day of the Gregorian calendar, counted from 1970-01-01: years of 400 begin in March, so that
 * the day of a leap year is the last one. */
static struct md_moment day_of(int64_t days)
{
	enum { CYCLE = 146097, BEFORE_1970 = 719468 };
	int64_t from_march = days + BEFORE_1970, cycle = divide_down(from_march, CYCLE);
	int64_t day = from_march - cycle * CYCLE;
	int64_t year = (day - day / 1460 + day / 36524 - day / (CYCLE - 1)) / 365;
	int64_t day_of_year = day - (365 * year + year / 4 - year / 100), month = (5 * day_of_year + 2) / 153;
	struct md_moment m = { .day = (int)(day_of_year - (153 * month + 2) / 5 + 1) };
	m.month = (int)(month < 10 ? month + 3 : month - 9);
	m.year = (int)(year + cycle * 400 + (m.month <= 2));
	return m;
}

/* The text of a number of seconds and parts of a second, each of which is a digit of `parts`. */
static bool append_epoch(struct md_buf *b, int64_t seconds, const char parts[MD_LITE_SECOND_DIGITS])
{
	static const int64_t first = -62135596800, last = 253402300799; /* years 1 to 9999 */
	if (seconds < first || seconds > last || !md_buf_room(b, MD_TIMESTAMP_ROOM))
		return false;
	int64_t days = divide_down(seconds, DAY_SECONDS);
	int rest = (int)(seconds - days * DAY_SECONDS);
	struct md_moment m = day_of(days);
	m.hour = rest / 3600;
	m.minute = rest / 60 % 60;
	m.second = rest % 60;
	m.fraction = (struct md_str){ parts, MD_LITE_SECOND_DIGITS };
	b->n += md_timestamp_write(b->p + b->n, &m, true);
	return true;
}

/* digits[.digits] of a number that is not negative, as whole units and digits behind the point.
 * False: it is negative, or too long. */
static bool split_digits(struct md_str text, int64_t *whole, char fraction[MD_LITE_SECOND_DIGITS])
{
	size_t i = 0, n = 0;
	memset(fraction, '0', MD_LITE_SECOND_DIGITS);
	for (*whole = 0; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		if (__builtin_mul_overflow(*whole, 10, whole) || __builtin_add_overflow(*whole, text.p[i] - '0', whole))
			return false;
	if (i < text.n && text.p[i] == '.')
		for (i++; i < text.n && n < MD_LITE_SECOND_DIGITS; i++)
			fraction[n++] = text.p[i];
	return i > 0 && i == text.n;
}

/* The decimal digits of a REAL as a result shows it; NULL: it has none. */
static struct md_str digits_of_real(struct md_cells *k, double v)
{
	struct md_number split;
	struct md_str text = v - v == 0 ? md_float_text(&k->buf, v) : MD_NOSTR, out = MD_NOSTR;
	bool has_digits = text.p && md_number_split(text, &split) && md_number_decimal(&k->arena, &split, text, &out);
	return has_digits ? out : MD_NOSTR;
}

/* A REAL before 1970 with parts of a second is refused: its digits count from the wrong end. */
static bool split_number(struct md_cells *k, const struct md_lite_stored *v, int64_t *whole,
                         char fraction[MD_LITE_SECOND_DIGITS])
{
	memset(fraction, '0', MD_LITE_SECOND_DIGITS);
	*whole = v->integer;
	if (v->storage == SQLITE_INTEGER)
		return true;
	if (v->storage != SQLITE_FLOAT)
		return false;
	*whole = v->real > -0x1p53 && v->real < 0x1p53 ? (int64_t)v->real : 0;
	if ((double)*whole == v->real)
		return true;
	return split_digits(digits_of_real(k, v->real), whole, fraction);
}

/* 1714557600123 and .5: the last three digits of the whole number come before those behind the
 * point. */
static bool move_milliseconds(int64_t *whole, char fraction[MD_LITE_SECOND_DIGITS])
{
	enum { THOUSANDTHS = 3 };
	int64_t seconds = divide_down(*whole, 1000), thousandths = *whole - seconds * 1000;
	for (int i = MD_LITE_SECOND_DIGITS - THOUSANDTHS; i < MD_LITE_SECOND_DIGITS; i++)
		if (fraction[i] != '0')
			return false;
	memmove(fraction + THOUSANDTHS, fraction, MD_LITE_SECOND_DIGITS - THOUSANDTHS);
	for (int i = THOUSANDTHS - 1; i >= 0; i--, thousandths /= 10)
		fraction[i] = (char)('0' + thousandths % 10);
	*whole = seconds;
	return true;
}

/* Makes text of a number that counts seconds or milliseconds. */
static bool read_epoch(struct md_cells *k, enum stored_form reading, struct md_lite_stored *v)
{
	char fraction[MD_LITE_SECOND_DIGITS];
	int64_t whole;
	if (!split_number(k, v, &whole, fraction) || (reading == MILLISECONDS && !move_milliseconds(&whole, fraction)))
		return false;
	size_t from = k->buf.n;
	if (!append_epoch(&k->buf, whole, fraction))
		return false;
	*v = (struct md_lite_stored){ .storage = SQLITE_TEXT, .bytes = { k->buf.p + from, k->buf.n - from } };
	return true;
}

/* The date of a moment at midnight, in text. */
static bool read_midnight(struct md_cells *k, struct md_lite_stored *v)
{
	struct md_moment m;
	bool is_moment = v->storage == SQLITE_TEXT && v->bytes.p && md_timestamp_read(v->bytes, &m);
	if (!is_moment || m.hour || m.minute || m.second || m.fraction.n || !md_buf_room(&k->buf, MD_TIMESTAMP_ROOM))
		return false;
	v->bytes = (struct md_str){ k->buf.p + k->buf.n, DATE_TEXT };
	md_timestamp_write(k->buf.p + k->buf.n, &m, false);
	k->buf.n += DATE_TEXT;
	return true;
}

static bool read_text(struct md_cells *k, struct md_lite_stored *v)
{
	size_t from = k->buf.n;
	if (v->storage != SQLITE_INTEGER && v->storage != SQLITE_FLOAT)
		return true;
	if (v->storage == SQLITE_INTEGER)
		md_buf_int(&k->buf, v->integer);
	else if (v->real - v->real == 0)
		md_float_text(&k->buf, v->real);
	else
		return false;
	*v = (struct md_lite_stored){ .storage = SQLITE_TEXT, .bytes = { k->buf.p + from, k->buf.n - from } };
	return true;
}

static bool read_uuid_bytes(struct md_cells *k, struct md_lite_stored *v)
{
	size_t from = k->buf.n;
	if (v->storage != SQLITE_BLOB || v->bytes.n != UUID_BYTES)
		return false;
	for (size_t i = 0; i < UUID_BYTES; i++) {
		unsigned char byte = (unsigned char)v->bytes.p[i];
		if (i == 4 || i == 6 || i == 8 || i == 10)
			md_buf_char(&k->buf, '-');
		md_buf_char(&k->buf, hex_digits[byte >> 4]);
		md_buf_char(&k->buf, hex_digits[byte & 15]);
	}
	*v = (struct md_lite_stored){ .storage = SQLITE_TEXT, .bytes = { k->buf.p + from, k->buf.n - from } };
	return true;
}

/* The value as a column of the type would store it; false: it is none. */
static bool read_stored(struct md_cells *k, const struct function_of_type *f, struct md_lite_stored *v)
{
	if (v->storage == SQLITE_NULL)
		return true;
	switch (f->reading) {
	case ANY_TEXT:
		return read_text(k, v);
	case SECONDS:
	case MILLISECONDS:
		return read_epoch(k, f->reading, v) && (f->type != MD_DATE || read_midnight(k, v));
	case BYTES:
		return read_uuid_bytes(k, v);
	case MOMENT:
		return read_midnight(k, v);
	default:
		return true;
	}
}

/* ---- results ---- */

static void give_moment(sqlite3_context *cx, struct md_str text)
{
	char room[MD_TIMESTAMP_ROOM];
	size_t n = md_lite_moment(room, text);
	sqlite3_result_text(cx, room, (int)n, SQLITE_TRANSIENT);
}

static void give_value(sqlite3_context *cx, enum md_base_type t, const struct md_lite_stored *stored,
                       struct md_str text)
{
	bool is_integer = stored->storage == SQLITE_INTEGER;
	switch (t) {
	case MD_INT:
	case MD_BIGINT:
		sqlite3_result_int64(cx, is_integer ? stored->integer : (int64_t)stored->real);
		break;
	case MD_FLOAT:
		sqlite3_result_double(cx, is_integer ? (double)stored->integer : stored->real);
		break;
	case MD_BOOLEAN:
		sqlite3_result_int(cx, text.p[0] == 't');
		break;
	case MD_TIMESTAMP:
		give_moment(cx, text);
		break;
	default:
		sqlite3_result_text64(cx, text.p, text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	}
}

/* Infinity is a float, which compares with others; a result shows none. */
static bool is_value(enum md_base_type t, enum md_form form)
{
	return form != MD_CELL_NULL && (form != MD_CELL_NOT_FINITE || t == MD_FLOAT);
}

static void call_function_of_type(sqlite3_context *cx, int n, sqlite3_value **v)
{
	(void)n;
	const struct function_of_type *f = sqlite3_user_data(cx);
	struct md_cells *k = &f->conn->values;
	struct md_lite_stored stored = stored_of(v[0]);
	struct md_mark mark = md_arena_mark(&k->arena);
	struct md_cell cell;
	k->buf.n = 0;
	/* nothing may move what was made of the value */
	bool fits = md_buf_room(&k->buf, SCRATCH_ROOM + 2 * stored.bytes.n) && read_stored(k, f, &stored) &&
	            md_lite_convert(k, (struct md_type){ .base = (uint8_t)f->type }, &stored, &cell) == 0;
	if (md_cells_failed(k))
		sqlite3_result_error_nomem(cx);
	else if (fits && is_value(f->type, cell.form))
		give_value(cx, f->type, &stored, cell.text);
	else if (f->keeps_others)
		sqlite3_result_value(cx, v[0]);
	md_arena_release(&k->arena, mark);
}

/* The 16 bytes of a uuid in text, as some programs store it. */
static void uuid_bytes(sqlite3_context *cx, int n, sqlite3_value **v)
{
	(void)n;
	const char *text = (const char *)sqlite3_value_text(v[0]);
	unsigned char bytes[UUID_BYTES];
	size_t digits = 0;
	memset(bytes, 0, sizeof bytes);
	for (; text && *text; text++) {
		const char *at = *text == '-' ? NULL : strchr(hex_digits, *text);
		if (*text == '-')
			continue;
		if (!at || digits == 2 * sizeof bytes)
			return; /* NULL */
		bytes[digits / 2] = (unsigned char)(bytes[digits / 2] << 4 | (at - hex_digits));
		digits++;
	}
	if (digits == 2 * sizeof bytes)
		sqlite3_result_blob(cx, bytes, sizeof bytes, SQLITE_TRANSIENT);
}

/* ---- registration ---- */

static int register_function(struct md_lite *c, const char *name, struct function_of_type of)
{
	struct function_of_type *kept = sqlite3_malloc((int)sizeof *kept);
	if (!kept)
		return SQLITE_NOMEM;
	*kept = of;
	/* the function's memory is freed even if it cannot be registered */
	return sqlite3_create_function_v2(c->db, name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, kept,
	                                  call_function_of_type, NULL, NULL, sqlite3_free);
}

/* name, declared type, reading */
#define FUNCTIONS(F) \
	F("int", MD_INT, AS_STORED) \
	F("bigint", MD_BIGINT, AS_STORED) \
	F("float", MD_FLOAT, AS_STORED) \
	F("decimal", MD_DECIMAL, AS_STORED) \
	F("boolean", MD_BOOLEAN, AS_STORED) \
	F("string", MD_STRING, AS_STORED) \
	F("any_text", MD_STRING, ANY_TEXT) \
	F("uuid", MD_UUID, AS_STORED) \
	F("blob_uuid", MD_UUID, BYTES) \
	F("date", MD_DATE, AS_STORED) \
	F("moment_date", MD_DATE, MOMENT) \
	F("epoch_s_date", MD_DATE, SECONDS) \
	F("epoch_ms_date", MD_DATE, MILLISECONDS) \
	F("timestamp", MD_TIMESTAMP, AS_STORED) \
	F("epoch_s", MD_TIMESTAMP, SECONDS) \
	F("epoch_ms", MD_TIMESTAMP, MILLISECONDS) \
	F("time", MD_TIME, AS_STORED) \
	F("json", MD_JSON, AS_STORED)

int md_lite_value_functions(struct md_lite *c)
{
#define ENTRY(name, type, reading) { MD_SQLITE_VALUE(name), MD_SQLITE_SHOWN(name), type, reading },
	static const struct {
		const char *value, *shown;
		enum md_base_type type;
		enum stored_form reading;
	} functions[] = { FUNCTIONS(ENTRY) };
#undef ENTRY
	int rc = sqlite3_create_function_v2(c->db, MD_SQLITE_UUID_BYTES, 1,
	                                    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, uuid_bytes,
	                                    NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof functions / sizeof *functions && rc == SQLITE_OK; i++) {
		struct function_of_type f = { c, functions[i].type, functions[i].reading, false };
		rc = register_function(c, functions[i].value, f);
		f.keeps_others = true;
		if (rc == SQLITE_OK)
			rc = register_function(c, functions[i].shown, f);
	}
	return rc;
}
