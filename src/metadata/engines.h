/* The engines that a database can be of and the dialects that statements are written in, from
 * engines.def. */
#ifndef MD_METADATA_ENGINES_H
#define MD_METADATA_ENGINES_H

#include "base/str.h"

enum md_engine {
#define MD_ENGINE(id, ...) MD_##id,
#include "metadata/engines.def"
#undef MD_ENGINE
	MD_ENGINES
};

/* The dialects of the engines that are reached through themselves, and Trino's. */
enum md_dialect_id {
#define MD_DIALECT_OF_ITSELF(id) MD_DIALECT_##id,
#define MD_DIALECT_OF_TRINO(id)
#define MD_ENGINE(id, word, dialect, driver, through, ...) MD_DIALECT_OF_##through(id)
#include "metadata/engines.def"
#undef MD_ENGINE
#undef MD_DIALECT_OF_ITSELF
#undef MD_DIALECT_OF_TRINO
	MD_DIALECT_TRINO,
	MD_DIALECTS
};

/* What a connection can do, and members of `connection` that are refused where it can't. */
enum {
	MD_CONNECTION_TLS = 1,    /* be encrypted: tls */
	/* tell the database's own row security of the caller: nativeContext. Pool mode
	 * transaction */
	MD_CONNECTION_NATIVE = 2,
	MD_CONNECTION_FILE = 4    /* its url is the path of a file */
};

struct md_connection_form {
	const char *starts;  /* of its urls, separated by | */
	const char *example; /* of a url, for messages */
	unsigned can;        /* MD_CONNECTION_… */
};

struct md_engine_facts {
	enum md_dialect_id dialect;
	bool through_trino;            /* Trino runs its statements: it has no connection of its own */
	struct md_str default_schema;
	struct md_connection_form connection;
};

extern const char *const md_engine_name[MD_ENGINES];       /* as in the configuration */
extern const struct md_engine_facts md_engines[MD_ENGINES];
extern const char *const md_dialect_name[MD_DIALECTS];     /* as in results and logs */

#endif
