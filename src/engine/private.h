/* The structs behind the public handles. */
#ifndef MD_ENGINE_PRIVATE_H
#define MD_ENGINE_PRIVATE_H

#include "engine/pipeline.h"
#include "engine/runtime.h"
#include "executor/encode.h"
#include "executor/execute.h"

#include <multidb.h>
#include <stdatomic.h>

/* An error that can be read: the record of a request, or (open, reload) its own. */
struct multidb_error {
	const struct md_error *err;
	const struct md_planned *planned; /* NULL: no alternatives to report */
	struct md_arena *arena;           /* where texts are rendered */
	const char *json;                 /* rendered once */
	struct md_arena own_arena;
	struct md_error own;
};

struct multidb_engine {
	pthread_mutex_t lock;               /* of current's replacement */
	_Atomic(struct md_runtime *) current;
	size_t cache_bytes;
	struct md_ring ring;                /* the engine's own key for cursors, made at first use; under the lock */
	bool offline;
	bool lasting_cursors;               /* see multidb_options */
	char *base_dir;
};

enum md_progress { MD_FRESH, MD_PREPARED, MD_STARTED_ROWS, MD_ENDED, MD_BROKEN };

struct multidb_query {
	multidb_engine *engine;
	struct md_runtime *rt;       /* the one that the request is planned on */
	struct md_request request;
	struct multidb_error error;
	enum md_progress progress;
	/* running */
	struct md_running running;
	struct md_exec exec;
	struct md_rows *rows;
	struct md_encoder encoder;
	multidb_format format;
	struct md_buf out;           /* heap, reused between chunks and queries */
	int64_t begun_us;
	bool head_written, row_written;
	struct md_buf text;          /* heap: debug text */
	multidb_cell *cells;
};

/* The request's runtime, the current one. */
void md_engine_attach(multidb_query *q);

#endif
