/* imp_session.h: one import: where the services are, what was read, changed and refused, and the file of rejects.
 * Reach for it in importers: resources are put one by one, go to the service in batches, and rows that the service
 * refuses are written to the rejects file with their line and the reason, while the others go on. One thread. */
#ifndef IMP_SESSION_H
#define IMP_SESSION_H

#include <stdio.h>

#include "base/cm_arena.h"
#include "base/cm_table.h"
#include "cityneg/type/v1/type.grpc-c.h"
#include "cli/cli_progress.h"
#include "rpc/cm_channel.h"

/* How an import calls: a service that is being started again is waited for. */
#define IMP_PATIENTLY ((cm_call_options){.timeout_ms = 60000, .idempotent = true, .wait_for_ready = true})

typedef struct imp_session {
    cm_channel *registry, *negotiations; /* borrowed */
    const char *rejects_path;            /* made at the first reject */
    FILE *rejects;
    const char *const *rules; /* of columns and fields, for imp_lines; borrowed */
    int rule_count;
    bool dry; /* nothing is recorded: only what would be, and would be refused, is counted */
    int64_t rows, changed, unchanged, rejected;
    cli_progress progress;
    struct imp_names *states;      /* known states by ISO code; filled by imp_states */
    struct imp_names *ids;         /* known actors by external id "scheme:value"; filled by imp_ids */
    struct imp_names *certainties; /* of sources, by id; filled by imp_certainty */
    struct imp_names *planned;     /* in a dry run: resources that would be there, by name */
    struct imp_names *refused;     /* rows that are in the rejects file: "file:line" */
} imp_session;

void imp_session_start(imp_session *session, cm_channel *registry, cm_channel *negotiations, const char *rejects_path);

/* Prints what was read, changed and rejected, on stderr; closes the rejects file. */
void imp_session_end(imp_session *session);

/* Where a row came from, for the rejects file. */
typedef struct imp_origin {
    const char *file;
    long line;
    const char *row;
} imp_origin;

/* Counts a row as rejected and writes it down, with the first reason only. PERMISSION_DENIED where the file cannot be
 * written. */
cm_status imp_reject(imp_session *session, imp_origin origin, const char *reason) CM_MUST_USE;

/* Reads a table with these columns at least (ends with NULL), showing progress, and calls `row` for each row that is
 * well-formed; malformed ones are rejected. `sink` (may be NULL) is where the rows go: it is sent and ended with the
 * table. The table lives during the calls. */
typedef struct imp_sink imp_sink;
typedef cm_status (*imp_row)(imp_session *session, cm_table *table, imp_origin origin, void *context);
cm_status imp_rows(imp_session *session, const char *path, char separator, const char *const *required, imp_row row,
                   void *context, imp_sink *sink) CM_MUST_USE;

/* The same for FOLDER/FILE, tab-separated. */
cm_status imp_fact_rows(imp_session *session, const char *folder, const char *file, const char *const *required,
                        imp_row row, void *context, imp_sink *sink) CM_MUST_USE;

/* The same for a file without a header: one call for each line that is not blank, without its end. */
typedef cm_status (*imp_line)(imp_session *session, imp_origin origin, void *context);
cm_status imp_lines_of(imp_session *session, const char *path, imp_line line, void *context,
                       imp_sink *sink) CM_MUST_USE;

/* ---- sinks: resources on their way to one batch method ----
 *
 * Several batches are under way at once. A batch that is refused is judged row by row when those beside it are
 * answered, since rows may need each other; a row that names what does not exist is sent once more at the end. */

/* For a method such as BatchUpdateActors of the channel's service: its request has `requests`, whose items have one
 * resource, update_mask and allow_missing. */
imp_sink *imp_sink_new(imp_session *session, cm_channel *channel, const cm_service_desc *service, const char *method);

/* Whatever waits in `first` is sent before this sink sends: its resources are named by this one's. */
void imp_sink_after(imp_sink *sink, imp_sink *first);

/* A new resource in the sink's memory, to be filled (strings from imp_sink_arena) and put. */
void *imp_sink_resource(imp_sink *sink);
cm_arena *imp_sink_arena(imp_sink *sink);

/* Puts it: created where it is missing, else the fields that are set are updated. Sends the batch when it is full. Of a
 * resource that is put twice the later one stays. */
cm_status imp_sink_put(imp_sink *sink, ProtobufCMessage *resource, imp_origin origin) CM_MUST_USE;

/* Sends what waits, waits until all is answered, and ends the sink. */
cm_status imp_sink_end(imp_sink *sink) CM_MUST_USE;

/* Ends it after a failure: what was sent is waited for, nothing more is sent. */
void imp_sink_free(imp_sink *sink);

/* ---- names that are known already ---- */

/* Makes sure that the states of the packaged list are in the registry; later calls do nothing. */
cm_status imp_states(imp_session *session) CM_MUST_USE;

/* "states/de" of "DE", "DEU"; NULL where there is none. */
const char *imp_state(const imp_session *session, const char *code);

/* Reads the external ids of all actors; later calls read again. `taken` (may be NULL) gets all names. */
cm_status imp_ids(imp_session *session, struct imp_names *taken) CM_MUST_USE;
const char *imp_actor_by_id(const imp_session *session, const char *scheme, const char *value);
void imp_id_add(imp_session *session, const char *scheme, const char *value, const char *actor);

/* "a;b" as citations of sources/a and sources/b, with the certainty that `imp_certainty` knows. */
void imp_citations(imp_session *session, cm_arena *arena, const char *list, size_t *count, TypCitation ***citations);

/* Remembers how sure a source is, for facts that the registry keeps. */
void imp_certainty(imp_session *session, const char *source, const char *code);

/* "collections/russia" by the prefix of the first source that is no re-reading (fc-); `otherwise` where none tells. */
const char *imp_collection(const char *sources, const char *otherwise);

/* The name of the collection that has another name in tables than as a resource: gcom_accessions. */
char *imp_slug(cm_arena *arena, const char *code);

/* The packaged samples: $CITYNEG_SAMPLES, beside the installed program, or in the source tree. free() ends it. */
char *imp_samples(void);

/* Splits "a;b;c" (empty parts are left out). */
size_t imp_split(cm_arena *arena, const char *list, char ***parts);

#endif
