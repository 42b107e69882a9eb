#include "channel_tls.h"

#include "tls_files.h"

enum { LOOK_EVERY_S = 1 }; /* at the files: C-core takes whole seconds */

cm_status cm_rpc_channel_credentials(const cm_channel_tls *tls, grpc_channel_credentials **made)
{
    cm_rpc_tls_files files;

    if (!tls->authorities)
        return cm_fail(CM_INVALID_ARGUMENT, "tls: a client needs the authorities that servers' certificates are signed "
                                            "by; give their PEM file");
    CM_TRY(cm_rpc_tls_files_init(&files, tls->certificate, tls->key, tls->authorities));
    cm_rpc_tls_files_clear(&files); /* C-core reads them itself */
    grpc_tls_certificate_provider *provider =
        grpc_tls_certificate_provider_file_watcher_create(tls->key, tls->certificate, tls->authorities, LOOK_EVERY_S);
    grpc_tls_credentials_options *options = grpc_tls_credentials_options_create();
    grpc_tls_credentials_options_set_certificate_provider(options, provider);
    grpc_tls_credentials_options_watch_root_certs(options);
    if (tls->certificate)
        grpc_tls_credentials_options_watch_identity_key_cert_pairs(options);
    *made = grpc_tls_credentials_create(options);
    grpc_tls_certificate_provider_release(provider);
    return cm_ok();
}
