/* The options --role, --service-role, --context and --context-json as the library's context text;
 * --param and --params as its parameters. */
#include "cli/cli.h"

#include "json/write.h"

static void write_roles(struct md_jw *w, const char *key, const struct md_str *v, uint32_t n)
{
	md_jw_key(w, md_str_z(key));
	md_jw_arr(w);
	for (uint32_t i = 0; i < n; i++)
		md_jw_str(w, v[i]);
	md_jw_arr_end(w);
}

static void write_scopes(struct md_jw *w, const struct cli *cli)
{
	if (cli->roles.n == 1 && !cli->service_roles.n) {
		md_jw_kstr(w, "role", cli->roles.v[0]);
		return;
	}
	md_jw_keyz(w, "roles");
	md_jw_obj(w);
	if (cli->roles.n)
		write_roles(w, "user", cli->roles.v, cli->roles.n);
	if (cli->service_roles.n)
		write_roles(w, "service", cli->service_roles.v, cli->service_roles.n);
	md_jw_obj_end(w);
}

static void write_values(struct md_jw *w, const struct cli_value *v, uint32_t n)
{
	md_jw_obj(w);
	for (uint32_t i = 0; i < n; i++) {
		md_jw_key(w, v[i].key);
		if (v[i].json)
			md_jw_raw(w, v[i].text);
		else
			md_jw_str(w, v[i].text);
	}
	md_jw_obj_end(w);
}

int cli_context(struct cli *cli, struct md_str *out)
{
	struct md_buf b = { .arena = &cli->arena };
	struct md_jw w = { .b = &b };
	*out = md_str_z(cli->context_json);
	if (cli->context_json || (!cli->roles.n && !cli->service_roles.n && !cli->values.n))
		return 0;
	md_jw_obj(&w);
	if (cli->roles.n || cli->service_roles.n)
		write_scopes(&w, cli);
	md_jw_keyz(&w, "contextValues");
	write_values(&w, cli->values.v, cli->values.n);
	md_jw_obj_end(&w);
	*out = md_buf_view(&b);
	return b.failed ? -1 : 0;
}

int cli_parameters(struct cli *cli, struct md_str *out)
{
	struct md_buf b = { .arena = &cli->arena };
	struct md_jw w = { .b = &b };
	*out = md_str_z(cli->parameters_json);
	if (cli->parameters_json || !cli->parameters.n)
		return 0;
	write_values(&w, cli->parameters.v, cli->parameters.n);
	*out = md_buf_view(&b);
	return b.failed ? -1 : 0;
}
