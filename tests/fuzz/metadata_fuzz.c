/* Metadata: a key and a value from outside on their way in and out, and the details of a failure that a peer sent. The
 * first byte chooses; key and value are parted by the first NUL. */
#include <string.h>

#include "base/cm_digest.h"
#include "fuzz.h"
#include "rpc/cm_call.h"
#include "rpc/metadata.h"
#include "rpc/wire.h"

/* What may be sent may be received, and is the same there. */
static void check_pair(const uint8_t *bytes, size_t size)
{
    CM_FREE char *key = fuzz_text(bytes, size);
    size_t length = strlen(key);
    const uint8_t *value = bytes + (length < size ? length + 1 : size);
    size_t value_size = (size_t)(bytes + size - value);
    cm_metadata metadata = {0};

    if (fuzz_accepted(cm_metadata_add(&metadata, key, value, value_size))) {
        grpc_metadata_array received = {metadata.count, metadata.capacity, metadata.items};
        const grpc_slice *found = cm_metadata_find(&received, key);
        FUZZ_REQUIRE(found && GRPC_SLICE_LENGTH(*found) == value_size);
        FUZZ_REQUIRE(value_size == 0 || memcmp(GRPC_SLICE_START_PTR(*found), value, value_size) == 0);
        FUZZ_REQUIRE(strncmp(key, "grpc-", 5) != 0 && *key != ':');
    }
    cm_metadata_clear(&metadata);
}

/* A handler reads what its caller sent. */
static void check_call(const uint8_t *bytes, size_t size)
{
    static const char *const keys[] = {"traceparent", "authorization", "x-request-id", "note-bin"};
    const char *key = keys[fuzz_choice(&bytes, &size) % (sizeof keys / sizeof *keys)];
    CM_FREE char *value = fuzz_text(bytes, size);
    cm_call *call = cm_call_new_local(NULL, NULL, "somebody");

    if (fuzz_accepted(cm_call_local_receive(call, key, value))) {
        FUZZ_REQUIRE(strcmp(cm_call_metadata(call, key), value) == 0);
        FUZZ_REQUIRE(cm_call_traceparent(call));
    }
    cm_call_unref(call);
}

/* The status of a call that failed elsewhere becomes a status here, which can be sent on. */
static void check_details(uint8_t code, const uint8_t *bytes, size_t size)
{
    grpc_slice details = grpc_slice_from_copied_buffer((const char *)bytes, size);
    cm_status status = cm_wire_status(code % 20, "elsewhere", &details);
    grpc_slice text = cm_wire_message(status), packed = cm_wire_details(status);

    FUZZ_REQUIRE(GRPC_SLICE_LENGTH(text) + GRPC_SLICE_LENGTH(packed) < 8192);
    grpc_slice_unref(packed);
    grpc_slice_unref(text);
    grpc_slice_unref(details);
    cm_status_clear(&status);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint8_t choice = fuzz_choice(&bytes, &size);

    if (choice % 3 == 0)
        check_pair(bytes, size);
    else if (choice % 3 == 1)
        check_call(bytes, size);
    else
        check_details(choice / 3, bytes, size);
    return 0;
}
