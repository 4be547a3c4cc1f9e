/* hiredis parses the replies, but the socket calls are our own: those of hiredis restart their
 * timeout with every byte, so they cannot keep a deadline over a whole exchange, and they raise
 * SIGPIPE on a closed connection. Strings are copied from the reply into the request's arena
 * without an object in between.
 *
 * Promises: an exchange succeeds only if the replies have the expected number, type and size. */
#include "cache/redis_connection.h"

#include "base/sys.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { READ_SIZE = 16 * 1024, MAX_ERROR_WORD = 32 };
static const size_t max_reply_bytes = 256u << 20;

#if HIREDIS_MAJOR >= 1
typedef size_t elements_t;
#else
typedef int elements_t;
#endif

/* ---- replies to values: hiredis calls these; it only tests their results for NULL ---- */

static struct md_redis_replies *replies_of(const redisReadTask *t)
{
	return t->privdata;
}

/* Where the element's value belongs; NULL: it is no element of the one expected array. */
static struct md_str *value_place(const redisReadTask *t)
{
	struct md_redis_replies *r = replies_of(t);
	bool in_array = r->values && t->parent && !t->parent->parent && t->idx >= 0 && (size_t)t->idx < r->n;
	return in_array ? &r->values[t->idx] : NULL;
}

/* An error reply. Only its first word is kept: what follows may repeat values. */
static void *keep_error(struct md_redis_replies *r, const char *text, size_t n)
{
	size_t word = 0;
	r->is_expected = true;
	while (word < n && word < MAX_ERROR_WORD && ((text[word] >= 'A' && text[word] <= 'Z') || text[word] == '_'))
		word++;
	if (!r->error_word.p)
		r->error_word = word ? md_str_dup(r->arena, (struct md_str){ text, word }) : MD_STR("an error");
	return r;
}

static void *mark_unexpected(struct md_redis_replies *r)
{
	r->has_unexpected = true;
	return r;
}

static void *on_string(const redisReadTask *t, char *text, size_t n)
{
	struct md_redis_replies *r = replies_of(t);
	struct md_str *place = value_place(t);
	if (!t->parent && t->type == REDIS_REPLY_ERROR)
		return keep_error(r, text, n);

	bool is_ok = n == 2 && memcmp(text, "OK", 2) == 0;
	if (!t->parent && t->type == REDIS_REPLY_STATUS && !r->values && is_ok) {
		r->is_expected = true;
		return r;
	}
	if (t->type != REDIS_REPLY_STRING || !place)
		return mark_unexpected(r);
	*place = md_str_dup(r->arena, (struct md_str){ text, n });
	return place->p ? r : NULL;
}

static void *on_array(const redisReadTask *t, elements_t n)
{
	struct md_redis_replies *r = replies_of(t);
	r->is_expected = !t->parent && r->values && (size_t)n == r->n;
	return r->is_expected ? r : mark_unexpected(r);
}

static void *on_integer(const redisReadTask *t, long long v)
{
	(void)v;
	return mark_unexpected(replies_of(t));
}

static void *on_nil(const redisReadTask *t)
{
	struct md_str *place = value_place(t);
	if (!place)
		return mark_unexpected(replies_of(t));
	*place = MD_NOSTR;
	return place;
}

static void free_nothing(void *o)
{
	(void)o;
}

static redisReplyObjectFunctions reply_functions = { .createString = on_string, .createArray = on_array,
	                                             .createInteger = on_integer, .createNil = on_nil,
	                                             .freeObject = free_nothing };

/* ---- requests ---- */

void md_redis_begin_command(struct md_buf *b, size_t n_arguments)
{
	md_buf_char(b, '*');
	md_buf_int(b, (int64_t)n_arguments);
	md_buf_lit(b, "\r\n");
}

void md_redis_add_argument(struct md_buf *b, struct md_str argument)
{
	md_buf_char(b, '$');
	md_buf_int(b, (int64_t)argument.n);
	md_buf_lit(b, "\r\n");
	md_buf_str(b, argument);
	md_buf_lit(b, "\r\n");
}

/* ---- failures ---- */

static enum md_exchange_result fail_exchange(struct md_str *trouble, struct md_str why)
{
	*trouble = why;
	return MD_EXCHANGE_FAILED;
}

static enum md_exchange_result fail_for_memory(struct md_str *trouble)
{
	return fail_exchange(trouble, MD_STR("out of memory"));
}

static enum md_exchange_result fail_with_errno(struct md_arena *a, struct md_str *trouble, const char *what, int error)
{
	char text[128];
	return fail_exchange(trouble, md_str_fmt(a, "%s: %s", what, strerror_r(error, text, sizeof text)));
}

/* ---- the socket ---- */

/* False: the deadline has passed. */
static bool wait_until_ready(int fd, short events, int64_t deadline_us)
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

/* Sends as much as the socket takes. False: the connection failed, see errno. */
static bool send_some(int fd, struct md_str *rest)
{
	ssize_t n = send(fd, rest->p, rest->n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n <= 0)
		return n == 0 || errno == EAGAIN || errno == EINTR;
	rest->p += n;
	rest->n -= (size_t)n;
	return true;
}

/* How many bytes were read; 0: there are none yet; -1: closed, with *error 0 if orderly. */
static ssize_t read_some(int fd, char *to, int *error)
{
	ssize_t n = recv(fd, to, READ_SIZE, MSG_DONTWAIT);
	*error = n < 0 ? errno : 0;
	if (n > 0)
		return n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static enum md_exchange_result fail_parse(struct md_redis_connection *c, struct md_redis_replies *r,
                                          struct md_str *trouble)
{
	if (c->reader->err == REDIS_ERR_OOM || r->arena->oom)
		return fail_for_memory(trouble);
	return fail_exchange(trouble, MD_STR("the reply violates the protocol"));
}

/* Takes the complete replies out of the reader. */
static enum md_exchange_result parse_replies(struct md_redis_connection *c, struct md_redis_replies *r, size_t *n_left,
                                             struct md_str *trouble)
{
	void *reply = NULL;
	while (*n_left) {
		if (redisReaderGetReply(c->reader, &reply) != REDIS_OK)
			return fail_parse(c, r, trouble);
		if (!reply)
			return MD_EXCHANGE_DONE;
		/* hiredis calls none of our functions for some types; then the reply stays
		 * unexpected. */
		if (r->has_unexpected || !r->is_expected)
			return fail_exchange(trouble, MD_STR("the reply has an unexpected type or size"));
		r->is_expected = false;
		--*n_left;
	}

	if (c->reader->pos != c->reader->len)
		return fail_exchange(trouble, MD_STR("unexpected bytes after the reply"));
	return MD_EXCHANGE_DONE;
}

static enum md_exchange_result fail_closed(struct md_redis_replies *r, struct md_str *trouble, int error)
{
	fail_with_errno(r->arena, trouble, "the server closed the connection", error);
	return r->bytes_read ? MD_EXCHANGE_FAILED : MD_EXCHANGE_STALE;
}

/* Reads what has arrived and parses the replies that are complete. */
static enum md_exchange_result read_replies(struct md_redis_connection *c, struct md_redis_replies *r, size_t *n_left,
                                            struct md_str *trouble)
{
	char bytes[READ_SIZE];
	int error;
	ssize_t n = read_some(c->fd, bytes, &error);
	if (n < 0)
		return fail_closed(r, trouble, error);

	r->bytes_read += (size_t)n;
	if (r->bytes_read > max_reply_bytes)
		return fail_exchange(trouble, MD_STR("the reply is too large"));
	if (n && redisReaderFeed(c->reader, bytes, (size_t)n) != REDIS_OK)
		return fail_for_memory(trouble);
	return n ? parse_replies(c, r, n_left, trouble) : MD_EXCHANGE_DONE;
}

enum md_exchange_result md_redis_connection_exchange(struct md_redis_connection *c, struct md_str request,
                                                     size_t n_replies, struct md_redis_replies *r,
                                                     int64_t deadline_us, struct md_str *trouble)
{
	c->reader->privdata = r;
	if (!send_some(c->fd, &request)) {
		fail_with_errno(r->arena, trouble, "cannot send", errno);
		return MD_EXCHANGE_STALE;
	}

	while (n_replies) {
		short events = request.n ? POLLIN | POLLOUT : POLLIN;
		if (!wait_until_ready(c->fd, events, deadline_us))
			return fail_exchange(trouble, MD_STR("no reply in time"));
		enum md_exchange_result rc = read_replies(c, r, &n_replies, trouble);
		if (rc != MD_EXCHANGE_DONE)
			return rc;
		if (request.n && !send_some(c->fd, &request))
			return fail_with_errno(r->arena, trouble, "cannot send", errno);
	}

	if (request.n)
		return fail_exchange(trouble, MD_STR("the server replied before the request was complete"));
	return MD_EXCHANGE_DONE;
}

bool md_redis_connection_is_usable(const struct md_redis_connection *c)
{
	char byte;
	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

void md_redis_connection_close(struct md_redis_connection *c)
{
	if (c->reader)
		redisReaderFree(c->reader);
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct md_redis_connection){ .fd = -1 };
}

/* ---- opening ---- */

/* 0, or the errno of the failure. */
static int await_connect(int fd, int64_t deadline_us)
{
	int error = 0;
	socklen_t n = sizeof error;
	if (!wait_until_ready(fd, POLLOUT, deadline_us))
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) ? errno : error;
}

/* The socket; -1: see errno. */
static int connect_to(const struct md_redis_address *to, int64_t deadline_us)
{
	int one = 1, fd = socket(to->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (const struct sockaddr *)&to->at, to->n) == 0)
		return fd;

	int error = errno == EINPROGRESS ? await_connect(fd, deadline_us) : errno;
	if (!error)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

/* Writes AUTH and SELECT, as far as the url asks for them. Returns how many replies they have. */
static size_t write_login(struct md_buf *b, const struct md_redis_url *u)
{
	size_t n_replies = 0;
	if (u->password.p) {
		md_redis_begin_command(b, u->user.p ? 3 : 2);
		md_redis_add_argument(b, MD_STR("AUTH"));
		if (u->user.p)
			md_redis_add_argument(b, u->user);
		md_redis_add_argument(b, u->password);
		n_replies++;
	}
	if (u->db) {
		char text[12];
		int n = snprintf(text, sizeof text, "%u", u->db);
		md_redis_begin_command(b, 2);
		md_redis_add_argument(b, MD_STR("SELECT"));
		md_redis_add_argument(b, (struct md_str){ text, (size_t)n });
		n_replies++;
	}
	return n_replies;
}

static enum md_exchange_result log_in(struct md_redis_connection *c, const struct md_redis_url *u, int64_t deadline_us,
                                      struct md_arena *a, struct md_str *trouble)
{
	struct md_buf b = { .arena = a };
	struct md_redis_replies r = { .arena = a };
	size_t n_replies = write_login(&b, u);
	if (b.failed)
		return fail_for_memory(trouble);

	enum md_exchange_result rc =
		md_redis_connection_exchange(c, md_buf_view(&b), n_replies, &r, deadline_us, trouble);
	if (b.n)
		explicit_bzero(b.p, b.n);
	if (rc != MD_EXCHANGE_DONE)
		return MD_EXCHANGE_FAILED;
	if (r.error_word.p)
		return fail_exchange(trouble, md_str_fmt(a, "login failed: the server replied %.*s",
		                                         MD_FMT(r.error_word)));
	return MD_EXCHANGE_DONE;
}

enum md_exchange_result md_redis_connection_open(struct md_redis_connection *c, const struct md_redis_url *u,
                                                 struct md_redis_addresses *addresses, int64_t deadline_us,
                                                 struct md_arena *a, struct md_str *trouble)
{
	struct md_redis_address to[MD_MAX_ADDRESSES];
	uint32_t n = md_redis_addresses_find(addresses, deadline_us, to);
	*c = (struct md_redis_connection){ .fd = -1 };
	if (!n)
		return fail_exchange(trouble, MD_STR("cannot resolve the host name"));

	for (uint32_t i = 0; i < n && c->fd < 0; i++)
		c->fd = connect_to(&to[i], deadline_us);
	if (c->fd < 0) {
		int error = errno;
		md_redis_addresses_failed(addresses);
		return fail_with_errno(a, trouble, "cannot connect", error);
	}

	c->reader = redisReaderCreateWithFunctions(&reply_functions);
	enum md_exchange_result rc = c->reader ? log_in(c, u, deadline_us, a, trouble) : fail_for_memory(trouble);
	if (rc != MD_EXCHANGE_DONE)
		md_redis_connection_close(c);
	return rc;
}
