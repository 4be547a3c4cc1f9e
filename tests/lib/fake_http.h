/* A server on a loopback port that answers every HTTP request with the bytes that the test gives,
 * complete or cut. For drivers that speak HTTP. It serves one connection at a time, in a thread of
 * its own. */
#ifndef TESTS_LIB_FAKE_HTTP_H
#define TESTS_LIB_FAKE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

enum fake_end {
	FAKE_KEEP,  /* the connection stays open for the next request */
	FAKE_CLOSE, /* closed after the last byte */
	FAKE_STALL, /* silent after the last byte, until the client closes the connection */
	FAKE_RESET, /* ended by a reset */
	FAKE_DRIP   /* one byte at a time; the connection stays open */
};

int fake_http_start(void); /* returns the port */
/* Answers requests with `bytes` from now on. No copy is made. */
void fake_http_reply(const void *bytes, size_t n, enum fake_end end);
/* Answers requests whose body contains `word` with these bytes instead and keeps the connection.
 * word NULL: no request. */
void fake_http_except(const char *word, const void *bytes, size_t n);
int fake_http_requests(void); /* so far, the excepted ones not counted */
const char *fake_http_head(void); /* of the last request that was counted */
const char *fake_http_body(void);
void fake_http_stop(void);

#endif
