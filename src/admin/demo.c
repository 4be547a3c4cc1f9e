/* Makes the sample configuration and its databases in a folder, or says why not. Never overwrites a
 * configuration. */
#include "admin/demo.h"

#include "drivers/sqlite/make.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int report_refusal(char *error, size_t n, const char *what, const char *path)
{
	snprintf(error, n, "can't %s '%s': %s", what, path, strerror(errno));
	return -1;
}

static int join_path(char *out, const char *dir, const char *name)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);
	if (n > 0 && n < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* The folders on the way to `path`, which is the file itself. */
static int make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int failed = mkdir(path, 0777) && errno != EEXIST;
		*slash = '/';
		if (failed)
			return -1;
	}
	return 0;
}

static int write_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t done = write(fd, text, n);
		if (done < 0 && errno != EINTR)
			return -1;
		if (done > 0) {
			text += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

static int write_config(const char *path, char *error, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return errno == EEXIST ? 0 : report_refusal(error, n, "make", path);
	int failed = write_all(fd, md_sample_config, strlen(md_sample_config));
	failed |= close(fd);
	if (!failed)
		return 0;
	report_refusal(error, n, "write", path);
	unlink(path);
	return -1;
}

int md_demo_make(const char *dir, char *error, size_t n)
{
	char path[PATH_MAX];
	if (join_path(path, dir, "multidb.json") || make_folders(path))
		return report_refusal(error, n, "make folder", dir);
	if (write_config(path, error, n))
		return -1;
	for (const struct md_sample_file *f = md_sample_files; f->path; f++) {
		if (join_path(path, dir, f->path) || make_folders(path))
			return report_refusal(error, n, "make the folder of", f->path);
		if (md_sqlite_make(path, f->sql, error, n))
			return -1;
	}
	return 0;
}

void md_demo_remove(const char *dir)
{
	char path[PATH_MAX];
	for (const struct md_sample_file *f = md_sample_files; f->path; f++)
		if (!join_path(path, dir, f->path) && !unlink(path)) {
			*strrchr(path, '/') = '\0';
			rmdir(path);
		}
	if (!join_path(path, dir, "multidb.json"))
		unlink(path);
	rmdir(dir);
}
