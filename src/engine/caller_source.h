/* The functions of the caller (multidb_source) as a source of documents. */
#ifndef MD_ENGINE_CALLER_SOURCE_H
#define MD_ENGINE_CALLER_SOURCE_H

#include "source/source.h"

#include <multidb.h>

/* Copies the struct. NULL: MISUSE, or out of memory. */
void *md_caller_source_new(struct md_ctx *cx, const multidb_source *given);
int64_t md_caller_source_poll_ms(const void *source);
extern const struct md_config_source md_caller_source;

#endif
