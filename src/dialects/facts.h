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
	/* exists conditions are written as the plan says (enum md_related_form), not in one form
	 * alone */
	bool chooses_related;
	/* the engine makes a semi-join of a correlated EXISTS beside other conditions of a WHERE,
	 * and chooses between probes and a list of unique keys elsewhere */
	bool joins_related;
	/* texts are compared by this engine's own rules, whatever the rules of the column's
	 * database are */
	bool compares_texts_itself;
};

const struct md_dialect_facts *md_dialect_facts_of(enum md_dialect_id id);

/* The first numbers of every dialect's forms. A form is how the dialect writes a column of some
 * types (md_sql_form in dialect.h). */
enum { MD_FORM_NONE, MD_FORM_PLAIN, MD_FORM_OWN };

/* The numbers of the forms of the columns that one database stores and a statement in one dialect
 * reads, by declared type and by family. */
struct md_column_forms {
	const uint8_t (*by_type)[MD_FAMILIES];
	const uint8_t *of_strings; /* in place of by_type[MD_STRING]: texts may compare by code point */
};
/* by_code_point: the database compares texts so. */
struct md_column_forms md_column_forms_of(const struct md_dialect_facts *dialect, enum md_engine engine,
                                          bool by_code_point);

/* The number of a column's form. */
static inline uint8_t md_form_of_column(const struct md_column_forms *forms, struct md_type declared,
                                        const struct md_real_type *real)
{
	const uint8_t *by_family = declared.base == MD_STRING ? forms->of_strings : forms->by_type[declared.base];
	uint8_t form = by_family[real->family];
	if (declared.array)
		return MD_FORM_PLAIN;
	return form != MD_FORM_NONE ? form : by_family[MD_REAL_UNKNOWN];
}

/* Can values with different texts be equal to the engine (without regard to case, to padding)? Such
 * a column is grouped by its own equality, and ordered by its text. */
bool md_form_has_own_equality(const struct md_dialect_facts *dialect, uint8_t form);
/* Does `parent IN (SELECT child …)` take the same keys of the type for equal as `parent = child`?
 * By the numbers of the columns' forms. */
bool md_sql_lists_keys(const struct md_dialect_facts *dialect, enum md_base_type type, uint8_t parent, uint8_t child);

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
