/* The HTTP client against a server that cuts, stalls, resets and talks nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/sys.h"
#include "drivers/net/http.h"
#include "fake_http.h"

#include <pthread.h>
#include <unistd.h>

#define CHUNKED \
	"HTTP/1.1 200 OK\r\nX-One: 1\r\nx-one: 2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, " \
	"world\r\n0\r\n\r\n"
#define SIZED "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello, world"

static char url[64];
static struct md_http *h;

static int setup(void **state)
{
	bool no_memory;
	(void)state;
	h = md_http_new(md_str_z(url), NULL, false, &no_memory);
	return h ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	md_http_free(h);
	return 0;
}

static int64_t deadline; /* 0: none */

/* The body, as long as it is short; *got how it ended. */
static const char *fetch(enum md_http_got *got)
{
	static char text[100];
	size_t n = 0;
	struct md_http_request r = {
		.method = "POST", .target = MD_STR("/x?y=1"), .body = MD_STR("question"), .deadline_ms = deadline
	};
	*got = md_http_send(h, &r);
	while (*got == MD_HTTP_OK) {
		struct md_str b = md_http_body(h);
		assert_true(n + b.n < sizeof text);
		memcpy(text + n, b.p ? b.p : "", b.n);
		n += b.n;
		md_http_consume(h, b.n);
		*got = md_http_more(h);
	}
	text[n] = '\0';
	return text;
}

static void whole_replies(void **state)
{
	static const char *const replies[] = { CHUNKED, SIZED };
	enum md_http_got got;
	(void)state;
	for (int end = FAKE_KEEP; end <= FAKE_DRIP; end += FAKE_DRIP)
		for (int i = 0; i < 4; i++) {
			int before = fake_http_requests();
			fake_http_reply(replies[i % 2], strlen(replies[i % 2]), (enum fake_end)end);
			assert_string_equal(fetch(&got), "hello, world");
			assert_int_equal(got, MD_HTTP_END);
			assert_int_equal(md_http_more(h), MD_HTTP_END); /* and stays so */
			assert_int_equal(md_http_status(h), 200);
			assert_true(md_http_end(h));
			assert_int_equal(fake_http_requests(), before + 1);
		}
	assert_string_equal(fake_http_body(), "question");
	assert_int_equal(strncmp(fake_http_head(), "POST /x?y=1 HTTP/1.1\r\n", 22), 0);
	assert_null(strcasestr(fake_http_head(), "Expect:"));
	assert_null(strcasestr(fake_http_head(), "Authorization:"));
}

static void headers_of_the_reply(void **state)
{
	enum md_http_got got;
	(void)state;
	fake_http_reply(CHUNKED, sizeof CHUNKED - 1, FAKE_KEEP);
	fetch(&got);
	assert_true(md_str_eqz(md_http_reply_header(h, "X-One"), "2"));
	assert_int_equal(md_http_reply_header(h, "X-Two").n, 0);
	md_http_end(h);
}

/* Cut at every byte, closed and reset: an error each time; stale only before the first byte. Of the
 * line that ends the last chunk, the last byte may be missing: the body is complete then. */
static void cut_replies(void **state)
{
	static const char *const replies[] = { CHUNKED, SIZED };
	(void)state;
	for (int i = 0; i < 2; i++)
		for (size_t at = 0; at < strlen(replies[i]); at++)
			for (int end = FAKE_CLOSE; end <= FAKE_RESET;
			     end += at % 16 == 1 ? FAKE_RESET - FAKE_CLOSE : FAKE_RESET) {
				enum md_http_got got;
				fake_http_reply(replies[i], at, (enum fake_end)end);
				fetch(&got);
				bool whole = got == MD_HTTP_END && i == 0 && at == sizeof CHUNKED - 2;
				if (got != (at ? MD_HTTP_LOST : MD_HTTP_STALE) && !whole)
					fail_msg("reply %d, cut at %zu: %d (%.*s)", i, at, got, MD_FMT(md_http_why(h)));
				assert_true(md_http_seen(h) == (at > 0));
				assert_int_equal(md_http_end(h), whole);
			}
}

static void replies_that_stall(void **state)
{
	(void)state;
	for (size_t at = 0; at < sizeof CHUNKED - 1; at += 23) {
		enum md_http_got got;
		int64_t from = md_monotonic_ms();
		fake_http_reply(CHUNKED, at, FAKE_STALL);
		deadline = from + 60;
		fetch(&got);
		assert_int_equal(got, MD_HTTP_TIMEOUT);
		assert_in_range(md_monotonic_ms() - from, 55, 1000);
		assert_false(md_http_end(h));
	}
	deadline = 0;
}

/* The end of these replies is not marked. */
static void replies_without_length(void **state)
{
	static const char *const replies[] = {
		"HTTP/1.1 200 OK\r\n\r\nhello",
		"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n",
		"hello, world\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
		"HTTP/9.9 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"\r\n\r\n",
	};
	enum md_http_got got;
	(void)state;
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		fake_http_reply(replies[i], strlen(replies[i]), FAKE_CLOSE);
		fetch(&got);
		if (got != MD_HTTP_LOST)
			fail_msg("%s: %d", replies[i], got);
		assert_true(md_http_why(h).n > 0);
		assert_false(md_http_end(h));
	}
}

/* A kept connection that died is noticed before it is used, and a request is never sent twice. */
static void a_connection_that_died(void **state)
{
	enum md_http_got got;
	(void)state;
	fake_http_reply(SIZED, sizeof SIZED - 1, FAKE_KEEP);
	fetch(&got);
	assert_true(md_http_end(h));
	assert_false(md_http_hung_up(h));
	fake_http_reply(SIZED, sizeof SIZED - 1, FAKE_CLOSE);
	fetch(&got);
	assert_int_equal(got, MD_HTTP_END);
	assert_true(md_http_end(h));
	for (int i = 0; i < 100 && !md_http_hung_up(h); i++)
		usleep(10000);
	assert_true(md_http_hung_up(h));
	fake_http_reply(SIZED, sizeof SIZED - 1, FAKE_KEEP);
	fetch(&got);
	assert_int_equal(got, MD_HTTP_END); /* by a new connection */
	md_http_end(h);
	int before = fake_http_requests();
	fake_http_reply(SIZED, 0, FAKE_CLOSE);
	fetch(&got);
	assert_int_equal(got, MD_HTTP_STALE);
	assert_int_equal(fake_http_requests(), before + 1);
	md_http_end(h);
}

static void *cancel_soon(void *arg)
{
	usleep(100000);
	md_http_cancel(arg);
	return NULL;
}

static void a_cancel_from_another_thread(void **state)
{
	enum md_http_got got;
	pthread_t t;
	int64_t quickest = 1000;
	(void)state;
	for (size_t at = 0; at < sizeof CHUNKED; at += sizeof CHUNKED / 3) {
		int64_t from = md_monotonic_ms();
		fake_http_reply(CHUNKED, at, FAKE_STALL);
		pthread_create(&t, NULL, cancel_soon, h);
		fetch(&got);
		pthread_join(t, NULL);
		assert_int_equal(got, MD_HTTP_CANCELLED);
		int64_t took = md_monotonic_ms() - from;
		quickest = took < quickest ? took : quickest;
		assert_false(md_http_end(h));
		md_http_uncancel(h);
	}
	assert_in_range(quickest, 90, 200); /* the best of them: the machine may be busy */
	fake_http_reply(SIZED, sizeof SIZED - 1, FAKE_KEEP);
	assert_string_equal(fetch(&got), "hello, world");
	md_http_end(h);
}

static void redirects_are_not_followed(void **state)
{
	char moved[200];
	enum md_http_got got;
	(void)state;
	int before = fake_http_requests();
	snprintf(moved, sizeof moved, "HTTP/1.1 302 Found\r\nLocation: %s/elsewhere\r\nContent-Length: 0\r\n\r\n", url);
	fake_http_reply(moved, strlen(moved), FAKE_KEEP);
	fetch(&got);
	assert_int_equal(got, MD_HTTP_END);
	assert_int_equal(md_http_status(h), 302);
	assert_int_equal(fake_http_requests(), before + 1);
	md_http_end(h);
}

static void proxies_of_the_environment_are_not_asked(void **state)
{
	enum md_http_got got;
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	fake_http_reply(SIZED, sizeof SIZED - 1, FAKE_KEEP);
	fetch(&got);
	assert_int_equal(got, MD_HTTP_END);
	assert_int_equal(strncmp(fake_http_head(), "POST /x", 7), 0);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	md_http_end(h);
}

/* A caller that does not consume holds no more than the promised bytes, however much the server
 * sends. */
static void memory_is_bounded(void **state)
{
	enum { N = 8 << 20 };
	char *big = malloc(N + 100);
	int head = sprintf(big, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", N);
	struct md_http_request r = { .method = "GET", .target = MD_STR("/") };
	size_t got = 0;
	(void)state;
	memset(big + head, 'x', N);
	fake_http_reply(big, (size_t)(head + N), FAKE_KEEP);
	assert_int_equal(md_http_send(h, &r), MD_HTTP_OK);
	for (;;) {
		struct md_str b = md_http_body(h);
		assert_true(b.n <= MD_HTTP_AHEAD + 64 * 1024);
		got += b.n;
		md_http_consume(h, b.n);
		enum md_http_got more = md_http_more(h);
		if (more == MD_HTTP_END)
			break;
		assert_int_equal(more, MD_HTTP_OK);
	}
	assert_int_equal(got, N);
	assert_true(md_http_end(h));
	free(big);
}

/* Half a body consumed: what is left moves to the front, nothing is lost. */
static void bytes_that_are_not_consumed_stay(void **state)
{
	struct md_http_request r = { .method = "GET", .target = MD_STR("/") };
	(void)state;
	fake_http_reply(CHUNKED, sizeof CHUNKED - 1, FAKE_DRIP);
	assert_int_equal(md_http_send(h, &r), MD_HTTP_OK);
	md_http_consume(h, md_http_body(h).n ? 1 : 0);
	while (md_http_more(h) == MD_HTTP_OK)
		;
	assert_true(md_str_eqz(md_http_body(h), "ello, world"));
	assert_true(md_http_end(h));
}

static void no_line_breaks_in_headers(void **state)
{
	enum md_http_got got;
	(void)state;
	assert_false(md_http_header(h, MD_STR("X-A: 1\r\nX-B: 2")));
	assert_false(md_http_header(h, MD_STR("X-A: 1\nX-B: 2")));
	assert_false(md_http_header(h, MD_STR("X-A: 1\0")));
	assert_true(md_http_header(h, MD_STR("X-A: 1")));
	fake_http_reply(SIZED, sizeof SIZED - 1, FAKE_KEEP);
	fetch(&got);
	assert_non_null(strstr(fake_http_head(), "\r\nX-A: 1\r\n"));
	assert_null(strstr(fake_http_head(), "X-B"));
	md_http_end(h);
}

static void parts_of_the_url(void **state)
{
	bool no_memory;
	enum md_http_got got;
	char with[100];
	(void)state;
	snprintf(with, sizeof with, "http://me%%40x:p%%3Aw@%s/db%%20a?compress=1", url + 7);
	md_http_free(h);
	h = md_http_new(md_str_z(with), NULL, false, &no_memory);
	assert_non_null(h);
	assert_true(md_str_eqz(md_http_origin(h), url));
	assert_true(md_str_eqz(md_http_path(h), "/db%20a"));
	assert_true(md_str_eqz(md_http_query(h), "compress=1"));
	assert_true(md_str_eqz(md_http_user(h), "me@x"));
	fake_http_reply(SIZED, sizeof SIZED - 1, FAKE_KEEP);
	fetch(&got);
	assert_non_null(strstr(fake_http_head(), "\r\nAuthorization: Basic bWVAeDpwOnc=\r\n")); /* me@x:p:w */
	md_http_end(h);
}

static void urls_that_are_none(void **state)
{
	static const char *const urls[] = { "",
		                            "http://",
		                            "ftp://h/",
		                            "file:///etc/passwd",
		                            "http://u:a@b@h/",
		                            "http://u:a/b@h/",
		                            "http://u:1/b@h/",
		                            "http://u:a#b@h/",
		                            "http://h:port/",
		                            "http://h:99999/",
		                            "h:8123",
		                            "http://a:b:c@h/",
		                            "http://u%3Ax:p@h/" };
	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		bool no_memory = true;
		struct md_http *none = md_http_new(md_str_z(urls[i]), NULL, false, &no_memory);
		if (none && strcmp(urls[i], "http://a:b:c@h/") == 0) { /* a colon may stand in a password */
			md_http_free(none);
			continue;
		}
		if (none)
			fail_msg("%s passed", urls[i]);
		assert_false(no_memory);
	}
	md_http_free(NULL);
}

static void nobody_listens(void **state)
{
	bool no_memory;
	enum md_http_got got;
	(void)state;
	md_http_free(h);
	h = md_http_new(MD_STR("http://user:hidden@127.0.0.1:1/"), NULL, false, &no_memory);
	fetch(&got);
	assert_int_equal(got, MD_HTTP_LOST);
	assert_non_null(memmem(md_http_why(h).p, md_http_why(h).n, "127.0.0.1", 9));
	assert_null(memmem(md_http_why(h).p, md_http_why(h).n, "hidden", 6));
	assert_false(md_http_end(h));
}

static void percent_encoding(void **state)
{
	struct md_buf b = { 0 }, back = { 0 };
	char every[255];
	(void)state;
	for (int i = 0; i < 255; i++)
		every[i] = (char)(i + 1);
	md_http_encode(&b, MD_STR("aZ09-._~ &=%/\n"));
	assert_true(md_str_eqz(md_buf_view(&b), "aZ09-._~%20%26%3D%25%2F%0A"));
	b.n = 0;
	md_http_encode(&b, (struct md_str){ every, 255 });
	assert_true(md_http_decode(&back, md_buf_view(&b)));
	assert_true(md_str_eq(md_buf_view(&back), (struct md_str){ every, 255 }));
	assert_false(md_http_decode(&back, MD_STR("%")));
	assert_false(md_http_decode(&back, MD_STR("%4")));
	assert_false(md_http_decode(&back, MD_STR("%zz")));
	md_buf_free(&b);
	md_buf_free(&back);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(whole_replies), CASE(headers_of_the_reply), CASE(cut_replies), CASE(replies_that_stall),
		CASE(replies_without_length),
		CASE(a_connection_that_died), CASE(a_cancel_from_another_thread), CASE(redirects_are_not_followed),
		CASE(proxies_of_the_environment_are_not_asked), CASE(memory_is_bounded),
		CASE(bytes_that_are_not_consumed_stay),
		CASE(no_line_breaks_in_headers), CASE(parts_of_the_url), CASE(urls_that_are_none), CASE(nobody_listens),
		CASE(percent_encoding),
	};
	snprintf(url, sizeof url, "http://127.0.0.1:%d", fake_http_start());
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fake_http_stop();
	return failed;
}
