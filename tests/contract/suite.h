/* One contract suite for every driver: the cases are the same, each database says in its quirks how
 * it spells things and what it can do. A driver's suite is one file with its name, which defines
 * its quirks: quirks_NAME. The build makes one program of each. */
#ifndef TESTS_CONTRACT_SUITE_H
#define TESTS_CONTRACT_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/sys.h"
#include "drivers/driver.h"

struct quirks {
	const char *name;
	const struct md_driver *driver;
	bool transaction;                         /* opened in pool mode `transaction` */
	/* Creates the database again and returns its url; the url is valid until down. */
	const char *(*up)(void);
	void (*down)(void);
	/* runs SQL with every right, outside the driver; fails the test on error */
	void (*owner)(const char *sql);
	const char *type[MD_TYPES];               /* how a column of the type is declared */
	const char *schema[3];                    /* the parts of a table's name in front of its own; NULL ends */
	/* declaration of an array: type and this; NULL: always `array_type` */
	const char *array_suffix;
	const char *array_type;
	/* Makes table av with one column a, an array, that holds what the JSON in an SQL literal
	 * says. NULL: by the two members above. */
	void (*array_table)(enum md_base_type t, const char *json);
	bool backslash_escapes;                   /* in literals */
	const char *first_date, *last_date;       /* the dates that it holds; NULL: years 1 to 9999 */
	/* the most of a decimal column, in front of the point; 0: as many as there are */
	size_t whole_digits;
	/* a sample's two spellings to its own; NULL: as spelled */
	const char *(*literal)(enum md_base_type t, const char *pg, const char *lite);
	/* different statements to run where many are run; 0: more than are kept prepared */
	int texts;
	size_t largest_text;                      /* of two parameters; 0: a megabyte */
	bool connects_late;                       /* with the first statement */
	const char *(*param)(int n, struct md_type t); /* text of a bound parameter */
	/* the column of a comparison, in text that does not change; NULL: the column itself */
	const char *(*compared)(enum md_base_type t, const char *column);
	const char *(*in_list)(int n, enum md_base_type t); /* text behind the column: " = ANY($1::int4[])" */
	const char *slow;                         /* a statement that runs for many seconds and gives one bigint */
	/* a url that leads nowhere, and what the message or cause must name */
	const char *missing_path;
	const char *missing_names;
	/* ends every connection from the server's side; NULL: there is no server */
	void (*kill_all)(void);
	/* the first byte of a reply comes with the first row: until then, a lost connection is
	 * stale */
	bool silent_until_rows;
	bool strings_are_bytes;                   /* one type for both */
	bool early_end_is_clean;                  /* a large result can be left half read */
	/* runs what only this driver promises; the number of failures. NULL: nothing */
	int (*own_cases)(void);
	/* whether a result left half read leaves the connection clean depends on how much of it had
	 * come */
	bool early_end_depends;
};

extern const struct quirks *const Q; /* the one under test */

/* One request on one connection. */
struct session {
	struct md_arena arena;
	struct md_error err;
	struct md_ctx cx;
	void *conn;
	struct md_cell cells[64];
	const struct md_stmt *stmt;
};

void session_open(struct session *s);           /* fails the test when it can't */
int session_try(struct session *s, const char *url);
int session_try_target(struct session *s, struct md_target t); /* id and pool mode are filled in */
void session_close(struct session *s);
void session_renew(struct session *s);
void session_new_request(struct session *s);    /* forgets the error, resets the arena, no deadline */

struct md_stmt_output col(const char *name, enum md_base_type t, bool array);
struct md_value val(enum md_base_type t, const char *text);

/* Runs to the end; returns the number of rows, or -1. The last row's cells are copied to s->arena.
 */
int64_t run(struct session *s, const char *sql, const struct md_value *params, uint32_t n_params,
            const struct md_stmt_output *cols, uint32_t n_cols, int64_t bound);
/* Runs and finishes; asserts one row. */
void one_row(struct session *s, const char *sql, const struct md_value *params, uint32_t n_params,
             const struct md_stmt_output *cols, uint32_t n_cols);
void assert_cell(const struct md_cell *c, enum md_form form, const char *text);
void assert_failed(const struct session *s, enum md_code code);

int run_values(void);   /* cases_values.c */
int run_faults(void);   /* cases_faults.c */
int run_sessions(void); /* cases_session.c */
int run_catalogs(void); /* cases_catalog.c */

#endif
