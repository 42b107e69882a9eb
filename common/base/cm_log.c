#include "base/cm_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cm_clock.h"
#include "base/cm_digest.h"
#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "base/cm_trace.h"

/* Written once by cm_log_start, before any thread. */
static struct {
    const char *program;
    cm_level least;
    bool json, colour;
} settings = {.program = "cityneg", .least = CM_INFO, .json = true};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void cm_log_start(const char *program, cm_level least)
{
    const char *form = getenv("CITYNEG_LOG");
    bool terminal = isatty(STDERR_FILENO);

    settings.program = program;
    settings.least = least;
    settings.json = form && *form ? strcmp(form, "text") != 0 : !terminal;
    settings.colour = terminal && !getenv("NO_COLOR");
}

void cm_log_json(bool json)
{
    settings.json = json;
    settings.colour = settings.colour && !json;
}

/* Text between quotes, so that a line stays a line and stays JSON whatever is in it. */
static void quote(cm_text *line, const char *text)
{
    size_t at;

    cm_text_char(line, '"');
    while (*text) {
        bool valid = cm_utf8_valid(text, strlen(text), &at);
        const char *end = valid ? text + strlen(text) : text + at;
        for (; text < end; text++) {
            if (*text == '"' || *text == '\\')
                cm_text_format(line, "\\%c", *text);
            else if ((unsigned char)*text < 0x20 || *text == 0x7f)
                cm_text_format(line, "\\u%04x", (unsigned)*text);
            else
                cm_text_char(line, *text);
        }
        if (!valid) {
            cm_text_add(line, "\\ufffd");
            text++;
        }
    }
    cm_text_char(line, '"');
}

static void json_pair(cm_text *line, const char *key, const char *value)
{
    cm_text_char(line, line->size > 1 ? ',' : '{');
    quote(line, key);
    cm_text_char(line, ':');
    quote(line, value);
}

/* Of the call that this thread works for; NULL: none. */
static _Thread_local const char *traceparent;

void cm_log_trace(const char *of_call)
{
    traceparent = of_call;
}

/* The ids within a header traceparent, as pairs. */
static void add_trace(cm_text *line)
{
    char trace_id[2 * sizeof((cm_trace){0}.trace_id) + 1], span_id[2 * sizeof((cm_trace){0}.span_id) + 1];
    cm_trace trace;

    if (!traceparent || !cm_trace_parse(traceparent, &trace))
        return;
    json_pair(line, "trace_id", cm_hex(trace.trace_id, sizeof trace.trace_id, trace_id));
    json_pair(line, "span_id", cm_hex(trace.span_id, sizeof trace.span_id, span_id));
}

static void json_line(cm_text *line, cm_level level, const char *event, va_list pairs)
{
    char time[CM_TIME_TEXT];
    const char *key;

    json_pair(line, "ts", cm_time_format(cm_clock_wall_us(), time));
    json_pair(line, "level", level_names[level]);
    json_pair(line, "service", settings.program);
    json_pair(line, "msg", event);
    add_trace(line);
    while ((key = va_arg(pairs, const char *))) {
        const char *value = va_arg(pairs, const char *);
        json_pair(line, key, value ? value : "");
    }
    cm_text_char(line, '}');
}

static void plain_value(cm_text *line, const char *value)
{
    size_t plain = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@+,%");

    if (*value && !value[plain])
        cm_text_add(line, value);
    else
        quote(line, value);
}

static void text_line(cm_text *line, cm_level level, const char *event, va_list pairs)
{
    static const char *const colours[] = {"\033[2m", "\033[32m", "\033[33m", "\033[31m"};
    char time[CM_TIME_TEXT];
    const char *key;

    cm_time_format(cm_clock_wall_us(), time);
    cm_text_format(line, "%.12s %s%-5s%s %s: %s", time + 11, settings.colour ? colours[level] : "", level_names[level],
                   settings.colour ? "\033[0m" : "", settings.program, event);
    while ((key = va_arg(pairs, const char *))) {
        const char *value = va_arg(pairs, const char *);
        cm_text_format(line, " %s=", key);
        plain_value(line, value ? value : "");
    }
}

void cm_log_pairs(cm_level level, const char *event, ...)
{
    cm_text line = {0};
    va_list pairs;

    if (level < settings.least)
        return;
    va_start(pairs, event);
    (settings.json ? json_line : text_line)(&line, level, event, pairs);
    va_end(pairs);
    cm_text_char(&line, '\n');
    fwrite(line.data, 1, line.size, stderr); /* stderr is unbuffered and locked: lines of threads do not mix */
    cm_text_clear(&line);
}

void cm_log_failure(cm_level level, const char *event, cm_status *failure)
{
    CM_LOG(level, event, "code", cm_code_name(failure->code), "message", cm_status_message(*failure));
    cm_status_clear(failure);
}
