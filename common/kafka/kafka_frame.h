/* kafka_frame.h: just enough of Kafka's wire protocol to stand between clients and the in-process broker: where a frame
 * ends, which topics a Metadata request asks for, and where answers name a broker's port. Reach for it only in the
 * gateway. Pure; any thread.
 *
 * Formats are those of Metadata 0 … 2 and FindCoordinator 0 … 2, none of which has flexible fields
 * (https://kafka.apache.org/protocol). */
#ifndef KAFKA_FRAME_H
#define KAFKA_FRAME_H

#include "base/cm_status.h"

enum { KAFKA_METADATA = 3, KAFKA_FIND_COORDINATOR = 10, KAFKA_FRAME_NEWEST = 2 };
enum { KAFKA_FRAME_LARGEST = 100 << 20 };

/* What a request's header says. */
typedef struct kafka_request {
    int api, version;
    int32_t correlation;
} kafka_request;

/* The bytes that the first frame takes, its length field included; 0: not all of them are there yet; -1: what lies
 * there is no frame. */
int64_t kafka_frame_size(const uint8_t *bytes, size_t size);

/* Reads the header of a whole request frame; false where it is too short. */
bool kafka_frame_request(const uint8_t *frame, size_t size, kafka_request *request);

/* Calls `each` for every topic that a Metadata request names. */
void kafka_frame_topics(const uint8_t *frame, size_t size,
                        void (*each)(void *context, const char *topic, size_t length), void *context);

int32_t kafka_frame_correlation(const uint8_t *frame, size_t size); /* of an answer; -1 where it is too short */

/* Writes `port` over every broker's port in the answer to `request`. */
void kafka_frame_advertise(uint8_t *frame, size_t size, const kafka_request *request, int port);

#endif
