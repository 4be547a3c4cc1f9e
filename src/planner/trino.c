/* Strategy trino, across databases: Trino reads every table through a catalog. Originals come
 * first. Where Trino cannot read an original, a replica may stand for it that is fresh enough,
 * has the needed columns and that Trino reaches: the one with the smallest lag, among equals the
 * first in externalSyncs. The embedded engine federates SQLite databases in the process, at most
 * ten, and needs no catalogs. Refuses with TRINO_DISABLED, NO_CATALOG, FRESHNESS_UNMET,
 * LAYOUT_UNKNOWN, LAYOUT_UNSUPPORTED, COLUMN_NOT_REPLICATED, UNSUPPORTED, COMPARISON_DIFFERS,
 * AVOIDED. */
#include "planner/private.h"

enum { MAX_ATTACHED = 10 }; /* SQLite's default (SQLITE_MAX_ATTACHED) */

static const enum md_refusal refusal_order[] = { MD_R_TRINO_DISABLED,      MD_R_NO_CATALOG,       MD_R_FRESHNESS_UNMET,
	                                 MD_LAYOUT_UNKNOWN,        MD_LAYOUT_UNSUPPORTED, MD_KEY_MOVES,
	                                 MD_COLUMN_NOT_REPLICATED, MD_R_UNSUPPORTED,      MD_COMPARISON_DIFFERS,
	                                 MD_AVOIDED,               MD_REFUSED_NOT };

/* The replica that stands for a table whose original cannot be read. NULL: there is none, and
 * *codes gets the reasons, beside those of the original. */
static const struct md_sync *find_replacement(struct md_judge *j, const struct md_need *n, uint32_t faults,
                                              uint32_t *codes)
{
	const struct md_sync *best = NULL;
	for (uint32_t i = 0; i < n->table->n_syncs; i++) {
		const struct md_sync *s = n->table->syncs[i];
		if (!md_trino_reaches(j, n, s->database))
			continue;

		uint32_t f = md_replica_faults(j, n, s, md_cross_dialect(j)) |
		             (j->bound->avoid & MD_WANT_REPLICA ? MD_REFUSE(MD_AVOIDED) : 0);
		faults |= f;
		if (!f && (!best || s->lag < best->lag))
			best = s;
	}
	if (!best)
		*codes |= faults;
	return best;
}

/* Does the plan need more databases than one SQLite connection can attach? */
static bool has_too_many_databases(struct md_judge *j, const struct md_source *s)
{
	uint32_t different = 0;
	for (uint32_t i = 0; i < j->n_needs; i++) {
		uint32_t k = 0;
		while (k < i && s[k].database != s[i].database)
			k++;
		different += k == i;
	}
	return different > MAX_ATTACHED;
}

static int make_trino_plan(struct md_judge *j, struct md_alternative *out, const struct md_source *by_need)
{
	struct md_source *sources;
	struct md_plan *p = md_plan_new(j, MD_CROSS, &sources);
	if (!p)
		return -1;
	for (uint32_t i = 0; i < md_guarded_count(j->guarded); i++)
		sources[i] = by_need[md_find_need(j, md_guarded_ref(md_guarded_at(j->guarded, i))->table)];
	p->embedded = j->cx->meta->trino.embedded;
	p->through_trino = !p->embedded;
	p->dialect = md_cross_dialect(j);
	md_choose_related(j, p, sources);
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
	out->codes = (j->trino_enabled ? 0 : MD_REFUSE(MD_R_TRINO_DISABLED)) |
	             (j->bound->avoid & MD_WANT_TRINO ? MD_REFUSE(MD_AVOIDED) : 0);
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_table *t = j->needs[i].table;
		uint32_t faults = md_original_trino_faults(j, &j->needs[i]);
		const struct md_sync *sync = faults ? find_replacement(j, &j->needs[i], faults, &out->codes) : NULL;
		s[i] = (struct md_source){ .database = sync ? sync->database : t->database, .sync = sync };
	}
	if (j->cx->meta->trino.embedded && has_too_many_databases(j, s))
		out->codes |= MD_REFUSE(MD_R_NO_CATALOG);
	out->code = md_first_refusal(out->codes, refusal_order);
	return out->codes ? 0 : make_trino_plan(j, out, s);
}
