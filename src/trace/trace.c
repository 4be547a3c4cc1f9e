/* Events in a linked list of blocks, so that recording never moves what is there. */
#include "trace/trace.h"

#include "base/printable.h"

enum { BLOCK = 24, TICKS = 32 };

/* Some entries in a row: those of a block, or repeated ones. */
struct md_trace_part {
	struct md_trace_part *next;
	const struct md_log_entry *begin, *end; /* the end of the newest part is the trace's `at` */
};

struct block {
	struct md_trace_part part;
	struct md_log_entry entries[BLOCK];
};

struct md_trace_blocks {
	struct md_arena *arena;
	struct md_trace_part *first, *last;
	int64_t times[TICKS];
};

static const struct {
	enum md_phase phase;
	const char *pattern, *field[MD_FACTS];
} events[MD_EVENTS] = {
#define MD_EVENT(name, phase, pattern, f1, f2, f3, f4) \
	[MD_EV_##name] = { MD_PHASE_##phase, pattern, { f1, f2, f3, f4 } },
#include "trace/events.def"
#undef MD_EVENT
};

static const char *const phase_names[MD_PHASES] = { "validation",      "access-control", "rls",   "planning",
	                                            "name-resolution", "sql-generation", "cache", "execution" };
static const char *const phase_tags[MD_PHASES] = {
	"validation", "access", "rls", "planning", "name-res", "sql-gen", "cache", "execution"
};

const char *md_phase_name(enum md_phase p)
{
	return phase_names[p];
}

const char *md_phase_tag(enum md_phase p)
{
	return phase_tags[p];
}

struct md_trace *md_trace_new(struct md_arena *a)
{
	struct {
		struct md_trace trace;
		struct md_trace_blocks blocks;
	} *t = md_alloc(a, sizeof *t);
	if (!t)
		return NULL;
	t->trace = (struct md_trace){ .blocks = &t->blocks };
	t->blocks.arena = a;
	t->blocks.first = t->blocks.last = NULL;
	t->blocks.times[0] = 0;
	return &t->trace;
}

void md_trace_time(struct md_trace *t, int64_t now_ms)
{
	if (t->tick + 1 < TICKS && t->blocks->first)
		t->tick++;
	t->blocks->times[t->tick] = now_ms;
}

static void close_newest_part(struct md_trace *t)
{
	if (t->blocks->last)
		t->blocks->last->end = t->at;
}

/* Parts that are linked already: first … last. */
static void append_parts(struct md_trace_blocks *all, struct md_trace_part *first, struct md_trace_part *last)
{
	*(all->last ? &all->last->next : &all->first) = first;
	all->last = last;
	last->next = NULL;
}

bool md_trace_room(struct md_trace *t)
{
	struct block *b = md_alloc(t->blocks->arena, sizeof *b);
	if (!b)
		return false;
	close_newest_part(t);
	append_parts(t->blocks, &b->part, &b->part);
	b->part.begin = t->at = b->entries;
	t->end = b->entries + BLOCK;
	return true;
}

/* ---- repeating ---- */

struct md_trace_mark md_trace_mark(const struct md_trace *t)
{
	return (struct md_trace_mark){ t->blocks->last, t->at };
}

bool md_trace_move(struct md_trace *t, struct md_arena *a)
{
	t->blocks->arena = a;
	return md_trace_room(t);
}

/* Parts for the entries of `from` up to the last part of another log, where they lie in several.
 * NULL: out of memory; otherwise the first of those in the last part. */
static const struct md_log_entry *add_whole_parts(struct md_trace_blocks *all, struct md_trace_mark from,
                                                  struct md_trace_mark to)
{
	const struct md_log_entry *begin = from.at;
	for (const struct md_trace_part *part = from.part; part != to.part; part = part->next, begin = part->begin) {
		struct md_trace_part *copy = md_alloc(all->arena, sizeof *copy);
		if (!copy)
			return NULL;
		*copy = (struct md_trace_part){ .begin = begin, .end = part->end };
		append_parts(all, copy, copy);
	}
	return begin;
}

/* The rest of the block that was being written stays in use, as a part of its own. */
static bool add_parts(struct md_trace *t, struct md_trace_mark from, struct md_trace_mark to)
{
	struct md_trace_blocks *all = t->blocks;
	const struct md_log_entry *begin = from.part == to.part ? from.at : add_whole_parts(all, from, to);
	struct md_trace_part *two = begin ? md_alloc(all->arena, 2 * sizeof *two) : NULL;
	if (!two)
		return false;
	two[0] = (struct md_trace_part){ .begin = begin, .end = to.at, .next = &two[1] };
	two[1] = (struct md_trace_part){ .begin = t->at, .end = t->at };
	append_parts(all, &two[0], &two[1]);
	return true;
}

/* The newest part ends where the next entry is written. When the last part could not be added, the
 * newest is again the one before. */
bool md_trace_repeat(struct md_trace *t, struct md_trace_mark from, struct md_trace_mark to)
{
	struct md_trace_part *newest = t->blocks->last;
	close_newest_part(t);
	if (add_parts(t, from, to))
		return true;
	*(newest ? &newest->next : &t->blocks->first) = NULL;
	t->blocks->last = newest;
	return false;
}

/* ---- reading ---- */

/* Over all entries in order. */
struct fact_walk {
	const struct md_trace *trace;
	const struct md_trace_part *part;
	const struct md_log_entry *at;
};

static struct fact_walk start_walk(const struct md_trace *t)
{
	const struct md_trace_part *part = t ? t->blocks->first : NULL;
	return (struct fact_walk){ t, part, part ? part->begin : NULL };
}

static const struct md_log_entry *next_entry(struct fact_walk *w)
{
	while (w->part) {
		const struct md_log_entry *end = w->part->next ? w->part->end : w->trace->at;
		if (w->at < end)
			return w->at++;
		w->part = w->part->next;
		w->at = w->part ? w->part->begin : NULL;
	}
	return NULL;
}

static void append_value(struct md_buf *b, const struct md_value *v)
{
	if (!v->type.array) {
		md_buf_char(b, '\'');
		md_buf_str(b, v->text);
		md_buf_char(b, '\'');
		return;
	}
	md_buf_char(b, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		md_buf_str(b, i ? MD_STR(", ") : MD_NOSTR);
		md_buf_str(b, v->list.items[i]);
	}
	md_buf_char(b, ']');
}

static void append_redacted_message(struct md_buf *b, struct md_str message)
{
	md_buf_fmt(b, "<message, length %zu>", message.n);
}

/* Instead of a value that may not be shown: its type and length. */
static void append_redacted_value(struct md_buf *b, const struct md_value *v)
{
	bool list = v->type.array;
	const char *unit = list ? "elements" : "length";
	md_buf_fmt(b, "<%s, %s %zu>", md_type_name(v->type), unit, list ? v->list.n : v->text.n);
}

static void append_fact(struct md_buf *b, const struct md_fact *f, bool show_values)
{
	switch (f->kind) {
	case MD_FACT_STR:
		md_buf_str(b, f->str);
		break;
	case MD_FACT_INT:
		md_buf_int(b, f->num);
		break;
	case MD_FACT_LIST:
		for (size_t i = 0; i < f->list.n; i++) {
			md_buf_str(b, i ? MD_STR(", ") : MD_NOSTR);
			md_buf_str(b, f->list.v[i]);
		}
		break;
	case MD_FACT_VALUE:
		show_values ? append_value(b, f->value) : append_redacted_value(b, f->value);
		break;
	case MD_FACT_MESSAGE:
		show_values ? md_buf_str(b, f->str) : append_redacted_message(b, f->str);
		break;
	case MD_FACT_TYPE:
		md_buf_str(b, md_str_z(md_type_name(f->type)));
		break;
	case MD_FACT_LATE:
		f->late.write(b, f->late.what);
		break;
	}
}

static void append_message(struct md_buf *b, const struct md_log_entry *e, bool show_values)
{
	unsigned given = 0;
	for (const char *p = events[e->id].pattern; *p; p++) {
		if (p[0] == '{' && p[1] == '}' && given < e->n) {
			append_fact(b, &e->fact[given++], show_values);
			p++;
		} else {
			md_buf_char(b, *p);
		}
	}
}

static void write_value(struct md_jw *w, const struct md_value *v)
{
	if (!v->type.array) {
		md_jw_str(w, v->text);
		return;
	}
	md_jw_arr(w);
	for (size_t i = 0; i < v->list.n; i++)
		md_jw_str(w, v->list.items[i]);
	md_jw_arr_end(w);
}

static void write_late_fact(struct md_jw *w, const struct md_fact *f)
{
	struct md_buf text = { .arena = w->b->arena };
	f->late.write(&text, f->late.what);
	md_jw_str(w, md_buf_view(&text));
	w->b->failed |= text.failed;
	md_buf_free(&text);
}

static void write_redacted(struct md_jw *w, const char *type, size_t length)
{
	md_jw_obj(w);
	md_jw_kstr(w, "type", md_str_z(type));
	md_jw_kint(w, "length", (int64_t)length);
	md_jw_obj_end(w);
}

static void write_fact(struct md_jw *w, const struct md_fact *f, bool show_values)
{
	const struct md_value *v = f->value;
	switch (f->kind) {
	case MD_FACT_INT:
		md_jw_int(w, f->num);
		return;
	case MD_FACT_LIST:
		md_jw_arr(w);
		for (size_t i = 0; i < f->list.n; i++)
			md_jw_str(w, f->list.v[i]);
		md_jw_arr_end(w);
		return;
	case MD_FACT_VALUE:
		if (show_values)
			write_value(w, v);
		else
			write_redacted(w, md_type_name(v->type), v->type.array ? v->list.n : v->text.n);
		return;
	case MD_FACT_MESSAGE:
		if (show_values)
			md_jw_str(w, f->str);
		else
			write_redacted(w, "message", f->str.n);
		return;
	case MD_FACT_TYPE:
		md_jw_str(w, md_str_z(md_type_name(f->type)));
		return;
	case MD_FACT_LATE:
		write_late_fact(w, f);
		return;
	case MD_FACT_STR:
		md_jw_str(w, f->str);
	}
}

static void write_details(struct md_jw *w, const struct md_log_entry *e, bool show_values)
{
	md_jw_keyz(w, "details");
	md_jw_obj(w);
	for (unsigned i = 0; i < e->n; i++) {
		const char *name = events[e->id].field[i];
		if (!*name)
			continue;
		md_jw_key(w, md_str_z(name));
		write_fact(w, &e->fact[i], show_values);
	}
	md_jw_obj_end(w);
}

/* The message is made in a buffer of its own, then quoted. */
static void write_entry(struct md_jw *w, const struct md_log_entry *e, bool show_values, const int64_t *time)
{
	struct md_buf text = { .arena = w->b->arena };
	append_message(&text, e, show_values);
	md_jw_obj(w);
	if (time)
		md_jw_kint(w, "timestamp", *time);
	md_jw_kstr(w, "phase", md_str_z(phase_names[events[e->id].phase]));
	md_jw_kstr(w, "message", md_buf_view(&text));
	write_details(w, e, show_values);
	md_jw_obj_end(w);
	w->b->failed |= text.failed;
	md_buf_free(&text);
}

const struct md_log_view md_log_whole = { .values = true, .statement = true, .row_rules = true };

/* A line that names what a view hides is left out. */
static bool is_entry_shown(const struct md_log_entry *e, const struct md_log_view *view)
{
	switch (e->id) {
	case MD_EV_NAME:
	case MD_EV_SOURCE:
	case MD_EV_SQL_TEXT:
	case MD_EV_NATIVE:
	case MD_EV_NATIVE_EMPTY:
		return view->statement;
	case MD_EV_JOIN_RESOLVED:
	case MD_EV_EXISTS_RESOLVED:
	case MD_EV_ROW_EQ:
	case MD_EV_ROW_NE:
	case MD_EV_ROW_IN:
	case MD_EV_ROW_IS_NULL:
	case MD_EV_ROW_IS_NOT_NULL:
	case MD_EV_ROW_VALUE:
	case MD_EV_CELL_SHOWN:
	case MD_EV_CELL_MASKED:
	case MD_EV_CELL_CLEAR:
		return view->row_rules;
	default:
		return true;
	}
}

static const struct md_log_entry *next_shown(struct fact_walk *w, const struct md_log_view *view)
{
	const struct md_log_entry *e;
	while ((e = next_entry(w)) && !is_entry_shown(e, view))
		continue;
	return e;
}

void md_trace_json(struct md_jw *w, const struct md_trace *t, const struct md_log_view *view, bool with_time)
{
	struct fact_walk walk = start_walk(t);
	md_jw_arr(w);
	for (const struct md_log_entry *e; (e = next_shown(&walk, view));)
		write_entry(w, e, view->values, with_time ? &t->blocks->times[e->tick] : NULL);
	md_jw_arr_end(w);
}

/* Names and values are as the caller wrote them: a line break among them must not begin a line that
 * looks like one of the log. */
static void append_message_line(struct md_buf *out, const struct md_log_entry *e, bool show_values)
{
	struct md_buf text = { .arena = out->arena };
	append_message(&text, e, show_values);
	md_append_printable(out, md_buf_view(&text));
	md_buf_char(out, '\n');
	out->failed |= text.failed;
	md_buf_free(&text);
}

void md_trace_text(struct md_buf *out, const struct md_trace *t, const struct md_log_view *view)
{
	static const char spaces[] = "              ";
	struct fact_walk walk = start_walk(t);
	for (const struct md_log_entry *e; (e = next_shown(&walk, view));) {
		const char *tag = phase_tags[events[e->id].phase];
		md_buf_fmt(out, "[%s]%.*s", tag, (int)(12 - strlen(tag)), spaces);
		append_message_line(out, e, view->values);
	}
}
