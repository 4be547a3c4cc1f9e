/* databases[]: id, engine, trinoCatalog, collation, connection. Refuses ids that occur twice, that
 * are `trino` or a cache's (results name their target by these ids, so each must mean one thing),
 * and a connection on an engine that has none of its own. */
#include "metadata/read.h"

static const char *const database_keys[] = { "id", "engine", "trinoCatalog", "collation", "connection" };
enum { DATABASE_ID, DATABASE_ENGINE, DATABASE_CATALOG, DATABASE_COLLATION, DATABASE_CONNECTION, DATABASE_KEYS };

static void load_database_id(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_database *d)
{
	if (!read_text(l, SPOT(MD_INVALID_REFERENCE, at, "id"), v, true, &d->id))
		return;
	const struct md_at *here = MD_AT_KEY(at, MD_STR("id"));
	const char *why = NULL;
	bool twice = md_map_put(&l->s->database_by_id, d->id, d->index) != MD_NONE;
	if (md_str_eqz(d->id, "trino"))
		why = "is reserved";
	else if (md_map_get(&l->cache_by_id, d->id) != MD_NONE)
		why = "is a cache's id";
	else if (twice)
		why = "is another database's id";
	if (why)
		md_report(l->cx, MD_DUPLICATE_ID, here, MD_DETAILS(.id = d->id), "id '%.*s' %s", MD_FMT(d->id), why);
}

static void load_database_engine(struct loader *l, const struct md_at *at, const struct md_json **m,
                                 struct md_database *d)
{
	int engine = read_word(l, SPOT(MD_INVALID_REFERENCE, at, "engine"), m[DATABASE_ENGINE], true, md_engine_name,
	                       MD_ENGINES);
	d->engine = engine < 0 ? MD_ENGINES : (enum md_engine)engine;
	if (engine < 0)
		return;
	if (!md_engines[d->engine].through_trino)
		load_connection(l, at, m[DATABASE_CONNECTION], &md_engines[d->engine].connection, &d->connection);
	else if (m[DATABASE_CONNECTION])
		md_report(l->cx, MD_INVALID_CONNECTION, MD_AT_KEY(at, MD_STR("connection")), NULL,
		          "a database of engine '%s' has no connection of its own: it is reached through trino",
		          md_engine_name[d->engine]);
}

static void load_database(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_database *d)
{
	static const char *const collations[] = { "C" };
	const struct md_json *m[DATABASE_KEYS];
	uint32_t problems = l->cx->err->problems.n;
	if (!READ_OBJECT(l, MD_INVALID_REFERENCE, at, v, "a database", database_keys, m))
		return;
	load_database_id(l, at, m[DATABASE_ID], d);
	load_database_engine(l, at, m, d);
	read_text(l, SPOT(MD_INVALID_REFERENCE, at, "trinoCatalog"), m[DATABASE_CATALOG], false, &d->trino_catalog);
	if (m[DATABASE_COLLATION])
		d->collation_c = read_word(l, SPOT(MD_INVALID_REFERENCE, at, "collation"), m[DATABASE_COLLATION], true,
		                           collations, 1) == 0;
	name_part_of_problems(l, problems, MD_PART_DATABASE, d->id);
}

int load_databases(struct loader *l, const struct md_json *v)
{
	struct md_json_iter it;
	if (!read_array(l, SPOT(MD_INVALID_REFERENCE, NULL, "databases"), v, true))
		return 0;
	uint32_t n = (uint32_t)md_json_size(v);
	l->databases = md_new_n(l->keep, struct md_database, n);
	if (!l->databases || md_map_init(&l->s->database_by_id, l->keep, n))
		return -1;
	l->s->databases = l->databases;
	l->s->n_databases = n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		l->databases[i].index = i;
		load_database(l, MD_AT_IDX(MD_AT_KEY(NULL, MD_STR("databases")), i), v, &l->databases[i]);
	}
	return 0;
}
