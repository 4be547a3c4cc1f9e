/* Access to the machine: clocks, conditions and files. The stages do not call these functions; the
 * engine does, once a phase. */
#ifndef MD_BASE_SYS_H
#define MD_BASE_SYS_H

#include "base/arena.h"

#include <pthread.h>

int64_t md_now_us(void);        /* wall clock, epoch microseconds */
int64_t md_monotonic_ms(void);
int64_t md_monotonic_us(void);

/* A condition that waits until a time of the monotonic clock. False: it cannot be made. */
bool md_monotonic_cond_init(pthread_cond_t *c);
/* False: until_ms has passed. */
bool md_monotonic_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until_ms);

/* The whole file into the arena (NUL-terminated). -1 with errno set: ENOENT, EFBIG above `max`
 * bytes, ENOMEM, … */
int md_read_file(struct md_arena *a, const char *path, size_t max, struct md_str *out);

#endif
