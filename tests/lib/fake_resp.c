#include "fake_resp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct resp_conn {
	struct fake_resp *f;
	int fd;
	char in[1 << 16];
	size_t n;
	long sent;
	bool spoilt;
};

static void sleep_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	nanosleep(&t, NULL);
}

/* The length of the first command in p; 0 while the command is incomplete. */
static size_t command_length(const char *p, size_t n)
{
	const char *at = p, *end = p + n;
	char *tail;
	const char *line = memchr(at, '\n', n);
	if (!line)
		return 0;
	long args = strtol(at + 1, &tail, 10);
	at = line + 1;
	for (long i = 0; i < args; i++) {
		line = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
		if (!line)
			return 0;
		long len = strtol(at + 1, &tail, 10);
		at = line + 1 + len + 2;
		if (at > end)
			return 0;
	}
	return (size_t)(at - p);
}

/* False: the connection is to be closed. */
static bool send_reply(struct resp_conn *c, const char *p, size_t n)
{
	struct fake_resp *f = c->f;
	for (size_t i = 0; i < n;) {
		size_t part = f->drip_ms ? 1 : n - i;
		if (f->limit >= 0 && c->sent + (long)part > f->limit)
			part = c->sent < f->limit ? (size_t)(f->limit - c->sent) : 0;
		if (f->limit >= 0 && c->sent == f->limit) {
			if (f->then == RESP_CLOSE)
				return false;
			if (f->then == RESP_STALL) {
				c->spoilt = true;
				return true;
			}
			sleep_ms(1);
			c->sent = -(1L << 30); /* no limit any more */
			continue;
		}
		if (send(c->fd, p + i, part, MSG_NOSIGNAL) != (ssize_t)part)
			return false;
		i += part;
		c->sent += (long)part;
		if (f->drip_ms)
			sleep_ms(f->drip_ms);
	}
	return true;
}

static bool answer_commands(struct resp_conn *c, const char *text)
{
	struct fake_resp *f = c->f;
	bool login = strstr(text, "AUTH") || strstr(text, "SELECT");
	f->commands++;
	if (login)
		return send_reply(c, f->login ? f->login : "+OK\r\n", f->login ? strlen(f->login) : 5);
	if (f->stored && strstr(text, "$3\r\nSET\r\n"))
		return send_reply(c, f->stored, strlen(f->stored));
	c->spoilt |= f->spoils || f->afterwards; /* set before the client can send the next command */
	if (!send_reply(c, f->reply, f->reply_n))
		return false;
	if (f->afterwards && !send_reply(c, f->afterwards, strlen(f->afterwards)))
		return false;
	return !f->close_idle;
}

static bool wait_readable(const struct resp_conn *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	while (!c->f->stop)
		if (poll(&p, 1, 5) > 0)
			return true;
	return false;
}

static void *serve_connection(void *arg)
{
	struct resp_conn *c = arg;
	bool open = true;
	while (open && wait_readable(c)) {
		if (c->f->deaf) {
			sleep_ms(1);
			continue;
		}
		ssize_t n = recv(c->fd, c->in + c->n, sizeof c->in - c->n - 1, 0);
		if (n <= 0)
			break;
		if (c->spoilt)
			c->f->spoilt_reuse++;
		c->n += (size_t)n;
		c->in[c->n] = '\0';
		for (size_t k; open && (k = command_length(c->in, c->n)) > 0;) {
			char first[64];
			size_t m = k < sizeof first - 1 ? k : sizeof first - 1;
			memcpy(first, c->in, m);
			first[m] = '\0';
			memmove(c->in, c->in + k, c->n - k + 1);
			c->n -= k;
			open = answer_commands(c, first);
		}
	}
	close(c->fd);
	c->f->running--;
	free(c);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct fake_resp *f = arg;
	while (!f->stop) {
		struct pollfd p = { .fd = f->fd, .events = POLLIN };
		pthread_t t;
		int one = 1;
		if (poll(&p, 1, 5) <= 0)
			continue;
		int fd = accept(f->fd, NULL, NULL);
		struct resp_conn *c = fd >= 0 ? calloc(1, sizeof *c) : NULL;
		if (!c)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		c->f = f;
		c->fd = fd;
		f->accepted++;
		f->running++;
		if (pthread_create(&t, NULL, serve_connection, c))
			abort();
		pthread_detach(t);
	}
	close(f->fd);
	f->running--;
	return NULL;
}

void fake_resp_start(struct fake_resp *f)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	pthread_t t;
	f->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (f->fd < 0 || bind(f->fd, (struct sockaddr *)&at, n) || listen(f->fd, 128) ||
	    getsockname(f->fd, (struct sockaddr *)&at, &n))
		abort();
	f->port = ntohs(at.sin_port);
	f->running = 1;
	if (pthread_create(&t, NULL, accept_all, f))
		abort();
	pthread_detach(t);
}

void fake_resp_stop(struct fake_resp *f)
{
	f->stop = true;
	while (f->running)
		sleep_ms(1);
}
