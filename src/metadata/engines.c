#include "metadata/engines.h"

const char *const md_dialect_name[MD_DIALECTS] = { "postgres", "clickhouse", "trino", "sqlite" };
