/* The sample configuration, which the program carries: its files can be made in any folder. */
#ifndef MD_ADMIN_DEMO_H
#define MD_ADMIN_DEMO_H

#include <stddef.h>

struct md_sample_file {
	const char *path; /* relative to the configuration's folder: "data/pg-main.db"; NULL ends the list */
	const char *sql;  /* what fills it */
};

/* Made from examples/concept when the program is built. */
extern const char md_sample_config[];    /* multidb.json */
extern const char md_sample_scenarios[]; /* scenarios.json */
extern const struct md_sample_file md_sample_files[];

/* Makes `dir` with multidb.json and the SQLite files it names. An existing multidb.json stays as it
 * is (its user may have edited it); existing data files are replaced. 0, or -1 with the reason in
 * `error` (NUL-terminated, cut to n bytes). */
int md_demo_make(const char *dir, char *error, size_t n);

/* Removes what md_demo_make made, and the folders where nothing else is in them. */
void md_demo_remove(const char *dir);

#endif
