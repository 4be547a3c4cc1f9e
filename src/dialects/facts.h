/* What name resolution must know about a dialect before a statement is written. No member is SQL
 * text. A member of each dialect's table (dialect.h). */
#ifndef MD_DIALECTS_FACTS_H
#define MD_DIALECTS_FACTS_H

#include "base/value.h"
#include "metadata/engines.h"

struct md_dialect_facts {
	bool names_schema;              /* a physical name of one part gets the engine's default schema */
	/* rows without ORDER BY come in the order of an index, which can reveal hidden values
	 * (docs/adr/0025-cells-and-masks.md) */
	bool unordered_shows_values;
	bool unsortable[MD_TYPES];      /* types that ORDER BY does not take */
	/* by engine: this dialect's engine reads that engine's tables and returns some types as
	 * text */
	bool shows_as_text[MD_ENGINES];
};

const struct md_dialect_facts *md_dialect_facts_of(enum md_dialect_id id);

#endif
