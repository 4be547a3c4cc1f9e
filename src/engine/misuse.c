/* Calls in the wrong order and arguments out of range. Promises: the message names the call and the
 * call that is needed before it; no memory is taken from the heap; a query that runs is not
 * changed, because a thread of a loop may be working on it. */
#include "engine/misuse.h"

#include <stdarg.h>
#include <stdio.h>

#define NULL_HANDLE \
	"a call was made with a NULL handle: multidb_query_new returns NULL when out of memory or without an engine"

int md_misuse(multidb_query *q, const char *fmt, ...)
{
	if (!q)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(q->misuse_text, sizeof q->misuse_text, fmt, ap);
	va_end(ap);
	md_arena_reset(&q->misuse.own_arena);
	q->misuse.json = NULL;
	q->misuse.own = (struct md_error){ .code = MD_MISUSE, .message = md_str_z(q->misuse_text) };
	return -1;
}

const multidb_error *md_null_handle_error(void)
{
	static const struct md_error record = { .code = MD_MISUSE,
		                                .message = { NULL_HANDLE, sizeof NULL_HANDLE - 1 } };
	static const struct multidb_error error = {
		.err = &record,
		.json = "{\"type\":\"urn:multidb:error:MISUSE\",\"title\":\"the library was called in a way that its "
			"header excludes\",\"status\":500,\"detail\":\"" NULL_HANDLE "\",\"code\":\"MISUSE\","
			"\"message\":\"" NULL_HANDLE "\",\"details\":{\"code\":\"MISUSE\"}}",
	};
	return &error;
}

const char *md_mode_name(enum md_ask ask)
{
	static const char *const names[] = { "MULTIDB_RUN", "MULTIDB_VALIDATE", "MULTIDB_PLAN", "MULTIDB_EXPLAIN",
		                             "MULTIDB_COUNT" };
	return names[ask];
}

int md_misuse_in_loop(multidb_query *q, const char *call)
{
	return md_misuse(q, "%s was called on a query that multidb_loop_start began, before multidb_loop_next "
	                 "returned its end", call);
}

int md_check_start(multidb_query *q, const char *call, multidb_format format)
{
	enum md_ask ask = q->request.ask;
	if (q->progress == MD_BROKEN)
		return -1; /* the record says what failed */
	if (q->progress == MD_FRESH)
		return md_misuse(q, "%s was called before multidb_query_prepare or multidb_query_bind", call);
	if (q->progress != MD_PREPARED)
		return md_misuse(q, "%s was called on a started query: call multidb_query_prepare first", call);
	if (ask != MD_ASK_RUN && ask != MD_ASK_COUNT)
		return md_misuse(q, "%s was called after multidb_query_prepare with %s: expected MULTIDB_RUN or "
		                 "MULTIDB_COUNT", call, md_mode_name(ask));
	if ((unsigned)format > MULTIDB_CSV)
		return md_misuse(q, "%s was called with an unknown format: expected MULTIDB_RESULT (0) to MULTIDB_CSV "
		                 "(%d), got %d", call, MULTIDB_CSV, (int)format);
	return 0;
}

static const char *reading_call(enum md_reading reading)
{
	return reading == MD_READ_ROWS ? "multidb_query_next_row" : "multidb_query_next";
}

int md_check_read(multidb_query *q, enum md_reading reading, bool has_places)
{
	const char *call = reading_call(reading);
	if (q->progress == MD_BROKEN)
		return -1; /* the record says what failed */
	if (q->progress == MD_FRESH || q->progress == MD_PREPARED)
		return md_misuse(q, "%s was called before multidb_query_start", call);
	if (q->reading != MD_UNREAD && q->reading != reading)
		return md_misuse(q, "%s was called after %s: an answer is read with one of them", call,
		                 reading_call(q->reading));
	if (!has_places)
		return md_misuse(q, "%s was called with NULL for what it returns", call);
	q->reading = reading;
	return 0;
}
