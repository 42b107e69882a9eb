#include "con_asyncapi.h"

#include <string.h>

/* Which messages are on which topic. */
static const struct {
    const char *channel, *topic, *message, *title, *cleanup, *about;
} topics[] = {
    {"registryEvents", "cityneg.registry.events.v1", "cityneg.events.v1.Event", "Who there is", "delete",
     "Every change of actors, memberships, groupings, influences and autonomy profiles."},
    {"negotiationsEvents", "cityneg.negotiations.events.v1", "cityneg.events.v1.Event", "What was said", "delete",
     "Every change of negotiations, entries, positions, issues, agreements, sources and collections."},
    {"trends", "cityneg.trends.v1", "cityneg.trends.v1.Trend", "What it means", "compact",
     "The newest value of every published trend."},
};

/* The headers of every record. */
static const struct {
    const char *name, *about;
    bool required;
} headers[] = {
    {"ce_specversion", "1.0", true},
    {"ce_id", "the row's UUIDv7, stable for ever: repeats have the same", true},
    {"ce_source", "the journal: /cityneg/SERVICE/EPOCH; the epoch changes when its store is made anew or restored",
     true},
    {"ce_type", "what happened: cityneg.SERVICE.KIND.EVENT.v1", true},
    {"ce_time", "when it was recorded, RFC 3339 in UTC", true},
    {"ce_subject", "the resource's name", true},
    {"ce_partitionkey", "the resource's root, which is the record's key", true},
    {"ce_sequence", "the row's place in its partition: 1, 2, 3 … without gaps, in decimal", true},
    {"ce_dataschema", "the value's message", true},
    {"ce_revision", "the resource's revision, its etag", true},
    {"ce_eventtime", "when it happened in the world (EDTF); left out where unknown", false},
    {"ce_dataref", "only where the value was left out: EPOCH, partition and sequence at which JournalService has it",
     false},
    {"content-type", "application/protobuf", true},
    {"traceparent", "the W3C trace of the request", false},
};

static json_t *headers_schema(void)
{
    json_t *properties = json_object(), *required = json_array();

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        json_object_set_new(properties, headers[i].name,
                            json_pack("{s:s, s:s}", "type", "string", "description", headers[i].about));
        if (headers[i].required)
            json_array_append_new(required, json_string(headers[i].name));
    }
    return json_pack("{s:s, s:s, s:o, s:o}", "type", "object", "description",
                     "CloudEvents 1.0 in binary mode; all of them are text.", "properties", properties, "required",
                     required);
}

static json_t *reference(const char *kind, const char *name)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/%s/%s", kind, name));
}

static json_t *message_of(const char *name)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:{s:{s:{s:s, s:s}}}}", "name", name, "title", strrchr(name, '.') + 1,
                     "contentType", "application/protobuf", "headers", reference("components/schemas", "headers"),
                     "payload", reference("components/schemas", name), "bindings", "kafka", "key", "type", "string",
                     "description", "the resource's root, as ce_partitionkey");
}

static json_t *channel_of(size_t i)
{
    const char *message = topics[i].message;
    json_t *settings = json_pack("{s:[s]}", "cleanup.policy", topics[i].cleanup);

    if (strcmp(topics[i].cleanup, "delete") == 0)
        json_object_set_new(settings, "retention.ms", json_integer(2592000000));
    return json_pack("{s:s, s:s, s:s, s:{s:o}, s:{s:{s:s, s:i, s:o}}}", "address", topics[i].topic, "title",
                     topics[i].title, "description", topics[i].about, "messages", strrchr(message, '.') + 1,
                     reference("components/messages", message), "bindings", "kafka", "topic", topics[i].topic,
                     "partitions", 8, "topicConfiguration", settings);
}

static json_t *operation_of(size_t i)
{
    return json_pack("{s:s, s:o, s:s}", "action", "send", "channel", reference("channels", topics[i].channel),
                     "summary", topics[i].about);
}

cm_status con_asyncapi(const con_set *set, json_t **document)
{
    json_t *channels = json_object(), *operations = json_object(), *messages = json_object();
    json_t *schemas = json_object();

    json_object_set_new(schemas, "headers", headers_schema());
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        CM_TRY(con_schema_add(set, topics[i].message, schemas));
        json_object_set_new(messages, topics[i].message, message_of(topics[i].message));
        json_object_set_new(channels, topics[i].channel, channel_of(i));
        json_object_set_new(operations, topics[i].channel, operation_of(i));
    }
    *document = json_pack(
        "{s:s, s:{s:s, s:s, s:s, s:{s:s, s:s}}, s:s, s:o, s:o, s:{s:o, s:o}}", "asyncapi", "3.0.0", "info", "title",
        "cityneg events", "version", CON_VERSION, "description",
        "What the services publish. Values are protobuf messages; the schemas here are those of their canonical JSON. "
        "A position is (epoch, partition, ce_sequence): a consumer that keeps it with its results, and drops what is "
        "not "
        "beyond it, counts every event once.",
        "license", "name", "Apache-2.0", "url", "https://www.apache.org/licenses/LICENSE-2.0", "defaultContentType",
        "application/protobuf", "channels", channels, "operations", operations, "components", "messages", messages,
        "schemas", schemas);
    return *document ? cm_ok() : cm_fail(CM_INTERNAL, "the document could not be put together");
}
