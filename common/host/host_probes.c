#include "host/host_probes.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cm_address.h"
#include "base/cm_memory.h"

enum { CONNECTIONS_MAX = 64, SECONDS_MAX = 10 };

struct host_probes {
    struct MHD_Daemon *daemon;
    cm_metrics *metrics;
    bool (*ready)(void *context);
    void *context;
};

/* Takes over the text. */
static enum MHD_Result reply(struct MHD_Connection *connection, unsigned code, const char *type, cm_text *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(text->size, text->data, MHD_RESPMEM_MUST_FREE);

    if (!response) {
        cm_text_clear(text);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    enum MHD_Result queued = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result say(struct MHD_Connection *connection, unsigned code, const char *line)
{
    cm_text text = {0};

    cm_text_add(&text, line);
    return reply(connection, code, "text/plain; charset=utf-8", &text);
}

static enum MHD_Result answer(void *closure, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **kept)
{
    const host_probes *probes = closure;
    cm_text text = {0};

    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered here\n");
    if (strcmp(path, "/healthz") == 0)
        return say(connection, MHD_HTTP_OK, "alive\n");
    if (strcmp(path, "/readyz") == 0)
        return probes->ready(probes->context) ? say(connection, MHD_HTTP_OK, "ready\n")
                                              : say(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "not serving\n");
    if (strcmp(path, "/metrics") != 0)
        return say(connection, MHD_HTTP_NOT_FOUND, "here are /metrics, /healthz and /readyz\n");
    cm_metrics_write(probes->metrics, &text);
    return reply(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &text);
}

/* A descriptor that listens. */
static cm_status listen_on(const char *address, int *fd)
{
    char host[CM_ADDRESS_HOST], port[CM_ADDRESS_PORT];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    int on = 1;

    if (!cm_address_split(address, host, port))
        return cm_invalid("--metrics", "'%s' is no address; give HOST:PORT, [IPV6]:PORT or none", address);
    int wrong = getaddrinfo(host, port, &hints, &found);
    if (wrong != 0)
        return cm_invalid("--metrics", "'%s' names no machine: %s", address, gai_strerror(wrong));
    *fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool listens = *fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                   bind(*fd, found->ai_addr, found->ai_addrlen) == 0 && listen(*fd, SOMAXCONN) == 0;
    int error = errno;
    freeaddrinfo(found);
    if (listens)
        return cm_ok();
    if (*fd >= 0)
        close(*fd);
    return cm_fail(CM_UNAVAILABLE, "--metrics: %s cannot be listened on: %s", address, strerror(error));
}

cm_status host_probes_start(const char *address, cm_metrics *metrics, bool (*ready)(void *context), void *context,
                            host_probes **made)
{
    int fd;

    *made = NULL;
    CM_TRY(listen_on(address, &fd));
    host_probes *probes = cm_alloc(sizeof *probes);
    *probes = (host_probes){.metrics = metrics, .ready = ready, .context = context};
    probes->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, answer, probes,
                                      MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
                                      MHD_OPTION_CONNECTION_TIMEOUT, SECONDS_MAX, MHD_OPTION_END);
    if (!probes->daemon) {
        close(fd);
        free(probes);
        return cm_fail(CM_INTERNAL, "--metrics: the HTTP server at %s could not be started", address);
    }
    *made = probes;
    return cm_ok();
}

int host_probes_port(const host_probes *probes)
{
    return MHD_get_daemon_info(probes->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void host_probes_stop(host_probes *probes)
{
    if (!probes)
        return;
    MHD_stop_daemon(probes->daemon);
    free(probes);
}
