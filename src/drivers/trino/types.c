/* Values of Trino's replies to cells. The server says each column's type; a type that can't hold
 * what is declared is refused before a row is read, and each value must be of the JSON type that
 * its column's type has. Timestamps with a zone are moved to UTC: UTC and offsets; named zones
 * would need a time zone database and are refused. */
#include "drivers/trino/private.h"

#include "base/base64.h"
#include "json/write.h"

static const struct {
	struct md_str name;
	enum md_trino_kind kind;
} names[] = {
	{ { "varchar", 7 }, MD_TRINO_TEXT }, { { "char", 4 }, MD_TRINO_TEXT }, { { "integer", 7 }, MD_TRINO_INTEGER },
	{ { "bigint", 6 }, MD_TRINO_INTEGER },
	{ { "smallint", 8 }, MD_TRINO_INTEGER }, { { "tinyint", 7 }, MD_TRINO_INTEGER },
	{ { "double", 6 }, MD_TRINO_FLOAT }, { { "real", 4 }, MD_TRINO_FLOAT },
	{ { "decimal", 7 }, MD_TRINO_DECIMAL }, { { "boolean", 7 }, MD_TRINO_BOOLEAN },
	{ { "uuid", 4 }, MD_TRINO_UUID }, { { "date", 4 }, MD_TRINO_DATE },
	{ { "timestamp", 9 }, MD_TRINO_TIMESTAMP }, { { "time", 4 }, MD_TRINO_TIME }, { { "json", 4 }, MD_TRINO_JSON },
	{ { "varbinary", 9 }, MD_TRINO_BYTES },
	{ { "unknown", 7 }, MD_TRINO_NULL },
};

struct md_trino_type md_trino_type_of(struct md_str name)
{
	struct md_trino_type t = { .kind = MD_TRINO_OTHER };
	if (name.n > 7 && memcmp(name.p, "array(", 6) == 0 && name.p[name.n - 1] == ')') {
		name = (struct md_str){ name.p + 6, name.n - 7 };
		t.array = true;
	}
	size_t n = 0;
	while (n < name.n && name.p[n] != '(' && name.p[n] != ' ')
		n++;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (md_str_eq(names[i].name, (struct md_str){ name.p, n }))
			t.kind = (uint8_t)names[i].kind;
	return t;
}

#define KIND(k) (1u << MD_TRINO_##k)
/* What may hold the values of each declared type; NULL alone may always. */
static const uint16_t holds[MD_TYPES] = {
	[MD_STRING] = KIND(TEXT) | KIND(UUID) | KIND(JSON),
	[MD_INT] = KIND(INTEGER) | KIND(DECIMAL),
	[MD_BIGINT] = KIND(INTEGER) | KIND(DECIMAL),
	[MD_FLOAT] = KIND(FLOAT) | KIND(INTEGER) | KIND(DECIMAL),
	[MD_DECIMAL] = KIND(DECIMAL) | KIND(INTEGER) | KIND(FLOAT),
	[MD_BOOLEAN] = KIND(BOOLEAN) | KIND(INTEGER),
	[MD_UUID] = KIND(UUID) | KIND(TEXT),
	[MD_DATE] = KIND(DATE) | KIND(TEXT),
	[MD_TIMESTAMP] = KIND(TIMESTAMP) | KIND(DATE) | KIND(TEXT),
	[MD_TIME] = KIND(TIME) | KIND(TEXT),
	[MD_ENUM] = KIND(TEXT),
	[MD_JSON] = KIND(JSON) | KIND(TEXT),
	[MD_BYTES] = KIND(BYTES),
};

/* A JSON document may be an array (connectors can map arrays so). */
bool md_trino_type_fits(struct md_trino_type from, struct md_type declared)
{
	bool document = declared.array && !from.array && from.kind == MD_TRINO_JSON;
	bool nothing = from.kind == MD_TRINO_NULL && (!from.array || declared.array);
	return document || nothing || (from.array == declared.array && holds[declared.base] >> from.kind & 1);
}

/* Is a value of the kind written so? Floats that are no numbers come as strings. */
static bool written_as(uint8_t kind, enum md_json_type t)
{
	switch (kind) {
	case MD_TRINO_BOOLEAN: return t == MD_JSON_BOOL;
	case MD_TRINO_INTEGER: return t == MD_JSON_NUMBER;
	case MD_TRINO_FLOAT: return t == MD_JSON_NUMBER || t == MD_JSON_STRING;
	case MD_TRINO_NULL: return false;
	default: return t == MD_JSON_STRING;
	}
}

static struct md_str text_of(const struct md_json *v)
{
	if (md_json_type(v) == MD_JSON_BOOL)
		return md_json_is_true(v) ? MD_STR("true") : MD_STR("false");
	return md_json_text(v);
}

/* "2024-01-01 01:02:03.500000 UTC", "… +05:30", or without zone: UTC, as the session's. */
static int read_timestamp(struct md_cells *k, struct md_str in, struct md_cell *out)
{
	char joined[48];
	const char *zone = in.n > 11 ? memchr(in.p + 11, ' ', in.n - 11) : NULL;
	if (zone) {
		size_t clock = (size_t)(zone - in.p), rest = in.n - clock - 1;
		if (in.n > sizeof joined)
			return -1;
		memcpy(joined, in.p, clock);
		memcpy(joined + clock, zone + 1, rest);
		if (rest == 3 && memcmp(zone + 1, "UTC", 3) == 0)
			rest = 0;
		in = (struct md_str){ joined, clock + rest };
	}
	return md_cell_scalar(k, MD_TIMESTAMP, in, out);
}

/* Base64 already, but it goes into answers as it stands: it must be just that. */
static int read_bytes(struct md_cells *k, struct md_str in, struct md_cell *out)
{
	struct md_buf scratch = { .arena = &k->arena };
	struct md_str raw;
	*out = (struct md_cell){ in, MD_CELL_PLAIN };
	return md_base64_decode(&scratch, in, &raw) ? 0 : -1;
}

static bool no_number(struct md_str s)
{
	return md_str_eq(s, MD_STR("NaN")) || md_str_eq(s, MD_STR("Infinity")) || md_str_eq(s, MD_STR("-Infinity"));
}

static int read_scalar(struct md_cells *k, uint8_t kind, enum md_base_type t, const struct md_json *v,
                       struct md_cell *out)
{
	*out = (struct md_cell){ MD_NOSTR, MD_CELL_NULL };
	if (md_json_type(v) == MD_JSON_NULL)
		return 0;
	if (!written_as(kind, md_json_type(v)))
		return -1;
	struct md_str in = text_of(v);
	if (kind == MD_TRINO_FLOAT && md_json_type(v) == MD_JSON_STRING && !no_number(in))
		return -1;
	switch (t) {
	case MD_ENUM:
	case MD_STRING: /* checked UTF-8 by the reader of JSON */
		*out = (struct md_cell){ in, MD_CELL_TEXT };
		return 0;
	case MD_TIMESTAMP: return read_timestamp(k, in, out);
	case MD_BYTES: return read_bytes(k, in, out);
	default: return md_cell_scalar(k, t, in, out);
	}
}

/* Elements one by one into a text in the arena; the scratch buffer is where each of them is made.
 */
static int read_array(struct md_cells *k, uint8_t kind, enum md_base_type t, const struct md_json *v,
                      struct md_cell *out)
{
	struct md_buf b = { .arena = &k->arena };
	struct md_json_iter it;
	struct md_cell c;
	size_t from = k->buf.n;
	if (md_json_type(v) != MD_JSON_ARRAY)
		return -1;
	md_buf_char(&b, '[');
	md_json_iter(&it, v);
	for (const struct md_json *e; (e = md_json_next(&it, NULL)); k->buf.n = from) {
		if (read_scalar(k, kind, t, e, &c))
			return -1;
		if (b.n > 1)
			md_buf_char(&b, ',');
		if (c.form == MD_CELL_NULL || c.form == MD_CELL_NOT_FINITE)
			md_buf_lit(&b, "null");
		else if (c.form == MD_CELL_BARE)
			md_buf_str(&b, c.text);
		else
			md_json_quote(&b, c.text);
	}
	md_buf_char(&b, ']');
	*out = (struct md_cell){ md_buf_view(&b), MD_CELL_BARE };
	return b.failed ? -1 : 0;
}

int md_trino_cell(struct md_cells *k, struct md_trino_type from, struct md_type declared, const struct md_json *v,
                  struct md_cell *out)
{
	enum md_base_type t = (enum md_base_type)declared.base;
	if (!declared.array || md_json_type(v) == MD_JSON_NULL)
		return read_scalar(k, from.kind, t, v, out);
	if (from.array)
		return read_array(k, from.kind, t, v, out);
	return md_json_type(v) == MD_JSON_STRING ? md_cell_json_array(k, t, md_json_text(v), out) : -1;
}
