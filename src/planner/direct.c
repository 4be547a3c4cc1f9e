/* Strategy direct: every table is an original in one database. An iceberg database is read through
 * Trino and is still direct. Refuses with DIFFERENT_DATABASES, TRINO_DISABLED, NO_CATALOG,
 * UNSUPPORTED. Preferred where possible: the freshest data without overhead. */
#include "planner/private.h"

static uint32_t type_faults(const struct md_judge *j, const struct md_database *db)
{
	const struct md_copy original = { db, NULL, md_engines[db->engine].dialect };
	uint32_t codes = 0;
	for (uint32_t i = 0; i < j->n_needs; i++)
		codes |= md_type_faults(j, &j->needs[i], &original);
	return codes;
}

int md_judge_direct(struct md_judge *j, struct md_alternative *out)
{
	const struct md_database *db = j->needs[0].table->database;
	struct md_source *sources;
	*out = (struct md_alternative){ .strategy = MD_DIRECT };

	for (uint32_t i = 1; i < j->n_needs; i++)
		if (j->needs[i].table->database != db)
			out->codes = MD_REFUSE(MD_DIFFERENT_DATABASES);
	if (!out->codes && md_engines[db->engine].through_trino)
		out->codes = md_trino_faults(j, db);
	if (!out->codes && j->uses)
		out->codes = type_faults(j, db);
	if (out->codes) {
		out->code = (enum md_refusal)__builtin_ctz(out->codes);
		return 0;
	}

	struct md_plan *p = md_plan_new(j, MD_DIRECT, &sources);
	if (!p)
		return -1;
	md_plan_set_target(p, db);
	md_choose_related(j, p, sources);
	out->verdict = MD_POSSIBLE;
	out->plan = p;
	return 0;
}
