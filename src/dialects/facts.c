/* What other rooms ask of a dialect without its SQL: the number of a column's form, what a real
 * type excludes, and whether texts are equal to the engine as they are to the original's database.
 * Accepts every pair of a dialect and an engine whose tables it can read. Promises: pure; a real
 * type that no table lists excludes every use, unless its values are those of the declared type. */
#include "dialects/facts.h"

#include "dialects/dialect.h"

#include <stddef.h>

const struct md_dialect_facts *md_dialect_facts_of(enum md_dialect_id id)
{
	return &md_dialect_of(id)->facts;
}

/* The facts are a member of their dialect's table. */
static const struct md_dialect *dialect_of_facts(const struct md_dialect_facts *facts)
{
	return (const struct md_dialect *)(const void *)((const char *)facts - offsetof(struct md_dialect, facts));
}

static struct md_column_forms forms_of_engine(const struct md_dialect *d, enum md_engine engine, bool by_code_point)
{
	bool has_own_strings = by_code_point && d->form_by_code_point;
	return (struct md_column_forms){ .by_type = d->form_of[engine],
		                         .of_strings = has_own_strings ? d->form_by_code_point
		                                                       : d->form_of[engine][MD_STRING] };
}

struct md_column_forms md_column_forms_of(const struct md_dialect_facts *dialect, enum md_engine engine,
                                          bool by_code_point)
{
	return forms_of_engine(dialect_of_facts(dialect), engine, by_code_point);
}

#define BIT(family) ((uint64_t)1 << MD_REAL_##family)
#define WHOLE (BIT(INT8) | BIT(INT16) | BIT(INT32) | BIT(INT64) | BIT(UINT8) | BIT(UINT16) | BIT(UINT32))
#define DAYS (BIT(DATE) | BIT(DATE16))
#define MOMENTS (BIT(TIMESTAMP) | BIT(TIMESTAMPTZ) | BIT(DATETIME) | BIT(DATETIME64))

/* Real types whose values are those of the declared type: a dialect that lists no form for them
 * treats them as an unknown type. */
static const uint64_t own_families[MD_TYPES] = {
	[MD_STRING] = BIT(TEXT),
	[MD_INT] = WHOLE,
	[MD_BIGINT] = WHOLE,
	[MD_FLOAT] = BIT(FLOAT64) | BIT(FLOAT32),
	[MD_DECIMAL] = BIT(NUMERIC),
	[MD_BOOLEAN] = BIT(BOOL),
	[MD_UUID] = BIT(UUID),
	[MD_DATE] = DAYS,
	[MD_TIMESTAMP] = MOMENTS,
	[MD_TIME] = BIT(TIME) | BIT(TIME64),
	[MD_JSON] = BIT(JSON) | BIT(JSONB),
	[MD_BYTES] = BIT(BYTES),
};
_Static_assert(MD_FAMILIES <= 64, "a set of families is 64 bits");

/* Is one of the types an array and the other is not? SQLite has no arrays: they are texts there. */
static bool differ_in_array(enum md_engine engine, struct md_type declared, const struct md_real_type *real)
{
	return real->family != MD_REAL_UNKNOWN && engine != MD_SQLITE && declared.array != real->is_array;
}

uint32_t md_sql_refused_uses(enum md_dialect_id dialect, enum md_engine engine, struct md_type declared,
                             const struct md_real_type *real, bool by_code_point)
{
	const struct md_dialect *d = md_dialect_of(dialect);
	if (differ_in_array(engine, declared, real) || (d->cannot_read && d->cannot_read(real)))
		return MD_USE_BIT(MD_USED_AT_ALL);
	if (declared.array)
		return 0;
	struct md_column_forms forms = forms_of_engine(d, engine, by_code_point);
	const uint8_t *by_family = declared.base == MD_STRING ? forms.of_strings : forms.by_type[declared.base];
	uint8_t form = by_family[real->family];
	if (form == MD_FORM_NONE && own_families[declared.base] >> real->family & 1)
		return 0;
	return form != MD_FORM_NONE ? d->forms[form].refused : MD_USE_BIT(MD_USED_AT_ALL);
}

bool md_sql_compares_alike(enum md_dialect_id dialect, const struct md_real_type *original,
                           const struct md_real_type *real)
{
	enum md_equality e = md_real_equality(real);
	bool ignores_case = e == MD_EQUAL_IN_ANY_CASE || e == MD_EQUAL_IN_ANY_ASCII_CASE;
	if (md_dialect_facts_of(dialect)->compares_texts_itself && (ignores_case || e == MD_EQUAL_NOT_KNOWN))
		return false;
	return md_real_compares_alike(original, real);
}

bool md_form_has_own_equality(const struct md_dialect_facts *dialect, uint8_t form)
{
	return dialect_of_facts(dialect)->forms[form].has_own_equality;
}

bool md_sql_lists_keys(const struct md_dialect_facts *dialect, enum md_base_type type, uint8_t parent, uint8_t child)
{
	const struct md_dialect *d = dialect_of_facts(dialect);
	const struct md_sql_form *form = &d->forms[child];
	const struct md_around *words = &form->column[MD_PLACE_EQUAL];
	/* the left column's collation decides in a list, even where the right one is referenced */
	bool is_collation_open = d->left_decides && (type == MD_ENUM || (form->has_own_equality && !words->after.n));
	/* keys in FROM are grouped without words */
	bool is_grouped_otherwise = d->lists_keys_in_from && (words->before.n || words->after.n);
	return parent == child && !form->compare && !is_collation_open && !is_grouped_otherwise;
}
