/* cm_trace.h: a place in a distributed trace, and the header `traceparent` by which it travels (W3C Trace Context).
 * Reach for it where something is traced or told with its trace. Pure but for new ids; any thread. */
#ifndef CM_TRACE_H
#define CM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

enum { CM_TRACE_SAMPLED = 1, CM_TRACE_TEXT = 56 };

typedef struct cm_trace {
    uint8_t trace_id[16], span_id[8];
    uint8_t flags;
} cm_trace;

/* Reads a header of version 00, or what a later one shares with it. False where it is none: upper case, a wrong length,
 * ids of zeros, version ff; whoever received that goes on as if it had not come. */
bool cm_trace_parse(const char *traceparent, cm_trace *trace);

/* The header, of version 00. Answers `text`. */
char *cm_trace_format(const cm_trace *trace, char text[CM_TRACE_TEXT]);

/* A new trace, and a new place in one. */
cm_trace cm_trace_root(uint8_t flags);
cm_trace cm_trace_child(const cm_trace *parent);

#endif
