/* A failing allocator. Link with tests/lib/oom.c and
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup (oom_link_args in meson): every
 * allocation of the code that is linked statically passes here. SQLite's pass here after
 * oom_take_sqlite. Without a sanitizer the executable's own malloc also stands in for that of
 * shared libraries (libpq, libc); with one it can't, the sanitizer's does. Only the thread that
 * armed it is concerned. */
#ifndef TESTS_OOM_H
#define TESTS_OOM_H

#include <stdbool.h>
#include <stdint.h>

/* From now on count; the n-th allocation fails (from 1; 0: none does), sticky: and all that follow.
 */
void oom_arm(uint64_t n, bool sticky);
/* Nothing fails any more. How many allocations there were since oom_arm. */
uint64_t oom_disarm(void);

bool oom_hit(void);       /* did one fail since oom_arm? */
/* was the first that failed one that our own code asked for (rather than a database library)? */
bool oom_hit_ours(void);

/* Before SQLite's first use. */
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
