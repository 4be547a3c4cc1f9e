/* Structs of the caller that carry their size (include/multidb.h). */
#ifndef MD_ENGINE_GIVEN_H
#define MD_ENGINE_GIVEN_H

#include "base/ctx.h"

/* Copies a struct whose first member is its size as the caller's header has it; members that the
 * header lacks are zero. size: as this library's header has it. given NULL: all are zero. -1: the
 * size is none, or members that this library does not know are set (MISUSE). */
int md_read_given(struct md_ctx *cx, const char *type, void *to, size_t size, const void *given);

#endif
