/* A scripted server that speaks the protocol of Redis on a free loopback port, for faults that a
 * real server does not show. It answers every complete command with the reply of the script. A
 * connection that sent anything but one complete, valid reply is spoilt; spoilt_reuse counts the
 * times that a client uses such a connection again. */
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
	long limit;                 /* after so many bytes on a connection the server does `then`; -1: no limit */
	enum { RESP_CLOSE, RESP_STALL, RESP_PAUSE /* a millisecond, then goes on */ } then;
	int drip_ms;                /* a pause after every byte */
	bool spoils;                /* the reply itself is invalid */
	bool deaf;                  /* reads nothing */
	bool close_idle;            /* closes the connection after a reply */
	const char *afterwards;     /* sent after a reply, without a command */
	/* what the server counted */
	_Atomic unsigned accepted, commands, spoilt_reuse;
	int port;
	/* private */
	int fd;
	_Atomic bool stop;
	_Atomic unsigned running;
};

void fake_resp_start(struct fake_resp *f); /* everything but the script is zero; aborts on failure */
void fake_resp_stop(struct fake_resp *f);  /* waits for the threads of the server */

#endif
