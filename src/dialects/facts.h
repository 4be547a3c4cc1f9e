/* What the choice of tables, columns and orders must know of a dialect before a statement is
 * written: no text of SQL. Part of each dialect's one table (dialect.h). */
#ifndef MD_DIALECTS_FACTS_H
#define MD_DIALECTS_FACTS_H

#include "base/value.h"
#include "metadata/engines.h"

struct md_dialect_facts {
	bool names_schema;              /* a table's name of one part gets the engine's default schema */
	/* rows without an order come in the order of some index, that is of values (adr/0025) */
	bool unordered_shows_values;
	bool unsortable[MD_TYPES];      /* types that ORDER BY does not take */
	/* engines of whose tables some types come as text, when they are read through this one */
	bool shows_as_text[MD_ENGINES];
};

const struct md_dialect_facts *md_dialect_facts_of(enum md_dialect_id id);

#endif
