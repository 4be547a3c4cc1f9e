/* Rows as an aligned table. Promises bounded memory: the widths are those of the first rows; a
 * wider cell that comes later moves the rest of its line to the right. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

#define BYTES_AHEAD ((size_t)1 << 20)

struct cell {
	size_t at, n, width; /* text in table.ahead */
};

struct table {
	size_t n_columns;
	size_t *widths;
	bool *right;
	char indent[16];
	struct cell *cells;  /* the header, then the rows that wait */
	size_t n_cells;
	struct md_buf ahead; /* their text */
	struct md_buf line;
	bool streaming;      /* nothing waits any more */
	long long rows;
};

static bool is_number(const char *type)
{
	static const char *const numbers[] = { "int", "bigint", "float", "decimal" };
	for (size_t i = 0; type && i < sizeof numbers / sizeof *numbers; i++)
		if (!strcmp(type, numbers[i]))
			return true;
	return false;
}

static void add_cell(struct table *t, struct md_str text)
{
	struct cell *c = &t->cells[t->n_cells];
	c->at = t->ahead.n;
	c->width = text_print(&t->ahead, text);
	c->n = t->ahead.n - c->at;
	size_t column = t->n_cells++ % t->n_columns;
	if (!t->streaming && c->width > t->widths[column])
		t->widths[column] = c->width;
}

struct table *table_begin(size_t n, const char *const *names, const char *const *types, const char *indent)
{
	struct table *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->n_columns = n ? n : 1; /* a row without columns is still a line */
	t->widths = calloc(t->n_columns, sizeof *t->widths);
	t->right = calloc(t->n_columns, sizeof *t->right);
	t->cells = calloc((TABLE_ROWS_AHEAD + 1) * t->n_columns, sizeof *t->cells);
	if (!t->widths || !t->right || !t->cells) {
		table_drop(t);
		return NULL;
	}
	snprintf(t->indent, sizeof t->indent, "%s", indent);
	for (size_t i = 0; i < t->n_columns; i++) {
		t->right[i] = n && types && is_number(types[i]);
		add_cell(t, n ? md_str_z(names[i]) : MD_STR("(no columns)"));
	}
	return t;
}

static void append_padding(struct md_buf *b, size_t n, char c)
{
	while (n--)
		md_buf_char(b, c);
}

static bool write_line(struct table *t)
{
	bool ok = !t->line.failed && out_bytes(t->line.p, t->line.n);
	t->line.n = 0;
	return ok;
}

/* Without spaces at the end of a line. */
static bool write_cells(struct table *t, const struct cell *cells)
{
	struct md_buf *b = &t->line;
	md_buf_str(b, md_str_z(t->indent));
	for (size_t i = 0; i < t->n_columns; i++) {
		size_t gap = t->widths[i] > cells[i].width ? t->widths[i] - cells[i].width : 0;
		if (i)
			md_buf_lit(b, " | ");
		if (t->right[i])
			append_padding(b, gap, ' ');
		md_buf_add(b, t->ahead.p + cells[i].at, cells[i].n);
		if (!t->right[i] && i + 1 < t->n_columns)
			append_padding(b, gap, ' ');
	}
	md_buf_char(b, '\n');
	return write_line(t);
}

static bool write_rule(struct table *t)
{
	md_buf_str(&t->line, md_str_z(t->indent));
	for (size_t i = 0; i < t->n_columns; i++) {
		if (i)
			md_buf_lit(&t->line, "-+-");
		append_padding(&t->line, t->widths[i], '-');
	}
	md_buf_char(&t->line, '\n');
	return write_line(t);
}

/* Writes what waits and starts over with room for one row. */
static bool write_waiting(struct table *t)
{
	bool ok = !t->ahead.failed;
	for (size_t i = 0; ok && i < t->n_cells; i += t->n_columns) {
		ok = write_cells(t, &t->cells[i]);
		if (ok && i == 0 && !t->streaming)
			ok = write_rule(t);
	}
	t->streaming = true;
	t->n_cells = t->ahead.n = 0;
	return ok;
}

bool table_row(struct table *t, const multidb_cell *cells)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		if (!cells)
			add_cell(t, MD_NOSTR);
		else
			add_cell(t, cells[i].text ? (struct md_str){ cells[i].text, cells[i].n } : MD_STR("NULL"));
	}
	t->rows++;
	if (t->streaming || t->ahead.n > BYTES_AHEAD || t->n_cells == (TABLE_ROWS_AHEAD + 1) * t->n_columns)
		return write_waiting(t);
	return !t->ahead.failed;
}

bool table_end(struct table *t)
{
	char footer[64];
	bool ok = t->streaming || write_waiting(t);
	snprintf(footer, sizeof footer, "%s(%lld %s)\n", t->indent, t->rows, t->rows == 1 ? "row" : "rows");
	ok = ok && out_text(footer);
	table_drop(t);
	return ok;
}

void table_drop(struct table *t)
{
	if (!t)
		return;
	md_buf_free(&t->ahead);
	md_buf_free(&t->line);
	free(t->widths);
	free(t->right);
	free(t->cells);
	free(t);
}
