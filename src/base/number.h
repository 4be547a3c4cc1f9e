/* Decimals of any length and doubles, as text. No function depends on the locale of the process. */
#ifndef MD_BASE_NUMBER_H
#define MD_BASE_NUMBER_H

#include "base/buf.h"

/* The longest decimal that is accepted. An exponent must not turn a short text into a very long
 * one. */
enum { MD_DECIMAL_DIGITS = 1000 };

/* The parts of a number in JSON's grammar. */
struct md_number {
	bool negative;
	bool plain;             /* no exponent and no superfluous zeros: the text is canonical as it stands */
	struct md_str whole, fraction;
	int32_t exponent;       /* clamped to ±2,000,000 */
};

/* Splits the text into its parts. False when it is not a number of JSON's grammar. */
bool md_number_split(struct md_str text, struct md_number *out);

/* Returns the end of the number at p when the number is short and canonical as it stands: not
 * negative, at most 9 digits before and 9 behind the point. Without a fraction it fits every
 * integer type. Most numbers of most columns are like that and need no other check. NULL for every
 * other text, a number or not. The bytes behind the number are not examined. */
const char *md_number_short(const char *p, const char *end, bool *fraction);

/* Canonical decimal text: a view of `text` where it is canonical already, otherwise in the arena.
 * False when it is too long. True with out->p NULL when out of memory. */
bool md_number_decimal(struct md_arena *a, const struct md_number *n, struct md_str text, struct md_str *out);

/* The nearest double. False when it is infinite, or when out of memory (the arena's oom is then
 * set). */
bool md_number_double(struct md_arena *a, const struct md_number *n, double *out);

/* Canonical text of a decimal from a database: "12.50" -> "12.5". A view into `in`, which has no
 * exponent. */
struct md_str md_decimal_canon(struct md_str in);

/* Exact comparison of two canonical decimals of any length: <0, 0, >0. No allocation. */
int md_decimal_cmp(struct md_str a, struct md_str b);

/* Text of a finite double as JavaScript prints it, appended to `scratch`. .p is NULL when out of
 * memory. */
struct md_str md_float_text(struct md_buf *scratch, double v);

#endif
