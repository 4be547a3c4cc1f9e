/* Internal to the Trino driver: where it is, what it answers, and its values. Pure: texts in, texts out. */
#ifndef MD_DRIVERS_TRINO_PAGE_H
#define MD_DRIVERS_TRINO_PAGE_H

#include "drivers/value/cells.h"
#include "json/json.h"

/* ---- url.c ---- */
struct md_trino_url {
	struct md_str user;  /* decoded */
	struct md_str bare;  /* the url without user and password; p NULL: out of memory */
	bool password;       /* there is one */
};
/* NULL, or what is wrong with the url (never quoting it). Results are in the arena. Hosts and ports are looked at by md_http_new. */
const char *md_trino_url_read(struct md_arena *a, struct md_str url, struct md_trino_url *out);
/* The path of a link that the server gave, a view, or an empty text: it leads to another origin (as md_http_origin writes it), or to nothing
 * that a statement has. */
struct md_str md_trino_path(struct md_str origin, struct md_str link);

/* ---- page.c ---- */
struct md_trino_page {
	struct md_str id, next;        /* the query's id; nextUri, empty on the last page */
	const struct md_json *columns, *data; /* NULL: not on this page */
	bool finished;                 /* stats.state */
	bool failed;                   /* then: */
	struct md_str error_name, error_message;
};
/* A reply's body. NULL, or what is wrong with it. Everything points into the arena, whose oom is the truth about memory. */
const char *md_trino_page_read(struct md_arena *a, struct md_str body, struct md_trino_page *out);

/* ---- types.c ---- */
enum md_trino_kind { MD_TRINO_NULL, MD_TRINO_BOOLEAN, MD_TRINO_INTEGER, MD_TRINO_FLOAT, MD_TRINO_DECIMAL, MD_TRINO_TEXT, MD_TRINO_BYTES, MD_TRINO_DATE,
	             MD_TRINO_TIMESTAMP, MD_TRINO_UUID, MD_TRINO_JSON, MD_TRINO_OTHER };
struct md_trino_type {
	uint8_t kind;  /* of the elements when array */
	bool array;
};
struct md_trino_type md_trino_type_of(struct md_str name); /* "timestamp(6) with time zone", "array(varchar(3))" */
bool md_trino_type_fits(struct md_trino_type from, struct md_type declared);
/* 0, or -1: the value does not fit (or out of memory). */
int md_trino_cell(struct md_cells *k, struct md_trino_type from, struct md_type declared, const struct md_json *v, struct md_cell *out);

#endif
