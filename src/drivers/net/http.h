/* An HTTP/1.1 client of one origin: one connection that is kept alive, one request at a time,
 * replies pulled in pieces. The only room of libcurl's header. Accepts http and https urls; follows
 * no redirects, asks no proxy, reads no .netrc, stores no cookies. Promises: no call outlasts its
 * deadline (name look-ups included); at most MD_HTTP_AHEAD bytes of a body, and one network buffer,
 * are held beyond what the caller has not consumed; a body counts as complete only when its length
 * or its last chunk says so; neither user nor password reaches a message. One thread at a time,
 * md_http_cancel excepted. */
#ifndef MD_DRIVERS_HTTP_H
#define MD_DRIVERS_HTTP_H

#include "base/buf.h"
#include "base/tls.h"

enum { MD_HTTP_AHEAD = 128 * 1024 };

struct md_http;

enum md_http_got {
	MD_HTTP_OK,        /* send: the reply began. more: there are more bytes */
	MD_HTTP_END,       /* the body is complete */
	MD_HTTP_TIMEOUT,   /* the deadline passed */
	MD_HTTP_CANCELLED,
	MD_HTTP_STALE,     /* the connection was lost before one byte of reply: may be sent again */
	MD_HTTP_LOST,      /* no connection, or it was lost, or what came is not HTTP: md_http_why */
	MD_HTTP_NO_MEMORY,
};

/* NULL: the url can't be used (*no_memory false), or out of memory (true). Connects when first
 * needed. gzip: ask for compressed bodies. tls: an http url can't be used, and certificates are
 * looked at as it says; NULL: https trusts the system's authorities, and them alone. */
struct md_http *md_http_new(struct md_str url, const struct md_tls *tls, bool gzip, bool *no_memory);
void md_http_free(struct md_http *h); /* closes; NULL is fine */

/* Parts of the url, valid as long as h. */
struct md_str md_http_origin(const struct md_http *h); /* "http://host:port", without user and password */
struct md_str md_http_path(const struct md_http *h);   /* "/db", not decoded */
struct md_str md_http_query(const struct md_http *h);  /* behind '?', not decoded; empty: none */
/* decoded; empty: none. It and the password go with every request (Basic) */
struct md_str md_http_user(const struct md_http *h);

/* "Name: value", with every request from now on. False when out of memory or the line holds a line
 * break. */
bool md_http_header(struct md_http *h, struct md_str line);

struct md_http_request {
	const char *method;   /* "GET", "POST", "DELETE" */
	struct md_str target; /* path and query, as on the wire: "/v1/statement" */
	struct md_str body;   /* POST; must live until md_http_end */
	/* one more line, for this request alone; checked as md_http_header does: LOST. Empty:
	 * none */
	struct md_str header;
	int64_t deadline_ms;  /* monotonic; 0: none. Holds for md_http_more too */
};

/* Sends the request and waits until the first of the reply's body, or its end, is here: then status
 * and headers are known. */
enum md_http_got md_http_send(struct md_http *h, const struct md_http_request *r);
int md_http_status(const struct md_http *h);
/* the last of the name; empty: none. Until the next send */
struct md_str md_http_reply_header(const struct md_http *h, const char *name);

/* What of the body is here and not consumed, valid until the next call of more, end or send. */
struct md_str md_http_body(const struct md_http *h);
void md_http_consume(struct md_http *h, size_t n);
enum md_http_got md_http_more(struct md_http *h); /* waits for more of it */

/* The request is over, complete or not; where it was not, the connection is closed. True: it was
 * complete. */
bool md_http_end(struct md_http *h);
/* Has the server hung up while the connection lay idle? Asks the socket only. */
bool md_http_hung_up(const struct md_http *h);
bool md_http_seen(const struct md_http *h); /* has one byte of the reply been seen? */

/* Why it was LOST, the client library's words. */
struct md_str md_http_why(const struct md_http *h);

/* From any thread: send and more return MD_HTTP_CANCELLED from now on, until md_http_uncancel. */
void md_http_cancel(struct md_http *h);
void md_http_uncancel(struct md_http *h);

/* Percent-encoded for a query string; unreserved characters stay. */
void md_http_encode(struct md_buf *b, struct md_str s);
bool md_http_decode(struct md_buf *b, struct md_str s); /* appends; false: bad %XX */

#endif
