#include "channel_token.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "jwt.h"
#include "watched_file.h"

enum { LOOK_EVERY_US = 500000 }; /* at the file */

struct cm_rpc_channel_token {
    pthread_mutex_t lock; /* guards all below */
    int64_t next_look_us;
    cm_rpc_file file;
    char *header; /* "Bearer …" */
};

static void forget(char *text)
{
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

/* With the lock held, or before anyone else has it. What was there stays where the file is wrong. */
static cm_status read_token(cm_rpc_channel_token *token)
{
    char *text = NULL;

    CM_TRY(cm_rpc_file_read(&token->file, &text));
    const char *start = text + strspn(text, " \t\r\n");
    size_t size = strcspn(start, " \t\r\n");
    bool is_one = start[size + strspn(start + size, " \t\r\n")] == '\0' && size <= CM_RPC_JWT_LARGEST &&
                  cm_rpc_jwt_is_name(start, size);
    char *header = is_one ? cm_format("Bearer %.*s", (int)size, start) : NULL;
    forget(text);
    if (!is_one)
        return cm_fail(CM_INVALID_ARGUMENT, "%s does not hold one token of at most %d bytes; give the file that has it",
                       token->file.path, CM_RPC_JWT_LARGEST);
    forget(token->header);
    token->header = header;
    return cm_ok();
}

cm_status cm_rpc_channel_token_new(const char *path, cm_rpc_channel_token **made)
{
    cm_rpc_channel_token *token = cm_alloc(sizeof *token);

    pthread_mutex_init(&token->lock, NULL);
    cm_rpc_file_init(&token->file, path);
    cm_status outcome = read_token(token);
    if (!cm_is_ok(outcome)) {
        cm_status_prefix(&outcome, "token");
        cm_rpc_channel_token_free(token);
        return outcome;
    }
    token->next_look_us = cm_clock_monotonic_us() + LOOK_EVERY_US;
    *made = token;
    return cm_ok();
}

void cm_rpc_channel_token_free(cm_rpc_channel_token *token)
{
    if (!token)
        return;
    forget(token->header);
    cm_rpc_file_clear(&token->file);
    pthread_mutex_destroy(&token->lock);
    free(token);
}

/* With the lock held. */
static void take_changes(cm_rpc_channel_token *token)
{
    int64_t now = cm_clock_monotonic_us();

    if (now < token->next_look_us)
        return;
    token->next_look_us = now + LOOK_EVERY_US;
    if (!cm_rpc_file_changed(&token->file))
        return;
    cm_status outcome = read_token(token);
    if (!cm_is_ok(outcome))
        cm_log_failure(CM_WARN, "the token stays as it was", &outcome);
}

cm_status cm_rpc_channel_token_add(cm_rpc_channel_token *token, cm_metadata *metadata)
{
    pthread_mutex_lock(&token->lock);
    take_changes(token);
    cm_status outcome = cm_metadata_add(metadata, "authorization", token->header, strlen(token->header));
    pthread_mutex_unlock(&token->lock);
    return outcome;
}
