/* Spellings of Iceberg tables, as Trino shows them, and of what Trino makes of other sources. */
#include "realtypes/private.h"

const struct md_spelling md_spellings_iceberg[] = {
	{ "tinyint", MD_REAL_INT8, -1, -1 },
	{ "smallint", MD_REAL_INT16, -1, -1 },
	{ "integer", MD_REAL_INT32, -1, -1 },
	{ "int", MD_REAL_INT32, -1, -1 },
	{ "bigint", MD_REAL_INT64, -1, -1 },
	{ "decimal", MD_REAL_NUMERIC, 38, 0 },
	{ "real", MD_REAL_FLOAT32, -1, -1 },
	{ "double", MD_REAL_FLOAT64, -1, -1 },
	{ "boolean", MD_REAL_BOOL, -1, -1 },
	{ "varchar", MD_REAL_TEXT, -1, -1 },
	{ "char", MD_REAL_CHAR, 1, -1 },
	{ "json", MD_REAL_JSON, -1, -1 },
	{ "uuid", MD_REAL_UUID, -1, -1 },
	{ "date", MD_REAL_DATE, -1, -1 },
	{ "timestamp", MD_REAL_TIMESTAMP, 6, -1 },
	{ "timestamp without time zone", MD_REAL_TIMESTAMP, 6, -1 },
	{ "timestamp with time zone", MD_REAL_TIMESTAMPTZ, 6, -1 },
	{ "time", MD_REAL_TIME, 6, -1 },
	{ "varbinary", MD_REAL_BYTES, -1, -1 },
	{ NULL, MD_REAL_OTHER, -1, -1 },
};
