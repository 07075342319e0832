/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table and its values as text: YAML for people and for the parser, Markdown for the manual. */
#include "common/config_parts.h"

#include <string.h>

static const char *const kind_names[CFGK_MAX] = {
	[CFGK_INT] = "number",
	[CFGK_BOOL] = "true or false",
	[CFGK_TEXT] = "text",
	[CFGK_PATH] = "absolute path",
	[CFGK_ADDR] = "address",
	[CFGK_TIME] = "duration",
	[CFGK_SIZE] = "size",
	[CFGK_PERCENT] = "percentage",
	[CFGK_ENUM] = "word",
	[CFGK_LIST] = "list of texts",
	[CFGK_MAP] = "mapping",
};

static void add_quoted(struct cc_buf *out, const char *text)
{
	cc_buf_addc(out, '"');
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			cc_buf_printf(out, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f)
			cc_buf_printf(out, "\\x%02x", *p);
		else
			cc_buf_addc(out, (char)*p);
	}
	cc_buf_addc(out, '"');
}

static void add_raw(struct cc_buf *out, const struct cc_cfg_raw *raw, bool plain)
{
	static const char *const brackets[] = { "", "[]", "{}" };

	if (raw->shape != CC_CFG_SCALAR)
		cc_buf_addc(out, brackets[raw->shape][0]);
	for (size_t i = 0; i < raw->n; i++) {
		if (i > 0)
			cc_buf_adds(out, ", ");
		if (raw->items[i].key != NULL) {
			add_quoted(out, raw->items[i].key);
			cc_buf_adds(out, ": ");
		}
		if (plain)
			cc_buf_adds(out, raw->items[i].value);
		else
			add_quoted(out, raw->items[i].value);
	}
	if (raw->shape != CC_CFG_SCALAR)
		cc_buf_addc(out, brackets[raw->shape][1]);
}

void cc_config_show(const struct cc_config *config, struct cc_buf *out)
{
	cc_auto(cc_arena_free) struct cc_arena *scratch = cc_arena_new(0);
	const struct cc_settings *settings = cc_cfg_settings(config);

	for (size_t i = 0; i < settings->n; i++) {
		const struct cc_setting *s = &settings->rows[i];
		struct cc_cfg_raw raw = cc_cfg_fetch(scratch, s, cc_config_values(config));

		if (s->flags & CFG_SECRET) {
			cc_buf_printf(out, "# %s: not shown  # %s\n", s->name, cc_cfg_origin(config, i));
			continue;
		}
		cc_buf_printf(out, "%s: ", s->name);
		add_raw(out, &raw, cc_cfg_is_plain(s->kind));
		cc_buf_printf(out, "  # %s\n", cc_cfg_origin(config, i));
	}
}

void cc_config_example(const struct cc_settings *settings, struct cc_buf *out)
{
	cc_auto(cc_arena_free) struct cc_arena *scratch = cc_arena_new(0);

	cc_buf_adds(out, "# Every setting with its default. Remove the '#' before a name to change it.\n");
	for (size_t i = 0; i < settings->n; i++) {
		const struct cc_setting *s = &settings->rows[i];
		const char *range = cc_cfg_range(scratch, s);
		struct cc_cfg_raw raw = cc_cfg_split(scratch, s, s->fallback);

		cc_buf_printf(out, "\n# %s\n# %s%s%s%s\n#%s: ", s->help, kind_names[s->kind], range[0] ? ": " : "", range,
		        s->flags & CFG_RELOAD ? "; read again on reload" : "", s->name);
		add_raw(out, &raw, cc_cfg_is_plain(s->kind));
		cc_buf_addc(out, '\n');
	}
}

void cc_config_markdown(const struct cc_settings *settings, struct cc_buf *out)
{
	cc_auto(cc_arena_free) struct cc_arena *scratch = cc_arena_new(0);

	cc_buf_adds(out, "| setting | kind | default | allowed | reload | meaning |\n| --- | --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < settings->n; i++) {
		const struct cc_setting *s = &settings->rows[i];

		cc_buf_printf(out, "| `%s` | %s | ", s->name, kind_names[s->kind]);
		if (s->fallback[0] != '\0') {
			cc_buf_addc(out, '`');
			cc_buf_add_cell(out, s->fallback);
			cc_buf_addc(out, '`');
		}
		cc_buf_printf(out, " | %s | %s | ", cc_cfg_range(scratch, s), s->flags & CFG_RELOAD ? "yes" : "no");
		cc_buf_add_cell(out, s->help);
		cc_buf_adds(out, " |\n");
	}
}
