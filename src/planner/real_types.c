/* What the types of columns in a database exclude. A copy of a table is not read where a statement
 * would do something with a column that its real type does not allow (UNSUPPORTED), and where
 * equality is another one than in the original's database (COMPARISON_DIFFERS): the answer would
 * have other rows. A column without databaseType excludes nothing. */
#include "planner/private.h"

enum { COMPARING = 1 << MD_USED_COMPARED | 1 << MD_USED_JOINED | 1 << MD_USED_GROUPED };

static uint32_t refused_uses(const struct md_copy *o, const struct md_column *c)
{
	return md_sql_refused_uses(o->dialect, o->database->engine, c->type, md_real_type_in(c, o->sync),
	                           o->database->collation_c);
}

/* Does the query compare texts of the column, or texts in an array, by the database's equality? */
static bool compares_texts(const struct md_column *c, uint32_t uses)
{
	return c->type.base == MD_STRING && uses & (c->type.array ? COMPARING | 1 << MD_USED_MATCHED : COMPARING);
}

/* Is the original read as its database itself reads it? */
static bool is_own_reading(const struct md_copy *o)
{
	return !o->sync && o->dialect == md_engines[o->database->engine].dialect;
}

static bool find_fault(const struct md_judge *j, const struct md_need *n, const struct md_copy *o,
                       const struct md_column *c, struct md_type_fault *out)
{
	uint32_t uses = j->uses[n - j->needs][c->index], refused = uses & refused_uses(o, c);
	*out = (struct md_type_fault){ .column = c, .code = MD_R_UNSUPPORTED };
	if (refused) {
		out->use = refused >> MD_USED_AT_ALL & 1 ? MD_USED_AT_ALL : (enum md_real_use)__builtin_ctz(refused);
		return true;
	}
	out->code = MD_COMPARISON_DIFFERS;
	return !is_own_reading(o) && compares_texts(c, uses) &&
	       !md_sql_compares_alike(o->dialect, c->real, md_real_type_in(c, o->sync));
}

bool md_next_type_fault(const struct md_judge *j, const struct md_need *n, const struct md_copy *o, uint32_t *at,
                        struct md_type_fault *out)
{
	if (!j->uses)
		return false;
	while (*at < n->table->n_columns) {
		const struct md_column *c = &n->table->columns[(*at)++];
		if ((!o->sync || o->sync->physical_columns[c->index].p) && find_fault(j, n, o, c, out))
			return true;
	}
	return false;
}

uint32_t md_find_type_faults(const struct md_judge *j, const struct md_need *n, const struct md_copy *o)
{
	struct md_type_fault f;
	uint32_t codes = 0, at = 0;
	while (md_next_type_fault(j, n, o, &at, &f))
		codes |= MD_REFUSE(f.code);
	return codes;
}

const struct md_column *md_find_unreadable(const struct md_cached_table *c, const struct md_plan *p)
{
	const struct md_source *s = &p->sources[0];
	const struct md_copy o = { s->database, s->sync, p->dialect };
	const uint32_t shown = 1 << MD_USED_SHOWN | 1 << MD_USED_AT_ALL;
	for (uint32_t i = 0; c->table->has_real_types && i < c->table->n_columns; i++) {
		const struct md_column *column = &c->table->columns[i];
		bool is_read = md_bit(c->columns, i) && (!s->sync || s->sync->physical_columns[i].p);
		if (is_read && refused_uses(&o, column) & shown)
			return column;
	}
	return NULL;
}

bool md_compares_loosely(const struct md_column *c)
{
	enum md_equality e = md_real_equality(c->real);
	return c->type.base == MD_STRING && e != MD_EQUAL_BYTES;
}
