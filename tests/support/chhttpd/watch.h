/* Ends a query whose client has left while ClickHouse was still at it; asked for by
 * cancel_http_readonly_queries_on_client_close=1. */
#ifndef CHHTTPD_WATCH_H
#define CHHTTPD_WATCH_H

#include "chdb.h"

struct watch;

/* Starts the thread that watches the sockets. The connection is the watch's own. 0, or -1. */
int watch_start(chdb_conn conn);
struct watch *watch_add(int socket, const char *query_id);
/* NULL is fine. */
void watch_drop(struct watch *w);
/* Every query that runs; for the end of the process. */
void watch_kill_all(void);

#endif
