#include "oom.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#if OOM_LIBRARIES
#define EXPORT __attribute__((visibility("default")))
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
#else
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
#define __libc_malloc __real_malloc
#define __libc_calloc __real_calloc
#define __libc_realloc __real_realloc
#endif
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

static _Thread_local struct {
	bool armed, sticky, hit, hit_ours;
	uint64_t seen, fail_at;
} now;

void oom_arm(uint64_t n, bool sticky)
{
	now.seen = 0;
	now.fail_at = n;
	now.sticky = sticky;
	now.hit = now.hit_ours = false;
	now.armed = true;
}

uint64_t oom_disarm(void)
{
	now.armed = false;
	return now.seen;
}

bool oom_hit(void)
{
	return now.hit;
}

bool oom_hit_ours(void)
{
	return now.hit_ours;
}

static bool must_fail(bool ours)
{
	if (!now.armed)
		return false;
	now.seen++;
	if (now.fail_at == 0 || (now.sticky ? now.seen < now.fail_at : now.seen != now.fail_at))
		return false;
	now.hit_ours |= ours && !now.hit;
	now.hit = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return must_fail(true) ? NULL : __libc_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return must_fail(true) ? NULL : __libc_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return must_fail(true) ? NULL : __libc_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = __wrap_malloc(n);
	return copy ? memcpy(copy, s, n) : NULL;
}

#if OOM_LIBRARIES
EXPORT void *malloc(size_t n)
{
	return must_fail(false) ? NULL : __libc_malloc(n);
}

EXPORT void *calloc(size_t n, size_t size)
{
	return must_fail(false) ? NULL : __libc_calloc(n, size);
}

EXPORT void *realloc(void *p, size_t n)
{
	return must_fail(false) ? NULL : __libc_realloc(p, n);
}
#endif

/* SQLite asks for the size of a block. The size is stored in a head of 16 bytes, which keeps the
 * alignment of the block. */
enum { BLOCK_HEAD = 16 };

static void *lite_malloc(int n)
{
	char *p = must_fail(false) ? NULL : __libc_malloc((size_t)n + BLOCK_HEAD);
	if (!p)
		return NULL;
	memcpy(p, &n, sizeof n);
	return p + BLOCK_HEAD;
}

static void lite_free(void *p)
{
	if (p)
		free((char *)p - BLOCK_HEAD);
}

static void *lite_realloc(void *p, int n)
{
	char *q = must_fail(false) ? NULL : __libc_realloc((char *)p - BLOCK_HEAD, (size_t)n + BLOCK_HEAD);
	if (!q)
		return NULL;
	memcpy(q, &n, sizeof n);
	return q + BLOCK_HEAD;
}

static int lite_size(void *p)
{
	int n;
	memcpy(&n, (char *)p - BLOCK_HEAD, sizeof n);
	return n;
}

static int lite_round(int n)
{
	return (n + 7) & ~7;
}

static int lite_init(void *unused)
{
	(void)unused;
	return SQLITE_OK;
}

static void lite_shutdown(void *unused)
{
	(void)unused;
}

void oom_take_sqlite(void)
{
	static const sqlite3_mem_methods methods = { lite_malloc, lite_free, lite_realloc,  lite_size,
		                                     lite_round,  lite_init, lite_shutdown, NULL };
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
