/* Private to this room: what the parts of the loader share. A part (databases.c, tables.c, …) reads its section of the document, reports
 * what is wrong with it and fills its arrays in the snapshot under construction. Parts run in the order of load.c; later ones follow
 * the references of earlier ones. They return -1 only when out of memory; problems gather in cx->err and never stop a part, so that
 * all of them are known at the end. Until then the snapshot may have holes (entries with an empty id): readers here look first. */
#ifndef MD_METADATA_LOAD_H
#define MD_METADATA_LOAD_H

#include "json/json.h"
#include "metadata/metadata.h"

struct load {
	struct md_ctx *cx;          /* scratch and problems */
	struct md_arena *keep;      /* the snapshot's memory */
	struct md_snapshot *s;
	bool resolve_secrets;
	const char *base_dir;       /* NULL: the working directory */

	struct md_database *databases;
	struct md_table *tables;
	struct md_cache *caches;
	struct md_grant *all;        /* everything, by table index: what tables "*" and allowedColumns "*" mean */
	struct md_grant *grants;     /* of all roles */
	uint32_t *grant_roles;       /* by grant: its role's index */
	uint32_t n_grants;
	struct md_map table_by_id, cache_by_id;
	const struct md_json **relations; /* by table index, NULL: none; read when all tables are known */
	bool *keyless;               /* by table index: declared without primary key */
	size_t guesses;              /* names that may still be compared for a "did you mean" */
};

/* ---- read.c: members of the document, checked ---- */

/* What is read, for codes and pointers: member `key` of the object at `up`, or (key NULL) the value at `up` itself. */
struct spot {
	enum md_code code; /* of a wrong or missing value */
	const struct md_at *up;
	const char *key;
};
#define SPOT(code_, up_, key_) (&(struct spot){ (code_), (up_), (key_) })

/* Members of an object by the position of their key in `keys`, NULL: absent. Unknown and repeated keys are reported, and as UNSUPPORTED
 * those that are written with a '!' in `keys`: they mean something that is not built, and are then NULL. False when v is no object
 * (reported as `code`; what: "a database"). */
bool load_object(struct load *l, enum md_code code, const struct md_at *at, const struct md_json *v, const char *what,
	         const char *const *keys, size_t n, const struct md_json **out);
#define LOAD_OBJECT(l, code, at, v, what, keys, out) \
	load_object((l), (code), (at), (v), (what), (keys), sizeof(keys) / sizeof *(keys), (out))

/* Each returns false when the value is wrong (reported) or absent. Absence is reported only where `must` says so. */
bool load_array(struct load *l, const struct spot *at, const struct md_json *v, bool must);
bool load_text(struct load *l, const struct spot *at, const struct md_json *v, bool must, struct md_str *out); /* non-empty, kept */
bool load_flag(struct load *l, const struct spot *at, const struct md_json *v, bool must, bool *out);
bool load_int(struct load *l, const struct spot *at, const struct md_json *v, int64_t min, int64_t max, int64_t *out);
int load_word(struct load *l, const struct spot *at, const struct md_json *v, bool must, const char *const *words, size_t n); /* -1: none */
bool load_name(struct load *l, const struct spot *at, const struct md_json *v, struct md_name *out); /* dotted, must */
void load_sqlite_name(struct load *l, const struct spot *at, const struct md_database *d, const struct md_name *n);

/* Tells the problems that were reported since there were `first` of them where they are: in the table (column, …) of this name. Called
 * from the inside out; what is told already stays. An empty name tells nothing. */
enum md_config_part { MD_PART_COLUMN, MD_PART_RELATION, MD_PART_TABLE, MD_PART_ROLE, MD_PART_SYNC, MD_PART_CACHE, MD_PART_DATABASE };
void load_tell_part(struct load *l, uint32_t first, enum md_config_part part, struct md_str name);
struct md_str load_table_name(const struct md_table *t); /* apiName, or the id where that is missing */

/* "…: expected E, got A" with both as details. */
void load_wrong(struct load *l, const struct spot *at, const struct md_json *v, const char *expected);

/* The name that `given` may be a misspelling of, for the detail `suggestion`; empty where none is near. */
enum names { TABLE_IDS, DATABASE_IDS, API_NAMES };
struct md_str load_nearest(struct load *l, struct md_str given, const struct md_str *names, size_t n);
struct md_str load_nearest_of(struct load *l, struct md_str given, enum names which);
const char *load_did_you_mean(struct load *l, struct md_str near); /* the end of a message: " (did you mean 'x'?)", "" where none is near */

/* A reference by name, reported with a suggestion where nothing has it; NULL then. v NULL is reported as missing. */
const struct md_table *load_table_ref(struct load *l, const struct spot *at, const struct md_json *v); /* by id */
const struct md_database *load_database_ref(struct load *l, const struct spot *at, const struct md_json *v);
const struct md_column *load_column_ref(struct load *l, const struct spot *at, const struct md_json *v, const struct md_table *t);
const struct md_column *load_column_named(struct load *l, enum md_code code, const struct md_at *at, struct md_str name,
	                                  const struct md_table *t);

/* A list of a table's columns, each once, as a bitmap in the snapshot; NULL: not an array (reported) or out of memory. */
uint64_t *load_column_bits(struct load *l, const struct spot *at, const struct md_json *v, const struct md_table *t);

/* ---- the parts ---- */

void load_connection(struct load *l, const struct md_at *up, const struct md_json *v, const struct md_connection_form *form,
	             struct md_connection *out);
/* nativeContext of the connection at `up`; NULL: wrong (reported) or out of memory. */
const struct md_native *load_native(struct load *l, const struct md_at *up, const struct md_json *v);

int load_databases(struct load *l, const struct md_json *v);
int load_tables(struct load *l, const struct md_json *v);
int load_relations(struct load *l);
int load_syncs(struct load *l, const struct md_json *v);
int load_cache_ids(struct load *l, const struct md_json *v); /* before databases: their ids must differ */
int load_caches(struct load *l, const struct md_json *v);
int load_roles(struct load *l, const struct md_json *v);
void load_limits(struct load *l, const struct md_json *v);
void load_policy(struct load *l, const struct md_json *v);
void load_trino(struct load *l, const struct md_json *v);
int load_server(struct load *l, const struct md_json *v);

/* index.c, once everything is known */
int load_index_tables(struct load *l);  /* relations, syncs and cache of each table */
int load_index_grants(struct load *l);

/* snapshot.c: moves the arena into a counted snapshot; NULL when out of memory (the arena is then still the caller's). */
struct md_snapshot *md_snapshot_new(struct md_arena *arena);
void md_snapshot_seal(struct md_snapshot *s, struct md_arena *arena);

#endif
