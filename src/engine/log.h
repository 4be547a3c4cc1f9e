/* The caller's log function (multidb_options.log) and the events that wait for it. Any thread
 * records events; a thread that is inside a call of the library delivers them, because the library
 * calls no function of the caller on threads of its own. */
#ifndef MD_ENGINE_LOG_H
#define MD_ENGINE_LOG_H

#include <multidb.h>
#include <stdatomic.h>

struct md_log;

/* `bit` is set in *waiting while events wait. NULL: out of memory. */
struct md_log *md_log_new(void (*receive)(void *user, multidb_log_level level, const char *text), void *user,
                          atomic_uint *waiting, unsigned bit);
void md_log_free(struct md_log *log);

/* Records an event. Allocates nothing; where too many events wait, the event is dropped and
 * counted. Both functions do nothing where log is NULL. */
void md_log_add(struct md_log *log, multidb_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Calls the caller's function for each event that waits, unless another thread does so at the
 * moment. Events that the function itself causes may wait for the next call, so that this call
 * ends. The caller holds no lock. */
void md_log_deliver(struct md_log *log);

#endif
