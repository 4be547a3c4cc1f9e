/* One thread that waits for signals, so that cancelling happens in an ordinary context and not inside a handler. Between signals it
 * draws the progress line: on a terminal only, and only when a query takes longer than a second. */
#include "cli/cli.h"

#include "base/sys.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static multidb_query *running; /* under lock, as are the next three */
static int64_t since_ms;
static bool drawn, quiet;
static atomic_bool interrupted;
static atomic_llong rows_so_far;
static sigset_t waited;

static void erase(void)
{
	if (drawn)
		fputs("\r\033[K", stderr);
	drawn = false;
}

static void draw(void)
{
	int64_t ms = md_monotonic_ms() - since_ms;
	if (!running || quiet || interrupted || ms < 1000)
		return;
	fprintf(stderr, "\r\033[K%lld rows, %lld s (Ctrl-C stops it)", (long long)rows_so_far, (long long)(ms / 1000));
	drawn = true;
}

static void interrupt(void)
{
	if (!running || interrupted) {
		erase();
		_exit(CLI_FAILED);
	}
	interrupted = true;
	erase();
	multidb_cancel(running);
}

static void *wait_for_signals(void *terminal)
{
	const struct timespec half = { .tv_nsec = 500000000 };
	for (;;) {
		int got = terminal ? sigtimedwait(&waited, NULL, &half) : sigwaitinfo(&waited, NULL);
		pthread_mutex_lock(&lock);
		if (got > 0)
			interrupt();
		else if (errno == EAGAIN)
			draw();
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* A signal that whoever started us has set to be ignored stays ignored. */
static void add(int number)
{
	struct sigaction was;
	if (!sigaction(number, NULL, &was) && was.sa_handler != SIG_IGN)
		sigaddset(&waited, number);
}

void watch_begin(void)
{
	static char yes;
	pthread_t thread;
	sigemptyset(&waited);
	add(SIGINT);
	add(SIGTERM);
	pthread_sigmask(SIG_BLOCK, &waited, NULL);
	if (pthread_create(&thread, NULL, wait_for_signals, isatty(2) ? &yes : NULL))
		pthread_sigmask(SIG_UNBLOCK, &waited, NULL); /* no thread: signals end the process as usual */
	else
		pthread_detach(thread);
}

void watch_query(multidb_query *q)
{
	pthread_mutex_lock(&lock);
	erase();
	running = q;
	since_ms = md_monotonic_ms();
	rows_so_far = 0;
	pthread_mutex_unlock(&lock);
}

void watch_rows(int64_t rows)
{
	rows_so_far = rows;
}

void watch_quiet(void)
{
	pthread_mutex_lock(&lock);
	erase();
	quiet = true;
	pthread_mutex_unlock(&lock);
}

bool watch_interrupted(void)
{
	return interrupted;
}
