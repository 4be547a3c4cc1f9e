/* Column types and typed values: the vocabulary that metadata, queries, SQL, drivers and encoders
 * share.
 *
 * A value is its canonical text, from the request to the database and back:
 *   int bigint   decimal digits, '-' only in front, no leading zeros
 *   decimal      the same with an optional fraction without trailing zeros; no exponent; "0",
 *                never "-0"
 *   float        as JavaScript prints it (1, 0.1, 1e+21); finite
 *   boolean      true false
 *   uuid         lower case, 8-4-4-4-12
 *   date         YYYY-MM-DD
 *   timestamp    YYYY-MM-DDTHH:MM:SS.ffffffZ as a parameter (always six digits);
 *                results drop trailing zeros of the fraction
 *   time         HH:MM:SS with an optional fraction of at most six digits, without trailing zeros
 *   enum         one of the labels that the metadata lists for the column (base/labels.h)
 *   bytes        base64 (RFC 4648, padded)
 *   json         JSON text
 *   string       itself, UTF-8 without NUL
 */
#ifndef MD_BASE_VALUE_H
#define MD_BASE_VALUE_H

#include "base/buf.h"

enum md_base_type { MD_STRING, MD_INT, MD_BIGINT, MD_FLOAT, MD_DECIMAL, MD_BOOLEAN, MD_UUID, MD_DATE, MD_TIMESTAMP,
	            MD_TIME, MD_ENUM, MD_JSON, MD_BYTES, MD_TYPES };

struct md_type {
	uint8_t base;  /* enum md_base_type; of the elements when array */
	bool array;
};

extern const char *const md_type_names[MD_TYPES];  /* "string", … */
const char *md_type_name(struct md_type t);        /* "uuid[]" for arrays; static text */
bool md_type_parse(struct md_str s, struct md_type *out);

/* What a parameter of a statement is made of. */
enum md_origin {
	MD_FROM_NOWHERE, /* not known */
	MD_FROM_OPERAND, /* md_values.operands */
	MD_FROM_PATTERN, /* the text of an operand, as a pattern for the operator */
	MD_FROM_COUNT,   /* md_values.counts */
	MD_FROM_IDS,     /* all of md_values.ids, keys of one column */
	MD_FROM_ID,      /* one text of md_values.ids */
	MD_FROM_CONTEXT, /* a value of the caller's context, by the order of first use */
	MD_FROM_POSITION, /* a sort value of the page's position */
	MD_FROM_METADATA  /* the metadata: the value itself, in every request */
};

enum { MD_LARGEST_PLACE = (1 << 24) - 1 };

struct md_value {
	struct md_type type;  /* array: a list value (operand of `in`, or one array parameter) */
	/* from what other values can be put in its place, in a statement that is taken over for
	 * them; an element of a list has the place of the list */
	uint8_t origin;       /* enum md_origin */
	uint8_t op;           /* PATTERN: the operator (enum md_op) */
	uint32_t place : 24;  /* index */
	uint32_t form : 8;    /* of the column that it is compared with (md_dialect.forms); 0: none */
	union {
		struct md_str text;   /* scalar: canonical text */
		struct {
			const struct md_str *items; /* list: canonical texts */
			size_t n;
		} list;
	};
};

/* A named setting of a database's session. */
struct md_setting {
	struct md_str name, value;
};

struct md_settings {
	const struct md_setting *v;
	uint32_t n;
};
#define MD_NO_SETTINGS ((struct md_settings){ NULL, 0 })

/* Returns the end of the JSON number at p when it is a value of the type that is short and
 * canonical as it stands (base/number.h, md_number_short): most keys, ids and amounts. NULL for
 * every other text, a value or not; md_value_parse takes every text, with the same result for
 * these. */
const char *md_value_short(enum md_base_type t, const char *p, const char *end);

/* Text (JSON string contents or a JSON number's digits) to canonical text. `is_number`: it was a
 * JSON number. NULL when it is a value of the type, otherwise what was expected, for example "an
 * integer from -2147483648 to 2147483647". A string that spells the value is accepted for bigint,
 * decimal, uuid, date, timestamp, time and bytes; for int, float and boolean only when `lenient`
 * (context values and keys in byIds come as text from tokens and command lines). json is never a
 * value (NULL is never returned for it). Out of memory: NULL with out->p NULL and the arena's oom
 * set. Of an enum any text without NUL is taken: the caller knows its labels. */
const char *md_value_parse(struct md_arena *a, enum md_base_type t, struct md_str text, bool is_number, bool lenient,
	                   struct md_str *out);

#endif
