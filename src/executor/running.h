/* The connection on which a query runs, shared with the threads that may cancel it. */
#ifndef MD_EXECUTOR_RUNNING_H
#define MD_EXECUTOR_RUNNING_H

#include "drivers/driver.h"

#include <pthread.h>
#include <stdatomic.h>

/* Zeroed and initialized once, then reused by one query after another. */
struct md_running {
	pthread_mutex_t lock;
	const struct md_driver *driver;
	void *conn; /* NULL: no statement is running */
	atomic_bool cancelled; /* read without the lock while the query waits for a connection */
};

int md_running_init(struct md_running *r);
void md_running_destroy(struct md_running *r);
void md_running_reset(struct md_running *r);  /* forgets an earlier cancel */
void md_running_cancel(struct md_running *r); /* from any thread */
bool md_running_cancelled(struct md_running *r);
bool md_running_has_statement(struct md_running *r); /* and with it a connection */

/* Sets the connection that a cancel applies to; conn NULL: none. False: the query was cancelled
 * before; a connection is then not set. */
bool md_running_set(struct md_running *r, const struct md_driver *d, void *conn);

#endif
