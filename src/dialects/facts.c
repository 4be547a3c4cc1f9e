#include "dialects/facts.h"

#include "dialects/dialect.h"

const struct md_dialect_facts *md_dialect_facts_of(enum md_dialect_id id)
{
	return &md_dialect_of(id)->facts;
}
