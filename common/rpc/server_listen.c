/* Where a server listens: which addresses are safe without TLS, and why one cannot be bound. */
#include <errno.h>
#include <grpc/grpc_security.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cm_address.h"
#include "base/cm_memory.h"
#include "server.h"
#include "server_tls.h"

bool cm_rpc_server_is_local(const char *address)
{
    char host[CM_ADDRESS_HOST], port[CM_ADDRESS_PORT];

    return strncmp(address, "unix:", 5) == 0 ||
           (cm_address_split(address, host, port) &&
            (strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0));
}

cm_status cm_rpc_server_check_address(const cm_server *server, const char *address)
{
    char host[CM_ADDRESS_HOST], port[CM_ADDRESS_PORT];

    if (strncmp(address, "unix:", 5) == 0)
        return cm_ok();
    if (!cm_address_split(address, host, port))
        return cm_fail(CM_INVALID_ARGUMENT, "listen: '%s' is no address; give HOST:PORT, [IPV6]:PORT or unix:PATH",
                       address);
    if (server->tls || server->insecure || cm_rpc_server_is_local(address))
        return cm_ok();
    return cm_fail(CM_INVALID_ARGUMENT,
                   "listen: %s can be reached from other machines, and this server has no TLS; give it a certificate, "
                   "listen on 127.0.0.1, or ask for it with insecure",
                   address);
}

/* What the system says when the address is bound: C-core keeps that to itself. */
static int bind_error(const char *address)
{
    char host[CM_ADDRESS_HOST], port[CM_ADDRESS_PORT];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    int on = 1, error = 0;

    if (!cm_address_split(address, host, port) || getaddrinfo(host, port, &hints, &found) != 0)
        return EADDRNOTAVAIL;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 1) != 0)
        error = errno;
    if (fd >= 0)
        close(fd);
    freeaddrinfo(found);
    return error;
}

static const char *reason(const char *address)
{
    int error = strncmp(address, "unix:", 5) == 0 ? EACCES : bind_error(address);

    if (error == EADDRINUSE)
        return "another program listens there; stop it, or choose another port";
    if (error == EACCES)
        return "it may not be used by this user; choose a port of 1024 or more, or a folder that may be written to";
    return error ? strerror(error) : "it was taken for a moment; try again";
}

cm_status cm_rpc_server_listen(cm_server *server, const char *address, int *port)
{
    bool is_plain = !server->tls || strncmp(address, "unix:", 5) == 0;
    grpc_server_credentials *credentials =
        is_plain ? grpc_insecure_server_credentials_create() : cm_rpc_server_tls_credentials(server->tls);

    *port = grpc_server_add_http2_port(server->core, address, credentials);
    grpc_server_credentials_release(credentials);
    if (*port == 0)
        return cm_fail(CM_UNAVAILABLE, "%s cannot be listened on: %s", address, reason(address));
    return cm_ok();
}
