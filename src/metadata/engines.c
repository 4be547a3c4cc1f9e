#include "metadata/engines.h"

const char *const md_engine_name[MD_ENGINES] = {
#define MD_ENGINE(id, word, ...) [MD_##id] = #word,
#include "metadata/engines.def"
#undef MD_ENGINE
};

const char *const md_dialect_name[MD_DIALECTS] = {
#define MD_NAME_ITSELF(id, dialect) [MD_DIALECT_##id] = #dialect,
#define MD_NAME_TRINO(id, dialect)
#define MD_ENGINE(id, word, dialect, driver, through, ...) MD_NAME_##through(id, dialect)
#include "metadata/engines.def"
#undef MD_ENGINE
	[MD_DIALECT_TRINO] = "trino",
};

/* clang-format off */
#define MD_DIALECT_THROUGH_ITSELF(id) MD_DIALECT_##id
#define MD_DIALECT_THROUGH_TRINO(id) MD_DIALECT_TRINO
#define MD_IS_ITSELF false
#define MD_IS_TRINO true
const struct md_engine_facts md_engines[MD_ENGINES] = {
#define MD_ENGINE(id, word, dialect_name, driver, through, schema, url_starts, url_example, abilities) \
	[MD_##id] = { .dialect = MD_DIALECT_THROUGH_##through(id), .through_trino = MD_IS_##through, \
	              .default_schema = { schema, sizeof schema - 1 }, \
	              .connection = { .starts = url_starts, .example = url_example, .can = abilities } },
#include "metadata/engines.def"
#undef MD_ENGINE
};
/* clang-format on */
