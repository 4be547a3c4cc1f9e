#include "fake_http.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };

static struct {
	const void *bytes, *other;
	size_t n, other_n;
	enum fake_end end;
	const char *word;
} script;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t thread;
static int listener;
static atomic_bool stopping;
static atomic_int requests;
static char head[ROOM], body[ROOM];

int fake_http_requests(void)
{
	return requests;
}

const char *fake_http_head(void)
{
	return head;
}

const char *fake_http_body(void)
{
	return body;
}

void fake_http_reply(const void *bytes, size_t n, enum fake_end end)
{
	pthread_mutex_lock(&lock);
	script.bytes = bytes;
	script.n = n;
	script.end = end;
	pthread_mutex_unlock(&lock);
}

void fake_http_except(const char *word, const void *bytes, size_t n)
{
	pthread_mutex_lock(&lock);
	script.word = word;
	script.other = bytes;
	script.other_n = n;
	pthread_mutex_unlock(&lock);
}

/* False: the client closed the connection, or the server is to stop. */
static bool wait_for_bytes(int fd)
{
	char byte;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (stopping)
			return false;
		if (poll(&p, 1, 20) > 0)
			return recv(fd, &byte, 1, MSG_PEEK) > 0;
	}
}

static bool send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* Receives one request into text; its head ends at *head_n. */
static bool receive_request(int fd, char *text, size_t *head_n, size_t *n)
{
	size_t want = 0;
	for (*n = 0, *head_n = 0; !*head_n || *n < *head_n + want;) {
		if (*n + 1 >= ROOM || !wait_for_bytes(fd))
			return false;
		ssize_t got = recv(fd, text + *n, ROOM - 1 - *n, 0);
		if (got <= 0)
			return false;
		*n += (size_t)got;
		text[*n] = '\0';
		char *end = *head_n ? NULL : strstr(text, "\r\n\r\n");
		if (end) {
			*head_n = (size_t)(end + 4 - text);
			const char *length = strcasestr(text, "\r\nContent-Length:");
			want = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
		}
	}
	return true;
}

/* False: the connection is to be closed. */
static bool answer_request(int fd, const char *p, size_t n, enum fake_end end)
{
	if (end == FAKE_DRIP) {
		for (size_t i = 0; i < n; i++)
			if (!send_all(fd, p + i, 1) || usleep(200))
				return false;
		return true;
	}
	if (!send_all(fd, p, n))
		return false;
	if (end == FAKE_STALL)
		while (wait_for_bytes(fd) && !stopping)
			usleep(10000);
	if (end == FAKE_RESET) {
		struct linger now = { .l_onoff = 1 };
		usleep(20000); /* lets the sent bytes arrive before the reset */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	}
	return end == FAKE_KEEP;
}

static void serve_connections(int fd)
{
	static char text[ROOM];
	size_t head_n, n;
	int one = 1;
	bool go_on = true;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	while (go_on && receive_request(fd, text, &head_n, &n)) {
		pthread_mutex_lock(&lock);
		bool other = script.word && strstr(text + head_n, script.word);
		const void *bytes = other ? script.other : script.bytes;
		size_t length = other ? script.other_n : script.n;
		enum fake_end end = other ? FAKE_KEEP : script.end;
		pthread_mutex_unlock(&lock);
		if (!other) {
			memcpy(head, text, head_n);
			head[head_n] = '\0';
			memcpy(body, text + head_n, n - head_n + 1);
			requests++;
		}
		go_on = answer_request(fd, bytes, length, end);
	}
	close(fd);
}

static void *accept_all(void *unused)
{
	while (!stopping) {
		struct pollfd p = { .fd = listener, .events = POLLIN };
		if (poll(&p, 1, 20) > 0)
			serve_connections(accept(listener, NULL, NULL));
	}
	return unused;
}

int fake_http_start(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	stopping = false;
	requests = 0;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&a, sizeof a) || listen(listener, 8) ||
	    getsockname(listener, (struct sockaddr *)&a, &n) || pthread_create(&thread, NULL, accept_all, NULL)) {
		perror("fake_http");
		abort();
	}
	return ntohs(a.sin_port);
}

void fake_http_stop(void)
{
	stopping = true;
	pthread_join(thread, NULL);
	close(listener);
}
