/* cli_rows.h: resources one after the other, as JSON Lines or CSV, the same columns whatever they hold. Reach for it
 * where a command writes more of them than fit into memory. One thread. */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include "cli/cli_output.h"

/* The line that CSV begins with: a column for each field of the message, by its name in JSON. Nothing for JSON. */
void cli_rows_head(FILE *out, cli_format format, const ProtobufCMessageDescriptor *message);

/* A line, in canonical protobuf JSON. In CSV what is no single value is JSON in its column. */
cm_status cli_rows_put(FILE *out, cli_format format, const ProtobufCMessage *message) CM_MUST_USE;

/* UNAVAILABLE or RESOURCE_EXHAUSTED, naming `path`, where something of it could not be written. */
cm_status cli_rows_end(FILE *out, const char *path) CM_MUST_USE;

#endif
