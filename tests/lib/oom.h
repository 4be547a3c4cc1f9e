/* A failing allocator. Link with tests/lib/oom.c and
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup (oom_link_args in meson): every
 * allocation of the code that is linked statically then calls this allocator, and SQLite's do after
 * oom_take_sqlite. Without a sanitizer the allocator also replaces malloc in shared libraries
 * (libpq, libc); with a sanitizer it cannot, because the sanitizer replaces it. Only allocations of
 * the thread that called oom_arm fail. */
#ifndef TESTS_OOM_H
#define TESTS_OOM_H

#include <stdbool.h>
#include <stdint.h>

/* Starts counting: the n-th allocation fails (from 1; 0: none fails). sticky: all later ones fail
 * too. */
void oom_arm(uint64_t n, bool sticky);
/* Ends the failures. Returns the number of allocations since oom_arm. */
uint64_t oom_disarm(void);

bool oom_hit(void); /* did an allocation fail since oom_arm? */
/* Was the first failed allocation one of multidb's code, not of a database library? */
bool oom_hit_ours(void);

/* Makes SQLite use this allocator. Call it before the first use of SQLite. */
void oom_take_sqlite(void);

#ifdef __SANITIZE_ADDRESS__
#define OOM_LIBRARIES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define OOM_LIBRARIES 0
#endif
#endif
#ifndef OOM_LIBRARIES
#define OOM_LIBRARIES 1   /* shared libraries' allocations are counted and failed too */
#endif

#endif
