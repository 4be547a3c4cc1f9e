/* The structs behind the public handles. */
#ifndef MD_ENGINE_PRIVATE_H
#define MD_ENGINE_PRIVATE_H

#include "engine/log.h"
#include "engine/pipeline.h"
#include "engine/prepared.h"
#include "engine/refresh.h"
#include "engine/runtime.h"
#include "engine/statistics.h"
#include "engine/watch.h"
#include "executor/encode.h"
#include "executor/execute.h"

#include <multidb.h>
#include <stdatomic.h>

/* An error that can be read: the record of a request, or (open, reload) its own. */
struct multidb_error {
	const struct md_error *err;
	const struct md_planned *planned; /* NULL: no alternatives to report */
	const struct md_shown *shown;     /* what of it its reader is shown; NULL: everything */
	struct md_arena *arena;           /* where texts are rendered */
	const char *json;                 /* rendered once */
	struct md_arena own_arena;
	struct md_error own;
};

struct multidb_engine {
	pthread_mutex_t lock;               /* of current's replacement, refs and queries */
	_Atomic(struct md_runtime *) current; /* NULL: closed */
	uint32_t refs;                      /* the opener's, one for each query handle, one for each call that runs */
	struct multidb_query *queries;      /* all handles: closing cancels them */
	size_t cache_bytes;
	struct md_ring ring;                /* the engine's own key for cursors, made at first use; under the lock */
	/* MD_ATTEND_…: what the next call of the library has to do first. 0: nothing */
	atomic_uint attention;
	struct md_log *log;                 /* NULL: the caller wants none */
	pthread_mutex_t loading;            /* held while documents are loaded */
	struct md_refresh refresh;
	struct md_watch watch;              /* of a table */
	struct md_statistics statistics;
	bool offline;
	bool lasting_cursors;               /* see multidb_options */
	char *base_dir;
};

/* Events wait for the log; the source is polled. */
enum { MD_ATTEND_LOG = 1, MD_ATTEND_POLL = 2 };

enum md_progress { MD_FRESH, MD_PREPARED, MD_STARTED_ROWS, MD_ENDED, MD_BROKEN };

/* How an answer is read: a program uses one of both ways. */
enum md_reading { MD_UNREAD, MD_READ_CHUNKS, MD_READ_ROWS };

/* Where a query is in its loop: it waits for a thread, has one, has an outcome that
 * multidb_loop_next has not returned, or has a piece that its reader has not taken. */
enum md_loop_place { MD_LOOP_QUEUED, MD_LOOP_WORKING, MD_LOOP_READY, MD_LOOP_READING, MD_LOOP_PLACES };

/* What a loop keeps in a query, under the loop's lock. The reader has `taken`, while the next piece
 * is made in `out`. */
struct md_loop_visit {
	multidb_query *next, *previous; /* at the same place */
	enum md_loop_place place;
	multidb_outcome outcome;
	struct md_loop_target *target;
	bool is_started, is_connected;
	bool is_abandoned;              /* freed by the caller: a thread discards it */
	bool has_last_rows;             /* the reader has the last rows, and then the end is told */
	struct md_buf taken;            /* heap */
	size_t read_at;
};

struct multidb_query {
	multidb_engine *engine;
	multidb_loop *loop;          /* that runs it; NULL: none. Changed under the engine's lock */
	void *user;
	struct md_loop_visit visit;
	struct multidb_query *next, *previous; /* in the engine's list */
	struct md_runtime *rt;       /* the one that the request is planned on */
	struct md_request request;
	struct md_prepared_query prepared; /* by multidb_query_define */
	struct multidb_error error;
	struct multidb_error misuse; /* the last call that the header excludes, since the last prepare */
	char misuse_text[192];
	enum md_progress progress;
	enum md_reading reading;
	bool is_prepared;            /* the last prepare succeeded */
	bool is_remote;              /* the audience, from the next prepare on */
	const char *json, *parameters_json; /* rendered once, in the arena; NULL: not yet */
	unsigned statistics_set;     /* of the engine's counters of planning */
	/* running */
	bool is_running;             /* executing, and not counted yet */
	struct md_running running;
	struct md_exec exec;
	struct md_rows *rows;
	struct md_encoder encoder;
	multidb_format format;
	struct md_buf out;           /* heap, reused between chunks and queries */
	int64_t begun_us, execution_us; /* the latter once the answer is complete */
	bool head_written, row_written;
	bool is_truncated;           /* limits.rows ended the answer, and there are more rows */
	struct md_buf text;          /* heap: debug text */
	multidb_cell *cells;
};

/* What the rows have come to so far; NULL: nothing was executed. */
static inline const struct md_answer *md_query_answer(const multidb_query *q)
{
	return q && q->rows ? md_rows_answer(q->rows) : NULL;
}

#endif
