/* Writes answers; promises in reply.h. */
#include "reply.h"
#include "failure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { HELD_BACK = 65536, EXCEPTION_TAG = 16 };

static void own_headers(const struct request *q, struct MHD_Response *r)
{
	MHD_add_response_header(r, "X-ClickHouse-Query-Id", q->query_id);
	MHD_add_response_header(r, "X-ClickHouse-Server-Display-Name", server.host);
	MHD_add_response_header(r, "X-ClickHouse-Timezone", server.timezone);
}

static enum MHD_Result send_text(struct request *q, unsigned status, const char *text, size_t n, int code)
{
	char number[16];
	struct MHD_Response *r = MHD_create_response_from_buffer(n, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	own_headers(q, r);
	MHD_add_response_header(r, "Content-Type", "text/plain; charset=UTF-8");
	snprintf(number, sizeof number, "%d", code);
	if (code)
		MHD_add_response_header(r, "X-ClickHouse-Exception-Code", number);
	enum MHD_Result done = MHD_queue_response(q->http, status, r);
	MHD_destroy_response(r);
	return done;
}

enum MHD_Result reply_text(struct request *q, unsigned status, const char *text)
{
	return send_text(q, status, text, strlen(text), 0);
}

enum MHD_Result reply_failure(struct request *q, const char *text)
{
	struct growing_text line = { 0 };
	int code = failure_code(text);
	failure_line(&line, text);
	enum MHD_Result done = send_text(q, failure_status(code), line.p, line.n, code);
	text_free(&line);
	return done;
}

/* ---- rows ---- */

struct body {
	struct rows rows;
	struct watch *watch;
	struct growing_text out; /* encoded, from `at` on still to be sent */
	size_t at;
	bool ended, failed;
	bool gzip;
	z_stream z;
	char tag[EXCEPTION_TAG + 1];
};

static void encode(struct body *b, const char *p, size_t n, int flush)
{
	char piece[16384];
	if (!b->gzip) {
		text_add(&b->out, p, n);
		return;
	}
	b->z.next_in = (unsigned char *)(uintptr_t)p;
	b->z.avail_in = (uInt)n;
	do {
		b->z.next_out = (unsigned char *)piece;
		b->z.avail_out = sizeof piece;
		deflate(&b->z, flush);
		text_add(&b->out, piece, sizeof piece - b->z.avail_out);
	} while (!b->z.avail_out);
}

/* The client must see that the body is not whole: the block, and no end of the compression or of
 * the chunks. */
static void fail_inside(struct body *b)
{
	struct growing_text block = { 0 };
	failure_block(&block, b->rows.error, b->tag);
	encode(b, block.p, block.n, Z_SYNC_FLUSH);
	text_free(&block);
	b->failed = true;
}

static void more(struct body *b)
{
	const char *p = NULL;
	size_t n = 0;
	int got = rows_next(&b->rows, &p, &n);
	if (got > 0)
		encode(b, p, n, Z_NO_FLUSH);
	else if (!got)
		encode(b, "", 0, Z_FINISH);
	else
		fail_inside(b);
	b->ended = got <= 0;
}

static ssize_t read_body(void *from, uint64_t position, char *to, size_t room)
{
	struct body *b = from;
	(void)position;
	while (b->at == b->out.n && !b->ended) {
		b->at = b->out.n = 0;
		more(b);
	}
	size_t n = b->out.n - b->at;
	if (!n)
		return b->failed ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
	n = n < room ? n : room;
	memcpy(to, b->out.p + b->at, n);
	b->at += n;
	return (ssize_t)n;
}

static void free_body(void *p)
{
	struct body *b = p;
	watch_drop(b->watch);
	rows_free(&b->rows);
	if (b->gzip)
		deflateEnd(&b->z);
	text_free(&b->out);
	free(b);
}

static const char *content_type(const char *format)
{
	if (strcasestr(format, "EachRow"))
		return "application/x-ndjson; charset=UTF-8";
	if (!strncasecmp(format, "JSON", 4))
		return "application/json; charset=UTF-8";
	if (!strncasecmp(format, "CSV", 3))
		return "text/csv; charset=UTF-8; header=absent";
	if (!strncasecmp(format, "T", 1))
		return "text/tab-separated-values; charset=UTF-8";
	return "application/octet-stream";
}

static bool wants_gzip(const struct request *q)
{
	const char *on = request_arg(q, "enable_http_compression"), *accepts = request_header(q, "Accept-Encoding");
	return on && strcmp(on, "0") && accepts && strstr(accepts, "gzip");
}

static void start_gzip(struct body *b)
{
	enum { LEVEL = 3, WITH_GZIP_HEADER = 16 + MAX_WBITS };
	if (deflateInit2(&b->z, LEVEL, Z_DEFLATED, WITH_GZIP_HEADER, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	b->gzip = true;
}

static void rows_headers(const struct body *b, const char *format, struct MHD_Response *r)
{
	struct growing_text summary = { 0 };
	text_printf(&summary,
	            "{\"read_rows\":\"%" PRIu64 "\",\"read_bytes\":\"%" PRIu64 "\",\"result_rows\":\"%" PRIu64 "\"}",
	            b->rows.rows_scanned, b->rows.bytes_scanned, b->rows.rows);
	MHD_add_response_header(r, "Content-Type", content_type(format));
	MHD_add_response_header(r, "X-ClickHouse-Format", format);
	MHD_add_response_header(r, "X-ClickHouse-Exception-Tag", b->tag);
	MHD_add_response_header(r, "X-ClickHouse-Summary", summary.p);
	if (b->gzip)
		MHD_add_response_header(r, "Content-Encoding", "gzip");
	text_free(&summary);
}

static void make_tag(struct body *b, const struct request *q)
{
	for (size_t i = 0; i < EXCEPTION_TAG; i++)
		b->tag[i] = (char)('a' + (q->query_id[i % strlen(q->query_id)] + (int)i) % 26);
}

enum MHD_Result reply_rows(struct request *q, struct rows *rows, const char *format, struct watch *watch)
{
	struct body *b = calloc(1, sizeof *b);
	if (!b)
		abort();
	b->rows = *rows;
	b->watch = watch;
	make_tag(b, q);
	if (wants_gzip(q))
		start_gzip(b);
	while (b->out.n < HELD_BACK && !b->ended)
		more(b);
	enum MHD_Result done;
	if (b->failed) {
		done = reply_failure(q, b->rows.error);
		free_body(b);
		return done;
	}
	struct MHD_Response *r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, HELD_BACK, read_body, b,
	                                                           free_body);
	own_headers(q, r);
	rows_headers(b, format, r);
	done = MHD_queue_response(q->http, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return done;
}
