/* One HTTP request: its parameters from the URL and from a form, its body. And the answer to it. */
#ifndef CHHTTPD_REQUEST_H
#define CHHTTPD_REQUEST_H

#include "chdb.h"
#include "text.h"

#include <microhttpd.h>

struct server {
	const char *user, *password;
	chdb_conn (*open)(void); /* a new connection to the data folder; NULL when there is none */
	char host[64];
	char timezone[64];
};

extern struct server server;

struct arg {
	char *name;
	struct growing_text value;
};

struct request {
	struct MHD_Connection *http;
	struct arg *args;
	size_t n;
	struct growing_text body;
	struct MHD_PostProcessor *form; /* of multipart/form-data; NULL otherwise */
	char query_id[128];
};

struct request *request_new(struct MHD_Connection *http);
void request_body(struct request *q, const char *p, size_t n);
void request_free(struct request *q);

/* The last value of that name; NULL without one. */
const char *request_arg(const struct request *q, const char *name);
const char *request_header(const struct request *q, const char *name);

/* Answers; what MHD expects of its handler. */
enum MHD_Result request_answer(struct request *q, const char *url, const char *method);

#endif
