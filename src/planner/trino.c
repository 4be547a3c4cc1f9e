/* P3, across databases through Trino: every table is reachable through a catalog. Originals come
 * first; where an original's database has no catalog, a replica may stand in that is fresh enough,
 * has the needed columns and whose database has one (smallest lag, then the order of
 * externalSyncs). The embedded engine federates SQLite databases in the process, at most ten, and
 * needs no catalogs. Refuses with TRINO_DISABLED, NO_CATALOG, FRESHNESS_UNMET,
 * COLUMN_NOT_REPLICATED, AVOIDED. Also says what Trino can reach at all: arrays and bytes of a
 * ClickHouse table it can't (its connector gives back other values), so a query that needs one
 * finds that table in no catalog. */
#include "planner/strategy.h"

enum { ATTACH_MAX = 10 }; /* SQLite's default bound (SQLITE_MAX_ATTACHED) */

static const enum md_refusal order[] = { MD_R_TRINO_DISABLED,      MD_R_NO_CATALOG, MD_R_FRESHNESS_UNMET,
	                                 MD_COLUMN_NOT_REPLICATED, MD_AVOIDED,      MD_REFUSED_NOT };

bool md_has_catalog(const struct md_judge *j, const struct md_database *db)
{
	if (j->all_catalogs)
		return true;
	return j->cx->meta->trino.embedded ? db->engine == MD_SQLITE : db->trino_catalog.n > 0;
}

uint32_t md_trino_faults(const struct md_judge *j, const struct md_database *db)
{
	return (j->trino ? 0 : MD_REFUSE(MD_R_TRINO_DISABLED)) |
	       (md_has_catalog(j, db) ? 0 : MD_REFUSE(MD_R_NO_CATALOG));
}

bool md_trino_shows(const struct md_database *db, const struct md_column *c)
{
	return db->engine != MD_CLICKHOUSE || (!c->type.array && c->type.base != MD_BYTES);
}

bool md_trino_reaches(const struct md_judge *j, const struct md_need *n, const struct md_database *db)
{
	if (!md_has_catalog(j, db))
		return false;
	for (uint32_t i = 0; db->engine == MD_CLICKHOUSE && i < n->table->n_columns; i++)
		if (md_bit(n->columns, i) && !md_trino_shows(db, &n->table->columns[i]))
			return false;
	return true;
}

/* A replica for a table whose own database is out of reach; NULL with the bits that stood in the
 * way. */
static const struct md_sync *stand_in(struct md_judge *j, const struct md_need *n, uint32_t *codes)
{
	const struct md_sync *best = NULL;
	uint32_t faults = 0;
	for (uint32_t i = 0; i < n->table->n_syncs; i++) {
		const struct md_sync *s = n->table->syncs[i];
		if (!md_trino_reaches(j, n, s->database))
			continue;
		uint32_t f = md_replica_faults(j, n, s) |
		             (j->bound->avoid & MD_WANT_REPLICA ? MD_REFUSE(MD_AVOIDED) : 0);
		faults |= f;
		if (!f && (!best || s->lag < best->lag))
			best = s;
	}
	if (!best)
		*codes |= MD_REFUSE(MD_R_NO_CATALOG) | faults;
	return best;
}

/* More databases than one SQLite connection can attach? */
static bool too_many(struct md_judge *j, const struct md_source *s)
{
	uint32_t different = 0;
	for (uint32_t i = 0; i < j->n_needs; i++) {
		uint32_t k = 0;
		while (k < i && s[k].database != s[i].database)
			k++;
		different += k == i;
	}
	return different > ATTACH_MAX;
}

static int make_plan(struct md_judge *j, struct md_alternative *out, const struct md_source *by_need)
{
	struct md_source *sources;
	struct md_plan *p = md_plan_new(j, MD_CROSS, &sources);
	if (!p)
		return -1;
	for (uint32_t i = 0; i < md_guarded_count(j->guarded); i++)
		sources[i] = by_need[md_need_of(j, md_guarded_ref(md_guarded_at(j->guarded, i))->table)];
	p->embedded = j->cx->meta->trino.embedded;
	p->through_trino = !p->embedded;
	p->dialect = p->embedded ? MD_DIALECT_SQLITE : MD_DIALECT_TRINO;
	out->plan = p;
	out->verdict = MD_POSSIBLE;
	return 0;
}

int md_judge_trino(struct md_judge *j, struct md_alternative *out)
{
	struct md_source *s = md_alloc(j->cx->arena, j->n_needs * sizeof *s);
	*out = (struct md_alternative){ .strategy = MD_CROSS };
	if (!s)
		return -1;
	out->codes = (j->trino ? 0 : MD_REFUSE(MD_R_TRINO_DISABLED)) |
	             (j->bound->avoid & MD_WANT_TRINO ? MD_REFUSE(MD_AVOIDED) : 0);
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_table *t = j->needs[i].table;
		const struct md_sync *sync = md_trino_reaches(j, &j->needs[i], t->database)
		                                     ? NULL
		                                     : stand_in(j, &j->needs[i], &out->codes);
		s[i] = (struct md_source){ sync ? sync->database : t->database, sync };
	}
	if (j->cx->meta->trino.embedded && too_many(j, s))
		out->codes |= MD_REFUSE(MD_R_NO_CATALOG);
	out->code = md_refusal_first(out->codes, order);
	return out->codes ? 0 : make_plan(j, out, s);
}
