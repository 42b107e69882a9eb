/* cm_call.h: one call, as its handler sees it: memory, deadline, who calls, metadata, and for streams sending and
 * ending. Reach for it in handlers; nothing here shows what carries the call, so a unit test makes one with
 * cm_call_new_local and needs no network.
 *
 * Threads: a call's callbacks run one at a time, each on the lane that its row names; the functions here are for those
 * callbacks. Only cm_call_wake, cm_call_ref, cm_call_unref and cm_call_cancelled may be used from any thread by whoever
 * holds a reference. */
#ifndef CM_CALL_H
#define CM_CALL_H

#include <protobuf-c/protobuf-c.h>

#include "base/cm_arena.h"
#include "base/cm_status.h"

typedef struct cm_call cm_call;
typedef struct cm_method_desc cm_method_desc; /* rpc/cm_service.h */

/* The request's memory: given up when a unary call has been answered, for a stream after each message. */
cm_arena *cm_call_arena(cm_call *call);

/* What the service was added with. */
void *cm_call_state(cm_call *call);

/* What the lane lends during this callback (the executor's `lent`): a cm_tx on the writer, a cm_db for readers. */
void *cm_call_lent(cm_call *call);

/* For a callback that hands a part of its work to another lane and waits for it: while that part runs there, what that
 * lane lends; NULL afterwards. */
void cm_call_lend(cm_call *call, void *lent);

/* A pointer that the handler keeps with the call, from prepare to handler and between a stream's callbacks. Whoever
 * sets it frees it, a stream in `done`; memory for a unary call comes from cm_call_arena, where what prepare takes
 * stays until the call has been answered. */
void *cm_call_data(const cm_call *call);
void cm_call_set_data(cm_call *call, void *data);

const char *cm_call_method(const cm_call *call);                /* "/cityneg.registry.v1.RegistryService/GetActor" */
const cm_method_desc *cm_call_method_desc(const cm_call *call); /* NULL for a local call */
const char *cm_call_identity(const cm_call *call);              /* who calls; "anonymous" without TLS or token */
const char *cm_call_traceparent(const cm_call *call); /* W3C: this call's place in its trace; "" where it has none */
const char *cm_call_peer(const cm_call *call);

const char *cm_call_end_message(const cm_call *call); /* for interceptors, once it has ended; "" where it is OK */

/* The first value of a metadata key in lower case, NULL where absent. */
const char *cm_call_metadata(const cm_call *call, const char *key);

/* Metadata to send: initial goes with the first message, trailing with the status. Copied. INVALID_ARGUMENT where the
 * key or value is not allowed by HTTP/2 (keys ending in -bin take any bytes). */
cm_status cm_call_add_initial(cm_call *call, const char *key, const void *value, size_t size) CM_MUST_USE;
cm_status cm_call_add_trailing(cm_call *call, const char *key, const void *value, size_t size) CM_MUST_USE;

/* How messages travel. What arrives compressed is read either way, and counts with the bytes that it has once it is
 * decompressed. */
typedef enum cm_compression {
    CM_COMPRESS_PRESET, /* as the next larger thing says: a call's channel or server, and those compress nothing */
    CM_COMPRESS_GZIP,   /* an answer only where its caller takes it; a message only where it becomes smaller */
    CM_COMPRESS_NOTHING,
} cm_compression;

/* Of this call's answers, before the first of them. */
void cm_call_compress(cm_call *call, cm_compression compression);

/* Monotonic microseconds (cm_clock_monotonic_us); INT64_MAX: none. */
int64_t cm_call_deadline_us(const cm_call *call);
int64_t cm_call_began_us(const cm_call *call); /* when it came; monotonic */
bool cm_call_cancelled(const cm_call *call);   /* by the caller, the deadline or a drain */

/* ---- streams ---- */

/* Queues one message, which is packed at once. What a callback sends leaves when the callback's outcome is known: on
 * the writer lane after the commit; what a failing callback had sent is dropped. Never blocks. Answers whether there is
 * room for more; where not, the row's `writable` is called once there is. */
bool cm_call_send(cm_call *call, const ProtobufCMessage *message);
bool cm_call_has_room(const cm_call *call);

/* Ends the stream once what is queued has left; owns `status`. Further sends are dropped. A callback that returns a
 * failure does the same. */
void cm_call_finish(cm_call *call, cm_status status);

/* Asks for `writable` to be called soon, on its lane, as long as there is room to write. */
void cm_call_wake(cm_call *call);

cm_call *cm_call_ref(cm_call *call);
void cm_call_unref(cm_call *call);

/* A call for a part of a stream's work that goes on while the stream does: with memory, `lent` and data of its own, and
 * the identity, method, state, trace and deadline of the whole, which stays as long as its parts. What it sends goes
 * nowhere. Ended with cm_call_unref. */
cm_call *cm_call_new_part(cm_call *whole);

/* ---- tests ---- */

/* A call without a network: what it sends is kept for cm_call_local_sent. Ended with cm_call_unref. */
cm_call *cm_call_new_local(void *state, void *lent, const char *identity);
size_t cm_call_local_sent(const cm_call *call, const ProtobufCMessageDescriptor *descriptor, cm_arena *arena,
                          ProtobufCMessage ***messages);
bool cm_call_local_finished(const cm_call *call, cm_code *code); /* whether it was ended, and how */
cm_status cm_call_local_receive(cm_call *call, const char *key,
                                const char *value) CM_MUST_USE; /* metadata of the caller */
void cm_call_local_cancel(cm_call *call);                       /* as if the caller had gone */

#endif
