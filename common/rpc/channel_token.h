/* channel_token.h: the bearer token that a channel sends with each call, from a file that is read again when it
 * changes. Reach for it in the client. Internal; any thread. */
#ifndef CHANNEL_TOKEN_H
#define CHANNEL_TOKEN_H

#include "metadata.h"

typedef struct cm_rpc_channel_token cm_rpc_channel_token;

/* NOT_FOUND or PERMISSION_DENIED where the file cannot be read, INVALID_ARGUMENT where something else than one token of
 * at most 8 KiB stands in it. */
cm_status cm_rpc_channel_token_new(const char *path, cm_rpc_channel_token **made) CM_MUST_USE;
void cm_rpc_channel_token_free(cm_rpc_channel_token *token); /* NULL is fine */

/* Adds `authorization`, with what the file held at most half a second ago; where the file is wrong now, with what it
 * held before. */
cm_status cm_rpc_channel_token_add(cm_rpc_channel_token *token, cm_metadata *metadata) CM_MUST_USE;

#endif
