/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include "cli/units.h"
#include "common/clock.h"

#include <stdio.h>

#define REDRAW_MS 100

void progress_begin(struct progress *p, const char *what, int64_t total, bool show)
{
	*p = (struct progress){ show ? what : NULL, total, 0, 0 };
}

void progress_add(struct progress *p, int64_t more)
{
	cc_auto_buf struct cc_buf line = { 0 };
	int64_t now;

	p->done += more;
	if (p->what == NULL)
		return;
	now = cc_boottime_ms();
	if (now - p->shown_ms < REDRAW_MS)
		return;
	p->shown_ms = now;
	cc_buf_printf(&line, "\r\033[K%s: ", p->what);
	units_add_bytes(&line, p->done);
	if (p->total > 0) {
		cc_buf_adds(&line, " of ");
		units_add_bytes(&line, p->total);
		cc_buf_printf(&line, " (%d %%)", (int)(p->done * 100 / p->total));
	}
	fputs(line.data, stderr);
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->what != NULL && p->shown_ms != 0)
		fputs("\r\033[K", stderr);
	p->what = NULL;
}
