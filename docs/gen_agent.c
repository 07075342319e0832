/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/settings.h"
#include "docs/gen.h"

void gen_settings_agent(struct cc_buf *out)
{
	gen_head(out, "Settings of cc-agent", "agent/agent.def",
	        "The file (`--config`) is YAML; a setting may also come from the environment as `CC_NAME`, or from `--set NAME=VALUE`. `--example-config` prints a\n"
	        "file to begin with. *reload*: SIGHUP is enough.");
	cc_config_markdown(&agent_settings, out);
}

static const struct {
	const char *name;
	const char *fallback;
	const char *min;
	const char *max;
	const char *help;
} flags[] = {
#define CFG(kind, name, dflt, min, max, help) { #name, dflt, min, max, help },
#include "agent/priv.def"
#undef CFG
};

void gen_settings_agent_priv(struct cc_buf *out)
{
	gen_head(out, "Settings of cc-agent-priv", "agent/priv.def",
	        "The half of the agent with rights reads no file: each setting is a flag, `--state-dir VALUE`. What follows `--` goes to cc-agent.");
	cc_buf_adds(out, "| flag | default | allowed | meaning |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < CC_ARRAY_LEN(flags); i++) {
		cc_buf_adds(out, "| `--");
		for (const char *p = flags[i].name; *p != '\0'; p++)
			cc_buf_addc(out, *p == '_' ? '-' : *p);
		cc_buf_printf(out, "` | %s%s%s | ", flags[i].fallback[0] ? "`" : "", flags[i].fallback, flags[i].fallback[0] ? "`" : "");
		if (flags[i].min != NULL)
			cc_buf_printf(out, "%s to %s", flags[i].min, flags[i].max);
		cc_buf_adds(out, " | ");
		cc_buf_add_cell(out, flags[i].help);
		cc_buf_adds(out, " |\n");
	}
}
