#include "dialects/facts.h"

#include "dialects/dialect.h"

#include <stddef.h>

const struct md_dialect_facts *md_dialect_facts_of(enum md_dialect_id id)
{
	return &md_dialect_of(id)->facts;
}

const struct md_sql_form *md_sql_form_of(const struct md_dialect_facts *dialect, enum md_engine engine,
                                         struct md_type declared, const struct md_real_type *real, bool by_code_point)
{
	/* the facts are a member of their dialect's table */
	const struct md_dialect *d =
		(const struct md_dialect *)(const void *)((const char *)dialect - offsetof(struct md_dialect, facts));
	if (declared.array)
		return &d->forms[MD_FORM_PLAIN];
	const uint8_t *by_family = d->form_of[engine][declared.base];
	if (declared.base == MD_STRING && by_code_point && d->form_by_code_point)
		by_family = d->form_by_code_point;
	uint8_t form = by_family[real->family];
	return &d->forms[form != MD_FORM_NONE ? form : by_family[MD_REAL_UNKNOWN]];
}
