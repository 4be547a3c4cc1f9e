/* The prepared statements of one connection, by their full text, the least recently used of
 * MD_PREPARED_MAX making room. */
#ifndef MD_DRIVERS_PREPARED_H
#define MD_DRIVERS_PREPARED_H

#include "base/str.h"

enum { MD_PREPARED_MAX = 256, MD_PREPARED_BUCKETS = 512 };

struct md_prepared {
	struct md_str text;  /* NUL-terminated copy; .p NULL: the slot is free */
	uint64_t hash;
	void *handle;        /* the driver's: sqlite3_stmt */
	char name[16];       /* the driver's: PostgreSQL's statement name */
	uint16_t newer, older, chain;
};

struct md_prepared_set {
	struct md_prepared slots[MD_PREPARED_MAX];
	uint16_t buckets[MD_PREPARED_BUCKETS];
	uint16_t newest, oldest, used; /* indexes are one more than the slot's: 0 is none */
};

/* The statement of this text, now the most recently used; NULL: none. */
struct md_prepared *md_prepared_find(struct md_prepared_set *s, struct md_str text);
/* The one that must be dropped before another is added; NULL: there is room. */
struct md_prepared *md_prepared_victim(struct md_prepared_set *s);
/* A slot for a text that is not there; needs room. NULL when out of memory. handle and name are
 * cleared. */
struct md_prepared *md_prepared_add(struct md_prepared_set *s, struct md_str text);
void md_prepared_drop(struct md_prepared_set *s, struct md_prepared *p);
void md_prepared_clear(struct md_prepared_set *s); /* drops all */

#endif
