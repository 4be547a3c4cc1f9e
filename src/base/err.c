#include "base/buf.h"
#include "base/ctx.h"
#include "base/printable.h"

static const struct {
	const char *name, *title;
	int status;
	enum md_class class;
} codes[MD_CODES] = {
	[MD_OK] = { "OK", "no error", 200, MD_CLASS_INTERNAL },
#define MD_ERROR(number, code, status, class, title) [MD_##code] = { #code, title, status, MD_CLASS_##class },
#include "base/errors.def"
#undef MD_ERROR
};

const char *md_code_name(enum md_code c)
{
	return codes[c].name;
}

int md_code_status(enum md_code c)
{
	return codes[c].status;
}

enum md_class md_code_class(enum md_code c)
{
	return codes[c].class;
}

const char *md_code_title(enum md_code c)
{
	return codes[c].title;
}

struct md_str md_hint_text(enum md_hint h)
{
	static const struct md_str texts[MD_HINTS] = {
#define MD_HINT(id, text) [MD_HINT_##id] = { text, sizeof(text) - 1 },
#include "base/hints.def"
#undef MD_HINT
	};
	return texts[h];
}

/* QUERY_FAILED has no hint here: its hint follows from the code of the database, which the driver
 * knows. */
enum md_hint md_code_hint(enum md_code c)
{
	switch (c) {
	case MD_EXECUTOR_MISSING:
		return MD_HINT_ADD_CONNECTION;
	case MD_CONNECTION_FAILED:
		return MD_HINT_CHECK_URL;
	case MD_POOL_EXHAUSTED:
		return MD_HINT_RAISE_POOL;
	case MD_QUERY_TIMEOUT:
		return MD_HINT_RAISE_DEADLINE;
	default:
		return MD_HINT_NONE;
	}
}

struct md_str md_error_hint(const struct md_error *e)
{
	return e->details.hint.p ? e->details.hint : md_hint_text(md_code_hint(e->code));
}

bool md_error_has_problems(const struct md_error *e)
{
	enum md_class class = md_code_class(e->code);
	return class == MD_CLASS_VALIDATION || class == MD_CLASS_CONFIG;
}

#define DETAIL_NAME(member, name) name,
const char *const md_detail_name[MD_DETAIL_COUNT] = { MD_EACH_DETAIL(DETAIL_NAME) };
#undef DETAIL_NAME

#define DETAIL_OFFSET(member, name) offsetof(struct md_details, member),
static const size_t detail_offset[MD_DETAIL_COUNT] = { MD_EACH_DETAIL(DETAIL_OFFSET) };
#undef DETAIL_OFFSET

struct md_str md_detail(const struct md_details *d, unsigned i)
{
	struct md_str detail;
	memcpy(&detail, (const char *)d + detail_offset[i], sizeof detail);
	return detail;
}

struct md_details md_details_dup(struct md_arena *a, const struct md_details *d)
{
	struct md_details copy = { 0 };
	for (unsigned i = 0; i < MD_DETAIL_COUNT; i++) {
		struct md_str detail = md_detail(d, i);
		if (detail.p)
			detail = md_str_dup(a, detail);
		memcpy((char *)&copy + detail_offset[i], &detail, sizeof detail);
	}
	return copy;
}

/* RFC 6901: '~' and '/' inside a member name are written ~0 and ~1. */
static void append_pointer_part(struct md_buf *b, const struct md_at *at)
{
	md_buf_char(b, '/');
	if (!at->key.p) {
		md_buf_int(b, at->index);
		return;
	}
	for (size_t i = 0; i < at->key.n; i++) {
		char c = at->key.p[i];
		if (c == '~' || c == '/')
			md_buf_add(b, c == '~' ? "~0" : "~1", 2);
		else
			md_buf_char(b, c);
	}
}

struct md_str md_at_pointer(struct md_arena *a, const struct md_at *at)
{
	const struct md_at *chain[64]; /* deeper than any document that the parsers accept */
	size_t n = 0;
	for (; at && n < 64; at = at->up)
		chain[n++] = at;
	struct md_buf b = { .arena = a };
	while (n--)
		append_pointer_part(&b, chain[n]);
	return md_buf_text(&b);
}

/* The index in the definition's own `filters` that the place leads into, or -1. */
static int filter_index(const struct md_at *at)
{
	const struct md_at *below = NULL;
	for (; at && at->up; at = at->up)
		below = at;
	bool is_filter = at && below && !below->key.p && md_str_eqz(at->key, "filters");
	return is_filter ? (int)below->index : -1;
}

bool md_count_unlisted_problem(struct md_error *e)
{
	bool is_full = e->problems.n == MD_MOST_PROBLEMS;
	e->more_problems += is_full;
	return is_full;
}

void md_report(struct md_ctx *cx, enum md_code code, const struct md_at *at, const struct md_details *details,
               const char *fmt, ...)
{
	if (md_count_unlisted_problem(cx->err))
		return;
	struct md_problem *p = md_push(cx->arena, &cx->err->problems);
	if (!p) {
		md_out_of_memory(cx);
		return;
	}
	va_list ap;
	va_start(ap, fmt);
	p->message = md_str_vfmt(cx->arena, fmt, ap);
	va_end(ap);
	p->code = code;
	p->pointer = md_at_pointer(cx->arena, at);
	p->filter_index = filter_index(at);
	if (details)
		p->details = md_details_dup(cx->arena, details);
	if (cx->arena->oom || !p->message.p)
		md_out_of_memory(cx);
}

const char *md_did_you_mean(struct md_arena *a, struct md_str near)
{
	const char *text = near.n ? md_str_fmt(a, ", did you mean '%.*s'", MD_FMT(near)).p : NULL;
	return text ? text : "";
}

const char *md_list_words(struct md_arena *a, const char *const *words, size_t n)
{
	struct md_buf b = { .arena = a };
	for (size_t i = 0; i < n; i++) {
		const char *last = i + 1 == n ? " or " : ", ";
		md_buf_fmt(&b, "%s%s", i ? last : "", words[i]);
	}
	md_buf_char(&b, '\0');
	return b.failed ? "one of the known words" : b.p;
}

int md_out_of_memory(struct md_ctx *cx)
{
	struct md_error *e = cx->err;
	e->code = MD_OUT_OF_MEMORY;
	e->message = MD_STR("out of memory");
	e->cause = MD_NOSTR;
	e->details = (struct md_details){ 0 };
	return -1;
}

int md_check_memory(struct md_ctx *cx)
{
	return cx->arena->oom ? md_out_of_memory(cx) : 0;
}

int md_stage_failed(struct md_ctx *cx)
{
	md_check_memory(cx);
	return -1;
}

/* False: the record holds an earlier error. */
static bool fill_error(struct md_ctx *cx, enum md_code code, const char *fmt, va_list ap)
{
	if (cx->err->code != MD_OK)
		return false;
	cx->err->code = code;
	cx->err->message = md_valid_utf8(cx->arena, md_str_vfmt(cx->arena, fmt, ap));
	return true;
}

int md_fail(struct md_ctx *cx, enum md_code code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	bool is_first = fill_error(cx, code, fmt, ap);
	va_end(ap);
	if (is_first)
		md_check_memory(cx);
	return -1;
}

int md_fail_with(struct md_ctx *cx, enum md_code code, const struct md_details *details, struct md_str cause,
                 const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	bool is_first = fill_error(cx, code, fmt, ap);
	va_end(ap);
	if (!is_first)
		return -1;
	if (details)
		cx->err->details = md_details_dup(cx->arena, details);
	if (cause.n)
		cx->err->cause = md_valid_utf8(cx->arena, md_str_dup(cx->arena, cause));
	md_check_memory(cx);
	return -1;
}

int md_fail_if_problems(struct md_ctx *cx, enum md_code code)
{
	unsigned n = cx->err->problems.n;
	if (cx->err->code != MD_OK)
		return -1;
	if (n == 0)
		return 0;
	const char *what = code == MD_CONFIG_INVALID ? "Config invalid" : "Validation failed";
	if (cx->err->more_problems)
		return md_fail(cx, code, "%s: %u errors, of which the first %u are listed", what,
		               md_problem_count(cx->err), n);
	return md_fail(cx, code, "%s: %u error%s", what, n, n == 1 ? "" : "s");
}
