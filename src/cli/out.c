/* Standard output with every failed write noticed: a full disk is an error with a message, a reader who left (EPIPE, a closed
 * descriptor) ends us quietly; both exit with failure. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static int reason; /* errno of the first failure; 0: none */

/* A closed descriptor 0, 1 or 2 would be given to the next file opened, which we might then write to. */
static void hold(int fd, int flags)
{
	if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", flags) != fd)
		_exit(CLI_FAILED);
}

void out_begin(void)
{
	hold(0, O_RDONLY);
	hold(1, O_RDONLY); /* so that writing fails */
	hold(2, O_WRONLY);
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
}

static bool note(bool ok)
{
	if (!ok && !reason)
		reason = errno ? errno : EIO;
	return !reason;
}

bool out_bytes(const char *p, size_t n)
{
	return note(fwrite(p, 1, n, stdout) == n);
}

bool out_text(const char *z)
{
	return out_bytes(z, strlen(z));
}

bool out_flush(void)
{
	return note(fflush(stdout) == 0);
}

bool out_failed(void)
{
	return reason != 0;
}

bool out_end(void)
{
	out_flush();
	note(fclose(stdout) == 0);
	if (reason && reason != EPIPE && reason != EBADF)
		fprintf(stderr, "multidb: can't write to standard output: %s\n", strerror(reason));
	return !reason;
}
