/* Shared within the room: the tables of spellings, one for each engine. */
#ifndef MD_REALTYPES_PRIVATE_H
#define MD_REALTYPES_PRIVATE_H

#include "realtypes/realtypes.h"

/* A name of a type, in lower case except for ClickHouse, without what stands in parentheses. */
struct md_spelling {
	const char *name;
	uint8_t family; /* enum md_family */
	/* of the numbers in parentheses: none are expected, or the first is the precision (or
	 * length) and the second the scale */
	int16_t precision; /* when none is given; -1: any */
	int16_t scale;     /* when none is given */
};

/* Each ends with a name NULL. */
extern const struct md_spelling md_spellings_postgres[], md_spellings_clickhouse[], md_spellings_iceberg[],
	md_spellings_sqlite[];

#endif
