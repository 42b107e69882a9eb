#include "server_refuse.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "server_floods.h"
#include "wire.h"

typedef struct refusal {
    cm_event event;
    cm_server *server;
    grpc_call *call;
    int cancelled;
    grpc_slice text;
    cm_metadata trailing;
} refusal;

static void refused(cm_event *event, bool ok)
{
    refusal *r = (refusal *)event;

    if (r->cancelled)
        cm_rpc_floods_count(r->server->floods, r->call, false);
    grpc_call_unref(r->call);
    grpc_slice_unref(r->text);
    cm_metadata_clear(&r->trailing);
    cm_rpc_server_call_ended(r->server, r->cancelled);
    free(r);
}

void cm_rpc_server_refuse(cm_server *server, server_arrival *arrival, cm_status why)
{
    refusal *r = cm_alloc(sizeof *r);
    grpc_slice details = cm_wire_details(why);
    grpc_op ops[3];

    *r = (refusal){.event = {refused}, .server = server, .call = arrival->call, .text = cm_wire_message(why)};
    if (GRPC_SLICE_LENGTH(details) > 0)
        cm_metadata_put(&r->trailing, "grpc-status-details-bin", details);
    memset(ops, 0, sizeof ops);
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    ops[1].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    ops[1].data.send_status_from_server.status = (grpc_status_code)why.code;
    ops[1].data.send_status_from_server.status_details = &r->text;
    ops[1].data.send_status_from_server.trailing_metadata_count = r->trailing.count;
    ops[1].data.send_status_from_server.trailing_metadata = r->trailing.items;
    ops[2].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
    ops[2].data.recv_close_on_server.cancelled = &r->cancelled;
    cm_status_clear(&why);
    grpc_metadata_array_destroy(&arrival->metadata);
    grpc_byte_buffer_destroy(arrival->payload);
    free(arrival->identity);
    cm_event_start(&r->event, r->call, ops, 3);
}
