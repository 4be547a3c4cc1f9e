#include "dialects/facts.h"

#include "dialects/dialect.h"

const struct md_dialect_facts *md_dialect_facts_of(enum md_dialect_id id)
{
	return &md_dialect_of(id)->facts;
}

const struct md_sql_form *md_sql_form_of(enum md_dialect_id dialect, enum md_engine engine, struct md_type declared,
                                 const struct md_real_type *real, bool by_code_point)
{
	const struct md_dialect *d = md_dialect_of(dialect);
	if (declared.array)
		return &d->forms[MD_FORM_PLAIN];
	const uint8_t *by_family = d->form_of[engine][declared.base];
	if (declared.base == MD_STRING && by_code_point && d->form_by_code_point)
		by_family = d->form_by_code_point;
	uint8_t form = by_family[real->family];
	return &d->forms[form != MD_FORM_NONE ? form : by_family[MD_REAL_UNKNOWN]];
}
