/* Which parameter an error of Trino is about. Without a databaseType a literal may be one that the
 * column's own type does not hold, which Trino notices when it converts the literal, or a connector
 * when it hands the literal to its database. Accepts the messages that are listed here, which quote
 * the literal, and promises a parameter only if its own text is what is quoted. */
#include "drivers/trino/private.h"

/* The quoted text stands between two of `quote`, or, where that is '\0', behind the last ": ". */
static const struct unfit_message {
	const char *error_name, *part;
	char quote;
} unfit_messages[] = {
	{ "INVALID_CAST_ARGUMENT", "Cannot cast ", '\'' },
	{ "JDBC_ERROR", "invalid input value for enum ", '"' },
	{ "JDBC_ERROR", " must be between ", '\0' },
};

static bool has_part(struct md_str message, const char *part)
{
	return message.n && memmem(message.p, message.n, part, strlen(part));
}

static struct md_str text_in_quotes(struct md_str message, char quote)
{
	const char *from = memchr(message.p, quote, message.n);
	size_t left = from ? message.n - (size_t)(from + 1 - message.p) : 0;
	const char *to = left ? memchr(from + 1, quote, left) : NULL;
	return to ? (struct md_str){ from + 1, (size_t)(to - from - 1) } : MD_NOSTR;
}

static struct md_str text_at_end(struct md_str message)
{
	for (size_t i = message.n; i >= 2; i--)
		if (message.p[i - 2] == ':' && message.p[i - 1] == ' ')
			return (struct md_str){ message.p + i, message.n - i };
	return MD_NOSTR;
}

static bool is_in_value(const struct md_value *v, struct md_str text)
{
	bool found = !v->type.array && md_str_eq(v->text, text);
	for (size_t i = 0; v->type.array && i < v->list.n && !found; i++)
		found = md_str_eq(v->list.items[i], text);
	return found;
}

static struct md_str find_quoted(struct md_str error_name, struct md_str message)
{
	for (size_t i = 0; i < sizeof unfit_messages / sizeof *unfit_messages; i++) {
		const struct unfit_message *m = &unfit_messages[i];
		if (md_str_eqz(error_name, m->error_name) && has_part(message, m->part))
			return m->quote ? text_in_quotes(message, m->quote) : text_at_end(message);
	}
	return MD_NOSTR;
}

uint32_t md_trino_unfit_parameter(const struct md_stmt *s, struct md_str error_name, struct md_str message)
{
	struct md_str quoted = find_quoted(error_name, message);
	for (uint32_t i = 0; quoted.n && i < s->n_params; i++)
		if (is_in_value(&s->params[i], quoted))
			return i + 1;
	return 0;
}
