/* One thread that waits for signals, so that cancelling happens in an ordinary context and not
 * inside a handler. Between signals it draws the progress line: on a terminal only, and only when a
 * query takes longer than a second. */
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
static atomic_int signal_got; /* the number of the signal that interrupted us; 0: none */
static atomic_llong rows_so_far;
static sigset_t waited;

static void erase_progress(void)
{
	if (drawn)
		fputs("\r\033[K", stderr);
	drawn = false;
}

static void draw_progress(void)
{
	int64_t ms = md_monotonic_ms() - since_ms;
	if (!running || quiet || signal_got || ms < 1000)
		return;
	fprintf(stderr, "\r\033[K%lld rows, %lld s (Ctrl-C stops it)", (long long)rows_so_far, (long long)(ms / 1000));
	drawn = true;
}

/* The first signal cancels the query, and the program then ends in order. A second signal, or one
 * while no query runs, ends it at once. */
static void handle_signal(int number)
{
	erase_progress();
	if (!running || signal_got)
		_exit(CLI_SIGNALLED + number);
	signal_got = number;
	multidb_query_cancel(running);
}

static void *wait_for_signals(void *terminal)
{
	const struct timespec half_a_second = { .tv_nsec = 500000000 };
	for (;;) {
		int got = terminal ? sigtimedwait(&waited, NULL, &half_a_second) : sigwaitinfo(&waited, NULL);
		pthread_mutex_lock(&lock);
		if (got > 0)
			handle_signal(got);
		else if (errno == EAGAIN)
			draw_progress();
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* A signal that the parent process has set to be ignored stays ignored. */
static void wait_for(int number)
{
	struct sigaction was;
	if (!sigaction(number, NULL, &was) && was.sa_handler != SIG_IGN)
		sigaddset(&waited, number);
}

void watch_begin(void)
{
	static char is_terminal;
	pthread_t thread;
	sigemptyset(&waited);
	wait_for(SIGINT);
	wait_for(SIGTERM);
	pthread_sigmask(SIG_BLOCK, &waited, NULL);
	if (pthread_create(&thread, NULL, wait_for_signals, isatty(2) ? &is_terminal : NULL))
		pthread_sigmask(SIG_UNBLOCK, &waited, NULL); /* no thread: signals end the process as usual */
	else
		pthread_detach(thread);
}

void watch_query(multidb_query *q)
{
	pthread_mutex_lock(&lock);
	erase_progress();
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
	erase_progress();
	quiet = true;
	pthread_mutex_unlock(&lock);
}

bool watch_interrupted(void)
{
	return signal_got != 0;
}

int watch_status(int status)
{
	return signal_got ? CLI_SIGNALLED + signal_got : status;
}
