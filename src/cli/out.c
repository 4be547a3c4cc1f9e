/* Standard output with every failed write noticed. A full disk is an error with a message. A reader
 * that has gone (EPIPE, a closed descriptor) ends the program without a message. Both make the exit
 * status a failure. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static int reason; /* errno of the first failure; 0: none */

/* A closed descriptor 0, 1 or 2 would become that of the next file opened, and output would go to
 * that file. */
static void hold_descriptor(int fd, int flags)
{
	if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", flags) != fd)
		_exit(CLI_FAILED);
}

void out_begin(void)
{
	hold_descriptor(0, O_RDONLY);
	hold_descriptor(1, O_RDONLY); /* so that writing fails */
	hold_descriptor(2, O_WRONLY);
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
}

static bool note_failure(bool ok)
{
	if (!ok && !reason)
		reason = errno ? errno : EIO;
	return !reason;
}

bool out_bytes(const char *p, size_t n)
{
	return note_failure(fwrite(p, 1, n, stdout) == n);
}

bool out_text(const char *z)
{
	return out_bytes(z, strlen(z));
}

bool out_flush(void)
{
	return note_failure(fflush(stdout) == 0);
}

bool out_failed(void)
{
	return reason != 0;
}

bool out_end(void)
{
	out_flush();
	note_failure(fclose(stdout) == 0);
	if (reason && reason != EPIPE && reason != EBADF)
		fprintf(stderr, "multidb: can't write to standard output: %s\n", strerror(reason));
	return !reason;
}
