/* Which declared types can be read from which real types, and compared as planning assumes where it
 * does not know the real type. A family that a table does not list for a declared type has other
 * values, or values whose text an engine compares in another order, such as timestamps that are
 * kept as text in PostgreSQL. Types of family OTHER are left to the values themselves, except
 * those of ClickHouse. SQLite stores any value in any column, so that its values are checked alone,
 * unless the affinity of a column makes other values of them. */
#include "realtypes/private.h"

#define BIT(family) ((uint64_t)1 << MD_REAL_##family)
#define ANY UINT64_MAX

#define SIGNED (BIT(INT8) | BIT(INT16) | BIT(INT32) | BIT(INT64) | BIT(INT128) | BIT(INT256))
#define WHOLE (SIGNED | BIT(UINT8) | BIT(UINT16) | BIT(UINT32) | BIT(UINT64) | BIT(UINT128) | BIT(UINT256))
#define EXACT_NUMBERS (WHOLE | BIT(NUMERIC))
#define NUMBERS (EXACT_NUMBERS | BIT(FLOAT32) | BIT(FLOAT64))
#define TEXTS (BIT(TEXT) | BIT(CHAR) | BIT(FIXED_STRING) | BIT(CITEXT))

_Static_assert(MD_FAMILIES <= 64, "a set of families is one word");

static const uint64_t postgres_sources[MD_TYPES] = {
	[MD_STRING] = ANY & ~BIT(BYTES),
	[MD_INT] = EXACT_NUMBERS,
	[MD_BIGINT] = EXACT_NUMBERS,
	[MD_FLOAT] = NUMBERS,
	[MD_DECIMAL] = NUMBERS,
	[MD_BOOLEAN] = BIT(BOOL),
	[MD_UUID] = BIT(UUID) | TEXTS,
	[MD_DATE] = BIT(DATE),
	[MD_TIMESTAMP] = BIT(TIMESTAMP) | BIT(TIMESTAMPTZ),
	[MD_TIME] = BIT(TIME),
	[MD_ENUM] = BIT(ENUM) | TEXTS,
	[MD_JSON] = BIT(JSON) | BIT(JSONB) | TEXTS,
	[MD_BYTES] = BIT(BYTES),
};

static const uint64_t clickhouse_sources[MD_TYPES] = {
	[MD_STRING] = ANY,
	[MD_INT] = EXACT_NUMBERS,
	[MD_BIGINT] = EXACT_NUMBERS,
	[MD_FLOAT] = NUMBERS,
	[MD_DECIMAL] = EXACT_NUMBERS,
	[MD_BOOLEAN] = BIT(BOOL) | BIT(UINT8),
	[MD_UUID] = BIT(UUID) | TEXTS,
	[MD_DATE] = BIT(DATE) | BIT(DATE16),
	[MD_TIMESTAMP] = BIT(DATETIME) | BIT(DATETIME64),
	[MD_TIME] = BIT(TIME) | BIT(TIME64),
	[MD_ENUM] = BIT(ENUM) | TEXTS,
	[MD_JSON] = BIT(JSON) | BIT(TEXT),
	[MD_BYTES] = TEXTS,
};

/* Of Trino's own types. ClickHouse's texts and moments arrive as texts or bytes, documents of every
 * source as texts. */
static const uint64_t trino_sources[MD_TYPES] = {
	[MD_STRING] = ANY,
	[MD_INT] = NUMBERS,
	[MD_BIGINT] = NUMBERS,
	[MD_FLOAT] = NUMBERS,
	[MD_DECIMAL] = NUMBERS | TEXTS,
	[MD_BOOLEAN] = BIT(BOOL) | WHOLE,
	[MD_UUID] = BIT(UUID) | TEXTS,
	[MD_DATE] = BIT(DATE) | TEXTS,
	[MD_TIMESTAMP] = BIT(TIMESTAMP) | BIT(TIMESTAMPTZ) | TEXTS,
	[MD_TIME] = BIT(TIME) | TEXTS,
	[MD_ENUM] = TEXTS,
	[MD_JSON] = BIT(JSON) | TEXTS,
	[MD_BYTES] = BIT(BYTES) | TEXTS,
};

/* NULL: every type can be read from every other. */
static const uint64_t *sources_of(enum md_engine engine)
{
	static const uint64_t *const all[MD_ENGINES] = {
		[MD_POSTGRES] = postgres_sources, [MD_CLICKHOUSE] = clickhouse_sources, [MD_ICEBERG] = trino_sources
	};
	return all[engine];
}

/* Types of ClickHouse that no table of spellings lists have no values but texts and documents: Map,
 * Tuple, Dynamic. What is inside an AggregateFunction has no text. */
static bool is_other_readable(enum md_engine engine, const struct md_real_type *real, struct md_type declared)
{
	static const char state[] = "AggregateFunction(";
	if (engine != MD_CLICKHOUSE)
		return true;
	bool is_state = real->spelling.n >= sizeof state - 1 && memcmp(real->spelling.p, state, sizeof state - 1) == 0;
	return (declared.base == MD_STRING || declared.base == MD_JSON) && !is_state;
}

enum { UUID_TEXT_BYTES = 36 };

/* Texts of fewer bytes are no uuids, and ClickHouse raises an error where one is compared with
 * them. */
static bool is_too_short(const struct md_real_type *real, struct md_type declared)
{
	return declared.base == MD_UUID && real->family == MD_REAL_FIXED_STRING && real->precision >= 0 &&
	       real->precision < UUID_TEXT_BYTES;
}

bool md_real_type_is_readable(enum md_engine engine, const struct md_real_type *real, struct md_type declared)
{
	const uint64_t *sources = sources_of(engine);
	if (!sources || real->family == MD_REAL_UNKNOWN)
		return true;
	if (real->family == MD_REAL_OTHER)
		return is_other_readable(engine, real, declared);
	if (real->is_array != declared.array)
		return real->is_array ? declared.base == MD_STRING || declared.base == MD_JSON
		                      : real->family == MD_REAL_JSON;
	if (is_too_short(real, declared))
		return false;
	return sources[declared.base] == 0 || sources[declared.base] >> real->family & 1;
}

/* ---- real types that the metadata must name ---- */

struct named_types {
	uint8_t engine, declared; /* enum md_engine, enum md_base_type */
	uint8_t need;             /* enum md_name_need */
	uint64_t families;
};

/* Without the real type's name a statement is made for the most usual types: these would be read
 * from others, or compared in another way than a result shows them. */
static const struct named_types named_types[] = {
	{ MD_POSTGRES, MD_DECIMAL, MD_NAMED_TO_BE_READ, BIT(MONEY) },
	{ MD_POSTGRES, MD_TIMESTAMP, MD_NAMED_TO_BE_READ, BIT(DATE) },
	{ MD_POSTGRES, MD_DECIMAL, MD_NAMED_TO_BE_COMPARED, BIT(FLOAT32) | BIT(FLOAT64) },
	/* a bigint becomes an oid, or an error */
	{ MD_POSTGRES, MD_INT, MD_NAMED_TO_BE_COMPARED, BIT(UINT32) },
	{ MD_POSTGRES, MD_BIGINT, MD_NAMED_TO_BE_COMPARED, BIT(UINT32) },
	/* letters in both cases */
	{ MD_POSTGRES, MD_UUID, MD_NAMED_TO_BE_COMPARED, TEXTS },
	/* inet::text ends in /32, which no result shows */
	{ MD_POSTGRES, MD_STRING, MD_NAMED_TO_BE_ORDERED, BIT(INET) },
	/* a number with too many digits for the Decimal is an error */
	{ MD_CLICKHOUSE, MD_INT, MD_NAMED_TO_BE_COMPARED, BIT(NUMERIC) },
	{ MD_CLICKHOUSE, MD_BIGINT, MD_NAMED_TO_BE_COMPARED, BIT(NUMERIC) },
	/* NUMERIC is the affinity of a column of type STRING, too: 007 becomes a number */
	{ MD_SQLITE, MD_STRING, MD_NAMED_TO_BE_READ, BIT(INT64) | BIT(FLOAT64) | BIT(NUMERIC) },
	{ MD_SQLITE, MD_INT, MD_NAMED_TO_BE_READ, BIT(TEXT) },
	{ MD_SQLITE, MD_BIGINT, MD_NAMED_TO_BE_READ, BIT(TEXT) },
	{ MD_SQLITE, MD_FLOAT, MD_NAMED_TO_BE_READ, BIT(TEXT) },
	{ MD_SQLITE, MD_UUID, MD_NAMED_TO_BE_READ, BIT(BYTES) | BIT(INT64) | BIT(FLOAT64) },
	{ MD_SQLITE, MD_DATE, MD_NAMED_TO_BE_READ, BIT(INT64) | BIT(FLOAT64) },
	{ MD_SQLITE, MD_TIMESTAMP, MD_NAMED_TO_BE_READ, BIT(INT64) | BIT(FLOAT64) },
	{ MD_SQLITE, MD_TIME, MD_NAMED_TO_BE_READ, BIT(INT64) | BIT(FLOAT64) },
	{ MD_SQLITE, MD_ENUM, MD_NAMED_TO_BE_READ, BIT(INT64) | BIT(FLOAT64) },
	/* Trino converts no literal to them, and shows the padding of char(n) */
	{ MD_ICEBERG, MD_STRING, MD_NAMED_TO_BE_READ, ~(BIT(TEXT) | BIT(JSON) | BIT(UUID) | BIT(UNKNOWN)) },
	{ MD_ICEBERG, MD_STRING, MD_NAMED_TO_BE_COMPARED, BIT(JSON) | BIT(UUID) },
	{ MD_ICEBERG, MD_DECIMAL, MD_NAMED_TO_BE_READ, BIT(TEXT) },
	{ MD_ICEBERG, MD_DECIMAL, MD_NAMED_TO_BE_COMPARED, BIT(FLOAT32) | BIT(FLOAT64) },
};

enum md_name_need md_real_type_name_need(enum md_engine engine, const struct md_real_type *real,
                                         struct md_type declared)
{
	if (real->is_array || declared.array)
		return MD_NAMED_FOR_NOTHING;
	for (size_t i = 0; i < sizeof named_types / sizeof *named_types; i++) {
		const struct named_types *n = &named_types[i];
		if (n->engine == engine && n->declared == declared.base && n->families >> real->family & 1)
			return (enum md_name_need)n->need;
	}
	return MD_NAMED_FOR_NOTHING;
}

/* A schema in front of a name is left out by people, and by PostgreSQL where it is on the search
 * path. */
static struct md_str without_schema(struct md_str spelling)
{
	const char *dot = spelling.n ? memrchr(spelling.p, '.', spelling.n) : NULL;
	if (!dot)
		return spelling;
	return (struct md_str){ dot + 1, spelling.n - (size_t)(dot + 1 - spelling.p) };
}

bool md_real_type_agrees(const struct md_real_type *given, const struct md_real_type *found)
{
	struct md_real_type a = *given, b = *found;
	if (a.precision < 0)
		a.precision = a.scale = b.precision = b.scale = -1;
	if (a.n_labels == 0)
		b.n_labels = 0;
	bool has_schemas = a.spelling.n && b.spelling.n && memchr(a.spelling.p, '.', a.spelling.n) &&
	                   memchr(b.spelling.p, '.', b.spelling.n);
	if (!has_schemas) {
		a.spelling = without_schema(a.spelling);
		b.spelling = without_schema(b.spelling);
	}
	return md_real_type_is_same(&a, &b);
}
