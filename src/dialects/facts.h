/* What name resolution must know about a dialect before a statement is written. No member is SQL
 * text. A member of each dialect's table (dialect.h). */
#ifndef MD_DIALECTS_FACTS_H
#define MD_DIALECTS_FACTS_H

#include "base/value.h"
#include "metadata/engines.h"
#include "realtypes/realtypes.h"

struct md_dialect_facts {
	bool names_schema;              /* a physical name of one part gets the engine's default schema */
	/* rows without ORDER BY come in the order of an index, which can reveal hidden values
	 * (docs/adr/0025-cells-and-masks.md) */
	bool unordered_shows_values;
	bool tells_id_place;            /* has words for md_dialect.id_place */
	bool unsortable[MD_TYPES];      /* types that ORDER BY does not take */
	/* texts are compared by this engine's own rules, whatever the rules of the column's
	 * database are */
	bool compares_texts_itself;
};

const struct md_dialect_facts *md_dialect_facts_of(enum md_dialect_id id);

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

/* How the dialect writes a column of these types; complete in dialect.h. */
struct md_sql_form;
/* The form of a column that a database of `engine` stores and a statement in the dialect reads.
 * by_code_point: the database compares texts so. */
const struct md_sql_form *md_sql_form_of(const struct md_dialect_facts *dialect, enum md_engine engine,
                                         struct md_type declared, const struct md_real_type *real, bool by_code_point);
/* Can values with different texts be equal to the engine (without regard to case, to padding)? Such
 * a column is grouped by its own equality, and ordered by its text. */
bool md_form_has_own_equality(const struct md_sql_form *form);

/* What must not be done with such a column, because the answer would be wrong or an error of the
 * database: bits of enum md_real_use. MD_USED_AT_ALL is among them where the dialect does not read
 * values of the real type as the declared one. */
uint32_t md_sql_refused_uses(enum md_dialect_id dialect, enum md_engine engine, struct md_type declared,
                             const struct md_real_type *real, bool by_code_point);

/* Do statements in the dialect on a column of type `real` take the same texts for equal as the
 * database of a column of type `original`? */
bool md_sql_compares_alike(enum md_dialect_id dialect, const struct md_real_type *original,
                           const struct md_real_type *real);

#endif
