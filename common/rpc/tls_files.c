#include "tls_files.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"

/* A key with a password is refused instead of asked for on the terminal. */
static int no_password(char *buffer, int size, int writes, void *context)
{
    return 0;
}

static X509 *parse_certificate(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);

    BIO_free(bio);
    return certificate;
}

static EVP_PKEY *parse_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

    BIO_free(bio);
    return key;
}

static cm_status not_a_certificate(const cm_rpc_file *file)
{
    return cm_fail(CM_INVALID_ARGUMENT, "%s holds no certificate; give a PEM file that begins with BEGIN CERTIFICATE",
                   file->path);
}

static cm_status check_pair(const cm_rpc_tls_files *files, const char *certificate_pem, const char *key_pem)
{
    X509 *certificate = parse_certificate(certificate_pem);
    EVP_PKEY *key = parse_key(key_pem);
    cm_status outcome = cm_ok();

    if (!certificate)
        outcome = not_a_certificate(&files->certificate);
    else if (!key)
        outcome = cm_fail(CM_INVALID_ARGUMENT, "%s holds no private key; give a PEM file of one without a password",
                          files->key.path);
    else if (X509_check_private_key(certificate, key) != 1)
        outcome = cm_fail(CM_INVALID_ARGUMENT, "%s is not the key of %s; give the two that were made together",
                          files->key.path, files->certificate.path);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return outcome;
}

static cm_status check_authorities(const cm_rpc_tls_files *files, const char *pem)
{
    X509 *certificate = parse_certificate(pem);
    cm_status outcome = certificate ? cm_ok() : not_a_certificate(&files->authorities);

    X509_free(certificate);
    return outcome;
}

static cm_status read_one(cm_rpc_file *file, char **pem)
{
    return file->path ? cm_rpc_file_read(file, pem) : cm_ok();
}

static void replace(char **kept, char **read)
{
    char *old = *kept;

    *kept = *read;
    *read = old;
}

cm_status cm_rpc_tls_files_read(cm_rpc_tls_files *files)
{
    CM_FREE char *certificate = NULL, *key = NULL, *authorities = NULL;

    cm_status read[] = {read_one(&files->certificate, &certificate), read_one(&files->key, &key),
                        read_one(&files->authorities, &authorities)};
    cm_status outcome = cm_ok();
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        if (cm_is_ok(outcome))
            outcome = read[i];
        else
            cm_status_clear(&read[i]);
    CM_TRY(outcome);
    if (certificate)
        CM_TRY(check_pair(files, certificate, key));
    if (authorities)
        CM_TRY(check_authorities(files, authorities));
    replace(&files->certificate_pem, &certificate);
    replace(&files->key_pem, &key);
    replace(&files->authorities_pem, &authorities);
    return cm_ok();
}

cm_status cm_rpc_tls_files_init(cm_rpc_tls_files *files, const char *certificate, const char *key,
                                const char *authorities)
{
    *files = (cm_rpc_tls_files){0};
    if (!certificate != !key)
        return cm_fail(CM_INVALID_ARGUMENT, "tls: %s %s has no %s beside it; give both files",
                       certificate ? "certificate" : "key", certificate ? certificate : key,
                       certificate ? "key" : "certificate");
    cm_rpc_file_init(&files->certificate, certificate);
    cm_rpc_file_init(&files->key, key);
    cm_rpc_file_init(&files->authorities, authorities);
    cm_status outcome = cm_rpc_tls_files_read(files);
    if (!cm_is_ok(outcome)) {
        cm_status_prefix(&outcome, "tls");
        cm_rpc_tls_files_clear(files);
    }
    return outcome;
}

bool cm_rpc_tls_files_changed(const cm_rpc_tls_files *files)
{
    return cm_rpc_file_changed(&files->certificate) || cm_rpc_file_changed(&files->key) ||
           cm_rpc_file_changed(&files->authorities);
}

void cm_rpc_tls_files_clear(cm_rpc_tls_files *files)
{
    cm_rpc_file_clear(&files->certificate);
    cm_rpc_file_clear(&files->key);
    cm_rpc_file_clear(&files->authorities);
    if (files->key_pem)
        OPENSSL_cleanse(files->key_pem, strlen(files->key_pem));
    free(files->certificate_pem);
    free(files->key_pem);
    free(files->authorities_pem);
    *files = (cm_rpc_tls_files){0};
}
