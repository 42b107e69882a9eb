#include "kafka/kafka_frame.h"

/* A place in a frame. Reading past the end leaves it at the end and says so once and for all. */
typedef struct cursor {
    const uint8_t *bytes;
    size_t size, at;
    bool over;
} cursor;

static uint32_t number(cursor *c, size_t width)
{
    uint32_t value = 0;

    if (c->over || c->at > c->size || c->size - c->at < width) {
        c->over = true;
        return 0;
    }
    for (size_t i = 0; i < width; i++)
        value = value << 8 | c->bytes[c->at++];
    return value;
}

static int32_t int32(cursor *c)
{
    return (int32_t)number(c, 4);
}

static int16_t int16(cursor *c)
{
    return (int16_t)number(c, 2);
}

/* A string by its length, -1 standing for none; NULL where it is none or runs past the end. */
static const char *text(cursor *c, size_t *length)
{
    int16_t size = int16(c);
    const char *start = (const char *)c->bytes + c->at;

    *length = 0;
    if (size < 0 || c->over)
        return NULL;
    if (c->size - c->at < (size_t)size) {
        c->over = true;
        return NULL;
    }
    c->at += (size_t)size;
    *length = (size_t)size;
    return start;
}

int64_t kafka_frame_size(const uint8_t *bytes, size_t size)
{
    cursor c = {bytes, size, 0, false};
    int32_t length = int32(&c);

    if (c.over)
        return 0;
    if (length < 4 || length > KAFKA_FRAME_LARGEST)
        return -1;
    return size - 4 >= (size_t)length ? (int64_t)length + 4 : 0;
}

bool kafka_frame_request(const uint8_t *frame, size_t size, kafka_request *request)
{
    cursor c = {frame, size, 4, false};

    request->api = int16(&c);
    request->version = int16(&c);
    request->correlation = int32(&c);
    return !c.over;
}

void kafka_frame_topics(const uint8_t *frame, size_t size,
                        void (*each)(void *context, const char *topic, size_t length), void *context)
{
    cursor c = {frame, size, 12, false};
    size_t length;
    int32_t count;

    text(&c, &length); /* the client's id */
    count = int32(&c);
    for (int32_t i = 0; i < count && !c.over; i++) {
        const char *topic = text(&c, &length);
        if (topic)
            each(context, topic, length);
    }
}

int32_t kafka_frame_correlation(const uint8_t *frame, size_t size)
{
    cursor c = {frame, size, 4, false};
    int32_t correlation = int32(&c);

    return c.over ? -1 : correlation;
}

/* A broker is its id, its host and its port. */
static void advertise(cursor *c, uint8_t *frame, int port)
{
    size_t length, at;

    int32(c);
    text(c, &length);
    at = c->at;
    int32(c);
    if (c->over)
        return;
    frame[at] = frame[at + 1] = 0;
    frame[at + 2] = (uint8_t)(port >> 8);
    frame[at + 3] = (uint8_t)port;
}

void kafka_frame_advertise(uint8_t *frame, size_t size, const kafka_request *request, int port)
{
    cursor c = {frame, size, 8, false};
    size_t length;

    if (request->api == KAFKA_METADATA) {
        int32_t brokers = int32(&c);
        for (int32_t i = 0; i < brokers && !c.over; i++) {
            advertise(&c, frame, port);
            if (request->version >= 1)
                text(&c, &length); /* rack */
        }
    } else {
        if (request->version >= 1)
            int32(&c); /* throttle time */
        int16(&c);     /* error */
        if (request->version >= 1)
            text(&c, &length); /* its message */
        advertise(&c, frame, port);
    }
}
