/* What the parts of the loader share. A part (databases.c, tables.c, …) loads its section of the
 * document: it reads the members (read.h), reports what is wrong with them and fills its arrays in
 * the snapshot under construction. Parts run in the order of load.c; later ones follow the
 * references of earlier ones. A part that can fail returns -1 when it is out of memory. Problems
 * gather in cx->err and never stop a part, so that all of them are known at the end. Until then the
 * snapshot may have holes (entries with an empty id), which each part checks for. */
#ifndef MD_METADATA_PRIVATE_H
#define MD_METADATA_PRIVATE_H

#include "json/json.h"
#include "metadata/metadata.h"

struct loader {
	struct md_ctx *cx;          /* scratch and problems */
	struct md_arena *keep;      /* the snapshot's memory */
	struct md_snapshot *s;
	bool resolve_secrets;
	const char *base_dir;       /* NULL: the working directory */
	const struct md_json *roles; /* NULL: those of the document */

	struct md_database *databases;
	struct md_table *tables;
	struct md_cache *caches;
	struct md_cached_table **cached; /* by cache index: its tables */
	struct md_grant *all;        /* everything, by table index: tables "*" and allowedColumns "*" */
	struct md_grant *grants;     /* of all roles */
	uint32_t *grant_roles;       /* by grant: its role's index */
	uint32_t n_grants;
	struct md_map table_by_id, cache_by_id;
	const struct md_json **relations; /* by table index, NULL: none; read when all tables are known */
	bool *keyless;               /* by table index: declared without primary key */
	size_t guesses;              /* names that may still be compared for a "did you mean" */
};

struct md_str table_label(const struct md_table *t); /* apiName, or the id where that is missing */

void load_connection(struct loader *l, const struct md_at *up, const struct md_json *v,
                     const struct md_connection_form *form, struct md_connection *out);
/* nativeContext of the connection at `up`; NULL: wrong (reported) or out of memory. */
const struct md_native *load_native(struct loader *l, const struct md_at *up, const struct md_json *v);

/* enum_values.c: `values` of the column at `up`, whose type is known. NULL: the type is not enum,
 * the list is wrong (reported), or out of memory. */
const struct md_labels *load_enum_values(struct loader *l, const struct md_at *up, const struct md_json *v,
                                         struct md_type type);

int load_databases(struct loader *l, const struct md_json *v);
int load_tables(struct loader *l, const struct md_json *v);
int load_relations(struct loader *l);
int load_syncs(struct loader *l, const struct md_json *v);
/* The layout at `up` of a replica whose table, database and columns are loaded; v NULL: there is
 * none. */
void load_layout(struct loader *l, const struct md_at *up, const struct md_json *v, struct md_sync *s);
int load_cache_ids(struct loader *l, const struct md_json *v); /* before databases: their ids must differ */
int load_caches(struct loader *l, const struct md_json *v);
/* key_patterns.c. The column of a placeholder whose value may run into the next one, so that two
 * rows could have one key; NULL: none. */
const struct md_column *find_unbounded_placeholder(const struct md_cached_table *c);
/* Reports tables of one cache that could have the same keys. Patterns with another problem have no
 * key parts and are left out. -1: out of memory. */
int check_key_patterns(struct loader *l);
int load_roles(struct loader *l, const struct md_json *v);
void load_limits(struct loader *l, const struct md_json *v);
void load_policy(struct loader *l, const struct md_json *v);
int load_policy_rights(struct loader *l, const struct md_json *v); /* of policy; after load_roles */
void load_trino(struct loader *l, const struct md_json *v);
int load_server(struct loader *l, const struct md_json *v);

/* index.c, once everything is known */
int load_index_tables(struct loader *l);  /* relations, syncs and cache of each table */
int load_index_grants(struct loader *l);
int load_entry_labels(struct loader *l);  /* entry_labels.c, after load_index_tables */

/* snapshot.c: moves the arena into a counted snapshot; NULL when out of memory (the caller then
 * still owns the arena). */
struct md_snapshot *md_snapshot_new(struct md_arena *arena);
void md_snapshot_seal(struct md_snapshot *s, struct md_arena *arena);

#endif
