/* Spellings of SQLite: declared types, and the forms in which programs store moments and texts,
 * which no declared type tells. A declared type that is not here has the family of its affinity
 * (sqlite.org/datatype3.html, section 3.1), which parse.c finds. */
#include "realtypes/private.h"

const struct md_spelling md_spellings_sqlite[] = {
	{ "text", MD_REAL_TEXT, -1, -1 },
	{ "text collate nocase", MD_REAL_TEXT_NOCASE, -1, -1 },
	{ "text collate rtrim", MD_REAL_TEXT_RTRIM, -1, -1 },
	{ "text iso", MD_REAL_TEXT_ISO, -1, -1 },
	{ "text sqlite", MD_REAL_TEXT_SQLITE, -1, -1 },
	{ "epoch s", MD_REAL_EPOCH_S, -1, -1 },
	{ "epoch ms", MD_REAL_EPOCH_MS, -1, -1 },
	{ "integer", MD_REAL_INT64, -1, -1 },
	{ "real", MD_REAL_FLOAT64, -1, -1 },
	{ "blob", MD_REAL_BYTES, -1, -1 },
	{ NULL, MD_REAL_OTHER, -1, -1 },
};
