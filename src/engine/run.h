/* Running a prepared query. Internal to the engine. One thread at a time runs a handle. */
#ifndef MD_ENGINE_RUN_H
#define MD_ENGINE_RUN_H

#include "engine/private.h"

enum { MD_RUN_CHUNK = 64 * 1024 }; /* bytes that end a chunk */

/* 0, or -1 with the error in the handle's record. The query was prepared to run. */
int md_run_start(multidb_query *q, multidb_format format);

/* The next chunk into q->out: 1: it has bytes; 0: there are no more; -1: the record says why. The
 * answer has ended where q->progress is MD_ENDED, also behind the last bytes. */
int md_run_chunk(multidb_query *q);

/* The next row, as md_run_chunk. Its cells are valid until the next call. */
int md_run_row(multidb_query *q, const struct md_cell **cells);
static inline multidb_cell md_run_cell(const struct md_cell *c)
{
	bool null = c->form == MD_CELL_NULL || c->form == MD_CELL_NOT_FINITE;
	struct md_str text = c->text.p ? c->text : MD_STR("");
	return null ? (multidb_cell){ NULL, 0 } : (multidb_cell){ text.p, text.n };
}

/* Records it as the run's failure. Returns -1. */
int md_run_out_of_memory(multidb_query *q);

/* Ends an answer before its end, as cancelled for this reason. */
void md_run_stop(multidb_query *q, const char *reason);

/* Complete or not; a running statement is cancelled. */
void md_run_end(multidb_query *q);

#endif
