/* The labels of cache entries: the table that an entry is a row of, and a hash of what decided the
 * values in it when it was made: where the row was read and by which layout, the key, and the
 * columns that entries hold with their names and types. Masks and roles are not among these,
 * because entries are role-neutral. An entry of an earlier configuration, or of another one that
 * uses the same cache, has another label as soon as its values could differ. */
#include "metadata/private.h"

#include "json/write.h"

static const uint64_t hash_seed = 1; /* another one when the form of entries changes */

/* Behind its length, so that different texts make different inputs. */
static void append_text(struct md_buf *b, struct md_str s)
{
	md_buf_int(b, (int64_t)s.n);
	md_buf_char(b, ':');
	md_buf_str(b, s);
}

static void append_place(struct md_buf *b, const struct md_database *d, const struct md_name *name)
{
	append_text(b, d->id);
	append_text(b, md_str_z(md_engine_name[d->engine]));
	md_buf_int(b, name->n);
	for (uint32_t i = 0; i < name->n; i++)
		append_text(b, name->parts[i]);
}

/* Its mark stands where the next text would begin with a digit. */
static void append_real_type(struct md_buf *b, const struct md_real_type *real)
{
	if (real->family == MD_REAL_UNKNOWN)
		return;
	md_buf_char(b, 'r');
	append_text(b, real->spelling);
}

/* sync NULL: as the original has it. */
static void append_column_origin(struct md_buf *b, const struct md_column *c, const struct md_sync *sync)
{
	append_text(b, c->api_name);
	append_text(b, md_column_name_in(c, sync));
	append_text(b, md_str_z(md_type_name(c->type)));
	for (uint32_t i = 0; c->labels && i < c->labels->n; i++)
		append_text(b, c->labels->v[i]);
	append_real_type(b, md_real_type_in(c, sync));
}

/* What decides which rows of a replica are current, and which of its values are the original's. */
static void append_layout(struct md_buf *b, const struct md_layout *l)
{
	md_buf_fmt(b, "%d %d %d %d", (int)l->rows, (int)l->read, (int)l->key_moves, (int)l->nulls_are_defaults);
	for (uint32_t i = 0; i < l->n_version; i++)
		append_text(b, l->version[i]);
	md_buf_fmt(b, " %d %d", (int)l->deleted.test, (int)l->deleted.value.type.base);
	append_text(b, l->deleted.column);
	append_text(b, l->deleted.value.text);
	for (uint32_t i = 0; i < l->n_sort_key; i++)
		append_text(b, l->sort_key[i]->api_name);
}

/* What decides the values of an entry whose row is read from the original or from a replica. */
static void append_origin(struct md_buf *b, const struct md_cached_table *ct, const struct md_sync *sync)
{
	const struct md_table *t = ct->table;
	append_text(b, t->id);
	append_place(b, sync ? sync->database : t->database, md_name_in(t, sync));
	if (sync && sync->layout.is_declared)
		append_layout(b, &sync->layout);
	for (uint32_t i = 0; i < t->n_key; i++)
		append_text(b, t->key[i]->api_name);
	for (uint32_t i = 0; i < t->n_columns; i++)
		if (md_bit(ct->columns, i))
			append_column_origin(b, &t->columns[i], sync);
}

static bool make_label(struct loader *l, const struct md_cached_table *ct, const struct md_sync *sync,
                       struct md_entry_label *out)
{
	struct md_buf origin = { .arena = l->cx->arena }, head = { .arena = l->keep };
	append_origin(&origin, ct, sync);
	out->hash = md_str_fmt(l->keep, "%016llx",
	                       (unsigned long long)md_hash_stable(md_buf_view(&origin), hash_seed));

	md_buf_lit(&head, "{\"$v\":1,\"table\":");
	md_json_quote(&head, ct->table->id);
	md_buf_lit(&head, ",\"hash\":\"");
	md_buf_str(&head, out->hash);
	md_buf_lit(&head, "\",\"row\":{");
	out->head = md_buf_view(&head);
	return !origin.failed && !head.failed && out->hash.p;
}

static int label_entries(struct loader *l, struct md_cached_table *ct)
{
	struct md_entry_label *labels = md_new_n(l->keep, struct md_entry_label, (size_t)ct->table->n_syncs + 1);
	if (!labels)
		return -1;
	ct->labels = labels;
	for (uint32_t i = 0; i <= ct->table->n_syncs; i++)
		if (!make_label(l, ct, i ? ct->table->syncs[i - 1] : NULL, &labels[i]))
			return -1;
	return 0;
}

int load_entry_labels(struct loader *l)
{
	for (uint32_t c = 0; c < l->s->n_caches; c++)
		for (uint32_t i = 0; i < l->caches[c].n_tables; i++)
			if (label_entries(l, &l->cached[c][i]))
				return -1;
	return 0;
}
