/* Members of the configuration document, one checked read each. */
#ifndef MD_METADATA_READ_H
#define MD_METADATA_READ_H

#include "metadata/private.h"

/* A place in the document, for codes and pointers: member `key` of the object at `up`, or (key
 * NULL) the value at `up` itself. */
struct config_spot {
	enum md_code code; /* of a wrong or missing value */
	const struct md_at *up;
	const char *key;
};
#define SPOT(code_, up_, key_) (&(struct config_spot){ (code_), (up_), (key_) })

/* Members of an object by the position of their key in `keys`, NULL: absent. Unknown and repeated
 * keys are reported, and as UNSUPPORTED those that `keys` marks with a '!' in front: nothing obeys
 * them yet, and their member is NULL. False when v is no object (reported as `code`; what: "a
 * database"). */
bool read_object(struct loader *l, enum md_code code, const struct md_at *at, const struct md_json *v, const char *what,
                 const char *const *keys, size_t n, const struct md_json **out);
#define READ_OBJECT(l, code, at, v, what, keys, out) \
	read_object((l), (code), (at), (v), (what), (keys), sizeof(keys) / sizeof *(keys), (out))

/* Each returns false when the value is wrong (reported) or absent. Absence is reported only where
 * `must` says so. */
bool read_array(struct loader *l, const struct config_spot *at, const struct md_json *v, bool must);
/* A text that is not empty; the snapshot's own copy. */
bool read_text(struct loader *l, const struct config_spot *at, const struct md_json *v, bool must, struct md_str *out);
bool read_flag(struct loader *l, const struct config_spot *at, const struct md_json *v, bool must, bool *out);
bool read_integer(struct loader *l, const struct config_spot *at, const struct md_json *v, int64_t min, int64_t max,
                  int64_t *out);
/* The index of the word in `words`; -1: none. */
int read_word(struct loader *l, const struct config_spot *at, const struct md_json *v, bool must,
              const char *const *words, size_t n);
/* Parts joined by dots, or an array of parts; must be there. */
bool read_dotted_name(struct loader *l, const struct config_spot *at, const struct md_json *v, struct md_name *out);
void check_sqlite_name(struct loader *l, const struct config_spot *at, const struct md_database *d,
                       const struct md_name *n);

/* databaseType, in the spelling of the database's engine; &md_real_unknown where it is absent or
 * wrong (reported). database NULL: it was wrong itself. */
const struct md_real_type *read_real_type(struct loader *l, const struct config_spot *at, const struct md_json *v,
                                          const struct md_database *database);

/* Adds to the problems that were reported since there were `first` of them that they are in this
 * part of the configuration. Called from the inside out: details that a problem already has stay.
 * Nothing is added for an empty name. */
enum md_config_part {
	MD_PART_COLUMN,
	MD_PART_RELATION,
	MD_PART_TABLE,
	MD_PART_ROLE,
	MD_PART_SYNC,
	MD_PART_CACHE,
	MD_PART_DATABASE
};
void name_part_of_problems(struct loader *l, uint32_t first, enum md_config_part part, struct md_str name);

/* "…: expected E, got A" with both as details. */
void report_wrong(struct loader *l, const struct config_spot *at, const struct md_json *v, const char *expected);

/* The name that `given` may be a misspelling of, for the detail `suggestion`; empty where none is
 * near. */
enum config_names { TABLE_IDS, DATABASE_IDS, API_NAMES };
struct md_str find_nearest(struct loader *l, struct md_str given, const struct md_str *names, size_t n);
struct md_str find_nearest_id(struct loader *l, struct md_str given, enum config_names which);

/* A reference by name, reported with a suggestion where no table, database or column has the name;
 * NULL then. v NULL is reported as missing. Tables are found by id. */
const struct md_table *find_table(struct loader *l, const struct config_spot *at, const struct md_json *v);
const struct md_database *find_database(struct loader *l, const struct config_spot *at, const struct md_json *v);
const struct md_column *find_column(struct loader *l, const struct config_spot *at, const struct md_json *v,
                                    const struct md_table *t);
const struct md_column *find_column_named(struct loader *l, enum md_code code, const struct md_at *at,
                                          struct md_str name, const struct md_table *t);

/* A list of a table's columns, each once, as a bitmap in the snapshot; NULL: not an array
 * (reported) or out of memory. */
uint64_t *read_column_set(struct loader *l, const struct config_spot *at, const struct md_json *v,
                          const struct md_table *t);

#endif
