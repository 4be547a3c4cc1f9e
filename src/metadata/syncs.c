/* externalSyncs[]: replicas of tables. Refuses tables and databases that do not exist, a second
 * replica of a table in one database, one in the table's own database, and columns that the table
 * does not have. */
#include "metadata/read.h"

static const char *const sync_keys[] = { "sourceTable", "targetDatabase", "targetPhysicalName",
	                            "method",      "estimatedLag",   "columns", "layout" };
enum { SYNC_SOURCE, SYNC_TARGET, SYNC_NAME, SYNC_METHOD, SYNC_LAG, SYNC_COLUMNS, SYNC_LAYOUT, SYNC_KEYS };

struct sync_list {
	struct md_sync *v;
	struct md_map by_place; /* table and database */
};

/* The columns of a replica, by column index. */
struct replica_columns {
	struct md_str *names;
	const struct md_real_type **real;
};

static const char *const replica_column_keys[] = { "physicalName", "databaseType" };
enum { REPLICA_COLUMN_NAME, REPLICA_COLUMN_DATABASE_TYPE, REPLICA_COLUMN_KEYS };

/* A name, or an object with the name and the replica's own databaseType. */
static void load_replica_column(struct loader *l, const struct md_at *at, const struct md_json *v,
                                const struct md_sync *s, const struct md_column *c, struct replica_columns *out)
{
	const struct md_json *m[REPLICA_COLUMN_KEYS];
	struct md_str *name = &out->names[c->index];
	if (md_json_type(v) != MD_JSON_OBJECT) {
		read_text(l, SPOT(MD_INVALID_SYNC, at, NULL), v, true, name);
		return;
	}
	if (!READ_OBJECT(l, MD_INVALID_SYNC, at, v, "a replica's column", replica_column_keys, m))
		return;
	*name = c->physical_name;
	if (m[REPLICA_COLUMN_NAME])
		read_text(l, SPOT(MD_INVALID_SYNC, at, "physicalName"), m[REPLICA_COLUMN_NAME], true, name);
	out->real[c->index] = read_real_type(l, SPOT(MD_INVALID_SYNC, at, "databaseType"),
	                                     m[REPLICA_COLUMN_DATABASE_TYPE], s->database);
}

static void load_renamed_columns(struct loader *l, const struct md_at *up, const struct md_json *v,
                                 const struct md_sync *s, struct replica_columns *out)
{
	struct md_json_iter it;
	struct md_str key;
	const struct md_at *at = MD_AT_KEY(up, MD_STR("columns"));
	md_json_iter(&it, v);
	while ((v = md_json_next(&it, &key))) {
		const struct md_at *here = MD_AT_KEY(at, key);
		const struct md_column *c = find_column_named(l, MD_INVALID_SYNC, here, key, s->table);
		if (c && out->names[c->index].p)
			md_report(l->cx, MD_UNKNOWN_KEY, here, NULL, "key '%.*s' occurs twice in one object",
			          MD_FMT(key));
		else if (c)
			load_replica_column(l, here, v, s, c, out);
	}
}

static void load_listed_columns(struct loader *l, const struct md_at *up, const struct md_json *v,
                                const struct md_table *t, struct md_str *names)
{
	const uint64_t *bits = read_column_set(l, SPOT(MD_INVALID_SYNC, up, "columns"), v, t);
	for (uint32_t i = 0; bits && i < t->n_columns; i++)
		if (md_bit(bits, i))
			names[i] = t->columns[i].physical_name;
}

static void load_sync_columns(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_sync *s)
{
	struct replica_columns columns = { md_new_n(l->keep, struct md_str, s->table->n_columns),
		                           md_new_n(l->keep, const struct md_real_type *, s->table->n_columns) };
	s->physical_columns = columns.names;
	s->real = columns.real;
	if (!columns.names || !columns.real)
		return;
	for (uint32_t i = 0; i < s->table->n_columns; i++)
		columns.real[i] = &md_real_unknown;
	if (!v)
		for (uint32_t i = 0; i < s->table->n_columns; i++)
			columns.names[i] = s->table->columns[i].physical_name;
	else if (md_json_type(v) != MD_JSON_OBJECT && md_json_type(v) != MD_JSON_ARRAY)
		report_wrong(l, SPOT(MD_INVALID_SYNC, at, "columns"), v,
		             "an array of apiNames, or an object of apiNames "
		             "and physical names");
	else if (md_json_size(v) == 0)
		report_wrong(l, SPOT(MD_INVALID_SYNC, at, "columns"), v, "at least one column");
	else if (md_json_type(v) == MD_JSON_OBJECT)
		load_renamed_columns(l, at, v, s, &columns);
	else
		load_listed_columns(l, at, v, s->table, columns.names);
}

static void check_sync_target(struct loader *l, const struct md_at *at, struct sync_list *all, const struct md_sync *s)
{
	struct md_str place = md_str_fmt(l->cx->arena, "%u in %u", s->table->index, s->database->index);
	const struct md_details details = { .table = s->table->id, .database = s->database->id };
	if (!place.p)
		return;
	if (md_map_put(&all->by_place, place, s->index) != MD_NONE)
		md_report(l->cx, MD_INVALID_SYNC, at, &details, "table '%.*s' has another sync to database '%.*s': "
			"expected one",
		          MD_FMT(s->table->id), MD_FMT(s->database->id));
	else if (s->table->database == s->database)
		md_report(l->cx, MD_INVALID_SYNC, MD_AT_KEY(at, MD_STR("targetDatabase")), &details,
		          "table '%.*s' is synced to its own database '%.*s'", MD_FMT(s->table->id),
		          MD_FMT(s->database->id));
}

static void load_sync(struct loader *l, const struct md_at *at, const struct md_json *v, struct sync_list *all,
                      struct md_sync *s)
{
	static const char *const methods[] = { "debezium" };
	const struct md_json *m[SYNC_KEYS];
	uint32_t problems = l->cx->err->problems.n;
	if (!READ_OBJECT(l, MD_INVALID_SYNC, at, v, "a sync", sync_keys, m))
		return;
	s->table = find_table(l, SPOT(MD_INVALID_SYNC, at, "sourceTable"), m[SYNC_SOURCE]);
	s->database = find_database(l, SPOT(MD_INVALID_SYNC, at, "targetDatabase"), m[SYNC_TARGET]);
	const struct config_spot *name = SPOT(MD_INVALID_SYNC, at, "targetPhysicalName");
	if (read_dotted_name(l, name, m[SYNC_NAME], &s->name) && s->database)
		check_sqlite_name(l, name, s->database, &s->name);
	if (read_word(l, SPOT(MD_INVALID_SYNC, at, "method"), m[SYNC_METHOD], true, methods, 1) == 0)
		s->method = MD_STR("debezium");
	int lag = read_word(l, SPOT(MD_INVALID_SYNC, at, "estimatedLag"), m[SYNC_LAG], true, md_lag_name, MD_LAGS);
	s->lag = lag < 0 ? MD_HOURS : (enum md_lag)lag;
	if (s->table)
		load_sync_columns(l, at, m[SYNC_COLUMNS], s);
	if (s->table && s->physical_columns)
		load_layout(l, at, m[SYNC_LAYOUT], s);
	if (s->database)
		l->databases[s->database->index].has_replicas = true;
	if (s->table && s->database)
		check_sync_target(l, at, all, s);
	if (s->table)
		name_part_of_problems(l, problems, MD_PART_SYNC, table_label(s->table));
}

int load_syncs(struct loader *l, const struct md_json *v)
{
	struct md_json_iter it;
	if (!read_array(l, SPOT(MD_INVALID_SYNC, NULL, "externalSyncs"), v, false))
		return 0;
	uint32_t n = (uint32_t)md_json_size(v);
	struct sync_list all = { .v = md_new_n(l->keep, struct md_sync, n) };
	if (!all.v || md_map_init(&all.by_place, l->cx->arena, n))
		return -1;
	l->s->syncs = all.v;
	l->s->n_syncs = n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		all.v[i].index = i;
		load_sync(l, MD_AT_IDX(MD_AT_KEY(NULL, MD_STR("externalSyncs")), i), v, &all, &all.v[i]);
	}
	return 0;
}
