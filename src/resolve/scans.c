/* The scans of a statement: physical names, join keys and row predicates. Promises: every table
 * reference becomes a scan with the row predicate of its guard; that of a replica also leaves out
 * what replica_rows.c says. What the caller asks of a scan is added by conditions.c, in a member of
 * its own. */
#include "resolve/private.h"

#include "base/sqlite_names.h"

/* ---- names ---- */

static const struct md_name *name_of(const struct md_resolving *r, uint32_t ref)
{
	const struct md_source *s = &r->plan->sources[ref];
	return md_name_in(r->bound->refs[ref].table, s->sync);
}

static void qualify_name(const struct md_resolving *r, uint32_t ref, struct md_str parts[3], uint32_t *count)
{
	const struct md_name *n = name_of(r, ref);
	const struct md_database *db = r->plan->sources[ref].database;
	uint32_t i = 0;
	if (r->plan->embedded) {
		parts[i++] = md_sqlite_schema(db->id);
	} else if (r->plan->through_trino) {
		parts[i++] = db->trino_catalog;
		parts[i++] = n->n > 1 ? n->parts[n->n - 2] : md_engines[db->engine].default_schema;
	} else {
		parts[i++] = md_engines[db->engine].default_schema;
	}
	parts[i++] = n->parts[n->n - 1];
	*count = i;
}

/* A name that is written as it stands in the metadata is not copied. */
static int name_scan(struct md_resolving *r, uint32_t ref, struct md_scan *scan)
{
	const struct md_name *n = name_of(r, ref);
	scan->name = n->parts;
	scan->n_name = n->n;
	if (!r->plan->embedded && !r->plan->through_trino && (!r->facts->names_schema || n->n > 1))
		return 0;

	struct md_str *parts = md_alloc(r->arena, 3 * sizeof *parts);
	if (!parts)
		return -1;
	qualify_name(r, ref, parts, &scan->n_name);
	scan->name = parts;
	return 0;
}

/* ---- keys ---- */

static int pair_keys(struct md_resolving *r, uint32_t ref, struct md_scan *scan)
{
	const struct md_ref *it = &r->bound->refs[ref];
	const struct md_relation *rel = it->relation;
	const struct md_column *const *child = md_ref_key(it), *const *parent = md_ref_parent_key(it);
	struct md_key_pair *keys = md_alloc(r->arena, rel->n * sizeof *keys);
	if (!keys)
		return -1;

	for (uint32_t i = 0; i < rel->n; i++) {
		keys[i].is_child_referenced = !it->from_side;
		keys[i].parent = md_raw_relation_key(r, it->parent, parent[i]);
		keys[i].child = md_raw_relation_key(r, ref, child[i]);
		if (!keys[i].parent || !keys[i].child)
			return -1;
	}
	scan->keys = keys;
	scan->n_keys = rel->n;
	return 0;
}

/* ---- scans ---- */

static enum md_scan_form form_of(const struct md_ref *ref)
{
	if (ref->kind == MD_REF_EXISTS)
		return MD_SCAN_EXISTS;
	if (ref->kind == MD_REF_FROM)
		return MD_SCAN_FROM;
	return ref->left ? MD_SCAN_LEFT_JOIN : MD_SCAN_INNER_JOIN;
}

/* How the columns of the reference are read. read: its bitmap. */
static void begin_columns(struct md_resolving *r, uint32_t ref, uint64_t *read)
{
	const struct md_source *s = &r->plan->sources[ref];
	const struct md_ref *it = &r->bound->refs[ref];
	r->columns[ref] = (struct md_ref_columns){
		.sync = s->sync,
		.forms = md_column_forms_of(r->facts, s->database->engine, s->database->collation_c),
		.read = read,
		.by_rule = it->view->by_rule,
		.is_left = it->left,
	};
}

/* The rows that the caller sees, of a replica those that also exist. The caller's rows stand first:
 * engines may evaluate the parts in their order. */
static int add_row_predicate(struct md_resolving *r, uint32_t ref, struct md_scan *scan)
{
	const struct md_sync *s = r->plan->sources[ref].sync;
	scan->rows = md_predicate_of(r, ref, md_guarded_rows(md_guarded_at(r->plan->guarded, ref)));
	if (!scan->rows || !s)
		return scan->rows ? 0 : -1;
	return md_leave_deleted_rows_out(r, ref, s, scan);
}

static int make_scan(struct md_resolving *r, uint32_t ref, uint64_t *read)
{
	const struct md_sync *s = r->plan->sources[ref].sync;
	struct md_scan *scan = &r->scans[ref];
	begin_columns(r, ref, read);
	*scan = (struct md_scan){ .form = form_of(&r->bound->refs[ref]), .reading = MD_READ_AS_IS };
	if ((s && md_read_replica(r, ref, s, scan)) || name_scan(r, ref, scan))
		return -1;
	if (scan->form != MD_SCAN_FROM && pair_keys(r, ref, scan))
		return -1;
	r->tables[ref] = (struct md_stmt_table){ scan->name, scan->n_name, read };
	return add_row_predicate(r, ref, scan);
}

/* One piece of memory for all that is kept by reference. Returns the bitmaps of the columns that
 * are read: none yet. */
static uint64_t *make_room(struct md_resolving *r)
{
	uint32_t n = r->bound->n_refs, words = 0;
	for (uint32_t i = 0; i < n; i++)
		words += md_words(r->bound->refs[i].table->n_columns);
	size_t bitmaps = words * sizeof(uint64_t);
	r->scans = md_alloc(r->arena, n * (sizeof *r->scans + sizeof *r->tables + sizeof *r->columns) + bitmaps);
	if (!r->scans)
		return NULL;
	r->tables = (struct md_stmt_table *)(void *)(r->scans + n);
	r->columns = (struct md_ref_columns *)(void *)(r->tables + n);
	return memset(r->columns + n, 0, bitmaps);
}

int md_make_scans(struct md_resolving *r, struct md_tree *out)
{
	uint32_t n = r->bound->n_refs;
	uint64_t *read = make_room(r);
	for (uint32_t i = 0; i < n; i++) {
		if (!read || make_scan(r, i, read))
			return -1;
		read += md_words(r->bound->refs[i].table->n_columns);
	}
	out->scans = r->scans;
	out->n_scans = n;
	out->tables = r->tables;
	out->n_from = md_bound_row_refs(r->bound);
	return 0;
}
