/* What Trino makes of the real types of its sources, as its catalog shows them: one table for each
 * connector. A family without an entry arrives as any type, or is not read through Trino at all. */
#include "realtypes/private.h"

#define BIT(family) ((uint64_t)1 << MD_REAL_##family)

static const uint64_t of_postgres[MD_FAMILIES] = {
	[MD_REAL_INT16] = BIT(INT16),
	[MD_REAL_INT32] = BIT(INT32),
	[MD_REAL_INT64] = BIT(INT64),
	[MD_REAL_NUMERIC] = BIT(NUMERIC),
	[MD_REAL_FLOAT32] = BIT(FLOAT32),
	[MD_REAL_FLOAT64] = BIT(FLOAT64),
	[MD_REAL_BOOL] = BIT(BOOL),
	[MD_REAL_TEXT] = BIT(TEXT),
	[MD_REAL_CHAR] = BIT(CHAR),
	[MD_REAL_UUID] = BIT(UUID),
	[MD_REAL_DATE] = BIT(DATE),
	[MD_REAL_TIMESTAMP] = BIT(TIMESTAMP),
	[MD_REAL_TIMESTAMPTZ] = BIT(TIMESTAMPTZ),
	[MD_REAL_TIME] = BIT(TIME),
	[MD_REAL_JSON] = BIT(JSON),
	[MD_REAL_JSONB] = BIT(JSON),
	[MD_REAL_BYTES] = BIT(BYTES),
	[MD_REAL_MONEY] = BIT(TEXT),
};

/* Unsigned numbers need the next larger type. A moment is a text where the connector has no type
 * for it. */
static const uint64_t of_clickhouse[MD_FAMILIES] = {
	[MD_REAL_INT8] = BIT(INT8),
	[MD_REAL_INT16] = BIT(INT16),
	[MD_REAL_INT32] = BIT(INT32),
	[MD_REAL_INT64] = BIT(INT64),
	[MD_REAL_UINT8] = BIT(INT16),
	[MD_REAL_UINT16] = BIT(INT32),
	[MD_REAL_UINT32] = BIT(INT64),
	[MD_REAL_UINT64] = BIT(NUMERIC),
	[MD_REAL_NUMERIC] = BIT(NUMERIC),
	[MD_REAL_FLOAT32] = BIT(FLOAT32),
	[MD_REAL_FLOAT64] = BIT(FLOAT64),
	[MD_REAL_BOOL] = BIT(BOOL),
	[MD_REAL_TEXT] = BIT(TEXT) | BIT(BYTES),
	[MD_REAL_FIXED_STRING] = BIT(TEXT) | BIT(BYTES),
	[MD_REAL_ENUM] = BIT(TEXT),
	[MD_REAL_UUID] = BIT(UUID),
	[MD_REAL_DATE16] = BIT(DATE),
	[MD_REAL_DATE] = BIT(DATE),
	[MD_REAL_DATETIME] = BIT(TIMESTAMP) | BIT(TIMESTAMPTZ) | BIT(TEXT),
	[MD_REAL_DATETIME64] = BIT(TIMESTAMP) | BIT(TIMESTAMPTZ) | BIT(TEXT),
};

static uint64_t arriving_families(enum md_engine source, const struct md_real_type *given)
{
	if (source == MD_POSTGRES)
		return of_postgres[given->family];
	return source == MD_CLICKHOUSE ? of_clickhouse[given->family] : 0;
}

static bool has_other_digits(const struct md_real_type *given, const struct md_real_type *shown)
{
	bool are_decimals = given->family == MD_REAL_NUMERIC && shown->family == MD_REAL_NUMERIC;
	return are_decimals && given->precision >= 0 &&
	       (given->precision != shown->precision || given->scale != shown->scale);
}

bool md_real_type_arrives_as(enum md_engine source, const struct md_real_type *given, const struct md_real_type *shown)
{
	if (given->is_array || shown->is_array)
		return true;
	if (source == MD_ICEBERG)
		return md_real_type_agrees(given, shown);
	uint64_t families = arriving_families(source, given);
	return families == 0 || (families >> shown->family & 1 && !has_other_digits(given, shown));
}
