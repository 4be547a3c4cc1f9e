/* A scripted driver for tests: it returns the given rows and faults, and counts the calls. Linked
 * by tests only (fake_driver in meson.build). */
#ifndef MD_DRIVERS_FAKE_H
#define MD_DRIVERS_FAKE_H

#include "drivers/driver.h"

#include <stdatomic.h>

/* Shared by all connections whose target has md_fake_url(it); zeroed: no rows, no faults. Counting
 * starts at 1: fail_start 2 is the second start. */
struct md_fake {
	const struct md_cell *cells;   /* n_rows × columns of the statement, row by row */
	uint32_t n_rows;
	/* the n-th call fails with `code` (CONNECTION_FAILED for open); 0: never */
	uint32_t fail_open, fail_start, fail_next;
	enum md_code code;             /* MD_OK: QUERY_FAILED */
	uint32_t stale_starts;         /* so many starts answer MD_START_STALE first */
	uint32_t stall_next;           /* the n-th next waits for the deadline or a cancel */
	bool unclean;                  /* finish says false */
	const struct md_catalog_table *table; /* what every table is; NULL: there is none */
	uint32_t fail_reading, stale_reading, slow_reading_ms; /* the n-th; each takes so long */
	bool doubts_types;             /* what doubts_types says */
	/* called as start begins, when a cancel of the connection would not reach the statement */
	void (*before_start)(void *arg);
	void *before_start_arg;
	_Atomic uint32_t opens, starts, nexts, finishes, cancels, closes, pings, readings;
	char last_sql[512];            /* of the newest start */
	uint32_t last_params;
	char url[32];
};

/* A url that leads to `f`, which must outlive the connections; kept in f. */
struct md_str md_fake_url(struct md_fake *f);

extern const struct md_driver md_driver_fake;

#endif
