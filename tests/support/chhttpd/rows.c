/* A result as one document; promises in rows.h. */
#include "rows.h"

#include <string.h>
#include <strings.h>

static const struct format {
	const char *name;
	int lines, names;
} formats[] = {
	{ "TabSeparated", 0, 0 },
	{ "TSV", 0, 0 },
	{ "TabSeparatedRaw", 0, 0 },
	{ "TSVRaw", 0, 0 },
	{ "CSV", 0, 0 },
	{ "JSONEachRow", 0, 0 },
	{ "JSONCompactEachRow", 0, 0 },
	{ "RowBinary", 0, 0 },
	{ "TabSeparatedWithNames", 1, 0 },
	{ "TSVWithNames", 1, 0 },
	{ "CSVWithNames", 1, 0 },
	{ "JSONCompactEachRowWithNames", 1, 0 },
	{ "TabSeparatedWithNamesAndTypes", 2, 0 },
	{ "TSVWithNamesAndTypes", 2, 0 },
	{ "CSVWithNamesAndTypes", 2, 0 },
	{ "JSONCompactEachRowWithNamesAndTypes", 2, 0 },
	{ "JSONCompactStringsEachRowWithNamesAndTypes", 2, 0 },
	{ "RowBinaryWithNames", 0, 1 },
	{ "RowBinaryWithNamesAndTypes", 0, 2 },
};

static const struct format *find_column(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (!strcasecmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

bool rows_streamable(const char *format)
{
	return find_column(format);
}

void rows_stream(struct rows *r, chdb_conn conn, struct chdb_result *stream, const char *format)
{
	const struct format *f = find_column(format);
	*r = (struct rows){ .conn = conn, .stream = stream, .header_lines = f->lines, .header_names = f->names };
	r->error = chdb.error(stream);
	r->done = r->error;
}

void rows_whole(struct rows *r, chdb_conn conn, struct chdb_result *result)
{
	*r = (struct rows){ .conn = conn, .chunk = result, .error = chdb.error(result) };
	r->rows = chdb.rows(result);
	r->rows_scanned = chdb.rows_scanned(result);
	r->bytes_scanned = chdb.bytes_scanned(result);
}

/* A length of RowBinary: seven bits a byte, low ones first. False when the bytes end within it. */
static bool varint(const char *p, size_t n, size_t *at, uint64_t *value)
{
	*value = 0;
	for (int shift = 0; *at < n && shift < 63; shift += 7) {
		unsigned char c = (unsigned char)p[(*at)++];
		*value |= (uint64_t)(c & 127) << shift;
		if (c < 128)
			return true;
	}
	return false;
}

static size_t binary_header(const char *p, size_t n, int names)
{
	size_t at = 0;
	uint64_t columns, len;
	if (!varint(p, n, &at, &columns))
		return 0;
	for (uint64_t i = 0; i < columns * (uint64_t)names; i++) {
		if (!varint(p, n, &at, &len) || len > n - at)
			return 0;
		at += len;
	}
	return at;
}

static size_t text_header(const char *p, size_t n, int lines)
{
	size_t at = 0;
	while (lines--) {
		const char *end = memchr(p + at, '\n', n - at);
		if (!end)
			return 0;
		at = (size_t)(end - p) + 1;
	}
	return at;
}

/* Remembers the first chunk's header and steps over it in the others. */
static void without_header(struct rows *r, const char **p, size_t *n)
{
	if (!r->header_lines && !r->header_names)
		return;
	if (!r->header.n)
		text_add(&r->header, *p,
		         r->header_names ? binary_header(*p, *n, r->header_names)
		                         : text_header(*p, *n, r->header_lines));
	else if (*n >= r->header.n && !memcmp(*p, r->header.p, r->header.n)) {
		*p += r->header.n;
		*n -= r->header.n;
	}
}

static void drop_chunk(struct rows *r)
{
	if (r->chunk)
		chdb.free(r->chunk);
	r->chunk = NULL;
}

static void count_rows(struct rows *r)
{
	uint64_t scanned = chdb.rows_scanned(r->chunk), bytes = chdb.bytes_scanned(r->chunk);
	r->rows += chdb.rows(r->chunk);
	r->rows_scanned = scanned ? scanned : r->rows_scanned;
	r->bytes_scanned = bytes ? bytes : r->bytes_scanned;
}

static int fetch(struct rows *r, const char **p, size_t *n)
{
	drop_chunk(r);
	r->chunk = chdb.fetch(*r->conn, r->stream);
	r->error = chdb.error(r->chunk);
	*n = r->error ? 0 : chdb.length(r->chunk);
	r->done = !*n;
	if (r->error)
		return -1;
	count_rows(r);
	if (r->done)
		return 0;
	*p = chdb.data(r->chunk);
	without_header(r, p, n);
	return 1;
}

int rows_next(struct rows *r, const char **p, size_t *n)
{
	if (r->error)
		return -1;
	if (r->done)
		return 0;
	if (r->stream)
		return fetch(r, p, n);
	*p = chdb.data(r->chunk);
	*n = chdb.length(r->chunk);
	r->done = true;
	return *n > 0;
}

void rows_free(struct rows *r)
{
	if (r->stream) {
		if (!r->done)
			chdb.cancel(*r->conn, r->stream);
		chdb.free(r->stream);
	}
	drop_chunk(r);
	if (r->conn)
		chdb.close(r->conn);
	text_free(&r->header);
	*r = (struct rows){ 0 };
}
