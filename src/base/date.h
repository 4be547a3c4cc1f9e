/* Dates, timestamps and times of day, as text and as numbers. */
#ifndef MD_BASE_DATE_H
#define MD_BASE_DATE_H

#include "base/buf.h"

struct md_moment {
	int year, month, day, hour, minute, second;
	struct md_str fraction; /* digits behind the point, without trailing zeros; a view into the input */
};

/* YYYY-MM-DD: a day that exists, in the years 0001 to 9999. */
bool md_date_read(struct md_str text, struct md_moment *out);

/* An ISO 8601 timestamp, or a date, which is midnight. The result is in UTC. */
bool md_timestamp_read(struct md_str text, struct md_moment *out);

/* HH:MM:SS[.fraction], from 00:00:00 to before 24:00:00, without a zone; the date of the result is
 * zero. */
enum { MD_TIME_SECONDS = 8 /* the length of HH:MM:SS */ };
bool md_time_read(struct md_str text, struct md_moment *out);

/* Writes the canonical text into `to`, which has MD_TIMESTAMP_ROOM bytes, and returns its length.
 * six: always six digits of fraction; otherwise as many as the fraction has. */
enum { MD_TIMESTAMP_ROOM = 64 };
size_t md_timestamp_write(char *to, const struct md_moment *m, bool six);

/* Canonical text of a timestamp from a database, appended to `scratch`:
 * "2024-01-01 00:00:00.100+00" or "…T…Z" -> "2024-01-01T00:00:00.1Z". False when the text is no
 * timestamp or when out of memory (scratch->failed). */
bool md_timestamp_canon(struct md_buf *scratch, struct md_str in, struct md_str *out);

#endif
