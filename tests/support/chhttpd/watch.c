/* Looks ten times a second whether the clients are still there; promises in watch.h. */
#include "watch.h"
#include "text.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct watch {
	struct watch *next;
	int socket;
	bool left;
	char query_id[128];
};

static struct watch *first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static chdb_conn killer;

struct watch *watch_add(int socket, const char *query_id)
{
	struct watch *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->socket = socket;
	snprintf(w->query_id, sizeof w->query_id, "%s", query_id);
	pthread_mutex_lock(&lock);
	w->next = first;
	first = w;
	pthread_mutex_unlock(&lock);
	return w;
}

void watch_drop(struct watch *w)
{
	pthread_mutex_lock(&lock);
	for (struct watch **at = &first; *at; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			break;
		}
	pthread_mutex_unlock(&lock);
	free(w);
}

static void kill_where(const char *condition)
{
	struct growing_text sql = { 0 };
	text_printf(&sql, "KILL QUERY WHERE %s ASYNC", condition);
	chdb.free(chdb.query(*killer, sql.p, sql.n, "Null", 4, NULL, NULL, NULL, NULL, 0));
	text_free(&sql);
}

static bool has_left(int socket)
{
	struct pollfd p = { .fd = socket, .events = POLLRDHUP };
	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* The queries of those who left since the last look. */
static void find_left(struct growing_text *condition)
{
	pthread_mutex_lock(&lock);
	for (struct watch *w = first; w; w = w->next) {
		if (w->left || !has_left(w->socket))
			continue;
		w->left = true;
		text_puts(condition, condition->n ? " OR Settings['log_comment'] = " : "Settings['log_comment'] = ");
		text_quoted(condition, w->query_id, strlen(w->query_id));
	}
	pthread_mutex_unlock(&lock);
}

static void *look(void *unused)
{
	(void)unused;
	for (;;) {
		struct growing_text condition = { 0 };
		nanosleep(&(struct timespec){ .tv_nsec = 100 * 1000 * 1000 }, NULL);
		find_left(&condition);
		if (condition.n)
			kill_where(condition.p);
		text_free(&condition);
	}
	return NULL;
}

int watch_start(chdb_conn conn)
{
	pthread_t thread;
	killer = conn;
	return pthread_create(&thread, NULL, look, NULL) || pthread_detach(thread) ? -1 : 0;
}

void watch_kill_all(void)
{
	kill_where("1");
}
