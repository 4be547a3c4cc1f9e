/* P2, materialized: one database holds every table, as original or as a replica that is fresh
 * enough and has every needed column; at least one is a replica. Candidates are the databases of
 * the query's own tables and of their replicas, in the order of the metadata. Most originals wins,
 * then the smallest worst lag, then that order; the winner is marked chosen among the candidates.
 * An iceberg database is a candidate only through Trino. Refuses per candidate with NO_REPLICA,
 * FRESHNESS_UNMET, COLUMN_NOT_REPLICATED, TRINO_DISABLED, NO_CATALOG, AVOIDED; the strategy's own
 * code is that of the candidate that lacks the fewest tables. */
#include "planner/strategy.h"

static const enum md_refusal order[] = { MD_NO_REPLICA,       MD_R_FRESHNESS_UNMET, MD_COLUMN_NOT_REPLICATED,
	                                 MD_R_TRINO_DISABLED, MD_R_NO_CATALOG,      MD_AVOIDED,
	                                 MD_REFUSED_NOT };

/* How well one database would do. */
struct score {
	uint32_t codes, originals, missing;
	int lag; /* the worst of its replicas */
};

struct found {
	const struct md_database **v;
	uint32_t n;
};

static void add(struct found *f, const struct md_database *db)
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

static int gather(struct md_judge *j, struct found *f)
{
	size_t room = 0;
	for (uint32_t i = 0; i < j->n_needs; i++)
		room += 1 + (size_t)j->needs[i].table->n_syncs;
	*f = (struct found){ .v = md_alloc(j->cx->arena, room * sizeof *f->v) };
	for (uint32_t i = 0; f->v && i < j->n_needs; i++) {
		const struct md_table *t = j->needs[i].table;
		add(f, t->database);
		for (uint32_t k = 0; k < t->n_syncs; k++)
			add(f, t->syncs[k]->database);
	}
	return f->v ? 0 : -1;
}

static struct score judge_database(struct md_judge *j, const struct md_database *db)
{
	struct score s = { .lag = -1 };
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_need *need = &j->needs[i];
		const struct md_sync *sync = md_replica_in(need->table, db);
		if (need->table->database == db) {
			s.originals++;
		} else if (!sync) {
			s.missing++;
			s.codes |= MD_REFUSE(MD_NO_REPLICA);
		} else {
			s.codes |= md_replica_faults(j, need, sync);
			s.lag = (int)sync->lag > s.lag ? (int)sync->lag : s.lag;
		}
	}
	if (md_engines[db->engine].through_trino)
		s.codes |= md_trino_faults(j, db);
	if (j->bound->avoid &
	    (md_engines[db->engine].through_trino ? MD_WANT_REPLICA | MD_WANT_TRINO : MD_WANT_REPLICA))
		s.codes |= MD_REFUSE(MD_AVOIDED);
	return s;
}

/* Is a better than b? The order in the metadata decides between equals: the earlier one is asked
 * first. */
static bool better(const struct score *a, const struct score *b)
{
	if ((a->codes == 0) != (b->codes == 0))
		return a->codes == 0;
	if (a->codes && a->missing != b->missing)
		return a->missing < b->missing;
	if (a->codes && __builtin_popcount(a->codes) != __builtin_popcount(b->codes))
		return __builtin_popcount(a->codes) < __builtin_popcount(b->codes);
	return a->originals != b->originals ? a->originals > b->originals : a->lag < b->lag;
}

static const struct md_plan *make_plan(struct md_judge *j, const struct md_database *db)
{
	struct md_source *sources;
	struct md_plan *p = md_plan_new(j, MD_MATERIALIZED, &sources);
	if (!p)
		return NULL;
	for (uint32_t i = 0; i < md_guarded_count(j->guarded); i++)
		if (sources[i].database != db)
			sources[i] = (struct md_source){
				db, md_replica_in(md_guarded_ref(md_guarded_at(j->guarded, i))->table, db)
			};
	md_plan_on(p, db);
	return p;
}

int md_judge_materialized(struct md_judge *j, struct md_alternative *out)
{
	struct found f;
	struct score best = { 0 };
	struct md_candidate *c, *winner = NULL;
	uint32_t n = 0, codes = 0;
	*out = (struct md_alternative){ .strategy = MD_MATERIALIZED, .code = MD_NO_REPLICA };
	if (gather(j, &f) || !(c = md_alloc(j->cx->arena, f.n * sizeof *c)))
		return -1;
	for (uint32_t i = 0; i < f.n; i++) {
		struct score s = judge_database(j, f.v[i]);
		if (s.originals == j->n_needs)
			continue; /* nothing is replicated there: that is the direct strategy's affair */
		c[n] = (struct md_candidate){ .database = f.v[i], .verdict = s.codes ? MD_REFUSED : MD_POSSIBLE,
			                      .code = md_refusal_first(s.codes, order) };
		codes |= s.codes;
		if (!winner || better(&s, &best)) {
			winner = &c[n];
			best = s;
		}
		n++;
	}
	out->candidates = c;
	out->n_candidates = n;
	if (!winner || best.codes) {
		out->codes = codes ? codes : MD_REFUSE(MD_NO_REPLICA);
		out->code = winner ? winner->code : MD_NO_REPLICA;
		return 0;
	}
	winner->verdict = MD_CHOSEN;
	out->code = MD_REFUSED_NOT;
	out->verdict = MD_POSSIBLE;
	out->plan = make_plan(j, winner->database);
	return out->plan ? 0 : -1;
}
