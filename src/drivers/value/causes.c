/* See causes.h. Only failures come here, so a plain search is fast enough. */
#include "drivers/value/causes.h"

#include "base/err.h"

static const struct {
	enum md_cause_source source;
	struct md_str code;
	enum md_hint hint;
} causes[] = {
#define MD_CAUSE(source, code, hint) { MD_CAUSE_OF_##source, { code, sizeof(code) - 1 }, MD_HINT_##hint },
#include "drivers/value/causes.def"
#undef MD_CAUSE
};

static bool code_matches(struct md_str pattern, struct md_str code)
{
	if (pattern.p[pattern.n - 1] != '*')
		return md_str_eq(pattern, code);
	return code.n >= pattern.n - 1 && memcmp(pattern.p, code.p, pattern.n - 1) == 0;
}

struct md_str md_cause_hint(enum md_cause_source source, struct md_str code)
{
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (causes[i].source == source && code_matches(causes[i].code, code))
			return md_hint_text(causes[i].hint);
	return MD_NOSTR;
}
