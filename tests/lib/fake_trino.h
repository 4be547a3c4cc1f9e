/* A Trino coordinator that answers by a script, in threads of the test's process. It records what
 * the driver sends and can cut every reply at every byte. The steps answer GET and POST in order;
 * after the last step the answer is 404. The answer to DELETE is always 204 and takes no step. */
#ifndef TESTS_LIB_FAKE_TRINO_H
#define TESTS_LIB_FAKE_TRINO_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct fake_step {
	int status;        /* 0: 200 */
	const char *body;  /* '@' stands for "http://127.0.0.1:port" */
	const char *headers; /* further lines, each with its line end; NULL: none */
	bool chunked;      /* in chunks, without a Content-Length */
	bool hang_up;      /* closes the connection after the reply, without announcing it in a header */
};

enum fake_fault { FAULT_SOUND, FAULT_CLOSE, FAULT_STALL, FAULT_SPLIT /* each byte sent by itself */ };

enum { FAKE_REQUESTS = 64, FAKE_CONNS = 256 };

struct fake_trino {
	const struct fake_step *steps;
	int n_steps;
	enum fake_fault fault;     /* of the reply to step `at_step` */
	int at_step;
	size_t at_byte;            /* bytes of that reply that are sent */
	/* what the driver sent; read it when the driver has returned */
	char *requests[FAKE_REQUESTS]; /* complete texts, without DELETE requests */
	_Atomic int n_requests, n_deletes, n_accepted;
	char deleted[256];         /* path of the last DELETE */
	int port;
	/* private */
	int fd, conns[FAKE_CONNS];
	pthread_t acceptor, threads[FAKE_CONNS];
	pthread_mutex_t lock;
	_Atomic bool stop;
	int step;
	bool lost_once;
};

void fake_trino_start(struct fake_trino *f);  /* on a free port */
/* starts with the first step again; clears requests and faults */
void fake_trino_script(struct fake_trino *f, const struct fake_step *steps, int n);
size_t fake_trino_length(struct fake_trino *f, int step); /* bytes of a reply */
void fake_trino_drop(struct fake_trino *f);   /* closes all connections */
void fake_trino_stop(struct fake_trino *f);

#endif
