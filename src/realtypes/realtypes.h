/* Real types: what a database itself calls the type of a column, beside the declared type that the
 * metadata gives it. Accepts the spelling of the engine that stores the table (for a table behind
 * Trino: of the source). Refuses a spelling that is no type name at all. Pure; safe to call from
 * any thread. */
#ifndef MD_REALTYPES_REALTYPES_H
#define MD_REALTYPES_REALTYPES_H

#include "base/arena.h"
#include "base/str.h"
#include "base/value.h"
#include "metadata/engines.h"

enum md_family {
#define MD_FAMILY(id, ...) MD_REAL_##id,
#include "realtypes/families.def"
#undef MD_FAMILY
	MD_FAMILIES
};

struct md_real_type {
	uint8_t family;            /* enum md_family; of the elements when is_array */
	bool is_array;
	bool is_nullable;          /* ClickHouse: Nullable(…) */
	bool is_loose;             /* SQLite: a column can hold values of any other type, too */
	int16_t precision, scale;  /* of numeric(p,s), length of char(n), digits of a second; -1: not given */
	struct md_str zone;        /* ClickHouse: DateTime('Asia/Tokyo'); empty: none is written */
	const struct md_str *labels; /* of an enum whose spelling has them, in order */
	uint32_t n_labels;
	struct md_str spelling;    /* as it was given; empty for UNKNOWN */
};

/* The real type of a column whose metadata has no databaseType. */
extern const struct md_real_type md_real_unknown;

/* Reads a spelling. Labels and the spelling are copied into the arena. 1: read; 0: it is no
 * spelling of a type (unbalanced, a bad number, empty); -1: out of memory. */
int md_real_type_parse(struct md_arena *a, enum md_engine engine, struct md_str spelling, struct md_real_type *out);

/* What a query does with a column, as far as a real type can make a difference. */
enum md_real_use {
	MD_USED_SHOWN,      /* selected, also for cursors and cache entries */
	MD_USED_COMPARED,   /* = != in notIn, byIds, row filters */
	MD_USED_RANGED,     /* < > <= >= between, and column against column */
	MD_USED_ORDERED,    /* ORDER BY and pages */
	MD_USED_JOINED,     /* a key of a relation */
	MD_USED_GROUPED,    /* groupBy, distinct, countDistinct */
	MD_USED_LEAST,      /* min, max */
	MD_USED_MATCHED,    /* patterns, edit distances, operators of arrays */
	MD_USED_CALCULATED, /* sum, avg, buckets */
	MD_USED_AT_ALL,     /* each of these, tests for NULL, counts */
	MD_REAL_USES
};
/* A use as a bit in a set of uses. */
#define MD_USE_BIT(use) ((uint32_t)1 << (use))

/* Are both the same type, whatever the spelling? Two of family OTHER are compared by spelling,
 * without regard to case and spaces. */
bool md_real_type_is_same(const struct md_real_type *a, const struct md_real_type *b);

/* Which texts of a column are equal to its database. */
enum md_equality {
	MD_EQUAL_BY_TYPE,         /* equal values of a type that is no text: every other real type */
	MD_EQUAL_BYTES,           /* equal bytes; UNKNOWN counts as such */
	MD_EQUAL_WITHOUT_PADDING, /* equal bytes but for spaces at the end */
	MD_EQUAL_IN_ANY_CASE,
	MD_EQUAL_IN_ANY_ASCII_CASE,
	MD_EQUAL_NOT_KNOWN        /* family OTHER: a domain, an enum, a collation with a name */
};
enum md_equality md_real_equality(const struct md_real_type *real);

/* Is it known that the database compares texts of the type byte for byte? Not of UNKNOWN. */
bool md_real_compares_bytes(const struct md_real_type *real);

/* Do two databases that store texts as these types take the same texts for equal? */
bool md_real_compares_alike(const struct md_real_type *a, const struct md_real_type *b);

/* Is a column of type `found` what databaseType says? `given` may leave a precision, labels and the
 * schema of a type out. */
bool md_real_type_agrees(const struct md_real_type *given, const struct md_real_type *found);

/* Is a column of the type `given` in its own database one that Trino shows as `shown`? source: the
 * engine of that database. */
bool md_real_type_arrives_as(enum md_engine source, const struct md_real_type *given,
                             const struct md_real_type *shown);

/* Can values of the declared type be read from a column of the real type, and compared there? For a
 * table that is read through Trino, engine is MD_ICEBERG and the type is Trino's. */
bool md_real_type_is_readable(enum md_engine engine, const struct md_real_type *real, struct md_type declared);

/* For what must the metadata name the real type of a column (databaseType)? */
enum md_name_need {
	MD_NAMED_FOR_NOTHING,
	MD_NAMED_TO_BE_ORDERED,  /* also ranged, grouped, matched: without a name it is only compared by = and shown */
	MD_NAMED_TO_BE_COMPARED, /* without a name it is only shown */
	MD_NAMED_TO_BE_READ
};
enum md_name_need md_real_type_name_need(enum md_engine engine, const struct md_real_type *real,
                                         struct md_type declared);

/* How a value stands to the values that a real type can hold. */
enum md_fit {
	MD_FIT_EXACT,   /* the type holds it */
	MD_FIT_BELOW,   /* smaller than all that it holds */
	MD_FIT_ABOVE,   /* larger than all that it holds */
	MD_FIT_BETWEEN, /* between two that it holds: *floor is the smaller */
	MD_FIT_NEVER    /* equal to nothing that it holds, and without an order among them */
};

/* The canonical text of a declared type's value against a real type. *floor is written with BETWEEN
 * alone, into the arena; floor->p NULL then: out of memory. UNKNOWN and OTHER hold every value. */
enum md_fit md_real_fit(struct md_arena *a, const struct md_real_type *real, enum md_base_type declared,
                        struct md_str value, struct md_str *floor);

/* Does the type hold the value, or every element of the list, exactly? */
bool md_real_holds(struct md_arena *a, const struct md_real_type *real, const struct md_value *v);

/* Can a type refuse values at all? Where it is false, md_real_fit is MD_FIT_EXACT for every value.
 */
bool md_real_is_bounded(const struct md_real_type *real, enum md_base_type declared);

#endif
