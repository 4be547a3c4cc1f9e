/* The caller's context on its way to a database's own row security. Internal to the engine. */
#ifndef MD_ENGINE_NATIVE_H
#define MD_ENGINE_NATIVE_H

#include "metadata/metadata.h"

/* Fills *out from cx->access as the database's nativeContext says; without one it is empty. 0, or
 * -1: VALIDATION_FAILED with INVALID_CONTEXT or LIMIT_EXCEEDED at /contextValues/KEY, or out of
 * memory. */
int md_native_context(struct md_ctx *cx, const struct md_database *d, struct md_settings *out);

#endif
