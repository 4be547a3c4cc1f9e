/* The loaded configuration as an immutable, reference-counted snapshot. Everything is
 * checked: a reader may follow any pointer here. Lookups by name are hashes, so planning costs do
 * not grow with the metadata. Pointers, strings and arrays live as long as the snapshot's last
 * reference. Safe to share between threads. */
#ifndef MD_METADATA_METADATA_H
#define MD_METADATA_METADATA_H

#include "base/ctx.h"
#include "base/labels.h"
#include "base/map.h"
#include "base/tls.h"
#include "base/value.h"
#include "metadata/engines.h"
#include "realtypes/realtypes.h"

enum md_lag { MD_REALTIME, MD_SECONDS, MD_MINUTES, MD_HOURS, MD_LAGS };
extern const char *const md_lag_name[MD_LAGS];
extern const int64_t md_lag_ms[MD_LAGS]; /* 0, 60,000, 3,600,000, 86,400,000 */

/* A setting of the database's own that carries something of the caller's context to its row
 * security. */
struct md_native_setting {
	struct md_str name;        /* with a dot: "app.tenant_id" */
	enum md_native_source { MD_NATIVE_VALUE, MD_NATIVE_USER_ROLES, MD_NATIVE_SERVICE_ROLES } source;
	struct md_str context_key; /* of VALUE */
};

struct md_native {
	struct md_str role; /* the database's role that statements run as; empty: the one that logs in */
	const struct md_native_setting *settings;
	uint32_t n_settings;
};

struct md_connection {
	bool present;
	/* a secret: never shown. Empty until resolved (env and file are read when loading with
	 * resolve_secrets) */
	struct md_str url;
	struct {
		uint32_t max, min;
		int64_t acquire_timeout_ms, idle_ms, max_lifetime_ms; /* 0: no limit for the last two */
		bool transaction; /* mode: a server session may serve others between two transactions */
	} pool;
	int64_t statement_timeout_ms; /* 0: a little more than limits.deadlineMs */
	const struct md_native *native; /* nativeContext; NULL: none */
	const struct md_tls *tls;       /* NULL: as the url says */
};

struct md_database {
	struct md_str id;
	enum md_engine engine;
	struct md_str trino_catalog; /* empty: none */
	bool collation_c;            /* text already compares by code point */
	bool has_replicas;           /* an entry of externalSyncs names it */
	uint32_t index;              /* in snapshot.databases */
	struct md_connection connection;
};

/* What a masked cell shows of its value; full shows nothing and is NULL where the type is
 * not string. */
enum md_mask {
	MD_MASK_FULL,
	MD_MASK_EMAIL,
	MD_MASK_PHONE,
	MD_MASK_NAME,
	MD_MASK_UUID,
	MD_MASK_NUMBER,
	MD_MASK_DATE,
	MD_MASKS
};
extern const char *const md_mask_name[MD_MASKS];

struct md_column {
	struct md_str api_name, physical_name;
	struct md_type type;
	bool nullable, indexed;
	enum md_mask mask; /* for roles that see it masked */
	const struct md_labels *labels; /* of an enum; NULL: another type */
	const struct md_real_type *real; /* databaseType; &md_real_unknown where there is none */
	uint32_t index; /* in table.columns */
};

/* A qualified physical name in its dotted parts, each to be quoted on its own. */
struct md_name {
	const struct md_str *parts;
	uint32_t n;
	struct md_str whole; /* as written in the configuration, for people */
	bool has_capitals;   /* Trino asks for the name in lower case */
};

struct md_table;

/* One relation, known from both sides. `from` holds the foreign key, `to` the key (for one-to-one:
 * as declared). */
struct md_relation {
	const struct md_table *from, *to;
	const struct md_column *const *from_columns, *const *to_columns; /* pairwise */
	uint32_t n;
	bool one_to_one;            /* otherwise many `from` rows per `to` row */
	struct md_str names[2];     /* one or two names; the second is empty or differs */
	/* from_columns or to_columns, whose names make this name; NULL: the name was given */
	const struct md_column *const *name_columns[2];
	uint32_t index;             /* in snapshot.relations */
};

/* How the current rows are found in a table that change data capture writes. */
enum md_replica_reading {
	MD_READING_UNKNOWN, /* no statement can be written */
	MD_READ_AS_IS,      /* the table holds current rows alone */
	MD_READ_FINAL,      /* the engine leaves out superseded rows (ClickHouse FINAL) */
	MD_READ_LATEST      /* the row with the newest version of each key */
};

enum md_key_moves {
	MD_KEY_MOVES_UNKNOWN,
	MD_KEY_MOVES_DELETED, /* a change of a sort key column writes a delete of the old sort key */
	MD_KEY_MOVES_NEVER
};

/* The column that marks deleted rows. */
struct md_deleted_mark {
	struct md_str column; /* a physical name; empty: no rows are marked */
	enum md_deleted_test {
		MD_DELETED_IS,      /* NULL is not the value: the row exists */
		MD_DELETED_IS_NOT,  /* NULL is not the value: the row is deleted */
		MD_DELETED_NOT_NULL
	} test;
	struct md_value value; /* of IS and IS_NOT */
};

/* What change data capture leaves in a replica (externalSyncs[].layout). */
struct md_layout {
	bool is_declared;
	enum md_layout_rows { MD_ROWS_PLAIN, MD_ROWS_REPLACING, MD_ROWS_APPEND } rows;
	enum md_replica_reading read;
	const struct md_str *version; /* physical names, compared in this order */
	uint32_t n_version;
	bool version_ties;            /* rows of one transaction can have the same version */
	struct md_deleted_mark deleted;
	const struct md_column *const *sort_key; /* by which the engine finds superseded rows */
	uint32_t n_sort_key;
	bool is_sorted_by_key;        /* the sort key has the columns of the primary key alone */
	enum md_key_moves key_moves;
	bool nulls_are_defaults;      /* NULL arrives as the type's default: '' or 0 */
};

/* How a replica with this layout is read by statements of a dialect. MD_READING_UNKNOWN: they
 * cannot find its current rows. */
enum md_replica_reading md_layout_reading(const struct md_layout *l, enum md_dialect_id dialect);

/* A replica of a table (externalSyncs[]). */
struct md_sync {
	const struct md_table *table;
	const struct md_database *database;
	struct md_name name;
	enum md_lag lag;
	struct md_str method;                  /* "debezium" */
	const struct md_str *physical_columns; /* by column index; p NULL: the replica lacks the column */
	const struct md_real_type *const *real; /* by column index, as md_column.real: the replica's own */
	struct md_layout layout;
	uint32_t index;                        /* order in externalSyncs */
};

/* Has the replica the column with the original's values? */
static inline bool md_sync_has_column(const struct md_sync *s, const struct md_column *c)
{
	return s->physical_columns[c->index].p && !(s->layout.nulls_are_defaults && c->nullable);
}

struct md_cache;

struct md_key_part {
	struct md_str literal;           /* text before the placeholder */
	const struct md_column *column;  /* placeholder; NULL in a last, purely literal part */
};

/* What an entry says of itself, so that it is used only as what it is. */
struct md_entry_label {
	struct md_str hash; /* of what decided its values; see entry_labels.c */
	struct md_str head; /* the text of an entry up to the first column */
};

struct md_cached_table {
	const struct md_cache *cache;
	const struct md_table *table;
	struct md_str key_pattern;
	const struct md_key_part *key;
	uint32_t n_key;
	int64_t ttl_s;          /* 0: no expiry */
	const uint64_t *columns; /* bitmap over table.columns: what entries hold */
	bool fill;              /* read-through: missing rows are written back */
	/* Of entries whose row is the original's, then of each replica's, in the order of
	 * table.syncs. */
	const struct md_entry_label *labels;
};

struct md_cache {
	struct md_str id;
	bool memory;  /* engine "memory"; otherwise redis */
	uint32_t index;
	struct md_connection connection;
	const struct md_cached_table *tables;
	uint32_t n_tables;
};

struct md_table {
	struct md_str id, api_name;
	const struct md_database *database;
	struct md_name name;
	const struct md_column *columns;
	uint32_t n_columns;
	struct md_map column_by_name;            /* apiName -> index */
	const struct md_column *const *key;      /* primary key, in its order */
	uint32_t n_key;                          /* 0: none */
	const struct md_relation *const *relations; /* all that touch the table, a self relation once */
	uint32_t n_relations;
	const struct md_sync *const *syncs;      /* replicas, in the order of externalSyncs */
	uint32_t n_syncs;
	bool has_real_types;                     /* a column has a databaseType, here or in a replica */
	/* a column is a time, or a decimal of more than 38 digits: of such a table in ClickHouse
	 * Trino reads no column at all */
	bool has_types_unknown_to_trino;
	const struct md_cached_table *cached;    /* the first cache that holds it, NULL: none */
	uint32_t index;                          /* in snapshot.tables */
};

/* Of a table and its columns, as a replica has them; sync NULL: as the original has them. */
static inline const struct md_name *md_name_in(const struct md_table *t, const struct md_sync *sync)
{
	return sync ? &sync->name : &t->name;
}
static inline struct md_str md_column_name_in(const struct md_column *c, const struct md_sync *sync)
{
	return sync ? sync->physical_columns[c->index] : c->physical_name;
}
static inline const struct md_real_type *md_real_type_in(const struct md_column *c, const struct md_sync *sync)
{
	return sync ? sync->real[c->index] : c->real;
}

enum md_rls_op { MD_RLS_EQ, MD_RLS_NE, MD_RLS_IN, MD_RLS_IS_NULL, MD_RLS_IS_NOT_NULL };

struct md_row_filter {
	const struct md_column *column;
	enum md_rls_op op;
	struct md_str context_key; /* empty with the null operators where it is left out */
};

/* What one role may do with one table. */
struct md_grant {
	const struct md_table *table;
	const uint64_t *columns;  /* bitmap over table.columns: allowed */
	const uint64_t *masked;   /* bitmap: those of the allowed that are shown masked; NULL: none */
	bool all_columns;
	const struct md_row_filter *filters; /* ANDed */
	uint32_t n_filters;
};

struct md_role {
	struct md_str id;
	struct md_str label; /* "role 'ID'", for messages */
	bool all_tables;  /* tables: "*": every table and column, no filters */
	uint32_t index;
};

struct md_limits {
	int64_t body_bytes, json_depth, filter_nodes, joins, exists_depth, in_list, ids, columns, wildcards, batch,
	rows,
		stream_rows /* 0: none */, deadline_ms, type_check_ms /* 0: columns are read before every use */;
};

/* Which roles have a right. Zeroed: none. */
struct md_right {
	bool all;
	const uint64_t *roles; /* bitmap over snapshot.roles; NULL: none */
};

enum { MD_MASKED_FILTER = 1, MD_MASKED_SORT = 2, MD_MASKED_GROUP = 4, MD_MASKED_AGGREGATE = 8 };

struct md_policy {
	bool anonymous_all, uniform_errors, visible_keys, prefer_replica;
	bool strict_replicas; /* a ClickHouse replica is read only where its layout is declared */
	bool number_strings; /* bigint and decimal as JSON strings where the definition does not say */
	/* MD_MASKED_…: what columns that can be masked may be used for, besides being selected and
	 * counted */
	unsigned masked_uses;
	/* What a remote caller is shown: the debug log, row filters, candidates and causes; SQL,
	 * parameters and physical names; values in the debug log. */
	struct md_right debug, sql_only;
	bool log_values;
};

struct md_trino {
	bool enabled, embedded;
	bool case_insensitive_names; /* its catalogs find tables whose names have capitals */
	struct md_connection connection;
	/* sessionProperties, in the document's order; query_max_run_time is never among them */
	const struct md_setting *session;
	uint32_t n_session;
};

struct md_snapshot {
	const struct md_database *databases; uint32_t n_databases;
	const struct md_table *tables;       uint32_t n_tables;
	const struct md_relation *relations; uint32_t n_relations;
	const struct md_sync *syncs;         uint32_t n_syncs;
	const struct md_cache *caches;       uint32_t n_caches;
	const struct md_role *roles;         uint32_t n_roles;
	struct md_trino trino;
	struct md_limits limits;
	struct md_policy policy;
	/* server.cursorKeys, secrets: the first seals; .p NULL: not read (planning alone) */
	const struct md_str *cursor_keys;    uint32_t n_cursor_keys;
	struct md_map table_by_name, role_by_id; /* apiName, id -> index */
	struct md_map database_by_id;
	const void *grants;   /* private to metadata/index.c: (role, table) -> grant, one hash */
	/* differs between any two snapshots of a process: pools and prepared statements key on
	 * it */
	uint64_t generation;
};

const struct md_table *md_table_find(const struct md_snapshot *s, struct md_str api_name);       /* NULL: none */
const struct md_column *md_column_find(const struct md_table *t, struct md_str api_name);        /* NULL: none */
const struct md_role *md_role_find(const struct md_snapshot *s, struct md_str id);               /* NULL: none */
/* What the role may do with the table; NULL: nothing. O(1). Roles with tables "*" have a grant of
 * everything on every table. */
const struct md_grant *md_grant_find(const struct md_snapshot *s, const struct md_role *r, const struct md_table *t);

static inline bool md_bit(const uint64_t *map, uint32_t i) { return (map[i / 64] >> (i % 64)) & 1; }
static inline uint32_t md_words(uint32_t n_columns) { return (n_columns + 63) / 64; }
/* The column of the lowest bit of *left ≠ 0, what is left of a bitmap's word; takes it away. */
static inline uint32_t md_take_bit(uint64_t *left, uint32_t word)
{
	uint32_t bit = (uint32_t)__builtin_ctzll(*left);
	*left &= *left - 1;
	return word * 64 + bit;
}

struct md_snapshot *md_snapshot_ref(struct md_snapshot *s);
void md_snapshot_unref(struct md_snapshot *s); /* frees with the last reference; NULL is fine */

struct md_load_options {
	bool resolve_secrets; /* read env and file urls; false for planning alone (no secret is needed then) */
	/* what relative `sqlite:` paths and `file` secrets are relative to; NULL: the working
	 * directory */
	const char *base_dir;
	/* the array `roles` where it comes apart from the document, which then has none; .p NULL:
	 * the document has it */
	struct md_str roles;
};

/* Text to snapshot. On failure NULL and cx->err: METADATA_LOAD_FAILED with line and column when it
 * is not JSON, ROLE_LOAD_FAILED when opt->roles is not; CONFIG_INVALID with every problem
 * otherwise; OUT_OF_MEMORY. cx needs arena and err only; the snapshot keeps nothing of
 * the arena or texts. */
struct md_snapshot *md_metadata_load(struct md_ctx *cx, struct md_str text, const struct md_load_options *opt);

/* Reads the file, then the same; base_dir defaults to the file's folder. */
struct md_snapshot *md_metadata_load_file(struct md_ctx *cx, const char *path, const struct md_load_options *opt);

/* The JSON Schema (2020-12) of the configuration document. Static text. */
extern const char md_config_schema[];

#endif
