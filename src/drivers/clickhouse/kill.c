/* Stops a statement on the server. Accepts a connection whose statement was sent; needs no answer,
 * because the connection is closed afterwards. */
#include "drivers/clickhouse/private.h"

#include "base/sys.h"

enum { CH_KILL_MS = 500 };

/* Closing the connection stops the statement too, but only when the server next looks at its
 * socket. */
void md_ch_kill(const struct md_ch *c)
{
	char sql[128] = "KILL QUERY WHERE query_id = '";
	bool no_memory;
	struct md_http *h = md_http_new(c->url, c->tls, false, &no_memory);
	strcat(strcat(sql, c->query_id), "' ASYNC");
	struct md_http_request r = { .method = "POST",
		                     .target = MD_STR("/"),
		                     .body = md_str_z(sql),
		                     .deadline_ms = md_monotonic_ms() + CH_KILL_MS };
	if (h && md_http_send(h, &r) == MD_HTTP_OK)
		md_http_end(h);
	md_http_free(h);
}
