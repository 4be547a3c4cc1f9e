/* Access to the machine: clocks and files. The stages do not call these functions; the engine does,
 * once a phase. */
#ifndef MD_BASE_SYS_H
#define MD_BASE_SYS_H

#include "base/arena.h"

int64_t md_now_us(void);        /* wall clock, epoch microseconds */
int64_t md_monotonic_ms(void);
int64_t md_monotonic_us(void);

/* The whole file into the arena (NUL-terminated). -1 with errno set: ENOENT, EFBIG above `max`
 * bytes, ENOMEM, … */
int md_read_file(struct md_arena *a, const char *path, size_t max, struct md_str *out);

#endif
