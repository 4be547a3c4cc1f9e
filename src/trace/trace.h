/* The debug log as data: recording is a few stores into the request's arena; text and JSON are made
 * when the log is read (docs/adr/0005). events.def has the text of each line. */
#ifndef MD_TRACE_TRACE_H
#define MD_TRACE_TRACE_H

#include "base/ctx.h"
#include "base/value.h"
#include "json/write.h"

enum md_phase { MD_PHASE_VALIDATION, MD_PHASE_ACCESS, MD_PHASE_RLS, MD_PHASE_PLANNING, MD_PHASE_NAMES, MD_PHASE_SQL,
	        MD_PHASE_CACHE, MD_PHASE_EXECUTION, MD_PHASES };

enum md_event {
#define MD_EVENT(name, phase, pattern, f1, f2, f3, f4) MD_EV_##name,
#include "trace/events.def"
#undef MD_EVENT
	MD_EVENTS
};

/* A fact of an event. Text is borrowed: it must live as long as the request (arena, snapshot,
 * static). */
struct md_fact {
	enum {
		MD_FACT_STR,
		MD_FACT_INT,
		MD_FACT_LIST,
		MD_FACT_VALUE,
		MD_FACT_MESSAGE,
		MD_FACT_TYPE,
		MD_FACT_LATE
	} kind;
	union {
		struct md_str str; /* STR, MESSAGE: a message may quote values, and is shown as they are */
		int64_t num;
		struct md_type type;
		struct {
			const struct md_str *v;
			size_t n;
		} list;
		struct { /* text that is made when the log is read; holds no values */
			void (*write)(struct md_buf *b, const void *what);
			const void *what;
		} late;
		const struct md_value *value; /* a context or row value: shown only where policy allows */
	};
};
#define MD_S(s) ((struct md_fact){ .kind = MD_FACT_STR, .str = (s) })
#define MD_Z(z) ((struct md_fact){ .kind = MD_FACT_STR, .str = md_str_z(z) })
#define MD_M(s) ((struct md_fact){ .kind = MD_FACT_MESSAGE, .str = (s) })
#define MD_I(i) ((struct md_fact){ .kind = MD_FACT_INT, .num = (int64_t)(i) })
#define MD_L(v_, n_) ((struct md_fact){ .kind = MD_FACT_LIST, .list = { (v_), (n_) } })
#define MD_V(v_) ((struct md_fact){ .kind = MD_FACT_VALUE, .value = (v_) })
#define MD_LATE(write_, what_) ((struct md_fact){ .kind = MD_FACT_LATE, .late = { (write_), (what_) } })
#define MD_TYPE(t_) ((struct md_fact){ .kind = MD_FACT_TYPE, .type = (t_) })

enum { MD_FACTS = 4 };

struct md_log_entry {
	enum md_event id;
	uint16_t tick;   /* which clock reading */
	uint16_t n;      /* facts given; the others are not set */
	struct md_fact fact[MD_FACTS];
};

/* Entries are in blocks, so that recording never moves one; `at` and `end` are the free part of the
 * newest block. */
struct md_trace {
	struct md_log_entry *at, *end;
	uint32_t tick;
	struct md_trace_blocks *blocks;
};

struct md_trace *md_trace_new(struct md_arena *a); /* NULL: out of memory */
void md_trace_time(struct md_trace *t, int64_t now_ms); /* the clock reading of the events that follow */

/* Where the log has got to. */
struct md_trace_mark {
	const struct md_trace_part *part;
	const struct md_log_entry *at;
};
struct md_trace_mark md_trace_mark(const struct md_trace *t);

/* Events from here on are kept in the arena, in blocks apart from those before. False: out of
 * memory. */
bool md_trace_move(struct md_trace *t, struct md_arena *a);

/* Adds the events of another log between two of its marks. They stay where they are: their arena
 * has to live as long as t. They are of the clock readings of t with the same numbers. False: out
 * of memory. */
bool md_trace_repeat(struct md_trace *t, struct md_trace_mark from, struct md_trace_mark to);

bool md_trace_room(struct md_trace *t); /* a new block; false: out of memory, which the arena notes */

/* The place of one more event; NULL: nothing is recorded (t NULL, or out of memory). */
static inline struct md_log_entry *md_trace_add(struct md_trace *t, enum md_event e, uint16_t n)
{
	if (!t || (t->at == t->end && !md_trace_room(t)))
		return NULL;
	struct md_log_entry *entry = t->at++;
	entry->id = e;
	entry->tick = (uint16_t)t->tick;
	entry->n = n;
	return entry;
}

/* Records one event, fact by fact into its place: no fact is copied twice. */
#define MD_EV(cx, e, n, ...)                                                          \
	do {                                                                          \
		struct md_log_entry *entry_ = md_trace_add((cx)->trace, (e), (n)); \
		if (entry_) {                                                         \
			__VA_ARGS__;                                                  \
		}                                                                     \
	} while (0)
#define MD_PUT(i, f) entry_->fact[i] = (f)
#define md_ev0(cx, e) MD_EV(cx, e, 0, (void)0)
#define md_ev1(cx, e, a) MD_EV(cx, e, 1, MD_PUT(0, a))
#define md_ev2(cx, e, a, b) MD_EV(cx, e, 2, MD_PUT(0, a); MD_PUT(1, b))
#define md_ev3(cx, e, a, b, c) MD_EV(cx, e, 3, MD_PUT(0, a); MD_PUT(1, b); MD_PUT(2, c))
#define md_ev4(cx, e, a, b, c, d) MD_EV(cx, e, 4, MD_PUT(0, a); MD_PUT(1, b); MD_PUT(2, c); MD_PUT(3, d))

/* What of a log is shown. */
struct md_log_view {
	bool values;    /* otherwise their type and length */
	bool statement; /* the lines with SQL and physical names */
	bool row_rules; /* the lines with the conditions of row filters, cell rules and relations */
};
extern const struct md_log_view md_log_whole;

/* [{timestamp, phase, message, details}]. with_time false: no timestamps, so that equal requests
 * print equal bytes. */
void md_trace_json(struct md_jw *w, const struct md_trace *t, const struct md_log_view *view, bool with_time);
/* Lines such as "[planning]    Tables needed: …\n" */
void md_trace_text(struct md_buf *b, const struct md_trace *t, const struct md_log_view *view);
/* The full name ("name-resolution") and the short tag ("name-res") of a phase. */
const char *md_phase_name(enum md_phase p);
const char *md_phase_tag(enum md_phase p);

#endif
