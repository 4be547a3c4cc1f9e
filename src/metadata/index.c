/* The lookups of a loaded snapshot. Promises: each is one probe of a hash (a short scan for tables
 * of few columns), whatever the number of tables, columns and roles. Grants of listed tables are
 * one open-addressing table keyed by role and table index; roles with tables "*" share one grant a
 * table. */
#include "metadata/private.h"

struct grant_slot {
	uint64_t key;                 /* role index, table index */
	const struct md_grant *grant; /* NULL: free */
};

struct grant_index {
	const struct md_grant *all; /* by table index */
	struct grant_slot *slots;
	uint64_t mask;
};

const struct md_table *md_table_find(const struct md_snapshot *s, struct md_str api_name)
{
	uint32_t i = md_map_get(&s->table_by_name, api_name);
	return i == MD_NONE ? NULL : &s->tables[i];
}

enum { FEW_COLUMNS = 8 }; /* comparing so many names costs less than hashing one */

const struct md_column *md_column_find(const struct md_table *t, struct md_str api_name)
{
	if (t->n_columns <= FEW_COLUMNS) {
		for (uint32_t i = 0; i < t->n_columns; i++)
			if (md_str_eq(t->columns[i].api_name, api_name))
				return &t->columns[i];
		return NULL;
	}
	uint32_t i = md_map_get(&t->column_by_name, api_name);
	return i == MD_NONE ? NULL : &t->columns[i];
}

const struct md_role *md_role_find(const struct md_snapshot *s, struct md_str id)
{
	uint32_t i = md_map_get(&s->role_by_id, id);
	return i == MD_NONE ? NULL : &s->roles[i];
}

static uint64_t grant_key(uint32_t role, uint32_t table)
{
	return (uint64_t)role << 32 | table;
}

/* Indexes are ours, not a caller's choice: one multiplication spreads them (Knuth, TAOCP 6.4). */
static struct grant_slot *probe_grant(const struct grant_index *g, uint64_t key)
{
	uint64_t i = (key * 0x9e3779b97f4a7c15u) >> 32 & g->mask;
	while (g->slots[i].grant && g->slots[i].key != key)
		i = (i + 1) & g->mask;
	return &g->slots[i];
}

const struct md_grant *md_grant_find(const struct md_snapshot *s, const struct md_role *r, const struct md_table *t)
{
	const struct grant_index *g = s->grants;
	return r->all_tables ? &g->all[t->index] : probe_grant(g, grant_key(r->index, t->index))->grant;
}

int load_index_grants(struct loader *l)
{
	struct grant_index *g = md_new(l->keep, struct grant_index);
	uint64_t slots = 4;
	while (slots < (uint64_t)l->n_grants * 2)
		slots *= 2;
	if (!g || !(g->slots = md_new_n(l->keep, struct grant_slot, slots)))
		return -1;
	g->all = l->all;
	g->mask = slots - 1;
	for (uint32_t i = 0; i < l->n_grants; i++) {
		uint64_t key = grant_key(l->grant_roles[i], l->grants[i].table->index);
		*probe_grant(g, key) = (struct grant_slot){ key, &l->grants[i] };
	}
	l->s->grants = g;
	return 0;
}

static int index_relations(struct loader *l)
{
	const struct md_snapshot *s = l->s;
	for (uint32_t i = 0; i < s->n_relations; i++) {
		l->tables[s->relations[i].from->index].n_relations++;
		if (s->relations[i].to != s->relations[i].from)
			l->tables[s->relations[i].to->index].n_relations++;
	}
	const struct md_relation **pool = md_new_n(l->keep, const struct md_relation *, (size_t)s->n_relations * 2);
	const struct md_relation ***next = md_new_n(l->cx->arena, const struct md_relation **, s->n_tables);
	if (!pool || !next)
		return -1;
	for (uint32_t i = 0; i < s->n_tables; i++) {
		l->tables[i].relations = next[i] = pool;
		pool += l->tables[i].n_relations;
	}
	for (uint32_t i = 0; i < s->n_relations; i++) {
		const struct md_relation *r = &s->relations[i];
		*next[r->from->index]++ = r;
		if (r->to != r->from)
			*next[r->to->index]++ = r;
	}
	return 0;
}

static int index_syncs(struct loader *l)
{
	const struct md_snapshot *s = l->s;
	for (uint32_t i = 0; i < s->n_syncs; i++)
		l->tables[s->syncs[i].table->index].n_syncs++;
	const struct md_sync **pool = md_new_n(l->keep, const struct md_sync *, s->n_syncs);
	const struct md_sync ***next = md_new_n(l->cx->arena, const struct md_sync **, s->n_tables);
	if (!pool || !next)
		return -1;
	for (uint32_t i = 0; i < s->n_tables; i++) {
		l->tables[i].syncs = next[i] = pool;
		pool += l->tables[i].n_syncs;
	}
	for (uint32_t i = 0; i < s->n_syncs; i++)
		*next[s->syncs[i].table->index]++ = &s->syncs[i];
	return 0;
}

static bool is_any_known(const struct md_real_type *const *real, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (real[i]->family != MD_REAL_UNKNOWN)
			return true;
	return false;
}

/* More digits than Trino's decimals have. */
static bool is_wide_decimal(const struct md_real_type *real)
{
	return real->family == MD_REAL_NUMERIC && real->precision > 38;
}

/* Planning asks nothing about types of tables that have none that matter. */
static void mark_types(struct md_table *t)
{
	for (uint32_t i = 0; i < t->n_columns; i++) {
		const struct md_column *c = &t->columns[i];
		t->has_real_types |= c->real->family != MD_REAL_UNKNOWN;
		t->has_types_unknown_to_trino |= c->type.base == MD_TIME || is_wide_decimal(c->real);
	}
	for (uint32_t i = 0; i < t->n_syncs; i++)
		t->has_real_types |= is_any_known(t->syncs[i]->real, t->n_columns);
}

int load_index_tables(struct loader *l)
{
	for (uint32_t c = 0; c < l->s->n_caches; c++)
		for (uint32_t i = 0; i < l->caches[c].n_tables; i++) {
			struct md_table *t = &l->tables[l->caches[c].tables[i].table->index];
			if (!t->cached)
				t->cached = &l->caches[c].tables[i];
		}
	if (index_relations(l) || index_syncs(l))
		return -1;
	for (uint32_t i = 0; i < l->s->n_tables; i++)
		mark_types(&l->tables[i]);
	return 0;
}
