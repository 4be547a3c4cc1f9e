#include "proxy.h"
#include "suite.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener, target;
static pthread_t thread;
static _Atomic long left = -1, passed;
static _Atomic bool stalling, stopping;

static int tcp(int port, bool server)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_port = htons((uint16_t)port),
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if ((server ? bind : connect)(fd, (struct sockaddr *)&a, sizeof a) || (server && listen(fd, 4))) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool all(int fd, const char *p, ssize_t n)
{
	while (n > 0) {
		ssize_t w = send(fd, p, (size_t)n, MSG_NOSIGNAL);
		if (w <= 0)
			return false;
		p += w;
		n -= w;
	}
	return true;
}

/* One chunk from the server; false: close now. */
static bool downstream(int server, int client)
{
	char b[4096];
	long may = left;
	if (may == 0) {
		if (!stalling)
			return false;
		usleep(1000);
		return true;
	}
	ssize_t n = recv(server, b, may > 0 && may < (long)sizeof b ? (size_t)may : sizeof b, 0);
	if (n <= 0)
		return false;
	passed += n; /* before the client can see them and set a new limit */
	if (may > 0)
		left -= n;
	if (!all(client, b, n))
		return false;
	return left != 0 || stalling;
}

static void serve_client(int client)
{
	int server = tcp(target, false);
	struct pollfd fds[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	char b[4096];
	while (server >= 0 && !stopping) {
		if (poll(fds, 2, 50) <= 0)
			continue;
		if (fds[0].revents) {
			ssize_t n = recv(client, b, sizeof b, 0);
			if (n <= 0 || !all(server, b, n))
				break;
		}
		if (fds[1].revents && !downstream(server, client))
			break;
	}
	close(server);
	close(client);
}

static void *loop(void *arg)
{
	(void)arg;
	while (!stopping) {
		struct pollfd fd = { listener, POLLIN, 0 };
		if (poll(&fd, 1, 50) > 0)
			serve_client(accept(listener, NULL, NULL));
	}
	return NULL;
}

int proxy_start(int to_port)
{
	struct sockaddr_in a;
	socklen_t n = sizeof a;
	target = to_port;
	stopping = false;
	listener = tcp(0, true);
	assert_true(listener >= 0 && getsockname(listener, (struct sockaddr *)&a, &n) == 0);
	assert_int_equal(pthread_create(&thread, NULL, loop, NULL), 0);
	return ntohs(a.sin_port);
}

void proxy_limit(long bytes, bool stall)
{
	passed = 0;
	stalling = stall;
	left = bytes;
}

long proxy_passed(void)
{
	return passed;
}

void proxy_stop(void)
{
	stopping = true;
	pthread_join(thread, NULL);
	close(listener);
}
