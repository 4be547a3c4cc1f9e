#include "engine/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOG_EVENTS = 64, LOG_TEXT = 1024 };

struct log_event {
	multidb_log_level level;
	char text[LOG_TEXT];
};

struct md_log {
	void (*receive)(void *user, multidb_log_level level, const char *text);
	void *user;
	atomic_uint *waiting;
	unsigned bit;
	atomic_bool is_delivering;
	pthread_mutex_t lock;   /* guards the members below */
	uint32_t first, n;      /* the waiting events: a ring in `events` */
	uint64_t dropped;       /* since the last event that was recorded */
	struct log_event events[LOG_EVENTS];
};

struct md_log *md_log_new(void (*receive)(void *user, multidb_log_level level, const char *text), void *user,
                          atomic_uint *waiting, unsigned bit)
{
	struct md_log *log = calloc(1, sizeof *log);
	if (!log || pthread_mutex_init(&log->lock, NULL)) {
		free(log);
		return NULL;
	}
	log->receive = receive;
	log->user = user;
	log->waiting = waiting;
	log->bit = bit;
	return log;
}

void md_log_free(struct md_log *log)
{
	if (!log)
		return;
	pthread_mutex_destroy(&log->lock);
	free(log);
}

/* Removes the character at the end of a truncated text, of which only some bytes may be left. */
static void cut_broken_end(char *text, size_t n)
{
	size_t lead = n;
	while (lead && (text[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead && (text[lead - 1] & 0x80))
		text[lead - 1] = '\0';
}

/* Names in an event may hold line ends: the event stays one line. */
static void write_line(struct log_event *to, const char *fmt, va_list ap)
{
	int n = vsnprintf(to->text, sizeof to->text, fmt, ap);
	if (n < 0)
		to->text[0] = '\0';
	for (char *p = to->text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = ' ';
	if (n >= LOG_TEXT)
		cut_broken_end(to->text, LOG_TEXT - 1);
}

void md_log_add(struct md_log *log, multidb_log_level level, const char *fmt, ...)
{
	va_list ap;
	if (!log)
		return;
	pthread_mutex_lock(&log->lock);
	if (log->n == LOG_EVENTS) {
		log->dropped++;
	} else {
		struct log_event *to = &log->events[(log->first + log->n++) % LOG_EVENTS];
		to->level = level;
		va_start(ap, fmt);
		write_line(to, fmt, ap);
		va_end(ap);
	}
	atomic_fetch_or(log->waiting, log->bit);
	pthread_mutex_unlock(&log->lock);
}

/* The number of dropped events follows the events that were recorded before them. */
static bool take_event(struct md_log *log, struct log_event *out)
{
	pthread_mutex_lock(&log->lock);
	bool found = log->n || log->dropped;
	if (log->n) {
		*out = log->events[log->first];
		log->first = (log->first + 1) % LOG_EVENTS;
		log->n--;
	} else if (found) {
		out->level = MULTIDB_LOG_WARNING;
		snprintf(out->text, sizeof out->text, "%llu events were dropped: more than %d waited for a call of "
			"the library", (unsigned long long)log->dropped, LOG_EVENTS);
		log->dropped = 0;
	} else {
		atomic_fetch_and(log->waiting, ~log->bit);
	}
	pthread_mutex_unlock(&log->lock);
	return found;
}

void md_log_deliver(struct md_log *log)
{
	struct log_event event;
	if (!log || atomic_exchange(&log->is_delivering, true))
		return;
	for (int i = 0; i <= LOG_EVENTS && take_event(log, &event); i++)
		log->receive(log->user, event.level, event.text);
	atomic_store(&log->is_delivering, false);
}
