#include "base/cm_trace.h"

#include <string.h>

#include "base/cm_digest.h"

enum { LENGTH = CM_TRACE_TEXT - 1, TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53 };

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

bool cm_trace_parse(const char *text, cm_trace *trace)
{
    uint8_t version;

    if (strnlen(text, LENGTH) < LENGTH || text[TRACE_AT - 1] != '-' || text[SPAN_AT - 1] != '-' ||
        text[FLAGS_AT - 1] != '-' || !read_hex(text, &version, 1) || version == 0xff)
        return false;
    if (text[LENGTH] != '\0' && (version == 0 || text[LENGTH] != '-'))
        return false;
    return read_hex(text + TRACE_AT, trace->trace_id, sizeof trace->trace_id) &&
           read_hex(text + SPAN_AT, trace->span_id, sizeof trace->span_id) &&
           read_hex(text + FLAGS_AT, &trace->flags, 1) && !is_zero(trace->trace_id, sizeof trace->trace_id) &&
           !is_zero(trace->span_id, sizeof trace->span_id);
}

char *cm_trace_format(const cm_trace *trace, char text[CM_TRACE_TEXT])
{
    memcpy(text, "00-", TRACE_AT);
    cm_hex(trace->trace_id, sizeof trace->trace_id, text + TRACE_AT);
    text[SPAN_AT - 1] = '-';
    cm_hex(trace->span_id, sizeof trace->span_id, text + SPAN_AT);
    text[FLAGS_AT - 1] = '-';
    cm_hex(&trace->flags, 1, text + FLAGS_AT);
    return text;
}

static void draw(uint8_t *id, size_t size)
{
    do
        cm_random(id, size);
    while (is_zero(id, size));
}

cm_trace cm_trace_root(uint8_t flags)
{
    cm_trace trace = {.flags = flags};

    draw(trace.trace_id, sizeof trace.trace_id);
    draw(trace.span_id, sizeof trace.span_id);
    return trace;
}

cm_trace cm_trace_child(const cm_trace *parent)
{
    cm_trace trace = *parent;

    draw(trace.span_id, sizeof trace.span_id);
    return trace;
}
