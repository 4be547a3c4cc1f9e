/* The HTTP client on libcurl's multi interface: one easy handle, one connection. See http.h for
 * what is promised. libcurl repeats a request by itself when a kept connection turns out to be
 * dead; the callback before each sending forbids the second one, so that the caller alone decides
 * about retries. */
#include "drivers/net/http.h"

#include "base/sys.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SLICE_MS = 250, CURL_CONNECT_MS = 10000, KEPT_BODY = 512 * 1024, SOCKETS = 8 };

struct md_http {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist extra;    /* a header of the running request, in front of them */
	struct md_buf extra_text;
	struct md_buf url;          /* origin, then the request's target */
	size_t n_origin;
	char *path, *query, *user;  /* libcurl's; NULL: none */
	struct md_buf in;           /* of the body; [0, consumed) is done with */
	size_t consumed;
	int64_t deadline_ms;
	curl_socket_t open[SOCKETS]; /* more than one only while addresses are tried side by side */
	int n_open;
	int sendings;               /* of the running request */
	uint64_t before;            /* bytes that the connection had received when it was sent */
	bool active, paused, done, complete, seen, no_memory;
	CURLcode result;
	atomic_bool cancelled;      /* comes from other threads */
	char why[CURL_ERROR_SIZE];
};

/* ---- callbacks ---- */

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct md_http *h = arg;
	n *= size;
	h->seen = true;
	md_buf_add(&h->in, p, n);
	if (h->in.failed) {
		h->no_memory = true;
		return 0;
	}
	if (h->in.n - h->consumed >= MD_HTTP_AHEAD) {
		h->paused = true;
		curl_easy_pause(h->easy, CURLPAUSE_RECV);
	}
	return n;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct md_http *h = arg;
	(void)purpose;
	curl_socket_t fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	if (fd >= 0 && h->n_open < SOCKETS)
		h->open[h->n_open++] = fd;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* Bytes that arrived so far, whether they were read or not; the end of the stream counts as one,
 * which is subtracted. */
static uint64_t received(curl_socket_t fd)
{
	struct tcp_info i = { 0 };
	socklen_t n = sizeof i;
	if (fd == CURL_SOCKET_BAD || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &n))
		return 0;
	enum { ESTABLISHED = 1 };
	return i.tcpi_bytes_received - (i.tcpi_state != ESTABLISHED && i.tcpi_bytes_received > 0);
}

/* A reply that has begun: libcurl tells of whole header lines only, and may read and close in one
 * call, so the system is asked. */
static void look_for_reply(struct md_http *h, curl_socket_t fd)
{
	if (!h->seen && h->active && h->sendings > 0)
		h->seen = received(fd) > h->before;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct md_http *h = arg;
	look_for_reply(h, fd);
	for (int i = 0; i < h->n_open; i++)
		if (h->open[i] == fd)
			h->open[i--] = h->open[--h->n_open];
	return close(fd);
}

/* The connection's socket; CURL_SOCKET_BAD: there is none. */
static curl_socket_t connected_socket(const struct md_http *h)
{
	return h->n_open == 1 ? h->open[0] : CURL_SOCKET_BAD;
}

static int before_sending(void *arg, char *remote, char *local, int remote_port, int local_port)
{
	struct md_http *h = arg;
	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	if (h->sendings++ > 0)
		return CURL_PREREQFUNC_ABORT;
	h->before = received(connected_socket(h));
	return CURL_PREREQFUNC_OK;
}

/* ---- making ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool ready;

static void init_curl(void)
{
	ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* One part of the url; *bad when it can't be had for another reason than that it is not there. */
static char *url_part(CURLU *u, CURLUPart what, unsigned flags, bool *bad)
{
	char *text = NULL;
	CURLUcode rc = curl_url_get(u, what, &text, flags);
	bool none = rc == CURLUE_NO_USER || rc == CURLUE_NO_PASSWORD || rc == CURLUE_NO_QUERY ||
	            rc == CURLUE_NO_FRAGMENT || rc == CURLUE_NO_PORT;
	if (rc != CURLUE_OK && !none)
		*bad = true;
	return text;
}

/* The url taken apart: credentials into the handle, origin, path and query into h. */
static bool split_url(struct md_http *h, const char *url, bool only_https)
{
	bool bad = false;
	CURLU *u = curl_url();
	if (!u || curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
		curl_url_cleanup(u);
		return false;
	}
	char *scheme = url_part(u, CURLUPART_SCHEME, 0, &bad), *host = url_part(u, CURLUPART_HOST, 0, &bad),
	     *port = url_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, &bad);
	char *password = url_part(u, CURLUPART_PASSWORD, CURLU_URLDECODE, &bad),
	     *fragment = url_part(u, CURLUPART_FRAGMENT, 0, &bad);
	h->user = url_part(u, CURLUPART_USER, CURLU_URLDECODE, &bad);
	h->path = url_part(u, CURLUPART_PATH, 0, &bad);
	h->query = url_part(u, CURLUPART_QUERY, 0, &bad);
	bool web = scheme && ((strcmp(scheme, "http") == 0 && !only_https) || strcmp(scheme, "https") == 0);
	/* a password with a bare '@', '/' or '#' ends up in these, and from there in messages */
	if (!web || !host || !port || fragment || strchr(host, '@') || (h->path && strchr(h->path, '@')) ||
	    (h->user && strchr(h->user, ':')))
		bad = true;
	if (!bad) {
		md_buf_fmt(&h->url, "%s://%s:%s", scheme, host, port);
		h->n_origin = h->url.n;
		if (h->user || password) {
			curl_easy_setopt(h->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
			curl_easy_setopt(h->easy, CURLOPT_USERNAME, h->user ? h->user : "");
			curl_easy_setopt(h->easy, CURLOPT_PASSWORD, password ? password : "");
		}
	}
	if (password)
		explicit_bzero(password, strlen(password));
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(password);
	curl_free(fragment);
	curl_url_cleanup(u);
	return !bad;
}

static void set_up(struct md_http *h, bool gzip)
{
	CURL *e = h->easy;
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "multidb");
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, h->why);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, h);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, h);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, before_sending);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, h);
	/* a small compressed buffer may become a large one */
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, gzip ? 16384L : 65536L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CURL_CONNECT_MS);
	if (gzip)
		curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 1L);
}

/* Both sides' certificates. False when out of memory. */
static bool set_tls(CURL *e, const struct md_tls *t)
{
	CURLcode rc = curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!t)
		return rc == CURLE_OK;
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, t->verify == MD_TLS_NONE ? 0L : 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, t->verify == MD_TLS_FULL ? 2L : 0L);
	if (t->ca.n && (rc = curl_easy_setopt(e, CURLOPT_CAINFO, t->ca.p)) == CURLE_OK)
		rc = curl_easy_setopt(e, CURLOPT_CAPATH, NULL); /* the system's, which would be trusted too */
	if (rc == CURLE_OK && t->cert.n && (rc = curl_easy_setopt(e, CURLOPT_SSLCERT, t->cert.p)) == CURLE_OK)
		rc = curl_easy_setopt(e, CURLOPT_SSLKEY, t->key.p);
	return rc == CURLE_OK;
}

struct md_http *md_http_new(struct md_str url, const struct md_tls *tls, bool gzip, bool *no_memory)
{
	*no_memory = true;
	pthread_once(&once, init_curl);
	struct md_http *h = calloc(1, sizeof *h);
	char *z = h ? strndup(url.p ? url.p : "", url.n) : NULL;
	bool usable = z && ready;
	if (usable) {
		h->multi = curl_multi_init();
		h->easy = curl_easy_init();
		/* no waiting for 100 Continue */
		usable = h->multi && h->easy && set_tls(h->easy, tls) && md_http_header(h, MD_STR("Expect:"));
	}
	if (usable) {
		set_up(h, gzip);
		*no_memory = false;
		usable = split_url(h, z, tls != NULL);
		if (h->url.failed)
			*no_memory = true;
	}
	if (z)
		explicit_bzero(z, url.n);
	free(z);
	if (usable && !h->url.failed)
		return h;
	md_http_free(h);
	return NULL;
}

void md_http_free(struct md_http *h)
{
	if (!h)
		return;
	if (h->active)
		curl_multi_remove_handle(h->multi, h->easy);
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	curl_slist_free_all(h->headers);
	curl_free(h->path);
	curl_free(h->query);
	curl_free(h->user);
	md_buf_free(&h->extra_text);
	md_buf_free(&h->url);
	md_buf_free(&h->in);
	free(h);
}

struct md_str md_http_origin(const struct md_http *h)
{
	return (struct md_str){ h->url.p, h->n_origin };
}

struct md_str md_http_path(const struct md_http *h)
{
	return md_str_z(h->path);
}

struct md_str md_http_query(const struct md_http *h)
{
	return md_str_z(h->query);
}

struct md_str md_http_user(const struct md_http *h)
{
	return md_str_z(h->user);
}

static bool is_line(struct md_str s)
{
	return !memchr(s.p, '\n', s.n) && !memchr(s.p, '\r', s.n) && !memchr(s.p, '\0', s.n);
}

bool md_http_header(struct md_http *h, struct md_str line)
{
	if (!is_line(line))
		return false;
	char *z = strndup(line.p, line.n);
	struct curl_slist *longer = z ? curl_slist_append(h->headers, z) : NULL;
	free(z);
	if (!longer)
		return false;
	h->headers = longer;
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
	return true;
}

/* ---- a request ---- */

/* A body without length that ends with the connection could have been cut anywhere. */
static bool is_vouched_for(struct md_http *h)
{
	struct curl_header *x;
	int status = md_http_status(h);
	return status == 204 || status == 304 ||
	       curl_easy_header(h->easy, "Content-Length", 0, CURLH_HEADER, -1, &x) == CURLHE_OK ||
	       curl_easy_header(h->easy, "Transfer-Encoding", 0, CURLH_HEADER, -1, &x) == CURLHE_OK;
}

static enum md_http_got is_lost(struct md_http *h, const char *why)
{
	h->result = CURLE_RECV_ERROR;
	memcpy(h->why, why, strlen(why) + 1);
	return MD_HTTP_LOST;
}

/* How the request ended. */
static enum md_http_got request_outcome(struct md_http *h)
{
	if (h->no_memory || h->result == CURLE_OUT_OF_MEMORY)
		return MD_HTTP_NO_MEMORY;
	if (h->complete)
		return MD_HTTP_END;
	if (h->result == CURLE_OK && is_vouched_for(h)) {
		h->complete = true;
		return MD_HTTP_END;
	}
	if (h->result == CURLE_OK)
		return is_lost(h, "the reply ended with the connection: expected a length or chunks");
	bool sent = h->sendings > 0;
	if (sent && !h->seen && md_http_status(h) == 0)
		return MD_HTTP_STALE;
	if (h->result == CURLE_OPERATION_TIMEDOUT && !h->why[0])
		return is_lost(h, "no answer in time");
	return MD_HTTP_LOST;
}

static void harvest_results(struct md_http *h)
{
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(h->multi, &left));)
		if (m->msg == CURLMSG_DONE) {
			h->done = true;
			h->result = m->data.result;
			if (!h->why[0] && h->result != CURLE_OK)
				strncpy(h->why, curl_easy_strerror(h->result), sizeof h->why - 1);
		}
}

/* One wait. OK: something may have happened. */
static enum md_http_got wait_a_little(struct md_http *h)
{
	int64_t left = SLICE_MS;
	if (h->deadline_ms) {
		int64_t until = h->deadline_ms - md_monotonic_ms();
		left = until < left ? until : left;
	}
	if (left <= 0)
		return MD_HTTP_TIMEOUT;
	return curl_multi_poll(h->multi, NULL, 0, (int)left, NULL) == CURLM_OK ? MD_HTTP_OK : MD_HTTP_NO_MEMORY;
}

/* Goes on until there is more of the body than `had`, or the end. */
static enum md_http_got pump_transfers(struct md_http *h, size_t had)
{
	for (;;) {
		int running;
		if (atomic_load_explicit(&h->cancelled, memory_order_relaxed))
			return MD_HTTP_CANCELLED;
		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			return MD_HTTP_NO_MEMORY;
		look_for_reply(h, connected_socket(h));
		harvest_results(h);
		if (h->no_memory)
			return MD_HTTP_NO_MEMORY;
		if (h->in.n > had)
			return MD_HTTP_OK;
		if (h->done)
			return request_outcome(h);
		enum md_http_got got = wait_a_little(h);
		if (got != MD_HTTP_OK)
			return got;
	}
}

static void forget_header(struct md_http *h)
{
	md_http_end(h);
	h->paused = h->done = h->complete = h->seen = h->no_memory = false;
	h->sendings = 0;
	h->result = CURLE_OK;
	h->in.n = h->consumed = 0;
	h->in.failed = false;
	h->why[0] = '\0';
}

/* The headers of this request: those of all requests, and perhaps one more in front. */
static enum md_http_got set_headers(struct md_http *h, struct md_str line)
{
	if (line.n && !is_line(line))
		return is_lost(h, "a header holds a line break");
	h->extra_text.n = 0;
	md_buf_str(&h->extra_text, line);
	md_buf_char(&h->extra_text, '\0');
	if (h->extra_text.failed)
		return MD_HTTP_NO_MEMORY;
	h->extra = (struct curl_slist){ .data = h->extra_text.p, .next = h->headers };
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, line.n ? &h->extra : h->headers);
	return MD_HTTP_OK;
}

enum md_http_got md_http_send(struct md_http *h, const struct md_http_request *r)
{
	forget_header(h);
	enum md_http_got set = set_headers(h, r->header);
	if (set != MD_HTTP_OK)
		return set;
	h->deadline_ms = r->deadline_ms;
	h->url.n = h->n_origin;
	md_buf_str(&h->url, r->target);
	md_buf_char(&h->url, '\0');
	if (h->url.failed || curl_easy_setopt(h->easy, CURLOPT_URL, h->url.p) != CURLE_OK)
		return MD_HTTP_NO_MEMORY;
	curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
	if (strcmp(r->method, "POST") == 0) {
		curl_easy_setopt(h->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, r->body.p ? r->body.p : "");
		curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
	}
	curl_easy_setopt(h->easy, CURLOPT_CUSTOMREQUEST, r->method);
	if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK)
		return MD_HTTP_NO_MEMORY;
	h->active = true;
	enum md_http_got got = pump_transfers(h, 0);
	return got == MD_HTTP_END ? MD_HTTP_OK : got;
}

int md_http_status(const struct md_http *h)
{
	long status = 0;
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

struct md_str md_http_reply_header(const struct md_http *h, const char *name)
{
	struct curl_header *x, *last = NULL;
	for (size_t i = 0; curl_easy_header(h->easy, name, i, CURLH_HEADER, -1, &x) == CURLHE_OK; i++)
		last = x;
	return md_str_z(last ? last->value : NULL);
}

struct md_str md_http_body(const struct md_http *h)
{
	return h->in.p ? (struct md_str){ h->in.p + h->consumed, h->in.n - h->consumed } : MD_NOSTR;
}

void md_http_consume(struct md_http *h, size_t n)
{
	h->consumed += n;
}

enum md_http_got md_http_more(struct md_http *h)
{
	if (h->no_memory)
		return MD_HTTP_NO_MEMORY;
	size_t left = h->in.n - h->consumed;
	if (h->consumed) {
		memmove(h->in.p, h->in.p + h->consumed, left);
		h->in.n = left;
		h->consumed = 0;
	}
	if (h->paused) {
		h->paused = false;
		curl_easy_pause(h->easy, CURLPAUSE_CONT); /* may bring bytes at once */
	}
	if (h->in.n > left)
		return MD_HTTP_OK;
	return h->done ? request_outcome(h) : pump_transfers(h, left);
}

bool md_http_end(struct md_http *h)
{
	bool complete = h->done && request_outcome(h) == MD_HTTP_END;
	if (h->active) {
		/* closes the connection when the reply is not at its end */
		curl_multi_remove_handle(h->multi, h->easy);
		h->active = false;
	}
	if (h->in.cap > KEPT_BODY)
		md_buf_free(&h->in);
	h->in.n = h->consumed = 0;
	return complete;
}

bool md_http_hung_up(const struct md_http *h)
{
	char byte;
	if (connected_socket(h) == CURL_SOCKET_BAD)
		return false;
	ssize_t n = recv(connected_socket(h), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

bool md_http_seen(const struct md_http *h)
{
	return h->seen || md_http_status(h) != 0;
}

struct md_str md_http_why(const struct md_http *h)
{
	return md_str_z(h->why);
}

void md_http_cancel(struct md_http *h)
{
	atomic_store(&h->cancelled, true);
	curl_multi_wakeup(h->multi);
}

void md_http_uncancel(struct md_http *h)
{
	atomic_store(&h->cancelled, false);
}

/* ---- text ---- */

void md_http_encode(struct md_buf *b, struct md_str s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		    c == '.' || c == '_' || c == '~') {
			md_buf_char(b, (char)c);
			continue;
		}
		md_buf_char(b, '%');
		md_buf_char(b, hex[c >> 4]);
		md_buf_char(b, hex[c & 15]);
	}
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	                              : -1;
}

bool md_http_decode(struct md_buf *b, struct md_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '%') {
			md_buf_char(b, s.p[i]);
			continue;
		}
		if (s.n - i < 3 || hex_value(s.p[i + 1]) < 0 || hex_value(s.p[i + 2]) < 0)
			return false;
		md_buf_char(b, (char)(hex_value(s.p[i + 1]) << 4 | hex_value(s.p[i + 2])));
		i += 2;
	}
	return true;
}
