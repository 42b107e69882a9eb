/* tls_files.h: the PEM files of one end of a TLS connection, checked before they are used: a certificate with its key,
 * and the authorities that the other end's certificate has to be signed by. Reach for it before C-core is given
 * certificates, since it does not say what is wrong with them. Internal; its owner's lock guards it. */
#ifndef TLS_FILES_H
#define TLS_FILES_H

#include "watched_file.h"

typedef struct cm_rpc_tls_files {
    cm_rpc_file certificate, key, authorities; /* a path of NULL: none */
    char *certificate_pem, *key_pem, *authorities_pem;
} cm_rpc_tls_files;

/* Reads them. INVALID_ARGUMENT where a certificate lacks its key or a file holds something else, NOT_FOUND and
 * PERMISSION_DENIED as files have it; nothing is left to be cleared then. */
cm_status cm_rpc_tls_files_init(cm_rpc_tls_files *files, const char *certificate, const char *key,
                                const char *authorities) CM_MUST_USE;
void cm_rpc_tls_files_clear(cm_rpc_tls_files *files);

bool cm_rpc_tls_files_changed(const cm_rpc_tls_files *files);

/* Reads them again; where one is wrong, what was read before stays. */
cm_status cm_rpc_tls_files_read(cm_rpc_tls_files *files) CM_MUST_USE;

#endif
