/* chaos_writer: records things in registry and negotiations, one request after the other, and remembers every answer in
 * a file that is on disk before the next request goes out. An outcome that settles nothing is asked for again with the
 * same request_id, as every client has to. It ends on SIGTERM, after the request that is under way was settled. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_options.h"
#include "base/cm_text.h"
#include "base/cm_uuid.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "rpc/cm_channel.h"

enum { REPLICAS_MAX = 4 };
enum { ANSWER_MS = 3000, AGAIN_MS = 50, ENTRIES_AT_ONCE = 3 };

static const cm_option options[] = {
    {.name = "registry", .kind = CM_OPTION_TEXT, .value = "ADDRESSES", .help = "where its replicas serve, with commas"},
    {.name = "negotiations", .kind = CM_OPTION_TEXT, .value = "ADDRESSES", .help = "the same of negotiations"},
    {.name = "id", .kind = CM_OPTION_TEXT, .value = "LETTER", .help = "this writer's own, part of every name"},
    {.name = "answers",
     .kind = CM_OPTION_TEXT,
     .value = "FILE",
     .help = "a line an acknowledged resource: service, request_id, name, etag"},
    {NULL},
};

/* A service's replicas. A request that was not settled is asked of the next one: they have one store. */
typedef struct replicas {
    cm_channel *channels[REPLICAS_MAX];
    int count, at;
} replicas;

typedef struct writer {
    replicas registry, negotiations;
    cm_arena *arena; /* of one request */
    const char *id;
    char request_id[CM_UUID_TEXT];
    int answers; /* the file */
    int talks, entries, cities;
    cm_code told; /* why it asked again last */
} writer;

static volatile sig_atomic_t stopping;

static void stop(int number)
{
    stopping = 1;
}

/* ---- one request until it is settled ---- */

/* The server may or may not have done it, or says that it cannot do it now. */
static bool settles_nothing(cm_code code)
{
    return code == CM_UNAVAILABLE || code == CM_UNKNOWN || code == CM_CANCELLED || code == CM_DEADLINE_EXCEEDED ||
           code == CM_RESOURCE_EXHAUSTED;
}

static const cm_method_desc *method_of(const cm_service_desc *service, const ProtobufCMessage *request)
{
    for (size_t i = 0; i < service->count; i++)
        if (service->methods[i].request == request->descriptor)
            return &service->methods[i];
    abort();
}

/* One line for each change of the reason. Ends the status. */
static void tell_again(writer *w, cm_status *s)
{
    if (w->told != s->code)
        CM_LOG(CM_INFO, "asking again", "code", cm_code_name(s->code), "message", cm_status_message(*s));
    w->told = s->code;
    cm_status_clear(s);
}

static cm_status ask(writer *w, bool registry, const ProtobufCMessage *request, ProtobufCMessage **answer)
{
    const cm_service_desc *service = registry ? &reg_registry_service_desc : &neg_negotiations_service_desc;
    replicas *asked = registry ? &w->registry : &w->negotiations;
    cm_call_options call = {.timeout_ms = ANSWER_MS, .wait_for_ready = true};

    for (;;) {
        cm_status s =
            cm_channel_unary(asked->channels[asked->at], method_of(service, request), &call, request, w->arena, answer);
        if (!settles_nothing(s.code))
            return s;
        asked->at = (asked->at + 1) % asked->count;
        tell_again(w, &s);
        poll(NULL, 0, AGAIN_MS);
    }
}

static cm_status remember(const writer *w, const char *text)
{
    size_t size = strlen(text);

    if (write(w->answers, text, size) != (ssize_t)size || fsync(w->answers) != 0)
        return cm_fail(CM_DATA_LOSS, "--answers: could not be written: %s", strerror(errno));
    return cm_ok();
}

static void add_answer(const writer *w, bool registry, const ProtobufCMessage *resource, cm_text *text)
{
    cm_text_format(text, "%s\t%s\t%s\t%s\n", registry ? "registry" : "negotiations", w->request_id,
                   cm_message_string(resource, "name"), cm_message_string(resource, "etag"));
}

static cm_status write_one(writer *w, bool registry, const void *request)
{
    CM_AUTO(cm_text) text = {0};
    ProtobufCMessage *answer;

    CM_TRY(ask(w, registry, request, &answer));
    add_answer(w, registry, answer, &text);
    return remember(w, cm_text_get(&text));
}

static char *new_request(writer *w)
{
    return cm_uuid_format(cm_uuid_random(), w->request_id);
}

/* ---- what is written ---- */

static cm_status add_actor(writer *w, const char *name, const char *state)
{
    RegCreateActorRequest *request = CM_NEW(w->arena, RegCreateActorRequest);

    request->request_id = new_request(w);
    request->actor = CM_NEW(w->arena, RegActor);
    request->actor->name = (char *)name;
    request->actor->display_name = (char *)name;
    request->actor->state = (char *)state;
    return write_one(w, true, request);
}

static cm_status add_city(writer *w)
{
    return add_actor(w, cm_arena_format(w->arena, "cities/chaos-%s-%d", w->id, w->cities++),
                     cm_arena_format(w->arena, "states/x%s", w->id));
}

static cm_status add_source(writer *w)
{
    NegCreateSourceRequest *request = CM_NEW(w->arena, NegCreateSourceRequest);

    request->request_id = new_request(w);
    request->source = CM_NEW(w->arena, NegSource);
    request->source->name = cm_arena_format(w->arena, "sources/chaos-%s", w->id);
    request->source->url = "https://example.org/simulated";
    request->source->title = "Simulated, to test with";
    request->source->certainty = TYP_CERTAINTY_RECALLED;
    return write_one(w, false, request);
}

static TypCitation **cite(writer *w)
{
    TypCitation **citations = cm_arena_take(w->arena, sizeof *citations);

    citations[0] = CM_NEW(w->arena, TypCitation);
    citations[0]->source = cm_arena_format(w->arena, "sources/chaos-%s", w->id);
    return citations;
}

static NegParticipant *seat(writer *w, int city)
{
    NegParticipant *p = CM_NEW(w->arena, NegParticipant);

    p->actor = cm_arena_format(w->arena, "cities/chaos-%s-%d", w->id, city);
    p->role = NEG_ROLE_PARTY;
    p->capacity = NEG_CAPACITY_OWN_RIGHT;
    return p;
}

/* Between the two newest cities, so that negotiations has to learn of them. */
static cm_status add_talks(writer *w)
{
    NegCreateNegotiationRequest *request = CM_NEW(w->arena, NegCreateNegotiationRequest);
    NegNegotiation *n = request->negotiation = CM_NEW(w->arena, NegNegotiation);

    request->request_id = new_request(w);
    n->name = cm_arena_format(w->arena, "negotiations/chaos-%s-%d", w->id, ++w->talks);
    n->title = "Simulated talks";
    n->format = NEG_FORMAT_BILATERAL;
    n->start = cm_arena_format(w->arena, "%d-03", 1990 + w->talks % 30);
    n->phase = NEG_PHASE_AGREED;
    n->participants = cm_arena_take(w->arena, 2 * sizeof *n->participants);
    n->participants[n->n_participants++] = seat(w, w->cities - 1);
    n->participants[n->n_participants++] = seat(w, w->cities - 2);
    n->sources = cite(w);
    n->n_sources = 1;
    w->entries = 0;
    return write_one(w, false, request);
}

/* To a title that was never given: a request that is done twice shows as a revision more. */
static cm_status rename_talks(writer *w)
{
    NegUpdateNegotiationRequest *request = CM_NEW(w->arena, NegUpdateNegotiationRequest);

    request->request_id = new_request(w);
    request->negotiation = CM_NEW(w->arena, NegNegotiation);
    request->negotiation->name = cm_arena_format(w->arena, "negotiations/chaos-%s-%d", w->id, w->talks);
    request->negotiation->title = cm_arena_format(w->arena, "Simulated talks, %s", w->request_id);
    return write_one(w, false, request);
}

static NegCreateEntryRequest *new_entry(writer *w)
{
    NegCreateEntryRequest *request = CM_NEW(w->arena, NegCreateEntryRequest);
    NegEntry *e = request->entry = CM_NEW(w->arena, NegEntry);

    e->name = cm_arena_format(w->arena, "negotiations/chaos-%s-%d/entries/%d", w->id, w->talks, ++w->entries);
    e->date = cm_arena_format(w->arena, "%d-05-%02d", 1990 + w->talks % 30, 1 + w->entries % 28);
    e->kind = NEG_ENTRY_KIND_MEETING;
    e->channel = w->entries % 2 ? NEG_CHANNEL_IN_PERSON : NEG_CHANNEL_VIRTUAL;
    e->by = cm_arena_take(w->arena, sizeof *e->by);
    e->by[e->n_by++] = cm_arena_format(w->arena, "cities/chaos-%s-0", w->id);
    e->sources = cite(w);
    e->n_sources = 1;
    return request;
}

static cm_status add_entry(writer *w)
{
    NegCreateEntryRequest *request = new_entry(w);

    request->request_id = new_request(w);
    return write_one(w, false, request);
}

static cm_status add_entries(writer *w)
{
    NegBatchCreateEntriesRequest *request = CM_NEW(w->arena, NegBatchCreateEntriesRequest);
    CM_AUTO(cm_text) text = {0};
    ProtobufCMessage *answer;

    request->request_id = new_request(w);
    request->requests = cm_arena_take(w->arena, ENTRIES_AT_ONCE * sizeof *request->requests);
    while (request->n_requests < ENTRIES_AT_ONCE)
        request->requests[request->n_requests++] = new_entry(w);
    CM_TRY(ask(w, false, &request->base, &answer));
    const NegBatchCreateEntriesResponse *made = (const NegBatchCreateEntriesResponse *)answer;
    for (size_t i = 0; i < made->n_entries; i++)
        add_answer(w, false, &made->entries[i]->base, &text);
    return remember(w, cm_text_get(&text));
}

/* The states xa to xz are nobody's: ISO 3166-1 leaves these codes to its users. */
static cm_status begin(writer *w)
{
    CM_TRY(add_actor(w, cm_arena_format(w->arena, "states/x%s", w->id), ""));
    CM_TRY(add_city(w));
    CM_TRY(add_city(w));
    CM_TRY(add_source(w));
    return add_talks(w);
}

static cm_status step(writer *w, int number)
{
    cm_arena_reset(w->arena);
    if (number % 40 == 0)
        return add_talks(w);
    if (number % 10 == 0)
        return add_city(w);
    if (number % 5 == 0)
        return rename_talks(w);
    return number % 3 == 0 ? add_entries(w) : add_entry(w);
}

static cm_status open_replicas(const char *addresses, replicas *r)
{
    cm_channel_options once = {.attempts = 1};

    while (*addresses && r->count < REPLICAS_MAX) {
        size_t length = strcspn(addresses, ",");
        CM_FREE char *address = cm_strndup(addresses, length);
        CM_TRY(cm_channel_new(address, &once, &r->channels[r->count]));
        r->count++;
        addresses += length + (addresses[length] == ',');
    }
    return r->count ? cm_ok() : cm_fail(CM_INVALID_ARGUMENT, "no address; give one or more with commas between");
}

static void close_replicas(replicas *r)
{
    for (int i = 0; i < r->count; i++)
        cm_channel_free(r->channels[i]);
}

static cm_status run(writer *w, const cm_arguments *arguments)
{
    const char *file = cm_arguments_text(arguments, "answers");

    w->answers = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (w->answers < 0)
        return cm_fail(CM_PERMISSION_DENIED, "--answers: %s: %s", file, strerror(errno));
    CM_TRY(open_replicas(cm_arguments_text(arguments, "registry"), &w->registry));
    CM_TRY(open_replicas(cm_arguments_text(arguments, "negotiations"), &w->negotiations));
    CM_TRY(begin(w));
    for (int number = 1; !stopping; number++)
        CM_TRY(step(w, number));
    return cm_ok();
}

int main(int argc, char **argv)
{
    writer w = {.arena = cm_arena_new()};
    cm_arguments *arguments;
    cm_status s;

    signal(SIGTERM, stop);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would read the answers any more */
    cm_log_start("chaos_writer", CM_INFO);
    s = cm_arguments_parse(options, argc, argv, &arguments);
    if (!cm_is_ok(s)) {
        cm_log_failure(CM_ERROR, "the options make no sense", &s);
        return 2;
    }
    w.id = cm_arguments_text(arguments, "id");
    s = run(&w, arguments);
    int code = cm_is_ok(s) ? 0 : 1;
    if (code)
        cm_log_failure(CM_ERROR, "a request was refused", &s);
    close_replicas(&w.negotiations);
    close_replicas(&w.registry);
    cm_arena_free(w.arena);
    cm_arguments_free(arguments);
    return code;
}
