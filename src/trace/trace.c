/* Events in a linked list of blocks, so that recording never moves what is there. */
#include "trace/trace.h"

enum { BLOCK = 24, FACTS = 4 };

struct event {
	enum md_event id;
	uint32_t tick; /* index into times: which clock reading */
	struct md_fact fact[FACTS];
};

struct block {
	struct block *next;
	uint32_t n;
	struct event event[BLOCK];
};

enum { TICKS = 32 };

struct md_trace {
	struct md_arena *arena;
	struct block *first, *last;
	uint32_t tick;
	int64_t times[TICKS];
};

static const struct {
	enum md_phase phase;
	const char *pattern, *field[FACTS];
} events[MD_EVENTS] = {
#define MD_EVENT(name, phase, pattern, f1, f2, f3, f4) [MD_EV_##name] = { MD_PHASE_##phase, pattern, { f1, f2, f3, f4 } },
#include "trace/events.def"
#undef MD_EVENT
};

static const char *const phase_names[MD_PHASES] = { "validation", "access-control", "rls", "planning", "name-resolution",
	                                            "sql-generation", "cache", "execution" };
static const char *const phase_tags[MD_PHASES] = { "validation", "access", "rls", "planning", "name-res", "sql-gen", "cache", "execution" };

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
	struct md_trace *t = md_alloc(a, sizeof *t);
	if (t)
		*t = (struct md_trace){ .arena = a };
	return t;
}

void md_trace_time(struct md_trace *t, int64_t now_ms)
{
	if (t->tick + 1 < TICKS && t->first)
		t->tick++;
	t->times[t->tick] = now_ms;
}

static struct block *room(struct md_trace *t)
{
	if (t->last && t->last->n < BLOCK)
		return t->last;
	struct block *b = md_alloc(t->arena, sizeof *b);
	if (!b)
		return NULL;
	b->next = NULL;
	b->n = 0;
	*(t->last ? &t->last->next : &t->first) = b;
	return t->last = b;
}

void md_trace_add(struct md_trace *t, enum md_event id, struct md_fact f1, struct md_fact f2, struct md_fact f3, struct md_fact f4)
{
	struct block *b = t ? room(t) : NULL;
	if (!b)
		return;
	struct event *e = &b->event[b->n++];
	e->id = id;
	e->tick = t->tick;
	e->fact[0] = f1;
	e->fact[1] = f2;
	e->fact[2] = f3;
	e->fact[3] = f4;
}

static void value_text(struct md_buf *b, const struct md_value *v)
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

/* What is shown instead of a value: its type and length alone. */
static void value_redacted(struct md_buf *b, const struct md_value *v)
{
	bool list = v->type.array;
	md_buf_fmt(b, "<%s, %s %zu>", md_type_name(v->type), list ? "elements" : "length", list ? v->list.n : v->text.n);
}

static void fact_text(struct md_buf *b, const struct md_fact *f, bool show_values)
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
		show_values ? value_text(b, f->value) : value_redacted(b, f->value);
		break;
	case MD_FACT_NONE:
		break;
	}
}

static void message(struct md_buf *b, const struct event *e, bool show_values)
{
	int next = 0;
	for (const char *p = events[e->id].pattern; *p; p++) {
		if (p[0] == '{' && p[1] == '}' && next < FACTS) {
			fact_text(b, &e->fact[next++], show_values);
			p++;
		} else {
			md_buf_char(b, *p);
		}
	}
}

static void value_json(struct md_jw *w, const struct md_value *v)
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

static void fact_json(struct md_jw *w, const struct md_fact *f, bool show_values)
{
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
		if (show_values) {
			value_json(w, f->value);
			return;
		}
		md_jw_obj(w);
		md_jw_kstr(w, "type", md_str_z(md_type_name(f->value->type)));
		md_jw_kint(w, "length", (int64_t)(f->value->type.array ? f->value->list.n : f->value->text.n));
		md_jw_obj_end(w);
		return;
	default:
		md_jw_str(w, f->kind == MD_FACT_STR ? f->str : MD_NOSTR);
	}
}

static void details(struct md_jw *w, const struct event *e, bool show_values)
{
	md_jw_keyz(w, "details");
	md_jw_obj(w);
	for (int i = 0; i < FACTS; i++) {
		const char *name = events[e->id].field[i];
		if (!*name || e->fact[i].kind == MD_FACT_NONE)
			continue;
		md_jw_key(w, md_str_z(name));
		fact_json(w, &e->fact[i], show_values);
	}
	md_jw_obj_end(w);
}

/* The message is made in a buffer of its own, then quoted. */
static void entry(struct md_jw *w, const struct event *e, bool show_values, const int64_t *time)
{
	struct md_buf text = { .arena = w->b->arena };
	message(&text, e, show_values);
	md_jw_obj(w);
	if (time)
		md_jw_kint(w, "timestamp", *time);
	md_jw_kstr(w, "phase", md_str_z(phase_names[events[e->id].phase]));
	md_jw_kstr(w, "message", md_buf_view(&text));
	details(w, e, show_values);
	md_jw_obj_end(w);
	w->b->failed |= text.failed;
	md_buf_free(&text);
}

void md_trace_json(struct md_jw *w, const struct md_trace *t, bool show_values, bool with_time)
{
	md_jw_arr(w);
	for (const struct block *b = t ? t->first : NULL; b; b = b->next)
		for (uint32_t i = 0; i < b->n; i++)
			entry(w, &b->event[i], show_values, with_time ? &t->times[b->event[i].tick] : NULL);
	md_jw_arr_end(w);
}

void md_trace_text(struct md_buf *out, const struct md_trace *t, bool show_values)
{
	static const char spaces[] = "              ";
	for (const struct block *b = t ? t->first : NULL; b; b = b->next)
		for (uint32_t i = 0; i < b->n; i++) {
			const char *tag = phase_tags[events[b->event[i].id].phase];
			md_buf_fmt(out, "[%s]%.*s", tag, (int)(12 - strlen(tag)), spaces);
			message(out, &b->event[i], show_values);
			md_buf_char(out, '\n');
		}
}
