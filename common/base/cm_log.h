/* cm_log.h: what a program tells its operator: one line an event, on stderr, readable on a terminal and JSON elsewhere
 * (or as CITYNEG_LOG=json|text says). A JSON line has ts, level, service, msg, and what else there is to say. Only the
 * outermost layer of a program logs. Any thread. */
#ifndef CM_LOG_H
#define CM_LOG_H

#include "base/cm_status.h"

typedef enum cm_level { CM_DEBUG, CM_INFO, CM_WARN, CM_ERROR } cm_level;

/* Names the program in every line, and the least level that is written. Once, before any thread. */
void cm_log_start(const char *program, cm_level least);

/* What the environment says otherwise. Once, before any thread. */
void cm_log_json(bool json);

/* From now on the lines of this thread are about a call of this header traceparent, which lives until the next one is
 * named; JSON lines then have trace_id and span_id. NULL: about none. */
void cm_log_trace(const char *traceparent);

/* `CM_LOG(CM_INFO, "listening", "address", "127.0.0.1:7001")`: an event and pairs of key and text, ended by the
 * macro. */
void cm_log_pairs(cm_level level, const char *event, ...) __attribute__((sentinel));
#define CM_LOG(level, ...) cm_log_pairs((level), __VA_ARGS__, (char *)NULL)

/* A failure, with its code and message as pairs; ends the status. */
void cm_log_failure(cm_level level, const char *event, cm_status *failure);

#endif
