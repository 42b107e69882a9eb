/* secure_bed.h: a server of EchoService behind TLS, with certificates made for the test, and files that a test
 * replaces. Reach for it in tests of who may call. Its methods answer with the caller's identity: Say may be called by
 * readers, Hold by writers, Relay by admins, Store by anyone; Chat by writers. */
#ifndef SECURE_BED_H
#define SECURE_BED_H

#include "echo_server.h"

typedef struct secure_bed {
    char folder[32];
    cm_server *server;
    char target[32];
    bool is_client_optional; /* set before secure_serve: a client's certificate may be missing */
} secure_bed;

/* Makes the folder with the certificates, without a server yet. */
void secure_open(secure_bed *bed);
void secure_close(secure_bed *bed); /* with what is in the folder */

/* The path of a file in the folder; in `arena`. */
const char *secure_path(const secure_bed *bed, const char *file, cm_arena *arena);

/* Puts a copy of the file `from` of the folder, or of a text, in the place of `to`, at once. */
void secure_replace(const secure_bed *bed, const char *from, const char *to);
void secure_write(const secure_bed *bed, const char *file, const char *text);

/* With the certificate live.pem; the options' `tls` is set here, with client_authorities where `asks` for a client's
 * certificate. */
void secure_serve(secure_bed *bed, cm_server_options options, bool asks);

/* A channel that trusts `authority`.pem and shows the certificate of `client`; NULL: none. */
cm_channel *secure_channel(const secure_bed *bed, const char *authority, const char *client, const char *server_name);

/* One call over a channel of its own. The identity that the server saw, in `arena`. */
cm_status secure_call(const secure_bed *bed, const char *authority, const char *client, echo_method method,
                      cm_arena *arena, const char **identity) CM_MUST_USE;

/* The same with a token from the folder's file `token`; NULL: none. */
cm_status secure_call_with(const secure_bed *bed, const char *client, const char *token, echo_method method,
                           cm_arena *arena, const char **identity) CM_MUST_USE;

#endif
