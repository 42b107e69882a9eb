#include "cli/cli_progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/cm_clock.h"

enum { BAR = 24, TERMINAL_STEP_US = 50000, LINE_STEP_US = 1000000 };

void cli_progress_start(cli_progress *progress, const char *what, int64_t total)
{
    int64_t now = cm_clock_monotonic_us();

    *progress =
        (cli_progress){.total = total, .unit = "rows", .started = now, .drawn = now, .terminal = isatty(STDERR_FILENO)};
    snprintf(progress->what, sizeof progress->what, "%s", what);
}

static void draw(const cli_progress *p, int64_t now, bool last)
{
    double seconds = (double)(now - p->started) / 1e6;
    double rate = seconds > 0 ? (double)p->done / seconds : 0;

    if (p->terminal && p->total > 0) {
        static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
        int64_t cells = (last ? p->total : p->at) * BAR * 8 / p->total;
        fprintf(stderr, "\r  %-28s ", p->what);
        for (int i = 0; i < BAR; i++)
            fputs(cells >= (i + 1) * 8 ? "█" : cells > i * 8 ? eighths[cells - i * 8] : " ", stderr);
        fprintf(stderr, " %lld %s, %.0f a second\033[K", (long long)p->done, p->unit, rate);
    } else {
        fprintf(stderr, "%s  %-28s %lld %s, %.0f a second", p->terminal ? "\r" : "", p->what, (long long)p->done,
                p->unit, rate);
    }
    if (last || !p->terminal)
        putc('\n', stderr);
    fflush(stderr);
}

void cli_progress_step(cli_progress *progress, int64_t done, int64_t at)
{
    int64_t now = cm_clock_monotonic_us();

    progress->done = done;
    progress->at = at;
    if (now - progress->drawn < (progress->terminal ? TERMINAL_STEP_US : LINE_STEP_US))
        return;
    progress->drawn = now;
    draw(progress, now, false);
}

void cli_progress_end(cli_progress *progress)
{
    draw(progress, cm_clock_monotonic_us(), true);
}
