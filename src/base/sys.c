#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_us(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t md_now_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

int64_t md_monotonic_ms(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t md_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

bool md_monotonic_cond_init(pthread_cond_t *c)
{
	pthread_condattr_t monotonic;
	if (pthread_condattr_init(&monotonic))
		return false;

	bool ok = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 && pthread_cond_init(c, &monotonic) == 0;
	pthread_condattr_destroy(&monotonic);
	return ok;
}

bool md_monotonic_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until_ms)
{
	struct timespec until = { .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };
	return pthread_cond_timedwait(c, lock, &until) == 0;
}

/* Read until the end rather than by st_size: pipes and /proc have none. */
static int read_all(struct md_arena *a, int fd, size_t max, struct md_str *out)
{
	size_t cap = 64 * 1024, n = 0;
	char *p = md_alloc(a, cap);
	while (p) {
		ssize_t got = read(fd, p + n, cap - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0) {
			p[n] = '\0';
			*out = (struct md_str){ p, n };
			return 0;
		}
		n += (size_t)got;
		if (n > max) {
			errno = EFBIG;
			return -1;
		}
		if (cap - n <= 1) {
			char *bigger = md_alloc(a, cap * 2);
			if (bigger)
				memcpy(bigger, p, n);
			p = bigger;
			cap *= 2;
		}
	}
	errno = ENOMEM;
	return -1;
}

int md_read_file(struct md_arena *a, const char *path, size_t max, struct md_str *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int rc = read_all(a, fd, max, out), saved = errno;
	close(fd);
	errno = saved;
	return rc;
}
