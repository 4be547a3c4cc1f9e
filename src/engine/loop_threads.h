/* The threads of a loop. Internal to it. */
#ifndef MD_ENGINE_LOOP_THREADS_H
#define MD_ENGINE_LOOP_THREADS_H

#include "engine/loop_places.h"

/* False: the system has fewer than n threads. Those that were started run until
 * md_loop_end_threads. */
bool md_loop_start_threads(multidb_loop *l, uint32_t n);

/* Cancels the queries of the loop, and waits for the threads. */
void md_loop_end_threads(multidb_loop *l);

#endif
