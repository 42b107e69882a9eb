/* Kafka's frames as the gateway reads them: topics lie within the frame, and an answer is changed in place only. */
#include <string.h>

#include "fuzz.h"
#include "kafka/kafka_frame.h"

typedef struct bounds {
    const uint8_t *begin, *end;
} bounds;

static void within(void *context, const char *topic, size_t length)
{
    const bounds *frame = context;

    FUZZ_REQUIRE((const uint8_t *)topic >= frame->begin && length <= (size_t)(frame->end - (const uint8_t *)topic));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    kafka_request request = {0};
    uint8_t choice = fuzz_choice(&bytes, &size);
    bounds frame = {bytes, bytes + size};
    CM_FREE uint8_t *answer = cm_alloc(size);

    FUZZ_REQUIRE(kafka_frame_size(bytes, size) <= (int64_t)KAFKA_FRAME_LARGEST + 4);
    if (size)
        memcpy(answer, bytes, size);
    if (kafka_frame_request(bytes, size, &request))
        kafka_frame_topics(bytes, size, within, &frame);
    kafka_frame_correlation(bytes, size);
    request.api = choice & 1 ? KAFKA_METADATA : KAFKA_FIND_COORDINATOR;
    request.version = (choice >> 1) % (KAFKA_FRAME_NEWEST + 1);
    kafka_frame_advertise(answer, size, &request, 9092);
    return 0;
}
