#include "server_tls.h"

#include <grpc/grpc_security_constants.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "server_roles.h"
#include "tls_files.h"

/* C-core keeps certificates for each listener, so each has to be told once of new ones. */
typedef struct listener {
    cm_rpc_server_tls *tls;
    unsigned told; /* generation */
    struct listener *next;
} listener;

struct cm_rpc_server_tls {
    bool is_client_optional;
    pthread_mutex_t lock; /* guards all below */
    cm_rpc_tls_files files;
    unsigned generation; /* of what is in `files`; 1 is the first */
    listener *listeners;
};

cm_status cm_rpc_server_tls_new(const cm_server_tls *options, cm_rpc_server_tls **made)
{
    cm_rpc_tls_files files;

    if (!options->certificate || !options->key)
        return cm_fail(CM_INVALID_ARGUMENT, "tls: a server needs a certificate and its key; give both files");
    if (options->is_client_optional && !options->client_authorities)
        return cm_fail(CM_INVALID_ARGUMENT, "tls: certificates of clients are optional, but there is nothing to check "
                                            "them by; give the authorities that sign them");
    CM_TRY(cm_rpc_tls_files_init(&files, options->certificate, options->key, options->client_authorities));
    cm_rpc_server_tls *tls = cm_alloc(sizeof *tls);
    pthread_mutex_init(&tls->lock, NULL);
    tls->is_client_optional = options->is_client_optional;
    tls->files = files;
    tls->generation = 1;
    *made = tls;
    return cm_ok();
}

void cm_rpc_server_tls_free(cm_rpc_server_tls *tls)
{
    if (!tls)
        return;
    while (tls->listeners) {
        listener *l = tls->listeners;
        tls->listeners = l->next;
        free(l);
    }
    cm_rpc_tls_files_clear(&tls->files);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

/* With the lock held. */
static void take_changes(cm_rpc_server_tls *tls)
{
    if (!cm_rpc_tls_files_changed(&tls->files))
        return;
    cm_status outcome = cm_rpc_tls_files_read(&tls->files);
    if (cm_is_ok(outcome)) {
        tls->generation++;
        CM_LOG(CM_INFO, "certificate changed", "file", tls->files.certificate.path);
    } else {
        cm_log_failure(CM_WARN, "the certificate stays as it was", &outcome);
    }
}

/* At the first and at every handshake: whether this listener needs other certificates than it has. */
static grpc_ssl_certificate_config_reload_status fetch(void *user_data, grpc_ssl_server_certificate_config **config)
{
    listener *l = user_data;
    cm_rpc_server_tls *tls = l->tls;

    pthread_mutex_lock(&tls->lock);
    take_changes(tls);
    bool is_new = l->told != tls->generation;
    if (is_new) {
        grpc_ssl_pem_key_cert_pair pair = {tls->files.key_pem, tls->files.certificate_pem};
        /* C-core 1.51 demands authorities also where no client is asked for a certificate, and leaves them unused. */
        const char *authorities = tls->files.authorities_pem ? tls->files.authorities_pem : tls->files.certificate_pem;
        *config = grpc_ssl_server_certificate_config_create(authorities, &pair, 1);
        l->told = tls->generation;
    }
    pthread_mutex_unlock(&tls->lock);
    return is_new ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
}

static grpc_ssl_client_certificate_request_type request_type(const cm_rpc_server_tls *tls)
{
    if (!tls->files.authorities.path)
        return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    return tls->is_client_optional ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                                   : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
}

grpc_server_credentials *cm_rpc_server_tls_credentials(cm_rpc_server_tls *tls)
{
    listener *l = cm_alloc(sizeof *l);

    pthread_mutex_lock(&tls->lock);
    *l = (listener){.tls = tls, .next = tls->listeners};
    tls->listeners = l;
    grpc_ssl_client_certificate_request_type type = request_type(tls);
    pthread_mutex_unlock(&tls->lock);
    return grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(type, fetch, l));
}

char *cm_rpc_server_tls_identity(grpc_call *call)
{
    static const char *const properties[] = {GRPC_PEER_URI_PROPERTY_NAME, GRPC_PEER_DNS_PROPERTY_NAME,
                                             GRPC_X509_CN_PROPERTY_NAME};
    grpc_auth_context *context = grpc_call_auth_context(call);
    char *identity = NULL;

    if (!context)
        return NULL;
    for (size_t i = 0; !identity && i < sizeof properties / sizeof *properties; i++) {
        grpc_auth_property_iterator found = grpc_auth_context_find_properties_by_name(context, properties[i]);
        const grpc_auth_property *property = grpc_auth_property_iterator_next(&found);
        if (property && cm_rpc_jwt_is_name(property->value, property->value_length) &&
            cm_rpc_roles_is_identity(property->value))
            identity = cm_strndup(property->value, property->value_length);
    }
    grpc_auth_context_release(context);
    return identity;
}
