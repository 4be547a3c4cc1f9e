/* Between value.c and its helpers (number.c, date.c): text of one scalar taken apart. Outside base/ only the SQLite driver needs it, to read floats whatever the locale. */
#ifndef MD_BASE_SCALAR_H
#define MD_BASE_SCALAR_H

#include "base/value.h"

enum { MD_DECIMAL_DIGITS = 1000 }; /* longest decimal accepted: an exponent must not blow a small text up */

/* JSON's number grammar, nothing else. */
struct md_number {
	bool negative, plain;   /* plain: neither exponent, nor leading, nor trailing zeros: the text is canonical as it stands */
	struct md_str whole, fraction;
	int32_t exponent;       /* clamped to ±2,000,000 */
};
bool md_number_split(struct md_str text, struct md_number *out);

/* Behind the number at p if it is one of those that most columns hold and that need no other look: not negative, up to 9 digits before and 9 behind
 * the point, canonical as it stands (every integer type holds it when it has no fraction). NULL for all others, right or wrong. What follows it is not looked at. */
const char *md_number_short(const char *p, const char *end, bool *fraction);

/* Canonical decimal text: a view of `text` where it is canonical already, otherwise in the arena.
 * False when it is too long; true with out->p NULL when out of memory. */
bool md_number_decimal(struct md_arena *a, const struct md_number *n, struct md_str text, struct md_str *out);

/* The nearest double. False when it is infinite (or, with the arena's oom set, when out of memory). */
bool md_number_double(struct md_arena *a, const struct md_number *n, double *out);

struct md_moment {
	int year, month, day, hour, minute, second;
	struct md_str fraction; /* digits after the point, trailing zeros dropped; a view */
};
bool md_date_read(struct md_str text, struct md_moment *out);      /* YYYY-MM-DD, a day that exists, years 0001 to 9999 */
bool md_timestamp_read(struct md_str text, struct md_moment *out); /* ISO 8601 or a date; moved to UTC */
enum { MD_TIMESTAMP_ROOM = 64 };
size_t md_timestamp_write(char *to, const struct md_moment *m, bool six); /* six: always six digits of fraction */

#endif
