/* One connection to Redis. hiredis parses the replies; the socket is ours, because hiredis' own calls can neither keep a deadline over a whole
 * exchange (a timeout of theirs begins anew with every byte) nor write to a closed connection without SIGPIPE. Strings go from the reply to the request's
 * arena without an object between. Promises: a reply is what was asked for in number, type and size, or the exchange failed. */
#include "cache/redis.h"

#include "base/sys.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { READ_SIZE = 16 * 1024 };
static const size_t largest_reply = 256u << 20;

#if HIREDIS_MAJOR >= 1
typedef size_t elements_t;
#else
typedef int elements_t;
#endif

/* ---- replies to values: hiredis calls these; what they return is only tested for NULL ---- */

static struct md_intake *intake_of(const redisReadTask *t)
{
	return t->privdata;
}

/* The element's place in the one array that is expected; NULL: it has none. */
static struct md_str *place_of(const redisReadTask *t)
{
	struct md_intake *in = intake_of(t);
	bool ours = in->values && t->parent && !t->parent->parent && t->idx >= 0 && (size_t)t->idx < in->n;
	return ours ? &in->values[t->idx] : NULL;
}

static void *refused(struct md_intake *in, const char *text, size_t n)
{
	size_t word = 0;
	in->whole = true;
	while (word < n && word < 32 && ((text[word] >= 'A' && text[word] <= 'Z') || text[word] == '_'))
		word++;
	if (!in->refused.p)
		in->refused = word ? md_str_dup(in->arena, (struct md_str){ text, word }) : MD_STR("an error");
	return in;
}

static void *wrong(struct md_intake *in)
{
	in->wrong = true;
	return in;
}

static void *on_string(const redisReadTask *t, char *text, size_t n)
{
	struct md_intake *in = intake_of(t);
	struct md_str *place = place_of(t);
	if (!t->parent && t->type == REDIS_REPLY_ERROR)
		return refused(in, text, n);
	if (!t->parent && t->type == REDIS_REPLY_STATUS && !in->values && n == 2 && memcmp(text, "OK", 2) == 0) {
		in->whole = true;
		return in;
	}
	if (t->type != REDIS_REPLY_STRING || !place)
		return wrong(in);
	*place = md_str_dup(in->arena, (struct md_str){ text, n });
	return place->p ? in : NULL;
}

static void *on_array(const redisReadTask *t, elements_t n)
{
	struct md_intake *in = intake_of(t);
	in->whole = !t->parent && in->values && (size_t)n == in->n;
	return in->whole ? in : wrong(in);
}

static void *on_integer(const redisReadTask *t, long long v)
{
	(void)v;
	return wrong(intake_of(t));
}

static void *on_nil(const redisReadTask *t)
{
	struct md_str *place = place_of(t);
	if (!place)
		return wrong(intake_of(t));
	*place = MD_NOSTR;
	return place;
}

static void nothing_to_free(void *o)
{
	(void)o;
}

static redisReplyObjectFunctions functions = { .createString = on_string, .createArray = on_array, .createInteger = on_integer, .createNil = on_nil,
	                                       .freeObject = nothing_to_free };

/* ---- requests ---- */

void md_wire_begin(struct md_buf *b, size_t args)
{
	md_buf_char(b, '*');
	md_buf_int(b, (int64_t)args);
	md_buf_lit(b, "\r\n");
}

void md_wire_arg(struct md_buf *b, struct md_str arg)
{
	md_buf_char(b, '$');
	md_buf_int(b, (int64_t)arg.n);
	md_buf_lit(b, "\r\n");
	md_buf_str(b, arg);
	md_buf_lit(b, "\r\n");
}

/* ---- the socket ---- */

/* False: the deadline has passed. */
static bool ready(int fd, short events, int64_t deadline_us)
{
	for (;;) {
		int64_t left = deadline_us - md_monotonic_us();
		struct pollfd p = { .fd = fd, .events = events };
		if (left <= 0)
			return false;
		int n = poll(&p, 1, (int)((left + 999) / 1000));
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static enum md_wired broken(struct md_str *trouble, struct md_str why)
{
	*trouble = why;
	return MD_WIRE_BROKEN;
}

static enum md_wired too_late(struct md_str *trouble)
{
	return broken(trouble, MD_STR("it did not answer in time"));
}

static enum md_wired failed(struct md_arena *a, struct md_str *trouble, const char *what, int error)
{
	char text[128];
	return broken(trouble, md_str_fmt(a, "%s: %s", what, strerror_r(error, text, sizeof text)));
}

/* Sends what the socket takes. */
static bool send_some(int fd, struct md_str *rest)
{
	ssize_t n = send(fd, rest->p, rest->n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n <= 0)
		return n == 0 || errno == EAGAIN || errno == EINTR;
	rest->p += n;
	rest->n -= (size_t)n;
	return true;
}

/* Bytes read; 0: none are there yet; -1: closed, *error says how (0: in order). */
static ssize_t read_some(int fd, char *to, int *error)
{
	ssize_t n = recv(fd, to, READ_SIZE, MSG_DONTWAIT);
	*error = n < 0 ? errno : 0;
	if (n > 0)
		return n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

/* Takes complete replies out of the reader. */
static enum md_wired parse(struct md_wire *w, struct md_intake *in, size_t *left, struct md_str *trouble)
{
	void *reply = NULL;
	while (*left) {
		if (redisReaderGetReply(w->reader, &reply) != REDIS_OK)
			return w->reader->err == REDIS_ERR_OOM || in->arena->oom ? broken(trouble, MD_STR("memory is out")) :
			                                                           broken(trouble, MD_STR("its reply is no reply"));
		if (!reply)
			return MD_WIRED;
		if (in->wrong || !in->whole) /* not whole: of a type that none of our functions is called for */
			return broken(trouble, MD_STR("its reply is not what was asked for"));
		in->whole = false;
		--*left;
	}
	return w->reader->pos == w->reader->len ? MD_WIRED : broken(trouble, MD_STR("it sent more than was asked for"));
}

enum md_wired md_wire_exchange(struct md_wire *w, struct md_str request, size_t replies, struct md_intake *in, int64_t deadline_us, struct md_str *trouble)
{
	char bytes[READ_SIZE];
	int error;
	w->reader->privdata = in;
	if (!send_some(w->fd, &request))
		return failed(in->arena, trouble, "sending failed", errno), MD_WIRE_STALE;
	while (replies) {
		if (!ready(w->fd, (short)(POLLIN | (request.n ? POLLOUT : 0)), deadline_us))
			return too_late(trouble);
		ssize_t n = read_some(w->fd, bytes, &error);
		if (n < 0) {
			failed(in->arena, trouble, "it closed the connection", error);
			return in->bytes ? MD_WIRE_BROKEN : MD_WIRE_STALE;
		}
		in->bytes += (size_t)n;
		if (in->bytes > largest_reply)
			return broken(trouble, MD_STR("its reply is too large"));
		if (n && redisReaderFeed(w->reader, bytes, (size_t)n) != REDIS_OK)
			return broken(trouble, MD_STR("memory is out"));
		enum md_wired rc = n ? parse(w, in, &replies, trouble) : MD_WIRED;
		if (rc != MD_WIRED)
			return rc;
		if (request.n && !send_some(w->fd, &request))
			return failed(in->arena, trouble, "sending failed", errno);
	}
	return request.n ? broken(trouble, MD_STR("it answered before it was asked")) : MD_WIRED;
}

bool md_wire_fit(const struct md_wire *w)
{
	char byte;
	return recv(w->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

void md_wire_close(struct md_wire *w)
{
	if (w->reader)
		redisReaderFree(w->reader);
	if (w->fd >= 0)
		close(w->fd);
	*w = (struct md_wire){ .fd = -1 };
}

/* ---- opening ---- */

static int connect_to(const struct md_address *to, int64_t deadline_us)
{
	int one = 1, error = 0, fd = socket(to->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof error;
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (const struct sockaddr *)&to->at, to->n) == 0)
		return fd;
	error = errno;
	if (error == EINPROGRESS) {
		if (!ready(fd, POLLOUT, deadline_us))
			error = ETIMEDOUT;
		else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n))
			error = errno;
	}
	if (!error)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static enum md_wired greet(struct md_wire *w, const struct md_redis_url *u, int64_t deadline_us, struct md_arena *a, struct md_str *trouble)
{
	struct md_buf b = { .arena = a };
	struct md_intake in = { .arena = a };
	size_t replies = 0;
	if (u->password.p) {
		md_wire_begin(&b, u->user.p ? 3 : 2);
		md_wire_arg(&b, MD_STR("AUTH"));
		if (u->user.p)
			md_wire_arg(&b, u->user);
		md_wire_arg(&b, u->password);
		replies++;
	}
	if (u->db) {
		char text[12];
		md_wire_begin(&b, 2);
		md_wire_arg(&b, MD_STR("SELECT"));
		md_wire_arg(&b, (struct md_str){ text, (size_t)snprintf(text, sizeof text, "%u", u->db) });
		replies++;
	}
	if (b.failed)
		return broken(trouble, MD_STR("memory is out"));
	enum md_wired rc = md_wire_exchange(w, md_buf_view(&b), replies, &in, deadline_us, trouble);
	if (b.n)
		explicit_bzero(b.p, b.n);
	if (rc == MD_WIRED && in.refused.p)
		return broken(trouble, md_str_fmt(a, "it answered %.*s to the login", MD_FMT(in.refused)));
	return rc == MD_WIRED ? MD_WIRED : MD_WIRE_BROKEN;
}

enum md_wired md_wire_open(struct md_wire *w, const struct md_redis_url *u, struct md_names *names, int64_t deadline_us, struct md_arena *a, struct md_str *trouble)
{
	struct md_address to[MD_ADDRESSES];
	uint32_t n = md_names_find(names, deadline_us, to);
	*w = (struct md_wire){ .fd = -1 };
	if (!n)
		return broken(trouble, MD_STR("its name leads nowhere"));
	for (uint32_t i = 0; i < n && w->fd < 0; i++)
		w->fd = connect_to(&to[i], deadline_us);
	if (w->fd < 0) {
		int error = errno;
		md_names_failed(names);
		return failed(a, trouble, "no connection", error);
	}
	w->reader = redisReaderCreateWithFunctions(&functions);
	enum md_wired rc = w->reader ? greet(w, u, deadline_us, a, trouble) : broken(trouble, MD_STR("memory is out"));
	if (rc != MD_WIRED)
		md_wire_close(w);
	return rc;
}
