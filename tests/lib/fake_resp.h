/* A scripted server that speaks Redis' protocol on a free loopback port, for faults that a real one
 * never shows. It answers every complete command with the script's reply; connections that got
 * less, or other, than a whole good reply are spoilt, and a client that uses one again is counted.
 */
#ifndef TESTS_FAKE_RESP_H
#define TESTS_FAKE_RESP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct fake_resp {
	/* the script; set between requests */
	const char *reply;          /* to each command */
	size_t reply_n;
	const char *login;          /* to AUTH and SELECT; NULL: +OK */
	const char *stored;         /* to SET; NULL: the reply */
	long limit;                 /* after so many bytes on a connection: then what `then` says; -1: no limit */
	enum { RESP_CLOSE, RESP_STALL, RESP_PAUSE /* a millisecond, then goes on */ } then;
	int drip_ms;                /* a pause after every byte */
	bool spoils;                /* the reply itself is bad */
	bool deaf;                  /* reads nothing */
	bool close_idle;            /* closes once it has answered */
	const char *afterwards;     /* sent, unasked, after a reply */
	/* what it saw */
	_Atomic unsigned accepted, commands, spoilt_reuse;
	int port;
	/* private */
	int fd;
	_Atomic bool stop;
	_Atomic unsigned running;
};

void fake_resp_start(struct fake_resp *f); /* zeroed but for the script; fails the test when it can't */
void fake_resp_stop(struct fake_resp *f);  /* and waits for its threads */

#endif
