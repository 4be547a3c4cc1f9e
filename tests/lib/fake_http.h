/* A server on a loopback port that answers every HTTP request with given bytes, whole or cut. For
 * drivers that speak HTTP. One connection at a time, in a thread of its own. */
#ifndef TESTS_LIB_FAKE_HTTP_H
#define TESTS_LIB_FAKE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

enum fake_end {
	FAKE_KEEP,  /* the connection stays for the next request */
	FAKE_CLOSE, /* closed behind the last byte */
	FAKE_STALL, /* silent behind the last byte, until the client leaves */
	FAKE_RESET, /* ended by a reset */
	FAKE_DRIP   /* one byte at a time, then it stays */
};

int fake_http_start(void); /* its port */
/* What requests are answered with from now on; `bytes` must stay. */
void fake_http_reply(const void *bytes, size_t n, enum fake_end end);
/* Requests whose body holds `word` are answered with these bytes instead, and the connection stays.
 * NULL: none. */
void fake_http_except(const char *word, const void *bytes, size_t n);
int fake_http_requests(void); /* so far, the excepted ones not counted */
const char *fake_http_head(void); /* of the last request that was counted */
const char *fake_http_body(void);
void fake_http_stop(void);

#endif
