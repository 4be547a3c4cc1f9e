/* Strategy materialized: one database holds every table, as original or as a replica that is fresh
 * enough and has every needed column; at least one is a replica. Candidates are the databases of
 * the query's own tables and of their replicas. The candidate with the most originals is chosen,
 * among equals the one with the smallest worst lag, among those the first in the metadata. An
 * iceberg database is a candidate only through Trino.
 *
 * Refuses each candidate with NO_REPLICA, FRESHNESS_UNMET, LAYOUT_UNKNOWN, LAYOUT_UNSUPPORTED,
 * KEY_MOVES, COLUMN_NOT_REPLICATED, UNSUPPORTED, COMPARISON_DIFFERS, TRINO_DISABLED, NO_CATALOG,
 * AVOIDED. The strategy's own code is that of the candidate that lacks the fewest tables. */
#include "planner/private.h"

static const enum md_refusal refusal_order[] = { MD_NO_REPLICA,         MD_R_FRESHNESS_UNMET,  MD_LAYOUT_UNKNOWN,
	                                 MD_LAYOUT_UNSUPPORTED, MD_KEY_MOVES,          MD_COLUMN_NOT_REPLICATED,
	                                 MD_R_UNSUPPORTED,      MD_COMPARISON_DIFFERS, MD_R_TRINO_DISABLED,
	                                 MD_R_NO_CATALOG,       MD_AVOIDED,            MD_REFUSED_NOT };

/* How well one database can answer. */
struct database_score {
	uint32_t codes, originals, missing;
	int lag; /* the worst of its replicas */
};

struct database_list {
	const struct md_database **v;
	uint32_t n;
};

/* Keeps the list in the order of the metadata, each database once. */
static void add_database(struct database_list *f, const struct md_database *db)
{
	uint32_t i = f->n;
	for (uint32_t k = 0; k < f->n; k++)
		if (f->v[k] == db)
			return;
	for (; i && f->v[i - 1]->index > db->index; i--)
		f->v[i] = f->v[i - 1];
	f->v[i] = db;
	f->n++;
}

static int gather_databases(struct md_judge *j, struct database_list *f)
{
	size_t room = 0;
	for (uint32_t i = 0; i < j->n_needs; i++)
		room += 1 + (size_t)j->needs[i].table->n_syncs;
	*f = (struct database_list){ .v = md_alloc(j->cx->arena, room * sizeof *f->v) };
	for (uint32_t i = 0; f->v && i < j->n_needs; i++) {
		const struct md_table *t = j->needs[i].table;
		add_database(f, t->database);
		for (uint32_t k = 0; k < t->n_syncs; k++)
			add_database(f, t->syncs[k]->database);
	}
	return f->v ? 0 : -1;
}

static struct database_score judge_database(struct md_judge *j, const struct md_database *db)
{
	const enum md_dialect_id dialect = md_engines[db->engine].dialect;
	struct database_score s = { .lag = -1 };
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_need *need = &j->needs[i];
		const struct md_sync *sync = md_replica_in(need->table, db);
		if (need->table->database == db) {
			s.originals++;
			s.codes |= md_type_faults(j, need, &(struct md_copy){ db, NULL, dialect });
		} else if (!sync) {
			s.missing++;
			s.codes |= MD_REFUSE(MD_NO_REPLICA);
		} else {
			s.codes |= md_replica_faults(j, need, sync, dialect);
			s.lag = (int)sync->lag > s.lag ? (int)sync->lag : s.lag;
		}
	}

	unsigned uses = MD_WANT_REPLICA;
	if (md_engines[db->engine].through_trino) {
		s.codes |= md_trino_faults(j, db);
		uses |= MD_WANT_TRINO;
	}
	if (j->bound->avoid & uses)
		s.codes |= MD_REFUSE(MD_AVOIDED);
	return s;
}

/* Among equals the earlier database wins, because it is judged first. */
static bool is_better_score(const struct database_score *a, const struct database_score *b)
{
	if ((a->codes == 0) != (b->codes == 0))
		return a->codes == 0;
	if (a->codes && a->missing != b->missing)
		return a->missing < b->missing;
	if (a->codes && __builtin_popcount(a->codes) != __builtin_popcount(b->codes))
		return __builtin_popcount(a->codes) < __builtin_popcount(b->codes);
	return a->originals != b->originals ? a->originals > b->originals : a->lag < b->lag;
}

static const struct md_plan *make_materialized_plan(struct md_judge *j, const struct md_database *db)
{
	struct md_source *sources;
	struct md_plan *p = md_plan_new(j, MD_MATERIALIZED, &sources);
	if (!p)
		return NULL;
	for (uint32_t i = 0; i < md_guarded_count(j->guarded); i++) {
		const struct md_ref *r = md_guarded_ref(md_guarded_at(j->guarded, i));
		if (sources[i].database != db)
			sources[i] = (struct md_source){ .database = db, .sync = md_replica_in(r->table, db) };
	}
	md_plan_set_target(p, db);
	md_choose_related(j, p, sources);
	return p;
}

/* The databases that can answer or that say why not, and the best of them. */
struct candidates {
	struct md_candidate *v, *best; /* best NULL: no database has a replica */
	struct database_score best_score;
	uint32_t n, codes; /* codes: why any of them cannot */
};

static void judge_candidate(struct md_judge *j, const struct md_database *db, struct candidates *all)
{
	struct database_score s = judge_database(j, db);
	if (s.originals == j->n_needs)
		return; /* no table is a replica there: the strategy direct judges this database */
	struct md_candidate *c = &all->v[all->n++];
	*c = (struct md_candidate){ .database = db, .verdict = s.codes ? MD_REFUSED : MD_POSSIBLE,
		                    .code = md_first_refusal(s.codes, refusal_order) };
	all->codes |= s.codes;
	if (all->best && !is_better_score(&s, &all->best_score))
		return;
	all->best = c;
	all->best_score = s;
}

static int judge_candidates(struct md_judge *j, struct candidates *all)
{
	struct database_list list;
	*all = (struct candidates){ .n = 0 };
	if (gather_databases(j, &list) || !(all->v = md_alloc(j->cx->arena, list.n * sizeof *all->v)))
		return -1;
	for (uint32_t i = 0; i < list.n; i++)
		judge_candidate(j, list.v[i], all);
	return 0;
}

int md_judge_materialized(struct md_judge *j, struct md_alternative *out)
{
	struct candidates all;
	*out = (struct md_alternative){ .strategy = MD_MATERIALIZED, .code = MD_NO_REPLICA };
	if (judge_candidates(j, &all))
		return -1;
	out->candidates = all.v;
	out->n_candidates = all.n;
	if (!all.best || all.best_score.codes) {
		out->codes = all.codes ? all.codes : MD_REFUSE(MD_NO_REPLICA);
		out->code = all.best ? all.best->code : MD_NO_REPLICA;
		return 0;
	}
	all.best->verdict = MD_CHOSEN;
	out->code = MD_REFUSED_NOT;
	out->verdict = MD_POSSIBLE;
	out->plan = make_materialized_plan(j, all.best->database);
	return out->plan ? 0 : -1;
}
