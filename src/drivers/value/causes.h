/* From a database's own code of an error to what a person can do about it: causes.def. */
#ifndef MD_DRIVERS_VALUE_CAUSES_H
#define MD_DRIVERS_VALUE_CAUSES_H

#include "base/str.h"

/* Whose code it is. */
enum md_cause_source { MD_CAUSE_OF_POSTGRES, MD_CAUSE_OF_CLICKHOUSE, MD_CAUSE_OF_TRINO, MD_CAUSE_OF_SQLITE };

/* The hint for the details of an error; .p NULL where none is known to fit. Static text. */
struct md_str md_cause_hint(enum md_cause_source source, struct md_str code);

#endif
