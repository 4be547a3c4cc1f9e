/* The arena with one heap block for each allocation. An executable that links this file uses it in
 * place of base/arena.c: the failing allocator (oom.h) then counts and fails every allocation of an
 * arena, not only the few that need a new chunk. */
#define MD_ARENA_FIRST 0
#define MD_ARENA_LARGEST 0
#define MD_ARENA_KEEP 0
#include "../../src/base/arena.c"
