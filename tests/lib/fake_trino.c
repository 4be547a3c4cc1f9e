#include "fake_trino.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct trino_job {
	struct fake_trino *f;
	int slot;
};

static char *with_origin(struct fake_trino *f, const char *body)
{
	char origin[64];
	size_t n = (size_t)snprintf(origin, sizeof origin, "http://127.0.0.1:%d", f->port), ats = 0;
	for (const char *p = body; (p = strchr(p, '@')); p++)
		ats++;
	char *out = malloc(strlen(body) + ats * n + 1), *to = out;
	for (; *body; body++)
		if (*body == '@') {
			memcpy(to, origin, n);
			to += n;
		} else {
			*to++ = *body;
		}
	*to = '\0';
	return out;
}

static char *reply_of(struct fake_trino *f, const struct fake_step *s, size_t *n)
{
	char *body = with_origin(f, s->body), *all = malloc(strlen(body) + 1000);
	const char *more = s->headers ? s->headers : "";
	size_t length = strlen(body), half = length / 2;
	int status = s->status ? s->status : 200;
	if (s->chunked)
		*n = (size_t)sprintf(all, 
		                     "HTTP/1.1 %d X\r\n%sTransfer-Encoding: chunked\r\n\r\n"
		                     "%zx\r\n%.*s\r\n%zx\r\n%s\r\n0\r\n\r\n",
		                     status, more, half, (int)half, body,
		                     length - half, body + half);
	else
		*n = (size_t)sprintf(all, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n%s", status, more, length,
		                     body);
	free(body);
	return all;
}

size_t fake_trino_length(struct fake_trino *f, int step)
{
	size_t n;
	free(reply_of(f, &f->steps[step], &n));
	return n;
}

/* Sends the whole reply, or the part that the fault allows. False: the connection is to be closed.
 */
static bool send_reply(struct fake_trino *f, int fd, const char *all, size_t n, bool faulty)
{
	size_t piece = faulty && f->fault == FAULT_SPLIT ? 1 : n,
	       until = faulty && f->fault != FAULT_SPLIT && f->fault != FAULT_SOUND ? f->at_byte : n;
	for (size_t at = 0; at < until; at += piece)
		if (send(fd, all + at, at + piece > until ? until - at : piece, MSG_NOSIGNAL) < 0)
			return false;
	if (!faulty || f->fault == FAULT_SOUND || f->fault == FAULT_SPLIT)
		return true;
	while (f->fault == FAULT_STALL && !f->stop) {
		struct pollfd p = { .fd = fd, .events = POLLRDHUP };
		if (poll(&p, 1, 20) > 0)
			break;
	}
	return false;
}

/* Receives one request, headers and body, into text. False: there is no further request. */
static bool read_request(int fd, char *text, size_t cap)
{
	size_t n = 0, want = 0;
	for (;;) {
		ssize_t got = recv(fd, text + n, cap - 1 - n, 0);
		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = '\0';
		char *end = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "\r\ncontent-length:");
		if (!end)
			continue;
		want = (size_t)(end + 4 - text) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
		if (n >= want)
			return true;
	}
}

static bool answer(struct fake_trino *f, int fd, const char *request)
{
	static const struct fake_step gone = { 404, "not here", NULL, false, false },
				      deleted = { 204, "", NULL, false, false };
	const struct fake_step *s = &gone;
	bool faulty = false;
	pthread_mutex_lock(&f->lock);
	if (strncmp(request, "DELETE ", 7) == 0) {
		s = &deleted;
		sscanf(request + 7, "%255s", f->deleted);
		f->n_deletes++;
	} else {
		if (f->n_requests < FAKE_REQUESTS)
			f->requests[f->n_requests] = strdup(request);
		f->n_requests++;
		faulty = f->step == f->at_step;
		if (f->step < f->n_steps)
			s = &f->steps[f->step++];
		if (faulty && f->fault == FAULT_CLOSE && f->at_byte == 0 && !f->lost_once) {
			f->lost_once = true; /* a repeated request gets the same reply */
			f->step--;
		} else if (f->lost_once) {
			faulty = false;
		}
	}
	size_t n; /* the test may be over, and its steps gone, while the reply is still being sent */
	char *all = reply_of(f, s, &n);
	bool hang_up = s->hang_up, is_delete = s == &deleted;
	pthread_mutex_unlock(&f->lock);
	bool go_on = is_delete ? send(fd, "HTTP/1.1 204 X\r\n\r\n", 18, MSG_NOSIGNAL) == 18
	                       : send_reply(f, fd, all, n, faulty);
	free(all);
	return go_on && !hang_up;
}

static void *serve(void *arg)
{
	struct trino_job *j = arg;
	struct fake_trino *f = j->f;
	int slot = j->slot, fd = f->conns[slot];
	free(j);
	enum { CAP = 4 << 20 };
	char *text = malloc(CAP);
	while (read_request(fd, text, CAP) && answer(f, fd, text))
		;
	free(text);
	shutdown(fd, SHUT_RDWR);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct fake_trino *f = arg;
	while (!f->stop) {
		struct pollfd p = { .fd = f->fd, .events = POLLIN };
		if (poll(&p, 1, 20) <= 0)
			continue;
		int fd = accept(f->fd, NULL, NULL), on = 1, slot = f->n_accepted;
		if (fd < 0)
			continue;
		if (slot >= FAKE_CONNS)
			abort();
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		struct trino_job *j = malloc(sizeof *j);
		*j = (struct trino_job){ f, slot };
		pthread_mutex_lock(&f->lock);
		f->conns[slot] = fd;
		pthread_mutex_unlock(&f->lock);
		pthread_create(&f->threads[slot], NULL, serve, j);
		f->n_accepted++;
	}
	return NULL;
}

void fake_trino_start(struct fake_trino *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	memset(f, 0, sizeof *f);
	f->at_step = -1;
	f->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(f->fd, (struct sockaddr *)&a, sizeof a) || listen(f->fd, 64) ||
	    getsockname(f->fd, (struct sockaddr *)&a, &n))
		abort();
	f->port = ntohs(a.sin_port);
	pthread_mutex_init(&f->lock, NULL);
	pthread_create(&f->acceptor, NULL, accept_all, f);
}

void fake_trino_script(struct fake_trino *f, const struct fake_step *steps, int n)
{
	pthread_mutex_lock(&f->lock);
	for (int i = 0; i < FAKE_REQUESTS; i++) {
		free(f->requests[i]);
		f->requests[i] = NULL;
	}
	f->steps = steps;
	f->n_steps = n;
	f->step = 0;
	f->fault = FAULT_SOUND;
	f->at_step = -1;
	f->at_byte = 0;
	f->lost_once = false;
	f->n_requests = f->n_deletes = 0;
	f->deleted[0] = '\0';
	pthread_mutex_unlock(&f->lock);
}

void fake_trino_drop(struct fake_trino *f)
{
	pthread_mutex_lock(&f->lock);
	for (int i = 0; i < f->n_accepted; i++)
		shutdown(f->conns[i], SHUT_RDWR);
	pthread_mutex_unlock(&f->lock);
}

void fake_trino_stop(struct fake_trino *f)
{
	f->stop = true;
	pthread_join(f->acceptor, NULL);
	fake_trino_drop(f);
	for (int i = 0; i < f->n_accepted; i++) {
		pthread_join(f->threads[i], NULL);
		close(f->conns[i]);
	}
	close(f->fd);
	fake_trino_script(f, NULL, 0);
	pthread_mutex_destroy(&f->lock);
}
